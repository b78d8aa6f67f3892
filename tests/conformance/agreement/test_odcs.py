"""Our data contracts are contracts for others too: the standard's own schema and library read them."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from tests.lib.agreement_drafts import SHIPPED
from tests.lib.shared_data import shared

CONTRACTS = sorted((SHIPPED / "datasets").glob("*.odcs.yaml"))


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.name)
def test_a_contract_meets_the_schema_of_odcs(path: Path) -> None:
    schema = json.loads(shared("vectors/odcs/odcs-json-schema-v3.1.0.json").read_text("utf-8"))
    jsonschema.Draft201909Validator(schema).validate(yaml.safe_load(path.read_text("utf-8")))


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.name)
def test_the_standards_library_reads_a_contract_without_loss(path: Path) -> None:
    value = yaml.safe_load(path.read_text("utf-8"))
    read = OpenDataContractStandard.from_string(path.read_text("utf-8"))
    assert yaml.safe_load(read.to_yaml()) == value


def test_every_field_has_an_indonesian_name_and_a_classification() -> None:
    for path in CONTRACTS:
        for table in OpenDataContractStandard.from_string(path.read_text("utf-8")).schema_ or []:
            for field in table.properties or []:
                assert field.businessName
                assert field.classification in {"none", "attribute", "identifier", "specific"}
