"""One person, asked for by one identifier: the allowed fields of the one row, or only whether there is one.

The identifier comes in the body of a request and goes into no log, address, file name or error. The log has the
person as an HMAC under a key of the provider: the provider can find all questions about a person, and no reader of
the log can.

A number is looked at only where the agreement hands numbers over for the same purpose: to be asked about is no
less than to be handed over. Rows outside the agreed row scope do not exist here.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Operation, Permit, Use, decide
from tenun.agreement.terms import RowCondition
from tenun.exchange import manifest
from tenun.exchange.binding import Binding, binding_of
from tenun.exchange.refusals import KeyFieldMissing, WrongNode
from tenun.exchange.serving import lookup
from tenun.exchange.serving.lookup import Row
from tenun.exchange.serving.refusals import (
    SubjectMalformed,
    SubjectModeUnknown,
    SubjectNotServed,
    TicketMalformed,
)
from tenun.exchange.station import Station
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.keys import FileKeys
from tenun.lake.snapshot import Snapshot
from tenun.registry import identifiers

NIK = "nik"
KEY_NAME = "subject"
"""Of the node's secret under which the log names persons."""
_TICKET = re.compile(r"(?!.*\d{9})[A-Za-z0-9][A-Za-z0-9._/-]{2,63}")
_KEY_VALUE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_NIK_DIGITS = 16


class Mode(StrEnum):
    VALUE = "value"
    """The allowed fields of the person's row."""
    EXISTS = "exists"
    """Yes or no."""


class Found(StrEnum):
    YES = "yes"
    NO = "no"
    """Unknown, or outside the row scope: nobody can tell which."""
    SEVERAL = "several"
    """More than one row bears the number, and none is given: it cannot be told whose it is. Counts as yes."""


class Position(Protocol):
    """The agreement as it stands at a moment; `agreement.standing.Position` is one."""

    @property
    def agreement(self) -> Agreement: ...

    @property
    def state(self) -> Any: ...


@dataclass(frozen=True, repr=False)
class Person:
    """Who is asked for. Never shows the number."""

    by: str
    """The identifier: `nik`, or the dataset's key."""
    number: str

    def __repr__(self) -> str:
        return f"Person({self.by})"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is answered, and what the log may say of it."""

    mode: Mode
    found: Found
    ticket: str
    subject: str
    """The person as an HMAC: for the provider's log, and for nobody else."""
    row: Mapping[str, Any] | None = None
    as_of: str | None = None
    snapshot: str | None = None
    invented: bool | None = None
    label: Mapping[str, Any] | None = None

    @property
    def rows(self) -> int:
        """Rows given."""
        return int(self.row is not None)

    def as_dict(self) -> dict[str, Any]:
        """The answer as JSON. One that only says yes or no is equally long either way."""
        told: dict[str, Any] = {"mode": str(self.mode), "ticket": self.ticket}
        if self.mode is Mode.EXISTS:
            answer = str(Found.NO if self.found is Found.NO else Found.YES)
            return {**told, "answer": answer, "padding": "." * (len(Found.YES) - len(answer))}
        return {
            **told,
            "answer": str(self.found),
            "row": None if self.row is None else dict(self.row),
            "as_of": self.as_of,
            "snapshot": self.snapshot,
            "invented": self.invented,
            "label": self.label,
        }


def named(person: Mapping[str, str], *, dataset: str) -> Person:
    """Who is meant. Raises `SubjectMalformed` unless exactly one usable identifier is given, and repeats nothing;
    `SubjectNotServed` for a dataset whose rows have no key."""
    binding = binding_of(dataset)
    known = _identifiers(binding)
    if not known:
        raise SubjectNotServed(dataset=dataset, by="person")
    if len(person) != 1 or not person.keys() <= set(known):
        raise SubjectMalformed(known=", ".join(known))
    ((by, raw),) = person.items()
    if by == NIK:
        number = identifiers.read_nik(raw).digits
    else:
        number = raw if isinstance(raw, str) and _KEY_VALUE.fullmatch(raw) else None
    if number is None:
        raise SubjectMalformed(known=", ".join(known))
    return Person(by, number)


def reference(station: Station, person: Person) -> str:
    """The person as the provider's log names them: an HMAC that only the provider can make."""
    return hmac.digest(_key(station.keys), f"{person.by}\x1f{person.number}".encode(), "sha256").hex()


@lru_cache(maxsize=2)
def _key(folder: Path) -> bytes:
    """Of this process's node, read once as those of the index are."""
    return FileKeys(folder).secret(KEY_NAME)


@implements(
    "4(1)",
    "7(1)",
    control="One person is answered for by a ticket, with the allowed fields of the row, or only with yes or no.",
)
def answer(
    station: Station,
    permit: Permit,
    *,
    position: Position,
    person: Mapping[str, str] | Person,
    mode: str,
    ticket: str,
) -> Answer:
    """The answer to one question.

    `permit` is the decision on it (operation subject), `position` the agreement it was made by; `person` is
    `{"nik": ...}` or `{"<the dataset's key>": ...}`. Raises `TicketMalformed`, `SubjectModeUnknown`,
    `SubjectMalformed`, `SubjectNotServed`, `KeyFieldMissing`, `WrongNode`.
    """
    asked = _mode(mode)
    require_ticket(ticket)
    if not isinstance(person, Person):
        person = named(person, dataset=permit.dataset)
    binding = _binding(station, position.agreement, permit)
    rows = lookup.of(station, binding, person.by).find(
        person.number,
        selection=_selection(permit, person.by),
        numbers=_Reading(station, binding, permit, position, person.by),
    )
    found = Found.NO if not rows else Found.YES if len(rows) == 1 else Found.SEVERAL
    told = Answer(mode=asked, found=found, ticket=ticket, subject=reference(station, person))
    if asked is Mode.EXISTS or found is not Found.YES:
        return told
    return _with_value(told, station, binding, permit, position.agreement, rows[0])


# --- what was asked ------------------------------------------------------------------------------------


def _mode(mode: str) -> Mode:
    try:
        return Mode(mode)
    except ValueError:
        raise SubjectModeUnknown(known=", ".join(Mode)) from None


def require_ticket(ticket: object) -> None:
    """Raise `TicketMalformed` for what is no reference of a ticket, or could hold a person's number."""
    if not isinstance(ticket, str) or not _TICKET.fullmatch(ticket):
        raise TicketMalformed()
    if sum(character.isdigit() for character in ticket) >= _NIK_DIGITS:
        raise TicketMalformed()  # a number with dots in it is a number


def _identifiers(binding: Binding) -> list[str]:
    names = [NIK] if NIK in binding.columns and binding.key else []
    return [*names, *([binding.key] if binding.key else [])]


def _binding(station: Station, agreement: Agreement, permit: Permit) -> Binding:
    provider = agreement.datasets[permit.dataset].provider
    if provider is not station.party:
        raise WrongNode(dataset=permit.dataset, provider=str(provider), party=str(station.party))
    binding = binding_of(permit.dataset)
    if permit.operation is not Operation.SUBJECT or binding.key is None:
        raise SubjectNotServed(dataset=permit.dataset, by="?")
    return binding


def _selection(permit: Permit, by: str) -> str:
    """Which rows are in the index. Another row scope, another index."""
    return _named_selection(by, tuple(permit.row_scope.conditions))


@lru_cache(maxsize=64)
def _named_selection(by: str, conditions: tuple[RowCondition, ...]) -> str:
    """A scope has one name for as long as the agreement has it."""
    return canonical_json.digest([by, [condition.model_dump(mode="json") for condition in conditions]])


# --- reading -------------------------------------------------------------------------------------------


class _Reading:
    """Reads the numbers of a place for the index. Asks the agreement for numbers only where one must be read."""

    def __init__(self, station: Station, binding: Binding, permit: Permit, position: Position, by: str) -> None:
        self._station = station
        self._binding = binding
        self._permit = permit
        self._position = position
        self._by = by

    def __call__(self, scope: str, snapshot_id: str) -> tuple[list[str], list[int]]:
        lake, binding = self._station.lake, self._binding
        snapshot = lake.get(layer=binding.layer, dataset=binding.lake_dataset, scope=scope, id=snapshot_id)
        lake.verify(snapshot)
        conditions = self._permit.row_scope.conditions
        key = str(binding.key)
        columns = list(dict.fromkeys([key, *(condition.column for condition in conditions)]))
        rows = lake.read(snapshot, binding.open_table, columns=columns)
        rows = rows.append_column("row", pa.array(range(rows.num_rows), pa.uint32()))
        if conditions:
            rows = rows.filter(self._permit.row_scope.expression())
        if self._by in rows.column_names:
            return lookup.numbers_in(rows, self._by)
        return lookup.numbers_in(self._with_number(rows, snapshot, key), self._by)

    def _with_number(self, rows: pa.Table, snapshot: Snapshot, key: str) -> pa.Table:
        table = next(name for name in self._binding.sealed_tables if self._by in self._binding.tables[name].names())
        if table not in snapshot.tables:
            return rows.slice(0, 0).append_column(self._by, pa.array([], pa.string()))
        sealed = self._station.lake.unseal(
            snapshot, table, columns=[key, self._by], permit=self._permit_for_numbers(key)
        )
        at = pc.index_in(rows[key], value_set=sealed[key].combine_chunks())
        return rows.append_column(self._by, sealed.take(at)[self._by])

    def _permit_for_numbers(self, key: str) -> Permit:
        """The decision that lets the number be handed over for the same purpose; without one it is not looked at."""
        for operation in (Operation.SUBJECT, Operation.BULK, Operation.FILE):
            use = Use(
                dataset=self._permit.dataset,
                purpose=str(self._permit.purpose),
                operation=operation,
                fields=frozenset({key, self._by}),
                by=str(self._permit.by),
                moment=self._permit.decided_at,
            )
            decision = decide(self._position.agreement, use, state=self._position.state)
            if isinstance(decision, Permit):
                return decision
        raise SubjectNotServed(dataset=self._permit.dataset, by=self._by)


def _with_value(
    told: Answer, station: Station, binding: Binding, permit: Permit, agreement: Agreement, at: Row
) -> Answer:
    lake = station.lake
    snapshot = lake.get(layer=binding.layer, dataset=binding.lake_dataset, scope=at.scope, id=at.snapshot)
    lake.verify(snapshot)
    row = _row(station, binding, snapshot, at.number, permit)
    if row is None:
        return Answer(mode=told.mode, found=Found.NO, ticket=told.ticket, subject=told.subject)
    return Answer(
        mode=told.mode,
        found=Found.YES,
        ticket=told.ticket,
        subject=told.subject,
        row=row,
        as_of=snapshot.as_of.isoformat(),
        snapshot=snapshot.id,  # without its place, which may be a field that was not asked for
        invented=snapshot.details.get("invented") is True,
        label=manifest.label(agreement, permit).model_dump(),
    )


def _row(station: Station, binding: Binding, snapshot: Snapshot, number: int, permit: Permit) -> dict[str, Any] | None:
    """The allowed fields of a row, built up from them; None where it is outside the row scope after all."""
    lake, key = station.lake, str(binding.key)
    conditions = permit.row_scope.conditions
    own = [name for name in binding.tables[binding.open_table].names() if name in permit.fields]
    columns = list(dict.fromkeys([key, *own, *(condition.column for condition in conditions)]))
    row = lake.read(snapshot, binding.open_table, columns=columns).slice(number, 1)
    if row.num_rows != 1 or (conditions and row.filter(permit.row_scope.expression()).num_rows != 1):
        return None
    values = {name: row[name][0].as_py() for name in own}
    for table in binding.sealed_tables:
        sealed = [name for name in binding.tables[table].names() if name in permit.fields and name not in {key, *own}]
        if sealed and table in snapshot.tables:
            if key not in permit.fields:
                raise KeyFieldMissing(dataset=permit.dataset, fields=key)
            rows = lake.unseal(snapshot, table, columns=[key, *sealed], permit=permit)
            at = pc.index(rows[key], row[key][0]).as_py()
            values |= {name: rows[name][at].as_py() if at >= 0 else None for name in sealed}
    return {name: _plain(values.get(name)) for name in binding.ordered(permit.fields)}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
