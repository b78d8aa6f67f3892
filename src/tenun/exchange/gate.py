"""May data pass right now? Asked for each request and each 64 KiB of a stream, answered in about a microsecond.

Pasal 7(4): either party may cut the other's access at once. The durable record of who closed what is kept by
`tenun.node.gate`; here is what every worker asks: a page of memory shared by all processes of a node
(`gate/page`), written by the node's `guard` process and by `tenun shutoff`, read by everyone else.

**Why it needs no lock, and no memory barrier that Python does not have.** A state is written whole into the
one of two areas that is not in use; then the 64 bytes that say which area counts are written. Those bytes
carry a checksum of themselves and a digest of the area, so a reader that comes in the middle sees the state
before, the state after, or bytes that do not fit, and of the last it takes none: it looks again, and if they
still do not fit it answers *closed*. There is one writer at a time (a lock on `gate/lock`); the heartbeat beside
them is one aligned word that only the guard writes.

**Everything that is not known means closed**: no page, another version, a wrong size, a checksum that does not
fit, more closures than the page can hold, a heartbeat older than two seconds (the guard is dead, stopped or
starved) or from the future (the page is from before the machine was restarted).

What the page cannot survive is being cut short by someone with the node's own rights: the kernel then kills the
process that reads it, which ends its streams and admits nothing.

**Epochs.** Every shut-off and every reinstatement gets a number higher than all before it, over restarts too. The
epoch of a question is the highest number of any scope that covers it, so it changes exactly when one of them was
touched, and never comes back. It is opaque: compare for equality only.
"""

from __future__ import annotations

import mmap
import struct
import threading
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from tenun.agreement.vocabulary import Party, SecurityEvent
from tenun.exchange.refusals import ExchangeError
from tenun.kernel.clause import implements
from tenun.kernel.clock import rfc3339

PAGE = "page"
"""Name of the page's file in a node's folder `gate/`."""
CHUNK = 64 * 1024
"""Bytes of a stream between two questions, at most."""
HEARTBEAT_AGE_MAX_NS = 2_000_000_000
# Two processors may disagree about the monotonic clock by less than this.
_CLOCK_SLACK_NS = 50_000_000
_REMAP_EVERY_NS = 50_000_000


class Reason(StrEnum):
    """Why the gate is closed: what Pasal 7(4) names, or what the gate itself does not know."""

    LEAK = "kebocoran-data"
    MALWARE = "malware"
    HACK = "hack"
    OTHER = "lainnya"
    # Not a decision of a party; data stay closed until the node is whole again.
    GUARD_SILENT = "penjaga-diam"
    PAGE_UNREADABLE = "halaman-tak-terbaca"
    RECORD_UNREADABLE = "catatan-tak-terbaca"
    SENTINEL = "berkas-shut"
    NOT_READY = "belum-siap"
    EPOCH_PASSED = "masa-berganti"

    @property
    def event(self) -> SecurityEvent | None:
        """The agreement's word for it; None for what is no decision of a party."""
        return _EVENTS.get(self)

    @property
    def is_passing(self) -> bool:
        """Whether nobody decided it: the node does not know at the moment, and will again."""
        return self in (Reason.GUARD_SILENT, Reason.PAGE_UNREADABLE, Reason.NOT_READY)

    @classmethod
    def of(cls, event: SecurityEvent) -> Reason:
        return next(reason for reason, known in _EVENTS.items() if known is event)


_EVENTS = {
    Reason.LEAK: SecurityEvent.LEAK,
    Reason.MALWARE: SecurityEvent.MALWARE,
    Reason.HACK: SecurityEvent.HACK,
    Reason.OTHER: SecurityEvent.OTHER,
}
# As stored in the page. A number never gets another meaning.
_REASON_NUMBERS = {
    Reason.LEAK: 1,
    Reason.MALWARE: 2,
    Reason.HACK: 3,
    Reason.OTHER: 4,
    Reason.RECORD_UNREADABLE: 11,
    Reason.SENTINEL: 12,
    Reason.NOT_READY: 13,
}
_REASONS = {number: reason for reason, number in _REASON_NUMBERS.items()}


class ScopeKind(StrEnum):
    """How much a shut-off closes."""

    ALL = "all"
    AGREEMENT = "agreement"
    DATASET = "dataset"
    CLIENT = "client"


@dataclass(frozen=True, order=True)
class Scope:
    """What is closed: everything, one agreement, one of its datasets, or one of its clients (a party's name).

    An agreement is named by its URN or by the URN's last segment, which its address uses: both are the same scope.
    """

    kind: ScopeKind
    agreement: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "agreement", self.agreement.rsplit(":", 1)[-1])
        is_named = self.kind in (ScopeKind.DATASET, ScopeKind.CLIENT)
        if bool(self.agreement) != (self.kind is not ScopeKind.ALL) or bool(self.name) != is_named:
            raise ValueError(f"a scope of the kind {self.kind} does not have these parts")
        if "\0" in self.agreement + self.name:
            raise ValueError("a name holds what no name has")

    @classmethod
    def all(cls) -> Scope:
        return cls(ScopeKind.ALL)

    @classmethod
    def of_agreement(cls, agreement: str) -> Scope:
        return cls(ScopeKind.AGREEMENT, agreement)

    @classmethod
    def of_dataset(cls, agreement: str, dataset: str) -> Scope:
        return cls(ScopeKind.DATASET, agreement, dataset)

    @classmethod
    def of_client(cls, agreement: str, client: str) -> Scope:
        return cls(ScopeKind.CLIENT, agreement, client)

    @property
    def key(self) -> bytes:
        """16 bytes under which the page holds it."""
        return blake2b("\0".join((self.kind, self.agreement, self.name)).encode(), digest_size=16).digest()

    def covers(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> bool:
        return self in covering(agreement=agreement, dataset=dataset, client=client)

    def __str__(self) -> str:
        return ":".join(part for part in (self.kind, self.agreement, self.name) if part)


def covering(*, agreement: str, dataset: str | None = None, client: str | None = None) -> tuple[Scope, ...]:
    """The scopes that a question falls under, widest first."""
    scopes = [Scope.all(), Scope.of_agreement(agreement)]
    if dataset is not None:
        scopes.append(Scope.of_dataset(agreement, dataset))
    if client is not None:
        scopes.append(Scope.of_client(agreement, client))
    return tuple(scopes)


class GateClosed(ExchangeError):
    """Data do not pass. Parts: scope, reason (a code of `Reason`), and since (RFC 3339) where it is known."""

    code = "exchange.shut_off"
    text_id = "Pertukaran data ditutup sejak {since} (lingkup {scope}, alasan {reason})."
    text_en = "The exchange of data has been shut off since {since} (scope {scope}, reason {reason})."
    remedy_id = (
        "Hubungi narahubung pihak yang menutup; `tenun node status` menunjukkan siapa. Token lama tidak akan berlaku "
        "lagi: setelah dibuka kembali, mintalah token baru."
    )
    remedy_en = (
        "Contact the liaison of the party that shut it off; `tenun node status` shows who. Old tokens never revive: "
        "after the reinstatement, ask for a new one."
    )

    def __init__(self, *, scope: str, reason: Reason, since: datetime | None = None) -> None:
        self.scope = scope
        self.reason = reason
        self.since = since
        known = {} if since is None else {"since": rfc3339(since)}
        super().__init__(scope=scope, reason=str(reason), **known)


class Gate(Protocol):
    """May data pass? Safe to ask from any thread."""

    def epoch(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> str:
        """The epoch now, an opaque word. Raises `GateClosed`."""
        ...

    def is_open(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> bool: ...


class OpenGate:
    """Always open: for tests and for commands that work without a node's processes."""

    def epoch(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> str:
        return "0"

    def is_open(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> bool:
        return True


@dataclass(frozen=True)
class OutgoingGate:
    """The gate before a node's own calls: shutting off either party's access stops them, whoever is asked about."""

    gate: Gate

    def epoch(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> str:
        return " ".join(self.gate.epoch(agreement=agreement, dataset=dataset, client=str(party)) for party in Party)

    def is_open(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> bool:
        return all(self.gate.is_open(agreement=agreement, dataset=dataset, client=str(party)) for party in Party)


@dataclass(frozen=True)
class Passage:
    """One call's way through the gate. Whatever was let in under one epoch does not go on under another.

    A stream asks `require` before each chunk: a gate that was closed and opened again between two chunks is open,
    and this call is over all the same.
    """

    gate: Gate
    agreement: str
    dataset: str | None
    client: str | None
    epoch: str

    @classmethod
    def enter(cls, gate: Gate, *, agreement: str, dataset: str | None = None, client: str | None = None) -> Passage:
        """Raises `GateClosed`."""
        return cls(gate, agreement, dataset, client, gate.epoch(agreement=agreement, dataset=dataset, client=client))

    def require(self) -> None:
        """Raises `GateClosed` when the gate is closed or was closed since."""
        if self.gate.epoch(agreement=self.agreement, dataset=self.dataset, client=self.client) != self.epoch:
            raise GateClosed(scope=str(Scope.of_agreement(self.agreement)), reason=Reason.EPOCH_PASSED)

    @property
    def is_valid(self) -> bool:
        try:
            self.require()
        except GateClosed:
            return False
        return True


# --- the page ------------------------------------------------------------------------------------------
#
#      0  header, 64 bytes: magic, version, reason why all is closed (0: as the slots say), number, area, slots,
#         since (ms), digest of the area's used bytes, checksum of the header
#     64  heartbeat: the guard's monotonic clock, nanoseconds
#   4096  area 0, then area 1: slots of 40 bytes: key of the scope, epoch, closed since (ms), is closed, reason

MAGIC = b"TNNGATE\n"
VERSION = 1
SLOTS_MAX = 1_000
HEARTBEAT_AT = 64
_HEADER = struct.Struct("<8sIIQIIQ16sI4x")
_HEARTBEAT = struct.Struct("<Q")
_SLOT = struct.Struct("<16sQQBB6x")
_AREA_SIZE = 40_960
_AREAS_AT = 4_096
PAGE_SIZE = _AREAS_AT + 2 * _AREA_SIZE
# Where the checksum stands: after everything it is computed of.
_CHECKED = _HEADER.size - 8


@dataclass(frozen=True)
class Slot:
    """The state of one scope that was closed at least once (or of `all`, which every page has)."""

    epoch: int
    is_closed: bool = False
    since_ms: int = 0
    reason: Reason = Reason.OTHER


@dataclass(frozen=True)
class PageState:
    """All that a page says, but for the heartbeat. `closed_by` closes everything, whatever the slots say."""

    number: int
    slots: Mapping[bytes, Slot]
    closed_by: Reason | None = None
    since_ms: int = 0


class PageMalformed(ValueError):
    """The bytes are no page, another version's page, or one that is being written."""


def encode(state: PageState, *, area: int) -> tuple[bytes, bytes]:
    """Header and area content of a state. With more scopes than fit, a page that closes everything."""
    if len(state.slots) > SLOTS_MAX:
        state = PageState(state.number, {}, Reason.RECORD_UNREADABLE, state.since_ms)
    content = b"".join(
        _SLOT.pack(key, slot.epoch, slot.since_ms, slot.is_closed, _REASON_NUMBERS[slot.reason])
        for key, slot in sorted(state.slots.items())
    )
    reason = 0 if state.closed_by is None else _REASON_NUMBERS[state.closed_by]
    checked = _HEADER.pack(
        MAGIC, VERSION, reason, state.number, area, len(state.slots), state.since_ms, _digest(content), 0
    )[:_CHECKED]
    return checked + struct.pack("<I4x", zlib.crc32(checked)), content


def decode_header(header: bytes) -> tuple[PageState, int, int, bytes]:
    """State without slots, area, number of slots, digest. Raises `PageMalformed`."""
    if len(header) != _HEADER.size:
        raise PageMalformed("size")
    magic, version, reason, number, area, count, since_ms, digest, checksum = _HEADER.unpack(header)
    if (magic, version) != (MAGIC, VERSION) or checksum != zlib.crc32(header[:_CHECKED]):
        raise PageMalformed("header")
    if area > 1 or count > SLOTS_MAX or (reason and reason not in _REASONS):
        raise PageMalformed("header")
    return PageState(number, {}, _REASONS[reason] if reason else None, since_ms), area, count, digest


def area_at(area: int) -> int:
    return _AREAS_AT + area * _AREA_SIZE


def read_page(page: mmap.mmap | bytes) -> tuple[bytes, PageState]:
    """The header's bytes and the state they stand for. Raises `PageMalformed` for what does not fit together."""
    header = bytes(page[: _HEADER.size])
    state, area, count, digest = decode_header(header)
    content = bytes(page[area_at(area) : area_at(area) + count * _SLOT.size])
    if _digest(content) != digest:
        raise PageMalformed("area")
    return header, PageState(state.number, _slots(content), state.closed_by, state.since_ms)


def _slots(content: bytes) -> dict[bytes, Slot]:
    slots = {}
    for key, epoch, since_ms, is_closed, reason in _SLOT.iter_unpack(content):
        # A reason from a later version still closes.
        slots[key] = Slot(epoch, bool(is_closed), since_ms, _REASONS.get(reason, Reason.OTHER))
    return slots


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()


# --- reading it ------------------------------------------------------------------------------------------


@dataclass
class _View:
    """What one header stands for, and the answers already given under it."""

    header: bytes
    state: PageState
    answers: dict[tuple[str, str | None, str | None], str | GateClosed] = field(default_factory=dict)


_NO_VIEW = _View(b"", PageState(0, {}, Reason.NOT_READY))
# Questions name what a caller sent: the answers kept must not grow with what anyone can think of.
_ANSWERS_MAX = 2_048
_READS_MAX = 20
_DOUBTS = frozenset({Reason.GUARD_SILENT, Reason.PAGE_UNREADABLE})


@implements("7(4)", control="Every request and every 64 KiB of a stream asks a page that all workers share.")
class MappedGate:
    """The gate as a node's workers see it. One for a process; survives a fork."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PAGE
        self._page: mmap.mmap | None = None
        self._view = _NO_VIEW
        self._mapped_ns = 0
        self._remapping = threading.Lock()

    @classmethod
    def open(cls, folder: Path) -> MappedGate:
        """Read the page in a node's folder `gate/`. Never fails: without a page the gate is closed until there is."""
        gate = cls(folder)
        gate._remap()
        return gate

    def epoch(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> str:
        answer = self._answer(agreement, dataset, client)
        if isinstance(answer, GateClosed):
            # A new one each time: an exception holds the frames it has passed.
            raise GateClosed(scope=answer.scope, reason=answer.reason, since=answer.since)
        return answer

    def is_open(self, *, agreement: str, dataset: str | None = None, client: str | None = None) -> bool:
        return not isinstance(self._answer(agreement, dataset, client), GateClosed)

    # --- below the surface -----------------------------------------------------------------------------

    def _answer(self, agreement: str, dataset: str | None, client: str | None) -> str | GateClosed:
        answer = self._look((agreement, dataset, client))
        # The page itself is in doubt: the guard may have had to put a new one in its place.
        if isinstance(answer, GateClosed) and answer.reason in _DOUBTS and self._remap():
            return self._look((agreement, dataset, client))
        return answer

    def _look(self, question: tuple[str, str | None, str | None]) -> str | GateClosed:
        page = self._page
        if page is None:
            return GateClosed(scope=str(ScopeKind.ALL), reason=Reason.PAGE_UNREADABLE)
        head = page[: HEARTBEAT_AT + 8]
        view = self._view
        if head[:HEARTBEAT_AT] != view.header:
            try:
                view = self._view = self._read(page)
            except PageMalformed:
                return GateClosed(scope=str(ScopeKind.ALL), reason=Reason.PAGE_UNREADABLE)
        beat = int.from_bytes(head[HEARTBEAT_AT:], "little")
        age = time.monotonic_ns() - beat
        if not -_CLOCK_SLACK_NS <= age <= HEARTBEAT_AGE_MAX_NS:
            return _silent_since(age if beat else None)
        answer = view.answers.get(question)
        if answer is None:
            if len(view.answers) >= _ANSWERS_MAX:
                view.answers.clear()
            answer = view.answers[question] = answer_from(view.state, *question)
        return answer

    def _read(self, page: mmap.mmap) -> _View:
        for attempt in range(_READS_MAX):
            try:
                return _View(*read_page(page))
            except PageMalformed:
                # Somebody writes just now, for a few microseconds.
                time.sleep(0.0001 * attempt)
        raise PageMalformed("unsteady")

    def _remap(self) -> bool:
        """Map the file that lies there now. At most every 50 ms, whoever asks; the others go on with what there is.

        An old map is not closed, only dropped: another thread may be looking at it.
        """
        if time.monotonic_ns() - self._mapped_ns < _REMAP_EVERY_NS or not self._remapping.acquire(blocking=False):
            return False
        try:
            self._page = map_page(self._path)
            self._mapped_ns = time.monotonic_ns()
        finally:
            self._remapping.release()
        return True


def map_page(path: Path, *, is_writable: bool = False) -> mmap.mmap | None:
    """The page of that file in memory; None where there is none of the right size or it may not be read."""
    try:
        with path.open("r+b" if is_writable else "rb") as handle:
            access = mmap.ACCESS_WRITE if is_writable else mmap.ACCESS_READ
            page = mmap.mmap(handle.fileno(), 0, access=access)
    except (OSError, ValueError):
        return None
    return page if len(page) == PAGE_SIZE else None


def answer_from(state: PageState, agreement: str, dataset: str | None, client: str | None) -> str | GateClosed:
    """What a page's state says: the epoch, or the widest scope that is closed."""
    if state.closed_by is not None:
        return GateClosed(scope=str(ScopeKind.ALL), reason=state.closed_by, since=_moment(state.since_ms))
    try:
        scopes = covering(agreement=agreement, dataset=dataset, client=client)
        slots = [(scope, state.slots.get(scope.key)) for scope in scopes]
    except ValueError:  # words that can name nothing: nobody could have closed them by name
        return GateClosed(scope=str(ScopeKind.ALL), reason=Reason.NOT_READY)
    latest = 0
    for scope, slot in slots:
        if slot is None:
            if scope.kind is ScopeKind.ALL:  # every page has it
                return GateClosed(scope=str(ScopeKind.ALL), reason=Reason.RECORD_UNREADABLE)
        elif slot.is_closed:
            return GateClosed(scope=str(scope), reason=slot.reason, since=_moment(slot.since_ms))
        else:
            latest = max(latest, slot.epoch)
    return str(latest)


def _silent_since(age_ns: int | None) -> GateClosed:
    since = datetime.now(UTC) - timedelta(microseconds=age_ns // 1_000) if age_ns and age_ns > 0 else None
    return GateClosed(scope=str(ScopeKind.ALL), reason=Reason.GUARD_SILENT, since=since)


def _moment(milliseconds: int) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1_000, UTC) if milliseconds else None
