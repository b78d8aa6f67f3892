"""The results API as programs use it: keys, areas, pages, formats, links that last, and refusals that help."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from tenun.indicators import export
from tenun.indicators.areas import Level
from tenun.indicators.results import Results
from tenun.lake.store import SnapshotMissing
from tenun.node.home import NodeHome
from tests.lib import published_figures as published
from tests.lib.results_api import ADDRESSES, VILLAGE, mounted

pytestmark = pytest.mark.xdist_group("portal")

OFFICERS = {"petugas.desa", "petugas.naker", "kabupaten.desa", "provinsi.naker"}


@pytest.fixture(scope="module", autouse=True)
def _api(node: NodeHome) -> Iterator[None]:
    with mounted():
        yield


@pytest.fixture(scope="module")
def results(node: NodeHome) -> Results:
    return Results.open(node.lake)


def pinned(results: Results, path: str) -> str:
    return f"/v1/results/{results.snapshot.id}{path}"


def test_every_address_is_named_and_no_other() -> None:
    from tenun.portal.downloads.api.urls import patterns

    assert {one.name for one in patterns} == set(ADDRESSES)


@pytest.mark.pasal("7(2)")
@pytest.mark.parametrize("route", ADDRESSES)
def test_a_stranger_is_refused_as_a_program_can_read_it(sign_in: Any, route: str) -> None:
    answer = sign_in().get(ADDRESSES[route], headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    told = answer.json()
    assert (told["type"], told["status"]) == ("urn:tenun:problem:results-not-signed-in", 401)
    assert set(told["text"]) == set(told["remedy"]) == {"id", "en"}


def test_a_node_without_figures_says_so_and_when_to_come_again(sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object, **__: object) -> None:
        raise SnapshotMissing(layer="out", dataset="indicators", scope="00")

    monkeypatch.setattr("tenun.portal.config.middleware.Figures.of_node", nothing)
    answer = sign_in("petugas.desa").get("/v1/results/latest")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:tenun:problem:results-none")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("username", ["petugas.desa", "kabupaten.desa", "pimpinan.desa", "keamanan.naker"])
@pytest.mark.parametrize("route", ADDRESSES)
def test_a_role_reads_results_or_is_told_that_it_does_not(sign_in: Any, username: str, route: str) -> None:
    answer = sign_in(username).get(ADDRESSES[route])
    if username in OFFICERS:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:tenun:problem:results-role")


@pytest.mark.pasal("7(2)")
@pytest.mark.parametrize("path", ["/values?area={}", "/values.csv-metadata.json?area={}", "/areas?within={}"])
@pytest.mark.parametrize("area", ["52.07", "52", "00"])
def test_nothing_outside_the_area_of_the_account_is_told(sign_in: Any, path: str, area: str) -> None:
    address = "/v1/results/latest" + path.format(area)
    assert sign_in("petugas.naker").get(address).status_code == 200
    answer = sign_in("kabupaten.desa").get(address)
    if path.startswith("/values.csv"):
        assert answer.status_code == 200  # tells what columns and indicators mean, and no figure
    else:
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:tenun:problem:results-outside-scope")
    assert sign_in("kabupaten.desa").get(f"/v1/results/latest/provenance/A1/{area}").status_code == 403


def test_the_areas_come_in_pages_that_together_are_the_accounts_area(sign_in: Any, results: Results) -> None:
    client, address, found = sign_in("kabupaten.desa"), "/v1/results/latest/areas?limit=17", []
    while address:
        told = client.get(address).json()
        found += [one["area_code"] for one in told["areas"]]
        address = told["next"]
    assert found == sorted(code for code in results.areas if code.startswith("52.08"))


def test_pages_of_values_are_together_every_row_once_and_in_order(sign_in: Any, results: Results) -> None:
    client = sign_in("petugas.naker")
    address = f"/v1/results/latest/values?area={published.REGENCY}&level=desa&indicator=A1,B1&limit=53"
    found: list[dict[str, Any]] = []
    while address:
        told = client.get(address).json()
        assert len(told["values"]) <= 53
        found += told["values"]
        address = told["next"]
        assert address is None or results.snapshot.id in address, "a next page must not change to a newer snapshot"
    wanted = [
        dict(row)
        for row in export.rows(results, level=Level.VILLAGE, parent=published.REGENCY)
        if row["indicator"] in ("A1", "B1")
    ]
    assert found == wanted
    assert told["rows"] == len(wanted)


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_formats_hold_the_same_values_cell_by_cell(sign_in: Any, results: Results, language: str) -> None:
    client = sign_in("petugas.naker")
    query = f"area={published.REGENCY}&level=desa&language={language}"
    place = pinned(results, "/values?" + query)
    from_json = client.get(f"{place}&limit=10000").json()["values"]
    assert {row["state"] for row in from_json} >= {"ok", "zero", "lt", "sup", "nc", "ns", "na", "stale"}
    as_csv = client.get(f"{place}&format=csv").content.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(as_csv)))
    assert [dict(zip(lines[0], line, strict=True)) for line in lines[1:]] == [
        {key: "" if cell is None else str(cell) for key, cell in row.items()} for row in from_json
    ]
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{place}&format=xlsx").content))
    cells = list(book.worksheets[0].values)
    assert [dict(zip(export.FIELDS, line, strict=True)) for line in cells[1:]] == from_json
    table = pq.read_table(io.BytesIO(client.get(f"{place}&format=parquet").content)).to_pylist()
    dates = [key for key, field in export.FIELDS.items() if field.kind is export.Kind.DATE]
    assert [{**row, **{key: row[key] and row[key].isoformat() for key in dates}} for row in table] == from_json


@pytest.mark.parametrize("output_format", ["json", "csv", "xlsx", "parquet"])
def test_a_link_that_names_the_snapshot_gives_the_same_bytes_after_a_newer_one(
    sign_in: Any, results: Results, node: NodeHome, output_format: str
) -> None:
    client = sign_in("petugas.naker")
    address = pinned(results, f"/values?area={VILLAGE}&format={output_format}")
    first = client.get(address)
    assert first.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    latest = client.get(f"/v1/results/latest/values?area={VILLAGE}&format={output_format}")
    assert latest.headers["Cache-Control"] == "private, no-cache"
    newer = published.publish(node.lake, as_of=published.AS_OF.replace(year=2027), seed=8)
    try:
        again = client.get(address)
        assert again.content == first.content
        assert again.headers["ETag"] == first.headers["ETag"]
        changed = client.get(
            f"/v1/results/latest/values?area={VILLAGE}&format={output_format}",
            headers={"If-None-Match": latest.headers["ETag"]},
        )
        assert changed.status_code == 200
        assert changed.content != latest.content
    finally:
        node.lake.remove(newer)
        node.lake.prefer(results.snapshot)


def test_what_is_unchanged_is_not_sent_again(sign_in: Any, results: Results) -> None:
    client = sign_in("petugas.naker")
    first = client.get(pinned(results, f"/values?area={VILLAGE}"))
    again = client.get(pinned(results, f"/values?area={VILLAGE}"), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_csv_leads_to_its_metadata_and_back(sign_in: Any, results: Results) -> None:
    client = sign_in("petugas.naker")
    answer = client.get(pinned(results, f"/values?area={VILLAGE}&indicator=b1&format=csv"))
    described = [one for one in answer.headers["Link"].split(", ") if 'rel="describedby"' in one]
    metadata = client.get(described[0].partition(">")[0].lstrip("<"))
    assert metadata.headers["Content-Type"] == "application/csvm+json"
    told = metadata.json()
    assert client.get(pinned(results, "/") + told["url"]).content == answer.content
    header = answer.content.decode("utf-8-sig").splitlines()[0].split(",")
    assert [one["name"] for one in told["tableSchema"]["columns"]] == header
    (indicator,) = told["urn:tenun:term:indicators"]
    assert indicator["skos:notation"] == "B1"
    for item in ("konsep", "definisi", "klasifikasi", "ukuran", "satuan"):
        assert {one["@language"] for one in indicator[f"urn:tenun:term:{item}"]} == {"id", "en"}


@pytest.mark.parametrize(
    ("path", "status", "kind", "fields"),
    [
        ("/values?indikator=A1", 400, "request-malformed", ["?"]),
        ("/values?level=rt", 400, "request-malformed", ["level"]),
        ("/values?state=ok,secret", 400, "request-malformed", ["state"]),
        ("/values?limit=0", 400, "request-malformed", ["limit"]),
        ("/values?cursor=abc", 400, "cursor-unknown", None),
        ("/values?indicator=Z9", 404, "not-found", None),
        ("/values?area=52.08.99", 404, "not-found", None),
        ("/provenance/A1/52.08?breakdown=shoe_size", 404, "not-found", None),
        ("/nothing", 404, "not-found", None),
    ],
)
def test_a_question_that_cannot_be_answered_says_where_it_is_wrong(
    sign_in: Any, path: str, status: int, kind: str, fields: list[str] | None
) -> None:
    answer = sign_in("petugas.naker").get("/v1/results/latest" + path)
    told = answer.json()
    from tenun.exchange.wire import problems as exchange

    status = exchange.REGISTRY[kind].status
    assert (answer.status_code, told["type"], told.get("fields")) == (status, f"urn:tenun:problem:{kind}", fields)
    assert "secret" not in answer.content.decode()
    assert "shoe_size" not in answer.content.decode()


def test_a_snapshot_that_is_not_there_is_not_found(sign_in: Any) -> None:
    for name in ("2020-01-01-000000000000", "..", "zzz"):
        assert sign_in("petugas.naker").get(f"/v1/results/{name}/values").status_code == 404


def test_a_cursor_is_for_its_own_question(sign_in: Any) -> None:
    client = sign_in("petugas.naker")
    told = client.get(f"/v1/results/latest/values?area={published.REGENCY}&level=desa&limit=1").json()
    cursor = told["next"].rpartition("cursor=")[2]
    answer = client.get(f"/v1/results/latest/values?area=52.07&level=desa&cursor={cursor}")
    assert answer.json()["type"] == "urn:tenun:problem:cursor-unknown"


def test_a_choice_too_large_for_its_format_is_refused_before_it_is_made(
    sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenun.portal.downloads.api import routes
    from tenun.portal.downloads.api.shapes import Format

    monkeypatch.setattr(routes, "ROWS_MAX", {Format.CSV: 10})
    monkeypatch.setattr(export, "as_csv", lambda _rows: pytest.fail("it was made"))
    answer = sign_in("petugas.naker").get(f"/v1/results/latest/values?area={VILLAGE}&format=csv")
    assert (answer.status_code, answer.json()["code"]) == (413, "portal.too_many_rows")


@pytest.mark.pasal("7(4)")
def test_nothing_is_read_while_access_is_shut_off(sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenun.portal.downloads.api import routes

    monkeypatch.setattr(routes, "is_cut", lambda _node: True)
    for route in set(ADDRESSES) - {"results_catalogue", "results_openapi"}:
        answer = sign_in("petugas.naker").get(ADDRESSES[route])
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:tenun:problem:agreement-shut-off")
        assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_can_be_written(sign_in: Any) -> None:
    answer = sign_in("petugas.naker").post(ADDRESSES["results_values"])
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert sign_in("petugas.naker").head(ADDRESSES["results_values"]).headers["ETag"]


# --- keys --------------------------------------------------------------------------------------------


@pytest.fixture
def officer(accounts: dict[str, Any]) -> Any:
    from tenun.portal.accounts.models import User

    return User.objects.get(username="kabupaten.desa")


def ask(sign_in: Any, key: str, path: str = ADDRESSES["results_values"]) -> int:
    status: int = sign_in().get(path, headers={"Authorization": f"Bearer {key}"}).status_code
    return status


def test_a_key_reads_what_its_account_may_and_opens_no_page(sign_in: Any, officer: Any) -> None:
    from tenun.portal.downloads.api import keys

    key = keys.issue(officer)
    assert ask(sign_in, key) == 200
    assert ask(sign_in, key, "/v1/results/latest/values?area=52.07") == 403
    assert ask(sign_in, key, "/unduh/") == 302


def test_a_key_that_is_altered_or_old_opens_nothing(
    sign_in: Any, officer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from tenun.portal.downloads.api import keys

    key = keys.issue(officer)
    assert ask(sign_in, key[:-2]) == ask(sign_in, "") == ask(sign_in, "a:b:c") == 401
    monkeypatch.setattr(keys, "LIFE", timedelta(seconds=-1))
    assert ask(sign_in, key) == 401


def test_a_key_ends_with_the_password_and_with_the_account(sign_in: Any, officer: Any) -> None:
    from tenun.portal.downloads.api import keys

    key, password = keys.issue(officer), officer.password
    try:
        officer.set_password("another password 2026")
        officer.save()
        assert ask(sign_in, key) == 401
        officer.password = password
        officer.is_active = False
        officer.save()
        assert ask(sign_in, key) == 401
    finally:
        officer.password, officer.is_active = password, True
        officer.save()
    assert ask(sign_in, key) == 200


# --- documents ---------------------------------------------------------------------------------------


def test_the_openapi_document_is_one_and_rows_keep_to_it(sign_in: Any) -> None:
    import jsonschema

    client = sign_in("petugas.naker")
    told = client.get(ADDRESSES["results_openapi"]).json()
    assert told["openapi"] == "3.1.0"
    assert len(told["paths"]) == len(ADDRESSES)
    row = told["components"]["schemas"]["Row"]
    for one in client.get(ADDRESSES["results_values"]).json()["values"]:
        jsonschema.validate(one, row)
    names = {one["name"] for one in told["paths"]["/v1/results/{snapshot}/values"]["get"]["parameters"]}
    assert names == {
        "snapshot", "area", "level", "indicator", "breakdown", "category", "state", "language", "format", "limit",
        "cursor",
    }  # fmt: skip
    problem = told["components"]["schemas"]["Problem"]
    jsonschema.validate(client.get("/v1/results/zzz").json(), problem)


def test_the_catalogue_lists_every_snapshot_with_addresses_that_answer(sign_in: Any, results: Results) -> None:
    client = sign_in("petugas.naker")
    answer = client.get(ADDRESSES["results_catalogue"])
    assert answer.headers["Content-Type"] == "application/ld+json"
    (dataset,) = [one for one in answer.json()["dcat:dataset"] if one["dct:identifier"] == results.snapshot.id]
    assert len(dataset["dcat:distribution"]) == 4
    for one in dataset["dcat:distribution"]:
        address = one["dcat:accessURL"]["@id"].removeprefix("http://localhost")
        found = client.get(address)
        assert found.status_code == 200
        assert one["dcat:mediaType"]["@id"].endswith(found.headers["Content-Type"])


@pytest.mark.pasal("8(1)", "8(2)")
def test_a_figure_tells_where_it_comes_from(sign_in: Any) -> None:
    client = sign_in("petugas.naker")
    told = client.get(ADDRESSES["results_provenance"] + "?breakdown=sex&category=female").json()
    assert (told["breakdown"], told["category"]) == ("sex", "female")
    assert next(one["key"] for one in told["sections"]["id"]) == "figure"
    prov = client.get(ADDRESSES["results_provenance"] + "?format=prov").json()
    assert {"prefix", "entity", "activity", "agent", "wasDerivedFrom"} <= set(prov)
    assert json.dumps(prov) == json.dumps(client.get(ADDRESSES["results_provenance"] + "?format=prov").json())
