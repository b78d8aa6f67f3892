"""Who may open what: roles, permissions, areas. Two tables and one rule.

Default deny. A route that `ROUTES` does not name answers to nobody; a role that `ROLES` does not give a
permission has none; and a figure outside the area of the account is refused by whoever reads figures
(`tenun.portal.figures`), whatever a view asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from tenun.kernel.clause import implements

NATIONAL = "00"


class Permission(StrEnum):
    FIGURES_READ = "figures.read"
    """See results of the areas in the account's scope (Pasal 3(1)c, 3(2)c)."""
    FIGURES_DOWNLOAD = "figures.download"
    """Take the same results along as a file. Pasal 7(2) goes with it."""
    EXCHANGE_READ = "exchange.read"
    """See whether data passes between the nodes, what is shut off, and the evidence; no data and no figures."""
    LINK_READ = "link.read"
    """See how well residents and accounts are linked, and the model; no record and no pair."""
    LINK_REVIEW = "link.review"
    """Judge pairs of records, and see of two people what a stated reason asks for (Pasal 1(2), 7(1))."""
    LINK_ARBITRATE = "link.arbitrate"
    """Decide pairs on which two reviewers differ. Never a pair that the account has judged itself."""
    QUALITY_READ = "quality.read"
    """See which data cannot be trusted yet, and take lists of rows back to the source; pointers, never a value."""
    TRAIL_READ = "trail.read"
    """See one's own accesses."""
    TRAIL_SUMS = "trail.sums"
    """See how often each role opened what, without accounts."""
    TRAIL_ALL = "trail.all"
    """See the accesses of every account: who, when, which page, for what."""

    RELEASE_READ = "release.read"
    """See what others may see and by which letters, and what they would see (Pasal 7(2))."""
    RELEASE_PREPARE = "release.prepare"
    """Ask for a release, preview it as its audience, and publish what both parties have consented to."""
    RELEASE_DECIDE = "release.decide"
    """Give or withhold the consent of one's own ministry, and end a release. Never with the right to prepare one."""

    CORRECTIONS_READ = "corrections.read"
    """See what villages of the area object to, and how it was answered."""
    CORRECTIONS_FILE = "corrections.file"
    """Object, for one's own village, to a figure that was released to it."""
    CORRECTIONS_RECORD = "corrections.record"
    """Write an objection down on the letter of a village of the area, with the figure it is about."""
    CORRECTIONS_ANSWER = "corrections.answer"
    """Take up and answer objections to data of one's own ministry's source, and take their list along."""


# Routes with these work on figures of the account's area; the others do without.
FIGURES = frozenset(
    {Permission.FIGURES_READ, Permission.FIGURES_DOWNLOAD, Permission.QUALITY_READ, Permission.CORRECTIONS_RECORD}
)


class Route(StrEnum):
    """Routes that need no permission, and why they may do without."""

    OPEN = "open"
    """Says nothing about anyone: sign-in, help, language, health."""
    OWN_ACCOUNT = "own account"
    """For whoever is signed in, about their own account only."""
    AUDIENCE = "audience"
    """For whom a release names: the view asks the gate and the audience's key, since an audience has no account."""


class Role(StrEnum):
    """What an account is for. The stored spelling never changes."""

    DATA_DESA = "data_desa"
    DATA_NAKER = "data_naker"
    MONITORING = "monitoring"
    LEADERSHIP = "leadership"
    SECURITY = "security"
    VILLAGE = "village_government"


ROLE_NAMES = {
    Role.DATA_DESA: _("Data officer, Kemendesa"),
    Role.DATA_NAKER: _("Data officer, Kemnaker"),
    Role.MONITORING: _("Monitoring and evaluation officer"),
    Role.LEADERSHIP: _("Leadership"),
    Role.SECURITY: _("Security officer"),
    Role.VILLAGE: _("Village government"),
}

READ_AND_TAKE = frozenset(
    {Permission.FIGURES_READ, Permission.FIGURES_DOWNLOAD, Permission.EXCHANGE_READ, Permission.LINK_READ}
    | {Permission.TRAIL_READ, Permission.CORRECTIONS_READ}
)
CORRECT = frozenset({Permission.CORRECTIONS_RECORD, Permission.CORRECTIONS_ANSWER})
PREPARE = frozenset({Permission.RELEASE_READ, Permission.RELEASE_PREPARE})

# The public is absent on purpose, and a village government has no right to read figures: Pasal 7(2) lets them reach
# either only by a written approval of both parties. What such an approval releases they get at the routes of
# `Route.AUDIENCE`; a village sees it, too, where it objects to a figure.
ROLES: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.DATA_DESA: READ_AND_TAKE | {Permission.QUALITY_READ} | PREPARE | CORRECT,
        # Links are made and judged where they are used, by officers who hold the accounts' records anyway.
        Role.DATA_NAKER: READ_AND_TAKE
        | {Permission.LINK_REVIEW, Permission.LINK_ARBITRATE, Permission.QUALITY_READ}
        | PREPARE
        | CORRECT,
        Role.MONITORING: READ_AND_TAKE,
        Role.LEADERSHIP: frozenset(
            {Permission.FIGURES_READ, Permission.EXCHANGE_READ, Permission.LINK_READ}
            | {Permission.TRAIL_READ, Permission.TRAIL_SUMS}
            | {Permission.RELEASE_READ, Permission.RELEASE_DECIDE, Permission.CORRECTIONS_READ}
        ),
        # Sees keys, access and incidents; the content of records and results is not part of that work.
        Role.SECURITY: frozenset(
            {Permission.EXCHANGE_READ, Permission.TRAIL_READ, Permission.TRAIL_SUMS, Permission.TRAIL_ALL}
        ),
        Role.VILLAGE: frozenset({Permission.CORRECTIONS_READ, Permission.CORRECTIONS_FILE, Permission.TRAIL_READ}),
    }
)

# Every named route, and nothing else (tests/repository/portal/test_routes.py walks the resolver).
ROUTES: Mapping[str, Route | Permission] = MappingProxyType(
    {
        "account_login": Route.OPEN,
        "mfa_authenticate": Route.OPEN,  # second step of signing in: no one is signed in yet
        "language": Route.OPEN,
        "about": Route.OPEN,
        "help": Route.OPEN,
        "health": Route.OPEN,
        "robots": Route.OPEN,
        "favicon": Route.OPEN,
        "account_logout": Route.OPEN,
        "account_inactive": Route.OPEN,
        "account_reset_password": Route.OPEN,  # for whoever cannot sign in; the answer never tells who has an account
        "account_reset_password_done": Route.OPEN,
        "account_reset_password_from_key": Route.OPEN,
        "account_reset_password_from_key_done": Route.OPEN,
        "account": Route.OWN_ACCOUNT,
        "offline_worker": Route.OPEN,  # a program without anyone's data; browsers fetch it by themselves
        "keep_offline": Route.OWN_ACCOUNT,
        "mail_settings": Route.OWN_ACCOUNT,
        "account_change_password": Route.OWN_ACCOUNT,
        "account_reauthenticate": Route.OWN_ACCOUNT,
        "mfa_index": Route.OWN_ACCOUNT,
        "mfa_reauthenticate": Route.OWN_ACCOUNT,
        "mfa_activate_totp": Route.OWN_ACCOUNT,
        "mfa_deactivate_totp": Route.OWN_ACCOUNT,
        "mfa_view_recovery_codes": Route.OWN_ACCOUNT,
        "mfa_generate_recovery_codes": Route.OWN_ACCOUNT,
        "mfa_download_recovery_codes": Route.OWN_ACCOUNT,
        "overview": Permission.FIGURES_READ,
        "attention": Permission.FIGURES_READ,
        "attention_list": Permission.FIGURES_READ,
        "attention_file": Permission.FIGURES_DOWNLOAD,
        "search": Permission.FIGURES_READ,
        "area": Permission.FIGURES_READ,
        "area_sheet": Permission.FIGURES_DOWNLOAD,
        "where_from": Permission.FIGURES_READ,
        "village_room": Permission.FIGURES_READ,
        "village_pack": Permission.FIGURES_DOWNLOAD,
        "map": Permission.FIGURES_READ,
        "compare": Permission.FIGURES_READ,
        "compare_file": Permission.FIGURES_DOWNLOAD,
        "indicators": Permission.FIGURES_READ,
        "indicator": Permission.FIGURES_READ,
        "downloads": Permission.FIGURES_DOWNLOAD,
        "download_csv": Permission.FIGURES_DOWNLOAD,
        "download_xlsx": Permission.FIGURES_DOWNLOAD,
        "results_catalogue": Permission.FIGURES_DOWNLOAD,
        "results_openapi": Permission.FIGURES_DOWNLOAD,
        "results_snapshot": Permission.FIGURES_DOWNLOAD,
        "results_areas": Permission.FIGURES_DOWNLOAD,
        "results_indicators": Permission.FIGURES_DOWNLOAD,
        "results_values": Permission.FIGURES_DOWNLOAD,
        "results_metadata": Permission.FIGURES_DOWNLOAD,
        "results_provenance": Permission.FIGURES_DOWNLOAD,
        "quality": Permission.QUALITY_READ,
        "quality_villages": Permission.QUALITY_READ,
        "quality_villages_file": Permission.QUALITY_READ,
        "quality_findings": Permission.QUALITY_READ,
        "quality_findings_file": Permission.QUALITY_READ,
        "quality_rows": Permission.QUALITY_READ,
        "quality_rows_file": Permission.QUALITY_READ,
        "releases": Permission.RELEASE_READ,
        "release_new": Permission.RELEASE_PREPARE,
        "release": Permission.RELEASE_READ,
        "release_file": Permission.RELEASE_READ,
        "release_feed": Route.AUDIENCE,
        "release_metadata": Route.AUDIENCE,
        "corrections": Permission.CORRECTIONS_READ,
        "correction": Permission.CORRECTIONS_READ,
        "correction_file": Permission.CORRECTIONS_FILE,
        "correction_record": Permission.CORRECTIONS_RECORD,
        "corrections_file": Permission.CORRECTIONS_ANSWER,
        "exchange": Permission.EXCHANGE_READ,
        "trail": Permission.TRAIL_READ,
        "trail_file": Permission.TRAIL_READ,
        "link_report": Permission.LINK_READ,
        "link_report_of": Permission.LINK_READ,
        "link_report_file": Permission.LINK_READ,
        "link_model": Permission.LINK_READ,
        "link_chart": Permission.LINK_READ,
        "link_pair": Permission.LINK_REVIEW,
        "link_review": Permission.LINK_REVIEW,
        "link_arbitration": Permission.LINK_ARBITRATE,
    }
)


@implements(
    "3(1)c",
    "3(2)c",
    "7(2)",
    control="Officers of both ministries, and nobody else, see results within the area of their role.",
)
@dataclass(frozen=True)
class Scope:
    """The part of the country an account may see: `00` all of it, `52` a province, `52.01` a regency …"""

    area_code: str

    @property
    def is_national(self) -> bool:
        return self.area_code == NATIONAL

    def covers(self, area_code: str) -> bool:
        """Whether that area lies inside. What lies above (the province of a regency) does not."""
        if self.is_national or area_code == self.area_code:
            return True
        return area_code.startswith(f"{self.area_code}.")


# Where an account begins: the first of these that its role opens.
HOMES = ("overview", "corrections", "exchange")


def home_of(role: str) -> str:
    """The route where an account of that role begins; its own account where it may open nothing else."""
    return next((route for route in HOMES if may(role, Permission(str(ROUTES[route])))), "account")


def may(role: str, permission: Permission) -> bool:
    """Whether the table gives that role that permission. A role it does not know has none."""
    try:
        return permission in ROLES[Role(role)]
    except ValueError:
        return False
