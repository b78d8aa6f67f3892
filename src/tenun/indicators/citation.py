"""How a figure, or a file of figures, is cited: the same words on a page, in a file and in an answer of the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Self

from tenun.indicators import wording
from tenun.indicators.definition import Definition
from tenun.indicators.results import Results, Value

CONDITIONS = (
    "Rahasia menurut Pasal 7: hanya untuk PARA PIHAK; diteruskan kepada pihak lain hanya dengan persetujuan tertulis "
    "kedua PIHAK.",
    "Confidential under Pasal 7: for the two parties only; passed on to others only with the written consent of both.",
)
"""Conditions of use, Indonesian and English. What stands in the place of a licence in every file and catalogue."""

PUBLISHERS = (
    "Kementerian Desa dan Pembangunan Daerah Tertinggal dan Kementerian Ketenagakerjaan",
    "Ministry of Villages and Development of Disadvantaged Regions and Ministry of Manpower",
)
"""Both, since results belong to both parties (Pasal 8(2))."""


@dataclass(frozen=True, slots=True)
class About:
    """What is said of every figure of a snapshot, wherever it is shown."""

    snapshot: str
    reference_date: date
    agreement_number: str
    agreement_rev: str
    rule_version: str
    minimum_cell: int
    is_invented: bool

    @classmethod
    def of(cls, results: Results) -> Self:
        return cls(
            snapshot=results.snapshot.id,
            reference_date=results.reference_date,
            agreement_number=results.agreement_number,
            agreement_rev=results.agreement_rev,
            rule_version=results.rule_version,
            minimum_cell=results.minimum_cell,
            is_invented=results.is_invented,
        )


@dataclass(frozen=True, slots=True)
class Citation:
    """In both languages, whatever the reader's: a citation is handed on."""

    id: str
    en: str

    def said(self, language: str) -> str:
        return self.id if language == "id" else self.en


def of_snapshot(about: About, *, address: str = "") -> Citation:
    """A citation of the whole snapshot. `address` is a permanent link, one that names the snapshot."""
    return _joined(
        about,
        ("Hasil integrasi SID dan SIAPKerja", "Integrated results of SID and SIAPKerja"),
        address=address,
    )


def of_value(about: About, definition: Definition, value: Value, *, address: str = "") -> Citation:
    """A citation of one figure: what it is, of where, and as it is shown, so that a hidden one is cited as hidden."""
    said = []
    for language in ("id", "en"):
        category = (
            f", {wording.named(wording.CATEGORIES, value.category, language)}"
            if value.category in wording.CATEGORIES and value.category
            else ""
        )
        shown = wording.say(value, language, minimum_cell=about.minimum_cell)
        name = definition.names.said(language)
        said.append(f"{name}{category}, {value.area_name} ({value.area_code}): {shown} [{value.indicator}]")
    return _joined(about, (said[0], said[1]), address=address)


def _joined(about: About, what: tuple[str, str], *, address: str) -> Citation:
    invented = ("DATA BUATAN. ", "INVENTED DATA. ") if about.is_invented else ("", "")
    words = (
        ("tanggal acuan", "potret", "aturan kerahasiaan", "Perjanjian"),
        ("reference date", "snapshot", "disclosure rule", "Agreement"),
    )
    made = []
    for at, language in enumerate(("id", "en")):
        dated, snapshot, rule, agreement = words[at]
        made.append(
            f"{invented[at]}{PUBLISHERS[at]} ({about.reference_date.year}). {what[at]}. Tenun, "
            f"{dated} {wording.day(about.reference_date, language)}, {snapshot} {about.snapshot}, "
            f"{rule} {about.rule_version}. {agreement} {about.agreement_number}." + (f" {address}" if address else "")
        )
    return Citation(*made)
