"""`tenun node …`: set up a node, run its processes, and see how it and its peer are."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Annotated, Any

import typer
from rich.table import Table

from tenun.agreement import party_keys
from tenun.agreement.vocabulary import KeyUse
from tenun.cli import console
from tenun.cli.gates import NodeOption, home_of
from tenun.node import config as configs
from tenun.node import health, postgres, processes
from tenun.node.home import NodeHome, Role
from tenun.node.processes import Name
from tenun.node.shutoff import keeper_of

app = typer.Typer(help="Simpul: menyiapkan, menjalankan, melihat / a node: set up, run, look.", no_args_is_help=True)

RoleOption = Annotated[Role, typer.Option("--node", help="Simpul mana / which node.")]
OnlyOption = Annotated[
    list[Name] | None, typer.Option("--only", help="Hanya proses ini / only this process; dapat diulang / repeatable.")
]


@app.command("init")
def init(
    node: RoleOption,
    issuer: Annotated[
        str | None, typer.Option("--issuer", help="URL publik, seperti dalam perjanjian / public URL as agreed.")
    ] = None,
    peer_address: Annotated[
        str | None, typer.Option("--peer-address", help="Alamat simpul lain bila bukan issuer-nya / where to connect.")
    ] = None,
    host: Annotated[str | None, typer.Option("--host", help="Alamat tempat mendengar / address to listen on.")] = None,
    api_port: Annotated[int | None, typer.Option("--api-port", min=0, max=65535)] = None,
    web_port: Annotated[int | None, typer.Option("--web-port", min=0, max=65535)] = None,
    curve: Annotated[str, typer.Option("--curve", help="Ed25519 | P-256 (kunci baru / for new keys).")] = "Ed25519",
    without_database: Annotated[
        bool, typer.Option("--without-database", help="Jangan siapkan basis data / leave the database alone.")
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Siapkan folder, kunci, gerbang, dan basis data / folders, keys, gate and database. Dapat diulang / repeatable."""
    home = NodeHome.of(node)
    home.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    public = party_keys.create(home.folder / "keys", curve=curve)
    given = {
        "issuer": issuer,
        "peer_address": peer_address,
        "api.host": host,
        "web.host": host,
        "api.port": api_port,
        "web.port": web_port,
    }
    config = configs.changed(
        configs.read_or_default(home), {name: value for name, value in given.items() if value is not None}
    )
    configs.write(home, config)
    keeper_of(home).establish()
    if not without_database:
        with postgres.database(node):
            pass
    result = {
        "node": str(node),
        "folder": str(home.folder),
        "config": config.as_dict(),
        "keys": {str(use): public.kid(use) for use in KeyUse},
        "age_recipient": public.age_recipient,
    }

    def show() -> None:
        console.out.print(f"Simpul {node}: {home.folder}", markup=False, style="bold")
        for use, kid in result["keys"].items():  # type: ignore[attr-defined]
            console.out.print(f"  {use}: {kid}", markup=False)
        console.out.print(
            "Sematkan kunci dan issuer ini dalam perjanjian, lalu `tenun node serve`. / "
            "Have these keys and the issuer pinned in the agreement, then `tenun node serve`.",
            markup=False,
        )

    console.answer(result, as_json=as_json, show=show)


@app.command("serve")
def serve(node: NodeOption = None, only: OnlyOption = None, as_json: console.JsonOption = False) -> None:
    """Jalankan proses simpul sampai dihentikan / run the node's processes until stopped."""
    home = home_of(node)
    _leave_when_told()
    try:
        with processes.start(home.role, only or list(Name)) as running:
            told = {"node": str(home.role), "addresses": {str(name): url for name, url in running.addresses.items()}}
            console.answer(told, as_json=as_json, show=lambda: _show_running(running))
            status = running.wait()
    except KeyboardInterrupt:
        return
    if status:
        raise processes.NodeNotStarted(process="supervisor", node=str(home.role), log="logs/supervisor.log")


def _show_running(running: processes.Running) -> None:
    for name, url in running.addresses.items():
        console.out.print(f"{name}: {url}", markup=False, style="bold")
    console.out.print("Ctrl+C untuk berhenti / to stop", markup=False)


def _leave_when_told() -> None:
    """From before anything is started, so that no signal leaves processes behind without this one."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # Said outright: begun in the background of a shell script, a process has SIGINT ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)


@app.command("stop")
def stop(
    node: NodeOption = None,
    only: OnlyOption = None,
    hard: Annotated[
        bool, typer.Option("--hard", help="Matikan seketika dengan --only; aliran terputus / kill; streams break off.")
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Hentikan simpul, atau proses tertentu sampai `tenun node start` / stop the node, or some processes."""
    home = home_of(node)
    if only:
        for name in only:
            processes.hold(home, name, is_hard=hard)
    else:
        processes.stop(home)
    stopped = [str(name) for name in only or Name]

    def show() -> None:
        console.out.print(f"Berhenti / stopped: {', '.join(stopped)}", markup=False)

    console.answer({"node": str(home.role), "stopped": stopped, "hard": hard}, as_json=as_json, show=show)


@app.command("start")
def start(only: OnlyOption = None, node: NodeOption = None, as_json: console.JsonOption = False) -> None:
    """Jalankan lagi proses yang dihentikan dengan `stop --only` / start again what was stopped on purpose."""
    home = home_of(node)
    names = only or list(Name)
    for name in names:
        if processes.is_supervised(home, name):
            processes.release(home, name)
    started = [str(name) for name in names]

    def show() -> None:
        console.out.print(f"Dijalankan / started: {', '.join(started)}", markup=False)

    console.answer({"node": str(home.role), "started": started}, as_json=as_json, show=show)


@app.command("status")
def status(
    node: NodeOption = None,
    check_peer: Annotated[
        bool, typer.Option("--check-peer/--no-check-peer", help="Panggil simpul lain / call the other node.")
    ] = True,
    as_json: console.JsonOption = False,
) -> None:
    """Keadaan proses, gerbang, perjanjian, log, antrean, dan simpul lain / how everything is."""
    home = home_of(node)
    found = health.look(home, check_peer=check_peer)
    console.answer(found, as_json=as_json, show=lambda: _show_status(found))


def _show_status(found: dict[str, Any]) -> None:
    say = console.out.print
    gate = found["gate"]
    is_open = gate["is_open"]
    say(
        f"Simpul / node {found['node']}: {'TERBUKA / OPEN' if is_open else 'TERTUTUP / CLOSED'}",
        markup=False,
        style="bold",
    )
    if gate["problem"]:
        say(f"  {gate['problem']}", markup=False)
    for closure in gate["closures"]:
        say(
            f"  {closure['scope']}: sejak / since {closure['since']}, oleh / by {closure['by']}, {closure['reason']}",
            markup=False,
        )
    for pending in gate["pending"]:
        say(f"  tertunda / pending: {pending['change']} {', '.join(pending['missing'])}", markup=False)
    table = Table("proses / process", "keadaan / state", "sejak / since", "ulang / restarts", "alamat / address")
    for one in found["processes"]:
        table.add_row(
            one["process"], one["state"], one["since"] or "", str(one["restarts"]), one["address"] or ""
        )  # fmt: skip
    say(table)
    for part in ("agreement", "log", "queues", "work", "peer"):
        say(f"{part}:", markup=False, style="bold")
        for name, value in found[part].items():
            say(f"  {name}: {value}", markup=False)


@app.command("peer")
def peer(
    node: NodeOption = None,
    check: Annotated[bool, typer.Option("--check", help="Panggil simpulnya / call it.")] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Siapa pihak lain: kunci tersemat, alamat, narahubung, kontak terakhir / who the other party is."""
    home = home_of(node)
    found = health.peer(home, check=check)
    is_failed = check and not found["answer"]["is_reachable"]

    def show() -> None:
        for name, value in found.items():
            console.out.print(f"{name}: {value}", markup=False)

    console.answer(found, as_json=as_json, show=show, is_refused=is_failed)
