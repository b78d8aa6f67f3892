"""The mail server in node.json: closed to readers, its password elsewhere, off unless it is there."""

import pytest

from tenun.node import config
from tenun.node.config import ConfigMalformed, Tls
from tenun.node.home import Role

WHOLE = {"host": "surel.example.go.id", "sender": "tenun@example.go.id", "portal": "https://portal.example.go.id"}


def with_mail(**members: object) -> config.NodeConfig:
    return config.changed(config.default(Role.NAKER), {"mail": {**WHOLE, **members}})


def test_mail_is_off_unless_it_is_configured() -> None:
    assert config.default(Role.NAKER).mail is None


def test_tls_is_asked_for_unless_something_else_is_said() -> None:
    mail = with_mail().mail
    assert mail is not None
    assert (mail.tls, mail.port) == (Tls.STARTTLS, 587)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_relay_on_this_machine_may_do_without_tls(host: str) -> None:
    mail = with_mail(host=host, tls="none").mail
    assert mail is not None
    assert mail.tls is Tls.NONE


@pytest.mark.parametrize(
    "wrong",
    [
        {"tls": "none"},
        {"host": "10.0.0.4", "tls": "none"},
        {"tls": "opportunistic"},
        {"username": "tenun"},
        {"password_file": "sandi"},
        {"username": "tenun", "password": "sandi"},
        {"sender": "tenun"},
        {"sender": "Tenun <tenun@example.go.id>"},
        {"sender": "tenun@example.go.id\r\nBcc: lain@example.go.id"},
        {"portal": "portal.example.go.id"},
        {"port": 0},
    ],
    ids=str,
)
def test_what_would_leak_or_lead_nowhere_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigMalformed):
        with_mail(**wrong)
