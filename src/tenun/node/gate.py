"""What is shut off at this node, since when, by whom: the durable record, and the page that tells the workers.

    gate/record.json   closures and epochs; replaced durably, under the lock
    gate/SHUT          if this file is there, in whatever way it came, everything is closed
    gate/page          memory shared with the workers (`tenun.exchange.gate`)
    gate/lock          held by whoever changes the record or writes the page
    gate/pending/      what is still to be told about a change (`tenun.node.shutoff`)

The record is trusted: whoever alters it can open the gate. It is therefore checked against what it cannot alter
alone: the acts of both parties (`Gatekeeper.reconcile`), and the number in the page, below which a record that was
put back from a copy is not believed.

The guard and the command both write the page, and that is safe: each holds the lock while it reads the record and
writes what the record says, so the page never goes back to an earlier state; and the guard writes the same again.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from tenun.agreement.vocabulary import Party
from tenun.exchange import gate as pages
from tenun.exchange.gate import PageState, Reason, Scope, ScopeKind, Slot
from tenun.kernel.clause import implements
from tenun.kernel.clock import Clock, SystemClock
from tenun.kernel.durable import sync_folder, write_durably
from tenun.kernel.errors import TenunError
from tenun.node import page as writing

RECORD = "record.json"
SENTINEL = "SHUT"
RECORD_VERSION = 1
# The workers believe a dead guard for two seconds; after a little more they have closed by themselves.
EFFECT_SECONDS_MAX = pages.HEARTBEAT_AGE_MAX_NS / 1e9 + 0.5


class RecordUnreadable(TenunError):
    """What is closed cannot be read, so everything is."""

    code = "node.gate_record_unreadable"
    text_id = "Catatan penutupan simpul ini (gate/record.json) {reason}; karena itu semua pertukaran data tertutup."
    text_en = "This node's record of shut-offs (gate/record.json) {reason}; so the whole exchange of data is closed."
    remedy_id = (
        "Tutup semuanya dengan `tenun shutoff --scope all` (catatan baru dibuat, yang lama disimpan), periksa, lalu "
        "buka dengan `tenun reinstate --scope all`."
    )
    remedy_en = (
        "Shut everything off with `tenun shutoff --scope all` (a new record is made, the old one kept), look into it, "
        "then open with `tenun reinstate --scope all`."
    )


class RecordUnwritable(TenunError):
    """The closing holds in memory only: a restart of the guard would lose it."""

    code = "node.gate_record_unwritable"
    text_id = "Penutupan tidak dapat ditulis ke cakram ({reason}), jadi tidak akan bertahan."
    text_en = "The shut-off cannot be written to disk ({reason}), so it will not last."
    remedy_id = "Hentikan API simpul sekarang: `tenun node stop --only api --hard`. Lalu beri ruang pada cakram."
    remedy_en = "Stop the node's API now: `tenun node stop --only api --hard`. Then make room on the disk."


class NotShutOff(TenunError):
    """There is nothing to reinstate, or it was the other party that shut it off."""

    code = "node.not_shut_off"
    text_id = "{scope} tidak sedang ditutup oleh {by}."
    text_en = "{scope} is not shut off by {by}."
    remedy_id = "Lihat apa yang tertutup dan oleh siapa dengan `tenun node status`. Hanya yang menutup dapat membuka."
    remedy_en = "See what is closed and by whom with `tenun node status`. Only who shut off can reinstate."


class Source(StrEnum):
    """How a closure came to be."""

    COMMAND = "command"
    SENTINEL = "sentinel"
    ACT = "act"
    """Read from the agreement's chain: the other party's shut-off, or one of ours that the record had lost."""
    RECORD_LOST = "record-lost"
    """The record before this one could not be read."""


@dataclass(frozen=True)
class Closure:
    """One party has closed one scope. Two parties may close the same; both must open it again."""

    scope: Scope
    by: Party
    since: datetime
    reason: Reason
    source: Source = Source.ACT
    act: str | None = None
    """Hash of the act that says so, once there is one."""
    number: int = 0
    """The epoch that it began."""
    is_told: bool = False
    """Whether all that follows a shut-off (act, log, event to the peer) is done."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "scope": str(self.scope),
            "kind": str(self.scope.kind),
            "agreement": self.scope.agreement,
            "name": self.scope.name,
            "by": str(self.by),
            "since": self.since.astimezone(UTC).isoformat(timespec="milliseconds"),
            "reason": str(self.reason),
            "source": str(self.source),
            "act": self.act,
            "number": self.number,
            "is_told": self.is_told,
        }

    @classmethod
    def from_dict(cls, members: Mapping[str, Any]) -> Closure:
        """Raises KeyError, TypeError or ValueError for anything that is none."""
        since = datetime.fromisoformat(members["since"])
        if since.tzinfo is None:
            raise ValueError("a moment without its zone")
        return cls(
            scope=Scope(ScopeKind(members["kind"]), members["agreement"], members["name"]),
            by=Party(members["by"]),
            since=since,
            reason=Reason(members["reason"]),
            source=Source(members["source"]),
            act=members["act"],
            number=int(members["number"]),
            is_told=bool(members["is_told"]),
        )


@dataclass(frozen=True)
class Record:
    """All that is closed, and the epoch of every scope that was ever touched."""

    number: int
    """The highest epoch given so far."""
    epochs: Mapping[Scope, int]
    closures: tuple[Closure, ...] = field(default=())

    def by(self, party: Party, scope: Scope) -> Closure | None:
        return next((one for one in self.closures if (one.by, one.scope) == (party, scope)), None)

    def page(self) -> PageState:
        slots = {scope.key: Slot(epoch) for scope, epoch in self.epochs.items()}
        for closure in sorted(self.closures, key=lambda one: one.since, reverse=True):  # the earliest is told
            key = closure.scope.key
            slots[key] = Slot(slots[key].epoch, True, _milliseconds(closure.since), closure.reason)
        return PageState(self.number, slots)

    def encode(self) -> bytes:
        document = {
            "version": RECORD_VERSION,
            "number": self.number,
            "epochs": [
                {"kind": str(scope.kind), "agreement": scope.agreement, "name": scope.name, "epoch": epoch}
                for scope, epoch in sorted(self.epochs.items())
            ],
            "closures": [closure.as_dict() for closure in self.closures],
        }
        return json.dumps(document, indent=1, sort_keys=True).encode()

    @classmethod
    def decode(cls, content: bytes) -> Record:
        """Raises `RecordUnreadable` for everything that this version would not have written."""
        try:
            document = json.loads(content)
            if document["version"] != RECORD_VERSION:
                raise ValueError("version")
            epochs = {
                Scope(ScopeKind(one["kind"]), one["agreement"], one["name"]): int(one["epoch"])
                for one in document["epochs"]
            }
            closures = tuple(Closure.from_dict(one) for one in document["closures"])
            record = cls(int(document["number"]), epochs, closures)
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise RecordUnreadable(reason="rusak / is damaged") from problem
        if Scope.all() not in epochs or max(epochs.values()) > record.number:
            raise RecordUnreadable(reason="rusak / is damaged")
        if any(closure.scope not in epochs for closure in closures):
            raise RecordUnreadable(reason="rusak / is damaged")
        return record


class Effect(StrEnum):
    """How the workers came to know of a change, by the time it was acknowledged."""

    PAGE = "page"
    """Written into the page they read."""
    GUARD = "guard"
    """There was no page to write; the guard has made one since."""
    GUARD_SILENT = "guard-silent"
    """No page and no guard: the workers have been closed for want of a heartbeat."""


class Gatekeeper:
    """The one who changes the record. Safe to use from several processes."""

    def __init__(self, folder: Path, party: Party, *, clock: Clock | None = None) -> None:
        self.folder = folder
        self.party = party
        self._clock = clock or SystemClock()

    @property
    def record_file(self) -> Path:
        return self.folder / RECORD

    @property
    def sentinel(self) -> Path:
        return self.folder / SENTINEL

    @property
    def page_file(self) -> Path:
        return self.folder / pages.PAGE

    # --- reading -----------------------------------------------------------------------------------------

    def read(self) -> Record:
        """What the record says. Raises `RecordUnreadable`, also when it is missing or older than the page."""
        try:
            content = self.record_file.read_bytes()
        except FileNotFoundError as problem:
            raise RecordUnreadable(reason="tidak ada / is missing") from problem
        except OSError as problem:
            raise RecordUnreadable(reason=f"tidak terbaca / cannot be read ({type(problem).__name__})") from problem
        record = Record.decode(content)
        if record.number < writing.number_in(self.page_file):
            raise RecordUnreadable(reason="lebih tua daripada yang sudah berlaku / is older than what held already")
        return record

    def has_sentinel(self) -> bool:
        """Also a dangling link, a folder, or a file that may not be looked at counts as being there."""
        try:
            self.sentinel.lstat()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    # --- changing ----------------------------------------------------------------------------------------

    def establish(self) -> Record:
        """The record of a new node: open, with an epoch that no node here had before. Leaves one that is there."""
        with self.locked():
            if self.record_file.exists():
                return self.read()
            number = self._next_number(0)
            record = Record(number, {Scope.all(): number})
            write_durably(self.record_file, record.encode())
            return record

    @implements("7(4)", control="One party alone closes: a durable record first, then the page that all workers read.")
    def close(self, scope: Scope, *, reason: Reason, source: Source = Source.COMMAND) -> tuple[Closure, Effect]:
        """Close a scope in the name of this node's party.

        When this returns, the closure is on disk and no worker lets anything through any more. Where the record
        cannot be read, a new one closes everything, since the old one may have closed anything. Raises
        `RecordUnwritable` when nothing can be written: the workers are closed all the same, but only for now.
        """
        with self.locked():
            before, is_new = self._readable_or_new(reason)
            record = before
            if record.by(self.party, scope) is None:
                record = self._with(record, Closure(scope, self.party, self._now(), reason, source))
            closure = record.by(self.party, scope)
            assert closure is not None  # it was there, or was added
            if is_new or record is not before:
                record = self._recorded(before, record, closure)
            is_shown = self._show(record)
        return closure, Effect.PAGE if is_shown else self._wait_for(record.number)

    def adopt_sentinel(self) -> Closure | None:
        """Note in the record what the file `SHUT` says, so that it holds when the file is gone. Hold no lock."""
        if not self.has_sentinel() or self.read().by(self.party, Scope.all()) is not None:
            return None
        return self.close(Scope.all(), reason=Reason.OTHER, source=Source.SENTINEL)[0]

    def reopen(self, scope: Scope, *, acts: Collection[str] = ()) -> tuple[Record, Effect]:
        """Take back this party's own closure, and the sentinel with that of everything. A new epoch begins.

        `acts` are shut-offs of ours that a signed act has just ended: what they closed opens with it. Whether the
        party may, and the signed act, is the business of `node.shutoff`. Raises `NotShutOff`, `RecordUnreadable`.
        """
        with self.locked():
            record = self.read()
            closure = record.by(self.party, scope)
            if closure is None:
                raise NotShutOff(scope=str(scope), by=str(self.party))
            if scope.kind is ScopeKind.ALL and self.has_sentinel():
                # Before the record: a crash in between leaves it closed.
                self.sentinel.unlink()
                sync_folder(self.folder)
            for one in record.closures:
                if one.by is self.party and (one is closure or one.act in acts):
                    record = self._without(record, one)
            write_durably(self.record_file, record.encode())
            is_shown = self._show(record)
        return record, Effect.PAGE if is_shown else self._wait_for(record.number)

    def reconcile(self, closures: Collection[Closure], *, known: Collection[str]) -> bool:
        """Bring the record up to what the agreement's acts say. True when something changed.

        `closures` are those of both parties that stand, each with its act; `known` are all acts of the chain. The
        other party's closures follow the acts both ways, but one is taken away only when the chain still has the act
        that made it: a chain that was lost or put back opens nothing. Ours are only added: one that is not in the
        acts yet waits for its act, and only `reopen` takes it away.
        """
        with self.locked():
            before = record = self.read()
            standing = {closure.act for closure in closures}
            for closure in record.closures:
                if closure.by is not self.party and closure.act in known and closure.act not in standing:
                    record = self._without(record, closure)
            for closure in closures:
                record = self._learnt(record, closure)
            if record == before:
                return False
            write_durably(self.record_file, record.encode())
            is_shown = self._show(record)
        if not is_shown:
            self._wait_for(record.number)
        return True

    def _learnt(self, record: Record, closure: Closure) -> Record:
        if any(closure.act == one.act for one in record.closures):
            return record
        there = record.by(closure.by, closure.scope)
        if there is None and closure.by is self.party and closure.scope.kind is ScopeKind.AGREEMENT:
            # The acts have no wider scope than the agreement: this may be the act of our closing everything.
            there = record.by(self.party, Scope.all())
        if there is None:
            return self._with(record, replace(closure, source=Source.ACT, is_told=True))
        return _replaced(record, replace(there, act=closure.act)) if there.act is None else record

    def note(self, number: int, *, act: str | None = None, is_told: bool | None = None) -> None:
        """Write beside a closure what became of it. No epoch changes."""
        with self.locked():
            record = self.read()
            for closure in record.closures:
                if closure.number == number:
                    record = _replaced(
                        record,
                        replace(
                            closure,
                            act=closure.act if act is None else act,
                            is_told=closure.is_told if is_told is None else is_told,
                        ),
                    )
            write_durably(self.record_file, record.encode())

    # --- the page ----------------------------------------------------------------------------------------

    def state(self) -> PageState:
        """What the page must say now. An unreadable record closes everything. Hold the lock."""
        try:
            return self._state_of(self.read())
        except RecordUnreadable:
            now = _milliseconds(self._clock.now())
            return PageState(writing.number_in(self.page_file), {}, Reason.RECORD_UNREADABLE, now)

    @contextmanager
    def locked(self, *, seconds_max: float | None = None) -> Iterator[None]:
        """Nobody else changes the record or writes the page. Raises TimeoutError after that many seconds."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(descriptor, seconds_max)
            yield
        finally:
            os.close(descriptor)

    # --- below the surface -------------------------------------------------------------------------------

    def _next_number(self, last: int) -> int:
        """Higher than every number before, also when record or page were lost, as long as the clock goes on."""
        return max(last + 1, writing.number_in(self.page_file) + 1, _milliseconds(self._clock.now()))

    def _with(self, record: Record, closure: Closure) -> Record:
        number = self._next_number(record.number)
        return Record(
            number,
            {**record.epochs, closure.scope: number},
            (*record.closures, replace(closure, number=number)),
        )

    def _without(self, record: Record, closure: Closure) -> Record:
        number = self._next_number(record.number)
        left = tuple(one for one in record.closures if one is not closure)
        return Record(number, {**record.epochs, closure.scope: number}, left)

    def _readable_or_new(self, reason: Reason) -> tuple[Record, bool]:
        """The record, and whether it is new: made in place of one that cannot be read, with everything closed."""
        try:
            return self.read(), False
        except RecordUnreadable:
            with suppress(OSError):
                self.record_file.replace(self.folder / f"{RECORD}.damaged-{_milliseconds(self._clock.now())}")
            lost = Closure(Scope.all(), self.party, self._now(), reason, Source.RECORD_LOST)
            return self._with(Record(0, {Scope.all(): 0}), lost), True

    def _recorded(self, before: Record, record: Record, closure: Closure) -> Record:
        """The record, once it is on disk; or, where the disk is full or broken, that before it and the sentinel.

        The page is memory and can still be written, and a name may still fit into the folder.
        """
        try:
            write_durably(self.record_file, record.encode())
        except OSError as problem:
            try:
                self.sentinel.touch()
                sync_folder(self.folder)
            except OSError:
                since_ms = _milliseconds(closure.since)
                self._write_page(replace(before.page(), closed_by=closure.reason, since_ms=since_ms))
                raise RecordUnwritable(reason=type(problem).__name__) from problem
            return before
        return record

    def _state_of(self, record: Record) -> PageState:
        if self.has_sentinel() and record.by(self.party, Scope.all()) is None:
            now = _milliseconds(self._clock.now())
            return replace(record.page(), closed_by=Reason.SENTINEL, since_ms=now)
        return record.page()

    def _show(self, record: Record) -> bool:
        """Write the page, if there is one. Hold the lock."""
        return self._write_page(self._state_of(record))

    def _write_page(self, state: PageState) -> bool:
        page = pages.map_page(self.page_file, is_writable=True)
        if page is None:
            return False
        with page:
            writing.write(page, state)
        return True

    def _now(self) -> datetime:
        """To the millisecond, as the record and the page keep it."""
        moment = self._clock.now()
        return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)

    def _wait_for(self, number: int) -> Effect:
        """There is no page to write. The guard makes one from the record within moments, or it is dead.

        Workers that hold a page which has lost its name are closed by then: a guard that is alive stops the heart
        of such a page, and a dead one is believed for two seconds. Hold no lock: the guard needs it.
        """
        deadline = time.monotonic() + EFFECT_SECONDS_MAX
        while time.monotonic() < deadline:
            if writing.number_in(self.page_file) >= number:
                return Effect.GUARD
            time.sleep(0.02)
        return Effect.GUARD_SILENT


def _replaced(record: Record, closure: Closure) -> Record:
    """The same closure, told more about."""
    return replace(record, closures=tuple(closure if one.number == closure.number else one for one in record.closures))


def _lock(descriptor: int, seconds_max: float | None) -> None:
    if seconds_max is None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return
    deadline = time.monotonic() + seconds_max
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise TimeoutError("the gate's lock is held") from None
            time.sleep(0.005)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)
