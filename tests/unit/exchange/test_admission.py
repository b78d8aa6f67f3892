"""The order of the pipeline, step by step: what is refused first, what a stranger learns, what each refusal costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tenun.agreement import party_jwk
from tenun.agreement.standing import Standing
from tenun.agreement.vocabulary import Operation, Party
from tenun.exchange.admission.doorstep import COUNTED_EVERY, LISTED_AT_ONCE, LISTED_EVERY, Doorstep
from tenun.exchange.admission.pipeline import Admission
from tenun.exchange.admission.refusals import AnswerFailed, CallRefused, ShutOff
from tenun.exchange.admission.visit import Ask, Caller
from tenun.exchange.calls import CallBook
from tenun.exchange.gate import GateClosed, Reason
from tenun.exchange.refusals import NotPermitted
from tenun.exchange.wire import dpop, signatures, tokens
from tenun.exchange.wire.grants import Grant
from tenun.exchange.wire.messages import Request, Response
from tenun.exchange.wire.replay import MemoryReplay, StoreUnavailable
from tests.lib.api_calls import log_of
from tests.lib.two_nodes import Nodes, open_nodes

FIELDS = ("birth_date", "full_name", "nik", "person_id")
ASK = Ask(operation=Operation.BULK, dataset="sid-warga", purpose="pemadanan", fields=frozenset(FIELDS), area="53.17")
PATH = "/v1/agreements/sid-siapkerja/exports"


class Door:
    """A gate that a test closes."""

    def __init__(self) -> None:
        self.is_shut = False
        self.now = "1"
        self.when_asked: Any = None

    def epoch(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> str:
        if self.when_asked is not None:
            self.when_asked()
        if self.is_shut:
            raise GateClosed(scope="all", reason=Reason.HACK)
        return self.now

    def is_open(self, **_: Any) -> bool:
        return not self.is_shut


class Counted(MemoryReplay):
    """Says how often it was asked."""

    asked = 0

    def remember(self, kind: str, values: Sequence[str], *, expires: datetime) -> bool:
        self.asked += 1
        return super().remember(kind, values, expires=expires)


class Away(MemoryReplay):
    def remember(self, kind: str, values: Sequence[str], *, expires: datetime) -> bool:
        raise StoreUnavailable()


class Desk:
    """*desa*'s pipeline, and *naker* making requests."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.gate = Door()
        self.replay = Counted(clock=nodes.clock)
        self.parsed: list[Caller] = []
        self.open()

    def open(self, **changed: Any) -> None:
        station = self.nodes.desa
        standing = Standing(station.agreement, station.acts, own_keys=station.keys)
        self.book = CallBook(station)
        self.admission = Admission(
            station, standing, self.gate, changed.pop("replay", self.replay), self.book, **changed
        )

    @property
    def issuer(self) -> str:
        return str(self.nodes.agreement.parties[Party.DESA].node.issuer)

    def request(self, *, token: str | None = "", key: Any = None, ask: Ask = ASK) -> Request:
        now, naker = self.nodes.clock.now(), self.nodes.naker
        headers, url = {}, self.issuer + PATH
        if token is not None:
            text = token or self.token(ask)
            client = naker.client_key(self.nodes.agreement)
            proof = dpop.proof(client, method="POST", url=url, now=now, token=text)
            headers = {"authorization": f"DPoP {text}", "dpop": proof}
        request = Request("POST", url, {"content-type": "application/json", **headers}, b"{}")
        return signatures.sign_request(request, key or naker.message_key(self.nodes.agreement), now=now)

    def token(self, ask: Ask = ASK, **changed: Any) -> str:
        grant = Grant(
            agreement=self.nodes.agreement.id,
            rev=changed.pop("rev", self.nodes.agreement.rev),
            dataset=ask.dataset,
            operation=str(ask.operation),
            purpose=ask.purpose,
            fields=tuple(sorted(ask.fields)),
            area=ask.area,
        )
        return tokens.issue(
            grant,
            changed.pop("key", self.nodes.desa.message_key(self.nodes.agreement)),
            issuer=self.issuer,
            client=changed.pop("client", "naker"),
            thumbprint=self.nodes.naker.client_key(self.nodes.agreement).thumbprint(),
            epoch=changed.pop("epoch", self.gate.now),
            now=self.nodes.clock.now(),
        )

    def admit(self, request: Request, ask: Ask = ASK) -> Any:
        def parse(caller: Caller) -> Ask:
            self.parsed.append(caller)
            return ask

        return self.admission.admit(request, "export", parse, agreement="sid-siapkerja")

    def refused(self, request: Request, ask: Ask = ASK) -> CallRefused:
        with pytest.raises(CallRefused) as caught:
            self.admit(request, ask)
        return caught.value


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Nodes:
    return open_nodes(tmp_path_factory.mktemp("admission") / "home")


@pytest.fixture
def desk(made: Nodes, tmp_path: Any) -> Desk:
    from tests.lib.two_nodes import copy_of

    return Desk(copy_of(made, tmp_path / "nodes"))


def test_a_call_in_order_is_admitted_with_the_permit_and_nothing_is_logged_yet(desk: Desk) -> None:
    admitted = desk.admit(desk.request())
    assert admitted.permit.fields == ASK.fields
    assert admitted.caller.party is Party.NAKER
    assert log_of(desk.nodes.desa.log) == []


@pytest.mark.pasal("7(1)")
def test_an_answer_is_in_the_log_before_it_can_leave(desk: Desk) -> None:
    admitted = desk.admit(desk.request())
    signed = desk.admission.conclude(admitted, Response(200, {"content-type": "text/plain"}, b"data"), rows=1)
    opened, closed = log_of(desk.nodes.desa.log)
    assert opened["call"] == closed["call"] == admitted.call.id
    assert opened["decision"]["id"] == admitted.permit.decision_id
    assert closed["response"]["rows"] == 1
    assert signed.headers["signature"]


# --- strangers -------------------------------------------------------------------------------------------


def test_for_a_stranger_nothing_is_parsed_and_the_database_is_not_asked(desk: Desk) -> None:
    refusal = desk.refused(desk.request(key=party_jwk.generate()))
    assert (refusal.rev, refusal.decision) == (None, None)
    assert (desk.parsed, desk.replay.asked) == ([], 0)


def test_a_closed_gate_tells_a_stranger_that_and_the_other_party_why(desk: Desk) -> None:
    request = desk.request()
    desk.gate.is_shut = True
    stranger = desk.refused(desk.request(key=party_jwk.generate(), token=None))
    assert isinstance(stranger.error, ShutOff)
    assert "hack" not in stranger.error.message("en") + str(stranger.error.parts)
    known = desk.refused(request)
    assert isinstance(known.error, GateClosed)
    assert known.error.reason is Reason.HACK
    assert desk.replay.asked == 0


def test_strangers_are_listed_a_dozen_times_and_counted_after_that(desk: Desk) -> None:
    for _ in range(40):
        desk.refused(desk.request(key=party_jwk.generate(), token=None))
    assert len(log_of(desk.nodes.desa.log)) == LISTED_AT_ONCE
    desk.nodes.clock.moment += COUNTED_EVERY
    desk.admission.doorstep.write_due()
    assert log_of(desk.nodes.desa.log)[-1]["counts"] == {"exchange.message_key_unknown": 40 - LISTED_AT_ONCE}


def test_counts_of_strangers_are_written_also_after_the_clock_was_put_back(desk: Desk) -> None:
    desk.admission.doorstep.count("exchange.message_key_unknown")
    desk.nodes.clock.moment -= timedelta(minutes=10)
    desk.admission.doorstep.write_due()
    assert log_of(desk.nodes.desa.log)[-1]["counts"] == {"exchange.message_key_unknown": 1}


def test_after_a_while_strangers_are_listed_again(desk: Desk) -> None:
    step = Doorstep(desk.book, desk.nodes.clock)
    assert [step.may_list() for _ in range(LISTED_AT_ONCE + 1)].count(True) == LISTED_AT_ONCE
    desk.nodes.clock.moment += 3 * LISTED_EVERY
    assert [step.may_list() for _ in range(5)].count(True) == 3


def test_the_other_party_is_always_listed(desk: Desk) -> None:
    for _ in range(LISTED_AT_ONCE + 5):
        desk.refused(desk.request(token=None))
    assert len(log_of(desk.nodes.desa.log)) == LISTED_AT_ONCE + 5


# --- tokens, replays, decisions ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"epoch": "0"}, "exchange.token_epoch_old"),
        ({"rev": "0" * 64}, "exchange.agreement_revision_stale"),
        ({"client": "desa"}, "exchange.token_invalid"),
        ({"key": party_jwk.generate()}, "exchange.token_invalid"),
    ],
)
def test_a_token_is_refused_that_is_not_ours_of_now_for_them(desk: Desk, changed: dict, code: str) -> None:
    assert desk.refused(desk.request(token=desk.token(**changed))).error.code == code


def test_a_token_that_has_expired_is_refused(desk: Desk) -> None:
    token = desk.token()
    desk.nodes.clock.moment += timedelta(seconds=301)
    assert desk.refused(desk.request(token=token)).error.code == "exchange.token_expired"


def test_a_token_is_never_enough(desk: Desk) -> None:
    """A token that says more than the agreement does: the live decision refuses it by name."""
    wide = replace(ASK, fields=ASK.fields | {"mother_name"})
    refusal = desk.refused(desk.request(ask=wide), wide)
    assert isinstance(refusal.error, NotPermitted)
    entry = log_of(desk.nodes.desa.log)[refusal.log_index or 0]
    assert (entry["type"], entry["decision"]["is_permit"]) == ("call.refused", False)
    assert refusal.decision == entry["decision"]["id"]


def test_the_same_request_is_admitted_once(desk: Desk) -> None:
    request = desk.request()
    desk.admit(request)
    assert desk.refused(request).error.code == "exchange.message_replayed"


def test_without_a_memory_of_replays_nothing_is_admitted(desk: Desk) -> None:
    desk.open(replay=Away(clock=desk.nodes.clock))
    assert desk.refused(desk.request()).error.code == "exchange.replay_store_unavailable"


def test_without_a_log_a_refusal_says_that_and_an_answer_does_not_leave(desk: Desk) -> None:
    import shutil

    admitted = desk.admit(desk.request())
    shutil.rmtree(desk.nodes.desa.log, ignore_errors=True)
    desk.nodes.desa.log.write_text("no folder")
    with pytest.raises(CallRefused) as caught:
        desk.admission.conclude(admitted, Response(200, {"content-type": "text/plain"}, b"data"))
    assert caught.value.error.code == "exchange.log_unavailable"
    assert desk.refused(desk.request(token=None)).error.code == "exchange.log_unavailable"


@pytest.mark.pasal("7(4)")
def test_a_shut_off_between_decision_and_answer_keeps_the_answer_here(desk: Desk) -> None:
    admitted = desk.admit(desk.request())
    desk.gate.is_shut = True
    with pytest.raises(CallRefused) as caught:
        desk.admission.conclude(admitted, Response(200, {"content-type": "text/plain"}, b"data"))
    assert isinstance(caught.value.error, GateClosed)
    assert [entry["type"] for entry in log_of(desk.nodes.desa.log)] == ["call.refused"]


@pytest.mark.pasal("7(4)")
def test_a_shut_off_while_the_entry_is_written_keeps_the_answer_here_too_and_says_so(desk: Desk) -> None:
    admitted = desk.admit(desk.request())
    asked = []

    def shut_after_the_first() -> None:
        asked.append(1)
        desk.gate.is_shut = len(asked) > 1

    desk.gate.when_asked = shut_after_the_first
    with pytest.raises(CallRefused):
        desk.admission.conclude(admitted, Response(200, {"content-type": "text/plain"}, b"data"))
    kinds = [entry["type"] for entry in log_of(desk.nodes.desa.log)]
    assert kinds == ["call.opened", "call.closed", "call.refused"]


def test_a_fault_of_ours_is_logged_by_its_kind_and_told_without_its_words(desk: Desk) -> None:
    def fails(_: Caller) -> Ask:
        raise ValueError("5317010101900001")

    with pytest.raises(CallRefused) as caught:
        desk.admission.admit(desk.request(), "export", fails, agreement="sid-siapkerja")
    assert isinstance(caught.value.error, AnswerFailed)
    entry = log_of(desk.nodes.desa.log)[-1]
    assert entry["code"] == "exchange.failed.ValueError"
    assert "5317010101900001" not in str(entry)


def test_a_certificate_is_demanded_where_tls_ends_here(desk: Desk) -> None:
    desk.open(demands_certificate=True)
    assert desk.refused(desk.request()).error.code == "exchange.certificate_unknown"


def test_what_is_not_about_data_passes_a_closed_gate(desk: Desk) -> None:
    desk.gate.is_shut = True
    admitted = desk.admission.recognise(desk.request(token=None), "event")
    assert admitted.passage is None
    key = desk.nodes.desa.message_key(desk.nodes.agreement)
    signed = desk.admission.conclude(admitted, Response(202, {}, b""))
    signatures.verify_response(
        signed, to=admitted.caller.request, keys={key.thumbprint(): key}, now=desk.nodes.clock.now()
    )
