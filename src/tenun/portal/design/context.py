"""What every page needs: who is here, which figures these are, which menu entry is the present one."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from tenun.agreement import document
from tenun.agreement.terms import Contact
from tenun.node.home import SOURCE_ROOT
from tenun.portal import words
from tenun.portal.access import Permission, home_of, may
from tenun.portal.accounts.offline import is_kept
from tenun.portal.closures import is_cut

# Route -> the menu entry that is marked as the present one.
SECTIONS = {
    "area": "search",
    "attention": "overview",
    "attention_list": "overview",
    "compare": "map",
    "indicator": "indicators",
    "link_arbitration": "link_review",
}
SECTIONS |= {"village_room": "search", "where_from": "indicators"}
SECTIONS |= {"quality_villages": "quality", "quality_findings": "quality", "quality_rows": "quality"}
SECTIONS |= {"link_report_of": "link_report", "link_model": "link_report", "link_pair": "link_review"}
SECTIONS |= {"release": "releases", "release_new": "releases"}
SECTIONS |= {"correction": "corrections", "correction_file": "corrections", "correction_record": "corrections"}


@cache
def contacts() -> tuple[Contact, ...]:
    """The units of Pasal 10, as the agreement document names them."""
    folder = settings.NODE.agreement
    if not (folder / document.DOCUMENT).exists():
        folder = SOURCE_ROOT / "agreements" / "sid-siapkerja"
    return tuple(party.contact for party in document.load(folder).parties.values())


def page(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    is_in = user is not None and user.is_authenticated
    figures = getattr(request, "figures", None)
    match = request.resolver_match
    route = match.view_name if match else ""
    return {
        "menu": _menu(user.role) if is_in else (),
        "start_route": home_of(user.role) if is_in else "overview",
        "here_section": SECTIONS.get(route, route),
        "brand": user.party if is_in else str(settings.ROLE),
        "node": str(settings.ROLE),
        "is_demo": settings.IS_DEMO,
        "is_kept_offline": is_in and is_kept(request),
        "language": words.language(),
        "languages": settings.LANGUAGES,
        "release": figures.release if figures is not None else None,
        "contacts": contacts(),
        # Whoever works here sees a shut-off on every page, at once (Pasal 7(4)).
        "is_cut": is_in and is_cut(settings.NODE),
        "reference": getattr(request, "reference", ""),
        "snapshot_query": request.GET.get("potret", "") if figures is not None else "",
    }


def _menu(role: str) -> tuple[tuple[str, str, str], ...]:
    entries = (
        ("overview", _("Overview"), "layout-dashboard", Permission.FIGURES_READ),
        ("map", _("Map and ranking"), "map-2", Permission.FIGURES_READ),
        ("search", _("Find a village"), "search", Permission.FIGURES_READ),
        ("indicators", _("Indicators"), "ruler", Permission.FIGURES_READ),
        ("downloads", _("Download"), "download", Permission.FIGURES_DOWNLOAD),
        ("quality", _("Data quality"), "shield-check", Permission.QUALITY_READ),
        ("releases", _("Release approval"), "shield-check", Permission.RELEASE_READ),
        ("corrections", _("Corrections"), "hourglass", Permission.CORRECTIONS_READ),
        ("exchange", _("Exchange"), "arrows-exchange", Permission.EXCHANGE_READ),
        # Everyone's own is in the menu of the account.
        ("trail", _("Access log"), "key", Permission.TRAIL_SUMS),
        ("link_report", _("Linkage report"), "file-text", Permission.LINK_READ),
        ("link_review", _("Review links"), "circle-check", Permission.LINK_REVIEW),
    )
    return tuple((route, text, picture) for route, text, picture, permission in entries if may(role, permission))
