"""The lake: publish a snapshot once, read it for ever."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tenun.kernel import authorisation, canonical_json
from tenun.kernel.canonical_json import NotCanonical
from tenun.kernel.errors import TenunError
from tenun.kernel.keys import KeyProvider
from tenun.lake import sealed
from tenun.lake.snapshot import Layer, Origin, Snapshot, TableFile, from_manifest

MANIFEST = "manifest.json"
CURRENT = "CURRENT"
BUILDING = ".building-"
# Readers of figures ask for an area at a time: a group is about a regency, and only those that matter are opened.
FIGURES_A_GROUP = 30_000


class SnapshotMissing(TenunError):
    code = "lake.snapshot_missing"
    text_id = "Belum ada data {dataset} untuk {scope} di lapisan {layer}."
    text_en = "There is no {dataset} for {scope} in the {layer} layer yet."
    remedy_id = "Masukkan berkasnya lebih dahulu dengan `tenun ingest`, atau jalankan `./run demo`."
    remedy_en = "Bring the file in first with `tenun ingest`, or run `./run demo`."


class SnapshotAltered(TenunError):
    """A file of an immutable snapshot is not what its manifest says."""

    code = "lake.snapshot_altered"
    text_id = "Berkas {file} dari potret {snapshot} tidak lagi sama dengan manifesnya."
    text_en = "The file {file} of snapshot {snapshot} no longer equals its manifest."
    remedy_id = "Jangan pakai potret ini; pulihkan dari cadangan atau bangun ulang dari lapisan mentah."
    remedy_en = "Do not use this snapshot; restore it from a backup or rebuild it from the raw layer."


class TableSealed(TenunError):
    """Someone tried to read identifiers without showing a decision."""

    code = "lake.table_sealed"
    text_id = "Tabel {table} memuat pengenal orang dan hanya dibuka dengan keputusan perjanjian."
    text_en = "The table {table} identifies people and opens only with a decision of the agreement."
    remedy_id = "Minta keputusan dari perjanjian, lalu baca dengan `unseal`."
    remedy_en = "Ask the agreement for a decision, then read with `unseal`."


class Lake:
    """Tables of one node, below one folder.

    Trusted for results: whoever alters it alters figures. `verify` finds that, and everything from
    core upwards can be rebuilt from raw and compared.
    """

    def __init__(self, root: Path, keys: KeyProvider) -> None:
        self.root = root
        self._keys = keys

    # --- writing -------------------------------------------------------------------------------

    def publish(
        self,
        *,
        layer: Layer,
        dataset: str,
        scope: str,
        as_of: date,
        origin: Origin,
        tables: Mapping[str, pa.Table],
        sealed_tables: Collection[str] = (),
        details: Mapping[str, Any] | None = None,
        is_current: bool = True,
    ) -> Snapshot:
        """Write a snapshot and make it current, unless a later one is or `is_current` says no.

        Atomic: when this returns, the snapshot is on disk whole; when it does not, nothing of it can
        be seen. Publishing the same origin and date again gives back what is there, once it is shown to be
        whole. Raises `SnapshotAltered` where it is not.
        """
        there = self.find(layer=layer, dataset=dataset, scope=scope, origin=origin, as_of=as_of)
        if there is not None:
            self.verify(there)
            self._take_effect(there, stays_behind=not is_current)  # a run killed just before this line left it undone
            return there
        folder = self._scope_folder(layer, dataset, scope)
        draft = folder / f"{BUILDING}{os.getpid()}-{origin.fingerprint()}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        sealed_names = set(sealed_tables) | (set(tables) if layer is Layer.RAW else set())
        files = {
            name: self._write_table(
                draft,
                f"{layer}/{dataset}/{scope}",
                name,
                table,
                is_sealed=name in sealed_names,
                rows_a_group=FIGURES_A_GROUP if layer is Layer.OUT else None,
            )
            for name, table in tables.items()
        }
        snapshot = Snapshot(
            layer=layer,
            dataset=dataset,
            scope=scope,
            id=f"{as_of.isoformat()}-{origin.fingerprint()}",
            as_of=as_of,
            origin=origin,
            tables=files,
            details=dict(details or {}),
            folder=folder / f"{as_of.isoformat()}-{origin.fingerprint()}",
        )
        _write_durably(draft / MANIFEST, canonical_json.dumps(snapshot.manifest()))
        _sync_folder(draft)
        self._appear(draft, snapshot)
        self._take_effect(snapshot, stays_behind=not is_current)
        return snapshot

    def prefer(self, snapshot: Snapshot) -> None:
        """Make a snapshot that is there the current one again: for results of which settings choose one."""
        with _only_writer(snapshot.folder.parent):
            ids = self._published(snapshot.layer, snapshot.dataset, snapshot.scope)
            if ids[-1:] != [snapshot.id]:
                self._keep_order(snapshot.folder.parent, [*(one for one in ids if one != snapshot.id), snapshot.id])

    def remove(self, snapshot: Snapshot) -> None:
        """Delete a snapshot: for data that an addendum orders to be deleted. An earlier one does not become current.

        When this returns, its files are gone from the folder. What copies of the disk hold is not the lake's to say.
        """
        folder = snapshot.folder.parent
        with _only_writer(folder):
            ids = self._published(snapshot.layer, snapshot.dataset, snapshot.scope)
            if ids[-1:] == [snapshot.id]:
                (folder / CURRENT).unlink()  # the scope has no current data from here on
            elif snapshot.id in ids:
                self._keep_order(folder, [one for one in ids if one != snapshot.id])
            doomed = folder / f"{BUILDING}{os.getpid()}-removed-{snapshot.id}"
            snapshot.folder.rename(doomed)  # in one step: half a snapshot would be found by nobody, `clean` finds this
            _sync_folder(folder)
            shutil.rmtree(doomed)
            _sync_folder(folder)

    def clean(self) -> int:
        """Remove what a killed run left half-built. Gives the number of leftovers."""
        leftovers = [path for path in self.root.glob(f"*/*/*/{BUILDING}*") if not _is_alive(path)]
        for path in leftovers:
            shutil.rmtree(path)
        return len(leftovers)

    # --- finding -------------------------------------------------------------------------------

    def find(
        self, *, layer: Layer, dataset: str, scope: str, origin: Origin, as_of: date | None = None
    ) -> Snapshot | None:
        """The snapshot of that origin: at that date, or at the latest date it was published for."""
        ending = f"-{origin.fingerprint()}"
        for snapshot_id in reversed(self._ids(layer, dataset, scope)):
            if snapshot_id.endswith(ending) and (as_of is None or snapshot_id.startswith(as_of.isoformat())):
                return self.get(layer=layer, dataset=dataset, scope=scope, id=snapshot_id)
        return None

    def get(self, *, layer: Layer, dataset: str, scope: str, id: str) -> Snapshot:
        folder = self._scope_folder(layer, dataset, scope) / id
        try:
            manifest = canonical_json.loads((folder / MANIFEST).read_bytes(), document=MANIFEST)
            snapshot = from_manifest(manifest, folder)
        except FileNotFoundError as problem:
            raise SnapshotMissing(layer=layer, dataset=dataset, scope=scope) from problem
        except (NotCanonical, AttributeError, KeyError, TypeError, ValueError) as problem:
            raise SnapshotAltered(file=MANIFEST, snapshot=f"{layer}/{dataset}/{scope}/{id}") from problem
        is_at_its_place = snapshot.reference == f"{layer}/{dataset}/{scope}/{id}"
        if not is_at_its_place or id != f"{snapshot.as_of.isoformat()}-{snapshot.origin.fingerprint()}":
            raise SnapshotAltered(file=MANIFEST, snapshot=f"{layer}/{dataset}/{scope}/{id}")
        return snapshot

    def current(self, *, layer: Layer, dataset: str, scope: str) -> Snapshot:
        """The snapshot that figures are built from now. Raises `SnapshotMissing`."""
        published = self._published(layer, dataset, scope)
        if not published:
            raise SnapshotMissing(layer=layer, dataset=dataset, scope=scope)
        return self.get(layer=layer, dataset=dataset, scope=scope, id=published[-1])

    def history(self, *, layer: Layer, dataset: str, scope: str) -> list[Snapshot]:
        """Every snapshot of a scope, oldest date first."""
        return [
            self.get(layer=layer, dataset=dataset, scope=scope, id=snapshot_id)
            for snapshot_id in self._ids(layer, dataset, scope)
        ]

    def datasets(self, *, layer: Layer) -> list[str]:
        """Every dataset that a layer has a folder for."""
        folder = self.root / str(layer)
        return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []

    def scopes(self, *, layer: Layer, dataset: str) -> list[str]:
        folder = self.root / str(layer) / dataset
        if not folder.is_dir():
            return []
        return sorted(path.name for path in folder.iterdir() if (path / CURRENT).exists())

    def places(self, *, layer: Layer, dataset: str) -> list[str]:
        """Every scope that ever had data, also where none is current any more."""
        folder = self.root / str(layer) / dataset
        return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []

    def all_current(self, *, layer: Layer, dataset: str) -> list[Snapshot]:
        """The current snapshot of every scope."""
        scopes = self.scopes(layer=layer, dataset=dataset)
        return list(_at_once(lambda scope: self.current(layer=layer, dataset=dataset, scope=scope), scopes))

    # --- reading -------------------------------------------------------------------------------

    def path(self, snapshot: Snapshot, table: str) -> Path:
        """The Parquet file of a table that identifies nobody, for DuckDB to read."""
        file = snapshot.tables[table]
        if file.is_sealed:
            raise TableSealed(table=f"{snapshot.reference}/{table}")
        return snapshot.folder / file.file

    def read(self, snapshot: Snapshot, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        return pq.read_table(self.path(snapshot, table), columns=list(columns) if columns else None)

    def unseal(
        self, snapshot: Snapshot, table: str, *, columns: Sequence[str], permit: authorisation.Authorisation
    ) -> pa.Table:
        """Columns of a table that identifies people, under a decision that covers each of them."""
        authorisation.require(permit, fields=set(columns))
        return self._open_sealed(snapshot, table, columns)

    def _open_sealed(self, snapshot: Snapshot, table: str, columns: Sequence[str] | None) -> pa.Table:
        file = snapshot.tables[table]
        path = f"{snapshot.layer}/{snapshot.dataset}/{snapshot.scope}"
        plain = sealed.unseal(snapshot.folder / file.file, key=self._key(path), table=f"{path}/{table}")
        return pq.read_table(plain, columns=list(columns) if columns else None)

    def verify_all(self, snapshots: Sequence[Snapshot]) -> None:
        """`verify` for each of many. Raises `SnapshotAltered` for the first of them."""
        for _ in _at_once(self.verify, snapshots):
            pass

    def verify(self, snapshot: Snapshot) -> None:
        """Raise `SnapshotAltered` for the first file that is not what the manifest says."""
        for file in snapshot.tables.values():
            path = snapshot.folder / file.file
            if not path.exists() or canonical_json.sha256_file(path) != file.sha256:
                raise SnapshotAltered(file=file.file, snapshot=snapshot.reference)

    # --- below the surface ---------------------------------------------------------------------

    def _write_table(
        self, draft: Path, path: str, name: str, table: pa.Table, *, is_sealed: bool, rows_a_group: int | None
    ) -> TableFile:
        buffer = io.BytesIO()
        pq.write_table(
            table, buffer, compression="zstd", write_statistics=True, store_schema=False, row_group_size=rows_a_group
        )
        content = buffer.getvalue()
        target = draft / (f"{name}.parquet.siv" if is_sealed else f"{name}.parquet")
        if is_sealed:
            cover = io.BytesIO()
            sealed.seal(content, cover, key=self._key(path), table=f"{path}/{name}")
            _write_durably(target, cover.getvalue())
        else:
            _write_durably(target, content)
        return TableFile(
            name=name,
            file=target.name,
            rows=table.num_rows,
            bytes=target.stat().st_size,
            sha256=canonical_json.sha256_file(target),
            content_sha256=hashlib.sha256(content).hexdigest(),
            columns=tuple({"name": field.name, "type": str(field.type)} for field in table.schema),
            is_sealed=is_sealed,
        )

    def _key(self, path: str) -> bytes:
        # One key a dataset and scope: a key that leaks opens one village, not the country.
        return HKDF(algorithm=SHA256(), length=64, salt=None, info=path.encode()).derive(self._keys.secret("lake"))

    def _scope_folder(self, layer: Layer, dataset: str, scope: str) -> Path:
        return self.root / str(layer) / dataset / scope

    def _ids(self, layer: Layer, dataset: str, scope: str) -> list[str]:
        folder = self._scope_folder(layer, dataset, scope)
        return sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}") if not path.parent.name.startswith("."))

    def _published(self, layer: Layer, dataset: str, scope: str) -> list[str]:
        """Ids in the order they took effect; the last is current."""
        try:
            return (self._scope_folder(layer, dataset, scope) / CURRENT).read_text().split()
        except FileNotFoundError:
            return []

    def _appear(self, draft: Path, snapshot: Snapshot) -> None:
        """Give a finished draft its name. Where another process published the same first, its bytes are ours."""
        try:
            draft.rename(snapshot.folder)
        except OSError:
            if not (snapshot.folder / MANIFEST).exists():
                raise
            shutil.rmtree(draft)
            self.verify(snapshot)
        _sync_folder(snapshot.folder.parent)

    def _take_effect(self, snapshot: Snapshot, *, stays_behind: bool) -> None:
        folder = snapshot.folder.parent
        with _only_writer(folder):
            ids = self._published(snapshot.layer, snapshot.dataset, snapshot.scope)
            if snapshot.id in ids:
                return
            if ids and (stays_behind or ids[-1][:10] > snapshot.as_of.isoformat()):
                ids.insert(-1, snapshot.id)  # an older file that came in late does not replace newer data
            else:
                ids.append(snapshot.id)
            self._keep_order(folder, ids)

    def _keep_order(self, folder: Path, ids: Sequence[str]) -> None:
        draft = folder / f".{CURRENT}-{os.getpid()}"
        _write_durably(draft, "\n".join(ids).encode())
        draft.replace(folder / CURRENT)
        _sync_folder(folder)


T = TypeVar("T")
R = TypeVar("R")
# Files of a country lie in a hundred thousand folders, and a disk that is cold takes its time over each. More readers
# than this wait for one another as soon as the files are in memory.
READERS = 4
FEW = 64


def _at_once(work: Callable[[T], R], things: Sequence[T]) -> Iterator[R]:
    """What the work gives for each, in their order; several at once where there are many."""
    if len(things) <= FEW:
        yield from map(work, things)
        return
    with ThreadPoolExecutor(READERS) as readers:
        yield from readers.map(work, things)


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """One process at a time changes which snapshots of a scope are published."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_alive(draft: Path) -> bool:
    process = draft.name.removeprefix(BUILDING).split("-")[0]
    return Path(f"/proc/{process}").exists() and int(process) != os.getpid()
