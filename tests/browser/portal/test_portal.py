"""The portal as people meet it: sizes, keyboard, screen reader rules, without JavaScript, without the network."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.browser.portal.conftest import OpenWindow, faults, look_at

pytestmark = pytest.mark.xdist_group("portal-browser")

VILLAGE = "/wilayah/52.08.01.2002/"
PAGES = {
    "ringkasan": "/",
    "desa": VILLAGE,
    "desa-angka-kecil": "/wilayah/52.08.01.2001/",
    "kecamatan": "/wilayah/52.08.01/",
    "kabupaten": "/wilayah/52.08/",
    "peta-jumlah": "/peta/?indikator=C1",
    "peta-persen": "/peta/?indikator=B1",
    "peta-kecamatan": "/peta/?indikator=B1&tingkat=kecamatan",
    "peta-keadaan": "/peta/?indikator=B1&keadaan=ns",
    "cari": "/cari/?q=rempek",
    "cari-kosong": "/cari/?q=zzzzzz",
    "cari-nomor": "/cari/?q=5208011201010001",
    "indikator": "/indikator/",
    "indikator-b1": "/indikator/b1/",
    "unduh": "/unduh/",
    "akun": "/akun/",
    "akun-sandi": "/akun/sandi/",
    "akun-dua-langkah": "/akun/dua-langkah/",
    "tentang": "/tentang/",
    "bantuan": "/bantuan/",
    "tidak-ada": "/tidak-ada/",
    "kode-keliru": "/wilayah/52.08.99/",
    "di-luar-wilayah": "/wilayah/52.07/",
    "belum-tersambung": "/wilayah/52.08.02.2001/",
}
REFUSED = ("tidak-ada", "kode-keliru", "di-luar-wilayah")
WEIGHT_MAX = 150_000


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_fits_and_keeps_to_the_policy(window: OpenWindow, width: int, scheme: str) -> None:
    seen = window(width=width, color_scheme=scheme)
    assert look_at(seen, {"masuk": "/masuk/"}, width=width, scheme=scheme) == {}
    seen.sign_in("kabupaten.desa")
    assert look_at(seen, PAGES, width=width, scheme=scheme, refused=REFUSED) == {}
    seen.assert_clean()


def test_every_page_is_accessible_in_english_too(window: OpenWindow) -> None:
    seen = window(user="petugas.naker")
    seen.page.get_by_role("button", name="English").click()
    assert seen.page.locator("html").get_attribute("lang") == "en"
    found = {
        path: faults(seen.open(path)) for path in ("/", VILLAGE, "/peta/", "/cari/?q=rempek", "/unduh/", "/bantuan/")
    }
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    assert seen.page.get_by_role("navigation", name="Main menu").is_visible()
    seen.assert_clean()


@pytest.mark.parametrize(
    "path", ["/", VILLAGE, "/wilayah/52/", "/peta/?indikator=C1&wilayah=52&tingkat=desa", "/cari/?q=rempek"]
)
def test_the_first_view_weighs_less_than_150_kilobytes(window: OpenWindow, path: str) -> None:
    seen = window(user="petugas.naker")
    session = seen.context.new_cdp_session(seen.page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    weights: list[float] = []
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    seen.open(path)
    seen.page.wait_for_load_state("networkidle")
    assert len(weights) >= 3
    assert sum(weights) < WEIGHT_MAX


def test_all_of_it_works_without_javascript(window: OpenWindow, tmp_path: Path) -> None:
    seen = window(user="kabupaten.desa", java_script_enabled=False)
    page = seen.page
    page.get_by_role("link", name="Cari desa").click()
    page.get_by_role("searchbox").fill("rempek gangga")
    page.get_by_role("button", name="Cari").click()
    page.get_by_role("link", name="Desa Rempek").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Bagaimana keadaan kerja di Desa Rempek?"
    page.get_by_role("link", name="Peta dan peringkat").click()
    page.get_by_label("Indikator").select_option(label="Tercatat bekerja")
    page.get_by_role("button", name="Tampilkan").click()
    page.get_by_role("link", name="Nilai").click()
    amounts = page.locator("tbody tr td.num:nth-of-type(2)").all_inner_texts()
    shown = [
        float(amount.split("\xa0")[0].replace(",", ".")) for amount in amounts if amount[0].isdigit() and "%" in amount
    ]
    assert len(shown) > 20
    assert shown == sorted(shown)
    page.locator("summary").first.click()
    page.get_by_role("button", name="Keluar").click()
    assert page.get_by_role("heading", name="Masuk").is_visible()


def test_search_answers_while_typing_and_asks_only_when_the_typing_pauses(window: OpenWindow) -> None:
    seen = window(user="kabupaten.desa")
    page = seen.open("/cari/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "q=" in request.url else None)
    page.get_by_role("searchbox").press_sequentially("rempeg gangga", delay=30)
    page.get_by_role("link", name="Desa Rempek").first.wait_for()
    assert 1 <= len(asked) <= 3
    assert "q=rempeg" in page.url
    page.get_by_role("searchbox").fill("5208011201010001")
    page.get_by_text("Ini tampak seperti nomor seseorang").wait_for()
    seen.assert_clean()


def test_the_keyboard_alone_reaches_a_village_and_its_file(window: OpenWindow, tmp_path: Path) -> None:
    seen = window(user="kabupaten.desa")
    page = seen.open("/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Langsung ke isi"
    page.keyboard.press("Enter")
    assert page.locator(":focus").get_attribute("id") == "isi"
    page = seen.open("/cari/?q=sokong")
    page.get_by_role("searchbox").focus()
    _tab_to(page, "Desa Sokong")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Bagaimana keadaan kerja di Desa Sokong?").wait_for()
    _tab_to(page, "Unduh angka ini", at_most=30)
    page.keyboard.press("Enter")
    _tab_to(page, "CSV", at_most=3)
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.startswith("data-buatan_tenun_52.08.01.2002")
    file = tmp_path / "angka.csv"
    download.value.save_as(file)
    rows = list(csv.DictReader(file.read_text("utf-8-sig").splitlines()))
    shown = next(row["shown"] for row in rows if row["indicator"] == "A1" and not row["breakdown"])
    figures = page.locator(".figure-value").all_inner_texts()
    assert any(figure.split()[0] == shown for figure in figures), (shown, figures)


def _tab_to(page: Any, name: str, *, at_most: int = 12) -> None:
    """Tab until that link has the focus, and see that the focus can be seen."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if name in focused.inner_text():
            assert focused.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    raise AssertionError(f"{name} is not reached by the keyboard")


def test_the_map_and_its_table_hold_the_same_figures(window: OpenWindow) -> None:
    seen = window(user="kabupaten.desa")
    page = seen.open("/peta/?indikator=B1")
    tiles = {text.split(": ", 1)[0]: text.split(": ", 1)[1] for text in page.locator(".tile title").all_text_contents()}
    rows = page.locator("tbody tr")
    table = {
        rows.nth(at).locator("th").inner_text(): rows.nth(at).locator("td.num").nth(1).locator("span").last.inner_text()
        for at in range(rows.count())
    }
    assert tiles == table
    assert len(tiles) == 43


def test_no_state_is_told_by_colour_alone(window: OpenWindow) -> None:
    """Each tile has a pattern, a sign or a size besides its colour; the legend counts every one of them."""
    seen = window(user="kabupaten.desa")
    for indicator in ("B1", "C1"):
        page = seen.open(f"/peta/?indikator={indicator}")
        tiles = page.locator("a.tile")
        told = tiles.evaluate_all("tiles => tiles.map(tile => tile.querySelectorAll('text, circle, svg').length)")
        assert min(told) >= 1
        counts = page.locator(".legend .count").all_inner_texts()
        assert sum(int(count.strip("()")) for count in counts) == len(told) == 43


def test_a_role_sees_its_own_menu_and_a_plain_refusal_elsewhere(window: OpenWindow) -> None:
    leader = window(user="pimpinan.naker")
    assert "Unduh" not in leader.page.get_by_role("navigation", name="Menu utama").inner_text()
    assert leader.open("/unduh/").get_by_role("heading", level=1).inner_text() == "Peran Anda tidak membuka halaman ini"
    guard = window(user="keamanan.naker")
    assert guard.page.url.endswith("/pertukaran/"), "where the role begins"
    assert guard.open("/").get_by_role("heading", level=1).inner_text() == "Peran Anda tidak membuka halaman ini"
    guard.page.locator("summary").first.click()
    assert guard.page.get_by_role("button", name="Keluar").is_visible()


def test_signing_in_with_a_wrong_password_says_so_without_saying_which_half_was_wrong(window: OpenWindow) -> None:
    seen = window()
    page = seen.open("/masuk/")
    said = []
    for username in ("petugas.desa", "tidak.ada"):
        page.get_by_label("Nama pengguna").fill(username)
        page.get_by_label("Sandi").fill("salah-sekali")
        page.get_by_role("button", name="Masuk").click()
        said.append(page.locator(".errorlist").inner_text())
    assert said[0] == said[1] != ""
    assert faults(page) == []
    seen.assert_clean()
