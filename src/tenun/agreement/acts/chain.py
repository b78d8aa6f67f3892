"""The chain of acts at a node: the folder `acts/`, to which things are added and from which nothing is taken away.

    acts/<sha256>.json   one act each, named by its bytes
    acts/heads           the acts that none follows, so that none of them goes missing unnoticed
    acts/reported        the acts that whoever listens (the node's log) was told of
    acts/lock

Trusted to stop the node and no more: whoever alters an act breaks its name or a signature, and nothing is decided
any more. Whoever takes the newest acts away, and their names from `heads`, puts the node back to yesterday; the
other party's node and both logs show it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tenun.agreement import party_keys
from tenun.agreement.acts import act as acts
from tenun.agreement.acts import judgement, law, state
from tenun.agreement.acts.act import SignedAct
from tenun.agreement.acts.bodies import Addendum
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.ledger import CLOCK_SLACK, Entry, Ledger, View
from tenun.agreement.acts.reading import HEADS, Reader
from tenun.agreement.acts.refusals import (
    ActFromTheFuture,
    ActKeyNotOurs,
    ActNotReported,
    ActPredecessorMissing,
)
from tenun.agreement.acts.revisions import Revisions
from tenun.agreement.acts.state import State
from tenun.agreement.agreed import Agreement
from tenun.agreement.party_jwk import Key
from tenun.agreement.party_keys import KeysMissing
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.kernel.clock import Clock, SystemClock
from tenun.kernel.durable import only_one, sync_folder, write_durably
from tenun.kernel.errors import TenunError

REPORTED = "reported"


@dataclass(frozen=True)
class Taken:
    """An act in the chain, and whether it came just now."""

    entry: Entry
    is_new: bool


class Chain:
    """The acts of one agreement at one node. Several processes may use one folder."""

    def __init__(
        self,
        folder: Path,
        *,
        agreement: Path,
        own_keys: Path | None = None,
        clock: Clock | None = None,
        on_appended: Callable[[Entry], object] | None = None,
    ) -> None:
        """`on_appended` is told of every act once it is durable, at least once, one at a time, in an order in which
        each comes after those that it follows. It must not use the chain. What it could not be told it is told later.
        """
        self.folder = folder
        self._reader = Reader(agreement, folder, own_keys=own_keys)
        self._clock = clock or SystemClock()
        self._on_appended = on_appended

    # --- asking --------------------------------------------------------------------------------------

    @property
    def revisions(self) -> Revisions:
        return self._reader.revisions

    def ledger(self) -> Ledger:
        """Every act, checked; cheap where nothing changed."""
        return self._reader.ledger()

    def verify(self) -> Ledger:
        """Read and check everything anew: bytes, signatures, law. Raises what is wrong."""
        return self._reader.fresh()

    def heads(self) -> tuple[str, ...]:
        """The acts that no other follows; the agreement's revision where there is no act."""
        return self.ledger().heads

    def all(self) -> list[Entry]:
        """Every act, each after those that it follows, in an order that is the same at both nodes."""
        return sorted(self.ledger().entries.values(), key=lambda one: one.order)

    def state(self, moment: datetime | None = None, *, heads: Iterable[str] | None = None) -> State:
        """The state at a moment (default: now); with `heads`, as far as whoever knew only these could know."""
        return state.fold(self.ledger().view(moment or self._clock.now(), heads=heads))

    # --- making --------------------------------------------------------------------------------------

    def act(
        self,
        kind: Kind,
        *,
        by: Party,
        keys: Path,
        body: Mapping[str, Any],
        effective_at: datetime | None = None,
        reference: Mapping[str, Any] | None = None,
        new_key: Key | None = None,
    ) -> Entry:
        """Make an act that one party makes alone, sign it and add it. When this returns, it is on disk and counts.

        `keys` is the party's key folder. Raises an `ActError` that says why not, `KeysMissing`, or `ActNotReported`
        when it counts but the log could not be told.
        """
        with only_one(self.folder / "lock"):
            signed = self._made(kind, by, keys, body, effective_at, reference, new_key)
            return self._add(signed)

    def propose(
        self,
        kind: Kind,
        *,
        by: Party,
        keys: Path,
        body: Mapping[str, Any],
        effective_at: datetime | None = None,
        reference: Mapping[str, Any] | None = None,
        new_key: Key | None = None,
    ) -> SignedAct:
        """An act of both parties, signed by the one that proposes it. Nothing is added: `countersign` does that."""
        return self._made(kind, by, keys, body, effective_at, reference, new_key)

    def countersign(self, content: bytes, *, by: Party, keys: Path, revision: bytes | None = None) -> Entry:
        """Sign what the other party proposed, and add it. The act must be lawful where it stands and also today."""
        if revision is not None:
            self.revisions.take(revision)
        proposed = acts.parse(content)
        with only_one(self.folder / "lock"):
            ledger = self.ledger()
            document = self._document_of(proposed)
            entry = judgement.judged(ledger, proposed, revision=document)
            self._require_still_lawful(ledger, proposed, document)
            view = View(ledger, entry.ancestors, self._clock.now())
            judgement.met_demands(proposed, view)
            return self._add(self._signed(proposed, by, keys, view, None))

    # --- adding --------------------------------------------------------------------------------------

    def append(self, signed: SignedAct) -> Entry:
        """Add an act that is fully signed. When this returns, it is on disk and counts."""
        with only_one(self.folder / "lock"):
            return self._add(signed)

    def take(self, content: bytes, *, revision: bytes | None = None) -> Taken:
        """Add an act that came from the other party or from a file. Taking it again changes nothing.

        `revision` is the document that comes with an addendum (`Revisions.bundle`). Raises an `ActError`;
        `ActPredecessorMissing` and `ActFromTheFuture` are worth another try later.
        """
        signed = acts.parse(content)
        if revision is not None:
            self.revisions.take(revision)
        with only_one(self.folder / "lock"):
            known = self.ledger().entries.get(signed.hash)
            if known is not None:
                return Taken(known, is_new=False)
            return Taken(self._add(signed), is_new=True)

    def take_all(self, contents: Iterable[bytes]) -> list[Taken]:
        """Take many, in whatever order they came. Raises the first error that is not merely one of order."""
        waiting, taken = list(contents), []
        while waiting:
            later, missing = [], None
            for content in waiting:
                try:
                    taken.append(self.take(content))
                except ActPredecessorMissing as problem:
                    later.append(content)
                    missing = problem
            if missing is not None and len(later) == len(waiting):
                raise missing
            waiting = later
        return taken

    def report(self) -> int:
        """Tell whoever listens of every act it was not told of, and say how many that were."""
        with only_one(self.folder / "lock"):
            return self._report()

    # --- below the surface ---------------------------------------------------------------------------

    def _made(
        self,
        kind: Kind,
        by: Party,
        keys: Path,
        body: Mapping[str, Any],
        effective_at: datetime | None,
        reference: Mapping[str, Any] | None,
        new_key: Key | None,
    ) -> SignedAct:
        ledger = self.ledger()
        now = self._moment(ledger)
        view = ledger.view(now)
        draft = acts.compose(
            kind,
            agreement=ledger.base.id,
            rev=state.revision(view)[0].rev,
            by=by,
            previous=ledger.heads,
            made_at=now,
            body=body,
            effective_at=effective_at,
            reference=reference,
        )
        judgement.judged(ledger, draft, revision=self._document_of(draft))
        return self._signed(draft, by, keys, view, new_key)

    def _moment(self, ledger: Ledger) -> datetime:
        """Now, to the second; never before an act that the next one follows, whose maker's clock may be ahead."""
        known = (ledger.entries[name].completed_at for name in ledger.heads if name in ledger.entries)
        return max((self._clock.now().replace(microsecond=0), *known))

    def _signed(self, draft: SignedAct, by: Party, keys: Path, view: View, new_key: Key | None) -> SignedAct:
        """The act with every signature that this party can and must give."""
        pinned = state.keys(view, state.revision(view)[0])
        signed = draft
        for demand in law.demands(draft.act):
            if demand.party is by:
                signed = acts.sign(signed, _own_key(demand, keys, pinned), at=self._clock.now())
            elif demand.party is None and new_key is not None:
                signed = acts.sign(signed, new_key, at=self._clock.now())
        return signed

    def _require_still_lawful(self, ledger: Ledger, proposed: SignedAct, document: Agreement | None) -> None:
        """What was lawful when it was proposed may be so no more, by acts that came since."""
        act = proposed.act
        today = acts.compose(
            act.kind,
            agreement=act.agreement,
            rev=act.rev,
            by=act.by,
            previous=ledger.heads,
            made_at=max(self._moment(ledger), act.made_at),
            body=json.loads(proposed.payload)["body"],
            effective_at=act.effective_at,
            reference=json.loads(proposed.payload).get("reference"),
        )
        judgement.judged(ledger, today, revision=document)

    def _add(self, signed: SignedAct) -> Entry:
        if signed.completed_at > self._clock.now() + CLOCK_SLACK:
            raise ActFromTheFuture(seconds=int(CLOCK_SLACK.total_seconds()))
        ledger = judgement.admit(self.ledger(), signed, revision=self._document_of(signed))
        write_durably(self.folder / f"{signed.hash}.json", signed.content)
        write_durably(self.folder / HEADS, json.dumps(list(ledger.heads)).encode())
        entry = self.ledger().entries[signed.hash]
        try:
            self._report()
        except Exception as problem:
            reason = problem.code if isinstance(problem, TenunError) else type(problem).__name__
            raise ActNotReported(act=entry.hash[:12], hash=entry.hash, reason=reason) from problem
        return entry

    def _document_of(self, signed: SignedAct) -> Agreement | None:
        return self.revisions.load(signed.body.rev) if isinstance(signed.body, Addendum) else None

    def _report(self) -> int:
        if self._on_appended is None:
            return 0
        path = self.folder / REPORTED
        told = set(path.read_text("ascii").split()) if path.exists() else set()
        news = [entry for entry in self.all() if entry.hash not in told]
        for entry in news:
            self._on_appended(entry)
            with path.open("ab") as handle:
                handle.write(f"{entry.hash}\n".encode())
                handle.flush()
                os.fsync(handle.fileno())
        if news:
            sync_folder(self.folder)
        return len(news)


def _own_key(demand: law.Demand, keys: Path, pinned: Mapping[Party, Any]) -> Key:
    """A private key of ours that meets the demand: the agreement key where it is here, else the message key.

    Raises `ActKeyNotOurs` where the keys here are not those in force, `KeysMissing` where there is none.
    """
    assert demand.party is not None
    missing: KeysMissing | None = None
    for use in sorted(demand.uses, key=list(KeyUse).index):
        try:
            key = party_keys.private(keys, use)
        except KeysMissing as problem:
            missing = missing or problem
            continue
        kid = key.thumbprint()
        is_meant = demand.kid in (None, kid) and kid != demand.but_not
        if is_meant and kid in state.kids(pinned, demand.party, use):
            return key
    if missing is not None and len(demand.uses) == 1:
        raise missing
    raise ActKeyNotOurs(party=demand.party.value)
