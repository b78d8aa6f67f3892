from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from tenun.portal import access, words
from tenun.portal.trail.models import Kind


def answer(counts: Mapping[Kind, int], accounts: int, *, is_everyones: bool) -> str:
    """One sentence: how much was opened in these days, by how many."""
    parts = {
        "all": words.number(sum(counts.values())),
        "files": words.number(counts[Kind.DOWNLOAD] + counts[Kind.PROGRAM]),
        "reveals": words.number(counts[Kind.REVEAL]),
        "refused": words.number(counts[Kind.REFUSED]),
        "accounts": words.number(accounts),
    }
    if is_everyones:
        return (
            _(
                "%(accounts)s accounts made %(all)s accesses in these days: %(files)s files, %(reveals)s times covered "
                "fields were shown, %(refused)s were refused."
            )
            % parts
        )
    return (
        _(
            "You made %(all)s accesses in these days: %(files)s files, %(reveals)s times covered fields were shown, "
            "%(refused)s were refused."
        )
        % parts
    )


def kind_name(kind: Kind | str) -> str:
    return {
        Kind.PAGE: _("page"),
        Kind.FIGURES: _("figures"),
        Kind.DOWNLOAD: _("file"),
        Kind.PROGRAM: _("program"),
        Kind.REVEAL: _("covered fields shown"),
        Kind.CHANGE: _("entry"),
        Kind.REFUSED: _("refused"),
    }[Kind(kind)]


def role_name(role: str) -> str:
    return str(access.ROLE_NAMES[access.Role(role)])
