"""A portal's node that sends mail, for one test: its server in node.json, addresses of accounts, an empty outbox."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tenun.node import config
from tenun.node.home import NodeHome
from tests.lib.mail_server import HOST

PORTAL = "https://portal.example"
ADDRESSES = {
    "petugas.desa": "petugas-desa@example.org",
    "petugas.naker": "petugas-naker@example.org",
    "kabupaten.desa": "kabupaten-desa@example.org",
    "pimpinan.naker": "pimpinan-naker@example.org",
    "keamanan.naker": "keamanan-naker@example.org",
}


@contextmanager
def mail_on(node: NodeHome, port: int, **members: Any) -> Iterator[config.Mail]:
    """Mail goes to that port of this machine; without TLS unless `members` say otherwise."""
    told = {"host": HOST, "port": port, "tls": "none", "sender": "tenun@example.org", "portal": PORTAL, **members}
    path = config.path_of(node)
    before = path.read_bytes() if path.exists() else None
    made = config.changed(config.read_or_default(node), {"mail": told})
    config.write(node, made)
    try:
        assert made.mail is not None
        yield made.mail
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)


@contextmanager
def addressed(addresses: Mapping[str, str] = ADDRESSES) -> Iterator[dict[str, Any]]:
    """Accounts with addresses, by user name; afterwards they have none, and nothing of any mail is left."""
    from tenun.portal.accounts.models import User
    from tenun.portal.mail.models import Message, News, Subscription

    found = {}
    for name, address in addresses.items():
        account = User.objects.get(username=name)
        account.email = address
        account.save()
        found[name] = account
    try:
        yield found
    finally:
        User.objects.filter(username__in=addresses).update(email="")
        for table in (Message, Subscription, News):
            table.objects.all().delete()


@contextmanager
def mailing(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process that sends mails, as the worker starts it."""
    unwanted = ("DATABASE_URL", "DATABASE_URL_NAKER", "DJANGO_SETTINGS_MODULE", "TENUN_ROLE")
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    words = [sys.executable, "-m", "tenun.portal.mailing", "naker"]
    process = subprocess.Popen(
        words, env={**environment, "TENUN_HOME": str(home)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
