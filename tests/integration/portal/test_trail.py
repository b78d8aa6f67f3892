"""The access log: complete, append-only, without anything of what was looked at; each sees what their role is given."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from tenun.kernel.clock import SystemClock

pytestmark = pytest.mark.xdist_group("portal")

VILLAGE = "52.08.01.2002"
OPENED = {
    "/": ("overview", "figures", ""),
    f"/wilayah/{VILLAGE}/": ("area", "figures", VILLAGE),
    "/peta/?wilayah=52.08&indikator=B1": ("map", "figures", "52.08"),
    "/unduh/angka.csv?wilayah=52.08.01": ("download_csv", "download", "52.08.01"),
    "/mutu/desa.xlsx?wilayah=52.08": ("quality_villages_file", "download", "52.08"),
    f"/v1/results/latest/values?area={VILLAGE}&format=json": ("results_values", "program", VILLAGE),
    "/pertukaran/": ("exchange", "page", ""),
    "/jejak/": ("trail", "page", ""),
    "/wilayah/52.07/": ("area", "refused", "52.07"),
    "/pemadanan/tinjau/": ("link_review", "refused", ""),
}


def last() -> Any:
    from tenun.portal.trail.models import Access

    return Access.objects.first()


def everything() -> list[Any]:
    from tenun.portal.trail.models import Access

    return list(Access.objects.all())


def rows_of(client: Any, **query: str) -> list[dict[str, str]]:
    answer = client.get("/jejak.csv", query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.pasal("7(1)")
@pytest.mark.parametrize("path", OPENED)
def test_an_access_is_noted_with_account_page_area_and_time(sign_in: Any, path: str) -> None:
    from tenun.portal.accounts.models import User

    account = User.objects.get(username="kabupaten.desa")
    before = SystemClock().now()
    answer = sign_in("kabupaten.desa").get(path)
    noted = last()
    assert (noted.route, noted.kind, noted.area) == OPENED[path]
    assert (noted.account, noted.role, noted.party, noted.account_area) == (account.pk, "data_desa", "desa", "52.08")
    assert before - timedelta(seconds=1) <= noted.moment <= SystemClock().now()
    assert noted.reference == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("path", ["/bantuan/", "/akun/", "/sehat/", "/tidak-ada/", "/wilayah/99.99/"])
def test_what_is_open_own_or_came_to_nothing_is_not_noted(sign_in: Any, path: str) -> None:
    client = sign_in("petugas.naker")
    before = len(everything())
    client.get(path)
    assert len(everything()) == before


def test_a_stranger_leaves_no_trace_and_pieces_of_a_page_leave_one_with_the_page_only(sign_in: Any) -> None:
    before = len(everything())
    sign_in().get("/")
    sign_in("petugas.naker").get("/cari/?q=sokong", headers={"HX-Request": "true"})
    assert len(everything()) == before


@pytest.mark.pasal("7(1)")
def test_nothing_that_was_typed_is_kept(sign_in: Any) -> None:
    client = sign_in("petugas.naker")
    client.get("/cari/?q=5208011201010001")
    client.get("/cari/?q=siti+aminah&wilayah=5208011201010001")
    client.get("/jejak/?wilayah=siti+aminah&akun=5208011201010001")
    kept = " ".join(str(value) for one in everything() for value in vars(one).values())
    for value in ("5208011201010001", "siti", "aminah"):
        assert value not in kept


@pytest.mark.pasal("7(1)")
def test_the_reason_for_showing_covered_fields_is_kept_and_an_unfit_one_is_not(node: Any) -> None:
    from django.test import RequestFactory

    from tenun.portal.trail.recording import _purpose

    asked = RequestFactory().post("/pemadanan/tinjau/", {"why": "  urutan kata pada   nama tidak jelas "})
    assert _purpose(asked) == "urutan kata pada nama tidak jelas"
    assert _purpose(RequestFactory().post("/", {"why": "NIK 5208011201010001 berbeda"})) == ""


STATEMENTS = {
    "changed": "UPDATE portal_trail_access SET account = 1",
    "deleted": "DELETE FROM portal_trail_access WHERE id = (SELECT max(id) FROM portal_trail_access)",
    "emptied": "TRUNCATE portal_trail_access",
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_the_database_refuses_that_the_trail_is_touched(sign_in: Any, statement: str) -> None:
    from django.db import DatabaseError, connection

    sign_in("petugas.naker").get("/")
    before = [vars(one)["id"] for one in everything()]
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(statement)
    assert [vars(one)["id"] for one in everything()] == before


def test_an_access_is_deleted_after_its_time_and_not_a_day_before(sign_in: Any) -> None:
    from django.db import DatabaseError

    from tenun.portal.trail.models import RETENTION, Access
    from tenun.portal.trail.recording import Trail

    now = SystemClock().now()
    common = {"account": 0, "role": "data_desa", "party": "desa", "account_area": "00", "route": "area",
              "kind": "figures", "reference": "00000000"}  # fmt: skip
    old = Access.objects.create(moment=now - RETENTION - timedelta(hours=1), **common)
    young = Access.objects.create(moment=now - RETENTION + timedelta(hours=1), **common)
    Trail._expired_on = ""
    sign_in("petugas.naker").get("/")
    assert not Access.objects.filter(pk=old.pk).exists()
    assert Access.objects.filter(pk=young.pk).exists()
    with pytest.raises(DatabaseError, match="append-only"):
        young.delete()


SEES = {
    "petugas.desa": "own",
    "petugas.naker": "own",
    "kabupaten.desa": "own",
    "pimpinan.naker": "own",
    "keamanan.naker": "all",
}


@pytest.mark.pasal("7(2)")
@pytest.mark.parametrize("username", SEES)
def test_staff_see_their_own_accesses_and_security_sees_everyones(sign_in: Any, username: str) -> None:
    for opener in ("petugas.desa", "petugas.naker", "kabupaten.desa", "pimpinan.naker"):
        sign_in(opener).get(f"/wilayah/{VILLAGE}/")
    seen = {row["name"] for row in rows_of(sign_in(username))}
    # An account cannot widen its view by asking for another's number.
    other = rows_of(sign_in(username), akun=str(everything()[-1].account))
    if SEES[username] == "all":
        assert seen >= {"petugas.desa", "petugas.naker", "kabupaten.desa", "pimpinan.naker"}
        assert len({row["account"] for row in other}) <= 1
    else:
        assert seen == {username}
        assert {row["name"] for row in other} == {username}


def test_leadership_sees_numbers_by_role_without_accounts(sign_in: Any) -> None:
    sign_in("kabupaten.desa").get("/")
    page = sign_in("pimpinan.naker").get("/jejak/").text
    assert "Menurut peran" in page
    assert "Petugas data, Kemendesa" in page or "Petugas data Kemendesa" in page
    assert "kabupaten.desa" not in page
    assert "Menurut peran" not in sign_in("petugas.desa").get("/jejak/").text


def test_day_area_page_and_kind_narrow_page_and_file_alike(sign_in: Any) -> None:
    client = sign_in("keamanan.naker")
    sign_in("petugas.naker").get("/wilayah/52.08.01.2002/")
    sign_in("petugas.naker").get("/wilayah/52.07.01.2001/")
    inside = rows_of(client, wilayah="52.08")
    assert inside
    assert all(row["area"].startswith("52.08") for row in inside)
    assert {row["route"] for row in rows_of(client, halaman="area")} == {"area"}
    assert {row["kind"] for row in rows_of(client, jenis="figures")} == {"figures"}
    assert rows_of(client, dari="2020-01-01", sampai="2020-01-02") == []
    page = client.get("/jejak/", {"wilayah": "52.07", "halaman": "area"}).text
    shown = page.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr>")
    assert shown == len(rows_of(client, wilayah="52.07", halaman="area")) > 0


def test_an_empty_trail_says_so(sign_in: Any) -> None:
    page = sign_in("petugas.desa").get("/jejak/?dari=2020-01-01&sampai=2020-01-02").text
    assert "Tidak ada akses pada hari-hari ini" in page
