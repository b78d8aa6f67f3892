"""Splink and our own SQL are one model, and Splink keeps quiet."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tenun.engine.duckdb import connect, only_row
from tenun.linkage import blocking, comparisons, model, scoring, splinking, training
from tenun.linkage.comparisons import COMPARISONS, FIELDS
from tenun.linkage.training import TRAINEES, TooLittleToTrain
from tests.lib import standard_tables
from tests.lib.invented_people import invent

SAME_NIK = blocking.Rule("nik", ("#.nik",), ("#.nik",), "the first stage's own rule")

pytestmark = pytest.mark.xdist_group("splink")


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(threads=2)
    standard_tables.prepare(connection, invent(6_000, seed=21))
    # These registers have no family cards: three people in a row share one, on both sides.
    for table in ("residents", "seekers"):
        connection.execute(f"UPDATE {table} SET card = 5201011203010001 + true_person // 3 WHERE true_person % 2 = 0")
    training.fill_owners(connection)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(blocking.RULES, id="pairs of the rules"),
        pytest.param((SAME_NIK,), id="pairs of one NIK"),
    ],
)
def test_our_weights_are_splinks(engine: duckdb.DuckDBPyConnection, rules: tuple[blocking.Rule, ...]) -> None:
    """Over the same pairs our one pass of SQL and Splink must say the same: every level, and the weight."""
    fitted = model.fitted_to(model.load(), engine, "housed", TRAINEES).with_prior(1e-4)
    blocking.pairs(engine, residents="housed", seekers=TRAINEES, target="found", shared_max=10**9, rules=rules)
    scoring.score(engine, fitted, pairs="found", residents="housed", seekers=TRAINEES, target="ours", stage="rules")
    predicted = splinking.predict(engine, fitted, rules, "housed", TRAINEES, weight_min=-1_000)
    unequal = " OR ".join(f"p.gamma_{field} IS DISTINCT FROM o.gamma_{field}" for field in FIELDS)
    ours, theirs, both, differing, furthest = only_row(
        engine,
        f"""
        SELECT (SELECT count(*) FROM ours), (SELECT count(*) FROM {predicted}), count(*),
               count(*) FILTER ({unequal}), max(abs(p.match_weight - o.weight))
        FROM {predicted} p JOIN ours o ON o.person_id = p.unique_id_l AND o.seeker_id = p.unique_id_r
        """,
    )
    assert ours == theirs == both > 500
    assert differing == 0
    assert furthest < 1e-3


def test_the_pairs_compared_show_nearly_every_level(engine: duckdb.DuckDBPyConnection) -> None:
    """What no pair shows, the comparison with Splink does not hold."""
    rules = (*blocking.RULES, SAME_NIK)
    blocking.pairs(engine, residents="housed", seekers=TRAINEES, target="found", shared_max=10**9, rules=rules)
    scoring.score(
        engine, model.load(), pairs="found", residents="housed", seekers=TRAINEES, target="ours", stage="rules"
    )
    for comparison in COMPARISONS:
        field = comparison.field
        seen = {number for (number,) in engine.execute(f"SELECT DISTINCT gamma_{field} FROM ours").fetchall()}
        codes = {level.code for level in comparison.levels if comparisons.gamma(field, level.code) not in seen}
        assert codes <= {"nik_near_undated", "village_missing", "birth_date_missing"}


def test_a_candidate_below_the_least_weight_is_not_kept(engine: duckdb.DuckDBPyConnection) -> None:
    fitted = model.load().with_prior(1e-4)
    blocking.pairs(engine, residents="housed", seekers=TRAINEES, target="found", shared_max=10**9)
    tables = {"pairs": "found", "residents": "housed", "seekers": TRAINEES, "stage": "rules"}
    scoring.score(engine, fitted, target="ours", **tables)
    scoring.score(engine, fitted, target="heavy", weight_min=3.5, **tables)
    expected = only_row(engine, "SELECT count(*) FILTER (weight >= 3.5), count(*) FROM ours")
    kept, least = only_row(engine, "SELECT count(*), min(weight) FROM heavy")
    assert kept == expected[0] < expected[1]
    assert least >= 3.5


def test_splink_says_nothing(
    engine: duckdb.DuckDBPyConnection, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    splinking.predict(engine, model.load(), blocking.RULES, "housed", "seekers", weight_min=0)
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.name.startswith("splink")] == []


@pytest.fixture(scope="module")
def trained(engine: duckdb.DuckDBPyConnection) -> model.Model:
    return training.train(
        engine, "housed", TRAINEES, provenance={"trained_on": ["test"]}, fallback=model.load(), seed=3
    )


def test_training_without_labels_comes_near_what_labels_teach(trained: model.Model) -> None:
    shipped = model.load()
    for field, code in (
        ("name", "name_equal"),
        ("birth_date", "birth_date_equal"),
        ("sex", "sex_equal"),
        ("nik", "nik_equal"),
        ("village", "village_equal"),
    ):
        assert trained.probabilities[field][code][0] == pytest.approx(shipped.probabilities[field][code][0], abs=0.08)


def test_a_trained_model_has_every_level_and_its_provenance(trained: model.Model) -> None:
    for comparison in COMPARISONS:
        known = {level.code for level in comparison.levels if not level.is_null}
        assert set(trained.probabilities[comparison.field]) == known
    assert trained.provenance["m_from"] == "expectation maximisation"
    assert trained.provenance["trained_on"] == ["test"]
    assert trained.id != model.load().id


def test_training_twice_gives_one_model(engine: duckdb.DuckDBPyConnection, trained: model.Model) -> None:
    again = training.train(
        engine, "housed", TRAINEES, provenance={"trained_on": ["test"]}, fallback=model.load(), seed=3
    )
    assert again.id == trained.id


def test_too_few_records_train_nothing(engine: duckdb.DuckDBPyConnection) -> None:
    engine.execute("CREATE OR REPLACE TABLE few AS SELECT * FROM housed LIMIT 100")
    with pytest.raises(TooLittleToTrain) as refused:
        training.train(engine, "few", "seekers", provenance={})
    assert refused.value.parts["persons"] == 100


def test_the_columns_read_are_those_a_standard_table_has(engine: duckdb.DuckDBPyConnection) -> None:
    there = {str(row[0]) for row in engine.execute("DESCRIBE housed").fetchall()}
    assert set(comparisons.COLUMNS) <= there
