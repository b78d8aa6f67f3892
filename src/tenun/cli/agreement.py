"""`tenun agreement …`: verify, explain, show, sign, and the scenarios of the agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tenun.agreement import contracts, document, party_keys, scenarios, signing
from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Permit, Use, allowed_fields, decide
from tenun.agreement.vocabulary import KeyUse, Operation, Party
from tenun.cli import acts, console
from tenun.kernel.clock import JAKARTA, SystemClock
from tenun.kernel.errors import TenunError
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


# --- verify ------------------------------------------------------------------------------------------------------


@app.command("verify")
def verify(folder: FolderArgument = None, as_json: console.JsonOption = False) -> None:
    """Show whether the agreement is whole and signed by both parties. Exit status 1 when it is not."""
    found = [_verified(place, path, own_keys) for place, path, own_keys in _copies(folder)]
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


def _copies(folder: Path | None) -> list[tuple[str, Path, Path | None]]:
    """What to verify, and by whose keys: the folder that was named, else the nodes' copies, else the draft."""
    if folder is not None:
        return [("folder", folder, None)]
    nodes = [NodeHome.of(role) for role in Role]
    in_force: list[tuple[str, Path, Path | None]] = [
        (str(node.role), node.agreement, node.folder / "keys")
        for node in nodes
        if node.agreement.exists() or node.has_handed_over
    ]
    return in_force or [("draft", DRAFT, None)]


def _verified(place: str, folder: Path, own_keys: Path | None) -> dict[str, Any]:
    found: dict[str, Any] = {"where": place, "id": None, "number": None, "rev": None, "signed_by": [], "error": None}
    try:
        agreement = document.load(folder)
        found |= {"id": agreement.id, "number": agreement.number, "rev": agreement.rev}
        found["signed_by"] = sorted(signing.signed_by(folder))
        signing.verify(folder, own_keys=own_keys)
    except TenunError as problem:
        found["error"] = problem.as_dict()
    return found


def _show_verified(found: Sequence[Mapping[str, Any]]) -> None:
    for one in found:
        console.out.print(f"{one['where']}: {one['number'] or '-'}", markup=False, style="bold")
        if one["rev"]:
            console.out.print(f"  revisi / revision {one['rev']}", markup=False)
        signed = ", ".join(one["signed_by"]) or "belum ada / nobody yet"
        console.out.print(f"  ditandatangani / signed by: {signed}", markup=False)
        if one["error"] is None:
            console.out.print("  sah / valid", style="green")
            continue
        console.out.print("  TIDAK sah / NOT valid", style="bold red")
        for language in ("id", "en"):
            console.out.print(f"  {one['error']['message'][language]} {one['error']['remedy'][language]}", markup=False)
        console.out.print(f"  [{one['error']['code']}]", markup=False, style="dim")


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
        typer.Option("--date", help="Tanggal atau waktu; bawaan: sekarang / date or moment; default: now."),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="PIHAK yang menerima atau memakai / the party that receives or uses it.")
    ] = None,
    operation: Annotated[
        Operation, typer.Option("--operation", help="file = diserahkan, use = dipakai, publish = diberikan ke luar.")
    ] = Operation.FILE,
    folder: FolderOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Permit or Denial, with the Pasal and what would make it allowed. Exit status 1 on a denial."""
    agreement, is_in_force = _agreement(folder)
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
            moment=_moment(on),
        ),
    )
    result = decision.as_dict()
    result["agreement"] = {**result["agreement"], "number": agreement.number, "in_force": is_in_force}
    result["clause_texts"] = {number: agreement.clauses[number].text for number in decision.clauses}
    console.answer(
        result,
        as_json=as_json,
        show=lambda: _show_decision(agreement, decision, is_in_force=is_in_force),
        is_refused=not decision,
    )


def _agreement(folder: Path | None) -> tuple[Agreement, bool]:
    """The agreement to ask, and whether it is in force. A node's copy that does not verify is never asked."""
    if folder is None:
        for home in (NodeHome.of(Role.NAKER), NodeHome.of(Role.DESA)):
            if home.agreement.exists():
                return signing.verify(home.agreement, own_keys=home.folder / "keys"), True
    asked = folder or DRAFT
    if (asked / signing.SIGNATURES).exists():
        return signing.verify(asked), True
    return document.load(asked), False


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


def _show_decision(agreement: Agreement, decision: Permit | Denial, *, is_in_force: bool) -> None:
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
        assumed = next(one for one in agreement.permissions if one.uid == decision.rule)
        if assumed.note:
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
    if not is_in_force:
        say("Draf belum ditandatangani: tidak ada yang berlaku. / Unsigned draft: nothing is in force.", style="yellow")


# --- show --------------------------------------------------------------------------------------------------------


@app.command("show")
def show(folder: FolderOption = None, as_json: console.JsonOption = False) -> None:
    """The agreement at a glance: parties, term, datasets, purposes, rules, and what was assumed."""
    agreement, is_in_force = _agreement(folder)
    result = {
        "id": agreement.id,
        "number": agreement.number,
        "rev": agreement.rev,
        "in_force": is_in_force,
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
    console.answer(result, as_json=as_json, show=lambda: _show_agreement(agreement, result))


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


def _show_agreement(agreement: Agreement, result: Mapping[str, Any]) -> None:
    say = console.out.print
    say(agreement.number, markup=False, style="bold")
    say(agreement.document.title.id, markup=False)
    say(f"revisi / revision {agreement.rev}", markup=False, style="dim")
    say("berlaku / in force" if result["in_force"] else "draf, belum ditandatangani / draft, unsigned", style="yellow")
    term = agreement.term
    say(f"Pasal {term.clause}: {term.start.isoformat()} — {term.end.isoformat()}\n", markup=False)
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
    party's call also takes the agreement into force at its own node.
    """
    home, party = NodeHome.of(role), Party(role.value)
    keys = home.folder / "keys"
    desk = folder or home_folder() / "agreement"
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
