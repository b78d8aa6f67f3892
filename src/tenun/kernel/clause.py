"""Marks code that carries out a clause of the signed text, so that the list of promises writes itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def implements(*clauses: str, control: str) -> Callable[[T], T]:
    """Say which clauses a function or class carries out, and how, in one sentence.

    `clauses` are written as in the signed text: `"7(2)"`, `"3(1)b"`. Changes nothing at run time:
    `tenun docs generate` reads the mark from the source and joins it with the tests marked
    `@pytest.mark.pasal("7(2)")` into docs/reference/pasal.md.
    """

    def leave(thing: T) -> T:
        return thing

    return leave
