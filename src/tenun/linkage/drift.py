"""Does a model still fit the data? Two models level by level, and what is advised.

A level's weight shift is told in bits. The population stability index of a field compares how often its levels are
seen in records of one person, then and now: sum over levels of (now - then) ln(now / then), the symmetric divergence
of Jeffreys (1946) as scorecards use it (Siddiqi, 2006), with his marks of 0.1 and 0.25.

What a run counts anew for itself (u of village, sex and NIK) must be counted for both models before they are compared:
`of_present` does that, `compare` takes them as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tenun.linkage import model as models
from tenun.linkage import training
from tenun.linkage.comparisons import COMPARISONS
from tenun.linkage.model import Model
from tenun.linkage.reasons import Words
from tenun.linkage.training import Present

PSI_WATCH, PSI_MOVED = 0.1, 0.25
# A level that few right pairs have is learnt from few, and shifts far by chance: it counts from this share of them on.
COMMON_SHARE = 0.05
# Refitted without labels on the very data that the shipped model learnt from with labels, no field moves by more than
# .034 and no common level by more than 1.04 bits: the marks lie above what the method itself makes.
SHIFT_WATCH_BITS, SHIFT_MOVED_BITS = 1.5, 2.5
# A share of nought would make the index infinite.
SHARE_MIN = 1e-4


class Advice(StrEnum):
    """What to do. The stored spelling never changes."""

    KEEP = "keep"
    WATCH = "watch"
    REFIT = "refit"


ADVICE: Mapping[Advice, Words] = {
    Advice.KEEP: Words("Model masih cocok; tidak perlu dilatih ulang.", "The model still fits; no refitting needed."),
    Advice.WATCH: Words(
        "Model mulai bergeser; ukur lagi sesudah penyerahan berikutnya.",
        "The model begins to shift; measure again after the next delivery.",
    ),
    Advice.REFIT: Words(
        "Data sudah berubah; latih model baru, bandingkan hasilnya, lalu tinjau contohnya.",
        "The data have changed; train a new model, compare its results, then review a sample.",
    ),
}


@dataclass(frozen=True)
class LevelDrift:
    """One outcome of a comparison under both models. m and u are shares of pairs, weights are in bits."""

    field: str
    code: str
    m: tuple[float, float]
    """Before, now."""
    u: tuple[float, float]

    @property
    def weights(self) -> tuple[float, float]:
        return math.log2(self.m[0] / self.u[0]), math.log2(self.m[1] / self.u[1])

    @property
    def shift_bits(self) -> float:
        return self.weights[1] - self.weights[0]

    @property
    def is_common(self) -> bool:
        return max(self.m) >= COMMON_SHARE

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "m": [round(value, 8) for value in self.m],
            "u": [round(value, 8) for value in self.u],
            "weight": [round(value, 3) for value in self.weights],
            "shift_bits": round(self.shift_bits, 3),
            "is_common": self.is_common,
        }


@dataclass(frozen=True)
class FieldDrift:
    field: str
    levels: tuple[LevelDrift, ...]

    @property
    def psi(self) -> float:
        """Population stability index of the levels in records of one person."""
        return psi(level.m for level in self.levels)

    @property
    def advice(self) -> Advice:
        shift = max((abs(level.shift_bits) for level in self.levels if level.is_common), default=0.0)
        if self.psi >= PSI_MOVED or shift >= SHIFT_MOVED_BITS:
            return Advice.REFIT
        return Advice.WATCH if self.psi >= PSI_WATCH or shift >= SHIFT_WATCH_BITS else Advice.KEEP

    def as_dict(self) -> dict[str, Any]:
        return {
            "field": self.field,
            "psi": round(self.psi, 4),
            "advice": str(self.advice),
            "levels": [level.as_dict() for level in self.levels],
        }


@dataclass(frozen=True)
class Drift:
    """A model against another."""

    before: Model
    now: Model
    fields: tuple[FieldDrift, ...]

    @property
    def advice(self) -> Advice:
        found = {field.advice for field in self.fields}
        return next(advice for advice in (Advice.REFIT, Advice.WATCH, Advice.KEEP) if advice in found)

    def as_dict(self) -> dict[str, Any]:
        words = ADVICE[self.advice]
        return {
            "before": self.before.id,
            "now": self.now.id,
            "advice": str(self.advice),
            "advice_id": words.id,
            "advice_en": words.en,
            "thresholds": {
                "psi": [PSI_WATCH, PSI_MOVED],
                "shift_bits": [SHIFT_WATCH_BITS, SHIFT_MOVED_BITS],
                "common_share": COMMON_SHARE,
            },
            "fields": [field.as_dict() for field in self.fields],
        }


def compare(before: Model, now: Model) -> Drift:
    """Both models level by level, in the order of the comparisons."""
    return Drift(
        before,
        now,
        tuple(
            FieldDrift(
                comparison.field,
                tuple(
                    LevelDrift(
                        comparison.field,
                        level.code,
                        *zip(
                            before.probabilities[comparison.field][level.code],
                            now.probabilities[comparison.field][level.code],
                            strict=True,
                        ),
                    )
                    for level in comparison.levels
                    if not level.is_null
                ),
            )
            for comparison in COMPARISONS
        ),
    )


def of_present(before: Model, present: Present, *, seed: int = 1) -> Drift:
    """The model against one refitted to the present data, without labels. Raises `TooLittleToTrain`."""
    training.fill_owners(present.connection)
    refit = training.train(
        present.connection,
        "housed",
        training.TRAINEES,
        provenance={"trained_on": present.snapshots, "invented": present.is_invented},
        seed=seed,
        fallback=before,
    )
    fitted = (models.fitted_to(one, present.connection, "housed", "seekers") for one in (before, refit))
    return compare(*fitted)


def psi(shares: Iterable[tuple[float, float]]) -> float:
    """Population stability index of pairs (then, now), which are brought to sum to one on either side."""
    bounded = [(max(then, SHARE_MIN), max(now, SHARE_MIN)) for then, now in shares]
    whole = [sum(side) for side in zip(*bounded, strict=True)]
    parts = [(then / whole[0], now / whole[1]) for then, now in bounded]
    return math.fsum((now - then) * math.log(now / then) for then, now in parts)
