"""*desa*'s node in this process: the API's own pipeline, grants, exports and questions, on a port, with a test's clock.

What is left out are Django, gunicorn, the database and the guard; replays are remembered in memory, and a test has the
gate. So that what the agreement, the acts and the clock decide is looked at call by call, a hundred times faster.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tenun.agreement.acts.chain import Chain
from tenun.agreement.standing import Position, Standing
from tenun.agreement.vocabulary import Operation, Party
from tenun.api import ranges, shapes
from tenun.api.shapes import ExportWanted, Question
from tenun.exchange import receipt
from tenun.exchange.admission.granting import Granting
from tenun.exchange.admission.pipeline import Admission, signature_sha256
from tenun.exchange.admission.refusals import CallRefused
from tenun.exchange.admission.visit import Admitted, Ask, Caller
from tenun.exchange.calls import AnswerDigests, CallBook
from tenun.exchange.gate import Gate, GateClosed, Reason, Scope
from tenun.exchange.serving import catalogue, subject
from tenun.exchange.serving.exports import Exports
from tenun.exchange.serving.jobs import Job
from tenun.exchange.station import Station
from tenun.exchange.wire import digests, problems
from tenun.exchange.wire.messages import Request, Response
from tenun.exchange.wire.replay import MemoryReplay
from tenun.kernel.clock import FixedClock
from tests.lib.provider_server import BASE, Change, Exchange, _step

SHORT = BASE.rsplit("/", 1)[-1]


@dataclass
class TestGate:
    """Closed for the scopes that a test names. Opening any makes a new epoch, as in life."""

    __test__ = False
    agreement: str
    closed: set[Scope] = field(default_factory=set)
    number: int = 1

    def close(self, scope: Scope) -> None:
        self.closed.add(scope)
        self.number += 1

    def open(self, scope: Scope) -> None:
        self.closed.discard(scope)
        self.number += 1

    def epoch(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> str:
        for scope in sorted(self.closed):
            if scope.covers(agreement=agreement, dataset=dataset, client=client):
                raise GateClosed(scope=str(scope), reason=Reason.LEAK)
        return str(self.number)

    def is_open(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> bool:
        return not any(one.covers(agreement=agreement, dataset=dataset, client=client) for one in self.closed)


@dataclass
class PipelineNode:
    """Answers as a node does. `station.clock` is its own clock, which a test may move."""

    station: Station
    gate: Gate
    issuer: str
    changes: dict[str, list[Change]] = field(default_factory=dict)
    seen: list[tuple[str, Request]] = field(default_factory=list)

    def __post_init__(self) -> None:
        station = self.station
        self.standing = Standing(station.agreement, station.acts, own_keys=station.keys)
        self.book = CallBook(station)
        replay = MemoryReplay(clock=station.clock)
        self.admission = Admission(station, self.standing, self.gate, replay, self.book)
        self.granting = Granting(self.admission)
        self.exports = Exports(station, self.standing.at, self.gate)

    def on(self, step: str, change: Change) -> None:
        """Let a change be made to what is answered at a step."""
        self.changes.setdefault(step, []).append(change)

    def steps(self) -> list[str]:
        return [step for step, _ in self.seen]

    def position(self) -> Position:
        return self.standing.at(self.station.clock.now())

    # --- answering -------------------------------------------------------------------------------

    def answer(self, request: Request) -> Exchange:
        path = request.url.removeprefix(self.issuer).partition("?")[0]
        step = _step(request.method, path)
        self.seen.append((step, request))
        number = sum(one == step for one, _ in self.seen)
        exchange = Exchange(step, request, Response(500), number)
        try:
            exchange.response, exchange.content = self._answer(step, path, request)
        except CallRefused as refusal:
            exchange.response = self._told(refusal, request, is_oauth=step == "token")
        for change in self.changes.get(step, []):
            change(exchange)
        return exchange

    def _told(self, refusal: CallRefused, request: Request, *, is_oauth: bool) -> Response:
        about = {"decision": refusal.decision, "log_index": refusal.log_index, "rev": refusal.rev}
        problem = problems.of(refusal.error)
        problem = problem.at_token_endpoint() if is_oauth else problem
        content = {**problem.document, **{name: value for name, value in about.items() if value is not None}}
        response = Response(problem.status, problem.headers, json.dumps(content).encode())
        return self.admission.sign(response, to=request)

    def _answer(self, step: str, path: str, request: Request) -> tuple[Response, bytes]:
        if step == "token":
            return self.admission.sign(_json(self.granting.grant(request)), to=request), b""
        if step == "v1-catalog":
            call = self.admission.recognise(request, "catalogue", is_gated=True)
            found = catalogue.document(self.station, call.position, caller=Party.NAKER, moment=call.caller.now)
            return self.admission.conclude(call, _json(found)), b""
        if step == "receipt":
            call = self.admission.recognise(request, "receipt", agreement=SHORT)
            with self.admission.refusals(call.visit):
                receipt.check_content(self.station, request.body, book=self.book.journal)
            return self.admission.conclude(call, _json({})), b""
        if step == "acts":
            call = self.admission.recognise(request, "acts", agreement=SHORT)
            chain = Chain(
                self.station.acts,
                agreement=self.station.agreement,
                own_keys=self.station.keys,
                clock=self.station.clock,
            )
            with self.admission.refusals(call.visit):
                taken = chain.take(request.body)
            return self.admission.conclude(call, _json({"sha256": taken.entry.hash})), b""
        if step == "query":
            return self._query(request), b""
        if step == "export":
            return self._export(request), b""
        return self._of_export(step, path, request)

    def _query(self, request: Request) -> Response:
        asked: list[tuple[Question, Any]] = []

        def ask(caller: Caller) -> Ask:
            question = shapes.parse(Question, caller.request.body)
            known = caller.position.agreement.datasets.get(question.dataset)
            person = subject.named(question.subject, dataset=known.id) if known is not None else None
            asked.append((question, person))
            return Ask(
                operation=Operation.SUBJECT,
                dataset=question.dataset,
                purpose=question.purpose,
                fields=frozenset(question.fields),
                subject=subject.reference(self.station, person) if person is not None else None,
            )

        call = self.admission.admit(request, "query", ask, agreement=SHORT)
        with self.admission.refusals(call.visit):
            ((question, person),) = asked
            assert call.permit is not None
            found = subject.answer(
                self.station,
                call.permit,
                position=call.position,
                person=person,
                mode=question.mode,
                ticket=question.ticket,
            )
        return self.admission.conclude(call, _json(found.as_dict()), rows=found.rows)

    def _export(self, request: Request) -> Response:
        wanted: list[ExportWanted] = []

        def ask(caller: Caller) -> Ask:
            wanted.append(shapes.parse(ExportWanted, caller.request.body))
            return wanted[0].ask()

        call = self.admission.admit(request, "export", ask, agreement=SHORT)
        with self.admission.refusals(call.visit):
            assert call.permit is not None
            job = self.exports.kick_off(
                call.permit,
                client="naker",
                output_format=wanted[0].format,
                area=wanted[0].area,
                since=wanted[0].since,
                idempotency_key=request.headers.get("idempotency-key"),
                request_digest=call.caller.verified.content_sha256,
            )
        where = f"{self.issuer}{BASE}/exports/{job.id}"
        headers = {"content-type": "application/json", "content-location": where, "retry-after": "1"}
        return self.admission.conclude(call, Response(202, headers, json.dumps({"job": job.id}).encode()))

    def _of_export(self, step: str, path: str, request: Request) -> tuple[Response, bytes]:
        pieces = path.removeprefix(f"{BASE}/exports/").split("/")
        found: list[Job] = []

        def ask(caller: Caller) -> Ask:
            found.append(self.exports.job(pieces[0], client="naker"))
            return Ask(
                operation=Operation(found[0].operation),
                dataset=found[0].dataset,
                purpose=found[0].purpose,
                fields=frozenset(found[0].fields),
                area=found[0].area,
                job=found[0].id,
            )

        call = self.admission.admit(request, step, ask, agreement=SHORT)
        with self.admission.refusals(call.visit):
            if step == "file":
                return self._file(call, pieces[0], pieces[-1])
            if step == "status" and self.exports.job(pieces[0]).is_waiting:
                self.exports.run_next()
                waiting = Response(202, {"content-type": "application/json", "retry-after": "1"}, b"{}")
                return self.admission.conclude(call, waiting), b""
            content = self.exports.manifest(pieces[0], client="naker")
            return self.admission.conclude(call, Response(200, {"content-type": "application/json"}, content)), b""

    def _file(self, call: Admitted, job: str, name: str) -> tuple[Response, bytes]:
        file = self.exports.file(job, name, client="naker")
        with file.open() as handle:
            content = handle.read() or b""
        part = ranges.asked(call.caller.request.headers, size=file.size, etag=file.etag)
        headers = {
            "content-type": file.content_type,
            "content-length": str(part.length),
            "etag": file.etag,
            "repr-digest": digests.field_of(file.sha256),
            **({"content-range": part.content_range} if part.is_partial else {}),
        }
        head = self.admission.begin(call, Response(206 if part.is_partial else 200, headers))
        answer = AnswerDigests(
            status=head.status,
            signature_sha256=signature_sha256(head),
            content_sha256=file.sha256,
            bytes=part.length,
            is_whole=True,
        )
        self.book.closed(call.call, answer)
        return head, content[part.first : part.first + part.length]


def _json(value: Any) -> Response:
    return Response(200, {"content-type": "application/json"}, json.dumps(value).encode())


class MovedClock:
    """A clock that a test sets off from another: how machines differ."""

    def __init__(self, clock: FixedClock, ahead: Callable[[], timedelta]) -> None:
        self._clock, self._ahead = clock, ahead

    def now(self) -> datetime:
        return self._clock.now() + self._ahead()
