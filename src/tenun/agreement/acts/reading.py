"""Reads the acts of a folder, checks every one of them, and knows cheaply whether anything has changed since.

What was checked once is kept in memory and used from there, so that a file altered later cannot alter an answer; a
file that is gone, or one that is new, is noticed. A folder's time stamp is too coarse to tell two changes within a
few milliseconds apart, so for a while after a change the names are compared as well.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from tenun.agreement import document, party_keys, signing
from tenun.agreement.acts import act as acts
from tenun.agreement.acts import judgement
from tenun.agreement.acts.act import SignedAct
from tenun.agreement.acts.bodies import Addendum, KeyChange
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.ledger import Ledger
from tenun.agreement.acts.refusals import ActError, ChainDamaged, ChainOfAnotherRevision
from tenun.agreement.acts.revisions import Revisions
from tenun.agreement.agreed import Agreement
from tenun.agreement.document import DOCUMENT
from tenun.agreement.signing import SIGNATURES, KeyNotOurs, NotSigned
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.kernel.errors import TenunError

HEADS = "heads"
"""Names of the acts that no other followed when the last one was written: they cannot go missing unnoticed."""
_FILE = re.compile(r"([0-9a-f]{64})\.json")
# Older than any granularity of a file system's clock that we know of.
_SETTLED_NS = 2_500_000_000

_Stamp = tuple[tuple[int, int, int] | None, ...]


class Reader:
    """The acts of one agreement. Safe to share among threads."""

    def __init__(self, agreement: Path, acts: Path, *, own_keys: Path | None = None) -> None:
        self.agreement = agreement
        self.acts = acts
        self.revisions = Revisions(agreement.with_name("revisions"))
        self._own_keys = own_keys
        self._watched = (agreement, agreement / DOCUMENT, agreement / SIGNATURES)
        self._lock = threading.Lock()
        self._known: _Known | None = None

    def ledger(self) -> Ledger:
        """Every act, checked. The same object for as long as nothing changed.

        Raises what `signing.verify` raises of the agreement, `ChainDamaged`, `ChainOfAnotherRevision`,
        `RevisionMissing`, `RevisionDamaged`.
        """
        known = self._known
        if known is not None and self._is_current(known):
            return known.ledger
        with self._lock:
            known = self._known
            if known is None or not self._is_current(known):
                known = self._known = self._read(known)
            return known.ledger

    def fresh(self) -> Ledger:
        """Everything read and checked anew, from the first byte."""
        with self._lock:
            self._known = self._read(None)
            return self._known.ledger

    # --- noticing ------------------------------------------------------------------------------------

    def _is_current(self, known: _Known) -> bool:
        base, acts = _stamp(self._watched), _stamp((self.acts,))
        if (base, acts) != (known.base_stamp, known.acts_stamp):
            return False
        if not known.is_settled:
            if self._names() != known.names:
                return False
            known.is_settled = _is_old((*base, *acts))
        return True

    def _names(self) -> frozenset[str]:
        try:
            found = [path.name for path in self.acts.iterdir()]
        except FileNotFoundError:
            return frozenset()
        return frozenset(match[1] for match in map(_FILE.fullmatch, found) if match)

    # --- reading -------------------------------------------------------------------------------------

    def _read(self, known: _Known | None) -> _Known:
        base_stamp, acts_stamp = _stamp(self._watched), _stamp((self.acts,))
        if known is None or known.base_stamp != base_stamp:
            base, is_ours = self._base()
            ledger = Ledger(base)
        else:
            ledger, is_ours = known.ledger, known.is_ours
        names = self._names()
        _require(names, self._noted_heads(), reason="noted as written")
        _require(names, ledger.entries, reason="read before")
        ledger = self._with(ledger, sorted(names - ledger.entries.keys()))
        if not is_ours:
            self._require_introduced(ledger)
        return _Known(ledger, names, base_stamp, acts_stamp, is_ours=is_ours)

    def _base(self) -> tuple[Agreement, bool]:
        """The agreement that was signed first, and whether a key of ours signed it.

        After our agreement key has changed, the key we hold did not sign the document; then an act must have
        introduced it, and that act it has signed itself.
        """
        try:
            return signing.verify(self.agreement, own_keys=self._own_keys), True
        except KeyNotOurs:
            missing = set(Party) - signing.signed_by(self.agreement)
            if missing:
                raise NotSigned(
                    party=min(missing).value, parties=", ".join(sorted(one.value for one in missing))
                ) from None
            return document.load(self.agreement), False

    def _require_introduced(self, ledger: Ledger) -> None:
        own = party_keys.public(self._own_keys or self.agreement.absolute().parent / "keys").kid(KeyUse.AGREEMENT)
        found = False
        for entry in ledger.by_kind[Kind.KEY_CHANGE]:
            body = entry.signed.body
            if isinstance(body, KeyChange) and body.key is not None and body.key.use is KeyUse.AGREEMENT:
                found = found or body.key.jwk.kid == own
        if not found:
            raise KeyNotOurs()

    def _noted_heads(self) -> Iterable[str]:
        try:
            return [str(one) for one in json.loads((self.acts / HEADS).read_bytes())]
        except FileNotFoundError:
            return ()
        except (ValueError, TypeError) as problem:
            raise ChainDamaged(file=HEADS, reason="unreadable") from problem

    def _with(self, ledger: Ledger, names: list[str]) -> Ledger:
        """The ledger with more acts, each after those that it follows."""
        waiting = {name: self._act(name) for name in names}
        while waiting:
            ready = [
                name for name, signed in waiting.items() if not any(before in waiting for before in signed.act.previous)
            ]
            if not ready:
                raise ChainDamaged(file=min(waiting)[:12], reason="acts follow each other in a circle")
            for name in ready:
                ledger = self._admitted(ledger, waiting.pop(name))
        return ledger

    def _admitted(self, ledger: Ledger, signed: SignedAct) -> Ledger:
        unknown = [one for one in signed.act.previous if one not in ledger.entries and one != ledger.base.rev]
        if unknown and not ledger.entries and signed.act.rev != ledger.base.rev:
            raise ChainOfAnotherRevision()
        if unknown:
            raise ChainDamaged(file=signed.hash[:12], reason=f"{unknown[0][:12]} is missing")
        body = signed.body
        revision = self.revisions.load(body.rev) if isinstance(body, Addendum) else None
        try:
            return judgement.admit(ledger, signed, revision=revision)
        except ActError as problem:
            raise ChainDamaged(file=signed.hash[:12], reason=problem.code) from problem

    def _act(self, name: str) -> SignedAct:
        try:
            content = (self.acts / f"{name}.json").read_bytes()
        except FileNotFoundError as problem:
            raise ChainDamaged(file=name[:12], reason="gone") from problem
        if hashlib.sha256(content).hexdigest() != name:
            raise ChainDamaged(file=name[:12], reason="not the bytes that its name tells")
        try:
            return acts.parse(content)
        except TenunError as problem:
            raise ChainDamaged(file=name[:12], reason=problem.code) from problem


class _Known:
    """What was read, and how the folders looked then."""

    def __init__(
        self,
        ledger: Ledger,
        names: frozenset[str],
        base_stamp: _Stamp,
        acts_stamp: _Stamp,
        *,
        is_ours: bool,
    ) -> None:
        self.ledger = ledger
        self.names = names
        self.base_stamp = base_stamp
        self.acts_stamp = acts_stamp
        self.is_ours = is_ours
        self.is_settled = False


def _require(names: frozenset[str], needed: Iterable[str], *, reason: str) -> None:
    missing = sorted(set(needed) - names)
    if missing:
        raise ChainDamaged(file=missing[0][:12], reason=f"gone, though {reason}")


def _stamp(paths: Iterable[Path]) -> _Stamp:
    return tuple(map(_stat, paths))


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _is_old(stamps: _Stamp) -> bool:
    newest = max((one[1] for one in stamps if one is not None), default=0)
    return time.time_ns() - newest > _SETTLED_NS
