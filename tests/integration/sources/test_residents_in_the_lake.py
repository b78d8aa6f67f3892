"""The same file changes nothing, a killed run goes on, a newer file replaces, the older stays readable."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tenun.kernel.keys import MemoryKeys
from tenun.lake import store
from tenun.lake.snapshot import Layer
from tenun.lake.store import Lake, TableSealed
from tenun.registry.sid.tables import DATASET, PERSON_IDENTIFIERS, PERSONS
from tenun.sources.errors import FilesDisagree, FileUnreadable, NothingAccepted
from tests.lib.village_files import AS_OF, VILLAGE, bring, bring_people, somebody, table, write_xlsx


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_file_again_changes_nothing_and_says_the_same(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "f.xlsx", {"s": table([somebody(1), somebody(1), somebody(2, nama="")])})
    first = bring(tmp_path, path)
    before = fingerprint(tmp_path)
    again = bring(tmp_path, path, lake=first.lake)
    another_day = bring(tmp_path, path, lake=first.lake, as_of=None, today=date(2027, 3, 1))
    assert fingerprint(tmp_path) == before
    assert (first.report.is_new, again.report.is_new, another_day.report.is_new) == (True, False, False)
    for report in (again.report, another_day.report):
        assert {**report.as_dict(), "is_new": True} == first.report.as_dict()


def test_the_same_bytes_under_another_name_are_the_same_file(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "f.xlsx", {"s": table([somebody(1)])})
    first = bring(tmp_path, path)
    renamed = path.rename(tmp_path / "g.xlsx")
    assert bring(tmp_path, renamed, lake=first.lake).report.snapshot == first.report.snapshot


def test_the_same_input_gives_the_same_bytes_in_another_lake(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "f.xlsx", {"s": table([somebody(n) for n in range(20)])})
    lakes = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        bring(tmp_path / name, path)
        lakes.append(fingerprint(tmp_path / name))
    assert lakes[0] == lakes[1]


@pytest.mark.parametrize("at", ["raw", "core"])
def test_a_run_killed_while_storing_leaves_nothing_half_done_and_goes_on(
    at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_xlsx(tmp_path / "f.xlsx", {"s": table([somebody(1), somebody(2)])})
    lake = Lake(tmp_path / "lake", MemoryKeys())
    write = store._write_durably

    def killed(target: Path, content: bytes) -> None:
        if target.name == "manifest.json" and at in target.parts:
            raise KeyboardInterrupt
        write(target, content)

    monkeypatch.setattr(store, "_write_durably", killed)
    with pytest.raises(KeyboardInterrupt):
        bring(tmp_path, path, lake=lake)
    assert lake.scopes(layer=Layer.CORE, dataset=DATASET) == []
    monkeypatch.undo()
    resumed = bring(tmp_path, path, lake=lake)
    assert resumed.report.counts["persons"] == 2
    (tmp_path / "clean").mkdir()
    whole = bring(tmp_path / "clean", path)
    assert resumed.snapshot.manifest() == whole.snapshot.manifest()


def test_a_newer_file_replaces_and_the_older_stays_readable(tmp_path: Path) -> None:
    first = bring_people(tmp_path, somebody(1), file="old.xlsx", as_of=date(2025, 1, 1))
    second = bring_people(tmp_path, somebody(1), somebody(2), file="new.xlsx", lake=first.lake, as_of=date(2026, 1, 1))
    late = bring_people(tmp_path, somebody(9), file="late.xlsx", lake=first.lake, as_of=date(2024, 1, 1))
    assert second.snapshot.reference == second.report.snapshot, "an older file that came late replaces nothing"
    history = late.lake.history(layer=Layer.CORE, dataset=DATASET, scope=VILLAGE)
    assert [(s.as_of.year, first.lake.read(s, "persons").num_rows) for s in history] == [
        (2024, 1),
        (2025, 1),
        (2026, 2),
    ]
    old, new = first.lake.read(history[1], "persons").to_pylist(), second.persons()
    assert old[0]["person_id"] == new[0]["person_id"], "a person keeps the pseudonym from file to file"


def test_files_are_one_delivery_in_any_order_and_none_is_named_twice(tmp_path: Path) -> None:
    a = write_xlsx(tmp_path / "a.xlsx", {"s": table([somebody(1)])})
    b = write_xlsx(tmp_path / "b.xlsx", {"s": table([somebody(2)])})
    first = bring(tmp_path, a, b)
    assert bring(tmp_path, b, a, lake=first.lake).report.is_new is False
    with pytest.raises(FilesDisagree):
        bring(tmp_path, a, a, lake=first.lake)


def test_one_unreadable_file_of_several_publishes_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.xlsx").write_bytes(b"PK\x03\x04")
    good = write_xlsx(tmp_path / "a.xlsx", {"s": table([somebody(1)])})
    with pytest.raises(FileUnreadable):
        bring(tmp_path, good, tmp_path / "bad.xlsx")
    assert not (tmp_path / "lake").exists()


def test_the_tables_are_the_promised_ones_and_identifiers_are_sealed(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1), invented=True)
    persons = brought.lake.read(brought.snapshot, "persons")
    assert persons.schema.names == list(PERSONS.names())
    assert list(brought.identifiers()[0]) == list(PERSON_IDENTIFIERS.names())
    with pytest.raises(TableSealed):
        brought.lake.read(brought.snapshot, "identifiers")
    assert brought.snapshot.details["invented"] is True
    assert brought.snapshot.origin.editions["opensid.occupation"]


def test_no_value_of_a_person_stands_in_the_clear_anywhere(tmp_path: Path) -> None:
    person: dict[str, Any] = somebody(
        1, nama="XANTHIPPE QUIMBY", tempatlahir="ZYZZYVA", alamat="JALAN KUMQUAT", tanggallahir="31-31-1977", sex="QUX"
    )
    brought = bring_people(tmp_path, person, somebody(1, nama=""), somebody(1, sex="QUX"))
    values = [str(person[key]) for key in ("nama", "tempatlahir", "alamat", "tanggallahir", "nik", "no_kk", "sex")]
    for path in [*(tmp_path / "lake").rglob("*"), *(tmp_path / "reports").rglob("*")]:
        if path.is_file():
            found = path.read_bytes()
            assert not [value for value in values if value.encode() in found], path.name
            assert not [value for value in values if value in path.name]
    assert brought.report.rejected == 1


def test_ages_are_those_of_the_day_of_the_data(tmp_path: Path) -> None:
    brought = bring_people(tmp_path, somebody(1, tanggallahir="2000-11-25"), as_of=AS_OF)
    assert brought.persons()[0]["age_years"] == 25


def test_a_file_of_which_no_row_can_be_used_replaces_nothing_and_names_its_rows(tmp_path: Path) -> None:
    first = bring_people(tmp_path, somebody(1))
    before = fingerprint(tmp_path / "lake")
    with pytest.raises(NothingAccepted) as refusal:
        bring_people(tmp_path, somebody(2, nama=""), somebody(3, nama="-"), file="bad.xlsx", lake=first.lake)
    assert fingerprint(tmp_path / "lake") == before
    assert Path(str(refusal.value.parts["rejects_file"])).exists()


def test_a_lost_list_is_written_again_from_the_same_file(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "f.xlsx", {"s": table([somebody(1), somebody(2, nama="")])})
    first = bring(tmp_path, path)
    assert first.report.rejects_file is not None
    content = first.report.rejects_file.read_bytes()
    first.report.rejects_file.unlink()
    again = bring(tmp_path, path, lake=first.lake)
    assert again.report.is_new is False
    assert first.report.rejects_file.read_bytes() == content
