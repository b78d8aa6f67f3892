"""`tenun exchange …`: data handed over online and, for places without a network, by file; and their receipts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from tenun.agreement import document
from tenun.agreement.vocabulary import Operation, Party
from tenun.cli import console
from tenun.exchange import envelope, pack, receipt, unpack
from tenun.exchange.calls import CallBook
from tenun.exchange.client import pulls
from tenun.exchange.client.node import Consumer
from tenun.exchange.gate import MappedGate
from tenun.exchange.manifest import Format
from tenun.exchange.refusals import FileUnreadable, KeyUnavailable
from tenun.exchange.register import Register
from tenun.exchange.serving.jobs import Jobs
from tenun.exchange.station import Station
from tenun.kernel.errors import TenunError
from tenun.node import chain, config
from tenun.node.home import NodeHome, Role

app = typer.Typer(
    help="Penyerahan data, daring atau berkas / handing data over, online or by file.", no_args_is_help=True
)
receipts = typer.Typer(help="Tanda terima / receipts.", no_args_is_help=True)
app.add_typer(receipts, name="receipt")

NodeOption = Annotated[Role | None, typer.Option("--node", help="Simpul / node: desa, naker.")]
DatasetOption = Annotated[str, typer.Option("--dataset", help="Dataset perjanjian / dataset of the agreement.")]
PurposeOption = Annotated[str, typer.Option("--purpose", help="Tujuan / purpose.")]
AreaOption = Annotated[str | None, typer.Option("--area", help="Kode wilayah bertitik / dotted area code: 53.17.")]
FieldsOption = Annotated[
    list[str] | None,
    typer.Option("--fields", help="Kolom, dipisah koma / fields, comma-separated. Bawaan: semua yang diizinkan."),
]


class Mode(StrEnum):
    EXISTS = "exists"
    VALUE = "value"


class IdentifierMissing(TenunError):
    """Nothing came on standard input. What came is never repeated."""

    code = "exchange.identifier_missing"
    text_id = "Pengenal orang dibaca dari masukan standar, dan di sana tidak ada apa-apa."
    text_en = "The person's identifier is read from standard input, and there was nothing."
    remedy_id = "Ketik saat diminta, atau alirkan dari berkas: `tenun exchange ask … < berkas`."
    remedy_en = "Type it when asked, or pipe it from a file: `tenun exchange ask … < file`."


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
    named = _named(fields)
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


# --- online ------------------------------------------------------------------------------------------


@app.command("pull")
def pull_command(
    dataset: DatasetOption,
    purpose: PurposeOption,
    area: AreaOption = None,
    fields: FieldsOption = None,
    format: Annotated[Format, typer.Option("--format", help="Bentuk berkas / form of the files.")] = Format.PARQUET,
    since: Annotated[
        str | None,
        typer.Option("--since", help="`last`: perubahan sejak pengambilan terakhir / changes since the last pull."),
    ] = None,
    wait: Annotated[int, typer.Option("--wait", min=1, help="Batas menunggu, detik / seconds to wait.")] = 3600,
    node: NodeOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Ambil data dari simpul pihak lain, periksa, masukkan ke danau data / pull data from the other party's node.

    Perintah yang sama melanjutkan pengambilan yang terputus / the same command goes on with one that broke off.
    """
    with _consumer_at(node or _receiver(dataset)) as consumer, console.progress(as_json=as_json) as bar:
        task = bar.add_task("Menyiapkan / preparing", total=None)

        def progress(stage: str, done: int, of: int | None) -> None:
            bar.update(task, description=_STAGES.get(stage, stage), completed=done, total=of)

        pulled = consumer.pull(
            dataset=dataset,
            purpose=purpose,
            area=area,
            fields=_named(fields),
            format=format.value,
            since=since,
            wait_s_max=wait,
            progress=progress,
        )
    result = pulled.as_dict()

    def show() -> None:
        console.err.print(
            f"Penyerahan {result['pack']}: {result['rows']} baris {result['dataset']} masuk ke danau data; "
            f"{_said_of_receipt(result['receipt_sent'], 'id')}.\n"
            f"Delivery {result['pack']}: {result['rows']} rows of {result['dataset']} are in the lake; "
            f"{_said_of_receipt(result['receipt_sent'], 'en')}.",
            markup=False,
        )
        if result["fell_back"]:
            console.err.print(
                "Perubahan saja tidak dapat diterapkan, jadi semuanya diambil. / "
                "Changes alone could not be applied, so everything was pulled."
            )
        _show_invented(is_invented=result["invented"])

    console.answer(result, as_json=as_json, show=show)


@app.command("ask")
def ask_command(
    dataset: DatasetOption,
    purpose: PurposeOption,
    ticket: Annotated[str, typer.Option("--ticket", help="Nomor tiket atau perkara / reference of the case.")],
    mode: Annotated[
        Mode, typer.Option("--mode", help="exists: ya/tidak saja; value: isinya / yes or no only; values.")
    ] = Mode.EXISTS,
    by: Annotated[str, typer.Option("--by", help="Jenis pengenal / kind of identifier.")] = "nik",
    fields: FieldsOption = None,
    node: NodeOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Tanyakan satu orang; pengenalnya dari masukan standar / ask about one person, named on standard input."""
    identifier = _identifier()
    with _consumer_at(node or _receiver(dataset)) as consumer:
        result = consumer.ask(
            dataset=dataset,
            purpose=purpose,
            person={by: identifier},
            ticket=ticket,
            mode=mode.value,
            fields=_named(fields),
        )
    console.answer(result, as_json=as_json, show=lambda: console.out.print_json(data=dict(result), ensure_ascii=False))


@app.command("catalogue")
def catalogue_command(node: NodeOption = None, as_json: console.JsonOption = False) -> None:
    """Apa yang boleh diminta dari pihak lain / what may be asked of the other party (DCAT)."""
    with _consumer_at(node or Role.NAKER) as consumer:
        result = consumer.client().catalogue()

    def show() -> None:
        for one in result.get("dcat:dataset", result.get("dataset", [])):
            console.out.print(_titled(one), markup=False)

    console.answer(result, as_json=as_json, show=show)


@app.command("token")
def token_command(
    dataset: DatasetOption,
    purpose: PurposeOption,
    operation: Annotated[Operation, typer.Option("--operation", help="bulk | delta | subject")] = Operation.BULK,
    area: AreaOption = None,
    fields: FieldsOption = None,
    node: NodeOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Minta token, untuk mencoba sambungan / ask for a token, to try a connection. Dicetak hanya dengan --json."""
    with _consumer_at(node or _receiver(dataset)) as consumer:
        token = consumer.token(dataset=dataset, purpose=purpose, operation=operation, fields=_named(fields), area=area)
    result = {
        "access_token": token.value,
        "token_type": "DPoP",
        "expires": token.expires.isoformat(),
        "authorization_details": list(token.details),
    }

    def show() -> None:
        console.out.print(
            f"Token diberikan, berlaku sampai {result['expires']}; isinya hanya dengan --json. / "
            f"A token was given, good until {result['expires']}; it is printed with --json only.",
            markup=False,
        )

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
    """Yang dikirim dan diterima, daring dan berkas / what was sent and taken in, online and by file."""
    result = {role.value: _deliveries(role) for role in ([node] if node else list(Role))}

    def show() -> None:
        for role, kinds in result.items():
            for kind, records in kinds.items():
                for record in records:
                    console.out.print(_LINES[kind](role, record), markup=False)
        if not any(records for kinds in result.values() for records in kinds.values()):
            console.out.print("Belum ada penyerahan / no deliveries yet.", markup=False)

    console.answer(result, as_json=as_json, show=show)


# --- below the surface -------------------------------------------------------------------------------


def _deliveries(role: Role) -> dict[str, list[dict[str, Any]]]:
    there = station(role)
    register = Register(there)
    received = [{name: value for name, value in record.items() if name != "scopes"} for record in register.received()]
    pulling = [asdict(pull) | {"state": _state_of(pull)} for pull in pulls.under_way(there)]
    exports = [job.as_dict() for job in Jobs(there).all()]
    return {"sent": register.sent(), "received": received, "pulling": pulling, "exports": exports}


def _delivery_line(way: str, role: str, record: Mapping[str, Any]) -> str:
    state = record.get("state") or ("receipt checked" if "receipt" in record else "no receipt yet")
    by = "online" if "job" in record or "export" in record else "file"
    return (
        f"{role}  {way:<8}  {record['created']}  {record['dataset']}  {record['purpose']}  "
        f"#{record['sequence']}  {record['rows']} baris/rows  {record['pack']}  {by}  {state}"
    )


def _pull_line(role: str, record: Mapping[str, Any]) -> str:
    return f"{role}  pulling   {record['dataset']}  {record['purpose']}  {record['area'] or '-'}  {record['state']}"


def _export_line(role: str, record: Mapping[str, Any]) -> str:
    return (
        f"{role}  export    {record['decided_at']}  {record['dataset']}  {record['purpose']}  {record['rows']} "
        f"baris/rows  {record['id']}  {record['state']}"
    )


def _state_of(pull: pulls.Pull) -> str:
    if pull.receipt is not None:
        return "receipt waits"
    return "asked" if pull.job is None else "fetching"


_LINES: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "sent": lambda role, record: _delivery_line("sent", role, record),
    "received": lambda role, record: _delivery_line("received", role, record),
    "pulling": _pull_line,
    "exports": _export_line,
}
_STAGES = {
    "prepare": "Menyiapkan / preparing (%)",
    "download": "Mengunduh / fetching (bita/bytes)",
    "take in": "Memasukkan / taking in (wilayah/places)",
}


def _said_of_receipt(is_sent: bool, language: str) -> str:
    if language == "id":
        return "tanda terima sudah di pengirim" if is_sent else "tanda terima menyusul saat pengirim dapat dihubungi"
    return "the sender has the receipt" if is_sent else "the receipt follows when the sender can be reached"


def _named(fields: list[str] | None) -> list[str] | None:
    return None if fields is None else [name.strip() for one in fields for name in one.split(",") if name.strip()]


def _identifier() -> str:
    """Never an argument: those stand in the shell's history and in the list of processes."""
    if sys.stdin.isatty():
        value = str(typer.prompt("Pengenal / identifier", hide_input=True, err=True)).strip()
    else:
        value = sys.stdin.readline(200).strip()
    if not value:
        raise IdentifierMissing()
    return value


def _titled(one: Mapping[str, Any]) -> str:
    title = one.get("dcterms:title", one.get("title", ""))
    if isinstance(title, list):
        title = " / ".join(str(part.get("@value", part)) if isinstance(part, dict) else str(part) for part in title)
    elif isinstance(title, dict):
        title = title.get("@value", "")
    return f"{one.get('dcterms:identifier', one.get('@id', '?'))}  {title}"


@contextmanager
def _consumer_at(role: Role) -> Iterator[Consumer]:
    """The node as a caller of its peer. What is shut off here is not asked for; nor is anything without the guard."""
    home, there = NodeHome.of(role), station(role)
    found, book = config.read_or_default(home), CallBook(there)
    consumer = Consumer(
        there,
        chain.standing_of(home),
        MappedGate.open(there.gate),
        book,
        address=found.peer_address,
        ca_file=Path(found.peer_ca) if found.peer_ca else None,
    )
    try:
        yield consumer
    finally:
        consumer.close()
        book.close()


def _receiver(dataset: str) -> Role:
    """The node of the dataset's consumer; naker, which pulls most, where nobody knows the dataset."""
    for role in Role:
        try:
            agreed = document.load(NodeHome.of(role).agreement).datasets.get(dataset)
        except TenunError:
            continue  # as in `_provider`
        if agreed is not None:
            return Role(agreed.consumer.value)
    return Role.NAKER


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
