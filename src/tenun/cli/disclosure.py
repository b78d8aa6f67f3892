"""`tenun disclosure …`: attacking what is published, before others do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.table import Table

from tenun.cli import console
from tenun.cli.gates import NodeOption, home_of
from tenun.disclosure.audit import Indicator, Recovered, Release, Report, audit
from tenun.disclosure.gates import OUTSIDE, OUTSIDE_RULE_VERSION
from tenun.indicators import definition as definitions
from tenun.indicators.definition import Definition, Kind, Source
from tenun.indicators.nestings import NESTINGS
from tenun.indicators.tables import DATASET, SCOPE
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake, SnapshotMissing
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


@dataclass(frozen=True)
class Attacked:
    """What one snapshot came to, attacked with all the others."""

    snapshot: Snapshot
    report: Report


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
        attacked = [Attacked(one, _attack(home.lake, one, subjects)) for one in subjects]
        about: dict[str, Any] = {"audience": audience or "*", "snapshots": [one.id for one in subjects]}
    else:
        subject = _get(home.lake, snapshot)
        others = [_get(home.lake, one) for one in against or ()]
        attacked = [Attacked(subject, _attack(home.lake, subject, [subject, *others]))]
        about = {"snapshot": subject.id, "against": [one.id for one in others]}
    reports = [one.report for one in attacked]
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


def _attack(lake: Lake, subject: Snapshot, all_of_them: Sequence[Snapshot]) -> Report:
    for one in (subject, *all_of_them):
        lake.verify(one)
    others = [release_of(lake, one) for one in all_of_them if one.folder != subject.folder]
    return audit(release_of(lake, subject), others)


def _get(lake: Lake, snapshot: str | None) -> Snapshot:
    """Raises `SnapshotMissing`."""
    if snapshot is None:
        return lake.current(layer=Layer.OUT, dataset=DATASET, scope=SCOPE)
    return lake.get(layer=Layer.OUT, dataset=DATASET, scope=SCOPE, id=snapshot)


def release_of(lake: Lake, snapshot: Snapshot) -> Release:
    """An out snapshot as the audit reads it; supplies count no persons and are left out. Raises `SnapshotMissing`."""
    if "definitions" not in snapshot.tables:
        # Values that the other party handed over: what adds up to what stands in its system, not in them.
        raise SnapshotMissing(layer=str(Layer.OUT), dataset=DATASET, scope=SCOPE)
    kept = lake.read(snapshot, "definitions").to_pylist()
    known = [definitions.from_json(json.loads(row["definition"])) for row in kept]
    is_perturbed = snapshot.details.get("rule_version") == OUTSIDE_RULE_VERSION
    settings = snapshot.origin.settings.get("profile", {})
    profile: Mapping[str, Any] = settings if isinstance(settings, Mapping) else {}
    # Snapshots that do not say from how many adults an area has figures tell the reader no bound by it.
    population = 0 if is_perturbed else int(profile.get("minimum_population", 10**9))
    return Release(
        id=snapshot.id,
        date=snapshot.as_of.isoformat(),
        inputs=tuple(snapshot.origin.inputs),
        values=lake.path(snapshot, "values"),
        areas=lake.path(snapshot, "areas"),
        coverage=lake.path(snapshot, "coverage"),
        indicators={one.id: _indicator(one) for one in known if one.kind is not Kind.SUPPLY},
        minimum_cell=int(profile.get("minimum_cell", snapshot.details["minimum_cell"])),
        minimum_population=population,
        noise=OUTSIDE.noise if is_perturbed else None,
        nestings=NESTINGS,
    )


def _indicator(one: Definition) -> Indicator:
    whole = one.disclosure.whole
    return Indicator(
        id=one.id,
        digest=one.digest(),
        is_rate=one.kind is Kind.RATE,
        is_of_one_source=set(one.sources) == {Source.SID} and "links" not in one.fields,
        whole=whole if whole and "." not in whole else None,
    )


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
