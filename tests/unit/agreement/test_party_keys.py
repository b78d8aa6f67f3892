from __future__ import annotations

import json
from pathlib import Path

import pyrage
import pytest

from tenun.agreement import party_keys
from tenun.agreement.party_keys import KeysMissing
from tenun.agreement.vocabulary import KeyUse

USES = list(KeyUse)


def test_keys_are_made_once_and_then_kept(tmp_path: Path) -> None:
    assert party_keys.create(tmp_path / "keys") == party_keys.create(tmp_path / "keys")


def test_every_use_has_a_key_of_its_own(tmp_path: Path) -> None:
    keys = party_keys.create(tmp_path / "keys")
    assert [key["use"] for key in keys.keys] == USES
    assert len({key["jwk"]["kid"] for key in keys.keys}) == len(USES)


def test_private_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    party_keys.create(tmp_path / "keys")
    for name in ("agreement.jwk", "message.jwk", "log.jwk", "age.txt"):
        assert (tmp_path / "keys" / name).stat().st_mode & 0o077 == 0


def test_the_public_parts_hold_nothing_private(tmp_path: Path) -> None:
    party_keys.create(tmp_path / "keys")
    published = (tmp_path / "keys" / "public.json").read_text("utf-8")
    assert "AGE-SECRET-KEY" not in published
    for use in USES:
        assert json.loads((tmp_path / "keys" / f"{use}.jwk").read_text("utf-8"))["d"] not in published


def test_public_keys_are_known_without_the_private_ones(tmp_path: Path) -> None:
    made = party_keys.create(tmp_path / "keys")
    (tmp_path / "keys" / "agreement.jwk").unlink()
    assert party_keys.public(tmp_path / "keys") == made
    assert party_keys.create(tmp_path / "keys") == made
    assert not (tmp_path / "keys" / "agreement.jwk").exists()
    with pytest.raises(KeysMissing):
        party_keys.private(tmp_path / "keys", KeyUse.AGREEMENT)


def test_what_is_sealed_for_the_recipient_opens_with_the_identity(tmp_path: Path) -> None:
    keys = party_keys.create(tmp_path / "keys")
    sealed = pyrage.encrypt(b"paket", [pyrage.x25519.Recipient.from_str(keys.age_recipient)])
    assert pyrage.decrypt(sealed, [party_keys.age_identity(tmp_path / "keys")]) == b"paket"


def test_a_folder_without_keys_says_so(tmp_path: Path) -> None:
    for ask in (party_keys.public, party_keys.age_identity):
        with pytest.raises(KeysMissing):
            ask(tmp_path)


def test_a_use_that_came_later_gets_a_key_and_the_others_are_kept(tmp_path: Path) -> None:
    before = party_keys.create(tmp_path / "keys")
    document = json.loads((tmp_path / "keys" / "public.json").read_bytes())
    document["keys"] = [key for key in document["keys"] if key["use"] != KeyUse.CLIENT]
    (tmp_path / "keys" / "public.json").write_text(json.dumps(document))
    (tmp_path / "keys" / "client.jwk").unlink()
    with pytest.raises(KeysMissing):
        party_keys.public(tmp_path / "keys")
    after = party_keys.create(tmp_path / "keys")
    assert {key["use"]: key["jwk"]["kid"] for key in before.keys if key["use"] != KeyUse.CLIENT}.items() <= {
        key["use"]: key["jwk"]["kid"] for key in after.keys
    }.items()
    assert after.kid(KeyUse.CLIENT) != before.kid(KeyUse.CLIENT)
    assert after.age_recipient == before.age_recipient


def test_a_party_may_have_keys_that_an_hsm_can_hold_but_its_log_key(tmp_path: Path) -> None:
    keys = party_keys.create(tmp_path / "keys", curve="P-256")
    curves = {key["use"]: key["jwk"]["crv"] for key in keys.keys}
    assert curves.pop(KeyUse.LOG) == "Ed25519"
    assert set(curves.values()) == {"P-256"}
