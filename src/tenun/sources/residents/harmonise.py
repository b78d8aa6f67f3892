"""From cells to our own values, column by column.

Every distinct text is cleaned, parsed and mapped once: a register of 100,000 people holds some thirty
distinct occupations. What is odd is noted by row and field; the person stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from tenun.registry.identifiers import FamilyCard, Nik, NikClass, PrefixHistory, check, read_family_card, read_nik
from tenun.registry.reference.code_lists import code_list, harmoniser, plain_code
from tenun.registry.reference.values import Activity, LifeStatus, Occupation, SchoolAttendance, Sex
from tenun.sources import cells, dates
from tenun.sources.dates import Doubt
from tenun.sources.frame import Frame
from tenun.sources.problems import Problem
from tenun.sources.reading import Cell
from tenun.sources.residents import rules
from tenun.sources.residents.fields import Field
from tenun.sources.rules import Rule

OLDEST_YEARS = 120

_DATE_RULES = {
    Doubt.UNREADABLE: rules.BIRTH_DATE_UNREADABLE,
    Doubt.IMPOSSIBLE: rules.BIRTH_DATE_IMPOSSIBLE,
    Doubt.YEAR_ONLY: rules.BIRTH_DATE_YEAR_ONLY,
    Doubt.TWO_DIGIT_YEAR: rules.BIRTH_DATE_TWO_DIGITS,
    Doubt.DEFAULT_SUSPECTED: rules.BIRTH_DATE_DEFAULT,
}
_IN_SCHOOL = {SchoolAttendance.ATTENDING: True, SchoolAttendance.NOT_ATTENDING: False}
_NO_MIGRANT = frozenset({"", "-", "0", "bukan pekerja migran", "tidak", "bukan", "tidak ada"})


@dataclass
class Notes:
    """What was found odd, by row: for the report, and for the column `warnings`."""

    frame: Frame
    problems: list[Problem] = field(default_factory=list)
    by_row: dict[int, list[str]] = field(default_factory=dict)

    def add(self, rule: Rule, index: int, field: str) -> None:
        frame = self.frame
        heading = frame.headings.get(field, field)
        self.problems.append(Problem(frame.file, frame.sheet, frame.rows[index], heading, rule.code))
        self.by_row.setdefault(index, []).append(rule.code)


@dataclass(frozen=True)
class Residents:
    """Harmonised columns of one frame, row by row with it."""

    notes: Notes
    names: Sequence[str]
    niks: Sequence[Nik]
    cards: Sequence[FamilyCard]
    card_texts: Sequence[str]
    family_refs: Sequence[str]
    birth_places: Sequence[str]
    birth_dates: Sequence[date | None]
    father_names: Sequence[str]
    mother_names: Sequence[str]
    addresses: Sequence[str]
    hamlets: Sequence[str]
    rws: Sequence[str]
    rts: Sequence[str]
    villages: Sequence[str]
    sex: Sequence[str]
    education: Sequence[str]
    in_school: Sequence[bool | None]
    activity: Sequence[str]
    occupation: Sequence[str]
    occupation_code: Sequence[str]
    marital_status: Sequence[str]
    life_status: Sequence[str]
    citizenship: Sequence[str]
    disability: Sequence[str]
    job_social_security: Sequence[str]
    household_role: Sequence[str]

    def __len__(self) -> int:
        return len(self.names)


def harmonise(frame: Frame, *, village: str, as_of: date, regions: PrefixHistory | None) -> Residents:
    """Our values for every row of a frame. `village` is the dotted Kemendagri code it is brought in for."""
    notes = Notes(frame)
    sex = _mapped(frame, Field.SEX, "sex", notes)
    birth_dates = _birth_dates(frame, notes, as_of)
    occupation, activity = _work(frame, notes)
    attendance = _mapped(frame, Field.SCHOOLING, "school_attendance", notes)
    return Residents(
        notes=notes,
        names=_texts(frame, Field.NAME, dash_is_empty=True),
        niks=_niks(frame, notes, village, sex, birth_dates, regions),
        cards=_cards(frame, notes, village),
        card_texts=_texts(frame, Field.FAMILY_CARD),
        family_refs=_texts(frame, Field.FAMILY_REF, dash_is_empty=True),
        birth_places=_texts(frame, Field.BIRTH_PLACE, dash_is_empty=True),
        birth_dates=birth_dates,
        father_names=_texts(frame, Field.FATHER_NAME, dash_is_empty=True),
        mother_names=_texts(frame, Field.MOTHER_NAME, dash_is_empty=True),
        addresses=_texts(frame, Field.ADDRESS, dash_is_empty=True),
        hamlets=_each(_texts(frame, Field.HAMLET), hamlet),
        rws=_texts(frame, Field.RW, dash_is_empty=True),
        rts=_texts(frame, Field.RT, dash_is_empty=True),
        villages=_texts(frame, Field.VILLAGE),
        sex=sex,
        education=_mapped(frame, Field.EDUCATION, "education", notes),
        in_school=[_IN_SCHOOL.get(value) for value in attendance],  # type: ignore[call-overload]
        activity=activity,
        occupation=occupation,
        occupation_code=_each(_texts(frame, Field.OCCUPATION), plain_code),
        marital_status=_mapped(frame, Field.MARITAL_STATUS, "marital_status", notes),
        life_status=_life_status(frame, notes),
        citizenship=_mapped(frame, Field.CITIZENSHIP, "citizenship", notes),
        disability=_mapped(frame, Field.DISABILITY, "disability", notes),
        job_social_security=_mapped(frame, Field.JOB_SOCIAL_SECURITY, "job_social_security", notes),
        household_role=_mapped(frame, Field.HOUSEHOLD_ROLE, "household_role", notes),
    )


def hamlet(text: str) -> str:
    """Upper case, underscores to blanks, the word "dusun" in front cut off; `-` is none."""
    name = " ".join(text.replace("_", " ").upper().split())
    for word in ("DUSUN. ", "DUSUN ", "DSN. ", "DSN "):
        name = name.removeprefix(word)
    return "" if name in ("-", "0", "DUSUN") else name


# --- columns -----------------------------------------------------------------------------------


def _column(frame: Frame, field: str) -> Sequence[Cell]:
    return frame.columns.get(field) or [""] * len(frame)


def _texts(frame: Frame, field: str, *, dash_is_empty: bool = False) -> list[str]:
    found = frame.columns.get(field)
    if found is None:
        return [""] * len(frame)
    column = cells.texts(found)
    return ["" if text in ("-", "0") else text for text in column] if dash_is_empty else column


def _each(column: Iterable[str], change: Callable[[str], str]) -> list[str]:
    known: dict[str, str] = {}
    result = []
    for text in column:
        changed = known.get(text)
        if changed is None:
            changed = known[text] = change(text)
        result.append(changed)
    return result


def _mapped(frame: Frame, field: str, concept: str, notes: Notes) -> list[str]:
    """A coded column; a text that the list does not know is noted, and its value is `unmapped`."""
    found = frame.columns.get(field)
    if found is None:
        return ["missing"] * len(frame)
    read = harmoniser(frame.code_source, concept)
    values = {cell: str(read(cell).value) for cell in set(found)}
    column = [values[cell] for cell in found]
    if "unmapped" in column:
        known = _known_without_counterpart(frame.code_source, concept)
        for index, value in enumerate(column):
            if value == "unmapped" and _label_key(found[index]) not in known:
                notes.add(rules.UNKNOWN_VALUE[concept], index, field)
    return column


def _known_without_counterpart(source: str, concept: str) -> frozenset[str]:
    """Codes and labels that the source's list does have, and ours has no place for: nothing to correct."""
    entries = [entry for entry in code_list(source, concept).codes if entry.value.value == "unmapped"]
    return frozenset(
        _label_key(spelling)
        for entry in entries
        for spelling in (entry.code or entry.label, entry.label, *entry.aliases)
    )


def _label_key(cell: Cell) -> str:
    return "".join(plain_code(cell).split()).casefold()


def _work(frame: Frame, notes: Notes) -> tuple[list[str], list[str]]:
    """Occupation and activity. A family card tells the second only through the first."""
    occupation = _mapped(frame, Field.OCCUPATION, "occupation", notes)
    if Field.ACTIVITY in frame.columns:
        activity = _mapped(frame, Field.ACTIVITY, "activity", notes)
    elif frame.code_source == "opensid":
        read = harmoniser(frame.code_source, "activity")
        activity = [read(cell).value for cell in _column(frame, Field.OCCUPATION)]
    else:
        activity = ["missing"] * len(frame)
    for index, text in enumerate(_texts(frame, Field.MIGRANT_WORK) if Field.MIGRANT_WORK in frame.columns else ()):
        if text.casefold() not in _NO_MIGRANT:
            occupation[index], activity[index] = Occupation.MIGRANT_WORKER.value, Activity.WORKING.value
    return occupation, activity


def _life_status(frame: Frame, notes: Notes) -> list[str]:
    """A file without this column lists current residents, and an empty cell means the village system's default."""
    if Field.LIFE_STATUS not in frame.columns:
        return [LifeStatus.ALIVE.value] * len(frame)
    column = _mapped(frame, Field.LIFE_STATUS, "life_status", notes)
    return [LifeStatus.ALIVE.value if value == "missing" else value for value in column]


def _birth_dates(frame: Frame, notes: Notes, as_of: date) -> list[date | None]:
    born: list[date | None] = []
    for index, (found, doubt) in enumerate(dates.read_column(_column(frame, Field.BIRTH_DATE), until=as_of)):
        born.append(found)
        if doubt is not None:
            notes.add(_DATE_RULES[doubt], index, Field.BIRTH_DATE)
        elif found is None and Field.BIRTH_DATE in frame.columns:
            notes.add(rules.BIRTH_DATE_MISSING, index, Field.BIRTH_DATE)
        elif found is not None and as_of.year - found.year > OLDEST_YEARS:
            notes.add(rules.BIRTH_DATE_FAR, index, Field.BIRTH_DATE)
    return born


# --- numbers -----------------------------------------------------------------------------------


def _niks(
    frame: Frame,
    notes: Notes,
    village: str,
    sex: Sequence[str],
    birth_dates: Sequence[date | None],
    regions: PrefixHistory | None,
) -> list[Nik]:
    niks = [read_nik(_number_cell(cell), village=village) for cell in _column(frame, Field.NIK)]
    if Field.NIK not in frame.columns:
        return niks
    prefixes = _Prefixes(regions) if regions is not None else None
    for index, nik in enumerate(niks):
        if nik.nik_class is NikClass.VALID:
            found = check(nik, sex=Sex(sex[index]), birth_date=birth_dates[index], regions=prefixes)
            for code in (*nik.warnings, *found):
                notes.add(rules.NIK_RULES[code], index, Field.NIK)
        else:
            for code in (nik.nik_class, *nik.warnings):
                notes.add(rules.NIK_RULES[code], index, Field.NIK)
    return niks


def _cards(frame: Frame, notes: Notes, village: str) -> list[FamilyCard]:
    found = frame.columns.get(Field.FAMILY_CARD)
    if found is None:
        return [read_family_card("")] * len(frame)
    known: dict[Cell, FamilyCard] = {}
    cards = []
    for index, cell in enumerate(found):
        card = known.get(cell)
        if card is None:
            card = known[cell] = read_family_card(_number_cell(cell), village=village)
        cards.append(card)
        if card.nik_class is not NikClass.VALID or card.warnings:
            classes = () if card.nik_class is NikClass.VALID else (str(card.nik_class),)
            for code in (*classes, *card.warnings):
                notes.add(rules.FAMILY_CARD_RULES[code], index, Field.FAMILY_CARD)
    return cards


def _number_cell(cell: Cell) -> object:
    """Numbers go as they are, for what a number cell did to them; text without what stands around it."""
    return cell if cell.__class__ is not str or (len(cell) == 16 and cell.isdigit()) else cells.text(cell)


class _Prefixes:
    """Remembers what the region register answers: a village has a few dozen prefixes, not thousands."""

    def __init__(self, regions: PrefixHistory) -> None:
        self._regions = regions
        self._current: dict[str, bool] = {}
        self._retired: dict[str, bool] = {}

    def is_district_prefix(self, digits: str) -> bool:
        if digits not in self._current:
            self._current[digits] = self._regions.is_district_prefix(digits)
        return self._current[digits]

    def is_retired_prefix(self, digits: str) -> bool:
        if digits not in self._retired:
            self._retired[digits] = self._regions.is_retired_prefix(digits)
        return self._retired[digits]
