"""Splink and our own SQL are one model, and Splink keeps quiet."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tenun.engine.duckdb import connect, only_row
from tenun.linkage import blocking, comparisons, model, scoring, standardise, training
from tenun.linkage.comparisons import COMPARISONS, FIELDS
from tenun.linkage.training import TooLittleToTrain
from tests.lib import standard_tables
from tests.lib.invented_people import invent


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(threads=2)
    standardise.install(connection)
    standard_tables.build(connection, invent(6_000, seed=21))
    scoring.count_names(connection, "residents", "seekers")
    yield connection
    connection.close()


def test_our_weights_are_splinks(engine: duckdb.DuckDBPyConnection) -> None:
    """The first stage weighs in our SQL and the second in Splink: over the same pairs they must say the same."""
    fitted = model.fitted_to(model.load(), engine, "residents", "seekers").with_prior(1e-4)
    predicted = scoring.predict(engine, fitted, blocking.RULES, "residents", "seekers", weight_min=-30)
    scoring.by_rules(engine, fitted, blocking.RULES, "residents", "seekers", "ours", weight_min=-30)
    compared, furthest = only_row(
        engine,
        f"""
        SELECT count(*), max(abs(p.match_weight - o.weight))
        FROM {predicted} p JOIN ours o ON o.person_id = p.unique_id_l AND o.seeker_id = p.unique_id_r
        """,
    )
    assert compared > 500
    assert furthest < 0.0001


def test_our_levels_are_splinks(engine: duckdb.DuckDBPyConnection) -> None:
    """Both from the same conditions: pairs of one NIK, through Splink and through our SQL."""
    fitted = model.load()
    same_nik = blocking.Rule("nik", ("#.nik",), ("#.nik",), "the first stage's own rule")
    predicted = scoring.predict(engine, fitted, (same_nik,), "residents", "seekers", weight_min=-100)
    scoring.by_nik(engine, fitted, "residents", "seekers", "ours")
    unequal = " OR ".join(f"p.gamma_{field} <> o.gamma_{field}" for field in FIELDS)
    pairs, differing, furthest = only_row(
        engine,
        f"""
        SELECT count(*), count(*) FILTER ({unequal}), max(abs(p.match_weight - o.weight))
        FROM {predicted} p JOIN ours o ON o.person_id = p.unique_id_l AND o.seeker_id = p.unique_id_r
        """,
    )
    assert pairs == only_row(engine, "SELECT count(*) FROM ours")[0] > 500
    assert differing == 0
    assert furthest < 0.0001


def test_splink_says_nothing(
    engine: duckdb.DuckDBPyConnection, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    scoring.predict(engine, model.load(), blocking.RULES, "residents", "seekers", weight_min=0)
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.name.startswith("splink")] == []


@pytest.fixture(scope="module")
def trained(engine: duckdb.DuckDBPyConnection) -> model.Model:
    return training.train(
        engine, "residents", "seekers", provenance={"trained_on": ["test"]}, fallback=model.load(), seed=3
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
        engine, "residents", "seekers", provenance={"trained_on": ["test"]}, fallback=model.load(), seed=3
    )
    assert again.id == trained.id


def test_too_few_records_train_nothing(engine: duckdb.DuckDBPyConnection) -> None:
    engine.execute("CREATE OR REPLACE TABLE few AS SELECT * FROM residents LIMIT 100")
    with pytest.raises(TooLittleToTrain) as refused:
        training.train(engine, "few", "seekers", provenance={})
    assert refused.value.parts["persons"] == 100


def test_the_columns_read_are_those_a_standard_table_has(engine: duckdb.DuckDBPyConnection) -> None:
    there = {str(row[0]) for row in engine.execute("DESCRIBE residents").fetchall()}
    assert set(comparisons.COLUMNS) <= there
