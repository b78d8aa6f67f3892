"""The way of a figure in words, for a page and for a terminal: "Dari mana angka ini?"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tenun.indicators import wording
from tenun.indicators.provenance import LICENCES, OWNERS, STANDINGS, Owner, Standing, Step, Way


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    text: str
    is_code: bool = False
    """A digest or a reference, to be set in a typeface of its own and never translated."""
    is_alarming: bool = False
    """Something does not hold, and must not be read over."""


@dataclass(frozen=True, slots=True)
class Section:
    """One station of the way, nearest to the figure first."""

    key: str
    """`figure`, `snapshot`, `definition`, `agreement`, `inputs`, `files` or `rights`: for anchors and styles."""
    heading: str
    facts: tuple[Fact, ...]


def sections(way: Way, language: str, *, minimum_cell: int) -> tuple[Section, ...]:
    """Everything there is to tell, in Indonesian (`id`) or English (`en`)."""
    return tuple(
        Section(key, _said(HEADINGS[key], language), tuple(facts))
        for key, facts in (
            ("figure", _figure(way, language, minimum_cell)),
            ("snapshot", _snapshot(way, language)),
            ("definition", _definition(way, language)),
            ("agreement", _agreement(way, language)),
            ("inputs", _inputs(way, language)),
            ("files", _files(way, language)),
            ("rights", _rights(way, language)),
        )
    )


def as_dict(way: Way, *, minimum_cell: int) -> dict[str, Any]:
    """The same for a program, both languages."""
    return {
        "indicator": way.value.indicator,
        "area_code": way.value.area_code,
        "breakdown": way.value.breakdown,
        "category": way.value.category,
        "state": str(way.value.state),
        "value": way.value.value,
        "snapshot": way.snapshot.reference,
        "is_whole": way.is_whole,
        "agreement": {"id": way.agreement, "number": way.agreement_number, "rev": way.agreement_rev},
        "definition": {
            "version": way.definition.version,
            "digest": way.definition_digest,
        },
        "steps": [_step_dict(one) for one in (way.snapshot, *way.steps.values())],
        "unlisted": {"count": way.unlisted, "digest": way.unlisted_digest},
        "sections": {
            language: [
                {"key": one.key, "heading": one.heading, "facts": [[fact.label, fact.text] for fact in one.facts]}
                for one in sections(way, language, minimum_cell=minimum_cell)
            ]
            for language in ("id", "en")
        },
    }


HEADINGS: dict[str, tuple[str, str]] = {
    "figure": ("Angka", "The figure"),
    "snapshot": ("Potret hasil", "The snapshot of results"),
    "definition": ("Definisi dan rumus", "Definition and formula"),
    "agreement": ("Perjanjian", "The agreement"),
    "inputs": ("Potret sumber", "Snapshots that went in"),
    "files": ("Berkas asal", "Files at the far end"),
    "rights": ("Pemilik dan syarat pakai", "Owners and conditions"),
}


def _figure(way: Way, language: str, minimum_cell: int) -> Iterable[Fact]:
    value = way.value
    yield Fact(_said(("Indikator", "Indicator"), language), f"{value.indicator} {way.definition.names.said(language)}")
    yield Fact(_said(("Wilayah", "Area"), language), f"{value.area_name} ({value.area_code})")
    yield Fact(_said(("Tampilan", "As shown"), language), wording.say(value, language, minimum_cell=minimum_cell))
    if value.reason:
        yield Fact(_said(("Alasan", "Reason"), language), wording.why(value, language))
    for label, day in (("SID", value.sid_as_of), ("SIAPKerja", value.siapkerja_as_of)):
        if day is not None:
            yield Fact(f"{_said(('Tanggal data', 'Date of data'), language)} {label}", wording.day(day, language))


def _snapshot(way: Way, language: str) -> Iterable[Fact]:
    step = way.snapshot
    yield Fact(_said(("Potret", "Snapshot"), language), step.reference, is_code=True)
    if step.as_of is not None:
        yield Fact(_said(("Tanggal acuan", "Reference date"), language), wording.day(step.as_of, language))
    yield Fact(_said(("Resep hitung", "Recipe"), language), step.recipe, is_code=True)
    yield Fact(_said(("Aturan kerahasiaan", "Disclosure rule"), language), way.rule_version, is_code=True)
    yield _standing(step, language)
    if step.is_invented:
        yield Fact(
            _said(("Data buatan", "Invented data"), language),
            _said(("ya: orang-orangnya rekaan", "yes: the persons do not exist"), language),
            is_alarming=True,
        )
    for name, digest in step.tables.items():
        yield Fact(f"SHA-256 {name}", digest, is_code=True)


def _definition(way: Way, language: str) -> Iterable[Fact]:
    definition = way.definition
    yield Fact(_said(("Versi", "Version"), language), str(definition.version))
    yield Fact(_said(("Definisi", "Definition"), language), definition.definition.said(language))
    yield Fact(_said(("Pembilang", "Numerator"), language), definition.numerator.said(language))
    if definition.denominator is not None:
        yield Fact(_said(("Penyebut", "Denominator"), language), definition.denominator.said(language))
    if way.definition_digest:
        yield Fact("SHA-256", way.definition_digest, is_code=True)


def _agreement(way: Way, language: str) -> Iterable[Fact]:
    yield Fact(_said(("Nomor", "Number"), language), way.agreement_number)
    yield Fact(_said(("Revisi", "Revision"), language), way.agreement_rev, is_code=True)


def _inputs(way: Way, language: str) -> Iterable[Fact]:
    for step in way.steps.values():
        told = [STANDINGS[step.standing][0 if language == "id" else 1], _said(OWNERS[step.owner], language)]
        if step.as_of is not None:
            told.insert(0, wording.day(step.as_of, language))
        if step.recipe:
            told.append(step.recipe)
        if step.pack:
            told.append(f"{_said(('paket', 'pack'), language)} {step.pack} ({step.received_on})")
        yield Fact(step.reference, " · ".join(told), is_alarming=step.standing in (Standing.GONE, Standing.ALTERED))
    if way.unlisted:
        yield Fact(
            _said(("Lainnya", "Others"), language),
            _said(
                (
                    f"{way.unlisted} potret lagi, sidik daftarnya {way.unlisted_digest}; lihat wilayah di bawahnya.",
                    f"{way.unlisted} more, digest of their list {way.unlisted_digest}; see the areas below.",
                ),
                language,
            ),
        )


def _files(way: Way, language: str) -> Iterable[Fact]:
    for file in way.files:
        size = wording.number(file.bytes, "", language)
        yield Fact(f"{file.format}, {size} {_said(('bita', 'bytes'), language)}", file.sha256, is_code=True)
    if not way.files:
        yield Fact(
            _said(("Tidak ada", "None"), language),
            _said(("Potret sumber tidak menyebut berkas asal.", "The snapshots that went in name no file."), language),
        )


def _rights(way: Way, language: str) -> Iterable[Fact]:
    for owner in (*way.owners, Owner.BOTH):
        yield Fact(_said(OWNERS[owner], language), _said(LICENCES[owner], language))


def _standing(step: Step, language: str) -> Fact:
    return Fact(
        _said(("Keutuhan", "Integrity"), language),
        _said(STANDINGS[step.standing], language),
        is_alarming=step.standing in (Standing.GONE, Standing.ALTERED),
    )


def _step_dict(step: Step) -> dict[str, Any]:
    return {
        "reference": step.reference,
        "owner": str(step.owner),
        "licence": dict(zip(("id", "en"), LICENCES[step.owner], strict=True)),
        "standing": str(step.standing),
        "as_of": step.as_of.isoformat() if step.as_of else None,
        "recipe": step.recipe,
        "tables": dict(step.tables),
        "files": [{"sha256": one.sha256, "bytes": one.bytes, "format": one.format} for one in step.files],
        "inputs": list(step.inputs),
        "editions": dict(step.editions),
        "pack": step.pack,
        "received_on": step.received_on,
        "invented": step.is_invented,
    }


def _said(pair: tuple[str, str], language: str) -> str:
    return pair[0] if language == "id" else pair[1]
