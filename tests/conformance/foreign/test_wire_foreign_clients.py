"""Programs by others get a token, sign calls that we accept and verify the answers that we sign."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey

from tenun.exchange.wire import dpop, signatures, tokens
from tenun.exchange.wire.keys import Key
from tenun.exchange.wire.tokens import Grant
from tests.conformance.foreign import foreign_client
from tests.conformance.foreign.small_node import EPOCH, FILE, SmallNode, running

GRANT = Grant(
    agreement="urn:tenun:agreement:sid-siapkerja",
    rev="ab" * 32,
    dataset="sid-warga",
    operation="subject",
    purpose="pemadanan",
    fields=("birth_date", "sex"),
)
PATH = "/v1/agreements/sid-siapkerja"
QUERY = {"name": "query", "method": "POST", "path": f"{PATH}/queries", "body": {"mode": "exists"}}
FILE_PART = {
    "name": "file",
    "method": "GET",
    "path": f"{PATH}/exports/1/files/a.ndjson?v=1",
    "headers": {"range": "bytes=100-299"},
}


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return foreign_client.installed(tmp_path_factory.getbasetemp())


def made(kind: str) -> OKPKey | ECKey:
    return ECKey.generate_key("P-256") if kind == "p-256" else OKPKey.generate_key("Ed25519")


class Scene:
    """A node and a client of one kind of key each."""

    def __init__(self, folder: Path, node_kind: str, client_kind: str) -> None:
        self.folder = folder
        self.node_key, self.client_key, self.message_key = made(node_kind), made(client_kind), made(client_kind)
        self.node = SmallNode(
            self.node_key,
            clients={"naker": {self.client_key.thumbprint(): self.client_key}},
            peers={self.message_key.thumbprint(): self.message_key},
        )

    def drive(self, *calls: dict[str, Any], **changes: Any) -> dict[str, Any]:
        settings = {
            "issuer": self.node.issuer,
            "client_id": "naker",
            "client_key": foreign_client.private_jwk(self.client_key),
            "message_key": foreign_client.private_jwk(self.message_key),
            "node_keys": {self.node_key.thumbprint(): foreign_client.public_jwk(self.node_key)},
            "grant": GRANT.to_details(),
            "calls": list(calls),
        }
        return foreign_client.run(self.folder, "client.mjs", {**settings, **changes})


@pytest.fixture(params=[("ed25519", "ed25519"), ("p-256", "p-256"), ("ed25519", "p-256")], ids="-".join)
def scene(request: pytest.FixtureRequest, clients: Path) -> Iterator[Scene]:
    scene = Scene(clients, *request.param)
    with running(scene.node):
        yield scene


@pytest.fixture
def plain(clients: Path) -> Iterator[Scene]:
    scene = Scene(clients, "ed25519", "ed25519")
    with running(scene.node):
        yield scene


def slug(answer: dict[str, Any]) -> str:
    return str(json.loads(answer["body"])["type"]).rpartition(":")[2]


def test_a_client_by_others_finds_the_node_gets_a_token_and_is_answered(scene: Scene) -> None:
    results = scene.drive(QUERY, {**QUERY, "name": "again", "manner": "replayed"}, FILE_PART)
    found, asked, query, again, part = results["answers"]
    assert results["metadata"]["token_endpoint"] == f"{scene.node.issuer}/token"
    assert [one["status"] for one in (found, asked, query, again, part)] == [200, 200, 200, 409, 206]
    assert results["token"]["token_type"].lower() == "dpop"
    assert Grant.from_details(results["token"]["authorization_details"]) == GRANT
    assert json.loads(query["body"]) == {"ada": True, "ditanya": {"mode": "exists"}}
    assert slug(again) == "replayed"
    assert part["body"].encode() == FILE[100:300]
    for answer in results["answers"]:
        assert answer["verified"], answer.get("fault")
        assert answer["kid"] == scene.node_key.thumbprint()


def test_what_they_signed_is_what_we_saw(scene: Scene) -> None:
    scene.drive(QUERY)
    request = scene.node.seen[-1]
    peers: dict[str, Key] = {scene.message_key.thumbprint(): scene.message_key}
    shown = signatures.verify_request(request, keys=peers, now=datetime.now(UTC))
    assert shown.kid == scene.message_key.thumbprint()
    assert shown.content_sha256 is not None


def test_every_refusal_is_signed_and_bound_to_the_request(plain: Scene) -> None:
    results = plain.drive(
        {**QUERY, "name": "unsigned", "manner": "unsigned"},
        {**QUERY, "name": "altered", "manner": "altered"},
    )
    unsigned, altered = results["answers"][2:]
    assert (unsigned["status"], slug(unsigned)) == (401, "signature-missing")
    assert (altered["status"], slug(altered)) == (400, "digest-mismatch")
    assert unsigned["verified"], unsigned.get("fault")
    assert altered["verified"], altered.get("fault")
    assert unsigned["headers"]["www-authenticate"].startswith("DPoP ")


def test_a_signature_by_another_key_is_refused(plain: Scene) -> None:
    other = foreign_client.private_jwk(OKPKey.generate_key("Ed25519"))
    answer = plain.drive(QUERY, message_key=other)["answers"][-1]
    assert (answer["status"], slug(answer)) == (401, "signature-invalid")
    assert answer["verified"], answer.get("fault")


@pytest.mark.pasal("7(4)")
def test_a_token_of_another_epoch_is_refused(plain: Scene) -> None:
    old = plain.drive(QUERY)["token"]["access_token"]
    assert plain.drive(QUERY, access_token=old)["answers"][-1]["status"] == 200
    plain.node.epoch = "8"
    answer = plain.drive(QUERY, access_token=old)["answers"][-1]
    assert (answer["status"], slug(answer)) == (401, "token-epoch")
    assert answer["verified"], answer.get("fault")
    assert plain.drive(QUERY)["answers"][-1]["status"] == 200


def test_an_unknown_client_is_told_so_in_the_words_of_oauth(plain: Scene) -> None:
    results = plain.drive(client_id="lain")
    assert results["token"] == {"refused": "invalid_client", "status": 401}
    assert results["answers"][-1]["verified"], results["answers"][-1].get("fault")


def test_a_grant_with_an_unknown_member_is_refused_in_the_words_of_oauth(plain: Scene) -> None:
    details = [{**GRANT.to_details()[0], "actions": ["read"]}]
    results = plain.drive(grant=details)
    assert results["token"] == {"refused": "invalid_authorization_details", "status": 400}


def test_an_answer_by_another_key_is_not_believed_by_them(plain: Scene) -> None:
    """So that "verified" above means something."""
    other = foreign_client.public_jwk(OKPKey.generate_key("Ed25519"))
    results = plain.drive(QUERY, node_keys={plain.node_key.thumbprint(): other})
    assert not any(answer["verified"] for answer in results["answers"])


@pytest.mark.parametrize("kind", ["ed25519", "p-256"])
def test_jose_takes_our_tokens_and_we_take_those_of_jose(kind: str, clients: Path) -> None:
    issuer, now = "https://desa.example", datetime.now(UTC)
    key, client_key = made(kind), made(kind)
    token = tokens.issue(
        GRANT, key, issuer=issuer, client="naker", thumbprint=client_key.thumbprint(), epoch=EPOCH, now=now
    )
    said = foreign_client.run(
        clients,
        "tokens.mjs",
        {
            "token": token,
            "proof": dpop.proof(client_key, method="GET", url=f"{issuer}/a", now=now, token=token),
            "key": foreign_client.public_jwk(key),
            "issuer": issuer,
            "url": f"{issuer}/token",
            "private_key": client_key.as_dict(private=True),
            "client_id": "naker",
        },
    )
    assert said["token"]["epoch"] == EPOCH
    assert said["token"]["cnf"] == {"jkt": said["thumbprint"]} == {"jkt": client_key.thumbprint()}
    assert said["proof_thumbprint"] == client_key.thumbprint()
    assert said["proof"]["ath"] == dpop.token_hash(token)
    pinned: dict[str, Key] = {client_key.thumbprint(): client_key}
    later = datetime.now(UTC)
    shown = tokens.verify_assertion(
        said["made"]["assertion"], clients={"naker": pinned}, audiences=(issuer,), now=later
    )
    assert shown.client == "naker"
    proof = dpop.verify(said["made"]["proof"], method="POST", url=f"{issuer}/token", now=later)
    assert proof.thumbprint == client_key.thumbprint()
