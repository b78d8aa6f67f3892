"""Releases in words: who, what state, what it lets them see, and why a step is not offered here."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenun.agreement.release.gate import Release
from tenun.agreement.release.request import Request
from tenun.agreement.release.states import ReleaseState
from tenun.agreement.vocabulary import Party
from tenun.disclosure.gates import TIMES
from tenun.indicators import wording
from tenun.kernel.clock import JAKARTA
from tenun.kernel.errors import TenunError
from tenun.portal import words

AUDIENCES = ("pemerintah-desa", "pemerintah-daerah", "publik")
"""What the form offers. A request made by command may name another."""


def audience_name(code: str) -> str:
    names = {
        "pemerintah-desa": _("village governments"),
        "pemerintah-daerah": _("regional governments"),
        "publik": _("the public"),
    }
    return names.get(code, code)


def party_name(party: Party | str) -> str:
    return {
        Party.DESA: _("Pihak Kesatu (Kemendesa PDT)"),
        Party.NAKER: _("Pihak Kedua (Kemnaker)"),
    }[Party(party)]


def state_name(state: ReleaseState | str) -> str:
    return {
        ReleaseState.DRAFT: _("being prepared"),
        ReleaseState.PREVIEWED: _("previewed, no consent yet"),
        ReleaseState.CONSENTED_BY_ONE: _("consent under way"),
        ReleaseState.GRANTED: _("consented, not begun yet"),
        ReleaseState.PUBLISHED: _("in force"),
        ReleaseState.REVOKED: _("revoked"),
        ReleaseState.EXPIRED: _("expired"),
    }[ReleaseState(state)]


def state_icon(state: ReleaseState | str) -> str:
    """Beside the words: colour alone tells nothing to many."""
    return {
        ReleaseState.PUBLISHED: "circle-check",
        ReleaseState.REVOKED: "ban",
        ReleaseState.EXPIRED: "ban",
    }.get(ReleaseState(state), "hourglass")


def of_all(released: int, waiting: int) -> str:
    """The answer of the list."""
    if released:
        first = ngettext(
            "Others see figures under %(n)s release.", "Others see figures under %(n)s releases.", released
        ) % {"n": words.number(released)}
    else:
        first = _("Others than the two ministries see nothing: no release is in force.")
    if not waiting:
        return first
    second = ngettext("%(n)s request waits for consent.", "%(n)s requests wait for consent.", waiting) % {
        "n": words.number(waiting)
    }
    return f"{first} {second}"


def of_release(one: Release) -> str:
    """The answer of a release's page."""
    parts = {
        "audience": audience_name(one.audience),
        "indicators": _indicators(len(one.scope.indicators)),
        "areas": _areas(len(one.scope.areas)),
        "from": words.day(one.valid_from),
        "until": words.day(one.valid_until),
        "desa": one.scope.letters.desa.number,
        "naker": one.scope.letters.naker.number,
    }
    return {
        ReleaseState.GRANTED: _("Not yet: from %(from)s on, %(audience)s may see %(indicators)s of %(areas)s."),
        ReleaseState.PUBLISHED: _(
            "Yes: %(audience)s may see %(indicators)s of %(areas)s until %(until)s, by letters %(desa)s and %(naker)s."
        ),
        ReleaseState.REVOKED: _("No: this release was revoked. Its feed and files are closed to %(audience)s."),
        ReleaseState.EXPIRED: _("No: this release ended on %(until)s. Its feed and files are closed to %(audience)s."),
    }[one.state] % parts


def of_request(one: Request) -> str:
    """The answer of a request's page: what is missing."""
    parts = {
        "audience": audience_name(one.audience),
        "indicators": _indicators(len(one.scope["indicators"])),
        "areas": _areas(len(one.scope["areas"])),
    }
    if one.state is ReleaseState.DRAFT:
        text = _("No: nobody has looked yet at what %(audience)s would see of %(indicators)s and %(areas)s.")
    elif one.state is ReleaseState.PREVIEWED:
        text = _("No: for %(audience)s to see %(indicators)s of %(areas)s, both parties must consent by letter.")
    elif one.is_complete:
        text = _("Not yet: both letters are in; the act that opens it to %(audience)s needs its second signature.")
    else:
        missing = next(party for party in Party if party not in one.letters)
        parts["party"] = party_name(missing)
        text = _("Not yet: the letter of %(party)s is missing. Until then %(audience)s see nothing.")
    return text % parts


def _indicators(n: int) -> str:
    return ngettext("%(n)s indicator", "%(n)s indicators", n) % {"n": words.number(n)}


def _areas(n: int) -> str:
    return ngettext("%(n)s area", "%(n)s areas", n) % {"n": words.number(n)}


def breakdown_name(code: str) -> str:
    """`Sex`, `Sex and age group`."""
    return " · ".join(wording.named(wording.BREAKDOWNS, one, words.language()) for one in code.split(TIMES))


def category_name(code: str) -> str:
    return " · ".join(wording.named(wording.CATEGORIES, one, words.language()) for one in code.split(TIMES))


def problem(told: TenunError) -> dict[str, str]:
    """A refusal in the reader's language."""
    language = words.language()
    return {"text": told.message(language), "remedy": told.remedy(language), "code": told.code}


def clock(moment: datetime) -> str:
    """`24 Nov 2026 10.15 WIB`."""
    local = timezone.localtime(moment, JAKARTA)
    return f"{words.day(local.date())} {local:%H.%M} WIB"
