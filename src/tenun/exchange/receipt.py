"""The receipt: the consumer's signed word that a pack is in its lake, with the proof that its log says so too.

A JWS in compact form (RFC 7515), so that any JOSE tool reads it. Inside: the pack it answers, counts,
the consumer's log entry word for word, and a tlog-proof of that entry. The provider checks it with
the two keys that the agreement pins, offline.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tenun.agreement.agreed import Agreement
from tenun.agreement.party_jwk import Key
from tenun.agreement.vocabulary import Party
from tenun.exchange import journal, signature
from tenun.exchange.journal import Journal
from tenun.exchange.manifest import Manifest
from tenun.exchange.refusals import FileUnreadable, ReceiptMalformed, ReceiptOther
from tenun.exchange.register import Register
from tenun.exchange.station import Station, pinned_log_keys, pinned_message_keys
from tenun.kernel import canonical_json
from tenun.kernel.clock import rfc3339
from tenun.kernel.durable import write_durably
from tenun.kernel.errors import TenunError
from tenun.transparency_log import proof as log_proof
from tenun.transparency_log.errors import LogError

VERSION = "tenun-receipt/1"
BYTES_MAX = 1024 * 1024


class Receipt(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    type: str
    pack: str
    sequence: int
    manifest_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    agreement: str
    rev: str
    provider: str
    consumer: str
    dataset: str
    purpose: str
    rows: int
    parts: int
    places: int
    accepted: str
    entry: str
    """The consumer's log entry about taking the pack in, as it stands in the log."""
    proof: str
    """C2SP tlog-proof of that entry."""

    def encode(self) -> bytes:
        return canonical_json.dumps(self.model_dump())


@dataclass(frozen=True)
class Checked:
    """A receipt that holds, and the log entry in which we say so."""

    receipt: Receipt
    log_index: int
    consumer_log_index: int
    is_first: bool
    """Whether this receipt was not seen before."""

    def as_dict(self) -> dict[str, Any]:
        shown = self.receipt.model_dump(exclude={"entry", "proof"})
        return {
            **shown,
            "is_valid": True,
            "is_first": self.is_first,
            "consumer_log_index": self.consumer_log_index,
            "log_index": self.log_index,
        }


def compose(stated: Manifest, *, manifest_sha256: str, accepted: datetime, entry: bytes, proof: str) -> Receipt:
    return Receipt(
        type=VERSION,
        pack=stated.pack,
        sequence=stated.sequence,
        manifest_sha256=manifest_sha256,
        agreement=stated.agreement.id,
        rev=stated.agreement.rev,
        provider=stated.provider,
        consumer=stated.consumer,
        dataset=stated.dataset,
        purpose=stated.purpose,
        rows=stated.rows,
        parts=len(stated.parts),
        places=len(stated.sources),
        accepted=rfc3339(accepted),
        entry=entry.decode("utf-8"),
        proof=proof,
    )


def write(station: Station, made: Receipt, key: Key) -> Path:
    """The signed receipt in `receipts/`, durable when this returns."""
    path = station.exchange / "receipts" / f"{made.dataset}-{made.pack}.receipt.jws"
    write_durably(path, signature.sign(made.encode(), key, typ=signature.RECEIPT).encode("ascii"))
    return path


def check(station: Station, file: Path) -> Checked:
    """Check a receipt that came as a file. See `check_content`; also raises `FileUnreadable`."""
    book = Journal(station)
    with book.refusals(operation="receipt"):
        token = _read(file)
    return check_content(station, token, book=book)


def check_content(station: Station, token: bytes, *, book: Journal | None = None) -> Checked:
    """Check a receipt for a pack that this node sent, and log the outcome.

    Raises `SignatureInvalid`, `ReceiptMalformed` or `ReceiptOther`, and what `agreement.signing.verify` raises.
    """
    book = book or Journal(station)
    register = Register(station)
    with register.only_one(), book.refusals(operation="receipt") as known:
        if len(token) > BYTES_MAX:
            raise ReceiptMalformed(reason="too large")
        token = token.strip()
        known["receipt_sha256"] = hashlib.sha256(token).hexdigest()
        agreement = station.position().agreement
        known["agreement"] = journal.cite(agreement)
        keys = pinned_message_keys(agreement, station.party.other)
        payload, _ = signature.verify(token.decode("ascii", errors="replace"), keys=keys, typ=signature.RECEIPT)
        shown = _parse(payload)
        record = register.sent_pack(shown.pack)
        if record is None:
            raise ReceiptOther(reason="no pack with its number was made here")
        known["pack"] = {"id": record["pack"], "manifest_sha256": record["manifest_sha256"]}
        _compare(shown, record)
        consumer_log_index = _check_proof(shown, agreement, station)
        logged = book.write(
            journal.RECEIPT_CHECKED,
            agreement=journal.cite(agreement),
            pack=known["pack"],
            receipt_sha256=known["receipt_sha256"],
            rows=shown.rows,
            consumer_log_index=consumer_log_index,
        )
        is_first = "receipt" not in record
        if is_first:
            write_durably(station.exchange / "receipts" / f"{shown.dataset}-{shown.pack}.receipt.jws", token)
            register.note_receipt(
                record, sha256=known["receipt_sha256"], accepted=shown.accepted, log_index=logged.index
            )
        return Checked(shown, logged.index, consumer_log_index, is_first)


def claimed_provider(file: Path) -> Party | None:
    """Whose pack a receipt says it answers. Not verified: good for choosing where to check it, and for nothing else."""
    try:
        payload = signature.unverified_payload(_read(file).decode("ascii", errors="replace"))
        return Party(json.loads(payload)["provider"])
    except (TenunError, ValueError, KeyError, TypeError):
        return None


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as handle:
            token = handle.read(BYTES_MAX + 1)
    except OSError as problem:
        raise FileUnreadable() from problem
    if len(token) > BYTES_MAX:
        raise ReceiptMalformed(reason="too large")
    return token.strip()


def _parse(payload: bytes) -> Receipt:
    try:
        value = canonical_json.loads(payload, document="receipt")
        shown = Receipt.model_validate(value)
        is_canonical = shown.encode() == payload
    except (TenunError, ValidationError) as problem:
        raise ReceiptMalformed(reason="not the members of a receipt") from problem
    if not is_canonical or shown.type != VERSION:
        raise ReceiptMalformed(reason="another version, or not canonical JSON")
    return shown


def _compare(shown: Receipt, record: dict[str, Any]) -> None:
    """Every member that both of us hold must be equal: the pack, its counts, and under what it was sent."""
    for name in (
        "pack",
        "sequence",
        "manifest_sha256",
        "agreement",
        "rev",
        "provider",
        "consumer",
        "dataset",
        "purpose",
        "rows",
        "parts",
        "places",
    ):
        if getattr(shown, name) != record[name]:
            raise ReceiptOther(reason=f"{name} differs")


def _check_proof(shown: Receipt, agreement: Agreement, station: Station) -> int:
    """That the consumer's own log has the taking-in of this pack. Gives the entry's index there."""
    entry = shown.entry.encode("utf-8")
    try:
        proved, _ = log_proof.verify(
            shown.proof, entry=entry, verifiers=pinned_log_keys(agreement, station.party.other)
        )
        said = canonical_json.loads(entry, document="entry")
    except (LogError, TenunError) as problem:
        raise ReceiptMalformed(reason="its proof from the consumer's log does not hold") from problem
    pack = said.get("pack", {}) if isinstance(said, dict) else {}
    if said.get("type") != journal.ACCEPTED or (pack.get("id"), pack.get("manifest_sha256")) != (
        shown.pack,
        shown.manifest_sha256,
    ):
        raise ReceiptOther(reason="its log entry is about something else")
    return proved.index
