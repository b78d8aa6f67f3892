"""The figures of this node as a release would show them, by the rules of the ministries' profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tenun.agreement.acts.bodies import ReleaseScope
from tenun.agreement.release.gate import lies_in
from tenun.agreement.release.preview import Cells
from tenun.disclosure.differencing import Key, Place
from tenun.disclosure.state import ValueState
from tenun.indicators.definition import Kind
from tenun.indicators.measure import TOTAL
from tenun.indicators.protection import place_in_table, place_in_tree
from tenun.indicators.results import Results, Value


@dataclass(frozen=True)
class AsTheMinistriesSee:
    """`tenun.agreement.release.preview.Protection`. Every audience sees what the ministries see, until the profile
    for audiences outside takes its place; so it hides less than that will."""

    results: Results

    @property
    def rule_version(self) -> str:
        return self.results.rule_version

    def cells(self, scope: ReleaseScope, *, audience: str) -> Cells:
        """Figures that stand for nothing (not delivered, not collected) are in no sum: left out, like supplies."""
        return {
            _key(value): _shown(value)
            for code in self.results.areas
            if any(lies_in(code, around) for around in scope.areas)
            for value in self._of(code, scope)
        }

    def tables(self, scope: ReleaseScope) -> Sequence[Sequence[Place]]:
        keys = sorted({_key(value) for code in self.results.areas for value in self._of(code, scope)})
        return [
            [
                Place(key, *(place_in_table(key[1], (key[2], key[3])) if dimension else place_in_tree(key[1])))
                for key in keys
                if key[0] == indicator and (key[2] == dimension or key[2:] == TOTAL)
            ]
            for indicator, dimension in sorted({(key[0], key[2]) for key in keys})
        ]

    def _of(self, code: str, scope: ReleaseScope) -> list[Value]:
        return [
            value
            for value in self.results.area(code)
            if value.indicator in scope.indicators
            and value.state not in (ValueState.NS, ValueState.NC)
            and self.results.definitions[value.indicator].kind is not Kind.SUPPLY
        ]


def _shown(value: Value) -> int | None:
    """The count that a reader has: of a rate, that behind it. None where the figure is hidden."""
    if not value.state.has_value:
        return None
    count = value.value if value.numerator is None else value.numerator
    return None if count is None else int(count)


def _key(value: Value) -> Key:
    return value.indicator, value.area_code, value.breakdown, value.category
