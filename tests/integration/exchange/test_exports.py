"""Exports from asking to fetching: what comes, what is refused, what a shut-off leaves, and what a crash does not."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tenun.agreement.decision import Operation
from tenun.agreement.vocabulary import Party
from tenun.exchange import manifest as manifests
from tenun.exchange import pack
from tenun.exchange.gate import GateClosed, Reason, Scope
from tenun.exchange.manifest import Format, file_name
from tenun.exchange.refusals import (
    AreaUnclear,
    KeyFieldMissing,
    LogUnavailable,
    ManifestMalformed,
    NotPermitted,
    RevisionStale,
)
from tenun.exchange.register import Register
from tenun.exchange.serving import formats, jobs
from tenun.exchange.serving.exports import KEPT, REMEMBERED, WAITING_MAX
from tenun.exchange.serving.jobs import Jobs, State
from tenun.exchange.serving.refusals import (
    Busy,
    CursorMisplaced,
    CursorUnknown,
    ExportClosed,
    ExportFailed,
    ExportGone,
    ExportNotReady,
    ExportUnknown,
    FileUnknown,
    FormatUnknown,
    IdempotencyConflict,
)
from tenun.kernel import canonical_json
from tenun.lake.snapshot import Layer, Origin, SourceFile
from tenun.registry.sid.tables import VILLAGE_INDEX
from tests.integration.exchange.test_hand_over import entries, independent_selection
from tests.lib.exporting import (
    Holding,
    Switch,
    content_of,
    export,
    exports_of,
    finish,
    manifest_of,
    permit_for,
    plain_tree,
    signed_manifest,
)
from tests.lib.two_nodes import AS_OF, DRAFT, VILLAGES, Nodes, person, publish_residents, revise


def taken(nodes: Nodes, **asked: Any) -> Holding:
    exports = exports_of(nodes)
    holding = Holding("sid-warga", permit_for(nodes).fields)
    holding.take(nodes, exports, export(nodes, exports, **asked))
    return holding


# --- what comes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("output_format", list(Format))
def test_what_comes_is_what_the_agreement_selects_row_for_row(nodes: Nodes, output_format: Format) -> None:
    holding = taken(nodes, output_format=output_format)
    for number, village in enumerate(VILLAGES):
        expected = independent_selection(village, 40 + number * 7, holding.fields)
        assert sorted(holding.as_rows()[village], key=lambda row: row["person_id"]) == expected


def test_an_area_is_a_part_of_it(nodes: Nodes) -> None:
    holding = taken(nodes, area="53.17.01")
    assert sorted(holding.places) == sorted(VILLAGES[:2])


def test_fields_that_were_not_asked_for_do_not_come(nodes: Nodes) -> None:
    fields = frozenset({"person_id", "village_code", "sex"})
    exports = exports_of(nodes)
    job = export(nodes, exports, fields=fields)
    made = signed_manifest(nodes, exports, job)
    assert made.fields_ == ["person_id", "village_code", "sex"]
    table = formats.decode(
        content_of(exports, job, made.parts[0]),
        made.format,
        part="p",
        schema=pa.schema([("person_id", pa.string()), ("village_code", pa.string()), ("sex", pa.string())]),
        rows=made.rows,
    )
    assert table.num_rows == made.rows


def test_the_manifest_has_the_members_of_fhir_bulk_data_and_what_a_file_is_checked_by(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    job = export(nodes, exports)
    document = manifest_of(exports, job)
    issuer = nodes.agreement.parties[Party.DESA].node.issuer
    assert document["requiresAccessToken"] is True
    assert document["request"] == f"{issuer}/v1/agreements/sid-siapkerja/exports"
    assert (document["error"], document["link"], document["deleted"]) == ([], [], [])
    assert document["transactionTime"] == job.transaction_time
    for output in document["output"]:
        assert output["url"].startswith(f"{document['request']}/{job.id}/files/")
        file = exports.file(job.id, output["url"].rsplit("/", 1)[1])
        with file.open() as handle:
            data = handle.read()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (output["size"], output["sha256"])
        assert file.etag == f'"{output["sha256"]}"'
        assert file.content_type == "application/vnd.apache.parquet"
    assert sum(output["count"] for output in document["output"]) == job.rows


def test_the_signed_manifest_inside_is_the_one_of_a_pack_and_cites_contract_and_duties(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    made = signed_manifest(nodes, exports, export(nodes, exports))
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan").manifest
    assert made.type == packed.type
    assert made.contract_sha256 == packed.contract_sha256
    assert made.label == packed.label
    assert (made.rows, made.sources, made.fields_) == (packed.rows, packed.sources, packed.fields_)
    assert made.parts[0].sha256 == packed.parts[0].sha256  # Parquet by file and online: the same bytes
    assert packed.online is None
    assert "online" not in json.loads(packed.encode())


def test_a_range_of_a_file_is_that_range(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    job = export(nodes, exports)
    made = signed_manifest(nodes, exports, job)
    whole = content_of(exports, job, made.parts[0])
    with exports.file(job.id, file_name(made.parts[0].path)).open() as handle:
        for start, size in ((0, 1), (1, 15), (15, 2), (16, 16), (4095, 3), (len(whole) - 1, 10), (len(whole), 5)):
            handle.seek(start)
            assert handle.read(size) == whole[start : start + size]
            assert handle.tell() == min(start + size, len(whole)) if start < len(whole) else start
        handle.seek(-3, 2)
        assert handle.read() == whole[-3:]


def test_finished_files_and_notes_hold_nobody_in_plain(nodes: Nodes) -> None:
    for output_format in Format:
        export(nodes, exports_of(nodes), output_format=output_format)
    on_disk = plain_tree(nodes.desa.exchange) + plain_tree(nodes.desa.log)
    one = person(VILLAGES[0], 1)
    for value in (one["nik"], one["full_name"], one["person_id"], one["address"]):
        assert value.encode() not in on_disk
    # Parquet tells itself by its first four bytes; here none does.
    files = list((nodes.desa.exchange / "exports").rglob("files/*"))
    assert files
    assert not any(path.read_bytes().startswith((b"PAR1", b"\x1f\x8b", b"\xff\xff\xff\xff")) for path in files)


def test_rows_without_a_key_go_by_whole_places(nodes: Nodes) -> None:
    def publish(score: float, version: str) -> None:
        rows = [{"village_code": village, "year": 2024, "score": score} for village in VILLAGES]
        nodes.desa.lake.publish(
            layer=Layer.CORE,
            dataset="sid__village_index",
            scope="53.17",
            as_of=AS_OF,
            origin=Origin("index/1", sources=(SourceFile(version * 64, 1, "test"),)),
            tables={"years": pa.Table.from_pylist(rows, schema=VILLAGE_INDEX.schema())},
        )

    asked = {"dataset": "sid-indeks-desa", "purpose": "statistik-desa"}
    exports = exports_of(nodes)
    publish(0.5, "1")
    holding = Holding("sid-indeks-desa", permit_for(nodes, **asked).fields)
    holding.take(nodes, exports, export(nodes, exports, **asked))
    publish(0.75, "2")
    made = holding.take(nodes, exports, export(nodes, exports, since=holding.cursor, **asked))
    assert made.online is not None
    assert [place.change for place in made.online.places] == ["whole"]
    assert {row["score"] for row in holding.as_rows()["53.17"]} == {0.75}
    made = holding.take(nodes, exports, export(nodes, exports, since=holding.cursor, **asked))
    assert made.rows == 0


# --- asking --------------------------------------------------------------------------------------------


def test_the_same_key_and_request_are_the_same_job(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    first = exports.kick_off(permit_for(nodes), client="naker", idempotency_key="a")
    again = exports.kick_off(permit_for(nodes), client="naker", idempotency_key="a")
    assert again.id == first.id
    done = finish(exports, first)
    assert exports.kick_off(permit_for(nodes), client="naker", idempotency_key="a") == done
    assert len(exports.all()) == 1


def test_the_same_key_with_another_request_is_refused(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    exports.kick_off(permit_for(nodes), client="naker", idempotency_key="a")
    with pytest.raises(IdempotencyConflict):
        exports.kick_off(permit_for(nodes), client="naker", idempotency_key="a", area="53.17")
    with pytest.raises(IdempotencyConflict):
        exports.kick_off(permit_for(nodes), client="naker", idempotency_key="a", request_digest="f" * 64)
    assert exports.kick_off(permit_for(nodes), client="other", idempotency_key="a", area="53.17")
    assert exports.kick_off(permit_for(nodes), client="naker", idempotency_key="b", area="53.17")


def test_what_cannot_be_asked_for_is_refused(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    bulk, delta = permit_for(nodes), permit_for(nodes, operation=Operation.DELTA)
    cursor = "2026-11-24T03:00:00.000000Z"
    with pytest.raises(FormatUnknown):
        exports.kick_off(bulk, client="naker", output_format="csv")
    with pytest.raises(AreaUnclear):
        exports.kick_off(bulk, client="naker", area="5317")
    with pytest.raises(CursorMisplaced):
        exports.kick_off(bulk, client="naker", since=cursor)
    with pytest.raises(CursorMisplaced):
        exports.kick_off(delta, client="naker")
    with pytest.raises(CursorMisplaced):
        exports.kick_off(permit_for(nodes, operation=Operation.FILE), client="naker")
    with pytest.raises(CursorUnknown):
        exports.kick_off(delta, client="naker", since=cursor)
    with pytest.raises(KeyFieldMissing):
        exports.kick_off(permit_for(nodes, fields=frozenset({"sex"})), client="naker")
    assert exports.all() == []


def test_a_cursor_of_another_stream_is_unknown(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    cursor = export(nodes, exports, area="53.17").transaction_time
    delta = permit_for(nodes, operation=Operation.DELTA)
    fewer = permit_for(nodes, operation=Operation.DELTA, fields=delta.fields - {"sex"})
    other = permit_for(nodes, operation=Operation.DELTA, purpose="statistik-desa")
    for permit, client, area in (
        (delta, "naker", None),
        (delta, "naker", "53.17.01"),
        (delta, "other", "53.17"),
        (fewer, "naker", "53.17"),
        (other, "naker", "53.17"),
    ):
        with pytest.raises(CursorUnknown):
            exports.kick_off(permit, client=client, area=area, since=cursor)
    assert exports.kick_off(delta, client="naker", area="53.17", since=cursor)


def test_a_cursor_outlives_the_files(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    holding = Holding("sid-warga", permit_for(nodes).fields)
    job = export(nodes, exports)
    holding.take(nodes, exports, job)
    exports.cancel(job.id)
    publish_residents(nodes.desa.lake, VILLAGES[0], 50, version="2")
    made = holding.take(nodes, exports, export(nodes, exports, since=holding.cursor))
    assert 0 < made.rows < 20


def test_a_base_that_the_lake_no_longer_has_makes_the_place_whole(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    holding = Holding("sid-warga", permit_for(nodes).fields)
    holding.take(nodes, exports, export(nodes, exports))
    before = nodes.desa.lake.current(layer=Layer.CORE, dataset="sid__residents", scope=VILLAGES[0])
    publish_residents(nodes.desa.lake, VILLAGES[0], 50, version="2")
    (before.folder / "manifest.json").unlink()
    made = holding.take(nodes, exports, export(nodes, exports, since=holding.cursor))
    assert made.online is not None
    assert [(place.scope, place.change) for place in made.online.places] == [(VILLAGES[0], "whole")]


@pytest.mark.pasal("7(1)")
def test_files_and_exports_count_together_against_the_frequency(nodes: Nodes, tmp_path: Path) -> None:
    def once_a_day(document: dict[str, Any]) -> None:
        for permission in document["permissions"]:
            for constraint in permission["constraint"]:
                if constraint["leftOperand"] == "frequency":
                    constraint["rightOperand"] = "R2/P1D"

    revise(nodes, tmp_path / "draft", once_a_day)
    exports = exports_of(nodes)
    permit = permit_for(nodes)
    pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="52")
    exports.kick_off(permit, client="naker")
    # The permit was right when it was made. Two more were on their way since.
    with pytest.raises(NotPermitted, match="2"):
        exports.kick_off(permit, client="naker")
    with pytest.raises(NotPermitted):
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    assert exports.run_next() is not None
    asked = {"dataset": "sid-warga", "purpose": "pemadanan"}
    assert len(jobs.handed_over(nodes.desa, area=None, **asked)) == 2
    assert len(jobs.handed_over(nodes.desa, area="53.17", **asked)) == 1
    nodes.later(days=1)
    assert exports.kick_off(permit_for(nodes), client="naker")


def test_an_export_that_gave_nothing_does_not_count(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    exports.cancel(exports.kick_off(permit_for(nodes), client="naker").id)
    assert jobs.handed_over(nodes.desa, dataset="sid-warga", purpose="pemadanan", area=None) == ()


def test_too_many_waiting_exports_are_refused(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    for _ in range(WAITING_MAX):
        exports.kick_off(permit_for(nodes, purpose="statistik-desa"), client="naker")
    with pytest.raises(Busy):
        exports.kick_off(permit_for(nodes), client="naker")


def test_another_clients_export_is_not_there(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    job = export(nodes, exports)
    assert exports.job(job.id, client="naker") == job
    with pytest.raises(ExportUnknown):
        exports.job(job.id, client="other")
    with pytest.raises(ExportUnknown):
        exports.manifest(job.id, client="other")
    with pytest.raises(ExportUnknown):
        exports.file(job.id, "parts-00001.parquet", client="other")
    with pytest.raises(ExportUnknown):
        exports.cancel(job.id, client="other")


@pytest.mark.parametrize("name", ["", "..", "../job.json", "job.json", "parts-00002.parquet", "parts-00001.arrows"])
def test_a_name_that_the_manifest_does_not_have_is_no_file(nodes: Nodes, name: str) -> None:
    exports = exports_of(nodes)
    with pytest.raises(FileUnknown):
        exports.file(export(nodes, exports).id, name)


# --- the log -------------------------------------------------------------------------------------------


@pytest.mark.pasal("7(1)")
def test_an_export_is_in_the_log_before_it_can_be_fetched(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    exports = exports_of(nodes)
    job = exports.kick_off(permit_for(nodes), client="naker")
    (nodes.desa.log / "checkpoint").parent.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr("tenun.exchange.journal.Journal.write", _no_log)
    with pytest.raises(LogUnavailable):
        exports.run_next()
    assert exports.job(job.id).state is State.RUNNING
    with pytest.raises(ExportNotReady):
        exports.manifest(job.id)
    monkeypatch.undo()
    assert finish(exports, job).state is State.COMPLETED
    written = [entry for entry in entries(nodes.desa) if entry["type"] == "exchange.exported"]
    assert [entry["export"] for entry in written] == [job.id]
    assert written[0]["pack"]["manifest_sha256"] == exports.job(job.id).manifest_sha256
    assert written[0]["pack"]["id"] == exports.job(job.id).pack
    assert Register(nodes.desa).sent_pack(written[0]["pack"]["id"]) is not None


def _no_log(self: Any, kind: str, **members: Any) -> None:
    raise LogUnavailable(reason="test")


# --- ending --------------------------------------------------------------------------------------------


def files_of(nodes: Nodes) -> list[Path]:
    return [path for path in (nodes.desa.exchange / "exports").rglob("files/*") if path.is_file()]


@pytest.mark.pasal("7(4)")
def test_a_shut_off_ends_what_is_being_made_and_removes_what_is_finished(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    finished = export(nodes, exports)
    file = exports.file(finished.id, "parts-00001.parquet")
    waiting = exports.kick_off(permit_for(nodes), client="naker")
    assert files_of(nodes)
    assert exports.drop(Scope.of_dataset(nodes.agreement.id, "hasil-desa")) == 0
    assert exports.drop(Scope.of_client(nodes.agreement.id, "naker")) == 2
    assert files_of(nodes) == []
    for job in (finished, waiting):
        assert exports.job(job.id).state is State.CLOSED
        for fetch in (exports.manifest, lambda id: exports.file(id, "parts-00001.parquet")):
            with pytest.raises(ExportClosed):
                fetch(job.id)
    with pytest.raises(FileNotFoundError):
        file.open()
    assert exports.run_next() is None
    ended = [entry for entry in entries(nodes.desa) if entry["type"] == "exchange.export_ended"]
    assert {(entry["export"], entry["state"]) for entry in ended} == {(finished.id, "closed"), (waiting.id, "closed")}


@pytest.mark.pasal("7(4)")
def test_a_shut_off_does_not_wait_for_the_log(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    exports = exports_of(nodes)
    made = [export(nodes, exports), export(nodes, exports)]
    monkeypatch.setattr("tenun.exchange.journal.Journal.write", _no_log)
    with pytest.raises(LogUnavailable):
        exports.drop(Scope.all())
    assert files_of(nodes) == []
    assert {exports.job(job.id).state for job in made} == {State.CLOSED}


@pytest.mark.pasal("7(4)")
@pytest.mark.parametrize("after", range(1, 8))
def test_a_shut_off_at_any_place_leaves_no_file(nodes: Nodes, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    monkeypatch.setattr("tenun.exchange.parts.ROWS_MAX", 30)
    gate = Switch()
    exports = exports_of(nodes, gate=gate)
    job = exports.kick_off(permit_for(nodes), client="naker")
    gate.after = after
    done = exports.run_next()
    assert done is not None
    if done.state is State.COMPLETED:  # it was through before
        assert after >= 6
        with pytest.raises(GateClosed):
            exports.manifest(job.id)
        assert exports.drop() == 1
    assert exports.job(job.id).state is State.CLOSED
    assert files_of(nodes) == []
    with pytest.raises(GateClosed):
        exports.kick_off(permit_for(nodes), client="naker")


@pytest.mark.parametrize("after", [0, 2, 4])
def test_a_guard_that_is_silent_for_a_while_only_makes_an_export_wait(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr("tenun.exchange.parts.ROWS_MAX", 30)
    gate = Switch(reason=Reason.GUARD_SILENT)
    exports = exports_of(nodes, gate=gate)
    job = exports.kick_off(permit_for(nodes), client="naker")
    gate.after = after
    exports.run_next()
    assert exports.job(job.id).is_waiting
    gate.is_shut, gate.after = False, None
    exports.run_next()
    assert exports.job(job.id).state is State.COMPLETED


def test_a_cancelled_export_is_removed_also_while_it_is_made(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenun.exchange.parts.ROWS_MAX", 30)
    exports = exports_of(nodes)
    job = exports.kick_off(permit_for(nodes), client="naker")
    asked = iter(range(100))

    def cancel_at_the_third_place() -> bool:
        if next(asked) == 3:
            assert files_of(nodes)
            exports.cancel(job.id)
        return False

    done = exports.run_next(cancel_at_the_third_place)
    assert done is not None
    assert done.state is State.CANCELLED
    assert files_of(nodes) == []
    assert exports.cancel(job.id) == done
    with pytest.raises(ExportGone):
        exports.manifest(job.id)


def test_files_expire_and_jobs_are_forgotten(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    job = export(nodes, exports, idempotency_key="a")
    now = nodes.clock.now()
    assert exports.sweep(now + KEPT - timedelta(seconds=1)) == 0
    assert exports.sweep(now + KEPT) == 1
    assert exports.job(job.id).state is State.EXPIRED
    assert files_of(nodes) == []
    with pytest.raises(ExportGone):
        exports.file(job.id, "parts-00001.parquet")
    assert exports.sweep(now + REMEMBERED - timedelta(days=1)) == 0
    assert exports.sweep(now + REMEMBERED) == 1
    assert exports.all() == []
    assert exports.kick_off(permit_for(nodes), client="naker", idempotency_key="a").id != job.id


def test_a_revision_that_came_meanwhile_fails_the_export_and_says_so(nodes: Nodes, tmp_path: Path) -> None:
    exports = exports_of(nodes)
    job = exports.kick_off(permit_for(nodes), client="naker")
    revise(nodes, tmp_path / "draft", lambda document: document["number"].update(label="Lain"))
    done = finish(exports_of(nodes), job)
    assert done.state is State.FAILED
    with pytest.raises(ExportFailed) as refused:
        exports.manifest(job.id)
    assert refused.value.parts["reason"] == RevisionStale.code
    assert files_of(nodes) == []


def test_an_export_does_not_outlive_the_term(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    job = exports.kick_off(permit_for(nodes), client="naker")
    nodes.clock.moment = nodes.agreement.term.end
    done = finish(exports, job)
    assert done.state is State.FAILED
    assert done.error is not None
    assert done.error["code"] == NotPermitted.code


def test_other_row_rules_make_the_cursor_unknown(nodes: Nodes, tmp_path: Path) -> None:
    exports = exports_of(nodes)
    cursor = export(nodes, exports).transaction_time

    def from_seventeen(document: dict[str, Any]) -> None:
        for dataset in document["datasets"]:
            for condition in dataset["row_scope"]["conditions"]:
                if condition["operator"] == "gteq":
                    condition["value"] = 17

    revise(nodes, tmp_path / "draft", from_seventeen)
    done = export(nodes, exports_of(nodes), since=cursor)
    assert done.state is State.FAILED
    assert done.error is not None
    assert done.error["code"] == CursorUnknown.code


# --- crashes -------------------------------------------------------------------------------------------


def test_a_worker_that_is_told_to_stop_leaves_what_it_finished_to_the_next(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenun.exchange.parts.ROWS_MAX", 30)
    exports = exports_of(nodes)
    job = exports.kick_off(permit_for(nodes), client="naker")
    asked = iter(range(100))
    stopped = exports.run_next(lambda: next(asked) == 4)
    assert stopped is not None
    assert (stopped.state, stopped.done, stopped.of) == (State.RUNNING, 2, 4)
    first = {path.name: path.read_bytes() for path in files_of(nodes)}
    # What the village hands in meanwhile is not in this export: its snapshots were fixed at its beginning.
    publish_residents(nodes.desa.lake, VILLAGES[3], 5, version="2")
    assert finish(exports, job).state is State.COMPLETED
    assert {path.name: path.read_bytes() for path in files_of(nodes) if path.name in first} == first
    holding = Holding("sid-warga", permit_for(nodes).fields)
    holding.take(nodes, exports, job)
    assert len(holding.as_rows()[VILLAGES[3]]) == len(independent_selection(VILLAGES[3], 61, holding.fields))


_WORKERS = """
import os, signal, sys
from pathlib import Path
from tenun.exchange import register
from tenun.exchange.serving import building, jobs
from tests.lib import two_nodes
from tests.lib.exporting import exports_of

plain, left = register.write_durably, 0

def counted(path, content):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    plain(path, content)

for one in (register, building, jobs):
    one.write_durably = counted
building.parts.ROWS_MAX = 30

# A worker after another, each killed at one of its first five writes, until one comes through.
kills = 0
while True:
    child = os.fork()  # before anything here has started a thread
    if child == 0:
        left = 1 + kills % 5
        exports_of(two_nodes.reopen(Path(sys.argv[1]))).run_next()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if os.waitstatus_to_exitcode(status) == 0:
        break
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    kills += 1
    assert kills < 60
print(kills)
"""


def test_killed_before_any_write_an_export_goes_on_and_ends_the_same(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    job = exports.kick_off(permit_for(nodes), client="naker")
    command = [sys.executable, "-c", _WORKERS, str(nodes.folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=DRAFT.parents[1], timeout=120)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 5
    assert exports.job(job.id).state is State.COMPLETED
    holding = Holding("sid-warga", permit_for(nodes).fields)
    made = holding.take(nodes, exports, job)
    assert len(made.parts) > 1
    second = finish(exports_of(nodes), exports.kick_off(permit_for(nodes), client="naker"))
    untroubled = Holding("sid-warga", permit_for(nodes).fields)
    untroubled.take(nodes, exports, second)
    assert holding.as_rows() == untroubled.as_rows()
    assert len([one for one in Register(nodes.desa).sent() if one.get("export") == job.id]) == 1


# --- the manifest --------------------------------------------------------------------------------------


def _delta_manifest(nodes: Nodes) -> dict[str, Any]:
    exports = exports_of(nodes)
    cursor = export(nodes, exports).transaction_time
    publish_residents(nodes.desa.lake, VILLAGES[0], 30, version="2")
    publish_residents(nodes.desa.lake, VILLAGES[1], 60, version="2")
    (nodes.desa.lake.root / "core" / "sid__residents" / VILLAGES[3] / "CURRENT").unlink()
    value: dict[str, Any] = manifest_of(exports, export(nodes, exports, since=cursor))["manifest"]
    return value


def _resealed(value: dict[str, Any]) -> bytes:
    body = {name: member for name, member in value.items() if name != "pack"}
    return canonical_json.dumps({**body, "pack": canonical_json.digest(body)[:32]})


def test_an_online_manifest_that_contradicts_itself_is_refused(nodes: Nodes) -> None:
    value = _delta_manifest(nodes)
    changed = [(place["scope"], place["change"]) for place in value["online"]["places"]]
    assert changed == [(VILLAGES[3], "gone"), (VILLAGES[0], "rows"), (VILLAGES[1], "rows")]
    assert manifests.parse(_resealed(value)).is_delta
    edits = {
        "another format": lambda online: online.update(format="arrow"),
        "no such format": lambda online: online.update(format="csv"),
        "a cursor from the future": lambda online: online.update(since="2999-01-01T00:00:00.000000Z"),
        "from nothing, with changes": lambda online: online.update(since=None),
        "no instant": lambda online: online.update(transaction_time="2026-11-24"),
        "before it was made": lambda online: online.update(transaction_time="2026-11-24T02:00:00.000000Z"),
        "no key": lambda online: online.update(key=None),
        "places in another order": lambda online: online["places"].reverse(),
        "a place twice": lambda online: online["places"].insert(0, online["places"][0]),
        "a place too few": lambda online: online["places"].pop(),
        "rows of a place that is gone": lambda online: online["places"][0].update(rows=1),
        "fewer rows than came": lambda online: online["places"][2].update(rows=0),
        "a change from nothing": lambda online: online["places"][1].update(base_sha256=None),
        "whole, with another number": lambda online: online["places"][1].update(change="whole"),
        "another path": lambda online: online["deleted"][0].update(path="deleted/00002.parquet"),
        "deleted from elsewhere": lambda online: online["deleted"][0].update(scopes=[VILLAGES[2]]),
        "a member too many": lambda online: online.update(nik="x"),
    }
    for name, edit in edits.items():
        other = json.loads(json.dumps(value))
        edit(other["online"])
        with pytest.raises(ManifestMalformed):
            pytest.fail(f"{name}: {manifests.parse(_resealed(other)).pack}")
    with pytest.raises(ManifestMalformed):
        manifests.parse(_resealed({**value, "online": None}))


def test_the_result_of_a_full_export_is_computed_from_its_places(nodes: Nodes) -> None:
    exports = exports_of(nodes)
    value = manifest_of(exports, export(nodes, exports))["manifest"]
    for member, other in (("places", 3), ("rows", 1), ("sha256", "0" * 64)):
        broken = json.loads(json.dumps(value))
        broken["online"]["result"][member] = other
        with pytest.raises(ManifestMalformed, match="result"):
            manifests.parse(_resealed(broken))


def test_jobs_tell_of_themselves_without_what_is_only_kept_for_deciding(nodes: Nodes) -> None:
    job = export(nodes, exports_of(nodes))
    told = job.as_dict()
    assert told["state"] == "completed"
    assert "earlier" not in told
    assert json.loads(json.dumps(told)) == told
    assert Jobs(nodes.desa).get(job.id) == job
