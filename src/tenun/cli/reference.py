"""`tenun reference …`: load editions, bridges and boundaries, and see what waits for one."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from tenun.cli import console
from tenun.kernel.clock import SystemClock, today
from tenun.node.home import reference_folder
from tenun.registry.reference import loading
from tenun.registry.reference.edition import CURRENT_LICENCE, current_source
from tenun.registry.reference.region import LEVELS, Level, System
from tenun.registry.reference.regions import Regions
from tenun.registry.reference.shelf import Holding, Kind, Shelf

app = typer.Typer(help="Data acuan: muat, daftar, antrean / reference data: load, list, queue.", no_args_is_help=True)


Names = TypeVar("Names", bound=StrEnum)


class BridgeSystem(StrEnum):
    """What `--system` may say for a bridge: it joins the two."""

    BPS = "bps"
    BPS_KEMENDAGRI = "bps-kemendagri"


@app.command()
def load(
    kind: Annotated[Kind, typer.Argument(help="region | bridge | boundary | survey")],
    file: Annotated[Path, typer.Argument(help="CSV, CSV.gz, GeoJSON")],
    system: Annotated[str, typer.Option(help="kemendagri | bps | bps-kemendagri")],
    edition: Annotated[str, typer.Option(help="Tahun atau nama edisi / year or name of the edition.")],
    source: Annotated[str, typer.Option(help="Dari mana berkas itu / where the file comes from.")],
    licence: Annotated[str, typer.Option(help="Lisensi berkas / licence of the file.")],
    level: Annotated[Level | None, typer.Option(help="Bila berkas hanya memuat satu tingkat / for one level.")] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Muat berkas acuan / load a reference file. The same file again changes nothing."""
    folder = reference_folder()
    regions = Regions.load(folder)
    on = today(SystemClock())
    queued = None
    with console.progress(as_json=as_json) as bar:
        task = bar.add_task("memeriksa dan memuat / checking and loading", total=2 if kind is Kind.BRIDGE else 1)
        if kind is Kind.REGION:
            holding, is_new = loading.load_region(
                folder, file, system=_system(system, System), edition=edition, source=source, licence=licence, on=on,
                level=level,
            )  # fmt: skip
        elif kind is Kind.BRIDGE:
            _system(system, BridgeSystem)
            holding, is_new = loading.load_bridge(
                folder, file, edition=edition, source=source, licence=licence, on=on, level=level
            )
            bar.advance(task)
            queued = _queue_unmapped(Regions.load(folder), holding)
        elif kind is Kind.SURVEY:
            asked = _system(system, System)
            holding, is_new = loading.load_survey(
                folder, file, system=asked, edition=edition, source=source, licence=licence, on=on,
                counterpart=partial(_counterpart, regions, asked),
            )  # fmt: skip
        else:
            if _system(system, System) is not System.KEMENDAGRI:
                raise typer.BadParameter("boundary: kemendagri", param_hint="--system")
            holding, is_new = loading.load_boundary(
                folder, file, edition=edition, source=source, licence=licence, on=on, level=level,
                is_known=regions.__contains__,
            )  # fmt: skip
        bar.advance(task)
    result = {**holding.as_dict(), "is_new": is_new, "queued": queued}

    def show() -> None:
        word = "dimuat / loaded" if is_new else "sudah ada, tidak ada yang berubah / already there, nothing changed"
        console.out.print(f"{_line(holding)}\n  {word}", markup=False)
        if queued:
            console.out.print(f"  {queued} kode masuk antrean / codes were queued: tenun reference queue", markup=False)

    console.answer(result, as_json=as_json, show=show)


@app.command(name="list")
def list_(as_json: console.JsonOption = False) -> None:
    """Daftar data acuan yang dipakai / list the reference data in use."""
    folder = reference_folder()
    regions = Regions.load(folder)
    own = {
        "kind": str(Kind.REGION),
        "system": str(regions.current.system),
        "edition": regions.current.name,
        "level": "semua",
        "scope": "00",
        "rows": len(regions.current),
        "source": current_source(),
        "licence": CURRENT_LICENCE,
        "sha256": None,
        "loaded_on": None,
        "details": {"rows_by_level": {str(level): regions.current.count(level) for level in LEVELS}},
        "is_current": True,
    }
    held = Shelf(folder).holdings()
    result = {"holdings": [own, *({**holding.as_dict(), "is_current": False} for holding in held)]}

    def show() -> None:
        console.out.print(
            f"region kemendagri {own['edition']} ({own['rows']} baris / rows) {own['source']}; {own['licence']}"
            " - edisi berlaku / current edition",
            markup=False,
        )
        for holding in held:
            console.out.print(_line(holding), markup=False)

    console.answer(result, as_json=as_json, show=show)


@app.command()
def queue(
    limit: Annotated[int, typer.Option(min=1, help="Jumlah baris yang ditampilkan / rows shown.")] = 50,
    as_json: console.JsonOption = False,
) -> None:
    """Kode yang belum dapat dipetakan / codes that do not map yet. They were never guessed."""
    waiting = Regions.load(reference_folder()).waiting()
    entries: list[dict[str, Any]] = [
        {**answer.as_dict(), "name": answer.name or entry.name, "asked_by": entry.asked_by, "since": entry.since}
        for entry, answer in waiting
    ]

    def show() -> None:
        console.out.print(f"{len(entries)} kode menunggu / codes wait", markup=False)
        for entry in entries[:limit]:
            candidates = ", ".join(entry["candidates"]) or "-"
            console.out.print(
                f"{entry['system']}:{entry['code']}  {entry['name']}  {entry['status']} ({entry['reason']});"
                f" calon / candidates: {candidates}",
                markup=False,
            )

    console.answer({"count": len(entries), "waiting": entries}, as_json=as_json, show=show)


def _counterpart(regions: Regions, system: System, code: str) -> str | None:
    """The dotted Kemendagri code that a code means today; none where that is not certain."""
    if system is System.KEMENDAGRI:
        return code if code in regions else None
    region = regions.bridge.answer(code).region
    return None if region is None else region.code


def _queue_unmapped(regions: Regions, holding: Holding) -> int:
    """Put the codes of a loaded bridge that do not map on the queue, and give how many those are."""
    codes = (each.code for each in regions.bridge.codes() if str(each.level) == holding.level)
    answers = regions.bridge_all(codes, asked_by="reference load bridge", on=today(SystemClock()))
    return sum(not answer.status.maps for answer in answers.values())


def _system(text: str, names: type[Names]) -> Names:
    try:
        return names(text.lower())
    except ValueError as problem:
        raise typer.BadParameter(" | ".join(names), param_hint="--system") from problem


def _line(holding: Holding) -> str:
    return (
        f"{holding.kind} {holding.system} {holding.edition} {holding.level} {holding.scope}"
        f" ({holding.rows} baris / rows) {holding.source}; {holding.licence}; sha256 {holding.sha256[:12]}"
    )
