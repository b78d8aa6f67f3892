"""`tenun mail …`: what it does, and what it says where it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tenun.node import ports
from tenun.node.home import NodeHome
from tests.lib import mail_server
from tests.lib.commands import answer_of
from tests.lib.mail_server import Postbox
from tests.lib.portal_mail import ADDRESSES, addressed, mail_on

pytestmark = pytest.mark.xdist_group("portal")

OFFICER = "petugas.naker"


@pytest.fixture(autouse=True)
def _at_this_node(node: NodeHome, home: Path, accounts: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TENUN_HOME", str(home))
    for name in ("DATABASE_URL", "DATABASE_URL_NAKER"):
        monkeypatch.delenv(name, raising=False)
    with addressed():
        yield


def mail(*words: str) -> tuple[int, dict[str, Any]]:
    return answer_of("mail", *words, "--node", "naker")


def test_without_a_mail_server_it_says_that_mail_is_off() -> None:
    assert mail("status")[1]["is_on"] is False
    for words in (("send",), ("test", "--account", OFFICER)):
        status, answer = mail(*words)
        assert (status, answer["error"]["code"]) == (1, "mail.off")


def test_a_test_mail_arrives_in_the_language_of_the_account(node: NodeHome) -> None:
    postbox = Postbox()
    with mail_server.serving(postbox) as port, mail_on(node, port):
        assert mail("test", "--account", OFFICER) == (0, {"sent": 1, "failed": 0, "given_up": 0, "problem": ""})
    (found,) = postbox.mails
    assert (found["To"], found["Subject"]) == (ADDRESSES[OFFICER], "Tenun: Percobaan")


def test_a_test_to_whoever_has_no_address_is_refused(node: NodeHome) -> None:
    with mail_on(node, 2525):
        status, answer = mail("test", "--account", "penengah.naker")
    assert (status, answer["error"]["code"]) == (1, "mail.no_address")


def test_what_waits_is_told_with_its_reason_and_sent_by_hand_once_it_can(node: NodeHome) -> None:
    from tenun.portal.mail.models import Message

    with mail_on(node, ports.free(mail_server.HOST)):
        status, answer = mail("test", "--account", OFFICER)
        assert (status, answer["problem"]) == (1, "mail.server_unreachable")
        found = mail("status")[1]
        assert (found["waiting"], found["problems"]) == (1, {"mail.server_unreachable": 1})
    row = Message.objects.get()
    row.next_at = row.made_at
    row.save()
    postbox = Postbox()
    with mail_server.serving(postbox) as port, mail_on(node, port):
        status, answer = mail("send")
    assert (status, answer["sending"]["sent"], answer["problems"]) == (0, 1, [])
    assert len(postbox.mails) == 1
