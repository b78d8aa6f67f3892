"""The process that sends mails: a child of the worker, there as long as node.json names a mail server.

A child and not a thread, since mails need the portal (accounts, texts, figures) and its database, and the worker goes
on without both. It is in the worker's process group, so that it ends with the worker however that ends.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

from tenun.kernel.errors import TenunError
from tenun.node.config import NodeConfig
from tenun.node.home import Role

MODULE = "tenun.portal.mailing"
STOP_SECONDS_MAX = 5.0
"""How long it may take to finish the mail that is under way. One that was broken off is sent again."""


class MailingEnded(TenunError):
    """The process ended by itself; the worker starts it again, later and later."""

    code = "node.mailing_ended"
    retryable = True
    text_id = "Proses pengirim surel berakhir dengan sendirinya (status {status})."
    text_en = "The process that sends mails ended by itself (status {status})."
    remedy_id = "Bacalah logs/worker.log; surel yang menunggu tetap tersimpan."
    remedy_en = "Read logs/worker.log; mails that wait are kept."


@dataclass
class Mailing:
    """Looks after the process of one node."""

    role: Role
    config: NodeConfig
    process: subprocess.Popen[bytes] | None = None

    def keep(self) -> None:
        """Start it where it should run and does not. Raises `MailingEnded` where it has ended by itself."""
        if self.config.mail is None:
            return
        if self.process is None:
            words = [sys.executable, "-m", MODULE, str(self.role)]
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
        elif (status := self.process.poll()) is not None:
            self.process = None
            raise MailingEnded(status=status)

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
