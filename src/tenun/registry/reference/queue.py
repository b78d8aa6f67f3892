"""Codes that could not be mapped: kept until the reference data can map them, never guessed at.

One JSON object a line. An entry says what was asked and by what, never for whom. Whoever deletes the
file loses the list of what to clear up, and no data: the rows that waited stay in the raw layer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from tenun.registry.reference.shelf import write_durably

_FILE = "queue.jsonl"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A code that waits for a counterpart."""

    system: str
    code: str
    name: str
    """The region's name in the list it came from, empty where that is not known."""
    asked_by: str
    """What met it: `reference load bridge`, `ingest sdgs` …"""
    since: str


class Queue:
    def __init__(self, folder: Path) -> None:
        self.path = folder / _FILE

    def entries(self) -> list[Waiting]:
        """Every code that was ever put here, by system and code."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [Waiting(**json.loads(line)) for line in lines if line]

    def add(self, codes: Iterable[tuple[str, str, str]], *, asked_by: str, on: date) -> int:
        """Add (system, code, name) that are not here yet, and give how many. On disk when this returns."""
        there = {(entry.system, entry.code): entry for entry in self.entries()}
        before = len(there)
        for system, code, name in codes:
            there.setdefault((system, code), Waiting(system, code, name, asked_by, on.isoformat()))
        if len(there) > before:
            lines = (json.dumps(asdict(there[each]), ensure_ascii=False, sort_keys=True) for each in sorted(there))
            write_durably(self.path, ("\n".join(lines) + "\n").encode())
        return len(there) - before
