"""The pages about mails: one's own wishes, and the way to a new password that tells nobody who has an account."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache

from tenun.node.home import NodeHome
from tests.lib.portal_mail import ADDRESSES, PORTAL, addressed, mail_on

pytestmark = pytest.mark.xdist_group("portal")

OFFICER = "petugas.naker"
FORGOTTEN, ASKED = "/sandi/lupa/", "/sandi/lupa/diminta/"
NEW = "pintu-terbuka-lebar-2026"


@pytest.fixture
def people(node: NodeHome, accounts: Any) -> Iterator[dict[str, Any]]:
    with addressed() as found:
        yield found


@pytest.fixture
def _mail_is_on(node: NodeHome) -> Iterator[None]:
    cache.clear()  # how often something was asked for is counted there
    with mail_on(node, 2525):
        yield
    cache.clear()


def answer_of(page: str) -> str:
    found = re.search(r'class="answer">(.*?)</p>', page, re.DOTALL)
    assert found is not None
    return unescape(found[1].strip())


# --- wishes --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_mail_is_on")
def test_the_page_says_what_comes_and_keeps_what_is_chosen(sign_in: Any, people: dict[str, Any]) -> None:
    client = sign_in(OFFICER)
    page = client.get("/akun/surel/").text
    assert answer_of(page) == "Anda menerima rangkuman setiap Senin, dan kabar penting seketika."
    saved = client.post("/akun/surel/", {"digest": "daily", "language": "en"}, follow=True).text
    assert "Tersimpan." in saved
    assert answer_of(saved) == "Anda menerima rangkuman setiap hari kerja yang ada kabarnya, dan tanpa kabar seketika."
    wish = people[OFFICER].mail
    assert (wish.digest, wish.wants_alerts, wish.language) == ("daily", False, "en")


@pytest.mark.usefixtures("_mail_is_on")
@pytest.mark.parametrize("wrong", [{"digest": "hourly", "language": "id"}, {"digest": "off"}, {}], ids=str)
def test_what_the_form_cannot_have_sent_changes_nothing(
    sign_in: Any, people: dict[str, Any], wrong: dict[str, str]
) -> None:
    answer = sign_in(OFFICER).post("/akun/surel/", wrong)
    assert answer.status_code == 200
    assert people[OFFICER].mail.digest == "weekly"


@pytest.mark.usefixtures("_mail_is_on")
def test_what_waits_is_taken_back_when_it_is_not_wanted_any_more(sign_in: Any, people: dict[str, Any]) -> None:
    from tenun.kernel.clock import SystemClock
    from tenun.portal.mail import outbox
    from tenun.portal.mail.kinds import Kind
    from tenun.portal.mail.letters import Letter
    from tenun.portal.mail.models import Message

    letter = Letter("x", "x", (), "x", None, "id")
    for kind in (Kind.DIGEST, Kind.SHUT_OFF, Kind.PASSWORD):
        outbox.put(letter, key=str(kind), kind=kind, account=people[OFFICER], now=SystemClock().now())
    sign_in(OFFICER).post("/akun/surel/", {"digest": "off", "language": "id"})
    assert [row.kind for row in Message.objects.all()] == ["password"]


def test_where_mail_is_off_the_pages_say_so(sign_in: Any, people: dict[str, Any]) -> None:
    client = sign_in(OFFICER)
    assert answer_of(client.get("/akun/surel/").text).startswith("Tidak ada: simpul ini tidak mengirim surel.")
    assert "mati: tidak ada surel yang keluar dari simpul ini" in client.get("/pertukaran/").text
    page = sign_in().get(FORGOTTEN).text
    assert "<form method=" not in page.split("<main", 1)[1]
    assert "Mintalah sandi baru kepada pengelola akun" in page
    assert FORGOTTEN not in sign_in().get("/masuk/").text


@pytest.mark.usefixtures("_mail_is_on")
def test_an_account_without_an_address_is_told_whom_to_ask(sign_in: Any, accounts: Any) -> None:
    assert "tidak mempunyai alamat surel" in answer_of(sign_in("petugas.desa").get("/akun/surel/").text)


# --- a new password --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_mail_is_on")
def test_the_answer_is_the_same_whether_there_is_an_account_or_not(sign_in: Any, people: dict[str, Any]) -> None:
    from tenun.portal.mail.models import Message

    pages = []
    for address in (ADDRESSES[OFFICER], "siapa-pun@example.org"):
        answer = sign_in().post(FORGOTTEN, {"email": address}, follow=True)
        assert answer.redirect_chain == [(ASKED, 302)]
        pages.append(re.sub(r"[0-9a-zA-Z]{64}|[0-9a-f]{8}(?=</)", "", answer.text))
    assert pages[0] == pages[1]
    assert [row.account.username for row in Message.objects.all()] == [OFFICER]


def link_in_mail(account: Any) -> str:
    from tenun.portal.mail import outbox
    from tenun.portal.mail.models import Message

    row = Message.objects.get(account=account, kind="password")
    found = re.search(rf"{PORTAL}(\S+)", outbox._opened(row).text)
    assert found is not None
    return found[1]


@pytest.fixture
def kept_password(people: dict[str, Any]) -> Iterator[Any]:
    """The account, whose password is as before afterwards."""
    account = people[OFFICER]
    before = account.password
    yield account
    account.refresh_from_db()
    account.password = before
    account.save()


@pytest.mark.usefixtures("_mail_is_on")
def test_the_link_of_the_mail_leads_to_a_new_password_once(sign_in: Any, kept_password: Any) -> None:
    stranger, elsewhere = sign_in(), sign_in(OFFICER)
    stranger.post(FORGOTTEN, {"email": ADDRESSES[OFFICER]}, headers={"Host": "localhost"})
    link = link_in_mail(kept_password)
    opened = stranger.get(link, follow=True)
    assert opened.redirect_chain[-1][0].endswith("/set-password/")
    form = opened.redirect_chain[-1][0]
    weak = stranger.post(form, {"password1": "pendek", "password2": "pendek"})
    assert weak.status_code == 200
    done = stranger.post(form, {"password1": NEW, "password2": NEW}, follow=True)
    assert answer_of(done.text) == "Sudah: sandi baru berlaku mulai sekarang."
    kept_password.refresh_from_db()
    assert kept_password.check_password(NEW)
    assert elsewhere.get("/akun/").status_code == 302, "what was signed in before is not any more"
    assert "_auth_user_id" not in stranger.session, "a new password is no second factor"
    assert "sudah dipakai" in sign_in().get(link).text


@pytest.mark.usefixtures("_mail_is_on")
def test_a_link_is_over_after_an_hour(sign_in: Any, people: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import datetime, timedelta

    from django.contrib.auth.tokens import PasswordResetTokenGenerator

    sign_in().post(FORGOTTEN, {"email": ADDRESSES[OFFICER]})
    link = link_in_mail(people[OFFICER])
    later = datetime.now() + timedelta(minutes=61)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda _self: later)
    assert "lebih dari satu jam" in sign_in().get(link).text


@pytest.mark.usefixtures("_mail_is_on")
def test_asking_again_and_again_is_refused_alike_for_every_address(sign_in: Any, people: dict[str, Any]) -> None:
    from tenun.portal.mail.models import Message

    for address in (ADDRESSES[OFFICER], "siapa-pun@example.org"):
        statuses = [sign_in().post(FORGOTTEN, {"email": address}).status_code for _ in range(4)]
        assert statuses == [302, 302, 302, 429]
    assert Message.objects.count() == 3


@pytest.mark.usefixtures("_mail_is_on")
def test_one_place_cannot_ask_for_everyone(sign_in: Any, people: dict[str, Any]) -> None:
    statuses = [sign_in().post(FORGOTTEN, {"email": f"orang-{n}@example.org"}).status_code for n in range(31)]
    assert set(statuses[:30]) == {302}
    assert statuses[30] == 429


@pytest.mark.usefixtures("_mail_is_on")
def test_the_link_stands_in_no_log(sign_in: Any, people: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        sign_in().post(FORGOTTEN, {"email": ADDRESSES[OFFICER]})
        link = link_in_mail(people[OFFICER])
        sign_in().get(link)
    said = caplog.text
    assert "account_reset_password_from_key" in said
    assert link.split("/")[-2] not in said
    assert "@" not in said


@pytest.mark.usefixtures("_mail_is_on")
def test_nobody_else_gets_any_mail_of_the_sign_in(sign_in: Any, people: dict[str, Any]) -> None:
    from tenun.portal.mail.models import Message

    sign_in().post(FORGOTTEN, {"email": "siapa-pun@example.org"})
    client = sign_in(OFFICER)
    client.post("/akun/sandi/", {"oldpassword": "salah", "password1": NEW, "password2": NEW})
    assert Message.objects.count() == 0


@pytest.mark.usefixtures("_mail_is_on")
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_pages_and_the_mail_are_in_the_readers_language(
    sign_in: Any, people: dict[str, Any], language: str
) -> None:
    from tenun.portal.mail import outbox
    from tenun.portal.mail.models import Message

    client = sign_in()
    client.cookies["tenun_language"] = language
    title = {"id": "Bagaimana saya masuk lagi?", "en": "How do I get back in?"}[language]
    assert title in client.get(FORGOTTEN).text
    client.post(FORGOTTEN, {"email": ADDRESSES[OFFICER]})
    said = outbox._opened(Message.objects.get()).text
    assert {"id": "Seseorang, mungkin Anda sendiri", "en": "Someone, probably you"}[language] in said
