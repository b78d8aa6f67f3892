"""The page Data and API: what is chosen is previewed, can be taken along, and its examples do what they say."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tenun.indicators import export, wording
from tenun.indicators.areas import Level
from tenun.indicators.results import Results
from tenun.node.home import NodeHome
from tests.lib import published_figures as published
from tests.lib.results_api import mounted

pytestmark = pytest.mark.xdist_group("portal")


@pytest.fixture(scope="module", autouse=True)
def _api(node: NodeHome) -> Iterator[None]:
    with mounted():
        yield


def main_of(answer: Any) -> str:
    found = html.unescape(answer.content.decode().partition("<main")[2])
    return found.replace("\u00a0", " ")


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_preview_is_the_first_twenty_rows_of_the_file_in_their_states(
    sign_in: Any, node: NodeHome, language: str
) -> None:
    client = sign_in("kabupaten.desa")
    client.cookies["tenun_language"] = language
    results = Results.open(node.lake)
    page = main_of(client.get("/unduh/?wilayah=52.08&tingkat=desa&indikator=A1"))
    lines = re.findall(r'<tr data-state="(\w+)">(.*?)</tr>', page, re.DOTALL)
    rows = export.rows(results, level=Level.VILLAGE, parent="52.08", indicator="A1", language=language)[:20]
    assert [state for state, _ in lines] == [row["state"] for row in rows]
    for (state, line), row in zip(lines, rows, strict=True):
        assert str(row["shown"]).replace("\u00a0", " ") in line
        assert str(row["area_code"]) in line
        if state != "ok":
            assert wording.named(wording.STATES, state, language) in line  # type: ignore[arg-type]
            assert str(row["reason"]) in line


def test_a_choice_outside_the_area_of_the_account_is_refused(sign_in: Any) -> None:
    assert sign_in("kabupaten.desa").get("/unduh/?wilayah=52.07").status_code == 403


def test_the_key_of_the_page_and_its_example_give_the_file(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    answer = client.post("/unduh/")
    assert "no-store" in answer.headers["Cache-Control"]
    page = main_of(answer)
    (key,) = re.findall(r"<code>([\w:-]{40,})</code>", page)
    assert key not in main_of(client.get("/unduh/"))
    addresses = set(re.findall(r'"(http://localhost/v1/[^"]+)"', page))
    assert len(addresses) == 1, "curl, Python and Excel ask for the same"
    (address,) = addresses
    taken = sign_in().get(address.removeprefix("http://localhost"), headers={"Authorization": f"Bearer {key}"})
    assert taken.content == client.get("/unduh/angka.csv?tingkat=desa").content


def test_every_address_on_the_page_answers(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    links = re.findall(r'href="(/v1/[^"]+)"', main_of(client.get("/unduh/?tingkat=desa&indikator=B1")))
    assert len(links) == 5
    for link in links:
        assert client.get(link).status_code == 200, link


def test_what_is_too_large_for_csv_is_refused_with_another_way(sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenun.portal.downloads import views
    from tenun.portal.downloads.api.shapes import Format

    monkeypatch.setattr(views, "ROWS_MAX", {Format.CSV: 10, Format.XLSX: 10})
    client = sign_in("kabupaten.desa")
    answer = client.get("/unduh/angka.csv?tingkat=desa")
    assert answer.status_code == 413
    assert "Parquet" in main_of(answer)
    assert "angka.csv" not in main_of(client.get("/unduh/"))


def test_an_earlier_snapshot_can_be_chosen(sign_in: Any, node: NodeHome) -> None:
    old = Results.open(node.lake).snapshot
    newer = published.publish(node.lake, as_of=published.AS_OF.replace(year=2028), seed=5)
    try:
        page = main_of(sign_in("kabupaten.desa").get(f"/unduh/?potret={old.id}"))
        assert f'<option value="{old.id}" selected>' in page
        assert f"/v1/results/{old.id}/values" in page
        assert newer.id in page
    finally:
        node.lake.remove(newer)
        node.lake.prefer(old)


def test_areas_two_levels_below_the_accounts_own_are_offered_and_the_chosen_one(sign_in: Any) -> None:
    """A list of every village would be heavier than the whole page may be."""
    page = main_of(sign_in("petugas.naker").get("/unduh/?wilayah=52.08.01.2002"))
    offered = set(re.findall(r'<option value="([\d.]+)"', page))
    assert offered >= {"52", "52.07", "52.08", "52.08.01"}
    assert {code for code in offered if code.count(".") == 3} == {"52.08.01.2002"}
