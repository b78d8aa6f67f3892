"""Is a log's folder what its owner signed? Every byte is read and every hash computed again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tenun.transparency_log import checkpoint, merkle, tile
from tenun.transparency_log.checkpoint import Checkpoint
from tenun.transparency_log.cosignature import Cosignatory, require_witnesses
from tenun.transparency_log.errors import LogAltered, LogError, NotWitnessed
from tenun.transparency_log.folder import CHECKPOINT, COSIGNED, LogFolder
from tenun.transparency_log.note import NoteVerifier


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: in which file, at which entry where that can be said, and what."""

    code: str
    file: str
    reason: str
    entry: int | None = None


@dataclass(frozen=True)
class Audit:
    """What was found. True where nothing is wrong."""

    checkpoint: Checkpoint | None
    findings: list[Finding] = field(default_factory=list)
    witnessed: Checkpoint | None = None
    """The newest state that the witnesses have signed, where they were asked for and it holds."""

    def __bool__(self) -> bool:
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        state = self.checkpoint
        return {
            "is_sound": bool(self),
            "origin": state.origin if state else None,
            "size": state.size if state else 0,
            "root": state.root.hex() if state else None,
            "witnessed": self.witnessed.size if self.witnessed else None,
            "findings": [vars(finding) for finding in self.findings],
        }


def verify_folder(
    folder: Path,
    *,
    verifiers: Collection[NoteVerifier],
    earlier: Collection[bytes] = (),
    origin: str | None = None,
    witnesses: Collection[Cosignatory] = (),
    need: int | None = None,
) -> Audit:
    """Check the checkpoint's signature, every entry and every hash; and that the log still begins with
    what the `earlier` checkpoints, kept from other days, were signed over.

    Where `witnesses` are given, `checkpoint.cosigned` must bear the signatures of `need` of them (one, unless
    said otherwise), and the log must begin with what they signed.
    """
    files = LogFolder(folder)
    data = files.checkpoint()
    if data is None:
        missing = files.has_tiles() or bool(earlier)
        findings = [Finding("log.altered", CHECKPOINT, "the checkpoint is missing")] if missing else []
        return Audit(None, findings)
    try:
        state = checkpoint.verify(data, verifiers=verifiers, origin=origin)
    except LogError as problem:
        return Audit(None, [_finding(problem, CHECKPOINT)])
    findings = []
    leaves = _check_entries(files, state.size, findings)
    if not findings:
        _check_tiles(files, leaves, state, findings)
        for other in earlier:
            _check_earlier(other, leaves, verifiers, findings, origin=origin)
    cosigned = _check_witnesses(files, witnesses, need, findings) if witnesses else None
    if cosigned is not None:
        seen = _check_earlier(cosigned, leaves, verifiers, findings, file=COSIGNED, origin=origin)
        return Audit(state, findings, witnessed=seen)
    return Audit(state, findings)


def _check_entries(files: LogFolder, size: int, findings: list[Finding]) -> list[bytes]:
    """The leaf hashes, computed from the entries and compared with the tiles of level 0."""
    leaves: list[bytes] = []
    for index in range(-(-size // tile.WIDTH)):
        width = tile.width_of(size, 0, index)
        try:
            entries = files.bundle(index, size=size)
            stated = files.hashes(0, index, size=size)
        except LogError as problem:
            findings.append(_finding(problem, tile.bundle_path(index, width)))
            return leaves
        computed = [merkle.leaf_hash(entry) for entry in entries]
        for place, (is_hash, should) in enumerate(zip(computed, stated, strict=True)):
            if is_hash != should:
                reason = "the entry does not give the hash that lies in the tile"
                findings.append(
                    Finding("log.altered", tile.bundle_path(index, width), reason, index * tile.WIDTH + place)
                )
        leaves += computed
    return leaves


def _check_tiles(files: LogFolder, leaves: list[bytes], state: Checkpoint, findings: list[Finding]) -> None:
    node = merkle.nodes_of(leaves)
    if merkle.root(state.size, node) != state.root:
        findings.append(Finding("log.altered", CHECKPOINT, "the entries do not give the signed root"))
    level = 1
    while state.size >> (tile.HEIGHT * level):
        for index in range(-(-(state.size >> (tile.HEIGHT * level)) // tile.WIDTH)):
            path = tile.tile_path(level, index, tile.width_of(state.size, level, index))
            try:
                stated = files.hashes(level, index, size=state.size)
            except LogError as problem:
                findings.append(_finding(problem, path))
                continue
            first = index * tile.WIDTH
            if stated != [node(tile.HEIGHT * level, first + place) for place in range(len(stated))]:
                findings.append(Finding("log.altered", path, "its hashes are not those of the entries"))
        level += 1


def _check_witnesses(
    files: LogFolder, witnesses: Collection[Cosignatory], need: int | None, findings: list[Finding]
) -> bytes | None:
    """The cosigned checkpoint, when enough of the witnesses have signed it."""
    needed = 1 if need is None else need
    data = files.cosigned()
    if data is None:
        if needed:
            findings.append(Finding(NotWitnessed.code, COSIGNED, f"0 of {needed} witnesses have signed"))
        return None
    try:
        require_witnesses(data, witnesses=witnesses, need=needed)
    except NotWitnessed as problem:
        reason = f"{problem.parts['found']} of {needed} witnesses have signed"
        findings.append(Finding(problem.code, COSIGNED, reason))
        return None
    except LogError as problem:
        findings.append(_finding(problem, COSIGNED))
        return None
    return data


def _check_earlier(
    data: bytes,
    leaves: list[bytes],
    verifiers: Collection[NoteVerifier],
    findings: list[Finding],
    *,
    file: str = "earlier checkpoint",
    origin: str | None,
) -> Checkpoint | None:
    """The state that the checkpoint was signed over, when the log still begins with it."""
    try:
        state = checkpoint.verify(data, verifiers=verifiers, origin=origin)
    except LogError as problem:
        findings.append(_finding(problem, file))
        return None
    is_short = state.size > len(leaves)
    if is_short or merkle.root(state.size, merkle.nodes_of(leaves)) != state.root:
        reason = "the log is shorter than it was" if is_short else "the log does not begin with what it once was"
        findings.append(Finding("log.history_changed", CHECKPOINT, reason))
        return None
    return state


def _finding(problem: LogError, file: str) -> Finding:
    reason = str(problem.parts.get("reason", problem.code))
    where = str(problem.parts.get("file") or file) if isinstance(problem, LogAltered) else file
    return Finding(problem.code, where, reason)
