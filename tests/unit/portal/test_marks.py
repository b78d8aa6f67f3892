"""The mark of a disputed figure: on which figures it is, how long, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from tenun.indicators.areas import Level
from tenun.indicators.definition import Breakdown, Source
from tenun.indicators.results import Results
from tenun.kernel.keys import MemoryKeys
from tenun.lake.store import Lake
from tenun.portal import marks
from tenun.portal.access import Scope
from tenun.portal.figures import Figures
from tenun.portal.marks import Mark
from tests.lib import published_figures as published

VILLAGE = "52.08.01.2002"
OBJECTED = "2026-11-01-aaaaaaaaaaaa"
ACCEPTED_ON = date(2026, 11, 20)


def mark(accepted_on: date | None = None, source: Source = Source.SID) -> Mark:
    return Mark(3, "A1", VILLAGE, source, OBJECTED, date(2026, 11, 9), accepted_on)


BEFORE, THAT_DAY, LATER = date(2026, 11, 12), ACCEPTED_ON, date(2026, 11, 21)
IS_ON = [
    # accepted on, snapshot, SID as of, SIAPKerja as of, whether
    (None, OBJECTED, BEFORE, BEFORE, True),
    (None, "2026-12-01-bbbbbbbbbbbb", LATER, LATER, True),
    (None, "2026-10-01-cccccccccccc", BEFORE, BEFORE, False),
    (ACCEPTED_ON, OBJECTED, BEFORE, BEFORE, True),
    (ACCEPTED_ON, OBJECTED, LATER, LATER, True),
    (ACCEPTED_ON, "2026-12-01-bbbbbbbbbbbb", BEFORE, LATER, True),
    (ACCEPTED_ON, "2026-12-01-bbbbbbbbbbbb", THAT_DAY, LATER, True),
    (ACCEPTED_ON, "2026-12-01-bbbbbbbbbbbb", LATER, BEFORE, False),
    (ACCEPTED_ON, "2026-12-01-bbbbbbbbbbbb", None, LATER, True),
    (ACCEPTED_ON, "2026-11-01-dddddddddddd", LATER, BEFORE, False),
    (ACCEPTED_ON, "2026-10-01-cccccccccccc", BEFORE, BEFORE, False),
]


@pytest.mark.parametrize(("accepted_on", "snapshot", "sid", "siapkerja", "is_on"), IS_ON)
def test_a_mark_stays_while_open_and_once_accepted_until_the_source_delivered_anew(
    accepted_on: date | None, snapshot: str, sid: date | None, siapkerja: date | None, is_on: bool
) -> None:
    assert mark(accepted_on).is_on(snapshot, sid_as_of=sid, siapkerja_as_of=siapkerja) is is_on
    # The same holds of the other source, by its own clock.
    other = mark(accepted_on, Source.SIAPKERJA)
    assert other.is_on(snapshot, sid_as_of=siapkerja, siapkerja_as_of=sid) is is_on


@pytest.mark.parametrize(
    ("accepted_on", "language", "label", "day"),
    [
        (None, "id", "disanggah", "9 Nov 2026"),
        (None, "en", "disputed", "9 Nov 2026"),
        (ACCEPTED_ON, "id", "sedang diperbaiki", "20 Nov 2026"),
        (ACCEPTED_ON, "en", "being put right", "20 Nov 2026"),
    ],
)
def test_a_mark_says_since_when_and_nothing_of_what_the_village_says(
    accepted_on: date | None, language: str, label: str, day: str
) -> None:
    assert marks.label(mark(accepted_on), language) == label
    assert day in marks.sentence(mark(accepted_on), language)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    lake = Lake(tmp_path_factory.mktemp("lake"), MemoryKeys())
    published.publish(lake)
    return Results.open(lake)


def marked(results: Results, *found: Mark) -> tuple[Figures, list[tuple[str, date | None]]]:
    asked: list[tuple[str, date | None]] = []

    def find(scope: Scope, oldest: date | None) -> Sequence[Mark]:
        asked.append((scope.area_code, oldest))
        return found

    return Figures(results, scope=Scope("52.08"), find_marks=find), asked


def test_the_figure_and_its_row_are_marked_and_nothing_beside_them(results: Results) -> None:
    figures, asked = marked(results, mark())
    assert figures.mark_of(figures.value("A1", VILLAGE)) == mark()
    assert figures.mark_of(figures.value("B1", VILLAGE)) is None
    assert figures.mark_of(figures.value("A1", "52.08.01.2003")) is None
    assert figures.mark_of(figures.value("A1", "52.08.01")) is None
    assert {figures.mark_of(one) for one in figures.categories("A1", VILLAGE, Breakdown.SEX)} == {None}
    rows = figures.rows(area="52.08.01", level=Level.VILLAGE, indicator=None, language="id")
    said = marks.sentence(mark(), "id")
    noted = [(row["indicator"], row["area_code"], row["breakdown"]) for row in rows if said in str(row["reason"])]
    assert noted == [("A1", VILLAGE, "")]
    assert asked == [("52.08", published.SID_AS_OF)], "asked once, of the account's own area"


def test_a_row_keeps_its_own_reason_before_the_note(results: Results) -> None:
    plain, _ = marked(results)
    figures, _ = marked(results, mark())
    for language in ("id", "en"):
        before = plain.rows(area=VILLAGE, level=Level.VILLAGE, indicator="A1", language=language)[0]
        after = figures.rows(area=VILLAGE, level=Level.VILLAGE, indicator="A1", language=language)[0]
        said = f"{before['reason']} {marks.sentence(mark(), language)}".strip()
        assert after == {**before, "reason": said}


def test_of_two_objections_the_open_one_is_shown(results: Results) -> None:
    accepted = Mark(2, "A1", VILLAGE, Source.SID, OBJECTED, date(2026, 10, 9), date(2026, 10, 20))
    figures, _ = marked(results, mark(), accepted)
    assert figures.mark_of(figures.value("A1", VILLAGE)) == mark()


def test_the_sheet_has_a_note_on_the_marked_line_and_is_otherwise_as_it_was(results: Results) -> None:
    plain, _ = marked(results)
    figures, _ = marked(results, mark())
    for language in ("id", "en"):
        before, after = plain.sheet(VILLAGE, language=language), figures.sheet(VILLAGE, language=language)
        said = {line.indicator: after.notes[line.note - 1] for line in after.lines if line.note is not None}
        was = {line.indicator: before.notes[line.note - 1] for line in before.lines if line.note is not None}
        assert said == {**was, "A1": f"{was.get('A1', '')} {marks.sentence(mark(), language)}".strip()}
        assert set(after.notes) == set(said.values()), "a note that no line points to tells nobody anything"
        assert [line.shown for line in after.lines] == [line.shown for line in before.lines]
    assert figures.sheet("52.08.01", language="id") == plain.sheet("52.08.01", language="id")
