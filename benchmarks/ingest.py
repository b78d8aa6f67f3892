"""Resident rows a second from xlsx: `tenun ingest residents` whole, beside others that merely read the cells.

./run bench ingest [--rows 20000 100000] [--repeats 5] [--json]

Every run is a process of its own on one core; shown are the median and the highest memory of the runs. What
is timed of ours is everything: opening, harmonising, telling persons apart, pseudonyms, sealing, writing.
Others are timed from opening the file to the last cell read, with nothing done to it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

VILLAGE = "52.01.14.2005"
TARGET_ROWS_PER_SECOND = 20_000


# --- the invented file -------------------------------------------------------------------------


def write_file(path: Path, rows: int) -> None:
    """Residents of one invented village, as OpenSID exports them: 43 columns, codes as text.

    One row in twenty has something odd, which is what villages' files have: a NIK that disagrees with the
    birth date, NIK 0, an empty date, an unknown word. Serials of NIKs begin at 9: nobody exists.
    """
    import xlsxwriter

    from tests.lib.village_files import COLUMNS_2024

    chance = Random(20261124)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("Sheet1")
    sheet.write_row(0, 0, COLUMNS_2024)
    place = {column: index for index, column in enumerate(COLUMNS_2024)}
    for number in range(1, rows + 1):
        for column, value in _resident(number, chance).items():
            sheet.write_string(number, place[column], value)
    book.close()


def _resident(number: int, chance: Random) -> dict[str, str]:
    born = date(1945, 1, 1) + timedelta(days=chance.randrange(29_000))
    is_woman = chance.random() < 0.5
    day = born.day + (40 if is_woman else 0)
    person = {
        "dusun": f"DUSUN {number % 9}",
        "rw": "-",
        "rt": f"{number % 12 + 1:03d}",
        "nama": " ".join(chance.choice(_WORDS) for _ in range(chance.randrange(1, 4))),
        "no_kk": f"5201149001{number // 4:06d}",
        "nik": f"520114{day:02d}{born.month:02d}{born.year % 100:02d}{9000 + number % 1000:04d}",
        "sex": "2" if is_woman else "1",
        "tempatlahir": chance.choice(("MATARAM", "SENGGIGI", "BATU LAYAR", "JAKARTA")),
        "tanggallahir": born.isoformat(),
        "agama_id": "1",
        "pendidikan_kk_id": str(chance.randrange(1, 11)),
        "pendidikan_sedang_id": "18",
        "pekerjaan_id": str(chance.randrange(1, 90)),
        "status_kawin": str(chance.randrange(1, 5)),
        "kk_level": "1" if number % 4 == 0 else "4",
        "warganegara_id": "1",
        "nama_ayah": chance.choice(_WORDS),
        "nama_ibu": chance.choice(_WORDS),
        "golongan_darah_id": "13",
        "cacat_id": "7",
        "status_dasar": "1",
    }
    if number % 20 == 0:
        person.update(chance.choice(({"tanggallahir": "1980-03-05"}, {"nik": "0"}, {"pekerjaan_id": "SERABUTAN"})))
        if number % 60 == 0:
            del person["tanggallahir"]
    return person


_WORDS = "SRI BUDI WAYAN MADE SITI AHMAD LALU BAIQ DEWI EKO RINA JOKO NUR AGUS LESTARI PUTRA HADI RAHMAT".split()


# --- what is measured --------------------------------------------------------------------------


def _tenun(path: Path, folder: Path) -> Callable[[], int]:
    import pyarrow as pa

    from tenun.kernel.keys import MemoryKeys
    from tenun.lake.store import Lake
    from tenun.registry.reference.regions import Regions
    from tenun.sources import residents

    pa.set_cpu_count(1)
    pa.array(["x"])  # loads what Arrow loads at its first use, as a node that runs has done
    keys, regions = MemoryKeys(), Regions.load()
    regions.is_district_prefix("520114")  # the register is read once, whatever number of villages come in

    def run() -> int:
        return residents.ingest(
            Lake(folder / "lake", keys), keys, [path], village=VILLAGE, as_of=date(2026, 11, 24), regions=regions,
            invented=True, report_folder=folder,
        ).rows  # fmt: skip

    return run


def _calamine(path: Path, folder: Path) -> Callable[[], int]:
    from tenun.sources import reading

    return lambda: sum(len(sheet.rows) for sheet in reading.open_file(path).sheets()) - 1


def _openpyxl(path: Path, folder: Path) -> Callable[[], int]:
    import openpyxl

    def run() -> int:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        return sum(1 for _ in book.active.iter_rows(values_only=True)) - 1  # type: ignore[union-attr]

    return run


def _pandas(path: Path, folder: Path) -> Callable[[], int]:
    import pandas

    return lambda: len(pandas.read_excel(path, dtype=str))


CONTENDERS: dict[str, tuple[str, Callable[[Path, Path], Callable[[], int]]]] = {
    "tenun": ("tenun ingest residents, whole", _tenun),
    "tenun-reading": ("tenun, reading the cells only", _calamine),
    "openpyxl": ("openpyxl read_only, cells only", _openpyxl),
    "pandas": ("pandas.read_excel, cells only", _pandas),
}


def run_one(name: str, path: Path) -> None:
    """The child: one run on one core, told as JSON."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        run = CONTENDERS[name][1](path, Path(folder))
        start = time.perf_counter()
        rows = run()
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "peak_mb": peak}))


def measure(rows: int, repeats: int) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "penduduk.xlsx"
        print(f"Writing an invented file of {rows:,} residents ...", file=sys.stderr)
        write_file(path, rows)
        size = path.stat().st_size / 1024**2
        return [{**_median(name, path, repeats), "file_mb": round(size, 1)} for name in CONTENDERS]


def _median(name: str, path: Path, repeats: int) -> dict[str, object]:
    runs = []
    for number in range(repeats):
        print(f"  {name}: run {number + 1} of {repeats}", file=sys.stderr)
        said = subprocess.run(
            [sys.executable, __file__, "--child", name, str(path)], check=True, capture_output=True, text=True
        )
        runs.append(json.loads(said.stdout))
    seconds = statistics.median(run["seconds"] for run in runs)
    return {
        "name": name,
        "what": CONTENDERS[name][0],
        "rows": runs[0]["rows"],
        "runs": repeats,
        "median_seconds": round(seconds, 3),
        "rows_per_second": round(runs[0]["rows"] / seconds),
        "peak_mb": round(max(run["peak_mb"] for run in runs)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        run_one(given.child[0], Path(given.child[1]))
        return
    results = [line for rows in given.rows for line in measure(rows, given.repeats)]
    if given.json:
        print(json.dumps({"benchmark": "ingest", "target_rows_per_second": TARGET_ROWS_PER_SECOND, "results": results}))
        return
    for rows in given.rows:
        lines = [line for line in results if line["rows"] == rows]
        print(
            f"\n{rows:,} residents, 43 columns, xlsx of {lines[0]['file_mb']} MB, one core, median of {given.repeats}"
        )
        for line in lines:
            print(
                f"  {line['what']:<34} {line['rows_per_second']:>9,} rows/s {line['median_seconds']:>9} s"
                f" {line['peak_mb']:>6} MB"
            )


if __name__ == "__main__":
    main()
