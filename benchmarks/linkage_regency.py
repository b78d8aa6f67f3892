"""Linkage of an invented regency through two lakes, timed and scored; and the making of the shipped model.

./run bench linkage-regency [--residents 30000] [--seed 7] [--threads N] [--json]
./run bench linkage-regency --train-shipped

Through the lakes of two nodes, as in service. Beside other tools, on files: `./run bench linkage`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tenun.engine.duckdb import connect  # noqa: E402
from tenun.linkage import model, quality, standardise, training  # noqa: E402
from tests.lib import invented_people, linked_nodes, standard_tables  # noqa: E402

SHIPPED_RESIDENTS, SHIPPED_SEED = 120_000, 11


def measure(residents: int, seed: int, threads: int | None) -> dict[str, object]:
    """Seconds by stage and the score against the truth, of one regency."""
    people = invented_people.invent(residents, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        both = linked_nodes.nodes(Path(folder), people)
        start = time.monotonic()
        report = both.link(threads=threads)
        wall = time.monotonic() - start
        truth = Path(folder) / "truth.parquet"
        pq.write_table(people.truth_table(), truth)
        score = quality.evaluate(truth, naker_lake=both.naker, naker_keys=both.naker_keys, desa_lake=both.desa)
    return {**report.as_dict(), "wall_seconds": round(wall, 2), "score": score.as_dict()}


def train_shipped() -> Path:
    """Make the shipped model again: the same bytes, as long as Splink, DuckDB and the invented people stay the same."""
    people = invented_people.invent(SHIPPED_RESIDENTS, seed=SHIPPED_SEED)
    connection = connect(threads=2)
    standardise.install(connection)
    standard_tables.build(connection, people)
    trained = training.train(
        connection,
        "residents",
        "seekers",
        truth="true_person",
        provenance={
            "trained_on": [f"tests/lib/invented_people.py, {SHIPPED_RESIDENTS} residents, seed {SHIPPED_SEED}"],
            "invented": True,
        },
    )
    path = ROOT / "src/tenun/linkage/models" / model.SHIPPED
    model.save(trained, path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--residents", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--train-shipped", action="store_true")
    arguments = parser.parse_args()
    if arguments.train_shipped:
        print(train_shipped())
        return
    result = measure(arguments.residents, arguments.seed, arguments.threads)
    print(json.dumps(result, indent=None if arguments.json else 2))


if __name__ == "__main__":
    main()
