"""The folder of a linkage that can be continued: both sides in standard form, by generation, and what a run counted.

    current             the number of the last update that was finished; 0 is the full run
    about.json          reference day, rules switched off, id columns
    left/generation-N   records that came with update N, and `replaced.parquet`: ids whose older records are gone
    right/generation-N
    run-N               what the run counted and decided (`increment.Remembered`)

An update writes generation and run N + 1 beside the others and then changes `current`, in one step: what a killed
update left behind is not read, and goes with the next one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tenun.kernel.durable import write_durably
from tenun.linkage.engine import quoted
from tenun.linkage.increment import Remembered, StateUnfit
from tenun.linkage.pipeline import Pipeline
from tenun.linkage.settings import LinkSettings
from tenun.linkage.standard.table import STANDARD_VERSION, Standard

SIDES = ("left", "right")


class KeptState:
    """The folder of a linkage that can be continued."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def lock(self) -> Path:
        """Held by whoever continues it."""
        return self.folder / "lock"

    def keep(
        self,
        pipeline: Pipeline,
        tables: Mapping[str, Path],
        *,
        standard: Standard,
        settings: LinkSettings,
        ids: Mapping[str, str],
    ) -> None:
        """Keep a full run: its standard tables (moved here) and what it counted."""
        draft = KeptState(self.folder.with_name(f".{self.folder.name}.draft"))
        if draft.folder.exists():
            shutil.rmtree(draft.folder)
        draft.folder.mkdir(parents=True, mode=0o700)
        for side in SIDES:
            (draft.folder / side).mkdir(mode=0o700)
            shutil.move(tables[side], draft.generation(side, 0))
        draft.remembered(0).save(pipeline, made_with=made_with(standard, settings, pipeline.model.id))
        document = {
            "as_of": standard.as_of.isoformat(), "without": sorted(standard.without), "ids": dict(ids),
            "has_cards": standard.has_cards,
        }  # fmt: skip
        (draft.folder / "about.json").write_text(json.dumps(document, sort_keys=True), encoding="utf-8")
        draft.settle(0)
        if self.folder.exists():
            shutil.rmtree(self.folder)
        draft.folder.rename(self.folder)

    def about(self) -> dict[str, Any]:
        """Reference day, rules switched off, and id columns. Raises `StateUnfit`."""
        content: dict[str, Any] = self._read("about.json")
        return content

    def current(self) -> int:
        """The number of the last update that was finished. Raises `StateUnfit`."""
        return int(self._read("current"))

    def begin(self, number: int) -> None:
        """Make room for an update: whatever one that was killed left of that number goes."""
        for folder in (*(self.generation(side, number) for side in SIDES), self.remembered(number).folder):
            if folder.exists():
                shutil.rmtree(folder)
        for side in SIDES:
            self.generation(side, number).mkdir(mode=0o700)

    def settle(self, number: int) -> None:
        """From here on, this update is the state. The run before it is not needed any more."""
        write_durably(self.folder / "current", json.dumps(number).encode())
        if number and self.remembered(number - 1).folder.exists():
            shutil.rmtree(self.remembered(number - 1).folder)

    def generation(self, side: str, number: int) -> Path:
        return self.folder / side / f"generation-{number:04}"

    def remembered(self, number: int) -> Remembered:
        return Remembered(self.folder / f"run-{number:04}")

    def view(self, side: str, number: int) -> str:
        """The records of a side as they are with update `number`, as a query over the generations, oldest first."""
        parts: list[str] = []
        later: list[Path] = []
        for generation in (self.generation(side, at) for at in range(number, -1, -1)):
            if any(generation.glob("part-*.parquet")):
                query = f"SELECT * FROM read_parquet({quoted(generation / 'part-*.parquet')}) l"
                for replaced in later:
                    query = (
                        f"SELECT l.* FROM ({query}) l ANTI JOIN read_parquet({quoted(replaced)}) g USING (unique_id)"
                    )
                parts.append(query)
            if (generation / "replaced.parquet").exists():
                later.append(generation / "replaced.parquet")
        return " UNION ALL BY NAME ".join(f"({part})" for part in reversed(parts))

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise StateUnfit(folder=self.folder.name, reason=f"{name}: {type(problem).__name__}") from problem


def made_with(standard: Standard, settings: LinkSettings, model: str) -> dict[str, Any]:
    """What must be equal for a run to be continued."""
    return {
        "standard_version": STANDARD_VERSION, "as_of": standard.as_of.isoformat(), "without": sorted(standard.without),
        "has_cards": standard.has_cards, "settings": settings.as_origin(), "model": model,
    }  # fmt: skip
