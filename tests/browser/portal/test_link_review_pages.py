"""The review of links as people meet it: sizes, keyboard alone, screen reader rules, without JavaScript."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tenun.agreement import signing
from tenun.agreement.vocabulary import Party
from tenun.linkage.review import judgements, sample
from tenun.linkage.review.judgements import Judgements
from tenun.node.home import NodeHome, Role
from tenun.portal import serving
from tests.browser.portal.conftest import SCREENSHOTS, OpenWindow, faults
from tests.lib import linked_nodes, links_to_review
from tests.lib.two_nodes import DRAFT

pytestmark = pytest.mark.xdist_group("portal-browser")

REVIEW, ARBITRATE = "/pemadanan/tinjau/", "/pemadanan/tengahi/"
WHY = "urutan kata pada nama tidak jelas"


@pytest.fixture(scope="module")
def links(portal: serving.Portal) -> Iterator[NodeHome]:
    """Links to review, a quality sample and an agreement in force, at the node that the portal runs on."""
    node = NodeHome(Role.NAKER, portal.log.parent.parent)
    other = NodeHome(Role.DESA, node.folder.parent / "pihak-lain")
    homes = {Party.NAKER: node, Party.DESA: other}
    signing.enter_into_force(DRAFT, {party: (home.agreement, home.folder / "keys") for party, home in homes.items()})
    published = links_to_review.publish(node.lake)
    drawn = sample.draw(
        node.lake,
        published.crosswalk,
        residents_permit=linked_nodes.link_permits().residents,
        size=60,
        seed=1,
        moment=datetime(2026, 11, 24, tzinfo=UTC),
    )
    sample.keep(node.folder / judgements.FOLDER, drawn)
    yield node
    for folder in (node.folder / "lake" / "core", node.folder / "lake" / "link", node.agreement, other.folder):
        shutil.rmtree(folder)


@pytest.fixture
def store(links: NodeHome) -> Iterator[Judgements]:
    folder = links.folder / judgements.FOLDER
    yield Judgements(folder)
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()


def begin(seen: Any, name: str = "Nilai padanan meragukan", path: str = REVIEW) -> Any:
    seen.page.set_default_timeout(30_000)  # each form opens sealed tables and asks the agreement
    page = seen.open(path)
    page.get_by_role("button", name=name).click()
    page.get_by_role("group", name="Keputusan Anda" if path == ARBITRATE else "Putusan Anda").wait_for()
    return page


def judge(page: Any, verdict: str, reason: str | None = None) -> None:
    page.get_by_role("radio", name=verdict).check()
    if reason:
        page.get_by_label("Alasan", exact=True).select_option(label=reason)
    page.get_by_role("button", name="Simpan dan lanjut").click()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_of_the_review_is_accessible_and_fits(
    window: OpenWindow, store: Judgements, width: int, scheme: str
) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    found: dict[str, list[str]] = {}

    def look(page: Any, name: str) -> None:
        page.screenshot(path=SCREENSHOTS / f"tinjau-{name}-{width}-{scheme}.png", full_page=True)
        found[name] = faults(page)

    seen = window(width=width, user="petugas.naker", color_scheme=scheme)
    look(seen.open(REVIEW), "meja")
    seen.page.locator("summary").last.click()
    look(seen.page, "meja-rincian")
    page = begin(seen)
    look(page, "pasangan")
    page.get_by_label("Apa yang perlu Anda periksa?").fill("lihat 5208011201010001")
    page.get_by_role("button", name="Buka semua").click()
    look(page, "alasan-ditolak")
    page.get_by_label("Apa yang perlu Anda periksa?").fill(WHY)
    page.get_by_role("button", name="Buka Nama").click()
    look(page, "nama-terbuka")
    page.get_by_label("Apa yang perlu Anda periksa?").fill(WHY)
    page.get_by_role("button", name="Buka semua").click()
    look(page, "semua-terbuka")
    judge(page, "Orang berbeda")
    look(page, "tanpa-alasan")
    judge(page, "Orang yang sama")
    other = window(width=width, user="provinsi.naker", color_scheme=scheme)
    judge(begin(other), "Orang berbeda", "saudara kembar")
    third = window(width=width, user="penengah.naker", color_scheme=scheme)
    look(third.open(REVIEW), "meja-penengah")
    look(begin(third, "Putuskan beda pendapat", ARBITRATE), "beda-pendapat")
    judge(third.page, "Orang yang sama")
    look(third.open(ARBITRATE), "tengahi-kosong")
    third.page.get_by_role("button", name="English").click()
    look(third.open(REVIEW), "english")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    for one in (seen, other, third):
        one.assert_clean()
    assert judgements.settled(store).num_rows == 1


def test_the_keyboard_alone_judges_skips_and_uncovers(window: OpenWindow, store: Judgements) -> None:
    seen = window(user="petugas.naker")
    page = seen.open(REVIEW)
    tab_to(page, "Nilai padanan meragukan")
    page.keyboard.press("Enter")
    page.get_by_role("group", name="Putusan Anda").wait_for()
    assert page.locator("kbd").first.is_visible()
    first = name_of(page)

    page.keyboard.press("1")
    assert page.get_by_role("radio", name="Orang yang sama").is_checked()
    assert name_of(page) == first, "one key alone saves nothing"
    press_and_go_on(page, "Enter")
    second = name_of(page)
    assert second != first

    page.keyboard.press("2")
    page.keyboard.press("ArrowDown")
    press_and_go_on(page, "Enter")
    third = name_of(page)
    assert third not in (first, second)
    assert [str(one.verdict) for one in store.all()] == ["same", "different"]
    assert [str(one.reason) for one in store.all()] == ["", "relative"]

    press_and_go_on(page, "4")
    assert name_of(page) != third
    assert len(store.all()) == 2

    page.get_by_label("Apa yang perlu Anda periksa?").focus()
    page.keyboard.type("cek 1234 urutan nama")
    assert not page.get_by_role("radio", name="Orang yang sama").is_checked(), "typing is no shortcut"
    tab_to(page, "Buka semua")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert page.get_by_text("****").count() == 0
    seen.assert_clean()


def test_keys_can_be_switched_off_and_stay_off(window: OpenWindow, store: Judgements) -> None:
    seen = window(user="petugas.naker")
    page = begin(seen)
    page.get_by_role("checkbox").uncheck()
    page.keyboard.press("1")
    assert not page.get_by_role("radio", name="Orang yang sama").is_checked()
    assert not page.locator("kbd").first.is_visible()
    page.reload()
    assert not page.get_by_role("checkbox").is_checked()
    seen.assert_clean()


def test_everything_works_without_javascript(window: OpenWindow, store: Judgements) -> None:
    seen = window(user="petugas.naker", java_script_enabled=False, width=360)
    page = begin(seen, "Nilai contoh mutu")
    assert not page.locator("kbd").first.is_visible(), "keys that do nothing are not offered"
    assert not page.get_by_role("checkbox").is_visible()
    page.get_by_label("Apa yang perlu Anda periksa?").fill(WHY)
    page.get_by_role("button", name="Buka semua").click()
    assert page.get_by_text("****").count() == 0
    judge(page, "Tidak yakin", "terlalu sedikit yang diketahui")
    assert page.get_by_text("****").count() > 0
    page.get_by_role("button", name="Lewati").click()
    page.get_by_role("button", name="Berhenti dulu").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Padanan mana yang perlu dinilai?"
    assert [str(one.verdict) for one in store.all()] == ["unsure"]
    assert store.all()[0].stratum != ""


def name_of(page: Any) -> str:
    return str(page.locator("#judge input[name=pair]").get_attribute("value"))


def press_and_go_on(page: Any, key: str) -> None:
    before = name_of(page)
    page.keyboard.press(key)
    page.wait_for_function("before => document.querySelector('#judge input[name=pair]')?.value !== before", arg=before)


def tab_to(page: Any, name: str, *, at_most: int = 30) -> None:
    """Tab until that button has the focus, and see that the focus can be seen."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if name in focused.inner_text():
            assert focused.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    raise AssertionError(f"{name} is not reached by the keyboard")
