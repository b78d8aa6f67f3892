"""The two records of one pair, out of the lake, under a decision for linkage on the one delivery they stand in.

Only the row that was asked for leaves this module, and nothing of it is kept. What a page shows unless a reviewer
asks for more is made here too (`masked`), so that the rest never reaches the browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import and_
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenun.agreement.acts.state import State
from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Operation, Party, Permit, Purpose, Use, allowed_fields
from tenun.agreement.delivered import decide_on_batches
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake
from tenun.linkage.inputs import IDENTIFIERS, RESIDENTS, SEEKERS_SIDE, Side
from tenun.linkage.permits import LinkageNotPermitted
from tenun.linkage.review.candidates import Candidate

MASK = "****"
# What a reviewer must ask for, one by one or all together. The rest describes many people and is shown.
COVERED = ("full_name", "birth_date", "nik", "address")
ALL = "all"


class RecordGone(TenunError):
    """A record of the pair is in no current snapshot: it was deleted, or a newer delivery lacks it."""

    code = "linkage.record_gone"
    text_id = "Catatan {dataset} dari pasangan ini tidak ada lagi pada simpul ini."
    text_en = "The {dataset} record of this pair is no longer at this node."
    remedy_id = "Lewati pasangan ini; pemadanan berikutnya menanggalkannya."
    remedy_en = "Skip this pair; the next linkage drops it."


@dataclass(frozen=True)
class Record:
    """One person's row as the comparison sees it. Personal data: for one page, never for a log or a session."""

    full_name: str | None
    birth_date: date | None
    nik: str | None
    address: str | None
    """Address, hamlet, RT and RW as written, in one line."""
    sex: str | None
    village_code: str | None
    regency_code: str | None
    as_of: date

    def __repr__(self) -> str:
        return "<Record>"  # a traceback or a debug log must not name anyone

    def shown(self, field: str) -> str | None:
        """A field in full; dates as ISO."""
        value = getattr(self, field)
        return value.isoformat() if isinstance(value, date) else value

    def masked(self, field: str) -> str | None:
        """What of a covered field may be seen by everybody who reviews; none where there is nothing."""
        value = getattr(self, field)
        if value is None:
            return None
        if field == "full_name":
            return " ".join(word[0].upper() + MASK for word in re.findall(r"\w+", value)) or MASK
        return f"{MASK}-**-**" if field == "birth_date" else MASK


@dataclass(frozen=True)
class Records:
    resident: Record
    account: Record


Decide = Callable[[Side, Snapshot], Permit | Denial]


def decide_by(agreement: Agreement, *, by: Party, moment: datetime, state: State | None) -> Decide:
    """Ask the agreement about one delivery at a time: for linkage, and for the fields that linkage may use."""

    def decide(side: Side, snapshot: Snapshot) -> Permit | Denial:
        granted = allowed_fields(
            agreement, dataset=side.agreed, purpose=Purpose.LINKAGE, operation=Operation.USE, by=by
        )
        use = Use(
            dataset=side.agreed,
            purpose=Purpose.LINKAGE,
            operation=Operation.USE,
            fields=side.fields() & granted or side.fields(),
            by=by,
            moment=moment,
        )
        return decide_on_batches(agreement, use, [snapshot], state=state)

    return decide


def read(lake: Lake, candidate: Candidate, *, decide: Decide) -> Records:
    """Both records of a pair. Raises `LinkageNotPermitted`, `RecordGone`, `SnapshotAltered`, `SealBroken`."""
    pair = candidate.pair
    return Records(
        resident=_find(lake, RESIDENTS, pair.person_id, hint=candidate.village_code, decide=decide),
        account=_find(lake, SEEKERS_SIDE, pair.seeker_id, hint="", decide=decide),
    )


def _find(lake: Lake, side: Side, id: str, *, hint: str, decide: Decide) -> Record:
    """The newest record with that id. The scope that the crosswalk names is looked into first."""
    denial: Denial | None = None
    scopes = lake.scopes(layer=Layer.CORE, dataset=side.dataset)
    for group in ([hint] if hint in scopes else [], [scope for scope in scopes if scope != hint]):
        found = [lake.current(layer=Layer.CORE, dataset=side.dataset, scope=scope) for scope in group]
        for snapshot in sorted(found, key=lambda one: (one.as_of, len(one.scope), one.scope), reverse=True):
            decision = decide(side, snapshot)
            if isinstance(decision, Denial):
                denial = decision
                continue
            record = _row(lake, side, snapshot, id, decision)
            if record is not None:
                return record
    if denial is not None:
        raise LinkageNotPermitted(denial)
    raise RecordGone(dataset=side.agreed)


def _row(lake: Lake, side: Side, snapshot: Snapshot, id: str, permit: Permit) -> Record | None:
    attributes = _attributes(lake, side, snapshot, id, permit)
    if attributes is None:
        return None
    lake.verify(snapshot)
    values = {**_identifiers(lake, side, snapshot, id, permit), **attributes}
    return Record(
        full_name=values.get("full_name"),
        birth_date=values.get("birth_date"),
        nik=values.get("nik"),
        address=_one_line(values),
        sex=values.get("sex"),
        village_code=values.get("village_code"),
        regency_code=values.get("regency_code"),
        as_of=snapshot.as_of,
    )


def _attributes(lake: Lake, side: Side, snapshot: Snapshot, id: str, permit: Permit) -> dict[str, Any] | None:
    """The describing columns of the one row, read by predicate; none where it is not in this snapshot."""
    columns = _delivered(snapshot, side.table, (side.id, *side.attributes), permit)
    wanted = [pc.field(side.id) == id]
    wanted += [one.expression() for one in permit.row_scope.conditions if one.column in columns]
    rows = pq.read_table(lake.path(snapshot, side.table), columns=columns, filters=reduce(and_, wanted))
    return _only(rows)


def _identifiers(lake: Lake, side: Side, snapshot: Snapshot, id: str, permit: Permit) -> dict[str, Any]:
    if IDENTIFIERS not in snapshot.tables:
        return {}
    columns = _delivered(snapshot, IDENTIFIERS, (side.id, *side.identifiers), permit)
    rows = lake.unseal(snapshot, IDENTIFIERS, columns=columns, permit=permit)
    return _only(rows.filter(pc.field(side.id) == id)) or {}


def _delivered(snapshot: Snapshot, table: str, wanted: Sequence[str], permit: Permit) -> list[str]:
    there = {str(column["name"]) for column in snapshot.tables[table].columns}
    return [name for name in wanted if name in there and name in permit.fields]


def _only(rows: pa.Table) -> dict[str, Any] | None:
    return dict(rows.slice(0, 1).to_pylist()[0]) if rows.num_rows else None


def _one_line(values: Mapping[str, Any]) -> str | None:
    parts = [str(values["address"])] if values.get("address") else []
    parts += [f"{name} {values[key]}" for key, name in _LABELS.items() if values.get(key)]
    return ", ".join(parts) or None


_LABELS = {"hamlet": "Dusun", "rt": "RT", "rw": "RW"}
