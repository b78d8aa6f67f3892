"""Civil registry books (Buku Induk Penduduk), as districts hand them out: one block for each family.

Four layouts are known: 2012, 2016, the one of the e-KTP years, and the one-form-a-family of Luwu Timur.
All are read the same way: a heading row says what the columns are, and may come again; a family line
says whose card the following rows are; a row below a heading that has a number, a name or a NIK is a
person. Titles, column numbers, signatures and notes are none of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from tenun.sources import cells, dates, headings
from tenun.sources.frame import Frame
from tenun.sources.reading import Cell, Sheet, Source
from tenun.sources.residents.fields import HEADINGS, Field

NAMES = ("bip-2012", "bip-2016", "bip-ektp", "bip-luwu-timur")

# "Status" is marital here; in the e-KTP layout it is the state of the card, and `Stat Kwn` is marital.
_HEADINGS = {
    **HEADINGS,
    "status": str(Field.MARITAL_STATUS),
    "tglblnth": str(Field.BIRTH_DATE),
    "tglblnthn": str(Field.BIRTH_DATE),
    "tempatdantanggallahir": str(Field.BIRTH_PLACE),
    "namaorangtuakandung": str(Field.MOTHER_NAME),
    "lp": str(Field.SEX),
}
_SUB_HEADINGS = frozenset({"tempatlahir", "tglblnth", "tglblnthn", "tanggallahir", "ibu", "ayah", "terakhir"})
_NUMBER = frozenset({"no", "nourut", "nomor"})
_FAMILY_FIELDS = (Field.FAMILY_CARD, Field.ADDRESS, Field.HAMLET, Field.RW, Field.RT, Field.FAMILY_REF)

_FAMILY_LINE = re.compile(r"(?:NO\.?|NOMOR)\s*(?:KK|KARTU KELUARGA)\s*:\s*([\d .'-]*)", re.IGNORECASE)
_SIXTEEN = re.compile(r"\D*(?:\d\D?){16}\D*")
_PERIOD = re.compile(r"periode\s*/?\s*tanggal|keadaan tanggal|per tanggal", re.IGNORECASE)
_NOTES = "keterangan:"
_CARD = re.compile(r"[\d\s.'-]+")
"""What may stand where a card's number belongs: also `0` or `-`, of a family that has none."""
_LONG_NUMBER = re.compile(r"(?:\d[\s.'-]*){12,17}")
"""A NIK, with a digit too few or too many at that. The date in a title is shorter, an official's NIP longer."""

_RT_RW = re.compile(r"RT\s*/\s*RW\s*:?\s*([\w-]+)\s*/\s*([\w-]+)", re.IGNORECASE)
_RT = re.compile(r"\bRT\s*[:.]\s*([\w-]+)", re.IGNORECASE)
_RW = re.compile(r"\bRW\s*[:.]\s*([\w-]+)", re.IGNORECASE)
_HAMLET = re.compile(r"(?:nama\s+)?\b(?:dusun|dsn)\b\s*[:.]?\s*([^,]+)", re.IGNORECASE)
_ADDRESS = re.compile(r"alamat\s*:\s*([^,]*)", re.IGNORECASE)


@dataclass
class _Family:
    number: Cell = ""
    address: str = ""
    hamlet: str = ""
    rw: str = ""
    rt: str = ""
    ref: str = ""
    """Of a family without a card: who its first member is, because two such families are two."""

    def cells(self) -> tuple[Cell, ...]:
        return (self.number, self.address, self.hamlet, self.rw, self.rt, self.ref)


@dataclass
class _Book:
    """What has been gathered from one sheet so far."""

    heading: Sequence[Cell] = ()
    columns: dict[str, int] = field(default_factory=dict)
    number_column: int | None = None
    nobodys: _Family = field(default_factory=_Family)
    """Holds for rows above the first family line."""
    family: _Family = field(init=False)
    members: list[tuple[int, Sequence[Cell], dict[str, int], _Family]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    as_of: date | None = None

    def __post_init__(self) -> None:
        self.family = self.nobodys


def recognise(source: Source) -> str | None:
    """The layout of the first sheet that has one."""
    for sheet in source.sheets():
        if name := _layout(sheet):
            return name
    return None


def read(source: Source) -> list[Frame]:
    """A book may have several sheets; each is a frame. A later sheet may go on without a heading of its own."""
    frames = []
    name, before = None, _Book()
    for sheet in source.sheets():
        name = _layout(sheet) or (name if _has_family_line(sheet) else None)
        if name:
            before = _gather(sheet, before)
            frames.append(_frame(source, sheet, name, before))
    return frames


def _layout(sheet: Sheet) -> str | None:
    for row in sheet.rows[:60]:
        words = set(headings.keys(row))
        if not _is_heading(words):
            continue
        if "statkwn" in words:
            return "bip-ektp"
        if words & {"tempatdantanggallahir", "namaorangtuakandung"} or ("shdk" in words and _has_family_line(sheet)):
            return "bip-2016"
        if words & {"hubkel", "tmptlhr"}:
            return "bip-luwu-timur" if "gdrh" in words else "bip-2012"
    return None


def _is_heading(words: set[str]) -> bool:
    is_named = bool(words & {"nama", "namalengkap"})
    return "nik" in words and is_named and bool(words & {"jk", "kelamin", "jeniskelamin", "lp"}) and "nokk" not in words


def _has_family_line(sheet: Sheet) -> bool:
    return any(_FAMILY_LINE.match(cells.text(cell)) for row in sheet.rows[:80] for cell in row[:3])


# --- walking through a sheet -------------------------------------------------------------------


def _gather(sheet: Sheet, before: _Book) -> _Book:
    """Walk through a sheet. `before` is the book so far, whose heading holds until another one comes."""
    book = _Book(before.heading, before.columns, before.number_column, names=before.names)
    rows = iter(enumerate(sheet.rows))
    in_notes = False
    for index, row in rows:
        words = headings.keys(row)
        if _is_heading(set(words)):
            _take_heading(book, sheet, index, words, rows)
            in_notes = False
        elif cells.text(row[0] if row else "").casefold().startswith(_NOTES):
            in_notes = True  # until the next page or family: notes may stand at the foot of every page
        elif _take_family(book, sheet, index, row, words, rows):
            in_notes = False
        elif not in_notes and book.columns and _is_member(book, row):
            _name_by_first_member(book, row)
            book.members.append((sheet.number(index), row, book.columns, book.family))
        else:
            _take_title(book, row)
    return book


def _take_heading(
    book: _Book, sheet: Sheet, index: int, words: list[str], rows: Iterator[tuple[int, Sequence[Cell]]]
) -> None:
    """One heading row, or two: then the lower one says what the upper one leaves open."""
    below = headings.keys(sheet.rows[index + 1]) if index + 1 < len(sheet.rows) else []
    is_double = len(_SUB_HEADINGS & set(below)) >= 2 and not any(word.isdigit() for word in below)
    merged = [
        lower if is_double and lower in _HEADINGS else upper
        for upper, lower in zip(words, below if is_double else words, strict=False)
    ]
    if is_double:
        next(rows, None)
    is_ektp = "statkwn" in merged
    book.heading = sheet.rows[index]
    book.columns, book.names = {}, {}
    for column, word in enumerate(merged):
        name = _HEADINGS.get(word)
        if name is None or (is_ektp and word == "status") or name in book.columns:
            continue
        book.columns[name] = column
        book.names[name] = cells.text(
            sheet.rows[index + 1][column] if is_double and below[column] else book.heading[column]
        )
    book.number_column = next((column for column, word in enumerate(merged) if word in _NUMBER), None)


def _take_family(
    book: _Book,
    sheet: Sheet,
    index: int,
    row: Sequence[Cell],
    words: list[str],
    rows: Iterator[tuple[int, Sequence[Cell]]],
) -> bool:
    """Does the row begin (or go on with) a family? Then the book turns to it."""
    texts = [cells.text(cell) for cell in row]
    if any(text.upper().startswith("BUKU INDUK KEPENDUDUKAN") and "KELUARGA" in text.upper() for text in texts):
        # The title of a form that has one page a family; other books repeat theirs in the midst of a family.
        book.family = _Family()
        return True
    if "nokk" in words and "alamat" in words and not any(":" in text for text in texts):
        return _family_below(book, sheet, index, words, rows)
    if match := next(filter(None, (_FAMILY_LINE.match(text) for text in texts)), None):
        return _family_in_line(book, match, texts)
    if book.columns and _is_card_line(book, texts):
        book.family = _with_address(_Family(number=_card_at_left(book, texts)), _address_line(texts))
        return True
    return _family_labels(book, texts)


def _family_below(
    book: _Book, sheet: Sheet, index: int, words: list[str], rows: Iterator[tuple[int, Sequence[Cell]]]
) -> bool:
    """`NO.KK | NAMA.KK | ALAMAT` with their values in the next row; with nothing there it is a mere title.

    A family whose card number was left empty is still another family than the one before it.
    """
    values = sheet.rows[index + 1] if index + 1 < len(sheet.rows) else ()
    at = {word: value for word, value in zip(words, values, strict=False) if word}
    is_next_title = _is_heading(set(headings.keys(values))) or "nokk" in headings.keys(values)
    if not is_next_title and any(cells.text(value) for value in at.values()):
        book.family = _with_address(_Family(number=at.get("nokk", "")), cells.text(at.get("alamat", "")))
        next(rows, None)
    return True


def _family_in_line(book: _Book, match: re.Match[str], texts: list[str]) -> bool:
    """`No. KK : 52...` in one cell, or `NO. KK :` with its number in a cell to the right."""
    number = match[1].strip() or next(
        (text for text in texts[texts.index(match.string) + 1 :] if _CARD.fullmatch(text)), ""
    )
    book.family = _with_address(_Family(number=number), _address_line(texts))
    return True


def _family_labels(book: _Book, texts: list[str]) -> bool:
    """`ALAMAT :` and `NO.RT/RW :` of the form that has one page a family, each with its value to the right."""
    taken = False
    for column, text in enumerate(texts):
        label = headings.key(text)
        if label not in ("alamat", "nortrw") or not text.rstrip().endswith(":"):
            continue
        value = next((found for found in texts[column + 1 :] if found), "")
        if label == "alamat":
            book.family.address = value
            book.family.hamlet = _hamlet(value)
        else:
            rt, _, rw = value.partition("/")
            book.family.rt, book.family.rw = rt.strip(), rw.strip()
        taken = True
    return taken


def _is_card_line(book: _Book, texts: list[str]) -> bool:
    """The e-KTP layout: the card's number stands at the left, where a person has a running number.

    A family without a card has `0`, `-` or nothing there; then its RT and RW tell the line.
    """
    if book.number_column is None:
        return False
    number = _card_at_left(book, texts)
    if _SIXTEEN.fullmatch(number):
        return True
    is_person = _LONG_NUMBER.fullmatch(texts[book.columns[Field.NIK]]) is not None
    return not is_person and bool(_address_line(texts)) and (not number or _CARD.fullmatch(number) is not None)


def _card_at_left(book: _Book, texts: list[str]) -> str:
    return next((text for text in texts[: (book.number_column or 0) + 1] if text), "")


def _address_line(texts: list[str]) -> str:
    return next((text for text in texts if _RT_RW.search(text)), "")


def _with_address(family: _Family, line: str) -> _Family:
    """Address, hamlet, RT and RW out of one line of text."""
    both = _RT_RW.search(line)
    rt, rw = _RT.search(line), _RW.search(line)
    family.rt = both[1] if both else rt[1] if rt else ""
    family.rw = both[2] if both else rw[1] if rw else ""
    named = _ADDRESS.search(line)
    family.address = (named[1] if named else line.split("RT/RW")[0].split(",")[0]).strip()
    family.hamlet = _hamlet(line)
    return family


def _hamlet(line: str) -> str:
    match = _HAMLET.search(line)
    found = match[1].strip() if match else ""
    return "" if found == "-" else found


def _is_member(book: _Book, row: Sequence[Cell]) -> bool:
    if headings.is_numbering(row):
        return False
    nik = cells.text(row[book.columns[Field.NIK]])
    name = cells.text(row[book.columns[Field.NAME]])
    if book.number_column is not None and cells.text(row[book.number_column]).isdigit():
        return bool(nik or name)
    # Without a running number only what looks like a person's number makes a row one: titles have dates there.
    has_name = any(character.isalpha() for character in name)
    return has_name and (nik == "0" or _LONG_NUMBER.fullmatch(nik) is not None)


def _name_by_first_member(book: _Book, row: Sequence[Cell]) -> None:
    """Give a family whose card number is `0` or empty a name of its own, the same in every file."""
    family = book.family
    if not family.ref and family is not book.nobodys and not cells.text(family.number).strip("0-"):
        who = (Field.NIK, Field.NAME, Field.BIRTH_DATE)
        family.ref = "|".join(cells.text(row[book.columns[name]]) for name in who if name in book.columns)


def _take_title(book: _Book, row: Sequence[Cell]) -> None:
    """The date of the book, where its title gives one."""
    for column, cell in enumerate(row):
        if _PERIOD.match(cells.text(cell)):
            for value in row[column + 1 :]:
                found, _ = dates.read(value, until=date.max)
                if found is not None and found.year >= 2000:
                    book.as_of = found


# --- the frame ---------------------------------------------------------------------------------


def _frame(source: Source, sheet: Sheet, format: str, book: _Book) -> Frame:
    names = list(dict.fromkeys(name for _, _, columns, _ in book.members for name in columns))
    columns: dict[str, list[Cell]] = {
        name: [row[placed[name]] if name in placed else "" for _, row, placed, _ in book.members] for name in names
    }
    family_cells = [family.cells() for _, _, _, family in book.members]
    for position, name in enumerate(_FAMILY_FIELDS):
        columns[name] = [values[position] for values in family_cells]
    width = max((len(row) for _, row, _, _ in book.members), default=0)
    heading = [cells.text(cell) for cell in book.heading]
    return Frame(
        file=source.file,
        sheet=sheet.name,
        format=format,
        code_source="opensid",
        rows=[number for number, _, _, _ in book.members],
        columns=columns,
        headings={**book.names, Field.FAMILY_CARD: "No. KK"},
        raw={
            **{
                f"{heading[column] if column < len(heading) and heading[column] else 'column'}_{column + 1}": [
                    row[column] if column < len(row) else "" for _, row, _, _ in book.members
                ]
                for column in range(width)
            },
            **{f"family_{name}": columns[name] for name in _FAMILY_FIELDS if name != Field.FAMILY_REF},
        },
        as_of=book.as_of,
    )
