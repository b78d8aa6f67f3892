"""The digest of an account: what changed since the last, what waits for it, what is due. Counts and one rate.

Figures are read through the account's own door (`tenun.portal.figures`), so that none comes from outside its area. Of
them a mail holds the match rate of that area and what a rule found, and nothing else: mailboxes lie outside the node
(Pasal 7). While anything is shut off it holds none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenun.agreement.release.request import Request
from tenun.agreement.release.states import ReleaseState
from tenun.exchange import duties
from tenun.exchange.duties import Duty
from tenun.indicators.results import Value
from tenun.kernel.clause import implements
from tenun.kernel.clock import JAKARTA
from tenun.kernel.errors import TenunError
from tenun.lake.store import SnapshotMissing
from tenun.node import releases
from tenun.node.chain import standing_of
from tenun.node.config import Mail
from tenun.portal import words
from tenun.portal.access import Permission
from tenun.portal.accounts.models import User
from tenun.portal.closures import is_cut
from tenun.portal.corrections import desk
from tenun.portal.corrections.desk import Which
from tenun.portal.figures import Figures
from tenun.portal.mail import letters, outbox, rhythms, subscribers
from tenun.portal.mail.kinds import Kind, Rhythm
from tenun.portal.mail.letters import Letter, Line, Section
from tenun.portal.mail.models import Subscription
from tenun.portal.overview import attention
from tenun.portal.releases import steps
from tenun.portal.releases import wording as of_releases
from tenun.portal.releases.steps import Action

MATCH_RATE = "G1"
ENDS_SOON = timedelta(days=30)
ANSWER_SOON = timedelta(days=2)

log = structlog.get_logger("tenun.mail")


@dataclass(frozen=True)
class Seen:
    """What one snapshot says to accounts of one area, in one language."""

    area: str
    name: str
    match: Value | None
    warnings: tuple[attention.Warning, ...]


@dataclass(frozen=True)
class Part:
    section: Section
    is_news: bool


@dataclass
class Digests:
    """Digests of one round: what several accounts would be told alike is computed once."""

    mail: Mail
    now: datetime
    _seen: dict[tuple[str, str, str], Seen | None] = field(default_factory=dict)
    _duties: list[Duty] | None = None

    @implements("7(1)", "7(2)", control="A digest holds no figure from outside the account's area, and no name.")
    def make_due(self) -> int:
        """Write down each digest whose day or week has come. Gives how many."""
        return sum(self._made(account) for account in subscribers.reachable())

    def _made(self, account: User) -> bool:
        """What cannot be made for one account is logged, and the others get theirs; it is tried again next round."""
        try:
            return self._make(account)
        except TenunError as problem:
            log.warning("a digest cannot be made", code=problem.code)
            return False

    @transaction.atomic
    def _make(self, account: User) -> bool:
        wish = subscribers.of(account, now=self.now)
        period = rhythms.period(Rhythm(wish.digest), self.now)
        if period is None or period == wish.period:
            return False
        with translation.override(wish.language):
            parts, snapshot = self._parts(account, wish)
            letter = self._letter(parts, wish)
        wish.period, wish.snapshot = period, snapshot
        wish.save()
        is_needed = any(part.is_news for part in parts) if wish.digest == Rhythm.DAILY else bool(parts)
        if not is_needed:
            return False
        key = f"digest/{account.pk}/{period}"
        return outbox.put(letter, key=key, kind=Kind.DIGEST, account=account, now=self.now)

    def _letter(self, parts: list[Part], wish: Subscription) -> Letter:
        is_daily = wish.digest == Rhythm.DAILY
        day = words.day(self.now.astimezone(JAKARTA).date())
        subject = _("The day in short, %(day)s") if is_daily else _("The week in short, %(day)s")
        return Letter(
            subject=subject % {"day": day},
            opening=_("What changed since the last digest, and what waits for you."),
            sections=tuple(part.section for part in parts),
            why=_("your account asks for a daily digest.")
            if is_daily
            else _("accounts get a digest each week unless they choose otherwise."),
            stop=letters.stop_line(self.mail),
            language=words.language(),
        )

    # --- the parts ---------------------------------------------------------------------------------

    def _parts(self, account: User, wish: Subscription) -> tuple[list[Part], str]:
        """What there is to tell, and the snapshot that it tells of."""
        found: list[Part | None] = []
        snapshot = wish.snapshot
        if is_cut(settings.NODE):
            found.append(self._cut())
        elif account.may(Permission.FIGURES_READ):
            figures, snapshot = self._figures(account, wish)
            found += figures
        if account.may(Permission.RELEASE_READ):
            found += self._releases(account)
        if account.may(Permission.CORRECTIONS_READ):
            found.append(self._corrections(account))
        if account.may(Permission.EXCHANGE_READ) and account.party == str(settings.ROLE):
            found.append(self._due())
        return [part for part in found if part is not None], snapshot

    def _cut(self) -> Part:
        line = Line(_("Access is shut off (Pasal 7(4)): see by whom and since when"), self._page("exchange"))
        return Part(Section(_("Exchange"), (line,)), is_news=True)

    def _figures(self, account: User, wish: Subscription) -> tuple[list[Part | None], str]:
        try:
            figures = Figures.of_node(settings.NODE, scope=account.scope)
        except SnapshotMissing:
            return [], wish.snapshot
        current = figures.release.snapshot
        seen = self._looked(figures, current)
        if seen is None:
            return [], wish.snapshot
        before = self._before(account, wish.snapshot) if wish.snapshot not in ("", current) else None
        return [
            self._snapshot(figures, seen, before, is_new=wish.snapshot != current),
            self._warnings(seen, before, is_first=wish.snapshot == ""),
        ], current

    def _before(self, account: User, snapshot: str) -> Seen | None:
        try:
            return self._looked(Figures.of_node(settings.NODE, scope=account.scope, snapshot=snapshot), snapshot)
        except SnapshotMissing:
            return None  # it was cleared away: then nothing is compared

    def _looked(self, figures: Figures, snapshot: str) -> Seen | None:
        key = (figures.scope.area_code, snapshot, words.language())
        if key not in self._seen:
            self._seen[key] = _seen(figures)
        return self._seen[key]

    def _snapshot(self, figures: Figures, seen: Seen, before: Seen | None, *, is_new: bool) -> Part:
        parts = {"area": seen.name, "day": words.day(figures.release.reference_date)}
        text = (
            _("New figures for %(area)s, as of %(day)s") if is_new else _("Still the figures for %(area)s of %(day)s")
        )
        lines = [Line(text % parts, self._page("overview"))]
        if seen.match is not None and seen.match.value is not None:
            lines.append(Line(_match(seen.match, before), self._page("area", code=seen.area)))
        return Part(Section(_("Figures"), tuple(lines)), is_news=is_new)

    def _warnings(self, seen: Seen, before: Seen | None, *, is_first: bool) -> Part | None:
        if not seen.warnings:
            return None
        known = {one.text for one in before.warnings} if before is not None else set()
        fresh = [one for one in seen.warnings if before is not None and one.text not in known]
        lines = tuple(
            Line(f"{_('new')}: {one.text}" if one in fresh else one.text, self.mail.portal + one.address)
            for one in seen.warnings
        )
        return Part(Section(_("Needs attention"), lines), is_news=bool(fresh) or is_first)

    def _releases(self, account: User) -> Iterator[Part | None]:
        """Requests that this account can do something about, and releases that end soon; inside its area."""
        if not settings.NODE.agreement.exists():
            return
        try:
            drafts, made = releases.drafts(settings.NODE), releases.all_releases(settings.NODE)
        except TenunError as problem:
            log.warning("releases cannot be read", code=problem.code)
            return
        mine = [
            one
            for one in drafts
            if all(account.scope.covers(code) for code in one.scope["areas"]) and _waits_for(account, one)
        ]
        if mine:
            lines = tuple(Line(of_releases.of_request(one), self._page("release", name=one.id)) for one in mine)
            yield Part(Section(_("Waits for you"), lines), is_news=True)
        last = (self.now + ENDS_SOON).astimezone(JAKARTA).date()
        ending = [
            one
            for one in made
            if one.state is ReleaseState.PUBLISHED
            and one.valid_until <= last
            and all(account.scope.covers(code) for code in one.scope.areas)
        ]
        if ending:
            lines = tuple(
                Line(
                    _("The release for %(audience)s ends on %(day)s")
                    % {"audience": of_releases.audience_name(one.audience), "day": words.day(one.valid_until)},
                    self._page("release", name=one.act[:12]),
                )
                for one in ending
            )
            yield Part(Section(_("Ends soon"), lines), is_news=False)

    def _corrections(self, account: User) -> Part | None:
        """Objections of villages of the account's area that wait; for whoever answers, those of the own ministry."""
        day = self.now.astimezone(JAKARTA).date()
        found = list(desk.of_scope(account.scope, Which.WAITING, today=day))
        if account.may(Permission.CORRECTIONS_ANSWER):
            found = [one for one in found if one.owner == account.party]
        if not found:
            return None
        text = ngettext(
            "%(n)s objection of a village waits for an answer, by %(day)s",
            "%(n)s objections of villages wait for an answer, the first by %(day)s",
            len(found),
        )
        first = min(one.due for one in found)
        line = Line(text % {"n": words.number(len(found)), "day": words.day(first)}, self._page("corrections"))
        return Part(Section(_("Corrections"), (line,)), is_news=first <= day + ANSWER_SOON)

    def _due(self) -> Part | None:
        found = self._pressing()
        if not found:
            return None
        lines = tuple(Line(_duty(one), self._page("exchange")) for one in found)
        return Part(Section(_("Due"), lines), is_news=any(one.state is duties.DutyState.OVERDUE for one in found))

    def _pressing(self) -> list[Duty]:
        """Duties of this node's ministry whose date is near or past."""
        if self._duties is None:
            self._duties = _pressing(self.now)
        return self._duties

    def _page(self, route: str, **arguments: str) -> str:
        return letters.page(self.mail, route, **arguments)


def _waits_for(account: User, one: Request) -> bool:
    """Whether the next step is the account's: a preview, a letter, the second signature. Not what it merely may do."""
    found = steps.of_request(account, one)
    if one.state is ReleaseState.DRAFT:
        return Action.PREVIEW in found
    return Action.CONSENT in found or (one.is_complete and Action.COUNTERSIGN in found)


def _seen(figures: Figures) -> Seen | None:
    area = figures.home()
    if area is None:
        return None
    totals: Mapping[str, Value] = {value.indicator: value for value in figures.totals(area.code)}
    return Seen(
        area.code,
        words.area_title(area.code, area.name),
        totals.get(MATCH_RATE),
        tuple(attention.find(figures, area.code)),
    )


def _match(value: Value, before: Seen | None) -> str:
    now = words.percent(value.value or 0.0)
    old = before.match if before is not None and before.area == value.area_code else None
    if old is None or old.value is None:
        return _("Match rate: %(now)s") % {"now": now}
    return _("Match rate: %(now)s, before %(old)s") % {"now": now, "old": words.percent(old.value)}


def _pressing(now: datetime) -> list[Duty]:
    home = settings.NODE
    if not home.agreement.exists():
        return []
    try:
        standing = standing_of(home)
        facts = duties.facts_at(standing, now)
        found = duties.register(home.station, standing.at(now).agreement, facts, moment=now)
    except TenunError as problem:
        log.warning("duties cannot be read", code=problem.code)
        return []
    return [one for one in found if one.is_pressing]


def _duty(one: Duty) -> str:
    text = one.text_id if words.language() == "id" else one.text_en
    if one.due is None:
        return text
    day = words.day(one.due.astimezone(JAKARTA).date())
    if one.state is duties.DutyState.OVERDUE:
        return _("Overdue since %(day)s: %(text)s") % {"day": day, "text": text}
    return _("By %(day)s: %(text)s") % {"day": day, "text": text}
