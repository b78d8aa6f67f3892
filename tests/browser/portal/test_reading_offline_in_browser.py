"""A profile that was seen, without a network: readable where it was asked for, gone after signing out."""

import pytest
from playwright.sync_api import Error

from tests.browser.portal.conftest import SCREENSHOTS, OpenWindow, faults

pytestmark = pytest.mark.xdist_group("portal-browser")

VILLAGE, OTHER = "/wilayah/52.08.01.2002/", "/wilayah/52.08.02.2004/"
KEPT = "caches.keys().then(names => names.length)"


def test_a_profile_is_read_without_a_network_and_is_gone_after_signing_out(window: OpenWindow) -> None:
    seen = window(width=360, user="kabupaten.desa")
    page = seen.open(VILLAGE)
    assert page.evaluate(KEPT) == 0
    seen.open("/akun/")
    page.get_by_role("button", name="Simpan profil yang saya lihat").click()
    page.get_by_role("button", name="Jangan simpan lagi").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    seen.open(VILLAGE)
    page.reload()
    figures = page.locator(".figure-value").all_inner_texts()
    seen.context.set_offline(True)
    seen.open(VILLAGE)
    assert page.locator("#luring").inner_text().startswith("Anda luring.")
    assert page.locator(".figure-value").all_inner_texts() == figures
    assert faults(page) == []
    page.screenshot(path=SCREENSHOTS / "desa-luring-360-light.png", full_page=True)
    with pytest.raises(Error):
        seen.open(OTHER)
    seen.context.set_offline(False)
    seen.open(VILLAGE)
    assert page.locator("#luring").count() == 0
    page.locator("summary").first.click()
    page.get_by_role("button", name="Keluar").click()
    page.get_by_role("heading", name="Masuk").wait_for()
    assert page.evaluate(KEPT) == 0
    seen.context.set_offline(True)
    with pytest.raises(Error):
        seen.open(VILLAGE)
