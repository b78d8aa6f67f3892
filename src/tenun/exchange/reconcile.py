"""Reconciling the two logs of a day: read both, compare them, sign what came out, and put its digest into our log.

    exchange/reconciliations/{day}.json   the report     {day}.jws   our signature on it
    exchange/incident-candidates/         findings that someone must look into

What is compared, and what counts as a finding, is `comparison`'s.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tenun.agreement.agreed import Agreement
from tenun.agreement.vocabulary import Party
from tenun.exchange import journal, outbox, signature
from tenun.exchange.comparison import (
    TOLERANCE,
    Comparison,
    Entries,
    Finding,
    FindingKind,
    Subject,
    Window,
    compare,
)
from tenun.exchange.events import EventType
from tenun.exchange.journal import Journal
from tenun.exchange.refusals import ExchangeError
from tenun.exchange.station import Station
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.clock import rfc3339
from tenun.kernel.durable import write_durably

__all__ = [
    "TOLERANCE",
    "Comparison",
    "Entries",
    "Finding",
    "FindingKind",
    "Reconciled",
    "Subject",
    "Window",
    "candidates",
    "compare",
    "is_done",
    "latest",
    "record",
    "run",
    "settle",
]

RECONCILED = "log.reconciled"
REPORT = "tenun-reconciliation+jws"
VERSION = "tenun-reconciliation/1"
SETTLED = "incident.candidate_settled"
CANDIDATES = "incident-candidates"
TOLD_AS = "rekonsiliasi"
"""What the peer is told of a candidate: what was found stands in its own report of that day."""
FINDINGS_MAX = 10_000
"""Named one by one; more are counted. A log that was replaced has as many as it has calls."""


class CandidateUnknown(ExchangeError):
    code = "exchange.candidate_unknown"
    text_id = "Tidak ada calon insiden dengan nama itu."
    text_en = "There is no incident candidate of that name."
    remedy_id = "Lihat namanya dengan `tenun duties list`."
    remedy_en = "See its name with `tenun duties list`."


@dataclass(frozen=True)
class Seen:
    """One log as it was when it was read."""

    party: Party
    size: int
    root: str | None
    """Of the signed checkpoint, in hexadecimal."""
    faults: Sequence[Mapping[str, Any]] = ()
    """What is wrong with the log itself. Compared is then what was found good of it."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "party": str(self.party),
            "size": self.size,
            "root": self.root,
            "faults": [dict(fault) for fault in self.faults],
        }


@dataclass(frozen=True)
class Report:
    """A reconciliation for people and for the log. True where both logs are sound and nothing was found."""

    day: date
    logs: Sequence[Seen]
    comparison: Comparison
    made: datetime

    def __bool__(self) -> bool:
        return bool(self.comparison) and not any(seen.faults for seen in self.logs)

    @property
    def findings(self) -> Sequence[Finding]:
        return self.comparison.findings

    def as_dict(self) -> dict[str, Any]:
        window = self.comparison.window
        return {
            "type": VERSION,
            "day": self.day.isoformat(),
            "from": rfc3339(window.start),
            "until": rfc3339(window.end),
            "seen_until": rfc3339(window.seen_until),
            "tolerance_seconds": int(window.tolerance.total_seconds()),
            "made": rfc3339(self.made),
            "by": str(self.comparison.own),
            "logs": [seen.as_dict() for seen in self.logs],
            "counts": dict(sorted(self.comparison.counts.items())),
            "is_clean": bool(self),
            "findings_total": len(self.findings),
            "findings": [finding.as_dict() for finding in self.findings[:FINDINGS_MAX]],
        }

    def encode(self) -> bytes:
        return canonical_json.dumps(self.as_dict())

    def text(self, language: str) -> str:
        """For a person: a line of counts, and a line for each finding."""
        counts = self.comparison.counts
        head = (
            f"{self.day}: {counts.get('calls', 0)} panggilan, {counts.get('deliveries', 0)} penyerahan, "
            f"{counts.get('events', 0)} kejadian; {len(self.findings)} temuan."
            if language == "id"
            else f"{self.day}: {counts.get('calls', 0)} calls, {counts.get('deliveries', 0)} deliveries, "
            f"{counts.get('events', 0)} events; {len(self.findings)} findings."
        )
        faults = [
            f"- log {seen.party}: {fault.get('file', '')} {fault.get('reason', '')}".rstrip()
            for seen in self.logs
            for fault in seen.faults
        ]
        return "\n".join([head, *faults, *(f"- {finding.sentence(language)}" for finding in self.findings)])


@dataclass(frozen=True)
class Recorded:
    """A report on disk, signed, and its entry in our log."""

    report: Report
    file: Path
    log_index: int
    candidate: str | None
    """The incident that someone must look into; none where nothing was found."""

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.report.as_dict(),
            "file": str(self.file),
            "log_index": self.log_index,
            "incident_candidate": self.candidate,
        }


@implements("3(1)b", "7(1)", control="Each day both logs are compared; the signed result stands in the log itself.")
def record(station: Station, agreement: Agreement, report: Report) -> Recorded:
    """Write a report and its signature, and its digest and counts into our log. A finding leaves an incident candidate.

    Made again for the same day, it takes the place of the file; the log keeps every digest.
    """
    content = report.encode()
    digest = hashlib.sha256(content).hexdigest()
    file = _file_of(station, report.day)
    write_durably(file, content)
    token = signature.sign_detached(content, station.message_key(agreement), typ=REPORT)
    write_durably(file.with_suffix(".jws"), token.encode("ascii"))
    # Before the log: where that is what is damaged, the finding must still be there for someone.
    candidate = None if report else _candidate(station, agreement, report, digest)
    logged = Journal(station).write(
        RECONCILED,
        agreement=journal.cite(agreement),
        day=report.day.isoformat(),
        logs=[seen.as_dict() for seen in report.logs],
        counts=dict(report.comparison.counts),
        findings=dict(Counter(f"{one.subject}.{one.kind}" for one in report.findings)),
        report_sha256=digest,
    )
    return Recorded(report, file, logged.index, candidate)


@dataclass(frozen=True)
class Reconciled:
    """A report of an earlier day, read again for people."""

    day: date
    made: datetime
    is_clean: bool
    counts: Mapping[str, int]
    faults: int
    """Of the logs themselves."""
    findings: Sequence[Finding]
    findings_total: int


def latest(station: Station, days: int) -> list[Reconciled]:
    """The newest reports that are signed and whole on disk, newest day first. One that cannot be read is not clean."""
    files = sorted((station.exchange / "reconciliations").glob("[0-9]*.jws"), reverse=True)[:days]
    return [_read_again(path.with_suffix(".json")) for path in files]


def _read_again(path: Path) -> Reconciled:
    day = date.fromisoformat(path.stem)
    try:
        said = json.loads(path.read_bytes())
        return Reconciled(
            day,
            datetime.fromisoformat(said["made"]),
            said["is_clean"] is True,
            said["counts"],
            sum(len(one["faults"]) for one in said["logs"]),
            [Finding.from_dict(one) for one in said["findings"]],
            int(said["findings_total"]),
        )
    except (OSError, KeyError, TypeError, ValueError):
        return Reconciled(day, datetime.fromtimestamp(0, UTC), False, {}, 1, (), 0)


def is_done(station: Station, day: date) -> bool:
    """Whether there is a report on a day."""
    return _file_of(station, day).with_suffix(".jws").exists()


def _file_of(station: Station, day: date) -> Path:
    return station.exchange / "reconciliations" / f"{day.isoformat()}.json"


def _candidate(station: Station, agreement: Agreement, report: Report, digest: str) -> str:
    """What someone must decide on: is it an incident (Pasal 7(4)), or can it be explained?"""
    found = [one.as_dict() for one in report.findings], [seen.faults for seen in report.logs]
    name = canonical_json.digest(json.loads(json.dumps(found)))[:32]
    path = station.exchange / CANDIDATES / f"{name}.json"
    if not path.exists():  # the same findings on another run are not another incident
        noted = {
            "candidate": name,
            "source": "log.reconciled",
            "day": report.day.isoformat(),
            "found": rfc3339(report.made),
            "findings": dict(Counter(f"{one.subject}.{one.kind}" for one in report.findings)),
            "logs_at_fault": [str(seen.party) for seen in report.logs if seen.faults],
            "report_sha256": digest,
        }
        write_durably(path, canonical_json.dumps(noted))
    # Again, where it was there already: a crash may have come before the peer was told.
    opened = datetime.fromisoformat(json.loads(path.read_bytes())["found"])
    outbox.tell_incident(station, agreement, EventType.INCIDENT_OPENED, incident=name, event=TOLD_AS, at=opened)
    return name


def candidates(station: Station) -> list[dict[str, Any]]:
    """The incident candidates that nobody has settled yet, oldest first."""
    found = [json.loads(path.read_bytes()) for path in (station.exchange / CANDIDATES).glob("*.json")]
    return sorted(found, key=lambda one: (one["found"], one["candidate"]))


def settle(station: Station, agreement: Agreement, candidate: str, *, act: str | None) -> int:
    """Note that someone has looked into a candidate; `act` is the incident report that came of it, none where it
    could be explained. Gives our log entry. Raises `CandidateUnknown`."""
    if candidate not in {one["candidate"] for one in candidates(station)}:
        raise CandidateUnknown()
    logged = Journal(station).write(SETTLED, agreement=journal.cite(agreement), candidate=candidate, act=act)
    now = station.clock.now()
    outbox.tell_incident(station, agreement, EventType.INCIDENT_CLOSED, incident=candidate, event=TOLD_AS, at=now)
    (station.exchange / CANDIDATES / f"{candidate}.json").unlink()
    return logged.index


Read = Callable[[], tuple[Seen, Entries, datetime]]
"""Gives a verified log: what was seen of it, its entries, and up to which moment it is known."""


def run(station: Station, agreement: Agreement, *, day: date, own: Read, peer: Read) -> Recorded:
    """Reconcile a day and record what came out. The peer's log is taken first: ours then has all that it has."""
    peer_seen, peer_entries, seen_until = peer()
    own_seen, own_entries, _ = own()
    window = Window.of_day(day, seen_until=seen_until)
    if own_seen.faults:
        # A log of ours that is damaged proves nothing about the peer's: what is wrong with it is the finding.
        own_entries, peer_entries = (), ()
    found = compare(station.party, own_entries, peer_entries, window)
    return record(station, agreement, Report(day, (own_seen, peer_seen), found, station.clock.now()))
