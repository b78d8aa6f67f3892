"""How much of a file lies ready to leave, and how a file that nobody caps leaves."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator

import pytest

from tenun.agreement.vocabulary import Party
from tenun.api import streams
from tenun.api.streams import Stream
from tenun.exchange.gate import CHUNK, OpenGate, Passage

AGREEMENT = "urn:tenun:agreement:sid-siapkerja"
CONTENT = bytes(range(256)) * 1024


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection: ours and the reader's."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as reader,
        listener.accept()[0] as ours,
    ):
        yield ours, reader


def stream(
    connection: socket.socket | None,
    ended: list[tuple[int, bool, str | None]],
    *,
    rate: int = 0,
    is_permitted: Callable[[], bool] = lambda: True,
) -> Stream:
    passage = Passage.enter(OpenGate(), agreement=AGREEMENT, client=str(Party.NAKER))
    return Stream(
        io.BytesIO(CONTENT),
        first=0,
        length=len(CONTENT),
        passage=passage,
        connection=connection,
        when_over=lambda *how: ended.append(how),
        is_permitted=is_permitted,
        rate=rate,
    )


@pytest.mark.pasal("7(4)")
@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="this system has no such bound")
def test_little_of_a_stream_may_wait_in_the_kernel(line: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = line
    content = stream(ours, [])
    assert len(next(iter(content))) <= CHUNK
    assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == streams.UNSENT_MAX
    assert streams.UNSENT_MAX <= 2 * CHUNK
    content.close()


def test_without_a_cap_a_stream_never_waits_for_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: float) -> None:
        raise AssertionError("it waited")

    monkeypatch.setattr(streams.time, "sleep", never)
    monkeypatch.setattr(streams.watcher, "watch", lambda _: None)
    ended: list[tuple[int, bool, str | None]] = []
    content = stream(None, ended)
    assert b"".join(content) == CONTENT
    content.close()
    assert ended == [(len(CONTENT), True, None)]


def test_a_reader_that_went_away_is_told_from_one_that_has_it_all(line: tuple[socket.socket, socket.socket]) -> None:
    ours, reader = line
    ended: list[tuple[int, bool, str | None]] = []
    content = stream(ours, ended)
    next(iter(content))
    reader.close()
    content.close()
    assert ended == [(CHUNK, False, streams.READER)]


@pytest.mark.pasal("6(1)", "13")
def test_a_stream_ends_within_a_second_of_the_permission_it_rests_on(
    line: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, _ = line
    monkeypatch.setattr(streams.watcher, "watch", lambda _: None)  # the test looks in its place
    moment = [100.0]
    monkeypatch.setattr(streams.time, "monotonic", lambda: moment[0])
    ended: list[tuple[int, bool, str | None]] = []
    answers = [True, False]
    content = stream(ours, ended, is_permitted=lambda: answers.pop(0))
    pieces = iter(content)
    next(pieces)
    content.look()
    assert len(answers) == 2  # not each 50 ms
    for _ in range(2):
        moment[0] += streams.ASKED_AGAIN_SECONDS
        content.look()
    assert answers == []
    with pytest.raises(ConnectionResetError):
        next(pieces)
    content.close()
    assert ended == [(CHUNK, False, streams.AGREEMENT)]


def test_a_stream_has_no_cap_unless_one_is_set() -> None:
    assert streams.RATE_MAX == 0
