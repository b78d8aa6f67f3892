"""The stages of a run: how long each took, and who is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Progress = Callable[[str, int, int], None]
"""Told what goes on, how much of it is done, and how much there is."""


class Stages:
    """Times the stages of a run, in the order of `names`, and tells a progress bar."""

    def __init__(self, names: Sequence[str], progress: Progress | None = None) -> None:
        self.names = tuple(names)
        self.progress = progress
        self.seconds: dict[str, float] = {}

    def tell(self, stage: str, done: int, of: int) -> None:
        """Tell how far a stage has come, where it knows that of itself."""
        if self.progress is not None:
            self.progress(stage, done, of)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done in here. A stage may be taken up again: its times add up."""
        self.tell(name, self.names.index(name), len(self.names))
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - start, 3)

    def total(self) -> dict[str, float]:
        """Seconds by stage, and of all."""
        return {**self.seconds, "total": round(sum(self.seconds.values()), 3)}
