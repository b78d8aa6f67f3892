"""Files on their way: whole, in pieces, cut off by a shut-off, broken by a kill; and what the log says of each."""

from __future__ import annotations

import hashlib
import http.client
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenun.exchange.calls import CallBook
from tenun.exchange.gate import Reason, Scope
from tenun.exchange.wire import signatures
from tenun.exchange.wire.messages import Request, Response
from tenun.node import shutoff
from tenun.node.home import NodeHome, Role
from tests.integration.api.conftest import Served, open_folder, serve_desa
from tests.lib.api_calls import Caller, entries_of, in_home, log_of, open_exchange, until
from tests.lib.online_nodes import VILLAGES, open_online_nodes

pytestmark = pytest.mark.xdist_group("api")
SLOW_MB = "0.1"


@pytest.fixture(scope="module")
def slow() -> Iterator[Served]:
    """A node whose files take seconds to leave."""
    patch = pytest.MonkeyPatch()
    patch.setenv("TENUN_API_STREAM_MB_PER_SECOND", SLOW_MB)
    with open_folder() as folder:
        nodes = open_online_nodes(folder, villages=VILLAGES[:2], residents=6000)
        with serve_desa(folder, nodes) as served:
            yield served
    patch.undo()


def first_file(served: Served, token: str, **changed: object) -> tuple[str, dict]:
    _, manifest = served.finished_export(token, **changed)
    (output,) = manifest["output"]
    return served.path_of(output["url"]), output


def test_an_export_goes_from_kick_off_to_the_last_byte(served: Served, caller: Caller) -> None:
    token = caller.token()
    begun = caller.begin_export(token)
    assert (begun.status, begun.headers["retry-after"]) == (202, "2")
    path = served.path_of(begun.headers["content-location"])
    waiting = caller.call("GET", path, token=token)
    assert (waiting.status, waiting.headers["x-progress"]) == (202, "0%")
    early = caller.call("GET", f"{path}/manifest", token=token)
    assert (early.status, early.problem, early.headers["retry-after"]) == (409, "export-not-ready", "5")
    while caller.call("GET", path, token=token).status == 202:
        assert served.worked() is not None
    ready = caller.call("GET", path, token=token)
    assert ready.json()["transactionTime"]
    output = ready.json()["output"][0]
    file = caller.call("GET", served.path_of(output["url"]), token=token)
    assert file.status == 200
    assert hashlib.sha256(file.body).hexdigest() == output["sha256"]
    assert file.headers["etag"] == f'"{output["sha256"]}"'
    assert file.headers["cache-control"] == "no-store"
    cancelled = caller.call("DELETE", path, token=token)
    assert (cancelled.status, cancelled.json()["state"]) == (202, "cancelled")
    gone = caller.call("GET", served.path_of(output["url"]), token=token)
    assert (gone.status, gone.problem) == (410, "gone")


RANGES = {
    "bytes=0-99": slice(0, 100),
    "bytes=100-": slice(100, None),
    "bytes=-50": slice(-50, None),
    "bytes=10-10": slice(10, 11),
    "bytes=0-999999999": slice(0, None),
}
NO_RANGES = ("bytes=5-4", "bytes=-", "lines=1-2", "bytes=0-1,5-6", "")


def test_a_file_in_pieces_is_the_file_and_each_piece_proves_the_whole(served: Served, caller: Caller) -> None:
    token = caller.token()
    path, output = first_file(served, token, format="ndjson")
    whole = caller.call("GET", path, token=token)
    for asked, part in RANGES.items():
        answer = caller.call("GET", path, token=token, more={"Range": asked, "If-Range": whole.headers["etag"]})
        assert (answer.status, answer.body) == (206, whole.body[part]), asked
        assert answer.headers["repr-digest"] == whole.headers["repr-digest"]
        assert answer.headers["content-range"].endswith(f"/{output['size']}")
        assert 'content-range"' in answer.headers["signature-input"]
    for asked in NO_RANGES:
        assert caller.call("GET", path, token=token, more={"Range": asked}).body == whole.body
    other = caller.call("GET", path, token=token, more={"Range": "bytes=5-", "If-Range": '"lain"'})
    assert (other.status, other.body) == (200, whole.body)
    beyond = caller.call("GET", path, token=token, more={"Range": f"bytes={output['size']}-"})
    assert (beyond.status, beyond.problem) == (416, "range-not-satisfiable")


def test_the_log_has_a_file_before_it_leaves_and_after(served: Served, caller: Caller) -> None:
    token = caller.token()
    path, output = first_file(served, token)
    answer = caller.call("GET", path, token=token)
    until(lambda: len(entries_of(served.log, answer.call or "")) == 2)
    opened, closed = entries_of(served.log, answer.call or "")
    assert (opened["type"], closed["type"]) == ("call.opened", "call.closed")
    assert opened["decision"]["is_permit"] is True
    assert opened["step"] == "file"
    assert closed["response"]["bytes"] == output["size"]
    assert closed["response"]["is_whole"] is True
    assert closed["response"]["content_sha256"] == output["sha256"]


def begin(served: Served, path: str, token: str) -> tuple[Request, Iterator[bytes]]:
    """A download of which the first bytes have come."""
    request = served.caller.request("GET", path, token=token)
    status, headers, pieces = open_exchange(served.caller.address, request)
    assert status == 200
    signatures.verify_response(
        Response(status, headers), to=request, keys=served.caller.peer_keys, now=served.caller.now(), may_be_file=True
    )
    assert next(pieces)
    return request, pieces


def rest_of(pieces: Iterator[bytes]) -> int:
    """How many bytes still come until the connection ends, in whatever way. `Content-Length` says how many should."""
    got = 0
    try:
        for piece in pieces:
            got += len(piece)
    except (http.client.IncompleteRead, ConnectionError):
        return got
    return got


@pytest.mark.pasal("7(4)")
def test_a_shut_off_breaks_a_file_in_the_middle_and_nobody_takes_it_for_the_whole(slow: Served) -> None:
    token = slow.caller.token()
    path, output = first_file(slow, token)
    request, pieces = begin(slow, path, token)
    home = slow.nodes.home(slow.nodes.desa.party)
    shutoff.shut_off(home, Scope.of_dataset(slow.nodes.agreement.id, "sid-warga"), reason=Reason.LEAK)
    got = rest_of(pieces)
    assert got < output["size"]
    call = signatures.call_id(request)
    until(lambda: len(entries_of(slow.log, call)) == 2)
    closed = entries_of(slow.log, call)[-1]
    assert closed["code"] == "exchange.shut_off"
    assert closed["response"]["is_whole"] is False
    assert got <= closed["response"]["bytes"] < output["size"]

    # Nothing new is let in, and the token is dead also after the reinstatement.
    refused = slow.caller.call("GET", path, token=token)
    assert (refused.status, refused.problem) == (403, "agreement-shut-off")
    assert log_of(slow.log)[refused.json()["log_index"]]["code"] == "exchange.shut_off"
    no_token = slow.caller.ask_token(slow.caller.grant())
    assert (no_token.status, no_token.problem) == (403, "agreement-shut-off")
    shutoff.reinstate(home, Scope.of_dataset(slow.nodes.agreement.id, "sid-warga"))
    until(lambda: slow.caller.ask_token(slow.caller.grant()).status == 200)
    dead = slow.caller.call("GET", path, token=token)
    assert (dead.status, dead.problem) == (401, "token-epoch")


@pytest.mark.pasal("6(1)", "13")
def test_an_agreement_that_cannot_be_read_any_more_ends_a_file_in_the_middle(slow: Served) -> None:
    """As its end does: the agreement is asked again while a file leaves."""
    token = slow.caller.token()
    path, output = first_file(slow, token)
    request, pieces = begin(slow, path, token)
    signatures_of_both = slow.nodes.desa.agreement / "signatures.json"
    kept = signatures_of_both.read_bytes()
    signatures_of_both.write_bytes(b"{}")
    try:
        rest_of(pieces)
        until(lambda: len(entries_of(slow.log, signatures.call_id(request))) == 2)
    finally:
        signatures_of_both.write_bytes(kept)
    closed = entries_of(slow.log, signatures.call_id(request))[-1]
    assert closed["response"]["bytes"] < output["size"]
    assert (closed["code"], closed["response"]["is_whole"]) == ("exchange.not_permitted", False)


@pytest.mark.pasal("7(1)")
def test_a_worker_that_is_killed_in_the_middle_of_a_file_leaves_an_interrupted_call(slow: Served) -> None:
    token = slow.caller.token()
    path, output = first_file(slow, token)
    request, pieces = begin(slow, path, token)
    call = signatures.call_id(request)
    assert [one.call for one in CallBook(slow.nodes.desa).open_calls()] == [call]
    worker = int(Path(f"/proc/{slow.api.process.pid}/task/{slow.api.process.pid}/children").read_text().split()[0])
    os.kill(worker, signal.SIGKILL)
    assert rest_of(pieces) < output["size"]
    # The worker that takes its place closes what it left.
    until(lambda: len(entries_of(slow.log, call)) == 2, seconds=30)
    assert entries_of(slow.log, call)[-1]["type"] == "call.interrupted"
    until(lambda: slow.caller.ask_token(slow.caller.grant()).status == 200, seconds=30)


def test_a_reader_who_leaves_is_noted_with_what_went_out(slow: Served) -> None:
    token = slow.caller.token()
    path, output = first_file(slow, token)
    request, pieces = begin(slow, path, token)
    pieces.close()  # type: ignore[attr-defined]
    call = signatures.call_id(request)
    until(lambda: len(entries_of(slow.log, call)) == 2)
    closed = entries_of(slow.log, call)[-1]
    assert closed.get("code") == "exchange.reader_gone", (closed, output)
    assert closed["response"]["is_whole"] is False
    assert 0 < closed["response"]["bytes"] <= output["size"]


def test_replays_are_known_after_server_and_database_were_restarted(own_folder: Path) -> None:
    nodes = open_online_nodes(own_folder)
    with serve_desa(own_folder, nodes) as served:
        request = served.caller.request("GET", f"{served.caller.base}/acts")
        assert served.caller.send(request).status == 200
    with in_home(own_folder):
        assert not NodeHome.of(Role.DESA).folder.joinpath("run", "api.ready").exists()
    with serve_desa(own_folder, nodes) as served:
        again = served.caller.send(request)
        assert (again.status, again.problem) == (409, "replayed")
