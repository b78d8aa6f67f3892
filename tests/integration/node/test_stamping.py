"""The worker has the log stamped once a day by a real authority (`openssl ts`), and `tenun log verify` shows it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement.vocabulary import Party
from tenun.cli.main import main
from tenun.exchange.gate import MappedGate
from tenun.exchange.journal import Journal
from tenun.exchange.station import Station
from tenun.kernel.clock import FixedClock
from tenun.node import config, stamping
from tenun.node.config import Authority
from tenun.node.home import NodeHome
from tenun.node.stamping import AuthorityCertificateMissing, AuthorityUnreachable
from tenun.node.worker import LANES, Desk, Lane
from tenun.transparency_log import stamp
from tenun.transparency_log.errors import StampInvalid
from tenun.transparency_log.log import Log
from tests.lib.online_nodes import open_online_nodes
from tests.lib.time_authority import open_authority, reply, serve


@dataclass
class Stamped:
    home: NodeHome
    authority: Authority
    folder: Path
    """Of the authority."""

    @property
    def station(self) -> Station:
        return self.home.station

    def on_day(self, days: int) -> Station:
        """The node as it is so many days from now. The authority's own clock is this machine's."""
        return replace(self.station, clock=FixedClock(datetime.now(UTC) + timedelta(days=days)))

    def verify(self) -> dict[str, Any]:
        out = io.StringIO()
        with redirect_stdout(out), pytest.raises(SystemExit):
            main()
        found: dict[str, Any] = json.loads(out.getvalue())["logs"]["desa"]
        return found


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stamped]:
    folder = open_authority(tmp_path)
    nodes = open_online_nodes(tmp_path / "nodes", villages=())
    monkeypatch.setenv("TENUN_HOME", str(tmp_path / "nodes"))
    monkeypatch.setattr(sys, "argv", ["tenun", "log", "verify", "--node", "desa", "--json"])
    home = nodes.home(Party.DESA)
    Journal(home.station).write("test.entry")
    with serve(folder) as url:
        authority = Authority(url=url, certificate=str(folder / "root.pem"))
        yield Stamped(home, authority, folder)


def run_worker(node: Stamped) -> dict[str, Any]:
    desk = Desk(node.home, config.read_or_default(node.home), MappedGate.open(node.station.gate), lambda: False)
    lane = Lane.of("checks", [one for one in LANES["checks"] if one.name == "stamp"], desk)
    lane.run_due()
    return lane.told()["stamp"]


def test_the_worker_has_the_log_stamped_and_verify_shows_when(node: Stamped) -> None:
    named = config.changed(config.default(node.home.role), {"log.tsa": node.authority.model_dump()})
    config.write(node.home, named)
    before = datetime.now(UTC)
    assert run_worker(node)["problem"] is None
    said = node.verify()
    (shown,) = said["stamps"]
    assert (said["is_sound"], shown["is_valid"], shown["size"], shown["policy"]) == (True, True, 1, "1.2.3.4.1")
    assert abs(datetime.fromisoformat(shown["time"]) - before) < timedelta(minutes=1)


def test_without_an_authority_nobody_is_asked_and_the_log_is_whole(node: Stamped) -> None:
    assert run_worker(node)["problem"] is None
    said = node.verify()
    assert (said["is_sound"], said["stamps"]) == (True, [])


def test_one_stamp_a_day_and_none_for_a_log_that_has_not_grown(node: Stamped) -> None:
    asked: list[bytes] = []

    def post(body: bytes) -> bytes:
        asked.append(body)
        return reply(node.folder, body)

    def due(days: int) -> bool:
        return stamping.stamp_if_due(node.on_day(days), node.authority, post=post) is not None

    assert due(0)
    Journal(node.station).write("test.entry")
    assert not due(0)
    assert due(1)
    assert not due(2)
    assert len(asked) == 2
    assert [one.size for one in stamping.shown(node.station.log, node.authority)] == [1, 2]


def test_a_stamp_that_was_altered_is_shown_as_such_and_made_anew(node: Stamped) -> None:
    assert stamping.stamp_if_due(node.station, node.authority) is not None
    file = node.station.log / stamp.STAMPS / "1.tsr"
    file.write_bytes(file.read_bytes()[:-40] + bytes(40))
    (shown,) = stamping.shown(node.station.log, node.authority)
    assert (shown.stamp, shown.problem) == (None, StampInvalid.code)
    assert stamping.stamp_if_due(node.station, node.authority) is not None
    file.with_suffix(".checkpoint").unlink()
    assert [one.problem for one in stamping.shown(node.station.log, node.authority)] == [StampInvalid.code]


def test_a_stamped_checkpoint_of_another_history_damages_the_log(node: Stamped, tmp_path: Path) -> None:
    other = Log(tmp_path / "another-history", node.station.log_signer())
    other.append(b"another entry, signed with the same key")
    signed = other.files.checkpoint()
    assert signed is not None
    stamp.keep(node.station.log, signed, b"whatever the authority said")
    assert node.verify()["is_sound"] is False


def test_an_answer_of_another_authority_is_not_kept(node: Stamped, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = open_authority(tmp_path / "other")
    with pytest.raises(StampInvalid):
        stamping.stamp_if_due(node.station, node.authority, post=lambda body: reply(other, body))
    assert stamp.kept(node.station.log) == []


def test_an_authority_that_is_away_or_a_root_that_is_gone_is_told_and_tried_again(node: Stamped) -> None:
    away = Authority(url="http://127.0.0.1:1/tsr", certificate=node.authority.certificate)
    with pytest.raises(AuthorityUnreachable):
        stamping.stamp_if_due(node.station, away)
    rootless = Authority(url=node.authority.url, certificate=str(node.folder / "gone.pem"))
    with pytest.raises(AuthorityCertificateMissing):
        stamping.stamp_if_due(node.station, rootless)
    named = config.changed(config.default(node.home.role), {"log.tsa": away.model_dump()})
    config.write(node.home, named)
    assert run_worker(node)["problem"] == AuthorityUnreachable.code
