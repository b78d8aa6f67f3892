"""`tenun log …`: is a log what it signed, what does it say, does the other party's say the same, and prove it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from tenun.agreement.standing import Position, Standing
from tenun.agreement.vocabulary import Party
from tenun.cli import console
from tenun.cli.exchange import station
from tenun.exchange import mirror, witnessing
from tenun.exchange.calls import CallBook
from tenun.exchange.client.node import Consumer
from tenun.exchange.gate import OpenGate
from tenun.exchange.register import Register
from tenun.exchange.station import Station, log_origin, pinned_log_keys
from tenun.kernel.clock import JAKARTA
from tenun.kernel.errors import TenunError
from tenun.node import config, stamping
from tenun.node.home import NodeHome, Role
from tenun.transparency_log import checkpoint, stamp
from tenun.transparency_log import proof as log_proof
from tenun.transparency_log.audit import Finding, verify_folder
from tenun.transparency_log.cosignature import times
from tenun.transparency_log.errors import LogError, NotWitnessed
from tenun.transparency_log.folder import CHECKPOINT, LogFolder
from tenun.transparency_log.follower import Fetch, Followed
from tenun.transparency_log.log import Log
from tenun.transparency_log.note import Verifier

app = typer.Typer(help="Log simpul yang tidak dapat diubah diam-diam / the node's log.", no_args_is_help=True)

NodeOption = Annotated[Role | None, typer.Option("--node", help="Simpul / node: desa, naker. Bawaan / default: both.")]
OneNodeOption = Annotated[Role, typer.Option("--node", help="Simpul / node: desa, naker.")]
PeerOption = Annotated[
    str | None,
    typer.Option("--peer", help="Log pihak lain: folder atau URL; bawaan: simpulnya / the other's log: folder or URL."),
]


class LogUnreadable(TenunError):
    """A log cannot be read; carries what the log package says."""

    code = "log.unreadable"
    text_id = "Log tidak dapat dibaca: {reason_id}"
    text_en = "The log cannot be read: {reason_en}"
    remedy_id = "Jalankan `tenun log verify` untuk mengetahui berkas mana yang berubah."
    remedy_en = "Run `tenun log verify` to learn which file was changed."


class ProofRefused(TenunError):
    """A proof does not hold; carries what the log package says."""

    code = "log.proof_refused"
    text_id = "Bukti itu tidak berlaku: {reason_id}"
    text_en = "The proof does not hold: {reason_en}"
    remedy_id = "Periksa apakah entri dan bukti itu sepasang; minta bukti baru dari pemilik log."
    remedy_en = "Check whether entry and proof belong together; ask the log's owner for a new proof."


# --- verify and show ---------------------------------------------------------------------------------


@app.command("verify")
def verify(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Salinan log di folder lain / a copy in another folder.")
    ] = None,
    node: NodeOption = None,
    peer: Annotated[
        bool, typer.Option("--peer", help="Log pihak lain: cerminnya, atau DIR / the other party's log.")
    ] = False,
    earlier: Annotated[
        list[Path] | None,
        typer.Option("--earlier", help="Checkpoint yang disimpan dari hari lain / a checkpoint kept from another day."),
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Hitung ulang seluruh log dan bandingkan dengan tanda tangannya / compute the whole log again and compare.

    --peer memeriksa log pihak lain dengan kuncinya dalam perjanjian, dan dengan checkpoint yang pernah disaksikan
    simpul ini / checks the other party's log by its keys in the agreement and by what this node has witnessed.
    """
    kept = [_kept(path) for path in earlier or []]
    roles = [node] if node else [Role.NAKER] if folder is not None else list(Role)
    audit = _audit_peer if peer else _audit
    logs = {role.value: audit(role, kept, folder) for role in roles}
    is_sound = all(log["is_sound"] for log in logs.values())

    def show() -> None:
        for role, log in logs.items():
            state = "UTUH / SOUND" if log["is_sound"] else "RUSAK / DAMAGED"
            whose = f"{role} -> {log['party']}" if peer else role
            console.out.print(f"{whose}: {state}, {log['size']} entri/entries, root {log['root'] or '-'}", markup=False)
            for finding in log["findings"]:
                entry = "" if finding["entry"] is None else f" entri/entry {finding['entry']}:"
                console.out.print(f"  {finding['file']}:{entry} {finding['reason']}", markup=False)
            for one in log.get("stamps", ()):
                said = one["time"] if one["is_valid"] else f"TIDAK sah / NOT valid [{one['problem']}]"
                console.out.print(f"  stempel waktu / time stamp: {one['size']} entri/entries, {said}", markup=False)

    result = {"is_sound": is_sound, "logs": logs}
    console.answer(result, as_json=as_json, show=show, is_refused=not is_sound)


@app.command("show")
def show_command(
    node: OneNodeOption = Role.DESA,
    start: Annotated[int | None, typer.Option("--from", min=0, help="Entri pertama / first entry.")] = None,
    count: Annotated[int, typer.Option("--count", min=1, help="Banyaknya entri / how many entries.")] = 20,
    as_json: console.JsonOption = False,
) -> None:
    """Tampilkan entri log, bawaan: yang terbaru / show entries, by default the newest."""
    files = LogFolder(NodeHome.of(node).log)
    with _readable():
        size = _size(files)
        first = max(0, size - count) if start is None else min(start, size)
        found = list(files.entries(size=size, start=first))[:count]
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


# --- proofs ------------------------------------------------------------------------------------------


@app.command("proof")
def proof_command(
    what: Annotated[str, typer.Argument(metavar="INDEX|check", help="Nomor entri, atau `check` / entry, or check.")],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Untuk check: berkas bukti / the proof.")
    ] = None,
    entry: Annotated[
        Path | None,
        typer.Option("--entry", help="Berkas entri: dibaca oleh check, selain itu ditulis / the entry's file."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Berkas bukti yang ditulis / write the proof here.")] = None,
    node: OneNodeOption = Role.NAKER,
    as_json: console.JsonOption = False,
) -> None:
    """Bukti (tlog-proof v1) bahwa suatu entri ada dalam log; `check` memeriksanya / prove an entry, or check a proof.

    Bukti memuat tanda tangan pihak lain sebagai saksi bila sudah ada / with the other party's cosignature when there.
    """
    if what == "check":
        if file is None or entry is None:
            raise typer.BadParameter("check memerlukan FILE dan --entry / needs FILE and --entry")
        _check_proof(node, file, entry, as_json=as_json)
    elif what.isascii() and what.isdigit():
        _make_proof(node, int(what), out=out, entry_file=entry, as_json=as_json)
    else:
        raise typer.BadParameter("sebuah nomor entri, atau check / an entry's number, or check", param_hint="INDEX")


def _make_proof(role: Role, index: int, *, out: Path | None, entry_file: Path | None, as_json: bool) -> None:
    there = station(role)
    log = Log(there.log, there.log_signer())
    with _readable():
        try:
            text, is_witnessed = log.prove(index, is_cosigned=True), True
        except NotWitnessed:
            text, is_witnessed = log.prove(index), False
        content = log.files.entry(index, size=_size(log.files))
    if out is not None:
        out.write_text(text, "utf-8")
    if entry_file is not None:
        entry_file.write_bytes(content)

    def show() -> None:
        if out is None:
            console.out.print(text, markup=False)
        else:
            seen = "disaksikan / witnessed" if is_witnessed else "BELUM disaksikan / NOT witnessed yet"
            console.out.print(f"{out}: entri/entry {index}, {seen}", markup=False)

    result = {
        "node": role.value, "index": index, "is_witnessed": is_witnessed, "proof": text, "entry": content.decode(),
    }  # fmt: skip
    console.answer(result, as_json=as_json, show=show)


def _check_proof(role: Role, file: Path, entry: Path, *, as_json: bool) -> None:
    """Against both parties' keys in the agreement of a node: whose log it is, the proof itself says."""
    agreement = _position(role).agreement
    text, content = _kept(file).decode("utf-8", errors="replace"), _kept(entry)
    try:
        shown, state = log_proof.verify(
            text, entry=content, verifiers=[key for party in Party for key in pinned_log_keys(agreement, party)]
        )
        owner = next(party for party in Party if log_origin(party) == state.origin)
        witnesses = witnessing.pinned_witnesses(agreement, owner.other)
        seen = [datetime.fromtimestamp(at, JAKARTA) for at in times(shown.checkpoint, witnesses=witnesses).values()]
    except LogError as problem:
        raise ProofRefused(reason_id=problem.message("id"), reason_en=problem.message("en")) from problem
    result = {
        "is_valid": True,
        "log": str(owner),
        "index": shown.index,
        "size": state.size,
        "witnessed_by": str(owner.other) if seen else None,
        "witnessed_at": [moment.isoformat() for moment in seen],
    }

    def show() -> None:
        by = f"{owner.other}, {seen[0]:%Y-%m-%d %H:%M:%S WIB}" if seen else "-"
        console.out.print(
            f"SAH / VALID: log {owner}, entri/entry {shown.index} dari/of {state.size}; saksi/witness: {by}",
            markup=False,
        )

    console.answer(result, as_json=as_json, show=show)


# --- the other party's log ---------------------------------------------------------------------------


@app.command("follow")
def follow_command(
    node: OneNodeOption = Role.NAKER,
    peer: PeerOption = None,
    whole: Annotated[
        bool, typer.Option("--all", help="Periksa ulang seluruh cermin / fetch everything again and compare.")
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Salin dan periksa log pihak lain sampai checkpoint terbarunya / mirror the other party's log, checked."""
    with _fetching(node, peer) as fetch:
        followed = _follow(node, fetch, whole=whole)

    def show() -> None:
        size = followed.checkpoint.size if followed.checkpoint else 0
        state = "UTUH / SOUND" if followed else "RUSAK / DAMAGED"
        console.out.print(f"{state}: {size} entri/entries, +{followed.added}", markup=False)
        for fault in followed.faults:
            console.out.print(f"  {fault.wrong} {fault.file}: {fault.reason}", markup=False)

    result = {"node": node.value, **followed.as_dict()}
    console.answer(result, as_json=as_json, show=show, is_refused=not followed)


@app.command("reconcile")
def reconcile_command(
    node: OneNodeOption = Role.NAKER,
    peer: PeerOption = None,
    day: Annotated[
        datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Hari (WIB); bawaan: kemarin / yesterday.")
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Bandingkan kedua log untuk satu hari: setiap panggilan, penyerahan, kejadian, tindakan / compare both logs.

    Temuan menjadi calon insiden dalam `tenun duties list` / a finding becomes an incident candidate there.
    """
    there, agreement = station(node), _position(node).agreement
    now = there.clock.now()
    wanted = day.date() if day is not None else (now.astimezone(JAKARTA) - timedelta(days=1)).date()
    with _fetching(node, peer) as fetch, _readable():
        done = mirror.reconcile_with(there, agreement, fetch, day=wanted)

    def show() -> None:
        for language in ("id", "en"):
            console.out.print(done.report.text(language), markup=False)
        console.out.print(f"{done.file} (log #{done.log_index})", markup=False)

    console.answer(done.as_dict(), as_json=as_json, show=show, is_refused=not done.report)


# --- below the surface -------------------------------------------------------------------------------


def _audit(role: Role, earlier: list[bytes], folder: Path | None) -> dict[str, Any]:
    verifiers, source = _verifiers(role)
    place = folder or station(role).log
    stamped = [signed for signed, _ in stamp.kept(place) if _is_signed(signed, verifiers)]
    audit = verify_folder(place, verifiers=verifiers, earlier=[*earlier, *stamped])
    needed = Register(station(role)).log_size() if folder is None else 0
    if audit and (audit.checkpoint.size if audit.checkpoint else 0) < needed:
        # A folder that was removed, or put back from an old copy, is in itself a log like any other.
        reason = f"the packs of this node were logged in {needed} entries or more, and there are fewer"
        audit.findings.append(Finding("log.history_lost", CHECKPOINT, reason))
    stamps = stamping.shown(place, config.read_or_default(NodeHome.of(role)).log.tsa)
    return {**audit.as_dict(), "key": source, "stamps": [one.as_dict() for one in stamps]}


def _audit_peer(role: Role, earlier: list[bytes], folder: Path | None) -> dict[str, Any]:
    """The other party's log, here as a mirror or in a folder: by its keys, and by what we have signed of it."""
    there, agreement = station(role), _position(role).agreement
    party = there.party.other
    own = LogFolder(mirror.folder(there)).checkpoint()
    verifiers = pinned_log_keys(agreement, party)
    ours = [*witnessing.seen_of_peer(there), *([own] if own and folder is not None else [])]
    # What was signed with a key that has been changed since says nothing under the present one.
    seen = [*earlier, *(one for one in ours if _is_signed(one, verifiers))]
    audit = verify_folder(folder or mirror.folder(there), verifiers=verifiers, earlier=seen)
    if audit and witnessing.has_peer_forked(there, agreement):
        reason = "the log has signed two histories; both checkpoints are kept in witness/"
        audit.findings.append(Finding("log.history_changed", CHECKPOINT, reason))
    return {**audit.as_dict(), "key": "agreement", "party": str(party)}


def _is_signed(signed: bytes, verifiers: list[Verifier]) -> bool:
    try:
        checkpoint.verify(signed, verifiers=verifiers)
    except LogError:
        return False
    return True


def _position(role: Role) -> Position:
    there = station(role)
    return _standing(there).at(there.clock.now())


def _standing(there: Station) -> Standing:
    return Standing(there.agreement, there.acts, own_keys=there.keys)


def _verifiers(role: Role) -> tuple[list[Verifier], str]:
    """The log key that the agreement pins for the node; its own where no agreement is in force yet."""
    try:
        agreement = _position(role).agreement
    except TenunError:
        try:
            return [station(role).log_signer().verifier], "node"
        except TenunError:
            return [], "none"
    return pinned_log_keys(agreement, Party(role.value)), "agreement"


@contextmanager
def _fetching(role: Role, peer: str | None) -> Iterator[Fetch]:
    """From a folder, from a URL, or from where the node is told that the other is."""
    if peer is not None and not peer.startswith(("http://", "https://")):
        if not Path(peer).is_dir():
            raise typer.BadParameter("bukan folder dan bukan URL / neither a folder nor a URL", param_hint="--peer")
        yield mirror.from_folder(Path(peer))
        return
    found, there = config.read_or_default(NodeHome.of(role)), station(role)
    consumer = Consumer(
        there,
        _standing(there),
        OpenGate(),  # a log is read whatever is shut off
        CallBook(there),
        address=peer or found.peer_address,
        ca_file=Path(found.peer_ca) if found.peer_ca else None,
    )
    try:
        yield mirror.from_client(consumer.client())
    finally:
        consumer.close()


def _follow(role: Role, fetch: Fetch, *, whole: bool) -> Followed:
    with _readable():
        recheck = None if whole else mirror.RECHECKED
        return mirror.follow(station(role), _position(role).agreement, fetch, recheck=recheck)


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


@contextmanager
def _readable() -> Iterator[None]:
    """The log package's errors in the form of ours."""
    try:
        yield
    except LogError as problem:
        raise LogUnreadable(reason_id=problem.message("id"), reason_en=problem.message("en")) from problem
