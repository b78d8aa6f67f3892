"""The access log as its readers meet it: accessible, on a small screen, without JavaScript."""

from __future__ import annotations

import pytest

from tests.browser.portal.conftest import SCREENSHOTS, OpenWindow, faults

pytestmark = pytest.mark.xdist_group("portal-browser")

PAGES = {
    "jejak": ("petugas.desa", "/jejak/"),
    "jejak-kosong": ("petugas.desa", "/jejak/?dari=2020-01-01&sampai=2020-01-02"),
    "jejak-keamanan": ("keamanan.naker", "/jejak/"),
    "jejak-pimpinan": ("pimpinan.naker", "/jejak/"),
}


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
@pytest.mark.parametrize("name", PAGES)
def test_the_access_log_is_accessible_and_fits(window: OpenWindow, name: str, width: int, scheme: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    user, path = PAGES[name]
    seen = window(width=width, color_scheme=scheme, user=user)
    page = seen.open(path)
    page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
    assert faults(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert page.get_by_role("heading", level=1).inner_text() == "Siapa melihat apa, kapan, untuk apa?"
    seen.assert_clean()


def test_everyone_finds_their_own_accesses_in_the_menu_of_the_account(window: OpenWindow) -> None:
    page = window(user="kabupaten.desa", java_script_enabled=False).open("/wilayah/52.08.01.2002/")
    page.locator("summary").first.click()
    page.get_by_role("link", name="Siapa melihat apa").click()
    assert page.get_by_role("row", name="52.08.01.2002").first.is_visible()
