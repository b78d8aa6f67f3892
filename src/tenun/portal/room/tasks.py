"""What a village can do this week for its own figures: found by rules that are printed beside what they found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenun.indicators import wording
from tenun.indicators.areas import Area
from tenun.indicators.results import Coverage, Value
from tenun.portal import words
from tenun.portal.figures import Figures

# The rhythm of page P1: a village that is silent for longer is named there.
RENEWED_WITHIN_DAYS = 30
MATCH_RATE_MIN = 70.0
# Columns that tell which tables of SIAPKerja came (`inputs.was_delivered`): no village can fill those.
_OF_SIAPKERJA = "has_"


@dataclass(frozen=True)
class Task:
    """One thing to do, who does it, and the rule by which it stands here."""

    text: str
    who: str
    rule: str
    details: tuple[str, ...] = ()


def find(figures: Figures, village: Area) -> list[Task]:
    """Every task of the village, the most pressing first; empty where nothing is to be done."""
    totals = {value.indicator: value for value in figures.totals(village.code)}
    coverage = next(iter(figures.villages(village.code)), None)
    if coverage is None or not coverage.has_delivered:
        return [_connect()]
    return [
        *_renew(figures, coverage),
        *_missing_fields(figures, totals),
        *_empty_fields(figures, totals),
        *_conflicts(figures, totals),
        *_links(totals),
    ]


def _connect() -> Task:
    return Task(
        _("Connect the village register (SID) and send it for the first time."),
        _village_office(),
        _("Rule: no file of the village register has arrived."),
    )


def _renew(figures: Figures, coverage: Coverage) -> Iterator[Task]:
    if coverage.sid_as_of is None:
        return
    age = (figures.release.reference_date - coverage.sid_as_of).days
    if age > RENEWED_WITHIN_DAYS:
        yield Task(
            _("Send the present register: the data is of %(day)s.") % {"day": words.day(coverage.sid_as_of)},
            _village_office(),
            _("Rule: older than %(n)s days on the reference date (%(age)s days).")
            % {"n": RENEWED_WITHIN_DAYS, "age": words.number(age)},
        )


def _missing_fields(figures: Figures, totals: dict[str, Value]) -> Iterator[Task]:
    """A field that was not delivered, with the figures that cannot be made for want of it."""
    wanted: dict[str, list[str]] = {}
    for indicator, value in totals.items():
        if value.reason == "field_not_collected":
            for field in figures.definitions[indicator].needs_filled:
                wanted.setdefault(field, []).append(_named(figures, indicator))
    for is_theirs, who in ((False, _village_office()), (True, _("Kemnaker (SIAPKerja)"))):
        fields = {name: names for name, names in wanted.items() if name.startswith(_OF_SIAPKERJA) is is_theirs}
        if fields:
            text = ngettext(
                "%(count)s field was not delivered, or is empty for everyone.",
                "%(count)s fields were not delivered, or are empty for everyone.",
                len(fields),
            )
            yield Task(
                text % {"count": len(fields)},
                who,
                _("Rule: a figure needs the field, and cannot be computed without."),
                tuple(
                    _("%(field)s: for %(names)s")
                    % {"field": wording.named(wording.FIELDS, name, words.language()), "names": ", ".join(names)}
                    for name, names in fields.items()
                ),
            )


def _empty_fields(figures: Figures, totals: dict[str, Value]) -> Iterator[Task]:
    found = [indicator for indicator, value in totals.items() if value.reason == "unknown_high"]
    if found:
        yield Task(
            _("Fill in the fields that are empty for many residents."),
            _village_office(),
            _("Rule: so many entries are unknown that the figure is not computed."),
            tuple(_named(figures, indicator) for indicator in found),
        )


def _conflicts(figures: Figures, totals: dict[str, Value]) -> Iterator[Task]:
    """Findings that are not resolved: two registers say different things of the same people."""
    for indicator in ("G4", "G5"):
        value = totals.get(indicator)
        if value is not None and value.value:
            yield Task(
                _("Compare with the people concerned: %(name)s, %(share)s.")
                % {"name": _named(figures, indicator), "share": words.amount(value.value, value.unit)},
                _("The village office and Kemnaker, each in its own register"),
                _("Rule: the two registers contradict each other."),
            )


def _links(totals: dict[str, Value]) -> Iterator[Task]:
    match = totals.get("G1")
    is_low = match is not None and (match.value is not None and match.value < MATCH_RATE_MIN)
    is_withheld = any(value.reason == "match_rate_low" for value in totals.values())
    if is_low or is_withheld:
        yield Task(
            _("Complete NIK, name and date of birth in SID, so that accounts can be linked."),
            _village_office(),
            _("Rule: match rate below %(rate)s.") % {"rate": words.percent(MATCH_RATE_MIN)},
        )


def _named(figures: Figures, indicator: str) -> str:
    return figures.definitions[indicator].names.said(words.language())


def _village_office() -> str:
    return _("Village office, in SID")
