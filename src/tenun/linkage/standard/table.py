"""The standard table: one row a record, with what comparisons and blocking read.

Two shapes go in. `people` as registers deliver them are typed already (`READ_COLUMNS`); person tables of
others are text as people typed it, and `read_text` brings them to that shape first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb

from tenun.linkage.standard import dates, names, niks, places, retired
from tenun.linkage.standard.retired import RetiredRegions
from tenun.linkage.standard.rules import Rule, chosen

# Part of the crosswalk's rule version: raise it when a rule changes what it gives.
STANDARD_VERSION = 3

RULES: tuple[Rule, ...] = (*niks.RULES, *names.RULES, *dates.RULES, *places.RULES)

READ_COLUMNS: Mapping[str, str] = {
    "unique_id": "VARCHAR",
    "nik": "VARCHAR",
    "full_name": "VARCHAR",
    "birth_date": "DATE",
    "age_years": "INTEGER",
    "sex": "VARCHAR",
    "village_code": "VARCHAR",
    "regency_code": "VARCHAR",
    "address": "VARCHAR",
    "hamlet": "VARCHAR",
    "rw": "VARCHAR",
    "rt": "VARCHAR",
}
"""What goes in; `unique_id` may be of any type that sorts."""

CARD_COLUMN, CARD_TYPED = "family_card", "no_kk"
"""The number of the family card, read only where both sides have it; and what a person table calls it."""

COLUMNS = (
    "unique_id nik nik_odd nik_date nik_female joined core sorted sound_1 sound_2 birth_date age is_female "
    "village district regency place hamlet unit card"
).split()
"""What comes out. NIK and codes as numbers: nik BIGINT (usable ones), village BIGINT, district and regency INTEGER;
card, too, BIGINT;
nik_odd is the text of an unusable NIK of 15 to 17 digits; core and joined are the name without its common first word
and, joined, without blanks."""


REGISTER_VILLAGE = "CASE WHEN here.own <> here.number THEN here.own END AS register_village"
"""To be carried along (`also`): the village as the register has it, where that is a code that was given up."""


@dataclass(frozen=True)
class Standard:
    """The rules in use: all, less those switched off to measure them; and the day that ages are counted at."""

    as_of: date
    without: frozenset[str] = frozenset()
    regions: RetiredRegions = field(default_factory=RetiredRegions)
    has_cards: bool = False
    """Both sides have the number of the family card (`CARD_COLUMN`)."""

    @classmethod
    def of(
        cls,
        as_of: date,
        without: Iterable[str] = (),
        *,
        regions: RetiredRegions | None = None,
        has_cards: bool = False,
    ) -> Standard:
        """`regions`: codes that were given up; none = those that are known without an older edition.

        Raises `RuleUnknown`.
        """
        return cls(as_of, chosen(without, RULES), regions or RetiredRegions(), has_cards)

    def macros(self) -> list[str]:
        """The statements that make the macros, which `select` and the comparisons use, and the table they read."""
        macros = {
            **dates.macros(self.without, self.as_of.year),
            **names.macros(),
            **niks.macros(self.without),
            **places.macros(self.without),
            "region_now(n)": retired.macro(self.without),
        }
        made = [f"CREATE OR REPLACE MACRO {signature} AS ({sql})" for signature, sql in macros.items()]
        return [self.regions.statement(), *made]

    def install(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the macros known to a connection."""
        for statement in self.macros():
            connection.execute(statement)

    def select(self, source: str, *, also: str = "") -> str:
        """The standard form of `source` (columns `READ_COLUMNS`) as a query; `also`: further columns, carried along."""
        carried = f", {also}" if also else ""
        year = self.as_of.year
        # One side's cards alone say nothing: nobody is asked for them.
        card_0, card = (f"upper(trim({CARD_COLUMN}))", "card_number(card_1)") if self.has_cards else ("NULL", "NULL")
        return f"""
        WITH written AS (
            SELECT *, upper(full_name) AS name_0, upper(trim(nik)) AS nik_0, {card_0}::VARCHAR AS card_0
            FROM {source}
        ),
        lettered AS (
            SELECT *, {names.LETTERS.sql("name_0", self.without)} AS name_1,
                   {niks.WRITING.sql("nik_0", self.without)} AS nik_1,
                   {niks.WRITING.sql("card_0", self.without) if self.has_cards else "card_0"} AS card_1,
                   date_known(birth_date) AS known_date
            FROM written
        ),
        bared AS (
            SELECT *, {names.EXTRAS.sql("name_1", self.without)} AS name_2, nik_number(nik_1) AS nik_n,
                   coalesce(year(known_date), {year} - age_years) AS near_year
            FROM lettered
        ),
        varied AS (
            SELECT *, {names.VARIANTS.sql("name_2", self.without)} AS name_3, nik_form_of(nik_1, nik_n) AS nik_2
            FROM bared
        ),
        named AS (
            SELECT *, name_known({names.OLD_SPELLING.sql("name_3", self.without)}) AS name_whole,
                   CASE WHEN nik_2 = 'usable' THEN nik_n END AS nik_3, nik_legible(nik_2, nik_n) AS nik_4
            FROM varied
        ),
        cored AS (
            SELECT *, {names.CORE.sql("name_whole", self.without)} AS name_4,
                   (nik_4 // 10000) % 100 AS nik_yy, nik_month(nik_4) AS nik_mm, nik_day(nik_4) AS nik_dd
            FROM named
        ),
        worded AS MATERIALIZED (
            SELECT *, split_part(name_4, ' ', 1) AS word_1, split_part(name_4, ' ', 2) AS word_2,
                   nik_yy + nik_century(nik_yy, near_year, {year}) AS nik_yyyy
            FROM cored
        ),
        -- Few words make most names, and one address serves a household: each is worked out once.
        sounds AS MATERIALIZED (
            SELECT word, name_sound(name_folded(word)) AS sound
            FROM (SELECT word_1 AS word FROM worded UNION SELECT word_2 FROM worded)
        ),
        places AS MATERIALIZED (
            SELECT written, address_place(text) AS place, address_unit(text) AS unit
            FROM (SELECT written, {places.ADDRESS.sql("upper(written)", self.without)} AS text
                  FROM (SELECT address AS written FROM worded UNION SELECT hamlet FROM worded))
        ),
        -- Ten digits are a village; six and four say the district or the regency only.
        regions AS MATERIALIZED (
            SELECT written, own, region_now(own) AS number
            FROM (SELECT written, region_number(village_digits(written)) AS own
                  FROM (SELECT village_code AS written FROM worded UNION SELECT regency_code FROM worded))
        )
        SELECT unique_id, nik_3 AS nik,
               CASE WHEN nik_2 = 'malformed' AND length(nik_1) BETWEEN 15 AND 17 THEN nik_1 END AS nik_odd,
               date_of(nik_yyyy, nik_mm, nik_dd) AS nik_date,
               nik_is_female(nik_4) AS nik_female,
               nullif(replace(name_4, ' ', ''), '') AS joined, name_4 AS core,
               name_sorted(name_4, word_1, word_2) AS sorted,
               first.sound AS sound_1, second.sound AS sound_2,
               known_date AS birth_date, age_years::SMALLINT AS age,
               -- Of a rounded NIK the sex is evidence by itself, since its number is none.
               CASE WHEN sex = 'female' THEN true WHEN sex = 'male' THEN false
                    WHEN nik_3 IS NULL THEN nik_is_female(nik_4) END AS is_female,
               CASE WHEN here.number > 999999999 THEN here.number END AS village,
               (CASE WHEN here.number > 999999999 THEN here.number // 10000 WHEN here.number > 99999
                     THEN here.number END)::INTEGER
               AS district,
               region_regency(coalesce(here.number, around.number))::INTEGER AS regency,
               coalesce(lives.place, lives_in.place) AS place, lives_in.place AS hamlet,
               coalesce(unit_of(number_of(rt), number_of(rw)), lives.unit) AS unit, {card}::BIGINT AS card{carried}
        FROM worded
        LEFT JOIN sounds first ON first.word = word_1 LEFT JOIN sounds second ON second.word = word_2
        LEFT JOIN places lives ON lives.written = address LEFT JOIN places lives_in ON lives_in.written = hamlet
        LEFT JOIN regions here ON here.written = village_code LEFT JOIN regions around ON around.written = regency_code
        """


def read_text(source: str, id_column: str, columns: Mapping[str, str], *, as_of: date, has_cards: bool = False) -> str:
    """A person table as people typed it (nik, nama, tgl_lahir, jk, kode_desa, alamat) in the shape of `READ_COLUMNS`;
    with `has_cards`, no_kk too.

    `columns`: those of `source` with their types. One that is not there is empty; `tgl_lahir` may be a date already.
    """
    written = f"upper(trim({_text('tgl_lahir', columns)}))"
    is_dated = columns.get("tgl_lahir") == "DATE"
    born = '"tgl_lahir"' if is_dated else f"date_read({written})"
    age = "NULL::INTEGER" if is_dated else f"{as_of.year} - date_year_only({written})"

    card = f", {_text(CARD_TYPED, columns)} AS {CARD_COLUMN}" if has_cards else ""

    def text(column: str) -> str:
        return _text(column, columns)

    return f"""
    SELECT "{id_column}" AS unique_id, {text("nik")} AS nik, {text("nama")} AS full_name,
           {born} AS birth_date, {age} AS age_years,
           sex_read(upper(trim({text("jk")}))) AS sex, {text("kode_desa")} AS village_code,
           NULL::VARCHAR AS regency_code,
           {text("alamat")} AS address, NULL::VARCHAR AS hamlet, NULL::VARCHAR AS rw, NULL::VARCHAR AS rt{card}
    FROM {source}
    """


def _text(column: str, there: Mapping[str, str]) -> str:
    return f'"{column}"::VARCHAR' if column in there else "NULL::VARCHAR"
