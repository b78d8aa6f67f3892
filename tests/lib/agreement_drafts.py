"""Copies of the agreement that ships, to be altered and signed in tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenun.agreement import signing
from tenun.agreement.agreed import Agreement
from tenun.agreement.vocabulary import Party

SHIPPED = Path(__file__).resolve().parents[2] / "agreements" / "sid-siapkerja"


def draft(folder: Path) -> Path:
    """A copy of the shipped draft."""
    signing.copy_draft(SHIPPED, folder)
    return folder


def value_of(folder: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((folder / "agreement.json").read_text("utf-8"))
    return value


def put(folder: Path, value: Any) -> Path:
    (folder / "agreement.json").write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    return folder


def edited(folder: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of the shipped draft with its document altered."""
    value = value_of(draft(folder))
    edit(value)
    return put(folder, value)


@dataclass(frozen=True)
class InForce:
    homes: dict[Party, Path]
    agreement: Agreement

    def folder(self, party: Party) -> Path:
        return self.homes[party] / "agreement"

    def keys(self, party: Party) -> Path:
        return self.homes[party] / "keys"


def in_force(folder: Path, *, of: Path = SHIPPED) -> InForce:
    """Two nodes under a folder, with the agreement in force between them."""
    homes = {party: folder / party for party in Party}
    agreement = signing.enter_into_force(
        of, {party: (home / "agreement", home / "keys") for party, home in homes.items()}
    )
    return InForce(homes, agreement)


def places(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every value within a document, by JSON pointer. Our names need no escaping."""
    yield pointer, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, f"{pointer}/{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, f"{pointer}/{number}")


def at(value: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value
