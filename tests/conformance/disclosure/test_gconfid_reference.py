"""Our suppression against G-Confid of Statistics Canada, whose audit is a linear program over the same sums.

Three things must agree on the same tables and the same bounds: between which values a reader can place a hidden
number (ours by flows), which numbers have one value only (ours by circles of changes), and whether a pattern of hidden
cells protects: what ours hides must hold before their audit, and what theirs hides before ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from tenun.disclosure.attack import System, attack
from tenun.disclosure.network import Arc, Network
from tenun.disclosure.profile import MINISTRIES, DisclosureClass, judge_count
from tenun.disclosure.suppression import LEAST_WIDTH, Cell, protect
from tests.conformance.disclosure.references import GCONFID, Installed

FACTOR = 10
"""A reader is taken to think anything from nobody to ten times the true number possible: the widest G-Confid has."""
CATEGORIES = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return GCONFID.installed(tmp_path_factory.mktemp("gconfid") / "environment")


@dataclass(frozen=True)
class Table:
    """Villages in districts by categories, with all totals: cells by (area, category), "" for totals."""

    counts: dict[tuple[str, str], int]
    districts: tuple[tuple[str, ...], ...]

    @property
    def number(self) -> dict[tuple[str, str], int]:
        return {cell: at for at, cell in enumerate(self.counts, 1)}

    def sums(self) -> list[tuple[tuple[str, str], list[tuple[str, str]]]]:
        """Wholes and their parts."""
        found = []
        names = [f"d{at}" for at in range(len(self.districts))]
        for category in ("", *CATEGORIES):
            found.append((("all", category), [(name, category) for name in names]))
            for name, villages in zip(names, self.districts, strict=True):
                found.append(((name, category), [(village, category) for village in villages]))
        # Rows of villages alone: that the others add up follows, and a network has each number in two sums.
        for village in (one for villages in self.districts for one in villages):
            found.append(((village, ""), [(village, category) for category in CATEGORIES]))
        return found

    def ends(self) -> dict[tuple[str, str], tuple[Any, Any]]:
        """Where each number stands in the network: categories flow down, totals up (`indicators.protection`)."""
        above = {f"d{at}": "all" for at in range(len(self.districts))} | {
            village: f"d{at}" for at, villages in enumerate(self.districts) for village in villages
        }
        found = {}
        for area, category in self.counts:
            here: Any = (area, "row") if area.startswith("v") else (area, category)
            around: Any = (above[area], category) if area in above else "outside"
            found[area, category] = (here, around) if category == "" else (around, here)
        return found

    def question(self, hidden: set[tuple[str, str]], sensitive: set[tuple[str, str]]) -> dict[str, Any]:
        number = self.number
        return {
            "cells": [
                [number[cell], count, cell in hidden, min(LEAST_WIDTH, count) if cell in sensitive else -1]
                for cell, count in self.counts.items()
            ],
            "sums": [[[number[whole], -1], *([number[part], 1] for part in parts)] for whole, parts in self.sums()],
        }


def _table(seed: int, *, small: float) -> Table:
    """Nobody is nowhere in it: G-Confid suppresses no cell of nothing."""
    chance = Random(seed)
    districts = tuple(tuple(f"v{district}.{one}" for one in range(chance.randint(2, 4))) for district in range(3))
    counts: dict[tuple[str, str], int] = {}
    for villages in districts:
        for village in villages:
            for category in CATEGORIES:
                counts[village, category] = chance.randint(1, 4) if chance.random() < small else chance.randint(5, 60)
            counts[village, ""] = sum(counts[village, category] for category in CATEGORIES)
    for at, villages in enumerate(districts):
        for category in ("", *CATEGORIES):
            counts[f"d{at}", category] = sum(counts[village, category] for village in villages)
    for category in ("", *CATEGORIES):
        counts["all", category] = sum(counts[f"d{at}", category] for at in range(len(districts)))
    return Table(counts, districts)


def _network(table: Table, hidden: set[tuple[str, str]]) -> Network:
    arcs = []
    for cell, (tail, head) in table.ends().items():
        n = table.counts[cell]
        low, high = (0, FACTOR * n) if cell in hidden else (n, n)
        arcs.append(Arc(cell, tail, head, n, low, high, cell in hidden))
    return Network(arcs)


def _told(table: Table, hidden: set[tuple[str, str]]) -> dict[Any, int]:
    """By our attacker, from the sums themselves."""
    system = System({cell: (0, FACTOR * table.counts[cell]) for cell in hidden})
    nodes: dict[Any, list[tuple[Any, int]]] = {}
    for cell, (tail, head) in table.ends().items():
        for node, sign in ((tail, 1), (head, -1)):
            if node != "outside":
                nodes.setdefault(node, []).append((cell, sign))
    for members in nodes.values():
        unknown = [(cell, sign) for cell, sign in members if cell in hidden]
        if unknown:
            known = sum(sign * table.counts[cell] for cell, sign in members if cell not in hidden)
            system.add_sum(unknown, -known)
    return dict(attack(system).fixed)


def _protected(table: Table) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """What our engine hides, and what of it are small numbers: categories alone, as totals are large here."""
    cells = []
    for (area, category), (tail, head) in table.ends().items():
        count = table.counts[area, category]
        judged = judge_count(
            count, profile=MINISTRIES, class_=DisclosureClass.R1, population=999, households=99, is_below_district=False
        )
        rank = 0 if area.startswith("v") else 1 if area.startswith("d") else 2
        cells.append(
            Cell((area, category), tail, head, count, judged, rank, may_hide=category != "", is_secret=category != "")
        )
    outcome = protect(cells, profile=MINISTRIES, table="reference")
    hidden = {(one[0], one[1]) for one, judged in outcome.items() if judged.is_hidden}
    return hidden, {cell for cell in hidden if table.counts[cell] < MINISTRIES.minimum_cell}


def _audited(
    reference: Installed, tables: Sequence[Table], hidden: Sequence[set[tuple[str, str]]]
) -> list[dict[tuple[str, str], tuple[int, int]]]:
    questions = [table.question(one, one) for table, one in zip(tables, hidden, strict=True)]
    answer = reference.ask({"what": "audit", "factor": float(FACTOR), "tables": questions})
    found = []
    for table, cells in zip(tables, answer, strict=True):
        name = {at: cell for cell, at in table.number.items()}
        found.append({name[at]: (round(least), round(most)) for at, least, most in cells})
    return found


def test_flows_and_their_linear_program_place_every_hidden_number_between_the_same_values(
    reference: Installed,
) -> None:
    tables, hidden = [], []
    for seed in range(20):
        table, chance = _table(seed, small=0.2), Random(100 + seed)
        tables.append(table)
        hidden.append({cell for cell in table.counts if chance.random() < chance.choice((0.2, 0.5))})
    tight = 0
    for table, one, theirs in zip(tables, hidden, _audited(reference, tables, hidden), strict=True):
        network = _network(table, one)
        assert {cell: network.interval(cell) for cell in one} == theirs
        fixed = {cell: least for cell, (least, most) in theirs.items() if least == most}
        assert _told(table, one) == fixed
        tight += len(fixed)
    assert tight > 10


@pytest.mark.pasal("7(2)")
def test_what_we_hide_holds_before_their_audit(reference: Installed) -> None:
    tables = [_table(seed, small=0.15) for seed in range(40, 55)]
    hidden = [_protected(table)[0] for table in tables]
    found = _audited(reference, tables, hidden)
    assert sum(map(len, found)) > 100
    for intervals in found:
        for cell, (least, most) in intervals.items():
            assert most - least >= LEAST_WIDTH, cell


def test_their_audit_tells_numbers_where_only_the_small_ones_are_hidden(reference: Installed) -> None:
    tables = [_table(seed, small=0.15) for seed in range(40, 55)]
    found = _audited(reference, tables, [_protected(table)[1] for table in tables])
    assert any(least == most for intervals in found for least, most in intervals.values())


def test_what_they_hide_holds_before_our_attacker(reference: Installed) -> None:
    tables = [_table(seed, small=0.15) for seed in range(70, 78)]
    sensitive = [{cell for cell, count in table.counts.items() if count < MINISTRIES.minimum_cell} for table in tables]
    questions = [table.question(set(), one) for table, one in zip(tables, sensitive, strict=True)]
    answer = reference.ask({"what": "suppress", "tables": questions})
    for table, small, cells in zip(tables, sensitive, answer, strict=True):
        name = {at: cell for cell, at in table.number.items()}
        hidden = {name[at] for at in cells}
        assert small < hidden
        assert not small & _told(table, hidden).keys()
        assert small & _told(table, small).keys() or len(small) > 1
