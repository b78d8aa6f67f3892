"""Data quality: each figure is as long as its list, the list as its file; pointers to rows, never a value."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from datetime import date
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from tenun.agreement.contracts import QUALITY_FEEDBACK
from tenun.exchange.binding import NATIONAL, binding_of
from tenun.exchange.serving import feedback
from tenun.lake.snapshot import Layer, Origin
from tenun.lake.store import Lake
from tenun.node.home import NodeHome
from tenun.registry.sid import tables as sid
from tenun.sources import residents
from tenun.sources.report import IngestReport
from tests.lib import published_figures as published
from tests.lib.village_files import somebody, table, write_xlsx

pytestmark = pytest.mark.xdist_group("portal")

VILLAGE = "52.08.01.2002"
NEIGHBOUR = "52.08.01.2003"
ELSEWHERE = "52.07.01.2001"
NIK = "5208 0112 0101 0001"
FILE = f"penduduk {NIK}.xlsx"
FOUND = (
    (VILLAGE, "delivered.nik_twice", "nik", "error", 12),
    (NEIGHBOUR, "delivered.nik_twice", "nik", "error", None),
    (VILLAGE, "linked.sex_differs", "sex", "info", 7),
    (ELSEWHERE, "delivered.nik_twice", "nik", "error", 9),
)


@pytest.fixture
def told(node: NodeHome) -> Iterator[None]:
    """Feedback about three villages at the portal's node, for one test."""
    binding = binding_of(feedback.DATASET)
    rows = [
        {
            "village_code": village, "rule": rule, "field": field, "severity": severity,
            "state": "lt" if count is None else "ok", "rows": count, "share": None if count is None else count / 100,
            "as_of": date(2026, 10, 12), "snapshot": "core/x",
        }
        for village, rule, field, severity, count in FOUND
    ]  # fmt: skip
    node.lake.publish(
        layer=binding.layer, dataset=binding.lake_dataset, scope=NATIONAL, as_of=date(2026, 10, 12),
        origin=Origin("feedback/1"), tables={"findings": pa.Table.from_pylist(rows, schema=QUALITY_FEEDBACK.schema())},
    )  # fmt: skip
    yield
    shutil.rmtree(node.lake.root / str(binding.layer) / binding.lake_dataset)


@pytest.fixture
def brought(node: NodeHome, tmp_path: Any) -> Iterator[IngestReport]:
    """A village's own file, read at the portal's node: rejected rows, duplicates and warnings."""
    people = [somebody(number) for number in range(1, 9)]
    people[1] |= {"nama": ""}
    people[2] |= {"tanggallahir": "31-31-1990"}
    people[4] |= {"nik": people[3]["nik"]}
    report = residents.ingest(
        node.lake,
        node.keys,
        [write_xlsx(tmp_path / FILE, {"Data Penduduk": table(people)})],
        village=VILLAGE,
        as_of=date(2026, 10, 12),
        regions=None,
        report_folder=node.folder / "reports",
        invented=True,
    )
    yield report
    for folder in (node.folder / "reports", *(node.lake.root / layer / sid.DATASET for layer in ("raw", "core"))):
        shutil.rmtree(folder)


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def lines_of(answer: Any) -> int:
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return int(book["data"].max_row) - 1


def lines_on(page: str) -> int:
    return page.rpartition("<tbody>")[2].count("<tr>")


def test_the_page_answers_first_and_names_who_puts_it_right(sign_in: Any, told: None) -> None:
    page = sign_in("kabupaten.desa").get("/mutu/").text
    answer = re.search(r'<p class="answer">(.*?)</p>', page, re.S)
    assert answer is not None
    assert "Dari 43 desa" in answer[1]
    assert "3 temuan aturan" in answer[1]
    assert "diperbaiki di kantor desa" in answer[1]
    assert page.index('class="answer"') < page.index("<table")


def test_every_count_of_villages_is_as_long_as_its_list_and_its_files(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    page = client.get("/mutu/").text
    counts = {state or "": int(count) for state, count in re.findall(
        r'href="/mutu/desa/\?wilayah=52\.08(?:&amp;keadaan=(\w+))?">(\d+)<', page)}  # fmt: skip
    assert set(counts) == {"", "segar", "lama", "dikeluarkan", "belum"}
    assert counts[""] == sum(count for state, count in counts.items() if state) == 43
    assert counts["belum"] > 0
    for state, count in counts.items():
        asked = f"?wilayah=52.08&keadaan={state}"
        listed = client.get(f"/mutu/desa/{asked}").text
        assert (lines_on(listed) if count else 0) == count
        rows = rows_of(client.get(f"/mutu/desa.csv{asked}"))
        assert len(rows) == len({row["village_code"] for row in rows}) == count
        assert lines_of(client.get(f"/mutu/desa.xlsx{asked}")) == count


@pytest.mark.parametrize("username", ["kabupaten.desa", "petugas.naker"])
def test_every_count_of_findings_is_as_long_as_its_list_and_its_files(sign_in: Any, told: None, username: str) -> None:
    client = sign_in(username)
    page = client.get("/mutu/?wilayah=52.08").text
    counts = dict(re.findall(r'href="/mutu/temuan/\?wilayah=52\.08&amp;aturan=([\w.]+)">(\d+)<', page))
    assert counts == {"delivered.nik_twice": "2", "linked.sex_differs": "1"}
    for rule, count in counts.items():
        asked = f"?wilayah=52.08&aturan={rule}"
        assert lines_on(client.get(f"/mutu/temuan/{asked}").text) == int(count)
        rows = rows_of(client.get(f"/mutu/temuan.csv{asked}"))
        assert [row["rule"] for row in rows] == [rule] * int(count)
        assert lines_of(client.get(f"/mutu/temuan.xlsx{asked}")) == int(count)


@pytest.mark.pasal("7(1)")
def test_a_count_that_is_too_small_is_told_on_no_page_and_in_no_file(sign_in: Any, told: None) -> None:
    client = sign_in("petugas.naker")
    rows = rows_of(client.get(f"/mutu/temuan.csv?wilayah={NEIGHBOUR}"))
    assert [(row["rows"], row["share_percent"]) for row in rows] == [("<5", "")]
    assert "&lt;5" in client.get(f"/mutu/temuan/?wilayah={NEIGHBOUR}").text


@pytest.mark.pasal("7(2)")
def test_lists_end_where_the_area_of_the_account_ends(sign_in: Any, told: None) -> None:
    client = sign_in("kabupaten.desa")
    for path in ("/mutu/", "/mutu/desa/", "/mutu/desa.csv", "/mutu/temuan/", "/mutu/temuan.csv"):
        assert client.get(f"{path}?wilayah=52.07").status_code == 403
        assert client.get(f"{path}?wilayah=52").status_code == 403
    assert {row["village_code"][:5] for row in rows_of(client.get("/mutu/temuan.csv"))} == {"52.08"}


def test_the_rows_of_a_file_are_listed_as_often_as_they_were_counted(sign_in: Any, brought: IngestReport) -> None:
    client = sign_in("kabupaten.desa")
    expected = brought.rejected + brought.duplicates + sum(brought.warnings.values())
    assert brought.rejected
    assert brought.duplicates
    assert brought.warnings
    address = f"/mutu/baris/{sid.DATASET}/{VILLAGE}/"
    for area in ("52.08", "52.08.01", VILLAGE):
        page = client.get(f"/mutu/?wilayah={area}").text
        assert re.search(rf'href="{address}">{expected}<', page)
    page = client.get(address).text
    assert lines_on(page) == expected
    assert len(rows_of(client.get(f"{address}baris.csv"))) == expected
    assert lines_of(client.get(f"{address}baris.xlsx")) == expected
    by_rule = re.findall(rf'href="{address}\?aturan=([\w.]+)">(\d+)<', page)
    assert sum(int(count) for _rule, count in by_rule) == expected
    for rule, count in by_rule:
        assert lines_on(client.get(f"{address}?aturan={rule}").text) == int(count)
        assert len(rows_of(client.get(f"{address}baris.csv?aturan={rule}"))) == int(count)


@pytest.mark.pasal("7(1)")
def test_a_list_points_to_rows_and_repeats_nothing_of_them(sign_in: Any, brought: IngestReport) -> None:
    client = sign_in("kabupaten.desa")
    address = f"/mutu/baris/{sid.DATASET}/{VILLAGE}/"
    told = client.get(address).text + client.get(f"{address}baris.csv").content.decode("utf-8-sig")
    for value in ("WARGA", "31-31-1990", NIK, somebody(4)["nik"]):
        assert value not in told
    assert "penduduk …" in told  # nor the number that somebody put into the file's name
    assert {"file", "sheet", "row", "field", "rule"} <= set(rows_of(client.get(f"{address}baris.csv"))[0])


@pytest.mark.pasal("7(2)")
def test_lists_of_rows_go_to_the_ministry_that_owns_the_source(sign_in: Any, brought: IngestReport) -> None:
    address = f"/mutu/baris/{sid.DATASET}/{VILLAGE}/"
    for username in ("petugas.naker", "provinsi.naker"):
        assert client_sees(sign_in(username), address) == 404
        assert address not in sign_in(username).get(f"/mutu/?wilayah={VILLAGE}").text
    assert client_sees(sign_in("petugas.desa"), address) == 200


def client_sees(client: Any, address: str) -> int:
    return int(client.get(address).status_code)


def test_a_list_that_was_altered_or_lost_is_told_as_such(sign_in: Any, node: NodeHome, brought: IngestReport) -> None:
    client, address = sign_in("petugas.desa"), f"/mutu/baris/{sid.DATASET}/{VILLAGE}/"
    assert brought.rejects_file is not None
    whole = brought.rejects_file.read_text("utf-8-sig").splitlines()
    brought.rejects_file.write_text("\r\n".join(whole[:-1]) + "\r\n", "utf-8-sig")
    assert "tidak sama dengan yang ditemukan" in client.get(address).text
    assert client_sees(client, f"{address}baris.csv") == 404
    brought.rejects_file.unlink()
    assert "tidak ada lagi di simpul ini" in client.get(address).text


def test_without_feedback_the_page_says_so(sign_in: Any) -> None:
    assert "Belum ada umpan balik mutu data" in sign_in("petugas.naker").get("/mutu/").text
    assert "Belum ada umpan balik mutu data" in sign_in("petugas.naker").get("/mutu/temuan/").text


@pytest.mark.pasal("7(3)")
def test_villages_left_out_are_listed_with_the_reason(node: NodeHome) -> None:
    from tenun.indicators.results import Results
    from tenun.portal.access import Scope
    from tenun.portal.figures import Figures
    from tenun.portal.quality import villages
    from tenun.portal.quality.villages import Delivery

    lake = Lake(node.folder / "lake-left-out", node.keys)
    snapshot = published.publish(lake)
    kept = {name: lake.read(snapshot, name) for name in snapshot.tables}
    missing = "52.08.05.2001"
    told = lake.publish(
        layer=Layer.OUT, dataset=snapshot.dataset, scope=snapshot.scope, as_of=snapshot.as_of,
        origin=Origin("published-figures/2"), tables=kept,
        details={**snapshot.details, "left_out_reasons": {missing: ["agreement.data_life_over"], ELSEWHERE: ["x"]}},
    )  # fmt: skip
    figures = Figures(Results(lake, told), scope=Scope("52.08"))
    assert set(figures.left_out("52.08")) == {missing}
    left = villages.only(villages.of_area(figures, "52.08"), Delivery.LEFT_OUT)
    assert [(one.code, one.left_out_for) for one in left] == [(missing, ("agreement.data_life_over",))]
    shutil.rmtree(lake.root)
