"""`tenun link train`, `link drift` and `link model …`: the model, its signature, and whether it still fits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tenun.agreement.vocabulary import Party
from tenun.cli import console, link_asking
from tenun.cli.link_asking import MemoryOption, ModelOption, SettingsOption
from tenun.exchange import signature
from tenun.exchange.refusals import SignatureInvalid
from tenun.exchange.station import pinned_message_keys
from tenun.linkage import drift, training
from tenun.linkage import model as models
from tenun.linkage.drift import Drift
from tenun.linkage.model import Model, Signature
from tenun.node.chain import agreement_now
from tenun.node.home import NodeHome, Role

app = typer.Typer(help="Model pemadanan: isi, tanda tangan, perbandingan / the linkage model.", no_args_is_help=True)

TYPE = "tenun-link-model+jws"
"""The `typ` of the signature: it cannot be shown as one on another kind of document."""

FileArgument = Annotated[
    Path | None, typer.Argument(exists=True, dir_okay=False, help="Berkas model; tanpa ini model bawaan / model file.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Benih penarikan contoh / seed of the sampling.")]


def train_command(
    output: Annotated[Path, typer.Option("--output", help="Berkas model yang dibuat / model file to write.")],
    seed: SeedOption = 1,
    settings_file: SettingsOption = None,
    model: ModelOption = None,
    memory: MemoryOption = "4GB",
    is_signed: Annotated[
        bool, typer.Option("--sign/--no-sign", help="Tanda tangani dengan kunci simpul / sign with the node's key.")
    ] = True,
    as_json: console.JsonOption = False,
) -> None:
    """Latih model dari data yang ada, tanpa label / refit the model from the present data, without labels."""
    home = NodeHome.of(Role.NAKER)
    permitted = link_asking.ask(home)
    with link_asking.bar(as_json) as progress:
        if progress is not None:
            progress("train", 0, 1)
        trained = training.train_from_lake(
            home.lake,
            residents_permit=permitted.residents,
            seekers_permit=permitted.seekers,
            settings=link_asking.chosen(settings_file, model=model, memory=memory),
            seed=seed,
        )
    if is_signed:
        trained = models.sign(trained, signer(home))
    models.save(trained, output)
    console.answer(
        {**_about(trained), "file": str(output)}, as_json=as_json, show=lambda: _show_about(trained, str(output))
    )


def drift_command(
    seed: SeedOption = 1,
    settings_file: SettingsOption = None,
    model: ModelOption = None,
    memory: MemoryOption = "4GB",
    as_json: console.JsonOption = False,
) -> None:
    """Apakah model masih cocok dengan data yang ada? / does the model still fit the present data?

    Melatih ulang tanpa label lalu membandingkan m, u, bobot, dan indeks kestabilan. Tidak menyimpan apa pun.
    """
    home = NodeHome.of(Role.NAKER)
    permitted = link_asking.ask(home)
    chosen = link_asking.chosen(settings_file, model=model, memory=memory)
    with link_asking.bar(as_json) as progress:
        if progress is not None:
            progress("train", 0, 1)
        with training.prepared(
            home.lake,
            residents_permit=permitted.residents,
            seekers_permit=permitted.seekers,
            settings=chosen,
        ) as present:
            found = drift.of_present(models.load(chosen.model), present, seed=seed)
    console.answer(found.as_dict(), as_json=as_json, show=lambda: _show_drift(found))


@app.command("show")
def show_command(file: FileArgument = None, as_json: console.JsonOption = False) -> None:
    """Isi model: asal, m, u, dan bobot tiap tingkat / what a model says, level by level."""
    model = models.load(file)
    console.answer(
        {**_about(model), "levels": _levels(model)}, as_json=as_json, show=lambda: _show_model(model, _name(file))
    )


@app.command("verify")
def verify_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Berkas model / model file.")],
    as_json: console.JsonOption = False,
) -> None:
    """Periksa tanda tangan model terhadap kunci dalam perjanjian / check a model's signature against the agreement."""
    model = models.load(file)
    found = verify(NodeHome.of(Role.NAKER), model, file=file.name)
    console.answer(
        {"model": model.id, "is_valid": True, "signature": found.as_dict()},
        as_json=as_json,
        show=lambda: console.out.print(f"{model.id}: {found.party} {found.key}", markup=False),
    )


@app.command("compare")
def compare_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Berkas model / model file.")],
    other: FileArgument = None,
    as_json: console.JsonOption = False,
) -> None:
    """Bandingkan dua model; tanpa yang kedua, dengan model bawaan / compare with another model, or the shipped one."""
    before, now = (models.load(other), models.load(file)) if other is None else (models.load(file), models.load(other))
    found = drift.compare(before, now)
    console.answer(found.as_dict(), as_json=as_json, show=lambda: _show_drift(found))


# --- the signature -----------------------------------------------------------------------------------


def signer(home: NodeHome) -> models.Sign:
    """Signs with the node's message key, the one that the agreement names. Raises `KeyUnavailable`, `KeyNotPinned`."""
    key = home.station.message_key(agreement_now(home))

    def sign(content: bytes) -> Signature:
        return Signature(str(home.role), key.thumbprint(), signature.sign_detached(content, key, typ=TYPE))

    return sign


def verify(home: NodeHome, model: Model, *, file: str) -> Signature:
    """Raises `ModelNotSigned`; `SignatureInvalid` where it is not by a key that the agreement names."""
    agreement = agreement_now(home)

    def check(content: bytes, said: Signature) -> None:
        known = Party(said.party) if said.party in set(Party) else None
        keys = pinned_message_keys(agreement, known) if known is not None else {}
        if signature.verify_detached(said.token, content, keys=keys, typ=TYPE) != said.key:
            raise SignatureInvalid(document=TYPE)

    return models.verify(model, check, file=file)


def require_signed(home: NodeHome, file: Path | None) -> None:
    """For a run whose links count: the shipped model, which is part of the program, or one that a party signed.

    Raises `ModelUnfit`, `ModelNotSigned`, `SignatureInvalid`.
    """
    if file is not None:
        verify(home, models.load(file), file=file.name)


# --- words -------------------------------------------------------------------------------------------


def _name(file: Path | None) -> str:
    return file.name if file else models.SHIPPED


def _about(model: Model) -> dict[str, Any]:
    return {
        "model": model.id,
        "format": models.FORMAT,
        "provenance": dict(model.provenance),
        "signature": model.signature.as_dict() if model.signature else None,
    }


def _levels(model: Model) -> dict[str, dict[str, Any]]:
    return {
        field: {
            code: {"m": m, "u": u, "weight": round(model.weight(field, code), 3)} for code, (m, u) in levels.items()
        }
        for field, levels in model.probabilities.items()
    }


def _show_about(model: Model, name: str) -> None:
    console.out.print(f"model {model.id}: {name}", markup=False)
    for key, value in model.provenance.items():
        told = ", ".join(value) if isinstance(value, list) else value
        console.out.print(f"{key}: {told}", markup=False)
    by = f"{model.signature.party} {model.signature.key}" if model.signature else "-"
    console.out.print(f"tanda tangan / signature: {by}", markup=False)


def _show_model(model: Model, name: str) -> None:
    table = Table("tingkat / level", "m", "u", "bobot / weight")
    for field, levels in model.probabilities.items():
        for code, (m, u) in levels.items():
            table.add_row(code, f"{m:.6f}", f"{u:.8f}", f"{model.weight(field, code):+.2f}")
    console.out.print(table)
    _show_about(model, name)


def _show_drift(found: Drift) -> None:
    table = Table("tingkat / level", "m", "kini / now", "u", "kini / now", "geser / shift (bit)", "PSI")
    for field in found.fields:
        table.add_row(f"{field.field}", "", "", "", "", "", f"{field.psi:.3f}", style="bold")
        for level in field.levels:
            (m, m_now), (u, u_now) = level.m, level.u
            table.add_row(
                f"  {level.code}",
                f"{m:.5f}", f"{m_now:.5f}", f"{u:.7f}", f"{u_now:.7f}", f"{level.shift_bits:+.2f}", "",
            )  # fmt: skip
    console.out.print(table)
    words = drift.ADVICE[found.advice]
    console.out.print(f"{words.id} / {words.en}", markup=False)
