"""Linkage of two files, ours beside Splink, recordlinkage and the equal NIK: time, memory, and how right.

./run bench linkage [--sizes 100k,1m] [--profiles open,foreign] [--tools ours,splink,exact,recordlinkage] [--repeat 3]
./run bench linkage --ablation [--rules CODE,CODE]    what each rule of standardisation is worth, at 100 thousand
./run bench linkage --febrl           FEBRL 1 to 4, which nobody here made
    [--seed 3] [--threads 2] [--memory 8GB] [--data FOLDER] [--classes all] [--json]

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
import venv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.linkage_score import Score, score, text  # noqa: E402

TOOLS = ("ours", "splink", "exact", "recordlinkage")
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
    parser.add_argument("--ablation", action="store_true")
    parser.add_argument("--rules", type=_words, help="of the ablation, these rules alone")
    parser.add_argument("--febrl", action="store_true")
    parser.add_argument("--json", action="store_true")
    a = parser.parse_args()
    bench = Bench(a.data, a.seed, a.threads, a.memory, a.repeat, is_quiet=a.json)
    if a.ablation:
        found: Any = bench.ablation(a.profiles, a.rules)
    elif a.febrl:
        found = bench.febrl()
    else:
        found = bench.side_by_side(a.sizes, a.profiles, a.tools, all_classes=a.classes == "all")
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
        raise Failed(f"{done.stdout}\n{''.join(said)}"[-800:].strip())
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
        self, sizes: Sequence[int], profiles: Sequence[str], tools: Sequence[str], *, all_classes: bool
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
                for tool in tools:
                    if tool == "recordlinkage" and residents > RECORDLINKAGE_RESIDENTS_MAX:
                        continue
                    rows.append(
                        {
                            "residents": residents,
                            "profile": profile,
                            "tool": tool,
                            **self.one(tool, data, profile, all_classes=all_classes),
                        }
                    )
        self.summary(rows)
        return rows

    def one(self, tool: str, data: Path, profile: str, *, all_classes: bool) -> dict[str, Any]:
        """Cost and score of one tool on one population."""
        links = self.folder / f"links-{os.getpid()}.parquet"
        try:
            command = self.command(tool, data, profile, links)
            cost = median([measured(command) for _ in range(self.repeat)])
            found = score(data, links, threshold="best" if tool == "splink" else None)
        except Failed as failed:
            self.say(f"\n-- {tool}: failed\n{failed}")
            return {"failed": str(failed)}
        finally:
            links.unlink(missing_ok=True)
        note = " (threshold by the truth)" if tool == "splink" else ""
        self.say(f"\n-- {tool}{note}: {cost.wall_seconds} s, CPU {cost.cpu_seconds} s, peak {cost.peak_mb:,} MB")
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

    def ours(self, data: Path, links: Path, *more: str) -> list[object]:
        return [
            sys.executable,
            "-m",
            "tenun",
            "link",
            "files",
            data / "residents.parquet",
            data / "accounts.parquet",
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
            f"\n{'profile':<9}{'residents':>11} {'tool':<14}{'wall s':>8}{'CPU s':>8}{'MB':>8}"
            f"{'P':>8}{'R':>8}{'F1':>8}{'F1 pairs':>10}{'false %':>9}{'R@.999':>8}"
        )
        for row in rows:
            head = f"{row['profile']:<9}{row['residents']:>11,} {row['tool']:<14}"
            if "failed" in row:
                self.say(head + "failed")
                continue
            found, account = row["score"], row["score"]["by_account"]
            self.say(
                f"{head}{row['wall_seconds']:>8.1f}{row['cpu_seconds']:>8.1f}{row['peak_mb']:>8,}{account['precision']:>8.4f}{account['recall']:>8.4f}"
                f"{account['f1']:>8.4f}{found['by_pairs']['f1']:>10.4f}"
                f"{100 * found['strangers_linked_share']:>9.2f}{found['recall_at_999']:>8.4f}"
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

    def splink_model(self, profile: str) -> Path:
        """Trained on another seed than what is linked."""
        data = self.people(TRAINING_RESIDENTS, profile, TRAINING_SEED + (self.seed == TRAINING_SEED))
        model = data / "splink-model.json"
        if not model.exists() or model.stat().st_mtime < (data / "made-by").stat().st_mtime:
            self.say(f"training Splink's model on {data.name} ...")
            measured(
                [
                    sys.executable,
                    ROOT / "benchmarks" / "linkage_rivals.py",
                    "splink-train",
                    data / "residents.parquet",
                    data / "accounts.parquet",
                    model,
                    "--threads",
                    self.threads,
                    "--memory",
                    self.memory,
                ]
            )
        return model

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
