"""How every command speaks: one JSON object on standard output, or text for a person; words about
the work (progress, warnings, errors) on standard error.

Exit status: 0 success, 1 refused or failed, 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from tenun.kernel.errors import TenunError

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Cetak satu objek JSON saja / print one JSON object only.")]


def answer(result: Mapping[str, Any], *, as_json: bool, show: Callable[[], None], is_refused: bool = False) -> None:
    """Print a command's result and, when it is a refusal, leave with status 1."""
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False, default=str) + "\n")
    else:
        show()
    if is_refused:
        raise typer.Exit(1)


def fail(problem: TenunError, *, as_json: bool, status: int = 1) -> NoReturn:
    """Say what went wrong and what to do, and leave."""
    if as_json:
        sys.stdout.write(json.dumps({"error": problem.as_dict()}, ensure_ascii=False) + "\n")
    else:
        for language in ("id", "en"):
            err.print(f"{problem.message(language)} {problem.remedy(language)}".strip(), markup=False)
        err.print(f"[{problem.code}]", markup=False, style="dim")
    raise SystemExit(status)


def show_left_out(villages: Sequence[str], reasons: Mapping[str, Sequence[str]] | None = None) -> None:
    """Say whose data was not used, and why: too old, handed over for something else, or held by order."""
    if villages:
        codes = sorted({code.removeprefix("agreement.") for found in (reasons or {}).values() for code in found})
        err.print(
            f"Data {len(villages)} desa tidak boleh dipakai untuk ini menurut perjanjian ({', '.join(codes) or '-'}) "
            f"dan tidak dibaca; minta penyerahan baru atau lihat `tenun duties list`. / The data of {len(villages)} "
            f"villages may not be used for this under the agreement and was not read; ask for a new delivery, or see "
            f"`tenun duties list`: {', '.join(villages)}",
            markup=False,
        )


@contextmanager
def progress(*, as_json: bool) -> Iterator[Progress]:
    """A progress bar on standard error, for a person at a terminal only."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=as_json or not err.is_terminal,
    ) as bar:
        yield bar
