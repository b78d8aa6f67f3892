"""A request is told in one line of ours, also where the answer is a refusal that a framework would tell of."""

from __future__ import annotations

import json
import os
import subprocess
import sys

PATH = "/v1/agreements/sid-siapkerja/exports/rahasia"
# In a process of its own: Django can be set up once for each.
PROGRAM = """
import sys
from django.conf import settings
settings.configure(ROOT_URLCONF="x", MIDDLEWARE=["tenun.api.middleware.RequestLog", "tests.lib.busy_node.Busy"])
import django
django.setup()
from tenun.node import logs
logs.configure({"level": "INFO"})
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory
environ = RequestFactory().get(sys.argv[1]).environ
get_wsgi_application()(environ, lambda status, headers: print(status))
"""


def test_an_answer_that_says_busy_leaves_one_line_and_no_path() -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM, PATH],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["src", "."])},
    )
    assert said.stdout == "503 Service Unavailable\n"
    (line,) = said.stderr.splitlines()
    assert json.loads(line)["status"] == 503
    assert "rahasia" not in line
