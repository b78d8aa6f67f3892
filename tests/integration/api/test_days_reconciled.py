"""The worker's daily comparison of both logs, from the peer's API to the report, the candidate and the page."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from tenun.agreement.vocabulary import Party
from tenun.api import serving
from tenun.exchange import events, reconcile
from tenun.exchange.calls import AnswerDigests, CallBook, RequestDigests, about
from tenun.exchange.comparison import FindingKind, Subject
from tenun.exchange.gate import MappedGate
from tenun.exchange.journal import Journal
from tenun.exchange.outbox import Outbox
from tenun.kernel.clock import JAKARTA, FixedClock
from tenun.node import config, shutoff
from tenun.node.home import Role
from tenun.node.worker import LANES, Desk, Lane
from tenun.portal.exchange import state
from tests.integration.api.conftest import open_folder
from tests.lib.api_calls import in_home
from tests.lib.online_nodes import OnlineNodes, open_online_nodes

pytestmark = pytest.mark.xdist_group("api")

THEN = datetime.now(UTC) - timedelta(days=2)
"""When the calls were made. The logs are read now, over the peer's API, whose clock is this machine's."""
DAY: date = THEN.astimezone(JAKARTA).date()
ROWS = AnswerDigests(status=200, signature_sha256="a" * 64, content_sha256="c" * 64, rows=3, bytes=90)


@pytest.fixture(scope="module")
def nodes() -> Iterator[OnlineNodes]:
    with open_folder() as folder, in_home(folder):
        nodes = open_online_nodes(folder, villages=(), clock=FixedClock(THEN))
        for party in Party:
            shutoff.keeper_of(nodes.home(party)).establish()
        with serving.start(Role.DESA, nodes.port(Party.DESA), workers=1):
            yield nodes


def call(nodes: OnlineNodes, number: int, *, only_at: Party | None = None) -> str:
    """A call from *naker* to *desa* in the books of both, or of one."""
    digests = RequestDigests(kid="k", signature_sha256=hashlib.sha256(b"%d" % number).hexdigest(), base_sha256="b" * 64)
    told = about(nodes.agreement, digests, operation="bulk", dataset="sid-warga", purpose="pemadanan")
    if only_at is not Party.DESA:
        book = CallBook(nodes.naker)
        book.asked(told)
        book.answered(told, ROWS)
        book.close()
    if only_at is not Party.NAKER:
        book = CallBook(nodes.desa)
        book.opened_and_closed(told, ROWS)
        book.close()
    return told.id


@pytest.mark.pasal("3(1)b", "7(1)")
def test_a_call_that_one_side_lacks_is_named_by_the_worker_on_the_page_and_to_the_peer(nodes: OnlineNodes) -> None:
    both, alone = call(nodes, 1), call(nodes, 2, only_at=Party.NAKER)
    home = nodes.home(Party.NAKER)
    desk = Desk(home, config.read_or_default(home), MappedGate.open(home.station.gate), lambda: False)
    lane = Lane.of("checks", LANES["checks"], desk)
    for _ in range(3):  # as the worker's thread does; a day at a time
        lane.run_due()
    desk.close()
    assert {name: told["problem"] for name, told in lane.told().items()} == {
        "orders": None,
        "mirror": None,
        "reconcile": None,
        "stamp": None,
    }

    (day,) = [one for one in reconcile.latest(home.station, 7) if one.day == DAY]
    (finding,) = day.findings
    assert (finding.kind, finding.subject, finding.key) == (FindingKind.MISSING, Subject.CALL, alone)
    assert finding.lacking is Party.DESA
    assert day.counts["calls"] == 2
    assert both not in finding.sentence("en")
    assert reconcile.is_done(home.station, DAY + timedelta(days=1))

    (candidate,) = reconcile.candidates(home.station)
    (incident,) = events.incidents(home.station)
    assert (incident["incident"], incident["event"]) == (candidate["candidate"], reconcile.TOLD_AS)
    assert Outbox(home.station, desk.gate).status().waiting == 1
    written = [entry for _, entry in Journal(home.station).entries(0) if entry["type"] == reconcile.RECONCILED]
    assert [entry["findings"] for entry in written if entry["day"] == DAY.isoformat()] == [{"call.missing": 1}]

    shown = state.look(home)
    assert (DAY, finding) in shown.findings
    assert [one.event for one in shown.incidents] == [reconcile.TOLD_AS]


def test_a_day_that_was_compared_is_not_compared_again(nodes: OnlineNodes) -> None:
    home = nodes.home(Party.NAKER)
    before = len(list(Journal(home.station).entries(0)))
    desk = Desk(home, config.read_or_default(home), MappedGate.open(home.station.gate), lambda: False)
    lane = Lane.of("checks", LANES["checks"], desk)
    lane.run_due()
    lane.run_due()
    desk.close()
    assert len(list(Journal(home.station).entries(0))) == before
