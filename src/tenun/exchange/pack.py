"""Making a pack, at the provider: decide, log, build, sign, encrypt, log, and only then let it be seen."""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Operation, Permit, Use, allowed_fields, decide
from tenun.agreement.standing import Position
from tenun.exchange import container, envelope, journal, manifest, parts, signature
from tenun.exchange.binding import Binding, binding_of, parse_area
from tenun.exchange.journal import Journal
from tenun.exchange.manifest import Contents, Manifest, PartEntry, SourceEntry
from tenun.exchange.refusals import (
    FileExists,
    KeyFieldMissing,
    NothingToSend,
    NotPermitted,
    WordMalformed,
    WrongNode,
)
from tenun.exchange.register import Register
from tenun.exchange.serving.jobs import handed_over
from tenun.exchange.spool import Spool
from tenun.exchange.station import Station
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.clock import JAKARTA
from tenun.kernel.durable import sync_folder

# What could be a name in an agreement. A run of digits could be a person's number instead.
_WORD = re.compile(r"(?!.*\d{5})[a-z][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class Packed:
    """A pack that is on disk, and what its manifest says."""

    file: Path
    bytes: int
    sha256: str
    """Of the file as it was encrypted."""
    manifest: Manifest
    manifest_sha256: str
    log_index: int

    def as_dict(self) -> dict[str, Any]:
        made = self.manifest
        return {
            "pack": made.pack,
            "file": str(self.file),
            "bytes": self.bytes,
            "sha256": self.sha256,
            "manifest_sha256": self.manifest_sha256,
            "sequence": made.sequence,
            "created": made.created,
            "agreement": {"id": made.agreement.id, "number": made.agreement.number, "rev": made.agreement.rev},
            "provider": made.provider,
            "consumer": made.consumer,
            "dataset": made.dataset,
            "purpose": made.purpose,
            "area": made.area,
            "fields": made.fields_,
            "rows": made.rows,
            "parts": len(made.parts),
            "places": len(made.sources),
            "invented": made.invented,
            "decision": made.decision,
            "log_index": self.log_index,
        }


@implements(
    "2a",
    "3(1)a",
    "3(2)a",
    control="Only agreed fields and rows go into a pack: logged before it can be read, signed, encrypted.",
)
def build(
    station: Station,
    *,
    dataset: str,
    purpose: str,
    area: str | None = None,
    fields: Collection[str] | None = None,
    out: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Packed:
    """Pack what the agreement lets the other party have of a dataset, into one encrypted file.

    `fields` none means every field that the agreement allows for this purpose; a field beyond them
    refuses the whole pack by name. `out` is a file that does not exist yet or a folder; none means the
    outbox. `progress(done, of)` counts places.

    Raises `NotPermitted` and the other errors of `refusals`, and those of `agreement.signing.verify`.
    Every outcome is in the log before it is told; the pack's file appears after its entry is durable.
    """
    book = Journal(station)
    register = Register(station)
    with register.only_one(), book.refusals(operation=str(Operation.FILE)) as known:
        _require_words(dataset=[dataset], purpose=[purpose], fields=list(fields or ()))
        parse_area(area)
        position = station.position()
        agreement = position.agreement
        known["agreement"] = journal.cite(agreement)
        binding, permit = _decide(
            station, position, book, dataset=dataset, purpose=purpose, area=area, fields=fields, known=known
        )
        return _make(station, agreement, binding, permit, register, book, area=area, out=out, progress=progress)


# --- deciding ----------------------------------------------------------------------------------------


def _decide(
    station: Station,
    position: Position,
    book: Journal,
    *,
    dataset: str,
    purpose: str,
    area: str | None,
    fields: Collection[str] | None,
    known: dict[str, Any],
) -> tuple[Binding, Permit]:
    agreement = position.agreement
    agreed = agreement.datasets.get(dataset)
    # Where the agreement does not know the dataset, the decision says so; it only needs someone to be asked for.
    by = agreed.consumer if agreed else station.party.other
    if agreed is not None:
        known["dataset"] = dataset
        if agreed.provider is not station.party:
            raise WrongNode(dataset=dataset, provider=str(agreed.provider), party=str(station.party))
    if fields is None:
        fields = allowed_fields(agreement, dataset=dataset, purpose=purpose, operation=Operation.FILE, by=by)
    use = Use(
        dataset=dataset,
        purpose=purpose,
        operation=Operation.FILE,
        fields=frozenset(fields),
        by=by,
        moment=station.clock.now(),
        earlier=handed_over(station, dataset=dataset, purpose=purpose, area=area),
    )
    decision = decide(agreement, use, state=position.state)
    known["decision"] = journal.decision_of(decision, agreement)
    if isinstance(decision, Denial):
        raise NotPermitted(decision)
    binding = binding_of(dataset)
    binding.require_known(decision.fields)
    missing = [name for name in binding.required if name not in decision.fields]
    if missing:
        raise KeyFieldMissing(dataset=dataset, fields=", ".join(missing))
    # The decision is on disk before the first row is read.
    book.write(journal.DECIDED, agreement=journal.cite(agreement), area=area, decision=known["decision"])
    return binding, decision


def _require_words(**given: Sequence[str]) -> None:
    for option, words in given.items():
        if not all(_WORD.fullmatch(word) for word in words):
            raise WordMalformed(option=f"--{option}")


# --- making ------------------------------------------------------------------------------------------


def _make(
    station: Station,
    agreement: Agreement,
    binding: Binding,
    permit: Permit,
    register: Register,
    book: Journal,
    *,
    area: str | None,
    out: Path | None,
    progress: Callable[[int, int], None] | None,
) -> Packed:
    key = station.message_key(agreement)
    to = envelope.recipient(agreement, agreement.datasets[permit.dataset].consumer)
    scopes = parts.scopes_within(station.lake, binding, area)
    with Spool(station.exchange) as spool:
        rows = _rows(station, binding, permit, scopes, area=area, progress=progress)
        entries, sources = _spool_parts(rows, spool, binding, permit, area=area)
        if not any(entry.rows for entry in entries):
            raise NothingToSend(dataset=permit.dataset)
        made = manifest.compose(
            agreement,
            permit,
            Contents(
                sequence=register.next_sequence(permit.dataset),
                area=area,
                fields=binding.ordered(permit.fields),
                parts=entries,
                sources=sources,
            ),
        )
        encoded = made.encode()
        token = signature.sign_detached(encoded, key, typ=signature.MANIFEST)
        members = _members(encoded, token, [entry.path for entry in entries], spool)
        target = _target(station, made, out)
        return _seal(members, made, encoded, target, to=to, book=book, register=register, agreement=agreement)


def _rows(
    station: Station,
    binding: Binding,
    permit: Permit,
    scopes: Sequence[str],
    *,
    area: str | None,
    progress: Callable[[int, int], None] | None,
) -> Iterator[parts.Rows]:
    for number, scope in enumerate(scopes, start=1):
        snapshot = station.lake.current(layer=binding.layer, dataset=binding.lake_dataset, scope=scope)
        table = parts.select(station.lake, binding, snapshot, permit=permit, area=area)
        yield parts.Rows(scope, snapshot, table)
        if progress is not None:
            progress(number, len(scopes))


def _spool_parts(
    rows: Iterator[parts.Rows], spool: Spool, binding: Binding, permit: Permit, *, area: str | None
) -> tuple[list[PartEntry], list[SourceEntry]]:
    """Each part on disk, sealed, after the checks that the consumer will make on it."""
    entries: list[PartEntry] = []
    sources: list[SourceEntry] = []
    for number, (part, places) in enumerate(parts.cut(rows), start=1):
        path = manifest.part_path(number)
        counts = {place.scope: place.table.num_rows for place in places}
        table = parts.decode(part.data, part=path, schema=binding.schema(permit.fields), rows=part.rows)
        parts.check_rows(table, part=path, binding=binding, counts=counts, scope=permit.row_scope, area=area)
        spool.put(path, part.data)
        entries.append(parts.entry_of(part, path))
        sources += [parts.source_of(place) for place in places]
    return entries, sources


def _members(encoded: bytes, token: str, paths: Sequence[str], spool: Spool) -> Iterator[tuple[str, io.BytesIO]]:
    yield manifest.NAME, io.BytesIO(encoded)
    yield manifest.SIGNATURE_NAME, io.BytesIO(token.encode("ascii"))
    for path in paths:
        yield path, spool.get(path)


def _target(station: Station, made: Manifest, out: Path | None) -> Path:
    """Where the file goes. Its name tells dataset, date and pack, and nothing about its content."""
    day = made.created_at.astimezone(JAKARTA).date().isoformat()
    name = f"{made.dataset}-{day}-{made.pack}.age"
    target = station.exchange / "outbox" / name if out is None else out / name if out.is_dir() else out
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        raise FileExists()
    return target


def _seal(
    members: Iterator[tuple[str, io.BytesIO]],
    made: Manifest,
    encoded: bytes,
    target: Path,
    *,
    to: Any,
    book: Journal,
    register: Register,
    agreement: Agreement,
) -> Packed:
    """Encrypt into a draft nobody looks for, log the pack, then give the file its name."""
    draft = target.parent / f".draft-{secrets.token_hex(8)}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            envelope.close(container.PieceReader(container.archive(members)), handle, to=to)
            handle.flush()
            os.fsync(handle.fileno())
        file_sha256 = canonical_json.sha256_file(draft)
        manifest_sha256 = hashlib.sha256(encoded).hexdigest()
        logged = book.write(
            journal.PACKED,
            agreement=journal.cite(agreement),
            decision={"id": made.decision},
            pack=journal.pack_of(made, manifest_sha256=manifest_sha256),
            file_sha256=file_sha256,
        )
        register.note_sent(
            made, manifest_sha256=manifest_sha256, file_sha256=file_sha256, file=target.name, log_index=logged.index
        )
        _appear(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    return Packed(target, target.stat().st_size, file_sha256, made, manifest_sha256, logged.index)


def _appear(draft: Path, target: Path) -> None:
    """Give the draft its name, never over a file that came to be in the meantime."""
    try:
        os.link(draft, target)
    except FileExistsError as problem:
        raise FileExists() from problem
    except OSError:  # the file systems of memory sticks have no links
        if target.exists():
            raise FileExists() from None
        draft.rename(target)
    sync_folder(target.parent)
