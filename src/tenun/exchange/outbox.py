"""Events on their way to the peer: durable files, in order, until the peer has said that it has them.

    exchange/outbox-events/{stream}/{number}-{event}.json     waiting; gone once delivered
    exchange/outbox-events/parked/                            data events that the peer will never take
    exchange/announced.json                                   which state of each dataset the peer was told of

Works with the database down. A process that dies between the peer's answer and the removal of the file
sends the event again; the receiver knows it by its id. Data events wait while the gate is closed, and
only the newest of a dataset is kept; acts, shut-offs, incidents and log events go out for as long as it takes.

Not trusted: whoever alters a file here can delay or forge what we tell; a forged event says nothing that
the peer would believe without asking us, and an act in it carries its own signature.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tenun.agreement.agreed import Agreement
from tenun.exchange import events
from tenun.exchange.binding import BINDINGS, Binding
from tenun.exchange.events import EventType
from tenun.exchange.gate import Gate, OpenGate
from tenun.exchange.journal import Journal
from tenun.exchange.refusals import ExchangeError, LogUnavailable
from tenun.exchange.station import Station
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.clock import rfc3339
from tenun.kernel.durable import sync_folder, write_durably
from tenun.kernel.errors import TenunError
from tenun.lake.store import CURRENT
from tenun.transparency_log import checkpoint, note
from tenun.transparency_log.folder import LogFolder

FOLDER = "outbox-events"
PARKED = "parked"
DELIVERED = "event.delivered"

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=5)
LONGEST_WAIT_ACT = timedelta(seconds=30)
"""A shut-off must be at the peer soon after the peer is back."""

_SENT_AGAIN = frozenset({401, 403, 404, 408, 409, 421, 425, 429})
"""Refusals that can pass by themselves: clocks, keys, shut-offs, load. All other 4xx will be the same tomorrow."""

Send = Callable[[bytes], int]
"""Sends one event to the peer and gives the HTTP status of its verified answer. Raises `TenunError` or `OSError`
where there was none."""


class OutboxDamaged(ExchangeError):
    """A waiting event cannot be read. It is not skipped: its stream would lose its order unnoticed."""

    code = "exchange.outbox_damaged"
    text_id = "Kejadian yang menunggu, exchange/{file}, rusak."
    text_en = "A waiting event, exchange/{file}, is damaged."
    remedy_id = "Pindahkan berkas itu dari folder outbox-events; tindakan dapat dikirim ulang dari rantainya."
    remedy_en = "Move that file out of outbox-events; acts can be sent again from their chain."


@dataclass(frozen=True)
class Delivery:
    """What one round of sending did."""

    delivered: int = 0
    waiting: int = 0
    """Still to be sent, those held back by the gate included."""
    held: int = 0
    """Held back by the gate."""
    parked: int = 0
    oldest: datetime | None = None
    """Since when the oldest waiting event has waited."""

    def as_dict(self) -> dict[str, Any]:
        oldest = rfc3339(self.oldest) if self.oldest else None
        return {
            "delivered": self.delivered,
            "waiting": self.waiting,
            "held": self.held,
            "parked": self.parked,
            "oldest": oldest,
        }


class Outbox:
    def __init__(self, station: Station, gate: Gate, *, book: Journal | None = None) -> None:
        """`book`, where given, gets an entry for each delivered event."""
        self._station = station
        self._gate = gate
        self._book = book
        self._folder = station.exchange / FOLDER

    # --- putting in ------------------------------------------------------------------------------

    def put(self, kind: EventType, *, source: str, data: Mapping[str, Any]) -> str:
        """Queue an event and give its id. On disk when this returns; the same event twice waits once."""
        now = self._station.clock.now()
        content = events.compose(kind, source=source, data=data, now=now)
        event = json.loads(content)["id"]
        stream = _stream(kind, data)
        with self._lock("lock"):
            waiting = self._waiting(stream)
            if any(path.stem.endswith(f"-{event}") for path in waiting):
                return str(event)
            number = 1 + max([int(now.timestamp() * 1_000_000), *(_number(path) for path in self._all())])
            record = {
                "type": str(kind),
                "agreement": data["agreement"],
                "dataset": data.get("dataset"),
                "queued": rfc3339(now),
                "attempts": 0,
                "not_before": None,
                "event": content.decode(),
            }
            _write(self._folder / stream / f"{number:020}-{event}.json", record)
            if kind.is_data or kind is EventType.CHECKPOINT:
                # Only the newest state is worth telling: it says all that the older ones did.
                for path in waiting:
                    _remove(path)
        return str(event)

    # --- sending ---------------------------------------------------------------------------------

    def deliver_due(self, send: Send, now: datetime) -> Delivery:
        """Send what may be sent now: the first of each stream, then the next, until one does not get through.

        One process at a time; another that comes meanwhile does nothing. Whatever happened is on disk when
        this returns. An event that arrived while our log could not be written stays, is sent again, and keeps
        nothing else waiting: `LogUnavailable` is raised at the end, and so is `OutboxDamaged`, which stops its own
        stream alone.
        """
        problems: list[ExchangeError] = []
        delivered = 0
        with self._lock("deliver.lock", wait=False) as is_ours:
            if not is_ours:
                return self.status()
            for stream in self._streams():
                try:
                    delivered += self._deliver_stream(stream, send, now, problems)
                except OutboxDamaged as problem:
                    problems.append(problem)
        if problems:
            raise problems[0]
        state = self.status()
        return Delivery(delivered, state.waiting, state.held, state.parked, state.oldest)

    def status(self) -> Delivery:
        """What waits, without sending anything."""
        waiting = [(path, _read(path)) for path in self._all()]
        held = sum(not self._may_go(record) for _, record in waiting)
        oldest = min((datetime.fromisoformat(record["queued"]) for _, record in waiting), default=None)
        parked = len(list((self._folder / PARKED).glob("*.json")))
        return Delivery(0, len(waiting), held, parked, oldest)

    def _deliver_stream(self, stream: str, send: Send, now: datetime, problems: list[ExchangeError]) -> int:
        delivered = 0
        for path in self._waiting(stream):
            try:
                record = _read(path)
            except FileNotFoundError:
                continue  # a newer event took its place since we looked
            if not self._may_go(record) or not _is_due(record, now):
                break
            status = _try(send, record["event"].encode())
            if status is not None and 200 <= status < 300:
                delivered += 1
                try:
                    self._note_delivered(record)
                except LogUnavailable as problem:
                    problems.append(problem)
                    continue
                _remove(path)
            elif _is_final(status) and EventType(record["type"]).is_data:
                _write(self._folder / PARKED / path.name, {**record, "status": status})
                _remove(path)
            else:
                self._postpone(path, record, status, now)
                break
        return delivered

    def _may_go(self, record: Mapping[str, Any]) -> bool:
        """The gate holds back what is about data, and nothing else: a shut-off never silences the evidence."""
        if not EventType(record["type"]).is_data:
            return True
        return self._gate.is_open(agreement=record["agreement"], dataset=record["dataset"])

    def _postpone(self, path: Path, record: Mapping[str, Any], status: int | None, now: datetime) -> None:
        attempts = record["attempts"] + 1
        wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 20), _longest_wait(record))
        with self._lock("lock"):
            if path.exists():  # else a newer event took its place while this one was on its way
                changed = {"attempts": attempts, "not_before": (now + wait).isoformat(), "status": status}
                _write(path, {**record, **changed})

    def _note_delivered(self, record: Mapping[str, Any]) -> None:
        kind = EventType(record["type"])
        if self._book is None or kind is EventType.CHECKPOINT:  # an entry about a checkpoint would need the next one
            return
        event = json.loads(record["event"])
        digest = hashlib.sha256(record["event"].encode()).hexdigest()
        told = {"id": event["id"], "type": str(kind), "source": event["source"], "content_sha256": digest}
        self._book.write(DELIVERED, event=told, attempts=record["attempts"] + 1)

    # --- files -----------------------------------------------------------------------------------

    def _streams(self) -> list[str]:
        """Acts first: they may close what comes after."""
        names = sorted(path.name for path in self._folder.glob("*/") if path.name != PARKED)
        return sorted(names, key=lambda name: (name != "acts", name))

    def _waiting(self, stream: str) -> list[Path]:
        return sorted((self._folder / stream).glob("[0-9]*.json"))

    def _all(self) -> list[Path]:
        return [path for stream in self._streams() for path in self._waiting(stream)]

    @contextmanager
    def _lock(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(descriptor)


def _stream(kind: EventType, data: Mapping[str, Any]) -> str:
    """Order is kept within a stream and means nothing between two."""
    if kind in events.ACTS:
        return "acts"
    if kind is EventType.DATASET_CHANGED:
        return f"data-{data['dataset']}"
    return "log" if kind is EventType.CHECKPOINT else "incidents"


def _try(send: Send, content: bytes) -> int | None:
    """The peer's status; none where it did not answer, or where the answer was not the peer's."""
    try:
        return send(content)
    except (TenunError, OSError):
        return None


def _is_final(status: int | None) -> bool:
    return status is not None and 400 <= status < 500 and status not in _SENT_AGAIN


def _is_due(record: Mapping[str, Any], now: datetime) -> bool:
    not_before = record["not_before"]
    if not_before is None:
        return True
    moment = datetime.fromisoformat(not_before)
    # A clock that was put back, by however little, must not make an act wait until it has caught up.
    return now >= moment or moment - now > _longest_wait(record)


def _longest_wait(record: Mapping[str, Any]) -> timedelta:
    return LONGEST_WAIT if EventType(record["type"]).is_data else LONGEST_WAIT_ACT


def _number(path: Path) -> int:
    return int(path.name.partition("-")[0])


def _read(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_bytes())
        if not record.keys() >= {"type", "agreement", "dataset", "queued", "attempts", "not_before", "event"}:
            raise KeyError(path.name)
        EventType(record["type"])
    except FileNotFoundError:
        raise
    except (AttributeError, KeyError, ValueError) as problem:
        raise OutboxDamaged(file=f"{FOLDER}/{path.parent.name}/{path.name}") from problem
    return record


def _write(path: Path, record: Mapping[str, Any]) -> None:
    write_durably(path, json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1).encode())


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


# --- telling that data changed -------------------------------------------------------------------------


@implements("2a", control="The peer is told that a dataset it may have has changed; never what changed in it.")
def announce_changes(
    station: Station, agreement: Agreement, outbox: Outbox, *, gate: Gate, is_in_force: bool = True
) -> list[str]:
    """Queue `dataset.changed` for every dataset of ours whose current snapshots are others than we last told.

    Gives the datasets that were announced. Nothing is announced while the gate is closed for a dataset or the
    agreement is not in force: the change is told when it opens. A crash in the middle tells it twice.
    """
    if not is_in_force:
        return []
    told = _announced(station)
    announced = []
    for dataset in agreement.datasets.values():
        binding = BINDINGS.get(dataset.id)
        if dataset.provider is not station.party or binding is None:
            continue
        if not gate.is_open(agreement=agreement.id, dataset=dataset.id):
            continue
        state = _state(station, binding)
        if state is None or told.get(dataset.id) == state:
            continue
        # The clock is read after the state: a manifest made from now on has at least this state.
        data = {"agreement": agreement.id, "dataset": dataset.id, "cursor": _cursor(station)}
        outbox.put(EventType.DATASET_CHANGED, source=issuer(agreement, station), data=data)
        told[dataset.id] = state
        write_durably(station.exchange / "announced.json", canonical_json.dumps(told))
        announced.append(dataset.id)
    return announced


CHECKPOINT_EVERY = timedelta(hours=1)


def announce_checkpoint(station: Station, agreement: Agreement, outbox: Outbox) -> bool:
    """Tell the peer of our newest checkpoint, at most hourly and where the log has grown. True where it was queued.

    The peer sees every checkpoint anyway when it witnesses it. This one comes on another way, so that a node that
    shows its witness another log than the rest of the peer is found out.
    """
    path = station.exchange / "announced-checkpoint.json"
    signed = LogFolder(station.log).checkpoint()
    if signed is None:
        return False
    state = checkpoint.parse(note.split(signed)[0])
    now = station.clock.now()
    try:
        told = json.loads(path.read_bytes())
        since = abs(now - datetime.fromisoformat(told["at"]))  # also where the clock was put back since
        is_due = state.size > told["size"] and since >= CHECKPOINT_EVERY
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        is_due = state.size > 0
    if is_due:
        data = {"agreement": agreement.id, "size": state.size, "checkpoint": signed.decode()}
        outbox.put(EventType.CHECKPOINT, source=issuer(agreement, station), data=data)
        write_durably(path, canonical_json.dumps({"size": state.size, "at": now.isoformat()}))
    return is_due


def tell_incident(
    station: Station, agreement: Agreement, kind: EventType, *, incident: str, event: str, at: datetime
) -> None:
    """Tell the peer that an incident of ours was opened or closed (Pasal 7(4)), and note it here.

    `incident` is 32 hexadecimal digits, `event` a word of the agreement's list or `rekonsiliasi`. Saying it again
    changes nothing at either node.
    """
    source = issuer(agreement, station)
    data = {"agreement": agreement.id, "incident": incident, "event": event, "at": rfc3339(at)}
    events.note_own_incident(station, kind, source=source, data=data)
    Outbox(station, OpenGate()).put(kind, source=source, data=data)


def issuer(agreement: Agreement, station: Station) -> str:
    """Our own issuer URL, as the agreement names it: the source of everything we tell."""
    return str(agreement.parties[station.party].node.issuer)


def _announced(station: Station) -> dict[str, str]:
    try:
        value = json.loads((station.exchange / "announced.json").read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        return {}  # told once more: a claim check does no harm
    return {str(name): str(state) for name, state in value.items()} if isinstance(value, dict) else {}


def _state(station: Station, binding: Binding) -> str | None:
    """A name for the present state of a dataset: which snapshot is current in each of its scopes.

    Reads one small file a scope and no manifest: a country has 75,000 villages.
    """
    folder = station.lake.root / str(binding.layer) / binding.lake_dataset
    digest = hashlib.sha256()
    scopes = station.lake.scopes(layer=binding.layer, dataset=binding.lake_dataset)
    for scope in scopes:
        current = (folder / scope / CURRENT).read_text().split()
        digest.update(f"{scope} {current[-1] if current else ''}\n".encode())
    return digest.hexdigest() if scopes else None


def _cursor(station: Station) -> str:
    return station.clock.now().isoformat(timespec="microseconds").replace("+00:00", "Z")
