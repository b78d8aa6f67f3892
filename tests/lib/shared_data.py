"""Real files and test vectors by others, which lie beside the repository and are never copied into it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("TENUN_SHARED_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))


def shared(path: str) -> Path:
    """The file or folder, or a skip that says what is missing."""
    found = ROOT / path
    if not found.exists():
        pytest.skip(f"real file not here: shared/data/{path}")
    return found
