"""Data quality as people meet it: rules of accessibility, a small screen, without JavaScript, down to a list."""

from __future__ import annotations

import pytest

from tests.browser.portal.conftest import OpenWindow, look_at

pytestmark = pytest.mark.xdist_group("portal-browser")

PAGES = {
    "mutu": "/mutu/",
    "mutu-desa": "/mutu/?wilayah=52.08.01.2002",
    "mutu-daftar-desa": "/mutu/desa/?wilayah=52.08&keadaan=belum",
    "mutu-daftar-kosong": "/mutu/desa/?wilayah=52.08&keadaan=dikeluarkan",
    "mutu-temuan-kosong": "/mutu/temuan/",
}


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_the_pages_of_data_quality_are_accessible_and_fit(window: OpenWindow, width: int, scheme: str) -> None:
    seen = window(width=width, color_scheme=scheme, user="kabupaten.desa", java_script_enabled=True)
    assert look_at(seen, PAGES, width=width, scheme=scheme) == {}
    seen.assert_clean()


def test_from_a_count_to_its_list_without_javascript(window: OpenWindow) -> None:
    page = window(user="kabupaten.desa", java_script_enabled=False).open("/mutu/")
    row = page.locator("tr", has=page.get_by_role("rowheader", name="belum mengirim", exact=True))
    link = row.get_by_role("link")
    count = int(link.inner_text().split()[0])
    link.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Desa mana saja?"
    assert page.locator("tbody tr").count() == count
