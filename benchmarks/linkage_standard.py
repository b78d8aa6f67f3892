"""The two halves of our linkage of files, each by itself: to standard form, and from there to links.

python benchmarks/linkage_standard.py make LEFT.parquet RIGHT.parquet FOLDER
python benchmarks/linkage_standard.py link FOLDER OUT.parquet

FOLDER then has `left` and `right`, the standard tables in parts, as `tenun link files` has them in its work folder. So
that others can be measured on the same tables, `linkage_rivals.py splink --standard` reads them too.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tenun.engine.duckdb import connect  # noqa: E402
from tenun.linkage import model, settings  # noqa: E402
from tenun.linkage.engine import OneMachine, quoted  # noqa: E402
from tenun.linkage.files import PersonTable, StandardTable, write_links  # noqa: E402
from tenun.linkage.pipeline import Pipeline  # noqa: E402
from tenun.linkage.settings import LinkSettings  # noqa: E402
from tenun.linkage.stages import Stages  # noqa: E402
from tenun.linkage.standard.table import Standard  # noqa: E402

LEFT_ID, RIGHT_ID = "sid_id", "akun_id"
STAGES = ("standardise", "nik", "rules", "decide")


def make(left: Path, right: Path, folder: Path, settings_: LinkSettings) -> None:
    """Both tables in standard form."""
    folder.mkdir(parents=True, exist_ok=True)
    standard, machine = Standard.of(date.today()), OneMachine(settings_.memory, settings_.threads)
    for side, path, id_column in (("left", left, LEFT_ID), ("right", right, RIGHT_ID)):
        table = StandardTable(PersonTable(path, id_column), folder / side, standard, settings_)
        table.make(Stages(STAGES, None), machine)


def link(folder: Path, out: Path, settings_: LinkSettings) -> None:
    """From both standard tables to one row an account."""
    connection = connect(memory=settings_.memory, threads=settings_.threads, spill=folder / "spill")
    connection.execute("SET preserve_insertion_order = false")
    Standard.of(date.today()).install(connection)
    for side, name in (("left", "residents"), ("right", "accounts")):
        files = quoted(folder / side / "part-*.parquet")
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({files})")
    Pipeline(connection, settings_, model.load()).run("residents", "accounts", Stages(STAGES, None))
    write_links(connection, out, left_id=LEFT_ID, right_id=RIGHT_ID)
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("half", choices=("make", "link"))
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--memory", default="8GB")
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    settings_ = settings.load(threads=a.threads, memory=a.memory)
    if a.half == "make":
        left, right, folder = a.paths
        make(left, right, folder, settings_)
    else:
        folder, out = a.paths
        link(folder, out, settings_)


if __name__ == "__main__":
    main()
