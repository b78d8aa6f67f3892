"""Filing objections, taking steps, and finding them: the only writer of the two tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, Q, QuerySet, Value, When

from tenun.agreement.vocabulary import Party
from tenun.indicators.definition import Source
from tenun.kernel.clause import implements
from tenun.kernel.clock import JAKARTA
from tenun.kernel.errors import TenunError
from tenun.portal.access import NATIONAL, Permission, Scope
from tenun.portal.corrections import rules
from tenun.portal.corrections.models import Correction
from tenun.portal.corrections.offered import Offered
from tenun.portal.corrections.rules import Action, Actor, Reason, State
from tenun.portal.marks import Mark


class AlreadyOpen(TenunError):
    """An objection to that figure still waits for its answer."""

    code = "portal.correction_already_open"
    text_id = "Angka ini sudah disanggah dan keberatan itu belum dijawab."
    text_en = "There is an objection to this figure already, and it is not answered yet."
    remedy_id = "Lihat daftar koreksi. Keberatan baru dapat diajukan setelah yang lama dijawab atau ditarik."
    remedy_en = "See the list of corrections. A new one can be filed once the old one is answered or withdrawn."


@dataclass(frozen=True)
class Objection:
    """What a village says of one figure, as it was typed."""

    reason: Reason
    claimed: str
    why: str
    letter: str = ""
    """Only where an officer writes it down."""


# --- writing -------------------------------------------------------------------------------------


@implements("3(2)c", "7(2)", control="A village's objection to its figure is kept as filed, due in ten working days.")
def file(said: Objection, figure: Offered, *, by: Any, now: datetime) -> Correction:
    """Keep an objection. The caller has asked whether the account may, and offered it that figure.

    Raises `TextUnfit`, `PersonalNumber`, `AlreadyOpen`.
    """
    is_by_village = by.may(Permission.CORRECTIONS_FILE)
    claimed, why = rules.check(said.claimed, rules.CLAIMED), rules.check(said.why, rules.WHY)
    letter = "" if is_by_village else rules.check(said.letter, rules.LETTER)
    deadline = rules.due(_day(now))
    try:
        with transaction.atomic():
            made = Correction.objects.create(
                indicator=figure.indicator,
                area=figure.area_code,
                area_name=figure.area_name,
                snapshot=figure.snapshot,
                shown=figure.shown,
                source=str(rules.first_source(figure.definition)),
                sources=",".join(figure.definition.sources),
                reason=str(said.reason),
                claimed=claimed,
                why=why,
                letter=letter,
                state=str(State.FILED),
                is_by_village=is_by_village,
                filed_by=by.pk,
                filed_party=by.party,
                filed_at=now,
                due=deadline.last_day,
                is_due_certain=deadline.is_certain,
            )
            _note(made, None, "", by=by, now=now)
    except IntegrityError as problem:
        raise AlreadyOpen() from problem
    return made


@transaction.atomic
def take(number: int, action: Action, *, note: str, by: Any, now: datetime) -> Correction:
    """Take a step. Of two at once the second finds the state that the first left.

    Raises `StepRefused`, `TextUnfit`, `PersonalNumber`.
    """
    correction = Correction.objects.select_for_update().get(pk=number)
    if action not in open_to(by, correction):
        raise rules.StepRefused()
    step = rules.TABLE[State(correction.state)][action]
    told = rules.check(note, rules.NOTE) if step.needs_note or note.strip() else ""
    correction.state = str(step.to)
    if action is Action.FORWARD:
        correction.source = str(rules.other_source(Source(correction.source)))
    if not correction.is_open:
        correction.closed_on = _day(now)
    correction.save(update_fields=["state", "source", "closed_on"])
    _note(correction, action, told, by=by, now=now)
    return correction


def _note(correction: Correction, action: Action | None, note: str, *, by: Any, now: datetime) -> None:
    correction.steps.create(
        action=str(action or ""),
        state=correction.state,
        source=correction.source,
        by=by.pk,
        party=by.party,
        is_village=by.may(Permission.CORRECTIONS_FILE),
        moment=now,
        note=note,
    )


# --- who may -------------------------------------------------------------------------------------


def actors_of(user: Any, correction: Correction) -> frozenset[Actor]:
    """What the account is to that correction; nothing outside its area."""
    if not user.scope.covers(correction.area):
        return frozenset()
    is_writer = not correction.is_by_village and user.party == correction.filed_party
    is_owner = user.may(Permission.CORRECTIONS_ANSWER) and Party(user.party) is correction.owner
    found = {
        Actor.VILLAGE: user.may(Permission.CORRECTIONS_FILE) and user.area_code == correction.area,
        Actor.WRITER: user.may(Permission.CORRECTIONS_RECORD) and is_writer,
        Actor.OWNER: is_owner,
        Actor.JUDGE: is_owner and user.pk != correction.filed_by,
    }
    return frozenset(actor for actor, holds in found.items() if holds)


def open_to(user: Any, correction: Correction) -> list[Action]:
    """The steps that this account may take now."""
    state, actors = State(correction.state), actors_of(user, correction)
    return [action for action in Action if rules.may(action, state, actors, sources=correction.made_of)]


def may_see_shown(user: Any, correction: Correction) -> bool:
    """Whether the account may see what the filer saw. What an officer saw is the ministries' own figure: a village
    sees what was released to it and nothing else (Pasal 7(2))."""
    return correction.is_by_village or not user.may(Permission.CORRECTIONS_FILE)


# --- finding -------------------------------------------------------------------------------------


class Which(StrEnum):
    """Which corrections a list holds, as its address says it."""

    WAITING = "menunggu"
    OVERDUE = "terlambat"
    ANSWERED = "dijawab"
    WITHDRAWN = "ditarik"
    ALL = "semua"


def of_scope(scope: Scope, which: Which, *, today: date) -> QuerySet[Correction]:
    """Corrections of the account's area: those that wait by their deadline, so what is overdue leads; then the others,
    the latest answer first."""
    found = Correction.objects.filter(_inside(scope.area_code), _which(which, today))
    waiting_first = Case(When(state__in=sorted(rules.OPEN), then=Value(0)), default=Value(1))
    deadline = Case(When(state__in=sorted(rules.OPEN), then="due"), default=None)
    return found.order_by(waiting_first, deadline.asc(), "-closed_on", "id")


def counts(scope: Scope, *, today: date) -> dict[Which, int]:
    """How long each list is."""
    return {which: of_scope(scope, which, today=today).count() for which in Which}


def marks(scope: Scope, oldest: date | None) -> Sequence[Mark]:
    """`tenun.portal.marks.Finder` of what is kept here: open ones first."""
    accepted = Q(state=str(State.CORRECTED))
    if oldest is not None:
        accepted &= Q(closed_on__gte=oldest)
    found = Correction.objects.filter(_inside(scope.area_code), Q(state__in=sorted(rules.OPEN)) | accepted)
    made = [
        Mark(
            number=one.pk,
            indicator=one.indicator,
            area=one.area,
            source=Source(one.source),
            snapshot=one.snapshot,
            filed_on=_day(one.filed_at),
            accepted_on=one.closed_on,
        )
        for one in found.order_by("-id")
    ]
    return sorted(made, key=lambda one: one.accepted_on is not None)


def _which(which: Which, today: date) -> Q:
    waiting = Q(state__in=sorted(rules.OPEN))
    return {
        Which.WAITING: waiting,
        Which.OVERDUE: waiting & Q(due__lt=today),
        Which.ANSWERED: Q(state__in=[str(State.CORRECTED), str(State.STANDS)]),
        Which.WITHDRAWN: Q(state=str(State.WITHDRAWN)),
        Which.ALL: Q(),
    }[which]


def _inside(area_code: str) -> Q:
    return Q() if area_code == NATIONAL else Q(area=area_code) | Q(area__startswith=f"{area_code}.")


def _day(moment: datetime) -> date:
    return moment.astimezone(JAKARTA).date()
