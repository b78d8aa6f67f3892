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
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from tenun.disclosure.profile import MINISTRIES
from tenun.disclosure.state import ValueState
from tenun.engine import duckdb as engine
from tenun.indicators import definition as definitions
from tenun.indicators.areas import NATIONAL, Area, Level, level_of, upwards
from tenun.indicators.definition import Definition, IndicatorUnknown
from tenun.indicators.tables import DATASET, SCOPE, VALUES
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


# Areas whose figures are kept once read: what the pages of an hour ask for again and again.
AREAS_KEPT = 512


class Results:
    """One out snapshot. Immutable, so it may be shared by threads.

    Areas, definitions and coverage are in memory; figures are read from the file when they are asked for, so that a
    country opens in a moment and takes no more memory than its list of areas.
    """

    def __init__(self, lake: Lake, snapshot: Snapshot, *, is_cut: bool = False) -> None:
        self.snapshot = snapshot
        self.is_cut = is_cut
        """Pasal 7(4) is in force: every figure reads as `cut`."""
        tables = {name: lake.read(snapshot, name).to_pydict() for name in ("coverage", "areas")}
        kept = lake.read(snapshot, DEFINITIONS).to_pylist()
        self.definitions: Mapping[str, Definition] = MappingProxyType(
            {row["indicator"]: definitions.from_json(json.loads(row["definition"])) for row in kept}
        )
        self.areas: Mapping[str, Area] = MappingProxyType(
            {
                code: Area(code, name)
                for code, name in sorted(zip(tables["areas"]["area_code"], tables["areas"]["name"], strict=True))
            }
        )
        self.coverage: Mapping[str, Coverage] = MappingProxyType(_coverage(tables["coverage"]))
        self._codes, self._villages = list(self.areas), list(self.coverage)
        self._file = str(lake.path(snapshot, "values"))
        self._connection = engine.connect(memory="1GB")
        self._of_area = lru_cache(maxsize=AREAS_KEPT)(self._read_area)
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
        for one in self._of_area(area_code):
            if (one.indicator, one.breakdown, one.category) == (indicator, breakdown, category):
                return one
        raise FigureUnknown(indicator=indicator, area=area_code, breakdown=breakdown, category=category)

    def area(self, area_code: str) -> tuple[Value, ...]:
        """Every figure of an area: indicators in the order of the catalogue, each total before its categories."""
        self._require(area_code)
        return self._of_area(area_code)

    def level(
        self,
        level: Level | str,
        *,
        parent: str | None = None,
        indicator: str | None = None,
        breakdown: str | None = "",
        category: str | None = None,
    ) -> tuple[Value, ...]:
        """Figures of every area of a level, by code: `parent` and below, of one indicator; totals unless asked, or
        with None for the breakdown all of them."""
        if indicator is not None and indicator not in self.definitions:
            raise IndicatorUnknown(indicator=indicator)
        if parent is not None:
            self._require(parent)
        wanted = {"level": str(level), "indicator": indicator, "breakdown": breakdown, "category": category}
        wanted = {name: one for name, one in wanted.items() if one is not None}
        conditions = [f"{name} = ${name}" for name in wanted]
        if parent not in (None, NATIONAL):
            # Everything within an area lies between its code with a dot and with what follows the dot.
            conditions.append("(area_code = $parent OR area_code >= $parent || '.' AND area_code < $parent || '/')")
            wanted["parent"] = parent
        return self._read(" AND ".join(conditions), wanted)

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
        return tuple(self.coverage[code] for code in _within(self._villages, area_code))

    def within(self, area_code: str, level: Level) -> tuple[Area, ...]:
        """The areas of a level in an area, or itself where it is of that level, by code."""
        self._require(area_code)
        return tuple(self.areas[code] for code in _within(self._codes, area_code) if level_of(code) is level)

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

    def _read_area(self, area_code: str) -> tuple[Value, ...]:
        return self._read("area_code = $area", {"area": area_code})

    def _read(self, condition: str, wanted: Mapping[str, object]) -> tuple[Value, ...]:
        """Figures by area, in the order of the file within each. Raises `SnapshotMissing` where the file is gone."""
        # A connection of its own for each question: threads ask at once.
        connection = self._connection.cursor()
        try:
            rows = connection.execute(
                f"SELECT {', '.join(_COLUMNS)} FROM read_parquet($file, file_row_number = true) WHERE {condition} "
                "ORDER BY area_code, file_row_number",
                {"file": self._file, **wanted},
            ).fetchall()
        except duckdb.IOException as problem:
            # Removed since it was opened: by order of an addendum, or because it was replaced and cleared away.
            raise SnapshotMissing(layer=str(Layer.OUT), dataset=DATASET, scope=SCOPE) from problem
        finally:
            connection.close()
        return tuple(self._value(dict(zip(_COLUMNS, row, strict=True))) for row in rows)

    def _value(self, cell: dict[str, Any]) -> Value:
        cell["level"] = Level(cell["level"])
        cell["state"] = ValueState(cell["state"])
        value = Value(area_name=self.areas[cell["area_code"]].name, **cell)
        return cut(value) if self.is_cut else value


_COLUMNS = tuple(VALUES.names())


def _within(codes: Sequence[str], area_code: str) -> Sequence[str]:
    """Of codes in order, an area's own and those of everything in it."""
    if area_code == NATIONAL:
        return codes
    own = bisect_left(codes, area_code)
    first, last = bisect_left(codes, f"{area_code}."), bisect_left(codes, f"{area_code}/")
    return [*codes[own : own + (own < len(codes) and codes[own] == area_code)], *codes[first:last]]


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
    at = columns["village_code"]
    for place in sorted(range(len(at)), key=lambda place: str(at[place])):
        row = {name: column[place] for name, column in columns.items()}
        row["persons_state"] = ValueState(row["persons_state"])
        row["linked_state"] = ValueState(row["linked_state"])
        found[row["village_code"]] = Coverage(**row)
    return found
