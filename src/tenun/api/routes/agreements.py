"""The agreement's own papers: acts and state, given and taken; receipts. A shut-off and the term's end stop none."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.http import HttpRequest
from ninja import Router

from tenun.api import answers, bodies, openapi, service
from tenun.api.kit import Answer, to_the_other_party
from tenun.api.service import Service
from tenun.api.shapes import BodyMalformed
from tenun.exchange import duties
from tenun.exchange import receipt as receipts
from tenun.exchange.admission.refusals import AddressUnknown
from tenun.exchange.wire.messages import Request
from tenun.kernel import canonical_json
from tenun.kernel.canonical_json import NotCanonical
from tenun.kernel.clock import rfc3339
from tenun.kernel.errors import TenunError
from tenun.node import chain as chains
from tenun.node import shutoff

PREFIX = openapi.base("{agreement}")
router = Router(tags=["agreement"])
DELIVERY = "tenun-act-delivery/1"

log = structlog.get_logger("tenun.api")


@router.get(PREFIX + "/acts", url_name="acts", openapi_extra=openapi.ACTS)
@to_the_other_party
def acts(request: HttpRequest, agreement: str) -> Answer:
    """The chain: every signed act word for word, each after those that it follows, and which revisions there are."""
    node = service.current()
    message = bodies.read(request, limit=0)
    with node.recognised(message, "acts", agreement=agreement, certificate=bodies.certificate(request)) as call:
        chain = chains.chain_of(node.home)
        entries = chain.all()
        document = {
            "agreement": call.position.agreement.id,
            "rev": call.position.agreement.rev,
            "heads": list(chain.heads()),
            "acts": [{"sha256": entry.hash, "act": entry.signed.content.decode()} for entry in entries],
            "revisions": sorted(path.name for path in chain.revisions.folder.glob("[0-9a-f]*") if path.is_dir()),
        }
        return node.admission.conclude(call, answers.json_answer(document))


@router.get(PREFIX + "/acts/revisions/{rev}", url_name="revision", openapi_extra=openapi.REVISION)
@to_the_other_party
def revision(request: HttpRequest, agreement: str, rev: str) -> Answer:
    """The document of an addendum, with its text and contracts, as one file."""
    node = service.current()
    message = bodies.read(request, limit=0)
    with node.recognised(message, "revision", agreement=agreement, certificate=bodies.certificate(request)) as call:
        revisions = chains.chain_of(node.home).revisions
        if not _is_digest(rev) or not revisions.path(rev).is_dir():
            raise AddressUnknown()
        return node.admission.conclude(call, answers.bytes_answer(revisions.bundle(rev), content_type=answers.JSON))


@router.post(PREFIX + "/acts", url_name="act", openapi_extra=openapi.ACT)
@to_the_other_party
def take_act(request: HttpRequest, agreement: str) -> Answer:
    """Take a signed act into our chain; in force by its own law from then on. Taking it again changes nothing."""
    node = service.current()
    message = bodies.read(request, limit=bodies.ACT, types=(answers.JSON,))
    with node.recognised(message, "act", agreement=agreement, certificate=bodies.certificate(request)) as call:
        content, bundle = _delivered(call.caller.request)
        taken = chains.chain_of(node.home).take(content, revision=bundle)
        follow_gate(node)
        told = {"sha256": taken.entry.hash, "kind": str(taken.entry.kind), "is_new": taken.is_new}
        return node.admission.conclude(call, answers.json_answer(told))


@router.get(PREFIX + "/acts/state", url_name="state", openapi_extra=openapi.STATE)
@to_the_other_party
def state(request: HttpRequest, agreement: str) -> Answer:
    """The agreement's state at this moment, or `at` another."""
    node = service.current()
    message = bodies.read(request, limit=0)
    with node.recognised(message, "state", agreement=agreement, certificate=bodies.certificate(request)) as call:
        moment = _moment(request.GET.get("at"), default=call.caller.now)
        position = node.standing.at(moment)
        document = {"at": rfc3339(moment), **position.state.as_dict()}
        return node.admission.conclude(call, answers.json_answer(document))


@router.post(PREFIX + "/receipts", url_name="receipt", openapi_extra=openapi.RECEIPT)
@to_the_other_party
def take_receipt(request: HttpRequest, agreement: str) -> Answer:
    """Take the other party's signed receipt for a delivery. Taking it again changes nothing."""
    node = service.current()
    message = bodies.read(request, limit=bodies.ACT, types=("application/jose",))
    with node.recognised(message, "receipt", agreement=agreement, certificate=bodies.certificate(request)) as call:
        checked = receipts.check_content(node.station, call.caller.request.body, book=node.book.journal)
        return node.admission.conclude(call, answers.json_answer(checked.as_dict()))


# --- below the surface -------------------------------------------------------------------------------


def follow_gate(node: Service) -> None:
    """Bring our gate, and what was delivered to us, into line with the acts, without waiting for guard and worker."""
    said = chains.Reading(node.home)()
    shutoff.keeper_of(node.home).reconcile(said.closures, known=said.known)
    try:
        duties.apply_orders(node.station, duties.facts_at(node.standing, node.station.clock.now()))
    except TenunError as problem:
        # The act is in the chain and the gate follows it; a damaged register must not have the peer send it for ever.
        # The worker comes back to it, and `tenun node status` tells of it.
        log.warning("orders about delivered data were not applied", code=problem.code)


def _delivered(request: Request) -> tuple[bytes, bytes | None]:
    """An act alone, or with the revision that an addendum brings: `{"type": …, "act": "…", "revision": "…"}`."""
    try:
        value = canonical_json.loads(request.body, document="body")
    except NotCanonical as problem:
        raise BodyMalformed(member="/", reason=str(problem.parts["reason"])) from None
    if not isinstance(value, dict) or value.get("type") != DELIVERY:
        return request.body, None
    for member in ("act", "revision"):
        if not isinstance(value.get(member), str):
            raise BodyMalformed(member=f"/{member}", reason="not a text")
    return value["act"].encode(), value["revision"].encode()


def _moment(given: str | None, *, default: datetime) -> datetime:
    if given is None:
        return default
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BodyMalformed(member="at", reason="not RFC 3339")
    return moment


def _is_digest(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")
