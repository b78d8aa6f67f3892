"""`tenun link report` and `tenun link self-test`: what a linkage did, on paper, and how right it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import typer
from rich.table import Table

from tenun.agreement.decision import Denial, Operation, Permit, Purpose, Use, allowed_fields
from tenun.agreement.delivered import decide_on_batches
from tenun.agreement.vocabulary import Party
from tenun.cli import console, link_asking
from tenun.cli.link_asking import MemoryOption, ModelOption, SettingsOption
from tenun.kernel.clock import SystemClock
from tenun.lake.snapshot import Layer
from tenun.linkage import crosswalk, inputs, self_test, training
from tenun.linkage.inputs import SEEKERS_SIDE
from tenun.linkage.permits import Permits
from tenun.linkage.report import keeping
from tenun.linkage.report.document import LANGUAGES, said, say
from tenun.linkage.report.keeping import Report
from tenun.linkage.report.writing import NameOf
from tenun.linkage.review import estimate, judgements
from tenun.linkage.review.desk import Desk
from tenun.linkage.review.estimate import Estimate
from tenun.linkage.self_test import Found, SelfTest
from tenun.linkage.settings import LinkSettings
from tenun.linkage.stages import Progress
from tenun.node.chain import standing_of
from tenun.node.home import NodeHome, Role, reference_folder
from tenun.registry.reference.regions import Regions

HiddenOption = Annotated[
    int, typer.Option("--hide", min=50, help="Banyaknya NIK yang disembunyikan untuk uji / NIKs to hide for the test.")
]


def report_command(
    out: Annotated[
        Path | None, typer.Option("--out", file_okay=False, help="Folder untuk HTML, PDF, JSON / folder for the files.")
    ] = None,
    hidden: HiddenOption = self_test.SAMPLE,
    settings_file: SettingsOption = None,
    model: ModelOption = None,
    memory: MemoryOption = "4GB",
    as_json: console.JsonOption = False,
) -> None:
    """Laporan pemadanan terakhir: masukan, aturan, hasil, ketimpangan / the report on the present crosswalk.

    Disimpan di danau dan tampil di portal; dengan --out juga ditulis sebagai HTML, PDF, dan JSON.
    """
    home = NodeHome.of(Role.NAKER)
    chosen = link_asking.chosen(settings_file, model=model, memory=memory)
    with link_asking.bar(as_json) as progress:
        report = make(home, link_asking.ask(home), chosen, hidden=hidden, progress=progress)
    written = write(report, out) if out is not None else []
    answer = {**report.document.as_dict(), "files": [path.name for path in written]}
    console.answer(answer, as_json=as_json, show=lambda: _show_report(report, written))


def make(
    home: NodeHome,
    permitted: Permits,
    chosen: LinkSettings,
    *,
    hidden: int = self_test.SAMPLE,
    progress: Progress | None = None,
) -> Report:
    """The report on the present crosswalk, kept in the lake. Raises as `keeping.make` does."""
    return keeping.make(
        home.lake,
        residents_permit=permitted.residents,
        seekers_permit=permitted.seekers,
        settings=chosen,
        name_of=names(),
        disability=_disability(home),
        estimate=_estimate(home),
        hidden=hidden,
        progress=progress,
    )


def self_test_command(
    hidden: HiddenOption = self_test.SAMPLE,
    seed: Annotated[int, typer.Option("--seed", help="Benih penarikan contoh / seed of the sampling.")] = 1,
    settings_file: SettingsOption = None,
    model: ModelOption = None,
    memory: MemoryOption = "4GB",
    as_json: console.JsonOption = False,
) -> None:
    """Sembunyikan NIK, padankan lagi, hitung yang ditemukan kembali / hide NIKs, link again, count what is found."""
    home = NodeHome.of(Role.NAKER)
    permitted = link_asking.ask(home)
    with _prepared(as_json):
        with training.prepared(
            home.lake,
            residents_permit=permitted.residents,
            seekers_permit=permitted.seekers,
            settings=link_asking.chosen(settings_file, model=model, memory=memory),
            is_told=True,
        ) as present:
            found = self_test.run(present, size=hidden, seed=seed)
    console.answer(found.as_dict(), as_json=as_json, show=lambda: _show_self_test(found))


def names() -> NameOf:
    """Names of regions, from the register of this machine."""
    regions = Regions.load(reference_folder())

    def name_of(code: str) -> str:
        found = regions.get(code)
        return found.name if found is not None else ""

    return name_of


@contextmanager
def _prepared(as_json: bool) -> Iterator[None]:
    with link_asking.bar(as_json) as progress:
        if progress is not None:
            progress("rules", 0, 1)
        yield


def _estimate(home: NodeHome) -> Estimate | None:
    """What the judged sample says, where there is one of the crosswalk in use."""
    desk = Desk(home.lake, home.folder / judgements.FOLDER)
    sample = desk.sample()
    if sample is None or sample.crosswalk != crosswalk.current(home.lake).reference:
        return None
    return estimate.estimate(sample, judgements.outcomes(desk.judgements))


def _disability(home: NodeHome) -> pa.Table | None:
    """Accounts by disability, where the agreement lets linkage use it; none where it does not."""
    now = SystemClock().now()
    position = standing_of(home).at(now)
    fields = frozenset({SEEKERS_SIDE.id, "disability"})
    granted = allowed_fields(
        position.agreement,
        dataset=SEEKERS_SIDE.agreed,
        purpose=Purpose.LINKAGE,
        operation=Operation.USE,
        by=Party.NAKER,
    )
    if not fields <= granted:
        return None
    held = home.lake.all_current(layer=Layer.CORE, dataset=SEEKERS_SIDE.dataset)
    decision = decide_on_batches(
        position.agreement,
        Use(
            dataset=SEEKERS_SIDE.agreed,
            purpose=Purpose.LINKAGE,
            operation=Operation.USE,
            fields=fields,
            by=Party.NAKER,
            moment=now,
        ),
        held,
        state=position.state,
    )
    return None if isinstance(decision, Denial) else _read_disability(home, decision)


def _read_disability(home: NodeHome, permit: Permit) -> pa.Table:
    tables = [
        home.lake.read(snapshot, SEEKERS_SIDE.table, [SEEKERS_SIDE.id, "disability"])
        for snapshot in inputs.snapshots(home.lake, SEEKERS_SIDE, permit)
    ]
    return pa.concat_tables(tables)


def write(report: Report, folder: Path) -> list[Path]:
    """Write a report as HTML and PDF in both languages, and as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [keeping.DOCUMENT, *(f"report.{language}.{kind}" for language in LANGUAGES for kind in ("html", "pdf"))]
    for name in names:
        (folder / name).write_bytes(report.files[name])
    return [folder / name for name in names]


def _show_report(report: Report, written: list[Path]) -> None:
    document = report.document
    console.out.print(f"{document.title.id} / {document.title.en}", markup=False)
    shown = document.table("classes")
    table = Table(*(f"{column.id} / {column.en}" for column in shown.columns))
    for row in shown.rows:
        table.add_row(*(say(cell, "id") for cell in row))
    console.out.print(table)
    for section in document.sections:
        for paragraph in section.paragraphs:
            console.out.print(said(paragraph, "id"), markup=False)
    for path in written:
        console.out.print(path.name, markup=False)


def _show_self_test(found: SelfTest) -> None:
    table = Table("kelompok / group", "disembunyikan / hidden", "recall (95 %)", "precision (95 %)")
    table.add_row("semua / all", *_cells(found.overall))
    for dimension, values in found.by.items():
        for name, one in values.items():
            table.add_row(f"{dimension} {name}", *_cells(one))
    console.out.print(table)


def _cells(found: Found) -> tuple[str, str, str]:
    shares: Mapping[str, Any] = {"recall": found.recall, "precision": found.precision}
    said_ = (
        "-" if share is None else f"{100 * share[0]:.2f} ({100 * share[1]:.2f}-{100 * share[2]:.2f})"
        for share in shares.values()
    )  # fmt: skip
    recall, precision = said_
    return f"{found.hidden:,}", recall, precision
