"""Mails that wait: written down once, sent at least once, each under a number that stays the same.

A row is locked while it is handed over and noted as sent in the same transaction. Two senders never take the same one;
a sender that is killed leaves it waiting. Only where the server had taken a mail and the sender died before the note
does it go out again: under the same Message-ID, by which the receiving side knows it.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTP
from typing import Any
from uuid import UUID

import structlog
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min, QuerySet

from tenun.node import config
from tenun.node.config import Mail
from tenun.portal.accounts.models import User
from tenun.portal.mail import letters, problems, smtp
from tenun.portal.mail.kinds import LASTS, Kind
from tenun.portal.mail.letters import Letter, Written
from tenun.portal.mail.models import Message, State

BACK_OFF_MINUTES = (1, 2, 5, 10, 20, 40, 60)
"""After each attempt in a row that failed; the last holds from there on."""
KEPT = timedelta(days=90)
"""How long it is known that a mail went, without what was in it."""

log = structlog.get_logger("tenun.mail")


@dataclass(frozen=True)
class Round:
    """What one round of sending came to."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0
    problem: str = ""
    """Code of what stopped the round; empty where every mail had its turn."""

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def told() -> Mail | None:
    """The mail server of this node's configuration; None where mail is off. Raises `ConfigMalformed`."""
    return config.read_or_default(settings.NODE).mail


def required() -> Mail:
    """Raises `MailOff`, `ConfigMalformed`."""
    found = told()
    if found is None:
        raise problems.MailOff(node=str(settings.ROLE))
    return found


def put(letter: Letter, *, key: str, kind: Kind, account: User, now: datetime) -> bool:
    """Write a mail down. Gives whether it was new: what has this key already is not written again."""
    sealed = _box().encrypt(letters.written(letter).encode())
    _row, is_new = Message.objects.get_or_create(
        key=key,
        defaults={
            "account": account,
            "kind": kind.value,
            "sealed": sealed,
            "made_at": now,
            "next_at": now,
            "expires_at": now + LASTS[kind],
        },
    )
    return is_new


def withdraw(account: User, kinds: list[Kind]) -> int:
    """Take back what waits for an account that does not want it any more."""
    found = Message.objects.filter(account=account, state=State.WAITING, kind__in=[kind.value for kind in kinds])
    return found.delete()[0]


def send_due(mail: Mail, *, now: Callable[[], datetime], should_stop: Callable[[], bool] = lambda: False) -> Round:
    """Hand over what is due, the oldest first, over one connection.

    A mail that the server refuses leaves the others their turn. Where the connection breaks, the round is over; where
    there is none to be had, all that was due waits.
    """
    given_up = _give_up(now())
    tried: list[str] = []
    if not _due(now()).exists():
        return Round(given_up=given_up)
    try:
        with smtp.connected(mail) as server:
            while not should_stop():
                problem = _send_next(server, mail, now())
                if problem is None:
                    break
                tried.append(problem)
                if problem == problems.BrokenOff.code:
                    break
    except problems.SendingFailed as told_by_server:
        log.warning("the mail server takes nothing", code=told_by_server.code)
        return Round(failed=_put_off(told_by_server.code, now()), given_up=given_up, problem=told_by_server.code)
    stopped_by = tried[-1] if tried and tried[-1] == problems.BrokenOff.code else ""
    return Round(tried.count(""), sum(1 for one in tried if one), given_up, stopped_by)


def send_one(mail: Mail, number: UUID, *, now: datetime) -> Round:
    """Hand over one mail that waits, whatever else is due."""
    with transaction.atomic():
        rows = Message.objects.filter(pk=number, state=State.WAITING).select_for_update(of=("self",))
        row = rows.select_related("account").get()
        try:
            with smtp.connected(mail) as server:
                _hand_over(server, mail, row)
        except problems.SendingFailed as problem:
            _note_failure(row, problem.code, now)
            return Round(failed=1, problem=problem.code)
        row.sent_at = now
        _end(row, State.SENT, "")
        return Round(sent=1)


def _send_next(server: SMTP, mail: Mail, now: datetime) -> str | None:
    """What stopped the next one: "" where the server took it; None where none is due."""
    with transaction.atomic():
        row = _due(now).select_for_update(skip_locked=True, of=("self",)).select_related("account").first()
        if row is None:
            return None
        try:
            _hand_over(server, mail, row)
        except problems.SendingFailed as problem:
            # Its own turn comes again later: a mail that a server stumbles over must not hold up the others.
            _note_failure(row, problem.code, now)
            log.warning("a mail was not taken", code=problem.code, **problem.parts)
            return problem.code
        except (problems.AccountHasNoAddress, problems.Unreadable) as problem:
            _end(row, State.GIVEN_UP, problem.code)
            return problem.code
        row.sent_at = now
        _end(row, State.SENT, "")
        return ""


def _hand_over(server: SMTP, mail: Mail, row: Message) -> None:
    account = row.account
    if not account.is_active or not account.email:
        raise problems.AccountHasNoAddress
    stop = "" if row.kind in (Kind.PASSWORD, Kind.TEST) else letters.page(mail, "mail_settings")
    message = smtp.composed(mail, _opened(row), number=str(row.id), to=account.email, stop=stop)
    smtp.hand_over(server, message, mail=mail, to=account.email)


def _due(now: datetime) -> QuerySet[Message]:
    return Message.objects.filter(state=State.WAITING, next_at__lte=now).order_by("next_at", "made_at")


def _note_failure(row: Message, code: str, now: datetime) -> None:
    wait = BACK_OFF_MINUTES[min(row.attempts, len(BACK_OFF_MINUTES) - 1)]
    row.attempts += 1
    row.problem, row.next_at = code, now + timedelta(minutes=wait)
    row.save()


@transaction.atomic
def _put_off(code: str, now: datetime) -> int:
    """Each that is due waits its own time; none is tried against a server that takes nothing."""
    rows = list(_due(now).select_for_update(skip_locked=True))
    for row in rows:
        _note_failure(row, code, now)
    return len(rows)


@transaction.atomic
def _give_up(now: datetime) -> int:
    """What comes too late is not sent any more; what was ended long ago is not kept any more."""
    late = Message.objects.filter(state=State.WAITING, expires_at__lte=now).select_for_update(skip_locked=True)
    rows = list(late)
    for row in rows:
        _end(row, State.GIVEN_UP, row.problem or problems.TooLate.code)
    Message.objects.exclude(state=State.WAITING).filter(made_at__lt=now - KEPT).delete()
    return len(rows)


def _end(row: Message, state: State, problem: str) -> None:
    row.state, row.sealed, row.problem = state, None, problem
    row.save()


def _opened(row: Message) -> Written:
    try:
        return Written.decode(_box().decrypt(bytes(row.sealed or b"")))
    except InvalidToken as problem:
        raise problems.Unreadable from problem


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(settings.NODE.keys.secret("outbox")[:32]))


# --- how it stands -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """How mail stands at this node, for its pages and commands."""

    is_on: bool
    waiting: int
    sent: int
    given_up: int
    oldest: datetime | None
    """Of those that wait."""
    next_at: datetime | None
    problems: dict[str, int]
    """Codes of what stopped those that wait, with how many."""

    def as_dict(self) -> dict[str, Any]:
        moments = {name: when.isoformat() if when else None for name, when in (
            ("oldest", self.oldest), ("next_at", self.next_at),
        )}  # fmt: skip
        return {**vars(self), **moments}


def standing() -> Standing:
    """Raises `ConfigMalformed`."""
    counts = Counter(dict(Message.objects.order_by().values_list("state").annotate(Count("pk"))))
    waiting = Message.objects.filter(state=State.WAITING)
    moments = waiting.aggregate(oldest=Min("made_at"), next_at=Min("next_at"))
    codes = dict(waiting.exclude(problem="").order_by().values_list("problem").annotate(Count("pk")))
    return Standing(
        told() is not None,
        counts[State.WAITING],
        counts[State.SENT],
        counts[State.GIVEN_UP],
        moments["oldest"],
        moments["next_at"],
        codes,
    )
