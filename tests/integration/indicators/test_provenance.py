"""From a figure back to the bytes of the file it came in, over a lake that was filled as a node's is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tenun.indicators import prov_json, provenance, where_from
from tenun.indicators.inputs import CROSSWALK_DATASET
from tenun.indicators.provenance import Owner, Standing, Way
from tenun.lake.snapshot import Layer
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid
from tests.lib.ingested_villages import FILE_NAME, HANDED_OVER, PACK, THEIR_SNAPSHOT, Node, fill
from tests.lib.village_files import VILLAGE


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return fill(tmp_path_factory.mktemp("node"))


def way_of(node: Node, indicator: str, area: str, **options) -> Way:
    results = node.results
    return provenance.of_value(
        node.lake, results.snapshot, results.definitions[indicator], results.value(indicator, area), **options
    )


@pytest.mark.pasal("8(1)", "8(2)")
def test_a_figure_leads_back_to_the_file_as_it_came_in(node: Node) -> None:
    way = way_of(node, "A1", VILLAGE, is_verified=True)
    assert [file.sha256 for file in way.files] == [node.file_sha256]
    layers = [reference.partition("/")[0] for reference in way.steps]
    assert layers == ["core", "raw"], "nearest to the figure first"
    assert all(step.owner is Owner.DESA for step in way.steps.values())
    assert (way.snapshot.owner, way.owners) == (Owner.BOTH, (Owner.DESA,))
    assert way.is_whole
    assert way.agreement_rev == node.results.agreement_rev
    assert way.definition_digest == node.results.snapshot.origin.settings["definitions"]["A1"]


def test_what_the_other_party_handed_over_names_its_pack_and_its_snapshot(node: Node) -> None:
    way = way_of(node, "A1", HANDED_OVER)
    core, theirs = way.steps.values()
    assert (core.pack, core.received_on) == ("pack-17", "2026-11-24T02:00:00Z")
    assert [file.sha256 for file in core.files] == [PACK]
    assert (theirs.reference, theirs.owner, theirs.standing) == (THEIR_SNAPSHOT, Owner.DESA, Standing.THEIRS)
    assert way.is_whole


def test_the_way_of_a_village_has_nothing_of_its_neighbour_and_that_of_their_district_has_both(node: Node) -> None:
    scopes = {area: {one.split("/")[2] for one in way_of(node, "A1", area).steps} for area in (VILLAGE, "52.01.14")}
    assert scopes == {VILLAGE: {VILLAGE}, "52.01.14": {VILLAGE, HANDED_OVER}}


def test_a_joined_figure_has_links_and_accounts_on_its_way_and_a_plain_count_has_not(node: Node) -> None:
    joined = next(one.id for one in node.results.definitions.values() if "links" in one.fields)
    datasets = {one.split("/")[1] for one in way_of(node, joined, VILLAGE).steps}
    assert datasets >= {CROSSWALK_DATASET, siapkerja.SEEKERS_DATASET, sid.DATASET}
    assert {one.split("/")[1] for one in way_of(node, "A1", VILLAGE).steps} == {sid.DATASET}
    assert way_of(node, joined, VILLAGE).owners == (Owner.DESA, Owner.NAKER)


def test_what_is_deleted_or_altered_is_told_and_not_hidden(tmp_path: Path) -> None:
    node = fill(tmp_path)
    core = node.lake.current(layer=Layer.CORE, dataset=sid.DATASET, scope=VILLAGE)
    with (core.folder / core.tables["persons"].file).open("ab") as handle:
        handle.write(b"x")
    assert way_of(node, "A1", VILLAGE).is_whole, "manifests alone do not tell"
    altered = way_of(node, "A1", VILLAGE, is_verified=True)
    assert altered.steps[core.reference].standing is Standing.ALTERED
    assert not altered.is_whole
    node.lake.remove(core)
    gone = way_of(node, "A1", VILLAGE)
    assert [step.standing for step in gone.steps.values()] == [Standing.GONE]
    assert not gone.is_whole
    for language in ("id", "en"):
        told = where_from.sections(gone, language, minimum_cell=5)
        assert any(fact.is_alarming for section in told if section.key == "inputs" for fact in section.facts)


def test_more_than_can_be_listed_is_counted_and_known_by_a_digest(node: Node) -> None:
    short = way_of(node, "A1", "52.01.14", listed_max=1)
    assert (len(short.steps), short.unlisted > 0, len(short.unlisted_digest)) == (1, True, 64)
    assert short.unlisted_digest == way_of(node, "A1", "52.01.14", listed_max=1).unlisted_digest


def test_a_page_tells_the_same_stations_in_both_languages(node: Node) -> None:
    way = way_of(node, "A1", VILLAGE)
    told = {one: where_from.sections(way, one, minimum_cell=5) for one in ("id", "en")}
    assert [one.key for one in told["id"]] == [one.key for one in told["en"]] == list(where_from.HEADINGS)
    for indonesian, english in zip(told["id"], told["en"], strict=True):
        assert len(indonesian.facts) == len(english.facts) > 0
        assert indonesian.heading != english.heading
    assert node.file_sha256 in [fact.text for section in told["id"] for fact in section.facts]


def test_nothing_of_it_names_a_file_or_a_person(node: Node) -> None:
    for area in (VILLAGE, HANDED_OVER, "00"):
        way = way_of(node, "A1", area)
        text = json.dumps([where_from.as_dict(way, minimum_cell=5), prov_json.document(way)])
        assert FILE_NAME.partition(".")[0] not in text
        assert "WARGA NOMOR" not in text
        assert "520114" not in text, "no NIK"


def test_the_document_for_machines_is_the_same_every_time_and_refers_to_nothing_it_does_not_have(node: Node) -> None:
    told = prov_json.document(way_of(node, "A1", "52.01.14"))
    assert told == prov_json.document(way_of(node, "A1", "52.01.14"))
    names = {name for kind in ("entity", "activity", "agent") for name in told[kind]}
    for relation in ("used", "wasGeneratedBy", "wasDerivedFrom", "wasAttributedTo"):
        for parts in told[relation].values():
            assert set(parts.values()) <= names
    for name in names:
        assert name.partition(":")[0] in told["prefix"]
    # Every file is reached from the figure along `wasDerivedFrom`.
    reached, waiting = set(), [name for name in told["entity"] if name.startswith("tenun:figure/")]
    while waiting:
        one = waiting.pop()
        reached.add(one)
        waiting += [
            parts["prov:usedEntity"]
            for parts in told["wasDerivedFrom"].values()
            if parts["prov:generatedEntity"] == one and parts["prov:usedEntity"] not in reached
        ]
    assert {f"sha256:{node.file_sha256}", f"sha256:{PACK}"} <= reached
