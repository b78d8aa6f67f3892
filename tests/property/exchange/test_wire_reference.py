"""Our signatures beside `http-message-signatures`, an implementation of RFC 9421 by others: both agree, both ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    MappingKeyResolver,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey

from tenun.exchange.wire import signatures
from tenun.exchange.wire.keys import Key
from tenun.exchange.wire.messages import Request, Response, headers
from tenun.exchange.wire.refusals import WireError

KEYS: dict[str, Key] = {"ed25519": OKPKey.generate_key("Ed25519"), "p-256": ECKey.generate_key("P-256")}
THEIRS = {"ed25519": algorithms.ED25519, "p-256": algorithms.ECDSA_P256_SHA256}
PINNED = {key.thumbprint(): key for key in KEYS.values()}
RESOLVER = MappingKeyResolver(
    public_keys={key.thumbprint(): key.public_key for key in KEYS.values()},
    private_keys={key.thumbprint(): key.private_key for key in KEYS.values()},
)


@dataclass
class TheirRequest:
    method: str
    url: str
    headers: dict[str, str]


@dataclass
class TheirResponse:
    status_code: int
    headers: dict[str, str]
    request: TheirRequest | None = field(default=None)


def theirs(message: Request | Response, to: Request | None = None) -> Any:
    if isinstance(message, Request):
        return TheirRequest(message.method, message.url, dict(message.headers))
    return TheirResponse(message.status, dict(message.headers), theirs(to) if to is not None else None)


# What may stand in a header's line: visible ASCII, blanks inside.
lines = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40).filter(
    lambda text: text == text.strip()
)
names = st.sampled_from(["authorization", "dpop", "idempotency-key", "prefer", "range", "if-range", "accept"])
segments = st.text("abcdefghijklmnopqrstuvwxyz0123456789-._~", min_size=1, max_size=12)
urls = st.builds(
    lambda host, port, path, query: f"https://{host}.example{port}/{'/'.join(path)}{query}",
    st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    st.sampled_from(["", ":8443"]),
    st.lists(segments, max_size=4).filter(lambda path: not {".", ".."} & set(path)),
    st.sampled_from(["", "?", "?a=b", "?a=b&c=%20d"]),
)
keys = st.sampled_from(sorted(KEYS))
bodies = st.binary(max_size=60)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    body = draw(bodies)
    given = draw(st.dictionaries(names, lines, max_size=5))
    if body:
        given["content-type"] = draw(lines)
    return Request(draw(st.sampled_from(["GET", "POST", "DELETE"])), draw(urls), given, body)


@st.composite
def responses(draw: st.DrawFn) -> Response:
    body = draw(bodies)
    given = draw(st.dictionaries(st.sampled_from(["content-location", "retry-after", "etag"]), lines, max_size=3))
    if body:
        given["content-type"] = draw(lines)
    return Response(draw(st.sampled_from([200, 202, 204, 403, 410, 503])), given, body)


def they_verify(name: str, message: Any, body: bytes, tag: str) -> bool:
    """Digest included, where there is one."""
    verifier = HTTPMessageVerifier(signature_algorithm=THEIRS[name], key_resolver=RESOLVER)
    try:
        results = verifier.verify(message, max_age=timedelta(seconds=60), expect_tag=tag)
        if body or "content-digest" in message.headers:
            verifier.verify_body(message, results, body)
    except HTTPMessageSignaturesException:
        return False
    return len(results) == 1


def now() -> datetime:
    return datetime.now(UTC)


@settings(max_examples=60, deadline=None)
@given(request=requests(), name=keys)
def test_they_verify_what_we_sign(request: Request, name: str) -> None:
    signed = signatures.sign_request(request, KEYS[name], now=now())
    assert they_verify(name, theirs(signed), signed.body, "pks-req")


@settings(max_examples=60, deadline=None)
@given(request=requests(), response=responses(), name=keys, asker=keys)
def test_they_verify_the_response_that_we_bind_to_a_request(
    request: Request, response: Response, name: str, asker: str
) -> None:
    to = signatures.sign_request(request, KEYS[asker], now=now())
    signed = signatures.sign_response(response, to=to, key=KEYS[name], now=now())
    assert they_verify(name, theirs(signed, to), signed.body, "pks-res")
    other = signatures.sign_request(request, KEYS[asker], now=now())
    assert not they_verify(name, theirs(signed, other), signed.body, "pks-res")


def _covered(request: Request) -> list[str]:
    named = [one for one in request.headers if one != "content-type"]
    return ["@method", "@target-uri", *(["content-type"] if request.body else []), *named]


@settings(max_examples=60, deadline=None)
@given(request=requests(), name=keys, order=st.randoms(use_true_random=False))
def test_we_verify_what_they_sign(request: Request, name: str, order: Any) -> None:
    message, covered = theirs(request), _covered(request)
    order.shuffle(covered)
    key, moment = KEYS[name], now()
    HTTPMessageSigner(signature_algorithm=THEIRS[name], key_resolver=RESOLVER).sign(
        message,
        key_id=key.thumbprint(),
        created=moment,
        expires=moment + timedelta(seconds=60),
        nonce="n" * 22,
        label="sig1",
        tag="pks-req",
        covered_component_ids=covered,
        **({"body": request.body} if request.body else {}),
    )
    signed = Request(message.method, message.url, headers(message.headers.items()), request.body)
    assert signatures.verify_request(signed, keys=PINNED, now=moment).kid == key.thumbprint()


@settings(max_examples=40, deadline=None)
@given(request=requests(), response=responses(), name=keys)
def test_we_verify_the_response_that_they_bind_to_a_request(request: Request, response: Response, name: str) -> None:
    key, moment = KEYS[name], now()
    to = signatures.sign_request(request, key, now=moment)
    message = theirs(response, to)
    HTTPMessageSigner(signature_algorithm=THEIRS[name], key_resolver=RESOLVER).sign(
        message,
        key_id=key.thumbprint(),
        created=moment,
        expires=moment + timedelta(seconds=60),
        label="sig1",
        tag="pks-res",
        covered_component_ids=[
            "@status",
            *sorted(response.headers),
            '"signature";req;key="sig1"',
            '"@target-uri";req',
            '"@method";req',
        ],
        **({"body": response.body} if response.body else {}),
    )
    signed = Response(message.status_code, headers(message.headers.items()), response.body)
    assert signatures.verify_response(signed, to=to, keys=PINNED, now=moment).kid == key.thumbprint()


@settings(max_examples=150, deadline=None)
@given(data=st.data(), request=requests(), name=keys)
def test_an_altered_message_is_refused_by_us_wherever_they_refuse_it(
    data: st.DataObject, request: Request, name: str
) -> None:
    """One character of one part is altered. We may be stricter than they; we are never more lenient."""
    moment = now()
    signed = signatures.sign_request(request, KEYS[name], now=moment)
    part = data.draw(st.sampled_from(["method", "url", "body", *sorted(signed.headers)]))
    altered = _altered(data, signed, part)
    assume(altered != signed)
    try:
        signatures.verify_request(altered, keys=PINNED, now=moment)
    except WireError:
        return
    assert they_verify(name, theirs(altered), altered.body, "pks-req")
    assert part == "accept", "only what steers nothing may change unseen"


def _altered(data: st.DataObject, message: Request, part: str) -> Request:
    if part == "body":
        assume(message.body)
        place = data.draw(st.integers(0, len(message.body) - 1))
        body = bytearray(message.body)
        body[place] ^= 1 << data.draw(st.integers(0, 7))
        return Request(message.method, message.url, message.headers, bytes(body))
    text = {"method": message.method, "url": message.url}.get(part) or message.headers[part]
    place = data.draw(st.integers(0, len(text) - 1))
    new = data.draw(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
    text = f"{text[:place]}{new}{text[place + 1 :]}"
    if part in ("method", "url"):
        return Request(
            text if part == "method" else message.method,
            text if part == "url" else message.url,
            message.headers,
            message.body,
        )
    # Blanks around a header's value are not part of it (RFC 9110, section 5.5).
    return Request(message.method, message.url, {**message.headers, part: text.strip()}, message.body)


@pytest.mark.parametrize("name", sorted(KEYS))
def test_the_reference_refuses_too_what_both_must_refuse(name: str) -> None:
    """So that the agreement above is not that of two who accept everything."""
    signed = signatures.sign_request(Request("GET", "https://desa.example/a"), KEYS[name], now=now())
    assert they_verify(name, theirs(signed), b"", "pks-req")
    assert not they_verify(name, theirs(Request("GET", "https://desa.example/b", signed.headers)), b"", "pks-req")
    assert not they_verify(name, theirs(signed), b"", "pks-res")
