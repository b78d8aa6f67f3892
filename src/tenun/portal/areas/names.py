"""Regions by name and code: of the whole country, with or without figures. Names of areas are public."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from tenun.node.home import reference_folder
from tenun.registry.reference.region import Region, UnknownRegion, is_form
from tenun.registry.reference.regions import Regions, System


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
