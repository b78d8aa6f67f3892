"""What figures are made from: attributes of delivered persons, links by pseudonym, SIAPKerja's tables.

Never an identifier: nothing here imports `registry.identifiers` or opens a sealed table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from tenun.agreement.decision import Operation, Permit, Purpose
from tenun.agreement.delivered import refusals
from tenun.indicators.areas import NATIONAL, upwards
from tenun.kernel import authorisation
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid

DELIVERED = "sid-warga"
"""The agreement's name for what villages deliver."""
# What any indicator may ask of a person. A permit that covers less computes nothing.
PERSON_FIELDS = (
    "person_id",
    "village_code",
    "family_id",
    "sex",
    "age_years",
    "activity",
    "life_status",
    "citizenship",
    "job_social_security",
)
CROSSWALK_DATASET = "sid__siapkerja"
ACCEPTED = ("nik", "probable")

LINKS = pa.schema([("seeker_id", pa.string()), ("person_id", pa.string()), ("village_code", pa.string())])


class PermitUnfit(TenunError):
    """A permit for something else. A programming fault, made loud."""

    code = "indicators.permit_unfit"
    text_id = "Izin ini untuk {dataset}, tujuan {purpose}, operasi {operation}; bukan untuk menghitung angka desa."
    text_en = "This permit is for {dataset}, purpose {purpose}, operation {operation}, not for computing figures."
    remedy_id = "Minta keputusan untuk sid-warga, tujuan statistik-desa, operasi use."
    remedy_en = "Ask for a decision on sid-warga, purpose statistik-desa, operation use."


@dataclass(frozen=True)
class Delivery:
    """What one village delivered last."""

    village_code: str
    as_of: date
    snapshot: str
    rows: int
    is_linked: bool = True
    """A run of the linkage has seen data of this village."""


@dataclass(frozen=True)
class Inputs:
    """Tables by the names that queries know, and where they come from. None of a date: that source is not here."""

    persons: pa.Table
    links: pa.Table
    seekers: pa.Table
    placements: pa.Table
    vacancies: pa.Table
    deliveries: Mapping[str, Delivery]
    seekers_as_of: date | None
    vacancies_as_of: date | None
    seekers_areas: Sequence[str] = (NATIONAL,)
    """Areas that the extracts of job seekers are for: elsewhere none is not known to be none."""
    vacancies_areas: Sequence[str] = (NATIONAL,)
    references: Sequence[str] = ()
    """Snapshots it was read from."""
    editions: Mapping[str, str] = field(default_factory=dict)
    is_invented: bool = False
    """Whether any of it is invented."""
    not_invented: tuple[str, ...] = ()
    """Villages whose residents are not invented, where something else is."""
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Villages whose data may not be used and was therefore not read, with the codes of the reasons."""


def read(lake: Lake, *, permit: Permit) -> Inputs:
    """The current snapshots of a node that the permit covers, checked against their manifests.

    Raises `PermitUnfit`, `FieldsNotAuthorised` or `SnapshotAltered`. A source that is not here is an empty table.
    """
    require(permit)
    held = lake.all_current(layer=Layer.CORE, dataset=sid.DATASET)
    left_out = {one.scope: [reason.code for reason in refusals(permit, one)] for one in held}
    residents = [one for one in held if not left_out[one.scope]]
    crosswalks = lake.all_current(layer=Layer.LINK, dataset=CROSSWALK_DATASET)
    seekers = lake.all_current(layer=Layer.CORE, dataset=siapkerja.SEEKERS_DATASET)
    placements = lake.all_current(layer=Layer.CORE, dataset=siapkerja.PLACEMENTS_DATASET)
    vacancies = lake.all_current(layer=Layer.CORE, dataset=siapkerja.VACANCIES_DATASET)
    used = [*residents, *crosswalks, *seekers, *placements, *vacancies]
    for snapshot in used:
        lake.verify(snapshot)
    is_invented = any(bool(one.details.get("invented")) for one in used)
    schema = sid.PERSONS.schema()
    wanted = pa.schema([schema.field(name) for name in PERSON_FIELDS])
    scope = permit.row_scope.expression()
    return Inputs(
        persons=_together((lake.read(one, "persons").filter(scope) for one in residents), wanted),
        links=_together((_accepted(lake.read(one, "crosswalk"), residents) for one in crosswalks), LINKS),
        seekers=_together((lake.read(one, "seekers") for one in seekers), siapkerja.SEEKERS.schema()),
        placements=_together((lake.read(one, "placements") for one in placements), siapkerja.PLACEMENTS.schema()),
        vacancies=_together((lake.read(one, "vacancies") for one in vacancies), siapkerja.VACANCIES.schema()),
        deliveries={
            one.scope: Delivery(
                village_code=one.scope,
                as_of=one.as_of,
                snapshot=one.id,
                rows=one.tables["persons"].rows,
                is_linked=_is_linked(one, crosswalks),
            )
            for one in residents
        },
        seekers_as_of=min((one.as_of for one in seekers), default=None),
        vacancies_as_of=min((one.as_of for one in vacancies), default=None),
        seekers_areas=tuple(one.scope for one in seekers),
        vacancies_areas=tuple(one.scope for one in vacancies),
        references=tuple(sorted(one.reference for one in used)),
        editions={name: edition for one in used for name, edition in one.origin.editions.items()},
        is_invented=is_invented,
        not_invented=tuple(one.scope for one in residents if is_invented and not one.details.get("invented")),
        left_out={village: codes for village, codes in left_out.items() if codes},
    )


def is_covered(code: str, areas: Sequence[str]) -> bool:
    """Whether an area lies within one of those that a source delivered."""
    return any(around in areas for around in upwards(code))


def require(permit: Permit) -> None:
    """Raise unless the permit is for computing figures from the persons that villages delivered."""
    if (permit.dataset, permit.purpose, permit.operation) != (
        DELIVERED,
        Purpose.VILLAGE_STATISTICS,
        Operation.USE,
    ):
        raise PermitUnfit(dataset=permit.dataset, purpose=permit.purpose, operation=permit.operation)
    authorisation.require(permit, fields=set(PERSON_FIELDS))


def _together(tables: Iterable[pa.Table], schema: pa.Schema) -> pa.Table:
    """One table of these columns; a column that a delivery left out is empty, not zero."""
    return pa.concat_tables([schema.empty_table(), *(_shaped(table, schema) for table in tables)])


def _shaped(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        table.column(field.name).cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _accepted(crosswalk: pa.Table, residents: Sequence[Snapshot]) -> pa.Table:
    """Accepted links to persons that may be used: what was linked once outlives neither its data nor the permit."""
    villages = pa.array([one.scope for one in residents], pa.string())
    is_linked = pc.is_in(crosswalk.column("match_class"), value_set=pa.array(ACCEPTED))
    # A person counts once, however many accounts are his. Crosswalks of before recipe 2 had one account a person.
    if "duplicate_of" in crosswalk.column_names:
        is_linked = pc.and_(is_linked, pc.is_null(crosswalk.column("duplicate_of")))
    return crosswalk.filter(pc.and_(is_linked, pc.is_in(crosswalk.column("village_code"), value_set=villages)))


def _is_linked(residents: Snapshot, crosswalks: Sequence[Snapshot]) -> bool:
    """Pseudonyms outlive a snapshot, so links made with an older delivery of the village still hold."""
    village = f"{residents.layer}/{residents.dataset}/{residents.scope}/"
    return any(reference.startswith(village) for one in crosswalks for reference in one.origin.inputs)
