"""Tokens against hostile and exemplary material by others: Wycheproof, the JOSE cookbook, the proofs of RFC 9449."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenun.agreement import base64url
from tenun.exchange.wire import dpop, jws, keys
from tenun.exchange.wire.keys import Key, KeyUnfit
from tenun.exchange.wire.refusals import DpopInvalid
from tests.lib.shared_data import ROOT, shared


def _read(path: str) -> Any:
    return json.loads(shared(path).read_text("utf-8"))


def _key(jwk: dict[str, Any], *, secret: tuple[str, ...] = ("d", "k")) -> Key | None:
    """A key of the kinds that we take, without the private part that test vectors show; None for every other."""
    try:
        return keys.public({name: value for name, value in jwk.items() if name not in secret})
    except KeyUnfit:
        return None


def _is_accepted(token: str, jwk: dict[str, Any]) -> bool:
    key = _key(jwk)
    if key is None:
        return False
    try:
        return jws.is_signed_by(jws.read(token), key)
    except jws.NotReadable:
        return False


# --- Wycheproof --------------------------------------------------------------------------------------------------

# A valid signature under a text that is not the one spelling of base64url: we read strictly and refuse it.
LENIENT = {372, 373}
# Part by part the same text as the valid case 357: the fault was lost on the way into the file.
SAME_AS_VALID = {367, 370}


def test_wycheproofs_ed25519_signatures_are_judged_as_its_authors_judge_them() -> None:
    tested = 0
    for group in _read("vectors/wycheproof/ed25519_test.json")["testGroups"]:
        key = _key(group["publicKeyJwk"])
        assert key is not None
        for case in group["tests"]:
            accepted = keys.has_signed(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            assert accepted == (case["result"] == "valid"), case["tcId"]
            tested += 1
    assert tested >= 100


def test_wycheproofs_p256_signatures_are_judged_as_its_authors_judge_them() -> None:
    path = shared("vectors/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json")
    for group in json.loads(path.read_text("utf-8"))["testGroups"]:
        key = _key(group["publicKeyJwk"])
        assert key is not None
        for case in group["tests"]:
            accepted = keys.has_signed(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            assert accepted == (case["result"] == "valid"), case["tcId"]


def test_wycheproofs_tokens_are_judged_as_its_authors_judge_them_or_more_strictly() -> None:
    tested, accepted = 0, 0
    for group in _read("vectors/wycheproof/json_web_signature_test.json")["testGroups"]:
        jwk = group.get("public") or group["private"]
        for case in group["tests"]:
            if case["tcId"] in SAME_AS_VALID or not isinstance(case["jws"], str):
                continue
            is_ours = _key(jwk) is not None
            expected = is_ours and case["result"] == "valid" and case["tcId"] not in LENIENT
            assert _is_accepted(case["jws"], jwk) == expected, (case["tcId"], case["comment"])
            tested, accepted = tested + 1, accepted + expected
    assert tested >= 150
    assert accepted >= 2


# --- the JOSE cookbook -------------------------------------------------------------------------------------------


def _cookbook_signatures() -> list[tuple[str, dict[str, Any], str]]:
    found = []
    for path in sorted((ROOT / "vectors/jose-rfc7520").rglob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        whole = case.get("output", {}).get("json") or {}
        entries = whole.get("signatures") or ([whole] if "signature" in whole else [])
        given = case.get("input", {}).get("key")
        jwks = given if isinstance(given, list) else [given] * len(entries)
        payload = whole.get("payload") or base64url.encode(str(case.get("input", {}).get("payload", "")).encode())
        for entry, jwk in zip(entries, jwks, strict=True):
            if entry.get("protected") and jwk:
                token = f"{entry['protected']}.{payload}.{entry['signature']}"
                found.append((f"{path.stem}-{jwk.get('kty')}", jwk, token))
    return found


COOKBOOK = _cookbook_signatures()


def test_the_cookbook_is_really_read() -> None:
    shared("vectors/jose-rfc7520")
    assert sum(_key(jwk) is not None for _, jwk, _ in COOKBOOK) >= 1
    assert len(COOKBOOK) >= 4


@pytest.mark.parametrize(("name", "jwk", "token"), COOKBOOK, ids=[name for name, _, _ in COOKBOOK])
def test_a_signature_of_the_cookbook_is_taken_from_a_key_of_our_kinds_and_no_other(
    name: str, jwk: dict[str, Any], token: str
) -> None:
    assert _is_accepted(token, jwk) == (_key(jwk) is not None and "b64" not in name)
    head, signature = token.partition(".")[0], token.rpartition(".")[2]
    assert not _is_accepted(f"{head}.{base64url.encode(b'lain')}.{signature}", jwk)


# --- RFC 9449 ----------------------------------------------------------------------------------------------------

THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"


def _proofs() -> list[str]:
    return list(_read("vectors/dpop-rfc9449/examples.json")["proofs"])


def _verified(proof: str, *, seconds: int = 1, token: str | None = None, **changes: str) -> dpop.Proof:
    claims = jws.read(proof).claims()
    said = {"method": claims["htm"], "url": claims["htu"], **changes}
    moment = datetime.fromtimestamp(claims["iat"], UTC) + timedelta(seconds=seconds)
    return dpop.verify(proof, now=moment, token=token, **said)


def test_the_proofs_of_the_rfc_hold() -> None:
    proofs = _proofs()
    assert len(proofs) >= 3
    for proof in proofs:
        shown = _verified(proof)
        assert shown.thumbprint == THUMBPRINT
        assert shown.jti == jws.read(proof).claims()["jti"]


def test_the_proofs_of_the_rfc_do_not_hold_for_anything_else() -> None:
    for proof in _proofs():
        changes: list[dict[str, Any]] = [
            {"seconds": 60},
            {"seconds": -11},
            {"method": "PUT"},
            {"url": "https://server.example.com/lain"},
        ]
        for change in changes:
            with pytest.raises(DpopInvalid):
                _verified(proof, **change)
        with pytest.raises(DpopInvalid):
            dpop.verify(
                f"{proof[:-4]}AAAA", method="POST", url="https://server.example.com/token", now=datetime.now(UTC)
            )


def test_the_proof_of_the_rfc_that_shows_a_token_is_for_that_token() -> None:
    (proof,) = [one for one in _proofs() if "ath" in jws.read(one).claims()]
    assert dpop.token_hash(TOKEN) == jws.read(proof).claims()["ath"]
    assert _verified(proof, token=TOKEN).thumbprint == THUMBPRINT
    with pytest.raises(DpopInvalid):
        _verified(proof, token=TOKEN + "x")
    assert len(base64url.decode(dpop.token_hash(TOKEN)) or b"") == hashlib.sha256().digest_size
