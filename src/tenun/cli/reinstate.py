"""`tenun reinstate`: give back what this node's party has shut off, by a signed act (Pasal 7(4))."""

from __future__ import annotations

from tenun.cli import console, gates
from tenun.node import shutoff


def command(
    scope: gates.ScopeOption,
    name: gates.NameOption = None,
    note: gates.NoteOption = "",
    agreement: gates.AgreementOption = None,
    node: gates.NodeOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Buka kembali yang ditutup simpul ini / reinstate what this node has shut off."""
    home = gates.home_of(node)
    meant = gates.scope_of(home, scope, name, agreement)
    change = shutoff.reinstate(home, meant, note=note)
    console.answer(gates.as_dict(change), as_json=as_json, show=lambda: gates.show_change(change))
