"""The report on paper and as a page that stands alone. Both say each cell with `document.say`, as the portal does."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from tenun.linkage.explanation import DRAWINGS
from tenun.linkage.reasons import Words
from tenun.linkage.report.document import Document, Section, Table, said, say

INVENTED = Words("DATA BUATAN: orang-orangnya tidak ada", "INVENTED DATA: the persons do not exist")
CONFIDENTIAL = Words(
    "Rahasia: hanya untuk kedua kementerian (Pasal 7)", "Confidential: for the two ministries only (Pasal 7)"
)
CHARTS_TITLE = Words("Grafik model", "Charts of the model")
_CROSSWALK, _AS_OF = Words("Hasil pemadanan", "Crosswalk"), Words("Tanggal data", "Date of the data")

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}"
    "table{border-collapse:collapse;margin:1rem 0;width:100%}th,td{border:1px solid #bbb;padding:.3rem .5rem;"
    "text-align:right}th:first-child,td:first-child{text-align:left}caption{text-align:left;font-weight:600;"
    "padding:.3rem 0}svg{max-width:100%;height:auto}figure{margin:1.5rem 0}.strip{font-weight:600}"
)


def strip(document: Document, language: str) -> str:
    words = [CONFIDENTIAL, *([INVENTED] if document.is_invented else [])]
    return " · ".join(said(one, language) for one in words)


def facts(document: Document, language: str) -> list[str]:
    return [
        f"{said(_CROSSWALK, language)}: {document.crosswalk}",
        f"{said(_AS_OF, language)}: {document.as_of}",
    ]


def charts_of(charts: Mapping[str, bytes], language: str) -> dict[str, bytes]:
    """Code of a drawing -> SVG in that language, in the order of `DRAWINGS`."""
    return {code: charts[f"{code}.{language}.svg"] for code in DRAWINGS if f"{code}.{language}.svg" in charts}


# --- on paper ------------------------------------------------------------------------------------------


def as_pdf(document: Document, charts: Mapping[str, bytes], language: str) -> bytes:
    """A4, with its structure marked for screen readers (PDF/UA). The same document gives the same bytes."""
    import typst  # a typesetter: loaded only where a report is printed

    drawn = charts_of(charts, language)
    told: dict[str, Any] = {
        "language": language,
        "title": said(document.title, language),
        "strip": strip(document, language),
        "facts": facts(document, language),
        "sections": [_told(section, language) for section in document.sections]
        + ([_told_charts(drawn, language)] if drawn else []),
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = {
            "report.typ": files("tenun.linkage.report").joinpath("report.typ").read_bytes(),
            "told.json": json.dumps(told, ensure_ascii=False).encode("utf-8"),
            **{f"{code}.svg": svg for code, svg in drawn.items()},
        }
        for source, content in sources.items():
            (folder / source).write_bytes(content)
        main = folder / "report.typ"
        return typst.compile(main, root=folder, format="pdf", pdf_standards="ua-1", ignore_system_fonts=True)


def _told(section: Section, language: str) -> dict[str, Any]:
    return {
        "title": said(section.title, language),
        "paragraphs": [said(one, language) for one in section.paragraphs],
        "charts": [],
        "tables": [
            {
                "title": said(table.title, language),
                "columns": [said(column, language) for column in table.columns],
                "is_text": len(table.columns) == 2 and any(row[1].text is not None for row in table.rows),
                "rows": [[say(cell, language) for cell in row] for row in table.rows],
                "note": None if table.note is None else said(table.note, language),
            }
            for table in section.tables
        ],
    }


def _told_charts(drawn: Mapping[str, bytes], language: str) -> dict[str, Any]:
    shown = [
        {
            "file": f"{code}.svg",
            "title": said(DRAWINGS[code].title, language),
            "about": said(DRAWINGS[code].about, language),
        }
        for code in drawn
    ]
    return {"title": said(CHARTS_TITLE, language), "paragraphs": [], "charts": shown, "tables": []}


# --- as a page -----------------------------------------------------------------------------------------


def as_html(document: Document, charts: Mapping[str, bytes], language: str) -> str:
    """One file: no script, nothing fetched from anywhere."""
    title = escape(said(document.title, language))
    parts = [
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style></head><body><main>",
        f'<p class="strip">{escape(strip(document, language))}</p><h1>{title}</h1>',
        *(f"<p>{escape(line)}</p>" for line in facts(document, language)),
    ]
    for section in document.sections:
        parts.append(f'<section id="{section.code}"><h2>{escape(said(section.title, language))}</h2>')
        parts += [f"<p>{escape(said(one, language))}</p>" for one in section.paragraphs]
        parts += [_table(table, language) for table in section.tables]
        parts.append("</section>")
    drawn = charts_of(charts, language)
    if drawn:
        parts.append(f"<section><h2>{escape(said(CHARTS_TITLE, language))}</h2>")
        for code, svg in drawn.items():
            about = DRAWINGS[code]
            caption = f"{escape(said(about.title, language))}. {escape(said(about.about, language))}"
            parts.append(f"<figure>{svg.decode('utf-8')}<figcaption>{caption}</figcaption></figure>")
        parts.append("</section>")
    parts.append("</main></body></html>\n")
    return "\n".join(parts)


def _table(table: Table, language: str) -> str:
    head = "".join(f'<th scope="col">{escape(said(column, language))}</th>' for column in table.columns)
    rows = "\n".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escape(say(cell, language))}</th>'
            if at == 0
            else f"<td>{escape(say(cell, language))}</td>"
            for at, cell in enumerate(row)
        )
        + "</tr>"
        for row in table.rows
    )
    note = "" if table.note is None else f"<p>{escape(said(table.note, language))}</p>"
    caption = escape(said(table.title, language))
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{note}"
