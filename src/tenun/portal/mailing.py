"""The process that sends mails: `python -m tenun.portal.mailing ROLE`. The node's worker keeps it running."""

from __future__ import annotations

import os
import sys
import time

import structlog

from tenun.kernel.errors import TenunError
from tenun.node import logs
from tenun.node.guard import Leaving
from tenun.node.home import Role
from tenun.portal import serving

EVERY_SECONDS = 20.0
TICK_SECONDS = 0.2

log = structlog.get_logger("tenun.mail")


def run(role: Role) -> None:
    """Until a signal comes. The mail that is under way is finished."""
    leaving = Leaving()
    with serving.prepared(role, has_pages=False):
        from django.db import close_old_connections

        from tenun.portal.mail import rounds

        while not leaving.is_asked:
            close_old_connections()  # the database may have been started anew in between
            try:
                rounds.take_turn(should_stop=lambda: leaving.is_asked)
            except TenunError as problem:
                log.warning("no mail can be sent", code=problem.code)  # node.json was changed; it may be changed back
            due = time.monotonic() + EVERY_SECONDS
            while not leaving.is_asked and time.monotonic() < due:
                time.sleep(TICK_SECONDS)


def main(words: list[str]) -> None:
    (role,) = words
    logs.configure({"level": os.environ.get("TENUN_LOG_LEVEL", "INFO")})
    run(Role(role))


if __name__ == "__main__":
    main(sys.argv[1:])
