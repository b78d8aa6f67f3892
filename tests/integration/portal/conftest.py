"""One prepared portal for the tests of this folder: its own home, its own database, figures in every state."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement import signing
from tenun.agreement.vocabulary import Party
from tenun.node.gate import Gatekeeper
from tenun.node.home import NodeHome, Role
from tenun.portal import serving
from tests.lib import published_figures as published
from tests.lib.two_nodes import DRAFT


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="tenun-portal-"))
    made.chmod(0o755)  # the embedded server's account must be able to pass through
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def node(home: Path) -> Iterator[NodeHome]:
    """A demo node whose portal runs in this process, with Django configured for it."""
    before = dict(os.environ)
    serving.use_home(home)
    for name in ("DATABASE_URL", "DATABASE_URL_NAKER"):
        os.environ.pop(name, None)
    try:
        node = NodeHome.of(Role.NAKER)
        published.publish(node.lake)
        serving.mark_as_demo(Role.NAKER)
        with serving.prepared(Role.NAKER):
            os.environ.clear()
            os.environ.update(before)  # other tests of this process have nothing to do with this home
            yield node
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def accounts(node: NodeHome) -> dict[str, dict[str, str]]:
    """The demo accounts by user name."""
    from tenun.portal.accounts import demo

    return {account["username"]: account for account in demo.create_accounts(published.REGENCY)}


@pytest.fixture
def sign_in(accounts: dict[str, dict[str, str]]) -> Any:
    """A browser of that account; of nobody without a name."""
    from django.test import Client

    from tenun.portal.accounts.models import User

    def client(username: str | None = None) -> Any:
        made = Client(HTTP_HOST="localhost")
        if username is not None:
            made.force_login(User.objects.get(username=username), "allauth.account.auth_backends.AuthenticationBackend")
        return made

    return client


@pytest.fixture
def keeper(node: NodeHome) -> Iterator[Gatekeeper]:
    keeper = Gatekeeper(node.station.gate, node.station.party)
    keeper.establish()
    yield keeper
    shutil.rmtree(node.station.gate)


@pytest.fixture
def agreed(node: NodeHome) -> Iterator[None]:
    """An agreement in force at the portal's node, for one test."""
    other = NodeHome(Role.DESA, node.folder.parent / "pihak-lain")
    homes = {Party.NAKER: node, Party.DESA: other}
    signing.enter_into_force(DRAFT, {party: (home.agreement, home.folder / "keys") for party, home in homes.items()})
    yield
    for folder in (node.agreement, node.folder / "keys", node.station.acts, node.log, other.folder):
        shutil.rmtree(folder, ignore_errors=True)
