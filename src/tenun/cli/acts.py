"""`tenun agreement act …`, `history`, `state`: what officials do to the agreement, and where it stands."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any

import typer

from tenun.agreement import party_jwk
from tenun.agreement.acts import act as acts
from tenun.agreement.acts import law, rotation
from tenun.agreement.acts.act import SignedAct
from tenun.agreement.acts.bodies import Addendum
from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import KeyLoss, Kind, NoticeSubject, ScopeKind
from tenun.agreement.acts.ledger import Entry, Ledger
from tenun.agreement.acts.refusals import ActNotReported
from tenun.agreement.acts.state import State
from tenun.agreement.vocabulary import ForceMajeureEvent, KeyUse, Party, SecurityEvent
from tenun.cli import console
from tenun.kernel import canonical_json
from tenun.kernel.clock import JAKARTA, SystemClock, rfc3339
from tenun.kernel.durable import write_durably
from tenun.kernel.errors import TenunError
from tenun.node import chain as node_chain
from tenun.node.home import NodeHome, Role

act_app = typer.Typer(
    no_args_is_help=True,
    help="Tindakan atas perjanjian: buat, tanda tangani, terima / acts on the agreement: make, countersign, take.",
)

REVISION_SUFFIX = ".revision.json"

# Indonesian and English names of the kinds, as officials read them.
KIND_WORDS: Mapping[Kind, tuple[str, str]] = {
    Kind.ENTER_INTO_FORCE: ("Pernyataan berlaku", "entry into force"),
    Kind.ADDENDUM: ("Adendum", "addendum"),
    Kind.EXTEND: ("Perpanjangan", "extension"),
    Kind.END: ("Pengakhiran bersama", "ending by both"),
    Kind.END_NONCONFORMITY: ("Pengakhiran karena ketidaksesuaian", "ending for nonconformity"),
    Kind.NOTICE: ("Pemberitahuan tertulis", "written notice"),
    Kind.CONTACT_CHANGE: ("Perubahan alamat", "change of address"),
    Kind.KEY_CHANGE: ("Penggantian kunci", "change of key"),
    Kind.SHUT_OFF: ("Penutupan akses", "shut-off"),
    Kind.REINSTATE: ("Pembukaan akses kembali", "reinstatement"),
    Kind.INCIDENT_REPORT: ("Laporan insiden", "incident report"),
    Kind.FORCE_MAJEURE_REPORT: ("Laporan keadaan memaksa", "force majeure report"),
    Kind.ME_REPORT: ("Laporan pemantauan dan evaluasi", "monitoring and evaluation report"),
    Kind.DISPUTE_OPEN: ("Pembukaan perselisihan", "dispute opened"),
    Kind.DISPUTE_SETTLED: ("Penyelesaian perselisihan", "dispute settled"),
    Kind.THIRD_PARTY_CONSENT: ("Persetujuan kepada pihak lain", "consent to a third party"),
}


class ActFileUnreadable(TenunError):
    """The file is no JSON of the form that was asked for."""

    code = "cli.act_file_unreadable"
    text_id = "Berkas {what} tidak dapat dibaca sebagai {wanted}."
    text_en = "The file for {what} cannot be read as {wanted}."
    remedy_id = "Periksa berkas itu, lalu ulangi."
    remedy_en = "Check the file, then try again."


class ActNotFound(TenunError):
    """No act of the chain, or more than one, begins with these letters."""

    code = "cli.act_not_found"
    text_id = "Tidak ada satu tindakan pun, atau lebih dari satu, yang sidiknya berawal demikian ({option})."
    text_en = "No act, or more than one, has a hash that begins like that ({option})."
    remedy_id = "Salin sidiknya dari `tenun agreement history`."
    remedy_en = "Copy the hash from `tenun agreement history`."


class OptionMissing(TenunError):
    """An act of that kind needs this option."""

    code = "cli.act_option_missing"
    text_id = "Tindakan {kind} memerlukan {option}."
    text_en = "The act {kind} needs {option}."
    remedy_id = "Lengkapi pilihan itu, atau berikan seluruh isinya dengan --body BERKAS."
    remedy_en = "Give that option, or the whole body with --body FILE."


class NoClosureOfOurs(TenunError):
    code = "cli.no_closure_of_ours"
    text_id = "{party} tidak menutup akses apa pun."
    text_en = "{party} keeps nothing shut off."
    remedy_id = "Lihat penutupan yang berlaku dengan `tenun agreement state`."
    remedy_en = "See what is closed with `tenun agreement state`."


# --- what each kind is told by -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """One option of `act KIND`, and where its value goes in the body (`scope.kind`)."""

    member: str
    flag: str
    help: str
    read: Callable[[Any, Desk], Any] = lambda value, desk: value
    kind: Any = str
    is_needed: bool = True


@dataclass(frozen=True)
class Desk:
    """Where an act is made: a node, its chain as it is now, and whose it is."""

    home: NodeHome
    chain: Chain
    ledger: Ledger
    state: State

    @classmethod
    def of(cls, node: Role) -> Desk:
        chain = node_chain.chain_of(NodeHome.of(node))
        return cls(NodeHome.of(node), chain, chain.ledger(), chain.state())

    @property
    def party(self) -> Party:
        return Party(self.home.role.value)

    @property
    def keys(self) -> Path:
        return self.home.folder / "keys"


def _day(value: str, desk: Desk) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as problem:
        raise typer.BadParameter("tulis tanggal seperti 2026-03-01 / write a date like 2026-03-01") from problem


def _instant(value: str, desk: Desk | None = None) -> str:
    return rfc3339(moment_of(value))


def _digest(value: Path, desk: Desk) -> str:
    return canonical_json.sha256_file(value)


def _evidence(value: Sequence[Path], desk: Desk) -> list[dict[str, str]]:
    # Numbered and not named: the name of a file may name a person.
    return [
        {"title": f"Bukti {number}", "sha256": canonical_json.sha256_file(path)}
        for number, path in enumerate(value, start=1)
    ]


def _act_hash(option: str) -> Callable[[Any, Desk], Any]:
    def find(value: Any, desk: Desk) -> Any:
        if isinstance(value, list):
            return [find(one, desk) for one in value]
        found = [name for name in desk.ledger.entries if name.startswith(value)]
        if len(found) != 1 or len(value) < 6:
            raise ActNotFound(option=option)
        return found[0]

    return find


def _split(value: Sequence[str], desk: Desk) -> list[str]:
    return [name.strip() for one in value for name in one.split(",") if name.strip()]


_REASON = Option("reason", "--reason", "Alasan / why.")
_TEXT = Option("text", "--text", "Uraian / the text.")
_CLAUSE = Option("clause", "--clause", "Pasal, misalnya 3(1)b / the clause.")
_EVENT = Option("event", "--event", "Jenis insiden / the kind of incident.", kind=SecurityEvent)

OPTIONS: Mapping[Kind, tuple[Option, ...]] = {
    Kind.ENTER_INTO_FORCE: (),
    Kind.ADDENDUM: (
        Option(
            "rev",
            "--document",
            "Folder naskah baru; kunci PIHAK diisikan / folder of the new document; keys are filled in.",
            lambda value, desk: desk.chain.revisions.add(value, state=desk.state).rev,
            kind=Path,
        ),
        Option("summary", "--summary", "Ringkasan perubahan / what changes."),
    ),
    Kind.EXTEND: (Option("until", "--until", "Akhir yang baru / the new end, like 2030-07-23.", _instant),),
    Kind.END: (_REASON,),
    Kind.END_NONCONFORMITY: (_CLAUSE, _REASON),
    Kind.NOTICE: (Option("subject", "--subject", "Perihal / what about.", kind=NoticeSubject), _TEXT),
    Kind.CONTACT_CHANGE: (
        Option("changed_on", "--changed-on", "Tanggal alamat berubah / day of the change.", _day),
        Option("contact.responsible", "--responsible", "Penanggung jawab / who is responsible."),
        Option("contact.liaison", "--liaison", "Jabatan penghubung / the liaison's office."),
        Option("contact.address", "--address", "Alamat / address."),
        Option("contact.email", "--email", "Email."),
    ),
    Kind.KEY_CHANGE: (
        Option("reason", "--cause", "rotation = kunci lama masih ada, lost = hilang.", kind=KeyLoss),
        Option("use", "--use", "Kegunaan kunci / what the key is for.", kind=KeyUse),
        Option("new_key", "--new-key", "JWK pribadi kunci baru / private JWK of the new key.", kind=Path),
        Option("old", "--old", "Sidik kunci lama; bawaan: yang berlaku / old key.", is_needed=False),
    ),
    Kind.SHUT_OFF: (
        Option("scope.kind", "--scope", "Seberapa luas / how much.", kind=ScopeKind),
        Option("scope.name", "--name", "Nama data atau klien / dataset or client.", is_needed=False),
        _EVENT,
        _REASON,
    ),
    Kind.REINSTATE: (
        Option(
            "opens",
            "--opens",
            "Sidik penutupan; bawaan: semua milik sendiri / hash of the shut-off; default: all of one's own.",
            _act_hash("--opens"),
            kind=list[str],
            is_needed=False,
        ),
        _REASON,
    ),
    Kind.INCIDENT_REPORT: (
        _EVENT,
        Option("detected_at", "--detected-at", "Saat diketahui / when it was found.", _instant),
        Option("datasets", "--datasets", "Data yang terkena / datasets.", _split, list[str], is_needed=False),
        Option("persons", "--persons", "Jumlah orang terdampak / people concerned.", kind=int, is_needed=False),
        _TEXT,
        Option("shut_off", "--shut-off", "Sidik penutupannya.", _act_hash("--shut-off"), is_needed=False),
    ),
    Kind.FORCE_MAJEURE_REPORT: (
        Option("event", "--event", "Peristiwa menurut Pasal 11(1) / the event.", kind=ForceMajeureEvent),
        Option("began_on", "--began-on", "Tanggal mulai / first day.", _day),
        Option("ended_on", "--ended-on", "Tanggal selesai / last day.", _day, is_needed=False),
        Option("evidence", "--evidence", "Berkas bukti / file of evidence.", _evidence, kind=list[Path]),
        Option("duties", "--duties", "Kewajiban yang terhalang / duties.", _split, list[str], is_needed=False),
        _TEXT,
    ),
    Kind.ME_REPORT: (
        Option("period_from", "--from", "Awal masa laporan / first day.", _day),
        Option("period_until", "--until", "Akhir masa laporan / last day.", _day),
        Option("sha256", "--report", "Berkas laporan / the report's file.", _digest, kind=Path),
        Option("summary", "--summary", "Ringkasan / summary."),
    ),
    Kind.DISPUTE_OPEN: (_CLAUSE, Option("subject", "--subject", "Perihal / subject."), _TEXT),
    Kind.DISPUTE_SETTLED: (
        Option("dispute", "--dispute", "Sidik perselisihannya / hash of the dispute.", _act_hash("--dispute")),
        Option("outcome", "--outcome", "Hasil musyawarah / the outcome."),
    ),
    Kind.THIRD_PARTY_CONSENT: (
        Option("dataset", "--dataset", "Data hasil / the results."),
        Option("audience", "--audience", "Kepada siapa, nama pendek / to whom, a short name."),
        Option("fields", "--fields", "Kolom, dipisah koma / fields.", _split, kind=list[str]),
        Option("valid_from", "--from", "Hari pertama / first day.", _day),
        Option("valid_until", "--until", "Hari terakhir / last day.", _day),
        _TEXT,
    ),
}

_NODE = Annotated[Role, typer.Option("--node", help="Simpul pembuatnya / the node that acts.")]
_BODY = Annotated[Path | None, typer.Option("--body", help="Seluruh isi sebagai JSON / the whole body as JSON.")]
_EFFECTIVE = Annotated[str | None, typer.Option("--effective-at", help="Mulai berlaku / when it takes effect.")]
_NUMBER = Annotated[str | None, typer.Option("--number", help="Nomor surat / number of the letter.")]
_DATED = Annotated[str | None, typer.Option("--dated", help="Tanggal surat / date of the letter.")]
_SCAN = Annotated[Path | None, typer.Option("--scan", help="Berkas surat, dicatat sidiknya / the letter's file.")]
_OUT = Annotated[Path | None, typer.Option("--out", help="Berkas tujuan / where to write it.")]


# --- making ------------------------------------------------------------------------------------------------------


def make(kind: Kind, given: Mapping[str, Any], *, node: Role, as_json: bool, **common: Any) -> None:
    """Make an act: one party's counts at once, one of both is written to a file for the other party to sign."""
    desk = Desk.of(node)
    body, new_key = _body(kind, given, desk, common["body"])
    chosen = common["effective_at"]
    members: dict[str, Any] = {
        "by": desk.party,
        "keys": desk.keys,
        "body": body,
        "effective_at": None if chosen is None else moment_of(chosen),
        "reference": _reference(common),
        "new_key": new_key,
    }
    if _is_of_both(kind, body):
        proposed = desk.chain.propose(kind, **members)
        result = _handed_out(desk, proposed, common["out"])
    else:
        entry, is_told = _counted(desk.chain, lambda: desk.chain.act(kind, **members))
        result = _standing(desk, entry, common["out"]) | {"logged": is_told}
    console.answer(result, as_json=as_json, show=lambda: _show_made(result))


def _counted(chain: Chain, do: Callable[[], Entry]) -> tuple[Entry, bool]:
    """The act, and whether the node's log could be told. It counts either way."""
    try:
        return do(), True
    except ActNotReported as problem:
        return chain.ledger().entries[str(problem.parts["hash"])], False


def _is_of_both(kind: Kind, body: Mapping[str, Any]) -> bool:
    if kind is Kind.KEY_CHANGE:
        return bool(body.get("reason") == KeyLoss.LOST.value)
    return law.LAW[kind].signers is law.Signers.BOTH


def _body(
    kind: Kind, given: Mapping[str, Any], desk: Desk, file: Path | None
) -> tuple[dict[str, Any], party_jwk.Key | None]:
    values = dict(given)
    key = None
    if kind is Kind.KEY_CHANGE and values.get("new_key") is not None:
        key = _private_key(values.pop("new_key"))
    if file is not None:
        return _json(file, what="--body"), key
    body: dict[str, Any] = {}
    for option in OPTIONS[kind]:
        value = values.get(option.member)
        if value is None or value == []:
            if option.is_needed and not (option.member == "new_key" and key is not None):
                raise OptionMissing(kind=kind.value, option=option.flag)
            continue
        *outer, name = option.member.split(".")
        place = body
        for one in outer:
            place = place.setdefault(one, {})
        read = option.read(value, desk)
        place[name] = read.value if hasattr(read, "value") else read
    return _completed(kind, body, desk, key), key


def _completed(kind: Kind, body: dict[str, Any], desk: Desk, key: party_jwk.Key | None) -> dict[str, Any]:
    """What an official need not type because the chain knows it."""
    if kind is Kind.REINSTATE and "opens" not in body:
        kept = desk.state.closures[desk.party]
        if not kept:
            raise NoClosureOfOurs(party=desk.party.value)
        body["opens"] = sorted(one.act for one in kept)
    if kind is Kind.INCIDENT_REPORT:
        body.setdefault("datasets", [])
    if kind is Kind.FORCE_MAJEURE_REPORT:
        body.setdefault("duties", [])
    if kind is Kind.KEY_CHANGE and key is not None:
        use = body.pop("use")
        present = [one.jwk.kid for one in desk.state.keys[desk.party] if one.use == use]
        body.setdefault("old", present[0] if present else "")
        body["key"] = {"use": use, "jwk": party_jwk.public_jwk(key)}
    return body


def _private_key(path: Path) -> party_jwk.Key:
    try:
        return party_jwk.private_key(json.loads(path.read_text("utf-8")))
    except ValueError as problem:
        raise ActFileUnreadable(what="--new-key", wanted="JWK") from problem


def _reference(common: Mapping[str, Any]) -> dict[str, str] | None:
    if common["number"] is None:
        return None
    found = {"number": common["number"]}
    if common["dated"] is not None:
        found["dated"] = date.fromisoformat(common["dated"]).isoformat()
    if common["scan"] is not None:
        found["sha256"] = canonical_json.sha256_file(common["scan"])
    return found


def _json(file: Path, *, what: str) -> dict[str, Any]:
    value = canonical_json.loads(file.read_bytes(), document=what)
    if not isinstance(value, dict):
        raise ActFileUnreadable(what=what, wanted="JSON")
    return value


def _command(kind: Kind) -> Callable[..., None]:
    """The command of a kind: its own options, then those that all kinds have."""
    names = {option.member: option.flag.removeprefix("--").replace("-", "_") + "_" for option in OPTIONS[kind]}
    hints: dict[str, Any] = {"node": _NODE}
    for option in OPTIONS[kind]:
        shape = option.kind | None
        hints[names[option.member]] = Annotated[shape, typer.Option(option.flag, help=option.help)]
    common = {"body": _BODY, "effective_at": _EFFECTIVE, "number": _NUMBER, "dated": _DATED, "scan": _SCAN, "out": _OUT}
    hints |= common | {"as_json": console.JsonOption}

    def run(**given: Any) -> None:
        make(
            kind,
            {member: given[name] for member, name in names.items()},
            node=given["node"],
            as_json=given["as_json"],
            **{name: given[name] for name in common},
        )

    defaults: dict[str, Any] = {"node": inspect.Parameter.empty, "as_json": False}
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name), annotation=hint)
        for name, hint in hints.items()
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = hints
    words = KIND_WORDS[kind]
    signers = "kedua PIHAK / both parties" if law.LAW[kind].signers is law.Signers.BOTH else "satu PIHAK / one party"
    if law.LAW[kind].signers is law.Signers.ONE_OR_BOTH:
        signers = "satu PIHAK; keduanya bila kunci hilang / one party; both where the key is lost"
    run.__doc__ = f"{words[0]} / {words[1]}. Pasal {law.LAW[kind].clause}; {signers}."
    return run


for _kind in Kind:
    act_app.command(_kind.value)(_command(_kind))


# --- signing and taking what the other party made ----------------------------------------------------------------

_FILE = Annotated[Path, typer.Argument(help="Berkas tindakan / the act's file.")]
_REVISION = Annotated[
    Path | None,
    typer.Option("--revision", help=f"Naskah adendum; bawaan: BERKAS{REVISION_SUFFIX} / an addendum's document."),
]


@act_app.command("show")
def show(file: _FILE, as_json: console.JsonOption = False) -> None:
    """Baca berkas tindakan tanpa menandatanganinya / read an act's file without signing it."""
    signed = acts.parse(file.read_bytes())
    result = _summary(signed) | {"body": json.loads(signed.payload)["body"]}
    console.answer(result, as_json=as_json, show=lambda: _show_act(result))


@act_app.command("countersign")
def countersign(
    file: _FILE, node: _NODE, revision: _REVISION = None, out: _OUT = None, as_json: console.JsonOption = False
) -> None:
    """Tanda tangani tindakan bersama, lalu kirim kembali / sign an act of both, then send it back."""
    desk = Desk.of(node)
    entry, is_told = _counted(
        desk.chain,
        lambda: desk.chain.countersign(
            file.read_bytes(), by=desk.party, keys=desk.keys, revision=_revision_bytes(file, revision)
        ),
    )
    result = _standing(desk, entry, out) | {"logged": is_told}
    console.answer(result, as_json=as_json, show=lambda: _show_made(result))


@act_app.command("take")
def take(
    files: Annotated[list[Path], typer.Argument(help="Berkas tindakan, atau folder acts/ / files, or a folder.")],
    node: _NODE,
    revision: _REVISION = None,
    as_json: console.JsonOption = False,
) -> None:
    """Terima tindakan yang sudah lengkap dari PIHAK lainnya / take complete acts from the other party."""
    desk = Desk.of(node)
    named = [one for file in files for one in (_acts_in(file) if file.is_dir() else [file])]
    for bundle in filter(None, (_revision_bytes(file, revision) for file in named)):
        desk.chain.revisions.take(bundle)
    taken, is_told = _taken(desk.chain, [file.read_bytes() for file in named])
    results = [_standing(desk, entry, None) | {"new": is_new, "logged": is_told} for entry, is_new in taken]

    def show_all() -> None:
        for one in results:
            _show_made(one)

    console.answer({"acts": results, "logged": is_told}, as_json=as_json, show=show_all)


def _acts_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if not path.name.endswith(REVISION_SUFFIX))


def _taken(chain: Chain, contents: Sequence[bytes]) -> tuple[list[tuple[Entry, bool]], bool]:
    """Every act, and whether it came just now; and whether the node's log was told of all of them."""
    before, is_told = set(chain.ledger().entries), True
    while True:
        try:
            chain.take_all(contents)
        except ActNotReported:
            is_told = False  # it is in the chain; go on with the others
            continue
        ledger = chain.ledger()
        names = [hashlib.sha256(content).hexdigest() for content in contents]
        return [(ledger.entries[name], name not in before) for name in names], is_told


@act_app.command("key-install")
def key_install(
    use: Annotated[KeyUse, typer.Option("--use", help="Kegunaan kunci / what the key is for.")],
    new_key: Annotated[Path, typer.Option("--new-key", help="JWK pribadi kunci baru / private JWK of the new key.")],
    node: _NODE,
    as_json: console.JsonOption = False,
) -> None:
    """Pasang kunci baru setelah key-change berlaku / put a new key in place once its key-change is in effect."""
    desk = Desk.of(node)
    key = _private_key(new_key)
    is_new = rotation.install(desk.keys, use, key, party=desk.party, state=desk.state)
    result = {"node": node.value, "use": use.value, "kid": key.thumbprint(), "installed": is_new}
    words = "terpasang / in place" if is_new else "sudah terpasang / was in place already"
    console.answer(
        result,
        as_json=as_json,
        show=lambda: console.out.print(f"Kunci {use} {words}: {result['kid']}", markup=False),
    )


def _revision_bytes(file: Path, revision: Path | None) -> bytes | None:
    beside = file.with_name(file.name + REVISION_SUFFIX)
    if revision is None and not beside.exists():
        return None
    return (revision or beside).read_bytes()


def _handed_out(desk: Desk, proposed: SignedAct, out: Path | None) -> dict[str, Any]:
    """Write a proposal to a file for the other party, with the document of an addendum beside it."""
    file = out or desk.home.folder / "proposals" / f"{proposed.kind}-{proposed.digest[:12]}.json"
    write_durably(file, proposed.content)
    result = _summary(proposed) | {"act": None, "counts": False, "file": str(file), "revision_file": None}
    if isinstance(proposed.body, Addendum):
        beside = file.with_name(file.name + REVISION_SUFFIX)
        write_durably(beside, desk.chain.revisions.bundle(proposed.body.rev))
        result["revision_file"] = str(beside)
    return result


def _standing(desk: Desk, entry: Entry, out: Path | None) -> dict[str, Any]:
    file = desk.chain.folder / f"{entry.hash}.json"
    if out is not None:
        write_durably(out, entry.signed.content)
        file = out
    return _summary(entry.signed) | {
        "act": entry.hash,
        "counts": True,
        "takes_effect": rfc3339(entry.takes_effect),
        "file": str(file),
    }


def _summary(signed: SignedAct) -> dict[str, Any]:
    act = signed.act
    return {
        "kind": act.kind.value,
        "clause": law.LAW[act.kind].clause,
        "by": act.by.value,
        "rev": act.rev,
        "made_at": rfc3339(act.made_at),
        "effective_at": None if act.effective_at is None else rfc3339(act.effective_at),
        "signatures": len(signed.signatures),
        "signatures_needed": len(law.demands(act)),
        "number": None if act.reference is None else act.reference.number,
    }


def _show_made(result: Mapping[str, Any]) -> None:
    say = console.out.print
    say(_title(Kind(result["kind"])), markup=False, style="bold")
    if result["counts"]:
        effect = _jakarta(result["takes_effect"])
        say(f"Tercatat dan berlaku sejak {effect} / stands, in effect from {effect}", markup=False, style="green")
        say(f"sidik / hash {result['act']}", markup=False, style="dim")
        say(f"Berkas untuk PIHAK lainnya / file for the other party: {result['file']}", markup=False)
        if result["kind"] == Kind.KEY_CHANGE:
            _show_key_install()
        if result.get("new") is False:
            say("Sudah ada sebelumnya. / It was here already.", markup=False)
        if not result["logged"]:
            console.err.print(
                "Tindakan berlaku, tetapi log simpul belum mencatatnya; perbaiki log, lalu jalankan `tenun agreement "
                "history`. / The act stands, but the node's log has no entry yet; repair the log, then run history.",
                markup=False,
                style="yellow",
            )
        return
    say(
        f"Menunggu tanda tangan PIHAK lainnya ({result['signatures']} dari {result['signatures_needed']}). / "
        f"Waiting for the other party ({result['signatures']} of {result['signatures_needed']}).",
        markup=False,
        style="yellow",
    )
    if result["kind"] == Kind.KEY_CHANGE:
        _show_key_install()
    say(f"Kirim berkas ini / send this file: {result['file']}", markup=False)
    if result["revision_file"]:
        say(f"beserta naskahnya / with its document: {result['revision_file']}", markup=False)
    say("PIHAK lainnya / the other party: tenun agreement act countersign BERKAS --node …", markup=False, style="dim")


def _show_key_install() -> None:
    console.out.print(
        "Sesudah berlaku, pemilik kunci memasangnya / once in effect, its owner puts it in place: "
        "tenun agreement act key-install",
        markup=False,
        style="dim",
    )


def _show_act(result: Mapping[str, Any]) -> None:
    say = console.out.print
    say(f"{_title(Kind(result['kind']))}, Pasal {result['clause']}", markup=False, style="bold")
    say(f"dibuat {result['by']} / made by {result['by']}: {_jakarta(result['made_at'])}", markup=False)
    if result["effective_at"]:
        say(f"berlaku / in effect: {_jakarta(result['effective_at'])}", markup=False)
    if result["number"]:
        say(f"surat / letter: {result['number']}", markup=False)
    say(f"tanda tangan / signatures: {result['signatures']} / {result['signatures_needed']}", markup=False)
    say(json.dumps(result["body"], ensure_ascii=False, indent=2), markup=False)


# --- history and state -------------------------------------------------------------------------------------------

_ANY_NODE = Annotated[Role | None, typer.Option("--node", help="Simpul; bawaan: yang ada / default: one that is here.")]


def history(node: _ANY_NODE = None, as_json: console.JsonOption = False) -> None:
    """Semua tindakan atas perjanjian, dari yang pertama / every act on the agreement, from the first."""
    home = NodeHome.of(node or _node_here())
    chain = node_chain.chain_of(home)
    told = _caught_up(chain)
    entries = chain.all()
    result = {
        "node": home.role.value,
        "heads": list(chain.heads()),
        "logged_now": told,
        "acts": [
            _summary(entry.signed) | {"act": entry.hash, "takes_effect": rfc3339(entry.takes_effect)}
            for entry in entries
        ],
    }
    console.answer(result, as_json=as_json, show=lambda: _show_history(result))


def _caught_up(chain: Chain) -> int | None:
    """Enter into the log what it was not told of; None where it cannot be told now either."""
    try:
        return chain.report()
    except TenunError as problem:
        console.err.print(f"{problem.message('id')} / {problem.message('en')}", markup=False, style="yellow")
        return None


def _show_history(result: Mapping[str, Any]) -> None:
    if not result["acts"]:
        console.out.print("Belum ada tindakan; dokumen yang ditandatangani berlaku. / No act yet.", markup=False)
    for one in result["acts"]:
        console.out.print(
            f"{_jakarta(one['made_at'])}  {one['by']:5}  {_title(Kind(one['kind']))}  Pasal {one['clause']}",
            markup=False,
        )
        number = f", surat / letter {one['number']}" if one["number"] else ""
        console.out.print(
            f"    berlaku / in effect {_jakarta(one['takes_effect'])}{number}  {one['act'][:12]}",
            markup=False,
            style="dim",
        )


def state(
    at: Annotated[str | None, typer.Option("--at", help="Tanggal atau waktu; bawaan: sekarang / default: now.")] = None,
    node: _ANY_NODE = None,
    as_json: console.JsonOption = False,
) -> None:
    """Keadaan perjanjian pada suatu waktu / where the agreement stands at a moment."""
    home = NodeHome.of(node or _node_here())
    moment = SystemClock().now() if at is None else moment_of(at)
    position = node_chain.standing_of(home).at(moment)
    result = {
        "node": home.role.value,
        "at": rfc3339(moment),
        "number": position.agreement.number,
        **position.state.as_dict(),
    }
    console.answer(result, as_json=as_json, show=lambda: _show_state(result, position.state))


def _show_state(result: Mapping[str, Any], found: State) -> None:
    say = console.out.print
    say(result["number"], markup=False, style="bold")
    verdict, style = ("berlaku / in force", "green") if found.is_in_force else ("TIDAK berlaku / NOT in force", "red")
    say(f"{_jakarta(result['at'])}: {verdict}", markup=False, style=style)
    say(f"{_jakarta(result['begins'])} — {_jakarta(result['ends'])}", markup=False)
    if found.ending is not None:
        say(f"diakhiri lebih awal / ended early, Pasal {found.ending.clause}", markup=False, style="yellow")
    say(f"revisi / revision {found.rev[:12]}", markup=False, style="dim")
    for party, kept in found.closures.items():
        for one in kept:
            where = one.name or "seluruh akses / all access"
            say(f"DITUTUP {party} / shut off by {party}: {where}, {one.event}", markup=False, style="bold red")
            say(f"    sejak / since {_jakarta(rfc3339(one.since))}: {one.reason}  {one.act[:12]}", markup=False)
    for party, contact in found.contacts.items():
        say(f"{party}: {contact.liaison}, {contact.address}, {contact.email}", markup=False)
        if contact.is_late and contact.due is not None:
            say(f"    diberitahukan lewat {contact.due.last_day} / notified late", markup=False, style="yellow")
        if contact.due is not None and not contact.due.is_certain:
            years = ", ".join(map(str, contact.due.uncertain_years))
            say(f"    hari libur {years} belum pasti / holidays of {years} not yet certain", markup=False, style="dim")
    for dispute in found.open_disputes:
        say(f"perselisihan / dispute: {dispute.subject} (Pasal {dispute.clause})  {dispute.act[:12]}", markup=False)
    for consent in found.consents:
        days = f"{consent.valid_from} — {consent.valid_until}"
        say(f"persetujuan / consent {consent.number}: {consent.dataset} → {consent.audience}, {days}", markup=False)
    if found.void:
        say(f"tindakan gugur karena kunci hilang / void acts: {len(found.void)}", markup=False, style="yellow")


def _node_here() -> Role:
    here = [role for role in Role if NodeHome.of(role).agreement.exists()]
    return here[0] if here else Role.DESA


# --- words -------------------------------------------------------------------------------------------------------


def _title(kind: Kind) -> str:
    words = KIND_WORDS[kind]
    return f"{words[0]} / {words[1]}"


def _jakarta(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(JAKARTA).strftime("%Y-%m-%d %H:%M:%S WIB")


def moment_of(text: str) -> datetime:
    """A date means its first second in Jakarta; a moment without a zone means Jakarta's clock."""
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), time(), JAKARTA).astimezone(UTC)
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise typer.BadParameter(
            "tulis tanggal seperti 2026-03-01 atau 2026-03-01T09:00:00+07:00 / write a date like 2026-03-01"
        ) from problem
    return (moment if moment.tzinfo else moment.replace(tzinfo=JAKARTA)).astimezone(UTC)
