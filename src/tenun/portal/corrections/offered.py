"""The figures that may be objected to: what the objector sees of its village, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tenun.agreement.release.gate import Release
from tenun.agreement.release.states import ReleaseState
from tenun.disclosure.gates import OUTSIDE
from tenun.indicators import wording
from tenun.indicators.definition import Definition
from tenun.indicators.results import Results, Value
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError
from tenun.node import release_figures, releases
from tenun.node.home import NodeHome
from tenun.node.release_figures import Published
from tenun.node.releases import ReleaseNotInForce
from tenun.node.village_pack import VILLAGE_GOVERNMENT
from tenun.portal import words
from tenun.portal.closures import is_cut
from tenun.portal.figures import Figures

NOISE_MAX = OUTSIDE.noise.noise_max
"""By how much a number that was released may differ from the true one: that is no error to object to."""


@dataclass(frozen=True)
class Offered:
    """One figure of one village, as whoever objects to it sees it."""

    definition: Definition
    area_code: str
    area_name: str
    snapshot: str
    """Of the ministries' figures that it was made of."""
    shown: str
    """In Indonesian: that is what is kept."""
    said: str
    """In the reader's language."""

    @property
    def indicator(self) -> str:
        return self.definition.id


def to_officer(figures: Figures, area_code: str) -> list[Offered]:
    """Every figure of a village. Raises `OutsideScope`, `AreaUnknown`."""
    least = figures.release.minimum_cell
    return [
        _offered(value, figures.definitions[value.indicator], figures.release.snapshot, least)
        for value in figures.totals(area_code)
    ]


@implements(
    "7(2)", control="A village's account objects to what a release shows it; without a release it sees no figure."
)
def to_village(node: NodeHome, area_code: str) -> list[Offered]:
    """What is released to the village's government now, as it went out. A chain that cannot be read releases none."""
    found: dict[str, Offered] = {}
    try:
        for published in _published(node, area_code):
            for one in _of_release(published.results, area_code):
                found[one.indicator] = one
    except TenunError:
        return []
    return list(found.values())


def _published(node: NodeHome, area_code: str) -> Iterator[Published]:
    if not node.agreement.exists() or is_cut(node):
        return
    for release in releases.all_releases(node):
        if _is_for(release):
            try:
                out = release_figures.published(node, release)
            except ReleaseNotInForce:
                continue
            if out is not None and area_code in out.results.areas:
                yield out


def _is_for(release: Release) -> bool:
    return release.audience == VILLAGE_GOVERNMENT and release.state is ReleaseState.PUBLISHED


def _of_release(results: Results, area_code: str) -> Sequence[Offered]:
    made_of = str(results.snapshot.origin.settings["figures"])
    return [
        _offered(value, results.definitions[value.indicator], made_of, results.minimum_cell)
        for value in results.area(area_code)
        if not value.breakdown
    ]


def _offered(value: Value, definition: Definition, snapshot: str, minimum_cell: int) -> Offered:
    return Offered(
        definition=definition,
        area_code=value.area_code,
        area_name=value.area_name,
        snapshot=snapshot,
        shown=wording.say(value, "id", minimum_cell=minimum_cell),
        said=words.say(value, minimum_cell=minimum_cell),
    )
