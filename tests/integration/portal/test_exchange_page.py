"""The page that says whether data passes, and the strip on every page when it does not."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from tenun.agreement.vocabulary import Party
from tenun.exchange import events, outbox, reconcile
from tenun.exchange.comparison import Comparison, Finding, FindingKind, Subject, Window
from tenun.exchange.events import EventType
from tenun.exchange.gate import Reason, Scope
from tenun.exchange.reconcile import Report, Seen
from tenun.kernel.clock import SystemClock, rfc3339
from tenun.node.gate import Gatekeeper
from tenun.node.home import NodeHome

pytestmark = pytest.mark.xdist_group("portal")

CUT = "sedang diputus"


@pytest.mark.pasal("6(1)", "7(4)")
def test_the_page_tells_the_agreement_the_directions_and_the_evidence(
    sign_in: Any, keeper: Gatekeeper, agreed: None
) -> None:
    client = sign_in("petugas.naker")
    page = client.get("/pertukaran/").text
    assert "SID → SIAPKerja" in page
    assert "SIAPKerja → SID" in page
    assert "proses pertukaran simpul ini tidak berjalan" in page  # nobody closed it; no guard beats here
    assert "berlaku sampai 23 Jul 2028" in page
    keeper.close(Scope.of_agreement("sid-siapkerja"), reason=Reason.MALWARE)
    page = client.get("/pertukaran/").text
    assert "Kemnaker memutus akses (malware)" in page
    assert "seluruh perjanjian" in page


def test_a_node_without_an_agreement_says_so(sign_in: Any) -> None:
    page = sign_in("petugas.naker").get("/pertukaran/")
    assert page.status_code == 200
    assert "tidak memegang perjanjian yang berlaku" in page.text


@pytest.mark.pasal("7(4)")
def test_every_page_shows_a_shut_off_at_once_and_the_opening_too(sign_in: Any, keeper: Gatekeeper) -> None:
    client = sign_in("petugas.naker")
    assert CUT not in client.get("/").text
    keeper.close(Scope.of_dataset("sid-siapkerja", "sid-warga"), reason=Reason.LEAK)
    assert CUT in client.get("/").text
    page = client.get("/pertukaran/").text
    assert "sid-warga" in page
    assert "kebocoran data" in page
    keeper.reopen(Scope.of_dataset("sid-siapkerja", "sid-warga"))
    assert CUT not in client.get("/").text


@pytest.mark.pasal("7(4)")
def test_a_record_that_cannot_be_read_is_shown_as_closed(sign_in: Any, keeper: Gatekeeper) -> None:
    keeper.record_file.write_text("rusak")
    client = sign_in("petugas.naker")
    assert CUT in client.get("/").text


def test_the_security_officer_sees_the_exchange_and_no_figures(sign_in: Any) -> None:
    client = sign_in("keamanan.naker")
    assert client.get("/pertukaran/").status_code == 200
    assert client.get("/").status_code == 403


def test_a_stranger_is_not_told_what_is_shut_off(sign_in: Any, keeper: Gatekeeper) -> None:
    keeper.close(Scope.all(), reason=Reason.HACK)
    assert CUT not in sign_in().get("/masuk/").text


@pytest.mark.pasal("7(4)")
def test_the_page_tells_the_incidents_of_both_parties_and_what_is_owed(
    sign_in: Any, node: NodeHome, keeper: Gatekeeper, agreed: None
) -> None:
    position = node.station.position()
    now = SystemClock().now()
    told = {"agreement": position.agreement.id, "event": "kebocoran data", "at": rfc3339(now - timedelta(hours=2))}
    issuer = position.agreement.parties[Party.DESA].node.issuer
    for kind, incident, changed in (
        (EventType.INCIDENT_OPENED, "b" * 32, {}),
        (EventType.INCIDENT_OPENED, "c" * 32, {"event": "hack"}),
        (EventType.INCIDENT_CLOSED, "c" * 32, {"event": "hack", "at": rfc3339(now)}),
    ):
        event = events.compose(kind, source=issuer, data={**told, "incident": incident, **changed}, now=now)
        read = events.read(event, peer=Party.DESA, issuer=issuer, agreement=position.agreement.id)
        events.note_incident(node.station, read)
    outbox.tell_incident(
        node.station, position.agreement, EventType.INCIDENT_OPENED, incident="d" * 32, event="malware", at=now
    )
    page = sign_in("petugas.naker").get("/pertukaran/").text
    assert "Insiden (Pasal 7 ayat (4))" in page
    for words in ("kebocoran data", "peretasan", "malware", "paling lambat", "ditutup", "Kemendesa PDT"):
        assert words in page, words
    shutil.rmtree(node.exchange)


@pytest.mark.pasal("3(1)b")
def test_the_page_names_what_one_log_lacks(sign_in: Any, node: NodeHome, keeper: Gatekeeper, agreed: None) -> None:
    station, agreement, day = node.station, node.station.position().agreement, date(2026, 11, 20)
    window = Window.of_day(day, seen_until=SystemClock().now())
    missing = Finding(FindingKind.MISSING, Subject.CALL, "e" * 64, lacking=Party.DESA, indices={"naker": 7})
    logs = (Seen(Party.NAKER, 9, "0" * 64), Seen(Party.DESA, 8, "1" * 64))
    compared = Comparison(Party.NAKER, window, Counter({"calls": 3}), [missing])
    reconcile.record(station, agreement, Report(day, logs, compared, SystemClock().now()))
    page = sign_in("petugas.naker").get("/pertukaran/").text
    assert "1 temuan" in page
    assert "e" * 16 in page
    assert "kedua log berbeda" in page  # the candidate, told to the peer as an incident
    shutil.rmtree(node.exchange)
