"""The entries of calls, and what becomes of those that a crash left open."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tenun.agreement.decision import Operation, Use, decide
from tenun.exchange import calls
from tenun.exchange.calls import AnswerDigests, Call, CallBook, RequestDigests
from tenun.exchange.journal import cite
from tenun.exchange.refusals import LogUnavailable
from tenun.transparency_log.folder import LogFolder
from tests.lib.two_nodes import NOW, Nodes

ANSWER = AnswerDigests(status=200, rows=3, bytes=120, is_whole=True)


def request(name: str) -> RequestDigests:
    return RequestDigests(kid="k", signature_sha256=name * 64, base_sha256="b" * 64)


def call(nodes: Nodes, name: str = "a") -> Call:
    return Call(request=request(name), agreement=cite(nodes.agreement), operation="subject", dataset="sid-warga")


def entries(nodes: Nodes) -> list[dict]:
    folder = LogFolder(nodes.desa.log)
    size = int((folder.checkpoint() or b"").split(b"\n")[1])
    return [json.loads(entry) for entry in folder.entries(size=size)]


def in_a_process_that_dies(work: Callable[[], None]) -> None:
    """Like a worker that the kernel kills: nothing is cleaned up."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os.kill(os.getpid(), signal.SIGKILL)
        except BaseException as problem:
            sys.stderr.write(f"{type(problem).__name__}: {problem}\n")
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.pasal("7(1)")
def test_a_call_is_in_the_log_before_and_after_it_is_answered(nodes: Nodes) -> None:
    book = CallBook(nodes.desa)
    use = Use(
        dataset="sid-warga",
        purpose="pemadanan",
        operation=Operation.FILE,
        fields=frozenset({"nik"}),
        by="naker",
        moment=NOW,
    )
    decision = decide(nodes.agreement, use)
    opened = book.opened(call(nodes), decision=decision)
    assert json.loads(opened.entry)["decision"] == {
        "id": decision.decision_id,
        "is_permit": True,
        "clauses": list(decision.clauses),
    }
    assert [one.index for one in book.open_calls()] == [opened.index]
    book.closed(call(nodes), ANSWER)
    assert book.open_calls() == []
    begun, ended = entries(nodes)[-2:]
    assert (begun["type"], ended["type"]) == (calls.OPENED, calls.CLOSED)
    assert begun["call"] == ended["call"] == "a" * 64
    assert ended["response"] == {"status": 200, "rows": 3, "bytes": 120, "is_whole": True}


def test_a_small_answer_costs_one_commit_and_leaves_nothing_open(nodes: Nodes) -> None:
    book = CallBook(nodes.desa)
    opened, closed = book.opened_and_closed(call(nodes), ANSWER)
    assert closed.index == opened.index + 1
    assert opened.appended.checkpoint == closed.appended.checkpoint
    assert book.open_calls() == []


def test_both_roles_of_one_node_are_kept_apart(nodes: Nodes) -> None:
    """A node that asks itself has the same call in its log on both sides."""
    book = CallBook(nodes.desa)
    book.asked(call(nodes))
    book.opened(call(nodes))
    book.answered(call(nodes), None, code="exchange.peer_unreachable")
    assert [one.kind for one in book.open_calls()] == [calls.OPENED]


def test_calls_of_a_living_process_are_left_alone(nodes: Nodes) -> None:
    living = CallBook(nodes.desa)
    living.opened(call(nodes))
    assert CallBook(nodes.desa).recover() == []
    assert len(living.open_calls()) == 1


@pytest.mark.parametrize("begin", ["opened", "asked"])
def test_calls_of_a_killed_process_are_closed_as_interrupted_once(nodes: Nodes, begin: str) -> None:
    in_a_process_that_dies(lambda: getattr(CallBook(nodes.desa), begin)(call(nodes, "d")))
    book = CallBook(nodes.desa)
    book.opened(call(nodes, "e"))
    (left,) = book.recover()
    assert left.call == "d" * 64
    assert entries(nodes)[-1] | {"time": ""} == {
        "type": calls.INTERRUPTED,
        "time": "",
        "node": "desa",
        "call": "d" * 64,
        "opened": left.index,
        "began": f"call.{begin}",
    }
    assert book.recover() == []
    assert [one.call for one in book.open_calls()] == ["e" * 64]


def test_a_process_that_was_killed_after_it_closed_leaves_nothing(nodes: Nodes) -> None:
    def work() -> None:
        book = CallBook(nodes.desa)
        book.opened(call(nodes))
        book.closed(call(nodes), ANSWER)

    in_a_process_that_dies(work)
    assert CallBook(nodes.desa).recover() == []


def test_a_recovery_begins_where_the_last_one_knew_all_to_be_closed(nodes: Nodes, monkeypatch: object) -> None:
    book = CallBook(nodes.desa)
    for name in "0123":
        book.opened_and_closed(call(nodes, name), ANSWER)
    book.recover()
    starts: list[int] = []
    read = book.journal.entries
    book.journal.entries = lambda start: (starts.append(start), read(start))[1]  # type: ignore[method-assign]
    opened = book.opened(call(nodes, "5"))
    book.recover()
    assert min(starts) == opened.index


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"closed_before": 999999}', b"[1]"])
def test_a_damaged_marker_costs_reading_and_no_truth(nodes: Nodes, damage: bytes) -> None:
    in_a_process_that_dies(lambda: CallBook(nodes.desa).opened(call(nodes)))
    (nodes.desa.exchange / "calls" / "marker.json").write_bytes(damage)
    assert [one.call for one in CallBook(nodes.desa).recover()] == ["a" * 64]


def test_no_file_of_a_dead_process_stays(nodes: Nodes) -> None:
    in_a_process_that_dies(lambda: CallBook(nodes.desa).opened(call(nodes)))
    CallBook(nodes.desa).recover()
    assert list(Path(nodes.desa.exchange / "calls").glob("worker-*")) == []


def test_words_that_the_agreement_does_not_know_do_not_get_into_the_log(nodes: Nodes) -> None:
    told = calls.about(
        nodes.agreement,
        request("a"),
        operation="subject",
        dataset="sid-warga",
        purpose="3171010101900001",
        fields=["nik", "3171010101900001"],
    )
    assert (told.dataset, told.purpose, set(told.fields)) == ("sid-warga", None, {"nik"})
    assert calls.about(nodes.agreement, request("a"), operation="bulk", dataset="3171", fields=["nik"]).fields == ()


def test_without_a_log_nothing_begins(nodes: Nodes) -> None:
    book = CallBook(nodes.desa)
    book.opened_and_closed(call(nodes), ANSWER)
    shutil.rmtree(nodes.desa.log)
    nodes.desa.log.write_text("no folder")
    with pytest.raises(LogUnavailable):
        book.opened(call(nodes, "b"))
