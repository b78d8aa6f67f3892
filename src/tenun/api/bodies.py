"""What came in, as the values that the exchange works with. Bodies are read whole, up to a limit for each route."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode

from django.http import HttpRequest

from tenun.api import service
from tenun.exchange.wire.messages import Request
from tenun.exchange.wire.refusals import WireError

SMALL = 32 * 1024
EVENT = 72 * 1024
ACT = 4 * 1024 * 1024


class BodyTooLarge(WireError):
    code = "exchange.body_too_large"
    text_id = "Isi permintaan melebihi {limit} bita."
    text_en = "The request's content is larger than {limit} bytes."
    remedy_id = "Kirim lebih sedikit sekaligus; batasnya ada dalam /v1/openapi.json."
    remedy_en = "Send less at a time; the limits are in /v1/openapi.json."


class MediaTypeUnknown(WireError):
    code = "exchange.media_type_unknown"
    text_id = "Jenis isi permintaan tidak dilayani di alamat ini; yang dilayani: {known}."
    text_en = "The content type of the request is not served at this address; served are: {known}."
    remedy_id = "Kirim dengan Content-Type itu."
    remedy_en = "Send it with that Content-Type."


def arrived(request: HttpRequest, issuer: str) -> Request:
    """The request without its body: what an answer can be bound to, whatever becomes of it."""
    headers = {
        name[5:].replace("_", "-").lower(): value for name, value in request.META.items() if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if value := request.META.get(name):
            headers[name.replace("_", "-").lower()] = value
    return Request(str(request.method), issuer + _target(request), headers)


def read(request: HttpRequest, *, limit: int, types: tuple[str, ...] = ()) -> Request:
    """The request with its body. Raises `BodyTooLarge` before anything is read, and `MediaTypeUnknown`."""
    message: Request = request.message  # type: ignore[attr-defined]  # set by the middleware
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > limit:
        raise BodyTooLarge(limit=limit)
    if types and message.headers.get("content-type", "").partition(";")[0].strip().lower() not in types:
        raise MediaTypeUnknown(known=", ".join(types))
    if length == "0":
        return message
    return Request(message.method, message.url, message.headers, request.body)


def certificate(request: HttpRequest) -> str | None:
    """x5t#S256 (RFC 8705) of the client's certificate: this connection's, or what our gateway says of it."""
    connection = request.META.get("gunicorn.socket")
    shown = connection.getpeercert(binary_form=True) if hasattr(connection, "getpeercert") else None
    own = urlsafe_b64encode(hashlib.sha256(shown).digest()).rstrip(b"=").decode() if shown else None
    told = request.META.get("HTTP_CLIENT_CERT")
    return service.current().gateway.certificate(told, address=request.META.get("REMOTE_ADDR"), own=own)


def _target(request: HttpRequest) -> str:
    """Path and query exactly as they came: what is signed is not what a framework makes of it."""
    raw = str(request.META.get("RAW_URI") or request.get_full_path())
    return raw if raw.startswith("/") else request.get_full_path()
