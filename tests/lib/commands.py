"""`tenun …` as people give it, within this process: its status and its answer."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest

from tenun.cli.main import main


def answer_of(*words: str) -> tuple[int, dict[str, Any]]:
    """What `tenun WORDS --json` ends with and prints."""
    out, status = io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["tenun", *words, "--json"])
        with redirect_stdout(out), redirect_stderr(io.StringIO()):
            try:
                main()
            except SystemExit as left:
                status = int(left.code or 0)
    return status, json.loads(out.getvalue())
