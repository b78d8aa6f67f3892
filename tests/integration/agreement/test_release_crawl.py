"""The gate keeps in every figure that a node has published."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenun.agreement.acts.bodies import ReleaseScope
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.release.gate import release_of
from tenun.agreement.release.request import parsed_scope
from tenun.indicators.results import Results
from tenun.kernel.keys import MemoryKeys
from tenun.lake.store import Lake
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
