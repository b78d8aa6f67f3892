"""Release approval as people meet it: sizes, keyboard alone, screen reader rules, without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tenun.agreement.release.request import parsed_letter
from tenun.agreement.release.states import ReleaseState
from tenun.agreement.vocabulary import Party
from tenun.node import release_figures, releases
from tenun.node.home import NodeHome, Role
from tenun.portal import serving
from tests.browser.portal.conftest import SCREENSHOTS, OpenWindow, faults
from tests.lib import releasing
from tests.lib.releasing import ASKED, LETTERS

pytestmark = pytest.mark.xdist_group("portal-browser")


NAME_OF_FOCUS = """(() => {
    const one = document.activeElement
    return (one.labels?.[0]?.innerText || one.innerText || '').trim()
})()"""


@pytest.fixture(scope="module")
def nodes(portal: serving.Portal) -> Iterator[dict[Party, NodeHome]]:
    """The portal's node with persons and an agreement, and the other party's folder."""
    node = NodeHome(Role.NAKER, portal.log.parent.parent)
    other = NodeHome(Role.DESA, node.folder.parent / "pihak-lain")
    with releasing.agreed(node, other), releasing.filled(node):
        yield {Party.NAKER: node, Party.DESA: other}


@pytest.fixture
def asked(nodes: dict[Party, NodeHome]) -> Iterator[str]:
    """The address of a request that was looked at as its audience."""
    node = nodes[Party.NAKER]
    seen = release_figures.preview(node, releases.ask(node, ASKED))
    yield f"/rilis/{seen.request.id}/"
    for one in nodes.values():
        for path in releases.folder(one).glob("*.json"):
            path.unlink()


def tab_to(page: Any, name: str, *, presses: int = 120) -> None:
    """With the tab key alone, to the control of that name."""
    for _ in range(presses):
        page.keyboard.press("Tab")
        reached = page.evaluate(NAME_OF_FOCUS)
        if reached == name:
            return
    raise AssertionError(f"{name} was not reached")


def signed_by_the_other(nodes: dict[Party, NodeHome], content: bytes) -> bytes:
    """The act that the other party makes of the request, with its own letter."""
    taken = releases.take(nodes[Party.DESA], content)
    act = releases.consent(nodes[Party.DESA], taken, parsed_letter(LETTERS[Party.DESA])).act
    assert act is not None
    return act.read_bytes()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_of_a_release_is_accessible_and_fits(
    window: OpenWindow, nodes: dict[Party, NodeHome], asked: str, width: int, scheme: str
) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    found: dict[str, list[str]] = {}

    def look(page: Any, name: str) -> None:
        page.screenshot(path=SCREENSHOTS / f"rilis-{name}-{width}-{scheme}.png", full_page=True)
        found[name] = faults(page)

    officer = window(width=width, user="petugas.naker", color_scheme=scheme)
    officer.page.set_default_timeout(60_000)
    look(officer.open("/rilis/"), "daftar")
    look(officer.open("/rilis/baru/"), "permohonan-baru")
    look(officer.open(f"{asked}?indikator=C1&rincian=sex"), "pratinjau")
    leader = window(width=width, user="pimpinan.naker", color_scheme=scheme)
    leader.page.set_default_timeout(60_000)
    look(leader.open(asked), "keputusan")
    other = window(width=width, user="pimpinan.desa", color_scheme=scheme)
    other.page.set_default_timeout(60_000)
    look(other.open(asked), "pihak-lain")
    other.page.get_by_role("button", name="English").click()
    look(other.open(asked), "english")

    page = leader.open(asked)
    for label, value in (("Nomor surat", "B-2/2026"), ("Tanggal surat", "2026-01-21"), ("Jabatan", "Kepala Pusat")):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Setujui").click()
    page.get_by_role("status").wait_for()
    look(page, "menunggu-pihak-lain")
    with page.expect_download() as sent:
        page.get_by_role("link", name="Permohonan", exact=True).last.click()
    act = signed_by_the_other(nodes, sent.value.path().read_bytes())
    page.get_by_label("Berkas tindakan").set_input_files(
        {"name": "act.json", "mimeType": "application/json", "buffer": act}
    )
    page.get_by_role("button", name="Tandatangani").click()
    page.get_by_role("heading", name="Yang diterima audiens").wait_for()
    look(page, "berlaku")
    page.get_by_label("Alasan").fill("Uji pencabutan.")
    page.get_by_role("button", name="Cabut rilis ini").click()
    page.get_by_role("heading", name="Dicabut").wait_for()
    look(page, "dicabut")
    look(leader.open("/rilis/"), "daftar-berakhir")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    for one in (officer, leader, other):
        one.assert_clean()


def test_the_keyboard_alone_gives_consent(window: OpenWindow, nodes: dict[Party, NodeHome], asked: str) -> None:
    seen = window(user="pimpinan.naker", width=360)
    page = seen.open(asked)
    page.set_default_timeout(60_000)
    tab_to(page, "Nomor surat")
    page.keyboard.type("B-2/2026")
    page.keyboard.press("Tab")
    page.get_by_label("Tanggal surat").fill("2026-01-21")
    tab_to(page, "Jabatan penanda tangan")
    page.keyboard.type("Kepala Pusat Buatan Dua")
    tab_to(page, "Setujui")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    kept = releases.draft(nodes[Party.NAKER], asked.strip("/").rpartition("/")[2])
    assert kept.state is ReleaseState.CONSENTED_BY_ONE
    assert kept.letters[Party.NAKER].office == "Kepala Pusat Buatan Dua"
    seen.assert_clean()


def test_withholding_works_without_javascript(window: OpenWindow, nodes: dict[Party, NodeHome], asked: str) -> None:
    seen = window(user="pimpinan.naker", width=360, java_script_enabled=False)
    page = seen.open(asked)
    page.set_default_timeout(60_000)
    page.get_by_role("button", name="Tidak setuju").click()
    page.get_by_role("status").wait_for()
    assert releases.drafts(nodes[Party.NAKER]) == []
    assert page.get_by_text("tidak melihat apa pun").count() > 0
