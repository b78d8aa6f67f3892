"""The model: how much each outcome of a comparison says for or against one person.

A level's weight is log2(m / u): m is how often the level is seen in records of one person, u in records
of two (Fellegi and Sunter, 1969). A model file keeps m and u as Splink's settings write them, so that
Splink's charts open it, together with what it was trained on. Of such a file only the numbers are used:
its SQL is ours, from `comparisons`, and never the file's.

A model's id is the digest of its numbers; a signature covers id, numbers and provenance. Who signs and whose
keys count is told by the caller (`sign`, `Verify`): linkage knows neither nodes nor the exchange.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from tenun.engine.duckdb import only_row
from tenun.kernel import canonical_json
from tenun.kernel.errors import TenunError
from tenun.linkage import comparisons
from tenun.linkage.comparisons import COMPARISONS, EQUAL_NAME, TERM_FREQUENCY_MIN, Comparison, Level

SHIPPED = "invented-3.json"
FORMAT = "tenun-link-model/1"
# No outcome is impossible: a weight stays finite whatever a training set did not contain.
M_MIN, U_MIN = 1e-5, 1e-7
# Accounts whose birth date is looked up among the residents, and pairs below which nothing is concluded.
NIK_SAMPLE, NIK_PAIRS_MIN = 20_000, 1_000


class ModelUnfit(TenunError):
    """A model file that is unreadable, or was trained for other comparisons than this version's."""

    code = "linkage.model_unfit"
    text_id = "Berkas model {file} tidak cocok dengan versi ini: {reason}."
    text_en = "The model file {file} does not fit this version: {reason}."
    remedy_id = "Latih ulang dengan `tenun link train`, atau pakai model bawaan."
    remedy_en = "Train it again with `tenun link train`, or use the shipped model."


class ModelNotSigned(TenunError):
    """A model file that nobody signed, where a signed one is needed."""

    code = "linkage.model_not_signed"
    text_id = "Berkas model {file} tidak ditandatangani."
    text_en = "The model file {file} is not signed."
    remedy_id = "Latih dengan `tenun link train`, yang menandatanganinya, atau pakai model bawaan."
    remedy_en = "Train it with `tenun link train`, which signs it, or use the shipped model."


@dataclass(frozen=True)
class Signature:
    """A detached JWS (RFC 7515, appendix F) over `signed_bytes`."""

    party: str
    key: str
    """Thumbprint of the key (RFC 7638)."""
    token: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


Sign = Callable[[bytes], Signature]
Verify = Callable[[bytes, Signature], None]
"""Raises where the signature is not of one of the parties' keys, over these bytes."""


@dataclass(frozen=True)
class Model:
    """m and u by field and level code, the prior, and where they come from."""

    id: str
    probabilities: Mapping[str, Mapping[str, tuple[float, float]]]
    prior: float
    """Probability that a resident and an account taken at random are one person."""
    provenance: Mapping[str, Any]
    signature: Signature | None = None

    @property
    def prior_weight(self) -> float:
        return math.log2(self.prior / (1 - self.prior))

    def weight(self, field: str, code: str) -> float:
        m, u = self.probabilities[field][code]
        return math.log2(m / u)

    def weight_sql(self, comparison: Comparison, gamma: str, term_frequency: str) -> str:
        """The weight of a field from its level number; `term_frequency`: the share of records with that name."""
        cases = [
            f"WHEN {comparisons.gamma(comparison.field, level.code)} "
            f"THEN {self._level_sql(comparison.field, level, term_frequency)}"
            for level in comparison.levels
            if not level.is_null
        ]
        return f"(CASE {gamma} {' '.join(cases)} ELSE 0::DOUBLE END)"

    def _level_sql(self, field: str, level: Level, term_frequency: str) -> str:
        m, u = self.probabilities[field][level.code]
        if level.term_frequency is None:
            return f"{math.log2(m / u)!r}::DOUBLE"
        # Against the chance that two people share an average name stands that of this name, as in Splink.
        average = math.log2(self.probabilities[field][EQUAL_NAME][1])
        return (
            f"({math.log2(m / u)!r}::DOUBLE + coalesce({average!r}::DOUBLE "
            f"- log2(greatest({term_frequency}, {TERM_FREQUENCY_MIN}::DOUBLE)), 0::DOUBLE))"
        )

    def as_splink(self) -> dict[str, Any]:
        """Splink's settings, with every m and u given."""
        return {
            "link_type": "link_only",
            "sql_dialect": "duckdb",
            "unique_id_column_name": "unique_id",
            "probability_two_random_records_match": self.prior,
            "comparisons": [
                comparisons.as_splink(comparison, self.probabilities[comparison.field]) for comparison in COMPARISONS
            ],
            "blocking_rules_to_generate_predictions": [],
            "retain_matching_columns": False,
            "retain_intermediate_calculation_columns": False,
        }

    def with_prior(self, prior: float) -> Model:
        return replace(self, prior=min(max(prior, 1e-12), 0.5))

    def with_u(self, field: str, shares: Mapping[str, float]) -> Model:
        """The model with another u for the levels of a field that depend on who is being linked."""
        m_u = {code: (m, max(shares.get(code, u), U_MIN)) for code, (m, u) in self.probabilities[field].items()}
        return replace(self, probabilities={**self.probabilities, field: m_u})


def make(
    probabilities: Mapping[str, Mapping[str, tuple[float, float]]], *, prior: float, provenance: Mapping[str, Any]
) -> Model:
    """A model with its id, which is the digest of what it says."""
    bounded = {
        comparison.field: {
            level.code: (
                round(min(max(probabilities[comparison.field][level.code][0], M_MIN), 1.0), 10),
                round(min(max(probabilities[comparison.field][level.code][1], U_MIN), 1.0), 10),
            )
            for level in comparison.levels
            if not level.is_null
        }
        for comparison in COMPARISONS
    }
    digest = canonical_json.digest({"prior": prior, "m_u": _as_lists(bounded)})[:12]
    return Model(id=digest, probabilities=bounded, prior=prior, provenance=dict(provenance))


def _as_lists(probabilities: Mapping[str, Mapping[str, tuple[float, float]]]) -> dict[str, dict[str, list[float]]]:
    return {field: {code: list(m_u) for code, m_u in levels.items()} for field, levels in probabilities.items()}


def save(model: Model, path: Path) -> None:
    """Write the model file. The same model gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = _document(model)
    if model.signature is not None:
        document["signature"] = model.signature.as_dict()
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def _document(model: Model) -> dict[str, Any]:
    return {"format": FORMAT, "id": model.id, "provenance": dict(model.provenance), "splink": model.as_splink()}


def signed_bytes(model: Model) -> bytes:
    """What a signature covers: all that is read of the file, in canonical JSON (RFC 8785)."""
    return canonical_json.dumps(_document(model))


def sign(model: Model, by: Sign) -> Model:
    return replace(model, signature=by(signed_bytes(model)))


def verify(model: Model, by: Verify, *, file: str) -> Signature:
    """The signature, once it is shown to hold. Raises `ModelNotSigned`, and what `by` raises."""
    if model.signature is None:
        raise ModelNotSigned(file=file)
    by(signed_bytes(model), model.signature)
    return model.signature


def load(path: Path | None = None) -> Model:
    """Read a model file; without one, the shipped model. Raises `ModelUnfit`."""
    name = path.name if path else SHIPPED
    try:
        content = path.read_bytes() if path else files("tenun.linkage").joinpath("models", SHIPPED).read_bytes()
    except OSError as problem:
        raise ModelUnfit(file=name, reason=type(problem).__name__) from problem
    document = canonical_json.loads(content, document=name)
    try:
        settings = document["splink"]
        given = {entry["output_column_name"]: entry["comparison_levels"] for entry in settings["comparisons"]}
        probabilities = {
            comparison.field: _read_levels(comparison, given[comparison.field]) for comparison in COMPARISONS
        }
        model = make(
            probabilities,
            prior=float(settings["probability_two_random_records_match"]),
            provenance=document["provenance"],
        )
        said = document.get("signature")
        signature = None if said is None else Signature(**{name: str(value) for name, value in said.items()})
        if document["format"] != FORMAT:
            raise ValueError("format")
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise ModelUnfit(file=name, reason=f"{type(problem).__name__} {problem}") from problem
    if model.id != document["id"]:
        raise ModelUnfit(file=name, reason="id")
    return replace(model, signature=signature)


def _read_levels(comparison: Comparison, entries: list[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    by_code = {entry["label_for_charts"]: entry for entry in entries}
    for level in comparison.levels:
        # Numbers trained for one condition say nothing about another of the same name.
        if by_code[level.code]["sql_condition"] != level.sql:
            raise ValueError(level.code)
    return {
        level.code: (float(by_code[level.code]["m_probability"]), float(by_code[level.code]["u_probability"]))
        for level in comparison.levels
        if not level.is_null
    }


def fitted_to(model: Model, connection: duckdb.DuckDBPyConnection, residents: str, seekers: str) -> Model:
    """The model with the u of village, sex and NIK counted in these two tables.

    How often two people share a village by chance depends on how many villages there are: in a regency
    of thirty it is one in thirty, in the country one in eighty thousand. It need not be estimated: it can be
    counted exactly from the totals.
    """
    fitted = _fitted_nik(model, connection, residents, seekers)
    for field, sql in (("village", _VILLAGE_PAIRS), ("sex", _SEX_PAIRS)):
        counts = only_row(connection, sql.format(l=residents, r=seekers))
        codes = [level.code for level in comparisons.comparison_of(field).levels if not level.is_null]
        pairs = dict(zip(codes, (int(count or 0) for count in counts), strict=True))
        total = sum(pairs.values())
        if total:
            shares = {code: count / total for code, count in pairs.items()}
            # A difference is never evidence for one person, however rare: where few accounts claim another regency,
            # few of the right ones do either.
            for code in codes[1:]:
                shares[code] = max(shares[code], model.probabilities[field][code][0])
            fitted = fitted.with_u(field, shares)
    return fitted


def _fitted_nik(model: Model, connection: duckdb.DuckDBPyConnection, residents: str, seekers: str) -> Model:
    """The model with the u of NIK levels counted among pairs of one birth date and regency.

    A NIK carries the birth date and the place of issue, so the comparisons are not independent: among people born on
    one day in one regency, NIKs alike but for a digit are common. Counted among all pairs they would look rare, and
    birth date and village would count twice. Pairs with one NIK or nearly one name are left out,
    being one person as like as not.
    """
    comparison = comparisons.comparison_of("nik")
    columns = ", ".join(f"l.{column} AS {column}_l, r.{column} AS {column}_r" for column in comparisons.COLUMNS)
    counted = dict(
        connection.execute(
            f"""
            WITH chosen AS (
                SELECT * FROM {seekers} WHERE birth_date IS NOT NULL AND NOT is_heaped(birth_date)
                ORDER BY reverse(unique_id::VARCHAR), unique_id LIMIT {NIK_SAMPLE}
            ),
            pairs AS (SELECT {columns} FROM {residents} l
                      JOIN chosen r ON l.birth_date = r.birth_date AND l.regency = r.regency)
            SELECT {comparisons.gamma_sql(comparison)} AS gamma_nik, count(*) FROM pairs
            WHERE nik_l IS DISTINCT FROM nik_r AND coalesce({comparisons.NAME_SIMILARITY}, 0) < 0.8
            GROUP BY 1
            """
        ).fetchall()
    )
    codes = [level.code for level in comparison.levels if not level.is_null and level.code != "nik_equal"]
    pairs = {code: int(counted.get(comparisons.gamma("nik", code), 0)) for code in codes}
    total = sum(pairs.values())
    if total < NIK_PAIRS_MIN:
        return model
    return model.with_u("nik", {code: (count + 0.5) / (total + 0.5 * len(codes)) for code, count in pairs.items()})


_SEX_PAIRS = """
    WITH a AS (SELECT is_female AS sex, count(*) AS n FROM {l} WHERE is_female IS NOT NULL GROUP BY is_female),
         b AS (SELECT is_female AS sex, count(*) AS n FROM {r} WHERE is_female IS NOT NULL GROUP BY is_female)
    SELECT sum(a.n * b.n) FILTER (a.sex = b.sex), sum(a.n * b.n) FILTER (a.sex <> b.sex) FROM a CROSS JOIN b
"""
# Resident x account, both counted by village: villages of a regency are few hundred, so this is small work;
# nationally it is done by district and regency totals instead of pairs of villages.
_VILLAGE_PAIRS = """
    WITH a AS (SELECT village, district, regency, count(*) AS n FROM {l} WHERE village IS NOT NULL GROUP BY ALL),
         b AS (SELECT village, district, regency, count(*) AS n FROM {r} WHERE regency IS NOT NULL GROUP BY ALL),
         known AS (SELECT * FROM b WHERE village IS NOT NULL),
         same_village AS (SELECT sum(a.n * known.n) AS n FROM a JOIN known USING (village)),
         a_district AS (SELECT district, sum(n) AS n FROM a GROUP BY district),
         b_district AS (SELECT district, sum(n) AS n FROM known GROUP BY district),
         same_district AS (SELECT sum(a.n * b.n) AS n FROM a_district a JOIN b_district b USING (district)),
         a_regency AS (SELECT regency, sum(n) AS n FROM a GROUP BY regency),
         b_regency AS (SELECT regency, sum(n) AS n FROM known GROUP BY regency),
         same_regency AS (SELECT sum(a.n * b.n) AS n FROM a_regency a JOIN b_regency b USING (regency)),
         any_regency AS (SELECT regency, sum(n) AS n FROM b GROUP BY regency),
         claimed AS (SELECT sum(a.n * b.n) AS n FROM a_regency a JOIN any_regency b USING (regency)),
         every AS (SELECT (SELECT sum(n) FROM a_regency) * (SELECT sum(n) FROM any_regency) AS n)
    SELECT coalesce(same_village.n, 0), coalesce(same_district.n, 0) - coalesce(same_village.n, 0),
           coalesce(same_regency.n, 0) - coalesce(same_district.n, 0), every.n - coalesce(claimed.n, 0)
    FROM same_village, same_district, same_regency, claimed, every
"""
