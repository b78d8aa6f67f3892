"""Clients in JavaScript that drive a node: installed once into a folder of their own, run as programs.

`client.mjs` is told everything by its settings, so it drives any node whose issuer and keys it is given.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey

HERE = Path(__file__).parent
# Their words for a registry that cannot be reached, as against one that answers with a fault.
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ECONNRESET", "ENETUNREACH", "EHOSTUNREACH")
SECONDS_MAX = 120


def installed(parent: Path) -> Path:
    """A folder with the clients and what they need, or a skip that says what is missing.

    `TENUN_NODE_MODULES` names a folder that is kept from run to run; without it, `parent` gets one.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js with npm is not on this machine")
    folder = Path(os.environ.get("TENUN_NODE_MODULES") or parent / "foreign-clients")
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / "package-lock.json"
    is_there = (folder / "node_modules").is_dir() and lock.exists() and lock.read_bytes() == _own("package-lock.json")
    for name in ("package.json", "package-lock.json", *(path.name for path in HERE.glob("*.mjs"))):
        (folder / name).write_bytes(_own(name))
    if not is_there:
        _install(folder)
    return folder


def run(folder: Path, script: str, settings: dict[str, Any]) -> dict[str, Any]:
    """What a client says after it was given its settings. Its fault, if it has one, is the test's."""
    done = subprocess.run(
        ["node", script], cwd=folder, input=json.dumps(settings), capture_output=True, text=True, timeout=SECONDS_MAX
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


def private_jwk(key: OKPKey | ECKey) -> dict[str, Any]:
    """A private key as the clients take it, named by its thumbprint."""
    return {**key.as_dict(private=True), "kid": key.thumbprint()}


def public_jwk(key: OKPKey | ECKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": key.thumbprint()}


def _own(name: str) -> bytes:
    return (HERE / name).read_bytes()


def _install(folder: Path) -> None:
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    if done.returncode != 0 and any(word in done.stderr for word in UNREACHABLE):
        pytest.skip("the package registry of Node.js cannot be reached")
    assert done.returncode == 0, done.stderr[-3000:]
