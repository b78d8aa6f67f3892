"""`tenun indicators …`: what the figures mean, and computing them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from tenun.agreement.vocabulary import Party
from tenun.cli import console
from tenun.disclosure.profile import RULE_VERSION
from tenun.indicators import areas, definition, permits, releases, wording
from tenun.indicators import compute as engine
from tenun.indicators.definition import Definition, IndicatorUnknown
from tenun.indicators.results import Results
from tenun.kernel.clock import SystemClock, today
from tenun.lake.snapshot import Layer, Snapshot
from tenun.node.chain import standing_of
from tenun.node.home import NodeHome, Role, reference_folder
from tenun.registry.reference.regions import Regions
from tenun.registry.sid import tables as sid

app = typer.Typer(help="Indikator desa: arti dan angkanya / indicators: meaning and figures.", no_args_is_help=True)

DateOption = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="Tanggal acuan; bawaan hari ini / reference date."),
]


@dataclass(frozen=True)
class Computed:
    """A snapshot of figures, in numbers that say nothing of anyone."""

    snapshot: Snapshot
    villages: int
    villages_delivered: int
    villages_with_figures: int
    """Villages of which at least one figure of persons is shown."""
    told_together: int
    """Figures that this snapshot and earlier ones of the same data give away together."""

    @property
    def left_out(self) -> list[str]:
        """Villages whose data is held longer than agreed."""
        return list(self.snapshot.details.get("left_out", ()))

    def as_dict(self) -> dict[str, Any]:
        return {
            "snapshot": self.snapshot.reference,
            "reference_date": self.snapshot.as_of.isoformat(),
            "villages": self.villages,
            "villages_delivered": self.villages_delivered,
            "villages_with_figures": self.villages_with_figures,
            "told_together": self.told_together,
            "left_out": self.left_out,
            "left_out_reasons": dict(self.snapshot.details.get("left_out_reasons", {})),
            "states": dict(self.snapshot.details["states"]),
            "rule_version": self.snapshot.details["rule_version"],
            "agreement": self.snapshot.details["agreement_number"],
            "invented": self.snapshot.details["invented"],
        }


@app.command("list")
def list_command(as_json: console.JsonOption = False) -> None:
    """Daftar indikator / the indicators there are."""
    found = definition.load_all()

    def show() -> None:
        table = Table("kode", "nama / name", "satuan", "kelas", "versi")
        for one in found.values():
            table.add_row(
                one.id, f"{one.names.id}\n{one.names.en}", str(one.unit), str(one.disclosure.class_), str(one.version)
            )
        console.out.print(table)

    answer = {"indicators": [_short(one) for one in found.values()], "rule_version": RULE_VERSION}
    console.answer(answer, as_json=as_json, show=show)


@app.command("show")
def show_command(
    indicator: Annotated[str, typer.Argument(metavar="ID", help="Kode indikator, misalnya A1 / its id.")],
    as_json: console.JsonOption = False,
) -> None:
    """Arti satu indikator: definisi, rumus, batasan / what one indicator means."""
    found = definition.load_all()
    one = found.get(indicator.upper())
    if one is None:
        raise IndicatorUnknown(indicator=indicator)
    console.answer(one.as_json(), as_json=as_json, show=lambda: _show(one))


@app.command("compute")
def compute_command(at: DateOption = None, as_json: console.JsonOption = False) -> None:
    """Hitung angka dari data yang diterima di simpul naker / compute the figures at node naker."""
    reference_date = at.date() if at is not None else today(SystemClock())
    computed = compute(Regions.load(reference_folder()), reference_date=reference_date)
    console.answer(computed.as_dict(), as_json=as_json, show=lambda: _show_computed(computed))


def compute(regions: Regions, *, reference_date: date) -> Computed:
    """Figures of every regency that a village delivered from, under the agreement in force at node *naker*."""
    home = NodeHome.of(Role.NAKER)
    now = SystemClock().now()
    position = standing_of(home).at(now)
    permit = permits.ask(position.agreement, by=Party.NAKER, moment=now, lake=home.lake, state=position.state)
    delivered = home.lake.scopes(layer=Layer.CORE, dataset=sid.DATASET)
    snapshot = engine.compute(
        home.lake,
        areas=areas.of_regencies(regions.current, delivered),
        reference_date=reference_date,
        permit=permit,
        settings=engine.Settings.under(position.agreement),
    )
    results = Results.of(home.lake, snapshot.id)
    villages = results.villages()
    return Computed(
        snapshot=snapshot,
        villages=len(villages),
        villages_delivered=sum(one.has_delivered for one in villages),
        villages_with_figures=sum(_has_figures(results, one.village_code) for one in villages),
        told_together=len(releases.told_together(home.lake, snapshot)),
    )


def _has_figures(results: Results, village: str) -> bool:
    return any(value.state.has_value and value.sid_as_of is not None for value in results.area(village))


def _short(one: Definition) -> dict[str, Any]:
    return {
        "id": one.id,
        "version": one.version,
        "names": {"id": one.names.id, "en": one.names.en},
        "unit": str(one.unit),
        "class": str(one.disclosure.class_),
        "levels": [str(level) for level in one.levels],
    }


def _show(one: Definition) -> None:
    say = console.out.print
    say(f"{one.id} {one.names.id}", markup=False, style="bold")
    say(one.names.en, markup=False)
    say()
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    for heading, words in (
        ("Konsep / concept", one.concept),
        ("Definisi / definition", one.definition),
        ("Pembilang / numerator", one.numerator),
        ("Penyebut / denominator", one.denominator),
        ("Populasi / population", one.population),
        ("Bukan / is not", one.is_not),
        ("Acuan / reference", one.reference),
        ("BPS", one.bps_indicator),
        ("Pemutakhiran / rhythm", one.rhythm.every),
    ):
        if words is not None:
            table.add_row(heading, f"{words.id}\n{words.en}")
    table.add_row("Satuan / unit", wording.named(wording.UNITS, one.unit, "id"))
    table.add_row("Kelas / class", str(one.disclosure.class_))
    table.add_row("Tingkat / levels", ", ".join(one.levels))
    table.add_row("Kolom / fields", "; ".join(f"{name}: {', '.join(columns)}" for name, columns in one.fields.items()))
    table.add_row("Batasan / caveats", "\n".join(f"- {line}" for line in (*one.caveats.id, *one.caveats.en)))
    table.add_row("Versi / version", f"{one.version} ({one.changelog[-1].date})")
    say(table)
    say()
    say(one.query.strip(), markup=False, style="dim")


def _show_computed(computed: Computed) -> None:
    say = console.out.print
    if computed.snapshot.details["invented"]:
        say(
            "DATA BUATAN: orang-orangnya tidak ada / INVENTED DATA: the persons do not exist",
            markup=False,
            style="bold",
        )
    facts = Table.grid(padding=(0, 2))
    facts.add_row("desa / villages", str(computed.villages))
    facts.add_row("sudah mengirim / delivered", str(computed.villages_delivered))
    facts.add_row("punya angka / with figures", str(computed.villages_with_figures))
    facts.add_row("tanggal acuan / reference date", wording.day(computed.snapshot.as_of, "id"))
    facts.add_row("potret / snapshot", computed.snapshot.id)
    say(facts)
    console.show_left_out(computed.left_out, computed.snapshot.details.get("left_out_reasons"))
    if computed.told_together:
        console.err.print(
            f"{computed.told_together} angka tersembunyi dapat diketahui bila potret lama dari data yang sama ikut "
            "dibaca; tarik potret lama itu. / hidden figures can be told with an older snapshot of the same data; "
            "withdraw it.",
            markup=False,
        )
    names = {str(state): words for state, words in wording.STATES.items()}
    states = Table("keadaan / state", "angka / figures")
    for state, count in computed.snapshot.details["states"].items():
        states.add_row(f"{wording.named(names, state, 'id')} / {wording.named(names, state, 'en')}",
                       f"{count:,}")  # fmt: skip
    say(states)
