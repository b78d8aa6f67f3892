"""What a signature on a message must show, and everything that it is refused for."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import ECKey, OKPKey

from tenun.exchange.wire import digests, keys, messages, signature_base, signatures
from tenun.exchange.wire.keys import Key, KeyUnfit
from tenun.exchange.wire.messages import Request, Response
from tenun.exchange.wire.refusals import (
    ComponentAbsent,
    ComponentUnsigned,
    DigestMismatch,
    DigestMissing,
    HeaderMalformed,
    HttpSignatureInvalid,
    KeyUnknown,
    SignatureExpired,
    SignatureFromFuture,
    SignatureMalformed,
    SignatureMissing,
    WireError,
)
from tenun.exchange.wire.signature_base import Component, SignatureInput

NOW = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)
URL = "https://desa.example/v1/agreements/sid-siapkerja/queries?halaman=2"
ED, EC, OTHER = OKPKey.generate_key("Ed25519"), ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")
PINNED: dict[str, Key] = {ED.thumbprint(): ED, EC.thumbprint(): EC}
BODY = b'{"mode":"exists"}'
HEADERS = {
    "content-type": "application/json",
    "authorization": "DPoP abc.def.ghi",
    "dpop": "jkl.mno.pqr",
    "idempotency-key": "7c1f",
    "prefer": "respond-async",
    "accept": "application/json",
}


def request(**changes: object) -> Request:
    return replace(Request("POST", URL, HEADERS, BODY), **changes)  # type: ignore[arg-type]


def signed(key: Key = ED, **changes: object) -> Request:
    return signatures.sign_request(request(**changes), key, now=NOW, nonce="n" * 22)


def verified(message: Request, now: datetime = NOW) -> signatures.Verified:
    return signatures.verify_request(message, keys=PINNED, now=now)


def with_header(message: Request, name: str, value: str | None) -> Request:
    headers = {**message.headers, name: value or ""}
    if value is None:
        del headers[name]
    return replace(message, headers=headers)


# --- requests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [ED, EC], ids=["ed25519", "p-256"])
def test_a_signed_request_verifies_and_says_who_and_when(key: Key) -> None:
    message = signed(key)
    shown = verified(message)
    assert shown.kid == key.thumbprint()
    assert shown.nonce == "n" * 22
    assert (shown.created, shown.expires) == (NOW, NOW + timedelta(seconds=60))
    assert shown.content_sha256 == hashlib.sha256(BODY).hexdigest()
    assert len(shown.signature) == 64
    assert shown.signature_sha256 == hashlib.sha256(shown.signature).hexdigest() == signatures.call_id(message)
    base = signature_base.build(signature_base.read(message.headers["signature-input"])["sig1"], message)
    assert shown.base_sha256 == hashlib.sha256(base).hexdigest()


def test_the_signature_covers_what_steers_the_call() -> None:
    covered = signature_base.read(signed().headers["signature-input"])["sig1"]
    assert [component.name for component in covered.components] == [
        "@method",
        "@target-uri",
        "content-type",
        "content-digest",
        "authorization",
        "dpop",
        "idempotency-key",
        "prefer",
    ]
    assert [name for name, _ in covered.parameters] == ["created", "expires", "nonce", "keyid", "alg", "tag"]


def test_a_request_without_content_covers_method_and_url() -> None:
    message = signatures.sign_request(Request("GET", URL), ED, now=NOW)
    covered = signature_base.read(message.headers["signature-input"])["sig1"]
    assert [component.name for component in covered.components] == ["@method", "@target-uri"]
    assert verified(message).content_sha256 is None


def test_two_signatures_of_the_same_request_have_two_nonces() -> None:
    first, second = (signatures.sign_request(request(), ED, now=NOW) for _ in range(2))
    assert verified(first).nonce != verified(second).nonce


@pytest.mark.parametrize("name", ["authorization", "dpop", "idempotency-key", "prefer", "range", "if-range"])
def test_a_header_that_steers_the_call_is_refused_unsigned(name: str) -> None:
    bare = {key: value for key, value in HEADERS.items() if key != name}
    message = with_header(signed(headers=bare), name, "ditambahkan")
    with pytest.raises(ComponentUnsigned) as caught:
        verified(message)
    assert name in str(caught.value)


def test_content_added_to_a_request_without_any_is_refused() -> None:
    message = signatures.sign_request(Request("POST", URL), ED, now=NOW)
    with pytest.raises(ComponentUnsigned):
        verified(replace(message, body=b"x", headers={**message.headers, "content-type": "text/plain"}))


def test_a_header_that_does_not_steer_the_call_may_change_on_its_way() -> None:
    verified(with_header(signed(), "accept", "*/*"))


ALTERATIONS: dict[str, tuple[Callable[[Request], Request], type[WireError]]] = {
    "method": (lambda m: replace(m, method="DELETE"), HttpSignatureInvalid),
    "url": (lambda m: replace(m, url=URL.replace("2", "3")), HttpSignatureInvalid),
    "host": (lambda m: replace(m, url=URL.replace("desa", "naker")), HttpSignatureInvalid),
    "fragment": (lambda m: replace(m, url=URL + "#a"), ComponentAbsent),
    "body": (lambda m: replace(m, body=BODY + b" "), DigestMismatch),
    "body gone": (lambda m: replace(m, body=b""), DigestMismatch),
    "body and digest": (
        lambda m: with_header(replace(m, body=b"{}"), "content-digest", digests.sha256_field(b"{}")),
        HttpSignatureInvalid,
    ),
    "authorization": (lambda m: with_header(m, "authorization", "DPoP x"), HttpSignatureInvalid),
    "authorization gone": (lambda m: with_header(m, "authorization", None), ComponentAbsent),
    "line break in a header": (lambda m: with_header(m, "prefer", "a\nb"), HeaderMalformed),
    "foreign letters in a header": (lambda m: with_header(m, "prefer", "é"), HeaderMalformed),
    "signature gone": (lambda m: with_header(m, "signature", None), SignatureMissing),
    "signature input gone": (lambda m: with_header(m, "signature-input", None), SignatureMissing),
    "signature empty": (lambda m: with_header(m, "signature", ""), SignatureMissing),
}


@pytest.mark.parametrize("name", ALTERATIONS)
@pytest.mark.parametrize("key", [ED, EC], ids=["ed25519", "p-256"])
def test_an_altered_request_is_refused(name: str, key: Key) -> None:
    alter, error = ALTERATIONS[name]
    with pytest.raises(error):
        verified(alter(signed(key)))


def test_every_single_bit_of_the_signature_counts() -> None:
    message = signed()
    signature = verified(message).signature
    for bit in range(0, len(signature) * 8, 7):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        field = f"sig1=:{base64.b64encode(bytes(flipped)).decode()}:"
        with pytest.raises(HttpSignatureInvalid):
            verified(with_header(message, "signature", field))


def _field(message: Request, old: str, new: str, name: str = "signature-input") -> Request:
    assert old in message.headers[name]
    return with_header(message, name, message.headers[name].replace(old, new))


SPELLINGS: dict[str, Callable[[Request], Request]] = {
    "another label": lambda m: _field(_field(m, "sig1=", "sig2="), "sig1=", "sig2=", "signature"),
    "a second label": lambda m: _field(m, "sig1=(", 'sig2=("@method");created=1, sig1=('),
    "the label twice": lambda m: with_header(m, "signature-input", ", ".join([m.headers["signature-input"]] * 2)),
    "a second signature": lambda m: with_header(m, "signature", ", ".join([m.headers["signature"]] * 2)),
    "a component twice": lambda m: _field(m, '"@method"', '"@method" "@method"'),
    "an unknown component parameter": lambda m: _field(m, '"@method"', '"@method";tr'),
    "a component in capitals": lambda m: _field(m, '"prefer"', '"Prefer"'),
    "the parameters as a component": lambda m: _field(m, '"prefer"', '"@signature-params"'),
    "a component with parameters": lambda m: _field(m, '"prefer"', '"prefer";bs'),
    "a part of the query": lambda m: _field(m, '"prefer"', '"prefer" "@query-param";name="halaman"'),
    "too many components": lambda m: _field(m, '"prefer"', " ".join(f'"x-{number}"' for number in range(40))),
    "no inner list": lambda m: with_header(m, "signature-input", "sig1=1"),
    "a parameter twice": lambda m: _field(m, ";nonce=", ";created=1;nonce="),
    "an unknown parameter": lambda m: _field(m, ";nonce=", ";izin=1;nonce="),
    "a token for a string": lambda m: _field(m, 'tag="pks-req"', "tag=pks-req"),
    "a string for a number": lambda m: _field(m, f"created={int(NOW.timestamp())}", 'created="1"'),
    "a decimal for a number": lambda m: _field(m, f"created={int(NOW.timestamp())}", "created=1.0"),
    "no nonce": lambda m: _field(m, f';nonce="{"n" * 22}"', ""),
    "a short nonce": lambda m: _field(m, "n" * 22, "n" * 15),
    "a nonce with blanks": lambda m: _field(m, "n" * 22, "n " * 11),
    "no expiry": lambda m: _field(m, f";expires={int(NOW.timestamp()) + 60}", ""),
    "no tag": lambda m: _field(m, ';tag="pks-req"', ""),
    "the tag of a response": lambda m: _field(m, "pks-req", "pks-res"),
    "another algorithm": lambda m: _field(m, 'alg="ed25519"', 'alg="ecdsa-p256-sha256"'),
    "no algorithm": lambda m: _field(m, ';alg="ed25519"', ""),
    "a minute too long": lambda m: _field(m, f"expires={int(NOW.timestamp()) + 60}", "expires=1795512061"),
    "expiry before creation": lambda m: _field(m, f"expires={int(NOW.timestamp()) + 60}", "expires=1"),
    "a signature without padding": lambda m: _field(m, "==:", ":", "signature"),
    "a signature with parameters": lambda m: _field(m, "==:", "==:;a", "signature"),
    "a signature too short": lambda m: with_header(m, "signature", "sig1=:AAAA:"),
    "letters that are no ASCII": lambda m: _field(m, "pks-req", "pks-réq"),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_signature_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(SignatureMalformed):
        verified(SPELLINGS[name](signed()))


def test_stray_bits_at_the_end_of_a_signature_are_refused() -> None:
    message = signed()
    text = message.headers["signature"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    stray = alphabet[alphabet.index(text[-4]) + 1]
    respelt = f"{text[:-4]}{stray}==:"
    assert base64.b64decode(respelt[6:-1]) == base64.b64decode(text[6:-1])
    with pytest.raises(SignatureMalformed):
        verified(with_header(message, "signature", respelt))


def test_a_key_that_is_not_pinned_is_refused_and_named_by_its_thumbprint() -> None:
    with pytest.raises(KeyUnknown) as caught:
        verified(signed(OTHER))
    assert caught.value.parts["kid"] == OTHER.thumbprint()


def test_a_key_id_that_is_no_thumbprint_is_not_repeated() -> None:
    with pytest.raises(KeyUnknown) as caught:
        verified(_field(signed(), ED.thumbprint(), "5317062001900001"))
    assert caught.value.parts["kid"] == "?"


def test_another_keys_signature_under_a_pinned_name_is_refused() -> None:
    with pytest.raises(HttpSignatureInvalid):
        verified(_field(signed(OTHER), OTHER.thumbprint(), ED.thumbprint()))


@pytest.mark.parametrize(
    ("seconds", "error"),
    [
        (-11, SignatureFromFuture),
        (-10, None),
        (0, None),
        (59, None),
        (60, SignatureExpired),
        (3600, SignatureExpired),
    ],
)
def test_the_clock_decides_to_the_second(seconds: int, error: type[WireError] | None) -> None:
    message, now = signed(), NOW + timedelta(seconds=seconds)
    if error is None:
        assert verified(message, now).nonce == "n" * 22
    else:
        with pytest.raises(error):
            verified(message, now)


def test_a_shorter_life_is_kept_to() -> None:
    message = signatures.sign_request(request(), ED, now=NOW, lifetime=5)
    assert verified(message, NOW + timedelta(seconds=4)).expires == NOW + timedelta(seconds=5)
    with pytest.raises(SignatureExpired):
        verified(message, NOW + timedelta(seconds=5))


def test_a_body_without_its_type_cannot_be_signed() -> None:
    with pytest.raises(ComponentAbsent):
        signatures.sign_request(Request("POST", URL, {}, BODY), ED, now=NOW)


def test_a_key_of_another_kind_is_refused_by_its_owner() -> None:
    for key in (ECKey.generate_key("P-384"), OKPKey.generate_key("X25519")):
        with pytest.raises(KeyUnfit):
            signatures.sign_request(request(), key, now=NOW)
        with pytest.raises(KeyUnfit):
            keys.has_signed(key, b"", b"0" * 64)
    with pytest.raises(KeyUnfit):
        keys.sign(OKPKey.import_key(ED.as_dict(private=False)), b"")


def test_more_may_be_covered_than_is_demanded_in_any_order() -> None:
    parameters = signature_base.read(signed().headers["signature-input"])["sig1"].parameters
    message = signed()
    names = ["accept", *reversed(signature_base.read(message.headers["signature-input"])["sig1"].components)]
    covered = SignatureInput(
        tuple(Component(name) if isinstance(name, str) else name for name in names) + (Component("@authority"),),
        tuple(reversed(parameters)),
    )
    signature = keys.sign(ED, signature_base.build(covered, message))
    again = replace(
        message,
        headers={
            **message.headers,
            "signature-input": f"sig1={covered.text}",
            "signature": f"sig1=:{base64.b64encode(signature).decode()}:",
        },
    )
    assert verified(again).kid == ED.thumbprint()
    with pytest.raises(HttpSignatureInvalid):
        verified(with_header(again, "accept", "*/*"))


# --- responses ---------------------------------------------------------------------------------------------------


ANSWER = Response(200, {"content-type": "application/json"}, b'{"ada":true}')


def answered(to: Request | None, response: Response = ANSWER, key: Key = ED) -> Response:
    return signatures.sign_response(response, to=to, key=key, now=NOW)


def checked(response: Response, to: Request | None, *, may_be_file: bool = False) -> signatures.Verified:
    return signatures.verify_response(response, to=to, keys=PINNED, now=NOW, may_be_file=may_be_file)


@pytest.mark.parametrize("key", [ED, EC], ids=["ed25519", "p-256"])
@pytest.mark.parametrize("asker", [ED, EC], ids=["asked-ed25519", "asked-p-256"])
def test_a_response_answers_the_request_that_it_was_made_for(key: Key, asker: Key) -> None:
    to = signed(asker)
    shown = checked(answered(to, key=key), to)
    assert shown.kid == key.thumbprint()
    assert shown.nonce == ""
    assert shown.content_sha256 == hashlib.sha256(ANSWER.body).hexdigest()


def test_a_response_answers_no_other_request() -> None:
    first, second = (signatures.sign_request(request(), ED, now=NOW) for _ in range(2))
    with pytest.raises(HttpSignatureInvalid):
        checked(answered(first), second)


def test_a_response_that_is_bound_to_no_request_is_no_answer() -> None:
    to = signed()
    for loose in (answered(None), answered(request())):
        with pytest.raises(ComponentUnsigned):
            checked(loose, to)


def test_an_answer_to_an_unsigned_request_is_bound_to_its_method_and_url() -> None:
    to = Request("GET", "https://desa.example/.well-known/pks-node")
    response = answered(to)
    assert checked(response, to).kid == ED.thumbprint()
    with pytest.raises(HttpSignatureInvalid):
        checked(response, replace(to, url="https://desa.example/health"))
    assert checked(answered(None), None).kid == ED.thumbprint()


def test_a_refusal_of_a_broken_signature_is_signed_all_the_same() -> None:
    to = with_header(signed(), "signature", "sig1=:AAAA:")
    assert checked(answered(to), to).kid == ED.thumbprint()


@pytest.mark.parametrize("url", ["https://desa.example/é", "https://desa.example/a#b", "kacau", "https://a/\x00"])
def test_a_refusal_of_a_request_that_nobody_could_sign_is_signed_all_the_same(url: str) -> None:
    to = replace(signed(), url=url)
    covered = signature_base.read(answered(to).headers["signature-input"])["sig1"]
    assert signatures.OF_SIGNATURE in covered.components
    assert "@target-uri" not in [component.name for component in covered.components]


def test_a_response_may_bind_itself_to_no_other_part_of_the_request() -> None:
    to = signed()
    response = answered(to)
    more = response.headers["signature-input"].replace('"@method";req', '"@method";req "prefer";req')
    with pytest.raises(SignatureMalformed):
        checked(replace(response, headers={**response.headers, "signature-input": more}), to)


@pytest.mark.parametrize(
    "alter",
    [
        lambda r: replace(r, status=201),
        lambda r: replace(r, headers={**r.headers, "content-type": "text/html"}),
        lambda r: replace(r, body=b"{}", headers={**r.headers, "content-digest": digests.sha256_field(b"{}")}),
    ],
    ids=["status", "type", "content"],
)
def test_an_altered_response_is_refused(alter: Callable[[Response], Response]) -> None:
    to = signed()
    with pytest.raises(HttpSignatureInvalid):
        checked(alter(answered(to)), to)


def test_an_altered_body_of_a_response_is_refused() -> None:
    to = signed()
    with pytest.raises(DigestMismatch):
        checked(replace(answered(to), body=b'{"ada":false}'), to)


@pytest.mark.parametrize("name", ["content-location", "location", "content-encoding", "content-range"])
def test_a_header_that_steers_the_reader_is_refused_unsigned(name: str) -> None:
    to = signed()
    response = answered(to)
    with pytest.raises(ComponentUnsigned):
        checked(replace(response, headers={**response.headers, name: "ditambahkan"}), to)


def test_retry_after_is_signed_and_may_be_added_by_a_gateway() -> None:
    to = signed()
    own = answered(to, replace(ANSWER, headers={**ANSWER.headers, "retry-after": "5"}))
    with pytest.raises(HttpSignatureInvalid):
        checked(replace(own, headers={**own.headers, "retry-after": "6"}), to)
    other = answered(to)
    assert checked(replace(other, headers={**other.headers, "retry-after": "5"}), to).kid == ED.thumbprint()


def test_a_response_without_content_is_signed_by_its_status() -> None:
    to = signed()
    assert checked(answered(to, Response(204)), to).content_sha256 is None


# --- files -------------------------------------------------------------------------------------------------------


CONTENT = b"id;nama\n" * 1000
FILE = Response(
    206,
    {
        "content-type": "application/vnd.apache.parquet",
        "repr-digest": digests.sha256_field(CONTENT),
        "content-range": f"bytes 0-99/{len(CONTENT)}",
        "content-length": "100",
        "etag": '"abc"',
    },
)


def test_a_part_of_a_file_is_signed_by_the_digest_of_the_whole() -> None:
    to = signed()
    shown = checked(answered(to, FILE), to, may_be_file=True)
    assert shown.repr_digest == {"sha-256": hashlib.sha256(CONTENT).digest()}
    assert shown.content_sha256 is None


@pytest.mark.parametrize("name", ["repr-digest", "content-range", "content-length", "etag", "content-type"])
def test_every_header_of_a_file_is_signed(name: str) -> None:
    to = signed()
    response = answered(to, FILE)
    other = digests.sha256_field(b"lain") if name == "repr-digest" else "lain"
    with pytest.raises(HttpSignatureInvalid):
        checked(replace(response, headers={**response.headers, name: other}), to, may_be_file=True)


@pytest.mark.parametrize("name", ["content-range", "content-length", "etag"])
def test_a_file_without_one_of_its_headers_cannot_be_signed(name: str) -> None:
    headers = {key: value for key, value in FILE.headers.items() if key != name}
    with pytest.raises(ComponentAbsent):
        answered(signed(), Response(206, headers))


def test_whoever_expects_no_file_is_not_given_unchecked_content() -> None:
    to = signed()
    with pytest.raises(DigestMissing):
        checked(replace(answered(to, FILE), body=b"apa saja"), to)


def test_a_problem_in_place_of_a_file_is_checked_as_any_content() -> None:
    to = signed()
    response = answered(to, replace(ANSWER, status=410))
    assert checked(response, to, may_be_file=True).content_sha256 is not None
    with pytest.raises(DigestMismatch):
        checked(replace(response, body=b"{}"), to, may_be_file=True)


# --- headers and digests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(messages.ONCE))
def test_a_header_that_may_stand_once_is_refused_twice(name: str) -> None:
    with pytest.raises(HeaderMalformed):
        messages.headers([(name.title(), "a"), (name, "b")])


def test_other_repeated_headers_are_joined() -> None:
    assert messages.headers([("Accept", " a "), ("accept", "b")]) == {"accept": "a, b"}


def test_a_digest_is_read_in_both_algorithms_and_checked_in_each() -> None:
    sha512 = base64.b64encode(hashlib.sha512(BODY).digest()).decode()
    both = f"{digests.sha256_field(BODY)}, sha-512=:{sha512}:"
    assert digests.check(both, BODY) == digests.check(f"sha-512=:{sha512}:", BODY) == hashlib.sha256(BODY).hexdigest()
    wrong = base64.b64encode(hashlib.sha512(b"").digest()).decode()
    with pytest.raises(DigestMismatch):
        digests.check(f"{digests.sha256_field(BODY)}, sha-512=:{wrong}:", BODY)
    assert digests.field_of(hashlib.sha256(BODY).hexdigest()) == digests.sha256_field(BODY)


@pytest.mark.parametrize("field", ["md5=:AAAA:", "", "unixsum=1"])
def test_a_digest_that_nobody_trusts_is_none(field: str) -> None:
    with pytest.raises(DigestMissing):
        digests.check(field, BODY)


@pytest.mark.parametrize(
    "field",
    [
        "sha-256=:AAAA:",
        "sha-256=1",
        "sha-256",
        "sha-256=(:AAAA:)",
        "sha-256=:" + "A" * 44 + ":",
        f"{digests.sha256_field(b'')}, {digests.sha256_field(b'')}",
        "sha-256=é",
    ],
)
def test_a_digest_of_another_form_is_refused(field: str) -> None:
    with pytest.raises(HeaderMalformed):
        digests.check(field, BODY)
