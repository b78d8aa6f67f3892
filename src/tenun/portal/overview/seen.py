"""What the rules look at: the figures of now and of before, the node's thresholds, its agreement and its gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property

from django.conf import settings

from tenun.agreement.standing import Position, Standing
from tenun.indicators import dcat
from tenun.indicators.areas import Area, Level
from tenun.indicators.results import Value
from tenun.kernel.clock import JAKARTA, SystemClock, today
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Snapshot
from tenun.lake.store import SnapshotMissing
from tenun.node.gate import Closure
from tenun.node.home import NodeHome
from tenun.portal.closures import closures_of
from tenun.portal.figures import Figures
from tenun.portal.overview import thresholds
from tenun.portal.overview.thresholds import Thresholds, ThresholdsMalformed

# The areas in which figures move slowly enough that a change means something, by the area that is looked at.
_PARTS = {Level.NATIONAL: Level.REGENCY, Level.PROVINCE: Level.REGENCY, Level.REGENCY: Level.DISTRICT}


@dataclass(frozen=True)
class Exchange:
    """What the node knows of its agreement and its gate at the moment."""

    position: Position | None
    """None where the agreement cannot be read."""
    problem: TenunError | None
    closures: tuple[Closure, ...]
    is_record_readable: bool

    @property
    def ends(self) -> date | None:
        return self.position.state.ends.astimezone(JAKARTA).date() if self.position is not None else None


@dataclass(frozen=True)
class Earlier:
    """A snapshot before this one, opened when a rule asks for it: a country's takes a second."""

    snapshot: str
    opened: Callable[[], Figures | None]
    """Seen from the same account; None where it is gone, or knew nothing of the area."""


@dataclass(frozen=True)
class Seen:
    figures: Figures
    area: Area
    thresholds: Thresholds
    thresholds_problem: ThresholdsMalformed | None
    """Why the node's own thresholds could not be used."""
    today: date
    """In Jakarta; of an earlier snapshot the date of its figures, since an alert of then is asked for."""
    earlier: Earlier | None
    """The snapshot before this one."""
    long_ago: Earlier | None
    """The latest that is old enough to compare job seekers with."""
    exchange: Exchange | None
    """None for an earlier snapshot: what is shut off now has nothing to do with it."""

    @cached_property
    def before(self) -> Figures | None:
        return self.earlier.opened() if self.earlier is not None else None

    @cached_property
    def long_before(self) -> Figures | None:
        return self.long_ago.opened() if self.long_ago is not None else None

    @cached_property
    def parts_level(self) -> Level:
        return _PARTS.get(self.area.level, Level.VILLAGE)

    def has(self, *indicators: str) -> bool:
        return set(indicators) <= set(self.figures.definitions)

    def villages(self, indicator: str) -> Sequence[Value]:
        return self.figures.ranking(indicator, Level.VILLAGE, within=self.area.code)

    def parts(self, indicator: str, figures: Figures | None = None) -> Sequence[Value]:
        """The figure of the area and of its parts; of another snapshot where one is named."""
        of = figures or self.figures
        inside = of.ranking(indicator, self.parts_level, within=self.area.code)
        is_inside = any(value.area_code == self.area.code for value in inside)
        levels = of.definitions[indicator].levels
        return inside if is_inside or self.area.level not in levels else (of.value(indicator, self.area.code), *inside)


def look(figures: Figures, area_code: str) -> Seen:
    """What there is to look at for an area. What cannot be read is told by a rule, never taken for a good sign."""
    node: NodeHome = settings.NODE
    limits, problem = _thresholds(node)
    release = figures.release
    earlier = _earlier(node, release.snapshot)
    old_enough = release.reference_date - timedelta(days=limits.seekers_rise_days)
    long_ago = next((one for one in reversed(earlier) if one.as_of <= old_enough), None)

    @cache
    def opened(snapshot: str) -> Figures | None:
        return _opened(node, figures, snapshot, area_code)

    def offered(snapshot: Snapshot | None) -> Earlier | None:
        return Earlier(snapshot.id, lambda: opened(snapshot.id)) if snapshot is not None else None

    return Seen(
        figures=figures,
        area=figures.area(area_code),
        thresholds=limits,
        thresholds_problem=problem,
        today=today(SystemClock()) if release.is_current else release.reference_date,
        earlier=offered(earlier[-1] if earlier else None),
        long_ago=offered(long_ago),
        exchange=_exchange(node) if release.is_current else None,
    )


def _thresholds(node: NodeHome) -> tuple[Thresholds, ThresholdsMalformed | None]:
    try:
        return thresholds.of_node(node), None
    except ThresholdsMalformed as problem:
        return Thresholds(), problem


def _earlier(node: NodeHome, snapshot_id: str) -> list[Snapshot]:
    """Snapshots before this one, the oldest first."""
    listed = list(dcat.snapshots(node.lake))
    at = next((number for number, one in enumerate(listed) if one.id == snapshot_id), 0)
    return listed[:at]


def _opened(node: NodeHome, figures: Figures, snapshot: str, area_code: str) -> Figures | None:
    try:
        found = Figures.of_node(node, scope=figures.scope, snapshot=snapshot)
    except SnapshotMissing:
        # Taken away between the list and the look: there is nothing before, then.
        return None
    return found if found.knows(area_code) else None


def _exchange(node: NodeHome) -> Exchange:
    closures, is_readable = closures_of(node)
    station = node.station
    try:
        position = Standing(station.agreement, station.acts, own_keys=station.keys).at(SystemClock().now())
    except TenunError as problem:
        return Exchange(None, problem, closures, is_readable)
    return Exchange(position, None, closures, is_readable)
