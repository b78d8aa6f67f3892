"""What both nodes write about every call: who asked what, what was decided, what went out. Nobody's data.

    provider   call.opened    before the first byte of the answer        call.closed     after the last
               call.refused   in place of both                           calls.turned_away  counted refusals
    consumer   call.asked     before the request leaves                  call.answered   when the answer was checked
    both       call.interrupted   for what a crash left open

A call's name is the SHA-256 of its request's signature: both logs have it, so a reconciliation can join them.
A call that was begun and not ended belongs to the process that began it. That process holds a lock on a file of
its own as long as it lives; `recover` closes what the dead have left.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Permit
from tenun.exchange.journal import Journal, Logged, Writer, cite
from tenun.exchange.station import Station
from tenun.kernel.clause import implements
from tenun.kernel.clock import rfc3339
from tenun.kernel.durable import write_durably

OPENED = "call.opened"
CLOSED = "call.closed"
REFUSED = "call.refused"
ASKED = "call.asked"
ANSWERED = "call.answered"
INTERRUPTED = "call.interrupted"
TURNED_AWAY = "calls.turned_away"

NOT_NOTED = frozenset({"checkpoint", "tile", "witness"})
"""Steps that neither node notes: an entry about reading the log would be something new to read, for ever."""

# A dotted Kemendagri code. What else stands there may be anything, a person's number too.
_AREA = re.compile(r"[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?")

BEGINNINGS = frozenset({OPENED, ASKED})
ENDINGS = frozenset({CLOSED, ANSWERED, INTERRUPTED})


@dataclass(frozen=True, kw_only=True)
class RequestDigests:
    """A signed request, in digests (hexadecimal SHA-256)."""

    kid: str
    """Thumbprint of the key that signed it."""
    signature_sha256: str
    """Of the raw signature: the call's name."""
    base_sha256: str
    """Of the signature base (RFC 9421): what was signed."""
    content_sha256: str | None = None
    """Of the body; none where there is none."""

    def as_dict(self) -> dict[str, str]:
        return _told(vars(self))


@dataclass(frozen=True, kw_only=True)
class AnswerDigests:
    """An answer, in digests and counts."""

    status: int
    signature_sha256: str | None = None
    content_sha256: str | None = None
    """Of the body; of the whole file where a part of one was sent."""
    rows: int | None = None
    bytes: int | None = None
    """How much of the body was handed to the network (provider) or came in (consumer)."""
    is_whole: bool | None = None
    """False: the answer was broken off, and `bytes` tells where."""

    def as_dict(self) -> dict[str, Any]:
        return _told(vars(self))


@dataclass(frozen=True, kw_only=True)
class Call:
    """A signed request and what it is about, in words that the agreement knows."""

    request: RequestDigests
    agreement: Mapping[str, str]
    """`{id, rev}` as in force at that moment: `journal.cite`."""
    operation: str
    dataset: str | None = None
    purpose: str | None = None
    fields: Collection[str] = ()
    area: str | None = None
    subject: str | None = None
    """At the provider only: the person as an HMAC under a key that never leaves the node."""
    job: str | None = None
    """The export that the call is about."""
    step: str | None = None
    """Which request of an operation it is: `export`, `status`, `manifest`, `file`, `cancel`, `query`."""

    @property
    def id(self) -> str:
        return self.request.signature_sha256

    def as_members(self) -> dict[str, Any]:
        return {
            "call": self.id,
            "agreement": dict(self.agreement),
            "operation": self.operation,
            "dataset": self.dataset,
            "purpose": self.purpose,
            "fields": sorted(self.fields) or None,
            "area": self.area,
            "subject": self.subject,
            "job": self.job,
            "step": self.step if self.step != self.operation else None,
            "request": self.request.as_dict(),
        }


def about(
    agreement: Agreement,
    request: RequestDigests,
    *,
    operation: str,
    dataset: str | None = None,
    purpose: str | None = None,
    fields: Collection[str] = (),
    area: str | None = None,
    **more: Any,
) -> Call:
    """A call in words for the log: those that the agreement does not know are left out, and so is an area that is no
    region's code."""
    known = known_words(agreement, dataset=dataset, purpose=purpose, fields=fields)
    place = area if area is not None and _AREA.fullmatch(area) else None
    return Call(request=request, agreement=cite(agreement), operation=operation, area=place, **known, **more)


def known_words(
    agreement: Agreement, *, dataset: str | None, purpose: str | None, fields: Collection[str]
) -> dict[str, Any]:
    """What the agreement knows of these. A NIK in the place of a field's name must not get into a log that is never
    erased."""
    known = agreement.datasets.get(dataset or "")
    return {
        "dataset": known.id if known else None,
        "purpose": str(purpose) if purpose in set(agreement.purposes) else None,
        "fields": tuple(sorted(set(fields) & set(known.fields))) if known else (),
    }


def decided(decision: Permit | Denial) -> dict[str, Any]:
    """A decision for the log: its name, its Pasal, the codes of its reasons."""
    told: dict[str, Any] = {
        "id": decision.decision_id,
        "is_permit": bool(decision),
        "clauses": list(decision.clauses),
    }
    if isinstance(decision, Denial):
        told["reasons"] = [reason.code for reason in decision.reasons]
    return told


@dataclass(frozen=True)
class OpenCall:
    """A call that was begun and of which no end is in the log."""

    kind: str
    call: str
    index: int
    worker: str


class CallBook:
    """The calls of one process, in the node's log. Give it a `GroupWriter`, and threads share commits.

    When a method returns, its entry is on disk and under a signed checkpoint. Make one after a fork, not before.
    Raises `LogUnavailable`: no log, no data.
    """

    def __init__(self, station: Station, writer: Writer | None = None) -> None:
        self._station = station
        self.journal = Journal(station, writer)
        self._owner = _Owner(station.exchange / "calls")

    # --- at the provider -------------------------------------------------------------------------

    @implements("7(1)", control="No answer begins before the log has the call and the decision in writing.")
    def opened(self, call: Call, *, decision: Permit | Denial | None = None) -> Logged:
        """Before the first byte of an answer that takes time: a file, a stream. `closed` must follow."""
        return self.journal.write(OPENED, worker=self._owner.id, **self._with(call, decision))

    def closed(self, call: Call, answer: AnswerDigests, *, code: str | None = None) -> Logged:
        """After the last byte, or where it broke off; `code` then says why."""
        return self.journal.write(
            CLOSED, call=call.id, agreement=dict(call.agreement), response=answer.as_dict(), code=code
        )

    def opened_and_closed(
        self, call: Call, answer: AnswerDigests, *, decision: Permit | Denial | None = None
    ) -> tuple[Logged, Logged]:
        """Before the first byte of an answer that is all in memory: both entries in one commit.

        A crash before the answer is out leaves an entry of data that never left, and never the reverse.
        """
        opened, closed = self.journal.write_all(
            [
                (OPENED, {"worker": self._owner.id, **self._with(call, decision)}),
                (CLOSED, {"call": call.id, "agreement": dict(call.agreement), "response": answer.as_dict()}),
            ]
        )
        return opened, closed

    def refused(self, call: Call, *, code: str, decision: Permit | Denial | None = None) -> Logged:
        """In place of `opened` and `closed`: the code of the refusal, and the decision where there was one.

        After an `opened` or a `closed` of the same call it says that the answer was kept back at the last moment.
        """
        return self.journal.write(REFUSED, code=code, **self._with(call, decision))

    def refused_stranger(self, *, step: str, code: str, call: str | None) -> Logged:
        """The refusal of someone who did not establish who they are. `call` is what the request claims to be, and
        may be another's."""
        return self.journal.write(REFUSED, code=code, step=step, call_claimed=call, is_stranger=True)

    def turned_away(self, counts: Mapping[str, int], *, since: datetime, until: datetime) -> Logged:
        """Refusals of callers who did not establish who they are, by code, where they came too fast to be listed."""
        return self.journal.write(TURNED_AWAY, counts=dict(counts), since=rfc3339(since), until=rfc3339(until))

    # --- at the consumer -------------------------------------------------------------------------

    def asked(self, call: Call, *, decision: Permit | Denial | None = None) -> Logged:
        """Before the request leaves. `answered` must follow."""
        return self.journal.write(ASKED, worker=self._owner.id, **self._with(call, decision))

    def answered(self, call: Call, answer: AnswerDigests | None, *, code: str | None = None) -> Logged:
        """What came back; `None` where nothing did. `code` says why an answer was not taken, or was a refusal."""
        response = answer.as_dict() if answer is not None else None
        return self.journal.write(ANSWERED, call=call.id, agreement=dict(call.agreement), response=response, code=code)

    # --- after a crash ---------------------------------------------------------------------------

    def open_calls(self) -> list[OpenCall]:
        """Calls without an end: those under way, and those that a crash left."""
        found: dict[tuple[str, str], OpenCall] = {}
        self._follow(found, self._marker())
        return sorted(found.values(), key=lambda call: call.index)

    def interrupted(self, calls: Collection[OpenCall]) -> list[Logged]:
        """Close what nobody will close any more."""
        return self.journal.write_all(
            [(INTERRUPTED, {"call": call.call, "opened": call.index, "began": call.kind}) for call in calls]
        )

    def recover(self) -> list[OpenCall]:
        """Close the calls of processes that are gone, and say which they were.

        Reads the log from the first entry that could still be open: a durable marker keeps that place, so the cost
        is what was written since the last recovery. Another process that is recovering already is left to it.
        """
        with self._alone() as is_alone:
            if not is_alone:
                return []
            found: dict[tuple[str, str], OpenCall] = {}
            read_to = self._follow(found, self._marker())
            with self._owner.dead({call.worker for call in found.values()}) as dead:
                # Once more: one of them may have closed a call after it was read, and before it died.
                read_to = self._follow(found, read_to)
                left = [call for call in found.values() if call.worker in dead]
                if left:
                    self.interrupted(left)
            lasting = [call.index for call in found.values() if call.worker not in dead]
            self._mark(min(lasting, default=read_to))
        return sorted(left, key=lambda call: call.index)

    def close(self) -> None:
        """Say that this process begins no more calls."""
        self._owner.leave()

    # --- below the surface -----------------------------------------------------------------------

    @staticmethod
    def _with(call: Call, decision: Permit | Denial | None) -> dict[str, Any]:
        return {**call.as_members(), "decision": decided(decision) if decision is not None else None}

    def _follow(self, found: dict[tuple[str, str], OpenCall], start: int) -> int:
        """Read on from an entry; keep what begins there and drop what ends. Gives where it stopped."""
        index = start - 1
        for index, entry in self.journal.entries(start):
            kind = entry.get("type")
            if kind in BEGINNINGS:
                found[_side(kind), entry["call"]] = OpenCall(kind, entry["call"], index, entry.get("worker", ""))
            elif kind in ENDINGS:
                found.pop((_side(entry.get("began", kind)), entry["call"]), None)
        return index + 1

    @property
    def _folder(self) -> Path:
        return self._station.exchange / "calls"

    def _marker(self) -> int:
        """Everything before this entry is closed. A lost or damaged marker costs a long read and no truth."""
        try:
            index = json.loads((self._folder / "marker.json").read_bytes())["closed_before"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return 0
        return index if isinstance(index, int) and 0 <= index <= self.journal.size() else 0

    def _mark(self, index: int) -> None:
        if index != self._marker():
            write_durably(self._folder / "marker.json", json.dumps({"closed_before": index}).encode())

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / "recovery.lock").open("ab") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


def _side(kind: str) -> str:
    """A node can be asked and ask: its entries of both are kept apart."""
    return "consumer" if kind in (ASKED, ANSWERED) else "provider"


def _told(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


class _Owner:
    """The process, as others can tell whether it lives: a file that it holds a lock on. The kernel lets go of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Lock()
        self._held: int | None = None
        self._name = secrets.token_hex(6)

    @property
    def id(self) -> str:
        """Its name; taking it makes it live."""
        if self._held is None:
            with self._turn:
                if self._held is None:
                    self._held = self._hold()
        return self._name

    def leave(self) -> None:
        with self._turn:
            if self._held is not None:
                os.close(self._held)
                self._held = None
                self._name = secrets.token_hex(6)

    @contextmanager
    def dead(self, names: Collection[str]) -> Iterator[frozenset[str]]:
        """Which of these are gone. Their files go too, at the end; so do those of others who left nothing open."""
        there = {path.stem.removeprefix("worker-"): path for path in self._folder.glob("worker-*.lock")}
        handles: list[int] = []
        gone = {name for name in names if name not in there}
        try:
            for name, path in there.items():
                handle = _take(path)
                if handle is not None:
                    handles.append(handle)
                    gone.add(name)
            yield frozenset(gone & set(names))
            for name in gone & there.keys():
                there[name].unlink(missing_ok=True)
        finally:
            for handle in handles:
                os.close(handle)

    def _hold(self) -> int:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Held before anyone can see it under its name: a recovery must never find it free.
        draft = self._folder / f".draft-{os.getpid()}-{secrets.token_hex(4)}"
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        draft.rename(self._folder / f"worker-{self._name}.lock")
        return handle


def _take(path: Path) -> int | None:
    """The lock of a process that is gone; `None` where it lives."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
