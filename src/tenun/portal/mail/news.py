"""What officers are told of at once: found in the node's own files each round, noted, told once.

Nothing calls this from a shut-off: that must not wait for a database, let alone for a mail. What the files say now is
compared with what was noted before. An act of the chain that is older than some days is noted and not told: a node
whose mail is switched on later does not begin with old news.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from tenun.agreement.acts.kinds import Kind as ActKind
from tenun.agreement.release.gate import Release
from tenun.agreement.release.request import Request
from tenun.agreement.release.states import ReleaseState
from tenun.agreement.vocabulary import Party
from tenun.exchange import events
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError
from tenun.node import releases
from tenun.node.chain import agreement_now, chain_of
from tenun.node.config import Mail
from tenun.node.gate import Closure
from tenun.node.home import NodeHome
from tenun.portal import words
from tenun.portal.closures import closures_of
from tenun.portal.exchange import wording as of_exchange
from tenun.portal.mail import letters, outbox, subscribers
from tenun.portal.mail.kinds import Kind
from tenun.portal.mail.letters import Letter, Line, Section
from tenun.portal.mail.models import News
from tenun.portal.releases import wording as of_releases

FRESH = timedelta(days=3)
_SHUT_OFF = "shut-off/"
_KEY_MAX = 160
"""Room is left for what ends it and for an account."""

log = structlog.get_logger("tenun.mail")
Say = Callable[[], tuple[str, str]]
"""Subject and sentence, in the language that is on."""


@dataclass(frozen=True)
class Item:
    """One thing to be told. `areas` narrows it to accounts whose area covers them all."""

    key: str
    kind: Kind
    say: Say
    route: str
    arguments: dict[str, str] = field(default_factory=dict)
    areas: tuple[str, ...] = ()
    at: datetime | None = None
    """When it happened; None for what is the case now."""
    about: dict[str, Any] = field(default_factory=dict)


@implements("7(4)", "7(2)", control="Officers are mailed at once when access is cut or reopened, or a consent ends.")
def tell(mail: Mail, *, now: datetime) -> int:
    """Write down the mails for what is new. Gives how many. What cannot be read is logged, and told when it can be."""
    home = settings.NODE
    return sum(_told(item, mail, now=now) for look in (_shut_offs, _of_agreement) for item in look(home, now))


@transaction.atomic
def _told(item: Item, mail: Mail, *, now: datetime) -> int:
    """Noted and written down together: a process that is killed between the two would lose the news."""
    _row, is_new = News.objects.get_or_create(key=item.key, defaults={"noted_at": now, "about": item.about})
    if not is_new or (item.at is not None and item.at < now - FRESH):
        return 0
    written = 0
    for account, wish in subscribers.alerted(item.kind, now=now):
        if all(account.scope.covers(code) for code in item.areas):
            with translation.override(wish.language):
                letter = _letter(item, mail)
            key = f"{item.key}/{account.pk}"
            written += outbox.put(letter, key=key, kind=item.kind, account=account, now=now)
    return written


def _letter(item: Item, mail: Mail) -> Letter:
    subject, sentence = item.say()
    where = Line(_("See it in the portal (asks you to sign in)"), letters.page(mail, item.route, **item.arguments))
    return Letter(
        subject=subject,
        opening=sentence,
        sections=(Section(_("Where to look"), (where,)),),
        why=_("your role is told of this at once. The mail names no person and shows no figure."),
        stop=letters.stop_line(mail),
        language=words.language(),
    )


# --- shut off, opened again ----------------------------------------------------------------------


def _shut_offs(home: NodeHome, now: datetime) -> Iterator[Item]:
    """By the node's own record, which is there before the act is."""
    closures, is_readable = closures_of(home)
    if not is_readable:
        yield Item(f"record-unreadable/{now.date().isoformat()}", Kind.SHUT_OFF, _say_unreadable, "exchange")
        return
    closed = {_key(one): one for one in closures}
    for key, one in closed.items():
        yield Item(key, Kind.SHUT_OFF, _say_shut_off(one), "exchange", about=one.as_dict())
    noted = News.objects.filter(key__startswith=_SHUT_OFF, ended_at=None).exclude(key__in=closed)
    for row in noted:
        about = Closure.from_dict(row.about)
        yield Item(f"ended/{row.key}", Kind.SHUT_OFF, _say_reinstated(about), "exchange")
        # After the item was taken: a note of the end without its mail would lose it.
        row.ended_at = now
        row.save()


def _key(one: Closure) -> str:
    return f"{_SHUT_OFF}{one.by}/{one.since.isoformat()}/{one.scope}"[:_KEY_MAX]


def _say_unreadable() -> tuple[str, str]:
    return _("Everything is closed: a record cannot be read"), _(
        "The record of shut-offs cannot be read, so everything is closed (Pasal 7(4)). Whoever runs the node must look."
    )


def _say_shut_off(one: Closure) -> Say:
    def say() -> tuple[str, str]:
        parts = {
            "party": of_releases.party_name(one.by),
            "what": of_exchange.scope_name(one),
            "reason": of_exchange.reason_name(one.reason),
            "when": of_releases.clock(one.since),
        }
        return _("Access was shut off"), _(
            "%(party)s has shut off %(what)s since %(when)s (%(reason)s). No data of it passes until the same party "
            "opens it again (Pasal 7(4))."
        ) % parts

    return say


def _say_reinstated(one: Closure) -> Say:
    def say() -> tuple[str, str]:
        parts = {"party": of_releases.party_name(one.by), "what": of_exchange.scope_name(one)}
        return _("Access was opened again"), _(
            "%(party)s has ended its shut-off of %(what)s. What else is closed is told by the page."
        ) % parts

    return say


# --- by the agreement ----------------------------------------------------------------------------


def _of_agreement(home: NodeHome, now: datetime) -> Iterator[Item]:
    """Incidents, requests and revocations; nothing at a node without an agreement."""
    if not home.agreement.exists():
        return
    try:
        found = [*_incidents(home), *_reports(home), *_requests(home), *_revocations(home)]
    except TenunError as problem:
        log.warning("news of the agreement cannot be read", code=problem.code)
        return
    yield from found


def _incidents(home: NodeHome) -> Iterator[Item]:
    issuers = {terms.node.issuer: party for party, terms in agreement_now(home).parties.items()}
    for one in events.incidents(home.station):
        if "opened" in one and "closed" not in one:
            say = _say_incident(issuers[one["from"]], one["event"])
            opened = datetime.fromisoformat(one["opened"])
            yield Item(f"incident/{one['incident']}", Kind.INCIDENT, say, "exchange", at=opened)


def _say_incident(party: Party, event: str) -> Say:
    def say() -> tuple[str, str]:
        parts = {"party": of_releases.party_name(party), "event": of_exchange.event_name(event)}
        return _("An incident is open"), _(
            "%(party)s has told of an incident: %(event)s. Its report is due within 3 x 24 hours (UU 27/2022 Pasal 46)."
        ) % parts

    return say


def _reports(home: NodeHome) -> Iterator[Item]:
    for entry in chain_of(home).all():
        if entry.kind is ActKind.INCIDENT_REPORT:
            say = _say_report(entry.by)
            yield Item(f"report/{entry.hash}", Kind.INCIDENT, say, "exchange", at=entry.completed_at)


def _say_report(party: Party) -> Say:
    def say() -> tuple[str, str]:
        parts = {"party": of_releases.party_name(party)}
        return _("An incident report was signed"), _(
            "%(party)s has signed its report on an incident (Pasal 7(4)). The page shows of which."
        ) % parts

    return say


def _requests(home: NodeHome) -> Iterator[Item]:
    """Those that can be consented to: previewed, or with one party's letter."""
    for one in releases.drafts(home):
        if one.state is ReleaseState.DRAFT:
            continue
        step = "-".join(sorted(one.letters)) or "asked"
        yield Item(
            f"request/{one.id}/{step}",
            Kind.RELEASE,
            _say_request(one),
            "release",
            {"name": one.id},
            tuple(one.scope["areas"]),
        )


def _say_request(one: Request) -> Say:
    def say() -> tuple[str, str]:
        return _("A release waits for consent"), of_releases.of_request(one)

    return say


def _revocations(home: NodeHome) -> Iterator[Item]:
    for one in releases.all_releases(home):
        notice = releases.withdrawal(home, one.act) if one.state is ReleaseState.REVOKED else None
        if notice is not None:
            yield Item(
                f"revoked/{one.act}",
                Kind.RELEASE,
                _say_revoked(notice.by, one),
                "release",
                {"name": one.act[:12]},
                tuple(one.scope.areas),
                at=notice.completed_at,
            )


def _say_revoked(party: Party, one: Release) -> Say:
    def say() -> tuple[str, str]:
        parts = {
            "party": of_releases.party_name(party),
            "audience": of_releases.audience_name(one.audience),
        }
        return _("A release was revoked"), _(
            "%(party)s has revoked the consent to a release for %(audience)s. Its feed and files are closed; what was "
            "taken may not be used any more (Pasal 7(2))."
        ) % parts

    return say
