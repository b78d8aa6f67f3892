"""Opens a file by what is in it, whatever its name ends with.

A spreadsheet, a CSV, a JSON document, lines of JSON, or an archive of such files; packed with gzip or
xz if need be. What comes out are sheets of rows with the row numbers that a spreadsheet program shows,
or JSON documents with their line numbers. Nothing is interpreted here.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import lzma
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import python_calamine
from python_calamine import SheetTypeEnum, SheetVisibleEnum

from tenun.lake.snapshot import SourceFile
from tenun.sources.errors import FileTooLarge, FileUnreadable

Cell = str | float | bool | date | datetime | time | timedelta
"""What a cell holds; an empty one holds `""`. Spreadsheets know no whole numbers: they come as float."""

# What a file may grow to when it is unpacked, and how many cells a sheet may span. The largest village
# has some 100,000 residents: 44 columns of them are 4.4 million cells and 300 MB of sheet.
# test_a_stray_cell_far_away_is_refused_before_memory_is_taken holds the second.
UNPACKED_MAX_BYTES = 4 * 1024**3
CELLS_MAX = 60_000_000

# Enough to get past a title and see the rows.
_LINES_LOOKED_AT = 50
_LETTERS_LOOKED_AT = 1_000_000

BROKEN = object()
"""Stands for a line of JSON that is no JSON."""


class Kind(StrEnum):
    WORKBOOK = "workbook"
    TEXT_TABLE = "text_table"
    JSON = "json"
    ARCHIVE = "archive"


@dataclass(frozen=True)
class Sheet:
    """Rows of equal length, from the first row of the sheet on, so that `rows[0]` is row 1."""

    name: str
    rows: Sequence[Sequence[Cell]]

    @staticmethod
    def number(index: int) -> int:
        """The row number as a spreadsheet program shows it."""
        return index + 1


class Source:
    """One opened file. Sheets are read when asked for, and kept."""

    def __init__(self, file: str, content: bytes) -> None:
        self.file = file
        """Base name for messages, long digit runs left out: people put NIKs into file names."""
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.bytes = len(content)
        self._content = _unpack(file, content)
        self.kind = _kind(file, self._content)
        self._sheets: dict[str, Sheet] = {}

    def as_source_file(self, format: str) -> SourceFile:
        return SourceFile(sha256=self.sha256, bytes=self.bytes, format=format)

    # --- tables --------------------------------------------------------------------------------

    @cached_property
    def sheet_names(self) -> tuple[str, ...]:
        """Names of the sheets; a text table is one sheet without a name; JSON and archives have none.

        Charts and hidden sheets are left out: what nobody sees in the workbook (last year's list, a copy)
        is not what was handed over. A workbook of hidden sheets alone was hidden by a program: all count.
        """
        if self.kind is Kind.WORKBOOK:
            sheets = [each for each in self._workbook.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
            visible = [each for each in sheets if each.visible == SheetVisibleEnum.Visible]
            return tuple(each.name for each in visible or sheets)
        return ("",) if self.kind is Kind.TEXT_TABLE else ()

    def sheet(self, name: str) -> Sheet:
        if name not in self._sheets:
            self._sheets[name] = self._read_sheet(name)
        return self._sheets[name]

    def sheets(self) -> Iterator[Sheet]:
        yield from (self.sheet(name) for name in self.sheet_names)

    def forget(self) -> None:
        """Let go of the rows once a reader has taken what it needs."""
        self._sheets.clear()

    def _read_sheet(self, name: str) -> Sheet:
        if self.kind is Kind.TEXT_TABLE:
            return Sheet("", _text_rows(self.file, self._content))
        try:
            return Sheet(name, self._workbook.get_sheet_by_name(name).to_python(skip_empty_area=False))
        except (python_calamine.CalamineError, OSError) as problem:
            raise FileUnreadable(
                file=self.file, reason_id="isi lembarnya rusak", reason_en="the content of a sheet is damaged"
            ) from problem

    @cached_property
    def _workbook(self) -> Any:
        _refuse_what_would_not_fit(self.file, self._content)
        try:
            return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(self._content))
        except python_calamine.PasswordError as problem:
            raise FileUnreadable(
                file=self.file, reason_id="berkas dikunci kata sandi", reason_en="it is locked with a password"
            ) from problem
        except (python_calamine.CalamineError, OSError) as problem:
            raise FileUnreadable(
                file=self.file, reason_id="isi lembar kerja rusak", reason_en="the workbook is damaged"
            ) from problem

    # --- documents -----------------------------------------------------------------------------

    def documents(self) -> Iterator[tuple[int, Any]]:
        """Line number and JSON value: one document, or one a line. `BROKEN` for a line that is no JSON."""
        if self.kind is not Kind.JSON:
            return
        text = _decode(self._content)
        try:
            document = json.loads(text)
        except json.JSONDecodeError:
            yield from self._lines_of_json(text)
        else:
            yield 1, document

    def _lines_of_json(self, text: str) -> Iterator[tuple[int, Any]]:
        """One value a line, parsed when it is asked for: answers take ten times the room once they are parsed."""
        # Not `splitlines`: JSON allows U+2028 and the like inside a text.
        lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
        if len(lines) < 2 or all(_parsed(line) is BROKEN for _, line in lines):
            raise FileUnreadable(file=self.file, reason_id="JSON-nya rusak", reason_en="its JSON is damaged")
        for number, line in lines:
            yield number, _parsed(line)

    # --- archives ------------------------------------------------------------------------------

    def members(self) -> list[Source]:
        """The files of an archive, in their order; pictures, folders and hidden files left out."""
        if self.kind is not Kind.ARCHIVE:
            return []
        try:
            with zipfile.ZipFile(io.BytesIO(self._content)) as archive:
                _refuse_a_zip_bomb(self.file, archive)
                return [
                    Source(f"{self.file}/{_label(entry.filename)}", archive.read(entry))
                    for entry in archive.infolist()
                    if not entry.is_dir() and _may_hold_a_table(entry.filename)
                ]
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as problem:
            raise FileUnreadable(
                file=self.file, reason_id="arsipnya rusak atau terkunci", reason_en="the archive is damaged or locked"
            ) from problem


def open_file(path: Path) -> Source:
    """Open a file. Raises `FileUnreadable` or `FileTooLarge`, whose texts say why."""
    label = _label(path.name)
    try:
        if path.stat().st_size > UNPACKED_MAX_BYTES:
            raise FileTooLarge(file=label, reason_id="lebih dari 4 GB", reason_en="more than 4 GB")
        content = path.read_bytes()
    except FileNotFoundError as problem:
        raise FileUnreadable(file=label, reason_id="berkas tidak ada", reason_en="it does not exist") from problem
    except IsADirectoryError as problem:
        raise FileUnreadable(file=label, reason_id="ini sebuah folder", reason_en="it is a folder") from problem
    except PermissionError as problem:
        raise FileUnreadable(file=label, reason_id="tidak boleh dibuka", reason_en="permission denied") from problem
    return Source(label, content)


# --- telling what a file is --------------------------------------------------------------------

_NO_TABLE = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".pdf", ".txt", ".md", ".db", ".ini"}
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LONG_NUMBER = re.compile(r"\d{15,}")


def _may_hold_a_table(name: str) -> bool:
    """No pictures, and nothing that an operating system put beside the files (`__MACOSX/._x.xlsx`, `Thumbs.db`)."""
    path = PurePosixPath(name)
    is_hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return not is_hidden and path.suffix.lower() not in _NO_TABLE


def _label(name: str) -> str:
    """A file name fit for messages and reports."""
    return _LONG_NUMBER.sub("...", Path(name).name)


def _kind(file: str, content: bytes) -> Kind:
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(file, content)
    if content.startswith(_OLE2):
        return Kind.WORKBOOK
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not content.strip():
        raise FileUnreadable(file=file, reason_id="berkas kosong", reason_en="it is empty")
    if start.startswith(b"%PDF"):
        raise FileUnreadable(
            file=file, reason_id="ini PDF, bukan lembar kerja", reason_en="it is a PDF, not a workbook"
        )
    if start[:1] == b"<":
        # "Excel" files of some web applications are pages with another ending.
        raise FileUnreadable(
            file=file,
            reason_id="ini halaman web atau XML; buka di Excel lalu simpan sebagai .xlsx",
            reason_en="it is a web page or XML; open it in a spreadsheet program and save it as .xlsx",
        )
    if start[:1] in (b"{", b"["):
        return Kind.JSON
    if b"\x00" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileUnreadable(file=file, reason_id="jenis berkas tidak dikenal", reason_en="its kind is not known")
    return Kind.TEXT_TABLE


def _kind_of_zip(file: str, content: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile as problem:
        raise FileUnreadable(
            file=file, reason_id="berkas terpotong atau rusak", reason_en="it is cut short or damaged"
        ) from problem
    is_workbook = bool(names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"})
    return Kind.WORKBOOK if is_workbook else Kind.ARCHIVE


def _unpack(file: str, content: bytes) -> bytes:
    """Undo gzip or xz, but never into more than `UNPACKED_MAX_BYTES`."""
    try:
        if content.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(content)) as packed:
                return _read_bounded(file, packed)
        if content.startswith(b"\xfd7zXZ\x00"):
            with lzma.open(io.BytesIO(content)) as packed:
                return _read_bounded(file, packed)
    except (OSError, EOFError, lzma.LZMAError) as problem:
        raise FileUnreadable(
            file=file, reason_id="berkas terkompresi rusak", reason_en="the compressed file is damaged"
        ) from problem
    return content


def _read_bounded(file: str, packed: Any) -> bytes:
    content: bytes = packed.read(UNPACKED_MAX_BYTES + 1)
    if len(content) > UNPACKED_MAX_BYTES:
        raise FileTooLarge(file=file, reason_id="lebih dari 4 GB bila dibuka", reason_en="more than 4 GB unpacked")
    return content


def _refuse_what_would_not_fit(file: str, content: bytes) -> None:
    """Look at the spans that an xlsx declares before anything is laid out in memory.

    A reader of spreadsheets lays a sheet out as a rectangle: one stray cell in the last corner would
    ask for 17 thousand million cells.
    """
    if not content.startswith(b"PK"):
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        _refuse_a_zip_bomb(file, archive)
        for entry in archive.infolist():
            if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", entry.filename):
                continue
            with archive.open(entry) as part:
                declared = re.search(rb'<dimension ref="[A-Z]+\d+:([A-Z]+)(\d+)"', part.read(4096))
            if declared and _column_number(declared[1]) * int(declared[2]) > CELLS_MAX:
                raise FileTooLarge(
                    file=file,
                    reason_id="satu lembar membentang terlalu jauh",
                    reason_en="a sheet spans too many rows and columns",
                )


def _refuse_a_zip_bomb(file: str, archive: zipfile.ZipFile) -> None:
    if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_MAX_BYTES:
        raise FileTooLarge(file=file, reason_id="lebih dari 4 GB bila dibuka", reason_en="more than 4 GB unpacked")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


# --- text --------------------------------------------------------------------------------------


def _decode(content: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with one, else the code page of Windows."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _text_rows(file: str, content: bytes) -> list[list[Cell]]:
    text = _decode(content)
    csv.field_size_limit(1024 * 1024)
    try:
        rows: list[list[Cell]] = [
            list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        ]
    except csv.Error as problem:
        raise FileUnreadable(
            file=file, reason_id="bukan CSV yang utuh", reason_en="it is not a well-formed CSV"
        ) from problem
    width = max(map(len, rows), default=0)
    if width * len(rows) > CELLS_MAX:
        raise FileTooLarge(file=file, reason_id="satu baris terlalu panjang", reason_en="a row is too long")
    return [row if len(row) == width else row + [""] * (width - len(row)) for row in rows]


def _delimiter(text: str) -> str:
    """The separator that cuts most lines into the same large number of cells: Indonesian Excel writes `;`.

    Not the first line alone decides: a title with commas may stand above the headings.
    """
    lines = [line for line in text[:_LETTERS_LOOKED_AT].splitlines() if line.strip()][:_LINES_LOOKED_AT]
    return max(",;\t|", key=lambda mark: _evenness(lines, mark))


def _evenness(lines: Sequence[str], mark: str) -> int:
    """How well a separator fits: the commonest number of cells, times how many lines have it."""
    widths = Counter(len(next(csv.reader([line], delimiter=mark), [])) for line in lines)
    return max((count * (width - 1) for width, count in widths.items()), default=0)


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return BROKEN
