"""`tenun shutoff`: cut the other party's access now (Pasal 7(4)). Works with database, peer, portal and guard down."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from tenun.cli import console, gates
from tenun.exchange.gate import Reason
from tenun.node import shutoff


class Named(StrEnum):
    """The security events of the agreement, as they are typed."""

    LEAK = "kebocoran-data"
    MALWARE = "malware"
    HACK = "hack"
    OTHER = "lainnya"


def command(
    scope: gates.ScopeOption,
    reason: Annotated[Named, typer.Option("--reason", help="Peristiwa menurut Pasal 7(4) / the event.")],
    name: gates.NameOption = None,
    note: gates.NoteOption = "",
    agreement: gates.AgreementOption = None,
    node: gates.NodeOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Tutup akses pihak lain seketika / cut the other party's access at once (Pasal 7(4))."""
    home = gates.home_of(node)
    meant = gates.scope_of(home, scope, name, agreement)
    change = shutoff.shut_off(home, meant, reason=Reason(reason.value), note=note)
    console.answer(gates.as_dict(change), as_json=as_json, show=lambda: gates.show_change(change))
