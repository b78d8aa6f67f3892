"""Rules over arrays say, figure by figure, what the rules for one figure say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenun.disclosure.profile import MINISTRIES, DisclosureClass, judge_count, judge_rate
from tenun.indicators import judgement

SIZES = st.integers(0, 600)
FIGURE = st.tuples(st.integers(0, 60), st.integers(0, 60), SIZES, SIZES, st.booleans())
CLASSES = list(DisclosureClass)


@pytest.mark.pasal("7(2)")
@given(figures=st.lists(FIGURE, min_size=1, max_size=20), class_=st.sampled_from(CLASSES))
def test_counts_are_judged_alike(figures, class_: DisclosureClass) -> None:
    count, _, population, households, is_below = (np.array(one)[:, None] for one in zip(*figures, strict=True))
    judged = judgement.persons(
        count,
        profile=MINISTRIES,
        class_=class_,
        population=population,
        households=households,
        is_below_district=is_below.astype(bool),
    )
    for place, (one, _, adults, families, below) in enumerate(figures):
        assert judged.at(place, 0) == judge_count(
            one,
            profile=MINISTRIES,
            class_=class_,
            population=adults,
            households=families,
            is_below_district=below,
        )


@pytest.mark.pasal("7(2)")
@given(figures=st.lists(FIGURE, min_size=1, max_size=20), class_=st.sampled_from(["R2", "R3"]))
def test_rates_are_judged_alike(figures, class_: str) -> None:
    part, rest, population, households, _ = (np.array(one)[:, None] for one in zip(*figures, strict=True))
    judged = judgement.rates(
        part,
        part + rest,
        profile=MINISTRIES,
        class_=DisclosureClass(class_),
        population=population,
        households=households,
        is_below_district=np.zeros(part.shape, bool),
    )
    for place, (numerator, others, adults, families, _) in enumerate(figures):
        alone = judge_rate(
            numerator,
            numerator + others,
            profile=MINISTRIES,
            population=adults,
            class_=DisclosureClass(class_),
            households=families,
        )
        found = judged.at(place, 0)
        if alone.is_hidden:
            assert found == alone
        else:
            assert (found.state, found.reason) == (alone.state, alone.reason)
