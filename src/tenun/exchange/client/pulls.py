"""Deliveries on their way in: what a killed run needs to go on, durable before each step.

    exchange/pulls/<stream>/lock         held while one process pulls the stream; the kernel lets go when it dies
    exchange/pulls/<stream>/pull.json    what was asked for, and how far it is
    exchange/pulls/<stream>/manifest.json
    exchange/pulls/<stream>/files/       what has come so far, encrypted

Gone once the receipt is with the provider. Works with the database down. Not trusted: what lies here is checked
against the signed manifest before it is used.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tenun.agreement.vocabulary import Operation
from tenun.exchange.client.downloads import SealedFolder
from tenun.exchange.refusals import ExchangeError
from tenun.exchange.station import Station
from tenun.kernel.durable import write_durably
from tenun.kernel.keys import FileKeys

FOLDER = "pulls"
KEY_NAME = "pulls"
"""Of the node's secret that the folders' keys are made from."""


class PullUnderWay(ExchangeError):
    """Another process is pulling the same thing right now."""

    code = "exchange.pull_under_way"
    retryable = True
    text_id = "Penyerahan {dataset} yang sama sedang diambil oleh proses lain."
    text_en = "The same delivery of {dataset} is being pulled by another process."
    remedy_id = "Tunggu sampai selesai; lihat `tenun exchange list`."
    remedy_en = "Wait until it is finished; see `tenun exchange list`."


@dataclass(frozen=True, kw_only=True)
class Pull:
    """One delivery on its way. The stored spelling never changes."""

    stream: str
    dataset: str
    purpose: str
    area: str | None
    fields: tuple[str, ...]
    format: str
    since: str | None
    """The cursor that a delta goes on from; None = everything."""
    is_from_last: bool
    """Whether `since` was found here, and not given by a person: then it may be given up for everything."""
    rev: str
    """Revision of the agreement that it was asked under."""
    key: str
    """Idempotency-Key: whoever asks again with it gets the same export."""
    job: Mapping[str, Any] | None = None
    """The export at the provider, once it has taken it."""
    receipt: str | None = None
    """File name of the signed receipt, once the rows are in the lake; left to do is to hand it over."""
    pack: str | None = None
    has_fallen_back: bool = False
    """Whether everything is asked for because changes alone could not be applied."""
    is_told: bool = False
    """Whether a run has ended with the rows in the lake: the next one begins anew."""

    @property
    def operation(self) -> Operation:
        return Operation.BULK if self.since is None else Operation.DELTA

    def is_same(self, other: Pull) -> bool:
        """Whether a run that asks for `other` may go on with this one."""
        names = ("stream", "format", "is_from_last", "rev")
        return (self.is_from_last or self.since == other.since) and all(
            getattr(self, name) == getattr(other, name) for name in names
        )


class PullFolder:
    """The folder of one stream, while this process holds it."""

    def __init__(self, station: Station, stream: str) -> None:
        self.path = station.exchange / FOLDER / stream
        self._station = station

    def read(self) -> Pull | None:
        """What a run before this one left; None where it left nothing that can be read: then it is begun anew."""
        try:
            value = json.loads((self.path / "pull.json").read_bytes())
            return Pull(**{**value, "fields": tuple(value["fields"])})
        except (FileNotFoundError, KeyError, TypeError, ValueError):
            return None

    def begin(self, pull: Pull) -> Pull:
        """Throw away what is there, and note what is about to be asked for."""
        self.clear()
        return self.note(pull)

    def note(self, pull: Pull, **changes: Any) -> Pull:
        """On disk when this returns."""
        pull = replace(pull, **changes)
        write_durably(self.path / "pull.json", json.dumps(asdict(pull), sort_keys=True).encode())
        return pull

    def manifest(self) -> bytes | None:
        """The document of the manifest, once it came."""
        try:
            return (self.path / "manifest.json").read_bytes()
        except FileNotFoundError:
            return None

    def keep_manifest(self, content: bytes) -> None:
        write_durably(self.path / "manifest.json", content)

    def files(self, pull: Pull) -> SealedFolder:
        """Where its files lie, under a key of this pull: what was thrown away stays closed."""
        secret = FileKeys(self._station.keys).secret(KEY_NAME)
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"{pull.stream} {pull.key}".encode()).derive(secret)
        return SealedFolder(self.path / "files", key)

    def clear(self) -> None:
        """Remove everything but the lock."""
        (self.path / "pull.json").unlink(missing_ok=True)
        (self.path / "manifest.json").unlink(missing_ok=True)
        shutil.rmtree(self.path / "files", ignore_errors=True)


@contextmanager
def only_one(station: Station, stream: str, *, dataset: str) -> Iterator[PullFolder]:
    """The stream's folder, for this process alone. Raises `PullUnderWay`."""
    folder = PullFolder(station, stream)
    folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    except BlockingIOError:
        raise PullUnderWay(dataset=dataset) from None
    finally:
        os.close(descriptor)


def under_way(station: Station) -> list[Pull]:
    """Every delivery that is not finished, of all streams."""
    folders = sorted(path.parent for path in (station.exchange / FOLDER).glob("*/pull.json"))
    found = (PullFolder(station, folder.name).read() for folder in folders)
    return [pull for pull in found if pull is not None]


def new_key() -> str:
    return secrets.token_hex(16)
