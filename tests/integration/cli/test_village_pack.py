"""A pack of a village: made, checked, opened without a network, and refused when anything about it is wrong."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement.acts.kinds import Kind
from tenun.agreement.vocabulary import Party
from tenun.disclosure.gates import OUTSIDE_RULE_VERSION
from tenun.indicators.areas import Level
from tenun.indicators.results import Results
from tenun.indicators.sheet import pack
from tenun.kernel.clock import SystemClock
from tenun.node import village_pack
from tenun.node.chain import chain_of
from tenun.node.gate import Gatekeeper
from tenun.node.home import NodeHome, Role
from tests.lib import published_figures, tagged_pdf
from tests.lib.agreement_drafts import in_force
from tests.lib.commands import answer_of

VILLAGE = "52.08.01.2002"


@dataclass
class Office:
    home: Path
    patch: pytest.MonkeyPatch

    def run(self, *words: str) -> tuple[int, dict[str, Any]]:
        return answer_of(*words)

    def refused(self, *words: str) -> str:
        status, answer = self.run(*words)
        assert status == 1, answer
        return str(answer["error"]["code"])

    def made(self, folder: Path, *more: str) -> Path:
        file = folder / "paket.zip"
        status, answer = self.run("results", "pack", "--village", VILLAGE, "--out", str(file), *more)
        assert status == 0, answer
        assert answer["bytes"] == file.stat().st_size
        return file


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs")
    in_force(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TENUN_HOME", str(folder))
        published_figures.publish(NodeHome.of(Role.NAKER).lake)
    return folder


@pytest.fixture
def office(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("TENUN_HOME", str(prepared))
    return Office(prepared, monkeypatch)


def altered(file: Path, name: str, content: bytes) -> Path:
    """The pack with one member put in the place of another, or beside the others."""
    with zipfile.ZipFile(file) as archive:
        parts = {one.filename: archive.read(one) for one in archive.infolist()}
    other = file.with_name("altered.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for part, data in {**parts, name: content}.items():
            archive.writestr(part, data)
    return other


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_pack_holds_the_figures_thrice_and_its_maker_can_be_checked(
    office: Office, tmp_path: Path, language: str
) -> None:
    file = office.made(tmp_path, "--language", language)
    status, answer = office.run("results", "verify", str(file))
    assert (status, answer["valid"]) == (0, True)
    assert answer["manifest"]["audience"] == "ministries"
    assert answer["manifest"]["invented"] is True
    assert file.stat().st_size < 2_000_000
    agreement = village_pack.standing_of(NodeHome.of(Role.NAKER)).at(SystemClock().now()).agreement
    found = village_pack.verify(file.read_bytes(), agreement)
    rows = [row for row in pack.rows_of(found) if not row["breakdown"]]
    results = Results.open(NodeHome.of(Role.NAKER).lake)
    assert [row["indicator"] for row in rows] == [
        value.indicator for value in results.area(VILLAGE) if not value.breakdown
    ]
    page = found.files["profil.html"].decode("utf-8")
    on_page = re.findall(r'<th scope="row">(\w+) [^<]*</th><td class="shown">(.*?)</td>', page)
    on_paper = [(line[0], line[2]) for line in tagged_pdf.read(found.files["profil.pdf"]).tables[0][1:]]
    assert on_page == on_paper
    assert [code for code, _ in on_page] == [row["indicator"] for row in rows]
    assert all(shown.startswith(row["shown"]) for (_, shown), row in zip(on_page, rows, strict=True))


def test_the_page_of_a_pack_needs_nothing_else(office: Office, tmp_path: Path) -> None:
    with zipfile.ZipFile(office.made(tmp_path)) as archive:
        page = archive.read("profil.html").decode("utf-8")
        names = archive.namelist()
        sums = archive.read("SHA256SUMS").decode("ascii").splitlines()
        assert "\r\n" in archive.read("BACA-SAYA.txt").decode("utf-8")
    assert not re.search(r"(?:src|href)=\"(?!#)|<script|url\(|@import|https?://", page)
    assert re.search(r'<html lang="id">', page)
    assert sorted(names) == sorted(
        [*(line.split("  ")[1] for line in sums), "SHA256SUMS", "manifest.json", "manifest.jws"]
    )


def test_the_same_figures_give_the_same_pack(office: Office, tmp_path: Path) -> None:
    first = office.made(tmp_path).read_bytes()
    assert office.made(tmp_path).read_bytes() == first


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("angka.csv", b"indicator,value\r\nA1,99999\r\n"),
        ("profil.html", b"<p>Semua baik</p>"),
        ("tambahan.html", b"<p>Bacalah ini</p>"),
        ("manifest.jws", b"e30..AA"),
        ("manifest.jws", b"\xff"),
        ("manifest.json", b"{}"),
        ("manifest.json", b"[1"),
        ("../di-luar.txt", b"keluar"),
    ],
)
def test_a_pack_that_was_altered_is_refused(office: Office, tmp_path: Path, name: str, content: bytes) -> None:
    file = office.made(tmp_path)
    assert office.refused("results", "verify", str(altered(file, name, content))) == "results.pack_refused"


def test_a_manifest_that_was_altered_and_a_list_that_was_corrected_is_refused(office: Office, tmp_path: Path) -> None:
    file = office.made(tmp_path)
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    manifest["area_name"] = "Desa Lain"
    other = altered(file, "manifest.json", json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode())
    assert office.refused("results", "verify", str(other)) == "results.pack_refused"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a zip at all" * 50])
def test_what_is_no_pack_is_refused(office: Office, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bukan.zip"
    file.write_bytes(content)
    assert office.refused("results", "verify", str(file)) == "results.pack_refused"


def test_a_pack_signed_under_another_agreement_is_refused(office: Office, tmp_path: Path) -> None:
    other = in_force(tmp_path / "other")
    file = office.made(tmp_path)
    agreement = str(other.folder(Party.NAKER))
    assert office.refused("results", "verify", str(file), "--agreement", agreement) == "results.pack_refused"
    own = str(office.home / "naker" / "agreement")
    assert office.run("results", "verify", str(file), "--agreement", own)[0] == 0


@pytest.mark.pasal("7(2)")
def test_for_a_village_government_there_is_no_pack_without_a_release(office: Office, tmp_path: Path) -> None:
    words = ("results", "pack", "--village", VILLAGE, "--out", str(tmp_path / "p.zip"))
    assert office.refused(*words, "--audience", village_pack.VILLAGE_GOVERNMENT) == "results.not_released"
    assert office.refused(*words, "--audience", "publik") == "results.not_released"
    assert not (tmp_path / "p.zip").exists()


def release(indicators: tuple[str, ...]) -> None:
    """A release of both parties, in the chain of node naker."""
    standing = {party: NodeHome.of(Role(party)) for party in Party}
    chains = {party: chain_of(home) for party, home in standing.items()}
    letter = {"number": "B-1/2026", "dated": "2026-01-20", "office": "Kepala Pusat Buatan"}
    body = {
        "dataset": "hasil-desa",
        "audience": village_pack.VILLAGE_GOVERNMENT,
        "fields": ["area_code", "value"],
        "valid_from": "2000-01-01",
        "valid_until": "2099-12-31",
        "text": "Untuk musyawarah desa.",
        "release": {"indicators": indicators, "areas": ["52.08.01"], "letters": {"desa": letter, "naker": letter}},
    }
    keys = {party: home.folder / "keys" for party, home in standing.items()}
    proposed = chains[Party.DESA].propose(
        Kind.THIRD_PARTY_CONSENT, by=Party.DESA, keys=keys[Party.DESA], body=body, reference={"number": "B-1/2026"}
    )
    chains[Party.NAKER].countersign(proposed.content, by=Party.NAKER, keys=keys[Party.NAKER])


def made_for_outside(home: NodeHome) -> Results:
    """The same figures under the rule for outside. What that rule does is tested elsewhere."""
    current = Results.open(home.lake).snapshot
    snapshot = home.lake.publish(
        layer=current.layer,
        dataset="indicators_outside_test",
        scope=current.scope,
        as_of=current.as_of,
        origin=current.origin,
        tables={name: home.lake.read(current, name) for name in current.tables},
        details={**current.details, "rule_version": OUTSIDE_RULE_VERSION},
    )
    return Results(home.lake, snapshot)


@pytest.mark.pasal("7(2)")
def test_a_release_lets_its_own_indicators_into_a_pack_and_no_other(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(prepared, tmp_path / "home")
    monkeypatch.setenv("TENUN_HOME", str(tmp_path / "home"))
    home = NodeHome.of(Role.NAKER)
    release(("A1", "C1"))
    words = ("results", "pack", "--village", VILLAGE, "--out", str(tmp_path / "p.zip"))
    audience = village_pack.VILLAGE_GOVERNMENT
    office = Office(tmp_path / "home", monkeypatch)
    # The ministries' own figures never go outside, released or not.
    assert office.refused(*words, "--audience", audience) == "results.not_made_for_outside"
    assert office.refused(*words, "--audience", "publik") == "results.not_released"
    outside = made_for_outside(home)
    made = village_pack.make(home, outside, VILLAGE, language="id", audience=audience)
    found = village_pack.verify(made.content, village_pack.standing_of(home).at(SystemClock().now()).agreement)
    assert {row["indicator"] for row in pack.rows_of(found)} == {"A1", "C1"}
    assert set(found.manifest["indicators"]) == {"A1", "C1"}
    assert (found.manifest["audience"], len(found.manifest["release"])) == (audience, 64)
    page = found.files["profil.html"].decode("utf-8")
    assert "persetujuan kedua kementerian" in page
    assert "Rahasia" not in page.partition("<main>")[0]
    # The district is released with its villages, the regency above it is not.
    assert "Kec. Tanjung" in page
    assert "Kabupaten Lombok Utara" not in page
    assert {row[0] for row in tagged_pdf.read(found.files["profil.pdf"]).tables[0][1:]} == {"A1", "C1"}
    # Another village of the same kind of audience, not named by the release.
    with pytest.raises(village_pack.NotReleased):
        village_pack.make(home, outside, "52.08.02.2004", language="id", audience=audience)


@pytest.mark.pasal("7(4)")
def test_no_pack_is_made_while_access_is_shut_off(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(prepared, tmp_path / "home")
    monkeypatch.setenv("TENUN_HOME", str(tmp_path / "home"))
    station = NodeHome.of(Role.NAKER).station
    keeper = Gatekeeper(station.gate, station.party)
    keeper.sentinel.parent.mkdir(parents=True, exist_ok=True)
    keeper.sentinel.touch()
    words = ("results", "pack", "--village", VILLAGE, "--out", str(tmp_path / "p.zip"))
    assert Office(tmp_path / "home", monkeypatch).refused(*words) == "results.pack_while_shut"


def test_every_village_of_a_regency_fits_its_pack(office: Office) -> None:
    home = NodeHome.of(Role.NAKER)
    results = Results.open(home.lake)
    villages = [area.code for area in results.areas.values() if area.level is Level.VILLAGE][:8]
    assert all(
        len(village_pack.make(home, results, code, language=language).content) < pack.BYTES_MAX
        for code in villages
        for language in ("id", "en")
    )
