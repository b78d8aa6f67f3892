"""What figures are made from: attributes of delivered persons, links by pseudonym, SIAPKerja's tables.

Never an identifier: nothing here imports `registry.identifiers` or opens a sealed table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tenun.agreement.decision import Operation, Permit, Purpose
from tenun.agreement.delivered import refusals
from tenun.agreement.terms import RowScope
from tenun.engine import duckdb as engine
from tenun.indicators.areas import NATIONAL, upwards
from tenun.kernel import authorisation
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake
from tenun.registry.reference.values import Disability
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid
from tenun.registry.table import Table

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
    "education",
    "in_school",
)
# Asked for only where the agreement covers them; elsewhere the columns are empty, as if never delivered. The same goes
# for a column of that name of the job seekers.
OPTIONAL_PERSON_FIELDS = ("disability",)
SURVEY_FIELDS = tuple(name for name in sid.SURVEY.names() if name not in ("person_id", "village_code"))
"""Answers of the survey. A permit covers each by the name it has on a person: `survey_hours`, `surveyed_on`."""
CROSSWALK_DATASET = "sid__siapkerja"
ACCEPTED = ("nik", "probable")

EVENTS: Mapping[str, tuple[str, Table]] = {
    "profiles": (siapkerja.PROFILES_DATASET, siapkerja.PROFILES),
    "enrolments": (siapkerja.ENROLMENTS_DATASET, siapkerja.ENROLMENTS),
    "certificates": (siapkerja.CERTIFICATES_DATASET, siapkerja.CERTIFICATES),
    "layoffs": (siapkerja.LAYOFFS_DATASET, siapkerja.LAYOFFS),
    "followups": (siapkerja.FOLLOWUPS_DATASET, siapkerja.FOLLOWUPS),
    "applications": (siapkerja.APPLICATIONS_DATASET, siapkerja.APPLICATIONS),
}
"""What SIAPKerja tells by account besides: the view's name -> its dataset in the lake and its table."""

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


def on_person(field_: str) -> str:
    """Name of a survey's column beside those of the register, which has some of the same names."""
    return field_ if field_ == "surveyed_on" else f"survey_{field_}"


def was_delivered(table: str) -> str:
    """Name of the column that is true for a person of an area that this table of SIAPKerja covers, null for others."""
    return f"has_{table}"


def was_told(seekers_field: str) -> str:
    """Name of the column that is true for everyone where this column of job seekers is filled for any, else null."""
    return f"has_seekers_{seekers_field}"


def _columns(table: Table, names: Iterable[str]) -> pa.Schema:
    """Columns as they are held: words of which there are few as codes, since there are twenty million persons."""
    by_name = {column.name: column for column in table.columns}
    few = pa.dictionary(pa.int32(), pa.string())
    return pa.schema(
        [(name, few if by_name[name].code_list is not None or name in _FEW else by_name[name].type) for name in names]
    )


_FEW = ("village_code", "residence")
_REGISTER = _columns(sid.PERSONS, (*PERSON_FIELDS, *OPTIONAL_PERSON_FIELDS))
_ANSWERS = pa.schema([(on_person(one.name), one.type) for one in _columns(sid.SURVEY, SURVEY_FIELDS)])
_TOLD = tuple(name for name in OPTIONAL_PERSON_FIELDS if name in siapkerja.SEEKERS.names())
_FLAGS = pa.schema([(name, pa.bool_()) for name in (*map(was_delivered, EVENTS), *map(was_told, _TOLD))])
_ANSWERED = pa.schema([*_REGISTER, *_ANSWERS])
PERSONS = pa.schema([*_REGISTER, *_ANSWERS, *_FLAGS])
"""A person as queries see one: register, answers to the survey, and which tables of SIAPKerja cover the village."""


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
    survey: pa.Table = field(default_factory=sid.SURVEY.schema().empty_table)
    """Answers by person, also of several years: the last one of each counts. Empty where persons have theirs."""
    profiles: pa.Table = field(default_factory=siapkerja.PROFILES.schema().empty_table)
    enrolments: pa.Table = field(default_factory=siapkerja.ENROLMENTS.schema().empty_table)
    certificates: pa.Table = field(default_factory=siapkerja.CERTIFICATES.schema().empty_table)
    layoffs: pa.Table = field(default_factory=siapkerja.LAYOFFS.schema().empty_table)
    followups: pa.Table = field(default_factory=siapkerja.FOLLOWUPS.schema().empty_table)
    applications: pa.Table = field(default_factory=siapkerja.APPLICATIONS.schema().empty_table)
    events_areas: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """For each of `EVENTS` the areas that were delivered; one that is not here was not."""
    trainings: pa.Table = field(default_factory=siapkerja.TRAININGS.schema().empty_table)
    trainings_as_of: date | None = None
    trainings_areas: Sequence[str] = (NATIONAL,)
    references: Sequence[str] = ()
    """Snapshots it was read from."""
    editions: Mapping[str, str] = field(default_factory=dict)
    is_invented: bool = False
    """Whether any of it is invented."""
    not_invented: tuple[str, ...] = ()
    """Villages whose residents are not invented, where something else is."""
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Villages whose data may not be used and was therefore not read, with the codes of the reasons."""

    def __post_init__(self) -> None:
        """Persons get the columns of `PERSONS`, whoever made them: a query may ask for any."""
        told = {name for name in _TOLD if name in self.seekers.column_names and _is_told(self.seekers.column(name))}
        object.__setattr__(self, "persons", _whole_persons(self.persons, self.survey, self.events_areas, told))


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
    trainings = lake.all_current(layer=Layer.CORE, dataset=siapkerja.TRAININGS_DATASET)
    surveys = [
        one for one in lake.all_current(layer=Layer.CORE, dataset=sid.SURVEY_DATASET)
        if one.scope in left_out and not left_out[one.scope] and not refusals(permit, one)
    ]  # fmt: skip
    events = {name: lake.all_current(layer=Layer.CORE, dataset=dataset) for name, (dataset, _) in EVENTS.items()}
    used = [
        *residents, *crosswalks, *seekers, *placements, *vacancies, *trainings, *surveys,
        *chain.from_iterable(events.values()),
    ]  # fmt: skip
    lake.verify_all(used)
    is_invented = any(bool(one.details.get("invented")) for one in used)
    linked = {reference.rpartition("/")[0] for one in crosswalks for reference in one.origin.inputs}
    return Inputs(
        persons=_persons(lake, residents, surveys, permit=permit),
        links=_together((_accepted(lake.read(one, "crosswalk"), residents) for one in crosswalks), LINKS),
        seekers=_together((_allowed(lake.read(one, "seekers"), permit) for one in seekers), siapkerja.SEEKERS.schema()),
        placements=_together((lake.read(one, "placements") for one in placements), siapkerja.PLACEMENTS.schema()),
        vacancies=_together((lake.read(one, "vacancies") for one in vacancies), siapkerja.VACANCIES.schema()),
        trainings=_together((lake.read(one, "trainings") for one in trainings), siapkerja.TRAININGS.schema()),
        **{
            name: _together((lake.read(one, name) for one in events[name]), table.schema())
            for name, (_, table) in EVENTS.items()
        },
        events_areas={name: tuple(one.scope for one in found) for name, found in events.items() if found},
        deliveries={
            one.scope: Delivery(
                village_code=one.scope,
                as_of=one.as_of,
                snapshot=one.id,
                rows=one.tables["persons"].rows,
                # Pseudonyms outlive a snapshot, so links made with an older delivery of the village still hold.
                is_linked=one.reference.rpartition("/")[0] in linked,
            )
            for one in residents
        },
        seekers_as_of=min((one.as_of for one in seekers), default=None),
        vacancies_as_of=min((one.as_of for one in vacancies), default=None),
        seekers_areas=tuple(one.scope for one in seekers),
        vacancies_areas=tuple(one.scope for one in vacancies),
        trainings_as_of=min((one.as_of for one in trainings), default=None),
        trainings_areas=tuple(one.scope for one in trainings),
        references=tuple(sorted(one.reference for one in used)),
        editions={name: edition for one in used for name, edition in one.origin.editions.items()},
        is_invented=is_invented,
        not_invented=tuple(one.scope for one in residents if is_invented and not one.details.get("invented")),
        left_out={village: codes for village, codes in left_out.items() if codes},
    )


# Villages read at once: enough that a file costs little, few enough that their persons are no burden beside the others.
AT_ONCE = 2000
READERS = 2


def _persons(lake: Lake, residents: Sequence[Snapshot], surveys: Sequence[Snapshot], *, permit: Permit) -> pa.Table:
    """Everyone that the permit covers, each beside the last answers given; some villages at a time."""
    wanted = pa.schema([one for one in _REGISTER if one.name in (*PERSON_FIELDS, *permit.fields)])
    asked = {one.scope: one for one in surveys}

    def of(some: Sequence[Snapshot]) -> pa.Table:
        persons = _shaped(_read(lake, some, "persons", sid.PERSONS, wanted.names, permit.row_scope), wanted)
        answers = [asked[one.scope] for one in some if one.scope in asked]
        survey = _permitted(_last_answers(_read(lake, answers, "people", sid.SURVEY, sid.SURVEY.names())), permit)
        answered = _answered(_shaped(persons, _REGISTER), survey) if answers else _shaped(persons, _ANSWERED)
        return answered.combine_chunks()

    # What opens files, decodes and joins lets others work meanwhile.
    with ThreadPoolExecutor(READERS) as readers:
        found = readers.map(of, (residents[at : at + AT_ONCE] for at in range(0, len(residents), AT_ONCE)))
        return pa.concat_tables([_ANSWERED.empty_table(), *found])


def _read(
    lake: Lake,
    snapshots: Sequence[Snapshot],
    name: str,
    table: Table,
    columns: Sequence[str],
    scope: RowScope | None = None,
) -> pa.Table:
    """These columns of one table of several snapshots, of the rows in scope; a column that one lacks is empty."""
    schema = table.schema()
    asked = [condition.column for condition in scope.conditions] if scope else []
    needed = pa.schema([schema.field(column) for column in dict.fromkeys([*columns, *asked])])
    types = {one.name: str(one.type) for one in schema}
    is_alike = [{column["name"]: column["type"] for column in one.tables[name].columns} == types for one in snapshots]
    whole = [one for one, is_one in zip(snapshots, is_alike, strict=True) if is_one]
    others = [lake.read(one, name) for one, is_one in zip(snapshots, is_alike, strict=True) if not is_one]
    read = [_shaped(one, needed) for one in others]
    if whole:
        # Files that are all alike are read together: one by one, seventy thousand would take minutes.
        read.append(_together_read([str(lake.path(one, name)) for one in whole], needed))
    rows = pa.concat_tables([needed.empty_table(), *read])
    return (rows.filter(scope.expression()) if asked and scope else rows).select(list(columns))


def _together_read(files: Sequence[str], schema: pa.Schema) -> pa.Table:
    columns = ", ".join(f'"{name}"' for name in schema.names)
    connection = engine.connect()
    try:
        rows: pa.Table = connection.sql(
            f"SELECT {columns} FROM read_parquet($files)", params={"files": list(files)}
        ).to_arrow_table()
        return rows.cast(schema)
    finally:
        connection.close()


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


def _permitted(survey: pa.Table, permit: Permit) -> pa.Table:
    """The answers that the permit covers. The others are left behind: to the figures they were never given."""
    kept = [name for name in SURVEY_FIELDS if name in survey.column_names and on_person(name) in permit.fields]
    return survey.select(["person_id", "village_code", *kept])


def _allowed(seekers: pa.Table, permit: Permit) -> pa.Table:
    """Job seekers without what the agreement does not arrange as yet: of both parties' registers, or of neither."""
    kept = [name for name in seekers.column_names if name not in OPTIONAL_PERSON_FIELDS or name in permit.fields]
    return seekers.select(kept)


def _is_told(column: pa.ChunkedArray[Any]) -> bool:
    """Whether a list-valued column says anything of anyone."""
    return bool(set(pc.unique(column).to_pylist()) - {None, str(Disability.MISSING)})


def _whole_persons(
    persons: pa.Table, survey: pa.Table, events_areas: Mapping[str, Sequence[str]], told: Set[str]
) -> pa.Table:
    last = _last_answers(survey)
    answered = _answered(_shaped(persons, _REGISTER), last) if last.num_rows else _shaped(persons, _ANSWERED)
    for name in EVENTS:
        answered = answered.append_column(
            was_delivered(name), _covered(answered.column("village_code"), events_areas.get(name, ()))
        )
    for name in _TOLD:
        areas = (NATIONAL,) if name in told else ()
        answered = answered.append_column(was_told(name), _covered(answered.column("village_code"), areas))
    return answered


def _answered(persons: pa.Table, last: pa.Table) -> pa.Table:
    """Each person beside the last answers given; no answers where nobody asked."""
    at = pc.index_in(persons.column("person_id"), value_set=last.column("person_id").combine_chunks(), skip_nulls=True)
    given = last.select([name for name in SURVEY_FIELDS if name in last.column_names]).take(at)
    for name in given.column_names:
        persons = persons.append_column(on_person(name), given.column(name))
    return _shaped(persons, _ANSWERED)


def _last_answers(survey: pa.Table) -> pa.Table:
    """Of everyone who was asked more than once, the last answers."""
    if pc.count_distinct(survey.column("person_id")).as_py() == survey.num_rows:
        return survey
    connection = engine.connect()
    try:
        connection.register("survey", survey)
        last: pa.Table = connection.sql(
            "SELECT * FROM survey "
            "QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY surveyed_on DESC NULLS LAST) = 1"
        ).to_arrow_table()
        return last
    finally:
        connection.close()


def _covered(villages: pa.ChunkedArray[Any], areas: Sequence[str]) -> pa.ChunkedArray[Any]:
    """True for the villages within the areas, null for the others."""
    if NATIONAL in areas:
        return pa.chunked_array([pa.repeat(pa.scalar(True), len(villages))])
    villages = villages.cast(pa.string())
    listed = [code for code in pc.unique(villages).to_pylist() if code is not None and is_covered(code, areas)]
    is_listed = pc.is_in(villages, value_set=pa.array(listed, pa.string()))
    covered: pa.ChunkedArray[Any] = pc.if_else(is_listed, pa.scalar(True), pa.scalar(None, pa.bool_()))
    return covered


def _together(tables: Iterable[pa.Table], schema: pa.Schema) -> pa.Table:
    """One table of these columns; a column that a delivery left out is empty, not zero."""
    return pa.concat_tables([schema.empty_table(), *(_shaped(table, schema) for table in tables)])


def _shaped(table: pa.Table, schema: pa.Schema) -> pa.Table:
    # One empty column of each type stands for all that are missing: of twenty million persons each would be 80 MB.
    types: set[Any] = {field.type for field in schema}
    nothing = {type_: pa.nulls(table.num_rows, type_) for type_ in types}
    columns = [
        _cast(table.column(field.name), field.type) if field.name in table.column_names else nothing[field.type]
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _cast(column: pa.ChunkedArray[Any], type_: pa.DataType) -> pa.ChunkedArray[Any]:
    is_coded = pa.types.is_dictionary(type_) and not pa.types.is_dictionary(column.type)
    return column.dictionary_encode() if is_coded else column.cast(type_)


def _accepted(crosswalk: pa.Table, residents: Sequence[Snapshot]) -> pa.Table:
    """Accepted links to persons that may be used: what was linked once outlives neither its data nor the permit."""
    villages = pa.array([one.scope for one in residents], pa.string())
    is_linked = pc.is_in(crosswalk.column("match_class"), value_set=pa.array(ACCEPTED))
    # A person counts once, however many accounts are his. Crosswalks of before recipe 2 had one account a person.
    if "duplicate_of" in crosswalk.column_names:
        is_linked = pc.and_(is_linked, pc.is_null(crosswalk.column("duplicate_of")))
    return crosswalk.filter(pc.and_(is_linked, pc.is_in(crosswalk.column("village_code"), value_set=villages)))
