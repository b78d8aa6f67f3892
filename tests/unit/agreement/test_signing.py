"""When an agreement counts as signed, and what breaks it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey

from tenun.agreement import base64url, party_keys, signing
from tenun.agreement.signing import (
    ContractAltered,
    DocumentAltered,
    KeyNotOurs,
    NotSigned,
    SignatureBroken,
    TextAltered,
    UnknownTerm,
    verify,
)
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.kernel import canonical_json
from tests.lib.agreement_drafts import SHIPPED, InForce, draft, in_force, put, value_of

pytestmark = pytest.mark.pasal("14")


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> InForce:
    return in_force(tmp_path_factory.mktemp("signed"))


@pytest.fixture
def copy(signed: InForce, tmp_path: Path) -> Path:
    """A copy of a node's agreement, with the node's keys beside it."""
    shutil.copytree(signed.homes[Party.DESA], tmp_path / "node")
    return tmp_path / "node" / "agreement"


def signatures(folder: Path) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = json.loads((folder / "signatures.json").read_bytes())["signatures"]
    return entries


def put_signatures(folder: Path, entries: Any) -> None:
    (folder / "signatures.json").write_bytes(canonical_json.dumps({"signatures": entries}))


def test_both_nodes_hold_the_same_bytes(signed: InForce) -> None:
    files = [
        {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in map(signed.folder, Party)
    ]
    assert files[0] == files[1]
    assert verify(signed.folder(Party.NAKER)).rev == signed.agreement.rev


def test_coming_into_force_again_changes_nothing(signed: InForce) -> None:
    before = (signed.folder(Party.DESA) / "signatures.json").stat()
    again = signing.enter_into_force(SHIPPED, {party: (signed.folder(party), signed.keys(party)) for party in Party})
    assert again.rev == signed.agreement.rev
    assert (signed.folder(Party.DESA) / "signatures.json").stat().st_mtime_ns == before.st_mtime_ns


def test_the_draft_that_ships_is_signed_by_nobody() -> None:
    with pytest.raises(NotSigned) as refused:
        verify(SHIPPED)
    assert refused.value.parts == {"party": "desa", "parties": "desa, naker"}


@pytest.mark.parametrize(("kept", "missing"), [(0, "naker"), (1, "desa")])
def test_one_signature_is_not_enough(copy: Path, kept: int, missing: str) -> None:
    put_signatures(copy, [signatures(copy)[kept]])
    with pytest.raises(NotSigned) as refused:
        verify(copy)
    assert refused.value.parts["party"] == missing


def test_the_same_signature_twice_is_not_two(copy: Path) -> None:
    put_signatures(copy, [signatures(copy)[0]] * 2)
    with pytest.raises(SignatureBroken):
        verify(copy)


def test_a_missing_signature_file_means_unsigned(copy: Path) -> None:
    (copy / "signatures.json").unlink()
    with pytest.raises(NotSigned):
        verify(copy)


def test_a_changed_value_is_noticed(copy: Path) -> None:
    value = value_of(copy)
    value["disclosure"]["minimum_cell"] = 1
    (copy / "agreement.json").write_bytes(canonical_json.dumps(value))
    with pytest.raises(DocumentAltered):
        verify(copy)


def test_another_spelling_of_the_same_document_is_noticed(copy: Path) -> None:
    (copy / "agreement.json").write_bytes((copy / "agreement.json").read_bytes() + b"\n")
    with pytest.raises(DocumentAltered):
        verify(copy)


def test_an_unknown_term_is_refused_before_anything_else(copy: Path) -> None:
    put(copy, value_of(copy) | {"sunset": 1})
    with pytest.raises(UnknownTerm):
        verify(copy)


def test_the_signed_text_and_the_contracts_are_part_of_what_was_signed(copy: Path) -> None:
    text = (copy / "agreement.md").read_bytes()
    (copy / "agreement.md").write_bytes(text + b" ")
    with pytest.raises(TextAltered):
        verify(copy)
    (copy / "agreement.md").write_bytes(text)
    (copy / "datasets" / "sid-warga.odcs.yaml").write_bytes(b"id: sid-warga\n")
    with pytest.raises(ContractAltered):
        verify(copy)


def test_a_signature_by_a_stranger_is_refused_even_beside_two_good_ones(copy: Path, signed: InForce) -> None:
    stranger = OKPKey.generate_key("Ed25519")
    put_signatures(copy, [*signatures(copy), _signature(stranger, signed)])
    with pytest.raises(SignatureBroken):
        verify(copy)


def test_a_message_key_does_not_sign_agreements(copy: Path, signed: InForce) -> None:
    message_key = party_keys.private(signed.keys(Party.NAKER), KeyUse.MESSAGE)
    put_signatures(copy, [signatures(copy)[0], _signature(message_key, signed)])
    with pytest.raises(SignatureBroken):
        verify(copy)


@pytest.mark.parametrize("algorithm", ["EdDSA", "HS256", "none", "ES256"])
def test_the_header_does_not_choose_the_algorithm(copy: Path, signed: InForce, algorithm: str) -> None:
    entry = signatures(copy)[0]
    header = json.loads(base64url.decode(entry["protected"]) or b"") | {"alg": algorithm}
    changed = {"protected": base64url.encode(canonical_json.dumps(header)), "signature": entry["signature"]}
    put_signatures(copy, [changed, signatures(copy)[1]])
    with pytest.raises(SignatureBroken):
        verify(copy)


@pytest.mark.parametrize("spelling", ["{}=", "{}==", "{} ", "{}\n", " {}"])
@pytest.mark.parametrize("part", ["protected", "signature"])
def test_base64url_has_one_spelling(copy: Path, part: str, spelling: str) -> None:
    first, second = signatures(copy)
    put_signatures(copy, [{**first, part: spelling.format(first[part])}, second])
    with pytest.raises(SignatureBroken):
        verify(copy)


def test_stray_bits_at_the_end_of_a_signature_are_noticed(copy: Path) -> None:
    first, second = signatures(copy)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet[alphabet.index(first["signature"][-1]) + 1]
    put_signatures(copy, [{**first, "signature": first["signature"][:-1] + last}, second])
    with pytest.raises(SignatureBroken):
        verify(copy)


def test_an_unprotected_header_is_refused(copy: Path) -> None:
    first, second = signatures(copy)
    put_signatures(copy, [{**first, "header": {"alg": "Ed25519"}}, second])
    with pytest.raises(SignatureBroken):
        verify(copy)


def test_a_document_with_a_strangers_keys_is_refused_at_a_node(copy: Path, tmp_path: Path) -> None:
    """A stranger can write a whole agreement with keys of his own; at a node it is not the node's agreement."""
    forged = in_force(tmp_path / "stranger")
    assert verify(forged.folder(Party.DESA))
    shutil.rmtree(copy)
    shutil.copytree(forged.folder(Party.DESA), copy)
    with pytest.raises(KeyNotOurs):
        verify(copy)


def test_a_party_signs_with_its_own_key_alone(signed: InForce, tmp_path: Path) -> None:
    work = draft(tmp_path / "work")
    signing.fill_in_keys(work, {party: party_keys.public(signed.keys(party)) for party in Party})
    with pytest.raises(KeyNotOurs):
        signing.sign(work, by=Party.DESA, keys=signed.keys(Party.NAKER))


def test_new_keys_take_the_signatures_away(signed: InForce, copy: Path, tmp_path: Path) -> None:
    signing.fill_in_keys(copy, {Party.NAKER: party_keys.create(tmp_path / "new")})
    with pytest.raises(NotSigned):
        verify(copy)


def test_a_document_that_one_party_signed_is_not_signed_again_after_a_change(signed: InForce, tmp_path: Path) -> None:
    work = draft(tmp_path / "work")
    signing.fill_in_keys(work, {party: party_keys.public(signed.keys(party)) for party in Party})
    signing.sign(work, by=Party.DESA, keys=signed.keys(Party.DESA))
    value = value_of(work)
    value["disclosure"]["minimum_cell"] = 3
    (work / "agreement.json").write_bytes(canonical_json.dumps(value))
    with pytest.raises(DocumentAltered):
        signing.sign(work, by=Party.NAKER, keys=signed.keys(Party.NAKER))


def test_signing_is_reproducible(signed: InForce, tmp_path: Path) -> None:
    work = draft(tmp_path / "work")
    signing.fill_in_keys(work, {party: party_keys.public(signed.keys(party)) for party in Party})
    for party in Party:
        signing.sign(work, by=party, keys=signed.keys(party))
    assert (work / "signatures.json").read_bytes() == (signed.folder(Party.DESA) / "signatures.json").read_bytes()


def _signature(key: OKPKey, signed: InForce) -> dict[str, str]:
    header = {"alg": "Ed25519", "kid": key.thumbprint(), "rev": signed.agreement.rev, "typ": signing.TYPE}
    protected = base64url.encode(canonical_json.dumps(header))
    content = f"{protected}.{base64url.encode(signed.agreement.canonical)}".encode()
    return {"protected": protected, "signature": base64url.encode(key.private_key.sign(content))}


def test_another_library_call_verifies_the_whole_document_as_general_json(signed: InForce) -> None:
    """The file with its payload attached is a plain RFC 7515 general JWS: any library can check it."""
    folder = signed.folder(Party.DESA)
    whole: Any = {
        "payload": base64url.encode((folder / "agreement.json").read_bytes()),
        "signatures": signatures(folder),
    }
    keys = {
        jwk["kid"]: OKPKey.import_key(dict(jwk))
        for party in signed.agreement.parties.values()
        for jwk in party.keys_for("agreement")
    }
    registry = jws.JWSRegistry(algorithms=["Ed25519"], strict_check_header=False)
    checked = jws.deserialize_json(whole, lambda member: keys[member.headers()["kid"]], registry=registry)
    assert checked.payload == signed.agreement.canonical
