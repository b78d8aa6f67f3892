"""What needs attention: found by rules that are printed beside what they found, never by hand.

attention.find(figures, area)         the alerts to show first, at most seven
attention.run(figures, area)          all of them
attention.of_rule(figures, area, id)  one rule, with its list, whether or not it found anything
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _

from tenun.portal import words
from tenun.portal.design.links import link
from tenun.portal.figures import Figures
from tenun.portal.overview import rules, wording
from tenun.portal.overview import seen as looking
from tenun.portal.overview.rules import RULES, Finding, Rule
from tenun.portal.overview.seen import Earlier, Seen
from tenun.portal.overview.thresholds import Thresholds

WARNINGS_MAX = 7
PLACES_NAMED = 3
# What the rules found is kept while nothing they look at can have changed: a country takes seconds to look through.
LOOKS_KEPT = 64


@dataclass(frozen=True)
class Warning:
    """One alert: what, where, since when, by which rule, what to do, and where its list is."""

    id: str
    """Of its rule."""
    text: str
    rule: str
    address: str
    where: str
    since: date | None
    """The earliest of its findings; None where that is unknown or from the beginning."""
    remedy: str
    findings: tuple[Finding, ...]

    @property
    def count(self) -> int:
        """As many as its list has lines."""
        return len(self.findings)


@dataclass(frozen=True)
class Outcome:
    """A rule, and what it found now."""

    rule: Rule
    condition: str
    is_asked: bool
    """False where it has nothing to go by: no such indicator, or no earlier snapshot."""
    warning: Warning | None


def find(figures: Figures, area_code: str) -> list[Warning]:
    """At most seven, in the order of the rules."""
    return run(figures, area_code)[:WARNINGS_MAX]


def run(figures: Figures, area_code: str) -> list[Warning]:
    """Every alert there is. Raises `OutsideScope` and `AreaUnknown`."""
    return [outcome.warning for outcome in outcomes(figures, area_code) if outcome.warning is not None]


def outcomes(figures: Figures, area_code: str) -> list[Outcome]:
    """Every rule in the order of the table, those that found nothing too."""
    seen = looking.look(figures, area_code)
    return [_outcome(rule, seen) for rule in RULES]


def of_rule(figures: Figures, area_code: str, rule_id: str) -> Outcome:
    """One rule. Raises `KeyError` for an id that no rule has."""
    return _outcome(rules.BY_ID[rule_id], looking.look(figures, area_code))


def _outcome(rule: Rule, seen: Seen) -> Outcome:
    condition = wording.condition(rule.id, seen.thresholds)
    if not rule.applies(seen):
        return Outcome(rule, condition, is_asked=False, warning=None)
    found = _kept.found(rule, seen)
    return Outcome(rule, condition, is_asked=True, warning=_warning(rule, condition, found, seen) if found else None)


def _warning(rule: Rule, condition: str, found: tuple[Finding, ...], seen: Seen) -> Warning:
    return Warning(
        id=rule.id,
        text=wording.what(rule.id, len(found)),
        rule=_("Rule: %(rule)s.") % {"rule": condition},
        address=link(seen.figures.release, "attention_list", rule.id),
        where=_where(found, seen),
        since=None if any(one.since is None for one in found) else min(one.since for one in found if one.since),
        remedy=wording.remedy(rule.id),
        findings=found,
    )


def _where(found: Sequence[Finding], seen: Seen) -> str:
    """The first places by name, and how many more there are."""
    names = list(dict.fromkeys(one.title for one in found))
    told = ", ".join(names[:PLACES_NAMED])
    left = len(names) - PLACES_NAMED
    if left <= 0:
        return told
    return _("%(names)s and %(count)s more") % {"names": told, "count": words.number(left)}


class _Kept:
    """What rules about figures found, by all that they look at. Safe to share among threads."""

    def __init__(self) -> None:
        self._found: OrderedDict[Hashable, tuple[Finding, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def found(self, rule: Rule, seen: Seen) -> tuple[Finding, ...]:
        if not rule.is_about_figures:
            return tuple(rule.find(seen))
        key = _key(rule, seen)
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        found = tuple(rule.find(seen))
        with self._lock:
            self._found[key] = found
            while len(self._found) > LOOKS_KEPT * len(RULES):
                self._found.popitem(last=False)
        return found


def _key(rule: Rule, seen: Seen) -> Hashable:
    def snapshot(of: Earlier | None) -> str:
        return of.snapshot if of is not None else ""

    limits: Thresholds = seen.thresholds
    return (
        settings.NODE.folder,
        rule.id,
        seen.figures.release.snapshot,
        snapshot(seen.earlier),
        snapshot(seen.long_ago),
        seen.area.code,
        seen.figures.scope.area_code,
        seen.today,
        limits,
        words.language(),
    )


_kept = _Kept()
