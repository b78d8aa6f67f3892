"""What an indicator is: everything a reader must know before believing it, checked against a closed schema.

One folder an indicator: `definition.yaml` (this schema), `query.sql` (the formula), `example.yaml` (what it
gives on a table small enough to add up by hand). The items are those that Perpres 39/2019 and Permenaker
15/2020 (Format A) ask of statistical metadata, and what an agreement between two ministries needs besides.
"""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from tenun.disclosure.profile import DisclosureClass
from tenun.indicators.areas import Level
from tenun.kernel import canonical_json
from tenun.kernel.errors import TenunError

FOLDER = Path(os.environ.get("TENUN_ROOT", Path(__file__).resolve().parents[3])) / "indicators"

# Sakernas alone may carry these names: SID has no question block on looking for work (mission, second of the
# five things). The definition refuses to load with one of them in a name, at any level.
NAMES_OF_THE_SURVEY = re.compile(
    r"\b(TPT|TPAK|tingkat pengangguran terbuka|tingkat partisipasi angkatan kerja|"
    r"(open )?unemployment rate|labou?r force participation rate)\b",
    re.IGNORECASE,
)

_USES = re.compile(r"-- uses: ([a-z_, ]+)")
_TABLE = re.compile(r"^-- table: ([a-z_]+)(?: \(uses ([a-z_, ]+)\))?$", re.MULTILINE)


class DefinitionInvalid(TenunError):
    """An indicator's folder does not say what it must, or says something nobody knows."""

    code = "indicators.definition_invalid"
    text_id = "Definisi indikator {file}: bagian {field} tidak sah ({reason})."
    text_en = "Indicator definition {file}: {field} is not valid ({reason})."
    remedy_id = "Perbaiki bagian itu; daftar bagian ada di docs/decisions/2026-11-24-indicators.md."
    remedy_en = "Correct that item; the items are listed in docs/decisions/2026-11-24-indicators.md."


class IndicatorUnknown(TenunError):
    code = "indicators.unknown"
    text_id = "Indikator {indicator} tidak ada."
    text_en = "There is no indicator {indicator}."
    remedy_id = "Lihat daftarnya dengan `tenun indicators list`."
    remedy_en = "See them with `tenun indicators list`."


class Kind(StrEnum):
    COUNT = "count"
    """Persons, added over areas."""
    RATE = "rate"
    """Numerator in a hundred of the denominator; both are added over areas before dividing."""
    SUPPLY = "supply"
    """Things within reach of an area, counted by regency: the same for all that lies within one regency."""
    SUPPLY_RATE = "supply_rate"
    """Numerator in a hundred of the denominator, both of them supplies."""
    RATIO = "ratio"
    """Persons to each thing within reach: a count of persons over a supply. Hidden wherever that count is hidden."""
    MEDIAN = "median"
    """The middle of a quantity of things. Middles do not add up, so the query tells that of every area itself."""


class Unit(StrEnum):
    PERSON = "orang"
    PERCENT = "%"
    PER_MILLE = "per 1.000"
    PLACE = "tempat kerja"
    SEAT = "kursi"
    PERSONS_PER_PLACE = "orang per tempat kerja"
    DAY = "hari"
    RUPIAH = "rupiah per bulan"


class Direction(StrEnum):
    HIGHER_IS_BETTER = "higher_is_better"
    LOWER_IS_BETTER = "lower_is_better"
    NEUTRAL = "neutral"


class Source(StrEnum):
    SID = "sid"
    SIAPKERJA = "siapkerja"


class Owner(StrEnum):
    DESA = "desa"
    NAKER = "naker"


class Breakdown(StrEnum):
    SEX = "sex"
    AGE_GROUP = "age_group"
    EDUCATION = "education"
    SEEKER_KIND = "seeker_kind"


# In the order of a page. `missing` stands in every list: categories must add up to the total.
CATEGORIES: Mapping[Breakdown, tuple[str, ...]] = {
    Breakdown.SEX: ("male", "female", "missing"),
    Breakdown.AGE_GROUP: ("15-24", "25-59", "60+"),
    Breakdown.EDUCATION: ("below_primary", "primary", "lower_secondary", "upper_secondary", "tertiary", "missing"),
    Breakdown.SEEKER_KIND: ("employed", "worked_before", "no_work_recorded", "missing"),
}
SCALES: Mapping[Unit, int] = {Unit.PERCENT: 100, Unit.PER_MILLE: 1000}
"""Units of shares: by how much the share is multiplied."""
SUPPLIES = ("vacancies", "trainings")
"""Tables of things that are counted by regency."""
_OF_SUPPLIES = (Kind.SUPPLY, Kind.SUPPLY_RATE, Kind.RATIO)

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Item):
    """The same in Indonesian and English."""

    id: Line
    en: Line

    def said(self, language: str) -> str:
        return self.id if language == "id" else self.en


class Lines(_Item):
    id: tuple[Line, ...] = Field(min_length=1)
    en: tuple[Line, ...] = Field(min_length=1)

    def said(self, language: str) -> tuple[str, ...]:
        return self.id if language == "id" else self.en

    @model_validator(mode="after")
    def _are_pairs(self) -> Self:
        if len(self.id) != len(self.en):
            raise ValueError("as many lines in Indonesian as in English")
        return self


class Disclosure(_Item):
    class_: DisclosureClass = Field(alias="class")
    whole: Line | None = None
    """The count that numerator, rest and unknown of a rate add up to: an indicator, or `B1.numerator`. Where that
    is hidden this is hidden too, since the whole could be added up from its parts."""


class Rhythm(_Item):
    every: Words
    stale_after_days: int = Field(gt=0)


class Change(_Item):
    version: int = Field(gt=0)
    date: datetime.date
    change: Words


class Definition(_Item):
    id: Annotated[str, StringConstraints(pattern=r"^[A-H][1-9][0-9]?$")]
    version: int = Field(gt=0)
    names: Words
    concept: Words
    definition: Words
    classification: Words
    measure: Words
    kind: Kind
    unit: Unit
    reference: Words
    numerator: Words
    denominator: Words | None
    fields: Mapping[str, tuple[Line, ...]]
    """Table -> columns that the query reads."""
    needs_filled: tuple[Line, ...] = ()
    """Columns of persons without which a village's figure is `nc`: its file had no such column, or nothing in it."""
    population: Words
    levels: tuple[Level, ...] = Field(min_length=1)
    breakdowns: Mapping[Level, tuple[Breakdown, ...]]
    disclosure: Disclosure
    match_rate_min: float | None = Field(default=None, gt=0, lt=1)
    """Withheld where a smaller share of the accounts that claim the village could be linked."""
    sources: tuple[Source, ...] = Field(min_length=1)
    direction: Direction
    owner: Owner
    first_period: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}$")]
    rhythm: Rhythm
    parameters: Mapping[str, int] = Field(default_factory=dict)
    caveats: Lines
    is_not: Words
    bps_indicator: Words
    changelog: tuple[Change, ...] = Field(min_length=1)
    query: str = Field(exclude=False)
    """The text of `query.sql`, with what it uses of `common.sql` before it."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if NAMES_OF_THE_SURVEY.search(f"{self.names.id} {self.names.en}"):
            raise ValueError("names: the survey's names are not for administrative figures")
        if self.is_sum != (self.denominator is None):
            raise ValueError("denominator: a number has none, everything else has")
        if self.is_share != (self.unit in SCALES):
            raise ValueError("unit: a rate is in % or per 1.000, nothing else is")
        if len([one for one in SUPPLIES if one in self.fields]) > 1 or (self.kind in _OF_SUPPLIES and not self.supply):
            raise ValueError("fields: one table of things within reach")
        class_ = self.disclosure.class_
        if self.kind is Kind.RATE and class_ not in (DisclosureClass.R2, DisclosureClass.R3):
            raise ValueError("disclosure.class: a rate is R2, or R3 where it is sensitive")
        if self.kind is not Kind.RATE and class_ is DisclosureClass.R2:
            raise ValueError("disclosure.class: R2 is for rates")
        if class_ is DisclosureClass.R3 and Level.VILLAGE in self.levels:
            raise ValueError("levels: R3 is for districts and up")
        if self.is_of_things != (self.disclosure.class_ is DisclosureClass.R0):
            raise ValueError("disclosure.class: R0 is for what counts no persons")
        # The things are known to everyone, so that a ratio tells the persons exactly.
        if self.kind is Kind.RATIO and (class_ is not DisclosureClass.R1 or self.disclosure.whole is None):
            raise ValueError("disclosure: a ratio is R1 and names the count that it is hidden with")
        if self.kind is Kind.RATIO and {Level.VILLAGE, Level.DISTRICT} & set(self.levels):
            raise ValueError("levels: things within reach are counted by regency, so a ratio is for regencies and up")
        if self.disclosure.class_ is DisclosureClass.R4:
            raise ValueError("disclosure.class: R4 is about one person and never a statistic")
        if self.kind is not Kind.COUNT and any(self.breakdowns.values()):
            raise ValueError("breakdowns: only a count is broken down")
        if not set(self.breakdowns) <= set(self.levels):
            raise ValueError("breakdowns: for a level that is not among levels")
        if self.changelog[-1].version != self.version:
            raise ValueError("changelog: its last entry is not of this version")
        return self

    @property
    def is_of_things(self) -> bool:
        """No persons inside: shown as it is, to whoever may see the indicator."""
        return self.kind in (Kind.SUPPLY, Kind.SUPPLY_RATE, Kind.MEDIAN)

    @property
    def is_sum(self) -> bool:
        """A number of persons or things, which that of the areas within may be compared with by size."""
        return self.kind in (Kind.COUNT, Kind.SUPPLY)

    @property
    def is_share(self) -> bool:
        """The numerator is part of the denominator."""
        return self.kind in (Kind.RATE, Kind.SUPPLY_RATE)

    @property
    def is_quotient(self) -> bool:
        """The figure is the numerator divided by the denominator, times `scale`."""
        return self.is_share or self.kind is Kind.RATIO

    @property
    def supply(self) -> str | None:
        """The table of things within reach that it counts, or divides by; those are counted by regency."""
        return next((one for one in SUPPLIES if one in self.fields), None)

    @property
    def scale(self) -> int:
        """What a share is multiplied by to give the rate: 100 or 1000; 1 for what is no share."""
        return SCALES.get(self.unit, 1)

    @property
    def breakdown_dimensions(self) -> tuple[Breakdown, ...]:
        """Every dimension that some level is broken down by, in a fixed order."""
        return tuple(one for one in Breakdown if any(one in listed for listed in self.breakdowns.values()))

    def slots(self, level: Level | None = None) -> tuple[tuple[str, str], ...]:
        """Breakdown and category of every figure there is for an area: the total, then each category.

        For one level those that are published there; for None all that are computed.
        """
        dimensions = self.breakdown_dimensions if level is None else self.breakdowns.get(level, ())
        return (("", ""), *((str(one), category) for one in dimensions for category in CATEGORIES[one]))

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)

    def digest(self) -> str:
        """Changes with every letter of the definition or of its query, and with nothing else: not with the order of
        keys in the file."""
        return canonical_json.digest(self.as_json())


def load(folder: Path) -> Definition:
    """One indicator. Raises `DefinitionInvalid` naming file and item."""
    file = folder / "definition.yaml"
    content = read_yaml(file)
    if not isinstance(content, dict) or "query" in content:
        raise DefinitionInvalid(file=_short(file), field="query" if isinstance(content, dict) else "-", reason="shape")
    try:
        query = (folder / "query.sql").read_text("utf-8")
    except FileNotFoundError as problem:
        raise DefinitionInvalid(file=_short(folder / "query.sql"), field="-", reason="missing") from problem
    query = _with_common(query, folder)
    try:
        definition = Definition.model_validate({**content, "query": query})
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "-"
        raise DefinitionInvalid(file=_short(file), field=field, reason=first["msg"]) from problem
    if folder.name.partition("-")[0] != definition.id.lower():
        raise DefinitionInvalid(file=_short(file), field="id", reason="the folder is named for another")
    return definition


def load_all(folder: Path = FOLDER) -> dict[str, Definition]:
    """Every indicator below the folder, in the order of the catalogue (A1, A2, ... B1, ... B10)."""
    found = [load(path.parent) for path in folder.glob("*/definition.yaml")]
    if not found:
        raise DefinitionInvalid(file=folder.name, field="-", reason="no definition below it")
    definitions = {one.id: one for one in sorted(found, key=lambda one: (one.id[0], int(one.id[1:])))}
    if len(definitions) != len(found):
        raise DefinitionInvalid(file=folder.name, field="id", reason="two folders define the same id")
    for definition in found:
        whole = definition.disclosure.whole
        if whole is not None and whole.partition(".")[0] not in definitions:
            raise DefinitionInvalid(file=f"{definition.id}", field="disclosure.whole", reason="no such indicator")
    return definitions


def from_json(content: Any) -> Definition:
    """A definition as a snapshot carries it: the one its figures were computed with."""
    return Definition.model_validate(content)


def read_yaml(file: Path) -> Any:
    """YAML in which a key stands once. Raises `DefinitionInvalid`."""
    try:
        return yaml.load(file.read_text("utf-8"), Loader=_OnceLoader)  # noqa: S506 - a subclass of SafeLoader
    except FileNotFoundError as problem:
        raise DefinitionInvalid(file=_short(file), field="-", reason="missing") from problem
    except yaml.YAMLError as problem:
        raise DefinitionInvalid(file=_short(file), field="-", reason="not YAML, or a key stands twice") from problem


def _with_common(query: str, folder: Path) -> str:
    """The query behind the tables of `common.sql` that its first line names, so that it stands alone in a snapshot.

    `-- uses: answered, seeking` opens a query; `-- table: seeking (uses active)` opens a table of `common.sql`.
    """
    first, _, body = query.partition("\n")
    asked = _USES.fullmatch(first)
    if asked is None:
        return query
    try:
        known = _common_tables((folder.parent / "common.sql").read_text("utf-8"))
    except FileNotFoundError as problem:
        raise DefinitionInvalid(file="common.sql", field="-", reason="missing") from problem
    wanted = _names(asked[1])
    unknown = wanted - known.keys()
    if unknown:
        raise DefinitionInvalid(file=_short(folder / "query.sql"), field=min(unknown), reason="not in common.sql")
    for name in reversed(known):
        if name in wanted:
            wanted |= known[name][0]
    tables = ",\n".join(f"{name} AS (\n{text}\n)" for name, (_, text) in known.items() if name in wanted)
    # The query's own tables follow in the same list.
    own = body.removeprefix("WITH ")
    return f"WITH\n{tables}{',' if own != body else ''}\n{own}"


def _common_tables(text: str) -> dict[str, tuple[set[str], str]]:
    """Name -> what it uses, and its query; in the order of the file, where a table uses only those above it."""
    _, *parts = _TABLE.split(text)
    groups = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return {name: (_names(uses or ""), body.strip()) for name, uses, body in groups}


def _names(text: str) -> set[str]:
    return {name.strip() for name in text.split(",") if name.strip()}


class _OnceLoader(yaml.SafeLoader):
    """Refuses a key that stands twice, of which YAML readers silently keep the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(set(keys)) != len(keys):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def _short(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"
