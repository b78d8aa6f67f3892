"""How the `tenun ingest` commands say what they did: in words for a data officer, or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import typer
from rich.progress import Progress

from tenun.cli import console
from tenun.kernel.clock import SystemClock, today
from tenun.sources import dates, rules
from tenun.sources.report import IngestReport

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TANGGAL", help="Tanggal keadaan data, 2026-01-31 / the day the data is true for."),
]
InventedOption = Annotated[
    bool, typer.Option("--invented", help="Orang di dalam berkas adalah data buatan / the persons are invented.")
]

# Counts by their key in the report, in the order in which they are told.
_COUNTS = {
    "persons": "Orang / persons",
    "families": "Keluarga / families",
    "seekers": "Pencari kerja / job seekers",
    "vacancies": "Lowongan / vacancies",
    "trainings": "Pelatihan / trainings",
    "certificates": "Sertifikat / certificates",
    "placements": "Penempatan / placements",
    "villages": "Desa / villages",
    "regencies": "Kabupaten / regencies",
    "years": "Tahun / years",
    "columns_unknown": "Kolom lain / other columns",
    "queued": "Masuk antrean / on the queue",
    "unresolved_villages": "Desa tak dikenal / unresolved",
    "unmapped_villages": "Desa tak terpetakan / unmapped",
    "villages_without_data": "Desa tanpa data / no data",
    "with_village": "Dengan desa / with village",
    "with_regency_only": "Hanya kabupaten / regency only",
    "without_village": "Tanpa desa / without village",
    "without_region": "Tanpa wilayah / no region",
}


def read_as_of(text: str | None) -> date | None:
    """The date of `--as-of`. Wrong usage (status 2) when it is no date, or a day that has not come."""
    if text is None:
        return None
    now = today(SystemClock())
    found, doubt = dates.read(text, until=now)
    if found is None or doubt is dates.Doubt.TWO_DIGIT_YEAR:
        raise typer.BadParameter(
            f"{text}: bukan tanggal sampai hari ini (tulis {now.isoformat()}) / not a date up to today",
            param_hint="--as-of",
        )
    return found


@contextmanager
def stages(*, as_json: bool) -> Iterator[_Stages]:
    """A progress bar that names the stage of the work."""
    with console.progress(as_json=as_json) as bar:
        yield _Stages(bar)


class _Stages:
    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("Menyiapkan / preparing", total=None)

    def __call__(self, stage: str, done: int, total: int) -> None:
        self._bar.update(self._task, description=stage, completed=done, total=total)


def answer(report: IngestReport, *, as_json: bool, title: str) -> None:
    """Print the report. Rejected rows are no failure: the rest is in, and the list says what to correct."""
    console.answer(report.as_dict(), as_json=as_json, show=lambda: _show(report, title))


def _show(report: IngestReport, title: str) -> None:
    console.out.print(title, markup=False)
    if not report.is_new:
        console.out.print(
            "Berkas yang sama sudah masuk; tidak ada yang berubah / the same file is here already.", markup=False
        )
    lines: dict[str, object] = {"Format": report.format, "Baris data / data rows": report.rows}
    lines |= {_COUNTS.get(key, key): count for key, count in report.counts.items()}
    lines |= {
        "Baris diterima / accepted": report.accepted,
        "Baris ditolak / rejected": report.rejected,
        "Baris ganda / duplicates": report.duplicates,
    }
    if "as_of" in report.details:
        lines["Keadaan tanggal / as of"] = report.details["as_of"]
    for label, value in lines.items():
        shown = f"{value:,}".replace(",", ".") if isinstance(value, int) else str(value)
        console.out.print(
            f"  {label:<31} {shown:>12}" if isinstance(value, int) else f"  {label:<31} {shown}", markup=False
        )
    _show_warnings(report.warnings)
    if report.rejects_file:
        console.out.print(f"\nYang perlu diperiksa / what to look at: {report.rejects_file}", markup=False)
    for snapshot in [report.snapshot] if isinstance(report.snapshot, str) else report.snapshot or []:
        console.out.print(f"Potret / snapshot: {snapshot}", markup=False, style="dim")


def _show_warnings(warnings: Mapping[str, int]) -> None:
    if not warnings:
        return
    console.out.print("\nPeringatan / warnings", markup=False)
    for code, count in sorted(warnings.items(), key=lambda found: (-found[1], found[0])):
        rule = rules.find(code)
        console.out.print(f"  {count:>7}  {rule.text_id}", markup=False)
        console.out.print(f"           {rule.text_en} [{code}]", markup=False, style="dim")
