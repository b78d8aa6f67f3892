"""What the other party tells us as it happens: events. A shut-off stops none of them."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest
from ninja import Router

from tenun.agreement.agreed import Agreement
from tenun.api import answers, bodies, openapi, service
from tenun.api.kit import Answer, to_the_other_party
from tenun.api.routes import agreements
from tenun.api.service import Service
from tenun.exchange import events, witnessing
from tenun.exchange.events import Effects
from tenun.exchange.wire.refusals import StoreUnavailable
from tenun.node import catching_up
from tenun.node import chain as chains

router = Router(tags=["events"])


@router.post("/v1/events", url_name="event", openapi_extra=openapi.EVENT)
@to_the_other_party
def event(request: HttpRequest) -> Answer:
    """Take an event (CloudEvents 1.0, structured JSON) and have its effect. The same one twice has that of one."""
    node = service.current()
    message = bodies.read(request, limit=bodies.EVENT, types=(events.CONTENT_TYPE,))
    with node.recognised(message, "event", certificate=bodies.certificate(request)) as call:
        agreement = call.position.agreement
        told = events.read(
            message.body, peer=node.peer, issuer=agreement.parties[node.peer].node.issuer, agreement=agreement.id
        )
        handled = events.handle(
            told,
            station=node.station,
            replay=node.replay,
            effects=_effects(node, agreement),
            book=node.book.journal,
            content_sha256=hashlib.sha256(message.body).hexdigest(),
            known_only=(StoreUnavailable,),
        )
        return node.admission.conclude(call, answers.json_answer(handled.as_dict(), status=202))


def _effects(node: Service, agreement: Agreement) -> Effects:
    chain = chains.chain_of(node.home)
    fetch = catching_up.from_peer(node.home, chain, standing=node.standing, gate=node.gate, book=node.book)
    return Effects(
        take_act=events.chain_taker(chain, fetch),
        follow_gate=lambda: agreements.follow_gate(node),
        hear_checkpoint=lambda signed: witnessing.hear(node.station, agreement, signed),
    )
