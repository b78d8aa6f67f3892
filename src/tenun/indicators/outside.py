"""Figures for audiences outside the ministries: from persons, by the rules of `disclosure.outside`.

The noise of a cell hangs on who is in it, so these figures are made of persons and not of the ministries' figures.
What an indicator counts stands in its query alone, which gives numbers of villages. So the query runs as if every
person were a village: what it gives for that village is what the person adds to the number. Where the persons do not
add up to what the query gives for the true village, the indicator counts something else (households, accounts) and has
no figures outside.

Which indicators a village has no figure of, and why, comes from who delivered what, never from a number: a state that
hung on a small number would tell it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tenun.disclosure import outside
from tenun.disclosure.gates import OUTSIDE_RULE_VERSION, FixedTable, OutsideProfile
from tenun.disclosure.outside import Measure, People
from tenun.disclosure.profile import MINISTRIES, DisclosureClass
from tenun.disclosure.state import ValueState
from tenun.engine import duckdb as engine
from tenun.indicators.areas import Area, Level, upwards
from tenun.indicators.definition import CATEGORIES, Breakdown, Definition, IndicatorUnknown, Kind, Source
from tenun.indicators.inputs import Inputs
from tenun.indicators.measure import open_views
from tenun.indicators.results import AreaUnknown, Coverage, Results, Value
from tenun.indicators.tables import AREAS, COVERAGE, VALUES
from tenun.kernel.errors import TenunError

_DIMENSIONS = (Breakdown.SEX, Breakdown.AGE_GROUP)
_BETWEEN = chr(31)
"""Between village and person in the code of a village of one. The village comes first: queries look at how a code
begins, to know its regency."""
_MATCH_RATE = "G1"


class NotOfPersons(TenunError):
    """Noise hangs on persons. What does not add up from persons has none, and a figure without it would be exact."""

    code = "indicators.not_of_persons"
    text_id = "Indikator {indicator} tidak menghitung orang satu per satu, jadi tidak dapat dirilis ke luar."
    text_en = "Indicator {indicator} does not count single persons, so it cannot be released."
    remedy_id = "Keluarkan indikator itu dari permohonan; kedua kementerian tetap melihatnya."
    remedy_en = "Leave that indicator out of the request; the two ministries go on seeing it."


class FiguresOutdated(TenunError):
    """The ministries' figures were made of other data than is here now; both would be published side by side."""

    code = "indicators.figures_outdated"
    text_id = "Angka yang berlaku dihitung dari data lain daripada yang ada sekarang di simpul ini."
    text_en = "The current figures were made of other data than this node has now."
    remedy_id = "Hitung dahulu dengan `tenun indicators compute`, lalu ulangi."
    remedy_en = "Compute first with `tenun indicators compute`, then try again."


@dataclass(frozen=True)
class OutsideFigures:
    """Tables of a snapshot, in the shape of the ministries' own (`indicators.tables`). The areas around the scope are
    named, and have no figures."""

    values: pa.Table
    areas: pa.Table
    coverage: pa.Table


@dataclass(frozen=True)
class _Sums:
    """What the areas of one indicator add up to. For deciding whether a figure is good enough, and for nothing else."""

    numerator: Mapping[str, int]
    denominator: Mapping[str, int]
    unknown: Mapping[str, int]


def make(
    inputs: Inputs,
    results: Results,
    *,
    indicators: Sequence[str],
    areas: Collection[str],
    profile: OutsideProfile,
    key: bytes,
) -> OutsideFigures:
    """Every figure of these indicators and areas that the profile's list has.

    `results` are the ministries' figures of the same data: definitions, names, dates. `key` is the node's secret
    `disclosure`. Raises `IndicatorUnknown`, `AreaUnknown`, `NotOfPersons`, `FiguresOutdated`, `RecordKeyMissing`.
    """
    if list(inputs.references) != list(results.snapshot.origin.inputs):
        raise FiguresOutdated
    definitions = [_known(results, one) for one in indicators]
    for one in definitions:
        if one.kind is Kind.RATIO:
            # Noise on the count would be divided by a number that everyone knows, and so be another count's.
            raise NotOfPersons(indicator=one.id)
    listed = {code: results.areas[code] for code in sorted(areas) if code in results.areas}
    if not listed:
        raise AreaUnknown(area=min(areas, default="-"))
    counted = [one for one in definitions if not one.is_of_things]
    villages = [code for code, area in listed.items() if area.level is Level.VILLAGE]
    persons = inputs.persons.filter(pc.is_in(inputs.persons.column("village_code"), pa.array(villages, pa.string())))
    connection, plain = engine.connect(), engine.connect()
    try:
        open_views(connection, inputs, _villages_of_one(persons))
        open_views(plain, inputs, persons)
        sums = {one.id: _measure(connection, plain, one, results.reference_date, at) for at, one in enumerate(counted)}
        claims = _claims(plain, results, villages)
        found = _published(connection, persons, counted, listed, profile, key)
        sizes = _sizes(plain, listed)
    finally:
        connection.close()
        plain.close()
    rows = [_row(one, results, sums, claims, sizes) for one in found]
    supplies = [one for one in definitions if one.is_of_things]
    rows += [_plain_row(value) for one in supplies for value in _supply(results, one, listed)]
    rows.sort(key=lambda row: (row["area_code"], list(indicators).index(row["indicator"]), row["breakdown"]))
    return OutsideFigures(
        values=pa.Table.from_pylist(rows, schema=VALUES.schema()),
        areas=_areas({around: results.areas[around] for code in listed for around in upwards(code)}),
        coverage=pa.Table.from_pylist([_coverage(results, code) for code in villages], schema=COVERAGE.schema()),
    )


def _known(results: Results, indicator: str) -> Definition:
    if indicator not in results.definitions:
        raise IndicatorUnknown(indicator=indicator)
    return results.definitions[indicator]


def _areas(areas: Mapping[str, Area]) -> pa.Table:
    """By code. A parent that is not among them is not named."""
    rows = [
        {
            "area_code": one.code,
            "level": str(one.level),
            "parent": one.parent if one.parent in areas else None,
            "name": one.name,
        }
        for _, one in sorted(areas.items())
    ]
    return pa.Table.from_pylist(rows, schema=AREAS.schema())


def _coverage(results: Results, village: str) -> dict[str, Any]:
    """Who delivered, and when; how many is the ministries' alone."""
    known = results.coverage[village]
    return {
        "village_code": village,
        "persons_state": str(ValueState.NS if not known.has_delivered else ValueState.SUP),
        "sid_snapshot": known.sid_snapshot,
        "sid_as_of": known.sid_as_of,
        "linked_state": str(ValueState.NS if not known.has_delivered else ValueState.SUP),
    }


# --- persons -------------------------------------------------------------------------------------


def _villages_of_one(persons: pa.Table) -> pa.Table:
    """Every person in a village of their own, which lies where the true one does."""
    at = persons.column_names.index("village_code")
    told = [persons.column(name).cast(pa.string()) for name in ("village_code", "person_id")]
    parts: list[Any] = [*told, _BETWEEN]
    codes: pa.ChunkedArray[Any] = pc.binary_join_element_wise(*parts)
    return persons.set_column(at, "village_code", codes)


def _run(connection: duckdb.DuckDBPyConnection, definition: Definition, reference_date: date) -> pa.Table:
    statement = connection.extract_statements(definition.query)[0]
    given = {"reference_date": reference_date, **definition.parameters}
    asked = {name: given[name] for name in statement.named_parameters}
    rows: pa.Table = connection.sql(definition.query, params=asked).to_arrow_table()
    fields: list[Any] = [pa.field("area_code", pa.string()), *(pa.field(name, pa.int64()) for name in _NUMBERS)]
    wanted = pa.schema(fields)
    numbers: pa.Table = rows.select(wanted.names).cast(wanted)
    return numbers


_NUMBERS = ("numerator", "denominator", "unknown")


def _measure(
    connection: duckdb.DuckDBPyConnection,
    plain: duckdb.DuckDBPyConnection,
    definition: Definition,
    reference_date: date,
    at: int,
) -> _Sums:
    """Table `measured_{at}`: person -> whether the indicator counts them. Raises `NotOfPersons`."""
    connection.register("of_persons", _run(connection, definition, reference_date))
    connection.register("of_villages", _run(plain, definition, reference_date))
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in _NUMBERS)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE measured_{at} AS
        SELECT split_part(area_code, chr(31), 1) AS village_code, split_part(area_code, chr(31), 2) AS person_id, {sums}
        FROM of_persons WHERE area_code IS NOT NULL GROUP BY ALL"""
    )
    is_rate = definition.kind is Kind.RATE
    (many,) = engine.only_row(
        connection,
        f"""SELECT count(*) FROM measured_{at}
        WHERE person_id = '' OR numerator > 1 OR denominator > 1 OR ({is_rate} AND numerator > denominator)""",
    )
    (apart,) = engine.only_row(
        connection,
        f"""WITH added AS (SELECT village_code, {sums} FROM measured_{at} GROUP BY ALL),
        whole AS (SELECT area_code AS village_code, {sums} FROM of_villages WHERE area_code IS NOT NULL GROUP BY ALL)
        SELECT count(*) FROM ((FROM added EXCEPT FROM whole) UNION ALL (FROM whole EXCEPT FROM added))""",
    )
    if many or apart:
        raise NotOfPersons(indicator=definition.id)
    rows = connection.execute(f"SELECT area_code, {sums} FROM of_villages GROUP BY ALL").fetchall()
    added = [_added({row[0]: row[1 + number] or 0 for row in rows}) for number in range(len(_NUMBERS))]
    return _Sums(*added)


def _added(villages: Mapping[str, int]) -> Mapping[str, int]:
    added: dict[str, int] = {}
    for village, number in villages.items():
        for around in upwards(village):
            added[around] = added.get(around, 0) + number
    return added


def _claims(plain: duckdb.DuckDBPyConnection, results: Results, villages: Sequence[str]) -> _Sums | None:
    """Accounts that claim each area, and those of them that are linked."""
    match_rate = results.definitions.get(_MATCH_RATE)
    if match_rate is None:
        return None
    rows = _run(plain, match_rate, results.reference_date).to_pylist()
    within = [row for row in rows if row["area_code"] in set(villages)]
    return _Sums(*(_added({row["area_code"]: row[name] for row in within}) for name in _NUMBERS))


def _sizes(plain: duckdb.DuckDBPyConnection, listed: Mapping[str, Area]) -> Mapping[str, tuple[int, int]]:
    """Adults and families of every area: what the rule on sensitive figures looks at."""
    rows = plain.execute("SELECT village_code, count(*), count(DISTINCT family_id) FROM adults GROUP BY ALL").fetchall()
    adults = _added({village: number for village, number, _ in rows})
    families = _added({village: number for village, _, number in rows})
    return {code: (adults.get(code, 0), families.get(code, 0)) for code in listed}


def _published(
    connection: duckdb.DuckDBPyConnection,
    persons: pa.Table,
    definitions: Sequence[Definition],
    listed: Mapping[str, Area],
    profile: OutsideProfile,
    key: bytes,
) -> list[dict[str, Any]]:
    if not definitions:
        return []
    columns = "".join(f", {_counts(one, at)} AS counted_{at}" for at, one in enumerate(definitions))
    joins = "".join(
        f" LEFT JOIN measured_{at} AS of_{at} ON of_{at}.person_id = one.person_id" for at in range(len(definitions))
    )
    connection.register("told_persons", persons.select(["person_id", "village_code"]))
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE people AS
        SELECT one.person_id, one.village_code, adults.person_id IS NOT NULL AS is_adult,
               adults.sex, adults.age_group{columns}
        FROM told_persons one LEFT JOIN adults USING (person_id){joins}"""
    )
    connection.register("places", _areas(listed))
    people = People(
        persons="people",
        areas="places",
        lowest_level=str(Level.VILLAGE),
        categories={str(one): CATEGORIES[one] for one in _DIMENSIONS},
    )
    measures = [
        Measure(
            one.id,
            f"counted_{at}",
            is_rate=one.kind is Kind.RATE,
            scale=one.scale if one.kind is Kind.RATE else 100,
            tables=_tables(one, profile),
        )
        for at, one in enumerate(definitions)
    ]
    return outside.publish(connection, people, measures, profile=profile, key=key).to_pylist()


def _counts(definition: Definition, at: int) -> str:
    if definition.kind is Kind.RATE:
        return f"CASE WHEN of_{at}.denominator = 1 THEN of_{at}.numerator = 1 END"
    return f"CASE WHEN of_{at}.numerator = 1 THEN true END"


def _tables(definition: Definition, profile: OutsideProfile) -> frozenset[FixedTable]:
    """Those on the list that the definition has too: a breakdown that is not made for the ministries is made for
    nobody."""
    return frozenset(
        table
        for table in profile.tables
        if table.level in definition.levels
        and set(table.by) <= {str(one) for one in definition.breakdowns.get(Level(table.level), ())}
    )


# --- rows ----------------------------------------------------------------------------------------


def _row(
    one: Mapping[str, Any],
    results: Results,
    sums: Mapping[str, _Sums],
    claims: _Sums | None,
    sizes: Mapping[str, tuple[int, int]],
) -> dict[str, Any]:
    definition, area = results.definitions[one["indicator"]], one["area_code"]
    known = results.value(definition.id, area)
    row = _named(known) | {"breakdown": one["breakdown"], "category": one["category"]}
    # Of a whole area: who delivered what. Never `lt` or `sup`, which hang on the number.
    if known.state in (ValueState.NS, ValueState.NC):
        return row | {"state": str(known.state), "reason": known.reason}
    doubt = _doubt(definition, area, results, sums[definition.id], claims, sizes[area])
    if doubt is not None:
        return row | {"state": str(ValueState.NA), "reason": doubt}
    told = {name: one[name] for name in ("state", "reason", "value", "numerator", "denominator")}
    if told["state"] == ValueState.OK:
        told |= {"state": str(_state(definition, area, results, known)), "reason": _reason(definition, area, results)}
    return row | told


def _named(value: Value) -> dict[str, Any]:
    return {
        "indicator": value.indicator,
        "version": value.version,
        "level": str(value.level),
        "area_code": value.area_code,
        "unit": value.unit,
        "sid_as_of": value.sid_as_of,
        "siapkerja_as_of": value.siapkerja_as_of,
        "rule_version": OUTSIDE_RULE_VERSION,
    }


def _doubt(
    definition: Definition,
    area: str,
    results: Results,
    sums: _Sums,
    claims: _Sums | None,
    size: tuple[int, int],
) -> str | None:
    """Why a figure would mislead or is of too small an area, as for the ministries; decided of whole areas."""
    least = definition.match_rate_min
    if least is not None and claims is not None:
        accounts, linked = claims.denominator.get(area, 0), claims.numerator.get(area, 0)
        if accounts >= results.minimum_cell and linked < Fraction(str(least)) * accounts:
            return "match_rate_low"
    adults, families = size
    if definition.disclosure.class_ is DisclosureClass.R3 and (
        adults < MINISTRIES.sensitive_population or families < MINISTRIES.sensitive_households
    ):
        return "population_small"
    unknown = sums.unknown.get(area, 0)
    everyone = sums.denominator.get(area, 0) + unknown
    most = Fraction(str(results.snapshot.origin.settings.get("unknown_share_max", "2/5")))
    return "unknown_high" if definition.kind is Kind.RATE and unknown > most * everyone else None


def _state(definition: Definition, area: str, results: Results, known: Value) -> ValueState:
    """Old where all of it is old, by the dates of who delivered."""
    oldest = results.reference_date - timedelta(days=definition.rhythm.stale_after_days)
    dates = [one.sid_as_of for one in results.villages(area) if one.sid_as_of is not None]
    is_old = Source.SID in definition.sources and bool(dates) and max(dates) < oldest
    is_old = is_old or (known.siapkerja_as_of is not None and known.siapkerja_as_of < oldest)
    return ValueState.STALE if is_old else ValueState.OK


def _reason(definition: Definition, area: str, results: Results) -> str:
    is_partial = any(_lacks(definition, one, results) for one in results.villages(area))
    return "perturbed_partial" if is_partial else "perturbed"


def _lacks(definition: Definition, village: Coverage, results: Results) -> bool:
    """Whether the village has nothing that this indicator could count."""
    if not village.has_delivered or Level.VILLAGE not in definition.levels:
        return not village.has_delivered
    return results.value(definition.id, village.village_code).state in (ValueState.NS, ValueState.NC)


def _supply(results: Results, definition: Definition, listed: Mapping[str, Area]) -> Iterable[Value]:
    """Things, not persons (R0): as they are."""
    return (value for code in listed for value in results.area(code) if value.indicator == definition.id)


def _plain_row(value: Value) -> dict[str, Any]:
    names = ("breakdown", "category", "reason", "value", "numerator", "denominator")
    return _named(value) | {"state": str(value.state)} | {name: getattr(value, name) for name in names}
