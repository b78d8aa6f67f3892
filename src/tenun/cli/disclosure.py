"""`tenun disclosure …`: attacking what is published, before others do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from tenun.cli import console
from tenun.cli.gates import NodeOption, home_of
from tenun.disclosure.audit import Recovered, Report, audit
from tenun.indicators.attacked import release_of
from tenun.indicators.tables import DATASET, SCOPE
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake
from tenun.node import release_figures, releases
from tenun.node.home import NodeHome

app = typer.Typer(help="Pengendalian kerahasiaan / disclosure control.", no_args_is_help=True)

_SHOWN_MAX = 50
_HOW = {
    "computable": ("dihitung dari angka lain", "follows from other figures"),
    "shown_elsewhere": ("tampak pada rilis lain", "another release shows it"),
    "small_difference": ("selisih dua rilis terlalu kecil", "two releases differ by a few people"),
    "other_noise": ("derau lain untuk angka yang sama", "another noise for the same figure"),
    "nested_difference": ("selisih dengan indikator lain", "difference from another indicator"),
}


class NothingReleased(TenunError):
    """There is no publication to attack: safe it is not, since nothing was looked at."""

    code = "disclosure.nothing_released"
    text_id = "Belum ada rilis yang terbit dari simpul ini untuk audiens {audience}."
    text_en = "Nothing has gone out from this node to the audience {audience}."
    remedy_id = "Lihat rilis dan audiensnya dengan `tenun release list`."
    remedy_en = "See releases and their audiences with `tenun release list`."


@app.command("audit")
def audit_command(
    snapshot: Annotated[str | None, typer.Option("--snapshot", help="Potret; bawaan yang berlaku / its id.")] = None,
    against: Annotated[
        list[str] | None, typer.Option("--against", help="Potret lain yang juga terbit / other published snapshots.")
    ] = None,
    released: Annotated[
        bool,
        typer.Option(
            "--released",
            help="Semua yang sudah keluar ke audiens luar, juga yang dicabut / all that went to audiences outside.",
        ),
    ] = False,
    audience: Annotated[
        str | None, typer.Option("--audience", help="Hanya yang diterima audiens ini / what this audience received.")
    ] = None,
    node: NodeOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Serang angka yang terbit: adakah angka tersembunyi yang terhitung / attack what is published."""
    home = home_of(node)
    if released or audience is not None:
        if snapshot is not None or against:
            raise typer.BadParameter("--snapshot / --against: tanpa / without --released, --audience")
        subjects = gone_out(home, audience)
        reports = _attack(home.lake, subjects, subjects)
        about: dict[str, Any] = {"audience": audience or "*", "snapshots": [one.id for one in subjects]}
    else:
        subject = _get(home.lake, snapshot)
        others = [_get(home.lake, one) for one in against or ()]
        reports = _attack(home.lake, [subject], [subject, *others])
        about = {"snapshot": subject.id, "against": [one.id for one in others]}
    found = sorted({cell for report in reports for cell in report.recovered})
    answer = {
        **about,
        "tables": sum(report.tables for report in reports),
        "attacked": sum(report.attacked for report in reports),
        "recovered": len(found),
        "undecided": sum(report.undecided for report in reports),
        "is_safe": not found,
        "cells": [_as_dict(one) for one in found],
    }
    console.answer(answer, as_json=as_json, show=lambda: _show(answer, found), is_refused=bool(found))


def gone_out(home: NodeHome, audience: str | None = None) -> list[Snapshot]:
    """Every snapshot that went out to an audience, or to all of them, each once; the revoked too, since what was read
    once stays read. Raises `NothingReleased`, `SnapshotMissing`."""
    found: dict[tuple[str, str], Snapshot] = {}
    for release in releases.all_releases(home):
        if audience in (None, release.audience):
            for one in releases.publications(home, release.act):
                found[one.scope, one.snapshot] = home.lake.get(
                    layer=Layer.OUT, dataset=release_figures.DATASET, scope=one.scope, id=one.snapshot
                )
    if not found:
        raise NothingReleased(audience=audience or "*")
    return list(found.values())


def _attack(lake: Lake, subjects: Sequence[Snapshot], published: Sequence[Snapshot]) -> list[Report]:
    """Each subject with all the others that are published."""
    for one in published:
        lake.verify(one)
    known = {one.folder: release_of(lake, one) for one in published}
    return [
        audit(known[subject.folder], [one for folder, one in known.items() if folder != subject.folder])
        for subject in subjects
    ]


def _get(lake: Lake, snapshot: str | None) -> Snapshot:
    """Raises `SnapshotMissing`."""
    if snapshot is None:
        return lake.current(layer=Layer.OUT, dataset=DATASET, scope=SCOPE)
    return lake.get(layer=Layer.OUT, dataset=DATASET, scope=SCOPE, id=snapshot)


def _as_dict(one: Recovered) -> dict[str, str]:
    """Which cell, never its value."""
    return {
        "indicator": one.indicator,
        "area": one.area_code,
        "breakdown": one.breakdown,
        "category": one.category,
        "kind": one.kind,
    }


def _show(answer: Mapping[str, Any], found: Sequence[Recovered]) -> None:
    say = console.out.print
    for line in _sentences(answer, found):
        say(line, markup=False)
    facts = Table.grid(padding=(0, 2))
    if "snapshots" in answer:
        facts.add_row("audiens / audience", str(answer["audience"]))
        facts.add_row("potret / snapshots", ", ".join(answer["snapshots"]))
    else:
        facts.add_row("potret / snapshot", str(answer["snapshot"]))
    facts.add_row("tabel / tables", f"{answer['tables']:,}")
    facts.add_row("tersembunyi, diserang / hidden, attacked", f"{answer['attacked']:,}")
    facts.add_row("terhitung / recovered", f"{answer['recovered']:,}")
    facts.add_row("belum diputuskan / undecided", f"{answer['undecided']:,}")
    say(facts)
    if found:
        table = Table(
            "indikator / indicator", "wilayah / area", "rincian / breakdown", "kategori / category", "cara / how"
        )
        for one in found[:_SHOWN_MAX]:
            how = " / ".join(_HOW[one.kind])
            table.add_row(one.indicator, one.area_code, one.breakdown or "-", one.category or "-", how)
        say(table)
        if len(found) > _SHOWN_MAX:
            more = len(found) - _SHOWN_MAX
            say(f"… dan {more:,} lagi; semuanya dengan --json / and {more:,} more; all of them with --json")


def _sentences(answer: Mapping[str, Any], found: Sequence[Recovered]) -> Iterator[str]:
    """What an official needs to know first: whether it may stay out, and what to do when not."""
    attacked, undecided = f"{answer['attacked']:,}", f"{answer['undecided']:,}"
    if found:
        yield f"TIDAK AMAN: {len(found):,} angka kecil dapat dihitung orang dari yang terbit. Jangan terbitkan."
        yield f"NOT SAFE: {len(found):,} small figures can be worked out from what is published. Do not publish."
    else:
        yield f"AMAN: tidak satu pun dari {attacked} angka kecil dapat dihitung dari yang terbit."
        yield f"SAFE: none of the {attacked} small figures can be worked out from what is published."
    if answer["undecided"]:
        yield f"{undecided} angka berada pada tabel yang terlalu besar untuk diputuskan; batasnya sudah dicoba."
        yield f"{undecided} figures are in tables too large to be decided; their bounds were tried."
