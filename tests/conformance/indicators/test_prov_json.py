"""Our PROV-JSON is written as that of others: the members of each relation are those of W3C's own documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tenun.indicators import prov_json, provenance
from tests.lib.ingested_villages import fill
from tests.lib.shared_data import shared

VECTORS = "vectors/prov-json"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    node = fill(tmp_path_factory.mktemp("node"))
    results = node.results
    way = provenance.of_value(node.lake, results.snapshot, results.definitions["A1"], results.value("A1", "52.01.14"))
    return prov_json.document(way)


def test_the_members_of_every_relation_are_those_that_others_write(document: dict[str, Any]) -> None:
    known: dict[str, set[str]] = {}
    for file in Path(shared(VECTORS)).glob("*.json"):
        told = json.loads(file.read_text("utf-8") or "{}")  # one of them is an empty document
        for kind, records in told.items():
            if kind in ("prefix", "bundle") or not isinstance(records, dict):
                continue
            for record in records.values():
                for one in record if isinstance(record, list) else [record]:
                    known.setdefault(kind, set()).update(one)
    for kind in ("used", "wasGeneratedBy", "wasDerivedFrom", "wasAttributedTo"):
        assert kind in known, "the vectors have no such relation, so nothing is compared"
        for parts in document[kind].values():
            assert set(parts) <= known[kind]


def test_values_with_a_language_or_a_type_are_written_as_objects(document: dict[str, Any]) -> None:
    for kind in ("entity", "activity", "agent"):
        for record in document[kind].values():
            for told in record.values():
                for one in told if isinstance(told, list) else [told]:
                    assert not isinstance(one, dict) or set(one) in ({"$", "lang"}, {"$", "type"})
