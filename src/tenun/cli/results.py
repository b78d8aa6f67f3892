"""`tenun results …`: figures as files, and where a figure comes from."""

from __future__ import annotations

import json
from datetime import datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tenun.cli import console
from tenun.indicators import csvw, export, prov_json, provenance, where_from
from tenun.indicators.areas import NATIONAL, Level, level_of
from tenun.indicators.citation import About, of_snapshot
from tenun.indicators.definition import Definition, IndicatorUnknown
from tenun.indicators.results import Results
from tenun.lake.store import Lake
from tenun.node.home import NodeHome, Role

app = typer.Typer(help="Hasil: berkas angka dan asal-usulnya / results: files and where they come from.",
                  no_args_is_help=True)  # fmt: skip

SnapshotOption = Annotated[
    str | None, typer.Option("--snapshot", help="Id potret; bawaan yang terbaru / a snapshot's id; default the latest.")
]


class Language(StrEnum):
    INDONESIAN = "id"
    ENGLISH = "en"


LanguageOption = Annotated[Language, typer.Option("--language", help="Bahasa kata-katanya / language of the words.")]


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    PARQUET = "parquet"


@app.command("export")
def export_command(
    out: Annotated[Path, typer.Option("--out", help="Berkas yang ditulis / file to write.")],
    area: Annotated[str, typer.Option("--area", help="Kode wilayah / area code.")] = NATIONAL,
    level: Annotated[
        Level | None, typer.Option("--level", help="Tingkat di dalam wilayah itu / level inside it.")
    ] = None,
    indicator: Annotated[str | None, typer.Option("--indicator", help="Satu indikator saja / one indicator.")] = None,
    output_format: Annotated[Format, typer.Option("--format", help="csv, json, xlsx, parquet")] = Format.CSV,
    language: LanguageOption = Language.INDONESIAN,
    snapshot: SnapshotOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Tulis angka ke berkas / write figures to a file; a CSV gets its metadata (CSVW) beside it."""
    results = _open(NodeHome.of(Role.NAKER).lake, snapshot)
    chosen = indicator.upper() if indicator else None
    definitions = _definitions(results, chosen)
    rows = (
        export.rows(results, area=area, indicator=chosen, language=language)
        if level in (None, level_of(area))
        else export.rows(results, level=str(level), parent=area, indicator=chosen, language=language)
    )
    metadata = csvw.document(About.of(results), definitions, url=out.name, language=language)
    written = [out]
    if output_format is Format.CSV:
        out.write_bytes(export.as_csv(rows))
        beside = out.with_name(f"{out.name}-metadata.json")  # where CSVW (section 5.3) looks for it
        beside.write_text(json.dumps(metadata, ensure_ascii=False, indent=2), "utf-8")
        written.append(beside)
    elif output_format is Format.JSON:
        out.write_bytes(export.as_json(rows, {"snapshot": results.snapshot.id}))
    elif output_format is Format.XLSX:
        made_on = datetime.combine(results.reference_date, time())
        out.write_bytes(export.as_xlsx(rows, title="Tenun", made_on=made_on, language=language))
    else:
        out.write_bytes(export.as_parquet(rows, metadata=metadata, language=language))
    citation = of_snapshot(About.of(results))
    answer = {
        "files": [str(one) for one in written],
        "rows": len(rows),
        "snapshot": results.snapshot.id,
        "invented": results.is_invented,
        "citation": {"id": citation.id, "en": citation.en},
    }

    def show() -> None:
        for one in written:
            console.out.print(str(one), markup=False)
        console.out.print(f"{len(rows)} baris / rows. {citation.id}", markup=False)

    console.answer(answer, as_json=as_json, show=show)


@app.command("where-from")
def where_from_command(
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="Misalnya A1 / such as A1.")],
    area: Annotated[str, typer.Argument(metavar="AREA", help="Kode wilayah / area code.")],
    breakdown: Annotated[str, typer.Option("--breakdown", help="Misalnya sex / such as sex.")] = "",
    category: Annotated[str, typer.Option("--category", help="Misalnya female / such as female.")] = "",
    snapshot: SnapshotOption = None,
    prov: Annotated[
        Path | None, typer.Option("--prov", help="Tulis PROV-JSON ke berkas ini / write PROV-JSON.")
    ] = None,
    language: LanguageOption = Language.INDONESIAN,
    as_json: console.JsonOption = False,
) -> None:
    """Dari mana angka ini: sampai ke sidik berkas asal / where a figure comes from, down to hashes of files.

    Status 1 bila ada yang hilang atau berubah di jalan / status 1 where something on the way is gone or altered.
    """
    lake = NodeHome.of(Role.NAKER).lake
    results = _open(lake, snapshot)
    value = results.value(indicator.upper(), area, breakdown, category)
    way = provenance.of_value(lake, results.snapshot, results.definitions[value.indicator], value, is_verified=True)
    if prov is not None:
        prov.write_text(json.dumps(prov_json.document(way), ensure_ascii=False, indent=2), "utf-8")

    def show() -> None:
        for section in where_from.sections(way, language, minimum_cell=results.minimum_cell):
            console.out.print(section.heading, markup=False, style="bold")
            for fact in section.facts:
                style = "bold red" if fact.is_alarming else None
                console.out.print(f"  {fact.label}: {fact.text}", markup=False, style=style)

    answer = where_from.as_dict(way, minimum_cell=results.minimum_cell)
    console.answer(answer, as_json=as_json, show=show, is_refused=not way.is_whole)


def _open(lake: Lake, snapshot: str | None) -> Results:
    return Results.open(lake) if snapshot is None else Results.of(lake, snapshot)


def _definitions(results: Results, indicator: str | None) -> list[Definition]:
    if indicator is None:
        return list(results.definitions.values())
    if indicator not in results.definitions:
        raise IndicatorUnknown(indicator=indicator)
    return [results.definitions[indicator]]
