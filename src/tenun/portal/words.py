"""The portal's way of saying figures in the reader's language. The words themselves are `indicators.wording`."""

from __future__ import annotations

from datetime import date

from babel.numbers import format_decimal
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tenun.disclosure.state import ValueState
from tenun.indicators import wording
from tenun.indicators.areas import NATIONAL, Level
from tenun.indicators.definition import Definition
from tenun.indicators.results import Value
from tenun.registry.reference.edition import CURRENT_EDITION, kind_of
from tenun.registry.reference.region import Region, System, level_of


def language() -> str:
    return "en" if (get_language() or "id").startswith("en") else "id"


def say(value: Value, *, minimum_cell: int) -> str:
    return wording.say(value, language(), minimum_cell=minimum_cell)


def why(value: Value, definition: Definition | None = None) -> str:
    """The reason in words; with the indicator's definition it names the fields that were not delivered."""
    return wording.why(value, language(), definition)


def state_name(state: ValueState | str) -> str:
    return wording.named(wording.STATES, ValueState(state), language())  # type: ignore[arg-type]


# Hourglass and no-entry are emoji, which many devices' typefaces lack: our own drawings of them.
DRAWN_SIGNS = {ValueState.NS: "hourglass", ValueState.CUT: "ban"}


def state_sign(state: ValueState | str) -> str:
    return wording.SIGNS[ValueState(state)]


def state_sentence(state: ValueState | str) -> str:
    """What a state means, in a sentence: for legends and for the sheet that explains a file."""
    return {
        ValueState.OK: _("The figure is shown."),
        ValueState.ZERO: _("A true zero: the source is complete and has none."),
        ValueState.LT: _("So few people that showing the number could tell who they are."),
        ValueState.SUP: _("Hidden so that a small number cannot be computed from the others."),
        ValueState.NC: _("The source never asked for this."),
        ValueState.NS: _("The source has not delivered data for this area yet."),
        ValueState.NA: _("The data do not allow this figure to be computed; the reason is told."),
        ValueState.STALE: _("Older than its rhythm of renewal; shown with its date."),
        ValueState.CUT: _("One party has shut off access (Pasal 7(4))."),
    }[ValueState(state)]


def number(amount: float) -> str:
    """`1.842` in Indonesian, `1,842` in English."""
    return str(format_decimal(round(amount), locale=language()))


def amount(value: float, unit: str) -> str:
    """A number with its unit where it is a rate: `64,1 %`, `7,5 per 1.000`."""
    return wording.number(value, unit, language())


def percent(value: float) -> str:
    return amount(value, "%")


def day(value: date | None) -> str:
    return wording.day(value, language()) if value is not None else _("not received yet")


def level_name(level: Level | str) -> str:
    """The level in a sentence: `desa`, `village`."""
    return {
        Level.NATIONAL: _("country"),
        Level.PROVINCE: _("province"),
        Level.REGENCY: _("regency"),
        Level.DISTRICT: _("district"),
        Level.VILLAGE: _("village"),
    }[Level(level)]


def area_title(code: str, name: str) -> str:
    """`Desa Rempek`, `Kec. Gangga`, `Kabupaten Lombok Utara`: the name with what it is, unless the name says it."""
    if code == NATIONAL:
        return "Indonesia"
    kind = kind_of(Region(System.KEMENDAGRI, CURRENT_EDITION, code, name, level_of(code), None))
    return {
        "Provinsi": _("%(name)s Province"),
        "Kabupaten": _("%(name)s Regency") if "kab" not in name[:4].casefold() else "%(name)s",
        "Kota": "%(name)s",
        "Kecamatan": _("%(name)s District"),
        "Distrik": _("%(name)s Papuan District"),
        "Kelurahan": _("%(name)s Urban Village"),
        "Desa adat": _("%(name)s Customary Village"),
        "Desa": _("%(name)s Village"),
    }[kind] % {"name": name}
