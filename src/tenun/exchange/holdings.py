"""What deliveries left at the consumer, place by place: the state that the next delta goes on from.

    exchange/holdings/<pack>.json    places, rows, digests and snapshot ids of one stream, as of that delivery

Not trusted: what it says of a place is compared with the rows that lie there before they are used, and a lost
or altered note costs a full export. It holds no person.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tenun.agreement.decision import Permit
from tenun.exchange.binding import Binding
from tenun.exchange.manifest import Manifest
from tenun.exchange.refusals import ExchangeError
from tenun.exchange.register import ACCEPTED, Register
from tenun.exchange.station import Station
from tenun.kernel import canonical_json
from tenun.kernel.durable import write_durably
from tenun.lake.snapshot import Snapshot
from tenun.lake.store import Lake, SnapshotMissing


class BaseOther(ExchangeError):
    """What changed was computed from another state than the one that lies here. Nothing was applied."""

    code = "exchange.base_other"
    text_id = "Perubahan {dataset} tidak dapat diterapkan pada yang ada di sini ({reason})."
    text_en = "The changes of {dataset} cannot be applied to what is here ({reason})."
    remedy_id = "Minta ekspor penuh: ulangi tanpa --since."
    remedy_en = "Ask for a full export: try again without --since."


@dataclass(frozen=True)
class Held:
    """One place, as a delivery left it here."""

    rows: int
    sha256: str
    """Of its content (`serving.content`)."""
    snapshot: str
    """Id of the snapshot that has it."""


@dataclass(frozen=True)
class Holding:
    """All places of a stream, as the provider last had them go here."""

    pack: str
    transaction_time: str
    """The provider's clock: what to give as `since`."""
    places: Mapping[str, Held]


def stream_of(*, provider: str, dataset: str, purpose: str, area: str | None, fields: Collection[str]) -> str:
    """Names everything that one delta can go on from: same provider, dataset, purpose, area and fields."""
    return canonical_json.digest([provider, dataset, purpose, area, sorted(fields)])


def stream_of_manifest(stated: Manifest) -> str:
    return stream_of(
        provider=stated.provider,
        dataset=stated.dataset,
        purpose=stated.purpose,
        area=stated.area,
        fields=stated.fields_,
    )


def last(station: Station, stream: str) -> Holding | None:
    """What the last accepted online delivery of a stream left here; None where there was none, or its note is lost."""
    records = [record for record in Register(station).received() if _is_of(record, stream)]
    if not records:
        return None
    newest = max(records, key=lambda record: str(record["transaction_time"]))
    return _read(_path(station, newest["pack"]))


def keep(station: Station, holding: Holding) -> None:
    """On disk when this returns. It counts once the register has its pack as accepted."""
    places = {scope: [held.rows, held.sha256, held.snapshot] for scope, held in sorted(holding.places.items())}
    value = {"pack": holding.pack, "transaction_time": holding.transaction_time, "places": places}
    write_durably(_path(station, holding.pack), json.dumps(value).encode())


def forget_others(station: Station, stream: str, *, kept: str) -> None:
    """Remove the notes of earlier deliveries of a stream: nothing goes on from them any more."""
    for record in Register(station).received():
        if _is_of(record, stream) and record["pack"] != kept:
            _path(station, record["pack"]).unlink(missing_ok=True)


def rows_of(
    lake: Lake, binding: Binding, holding: Holding, scope: str, *, fields: Collection[str], permit: Permit
) -> tuple[Snapshot, pa.Table]:
    """The rows of a place as they came, in the order in which they came: its tables joined, every digest checked.

    Raises `BaseOther` where the place is not here with exactly these fields, `SnapshotAltered` where it was altered.
    """
    held = holding.places.get(scope)
    if held is None:
        raise BaseOther(dataset=binding.dataset, reason=f"{scope} is not here")
    try:
        snapshot = lake.get(layer=binding.layer, dataset=binding.lake_dataset, scope=scope, id=held.snapshot)
    except SnapshotMissing:
        raise BaseOther(dataset=binding.dataset, reason=f"{scope} is not here any more") from None
    lake.verify(snapshot)
    schema = binding.schema(fields)
    columns = _columns(lake, binding, snapshot, permit)
    if set(columns) != set(schema.names):
        raise BaseOther(dataset=binding.dataset, reason=f"{scope} has other fields")
    rows = {name: columns[name].cast(schema.field(name).type) for name in schema.names}
    return snapshot, pa.table(rows, schema=schema).combine_chunks()


def _columns(lake: Lake, binding: Binding, snapshot: Snapshot, permit: Permit) -> dict[str, Any]:
    table = lake.read(snapshot, binding.open_table)
    columns = {name: table[name] for name in table.column_names}
    for name in binding.sealed_tables:
        if name not in snapshot.tables or binding.key is None:
            continue
        names = [str(column["name"]) for column in snapshot.tables[name].columns]
        rows = lake.unseal(snapshot, name, columns=names, permit=permit)
        at = pc.index_in(table[binding.key], value_set=rows[binding.key].combine_chunks())
        joined = rows.take(at)
        columns |= {one: joined[one] for one in names if one != binding.key}
    return columns


def _is_of(record: Mapping[str, object], stream: str) -> bool:
    return record.get("stream") == stream and record["state"] == ACCEPTED and bool(record.get("transaction_time"))


def _path(station: Station, pack: str) -> Path:
    return station.exchange / "holdings" / f"{pack}.json"


def _read(path: Path) -> Holding | None:
    try:
        value = json.loads(path.read_bytes())
        places = {str(scope): Held(int(one[0]), str(one[1]), str(one[2])) for scope, one in value["places"].items()}
        return Holding(str(value["pack"]), str(value["transaction_time"]), places)
    except (FileNotFoundError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None
