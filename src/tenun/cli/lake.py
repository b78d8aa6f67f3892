"""`tenun lake …`: see what a node holds, in counts and never in persons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
import typer

from tenun.cli import console
from tenun.kernel.clock import SystemClock, today
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake, SnapshotMissing
from tenun.node.home import NodeHome, Role, reference_folder
from tenun.registry.reference.regions import Regions
from tenun.registry.reference.values import age_group
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid
from tenun.registry.table import Table

app = typer.Typer(help="Danau data: apa yang disimpan / the lake: what is held.", no_args_is_help=True)

NATIONAL = "00"
REGENCY_LENGTH = len("52.01")
_MISSING = "missing"


@dataclass(frozen=True)
class Holding:
    """A dataset as people call it: where it lies, and which of its columns are worth counting."""

    dataset: str
    table: str
    promise: Table
    node: Role
    counted: tuple[str, ...] = ()


HOLDINGS = {
    "residents": Holding(
        sid.DATASET, "persons", sid.PERSONS, Role.DESA,
        ("sex", "age_group", "education", "occupation", "marital_status", "life_status"),
    ),
    "idm": Holding("sid__village_index", "years", sid.VILLAGE_INDEX, Role.DESA, ("year", "status")),
    "sdgs": Holding("sid__village_sdgs", "scores", sid.VILLAGE_SDGS, Role.DESA, ("goal",)),
    "seekers": Holding(
        siapkerja.SEEKERS_DATASET, "seekers", siapkerja.SEEKERS, Role.NAKER,
        ("sex", "age_group", "education", "marital_status", "disability", "activity", "seeker_status"),
    ),
    "vacancies": Holding(
        siapkerja.VACANCIES_DATASET, "vacancies", siapkerja.VACANCIES, Role.NAKER,
        ("status", "min_education", "job_type", "regency_code"),
    ),
    "trainings": Holding(siapkerja.TRAININGS_DATASET, "trainings", siapkerja.TRAININGS, Role.NAKER, ("field",)),
    "certificates": Holding(
        siapkerja.CERTIFICATES_DATASET, "certificates", siapkerja.CERTIFICATES, Role.NAKER, ("level",)
    ),
    "placements": Holding(
        siapkerja.PLACEMENTS_DATASET, "placements", siapkerja.PLACEMENTS, Role.NAKER, ("channel", "regency_code")
    ),
}  # fmt: skip


@app.command()
def describe(
    name: Annotated[str, typer.Argument(metavar="NAMA", help=", ".join(HOLDINGS))],
    village: Annotated[
        str | None, typer.Option(metavar="KODE", help="Kode desa, atau wilayah lain bila datanya lebih luas / code.")
    ] = None,
    node: Annotated[Role | None, typer.Option(help="Simpul; tanpa ini simpul pemilik data / node.")] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Ringkas satu himpunan data: jumlah per nilai / counts per value of one dataset."""
    holding = HOLDINGS.get(name)
    if holding is None:
        raise typer.BadParameter(f"{name}: {', '.join(HOLDINGS)}")
    regions = Regions.load(reference_folder())
    parse = regions.parse_village if name == "residents" else regions.parse_region
    asked = parse(village, asked_by="lake describe", on=today(SystemClock())) if village else None
    lake = NodeHome.of(node or holding.node).lake
    snapshot = _find(lake, holding, asked.code if asked else None)
    table = lake.read(snapshot, holding.table)
    if asked is not None and snapshot.scope != asked.code:
        table = _within(table, asked.code)
    path = regions.path_text(asked.code) if asked else None
    result: dict[str, Any] = {
        "dataset": holding.dataset,
        "village": asked.code if asked else None,
        "path": path,
        "scope": snapshot.scope,
        "snapshot": snapshot.reference,
        "snapshots": len(lake.history(layer=Layer.CORE, dataset=holding.dataset, scope=snapshot.scope)),
        "as_of": snapshot.as_of.isoformat(),
        "invented": bool(snapshot.details.get("invented", False)),
        "rows": table.num_rows,
        **{column: _counts(table, column) for column in holding.counted},
    }
    console.answer(result, as_json=as_json, show=lambda: _show(result, holding))


@app.command("list")
def list_snapshots(
    node: Annotated[Role | None, typer.Option(help="Simpul / node; tanpa ini keduanya / both without it.")] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Daftar himpunan data / list what the lake holds: the current snapshot of every dataset and scope."""
    found = [line for role in ([node] if node else list(Role)) for line in _lines(role)]

    def show() -> None:
        for line in found:
            mark = "  data buatan / invented" if line["invented"] else ""
            console.out.print(
                f"{line['node']:<6} {line['layer']:<5} {line['dataset']:<26} {line['scope']:<14} {line['as_of']} "
                f"{line['rows']:>9,}{mark}".replace(",", "."),
                markup=False,
            )
        if not found:
            console.out.print("Belum ada data / nothing here yet.", markup=False)

    console.answer({"count": len(found), "snapshots": found}, as_json=as_json, show=show)


def _find(lake: Lake, holding: Holding, area: str | None) -> Snapshot:
    """The snapshot of the area; else of the least area that it lies in; without an area the only one there is."""
    scopes = lake.scopes(layer=Layer.CORE, dataset=holding.dataset)
    if area is None:
        if len(scopes) > 1 and NATIONAL not in scopes:
            raise typer.BadParameter(f"{len(scopes)}: {', '.join(scopes[:5])} ...", param_hint="--village")
        wanted = [NATIONAL] if NATIONAL in scopes else scopes
    else:
        around = [scope for scope in scopes if scope == area or area.startswith(f"{scope}.")]
        wanted = [*sorted(around, key=len, reverse=True), *([NATIONAL] if NATIONAL in scopes else [])]
    if not wanted:
        raise SnapshotMissing(layer=Layer.CORE, dataset=holding.dataset, scope=area or NATIONAL)
    return lake.current(layer=Layer.CORE, dataset=holding.dataset, scope=wanted[0])


def _within(table: pa.Table, area: str) -> pa.Table:
    """Rows of an area, by the finest code that the table has."""
    if "village_code" in table.schema.names:
        return table.filter(pc.starts_with(pc.field("village_code"), area))
    if "regency_code" in table.schema.names:
        return table.filter(pc.starts_with(pc.field("regency_code"), area[:REGENCY_LENGTH]))
    raise typer.BadParameter("data ini tidak menurut wilayah / not by area", param_hint="--village")


def _counts(table: pa.Table, column: str) -> dict[str, int]:
    """Value -> how many rows. Nothing recorded counts as `missing`."""
    if column == "age_group":
        values: list[object] = [age_group(age) for age in table["age_years"].to_pylist()]
    else:
        values = [_MISSING if value is None else value for value in table[column].to_pylist()]
    return {str(value): count for value, count in sorted(Counter(values).items(), key=lambda each: str(each[0]))}


def _lines(role: Role) -> list[Mapping[str, Any]]:
    lake = NodeHome.of(role).lake
    lines: list[Mapping[str, Any]] = []
    for layer in Layer:
        folder = lake.root / str(layer)
        for dataset in sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ():
            lines.extend(
                {
                    "node": str(role),
                    "layer": str(layer),
                    "dataset": dataset,
                    "scope": snapshot.scope,
                    "snapshot": snapshot.id,
                    "as_of": snapshot.as_of.isoformat(),
                    "rows": snapshot.rows,
                    "invented": bool(snapshot.details.get("invented", False)),
                }
                for snapshot in lake.all_current(layer=layer, dataset=dataset)
            )
    return lines


def _show(result: Mapping[str, Any], holding: Holding) -> None:
    console.out.print(" ".join(filter(None, (result["village"], result["path"]))) or result["scope"], markup=False)
    made_up = "  (data buatan / invented)" if result["invented"] else ""
    console.out.print(f"{holding.promise.about_id}{made_up}", markup=False)
    console.out.print(f"{holding.promise.about_en}", markup=False, style="dim")
    rows = f"{result['rows']:,}".replace(",", ".")
    console.out.print(f"{rows} baris / rows, keadaan / as of {result['as_of']}\n", markup=False)
    for column in holding.counted:
        title = "Kelompok umur / age group" if column == "age_group" else _title(holding.promise, column)
        console.out.print(title, markup=False, style="bold")
        for value, count in sorted(result[column].items(), key=lambda each: -each[1]):
            console.out.print(f"  {count:>8,}  {value}".replace(",", "."), markup=False)


def _title(promise: Table, name: str) -> str:
    column = promise.column(name)
    return f"{column.text_id} / {column.text_en}"
