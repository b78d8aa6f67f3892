"""The report and the model in the portal: who sees them, of which area, and that no pair outside it is told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tenun.lake.snapshot import Origin
from tenun.linkage import model as models
from tenun.linkage.reasons import Words
from tenun.linkage.report import keeping
from tenun.linkage.report.document import Cell, Document, Section, Table, count, share, text
from tenun.node.home import NodeHome
from tests.lib import links_to_review
from tests.lib.links_to_review import ToReview

PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>'
ROWS = (("52.07.01.2001 Desa Satu", 41), ("52.08.01.2001 Desa Dua", 87))
REPORT, MODEL = "/pemadanan/laporan/", "/pemadanan/model/"


def document(links: ToReview) -> Document:
    used = models.load()
    m_u = {field: {code: list(one) for code, one in levels.items()} for field, levels in used.probabilities.items()}
    villages = Table(
        "villages",
        Words("Menurut desa", "By village"),
        (Words("Desa", "Village"), Words("Akun", "Accounts"), Words("Dipadankan", "Linked")),
        tuple((text(name), count(accounts), share(0.875)) for name, accounts in ROWS),
    )
    rules = Table(
        "rules", Words("Versi", "Versions"), (Words("Apa", "What"), Words("Isi", "Value")),
        ((text("Model"), text(used.id)), (text("Kosong", "Empty"), Cell())),
    )  # fmt: skip
    section = Section(
        "places", Words("Menurut wilayah", "By area"), (Words("Kalimat.", "Sentence."),), (villages, rules)
    )
    return Document(
        links.crosswalk.reference, "2026-06-01", True, Words("Laporan", "Report"), (section,),
        {"id": used.id, "prior": 0.001, "second_account_bits": 4.0, "m_u": m_u},
    )  # fmt: skip


@pytest.fixture(scope="module")
def links(node: NodeHome) -> Iterator[ToReview]:
    published = links_to_review.publish(node.lake)
    charts = {f"match_weights.{language}.svg": PICTURE for language in ("id", "en")}
    keeping.keep(node.lake, published.crosswalk, document(published), charts, origin=Origin(recipe="link-report/test"))
    yield published
    for layer in ("core", "link"):
        shutil.rmtree(node.folder / "lake" / layer)


def test_without_a_report_the_pages_say_how_to_make_one(sign_in: Any) -> None:
    for path in (REPORT, MODEL):
        answer = sign_in("petugas.naker").get(path)
        assert answer.status_code == 200
        assert b"tenun link report" in answer.content
    assert sign_in("petugas.naker").get(f"{REPORT}2026-06-01-abc/").status_code == 404


@pytest.mark.usefixtures("links")
def test_a_report_is_shown_as_it_says_itself(sign_in: Any, links: ToReview) -> None:
    for path in (REPORT, f"{REPORT}{links.crosswalk.id}/"):
        page = sign_in("petugas.naker").get(path).content.decode()
        assert "52.07.01.2001 Desa Satu" in page
        assert "87,5\N{NO-BREAK SPACE}%" in page
        assert "Kalimat." in page


@pytest.mark.usefixtures("links")
def test_an_account_of_one_regency_sees_the_rows_of_its_own(sign_in: Any, links: ToReview) -> None:
    client = sign_in("kabupaten.desa")
    page = client.get(REPORT).content.decode()
    assert "52.08.01.2001" in page
    assert "52.07.01.2001" not in page
    assert client.get(f"{REPORT}{links.crosswalk.id}/report.id.pdf").status_code == 403


@pytest.mark.usefixtures("links")
def test_the_report_is_taken_along_as_pdf(sign_in: Any, links: ToReview) -> None:
    client = sign_in("petugas.naker")
    answer = client.get(f"{REPORT}{links.crosswalk.id}/report.id.pdf")
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert client.get(f"{REPORT}{links.crosswalk.id}/report.json").status_code == 404


@pytest.mark.usefixtures("links")
def test_charts_are_pictures_of_this_host(sign_in: Any, links: ToReview) -> None:
    client = sign_in("petugas.naker")
    page = client.get(MODEL).content.decode()
    address = f"/pemadanan/grafik/{links.crosswalk.id}/match_weights.svg"
    assert f'src="{address}"' in page
    answer = client.get(address)
    assert (answer.headers["Content-Type"], answer.content) == ("image/svg+xml", PICTURE)
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert client.get(f"/pemadanan/grafik/{links.crosswalk.id}/weights.svg").status_code == 404


@pytest.mark.usefixtures("links")
def test_officers_see_the_report_and_nobody_else(sign_in: Any, accounts: dict[str, dict[str, str]]) -> None:
    statuses = {account["role"]: sign_in(name).get(REPORT).status_code for name, account in accounts.items()}
    outside = {"security", "village_government"}
    assert {statuses[role] for role in outside} == {403}
    assert {role for role, status in statuses.items() if status == 200} == set(statuses) - outside
    assert sign_in().get(REPORT).status_code == 302


@pytest.mark.pasal("7(1)")
def test_the_steps_of_a_pair_name_nobody(sign_in: Any, links: ToReview) -> None:
    row = next(row for row in links.of_class("review") if row["weight"] is not None)
    person, account = links.person(row), links.account(row)
    answer = sign_in("petugas.naker").get(f"/pemadanan/pasangan/{row['seeker_id']}/{row['person_id']}/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Bobot akhir" in page
    for record in (person, account):
        for field in ("nik", "full_name", "address"):
            if record.get(field):
                assert str(record[field]) not in page


def test_a_pair_that_is_none_is_not_found(sign_in: Any, links: ToReview) -> None:
    first, second = links.of_class("nik")[:2]
    answer = sign_in("petugas.naker").get(f"/pemadanan/pasangan/{first['seeker_id']}/{second['person_id']}/")
    assert answer.status_code == 404


def test_steps_are_for_reviewers_alone(sign_in: Any, links: ToReview) -> None:
    row = links.of_class("nik")[0]
    assert sign_in("petugas.desa").get(f"/pemadanan/pasangan/{row['seeker_id']}/{row['person_id']}/").status_code == 403
