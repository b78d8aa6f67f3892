"""RFC 9421 Appendix B, the vectors of web-bot-auth, and structured fields: our bases, our parser."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import http_sf
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tenun.exchange.wire import digests, keys, messages, signature_base, structured_fields
from tenun.exchange.wire.messages import Request, Response
from tenun.exchange.wire.refusals import WireError
from tests.lib.shared_data import ROOT, shared

FOLDER = "vectors/http-message-signatures"
FIELDS = sorted((ROOT / "vectors/structured-fields").glob("*.json"))


def _cases(path: str) -> list[dict[str, Any]]:
    found = ROOT / path
    if not found.exists():
        return []
    read = json.loads(found.read_text("utf-8"))
    return list(read["cases"]) if isinstance(read, dict) else list(read)


APPENDIX_B = _cases(f"{FOLDER}/rfc9421-appendix-b.json")
WEB_BOT_AUTH = _cases(f"{FOLDER}/web-bot-auth/web_bot_auth_architecture_v1.json")


def test_the_vectors_are_really_run() -> None:
    shared(FOLDER)
    shared("vectors/structured-fields")
    assert len(APPENDIX_B) >= 5
    assert len(WEB_BOT_AUTH) >= 4
    assert len(FIELDS) >= 5


# --- RFC 9421, appendix B ----------------------------------------------------------------------------------------


def message_of(case: dict[str, Any]) -> Request | Response:
    head, _, body = case["message"].partition("\n\n")
    first, *lines = head.split("\n")
    headers = messages.headers((name, value) for name, _, value in (line.partition(":") for line in lines))
    words = first.split(" ")
    if words[0].startswith("HTTP/"):
        return Response(int(words[1]), headers, body.encode())
    return Request(words[0], f"{case['scheme']}://{headers['host']}{words[1]}", headers, body.encode())


def is_valid(keyid: str, base: bytes, signature: bytes) -> bool:
    """By the RFC's public test keys, of all the algorithms that it has examples for."""
    known = json.loads(shared(f"{FOLDER}/rfc9421-appendix-b.json").read_text("utf-8"))["keys"][keyid]
    if "secret_b64" in known:
        return hmac.compare_digest(hmac.digest(base64.b64decode(known["secret_b64"]), base, "sha256"), signature)
    jwk = known["jwk"]
    if jwk["kty"] == "RSA":
        public = serialization.load_pem_public_key(_public_pem(known["pem"]))
        assert isinstance(public, rsa.RSAPublicKey)
        return _is_pss(public, base, signature)
    key = (ECKey if jwk["kty"] == "EC" else OKPKey).import_key(jwk)
    return keys.has_signed(key, base, signature)


def _public_pem(pem: str) -> bytes:
    return pem.partition("-----BEGIN PRIVATE")[0].partition("-----BEGIN RSA PRIVATE")[0].encode()


def _is_pss(public: rsa.RSAPublicKey, base: bytes, signature: bytes) -> bool:
    scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64)
    try:
        public.verify(signature, base, scheme, hashes.SHA512())
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("case", APPENDIX_B, ids=lambda case: case["name"])
def test_our_signature_base_is_that_of_the_rfc_and_its_signature_fits(case: dict[str, Any]) -> None:
    message = message_of(case)
    covered = signature_base.read(message.headers["signature-input"])[case["label"]]
    base = signature_base.build(covered, message)
    assert base.decode("ascii") == case["signature_base"]
    signature = structured_fields.dictionary(message.headers["signature"])[case["label"]][0]
    assert is_valid(case["keyid"], base, signature) == (case["expect"] == "valid")
    assert not is_valid(case["keyid"], base + b"\n", signature)
    if "content-digest" in message.headers:
        assert digests.check(message.headers["content-digest"], message.body)


@pytest.mark.parametrize("case", APPENDIX_B, ids=lambda case: case["name"])
def test_an_altered_message_of_the_rfc_has_another_base(case: dict[str, Any]) -> None:
    message = message_of(case)
    covered = signature_base.read(message.headers["signature-input"])[case["label"]]
    for component in covered.components:
        if component.name.startswith("@"):
            continue
        altered = replace(message, headers={**message.headers, component.name: "lain"})
        assert signature_base.build(covered, altered) != signature_base.build(covered, message)


# Values of RFC 9421, section 2: its own examples, in its own words.
REQUEST = Request(
    "POST",
    "https://www.example.com/path?param=value&foo=bar&baz=batman&var=this%20is%20a%20big%0Amultiline%20value"
    "&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something&qux=",
    {
        "host": "www.example.com",
        "example-dict": "  a=1,    b=2;x=1;y=2,   c=(a   b   c), d",
        "example-header": "value, with, lots",
    },
)


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        ('"@method"', "POST"),
        ('"@authority"', "www.example.com"),
        ('"@scheme"', "https"),
        ('"@path"', "/path"),
        ('"@target-uri"', REQUEST.url),
        ('"@request-target"', REQUEST.url.removeprefix("https://www.example.com")),
        ('"@query"', f"?{urlsplit(REQUEST.url).query}"),
        ('"@query-param";name="var"', "this%20is%20a%20big%0Amultiline%20value"),
        ('"@query-param";name="bar"', "with%20plus%20whitespace"),
        ('"@query-param";name="fa%C3%A7ade%22%3A%20"', "something"),
        ('"@query-param";name="qux"', ""),
        ('"example-dict"', "a=1,    b=2;x=1;y=2,   c=(a   b   c), d"),
        ('"example-dict";sf', "a=1, b=2;x=1;y=2, c=(a b c), d"),
        ('"example-dict";key="a"', "1"),
        ('"example-dict";key="b"', "2;x=1;y=2"),
        ('"example-dict";key="c"', "(a b c)"),
        ('"example-dict";key="d"', "?1"),
        ('"example-header";bs', ":dmFsdWUsIHdpdGgsIGxvdHM=:"),
    ],
)
def test_a_component_has_the_value_that_the_rfc_gives_it(component: str, expected: str) -> None:
    (read,) = signature_base.read(f"a=({component})")["a"].components
    assert read.text == component
    assert signature_base.value(read, REQUEST) == expected


@pytest.mark.parametrize(
    "component",
    [
        '"@status"',
        '"@method";req',
        '"@method";key="a"',
        '"@query-param"',
        '"@query-param";name="tiada"',
        '"@lain"',
        '"tiada"',
        '"example-dict";key="tiada"',
        '"example-header";name="a"',
        '"example-header";bs;sf',
        '"example-header";sf;key="a"',
    ],
)
def test_a_component_that_the_message_does_not_have_is_refused(component: str) -> None:
    (read,) = signature_base.read(f"a=({component})")["a"].components
    with pytest.raises(WireError):
        signature_base.value(read, REQUEST)
    if not component.startswith('"@status"'):
        with pytest.raises(WireError):
            signature_base.value(read, Response(200))


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://desa.example", "desa.example", "/"),
        ("https://DESA.example:443/a", "desa.example", "/a"),
        ("http://127.0.0.1:8527/a", "127.0.0.1:8527", "/a"),
        ("http://desa.example:80?a", "desa.example", "/"),
        ("https://[::1]:8443/", "[::1]:8443", "/"),
        ("https://[::1]/", "[::1]", "/"),
    ],
)
def test_the_authority_leaves_out_the_usual_port(url: str, authority: str, path: str) -> None:
    request = Request("GET", url)
    assert signature_base.value(signature_base.Component("@authority"), request) == authority
    assert signature_base.value(signature_base.Component("@path"), request) == path


# --- web-bot-auth ------------------------------------------------------------------------------------------------


def _bot_message(case: dict[str, Any]) -> Request:
    headers = {"signature-input": case["signature_input"], "signature": case["signature"]}
    if "signature_agent" in case:
        headers["signature-agent"] = case["signature_agent"]
    return Request("GET", case["target_url"], headers)


@pytest.mark.parametrize("case", WEB_BOT_AUTH, ids=lambda case: f"{case['key']['kty']}-{case['label']}")
def test_a_signature_of_another_user_of_the_rfc_fits_our_base(case: dict[str, Any]) -> None:
    message = _bot_message(case)
    covered = signature_base.read(case["signature_input"])[case["label"]]
    base = signature_base.build(covered, message)
    signature = structured_fields.dictionary(case["signature"])[case["label"]][0]
    parameters = dict(covered.parameters)
    assert parameters["created"] == case["created_ms"] // 1000
    assert parameters["nonce"] == case["nonce"]
    if case["key"]["kty"] == "RSA":
        public = RSAKey.import_key(case["key"]).public_key
        assert _is_pss(public, base, signature)
        assert not _is_pss(public, base.replace(b"example", b"lain"), signature)
    else:
        key = OKPKey.import_key({name: case["key"][name] for name in ("kty", "crv", "x")})
        assert parameters["keyid"] == key.thumbprint()
        assert keys.has_signed(key, base, signature)
        assert not keys.has_signed(key, base.replace(b"example", b"lain"), signature)


# --- structured fields -------------------------------------------------------------------------------------------


def _parsed(raw: str, kind: str) -> Any:
    """Dictionaries through our own door, the rest through the library behind it."""
    if kind == "dictionary":
        return structured_fields.dictionary(raw, once=False)
    return http_sf.parse(raw.encode("ascii"), tltype=kind)


def _plain(value: Any) -> Any:
    """A parsed value in the form in which the vectors are written."""
    if isinstance(value, bytes):
        return {"__type": "binary", "value": base64.b32encode(value).decode()}
    if isinstance(value, http_sf.Token):
        return {"__type": "token", "value": str(value)}
    if isinstance(value, http_sf.DisplayString):
        return {"__type": "displaystring", "value": str(value)}
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, tuple):
        return [_plain(value[0]), [[name, _plain(own)] for name, own in value[1].items()]]
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return [[name, _plain(one)] for name, one in value.items()]
    return value


@pytest.mark.parametrize("path", FIELDS, ids=lambda path: path.stem)
def test_structured_fields_are_read_as_their_authors_read_them(path: Any) -> None:
    tested = 0
    for case in json.loads(path.read_text("utf-8")):
        if "raw" not in case:
            continue
        raw = ", ".join(case["raw"])
        try:
            parsed = _parsed(raw, case["header_type"])
        except ValueError:
            assert case.get("must_fail") or case.get("can_fail"), case["name"]
        else:
            assert not case.get("must_fail"), case["name"]
            assert _plain(parsed) == case["expected"], case["name"]
        tested += 1
    assert tested >= 5


def test_the_digest_of_an_empty_body_is_the_known_one() -> None:
    assert digests.check(digests.sha256_field(b""), b"") == hashlib.sha256(b"").hexdigest()
