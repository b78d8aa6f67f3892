"""What a library puts into a log line, an address or a person's number, does not get into a node's logs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PATH = "/orang/5317012001900001/rahasia"
NUMBER = "5317012001900001"
# In processes of their own: logs and Django can be set up once for each.
BEGINNING = """
import logging, sys, threading
from tenun.node import logs
"""
LIBRARIES = """
server = logging.getLogger("gunicorn.error")
server.addHandler(logging.StreamHandler(sys.stderr))  # as gunicorn sets it up before the application is loaded
server.propagate = False
logs.configure({"level": "DEBUG"})
try:
    raise ValueError("NIK 5317012001900001")
except ValueError as problem:
    server.exception("Error handling request %s", "/orang/5317012001900001/rahasia")
    server.warning("Invalid request from ip={}: {}".format("10.0.0.1", "/orang/5317012001900001/rahasia"))
    logging.getLogger("django").exception(problem)
    logging.getLogger("django.request").error(
        "%s: %s", "Internal Server Error", "/orang/5317012001900001/rahasia", exc_info=True, extra={"status_code": 500}
    )
    logging.getLogger("django.db.backends").debug("(%.3f) %s; args=%s", 0.1, "SELECT", ("5317012001900001",))
    logging.getLogger("urllib3.connectionpool").warning("Retrying after '%s': %s", problem, "/orang/5317012001900001")
"""
DJANGO = """
from django.conf import settings
settings.configure(ROOT_URLCONF="__main__", LOGGING_CONFIG="tenun.node.logs.configure", LOGGING={"level": "DEBUG"})
import django
from django.urls import path
def view(request, number, rest):
    raise KeyError(f"{number} bukan apa-apa")
urlpatterns = [path("orang/<str:number>/<str:rest>", view)]
django.setup()
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory
environ = RequestFactory().get("/orang/5317012001900001/rahasia?nik=5317012001900001").environ
get_wsgi_application()(environ, lambda status, headers: print(status))
"""
CRASHES = """
logs.configure({"level": "INFO"})
logs.keep_values_out_of_crashes()
def fail():
    raise ValueError("NIK 5317012001900001")
thread = threading.Thread(target=fail, name="tidy")
thread.start()
thread.join()
fail()
"""
OURS = """
import structlog
logs.configure({"level": "INFO"})
structlog.get_logger("tenun.worker").warning("a job failed", job="catch-up", code="exchange.peer_unreachable")
logging.getLogger("tenun.elsewhere").warning("it is %s", "told")
"""


def said(program: str) -> tuple[subprocess.CompletedProcess[str], list[dict[str, object]]]:
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": "src"},
        check=False,
    )
    return done, [json.loads(line) for line in done.stderr.splitlines()]


@pytest.mark.pasal("7(1)")
def test_of_a_librarys_line_only_its_authors_words_stay() -> None:
    done, lines = said(LIBRARIES)
    assert NUMBER not in done.stderr
    assert "10.0.0.1" not in done.stderr
    assert [line["logger"] for line in lines] == [
        "gunicorn.error",
        "gunicorn.error",
        "django",
        "django.request",
        "django.db.backends",
        "urllib3.connectionpool",
    ]
    assert str(lines[0]["event"]).startswith("Error handling request %s [<string>.<module>:")
    assert (lines[0]["error"], lines[3]["error"]) == ("ValueError", "ValueError")
    assert str(lines[3]["event"]).endswith("[status 500]")


@pytest.mark.pasal("7(1)")
def test_a_view_that_fails_leaves_neither_its_address_nor_its_exceptions_text() -> None:
    done, lines = said(DJANGO)
    assert done.stdout == "500 Internal Server Error\n"
    assert NUMBER not in done.stderr
    assert "rahasia" not in done.stderr
    (failed,) = [line for line in lines if line["logger"] == "django.request"]
    assert failed["error"] == "KeyError"
    where = failed["where"]
    assert isinstance(where, list)
    assert where[-1].startswith("<string>:")


@pytest.mark.pasal("7(1)")
def test_a_process_or_a_thread_that_ends_by_an_error_tells_its_kind_and_place() -> None:
    done, (thread, process) = said(CRASHES)
    assert done.returncode == 1
    assert NUMBER not in done.stderr
    assert (thread["thread"], thread["error"], process["error"]) == ("tidy", "ValueError", "ValueError")
    assert process["level"] == "critical"


def test_our_own_lines_stay_as_they_are() -> None:
    _, (job, elsewhere) = said(OURS)
    assert (job["event"], job["job"], job["code"]) == ("a job failed", "catch-up", "exchange.peer_unreachable")
    assert elsewhere["event"] == "it is told"
