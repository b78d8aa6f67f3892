"""Maintained packages that decide what we decide: each in an environment of its own, asked by its own interpreter.

None of them is a dependency: they bring pandas of other versions, `duckdb<2` or a licence that our process must not
take on. Each is installed in the version named here from the package registry, and where none answers (a machine
without a way out and without the packages in its cache) the tests say so and are skipped.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).with_name("reference_scripts")


@dataclass(frozen=True)
class Reference:
    """A package, and what it must be installed with where it does not say so itself."""

    requirements: tuple[str, ...]
    script: str

    def installed(self, folder: Path) -> Installed:
        """Skips the test that asks where it cannot be had."""
        venv.create(folder, with_pip=False)
        python = folder / "bin" / "python"
        uv = Path(sys.executable).with_name("uv")
        if not uv.exists():
            pytest.skip("uv, which installs reference packages, is not beside this interpreter")
        done = subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", python, *self.requirements],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["uv said nothing"]
            pytest.skip(f"{self.requirements[0]} cannot be installed here: {said[-1].strip()}")
        return Installed(python, SCRIPTS / self.script)


@dataclass(frozen=True)
class Installed:
    python: Path
    script: Path

    def ask(self, question: Any) -> Any:
        """One question and one answer, as JSON. What the package writes about its work goes to standard error."""
        done = subprocess.run(
            [self.python, "-I", self.script],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            cwd=self.python.parents[1],
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)


CELL_KEY = Reference(("cell-key-perturbation==3.1.0", "pandas==2.3.3"), "cell_key.py")
"""Of the Office for National Statistics, MIT."""
ACRO = Reference(("acro==1.0.2",), "acro_checks.py")
"""Semi-automatic checking of research outputs, SACRO project, MIT."""
GCONFID = Reference(("gconfid==2.0.4",), "gconfid_checks.py")
"""G-Confid of Statistics Canada, GPL-3: suppression and its audit by linear programs (HiGHS)."""
