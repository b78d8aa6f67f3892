"""Training a model with Splink: u by random pairs, m by expectation maximisation or from known truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
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
from tenun.linkage.review.sample import AGE_BANDS, UNKNOWN, age_band
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


TRAINEES = "trainees"


def fill_owners(connection: duckdb.DuckDBPyConnection, *, residents: str = "housed", seekers: str = "seekers") -> None:
    """Make `trainees`: the accounts in a fixed order, with the household of whoever their NIK belongs to.

    A run fills `nik_home` only for the accounts that its first stage leaves over; to learn its worth, all need it.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE {TRAINEES} AS
        WITH owners AS (
            SELECT s.unique_id, min(l.home) AS nik_home
            FROM {seekers} s JOIN {residents} l ON l.nik = s.nik GROUP BY ALL
        )
        SELECT s.* REPLACE (o.nik_home AS nik_home) FROM {seekers} s LEFT JOIN owners o ON o.unique_id = s.unique_id
        ORDER BY s.unique_id
        """
    )


def train(
    connection: duckdb.DuckDBPyConnection,
    residents: str,
    seekers: str,
    *,
    provenance: Mapping[str, Any],
    seed: int = 1,
    fallback: Model | None = None,
    truth: str | None = None,
    u_pairs_max: int = 10_000_000,
    em_pairs_max: int = 2_000_000,
) -> Model:
    """Train with Splink on two prepared tables (see `fill_owners`). Raises `TooLittleToTrain`.

    u is counted over random pairs. m comes from expectation maximisation, or from `truth`, which names a column that is
    equal in both tables for one person (null: the person is in one of them only). A level that the data never showed
    takes its numbers from `fallback`, and without one counts as seen half a time: bounded, and for nothing where
    neither m nor u was seen, unless it is `like` another. One thread: the same tables in the same order give the same
    model.
    """
    persons, accounts = (_count(connection, table) for table in (residents, seekers))
    if persons < PERSONS_MIN or accounts < SEEKERS_MIN:
        raise TooLittleToTrain(persons=persons, seekers=accounts)
    scoring.count_names(connection, residents, seekers)
    with one_thread(connection), splinking.quiet_splink():
        linker = splinking.open_linker(connection, _untrained(), residents, seekers, *((truth,) if truth else ()))
        training = linker.training
        training.estimate_probability_two_random_records_match(list(CERTAIN_RULES), recall=CERTAIN_SHARE)
        # Every pair of the sample is counted: a rare level is what a weight hangs on, and where the count stops
        # must not depend on the machine.
        training.estimate_u_using_random_sampling(max_pairs=u_pairs_max, seed=seed, min_count_per_level=None)
        if truth:
            training.estimate_m_from_label_column(truth)
        else:
            for rule in EM_RULES:
                training.estimate_parameters_using_expectation_maximisation(
                    rule, max_pairs=em_pairs_max, estimate_without_term_frequencies=True
                )
        trained = linker.misc.save_model_to_json()
    return model.make(
        probabilities_of(trained, fallback, unseen=(0.5 / accounts, 0.5 / min(u_pairs_max, persons * accounts))),
        prior=float(trained["probability_two_random_records_match"]),
        provenance={
            **provenance,
            "splink": version("splink"),
            "duckdb": version("duckdb"),
            "m_from": "known truth" if truth else "expectation maximisation",
            "u_from": f"{u_pairs_max} random pairs, seed {seed}",
            "persons": persons,
            "seekers": accounts,
            "standard_version": STANDARD_VERSION,
        },
    )


@contextmanager
def one_thread(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What is sampled and summed inside comes out the same every time."""
    (threads,) = only_row(connection, "SELECT current_setting('threads')")
    connection.execute("SET threads = 1")
    try:
        yield
    finally:
        connection.execute("SET threads = ?", [threads])


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


def probabilities_of(
    trained: Mapping[str, Any], fallback: Model | None, *, unseen: tuple[float, float]
) -> dict[str, dict[str, tuple[float, float]]]:
    """m and u from Splink's trained settings. `unseen`: m and u of a level that counts as seen half a time."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for comparison, entry in zip(COMPARISONS, trained["comparisons"], strict=True):
        by_code = {level["label_for_charts"]: level for level in entry["comparison_levels"]}
        found[comparison.field] = {}
        for level in comparison.levels:
            if level.is_null:
                continue
            m, u = (_number(by_code[level.code].get(name)) for name in ("m_probability", "u_probability"))
            # Seen by neither, it says nothing: m and u alike.
            bounds = unseen if m is not None or u is not None else (unseen[0], unseen[0])
            known = fallback.probabilities[comparison.field][level.code] if fallback else bounds
            found[comparison.field][level.code] = (known[0] if m is None else m, known[1] if u is None else u)
        for level in comparison.levels:
            if level.like is not None and not _is_seen(by_code[level.code]):
                found[comparison.field][level.code] = found[comparison.field][level.like]
    return found


def _is_seen(level: Mapping[str, Any]) -> bool:
    """Did the data show the level, on either side?"""
    return any(_number(level.get(name)) is not None for name in ("m_probability", "u_probability"))


def _number(value: object) -> float | None:
    """Splink writes a text where it could not estimate."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(only_row(connection, f"SELECT count(*) FROM {table}")[0])


def train_from_lake(
    lake: Lake, *, residents_permit: Permit, seekers_permit: Permit, settings: LinkSettings, seed: int = 1
) -> Model:
    """Refit on the present residents and seekers, without labels. The file tells which snapshots it saw, never a value.

    Raises `TooLittleToTrain`, `PermitForOtherUse`, `SnapshotMissing`, `MemoryTooSmall`.
    """
    before = model.load(settings.model)
    with prepared(lake, residents_permit=residents_permit, seekers_permit=seekers_permit, settings=settings) as present:
        fill_owners(present.connection)
        return train(
            present.connection,
            "housed",
            TRAINEES,
            seed=seed,
            fallback=before,
            provenance={
                "trained_on": present.snapshots,
                "as_of": present.as_of.isoformat(),
                "invented": present.is_invented,
                "refit_of": before.id,
            },
        )


@dataclass(frozen=True)
class Present:
    """The current records of both sides in standard form: `housed` and `seekers` of the connection, prepared.

    Where it was asked for, `told_residents` and `told_accounts` hold what groups are told of by, as delivered: place,
    sex, age, whether there is a name and whether it is one word.
    """

    connection: duckdb.DuckDBPyConnection
    pipeline: Pipeline
    snapshots: list[str]
    as_of: date
    is_invented: bool


@contextmanager
def prepared(
    lake: Lake, *, residents_permit: Permit, seekers_permit: Permit, settings: LinkSettings, is_told: bool = False
) -> Iterator[Present]:
    """What may be read now, in standard form, in a fixed order, for as long as the block lasts."""
    inputs.check(residents_permit, RESIDENTS)
    inputs.check(seekers_permit, SEEKERS_SIDE)
    residents, seekers = (
        inputs.snapshots(lake, RESIDENTS, residents_permit),
        inputs.snapshots(lake, SEEKERS_SIDE, seekers_permit),
    )
    as_of = inputs.newest([*residents, *seekers])
    connection = inputs.open_engine(settings)
    try:
        with inputs.within_memory(settings):
            inputs.load(connection, lake, RESIDENTS, residents, residents_permit, "read_residents")
            inputs.load(connection, lake, SEEKERS_SIDE, seekers, seekers_permit, "read_seekers")
            if is_told:
                _keep_told(connection)
            inputs.standardise(connection, Standard.of(as_of, regions=settings.regions))
            put_in_order(connection)
            pipeline = Pipeline(connection, settings, model.load(settings.model))
            pipeline.prepare("residents", "accounts")
            yield Present(
                connection,
                pipeline,
                sorted(snapshot.reference for snapshot in (*residents, *seekers)),
                as_of,
                inputs.is_invented([*residents, *seekers]),
            )
    finally:
        connection.close()


def _keep_told(connection: duckdb.DuckDBPyConnection) -> None:
    bands = " ".join(f"WHEN age_years BETWEEN {low} AND {high} THEN '{age_band(low)}'" for low, high in AGE_BANDS)
    for source, target in (("read_residents", "told_residents"), ("read_seekers", "told_accounts")):
        connection.execute(
            f"""
            CREATE OR REPLACE TABLE {target} AS
            SELECT unique_id, village_code, coalesce(left(village_code, 5), regency_code) AS regency_code, sex,
                   CASE {bands} ELSE '{UNKNOWN}' END AS age_band, length(trim(full_name)) > 0 AS has_name,
                   NOT contains(trim(full_name), ' ') AS is_one_word
            FROM {source}
            """
        )


def put_in_order(connection: duckdb.DuckDBPyConnection) -> None:
    """Sort `residents` and `accounts` by id: Splink's sample depends on the order of the rows."""
    for table in ("residents", "accounts"):
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table} ORDER BY unique_id")
