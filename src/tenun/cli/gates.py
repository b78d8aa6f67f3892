"""What the commands about the gate share: which node, which scope, and how a change of the gate is told."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from tenun.agreement.vocabulary import Party
from tenun.cli import console
from tenun.exchange.gate import Scope, ScopeKind
from tenun.kernel.errors import TenunError
from tenun.node.gate import Effect
from tenun.node.home import NodeHome, Role
from tenun.node.shutoff import REINSTATE, Change

NodeOption = Annotated[
    Role | None,
    typer.Option("--node", help="Simpul / node: desa, naker. Bawaan / default: satu-satunya / the only one."),
]
ScopeOption = Annotated[ScopeKind, typer.Option("--scope", help="Lingkup / scope.")]
NameOption = Annotated[
    str | None, typer.Option("--name", help="Nama dataset atau klien / name of the dataset or client.")
]
NoteOption = Annotated[
    str, typer.Option("--note", help="Keterangan bebas, hanya masuk ke akta / free text, goes into the act only.")
]
AgreementOption = Annotated[
    str | None,
    typer.Option("--agreement", help="URN; bawaan: perjanjian simpul ini / this node's agreement."),
]


# As `agreement.document.DOCUMENT`, without what comes with that module; tests/unit/node/test_light_shutoff.py compares.
_DOCUMENT = "agreement.json"


class NodeUnclear(TenunError):
    code = "node.unclear"
    text_id = "Di komputer ini ada {count} simpul; sebutkan yang mana."
    text_en = "There are {count} nodes on this machine; say which one."
    remedy_id = "Tambahkan --node desa atau --node naker."
    remedy_en = "Add --node desa or --node naker."


class ScopeUnclear(TenunError):
    code = "node.scope_unclear"
    text_id = "Lingkup {scope} {needs} --name."
    text_en = "The scope {scope} {needs_en} --name."
    remedy_id = "Dataset dan klien disebut namanya; `all` dan `agreement` tidak."
    remedy_en = "A dataset and a client are named; `all` and `agreement` are not."


class ScopeUnknown(TenunError):
    """The agreement has nothing of that name. Closing it would close nothing. What was typed is not repeated."""

    code = "node.scope_unknown"
    text_id = "Perjanjian tidak mengenal {scope} dengan nama itu. Yang dikenal: {known}."
    text_en = "The agreement knows no {scope} of that name. It knows: {known}."
    remedy_id = "Periksa namanya. Bila ragu, tutup semuanya dengan `--scope all`."
    remedy_en = "Check the name. When in doubt, shut everything off with `--scope all`."


class AgreementUnclear(TenunError):
    code = "node.agreement_unclear"
    text_id = "Perjanjian simpul ini tidak dapat dibaca, jadi tidak diketahui mana yang dimaksud."
    text_en = "This node's agreement cannot be read, so it is not known which one is meant."
    remedy_id = "Sebutkan dengan --agreement, atau tutup semuanya dengan `--scope all`."
    remedy_en = "Name it with --agreement, or shut everything off with `--scope all`."


def home_of(role: Role | None) -> NodeHome:
    """The node that is meant: the one that was named, or the only one on this machine. Raises `NodeUnclear`."""
    if role is not None:
        return NodeHome.of(role)
    there = [one for one in Role if NodeHome.of(one).folder.is_dir()]
    if len(there) != 1:
        raise NodeUnclear(count=len(there))
    return NodeHome.of(there[0])


def scope_of(home: NodeHome, kind: ScopeKind, name: str | None, agreement: str | None) -> Scope:
    """What was named, as long as the agreement knows it. Closing everything needs no agreement.

    Raises `ScopeUnclear`, `ScopeUnknown`, `AgreementUnclear`.
    """
    is_named = kind in (ScopeKind.DATASET, ScopeKind.CLIENT)
    if is_named != bool(name):
        words = ("memerlukan", "needs") if is_named else ("tidak memakai", "does not take")
        raise ScopeUnclear(scope=str(kind), needs=words[0], needs_en=words[1])
    if kind is ScopeKind.ALL:
        return Scope.all()
    known = _known(home, kind)
    if agreement is None:
        if known is None:
            raise AgreementUnclear()
        agreement = known[0]
    if is_named and known is not None and known[0] == agreement and name not in known[1]:
        raise ScopeUnknown(scope=str(kind), known=", ".join(known[1]))
    return Scope(kind, agreement, name or "")


def _known(home: NodeHome, kind: ScopeKind) -> tuple[str, list[str]] | None:
    """The agreement's URN and the names it has for that kind of scope; none where it cannot be read.

    As the document has them that was signed first, and those of addenda, and without checking a signature: it is only
    asked whether a name was mistyped, and checking takes longer than closing may take.
    """
    folders = [home.agreement, *sorted(home.agreement.with_name("revisions").glob("[0-9a-f]*"))]
    try:
        documents = [json.loads((folder / _DOCUMENT).read_bytes()) for folder in folders]
        urn = str(documents[0]["id"])
        datasets = {str(one["id"]) for document in documents for one in document["datasets"]}
    except (OSError, KeyError, TypeError, ValueError):
        return None
    return urn, sorted(datasets) if kind is ScopeKind.DATASET else [str(party) for party in Party]


# --- telling -------------------------------------------------------------------------------------------------

_EFFECTS = {
    Effect.PAGE: "seketika, di semua pekerja / at once, in all workers",
    Effect.GUARD: "melalui penjaga / through the guard",
    Effect.GUARD_SILENT: "penjaga tidak berjalan, jadi semua tertutup / no guard is running, so everything is closed",
}


def show_change(change: Change) -> None:
    closure = change.closure
    is_opening = change.change == REINSTATE
    word = "DIBUKA KEMBALI / REINSTATED" if is_opening else "TERTUTUP / SHUT OFF"
    say = console.out.print
    say(f"{word}: {closure.scope}", markup=False, style="bold")
    since = closure.as_dict()["since"]
    say(f"sejak / since {since}, oleh / by {closure.by}, alasan / reason {closure.reason}", markup=False)
    say(f"berlaku / effective: {_EFFECTS[change.effect]}", markup=False)
    for step, code in change.failed.items():
        say(f"tertunda, akan diulang / pending, will be tried again: {step} ({code})", markup=False, style="yellow")
    say(next_steps(change), markup=False)


def next_steps(change: Change) -> str:
    """What to do now, in both languages."""
    closure = change.closure
    named = f" --name {closure.scope.name}" if closure.scope.name else ""
    if change.change == REINSTATE:
        return (
            "Token lama tidak berlaku lagi; pihak lain meminta yang baru.\n"
            "Old tokens are dead; the other party asks for new ones."
        )
    return (
        "Laporkan insidennya dalam 3 x 24 jam: `tenun agreement act incident-report`. "
        f"Membuka kembali: `tenun reinstate --scope {closure.scope.kind}{named}`.\n"
        "Report the incident within 3 x 24 hours: `tenun agreement act incident-report`. "
        f"To reinstate: `tenun reinstate --scope {closure.scope.kind}{named}`."
    )


def as_dict(change: Change) -> dict[str, Any]:
    return {**change.as_dict(), "next": next_steps(change)}
