"""One round of mailing: what happened is written down as mails, so are digests that are due, then what waits goes out.

What fails in one part is noted and comes again; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.db import Error

from tenun.kernel.clock import SystemClock
from tenun.kernel.errors import TenunError
from tenun.portal.mail import news, outbox
from tenun.portal.mail.digests import Digests

log = structlog.get_logger("tenun.mail")


def take_turn(*, should_stop: Callable[[], bool] = lambda: False) -> dict[str, object]:
    """One round; gives what it came to. Needs Django to be set up. Raises `MailOff`, `ConfigMalformed`.

    `problems` has the codes of what failed.
    """
    now = SystemClock().now
    mail = outbox.required()
    found: dict[str, object] = {}
    failed = []
    parts: dict[str, Callable[[], object]] = {
        "news": lambda: news.tell(mail, now=now()),
        "digests": lambda: Digests(mail, now()).make_due(),
        "sending": lambda: outbox.send_due(mail, now=now, should_stop=should_stop).as_dict(),
    }
    for name, do in parts.items():
        try:
            found[name] = do()
        except (TenunError, Error, OSError) as problem:
            code = problem.code if isinstance(problem, TenunError) else type(problem).__name__
            log.warning("a part of mailing failed", part=name, code=code)
            failed.append(f"{name}: {code}")
    return {**found, "problems": failed}
