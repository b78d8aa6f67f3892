from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenun.agreement.acts import working_days
from tenun.agreement.vocabulary import Party
from tenun.indicators.definition import Source
from tenun.portal import words
from tenun.portal.corrections.desk import Which
from tenun.portal.corrections.models import Correction, Step
from tenun.portal.corrections.rules import Action, Reason, State


def answer(counts: Mapping[Which, int]) -> str:
    """One sentence: whether every objection has been answered."""
    waiting, overdue = counts[Which.WAITING], counts[Which.OVERDUE]
    if not counts[Which.ALL]:
        return _("Nobody has objected to a figure of your area yet, so nothing waits for an answer.")
    if not waiting:
        return _("Yes: no objection waits for an answer.")
    if overdue:
        text = ngettext(
            "Not all of them: %(n)s objection waits for an answer, and %(overdue)s is overdue.",
            "Not all of them: %(n)s objections wait for an answer, and of these %(overdue)s overdue.",
            waiting,
        )
    else:
        text = ngettext(
            "Not all of them: %(n)s objection waits for an answer; it is not overdue.",
            "Not all of them: %(n)s objections wait for an answer; none is overdue.",
            waiting,
        )
    return text % {"n": words.number(waiting), "overdue": words.number(overdue)}


def answer_of(one: Correction, today: date) -> str:
    """One sentence: how this objection stands."""
    who, day = party_name(one.owner), words.day(one.closed_on or one.due)
    parts = {"who": who, "day": day}
    if one.is_overdue(today):
        return _("Not yet, and it is overdue: %(who)s was to answer by %(day)s.") % parts
    return {
        State.FILED: _("Not yet: %(who)s is to take it up and answer by %(day)s."),
        State.TAKEN_UP: _("Not yet: %(who)s has taken it up and is to answer by %(day)s."),
        State.CORRECTED: _("Yes: the village was right. %(who)s put the source right on %(day)s."),
        State.STANDS: _("Yes: the figure stands. %(who)s gave the reason on %(day)s."),
        State.WITHDRAWN: _("It was withdrawn on %(day)s, so nobody has to answer."),
    }[State(one.state)] % parts


def which_name(which: Which | str) -> str:
    return {
        Which.WAITING: _("Waiting"),
        Which.OVERDUE: _("Overdue"),
        Which.ANSWERED: _("Answered"),
        Which.WITHDRAWN: _("Withdrawn"),
        Which.ALL: _("All"),
    }[Which(which)]


def state_name(state: State | str) -> str:
    return {
        State.FILED: _("filed"),
        State.TAKEN_UP: _("taken up"),
        State.CORRECTED: _("put right at the source"),
        State.STANDS: _("figure stands"),
        State.WITHDRAWN: _("withdrawn"),
    }[State(state)]


def action_name(action: Action | str) -> str:
    """As a button says it."""
    return {
        Action.TAKE_UP: _("Take it up"),
        Action.FORWARD: _("Hand over to the other ministry"),
        Action.CORRECT: _("The source has been put right"),
        Action.STAND: _("The figure stands"),
        Action.WITHDRAW: _("Withdraw the objection"),
    }[Action(action)]


def step_name(step: Step) -> str:
    """As the history says it."""
    if not step.action:
        return _("Filed by the village") if step.is_village else _("Written down on the village's letter")
    return {
        Action.TAKE_UP: _("Taken up"),
        Action.FORWARD: _("Handed over to %(who)s") % {"who": party_name(step.owner)},
        Action.CORRECT: _("Answered: put right at the source"),
        Action.STAND: _("Answered: the figure stands"),
        Action.WITHDRAW: _("Withdrawn"),
    }[Action(step.action)]


def step_by(step: Step) -> str:
    return _("village government") if step.is_village else party_name(step.party)


def reason_name(reason: Reason | str) -> str:
    return {
        Reason.TOO_HIGH: _("The figure is too high"),
        Reason.TOO_LOW: _("The figure is too low"),
        Reason.OUT_OF_DATE: _("The data is out of date"),
        Reason.OTHER_AREA: _("The data belongs to another area"),
        Reason.MISSING: _("Data that was sent is missing"),
        Reason.OTHER: _("Another reason"),
    }[Reason(reason)]


def source_name(source: Source | str) -> str:
    return {Source.SID: "SID", Source.SIAPKERJA: "SIAPKerja"}[Source(source)]


def party_name(party: Party | str) -> str:
    return {Party.DESA: "Kemendesa PDT", Party.NAKER: "Kemnaker"}[Party(party)]


def time_left(one: Correction, today: date) -> str:
    """Working days until the deadline, or since; empty for what is closed."""
    if not one.is_open:
        return ""
    if one.is_overdue(today):
        late = working_days.between(one.due, today)
        if not late:
            return _("overdue since a day off")
        return ngettext("%(n)s working day late", "%(n)s working days late", late) % {"n": words.number(late)}
    left = working_days.between(today, one.due)
    told = ngettext("%(n)s working day left", "%(n)s working days left", left) % {"n": words.number(left)}
    return told if one.is_due_certain else f"{told} ({_('holidays not decreed yet')})"
