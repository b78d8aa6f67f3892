"""What was sent and what was taken in, by pack id: the memory that survives a restart.

One JSON file for each pack, replaced durably. It holds counts, digests and places; no person.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from tenun.exchange import binding as bindings
from tenun.exchange.manifest import Manifest
from tenun.exchange.refusals import RegisterDamaged, Replayed, SequenceOld
from tenun.exchange.station import Station
from tenun.kernel import durable
from tenun.kernel.durable import write_durably

ACCEPTING = "accepting"
"""Checked and logged; its rows are on their way into the lake. After a crash the same pack may come again."""
ACCEPTED = "accepted"


class Register:
    def __init__(self, station: Station) -> None:
        self._folder = station.exchange

    @contextmanager
    def only_one(self) -> Iterator[None]:
        """One pack at a time is made or taken in at a node; others wait."""
        with durable.only_one(self._folder / "lock"):
            self._clean()
            yield

    # --- sent ------------------------------------------------------------------------------------

    def sent(self) -> list[dict[str, Any]]:
        """Every pack that was made here, oldest first."""
        return sorted(self._records("sent"), key=lambda record: (record["created"], record["sequence"]))

    def sent_pack(self, pack: str) -> dict[str, Any] | None:
        return next((record for record in self._records("sent") if record["pack"] == pack), None)

    def next_sequence(self, dataset: str) -> int:
        """Counts up for each dataset, also over packs that were never delivered."""
        return 1 + max(
            (record["sequence"] for record in self._records("sent") if record["dataset"] == dataset), default=0
        )

    def handed_over(self, *, dataset: str, purpose: str, area: str | None) -> tuple[datetime, ...]:
        """When rows of an overlapping area were packed before, for the same purpose."""
        return tuple(
            datetime.fromisoformat(record["created"])
            for record in self.sent()
            if (record["dataset"], record["purpose"]) == (dataset, purpose) and bindings.overlaps(record["area"], area)
        )

    def note_sent(self, manifest: Manifest, **more: Any) -> None:
        self._write("sent", manifest.pack, {**_summary(manifest), **more})

    def note_receipt(self, record: Mapping[str, Any], **more: Any) -> None:
        self._write("sent", record["pack"], {**record, "receipt": more})

    # --- received --------------------------------------------------------------------------------

    def received(self) -> list[dict[str, Any]]:
        """Every pack that was taken in here, oldest first."""
        return sorted(self._records("received"), key=lambda record: (record["created"], record["sequence"]))

    def require_new(self, manifest: Manifest) -> None:
        """Raise `Replayed` or `SequenceOld` for a pack that was here before, or that a later one has overtaken."""
        latest = 0
        scopes = {source.scope for source in manifest.sources}
        for record in self._records("received"):
            if record["pack"] == manifest.pack and record["state"] == ACCEPTED:
                raise Replayed(pack=manifest.pack, accepted=record["accepted"])
            if _is_same_stream(record, manifest) and record["pack"] != manifest.pack and scopes & set(record["scopes"]):
                latest = max(latest, record["sequence"])
        if latest >= manifest.sequence:
            raise SequenceOld(sequence=manifest.sequence, latest=latest)

    def note_received(self, manifest: Manifest, *, state: str, scopes: Collection[str], **more: Any) -> None:
        self._write("received", manifest.pack, {**_summary(manifest), "state": state, "scopes": sorted(scopes), **more})

    # --- both ------------------------------------------------------------------------------------

    def log_size(self) -> int:
        """How many entries the node's log must have at least: every pack was logged before it was noted."""
        noted = (record.get("log_index") for kind in ("sent", "received") for record in self._records(kind))
        return max((index + 1 for index in noted if isinstance(index, int)), default=0)

    # --- below the surface -------------------------------------------------------------------------

    def _clean(self) -> None:
        """Remove what a killed run left: encrypted copies, drafts, sealed parts. Nobody else is at work now."""
        for folder in self._folder.glob(".spool-*"):
            shutil.rmtree(folder, ignore_errors=True)
        for pattern in _LEFT:
            for path in self._folder.glob(pattern):
                path.unlink(missing_ok=True)

    def _records(self, kind: str) -> Iterator[dict[str, Any]]:
        for path in sorted((self._folder / kind).glob("[0-9a-f]*.json")):
            try:
                record: dict[str, Any] = json.loads(path.read_bytes())
                if not record.keys() >= _MEMBERS[kind]:
                    raise KeyError(path.name)
            except (AttributeError, KeyError, ValueError) as problem:
                raise RegisterDamaged(file=f"{kind}/{path.name}") from problem
            yield record

    def _write(self, kind: str, pack: str, record: Mapping[str, Any]) -> None:
        content = json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1).encode()
        write_durably(self._folder / kind / f"{pack}.json", content)


# Only where nobody writes without the lock: a draft in any other folder may be of a process that is about to name it.
_LEFT = ("inbox/.incoming-*", *(f"{kind}/.draft-*" for kind in ("outbox", "sent", "received", "receipts")))
_NOTED = frozenset({"pack", "sequence", "created", "provider", "dataset", "purpose", "area", "rows"})
# What later questions need of a note, whatever else stands in it.
_MEMBERS = {"sent": _NOTED, "received": _NOTED | {"state", "scopes"}}


def _summary(manifest: Manifest) -> dict[str, Any]:
    return {
        "pack": manifest.pack,
        "sequence": manifest.sequence,
        "created": manifest.created,
        "agreement": manifest.agreement.id,
        "rev": manifest.agreement.rev,
        "provider": manifest.provider,
        "consumer": manifest.consumer,
        "dataset": manifest.dataset,
        "purpose": manifest.purpose,
        "area": manifest.area,
        "rows": manifest.rows,
        "parts": len(manifest.parts),
        "places": len(manifest.sources),
        "invented": manifest.invented,
    }


def _is_same_stream(record: Mapping[str, Any], manifest: Manifest) -> bool:
    return (record["provider"], record["dataset"]) == (manifest.provider, manifest.dataset)
