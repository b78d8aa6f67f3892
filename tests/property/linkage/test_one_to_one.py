"""Whatever the scores: one person at most one account, and the same decision in any order."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tenun.engine.duckdb import connect
from tenun.linkage import assignment
from tenun.linkage import settings as thresholds
from tenun.linkage.comparisons import FIELDS

ACCEPTED = {"nik", "probable"}
SETTINGS = thresholds.load()

# Few persons and accounts and few weights, so that ties and rivals are the rule.
offer = st.tuples(
    st.integers(0, 5), st.integers(0, 5), st.sampled_from(("nik", "rules")),
    st.sampled_from((-9.0, 2.0, 5.0, 5.5, 20.0)), st.sampled_from((None, "close_rival", "name_too_far")),
)  # fmt: skip


def decide(offers: list[tuple[int, int, str, float, str | None]], *, threads: int) -> list[tuple[Any, ...]]:
    types = {"seeker_id": pa.string(), "person_id": pa.string(), "stage": pa.string(), "held_back": pa.string()}
    numbers = {name: pa.float64() for name in ("weight", "others", "person")}
    levels = {f"gamma_{field}": pa.int32() for field in FIELDS}
    schema = pa.schema(list({**types, **numbers, **levels}.items()))
    rows = [
        {"seeker_id": f"s{seeker}", "person_id": f"p{person}", "stage": stage, "weight": weight, "held_back": held_back}
        for seeker, person, stage, weight, held_back in offers
    ]
    connection = connect(threads=threads)
    try:
        for stage in ("nik", "rules"):
            table = pa.Table.from_pylist([row for row in rows if row["stage"] == stage], schema=schema)
            connection.register("rows", table)
            connection.execute(f"CREATE TABLE {stage}_decided AS SELECT * FROM rows")
            connection.unregister("rows")
        connection.execute("CREATE TABLE seekers AS SELECT 's' || i AS unique_id FROM range(7) t(i)")
        assignment.decide(connection, SETTINGS, seekers="seekers", target="decided")
        found: list[tuple[Any, ...]] = connection.execute(
            "SELECT seeker_id, person_id, match_class, weight, held_back FROM decided ORDER BY seeker_id"
        ).fetchall()
    finally:
        connection.close()
    return found


def one_a_stage(
    offers: list[tuple[int, int, str, float, str | None]],
) -> list[tuple[int, int, str, float, str | None]]:
    """Each stage hands over at most one offer an account."""
    return list({(seeker, stage): offer for offer in offers for seeker, _, stage, _, _ in [offer]}.values())


@settings(max_examples=60, deadline=None)
@given(st.lists(offer, max_size=14).map(one_a_stage), st.randoms(use_true_random=False))
def test_a_person_has_at_most_one_account_and_order_does_not_matter(offers: Any, chance: Any) -> None:
    found = decide(offers, threads=1)
    assert [row[0] for row in found] == [f"s{number}" for number in range(7)]
    persons = [person for _, person, match_class, _, _ in found if match_class in ACCEPTED]
    assert len(persons) == len(set(persons))
    shuffled = list(offers)
    chance.shuffle(shuffled)
    assert decide(shuffled, threads=2) == found


@settings(max_examples=60, deadline=None)
@given(st.lists(offer, max_size=14).map(one_a_stage))
def test_whoever_is_accepted_was_offered_and_had_the_best_claim(offers: Any) -> None:
    rank = {"nik": 1, "rules": 2}
    for seeker, person, match_class, weight, held_back in decide(offers, threads=1):
        mine = [one for one in offers if f"s{one[0]}" == seeker]
        if match_class == "none":
            assert (person, weight, held_back) == (None, None, "no_candidate")
            assert all(stage == "rules" and score < SETTINGS.review_weight_min for _, _, stage, score, _ in mine)
            continue
        assert any((f"p{one[1]}", one[3]) == (person, weight) for one in mine)
        if match_class in ACCEPTED:
            assert held_back is None
            stage = "nik" if match_class == "nik" else "rules"
            better = [
                one for one in offers
                if f"p{one[1]}" == person and one[4] is None and f"s{one[0]}" != seeker
                and (rank[one[2]], -one[3]) < (rank[stage], -weight)
            ]  # fmt: skip
            # A better claim on the person can only come from an account that was given somebody else by its NIK.
            assert all(
                any(other[0] == one[0] and other[2] == "nik" and other[4] is None for other in offers if other != one)
                for one in better
            )
        else:
            assert held_back is not None
