"""The profile on two pages: the figures and states of the page and the file, cell by cell, and read out in order."""

import csv
import html
import io
import re
from typing import Any

import pytest

from tenun.disclosure.state import ValueState
from tenun.indicators.areas import Level
from tenun.indicators.results import Results
from tenun.node.home import NodeHome
from tests.lib import published_figures as published
from tests.lib import tagged_pdf

pytestmark = pytest.mark.xdist_group("portal")

SIGN = re.compile(r'<span class="state-sign"[^>]*>.*?</span>', re.DOTALL)


def words(piece: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", SIGN.sub("", piece)))).strip()


def villages_in_every_state(results: Results) -> dict[ValueState, str]:
    """One village of each state that the fixture has, and one with plain figures."""
    codes = [area.code for area in results.areas.values() if area.level is Level.VILLAGE]
    found = {results.value("B1", code).state: code for code in reversed(codes)}
    assert set(found) == {state for state, _ in published.STATES.values()} | {ValueState.OK}
    return found


def on_page(page: str) -> tuple[dict[str, str], dict[str, list[list[str]]]]:
    """Name of a figure -> what is shown; heading of a table of categories -> its rows."""
    figures = dict(
        re.findall(r'class="figure-name"><a[^>]*>(.*?)</a>.*?class="figure-value[^>]*>(.*?)</p>', page, re.DOTALL)
    )
    tables = {}
    for caption, body in re.findall(r"<caption>(.*?)</caption>.*?<tbody>(.*?)</tbody>", page, re.DOTALL):
        rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
        tables[words(caption)] = [
            [words(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)] for row in rows
        ]
    return {words(name): words(value) for name, value in figures.items()}, tables


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def results(node: NodeHome) -> Results:
    return Results.open(node.lake)


@pytest.mark.parametrize("language", ["id", "en"])
def test_paper_page_and_file_hold_the_same_figures_in_every_state(
    sign_in: Any, results: Results, language: str
) -> None:
    client = sign_in("petugas.naker")
    client.cookies["tenun_language"] = language
    for state, code in villages_in_every_state(results).items():
        paper = tagged_pdf.read(client.get(f"/wilayah/{code}/lembar.pdf").content)
        figures, tables = on_page(client.get(f"/wilayah/{code}/").content.decode().partition("<main")[2])
        told = client.get(f"/unduh/angka.csv?wilayah={code}&tingkat=desa").content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(told)))
        totals = {row["name"]: row for row in rows if not row["breakdown"]}
        first, *others = paper.tables
        assert (
            len(first) - 1
            == len(totals)
            == len(figures)
            == len(results.area(code)) - sum(bool(value.breakdown) for value in results.area(code))
        ), state
        for _code, name, shown, _basis, _note in first[1:]:
            assert plain(shown) == figures[name], (state, name)
            # A number without a percent sign has its unit behind it; the file has the unit in a column of its own.
            assert plain(shown).startswith(plain(totals[name]["shown"])), (state, name)
        assert len(others) == len(tables) > 0
        for on_paper, (caption, on_screen) in zip(others, tables.items(), strict=True):
            assert on_paper[0][0] == caption
            assert [[plain(cell) for cell in row] for row in on_paper[1:]] == on_screen, (state, caption)
        by_category = sorted(plain(row["shown"]) for row in rows if row["breakdown"])
        shown = sorted(cell for table in tables.values() for row in table[:-1] for cell in row[1:])
        # Rows of nobody ("not known", a true zero) are in the file and need no line on the page.
        left_out = len(by_category) - len(shown)
        assert left_out == sum(
            row["category"] == "missing" and row["state"] == "zero" for row in rows if row["breakdown"]
        ), state
        assert not set(shown) - set(by_category), state


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_sheet_is_two_pages_that_a_screen_reader_can_read(sign_in: Any, results: Results, language: str) -> None:
    client = sign_in("petugas.naker")
    client.cookies["tenun_language"] = language
    areas = ["52.08.01", "52.08", "52", "00", *villages_in_every_state(results).values()]
    for code in areas:
        answer = client.get(f"/wilayah/{code}/lembar.pdf")
        assert answer.headers["Content-Type"] == "application/pdf"
        paper = tagged_pdf.read(answer.content)
        assert (paper.pages, paper.language, paper.conformance) == (2, language, "1")
        assert (paper.is_marked, paper.shows_title) == (True, True), code
        assert paper.title == paper.headings[0]
        assert paper.header_cells == sum(len(table[0]) for table in paper.tables)
        assert all(cell for table in paper.tables for cell in table[0]), "a column without a heading"
        for part in (published.AGREEMENT, results.snapshot.id, "sdc-1"):
            assert part in paper.text


def test_the_sheet_says_that_it_is_invented_and_whom_it_is_for(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    answer = client.get("/wilayah/52.08.01.2002/lembar.pdf")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="data-buatan_tenun_52.08.01.2002')
    assert answer.content == client.get("/wilayah/52.08.01.2002/lembar.pdf").content
    # Of what lies above, the account's own regency and no more.
    assert "Provinsi" not in tagged_pdf.read(answer.content).text
    assert "Kabupaten" in tagged_pdf.read(answer.content).text
    page = client.get("/wilayah/52.08.01.2002/").content.decode()
    assert 'href="/wilayah/52.08.01.2002/lembar.pdf"' in page


@pytest.mark.pasal("7(2)")
@pytest.mark.parametrize(
    ("username", "code", "status"),
    [
        ("kabupaten.desa", "52.07.01.2001", 403),
        ("kabupaten.desa", "52", 403),
        ("provinsi.naker", "52.07.01.2001", 200),
        ("pimpinan.desa", "52.08.01.2002", 403),
        ("keamanan.naker", "52.08.01.2002", 403),
        ("petugas.naker", "33.10.01.2001", 404),
    ],
)
def test_a_sheet_is_given_inside_the_accounts_area_to_who_may_take_files(
    sign_in: Any, username: str, code: str, status: int
) -> None:
    answer = sign_in(username).get(f"/wilayah/{code}/lembar.pdf")
    assert answer.status_code == status
    assert (answer.headers["Content-Type"] == "application/pdf") == (status == 200)
