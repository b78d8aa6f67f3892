"""`tenun link review …`: draw a quality sample, see how far people are, estimate from what they said, take it along."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import pyarrow.parquet as pq
import typer
from rich.table import Table

from tenun.agreement.vocabulary import Party
from tenun.cli import console
from tenun.kernel.clock import SystemClock
from tenun.lake.store import SnapshotMissing
from tenun.linkage import crosswalk, permits
from tenun.linkage.review import estimate, judgements, sample
from tenun.linkage.review.desk import Desk, WorkList
from tenun.linkage.review.estimate import Share
from tenun.linkage.review.rules import Stage
from tenun.node.chain import standing_of
from tenun.node.home import NodeHome, Role

app = typer.Typer(
    help="Tinjauan padanan oleh manusia di simpul naker / review of links by people, at node naker.",
    no_args_is_help=True,
)

SampleOption = Annotated[
    str | None, typer.Option("--sample", help="Nama contoh; tanpa ini yang terbaru / sample; without it the newest.")
]
WHY = {
    "too_few_judgements": "belum cukup / too few: {judged}/{needed}",
    "class_not_judged": "golongan kosong / class unjudged",
}


@app.command("sample")
def sample_command(
    size: Annotated[int, typer.Option("--size", min=2, help="Banyaknya pasangan / number of pairs.")] = 400,
    seed: Annotated[int, typer.Option("--seed", help="Benih undian / seed of the lots.")] = 1,
    as_json: console.JsonOption = False,
) -> None:
    """Tarik contoh mutu bertingkat dari padanan / draw a stratified quality sample of the links."""
    home = NodeHome.of(Role.NAKER)
    now = SystemClock().now()
    snapshot = crosswalk.current(home.lake)
    position = standing_of(home).at(now)
    permitted = permits.ask(position.agreement, by=Party.NAKER, moment=now, lake=home.lake, state=position.state)
    drawn = sample.draw(home.lake, snapshot, residents_permit=permitted.residents, size=size, seed=seed, moment=now)
    kept = sample.keep(_folder(home), drawn)
    classes = Counter(str(one.candidate.match_class) for one in kept.drawn)
    result = {
        "sample": kept.id,
        "crosswalk": kept.crosswalk,
        "pairs": len(kept.drawn),
        "of": sum(kept.strata.values()),
        "strata": len(kept.strata),
        "dimensions": list(kept.dimensions),
        "by_class": dict(sorted(classes.items())),
    }

    def show() -> None:
        console.out.print(
            f"Contoh / sample {kept.id}: {result['pairs']:,} dari / of {result['of']:,} pasangan / pairs, "
            f"{result['strata']} strata ({' x '.join(kept.dimensions)})",
            markup=False,
        )
        console.err.print("Dinilai di portal: Tinjau padanan. / Judged in the portal: Review links.", markup=False)

    console.answer(result, as_json=as_json, show=show)


@app.command("status")
def status_command(as_json: console.JsonOption = False) -> None:
    """Sejauh mana tinjauan, dan apakah catatannya utuh / how far the review is, and whether its record is whole."""
    home = NodeHome.of(Role.NAKER)
    desk = Desk(home.lake, _folder(home))
    result: dict[str, Any] = {
        "judgements": len(desk.judgements.all()),
        "reviewers": len({one.reviewer for one in desk.judgements.all()}),
        "settled": judgements.settled(desk.judgements).num_rows,
        "reveals": len(desk.reveals.all()),
        "head": desk.judgements.head,
        "queue": _stages(desk, WorkList.QUEUE),
        "sample": _stages(desk, WorkList.SAMPLE),
    }

    def show() -> None:
        table = Table("keadaan / state", "antrean / queue", "contoh / sample")
        for stage in Stage:
            table.add_row(str(stage), *(f"{result[name][str(stage)]:,}" for name in ("queue", "sample")))
        console.out.print(table)
        for name in ("judgements", "reviewers", "settled", "reveals", "head"):
            console.out.print(f"{name}: {result[name]}", markup=False)

    console.answer(result, as_json=as_json, show=show)


@app.command("estimate")
def estimate_command(sample_id: SampleOption = None, as_json: console.JsonOption = False) -> None:
    """Taksir presisi padanan dari contoh yang dinilai / estimate the links' precision from the judged sample."""
    folder = _folder(NodeHome.of(Role.NAKER))
    store = judgements.Judgements(folder)
    found = estimate.estimate(sample.get(folder, sample_id), judgements.outcomes(store))

    def show() -> None:
        table = Table("ukuran / measure", "taksiran (95 %) / estimate", "dinilai / judged")
        _add(table, "presisi / precision", found.precision)
        _add(table, "recall (calon / candidates)", found.recall_within_candidates)
        for dimension, shares in found.by.items():
            for value, share in shares.items():
                _add(table, f"{dimension} {value}", share)
        console.out.print(table)
        console.out.print(
            f"contoh / sample {found.sample}; tidak dapat dipastikan / undecided {found.undecided}", markup=False
        )

    console.answer(found.as_dict(), as_json=as_json, show=show)


@app.command("export")
def export_command(
    output: Annotated[Path, typer.Option("--out", help="Berkas Parquet yang dibuat / Parquet file to write.")],
    as_json: console.JsonOption = False,
) -> None:
    """Simpan putusan yang tuntas: nama samaran dan putusan saja / write the settled verdicts, pseudonyms only."""
    rows = judgements.settled(judgements.Judgements(_folder(NodeHome.of(Role.NAKER))))
    pq.write_table(rows, output)
    result = {"file": str(output), "rows": rows.num_rows}
    console.answer(
        result, as_json=as_json, show=lambda: console.out.print(f"{rows.num_rows:,} → {output}", markup=False)
    )


def _folder(home: NodeHome) -> Path:
    return home.folder / judgements.FOLDER


def _stages(desk: Desk, work: WorkList) -> dict[str, int]:
    try:
        found = desk.stages(one.pair for one, _ in desk.candidates(work))
    except SnapshotMissing:
        found = Counter()  # nothing was linked yet: there is nothing to judge
    return {str(stage): found[stage] for stage in Stage}


def _add(table: Table, name: str, share: Share) -> None:
    if share.value is None or share.low is None or share.high is None:
        said = WHY[share.why].format(judged=share.judged, needed=share.needed)
    else:
        said = f"{100 * share.value:.2f} % ({100 * share.low:.2f} – {100 * share.high:.2f})"
    table.add_row(name, said, f"{share.judged:,} / {share.drawn:,}")
