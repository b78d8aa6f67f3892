"""What is read strictly is read as the general parser reads it, or not at all."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime

import http_sf
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from tenun.exchange.wire import digests, jws, signature_base, signatures
from tenun.exchange.wire.messages import Request
from tenun.exchange.wire.refusals import WireError
from tenun.exchange.wire.signature_base import Component, SignatureInput

KEY = OKPKey.generate_key("Ed25519")
text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
component_names = st.sampled_from(["@method", "@target-uri", "signature", "content-type", "x-lain"])
component_parameters = st.lists(
    st.sampled_from([("req", True), ("key", "sig1"), ("sf", True), ("bs", True), ("name", 'a"b\\c')]),
    unique_by=lambda pair: pair[0],
    max_size=3,
)
components = st.builds(lambda name, own: Component(name, tuple(own)), component_names, component_parameters)
parameters = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["created", "expires"]), st.integers(0, 10**15 - 1)),
        st.tuples(st.sampled_from(["nonce", "keyid", "alg", "tag", "lain"]), text),
    ),
    unique_by=lambda pair: pair[0],
    max_size=6,
)
inputs = st.builds(
    lambda covered, given: SignatureInput(tuple(covered), tuple(given)),
    st.lists(components, unique_by=lambda component: component.identity, max_size=5),
    parameters,
)


@given(covered=inputs)
def test_what_we_write_is_what_the_general_serialiser_writes_and_is_read_back(covered: SignatureInput) -> None:
    field = f"sig1={covered.text}"
    assert http_sf.ser(http_sf.parse(field.encode(), tltype="dictionary")) == field
    assert signature_base.read(field) == {"sig1": covered}


PIECES = [
    'sig1=("@method" "@target-uri")',
    'sig1=( "@method"  "@target-uri" )',
    'sig1=("@method";req)',
    "sig1=()",
    "sig1",
    ";created=1",
    "; created=1",
    ";created=1.5",
    ';keyid="a\\"b"',
    ";tag=a",
    ";izin",
    ",",
    ", ",
    "\t",
    " ",
    "(",
    '"',
    "=",
    ":AAAA:",
]


@settings(max_examples=400)
@given(field=st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
def test_a_field_is_read_as_the_general_parser_reads_it_or_refused(field: str) -> None:
    try:
        read = signature_base.read(field)
    except WireError:
        return
    general = http_sf.parse(field.encode(), tltype="dictionary")
    assert isinstance(general, dict)
    assert set(general) == set(read)
    for label, covered in read.items():
        assert covered.text == http_sf.ser({label: general[label]})[len(label) + 1 :]


@settings(max_examples=200)
@given(
    raw=st.binary(min_size=64, max_size=64),
    change=st.sampled_from([("", ""), ("==", "="), ("==", ""), (":", " :"), ("sig1", "sig2"), ("=:", "= :")]),
    end=st.sampled_from(["", " ", ";a", ", sig2=:AAAA:", "=", "\n"]),
)
def test_a_signature_is_read_in_its_one_spelling(raw: bytes, change: tuple[str, str], end: str) -> None:
    plain = f"sig1=:{base64.b64encode(raw).decode()}:"
    field = plain.replace(*change) + end if change[0] else plain + end
    message = signatures.sign_request(Request("GET", "https://desa.example/"), KEY, now=datetime.now(UTC))
    try:
        found = signatures.call_id(message.with_headers(signature=field))
    except WireError:
        assert field != plain
        return
    assert field == plain
    general = http_sf.parse(field.encode(), tltype="dictionary")
    assert general == {"sig1": (raw, {})}
    assert found == hashlib.sha256(raw).hexdigest()


@settings(max_examples=200)
@given(
    content=st.binary(max_size=20),
    change=st.sampled_from([("", ""), ("=:", ":"), ("sha-256", "SHA-256"), (":", ": "), ("=:", "==:")]),
    end=st.sampled_from(["", " ", ";a", ", md5=:AAAA:", ", sha-256=:AAAA:"]),
)
def test_the_short_way_to_a_digest_reads_what_the_general_way_reads(
    content: bytes, change: tuple[str, str], end: str
) -> None:
    plain = digests.sha256_field(content)
    field = (plain.replace(change[0], change[1], 1) if change[0] else plain) + end
    try:
        read = digests.read(field, header="content-digest")
    except WireError:
        return
    general = http_sf.parse(field.encode(), tltype="dictionary")
    assert isinstance(general, dict)
    assert read["sha-256"] == general["sha-256"][0] == hashlib.sha256(content).digest()


@settings(max_examples=200)
@given(token=st.lists(st.sampled_from(["e30", "eyJhbGciOiJFZDI1NTE5In0", ".", "=", "A", "é", "\n", "{}"])).map("".join))
def test_any_text_is_a_token_or_is_refused_in_one_way(token: str) -> None:
    try:
        compact = jws.read(token)
    except jws.NotReadable:
        return
    assert isinstance(compact.header, dict)
    header, payload, signature = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))
    assert (json.loads(header), payload, signature) == (compact.header, compact.payload, compact.signature)
