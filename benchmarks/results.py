"""The national cube: 75,266 villages and 20 million invented persons to figures, read one by one, and audited.

./run bench results [--villages 75266] [--persons 20000000] [--lake FOLDER] [--skip-again] [--json]

The lake is made first and is no part of what is measured; with `--lake` it is kept there and used again. Then, each in
a process of its own: all indicators computed and published from that lake, twice, the second time into an empty out
layer, whose files must be the same byte by byte; areas, rankings and one figure read from the results; the audit of
what was published. Peak memory is that of all processes of a step together (what they share counted once), sampled
twice a second.

Gates: cube in 10 minutes and 8 GB on 2 cores; p95 of the reads of a profile and of a ranking below 150 ms; audit in 5
minutes. Nobody in the lake exists, and no place either: codes are made up, districts and villages uneven.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

VILLAGES, PERSONS, DISTRICTS, REGENCIES, PROVINCES = 75_266, 20_000_000, 7_277, 514, 38
AS_OF = date(2026, 11, 1)
MOMENT = datetime(2026, 11, 24, 3, tzinfo=UTC)
EPOCH_DAY = (AS_OF - date(1970, 1, 1)).days
GATES = {"cube seconds": 600, "cube GB": 8, "read p95 ms": 150, "audit seconds": 300}
HEX = 32  # as long as a pseudonym


# --- an invented country ---------------------------------------------------------------------------


def places(villages: int) -> list[tuple[str, str]]:
    """Code and name of every area, in the proportions of the country."""
    import numpy as np

    chance = np.random.default_rng(1)
    share = villages / VILLAGES
    regencies = max(2, round(REGENCIES * share))
    provinces = max(1, min(round(PROVINCES * share), regencies))
    districts = max(regencies, round(DISTRICTS * share))
    found = [("00", "Indonesia")]
    province_of = np.sort(np.concatenate([np.arange(provinces), chance.integers(0, provinces, regencies - provinces)]))
    regency_of = np.sort(np.concatenate([np.arange(regencies), chance.integers(0, regencies, districts - regencies)]))
    district_of = np.sort(np.concatenate([np.arange(districts), chance.integers(0, districts, villages - districts)]))
    codes = [f"{11 + number:02}" for number in range(provinces)]
    for level, above in (("Kabupaten", province_of), ("Kecamatan", regency_of), ("Desa", district_of)):
        found += [(code, f"{level} {code}") for code in codes]
        base = 2001 if level == "Desa" else 1
        seen = dict.fromkeys(range(len(codes)), 0)
        below = []
        for at in above.tolist():
            below.append(f"{codes[at]}.{base + seen[at]:0{4 if base > 1 else 2}}")
            seen[at] += 1
        codes = below
    return [*found, *((code, f"Desa {code}") for code in codes)]


def make_lake(folder: Path, villages: int, persons: int) -> None:
    """Residents and answers village by village, as deliveries lie; accounts, events and links of the whole country."""
    import numpy as np

    codes = [code for code, _ in places(villages) if code.count(".") == 3]
    chance = np.random.default_rng(2)
    weights = chance.lognormal(0, 0.9, villages)
    sizes = np.maximum(1, (weights / weights.sum() * persons).astype(np.int64))
    bounds = np.linspace(0, villages, 65).astype(int)
    jobs = [(folder, at, codes[low:high], sizes[low:high]) for at, (low, high) in enumerate(pairwise(bounds.tolist()))]
    with ProcessPoolExecutor(2) as pool:
        held = list(pool.map(make_villages, *zip(*jobs, strict=True)))
    make_accounts(folder, codes, [one for job in held for one in job])


def open_lake(folder: Path) -> Any:
    from tenun.kernel.keys import MemoryKeys
    from tenun.lake.store import Lake

    return Lake(folder, MemoryKeys())


def quick_lake(folder: Path) -> Any:
    """A lake that is written without waiting for the disk: if the machine stops, it is made again."""
    from tenun.lake import store

    store._write_durably = lambda path, content: path.write_bytes(content) and None  # type: ignore[assignment]
    store._sync_folder = lambda _: None
    return open_lake(folder)


def hexes(chance: Any, count: int) -> Any:
    """Pseudonyms, as incompressible as the real ones."""
    import numpy as np
    import pyarrow as pa

    text = pa.py_buffer(chance.bytes(HEX // 2 * count).hex().encode())
    offsets = pa.py_buffer((np.arange(count + 1, dtype=np.int32) * HEX).tobytes())
    return pa.StringArray.from_buffers(count, offsets, text)


def drawn(chance: Any, count: int, **shares: float) -> Any:
    """Words with these shares; the rest null."""
    import numpy as np
    import pyarrow as pa

    words = [*shares, None]
    edges = np.cumsum(list(shares.values()))
    return pa.array(words, pa.string()).take(pa.array(np.searchsorted(edges, chance.random(count), side="right")))


def flags(chance: Any, count: int, share: float, known: float = 1.0) -> Any:
    import pyarrow as pa

    return pa.array(chance.random(count) < share, mask=chance.random(count) >= known)


def days_ago(chance: Any, count: int, least: int, most: int, known: float = 1.0) -> Any:
    import pyarrow as pa

    days = pa.array(EPOCH_DAY - chance.integers(least, most, count).astype("int32"), mask=chance.random(count) >= known)
    return days.cast(pa.date32())


def shaped(table: Any, columns: Mapping[str, Any], count: int) -> Any:
    """The columns of a table of the registry; those that are not given are empty."""
    import pyarrow as pa

    schema = table.schema()
    return pa.Table.from_arrays(
        [columns[one.name].cast(one.type) if one.name in columns else pa.nulls(count, one.type) for one in schema],
        schema=schema,
    )


def make_villages(folder: Path, seed: int, codes: Sequence[str], sizes: Any) -> list[Any]:
    """Publish these villages; of each fourth resident, whoever might have an account."""
    import numpy as np
    import pyarrow as pa

    from tenun.lake.snapshot import Layer, Origin, SourceFile
    from tenun.registry.sid import tables as sid

    chance, lake, kept = np.random.default_rng(1000 + seed), quick_lake(folder), []
    for number, (code, count) in enumerate(zip(codes, sizes.tolist(), strict=True)):
        working = float(chance.choice((0.05, 0.4, 0.6, 0.97)))
        covered = float(chance.choice((0.0, 0.0, 0.02, 0.2)))
        ids = hexes(chance, count)
        persons = shaped(
            sid.PERSONS,
            {
                "person_id": ids,
                "village_code": pa.repeat(code, count),
                "family_id": hexes(chance, count // 3 + 1).take(pa.array(chance.integers(0, count // 3 + 1, count))),
                "household_role": drawn(chance, count, head=0.3, spouse=0.3, child=0.4),
                "sex": drawn(chance, count, male=0.5, female=0.495, missing=0.005),
                "age_years": pa.array(chance.integers(14, 85, count)),
                "education": drawn(chance, count, none=0.1, primary=0.3, lower_secondary=0.2, upper_secondary=0.25,
                                   bachelor=0.05, missing=0.1),
                "in_school": flags(chance, count, 0.1, 0.9),
                "activity": drawn(chance, count, working=working, not_working=1 - working - 0.02, missing=0.02),
                "occupation": drawn(chance, count, farmer=0.5, missing=0.5),
                "marital_status": drawn(chance, count, married=0.6, never_married=0.4),
                "life_status": drawn(chance, count, alive=0.98, deceased=0.02),
                "citizenship": drawn(chance, count, indonesian=0.999, foreign=0.001),
                "disability": drawn(chance, count, none=0.97, physical=0.03),
                "job_social_security": drawn(chance, count, participant=covered, missing=1 - covered),
                "source_row": pa.array(np.arange(2, count + 2)),
            },
            count,
        )  # fmt: skip
        origin = Origin("residents/1", sources=(SourceFile(f"{seed * 10**6 + number:064}", count, "invented"),))
        told = {"layer": Layer.CORE, "scope": code, "as_of": AS_OF, "origin": origin, "details": {"invented": True}}
        lake.publish(dataset=sid.DATASET, tables={"persons": persons}, **told)
        if number % 2:
            lake.publish(dataset=sid.SURVEY_DATASET, tables={"people": answers(chance, code, ids)}, **told)
        kept.append(ids.take(pa.array(np.flatnonzero(chance.random(count) < 0.2))))
    return kept


def answers(chance: Any, code: str, ids: Any) -> Any:
    import pyarrow as pa

    from tenun.registry.sid import tables as sid

    count = len(ids)
    return shaped(
        sid.SURVEY,
        {
            "person_id": ids,
            "village_code": pa.repeat(code, count),
            "surveyed_on": days_ago(chance, count, 30, 400),
            "residence": drawn(chance, count, here=0.97, elsewhere=0.02, abroad=0.01),
            "schooling": drawn(chance, count, attending=0.1, finished=0.9),
            "worked_last_week": flags(chance, count, 0.6, 0.95),
            "hours": pa.array(chance.integers(0, 80, count)),
            "industry": pa.array(chance.integers(1, 27, count)),
            "employment_status": drawn(chance, count, own_account=0.4, employee=0.4, unpaid=0.2),
            "own_business": flags(chance, count, 0.2, 0.95),
            "paid_workers": pa.array(chance.integers(0, 4, count)),
        },
        count,
    )


def make_accounts(folder: Path, codes: Sequence[str], held: Sequence[Any]) -> None:
    """One account for each resident kept; nine of ten are linked, one of fifty claims another village."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from tenun.indicators.inputs import CROSSWALK_DATASET
    from tenun.lake.snapshot import Layer, Origin
    from tenun.registry.siapkerja import tables as siapkerja
    from tenun.registry.sid import tables as sid

    chance, lake = np.random.default_rng(3), quick_lake(folder)
    persons = pa.chunked_array(held).combine_chunks()
    count = len(persons)
    home = np.repeat(np.arange(len(codes)), [len(one) for one in held])
    names = pa.array(codes)
    claimed = np.where(chance.random(count) < 0.02, chance.integers(0, len(codes), count), home)
    ids = hexes(chance, count)
    claims = names.take(pa.array(claimed))
    seekers = shaped(
        siapkerja.SEEKERS,
        {
            "seeker_id": ids,
            "village_code": claims,
            "regency_code": pc.utf8_slice_codeunits(claims, 0, 5),
            "education": drawn(chance, count, primary=0.3, upper_secondary=0.6, missing=0.1),
            "disability": drawn(chance, count, none=0.97, physical=0.03),
            "activity": drawn(chance, count, working=0.4, not_working=0.6),
            "seeker_status": drawn(chance, count, **{"aktif": 0.8, "tidak aktif": 0.2}),
            "registered_on": days_ago(chance, count, 0, 900),
            "reported_on": days_ago(chance, count, 0, 300, 0.5),
        },
        count,
    )
    some = chance.choice(count, count // 5, replace=False)
    placements = shaped(
        siapkerja.PLACEMENTS,
        {
            "placement_id": hexes(chance, len(some)),
            "seeker_id": ids.take(pa.array(some)),
            "started_on": days_ago(chance, len(some), 0, 700),
            "regency_code": pc.utf8_slice_codeunits(claims.take(pa.array(some[::-1].copy())), 0, 5),
        },
        len(some),
    )
    events = {
        siapkerja.PLACEMENTS_DATASET: ("placements", placements),
        siapkerja.PROFILES_DATASET: ("profiles", shaped(siapkerja.PROFILES, {
            "seeker_id": ids, "wanted_occupation": drawn(chance, count, operator=0.7)}, count)),
        siapkerja.ENROLMENTS_DATASET: ("enrolments", shaped(siapkerja.ENROLMENTS, {
            "enrolment_id": hexes(chance, len(some)), "seeker_id": ids.take(pa.array(some)),
            "started_on": days_ago(chance, len(some), 0, 700), "ended_on": days_ago(chance, len(some), 0, 300, 0.8),
            "has_completed": flags(chance, len(some), 0.8, 0.9)}, len(some))),
        siapkerja.CERTIFICATES_DATASET: ("certificates", shaped(siapkerja.CERTIFICATES, {
            "certificate_id": hexes(chance, len(some)), "seeker_id": ids.take(pa.array(some)),
            "issued_on": days_ago(chance, len(some), 0, 900)}, len(some))),
        siapkerja.FOLLOWUPS_DATASET: ("followups", shaped(siapkerja.FOLLOWUPS, {
            "placement_id": placements.column("placement_id"), "asked_on": days_ago(chance, len(some), 0, 300),
            "is_employed": flags(chance, len(some), 0.7, 0.8)}, len(some))),
        siapkerja.SEEKERS_DATASET: ("seekers", seekers),
        siapkerja.VACANCIES_DATASET: ("vacancies", shaped(siapkerja.VACANCIES, {
            "vacancy_id": hexes(chance, 200_000), "status": drawn(chance, 200_000, open=0.8, closed=0.2),
            "regency_code": pc.utf8_slice_codeunits(names.take(chance.integers(0, len(codes), 200_000)), 0, 5),
            "quota": pa.array(chance.integers(1, 30, 200_000)),
            "published_on": days_ago(chance, 200_000, 0, 90)}, 200_000)),
    }  # fmt: skip
    for dataset, (name, table) in events.items():
        lake.publish(layer=Layer.CORE, dataset=dataset, scope="00", as_of=AS_OF, origin=Origin("events/1"),
                     tables={name: table}, details={"invented": True})  # fmt: skip
    linked = np.flatnonzero(chance.random(count) < 0.9)
    crosswalk = pa.table(
        {
            "seeker_id": ids.take(pa.array(linked)),
            "person_id": persons.take(pa.array(linked)),
            "village_code": names.take(pa.array(home[linked])),
            "match_class": drawn(chance, len(linked), nik=0.7, probable=0.25, review=0.05),
        }
    )
    residents = lake.all_current(layer=Layer.CORE, dataset=sid.DATASET)
    lake.publish(
        layer=Layer.LINK, dataset=CROSSWALK_DATASET, scope="00", as_of=AS_OF,
        origin=Origin("crosswalk/2", inputs=sorted(one.reference for one in residents)),
        tables={"crosswalk": crosswalk}, details={"invented": True},
    )  # fmt: skip


# --- what is measured ------------------------------------------------------------------------------


def cube(folder: Path, villages: int, out: Path) -> dict[str, Any]:
    """Read, compute, protect, publish. The out layer lies in `out`; everything else is read where it was made."""
    from tenun.agreement import document
    from tenun.agreement.vocabulary import Party
    from tenun.indicators import inputs, permits
    from tenun.indicators.areas import Area
    from tenun.indicators.compute import Settings, compute

    for layer in ("core", "link"):
        if not (out / layer).exists():
            (out / layer).symlink_to(folder / layer, target_is_directory=True)
    agreed = document.load(ROOT / "agreements" / "sid-siapkerja")
    lake = open_lake(out)
    start = time.perf_counter()
    permit = permits.ask(agreed, by=Party.NAKER, moment=MOMENT, lake=lake)
    # The agreement covers no answers to the survey. With them there is more to do, so they are measured as if it did.
    inputs._permitted = lambda survey, _: survey
    areas = [Area(code, name) for code, name in places(villages)]
    snapshot = compute(lake, areas=areas, reference_date=AS_OF + timedelta(days=20), permit=permit,
                       settings=Settings.under(agreed))  # fmt: skip
    files = {name: one.sha256 for name, one in snapshot.tables.items()}
    return {
        "seconds": time.perf_counter() - start,
        "snapshot": snapshot.id,
        "figures": snapshot.tables["values"].rows,
        "megabytes": sum(one.bytes for one in snapshot.tables.values()) / 1e6,
        "states": snapshot.details["states"],
        "files": files,
    }


def reads(_: Path, villages: int, out: Path) -> dict[str, Any]:
    """What a page asks for, one after the other, each time for another area."""
    from random import Random

    from tenun.indicators.areas import Level
    from tenun.indicators.results import Results

    chance = Random(4)
    start = time.perf_counter()
    results = Results.open(open_lake(out))
    opened = time.perf_counter() - start
    coded = [code for code, _ in places(villages)]
    at = {dots: [code for code in coded if code.count(".") == dots] for dots in (1, 2, 3)}
    first, second = list(results.definitions)[:2]
    asked: dict[str, Callable[[], object]] = {
        "profile of a village": lambda: results.area(chance.choice(at[3])),
        "profile of a regency": lambda: results.area(chance.choice(at[1])),
        "ranking, villages of a regency": lambda: results.level(
            Level.VILLAGE, parent=chance.choice(at[1]), indicator=first
        ),
        "ranking, regencies of the country": lambda: results.level(Level.REGENCY, indicator=second),
        "one figure": lambda: results.value(first, chance.choice(at[3])),
        "coverage of a regency": lambda: results.villages(chance.choice(at[1])),
    }
    return {"opened s": opened, **{name: timed(ask) for name, ask in asked.items()}}


def timed(ask: Callable[[], object], times: int = 60) -> dict[str, float]:
    took = []
    for _ in range(times):
        start = time.perf_counter()
        answer = ask()
        took.append((time.perf_counter() - start) * 1000)
        assert answer
    return {"p50 ms": statistics.median(took), "p95 ms": statistics.quantiles(took, n=20)[-1], "max ms": max(took)}


def audited(_: Path, villages: int, out: Path) -> dict[str, Any]:
    """Everything published, attacked."""
    from tenun.disclosure.audit import audit
    from tenun.indicators.attacked import release_of
    from tenun.indicators.tables import DATASET, SCOPE
    from tenun.lake.snapshot import Layer

    lake = open_lake(out)
    start = time.perf_counter()
    report = audit(release_of(lake, lake.current(layer=Layer.OUT, dataset=DATASET, scope=SCOPE)))
    return {
        "seconds": time.perf_counter() - start,
        "attacked": report.attacked,
        "recovered": len(report.recovered),
        "examples": [str(one) for one in report.recovered[:5]],
        "undecided": report.undecided,
        "tables": report.tables,
    }


STEPS: Mapping[str, Callable[[Path, int, Path], dict[str, Any]]] = {"cube": cube, "reads": reads, "audit": audited}


# --- measuring -------------------------------------------------------------------------------------


def measured(step: str, folder: Path, villages: int, out: Path) -> dict[str, Any]:
    """Run a step in a process of its own; what it says, with CPU seconds and peak memory of it and its children."""
    command = [sys.executable, __file__, "--step", step, "--lake", str(folder), "--villages", str(villages),
               "--out", str(out)]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = [0]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            peak[0] = max(peak[0], sum(_memory(one) for one in _family(process.pid)))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    said, _ = process.communicate()
    done.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{step} failed")
    return {**json.loads(said.splitlines()[-1]), "peak GB": peak[0] / 2**20}


def _family(pid: int) -> list[int]:
    found = [pid]
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return found
    for child in children:
        found += _family(int(child))
    return found


def _memory(pid: int) -> int:
    """Kilobytes, what several processes share in parts."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def run_step(step: str, folder: Path, villages: int, out: Path) -> None:
    found = STEPS[step](folder, villages, out)
    own, below = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({**found, "cpu s": own.ru_utime + own.ru_stime + below.ru_utime + below.ru_stime}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--villages", type=int, default=VILLAGES)
    parser.add_argument("--persons", type=int, default=PERSONS)
    parser.add_argument("--lake", type=Path)
    parser.add_argument("--skip-again", action="store_true", help="do not compute a second time")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--step", choices=sorted(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        run_step(asked.step, asked.lake, asked.villages, asked.out)
        return
    with tempfile.TemporaryDirectory(prefix="tenun-results-") as work:
        folder = (asked.lake or Path(work) / "lake").resolve()
        if not (folder / "link").exists():
            shutil.rmtree(folder, ignore_errors=True)
            print("making the lake …", file=sys.stderr, flush=True)
            make_lake(folder, asked.villages, asked.persons)
        outs = [Path(work) / name for name in ("first", "again")]
        found: dict[str, Any] = {"villages": asked.villages, "persons": asked.persons, "cores": os.cpu_count()}
        for out in outs:
            out.mkdir()
        found["cube"] = measured("cube", folder, asked.villages, outs[0])
        report("cube", found["cube"])
        if not asked.skip_again:
            again = measured("cube", folder, asked.villages, outs[1])
            found["same bytes"] = all(again[one] == found["cube"][one] for one in ("files", "snapshot"))
            report("again", {"seconds": again["seconds"], "same bytes": found["same bytes"]})
        for step in ("reads", "audit"):
            found[step] = measured(step, folder, asked.villages, outs[0])
            report(step, found[step])
    found["gates"] = gates(found)
    report("gates", found["gates"])
    if asked.json:
        print(json.dumps(found))
    if not all(found["gates"].values()):
        raise SystemExit(1)


def gates(found: Mapping[str, Any]) -> dict[str, bool]:
    slowest = max(one["p95 ms"] for one in found["reads"].values() if isinstance(one, dict))
    return {
        "cube in 10 minutes": found["cube"]["seconds"] <= GATES["cube seconds"],
        "cube in 8 GB": found["cube"]["peak GB"] <= GATES["cube GB"],
        "the same bytes": found.get("same bytes", True),
        "reads in 150 ms": slowest <= GATES["read p95 ms"],
        "audit in 5 minutes": found["audit"]["seconds"] <= GATES["audit seconds"],
        "nothing recovered": not found["audit"]["recovered"] and not found["audit"]["undecided"],
    }


def report(name: str, found: Mapping[str, Any]) -> None:
    print(f"\n{name}", file=sys.stderr)
    for key, value in found.items():
        shown = {part: round(one, 1) for part, one in value.items()} if key.endswith(("a", "y", "e")) and isinstance(
            value, dict) and all(isinstance(one, float) for one in value.values()) else value  # fmt: skip
        print(f"    {key:<34} {round(shown, 2) if isinstance(shown, float) else shown}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
