"""The keys of a party, at its own node: Ed25519 (or P-256) for agreement, messages, log and client, age for packs.

    keys/agreement.jwk  message.jwk  log.jwk  client.jwk  age.txt     private, readable by their owner alone
    keys/public.json                                      what goes into the agreement

Trusted: whoever reads the folder can sign for the party. A party may keep `agreement.jwk` elsewhere:
it is needed for signing only, and everything else goes by `public.json`.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage

from tenun.agreement import party_jwk
from tenun.agreement.vocabulary import KeyUse
from tenun.kernel import canonical_json
from tenun.kernel.errors import TenunError

PUBLIC = "public.json"
AGE = "age.txt"


class KeysMissing(TenunError):
    """The folder has no key for that use."""

    code = "agreement.keys_missing"
    text_id = "Kunci {use} tidak ada pada simpul ini."
    text_en = "This node has no {use} key."
    remedy_id = "Buat kunci simpul lebih dahulu, atau pulihkan folder keys/ dari cadangan."
    remedy_en = "Create the node's keys first, or restore the folder keys/ from a backup."


@dataclass(frozen=True)
class PublicKeys:
    """What others may know of a party's keys, in the form that the agreement has them."""

    keys: tuple[dict[str, Any], ...]
    """`{"use": ..., "jwk": {kty, crv, x[, y], kid}}`, one for each use."""
    age_recipient: str

    def kid(self, use: KeyUse | str) -> str:
        return next(str(key["jwk"]["kid"]) for key in self.keys if key["use"] == use)


def create(folder: Path, *, curve: str = "Ed25519") -> PublicKeys:
    """Make a party's keys, once, and say their public parts.

    A use that `public.json` already names gets no new key: one that is missing then is kept elsewhere or
    lost, and a new one would be another party's. `curve` is `Ed25519` or `P-256`; the log's is always Ed25519.
    """
    known = _read_public(folder) if (folder / PUBLIC).exists() else {"keys": [], "age_recipient": None}
    named = {key["use"] for key in known["keys"]}
    new = [use for use in KeyUse if use.value not in named]
    if not new:
        return public(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for use in new:
        if not _private_path(folder, use).exists():
            made = party_jwk.generate("Ed25519" if use is KeyUse.LOG else curve)
            _write_private(_private_path(folder, use), json.dumps(made.as_dict(private=True)))
    if known["age_recipient"] is None and not (folder / AGE).exists():
        _write_private(folder / AGE, f"{pyrage.x25519.Identity.generate()}\n")
    keys = [*known["keys"], *({"use": use.value, "jwk": party_jwk.public_jwk(private(folder, use))} for use in new)]
    recipient = known["age_recipient"] or str(age_identity(folder).to_public())
    _write(folder / PUBLIC, canonical_json.dumps({"keys": keys, "age_recipient": recipient}), mode=0o644)
    return public(folder)


def public(folder: Path) -> PublicKeys:
    """The public parts. Reads no private key."""
    document = _read_public(folder)
    found = PublicKeys(keys=tuple(document["keys"]), age_recipient=str(document["age_recipient"]))
    try:
        for use in KeyUse:
            found.kid(use)
    except StopIteration as problem:
        raise KeysMissing(use="public") from problem
    return found


def _read_public(folder: Path) -> dict[str, Any]:
    try:
        document = canonical_json.loads((folder / PUBLIC).read_bytes(), document=PUBLIC)
    except FileNotFoundError as problem:
        raise KeysMissing(use="public") from problem
    try:
        for key in document["keys"]:
            str(key["use"]), str(key["jwk"]["kid"])
        str(document["age_recipient"])
    except (KeyError, TypeError) as problem:
        raise KeysMissing(use="public") from problem
    return dict(document)


def private(folder: Path, use: KeyUse | str) -> party_jwk.Key:
    """The private key for one use. Raises `KeysMissing`, or `ValueError` where the file is no key of ours."""
    try:
        return party_jwk.private_key(json.loads(_private_path(folder, use).read_text("utf-8")))
    except FileNotFoundError as problem:
        raise KeysMissing(use=str(use)) from problem


def age_identity(folder: Path) -> Any:
    """The age identity (`pyrage.x25519.Identity`) that opens what is sent to this party."""
    try:
        return pyrage.x25519.Identity.from_str((folder / AGE).read_text("utf-8").strip())
    except FileNotFoundError as problem:
        raise KeysMissing(use="age") from problem


def _private_path(folder: Path, use: KeyUse | str) -> Path:
    return folder / f"{use}.jwk"


def _write_private(path: Path, content: str) -> None:
    _write(path, content.encode("utf-8"), mode=0o600)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """The whole file or none of it; a private one is never readable by others, not even for a moment."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
