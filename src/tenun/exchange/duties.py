"""Duties at this node: what may be done with the data it was given, and what is due by when.

    exchange/orders/{act}.json            quarantine or deletion that an act orders, as entered here
    exchange/attestations/{act}.jws       our signed word that what was ordered to be deleted is gone

Two questions are answered. *May this purpose use this batch now?* (`may_use`), by the agreement and its acts, by
the label that came with the batch, and by orders about it. *What do we owe, and by when?* (`register`).

The signed text says nothing on deletion, and Pasal 7(1) and 7(3) bind without end. So: what was received is
kept, and used for its purpose only; it is deleted only where an addendum says so, and then with an attestation.
An expired agreement closes the data API, and none of this.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from tenun.agreement import delivered
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.state import INCIDENT_CLOCK, Closure, Incident, State
from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Permit, Use, allowed_fields
from tenun.agreement.delivered import HOLD, Batch, Hold, HoldKind
from tenun.agreement.standing import Standing
from tenun.agreement.vocabulary import Operation, Party
from tenun.exchange import journal, reconcile, signature
from tenun.exchange.binding import BINDINGS
from tenun.exchange.journal import Journal
from tenun.exchange.refusals import ExchangeError, RegisterDamaged
from tenun.exchange.register import ACCEPTED, Register
from tenun.exchange.station import Station
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.clock import JAKARTA, rfc3339
from tenun.kernel.durable import write_durably
from tenun.lake.snapshot import Layer, Snapshot

ATTESTATION = "tenun-attestation+jws"
VERSION = "tenun-attestation/1"
DELETED = "data.deleted"
HELD = "data.held"
SOON = timedelta(days=30)
"""How long before its date a duty is called due."""


class NoSuchAct(ExchangeError):
    """An order cites an act that is not in the chain, or that is of another kind."""

    code = "exchange.order_without_act"
    text_id = "Tindakan {act} yang menjadi dasar perintah ini tidak ada, atau bukan {kinds} yang berlaku."
    text_en = "The act {act} on which the order rests is not there, or is no {kinds} in effect."
    remedy_id = "Lihat rantai tindakan dengan `tenun agreement history`."
    remedy_en = "See the chain of acts with `tenun agreement history`."


class NothingOrdered(ExchangeError):
    code = "exchange.nothing_ordered"
    text_id = "Tidak ada perintah penghapusan {act} pada simpul ini."
    text_en = "There is no order of deletion {act} at this node."
    remedy_id = "Lihat perintah yang ada dengan `tenun duties list`."
    remedy_en = "See the orders with `tenun duties list`."


# --- orders about data delivered ---------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """What an act orders about data that was delivered before it."""

    act: str
    """Digest of the act: a shut-off for quarantine, an addendum for deletion."""
    kind: HoldKind
    dataset: str | None
    """Of the agreement; none = every dataset received."""
    since: datetime
    """Concerns what was received until then."""
    due: datetime | None = None
    """Deletion only: by when."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "act": self.act,
            "kind": str(self.kind),
            "dataset": self.dataset,
            "since": self.since.isoformat(),
            "due": self.due.isoformat() if self.due else None,
        }

    def concerns(self, dataset: str, received: datetime) -> bool:
        return self.dataset in (None, dataset) and received <= self.since


@dataclass(frozen=True)
class Facts:
    """What the register needs of the agreement's acts."""

    end: datetime
    """When the agreement ends or ended, by its text and its acts."""
    orders_possible: Mapping[str, HoldKind] = field(default_factory=dict)
    """By digest: acts in effect on which an order may rest, and of which kind (shut-off: quarantine; addendum:
    deletion). A shut-off that was lifted is not here, and nor is a quarantine that rests on it any longer."""
    reports: Sequence[datetime] = ()
    """When monitoring reports were made (Pasal 9)."""
    incidents: Sequence[Incident] = ()
    shut_offs: Sequence[Closure] = ()
    """Of both parties, not lifted."""


def facts_of(state: State, *, addenda: Collection[str] = ()) -> Facts:
    """The facts in a state of the acts. `addenda` are the acts of that kind that are in effect."""
    shut_offs = [one for kept in state.closures.values() for one in kept]
    return Facts(
        end=state.ends,
        orders_possible={
            **{one.act: HoldKind.QUARANTINE for one in shut_offs},
            **dict.fromkeys(addenda, HoldKind.DELETION),
        },
        reports=[one.made_at for one in state.reports if one.kind is Kind.ME_REPORT],
        incidents=state.incidents,
        shut_offs=shut_offs,
    )


def facts_at(standing: Standing, moment: datetime) -> Facts:
    """The facts at a moment, from a node's acts."""
    addenda = [entry.hash for entry in standing.ledger().view(moment).effective(Kind.ADDENDUM)]
    return facts_of(standing.at(moment).state, addenda=addenda)


def order(station: Station, wanted: Order, facts: Facts, *, agreement: Agreement) -> list[str]:
    """Enter an order that an act of the chain gives, and hold what it concerns. Gives the snapshots that it holds.

    Raises `NoSuchAct`. In the log before anything changes; entering it again changes nothing.
    """
    if facts.orders_possible.get(wanted.act) is not wanted.kind:
        kinds = "shut-off" if wanted.kind is HoldKind.QUARANTINE else "addendum"
        raise NoSuchAct(act=wanted.act if _is_digest(wanted.act) else "?", kinds=kinds)
    Journal(station).write(HELD, agreement=journal.cite(agreement), order=wanted.as_dict())
    write_durably(_orders_folder(station) / f"{wanted.act}.json", canonical_json.dumps(wanted.as_dict()))
    return apply_orders(station, facts)


def orders(station: Station) -> list[Order]:
    """What was ordered here, the oldest first. Raises `RegisterDamaged`: an order must not be overlooked."""
    found = []
    for path in sorted(_orders_folder(station).glob("[0-9a-f]*.json")):
        try:
            value = json.loads(path.read_bytes())
            due = value["due"]
            found.append(
                Order(
                    act=value["act"],
                    kind=HoldKind(value["kind"]),
                    dataset=value["dataset"],
                    since=datetime.fromisoformat(value["since"]),
                    due=datetime.fromisoformat(due) if due else None,
                )
            )
        except (KeyError, TypeError, ValueError) as problem:
            raise RegisterDamaged(file=f"orders/{path.name}") from problem
    return sorted(found, key=lambda one: one.since)


@implements("7(1)", "7(4)", control="What an act orders about delivered data holds at every place where it is read.")
def apply_orders(station: Station, facts: Facts) -> list[str]:
    """Write beside each snapshot what was ordered about it, and take away what was lifted. Gives those held.

    Can be repeated: after an act, after a delivery, by the worker. Every snapshot counts, not only the current one.
    Cheap where nothing was ever ordered.
    """
    ordered = orders(station)
    if not ordered:
        return []
    standing = [one for one in ordered if _stands(one, facts)]
    held = []
    for dataset, snapshot, batch in deliveries(station):
        found = [one for one in standing if one.concerns(dataset, batch.received)]
        # Deletion outlasts quarantine: what must go does not come back into use when a shut-off is lifted.
        strongest = min(found, key=lambda one: (one.kind is not HoldKind.DELETION, one.since), default=None)
        _hold(snapshot, strongest)
        if strongest is not None:
            held.append(snapshot.reference)
    return held


def _stands(one: Order, facts: Facts) -> bool:
    """A quarantine ends with the shut-off that it rests on. Nothing undoes an order to delete but another addendum."""
    return one.kind is HoldKind.DELETION or one.act in facts.orders_possible


def _hold(snapshot: Snapshot, ordered: Order | None) -> None:
    path = snapshot.folder / HOLD
    if ordered is None:
        if path.exists():
            path.unlink()
        return
    hold = Hold(ordered.kind, ordered.act, ordered.since, ordered.due)
    content = canonical_json.dumps(hold.as_dict())
    if not path.exists() or path.read_bytes() != content:
        write_durably(path, content)


def deliveries(station: Station) -> Iterator[tuple[str, Snapshot, Batch]]:
    """Every snapshot of the other party's data that lies here, current or not: dataset of the agreement, label."""
    for dataset, binding in BINDINGS.items():
        for scope in station.lake.places(layer=binding.layer, dataset=binding.lake_dataset):
            history = station.lake.history(layer=binding.layer, dataset=binding.lake_dataset, scope=scope)
            for snapshot in history:
                batch = delivered.batch_of(snapshot)
                if batch is not None:
                    yield dataset, snapshot, batch


# --- may it be used? -----------------------------------------------------------------------------------


@implements("7(1)", "7(3)", control="The use gate: a batch serves the purpose on its label, while agreed, unless held.")
def may_use(
    station: Station,
    snapshot: Snapshot,
    *,
    purpose: str,
    operation: Operation,
    moment: datetime,
    agreement: Agreement,
    fields: frozenset[str] | None = None,
    state: State | None = None,
) -> Permit | Denial:
    """May this node use this batch for this purpose now? A Permit, or a Denial with every reason.

    `fields` none: every field that the agreement allows for it. `state=` is the acts' state at the moment.
    """
    dataset = _dataset_of(snapshot)
    if fields is None:
        fields = allowed_fields(agreement, dataset=dataset, purpose=purpose, operation=operation, by=station.party)
    use = Use(
        dataset=dataset, purpose=purpose, operation=operation, fields=fields, by=station.party, moment=moment
    )  # fmt: skip
    return delivered.may_use(agreement, use, snapshot, state=state)


def _dataset_of(snapshot: Snapshot) -> str:
    batch = delivered.batch_of(snapshot)
    if batch is not None and batch.dataset is not None:
        return batch.dataset
    bound = (one.dataset for one in BINDINGS.values() if (one.layer, one.lake_dataset) == _place(snapshot))
    return next(bound, snapshot.dataset)


def _place(snapshot: Snapshot) -> tuple[Layer, str]:
    return snapshot.layer, snapshot.dataset


# --- deletion, with an attestation -------------------------------------------------------------------


@dataclass(frozen=True)
class Attested:
    """What was deleted by order, and where our signed word for it lies."""

    order: Order
    snapshots: int
    rows: int
    derived_kept: int
    """Results that were made from it and remain: they belong to both parties (Pasal 8(2)) and stay confidential."""
    file: Path
    log_index: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "order": self.order.as_dict(),
            "snapshots": self.snapshots,
            "rows": self.rows,
            "derived_kept": self.derived_kept,
            "file": str(self.file),
            "log_index": self.log_index,
        }


@implements("13", control="What an addendum orders to be deleted is deleted, and the consumer signs that it is gone.")
def attest(station: Station, act: str, *, agreement: Agreement) -> Attested:
    """Delete what an order of deletion concerns, see that it is gone, and sign a statement about it.

    Nothing but counts and digests goes into the statement and the log. After a crash, do it again: what was to go
    was written down before the first of it went. Raises `NothingOrdered`.
    """
    ordered = next((one for one in orders(station) if (one.act, one.kind) == (act, HoldKind.DELETION)), None)
    if ordered is None:
        raise NothingOrdered(act=act if _is_digest(act) else "?")
    doomed = [one for dataset, one, batch in deliveries(station) if ordered.concerns(dataset, batch.received)]
    path = station.exchange / "attestations" / f"{ordered.act}.jws"
    plan = _plan(path.with_suffix(".plan.json"), doomed)
    for snapshot in doomed:
        station.lake.remove(snapshot)
    station.lake.clean()  # also what a run that was killed had begun to remove
    references, rows = sorted(plan), sum(plan.values())
    kept = _derived(station, frozenset(references))
    book = Journal(station)
    statement = {
        "type": VERSION,
        "agreement": agreement.id,
        "rev": agreement.rev,
        "party": str(station.party),
        "act": ordered.act,
        "dataset": ordered.dataset,
        "received_until": rfc3339(ordered.since),
        "due": rfc3339(ordered.due) if ordered.due else None,
        "deleted": rfc3339(station.clock.now()),
        "snapshots": len(references),
        "snapshots_sha256": canonical_json.digest(references),
        "rows": rows,
        "derived_kept": kept,
    }
    logged = book.write(DELETED, agreement=journal.cite(agreement), statement=statement)
    told = {**statement, "entry": logged.entry.decode(), "proof": book.prove(logged)}
    token = signature.sign(canonical_json.dumps(told), station.message_key(agreement), typ=ATTESTATION)
    write_durably(path, token.encode("ascii"))
    return Attested(ordered, len(references), rows, kept, path, logged.index)


def _plan(path: Path, doomed: Sequence[Snapshot]) -> dict[str, int]:
    """Rows by snapshot: what is to go now, and what went in a run that did not end."""
    known = json.loads(path.read_bytes()) if path.exists() else {}
    plan = {str(name): int(rows) for name, rows in known.items()} | {one.reference: one.rows for one in doomed}
    write_durably(path, canonical_json.dumps(plan))
    return plan


def _is_digest(word: str) -> bool:
    return len(word) == 64 and set(word) <= set("0123456789abcdef")


def _derived(station: Station, references: frozenset[str]) -> int:
    """How many snapshots of links and figures name one of these among what they were made from."""
    lake = station.lake
    return sum(
        not references.isdisjoint(one.origin.inputs)
        for layer in (Layer.LINK, Layer.OUT)
        for dataset in lake.datasets(layer=layer)
        for scope in lake.places(layer=layer, dataset=dataset)
        for one in lake.history(layer=layer, dataset=dataset, scope=scope)
    )


# --- the register --------------------------------------------------------------------------------------


class DutyState(StrEnum):
    STANDING = "standing"
    """Always: nothing to be done by a date."""
    OPEN = "open"
    DUE = "due"
    """Within `SOON`."""
    OVERDUE = "overdue"
    DONE = "done"


@dataclass(frozen=True)
class Duty:
    """One thing that a party owes, with its clause and its date."""

    id: str
    kind: str
    clause: str
    party: Party
    """Who owes it."""
    text_id: str
    text_en: str
    due: datetime | None
    state: DutyState
    about: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "clause": self.clause,
            "party": str(self.party),
            "text": {"id": self.text_id, "en": self.text_en},
            "due": rfc3339(self.due) if self.due else None,
            "state": str(self.state),
            "about": dict(self.about),
        }

    @property
    def is_pressing(self) -> bool:
        return self.state in (DutyState.DUE, DutyState.OVERDUE)


@implements("7(3)", "9(1)", control="A register of every duty with its date; those that survive the term stay in it.")
def register(station: Station, agreement: Agreement, facts: Facts, *, moment: datetime) -> list[Duty]:
    """Every duty at this node, those with a date first, in its order. Computed anew each time: nothing is forgotten."""
    found = [
        *_of_the_agreement(station, agreement, facts, moment),
        *_reports(station, agreement, facts, moment),
        *_incidents(station, facts, moment),
        *_of_the_data(station, moment),
        *_orders(station, facts, moment),
        *_receipts(station, moment),
        *_candidates(station, moment),
    ]
    return sorted(found, key=lambda one: (one.due is None, one.due or moment, one.id))


def _of_the_agreement(station: Station, agreement: Agreement, facts: Facts, moment: datetime) -> Iterator[Duty]:
    is_over = moment >= facts.end
    for duty in agreement.duties.values():
        if station.party in duty.assignee and (duty.survives_term or not is_over):
            yield Duty(
                id=f"duty:{duty.uid}",
                kind=str(duty.action),
                clause=duty.clause,
                party=station.party,
                text_id=duty.text.id,
                text_en=duty.text.en,
                due=None,
                state=DutyState.STANDING,
                about={"survives_term": duty.survives_term},
            )
    if not is_over:
        yield Duty(
            id="term:end",
            kind="term-end",
            clause=agreement.document.notice.clause,
            party=station.party,
            text_id="Jangka waktu berakhir. Kehendak memperpanjang diberitahukan secara tertulis sebelumnya.",
            text_en="The term ends. A wish to extend it is notified in writing before.",
            due=facts.end,
            state=_state(facts.end, moment),
        )


def _reports(station: Station, agreement: Agreement, facts: Facts, moment: datetime) -> Iterator[Duty]:
    """Monitoring and evaluation, at least so many times in each year from the signature (Pasal 9(1))."""
    terms = agreement.document.monitoring
    start = agreement.term.start.astimezone(JAKARTA)
    number = 1
    while (begins := _years_after(start, number - 1)) < facts.end and begins <= moment:
        ends = min(_years_after(start, number), facts.end)
        done = sum(begins <= made < ends for made in facts.reports)
        is_done = done >= terms.at_least_per_year
        yield Duty(
            id=f"report:{number}",
            kind="me-report",
            clause=terms.clause,
            party=station.party,
            text_id=f"Pemantauan dan evaluasi tahun ke-{number}: {done} dari {terms.at_least_per_year} laporan.",
            text_en=f"Monitoring and evaluation of year {number}: {done} of {terms.at_least_per_year} reports.",
            due=ends,
            state=DutyState.DONE if is_done else _state(ends, moment),
            about={"from": rfc3339(begins), "until": rfc3339(ends)},
        )
        number += 1


def _incidents(station: Station, facts: Facts, moment: datetime) -> Iterator[Duty]:
    """A shut-off for an incident is followed by a report of it, within 3 x 24 hours (UU 27/2022 Pasal 46)."""
    for closure in facts.shut_offs:
        if closure.party is station.party:
            due = closure.since + INCIDENT_CLOCK
            is_done = any(closure.act == one.shut_off for one in facts.incidents)
            yield Duty(
                id=f"incident:{closure.act}",
                kind="incident-report",
                clause="7(4)",
                party=station.party,
                text_id="Laporkan insiden yang menyebabkan penutupan akses (3 x 24 jam, UU 27/2022 Pasal 46).",
                text_en="Report the incident that led to the shut-off (3 x 24 hours, UU 27/2022 Pasal 46).",
                due=due,
                state=DutyState.DONE if is_done else _state(due, moment),
                about={"act": closure.act, "event": str(closure.event)},
            )


def _of_the_data(station: Station, moment: datetime) -> Iterator[Duty]:
    """The end of each delivery's data life: from then on its rows are not used. One duty a delivery, not a village."""
    groups: dict[tuple[str, str, str, datetime], int] = {}
    for dataset, snapshot, batch in deliveries(station):
        if batch.usable_until is not None and batch.hold is None:
            pack = str(snapshot.details["received"].get("pack", ""))
            key = (pack, dataset, str(batch.purpose), batch.usable_until)
            groups[key] = groups.get(key, 0) + 1
    for (pack, dataset, purpose, until), places in sorted(groups.items()):
        yield Duty(
            id=f"life:{pack or canonical_json.digest([dataset, purpose, until.isoformat()])[:32]}",
            kind="data-life",
            clause="7(1)",
            party=station.party,
            text_id=f"Masa pakai {dataset} untuk {purpose} berakhir; sesudah itu tidak dipakai lagi ({places} tempat).",
            text_en=f"The data life of {dataset} for {purpose} ends; it is not used after ({places} places).",
            due=until,
            # Once it has passed, the use gate keeps it without anyone's doing.
            state=DutyState.DONE if moment >= until else _state(until, moment),
            about={"dataset": dataset, "purpose": purpose, "pack": pack or None, "places": places},
        )


def _orders(station: Station, facts: Facts, moment: datetime) -> Iterator[Duty]:
    for one in orders(station):
        attestation = station.exchange / "attestations" / f"{one.act}.jws"
        what = one.dataset or "semua data / all data"
        is_deletion = one.kind is HoldKind.DELETION
        yield Duty(
            id=f"order:{one.act}",
            kind=str(one.kind),
            clause="13" if is_deletion else "7(4)",
            party=station.party,
            text_id=f"Hapus {what} dan buat pernyataannya." if is_deletion else f"Karantina: {what} tidak dipakai.",
            text_en=f"Delete {what} and attest to it." if is_deletion else f"Quarantine: {what} is not used.",
            due=one.due,
            state=_state_of_order(one, facts, moment, is_attested=attestation.exists()),
            about=one.as_dict(),
        )


def _state_of_order(one: Order, facts: Facts, moment: datetime, *, is_attested: bool) -> DutyState:
    if one.kind is HoldKind.QUARANTINE:
        return DutyState.STANDING if _stands(one, facts) else DutyState.DONE
    return DutyState.DONE if is_attested else _state(one.due, moment)


def _receipts(station: Station, moment: datetime) -> Iterator[Duty]:
    """Receipts owed: by us for what we began to take in, by the other party for what we sent."""
    book = Register(station)
    for record in book.received():
        if record["state"] != ACCEPTED:
            yield _receipt(record, station.party, "Selesaikan penerimaan dan kirim tanda terima", "Finish and receipt")
    for record in book.sent():
        if "receipt" not in record:
            yield _receipt(record, station.party.other, "Tanda terima belum datang", "The receipt has not come")


def _candidates(station: Station, moment: datetime) -> Iterator[Duty]:
    """What a reconciliation found: someone must decide whether it is an incident, before 3 x 24 hours are over."""
    for one in reconcile.candidates(station):
        due = datetime.fromisoformat(one["found"]) + INCIDENT_CLOCK
        yield Duty(
            id=f"candidate:{one['candidate']}",
            kind="incident-candidate",
            clause="7(4)",
            party=station.party,
            text_id=f"Periksa temuan rekonsiliasi log {one['day']}: insiden atau dapat dijelaskan?",
            text_en=f"Look into what the reconciliation of {one['day']} found: an incident, or explained?",
            due=due,
            state=_state(due, moment),
            about=one,
        )


def _receipt(record: Mapping[str, Any], party: Party, text_id: str, text_en: str) -> Duty:
    return Duty(
        id=f"receipt:{record['pack']}",
        kind="return-receipt",
        clause="3(2)a" if party is Party.NAKER else "3(1)a",
        party=party,
        text_id=f"{text_id}: {record['dataset']}.",
        text_en=f"{text_en}: {record['dataset']}.",
        due=None,
        state=DutyState.OPEN,
        about={"pack": record["pack"], "dataset": record["dataset"], "created": record["created"]},
    )


def _state(due: datetime | None, moment: datetime) -> DutyState:
    if due is None:
        return DutyState.OPEN
    if moment >= due:
        return DutyState.OVERDUE
    return DutyState.DUE if due - moment <= SOON else DutyState.OPEN


def _years_after(start: datetime, years: int) -> datetime:
    """The same day and hour so many years later; 29 February becomes the 28th where there is none."""
    day = min(start.day, calendar.monthrange(start.year + years, start.month)[1])
    return datetime.combine(date(start.year + years, start.month, day), time(start.hour, start.minute), JAKARTA)


def _orders_folder(station: Station) -> Path:
    return station.exchange / "orders"
