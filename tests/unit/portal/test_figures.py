"""The door to results: open as far as the account's area, shut beyond it, whatever is asked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenun.indicators.areas import Level
from tenun.indicators.definition import Breakdown
from tenun.indicators.results import Results
from tenun.kernel.errors import TenunError
from tenun.kernel.keys import MemoryKeys
from tenun.lake.store import Lake
from tenun.node.home import NodeHome, Role
from tenun.portal.access import Scope
from tenun.portal.figures import Figures, OutsideScope
from tests.lib import published_figures as published

VILLAGE = "52.08.01.2002"
INSIDE = {
    "00": {"00", "52", "52.08", "52.08.01", VILLAGE, "52.07"},
    "52": {"52", "52.08", "52.08.01", VILLAGE, "52.07"},
    "52.08": {"52.08", "52.08.01", VILLAGE},
    "52.07": {"52.07"},
    VILLAGE: {VILLAGE},
}
UNAGREED = NodeHome(Role.NAKER, Path("/nonexistent/naker"))
"""A node that has nothing to sign for, and nothing to release."""
EMPTY = Lake(Path("/nonexistent/lake"), MemoryKeys())


def pack_of(figures: Figures, code: str) -> None:
    """Inside the scope it gets as far as the agreement, which is not there."""
    with pytest.raises(TenunError) as refused:
        figures.pack(UNAGREED, code, language="id")
    if isinstance(refused.value, OutsideScope):
        raise refused.value


QUESTIONS: dict[str, Callable[[Figures, str], Any]] = {
    "area": lambda figures, code: figures.area(code),
    "children": lambda figures, code: figures.children(code),
    "around": lambda figures, code: figures.around(code),
    "descendants": lambda figures, code: figures.descendants(code, Level.VILLAGE),
    "villages": lambda figures, code: figures.villages(code),
    "value": lambda figures, code: figures.value("A1", code),
    "totals": lambda figures, code: figures.totals(code),
    "categories": lambda figures, code: figures.categories("A1", code, Breakdown.SEX),
    "ranking": lambda figures, code: figures.ranking("A1", Level.VILLAGE, within=code),
    "rows": lambda figures, code: figures.rows(area=code, level=Level.VILLAGE, indicator=None, language="id"),
    "left_out": lambda figures, code: figures.left_out(code),
    "sheet": lambda figures, code: figures.sheet(code, language="id"),
    "way": lambda figures, code: figures.way(EMPTY, "A1", code, breakdown="", category="", is_verified=False),
    "released_to": lambda figures, code: figures.released_to(UNAGREED, code, "pemerintah-desa"),
    "pack": lambda figures, code: pack_of(figures, code),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    lake = Lake(tmp_path_factory.mktemp("lake"), MemoryKeys())
    published.publish(lake)
    return Results.open(lake)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("scope", INSIDE)
@pytest.mark.parametrize("area", sorted(INSIDE["00"]))
def test_a_question_is_answered_inside_the_scope_and_refused_outside(
    results: Results, question: str, scope: str, area: str
) -> None:
    figures = Figures(results, scope=Scope(scope))
    if area in INSIDE[scope]:
        QUESTIONS[question](figures, area)
    else:
        with pytest.raises(OutsideScope):
            QUESTIONS[question](figures, area)


def test_every_public_question_is_in_the_table_above() -> None:
    """A method that takes an area and is not asked here could be a hole."""
    without_area = {"definitions", "definition", "release", "home", "knows", "of_node", "scope", "at"}
    # Asked of a figure that came through the door, and of marks of the account's own area only.
    without_area |= {"mark_of", "mark_of_row"}
    public = {name for name in vars(Figures) if not name.startswith("_")}
    assert public - without_area == set(QUESTIONS)


@pytest.mark.parametrize("scope", INSIDE)
def test_no_answer_names_an_area_outside_the_scope(results: Results, scope: str) -> None:
    figures = Figures(results, scope=Scope(scope))
    home = figures.home()
    assert home is not None
    shown = [home, *figures.around(home.code), *figures.children(home.code)]
    shown += figures.descendants(home.code, Level.VILLAGE)
    assert all(figures.scope.covers(area.code) for area in shown)


HOMES = {"00": "52", "52": "52", "52.08": "52.08", "52.08.01": "52.08.01", VILLAGE: VILLAGE, "33": None}


@pytest.mark.parametrize("scope", HOMES)
def test_an_account_starts_at_the_smallest_area_that_holds_all_its_villages(results: Results, scope: str) -> None:
    home = Figures(results, scope=Scope(scope)).home()
    assert (home.code if home else None) == HOMES[scope]


def test_an_earlier_snapshot_is_still_there_and_says_that_it_is_earlier(tmp_path: Path) -> None:
    from tenun.node.home import NodeHome, Role

    node = NodeHome(Role.NAKER, tmp_path)
    first = published.publish(node.lake)
    second = published.publish(node.lake, as_of=published.AS_OF.replace(day=15), seed=8)
    now = Figures.of_node(node, scope=Scope("00"))
    then = Figures.of_node(node, scope=Scope("00"), snapshot=first.id)
    assert (now.release.snapshot, now.release.is_current) == (second.id, True)
    assert (then.release.snapshot, then.release.is_current) == (first.id, False)
    assert now.value("C1", VILLAGE) != then.value("C1", VILLAGE)
