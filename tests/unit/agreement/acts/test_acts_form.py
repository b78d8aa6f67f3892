"""The form of an act: closed shapes, canonical bytes, signatures that cannot be bent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tenun.agreement import base64url, party_jwk
from tenun.agreement.acts import act as acts
from tenun.agreement.acts.act import SignedAct, compose, parse, sign, verify
from tenun.agreement.acts.bodies import BODIES as SHAPES
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.refusals import (
    ActError,
    ActMissingTerm,
    ActNotUnderstood,
    ActSignatureBroken,
    ActTooLarge,
    ActUnknownTerm,
)
from tenun.agreement.vocabulary import Party
from tenun.kernel import canonical_json
from tests.lib.agreement_acts import BODIES, NOW, SHA, new_key

URN = "urn:tenun:agreement:sid-siapkerja"
ALL_BODIES: dict[Kind, dict[str, Any]] = {
    **BODIES,
    Kind.ADDENDUM: {"rev": SHA, "summary": "Batas sel."},
    Kind.KEY_CHANGE: {"reason": "rotation", "old": "x", "key": {"use": "message", "jwk": new_key()[1]}},
    Kind.REINSTATE: {"opens": [SHA], "reason": "Bersih."},
    Kind.DISPUTE_SETTLED: {"dispute": SHA, "outcome": "Mufakat."},
}


def drawn(kind: Kind = Kind.NOTICE, **more: Any) -> SignedAct:
    return compose(
        kind,
        agreement=URN,
        rev=SHA,
        by=Party.DESA,
        previous=[SHA],
        made_at=NOW,
        body=more.pop("body", ALL_BODIES[kind]),
        **more,
    )


def altered(signed: SignedAct, edit: Callable[[dict[str, Any]], None]) -> bytes:
    value = json.loads(signed.content)
    edit(value)
    return canonical_json.dumps(value)


def _objects(value: Any, pointer: str) -> list[str]:
    found = [pointer] if isinstance(value, dict) else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        found += _objects(one, f"{pointer}/{name}")
    return found


def _at(value: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


@pytest.mark.parametrize("kind", Kind)
def test_an_unknown_member_anywhere_is_refused_with_its_place(kind: Kind) -> None:
    signed = drawn(kind, reference={"number": "B-1/2026"})
    for pointer in _objects(json.loads(signed.content)["act"], "/act"):
        with pytest.raises(ActUnknownTerm) as refused:
            parse(altered(signed, lambda value, place=pointer: _at(value, place).update(sunset=1)))
        assert refused.value.parts["pointer"] == f"{pointer}/sunset"


@pytest.mark.parametrize("kind", Kind)
def test_a_missing_member_is_refused_with_its_place(kind: Kind) -> None:
    signed = drawn(kind)
    optional = {name for name, field in SHAPES[kind].model_fields.items() if not field.is_required()}
    for name in ("type", "agreement", "rev", "by", "previous", "made_at", "body"):
        with pytest.raises(ActMissingTerm) as refused:
            parse(altered(signed, lambda value, member=name: value["act"].pop(member)))
        assert refused.value.parts["pointer"] == f"/act/{name}"
    for name in set(ALL_BODIES[kind]) - optional:
        with pytest.raises(ActMissingTerm):
            parse(altered(signed, lambda value, member=name: value["act"]["body"].pop(member)))


def test_every_kind_has_a_shape() -> None:
    assert set(SHAPES) == set(Kind)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/act/kind", "sunset"),
        ("/act/type", "tenun-act/2"),
        ("/act/by", "bps"),
    ],
)
def test_a_word_that_is_not_known_is_refused(pointer: str, value: str) -> None:
    with pytest.raises(ActUnknownTerm) as refused:
        parse(altered(drawn(), lambda whole: whole["act"].update({pointer.split("/")[-1]: value})))
    assert refused.value.parts["pointer"] == pointer


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("made_at", "2026-11-24T10:00:00+07:00"),
        ("made_at", "2026-11-24T03:00:00.5Z"),
        ("made_at", "2026-02-30T03:00:00Z"),
        ("made_at", 1),
        ("previous", []),
        ("previous", ["bb" * 32, "aa" * 32]),
        ("previous", ["aa" * 32, "aa" * 32]),
        ("rev", "AB" * 32),
        ("agreement", "urn:other"),
        ("body", []),
        ("body", "x"),
    ],
)
def test_a_member_of_the_wrong_form_is_refused(member: str, value: Any) -> None:
    with pytest.raises(ActNotUnderstood):
        parse(altered(drawn(), lambda whole: whole["act"].update({member: value})))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Kind.SHUT_OFF, {**BODIES[Kind.SHUT_OFF], "scope": {"kind": "agreement", "name": "sid-warga"}}),
        (Kind.SHUT_OFF, {**BODIES[Kind.SHUT_OFF], "scope": {"kind": "dataset"}}),
        (Kind.SHUT_OFF, {**BODIES[Kind.SHUT_OFF], "reason": ""}),
        (Kind.FORCE_MAJEURE_REPORT, {**BODIES[Kind.FORCE_MAJEURE_REPORT], "evidence": []}),
        (Kind.INCIDENT_REPORT, {**BODIES[Kind.INCIDENT_REPORT], "persons": -1}),
        (Kind.KEY_CHANGE, {"reason": "rotation", "old": "x"}),
        (Kind.REINSTATE, {"opens": [], "reason": "x"}),
        (Kind.REINSTATE, {"opens": [SHA, SHA], "reason": "x"}),
        (Kind.CONTACT_CHANGE, {**BODIES[Kind.CONTACT_CHANGE], "changed_on": "2026-02-30"}),
        (Kind.NOTICE, {"subject": "other", "text": "x" * 4001}),
    ],
)
def test_a_body_that_says_too_little_or_too_much_is_refused(kind: Kind, body: dict[str, Any]) -> None:
    with pytest.raises(ActNotUnderstood):
        drawn(kind, body=body)


@pytest.mark.pasal("11(1)")
def test_force_majeure_knows_only_the_events_of_the_signed_text() -> None:
    with pytest.raises(ActUnknownTerm) as refused:
        drawn(Kind.FORCE_MAJEURE_REPORT, body={**BODIES[Kind.FORCE_MAJEURE_REPORT], "event": "gerhana"})
    assert refused.value.parts["pointer"] == "/act/body/event"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"act":{},"act":{},"signatures":[]}',
        b'{"act": {}, "signatures": []}',
        b'{"act":NaN,"signatures":[]}',
        b'{"act":[],"signatures":[]}',
        b'{"act":{},"signatures":{}}',
        b'{"act":{"kind":[]},"signatures":[]}',
        b"[" * 100_000,
        b'{"act":' + b"[" * 900 + b"]" * 900 + b',"signatures":[]}',
    ],
)
def test_what_is_no_act_is_refused_with_an_error_of_ours(content: bytes) -> None:
    with pytest.raises(ActError):
        parse(content)


def test_an_act_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(ActTooLarge):
        parse(b" " * (acts.BYTES_MAX + 1))


@pytest.mark.parametrize("curve", party_jwk.CURVES)
def test_what_was_signed_is_read_back_and_verifies(curve: str) -> None:
    key, jwk = new_key(curve)
    signed = sign(drawn(), key, at=NOW)
    again = parse(signed.content)
    assert (again.hash, again.payload, again.signatures) == (signed.hash, signed.payload, signed.signatures)
    verify(again, jwk["kid"], jwk)
    assert sign(again, key, at=NOW) == again


@pytest.mark.parametrize("curve", party_jwk.CURVES)
def test_another_key_does_not_verify_it(curve: str) -> None:
    key, jwk = new_key(curve)
    signed = sign(drawn(), key, at=NOW)
    _, other = new_key(curve)
    with pytest.raises(ActSignatureBroken):
        verify(signed, jwk["kid"], {**other, "kid": jwk["kid"]})


def _header(value: dict[str, Any], **changes: Any) -> None:
    entry = value["signatures"][0]
    header = json.loads(base64url.decode(entry["protected"]) or b"") | changes
    entry["protected"] = base64url.encode(canonical_json.dumps({k: v for k, v in header.items() if v is not None}))


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "HS256"},
        {"alg": "none"},
        {"alg": "EdDSA"},
        {"alg": "ES256"},
        {"typ": "tenun-agreement+jws"},
        {"act": SHA},
        {"signed_at": "2026-11-24"},
        {"signed_at": None},
        {"crit": "act"},
        {"kid": 1},
    ],
)
def test_the_header_cannot_be_bent(changes: dict[str, Any]) -> None:
    key, jwk = new_key()
    content = altered(sign(drawn(), key, at=NOW), lambda value: _header(value, **changes))
    with pytest.raises(ActSignatureBroken):
        verify(parse(content), jwk["kid"], jwk)


@pytest.mark.parametrize(
    "edit",
    [
        lambda value: value["signatures"][0].update(header={"alg": "Ed25519"}),
        lambda value: value["signatures"].append(value["signatures"][0]),
        lambda value: value["signatures"][0].update(signature=value["signatures"][0]["signature"] + "="),
        lambda value: value["signatures"].append("x"),
        lambda value: value["signatures"][0].update(protected="e30"),
        lambda value: value["signatures"][0].update(protected=base64url.encode(b"[" * 60_000)),
    ],
)
def test_a_signature_of_another_form_is_refused(edit: Callable[[dict[str, Any]], None]) -> None:
    key, _ = new_key()
    with pytest.raises(ActSignatureBroken):
        parse(altered(sign(drawn(), key, at=NOW), edit))


def test_the_name_of_an_act_covers_its_signatures() -> None:
    """What follows an act follows the moment at which it was signed as well."""
    key, _ = new_key()
    first, second = sign(drawn(), key, at=NOW), sign(drawn(), key, at=NOW.replace(hour=4))
    assert first.digest == second.digest
    assert first.hash != second.hash
    assert second.completed_at == NOW.replace(hour=4)
