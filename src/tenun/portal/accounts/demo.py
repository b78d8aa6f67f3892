"""Accounts for a demonstration. They exist only on a node that is marked as one.

The passwords are fixed and stand in this file: that is what makes them safe to show and impossible to
mistake for real ones. A node that holds real data is never marked (`serving.mark_as_demo`).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from tenun.kernel.errors import TenunError
from tenun.node.home import Role as Party
from tenun.portal import access
from tenun.portal.access import NATIONAL, Role
from tenun.portal.accounts.models import User
from tenun.registry.reference import edition


class NotADemo(TenunError):
    code = "portal.not_a_demo"
    text_id = "Akun peragaan tidak dibuat: simpul {node} tidak ditandai sebagai peragaan."
    text_en = "No demo accounts were made: the node {node} is not marked as a demonstration."
    remedy_id = "Jalankan `./run demo`, yang membuat simpulnya sendiri. Simpul dengan data asli tidak pernah ditandai."
    remedy_en = "Run `./run demo`, which makes nodes of its own. A node with real data is never marked."


@dataclass(frozen=True)
class DemoAccount:
    username: str
    password: str
    party: Party
    role: Role
    area: str
    """`national`, `province`, `regency` or `village`: which part of the demo's regency the account sees."""

    def area_code(self, regency: str) -> str:
        if self.area == "village":
            return _first_village(regency)
        return {"national": NATIONAL, "province": regency[:2], "regency": regency}[self.area]


def _first_village(regency: str) -> str:
    """By its code, in the current edition."""
    district = edition.current().children(regency)[0]
    return edition.current().children(district.code)[0].code


ACCOUNTS = (
    DemoAccount("petugas.desa", "peragaan-desa-2026", Party.DESA, Role.DATA_DESA, "national"),
    DemoAccount("petugas.naker", "peragaan-naker-2026", Party.NAKER, Role.DATA_NAKER, "national"),
    DemoAccount("kabupaten.desa", "peragaan-kabupaten-2026", Party.DESA, Role.DATA_DESA, "regency"),
    DemoAccount("provinsi.naker", "peragaan-provinsi-2026", Party.NAKER, Role.DATA_NAKER, "province"),
    DemoAccount("penengah.naker", "peragaan-penengah-2026", Party.NAKER, Role.DATA_NAKER, "national"),
    DemoAccount("pimpinan.desa", "peragaan-pimpinan-desa-2026", Party.DESA, Role.LEADERSHIP, "national"),
    DemoAccount("pimpinan.naker", "peragaan-pimpinan-naker-2026", Party.NAKER, Role.LEADERSHIP, "national"),
    DemoAccount("keamanan.naker", "peragaan-keamanan-2026", Party.NAKER, Role.SECURITY, "national"),
    DemoAccount("pemerintah.desa", "peragaan-pemerintah-desa-2026", Party.DESA, Role.VILLAGE, "village"),
)


@transaction.atomic
def create_accounts(regency: str) -> list[dict[str, str]]:
    """Make the accounts, or bring their role and area back to what they should be. Gives what the demo prints.

    `regency` is the regency code of the demo, such as `52.01`. Raises `NotADemo`.
    """
    if not settings.IS_DEMO:
        raise NotADemo(node=str(settings.ROLE))
    for wanted in ACCOUNTS:
        user = User.objects.filter(username=wanted.username, is_demo=True).first()
        if user is None:
            # Hashing is slow on purpose: once, when the account is made. A changed password stays changed.
            user = User(username=wanted.username, is_demo=True)
            user.set_password(wanted.password)
        user.role, user.party, user.area_code = wanted.role, wanted.party, wanted.area_code(regency)
        user.save()
    return [
        {
            "username": account.username,
            "password": account.password,
            "party": str(account.party),
            "role": str(account.role),
            "area": account.area_code(regency),
        }
        for account in ACCOUNTS
    ]


def shown() -> list[dict[str, str]]:
    """The accounts as the sign-in page of a demo lists them, with role and area in words."""
    there = {user.username: user for user in User.objects.filter(is_demo=True)}
    return [
        {
            "username": account.username,
            "password": account.password,
            "role": str(access.ROLE_NAMES[account.role]),
            "party": str(account.party),
            "area": there[account.username].area_code,
        }
        for account in ACCOUNTS
        if account.username in there
    ]
