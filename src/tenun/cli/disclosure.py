"""`tenun disclosure …`: attacking what is published, before others do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from tenun.cli import console
from tenun.cli.gates import NodeOption, home_of
from tenun.disclosure.audit import Indicator, Recovered, Release, Report, audit
from tenun.indicators import definition as definitions
from tenun.indicators.definition import Definition, Kind, Source
from tenun.indicators.tables import DATASET, SCOPE
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake, SnapshotMissing

app = typer.Typer(help="Pengendalian kerahasiaan / disclosure control.", no_args_is_help=True)


@app.command("audit")
def audit_command(
    snapshot: Annotated[str | None, typer.Option("--snapshot", help="Potret; bawaan yang berlaku / its id.")] = None,
    against: Annotated[
        list[str] | None, typer.Option("--against", help="Potret lain yang juga terbit / other published snapshots.")
    ] = None,
    node: NodeOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Serang angka yang terbit: adakah angka tersembunyi yang terhitung / attack what is published."""
    lake = home_of(node).lake
    subject = _get(lake, snapshot)
    others = [_get(lake, one) for one in against or ()]
    for one in (subject, *others):
        lake.verify(one)
    report = audit(release_of(lake, subject), [release_of(lake, one) for one in others])
    answer = {
        "snapshot": subject.id,
        "against": [one.id for one in others],
        "tables": report.tables,
        "attacked": report.attacked,
        "recovered": len(report.recovered),
        "undecided": report.undecided,
        "cells": [_as_dict(one) for one in report.recovered],
    }
    console.answer(answer, as_json=as_json, show=lambda: _show(answer, report), is_refused=not report.is_safe)


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
    profile: Mapping[str, Any] = snapshot.origin.settings.get("profile", {})
    return Release(
        id=snapshot.id,
        date=snapshot.as_of.isoformat(),
        inputs=tuple(snapshot.origin.inputs),
        values=lake.path(snapshot, "values"),
        areas=lake.path(snapshot, "areas"),
        coverage=lake.path(snapshot, "coverage"),
        indicators={one.id: _indicator(one) for one in known if one.kind is not Kind.SUPPLY},
        minimum_cell=int(profile.get("minimum_cell", snapshot.details["minimum_cell"])),
        # Snapshots that do not say from how many adults an area has figures tell the reader no bound by it.
        minimum_population=int(profile.get("minimum_population", 10**9)),
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


def _show(answer: Mapping[str, Any], report: Report) -> None:
    say = console.out.print
    facts = Table.grid(padding=(0, 2))
    facts.add_row("potret / snapshot", str(answer["snapshot"]))
    facts.add_row("tabel / tables", f"{report.tables:,}")
    facts.add_row("tersembunyi, diserang / hidden, attacked", f"{report.attacked:,}")
    facts.add_row("terhitung / recovered", f"{len(report.recovered):,}")
    facts.add_row("belum diputuskan / undecided", f"{report.undecided:,}")
    say(facts)
    if report.recovered:
        table = Table(
            "indikator / indicator", "wilayah / area", "rincian / breakdown", "kategori / category", "cara / how"
        )
        for one in report.recovered[:50]:
            table.add_row(one.indicator, one.area_code, one.breakdown or "-", one.category or "-", one.kind)
        say(table)
