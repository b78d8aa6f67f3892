"""Finding one person among all villages without opening any: keyed digests of numbers, and where each one's row is.

    exchange/index/<dataset>-<identifier>.idx

A number is in it as HMAC-SHA256 under a secret of the node, cut to 16 bytes, in order; beside it the place and the
row of the place's snapshot. Only rows within the agreed row scope are in it, so that somebody outside it is as unknown
as somebody who does not exist, in what is answered and in how long it takes.

Made again, for the places that changed, when the lake's snapshots are no longer those it was made from. It can be
deleted at any time. Not trusted: the row is read from its verified snapshot, and its scope is checked again.
"""

from __future__ import annotations

import hmac
import json
import mmap
import os
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenun.exchange.binding import Binding
from tenun.exchange.station import Station
from tenun.kernel import durable
from tenun.kernel.clause import implements
from tenun.kernel.durable import write_durably
from tenun.kernel.keys import FileKeys
from tenun.lake.store import CURRENT

FOLDER = "index"
KEY_NAME = "index"
"""Of the node's secret that the digests are made with."""
FRESH_SECONDS = 1.0
"""How long a process takes for granted that no village has new data: what came in later is found that much later."""
_MAGIC = b"TNNIDX1\n"
_HEAD = struct.Struct("<8sQ")
_ALIGNED = 64
_DIGEST_BYTES = 16


@dataclass(frozen=True)
class Row:
    """Where a row is: the place, its snapshot, and which row of its open table."""

    scope: str
    snapshot: str
    number: int


Numbers = Callable[[str, str], tuple[list[str], list[int]]]
"""The numbers of a place's snapshot (scope, snapshot id), with the rows they stand in; none of rows out of scope."""


@dataclass(frozen=True)
class _Content:
    """An index as it lies in memory. Digests are two columns of 64 bits, in order."""

    selection: str
    places: Mapping[str, tuple[str, list[int]]]
    """Scope -> snapshot id, and how its `CURRENT` looked then."""
    scopes: list[str]
    high: Any
    low: Any
    place: Any
    row: Any


class Lookup:
    """The index of one dataset by one identifier. One for a process; safe from any thread."""

    def __init__(self, station: Station, binding: Binding, identifier: str) -> None:
        self._station = station
        self._binding = binding
        self._path = station.exchange / FOLDER / f"{binding.dataset}-{identifier}.idx"
        self._key = FileKeys(station.keys).secret(KEY_NAME) + identifier.encode()
        self._content: _Content | None = None
        self._stamp: tuple[int, int] | None = None
        self._checked = 0.0
        self._lock = threading.Lock()

    def find(self, number: str, *, selection: str, numbers: Numbers) -> list[Row]:
        """Every row of that number. `selection` names the row scope, `numbers` reads a place that is not in it yet."""
        content = self._fresh(selection, numbers)
        digest = self._digest(number)
        high, low = (np.uint64(int.from_bytes(half, "big")) for half in (digest[:8], digest[8:]))
        first, last = (int(np.searchsorted(content.high, high, side=side)) for side in ("left", "right"))
        rows = []
        for at in range(first, last):
            if content.low[at] == low:
                scope = content.scopes[int(content.place[at])]
                rows.append(Row(scope, content.places[scope][0], int(content.row[at])))
        return rows

    # --- below the surface -----------------------------------------------------------------------

    def _digest(self, number: str) -> bytes:
        return hmac.digest(self._key, number.encode(), "sha256")[:_DIGEST_BYTES]

    def _fresh(self, selection: str, numbers: Numbers) -> _Content:
        """The index as the lake is now, or was less than `FRESH_SECONDS` ago."""
        with self._lock:
            content = self._content
            is_recent = time.monotonic() - self._checked < FRESH_SECONDS
            if content is not None and content.selection == selection and is_recent:
                return content
            seen = self._seen()
            content = self._load()
            if content is None or content.selection != selection or _stamps(content) != seen:
                with durable.only_one(self._path.parent / "lock"):
                    # Another process may have built it while this one waited.
                    content = self._load()
                    if content is None or content.selection != selection or _stamps(content) != seen:
                        self._build(content, selection, seen, numbers)
                        content = self._load()
            assert content is not None
            self._content, self._checked = content, time.monotonic()
            return content

    def _seen(self) -> dict[str, list[int]]:
        """How each place's `CURRENT` looks: it is replaced whenever another snapshot takes effect."""
        folder = self._station.lake.root / str(self._binding.layer) / self._binding.lake_dataset
        seen = {}
        for entry in os.scandir(folder) if folder.is_dir() else ():
            try:
                status = Path(entry, CURRENT).stat()
            except (FileNotFoundError, NotADirectoryError):
                continue
            seen[entry.name] = [status.st_mtime_ns, status.st_ino]
        return seen

    @implements("7(1)", "7(3)", control="Persons are found by keyed digests: no index holds a number.")
    def _build(self, there: _Content | None, selection: str, seen: Mapping[str, list[int]], numbers: Numbers) -> None:
        """Write the index anew; what it has of places that did not change is taken over."""
        usable = there if there is not None and there.selection == selection else None
        lake, binding = self._station.lake, self._binding
        scopes = sorted(seen)
        places, columns = {}, []
        for number, scope in enumerate(scopes):
            snapshot = lake.current(layer=binding.layer, dataset=binding.lake_dataset, scope=scope).id
            places[scope] = (snapshot, seen[scope])
            if usable is not None and usable.places.get(scope, ("",))[0] == snapshot:
                columns.append(_of_place(usable, scope, number))
            else:
                columns.append(self._digested(*numbers(scope, snapshot), number))
        high, low, place, row = (np.concatenate(parts) for parts in zip(_NOTHING, *columns, strict=True))
        order = np.lexsort((row, place, low, high))
        head = json.dumps({"selection": selection, "scopes": scopes, "places": places, "count": len(order)}).encode()
        head += b" " * (-(len(head) + _HEAD.size) % _ALIGNED)
        body = b"".join(column[order].tobytes() for column in (high, low, place, row))
        write_durably(self._path, _HEAD.pack(_MAGIC, len(head)) + head + body)

    def _digested(self, numbers: list[str], rows: list[int], place: int) -> tuple[Any, Any, Any, Any]:
        digests = b"".join(self._digest(number) for number in numbers)
        halves = np.frombuffer(digests, dtype=">u8").reshape(-1, 2).astype("<u8")
        return halves[:, 0], halves[:, 1], np.full(len(rows), place, "<u4"), np.array(rows, "<u4")

    def _load(self) -> _Content | None:
        """What lies on disk; None where that is nothing, or not an index of ours."""
        try:
            with self._path.open("rb") as handle:
                status = os.fstat(handle.fileno())
                stamp = (status.st_mtime_ns, status.st_ino)
                if self._content is not None and stamp == self._stamp:
                    return self._content
                self._stamp = stamp
                return _read(mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ))
        except (FileNotFoundError, ValueError, KeyError, TypeError, struct.error):
            return None


_NOTHING = (np.zeros(0, "<u8"), np.zeros(0, "<u8"), np.zeros(0, "<u4"), np.zeros(0, "<u4"))


def _stamps(content: _Content) -> dict[str, list[int]]:
    return {scope: stamp for scope, (_, stamp) in content.places.items()}


def _of_place(content: _Content, scope: str, number: int) -> tuple[Any, Any, Any, Any]:
    """What an index has of one place, under the place's new number."""
    at = np.flatnonzero(np.asarray(content.place) == content.scopes.index(scope))
    return content.high[at], content.low[at], np.full(len(at), number, "<u4"), content.row[at]


def _read(data: mmap.mmap) -> _Content:
    magic, length = _HEAD.unpack(data[: _HEAD.size])
    if magic != _MAGIC:
        raise ValueError("another kind of file")
    head = json.loads(data[_HEAD.size : _HEAD.size + length])
    count, at, columns = int(head["count"]), _HEAD.size + length, []
    for kind in ("<u8", "<u8", "<u4", "<u4"):
        columns.append(np.frombuffer(data, dtype=kind, count=count, offset=at))
        at += columns[-1].nbytes
    if at != len(data):
        raise ValueError("cut short, or something lies behind its end")
    places = {scope: (str(snapshot), list(stamp)) for scope, (snapshot, stamp) in head["places"].items()}
    return _Content(str(head["selection"]), places, list(head["scopes"]), *columns)


_lookups: dict[tuple[Path, str, str], Lookup] = {}
_lookups_lock = threading.Lock()


def of(station: Station, binding: Binding, identifier: str) -> Lookup:
    """This process's index: opened once."""
    with _lookups_lock:
        name = (station.exchange, binding.dataset, identifier)
        if name not in _lookups:
            _lookups[name] = Lookup(station, binding, identifier)
        return _lookups[name]


def numbers_in(rows: pa.Table, column: str) -> tuple[list[str], list[int]]:
    """The numbers of a column and the rows they stand in, in the column `row`. Empty cells are left out."""
    there = rows.filter(pc.is_valid(rows[column]))
    numbers: list[Any] = there[column].to_pylist()
    places: list[Any] = there["row"].to_pylist()
    return numbers, places
