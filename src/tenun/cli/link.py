"""`tenun link …`: link residents with SIAPKerja accounts, measure it, refit its model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tenun.cli import console, link_asking, link_engine, link_export, link_files, link_model, link_report, review
from tenun.cli.link_asking import MemoryOption, ModelOption, SettingsOption, ThreadsOption
from tenun.cli.link_engine import EngineName, EngineOption, MasterOption
from tenun.linkage import quality, run
from tenun.linkage.run import LinkReport
from tenun.node.home import NodeHome, Role

app = typer.Typer(
    help="Pemadanan warga dengan akun SIAPKerja / linking residents with SIAPKerja accounts.", no_args_is_help=True
)
app.add_typer(review.app, name="review")


@app.command("run")
def run_command(
    settings_file: SettingsOption = None,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    memory: MemoryOption = "4GB",
    engine: EngineOption = EngineName.DUCKDB,
    master: MasterOption = link_engine.MASTER,
    report_folder: Annotated[
        Path | None,
        typer.Option("--report", file_okay=False, help="Folder laporan: HTML, PDF, JSON / folder for its report."),
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Padankan warga yang diterima dengan akun di simpul naker / link the residents received at node naker.

    Dengan --report, laporan pemadanan ini juga dibuat; tanpa itu, buat dengan `tenun link report`.
    """
    link_engine.refuse_spark(engine, master)
    home = NodeHome.of(Role.NAKER)
    chosen = link_asking.chosen(settings_file, model=model, threads=threads, memory=memory)
    link_model.require_signed(home, model)
    permitted = link_asking.ask(home)
    with link_asking.bar(as_json) as progress:
        report = run.link(
            home.lake,
            residents_permit=permitted.residents,
            seekers_permit=permitted.seekers,
            settings=chosen,
            judgements=link_asking.judged(home),
            progress=progress,
        )
        written = (
            link_report.write(link_report.make(home, permitted, chosen, progress=progress), report_folder)
            if report_folder is not None
            else []
        )
    files = [path.name for path in written]
    console.answer(
        {**report.as_dict(), "report_files": files}, as_json=as_json, show=lambda: _show_report(report, files)
    )


@app.command("evaluate")
def evaluate_command(
    truth: Annotated[
        Path, typer.Option("--truth", exists=True, dir_okay=False, help="Berkas kebenaran (Parquet) / truth file.")
    ],
    as_json: console.JsonOption = False,
) -> None:
    """Ukur hasil pemadanan terhadap kebenaran yang diketahui / measure the crosswalk against a known truth."""
    naker, desa = NodeHome.of(Role.NAKER), NodeHome.of(Role.DESA)
    found = quality.evaluate(truth, naker_lake=naker.lake, naker_keys=naker.keys, desa_lake=desa.lake)
    console.answer(found.as_dict(), as_json=as_json, show=lambda: _show_evaluation(found))


app.command("files")(link_files.files_command)
app.command("update")(link_files.update_command)
app.command("rules")(link_files.rules_command)
app.command("train")(link_model.train_command)
app.command("drift")(link_model.drift_command)
app.add_typer(link_model.app, name="model")
app.command("report")(link_report.report_command)
app.command("self-test")(link_report.self_test_command)
app.command("export")(link_export.export_command)


def _show_report(report: LinkReport, files: Sequence[str]) -> None:
    table = Table("golongan / class", "akun / accounts", "%")
    for name, count in report.linked.items():
        table.add_row(name, f"{count:,}", _percent(count / report.seekers if report.seekers else None))
    console.out.print(table)
    facts: Mapping[str, Any] = {
        "warga / persons": f"{report.persons:,}",
        "akun / seekers": f"{report.seekers:,}",
        "diterima / accepted": f"{report.accepted:,}",
        "model": report.model,
        "aturan / rules": report.rule_version,
        "detik / seconds": ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in report.seconds.items()),
        "potret / snapshot": report.snapshot,
    }
    for name, value in facts.items():
        console.out.print(f"{name}: {value}", markup=False)
    if report.second_accounts:
        console.out.print(f"akun kedua orang yang sama / second accounts: {report.second_accounts:,}", markup=False)
    told = ", ".join(files) or "tenun link report --out FOLDER"
    console.out.print(f"laporan / report: {told}", markup=False)
    console.show_left_out(report.left_out, report.left_out_reasons)
    if report.is_invented:
        console.out.print(
            "DATA BUATAN: orang-orangnya tidak ada / INVENTED DATA: the persons do not exist.", markup=False
        )


def _show_evaluation(found: quality.Evaluation) -> None:
    table = Table("golongan / class", "tautan / links", "benar / right", "precision", "recall", "F1")
    for name, score in {**found.by_class, "nik + probable": found.overall}.items():
        table.add_row(
            name,
            f"{score.links:,}",
            f"{score.right:,}",
            _percent(score.precision),
            _percent(score.recall),
            _percent(score.f1),
        )
    console.out.print(table)
    console.out.print(
        f"akun / accounts {found.accounts:,}; dapat dipadankan / findable {found.overall.findable:,}; "
        f"tidak terkirim / not delivered {found.not_delivered:,}; bukan warga / no resident {found.without_resident:,}",
        markup=False,
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"
