"""The report and the model's charts as people meet them: readable, still, and from this host alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tenun.linkage.explanation import DRAWINGS
from tenun.node.home import NodeHome, Role
from tenun.portal import serving
from tests.browser.portal.conftest import SCREENSHOTS, OpenWindow, faults
from tests.lib import invented_people, reported_nodes
from tests.lib.reported_nodes import Reported

pytestmark = pytest.mark.xdist_group("portal-browser")

REPORT, MODEL = "/pemadanan/laporan/", "/pemadanan/model/"


@pytest.fixture(scope="module")
def reported(portal: serving.Portal) -> Iterator[Reported]:
    """Invented people, linked and reported on at the node that the portal runs on."""
    node = NodeHome(Role.NAKER, portal.log.parent.parent)
    people = invented_people.invent(3_000, seed=52, regency=reported_nodes.REGENCY)
    reported_nodes.publish(node.lake, people)
    yield reported_nodes.link_and_report(node, people)
    for layer in ("core", "link"):
        shutil.rmtree(node.folder / "lake" / layer)


def pair_of(reported: Reported) -> str:
    from tenun.linkage import crosswalk

    rows = reported.lake.read(crosswalk.current(reported.lake), crosswalk.TABLE).to_pylist()
    row = next(row for row in rows if row["match_class"] == "probable")
    return f"/pemadanan/pasangan/{row['seeker_id']}/{row['person_id']}/"


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_pages_are_accessible_fit_and_keep_to_the_policy(
    window: OpenWindow, reported: Reported, width: int, scheme: str
) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    seen = window(width=width, color_scheme=scheme, user="petugas.naker")
    found: dict[str, list[str]] = {}
    for name, path in {"laporan": REPORT, "model": MODEL, "pasangan": pair_of(reported)}.items():
        page = seen.open(path)
        found[name] = faults(page)
        page.screenshot(path=SCREENSHOTS / f"pemadanan-{name}-{width}-{scheme}.png", full_page=True)
    assert found == {name: [] for name in found}
    seen.assert_clean()


def test_every_chart_is_drawn_without_a_script_and_without_another_host(window: OpenWindow, reported: Reported) -> None:
    seen = window(java_script_enabled=False, user="petugas.naker")
    page = seen.open(MODEL)
    pictures = page.locator(".linkage-picture img")
    assert pictures.count() == len(DRAWINGS)
    for at in range(pictures.count()):
        box = pictures.nth(at).bounding_box()
        assert box is not None
        assert box["height"] > 150  # a picture that could not be shown is one line of words
    seen.assert_clean()
