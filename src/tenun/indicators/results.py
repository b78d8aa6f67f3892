"""The figures, for whoever shows them: a page, a file, a service. Reads the out layer and nothing else.

results = Results.open(lake)
results.value("A1", "52.01.14.2005")                          # one figure
results.value("A1", "52.01.14.2005", "sex", "female")         # one category of it
results.area("52.01.14.2005")                                 # every figure of an area
results.level(Level.VILLAGE, parent="52.01.14", indicator="A1")
wording.say(value, "id")                                      # "1.842", "<5", "Dirahasiakan"
export.rows(results, level=Level.VILLAGE, parent="52.01")     # for CSV and XLSX
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tenun.disclosure.profile import MINISTRIES
from tenun.disclosure.state import ValueState
from tenun.indicators import definition as definitions
from tenun.indicators.areas import NATIONAL, Area, Level, upwards
from tenun.indicators.definition import Definition, IndicatorUnknown
from tenun.indicators.tables import DATASET, SCOPE
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake, SnapshotMissing


class AreaUnknown(TenunError):
    code = "indicators.area_unknown"
    text_id = "Wilayah {area} tidak ada pada hasil ini."
    text_en = "These results have no area {area}."
    remedy_id = "Periksa kodenya dengan `tenun region show`; hasil memuat kabupaten yang desanya sudah mengirim data."
    remedy_en = "Check the code with `tenun region show`; results hold regencies from which villages have delivered."


class FigureUnknown(TenunError):
    """The indicator exists, and is not made for that level or category."""

    code = "indicators.figure_unknown"
    text_id = "Indikator {indicator} tidak dibuat untuk {area}, rincian {breakdown} {category}."
    text_en = "Indicator {indicator} is not made for {area}, breakdown {breakdown} {category}."
    remedy_id = "Lihat tingkat dan rincian yang tersedia dengan `tenun indicators show {indicator}`."
    remedy_en = "See the levels and breakdowns there are with `tenun indicators show {indicator}`."


@dataclass(frozen=True, slots=True)
class Value:
    """One figure. `value`, `numerator`, `denominator`, `low`, `high` are None unless `state.has_value`."""

    indicator: str
    version: int
    level: Level
    area_code: str
    area_name: str
    breakdown: str
    category: str
    state: ValueState
    value: float | None
    """Persons or places as whole numbers; rates in percent with one decimal, as they are shown."""
    numerator: float | None
    denominator: float | None
    low: float | None
    """The rate if nobody of unknown status belonged to the numerator; the same as `value` for counts."""
    high: float | None
    unit: str
    reason: str | None
    """A code of `wording.REASONS`. A shown figure may carry one too: `partial`, `some_stale`."""
    sid_as_of: date | None
    siapkerja_as_of: date | None
    rule_version: str

    @property
    def as_of(self) -> date | None:
        """The older of its two clocks."""
        return min((one for one in (self.sid_as_of, self.siapkerja_as_of) if one is not None), default=None)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one village delivered, and how much of it could be joined."""

    village_code: str
    persons_state: ValueState
    persons: int | None
    """Records delivered."""
    sid_snapshot: str | None
    sid_as_of: date | None
    linked_state: ValueState
    linked: int | None
    """Accounts that claim the village and are linked to a resident of any village."""
    seekers: int | None
    """Accounts that claim the village."""

    @property
    def has_delivered(self) -> bool:
        return self.sid_as_of is not None


DEFINITIONS = "definitions"
"""Table of an out snapshot: what each indicator meant when the figures were computed."""


class Results:
    """One out snapshot in memory. Immutable, so it may be shared by threads."""

    def __init__(self, lake: Lake, snapshot: Snapshot, *, is_cut: bool = False) -> None:
        self.snapshot = snapshot
        self.is_cut = is_cut
        """Pasal 7(4) is in force: every figure reads as `cut`."""
        tables = {name: lake.read(snapshot, name).to_pydict() for name in ("values", "coverage", "areas")}
        kept = lake.read(snapshot, DEFINITIONS).to_pylist()
        self.definitions: Mapping[str, Definition] = MappingProxyType(
            {row["indicator"]: definitions.from_json(json.loads(row["definition"])) for row in kept}
        )
        self.areas: Mapping[str, Area] = MappingProxyType(
            {
                code: Area(code, name)
                for code, name in zip(tables["areas"]["area_code"], tables["areas"]["name"], strict=True)
            }
        )
        self.coverage: Mapping[str, Coverage] = MappingProxyType(_coverage(tables["coverage"]))
        self._columns = tables["values"]
        self._place: dict[tuple[str, str, str, str], int] = {}
        self._rows: dict[str, list[int]] = {code: [] for code in self.areas}
        keys = zip(*(self._columns[name] for name in ("indicator", "area_code", "breakdown", "category")), strict=True)
        for row, key in enumerate(keys):
            self._place[key] = row
            self._rows[key[1]].append(row)
        self._children: dict[str, list[Area]] = {code: [] for code in self.areas}
        for area in self.areas.values():
            if area.parent is not None:
                self._children[area.parent].append(area)

    @classmethod
    def open(cls, lake: Lake, *, is_cut: bool = False) -> Results:
        """The current figures; read from disk once a snapshot. Raises `SnapshotMissing`."""
        snapshot = lake.current(layer=Layer.OUT, dataset=DATASET, scope=SCOPE)
        if DEFINITIONS not in snapshot.tables:
            # Values that the other party handed over: what they mean stands in its system, not in them.
            raise SnapshotMissing(layer=str(Layer.OUT), dataset=DATASET, scope=SCOPE)
        return _shelf.get(lake, snapshot, is_cut)

    @classmethod
    def of(cls, lake: Lake, snapshot_id: str, *, is_cut: bool = False) -> Results:
        """The figures of an earlier snapshot, so that a shared link shows the same numbers next year."""
        return cls(lake, lake.get(layer=Layer.OUT, dataset=DATASET, scope=SCOPE, id=snapshot_id), is_cut=is_cut)

    # --- figures -------------------------------------------------------------------------------

    def value(self, indicator: str, area_code: str, breakdown: str = "", category: str = "") -> Value:
        """Raises `IndicatorUnknown`, `AreaUnknown` or `FigureUnknown`; a missing figure is a state, not an error."""
        if indicator not in self.definitions:
            raise IndicatorUnknown(indicator=indicator)
        self._require(area_code)
        try:
            return self._at(self._place[indicator, area_code, breakdown, category])
        except KeyError as problem:
            raise FigureUnknown(
                indicator=indicator, area=area_code, breakdown=breakdown, category=category
            ) from problem

    def area(self, area_code: str) -> tuple[Value, ...]:
        """Every figure of an area: indicators in the order of the catalogue, each total before its categories."""
        self._require(area_code)
        return tuple(self._at(row) for row in self._rows[area_code])

    def level(
        self,
        level: Level | str,
        *,
        parent: str | None = None,
        indicator: str | None = None,
        breakdown: str = "",
        category: str | None = None,
    ) -> tuple[Value, ...]:
        """Figures of every area of a level, by code: below `parent`, of one indicator; totals unless asked."""
        if indicator is not None and indicator not in self.definitions:
            raise IndicatorUnknown(indicator=indicator)
        if parent is not None:
            self._require(parent)
        columns = self._columns
        return tuple(
            self._at(row)
            for area in self.areas.values()
            if area.level == level and (parent is None or parent in upwards(area.code))
            for row in self._rows[area.code]
            if (indicator is None or columns["indicator"][row] == indicator)
            and columns["breakdown"][row] == breakdown
            and (category is None or columns["category"][row] == category)
        )

    # --- what they are of ----------------------------------------------------------------------

    def children(self, area_code: str) -> tuple[Area, ...]:
        self._require(area_code)
        return tuple(self._children[area_code])

    def parents(self, area_code: str) -> tuple[Area, ...]:
        """The areas around it, the country first."""
        self._require(area_code)
        return tuple(self.areas[code] for code in reversed(list(upwards(area_code))) if code != area_code)

    def villages(self, area_code: str = NATIONAL) -> tuple[Coverage, ...]:
        """Coverage of every village of an area."""
        self._require(area_code)
        return tuple(one for code, one in self.coverage.items() if area_code in upwards(code))

    @property
    def reference_date(self) -> date:
        return self.snapshot.as_of

    @property
    def is_invented(self) -> bool:
        """Whether any of it is invented."""
        return bool(self.snapshot.details["invented"])

    @property
    def not_invented(self) -> frozenset[str]:
        """Villages whose residents are not invented, where something else is."""
        return frozenset(self.snapshot.details["not_invented"])

    @property
    def agreement_number(self) -> str:
        """As on the signed text; printed beside every figure."""
        return str(self.snapshot.details["agreement_number"])

    @property
    def agreement_rev(self) -> str:
        return str(self.snapshot.details["agreement_rev"])

    @property
    def rule_version(self) -> str:
        return str(self.snapshot.details["rule_version"])

    @property
    def minimum_cell(self) -> int:
        return int(self.snapshot.details.get("minimum_cell", MINISTRIES.minimum_cell))

    # --- below the surface ---------------------------------------------------------------------

    def _require(self, area_code: str) -> None:
        if area_code not in self.areas:
            raise AreaUnknown(area=area_code)

    def _at(self, row: int) -> Value:
        cell: dict[str, Any] = {name: column[row] for name, column in self._columns.items()}
        cell["level"] = Level(cell["level"])
        cell["state"] = ValueState(cell["state"])
        value = Value(area_name=self.areas[cell["area_code"]].name, **cell)
        return cut(value) if self.is_cut else value


def cut(value: Value) -> Value:
    """The figure while access is shut off: nothing of it but which figure it was."""
    return replace(
        value,
        state=ValueState.CUT,
        value=None,
        numerator=None,
        denominator=None,
        low=None,
        high=None,
        reason="access_cut",
    )


class _Shelf:
    """The latest results of every lake this process reads; a snapshot never changes, its pointer does."""

    def __init__(self) -> None:
        self._held: dict[tuple[Path, bool], Results] = {}
        self._lock = threading.Lock()

    def get(self, lake: Lake, snapshot: Snapshot, is_cut: bool) -> Results:
        key = (lake.root, is_cut)
        with self._lock:
            held = self._held.get(key)
            if held is None or held.snapshot.folder != snapshot.folder:
                held = self._held[key] = Results(lake, snapshot, is_cut=is_cut)
            return held


_shelf = _Shelf()


def _coverage(columns: Mapping[str, Sequence[Any]]) -> dict[str, Coverage]:
    found = {}
    for cells in zip(*columns.values(), strict=True):
        row = dict(zip(columns, cells, strict=True))
        row["persons_state"] = ValueState(row["persons_state"])
        row["linked_state"] = ValueState(row["linked_state"])
        found[row["village_code"]] = Coverage(**row)
    return found
