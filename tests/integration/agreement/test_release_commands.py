"""A release from the request to its end, by the commands that the two offices give."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement.release import request as requests
from tenun.agreement.release.preview import Preview
from tenun.agreement.vocabulary import Party
from tests.lib.agreement_drafts import in_force
from tests.lib.commands import answer_of


@dataclass
class Offices:
    patch: pytest.MonkeyPatch

    def run(self, *words: str) -> tuple[int, dict[str, Any]]:
        return answer_of(*words)

    def made(self, *words: str) -> dict[str, Any]:
        status, answer = self.run(*words)
        assert status == 0, answer
        return answer

    def refused(self, *words: str) -> str:
        status, answer = self.run(*words)
        assert status == 1
        return str(answer["error"]["code"])


@pytest.fixture
def offices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offices:
    in_force(tmp_path / "home")
    monkeypatch.setenv("TENUN_HOME", str(tmp_path / "home"))
    return Offices(monkeypatch)


def letter(number: str) -> tuple[str, ...]:
    return ("--number", number, "--dated", "2026-01-20", "--office", "Kepala Pusat Buatan")


def requested(offices: Offices) -> dict[str, Any]:
    return offices.made(
        "release", "request", "--node", "desa", "--indicators", "A1,C1", "--areas", "52.01", "--audience",
        "pemerintah-desa", "--from", "2000-01-01", "--until", "2099-12-31", "--text", "Untuk musyawarah desa.",
    )  # fmt: skip


def preview(file: str, *, hidden: int = 4) -> None:
    """Note a preview, as if figures had been looked at."""
    found = requests.parsed(Path(file).read_bytes())
    noted = found.previewed(Preview(10, hidden, (), "sdc-1"), party=Party.DESA)
    Path(file).write_bytes(noted.content)


@pytest.mark.pasal("7(2)")
def test_two_letters_and_two_signatures_release_and_one_party_revokes(offices: Offices, tmp_path: Path) -> None:
    draft = requested(offices)
    assert draft["state"] == "draft"
    preview(draft["file"])
    first = offices.made("release", "consent", draft["id"], "--node", "desa", *letter("B-1/2026"))
    assert first["state"] == "consented-by-one"
    act = offices.made("release", "consent", "--node", "naker", "--request", first["file"], *letter("B-2/2026"))
    for node in ("desa", "naker"):
        assert offices.made("release", "list", "--node", node)["releases"] == []
    made = offices.made("release", "consent", draft["id"], "--node", "desa", "--act", act["file"])
    assert made["state"] == "published"
    assert [made["letters"][party]["number"] for party in ("desa", "naker")] == ["B-1/2026", "B-2/2026"]
    offices.made("agreement", "act", "take", made["file"], "--node", "naker")
    for node in ("desa", "naker"):
        listed = offices.made("release", "list", "--node", node)
        assert [one["act"] for one in listed["releases"]] == [made["act"]]
        assert listed["requests"] == []
    gone = offices.made("release", "revoke", made["act"][:12], "--node", "naker", "--reason", "Dicabut.")
    assert gone["state"] == "revoked"
    again = offices.refused("release", "revoke", made["act"][:12], "--node", "naker", "--reason", "Dicabut.")
    assert again == "release.step_not_allowed"


@pytest.mark.pasal("7(2)")
def test_state_is_rebuilt_from_the_chain_when_all_drafts_are_lost(offices: Offices, tmp_path: Path) -> None:
    draft = requested(offices)
    preview(draft["file"])
    first = offices.made("release", "consent", draft["id"], "--node", "desa", *letter("B-1/2026"))
    act = offices.made("release", "consent", "--node", "naker", "--request", first["file"], *letter("B-2/2026"))
    made = offices.made("release", "consent", draft["id"], "--node", "desa", "--act", act["file"])
    shutil.rmtree(Path(draft["file"]).parent)
    shown = offices.made("release", "show", made["act"][:12], "--node", "desa")
    assert (shown["state"], shown["act"]) == ("published", made["act"])


@pytest.mark.pasal("7(2)")
def test_consent_is_refused_before_a_preview_twice_by_one_party_and_where_nothing_is_shown(offices: Offices) -> None:
    draft = requested(offices)
    words = ("release", "consent", draft["id"], "--node", "desa", *letter("B-1/2026"))
    assert offices.refused(*words) == "release.step_not_allowed"
    preview(draft["file"], hidden=10)
    assert offices.refused(*words) == "release.preview_forbids"
    preview(draft["file"])
    offices.made(*words)
    assert offices.refused(*words) == "release.step_not_allowed"


@pytest.mark.pasal("7(2)")
def test_an_act_that_says_something_else_is_not_signed(offices: Offices, tmp_path: Path) -> None:
    draft = requested(offices)
    preview(draft["file"])
    first = offices.made("release", "consent", draft["id"], "--node", "desa", *letter("B-1/2026"))
    wider = tmp_path / "wider.json"
    value = json.loads(Path(first["file"]).read_bytes())
    value["scope"]["areas"] = ["00"]
    wider.write_text(json.dumps(value))
    act = offices.made("release", "consent", "--node", "naker", "--request", str(wider), *letter("B-2/2026"))
    status = offices.refused("release", "consent", draft["id"], "--node", "desa", "--act", act["file"])
    assert status == "release.act_differs"


def test_a_code_that_is_none_is_told_by_its_place_and_not_repeated(offices: Offices) -> None:
    status, answer = offices.run(
        "release", "request", "--node", "desa", "--indicators", "A1", "--areas", "rahasia", "--audience", "publik",
        "--from", "2026-01-01", "--until", "2026-12-31", "--text", "Uji.",
    )  # fmt: skip
    assert (status, answer["error"]["code"]) == (1, "release.request_invalid")
    assert "rahasia" not in json.dumps(answer)
