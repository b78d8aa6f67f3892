"""Training a model with Splink: u by random pairs, m by expectation maximisation or from known truth."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import duckdb

from tenun.agreement.decision import Permit
from tenun.engine.duckdb import only_row
from tenun.kernel.errors import TenunError
from tenun.lake.store import Lake
from tenun.linkage import comparisons, inputs, model, scoring, splinking
from tenun.linkage.comparisons import COMPARISONS
from tenun.linkage.inputs import RESIDENTS, SEEKERS_SIDE
from tenun.linkage.model import Model
from tenun.linkage.pipeline import Pipeline
from tenun.linkage.settings import LinkSettings
from tenun.linkage.standard.table import STANDARD_VERSION, Standard

# Each rule lets EM see pairs that agree on it and learn the fields it does not speak of.
EM_RULES = (
    "l.nik = r.nik",
    "l.birth_date = r.birth_date AND l.sound_1 = r.sound_1",
    "l.joined = r.joined AND l.district = r.district",
)
# Pairs that are nearly always one person, and the share of such persons they are thought to find.
CERTAIN_RULES = ("l.nik = r.nik AND l.sound_1 = r.sound_1", "l.joined = r.joined AND l.birth_date = r.birth_date")
CERTAIN_SHARE = 0.9


class TooLittleToTrain(TenunError):
    code = "linkage.too_little_to_train"
    text_id = "Data terlalu sedikit untuk melatih model: {persons} warga dan {seekers} akun."
    text_en = "There is too little to train a model on: {persons} residents and {seekers} accounts."
    remedy_id = "Pakai model bawaan, atau latih setelah lebih banyak desa masuk."
    remedy_en = "Use the shipped model, or train once more villages are in."


# Below this, levels that matter are seen a handful of times and their numbers are chance.
PERSONS_MIN, SEEKERS_MIN = 2_000, 500


def train(
    connection: duckdb.DuckDBPyConnection,
    residents: str,
    seekers: str,
    *,
    provenance: Mapping[str, Any],
    seed: int = 1,
    fallback: Model | None = None,
    truth: str | None = None,
    u_pairs_max: int = 5_000_000,
    em_pairs_max: int = 2_000_000,
) -> Model:
    """Train on two standard tables. Raises `TooLittleToTrain`.

    `truth` names a column that is equal in both tables for one person; without it m comes from EM. Levels that
    the data never showed take their numbers from `fallback`.
    """
    persons, accounts = (_count(connection, table) for table in (residents, seekers))
    if persons < PERSONS_MIN or accounts < SEEKERS_MIN:
        raise TooLittleToTrain(persons=persons, seekers=accounts)
    scoring.count_names(connection, residents, seekers)
    settings = _untrained()
    with splinking.quiet_splink():
        linker = splinking.open_linker(connection, settings, residents, seekers, *((truth,) if truth else ()))
        training = linker.training
        training.estimate_probability_two_random_records_match(list(CERTAIN_RULES), recall=CERTAIN_SHARE)
        training.estimate_u_using_random_sampling(max_pairs=u_pairs_max, seed=seed)
        if truth:
            training.estimate_m_from_label_column(truth)
        else:
            for rule in EM_RULES:
                training.estimate_parameters_using_expectation_maximisation(
                    rule, max_pairs=em_pairs_max, estimate_without_term_frequencies=True
                )
        trained = linker.misc.save_model_to_json()
    return model.make(
        _probabilities(trained, fallback),
        prior=float(trained["probability_two_random_records_match"]),
        provenance={
            **provenance,
            "splink": version("splink"),
            "duckdb": version("duckdb"),
            "m_from": "known truth" if truth else "expectation maximisation",
            "u_from": f"random pairs, seed {seed}",
            "persons": persons,
            "seekers": accounts,
            "standard_version": STANDARD_VERSION,
        },
    )


def _untrained() -> dict[str, Any]:
    return {
        "link_type": "link_only",
        "sql_dialect": "duckdb",
        "unique_id_column_name": "unique_id",
        "comparisons": [comparisons.as_splink(comparison) for comparison in COMPARISONS],
        "blocking_rules_to_generate_predictions": [],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }


def _probabilities(trained: Mapping[str, Any], fallback: Model | None) -> dict[str, dict[str, tuple[float, float]]]:
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for comparison, entry in zip(COMPARISONS, trained["comparisons"], strict=True):
        by_code = {level["label_for_charts"]: level for level in entry["comparison_levels"]}
        found[comparison.field] = {}
        for level in comparison.levels:
            if level.is_null:
                continue
            m, u = (_number(by_code[level.code].get(name)) for name in ("m_probability", "u_probability"))
            known = fallback.probabilities[comparison.field][level.code] if fallback else (model.M_MIN, model.U_MIN)
            found[comparison.field][level.code] = (known[0] if m is None else m, known[1] if u is None else u)
    return found


def _number(value: object) -> float | None:
    """Splink writes a text where it could not estimate."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(only_row(connection, f"SELECT count(*) FROM {table}")[0])


def train_from_lake(
    lake: Lake, *, residents_permit: Permit, seekers_permit: Permit, settings: LinkSettings, seed: int = 1
) -> Model:
    """Refit on the present residents and seekers, without labels. The file tells which snapshots it saw, never a value.

    Raises `TooLittleToTrain`, `PermitForOtherUse`, `SnapshotMissing`.
    """
    inputs.check(residents_permit, RESIDENTS)
    inputs.check(seekers_permit, SEEKERS_SIDE)
    residents, seekers = (
        inputs.snapshots(lake, RESIDENTS, residents_permit),
        inputs.snapshots(lake, SEEKERS_SIDE, seekers_permit),
    )
    as_of = max(inputs.newest(residents), inputs.newest(seekers))
    connection = inputs.open_engine(settings)
    try:
        inputs.load(connection, lake, RESIDENTS, residents, residents_permit, "read_residents")
        inputs.load(connection, lake, SEEKERS_SIDE, seekers, seekers_permit, "read_seekers")
        inputs.standardise(connection, Standard.of(as_of))
        pipeline = Pipeline(connection, settings, model.load(settings.model))
        pipeline.prepare("residents", "accounts")
        return train(
            connection,
            "housed",
            "seekers",
            seed=seed,
            fallback=model.load(settings.model),
            provenance={
                "trained_on": sorted(snapshot.reference for snapshot in (*residents, *seekers)),
                "as_of": as_of.isoformat(),
                "invented": inputs.is_invented([*residents, *seekers]),
            },
        )
    finally:
        connection.close()
