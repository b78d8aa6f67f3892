"""What a village should do this week, and the pack that an officer takes along."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tenun.agreement import signing
from tenun.agreement.vocabulary import Party
from tenun.disclosure.state import ValueState
from tenun.indicators.areas import Level
from tenun.indicators.results import Results
from tenun.node import village_pack
from tenun.node.home import NodeHome
from tests.lib import published_figures as published
from tests.lib.agreement_drafts import SHIPPED

pytestmark = pytest.mark.xdist_group("portal")

VILLAGE = "52.08.01.2002"
ROOM, PACK = f"/wilayah/{VILLAGE}/ruang/", f"/wilayah/{VILLAGE}/paket.zip"


def tasks_of(page: str) -> list[str]:
    """The text of each task."""
    listed = page.partition('<ol class="attention">')[2].partition("</ol>")[0]
    return [re.sub(r"<[^>]+>", " ", one).strip() for one in re.findall(r"</svg><span>(.*?)</span>", listed, re.DOTALL)]


@pytest.fixture
def results(node: NodeHome) -> Results:
    return Results.open(node.lake)


@pytest.fixture
def signed_node(node: NodeHome) -> Iterator[NodeHome]:
    """The node with the agreement in force, for as long as the test lasts."""
    other = node.folder.parent / "desa-for-pack"
    signing.enter_into_force(
        SHIPPED,
        {
            Party.DESA: (other / "agreement", other / "keys"),
            Party.NAKER: (node.agreement, node.folder / "keys"),
        },
    )
    yield node
    shutil.rmtree(other)
    shutil.rmtree(node.agreement)
    shutil.rmtree(node.folder / "revisions", ignore_errors=True)
    for name in ("agreement.jwk", "message.jwk", "log.jwk", "client.jwk", "age.txt", "public.json"):
        (node.folder / "keys" / name).unlink(missing_ok=True)


def test_each_rule_names_what_it_found_and_who_acts(sign_in: Any, results: Results) -> None:
    client = sign_in("petugas.naker")
    villages = [area.code for area in results.areas.values() if area.level is Level.VILLAGE]
    by_state = {results.value("B1", code).state: code for code in reversed(villages)}
    expected = {
        ValueState.NS: ["Hubungkan register desa"],
        ValueState.NC: ["kolom tidak diserahkan", "kolom tidak diserahkan"],
        ValueState.NA: ["agar akun dapat dipadankan"],
        ValueState.ZERO: ["agar akun dapat dipadankan"],
        ValueState.SUP: [],
    }
    for state, told in expected.items():
        page = client.get(f"/wilayah/{by_state[state]}/ruang/").content.decode()
        found = tasks_of(page)
        assert [part in text for part, text in zip(told, found, strict=True)] == [True] * len(told), (state, found)
        assert page.count('<span class="rule">') >= len(told)
    nothing = client.get(f"/wilayah/{by_state[ValueState.SUP]}/ruang/").content.decode()
    assert "Tidak ada tugas minggu ini" in nothing


def test_a_field_that_is_missing_stands_with_the_figures_that_want_it(sign_in: Any, results: Results) -> None:
    code = next(
        area.code
        for area in results.areas.values()
        if area.level is Level.VILLAGE and results.value("B1", area.code).state is ValueState.NC
    )
    page = sign_in("petugas.naker").get(f"/wilayah/{code}/ruang/").content.decode()
    village, siapkerja = page.partition("Kantor desa, di SID")[0], page.partition("Kantor desa, di SID")[2]
    assert "Pendidikan tertinggi" in village
    assert "Penduduk usia kerja tamat SLTA ke atas" in village
    assert "Sertifikat kompetensi" not in village
    assert "Sertifikat kompetensi" in siapkerja


def test_old_data_is_a_task_after_thirty_days(node: NodeHome, results: Results, sign_in: Any) -> None:
    from tenun.portal.access import Scope
    from tenun.portal.figures import Figures
    from tenun.portal.room import tasks

    figures = Figures(results, scope=Scope("00"))
    coverage = results.coverage[VILLAGE]
    age = (results.reference_date - published.SID_AS_OF).days
    assert age < tasks.RENEWED_WITHIN_DAYS
    assert list(tasks._renew(figures, coverage)) == []
    older = replace(coverage, sid_as_of=results.reference_date - timedelta(days=31))
    assert [task.who for task in tasks._renew(figures, older)] == ["Kantor desa, di SID"]


def test_the_room_is_a_preview_as_long_as_nothing_is_released(sign_in: Any) -> None:
    page = sign_in("kabupaten.desa").get(ROOM).content.decode()
    assert "Pratinjau: untuk petugas kedua kementerian" in page
    assert "Dirilis untuk pemerintah desa" not in page
    assert f'href="{PACK}"' in page
    assert f'href="{ROOM}"' in sign_in("kabupaten.desa").get(f"/wilayah/{VILLAGE}/").content.decode()


def test_only_a_village_has_a_room(sign_in: Any) -> None:
    client = sign_in("petugas.naker")
    for code in ("52.08.01", "52.08", "52", "00", "33.10.01.2001", "x"):
        assert client.get(f"/wilayah/{code}/ruang/").status_code == 404
        assert client.get(f"/wilayah/{code}/paket.zip").status_code == 404


@pytest.mark.pasal("7(2)")
@pytest.mark.parametrize(
    ("username", "room", "pack"),
    [
        (None, 302, 302),
        ("pimpinan.desa", 200, 403),
        ("keamanan.naker", 403, 403),
        ("provinsi.naker", 200, 503),
    ],
)
def test_whoever_may_not_take_files_gets_no_pack(sign_in: Any, username: str | None, room: int, pack: int) -> None:
    client = sign_in(username)
    assert client.get(ROOM).status_code == room
    # Without an agreement in force the node has nothing to sign for: said on the page, and no file is given.
    assert client.get(PACK).status_code == pack
    assert client.get(PACK).headers["Content-Type"] != "application/zip"


def test_an_account_gets_no_pack_of_another_regency(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    assert client.get("/wilayah/52.07.01.2001/ruang/").status_code == 403
    assert client.get("/wilayah/52.07.01.2001/paket.zip").status_code == 403


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_pack_is_signed_by_this_node_and_keeps_to_the_accounts_area(
    sign_in: Any, signed_node: NodeHome, language: str
) -> None:
    client = sign_in("kabupaten.desa")
    client.cookies["tenun_language"] = language
    answer = client.get(PACK)
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="data-buatan_tenun_52.08.01.2002')
    assert len(answer.content) < 2_000_000
    found = village_pack.verify(answer.content, signing.verify(signed_node.agreement))
    assert found.manifest["language"] == language
    assert (found.manifest["audience"], found.manifest["release"]) == ("ministries", "")
    page = found.files["profil.html"].decode()
    assert "Nusa Tenggara Barat" not in page
    assert "Lombok Utara" in page
