"""A whole run on invented people whose truth is known: how good, how repeatable, and what it gives away."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenun.kernel.keys import MemoryKeys, pseudonym
from tenun.lake.snapshot import Layer
from tenun.linkage import crosswalk, quality
from tenun.linkage.inputs import MemoryTooSmall
from tenun.linkage.quality import Evaluation, TruthUnreadable
from tenun.linkage.run import STAGES, LinkReport
from tenun.registry.sid.tables import DATASET
from tests.lib import invented_people, linked_nodes
from tests.lib.invented_people import People
from tests.lib.linked_nodes import Nodes

pytestmark = pytest.mark.xdist_group("known truth")


@dataclass(frozen=True)
class Linked:
    people: People
    nodes: Nodes
    report: LinkReport
    rows: pa.Table
    truth: Path
    folder: Path


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Linked:
    folder = tmp_path_factory.mktemp("linked")
    people = invented_people.invent(8_000, seed=5)
    both = linked_nodes.nodes(folder, people)
    report = both.link(threads=2)
    rows = both.naker.read(crosswalk.current(both.naker), crosswalk.TABLE)
    truth = folder / "truth.parquet"
    pq.write_table(people.truth_table(), truth)
    return Linked(people, both, report, rows, truth, folder)


@pytest.fixture(scope="module")
def measured(linked: Linked) -> Evaluation:
    return quality.evaluate(
        linked.truth, naker_lake=linked.nodes.naker, naker_keys=linked.nodes.naker_keys, desa_lake=linked.nodes.desa
    )


def test_accepted_links_are_right_and_most_are_found(measured: Evaluation) -> None:
    assert measured.overall.precision is not None
    assert measured.overall.recall is not None
    assert measured.overall.f1 is not None
    assert measured.overall.precision >= 0.995
    assert measured.overall.recall >= 0.94
    assert measured.overall.f1 >= 0.97


def test_equal_niks_are_borne_out_almost_without_fault(measured: Evaluation) -> None:
    precision = measured.by_class["nik"].precision
    assert precision is not None
    assert precision >= 0.999


def test_review_holds_back_what_is_truly_doubtful(measured: Evaluation) -> None:
    review, probable = measured.by_class["review"], measured.by_class["probable"]
    assert review.precision is not None
    assert probable.precision is not None
    assert review.precision < probable.precision


def test_every_account_is_in_the_crosswalk_once(linked: Linked) -> None:
    accounts = linked.rows.column("seeker_id").to_pylist()
    assert accounts == sorted(row["seeker_id"] for row in linked.people.seekers)
    assert sum(linked.report.linked.values()) == len(accounts) == linked.report.seekers


def test_a_person_has_one_account_and_the_others_name_it(linked: Linked) -> None:
    accepted = [row for row in linked.rows.to_pylist() if row["match_class"] in ("nik", "probable")]
    holder = {row["person_id"]: row["seeker_id"] for row in accepted if row["duplicate_of"] is None}
    second = [row for row in accepted if row["duplicate_of"] is not None]
    assert None not in holder
    assert len(accepted) == len(holder) + len(second) == linked.report.accepted
    assert len(second) == linked.report.second_accounts > 0
    assert all(holder[row["person_id"]] == row["duplicate_of"] != row["seeker_id"] for row in second)
    assert all(row["reasons"][-1] == "second_account" for row in second)


def test_most_accounts_called_second_ones_are(linked: Linked) -> None:
    true_person = {row["seeker_id"]: row["true_person"] for row in linked.people.seekers}
    second = [row for row in linked.rows.to_pylist() if row["duplicate_of"] is not None]
    right = sum(true_person[row["seeker_id"]] == true_person[row["duplicate_of"]] for row in second)
    assert right >= 0.9 * len(second)


def test_a_row_without_candidate_names_nobody(linked: Linked) -> None:
    for row in linked.rows.to_pylist():
        named = [row[name] is not None for name in ("person_id", "village_code", "weight", "probability")]
        assert named == [row["match_class"] != "none"] * 4
        assert row["reasons"]
        assert row["rule_version"] == crosswalk.RULE_VERSION


def test_the_village_of_a_link_is_the_persons(linked: Linked) -> None:
    village_of = {row["person_id"]: row["village_code"] for row in linked.people.residents}
    for row in linked.rows.to_pylist():
        assert row["village_code"] == village_of.get(row["person_id"])


def test_the_same_on_one_thread_and_on_two(linked: Linked, tmp_path: Path) -> None:
    other = linked_nodes.nodes(tmp_path, linked.people)
    report = other.link(threads=1)
    digests = [
        crosswalk.current(lake).tables[crosswalk.TABLE].content_sha256 for lake in (linked.nodes.naker, other.naker)
    ]
    assert digests[0] == digests[1]
    assert report.snapshot == linked.report.snapshot


def test_linking_again_changes_nothing_and_says_so(linked: Linked) -> None:
    again = linked.nodes.link(threads=2)
    assert not again.is_new
    assert again.linked == linked.report.linked
    assert again.snapshot == linked.report.snapshot
    history = linked.nodes.naker.history(layer=Layer.LINK, dataset=crosswalk.DATASET, scope=crosswalk.SCOPE)
    assert len(history) == 1


def test_other_thresholds_give_another_snapshot(linked: Linked, tmp_path: Path) -> None:
    both = linked_nodes.nodes(tmp_path, invented_people.invent(2_000, seed=8))
    first = both.link()
    strict = tmp_path / "strict.toml"
    strict.write_text("[probable]\nweight_min = 99\n")
    second = both.link(path=strict)
    assert second.snapshot != first.snapshot
    assert crosswalk.current(both.naker).reference == second.snapshot
    assert second.linked["probable"] == 0
    assert second.linked["nik"] == first.linked["nik"]
    assert crosswalk.current(both.naker).origin.settings["probable_weight_min"] == 99.0
    assert both.link().snapshot == first.snapshot
    assert crosswalk.current(both.naker).reference == first.snapshot, "the settings last asked for are those in use"


def test_the_manifest_says_what_it_was_made_from(linked: Linked) -> None:
    snapshot = crosswalk.current(linked.nodes.naker)
    assert len(snapshot.origin.inputs) == len(linked.people.villages()) + 1
    assert snapshot.origin.settings["model"] == linked.report.model
    assert snapshot.origin.settings["rule_version"] == crosswalk.RULE_VERSION
    assert snapshot.details["invented"] is True
    assert snapshot.details["linked"] == linked.report.linked


def test_no_identifier_reaches_the_crosswalk_or_its_manifest(linked: Linked) -> None:
    folder = crosswalk.current(linked.nodes.naker).folder
    content = json.dumps(linked.rows.to_pylist()) + (folder / "manifest.json").read_text()
    for row in [*linked.people.residents, *linked.people.seekers]:
        for value in (row["nik"], row["full_name"], row["address"]):
            assert value is None or value not in content


def test_a_run_says_nothing_about_anybody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    people = invented_people.invent(1_500, seed=9)
    with caplog.at_level(logging.DEBUG):
        report = linked_nodes.nodes(tmp_path, people).link()
    assert report.linked["probable"] > 0
    out, err = capfd.readouterr()
    assert out == ""
    said = caplog.text + err + json.dumps(report.as_dict())
    for row in [*people.residents, *people.seekers]:
        for value in (row["nik"], row["full_name"], row["address"]):
            assert value is None or value not in said


def test_what_does_not_fit_into_memory_is_refused_and_not_put_on_disk(
    linked: Linked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    strict = tmp_path / "other.toml"
    strict.write_text("[probable]\nweight_min = 4\n")
    with pytest.raises(MemoryTooSmall):
        linked.nodes.link(path=strict, memory="2MB")
    assert list(tmp_path.iterdir()) == [strict]


def test_the_report_has_its_keys(linked: Linked) -> None:
    answer = linked.report.as_dict()
    assert {"linked", "persons", "seekers", "seconds", "pairs", "crowded", "second_accounts"} <= set(answer)
    assert list(answer["linked"]) == ["nik", "probable", "review", "none"]
    assert set(answer["seconds"]) == {*STAGES, "total"}
    assert answer["persons"] == sum(
        1 for row in linked.people.residents if row["is_kept"] and (row["age_years"] or 0) >= 15
    )  # the agreed rows: 15 and over, so the age must be known


# --- the measure itself -----------------------------------------------------------------------------


def test_the_measure_counts_as_one_would_by_hand(linked: Linked, measured: Evaluation) -> None:
    person_of = {
        (row["village_code"], row["source_row"]): row["person_id"]
        for row in linked.people.residents if row["is_kept"]
    }  # fmt: skip
    right: dict[str, set[str]] = {}
    key = linked.nodes.naker_keys.secret("seeker")
    for account, village, row in linked.people.truth:
        persons = right.setdefault(pseudonym(key, account), set())
        if village is not None and row is not None and (village, row) in person_of:
            persons.add(person_of[village, row])
    accepted = [row for row in linked.rows.to_pylist() if row["match_class"] in ("nik", "probable")]
    good = [row for row in accepted if row["person_id"] in right[row["seeker_id"]]]
    findable = sum(1 for persons in right.values() if persons)
    assert (measured.overall.links, measured.overall.right) == (len(accepted), len(good))
    assert measured.overall.findable == findable
    assert measured.accounts == len(right)
    assert measured.without_resident + measured.not_delivered + findable == len(right)


def test_any_of_several_rows_of_one_person_is_right(linked: Linked) -> None:
    rows_by_account: dict[str, int] = {}
    for account, _, _ in linked.people.truth:
        rows_by_account[account] = rows_by_account.get(account, 0) + 1
    assert max(rows_by_account.values()) > 1, "the invented people must have someone who was written down twice"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"id_pencaker,village_code\n"])
def test_a_truth_file_that_is_none_is_refused(linked: Linked, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "truth.parquet"
    path.write_bytes(content)
    with pytest.raises(TruthUnreadable):
        quality.evaluate(path, naker_lake=linked.nodes.naker, naker_keys=MemoryKeys(), desa_lake=linked.nodes.desa)


def test_a_truth_file_without_a_column_is_refused(linked: Linked, tmp_path: Path) -> None:
    path = tmp_path / "truth.parquet"
    pq.write_table(pa.table({"id_pencaker": ["PK1"]}), path)
    with pytest.raises(TruthUnreadable):
        quality.evaluate(path, naker_lake=linked.nodes.naker, naker_keys=MemoryKeys(), desa_lake=linked.nodes.desa)


def test_rows_of_a_real_file_are_not_taken_for_the_invented_persons_they_replaced(
    linked: Linked, measured: Evaluation, tmp_path: Path
) -> None:
    people, replaced = linked.people, linked.people.villages()[0]
    nodes = linked_nodes.nodes(tmp_path, people)
    tables = people.resident_tables(replaced)
    # The same rows, each another person: what a file of one's own puts in the place of invented residents.
    others = pa.array([f"{row:032x}" for row in range(tables["persons"].num_rows)])
    own = {name: table.set_column(0, "person_id", others[: table.num_rows]) for name, table in tables.items()}
    for lake in (nodes.desa, nodes.naker):
        linked_nodes.publish(lake, DATASET, replaced, own, recipe="own/1", is_invented=False)
    nodes.link(threads=2)
    found = quality.evaluate(linked.truth, naker_lake=nodes.naker, naker_keys=nodes.naker_keys, desa_lake=nodes.desa)
    at_home = sum(village == replaced for _, village, _ in people.truth)
    assert at_home > 0
    assert measured.overall.findable - at_home <= found.overall.findable < measured.overall.findable
    assert found.not_delivered > measured.not_delivered
