"""The spelling that our own nodes write is read without the general parser, and comes out as that would have it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey

from tenun.exchange.wire import signature_base, signatures, structured_fields
from tenun.exchange.wire.keys import Key
from tenun.exchange.wire.messages import Request, Response
from tenun.exchange.wire.refusals import WireError
from tenun.exchange.wire.signature_base import Component, SignatureInput

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
URL = "https://desa.example/v1/agreements/sid-siapkerja/queries"
KEYS: tuple[Key, ...] = (OKPKey.generate_key("Ed25519"), ECKey.generate_key("P-256"))
OF_SIGNATURE = Component("signature", (("key", "sig1"), ("req", True)))

PLAIN = (
    'sig1=("@method" "@target-uri" "content-type" "content-digest" "authorization" "dpop");created=1795507200'
    f';expires=1795507260;nonce="{"n" * 22}";keyid="{"k" * 43}";alg="ed25519";tag="pks-req"'
)
"""One of our own, to be spoilt."""
# What is put in the place of a piece of it: other forms of the same, and forms of nothing.
SPOILS = (
    *("", " ", "  ", '"', "\\", ";", "=", "(", ")", "0", "-1", "1.5", ",", ", sig2=()", "\t", "é"),
    *(";req", ';key="sig1"', ';key="sig2"', ";sf", ";created=1", ';alg="a\\"b"'),
    *('"@method"', '"@METHOD"', '"@signature-params"'),
)


def outcome(read: object, field: str) -> dict[str, SignatureInput] | str:
    try:
        return read(field)  # type: ignore[operator,no-any-return]
    except WireError as problem:
        return str(problem)
    except UnicodeEncodeError:
        return "not ASCII"


@settings(max_examples=600)
@given(at=st.integers(0, len(PLAIN)), length=st.integers(0, 12), spoil=st.sampled_from(SPOILS))
@example(at=0, length=0, spoil="")
@example(at=6, length=11, spoil="")
def test_a_spoilt_input_comes_out_as_the_general_parser_has_it(at: int, length: int, spoil: str) -> None:
    field = PLAIN[:at] + spoil + PLAIN[at + length :]
    assert outcome(signature_base.read, field) == outcome(signature_base.read_any, field)


@pytest.mark.parametrize("key", KEYS, ids=["ed25519", "p-256"])
@pytest.mark.parametrize("body", [b"", b'{"mode":"exists"}'], ids=["empty", "body"])
def test_what_our_nodes_write_takes_the_short_way_and_means_the_same(key: Key, body: bytes) -> None:
    headers = {"content-type": "application/json", "authorization": "DPoP a.b.c", "dpop": "d.e.f"}
    request = signatures.sign_request(Request("POST", URL, headers, body), key, now=NOW)
    answer = signatures.sign_response(
        Response(200, {"content-type": "application/json"}, b"{}"), to=request, key=key, now=NOW
    )
    for message in (request, answer):
        field = message.headers["signature-input"]
        assert signature_base._OWN_INPUT.fullmatch(field) is not None
        assert signature_base.read(field) == signature_base.read_any(field)


@given(signature=st.binary(min_size=62, max_size=66), last=st.sampled_from("AQgwBz="))
def test_a_signature_as_a_component_is_what_the_general_serialiser_writes(signature: bytes, last: str) -> None:
    text = base64.b64encode(signature).decode()
    for given_ in (f"sig1=:{text}:", f"sig1=:{text[:-3]}{last}==:"):
        request = Request("GET", URL, {"signature": given_})
        try:
            members = structured_fields.dictionary(given_, once=False)
            wanted = structured_fields.serialised_member(members["sig1"])
        except ValueError:
            with pytest.raises(WireError):
                signature_base.value(OF_SIGNATURE, Response(200), to=request)
        else:
            assert signature_base.value(OF_SIGNATURE, Response(200), to=request) == wanted


@pytest.mark.parametrize("key", KEYS, ids=["ed25519", "p-256"])
@pytest.mark.parametrize("body", [b"", b'{"mode":"exists"}'], ids=["empty", "body"])
def test_what_a_log_says_of_our_own_request_is_what_whoever_verifies_it_finds(key: Key, body: bytes) -> None:
    request = signatures.sign_request(Request("POST", URL, {"content-type": "text/plain"}, body), key, now=NOW)
    found = signatures.verify_request(request, keys={key.thumbprint(): key}, now=NOW)
    told = vars(signatures.signed(request))
    assert told == {name: getattr(found, name) for name in told}
