"""Which areas are set side by side: at most five, of one level, each in the account's area."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tenun.indicators.areas import LEVELS, NATIONAL, Area, Level, level_of, upwards
from tenun.portal.figures import Figures

AREAS_MAX = 5
LETTERS = "ABCDE"
"""What an area is called in the table, the pictures and the file: a sign beside its place, never colour alone."""
# An address may be typed by anyone; more codes than this are not even looked at.
CODES_MAX = 20

# What an area is measured against, and whose parts it is placed among: both lie at this level around it.
AROUND: Mapping[Level, Level] = {
    Level.VILLAGE: Level.REGENCY,
    Level.DISTRICT: Level.REGENCY,
    Level.REGENCY: Level.PROVINCE,
    Level.PROVINCE: Level.NATIONAL,
}


class LeftOutFor(StrEnum):
    """Why an area of the address is not compared."""

    TOO_MANY = "too_many"
    OTHER_LEVEL = "other_level"
    WHOLE_COUNTRY = "whole_country"


@dataclass(frozen=True)
class Choice:
    """The areas, the one that is asked about first."""

    areas: tuple[Area, ...]
    left_out: tuple[tuple[Area, LeftOutFor], ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(area.code for area in self.areas)

    @property
    def level(self) -> Level | None:
        return self.areas[0].level if self.areas else None

    @property
    def free(self) -> int:
        """How many more may be added."""
        return AREAS_MAX - len(self.areas)

    def query(self, *codes: str) -> dict[str, str]:
        """The parts of an address that choose those areas: the first is asked about, the others stand beside it."""
        return {"wilayah": ",".join(codes[:1]), "dengan": ",".join(codes[1:])}


def read(figures: Figures, texts: Iterable[str]) -> Choice:
    """The areas that an address names, commas between codes. Each stands once.

    Raises `OutsideScope` and `AreaUnknown`, whichever the first unfit code asks for: nothing is filtered in silence.
    """
    codes = dict.fromkeys(code.strip() for text in texts for code in text.split(",") if code.strip())
    areas: list[Area] = []
    left_out: list[tuple[Area, LeftOutFor]] = []
    for area in [figures.area(code) for code in list(codes)[:CODES_MAX]]:
        why = _unfit(area, areas)
        if why is None:
            areas.append(area)
        else:
            left_out.append((area, why))
    return Choice(tuple(areas), tuple(left_out))


def _unfit(area: Area, before: list[Area]) -> LeftOutFor | None:
    if area.level is Level.NATIONAL:
        return LeftOutFor.WHOLE_COUNTRY
    if before and area.level is not before[0].level:
        return LeftOutFor.OTHER_LEVEL
    return LeftOutFor.TOO_MANY if len(before) == AREAS_MAX else None


def reference(figures: Figures, choice: Choice) -> Area | None:
    """What they are measured against: the regency around villages and districts, the province around regencies.

    The smallest area of that level or wider that holds all of them; for an account that may not see that far the
    widest it may see. None where nothing that holds them all may be seen.
    """
    if choice.level is None:
        return None
    shared = [code for code in upwards(choice.codes[0]) if all(code in upwards(other) for other in choice.codes)]
    seen = [code for code in shared if code not in choice.codes and figures.scope.covers(code)]
    wide = [code for code in seen if LEVELS.index(level_of(code)) >= LEVELS.index(AROUND[choice.level])]
    found = wide[0] if wide else seen[-1] if seen else None
    return figures.area(found) if found is not None else None


def peer_areas(figures: Figures, choice: Choice) -> list[Area]:
    """The areas whose parts the chosen ones are placed among: the regencies of villages, and so on.

    What an account may not see is narrowed to its own area, so that its pictures hold nothing from beyond.
    """
    if choice.level is None:
        return []
    codes = {_peer_area(figures, code, AROUND[choice.level]) for code in choice.codes}
    return [figures.area(code) for code in sorted(codes)]


def _peer_area(figures: Figures, code: str, level: Level) -> str:
    around = next((one for one in upwards(code) if level_of(one) is level), NATIONAL)
    return around if figures.scope.covers(around) else figures.scope.area_code
