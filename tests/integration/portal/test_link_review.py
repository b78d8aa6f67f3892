"""Judging links in the portal: covered unless asked for, two who do not know of each other, a third who decides."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tenun.agreement import signing
from tenun.agreement.vocabulary import Party
from tenun.linkage.review import judgements, reveals
from tenun.linkage.review.judgements import Judgements, Pair
from tenun.linkage.review.reveals import Reveals
from tenun.node.home import NodeHome, Role
from tests.lib import links_to_review
from tests.lib.links_to_review import ToReview
from tests.lib.two_nodes import DRAFT

pytestmark = pytest.mark.xdist_group("portal")

REVIEW, ARBITRATE = "/pemadanan/tinjau/", "/pemadanan/tengahi/"
FIRST, SECOND, THIRD = "petugas.naker", "provinsi.naker", "penengah.naker"
WHY = "urutan kata pada nama tidak jelas"


@pytest.fixture(scope="module")
def to_review(node: NodeHome) -> Iterator[ToReview]:
    """An agreement in force, people and links at the portal's node; gone again for the tests of other pages."""
    other = NodeHome(Role.DESA, node.folder.parent / "pihak-lain")
    homes = {Party.NAKER: node, Party.DESA: other}
    signing.enter_into_force(DRAFT, {party: (home.agreement, home.folder / "keys") for party, home in homes.items()})
    yield links_to_review.publish(node.lake)
    for layer in ("core", "link"):
        shutil.rmtree(node.folder / "lake" / layer)
    for folder in (node.agreement, node.folder / "keys", node.station.acts, node.log, other.folder):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def store(node: NodeHome, to_review: ToReview) -> Iterator[Judgements]:
    """Nothing judged before, nothing left behind."""
    folder = node.folder / judgements.FOLDER
    yield Judgements(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pages(store: Judgements, sign_in: Any) -> Any:
    from tenun.portal.review import work

    work.desk.cache_clear()
    return sign_in


def pair_of(page: Any) -> str:
    found = re.search(r'name="pair" value="([0-9a-f]{16})"', page.text)
    assert found, page.text
    return found[1]


def start(client: Any, path: str = REVIEW, work: str = "queue") -> Any:
    return client.post(path, {"action": "start", "work": work}, follow=True)


def judge(client: Any, page: Any, verdict: str, reason: str = "", path: str = REVIEW) -> Any:
    said = {"action": "judge", "pair": pair_of(page), "verdict": verdict, "reason": reason}
    return client.post(path, said, follow=True)


def of_page(to_review: ToReview, page: Any) -> dict[str, Any]:
    from tenun.linkage.review.candidates import short_name

    name = pair_of(page)
    found = (
        row for row in to_review.of_class("review") if short_name(Pair(row["seeker_id"], row["person_id"])) == name
    )
    return next(found)


def secrets(to_review: ToReview, row: dict[str, Any]) -> set[str]:
    """What of both records may be seen by nobody who has not asked for it."""
    found = set()
    for record in (to_review.person(row), to_review.account(row)):
        found |= {record[name] for name in ("full_name", "nik", "address") if record[name]}
        if record["birth_date"]:
            found |= {links_to_review.day(record["birth_date"]), record["birth_date"].isoformat()}
    return found


@pytest.mark.pasal("7(1)")
def test_a_pair_is_covered_until_somebody_asks_for_it(pages: Any, to_review: ToReview) -> None:
    client = pages(FIRST)
    for _ in range(8):
        page = start(client)
        row = of_page(to_review, page)
        assert "Apakah dua catatan ini orang yang sama?" in page.text
        assert not [value for value in secrets(to_review, row) if value in page.text]
        assert "****" in page.text
        client.post(REVIEW, {"action": "skip", "pair": pair_of(page)})


@pytest.mark.pasal("7(1)", "7(3)")
def test_a_reason_uncovers_what_was_asked_for_and_stays_without_the_value(
    pages: Any, to_review: ToReview, node: NodeHome
) -> None:
    client = pages(FIRST)
    page = start(client)
    row = of_page(to_review, page)
    while not (to_review.person(row)["full_name"] and to_review.person(row)["nik"]):
        page = client.post(REVIEW, {"action": "skip", "pair": pair_of(page)}, follow=True)
        row = of_page(to_review, page)
    person = to_review.person(row)
    asked = {"action": "reveal", "pair": pair_of(page), "field": "full_name", "why": WHY}
    shown = client.post(REVIEW, asked)
    assert shown.status_code == 200
    assert person["full_name"] in shown.text
    assert person["nik"] not in shown.text
    everything = client.post(REVIEW, {**asked, "field": "all", "shown": "full_name"})
    assert person["nik"] in everything.text
    assert person["nik"] not in client.get(REVIEW).text, "opened anew, it is covered again"
    noted = Reveals(node.folder / judgements.FOLDER).all()
    assert [(one["fields"], one["reason"]) for one in noted] == [
        (["full_name"], WHY),
        (["full_name", "birth_date", "nik", "address"], WHY),
    ]
    kept = "".join(path.read_text() for path in (node.folder / judgements.FOLDER).glob("*.json*"))
    assert not [value for value in secrets(to_review, row) if value in kept]
    assert not [value for value in secrets(to_review, row) if value in json.dumps(dict(client.session), default=str)]


@pytest.mark.pasal("7(1)")
@pytest.mark.parametrize("why", ["", "cek", "lihat 5208011201010001", "lahir 12-03-1999", "x" * 201])
def test_nothing_is_uncovered_without_a_reason_that_says_something_and_names_nobody(
    pages: Any, to_review: ToReview, node: NodeHome, why: str
) -> None:
    client = pages(FIRST)
    page = start(client)
    answer = client.post(REVIEW, {"action": "reveal", "pair": pair_of(page), "field": "all", "why": why})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert not [value for value in secrets(to_review, of_page(to_review, page)) if value in answer.text]
    assert not (node.folder / judgements.FOLDER / reveals.FILE).exists()


def test_a_form_that_claims_to_have_shown_a_field_is_not_believed(pages: Any, to_review: ToReview) -> None:
    client = pages(FIRST)
    page = start(client)
    answer = client.post(REVIEW, {"action": "judge", "pair": pair_of(page), "shown": ["nik", "full_name"]})
    assert answer.status_code == 422
    assert not [value for value in secrets(to_review, of_page(to_review, page)) if value in answer.text]


def test_two_reviewers_who_agree_settle_a_pair(pages: Any, to_review: ToReview, store: Judgements) -> None:
    first, second = pages(FIRST), pages(SECOND)
    page = start(first)
    row = of_page(to_review, page)
    judge(first, page, "same")
    assert judgements.settled(store).num_rows == 0
    page = start(second)
    assert of_page(to_review, page) == row, "what is half judged and tells most comes to the second too"
    assert "Penilai pertama" not in page.text
    judge(second, page, "same")
    assert judgements.settled(store).to_pylist() == [
        {"seeker_id": row["seeker_id"], "person_id": row["person_id"], "verdict": "same"}
    ]


def test_a_disagreement_goes_to_a_third_who_sees_both(pages: Any, to_review: ToReview, store: Judgements) -> None:
    first, second, third = pages(FIRST), pages(SECOND), pages(THIRD)
    page = start(first)
    row = of_page(to_review, page)
    judge(first, page, "same")
    judge(second, start(second), "different", "relative")
    for one in (first, second):
        assert 'name="pair"' not in start(one, ARBITRATE).text, "nobody arbitrates what he has judged"
    page = start(third, ARBITRATE)
    for said in ("Penilai pertama", "Penilai kedua", "Orang yang sama", "Orang berbeda", "anggota keluarga"):
        assert said in page.text
    judge(third, page, "different", "relative", ARBITRATE)
    assert [one["verdict"] for one in judgements.settled(store).to_pylist()] == ["different"]
    assert [str(one.role) for one in store.by_pair()[Pair(row["seeker_id"], row["person_id"])]] == [
        "reviewer",
        "reviewer",
        "arbiter",
    ]


def test_two_reviewers_at_once_get_two_pairs(pages: Any) -> None:
    assert pair_of(start(pages(FIRST))) != pair_of(start(pages(SECOND)))


def test_a_page_that_is_out_of_date_judges_nothing(pages: Any, store: Judgements) -> None:
    client = pages(FIRST)
    old = start(client)
    client.post(REVIEW, {"action": "skip", "pair": pair_of(old)})
    answer = judge(client, old, "same")
    assert "tidak lagi dipegang" in answer.text
    assert store.all() == ()


@pytest.mark.parametrize(
    ("verdict", "reason"), [("different", ""), ("unsure", ""), ("", ""), ("maybe", "other"), ("different", "him")]
)
def test_a_verdict_that_is_not_whole_is_asked_for_again(
    pages: Any, store: Judgements, verdict: str, reason: str
) -> None:
    client = pages(FIRST)
    page = start(client)
    answer = judge(client, page, verdict, reason)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert answer.text.count("autofocus") == 1, "whoever sent it is led to what is missing"
    assert pair_of(answer) == pair_of(page)
    assert store.all() == ()


def test_skipping_and_stopping_lose_nothing(pages: Any, to_review: ToReview) -> None:
    client = pages(FIRST)
    page = start(client)
    following = client.post(REVIEW, {"action": "skip", "pair": pair_of(page)}, follow=True)
    assert pair_of(following) != pair_of(page)
    desk = client.post(REVIEW, {"action": "stop"}, follow=True)
    assert "1 Anda lewati" in desk.text
    client.post(REVIEW, {"action": "bring_back"})
    assert pair_of(start(client)) == pair_of(page)


def test_the_queue_ends_with_thanks(pages: Any, to_review: ToReview, store: Judgements) -> None:
    first, second = pages(FIRST), pages(SECOND)
    for client in (first, second):
        page = start(client)
        while 'name="pair"' in page.text:
            page = judge(client, page, "same")
    assert "Semua sudah diputus" in second.get(REVIEW).text
    assert judgements.settled(store).num_rows == len(to_review.of_class("review"))


@pytest.mark.parametrize("path", [REVIEW, ARBITRATE])
@pytest.mark.parametrize("username", ["petugas.desa", "pimpinan.naker", "keamanan.naker", "kabupaten.desa"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_role_is_refused(pages: Any, store: Judgements, path: str, username: str, method: str) -> None:
    answer = getattr(pages(username), method)(path, {"action": "start", "work": "queue"})
    assert answer.status_code == 403
    navigation = pages(username).get("/akun/").text
    assert 'class="' in navigation
    assert f'href="{path}"' not in navigation


def test_an_account_judges_pairs_of_its_area_only(pages: Any, accounts: Any) -> None:
    from tenun.portal.accounts.models import User

    user = User.objects.get(username=SECOND)
    user.area_code = "51"
    user.save()
    try:
        page = start(pages(SECOND))
        assert 'name="pair"' not in page.text
        assert "Daftar ini kosong" in page.text
    finally:
        user.area_code = "52"
        user.save()


def test_an_altered_record_closes_the_review(pages: Any, store: Judgements, node: NodeHome) -> None:
    client = pages(FIRST)
    judge(client, start(client), "same")
    file = node.folder / judgements.FOLDER / judgements.FILE
    file.write_text(file.read_text().replace('"same"', '"different"'))
    answer = client.get(REVIEW)
    assert answer.status_code == 503
    assert "rantai hash" in answer.text


@pytest.mark.pasal("7(1)")
def test_without_an_agreement_in_force_no_record_is_read(
    pages: Any, to_review: ToReview, node: NodeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = pages(FIRST)
    page = start(client)
    away = node.agreement.with_name("agreement-away")
    node.agreement.rename(away)
    try:
        answer = client.get(REVIEW)
        reveal = {"action": "reveal", "pair": pair_of(page), "field": "all", "why": WHY}
        for one in (answer, client.post(REVIEW, reveal)):
            assert one.status_code == 409
            assert not [value for value in secrets(to_review, of_page(to_review, page)) if value in one.text]
            assert "Lewati pasangan ini" in one.text
    finally:
        away.rename(node.agreement)


def test_a_node_without_links_says_so(pages: Any, node: NodeHome, to_review: ToReview) -> None:
    away = node.folder / "links-away"
    (node.folder / "lake" / "link").rename(away)
    try:
        answer = pages(FIRST).get(REVIEW)
        assert answer.status_code == 200
        assert "Kapan ada padanan untuk ditinjau?" in answer.text
    finally:
        away.rename(node.folder / "lake" / "link")
