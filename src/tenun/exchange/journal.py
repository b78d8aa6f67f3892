"""What a node writes into its log about handing data over. Digests, counts and reasons; nobody's data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Permit
from tenun.exchange.manifest import Manifest
from tenun.exchange.refusals import LogUnavailable, NotPermitted
from tenun.exchange.register import Register
from tenun.exchange.station import Station
from tenun.kernel import canonical_json
from tenun.kernel.clock import rfc3339
from tenun.kernel.errors import TenunError
from tenun.transparency_log.errors import LogError
from tenun.transparency_log.log import Appended, Log

DECIDED = "exchange.decided"
PACKED = "exchange.packed"
ACCEPTED = "exchange.accepted"
RECEIVED = "exchange.received"
RECEIPT_CHECKED = "exchange.receipt_checked"
REFUSED = "exchange.refused"


class Writer(Protocol):
    """Who adds entries: a `Log` for one caller at a time, a `GroupWriter` for many threads that share commits."""

    def append_all(self, entries: Sequence[bytes]) -> list[Appended]: ...


class Journal:
    """The node's log, for this package. No log, no data: every failure to write is an error to the caller.

    With a `GroupWriter` the threads of a process share commits; without one, each entry is a commit of its own.
    """

    def __init__(self, station: Station, writer: Writer | None = None) -> None:
        self._station = station
        self._log = Log(station.log, station.log_signer())
        self._writer: Writer = writer or self._log
        self._is_whole = False

    def write(self, kind: str, **members: Any) -> Logged:
        """Add an entry. When this returns, it is on disk and covered by a signed checkpoint."""
        return self.write_all([(kind, members)])[0]

    def write_all(self, entries: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Logged]:
        """Add entries in order, as one commit: all of them are in the log when this returns, or none is."""
        time, node = rfc3339(self._station.clock.now()), str(self._station.party)
        written = [
            _encoded(
                {
                    "type": kind,
                    "time": time,
                    "node": node,
                    **{name: value for name, value in members.items() if value is not None},
                }
            )
            for kind, members in entries
        ]
        try:
            self._require_whole()
            return [
                Logged(entry, appended)
                for entry, appended in zip(written, self._writer.append_all(written), strict=True)
            ]
        except (LogError, OSError) as problem:
            reason = problem.code if isinstance(problem, LogError) else type(problem).__name__
            raise LogUnavailable(reason=reason) from problem

    def entries(self, start: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """What this node has written from an index on, oldest first, up to the newest checkpoint."""
        try:
            size = self._log.size()
            for index, entry in enumerate(self._log.files.entries(size=size, start=start), start):
                yield index, canonical_json.loads(entry, document="log")
        except (LogError, OSError) as problem:
            raise LogUnavailable(reason=type(problem).__name__) from problem

    def size(self) -> int:
        """How many entries there are."""
        try:
            return self._log.size()
        except (LogError, OSError) as problem:
            raise LogUnavailable(reason=type(problem).__name__) from problem

    def _require_whole(self) -> None:
        """A log that was lost or put back to an earlier state must not go on as if nothing had been in it."""
        if not self._is_whole:
            needed, size = Register(self._station).log_size(), self._log.size()
            if size < needed:
                raise LogUnavailable(reason=f"{size} < {needed}")
            self._is_whole = True

    def prove(self, logged: Logged) -> str:
        """A proof of the entry that the other party can check with our log's key alone."""
        try:
            return self._log.prove(logged.appended.index)
        except (LogError, OSError) as problem:
            raise LogUnavailable(reason=type(problem).__name__) from problem

    @contextmanager
    def refusals(self, **members: Any) -> Iterator[dict[str, Any]]:
        """Whatever is refused inside is in the log before the refusal is told.

        The block may add to the dictionary what it has learnt by then.
        """
        known = dict(members)
        try:
            yield known
        except LogUnavailable:
            raise
        except TenunError as problem:
            reasons = [reason.code for reason in problem.denial.reasons] if isinstance(problem, NotPermitted) else None
            self.write(REFUSED, code=problem.code, reasons=reasons, **known)
            raise
        except Exception as problem:
            self.write(REFUSED, code=f"exchange.failed.{type(problem).__name__}", **known)
            raise


def _encoded(members: dict[str, Any]) -> bytes:
    """Canonical JSON (RFC 8785). Entries of calls are plain enough for the encoder in C, which is ten times faster."""
    if _is_plain(members):
        return json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return canonical_json.dumps(members)


def _is_plain(value: Any) -> bool:
    """Whether Python's encoder gives the canonical form: no fraction, no large number, no name beyond ASCII."""
    if isinstance(value, dict):
        return all(type(name) is str and name.isascii() and _is_plain(inner) for name, inner in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    kind = type(value)
    if kind is str:
        return bool(value.isascii())  # also: no half of a surrogate pair
    return value is None or kind is bool or (kind is int and -_SAFE < value < _SAFE)


_SAFE = 2**53


class Logged:
    """An entry as it was written, and where."""

    def __init__(self, entry: bytes, appended: Appended) -> None:
        self.entry = entry
        self.appended = appended

    @property
    def index(self) -> int:
        return self.appended.index


def cite(agreement: Agreement) -> dict[str, str]:
    return {"id": agreement.id, "rev": agreement.rev}


def decision_of(decision: Permit | Denial, agreement: Agreement) -> dict[str, Any]:
    """A decision for the log. Words that the agreement does not know are counted and left out of it."""
    summary = {
        "id": decision.decision_id,
        "is_permit": bool(decision),
        "clauses": list(decision.clauses),
        "operation": str(decision.operation if isinstance(decision, Permit) else decision.use.operation),
    }
    if isinstance(decision, Permit):
        return {
            **summary,
            "dataset": decision.dataset,
            "purpose": str(decision.purpose),
            "fields": sorted(decision.fields),
            "by": str(decision.by),
        }
    use = decision.use
    dataset = agreement.datasets.get(use.dataset)
    known = set(dataset.fields) if dataset else set()
    return {
        **summary,
        "reasons": [reason.code for reason in decision.reasons],
        "dataset": dataset.id if dataset else None,
        "purpose": str(use.purpose) if use.purpose in set(agreement.purposes) else None,
        "fields": sorted(use.fields & known),
        "fields_unknown": len(use.fields - known),
        "by": str(use.by),
    }


def pack_of(made: Manifest, *, manifest_sha256: str) -> dict[str, Any]:
    """A pack for the log. The digest of the signed manifest is what both parties' entries share."""
    return {
        "id": made.pack,
        "sequence": made.sequence,
        "manifest_sha256": manifest_sha256,
        "provider": made.provider,
        "consumer": made.consumer,
        "dataset": made.dataset,
        "purpose": made.purpose,
        "fields": made.fields_,
        "rows": made.rows,
        "parts": len(made.parts),
        "places": len(made.sources),
        "invented": made.invented,
    }
