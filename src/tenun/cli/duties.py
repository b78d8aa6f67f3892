"""`tenun duties …`: what a node owes and by when, and what was ordered about the data it was given."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from tenun.agreement.delivered import HoldKind
from tenun.agreement.standing import Position, Standing
from tenun.cli import console
from tenun.cli.exchange import station
from tenun.exchange import duties, reconcile
from tenun.exchange.duties import Duty, DutyState, Facts, Order
from tenun.exchange.station import Station
from tenun.kernel.clock import JAKARTA
from tenun.node.home import Role

app = typer.Typer(help="Kewajiban dan tenggatnya / duties and their dates.", no_args_is_help=True)

NodeOption = Annotated[Role, typer.Option("--node", help="Simpul / node: desa, naker.")]
ActOption = Annotated[str, typer.Option("--act", help="Tindakan yang memerintahkannya (SHA-256) / the act.")]

_STATES = {
    DutyState.STANDING: "tetap / standing",
    DutyState.OPEN: "terbuka / open",
    DutyState.DUE: "SEGERA / DUE",
    DutyState.OVERDUE: "TERLAMBAT / OVERDUE",
    DutyState.DONE: "selesai / done",
}


@app.command("list")
def list_command(
    node: NodeOption = Role.NAKER,
    due: Annotated[bool, typer.Option("--due", help="Hanya yang segera atau terlambat / only what presses.")] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Daftar kewajiban simpul ini, yang bertanggal lebih dahulu / every duty of this node, those with a date first."""
    there, position, facts = _here(node)
    found = duties.register(there, position.agreement, facts, moment=there.clock.now())
    shown = [one for one in found if one.is_pressing] if due else found

    def show() -> None:
        for one in shown:
            console.out.print(_line(one), markup=False)
        if not shown:
            console.out.print("Tidak ada / none.", markup=False)

    result = {"node": node.value, "duties": [one.as_dict() for one in shown]}
    console.answer(result, as_json=as_json, show=show)


@app.command("order")
def order_command(
    act: ActOption,
    kind: Annotated[HoldKind, typer.Option("--kind", help="Karantina (shut-off) atau penghapusan (addendum).")],
    node: NodeOption = Role.NAKER,
    dataset: Annotated[str | None, typer.Option("--dataset", help="Dataset; bawaan: semua / default: all.")] = None,
    by: Annotated[
        datetime | None,
        typer.Option("--due", formats=["%Y-%m-%d"], help="Tenggat penghapusan (hari terakhir) / last day to delete."),
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Catat perintah suatu tindakan atas data yang sudah diterima / enter what an act orders about data received.

    Karantina berakhir dengan sendirinya saat akses dibuka kembali / quarantine ends by itself with the reinstatement.
    """
    there, position, facts = _here(node)
    if dataset is not None and dataset not in position.agreement.datasets:
        raise typer.BadParameter("dataset tidak ada dalam perjanjian / not in the agreement", param_hint="--dataset")
    due = by.replace(hour=23, minute=59, second=59, tzinfo=JAKARTA) if by is not None else None
    wanted = Order(act, kind, dataset, there.clock.now(), due)
    held = duties.order(there, wanted, facts, agreement=position.agreement)

    def show() -> None:
        console.out.print(f"{kind}: {len(held)} potret tidak dipakai / snapshots not used", markup=False)

    console.answer({"order": wanted.as_dict(), "held": len(held)}, as_json=as_json, show=show)


@app.command("attest")
def attest_command(act: ActOption, node: NodeOption = Role.NAKER, as_json: console.JsonOption = False) -> None:
    """Hapus yang diperintahkan dan tandatangani pernyataannya / delete what was ordered, and sign that it is gone.

    Tidak dapat dibatalkan / cannot be undone.
    """
    there, position, _ = _here(node)
    done = duties.attest(there, act, agreement=position.agreement)

    def show() -> None:
        console.out.print(
            f"Dihapus / deleted: {done.snapshots} potret/snapshots, {done.rows} baris/rows. "
            f"Turunan disimpan / derived kept: {done.derived_kept}. {done.file}",
            markup=False,
        )

    console.answer(done.as_dict(), as_json=as_json, show=show)


@app.command("settle")
def settle_command(
    candidate: Annotated[str, typer.Argument(metavar="ID", help="Calon insiden dari `duties list` / the candidate.")],
    act: Annotated[
        str | None,
        typer.Option("--act", help="Laporan insiden yang dibuat karenanya / the incident report made of it."),
    ] = None,
    node: NodeOption = Role.NAKER,
    as_json: console.JsonOption = False,
) -> None:
    """Tutup calon insiden: dilaporkan (--act) atau dapat dijelaskan / settle an incident candidate."""
    there, position, _ = _here(node)
    index = reconcile.settle(there, position.agreement, candidate, act=act)
    result: dict[str, Any] = {"node": node.value, "candidate": candidate, "act": act, "log_index": index}
    console.answer(result, as_json=as_json, show=lambda: console.out.print(f"log #{index}", markup=False))


@app.command("apply")
def apply_command(node: NodeOption = Role.NAKER, as_json: console.JsonOption = False) -> None:
    """Terapkan perintah yang ada pada data yang ada / bring what lies here into line with what was ordered."""
    there, _, facts = _here(node)
    held = duties.apply_orders(there, facts)
    result: dict[str, Any] = {"node": node.value, "held": len(held)}
    console.answer(result, as_json=as_json, show=lambda: console.out.print(f"{len(held)} ditahan / held", markup=False))


def _here(role: Role) -> tuple[Station, Position, Facts]:
    there = station(role)
    standing, now = Standing(there.agreement, there.acts, own_keys=there.keys), there.clock.now()
    return there, standing.at(now), duties.facts_at(standing, now)


def _line(one: Duty) -> str:
    due = one.due.astimezone(JAKARTA).strftime("%Y-%m-%d %H:%M WIB") if one.due else "-"
    return f"{due:<20}  {_STATES[one.state]:<20}  Pasal {one.clause:<6} {one.party}: {one.text_id} / {one.text_en}"
