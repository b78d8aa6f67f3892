from __future__ import annotations

import pytest

from tenun.disclosure.differencing import Finding, Place, across_releases, within

# Three villages of a district: a tree of four numbers.
PLACES = [
    Place(("d",), "outside", "d"),
    Place(("a",), "d", "outside"),
    Place(("b",), "d", "outside"),
    Place(("c",), "d", "outside"),
]


def test_what_one_release_hides_and_another_shows_is_found() -> None:
    first = {("d",): 60, ("a",): 3, ("b",): 30, ("c",): 27}
    second = {("d",): 60, ("a",): None, ("b",): None, ("c",): 27}
    assert across_releases(PLACES, [first, second]) == [
        Finding(("a",), "shown_elsewhere"),
        Finding(("b",), "shown_elsewhere"),
    ]


def test_two_releases_that_hide_different_partners_give_the_small_one_away() -> None:
    first = {("d",): 60, ("a",): None, ("b",): None, ("c",): 27}
    second = {("d",): 60, ("a",): None, ("b",): 30, ("c",): None}
    assert Finding(("a",), "computable") in across_releases(PLACES, [first, second])


def test_the_same_holes_in_every_release_tell_nothing() -> None:
    release = {("d",): 60, ("a",): None, ("b",): None, ("c",): 27}
    assert across_releases(PLACES, [release, dict(release)]) == []


def test_one_hole_alone_is_computable() -> None:
    assert across_releases(PLACES, [{("d",): 60, ("a",): None, ("b",): 30, ("c",): 27}]) == [
        Finding(("a",), "computable")
    ]


def test_releases_from_different_data_are_not_compared() -> None:
    with pytest.raises(ValueError, match="same data"):
        across_releases(PLACES, [{("d",): 60}, {("d",): 61}])


@pytest.mark.parametrize(
    ("whole", "part", "is_found"),
    [(100, 97, True), (100, 96, True), (100, 95, False), (100, 100, False), (None, 97, False), (100, None, False)],
)
def test_a_group_within_a_group_that_differs_by_a_handful_is_found(
    whole: int | None, part: int | None, is_found: bool
) -> None:
    found = within({("x",): whole}, {("x",): part}, minimum_cell=5)
    assert found == ([Finding(("x",), "small_difference")] if is_found else [])
