"""A village objects to what a release shows it: those figures, as they went out, and only while the release holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

import pytest

from tenun.agreement.release.request import parsed_letter
from tenun.agreement.vocabulary import Party
from tenun.node import release_figures, releases
from tenun.node.home import NodeHome, Role
from tests.lib import objections, releasing
from tests.lib.objections import FORM, VILLAGE
from tests.lib.releasing import ASKED, LETTERS

pytestmark = pytest.mark.xdist_group("portal")


def silent(_problem: object) -> None:
    return None


@pytest.fixture(scope="module")
def published(node: NodeHome, accounts: Any) -> Iterator[release_figures.Published]:
    """A release of A1 and C1 to village governments, published; afterwards the portal's node is as it was."""
    other = NodeHome(Role.DESA, node.folder.parent / "pihak-desa")
    asked = {**ASKED, "scope": {**ASKED["scope"], "indicators": ["A1", "C1"]}}
    with releasing.agreed(node, other), releasing.filled(node), objections.none_left():
        seen = release_figures.preview(node, releases.ask(node, asked))
        first = releases.consent(node, seen.request, parsed_letter(LETTERS[Party.NAKER]))
        taken = releases.take(other, first.request.content)
        act = releases.consent(other, taken, parsed_letter(LETTERS[Party.DESA])).act
        assert act is not None
        entry = releases.countersign(node, first.request, act.read_bytes(), warn=silent)
        release_figures.publish(node, releases.release(node, entry.hash))
        out = release_figures.published(node, releases.release(node, entry.hash))
        assert out is not None
        yield out


@pytest.mark.pasal("7(2)")
def test_a_village_objects_to_what_was_released_to_it_until_the_release_is_revoked(
    sign_in: Any, node: NodeHome, published: release_figures.Published
) -> None:
    from tenun.portal.corrections.models import Correction

    client = sign_in("pemerintah.desa")
    page = client.get("/koreksi/ajukan/")
    options = dict(re.findall(r'<option value="([A-Z]\d+)"[^>]*>(.*?)</option>', page.text))
    released = {row["indicator"]: row for row in published.rows(area=VILLAGE) if not row["breakdown"]}
    assert set(options) == set(released) == {"A1", "C1"}
    for indicator, text in options.items():
        assert text == f"{released[indicator]['name']}: {released[indicator]['shown']}"
    assert "sengaja digeser" in page.text

    # What is not released cannot be objected to, whatever is posted.
    assert client.post("/koreksi/ajukan/", {**FORM, "indikator": "B1"}).status_code == 422
    answer = client.post("/koreksi/ajukan/", {**FORM, "indikator": "A1"})
    assert answer.status_code == 302
    one = Correction.objects.get()
    assert (one.area, one.indicator, one.is_by_village, one.letter) == (VILLAGE, "A1", True, "")
    assert one.shown == released["A1"]["shown"]
    assert one.snapshot == published.results.snapshot.origin.settings["figures"]
    assert f"<dd>{escape(one.shown)}</dd>" in client.get(f"/koreksi/{one.pk}/").text
    # The ministries see the mark on their own figure.
    assert "data-mark" in sign_in("petugas.desa").get(f"/wilayah/{VILLAGE}/").text

    releases.revoke(node, releases.release(node, published.release.act), reason="Uji selesai.", warn=silent)
    page = client.get("/koreksi/ajukan/")
    assert "Belum ada angka desa Anda yang dirilis" in page.text
    assert client.post("/koreksi/ajukan/", {**FORM, "indikator": "C1"}).status_code == 422
    assert Correction.objects.count() == 1
