"""The folders of the nodes on this machine.

var/                     $TENUN_HOME, or var/ beside the source
  reference/             region editions, bridges and boundaries that officials loaded
  desa/  naker/          one node each:
    lake/  keys/  agreement/  acts/  gate/  exchange/{outbox,inbox,receipts,exports}/  log/  postgres/
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tenun.agreement.vocabulary import Party
from tenun.kernel.keys import FileKeys, KeyProvider

if TYPE_CHECKING:
    from tenun.exchange.station import Station
    from tenun.lake.store import Lake

# Lake and station are loaded when they are asked for: they bring DuckDB, Arrow and the agreement's machinery along,
# and a shut-off, which needs only a folder, must not wait for them. tests/unit/node/test_light_shutoff.py holds it.

SOURCE_ROOT = Path(os.environ.get("TENUN_ROOT", Path(__file__).resolve().parents[3]))


class Role(StrEnum):
    """Which party's node it is."""

    DESA = "desa"
    """Pihak Kesatu: Kemendesa, owner of SID."""
    NAKER = "naker"
    """Pihak Kedua: Kemnaker, owner of SIAPKerja."""


def home_folder() -> Path:
    return Path(os.environ.get("TENUN_HOME") or SOURCE_ROOT / "var").absolute()


@dataclass(frozen=True)
class NodeHome:
    role: Role
    folder: Path

    @classmethod
    def of(cls, role: Role) -> NodeHome:
        return cls(role=role, folder=home_folder() / role)

    @property
    def keys(self) -> KeyProvider:
        return FileKeys(self.folder / "keys")

    @property
    def lake(self) -> Lake:
        from tenun.lake.store import Lake

        return Lake(self.folder / "lake", self.keys)

    @property
    def agreement(self) -> Path:
        return self.folder / "agreement"

    @property
    def exchange(self) -> Path:
        return self.folder / "exchange"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def has_handed_over(self) -> bool:
        """Whether data went out or came in here: such a node has an agreement, or has lost it."""
        return any((self.exchange / kind).is_dir() for kind in ("sent", "received"))

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def station(self) -> Station:
        """The node as the exchange sees it."""
        from tenun.exchange.station import Station

        return Station(
            party=Party(self.role.value),
            lake=self.lake,
            keys=self.folder / "keys",
            agreement=self.agreement,
            exchange=self.exchange,
            log=self.log,
        )


def reference_folder() -> Path:
    return home_folder() / "reference"
