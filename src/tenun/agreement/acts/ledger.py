"""The acts in memory, and who follows whom.

Both parties may act without seeing each other's acts while the network is down. So acts form a graph: each names
every head its maker knew, and the next act joins what had parted. What an act may do is judged by the acts that it
follows and by no others; so both nodes judge alike, in whatever order acts reach them.

A `View` is a choice of acts and a moment. The state is computed from a view of all acts; an act is judged on the
view of those that it follows.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from tenun.agreement.acts import law
from tenun.agreement.acts.act import SignedAct
from tenun.agreement.acts.bodies import KeyChange
from tenun.agreement.acts.kinds import KeyLoss, Kind
from tenun.agreement.acts.refusals import ActPredecessorMissing
from tenun.agreement.agreed import Agreement
from tenun.agreement.vocabulary import Party

# As far as a message may come from a clock ahead of ours (RFC 9421 signatures live this long too).
CLOCK_SLACK = timedelta(seconds=60)


@dataclass(frozen=True)
class Entry:
    """An act in its place."""

    signed: SignedAct
    number: int
    """Its place in this ledger's memory; another node may number it otherwise."""
    depth: int
    """Length of the longest way from it back to the agreement. Later acts are deeper, at every node."""
    ancestors: int
    """The acts that it follows, as bits by their numbers."""
    takes_effect: datetime

    @property
    def hash(self) -> str:
        return self.signed.hash

    @property
    def kind(self) -> Kind:
        return self.signed.kind

    @property
    def by(self) -> Party:
        return self.signed.act.by

    @property
    def completed_at(self) -> datetime:
        return self.signed.completed_at

    @property
    def order(self) -> tuple[int, str]:
        """A place among all acts that every node computes alike."""
        return self.depth, self.hash

    def follows(self, other: Entry) -> bool:
        return bool(self.ancestors >> other.number & 1)


@dataclass(frozen=True)
class Ledger:
    """Every act that was taken, and the agreement that they begin with. A value: `extended` gives a new one."""

    base: Agreement
    revisions: Mapping[str, Agreement] = field(default_factory=dict)
    """The documents of the addenda, by their revision; the base is not among them."""
    entries: Mapping[str, Entry] = field(default_factory=dict)
    """By hash, each after those that it follows."""
    by_kind: Mapping[Kind, tuple[Entry, ...]] = field(default_factory=lambda: dict.fromkeys(Kind, ()))
    """In order."""
    own_acts: Mapping[Party, int] = field(default_factory=lambda: dict.fromkeys(Party, 0))
    """Each party's acts that it made alone, as bits."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """What was signed -> the act's hash."""

    def extended(self, signed: SignedAct, *, revision: Agreement | None = None) -> Ledger:
        """The ledger with one more act. Raises `ActPredecessorMissing`. Whether the law allows it, `judgement` says."""
        entry = self.placed(signed)
        own = 0 if law.is_of_both(signed.act) else 1 << entry.number
        kin = [*self.by_kind[entry.kind]]
        insort(kin, entry, key=lambda one: one.order)
        return Ledger(
            self.base,
            self.revisions if revision is None else {**self.revisions, revision.rev: revision},
            {**self.entries, entry.hash: entry},
            {**self.by_kind, entry.kind: tuple(kin)},
            {**self.own_acts, entry.by: self.own_acts[entry.by] | own},
            {**self.digests, signed.digest: entry.hash},
        )

    def placed(self, signed: SignedAct) -> Entry:
        """Where an act would stand."""
        depth, ancestors = 1, 0
        for name in signed.act.previous:
            if name == self.base.rev:
                continue
            before = self.entries.get(name)
            if before is None:
                raise ActPredecessorMissing(missing=name[:12])
            depth = max(depth, before.depth + 1)
            ancestors |= before.ancestors | 1 << before.number
        return Entry(signed, len(self.entries), depth, ancestors, law.takes_effect(signed))

    def agreement(self, rev: str) -> Agreement | None:
        """The document of a revision."""
        return self.base if rev == self.base.rev else self.revisions.get(rev)

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """The acts that none follows, in order; the agreement's revision where there is no act."""
        return self.view(None).heads or (self.base.rev,)

    def view(self, moment: datetime | None, *, heads: Iterable[str] | None = None) -> View:
        """All acts, or those that the given heads follow and the heads themselves: as a node knew them then.

        Raises `ActPredecessorMissing` for a head that is not here.
        """
        if heads is None:
            return View(self, (1 << len(self.entries)) - 1, moment)
        mask = 0
        for name in heads:
            entry = self.entries.get(name)
            if entry is not None:
                mask |= entry.ancestors | 1 << entry.number
            elif name != self.base.rev:
                raise ActPredecessorMissing(missing=name[:12])
        return View(self, mask, moment)


@dataclass(frozen=True)
class View:
    """Some of the acts of a ledger, up to a moment (none: at any time)."""

    ledger: Ledger
    mask: int
    moment: datetime | None

    def of(self, kind: Kind, *, slack: timedelta = timedelta()) -> Iterator[Entry]:
        """The acts of a kind that were complete by the moment, in order, without those that are void."""
        void = self.void
        for entry in self.ledger.by_kind[kind]:
            if self._has(entry, slack) and entry.hash not in void:
                yield entry

    def effective(self, kind: Kind) -> Iterator[Entry]:
        """Those of them that have taken effect by the moment, in order of their effect."""
        entries = (one for one in self.of(kind) if self.moment is None or one.takes_effect <= self.moment)
        return iter(sorted(entries, key=lambda one: (one.takes_effect, one.order)))

    def get(self, name: str) -> Entry | None:
        """The act of that hash, when it is one of them."""
        entry = self.ledger.entries.get(name)
        return entry if entry is not None and self._has(entry, timedelta()) else None

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """Those that no other of them follows, in order."""
        known = [entry for entry in self.ledger.entries.values() if self._has(entry, timedelta())]
        followed = {name for entry in known for name in entry.signed.act.previous}
        return tuple(sorted(entry.hash for entry in known if entry.hash not in followed))

    @cached_property
    def void(self) -> frozenset[str]:
        """Acts signed with a key that was reported lost, unless the report follows them.

        Whoever found a lost key could sign with it as if it were still yesterday. A shut-off is never void:
        what was closed for no good reason is opened again by the party in whose name it was closed.
        """
        found = set()
        for change in self.ledger.by_kind[Kind.KEY_CHANGE]:
            body = change.signed.body
            if isinstance(body, KeyChange) and body.reason is KeyLoss.LOST and self._has(change, timedelta()):
                found |= {
                    entry.hash
                    for entry in self.ledger.entries.values()
                    if entry.kind is not Kind.SHUT_OFF
                    and not change.follows(entry)
                    and any(one.kid == body.old for one in entry.signed.signatures)
                }
        return frozenset(found)

    def _has(self, entry: Entry, slack: timedelta) -> bool:
        is_chosen = bool(self.mask >> entry.number & 1)
        return is_chosen and (self.moment is None or entry.completed_at - slack <= self.moment)
