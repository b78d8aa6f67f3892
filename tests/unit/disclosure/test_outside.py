"""Tables for audiences outside: what is on the list, what is hidden, and that noise hangs on people and key alone."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tenun.disclosure.gates import OUTSIDE, FixedTable, OutsideProfile, TableNotListed
from tenun.disclosure.outside import Measure, People, publish
from tenun.disclosure.perturbation import RecordKeyMissing, keyed
from tenun.disclosure.rounding import rounded, rounded_sql

KEY = bytes(range(64))
PSEUDONYM = "'v1/7'"
CATEGORIES = {"sex": ("male", "female"), "age_group": ("15-24", "25+")}
MEASURES = (Measure("A", "is_adult"), Measure("B", "works", is_rate=True))
AREAS = [("00", "nasional", None), ("p", "provinsi", "00"), ("k", "kabupaten", "p"), ("d", "kecamatan", "k")]


def person(village: str, number: int, **other: Any) -> dict[str, Any]:
    return {
        "person_id": f"{village}/{number}",
        "village_code": village,
        "is_adult": True,
        "sex": CATEGORIES["sex"][number % 2],
        "age_group": CATEGORIES["age_group"][number // 2 % 2],
        "works": number % 3 == 0,
        **other,
    }


def tables(
    persons: Iterable[dict[str, Any]], *, key: bytes = KEY, profile: OutsideProfile = OUTSIDE
) -> dict[tuple[str, str, str, str], dict[str, Any]]:
    rows = list(persons)
    connection = duckdb.connect()
    connection.register("persons", pa.Table.from_pylist(rows))
    villages = sorted({row["village_code"] for row in rows} | {"empty"})
    names = [*AREAS, *((village, "desa", "d") for village in villages)]
    columns = [pa.array(column, pa.string()) for column in zip(*names, strict=True)]
    connection.register("areas", pa.table(columns, names=["area_code", "level", "parent"]))
    people = People("persons", "areas", "desa", CATEGORIES)
    found = publish(connection, people, MEASURES, profile=profile, key=key).to_pylist()
    connection.close()
    return {(row["indicator"], row["area_code"], row["breakdown"], row["category"]): row for row in found}


PERSONS = [person(f"v{village}", number) for village in range(6) for number in range(100 + 20 * village)]


def test_record_keys_are_hmac_sha_256_of_the_pseudonym() -> None:
    connection = duckdb.connect()
    with keyed(connection, KEY) as under:
        found = connection.execute(f"SELECT {under.record_key(PSEUDONYM)}").fetchone()
        cell = connection.execute(f"SELECT {under.cell_key('123::HUGEINT')}").fetchone()
    assert found == (int.from_bytes(hmac.digest(KEY, b"record\x1fv1/7", "sha256")[:8], "big") >> 1,)
    assert cell == (hmac.digest(KEY, b"cell\x1f123", "sha256")[7],)


def test_the_key_is_gone_from_the_database_afterwards() -> None:
    connection = duckdb.connect()
    with keyed(connection, KEY):
        assert len(connection.execute("FROM duckdb_variables()").fetchall()) == 2
    assert connection.execute("FROM duckdb_variables()").fetchall() == []


def test_every_listed_table_is_there_and_no_other() -> None:
    found = tables(PERSONS)
    there = {(row["level"], row["breakdown"]) for row in found.values()}
    assert there == {(table.level, table.breakdown) for table in OUTSIDE.tables}
    assert ("desa", "sex*age_group") not in there
    assert ("kecamatan", "sex*age_group") in there


def test_a_table_that_is_not_listed_is_refused() -> None:
    assert OUTSIDE.require("kecamatan", "sex*age_group") == FixedTable("kecamatan", ("sex", "age_group"))
    with pytest.raises(TableNotListed):
        OUTSIDE.require("desa", "sex*age_group")


def test_the_same_people_have_the_same_noise_in_every_table_and_release() -> None:
    """All of these villages' men are in the district table as in theirs when nobody else is in the district."""
    alone = [one for one in PERSONS if one["village_code"] == "v5"]
    found = tables(alone)
    for category in ("male", "female"):
        village, district, country = (found["A", area, "sex", category]["value"] for area in ("v5", "d", "00"))
        assert village == district == country
    assert tables(reversed(PERSONS)) == tables(PERSONS)


def test_another_key_is_another_noise() -> None:
    assert tables(PERSONS) != tables(PERSONS, key=bytes(64))


def test_no_one_or_two_is_shown_and_nothing_moves_by_more_than_five() -> None:
    few = [person("v0", number, works=number < 3) for number in range(120)]
    few += [person("v1", number, sex="male" if number else "female") for number in range(130)]
    truth = {("A", "v0", "", ""): 120, ("A", "v1", "sex", "male"): 129, ("A", "v1", "sex", "female"): 1}
    found = tables(few)
    for row in found.values():
        assert row["numerator"] not in (1, 2)
    for name, count in truth.items():
        assert abs(found[name]["value"] - count) <= 5


def test_nobody_is_shown_as_nobody() -> None:
    found = tables([person("v0", number, sex="male") for number in range(120)])
    assert found["A", "v0", "sex", "female"]["value"] == 0


def test_a_village_of_fewer_than_a_hundred_adults_is_told_within_its_district_only() -> None:
    found = tables([*PERSONS, *(person("small", number) for number in range(99))])
    for (_, area, _, _), row in found.items():
        if area in ("small", "empty"):
            assert (row["state"], row["reason"]) == ("na", "population_small")
            assert {row[name] for name in ("value", "numerator", "denominator", "printed")} == {None}
    assert abs(found["A", "d", "", ""]["value"] - len(PERSONS) - 99) <= 5
    assert found["A", "v0", "", ""]["state"] == "ok"


@pytest.mark.parametrize(("works", "state", "reason"), [(False, "lt", "group_low"), (True, "sup", "group_high")])
def test_none_or_all_of_a_group_is_told_as_a_band(works: bool, state: str, reason: str) -> None:
    row = tables([person("v0", number, works=works) for number in range(150)])["B", "v0", "", ""]
    assert (row["state"], row["reason"]) == (state, reason)
    assert row["value"] is row["numerator"] is None


def test_a_band_is_told_of_shares_near_the_edge_too_so_that_it_does_not_mean_none_or_all() -> None:
    found = tables([person("v0", number, works=number < 4) for number in range(150)])
    assert found["B", "v0", "", ""]["reason"] == "group_low"


def test_of_few_no_rate_is_made_and_no_numerator_shown() -> None:
    rows = [person("v0", number, works=None if number > 12 else True) for number in range(150)]
    row = tables(rows)["B", "v0", "", ""]
    assert (row["state"], row["reason"]) == ("na", "denominator_small")
    assert row["numerator"] is row["denominator"] is None


def test_rates_are_made_of_perturbed_counts() -> None:
    for row in tables(PERSONS).values():
        if row["indicator"] == "B" and row["state"] == "ok":
            assert row["value"] == pytest.approx(100 * row["numerator"] / row["denominator"], abs=0.051)


def test_a_profile_whose_least_denominator_is_below_the_group_is_refused() -> None:
    with pytest.raises(ValueError, match="least denominator"):
        replace(OUTSIDE, minimum_denominator=2)


def test_a_person_without_a_pseudonym_stops_everything() -> None:
    with pytest.raises(RecordKeyMissing):
        tables([*PERSONS, person("v0", 999, person_id="")])


def test_printed_counts_are_multiples_of_five_of_what_is_shown() -> None:
    for row in tables(PERSONS).values():
        if row["printed"] is not None:
            assert row["printed"] % 5 == 0
            assert abs(row["printed"] - row["numerator"]) < 5


def test_rounding_is_right_on_average_and_the_same_in_sql() -> None:
    connection = duckdb.connect()
    for shown in range(12):
        keys = range(0, 65536, 64)
        values = [rounded(shown, key) for key in keys]
        assert sum(values) / len(values) == pytest.approx(shown, abs=0.01)
        sql = f"SELECT {rounded_sql(str(shown), 'key')} FROM range(0, 65536, 64) t(key)"
        assert [value for (value,) in connection.execute(sql).fetchall()] == values
