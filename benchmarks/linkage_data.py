"""Two tables of invented persons with known truth, to measure a linkage on.

python benchmarks/linkage_data.py OUT --residents 1000000 --profile foreign --seed 3 [--processes 2]
python benchmarks/linkage_data.py --classes
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src")]

from tenun.synthetic.linkage import PROFILES, classes, write  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", help="folder for residents, accounts and truth")
    parser.add_argument("--residents", type=int, default=100_000)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="open")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--classes", action="store_true", help="print the table of error classes and their rates")
    arguments = parser.parse_args()
    if arguments.classes:
        print(classes.markdown())
    elif arguments.out is None:
        parser.error("OUT is missing")
    else:
        made = write(
            arguments.out,
            residents=arguments.residents,
            profile=arguments.profile,
            seed=arguments.seed,
            processes=arguments.processes,
        )
        print(json.dumps(asdict(made)))


if __name__ == "__main__":
    main()
