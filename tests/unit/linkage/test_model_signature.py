"""A signed model file: whoever alters a number, its provenance or its signature is found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement import party_jwk
from tenun.exchange import signature as jws
from tenun.exchange.refusals import SignatureInvalid
from tenun.linkage import model
from tenun.linkage.model import Model, ModelNotSigned, ModelUnfit, Signature

KEY = party_jwk.generate()
TYPE = "tenun-link-model+jws"


def sign(content: bytes) -> Signature:
    return Signature("naker", KEY.thumbprint(), jws.sign_detached(content, KEY, typ=TYPE))


def check(content: bytes, said: Signature) -> None:
    jws.verify_detached(said.token, content, keys={KEY.thumbprint(): KEY}, typ=TYPE)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ours.json"
    model.save(model.sign(model.load(), sign), path)
    return path


def verified(path: Path) -> Model:
    found = model.load(path)
    model.verify(found, check, file=path.name)
    return found


def test_a_signed_model_is_read_back_with_its_signature(file: Path) -> None:
    found = verified(file)
    assert found.id == model.load().id
    assert found.signature is not None
    assert found.signature.party == "naker"


def test_signing_twice_gives_the_same_bytes(file: Path, tmp_path: Path) -> None:
    model.save(model.sign(model.load(), sign), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == file.read_bytes()


def test_an_unsigned_model_is_not_taken_for_a_signed_one() -> None:
    with pytest.raises(ModelNotSigned):
        model.verify(model.load(), check, file="shipped")


def provenance(document: dict[str, Any]) -> None:
    document["provenance"]["trained_on"] = ["something else"]


def number(document: dict[str, Any]) -> None:
    document["splink"]["comparisons"][0]["comparison_levels"][1]["m_probability"] = 0.5


def number_and_id(document: dict[str, Any]) -> None:
    """As a forger would who knows how the id is made."""
    number(document)
    found = {
        entry["output_column_name"]: {
            level["label_for_charts"]: (level["m_probability"], level["u_probability"])
            for level in entry["comparison_levels"]
            if "m_probability" in level
        }
        for entry in document["splink"]["comparisons"]
    }
    prior = document["splink"]["probability_two_random_records_match"]
    document["id"] = model.make(found, prior=prior, provenance={}).id


def other_token(document: dict[str, Any]) -> None:
    other = party_jwk.generate()
    document["signature"]["token"] = jws.sign_detached(b"{}", other, typ=TYPE)


def no_format(document: dict[str, Any]) -> None:
    del document["format"]


@pytest.mark.parametrize("alter", [provenance, number, number_and_id, other_token, no_format])
def test_an_altered_model_is_refused(file: Path, alter: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads(file.read_bytes())
    alter(document)
    file.write_text(json.dumps(document))
    with pytest.raises((ModelUnfit, SignatureInvalid)):
        verified(file)
