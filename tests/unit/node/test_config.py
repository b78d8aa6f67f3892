"""node.json: what is not understood is refused, by the member and never by its value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tenun.node import config as configs
from tenun.node.config import ConfigMalformed, ConfigMissing
from tenun.node.home import NodeHome, Role


@pytest.fixture
def home(tmp_path: Path) -> NodeHome:
    return NodeHome(Role.DESA, tmp_path)


def test_what_is_written_is_read(home: NodeHome) -> None:
    configs.write(home, configs.default(Role.DESA))
    assert configs.read(home) == configs.default(Role.DESA)
    assert configs.path_of(home).stat().st_mode & 0o777 == 0o600


def test_the_demos_nodes_do_not_share_a_port() -> None:
    found = [configs.default(role) for role in Role]
    assert len({port for one in found for port in (one.api.port, one.web.port)}) == 4


def test_without_a_file_one_is_told_to_set_the_node_up(home: NodeHome) -> None:
    with pytest.raises(ConfigMissing) as refused:
        configs.read(home)
    assert "node init" in refused.value.remedy("en")
    assert configs.read_or_default(home) == configs.default(Role.DESA)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("issuer", "ftp://rahasia"),
        ("issuer", "https://rahasia.example/"),
        ("issuer", "https://rahasia.example?x=1"),
        ("issuer", "https://rahasia@example"),
        ("peer_address", "rahasia"),
        ("api.port", 70_000),
        ("api.port", "8527"),
        ("api.workers", 0),
        ("api.stream_bytes_per_second", 1),
        ("api.tls_key", "rahasia.pem"),
        ("api.client_ca", "rahasia.pem"),
        ("witness.stop_after_seconds", 10),
        ("api.rahasia", 1),
        ("version", 2),
    ],
)
def test_a_member_that_cannot_be_is_named_and_not_quoted(member: str, value: Any) -> None:
    with pytest.raises(ConfigMalformed) as refused:
        configs.changed(configs.default(Role.DESA), {member: value})
    told = json.dumps(refused.value.as_dict())
    assert str(refused.value.parts["member"]).split("/")[1] == member.split(".")[0]
    assert "rahasia" not in told or member == "api.rahasia"


def test_a_change_leaves_all_else_as_it_was() -> None:
    changed = configs.changed(configs.default(Role.NAKER), {"peer_address": "http://10.0.0.1:8527", "api.workers": 4})
    assert changed.api.workers == 4
    assert changed.api.port == configs.default(Role.NAKER).api.port


def test_a_file_that_is_no_json_is_refused(home: NodeHome) -> None:
    configs.path_of(home).write_text("{")
    with pytest.raises(ConfigMalformed):
        configs.read(home)


def test_files_leave_uncapped_unless_a_cap_is_set() -> None:
    config = configs.default(Role.DESA)
    assert config.api.stream_bytes_per_second is None
    capped = configs.changed(config, {"api.stream_bytes_per_second": 65_536})
    assert capped.api.stream_bytes_per_second == 65_536
