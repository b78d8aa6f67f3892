"""Everything that is published of an invented regency, handed to someone with a linear program."""

from __future__ import annotations

from typing import Any

import pytest

from tenun.disclosure.profile import MINISTRIES
from tenun.disclosure.state import ValueState
from tenun.disclosure.suppression import LEAST_WIDTH, NotProtectable
from tenun.indicators import compute, cube, definition, protection
from tenun.indicators.areas import parent_of
from tenun.indicators.definition import Kind
from tenun.indicators.measure import TOTAL, Counts, Measurement
from tests.property.disclosure.attacker import Knowledge
from tests.property.indicators import invented

SMALL = MINISTRIES.minimum_cell - 1
DEFINITIONS = definition.load_all()
COUNTED = (Kind.COUNT, Kind.RATIO)
"""Where a reader is after one number of persons, and knows everything else there is."""


@pytest.mark.parametrize("seed", range(12))
def test_no_hidden_number_of_an_invented_regency_can_be_told(seed: int) -> None:
    assert not _told(seed)


def test_the_attacker_succeeds_where_only_small_numbers_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the test above would prove nothing."""
    for name in ("protect_totals", "protect_breakdown", "refuse_what_is_told"):
        monkeypatch.setattr(protection, name, lambda *_: None)
    assert _told(0)


@pytest.mark.pasal("7(2)")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("undone", ["protect_breakdown", "_beside and flows"])
def test_nothing_is_published_where_a_hidden_number_can_be_told(
    seed: int, undone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong in hiding: the last look finds it, by other means."""
    if undone == "protect_breakdown":
        monkeypatch.setattr(protection, undone, lambda *_: None)
    else:
        monkeypatch.setattr(protection, "ROUNDS", 0)
        monkeypatch.setattr(protection._Scopes, "settle", lambda *_: None)
    places = invented.areas(districts=3, villages=4)
    with pytest.raises(NotProtectable):
        compute.make(
            invented.inputs(seed, places), areas=places, reference_date=invented.DATE, settings=compute.Settings()
        )


def test_several_processes_publish_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    places = invented.areas(districts=3, villages=4)
    known = {name: DEFINITIONS[name] for name in ("A1", "B1", "C1", "G1")}
    settings = compute.Settings(definitions=known)
    alone = compute.make(invented.inputs(1, places), areas=places, reference_date=invented.DATE, settings=settings)
    monkeypatch.setattr(protection, "AREAS_A_PROCESS_IS_WORTH", 0)
    shared = compute.make(invented.inputs(1, places), areas=places, reference_date=invented.DATE, settings=settings)
    assert shared == alone


def _told(seed: int) -> list[tuple[str, ...]]:
    """Hidden numbers that everything published leaves fewer possibilities for than the rule demands."""
    places = invented.areas(districts=3, villages=4)
    inputs = invented.inputs(seed, places)
    figures = compute.make(inputs, areas=places, reference_date=invented.DATE, settings=compute.Settings())
    rows = {
        (row["indicator"], row["area_code"], row["breakdown"], row["category"]): row
        for row in figures.values.to_pylist()
    }
    truth = _truth(inputs, places)
    for row in rows.values():
        if not ValueState(row["state"]).has_value:
            assert {row[name] for name in ("value", "numerator", "denominator", "low", "high")} == {None}
    secrets = _secrets(rows, truth)
    assert secrets, "this seed hides nothing and so tests nothing"
    told = []
    for name, (low, high) in _knowledge(rows, truth, places).intervals(list(secrets)).items():
        assert low - 1e-5 <= secrets[name] <= high + 1e-5, name
        room = LEAST_WIDTH if len(name) == 4 else min(LEAST_WIDTH, truth[name[:4]].denominator)
        if high - low < room - 1e-5:
            told.append(name)
    return told


def _truth(inputs, places) -> dict[tuple[str, str, str, str], Counts]:
    listed = {area.code: area for area in places}
    measurement = Measurement(inputs, places, reference_date=invented.DATE)
    built = {
        one.id: cube.build(one, inputs, measurement, listed, reference_date=invented.DATE)
        for one in DEFINITIONS.values()
    }
    measurement.close()
    return {(indicator, area, *slot): counts for indicator, one in built.items() for area, slot, counts in one.exact()}


def _has_numbers(row: dict[str, Any]) -> bool:
    return row["state"] not in ("ns", "nc")


def _secrets(rows, truth) -> dict[tuple[str, ...], int]:
    """Hidden numbers that tell of few people, or that were hidden to protect those: with their true values."""
    secrets: dict[tuple[str, ...], int] = {}
    for key, row in rows.items():
        one = DEFINITIONS[key[0]]
        if ValueState(row["state"]).has_value or not _has_numbers(row) or one.is_of_things:
            continue
        is_doubted = row["reason"] in ("match_rate_low", "unknown_high", "incomplete", "nothing_there")
        counts = truth[key]
        if one.kind in COUNTED and counts.numerator > 0 and (not is_doubted or counts.numerator <= SMALL):
            secrets[key] = counts.numerator
        if (
            one.kind is Kind.RATE
            and counts.denominator
            and (not is_doubted or min(counts.numerator, counts.rest) <= SMALL)
        ):
            secrets[*key, "numerator"] = counts.numerator
            secrets[*key, "rest"] = counts.rest
    return secrets


def _knowledge(rows, truth, places) -> Knowledge:
    known = Knowledge()
    children: dict[str, list[str]] = {}
    for area in places:
        children.setdefault(parent_of(area.code) or "", []).append(area.code)
    for key, row in rows.items():
        indicator, area, breakdown, category = key
        kind = DEFINITIONS[indicator].kind
        if not _has_numbers(row) or DEFINITIONS[indicator].is_of_things:
            continue
        parts = [()] if kind in COUNTED else [("numerator",), ("rest",), ("unknown",)]
        below = [(indicator, one, breakdown, category) for one in children.get(area, [])]
        within = [one[1] for one in below if one in rows and _has_numbers(rows[one])]
        for part in parts:
            if within:
                known.sums.append(((*key, *part), [(indicator, one, breakdown, category, *part) for one in within]))
        if kind is Kind.RATE:
            known.sums.append(((*key, "denominator"), [(*key, "numerator"), (*key, "rest")]))
        if (breakdown, category) == TOTAL and kind is Kind.COUNT:
            for dimension in DEFINITIONS[indicator].breakdown_dimensions:
                categories = [one for one in rows if one[:3] == (indicator, area, str(dimension))]
                known.sums.append((key, categories))
        if kind is Kind.RATIO:
            # What it is divided by is known to everyone, so it tells the count it is a ratio of.
            known.sums.append((key, [(DEFINITIONS[indicator].disclosure.whole or "", *key[1:])]))
        if kind is Kind.RATE and not within and indicator in ("B1", "B13"):
            whole = ("A1", area, *TOTAL) if indicator == "B1" else ("B1", area, *TOTAL, "numerator")
            known.sums.append((whole, [(*key, *part) for part in parts]))
        _learn(known, key, row, truth[key])
    return known


def _learn(known: Knowledge, key: tuple[str, ...], row: dict[str, Any], counts: Counts) -> None:
    """What a row tells to someone who has read the rules."""
    is_rate = DEFINITIONS[key[0]].kind is Kind.RATE
    state = ValueState(row["state"])
    if state.has_value and not is_rate:
        known.shown[key] = row["numerator"]
    elif state.has_value:
        known.shown[*key, "numerator"] = row["numerator"]
        known.shown[*key, "rest"] = row["denominator"] - row["numerator"]
        known.shown[*key, "denominator"] = row["denominator"]
        known.shown[*key, "unknown"] = counts.unknown  # from the band, taken as exact
    elif state is ValueState.LT and not is_rate:
        known.at_least[key], known.at_most[key] = 1, SMALL
    elif state is ValueState.LT:
        known.at_most[*key, "numerator"] = SMALL
        known.at_least[*key, "denominator"] = MINISTRIES.minimum_denominator
    elif row["reason"] == "small_rest":
        known.at_most[*key, "rest"] = SMALL
        known.at_least[*key, "denominator"] = MINISTRIES.minimum_denominator
    elif row["reason"] == "denominator_small":
        known.at_most[*key, "denominator"] = MINISTRIES.minimum_denominator - 1
    elif row["reason"] == "population_small" and key[0] == "A1":
        known.at_most[key] = MINISTRIES.minimum_population - 1
