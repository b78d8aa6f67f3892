"""Where a figure comes from, all the way back (Pasal 8): figure, snapshot, recipe and definition, agreement, the
snapshots that went in, and the files of either party by their SHA-256.

way = provenance.of_value(lake, results.snapshot, results.definitions["B1"], results.value("B1", "52.01.14.2005"))
where_from.sections(way, "id")                                # for a page or a terminal: headings and facts
prov_json.document(way)                                       # W3C PROV-JSON

It reads manifests, never a row. Names of files are in no manifest, since people put names of people into them. What is
told is the same every time as long as the lake holds the same snapshots.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from tenun.agreement.vocabulary import Party
from tenun.indicators.areas import upwards
from tenun.indicators.definition import Definition, Source
from tenun.indicators.inputs import EVENTS
from tenun.indicators.results import Value
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.lake.snapshot import Layer, Snapshot, SourceFile
from tenun.lake.store import Lake, SnapshotAltered, SnapshotMissing
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid

LISTED_MAX = 500
"""Snapshots that are walked one by one. Of a province there are thousands: the others are counted, and known by a
digest over their references, and each is listed with the figures of its own area."""

# The tables that a definition reads -> the datasets that they are made of.
_TABLES: Mapping[str, str] = {
    "persons": sid.DATASET,
    "adults": sid.DATASET,
    "seekers": siapkerja.SEEKERS_DATASET,
    "placements": siapkerja.PLACEMENTS_DATASET,
    "vacancies": siapkerja.VACANCIES_DATASET,
    "trainings": siapkerja.TRAININGS_DATASET,
    "deliveries": sid.DATASET,
    "survey": sid.SURVEY_DATASET,
    **{name: dataset for name, (dataset, _) in EVENTS.items()},
}


class Owner(StrEnum):
    """Whose it is by Pasal 8: what each party had stays its own, what came of the agreement is of both."""

    DESA = "desa"
    NAKER = "naker"
    BOTH = "both"


OWNERS: Mapping[Owner, tuple[str, str]] = {
    Owner.DESA: ("Kemendesa (Pasal 8(1))", "Kemendesa (Pasal 8(1))"),
    Owner.NAKER: ("Kemnaker (Pasal 8(1))", "Kemnaker (Pasal 8(1))"),
    Owner.BOTH: ("PARA PIHAK bersama (Pasal 8(2))", "both parties together (Pasal 8(2))"),
}
LICENCES: Mapping[Owner, tuple[str, str]] = {
    Owner.DESA: (
        "Milik Kemendesa; dipakai Kemnaker hanya untuk tujuan perjanjian (Pasal 7(1)), tanpa hak meneruskan.",
        "Kemendesa's own; used by Kemnaker for the purposes of the agreement only (Pasal 7(1)), not to be passed on.",
    ),
    Owner.NAKER: (
        "Milik Kemnaker; dipakai Kemendesa hanya untuk tujuan perjanjian (Pasal 7(1)), tanpa hak meneruskan.",
        "Kemnaker's own; used by Kemendesa for the purposes of the agreement only (Pasal 7(1)), not to be passed on.",
    ),
    Owner.BOTH: (
        "Milik bersama; kepada pihak lain hanya dengan persetujuan tertulis kedua PIHAK (Pasal 7(2)).",
        "Owned together; to others only with the written consent of both parties (Pasal 7(2)).",
    ),
}


class Standing(StrEnum):
    """What can be said of a snapshot today."""

    HERE = "here"
    """Its manifest is in this lake and consistent with itself."""
    GONE = "gone"
    """Named, and no longer in this lake: deleted by order, or lost."""
    ALTERED = "altered"
    """A file of it is not what the manifest says, or the manifest is not what its name says."""
    THEIRS = "theirs"
    """In the other party's lake; this one holds what was made of it."""


STANDINGS: Mapping[Standing, tuple[str, str]] = {
    Standing.HERE: ("ada di simpul ini", "at this node"),
    Standing.GONE: ("sudah tidak ada di simpul ini", "no longer at this node"),
    Standing.ALTERED: ("TIDAK SAMA dengan manifesnya", "NOT EQUAL to its manifest"),
    Standing.THEIRS: ("di simpul PIHAK lain", "at the other party's node"),
}


@dataclass(frozen=True)
class Step:
    """One snapshot on the way."""

    reference: str
    """`layer/dataset/scope/id`; of the other party's with its name before, `desa:core/…`."""
    owner: Owner
    standing: Standing
    as_of: date | None = None
    recipe: str = ""
    tables: Mapping[str, str] = field(default_factory=dict)
    """Name -> SHA-256 of its content."""
    files: Sequence[SourceFile] = ()
    inputs: Sequence[str] = ()
    """References of the steps before it that are on this way."""
    editions: Mapping[str, str] = field(default_factory=dict)
    pack: str = ""
    """Id of the signed pack in which it was handed over; empty where it was not."""
    received_on: str = ""
    is_invented: bool = False

    @property
    def is_raw(self) -> bool:
        return bool(self.files)


@dataclass(frozen=True)
class Way:
    """The whole way of one figure."""

    value: Value
    definition: Definition
    definition_digest: str
    """As the snapshot's origin has it, which its id follows from; empty where the origin has none."""
    snapshot: Step
    agreement: str
    agreement_number: str
    agreement_rev: str
    rule_version: str
    steps: Mapping[str, Step]
    """Everything that went in, by reference, in the order it was met: nearest to the figure first."""
    unlisted: int = 0
    """How many more snapshots went in than are listed."""
    unlisted_digest: str = ""

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """Every file at the far end, each once."""
        return tuple({one.sha256: one for step in self.steps.values() for one in step.files}.values())

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Whose data went in, without what came of the agreement itself."""
        found = {step.owner for step in self.steps.values()}
        return tuple(owner for owner in (Owner.DESA, Owner.NAKER) if owner in found)

    @property
    def is_whole(self) -> bool:
        """Whether everything on the way is there and unaltered, as far as this node can tell."""
        standings = {step.standing for step in (self.snapshot, *self.steps.values())}
        return not standings & {Standing.GONE, Standing.ALTERED}


@implements("8(1)", "8(2)", control="Every figure leads back to the files it was made of, their owner and conditions.")
def of_value(
    lake: Lake,
    snapshot: Snapshot,
    definition: Definition,
    value: Value,
    *,
    is_verified: bool = False,
    listed_max: int = LISTED_MAX,
) -> Way:
    """Walk from a figure of a snapshot back to files. With `is_verified` the files of all that is listed are hashed.

    A snapshot that is gone or altered is a step that says so, not an error: the way of a figure is asked for most of
    all when something is wrong.
    """
    walker = _Walker(lake, value.area_code, is_verified=is_verified, listed_max=listed_max)
    first = [one for one in snapshot.origin.inputs if _concerns(one, definition) and _is_around(one, value.area_code)]
    walker.walk(first)
    return Way(
        value=value,
        definition=definition,
        definition_digest=str(snapshot.origin.settings.get("definitions", {}).get(definition.id, "")),
        snapshot=walker.step_of(snapshot, inputs=[one for one in first if one in walker.steps]),
        agreement=str(snapshot.details.get("agreement", "")),
        agreement_number=str(snapshot.details["agreement_number"]),
        agreement_rev=str(snapshot.details["agreement_rev"]),
        rule_version=value.rule_version,
        steps=walker.steps,
        unlisted=len(walker.unlisted),
        unlisted_digest=canonical_json.digest(sorted(walker.unlisted)) if walker.unlisted else "",
    )


class _Walker:
    """Breadth first, so that what is nearest to the figure is listed before what is far."""

    def __init__(self, lake: Lake, area_code: str, *, is_verified: bool, listed_max: int) -> None:
        self.lake = lake
        self.area_code = area_code
        self.is_verified = is_verified
        self.listed_max = listed_max
        self.steps: dict[str, Step] = {}
        self.unlisted: set[str] = set()

    def walk(self, references: Sequence[str]) -> None:
        waiting = list(references)
        while waiting:
            reference = waiting.pop(0)
            if reference in self.steps:
                continue
            if len(self.steps) >= self.listed_max:
                self.unlisted.add(reference)
                continue
            step = self._step(reference)
            self.steps[reference] = step
            waiting += step.inputs

    def step_of(self, snapshot: Snapshot, *, inputs: Sequence[str]) -> Step:
        received = snapshot.details.get("received", {})
        return Step(
            reference=snapshot.reference,
            owner=_owner(snapshot.reference),
            standing=self._standing(snapshot),
            as_of=snapshot.as_of,
            recipe=snapshot.origin.recipe,
            tables={name: table.content_sha256 for name, table in sorted(snapshot.tables.items())},
            files=tuple(snapshot.origin.sources),
            inputs=tuple(inputs),
            editions=dict(snapshot.origin.editions),
            pack=str(received.get("pack", "")),
            received_on=str(received.get("on", "")),
            is_invented=bool(snapshot.details.get("invented")),
        )

    def _step(self, reference: str) -> Step:
        if _is_foreign(reference):
            return Step(reference, _owner(reference), Standing.THEIRS)
        layer, dataset, scope, id = reference.split("/")
        try:
            snapshot = self.lake.get(layer=Layer(layer), dataset=dataset, scope=scope, id=id)
        except SnapshotMissing:
            return Step(reference, _owner(reference), Standing.GONE)
        except SnapshotAltered:
            return Step(reference, _owner(reference), Standing.ALTERED)
        return self.step_of(snapshot, inputs=list(self._before(snapshot)))

    def _before(self, snapshot: Snapshot) -> Iterator[str]:
        """What a snapshot was built from: its inputs, and the raw rows that an ingest kept beside it."""
        raw = snapshot.details.get("raw")
        told = [*snapshot.origin.inputs, *([str(raw)] if raw else [])]
        # A crosswalk is made of every village; of this figure's way are those of its area.
        yield from (one for one in dict.fromkeys(told) if _is_around(one, self.area_code))

    def _standing(self, snapshot: Snapshot) -> Standing:
        if not self.is_verified:
            return Standing.HERE
        try:
            self.lake.verify(snapshot)
        except SnapshotAltered:
            return Standing.ALTERED
        return Standing.HERE


def _concerns(reference: str, definition: Definition) -> bool:
    """Whether that input can have gone into a figure of the indicator."""
    layer, dataset, *_ = reference.partition(":")[2].split("/") if _is_foreign(reference) else reference.split("/")
    # A joined figure is withheld where too few accounts are linked: then links and accounts are on its way too.
    is_joined = "links" in definition.fields or definition.match_rate_min is not None
    if layer == Layer.LINK:
        return is_joined
    read = {_TABLES[table] for table in definition.fields if table in _TABLES}
    if is_joined:
        read |= {sid.DATASET, siapkerja.SEEKERS_DATASET}
    if dataset in _TABLES.values():
        return dataset in read
    source = Source.SID if dataset.startswith("sid") else Source.SIAPKERJA
    return source in definition.sources


def _is_around(reference: str, area_code: str) -> bool:
    """Whether a snapshot is of a place inside the area, or of one that the area is inside of."""
    parts = reference.rpartition(":")[2].split("/")
    scope = parts[2] if len(parts) == 4 else ""
    return not scope or area_code in upwards(scope) or scope in upwards(area_code)


def _is_foreign(reference: str) -> bool:
    return reference.partition(":")[0] in set(Party)


def _owner(reference: str) -> Owner:
    provider, _, rest = reference.rpartition(":")
    if provider:
        return Owner(provider)
    layer, dataset, *_ = rest.split("/")
    if layer in (Layer.LINK, Layer.OUT):
        return Owner.BOTH
    return Owner.DESA if dataset.startswith("sid") else Owner.NAKER
