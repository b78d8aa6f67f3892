"""Code lists of the sources, and the one explicit mapping of each to our own values.

The same number means another thing in another source (1 is "married" in SDGs Desa and "never married"
at Dukcapil), so a code is read with its source and never without. What has no counterpart is
`unmapped`; where nothing was given it is `missing`; neither is ever guessed.

The lists are the files `codes/{source}.yaml`, each with its edition and where it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

import yaml

from tenun.kernel.errors import TenunError
from tenun.registry.reference import values

CONCEPTS: Mapping[str, type[StrEnum]] = {
    "sex": values.Sex,
    "marital_status": values.MaritalStatus,
    "education": values.Education,
    "school_attendance": values.SchoolAttendance,
    "activity": values.Activity,
    "occupation": values.Occupation,
    "employment_status": values.EmploymentStatus,
    "disability": values.Disability,
    "job_social_security": values.JobSocialSecurity,
    "life_status": values.LifeStatus,
    "citizenship": values.Citizenship,
    "household_role": values.HouseholdRole,
}
"""Concept -> the harmonised list it maps to."""

SOURCES = ("sdgs_desa", "opensid", "regsosek", "wlkp", "karirhub", "siapkerja")

# Distinct raw values a mapper remembers. Free text could be endless, and may hold a number of a person.
_REMEMBERED_MAX = 4096
# A membership number of BPJS Ketenagakerjaan has eleven digits, an older one eight or more.
_MEMBERSHIP_DIGITS_MIN = 8
# What stands in a cell for "nothing was given". OpenKab answers TIDAK TAHU, once TIDAK TAHUN.
_NOTHING = frozenset({"", "-", "--", "null", "none", "nan", "n/a", "\\n", "tidaktahu", "tidaktahun", "tdkth"})


class UnknownCodeList(TenunError):
    """A program asked for a list that no source has."""

    code = "reference.unknown_code_list"
    text_id = "Tidak ada daftar kode {concept} untuk sumber {source}."
    text_en = "There is no code list {concept} for the source {source}."
    remedy_id = "Daftar yang ada: {known}."
    remedy_en = "Lists at hand: {known}."


class CodeListFaulty(TenunError):
    """A list file contradicts itself. A fault of ours, found when the list is first opened."""

    code = "reference.code_list_faulty"
    text_id = "Daftar kode {concept} dari {source} keliru pada {entry}: {rule}."
    text_en = "The code list {concept} of {source} is at fault at {entry}: {rule}."
    remedy_id = "Perbaiki berkas daftar kode itu."
    remedy_en = "Correct that list's file."


@dataclass(frozen=True)
class Code:
    """One entry of a source's list. `code` is null where the source gives names only."""

    code: str | None
    label: str
    value: StrEnum
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeList:
    """A source's list for one concept."""

    source: str
    concept: str
    edition: str
    origin_id: str
    origin_en: str
    codes: tuple[Code, ...]
    question: str | None = None
    bits: tuple[int, ...] = ()
    """Where a code is a sum: the addends it may be made of."""
    bits_value: StrEnum | None = None
    membership_value: StrEnum | None = None
    """Where a cell may hold a membership number: what having one means."""
    _by_key: Mapping[str, StrEnum] = field(default_factory=dict, repr=False)

    @property
    def values(self) -> type[StrEnum]:
        return CONCEPTS[self.concept]

    @property
    def edition_name(self) -> str:
        """`opensid.education` is at edition `2026-06`: what a snapshot's manifest records."""
        return f"{self.source}.{self.concept}"

    def label(self, code: str) -> str | None:
        """The source's own label of a code."""
        return next((entry.label for entry in self.codes if entry.code == code), None)

    def harmonise(self, raw: object) -> StrEnum:
        """Our value for a code or label. `unmapped` for what the list does not know, `missing` for nothing."""
        text = plain_code(raw)
        key = _key(text)
        known = self._by_key.get(key)
        if known is not None:
            return known
        if key in _NOTHING:
            return self.values("missing")
        if self.bits_value is not None and text.isdigit() and text.isascii() and self._is_sum(int(text)):
            return self.bits_value
        if self.membership_value is not None and sum(c.isdigit() for c in text) >= _MEMBERSHIP_DIGITS_MIN:
            return self.membership_value
        return self.values("unmapped")

    def _is_sum(self, number: int) -> bool:
        return 0 < number <= sum(self.bits)


def code_list(source: str, concept: str) -> CodeList:
    """The list of one source for one concept. Raises `UnknownCodeList`."""
    try:
        return _load(source)[concept]
    except (KeyError, FileNotFoundError) as problem:
        known = ", ".join(f"{name}.{each}" for name in SOURCES for each in _load(name))
        raise UnknownCodeList(source=source, concept=concept, known=known) from problem


def concepts(source: str) -> tuple[str, ...]:
    """Concepts that a source has a list for."""
    return tuple(_load(source))


def editions(source: str, *concept_names: str) -> dict[str, str]:
    """`{"opensid.sex": "2026-06", …}`: what a snapshot's manifest names as the lists it was read with."""
    return {
        found.edition_name: found.edition
        for found in (code_list(source, each) for each in concept_names or concepts(source))
    }


def harmonise(source: str, concept: str, raw: object) -> Any:
    """Our value for a raw code or label of a source: a member of the list of that concept in `values`.

    Digits are codes; anything else is a label, compared without blanks and without case. Raises
    `UnknownCodeList` where the source has no such list, and never for what the cell holds.
    """
    return harmoniser(source, concept)(raw)


@cache
def harmoniser(source: str, concept: str) -> Callable[[object], Any]:
    """`harmonise` for one list, remembering distinct values: one dictionary look-up a cell."""
    found = code_list(source, concept)
    remembered: dict[object, StrEnum] = {}

    def read(raw: object) -> StrEnum:
        if raw.__class__ is bool:  # equal to 1 or 0 in a dictionary, and no code
            return found.harmonise(raw)
        try:
            return remembered[raw]
        except KeyError:
            value = found.harmonise(raw)
        except TypeError:  # a cell that cannot be looked up, such as a list
            return found.harmonise(raw)
        if len(remembered) < _REMEMBERED_MAX and found.membership_value is None:
            remembered[raw] = value
        return value

    return read


def plain_code(raw: object) -> str:
    """A cell as the text of a code: `3`, `3.0`, `"03"`, `" 3 "` and `"'3"` are all `3`. Labels stay as they are."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return str(raw)
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() else "" if raw != raw else str(raw)
    text = str(raw).strip().strip("'").strip()
    number = _NUMBER.fullmatch(text)
    return (number[1].lstrip("0") or "0") if number else text


_NUMBER = re.compile(r"([0-9]+)(?:\.0+)?")
_BLANKS = re.compile(r"[\s\u200b\ufeff]+")


def _key(text: str) -> str:
    return _BLANKS.sub("", text).casefold()


@cache
def _load(source: str) -> Mapping[str, CodeList]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    path = resources.files("tenun.registry.reference").joinpath("codes", f"{source}.yaml")
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - both are safe loaders
    lists: dict[str, CodeList] = {}
    for concept, body in document["lists"].items():
        lists[concept] = (
            _derived(body, lists, document, concept) if "derived_from" in body else _build(document, concept, body)
        )
    return lists


def _build(document: Mapping[str, Any], concept: str, body: Mapping[str, Any]) -> CodeList:
    target = CONCEPTS[concept]
    codes = tuple(
        Code(
            code=str(entry["code"]) if "code" in entry else None,
            label=str(entry["label"]),
            value=_value(target, entry["value"], document, concept, str(entry["label"])),
            aliases=tuple(str(alias) for alias in entry.get("aliases", ())),
        )
        for entry in body["codes"]
    )
    return _make(
        document,
        concept,
        codes,
        question=body.get("question"),
        bits=tuple(body.get("bits", ())),
        bits_value=target(body["has_any"]) if "has_any" in body else None,
        membership_value=target(body["is_member"]) if "is_member" in body else None,
    )


def _derived(
    body: Mapping[str, Any], lists: Mapping[str, CodeList], document: Mapping[str, Any], concept: str
) -> CodeList:
    """A list read off another one: what somebody does, off the occupation on the family card."""
    target = CONCEPTS[concept]
    given: Mapping[str, str] = {**body["values"], "unmapped": "unmapped", "missing": "missing"}
    codes = tuple(
        Code(entry.code, entry.label, target(given.get(entry.value, body["otherwise"])), entry.aliases)
        for entry in lists[body["derived_from"]].codes
    )
    return _make(document, concept, codes)


def _make(document: Mapping[str, Any], concept: str, codes: Sequence[Code], **more: Any) -> CodeList:
    by_key: dict[str, StrEnum] = {}
    for entry in codes:
        for spelling in (*([entry.code] if entry.code is not None else []), entry.label, *entry.aliases):
            key = _key(spelling)
            if by_key.setdefault(key, entry.value) != entry.value:
                raise CodeListFaulty(
                    source=document["source"], concept=concept, entry=entry.label, rule="one spelling, two values"
                )
    return CodeList(
        source=document["source"],
        concept=concept,
        edition=str(document["edition"]),
        origin_id=document["origin_id"],
        origin_en=document["origin_en"],
        codes=tuple(codes),
        _by_key=by_key,
        **more,
    )


def _value(target: type[StrEnum], name: str, document: Mapping[str, Any], concept: str, entry: str) -> StrEnum:
    try:
        return target(name)
    except ValueError as problem:
        raise CodeListFaulty(
            source=document["source"], concept=concept, entry=entry, rule="not one of our values"
        ) from problem
