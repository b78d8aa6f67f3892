"""An increment gives what a full run with the same fit gives, and says what became of each link."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenun.engine.duckdb import connect
from tenun.linkage import settings, updating
from tenun.linkage.engine import quoted
from tenun.linkage.files import PersonTable, PersonTableUnreadable, link_files
from tenun.linkage.increment import Remembered, StateUnfit
from tenun.linkage.kept import KeptState
from tenun.linkage.pipeline import Pipeline
from tenun.linkage.standard.table import Standard, read_text
from tenun.linkage.updating import Delta
from tenun.synthetic.linkage import write

AS_OF = date(2026, 6, 1)
SETTINGS = settings.load(threads=2)
LINK = "seeker_id, person_id, match_class, weight, probability, duplicate_of, held_back"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    write(folder, residents=4_000, profile="foreign", seed=21, processes=1)
    return folder


class Stopped(Exception):
    """Where the process ends."""


def stop(*_: object) -> None:
    raise Stopped


def part(source: Path, target: Path, condition: str, columns: str = "*") -> Path:
    duckdb.sql(f"COPY (SELECT {columns} FROM {quoted(source)} WHERE {condition}) TO {quoted(target)} (FORMAT parquet)")
    return target


def full_run(residents: Path, accounts: Path, remembered: Remembered, made_with: dict[str, Any]) -> list[Any]:
    """The decisions of a full run over these tables with the fit of another."""
    standard = Standard.of(AS_OF)
    connection = connect(threads=1)
    try:
        standard.install(connection)
        for path, id_column, name in ((residents, "sid_id", "residents"), (accounts, "akun_id", "accounts")):
            columns = PersonTable(path, id_column).columns()
            readable = read_text(quoted(path), id_column, columns, as_of=AS_OF)
            connection.execute(f"CREATE TABLE {name} AS {standard.select(f'({readable})')}")
        remembered.open(connection)
        connection.execute("CREATE TABLE name_shares AS SELECT * FROM was_name_shares")
        fit = remembered.fit(made_with=made_with)
        pipeline = Pipeline(connection, SETTINGS, fit.model, fit=fit)
        pipeline.prepare("residents", "accounts")
        pipeline.link_by_nik()
        pipeline.leave_residue()
        pipeline.link_by_rules()
        pipeline.decide()
        return connection.execute(f"SELECT {LINK} FROM decided ORDER BY seeker_id").fetchall()
    finally:
        connection.close()


def links(out: Path) -> list[Any]:
    columns = "akun_id, sid_id, class, weight, probability, duplicate_of, why"
    return duckdb.sql(f"SELECT {columns} FROM {quoted(out)} ORDER BY akun_id").fetchall()


def made_with(state: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((state / "run-0001" / "fit.json").read_text())["made_with"]
    return found


def chosen(path: Path, id_column: str, share: float, chance: random.Random) -> Sequence[int]:
    ids = pq.read_table(path, columns=[id_column]).column(0).to_pylist()
    return chance.sample(ids, int(len(ids) * share))


@pytest.mark.pasal("1(2)")
@pytest.mark.parametrize("seed", range(3))
def test_increments_give_what_a_full_run_with_the_same_fit_gives(people: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    residents, accounts = people / "residents.parquet", people / "accounts.parquet"
    new_l, new_r = (
        chosen(residents, "sid_id", 0.05, chance) + [-1],
        chosen(accounts, "akun_id", 0.05, chance) + [-1],
    )
    altered = f"akun_id IN {tuple(chosen(accounts, 'akun_id', 0.05, chance))}"
    gone_l = f"sid_id IN {tuple(chosen(residents, 'sid_id', 0.03, chance))}"
    gone_r = f"akun_id IN {tuple(chosen(accounts, 'akun_id', 0.03, chance))}"
    is_new_l, is_new_r = f"sid_id IN {tuple(new_l)}", f"akun_id IN {tuple(new_r)}"

    first_l = part(residents, tmp_path / "l0.parquet", f"NOT {is_new_l}")
    columns = f"* REPLACE (CASE WHEN {altered} THEN NULL ELSE nik END AS nik)"
    first_r = part(accounts, tmp_path / "r0.parquet", f"NOT {is_new_r}", columns)
    state, out = tmp_path / "state", tmp_path / "links.parquet"
    tables = PersonTable(first_l, "sid_id"), PersonTable(first_r, "akun_id")
    link_files(*tables, out, settings=SETTINGS, as_of=AS_OF, state=state)
    before = Remembered(tmp_path / "before")
    shutil.copytree(state / "run-0000", before.folder)

    # In two steps: what is new and altered, then what is gone.
    updating.update_files(
        state, out, settings=SETTINGS,
        left=Delta(changed=part(residents, tmp_path / "lc.parquet", is_new_l)),
        right=Delta(changed=part(accounts, tmp_path / "rc.parquet", f"{is_new_r} OR {altered}")),
    )  # fmt: skip
    same = made_with(state)
    assert links(out) == full_run(residents, accounts, before, same)
    updating.update_files(
        state, out, settings=SETTINGS,
        left=Delta(gone=part(residents, tmp_path / "lg.parquet", gone_l, "sid_id")),
        right=Delta(gone=part(accounts, tmp_path / "rg.parquet", gone_r, "akun_id")),
    )  # fmt: skip
    now_l = part(residents, tmp_path / "l1.parquet", f"NOT {gone_l}")
    now_r = part(accounts, tmp_path / "r1.parquet", f"NOT {gone_r}")
    assert links(out) == full_run(now_l, now_r, before, same)


def test_a_resident_who_is_gone_takes_the_links_along_and_the_village_is_named(people: Path, tmp_path: Path) -> None:
    residents, accounts = people / "residents.parquet", people / "accounts.parquet"
    state, out, changes = tmp_path / "state", tmp_path / "links.parquet", tmp_path / "changes.parquet"
    link_files(
        PersonTable(residents, "sid_id"), PersonTable(accounts, "akun_id"), out,
        settings=SETTINGS, as_of=AS_OF, state=state,
    )  # fmt: skip
    first = "WHERE class = 'nik' AND duplicate_of IS NULL ORDER BY akun_id LIMIT 1"
    person, account = duckdb.sql(f"SELECT sid_id, akun_id FROM {quoted(out)} {first}").fetchall()[0]
    gone = part(residents, tmp_path / "gone.parquet", f"sid_id = {person}", "sid_id")
    report = updating.update_files(state, out, left=Delta(gone=gone), right=Delta(), settings=SETTINGS, changes=changes)
    assert report.links_removed + report.links_moved >= 1
    assert report.villages
    assert all(len(code) == 10 for code in report.villages)
    told = duckdb.sql(f"SELECT person_before, person_now FROM {quoted(changes)} WHERE seeker_id = {account}").fetchall()
    assert told[0][0] == person
    assert told[0][1] != person


@pytest.mark.pasal("1(2)")
def test_judgements_stand_in_an_update_and_without_them_the_links_are_as_before(people: Path, tmp_path: Path) -> None:
    state, out, path = tmp_path / "state", tmp_path / "links.parquet", tmp_path / "judgements.parquet"
    link_files(
        PersonTable(people / "residents.parquet", "sid_id"), PersonTable(people / "accounts.parquet", "akun_id"), out,
        settings=SETTINGS, as_of=AS_OF, state=state,
    )  # fmt: skip
    before = links(out)
    linked = next(row for row in before if row[2] == "nik")
    alone = next(row for row in before if row[2] == "none")
    ids = {"sid_id": [linked[1], linked[1]], "akun_id": [linked[0], alone[0]]}
    pq.write_table(pa.table({**ids, "verdict": ["different", "same"]}), path)
    updating.update_files(state, out, left=Delta(), right=Delta(), settings=SETTINGS, judgements=path)
    now = {row[0]: row for row in links(out)}
    assert now[linked[0]][1] != linked[1]
    assert (now[alone[0]][1], now[alone[0]][6]) == (linked[1], "judged_same")
    updating.update_files(state, out, left=Delta(), right=Delta(), settings=SETTINGS)
    assert links(out) == before


def test_a_state_made_with_other_thresholds_is_not_continued(people: Path, tmp_path: Path) -> None:
    state, out = tmp_path / "state", tmp_path / "links.parquet"
    link_files(
        PersonTable(people / "residents.parquet", "sid_id"), PersonTable(people / "accounts.parquet", "akun_id"), out,
        settings=SETTINGS, as_of=AS_OF, state=state,
    )  # fmt: skip
    other = tmp_path / "other.toml"
    other.write_text("[probable]\nprobability_min = 0.9\n")
    with pytest.raises(StateUnfit) as refused:
        updating.update_files(state, out, left=Delta(), right=Delta(), settings=settings.load(other))
    assert refused.value.parts["reason"] == "settings"


def test_an_update_that_was_killed_leaves_the_state_as_it_was(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    residents, accounts = people / "residents.parquet", people / "accounts.parquet"
    state, out = tmp_path / "state", tmp_path / "links.parquet"
    first = part(residents, tmp_path / "l0.parquet", "sid_id % 9 <> 0")
    link_files(
        PersonTable(first, "sid_id"), PersonTable(accounts, "akun_id"), out,
        settings=SETTINGS, as_of=AS_OF, state=state,
    )  # fmt: skip
    before = links(out)
    delta = Delta(changed=part(residents, tmp_path / "lc.parquet", "sid_id % 9 = 0"))
    with monkeypatch.context() as killed:
        killed.setattr(KeptState, "settle", stop)
        with pytest.raises(Stopped):
            updating.update_files(state, out, left=delta, right=Delta(), settings=SETTINGS)
    assert KeptState(state).current() == 0
    updating.update_files(state, out, left=Delta(), right=Delta(), settings=SETTINGS)
    assert links(out) == before
    updating.update_files(state, out, left=delta, right=Delta(), settings=SETTINGS)
    assert len(links(out)) == len(before)
    assert links(out) != before


def test_a_list_of_the_gone_without_ids_is_refused_by_name_and_harms_nothing(people: Path, tmp_path: Path) -> None:
    state, out = tmp_path / "state", tmp_path / "links.parquet"
    link_files(
        PersonTable(people / "residents.parquet", "sid_id"), PersonTable(people / "accounts.parquet", "akun_id"), out,
        settings=SETTINGS, as_of=AS_OF, state=state,
    )  # fmt: skip
    before = links(out)
    gone = part(people / "residents.parquet", tmp_path / "gone.parquet", "true", "nama")
    with pytest.raises(PersonTableUnreadable) as refused:
        updating.update_files(state, out, left=Delta(gone=gone), right=Delta(), settings=SETTINGS)
    assert refused.value.parts["file"] == "gone.parquet"
    updating.update_files(state, out, left=Delta(), right=Delta(), settings=SETTINGS)
    assert links(out) == before
