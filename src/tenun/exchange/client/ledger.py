"""A node's own calls in its own log, and its gate before them: asked is on disk before the request leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Permit
from tenun.exchange import calls
from tenun.exchange.calls import AnswerDigests, CallBook, RequestDigests
from tenun.exchange.client.refusals import AnswerLate
from tenun.exchange.client.transport import Answer, Call
from tenun.exchange.gate import Gate, GateClosed, Passage
from tenun.exchange.wire import signatures
from tenun.exchange.wire.messages import Request
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError

_CODE = re.compile(r"[a-z][a-z0-9_.]{0,79}")

NOT_STOPPED = frozenset(
    {"acts", "state", "revision", "act", "receipt", "event", "checkpoint", "tile", "witness", "metadata", "node"}
)
"""Steps that a shut-off does not stop: the agreement's own papers, the evidence, and what a node tells anyone. The
list is closed: whatever is not on it stops, tokens and the catalogue among them."""


@dataclass
class _Open:
    request: Request
    """Held, so that no other request can be taken for it as long as it is open."""
    call: calls.Call | None
    """None for what is not noted: tokens are not signed messages, and the log is not read into the log."""
    passage: Passage | None


class CallLedger:
    """Notes the signed calls of a node. `now` gives the agreement in force.

    A call goes through the gate: before it leaves, at each chunk, and before its answer is used. Those of
    `NOT_STOPPED` do not: a shut-off never silences the evidence.
    """

    def __init__(self, book: CallBook, gate: Gate, *, now: Callable[[], Agreement]) -> None:
        self._book = book
        self._gate = gate
        self._now = now
        self._open: dict[int, _Open] = {}
        self.permit: Permit | None = None
        """The decision that the calls about data rest on, for the log."""

    @implements(
        "7(4)", control="Outgoing calls stop with a shut-off too; an answer that comes too late is thrown away."
    )
    def asked(self, call: Call, request: Request) -> None:
        """The call is in the log, and the gate was open after that. Raises `GateClosed`, `LogUnavailable`."""
        agreement = self._now()
        passage = self._passage(agreement, call)
        if not call.is_signed or call.about.get("step") in calls.NOT_NOTED:
            self._open[id(request)] = _Open(request, None, passage)
            return
        told = calls.about(agreement, _digests(request), **_members(call))
        self._book.asked(told, decision=self.permit if told.dataset is not None else None)
        self._open[id(request)] = _Open(request, told, passage)
        try:
            if passage is not None:
                passage.require()
        except GateClosed as problem:
            self._close(request, None, code=problem.code)
            raise

    def proceed(self, call: Call, request: Request) -> None:
        """Raises `AnswerLate` when the gate was closed since the call began."""
        known = self._open.get(id(request))
        if known is None or known.passage is None:
            return
        try:
            known.passage.require()
        except GateClosed as problem:
            raise AnswerLate(scope=problem.scope, gate_reason=str(problem.reason)) from problem

    def answered(self, call: Call, request: Request, answer: Answer) -> None:
        code = None if answer.status < 400 else _code_of(answer)
        self._close(request, _digests_of(answer, is_whole=True), code=code)

    def failed(self, call: Call, request: Request, problem: TenunError, answer: Answer | None = None) -> None:
        digests = None if answer is None else _digests_of(answer, is_whole=False)
        self._close(request, digests, code=problem.code)

    # --- below the surface -----------------------------------------------------------------------

    def _passage(self, agreement: Agreement, call: Call) -> Passage | None:
        if call.about.get("step") in NOT_STOPPED:
            return None
        return Passage.enter(self._gate, agreement=agreement.id, dataset=call.about.get("dataset"))

    def _close(self, request: Request, answer: AnswerDigests | None, *, code: str | None) -> None:
        known = self._open.pop(id(request), None)
        if known is not None and known.call is not None:
            self._book.answered(known.call, answer, code=code)


def _digests(request: Request) -> RequestDigests:
    return RequestDigests(**vars(signatures.signed(request)))


def _members(call: Call) -> dict[str, Any]:
    """What the log says of a call. What is about no data goes by its step."""
    about = {name: value for name, value in call.about.items() if value is not None}
    step = str(about.pop("step", "call"))
    return {"operation": step, **about, "step": step}


def _digests_of(answer: Answer, *, is_whole: bool) -> AnswerDigests:
    whole_file = (answer.verified.repr_digest or {}).get("sha-256")
    return AnswerDigests(
        status=answer.status,
        signature_sha256=answer.verified.signature_sha256,
        content_sha256=whole_file.hex() if whole_file else answer.verified.content_sha256,
        rows=answer.rows,
        bytes=answer.bytes,
        is_whole=None if is_whole else False,
    )


def _code_of(answer: Answer) -> str:
    """The code of a signed refusal, if it is one; else only that there was one. Its texts stay out of the log."""
    try:
        code = json.loads(answer.body).get("code")
    except (ValueError, AttributeError):
        code = None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "exchange.refused"
