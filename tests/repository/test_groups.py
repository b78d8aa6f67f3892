"""Tests that share a portal or a browser run one after the other in one process: else each process makes its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

GROUPED = """
import pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_of_a_group(number):
    pass
"""


def test_the_tests_of_a_group_stay_in_one_process(tmp_path: Path) -> None:
    (tmp_path / "test_grouped.py").write_text(GROUPED)
    words = ["-n", "2", "--dist", "loadgroup", "-v", "-p", "no:cacheprovider", "-c", "/dev/null", str(tmp_path)]
    told = subprocess.run([sys.executable, "-m", "pytest", *words], capture_output=True, text=True, check=True)
    workers = re.findall(r"\[(gw\d)\].*PASSED", told.stdout)
    assert len(workers) == 8
    assert len(set(workers)) == 1
