"""The sentences of the comparison, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenun.indicators import wording
from tenun.indicators.areas import Area
from tenun.indicators.definition import Unit
from tenun.portal import words
from tenun.portal.compare.choice import AREAS_MAX, LeftOutFor
from tenun.portal.compare.similar import SCHOOLING_POINTS, SIZE_LIMITS, Question, RegencyKind, Traits, VillageKind
from tenun.portal.compare.table import Row, Verdict, beyond

NAMES_MAX = 3
"""Indicators that a sentence names; of the others it tells how many."""


def answer(rows: Sequence[Row], reference: Area | None) -> str:
    """The sentence that answers the question, about the area that was chosen first."""
    area = rows[0].cells[0].area
    title = words.area_title(area.code, area.name)
    said = _against_reference(rows, title, reference)
    others = len(rows[0].cells) - 1
    if not others:
        return said
    out = [row for row in rows if beyond(row) is not None]
    beside = ngettext(
        "Against the other area chosen it differs clearly in %(count)s rate.",
        "Against all the other areas chosen it differs clearly in %(count)s rates.",
        len(out),
    )
    return f"{said} {beside % {'count': words.number(len(out))}}"


def verdict(found: Verdict) -> str:
    """How a rate stands to the reference, in two or three words."""
    return {
        Verdict.ABOVE: _("higher"),
        Verdict.BELOW: _("lower"),
        Verdict.SAME: _("not clearly different"),
    }[found]


VERDICT_SIGNS = {Verdict.ABOVE: "▲", Verdict.BELOW: "▼", Verdict.SAME: "≈"}


def left_out(why: LeftOutFor) -> str:
    """Why an area of the address is not compared."""
    return {
        LeftOutFor.TOO_MANY: _("at most %(most)s areas are compared at once") % {"most": AREAS_MAX},
        LeftOutFor.OTHER_LEVEL: _("it is of another level than the first area"),
        LeftOutFor.WHOLE_COUNTRY: _("there is nothing to set the whole country beside"),
    }[why]


def question(asked: Question) -> str:
    """The question of the rule, as it stands on the page."""
    return {
        Question.REGENCY_KIND: _("In a regency or in a city"),
        Question.VILLAGE_KIND: _("Kind of village"),
        Question.INDEX_STATUS: _("Status of the village development index"),
        Question.DISADVANTAGED: _("In a disadvantaged regency"),
        Question.SIZE: _("Size class by adults"),
        Question.SCHOOLING: _("Adults with upper secondary school, at most %(points)s points apart")
        % {"points": words.number(SCHOOLING_POINTS)},
    }[asked]


def trait(asked: Question, of: Traits) -> str:
    """What a village is, in answer to a question of the rule."""
    told = {
        Question.REGENCY_KIND: _regency_kind(of.regency_kind),
        Question.VILLAGE_KIND: _village_kind(of.village_kind) if of.village_kind else None,
        Question.INDEX_STATUS: of.index_status.capitalize() if of.index_status else None,
        Question.DISADVANTAGED: None if of.is_disadvantaged is None else _("yes") if of.is_disadvantaged else _("no"),
        Question.SIZE: None if of.size_class is None else size_class(of.size_class),
        Question.SCHOOLING: None
        if of.schooling is None
        else wording.number(of.schooling, Unit.PERCENT, words.language()),
    }[asked]
    return told or _("not known")


def size_class(number: int) -> str:
    """`500–999`, `4.000 and more`."""
    if number == 0:
        return _("below %(limit)s") % {"limit": words.number(SIZE_LIMITS[0])}
    if number == len(SIZE_LIMITS):
        return _("%(limit)s and more") % {"limit": words.number(SIZE_LIMITS[-1])}
    return f"{words.number(SIZE_LIMITS[number - 1])}–{words.number(SIZE_LIMITS[number] - 1)}"


def alike(answer_: bool | None) -> str:
    return {True: _("alike"), False: _("different"), None: _("cannot be told")}[answer_]


ALIKE_SIGNS = {True: "=", False: "≠", None: "?"}


def _against_reference(rows: Sequence[Row], title: str, reference: Area | None) -> str:
    if reference is None:
        return _("%(area)s: your role sees no wider area to measure it against.") % {"area": title}
    around = words.area_title(reference.code, reference.name)
    judged = [row for row in rows if row.cells[0].verdict is not None]
    if not judged:
        return _("No rate of %(area)s can be compared with %(reference)s yet.") % {"area": title, "reference": around}
    parts = {
        found: [row.definition.names.said(words.language()) for row in judged if row.cells[0].verdict is found]
        for found in (Verdict.ABOVE, Verdict.BELOW)
    }
    said = ngettext(
        "%(area)s differs clearly from %(reference)s in %(count)s of %(all)s rate",
        "%(area)s differs clearly from %(reference)s in %(count)s of %(all)s rates",
        len(judged),
    ) % {
        "area": title,
        "reference": around,
        "count": words.number(sum(len(names) for names in parts.values())),
        "all": words.number(len(judged)),
    }
    more = [
        (_("higher in %(names)s") if found is Verdict.ABOVE else _("lower in %(names)s")) % {"names": _listed(names)}
        for found, names in parts.items()
        if names
    ]
    return f"{said}: {'; '.join(more)}." if more else f"{said}."


def _listed(names: Sequence[str]) -> str:
    told = ", ".join(f"“{name}”" for name in names[:NAMES_MAX])
    left = len(names) - NAMES_MAX
    return _("%(names)s and %(count)s more") % {"names": told, "count": left} if left > 0 else told


def _regency_kind(kind: RegencyKind) -> str:
    return _("city (kota)") if kind is RegencyKind.CITY else _("regency (kabupaten)")


def _village_kind(kind: VillageKind) -> str:
    return {
        VillageKind.DESA: _("village (desa)"),
        VillageKind.KELURAHAN: _("urban village (kelurahan)"),
        VillageKind.ADAT: _("customary village (desa adat)"),
    }[kind]
