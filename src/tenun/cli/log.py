"""`tenun log …`: is a node's log what it signed, and what does it say?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tenun.agreement import signing
from tenun.agreement.vocabulary import Party
from tenun.cli import console
from tenun.cli.exchange import station
from tenun.exchange.register import Register
from tenun.exchange.station import pinned_log_keys
from tenun.kernel.errors import TenunError
from tenun.node.home import NodeHome, Role
from tenun.transparency_log.audit import Finding, verify_folder
from tenun.transparency_log.errors import LogError
from tenun.transparency_log.folder import CHECKPOINT, LogFolder
from tenun.transparency_log.note import Verifier

app = typer.Typer(help="Log simpul yang tidak dapat diubah diam-diam / the node's log.", no_args_is_help=True)

NodeOption = Annotated[Role | None, typer.Option("--node", help="Simpul / node: desa, naker. Bawaan / default: both.")]


class LogUnreadable(TenunError):
    """A log cannot be read; carries what the log package says."""

    code = "log.unreadable"
    text_id = "Log tidak dapat dibaca: {reason_id}"
    text_en = "The log cannot be read: {reason_en}"
    remedy_id = "Jalankan `tenun log verify` untuk mengetahui berkas mana yang berubah."
    remedy_en = "Run `tenun log verify` to learn which file was changed."


@app.command("verify")
def verify(
    node: NodeOption = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option("--earlier", help="Checkpoint yang disimpan dari hari lain / a checkpoint kept from another day."),
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Hitung ulang seluruh log dan bandingkan dengan tanda tangannya / compute the whole log again and compare."""
    kept = [_kept(path) for path in earlier or []]
    logs = {role.value: _audit(role, kept) for role in ([node] if node else list(Role))}
    is_sound = all(log["is_sound"] for log in logs.values())

    def show() -> None:
        for role, log in logs.items():
            state = "UTUH / SOUND" if log["is_sound"] else "RUSAK / DAMAGED"
            console.out.print(f"{role}: {state}, {log['size']} entri/entries, root {log['root'] or '-'}", markup=False)
            for finding in log["findings"]:
                entry = "" if finding["entry"] is None else f" entri/entry {finding['entry']}:"
                console.out.print(f"  {finding['file']}:{entry} {finding['reason']}", markup=False)

    result = {"is_sound": is_sound, "logs": logs}
    console.answer(result, as_json=as_json, show=show, is_refused=not is_sound)


@app.command("show")
def show_command(
    node: Annotated[Role, typer.Option("--node", help="Simpul / node: desa, naker.")] = Role.DESA,
    start: Annotated[int | None, typer.Option("--from", min=0, help="Entri pertama / first entry.")] = None,
    count: Annotated[int, typer.Option("--count", min=1, help="Banyaknya entri / how many entries.")] = 20,
    as_json: console.JsonOption = False,
) -> None:
    """Tampilkan entri log, bawaan: yang terbaru / show entries, by default the newest."""
    files = LogFolder(NodeHome.of(node).log)
    try:
        size = _size(files)
        first = max(0, size - count) if start is None else min(start, size)
        found = list(files.entries(size=size, start=first))[:count]
    except LogError as problem:
        raise _unreadable(problem) from problem
    entries = [{"index": first + at, "entry": json.loads(entry)} for at, entry in enumerate(found)]

    def show() -> None:
        for one in entries:
            entry = one["entry"]
            about = entry.get("pack") or entry.get("decision") or {}
            words = [str(one["index"]), entry.get("time", ""), entry.get("type", ""), entry.get("code", "")]
            words += [str(about.get(name, "")) for name in ("dataset", "purpose", "id")]
            console.out.print("  ".join(word for word in words if word), markup=False)
        if not entries:
            console.out.print("Log kosong / the log is empty.", markup=False)

    console.answer({"node": node.value, "size": size, "entries": entries}, as_json=as_json, show=show)


# --- below the surface -------------------------------------------------------------------------------


def _audit(role: Role, earlier: list[bytes]) -> dict[str, Any]:
    verifiers, source = _verifiers(role)
    audit = verify_folder(NodeHome.of(role).log, verifiers=verifiers, earlier=earlier)
    needed = Register(station(role)).log_size()
    if audit and (audit.checkpoint.size if audit.checkpoint else 0) < needed:
        # A folder that was removed, or put back from an old copy, is in itself a log like any other.
        reason = f"the packs of this node were logged in {needed} entries or more, and there are fewer"
        audit.findings.append(Finding("log.history_lost", CHECKPOINT, reason))
    return {**audit.as_dict(), "key": source}


def _verifiers(role: Role) -> tuple[list[Verifier], str]:
    """The log key that the agreement pins for the node; its own where no agreement is in force yet."""
    there = station(role)
    try:
        agreement = signing.verify(there.agreement, own_keys=there.keys)
    except TenunError:
        try:
            return [there.log_signer().verifier], "node"
        except TenunError:
            return [], "none"
    return pinned_log_keys(agreement, Party(role.value)), "agreement"


def _size(files: LogFolder) -> int:
    """As the checkpoint says. Whether it says the truth is `verify`'s question."""
    data = files.checkpoint()
    lines = data.decode("utf-8", errors="replace").split("\n") if data else []
    return int(lines[1]) if len(lines) > 1 and lines[1].isdigit() else 0


def _kept(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise LogUnreadable(reason_id=type(problem).__name__, reason_en=type(problem).__name__) from problem


def _unreadable(problem: LogError) -> LogUnreadable:
    return LogUnreadable(reason_id=problem.message("id"), reason_en=problem.message("en"))
