"""The client against a provider that keeps the protocol, and against one that does not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement import party_keys
from tenun.exchange import signature
from tenun.exchange.client import (
    AnswerMalformed,
    AnswerNotBelieved,
    AnswerUnsigned,
    Client,
    ClockAway,
    ExportTakesLong,
    FileAltered,
    Job,
    Manifest,
    PeerUnreachable,
    Refused,
    SettingsUnclear,
)
from tenun.exchange.client.downloads import SealedFolder
from tenun.exchange.serving.refusals import Busy
from tenun.exchange.wire import problems
from tenun.exchange.wire.messages import Response
from tests.integration.exchange.client.conftest import Waits, connected
from tests.lib.provider_server import Exchange, Provider
from tests.lib.two_nodes import Nodes

FIELDS = ["person_id", "village_code", "sex", "age_years"]


def exported(client: Client, **more: Any) -> tuple[Job, Manifest]:
    return client.export(**{"dataset": "sid-warga", "purpose": "pemadanan", "fields": FIELDS, **more})


def grant(client: Client) -> Any:
    return client.grant(dataset="sid-warga", operation="bulk", purpose="pemadanan", fields=FIELDS)


# --- as it should be -----------------------------------------------------------------------------------


@pytest.mark.pasal("2a")
@pytest.mark.parametrize("format", ["parquet", "arrow", "ndjson"])
def test_an_export_is_asked_for_waited_for_and_fetched(client: Client, target: Path, format: str) -> None:
    told: list[tuple[str, int, int | None]] = []

    def progress(stage: str, done: int, of: int | None) -> None:
        told.append((stage, done, of))

    job, manifest = exported(client, format=format, progress=progress)
    client.download(job, manifest, target, progress=progress)
    for file in manifest.files:
        content = (target / file.name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.sha256
    assert told[-1] == ("download", told[-1][2], told[-1][2])
    assert not [path for path in (target).iterdir() if path.suffix in (".part", ".etag")]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (target).iterdir())


def test_the_manifest_can_be_verified_without_the_connection(client: Client, provider: Provider) -> None:
    _, manifest = exported(client)
    keys = {provider.key.thumbprint(): provider.key}
    kid = signature.verify_detached(manifest.signature, manifest.signed, keys=keys, typ=signature.MANIFEST)
    assert kid == provider.key.thumbprint()
    assert manifest.transaction_time == json.loads(manifest.signed)["online"]["transaction_time"]


def test_a_job_can_be_kept_and_gone_on_with(client: Client, provider: Provider, target: Path) -> None:
    provider.is_idle = True
    job = client.begin_export(dataset="sid-warga", purpose="pemadanan", fields=FIELDS)
    kept = json.loads(json.dumps(job.as_dict()))
    provider.is_idle = False
    again = Job.from_dict(kept)
    assert again == job
    client.download(again, client.wait(again), target)
    assert any(target.iterdir())


def test_a_token_is_asked_for_once_and_again_shortly_before_it_expires(
    client: Client, provider: Provider, nodes: Nodes
) -> None:
    first = client.token(grant(client))
    assert client.token(grant(client)) == first
    nodes.later(seconds=269)
    assert client.token(grant(client)) == first
    nodes.later(seconds=2)
    assert client.token(grant(client)) != first
    assert provider.steps() == ["token", "token"]


def test_another_revision_needs_another_token(client: Client, provider: Provider) -> None:
    client.token(grant(client))
    client.use_revision("0" * 64)
    client.token(grant(client))
    revs = [
        json.loads(dict_of(request.body)["authorization_details"])[0]["rev"] for request in provider.requests("token")
    ]
    assert revs[1] == "0" * 64 != revs[0]


def dict_of(form: bytes) -> dict[str, str]:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(form.decode()))


def test_a_token_of_an_epoch_that_has_passed_is_replaced_once(client: Client, provider: Provider) -> None:
    job, _ = exported(client)
    before = len(provider.seen)
    provider.epoch = "2"
    client.wait(job)
    assert provider.steps()[before:] == ["status", "token", "status", "manifest"]


def test_the_identifier_of_a_person_travels_in_the_body_only(client: Client, provider: Provider) -> None:
    answer = client.subject(
        dataset="sid-warga", purpose="pemadanan", fields=FIELDS, person={"nik": "9" * 16}, ticket="T-1"
    )
    assert answer["answer"] == "yes"
    for _, request in provider.seen:
        assert "9" * 16 not in request.url + json.dumps(dict(request.headers))
    assert provider.queries[0]["subject"] == {"nik": "9" * 16}


def test_the_other_calls(client: Client, provider: Provider) -> None:
    assert client.catalogue()["step"] == "v1-catalog"
    assert client.acts()["step"] == "acts"
    assert client.state(at="2026-01-01T00:00:00Z")["step"] == "acts-state"
    assert provider.seen[-1][1].url.endswith("/acts/state?at=2026-01-01T00%3A00%3A00Z")
    assert client.post_act(b"{}")["step"] == "acts"
    assert client.post_event(b"{}") == 202
    assert client.log_checkpoint().startswith(b"desa.tenun/log")
    assert client.log_tile("0/000") == bytes(32)
    assert client.metadata()["issuer"] == provider.issuer
    assert client.node()["issuer"] == provider.issuer


def test_whatever_the_address_the_public_url_is_signed(client: Client, provider: Provider, address: str) -> None:
    client.catalogue()
    assert address != provider.issuer
    assert provider.seen[-1][1].url == f"{provider.issuer}/v1/catalog"


def test_p256_keys_do_as_well(provider: Provider, address: str, nodes: Nodes, waits: Waits) -> None:
    from tenun.agreement import party_jwk

    provider.key = party_jwk.generate("P-256")
    other = connected(nodes, provider, address, waits, peer_keys=[provider.key.as_dict(private=False)])
    assert other.metadata()["issuer"] == provider.issuer
    other.close()


# --- refusals --------------------------------------------------------------------------------------------


@pytest.mark.pasal("7(1)")
def test_a_refusal_says_what_to_do_in_both_languages(client: Client) -> None:
    with pytest.raises(Refused) as refused:
        exported(client, fields=[*FIELDS, "mother_name"], purpose="statistik-desa")
    problem = refused.value
    assert (problem.type, problem.status) == ("field-not-permitted", 403)
    assert "mother_name" in problem.fields
    assert problem.decision
    assert problem.remedy("id")
    assert problem.remedy("en")
    assert problem.message("id") != problem.message("en")


def test_a_refusal_is_not_asked_again(client: Client, provider: Provider, waits: Waits) -> None:
    with pytest.raises(Refused):
        exported(client, purpose="sosialisasi")
    assert provider.steps() == ["token"]
    assert waits.seconds == []


def told(provider: Provider, problem: Any, status: int | None = None, **headers: str) -> Callable[[Exchange], None]:
    """A change that answers with a truly signed problem."""

    def change(exchange: Exchange) -> None:
        document = problems.of(problem)
        body = json.dumps(document.document).encode()
        answer = Response(status or document.status, document.headers, body).with_headers(**headers)
        exchange.response, exchange.content = provider.signed(answer, exchange.request), b""

    return change


def test_retry_after_is_kept_to(client: Client, provider: Provider, waits: Waits) -> None:
    provider.on("status", told(provider, Busy(waiting=20), retry_after="7"), only=1)
    exported(client)
    assert waits.seconds == [7.0]


def test_whoever_says_to_come_tomorrow_is_believed_at_once(client: Client, provider: Provider, waits: Waits) -> None:
    provider.on("export", told(provider, Busy(waiting=20), status=429, retry_after="86400"))
    with pytest.raises(Refused) as refused:
        exported(client)
    assert refused.value.retry_after == 86400
    assert waits.seconds == []


def test_an_export_that_was_cut_off_is_gone_and_says_so(client: Client, provider: Provider, target: Path) -> None:
    job, manifest = exported(client)
    provider.exports.cancel(job.id)
    with pytest.raises(Refused) as refused:
        client.download(job, manifest, target)
    assert refused.value.is_gone
    assert not list(target.iterdir())


def test_waiting_has_an_end_and_the_export_goes_on(client: Client, provider: Provider, waits: Waits) -> None:
    provider.is_idle = True
    with pytest.raises(ExportTakesLong):
        exported(client, wait_s_max=5, idempotency_key="the-same-key")
    provider.is_idle = False
    exported(client, idempotency_key="the-same-key")
    assert len(provider.exports.all()) == 1


# --- answers that are not believed -----------------------------------------------------------------------


def unsigned(status: int, **headers: str) -> Callable[[Exchange], None]:
    def change(exchange: Exchange) -> None:
        exchange.response = Response(status, {"content-type": "text/html", **headers}, b"<h1>gateway</h1>")
        exchange.content = b""

    return change


@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_an_unsigned_answer_is_never_believed(client: Client, provider: Provider, status: int) -> None:
    provider.on("v1-catalog", unsigned(status))
    with pytest.raises(AnswerUnsigned) as refused:
        client.catalogue()
    assert str(status) in refused.value.message("en")
    assert "gateway" not in json.dumps(refused.value.as_dict()["message"]).replace("gateway or proxy", "")
    assert provider.steps() == ["v1-catalog"]


def test_a_gateway_without_the_node_behind_it_is_asked_again(client: Client, provider: Provider, waits: Waits) -> None:
    for number in (1, 2):
        provider.on("v1-catalog", unsigned(502), only=number)
    assert client.catalogue()["step"] == "v1-catalog"
    assert waits.seconds == [0.5, 1.0]


def test_but_not_for_ever(client: Client, provider: Provider) -> None:
    provider.on("v1-catalog", unsigned(503))
    with pytest.raises(AnswerUnsigned):
        client.catalogue()
    assert len(provider.seen) == 4


def altered(**changes: Any) -> Callable[[Exchange], None]:
    def change(exchange: Exchange) -> None:
        exchange.response = replace(exchange.response, **changes)

    return change


@pytest.mark.parametrize(
    "changes", [{"body": b'{"step": "other"}'}, {"status": 201}], ids=["other content", "other status"]
)
def test_an_answer_altered_on_its_way_is_not_believed(
    client: Client, provider: Provider, changes: dict[str, Any]
) -> None:
    provider.on("v1-catalog", altered(**changes))
    with pytest.raises(AnswerNotBelieved):
        client.catalogue()


def test_an_answer_to_another_request_is_not_believed(client: Client, provider: Provider) -> None:
    earlier: list[Response] = []
    provider.on("v1-catalog", lambda exchange: earlier.append(exchange.response), only=1)
    client.catalogue()

    def replay(exchange: Exchange) -> None:
        exchange.response = earlier[0]

    provider.on("v1-catalog", replay, only=2)
    with pytest.raises(AnswerNotBelieved):
        client.catalogue()


def test_an_answer_of_last_week_is_no_question_of_clocks(client: Client, provider: Provider, nodes: Nodes) -> None:
    earlier: list[Response] = []
    provider.on("v1-catalog", lambda exchange: earlier.append(exchange.response), only=1)
    client.catalogue()
    nodes.later(days=7)

    def replay(exchange: Exchange) -> None:
        exchange.response = earlier[0]

    provider.on("v1-catalog", replay, only=2)
    with pytest.raises(AnswerNotBelieved):
        client.catalogue()


def test_an_answer_under_another_key_is_not_believed(client: Client, provider: Provider, nodes: Nodes) -> None:
    provider.key = party_keys.private(nodes.naker.keys, "message")
    with pytest.raises(AnswerNotBelieved):
        client.catalogue()


def test_a_signed_answer_whose_content_is_no_file_of_ours_is_refused_before_it_is_kept(
    client: Client, provider: Provider, target: Path
) -> None:
    job, manifest = exported(client)

    def other(exchange: Exchange) -> None:
        from tenun.exchange.wire import digests

        said = {**exchange.response.headers, "repr-digest": digests.sha256_field(b"other")}
        said.pop("signature"), said.pop("signature-input")
        exchange.response = provider.signed(Response(200, said), exchange.request)

    provider.on("file", other)
    with pytest.raises(FileAltered):
        client.download(job, manifest, target)
    assert not list(target.iterdir())


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(client: Client, provider: Provider, status: int) -> None:
    def away(exchange: Exchange) -> None:
        answer = Response(status, {"location": "http://127.0.0.1:9/elsewhere"})
        exchange.response = provider.signed(answer, exchange.request)

    provider.on("v1-catalog", away)
    with pytest.raises(AnswerMalformed):
        client.catalogue()
    assert provider.steps() == ["v1-catalog"]


def test_a_manifest_that_leads_away_from_the_peer_is_refused(client: Client, provider: Provider) -> None:
    def away(exchange: Exchange) -> None:
        value = json.loads(exchange.response.body)
        value["output"][0]["url"] = "http://127.0.0.1:9/files/parts-00001.parquet"
        answer = Response(200, {"content-type": "application/json"}, json.dumps(value).encode())
        exchange.response = provider.signed(answer, exchange.request)

    provider.on("manifest", away)
    with pytest.raises(AnswerMalformed):
        exported(client)


# --- clocks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [90, -90, 3600, -3600])
def test_clocks_that_are_apart_are_told_with_by_how_much(client: Client, provider: Provider, seconds: int) -> None:
    provider.ahead = timedelta(seconds=seconds)
    with pytest.raises(ClockAway) as away:
        client.catalogue()
    assert abs(away.value.seconds + seconds) <= 1
    assert str(abs(away.value.seconds)) in away.value.message("id")


# --- broken lines ------------------------------------------------------------------------------------------


def test_what_broke_off_is_gone_on_with(client: Client, provider: Provider, target: Path) -> None:
    job, manifest = exported(client)
    size = manifest.files[0].size

    def cut(exchange: Exchange) -> None:
        exchange.cut_at = 700

    for number in range(1, 4):
        provider.on("file", cut, only=number)
    client.download(job, manifest, target)
    asked = [(request.headers.get("range"), request.headers.get("if-range")) for request in provider.requests("file")]
    etag = f'"{manifest.files[0].sha256}"'
    assert size > 2100
    assert asked == [(None, None), ("bytes=700-", etag), ("bytes=1400-", etag), ("bytes=2100-", etag)]


def test_a_killed_download_is_gone_on_with_by_the_next_client(
    client: Client, provider: Provider, address: str, nodes: Nodes, waits: Waits, target: Path
) -> None:
    job, manifest = exported(client)

    class Killed(BaseException):
        pass

    def die(stage: str, done: int, of: int | None) -> None:
        if done:
            raise Killed

    provider.on("file", lambda exchange: setattr(exchange, "cut_at", 2000), only=1)
    with pytest.raises(Killed):
        client.download(job, manifest, target, progress=die)
    assert [path.suffix for path in sorted(target.iterdir())] == [".etag", ".part"]
    other = connected(nodes, provider, address, waits)
    other.download(Job.from_dict(job.as_dict()), manifest, target)
    other.close()
    assert [path.name for path in target.iterdir()] == [file.name for file in manifest.files]


def test_another_version_of_a_file_begins_it_anew(client: Client, provider: Provider, target: Path) -> None:
    """A changed ETag: the part that is there is not mixed with it, and the whole must still be what was promised."""
    job, manifest = exported(client)

    def cut(exchange: Exchange) -> None:
        exchange.cut_at = 1000

    def whole(exchange: Exchange) -> None:
        bare = {name: value for name, value in exchange.request.headers.items() if name not in ("range", "if-range")}
        again = replace(exchange.request, headers=bare)
        response, exchange.content = provider._file(job.id, manifest.files[0].name, again)
        exchange.response = provider.signed(response.with_headers(etag='"other"'), exchange.request)

    provider.on("file", cut, only=1)
    provider.on("file", whole, only=2)
    client.download(job, manifest, target)
    assert hashlib.sha256((target / manifest.files[0].name).read_bytes()).hexdigest() == manifest.files[0].sha256


def test_a_range_of_another_version_is_refused(client: Client, provider: Provider, target: Path) -> None:
    job, manifest = exported(client)

    def other(exchange: Exchange) -> None:
        said = {name: value for name, value in exchange.response.headers.items() if not name.startswith("signature")}
        exchange.response = provider.signed(Response(206, {**said, "etag": '"other"'}), exchange.request)

    provider.on("file", lambda exchange: setattr(exchange, "cut_at", 1000), only=1)
    provider.on("file", other, only=2)
    with pytest.raises(AnswerMalformed):
        client.download(job, manifest, target)


@pytest.mark.parametrize("folder", ["plain", "sealed"])
def test_other_bytes_under_true_headers_are_found(
    client: Client, provider: Provider, target: Path, folder: str
) -> None:
    job, manifest = exported(client)

    def flip(exchange: Exchange) -> None:
        exchange.content = bytes([exchange.content[0] ^ 1]) + exchange.content[1:]

    provider.on("file", flip)
    place = SealedFolder(target, bytes(32)) if folder == "sealed" else target
    with pytest.raises(FileAltered):
        client.download(job, manifest, place)
    assert not list(target.iterdir())


def test_a_part_that_was_spoilt_between_two_runs_costs_a_new_fetch_and_no_more(
    client: Client, provider: Provider, target: Path
) -> None:
    job, manifest = exported(client)

    class Killed(BaseException):
        pass

    def die(stage: str, done: int, of: int | None) -> None:
        if done:
            raise Killed

    provider.on("file", lambda exchange: setattr(exchange, "cut_at", 2000), only=1)
    with pytest.raises(Killed):
        client.download(job, manifest, target, progress=die)
    part = next(target.glob("*.part"))
    part.write_bytes(bytes(len(part.read_bytes())))
    client.download(job, manifest, target)
    assert hashlib.sha256((target / manifest.files[0].name).read_bytes()).hexdigest() == manifest.files[0].sha256
    assert [request.headers.get("range") for request in provider.requests("file")][-1] is None


def test_a_sealed_folder_has_nothing_in_plain_and_gives_it_all_back(
    client: Client, provider: Provider, target: Path
) -> None:
    job, manifest = exported(client)
    provider.on("file", lambda exchange: setattr(exchange, "cut_at", 1003), only=1)
    folder = SealedFolder(target, bytes(range(32)))
    client.download(job, manifest, folder)
    for file in manifest.files:
        assert b"PAR1" not in (target / file.name).read_bytes()
        assert hashlib.sha256(folder.read(file)).hexdigest() == file.sha256
        assert folder.has(file)
        assert not SealedFolder(target, bytes(32)).has(file)


def test_whoever_does_not_answer_is_asked_again_only_where_that_does_no_harm(
    client: Client, provider: Provider
) -> None:
    silent = lambda exchange: setattr(exchange, "is_silent", True)  # noqa: E731
    for step in ("v1-catalog", "query", "export"):
        provider.on(step, silent)
    with pytest.raises(PeerUnreachable):
        client.catalogue()
    with pytest.raises(PeerUnreachable):
        client.subject(dataset="sid-warga", purpose="pemadanan", fields=FIELDS, person={"nik": "9" * 16}, ticket="T-1")
    with pytest.raises(PeerUnreachable):
        exported(client)
    assert [provider.steps().count(step) for step in ("v1-catalog", "query", "export")] == [4, 1, 4]
    keys = {request.headers["idempotency-key"] for request in provider.requests("export")}
    nonces = [request.headers["signature-input"] for request in provider.requests("export")]
    assert len(keys) == 1
    assert len(set(nonces)) == 4


def test_nobody_there(nodes: Nodes, provider: Provider, waits: Waits) -> None:
    client = connected(nodes, provider, "http://127.0.0.1:9", waits)
    with pytest.raises(PeerUnreachable) as problem:
        client.catalogue()
    assert problem.value.retryable
    assert waits.seconds == [0.5, 1.0, 2.0]
    client.close()


# --- settings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "setting",
    [
        {"issuer": "desa.example"},
        {"issuer": "http://127.0.0.1:8527/"},
        {"address": "ftp://127.0.0.1"},
        {"peer_keys": []},
        {"peer_keys": [{"kty": "OKP"}]},
        {"message_key": {"kty": "OKP", "crv": "Ed25519"}},
        {"client_key": Path("/nowhere/client.jwk")},
    ],
)
def test_settings_that_cannot_be_used_are_told_at_once(
    nodes: Nodes, provider: Provider, waits: Waits, setting: dict[str, Any]
) -> None:
    with pytest.raises(SettingsUnclear):
        connected(nodes, provider, **{"address": "http://127.0.0.1:9", "waits": waits, **setting})


def test_keys_can_be_files(nodes: Nodes, provider: Provider, address: str, waits: Waits, tmp_path: Path) -> None:
    peers = tmp_path / "desa.json"
    peers.write_bytes((nodes.desa.keys / "public.json").read_bytes())
    keys = nodes.naker.keys
    client = connected(
        nodes,
        provider,
        address,
        waits,
        peer_keys=peers,
        message_key=keys / "message.jwk",
        client_key=keys / "client.jwk",
    )
    assert client.catalogue()["step"] == "v1-catalog"
    client.close()
