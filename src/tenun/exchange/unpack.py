"""Taking a pack in, at the consumer: everything about it is checked before a row enters the lake.

The file is copied into the inbox first (still encrypted), and read twice from there: once to check it
whole, once to take it in. So what is taken in is what was checked, memory holds one part at a time,
and nothing of a refused pack was ever on disk in plain or in the lake at all.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenun.agreement.decision import Operation
from tenun.agreement.standing import Position
from tenun.exchange import container, envelope, intake, journal, manifest, parts, signature
from tenun.exchange.intake import Accepted, Checked
from tenun.exchange.journal import Journal
from tenun.exchange.manifest import PartEntry
from tenun.exchange.refusals import ContainerMalformed, FileUnreadable, PartAltered, TooLarge
from tenun.exchange.register import Register
from tenun.exchange.station import Station
from tenun.kernel.clause import implements

RECIPE = "exchange-unpack/1"
FILE_BYTES_MAX = 64 * 1024**3


@implements(
    "2a",
    "3(1)a",
    "3(2)a",
    control="A pack enters the lake only after every check; the consumer signs a receipt.",
)
def accept(station: Station, file: Path, *, progress: Callable[[int, int], None] | None = None) -> Accepted:
    """Check a pack, take its rows into the lake, and write a signed receipt.

    Raises one class of `refusals` for each check that can fail, and then the lake is as it was. Every
    outcome is in the log before it is told. `progress(done, of)` counts parts, twice over.
    """
    book = Journal(station)
    register = Register(station)
    with register.only_one(), book.refusals(operation=str(Operation.FILE)) as known, _incoming(station, file) as copy:
        known["file_sha256"] = copy.sha256
        position = station.position()
        agreement = position.agreement
        known["agreement"] = journal.cite(agreement)
        reading = _FirstReading(station, position, register, known, progress)
        checked = reading.read(copy.path)
        logged = book.write(
            journal.ACCEPTED,
            agreement=journal.cite(agreement),
            decision=known["decision"],
            pack=journal.pack_of(checked.manifest, manifest_sha256=checked.manifest_sha256),
            file_sha256=copy.sha256,
        )
        return intake.take_in(
            station,
            agreement,
            checked,
            _second_reading(station, copy),
            recipe=RECIPE,
            book=book,
            register=register,
            logged=logged,
            progress=progress,
        )


# --- the incoming file -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Copy:
    path: Path
    sha256: str


@contextmanager
def _incoming(station: Station, file: Path) -> Iterator[_Copy]:
    """Our own copy, which nobody changes between checking and taking in. Encrypted as it came."""
    inbox = station.exchange / "inbox"
    inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = inbox / f".incoming-{secrets.token_hex(8)}"
    digest = hashlib.sha256()
    size = 0
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            for piece in _pieces(file):
                size += len(piece)
                if size > FILE_BYTES_MAX:
                    raise TooLarge(what="The file", limit=FILE_BYTES_MAX)
                digest.update(piece)
                target.write(piece)
        yield _Copy(path, digest.hexdigest())
    finally:
        path.unlink(missing_ok=True)


def _pieces(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as source:
            while piece := source.read(container.PIECE):
                yield piece
    except OSError as problem:
        raise FileUnreadable() from problem


# --- checking ------------------------------------------------------------------------------------------


class _FirstReading:
    """A pack while it is checked: member after member, each against what the manifest says of it."""

    def __init__(
        self,
        station: Station,
        position: Position,
        register: Register,
        known: dict[str, Any],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._station = station
        self._position = position
        self._register = register
        self._known = known
        self._progress = progress
        self._encoded: bytes | None = None
        self._checked: Checked | None = None
        self._expected: list[PartEntry] = []

    def read(self, path: Path) -> Checked:
        """What is true of the pack. Raises for whatever is wrong with the file or with anything in it."""
        sink = container.MemberReader(admit=self._admit, take=self._take)
        envelope.open_into(path, sink, identity=self._station.age_identity(), party=self._station.party)
        sink.finish()
        if self._checked is None or self._expected:
            raise ContainerMalformed(reason="a member is missing")
        return self._checked

    def _admit(self, name: str, size: int) -> None:
        """Only the member that must come next, and no more of it than it may have."""
        if self._encoded is None:
            _require_member(name, size, expected=manifest.NAME, limit=manifest.BYTES_MAX)
        elif self._checked is None:
            _require_member(name, size, expected=manifest.SIGNATURE_NAME, limit=signature.BYTES_MAX)
        elif not self._expected:
            raise ContainerMalformed(reason="a member that the manifest does not name")
        else:
            _require_member(name, size, expected=self._expected[0].path, limit=parts.BYTES_MAX)
            if size != self._expected[0].size:
                raise PartAltered(part=self._expected[0].path, reason="another size")

    def _take(self, name: str, content: bytes) -> None:
        if self._encoded is None:
            self._encoded = content
        elif self._checked is None:
            self._checked = intake.check_manifest(
                self._station,
                self._position.agreement,
                self._encoded,
                content,
                operation=Operation.FILE,
                register=self._register,
                known=self._known,
                state=self._position.state,
            )
            self._expected = list(self._checked.manifest.parts)
        else:
            intake.read_part(content, self._expected.pop(0), self._checked)
            if self._progress is not None:
                of = len(self._checked.manifest.parts)
                self._progress(of - len(self._expected), 2 * of)


def _require_member(name: str, size: int, *, expected: str, limit: int) -> None:
    if name != expected:
        # Not repeated: a member's name may carry anything.
        raise ContainerMalformed(reason=f"another member where {expected} belongs")
    if size > limit:
        raise TooLarge(what=name, limit=limit)


def _second_reading(station: Station, copy: _Copy) -> intake.Deliver:
    """Each part again, from our copy, for the lake."""

    def deliver(take: Callable[[bytes], None]) -> None:
        def member(name: str, content: bytes) -> None:
            if name not in (manifest.NAME, manifest.SIGNATURE_NAME):
                take(content)

        sink = container.MemberReader(admit=lambda name, size: None, take=member)  # sizes were checked the first time
        envelope.open_into(copy.path, sink, identity=station.age_identity(), party=station.party)
        sink.finish()

    return deliver
