"""Training from known truth: what is counted, and what stands for what was never seen."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tenun.engine.duckdb import connect, only_row
from tenun.linkage import training
from tenun.linkage.comparisons import COMPARISONS
from tenun.linkage.model import M_MIN, U_MIN, Model
from tenun.linkage.training import TRAINEES
from tests.lib import standard_tables
from tests.lib.invented_people import invent


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(threads=2)
    standard_tables.prepare(connection, invent(4_000, seed=22))
    training.fill_owners(connection)
    yield connection
    connection.close()


def train(engine: duckdb.DuckDBPyConnection) -> Model:
    return training.train(
        engine,
        "housed",
        TRAINEES,
        provenance={"trained_on": ["test"]},
        truth="true_person",
        u_pairs_max=500_000,
    )


@pytest.fixture(scope="module")
def trained(engine: duckdb.DuckDBPyConnection) -> Model:
    return train(engine)


def test_m_is_the_share_among_the_true_pairs(engine: duckdb.DuckDBPyConnection, trained: Model) -> None:
    equal, known = only_row(
        engine,
        f"""
        SELECT count(*) FILTER (l.is_female = r.is_female), count(*)
        FROM housed l JOIN {TRAINEES} r USING (true_person)
        WHERE l.is_female IS NOT NULL AND r.is_female IS NOT NULL
        """,
    )
    assert trained.probabilities["sex"]["sex_equal"][0] == pytest.approx(equal / known, abs=1e-6)
    assert trained.provenance["m_from"] == "known truth"


def test_the_household_of_a_borrowed_nik_is_learnt(trained: Model) -> None:
    assert trained.weight("nik", "nik_of_household") > 2


def test_every_number_is_bounded(trained: Model) -> None:
    numbers = [m_u for levels in trained.probabilities.values() for m_u in levels.values()]
    assert all(M_MIN <= m <= 1 and U_MIN <= u <= 1 for m, u in numbers)


def test_a_level_that_no_random_pair_showed_counts_as_half_a_pair(trained: Model) -> None:
    assert trained.probabilities["birth_date"]["birth_date_in_nik"][1] == pytest.approx(0.5 / 500_000)


def test_a_level_that_nobody_showed_says_nothing() -> None:
    """Splink writes a text, or nothing, where it could not estimate."""
    told = {
        "comparisons": [
            {
                "comparison_levels": [
                    {"label_for_charts": level.code, "m_probability": "LEVEL NOT OBSERVED"}
                    for level in comparison.levels
                ]
            }
            for comparison in COMPARISONS
        ]
    }
    found = training.probabilities_of(told, None, unseen=(1e-4, 1e-6))
    assert {m_u for levels in found.values() for m_u in levels.values()} == {(1e-4, 1e-4)}


def test_the_number_of_threads_changes_nothing(engine: duckdb.DuckDBPyConnection, trained: Model) -> None:
    engine.execute("SET threads = 1")
    again = train(engine)
    engine.execute("SET threads = 2")
    assert again == trained
