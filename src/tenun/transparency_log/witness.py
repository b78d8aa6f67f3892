"""Seeing another's log grow, and signing that it only grew (C2SP tlog-witness).

`Witness` is the one who sees: `add_checkpoint` takes a request's body and gives the answer. It remembers one
checkpoint for each log, on disk before the answer leaves, and signs only what provably begins with it.

`request`, `keep` and `ask` are the other half: a log has its own checkpoint signed by a witness.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from tenun.transparency_log import checkpoint, crash, disk, merkle, note
from tenun.transparency_log.checkpoint import Checkpoint
from tenun.transparency_log.cosignature import Cosignatory, Cosigner
from tenun.transparency_log.errors import (
    LogAltered,
    LogError,
    NoteInvalid,
    ProofInvalid,
    WitnessDamaged,
    WitnessRefused,
)
from tenun.transparency_log.folder import CHECKPOINT, COSIGNED, LogFolder
from tenun.transparency_log.note import NoteVerifier

PROOF_LINES_MAX = 63
BODY_BYTES_MAX = note.NOTE_BYTES_MAX
EVIDENCE_MAX = 64
"""Of each kind for each log: whoever holds its key could otherwise fill our disk with contradictions."""

TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"

NOT_FOUND = 404


class Answer(NamedTuple):
    """What goes back over HTTP."""

    status: int
    body: bytes
    content_type: str


@dataclass(frozen=True)
class _Request:
    old: int
    proof: tuple[bytes, ...]
    signed: bytes
    text: str
    origin: str

    def signed_by(self, verifiers: Collection[NoteVerifier]) -> _Request:
        """The same, with nothing under the checkpoint but the log's own signatures, verified."""
        lines = note.lines_by(self.signed, verifiers=verifiers)
        if not lines:
            raise NoteInvalid(reason="no signature by a trusted key")
        own = "".join(f"{line}\n" for _, line in lines)
        return replace(self, signed=f"{self.text}\n{own}".encode())


class Witness:
    """One who watches logs. Its folder holds, for each of them:

        <sha-256 of the origin>/latest           the newest checkpoint it signed, as the log signed it
        <sha-256 of the origin>/conflicting-*    of the same size with another root: proof of two histories
        <sha-256 of the origin>/unproven-*       signed by the log, and not shown to begin with `latest`

    Trusted: `latest`. Whoever removes or replaces it can have a second history signed.
    """

    def __init__(
        self,
        folder: Path,
        cosigners: Cosigner | Sequence[Cosigner],
        *,
        logs: Mapping[str, Collection[NoteVerifier]],
        unknown_log: int = NOT_FOUND,
    ) -> None:
        """`logs`: by origin, the keys with which that log may sign. `unknown_log`: the status for any other
        origin. The specification says 404; litewitness, which is widely run, says 403."""
        self._folder = folder
        self._cosigners = (cosigners,) if isinstance(cosigners, Cosigner) else tuple(cosigners)
        self._logs = logs
        self._unknown_log = unknown_log

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer one request. When a cosignature is returned, the checkpoint is on disk as the latest.

        200: cosignature lines. 400: malformed. 404: a log that is not watched. 403: not signed by it. 409: the
        latest size, where the request began elsewhere, or where the roots of one size differ. 422: it is not
        shown to begin with the latest. Raises `WitnessDamaged` where our own record cannot be read.
        """
        try:
            asked = _parse(body)
        except NoteInvalid as problem:
            return _refuse(400, str(problem.parts["reason"]))
        verifiers = self._logs.get(asked.origin)
        if verifiers is None:
            return _refuse(self._unknown_log, "unknown log")
        try:
            asked = asked.signed_by(verifiers)
        except NoteInvalid as problem:
            return _refuse(403, f"invalid signature: {problem.parts['reason']}")
        try:
            state = checkpoint.parse(asked.text)
        except NoteInvalid as problem:
            return _refuse(400, str(problem.parts["reason"]))
        if asked.old > state.size:
            return _refuse(400, "the old size is beyond the checkpoint's")
        with disk.only_one(self._of(asked.origin) / "lock"):
            return self._judge(asked, state)

    def latest(self, origin: str) -> Checkpoint | None:
        """The newest checkpoint of a log that was signed here. Raises `WitnessDamaged`."""
        return self._latest(origin, self._of(origin) / "latest")

    def evidence(self, origin: str) -> tuple[Path, ...]:
        """What a log has signed and was refused for. `conflicting-` files prove two histories, with `latest`."""
        return tuple(sorted(found for kind in ("conflicting", "unproven") for found in self._kept(origin, kind)))

    # --- below the surface ---------------------------------------------------------------------

    def _judge(self, asked: _Request, state: Checkpoint) -> Answer:
        """From here to the answer nobody else moves the latest checkpoint of this log."""
        seen = self._latest(asked.origin, self._of(asked.origin) / "latest")
        size, root = (seen.size, seen.root) if seen is not None else (0, merkle.EMPTY_ROOT)
        if state.size == size and state.root != root and size > 0:
            self._keep_evidence(asked, "conflicting")  # whatever else the request says, this is on record now
        if asked.old != size:
            return Answer(409, b"%d\n" % size, SIZE)
        if state.size == size and state.root != root:
            if size == 0:
                return _refuse(422, "bad consistency proof: a log without entries has another root")
            return Answer(409, b"%d\n" % size, SIZE)
        try:
            _require_growth(asked.proof, first=size, first_root=root, second=state)
        except ProofInvalid as problem:
            self._keep_evidence(asked, "unproven")
            return _refuse(422, f"bad consistency proof: {problem.parts['reason']}")
        cosigners = [each for each in self._cosigners if each.can_sign(asked.text)]
        if not cosigners:
            return _refuse(400, "extension lines, which no key here can cover")
        lines = "".join(cosigner.line(asked.text) for cosigner in cosigners)
        if seen is None or state.size > size:
            crash.here("witness.before_record")
            disk.write_durably(self._of(asked.origin) / "latest", asked.signed)
            crash.here("witness.after_record")
        return Answer(200, lines.encode(), TEXT)

    def _latest(self, origin: str, file: Path) -> Checkpoint | None:
        # No signature is verified here: the key may have been changed since, and the folder is ours.
        try:
            text, _ = note.split(file.read_bytes())
            state = checkpoint.parse(text)
        except FileNotFoundError:
            return None
        except NoteInvalid as problem:
            raise WitnessDamaged(file=file.parent.name, reason=str(problem.parts["reason"])) from problem
        if state.origin != origin:
            raise WitnessDamaged(file=file.parent.name, reason="it is of another log")
        return state

    def _keep_evidence(self, asked: _Request, kind: str) -> None:
        name = f"{kind}-{hashlib.sha256(asked.text.encode()).hexdigest()}"
        file = self._of(asked.origin) / name
        if not file.exists() and len(self._kept(asked.origin, kind)) < EVIDENCE_MAX:
            disk.write_durably(file, asked.signed)

    def _kept(self, origin: str, kind: str) -> list[Path]:
        return list(self._of(origin).glob(f"{kind}-*"))

    def _of(self, origin: str) -> Path:
        return self._folder / hashlib.sha256(origin.encode()).hexdigest()


# --- a log has itself witnessed --------------------------------------------------------------------


class Post(Protocol):
    """Sends a body to a witness's `add-checkpoint`, and gives status and body of the answer."""

    def __call__(self, body: bytes) -> tuple[int, bytes]: ...


def request(files: LogFolder, old_size: int, *, signed: bytes | None = None) -> bytes:
    """The body of `add-checkpoint` for a log's newest checkpoint (or the one given), to a witness that has
    signed it at `old_size` before (0: never).

    Raises `ProofInvalid` where the log never had that size.
    """
    signed = signed or files.checkpoint()
    if signed is None:
        raise LogAltered(file=CHECKPOINT, reason="the log was not begun")
    text, _ = note.split(signed)
    state = checkpoint.parse(text)
    if old_size > state.size:
        raise ProofInvalid(reason="the log never had that size")
    is_shown = 0 < old_size < state.size
    hashes = merkle.consistency_proof(old_size, state.size, files.node(state.size)) if is_shown else []
    lines = "".join(f"{base64.b64encode(value).decode('ascii')}\n" for value in hashes)
    return f"old {old_size}\n{lines}\n".encode() + signed


def keep(files: LogFolder, signed: bytes, answer: bytes, *, witnesses: Collection[Cosignatory]) -> bytes:
    """Put the cosignature lines of an answer under the checkpoint, and the result beside the log's own.

    The file `checkpoint.cosigned` only moves forward: lines for the size it has join those it has, a larger
    size takes its place, a smaller one is left. Lines of unknown keys are left out. Raises `NoteInvalid` for
    an answer without a line of these witnesses, or with a wrong one.
    """
    added = note.lines_by(signed + answer, verifiers=witnesses)
    if not added:
        raise NoteInvalid(reason="no signature by a trusted witness")
    cosigned = note.add_lines(signed, [line for _, line in added])
    with disk.only_one(files.folder / f"{COSIGNED}.lock"):
        known = files.cosigned()
        if known is not None:
            ours, theirs = (checkpoint.parse(note.split(each)[0]) for each in (cosigned, known))
            if ours.size < theirs.size:
                return known
            if ours == theirs:
                renewed = {(each.name, each.key_id) for each, _ in added}
                kept = [
                    line
                    for witness, line in note.lines_by(known, verifiers=witnesses)
                    if (witness.name, witness.key_id) not in renewed
                ]  # a witness that signs again says so with a newer time
                cosigned = note.add_lines(cosigned, kept)
        disk.write_durably(files.folder / COSIGNED, cosigned)
    return cosigned


def ask(files: LogFolder, post: Post, *, witnesses: Collection[Cosignatory]) -> bytes:
    """Have a log's newest checkpoint cosigned, and keep the result as `checkpoint.cosigned`, which is returned.

    Asks from the size last cosigned, and once more from the size that the witness then names. Raises
    `WitnessRefused` where it refuses, or has seen what this log does not have; errors of `post` pass.
    """
    signed = files.checkpoint()
    if signed is None:
        raise LogAltered(file=CHECKPOINT, reason="the log was not begun")
    size = checkpoint.parse(note.split(signed)[0]).size
    old = min(_cosigned_size(files, witnesses), size)
    status, answer = post(request(files, old, signed=signed))
    if status == 409:
        told = _told_size(answer)
        if told is not None and told > size:
            raise WitnessRefused(status=status, reason=f"it has seen {told} entries and there are {size}")
        if told is not None and told != old:
            status, answer = post(request(files, told, signed=signed))
    if status == 409:
        raise WitnessRefused(status=status, reason="it has seen another history, or was asked by somebody else")
    if status != 200:
        raise WitnessRefused(status=status, reason=_reason_of(answer))
    return keep(files, signed, answer, witnesses=witnesses)


# --- the request -----------------------------------------------------------------------------------


def _parse(body: bytes) -> _Request:
    if len(body) > BODY_BYTES_MAX:
        raise NoteInvalid(reason="it is too long")
    head, separator, signed = body.partition(b"\n\n")
    first, *lines = head.decode("utf-8", errors="replace").split("\n")
    old = checkpoint.decimal(first.removeprefix("old "))
    if not separator or not first.startswith("old ") or old is None:
        raise NoteInvalid(reason="it does not begin with the old size")
    if len(lines) > PROOF_LINES_MAX:
        raise NoteInvalid(reason="the consistency proof has too many lines")
    proof = tuple(_hash(line) for line in lines)
    text, _ = note.split(signed)
    return _Request(old, proof, signed, text, text.partition("\n")[0])


def _hash(line: str) -> bytes:
    try:
        value = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise NoteInvalid(reason="a hash is not base64") from problem
    if len(value) != merkle.HASH_BYTES or base64.b64encode(value).decode("ascii") != line:
        raise NoteInvalid(reason="a hash is not base64 of 32 bytes")
    return value


def _require_growth(proof: tuple[bytes, ...], *, first: int, first_root: bytes, second: Checkpoint) -> None:
    if first == 0:
        if proof:
            raise ProofInvalid(reason="every log begins with the empty one, there is nothing to prove")
        return
    merkle.verify_consistency(
        first=first, second=second.size, first_root=first_root, second_root=second.root, proof=proof
    )


def _refuse(status: int, reason: str) -> Answer:
    return Answer(status, f"{reason}\n".encode(), TEXT)


def _cosigned_size(files: LogFolder, witnesses: Collection[Cosignatory]) -> int:
    """The size from which to ask; only a first guess, the witness knows."""
    known = files.cosigned()
    if known is None:
        return 0
    try:
        is_theirs = bool(note.lines_by(known, verifiers=witnesses))
        return checkpoint.parse(note.split(known)[0]).size if is_theirs else 0
    except LogError:
        return 0


def _told_size(answer: bytes) -> int | None:
    return checkpoint.decimal(answer.decode("ascii", errors="replace").removesuffix("\n"))


def _reason_of(answer: bytes) -> str:
    """The first line of a refusal, as far as it is plain text."""
    line = answer[:200].decode("utf-8", errors="replace").split("\n")[0]
    return "".join(character for character in line if character.isprintable())
