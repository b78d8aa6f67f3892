"""What speaks for and against a pair, field by field, in the words of the crosswalk's reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tenun.linkage.comparisons import COMPARISONS
from tenun.linkage.model import Model
from tenun.linkage.reasons import REASONS, Words

FIELD_OF = {level.code: comparison.field for comparison in COMPARISONS for level in comparison.levels}


@dataclass(frozen=True)
class Finding:
    """The outcome of one comparison."""

    code: str
    words: Words
    weight: float | None
    """Its weight in the model: log2 of how much likelier it is in one person than in two. None = not known."""


@dataclass(frozen=True)
class Evidence:
    fields: dict[str, Finding]
    """By the field's name in `comparisons`."""
    held_back: tuple[Finding, ...]
    """Why the machine did not decide alone."""


def of(reasons: Sequence[str], model: Model | None) -> Evidence:
    """`model` is the one the crosswalk was made with; none where it is not here, and no weight is told."""
    fields = {}
    held_back = []
    for code in reasons:
        field = FIELD_OF.get(code)
        finding = Finding(code, REASONS.get(code, Words(code, code)), _weight(model, field, code))
        if field is None:
            held_back.append(finding)
        else:
            fields[field] = finding
    return Evidence(fields, tuple(held_back))


def _weight(model: Model | None, field: str | None, code: str) -> float | None:
    if model is None or field is None or code not in model.probabilities.get(field, {}):
        return None
    return model.weight(field, code)
