"""Logs of a node's processes: one JSON object a line, on standard error, without a person in them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def _without_values(_logger: Any, _method: str, event: Any) -> Any:
    """Tell where an error arose, never with what: an exception's text can hold what someone typed."""
    problem = event.pop("exc_info", None)
    if problem is True:
        problem = sys.exc_info()
    if isinstance(problem, BaseException):
        problem = (type(problem), problem, problem.__traceback__)
    if problem and problem[0] is not None:
        event["error"] = problem[0].__name__
        event["where"] = _frames(problem[2])
    return event


def _frames(traceback: Any) -> list[str]:
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('site-packages/')[-1].rsplit('src/')[-1]}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return frames[-8:]


def configure(settings: Mapping[str, Any], quieter: Mapping[str, str] | None = None) -> None:
    """`settings["level"]` for all; `quieter` gives some loggers by name a higher one."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_values,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.get("level", "INFO"))
    # Our own line for each request says more (its name, its time) and less (no query) than Django's.
    logging.getLogger("django.request").setLevel("ERROR")
    logging.getLogger("django.server").setLevel("ERROR")
    for name, level in (quieter or {}).items():
        logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
