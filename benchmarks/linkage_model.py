"""Make the shipped model: train with Splink on invented persons whose truth is known.

python benchmarks/linkage_model.py [--out FILE] [--residents 200000] [--without-labels]

The same seeds give the same bytes. They are used nowhere else: no benchmark and no test measures the model on what it
was trained on.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src")]

import duckdb  # noqa: E402

from tenun.engine.duckdb import connect  # noqa: E402
from tenun.linkage import model as models  # noqa: E402
from tenun.linkage import settings, training  # noqa: E402
from tenun.linkage.model import Model  # noqa: E402
from tenun.linkage.pipeline import Pipeline  # noqa: E402
from tenun.linkage.standard.table import Standard, read_text  # noqa: E402
from tenun.synthetic import linkage  # noqa: E402

SHIPPED = ROOT / "src" / "tenun" / "linkage" / "models" / models.SHIPPED
AS_OF = date(2026, 6, 1)
TEXTS = dict.fromkeys(("nik", "nama", "tgl_lahir", "jk", "kode_desa", "alamat"), "TEXT")
# Registers know some people's age and not their birth date; invented ones always have a date. So that the level for
# it is seen at all, one record in two hundred loses its date.
AGED = f"""
    SELECT * REPLACE (CASE WHEN unique_id % 200 > 0 THEN birth_date END AS birth_date,
                      coalesce(age_years, {AS_OF.year} - year(birth_date)) AS age_years)
    FROM ({{rows}})
"""


@dataclass(frozen=True)
class Sample:
    profile: str
    seed: int


# Two error profiles, so that the model is no mirror of one.
SAMPLES = (Sample("open", 4101), Sample("foreign", 4102))


def make(residents: int, *, with_labels: bool, folder: Path) -> Model:
    connection = connect(memory="8GB")
    Standard.of(AS_OF).install(connection)
    for sample in SAMPLES:
        written = folder / sample.profile
        linkage.write(written, residents=residents, profile=sample.profile, seed=sample.seed)
        _add(connection, written, sample)
    training.put_in_order(connection)
    Pipeline(connection, settings.load(), models.load()).prepare("residents", "accounts")
    training.fill_owners(connection)
    told = [f"tenun.synthetic.linkage, {each.profile}, {residents} residents, seed {each.seed}" for each in SAMPLES]
    return training.train(
        connection,
        "housed",
        training.TRAINEES,
        provenance={"trained_on": told, "as_of": AS_OF.isoformat(), "invented": True},
        truth="truth" if with_labels else None,
        u_pairs_max=20_000_000,
    )


def _add(connection: duckdb.DuckDBPyConnection, written: Path, sample: Sample) -> None:
    """Append one sample to `residents` and `accounts`, in standard form, with the person as `truth`."""
    truth = f"read_parquet('{written / 'truth.parquet'}')"
    persons = {
        "residents": ("sid_id", f"SELECT DISTINCT unnest(sid_ids) AS id, person FROM {truth}"),
        "accounts": ("akun_id", f"SELECT akun_id AS id, person FROM {truth} WHERE len(sid_ids) > 0"),
    }
    for table, (id_column, known) in persons.items():
        source = f"read_parquet('{written / table}.parquet')"
        read = read_text(source, id_column, TEXTS, as_of=AS_OF)
        connection.execute(f"CREATE OR REPLACE TEMP VIEW written AS {AGED.format(rows=read)}")
        rows = f"""
            SELECT s.* REPLACE ('{sample.profile}-' || lpad(s.unique_id::VARCHAR, 16, '0') AS unique_id),
                   '{sample.profile}-' || k.person AS truth
            FROM ({Standard.of(AS_OF).select("written")}) s LEFT JOIN ({known}) k ON k.id = s.unique_id
        """
        there = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [table]).fetchall()
        connection.execute(f"INSERT INTO {table} {rows}" if there[0][0] else f"CREATE TABLE {table} AS {rows}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=SHIPPED, help="file to write; the shipped model by default")
    parser.add_argument("--residents", type=int, default=200_000, help="residents of each sample")
    parser.add_argument("--without-labels", action="store_true", help="m by expectation maximisation alone, to compare")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = make(arguments.residents, with_labels=not arguments.without_labels, folder=Path(folder))
    models.save(made, arguments.out)
    print(json.dumps({"model": made.id, "file": str(arguments.out), "provenance": dict(made.provenance)}))


if __name__ == "__main__":
    main()
