"""Alerts as officers meet them: on the overview, each with its list, whose length is the alert's number."""

import csv
import html
import io
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tenun.exchange.gate import Reason, Scope
from tenun.indicators.results import Results
from tenun.lake.snapshot import Snapshot
from tenun.node.gate import Gatekeeper
from tenun.node.home import NodeHome
from tenun.portal.overview.rules import RULES
from tests.lib import published_figures as published

pytestmark = pytest.mark.xdist_group("portal")


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.fixture
def two_snapshots(node: NodeHome) -> Iterator[Snapshot]:
    """Other figures three months before, so that there is something to compare with."""
    current = Results.open(node.lake).snapshot.id
    earlier = published.publish(node.lake, as_of=published.AS_OF.replace(month=7), seed=31)
    folder = earlier.folder.parent
    (folder / "CURRENT").write_text(current)
    yield earlier
    shutil.rmtree(earlier.folder)
    (folder / "CURRENT").write_text(current)


def listed(client: Any, rule: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(f"/perhatian/{rule}.csv", query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("username", ["kabupaten.desa", "petugas.naker"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_number_of_an_alert_is_that_of_its_list_its_page_and_its_file(
    sign_in: Any, two_snapshots: Snapshot, username: str, language: str
) -> None:
    client = sign_in(username)
    client.cookies["tenun_language"] = language
    rows = re.findall(r"<tr>(.*?)</tr>", client.get("/perhatian/").text.partition("<tbody>")[2], re.DOTALL)
    assert len(rows) == len(RULES)
    counts = {}
    for rule, row in zip(RULES, rows, strict=True):
        cell = re.search(r'<td class="num"[^>]*>(.*?)</td>', row, re.DOTALL)
        assert cell is not None
        count = plain(cell[1]).strip()
        counts[rule.id] = int(re.sub(r"[.,]", "", count)) if count[0].isdigit() else 0
        page = client.get(f"/perhatian/{rule.id}/")
        assert page.status_code == 200
        lines = page.text.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr>")
        assert lines == min(counts[rule.id], 200), rule.id
        assert len(listed(client, rule.id)) == counts[rule.id], rule.id
    found = {rule for rule, count in counts.items() if count}
    assert {"belum-mengirim", "padanan-rendah", "pencari-kerja-naik"} <= found
    # Seen from the country these two are about whole regencies, which have a figure of everything here.
    assert ({"angka-berubah", "tidak-dapat-dihitung"} <= found) is (username == "kabupaten.desa")


def test_the_overview_shows_at_most_seven_each_with_place_time_rule_remedy_and_list(
    sign_in: Any, two_snapshots: Snapshot
) -> None:
    page = sign_in("kabupaten.desa").get("/").text
    items = re.findall(r"<li>(.*?)</li>", page.partition('<ul class="attention">')[2].partition("</ul>")[0], re.DOTALL)
    assert 3 <= len(items) <= 7
    for item in items:
        assert re.search(r'href="/perhatian/[a-z-]+/"', item)
        said = plain(item)
        assert re.search(r"sejak (awal|\d{1,2} \w+ \d{4})", said)
        assert "Aturan: " in said
        assert "Yang dilakukan: " in said
    assert 'href="/perhatian/"' in page


def test_every_finding_lies_in_the_accounts_area(sign_in: Any, two_snapshots: Snapshot) -> None:
    client = sign_in("kabupaten.desa")
    for rule in RULES:
        for row in listed(client, rule.id):
            assert row["area_code"] == "" or row["area_code"].startswith("52.08")
            assert row["rule"] == rule.id
            assert row["condition"]
            assert row["remedy"]


def test_an_unknown_rule_is_no_page(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    assert client.get("/perhatian/tidak-ada/").status_code == 404
    assert client.get("/perhatian/tidak-ada.csv").status_code == 404
    assert client.get("/perhatian/data-lama.pdf").status_code == 404


@pytest.mark.pasal("7(4)")
def test_a_shut_off_is_the_first_alert_until_it_is_opened_again(sign_in: Any, keeper: Gatekeeper) -> None:
    client = sign_in("kabupaten.desa")
    assert "pemutusan akses sedang berlaku" not in client.get("/").text
    keeper.close(Scope.of_agreement("sid-siapkerja"), reason=Reason.MALWARE)
    page = client.get("/").text
    first = page.partition('<ul class="attention">')[2].partition("</li>")[0]
    assert "1 pemutusan akses sedang berlaku" in plain(first)
    (row,) = listed(client, "akses-diputus")
    assert row["detail"] == "oleh Kemnaker: malware"
    assert row["since"]
    assert 'href="/pertukaran/"' in client.get("/perhatian/akses-diputus/").text


@pytest.mark.pasal("6(1)", "9(1)")
def test_an_agreement_in_force_is_read_and_one_that_is_missing_is_told(sign_in: Any, agreed: None) -> None:
    client = sign_in("kabupaten.desa")
    assert listed(client, "perjanjian-tidak-terbaca") == []
    # Signed on 23 July 2025, and nothing reported on since: by now the year of Pasal 9(1) is over.
    (due,) = listed(client, "evaluasi-jatuh-tempo")
    assert due["now"] == "23 Jul 2026"


def test_a_node_without_an_agreement_has_an_alert_about_it(sign_in: Any) -> None:
    assert len(listed(sign_in("kabupaten.desa"), "perjanjian-tidak-terbaca")) == 1


def test_thresholds_of_the_node_are_used_and_printed_and_unfit_ones_are_told(sign_in: Any, node: NodeHome) -> None:
    client = sign_in("kabupaten.desa")
    file = node.folder / "alerts.json"
    usual = len(listed(client, "padanan-rendah"))
    try:
        file.write_text('{"match_rate_min": 99.5}')
        assert len(listed(client, "padanan-rendah")) > usual
        assert "di bawah 99,5 persen" in plain(client.get("/perhatian/padanan-rendah/").text)
        assert listed(client, "ambang-tidak-terbaca") == []
        file.write_text('{"match_rate_min": "banyak"}')
        assert len(listed(client, "padanan-rendah")) == usual
        (row,) = listed(client, "ambang-tidak-terbaca")
        assert "match_rate_min" in row["detail"]
        assert "banyak" not in row["detail"]
    finally:
        file.unlink()


def test_of_an_earlier_snapshot_the_exchange_of_now_is_not_asked(sign_in: Any, two_snapshots: Snapshot) -> None:
    client = sign_in("kabupaten.desa")
    page = client.get("/perhatian/perjanjian-tidak-terbaca/", {"potret": two_snapshots.id}).text
    assert "Aturan ini tidak diuji" in page
    assert listed(client, "angka-berubah", potret=two_snapshots.id) == []
    assert len(listed(client, "angka-berubah")) > 0


def test_a_wide_area_has_a_small_map_of_wider_areas(sign_in: Any, node: NodeHome) -> None:
    from tenun.portal.overview import views

    before = views.TILES_MAX
    client = sign_in("petugas.naker")
    try:
        assert "per desa" in plain(client.get("/").text)
        views.TILES_MAX = 30
        page = client.get("/").text
        assert "tingkat=kecamatan" in page
    finally:
        views.TILES_MAX = before


def test_leadership_sees_the_lists_and_takes_no_file(sign_in: Any) -> None:
    client = sign_in("pimpinan.desa")
    page = client.get("/perhatian/belum-mengirim/")
    assert page.status_code == 200
    assert ".csv" not in page.text
    assert client.get("/perhatian/belum-mengirim.csv").status_code == 403
