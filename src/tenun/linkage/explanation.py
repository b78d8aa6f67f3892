"""Splink's charts as still pictures: no script, no font and no library is fetched by whoever looks at them.

Splink describes its charts in Vega-Lite. They are drawn here, once, by vl-convert, which carries the renderer with it,
so that pages under a strict content security policy show them as SVG. What is drawn is counted over many people; no
row and no name leaves this module.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tenun.engine.duckdb import only_row
from tenun.linkage import blocking, splinking, training
from tenun.linkage.model import Model
from tenun.linkage.reasons import REASONS, Words
from tenun.linkage.self_test import HIDDEN
from tenun.linkage.training import Present

# Enough for a curve, and little work: of each side so many, chosen by the digest of their pseudonym.
SAMPLE = 5_000
LABELLED = 2_000
VEGA_LITE = "5.8"


@dataclass(frozen=True)
class Drawing:
    """A chart of Splink's: what it is, and what it shows in one sentence for whoever cannot see it."""

    code: str
    title: Words
    about: Words


DRAWINGS: Mapping[str, Drawing] = {
    one.code: one
    for one in (
        Drawing(
            "match_weights",
            Words("Bobot tiap hasil perbandingan", "Match weights"),
            Words(
                "Satu batang tiap hasil: ke kanan mendukung orang yang sama, ke kiri menentangnya; dalam bit.",
                "One bar an outcome: to the right for one person, to the left against; in bits.",
            ),
        ),
        Drawing(
            "m_u",
            Words("m dan u", "m and u"),
            Words(
                "Kiri: seberapa sering hasil itu terlihat pada orang yang sama (m). Kanan: pada dua orang berbeda (u).",
                "Left: how often an outcome is seen in one person (m). Right: in two different people (u).",
            ),
        ),
        Drawing(
            "unlinkables",
            Words("Catatan yang tidak cukup isinya", "Unlinkable records"),
            Words(
                "Bagian catatan yang, dibandingkan dengan dirinya sendiri, tidak mencapai suatu bobot.",
                "Share of records that do not reach a weight even when compared with themselves.",
            ),
        ),
        Drawing(
            "thresholds",
            Words("Batas keputusan", "Thresholds"),
            Words(
                "Ketepatan dan kelengkapan bila diterima mulai suatu bobot, diukur pada NIK yang disembunyikan.",
                "Precision and recall when accepted from a weight on, measured on hidden NIKs.",
            ),
        ),
        Drawing(
            "weights",
            Words("Sebaran bobot", "Distribution of weights"),
            Words(
                "Banyaknya pasangan yang dibandingkan menurut bobotnya, pada NIK yang disembunyikan.",
                "Pairs compared by their weight, on hidden NIKs.",
            ),
        ),
    )
}
_FIELDS = {
    "nik": Words("NIK", "NIK"),
    "name": Words("nama", "name"),
    "birth_date": Words("tanggal lahir", "birth date"),
    "sex": Words("jenis kelamin", "sex"),
    "village": Words("desa", "village"),
    "address": Words("alamat", "address"),
}


# What Splink writes on axes and legends.
_AXES = {
    "Comparison level match weight = log2(m/u)": "Bobot = log2(m/u)",
    "Match weight": "Bobot",
    "Prior (starting) match weight": "Sebelum dibandingkan",
    "Amongst matching record comparisons:": "Pada orang yang sama:",
    "Amongst non-matching record comparisons:": "Pada dua orang berbeda:",
    "Proportion of record comparisons": "Bagian pasangan",
    "Threshold match weight": "Bobot batas",
    "Percentage of unlinkable records": "Catatan yang tidak mencapainya",
    "Match weight threshold": "Bobot batas",
    "Match probability threshold": "Peluang batas",
    "Score": "Nilai",
    "Metric": "Ukuran",
    "Count of record comparisons in bin": "Banyaknya pasangan",
}


def draw(present: Present) -> dict[str, bytes]:
    """SVG by file name, `match_weights.id.svg`: each chart in both languages. `thresholds` and `weights` are there only
    after a self-test, which leaves the pairs of hidden NIKs behind."""
    files: dict[str, bytes] = {}
    for code, spec in _specifications(present).items():
        for language in ("id", "en"):
            files[f"{code}.{language}.svg"] = render(_in_words(spec, language))
    return files


def render(spec: Mapping[str, Any]) -> bytes:
    """A Vega-Lite chart as SVG. Reads nothing from outside the chart."""
    import vl_convert  # a browser engine: half a second to load, and only this needs it

    svg: str = vl_convert.vegalite_to_svg(dict(spec), vl_version=VEGA_LITE, allowed_base_urls=[])
    return svg.encode("utf-8")


def _specifications(present: Present) -> dict[str, dict[str, Any]]:
    connection, model = present.connection, present.pipeline.model
    for source, target in (("housed", "drawn_residents"), ("seekers", "drawn_seekers")):
        connection.execute(
            f"CREATE OR REPLACE TABLE {target} AS SELECT * FROM {source} "
            f"ORDER BY md5(unique_id::VARCHAR), unique_id LIMIT {SAMPLE}"
        )
    with _splink(present, "drawn_residents", "drawn_seekers", model) as linker:
        charts = {
            "match_weights": linker.visualisations.match_weights_chart().chart_dict,
            "m_u": linker.visualisations.m_u_parameters_chart().chart_dict,
            "unlinkables": linker.evaluation.unlinkables_chart().chart_dict,
        }
    return {**charts, **_labelled(present)}


def _labelled(present: Present) -> dict[str, dict[str, Any]]:
    """What Splink says of pairs whose truth is known, because only their NIK was hidden."""
    connection = present.connection
    there = only_row(connection, "SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [HIDDEN])
    if not there[0]:
        return {}
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE labelled_seekers AS
        SELECT s.*, h.person_id::VARCHAR AS label FROM residue s JOIN {HIDDEN} h ON h.seeker_id = s.unique_id
        ORDER BY md5(s.unique_id::VARCHAR), s.unique_id LIMIT {LABELLED}
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TABLE labelled_residents AS
        SELECT l.*, l.unique_id::VARCHAR AS label FROM housed l SEMI JOIN (
            SELECT p.person_id FROM rules_found p JOIN labelled_seekers s ON s.unique_id = p.seeker_id
            UNION SELECT h.person_id FROM hidden_niks h JOIN labelled_seekers s ON s.unique_id = h.seeker_id
        ) found ON found.person_id = l.unique_id ORDER BY l.unique_id
        """
    )
    if not only_row(connection, "SELECT count(*) FROM labelled_seekers")[0]:
        return {}
    with _splink(present, "labelled_residents", "labelled_seekers", present.pipeline.model, "label") as linker:
        accuracy = linker.evaluation.accuracy_analysis_from_labels_column(
            "label", output_type="accuracy", match_weight_round_to_nearest=0.5, add_metrics=["f1"]
        )
        predictions = linker.inference.predict(threshold_match_weight=present.pipeline.candidate_weight_min)
        return {
            "thresholds": accuracy.chart_dict,
            "weights": linker.visualisations.match_weights_histogram(predictions).chart_dict,
        }


@contextmanager
def _splink(present: Present, residents: str, seekers: str, model: Model, *more_columns: str) -> Iterator[Any]:
    settings = model.as_splink()
    settings["blocking_rules_to_generate_predictions"] = [
        {"blocking_rule": rule.condition(), "sql_dialect": "duckdb"} for rule in blocking.RULES
    ]
    settings["additional_columns_to_retain"] = list(more_columns)
    with training.one_thread(present.connection), splinking.quiet_splink():
        yield splinking.open_linker(present.connection, settings, residents, seekers, *more_columns)


def _in_words(spec: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The chart without its title, which the page has, and with words for the codes of levels and fields."""
    told = copy.deepcopy(dict(spec))
    told.pop("title", None)
    for row in told["data"]["values"]:
        for key, words in (("label_for_charts", REASONS), ("comparison_name", _FIELDS)):
            found = words.get(row.get(key, ""))
            if found is not None:
                row[key] = found.en if language == "en" else found.id
    return _translated(told) if language == "id" else told


def _translated(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            name: _AXES.get(value, value) if name == "title" and isinstance(value, str) else _translated(value)
            for name, value in part.items()
        }
    return [_translated(one) for one in part] if isinstance(part, list) else part
