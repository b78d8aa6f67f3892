"""`tenun agreement …`: verify, explain, show, sign, and the scenarios of the agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tenun.agreement import contracts, document, party_keys, scenarios, signing
from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Permit, Use, allowed_fields, decide
from tenun.agreement.standing import State
from tenun.agreement.vocabulary import KeyUse, Operation, Party
from tenun.cli import acts, console
from tenun.kernel.clock import JAKARTA, SystemClock, rfc3339
from tenun.kernel.errors import TenunError
from tenun.node import chain
from tenun.node.home import SOURCE_ROOT, NodeHome, Role, home_folder

app = typer.Typer(
    no_args_is_help=True,
    help="Perjanjian: periksa, jelaskan, tanda tangani / the agreement: verify, explain, sign.",
)

app.add_typer(acts.act_app, name="act")
app.command("history")(acts.history)
app.command("state")(acts.state)

DRAFT = SOURCE_ROOT / "agreements" / "sid-siapkerja"

FolderArgument = Annotated[
    Path | None,
    typer.Argument(help="Folder perjanjian; bawaan: salinan kedua simpul, atau draf / default: nodes, else draft."),
]
FolderOption = Annotated[Path | None, typer.Option("--folder", help="Folder perjanjian / the agreement's folder.")]


class WaitingForKeys(TenunError):
    """A party's keys were filled in; nobody can sign before the other party's are there too."""

    code = "agreement.waiting_for_keys"
    text_id = "Kunci {party} sudah diisikan, tetapi kunci {other} belum ada."
    text_en = "The keys of {party} are filled in, but those of {other} are not there yet."
    remedy_id = "PIHAK lainnya menjalankan `tenun agreement sign --role {other}` pada folder yang sama; lalu ulangi."
    remedy_en = "The other party runs `tenun agreement sign --role {other}` on the same folder; then run this again."


class CopiesDiffer(TenunError):
    """The two nodes hold different revisions."""

    code = "agreement.copies_differ"
    text_id = "Kedua simpul memegang revisi perjanjian yang berbeda."
    text_en = "The two nodes hold different revisions of the agreement."
    remedy_id = "Samakan dengan revisi terakhir yang ditandatangani kedua PIHAK (Pasal 14)."
    remedy_en = "Bring both to the last revision that both parties signed (Pasal 14)."


class ActsExist(TenunError):
    """Another document would take the place of one on which acts rest: they would all be of another revision."""

    code = "agreement.acts_exist"
    text_id = "Di simpul {role} sudah ada {count} tindakan atas revisi {rev}; dokumen lain tidak dapat menggantikannya."
    text_en = "At node {role} there are {count} acts on revision {rev} already; no other document can take its place."
    remedy_id = "Ubah perjanjian dengan addendum (Pasal 14): `tenun agreement act addendum --document FOLDER`."
    remedy_en = "Change the agreement by an addendum (Pasal 14): `tenun agreement act addendum --document FOLDER`."


@dataclass(frozen=True)
class Asked:
    """What a command asks: the agreement as it stands at a moment, and what its acts make of it."""

    agreement: Agreement
    state: State | None
    """None where it is a folder and no node's copy: a document has no acts."""
    is_signed: bool

    @property
    def is_in_force(self) -> bool:
        """By both signatures, and by term and acts where they are known."""
        return self.is_signed and (self.state is None or self.state.is_in_force)


AtOption = Annotated[
    str | None,
    typer.Option("--at", help="Tanggal atau waktu; bawaan: sekarang / date or moment; default: now."),
]


# --- verify ------------------------------------------------------------------------------------------------------


@app.command("verify")
def verify(folder: FolderArgument = None, at: AtOption = None, as_json: console.JsonOption = False) -> None:
    """Show whether the agreement is whole and signed by both parties, and its state by its acts. Exit 1 when not."""
    moment = _moment(at)
    found = [_verified(place, path, home, moment) for place, path, home in _copies(folder)]
    # Only valid copies are compared: of an altered one, its own fault is what counts.
    if not any(one["error"] for one in found) and len({one["rev"] for one in found}) > 1:
        for one in found:
            one["error"] = CopiesDiffer().as_dict()
    is_valid = all(one["error"] is None for one in found)
    console.answer(
        {"valid": is_valid, "agreements": found},
        as_json=as_json,
        show=lambda: _show_verified(found),
        is_refused=not is_valid,
    )


def _copies(folder: Path | None) -> list[tuple[str, Path, NodeHome | None]]:
    """What to verify, and at which node: the folder that was named, else the nodes' copies, else the draft."""
    if folder is not None:
        return [("folder", folder, None)]
    nodes = [NodeHome.of(role) for role in Role]
    in_force: list[tuple[str, Path, NodeHome | None]] = [
        (str(node.role), node.agreement, node) for node in nodes if node.agreement.exists() or node.has_handed_over
    ]
    return in_force or [("draft", DRAFT, None)]


def _verified(place: str, folder: Path, home: NodeHome | None, moment: datetime) -> dict[str, Any]:
    found: dict[str, Any] = {"where": place, "id": None, "number": None, "rev": None, "signed_by": [], "error": None}
    try:
        agreement = document.load(folder)
        found |= {"id": agreement.id, "number": agreement.number, "rev": agreement.rev}
        found["signed_by"] = sorted(signing.signed_by(folder))
        if home is None:
            signing.verify(folder)
        else:
            found["state"] = _standing(home, moment)
    except TenunError as problem:
        found["error"] = problem.as_dict()
    return found


def _standing(home: NodeHome, moment: datetime) -> dict[str, Any]:
    """A node's state by its acts, in short. Every act is checked for it. Raises what is wrong with one."""
    standing = chain.standing_of(home)
    state = standing.at(moment).state
    return {
        "at": rfc3339(moment),
        "in_force": state.is_in_force,
        "begins": rfc3339(state.begins),
        "ends": rfc3339(state.ends),
        "rev": state.rev,
        "acts": len(standing.ledger().entries),
        "heads": list(state.heads),
        "shut_off": [one for kept in state.as_dict()["closures"].values() for one in kept],
    }


def _show_verified(found: Sequence[Mapping[str, Any]]) -> None:
    for one in found:
        console.out.print(f"{one['where']}: {one['number'] or '-'}", markup=False, style="bold")
        if one["rev"]:
            console.out.print(f"  revisi / revision {one['rev']}", markup=False)
        signed = ", ".join(one["signed_by"]) or "belum ada / nobody yet"
        console.out.print(f"  ditandatangani / signed by: {signed}", markup=False)
        if one["error"] is None:
            console.out.print("  sah / valid", style="green")
            if "state" in one:
                _show_standing(one["state"])
            continue
        console.out.print("  TIDAK sah / NOT valid", style="bold red")
        for language in ("id", "en"):
            console.out.print(f"  {one['error']['message'][language]} {one['error']['remedy'][language]}", markup=False)
        console.out.print(f"  [{one['error']['code']}]", markup=False, style="dim")


def _show_standing(state: Mapping[str, Any]) -> None:
    say = console.out.print
    word = "berlaku / in force" if state["in_force"] else "TIDAK berlaku / NOT in force"
    say(f"  {state['at']}: {word}, {state['begins']} — {state['ends']}", markup=False)
    say(f"  {state['acts']} tindakan / acts; revisi / revision {state['rev'][:12]}", markup=False)
    for one in state["shut_off"]:
        where = one["name"] or "seluruh akses / all access"
        say(f"  DITUTUP / SHUT OFF (Pasal 7(4)): {where}, {one['party']}", markup=False, style="bold red")


# --- explain -----------------------------------------------------------------------------------------------------


@app.command("explain")
def explain(
    dataset: Annotated[str, typer.Option("--dataset", help="Data, misalnya sid-warga / the dataset.")],
    purpose: Annotated[str, typer.Option("--purpose", help="Tujuan, misalnya pemadanan / the purpose.")],
    fields: Annotated[
        str | None,
        typer.Option("--fields", help="Kolom, dipisah koma; bawaan: semua yang boleh / default: all that are granted."),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--date", "--at", help="Tanggal atau waktu; bawaan: sekarang / date or moment; default: now."),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="PIHAK yang menerima atau memakai / the party that receives or uses it.")
    ] = None,
    operation: Annotated[
        Operation, typer.Option("--operation", help="file = diserahkan, use = dipakai, publish = diberikan ke luar.")
    ] = Operation.FILE,
    audience: Annotated[
        str | None,
        typer.Option("--audience", help="Pihak lain yang diberi, bila ada / the third party that is given it, if any."),
    ] = None,
    folder: FolderOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Permit or Denial at a moment, by document and acts, with the Pasal and what would make it allowed.

    Exit status 1 on a denial.
    """
    moment = _moment(on)
    asked = _asked(folder, moment)
    agreement = asked.agreement
    agreed = agreement.datasets.get(dataset)
    party = by or (agreed.consumer.value if agreed else Party.NAKER.value)
    named = (
        allowed_fields(agreement, dataset=dataset, purpose=purpose, operation=operation, by=party)
        if fields is None
        else frozenset(name.strip() for name in fields.split(",") if name.strip())
    )
    decision = decide(
        agreement,
        Use(
            dataset=dataset,
            purpose=purpose,
            operation=operation,
            fields=named,
            by=party,
            moment=moment,
            audience=audience,
        ),
        state=asked.state,
    )
    result = decision.as_dict()
    result["agreement"] = {**result["agreement"], "number": agreement.number, "in_force": asked.is_in_force}
    result["clause_texts"] = {number: agreement.clauses[number].text for number in decision.clauses}
    console.answer(
        result,
        as_json=as_json,
        show=lambda: _show_decision(agreement, decision, is_signed=asked.is_signed),
        is_refused=not decision,
    )


def _asked(folder: Path | None, moment: datetime) -> Asked:
    """The agreement to ask, as it stands at a moment. A node's copy that does not verify is never asked."""
    if folder is None:
        for home in (NodeHome.of(Role.NAKER), NodeHome.of(Role.DESA)):
            if home.agreement.exists():
                position = chain.standing_of(home).at(moment)
                return Asked(position.agreement, position.state, is_signed=True)
    asked = folder or DRAFT
    if (asked / signing.SIGNATURES).exists():
        return Asked(signing.verify(asked), None, is_signed=True)
    return Asked(document.load(asked), None, is_signed=False)


def _moment(text: str | None) -> datetime:
    """A date means its first second in Jakarta; a moment without a zone means Jakarta's clock."""
    if text is None:
        return SystemClock().now()
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), time(), JAKARTA)
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise typer.BadParameter(
            "tulis tanggal seperti 2026-03-01 atau 2026-03-01T09:00:00+07:00 / write a date like 2026-03-01",
            param_hint="--date",
        ) from problem
    return (moment if moment.tzinfo else moment.replace(tzinfo=JAKARTA)).astimezone(UTC)


def _show_decision(agreement: Agreement, decision: Permit | Denial, *, is_signed: bool) -> None:
    say = console.out.print
    if isinstance(decision, Permit):
        say("DIIZINKAN / PERMITTED", style="bold green")
        say(f"Aturan / rule: {decision.rule}", markup=False)
        say(f"Baris / rows: {decision.row_scope.text.id} / {decision.row_scope.text.en}", markup=False)
        say(f"Kolom / fields: {', '.join(sorted(decision.fields))}", markup=False)
        if decision.data_life:
            say(f"Masa pakai / data life: {decision.data_life}", markup=False)
        for duty in decision.duties:
            terms = agreement.duties[duty]
            say(f"Kewajiban / duty ({terms.clause}): {terms.text.id} / {terms.text.en}", markup=False)
        # A consent of both parties (Pasal 7(2)) is an act, and no permission of the document.
        assumed = next((one for one in agreement.permissions if one.uid == decision.rule), None)
        if assumed is not None and assumed.note:
            say(f"Asumsi / assumption: {assumed.note.id}\n  {assumed.note.en}", markup=False, style="dim")
    else:
        say("DITOLAK / REFUSED", style="bold red")
        for reason in decision.reasons:
            say(f"- Pasal {reason.clause}: {reason.text_id}", markup=False)
            say(f"  {reason.text_en}", markup=False, style="dim")
            say(f"  Agar diizinkan: {reason.remedy_id}", markup=False)
            say(f"  To make it allowed: {reason.remedy_en}", markup=False, style="dim")
    for number in decision.clauses:
        say(f"\nPasal {number} ({agreement.clauses[number].title})", markup=False, style="bold")
        say(f"  {agreement.clauses[number].text}", markup=False)
    say(f"\n{agreement.number}, revisi / revision {agreement.rev[:12]}", markup=False, style="dim")
    if not is_signed:
        say("Draf belum ditandatangani: tidak ada yang berlaku. / Unsigned draft: nothing is in force.", style="yellow")


# --- show --------------------------------------------------------------------------------------------------------


@app.command("show")
def show(folder: FolderOption = None, at: AtOption = None, as_json: console.JsonOption = False) -> None:
    """The agreement at a glance, as it stands at a moment: parties, term, shut-offs, datasets, rules, assumptions."""
    moment = _moment(at)
    asked = _asked(folder, moment)
    agreement = asked.agreement
    result = {
        "id": agreement.id,
        "number": agreement.number,
        "rev": agreement.rev,
        "in_force": asked.is_in_force,
        "at": rfc3339(moment),
        "state": asked.state.as_dict() if asked.state else None,
        "document": agreement.document.model_dump(mode="json", by_alias=True, exclude_none=True),
        "assumptions": assumptions(agreement.document.model_dump(mode="json", by_alias=True)),
        "granted": [
            {
                "dataset": permission.target,
                "operation": operation.value,
                "by": party.value,
                "clause": permission.clause,
                "rule": permission.uid,
            }
            for permission in agreement.permissions
            for operation in permission.action
            for party in permission.assignee
        ],
    }
    console.answer(result, as_json=as_json, show=lambda: _show_agreement(asked, result))


def assumptions(value: Any, pointer: str = "") -> list[dict[str, Any]]:
    """Everything in a document that the signed text leaves open, by JSON pointer."""
    found: list[dict[str, Any]] = []
    if isinstance(value, dict):
        if value.get("assumption"):
            found.append({"pointer": pointer or "/", "note": value["note"]})
        for name, inner in value.items():
            found += assumptions(inner, f"{pointer}/{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            found += assumptions(inner, f"{pointer}/{number}")
    return found


def _show_agreement(asked: Asked, result: Mapping[str, Any]) -> None:
    say, agreement = console.out.print, asked.agreement
    say(agreement.number, markup=False, style="bold")
    say(agreement.document.title.id, markup=False)
    say(f"revisi / revision {agreement.rev}", markup=False, style="dim")
    if not asked.is_signed:
        say("draf, belum ditandatangani / draft, unsigned", style="yellow")
    else:
        say("berlaku / in force" if asked.is_in_force else "TIDAK berlaku / NOT in force", style="yellow")
    begins, ends = agreement.term.start, agreement.term.end
    if asked.state is not None:
        begins, ends = asked.state.begins, asked.state.ends
        for closure in (one for kept in asked.state.closures.values() for one in kept):
            where = closure.name or "seluruh akses / all access"
            say(f"DITUTUP / SHUT OFF (Pasal 7(4)): {where}, {closure.party}", markup=False, style="bold red")
    local = (moment.astimezone(JAKARTA).isoformat() for moment in (begins, ends))
    say(f"Pasal {agreement.term.clause}: {' — '.join(local)}\n", markup=False)
    for party in agreement.document.parties:
        say(f"{party.ordinal} ({party.role}): {party.office.id}, {party.contact.email}", markup=False)
    datasets = Table("data", "pemberi → penerima", "kolom", "Pasal", title="\nData / datasets", title_justify="left")
    for dataset in agreement.datasets.values():
        direction = f"{dataset.provider} → {dataset.consumer}"
        datasets.add_row(dataset.id, direction, str(len(dataset.fields)), dataset.clause)
    say(datasets)
    rules = Table("data", "tujuan", "cara", "oleh", "Pasal", title="Izin / permissions", title_justify="left")
    for permission in agreement.permissions:
        purposes = ", ".join(value for one in permission.constraint if one.left == "purpose" for value in one.values)
        rules.add_row(
            permission.target, purposes, ", ".join(permission.action), ", ".join(permission.assignee), permission.clause
        )
    say(rules)
    for prohibition in agreement.prohibitions:
        say(f"Larangan / prohibition ({prohibition.clause}): {prohibition.text.id}", markup=False)
    for duty in agreement.duties.values():
        say(f"Kewajiban / duty ({duty.clause}): {duty.text.id}", markup=False)
    count = len(result["assumptions"])
    say(
        f"\n{count} hal tidak diatur naskah dan diambil sebagai asumsi; lihat --json. / "
        f"{count} things are left open by the text and taken as assumptions; see --json.",
        markup=False,
    )


# --- sign --------------------------------------------------------------------------------------------------------


@app.command("sign")
def sign(
    role: Annotated[Role, typer.Option("--role", help="PIHAK yang menandatangani / the party that signs.")],
    folder: FolderOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Sign for a party with its node's key.

    The first call of each party fills in its public keys, the next one signs. Once both have signed, each
    party's call also takes the agreement into force at its own node. Where acts rest on the one in force there, it
    is changed by an addendum and not by signing another document.
    """
    home, party = NodeHome.of(role), Party(role.value)
    keys = home.folder / "keys"
    desk = folder or home_folder() / "agreement"
    _require_no_acts_on_another(home, desk)
    if not desk.exists():
        signing.copy_draft(DRAFT, desk)
    own = party_keys.create(keys)
    if not document.load(desk).parties[party].keys_for(KeyUse.AGREEMENT):
        signing.fill_in_keys(desk, {party: own})
    agreement = document.load(desk)
    if not agreement.parties[party.other].keys_for(KeyUse.AGREEMENT):
        raise WaitingForKeys(party=party.value, other=party.other.value)
    signing.sign(desk, by=party, keys=keys)
    signed = signing.signed_by(desk)
    is_in_force = signed == set(Party)
    if is_in_force:
        signing.take_into_force(desk, home.agreement, own_keys=keys)
    result = {"role": role.value, "rev": agreement.rev, "signed_by": sorted(signed), "in_force": is_in_force}
    console.answer(result, as_json=as_json, show=lambda: _show_signed(result))


def _require_no_acts_on_another(home: NodeHome, desk: Path) -> None:
    """Raises `ActsExist`: before anything is filled in or signed, because then it is too late to say so."""
    if not home.agreement.exists():
        return
    in_force = document.load(home.agreement).rev
    count = len(chain.standing_of(home).ledger().entries)
    is_same = desk.exists() and document.load(desk).rev == in_force
    if count and not is_same:
        raise ActsExist(role=home.role.value, count=count, rev=in_force[:12])


def _show_signed(result: Mapping[str, Any]) -> None:
    say = console.out.print
    say(f"revisi / revision {result['rev']}", markup=False)
    say(f"ditandatangani / signed by: {', '.join(result['signed_by'])}", markup=False)
    if result["in_force"]:
        say(f"berlaku di simpul {result['role']} / in force at node {result['role']}", markup=False, style="green")
    else:
        say("menunggu PIHAK lainnya / waiting for the other party", style="yellow")


# --- scenarios and contracts -------------------------------------------------------------------------------------


@app.command("scenarios")
def run_scenarios(folder: FolderArgument = None, as_json: console.JsonOption = False) -> None:
    """Run the officials' scenarios against the agreement. Exit status 1 when one does not come out as written."""
    asked = folder or DRAFT
    outcomes = scenarios.run(document.load(asked), asked)
    failed = [one for one in outcomes if not one.passed]
    result = {
        "scenarios": len(outcomes),
        "passed": len(outcomes) - len(failed),
        "failed": len(failed),
        "outcomes": [one.as_dict() for one in outcomes],
    }
    console.answer(
        result, as_json=as_json, show=lambda: _show_outcomes(outcomes), is_refused=bool(failed) or not outcomes
    )


def _show_outcomes(outcomes: Sequence[scenarios.Outcome]) -> None:
    for one in outcomes:
        mark, style = ("lulus / pass", "green") if one.passed else ("GAGAL / FAIL", "bold red")
        verdict = "izin / permit" if one.decision else "tolak / deny"
        clauses = ", ".join(one.decision.clauses)
        console.out.print(f"{mark:14} {one.scenario.name} ({verdict}: {clauses})", markup=False, style=style)
        if not one.passed:
            console.out.print(f"{'':14} {one.as_dict()}", markup=False)
    passed = sum(one.passed for one in outcomes)
    console.out.print(f"{passed}/{len(outcomes)} skenario / scenarios", style="bold")


@app.command("refresh")
def refresh(folder: FolderArgument = None, as_json: console.JsonOption = False) -> None:
    """Write a draft's data contracts anew from the tables, and put their digests into the draft."""
    asked = folder or DRAFT
    if (asked / signing.SIGNATURES).exists():
        raise contracts.AlreadySigned()
    changed = contracts.refresh(asked)
    result = {"changed": changed, "rev": document.load(asked).rev}
    console.answer(
        result,
        as_json=as_json,
        show=lambda: console.out.print(", ".join(changed) or "tidak ada yang berubah / nothing changed", markup=False),
    )
