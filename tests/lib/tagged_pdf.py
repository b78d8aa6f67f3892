"""What a screen reader is given of a PDF: its language, its title, and its structure with the text of each part.

Reads the structure tree itself, cell by cell, and not the picture of the page: where marks are missing, text is too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ContentStream

BLOCKS = {"P", "H1", "H2", "LI", "Lbl", "LBody", "TD", "TH", "Caption", "TR", "Table"}


@dataclass(frozen=True)
class Tagged:
    pages: int
    language: str
    title: str
    shows_title: bool
    is_marked: bool
    conformance: str
    """Part of PDF/UA that the document claims; empty where it claims none."""
    tables: tuple[tuple[tuple[str, ...], ...], ...]
    """Of each table its rows, of each row its cells, as the structure has them."""
    headings: tuple[str, ...]
    header_cells: int
    text: str


def read(content: bytes) -> Tagged:
    reader = PdfReader(BytesIO(content))
    root: Any = reader.trailer["/Root"]
    marked = [_marked(page, reader) for page in reader.pages]
    places = {page.indirect_reference.idnum: at for at, page in enumerate(reader.pages)}  # type: ignore[union-attr]
    tree = _Tree(marked, places)
    elements = list(tree.walk(root["/StructTreeRoot"]))
    told = root["/Metadata"].get_data().decode("utf-8")
    part = re.search(r"pdfuaid:part(?:>|=\")(\d)", told)
    return Tagged(
        pages=len(reader.pages),
        language=str(root.get("/Lang", "")),
        title=str((reader.metadata or {}).get("/Title", "")),
        shows_title=bool(root.get("/ViewerPreferences", {}).get("/DisplayDocTitle")),
        is_marked=bool(root.get("/MarkInfo", {}).get("/Marked")),
        conformance=part[1] if part else "",
        tables=tuple(tree.rows(one) for kind, one in elements if kind == "Table"),
        headings=tuple(tree.text(one) for kind, one in elements if kind in ("H1", "H2")),
        header_cells=sum(kind == "TH" for kind, _ in elements),
        text=tree.text(root["/StructTreeRoot"]),
    )


class _Tree:
    def __init__(self, marked: list[dict[int, str]], places: dict[int, int]) -> None:
        self.marked = marked
        self.places = places

    def walk(self, element: Any) -> Iterator[tuple[str, Any]]:
        for kid in _kids(element):
            if isinstance(kid, dict) and "/S" in kid:
                yield str(kid["/S"])[1:], kid
                yield from self.walk(kid)

    def rows(self, table: Any) -> tuple[tuple[str, ...], ...]:
        return tuple(
            tuple(self.text(cell) for kind, cell in self.walk(row) if kind in ("TD", "TH"))
            for kind, row in self.walk(table)
            if kind == "TR"
        )

    def text(self, element: Any, page: int | None = None) -> str:
        parts: list[str] = []
        own = element.raw_get("/Pg").idnum if "/Pg" in element else None
        here = self.places[own] if own is not None else page
        for kid in _kids(element):
            if isinstance(kid, int):
                parts.append(self.marked[here or 0].get(int(kid), ""))
            elif "/S" in kid:
                parts.append(self.text(kid, here))
            elif "/MCID" in kid:
                at = self.places[kid.raw_get("/Pg").idnum] if "/Pg" in kid else here
                parts.append(self.marked[at or 0].get(int(kid["/MCID"]), ""))
        return " ".join(" ".join(parts).split(" ")).strip()


def _kids(element: Any) -> list[Any]:
    kids = element.get("/K", [])
    found = kids if isinstance(kids, list) else [kids]
    return [one.get_object() if hasattr(one, "get_object") else one for one in found]


def _marked(page: Any, reader: PdfReader) -> dict[int, str]:
    """Number of a marked piece of the page -> its text."""
    fonts = {name: _letters(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
    found: dict[int, str] = {}
    open_marks: list[int | None] = []
    letters: dict[bytes, str] = {}
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        if operator in (b"BDC", b"BMC"):
            mark = operands[1].get("/MCID") if operator == b"BDC" and isinstance(operands[1], dict) else None
            open_marks.append(None if mark is None else int(mark))
        elif operator == b"EMC":
            open_marks.pop()
        elif operator == b"Tf":
            letters = fonts[operands[0]]
        elif operator in (b"Tj", b"TJ"):
            pieces = operands[0] if operator == b"TJ" else [operands[0]]
            shown = "".join(_said(piece, letters) for piece in pieces if not isinstance(piece, (int, float)))
            mark = next((one for one in reversed(open_marks) if one is not None), None)
            if mark is not None:
                before = found.get(mark, "")
                # Lines of one cell are pieces of one mark: what was a line's end is a space.
                found[mark] = f"{before}{shown}"
        elif operator in (b"Tm", b"Td", b"T*") and open_marks and open_marks[-1] in found:
            text = found[open_marks[-1]]  # type: ignore[index]
            if not text.endswith(" "):
                found[open_marks[-1]] = f"{text} "  # type: ignore[index]
    return {mark: " ".join(text.split(" ")).strip() for mark, text in found.items()}


def _said(piece: Any, letters: dict[bytes, str]) -> str:
    raw = bytes(getattr(piece, "original_bytes", piece))
    return "".join(letters.get(raw[at : at + 2], "\N{REPLACEMENT CHARACTER}") for at in range(0, len(raw), 2))


def _letters(font: Any) -> dict[bytes, str]:
    """Two bytes of a string -> what they stand for, from the font's own table."""
    table = font["/ToUnicode"].get_data().decode("latin-1")
    found: dict[bytes, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[bytes.fromhex(code)] = bytes.fromhex(text).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            start = bytes.fromhex(text).decode("utf-16-be")
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[(int(first, 16) + step).to_bytes(2, "big")] = start[:-1] + chr(ord(start[-1]) + step)
    return found
