"""The right of reply as every role meets it: who sees what, who may do what, and the mark on the figure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from html import escape
from typing import Any

import openpyxl
import pytest

from tenun.indicators.tables import DATASET, SCOPE
from tenun.kernel.clock import SystemClock
from tenun.lake.snapshot import Layer
from tenun.node.home import NodeHome
from tests.lib import objections
from tests.lib import published_figures as published
from tests.lib.objections import FORM, VILLAGE, account, file, take

pytestmark = pytest.mark.xdist_group("portal")

NEIGHBOUR, ELSEWHERE = "52.08.01.2002", "52.07.01.2001"
OFFICERS = {"desa": {"petugas.desa", "kabupaten.desa"}, "naker": {"petugas.naker", "penengah.naker", "provinsi.naker"}}
EVERYONE = (*sorted(OFFICERS["desa"]), *sorted(OFFICERS["naker"]), "pimpinan.desa", "pimpinan.naker", "keamanan.naker",
            "pemerintah.desa", "desa.lain", "kabupaten.lain")  # fmt: skip
ACTIONS = ("take_up", "forward", "correct", "stand", "withdraw")
WORDS = "Sudah kami periksa bersama petugas kabupaten."


@pytest.fixture(autouse=True)
def _none_left(accounts: Any) -> Iterator[None]:
    with objections.none_left():
        yield


@pytest.fixture(scope="module", autouse=True)
def _others(accounts: Any) -> Iterator[None]:
    """A village of the other regency, and an officer of that regency."""
    from tenun.portal.accounts.models import User

    made = [
        User.objects.create(username="desa.lain", role="village_government", party="desa", area_code=ELSEWHERE),
        User.objects.create(username="kabupaten.lain", role="data_naker", party="naker", area_code="52.07"),
    ]
    yield
    for one in made:
        one.delete()


def address(one: Any) -> str:
    return f"/koreksi/{one.pk}/"


def answer_of(page: Any) -> str:
    found = re.search(r'class="answer">(.*?)</p>', page.text, re.DOTALL)
    assert found is not None
    return found[1].strip()


def offered(page: Any) -> set[str]:
    return set(re.findall(r'name="langkah" value="(\w+)"', page.text))


def state_of(one: Any) -> str:
    one.refresh_from_db()
    return str(one.state)


def rows_of(client: Any, **query: str) -> list[dict[str, str]]:
    answer = client.get("/koreksi.csv", query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


# --- who may do what -----------------------------------------------------------------------------

# C1 belongs to Kemnaker and is made of both sources. Recorded by petugas.naker, so that one officer is both sides.
NAKER, DESA = OFFICERS["naker"], OFFICERS["desa"]
MAY = {
    "filed": {
        "take_up": NAKER,
        "forward": NAKER,
        "withdraw": NAKER | {"pemerintah.desa"},
    },
    "taken_up": {
        "correct": NAKER - {"petugas.naker"},
        "stand": NAKER - {"petugas.naker"},
        "forward": NAKER,
        "withdraw": NAKER | {"pemerintah.desa"},
    },
    "forwarded": {
        "take_up": DESA,
        "forward": DESA,
        "withdraw": NAKER | {"pemerintah.desa"},
    },
    "corrected": {},
    "stands": {},
    "withdrawn": {},
}
WAY = {
    "filed": (),
    "taken_up": (("provinsi.naker", "take_up"),),
    "forwarded": (("provinsi.naker", "forward"),),
    "corrected": (("petugas.naker", "take_up"), ("penengah.naker", "correct")),
    "stands": (("petugas.naker", "take_up"), ("penengah.naker", "stand")),
    "withdrawn": (("pemerintah.desa", "withdraw"),),
}
SEES_NOTHING = {"keamanan.naker": 403, "desa.lain": 404, "kabupaten.lain": 404}


@pytest.mark.pasal("3(2)c")
@pytest.mark.parametrize("username", EVERYONE)
@pytest.mark.parametrize("state", MAY)
def test_each_account_is_offered_and_may_take_the_steps_of_its_row_and_no_other(
    sign_in: Any, node: NodeHome, state: str, username: str
) -> None:
    one = take(file(node, by="petugas.naker"), *WAY[state])
    before = state_of(one)
    steps_before = one.steps.count()
    client = sign_in(username)
    page = client.get(address(one))
    may = {action for action, who in MAY[state].items() if username in who}
    assert page.status_code == SEES_NOTHING.get(username, 200)
    assert offered(page) == may
    for action in set(ACTIONS) - may:
        refused = client.post(address(one), {"langkah": action, "jawaban": WORDS})
        assert refused.status_code == SEES_NOTHING.get(username, 422)
        assert (state_of(one), one.steps.count()) == (before, steps_before)


@pytest.mark.parametrize(
    ("state", "action", "username"),
    [(state, action, name) for state, steps in MAY.items() for action, who in steps.items() for name in sorted(who)],
)
def test_a_step_that_is_offered_can_be_taken(
    sign_in: Any, node: NodeHome, state: str, action: str, username: str
) -> None:
    after = {"take_up": "taken_up", "forward": "filed", "correct": "corrected", "stand": "stands"}
    one = take(file(node, by="petugas.naker"), *WAY[state])
    answer = sign_in(username).post(address(one), {"langkah": action, "jawaban": WORDS})
    assert (answer.status_code, answer.headers["Location"]) == (302, address(one))
    assert state_of(one) == after.get(action, "withdrawn")
    last = list(one.steps.all())[-1]
    assert (last.action, last.by, last.note) == (action, account(username).pk, WORDS)
    assert (one.closed_on is None) is (one.state in ("filed", "taken_up"))


def test_what_a_village_filed_itself_only_the_village_withdraws(sign_in: Any, node: NodeHome) -> None:
    one = file(node, by="pemerintah.desa")
    for username in EVERYONE:
        assert ("withdraw" in offered(sign_in(username).get(address(one)))) is (username == "pemerintah.desa")


def test_an_answer_without_words_or_with_somebodys_number_is_refused(sign_in: Any, node: NodeHome) -> None:
    one = take(file(node), ("petugas.naker", "take_up"))
    client = sign_in("petugas.naker")
    for words in ("", "ya", "NIK 5208 0112 0101 0001 sudah dihapus"):
        page = client.post(address(one), {"langkah": "stand", "jawaban": words})
        assert page.status_code == 422
        assert 'aria-invalid="true"' in page.text
        assert "0101 0001" not in page.text
    assert state_of(one) == "taken_up"


def test_a_step_that_nobody_knows_is_refused(sign_in: Any, node: NodeHome) -> None:
    one = file(node)
    assert sign_in("petugas.naker").post(address(one), {"langkah": "close", "jawaban": WORDS}).status_code == 422
    assert state_of(one) == "filed"


# --- filing --------------------------------------------------------------------------------------

RECORDERS = DESA | NAKER


@pytest.mark.parametrize("username", EVERYONE)
def test_an_officer_writes_an_objection_down_for_a_village_of_the_own_area(
    sign_in: Any, node: NodeHome, username: str
) -> None:
    from tenun.portal.corrections.models import Correction

    answer = sign_in(username).post(f"/koreksi/catat/?wilayah={VILLAGE}", FORM)
    assert answer.status_code == (302 if username in RECORDERS else 403)
    kept = list(Correction.objects.all())
    if username not in RECORDERS:
        assert kept == []
        return
    (one,) = kept
    assert (one.indicator, one.area, one.reason, one.claimed, one.why, one.letter) == (
        "C1", VILLAGE, FORM["alasan"], FORM["seharusnya"], FORM["uraian"], FORM["surat"]
    )  # fmt: skip
    assert one.snapshot == node.lake.current(layer=Layer.OUT, dataset=DATASET, scope=SCOPE).id
    assert (one.filed_by, one.filed_party, one.is_by_village) == (account(username).pk, account(username).party, False)
    assert one.source == "siapkerja"
    assert [(step.action, step.state, step.note) for step in one.steps.all()] == [("", "filed", "")]


WRONG = {
    "no figure": {"indikator": ""},
    "an unknown figure": {"indikator": "Z9"},
    "no reason": {"alasan": ""},
    "an unknown reason": {"alasan": "because"},
    "nothing that is right": {"seharusnya": " "},
    "no why": {"uraian": "salah"},
    "a NIK in what is right": {"seharusnya": "5208011201010001"},
    "a NIK in why": {"uraian": "Warga kami 5208 0112 0101 0001 sudah bekerja."},
    "a telephone in why": {"uraian": "Silakan hubungi 0812-3456-7890 untuk bukti."},
    "a NIK in the letter": {"surat": "5208011201010001"},
    "no letter": {"surat": ""},
}


@pytest.mark.pasal("7(1)")
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_form_that_is_not_fit_is_refused_with_what_is_wrong_and_keeps_nothing(
    sign_in: Any, wrong: dict[str, str]
) -> None:
    from tenun.portal.corrections.models import Correction

    page = sign_in("petugas.desa").post(f"/koreksi/catat/?wilayah={VILLAGE}", {**FORM, **wrong})
    assert page.status_code == 422
    (field,) = wrong
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', page.text)
    assert 'role="alert"' in page.text
    for number in ("5208011201010001", "0101 0001", "3456-7890"):
        assert number not in page.text
    assert not Correction.objects.exists()


def test_a_second_objection_waits_for_the_answer_to_the_first(sign_in: Any, node: NodeHome) -> None:
    one = file(node)
    client = sign_in("petugas.naker")
    page = client.post(f"/koreksi/catat/?wilayah={VILLAGE}", FORM)
    assert page.status_code == 422
    assert "belum dijawab" in page.text
    assert client.post(f"/koreksi/catat/?wilayah={VILLAGE}", {**FORM, "indikator": "A1"}).status_code == 302
    take(one, ("pemerintah.desa", "withdraw"))
    assert client.post(f"/koreksi/catat/?wilayah={VILLAGE}", FORM).status_code == 302


@pytest.mark.parametrize("code", ["52.08.01", "52.08", "00"])
def test_only_a_village_objects(sign_in: Any, code: str) -> None:
    assert sign_in("petugas.naker").post(f"/koreksi/catat/?wilayah={code}", FORM).status_code == 404


def test_the_form_comes_with_the_figure_that_the_profile_led_from(sign_in: Any) -> None:
    client = sign_in("petugas.naker")
    assert f"/koreksi/catat/?wilayah={VILLAGE}" in client.get(f"/wilayah/{VILLAGE}/").text
    assert "/koreksi/catat/" not in client.get("/wilayah/52.08.01/").text
    assert "/koreksi/catat/" not in sign_in("pimpinan.naker").get(f"/wilayah/{VILLAGE}/").text
    page = client.get(f"/koreksi/catat/?wilayah={VILLAGE}&indikator=a1").text
    assert re.search(r'<option value="A1" selected>', page)


# --- the list ------------------------------------------------------------------------------------


@pytest.fixture
def several(node: NodeHome) -> list[Any]:
    """Two overdue, two waiting, two answered, one withdrawn, and one of another regency."""
    return [
        file(node, indicator="A1", days_ago=40),
        file(node, indicator="B1", days_ago=60),
        file(node, indicator="C1"),
        take(file(node, area=NEIGHBOUR), ("petugas.naker", "take_up")),
        take(file(node, area=NEIGHBOUR, indicator="A1", by="petugas.naker"),
             ("petugas.desa", "take_up"), ("petugas.desa", "stand")),
        take(file(node, area=NEIGHBOUR, indicator="B1", by="petugas.naker"),
             ("petugas.desa", "take_up"), ("petugas.desa", "correct")),
        take(file(node, area="52.08.01.2003"), ("kabupaten.desa", "withdraw")),
        file(node, area=ELSEWHERE),
    ]  # fmt: skip


COUNTS = {
    "petugas.desa": {"menunggu": 5, "terlambat": 2, "dijawab": 2, "ditarik": 1, "semua": 8},
    "kabupaten.desa": {"menunggu": 4, "terlambat": 2, "dijawab": 2, "ditarik": 1, "semua": 7},
    "pimpinan.naker": {"menunggu": 5, "terlambat": 2, "dijawab": 2, "ditarik": 1, "semua": 8},
    "pemerintah.desa": {"menunggu": 3, "terlambat": 2, "dijawab": 0, "ditarik": 0, "semua": 3},
    "desa.lain": {"menunggu": 1, "terlambat": 0, "dijawab": 0, "ditarik": 0, "semua": 1},
    "kabupaten.lain": {"menunggu": 1, "terlambat": 0, "dijawab": 0, "ditarik": 0, "semua": 1},
}


@pytest.mark.parametrize("username", COUNTS)
@pytest.mark.parametrize("which", ["menunggu", "terlambat", "dijawab", "ditarik", "semua"])
def test_a_count_is_as_long_as_its_list_and_its_files(
    sign_in: Any, several: list[Any], username: str, which: str
) -> None:
    client = sign_in(username)
    page = client.get(f"/koreksi/?keadaan={which}").text
    told = dict(re.findall(r'href="\?keadaan=(\w+)".*?<span>([\d.]+)</span></a>', page))
    assert {name: int(number) for name, number in told.items()} == COUNTS[username]
    listed = re.findall(r'<th scope="row"><a href="/koreksi/(\d+)/">', page)
    assert len(listed) == COUNTS[username][which]
    if username not in RECORDERS | {"kabupaten.lain"}:
        assert "/koreksi.csv" not in page
        assert client.get(f"/koreksi.csv?keadaan={which}").status_code == 403
        return
    assert [row["number"] for row in rows_of(client, keadaan=which)] == listed
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/koreksi.xlsx?keadaan={which}").content))
    assert [str(line[0]) for line in book["data"].iter_rows(min_row=2, values_only=True)] == listed


def test_what_is_overdue_leads_then_what_is_due_next(sign_in: Any, several: list[Any]) -> None:
    page = sign_in("petugas.naker").get("/koreksi/").text
    listed = [int(number) for number in re.findall(r'<th scope="row"><a href="/koreksi/(\d+)/">', page)]
    assert listed[:2] == [several[1].pk, several[0].pk]
    assert set(listed[2:]) == {several[2].pk, several[3].pk, several[7].pk}
    shown = page.partition("<tbody>")[2]
    assert len(re.findall(r"terlambat \d+ hari kerja", shown)) == 2
    # With what is closed in the list, too, the open ones lead.
    everything = rows_of(sign_in("petugas.naker"), keadaan="semua")
    assert [row["closed"] != "" for row in everything] == [False] * 5 + [True] * 3


def test_a_long_list_has_pages_that_hold_each_once(sign_in: Any, node: NodeHome) -> None:
    from tenun.portal.corrections import views

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "ROWS_SHOWN", 2)
        for indicator in ("A1", "B1", "C1", "G1", "A2"):
            file(node, indicator=indicator)
        client = sign_in("petugas.naker")
        pages = [client.get(f"/koreksi/?halaman={number}").text for number in (1, 2, 3)]
        listed = [re.findall(r'<th scope="row"><a href="/koreksi/(\d+)/">', page) for page in pages]
    assert [len(one) for one in listed] == [2, 2, 1]
    assert len({number for one in listed for number in one}) == 5
    assert "halaman=2" in pages[0]


ANSWERS = {
    "nothing": "Belum ada keberatan atas angka di wilayah Anda, jadi tidak ada yang menunggu jawaban.",
    "all answered": "Sudah: tidak ada keberatan yang menunggu jawaban.",
    "one waits": "Belum semua: 1 keberatan menunggu jawaban, belum ada yang terlambat.",
    "some late": "Belum semua: 2 keberatan menunggu jawaban, 1 di antaranya terlambat.",
}


@pytest.mark.parametrize("case", ANSWERS)
def test_the_first_sentence_says_whether_the_objections_were_answered(sign_in: Any, node: NodeHome, case: str) -> None:
    if case == "all answered":
        take(file(node), ("pemerintah.desa", "withdraw"))
    if case in ("one waits", "some late"):
        file(node)
    if case == "some late":
        file(node, indicator="A1", days_ago=30)
    for username in ("petugas.naker", "pemerintah.desa"):
        page = sign_in(username).get("/koreksi/")
        assert answer_of(page) == ANSWERS[case]
        assert "<h1>Apakah keberatan desa sudah ditanggapi?</h1>" in page.text


STANDING = {
    "filed": ("Belum: Kemnaker akan memeriksanya", "Not yet: Kemnaker is to take it up"),
    "taken_up": ("Belum: Kemnaker sedang memeriksanya", "Not yet: Kemnaker has taken it up"),
    "forwarded": ("Belum: Kemendesa PDT akan memeriksanya", "Not yet: Kemendesa PDT is to take it up"),
    "corrected": ("Sudah: desa benar.", "Yes: the village was right."),
    "stands": ("Sudah: angka tetap.", "Yes: the figure stands."),
    "withdrawn": ("Keberatan ini ditarik", "It was withdrawn"),
}


@pytest.mark.parametrize("state", STANDING)
def test_the_first_sentence_of_one_says_how_it_stands_in_both_languages(
    sign_in: Any, node: NodeHome, state: str
) -> None:
    one = take(file(node, by="petugas.naker"), *WAY[state])
    client = sign_in("penengah.naker")
    assert answer_of(client.get(address(one))).startswith(STANDING[state][0])
    client.post("/bahasa/", {"language": "en"})
    assert answer_of(client.get(address(one))).startswith(STANDING[state][1])


def test_an_overdue_one_says_so(sign_in: Any, node: NodeHome) -> None:
    one = file(node, days_ago=40)
    page = sign_in("petugas.naker").get(address(one))
    assert answer_of(page).startswith("Belum, dan sudah terlambat: Kemnaker seharusnya menjawab")
    assert re.search(r"terlambat \d+ hari kerja", page.text)


# --- what a village sees -------------------------------------------------------------------------


@pytest.mark.pasal("7(2)")
def test_a_village_does_not_see_the_ministries_figure_that_an_officer_wrote_down(sign_in: Any, node: NodeHome) -> None:
    one = file(node)
    shown = f"<dt>Angka yang tampil</dt><dd>{escape(one.shown)}</dd>"
    assert shown in sign_in("petugas.naker").get(address(one)).text
    page = sign_in("pemerintah.desa").get(address(one)).text
    assert shown not in page
    assert "tidak dirilis untuk desa" in page
    assert FORM["seharusnya"] in page
    assert f"<dd>{escape(one.shown)}</dd>" not in page


@pytest.mark.pasal("7(2)")
def test_a_village_without_a_release_is_shown_no_figure_and_can_object_to_none(sign_in: Any) -> None:
    from tenun.portal.corrections.models import Correction

    client = sign_in("pemerintah.desa")
    page = client.get("/koreksi/ajukan/")
    assert page.status_code == 200
    assert '<form method="post" class' not in page.text
    assert "Belum ada angka desa Anda yang dirilis" in answer_of(page)
    assert client.post("/koreksi/ajukan/", FORM).status_code == 422
    assert not Correction.objects.exists()


def test_a_village_begins_at_its_corrections(sign_in: Any, accounts: dict[str, dict[str, str]]) -> None:
    client = sign_in()
    assert client.get("/").headers["Location"] == "/masuk/"
    credentials = {"login": "pemerintah.desa", "password": accounts["pemerintah.desa"]["password"]}
    assert client.post("/masuk/", credentials).headers["Location"] == "/koreksi/"
    page = client.get("/koreksi/").text
    assert 'class="mark" href="/koreksi/"' in page
    assert "Ajukan koreksi" in page


def test_an_account_of_a_village_is_of_one_village(accounts: Any) -> None:
    from django.db import IntegrityError, transaction

    from tenun.portal.accounts.models import User

    for code in ("52.08.01", "52.08", "52", "00"):
        with pytest.raises(IntegrityError, match="account_of_a_village_is_of_one"), transaction.atomic():
            User.objects.create(username=f"desa.{code}", role="village_government", party="desa", area_code=code)


# --- the mark ------------------------------------------------------------------------------------


def places(sign_in: Any) -> dict[str, bool]:
    """Where the figure C1 of the village is shown, whether it bears a mark there."""
    client = sign_in("petugas.naker")
    page = client.get(f"/wilayah/{VILLAGE}/").text
    cards = [card for card in page.split('<div class="figure">') if "/indikator/c1/" in card.lower()]
    rows = list(
        csv.DictReader(io.StringIO(client.get(f"/unduh/angka.csv?wilayah={VILLAGE}").content.decode("utf-8-sig")))
    )
    (row,) = [row for row in rows if (row["indicator"], row["breakdown"]) == ("C1", "")]
    told = client.get(f"/v1/results/latest/values?area={VILLAGE}&indicator=C1&breakdown=").json()
    ranking = client.get("/peta/?wilayah=52.08.01&tingkat=desa&indikator=C1").text
    lines = [line for line in ranking.split("<tr>") if f'<a href="/wilayah/{VILLAGE}/">' in line]
    beside = client.get(f"/banding/?wilayah={VILLAGE}&dengan={NEIGHBOUR}")
    return {
        "profile": any("data-mark" in card for card in cards),
        "indicator page": "data-mark" in client.get(f"/indikator/c1/?wilayah={VILLAGE}").text,
        "ranking": any("data-mark" in line for line in lines),
        "compare": beside.status_code == 200 and "data-mark" in beside.text,
        "csv": "isanggah" in row["reason"] or "Keberatan desa diterima" in row["reason"],
        "api, in words": "isanggah" in told["values"][0]["reason"] or "diterima" in told["values"][0]["reason"],
        "api, for programs": [one["indicator"] for one in told["corrections"]] == ["C1"],
    }


MARKED = {"filed": True, "taken_up": True, "forwarded": True, "corrected": True, "stands": False, "withdrawn": False}


@pytest.mark.parametrize("state", MARKED)
def test_the_figure_bears_a_mark_wherever_it_shows_while_open_and_once_accepted(
    sign_in: Any, node: NodeHome, state: str
) -> None:
    assert set(places(sign_in).values()) == {False}
    take(file(node, by="petugas.naker"), *WAY[state])
    found = places(sign_in)
    assert found == dict.fromkeys(found, MARKED[state])


def test_the_mark_ends_with_newer_data_and_stays_on_the_figure_that_was_objected_to(
    sign_in: Any, node: NodeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(file(node, by="petugas.naker"), *WAY["corrected"])
    objected = node.lake.current(layer=Layer.OUT, dataset=DATASET, scope=SCOPE)
    client = sign_in("petugas.naker")
    made = []
    try:
        # Made anew from the same deliveries it is as wrong as before.
        made.append(published.publish(node.lake, as_of=date(2027, 2, 1), seed=8))
        assert "data-mark" in client.get(f"/wilayah/{VILLAGE}/").text
        monkeypatch.setattr(published, "SIAPKERJA_AS_OF", date(2099, 1, 1))
        made.append(published.publish(node.lake, as_of=date(2027, 3, 1), seed=9))
        assert "data-mark" not in client.get(f"/wilayah/{VILLAGE}/").text
        assert "data-mark" in client.get(f"/wilayah/{VILLAGE}/?potret={objected.id}").text
    finally:
        for one in made:
            node.lake.remove(one)
        node.lake.prefer(objected)


def test_the_mark_is_seen_inside_the_accounts_area_only(sign_in: Any, node: NodeHome) -> None:
    file(node, area=ELSEWHERE)
    assert "data-mark" in sign_in("petugas.naker").get(f"/wilayah/{ELSEWHERE}/").text
    for path in ("/wilayah/52.08/", "/wilayah/52.08.01/", f"/wilayah/{VILLAGE}/"):
        assert "data-mark" not in sign_in("kabupaten.desa").get(path).text


def test_an_answer_for_programs_is_asked_about_again_while_it_bears_a_mark(sign_in: Any, node: NodeHome) -> None:
    client = sign_in("petugas.naker")
    snapshot = node.lake.current(layer=Layer.OUT, dataset=DATASET, scope=SCOPE).id
    paths = [
        f"/v1/results/{snapshot}/values?area={VILLAGE}&format={name}" for name in ("json", "csv", "xlsx", "parquet")
    ]
    plain = [client.get(path) for path in paths]
    assert {answer.headers["Cache-Control"] for answer in plain} == {"private, max-age=31536000, immutable"}
    one = file(node)
    marked = [client.get(path) for path in paths]
    assert {answer.headers["Cache-Control"] for answer in marked} == {"private, no-cache"}
    for before, after in zip(plain, marked, strict=True):
        assert after.headers["ETag"] != before.headers["ETag"]
    numbers = [[{**row, "reason": ""} for row in answer.json()["values"]] for answer in (plain[0], marked[0])]
    assert numbers[0] == numbers[1]
    take(one, ("pemerintah.desa", "withdraw"))
    again = [client.get(path) for path in paths]
    assert [answer.content for answer in again] == [answer.content for answer in plain]


# --- kept as it was ------------------------------------------------------------------------------

STATEMENTS = {
    "a step changed": "UPDATE portal_corrections_step SET note = 'x'",
    "a step deleted": "DELETE FROM portal_corrections_step",
    "steps emptied": "TRUNCATE portal_corrections_step",
    "what was said changed": "UPDATE portal_corrections_correction SET claimed = 'x'",
    "the deadline moved": "UPDATE portal_corrections_correction SET due = due + 1",
    "the filer changed": "UPDATE portal_corrections_correction SET filed_by = filed_by + 1",
    "deleted": "DELETE FROM portal_corrections_correction",
    "emptied": "TRUNCATE portal_corrections_correction CASCADE",
    "opened again": "UPDATE portal_corrections_correction SET state = 'filed', closed_on = NULL WHERE state = 'stands'",
    "answered otherwise": "UPDATE portal_corrections_correction SET state = 'corrected' WHERE state = 'stands'",
    "closed without a day": "UPDATE portal_corrections_correction SET state = 'stands' WHERE state = 'filed'",
    "an unknown state": "UPDATE portal_corrections_correction SET state = 'gone' WHERE state = 'filed'",
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_the_database_refuses_that_what_was_filed_or_answered_is_touched(node: NodeHome, statement: str) -> None:
    from django.db import DatabaseError, connection

    from tenun.portal.corrections.models import Correction

    take(file(node, by="petugas.naker"), *WAY["stands"])
    file(node, indicator="A1")
    before = [(one.pk, one.state, one.claimed, one.due, one.filed_by) for one in Correction.objects.order_by("pk")]
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(statement)
    after = [(one.pk, one.state, one.claimed, one.due, one.filed_by) for one in Correction.objects.order_by("pk")]
    assert after == before


def test_the_history_has_every_step_in_its_order_with_who_and_why(sign_in: Any, node: NodeHome) -> None:
    one = take(file(node, by="petugas.naker"), ("provinsi.naker", "forward"), ("petugas.desa", "take_up"),
               ("petugas.desa", "correct"))  # fmt: skip
    kept = [(step.action, step.state, step.source, step.party) for step in one.steps.all()]
    assert kept == [
        ("", "filed", "siapkerja", "naker"),
        ("forward", "filed", "sid", "naker"),
        ("take_up", "taken_up", "sid", "desa"),
        ("correct", "corrected", "sid", "desa"),
    ]
    page = sign_in("pemerintah.desa").get(address(one)).text
    said = ["Dicatat dari surat desa", "Diserahkan ke Kemendesa PDT", "Mulai diperiksa", "Dijawab: diperbaiki"]
    assert [page.find(text) for text in said] == sorted(page.find(text) for text in said)
    assert min(page.find(text) for text in said) > 0


@pytest.mark.pasal("7(1)")
def test_every_access_is_in_the_trail_with_the_village_and_nothing_that_was_typed(sign_in: Any, node: NodeHome) -> None:
    from tenun.portal.trail.models import Access

    client = sign_in("petugas.desa")
    client.post(f"/koreksi/catat/?wilayah={VILLAGE}", FORM)
    noted = Access.objects.first()
    assert (noted.route, noted.kind, noted.area) == ("correction_record", "change", VILLAGE)
    one = take(file(node, indicator="A1", by="petugas.naker"), ("petugas.desa", "take_up"))
    client.post(address(one), {"langkah": "stand", "jawaban": WORDS})
    noted = Access.objects.first()
    assert (noted.route, noted.kind, noted.area) == ("correction", "change", VILLAGE)
    sign_in("pemerintah.desa").get(address(one))
    noted = Access.objects.first()
    assert (noted.route, noted.kind, noted.area, noted.role) == ("correction", "page", VILLAGE, "village_government")
    client.get("/koreksi.csv")
    assert (Access.objects.first().route, Access.objects.first().kind) == ("corrections_file", "download")
    kept = " ".join(str(value) for one in Access.objects.all() for value in vars(one).values())
    for typed in (FORM["seharusnya"], FORM["uraian"], WORDS):
        assert typed not in kept


def test_the_models_are_what_the_migrations_make(node: NodeHome) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "portal_corrections", "accounts", check=True, dry_run=True, verbosity=0)


def test_the_deadline_is_ten_working_days_after_the_day_of_filing(node: NodeHome) -> None:
    from tenun.agreement.acts import working_days
    from tenun.kernel.clock import today

    one = file(node)
    assert working_days.between(today(SystemClock()), one.due) == 10
    assert working_days.is_working_day(one.due)
