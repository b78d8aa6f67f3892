"""What others publish of an area: IDM and SDGs joined by the right codes, official rates, never mixed with ours."""

import csv
import gzip
import html
import json
import lzma
import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tenun.node.home import NodeHome
from tenun.registry.reference import loading, survey
from tenun.registry.reference.loading import ReferenceFileRefused, ReferenceFileUnreadable
from tenun.registry.reference.region import System
from tenun.registry.reference.regions import Regions
from tenun.sources.kemendesa import context, idm, sdgs
from tests.lib.shared_data import shared

pytestmark = pytest.mark.xdist_group("portal")

DAY = date(2026, 11, 1)
IDM = "opensid/kemendesa/idm_respons_32_33_52.jsonl.xz"
SDGS = "opensid/kemendesa/sdgs_skor_52_33_71.csv.gz"
BRIDGE = "opensid/wilayah/bps_kemendagri_desa.csv.gz"
GOALS = range(1, 19)
TITLE, OFFICIAL = "Yang diterbitkan Kemendesa", "Angka resmi BPS"


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def of_52_08(file: str) -> list[dict[str, str]]:
    """Rows of a table of codes or scores, as text."""
    with gzip.open(shared(file), "rt", encoding="utf-8") as rows:
        return list(csv.DictReader(rows))


@pytest.fixture(scope="module")
def published(node: NodeHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[int, float]]]:
    """Both services' real answers of province 52 in the node's lake; gives the SDGs averages by Kemendagri code."""
    folder = tmp_path_factory.mktemp("context")
    loading.load_bridge(folder, shared(BRIDGE), edition="2021", source="BPS", licence="terbuka", on=DAY)
    regions = Regions.load(folder)
    answers = folder / "idm.jsonl"
    with lzma.open(shared(IDM), "rt", encoding="utf-8") as lines:
        kept = [line for line in lines if '"kode_desa":"52' in line]
    answers.write_text("".join(kept), "utf-8")
    scores = folder / "sdgs.csv"
    rows = [row for row in of_52_08(SDGS) if row["kode_bps"].startswith("52")]
    with scores.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    idm.ingest(node.lake, [answers], as_of=DAY, regions=regions, report_folder=folder)
    sdgs.ingest(node.lake, [scores], as_of=DAY, today=DAY, regions=regions, report_folder=folder)
    pairs = {row["kode_bps"]: row["kode_kemendagri"] for row in of_52_08(BRIDGE)}
    told = {
        pairs[row["kode_bps"]]: {
            0: float(row["average"]),
            **{goal: float(row[f"goal_{goal}"]) for goal in range(1, 19)},
        }
        for row in rows
        if pairs.get(row["kode_bps"], "").startswith("52.08") and float(row["average"])
    }
    yield told
    for dataset in (idm.KEPT.dataset, sdgs.KEPT.dataset):
        for layer in ("core", "raw"):
            shutil.rmtree(node.folder / "lake" / layer / dataset, ignore_errors=True)


def test_sdgs_scores_stand_at_the_village_that_bps_means(
    node: NodeHome, published: dict[str, dict[int, float]]
) -> None:
    """Independently of the ingest: the bridge's file read here, every village of the regency."""
    assert len(published) > 20
    for code, scores in published.items():
        found = context.of_village(node.lake, code).goals
        assert found is not None, code
        assert {0: found.average, **found.scores} == scores, code


def test_the_digits_of_the_other_system_would_have_given_another_villages_scores(
    node: NodeHome, published: dict[str, dict[int, float]]
) -> None:
    by_bps = {row["kode_bps"]: float(row["average"]) for row in of_52_08(SDGS)}
    naive = {code: by_bps.get(code.replace(".", "")) for code in published}
    right = {code: context.of_village(node.lake, code).goals for code in published}
    wrong = [code for code, score in naive.items() if (goals := right[code]) and score != goals.average]
    assert len(wrong) > 20, "the two code systems agree here, so this regency tells nothing of the join"


def test_the_village_page_shows_them_with_source_and_date_and_apart_from_ours(
    sign_in: Any, published: dict[str, dict[int, float]]
) -> None:
    code, scores = next(iter(published.items()))
    page = sign_in("petugas.naker").get(f"/wilayah/{code}/").content.decode()
    ours, theirs = page.partition(TITLE)[0], plain(page.partition(TITLE)[2])
    assert f"{scores[0]:.2f}".replace(".", ",") in theirs
    for goal, title in context.GOALS.items():
        assert f"{goal} {title} {scores[goal]:.2f}".replace(".", ",") in theirs
    assert "layanan SDGs Desa Kemendesa, data per 1 Nov 2026" in theirs
    assert "Desa Tanpa Kemiskinan" not in ours
    district = sign_in("petugas.naker").get(f"/wilayah/{code[:8]}/").content.decode()
    assert TITLE not in district


def test_context_is_in_no_file_of_ours(sign_in: Any, published: dict[str, dict[int, float]]) -> None:
    code = next(iter(published))
    told = sign_in("petugas.naker").get(f"/unduh/angka.csv?wilayah={code}&tingkat=desa").content.decode("utf-8-sig")
    assert "SDGs" not in told
    assert "IDM" not in told


def test_index_years_stand_as_published(node: NodeHome, published: dict[str, dict[int, float]]) -> None:
    seen = 0
    with lzma.open(shared(IDM), "rt", encoding="utf-8") as lines:
        for line in lines:
            if '"kode_desa":"52' not in line:
                continue
            reading = idm.read(json.loads(line))
            if not isinstance(reading, idm.Reading):
                continue
            village, year, score, status, *_ = reading.row
            by_year = {one.year: one for one in context.of_village(node.lake, village).index}
            if year in by_year:
                seen += 1
                assert (by_year[year].score, by_year[year].status) == (score, status)
                assert by_year[year].as_of == DAY
    assert seen > 50


# --- official rates ------------------------------------------------------------------------------


def load(folder: Path, text: str, *, system: System = System.KEMENDAGRI, edition: str = "2025-08") -> bool:
    file = folder / "sakernas.csv"
    file.write_text(text, "utf-8")
    known = Regions.load()
    _holding, is_new = loading.load_survey(
        folder,
        file,
        system=system,
        edition=edition,
        source="BPS, Sakernas (contoh buatan)",
        licence="contoh buatan",
        on=DAY,
        counterpart=lambda code: code if code in known else None,
    )
    return is_new


RATES = 'kode,indikator,nilai\n52.08,TPT,3.21\n52.08,tpak,"71,5"\n52,TPT,2.8\n'


def test_official_rates_are_kept_with_round_source_and_licence(tmp_path: Path) -> None:
    assert load(tmp_path, RATES) is True
    assert load(tmp_path, RATES) is False
    found = survey.rates(tmp_path, "52.08")
    assert [(one.indicator, one.value, one.round_name("id")) for one in found] == [
        ("TPT", 3.21, "Agustus 2025"),
        ("TPAK", 71.5, "Agustus 2025"),
    ]
    assert survey.rates(tmp_path, "52.08.01.2002") == []


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("52.08.01.2002,TPT,3.2", "level_too_low"),
        ("52.08.01,TPT,3.2", "level_too_low"),
        ("52.99,TPT,3.2", "no_counterpart"),
        ("5x,TPT,3.2", "code_form"),
        ("52.08,B1,3.2", "rate_unknown"),
        ("52.08,TPT,tiga", "not_percent"),
        ("52.08,TPT,1.234,5", "not_percent"),
        ("52.08,TPT,100.5", "not_percent"),
        ("52.08,TPT,-1", "not_percent"),
        ("52.08,TPT,3\n52.08,TPT,4", "code_twice"),
    ],
)
def test_a_file_of_rates_with_one_bad_row_is_refused_whole(tmp_path: Path, row: str, rule: str) -> None:
    with pytest.raises(ReferenceFileRefused) as refused:
        load(tmp_path, f"kode,indikator,nilai\n52,TPT,2.8\n{row}\n".replace("1.234,5", '"1.234,5"'))
    assert refused.value.parts["rule"] == rule
    assert survey.rates(tmp_path, "52") == []


def test_a_round_that_the_survey_does_not_have_is_refused(tmp_path: Path) -> None:
    for edition in ("2025", "2025-05", "Agustus 2025"):
        with pytest.raises(ReferenceFileUnreadable):
            load(tmp_path, RATES, edition=edition)


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_regency_page_shows_official_rates_apart_from_ours(
    sign_in: Any, node: NodeHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    from tenun.portal.areas import context as beside

    load(tmp_path, RATES)
    monkeypatch.setattr(beside, "reference_folder", lambda: tmp_path)
    client = sign_in("petugas.naker")
    client.cookies["tenun_language"] = language
    page = client.get("/wilayah/52.08/").content.decode()
    heading = OFFICIAL if language == "id" else "Official figures of BPS"
    ours, theirs = page.partition(heading)[0], plain(page.partition(heading)[2])
    assert ("3,21 %" if language == "id" else "3.21 %") in theirs
    assert ("Agustus 2025" if language == "id" else "August 2025") in theirs
    assert "BPS, Sakernas (contoh buatan)" in theirs
    assert "3,21" not in ours
    assert heading not in client.get("/wilayah/52.08.01.2002/").content.decode()
    assert heading not in client.get("/wilayah/52.07/").content.decode()
