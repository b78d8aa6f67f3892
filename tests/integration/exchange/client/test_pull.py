"""From one node's lake to the other's over HTTP: what arrives is what was agreed, and what fails leaves no trace."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement.vocabulary import Party
from tenun.exchange import pack, receipt, unpack
from tenun.exchange import refusals as r
from tenun.exchange.calls import CallBook
from tenun.exchange.client import AnswerNotBelieved, FileAltered, PeerUnreachable, Refused
from tenun.exchange.client.node import AnswerOtherThanAsked, Consumer
from tenun.exchange.client.pulls import PullUnderWay, only_one, under_way
from tenun.exchange.client.refusals import AnswerLate
from tenun.exchange.client.transport import Call
from tenun.exchange.gate import GateClosed
from tenun.exchange.holdings import BaseOther
from tenun.exchange.register import Register
from tenun.exchange.serving import content
from tenun.exchange.wire import problems
from tenun.exchange.wire.messages import Response
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer
from tests.integration.exchange.client.conftest import Waits
from tests.lib.exporting import Switch, content_of, export, exports_of, manifest_of, signed_manifest
from tests.lib.forger import archived, closed
from tests.lib.provider_server import Exchange, Provider
from tests.lib.pulling import consumer_of, entries
from tests.lib.two_nodes import VILLAGES, Nodes, copy_of, person, publish_residents

ASK: dict[str, Any] = {"dataset": "sid-warga", "purpose": "pemadanan", "area": "53.17"}
INSIDE = tuple(village for village in VILLAGES if village.startswith("53.17"))


def rows_at_naker(nodes: Nodes) -> dict[str, str]:
    """By village, a digest of all that naker holds as current: both tables, opened."""
    lake = nodes.naker.lake
    found = {}
    for scope in lake.scopes(layer=Layer.CORE, dataset="sid__residents"):
        snapshot = lake.current(layer=Layer.CORE, dataset="sid__residents", scope=scope)
        tables = [lake.read(snapshot, "persons").sort_by("person_id")]
        if "identifiers" in snapshot.tables:
            tables.append(lake._open_sealed(snapshot, "identifiers", None).sort_by("person_id"))
        found[scope] = " ".join(f"{table.num_rows}:{content.sha256(table)}" for table in tables)
    return found


def lake_files(nodes: Nodes) -> dict[str, str]:
    root = nodes.naker.lake.root
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


# --- what arrives --------------------------------------------------------------------------------------


@pytest.mark.pasal("2a", "3(1)b", "3(2)b")
@pytest.mark.parametrize("format", ["parquet", "arrow", "ndjson"])
def test_what_is_pulled_equals_what_comes_by_file(
    nodes: Nodes, provider: Provider, address: str, tmp_path: Path, format: str
) -> None:
    by_file = copy_of(nodes, tmp_path / "by-file")
    unpack.accept(by_file.naker, pack.build(by_file.desa, **ASK).file)
    pulled = consumer_of(nodes.naker, address).pull(**ASK, format=format)
    assert rows_at_naker(nodes) == rows_at_naker(by_file)
    assert pulled.accepted["format"] == format
    assert pulled.has_receipt_sent
    assert set(rows_at_naker(nodes)) == set(INSIDE)


def test_the_provider_gets_a_receipt_that_holds(nodes: Nodes, provider: Provider, address: str, tmp_path: Path) -> None:
    pulled = consumer_of(nodes.naker, address).pull(**ASK)
    file = tmp_path / "receipt.jws"
    file.write_bytes(provider.receipts[0])
    assert receipt.check(nodes.desa, file).receipt.rows == pulled.accepted["rows"]


def test_data_keep_label_and_moment(nodes: Nodes, provider: Provider, address: str) -> None:
    consumer_of(nodes.naker, address).pull(**ASK)
    snapshot = nodes.naker.lake.current(layer=Layer.CORE, dataset="sid__residents", scope=INSIDE[0])
    assert snapshot.details["label"]["agreement"]["rev"] == nodes.agreement.rev
    assert snapshot.received == nodes.clock.moment
    assert snapshot.details["invented"] is True
    assert snapshot.tables["identifiers"].is_sealed


def test_nothing_of_a_finished_pull_stays_beside_the_lake(nodes: Nodes, provider: Provider, address: str) -> None:
    consumer_of(nodes.naker, address).pull(**ASK)
    assert under_way(nodes.naker) == []
    left = [path for path in (nodes.naker.exchange / "pulls").rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["lock"]


@pytest.mark.pasal("7(1)")
def test_nothing_that_is_fetched_lies_in_plain(nodes: Nodes, provider: Provider, address: str) -> None:
    provider.on("receipt", lambda exchange: setattr(exchange, "is_silent", True))
    provider.on("file", lambda exchange: setattr(exchange, "cut_at", 2000), only=1)

    class Killed(BaseException):
        pass

    def die(stage: str, done: int, of: int | None) -> None:
        if stage == "take in":
            raise Killed

    with pytest.raises(Killed):
        consumer_of(nodes.naker, address).pull(**ASK, format="ndjson", progress=die)
    files = [path for path in (nodes.naker.exchange / "pulls").rglob("*") if path.is_file()]
    assert any(path.name.startswith("parts-") for path in files)
    everything = b"".join(path.read_bytes() for path in files)
    assert b"PAR1" not in everything
    assert b"\x1f\x8b\x08" not in everything[:100_000]
    for number in range(40):
        one = person(INSIDE[0], number)
        assert str(one["full_name"]).encode() not in everything
        assert str(one["person_id"]).encode() not in everything


def test_each_call_is_in_the_log_before_it_leaves_and_after_it_was_answered(
    nodes: Nodes, provider: Provider, address: str
) -> None:
    consumer_of(nodes.naker, address).pull(**ASK)
    log = entries(nodes.naker)
    asked = [entry for entry in log if entry["type"] == "call.asked"]
    answered = {entry["call"]: entry for entry in log if entry["type"] == "call.answered"}
    from tenun.exchange.wire import signatures

    signed = [request for _, request in provider.seen if "signature" in request.headers]
    assert [entry["call"] for entry in asked] == [signatures.call_id(request) for request in signed]
    assert {entry["call"] for entry in asked} == set(answered)
    files = [entry for entry in asked if entry.get("step") == "file"]
    assert sum(answered[entry["call"]]["response"]["rows"] for entry in files) == sum(
        int(one.split(":")[0]) for one in rows_at_naker(nodes).values()
    )
    assert all(entry["operation"] == "bulk" for entry in files)
    assert CallBook(nodes.naker).open_calls() == []


def test_nobody_is_named_in_log_register_or_folders(nodes: Nodes, provider: Provider, address: str) -> None:
    """Pasal 7(1)."""
    consumer = consumer_of(nodes.naker, address)
    consumer.pull(**ASK)
    consumer.ask(dataset="sid-warga", purpose="pemadanan", person={"nik": "9" * 16}, ticket="TIKET/1")
    texts = []
    for folder in (nodes.naker.log, nodes.naker.exchange):
        for path in folder.rglob("*"):
            texts.append(str(path).encode())
            if path.is_file():
                texts.append(path.read_bytes())
    everything = b"\n".join(texts)
    assert b"9" * 16 not in everything
    for number in range(40):
        one = person(INSIDE[0], number)
        for field in ("nik", "full_name", "mother_name", "person_id"):
            if one[field] is not None:
                assert str(one[field]).encode() not in everything


# --- changes only ----------------------------------------------------------------------------------------


def change(nodes: Nodes, village: str, count: int, *, version: str = "2") -> None:
    publish_residents(nodes.desa.lake, village, count, version=version)


@pytest.mark.pasal("3(1)b")
@pytest.mark.parametrize("format", ["parquet", "arrow", "ndjson"])
def test_changes_alone_lead_to_the_same_rows_as_everything(
    nodes: Nodes, provider: Provider, address: str, tmp_path: Path, format: str
) -> None:
    consumer = consumer_of(nodes.naker, address)
    first = consumer.pull(**ASK, format=format, since="last")
    assert first.accepted["online"]["since"] is None
    nodes.later(hours=1)
    change(nodes, INSIDE[0], 55)  # more
    change(nodes, INSIDE[1], 20)  # fewer
    publish_residents(nodes.desa.lake, "53.17.03.2001", 12)  # another
    second = consumer.pull(**ASK, format=format, since="last")
    assert second.accepted["online"]["since"] == first.accepted["online"]["transaction_time"]
    assert not second.has_fallen_back
    assert second.accepted["places"] == 3
    afresh = copy_of(nodes, tmp_path / "afresh")
    unpack.accept(afresh.naker, pack.build(afresh.desa, **ASK).file)
    assert rows_at_naker(nodes) == {**rows_at_naker(nodes), **rows_at_naker(afresh)}
    assert set(rows_at_naker(nodes)) == set(rows_at_naker(afresh))


def test_a_place_that_is_gone_is_empty_afterwards(nodes: Nodes, provider: Provider, address: str) -> None:
    import shutil

    consumer = consumer_of(nodes.naker, address)
    consumer.pull(**ASK, since="last")
    nodes.later(hours=1)
    shutil.rmtree(nodes.desa.lake.root / "core/sid__residents" / INSIDE[2])
    consumer.pull(**ASK, since="last")
    empty, *_ = rows_at_naker(nodes)[INSIDE[2]].split(":")
    assert empty == "0"
    snapshot = nodes.naker.lake.current(layer=Layer.CORE, dataset="sid__residents", scope=INSIDE[2])
    assert snapshot.details["label"]["purpose"] == "pemadanan"


def test_nothing_changed_brings_nothing_and_moves_the_cursor(nodes: Nodes, provider: Provider, address: str) -> None:
    consumer = consumer_of(nodes.naker, address)
    first = consumer.pull(**ASK, since="last")
    before = rows_at_naker(nodes)
    nodes.later(hours=1)
    second = consumer.pull(**ASK, since="last")
    assert second.accepted["rows"] == 0
    assert second.accepted["online"]["transaction_time"] > first.accepted["online"]["transaction_time"]
    assert rows_at_naker(nodes) == before


def test_changes_to_another_state_are_not_applied_and_everything_is_asked_for(
    nodes: Nodes, provider: Provider, address: str
) -> None:
    consumer = consumer_of(nodes.naker, address)
    first = consumer.pull(**ASK, since="last")
    note = next((nodes.naker.exchange / "holdings").glob("*.json"))
    value = json.loads(note.read_bytes())
    value["places"][INSIDE[0]][2] = "2026-11-01-000000000000"
    note.write_text(json.dumps(value))
    nodes.later(hours=1)
    change(nodes, INSIDE[0], 55)
    before = lake_files(nodes)
    with pytest.raises(BaseOther):
        consumer.pull(**ASK, since=first.accepted["online"]["transaction_time"])
    assert lake_files(nodes) == before
    pulled = consumer.pull(**ASK, since="last")
    assert pulled.has_fallen_back
    assert pulled.accepted["online"]["since"] is None
    assert rows_at_naker(nodes)[INSIDE[0]].startswith("4")


def test_a_cursor_that_the_provider_has_forgotten_means_everything(
    nodes: Nodes, provider: Provider, address: str
) -> None:
    import shutil

    consumer = consumer_of(nodes.naker, address)
    consumer.pull(**ASK, since="last")
    shutil.rmtree(nodes.desa.exchange / "exports")
    nodes.later(hours=1)
    assert consumer.pull(**ASK, since="last").has_fallen_back


def test_a_lost_note_means_everything(nodes: Nodes, provider: Provider, address: str) -> None:
    consumer = consumer_of(nodes.naker, address)
    consumer.pull(**ASK, since="last")
    for path in (nodes.naker.exchange / "holdings").glob("*.json"):
        path.write_bytes(b"{")
    nodes.later(hours=1)
    assert consumer.pull(**ASK, since="last").accepted["online"]["since"] is None


# --- what is not taken in ----------------------------------------------------------------------------------


def respelt(provider: Provider, alter: Callable[[dict[str, Any]], None]) -> Callable[[Exchange], None]:
    """A manifest document that was altered, in a truly signed answer; what is in it keeps its old signature."""

    def change(exchange: Exchange) -> None:
        value = json.loads(exchange.response.body)
        alter(value)
        answer = Response(200, {"content-type": "application/json"}, json.dumps(value).encode())
        exchange.response = provider.signed(answer, exchange.request)

    return change


def refused(nodes: Nodes, address: str, error: type[TenunError], **more: Any) -> TenunError:
    before = lake_files(nodes)
    with pytest.raises(error) as problem:
        consumer_of(nodes.naker, address, **more).pull(**ASK)
    assert lake_files(nodes) == before
    last = [entry for entry in entries(nodes.naker) if entry["type"] == "exchange.refused"][-1]
    assert last["code"] == problem.value.code
    return problem.value


def test_an_altered_manifest_is_found_whatever_the_connection_says(
    nodes: Nodes, provider: Provider, address: str
) -> None:
    provider.on("manifest", respelt(provider, lambda value: value["manifest"].update(rows=1)))
    refused(nodes, address, r.SignatureInvalid)


def test_another_delivery_than_the_one_asked_for_is_refused(nodes: Nodes, provider: Provider, address: str) -> None:
    other = consumer_of(nodes.naker, address)
    documents: list[bytes] = []
    provider.on("manifest", lambda exchange: documents.append(exchange.response.body), only=1)
    provider.on("file", lambda exchange: setattr(exchange, "is_silent", True))
    with pytest.raises(PeerUnreachable):
        other.pull(**{**ASK, "area": "53.17.01"})

    def swap(exchange: Exchange) -> None:
        answer = Response(200, {"content-type": "application/json"}, documents[0])
        exchange.response = provider.signed(answer, exchange.request)

    provider.changes.clear()
    provider.on("manifest", swap)
    refused(nodes, address, AnswerOtherThanAsked)


def test_files_that_are_others_than_the_manifest_says_never_enter(
    nodes: Nodes, provider: Provider, address: str
) -> None:
    def flip(exchange: Exchange) -> None:
        exchange.content = exchange.content[:-1] + bytes([exchange.content[-1] ^ 1])

    provider.on("file", flip)
    refused(nodes, address, FileAltered)


def test_an_unsigned_error_page_changes_nothing(nodes: Nodes, provider: Provider, address: str) -> None:
    def page(exchange: Exchange) -> None:
        exchange.response, exchange.content = Response(500, {}, b"oops"), b""

    provider.on("file", page)
    refused(nodes, address, AnswerNotBelieved)
    calls = [entry for entry in entries(nodes.naker) if entry["type"] == "call.answered"]
    assert calls[-1]["code"] == "exchange.answer_unsigned"
    assert "response" not in calls[-1]


@pytest.mark.pasal("7(1)")
def test_what_our_own_agreement_does_not_give_is_not_even_asked_for(
    nodes: Nodes, provider: Provider, address: str
) -> None:
    with pytest.raises(r.NotPermitted) as problem:
        consumer_of(nodes.naker, address).pull(**{**ASK, "purpose": "statistik-desa"}, fields=["person_id", "nik"])
    assert "nik" in json.dumps(problem.value.as_dict())
    assert provider.seen == []
    last = entries(nodes.naker)[-1]
    assert (last["type"], last["decision"]["is_permit"]) == ("exchange.refused", False)


def test_a_node_does_not_pull_what_it_gives(nodes: Nodes, provider: Provider, address: str) -> None:
    with pytest.raises(r.WrongNode):
        consumer_of(nodes.naker, address).pull(dataset="siapkerja-lowongan", purpose="statistik-desa")
    assert provider.seen == []


def test_an_export_is_no_pack(nodes: Nodes, tmp_path: Path) -> None:
    exports = exports_of(nodes)
    job = export(nodes, exports, area="53.17")
    document = manifest_of(exports, job)
    made = signed_manifest(nodes, exports, job)
    members = {"manifest.json": made.encode(), "manifest.jws": document["signature"].encode()}
    members |= {entry.path: content_of(exports, job, entry) for entry in made.parts}
    with pytest.raises(r.ManifestMalformed) as problem:
        unpack.accept(nodes.naker, closed(nodes, archived(members), tmp_path / "p.age", to=Party.NAKER))
    assert problem.value.parts["member"] == "/online"


# --- the gate ----------------------------------------------------------------------------------------------


@pytest.mark.pasal("7(4)")
def test_behind_a_closed_gate_nothing_is_asked(nodes: Nodes, provider: Provider, address: str) -> None:
    problem = refused(nodes, address, GateClosed, gate=Switch(is_shut=True))
    assert provider.seen == []
    assert problem.code == "exchange.shut_off"


@pytest.mark.pasal("7(4)")
def test_wherever_the_gate_closes_nothing_enters_and_nothing_stays(nodes: Nodes, address: str, tmp_path: Path) -> None:
    """After each number of questions in turn, until a pull gets through."""
    for after in range(0, 400, 2):  # our own calls ask for both parties
        gate = Switch(after=after)
        before = lake_files(nodes)
        try:
            consumer_of(nodes.naker, address, gate=gate).pull(**ASK)
        except (GateClosed, AnswerLate):
            assert lake_files(nodes) == before
            assert under_way(nodes.naker) == []
            assert not list((nodes.naker.exchange / "pulls").glob("*/files/*"))
        else:
            break
    assert after > 10
    assert CallBook(nodes.naker).open_calls() == []
    late = [entry for entry in entries(nodes.naker) if entry.get("code") == "exchange.answer_late"]
    assert late


@pytest.mark.pasal("7(4)")
def test_what_was_cut_off_there_ends_here_too(nodes: Nodes, provider: Provider, address: str) -> None:
    def cut(exchange: Exchange) -> None:
        from tenun.exchange.gate import Reason

        told = problems.of(GateClosed(scope="all", reason=Reason.LEAK))
        answer = Response(told.status, told.headers, json.dumps(told.document).encode())
        exchange.response, exchange.content = provider.signed(answer, exchange.request), b""

    provider.on("file", cut)
    problem = refused(nodes, address, Refused)
    assert isinstance(problem, Refused)
    assert problem.type == "agreement-shut-off"
    assert under_way(nodes.naker) == []


def asks_beside_a_pull(consumer: Consumer) -> dict[str, Callable[[], object]]:
    """Every call that a shut-off stops and that is no step of a pull, by its step at the provider."""
    client = consumer.client()
    grant = client.grant(dataset="sid-warga", operation="bulk", purpose="pemadanan", fields=["nik"], area="53.17")
    return {
        "token": lambda: client.token(grant),
        "introspect": lambda: client.introspect("a.b.c"),
        "v1-catalog": client.catalogue,
        "acts-later": lambda: client.call(Call("GET", f"{client.credentials.base}/acts-later")),
    }


@pytest.mark.pasal("7(4)")
@pytest.mark.parametrize("step", ["token", "introspect", "v1-catalog", "acts-later"])
def test_behind_a_closed_gate_neither_a_token_nor_the_catalogue_is_asked_for(
    nodes: Nodes, provider: Provider, address: str, step: str
) -> None:
    consumer = consumer_of(nodes.naker, address, gate=Switch(is_shut=True))
    with pytest.raises(GateClosed):
        asks_beside_a_pull(consumer)[step]()
    assert provider.seen == []


@pytest.mark.pasal("7(4)")
@pytest.mark.parametrize("step", ["token", "v1-catalog"])
def test_a_token_or_a_catalogue_that_comes_after_the_gate_closed_is_thrown_away(
    nodes: Nodes, provider: Provider, address: str, step: str
) -> None:
    gate = Switch()
    consumer = consumer_of(nodes.naker, address, gate=gate)
    ask = asks_beside_a_pull(consumer)[step]
    provider.on(step, lambda exchange: setattr(gate, "is_shut", True), only=1)
    with pytest.raises(AnswerLate):
        ask()
    gate.is_shut = False
    assert ask()
    assert provider.steps() == [step, step]  # nothing of the first one was kept


@pytest.mark.pasal("7(4)")
def test_closing_one_dataset_stops_its_tokens_and_leaves_the_catalogue(
    nodes: Nodes, provider: Provider, address: str
) -> None:
    class OneShut(Switch):
        def epoch(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> str:
            self.is_shut = dataset == "sid-warga"
            return super().epoch(agreement=agreement, dataset=dataset, client=client)

    asks = asks_beside_a_pull(consumer_of(nodes.naker, address, gate=OneShut()))
    with pytest.raises(GateClosed):
        asks["token"]()
    assert asks["v1-catalog"]()
    assert provider.steps() == ["v1-catalog"]


def test_evidence_goes_on_behind_a_closed_gate(nodes: Nodes, provider: Provider, address: str) -> None:
    consumer = consumer_of(nodes.naker, address, gate=Switch(is_shut=True))
    assert consumer.send_event(b"{}") == 202
    client = consumer.client()
    asked = [client.acts, client.state, client.metadata, client.node, client.log_checkpoint]
    assert all(ask() for ask in asked)
    assert client.post_receipt(b"a.b.c") is not None


# --- receipts --------------------------------------------------------------------------------------------


def test_a_receipt_that_cannot_be_handed_over_waits(nodes: Nodes, provider: Provider, address: str) -> None:
    provider.on("receipt", lambda exchange: setattr(exchange, "is_silent", True))
    consumer = consumer_of(nodes.naker, address)
    pulled = consumer.pull(**ASK)
    assert not pulled.has_receipt_sent
    assert Register(nodes.naker).received()[0]["state"] == "accepted"
    assert consumer.send_receipts() == 1
    provider.changes.clear()
    assert consumer.send_receipts() == 0
    assert len(set(provider.receipts)) == 1
    assert under_way(nodes.naker) == []


def test_the_next_pull_hands_over_the_last_receipt_and_begins_anew(
    nodes: Nodes, provider: Provider, address: str
) -> None:
    provider.on("receipt", lambda exchange: setattr(exchange, "is_silent", True))
    consumer = consumer_of(nodes.naker, address)
    first = consumer.pull(**ASK)
    provider.changes.clear()
    nodes.later(hours=1)
    second = consumer.pull(**ASK, since="last")
    assert second.accepted["online"]["since"] == first.accepted["online"]["transaction_time"]
    assert len(set(provider.receipts)) == 2


# --- killed ------------------------------------------------------------------------------------------------

PLACES = [
    "pull.before_asking",
    "pull.after_asking",
    "pull.before_manifest_kept",
    "pull.before_download",
    "pull.after_download",
    "pull.before_acceptance_logged",
    "pull.before_taking_in",
    "pull.between_places#1",
    "pull.between_places#2",
    "pull.after_taking_in",
    "pull.before_receipt",
    "pull.after_receipt",
    "log.before_tiles#3",
]


def pull_in_a_process(nodes: Nodes, address: str, asked: dict[str, Any], *, crash_at: str = "") -> Any:
    environment = {**os.environ, "TENUN_CRASH_AT": crash_at}
    moment = nodes.clock.moment.isoformat()
    command = [sys.executable, "-m", "tests.lib.pulling", str(nodes.folder), address, moment, json.dumps(asked)]
    return subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False)


@pytest.fixture
def expected(nodes: Nodes, tmp_path: Path) -> dict[str, str]:
    by_file = copy_of(nodes, tmp_path / "expected")
    unpack.accept(by_file.naker, pack.build(by_file.desa, **ASK).file)
    return rows_at_naker(by_file)


@pytest.mark.parametrize("place", PLACES)
def test_killed_anywhere_and_called_again_it_has_the_effect_of_once(
    nodes: Nodes, provider: Provider, address: str, waits: Waits, expected: dict[str, str], place: str
) -> None:
    killed = pull_in_a_process(nodes, address, ASK, crash_at=place)
    assert killed.returncode == -9, killed.stderr.decode()[-2000:]
    again = consumer_of(nodes.naker, address).pull(**ASK)
    assert rows_at_naker(nodes) == expected
    assert again.has_receipt_sent
    assert len(provider.exports.all()) == 1
    assert [record["state"] for record in Register(nodes.naker).received()] == ["accepted"]
    assert len(set(provider.receipts)) == 1
    for village in INSIDE:
        assert len(nodes.naker.lake.history(layer=Layer.CORE, dataset="sid__residents", scope=village)) == 1
    assert under_way(nodes.naker) == []
    assert CallBook(nodes.naker).open_calls() == []


@pytest.mark.parametrize("place", ["pull.before_taking_in", "pull.between_places#1", "pull.after_taking_in"])
def test_killed_while_changes_are_applied_it_ends_in_the_same_state(
    nodes: Nodes, provider: Provider, address: str, tmp_path: Path, place: str
) -> None:
    asked = {**ASK, "since": "last"}
    consumer_of(nodes.naker, address).pull(**asked)
    nodes.later(hours=1)
    change(nodes, INSIDE[0], 55)
    change(nodes, INSIDE[1], 20)
    killed = pull_in_a_process(nodes, address, asked, crash_at=place)
    assert killed.returncode == -9, killed.stderr.decode()[-2000:]
    again = consumer_of(nodes.naker, address).pull(**asked)
    assert not again.has_fallen_back
    afresh = copy_of(nodes, tmp_path / "afresh")
    unpack.accept(afresh.naker, pack.build(afresh.desa, **ASK).file)
    assert rows_at_naker(nodes) == rows_at_naker(afresh)
    assert len(Register(nodes.naker).received()) == 2


def test_two_processes_do_not_pull_the_same_at_once(nodes: Nodes, provider: Provider, address: str) -> None:
    consumer = consumer_of(nodes.naker, address)
    provider.on("file", lambda exchange: setattr(exchange, "is_silent", True))
    with pytest.raises(PeerUnreachable):
        consumer.pull(**ASK)
    stream = under_way(nodes.naker)[0].stream
    with only_one(nodes.naker, stream, dataset="sid-warga"), pytest.raises(PullUnderWay):
        consumer_of(nodes.naker, address).pull(**ASK)
