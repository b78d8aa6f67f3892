"""The peer's log as we keep it: every entry fetched, checked and kept, in a folder of our own.

    mirror/     a log in the form of C2SP tlog-tiles, under the peer's newest checkpoint that was found good

From it the two logs are reconciled, also when the peer is away or no longer wants to show what it has written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from tenun.agreement.agreed import Agreement
from tenun.exchange import reconcile
from tenun.exchange.client.refusals import Refused
from tenun.exchange.client.session import Client
from tenun.exchange.comparison import Entries
from tenun.exchange.reconcile import Read, Recorded, Seen
from tenun.exchange.station import Station, log_origin, pinned_log_keys
from tenun.kernel.clock import JAKARTA
from tenun.transparency_log.audit import Audit, verify_folder
from tenun.transparency_log.errors import LogError, NotServed
from tenun.transparency_log.folder import CHECKPOINT, LogFolder
from tenun.transparency_log.follower import Fetch, Followed, Follower

NOT_FOUND = 404
RECHECKED = 8
"""So many older tiles are fetched again at each look, in turn: a change in an old file is found as well."""
DAYS_BACK = 7
"""A peer that was away for longer is reconciled day by day with `tenun log reconcile --day`."""


def folder(station: Station) -> Path:
    return station.log.parent / "mirror"


def follower(station: Station, agreement: Agreement, fetch: Fetch) -> Follower:
    """Of the peer's log. `fetch` is `from_client` or `from_folder`."""
    peer = station.party.other
    keys = pinned_log_keys(agreement, peer)
    return Follower(folder(station), fetch=fetch, verifiers=keys, origin=log_origin(peer))


def from_folder(place: Path) -> Fetch:
    """The peer's log in a folder: on this machine, or as it was brought on a disk."""
    return LogFolder(place).serve


def from_client(client: Client) -> Fetch:
    """The peer's log over its API."""

    def fetch(path: str) -> bytes:
        try:
            if path == CHECKPOINT:
                return client.log_checkpoint()
            return client.log_tile(path.removeprefix("tile/"))
        except Refused as problem:
            if problem.status == NOT_FOUND:
                raise NotServed(file=path) from problem
            raise

    return fetch


def follow(station: Station, agreement: Agreement, fetch: Fetch, *, recheck: int | None = None) -> Followed:
    """Bring the mirror up to the peer's newest checkpoint. What is wrong with the peer's log is in the answer.

    Raises `LogAltered` where our own mirror is damaged; errors of `fetch` pass.
    """
    return follower(station, agreement, fetch).follow(recheck=recheck)


def read_peer(station: Station, followed: Followed, *, seen_until: datetime) -> Read:
    """The mirror, for a reconciliation. `seen_until`: when the peer was asked."""

    def read() -> tuple[Seen, Entries, datetime]:
        state = followed.checkpoint
        size = state.size if state else 0
        root = state.root.hex() if state else None
        faults = [fault.as_dict() for fault in followed.faults]
        return Seen(station.party.other, size, root, faults), _entries(LogFolder(folder(station)), size), seen_until

    return read


def read_own(station: Station, agreement: Agreement) -> Read:
    """Our own log, every byte of it checked first."""

    def read() -> tuple[Seen, Entries, datetime]:
        now = station.clock.now()
        audit: Audit = verify_folder(station.log, verifiers=pinned_log_keys(agreement, station.party))
        state = audit.checkpoint
        size = state.size if state else 0
        faults = [vars(finding) for finding in audit.findings]
        seen = Seen(station.party, size, state.root.hex() if state else None, faults)
        return seen, _entries(LogFolder(station.log), size if audit else 0), now

    return read


def reconcile_with(station: Station, agreement: Agreement, fetch: Fetch, *, day: date) -> Recorded:
    """Follow the peer's log, compare a day of it with ours, and record what came out. What the worker does daily.

    Raises `LogAltered` where our mirror is damaged, `LogUnavailable` where our log cannot be written, and what
    `fetch` raises where the peer cannot be reached: then nothing is recorded, and the day stays due.
    """
    now = station.clock.now()
    followed = follow(station, agreement, fetch, recheck=RECHECKED)
    peer = read_peer(station, followed, seen_until=now)
    return reconcile.run(station, agreement, day=day, own=read_own(station, agreement), peer=peer)


def day_due(station: Station) -> date | None:
    """The oldest of the last `DAYS_BACK` days that is over and not reconciled yet; none where all are.

    A day is over a little after its midnight in Jakarta, when the other log must have what ours has.
    """
    last = (station.clock.now() - reconcile.TOLERANCE).astimezone(JAKARTA).date() - timedelta(days=1)
    first = first_entry(station)
    days = [last - timedelta(days=back) for back in range(DAYS_BACK - 1, -1, -1)]
    return next((day for day in days if first and day >= first and not reconcile.is_done(station, day)), None)


def first_entry(station: Station) -> date | None:
    """The day of our log's first entry; none where there is none. Before it there is nothing to compare."""
    files = LogFolder(station.log)
    try:
        made = json.loads(files.entry(0, size=1))["time"]
    except (LogError, KeyError, TypeError, ValueError):
        return None
    return datetime.fromisoformat(made).astimezone(JAKARTA).date()


def _entries(files: LogFolder, size: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Entries as JSON. One that is none is shown as empty, and is counted by whoever compares."""
    for index, entry in enumerate(files.entries(size=size)):
        try:
            value = json.loads(entry)
        except (ValueError, RecursionError):
            value = {}
        yield index, value if isinstance(value, dict) else {}
