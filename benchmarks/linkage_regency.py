"""Linkage of an invented regency through two lakes, timed and scored.

./run bench linkage-regency [--residents 30000] [--seed 7] [--threads N] [--json]

Through the lakes of two nodes, as in service. On files, beside other tools: `./run bench linkage`. The shipped model is
made by `benchmarks/linkage_model.py`.
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

from tenun.linkage import quality  # noqa: E402
from tests.lib import invented_people, linked_nodes  # noqa: E402


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--residents", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.residents, arguments.seed, arguments.threads)
    print(json.dumps(result, indent=None if arguments.json else 2))


if __name__ == "__main__":
    main()
