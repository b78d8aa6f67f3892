"""The comparison (P4): table, file and page say the same; nothing from beyond the account's area; a lasting address."""

import csv
import html
import io
import re
import shutil
from typing import Any

import openpyxl
import pytest

from tenun.disclosure.state import ValueState
from tenun.indicators import wording
from tenun.indicators.areas import Level
from tenun.indicators.results import Results
from tenun.node.home import NodeHome
from tests.lib import published_figures as published

pytestmark = pytest.mark.xdist_group("portal")

A, B, ELSEWHERE = "52.08.01.2002", "52.08.01.2003", "52.07.01.2001"
PAIR = {"wilayah": A, "dengan": B}


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def table_of(page: str) -> dict[str, list[str]]:
    """Indicator -> the cells of its row in the first table, as read."""
    body = page.partition("compare-table")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    found = {}
    for line in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL):
        name = re.search(r"/indikator/([A-Z0-9]+)/", line)
        assert name is not None
        found[name[1]] = [plain(cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", line, re.DOTALL)]
    return found


def file_of(client: Any, **query: str) -> list[dict[str, str]]:
    answer = client.get("/banding.csv", query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.fixture
def results(node: NodeHome) -> Results:
    return Results.open(node.lake)


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("whole", ["", "ya"])
def test_table_csv_and_xlsx_hold_the_same_figures_and_the_count_is_that_of_the_page(
    sign_in: Any, results: Results, language: str, whole: str
) -> None:
    client = sign_in("kabupaten.desa")
    client.cookies["tenun_language"] = language
    query = {"wilayah": A, "dengan": f"{B},52.08.01.2001", **({"semua": whole} if whole else {})}
    page = client.get("/banding/", query).text
    rows = file_of(client, **query)
    table = table_of(page)
    assert len(table) > 20 if whole else len(table) <= 12
    assert len(rows) == sum(len(cells) for cells in table.values()) == len(table) * 4
    assert f"{len(rows)} " + ("angka ada pada tabel" if language == "id" else "figures stand in the table") in plain(
        page
    )
    by_indicator: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_indicator.setdefault(row["indicator"], []).append(row)
    assert list(by_indicator) == list(table)
    for indicator, cells in table.items():
        assert [row["column"] for row in by_indicator[indicator]] == ["A", "B", "C", "reference"]
        for cell, row in zip(cells, by_indicator[indicator], strict=True):
            value = results.value(indicator, row["area_code"])
            assert row["shown"] == wording.say(value, language)
            assert row["shown"].replace("\u00a0", " ") in cell
            assert row["state"] == value.state
            assert row["value"] == ("" if value.value is None else f"{value.value:g}")
            assert row["comparison"] in cell
    book = openpyxl.load_workbook(io.BytesIO(client.get("/banding.xlsx", query).content))
    from_xlsx = [
        ["" if cell is None else str(cell) for cell in line]
        for line in book["data"].iter_rows(min_row=2, values_only=True)
    ]
    assert from_xlsx == [list(row.values()) for row in rows]


def test_a_hidden_figure_is_nowhere_and_its_state_has_sign_words_and_pattern(sign_in: Any, results: Results) -> None:
    villages = results.within(published.REGENCY, Level.VILLAGE)
    hidden = {
        state: next(one.code for one in villages if results.value("B2", one.code).state is state)
        for state in (ValueState.LT, ValueState.SUP, ValueState.NA, ValueState.NC)
    }
    first, *others = hidden.values()
    client = sign_in("kabupaten.desa")
    query = {"wilayah": first, "dengan": ",".join(others)}
    page = client.get("/banding/", query).text
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page.partition("<tbody>")[2].partition("</tbody>")[0], re.DOTALL)
    for state in hidden:
        shown = [cell for cell in cells if f'data-state="{state}"' in cell]
        assert shown
        for cell in shown:
            assert f"url(#p-{state})" in cell
            assert plain(cell).strip()
    rows = [row for row in file_of(client, **query) if row["state"] in set(map(str, hidden))]
    assert rows
    assert all(row["value"] == row["low"] == row["high"] == row["comparison"] == "" and row["shown"] for row in rows)


@pytest.mark.pasal("3(1)c", "7(2)")
@pytest.mark.parametrize("path", ["/banding/", "/banding.csv", "/banding.xlsx"])
@pytest.mark.parametrize(
    "query",
    [
        {"wilayah": ELSEWHERE},
        {"wilayah": A, "dengan": ELSEWHERE},
        {"wilayah": A, "dengan": f"{B},{ELSEWHERE}"},
        {"wilayah": "52.08", "dengan": "52.07"},
        {"wilayah": "52"},
        {"wilayah": ELSEWHERE, "serupa": "ya"},
    ],
)
def test_an_account_of_one_regency_compares_nothing_outside_it(sign_in: Any, path: str, query: dict[str, str]) -> None:
    assert sign_in("kabupaten.desa").get(path, query).status_code == 403
    expected = 302 if "serupa" in query and path == "/banding/" else 200
    assert sign_in("petugas.naker").get(path, query).status_code == expected


@pytest.mark.pasal("7(2)")
def test_nothing_from_beyond_the_accounts_area_stands_on_the_page_or_in_the_file(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    for query in (PAIR, {"wilayah": "52.08"}, {"wilayah": "52.08.01", "dengan": "52.08.02"}):
        page = client.get("/banding/", query).text
        assert not re.search(r"52\.07|52\.0[0-79]\.", page)
        assert "Sumbawa Barat" not in page
        assert {row["area_code"][:5] for row in file_of(client, **query)} == {"52.08"}


def test_without_an_area_the_page_says_what_to_do_and_there_is_no_file(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    page = client.get("/banding/")
    assert page.status_code == 200
    assert "Pilih dua wilayah atau lebih" in page.text
    assert "<table" not in page.text
    assert client.get("/banding.csv").status_code == 404
    assert client.get("/banding.pdf", PAIR).status_code == 404
    assert client.get("/banding/", {"wilayah": "52.08.99.2001"}).status_code == 404


def test_one_area_is_measured_against_its_regency_and_asks_for_another(sign_in: Any) -> None:
    page = sign_in("kabupaten.desa").get("/banding/", {"wilayah": A}).text
    assert "Pilih paling sedikit satu wilayah lagi" in page
    assert "Acuan:" in page


def test_an_area_is_added_and_taken_out_by_links_alone(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    page = client.get("/banding/", {"q": "rempek gangga"}).text
    first = re.search(r'href="(/banding/\?wilayah=[\d.]+)"', page)
    assert first is not None
    page = client.get(first[1], {**dict([first[1].partition("?")[2].split("=")]), "q": "sokong"}).text
    added = re.search(r'href="(/banding/\?wilayah=([\d.]+)&amp;dengan=([\d.]+))"', page)
    assert added is not None
    page = client.get(html.unescape(added[1])).text
    removed = re.findall(r'class="compare-remove" href="([^"]+)"', page)
    assert [html.unescape(one) for one in removed] == [
        f"/banding/?wilayah={added[3]}",
        f"/banding/?wilayah={added[2]}",
    ]
    page = client.get("/banding/", {"wilayah": added[2], "q": added[2]}).text
    assert "sudah dipilih" in page


def test_what_looks_like_the_number_of_a_person_is_not_looked_up_or_shown_again(sign_in: Any) -> None:
    page = sign_in("kabupaten.desa").get("/banding/", {**PAIR, "q": "5208 0112 0101 0001"}).text
    assert "Ini tampak seperti nomor seseorang" in page
    assert "5208 0112" not in page.replace("q=5208", "")


def test_similar_villages_are_added_under_an_address_that_names_them_and_the_rule_is_printed(
    sign_in: Any, results: Results
) -> None:
    client = sign_in("kabupaten.desa")
    answer = client.get("/banding/", {"wilayah": A, "serupa": "ya"})
    assert answer.status_code == 302
    found = re.fullmatch(r"/banding/\?wilayah=([\d.]+)&dengan=(.+)", answer.headers["Location"])
    assert found is not None
    codes = found[2].replace("%2C", ",").split(",")
    assert found[1] == A
    assert len(set(codes)) == 4
    assert all(results.coverage[code].has_delivered for code in codes)
    page = plain(client.get(answer.headers["Location"]).text)
    for part in ("Seberapa serupa?", "Desa mana yang disebut serupa", "enam pertanyaan", "Kelas besar"):
        assert part in page


def test_a_sixth_area_and_another_level_are_left_out_and_said_so(sign_in: Any, results: Results) -> None:
    six = [one.code for one in results.within(published.REGENCY, Level.VILLAGE)][:6]
    client = sign_in("kabupaten.desa")
    page = plain(client.get("/banding/", {"wilayah": six[0], "dengan": ",".join([*six[1:], "52.08.01"])}).text)
    assert f"({six[5]}): paling banyak 5 wilayah dibandingkan sekaligus" in page
    assert "(52.08.01): tingkatnya lain dari wilayah pertama" in page
    assert {row["area_code"] for row in file_of(client, wilayah=six[0], dengan=",".join(six[1:]))} == {
        *six[:5],
        published.REGENCY,
    }


def test_the_permanent_address_shows_the_same_figures_after_newer_ones_have_come(sign_in: Any, node: NodeHome) -> None:
    client = sign_in("kabupaten.desa")
    page = client.get("/banding/", PAIR).text
    permanent = re.search(r'href="http://localhost(/banding/[^"]+potret=[^"]+)"', page)
    assert permanent is not None
    old = Results.open(node.lake).snapshot.id
    newer = published.publish(node.lake, as_of=published.AS_OF.replace(day=21), seed=98)
    try:
        assert newer.id in client.get("/banding/", PAIR).text
        then = client.get(html.unescape(permanent[1])).text
        assert table_of(then) == table_of(page)
        assert table_of(client.get("/banding/", PAIR).text) != table_of(page)
    finally:
        shutil.rmtree(newer.folder)
        (newer.folder.parent / "CURRENT").write_text(old)


def test_the_page_names_snapshot_agreement_and_whom_to_cite(sign_in: Any, results: Results) -> None:
    page = plain(sign_in("kabupaten.desa").get("/banding/", PAIR).text)
    assert f"potret {results.snapshot.id}" in page
    assert published.AGREEMENT in page
    assert "DATA BUATAN" in page


def test_profile_and_ranking_lead_to_the_comparison(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    assert f'href="/banding/?wilayah={A}&amp;serupa=ya"' in client.get(f"/wilayah/{A}/").text
    assert 'href="/banding/?wilayah=52.08.01"' in client.get("/wilayah/52.08.01/").text
    link = re.search(r'href="(/banding/\?wilayah=[^"]+)"', client.get("/peta/?indikator=B1&tingkat=desa").text)
    assert link is not None
    page = client.get(html.unescape(link[1]))
    assert page.status_code == 200
    assert page.text.count("compare-remove") == 5


def test_leadership_reads_the_comparison_and_takes_no_file(sign_in: Any) -> None:
    client = sign_in("pimpinan.desa")
    page = client.get("/banding/", PAIR)
    assert page.status_code == 200
    assert "/banding.csv" not in page.text
    assert client.get("/banding.csv", PAIR).status_code == 403


def test_the_page_keeps_what_every_page_has(sign_in: Any) -> None:
    """Names of this page's context do not lie over those of the frame: the search is empty, the reference a number."""
    page = sign_in("kabupaten.desa").get("/banding/", PAIR).text
    assert 'id="q" name="q" type="search" value=""' in page
    assert re.search(r"Rujukan <code>[0-9a-f]{8}</code>", page)
    assert "Tidak ada yang cocok" not in page
