"""The village's room, the way of a figure, the sheet and the pack, as people meet them."""

import pytest

from tests.browser.portal.conftest import OpenWindow, faults, look_at

pytestmark = pytest.mark.xdist_group("portal-browser")

VILLAGE = "/wilayah/52.08.01.2002/"
PAGES = {
    "desa-ruang": f"{VILLAGE}ruang/",
    "desa-ruang-tugas": "/wilayah/52.08.02.2001/ruang/",
    "desa-paket-ditolak": f"{VILLAGE}paket.zip",
    "asal-angka": "/asal/b1/52.08.01.2002/?periksa=1",
    "asal-angka-kabupaten": "/asal/c1/52.08/?rincian=education&kategori=tertiary",
}


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_a_village_are_accessible_and_fit(window: OpenWindow, width: int, scheme: str) -> None:
    seen = window(width=width, color_scheme=scheme, user="kabupaten.desa")
    assert look_at(seen, PAGES, width=width, scheme=scheme, refused=["desa-paket-ditolak"]) == {}
    seen.assert_clean()


def test_the_pages_of_a_village_are_accessible_in_english(window: OpenWindow) -> None:
    seen = window(user="petugas.naker")
    seen.page.get_by_role("button", name="English").click()
    found = {path: faults(seen.open(path)) for path in PAGES.values()}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    seen.assert_clean()


def test_without_javascript_a_figure_leads_to_its_way_and_a_profile_to_its_sheet(window: OpenWindow) -> None:
    seen = window(user="kabupaten.desa", java_script_enabled=False)
    page = seen.open(VILLAGE)
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF, dua halaman").click()
    assert download.value.suggested_filename.endswith(".pdf")
    page.get_by_role("link", name="Dari mana? Tercatat bekerja").click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("Dari mana")
    with page.expect_download() as download:
        page.get_by_role("link", name="PROV-JSON").click()
    assert download.value.suggested_filename.endswith("B1-52.08.01.2002.json")
    page.get_by_role("link", name="Desa Sokong").first.click()
    page.get_by_role("link", name="Apa yang perlu dilakukan desa ini minggu ini").click()
    assert "minggu ini" in page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("link", name="Unduh paket").click()
    assert page.get_by_role("heading", name="Paket tidak dibuat").is_visible()


def test_the_keyboard_alone_reaches_the_way_of_a_figure(window: OpenWindow) -> None:
    seen = window(user="kabupaten.desa")
    page = seen.open(VILLAGE)
    for _ in range(200):
        page.keyboard.press("Tab")
        if "Dari mana?" in str(page.evaluate("document.activeElement.textContent")):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/asal/**")
    assert page.get_by_role("heading", level=1).count() == 1
    seen.assert_clean()
