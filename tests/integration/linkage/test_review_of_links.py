"""Review against a lake: the two records under a decision, the sample from the crosswalk, and the commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tenun.agreement import document, signing
from tenun.agreement.decision import Denial, Permit
from tenun.agreement.vocabulary import Party
from tenun.cli import main
from tenun.kernel.clock import rfc3339
from tenun.kernel.keys import MemoryKeys
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake, SnapshotAltered
from tenun.linkage.assignment import MatchClass
from tenun.linkage.inputs import Side
from tenun.linkage.permits import LinkageNotPermitted
from tenun.linkage.review import candidates, judgements, persons, sample
from tenun.linkage.review.candidates import Candidate
from tenun.linkage.review.desk import Desk, Judge, PairNotYours, WorkList
from tenun.linkage.review.judgements import Judgement, Judgements, Reason
from tenun.linkage.review.persons import RecordGone
from tenun.linkage.review.rules import JudgeRole, Verdict
from tenun.node.home import NodeHome, Role
from tenun.registry.sid.tables import DATASET
from tests.lib import linked_nodes, links_to_review
from tests.lib.linked_nodes import AGREEMENT, WITHIN_TERM
from tests.lib.links_to_review import ToReview

BOTH = frozenset(JudgeRole)

pytestmark = pytest.mark.xdist_group("review of links")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(tmp_path_factory.mktemp("review") / "lake", MemoryKeys(b"naker"))


@pytest.fixture(scope="module")
def to_review(lake: Lake) -> ToReview:
    return links_to_review.publish(lake)


def decide(moment: datetime = WITHIN_TERM) -> persons.Decide:
    return persons.decide_by(document.load(AGREEMENT), by=Party.NAKER, moment=moment, state=None)


def all_candidates(lake: Lake, to_review: ToReview) -> list[Candidate]:
    return candidates.of_crosswalk(lake, to_review.crosswalk, [MatchClass.NIK, MatchClass.PROBABLE, MatchClass.REVIEW])


# --- the records -----------------------------------------------------------------------------------


def test_both_records_are_read_as_the_comparison_saw_them(lake: Lake, to_review: ToReview) -> None:
    rows = {(row["seeker_id"], row["person_id"]): row for row in to_review.rows}
    for candidate in all_candidates(lake, to_review)[::25]:
        row = rows[candidate.pair.seeker_id, candidate.pair.person_id]
        records = persons.read(lake, candidate, decide=decide())
        for record, known in (
            (records.resident, to_review.person(row)),
            (records.account, to_review.account(row)),
        ):
            assert record.full_name == known["full_name"]
            assert record.birth_date == known["birth_date"]
            assert record.nik == known["nik"]
            assert record.village_code == known["village_code"]
            assert record.sex == known["sex"]
            assert (record.address or "").startswith(known["address"] or "")


@pytest.mark.pasal("7(1)")
def test_outside_the_term_of_the_agreement_no_record_is_read(lake: Lake, to_review: ToReview) -> None:
    candidate = all_candidates(lake, to_review)[0]
    with pytest.raises(LinkageNotPermitted):
        persons.read(lake, candidate, decide=decide(datetime(2030, 1, 1, tzinfo=UTC)))


@pytest.mark.pasal("7(1)", "7(3)")
def test_a_delivery_past_its_data_life_is_not_read_for_review(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", MemoryKeys(b"naker"))
    made = links_to_review.publish(lake, residents=800)
    candidate = all_candidates(lake, made)[0]
    village = candidate.village_code
    lake.remove(lake.current(layer=Layer.CORE, dataset=DATASET, scope=village))
    received = WITHIN_TERM - timedelta(days=4 * 365)
    linked_nodes.publish(
        lake, DATASET, village, made.people.resident_tables(village),
        recipe="received/1", received={"on": rfc3339(received)},
    )  # fmt: skip
    with pytest.raises(LinkageNotPermitted):
        persons.read(lake, candidate, decide=decide())


def test_only_deliveries_that_are_needed_are_decided_on(lake: Lake, to_review: ToReview) -> None:
    asked: list[str] = []
    whole = decide()

    def noting(side: Side, snapshot: Snapshot) -> Permit | Denial:
        asked.append(f"{side.dataset}/{snapshot.scope}")
        return whole(side, snapshot)

    candidate = all_candidates(lake, to_review)[0]
    persons.read(lake, candidate, decide=noting)
    assert asked == [f"sid__residents/{candidate.village_code}", "siapkerja__seekers/00"]


def test_a_person_who_moved_is_found_where_he_is_now(lake: Lake, to_review: ToReview) -> None:
    from dataclasses import replace

    candidate = all_candidates(lake, to_review)[0]
    elsewhere = replace(candidate, village_code="99.99.99.9999")
    assert persons.read(lake, elsewhere, decide=decide()) == persons.read(lake, candidate, decide=decide())


def test_a_record_that_is_gone_is_told(lake: Lake, to_review: ToReview) -> None:
    from dataclasses import replace

    candidate = all_candidates(lake, to_review)[0]
    gone = replace(candidate, pair=judgements.Pair(candidate.pair.seeker_id, "nobody"))
    with pytest.raises(RecordGone):
        persons.read(lake, gone, decide=decide())


def test_an_altered_delivery_is_not_shown(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", MemoryKeys(b"naker"))
    made = links_to_review.publish(lake, residents=800)
    candidate = all_candidates(lake, made)[0]
    snapshot = lake.current(layer=Layer.CORE, dataset=DATASET, scope=candidate.village_code)
    path = snapshot.folder / snapshot.tables["identifiers"].file
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(SnapshotAltered):
        persons.read(lake, candidate, decide=decide())


# --- the sample ------------------------------------------------------------------------------------


def test_a_sample_is_drawn_by_class_regency_sex_and_age_of_the_resident(lake: Lake, to_review: ToReview) -> None:
    drawn = sample.draw(
        lake, to_review.crosswalk, residents_permit=linked_nodes.link_permits().residents, size=120, seed=4,
        moment=WITHIN_TERM,
    )  # fmt: skip
    assert drawn.dimensions == sample.DIMENSIONS
    assert sum(drawn.strata.values()) == len(to_review.is_right)
    rows = {(row["seeker_id"], row["person_id"]): row for row in to_review.rows}
    for one in drawn.drawn:
        person = to_review.person(rows[one.candidate.pair.seeker_id, one.candidate.pair.person_id])
        assert one.domains["age_band"] == sample.age_band(person["age_years"])
        assert one.domains["sex"] == (person["sex"] if person["sex"] != "missing" else "unknown")
        assert one.domains["regency"] == links_to_review.REGENCY


@pytest.mark.pasal("7(1)")
def test_a_kept_sample_holds_no_identifier(lake: Lake, to_review: ToReview, tmp_path: Path) -> None:
    drawn = sample.draw(
        lake, to_review.crosswalk, residents_permit=linked_nodes.link_permits().residents, size=120, seed=4,
        moment=WITHIN_TERM,
    )  # fmt: skip
    sample.keep(tmp_path, drawn)
    content = (tmp_path / "samples" / f"{drawn.id}.json").read_text()
    for row in [*to_review.people.residents, *to_review.people.seekers]:
        for value in (row["nik"], row["full_name"], row["address"]):
            assert value is None or value not in content


# --- the desk --------------------------------------------------------------------------------------


def everywhere(account: str, covers: Callable[[str], bool] = lambda _code: True) -> Judge:
    return Judge(account, BOTH, covers)


def test_the_whole_queue_can_be_worked_off_by_three(lake: Lake, to_review: ToReview, tmp_path: Path) -> None:
    desk = Desk(lake, tmp_path)
    words = {"1": Verdict.SAME, "2": Verdict.SAME}
    for account, verdict in words.items():
        while task := desk.take(everywhere(account), JudgeRole.REVIEWER, WorkList.QUEUE, now=WITHIN_TERM):
            differs = account == "2" and int(task.name[0], 16) % 2
            desk.judge(
                everywhere(account),
                task,
                Verdict.DIFFERENT if differs else verdict,
                Reason.RELATIVE if differs else Reason.NONE,
                now=WITHIN_TERM,
            )
    disputed = 0
    while task := desk.take(everywhere("3"), JudgeRole.ARBITER, WorkList.BOTH, now=WITHIN_TERM):
        assert [one.verdict for one in task.earlier] == [Verdict.SAME, Verdict.DIFFERENT]
        desk.judge(everywhere("3"), task, Verdict.UNSURE, Reason.TOO_LITTLE, now=WITHIN_TERM)
        disputed += 1
    whole = len(to_review.of_class("review"))
    assert 0 < disputed < whole
    assert judgements.settled(desk.judgements).num_rows == whole - disputed
    count = desk.count(everywhere("4"), JudgeRole.REVIEWER, WorkList.QUEUE, now=WITHIN_TERM)
    assert (count.whole, count.done, count.left) == (whole, whole, 0)


def test_a_reviewer_is_shown_nothing_of_what_the_other_said(lake: Lake, to_review: ToReview, tmp_path: Path) -> None:
    desk = Desk(lake, tmp_path)
    task = desk.take(everywhere("1"), JudgeRole.REVIEWER, WorkList.QUEUE, now=WITHIN_TERM)
    assert task is not None
    desk.judge(everywhere("1"), task, Verdict.SAME, Reason.NONE, now=WITHIN_TERM)
    again = desk.take(everywhere("2"), JudgeRole.REVIEWER, WorkList.QUEUE, now=WITHIN_TERM)
    assert again is not None
    assert again.candidate == task.candidate
    assert again.earlier == ()


def test_a_pair_outside_the_area_is_neither_given_nor_held(lake: Lake, to_review: ToReview, tmp_path: Path) -> None:
    desk = Desk(lake, tmp_path)
    outside = everywhere("1", covers=lambda code: code.startswith("51."))
    assert desk.take(outside, JudgeRole.REVIEWER, WorkList.QUEUE, now=WITHIN_TERM) is None
    task = desk.take(everywhere("1"), JudgeRole.REVIEWER, WorkList.QUEUE, now=WITHIN_TERM)
    assert task is not None
    with pytest.raises(PairNotYours):
        desk.hold(outside, JudgeRole.REVIEWER, task.name, now=WITHIN_TERM)


def test_a_new_crosswalk_brings_a_new_queue_and_keeps_the_judgements(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", MemoryKeys(b"naker"))
    links_to_review.publish(lake, residents=800)
    desk = Desk(lake, tmp_path / "judgements")
    before = desk.candidates(WorkList.QUEUE)
    task = desk.take(everywhere("1"), JudgeRole.REVIEWER, WorkList.QUEUE, now=WITHIN_TERM)
    assert task is not None
    desk.judge(everywhere("1"), task, Verdict.SAME, Reason.NONE, now=WITHIN_TERM)
    links_to_review.publish(lake, residents=800, seed=9)
    assert desk.candidates(WorkList.QUEUE) != before
    assert len(Judgements(tmp_path / "judgements").all()) == 1


# --- the commands ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("homes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TENUN_HOME", str(folder))
        homes = {role: NodeHome.of(role) for role in Role}
        signing.enter_into_force(
            AGREEMENT, {Party(role.value): (one.agreement, one.folder / "keys") for role, one in homes.items()}
        )
        links_to_review.publish(homes[Role.NAKER].lake)
    return folder


@pytest.fixture
def tenun(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("TENUN_HOME", str(home))

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["tenun", "link", "review", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().out

    return call


def test_the_commands_go_from_a_sample_to_an_estimate(tenun: Any, home: Path, tmp_path: Path) -> None:
    status, out = tenun("estimate", "--json")
    assert status == 1
    assert json.loads(out)["error"]["code"] == "linkage.sample_missing"
    status, out = tenun("sample", "--size", "5", "--json")
    assert (status, json.loads(out)["error"]["code"]) == (1, "linkage.sample_too_small")

    status, out = tenun("sample", "--size", "120", "--json")
    drawn = json.loads(out)
    assert status == 0
    assert drawn["pairs"] == 120
    assert set(drawn["by_class"]) == {"nik", "probable", "review"}
    assert json.loads(tenun("sample", "--size", "120", "--json")[1])["sample"] == drawn["sample"]

    status, out = tenun("estimate", "--json")
    assert status == 0
    assert json.loads(out)["precision"]["value"] is None
    status, out = tenun("estimate")
    assert "too few: 0/50" in out

    folder = home / "naker" / judgements.FOLDER
    kept = sample.get(folder)
    store = Judgements(folder)
    for one in kept.drawn:
        for reviewer in ("1", "2"):
            judgement = Judgement(
                one.candidate.pair, Verdict.SAME, reviewer, JudgeRole.REVIEWER, WITHIN_TERM, "link/test",
                one.candidate.weight, one.stratum,
            )  # fmt: skip
            store.record(judgement, roles=BOTH)
    found = json.loads(tenun("estimate", "--json")[1])
    assert found["precision"]["value"] == 1.0
    assert found["precision"]["interval_95"][0] > 0.9
    assert set(found["by"]) == set(sample.DIMENSIONS)
    assert "100.00 % (" in tenun("estimate")[1]

    status, out = tenun("status", "--json")
    state = json.loads(out)
    assert status == 0
    assert (state["judgements"], state["settled"], state["reviewers"]) == (240, 120, 2)
    assert state["sample"]["settled"] == 120
    assert state["head"] == store.head
    assert "settled" in tenun("status")[1]

    target = tmp_path / "judged.parquet"
    assert tenun("export", "--out", str(target), "--json")[0] == 0
    assert pq.read_table(target).equals(judgements.settled(store))


def test_status_of_a_node_without_anything_is_empty_and_not_an_error(
    tenun: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path))
    status, out = tenun("status", "--json")
    assert status == 0
    assert json.loads(out)["judgements"] == 0


def test_a_record_that_was_altered_stops_every_command(
    tenun: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path))
    folder = tmp_path / "naker" / judgements.FOLDER
    folder.mkdir(parents=True)
    (folder / judgements.FILE).write_text("{}\n")
    for words in (("status",), ("export", "--out", str(tmp_path / "x.parquet"))):
        status, out = tenun(*words, "--json")
        assert status == 1
        assert json.loads(out)["error"]["code"] == "linkage.review_lines_altered"
