"""What a digest and a piece of news say to whom: by role, by area, in the account's language, and nothing beyond."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tenun.agreement.vocabulary import Party
from tenun.exchange.gate import Reason, Scope
from tenun.indicators.tables import DATASET
from tenun.kernel.clock import SystemClock
from tenun.lake.snapshot import Layer
from tenun.lake.store import CURRENT
from tenun.node.gate import Gatekeeper
from tenun.node.home import NodeHome, Role
from tests.lib import published_figures as published
from tests.lib import releasing
from tests.lib.portal_mail import PORTAL, addressed, mail_on

pytestmark = pytest.mark.xdist_group("portal")

SUNDAY = datetime(2026, 11, 29, 5, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def mail(node: NodeHome) -> Iterator[Any]:
    with mail_on(node, 2525) as found:
        yield found


@pytest.fixture
def people(node: NodeHome, accounts: Any) -> Iterator[dict[str, Any]]:
    """Accounts with addresses, known to the mails since a Sunday."""
    from tenun.portal.mail import subscribers

    with addressed() as found:
        for account in found.values():
            subscribers.of(account, now=SUNDAY)
        yield found


def letters(account: Any, kind: str | None = None) -> list[Any]:
    """What was written down for an account, the oldest first."""
    from tenun.portal.mail import outbox
    from tenun.portal.mail.models import Message

    rows = Message.objects.filter(account=account).order_by("made_at", "pk")
    return [outbox._opened(row) for row in rows if kind in (None, row.kind)]


def make_digests(mail: Any, at: datetime) -> int:
    from tenun.portal.mail.digests import Digests

    return Digests(mail, at).make_due()


def tell(mail: Any, at: datetime | None = None) -> int:
    from tenun.portal.mail import news

    return news.tell(mail, now=at or SystemClock().now())


# --- digests -----------------------------------------------------------------------------------------


def test_a_digest_comes_on_monday_and_once(mail: Any, people: dict[str, Any]) -> None:
    assert make_digests(mail, SUNDAY) == 0
    written = make_digests(mail, MONDAY)
    assert written > 0
    assert make_digests(mail, MONDAY + timedelta(hours=3)) == 0
    assert len(letters(people["petugas.naker"])) == 1


def test_nobody_gets_a_digest_in_the_week_in_which_mail_begins(mail: Any, accounts: Any, node: NodeHome) -> None:
    with addressed() as found:
        assert make_digests(mail, MONDAY + timedelta(days=2)) == 0
        assert make_digests(mail, MONDAY + WEEK) > 0
        assert letters(found["petugas.naker"])


@pytest.mark.pasal("7(2)")
def test_a_digest_is_about_the_accounts_own_area(mail: Any, people: dict[str, Any]) -> None:
    make_digests(mail, MONDAY)
    (regency,) = letters(people["kabupaten.desa"])
    (nation,) = letters(people["petugas.desa"])
    assert "Kabupaten Lombok Utara" in regency.text
    assert f"{PORTAL}/wilayah/{published.REGENCY}/" in regency.text
    places = set(re.findall(r"wilayah[=/](\d\d(?:\.\d+)*)", regency.text))
    assert all(one == published.REGENCY or one.startswith(f"{published.REGENCY}.") for one in places)
    assert published.OTHER_REGENCY not in regency.text
    assert regency.text != nation.text


@pytest.mark.pasal("7(2)")
def test_a_role_without_figures_is_told_none(mail: Any, people: dict[str, Any]) -> None:
    make_digests(mail, MONDAY)
    for letter in letters(people["keamanan.naker"]):
        assert "Tingkat kecocokan" not in letter.text
        assert "Angka" not in letter.text


@pytest.mark.pasal("7(1)", "7(2)")
def test_of_figures_a_digest_holds_the_match_rate_and_nothing_hidden(
    mail: Any, people: dict[str, Any], node: NodeHome
) -> None:
    from tenun.portal.figures import Figures

    make_digests(mail, MONDAY)
    (letter,) = letters(people["petugas.naker"])
    area = re.search(r"/wilayah/([\d.]+)/", letter.text)
    assert area is not None
    value = Figures.of_node(node, scope=people["petugas.naker"].scope).value("G1", area[1])
    assert f"Tingkat kecocokan: {value.value}".replace(".", ",") in letter.text
    # A rule says how many times; what it measured stands on the page alone.
    assert "Aturan" not in letter.text
    assert not re.search(r"\d{16}|<5", letter.text)


def test_every_digest_says_why_it_came_where_it_leads_and_how_it_is_stopped(mail: Any, people: dict[str, Any]) -> None:
    make_digests(mail, MONDAY)
    for account in people.values():
        for letter in letters(account):
            for said in (letter.text, letter.html):
                assert "Mengapa Anda menerima ini:" in said
                assert f"{PORTAL}/akun/surel/" in said
            assert account.username not in letter.text
            links = set(re.findall(r"https?://[^\s\"<]+", letter.text))
            assert links
            assert all(link.startswith(f"{PORTAL}/") for link in links)
            assert links <= {link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', letter.html)}


def test_every_link_of_a_digest_asks_a_stranger_to_sign_in_and_opens_for_its_reader(
    mail: Any, people: dict[str, Any], sign_in: Any
) -> None:
    make_digests(mail, MONDAY)
    for name, account in people.items():
        for letter in letters(account):
            for link in set(re.findall(rf"{PORTAL}(\S+)", letter.text)):
                assert sign_in().get(link).headers["Location"].startswith("/masuk/"), link
                assert sign_in(name).get(link).status_code == 200, link


def test_a_digest_is_in_the_language_of_the_account(mail: Any, people: dict[str, Any]) -> None:
    wish = people["petugas.naker"].mail
    wish.language = "en"
    wish.save()
    make_digests(mail, MONDAY)
    (english,), (indonesian,) = letters(people["petugas.naker"]), letters(people["petugas.desa"])
    assert english.subject.startswith("Tenun: The week in short")
    for said in ("Match rate:", "Why you get this:", "Change or stop these mails"):
        assert said in english.text
    assert 'lang="en"' in english.html
    assert indonesian.subject.startswith("Tenun: Rangkuman minggu ini")


def test_the_next_digest_tells_what_changed(mail: Any, people: dict[str, Any], node: NodeHome) -> None:
    officer = people["petugas.naker"]
    make_digests(mail, MONDAY)
    make_digests(mail, MONDAY + WEEK)
    first, second = letters(officer)
    assert "Angka baru untuk" in first.text
    assert "Masih angka" in second.text
    with newer_figures(node):
        make_digests(mail, MONDAY + 2 * WEEK)
    third = letters(officer)[-1]
    assert "Angka baru untuk" in third.text
    assert re.search(r"Tingkat kecocokan: [\d,]+\s?%, sebelumnya [\d,]+\s?%", third.text)


@contextmanager
def newer_figures(node: NodeHome) -> Iterator[None]:
    """Figures of a later day, and afterwards those that the other tests share."""
    (current,) = node.lake.root.glob(f"{Layer.OUT}/{DATASET}/*/{CURRENT}")
    before = current.read_text()
    made = published.publish(node.lake, as_of=date(2026, 12, 1), seed=8)
    yield
    node.lake.remove(made)
    current.write_text(before)


def test_a_daily_digest_without_news_does_not_come(mail: Any, people: dict[str, Any]) -> None:
    officer = people["petugas.naker"]
    officer.mail.digest = "daily"
    officer.mail.save()
    make_digests(mail, MONDAY)
    make_digests(mail, MONDAY + timedelta(days=1))
    make_digests(mail, MONDAY + timedelta(days=5))
    assert len(letters(officer)) == 1


def test_whoever_wants_no_digest_gets_none(mail: Any, people: dict[str, Any]) -> None:
    people["petugas.naker"].mail.digest = "off"
    people["petugas.naker"].mail.save()
    make_digests(mail, MONDAY)
    assert letters(people["petugas.naker"]) == []


@pytest.mark.pasal("7(4)")
def test_while_access_is_shut_off_a_digest_holds_no_figure(
    mail: Any, people: dict[str, Any], keeper: Gatekeeper
) -> None:
    keeper.close(Scope.of_agreement("sid-siapkerja"), reason=Reason.LEAK)
    make_digests(mail, MONDAY)
    (letter,) = letters(people["petugas.naker"], "digest")
    assert "Akses diputus" in letter.text
    assert "Tingkat kecocokan" not in letter.text


# --- news --------------------------------------------------------------------------------------------


@pytest.mark.pasal("7(4)")
def test_a_shut_off_and_its_end_are_told_once_to_every_role_that_sees_the_exchange(
    mail: Any, people: dict[str, Any], keeper: Gatekeeper
) -> None:
    scope = Scope.of_agreement("sid-siapkerja")
    keeper.close(scope, reason=Reason.HACK)
    assert tell(mail) == len(people)
    assert tell(mail) == 0
    keeper.reopen(scope)
    assert tell(mail) == len(people)
    assert tell(mail) == 0
    cut, again = letters(people["keamanan.naker"])
    assert cut.subject == "Tenun: Akses diputus"
    assert "peretasan" in cut.text
    assert again.subject == "Tenun: Akses dibuka kembali"
    assert f"{PORTAL}/pertukaran/" in again.text


def test_a_second_shut_off_of_the_same_is_news_again(mail: Any, people: dict[str, Any], keeper: Gatekeeper) -> None:
    scope = Scope.of_agreement("sid-siapkerja")
    for _ in range(2):
        keeper.close(scope, reason=Reason.HACK)
        assert tell(mail) == len(people)
        keeper.reopen(scope)
        assert tell(mail) == len(people)


def test_whoever_wants_no_news_gets_none(mail: Any, people: dict[str, Any], keeper: Gatekeeper) -> None:
    people["keamanan.naker"].mail.wants_alerts = False
    people["keamanan.naker"].mail.save()
    keeper.close(Scope.of_agreement("sid-siapkerja"), reason=Reason.HACK)
    assert tell(mail) == len(people) - 1
    assert letters(people["keamanan.naker"]) == []


def test_nothing_shut_off_is_no_news(mail: Any, people: dict[str, Any]) -> None:
    assert tell(mail) == 0


# --- releases ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def other(node: NodeHome) -> Iterator[NodeHome]:
    """The other party's node; both have the agreement."""
    made = NodeHome(Role.DESA, node.folder.parent / "pihak-lain")
    with releasing.agreed(node, made):
        yield made


def previewed(node: NodeHome, area: str) -> Any:
    """A request for that area, with a preview that lets it go on."""
    from tenun.agreement.release.request import PreviewNoted
    from tenun.node import releases

    asked = releases.ask(node, {**releasing.ASKED, "scope": {"indicators": ["A1"], "areas": [area]}})
    noted = PreviewNoted(cells=10, hidden=2, findings=0, rule_version="sdc-1")
    return releases.keep(node, asked.model_copy(update={"preview": noted}))


@pytest.fixture
def _no_requests_left(node: NodeHome) -> Iterator[None]:
    yield
    shutil.rmtree(node.folder / "releases", ignore_errors=True)


@pytest.mark.usefixtures("_no_requests_left")
@pytest.mark.pasal("7(2)")
def test_a_request_is_told_to_whoever_may_read_releases_of_that_area_at_each_letter(
    mail: Any, people: dict[str, Any], node: NodeHome, other: NodeHome
) -> None:
    from tenun.agreement.release.request import parsed_letter
    from tenun.node import releases

    one = previewed(node, published.OTHER_REGENCY)
    assert tell(mail) > 0
    told = {name for name, account in people.items() if letters(account, "release")}
    assert told == {"petugas.desa", "petugas.naker", "pimpinan.naker"}, "neither another regency nor security"
    releases.consent(node, one, parsed_letter(releasing.LETTERS[Party.NAKER]))
    assert tell(mail) == 3
    assert tell(mail) == 0
    first, second = letters(people["pimpinan.naker"], "release")
    assert f"{PORTAL}/rilis/{one.id}/" in first.text
    assert "surat Pihak Kesatu" in second.text


@pytest.mark.usefixtures("_no_requests_left")
def test_a_request_that_an_account_can_act_on_stands_in_its_digest(
    mail: Any, people: dict[str, Any], node: NodeHome, other: NodeHome
) -> None:
    one = previewed(node, published.REGENCY)
    make_digests(mail, MONDAY)
    for name, is_asked in (("pimpinan.naker", True), ("keamanan.naker", False)):
        found = "".join(letter.text for letter in letters(people[name], "digest"))
        assert (f"{PORTAL}/rilis/{one.id}/" in found) is is_asked, name


@pytest.mark.usefixtures("_no_requests_left")
@pytest.mark.pasal("7(2)")
def test_a_revocation_is_told_and_an_old_one_is_not(
    mail: Any, people: dict[str, Any], node: NodeHome, other: NodeHome
) -> None:
    from tenun.portal.mail.models import Message, News

    release_and_revoke(node, other)
    tell(mail)
    assert [letter.subject for letter in letters(people["pimpinan.naker"], "release")] == [
        "Tenun: Sebuah rilis dicabut"
    ]
    Message.objects.all().delete()
    News.objects.all().delete()
    assert tell(mail, SystemClock().now() + timedelta(days=4)) == 0


def release_and_revoke(node: NodeHome, other: NodeHome) -> None:
    from tenun.agreement.release.request import parsed_letter
    from tenun.node import releases

    def fail(problem: Exception) -> None:
        raise problem

    one = previewed(node, published.REGENCY)
    letter = {party: parsed_letter(releasing.LETTERS[party]) for party in Party}
    mine = releases.consent(node, one, letter[Party.NAKER]).request
    act = releases.consent(other, releases.take(other, mine.content), letter[Party.DESA]).act
    assert act is not None
    releases.countersign(node, mine, act.read_bytes(), warn=fail)
    (made,) = releases.all_releases(node)
    releases.revoke(node, made, reason="Untuk uji.", warn=fail)


@pytest.mark.pasal("9(1)")
def test_what_the_own_ministry_owes_stands_in_its_digests_alone(
    mail: Any, people: dict[str, Any], other: NodeHome
) -> None:
    make_digests(mail, datetime(2028, 7, 10, 1, 0, tzinfo=UTC))
    own, others = (
        "".join(letter.text for letter in letters(people[name], "digest")) for name in ("petugas.naker", "petugas.desa")
    )
    assert re.search(r"TENGGAT\n- (Paling lambat|Terlambat sejak) ", own)
    assert "TENGGAT" not in others


@pytest.mark.pasal("7(4)")
def test_an_incident_that_one_party_tells_of_is_told_once(
    mail: Any, people: dict[str, Any], node: NodeHome, other: NodeHome
) -> None:
    from tenun.exchange import events
    from tenun.exchange.events import EventType
    from tenun.kernel.clock import rfc3339
    from tenun.node.chain import agreement_now

    agreed = agreement_now(node)
    told = {
        "agreement": agreed.id,
        "incident": "ab" * 16,
        "event": "kebocoran data",
        "at": rfc3339(SystemClock().now()),
    }
    issuer = agreed.parties[Party.NAKER].node.issuer
    tell(mail)  # what other tests left on the node they share is news too, and not of this one
    before = len(letters(people["keamanan.naker"], "incident"))
    try:
        events.note_own_incident(node.station, EventType.INCIDENT_OPENED, source=issuer, data=told)
        assert tell(mail) == len(people)
        assert tell(mail) == 0
        (letter,) = letters(people["keamanan.naker"], "incident")[before:]
        assert "kebocoran data" in letter.text
        assert "3 x 24 jam" in letter.text
    finally:
        shutil.rmtree(node.station.exchange / "incidents", ignore_errors=True)
