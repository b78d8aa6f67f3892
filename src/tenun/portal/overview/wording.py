"""The rules in words: what was found, by which rule, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from babel.numbers import format_decimal
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenun.exchange.gate import Reason, ScopeKind
from tenun.node.gate import Closure
from tenun.portal import words
from tenun.portal.overview.thresholds import Thresholds


def what(rule: str, count: int) -> str:
    """What was found, as a sentence with its number."""
    text = {
        "akses-diputus": lambda: ngettext("%(count)s shut-off is in force", "%(count)s shut-offs are in force", count),
        "perjanjian-tidak-terbaca": lambda: _("The agreement of this node cannot be read"),
        "perjanjian-berakhir": lambda: _("The agreement ends soon, or has ended"),
        "evaluasi-jatuh-tempo": lambda: _("Monitoring and evaluation is due"),
        "padanan-turun": lambda: ngettext(
            "The match rate fell in %(count)s area", "The match rate fell in %(count)s areas", count
        ),
        "belum-mengirim": lambda: ngettext(
            "%(count)s village has not been synced yet", "%(count)s villages have not been synced yet", count
        ),
        "data-lama": lambda: ngettext(
            "%(count)s village is without new data", "%(count)s villages are without new data", count
        ),
        "padanan-rendah": lambda: ngettext(
            "In %(count)s village few accounts could be linked",
            "In %(count)s villages few accounts could be linked",
            count,
        ),
        "pencari-kerja-naik": lambda: ngettext(
            "In %(count)s village the number of job seekers rose steeply",
            "In %(count)s villages the number of job seekers rose steeply",
            count,
        ),
        "tanpa-lowongan": lambda: ngettext(
            "In %(count)s regency many look for work and no place is open",
            "In %(count)s regencies many look for work and no place is open",
            count,
        ),
        "pencari-kerja-banyak": lambda: ngettext(
            "In %(count)s village many people are looking for work",
            "In %(count)s villages many people are looking for work",
            count,
        ),
        "angka-berubah": lambda: ngettext(
            "%(count)s main figure changed a lot", "%(count)s main figures changed a lot", count
        ),
        "tidak-dapat-dihitung": lambda: ngettext(
            "%(count)s main figure cannot be computed", "%(count)s main figures cannot be computed", count
        ),
        "ambang-tidak-terbaca": lambda: _("The thresholds of this node cannot be read"),
    }[rule]()
    return text % {"count": words.number(count)} if "%(count)s" in text else text


def condition(rule: str, limits: Thresholds) -> str:
    """The rule with its thresholds."""
    return _conditions()[rule] % {name: _plain(value) for name, value in limits.model_dump().items()}


def _conditions() -> Mapping[str, str]:
    return {
        "akses-diputus": _("a party has shut off access and not opened it again (Pasal 7(4))"),
        "perjanjian-tidak-terbaca": _("this node has no agreement whose signatures can be checked"),
        "perjanjian-berakhir": _("%(days_before_end)s days or fewer to the end of the agreement (Pasal 6)"),
        "evaluasi-jatuh-tempo": _(
            "%(days_before_report)s days or fewer until a year is over since the last period reported on (Pasal 9(1))"
        ),
        "padanan-turun": _("match rate at least %(match_rate_drop)s points lower than in the snapshot before"),
        "belum-mengirim": _("no file of the village register has arrived"),
        "data-lama": _("the village's data is more than %(days_without_data)s days old"),
        "padanan-rendah": _("match rate below %(match_rate_min)s per cent"),
        "pencari-kerja-naik": _(
            "active job seekers more than %(seekers_rise_percent)s per cent above the snapshot at least "
            "%(seekers_rise_days)s days earlier, and %(seekers_rise_least)s or more"
        ),
        "tanpa-lowongan": _("%(seekers_without_places)s active job seekers or more, and no open place within reach"),
        "pencari-kerja-banyak": _(
            "active job seekers per 1,000 adults at least %(seekers_times)s times that of the whole area"
        ),
        "angka-berubah": _(
            "more than %(change_points)s points, or more than %(change_percent)s per cent of a number of "
            "%(change_least)s or more, against the snapshot before"
        ),
        "tidak-dapat-dihitung": _("the data do not allow a main figure to be computed; the list tells why"),
        "ambang-tidak-terbaca": _("the file alerts.json of this node is there and does not fit its form"),
    }


def remedy(rule: str) -> str:
    """What to do, and who."""
    return {
        "akses-diputus": _("See on the exchange page who shut off what. Only that party can open it again."),
        "perjanjian-tidak-terbaca": _("Ask the security officer to check the agreement on this node."),
        "perjanjian-berakhir": _("Both parties decide on an extension in writing; leadership prepares it in time."),
        "evaluasi-jatuh-tempo": _(
            "The monitoring and evaluation officers of both ministries write and sign the report."
        ),
        "padanan-turun": _("Data officers of Kemnaker look into the linkage report: new codes, or a changed file?"),
        "belum-mengirim": _("Data officers of Kemendesa ask the regency to have the villages connected."),
        "data-lama": _("Data officers of Kemendesa ask these villages to sync their register again."),
        "padanan-rendah": _("Take the list of rows to the village: names, dates of birth and NIK decide on links."),
        "pencari-kerja-naik": _("Ask the regency whether a firm has closed, or a campaign brought registrations."),
        "tanpa-lowongan": _("Kemnaker asks employers and job offices there for places, and offers training."),
        "pencari-kerja-banyak": _("Put these villages first for places, training and visits."),
        "angka-berubah": _("Find out which it was: villages that joined, a corrected file, or a true change."),
        "tidak-dapat-dihitung": _("The list tells what is missing; the data quality page tells who delivers it."),
        "ambang-tidak-terbaca": _("Whoever runs this node corrects or removes the file; built-in thresholds apply."),
    }[rule]


# --- the lines of a list -----------------------------------------------------------------------------------


def scope_name(one: Closure) -> str:
    """What is shut off."""
    if one.scope.kind is ScopeKind.DATASET:
        return _("Dataset %(name)s") % {"name": one.scope.name}
    if one.scope.kind is ScopeKind.CLIENT:
        return _("Program %(name)s") % {"name": one.scope.name}
    return everything()


def everything() -> str:
    return _("The whole exchange")


def shut_off_by(one: Closure) -> str:
    party = {"desa": "Kemendesa PDT", "naker": "Kemnaker"}[str(one.by)]
    return _("by %(party)s: %(reason)s") % {"party": party, "reason": _reason(one.reason)}


def record_unreadable() -> str:
    return _("The record of shut-offs cannot be read, so everything is closed.")


def agreement() -> str:
    return _("The agreement")


def evaluation() -> str:
    return _("Monitoring and evaluation (Pasal 9)")


def ends(*, is_over: bool) -> str:
    return _("has ended") if is_over else _("ends on that day")


def due(*, is_over: bool) -> str:
    return _("overdue") if is_over else _("due on that day")


def days(count: int) -> str:
    return ngettext("%(count)s day old", "%(count)s days old", count) % {"count": words.number(count)}


def points(moved: float) -> str:
    """`−2,3 poin`."""
    return _("%(moved)s points") % {"moved": _signed(moved, 1)}


def percent_moved(share: float) -> str:
    return f"{_signed(share, 0)}\u00a0%"


def per_thousand(here: float, whole: float) -> str:
    return _("%(here)s per 1,000 adults; %(whole)s in the whole area") % {
        "here": words.number(here),
        "whole": words.number(whole),
    }


def _signed(amount: float, decimals: int) -> str:
    shown = format_decimal(
        abs(round(amount, decimals)), format="#,##0.0" if decimals else "#,##0", locale=words.language()
    )
    return f"{'−' if amount < 0 else '+'}{shown}"


def _plain(value: float) -> str:
    """A threshold without needless decimals: `2`, `2,5`."""
    return str(format_decimal(value, format="#,##0.##", locale=words.language()))


def _reason(reason: Reason) -> str:
    """A party's reason; a closure that the node itself made says so with all of its other words."""
    named = {Reason.LEAK: _("data leak"), Reason.MALWARE: _("malware"), Reason.HACK: _("hack")}
    return named.get(reason, _("another security incident"))
