"""`tenun exchange …`: packs for places without a network, and their receipts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from tenun.agreement import document
from tenun.agreement.vocabulary import Party
from tenun.cli import console
from tenun.exchange import envelope, pack, receipt, unpack
from tenun.exchange.refusals import FileUnreadable, KeyUnavailable
from tenun.exchange.register import Register
from tenun.exchange.station import Station
from tenun.kernel.errors import TenunError
from tenun.node.home import NodeHome, Role

app = typer.Typer(help="Penyerahan data dengan berkas / handing data over by file.", no_args_is_help=True)
receipts = typer.Typer(help="Tanda terima / receipts.", no_args_is_help=True)
app.add_typer(receipts, name="receipt")

NodeOption = Annotated[Role | None, typer.Option("--node", help="Simpul / node: desa, naker.")]


def station(role: Role) -> Station:
    """A node of this machine, as the exchange sees it."""
    home = NodeHome.of(role)
    return Station(
        party=Party(role.value),
        lake=home.lake,
        keys=home.folder / "keys",
        agreement=home.agreement,
        exchange=home.exchange,
        log=home.log,
    )


@app.command("pack")
def pack_command(
    dataset: Annotated[str, typer.Option("--dataset", help="Dataset perjanjian / dataset of the agreement.")],
    purpose: Annotated[str, typer.Option("--purpose", help="Tujuan / purpose.")],
    area: Annotated[str | None, typer.Option("--area", help="Kode wilayah bertitik / dotted area code: 53.17.")] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option("--fields", help="Kolom, dipisah koma / fields, comma-separated. Bawaan: semua yang diizinkan."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Berkas atau folder tujuan / target file or folder.")
    ] = None,
    node: NodeOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Buat paket terenkripsi dari dataset yang diizinkan / make an encrypted pack of what the agreement allows."""
    named = None if fields is None else [name.strip() for one in fields for name in one.split(",") if name.strip()]
    with _places("Membangun paket / building", as_json=as_json) as progress:
        packed = pack.build(
            station(node or _provider(dataset)),
            dataset=dataset,
            purpose=purpose,
            area=area,
            fields=named,
            out=out,
            progress=progress,
        )
    result = packed.as_dict()

    def show() -> None:
        console.out.print(f"{packed.file}", markup=False)
        console.err.print(
            f"Paket {result['pack']} untuk {result['consumer']}: {result['rows']} baris dari {result['places']} "
            f"wilayah, {len(result['fields'])} kolom, entri log {result['log_index']}.\n"
            f"Pack {result['pack']} for {result['consumer']}: {result['rows']} rows of {result['places']} places, "
            f"{len(result['fields'])} fields, log entry {result['log_index']}.",
            markup=False,
        )
        _show_invented(is_invented=result["invented"])

    console.answer(result, as_json=as_json, show=show)


@app.command("unpack")
def unpack_command(
    file: Annotated[Path, typer.Argument(help="Paket / the pack.")],
    node: NodeOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Periksa paket, masukkan ke danau data, tulis tanda terima / check a pack, take it in, write a receipt."""
    with _places("Memeriksa paket / checking", as_json=as_json) as progress:
        accepted = unpack.accept(station(node or _consumer(file)), file, progress=progress)
    result = accepted.as_dict()

    def show() -> None:
        console.out.print(f"{accepted.receipt}", markup=False)
        console.err.print(
            f"Paket {result['pack']} diterima: {result['rows']} baris dari {result['places']} wilayah. "
            "Kirim berkas tanda terima kepada pengirim.\n"
            f"Pack {result['pack']} taken in: {result['rows']} rows of {result['places']} places. "
            "Send the receipt file to the sender.",
            markup=False,
        )
        _show_invented(is_invented=result["invented"])

    console.answer(result, as_json=as_json, show=show)


@receipts.command("check")
def receipt_check(
    file: Annotated[Path, typer.Argument(help="Tanda terima / the receipt.")],
    node: NodeOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Periksa tanda terima atas paket yang dikirim / check a receipt for a pack that was sent."""
    checked = receipt.check(station(node or _addressee(file)), file)
    result = checked.as_dict()

    def show() -> None:
        console.out.print(
            f"Tanda terima sah: paket {result['pack']}, {result['rows']} baris, diterima {result['consumer']} "
            f"pada {result['accepted']}.\n"
            f"The receipt is valid: pack {result['pack']}, {result['rows']} rows, taken in by {result['consumer']} "
            f"on {result['accepted']}.",
            markup=False,
        )

    console.answer(result, as_json=as_json, show=show)


@app.command("list")
def list_command(node: NodeOption = None, as_json: console.JsonOption = False) -> None:
    """Paket yang dikirim dan diterima / packs sent and taken in."""
    result = {role.value: _packs(role) for role in ([node] if node else list(Role))}

    def show() -> None:
        for role, packs in result.items():
            for way, records in packs.items():
                for record in records:
                    console.out.print(_line(role, way, record), markup=False)
        if not any(records for packs in result.values() for records in packs.values()):
            console.out.print("Belum ada paket / no packs yet.", markup=False)

    console.answer(result, as_json=as_json, show=show)


# --- below the surface -------------------------------------------------------------------------------


def _packs(role: Role) -> dict[str, list[dict[str, Any]]]:
    register = Register(station(role))
    received = [{name: value for name, value in record.items() if name != "scopes"} for record in register.received()]
    return {"sent": register.sent(), "received": received}


def _line(role: str, way: str, record: dict[str, Any]) -> str:
    state = record.get("state") or ("receipt checked" if "receipt" in record else "no receipt yet")
    return (
        f"{role}  {way:<8}  {record['created']}  {record['dataset']}  {record['purpose']}  "
        f"#{record['sequence']}  {record['rows']} baris/rows  {record['pack']}  {state}"
    )


def _provider(dataset: str) -> Role:
    """The node of the dataset's provider. A dataset that nobody knows is refused by the decision, in the log."""
    for role in Role:
        try:
            agreed = document.load(NodeHome.of(role).agreement).datasets.get(dataset)
        except TenunError:
            continue  # the node itself says what is wrong with its agreement, once it is asked to act on it
        if agreed is not None:
            return Role(agreed.provider.value)
    return Role.DESA


def _consumer(file: Path) -> Role:
    """The node whose key opens the file; naker, which takes most packs in, where none does."""
    for role in (Role.NAKER, Role.DESA):
        there = station(role)
        try:
            if envelope.is_for(file, identity=there.age_identity(), party=there.party):
                return role
        except (KeyUnavailable, FileUnreadable):
            continue  # as above: `accept` refuses, says why, and logs it
    return Role.NAKER


def _addressee(file: Path) -> Role:
    """The node that sent the pack, as the receipt says; `check` then finds out whether that is true."""
    claimed = receipt.claimed_provider(file)
    return Role(claimed.value) if claimed else Role.DESA


def _show_invented(*, is_invented: bool) -> None:
    if is_invented:
        console.err.print("DATA BUATAN: orang-orangnya tidak ada / INVENTED DATA: these persons do not exist.")


@contextmanager
def _places(description: str, *, as_json: bool) -> Iterator[Callable[[int, int], None]]:
    with console.progress(as_json=as_json) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
