"""What ours is measured beside: Splink alone, recordlinkage, and the equal NIK. Each run is a process of its own.

python benchmarks/linkage_rivals.py exact LEFT.parquet RIGHT.parquet OUT.parquet
python benchmarks/linkage_rivals.py splink LEFT.parquet RIGHT.parquet OUT.parquet --model MODEL.json [--standard]
python benchmarks/linkage_rivals.py splink-train LEFT.parquet RIGHT.parquet MODEL.json [--standard]
python benchmarks/linkage_rivals.py recordlinkage LEFT.parquet RIGHT.parquet OUT.parquet      (in the bench environment)

Splink is given what an analyst would write in an afternoon: upper case, no punctuation, digits of the NIK alone, dates
in the notations that occur, codes without dots; nine blocking rules; names with term frequencies; the best candidate
of each account. Its model comes ready, trained by EM on another population of the same profile.

With --standard, LEFT and RIGHT are folders of our standard tables (`linkage_standard.py make`): the same rules and
comparisons over columns that somebody else has cleaned, so that only linking is measured.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any

LEFT_ID, RIGHT_ID = "sid_id", "akun_id"
SPLINK_WEIGHT_MIN = -10
EM_ROUNDS = (("nik",), ("dob", "first_word"), ("name", "district"))
BLOCKING = (
    ("nik",),
    ("dob", "first_word"),
    ("name", "district"),
    ("left(nik, 12)", "left(name, 2)"),
    ("right(nik, 10)", "left(name, 2)"),
    ("dob", "village"),
    ("first_word", "year(dob)", "district"),
    ("first_word", "second_word", "village"),
    ("name", "year(dob)", "regency"),
)

_DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d-%m-%y", "%Y%m%d", "%Y-%m-%d %H:%M:%S")


def standardised(table: str, id_column: str) -> str:
    """The simple standardisation: SQL over one side as it was typed."""
    name = "trim(regexp_replace(upper(nama), '[^A-Z]+', ' ', 'g'))"
    formats = ", ".join(f"'{each}'" for each in _DATE_FORMATS)
    return f"""
        WITH plain AS (
            SELECT {id_column} AS unique_id, regexp_replace(nik, '[^0-9]', '', 'g') AS digits,
                   nullif({name}, '') AS name,
                   try_strptime(trim(tgl_lahir), [{formats}])::DATE AS dob, upper(left(trim(jk), 1)) AS sex_letter,
                   nullif(regexp_replace(kode_desa, '[^0-9]', '', 'g'), '') AS village,
                   nullif(trim(regexp_replace(upper(alamat), '[^A-Z0-9]+', ' ', 'g')), '') AS address
            FROM {table})
        SELECT unique_id,
               CASE WHEN length(digits) = 16 AND digits <> '1234567890123456'
                     AND NOT regexp_full_match(digits, '(0+|9+|1+)') THEN digits END AS nik,
               name, split_part(name, ' ', 1) AS first_word, nullif(split_part(name, ' ', 2), '') AS second_word, dob,
               CASE WHEN sex_letter IN ('L', '1') THEN 'L' WHEN sex_letter IN ('P', '2', 'W') THEN 'P' END AS sex,
               village, left(village, 6) AS district, left(village, 4) AS regency, address FROM plain"""


def given(folder: Path) -> str:
    """Our standard table, in the columns that `standardised` gives."""
    return f"""
        SELECT unique_id, nik::VARCHAR AS nik, core AS name, split_part(core, ' ', 1) AS first_word,
               nullif(split_part(core, ' ', 2), '') AS second_word, birth_date AS dob,
               CASE WHEN is_female THEN 'P' WHEN NOT is_female THEN 'L' END AS sex, village::VARCHAR AS village,
               district::VARCHAR AS district, regency::VARCHAR AS regency,
               nullif(concat_ws(' ', place, unit), '') AS address
        FROM read_parquet('{folder}/part-*.parquet')"""


# --- the equal NIK -----------------------------------------------------------------------------------


def exact(left: Path, right: Path, out: Path, memory: str, threads: int) -> None:
    """Sixteen digits on both sides, no known placeholder, and the same."""
    connection = _connect(memory, threads)
    placeholders = ("0000000000000000", "9999999999999999", "1234567890123456")
    valid = f"length(nik) = 16 AND regexp_full_match(nik, '[0-9]{{16}}') AND nik NOT IN {placeholders}"
    connection.execute(f"""COPY (SELECT l.{LEFT_ID}, r.{RIGHT_ID}, 'nik' AS class, 0.0 AS weight
        FROM (SELECT {LEFT_ID}, nik::BIGINT AS number FROM '{left}' WHERE {valid}) l
        JOIN (SELECT {RIGHT_ID}, nik::BIGINT AS number FROM '{right}' WHERE {valid}) r USING (number)
        ) TO '{out}' (FORMAT parquet)""")


# --- Splink ------------------------------------------------------------------------------------------


def _connect(memory: str, threads: int) -> Any:
    import duckdb

    connection = duckdb.connect()
    connection.execute(
        f"SET threads={threads}; SET memory_limit='{memory}'; SET preserve_insertion_order=false; "
        "SET enable_progress_bar=false"
    )
    return connection


def _splink_settings() -> Any:
    import splink.comparison_level_library as levels
    import splink.comparison_library as comparisons
    from splink import SettingsCreator, block_on

    def jaro(column: str, at_least: float) -> Any:
        return levels.CustomLevel(
            f"jaro_winkler_similarity({column}_l, {column}_r) >= {at_least}",
            label_for_charts=f"Jaro-Winkler {at_least}",
        )

    def own(name: str, *between: Any) -> Any:
        return comparisons.CustomComparison(
            output_column_name=name, comparison_levels=[levels.NullLevel(name), *between, levels.ElseLevel()]
        )

    custom = levels.CustomLevel
    return SettingsCreator(
        link_type="link_only",
        comparisons=[
            own(
                "nik",
                levels.ExactMatchLevel("nik"),
                custom(
                    "hamming(nik_l, nik_r) <= 1 OR damerau_levenshtein(nik_l, nik_r) <= 1", label_for_charts="one edit"
                ),
                custom("left(nik_l, 12) = left(nik_r, 12)", label_for_charts="same district, date, sex"),
            ),
            own(
                "name",
                levels.ExactMatchLevel("name", term_frequency_adjustments=True),
                jaro("name", 0.95),
                custom(
                    "starts_with(name_l, name_r) OR starts_with(name_r, name_l)",
                    label_for_charts="one begins the other",
                ),
                jaro("name", 0.88),
                custom(
                    "first_word_l = first_word_r OR first_word_l = second_word_r OR second_word_l = first_word_r",
                    label_for_charts="a word the same",
                ),
                jaro("name", 0.75),
            ),
            own(
                "dob",
                levels.ExactMatchLevel("dob"),
                custom(
                    "year(dob_l) = year(dob_r) AND month(dob_l) = day(dob_r) AND day(dob_l) = month(dob_r)",
                    label_for_charts="day and month exchanged",
                ),
                custom(
                    "year(dob_l) = year(dob_r) AND (day(dob_l) = 1 AND month(dob_l) IN (1, 7) "
                    "OR day(dob_r) = 1 AND month(dob_r) IN (1, 7))",
                    label_for_charts="same year, one heaped",
                ),
                custom("levenshtein(dob_l::VARCHAR, dob_r::VARCHAR) <= 1", label_for_charts="one digit"),
                custom("month(dob_l) = month(dob_r) AND day(dob_l) = day(dob_r)", label_for_charts="another year"),
                custom("abs(year(dob_l) - year(dob_r)) <= 1", label_for_charts="within a year"),
            ),
            comparisons.ExactMatch("sex"),
            own(
                "village",
                levels.ExactMatchLevel("village"),
                custom("district_l = district_r", label_for_charts="same district"),
                custom("regency_l = regency_r", label_for_charts="same regency"),
            ),
            own("address", levels.ExactMatchLevel("address"), jaro("address", 0.92)),
        ],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in BLOCKING],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
        additional_columns_to_retain=["district", "regency", "first_word", "second_word"],
    )


def _linker(left: Path, right: Path, model: Any, memory: str, threads: int, *, is_standard: bool) -> tuple[Any, Any]:
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    connection = _connect(memory, threads)
    for side, path, id_column in (("a_left", left, LEFT_ID), ("b_right", right, RIGHT_ID)):
        cleaned = given(path) if is_standard else standardised(f"{str(path)!r}", id_column)
        connection.execute(f"CREATE TABLE {side} AS {cleaned}")
    interface = DuckDBAPI(connection)
    tables = [interface.register(side, dataset_display_name=side) for side in ("a_left", "b_right")]
    return Linker(tables, model, log_level=logging.ERROR), connection


def splink_train(left: Path, right: Path, out: Path, memory: str, threads: int, *, is_standard: bool = False) -> None:
    """The model, by EM without labels."""
    from splink import block_on

    linker, _ = _linker(left, right, _splink_settings(), memory, threads, is_standard=is_standard)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("nik", "first_word"), block_on("name", "dob", "district")], recall=0.9
    )
    training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    for columns in EM_ROUNDS:
        training.estimate_parameters_using_expectation_maximisation(
            block_on(*columns), max_pairs=2e6, estimate_without_term_frequencies=True
        )
    linker.misc.save_model_to_json(str(out), overwrite=True)


def splink(
    left: Path, right: Path, out: Path, model: Path, memory: str, threads: int, *, is_standard: bool = False
) -> None:
    """The best candidate of each account, with its weight."""
    linker, connection = _linker(left, right, str(model), memory, threads, is_standard=is_standard)
    predicted = linker.inference.predict(threshold_match_weight=SPLINK_WEIGHT_MIN)
    connection.execute(f"""COPY (
        SELECT unique_id_l AS {LEFT_ID}, unique_id_r AS {RIGHT_ID}, match_weight AS weight
        FROM {predicted.physical_name}
        QUALIFY row_number() OVER (PARTITION BY unique_id_r ORDER BY match_weight DESC, unique_id_l) = 1
        ) TO '{out}' (FORMAT parquet)""")


# --- recordlinkage -----------------------------------------------------------------------------------


def recordlinkage_ecm(left: Path, right: Path, out: Path) -> None:
    """Its classifier without labels (ECM), on the pairs of three blocking rules; the best of each account."""
    import numpy as np
    import pandas as pd
    import recordlinkage
    import scipy.stats  # noqa: F401 (recordlinkage uses it by attribute)

    def simple(path: Path, id_column: str) -> Any:
        frame = pd.read_parquet(path).set_index(id_column)
        digits = frame["nik"].str.replace(r"[^0-9]", "", regex=True)
        usable = (
            (digits.str.len() == 16) & ~digits.isin(["1234567890123456"]) & ~digits.str.fullmatch(r"0+|9+|1+", na=False)
        )
        name = frame["nama"].str.upper().str.replace(r"[^A-Z]+", " ", regex=True).str.strip()
        code = frame["kode_desa"].str.replace(r"[^0-9]", "", regex=True)
        dates = pd.Series(pd.NaT, index=frame.index)
        for each in _DATE_FORMATS:
            dates = dates.fillna(pd.to_datetime(frame["tgl_lahir"].str.strip(), format=each, errors="coerce"))
        return pd.DataFrame(
            {
                "nik": digits.where(usable),
                "name": name.where(name != ""),
                "first_word": name.str.split(" ").str[0],
                "dob": dates.dt.strftime("%Y-%m-%d"),
                "sex": frame["jk"]
                .str.strip()
                .str.upper()
                .str[:1]
                .map({"L": "L", "1": "L", "P": "P", "2": "P", "W": "P"}),
                "village": code,
                "district": code.str[:6],
                "address": frame["alamat"].str.upper().str.replace(r"[^A-Z0-9]+", " ", regex=True).str.strip(),
            }
        )

    a, b = simple(left, LEFT_ID), simple(right, RIGHT_ID)
    pairs = None
    for rule in (["nik"], ["dob", "first_word"], ["name", "district"]):
        found = recordlinkage.index.Block(left_on=rule).index(a.dropna(subset=rule), b.dropna(subset=rule))
        pairs = found if pairs is None else pairs.union(found)
    compare = recordlinkage.Compare()
    compare.exact("nik", "nik", label="nik")
    compare.string("name", "name", method="jarowinkler", threshold=0.88, label="name")
    compare.exact("dob", "dob", label="dob")
    compare.exact("sex", "sex", label="sex")
    compare.exact("village", "village", label="village")
    compare.string("address", "address", method="jarowinkler", threshold=0.92, label="address")
    features = compare.compute(pairs, a, b)
    classifier = recordlinkage.ECMClassifier(binarize=0.5)
    classifier.fit(features)
    likely = classifier.prob(features)
    table = likely.rename("probability").reset_index()
    table.columns = [LEFT_ID, RIGHT_ID, "probability"]
    table = table.sort_values(["probability", LEFT_ID], ascending=[False, True]).drop_duplicates(RIGHT_ID)
    table["weight"] = np.log2(
        table["probability"].clip(1e-12, 1 - 1e-12) / (1 - table["probability"].clip(1e-12, 1 - 1e-12))
    )
    table["class"] = np.where(table["probability"] >= 0.5, "probable", "none")
    table.to_parquet(out, index=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rival", choices=("exact", "splink", "splink-train", "recordlinkage"))
    parser.add_argument("left", type=Path)
    parser.add_argument("right", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--standard", action="store_true")
    parser.add_argument("--memory", default="12GB")
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    if a.rival == "exact":
        exact(a.left, a.right, a.out, a.memory, a.threads)
    elif a.rival == "splink-train":
        splink_train(a.left, a.right, a.out, a.memory, a.threads, is_standard=a.standard)
    elif a.rival == "splink":
        splink(a.left, a.right, a.out, a.model, a.memory, a.threads, is_standard=a.standard)
    else:
        recordlinkage_ecm(a.left, a.right, a.out)


if __name__ == "__main__":
    main()
