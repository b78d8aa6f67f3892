"""What pages and files say: the same figures everywhere, in both languages, with their states and their dates."""

import csv
import html
import io
import re
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

VILLAGE = "52.08.01.2002"


def text_of(answer: Any) -> str:
    """What a reader reads, with spaces made alike."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def cells(page: str) -> list[tuple[str, list[str]]]:
    """(area code, cells) of the ranking's rows."""
    rows = re.findall(r"<tr>(.*?)</tr>", page.partition("<tbody>")[2].partition("</tbody>")[0], re.DOTALL)
    found = []
    for row in rows:
        code = re.search(r"/wilayah/([\d.]+)/", row)
        assert code is not None
        parts = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
        found.append((code[1], [html.unescape(re.sub(r"<[^>]+>", "", part)).strip() for part in parts]))
    return found


@pytest.fixture
def results(node: NodeHome) -> Results:
    return Results.open(node.lake)


@pytest.mark.parametrize("indicator", ["A1", "B1", "C1", "D1", "D5", "D8", "G1", "G3"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_page_csv_and_xlsx_hold_the_same_figures_in_the_same_states(
    sign_in: Any, results: Results, indicator: str, language: str
) -> None:
    client = sign_in("kabupaten.desa")
    client.cookies["tenun_language"] = language
    query = f"?wilayah=52.08&tingkat=desa&indikator={indicator}"
    page = dict(cells(client.get(f"/peta/{query}").content.decode()))
    values = {value.area_code: value for value in results.level(Level.VILLAGE, parent="52.08", indicator=indicator)}
    assert set(page) == set(values)
    from_csv = list(csv.DictReader(io.StringIO(client.get(f"/unduh/angka.csv{query}").content.decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/unduh/angka.xlsx{query}").content))
    headings = list(from_csv[0])
    from_xlsx = [dict(zip(headings, row, strict=True)) for row in book["data"].iter_rows(min_row=2, values_only=True)]
    assert [{key: "" if cell is None else str(cell) for key, cell in row.items()} for row in from_xlsx] == from_csv
    totals = {row["area_code"]: row for row in from_csv if not row["breakdown"]}
    for code, value in values.items():
        shown = wording.say(value, language)
        assert shown in page[code][2], code
        assert totals[code]["shown"] == shown
        assert totals[code]["state"] == value.state
        assert totals[code]["value"] == ("" if value.value is None else f"{value.value:g}")


def test_a_hidden_figure_is_nowhere_in_page_or_file(sign_in: Any, node: NodeHome) -> None:
    """The fixture's hidden figures have no value at all, so an empty cell is the only honest one."""
    client = sign_in("kabupaten.desa")
    rows = list(csv.DictReader(io.StringIO(client.get("/unduh/angka.csv?tingkat=desa").content.decode("utf-8-sig"))))
    hidden = [row for row in rows if row["state"] in ("lt", "sup", "nc", "ns", "na", "cut")]
    assert len(hidden) > 50
    assert all(row["value"] == row["low"] == row["high"] == "" and row["shown"] for row in hidden)


def test_count_on_the_download_page_equals_the_lines_of_the_file(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    rows = list(csv.DictReader(io.StringIO(client.get("/unduh/angka.csv?tingkat=desa").content.decode("utf-8-sig"))))
    assert f"{len(rows):,} angka".replace(",", ".") in text_of(client.get("/unduh/"))


def test_a_village_page_names_its_sources_dates_agreement_and_snapshot(sign_in: Any, results: Results) -> None:
    text = text_of(sign_in("kabupaten.desa").get(f"/wilayah/{VILLAGE}/"))
    for part in (
        VILLAGE,
        "12 Okt 2026",
        "30 Okt 2026",
        published.AGREEMENT,
        results.agreement_rev[:12],
        results.snapshot.id,
        "sdc-1",
        "Data buatan",
    ):
        assert part in text
    for value in results.area(VILLAGE):
        assert wording.say(value, "id").replace("\u00a0", " ") in text


@pytest.mark.parametrize("path", ["/", "/peta/", "/cari/", f"/wilayah/{VILLAGE}/", "/unduh/", "/indikator/b1/"])
@pytest.mark.parametrize(("language", "banner"), [("id", "Data buatan"), ("en", "Invented data")])
def test_every_page_says_that_the_data_is_invented(sign_in: Any, path: str, language: str, banner: str) -> None:
    client = sign_in("kabupaten.desa")
    client.cookies["tenun_language"] = language
    answer = client.get(path)
    assert banner in text_of(answer)
    assert f'<html lang="{language}"' in answer.content.decode()


def test_files_say_that_the_data_is_invented(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    answer = client.get("/unduh/angka.xlsx?tingkat=desa")
    assert "data-buatan" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    first = book.worksheets[0]
    assert "DATA BUATAN" in str(first["A2"].value)
    assert answer.content == client.get("/unduh/angka.xlsx?tingkat=desa").content


def test_a_shared_address_shows_the_same_figures_after_newer_ones_have_come(sign_in: Any, node: NodeHome) -> None:
    client = sign_in("kabupaten.desa")
    old = Results.open(node.lake).snapshot.id
    before = client.get(f"/wilayah/{VILLAGE}/?potret={old}").content.decode().partition("<main")[2]
    newer = published.publish(node.lake, as_of=published.AS_OF.replace(day=20), seed=99)
    try:
        now, then = client.get(f"/wilayah/{VILLAGE}/"), client.get(f"/wilayah/{VILLAGE}/?potret={old}")
        assert newer.id in now.content.decode()
        assert "potret terdahulu" in text_of(then)
        figures = re.compile(r'class="figure-value[^>]*>(.*?)</p>', re.DOTALL)
        assert figures.findall(then.content.decode()) == figures.findall(before)
        assert figures.findall(now.content.decode()) != figures.findall(before)
        # From there every link to a figure stays with that snapshot.
        links = re.findall(
            r'href="(/(?:wilayah|indikator|peta|unduh)/[^"]*)"', then.content.decode().partition("<main")[2]
        )
        # The first is the one out of it: to the present figures.
        assert all(f"potret={old}" in link for link in links[1:]), links
    finally:
        import shutil

        shutil.rmtree(newer.folder)
        (newer.folder.parent / "CURRENT").write_text(old)


@pytest.mark.parametrize("snapshot", ["2020-01-01-000000000000", "../../core", "x", "2026-11-01-"])
def test_a_snapshot_that_is_not_there_is_not_found(sign_in: Any, snapshot: str) -> None:
    assert sign_in("petugas.naker").get("/", {"potret": snapshot}).status_code == 404


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("rempek", "52.08.02.2004"),
        ("rempek gangga", "52.08.02.2004"),
        ("rempeg ganga", "52.08.02.2004"),
        (VILLAGE, VILLAGE),
    ],
)
def test_search_finds_a_village_by_name_typing_error_or_code(sign_in: Any, query: str, first: str) -> None:
    answer = sign_in("kabupaten.desa").get("/cari/", {"q": query})
    assert re.findall(r"/wilayah/([\d.]+)/", answer.content.decode())[0] == first


def test_search_keeps_to_the_accounts_area_and_says_what_lies_elsewhere(sign_in: Any) -> None:
    answer = sign_in("kabupaten.desa").get("/cari/", {"q": "prambanan klaten"})
    assert "/wilayah/33" not in answer.content.decode()
    assert "Di luar wilayah peran Anda" in text_of(answer)


@pytest.mark.parametrize("typed", ["5208011201010001", "5208 0112 0101 0001", "0812-3456-7890"])
def test_the_number_of_a_person_is_neither_looked_up_nor_repeated(sign_in: Any, typed: str) -> None:
    answer = sign_in("petugas.naker").get("/cari/", {"q": typed})
    main = answer.content.decode().partition("<main")[2]
    assert "nomor seseorang" in text_of(answer)
    assert typed not in main
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("code", ["52.08.99", "52.08.01.9999"])
def test_an_unknown_code_is_answered_with_those_near_it(sign_in: Any, code: str) -> None:
    answer = sign_in("petugas.naker").get(f"/wilayah/{code}/")
    assert answer.status_code == 404
    assert "Maksud Anda" in text_of(answer)
    assert re.search(r'href="/wilayah/52\.08\.[^"]*"', answer.content.decode())


def test_a_village_that_has_delivered_nothing_has_a_page_that_says_who_acts(sign_in: Any, results: Results) -> None:
    outside_results = sign_in("petugas.naker").get("/wilayah/33.10.01.2001/")
    assert outside_results.status_code == 200
    assert "belum terhubung" in text_of(outside_results)
    not_delivered = next(one.village_code for one in results.villages("52.08") if not one.has_delivered)
    not_synced = sign_in("petugas.naker").get(f"/wilayah/{not_delivered}/")
    assert "belum mengirim register desanya" in text_of(not_synced)


@pytest.mark.parametrize("code", ["nonsense", "5208012002", "52.08.01.200x", "%00", "52.08.01.2002;x"])
def test_what_is_no_code_is_not_found_and_breaks_nothing(sign_in: Any, code: str) -> None:
    assert sign_in("petugas.naker").get(f"/wilayah/{code}/").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "?indikator=XX",
        "?tingkat=planet",
        "?urut=acak&arah=samping",
        "?keadaan=aneh",
        "?wilayah=52.08.01.2002",
        "?wilayah=x",
    ],
)
def test_a_mistyped_choice_on_the_map_is_refused_or_ignored_never_an_error_of_ours(sign_in: Any, query: str) -> None:
    assert sign_in("petugas.naker").get(f"/peta/{query}").status_code in (200, 404)


@pytest.mark.parametrize(
    "path", ["/", "/peta/", f"/wilayah/{VILLAGE}/", "/indikator/", "/unduh/", "/bantuan/", "/tentang/"]
)
def test_no_page_claims_a_rate_of_the_survey(sign_in: Any, path: str) -> None:
    """Mission, second of the five things: no village figure is called TPT or TPAK."""
    assert not re.search(r"\b(TPT|TPAK)\b", text_of(sign_in("petugas.naker").get(path)))


PAGES = (
    "/", "/peta/", "/cari/", f"/wilayah/{VILLAGE}/", "/indikator/", "/indikator/c1/", "/unduh/", "/bantuan/",
    "/tentang/", "/akun/", "/masuk/",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_the_title_of_a_page_is_one_question(sign_in: Any, path: str) -> None:
    client = sign_in() if path == "/masuk/" else sign_in("petugas.naker")
    title = re.search(r"<title>(.*?)</title>", client.get(path).content.decode())
    assert title is not None
    assert html.unescape(title[1]).removesuffix(" · Tenun").endswith("?")
    assert title[1].count("?") == 1


def test_a_figure_that_was_not_collected_names_the_fields_it_needs(sign_in: Any, results: Results) -> None:
    village = next(
        value.area_code
        for value in results.level(Level.VILLAGE, parent="52.08", indicator="B1")
        if value.reason == "field_not_collected"
    )
    client = sign_in("kabupaten.desa")
    for address in (f"/wilayah/{village}/", f"/indikator/b1/?wilayah={village}"):
        assert "Yang diperlukan: Kegiatan tercatat [activity]." in text_of(client.get(address))


def test_a_rate_per_thousand_is_worked_out_in_thousands(sign_in: Any, results: Results) -> None:
    value = results.value("F1", "52.08")
    assert value.value is not None
    page = text_of(sign_in("kabupaten.desa").get("/indikator/f1/?wilayah=52.08"))
    assert f"× 1.000 = {wording.number(value.value, value.unit, 'id')}".replace("\u00a0", " ") in page.replace(
        "\u00a0", " "
    )


def test_areas_are_compared_by_the_figures_that_one_of_them_has(sign_in: Any, results: Results) -> None:
    client = sign_in("kabupaten.desa")
    page = client.get("/wilayah/52.08/").text.partition('id="children-title"')[2]
    told = {
        value.indicator
        for child in results.children("52.08")
        for value in results.area(child.code)
        if not value.breakdown and value.state not in (ValueState.NC, ValueState.NS)
    }
    headings = re.findall(r'<th scope="col" class="num">(.*?)</th>', page)
    assert headings == [
        html.escape(one.names.id, quote=False) for key, one in results.definitions.items() if key in told
    ]
