"""Which role is told of what, and when a digest is due: two truth tables."""

from datetime import UTC, datetime, timedelta

import pytest

from tenun.portal.access import Role
from tenun.portal.mail.kinds import LASTS, Kind, Rhythm, alerts_of

EXCHANGE = {Kind.SHUT_OFF, Kind.INCIDENT}
TOLD = {
    Role.DATA_DESA: EXCHANGE | {Kind.RELEASE},
    Role.DATA_NAKER: EXCHANGE | {Kind.RELEASE},
    Role.MONITORING: EXCHANGE,
    Role.LEADERSHIP: EXCHANGE | {Kind.RELEASE},
    Role.SECURITY: EXCHANGE,
    Role.VILLAGE: set(),
}


@pytest.mark.parametrize("role", Role)
def test_a_role_is_told_at_once_of_what_it_may_open(role: Role) -> None:
    assert set(alerts_of(role)) == TOLD[role]


def test_a_role_nobody_defined_is_told_nothing() -> None:
    assert alerts_of("root") == ()


def test_every_kind_of_mail_has_an_end() -> None:
    assert set(LASTS) == set(Kind)
    assert LASTS[Kind.PASSWORD] == timedelta(hours=1)


# 2026-11-23 is a Monday. Jakarta is seven hours ahead of UTC.
MOMENTS = {
    "Sunday evening": datetime(2026, 11, 22, 13, 0, tzinfo=UTC),
    "Monday before seven": datetime(2026, 11, 22, 23, 59, tzinfo=UTC),
    "Monday at seven": datetime(2026, 11, 23, 0, 0, tzinfo=UTC),
    "Tuesday before seven": datetime(2026, 11, 23, 22, 0, tzinfo=UTC),
    "Saturday noon": datetime(2026, 11, 28, 5, 0, tzinfo=UTC),
}
DUE = {
    "Sunday evening": (None, "2026-W47"),
    "Monday before seven": (None, None),
    "Monday at seven": ("2026-11-23", "2026-W48"),
    "Tuesday before seven": (None, "2026-W48"),
    "Saturday noon": (None, "2026-W48"),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_a_digest_is_due_on_working_days_or_from_monday_morning_on(name: str) -> None:
    from tenun.portal.mail import rhythms

    moment = MOMENTS[name]
    assert (rhythms.period(Rhythm.DAILY, moment), rhythms.period(Rhythm.WEEKLY, moment)) == DUE[name]
    assert rhythms.period(Rhythm.OFF, moment) is None


def test_a_week_is_named_by_the_year_it_mostly_lies_in() -> None:
    from tenun.portal.mail import rhythms

    assert rhythms.period(Rhythm.WEEKLY, datetime(2027, 1, 1, 5, 0, tzinfo=UTC)) == "2026-W53"
