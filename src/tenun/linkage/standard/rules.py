r"""A rule of standardisation: what it does, why, when it matters, and examples that are tests.

Rules are rows of a table, so that they can be listed, documented, and switched off one by one to
measure what each is worth. The SQL keeps to what runs in any process that has the engine: no
back-references, no engine's own `hash()`, nothing that depends on the order of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tenun.kernel.errors import TenunError


class RuleUnknown(TenunError):
    code = "linkage.rule_unknown"
    text_id = "Tidak ada aturan pembakuan bernama {rule}."
    text_en = "There is no standardisation rule called {rule}."
    remedy_id = "Lihat daftarnya dengan `tenun link rules`."
    remedy_en = "See the list with `tenun link rules`."


@dataclass(frozen=True)
class Rule:
    """One rule. `{x}` in `sql` stands for the text that the rule before gave.

    `sign` is a pattern that every text which the rule changes must match. The signs of all rules of a step
    are looked for together, once, and most texts show none: they skip the step. A property test holds that
    no rule changes a text without its sign.
    """

    code: str
    why: str
    sql: str
    sign: str = ""
    examples: tuple[tuple[str, str | None], ...] = ()

    @property
    def field(self) -> str:
        return self.code.split(".", 1)[0]


@dataclass(frozen=True)
class Step:
    """Rules that run one after the other on the texts that show a sign of any of them.

    Rules that few of these texts need are a step within the step: they are not even tried where none shows its sign.
    """

    parts: tuple[Rule | Step, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """In their order, those of steps within it too."""
        return tuple(rule for part in self.parts for rule in (part.rules if isinstance(part, Step) else (part,)))

    def sql(self, x: str, without: frozenset[str] = frozenset()) -> str:
        """The step as an expression of the column `x`."""
        used = [rule for rule in self.rules if rule.code not in without]
        if not used:
            return x
        expression = x
        for part in self.parts:
            if isinstance(part, Step):
                expression = part.sql(expression, without)
            elif part.code not in without:
                expression = part.sql.replace("{x}", expression)
        signs = [rule.sign for rule in used]
        if not all(signs):
            return expression
        return f"CASE WHEN regexp_matches({x}, '{'|'.join(signs)}') THEN {expression} ELSE {x} END"


def chosen(codes: Iterable[str], known: Sequence[Rule]) -> frozenset[str]:
    """The codes, each checked to be a rule. Raises `RuleUnknown`."""
    all_codes = {rule.code for rule in known}
    for code in codes:
        if code not in all_codes:
            raise RuleUnknown(rule=code)
    return frozenset(codes)
