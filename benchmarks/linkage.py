"""Linkage of two files, ours beside Splink, recordlinkage and the equal NIK: time, memory, and how right.

./run bench linkage [--sizes 100k,1m] [--profiles open,foreign] [--tools ours,splink,exact,recordlinkage] [--repeat 3]
    [--parts whole,link,increment,ablation,febrl] [--rules CODE,CODE] [--seed 3] [--threads 2] [--memory 8GB]
    [--data FOLDER] [--classes all] [--json]

Parts, of which the first two run unless told otherwise:
    whole       from the files as people typed them to links
    link        from our standard tables in Parquet to links: Splink is given them too, with a model trained on such
    increment   25 thousand accounts (at most 1 in 100) that come to a linkage whose state was kept
    ablation    what each rule of standardisation is worth, at 100 thousand residents (--rules: of these alone)
    febrl       FEBRL 1 to 4, which nobody here made

People are invented (`tenun.synthetic.linkage`): a quarter as many accounts as residents, one account in ten without a
resident. Every run is a process of its own; wall time, CPU seconds and peak memory are what the kernel says about it
(wait4), start-up and reading included; medians over --repeat. Ours runs as shipped: its own model, its own classes, no
tuning. Splink's model is trained beforehand on another population of the same profile, which is not timed; it is scored
at the threshold that the truth likes most, which flatters it. recordlinkage runs at 100 thousand only: it holds all
pairs and their features in pandas frames, in one process, and asks for many times the memory at the next size (its
own documentation: "small or medium sized files").
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.linkage_score import Score, score, text  # noqa: E402

TOOLS = ("ours", "splink", "exact", "recordlinkage")
PARTS = ("whole", "link", "increment", "ablation", "febrl")
FROM_STANDARD = ("ours", "splink")
"""Who can be measured from standard tables on."""
INCREMENT_ACCOUNTS, INCREMENT_SHARE = 25_000, 100
TRAINING_RESIDENTS, TRAINING_SEED = 200_000, 11
RECORDLINKAGE_RESIDENTS_MAX = 150_000
ABLATION_RESIDENTS = 100_000
BENCH_LOCK = ROOT / "requirements" / "bench.lock"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=_sizes, default=_sizes("100k,1m"))
    parser.add_argument("--profiles", type=_words, default=("open", "foreign"))
    parser.add_argument("--tools", type=_words, default=TOOLS)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--memory", default="8GB")
    parser.add_argument(
        "--data",
        type=Path,
        default=ROOT / "var" / "bench" / "linkage",
        help="where data and models are kept for the next time",
    )
    parser.add_argument("--classes", choices=("groups", "all"), default="groups")
    parser.add_argument("--parts", type=_words, default=("whole", "link"))
    parser.add_argument("--rules", type=_words, help="of the ablation, these rules alone")
    parser.add_argument("--json", action="store_true")
    a = parser.parse_args()
    if unknown := set(a.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    bench = Bench(a.data, a.seed, a.threads, a.memory, a.repeat, is_quiet=a.json)
    found: dict[str, Any] = {}
    if beside := [part for part in ("whole", "link", "increment") if part in a.parts]:
        found["side_by_side"] = bench.side_by_side(a.sizes, a.profiles, a.tools, beside, all_classes=a.classes == "all")
    if "ablation" in a.parts:
        found["ablation"] = bench.ablation(a.profiles, a.rules)
    if "febrl" in a.parts:
        found["febrl"] = bench.febrl()
    if a.json:
        print(json.dumps(found))


def _sizes(text_: str) -> list[int]:
    units = {"k": 1_000, "m": 1_000_000}
    return [
        int(float(word[:-1]) * units[word[-1]]) if word[-1] in units else int(word) for word in text_.lower().split(",")
    ]


def _words(text_: str) -> tuple[str, ...]:
    return tuple(text_.split(","))


# --- one run -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """What the kernel says of a process and its children."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: int


class Failed(Exception):
    """A run ended with an error; its last words."""


_LAUNCHER = """
import json, os, sys, time
started = time.monotonic()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
wall, cpu = time.monotonic() - started, usage.ru_utime + usage.ru_stime
print(json.dumps([os.waitstatus_to_exitcode(status), wall, cpu, usage.ru_maxrss]), file=sys.stderr)
"""
"""Between us and the run: a new process is born with its parent's peak memory, and this parent has none to speak of."""


def measured(command: Sequence[object]) -> Cost:
    """Run a command to its end. Raises `Failed`."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "ignore"}
    words = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *(str(word) for word in command)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, env=environment)
    *said, usage = done.stderr.rstrip().rsplit("\n", 1)
    status, wall, cpu, peak_kb = json.loads(usage)
    if status:
        # A negative status is the signal that ended it: -9 where the machine had no memory left.
        raise Failed(f"status {status}\n" + f"{done.stdout}\n{''.join(said)}"[-800:].strip())
    return Cost(round(wall, 2), round(cpu, 2), peak_kb // 1024)


def median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(each.wall_seconds for each in costs),
        statistics.median(each.cpu_seconds for each in costs),
        max(each.peak_mb for each in costs),
    )


# --- the comparisons ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bench:
    folder: Path
    seed: int
    threads: int
    memory: str
    repeat: int
    is_quiet: bool = False

    def say(self, *words: object) -> None:
        if not self.is_quiet:
            print(*words, flush=True)

    def side_by_side(
        self,
        sizes: Sequence[int],
        profiles: Sequence[str],
        tools: Sequence[str],
        parts: Sequence[str],
        *,
        all_classes: bool,
    ) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for residents in sizes:
            for profile in profiles:
                data = self.people(residents, profile, self.seed)
                about = json.loads((data / "about.json").read_text())
                self.say(
                    f"\n== {profile}: {about['residents']:,} residents, {about['accounts']:,} accounts, "
                    f"seed {self.seed}, {self.threads} threads"
                )
                about_row = {"residents": residents, "profile": profile}
                if "whole" in parts:
                    for tool in tools:
                        if tool == "recordlinkage" and residents > RECORDLINKAGE_RESIDENTS_MAX:
                            continue
                        links = self.folder / f"links-{os.getpid()}.parquet"
                        command = self.command(tool, data, profile, links)
                        made = self.one(tool, "whole", data, links, command, all_classes=all_classes)
                        rows.append({**about_row, "part": "whole", "tool": tool, **made})
                if "link" in parts:
                    rows += [
                        {**about_row, **made}
                        for made in self.from_standard(tools, data, profile, about, all_classes=all_classes)
                    ]
                if "increment" in parts and "ours" in tools:
                    rows.append({**about_row, **self.increment(data, about, all_classes=all_classes)})
        self.summary(rows)
        return rows

    def from_standard(
        self, tools: Sequence[str], data: Path, profile: str, about: dict[str, Any], *, all_classes: bool
    ) -> Iterator[dict[str, Any]]:
        """What standardising costs, and what each tool's linking costs on the same standard tables."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            standard = Path(folder)
            cost = measured(self.standardising(data, standard))
            records = about["residents"] + about["accounts"]
            self.say(
                f"\n-- standard form: {cost.wall_seconds} s, CPU {cost.cpu_seconds} s, peak {cost.peak_mb:,} MB, "
                f"{records / cost.wall_seconds:,.0f} records/s"
            )
            yield {"part": "standardise", "tool": "ours", "records": records, **asdict(cost)}
            links = self.folder / f"links-{os.getpid()}.parquet"
            limits: list[object] = ["--memory", self.memory, "--threads", self.threads]
            rivals, left, right = ROOT / "benchmarks" / "linkage_rivals.py", standard / "left", standard / "right"
            for tool in (tool for tool in tools if tool in FROM_STANDARD):
                command: list[object] = (
                    [sys.executable, ROOT / "benchmarks" / "linkage_standard.py", "link", standard, links, *limits]
                    if tool == "ours"
                    else [sys.executable, rivals, "splink", left, right, links, "--standard", *limits]
                    + ["--model", self.splink_model(profile, is_standard=True)]
                )
                made = self.one(tool, "link", data, links, command, all_classes=all_classes)
                yield {"part": "link", "tool": tool, **made}

    def increment(self, data: Path, about: dict[str, Any], *, all_classes: bool) -> dict[str, Any]:
        """Accounts that come to a linkage of all the others: what bringing it up to date costs."""
        import duckdb

        coming = min(INCREMENT_ACCOUNTS, about["accounts"] // INCREMENT_SHARE)
        accounts = (
            f"(SELECT *, row_number() OVER (ORDER BY md5(akun_id::VARCHAR)) AS place FROM '{data}/accounts.parquet')"
        )
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            before, new, state = (Path(folder) / name for name in ("accounts.parquet", "new.parquet", "state"))
            for path, condition in ((before, f"place > {coming}"), (new, f"place <= {coming}")):
                duckdb.execute(
                    f"COPY (SELECT * EXCLUDE (place) FROM {accounts} WHERE {condition}) TO '{path}' (FORMAT parquet)"
                )
            links = self.folder / f"links-{os.getpid()}.parquet"
            limits: list[object] = ["--memory", self.memory, "--threads", self.threads, "--json"]
            measured(self.ours(data, links, "--state", str(state), accounts=before))
            command: list[object] = [sys.executable, "-m", "tenun", "link", "update", state, "--out", links]
            once = replace(self, repeat=1)  # an update changes the state that it continues
            made = once.one(
                "ours", "increment", data, links, [*command, "--right-changed", new, *limits], all_classes=all_classes
            )
            return {"part": "increment", "tool": "ours", "accounts_new": coming, **made}

    def standardising(self, data: Path, folder: Path) -> list[object]:
        script = ROOT / "benchmarks" / "linkage_standard.py"
        return [
            sys.executable, script, "make", data / "residents.parquet", data / "accounts.parquet", folder,
            "--memory", self.memory, "--threads", self.threads,
        ]  # fmt: skip

    def one(
        self, tool: str, part: str, data: Path, links: Path, command: Sequence[object], *, all_classes: bool
    ) -> dict[str, Any]:
        """Cost and score of one tool on one population."""
        try:
            cost = median([measured(command) for _ in range(self.repeat)])
            found = score(data, links, threshold="best" if tool == "splink" else None)
        except Failed as failed:
            self.say(f"\n-- {tool}, {part}: failed\n{failed}")
            return {"failed": str(failed)}
        finally:
            links.unlink(missing_ok=True)
        note = " (threshold by the truth)" if tool == "splink" else ""
        self.say(
            f"\n-- {tool}, {part}{note}: {cost.wall_seconds} s, CPU {cost.cpu_seconds} s, peak {cost.peak_mb:,} MB"
        )
        self.say(text(found, all_classes=all_classes))
        return {**asdict(cost), "score": found.as_dict()}

    def command(self, tool: str, data: Path, profile: str, links: Path) -> list[object]:
        left, right = data / "residents.parquet", data / "accounts.parquet"
        if tool == "ours":
            return self.ours(data, links)
        rivals: list[object] = [ROOT / "benchmarks" / "linkage_rivals.py", tool, left, right, links]
        if tool == "recordlinkage":
            return [self.rivals_python(), *rivals]
        limits: list[object] = ["--memory", self.memory, "--threads", self.threads]
        if tool == "splink":
            limits += ["--model", self.splink_model(profile)]
        return [sys.executable, *rivals, *limits]

    def ours(self, data: Path, links: Path, *more: str, accounts: Path | None = None) -> list[object]:
        return [
            sys.executable,
            "-m",
            "tenun",
            "link",
            "files",
            data / "residents.parquet",
            accounts or data / "accounts.parquet",
            "--left-id",
            "sid_id",
            "--right-id",
            "akun_id",
            "--out",
            links,
            "--threads",
            self.threads,
            "--memory",
            self.memory,
            "--json",
            *more,
        ]

    def summary(self, rows: Sequence[dict[str, Any]]) -> None:
        self.say(
            f"\n{'profile':<9}{'residents':>11} {'part':<12}{'tool':<14}{'wall s':>8}{'CPU s':>8}{'MB':>8}"
            f"{'P':>8}{'R':>8}{'F1':>8}{'F1 pairs':>10}{'false %':>9}{'R@.999':>8}"
        )
        for row in rows:
            head = f"{row['profile']:<9}{row['residents']:>11,} {row['part']:<12}{row['tool']:<14}"
            if "failed" in row:
                self.say(head + "failed")
                continue
            head += f"{row['wall_seconds']:>8.1f}{row['cpu_seconds']:>8.1f}{row['peak_mb']:>8,}"
            if "score" not in row:
                self.say(head)
                continue
            found, account = row["score"], row["score"]["by_account"]
            self.say(
                f"{head}{account['precision']:>8.4f}{account['recall']:>8.4f}{account['f1']:>8.4f}{found['by_pairs']['f1']:>10.4f}"
                f"{100 * found['strangers_linked_share']:>9.2f}{found['recall_at_999']:>8.4f}"
            )

        self.ratios(rows)

    def ratios(self, rows: Sequence[dict[str, Any]]) -> None:
        """How many times as long Splink took, by wall clock and by CPU seconds, of each part that both did."""
        done = {
            (row["profile"], row["residents"], row["part"], row["tool"]): row for row in rows if "failed" not in row
        }
        for (profile, residents, part, tool), theirs in done.items():
            mine = done.get((profile, residents, part, "ours"))
            if tool == "splink" and mine is not None:
                wall, cpu = (theirs[cost] / mine[cost] for cost in ("wall_seconds", "cpu_seconds"))
                self.say(
                    f"{profile}, {residents:,}, {part}: Splink takes {wall:.2f} times as long as ours "
                    f"({cpu:.2f} by CPU seconds)"
                )

    # --- ablation --------------------------------------------------------------------------------------

    def ablation(self, profiles: Sequence[str], only: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """F1 with each rule switched off, beside F1 with all."""
        told = subprocess.run(
            [sys.executable, "-m", "tenun", "link", "rules", "--json"],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        rules = [rule["code"] for rule in json.loads(told.stdout)["rules"]]
        if unknown := set(only or ()) - set(rules):
            raise SystemExit(f"no such rule: {', '.join(sorted(unknown))}")
        data = {profile: self.people(ABLATION_RESIDENTS, profile, self.seed) for profile in profiles}
        whole = {profile: self.scored(folder) for profile, folder in data.items()}
        self.say(
            "F1 by account with all rules:", {profile: round(each.by_account.f1, 5) for profile, each in whole.items()}
        )
        self.say(f"\nlost without (in .0001 of F1) {'':<4}" + "".join(f"{profile:>12}" for profile in profiles))
        rows = []
        for rule in only or rules:
            found = {profile: self.scored(folder, "--without", rule) for profile, folder in data.items()}
            lost = {profile: whole[profile].by_account.f1 - each.by_account.f1 for profile, each in found.items()}
            rows.append(
                {
                    "rule": rule,
                    "lost": {profile: round(each, 6) for profile, each in lost.items()},
                    "f1": {profile: round(each.by_account.f1, 6) for profile, each in found.items()},
                    "f1_pairs": {profile: round(each.by_pairs.f1, 6) for profile, each in found.items()},
                }
            )
            self.say(f"{rule:<34}" + "".join(f"{1e4 * lost[profile]:>12.1f}" for profile in profiles))
        return rows

    def scored(self, data: Path, *more: str) -> Score:
        links = self.folder / f"links-{os.getpid()}.parquet"
        try:
            measured(self.ours(data, links, *more))
            return score(data, links)
        finally:
            links.unlink(missing_ok=True)

    # --- FEBRL -----------------------------------------------------------------------------------------

    def febrl(self) -> list[dict[str, Any]]:
        """Originals linked with duplicates, four sets."""
        script, folder = ROOT / "benchmarks" / "linkage_febrl.py", self.folder / "febrl"
        measured([self.rivals_python(), script, "prepare", folder])
        self.say(
            f"{'FEBRL':<7}{'tool':<20}{'wall s':>8}{'P':>9}{'R':>9}{'F1':>9}   "
            "(by account: every duplicate has one original)"
        )
        rows = []
        for number in (1, 2, 3, 4):
            data, links = folder / str(number), folder / "links.parquet"
            commands: dict[str, list[object]] = {
                "ours": self.ours(data, links),
                "splink": [sys.executable, script, "splink", data, links],
                "recordlinkage ECM": [self.rivals_python(), script, "ecm", data, links],
            }
            for tool, command in commands.items():
                try:
                    cost = median([measured(command) for _ in range(self.repeat)])
                    found = score(data, links)
                except Failed as failed:
                    self.say(f"{number:<7}{tool:<20} failed: {failed}")
                    rows.append({"set": number, "tool": tool, "failed": str(failed)})
                    continue
                each = found.by_account
                self.say(
                    f"{number:<7}{tool:<20}{cost.wall_seconds:>8.1f}{each.precision:>9.4f}{each.recall:>9.4f}{each.f1:>9.4f}"
                )
                rows.append({"set": number, "tool": tool, **asdict(cost), "score": found.as_dict()})
        return rows

    # --- what is made once -------------------------------------------------------------------------------

    def people(self, residents: int, profile: str, seed: int) -> Path:
        """The population, made when it is not there or was made by another version of the generator."""
        from tenun.synthetic.linkage import fingerprint, write

        folder = self.folder / f"{profile}-{residents}-{seed}"
        stamp = folder / "made-by"
        if not stamp.exists() or stamp.read_text() != fingerprint():
            self.say(f"inventing {residents:,} residents ({profile}) ...")
            write(folder, residents=residents, profile=profile, seed=seed, processes=self.threads)
            stamp.write_text(fingerprint())
        return folder

    def splink_model(self, profile: str, *, is_standard: bool = False) -> Path:
        """Trained on another seed than what is linked, in the form that is to be linked."""
        data = self.people(TRAINING_RESIDENTS, profile, TRAINING_SEED + (self.seed == TRAINING_SEED))
        if is_standard:
            # Made anew each time: the rules of standardising may be others than last time.
            model = data / "splink-model-standard.json"
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                measured(self.standardising(data, Path(folder)))
                self.train_splink(Path(folder) / "left", Path(folder) / "right", model, "--standard")
            return model
        model = data / "splink-model.json"
        if not model.exists() or model.stat().st_mtime < (data / "made-by").stat().st_mtime:
            self.train_splink(data / "residents.parquet", data / "accounts.parquet", model)
        return model

    def train_splink(self, left: Path, right: Path, model: Path, *more: str) -> None:
        self.say(f"training Splink's model for {model.name} ...")
        script = ROOT / "benchmarks" / "linkage_rivals.py"
        limits: list[object] = ["--threads", self.threads, "--memory", self.memory]
        measured([sys.executable, script, "splink-train", left, right, model, *limits, *more])

    def rivals_python(self) -> Path:
        """The interpreter of the bench environment: what requirements/bench.lock pins, and nothing of ours."""
        home = self.folder / "environment"
        python, stamp = home / "bin" / "python", home / "made-of"
        lock = BENCH_LOCK.read_text()
        if not stamp.exists() or stamp.read_text() != lock:
            self.say("preparing the bench environment ...")
            venv.create(home, with_pip=True, clear=True)
            setup = runpy.run_path(str(ROOT / "run"))
            uv = Path(sys.executable).parent / "uv"
            install: list[object] = (
                [uv, "pip", "install", "--quiet", "--require-hashes", "--python", python, "-r", BENCH_LOCK]
                if uv.exists()
                else [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", BENCH_LOCK]
            )
            subprocess.run(
                [str(word) for word in install], check=True, env=setup["uv_environment"](), stdout=sys.stderr
            )
            stamp.write_text(lock)
        return python


if __name__ == "__main__":
    main()
