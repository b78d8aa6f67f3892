"""This node's review desk, and who sits at it."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.http import HttpRequest

from tenun.agreement.vocabulary import Party
from tenun.kernel.clock import SystemClock
from tenun.linkage.review import judgements, persons
from tenun.linkage.review.candidates import Candidate
from tenun.linkage.review.desk import Desk, Judge
from tenun.linkage.review.persons import Records
from tenun.linkage.review.rules import JudgeRole
from tenun.node.chain import standing_of
from tenun.portal.access import Permission

_PERMISSIONS = {JudgeRole.REVIEWER: Permission.LINK_REVIEW, JudgeRole.ARBITER: Permission.LINK_ARBITRATE}


@cache
def desk() -> Desk:
    return Desk(settings.NODE.lake, settings.NODE.folder / judgements.FOLDER)


def judge_of(request: HttpRequest) -> Judge:
    """The signed-in account as the desk knows it."""
    user = request.user
    roles = frozenset(role for role, permission in _PERMISSIONS.items() if user.may(permission))
    return Judge(str(user.pk), roles, user.scope.covers)


def read(candidate: Candidate) -> Records:
    """Both records of a pair, under the agreement in force now. Raises as `persons.read`, and what the agreement
    raises that cannot be read."""
    now = SystemClock().now()
    position = standing_of(settings.NODE).at(now)
    decide = persons.decide_by(position.agreement, by=Party(settings.NODE.role.value), moment=now, state=position.state)
    return persons.read(settings.NODE.lake, candidate, decide=decide)
