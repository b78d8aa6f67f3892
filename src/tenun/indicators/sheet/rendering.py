"""The sheet on paper and as a file that stands alone. Neither says anything that the sheet does not."""

from __future__ import annotations

import json
import re
import tempfile
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path

from tenun.indicators.sheet.document import Line, Sheet, Table
from tenun.kernel.errors import TenunError

PAGES = 2
_SIZES = (10.0, 9.5, 9.0, 8.5, 8.0, 7.5, 7.0, 6.5)
"""Points. The largest at which the sheet has two pages is taken; long names and many notes need a smaller one."""

_COUNT = re.compile(rb"/Type\s*/Pages\s*/Count\s+(\d+)")

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}"
    "h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin:1.75rem 0 .5rem}"
    ".strip{font-weight:600;border-bottom:1px solid #bbb;padding-bottom:.4rem}.soft{color:#4d4d4d}"
    ".answer{font-size:1.15rem;border-left:4px solid #777;padding-left:.75rem}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%}"
    "th,td{border-bottom:1px solid #bbb;padding:.35rem .5rem;text-align:right;vertical-align:top;font-weight:400}"
    "thead th{font-weight:700}th:first-child,.text{text-align:left}.shown{font-weight:700;white-space:nowrap}"
    "caption{text-align:left;font-weight:700;padding:.3rem 0}dt{font-weight:600}dd{margin:0 0 .5rem}"
    "@media print{body{font-size:9pt;max-width:none}}"
)


class SheetTooLong(TenunError):
    """The sheet does not fit on two pages at the smallest type that can be read on paper."""

    code = "indicators.sheet_too_long"
    text_id = "Lembar {area} tidak muat pada dua halaman."
    text_en = "The sheet of {area} does not fit on two pages."
    remedy_id = "Pakailah berkas HTML atau CSV, dan laporkan kepada pengelola portal."
    remedy_en = "Use the HTML or CSV file, and tell those who run the portal."


def as_pdf(sheet: Sheet) -> bytes:
    """A4, two pages, with its structure marked for screen readers (PDF/UA-1). The same sheet gives the same bytes.

    Raises `SheetTooLong`.
    """
    return _pdf(json.dumps(sheet.as_dict(), ensure_ascii=False, sort_keys=True), sheet.area.code)


@cache
def _template() -> bytes:
    return files("tenun.indicators.sheet").joinpath("sheet.typ").read_bytes()


def _pdf(told: str, area: str) -> bytes:
    import typst  # a typesetter: loaded only where a sheet is printed

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        main = folder / "sheet.typ"
        main.write_bytes(_template())
        (folder / "told.json").write_text(told, "utf-8")
        for size in _SIZES:
            inputs = {"size": str(size)}
            drawn = typst.compile(
                main, root=folder, format="pdf", pdf_standards="ua-1", sys_inputs=inputs, ignore_system_fonts=True
            )
            if _pages(drawn) == PAGES:
                return drawn
    raise SheetTooLong(area=area)


def _pages(pdf: bytes) -> int:
    """How many pages a PDF of the typesetter has: it writes its page tree in plain text."""
    found = _COUNT.search(pdf)
    if found is None:
        raise ValueError("a PDF without a page tree")
    return int(found[1])


def as_html(sheet: Sheet) -> str:
    """One file: no script, nothing fetched from anywhere, readable on a telephone and from a disk."""
    title = escape(sheet.title)
    parts = [
        f'<!DOCTYPE html>\n<html lang="{sheet.language}"><head><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style></head><body>",
        f'<header><p class="strip">{escape(sheet.strip)}</p></header><main>',
        f'<p class="soft">{escape(sheet.over)}</p><h1>{title}</h1><p class="answer">{escape(sheet.answer)}</p>',
        _figures(sheet),
        *(_table(table) for table in sheet.tables),
    ]
    if sheet.notes:
        notes = "".join(f'<li id="n{at}">{escape(note)}</li>' for at, note in enumerate(sheet.notes, start=1))
        parts.append(f"<h2>{escape(sheet.said('notes'))}</h2><ol>{notes}</ol>")
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in sheet.facts)
    parts += [
        f"<h2>{escape(sheet.said('sure'))}</h2><dl>{facts}</dl>",
        f"<h2>{escape(sheet.said('not'))}</h2><p>{escape(sheet.is_not)}</p>",
        f'<p class="soft">{escape(sheet.said("cite"))}: {escape(sheet.citation)}</p>',
        "</main></body></html>\n",
    ]
    return "\n".join(parts)


def _figures(sheet: Sheet) -> str:
    head = "".join(
        _heading(sheet.said(key), is_text=key in ("indicator", "basis"))
        for key in ("indicator", "figure", "basis", "note")
    )
    return _wide(sheet.said("figures"), head, "\n".join(_line(one) for one in sheet.lines))


def _heading(words: str, *, is_text: bool = False) -> str:
    return f'<th scope="col"{" class=text" if is_text else ""}>{escape(words)}</th>'


def _line(one: Line) -> str:
    note = "" if one.note is None else f'<a href="#n{one.note}">{one.note}</a>'
    name = escape(f"{one.indicator} {one.name}")
    return (
        f'<tr><th scope="row">{name}</th><td class="shown">{escape(one.shown)}</td>'
        f'<td class="text soft">{escape(one.basis)}</td><td>{note}</td></tr>'
    )


def _table(table: Table) -> str:
    rows = [
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in table.rows
    ]
    return _wide(table.title, "".join(_heading(column) for column in table.columns), "\n".join(rows))


def _wide(title: str, head: str, rows: str) -> str:
    """A table that scrolls by itself on a narrow screen, by keyboard too."""
    said = escape(title)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{said}"><table><caption>{said}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
