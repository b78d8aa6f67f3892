"""Signatures on the agreement: JCS (RFC 8785) and JWS JSON general serialisation, detached (RFC 7515, 8037, 9864).

An agreement is signed when the set of verified key ids holds an agreement key of *each* party. That
a library accepts a document that bears one of two signatures is not enough.

Trust: the keys stand in the document itself, so a stranger could write a document with his own keys
and sign it twice. At a node this does not help him: the node's own agreement key (`keys/public.json`
beside the folder) must be among those that signed, and by signing the node's party vouched for the
other party's keys.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import FlattenedJSONSerialization, JWSRegistry
from joserfc.registry import HeaderParameter

from tenun.agreement import base64url, document, party_jwk, party_keys
from tenun.agreement.agreed import Agreement
from tenun.agreement.document import DOCUMENT, TEXT
from tenun.agreement.refusals import ContractAltered, MissingTerm, NotFound, TextAltered, UnknownTerm
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.kernel import canonical_json
from tenun.kernel.canonical_json import NotCanonical
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError

__all__ = [
    "ContractAltered",
    "DocumentAltered",
    "KeyNotOurs",
    "MissingTerm",
    "NotSigned",
    "SignatureBroken",
    "TextAltered",
    "UnknownTerm",
    "enter_into_force",
    "fill_in_keys",
    "sign",
    "signed_by",
    "verify",
]

SIGNATURES = "signatures.json"
TYPE = "tenun-agreement+jws"
_HEADER = {"alg", "kid", "rev", "typ"}


class NotSigned(TenunError):
    """A party has not signed, or neither has. `party` is the first of them."""

    code = "agreement.not_signed"
    text_id = "Perjanjian belum ditandatangani oleh: {parties}."
    text_en = "The agreement is not signed by: {parties}."
    remedy_id = "PIHAK itu menandatangani dengan `tenun agreement sign --role {party}`."
    remedy_en = "That party signs with `tenun agreement sign --role {party}`."


class SignatureBroken(TenunError):
    """A signature that is there does not verify, or is not of the form that was agreed."""

    code = "agreement.signature_broken"
    text_id = "Tanda tangan ke-{number} pada perjanjian tidak sah: {reason}."
    text_en = "Signature {number} on the agreement is not valid: {reason}."
    remedy_id = "Ambil salinan yang sah dari PIHAK lainnya, atau tandatangani kembali."
    remedy_en = "Take a valid copy from the other party, or sign again."


class DocumentAltered(TenunError):
    """The document is not, byte for byte, the one that was signed."""

    code = "agreement.document_altered"
    text_id = "Dokumen perjanjian berubah sesudah ditandatangani."
    text_en = "The agreement document was altered after it was signed."
    remedy_id = "Ambil salinan yang sah dari PIHAK lainnya; perubahan memerlukan adendum (Pasal 13)."
    remedy_en = "Take a valid copy from the other party; a change needs an addendum (Pasal 13)."


class KeyNotOurs(TenunError):
    """The document was signed with keys among which this node's own key is not."""

    code = "agreement.key_not_ours"
    text_id = "Perjanjian ini tidak ditandatangani dengan kunci simpul ini."
    text_en = "This agreement is not signed with this node's key."
    remedy_id = "Periksa asal dokumen ini. Jangan memakainya sebelum jelas."
    remedy_en = "Find out where this document comes from. Do not use it before that is clear."


@implements("14", control="The agreement counts as signed only with both parties' keys; each party holds a copy.")
def verify(folder: Path, *, own_keys: Path | None = None) -> Agreement:
    """The agreement of a folder, once it is shown to be whole and signed by both parties.

    `own_keys` is the node's key folder; by default `keys/` beside the folder, where it exists.
    Raises `NotSigned`, `SignatureBroken`, `DocumentAltered`, `KeyNotOurs`, and whatever
    `document.load` raises (`UnknownTerm`, `ContractAltered`, `TextAltered` ...).
    """
    agreement = document.load(folder)
    signed = _verified(folder, agreement)
    missing = [party.value for party in Party if party not in signed.values()]
    if missing:
        raise NotSigned(party=missing[0], parties=", ".join(missing))
    anchor = own_keys or folder.absolute().parent / "keys"
    is_node = own_keys is not None or (anchor / party_keys.PUBLIC).exists()
    if is_node and party_keys.public(anchor).kid(KeyUse.AGREEMENT) not in signed:
        raise KeyNotOurs()
    for number, terms in enumerate(agreement.document.parties):
        has_all = all(terms.keys_for(use) for use in KeyUse)
        if not has_all or terms.age_recipient is None:
            raise MissingTerm(pointer=f"/parties/{number}/keys")
    return agreement


def signed_by(folder: Path) -> frozenset[Party]:
    """The parties whose signatures are there and verify. Raises as `verify` does when one does not verify."""
    return frozenset(_verified(folder, document.load(folder)).values())


def fill_in_keys(folder: Path, keys: Mapping[Party, party_keys.PublicKeys]) -> None:
    """Put the parties' public keys into a draft. What was signed before is thereby signed no more, and removed."""
    value = canonical_json.loads(_read(folder, DOCUMENT), document=DOCUMENT)
    for terms in value["parties"]:
        own = keys.get(Party(terms["role"]))
        if own is not None:
            terms["keys"] = [dict(key) for key in own.keys]
            terms["age_recipient"] = own.age_recipient
    _replace(folder / DOCUMENT, canonical_json.dumps(value))
    (folder / SIGNATURES).unlink(missing_ok=True)


def sign(folder: Path, *, by: Party, keys: Path) -> None:
    """Add a party's signature. The document is first put into its canonical form, unless someone signed it already.

    When this returns, the signature is on disk. Raises `KeyNotOurs` when the document names
    another agreement key for the party, `party_keys.KeysMissing` when the node has none.
    """
    agreement = document.load(folder)
    key = party_keys.private(keys, KeyUse.AGREEMENT)
    if key.thumbprint() not in {pinned["kid"] for pinned in agreement.parties[by].keys_for(KeyUse.AGREEMENT)}:
        raise KeyNotOurs()
    if not (folder / SIGNATURES).exists():
        _replace(folder / DOCUMENT, agreement.canonical)
    signed = _verified(folder, agreement)
    if key.thumbprint() in signed:
        return
    header = {"alg": party_jwk.algorithm(key), "kid": key.thumbprint(), "rev": agreement.rev, "typ": TYPE}
    made = jws.serialize_json([{"protected": header}], agreement.canonical, key, registry=_registry(header["alg"]))
    entry = made["signatures"][0]
    entries = [*_entries(folder), {"protected": entry["protected"], "signature": entry["signature"]}]
    _replace(folder / SIGNATURES, canonical_json.dumps({"signatures": entries}))


def enter_into_force(draft: Path, homes: Mapping[Party, tuple[Path, Path]]) -> Agreement:
    """Bring a draft into force between two nodes of this machine: keys made and filled in, signed by both, copied.

    `homes` gives each party's (agreement folder, keys folder). Keys that exist are kept. What is
    already in force from the same draft and keys stays as it is, so this may be called again.
    """
    made = {party: party_keys.create(keys) for party, (_, keys) in homes.items()}
    work = homes[Party.DESA][0].parent / f".agreement.{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    _copy(draft, work)
    try:
        fill_in_keys(work, made)
        for party in Party:
            sign(work, by=party, keys=homes[party][1])
        for folder, _ in homes.values():
            _put_in_place(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    in_force = {party: verify(folder, own_keys=keys) for party, (folder, keys) in homes.items()}
    return in_force[Party.DESA]


def take_into_force(signed: Path, folder: Path, *, own_keys: Path) -> Agreement:
    """Put an agreement that both parties signed at a node, after the same checks as every later `verify`."""
    agreement = verify(signed, own_keys=own_keys)
    if signed.absolute() != folder.absolute():
        _put_in_place(signed, folder)
    return agreement


def copy_draft(draft: Path, folder: Path) -> None:
    """A working copy of a draft, to be filled in and signed."""
    document.load(draft)
    _put_in_place(draft, folder)


# --- verification ------------------------------------------------------------------------------------------------


def _verified(folder: Path, agreement: Agreement) -> dict[str, Party]:
    """Which pinned agreement keys signed, and whose they are. A signature that does not verify is never skipped."""
    entries = _entries(folder)
    if entries and _read(folder, DOCUMENT) != agreement.canonical:
        raise DocumentAltered()
    pinned = {
        jwk["kid"]: (party, jwk)
        for party, terms in agreement.parties.items()
        for jwk in terms.keys_for(KeyUse.AGREEMENT)
    }
    signed: dict[str, Party] = {}
    for number, entry in enumerate(entries, start=1):
        kid = _checked(entry, agreement, pinned, number=number)
        if kid in signed:
            raise SignatureBroken(number=number, reason="the same key twice")
        signed[kid] = pinned[kid][0]
    return signed


def _checked(
    entry: Any, agreement: Agreement, pinned: Mapping[str, tuple[Party, Mapping[str, str]]], *, number: int
) -> str:
    if not isinstance(entry, dict) or set(entry) != {"protected", "signature"}:
        raise SignatureBroken(number=number, reason="not a JWS of the agreed form")
    header = _header(entry["protected"], number=number)
    if base64url.decode(entry["signature"]) is None:
        raise SignatureBroken(number=number, reason="not base64url")
    if header["kid"] not in pinned:
        raise SignatureBroken(number=number, reason="no agreement key of a party")
    key = party_jwk.public_key(pinned[header["kid"]][1])
    # One algorithm for one kind of key: the header does not choose, it must agree.
    if header["alg"] != party_jwk.algorithm(key) or header["typ"] != TYPE:
        raise SignatureBroken(number=number, reason="another algorithm or type than agreed")
    if header["rev"] != agreement.rev:
        raise DocumentAltered()
    one: FlattenedJSONSerialization = {
        "payload": base64url.encode(agreement.canonical),
        "protected": entry["protected"],
        "signature": entry["signature"],
    }
    try:
        jws.deserialize_json(one, key, registry=_registry(header["alg"]))
    except (JoseError, ValueError) as problem:
        raise SignatureBroken(number=number, reason="it does not verify") from problem
    return header["kid"]


def _header(protected: Any, *, number: int) -> dict[str, str]:
    raw = base64url.decode(protected)
    try:
        header = json.loads(raw or b"")
    except ValueError as problem:
        raise SignatureBroken(number=number, reason="the header is no JSON") from problem
    if (
        not isinstance(header, dict)
        or set(header) != _HEADER
        or not all(isinstance(member, str) for member in header.values())
    ):
        raise SignatureBroken(number=number, reason="the header is not of the agreed form")
    return header


def _entries(folder: Path) -> list[Any]:
    """The signatures of the file, which must be canonical: one meaning, one spelling."""
    try:
        content = (folder / SIGNATURES).read_bytes()
    except FileNotFoundError:
        return []
    try:
        value = canonical_json.loads(content, document=SIGNATURES)
        is_canonical = canonical_json.dumps(value) == content
    except NotCanonical as problem:
        raise SignatureBroken(number=1, reason="the file is no canonical JSON") from problem
    if not is_canonical:
        raise SignatureBroken(number=1, reason="the file is no canonical JSON")
    if not isinstance(value, dict) or set(value) != {"signatures"} or not isinstance(value["signatures"], list):
        raise SignatureBroken(number=1, reason="not a JWS of the agreed form")
    return list(value["signatures"])


def _registry(algorithm: str) -> JWSRegistry:
    return JWSRegistry(
        header_registry={"rev": HeaderParameter("SHA-256 of the document", "str", required=True)},
        algorithms=[algorithm],
    )


# --- files -------------------------------------------------------------------------------------------------------


def _read(folder: Path, file: str) -> bytes:
    try:
        return (folder / file).read_bytes()
    except FileNotFoundError as problem:
        raise NotFound(file=file) from problem


def _replace(path: Path, content: bytes) -> None:
    """The new file whole, or the old one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)


def _copy(source: Path, target: Path) -> None:
    """The files of an agreement, and none that merely lies beside them."""
    (target / "datasets").mkdir(parents=True, exist_ok=True)
    for name in (DOCUMENT, TEXT):
        _replace(target / name, _read(source, name))
    if (source / SIGNATURES).exists():
        _replace(target / SIGNATURES, _read(source, SIGNATURES))
    for contract in sorted((source / "datasets").glob("*.odcs.yaml")):
        _replace(target / "datasets" / contract.name, contract.read_bytes())


def _put_in_place(work: Path, folder: Path) -> None:
    """Swap the whole folder, so that no reader meets half of one agreement and half of another."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f".{folder.name}.fresh.{os.getpid()}")
    old = folder.with_name(f".{folder.name}.old.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    _copy(work, fresh)
    if _content(folder) == _content(fresh):
        shutil.rmtree(fresh)
        return
    if folder.exists():
        folder.replace(old)
    fresh.replace(folder)
    shutil.rmtree(old, ignore_errors=True)


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
