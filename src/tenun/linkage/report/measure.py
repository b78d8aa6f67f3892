"""What is told of a crosswalk: accounts by class, by group and by place, counted beside how complete the registers are.

Counts only leave this module, never a row. Groups that are too small are put together (`small_groups`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from tenun.engine.duckdb import only_row
from tenun.linkage.assignment import ACCEPTED, MatchClass
from tenun.linkage.comparisons import COMPARISONS
from tenun.linkage.reasons import Words
from tenun.linkage.report import small_groups
from tenun.linkage.report.small_groups import Group, Told
from tenun.linkage.review.sample import UNKNOWN
from tenun.linkage.training import Present
from tenun.registry.reference.disadvantaged import is_disadvantaged

OTHERS = "others"


@dataclass(frozen=True)
class Dimension:
    code: str
    title: Words
    sql: str
    """The group of an account, over the table `told`."""
    is_sensitive: bool = False
    """Specific data: even over all accounts, no group is told of that could be worked out to be few people."""


DIMENSIONS = (
    Dimension("sex", Words("Menurut jenis kelamin", "By sex"), "sex"),
    Dimension("age_band", Words("Menurut umur", "By age"), "age_band"),
    Dimension(
        "disadvantaged",
        Words("Daerah tertinggal dan lainnya", "Disadvantaged regencies and others"),
        "CASE WHEN is_disadvantaged THEN 'disadvantaged' WHEN regency_code IS NOT NULL THEN 'not_disadvantaged' END",
    ),
    Dimension(
        "name_words",
        Words("Nama satu kata dan lainnya", "Names of one word and others"),
        "CASE WHEN NOT has_name THEN NULL WHEN is_one_word THEN 'one_word' ELSE 'more_words' END",
    ),
    Dimension("nik", Words("Menurut NIK", "By NIK"), "CASE WHEN has_nik THEN 'nik_usable' ELSE 'nik_unusable' END"),
    Dimension("disability", Words("Menurut disabilitas", "By disability"), "disability", True),
)
REGENCIES = Words("Menurut kabupaten yang disebut akun", "By the regency that accounts claim")
DISTRICTS = Words("Menurut kecamatan yang disebut akun", "By the district that accounts claim")


@dataclass(frozen=True)
class Completeness:
    """Of the residents of one place: how many, and how many of them have what linkage goes by."""

    residents: int = 0
    nik: int = 0
    date: int = 0
    name: int = 0

    def __add__(self, other: Completeness) -> Completeness:
        return Completeness(
            self.residents + other.residents, self.nik + other.nik, self.date + other.date, self.name + other.name
        )


@dataclass(frozen=True)
class Place:
    """A row of the table of villages."""

    code: str
    """A village, or the district or regency whose small villages stand together here."""
    is_together: bool
    group: Group
    completeness: Completeness


@dataclass(frozen=True)
class Measured:
    accounts: int
    linked: int
    by: Mapping[str, Told]
    regencies: Told
    districts: Told
    villages: tuple[Place, ...]
    completeness: Mapping[str, Completeness]
    """`residents` and `accounts`: all of each side."""
    held_back: Mapping[str, int]
    """Code of the reason -> accounts of class review."""
    levels: Mapping[str, Mapping[str, Mapping[str, int]]]
    """Field -> level -> match class -> accounts."""


def measure(present: Present, links: pa.Table, *, disability: pa.Table | None = None) -> Measured:
    """Count. `disability`: seeker_id and disability, where the agreement allows it to be used for linkage."""
    connection = present.connection
    _tell(connection, links, present.as_of, disability)
    accounts, linked = only_row(connection, "SELECT count(*), count(*) FILTER (is_linked) FROM told")
    by = {
        dimension.code: small_groups.put_together(_groups(connection, dimension.sql), name=OTHERS)
        if dimension.is_sensitive
        else small_groups.large_enough(_groups(connection, dimension.sql))
        for dimension in DIMENSIONS
        if dimension.code != "disability" or disability is not None
    }
    tree = _places(connection)
    complete = _completeness_by_village(connection)
    return Measured(
        accounts=int(accounts),
        linked=int(linked),
        by=by,
        regencies=tree.regencies,
        districts=tree.districts,
        villages=tuple(
            Place(group.name, group.name not in villages, group, _sum(complete, villages))
            for group, villages in tree.villages
        ),
        completeness={side: _completeness(connection, side) for side in ("residents", "accounts")},
        held_back=_held_back(connection),
        levels=_levels(connection),
    )


def _tell(connection: duckdb.DuckDBPyConnection, links: pa.Table, as_of: date, disability: pa.Table | None) -> None:
    """Make `told`: one row an account, with what it is told by."""
    none = pa.table({"seeker_id": pa.array([], pa.string()), "disability": pa.array([], pa.string())})
    connection.register("links", links)
    connection.register("disabilities", disability if disability is not None else none)
    regencies = [str(code) for (code,) in connection.execute(
        "SELECT DISTINCT regency_code FROM told_accounts WHERE regency_code IS NOT NULL"
    ).fetchall()]  # fmt: skip
    listed = [code for code in regencies if is_disadvantaged(code, on=as_of)]
    connection.register("disadvantaged", pa.table({"regency_code": pa.array(listed, pa.string())}))
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE told AS
        SELECT t.*, a.nik IS NOT NULL AS has_nik,
               d.regency_code IS NOT NULL AS is_disadvantaged, x.disability, left(t.village_code, 8) AS district_code,
               coalesce(k.match_class, '{MatchClass.NONE}') AS match_class,
               coalesce(k.match_class IN ({", ".join(f"'{one}'" for one in ACCEPTED)}), false) AS is_linked, k.reasons
        FROM told_accounts t
        JOIN accounts a ON a.unique_id = t.unique_id
        LEFT JOIN links k ON k.seeker_id = t.unique_id
        LEFT JOIN disadvantaged d ON d.regency_code = t.regency_code
        LEFT JOIN disabilities x ON x.seeker_id = t.unique_id
        """
    )
    for name in ("links", "disabilities", "disadvantaged"):
        connection.unregister(name)


def _groups(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Group]:
    rows = connection.execute(
        f"""
        SELECT coalesce({sql}, '{UNKNOWN}') AS name, count(*), count(*) FILTER (is_linked),
               count(*) FILTER (match_class = '{MatchClass.REVIEW}')
        FROM told GROUP BY name ORDER BY name
        """
    ).fetchall()
    return [Group(str(name), int(accounts), int(linked), int(review)) for name, accounts, linked, review in rows]


@dataclass(frozen=True)
class _Tree:
    """Accounts by regency, district and village. Who names no village is in a part of its own: sums stay whole."""

    regencies: Told
    districts: Told
    villages: tuple[tuple[Group, tuple[str, ...]], ...]
    """Rows, each with the villages that it stands for."""


def _places(connection: duckdb.DuckDBPyConnection) -> _Tree:
    """Small villages are told of with others of their district; where the district is too small, of the regency."""
    rows = connection.execute(
        f"""
        SELECT coalesce(regency_code, '{UNKNOWN}') AS regency, coalesce(district_code, '{UNKNOWN}') AS district,
               coalesce(village_code, '{UNKNOWN}') AS village, count(*), count(*) FILTER (is_linked),
               count(*) FILTER (match_class = '{MatchClass.REVIEW}')
        FROM told GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    tree: dict[str, dict[str, list[Group]]] = {}
    for regency, district, village, accounts, linked, review in rows:
        group = Group(str(village), int(accounts), int(linked), int(review))
        tree.setdefault(regency, {}).setdefault(district, []).append(group)
    regencies = small_groups.put_together(
        [
            small_groups.sum_of([group for groups in districts.values() for group in groups], regency)
            for regency, districts in tree.items()
        ],
        name=OTHERS,
    )
    district_rows: list[Group] = []
    together: list[str] = []
    villages: list[tuple[Group, tuple[str, ...]]] = []
    for regency, districts in tree.items():
        if regency in regencies.together:
            continue  # with others of its size; nothing in it is told of
        told = small_groups.put_together(
            [small_groups.sum_of(groups, district) for district, groups in districts.items()], name=regency
        )
        district_rows += told.groups
        together += told.together
        for district in told.groups:
            if district.name == regency:
                small = [group.name for name in told.together for group in districts[name]]
                villages.append((district, tuple(small)))
                continue
            inside = small_groups.put_together(districts[district.name], name=district.name)
            villages += [
                (group, inside.together if group.name == district.name else (group.name,)) for group in inside.groups
            ]
    return _Tree(regencies, Told(tuple(district_rows), tuple(together)), tuple(villages))


_COMPLETE = """count(*) AS residents, count(s.nik) AS nik, count(s.birth_date) AS dated, count(*) FILTER (t.has_name)"""


def _completeness_by_village(connection: duckdb.DuckDBPyConnection) -> dict[str, Completeness]:
    rows = connection.execute(
        f"""
        SELECT t.village_code, {_COMPLETE} FROM told_residents t JOIN residents s USING (unique_id)
        WHERE t.village_code IS NOT NULL GROUP BY t.village_code
        """
    ).fetchall()
    return {str(village): Completeness(*(int(value) for value in counts)) for village, *counts in rows}


def _completeness(connection: duckdb.DuckDBPyConnection, side: str) -> Completeness:
    counts = only_row(connection, f"SELECT {_COMPLETE} FROM told_{side} t JOIN {side} s USING (unique_id)")
    return Completeness(*(int(value) for value in counts))


def _sum(complete: Mapping[str, Completeness], villages: Sequence[str]) -> Completeness:
    total = Completeness()
    for village in villages:
        total = total + complete.get(village, Completeness())
    return total


def _held_back(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    fields = ", ".join(f"'{level.code}'" for comparison in COMPARISONS for level in comparison.levels)
    rows = connection.execute(
        f"""
        SELECT code, count(*) FROM (
            SELECT unnest(list_filter(reasons, lambda code: code NOT IN ({fields}))) AS code
            FROM told WHERE match_class = '{MatchClass.REVIEW}'
        ) GROUP BY code ORDER BY count(*) DESC, code
        """
    ).fetchall()
    return {str(code): int(accounts) for code, accounts in rows}


def _levels(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, dict[str, int]]]:
    counted = {
        (str(code), str(match_class)): int(accounts)
        for code, match_class, accounts in connection.execute(
            "SELECT code, match_class, count(*) "
            "FROM (SELECT unnest(reasons) AS code, match_class FROM told) GROUP BY ALL"
        ).fetchall()
    }
    classes = [str(one) for one in MatchClass if one is not MatchClass.NONE]
    return {
        comparison.field: {
            level.code: {name: counted.get((level.code, name), 0) for name in classes} for level in comparison.levels
        }
        for comparison in COMPARISONS
    }
