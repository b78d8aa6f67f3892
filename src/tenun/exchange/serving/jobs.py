"""Exports as files: one folder a job, in which everything it needs to go on after a crash lies.

    exchange/exports/
      lock                  held for the moment in which a job is made or numbered
      keys/<digest>         which job an Idempotency-Key made
      <job>/job.json        what was asked for, and how far it is
      <job>/claim           held by the process that works on it; the kernel lets go when that process dies
      <job>/plan.json       which snapshot of each place is taken
      <job>/records/        what was finished, part by part
      <job>/files/          the parts themselves, encrypted, until they are removed
      <job>/result.json     what the consumer holds afterwards, place by place; kept for the next delta

It works with the database down. Trusted: whoever alters it can have an export made again or a delta refused.
What goes out is decided by the agreement and logged all the same.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from tenun.exchange import binding as bindings
from tenun.exchange.manifest import Format
from tenun.exchange.register import Register
from tenun.exchange.serving.refusals import ExportUnknown, JobDamaged, StateRefused
from tenun.exchange.station import Station
from tenun.kernel import durable
from tenun.kernel.clause import implements
from tenun.kernel.durable import write_durably

FOLDER = "exports"
_ID_LENGTH = 32


class State(StrEnum):
    """Where a job is. The stored spelling never changes."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    """Manifest and files can be fetched."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    """By whoever asked for it; its files are removed, also finished ones."""
    CLOSED = "closed"
    """By a shut-off; its files are removed and stay so."""
    EXPIRED = "expired"
    """Its time is over; its files are removed."""


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.FAILED, State.CANCELLED, State.CLOSED}),
    State.RUNNING: frozenset({State.COMPLETED, State.FAILED, State.CANCELLED, State.CLOSED}),
    State.COMPLETED: frozenset({State.CANCELLED, State.CLOSED, State.EXPIRED}),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
    State.CLOSED: frozenset(),
    State.EXPIRED: frozenset(),
}
WAITING = frozenset({State.QUEUED, State.RUNNING})
LIVE = WAITING | {State.COMPLETED}
"""States in which there is something that a shut-off must remove."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """An export: what was asked for and decided, and how far it is."""

    id: str
    state: State
    agreement: str
    rev: str
    dataset: str
    consumer: str
    client: str
    """Who asked. Nobody else may see it."""
    operation: str
    purpose: str
    fields: tuple[str, ...]
    area: str | None
    format: Format
    since: str | None
    base: str | None
    """The job whose result a delta goes on from."""
    request_sha256: str
    decision: str
    decided_at: datetime
    earlier: tuple[datetime, ...]
    """What the decision was told of earlier hand-overs: with it, it can be made again."""
    changed_at: datetime
    """When it came into its state."""
    done: int = 0
    of: int = 0
    """Places; 0 until they are counted."""
    transaction_time: str | None = None
    pack: str | None = None
    manifest_sha256: str | None = None
    rows: int = 0
    error: Mapping[str, Any] | None = None
    """For `failed`: code, texts and remedies."""

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    @property
    def was_completed(self) -> bool:
        """Whether its manifest could be fetched at some time: then a delta may go on from it."""
        return self.pack is not None

    @property
    def progress(self) -> str:
        """For `X-Progress`: what a person reads."""
        return f"{self.done}/{self.of} places" if self.of else str(self.state)

    def is_same_stream(self, other: Job) -> bool:
        """Whether a delta of the one can go on from the other."""
        return _stream(self) == _stream(other)

    def as_dict(self) -> dict[str, Any]:
        """For commands and the API. Nothing of what it holds is about a person."""
        value = asdict(self)
        return {name: _plain(value[name]) for name in value if name not in ("earlier", "base")}


def _stream(job: Job) -> tuple[object, ...]:
    return job.agreement, job.consumer, job.client, job.dataset, job.purpose, job.area, sorted(job.fields)


class Jobs:
    """The jobs of a node, in their folder."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self.root = station.exchange / FOLDER

    # --- reading ---------------------------------------------------------------------------------

    def get(self, id: str) -> Job:
        """Raises `ExportUnknown`, also for what can be no job's id, and `JobDamaged`."""
        if len(id) != _ID_LENGTH or not set(id) <= set("0123456789abcdef"):
            raise ExportUnknown()
        return self._read(self.root / id)

    def all(self) -> list[Job]:
        """Every job, oldest first."""
        jobs = [self._read(path.parent) for path in self.root.glob(f"{'[0-9a-f]' * _ID_LENGTH}/job.json")]
        return sorted(jobs, key=lambda job: (job.decided_at, job.id))

    def folder(self, job: Job) -> Path:
        return self.root / job.id

    # --- making and changing ---------------------------------------------------------------------

    def only_one(self) -> AbstractContextManager[None]:
        """One process at a time makes or numbers a job. Held for milliseconds."""
        return durable.only_one(self.root / "lock")

    def made_by(self, key: str | None, *, client: str) -> Job | None:
        """The job that this client's Idempotency-Key made."""
        path = self._key_path(key, client)
        if path is None or not path.exists():
            return None
        try:
            return self.get(path.read_text())
        except ExportUnknown:  # forgotten since, with its key still here
            return None

    def add(self, job: Job, *, key: str | None = None) -> Job:
        """Keep a new job; on disk when this returns."""
        self._write(job)
        path = self._key_path(key, job.client)
        if path is not None:
            write_durably(path, job.id.encode())
        return job

    def note(self, id: str, **changes: Any) -> Job:
        """Change a waiting job's progress, not its state. A job that ended in the meantime is left as it is."""
        return self._change(id, lambda job: replace(job, **changes) if job.is_waiting else job)

    def move(self, id: str, to: State, **changes: Any) -> Job:
        """Bring a job into another state. Raises `StateRefused` where the table has no such way."""

        def change(job: Job) -> Job:
            if to not in TRANSITIONS[job.state]:
                raise StateRefused(job=job.id, state=str(job.state), to=str(to))
            return replace(job, state=to, changed_at=self._station.clock.now(), **changes)

        return self._change(id, change)

    @contextmanager
    def claim(self, job: Job) -> Iterator[bool]:
        """Whether this process is the one that works on it. Let go by the kernel, however the process ends."""
        path = self.folder(job) / "claim"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(descriptor)

    def forget(self, job: Job) -> None:
        """Remove the job with everything of it."""
        shutil.rmtree(self.folder(job), ignore_errors=True)
        for path in (self.root / "keys").glob("*"):
            if path.read_text() == job.id:
                path.unlink(missing_ok=True)

    # --- below the surface -----------------------------------------------------------------------

    def _change(self, id: str, change: Callable[[Job], Job]) -> Job:
        folder = self.folder(self.get(id))
        with durable.only_one(folder / "lock"):
            before = self._read(folder)
            after = change(before)
            if after != before:
                self._write(after)
            return after

    def _read(self, folder: Path) -> Job:
        try:
            return _from_json(json.loads((folder / "job.json").read_bytes()))
        except FileNotFoundError as problem:
            raise ExportUnknown() from problem
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise JobDamaged(file=f"{folder.name}/job.json") from problem

    def _write(self, job: Job) -> None:
        value = {name: _plain(member) for name, member in asdict(job).items()}
        write_durably(self.folder(job) / "job.json", json.dumps(value, sort_keys=True, indent=1).encode())

    def _key_path(self, key: str | None, client: str) -> Path | None:
        if key is None:
            return None
        return self.root / "keys" / hashlib.sha256(f"{client}\0{key}".encode()).hexdigest()


@implements("7(1)", control="Files and exports count together against the agreed frequency.")
def handed_over(station: Station, *, dataset: str, purpose: str, area: str | None) -> tuple[datetime, ...]:
    """When rows of an overlapping area were handed over before for the same purpose, by file or online.

    The one place that knows: what was sent stands in the register, also when it was an export; what is being
    made right now stands among the jobs.
    """
    being_made = (
        job.decided_at
        for job in Jobs(station).all()
        if job.is_waiting and (job.dataset, job.purpose) == (dataset, purpose) and bindings.overlaps(job.area, area)
    )
    return (*Register(station).handed_over(dataset=dataset, purpose=purpose, area=area), *being_made)


def new_id() -> str:
    return secrets.token_hex(_ID_LENGTH // 2)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _from_json(value: Mapping[str, Any]) -> Job:
    moments: Sequence[str] = value["earlier"]
    return Job(
        **{
            **value,
            "state": State(value["state"]),
            "format": Format(value["format"]),
            "fields": tuple(value["fields"]),
            "decided_at": datetime.fromisoformat(value["decided_at"]),
            "changed_at": datetime.fromisoformat(value["changed_at"]),
            "earlier": tuple(datetime.fromisoformat(moment) for moment in moments),
        }
    )
