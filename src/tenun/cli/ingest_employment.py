"""`tenun ingest seekers | vacancies | trainings | certificates | placements | idm | sdgs`."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Annotated, Protocol

import typer

from tenun.cli import console, ingest_report
from tenun.kernel import clock
from tenun.kernel.keys import KeyProvider
from tenun.lake.store import Lake
from tenun.node.home import NodeHome, Role, reference_folder
from tenun.registry.reference.regions import Regions
from tenun.sources import siapkerja
from tenun.sources.answers import Progress
from tenun.sources.kemendesa import idm, sdgs
from tenun.sources.report import IngestReport

app = typer.Typer(no_args_is_help=True)

FilesArgument = Annotated[list[Path], typer.Argument(metavar="BERKAS...", help="Satu berkas atau lebih / files.")]
AreaOption = Annotated[
    str | None,
    typer.Option(metavar="KODE", help="Wilayah berkas (52.01), tanpa ini seluruh negeri / area of the files."),
]
NakerOption = Annotated[Role, typer.Option("--node", help="Simpul / node.")]
DesaOption = Annotated[Role, typer.Option("--node", help="Simpul / node.")]


class Ingest(Protocol):
    """What the five SIAPKerja readers share."""

    def __call__(
        self,
        lake: Lake,
        keys: KeyProvider,
        paths: list[Path],
        *,
        area: str | None,
        as_of: date | None,
        regions: Regions,
        invented: bool,
        report_folder: Path,
        progress: Progress,
    ) -> IngestReport: ...


def _siapkerja_command(name: str, ingest: Ingest, *, help_text: str, title: str) -> None:
    """One command for each kind of SIAPKerja extract: all take the same options."""

    @app.command(name, help=help_text)
    def command(
        files: FilesArgument,
        area: AreaOption = None,
        as_of: ingest_report.AsOfOption = None,
        node: NakerOption = Role.NAKER,
        invented: ingest_report.InventedOption = False,
        as_json: console.JsonOption = False,
    ) -> None:
        _siapkerja(ingest, files, area, as_of, node, invented, as_json, title)


_siapkerja_command(
    "seekers",
    siapkerja.ingest_seekers,
    help_text="Masukkan pencari kerja AK-1 (CSV, XLSX, JSON) / bring job seekers in.",
    title="Pencari kerja / job seekers",
)
_siapkerja_command(
    "vacancies",
    siapkerja.ingest_vacancies,
    help_text="Masukkan lowongan Karirhub (JSON seperti disajikan) / bring vacancies in, as served.",
    title="Lowongan / vacancies",
)
_siapkerja_command(
    "trainings",
    siapkerja.ingest_trainings,
    help_text="Masukkan jadwal pelatihan (contracts/trainings.odcs.yaml) / bring training courses in.",
    title="Pelatihan / trainings",
)
_siapkerja_command(
    "certificates",
    siapkerja.ingest_certificates,
    help_text="Masukkan sertifikat kompetensi (contracts/certificates.odcs.yaml) / bring certificates in.",
    title="Sertifikat / certificates",
)
_siapkerja_command(
    "placements",
    siapkerja.ingest_placements,
    help_text="Masukkan penempatan kerja (contracts/placements.odcs.yaml) / bring placements in.",
    title="Penempatan / placements",
)


@app.command("idm")
def ingest_idm(
    files: FilesArgument,
    as_of: ingest_report.AsOfOption = None,
    node: DesaOption = Role.DESA,
    as_json: console.JsonOption = False,
) -> None:
    """Masukkan jawaban layanan IDM (JSON, JSON per baris, gz, xz) / bring answers of the IDM service in.

    Jawaban galat tidak pernah mengganti data yang ada / an error answer never replaces what is there.
    """
    day = ingest_report.read_as_of(as_of)
    home, regions = _opened(node)
    with ingest_report.stages(as_json=as_json) as progress:
        report = idm.ingest(
            home.lake,
            files,
            as_of=day,
            regions=regions,
            report_folder=home.folder / "reports",
            progress=progress,
        )
    _answer(report, as_json=as_json, title="Indeks Desa Membangun (IDM)")


@app.command("sdgs")
def ingest_sdgs(
    files: FilesArgument,
    bps: Annotated[str | None, typer.Option(metavar="KODE", help="Kode desa BPS jawaban ini / BPS code.")] = None,
    codes: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Kolom berkas, kode_bps / columns berkas, kode_bps.")
    ] = None,
    as_of: ingest_report.AsOfOption = None,
    node: DesaOption = Role.DESA,
    as_json: console.JsonOption = False,
) -> None:
    """Masukkan skor SDGs Desa (CSV atau JSON) / bring SDGs Desa scores in.

    Kodenya kode BPS dan dijembatani; yang tidak pasti masuk antrean / codes are BPS's and bridged;
    what is not certain waits in the queue. JSON tanpa kode: --bps, --codes, atau nama berkas KODE.json.
    """
    day = ingest_report.read_as_of(as_of)
    own_code = None if bps is None else sdgs.as_bps(bps)
    if bps is not None and own_code is None:
        raise typer.BadParameter("10 angka / digits", param_hint="--bps")
    home, regions = _opened(node)
    with ingest_report.stages(as_json=as_json) as progress:
        report = sdgs.ingest(
            home.lake,
            files,
            as_of=day,
            today=clock.today(clock.SystemClock()),
            regions=regions,
            bps=own_code,
            codes=None if codes is None else _codes(codes),
            report_folder=home.folder / "reports",
            progress=progress,
        )
    _answer(report, as_json=as_json, title="SDGs Desa")


def _siapkerja(
    ingest: Ingest,
    files: list[Path],
    area: str | None,
    as_of: str | None,
    node: Role,
    invented: bool,
    as_json: bool,
    title: str,
) -> None:
    day = ingest_report.read_as_of(as_of)
    home, regions = _opened(node)
    region = None if area is None or area == siapkerja.NATIONAL else regions.parse_region(area, asked_by="ingest")
    with ingest_report.stages(as_json=as_json) as progress:
        report = ingest(
            home.lake,
            home.keys,
            files,
            area=region.code if region else None,
            as_of=day,
            regions=regions,
            invented=invented,
            report_folder=home.folder / "reports",
            progress=progress,
        )
    _answer(report, as_json=as_json, title=title)


def _opened(node: Role) -> tuple[NodeHome, Regions]:
    home = NodeHome.of(node)
    home.lake.clean()
    return home, Regions.load(reference_folder())


def _codes(file: Path) -> dict[str, str]:
    """File name -> BPS code, from a CSV with the columns `berkas` and `kode_bps`."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            rows = [{key.strip(): value.strip() for key, value in row.items()} for row in csv.DictReader(handle)]
        written = {row["berkas"]: sdgs.as_bps(row["kode_bps"]) for row in rows}
    except (OSError, UnicodeDecodeError, KeyError, AttributeError, csv.Error) as problem:
        raise typer.BadParameter("CSV: berkas, kode_bps", param_hint="--codes") from problem
    if None in written.values():
        raise typer.BadParameter("kode_bps: 10 angka / digits", param_hint="--codes")
    return {name: code for name, code in written.items() if code is not None}


def _answer(report: IngestReport, *, as_json: bool, title: str) -> None:
    """Print the report. Nothing accepted at all is a refusal (status 1): what was there stays."""
    ingest_report.answer(report, as_json=as_json, title=title)
    if not report.accepted:
        if not as_json:
            told = "Tidak ada yang diterima; data yang sudah ada tetap / nothing was accepted; what is there stays."
            console.err.print(told, markup=False)
        raise typer.Exit(1)
