"""Mails before a real server, and before each way in which one fails: what waits, what is told, what comes once."""

from __future__ import annotations

import logging
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenun.kernel.clock import SystemClock
from tenun.node.home import NodeHome
from tests.lib import mail_server
from tests.lib.mail_server import Postbox
from tests.lib.portal_mail import ADDRESSES, addressed, mail_on, mailing

pytestmark = pytest.mark.xdist_group("portal")

OFFICER = "petugas.naker"


@pytest.fixture
def accounts_with_addresses(node: NodeHome, accounts: Any) -> Iterator[dict[str, Any]]:
    with addressed() as found:
        yield found


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def port(postbox: Postbox) -> Iterator[int]:
    with mail_server.serving(postbox) as found:
        yield found


@pytest.fixture
def write(accounts_with_addresses: dict[str, Any]) -> Callable[..., Any]:
    """Writes a mail down; gives its row."""
    from tenun.portal.mail import outbox
    from tenun.portal.mail.kinds import Kind
    from tenun.portal.mail.letters import Letter
    from tenun.portal.mail.models import Message

    def written(name: str = OFFICER, key: str = "satu", *, now: datetime | None = None) -> Any:
        letter = Letter(f"Perihal {key}", "Isi – dengan tanda.", (), "untuk uji.", None, "id")
        moment = now or SystemClock().now()
        outbox.put(letter, key=key, kind=Kind.TEST, account=accounts_with_addresses[name], now=moment)
        return Message.objects.get(key=key)

    return written


def send(mail: Any, at: datetime | None = None) -> Any:
    from tenun.portal.mail import outbox

    return outbox.send_due(mail, now=lambda: at or SystemClock().now())


def test_a_mail_arrives_as_text_and_as_html_that_say_the_same(
    node: NodeHome, write: Any, postbox: Postbox, port: int
) -> None:
    row = write()
    with mail_on(node, port) as mail:
        assert send(mail).sent == 1
    (found,) = postbox.mails
    assert (found["To"], found["Subject"]) == (ADDRESSES[OFFICER], "Tenun: Perihal satu")
    assert found["Message-ID"] == f"<{row.id}@example.org>"
    assert found["Auto-Submitted"] == "auto-generated"
    for said in ("Isi – dengan tanda.", "untuk uji."):
        assert said in mail_server.text_of(found)
        assert said in mail_server.html_of(found)


def test_what_is_sent_is_not_kept_and_what_waits_is_sealed(
    node: NodeHome, write: Any, postbox: Postbox, port: int
) -> None:
    row = write()
    assert b"dengan tanda" not in bytes(row.sealed)
    with mail_on(node, port) as mail:
        send(mail)
    row.refresh_from_db()
    assert (row.state, row.sealed, row.problem) == ("sent", None, "")


def test_the_same_news_is_written_down_once(write: Any) -> None:
    from tenun.portal.mail.models import Message

    write(key="sama")
    write(key="sama")
    assert Message.objects.filter(key="sama").count() == 1


def test_a_mail_goes_to_the_address_that_the_account_has_by_then(
    node: NodeHome, write: Any, accounts_with_addresses: dict[str, Any], postbox: Postbox, port: int
) -> None:
    write()
    account = accounts_with_addresses[OFFICER]
    account.email = "baru@example.org"
    account.save()
    with mail_on(node, port) as mail:
        send(mail)
    assert [one["To"] for one in postbox.mails] == ["baru@example.org"]


def test_an_account_that_was_closed_gets_nothing_any_more(
    node: NodeHome, write: Any, accounts_with_addresses: dict[str, Any], postbox: Postbox, port: int
) -> None:
    row = write()
    account = accounts_with_addresses[OFFICER]
    account.is_active = False
    account.save()
    try:
        with mail_on(node, port) as mail:
            send(mail)
    finally:
        account.is_active = True
        account.save()
    row.refresh_from_db()
    assert (postbox.mails, row.state, row.problem) == ([], "given-up", "mail.no_address")


# --- the server fails ------------------------------------------------------------------------------


def test_a_server_that_refuses_one_address_gets_the_others(
    node: NodeHome, write: Any, postbox: Postbox, port: int
) -> None:
    refused, taken = write(OFFICER, "ditolak"), write("petugas.desa", "diterima")
    postbox.refused[ADDRESSES[OFFICER]] = "550 5.1.1 no such box"
    with mail_on(node, port) as mail:
        came = send(mail)
    assert (came.sent, came.failed, came.problem) == (1, 1, "")
    refused.refresh_from_db()
    taken.refresh_from_db()
    assert (refused.state, refused.problem, refused.attempts) == ("waiting", "mail.refused", 1)
    assert taken.state == "sent"


def test_a_server_that_refuses_what_it_was_handed_leaves_it_waiting(
    node: NodeHome, write: Any, postbox: Postbox, port: int
) -> None:
    row = write()
    postbox.answers_mails = "451 4.3.0 later"
    with mail_on(node, port) as mail:
        assert send(mail).sent == 0
        row.refresh_from_db()
        assert (row.state, row.problem) == ("waiting", "mail.refused")
        postbox.answers_mails = "250 OK"
        assert send(mail).sent == 0, "not before its time"
        assert send(mail, row.next_at).sent == 1


def test_a_server_that_goes_away_in_the_middle_of_a_mail_leaves_it_waiting_and_gets_it_once(
    node: NodeHome, write: Any, postbox: Postbox, port: int
) -> None:
    row = write()
    with mail_server.breaking_off(port, after=b"Subject:") as cut, mail_on(node, cut) as mail:
        came = send(mail)
    row.refresh_from_db()
    assert (came.sent, came.problem) == (0, "mail.broken_off")
    assert (row.state, row.problem, postbox.mails) == ("waiting", "mail.broken_off", [])
    with mail_on(node, port) as mail:
        assert send(mail, row.next_at).sent == 1
    assert len(postbox.mails) == 1


def test_a_mail_that_a_server_stumbles_over_does_not_hold_up_the_others(
    node: NodeHome, write: Any, postbox: Postbox, port: int
) -> None:
    first, second = write(key="a"), write(key="b")
    with mail_server.breaking_off(port, after=b"Subject:") as cut, mail_on(node, cut) as mail:
        send(mail)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.attempts, second.attempts) == (1, 0)


def test_a_server_that_is_not_there_leaves_all_waiting_and_is_asked_once(node: NodeHome, write: Any) -> None:
    from tenun.node import ports

    rows = [write(key=key) for key in "abc"]
    with mail_on(node, ports.free(mail_server.HOST)) as mail:
        came = send(mail)
    assert (came.failed, came.problem) == (3, "mail.server_unreachable")
    for row in rows:
        row.refresh_from_db()
        assert (row.state, row.problem, row.attempts) == ("waiting", "mail.server_unreachable", 1)


def test_without_the_tls_that_was_asked_for_nothing_is_said(
    node: NodeHome, write: Any, postbox: Postbox, port: int, sign_in: Any
) -> None:
    row = write()
    with mail_on(node, port, tls="starttls") as mail:
        came = send(mail)
        row.refresh_from_db()
        assert (came.problem, row.state, row.problem) == ("mail.tls_missing", "waiting", "mail.tls_missing")
        page = sign_in(OFFICER).get("/pertukaran/").text
    assert postbox.mails == []
    assert "hidup; 1 menunggu. Server surel tidak menawarkan TLS" in page


def test_a_server_that_speaks_no_tls_at_all_is_told_from_one_with_a_strange_certificate(
    node: NodeHome, write: Any, port: int, tmp_path: Path
) -> None:
    write()
    _trusted, server_side = mail_server.certificate(tmp_path)
    with mail_on(node, port, tls="implicit") as mail:
        assert send(mail).problem == "mail.tls_missing"
    with mail_server.serving(Postbox(), tls=server_side) as strange, mail_on(node, strange, tls="starttls") as mail:
        assert send(mail, SystemClock().now() + timedelta(minutes=5)).problem == "mail.certificate_untrusted"


def test_with_tls_and_the_password_of_a_file_the_mail_is_taken(
    node: NodeHome, write: Any, postbox: Postbox, tmp_path: Path
) -> None:
    write()
    trusted, server_side = mail_server.certificate(tmp_path)
    secret = tmp_path / "sandi"
    secret.write_text(mail_server.PASSWORD + "\n")
    members = {
        "tls": "starttls",
        "ca_file": str(trusted),
        "username": mail_server.USERNAME,
        "password_file": str(secret),
    }
    with mail_server.serving(postbox, tls=server_side, asks_password=True) as port, mail_on(node, port, **members) as m:
        secret.write_text("salah")
        assert send(m).problem == "mail.sign_in_refused"
        secret.unlink()
        assert send(m, SystemClock().now() + timedelta(minutes=5)).problem == "mail.password_unreadable"
        secret.write_text(mail_server.PASSWORD + "\n")
        assert send(m, SystemClock().now() + timedelta(minutes=30)).sent == 1
    assert len(postbox.mails) == 1


def test_attempts_come_later_and_later_and_end_with_the_use_of_the_mail(node: NodeHome, write: Any) -> None:
    from tenun.node import ports

    row = write()
    waits = []
    now = row.next_at
    with mail_on(node, ports.free(mail_server.HOST)) as mail:
        while row.state == "waiting":
            send(mail, now)
            row.refresh_from_db()
            waits.append((row.next_at - now).total_seconds() / 60)
            now = row.next_at
    assert waits[:5] == [1, 2, 5, 10, 20]
    assert (row.state, row.problem, row.sealed) == ("given-up", "mail.server_unreachable", None)
    assert row.next_at >= row.expires_at


def test_the_note_of_a_mail_goes_after_ninety_days(node: NodeHome, write: Any, port: int) -> None:
    from tenun.portal.mail.models import Message

    row = write(now=datetime(2026, 1, 1, tzinfo=UTC))
    with mail_on(node, port) as mail:
        send(mail, row.next_at)
        send(mail, row.next_at + timedelta(days=89))
        assert Message.objects.count() == 1
        send(mail, row.next_at + timedelta(days=91))
        assert Message.objects.count() == 0


# --- killed ------------------------------------------------------------------------------------------


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 240
    while not is_so():
        assert time.monotonic() < deadline, "never"
        time.sleep(0.05)


def test_a_sender_that_is_killed_before_a_mail_was_taken_leaves_it_and_nothing_comes_twice(
    node: NodeHome, home: Path, write: Any, postbox: Postbox, port: int
) -> None:
    rows = [write(key=key) for key in "abcd"]
    postbox.holds_at = 3
    with mail_on(node, port) as mail:
        with mailing(home) as process:
            assert postbox.is_holding.wait(240)
            process.send_signal(signal.SIGKILL)
            process.wait()
        until(lambda: send(mail).sent == 2)
    assert Counter(postbox.numbers) == Counter(f"<{row.id}@example.org>" for row in rows)


def test_a_mail_that_was_taken_while_its_sender_was_killed_comes_again_under_its_number(
    node: NodeHome, home: Path, write: Any, postbox: Postbox, port: int
) -> None:
    rows = [write(key=key) for key in "ab"]
    postbox.swallows_at = 1
    with mail_on(node, port) as mail:
        with mailing(home) as process:
            assert postbox.is_holding.wait(240)
            process.send_signal(signal.SIGKILL)
            process.wait()
        until(lambda: send(mail).sent == 2)
    first, second = (f"<{row.id}@example.org>" for row in rows)
    assert Counter(postbox.numbers) == {first: 2, second: 1}


def test_two_senders_at_once_send_each_mail_once(
    node: NodeHome, home: Path, write: Any, postbox: Postbox, port: int
) -> None:
    for number in range(20):
        write(key=str(number))
    with mail_on(node, port) as mail, mailing(home), mailing(home):
        send(mail)
        until(lambda: len(postbox.mails) >= 20)
    assert max(Counter(postbox.numbers).values()) == 1
    assert len(postbox.mails) == 20


def test_the_process_ends_in_order_when_it_is_told_to(node: NodeHome, home: Path, write: Any, port: int) -> None:
    from tenun.portal.mail.models import Message

    row = write()
    with mail_on(node, port), mailing(home) as process:
        until(lambda: Message.objects.get(pk=row.pk).state == "sent")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_no_address_no_password_and_no_letter_stands_in_a_log(
    node: NodeHome, write: Any, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    from tenun.node import ports

    write()
    with caplog.at_level(logging.INFO):
        with mail_on(node, port, tls="starttls") as mail:
            send(mail)
        with mail_on(node, ports.free(mail_server.HOST)) as mail:
            send(mail, SystemClock().now() + timedelta(minutes=5))
    assert "mail.tls_missing" in caplog.text
    assert "mail.server_unreachable" in caplog.text
    assert not re.search(r"@|Perihal|dengan tanda", caplog.text)
