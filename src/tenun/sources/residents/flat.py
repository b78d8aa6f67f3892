"""Resident files that are one table: one heading row, one row a person.

OpenSID's import and export files of every generation, what it sends to OpenDK, dumps of the village
database, and SIAK. Both parents' columns changed place between two generations, and villages move
columns themselves: only the words above a column tell what is in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tenun.sources import cells, headings
from tenun.sources.errors import ColumnTwice
from tenun.sources.frame import Frame
from tenun.sources.reading import Cell, Sheet, Source
from tenun.sources.residents.fields import HEADINGS, PREFERENCE, WHO, Field

END_MARK = "###"
DATA_SHEET = "dataPenduduk".casefold()
CODE_SHEET = "kodeData".casefold()

_SIAK_HEADINGS = {**HEADINGS, "status": str(Field.LIFE_STATUS)}
_ADDRESS_FIELDS = frozenset({Field.ADDRESS, Field.HAMLET, Field.RW, Field.RT, Field.VILLAGE})

# What the form that villages download holds in its first row, so that they see how it is filled in.
_EXAMPLE = (
    (Field.NAME, "nama lengkap"),
    (Field.FATHER_NAME, "nama ayah"),
    (Field.MOTHER_NAME, "nama ibu"),
)


@dataclass(frozen=True)
class Format:
    """A generation, told by headings that only it has (and does not have)."""

    name: str
    has: frozenset[str]
    lacks: frozenset[str] = frozenset()
    has_any: frozenset[str] = frozenset()
    code_source: str = "opensid"

    def fits(self, found: frozenset[str]) -> bool:
        return self.has <= found and not (self.lacks & found) and (not self.has_any or bool(self.has_any & found))


def _set(*words: str) -> frozenset[str]:
    return frozenset(words)


# The first that fits is taken. `test_every_generation_is_recognised` holds the whole list.
FORMATS = (
    Format("opendk", _set("nomornik", "nomorkk", "nama", "desaid")),
    Format("siak", _set("nomorkk", "nik", "namapenduduk", "shdk", "statuskawin")),
    Format("opensid-database", _set("nama", "nik", "idkk", "kklevel", "sex")),
    Format("opensid-2025", _set("nama", "nik", "nokk", "pekerjaanid", "agamaid", "ket")),
    Format("opensid-2024-01", _set("nama", "nik", "nokk", "pekerjaanid", "agamaid", "lat", "lng")),
    Format("opensid-2022-11", _set("nama", "nik", "nokk", "pekerjaanid", "agamaid")),
    Format(
        "opensid-2022-01",
        _set("nama", "nomornik", "nomorkk", "hubkeluarga"),
        has_any=_set("suku", "tagidcard", "asuransi", "nomorasuransi"),
    ),
    Format("opensid-2021-04", _set("nama", "nomornik", "nomorkk", "hubkeluarga")),
    Format("opensid-2017-01", _set("nama", "nik", "nokk", "pekerjaanid", "agama", "alamat")),
    Format("opensid-2016-09", _set("nama", "nik", "nokk", "pekerjaanid", "agama")),
    Format("opensid-2016-06", _set("namalengkap", "nik", "nokk", "statushubungandalamkeluarga")),
    # Headings mixed by hand from several generations: every column is still known by its words.
    Format("opensid-other", _set("nama", "nik"), has_any=_set("sex", "jeniskelamin")),
    Format("opensid-other", _set("nama", "nomornik"), has_any=_set("sex", "jeniskelamin")),
    Format("opensid-other", _set("namalengkap", "nik"), has_any=_set("sex", "jeniskelamin")),
)  # fmt: skip

NAMES = tuple(dict.fromkeys(format.name for format in FORMATS))

_NEEDED = ((Field.NAME, "nama"), (Field.NIK, "nik"), (Field.SEX, "sex"))

# Headings of other tables that come from the same menus. They have a NIK and a name as well.
_OTHER_TABLES = frozenset({"peserta", "nopeserta", "nomorrumahtangga", "idprogram", "sasaranprogram"})


def recognise(source: Source) -> Format | None:
    """The generation of the first sheet that has one."""
    for sheet in _data_sheets(source):
        found = _find(sheet)
        if found is not None:
            return found[0]
    return None


def lacking(source: Source) -> list[str]:
    """What a file lacks that otherwise looks like residents: the reason to give instead of "not known"."""
    for sheet in _data_sheets(source):
        index = headings.find_row(sheet, HEADINGS.keys(), at_least=8)
        if index is not None:
            fields = headings.place(sheet.rows[index], HEADINGS)
            return [name for field, name in _NEEDED if field not in fields]
    return []


def read(source: Source) -> list[Frame]:
    """A frame for every sheet that holds residents. Sheets of codes and notes are passed over."""
    frames = []
    for sheet in _data_sheets(source):
        found = _find(sheet)
        if found is not None:
            frames.append(_frame(source, sheet, *found))
    return frames


def _data_sheets(source: Source) -> list[Sheet]:
    """The sheet named for the data where there is one (OpenSID 2026 reads no other), else all but the codes."""
    by_key = {headings.key(name): name for name in source.sheet_names}
    if DATA_SHEET in by_key:
        return [source.sheet(by_key[DATA_SHEET])]
    return [source.sheet(name) for name in source.sheet_names if headings.key(name) != CODE_SHEET]


def _find(sheet: Sheet) -> tuple[Format, int] | None:
    index = headings.find_row(sheet, _SIAK_HEADINGS.keys(), at_least=5)
    if index is None:
        return None
    found = frozenset(headings.keys(sheet.rows[index]))
    if found & _OTHER_TABLES:
        return None
    return next(((format, index) for format in FORMATS if format.fits(found)), None)


def _frame(source: Source, sheet: Sheet, format: Format, heading_index: int) -> Frame:
    heading_row = sheet.rows[heading_index]
    fields = _SIAK_HEADINGS if format.name == "siak" else HEADINGS
    columns_of = _columns(source.file, heading_row, fields)
    rows, numbers = _data_rows(sheet, heading_index, columns_of)
    by_column: Sequence[Sequence[Cell]] = list(zip(*rows, strict=True)) or [()] * len(heading_row)
    columns = {field: by_column[column] for field, column in columns_of.items()}
    if format.name == "siak" and Field.ADDRESS in columns:
        columns[Field.HAMLET] = hamlets(columns[Field.ADDRESS])
    return Frame(
        file=source.file,
        sheet=sheet.name,
        format=format.name,
        code_source=format.code_source,
        rows=numbers,
        columns=columns,
        headings={field: cells.text(heading_row[column]) for field, column in columns_of.items()},
        raw=_raw(heading_row, by_column),
        columns_unknown=sum(1 for heading in headings.keys(heading_row) if heading and heading not in _EVERY_HEADING),
    )


def _columns(file: str, heading_row: Sequence[Cell], fields: dict[str, str]) -> dict[str, int]:
    """Field -> its column. The same heading twice is refused: which holds the value would be a guess."""
    words = headings.keys(heading_row)
    chosen: dict[str, int] = {}
    for field, places in headings.place(heading_row, fields).items():
        if len({words[column] for column in places}) < len(places):
            raise ColumnTwice(file=file, columns=cells.text(heading_row[places[0]]))
        chosen[field] = min(places, key=lambda column: PREFERENCE.get(words[column], 0))
    return chosen


def _data_rows(sheet: Sheet, heading_index: int, columns_of: dict[str, int]) -> tuple[list[Sequence[Cell]], list[int]]:
    width = len(sheet.rows[heading_index])
    heading = headings.keys(sheet.rows[heading_index])
    name = columns_of[Field.NAME]
    example = [(columns_of[field], value) for field, value in _EXAMPLE if field in columns_of]
    # Villages fill these down below their data: a running number, an age that a formula reckons, the address.
    filled_down = {column for field, column in columns_of.items() if field in _ADDRESS_FIELDS} | {
        column for column, word in enumerate(heading) if word not in _EVERY_HEADING
    }
    who = [columns_of[field] for field in WHO if field in columns_of]
    suspects = {cells.text(sheet.rows[heading_index][name]).casefold(), "nama lengkap", *map(str, range(1, width + 1))}
    rows: list[Sequence[Cell]] = []
    numbers: list[int] = []
    for index in range(heading_index + 1, len(sheet.rows)):
        row = sheet.rows[index]
        if any(isinstance(cell, str) and cell.strip() == END_MARK for cell in row[:2]):
            break
        if not row[name] and _is_nobody(row, who, filled_down):
            continue
        # Looked at closely only where the name is what stands in such rows: this loop runs once a person.
        cell = row[name]
        if (not isinstance(cell, str) or cell.casefold() in suspects) and _is_no_data(row, name, heading, example):
            continue
        rows.append(row)
        numbers.append(sheet.number(index))
    return rows, numbers


def _is_nobody(row: Sequence[Cell], who: list[int], filled_down: set[int]) -> bool:
    """A blank row; or one where only a column was filled down, or formulas left a 0."""
    if any(not _is_void(row[column]) for column in who):
        return False
    return all(_is_void(cell) or column in filled_down for column, cell in enumerate(row))


def _is_void(cell: Cell) -> bool:
    return cells.text(cell) in ("", "0", "-")


def _is_no_data(row: Sequence[Cell], name: int, heading: list[str], example: list[tuple[int, str]]) -> bool:
    """The heading row again, a row that numbers the columns, or the example row of the empty form."""
    if not isinstance(row[name], str):
        return headings.is_numbering(row)
    if headings.keys(row) == heading or headings.is_numbering(row):
        return True
    return len(example) > 1 and all(cells.text(row[column]).casefold() == value for column, value in example)


def _raw(heading_row: Sequence[Cell], by_column: Sequence[Sequence[Cell]]) -> dict[str, Sequence[Cell]]:
    raw: dict[str, Sequence[Cell]] = {}
    for column, heading in enumerate(heading_row):
        name = cells.text(heading) or f"column_{column + 1}"
        while name in raw:
            name = f"{name}_{column + 1}"
        raw[name] = by_column[column]
    return raw


# --- hamlets of SIAK ---------------------------------------------------------------------------

_HAMLET = re.compile(r"(?:dusun|dsn|dukuh|ds)\b\.?\s*(.+)", re.IGNORECASE)


def hamlets(addresses: Sequence[Cell]) -> list[str]:
    """SIAK has no hamlet: it stands in the address as `Dsn X`, `DS. X`, `DUSUN. X`, and now and then bare.

    A bare address counts as a hamlet only where another row of the file names it as one.
    """
    named = [(_HAMLET.fullmatch(address), address) for address in cells.texts(addresses)]
    known = {match[1].strip().casefold() for match, _ in named if match}
    is_known: Callable[[str], bool] = lambda address: address.casefold() in known  # noqa: E731
    return [match[1].strip() if match else address if is_known(address) else "" for match, address in named]


# Headings that we know of and leave in raw: no part of what the agreement speaks of.
_LEFT_IN_RAW = frozenset(
    "agama agamaid golongandarahid goldarah golongandarah jamkesmas aktalahir nomordokumenpaspor "
    "tanggalakhirpaspor nomordokumenkitas nikayah nikibu nomoraktaperkawinan tanggalperkawinan "
    "nomoraktaperceraian tanggalperceraian carakb carakbid hamil ktpel statusrekam alamatsekarang suku "
    "tagidcard asuransi idasuransi nomorasuransi noasuransi lat lng ket ayahnik ibunik dokumenpasport "
    "dokumenkitas aktaperkawinan aktaperceraian marga adat nomordokumenpasport tanggalakhirpasport id foto "
    "createdat updatedat status statuskawin kecamatan desakel deskripsipekerjaan cetakktp gantiktp ktpberakhir "
    "nomorpaspor nomoraktalahir nomoraktakawin tanggalkwn nomoraktacerai tglcerai petugasregistrasi tglubah "
    "petugasentri tglentri".split()
)
_EVERY_HEADING = _LEFT_IN_RAW | HEADINGS.keys()
