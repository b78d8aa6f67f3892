"""The portal's way of saying figures in the reader's language. The words themselves are `indicators.wording`."""

from __future__ import annotations

from datetime import date

from babel.numbers import format_decimal
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tenun.disclosure.state import ValueState
from tenun.indicators import wording
from tenun.indicators.areas import Level
from tenun.indicators.results import Value


def language() -> str:
    return "en" if (get_language() or "id").startswith("en") else "id"


def say(value: Value, *, minimum_cell: int) -> str:
    return wording.say(value, language(), minimum_cell=minimum_cell)


def why(value: Value) -> str:
    return wording.why(value, language())


def state_name(state: ValueState | str) -> str:
    return wording.named(wording.STATES, ValueState(state), language())  # type: ignore[arg-type]


def number(amount: float) -> str:
    """`1.842` in Indonesian, `1,842` in English."""
    return str(format_decimal(round(amount), locale=language()))


def percent(amount: float) -> str:
    return wording.number(amount, "%", language())


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


def area_title(level: Level | str, name: str) -> str:
    """`Desa Rempek`, `Kec. Gangga`: the name with what it is, unless the name says it."""
    level = Level(level)
    if level is Level.NATIONAL:
        return "Indonesia"
    if level is Level.REGENCY and name.split(" ")[0].casefold().rstrip(".") in ("kab", "kabupaten", "kota"):
        return name
    return {
        Level.PROVINCE: _("%(name)s Province"),
        Level.REGENCY: _("%(name)s Regency"),
        Level.DISTRICT: _("%(name)s District"),
        Level.VILLAGE: _("%(name)s Village"),
    }[level] % {"name": name}
