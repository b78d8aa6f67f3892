"""Bulk and delta: ask for an export, follow it, fetch its files, end it (after the FHIR Bulk Data pattern)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.http import HttpRequest
from ninja import Router

from tenun.agreement.vocabulary import Operation
from tenun.api import answers, bodies, limits, openapi, ranges, service, shapes
from tenun.api.kit import Answer, FileAnswer, to_the_other_party
from tenun.api.service import Service
from tenun.api.shapes import BodyMalformed, ExportWanted
from tenun.api.streams import Stream
from tenun.exchange.admission.pipeline import signature_sha256
from tenun.exchange.admission.visit import Admitted, Ask, Caller
from tenun.exchange.calls import AnswerDigests
from tenun.exchange.gate import Passage
from tenun.exchange.serving.jobs import Job
from tenun.exchange.serving.refusals import ExportNotReady
from tenun.exchange.wire import digests
from tenun.exchange.wire.messages import Response
from tenun.kernel.errors import TenunError

PREFIX = openapi.base("{agreement}")
router = Router(tags=["exports"])
POLL_SECONDS = 2
log = structlog.get_logger("tenun.api")
_KEY = re.compile(r'"[\x21\x23-\x7e]{1,128}"|[\x21\x23-\x7e]{1,128}')


@router.post(PREFIX + "/exports", url_name="export", openapi_extra=openapi.EXPORT)
@to_the_other_party
def begin(request: HttpRequest, agreement: str) -> Answer:
    """Ask for an export. It is made in the background: 202, and `Content-Location` says where it can be followed."""
    node = service.current()
    message = bodies.read(request, limit=bodies.SMALL, types=(answers.JSON,))
    wanted: list[ExportWanted] = []

    def ask(caller: Caller) -> Ask:
        wanted.append(shapes.parse(ExportWanted, caller.request.body))
        return wanted[0].ask()

    with node.admitted(message, "export", ask, agreement=agreement, certificate=bodies.certificate(request)) as call:
        assert call.permit is not None
        job = node.exports.kick_off(
            call.permit,
            client=str(call.caller.party),
            output_format=wanted[0].format,
            area=wanted[0].area,
            since=wanted[0].since,
            idempotency_key=_idempotency_key(message.headers.get("idempotency-key")),
            request_digest=call.caller.verified.content_sha256,
        )
        address = f"{node.issuer()}{openapi.base(agreement)}/exports/{job.id}"
        answer = answers.json_answer(_told(job), status=202, content_location=address, retry_after=str(POLL_SECONDS))
        return node.admission.conclude(call, answer)


@router.get(PREFIX + "/exports/{job}", url_name="export-job", openapi_extra=openapi.EXPORT_STATUS)
@to_the_other_party
def status(request: HttpRequest, agreement: str, job: str) -> Answer:
    """How far an export is: 202 with `X-Progress`, or 200 with the manifest."""
    node = service.current()
    with _about(node, request, "status", agreement, job) as (call, found):
        try:
            content = node.exports.manifest(found.id, client=str(call.caller.party))
        except ExportNotReady:
            answer = answers.json_answer(
                _told(found), status=202, retry_after=str(POLL_SECONDS), x_progress=_progress(found)
            )
            return node.admission.conclude(call, answer)
        return node.admission.conclude(call, _manifest(content), rows=found.rows)


@router.get(PREFIX + "/exports/{job}/manifest", url_name="export-manifest", openapi_extra=openapi.EXPORT_MANIFEST)
@to_the_other_party
def manifest(request: HttpRequest, agreement: str, job: str) -> Answer:
    """The manifest of a finished export."""
    node = service.current()
    with _about(node, request, "manifest", agreement, job) as (call, found):
        content = node.exports.manifest(found.id, client=str(call.caller.party))
        return node.admission.conclude(call, _manifest(content), rows=found.rows)


@router.delete(PREFIX + "/exports/{job}", url_name="export-job", openapi_extra=openapi.EXPORT_CANCEL)
@to_the_other_party
def cancel(request: HttpRequest, agreement: str, job: str) -> Answer:
    """End an export and remove its files. One that has ended already stays as it is."""
    node = service.current()
    with _about(node, request, "cancel", agreement, job) as (call, found):
        ended = node.exports.cancel(found.id, client=str(call.caller.party))
        return node.admission.conclude(call, answers.json_answer(_told(ended), status=202))


@router.get(PREFIX + "/exports/{job}/files/{name}", url_name="export-file", openapi_extra=openapi.EXPORT_FILE)
@to_the_other_party
def file(request: HttpRequest, agreement: str, job: str, name: str) -> Answer:
    """A file of a finished export, whole or from anywhere on (RFC 9110, Range).

    It never changes: its ETag is its digest. `Repr-Digest` is that of the whole file in every answer, and signed, so
    that what was fetched in pieces is still proved. It leaves 64 KiB at a time, and not one more after a shut-off.
    """
    node = service.current()
    with _about(node, request, "file", agreement, job) as (call, found):
        wanted = node.exports.file(found.id, name, client=str(call.caller.party))
        part = ranges.asked(call.caller.request.headers, size=wanted.size, etag=wanted.etag)
        head = Response(
            206 if part.is_partial else 200,
            {
                "content-type": wanted.content_type,
                "content-length": str(part.length),
                "etag": wanted.etag,
                "repr-digest": digests.field_of(wanted.sha256),
                "accept-ranges": "bytes",
                **answers.NO_STORE,
                **({"content-range": part.content_range} if part.is_partial else {}),
            },
        )
        limits.streams.take()
        try:
            source = wanted.open()
            try:
                head = node.admission.begin(call, head)
            except BaseException:
                source.close()
                raise
        except BaseException:
            limits.streams.give_back()
            raise
        content = Stream(
            source,
            first=part.first,
            length=part.length,
            passage=passage_of(call),
            connection=request.META.get("gunicorn.socket"),
            when_over=_ending(node, call, head, wanted.sha256),
            is_permitted=_permission(node, call, _asked(found)),
        )
        return FileAnswer(head, content)


def _permission(node: Service, call: Admitted, ask: Ask) -> Callable[[], bool]:
    """Whether the agreement, as it stands by now, still gives what it gave when the call was let in."""

    def is_permitted() -> bool:
        try:
            position = node.position()
            return bool(node.admission.decide(position, ask, by=call.caller.party, now=node.station.clock.now()))
        except Exception as problem:
            # What cannot be read permits nothing; and whoever asks looks after all streams of the process.
            log.error("permission of a stream", problem=getattr(problem, "code", type(problem).__name__))
            return False

    return is_permitted


def _ending(node: Service, call: Admitted, head: Response, sha256: str) -> Callable[[int, bool, str | None], None]:
    """What becomes of the call when its stream is over, however it ended."""

    def over(sent: int, is_whole: bool, code: str | None) -> None:
        limits.streams.give_back()
        answer = AnswerDigests(
            status=head.status,
            signature_sha256=signature_sha256(head),
            content_sha256=sha256,
            bytes=sent,
            is_whole=is_whole,
        )
        try:
            node.book.closed(call.call, answer, code=code)
        except TenunError as problem:
            # The call stays open in the log, and the next recovery says that its end is not known.
            log.error("call not closed", problem=problem.code)

    return over


# --- below the surface -------------------------------------------------------------------------------


@contextmanager
def _about(node: Service, request: HttpRequest, step: str, agreement: str, job: str) -> Iterator[tuple[Admitted, Job]]:
    """A call about an export that the caller asked for: decided again, with what the export was asked for."""
    message = bodies.read(request, limit=0)
    found: list[Job] = []

    def ask(caller: Caller) -> Ask:
        found.append(node.exports.job(job, client=str(caller.party)))
        return _asked(found[0])

    with node.admitted(message, step, ask, agreement=agreement, certificate=bodies.certificate(request)) as call:
        yield call, found[0]


def _asked(job: Job) -> Ask:
    return Ask(
        operation=Operation(job.operation),
        dataset=job.dataset,
        purpose=job.purpose,
        fields=frozenset(job.fields),
        area=job.area,
        job=job.id,
    )


def passage_of(call: Admitted) -> Passage:
    assert call.passage is not None  # a data call has always gone through the gate
    return call.passage


def _told(job: Job) -> dict[str, object]:
    return {"job": job.id, "state": str(job.state), "done": job.done, "of": job.of, "format": str(job.format)}


def _progress(job: Job) -> str:
    return f"{100 * job.done // job.of}%" if job.of else "0%"


def _manifest(content: bytes) -> Response:
    return answers.bytes_answer(content, content_type=answers.JSON)


def _idempotency_key(given: str | None) -> str | None:
    """Visible ASCII; quoted or not (the draft has it as a structured string)."""
    if given is None:
        return None
    if not _KEY.fullmatch(given):
        raise BodyMalformed(member="Idempotency-Key", reason="form")
    return given.strip('"')
