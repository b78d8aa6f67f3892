"""What Kemendesa's own services say of a village: context beside our figures, never part of them.

Both tables lie in the lake under the Kemendagri code. IDM comes under it; SDGs Desa comes under BPS's, which looks the
same and names another village: its rows were bridged when they came in, and what was not certain is not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake, SnapshotMissing
from tenun.sources.kemendesa import idm, sdgs, village_tables
from tenun.sources.kemendesa.village_tables import ANSWERED, Kept

GOALS: Mapping[int, str] = {
    1: "Desa Tanpa Kemiskinan",
    2: "Desa Tanpa Kelaparan",
    3: "Desa Sehat dan Sejahtera",
    4: "Pendidikan Desa Berkualitas",
    5: "Keterlibatan Perempuan Desa",
    6: "Desa Layak Air Bersih dan Sanitasi",
    7: "Desa Berenergi Bersih dan Terbarukan",
    8: "Pertumbuhan Ekonomi Desa Merata",
    9: "Infrastruktur dan Inovasi Desa sesuai Kebutuhan",
    10: "Desa Tanpa Kesenjangan",
    11: "Kawasan Permukiman Desa Aman dan Nyaman",
    12: "Konsumsi dan Produksi Desa Sadar Lingkungan",
    13: "Desa Tanggap Perubahan Iklim",
    14: "Desa Peduli Lingkungan Laut",
    15: "Desa Peduli Lingkungan Darat",
    16: "Desa Damai Berkeadilan",
    17: "Kemitraan untuk Pembangunan Desa",
    18: "Kelembagaan Desa Dinamis dan Budaya Desa Adaptif",
}
"""The goals as the service titles them."""


@dataclass(frozen=True)
class IndexYear:
    """The village development index of one year, as published."""

    year: int
    score: float
    """0 to 1."""
    status: str | None
    social: float | None
    economic: float | None
    ecological: float | None
    as_of: date


@dataclass(frozen=True)
class Goals:
    """SDGs Desa scores, as published."""

    average: float | None
    """0 to 100; none where the service has no data."""
    scores: Mapping[int, float | None]
    bps_code: str
    """The code under which the service answers."""
    as_of: date

    @property
    def titled(self) -> list[tuple[int, str, float | None]]:
        return [(goal, GOALS[goal], self.scores.get(goal)) for goal in GOALS]


@dataclass(frozen=True)
class Context:
    index: tuple[IndexYear, ...]
    """The latest year first."""
    goals: Goals | None

    def __bool__(self) -> bool:
        return bool(self.index) or self.goals is not None


def of_village(lake: Lake, village_code: str) -> Context:
    """What this node holds of a village (dotted Kemendagri code). Nothing is not an error. Raises `SnapshotAltered`."""
    return Context(index=tuple(_index(lake, village_code)), goals=_goals(lake, village_code))


def _index(lake: Lake, village: str) -> list[IndexYear]:
    snapshot = _current(lake, idm.KEPT, village)
    if snapshot is None:
        return []
    days = _days(lake, snapshot)
    found = [
        IndexYear(
            year=row["year"],
            score=row["score"],
            status=row["status"],
            social=row["social"],
            economic=row["economic"],
            ecological=row["ecological"],
            as_of=days.get((village, row["year"]), snapshot.as_of),
        )
        for row in _rows(lake, snapshot, idm.KEPT, village)
    ]
    return sorted(found, key=lambda one: one.year, reverse=True)


def _goals(lake: Lake, village: str) -> Goals | None:
    snapshot = _current(lake, sdgs.KEPT, village)
    rows = [] if snapshot is None else _rows(lake, snapshot, sdgs.KEPT, village)
    if snapshot is None or not rows:
        return None
    scores = {row["goal"]: row["score"] for row in rows}
    return Goals(
        average=scores.pop(sdgs.AVERAGE, None),
        scores=scores,
        bps_code=rows[0]["bps_code"],
        as_of=_days(lake, snapshot).get((village, None), snapshot.as_of),
    )


def _current(lake: Lake, kept: Kept, village: str) -> Snapshot | None:
    try:
        return lake.current(layer=Layer.CORE, dataset=kept.dataset, scope=village_tables.regency_of(village))
    except SnapshotMissing:
        return None


def _rows(lake: Lake, snapshot: Snapshot, kept: Kept, village: str) -> list[dict[str, Any]]:
    rows = lake.read(snapshot, kept.table_name).to_pylist()
    return [row for row in rows if row["village_code"] == village]


def _days(lake: Lake, snapshot: Snapshot) -> dict[tuple[str, int | None], date]:
    """The day of each answer; a snapshot that another node handed over tells one day for all."""
    if ANSWERED not in snapshot.tables:
        return {}
    return {(row["village_code"], row["year"]): row["as_of"] for row in lake.read(snapshot, ANSWERED).to_pylist()}
