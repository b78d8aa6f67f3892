"""A full delivery and any deltas behind it end in the rows of a full delivery; a delta to another state in none."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenun.agreement.decision import Operation
from tenun.exchange import holdings, intake, journal
from tenun.exchange.holdings import BaseOther
from tenun.exchange.journal import Journal
from tenun.exchange.manifest import file_name
from tenun.exchange.register import Register
from tenun.exchange.serving.exports import Exports
from tenun.exchange.serving.jobs import Job
from tenun.kernel import canonical_json
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer
from tests.lib.exporting import export, exports_of, plain_tree
from tests.lib.two_nodes import VILLAGES, Nodes, copy_of, open_nodes, publish_residents

FORMATS = ("parquet", "arrow", "ndjson")
# How many residents each village has; none = the village is not there.
States = st.lists(
    st.fixed_dictionaries({village: st.one_of(st.none(), st.integers(0, 24)) for village in VILLAGES[:3]}),
    min_size=2,
    max_size=4,
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Nodes:
    return open_nodes(tmp_path_factory.mktemp("nodes") / "home")


@contextmanager
def fresh(empty: Nodes) -> Iterator[Nodes]:
    folder = Path(tempfile.mkdtemp(prefix="tenun-intake-"))
    try:
        yield copy_of(empty, folder / "nodes")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def bring_about(nodes: Nodes, state: dict[str, int | None], number: int) -> None:
    """The provider's lake as the state has it."""
    publish_residents(nodes.desa.lake, VILLAGES[3], 30)  # never changes, so that there is always something
    for village, count in state.items():
        if count is None:
            shutil.rmtree(nodes.desa.lake.root / "core/sid__residents" / village, ignore_errors=True)
        else:
            publish_residents(nodes.desa.lake, village, count, version=str(number))
    nodes.later(hours=1)


def take(nodes: Nodes, exports: Exports, job: Job) -> intake.Accepted:
    """Take an export in, as a pull does, without the network."""
    station, document = nodes.naker, json.loads(exports.manifest(job.id))
    register, book, known = Register(station), Journal(station), {}
    checked = intake.check_manifest(
        station,
        nodes.agreement,
        canonical_json.dumps(document["manifest"]),
        document["signature"].encode(),
        operation=Operation(job.operation),
        register=register,
        known=known,
    )
    online = checked.manifest.online
    assert online is not None

    def deliver(give: Any) -> None:
        for entry in (*online.deleted, *checked.manifest.parts):
            with exports.file(job.id, file_name(entry.path)).open() as handle:
                give(handle.read())

    intake.read_places(station, checked, deliver, lambda place: None)
    logged = book.write(journal.ACCEPTED, pack=journal.pack_of(checked.manifest, manifest_sha256="0" * 64))
    return intake.take_in(
        station, nodes.agreement, checked, deliver, recipe="test/1", book=book, register=register, logged=logged
    )


def held(nodes: Nodes) -> dict[str, list[dict[str, Any]]]:
    """Every row that naker holds as current, both tables joined; villages without rows left out."""
    lake = nodes.naker.lake
    found = {}
    for scope in lake.scopes(layer=Layer.CORE, dataset="sid__residents"):
        snapshot = lake.current(layer=Layer.CORE, dataset="sid__residents", scope=scope)
        rows = {row["person_id"]: row for row in lake.read(snapshot, "persons").to_pylist()}
        for row in lake._open_sealed(snapshot, "identifiers", None).to_pylist():
            rows[row["person_id"]] |= row
        if rows:
            found[scope] = [rows[key] for key in sorted(rows)]
    return found


@pytest.mark.pasal("3(1)b", "3(2)b")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=States, formats=st.lists(st.sampled_from(FORMATS), min_size=4, max_size=4))
def test_base_and_deltas_are_the_whole(empty: Nodes, states: list[dict[str, int | None]], formats: list[str]) -> None:
    with fresh(empty) as nodes, fresh(empty) as other:
        exports, since = exports_of(nodes), None
        for number, state in enumerate(states):
            bring_about(nodes, state, number)
            job = export(nodes, exports, since=since, output_format=formats[number])
            accepted = take(nodes, exports, job)
            since = job.transaction_time
            assert accepted.manifest.is_delta is (number > 0)
        bring_about(other, states[-1], len(states))
        whole = exports_of(other)
        take(other, whole, export(other, whole))
        assert held(nodes) == held(other)
        # And what is noted is what lies there: a last delta of nothing proves it against the provider's digest.
        last = export(nodes, exports, since=since)
        assert take(nodes, exports, last).manifest.rows == 0


@pytest.mark.parametrize("village", VILLAGES[:3])
@pytest.mark.parametrize("fault", ["lost", "other rows", "other place", "other moment"])
def test_a_delta_to_a_base_that_was_altered_changes_nothing(empty: Nodes, village: str, fault: str) -> None:
    with fresh(empty) as nodes:
        exports = exports_of(nodes)
        bring_about(nodes, dict.fromkeys(VILLAGES[:3], 20), 0)
        first = export(nodes, exports)
        take(nodes, exports, first)
        bring_about(nodes, dict.fromkeys(VILLAGES[:3], 23), 1)
        second = export(nodes, exports, since=first.transaction_time)
        note = next((nodes.naker.exchange / "holdings").glob("*.json"))
        value = json.loads(note.read_bytes())
        match fault:
            case "lost":
                note.unlink()
            case "other rows":
                neighbour = next(one for one in VILLAGES[:3] if one != village)
                _swap_rows(nodes, village, neighbour)
            case "other place":
                del value["places"][village]
                note.write_text(json.dumps(value))
            case "other moment":
                value["transaction_time"] = "2026-01-01T00:00:00.000000Z"
                note.write_text(json.dumps(value))
        before = plain_tree(nodes.naker.lake.root)
        with pytest.raises(TenunError) as problem:
            take(nodes, exports, second)
        assert isinstance(problem.value, BaseOther) or problem.value.code == "lake.snapshot_altered"
        assert plain_tree(nodes.naker.lake.root) == before
        assert len(Register(nodes.naker).received()) == 1


def _swap_rows(nodes: Nodes, village: str, neighbour: str) -> None:
    """Rows of another village under this one's snapshot: the lake's own digest finds it."""
    root = nodes.naker.lake.root / "core/sid__residents"
    one, other = (next((root / name).glob("*/persons.parquet")) for name in (village, neighbour))
    one.write_bytes(other.read_bytes())


def test_what_is_noted_of_a_stream_ends_with_it(empty: Nodes) -> None:
    """One note for each stream, however many deliveries there were."""
    with fresh(empty) as nodes:
        exports, since = exports_of(nodes), None
        for number in range(3):
            bring_about(nodes, dict.fromkeys(VILLAGES[:3], 10 + number), number)
            job = export(nodes, exports, since=since)
            accepted = take(nodes, exports, job)
            since = job.transaction_time
        assert [path.stem for path in (nodes.naker.exchange / "holdings").iterdir()] == [accepted.manifest.pack]
        stream = holdings.stream_of_manifest(accepted.manifest)
        kept = holdings.last(nodes.naker, stream)
        assert kept is not None
        assert kept.transaction_time == since
        assert sorted(kept.places) == sorted(VILLAGES)
