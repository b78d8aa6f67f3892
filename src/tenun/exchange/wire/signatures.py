"""Our profile of RFC 9421: what is signed, by which key, for how long. In words: docs/protocols/wire-signatures.md.

A request carries one signature, `sig1`, over its method, public URL, content and everything that steers the call. A
response carries one over its status, content and the signature of the request it answers: it answers no other.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tenun.exchange.wire import digests, keys, signature_base
from tenun.exchange.wire.keys import Key
from tenun.exchange.wire.messages import Request, Response
from tenun.exchange.wire.refusals import (
    ComponentUnsigned,
    DigestMissing,
    HttpSignatureInvalid,
    KeyUnknown,
    SignatureExpired,
    SignatureFromFuture,
    SignatureMalformed,
    SignatureMissing,
    WireError,
    shown_kid,
)
from tenun.exchange.wire.signature_base import Component, Parameter, SignatureInput

LABEL = "sig1"
REQUEST_TAG, RESPONSE_TAG = "pks-req", "pks-res"

LIFETIME_MAX = 60
"""Seconds from `created` to `expires`, at most."""
CLOCK_AHEAD_MAX = 10
"""Seconds that the other node's clock may be ahead of ours. One that is behind eats into the lifetime instead."""

COMPONENTS_MAX = 32
"""Components that a signature may cover."""

_METHOD, _TARGET, _STATUS = Component("@method"), Component("@target-uri"), Component("@status")
_TYPE, _CONTENT_DIGEST, _REPR_DIGEST = Component("content-type"), Component("content-digest"), Component("repr-digest")
_LENGTH, _ETAG = Component("content-length"), Component("etag")

# Whoever could add or alter one of these unseen could change what is asked, or what is done with the answer.
_REQUEST_IF_THERE = tuple(
    Component(name)
    for name in ("content-encoding", "authorization", "dpop", "idempotency-key", "prefer", "range", "if-range")
)
_RESPONSE_IF_THERE = tuple(
    Component(name) for name in ("content-encoding", "content-range", "content-location", "location", "retry-after")
)
# Signed by us when there; not asked of others, because gateways set it too.
_NOT_DEMANDED = frozenset({"retry-after"})

OF_REQUEST = (
    Component("@method", (("req", True),)),
    Component("@target-uri", (("req", True),)),
)
OF_SIGNATURE = Component("signature", (("req", True), ("key", LABEL)))
# The same in the other order.
_OF_SIGNATURE_TOO = Component("signature", (("key", LABEL), ("req", True)))

_SIGNATURE = re.compile(r"sig1=:([A-Za-z0-9+/]{86}==):")
_NONCE = re.compile(r"[A-Za-z0-9+/=_.~-]{16,128}")
_REQUEST_PARAMETERS = frozenset({"created", "expires", "nonce", "keyid", "alg", "tag"})
_RESPONSE_PARAMETERS = _REQUEST_PARAMETERS - {"nonce"}


@dataclass(frozen=True)
class Verified:
    """What a signature showed, once it held."""

    kid: str
    nonce: str
    """Empty for a response: the request's signature under it is what makes it the answer to one call only."""
    created: datetime
    expires: datetime
    base_sha256: str
    signature: bytes
    signature_sha256: str
    """For a request this is the call's id, in both parties' logs."""
    content_sha256: str | None
    """Of the content, checked; none where there is none, and for a file."""
    repr_digest: Mapping[str, bytes] | None = None
    """Of the whole file, by algorithm, *not* checked here: the content was not at hand."""


# --- requests ----------------------------------------------------------------------------------------------------


def sign_request(
    request: Request, key: Key, *, now: datetime, nonce: str | None = None, lifetime: int = LIFETIME_MAX
) -> Request:
    """The request with `Content-Digest`, `Signature-Input` and `Signature`. A body must have its `content-type`.

    `nonce`: 16 to 128 characters, by default 128 random bits. Raises `ComponentAbsent` for a body without type.
    """
    unsigned = _with_content_digest(request.headers, request.body)
    request = Request(request.method, request.url, unsigned, request.body)
    parameters = _parameters(key, now, lifetime, tag=REQUEST_TAG, nonce=nonce or secrets.token_urlsafe(16))
    return request.with_headers(**_signed(SignatureInput(_to_cover(request), parameters), request, key, to=None))


def verify_request(request: Request, *, keys: Mapping[str, Key], now: datetime) -> Verified:
    """What the signature shows, if it is one by a key of `keys` (by thumbprint) over all that the profile asks for.

    Remembering the nonce until `expires` is the caller's part. Raises a `WireError`: `SignatureMissing`,
    `SignatureMalformed`, `KeyUnknown`, `ComponentUnsigned`, `ComponentAbsent`, `SignatureExpired`,
    `SignatureFromFuture`, `HttpSignatureInvalid`, `DigestMissing`, `DigestMismatch`, `HeaderMalformed`.
    """
    covered, signature = _read(request.headers)
    parameters = _checked_parameters(covered, _REQUEST_PARAMETERS, tag=REQUEST_TAG)
    if not _NONCE.fullmatch(str(parameters["nonce"])):
        raise SignatureMalformed(member="nonce")
    _demand_plain(covered, frozenset())
    _demand_covered(covered, _demanded(_to_cover(request)))
    return _verify(covered, parameters, signature, request, pinned=keys, now=now, to=None)


def call_id(request: Request) -> str:
    """SHA-256 of the raw signature in hexadecimal: how both logs name the call. Raises as `verify_request` does."""
    return hashlib.sha256(_read(request.headers)[1]).hexdigest()


@dataclass(frozen=True)
class Signed:
    """What a log says of a request that this very process has signed."""

    kid: str
    signature_sha256: str
    base_sha256: str
    content_sha256: str | None


def signed(request: Request) -> Signed:
    """Of our own request, as `sign_request` gave it. Nothing is verified: for what others sent, `verify_request`."""
    covered, signature = _read(request.headers)
    return Signed(
        kid=str(dict(covered.parameters)["keyid"]),
        signature_sha256=hashlib.sha256(signature).hexdigest(),
        base_sha256=hashlib.sha256(signature_base.build(covered, request)).hexdigest(),
        content_sha256=hashlib.sha256(request.body).hexdigest() if request.body else None,
    )


# --- responses ---------------------------------------------------------------------------------------------------


def sign_response(response: Response, *, to: Request | None, key: Key, now: datetime) -> Response:
    """The response with `Signature-Input` and `Signature`, bound to the request it answers.

    With a `repr-digest` it is a file: that digest, `content-length`, `etag` and `content-range` stand for the
    content, and `body` is not looked at. Else `Content-Digest` is added for the body. Where the request had no
    signature that can be named (a token request, a broken one), the answer is bound to its method and URL only.
    """
    unsigned = dict(response.headers) if _is_file(response) else _with_content_digest(response.headers, response.body)
    response = Response(response.status, unsigned, response.body)
    parameters = _parameters(key, now, LIFETIME_MAX, tag=RESPONSE_TAG, nonce=None)
    covered = SignatureInput((*_to_cover(response), *_binding(to)), parameters)
    return response.with_headers(**_signed(covered, response, key, to=to))


def verify_response(
    response: Response, *, to: Request | None, keys: Mapping[str, Key], now: datetime, may_be_file: bool = False
) -> Verified:
    """What the response's signature shows, if it answers `to` and is by a key of `keys`. Raises as `verify_request`.

    `may_be_file`: a response that is signed by its `repr-digest` is taken too; whoever reads the content checks
    it against `Verified.repr_digest`. Without it such a response raises `DigestMissing`.
    """
    if _is_file(response) and not may_be_file:
        raise DigestMissing(header=digests.CONTENT)
    covered, signature = _read(response.headers)
    parameters = _checked_parameters(covered, _RESPONSE_PARAMETERS, tag=RESPONSE_TAG)
    _demand_plain(covered, frozenset({OF_SIGNATURE, _OF_SIGNATURE_TOO, *OF_REQUEST}))
    _demand_covered(covered, (*_demanded(_to_cover(response)), *_binding(to)))
    return _verify(covered, parameters, signature, response, pinned=keys, now=now, to=to)


def _is_file(response: Response) -> bool:
    return digests.REPRESENTATION in response.headers and digests.CONTENT not in response.headers


def _binding(to: Request | None) -> tuple[Component, ...]:
    """What of the request a response is bound to. What cannot stand in a base is left out: every refusal is signed."""
    if to is None:
        return ()
    has_signature = _SIGNATURE.fullmatch(to.headers.get("signature", "")) is not None
    wanted = (OF_SIGNATURE, *OF_REQUEST) if has_signature else OF_REQUEST
    return tuple(component for component in wanted if _is_there(component, to))


def _is_there(component: Component, to: Request) -> bool:
    try:
        signature_base.value(component, Response(0), to=to)
    except WireError:
        return False
    return True


# --- what must be covered ----------------------------------------------------------------------------------------


def _to_cover(message: Request | Response) -> tuple[Component, ...]:
    if isinstance(message, Request):
        there = [one for one in _REQUEST_IF_THERE if one.name in message.headers]
        return (_METHOD, _TARGET, *_content(message), *there)
    there = [one for one in _RESPONSE_IF_THERE if one.name in message.headers]
    if not _is_file(message):
        return (_STATUS, *_content(message), *there)
    if message.status == 206 and "content-range" not in message.headers:
        there.append(Component("content-range"))
    return (_STATUS, _TYPE, _REPR_DIGEST, _LENGTH, _ETAG, *there)


def _content(message: Request | Response) -> tuple[Component, ...]:
    if message.body:
        return (_TYPE, _CONTENT_DIGEST)
    return (_CONTENT_DIGEST,) if digests.CONTENT in message.headers else ()


def _demanded(components: tuple[Component, ...]) -> tuple[Component, ...]:
    return tuple(component for component in components if component.name not in _NOT_DEMANDED)


def _demand_plain(covered: SignatureInput, allowed: frozenset[Component]) -> None:
    """Components without parameters, but for `allowed`, and not too many.

    Whoever knows no key of ours could else have us resolve one costly component after the other.
    """
    is_plain = all(not component.parameters or component in allowed for component in covered.components)
    if not is_plain or len(covered.components) > COMPONENTS_MAX:
        raise SignatureMalformed(member="components")


def _demand_covered(covered: SignatureInput, demanded: tuple[Component, ...]) -> None:
    """More may be covered than is demanded: that only binds the message closer."""
    there = {component.identity for component in covered.components}
    missing = [component for component in demanded if component.identity not in there]
    if missing:
        raise ComponentUnsigned(components=", ".join(signature_base.shown(component) for component in missing))


# --- signing and verifying ---------------------------------------------------------------------------------------


def _with_content_digest(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    return {**headers, digests.CONTENT: digests.sha256_field(body)} if body else dict(headers)


def _parameters(
    key: Key, now: datetime, lifetime: int, *, tag: str, nonce: str | None
) -> tuple[tuple[str, Parameter], ...]:
    created = int(now.timestamp())
    own: tuple[tuple[str, Parameter], ...] = (("nonce", nonce),) if nonce is not None else ()
    return (
        ("created", created),
        ("expires", created + lifetime),
        *own,
        ("keyid", key.thumbprint()),
        ("alg", keys.algorithm(key)),
        ("tag", tag),
    )


def _signed(covered: SignatureInput, message: Request | Response, key: Key, *, to: Request | None) -> dict[str, str]:
    signature = keys.sign(key, signature_base.build(covered, message, to=to))
    return {
        "signature_input": f"{LABEL}={covered.text}",
        "signature": f"{LABEL}=:{base64.b64encode(signature).decode('ascii')}:",
    }


def _read(headers: Mapping[str, str]) -> tuple[SignatureInput, bytes]:
    """The one signature `sig1` of a message, in its one spelling."""
    said, given = headers.get("signature-input"), headers.get("signature")
    if not said or not given:
        raise SignatureMissing()
    match = _SIGNATURE.fullmatch(given)
    signature = base64.b64decode(match[1]) if match else b""
    if match is None or base64.b64encode(signature).decode("ascii") != match[1]:
        raise SignatureMalformed(member="signature")
    labels = signature_base.read(said)
    if set(labels) != {LABEL}:
        raise SignatureMalformed(member="signature-input")
    return labels[LABEL], signature


def _checked_parameters(covered: SignatureInput, wanted: frozenset[str], *, tag: str) -> Mapping[str, Parameter]:
    parameters = dict(covered.parameters)
    for name in wanted | set(parameters):
        is_known = name in wanted or name == "nonce"
        if name not in parameters or not is_known:
            raise SignatureMalformed(member=name if is_known else "parameters")
    if parameters["tag"] != tag:
        raise SignatureMalformed(member="tag")
    return parameters


def _verify(
    covered: SignatureInput,
    parameters: Mapping[str, Parameter],
    signature: bytes,
    message: Request | Response,
    *,
    pinned: Mapping[str, Key],
    now: datetime,
    to: Request | None,
) -> Verified:
    """Key, clock, signature, and last the digest: content of whoever is not known is not even hashed."""
    kid = str(parameters["keyid"])
    key = pinned.get(kid)
    if key is None:
        raise KeyUnknown(kid=shown_kid(kid))
    if parameters["alg"] != keys.algorithm(key):
        raise SignatureMalformed(member="alg")
    created, expires = _checked_times(parameters, now)
    base = signature_base.build(covered, message, to=to)
    if not keys.has_signed(key, base, signature):
        raise HttpSignatureInvalid(kid=shown_kid(kid))
    content_sha256, repr_digest = _checked_content(message)
    return Verified(
        kid=kid,
        nonce=str(parameters.get("nonce", "")),
        created=created,
        expires=expires,
        base_sha256=hashlib.sha256(base).hexdigest(),
        signature=signature,
        signature_sha256=hashlib.sha256(signature).hexdigest(),
        content_sha256=content_sha256,
        repr_digest=repr_digest,
    )


def _checked_times(parameters: Mapping[str, Parameter], now: datetime) -> tuple[datetime, datetime]:
    created, expires = int(parameters["created"]), int(parameters["expires"])
    if not 0 < expires - created <= LIFETIME_MAX:
        raise SignatureMalformed(member="expires")
    moment = now.timestamp()
    if created > moment + CLOCK_AHEAD_MAX:
        raise SignatureFromFuture(seconds=int(created - moment))
    if moment >= expires:
        raise SignatureExpired(seconds=int(moment - expires))
    start = datetime.fromtimestamp(created, UTC)
    return start, start + timedelta(seconds=expires - created)


def _checked_content(message: Request | Response) -> tuple[str | None, Mapping[str, bytes] | None]:
    if isinstance(message, Response) and _is_file(message):
        return None, digests.read(message.headers[digests.REPRESENTATION], header=digests.REPRESENTATION)
    field = message.headers.get(digests.CONTENT)
    if field is None:
        return None, None
    return digests.check(field, message.body), None
