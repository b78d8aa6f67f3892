"""The pages about mails as their readers meet them: accessible, on a small screen, without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tenun.node.home import NodeHome, Role
from tenun.portal import serving
from tests.browser.portal.conftest import OpenWindow, look_at
from tests.lib.portal_mail import mail_on

pytestmark = pytest.mark.xdist_group("portal-browser")

OWN = {"surel-saya": "/akun/surel/"}
OPEN = {
    "sandi-lupa": "/sandi/lupa/",
    "sandi-diminta": "/sandi/lupa/diminta/",
    "sandi-tautan-mati": "/sandi/baru/1/abc-123/",
    "sandi-baru": "/sandi/baru/",
}


@pytest.fixture
def _mail_is_on(portal: serving.Portal) -> Iterator[None]:
    node = NodeHome(Role.NAKER, portal.log.parents[1])
    assert node.folder.name == Role.NAKER
    with mail_on(node, 2525):
        yield


@pytest.mark.usefixtures("_mail_is_on")
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_the_pages_are_accessible_and_fit(window: OpenWindow, width: int, scheme: str) -> None:
    own = window(width=width, color_scheme=scheme, user="petugas.naker")
    assert look_at(own, OWN, width=width, scheme=scheme) == {}
    own.assert_clean()
    stranger = window(width=width, color_scheme=scheme)
    assert look_at(stranger, OPEN, width=width, scheme=scheme) == {}
    stranger.assert_clean()


@pytest.mark.parametrize("path", ["/akun/surel/", "/sandi/lupa/"])
def test_where_mail_is_off_the_pages_are_accessible_too(window: OpenWindow, path: str) -> None:
    name = "surel-mati" if path.startswith("/akun") else "sandi-mati"
    seen = window(width=360, user="petugas.naker" if path.startswith("/akun") else None)
    assert look_at(seen, {name: path}, width=360, scheme="light") == {}


@pytest.mark.usefixtures("_mail_is_on")
def test_wishes_are_found_in_the_account_and_changed_without_javascript(window: OpenWindow) -> None:
    page = window(user="petugas.desa", java_script_enabled=False).open("/akun/")
    page.get_by_role("link", name="Surel").click()
    page.get_by_label("Tanpa rangkuman").check()
    page.get_by_role("button", name="Simpan").click()
    assert page.get_by_text("Tersimpan.").is_visible()
    assert page.get_by_label("Tanpa rangkuman").is_checked()
    page.get_by_label("Setiap Senin").check()
    page.get_by_role("button", name="Simpan").click()


@pytest.mark.usefixtures("_mail_is_on")
def test_whoever_forgot_the_password_finds_the_way_by_keyboard(window: OpenWindow) -> None:
    page = window().open("/masuk/")
    link = page.get_by_role("link", name="Lupa sandi?")
    link.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Alamat surel").fill("siapa-pun@example.org")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Apa selanjutnya?").wait_for()
