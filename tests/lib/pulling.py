"""A consumer's node that pulls, in this process or in one that a test may kill at a named place.

python -m tests.lib.pulling FOLDER ADDRESS ISSUER    with TENUN_CRASH_AT: ends where it is told to
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tenun.agreement.standing import Standing
from tenun.agreement.vocabulary import Party
from tenun.exchange.calls import CallBook
from tenun.exchange.client.node import Consumer
from tenun.exchange.client.transport import Retrying
from tenun.exchange.gate import Gate, OpenGate
from tenun.exchange.station import Station
from tenun.kernel.clock import FixedClock
from tenun.kernel.keys import MemoryKeys
from tenun.lake.store import Lake
from tenun.transparency_log.folder import LogFolder


def consumer_of(station: Station, address: str, *, gate: Gate | None = None, **more: Any) -> Consumer:
    standing = Standing(station.agreement, station.acts, own_keys=station.keys)
    settings = {"retrying": Retrying(attempts=3, first_s=0.0), "sleep": lambda seconds: None, **more}
    return Consumer(station, standing, gate or OpenGate(), CallBook(station), address=address, **settings)


def entries(station: Station) -> list[dict[str, Any]]:
    """The node's log, oldest first."""
    files = LogFolder(station.log)
    data = files.checkpoint()
    size = int(data.split(b"\n")[1]) if data else 0
    return [json.loads(entry) for entry in files.entries(size=size)]


def main(folder: str, address: str, moment: str, asked: str) -> None:
    home = Path(folder) / "naker"
    station = Station(
        party=Party.NAKER,
        lake=Lake(home / "lake", MemoryKeys(b"naker")),
        keys=home / "keys",
        agreement=home / "agreement",
        exchange=home / "exchange",
        log=home / "log",
        clock=FixedClock(datetime.fromisoformat(moment)),
    )
    pulled = consumer_of(replace(station), address).pull(**json.loads(asked))
    print(json.dumps(pulled.as_dict()))


if __name__ == "__main__":
    main(*sys.argv[1:])
