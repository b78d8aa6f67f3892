"""What a preview says of figures that a node has published, and that the gate keeps all of them in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenun.agreement.acts.bodies import ReleaseScope
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.release.gate import release_of
from tenun.agreement.release.preview import preview
from tenun.agreement.release.request import parsed_scope
from tenun.indicators.results import Results
from tenun.kernel.keys import MemoryKeys
from tenun.lake.store import Lake
from tenun.node.release_preview import AsTheMinistriesSee
from tests.lib import published_figures as published
from tests.lib.agreement_acts import BODIES, DESA, open_nodes

LETTER = {"number": "B-1/2026", "dated": "2026-11-20", "office": "Kepala Pusat Buatan"}
AUDIENCE = "pemerintah-desa"


def scope(indicators: list[str], areas: list[str]) -> ReleaseScope:
    return parsed_scope({"indicators": indicators, "areas": areas, "letters": {"desa": LETTER, "naker": LETTER}})


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    lake = Lake(tmp_path_factory.mktemp("lake"), MemoryKeys())
    published.publish(lake)
    return Results.open(lake)


def test_a_preview_counts_every_figure_of_the_scope_and_those_that_are_hidden(results: Results) -> None:
    wanted = scope(["A1"], [published.REGENCY])
    cells = AsTheMinistriesSee(results).cells(wanted, audience=AUDIENCE)
    found = preview(wanted, audience=AUDIENCE, protection=AsTheMinistriesSee(results))
    assert {key[0] for key in cells} == {"A1"}
    assert all(key[1].startswith(published.REGENCY) for key in cells)
    assert (found.cells, found.hidden) == (len(cells), sum(1 for shown in cells.values() if shown is None))
    assert 0 < found.hidden_share < 1
    assert found.rule_version == results.rule_version


def test_a_preview_finds_hidden_numbers_that_can_be_computed(results: Results) -> None:
    """The invented figures hide one village of a district without a second one: the rest gives it away."""
    inside, outside = scope(["A1"], [published.REGENCY]), scope(["C1"], [published.OTHER_REGENCY])
    protection = AsTheMinistriesSee(results)
    alone = preview(inside, audience=AUDIENCE, protection=protection)
    assert alone.findings
    assert not alone.may_be_consented_to
    other = preview(inside, audience=AUDIENCE, protection=protection, earlier=[("publik", outside)])
    assert other.findings == alone.findings


@pytest.mark.pasal("7(2)")
def test_a_crawl_of_all_figures_gets_none_without_a_release_and_only_its_own_with_one(
    results: Results, tmp_path: Path
) -> None:
    nodes = open_nodes(tmp_path)
    at = nodes.clock.moment

    def crawl(audience: str) -> set[tuple[str, str]]:
        state = nodes.chains[DESA].state(at)
        return {
            (indicator, area)
            for indicator in results.definitions
            for area in results.areas
            if release_of(state, indicator=indicator, area=area, audience=audience, at=at) is not None
        }

    assert crawl("publik") == crawl(AUDIENCE) == set()
    wanted = scope(["A1"], [published.REGENCY])
    body = {
        **BODIES[Kind.THIRD_PARTY_CONSENT],
        "audience": AUDIENCE,
        "release": wanted.model_dump(mode="json", exclude_none=True),
    }
    nodes.agree(DESA, Kind.THIRD_PARTY_CONSENT, body, reference={"number": "B-1/2026"})
    inside = {("A1", area) for area in results.areas if (area + ".").startswith(published.REGENCY + ".")}
    assert crawl(AUDIENCE) == inside
    assert crawl("publik") == set()
