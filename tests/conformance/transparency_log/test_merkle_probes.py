"""Proof probes of transparency-dev/merkle: good ones hold, every broken one is refused."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tenun.transparency_log import merkle
from tenun.transparency_log.errors import ProofInvalid
from tests.lib.shared_data import ROOT, shared

PROBES = sorted((ROOT / "vectors/merkle-rfc6962").rglob("*.json"))


def hashes(values: list[str] | None) -> list[bytes]:
    return [base64.b64decode(value) for value in values or []]


def probe_id(path: Path) -> str:
    return "/".join(path.parts[path.parts.index("merkle-rfc6962") + 1 :])


def test_the_probes_are_there() -> None:
    shared("vectors/merkle-rfc6962")
    assert len(PROBES) > 100


@pytest.mark.parametrize("path", [path for path in PROBES if "inclusion" in path.parts], ids=probe_id)
def test_an_inclusion_proof_is_judged_as_its_authors_judge_it(path: Path) -> None:
    probe = json.loads(path.read_bytes())
    leaf, root = (base64.b64decode(probe[name] or "") for name in ("leafHash", "root"))

    def verify() -> None:
        merkle.verify_inclusion(
            leaf, index=probe["leafIdx"], size=probe["treeSize"], proof=hashes(probe["proof"]), root=root
        )

    if probe["wantErr"]:
        with pytest.raises(ProofInvalid):
            verify()
    else:
        verify()


@pytest.mark.parametrize("path", [path for path in PROBES if "consistency" in path.parts], ids=probe_id)
def test_a_consistency_proof_is_judged_as_its_authors_judge_it(path: Path) -> None:
    probe = json.loads(path.read_bytes())
    first_root, second_root = (base64.b64decode(probe[name] or "") for name in ("root1", "root2"))

    def verify() -> None:
        merkle.verify_consistency(
            first=probe["size1"],
            second=probe["size2"],
            first_root=first_root,
            second_root=second_root,
            proof=hashes(probe["proof"]),
        )

    if probe["wantErr"]:
        with pytest.raises(ProofInvalid):
            verify()
    else:
        verify()
