"""The one door from the portal to results: it opens no further than the account's area.

A view never sees `tenun.indicators.results` itself. What it asks for outside the account's scope is
refused here, so that a view that forgets to ask whether it may cannot show anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from tenun.indicators import export, provenance
from tenun.indicators.areas import NATIONAL, Area, Level, level_of, upwards
from tenun.indicators.definition import Breakdown, Definition, IndicatorUnknown
from tenun.indicators.provenance import Way
from tenun.indicators.results import AreaUnknown, Coverage, Results, Value
from tenun.indicators.sheet import document as sheets
from tenun.indicators.sheet.document import Sheet
from tenun.indicators.sheet.pack import Pack
from tenun.kernel.clock import SystemClock
from tenun.kernel.errors import TenunError
from tenun.lake.store import Lake, SnapshotMissing
from tenun.node import village_pack
from tenun.node.home import NodeHome
from tenun.portal import marks
from tenun.portal.access import Scope
from tenun.portal.marks import Finder, Mark

SNAPSHOT_ID = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{12}")


class OutsideScope(TenunError):
    """An account asked for figures of an area that is not in its scope."""

    code = "portal.outside_scope"
    text_id = "Peran Anda mencakup wilayah {scope}; {area} berada di luarnya."
    text_en = "Your role covers the area {scope}; {area} lies outside it."
    remedy_id = "Mintalah perluasan wilayah kepada pengelola akun kementerian Anda."
    remedy_en = "Ask whoever manages accounts in your ministry for a wider area."


def require(scope: Scope, *area_codes: str) -> None:
    """Raises `OutsideScope` for the first of the areas that the account may not see."""
    for code in area_codes:
        if not scope.covers(code):
            raise OutsideScope(scope=scope.area_code, area=code)


@dataclass(frozen=True)
class Release:
    """What every page prints of the figures on it."""

    snapshot: str
    reference_date: date
    is_current: bool
    is_invented: bool
    not_invented: tuple[str, ...]
    """Villages (in the account's area) whose own file went in beside invented ones."""
    agreement_number: str
    agreement_rev: str
    rule_version: str
    minimum_cell: int
    sid_as_of: date | None
    siapkerja_as_of: date | None
    pinned: str
    """The snapshot that the address named, for the links of the page to name it too; empty when it named none."""


class Figures:
    """Results of one snapshot, seen from one account."""

    def __init__(
        self,
        results: Results,
        *,
        scope: Scope,
        is_current: bool = True,
        pinned: str = "",
        find_marks: Finder = marks.none,
    ) -> None:
        self._results = results
        self.scope = scope
        self._is_current = is_current
        self._pinned = pinned
        self._find_marks = find_marks

    @classmethod
    def of_node(
        cls, node: NodeHome, *, scope: Scope, snapshot: str | None = None, find_marks: Finder = marks.none
    ) -> Figures:
        """The node's current figures, or those of an earlier snapshot. Raises `SnapshotMissing`."""
        current = Results.open(node.lake)
        if snapshot is None or snapshot == current.snapshot.id:
            return cls(current, scope=scope, pinned=snapshot or "", find_marks=find_marks)
        if not SNAPSHOT_ID.fullmatch(snapshot):
            raise SnapshotMissing(layer="out", dataset="indicators", scope=NATIONAL)
        earlier = Results.of(node.lake, snapshot)
        return cls(earlier, scope=scope, is_current=False, pinned=snapshot, find_marks=find_marks)

    def at(self, node: NodeHome, snapshot: str | None) -> Figures:
        """Another snapshot, or the current one, seen from the same account. Raises `SnapshotMissing`."""
        return Figures.of_node(node, scope=self.scope, snapshot=snapshot, find_marks=self._find_marks)

    # --- what there is -------------------------------------------------------------------------

    @property
    def definitions(self) -> Mapping[str, Definition]:
        return self._results.definitions

    def definition(self, indicator: str) -> Definition:
        try:
            return self._results.definitions[indicator]
        except KeyError as problem:
            raise IndicatorUnknown(indicator=indicator) from problem

    @cached_property
    def release(self) -> Release:
        results = self._results
        at_top = self._totals(NATIONAL)
        return Release(
            snapshot=results.snapshot.id,
            reference_date=results.reference_date,
            is_current=self._is_current,
            is_invented=results.is_invented,
            not_invented=tuple(
                results.areas[code].name for code in sorted(results.not_invented) if self.scope.covers(code)
            ),
            agreement_number=results.agreement_number,
            agreement_rev=results.agreement_rev,
            rule_version=results.rule_version,
            minimum_cell=results.minimum_cell,
            # Dates of the country are dates of sources, not figures: everyone may know how old they are.
            sid_as_of=min((value.sid_as_of for value in at_top if value.sid_as_of), default=None),
            siapkerja_as_of=min((value.siapkerja_as_of for value in at_top if value.siapkerja_as_of), default=None),
            pinned=self._pinned,
        )

    def home(self) -> Area | None:
        """Where the account starts: the smallest area of its scope that holds every village with figures."""
        if not self.knows(self.scope.area_code):
            return None
        codes = [one.village_code for one in self._results.villages(self.scope.area_code)]
        if not codes:
            return None
        # In the order of codes, what the first and the last lie in, all between them do.
        last = list(upwards(codes[-1]))
        shared = [code for code in list(upwards(codes[0]))[1:] if code in last]
        home = next((code for code in shared if self.scope.covers(code)), codes[0])
        return self._results.areas[home]

    def knows(self, area_code: str) -> bool:
        return area_code in self._results.areas

    def area(self, area_code: str) -> Area:
        self._require(area_code)
        try:
            return self._results.areas[area_code]
        except KeyError as problem:
            raise AreaUnknown(area=area_code) from problem

    def children(self, area_code: str) -> Sequence[Area]:
        self._require(area_code)
        return self._results.children(area_code)

    def around(self, area_code: str) -> Sequence[Area]:
        """The areas around it, the widest first; only those that the account may see."""
        self._require(area_code)
        return tuple(area for area in self._results.parents(area_code) if self.scope.covers(area.code))

    def descendants(self, area_code: str, level: Level) -> Sequence[Area]:
        self._require(area_code)
        if not self.knows(area_code):
            return ()
        # What lies in an area of the scope lies in the scope.
        return self._results.within(area_code, level)

    def villages(self, area_code: str) -> Sequence[Coverage]:
        """What each village of the area delivered."""
        self._require(area_code)
        return self._results.villages(area_code)

    def left_out(self, area_code: str) -> Mapping[str, tuple[str, ...]]:
        """Villages of the area whose data lay here and might not be used, with the codes of the reasons."""
        self._require(area_code)
        told: Mapping[str, Sequence[str]] = self._results.snapshot.details.get("left_out_reasons", {})
        return {code: tuple(reasons) for code, reasons in told.items() if area_code in upwards(code)}

    # --- figures -------------------------------------------------------------------------------

    def value(self, indicator: str, area_code: str) -> Value:
        self._require(area_code)
        return self._results.value(indicator, area_code)

    def totals(self, area_code: str) -> Sequence[Value]:
        """One figure an indicator, in the order of the catalogue, without categories."""
        self._require(area_code)
        return self._totals(area_code)

    def categories(self, indicator: str, area_code: str, breakdown: Breakdown) -> Sequence[Value]:
        """The figure's categories in one dimension; empty where that level has none."""
        self._require(area_code)
        return tuple(
            value
            for value in self._results.area(area_code)
            if value.indicator == indicator and value.breakdown == breakdown
        )

    def ranking(self, indicator: str, level: Level, *, within: str) -> Sequence[Value]:
        """The figure of every area of that level inside another, in the order of codes."""
        self._require(within)
        return self._results.level(level, parent=within, indicator=indicator)

    def rows(self, *, area: str, level: Level, indicator: str | None, language: str) -> list[dict[str, object]]:
        """What a file holds: the figures of every area of a level inside `area`, categories included."""
        self._require(area)
        found = (
            export.rows(self._results, area=area, indicator=indicator, language=language)
            if level is level_of(area)
            else export.rows(self._results, level=level, parent=area, indicator=indicator, language=language)
        )
        return [self._noted(row, language) for row in found]

    def mark_of(self, value: Value) -> Mark | None:
        """The objection that this figure bears; none for its categories."""
        if value.breakdown:
            return None
        return self._mark(value.indicator, value.area_code, value.sid_as_of, value.siapkerja_as_of)

    def mark_of_row(self, row: Mapping[str, object]) -> Mark | None:
        """The same for a row of `rows`."""
        if row["breakdown"]:
            return None
        days = (_day(row["sid_as_of"]), _day(row["siapkerja_as_of"]))
        return self._mark(str(row["indicator"]), str(row["area_code"]), *days)

    def sheet(self, area_code: str, *, language: str) -> Sheet:
        """The profile as a value, for paper and for files. Of what lies above, only what the account may see."""
        self._require(area_code)
        made = sheets.of_area(self._results, area_code, language=language, may_see=self.scope.covers)
        return self._marked(made)

    def way(
        self, lake: Lake, indicator: str, area_code: str, *, breakdown: str, category: str, is_verified: bool
    ) -> Way:
        """Where one figure comes from, as far as this lake knows; with `is_verified` its files are hashed anew.

        Raises `IndicatorUnknown`, `AreaUnknown`, `FigureUnknown`.
        """
        self._require(area_code)
        definition = self.definition(indicator)
        value = self._results.value(definition.id, area_code, breakdown, category)
        return provenance.of_value(lake, self._results.snapshot, definition, value, is_verified=is_verified)

    def pack(self, node: NodeHome, area_code: str, *, language: str) -> Pack:
        """The profile to take along, for the ministries. Raises as `village_pack.make` does."""
        self._require(area_code)
        return village_pack.make(node, self._results, area_code, language=language, may_see=self.scope.covers)

    def released_to(self, node: NodeHome, area_code: str, audience: str) -> frozenset[str]:
        """Indicators of that area which the audience may be shown now. A chain that cannot be read releases none."""
        self._require(area_code)
        try:
            found = village_pack.released(node, self._results, area_code, audience, at=SystemClock().now())
        except TenunError:
            return frozenset()
        return frozenset(found)

    # --- below the surface ---------------------------------------------------------------------

    def _require(self, area_code: str) -> None:
        require(self.scope, area_code)

    def _totals(self, area_code: str) -> Sequence[Value]:
        return tuple(value for value in self._results.area(area_code) if not value.breakdown)

    def _noted(self, row: Mapping[str, object], language: str) -> dict[str, object]:
        mark = self.mark_of_row(row)
        if mark is None:
            return dict(row)
        return {**row, "reason": f"{row['reason']} {marks.sentence(mark, language)}".strip()}

    def _marked(self, sheet: Sheet) -> Sheet:
        """With a note on each line that bears a mark, behind the note that it has already."""
        if not any(area == sheet.area.code for _indicator, area in self._marks):
            return sheet
        notes, lines = list(sheet.notes), []
        for line in sheet.lines:
            mark = self.mark_of(self._results.value(line.indicator, sheet.area.code))
            if mark is not None:
                before = "" if line.note is None else notes[line.note - 1]
                notes.append(f"{before} {marks.sentence(mark, sheet.language)}".strip())
                line = replace(line, note=len(notes))
            lines.append(line)
        used = sorted({line.note for line in lines if line.note is not None})
        place = {number: at for at, number in enumerate(used, start=1)}
        return replace(
            sheet,
            lines=tuple(replace(line, note=None if line.note is None else place[line.note]) for line in lines),
            notes=tuple(notes[number - 1] for number in used),
        )

    def _mark(self, indicator: str, area_code: str, sid: date | None, siapkerja: date | None) -> Mark | None:
        snapshot = self._results.snapshot.id
        found = self._marks.get((indicator, area_code), ())
        return next((one for one in found if one.is_on(snapshot, sid_as_of=sid, siapkerja_as_of=siapkerja)), None)

    @cached_property
    def _marks(self) -> Mapping[tuple[str, str], Sequence[Mark]]:
        """By indicator and area: asked for once, when the first figure is shown."""
        days = [day for day in (self.release.sid_as_of, self.release.siapkerja_as_of) if day is not None]
        found: dict[tuple[str, str], list[Mark]] = {}
        for one in self._find_marks(self.scope, min(days, default=None)):
            found.setdefault((one.indicator, one.area), []).append(one)
        return found


def _day(cell: object) -> date | None:
    return date.fromisoformat(str(cell)) if cell else None
