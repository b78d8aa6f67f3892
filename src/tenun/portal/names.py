"""Regions by name and code: of the whole country, with or without figures. Names of areas are public."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from tenun.node.home import reference_folder
from tenun.registry.reference.region import Region, UnknownRegion, is_form
from tenun.registry.reference.regions import Regions, System

# A number of twelve digits and more is no area code but may be someone's NIK: it is not looked up or shown again.
_PERSONAL_NUMBER = re.compile(r"\d{11,}")
_BETWEEN_DIGITS = re.compile(r"[\s.\-]")


@dataclass(frozen=True)
class Place:
    """A region with what it lies in, the province first and itself last."""

    path: tuple[Region, ...]

    @property
    def code(self) -> str:
        return self.path[-1].code

    @property
    def name(self) -> str:
        return self.path[-1].name

    @property
    def level(self) -> str:
        return str(self.path[-1].level)

    @property
    def parents(self) -> tuple[Region, ...]:
        """What it lies in, the nearest first."""
        return tuple(reversed(self.path[:-1]))


def is_number_of_a_person(text: str) -> bool:
    """Whether what someone typed may hold a NIK, however it is spaced."""
    return bool(_PERSONAL_NUMBER.search(_BETWEEN_DIGITS.sub("", text)))


@cache
def _regions() -> Regions:
    return Regions.load(reference_folder())


def search(text: str, *, within: str | None, limit: int) -> list[Place]:
    return [Place(hit.path) for hit in _regions().search(text, limit=limit, within=within)]


def get(code: str) -> Place | None:
    path = _regions().path(code)
    return Place(path) if path else None


def has_form(code: str) -> bool:
    return is_form(code, System.KEMENDAGRI)


def near(code: str) -> list[Place]:
    """Regions whose code differs least, for a code that does not exist."""
    try:
        _regions().parse_region(code)
    except UnknownRegion as problem:
        found = (get(str(suggestion)) for suggestion in problem.parts["suggestions"])  # type: ignore[attr-defined]
        return [place for place in found if place is not None]
    return []


def edition() -> str:
    return _regions().current.name
