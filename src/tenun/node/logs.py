"""Logs of a node's processes: one JSON object a line, on standard error, without a person in them.

Our own lines are written without personal values. Libraries write what they like: Django and gunicorn the address of a
request, a driver its query, an exception what someone typed. Of their lines only the author's words stay, and where
they were written.
"""

from __future__ import annotations

import copy
import logging
import sys
import threading
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


class Lines(structlog.stdlib.ProcessorFormatter):
    """A line of ours as it is; of a library's line nothing that was put into it."""

    def format(self, record: logging.LogRecord) -> str:
        is_ours = isinstance(record.msg, dict) or record.name.partition(".")[0] == "tenun"
        return super().format(record if is_ours else _of_a_library(record))


def _of_a_library(record: logging.LogRecord) -> logging.LogRecord:
    """The words of the line before anything was put into them. A line that came put together has none that could be
    told from what was put in, so only its place stays."""
    told = copy.copy(record)
    words = record.msg if record.args and isinstance(record.msg, str) else "a line of a library"
    status = getattr(record, "status_code", None)
    told.msg = f"{words} [{record.module}.{record.funcName}:{record.lineno}]"
    if isinstance(status, int):
        told.msg += f" [status {status}]"
    told.args = None
    return told


def configure(settings: Mapping[str, Any], quieter: Mapping[str, str] | None = None) -> None:
    """`settings["level"]` for all; `quieter` gives some loggers by name a higher one."""
    formatter = Lines(
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
    # gunicorn writes past the root, with the address of a request that failed; Django sets logs up anew in each worker.
    for name in ("gunicorn.error", "gunicorn.access"):
        server = logging.getLogger(name)
        server.handlers, server.propagate = [], True
    for name, level in (quieter or {}).items():
        logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def keep_values_out_of_crashes() -> None:
    """For a process of its own: an exception that ends it, or one of its threads, is told like any other, by its kind
    and its place. Python itself would write the text."""
    log = structlog.get_logger("tenun.process")

    def of_process(kind: type[BaseException], problem: BaseException, trace: Any) -> None:
        log.critical("ended by an error", exc_info=(kind, problem, trace))

    def of_thread(ended: threading.ExceptHookArgs) -> None:
        problem = ended.exc_value or ended.exc_type()
        name = ended.thread.name if ended.thread is not None else ""
        log.critical("a thread ended by an error", thread=name, exc_info=(ended.exc_type, problem, ended.exc_traceback))

    sys.excepthook = of_process
    threading.excepthook = of_thread
