"""Our log, for the other party and its auditors; and we as the witness of theirs. Nothing stops either."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from tenun.api import answers, bodies, openapi, service
from tenun.api.kit import Answer, to_anyone, to_the_other_party
from tenun.exchange.admission.refusals import AddressUnknown
from tenun.exchange.wire.messages import Response
from tenun.exchange.witnessing import witness_of
from tenun.transparency_log.errors import NotServed
from tenun.transparency_log.folder import CHECKPOINT, LogFolder
from tenun.transparency_log.witness import BODY_BYTES_MAX

router = Router(tags=["log"])


@router.get("/v1/log/checkpoint", url_name="log-checkpoint", openapi_extra=openapi.CHECKPOINT)
@to_the_other_party
def checkpoint(request: HttpRequest) -> Answer:
    """The newest signed checkpoint (C2SP tlog-checkpoint)."""
    return _serve(request, CHECKPOINT, step="checkpoint", content_type="text/plain; charset=utf-8")


@router.get("/v1/log/tile/{path:place}", url_name="log-tile", openapi_extra=openapi.TILE)
@to_the_other_party
def log_tile(request: HttpRequest, place: str) -> Answer:
    """A tile or an entry bundle (C2SP tlog-tiles), such as `0/000` or `entries/000.p/17`."""
    return _serve(request, f"tile/{place}", step="tile", content_type="application/octet-stream")


@router.post("/v1/witness/add-checkpoint", url_name="witness", openapi_extra=openapi.WITNESS)
@to_anyone
def add_checkpoint(request: HttpRequest) -> Answer:
    """Cosign a checkpoint of the other party's log (C2SP tlog-witness). Authenticated by the checkpoint itself."""
    node = service.current()
    message = bodies.read(request, limit=BODY_BYTES_MAX)
    answer = witness_of(node.station, node.position().agreement).add_checkpoint(message.body)
    return answers.bytes_answer(answer.body, status=answer.status, content_type=answer.content_type)


def _serve(request: HttpRequest, path: str, *, step: str, content_type: str) -> Response:
    """Signed and not logged: an entry about reading the log would be something new to read."""
    node = service.current()
    message = bodies.read(request, limit=0)
    with node.recognised(message, step, certificate=bodies.certificate(request)) as call:
        try:
            content = LogFolder(node.station.log).serve(path)
        except NotServed:
            raise AddressUnknown() from None
        return node.admission.conclude_unlogged(call, answers.bytes_answer(content, content_type=content_type))
