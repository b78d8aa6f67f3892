"""A sheet as a value: every cell is text that was said before, so that paper and file tell what the page tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tenun.disclosure.state import ValueState
from tenun.indicators import sentences, wording
from tenun.indicators.areas import Area, Level
from tenun.indicators.citation import About, of_snapshot
from tenun.indicators.definition import CATEGORIES, Breakdown, Definition, Kind
from tenun.indicators.results import Results, Value

Pair = tuple[str, str]
"""Indonesian and English."""

CONFIDENTIAL: Pair = (
    "Rahasia: hanya untuk kedua kementerian (Pasal 7)",
    "Confidential: for the two ministries only (Pasal 7)",
)
INVENTED: Pair = ("DATA BUATAN: semua orang di sini rekaan", "INVENTED DATA: no person here is real")
TEXTS: dict[str, Pair] = {
    "question": ("Bagaimana keadaan kerja di {area}?", "How is work in {area}?"),
    "figures": ("Angka utama", "Main figures"),
    "code": ("Kode", "Code"),
    "indicator": ("Indikator", "Indicator"),
    "figure": ("Angka", "Figure"),
    "basis": ("Dasar", "Basis"),
    "note": ("Catatan", "Note"),
    "notes": ("Catatan pada angka", "Notes on the figures"),
    "by": ("Menurut {dimension}", "By {dimension}"),
    "all": ("Semua", "All"),
    "of": ("{part} dari {whole}", "{part} of {whole}"),
    "band": ("rentang", "band"),
    "sure": ("Seberapa yakin?", "How sure?"),
    "not": ("Ini bukan apa?", "What this is not"),
    "not_survey": (
        "Bukan survei: ini angka administrasi dari dua register. Orang yang tidak terdaftar tidak ada di dalamnya. "
        "Angka survei tentang kerja dan pengangguran diterbitkan BPS, hanya untuk kabupaten ke atas.",
        "Not a survey: these are administrative figures of two registers. People who are not registered are missing. "
        "The survey's rates of work and unemployment are published by BPS, for regencies and above only.",
    ),
    "lies_in": ("Letak", "Lies in"),
    "sid": ("Register desa (SID)", "Village register (SID)"),
    "siapkerja": ("SIAPKerja", "SIAPKerja"),
    "never": ("belum diterima", "not received yet"),
    "reference": ("Tanggal acuan", "Reference date"),
    "snapshot": ("Potret", "Snapshot"),
    "agreement": ("Perjanjian", "Agreement"),
    "revision": ("Revisi", "Revision"),
    "rule": ("Aturan kerahasiaan", "Disclosure rule"),
    "small": ("jumlah orang di bawah {n} tidak ditampilkan", "numbers of people below {n} are not shown"),
    "residents": ("Warga yang diserahkan", "Residents delivered"),
    "cite": ("Kutip sebagai", "Cite as"),
}


@dataclass(frozen=True)
class Line:
    """One figure of the area, in words."""

    indicator: str
    name: str
    shown: str
    """What the page and the column `shown` of the files say, with the unit where that does not say it."""
    basis: str
    """Part and whole, the completeness band, and what the area above has where this one has nothing."""
    note: int | None
    """Number of the note that tells why."""


@dataclass(frozen=True)
class Table:
    """Figures by the categories of one dimension; the last row is the total."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Sheet:
    """Everything that stands on the two pages, in one language."""

    area: Area
    language: str
    snapshot: str
    is_invented: bool
    title: str
    strip: str
    over: str
    answer: str
    lines: tuple[Line, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    is_not: str
    citation: str

    def said(self, key: str) -> str:
        """A heading of the sheet, in its language."""
        return text(key, self.language)

    def as_dict(self) -> dict[str, Any]:
        """For the typesetter: plain lists and texts."""
        return {
            "language": self.language,
            "title": self.title,
            "strip": self.strip,
            "over": self.over,
            "answer": self.answer,
            "headings": {key: text(key, self.language) for key in TEXTS if "{" not in text(key, self.language)},
            "lines": [
                {"code": one.indicator, "name": one.name, "shown": one.shown, "basis": one.basis,
                 "note": "" if one.note is None else str(one.note)}
                for one in self.lines
            ],
            "tables": [{"title": one.title, "columns": one.columns, "rows": one.rows} for one in self.tables],
            "notes": list(self.notes),
            "facts": [list(fact) for fact in self.facts],
            "is_not": self.is_not,
            "citation": self.citation,
        }  # fmt: skip


def text(key: str, language: str) -> str:
    return TEXTS[key][0 if language == "id" else 1]


def of_area(
    results: Results,
    area_code: str,
    *,
    language: str,
    may_see: Callable[[str], bool] = lambda _code: True,
    audience: Pair = CONFIDENTIAL,
    has_indicator: Callable[[str], bool] = lambda _indicator: True,
) -> Sheet:
    """The sheet of an area, in Indonesian (`id`) or English (`en`). Raises `AreaUnknown`.

    `may_see` tells of an area around it whether the reader may see its figures; `audience` is the line at the head
    of each page; `has_indicator` leaves out what that audience may not see.
    """
    values = [value for value in results.area(area_code) if has_indicator(value.indicator)]
    area = results.areas[area_code]
    around = [one for one in results.parents(area_code) if may_see(one.code)]
    totals = {value.indicator: value for value in values if not value.breakdown}
    writer = _Writer(results, language, around[-1] if around else None)
    title = sentences.area_title(area.code, area.name, language)
    strip = [audience, *([INVENTED] if results.is_invented and area_code not in results.not_invented else [])]
    about = About.of(results)
    return Sheet(
        area=area,
        language=language,
        snapshot=results.snapshot.id,
        is_invented=results.is_invented and area_code not in results.not_invented,
        title=text("question", language).format(area=title),
        strip=" · ".join(one[0 if language == "id" else 1] for one in strip),
        over=" · ".join(
            [
                wording.named(wording.LEVELS, area.level, language),
                area.code,
                *(sentences.area_title(one.code, one.name, language) for one in reversed(around)),
            ]
        ),
        answer=sentences.of_area(area, totals, language, minimum_cell=results.minimum_cell),
        lines=tuple(writer.line(value) for value in totals.values()),
        tables=tuple(
            table for dimension in Breakdown if (table := writer.table(dimension, area.level, values)) is not None
        ),
        notes=tuple(writer.notes),
        facts=tuple(_facts(results, area_code, language)),
        is_not=text("not_survey", language),
        citation=of_snapshot(about).said(language),
    )


class _Writer:
    """Says figures, and numbers the notes on them as they come."""

    def __init__(self, results: Results, language: str, above: Area | None) -> None:
        self.results = results
        self.language = language
        self.above = (
            {value.indicator: value for value in results.area(above.code) if not value.breakdown} if above else {}
        )
        self.notes: list[str] = []

    def line(self, value: Value) -> Line:
        definition = self.results.definitions[value.indicator]
        return Line(
            indicator=value.indicator,
            name=definition.names.said(self.language),
            shown=self._with_unit(value, definition),
            basis=" · ".join(self._basis(value, definition)),
            note=self._note(wording.why(value, self.language, definition)),
        )

    def table(self, dimension: Breakdown, level: Level, values: Sequence[Value]) -> Table | None:
        """The figures by one dimension. A category that nobody is in, or may be in, is left out where it is a rest."""
        found = {(one.indicator, one.category): one for one in values if one.breakdown == dimension}
        columns = [
            one
            for one in self.results.definitions.values()
            if dimension in one.breakdowns.get(level, ()) and any(key[0] == one.id for key in found)
        ]
        if not columns:
            return None
        rows = []
        for category in CATEGORIES[dimension]:
            cells = [found[one.id, category] for one in columns if (one.id, category) in found]
            is_nobody = category == "missing" and all(one.state is ValueState.ZERO for one in cells)
            if len(cells) == len(columns) and not is_nobody:
                rows.append((wording.named(wording.CATEGORIES, category, self.language), *map(self.say, cells)))
        totals = {one.indicator: one for one in values if not one.breakdown}
        rows.append((text("all", self.language), *(self.say(totals[one.id]) for one in columns)))
        named = wording.named(wording.BREAKDOWNS, dimension, self.language)
        names = tuple(f"{one.id} {one.names.said(self.language)}" for one in columns)
        return Table(text("by", self.language).format(dimension=named.lower()), (named, *names), tuple(rows))

    def say(self, value: Value) -> str:
        return wording.say(value, self.language, minimum_cell=self.results.minimum_cell)

    def _with_unit(self, value: Value, definition: Definition) -> str:
        said = self.say(value)
        is_number = value.state.has_value or value.state is ValueState.LT
        if definition.is_share or not is_number:
            return said
        return f"{said} {wording.named(wording.UNITS, definition.unit, self.language)}"

    def _basis(self, value: Value, definition: Definition) -> list[str]:
        parts = []
        if value.state.has_value and definition.is_share and value.numerator is not None:
            part, whole = (wording.number(one or 0, "", self.language) for one in (value.numerator, value.denominator))
            parts.append(text("of", self.language).format(part=part, whole=whole))
            if band := wording.band(value, self.language):
                parts.append(f"{text('band', self.language)} {band}")
        above = self.above.get(value.indicator)
        # A rate may stand for its parts, a number may not.
        is_told = not value.state.has_value and definition.kind is Kind.RATE
        if is_told and above is not None and above.state.has_value:
            title = sentences.area_title(above.area_code, above.area_name, self.language)
            parts.append(f"{title}: {self.say(above)}")
        return parts

    def _note(self, sentence: str) -> int | None:
        if not sentence:
            return None
        if sentence not in self.notes:
            self.notes.append(sentence)
        return self.notes.index(sentence) + 1


def _facts(results: Results, area_code: str, language: str) -> list[tuple[str, str]]:
    values = results.area(area_code)
    oldest = {
        "sid": min((one.sid_as_of for one in values if one.sid_as_of), default=None),
        "siapkerja": min((one.siapkerja_as_of for one in values if one.siapkerja_as_of), default=None),
    }
    small = text("small", language).format(n=results.minimum_cell)
    village = results.coverage.get(area_code)
    persons = [] if village is None or village.persons is None else [
        (text("residents", language), wording.number(village.persons, "", language))
    ]  # fmt: skip
    return [
        *((text(key, language), wording.day(day, language) if day else text("never", language))
          for key, day in oldest.items()),
        *persons,
        (text("reference", language), wording.day(results.reference_date, language)),
        (text("snapshot", language), results.snapshot.id),
        (text("agreement", language), f"{results.agreement_number} · {text('revision', language)} "
                                      f"{results.agreement_rev[:12]}"),
        (text("rule", language), f"{results.rule_version} · {small}"),
    ]  # fmt: skip
