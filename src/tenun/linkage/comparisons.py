"""How two records are compared, field by field, and what each outcome is called.

A comparison is a list of levels, best first. A level's `code` is what the crosswalk gives as a reason;
its SQL speaks of `{column}_l` (resident) and `{column}_r` (account), as Splink does. Splink trains and
applies these; our own SQL for the first stage is made from the same levels, and a test holds the two to
the same weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ELSE = "ELSE"
_NO_DATE = "(birth_date_l IS NULL OR birth_date_r IS NULL)"
NAME_SIMILARITY = "jaro_winkler_similarity(joined_l, joined_r)"
_NIK_L, _NIK_R = "coalesce(nik_l::VARCHAR, nik_odd_l)", "coalesce(nik_r::VARCHAR, nik_odd_r)"
# Damerau-Levenshtein costs some forty times what Hamming costs, and both sides have sixteen digits nearly always.
# A NIK carries the birth date, and people born on one day in one district have NIKs alike but for a digit: so what
# differs counts only outside the date. Damerau-Levenshtein costs some forty times what Hamming costs.
_ONE_DIGIT = (
    f"CASE WHEN nik_l IS NOT NULL AND nik_r IS NOT NULL THEN CASE "
    f"WHEN (nik_l // 10000) % 1000000 <> (nik_r // 10000) % 1000000 THEN false "
    f"ELSE CASE hamming(nik_l::VARCHAR, nik_r::VARCHAR) WHEN 1 THEN true "
    f"WHEN 2 THEN damerau_levenshtein(nik_l::VARCHAR, nik_r::VARCHAR) <= 1 ELSE false END END "
    f"ELSE damerau_levenshtein({_NIK_L}, {_NIK_R}) <= 1 END"
)
# The birth dates agree and one NIK does not carry them: a typing error in its date, which no other person would have.
_DATE_TYPO = (
    "nik_l // 10000000000 = nik_r // 10000000000 AND nik_l % 10000 = nik_r % 10000 AND birth_date_l = birth_date_r"
)
# The date inside a NIK is evidence only where a side has no whole NIK: else it would count the NIK twice. A NIK that a
# spreadsheet rounded is none, and has its date still.
_DATE_IN_NIK = "((nik_l IS NULL OR nik_r IS NULL) AND (birth_date_l = nik_date_r OR nik_date_l = birth_date_r))"
_PLACE = "(place_l = place_r OR hamlet_l = place_r)"


@dataclass(frozen=True)
class Level:
    code: str
    sql: str
    is_null: bool = False
    term_frequency: str | None = None
    """Column whose rarity counts: two people called SLAMET prove less than two called NGADIYONO."""
    like: str | None = None
    """Until data have shown it, the level of the same comparison whose m and u it has."""


@dataclass(frozen=True)
class Comparison:
    field: str
    levels: tuple[Level, ...]


COMPARISONS: tuple[Comparison, ...] = (
    Comparison("nik", (
        Level("nik_missing", f"{_NIK_L} IS NULL OR {_NIK_R} IS NULL", is_null=True),
        Level("nik_equal", "nik_l = nik_r"),
        Level("nik_date_typo", _DATE_TYPO),
        # Where no birth date speaks for itself, the one inside the NIK does.
        Level("nik_near_undated", f"{_NO_DATE} AND ({_ONE_DIGIT})"),
        Level("nik_one_digit", _ONE_DIGIT),
        Level("nik_of_household", "home_l = nik_home_r"),
        Level("nik_same_start", "nik_l // 10000 = nik_r // 10000"),
        Level("nik_differs", ELSE),
    )),
    Comparison("name", (
        Level("name_missing", "joined_l IS NULL OR joined_r IS NULL", is_null=True),
        Level("name_equal", '"joined_l" = "joined_r"', term_frequency="joined"),
        Level("name_reordered", "sorted_l = sorted_r"),
        Level("name_near", f"{NAME_SIMILARITY} >= 0.95", term_frequency="joined"),
        Level("name_shortened", "length(core_l) > 2 AND length(core_r) > 2 AND (starts_with(core_l, core_r) "
              "OR starts_with(core_r, core_l) OR name_within(core_l, core_r) OR name_within(core_r, core_l))"),
        Level("name_similar", f"{NAME_SIMILARITY} >= 0.88"),
        Level("name_part_equal", "sound_1_l = sound_1_r OR sound_1_l = sound_2_r OR sound_2_l = sound_1_r"),
        Level("name_faint", f"{NAME_SIMILARITY} >= 0.75"),
        Level("name_differs", ELSE),
    )),
    Comparison("birth_date", (
        Level("birth_date_missing", f"{_NO_DATE} AND (age_l IS NULL OR age_r IS NULL) "
              f"AND NOT coalesce({_DATE_IN_NIK}, false)", is_null=True),
        Level("birth_date_equal", "birth_date_l = birth_date_r"),
        Level("birth_date_in_nik", _DATE_IN_NIK),
        Level("birth_date_swapped", "is_swapped(birth_date_l, birth_date_r)"),
        Level("birth_date_heaped", "year(birth_date_l) = year(birth_date_r) "
              "AND (is_heaped(birth_date_l) OR is_heaped(birth_date_r))"),
        Level("birth_date_one_digit", "hamming(birth_date_l::VARCHAR, birth_date_r::VARCHAR) = 1"),
        Level("birth_date_other_year", "month(birth_date_l) = month(birth_date_r) "
              "AND day(birth_date_l) = day(birth_date_r)"),
        Level("birth_date_near", "abs(year(birth_date_l) - year(birth_date_r)) <= 1"),
        Level("age_equal", f"{_NO_DATE} AND abs(age_l - age_r) <= 1"),
        Level("birth_date_differs", ELSE),
    )),
    Comparison("sex", (
        Level("sex_missing", "is_female_l IS NULL OR is_female_r IS NULL", is_null=True),
        Level("sex_equal", "is_female_l = is_female_r"),
        Level("sex_differs", ELSE),
    )),
    Comparison("village", (
        Level("village_missing", "village_l IS NULL OR (village_r IS NULL AND coalesce(regency_l = regency_r, true))",
              is_null=True),
        Level("village_equal", "village_l = village_r"),
        Level("village_differs", "district_l = district_r"),
        Level("district_differs", "regency_l = regency_r"),
        Level("regency_differs", ELSE),
    )),
    Comparison("address", (
        Level("address_missing", "(place_l IS NULL OR place_r IS NULL) AND (unit_l IS NULL OR unit_r IS NULL) "
              "AND NOT coalesce(card_l = card_r, false)", is_null=True),
        # One card is one household: as good as one address, wherever that is, and no better at telling who of it.
        Level("card_equal", "card_l = card_r", like="address_equal"),
        Level("address_equal", f"{_PLACE} AND unit_l = unit_r"),
        Level("place_equal", _PLACE),
        Level("address_near", "jaro_winkler_similarity(place_l, place_r) >= 0.92"),
        Level("unit_equal", "unit_l = unit_r"),
        Level("address_differs", ELSE),
    )),
)  # fmt: skip

# Who lives together, as far as the register tells: one family card, or else village, street or hamlet, RT and RW.
HOME = "coalesce({side}card::VARCHAR, {side}village::VARCHAR || '|' || {side}place || '|' || coalesce({side}unit, ''))"

FIELDS = tuple(comparison.field for comparison in COMPARISONS)
COLUMNS = (
    "unique_id nik nik_odd nik_date joined core sorted sound_1 sound_2 birth_date age is_female "
    "village district regency place hamlet unit card home nik_home"
).split()
"""Columns of a prepared table that comparisons read: the standard table, with `home` (the household) and `nik_home`
(the household of whoever else the NIK belongs to)."""

TERM_FREQUENCY_COLUMN = "joined"
EQUAL_NAME = "name_equal"
# A name that only one record carries may still be a common one elsewhere.
TERM_FREQUENCY_MIN = 2e-5


_CHEAPER = (
    # Asked by three levels, worked out once: `scoring.compared` has it as a column.
    (NAME_SIMILARITY, "name_similarity"),
    # Whether there is a NIK can be seen without writing it out.
    (f"{_NIK_L} IS NULL OR {_NIK_R} IS NULL",
     "(nik_l IS NULL AND nik_odd_l IS NULL) OR (nik_r IS NULL AND nik_odd_r IS NULL)"),
)  # fmt: skip


def comparison_of(field: str) -> Comparison:
    return next(comparison for comparison in COMPARISONS if comparison.field == field)


def gamma(field: str, code: str) -> int:
    """Splink's number of a level: -1 where something is missing, 0 for the last, more for better."""
    comparison = comparison_of(field)
    position = next(at for at, level in enumerate(comparison.levels) if level.code == code)
    return -1 if comparison.levels[position].is_null else len(comparison.levels) - 1 - position


def gamma_sql(comparison: Comparison) -> str:
    """The level of a pair, as Splink numbers it."""
    cases = [
        f"WHEN {level.sql} THEN {gamma(comparison.field, level.code)}"
        for level in comparison.levels
        if level.sql != ELSE
    ]
    sql = f"CASE {' '.join(cases)} ELSE 0 END"
    # The same said in a cheaper way; a level's own SQL stays as models have it.
    for said, cheaper in _CHEAPER:
        sql = sql.replace(said, cheaper)
    return sql


def code_sql(field: str, column: str) -> str:
    """The code of a level, from its number."""
    levels = comparison_of(field).levels
    cases = [f"WHEN {gamma(field, level.code)} THEN '{level.code}'" for level in levels]
    return f"CASE {column} {' '.join(cases)} END"


def as_splink(comparison: Comparison, probabilities: Mapping[str, tuple[float, float]] | None = None) -> dict[str, Any]:
    """The comparison as Splink's settings write it, with (m, u) by code where they are known."""
    levels: list[dict[str, Any]] = []
    for level in comparison.levels:
        entry: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.code}
        if level.is_null:
            entry["is_null_level"] = True
        elif probabilities is not None:
            entry["m_probability"], entry["u_probability"] = probabilities[level.code]
        if level.term_frequency:
            entry |= {"tf_adjustment_column": level.term_frequency, "tf_adjustment_weight": 1.0,
                      "tf_minimum_u_value": TERM_FREQUENCY_MIN}  # fmt: skip
        levels.append(entry)
    return {"output_column_name": comparison.field, "comparison_levels": levels}
