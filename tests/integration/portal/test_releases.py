"""Release approval as every role meets it, from the request to the feed that closes."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tenun.agreement.release import request as requests
from tenun.agreement.release.request import parsed_letter
from tenun.agreement.release.states import ReleaseState
from tenun.agreement.vocabulary import Party
from tenun.node import releases
from tenun.node.home import NodeHome, Role
from tenun.portal.access import Permission
from tests.lib import releasing
from tests.lib.releasing import ASKED, DISTRICT, LETTERS

pytestmark = pytest.mark.xdist_group("portal")

READERS = ("petugas.desa", "petugas.naker", "kabupaten.desa", "provinsi.naker", "penengah.naker")
LEADERS = ("pimpinan.desa", "pimpinan.naker")
OWN_PREPARERS = ("petugas.naker", "provinsi.naker", "penengah.naker")
EVERYONE = (*READERS, *LEADERS, "keamanan.naker")


@dataclass
class Nodes:
    naker: NodeHome
    desa: NodeHome
    filled: releasing.Filled


@pytest.fixture(scope="module")
def nodes(node: NodeHome) -> Iterator[Nodes]:
    """The portal's node with persons and an agreement; afterwards it is as it was."""
    other = NodeHome(Role.DESA, node.folder.parent / "pihak-lain")
    with releasing.agreed(node, other), releasing.filled(node) as filled:
        yield Nodes(node, other, filled)


@pytest.fixture(autouse=True)
def _only_its_own_requests(nodes: Nodes) -> Iterator[None]:
    yield
    for one in (nodes.naker, nodes.desa):
        for path in releases.folder(one).glob("*.json"):
            path.unlink()


FORM = {
    "audience": ASKED["audience"],
    "indicators": ASKED["scope"]["indicators"],
    "areas": DISTRICT,
    "valid_from": ASKED["valid_from"],
    "valid_until": ASKED["valid_until"],
    "text": ASKED["text"],
}


def prepared(sign_in: Any) -> str:
    """The address of a new request."""
    answer = sign_in("petugas.naker").post("/rilis/baru/", FORM)
    assert answer.status_code == 302
    return str(answer.headers["Location"])


_PREVIEWED: list[bytes] = []
"""Making the figures takes longer than all else; what a preview left of a request serves every test."""


def previewed(sign_in: Any, nodes: Nodes) -> str:
    if not _PREVIEWED:
        address = prepared(sign_in)
        assert sign_in("petugas.naker").post(address, {"action": "preview"}).status_code == 302
        _PREVIEWED.append(sign_in("petugas.naker").get(f"{address}berkas.json").content)
    return f"/rilis/{releases.keep(nodes.naker, requests.parsed(_PREVIEWED[0])).id}/"


def letter_form(party: Party) -> dict[str, str]:
    return {"action": "consent", **LETTERS[party]}


def in_force(sign_in: Any, nodes: Nodes) -> str:
    """The address of a release: prepared, previewed and consented to on these pages, signed at the other node."""
    address = previewed(sign_in, nodes)
    leader = sign_in("pimpinan.naker")
    assert leader.post(address, letter_form(Party.NAKER)).status_code == 302
    taken = releases.take(nodes.desa, leader.get(f"{address}berkas.json").content)
    act = releases.consent(nodes.desa, taken, parsed_letter(LETTERS[Party.DESA])).act
    assert act is not None
    sent = SimpleUploadedFile("act.json", act.read_bytes(), "application/json")
    answer = leader.post(address, {"action": "countersign", "act": sent})
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def answer_of(page: Any) -> str:
    found = re.search(r'class="answer">(.*?)</p>', page.content.decode(), re.DOTALL)
    assert found is not None
    return found[1].strip()


# --- who ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("username", EVERYONE)
def test_every_role_sees_what_its_row_of_the_table_says(sign_in: Any, nodes: Nodes, username: str) -> None:
    address = previewed(sign_in, nodes)
    client = sign_in(username)
    may_read = username != "keamanan.naker"
    assert client.get("/rilis/").status_code == (200 if may_read else 403)
    assert client.get(address).status_code == (200 if may_read else 403)
    assert client.get(f"{address}berkas.json").status_code == (200 if may_read else 403)
    assert client.get("/rilis/baru/").status_code == (200 if username in READERS else 403)


@pytest.mark.pasal("7(2)")
def test_what_others_would_see_is_no_way_around_the_area_of_an_account(sign_in: Any, nodes: Nodes) -> None:
    answer = sign_in("petugas.naker").post("/rilis/baru/", FORM | {"areas": "52.01.14"})
    address = answer.headers["Location"]
    inside, outside = sign_in("provinsi.naker"), sign_in("kabupaten.desa")
    assert (inside.get(address).status_code, outside.get(address).status_code) == (200, 403)
    assert outside.get(f"{address}berkas.json").status_code == 403
    assert outside.post(address, {"action": "preview"}).status_code == 403
    assert address in inside.get("/rilis/").content.decode()
    assert address not in outside.get("/rilis/").content.decode()
    told = inside.post("/rilis/baru/", FORM | {"areas": "53.01"})
    assert told.status_code == 422
    assert "53.01" in told.content.decode()
    sent = SimpleUploadedFile("minta.json", inside.get(f"{address}berkas.json").content, "application/json")
    assert outside.post("/rilis/", {"request": sent}).status_code == 422


@pytest.mark.parametrize("username", EVERYONE)
@pytest.mark.parametrize(
    "action", ["preview", "consent", "countersign", "discard", "revoke", "publish", "key", "", "x"]
)
@pytest.mark.pasal("7(2)")
def test_on_a_previewed_request_only_these_steps_are_taken(
    sign_in: Any, nodes: Nodes, username: str, action: str
) -> None:
    address = previewed(sign_in, nodes)
    allowed = {
        "preview": (*READERS, *LEADERS),
        "consent": ("pimpinan.naker",),
        "discard": (*OWN_PREPARERS, "pimpinan.naker"),
    }.get(action, ())
    answer = sign_in(username).post(address, letter_form(Party.NAKER) | {"action": action})
    assert answer.status_code == (302 if username in allowed else 403)


@pytest.mark.parametrize("username", ["petugas.naker", "pimpinan.desa", "pimpinan.naker", "keamanan.naker"])
def test_only_the_nodes_own_leadership_revokes_on_its_page(sign_in: Any, nodes: Nodes, username: str) -> None:
    address = in_force(sign_in, nodes)
    client = sign_in(username)
    page = client.get(address)
    is_leader = username == "pimpinan.naker"
    assert (b'value="revoke"' in page.content) is is_leader
    if username == "pimpinan.desa":
        assert b"tenun release revoke" in page.content
        assert b"--node desa" in page.content
    answer = client.post(address, {"action": "revoke", "reason": "Uji pencabutan."})
    assert answer.status_code == (302 if is_leader else 403)
    act = address.strip("/").rpartition("/")[2]
    expected = ReleaseState.REVOKED if is_leader else ReleaseState.PUBLISHED
    assert releases.release(nodes.naker, act).state is expected
    if not is_leader:
        sign_in("pimpinan.naker").post(address, {"action": "revoke", "reason": "Selesai."})


def test_the_other_ministry_is_told_the_command_and_why(sign_in: Any, nodes: Nodes) -> None:
    page = sign_in("pimpinan.desa").get(previewed(sign_in, nodes))
    assert b"tenun release take" in page.content
    assert b"--node desa --number" in page.content
    assert "Simpul ini hanya menandatangani untuk Pihak Kedua (Kemnaker)" in page.content.decode()
    assert b'name="office"' not in page.content
    new = sign_in("petugas.desa").get("/rilis/baru/")
    assert b"tenun release request --node desa" in new.content


@pytest.mark.pasal("7(2)")
def test_without_the_key_the_second_letter_and_the_end_are_left_to_a_command(sign_in: Any, nodes: Nodes) -> None:
    key = nodes.naker.folder / "keys" / "agreement.jwk"
    address = in_force(sign_in, nodes)
    away = key.with_suffix(".away")
    key.rename(away)
    try:
        page = sign_in("pimpinan.naker").get(address)
        assert b"tenun release revoke" in page.content
        assert b'value="revoke"' not in page.content
        assert sign_in("pimpinan.naker").post(address, {"action": "revoke", "reason": "Uji."}).status_code == 403
    finally:
        away.rename(key)
    sign_in("pimpinan.naker").post(address, {"action": "revoke", "reason": "Selesai."})


# --- what it says --------------------------------------------------------------------------------


def test_the_answer_comes_first_in_every_state(sign_in: Any, nodes: Nodes) -> None:
    reader = sign_in("petugas.naker")
    address = prepared(sign_in)
    assert answer_of(reader.get(address)).startswith("Belum boleh: belum ada yang memeriksa")
    reader.post(address, {"action": "preview"})
    page = reader.get(address)
    assert answer_of(page).startswith("Belum boleh: agar pemerintah desa melihat 3 indikator dari 1 wilayah")
    assert "lulus: tidak ada angka kecil" in page.content.decode()
    assert answer_of(reader.get("/rilis/")).endswith("1 permohonan menunggu persetujuan.")
    sign_in("pimpinan.naker").post(address, letter_form(Party.NAKER))
    assert answer_of(reader.get(address)).startswith("Belum: surat Pihak Kesatu (Kemendesa PDT) belum ada.")
    english = sign_in("petugas.naker")
    english.cookies["tenun_language"] = "en"
    assert answer_of(english.get(address)).startswith("Not yet: the letter of Pihak Kesatu")


def test_the_preview_is_the_table_that_the_audience_would_see(sign_in: Any, nodes: Nodes) -> None:
    address = previewed(sign_in, nodes)
    text = sign_in("pimpinan.naker").get(f"{address}?indikator=C1&rincian=sex").content.decode()
    assert "C1" in text
    assert "Laki-laki" in text
    assert "ckm-1" in text
    small = next(one for one in nodes.filled.figures.details["states"] if one)
    assert small
    assert "Penduduk usia kerja di wilayah ini terlalu sedikit." in text
    # No true small count, which the ministries too see as "<5" only: a shown number is never 1 or 2.
    shown = re.findall(r'class="num"[^>]*>.*?<span>([^<]*)</span></span></td>', text, re.DOTALL)
    assert shown
    assert not {"1", "2"} & set(shown)


def test_a_request_that_is_wrong_says_where_and_keeps_what_was_entered(sign_in: Any, nodes: Nodes) -> None:
    answer = sign_in("petugas.naker").post("/rilis/baru/", FORM | {"areas": "rahasia"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in text
    assert 'value="rahasia"' in text
    assert re.search(r'id="areas"[^>]*aria-invalid="true"', text)
    assert text.count("checked") == 3


def test_a_letter_without_a_number_is_no_consent(sign_in: Any, nodes: Nodes) -> None:
    address = previewed(sign_in, nodes)
    answer = sign_in("pimpinan.naker").post(address, letter_form(Party.NAKER) | {"number": " "})
    assert answer.status_code == 422
    assert "Kepala Pusat Buatan Dua" in answer.content.decode()
    assert b"belum ada surat" in sign_in("pimpinan.naker").get(address).content


def test_a_scan_is_kept_as_its_digest_alone(sign_in: Any, nodes: Nodes) -> None:
    address = previewed(sign_in, nodes)
    scan = SimpleUploadedFile("surat.pdf", b"%PDF invented", "application/pdf")
    sign_in("pimpinan.naker").post(address, letter_form(Party.NAKER) | {"scan": scan})
    kept = json.loads(sign_in("pimpinan.naker").get(f"{address}berkas.json").content)
    assert re.fullmatch(r"[0-9a-f]{64}", kept["letters"]["naker"]["sha256"])
    assert "PDF" not in json.dumps(kept)


def test_a_request_of_the_other_party_is_taken_in_with_its_letter(sign_in: Any, nodes: Nodes) -> None:
    other = releases.ask(nodes.desa, ASKED)
    sent = SimpleUploadedFile("request.json", other.content, "application/json")
    answer = sign_in("pimpinan.naker").post("/rilis/", {"request": sent})
    assert answer.headers["Location"] == f"/rilis/{other.id}/"
    broken = SimpleUploadedFile("request.json", b"{}", "application/json")
    assert sign_in("pimpinan.naker").post("/rilis/", {"request": broken}).status_code == 422


def test_a_name_that_nothing_has_is_not_found(sign_in: Any, nodes: Nodes) -> None:
    for name in ("0123456789ab", "f" * 64, "x"):
        assert sign_in("petugas.naker").get(f"/rilis/{name}/").status_code == 404


# --- the feed ------------------------------------------------------------------------------------


def feed_of(address: str) -> str:
    return f"/v1/releases/{address.strip('/').rpartition('/')[2]}"


def key_of(sign_in: Any, address: str) -> str:
    page = sign_in("petugas.naker").post(address, {"action": "key"}).content.decode()
    found = re.search(r"<pre[^>]*><code>([A-Za-z0-9_:\-]+)</code>", page)
    assert found is not None
    return found[1]


@pytest.mark.pasal("7(2)")
def test_the_feed_is_the_audiences_alone_and_is_gone_after_a_revocation(sign_in: Any, nodes: Nodes) -> None:
    address = in_force(sign_in, nodes)
    feed, key = feed_of(address), key_of(sign_in, address)
    bearing = {"HTTP_AUTHORIZATION": f"Bearer {key}"}
    stranger = sign_in()
    assert stranger.get(feed).status_code == 401
    assert stranger.get(f"/v1/releases/{'f' * 64}").status_code == 401
    assert stranger.get(feed, HTTP_AUTHORIZATION="Bearer x").status_code == 401
    waiting = stranger.get(feed, **bearing)
    assert (waiting.status_code, waiting.json()["type"]) == (404, "urn:tenun:problem:release-nothing-published")
    assert sign_in("petugas.naker").post(address, {"action": "publish"}).status_code == 302

    answer = stranger.get(feed, **bearing)
    content = answer.json()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert (content["state"], content["audience"], content["rule_version"]) == ("published", "pemerintah-desa", "ckm-1")
    assert {row["indicator"] for row in content["values"]} == set(ASKED["scope"]["indicators"])
    assert all(row["area_code"].startswith(DISTRICT) for row in content["values"])
    written = list(
        csv.DictReader(io.StringIO(stranger.get(f"{feed}?format=csv", **bearing).content.decode("utf-8-sig")))
    )
    assert [row["shown"] for row in written] == [row["shown"] for row in content["values"]]
    assert stranger.get(f"{feed}/metadata", **bearing).json()["dc:rights"]
    one = content["values"][-1]["area_code"]
    part = stranger.get(f"{feed}?area={one}", **bearing).json()["values"]
    assert part
    assert {row["area_code"] for row in part} == {one}
    assert stranger.get(f"{feed}?areas={one}", **bearing).status_code == 400
    assert stranger.post(feed, **bearing).status_code == 405
    assert sign_in("keamanan.naker").get(feed).status_code == 401
    assert sign_in("pimpinan.desa").get(feed).status_code == 200

    sign_in("pimpinan.naker").post(address, {"action": "revoke", "reason": "Dicabut untuk uji."})
    for path in (feed, f"{feed}?format=csv", f"{feed}/metadata"):
        gone = stranger.get(path, **bearing)
        assert gone.status_code == 410
        assert gone.json()["type"] == "urn:tenun:problem:release-ended"
        assert b"values" not in gone.content
    page = sign_in("petugas.desa").get(address).content.decode()
    assert answer_of(sign_in("petugas.desa").get(address)).startswith("Tidak: rilis ini dicabut.")
    assert "Dicabut untuk uji." in page
    assert sign_in("petugas.naker").post(address, {"action": "publish"}).status_code == 403


def test_a_key_of_one_release_opens_no_other(sign_in: Any, nodes: Nodes) -> None:
    from tenun.portal.releases import keys

    assert keys.opens(keys.issue("a" * 64), "a" * 64)
    assert not keys.opens(keys.issue("a" * 64), "b" * 64)
    assert not keys.opens("x", "a" * 64)


def test_the_two_rights_are_never_one_roles() -> None:
    """Who prepares a release does not consent to it."""
    from tenun.portal.access import ROLES

    for role, permissions in ROLES.items():
        assert not {Permission.RELEASE_PREPARE, Permission.RELEASE_DECIDE} <= permissions, role
