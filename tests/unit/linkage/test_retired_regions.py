"""Codes of regions that were given up agree with their successors, and nothing is guessed."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from tenun.engine.duckdb import connect, only_row
from tenun.linkage import inputs, settings
from tenun.linkage.standard.retired import RENUMBERED, RetiredRegions
from tenun.linkage.standard.table import READ_COLUMNS, Standard
from tenun.registry.reference import edition as editions
from tenun.registry.reference.edition import Edition
from tenun.registry.reference.region import System, dotted
from tenun.registry.reference.regions import Regions
from tests.lib.shared_data import shared

AS_OF = date(2026, 6, 1)
# Batu Layar with another number, as if it had been cut out of a district that is no more; and a village of which
# nobody knows what became.
OLDER = {
    "52": "Nusa Tenggara Barat",
    "52.01": "Lombok Barat",
    "52.01.77": "Batu Layar",
    "52.01.77.2001": "Senteluk",
    "52.01.77.2002": "Nama yang Tidak Ada Lagi",
    "52.01.14.2001": "Another name under a number that is still in use",
}


@pytest.fixture(scope="module")
def history() -> RetiredRegions:
    older = Edition(System.KEMENDAGRI, "2001", OLDER)
    return RetiredRegions.of(Regions(editions.current(), others=[older]))


@pytest.fixture(scope="module")
def engine(history: RetiredRegions) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(threads=1)
    Standard(AS_OF, regions=history).install(connection)
    columns = ", ".join(f"{name} {kind}" for name, kind in READ_COLUMNS.items())
    connection.execute(f"CREATE TABLE delivered ({columns})")
    yield connection
    connection.close()


def place(
    connection: duckdb.DuckDBPyConnection, standard: Standard, village: str | None, regency: str | None = None
) -> tuple[int | None, int | None, int | None]:
    """Village, district and regency of a record in standard form."""
    connection.execute("DELETE FROM delivered")
    insert = "INSERT INTO delivered (unique_id, village_code, regency_code) VALUES ('a', ?, ?)"
    connection.execute(insert, [village, regency])
    found = only_row(connection, f"SELECT village, district, regency FROM ({standard.select('delivered')})")
    return (found[0], found[1], found[2])


@pytest.mark.pasal("1(2)")
@pytest.mark.parametrize(
    ("written", "now"),
    [
        ("52.01.77.2001", "52.01.14.2005"),
        ("5201772001", "52.01.14.2005"),
        ("52.01.77", "52.01.14"),
        # Of this village only the district is sure.
        ("52.01.77.2002", "52.01.14"),
        # Never in an edition, below a district that was renumbered.
        ("52.01.77.2999", "52.01.14"),
        ("91.01", "93.01"),
        ("91.01.02.2003", "93.01"),
        ("64.04.01", "65.01"),
        # In use: whatever it once named.
        ("52.01.14.2001", "52.01.14.2001"),
    ],
)
def test_an_account_with_a_retired_code_agrees_with_its_successor(
    engine: duckdb.DuckDBPyConnection, history: RetiredRegions, written: str, now: str
) -> None:
    standard = Standard(AS_OF, regions=history)
    assert place(engine, standard, written) == place(engine, standard, now)
    assert place(engine, standard, None, written) == (None, None, place(engine, standard, now)[2])


def test_switched_off_a_retired_code_stays_as_it_was_written(history: RetiredRegions) -> None:
    standard = Standard.of(AS_OF, ["village.retired"], regions=history)
    with connect(threads=1) as connection:
        standard.install(connection)
        columns = ", ".join(f"{name} {kind}" for name, kind in READ_COLUMNS.items())
        connection.execute(f"CREATE TABLE delivered ({columns})")
        assert place(connection, standard, "52.01.77.2001") == (5201772001, 520177, 5201)


def test_without_an_older_edition_only_the_provinces_founded_since_are_known() -> None:
    assert RetiredRegions.of(Regions(editions.current())).successors == tuple(sorted(RENUMBERED))


def test_what_the_law_renumbered_is_gone_and_what_it_became_is_there() -> None:
    current = editions.current()
    assert not [before for before, _ in RENUMBERED if dotted(str(before)) in current]
    assert not [after for _, after in RENUMBERED if dotted(str(after)) not in current]
    assert len({after for _, after in RENUMBERED}) == len(RENUMBERED)


def test_the_editions_of_2020_and_2025_tell_the_same_of_papua() -> None:
    with gzip.open(shared("opensid/wilayah/kemendagri_2020.csv.gz"), "rt", encoding="utf-8") as file:
        names = {row["kode"]: row["nama"] for row in csv.DictReader(file)}
    register = Regions(editions.current(), others=[Edition(System.KEMENDAGRI, "2020", names)])
    told = dict(RetiredRegions.of(register).successors)
    assert {before: told[before] for before, _ in RENUMBERED} == dict(RENUMBERED)
    regencies = {code for code in names if len(code) == 5 and code not in register}
    assert {int(code.replace(".", "")) for code in regencies} == {before for before, _ in RENUMBERED if before > 9000}
    villages = [code for code in names if len(code) == 13 and code not in register]
    assert sum(int(code.replace(".", "")) in told for code in villages) > 0.97 * len(villages)


def test_a_village_of_the_register_is_told_by_the_code_that_the_register_has(history: RetiredRegions) -> None:
    with connect(threads=1) as connection:
        columns = ", ".join(f"{name} {kind}" for name, kind in READ_COLUMNS.items())
        for table in ("read_residents", "read_seekers"):
            connection.execute(f"CREATE TABLE {table} ({columns})")
            connection.execute(
                f"INSERT INTO {table} (unique_id, village_code) VALUES ('a', '52.01.77.2001'), ('b', '52.01.14.2005')"
            )
        inputs.standardise(connection, Standard(AS_OF, regions=history))
        rows = connection.execute("SELECT unique_id, village, register_village FROM residents ORDER BY 1").fetchall()
        assert rows == [("a", 5201142005, 5201772001), ("b", 5201142005, None)]


def test_another_history_is_another_result(history: RetiredRegions) -> None:
    assert settings.load(regions=history).as_origin() != settings.load().as_origin()
