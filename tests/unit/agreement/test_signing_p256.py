"""An agreement signed with P-256 keys, and what must not be taken for one."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tenun.agreement import party_keys, signing
from tenun.agreement.signing import SignatureBroken
from tenun.agreement.vocabulary import Party

DRAFT = Path(__file__).resolve().parents[3] / "agreements/sid-siapkerja"


@pytest.fixture
def homes(tmp_path: Path) -> dict[Party, tuple[Path, Path]]:
    """desa has P-256 keys, naker Ed25519: the parties need not have the same kind."""
    made = {party: (tmp_path / party / "agreement", tmp_path / party / "keys") for party in Party}
    party_keys.create(made[Party.DESA][1], curve="P-256")
    return made


@pytest.mark.pasal("14")
def test_a_party_may_sign_with_p256_and_the_other_with_ed25519(homes: dict[Party, tuple[Path, Path]]) -> None:
    agreement = signing.enter_into_force(DRAFT, homes)
    folder, keys = homes[Party.NAKER]
    assert signing.verify(folder, own_keys=keys).rev == agreement.rev
    assert {entry["alg"] for entry in _headers(folder)} == {"ES256", "Ed25519"}


def test_the_algorithm_of_a_header_must_be_that_of_the_key(homes: dict[Party, tuple[Path, Path]]) -> None:
    signing.enter_into_force(DRAFT, homes)
    folder, keys = homes[Party.DESA]
    signatures = json.loads((folder / "signatures.json").read_bytes())
    for entry in signatures["signatures"]:
        header = json.loads(base64.urlsafe_b64decode(entry["protected"] + "=="))
        header["alg"] = "Ed25519" if header["alg"] == "ES256" else "ES256"
        text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
        entry["protected"] = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    content = json.dumps(signatures, separators=(",", ":"), sort_keys=True)
    (folder / "signatures.json").write_text(content)
    with pytest.raises(SignatureBroken):
        signing.verify(folder, own_keys=keys)


def _headers(folder: Path) -> list[dict[str, str]]:
    entries = json.loads((folder / "signatures.json").read_bytes())["signatures"]
    return [json.loads(base64.urlsafe_b64decode(entry["protected"] + "==")) for entry in entries]
