"""The authorisation server: tokens for one access each, and whether a token counts."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from tenun.api import answers, bodies, openapi, service
from tenun.api.kit import Answer, to_oauth_clients

router = Router(tags=["tokens"])
FORM = ("application/x-www-form-urlencoded",)


@router.post("/token", url_name="token", openapi_extra=openapi.TOKEN)
@to_oauth_clients
def token(request: HttpRequest) -> Answer:
    """A token for exactly the access that is asked for (RFC 6749, RFC 7523, RFC 9396, RFC 9449)."""
    message = bodies.read(request, limit=bodies.SMALL, types=FORM)
    return answers.json_answer(
        service.current().granting.grant(message, certificate=bodies.certificate(request)), pragma="no-cache"
    )


@router.post("/introspect", url_name="introspect", openapi_extra=openapi.INTROSPECT)
@to_oauth_clients
def introspect(request: HttpRequest) -> Answer:
    """Whether a token of this node counts at this moment (RFC 7662)."""
    message = bodies.read(request, limit=bodies.SMALL, types=FORM)
    return answers.json_answer(service.current().granting.introspect(message, certificate=bodies.certificate(request)))
