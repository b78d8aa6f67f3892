"""Each node is the witness of the other's log: it signs what it has seen, and that it only grew.

    witness/                        as witness of the peer's log (`transparency_log.witness`)
    log/checkpoint.cosigned         our newest checkpoint that the peer has signed too
    exchange/witnessing.json        how the last attempt went

An answer never waits for the peer's signature: a peer that is down must not stop villages. What is not witnessed
yet is counted, told after a stated time, and, where the parties have stated a time for that too, stops data until
the peer has seen it. Nothing has to be done when the peer is back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tenun.agreement import base64url, party_jwk
from tenun.agreement.agreed import Agreement
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange.refusals import ExchangeError
from tenun.exchange.station import Station, log_origin, pinned_log_keys
from tenun.kernel.clause import implements
from tenun.kernel.clock import rfc3339
from tenun.kernel.durable import write_durably
from tenun.kernel.errors import TenunError
from tenun.transparency_log import checkpoint, cosignature, note, witness
from tenun.transparency_log.cosignature import Cosignatory, Cosigner
from tenun.transparency_log.errors import LogError, WitnessRefused
from tenun.transparency_log.folder import LogFolder
from tenun.transparency_log.witness import Witness

PATH = "/v1/witness/add-checkpoint"

Post = Callable[[str, bytes], tuple[int, bytes]]
"""Sends a body to a path of the peer, and gives status and body. Raises `TenunError` or `OSError` where it cannot."""


@dataclass(frozen=True)
class Policy:
    """How long the peer's signature may be missing. The signed text sets neither time; both are the node's settings.

    The default stops nothing: a hard stop that nobody has agreed on harms more than a gap that everybody sees.
    """

    warn_after: timedelta = timedelta(minutes=15)
    stop_after: timedelta | None = None


@dataclass(frozen=True)
class Status:
    """How far our log is witnessed by the peer."""

    size: int
    witnessed: int
    """Entries that the peer's newest signature covers."""
    since: datetime | None
    """When the first entry was made that it does not cover."""
    is_late: bool
    must_stop: bool
    problem: str | None
    """Code of what went wrong in the last attempt; none after one that went well."""
    is_contradicted: bool
    """The peer says that it has seen another history than ours: an incident, not a delay."""

    @property
    def unwitnessed(self) -> int:
        return self.size - self.witnessed

    def as_dict(self) -> dict[str, Any]:
        return {
            "size": self.size,
            "witnessed": self.witnessed,
            "unwitnessed": self.unwitnessed,
            "since": rfc3339(self.since) if self.since else None,
            "is_late": self.is_late,
            "must_stop": self.must_stop,
            "problem": self.problem,
            "is_contradicted": self.is_contradicted,
        }


class Unwitnessed(ExchangeError):
    """The time that the parties stated for going on without the peer's signature is over."""

    code = "exchange.unwitnessed"
    retryable = True
    text_id = "Log simpul ini belum disaksikan pihak lain sejak {since}, lebih lama daripada batas yang dinyatakan."
    text_en = "This node's log has not been witnessed by the other party since {since}, longer than was stated."
    remedy_id = "Pulihkan hubungan dengan simpul pihak lain; data mengalir lagi begitu log disaksikan."
    remedy_en = "Restore the connection to the other party's node; data goes on as soon as the log is witnessed."


class PeerLogForked(ExchangeError):
    """The peer has signed two histories of its log. Both notes are kept as evidence."""

    code = "exchange.peer_log_forked"
    text_id = "Log {party} menunjukkan dua riwayat yang berbeda pada ukuran {size}."
    text_en = "The log of {party} shows two different histories at size {size}."
    remedy_id = "Simpan folder witness/ sebagai bukti dan laporkan insiden (Pasal 7 ayat (4))."
    remedy_en = "Keep the folder witness/ as evidence and report an incident (Pasal 7(4))."


# --- names and keys ------------------------------------------------------------------------------------


def witness_name(party: Party) -> str:
    """The name under which a party's node signs as a witness."""
    return f"{party}.tenun/witness"


def pinned_witnesses(agreement: Agreement, party: Party) -> list[Cosignatory]:
    """A party as a witness: its log keys and those it has for this alone, under its name as a witness."""
    found = []
    for jwk in agreement.parties[party].keys_for(KeyUse.LOG):
        key = party_jwk.public_key(jwk).public_key
        assert isinstance(key, Ed25519PublicKey)  # the document's own check: a log is signed with Ed25519
        found.append(Cosignatory(witness_name(party), cosignature.ED25519, key.public_bytes_raw()))
    for pinned in agreement.parties[party].node.witness_ml_dsa_44:
        material = base64url.decode(pinned)
        assert material is not None  # the document's own check
        found.append(Cosignatory(witness_name(party), cosignature.ML_DSA_44, material))
    return found


# --- the peer as our witness ---------------------------------------------------------------------------


@implements(
    "3(1)b", "3(2)b", control="Our log is signed by the other party too: neither can rewrite what both have seen."
)
def keep_witnessed(station: Station, agreement: Agreement, post: Post, *, policy: Policy | None = None) -> Status:
    """Have our newest checkpoint signed by the peer, where there is anything new, and say how we stand.

    Never raises for a peer that is away or refuses: that is in the status. Called again and again by the worker.
    """
    files = LogFolder(station.log)
    before = status(station, agreement, policy=policy)
    if before.unwitnessed == 0:
        return before
    problem, is_contradicted = None, False
    try:
        witnesses = pinned_witnesses(agreement, station.party.other)
        witness.ask(files, lambda body: post(PATH, body), witnesses=witnesses)
    except WitnessRefused as refusal:
        # 409: someone has seen what we do not have. 422: a proof from our own tiles does not hold there.
        problem, is_contradicted = refusal.code, refusal.parts.get("status") in (409, 422)
    except (LogError, TenunError) as refusal:
        problem = refusal.code
    except OSError as refusal:
        problem = f"exchange.unreachable.{type(refusal).__name__}"
    _note(station, problem, is_contradicted=is_contradicted)
    return status(station, agreement, policy=policy)


def status(station: Station, agreement: Agreement, *, policy: Policy | None = None) -> Status:
    """How far our log is witnessed, from the files alone: no network, and the signature is verified."""
    policy = policy or Policy()
    files = LogFolder(station.log)
    size = _size(files.checkpoint())
    witnessed = min(_witnessed(files, agreement, station.party), size)
    since = _made(files, witnessed, size) if witnessed < size else None
    waited = station.clock.now() - since if since else timedelta(0)
    problem, is_contradicted = _noted(station)
    is_behind = since is not None
    return Status(
        size=size,
        witnessed=witnessed,
        since=since,
        is_late=is_behind and waited >= policy.warn_after,
        must_stop=is_behind and policy.stop_after is not None and waited >= policy.stop_after,
        problem=problem if is_behind else None,
        is_contradicted=is_contradicted and is_behind,
    )


def require_witnessed(station: Station, agreement: Agreement, policy: Policy) -> None:
    """Raise `Unwitnessed` where the stated time is over. Costs nothing where none is stated."""
    if policy.stop_after is None:
        return
    found = status(station, agreement, policy=policy)
    if found.must_stop:
        raise Unwitnessed(since=rfc3339(found.since) if found.since else "?")


def _witnessed(files: LogFolder, agreement: Agreement, party: Party) -> int:
    """The size that the peer's signature covers; 0 where there is none that holds."""
    signed = files.cosigned()
    if signed is None:
        return 0
    try:
        checkpoint.verify(signed, verifiers=pinned_log_keys(agreement, party))
        if not cosignature.times(signed, witnesses=pinned_witnesses(agreement, party.other)):
            return 0
        return checkpoint.parse(note.split(signed)[0]).size
    except LogError:
        return 0


def _size(signed: bytes | None) -> int:
    return checkpoint.parse(note.split(signed)[0]).size if signed else 0


def _made(files: LogFolder, index: int, size: int) -> datetime:
    """When an entry was made, as it says itself."""
    return datetime.fromisoformat(json.loads(files.entry(index, size=size))["time"])


def _note(station: Station, problem: str | None, *, is_contradicted: bool) -> None:
    noted = {"at": rfc3339(station.clock.now()), "problem": problem, "is_contradicted": is_contradicted}
    content = json.dumps(noted, sort_keys=True).encode()
    if _noted(station) != (problem, is_contradicted):
        write_durably(station.exchange / "witnessing.json", content)


def _noted(station: Station) -> tuple[str | None, bool]:
    """How the last attempt went. A note that is lost or damaged says nothing; the signatures themselves count."""
    try:
        noted = json.loads((station.exchange / "witnessing.json").read_bytes())
        return noted["problem"], bool(noted["is_contradicted"])
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None, False


# --- we as the peer's witness --------------------------------------------------------------------------


def witness_of(station: Station, agreement: Agreement) -> Witness:
    """This node as the witness of the peer's log, with its log key. `add_checkpoint(body)` answers the peer."""
    signer = station.log_signer()
    cosigner = Cosigner(witness_name(station.party), signer.private_key, now=lambda: station.clock.now().timestamp())
    peer = station.party.other
    return Witness(witness_folder(station), cosigner, logs={log_origin(peer): pinned_log_keys(agreement, peer)})


def witness_folder(station: Station) -> Path:
    return station.log.parent / "witness"


def hear(station: Station, agreement: Agreement, signed: bytes) -> None:
    """Compare a checkpoint that the peer told us with the newest that we signed for it.

    A larger one will be shown to begin with ours when it asks for our signature. One of the same size with
    another root is proof of two histories: it is kept, and `PeerLogForked` raised. Raises `NoteInvalid`
    for what the peer's log has not signed.
    """
    peer = station.party.other
    state = checkpoint.verify(signed, verifiers=pinned_log_keys(agreement, peer))
    watching = witness_of(station, agreement)
    known = watching.latest(log_origin(peer))
    if known is not None and known.size == state.size and known.root != state.root:
        watching.add_checkpoint(f"old {known.size}\n\n".encode() + signed)  # refused, and kept as evidence
        raise PeerLogForked(party=str(peer), size=state.size)


def seen_of_peer(station: Station) -> list[bytes]:
    """The checkpoint of the peer's log that we signed last, as its log signed it: what it must still begin with."""
    name = hashlib.sha256(log_origin(station.party.other).encode()).hexdigest()
    try:
        return [(witness_folder(station) / name / "latest").read_bytes()]
    except FileNotFoundError:
        return []


def has_peer_forked(station: Station, agreement: Agreement) -> bool:
    """Whether there is proof that the peer's log has two histories."""
    peer = log_origin(station.party.other)
    return any(path.name.startswith("conflicting-") for path in witness_of(station, agreement).evidence(peer))
