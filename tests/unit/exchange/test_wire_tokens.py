"""Who may have a token, what stands in it, and every token, assertion and proof that is not taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tenun.agreement import base64url, party_jwk
from tenun.exchange.wire import dpop, grants, jws, metadata, tokens
from tenun.exchange.wire.keys import Key
from tenun.exchange.wire.refusals import (
    AssertionInvalid,
    ClientUnknown,
    DpopInvalid,
    GrantMalformed,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    TokenRequestMalformed,
)
from tenun.exchange.wire.tokens import Grant, TokenRequest

NOW = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)
THEN = int(NOW.timestamp())
ISSUER = "https://desa.example"
TOKEN_ENDPOINT = f"{ISSUER}/token"
ED, EC, OTHER = OKPKey.generate_key("Ed25519"), ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")
BOTH = pytest.mark.parametrize("key", [ED, EC], ids=["ed25519", "p-256"])
KEYS: dict[str, Key] = {ED.thumbprint(): ED, EC.thumbprint(): EC}
GRANT = Grant(
    agreement="urn:tenun:agreement:sid-siapkerja",
    rev="ab" * 32,
    dataset="sid-warga",
    operation="bulk",
    purpose="pemadanan",
    fields=("birth_date", "nik"),
    area="53.17",
)


def resigned(token: str, key: Key, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """The token with claims changed (None removes) and signed anew."""
    compact = jws.read(token)
    merged = {name: value for name, value in {**compact.claims(), **claims}.items() if value is not None}
    members = {name: value for name, value in {**compact.header, **(header or {})}.items() if value is not None}
    return jws.sign(members, merged, key)


# --- assertions --------------------------------------------------------------------------------------------------


def asserted(key: Key = ED, **claims: Any) -> str:
    return resigned(tokens.client_assertion(key, client="naker", audience=ISSUER, now=NOW), key, **claims)


def checked(assertion: str, now: datetime = NOW, keys: dict[str, Key] | None = None) -> tokens.Assertion:
    clients = {"naker": KEYS if keys is None else keys}
    return tokens.verify_assertion(assertion, clients=clients, audiences=(ISSUER, TOKEN_ENDPOINT), now=now)


@BOTH
def test_a_client_proves_who_it_is(key: Key) -> None:
    shown = checked(tokens.client_assertion(key, client="naker", audience=ISSUER, now=NOW))
    assert (shown.client, shown.kid, shown.expires) == ("naker", key.thumbprint(), NOW + timedelta(seconds=60))
    assert len(shown.jti) >= 20


@pytest.mark.parametrize("audience", [ISSUER, TOKEN_ENDPOINT, [ISSUER], [ISSUER, TOKEN_ENDPOINT]])
def test_an_assertion_is_for_this_node(audience: object) -> None:
    assert checked(asserted(aud=audience)).client == "naker"


@pytest.mark.parametrize(
    ("claims", "member"),
    [
        ({"sub": "desa"}, "sub"),
        ({"sub": None}, "sub"),
        ({"aud": "https://naker.example"}, "aud"),
        ({"aud": [ISSUER, "https://naker.example"]}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": None}, "aud"),
        ({"exp": THEN + 71}, "exp"),
        ({"exp": THEN + 61}, "exp"),
        ({"exp": THEN + 10 * 365 * 86400, "iat": None}, "exp"),
        ({"exp": THEN}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": float(THEN + 30)}, "exp"),
        ({"exp": str(THEN + 30)}, "exp"),
        ({"exp": True}, "exp"),
        ({"iat": THEN + 11}, "iat"),
        ({"iat": "kemarin"}, "iat"),
        ({"nbf": THEN + 11}, "nbf"),
        ({"jti": None}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": 7}, "jti"),
        ({"jti": "x" * 257}, "jti"),
    ],
)
def test_an_assertion_with_a_wrong_claim_is_refused_by_its_name(claims: dict[str, Any], member: str) -> None:
    with pytest.raises(AssertionInvalid) as caught:
        checked(asserted(**claims))
    assert caught.value.parts == {"member": member}


@pytest.mark.parametrize("kind", ["dpop+jwt", "at+jwt", "AT+JWT", "application/at+jwt"])
def test_another_kind_of_token_is_no_assertion(kind: str) -> None:
    with pytest.raises(AssertionInvalid) as caught:
        checked(asserted(header={"typ": kind}))
    assert caught.value.parts == {"member": "typ"}


@pytest.mark.parametrize("kind", [None, "JWT", "client-authentication+jwt"])
def test_the_type_of_an_assertion_is_free(kind: str | None) -> None:
    assert checked(asserted(header={"typ": kind})).client == "naker"


def test_an_assertion_of_an_unknown_client_or_key_is_refused() -> None:
    for assertion in (asserted(iss="lain"), asserted(iss=None), asserted(iss=7), asserted(OTHER)):
        with pytest.raises(ClientUnknown):
            checked(assertion)


def test_an_assertion_under_a_pinned_name_by_another_key_is_refused() -> None:
    with pytest.raises(AssertionInvalid) as caught:
        checked(asserted(OTHER, header={"kid": ED.thumbprint()}))
    assert caught.value.parts == {"member": "signature"}


def test_the_key_may_go_unnamed_where_there_is_but_one() -> None:
    nameless = asserted(header={"kid": None})
    assert checked(nameless, keys={ED.thumbprint(): ED}).kid == ED.thumbprint()
    with pytest.raises(ClientUnknown):
        checked(nameless)


def test_an_assertion_is_over_when_its_time_is() -> None:
    assertion = tokens.client_assertion(ED, client="naker", audience=ISSUER, now=NOW)
    assert checked(assertion, NOW + timedelta(seconds=59)).client == "naker"
    with pytest.raises(AssertionInvalid):
        checked(assertion, NOW + timedelta(seconds=60))
    assert checked(assertion, NOW - timedelta(seconds=10)).client == "naker"
    with pytest.raises(AssertionInvalid):
        checked(assertion, NOW - timedelta(seconds=11))


# --- the form of a token -----------------------------------------------------------------------------------------


def _header(token: str, text: str) -> str:
    return ".".join([base64url.encode(text.encode()), *token.split(".")[1:]])


MALFORMED: dict[str, Callable[[str], str]] = {
    "empty": lambda token: "",
    "two parts": lambda token: token.rpartition(".")[0],
    "four parts": lambda token: f"{token}.AAAA",
    "padded": lambda token: f"{token}==",
    "a foreign letter": lambda token: f"{token}é",
    "standard base64": lambda token: f"+{token[1:]}",
    "a line break": lambda token: f"{token}\n",
    "stray bits": lambda token: f"{token[:-1]}{'B' if token[-1] in 'AQgw' else 'C'}",
    "a header that is no object": lambda token: _header(token, "[]"),
    "a header that is no JSON": lambda token: _header(token, "{"),
    "a member twice": lambda token: _header(token, '{"alg":"Ed25519","alg":"Ed25519"}'),
    "critical members": lambda token: _header(token, '{"alg":"Ed25519","crit":["exp"]}'),
    "an unencoded payload": lambda token: _header(token, '{"alg":"Ed25519","b64":false}'),
    "none as algorithm": lambda token: _header(token, f'{{"alg":"none","kid":"{ED.thumbprint()}"}}'),
    "too large": lambda token: f"{token}{'A' * 8192}",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_token_has_one_spelling(name: str) -> None:
    assertion = MALFORMED[name](tokens.client_assertion(ED, client="naker", audience=ISSUER, now=NOW))
    with pytest.raises(AssertionInvalid):
        checked(assertion)
    with pytest.raises(TokenInvalid):
        tokens.verify(MALFORMED[name](issued()), keys=KEYS, issuer=ISSUER, now=NOW)
    with pytest.raises(DpopInvalid):
        dpop.verify(MALFORMED[name](proven()), method="POST", url=TOKEN_ENDPOINT, now=NOW)


def test_a_payload_that_is_no_object_is_refused() -> None:
    head = base64url.encode(json.dumps({"alg": "Ed25519", "kid": ED.thumbprint()}).encode())
    for payload in (b"[]", b"1", b'{"iss":"naker","iss":"naker"}', b"\xff", b'{"exp":NaN}'):
        with pytest.raises(AssertionInvalid) as caught:
            checked(f"{head}.{base64url.encode(payload)}.{base64url.encode(b'0' * 64)}")
        assert caught.value.parts == {"member": "payload"}


@pytest.mark.parametrize("name", ["ES256", "HS256", "EdDSA ", "ed25519", "none", None, 7])
def test_the_key_fixes_the_algorithm(name: object) -> None:
    with pytest.raises(AssertionInvalid):
        checked(asserted(header={"alg": name} if name is not None else {"alg": ""}))


def test_the_older_name_of_the_algorithm_is_read() -> None:
    assert checked(asserted(header={"alg": "EdDSA"})).client == "naker"


# --- access tokens -----------------------------------------------------------------------------------------------


def issued(key: Key = ED, **claims: Any) -> str:
    token = tokens.issue(GRANT, key, issuer=ISSUER, client="naker", thumbprint=EC.thumbprint(), epoch="7", now=NOW)
    return resigned(token, key, **claims) if claims else token


def verified(token: str, now: datetime = NOW, cache: tokens.TokenCache | None = None) -> tokens.Token:
    return tokens.verify(token, keys=KEYS, issuer=ISSUER, now=now, cache=cache)


@BOTH
@pytest.mark.pasal("7(4)")
def test_a_token_says_who_may_what_with_which_key_and_in_which_epoch(key: Key) -> None:
    token = verified(issued(key))
    assert (token.issuer, token.client, token.grant, token.epoch) == (ISSUER, "naker", GRANT, "7")
    assert token.thumbprint == EC.thumbprint()
    assert (token.issued, token.expires) == (NOW, NOW + timedelta(seconds=300))


def test_a_token_is_of_the_form_of_rfc_9068() -> None:
    compact = jws.read(issued())
    assert compact.header == {"alg": "Ed25519", "typ": "at+jwt", "kid": ED.thumbprint()}
    assert {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} <= set(compact.claims())


@pytest.mark.parametrize(
    ("claims", "member"),
    [
        ({"iss": "https://naker.example", "aud": "https://naker.example"}, "iss"),
        ({"aud": "https://naker.example"}, "aud"),
        ({"aud": [ISSUER]}, "aud"),
        ({"sub": "desa"}, "sub"),
        ({"epoch": None}, "claims"),
        ({"epoch": 7}, "epoch"),
        ({"epoch": ""}, "epoch"),
        ({"jti": None}, "claims"),
        ({"cnf": None}, "claims"),
        ({"cnf": {}}, "cnf"),
        ({"cnf": {"jkt": 7}}, "cnf"),
        ({"cnf": {"jkt": "a", "x5t#S256": "b"}}, "cnf"),
        ({"scope": "semua"}, "claims"),
        ({"exp": THEN + 301}, "exp"),
        ({"exp": float(THEN + 300)}, "exp"),
        ({"exp": THEN}, "exp"),
        ({"iat": THEN + 11}, "iat"),
        ({"iat": 10**18, "exp": 10**18 + 1}, "claims"),
        ({"authorization_details": []}, "claims"),
        ({"authorization_details": GRANT.to_details() * 2}, "claims"),
        ({"header": {"typ": "JWT"}}, "typ"),
        ({"header": {"typ": None}}, "typ"),
        ({"header": {"typ": "dpop+jwt"}}, "typ"),
        ({"header": {"kid": "lain"}}, "kid"),
        ({"header": {"kid": None}}, "kid"),
        ({"header": {"kid": EC.thumbprint()}}, "signature"),
    ],
)
def test_a_token_with_a_wrong_member_is_refused_by_its_name(claims: dict[str, Any], member: str) -> None:
    with pytest.raises(TokenInvalid) as caught:
        verified(issued(**claims))
    assert caught.value.parts == {"member": member}


def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(TokenInvalid):
        verified(issued(OTHER))
    with pytest.raises(TokenInvalid):
        verified(resigned(issued(), OTHER, header={"kid": ED.thumbprint()}))


def test_an_assertion_and_a_proof_are_no_tokens() -> None:
    for text in (tokens.client_assertion(ED, client="naker", audience=ISSUER, now=NOW), proven()):
        with pytest.raises(TokenInvalid):
            verified(text)


def test_a_token_is_over_when_its_time_is() -> None:
    token, cache = issued(), tokens.TokenCache()
    for _ in range(2):
        assert verified(token, NOW + timedelta(seconds=299), cache).client == "naker"
        with pytest.raises(TokenExpired):
            verified(token, NOW + timedelta(seconds=300), cache)


def test_a_remembered_token_is_not_taken_once_its_key_or_issuer_counts_no_more() -> None:
    token, cache = issued(), tokens.TokenCache()
    verified(token, cache=cache)
    with pytest.raises(TokenInvalid) as caught:
        tokens.verify(token, keys={EC.thumbprint(): EC}, issuer=ISSUER, now=NOW, cache=cache)
    assert caught.value.parts == {"member": "kid"}
    with pytest.raises(TokenInvalid) as caught:
        tokens.verify(token, keys=KEYS, issuer="https://naker.example", now=NOW, cache=cache)
    assert caught.value.parts == {"member": "iss"}


def test_a_refused_token_is_not_remembered_and_the_memory_is_bounded() -> None:
    cache = tokens.TokenCache(capacity=2)
    bad = f"{issued()[:-8]}AAAAAAAA"
    for _ in range(2):
        with pytest.raises(TokenInvalid):
            verified(bad, cache=cache)
    texts = [issued() for _ in range(3)]
    shown = [verified(text, cache=cache) for text in texts]
    assert [cache.find(one.sha256) is not None for one in shown] == [False, True, True]


def test_the_token_comes_in_the_dpop_scheme() -> None:
    assert tokens.bearer_of({"authorization": "DPoP abc"}) == tokens.bearer_of({"authorization": "dpop abc"}) == "abc"
    with pytest.raises(TokenMissing):
        tokens.bearer_of({})
    for given in ("Bearer abc", "DPoP", "DPoP a b", "DPoP a,DPoP b", "DPoP é"):
        with pytest.raises(TokenInvalid):
            tokens.bearer_of({"authorization": given})


# --- grants ------------------------------------------------------------------------------------------------------


def test_a_grant_is_the_same_after_the_wire() -> None:
    for grant in (GRANT, replace(GRANT, area=None, operation="subject")):
        assert Grant.from_details(json.loads(json.dumps(grant.to_details()))) == grant


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        *(({name: None}, name) for name in ("type", "agreement", "rev", "dataset", "operation", "purpose", "fields")),
        ({"type": "urn:pks:access:2"}, "type"),
        ({"actions": ["read"]}, "authorization_details"),
        ({"operation": "file"}, "operation"),
        ({"operation": ["bulk"]}, "operation"),
        ({"dataset": "5317062001900001"}, "dataset"),
        ({"dataset": "Sid-Warga"}, "dataset"),
        ({"purpose": ""}, "purpose"),
        ({"rev": "AB" * 32}, "rev"),
        ({"rev": "ab"}, "rev"),
        ({"agreement": "sid-siapkerja"}, "agreement"),
        ({"area": "5317"}, "area"),
        ({"area": "53.17.06.20010"}, "area"),
        ({"area": 53}, "area"),
        ({"fields": []}, "fields"),
        ({"fields": "nik"}, "fields"),
        ({"fields": ["nik", "nik"]}, "fields"),
        ({"fields": ["nik", 7]}, "fields"),
        ({"fields": ["*"]}, "fields"),
        ({"fields": [f"kolom_{number}" for number in range(201)]}, "fields"),
    ],
)
def test_a_grant_is_exactly_one_access(changes: dict[str, Any], member: str) -> None:
    detail = {name: value for name, value in {**GRANT.to_details()[0], **changes}.items() if value is not None}
    with pytest.raises(GrantMalformed) as caught:
        Grant.from_details([detail])
    assert caught.value.parts == {"member": member}


@pytest.mark.parametrize("details", [None, {}, [], "x", [[]], GRANT.to_details() * 2])
def test_anything_but_a_list_of_one_is_no_grant(details: object) -> None:
    with pytest.raises(GrantMalformed):
        Grant.from_details(details)


def test_a_part_of_a_grant_is_within_it_and_nothing_else() -> None:
    assert GRANT.is_within(GRANT)
    assert replace(GRANT, fields=("nik",)).is_within(GRANT)
    assert replace(GRANT, area="53.17.06").is_within(GRANT)
    assert GRANT.is_within(replace(GRANT, area=None))
    for wider in (
        replace(GRANT, fields=("nik", "full_name")),
        replace(GRANT, area=None),
        replace(GRANT, area="53"),
        replace(GRANT, area="53.1"),
        replace(GRANT, operation="delta"),
        replace(GRANT, purpose="statistik-desa"),
        replace(GRANT, rev="cd" * 32),
    ):
        assert not wider.is_within(GRANT)


# --- token requests ----------------------------------------------------------------------------------------------


def test_a_token_request_is_the_same_after_the_wire() -> None:
    for client in (None, "naker"):
        asked = TokenRequest(assertion="a.b.c", grant=GRANT, client=client)
        assert TokenRequest.from_form(asked.to_form()) == asked


def _form(**changes: str | None) -> bytes:
    form = {name: values[0] for name, values in parse_qs(TokenRequest(assertion="a", grant=GRANT).to_form()).items()}
    text = {(name if isinstance(name, str) else name.decode()): value for name, value in form.items()}
    merged = {**text, **changes}
    return urlencode({name: value for name, value in merged.items() if value is not None}).encode()


@pytest.mark.parametrize(
    ("body", "member"),
    [
        (b"", "grant_type"),
        (_form(grant_type="password"), "grant_type"),
        (_form(client_assertion_type="urn:lain"), "client_assertion_type"),
        (_form(client_assertion=None), "client_assertion"),
        (_form(client_assertion=""), "client_assertion"),
        (_form() + b"&grant_type=client_credentials", "body"),
        (b"&".join([b"a=b"] * 30), "body"),
        (b"grant_type", "body"),
        (b"grant_type=%FF", "body"),
        ("grant_type=é".encode(), "body"),
    ],
)
def test_a_token_request_of_another_form_is_refused_by_its_name(body: bytes, member: str) -> None:
    with pytest.raises(TokenRequestMalformed) as caught:
        TokenRequest.from_form(body)
    assert caught.value.parts == {"member": member}


@pytest.mark.parametrize("details", [None, "", "x", "[]", '[{"type":"a","type":"a"}]'])
def test_a_token_request_asks_for_one_grant(details: str | None) -> None:
    with pytest.raises(GrantMalformed):
        TokenRequest.from_form(_form(authorization_details=details))


def test_what_a_token_request_says_beside_is_ignored() -> None:
    assert TokenRequest.from_form(_form(scope="semua")).grant == GRANT


def test_the_answer_says_what_was_granted() -> None:
    said = tokens.answer("abc", GRANT)
    assert said["token_type"] == "DPoP"
    assert said["expires_in"] == 300
    assert Grant.from_details(said["authorization_details"]) == GRANT


def test_introspection_of_a_dead_token_tells_nothing_but_that() -> None:
    assert tokens.introspected(None) == {"active": False}
    said = tokens.introspected(verified(issued()))
    assert said["active"] is True
    assert said["epoch"] == "7"
    assert said["cnf"] == {"jkt": EC.thumbprint()}


# --- proofs of possession ----------------------------------------------------------------------------------------


def proven(key: Key = ED, *, token: str | None = None, url: str = TOKEN_ENDPOINT, **claims: Any) -> str:
    proof = dpop.proof(key, method="POST", url=url, now=NOW, token=token)
    return resigned(proof, key, **claims) if claims else proof


def shown(proof: str, now: datetime = NOW, **others: Any) -> dpop.Proof:
    return dpop.verify(proof, method="POST", url=TOKEN_ENDPOINT, now=now, **others)


@BOTH
def test_a_proof_shows_the_key_that_made_it(key: Key) -> None:
    proof = shown(proven(key))
    assert (proof.thumbprint, proof.expires) == (key.thumbprint(), NOW + timedelta(seconds=60))
    assert len(proof.jti) >= 20
    assert shown(proven(key, token="abc"), token="abc", thumbprint=key.thumbprint()).thumbprint == key.thumbprint()


def test_a_proof_leaves_out_query_and_fragment() -> None:
    proof = dpop.proof(ED, method="GET", url=f"{ISSUER}/a?b=c#d", now=NOW)
    assert jws.read(proof).claims()["htu"] == f"{ISSUER}/a"
    assert dpop.verify(proof, method="GET", url=f"{ISSUER}/a?x=y", now=NOW).thumbprint == ED.thumbprint()


@pytest.mark.parametrize("place", ["HTTPS://desa.example/token", "https://DESA.example:443/token"])
def test_the_same_place_may_be_written_in_two_ways(place: str) -> None:
    assert shown(proven(htu=place)).thumbprint == ED.thumbprint()


PUBLIC = {name: value for name, value in party_jwk.public_jwk(ED).items() if name != "kid"}


@pytest.mark.parametrize(
    ("claims", "member"),
    [
        ({"htm": "GET"}, "htm"),
        ({"htm": "post"}, "htm"),
        ({"htm": None}, "htm"),
        ({"htu": "https://naker.example/token"}, "htu"),
        ({"htu": "http://desa.example/token"}, "htu"),
        ({"htu": "https://desa.example:8443/token"}, "htu"),
        ({"htu": "https://desa.example:x/token"}, "htu"),
        ({"htu": "https://desa.example/token/"}, "htu"),
        ({"htu": f"{TOKEN_ENDPOINT}?a=b"}, "htu"),
        ({"htu": f"{TOKEN_ENDPOINT}#a"}, "htu"),
        ({"htu": None}, "htu"),
        ({"iat": THEN + 11}, "iat"),
        ({"iat": THEN - 60}, "iat"),
        ({"iat": None}, "iat"),
        ({"iat": float(THEN)}, "iat"),
        ({"jti": None}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": "x" * 257}, "jti"),
        ({"header": {"typ": "JWT"}}, "typ"),
        ({"header": {"typ": None}}, "typ"),
        ({"header": {"jwk": None}}, "jwk"),
        ({"header": {"jwk": "x"}}, "jwk"),
        ({"header": {"jwk": {}}}, "jwk"),
        ({"header": {"jwk": ED.as_dict(private=True)}}, "jwk"),
        ({"header": {"jwk": RSAKey.generate_key(2048).as_dict(private=False)}}, "jwk"),
        ({"header": {"jwk": ECKey.generate_key("P-384").as_dict(private=False)}}, "jwk"),
        ({"header": {"jwk": OKPKey.generate_key("X25519").as_dict(private=False)}}, "jwk"),
        ({"header": {"jwk": {"kty": "oct", "k": "AAAA"}}}, "jwk"),
        ({"header": {"jwk": {**PUBLIC, "x": "AAAA"}}}, "jwk"),
        ({"header": {"jwk": {**PUBLIC, "x": 7}}}, "jwk"),
        ({"header": {"jwk": {**PUBLIC, "crv": ["Ed25519"]}}}, "jwk"),
        ({"header": {"jwk": {**PUBLIC, "use": "enc"}}}, "jwk"),
        ({"header": {"jwk": {**PUBLIC, "key_ops": ["encrypt"]}}}, "jwk"),
        ({"header": {"jwk": {**PUBLIC, "key_ops": 7}}}, "jwk"),
        ({"header": {"jwk": {**PUBLIC, "alg": "ES256"}}}, "jwk"),
        ({"header": {"jwk": {**PUBLIC, "alg": ["Ed25519"]}}}, "jwk"),
        ({"header": {"jwk": OTHER.as_dict(private=False)}}, "signature"),
    ],
)
def test_a_proof_with_a_wrong_member_is_refused_by_its_name(claims: dict[str, Any], member: str) -> None:
    with pytest.raises(DpopInvalid) as caught:
        shown(proven(**claims))
    assert caught.value.parts == {"member": member}


def test_a_key_may_be_described_further() -> None:
    described = {**PUBLIC, "use": "sig", "alg": "Ed25519", "kid": "satu"}
    assert shown(proven(header={"jwk": described})).thumbprint == ED.thumbprint()


def test_a_proof_is_for_one_token_and_by_its_key() -> None:
    for proof, member in ((proven(), "ath"), (proven(token="lain"), "ath")):
        with pytest.raises(DpopInvalid) as caught:
            shown(proof, token="abc")
        assert caught.value.parts == {"member": member}
    with pytest.raises(DpopInvalid) as caught:
        shown(proven(token="abc"), token="abc", thumbprint=EC.thumbprint())
    assert caught.value.parts == {"member": "jwk"}


def test_a_proof_grows_old() -> None:
    assert shown(proven(), NOW + timedelta(seconds=59)).thumbprint == ED.thumbprint()
    with pytest.raises(DpopInvalid):
        shown(proven(), NOW + timedelta(seconds=60))


# --- what a node says of itself ----------------------------------------------------------------------------------


def test_the_metadata_name_what_the_node_does() -> None:
    said = metadata.document(ISSUER)
    assert said["issuer"] == ISSUER
    assert said["token_endpoint"] == TOKEN_ENDPOINT
    assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert said["dpop_signing_alg_values_supported"] == ["Ed25519", "ES256"]
    assert said["authorization_details_types_supported"] == [grants.TYPE]
    assert said["introspection_endpoint"].startswith(ISSUER)


def test_the_node_document_says_where_its_parts_are() -> None:
    said = metadata.node_document(ISSUER, party="desa", agreements=[GRANT.agreement])
    assert said["agreements"] == [
        {"id": GRANT.agreement, "endpoint": f"{ISSUER}/v1/agreements/sid-siapkerja"},
    ]
    assert said["versions"] == ["1"]
    assert all(said[name].startswith(ISSUER) for name in ("oauth", "catalog", "events", "log", "witness", "health"))
