import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tenun.kernel.authorisation import FieldsNotAuthorised
from tenun.kernel.keys import MemoryKeys
from tenun.lake import store
from tenun.lake.snapshot import Layer, Origin, Snapshot, SourceFile
from tenun.lake.store import Lake, SnapshotAltered, SnapshotMissing, TableSealed

DAY = date(2026, 1, 31)
PERSONS = pa.table({"person_id": ["a", "b"], "sex": ["male", "female"]})
IDENTIFIERS = pa.table({"person_id": ["a", "b"], "nik": ["1", "2"]})


@dataclass(frozen=True)
class Shown:
    """Stands for a decision of the agreement."""

    dataset: str = "sid-warga"
    fields: frozenset[str] = field(default_factory=frozenset)
    decision_id: str = "d"


def origin(content: str = "x") -> Origin:
    return Origin(recipe="residents/1", sources=(SourceFile(sha256=content, bytes=1, format="opensid"),))


def publish(lake: Lake, content: str = "x", day: date = DAY) -> Snapshot:
    return lake.publish(
        layer=Layer.CORE,
        dataset="sid__residents",
        scope="52.01.14.2005",
        as_of=day,
        origin=origin(content),
        tables={"persons": PERSONS, "identifiers": IDENTIFIERS},
        sealed_tables=("identifiers",),
        details={"persons": 2},
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", MemoryKeys())


def current(lake: Lake) -> Snapshot:
    return lake.current(layer=Layer.CORE, dataset="sid__residents", scope="52.01.14.2005")


def test_the_same_origin_again_changes_nothing(lake: Lake) -> None:
    first = publish(lake)
    before = {path: path.stat().st_mtime_ns for path in lake.root.rglob("*")}
    assert publish(lake) == first
    assert {path: path.stat().st_mtime_ns for path in lake.root.rglob("*")} == before


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = (Lake(tmp_path / name, MemoryKeys()) for name in ("one", "two"))
    publish(one), publish(two)
    files = sorted(path.relative_to(one.root) for path in one.root.rglob("*") if path.is_file())
    assert len(files) == 4
    for file in files:
        assert (one.root / file).read_bytes() == (two.root / file).read_bytes(), file


def test_a_newer_file_becomes_current_and_the_old_one_stays_readable(lake: Lake) -> None:
    old = publish(lake)
    new = publish(lake, "y", date(2026, 2, 1))
    assert current(lake) == new
    assert lake.read(old, "persons").equals(PERSONS)
    assert lake.history(layer=Layer.CORE, dataset="sid__residents", scope="52.01.14.2005") == [old, new]


def test_an_older_file_that_comes_late_is_kept_and_not_current(lake: Lake) -> None:
    new = publish(lake)
    publish(lake, "y", date(2025, 12, 1))
    assert current(lake) == new


def test_identifiers_are_sealed_and_open_only_with_a_decision(lake: Lake) -> None:
    snapshot = publish(lake)
    with pytest.raises(TableSealed):
        lake.read(snapshot, "identifiers")
    with pytest.raises(FieldsNotAuthorised):
        lake.unseal(
            snapshot, "identifiers", columns=["person_id", "nik"], permit=Shown(fields=frozenset({"person_id"}))
        )
    permit = Shown(fields=frozenset({"person_id", "nik"}))
    assert lake.unseal(snapshot, "identifiers", columns=["person_id", "nik"], permit=permit).equals(IDENTIFIERS)


def test_the_raw_layer_is_sealed_whole(lake: Lake) -> None:
    snapshot = lake.publish(
        layer=Layer.RAW, dataset="d", scope="s", as_of=DAY, origin=origin(), tables={"rows": IDENTIFIERS}
    )
    assert snapshot.tables["rows"].is_sealed
    assert b"PAR1" not in (snapshot.folder / "rows.parquet.siv").read_bytes()


def test_an_altered_file_is_found(lake: Lake) -> None:
    snapshot = publish(lake)
    lake.verify(snapshot)
    path = lake.path(snapshot, "persons")
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(SnapshotAltered):
        lake.verify(snapshot)


def test_what_was_never_published_is_missing_by_name(lake: Lake) -> None:
    with pytest.raises(SnapshotMissing) as caught:
        current(lake)
    assert caught.value.parts["dataset"] == "sid__residents"


def test_a_run_killed_before_the_rename_leaves_nothing_to_see(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store.Path, "rename", die)
        with pytest.raises(KeyboardInterrupt):
            publish(lake)
    with pytest.raises(SnapshotMissing):
        current(lake)
    assert lake.history(layer=Layer.CORE, dataset="sid__residents", scope="52.01.14.2005") == []
    assert lake.clean() == 1
    assert publish(lake) == current(lake)


def test_a_run_killed_before_the_pointer_moves_is_completed_by_the_next(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "_take_effect", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publish(lake)
    assert publish(lake) == current(lake)


def test_another_process_at_work_is_not_cleaned_away(lake: Lake) -> None:
    draft = lake.root / "core/d/s" / f".building-{os.getppid()}-abc"
    draft.mkdir(parents=True)
    assert lake.clean() == 0
    assert draft.exists()


def test_an_altered_snapshot_is_not_given_back_as_if_it_were_whole(lake: Lake) -> None:
    first = publish(lake)
    path = lake.path(first, "persons")
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(SnapshotAltered):
        publish(lake)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: b"{}",
        lambda manifest: b"[1]",
        lambda manifest: manifest[:-5],
        lambda manifest: manifest.replace(b"52.01.14.2005", b"52.01.14.2006"),
        lambda manifest: manifest.replace(b'"recipe":"', b'"recipe":"x'),
    ],
    ids=["empty", "list", "cut short", "another place", "another origin"],
)
def test_a_manifest_that_is_not_that_of_its_snapshot_is_refused(lake: Lake, change: Callable[[bytes], bytes]) -> None:
    path = publish(lake).folder / "manifest.json"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(SnapshotAltered):
        current(lake)


def test_two_that_publish_the_same_at_once_get_the_same(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def after_another(self: Path, target: Path) -> Path:
        shutil.copytree(self, target)  # another process comes first
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(store.Path, "rename", after_another)
        assert publish(lake) == current(lake)
    assert lake.clean() == 0


def test_snapshots_that_are_published_at_once_are_all_noted(lake: Lake) -> None:
    days = [DAY + timedelta(days=number) for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda day: publish(lake, str(day), day), days))
    noted = (lake.root / "core/sid__residents/52.01.14.2005/CURRENT").read_text().split()
    assert len(noted) == len(days)
    assert current(lake).as_of == days[-1]
