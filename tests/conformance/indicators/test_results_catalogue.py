"""The catalogue of result snapshots passes the shapes of DCAT-AP 3.0.1, as the exchange's does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from rdflib import DCAT, DCTERMS, RDF

from tenun.agreement import document
from tenun.indicators import dcat
from tenun.kernel.keys import MemoryKeys
from tenun.lake.store import Lake
from tests.lib import published_figures as published
from tests.lib.dcat_shapes import faults, graph_of
from tests.lib.ingested_villages import AGREEMENT

BASE = "https://simpul.example.go.id/v1/results"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake(tmp_path_factory.mktemp("lake"), MemoryKeys())
    published.publish(lake)
    published.publish(lake, as_of=date(2026, 12, 1), seed=9)
    return lake


def test_the_catalogue_passes_the_shapes(lake: Lake) -> None:
    assert faults(graph_of(dcat.document(BASE, document.load(AGREEMENT), dcat.snapshots(lake)))) == []


def test_a_catalogue_of_nothing_passes_the_shapes(tmp_path: Path) -> None:
    lake = Lake(tmp_path, MemoryKeys())
    assert faults(graph_of(dcat.document(BASE, document.load(AGREEMENT), dcat.snapshots(lake)))) == []


def test_the_shapes_find_what_is_missing(lake: Lake) -> None:
    told = dcat.document(BASE, document.load(AGREEMENT), dcat.snapshots(lake))
    del told["dcat:dataset"][0]["dct:title"]
    del told["dcat:dataset"][1]["dcat:distribution"][0]["dcat:accessURL"]
    assert faults(graph_of(told)) == sorted([str(DCTERMS.title), str(DCAT.accessURL)])


def test_every_snapshot_is_a_dataset_with_a_distribution_for_each_format(lake: Lake) -> None:
    graph = graph_of(dcat.document(BASE, document.load(AGREEMENT), dcat.snapshots(lake)))
    found = {str(graph.value(one, DCTERMS.identifier)) for one in graph.subjects(RDF.type, DCAT.Dataset)}
    assert found == {one.id for one in dcat.snapshots(lake)}
    for one in graph.subjects(RDF.type, DCAT.Dataset):
        media = {str(graph.value(part, DCAT.mediaType)) for part in graph.objects(one, DCAT.distribution)}
        assert {name.rsplit("/", 1)[1] for name in media} == {
            name.rsplit("/", 1)[1] for name in dcat.MEDIA_TYPES.values()
        }
