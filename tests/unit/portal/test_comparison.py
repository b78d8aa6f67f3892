"""Areas side by side: which, against what, by which rule; what is hidden is never judged and never placed."""

from dataclasses import replace
from datetime import date

import pytest

from tenun.disclosure.state import ValueState
from tenun.indicators import definition as definitions
from tenun.indicators.areas import Area, Level, level_of
from tenun.indicators.results import AreaUnknown, Results, Value
from tenun.kernel.keys import MemoryKeys
from tenun.lake.store import Lake
from tenun.portal.access import Scope
from tenun.portal.compare import choice, similar, strip, table
from tenun.portal.compare.choice import LeftOutFor
from tenun.portal.compare.similar import Question, RegencyKind, Traits, VillageKind
from tenun.portal.compare.table import Cell, Row, Verdict
from tenun.portal.figures import Figures, OutsideScope
from tests.lib import published_figures as published

RATE = definitions.load_all()["B1"]
COUNT = definitions.load_all()["C1"]
VILLAGE, NEIGHBOUR, OTHER_DISTRICT = "52.08.01.2002", "52.08.01.2003", "52.08.02.2001"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    lake = Lake(tmp_path_factory.mktemp("lake"), MemoryKeys())
    published.publish(lake)
    return Results.open(lake)


def seen_from(results: Results, scope: str) -> Figures:
    return Figures(results, scope=Scope(scope))


def value(code: str, amount: float | None, *, low: float | None = None, high: float | None = None) -> Value:
    state = ValueState.OK if amount is not None else ValueState.LT
    return Value(
        indicator="B1", version=1, level=level_of(code), area_code=code, area_name=code, breakdown="", category="",
        state=state, value=amount, numerator=None, denominator=None, low=low, high=high, unit="%", reason=None,
        sid_as_of=date(2026, 10, 1), siapkerja_as_of=None, rule_version="sdc-1",
    )  # fmt: skip


def rate(low: float, high: float, code: str = VILLAGE) -> Value:
    return value(code, (low + high) / 2, low=low, high=high)


def row(*values: Value, reference: Value | None = None) -> Row:
    return Row(RATE, tuple(Cell(Area(one.area_code, one.area_name), one, None) for one in values), reference)


# --- which areas -------------------------------------------------------------------------------------


def test_an_area_stands_once_and_in_the_order_of_the_address(results: Results) -> None:
    found = choice.read(seen_from(results, "00"), [NEIGHBOUR, f"{VILLAGE}, {NEIGHBOUR},", ""])
    assert found.codes == (NEIGHBOUR, VILLAGE)
    assert found.free == 3


def test_a_sixth_area_another_level_and_the_country_are_left_out_and_named(results: Results) -> None:
    figures = seen_from(results, "00")
    six = [one.code for one in figures.descendants("52.08", Level.VILLAGE)][:6]
    found = choice.read(figures, [",".join([*six, "52.08.01", "00"])])
    assert found.codes == tuple(six[:5])
    assert [(area.code, why) for area, why in found.left_out] == [
        (six[5], LeftOutFor.TOO_MANY),
        ("52.08.01", LeftOutFor.OTHER_LEVEL),
        ("00", LeftOutFor.WHOLE_COUNTRY),
    ]


@pytest.mark.pasal("3(1)c", "7(2)")
@pytest.mark.parametrize("scope", ["52.08", "52.08.01", VILLAGE])
def test_an_area_outside_the_accounts_area_is_refused_wherever_it_stands(results: Results, scope: str) -> None:
    for codes in (["52.07.01.2001"], [VILLAGE, "52.07.01.2001"], [",".join([VILLAGE, "52.07.01.2001"])]):
        with pytest.raises(OutsideScope):
            choice.read(seen_from(results, scope), codes)


def test_an_area_without_figures_is_no_area_to_compare(results: Results) -> None:
    with pytest.raises(AreaUnknown):
        choice.read(seen_from(results, "00"), ["33.01.01.2001"])


REFERENCES = {
    ("00", VILLAGE, OTHER_DISTRICT): "52.08",
    ("00", VILLAGE, NEIGHBOUR): "52.08",
    ("00", VILLAGE, "52.07.01.2001"): "52",
    ("00", "52.08.01", "52.08.02"): "52.08",
    ("00", "52.08", "52.07"): "52",
    ("00", "52"): "00",
    ("52.08", VILLAGE, NEIGHBOUR): "52.08",
    ("52.08.01", VILLAGE, NEIGHBOUR): "52.08.01",
    ("52.08", "52.08"): None,
    (VILLAGE, VILLAGE): None,
}


@pytest.mark.parametrize(("asked", "expected"), REFERENCES.items())
def test_the_reference_is_the_regency_or_the_widest_that_the_account_may_see(
    results: Results, asked: tuple[str, ...], expected: str | None
) -> None:
    scope, *codes = asked
    figures = seen_from(results, scope)
    found = choice.reference(figures, choice.read(figures, codes))
    assert (found.code if found else None) == expected


@pytest.mark.parametrize(
    ("scope", "codes", "expected"),
    [
        ("00", [VILLAGE, "52.07.01.2001"], ["52.07", "52.08"]),
        ("52.08.01", [VILLAGE, NEIGHBOUR], ["52.08.01"]),
        ("52.08", ["52.08"], ["52.08"]),
        ("00", ["52.08", "52.07"], ["52"]),
    ],
)
def test_areas_are_placed_among_those_around_that_the_account_may_see(
    results: Results, scope: str, codes: list[str], expected: list[str]
) -> None:
    figures = seen_from(results, scope)
    assert [area.code for area in choice.peer_areas(figures, choice.read(figures, codes))] == expected


def test_every_row_has_a_cell_for_every_area_and_only_indicators_of_that_level(results: Results) -> None:
    figures = seen_from(results, "00")
    chosen = choice.read(figures, [VILLAGE, NEIGHBOUR])
    main = table.rows(figures, chosen, figures.area("52.08"), is_whole=False)
    whole = table.rows(figures, chosen, figures.area("52.08"), is_whole=True)
    assert [one.definition.id for one in main] == [one for one in table.MAIN if one in figures.definitions]
    assert {one.definition.id for one in whole} == {
        one.id for one in figures.definitions.values() if Level.VILLAGE in one.levels
    }
    for one in whole:
        assert [cell.value for cell in one.cells] == [
            figures.value(one.definition.id, code) for code in (VILLAGE, NEIGHBOUR)
        ]
        assert one.reference == figures.value(one.definition.id, "52.08")


# --- what may be said of a difference ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (rate(50, 59.9), Verdict.BELOW),
        (rate(50, 60), Verdict.SAME),
        (rate(62, 65), Verdict.SAME),
        (rate(70, 75), Verdict.SAME),
        (rate(70.1, 75), Verdict.ABOVE),
        (value(VILLAGE, None), None),
    ],
)
def test_a_rate_differs_only_where_the_bands_do_not_touch(one: Value, expected: Verdict | None) -> None:
    assert table.verdict(one, rate(60, 70, "52.08"), RATE) is expected


def test_nothing_is_judged_against_a_hidden_reference_or_of_a_number_of_people() -> None:
    assert table.verdict(rate(60, 70), value("52.08", None), RATE) is None
    assert table.verdict(rate(60, 70), None, RATE) is None
    assert table.verdict(rate(90, 95), rate(1, 2, "52.08"), COUNT) is None


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([rate(10, 20), rate(20, 30)], Verdict.ABOVE),
        ([rate(10, 20), value(NEIGHBOUR, None)], Verdict.ABOVE),
        ([rate(90, 95), rate(80, 85)], Verdict.BELOW),
        ([rate(10, 20), rate(80, 85)], None),
        ([rate(10, 20), rate(45, 85)], None),
        ([value(NEIGHBOUR, None)], None),
        ([], None),
    ],
)
def test_an_area_lies_beyond_the_others_only_where_all_of_them_lie_on_one_side(
    others: list[Value], expected: Verdict | None
) -> None:
    assert table.beyond(row(rate(50, 60), *others)) is expected


# --- the picture (its words need the portal: test_compare_strips) ----------------------------------


def test_figures_whose_match_rate_is_known_to_be_low_are_set_beside_nothing() -> None:
    values = [value(VILLAGE, 10), value(NEIGHBOUR, 20), value(OTHER_DISTRICT, 30)]
    matches = [value(VILLAGE, 60), value(NEIGHBOUR, 80), value(OTHER_DISTRICT, None)]
    assert strip.usable(values, matches, is_linked=True) == [20, 30]
    assert strip.usable(values, matches, is_linked=False) == [10, 20, 30]


# --- similar villages -----------------------------------------------------------------------------------

BASE = Traits(VILLAGE, RegencyKind.REGENCY, VillageKind.DESA, 1500, 40.0, "MAJU", False)


def test_each_question_is_answered_yes_no_or_not_known() -> None:
    same = replace(BASE, code=NEIGHBOUR)
    assert set(similar.answers(BASE, same).values()) == {True}
    changes: dict[Question, tuple[Traits, Traits]] = {
        Question.REGENCY_KIND: (replace(same, regency_kind=RegencyKind.CITY), same),
        Question.VILLAGE_KIND: (replace(same, village_kind=VillageKind.ADAT), replace(same, village_kind=None)),
        Question.INDEX_STATUS: (replace(same, index_status="MANDIRI"), replace(same, index_status=None)),
        Question.DISADVANTAGED: (replace(same, is_disadvantaged=True), replace(same, is_disadvantaged=None)),
        Question.SIZE: (replace(same, adults=2000), replace(same, adults=None)),
        Question.SCHOOLING: (replace(same, schooling=45.1), replace(same, schooling=None)),
    }
    assert set(changes) == set(Question)
    for question, (different, unknown) in changes.items():
        assert similar.answers(BASE, different)[question] is False
        assert similar.answers(BASE, unknown)[question] is (True if unknown is same else None)
    assert similar.answers(BASE, replace(same, schooling=45.0))[Question.SCHOOLING] is True


@pytest.mark.parametrize(("adults", "expected"), [(499, 0), (500, 1), (999, 1), (1000, 2), (4000, 4), (None, None)])
def test_a_size_class_begins_at_its_limit(adults: float | None, expected: int | None) -> None:
    assert replace(BASE, adults=adults).size_class == expected


def test_more_answers_come_first_then_the_nearer_size_then_the_same_regency_then_the_code() -> None:
    wanted = [
        replace(BASE, code="52.08.02.2001", adults=1500),
        replace(BASE, code="52.01.01.2001", adults=1500),
        replace(BASE, code="52.01.01.2002", adults=1500),
        replace(BASE, code="52.08.02.2002", adults=1900),
        replace(BASE, code="52.08.02.2003", adults=1500, index_status="TERTINGGAL"),
        replace(BASE, code="52.08.02.2004", adults=None),
        replace(BASE, code="52.08.02.2005", adults=9000, index_status=None),
    ]
    mixed = [BASE, *reversed(wanted)]
    assert [one.code for one in similar.order(BASE, mixed)] == [one.code for one in wanted]


def test_similar_villages_have_data_lie_in_the_accounts_area_and_are_not_chosen_yet(
    results: Results, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lake = Lake(tmp_path_factory.mktemp("empty"), MemoryKeys())
    for scope in ("00", "52.08", "52.08.01"):
        figures = seen_from(results, scope)
        delivered = {one.village_code for one in figures.villages(scope) if one.has_delivered}
        found = similar.nearest(figures, lake, figures.area(VILLAGE), without=(VILLAGE, NEIGHBOUR), count=4)
        assert len(found) == 4
        assert {area.code for area in found} <= delivered - {VILLAGE, NEIGHBOUR}
        assert all(figures.scope.covers(area.code) for area in found)
    alone = seen_from(results, VILLAGE)
    assert similar.nearest(alone, lake, alone.area(VILLAGE), without=(VILLAGE,), count=4) == []
