"""`tenun serve`: the portal of a node that exists, until it is stopped."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from tenun.cli import console
from tenun.node.home import Role
from tenun.portal import serving


def command(
    node: Annotated[Role, typer.Option("--node", help="Simpul mana / which node.")] = Role.NAKER,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, help="Port; 0 = yang bebas / any free one.")
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="Alamat tempat mendengar / address to listen on.")
    ] = serving.LOOPBACK,
    home: Annotated[
        Path | None, typer.Option("--home", file_okay=False, help="Folder simpul / the nodes' folder (TENUN_HOME).")
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Buka portal sebuah simpul sampai dihentikan / serve a node's portal until it is stopped."""
    if home is not None:
        serving.use_home(home)
    with serving.start(node, port, host=host) as portal:
        told = {"node": str(node), "address": portal.address, "log": str(portal.log)}
        console.answer(told, as_json=as_json, show=lambda: _show(portal))
        _wait(portal)


def _show(portal: serving.Portal) -> None:
    console.out.print(f"Portal: {portal.address}", markup=False, style="bold")
    console.out.print("Ctrl+C untuk berhenti / to stop", markup=False)


def _wait(portal: serving.Portal) -> None:
    """Until it ends, or someone ends this command: then it is stopped in order, database and all."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # Said outright: begun in the background of a shell script, a process has SIGINT ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    try:
        status = portal.wait()
    except KeyboardInterrupt:
        return
    if status:
        raise serving.PortalNotStarted(node=str(portal.role), log=str(portal.log))
