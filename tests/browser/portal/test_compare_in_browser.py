"""Comparison and alerts as people meet them: rules of accessibility, a small screen, the keyboard, no JavaScript."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.browser.portal.conftest import OpenWindow, faults, look_at

pytestmark = pytest.mark.xdist_group("portal-browser")

A = "52.08.01.2002"
FIVE = f"/banding/?wilayah={A}&dengan=52.08.01.2003,52.08.01.2004,52.08.02.2001,52.08.02.2002"
PAGES = {
    "banding-kosong": "/banding/",
    "banding-satu": f"/banding/?wilayah={A}",
    "banding-lima": FIVE,
    "banding-cari": f"/banding/?wilayah={A}&q=sokong",
    "banding-terlalu-banyak": f"{FIVE},52.08.02.2003,52.08.01",
    "banding-kecamatan": "/banding/?wilayah=52.08.01&dengan=52.08.02&semua=ya",
    "perhatian": "/perhatian/",
    "perhatian-desa": "/perhatian/belum-mengirim/",
    "perhatian-angka": "/perhatian/tidak-dapat-dihitung/",
    "perhatian-nihil": "/perhatian/akses-diputus/",
}
WEIGHT_MAX = 150_000


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_comparison_and_alerts_are_accessible_and_fit(window: OpenWindow, width: int, scheme: str) -> None:
    seen = window(width=width, color_scheme=scheme, user="kabupaten.desa")
    assert look_at(seen, PAGES, width=width, scheme=scheme) == {}
    seen.assert_clean()


def test_they_are_accessible_in_english_too(window: OpenWindow) -> None:
    seen = window(user="petugas.naker")
    seen.page.get_by_role("button", name="English").click()
    found = {path: faults(seen.open(path)) for path in (FIVE, "/banding/", "/perhatian/", "/perhatian/belum-mengirim/")}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_from_a_village_to_similar_ones_and_its_file_with_the_keyboard_alone(
    window: OpenWindow, tmp_path: Path
) -> None:
    page = window(user="kabupaten.desa", java_script_enabled=False).open(f"/wilayah/{A}/")
    page.get_by_role("link", name="Bandingkan dengan desa serupa").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Apakah desa ini berbeda dari desa serupa?").wait_for()
    assert page.locator(".compare-chip").count() == 5
    out = page.get_by_role("link", name="Keluarkan").last
    out.focus()
    page.keyboard.press("Enter")
    page.get_by_role("searchbox").wait_for()
    assert page.locator(".compare-chip").count() == 4
    page.get_by_role("searchbox").fill("sokong")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Tambah").first.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Paling banyak lima wilayah").wait_for()
    figures = page.locator("table").first.locator("tbody td").count()
    page.get_by_role("link", name="CSV").focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.startswith(f"data-buatan_tenun_banding_{A}")
    file = tmp_path / "banding.csv"
    download.value.save_as(file)
    assert len(list(csv.DictReader(file.read_text("utf-8-sig").splitlines()))) == figures


def test_from_an_alert_to_its_list_without_javascript(window: OpenWindow) -> None:
    page = window(user="kabupaten.desa", java_script_enabled=False).open("/")
    alert = page.locator(".attention").get_by_role("link", name="desa belum tersinkron")
    count = int(alert.inner_text().split()[0])
    alert.click()
    page.get_by_role("heading", level=1, name="Di mana aturan ini menemukan sesuatu?").wait_for()
    assert page.locator("tbody tr").count() == count


@pytest.mark.parametrize("path", [FIVE, f"{FIVE}&semua=ya", "/perhatian/"])
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
