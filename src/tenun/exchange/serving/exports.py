"""Exports: asked for now, built by a worker, fetched later. Bulk and delta, of every dataset that is given.

What a job hands over is decided three times: when it is asked for (by the API, and again here under a lock, because
two requests at once would each find the frequency not yet used), when the worker begins, and by the gate before
each place. Its manifest is the signed one of a pack, so that what came online is checked like what came by file.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Operation, Permit, Use, decide
from tenun.exchange.binding import binding_of, parse_area
from tenun.exchange.gate import Gate, GateClosed, Scope
from tenun.exchange.journal import Journal, Writer
from tenun.exchange.manifest import Format
from tenun.exchange.refusals import KeyFieldMissing, LogUnavailable, NotPermitted, RevisionStale, WrongNode
from tenun.exchange.serving import building, formats, jobs
from tenun.exchange.serving.building import Build, Interrupted, Stored
from tenun.exchange.serving.jobs import Job, Jobs, State
from tenun.exchange.serving.ready import ExportFile, Ready
from tenun.exchange.serving.refusals import (
    Busy,
    CursorMisplaced,
    CursorUnknown,
    ExportClosed,
    ExportFailed,
    ExportGone,
    ExportNotReady,
    ExportUnknown,
    FileUnknown,
    IdempotencyConflict,
    StateRefused,
)
from tenun.exchange.station import Station
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError

WAITING_MAX = 20
"""Exports that one client may have waiting."""
KEPT = timedelta(hours=24)
"""How long finished files can be fetched."""
REMEMBERED = timedelta(days=400)
"""How long a job is known after it ended; a delta can go on from it until then."""
ENDED = "exchange.export_ended"


class Position(Protocol):
    """The agreement as it stands at a moment; `agreement.standing.Position` is one."""

    @property
    def agreement(self) -> Agreement: ...

    @property
    def state(self) -> Any:
        """What `agreement.decision.decide` takes as `state`."""


Standing = Callable[[datetime], Position]
"""The agreement in force at a moment: `Standing.at`."""


class Exports:
    """The exports of a provider's node.

    `standing` gives the agreement at a moment, `gate` says whether data may pass, `writer` adds to the log with
    others' entries (none: each entry alone). `kept` is how long finished files stay.
    """

    def __init__(
        self,
        station: Station,
        standing: Standing,
        gate: Gate,
        *,
        writer: Writer | None = None,
        kept: timedelta = KEPT,
    ) -> None:
        self._station = station
        self._standing = standing
        self._gate = gate
        self._writer = writer
        self._kept = kept
        self._jobs = Jobs(station)
        self._ready = Ready(station)

    # --- asking ----------------------------------------------------------------------------------

    @implements("7(1)", control="An export is decided again when it is made: two at once cannot pass one limit.")
    def kick_off(
        self,
        permit: Permit,
        *,
        client: str,
        output_format: str = Format.PARQUET,
        area: str | None = None,
        since: str | None = None,
        idempotency_key: str | None = None,
        request_digest: str | None = None,
    ) -> Job:
        """Take an export in: the job it became, or the one that the same key made before.

        `permit` is the decision on the request (operation bulk or delta), `client` whoever asked. `since` is the
        `transactionTime` of an earlier manifest, for a delta. `request_digest` is the SHA-256 of the request's body;
        none: what is asked for is compared.

        Raises `FormatUnknown`, `AreaUnclear`, `CursorMisplaced`, `CursorUnknown`, `IdempotencyConflict`, `Busy`,
        `KeyFieldMissing`, `WrongNode`, `NotPermitted`, `GateClosed`.
        """
        asked = self._asked(permit, client=client, output_format=output_format, area=area, since=since)
        asked = replace(asked, request_sha256=request_digest or asked.request_sha256)
        self._gate.epoch(agreement=asked.agreement, dataset=asked.dataset, client=client)
        with self._jobs.only_one():
            there = self._jobs.made_by(idempotency_key, client=client)
            if there is not None:
                if there.request_sha256 != asked.request_sha256:
                    raise IdempotencyConflict()
                return there
            known = self._jobs.all()
            waiting = sum(job.is_waiting and job.client == client for job in known)
            if waiting >= WAITING_MAX:
                raise Busy(waiting=waiting)
            base = self._base_of(asked, known)
            return self._jobs.add(self._decided(asked, permit, base), key=idempotency_key)

    def _asked(self, permit: Permit, *, client: str, output_format: str, area: str | None, since: str | None) -> Job:
        """The request as a job that nobody has decided on under the lock yet."""
        if permit.operation not in (Operation.BULK, Operation.DELTA):
            raise CursorMisplaced()
        if (since is not None) != (permit.operation is Operation.DELTA):
            raise CursorMisplaced()
        binding = binding_of(permit.dataset)
        binding.require_known(permit.fields)
        missing = [name for name in binding.required if name not in permit.fields]
        if missing:
            raise KeyFieldMissing(dataset=permit.dataset, fields=", ".join(missing))
        job = Job(
            id=jobs.new_id(),
            state=State.QUEUED,
            agreement=permit.agreement_id,
            rev=permit.agreement_rev,
            dataset=permit.dataset,
            consumer=str(permit.by),
            client=client,
            operation=str(permit.operation),
            purpose=str(permit.purpose),
            fields=tuple(binding.ordered(permit.fields)),
            area=parse_area(area),
            format=formats.named(output_format),
            since=since,
            base=None,
            request_sha256="",
            decision=permit.decision_id,
            decided_at=permit.decided_at,
            earlier=(),
            changed_at=self._station.clock.now(),
        )
        return replace(job, request_sha256=_request_of(job))

    def _decided(self, asked: Job, permit: Permit, base: Job | None) -> Job:
        """The decision again, now that nobody else can be deciding the same."""
        earlier = jobs.handed_over(self._station, dataset=asked.dataset, purpose=asked.purpose, area=asked.area)
        job = replace(asked, earlier=earlier, base=base.id if base else None)
        again = self._permit(job, self._standing(permit.decided_at), job.decided_at)
        return replace(job, decision=again.decision_id)

    def _base_of(self, asked: Job, known: Sequence[Job]) -> Job | None:
        if asked.since is None:
            return None
        for job in known:
            if job.transaction_time == asked.since and job.was_completed and job.is_same_stream(asked):
                return job
        raise CursorUnknown()

    def _permit(self, job: Job, position: Position, moment: datetime) -> Permit:
        """What the agreement says of a job's request. Raises `NotPermitted`, `RevisionStale`, `WrongNode`."""
        agreement = position.agreement
        if agreement.rev != job.rev:
            raise RevisionStale(pack=job.rev, own=agreement.rev)
        use = Use(
            dataset=job.dataset,
            purpose=job.purpose,
            operation=Operation(job.operation),
            fields=frozenset(job.fields),
            by=job.consumer,
            moment=moment,
            earlier=job.earlier,
        )
        decision = decide(agreement, use, state=position.state)
        if isinstance(decision, Denial):
            raise NotPermitted(decision)
        provider = agreement.datasets[job.dataset].provider
        if provider is not self._station.party:
            raise WrongNode(dataset=job.dataset, provider=str(provider), party=str(self._station.party))
        return decision

    # --- looking ---------------------------------------------------------------------------------

    def job(self, id: str, *, client: str | None = None) -> Job:
        """A job. Raises `ExportUnknown`, also for one that another client asked for."""
        job = self._jobs.get(id)
        if client is not None and job.client != client:
            raise ExportUnknown()
        return job

    def all(self) -> list[Job]:
        """Every job, oldest first."""
        return self._jobs.all()

    def manifest(self, id: str, *, client: str | None = None) -> bytes:
        """The manifest of a finished export, canonical JSON: members of FHIR Bulk Data, and the signed manifest.

        Raises `ExportNotReady`, `ExportGone`, `ExportClosed`, `ExportFailed`, `ExportUnknown`, `GateClosed`.
        """
        job = self._open(id, client)
        return self._read(job, building.MANIFEST)

    def file(self, id: str, name: str, *, client: str | None = None) -> ExportFile:
        """A finished file by the name in its address. Raises what `manifest` raises, and `FileUnknown`."""
        job = self._open(id, client)
        stored = _stored(self._jobs.folder(job)).get(name)
        if stored is None:
            raise FileUnknown(job=job.id)
        return ExportFile(
            path=self._jobs.folder(job) / building.FILES / name,
            size=stored.entry.size,
            sha256=stored.entry.sha256,
            content_type=formats.CONTENT_TYPES[job.format],
            key=self._ready.key(job.id),
            nonce=stored.nonce,
        )

    def _open(self, id: str, client: str | None) -> Job:
        """A job whose files may be fetched now."""
        job = self.job(id, client=client)
        if job.is_waiting:
            raise ExportNotReady(job=job.id, done=job.done, of=job.of)
        if job.state is State.CLOSED:
            raise ExportClosed(job=job.id)
        if job.state is State.FAILED:
            raise _failed(job)
        if job.state is not State.COMPLETED:
            raise ExportGone(job=job.id, state=str(job.state))
        self._gate.epoch(agreement=job.agreement, dataset=job.dataset, client=job.client)
        return job

    def _read(self, job: Job, name: str) -> bytes:
        try:
            return (self._jobs.folder(job) / name).read_bytes()
        except FileNotFoundError:  # removed between two looks
            raise ExportGone(job=job.id, state=str(self._jobs.get(job.id).state)) from None

    # --- working ---------------------------------------------------------------------------------

    def run_next(self, should_stop: Callable[[], bool] = lambda: False) -> Job | None:
        """Work on the oldest job that waits and that no other process works on; None where there is none.

        Gives the job as it is afterwards: also as `running`, where `should_stop` said so between two places. Killed
        at any moment, it goes on from the last finished part when it is called again, and gives the same bytes.
        Raises `LogUnavailable` (and what the disk raises), and the job waits on: no log, no data.
        """
        for job in self._jobs.all():
            if should_stop():
                return None
            if job.is_waiting:
                with self._jobs.claim(job) as is_ours:
                    if is_ours and (now := self._jobs.get(job.id)).is_waiting:
                        return self._run(now, should_stop)
        return None

    def _run(self, job: Job, should_stop: Callable[[], bool]) -> Job:
        try:
            if job.state is State.QUEUED:
                job = self._jobs.move(job.id, State.RUNNING)
            position = self._standing(self._station.clock.now())
            self._permit(replace(job, earlier=()), position, self._station.clock.now())
            permit = self._permit(job, position, job.decided_at)
            build = Build(
                self._station,
                self._jobs,
                self._ready,
                job,
                agreement=position.agreement,
                permit=permit,
                require=lambda: self._require_going_on(job, should_stop),
                book=self._book(),
            )
            return build.run()
        except Interrupted:
            return self._jobs.get(job.id)
        except GateClosed as problem:
            if problem.reason.is_passing:
                return self._jobs.get(job.id)  # nothing goes on now, and nothing is lost: it waits for the guard
            return self._end(job.id, State.CLOSED)
        except StateRefused:
            return self._end(job.id, None)  # cancelled or shut off meanwhile
        except LogUnavailable:
            raise
        except TenunError as problem:
            return self._end(job.id, State.FAILED, error=problem.as_dict())
        except OSError:
            if self._jobs.get(job.id).is_waiting:
                raise
            return self._end(job.id, None)  # whoever ended it removed the folder that was written to
        except Exception as problem:
            self._end(job.id, State.FAILED, error=_unexpected(problem))
            raise

    def _require_going_on(self, job: Job, should_stop: Callable[[], bool]) -> None:
        """Asked before each place. Raises `GateClosed`, `StateRefused` or `Interrupted`."""
        self._gate.epoch(agreement=job.agreement, dataset=job.dataset, client=job.client)
        now = self._jobs.get(job.id)
        if not now.is_waiting:
            raise StateRefused(job=job.id, state=str(now.state), to=str(State.RUNNING))
        if should_stop():
            raise Interrupted()

    # --- ending ----------------------------------------------------------------------------------

    def cancel(self, id: str, *, client: str | None = None) -> Job:
        """End an export and remove its files, finished ones too. One that has ended already is left as it is."""
        job = self.job(id, client=client)
        return self._end(job.id, State.CANCELLED) if job.state in jobs.LIVE else job

    @implements("7(4)", control="A shut-off ends exports that are being made and removes those that are finished.")
    def drop(self, scope: Scope | None = None) -> int:
        """End every export of a scope that was shut off; none: whatever the gate says is closed. Gives their number.

        Where the log cannot be written, all of them are ended all the same, and then `LogUnavailable` is raised.
        """
        count, unlogged = 0, None
        for job in self._jobs.all():
            is_covered = (
                scope.covers(agreement=job.agreement, dataset=job.dataset, client=job.client)
                if scope is not None
                else not self._gate.is_open(agreement=job.agreement, dataset=job.dataset, client=job.client)
            )
            if job.state in jobs.LIVE and is_covered:
                try:
                    count += self._end(job.id, State.CLOSED).state is State.CLOSED
                except LogUnavailable as problem:
                    unlogged = problem
        if unlogged is not None:
            raise unlogged
        return count

    def sweep(self, now: datetime) -> int:
        """Remove what is past its time: files after `kept`, jobs after `REMEMBERED`. Gives how many it touched."""
        count = 0
        for job in self._jobs.all():
            age = now - job.changed_at
            if job.state is State.COMPLETED and age >= self._kept:
                self._end(job.id, State.EXPIRED)
                count += 1
            elif job.state not in jobs.LIVE and age >= REMEMBERED:
                self._jobs.forget(job)
                count += 1
        return count

    def _end(self, id: str, state: State | None, *, error: dict[str, Any] | None = None) -> Job:
        """Bring a job to its end, log that, and remove its files. Where someone else ended it, its files still go."""
        try:
            job = self._jobs.move(id, state, error=error) if state is not None else self._jobs.get(id)
        except StateRefused:
            job, state = self._jobs.get(id), None
        if job.state in jobs.LIVE:
            return job
        shutil.rmtree(self._jobs.folder(job) / building.FILES, ignore_errors=True)
        (self._jobs.folder(job) / building.MANIFEST).unlink(missing_ok=True)
        if state is not None:
            self._log_end(job)
        return job

    def _log_end(self, job: Job) -> None:
        self._book().write(
            ENDED,
            agreement={"id": job.agreement, "rev": job.rev},
            export=job.id,
            state=str(job.state),
            dataset=job.dataset,
            purpose=job.purpose,
            code=job.error["code"] if job.error else None,
            pack={"id": job.pack, "manifest_sha256": job.manifest_sha256} if job.pack else None,
        )

    def _book(self) -> Journal:
        return Journal(self._station, self._writer)


def _request_of(job: Job) -> str:
    """What tells two requests apart."""
    return canonical_json.digest(
        [
            job.agreement,
            job.dataset,
            job.operation,
            job.purpose,
            list(job.fields),
            job.area,
            str(job.format),
            job.since,
        ]
    )


@lru_cache(maxsize=16)
def _stored(folder: Path) -> Mapping[str, Stored]:
    """The files of a job that is finished: nothing about them changes any more, and each may be asked for in pieces."""
    return Build.stored(folder)


def _failed(job: Job) -> ExportFailed:
    error = job.error or {}
    message, remedy = error.get("message", {}), error.get("remedy", {})
    return ExportFailed(
        job=job.id,
        reason=error.get("code", "?"),
        message_id=message.get("id", ""),
        message_en=message.get("en", ""),
        remedy_id=remedy.get("id", ""),
        remedy_en=remedy.get("en", ""),
    )


def _unexpected(problem: Exception) -> dict[str, Any]:
    """An error that nobody foresaw: its class, and nothing it says, which could quote a row."""
    return TenunError().as_dict() | {"code": f"exchange.failed.{type(problem).__name__}"}
