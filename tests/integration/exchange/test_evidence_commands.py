"""`tenun log` and `tenun duties` on two nodes that have talked: follow, reconcile, prove, check, attest."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.vocabulary import Party
from tenun.cli import duties as duties_commands
from tenun.cli import exchange as exchange_commands
from tenun.cli import log as log_commands
from tenun.cli.main import main
from tenun.exchange import mirror, pack, receipt, reconcile, signature, unpack, witnessing
from tenun.exchange.calls import AnswerDigests, CallBook, RequestDigests, about
from tenun.exchange.reconcile import FindingKind, Subject
from tenun.exchange.station import Station, pinned_message_keys
from tenun.kernel.clock import JAKARTA
from tenun.node.home import Role
from tenun.transparency_log.log import Log
from tests.lib.two_nodes import VILLAGES, Nodes, with_clock


class Command:
    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch = patch
        self._capture = capture

    def __call__(self, *words: object) -> tuple[int, dict[str, Any]]:
        self._patch.setattr(sys, "argv", ["tenun", *(str(word) for word in words), "--json"])
        status: Any = 0
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        out = self._capture.readouterr().out
        assert out.count("\n") == 1, out
        value: dict[str, Any] = json.loads(out)
        return int(status), value


@pytest.fixture
def command(nodes: Nodes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("TENUN_HOME", str(nodes.folder))
    found = exchange_commands.station

    def at_the_nodes_time(role: Role) -> Station:
        there = found(role)
        return with_clock(replace(there, lake=nodes.of(there.party).lake), nodes.clock.moment)

    for module in (exchange_commands, log_commands, duties_commands):
        monkeypatch.setattr(module, "station", at_the_nodes_time)
    return Command(monkeypatch, capsys)


def deliver(nodes: Nodes, area: str = VILLAGES[0]) -> None:
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area=area)
    accepted = unpack.accept(nodes.naker, packed.file)
    receipt.check(nodes.desa, accepted.receipt)


def call(nodes: Nodes, number: int, *, lost_at: Party | None = None, rows_at_consumer: int = 3) -> str:
    """A call from *naker* to *desa*, told by both nodes' own books."""
    digests = RequestDigests(kid="k", signature_sha256=hashlib.sha256(b"%d" % number).hexdigest(), base_sha256="b" * 64)
    told = about(nodes.agreement, digests, operation="bulk", dataset="sid-warga", purpose="pemadanan")
    answer = AnswerDigests(status=200, signature_sha256="a" * 64, content_sha256="c" * 64, rows=3, bytes=90)
    if lost_at is not Party.NAKER:
        book = CallBook(nodes.naker)
        book.asked(told)
        book.answered(told, replace(answer, rows=rows_at_consumer))
        book.close()
    if lost_at is not Party.DESA:
        book = CallBook(nodes.desa)
        book.opened_and_closed(told, answer)
        book.close()
    return told.id


def tomorrow(nodes: Nodes) -> str:
    day = nodes.clock.moment.astimezone(JAKARTA).date().isoformat()
    nodes.later(days=1)
    return day


# --- reconciling ---------------------------------------------------------------------------------------------


@pytest.mark.pasal("3(1)b")
def test_two_nodes_that_tell_the_same_are_reconciled_without_a_finding(nodes: Nodes, command: Command) -> None:
    deliver(nodes)
    for number in range(5):
        call(nodes, number)
    day = tomorrow(nodes)
    for role, other in ((Role.NAKER, nodes.desa), (Role.DESA, nodes.naker)):
        status, said = command("log", "reconcile", "--node", role.value, "--peer", other.log, "--day", day)
        assert (status, said["is_clean"], said["findings"], said["incident_candidate"]) == (0, True, [], None)
        assert (said["counts"]["calls"], said["counts"]["matched"]) == (5, 5)
        assert said["counts"]["deliveries_matched"] == 1
        assert "pending" not in said["counts"]
    # By default it is yesterday that is looked at.
    assert command("log", "reconcile", "--peer", nodes.desa.log)[1]["day"] == day


def test_the_report_is_signed_and_its_digest_is_in_the_log(nodes: Nodes, command: Command) -> None:
    call(nodes, 1)
    day = tomorrow(nodes)
    _, said = command("log", "reconcile", "--peer", nodes.desa.log, "--day", day)
    file = Path(said["file"])
    keys = pinned_message_keys(nodes.agreement, Party.NAKER)
    token = file.with_suffix(".jws").read_text()
    assert signature.verify_detached(token, file.read_bytes(), keys=keys, typ=reconcile.REPORT)
    _, shown = command("log", "show", "--node", "naker", "--from", said["log_index"])
    (entry,) = shown["entries"]
    assert entry["entry"]["type"] == "log.reconciled"
    assert entry["entry"]["findings"] == {}
    assert [log["party"] for log in entry["entry"]["logs"]] == ["naker", "desa"]
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert entry["entry"]["report_sha256"] == digest


@pytest.mark.pasal("7(4)")
@pytest.mark.parametrize("lacking", list(Party))
def test_a_call_that_one_log_lacks_is_named_and_becomes_a_candidate_that_someone_settles(
    nodes: Nodes, command: Command, lacking: Party
) -> None:
    call(nodes, 1)
    name = call(nodes, 2, lost_at=lacking)
    day = tomorrow(nodes)
    status, said = command("log", "reconcile", "--peer", nodes.desa.log, "--day", day)
    assert status == 1
    (finding,) = said["findings"]
    assert (finding["kind"], finding["subject"], finding["key"], finding["lacking"]) == (
        FindingKind.MISSING, Subject.CALL, name, lacking,
    )  # fmt: skip
    assert (
        command("log", "reconcile", "--peer", nodes.desa.log, "--day", day)[1]["incident_candidate"]
        == (said["incident_candidate"])
    )
    _, listed = command("duties", "list", "--due")
    (duty,) = [one for one in listed["duties"] if one["kind"] == "incident-candidate"]
    assert duty["about"]["candidate"] == said["incident_candidate"]
    assert command("duties", "settle", said["incident_candidate"])[0] == 0
    assert not [one for one in command("duties", "list")[1]["duties"] if one["kind"] == "incident-candidate"]
    assert command("duties", "settle", said["incident_candidate"])[0] == 1


def test_a_count_that_one_side_tells_otherwise_is_named(nodes: Nodes, command: Command) -> None:
    call(nodes, 1, rows_at_consumer=4)
    day = tomorrow(nodes)
    status, said = command("log", "reconcile", "--peer", nodes.desa.log, "--day", day)
    assert status == 1
    assert said["findings"][0]["members"] == {"response.rows": {"desa": 3, "naker": 4}}


def test_a_finding_in_words_names_the_call_and_nobody(
    nodes: Nodes, command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(nodes, 1)
    name = call(nodes, 2, lost_at=Party.DESA)
    day = tomorrow(nodes)
    monkeypatch.setattr(sys, "argv", ["tenun", "log", "reconcile", "--peer", str(nodes.desa.log), "--day", day])
    with pytest.raises(SystemExit):
        main()
    out = capsys.readouterr().out
    assert out.count(name[:16]) == 2
    assert "tidak ada pada log desa" in out
    assert "is not in the log of desa" in out


def test_a_log_of_the_peer_that_was_altered_is_told_and_not_followed(nodes: Nodes, command: Command) -> None:
    call(nodes, 1)
    assert command("log", "follow", "--peer", nodes.desa.log)[1]["size"] == 2
    call(nodes, 2)
    Log(nodes.desa.log, nodes.desa.log_signer()).settle()
    (bundle,) = (nodes.desa.log / "tile" / "entries").rglob("000.p/*")
    bundle.write_bytes(bundle.read_bytes().replace(b'"rows":3', b'"rows":9'))
    status, said = command("log", "follow", "--peer", nodes.desa.log)
    assert (status, said["size"]) == (1, 2)
    assert said["faults"]
    day = tomorrow(nodes)
    status, said = command("log", "reconcile", "--peer", nodes.desa.log, "--day", day)
    assert status == 1
    assert said["incident_candidate"]
    assert {log["party"]: bool(log["faults"]) for log in said["logs"]} == {"naker": False, "desa": True}


def test_a_log_of_ours_that_was_altered_is_the_finding_itself_and_says_nothing_of_the_peers(
    nodes: Nodes, command: Command
) -> None:
    call(nodes, 1)
    Log(nodes.naker.log, nodes.naker.log_signer()).settle()
    (bundle,) = (nodes.naker.log / "tile" / "entries").rglob("000.p/*")
    bundle.write_bytes(bundle.read_bytes().replace(b'"rows":3', b'"rows":9'))
    day = tomorrow(nodes)
    status, said = command("log", "reconcile", "--peer", nodes.desa.log, "--day", day)
    assert (status, said["error"]["code"]) == (1, "exchange.log_unavailable")  # nothing more is written into it
    report = json.loads((nodes.naker.exchange / "reconciliations" / f"{day}.json").read_bytes())
    assert {log["party"]: bool(log["faults"]) for log in report["logs"]} == {"naker": True, "desa": False}
    assert report["findings"] == []
    (candidate,) = reconcile.candidates(nodes.naker)
    assert candidate["logs_at_fault"] == ["naker"]


def test_every_day_that_is_over_is_due_once_and_the_oldest_first(nodes: Nodes, command: Command) -> None:
    assert mirror.day_due(nodes.naker) is None  # nothing was ever written
    call(nodes, 1)
    today = nodes.clock.now().astimezone(JAKARTA).date()
    assert mirror.day_due(nodes.naker) is None
    nodes.later(days=3)
    fetch = mirror.from_folder(nodes.desa.log)
    due = []
    while (day := mirror.day_due(nodes.naker)) is not None:
        due.append(day)
        assert mirror.reconcile_with(nodes.naker, nodes.agreement, fetch, day=day).report
    assert due == [today + timedelta(days=number) for number in range(3)]


def test_a_peer_that_cannot_be_reached_leaves_the_day_due(nodes: Nodes, command: Command) -> None:
    def away(path: str) -> bytes:
        raise ConnectionRefusedError

    call(nodes, 1)
    nodes.later(days=1)
    day = mirror.day_due(nodes.naker)
    assert day is not None
    with pytest.raises(ConnectionRefusedError):
        mirror.reconcile_with(nodes.naker, nodes.agreement, away, day=day)
    assert mirror.day_due(nodes.naker) == day


# --- verifying and proving -----------------------------------------------------------------------------------


def test_the_peers_log_is_verified_by_its_keys_and_by_what_we_have_signed(nodes: Nodes, command: Command) -> None:
    call(nodes, 1)
    watching = witnessing.witness_of(nodes.naker, nodes.agreement)

    def post(path: str, body: bytes) -> tuple[int, bytes]:
        answer = watching.add_checkpoint(body)
        return answer.status, answer.body

    witnessing.keep_witnessed(nodes.desa, nodes.agreement, post)
    command("log", "follow", "--peer", nodes.desa.log)
    status, said = command("log", "verify", "--node", "naker", "--peer")
    assert (status, said["logs"]["naker"]["party"], said["logs"]["naker"]["size"]) == (0, "desa", 2)
    status, said = command("log", "verify", nodes.desa.log, "--node", "naker", "--peer")
    assert status == 0
    # Another history, as sound in itself as the first.
    other = Log(nodes.folder / "other", nodes.desa.log_signer())
    other.append_all([b"{}", b"{}", b"{}"])
    status, said = command("log", "verify", other.folder, "--node", "naker", "--peer")
    assert status == 1
    assert {finding["code"] for finding in said["logs"]["naker"]["findings"]} == {"log.history_changed"}


@pytest.mark.pasal("3(1)b")
@pytest.mark.parametrize("is_witnessed", [True, False])
def test_a_proof_is_made_and_checked_with_the_keys_of_the_agreement(
    nodes: Nodes, command: Command, tmp_path: Path, is_witnessed: bool
) -> None:
    call(nodes, 1)
    if is_witnessed:
        watching = witnessing.witness_of(nodes.desa, nodes.agreement)

        def post(path: str, body: bytes) -> tuple[int, bytes]:
            answer = watching.add_checkpoint(body)
            return answer.status, answer.body

        witnessing.keep_witnessed(nodes.naker, nodes.agreement, post)
    file, entry = tmp_path / "bukti.txt", tmp_path / "entri.json"
    status, said = command("log", "proof", 1, "--out", file, "--entry", entry)
    assert (status, said["is_witnessed"]) == (0, is_witnessed)
    # The other party checks it, with nothing but its copy of the agreement.
    status, said = command("log", "proof", "check", file, "--entry", entry, "--node", "desa")
    assert (status, said["log"], said["index"], said["witnessed_by"]) == (
        0, "naker", 1, "desa" if is_witnessed else None,
    )  # fmt: skip
    entry.write_bytes(entry.read_bytes() + b" ")
    status, said = command("log", "proof", "check", file, "--entry", entry)
    assert (status, said["error"]["code"]) == (1, "log.proof_refused")


@pytest.mark.parametrize(
    "words", [("proof", "99"), ("proof", "x"), ("proof", "check"), ("follow", "--peer", "nowhere")]
)
def test_what_cannot_be_is_refused_in_words(nodes: Nodes, command: Command, words: tuple[str, ...]) -> None:
    call(nodes, 1)
    status, said = command("log", *words)
    assert status in (1, 2)
    assert said["error"]["message"]["id"]


# --- duties ----------------------------------------------------------------------------------------------------


def act(nodes: Nodes, kind: Kind, body: dict[str, Any]) -> str:
    names = {}
    for party in Party:
        there = nodes.of(party)
        chain = Chain(there.acts, agreement=there.agreement, own_keys=there.keys, clock=nodes.clock)
        if party is Party.DESA:
            names[party] = chain.act(kind, by=party, keys=there.keys, body=body)
        else:
            chain.take(names[Party.DESA].signed.content)
    return names[Party.DESA].hash


@pytest.mark.pasal("7(4)")
def test_quarantine_by_command_holds_and_ends_with_the_reinstatement(nodes: Nodes, command: Command) -> None:
    deliver(nodes)
    shut = act(nodes, Kind.SHUT_OFF, {"scope": {"kind": "agreement"}, "event": "hack", "reason": "Diretas."})
    nodes.later(minutes=1)
    status, said = command("duties", "order", "--act", shut, "--kind", "quarantine", "--dataset", "sid-warga")
    assert (status, said["held"]) == (0, 1)
    nodes.later(minutes=1)
    act(nodes, Kind.REINSTATE, {"opens": [shut], "reason": "Bersih."})
    assert command("duties", "apply")[1]["held"] == 0
    assert command("duties", "order", "--act", shut, "--kind", "quarantine")[0] == 1


@pytest.mark.pasal("13")
def test_an_addendum_is_what_deletion_rests_on(nodes: Nodes, command: Command) -> None:
    deliver(nodes)
    shut = act(nodes, Kind.SHUT_OFF, {"scope": {"kind": "agreement"}, "event": "hack", "reason": "Diretas."})
    status, said = command("duties", "order", "--act", shut, "--kind", "deletion", "--due", "2026-12-31")
    assert (status, said["error"]["code"]) == (1, "exchange.order_without_act")
    assert command("duties", "attest", "--act", shut)[1]["error"]["code"] == "exchange.nothing_ordered"


@pytest.mark.pasal("9(1)")
def test_the_list_shows_what_is_due_with_its_clause(nodes: Nodes, command: Command) -> None:
    deliver(nodes)
    _, everything = command("duties", "list")
    clauses = {one["clause"] for one in everything["duties"]}
    assert {"7(1)", "7(2)", "9(1)"} <= clauses
    _, pressing = command("duties", "list", "--due")
    assert [one["id"] for one in pressing["duties"]] == ["report:1"]
    nodes.later(days=364)
    _, pressing = command("duties", "list", "--due")
    assert "data-life" in {one["kind"] for one in pressing["duties"]}
