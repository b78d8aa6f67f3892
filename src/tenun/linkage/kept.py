"""The folder of a linkage that can be continued: both sides in standard form, by generation, and what a run counted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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

    def keep(self, pipeline: Pipeline, tables: Mapping[str, Path], *, standard: Standard, settings: LinkSettings,
             ids: Mapping[str, str]) -> None:  # fmt: skip
        """Keep a full run: its standard tables (moved here) and what it counted."""
        draft = self.folder.with_name(f".{self.folder.name}.draft")
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(parents=True, mode=0o700)
        for side in SIDES:
            (draft / side).mkdir(mode=0o700)
            shutil.move(tables[side], draft / side / "generation-0000")
        Remembered(draft / "run").save(pipeline, made_with=made_with(standard, settings, pipeline.model.id))
        document = {"as_of": standard.as_of.isoformat(), "without": sorted(standard.without), "ids": dict(ids)}
        (draft / "about.json").write_text(json.dumps(document, sort_keys=True), encoding="utf-8")
        if self.folder.exists():
            shutil.rmtree(self.folder)
        draft.rename(self.folder)

    def about(self) -> dict[str, Any]:
        """Reference day, rules switched off, and id columns. Raises `StateUnfit`."""
        try:
            content: dict[str, Any] = json.loads((self.folder / "about.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise StateUnfit(folder=self.folder.name, reason=type(problem).__name__) from problem
        return content

    def generations(self, side: str) -> list[Path]:
        return sorted((self.folder / side).glob("generation-*"))

    def view(self, side: str) -> str:
        """The records of a side as they are now, as a query over all generations. Oldest first."""
        parts = []
        later: list[Path] = []
        for generation in reversed(self.generations(side)):
            records = list(generation.glob("part-*.parquet"))
            if records:
                query = f"SELECT * FROM read_parquet({quoted(generation / 'part-*.parquet')}) l"
                for gone in later:
                    query = f"SELECT l.* FROM ({query}) l ANTI JOIN read_parquet({quoted(gone)}) g USING (unique_id)"
                parts.append(query)
            if (generation / "replaced.parquet").exists():
                later.append(generation / "replaced.parquet")
        return " UNION ALL BY NAME ".join(f"({part})" for part in reversed(parts))


def made_with(standard: Standard, settings: LinkSettings, model: str) -> dict[str, Any]:
    """What must be equal for a run to be continued."""
    return {
        "standard_version": STANDARD_VERSION, "as_of": standard.as_of.isoformat(), "without": sorted(standard.without),
        "settings": settings.as_origin(), "model": model,
    }  # fmt: skip
