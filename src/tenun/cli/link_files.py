"""`tenun link files|update|rules`: link any two person tables in Parquet files, continue it, and show its rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tenun.cli import console, link_asking, link_engine
from tenun.cli.link_asking import MemoryOption, ModelOption, SettingsOption, ThreadsOption
from tenun.cli.link_engine import EngineName, EngineOption, MasterOption
from tenun.kernel.clock import SystemClock
from tenun.linkage import files, updating
from tenun.linkage.standard import table as standard

JudgementsOption = Annotated[
    Path | None,
    typer.Option("--judgements", exists=True, dir_okay=False, help="Penilaian orang (Parquet: kedua id, verdict)."),
]


def files_command(
    left: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Tabel warga (Parquet) / residents.")],
    right: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Tabel akun (Parquet) / accounts.")],
    left_id: Annotated[str, typer.Option("--left-id", help="Kolom id tabel warga / id column of the residents.")],
    right_id: Annotated[str, typer.Option("--right-id", help="Kolom id tabel akun / id column of the accounts.")],
    out: Annotated[Path, typer.Option("--out", help="Berkas hasil (Parquet) / file to write.")],
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Tanggal acuan umur / reference day.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="Aturan yang dimatikan, untuk mengukurnya / rule to switch off."),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option("--work", help="Folder kerja; dihapus bila selesai / work folder, removed at the end."),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option("--state", help="Folder keadaan untuk `link update`; berisi data orang / state to continue from."),
    ] = None,
    judgements: JudgementsOption = None,
    settings_file: SettingsOption = None,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    memory: MemoryOption = "4GB",
    engine: EngineOption = EngineName.DUCKDB,
    master: MasterOption = link_engine.MASTER,
    as_json: console.JsonOption = False,
) -> None:
    """Padankan dua tabel orang dari berkas Parquet / link any two person tables in Parquet files.

    Kolom: nik, nama, tgl_lahir, jk, kode_desa, alamat, sebagaimana orang mengetiknya; no_kk bila ada pada keduanya.
    Hasil: satu baris tiap akun.
    """
    with link_engine.machines(engine, master) as machines, link_asking.bar(as_json) as progress:
        report = files.link_files(
            files.PersonTable(left, left_id),
            files.PersonTable(right, right_id),
            out,
            settings=link_asking.chosen(settings_file, model=model, threads=threads, memory=memory),
            as_of=as_of.date() if as_of else SystemClock().now().date(),
            without=without or (),
            work=work,
            state=state,
            judgements=judgements,
            machines=machines,
            progress=progress,
        )
    console.answer(report.as_dict(), as_json=as_json, show=lambda: _show_files(report, out))


def update_command(
    state: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Folder keadaan / state folder.")],
    out: Annotated[Path, typer.Option("--out", help="Berkas hasil (Parquet) / file to write.")],
    left_changed: Annotated[
        Path | None, typer.Option("--left-changed", exists=True, dir_okay=False, help="Warga baru atau berubah.")
    ] = None,
    right_changed: Annotated[
        Path | None, typer.Option("--right-changed", exists=True, dir_okay=False, help="Akun baru atau berubah.")
    ] = None,
    left_gone: Annotated[
        Path | None, typer.Option("--left-gone", exists=True, dir_okay=False, help="Id warga yang hilang / gone.")
    ] = None,
    right_gone: Annotated[
        Path | None, typer.Option("--right-gone", exists=True, dir_okay=False, help="Id akun yang hilang / gone.")
    ] = None,
    changes: Annotated[
        Path | None, typer.Option("--changes", help="Berkas tautan yang berubah / links that are others than before.")
    ] = None,
    judgements: JudgementsOption = None,
    settings_file: SettingsOption = None,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    memory: MemoryOption = "4GB",
    as_json: console.JsonOption = False,
) -> None:
    """Lanjutkan pemadanan berkas dengan yang berubah saja / continue a linkage of files with what changed.

    Hasilnya sama dengan pemadanan penuh memakai angka (fit) yang sama.
    """
    with link_asking.bar(as_json) as progress:
        report = updating.update_files(
            state,
            out,
            left=updating.Delta(left_changed, left_gone),
            right=updating.Delta(right_changed, right_gone),
            settings=link_asking.chosen(settings_file, model=model, threads=threads, memory=memory),
            changes=changes,
            judgements=judgements,
            progress=progress,
        )
    console.answer(report.as_dict(), as_json=as_json, show=lambda: _show_update(report, out))


def rules_command(as_json: console.JsonOption = False) -> None:
    """Aturan pembakuan, dengan alasan dan contoh / the rules of standardisation, with reasons and examples."""
    answer = {
        "standard_version": standard.STANDARD_VERSION,
        "rules": [
            {"code": rule.code, "why": rule.why, "examples": [list(example) for example in rule.examples]}
            for rule in standard.RULES
        ],
    }
    console.answer(answer, as_json=as_json, show=_show_rules)


def _show_files(report: files.FilesReport, out: Path) -> None:
    table = Table("golongan / class", "akun / accounts", "%")
    for name, count in report.linked.items():
        table.add_row(name, f"{count:,}", f"{100 * count / report.seekers:.2f}" if report.seekers else "-")
    console.out.print(table)
    facts: Mapping[str, Any] = {
        "warga / persons": f"{report.persons:,}",
        "akun / accounts": f"{report.seekers:,}",
        "dipadankan / linked": f"{report.accepted:,}",
        "akun kedua orang yang sama / second accounts": f"{report.second_accounts:,}",
        "model": report.model,
        "detik / seconds": ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in report.seconds.items()),
        "hasil / result": out.name,
    }
    for name, value in facts.items():
        console.out.print(f"{name}: {value}", markup=False)


def _show_update(report: updating.UpdateReport, out: Path) -> None:
    _show_files(report.whole, out)
    for name, count in {
        "akun dicari lagi / looked for again": report.looked_for,
        "tautan baru / added": report.links_added,
        "tautan hilang / removed": report.links_removed,
        "tautan pindah orang / moved": report.links_moved,
        "desa yang angkanya berubah / villages whose figure changes": len(report.villages),
    }.items():
        console.out.print(f"{name}: {count:,}", markup=False)


def _show_rules() -> None:
    table = Table("aturan / rule", "alasan / why", "contoh / example")
    for rule in standard.RULES:
        shown = "; ".join(f"{before} -> {after or '-'}" for before, after in rule.examples)
        table.add_row(rule.code, rule.why, shown)
    console.out.print(table)
