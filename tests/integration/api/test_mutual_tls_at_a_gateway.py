"""TLS ending at a gateway: the certificate that it tells counts as the agreement has it, and only from its address."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from tenun.agreement.vocabulary import Party
from tenun.node import config
from tests.integration.api.conftest import Served, serve_desa
from tests.lib.online_nodes import OnlineNodes, open_online_nodes

pytestmark = pytest.mark.xdist_group("api")

PINNED, OTHER = b"0\x82 the certificate of naker", b"0\x82 another"


def header(der: bytes) -> dict[str, str]:
    return {"Client-Cert": f":{base64.b64encode(der).decode()}:"}


def nodes_behind(folder: Path, gateway: str) -> OnlineNodes:
    def change(document: dict) -> None:
        for party in document["parties"]:
            if party["role"] == "naker":
                digest = hashlib.sha256(PINNED).digest()
                party["node"]["mtls"] = [base64.urlsafe_b64encode(digest).rstrip(b"=").decode()]

    nodes = open_online_nodes(folder, villages=(), change=change)
    home = nodes.home(Party.DESA)
    config.write(home, config.changed(config.default(home.role), {"api.trusted_proxies": [gateway]}))
    return nodes


def asked(served: Served, more: dict[str, str] | None) -> tuple[int, str | None]:
    answer = served.caller.call("GET", f"{served.caller.base}/acts/state", more=more)
    return answer.status, None if answer.status == 200 else answer.problem


@pytest.mark.pasal("3(1)b")
def test_only_the_pinned_certificate_gets_in_from_the_gateway(own_folder: Path) -> None:
    with serve_desa(own_folder, nodes_behind(own_folder, "127.0.0.1")) as served:
        assert asked(served, header(PINNED)) == (200, None)
        for refused in (header(OTHER), {"Client-Cert": "unreadable"}, None):
            assert asked(served, refused) == (401, "client-unknown")


@pytest.mark.pasal("3(1)b")
def test_a_header_from_elsewhere_is_ignored_and_logged(own_folder: Path) -> None:
    with serve_desa(own_folder, nodes_behind(own_folder, "10.9.9.9")) as served:
        assert asked(served, header(PINNED)) == (401, "client-unknown")
        assert "no trusted proxy" in served.api.log.read_text()
