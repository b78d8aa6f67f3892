"""The states of an export are a table, and the store keeps to it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tenun.agreement.vocabulary import Party
from tenun.exchange.manifest import Format
from tenun.exchange.serving.jobs import LIVE, TRANSITIONS, WAITING, Job, Jobs, State, new_id
from tenun.exchange.serving.refusals import ExportUnknown, JobDamaged, StateRefused
from tenun.exchange.station import Station
from tenun.kernel.clock import FixedClock
from tenun.kernel.keys import MemoryKeys
from tenun.lake.store import Lake

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    folders = {name: tmp_path / name for name in ("keys", "agreement", "exchange", "log")}
    return Jobs(Station(Party.DESA, Lake(tmp_path / "lake", MemoryKeys()), **folders, clock=FixedClock(NOW)))


def a_job(state: State = State.QUEUED) -> Job:
    return Job(
        id=new_id(),
        state=state,
        agreement="urn:tenun:agreement:x",
        rev="0" * 64,
        dataset="sid-warga",
        consumer="naker",
        client="naker",
        operation="bulk",
        purpose="pemadanan",
        fields=("person_id", "village_code"),
        area=None,
        format=Format.ARROW,
        since=None,
        base=None,
        request_sha256="1" * 64,
        decision="2" * 64,
        decided_at=NOW,
        earlier=(NOW,),
        changed_at=NOW,
    )


def test_every_state_is_a_key() -> None:
    assert TRANSITIONS.keys() == set(State)


def test_terminal_states_have_no_successors_and_all_others_do() -> None:
    terminal = {State.FAILED, State.CANCELLED, State.CLOSED, State.EXPIRED}
    assert {state for state, successors in TRANSITIONS.items() if not successors} == terminal
    assert set(State) - terminal == LIVE


def test_every_live_state_can_be_closed_by_a_shut_off_and_cancelled() -> None:
    for state in LIVE:
        assert {State.CLOSED, State.CANCELLED} <= TRANSITIONS[state]


def test_every_state_can_be_reached() -> None:
    reached, frontier = {State.QUEUED}, {State.QUEUED}
    while frontier := {after for before in frontier for after in TRANSITIONS[before]} - reached:
        reached |= frontier
    assert reached == set(State)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(State, State)))
def test_the_store_goes_the_ways_of_the_table_and_no_other(jobs: Jobs, before: State, after: State) -> None:
    job = jobs.add(a_job(before))
    if after in TRANSITIONS[before]:
        assert jobs.move(job.id, after).state is after
    else:
        with pytest.raises(StateRefused):
            jobs.move(job.id, after)
    assert jobs.get(job.id).state is (after if after in TRANSITIONS[before] else before)


def test_a_job_is_read_as_it_was_written(jobs: Jobs) -> None:
    job = replace(a_job(), error={"code": "x"}, transaction_time="2026-11-24T03:00:00.000000Z", pack="a", rows=3)
    jobs.add(job)
    assert jobs.get(job.id) == job == jobs.all()[0]


def test_progress_of_a_job_that_ended_is_not_noted(jobs: Jobs) -> None:
    job = jobs.add(a_job(State.CANCELLED))
    assert jobs.note(job.id, done=3) == job


@pytest.mark.parametrize("id", ["", "../sent", "a" * 31, "A" * 32, "a" * 32, "0" * 31 + "/"])
def test_what_is_no_jobs_id_names_no_job(jobs: Jobs, id: str) -> None:
    with pytest.raises(ExportUnknown):
        jobs.get(id)


def test_a_damaged_note_is_an_error_that_names_it(jobs: Jobs) -> None:
    job = jobs.add(a_job())
    path = jobs.folder(job) / "job.json"
    for content in (b"", b"[]", b"{}", path.read_bytes().replace(b"queued", b"questing")):
        path.write_bytes(content)
        with pytest.raises(JobDamaged):
            jobs.get(job.id)


def test_one_process_works_on_a_job(jobs: Jobs) -> None:
    job = jobs.add(a_job())
    with jobs.claim(job) as first, jobs.claim(job) as second:
        assert (first, second) == (True, False)
    with jobs.claim(job) as again:
        assert again


def test_waiting_jobs_are_live() -> None:
    assert WAITING < LIVE
