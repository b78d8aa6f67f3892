"""Tables by sex and age with both margins, of districts and their regency: true, and as they are perturbed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from tenun.disclosure import joint
from tenun.disclosure.ptable import PTable

SEXES, AGES = ("male", "female"), ("15-24", "25-59", "60+")
REGENCY = "k"
Name = tuple[str, str, str]
"""Area, breakdown, category."""
Leaf = tuple[str, str, str]
"""District, sex, age."""


def published() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every breakdown with every category of it."""
    for by in ((), ("sex",), ("age_group",), ("sex", "age_group")):
        lists = [SEXES if one == "sex" else AGES for one in by]
        for category in itertools.product(*lists):
            yield "*".join(by), category


@dataclass(frozen=True)
class Population:
    leaves: Mapping[Leaf, int]

    @property
    def districts(self) -> list[str]:
        return sorted({district for district, _, _ in self.leaves})

    def leaves_of(self, area: str, breakdown: str, category: tuple[str, ...]) -> list[Leaf]:
        wanted = dict(zip(breakdown.split("*"), category, strict=True)) if category else {}
        return [
            leaf
            for leaf in self.leaves
            if area in (REGENCY, leaf[0])
            and wanted.get("sex", leaf[1]) == leaf[1]
            and wanted.get("age_group", leaf[2]) == leaf[2]
        ]

    def names(self) -> dict[Name, list[Leaf]]:
        return {
            (area, breakdown, "*".join(category)): self.leaves_of(area, breakdown, category)
            for area in (REGENCY, *self.districts)
            for breakdown, category in published()
        }

    def truth(self) -> dict[Name, int]:
        return {name: sum(self.leaves[leaf] for leaf in leaves) for name, leaves in self.names().items()}

    def perturbed(self, table: PTable, key: Random) -> dict[Name, int]:
        """The same people are the same noise, wherever they stand."""
        noises: dict[frozenset[Leaf], int] = {}
        truth = self.truth()
        shown = {}
        for name, leaves in self.names().items():
            people = frozenset(leaf for leaf in leaves if self.leaves[leaf])
            noises.setdefault(people, key.randrange(256))
            shown[name] = truth[name] + table.noise(truth[name], noises[people])
        return shown


def numbers(bounds: Mapping[Name, tuple[int, int] | int], release: int = 0) -> list[joint.Number]:
    """As `tenun.disclosure.joint` takes them: a number that is shown, or what is thought possible of one."""
    return [
        joint.Number(release, *name, cell=name, known=told, low=told, high=told)
        if isinstance(told, int)
        else joint.Number(release, *name, cell=name, known=None, low=told[0], high=told[1])
        for name, told in bounds.items()
    ]


def around(population: Population, release: int = 0) -> joint.Around:
    return {release: {district: [REGENCY] for district in population.districts}}
