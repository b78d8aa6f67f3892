"""`tenun ingest …`: bring files of villages and of SIAPKerja into a node's lake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenun.cli import console, ingest_employment, ingest_report
from tenun.kernel.clock import SystemClock, today
from tenun.node.home import NodeHome, Role, reference_folder
from tenun.registry.reference.regions import Regions
from tenun.sources import residents

app = typer.Typer(help="Masukkan berkas / bring files in.", no_args_is_help=True)
app.add_typer(ingest_employment.app)


@app.command("residents")
def ingest_residents(
    files: Annotated[list[Path], typer.Argument(metavar="BERKAS...", help="xlsx, xls, csv, json, zip")],
    village: Annotated[str, typer.Option(metavar="KODE", help="52.01.14.2005, kemendagri:5201142005, bps:5201061005")],
    as_of: ingest_report.AsOfOption = None,
    format: Annotated[
        str | None, typer.Option(help=f"Paksa format / force the format: {', '.join(residents.FORMATS)}")
    ] = None,
    node: Annotated[Role, typer.Option(help="Simpul / node.")] = Role.DESA,
    invented: ingest_report.InventedOption = False,
    as_json: console.JsonOption = False,
) -> None:
    """Masukkan warga satu desa / bring in the residents of one village.

    Format berkas dikenali sendiri: OpenSID 2016-2026, OpenDK, OpenKab, BIP, SIAK, Regsosek.
    Beberapa berkas bersama-sama adalah satu desa / several files together are one village.
    """
    day = ingest_report.read_as_of(as_of)
    if format is not None and not any(name == format or name.startswith(f"{format}-") for name in residents.FORMATS):
        raise typer.BadParameter(f"{format}: {', '.join(residents.FORMATS)}", param_hint="--format")
    regions = Regions.load(reference_folder())
    region = regions.parse_village(village, asked_by="ingest residents", on=today(SystemClock()))
    home = NodeHome.of(node)
    home.lake.clean()
    with ingest_report.stages(as_json=as_json) as progress:
        report = residents.ingest(
            home.lake,
            home.keys,
            files,
            village=region.code,
            as_of=day,
            regions=regions,
            format=format,
            invented=invented,
            report_folder=home.folder / "reports",
            progress=progress,
        )
    ingest_report.answer(report, as_json=as_json, title=f"{region.code} {regions.path_text(region.code)}")
