"""Places at which a test may kill the process, by name: what a power cut does, where it hurts.

Armed by the environment only: `TENUN_CRASH_AT=log.before_tiles`, or `log.before_tiles#3` for the third time
that place is passed. Unarmed, which is always outside tests, a place costs one comparison.
"""

from __future__ import annotations

import os
import signal
from itertools import count

ENVIRONMENT = "TENUN_CRASH_AT"

_place, _, _turn = os.environ.get(ENVIRONMENT, "").partition("#")
_passed = count(1)


def here(place: str) -> None:
    """End the process with SIGKILL if it was armed for this place: nothing is flushed, nothing cleaned up."""
    if _place and place == _place and next(_passed) >= int(_turn or 1):
        os.kill(os.getpid(), signal.SIGKILL)
