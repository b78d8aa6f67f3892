"""Published snapshots, attacked: how many hidden cells there are, and how many follow from all that is shown.

Reads only what every recipient has. One indicator at a time; only sums in which something is hidden leave the database,
with everything shown in them added up already. So the districts of a country fall apart into small pieces, and the cost
is that of the hidden cells.

Tables with two margins, and all that is perturbed, are attacked once more with every breakdown at once (`joint`). What
nested groups tell by their difference is looked at last (`nesting`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from tenun.disclosure import joint, nesting
from tenun.disclosure.attack import UNBOUNDED, Contradiction, PublishedContradicts, System, attack
from tenun.disclosure.gates import TIMES
from tenun.disclosure.nesting import Nesting
from tenun.disclosure.ptable import PTable
from tenun.engine import duckdb as engine
from tenun.kernel.clause import implements


@dataclass(frozen=True)
class Indicator:
    """What the audit must know of an indicator."""

    id: str
    digest: str
    """Numbers of two releases are only compared where this is the same."""
    is_rate: bool
    is_of_one_source: bool
    """Made from what villages delivered and nothing else."""
    whole: str | None = None
    """The count that numerator, rest and unknown of a rate add up to, by its id."""


@dataclass(frozen=True)
class Release:
    """One published snapshot: its files and the rules it was made by."""

    id: str
    date: str
    inputs: tuple[str, ...]
    values: Path
    areas: Path
    coverage: Path
    indicators: Mapping[str, Indicator]
    minimum_cell: int
    minimum_population: int
    noise: PTable | None = None
    """The p-table of perturbed counts; None where counts are true or hidden."""
    nestings: Sequence[Nesting] = ()
    """Which groups of the indicators are part of which."""


@dataclass(frozen=True, order=True)
class Recovered:
    """A hidden cell that can be worked out. Its value is in none of these."""

    indicator: str
    area_code: str
    breakdown: str
    category: str
    kind: str
    """`shown_elsewhere`: another release shows it. `computable`: it follows from sums and bounds.
    `small_difference`: two releases of one date show groups that differ by fewer than the least cell.
    `other_noise`: two releases show one number with different noise, which can be averaged.
    `nested_difference`: two shown groups, one within the other, differ by fewer than the least cell; or what is hidden
    is the difference or the sum of groups that are shown."""


@dataclass
class Report:
    """What was attacked and what fell."""

    attacked: int = 0
    recovered: list[Recovered] = field(default_factory=list)
    undecided: int = 0
    """Hidden cells in pieces too large to be decided; their bounds were tried."""
    tables: int = 0

    @property
    def is_safe(self) -> bool:
        return not self.recovered


# Withheld for their quality and not for whom they tell of: no secret unless the number is a small one.
_DOUBTED = ("match_rate_low", "unknown_high", "incomplete", "nothing_there")


@implements(
    "7(2)", control="Everything published is attacked together, so that a figure that gives a person away is found."
)
def audit(subject: Release, others: Sequence[Release] = ()) -> Report:
    """Attack the hidden cells of one release with all that it and the others show.

    Numbers of two releases are one number where both were made from the same data: the same inputs, or for indicators
    of one source the same deliveries of every village of the area. Raises `PublishedContradicts`.
    """
    report = Report()
    connection = engine.connect()
    try:
        releases = (subject, *others)
        for at, release in enumerate(releases):
            _open(connection, at, release)
        for one in subject.indicators.values():
            mine = [at for at, release in enumerate(releases) if _is_same(release.indicators.get(one.id), one)]
            _audit_indicator(connection, one, mine, releases, report)
        if subject.noise is None:
            report.recovered += _nested(connection, subject)
    finally:
        connection.close()
    report.recovered = sorted(set(report.recovered))
    return report


def _is_same(other: Indicator | None, one: Indicator) -> bool:
    return other is not None and other.digest == one.digest


def _open(connection: duckdb.DuckDBPyConnection, at: int, release: Release) -> None:
    """Views of the files, the areas around each area, and what each area's data is."""
    for name in ("values", "areas", "coverage"):
        path = str(getattr(release, name)).replace("'", "''")
        connection.execute(f"CREATE VIEW {name}_{at} AS SELECT * FROM read_parquet('{path}')")
    connection.execute(
        f"""CREATE TABLE around_{at} AS
        WITH RECURSIVE upwards AS (
            SELECT area_code, area_code AS ancestor, 0 AS steps FROM areas_{at}
            UNION ALL
            SELECT upwards.area_code, parent, steps + 1
            FROM upwards JOIN areas_{at} one ON one.area_code = ancestor WHERE parent IS NOT NULL
        ) SELECT * FROM upwards"""
    )
    connection.execute(
        f"""CREATE TABLE content_{at} AS
        SELECT ancestor AS area_code,
               md5(string_agg(village_code || '=' || coalesce(sid_snapshot, '-'), ';' ORDER BY village_code)) AS content
        FROM coverage_{at} JOIN around_{at} ON area_code = village_code GROUP BY ancestor"""
    )


def _audit_indicator(
    connection: duckdb.DuckDBPyConnection,
    one: Indicator,
    mine: Sequence[int],
    releases: Sequence[Release],
    report: Report,
) -> None:
    parts = " UNION ALL ".join(_cells(at, one, releases) for at in mine)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE cells AS
        SELECT *, max(shown) OVER one AS known, min(shown) OVER one AS known_too, max(low) OVER one AS from_low,
               min(high) OVER one AS to_high, max(base) OVER one AS known_base,
               min(base_high) OVER one AS base_to_high
        FROM ({parts}) WINDOW one AS (PARTITION BY cell)"""
    )
    (conflicts,) = engine.only_row(connection, "SELECT count(*) FROM cells WHERE known <> known_too")
    if conflicts:
        raise PublishedContradicts(table=one.id)
    attacked = engine.only_row(connection, "SELECT count(*) FROM cells WHERE release = 0 AND is_secret")
    report.attacked += int(attacked[0])
    minimum = releases[0].minimum_cell
    found = connection.execute(
        f"""SELECT area_code, breakdown, category FROM cells
        WHERE release = 0 AND is_secret AND known > {-1 if one.is_rate else 0}
          AND (NOT is_secret_if_small OR known < {minimum})"""
    ).fetchall()
    report.recovered += [
        Recovered(one.id, area, breakdown, category, "shown_elsewhere") for area, breakdown, category in found
    ]
    if len(mine) > 1:
        report.recovered += _small_differences(connection, one, releases, minimum)
        report.recovered += _other_noises(connection, one)
    dimensions = [row[0] for row in connection.execute("SELECT DISTINCT breakdown FROM cells ORDER BY 1").fetchall()]
    for breakdown in dimensions:
        _attack_table(connection, one, breakdown, minimum, report)
    if len(dimensions) > 1 and (releases[0].noise is not None or any(TIMES in one for one in dimensions)):
        _attack_jointly(connection, one, minimum, report)


def _cells(at: int, one: Indicator, releases: Sequence[Release]) -> str:
    """The cells of one release that stand in sums: what is shown, and the bounds of what is not."""
    release = releases[at]
    names = "area_code, breakdown, category"
    # Cells of other releases are other numbers, unless it is known that they are the same.
    is_joint = release.inputs == releases[0].inputs and release.date == releases[0].date
    identity = f"'{0 if is_joint else at}'"
    if one.is_of_one_source and len(releases) > 1:
        identity = f"coalesce(content, {identity})"
    count = "coalesce(numerator, value)::BIGINT"
    small, population = release.minimum_cell - 1, release.minimum_population - 1
    if release.noise is not None:
        shown, low, high, is_secret = _perturbed_bounds(release.noise, count, small)
    else:
        shown, is_secret = count, f"{count} IS NULL"
        low = f"CASE WHEN state = 'lt' AND NOT {one.is_rate} THEN 1 ELSE 0 END"
        high = f"""CASE WHEN state = 'lt' THEN {small}
                        WHEN reason = 'population_small' AND NOT {one.is_rate} THEN {max(population, 0)}
                        ELSE {UNBOUNDED} END"""
    base = "denominator::BIGINT" if one.is_rate and release.noise is None else "NULL::BIGINT"
    bound = _bound_by_others(at, one, release)
    return f"""
        SELECT {at} AS release, {names}, {shown} AS shown, {is_secret} AS is_secret,
               CASE WHEN {release.noise is not None} THEN {count} END AS perturbed,
               ({release.noise is not None} OR coalesce(reason, '') IN {_DOUBTED}) AS is_secret_if_small,
               hash({identity}, {names}) AS cell, {base} AS base,
               {f"coalesce(most_told, {UNBOUNDED})" if one.is_rate else UNBOUNDED}::BIGINT AS base_high,
               greatest({low}, coalesce(least_told, 0))::BIGINT AS low,
               greatest(least({high}, coalesce(most_told, {UNBOUNDED})), 0)::BIGINT AS high
        FROM values_{at} LEFT JOIN content_{at} USING (area_code) LEFT JOIN ({bound}) USING ({names})
        WHERE indicator = '{one.id}' AND state NOT IN ('ns', 'nc')"""


def _perturbed_bounds(noise: PTable, count: str, small: int) -> tuple[str, str, str, str]:
    """Every perturbed count hides the true one. Small true ones are the secrets: shown ones a small one could be."""
    least = {shown: noise.possible(shown) for shown in range(2 * (noise.noise_max + len(noise.rows)))}
    lows = " ".join(f"WHEN {shown} THEN {one.start}" for shown, one in least.items() if one)
    highs = " ".join(f"WHEN {shown} THEN {one.stop - 1}" for shown, one in least.items() if one)
    low = f"CASE WHEN {count} IS NULL THEN 0 ELSE CASE {count} {lows} ELSE {count} - {noise.noise_max} END END"
    high = (
        f"CASE WHEN {count} IS NULL THEN {UNBOUNDED} ELSE CASE {count} {highs} ELSE {count} + {noise.noise_max} END END"
    )
    return "NULL::BIGINT", low, high, f"coalesce({count}, 0) <= {small + noise.noise_max}"


def _bound_by_others(at: int, one: Indicator, release: Release) -> str:
    """What other indicators tell of a total: a numerator is no more than its whole, and a shown rate tells the whole
    between what rounds to its own bounds."""
    names = "area_code, '' AS breakdown, '' AS category"
    if release.noise is not None:
        return f"SELECT {names}, 0 AS least_told, {UNBOUNDED} AS most_told FROM values_{at} WHERE false"
    if one.is_rate:
        return f"""SELECT {names}, 0 AS least_told, coalesce(numerator, value)::BIGINT AS most_told
                   FROM values_{at} WHERE indicator = '{one.whole or ""}' AND breakdown = '' AND value IS NOT NULL"""
    parts = [part.id for part in release.indicators.values() if part.is_rate and part.whole == one.id]
    listed = ", ".join(f"'{part}'" for part in parts) or "''"
    # low = 100 n / everyone, rounded to a tenth: everyone lies between n / (low + .05 %) and n / (low - .05 %).
    return f"""
        SELECT {names}, max(greatest(denominator, ceil(100 * numerator / (low + 0.05) - 1e-6)))::BIGINT AS least_told,
               min(CASE WHEN low > 0.05 THEN floor(100 * numerator / (low - 0.05) + 1e-6) ELSE {UNBOUNDED} END)::BIGINT
               AS most_told
        FROM values_{at} WHERE indicator IN ({listed}) AND breakdown = '' AND denominator IS NOT NULL
        GROUP BY area_code"""


def _small_differences(
    connection: duckdb.DuckDBPyConnection, one: Indicator, releases: Sequence[Release], minimum: int
) -> Iterator[Recovered]:
    """The same area of the same date, made of other people: a village before and after a hamlet left it."""
    same_date = [at for at, release in enumerate(releases) if at and release.date == releases[0].date]
    rows = connection.execute(
        f"""SELECT DISTINCT area_code, breakdown, category
        FROM cells one JOIN cells other USING (area_code, breakdown, category)
        WHERE one.release = 0 AND list_contains(?::INTEGER[], other.release) AND one.cell <> other.cell
          AND abs(one.shown - other.shown) BETWEEN 1 AND {minimum - 1}""",
        [same_date],
    ).fetchall()
    return (Recovered(one.id, area, breakdown, category, "small_difference") for area, breakdown, category in rows)


def _attack_table(
    connection: duckdb.DuckDBPyConnection, one: Indicator, breakdown: str, minimum: int, report: Report
) -> None:
    """One breakdown with its totals; areas of a level that has no such table are passed over."""
    report.tables += 1
    _sums_of(connection, breakdown)
    try:
        told = attack(_system(connection, breakdown))
        nobody = _groups_of_nobody(connection, breakdown) if one.is_rate and told.fixed else set()
    except Contradiction as problem:
        raise PublishedContradicts(table=f"{one.id}/{breakdown or '-'}") from problem
    report.undecided += told.undecided
    # That there is nobody is told wherever it is the case, so it is no secret of a count where it is hidden. None of a
    # group is a secret of the group, as long as there is somebody in it.
    fixed = {cell: value for cell, value in told.fixed.items() if value > 0 or (one.is_rate and cell not in nobody)}
    report.recovered += _named(connection, one, fixed, minimum)


def _attack_jointly(connection: duckdb.DuckDBPyConnection, one: Indicator, minimum: int, report: Report) -> None:
    """Every breakdown at once, with both margins of each table that has two."""
    rows = connection.execute(
        """SELECT DISTINCT release, area_code, breakdown, category, cell, known, from_low,
               greatest(from_low, to_high) AS to_high FROM cells"""
    ).fetchall()
    around: dict[int, dict[str, list[str]]] = {}
    for at in {row[0] for row in rows}:
        above: dict[str, list[str]] = {}
        for area, ancestor in connection.execute(
            f"SELECT area_code, ancestor FROM around_{at} WHERE steps > 0 ORDER BY area_code, steps"
        ).fetchall():
            above.setdefault(area, []).append(ancestor)
        around[at] = above
    try:
        told = joint.attack([joint.Number(*row) for row in rows], around)
    except Contradiction as problem:
        raise PublishedContradicts(table=one.id) from problem
    report.tables += 1
    report.undecided += told.undecided
    fixed = {cell: value for cell, value in told.fixed.items() if value > 0 or one.is_rate}
    report.recovered += _named(connection, one, fixed, minimum)


def _other_noises(connection: duckdb.DuckDBPyConnection, one: Indicator) -> Iterator[Recovered]:
    """The same people with another noise: made under another key, or with another p-table."""
    rows = connection.execute(
        """SELECT DISTINCT one.area_code, one.breakdown, one.category
        FROM cells one JOIN cells other USING (cell)
        WHERE one.release = 0 AND other.release <> 0 AND one.is_secret AND one.perturbed <> other.perturbed"""
    ).fetchall()
    return (Recovered(one.id, area, breakdown, category, "other_noise") for area, breakdown, category in rows)


def _nested(connection: duckdb.DuckDBPyConnection, subject: Release) -> Iterator[Recovered]:
    """What the groups of one release tell about one another, area by area and category by category."""
    groups = {group.indicator for one in subject.nestings for group in one.groups} & subject.indicators.keys()
    if not groups:
        return
    listed = ", ".join(f"'{one}'" for one in sorted(groups))
    figures: dict[tuple[str, str, str], dict[str, nesting.Figure]] = {}
    for area, breakdown, category, indicator, numerator, denominator, is_secret in connection.execute(
        f"""SELECT area_code, breakdown, category, indicator, coalesce(numerator, value)::BIGINT, denominator::BIGINT,
               coalesce(numerator, value) IS NULL AND coalesce(reason, '') NOT IN {_DOUBTED}
        FROM values_0 WHERE indicator IN ({listed}) AND state NOT IN ('ns', 'nc')"""
    ).fetchall():
        figures.setdefault((area, breakdown, category), {})[indicator] = nesting.Figure(
            numerator, denominator if subject.indicators[indicator].is_rate else None, is_secret
        )
    for (area, breakdown, category), there in figures.items():
        for indicator in nesting.told(there, subject.nestings, minimum=subject.minimum_cell):
            yield Recovered(indicator, area, breakdown, category, "nested_difference")


def _groups_of_nobody(connection: duckdb.DuckDBPyConnection, breakdown: str) -> set[Hashable]:
    """Hidden rates whose denominators the others show to be zero, or whose whole is shown to be nobody."""
    told = attack(_system(connection, breakdown, known="known_base", low="0", high="base_to_high"))
    return {cell for cell, value in told.fixed.items() if value == 0}


def _system(
    connection: duckdb.DuckDBPyConnection,
    breakdown: str,
    *,
    known: str = "known",
    low: str = "from_low",
    high: str = "to_high",
) -> System:
    system = System()
    unknown = f"SELECT cell, {low} AS low, {high} AS high FROM"
    for cell, least, most in connection.execute(
        f"""{unknown} members WHERE {known} IS NULL
        UNION {unknown} cells WHERE {known} IS NULL AND breakdown = $1""",
        [breakdown],
    ).fetchall():
        system.bounds[cell] = (least, max(least, most))
    for constant, members in connection.execute(
        f"""SELECT -sum(sign * {known}) FILTER (WHERE {known} IS NOT NULL),
                  list([cell::HUGEINT, sign::HUGEINT]) FILTER (WHERE {known} IS NULL)
        FROM members GROUP BY release, node HAVING count(*) FILTER (WHERE {known} IS NULL) > 0"""
    ).fetchall():
        system.add_sum(((cell, sign) for cell, sign in members), int(constant or 0))
    return system


def _sums_of(connection: duckdb.DuckDBPyConnection, breakdown: str) -> None:
    """`members`: every number of every sum, with its sign. Categories are carried down the areas, meet their total in
    the lowest area that has them, and totals are carried up again, hence the signs."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE placed AS
        SELECT release, area_code, breakdown, category, cell, known, known_base, base_to_high, from_low,
               to_high
        FROM cells
        WHERE breakdown = $1 OR (breakdown = '' AND (release, area_code) IN
            (SELECT (release, area_code) FROM cells WHERE breakdown = $1))""",
        [breakdown],
    )
    releases = [row[0] for row in connection.execute("SELECT DISTINCT release FROM placed").fetchall()]
    # Where an indicator has no cell at all, no release is in it, and the tree of any has nothing to join.
    around = " UNION ALL ".join(f"SELECT {at} AS release, * FROM around_{at}" for at in releases or [0])
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE tree AS
        WITH there AS (SELECT DISTINCT release, area_code FROM placed)
        SELECT release, one.area_code, arg_min(ancestor, steps) FILTER (WHERE steps > 0) AS parent
        FROM there one JOIN ({around}) USING (release, area_code)
        WHERE (release, ancestor) IN (SELECT (release, area_code) FROM there)
        GROUP BY release, one.area_code"""
    )
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE members AS
        WITH one AS (
            SELECT placed.*, parent, CASE WHEN $1 <> '' AND breakdown = '' THEN -1 ELSE 1 END AS way,
                   (release, area_code) NOT IN (SELECT (release, parent) FROM tree WHERE parent IS NOT NULL) AS is_leaf
            FROM placed JOIN tree USING (release, area_code)
        )
        SELECT release, hash(parent, breakdown, category) AS node, cell, -way AS sign, known,
               known_base, base_to_high, from_low, to_high
        FROM one WHERE parent IS NOT NULL
        UNION ALL
        SELECT release, hash(area_code, breakdown, category), cell, way, known,
               known_base, base_to_high, from_low, to_high
        FROM one WHERE NOT is_leaf
        UNION ALL
        SELECT release, hash(area_code), cell, way, known,
               known_base, base_to_high, from_low, to_high
        FROM one WHERE is_leaf AND $1 <> ''""",
        [breakdown],
    )


def _named(
    connection: duckdb.DuckDBPyConnection, one: Indicator, fixed: Mapping[Hashable, int], minimum: int
) -> list[Recovered]:
    """The secrets of the subject among the numbers that were worked out."""
    if not fixed:
        return []
    rows = connection.execute(
        """SELECT DISTINCT cell, area_code, breakdown, category, is_secret_if_small FROM cells
        WHERE release = 0 AND is_secret AND list_contains($1, cell)""",
        [list(fixed)],
    ).fetchall()
    return [
        Recovered(one.id, area, breakdown, category, "computable")
        for cell, area, breakdown, category, is_secret_if_small in rows
        if not is_secret_if_small or fixed[cell] < minimum
    ]
