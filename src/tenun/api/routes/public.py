"""What anyone may read: where things are, whether the node is up, and what the API looks like."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from ninja import Router

from tenun.api import answers, openapi, service
from tenun.api.kit import Answer, to_anyone
from tenun.exchange.wire import metadata

router = Router(tags=["public"])


@router.get("/health", url_name="health", openapi_extra=openapi.HEALTH)
def health(request: HttpRequest) -> JsonResponse:
    """Whether the node answers, and whether data may pass. Unsigned, and no more than that."""
    node = service.current()
    is_open = node.gate.is_open(agreement=node.position().agreement.id, client=str(node.peer))
    response = JsonResponse({"status": "up" if is_open else "closed"})
    response["Cache-Control"] = "no-store"
    return response


@router.get("/.well-known/oauth-authorization-server", url_name="oauth-metadata", openapi_extra=openapi.METADATA)
@to_anyone
def oauth_metadata(request: HttpRequest) -> Answer:
    """The authorisation server (RFC 8414)."""
    return answers.json_answer(metadata.document(service.current().issuer()))


@router.get("/.well-known/pks-node", url_name="node-metadata", openapi_extra=openapi.NODE_METADATA)
@to_anyone
def node_metadata(request: HttpRequest) -> Answer:
    """Where the node's parts are, and which versions of the protocol it speaks."""
    node = service.current()
    document = metadata.node_document(
        node.issuer(), party=str(node.station.party), agreements=[node.position().agreement.id]
    )
    return answers.json_answer(document)
