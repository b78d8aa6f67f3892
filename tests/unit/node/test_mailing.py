"""The worker's child that sends mails: there where mail is configured, started again, gone with the worker."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from tenun.node import config, mailing
from tenun.node.home import Role
from tenun.node.mailing import Mailing, MailingEnded

MAIL = {"host": "surel.example", "sender": "tenun@example.org", "portal": "https://portal.example"}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Mailing]:
    """A node with mail whose process is this program instead."""

    def of(program: str) -> Mailing:
        (tmp_path / "stand_in.py").write_text(program)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setattr(mailing, "MODULE", "stand_in")
        return Mailing(Role.NAKER, config.changed(config.default(Role.NAKER), {"mail": MAIL}))

    return of


def test_without_a_mail_server_nothing_is_started() -> None:
    kept = Mailing(Role.NAKER, config.default(Role.NAKER))
    kept.keep()
    assert kept.process is None
    kept.stop()


def test_one_process_runs_and_is_gone_after_stop(made: Callable[[str], Mailing]) -> None:
    kept = made("import time\ntime.sleep(600)\n")
    kept.keep()
    process = kept.process
    assert process is not None
    kept.keep()
    assert kept.process is process
    kept.stop()
    assert process.poll() is not None


def test_one_that_does_not_listen_is_killed(
    made: Callable[[str], Mailing], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "STOP_SECONDS_MAX", 0.2)
    deaf = "import pathlib, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    kept = made(deaf + f"pathlib.Path({str(tmp_path / 'deaf')!r}).touch()\ntime.sleep(600)\n")
    kept.keep()
    process = kept.process
    assert process is not None
    while not (tmp_path / "deaf").exists():
        assert process.poll() is None
    kept.stop()
    assert process.returncode == -9


def test_one_that_ended_by_itself_is_told_and_started_again(made: Callable[[str], Mailing]) -> None:
    kept = made("import sys\nsys.exit(3)\n")
    kept.keep()
    assert kept.process is not None
    kept.process.wait()
    with pytest.raises(MailingEnded) as told:
        kept.keep()
    assert told.value.parts == {"status": 3}
    kept.keep()
    assert kept.process is not None
    kept.stop()


def test_the_process_that_is_named_is_there() -> None:
    assert importlib.util.find_spec(mailing.MODULE) is not None
