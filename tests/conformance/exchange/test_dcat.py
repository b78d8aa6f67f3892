"""Our catalogue is a catalogue for others too: it passes the shapes of DCAT-AP 3.0.1, offline."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import rdflib
from rdflib import DCAT, DCTERMS, RDF

from tenun.agreement.decision import Operation, Purpose, allowed_fields
from tenun.agreement.vocabulary import Party
from tenun.exchange.serving import catalogue
from tests.lib.dcat_shapes import SHAPES, faults, graph_of
from tests.lib.exporting import Standing
from tests.lib.two_nodes import VILLAGES, Nodes, open_nodes, publish_residents

DATASETS = {
    Party.DESA: {"sid-warga", "sid-indeks-desa", "sid-sdgs-desa"},
    Party.NAKER: {"siapkerja-lowongan", "siapkerja-pelatihan", "hasil-desa", "umpan-balik-mutu"},
}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Nodes:
    nodes = open_nodes(tmp_path_factory.mktemp("nodes") / "home")
    publish_residents(nodes.desa.lake, VILLAGES[0], 5)
    return nodes


def catalogue_of(nodes: Nodes, provider: Party, **more: Any) -> dict[str, Any]:
    told = {"caller": provider.other, "moment": nodes.clock.now(), **more}
    return catalogue.document(nodes.of(provider), Standing(nodes.agreement), **told)


@pytest.mark.parametrize("provider", list(Party))
def test_a_catalogue_passes_the_shapes(nodes: Nodes, provider: Party) -> None:
    assert faults(graph_of(catalogue_of(nodes, provider))) == []


def test_the_shapes_find_what_is_missing(nodes: Nodes) -> None:
    document = catalogue_of(nodes, Party.DESA)
    dataset = document["dcat:dataset"][0]
    del dataset["dct:title"]
    dataset["dcat:distribution"][0].pop("dcat:accessURL")
    dataset["dct:accessRights"] = {"@id": "urn:x"}
    assert faults(graph_of(document)) == sorted([str(DCTERMS.title), str(DCAT.accessURL), str(DCTERMS.accessRights)])


@pytest.mark.parametrize("provider", list(Party))
def test_a_caller_sees_the_providers_datasets_with_a_distribution_for_each_format(
    nodes: Nodes, provider: Party
) -> None:
    graph = graph_of(catalogue_of(nodes, provider))
    found = {str(graph.value(dataset, DCTERMS.identifier)) for dataset in graph.subjects(RDF.type, DCAT.Dataset)}
    assert found == DATASETS[provider]
    for dataset in graph.subjects(RDF.type, DCAT.Dataset):
        media = {
            str(graph.value(distribution, DCAT.mediaType)).rsplit("/", 1)[1]
            for distribution in graph.objects(dataset, DCAT.distribution)
        }
        assert media == {"vnd.apache.parquet", "vnd.apache.arrow.stream", "x-ndjson+gzip"}
        agreed = nodes.agreement.datasets[str(graph.value(dataset, DCTERMS.identifier))]
        standard = graph.value(dataset, DCTERMS.conformsTo)
        assert str(graph.value(standard, DCTERMS.identifier)) == f"sha256:{agreed.contract_sha256}"
    for text in (DCTERMS.title, DCTERMS.description):
        languages = {
            literal.language
            for dataset in graph.subjects(RDF.type, DCAT.Dataset)
            for literal in graph.objects(dataset, text)
            if isinstance(literal, rdflib.Literal)
        }
        assert languages == {"id", "en"}


@pytest.mark.pasal("7(1)")
def test_nothing_is_named_that_may_not_be_asked_for(nodes: Nodes) -> None:
    """`own` is the provider itself, which nothing is granted to over the API; the others are times without access."""
    document = catalogue_of(nodes, Party.DESA)
    grants = [grant for dataset in document["dcat:dataset"] for grant in dataset["grants"]]
    for dataset in document["dcat:dataset"]:
        for grant in dataset["grants"]:
            for operation in grant["operations"]:
                assert frozenset(grant["fields"]) == allowed_fields(
                    nodes.agreement,
                    dataset=dataset["dct:identifier"],
                    purpose=grant["purpose"],
                    operation=Operation(operation),
                    by=Party.NAKER,
                )
    assert {grant["purpose"] for grant in grants} == {Purpose.LINKAGE, Purpose.VILLAGE_STATISTICS, Purpose.OUTREACH}
    text = json.dumps(document)
    assert not any(name in text for name in ("family_card", "mother_name", "disability"))  # not agreed for any purpose
    for nothing in (
        catalogue_of(nodes, Party.DESA, caller=Party.DESA),
        catalogue_of(nodes, Party.DESA, moment=nodes.agreement.term.end),
        catalogue_of(nodes, Party.DESA, moment=nodes.agreement.term.start - timedelta(seconds=1)),
    ):
        assert nothing["dcat:dataset"] == []
        assert faults(graph_of(nothing)) == []


def test_the_period_is_that_of_what_lies_in_the_lake(nodes: Nodes) -> None:
    by_id = {one["dct:identifier"]: one for one in catalogue_of(nodes, Party.DESA)["dcat:dataset"]}
    period = by_id["sid-warga"]["dct:temporal"]
    assert (period["dcat:startDate"]["@value"], period["dcat:endDate"]["@value"]) == ("2026-11-01", "2026-11-01")
    assert "dct:temporal" not in by_id["sid-sdgs-desa"]


def test_the_document_needs_nothing_from_elsewhere(nodes: Nodes) -> None:
    document = catalogue_of(nodes, Party.NAKER)
    assert all(isinstance(term, (str, dict)) for term in document["@context"].values())
    assert Path(SHAPES).name not in json.dumps(document)
