"""Programs by others against two nodes that run as in life. All they have is what an integrator gets.

That is: an issuer, a name, two private keys, the other party's public keys, and what the agreement grants. Every other
address comes from the node's own answers.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange.station import pinned_keys
from tenun.node import pair
from tests.conformance.foreign import foreign_client
from tests.integration.api.conftest import open_folder
from tests.lib.api_calls import PEOPLE, in_home, log_of, until
from tests.lib.online_nodes import OnlineNodes, open_online_nodes
from tests.lib.two_nodes import person, publish_residents

pytestmark = pytest.mark.xdist_group("foreign-nodes")
VILLAGE = "53.17.02.2001"
ABOUT_ONE = ["birth_date", "full_name", "person_id"]
FIRST, REST = "bytes=0-499", "bytes=500-"


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return foreign_client.installed(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def nodes(clients: Path) -> Iterator[OnlineNodes]:
    """Both nodes with guard, API and worker. `clients` comes first: without it no node need start."""
    with open_folder() as folder, in_home(folder):
        made = open_online_nodes(folder)
        pair.set_up()
        with pair.running():
            yield made


class Integrator:
    """A team of *naker* with a program of its own."""

    def __init__(self, nodes: OnlineNodes, clients: Path) -> None:
        self.nodes, self.clients = nodes, clients
        self.base = f"/v1/agreements/{nodes.agreement.id.rsplit(':', 1)[-1]}"

    def grant(self, **changed: Any) -> dict[str, Any]:
        """The details that are asked for (RFC 9396), written by hand."""
        document = {"type": "urn:pks:access:1", "agreement": self.nodes.agreement.id, "rev": self.nodes.agreement.rev}
        asked = {**document, **PEOPLE, "operation": "bulk", **changed}
        return {name: value for name, value in asked.items() if value is not None}

    def run(self, grant: dict[str, Any], *calls: dict[str, Any], **changed: Any) -> dict[str, Any]:
        naker, agreement = self.nodes.naker, self.nodes.agreement
        settings = {
            "issuer": self.nodes.issuer(Party.DESA),
            "client_id": "naker",
            "client_key": foreign_client.private_jwk(naker.client_key(agreement)),
            "message_key": foreign_client.private_jwk(naker.message_key(agreement)),
            "node_keys": {
                kid: foreign_client.public_jwk(key)
                for kid, key in pinned_keys(agreement, Party.DESA, KeyUse.MESSAGE).items()
            },
            "grant": [grant],
            "calls": list(calls),
        }
        return foreign_client.run(self.clients, "client.mjs", {**settings, **changed})

    def export(self, name: str, **asked: Any) -> dict[str, Any]:
        body = {**PEOPLE, "format": "ndjson", **asked}
        return {
            "name": name,
            "method": "POST",
            "path": f"{self.base}/exports",
            "headers": {"prefer": "respond-async", "idempotency-key": secrets.token_hex(8)},
            "body": body,
        }

    def query(self, nik: str, mode: str, fields: list[str] | None = None) -> dict[str, Any]:
        body = {"dataset": "sid-warga", "purpose": "pemadanan", "fields": fields or ABOUT_ONE, "mode": mode}
        return {
            "name": mode,
            "method": "POST",
            "path": f"{self.base}/queries",
            "body": {**body, "subject": {"nik": nik}, "ticket": "TIKET/2026/9"},
        }


@pytest.fixture
def integrator(nodes: OnlineNodes, clients: Path) -> Integrator:
    return Integrator(nodes, clients)


def get(name: str, path: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "method": "GET", "path": path, **more}


def of(results: dict[str, Any], name: str) -> dict[str, Any]:
    """The last answer to the call of that name, after the signature of every answer was looked at."""
    for answer in results["answers"]:
        assert answer["verified"], (answer["name"], answer["status"], answer.get("fault"))
    return next(answer for answer in reversed(results["answers"]) if answer["name"] == name)


def slug(answer: dict[str, Any]) -> str:
    return str(json.loads(answer["body"])["type"]).rpartition(":")[2]


def rows_of(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(content).splitlines()]


FOLLOWED = (
    get("status", {"of": "export", "header": "content-location"}, until=200),
    get("whole", {"of": "status", "member": ["output", 0, "url"]}),
    get("first", {"of": "status", "member": ["output", 0, "url"]}, headers={"range": FIRST}),
)


@pytest.mark.pasal("2a", "2b")
def test_a_program_by_others_goes_from_the_issuer_to_the_last_byte(integrator: Integrator) -> None:
    issuer = integrator.nodes.issuer(Party.DESA)
    results = integrator.run(
        integrator.grant(), get("catalogue", "/v1/catalog"), integrator.export("export"), *FOLLOWED
    )
    assert results["metadata"]["issuer"] == issuer
    assert results["metadata"]["token_endpoint"].startswith(f"{issuer}/")
    assert results["metadata"]["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert results["token"]["token_type"].lower() == "dpop"
    assert 0 < results["token"]["expires_in"] <= 300
    assert results["token"]["authorization_details"] == [integrator.grant(fields=sorted(PEOPLE["fields"]))]
    assert "sid-warga" in of(results, "catalogue")["body"]
    assert of(results, "export")["status"] == 202
    assert any(one["status"] == 202 and "x-progress" in one["headers"] for one in results["answers"])
    manifest = json.loads(of(results, "status")["body"])
    output = manifest["output"][0]
    whole = of(results, "whole")
    content = base64.b64decode(whole["bytes"])
    assert (whole["status"], len(content)) == (200, output["size"])
    assert hashlib.sha256(content).hexdigest() == output["sha256"]
    assert len(rows_of(content)) == output["count"] > 0
    assert all(set(row) == set(PEOPLE["fields"]) for row in rows_of(content))

    # Broken off and gone on with under another token: still the whole, and each piece says which.
    first = of(results, "first")
    location = issuer_path(of(results, "export")["headers"]["content-location"], issuer)
    resumed = integrator.run(
        integrator.grant(),
        get("status", location, until=200),
        get(
            "rest",
            {"of": "status", "member": ["output", 0, "url"]},
            headers={"range": REST, "if-range": first["headers"]["etag"]},
        ),
    )
    rest = of(resumed, "rest")
    assert (first["status"], rest["status"]) == (206, 206)
    assert base64.b64decode(first["bytes"]) + base64.b64decode(rest["bytes"]) == content
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert first["headers"]["repr-digest"] == rest["headers"]["repr-digest"] == f"sha-256=:{digest}:"


def issuer_path(url: str, issuer: str) -> str:
    assert url.startswith(f"{issuer}/")
    return url.removeprefix(issuer)


@pytest.mark.pasal("2a")
def test_a_program_by_others_asks_about_one_person(integrator: Integrator) -> None:
    people = [person(VILLAGE, number) for number in range(40)]
    someone = next(one for one in people if one["nik"] and one["age_years"] >= 15 and one["life_status"] == "alive")
    results = integrator.run(
        integrator.grant(operation="subject", area=None, fields=ABOUT_ONE),
        integrator.query(someone["nik"], "value"),
        integrator.query(someone["nik"], "exists"),
        {**integrator.query(someone["nik"], "exists"), "name": "again", "manner": "replayed"},
        integrator.query("5317021203900009", "exists") | {"name": "nobody"},
    )
    found = json.loads(of(results, "value")["body"])
    assert found["row"]["full_name"] == someone["full_name"]
    assert set(found["row"]) == set(ABOUT_ONE)
    exists = json.loads(of(results, "exists")["body"])
    assert exists["answer"] == "yes"
    assert someone["full_name"] not in of(results, "exists")["body"]
    assert json.loads(of(results, "nobody")["body"])["answer"] == "no"
    assert (of(results, "again")["status"], slug(of(results, "again"))) == (409, "replayed")


@pytest.mark.pasal("2a")
def test_a_program_by_others_gets_what_has_changed_since(integrator: Integrator) -> None:
    asked = {"area": "53.17.02"}
    everything = integrator.run(integrator.grant(**asked), integrator.export("export", **asked), *FOLLOWED)
    since = json.loads(of(everything, "status")["body"])["transactionTime"]
    before = rows_of(base64.b64decode(of(everything, "whole")["bytes"]))
    publish_residents(integrator.nodes.desa.lake, VILLAGE, 44, version="2")
    results = integrator.run(
        integrator.grant(operation="delta", **asked),
        integrator.export("export", since=since, **asked),
        *FOLLOWED,
    )
    manifest = json.loads(of(results, "status")["body"])
    assert manifest["transactionTime"] > since
    changed = rows_of(base64.b64decode(of(results, "whole")["bytes"]))
    assert 0 < len(changed) <= 4
    assert not {row["person_id"] for row in changed} & {row["person_id"] for row in before}


@pytest.mark.pasal("7(1)")
def test_one_field_too_many_is_refused_to_them_by_name_and_signed(integrator: Integrator) -> None:
    fields = [*PEOPLE["fields"], "mother_name"]
    at_token = integrator.run(integrator.grant(fields=fields), integrator.export("export"))
    assert at_token["token"] == {"refused": "invalid_authorization_details", "status": 403}
    refused = at_token["answers"][-1]
    assert refused["verified"], refused.get("fault")
    document = json.loads(refused["body"])
    assert (slug(refused), document["fields"]) == ("field-not-permitted", ["mother_name"])
    assert set(document["remedy"]) == {"id", "en"}
    entry = log_of(integrator.nodes.desa.log)[document["log_index"]]
    assert (entry["type"], entry["decision"]["id"]) == ("token.refused", document["decision"])

    # A token for less does not let it slip in with the call.
    slipped = integrator.run(integrator.grant(), integrator.export("wide", fields=fields))
    assert (of(slipped, "wide")["status"], "output" in of(slipped, "wide")["body"]) == (401, False)


def test_every_call_of_theirs_stands_in_the_log_with_its_end(integrator: Integrator) -> None:
    """The node's, that is: a program that keeps no log of its own cannot be reconciled, and the node says so."""
    results = integrator.run(integrator.grant(), get("catalogue", "/v1/catalog"))
    assert of(results, "catalogue")["status"] == 200
    entries = log_of(integrator.nodes.desa.log)
    opened = {one["call"] for one in entries if one["type"] == "call.opened"}
    assert opened
    until(lambda: opened <= {one.get("call") for one in log_of(integrator.nodes.desa.log) if _is_end(one)})


def _is_end(entry: dict[str, Any]) -> bool:
    return entry["type"] in ("call.closed", "call.interrupted")
