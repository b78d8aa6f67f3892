"""Verdicts, reasons, fields and lists of the review in words."""

from __future__ import annotations

from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils.translation import gettext as _

from tenun.kernel.errors import TenunError
from tenun.linkage.reasons import Words
from tenun.linkage.review.judgements import Reason
from tenun.linkage.review.persons import Record
from tenun.linkage.review.rules import Verdict
from tenun.portal import words


def verdict(value: Verdict | str) -> str:
    return {Verdict.SAME: _("Same person"), Verdict.DIFFERENT: _("Different people"), Verdict.UNSURE: _("Not sure")}[
        Verdict(value)
    ]


def reason(value: Reason | str) -> str:
    return {
        Reason.NONE: _("no reason given"),
        Reason.RELATIVE: _("a relative, or a relative's NIK"),
        Reason.TWIN: _("a twin"),
        Reason.NAMESAKE: _("only the name is the same"),
        Reason.OTHER_BIRTH_DATE: _("the birth dates do not go together"),
        Reason.OTHER_NIK: _("the NIKs are two people's"),
        Reason.OTHER_PLACE: _("the places do not go together"),
        Reason.WRITING_ERROR: _("the differences are writing errors"),
        Reason.TOO_LITTLE: _("too little is known"),
        Reason.CONTRADICTORY: _("the fields contradict one another"),
        Reason.OTHER: _("another reason"),
    }[Reason(value)]


def field(name: str) -> str:
    return {
        "full_name": _("Name"),
        "birth_date": _("Birth date"),
        "nik": _("NIK"),
        "sex": _("Sex"),
        "village": _("Village"),
        "address": _("Address"),
    }[name]


def sex(code: str | None) -> str:
    return {"male": _("man"), "female": _("woman")}.get(code or "", _("not there"))


def said(text: Words) -> str:
    return text.en if words.language() == "en" else text.id


def shown(record: Record, name: str) -> str:
    """A covered field in full, as a reader of this language writes it."""
    if name == "birth_date" and record.birth_date is not None:
        return str(format_date(record.birth_date, "d MMMM y", locale=words.language()))
    return record.shown(name) or ""


def weight(value: float) -> str:
    """`+6,1`, `−2,0`: with its sign, so that for and against are told without colour."""
    amount = str(format_decimal(abs(round(value, 1)), format="0.0", locale=words.language()))
    return f"{'−' if value < 0 else '+'}{amount}"


def problem(told: TenunError) -> dict[str, str]:
    language = words.language()
    return {"text": told.message(language), "remedy": told.remedy(language), "code": told.code}


def percent(share: float) -> str:
    """`99,2 %`: with one digit more than the portal's figures, since links are judged by their last per cents."""
    amount = str(format_decimal(round(100 * share, 1), format="0.0", locale=words.language()))
    return f"{amount}\N{NO-BREAK SPACE}%" if words.language() == "id" else f"{amount}%"


def dimension(name: str) -> str:
    return {
        "match_class": _("by match class"),
        "regency": _("by regency"),
        "sex": _("by sex"),
        "age_band": _("by age"),
    }[name]


def domain(dimension: str, value: str) -> str:
    known = {
        "nik": _("by NIK"),
        "probable": _("probable"),
        "review": _("for review"),
        "male": _("men"),
        "female": _("women"),
        "unknown": _("not known"),
    }
    if value in known:
        return known[value]
    if dimension == "age_band":
        return _("%(years)s years") % {"years": value.replace("-", "–")}
    return value
