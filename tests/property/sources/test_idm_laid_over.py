"""Laying answers over what is there: what holds for any deliveries in any order."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tenun.lake.snapshot import Layer
from tests.lib.employment_files import IDM_REFUSAL, KARIHKIL, MENINTING, SENTELUK, Bench, idm_answer

VILLAGES = (SENTELUK, MENINTING, KARIHKIL)
STATUSES = ("MANDIRI", "MAJU", "BERKEMBANG")

said = st.tuples(st.sampled_from(VILLAGES), st.sampled_from((2023, 2024)), st.sampled_from(STATUSES))
# Days differ, because of two deliveries of one day the later one is the newer.
deliveries = st.lists(
    st.tuples(st.integers(1, 28), st.lists(said, min_size=1, max_size=4), st.booleans()),
    min_size=1, max_size=4, unique_by=lambda delivery: delivery[0],
)  # fmt: skip


def bring(folder: Path, parts: list[tuple[int, list[tuple[str, int, str]], bool]]) -> dict[tuple[str, int], str]:
    bench = Bench(folder)
    for day, answers, has_refusal in parts:
        bodies = [idm_answer(village, year, status=status) for village, year, status in answers]
        bench.idm([*bodies, IDM_REFUSAL] if has_refusal else bodies, as_of=date(2026, 1, day))
    return {
        (row["village_code"], row["year"]): row["status"]
        for snapshot in bench.lake.all_current(layer=Layer.CORE, dataset="sid__village_index")
        for row in bench.lake.read(snapshot, "years").to_pylist()
    }


@given(deliveries, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_newest_answer_counts_in_whatever_order_deliveries_come(parts: list, chance: object) -> None:  # type: ignore[type-arg]
    expected = {
        (village, year): status
        for _, answers, _ in sorted(parts, key=lambda part: part[0])
        for village, year, status in answers
    }
    shuffled = list(parts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as in_order, tempfile.TemporaryDirectory() as in_disorder:
        assert bring(Path(in_order), sorted(parts, key=lambda part: part[0])) == expected
        assert bring(Path(in_disorder), shuffled) == expected


@given(deliveries)
@settings(max_examples=15, deadline=None)
def test_bringing_everything_in_again_changes_nothing(parts: list) -> None:  # type: ignore[type-arg]
    with tempfile.TemporaryDirectory() as once, tempfile.TemporaryDirectory() as twice:
        assert bring(Path(twice), [*parts, *parts]) == bring(Path(once), parts)
