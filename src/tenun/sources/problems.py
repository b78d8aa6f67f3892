"""What was found in the rows of a file, and the list of it that a village gets back."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tenun.sources import rules
from tenun.sources.rules import Rule, Severity

COLUMNS = ("severity", "file", "sheet", "row", "field", "rule", "text_id", "text_en", "remedy_id", "remedy_en")

# A spreadsheet program runs a cell that begins so; file and sheet names are written by others.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Problem:
    """Where a rule struck. There is no place here for the value, on purpose."""

    file: str
    sheet: str
    row: int
    field: str
    rule: str


class Problems:
    """Collects problems column by column: a large file may have one for every row."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, rule: Rule, *, file: str, sheet: str, row: int, field: str) -> None:
        self._found.append(Problem(file, sheet, row, field, rule.code))

    def extend(self, problems: Iterable[Problem]) -> None:
        self._found.extend(problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def counts(self, severity: Severity) -> dict[str, int]:
        """Rule -> how often, for the rules of that severity."""
        counted = Counter(problem.rule for problem in self._found)
        return {code: n for code, n in sorted(counted.items()) if rules.find(code).severity is severity}

    def write(self, folder: Path, name: str) -> Path | None:
        """Write `NAME.csv` (UTF-8 with a mark, so that spreadsheet programs read it). None when all is well.

        Rejected rows first, then dropped ones, then warnings; the same problems give the same bytes.
        """
        if not self._found:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{name}.csv"
        draft = folder / f".{name}.{os.getpid()}"
        lines = [_csv(COLUMNS)]
        ends: dict[tuple[str, str, str, str], tuple[str, str]] = {}
        for problem in sorted(self._found, key=_order):
            place = (problem.file, problem.sheet, problem.field, problem.rule)
            if place not in ends:
                ends[place] = _ends(problem)
            before, after = ends[place]
            lines.append(f"{before},{problem.row},{after}")
        draft.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig", newline="")
        draft.replace(target)
        return target


_SEVERITY_ORDER = {Severity.REJECT: 0, Severity.DUPLICATE: 1, Severity.WARN: 2}


def _order(problem: Problem) -> tuple[object, ...]:
    severity = _SEVERITY_ORDER[rules.find(problem.rule).severity]
    return (severity, problem.file, problem.sheet, problem.row, problem.rule, problem.field)


def _ends(problem: Problem) -> tuple[str, str]:
    """A line without its row number: the same for every row that a rule strikes in a column."""
    rule = rules.find(problem.rule)
    before = _csv((str(rule.severity), _harmless(problem.file), _harmless(problem.sheet)))
    after = _csv((_harmless(problem.field), rule.code, rule.text_id, rule.text_en, rule.remedy_id, rule.remedy_en))
    return before, after


def _csv(values: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
