"""Every kind of refusal, over HTTP: signed, by its right name, with the place in the log where it stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tenun.agreement import party_jwk
from tenun.exchange.wire import dpop, signatures, tokens
from tenun.exchange.wire.messages import Request
from tests.integration.api.conftest import Served
from tests.lib.api_calls import PEOPLE, Answered, Caller, entries_of, log_of

ABOUT_ONE = ["birth_date", "full_name", "person_id"]
pytestmark = pytest.mark.xdist_group("api")


def new_key() -> object:
    return party_jwk.generate()


def refused(served: Served, answer: Answered, problem: str, status: int) -> dict:
    """The document, after what every refusal must have was looked at."""
    document = answer.json()
    assert (answer.status, answer.problem) == (status, problem), document
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert set(document["text"]) == set(document["remedy"]) == {"id", "en"}
    assert all(document["remedy"].values())
    if "log_index" in document:
        entry = log_of(served.log)[document["log_index"]]
        assert entry["type"] in ("call.refused", "token.refused")
        if answer.call is not None and "call" in entry:
            assert entry["call"] == answer.call
    return document


# --- whoever is not recognised -------------------------------------------------------------------------


def resigned(caller: Caller, request: Request, **headers: str) -> Request:
    """The same request with other headers, signed again."""
    kept = {name: value for name, value in request.headers.items() if not name.startswith("signature")}
    changed = Request(request.method, request.url, {**kept, **headers}, request.body)
    return signatures.sign_request(changed, caller.message_key, now=caller.now())


def question(**changed: object) -> dict:
    asked = {"dataset": "sid-warga", "purpose": "pemadanan", "fields": ABOUT_ONE}
    return {**asked, "subject": {"nik": "5317010101900001"}, "mode": "exists", "ticket": "TIKET/2026/1", **changed}


def test_an_unsigned_request_is_refused_before_anything_is_looked_at(served: Served, caller: Caller) -> None:
    request = Request("GET", f"{caller.issuer}{caller.base}/exports/{'0' * 32}")
    refused(served, caller.send(request, is_signed=False), "signature-missing", 401)


def test_another_key_is_refused_in_the_same_words_as_a_broken_signature(served: Served, caller: Caller) -> None:
    stranger = replace(caller, message_key=new_key(), client_key=new_key())
    unknown = refused(served, stranger.call("GET", f"{caller.base}/acts"), "signature-invalid", 401)
    request = caller.request("GET", f"{caller.base}/acts")
    broken = replace(request, headers={**request.headers, "signature": f"sig1=:{'A' * 86}==:"})
    altered = refused(served, caller.send(broken), "signature-invalid", 401)
    assert unknown["type"] == altered["type"]
    assert not {"rev", "decision"} & (unknown.keys() | altered.keys())


def test_a_body_that_was_changed_on_its_way_is_refused(served: Served, caller: Caller) -> None:
    token = caller.token(operation="subject", area=None, fields=ABOUT_ONE)
    request = caller.request("POST", f"{caller.base}/queries", question(), token=token)
    tampered = replace(request, body=request.body.replace(b"exists", b"value "))
    refused(served, caller.send(tampered), "digest-mismatch", 400)


def test_an_expired_signature_is_refused(served: Served, caller: Caller) -> None:
    late = replace(caller, now=lambda: caller.now() - timedelta(seconds=90))
    request = late.request("GET", f"{caller.base}/acts")
    refused(served, caller.send(request), "signature-invalid", 401)


def test_a_query_that_was_added_to_the_address_is_refused(served: Served, caller: Caller) -> None:
    request = caller.request("GET", f"{caller.base}/acts/state")
    moved = replace(request, url=f"{request.url}?at=2025-01-01T00:00:00Z")
    refused(served, caller.send(moved), "signature-invalid", 401)


def test_the_same_request_twice_is_refused_the_second_time(served: Served, caller: Caller) -> None:
    request = caller.request("GET", f"{caller.base}/acts")
    assert caller.send(request).status == 200
    document = refused(served, caller.send(request), "replayed", 409)
    assert document["rev"] == served.nodes.agreement.rev


# --- tokens ----------------------------------------------------------------------------------------------


def at_token_endpoint(served: Served, answer: Answered, problem: str, status: int, error: str) -> dict:
    document = answer.json()
    assert (answer.status, answer.problem, document["error"]) == (status, problem, error), document
    assert answer.headers["content-type"] == "application/json"
    if "log_index" in document:
        assert log_of(served.log)[document["log_index"]]["type"] in ("token.refused", "call.refused")
    return document


TOKEN_REFUSALS: dict[str, tuple[Callable[[Caller], Answered], str, int, str]] = {
    "wrong audience": (
        lambda caller: caller.ask_token(caller.grant(), audience="https://lain.example.go.id"),
        "client-unknown", 401, "invalid_client",
    ),
    "a client that nobody knows": (
        lambda caller: caller.ask_token(caller.grant(), client="bukan-pihak"), "client-unknown", 401, "invalid_client"
    ),
    "the provider's own name": (
        lambda caller: caller.ask_token(caller.grant(), client="desa"), "client-unknown", 401, "invalid_client"
    ),
    "another key": (
        lambda caller: replace(caller, client_key=new_key()).ask_token(caller.grant()),
        "client-unknown", 401, "invalid_client",
    ),
    "a stale revision": (
        lambda caller: caller.ask_token(caller.grant(rev="0" * 64)),
        "agreement-revision-stale", 409, "invalid_authorization_details",
    ),
    "another agreement": (
        lambda caller: caller.ask_token(caller.grant(agreement="urn:tenun:agreement:lain")),
        "not-found", 404, "invalid_request",
    ),
    "a dataset that is not covered": (
        lambda caller: caller.ask_token(caller.grant(dataset="gaji-pegawai")),
        "dataset-not-covered", 403, "invalid_authorization_details",
    ),
    "a purpose that is not permitted": (
        lambda caller: caller.ask_token(caller.grant(purpose="sosialisasi")),
        "purpose-not-permitted", 403, "invalid_authorization_details",
    ),
    "the wrong direction": (
        lambda caller: caller.ask_token(
            caller.grant(dataset="siapkerja-lowongan", fields=["vacancy_id"], purpose="penempatan-pelatihan")
        ),
        "operation-not-permitted", 403, "invalid_authorization_details",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TOKEN_REFUSALS)
def test_a_token_is_refused_for(served: Served, caller: Caller, case: str) -> None:
    ask, problem, status, error = TOKEN_REFUSALS[case]
    at_token_endpoint(served, ask(caller), problem, status, error)


@pytest.mark.pasal("7(1)")
def test_one_field_too_many_is_refused_by_name_and_none_is_dropped(served: Served, caller: Caller) -> None:
    answer = caller.ask_token(caller.grant(fields=[*PEOPLE["fields"], "mother_name"]))
    document = at_token_endpoint(served, answer, "field-not-permitted", 403, "invalid_authorization_details")
    assert document["fields"] == ["mother_name"]
    assert document["pasal"]
    entry = log_of(served.log)[document["log_index"]]
    assert entry["decision"]["is_permit"] is False
    assert entry["decision"]["id"] == document["decision"]


def test_an_assertion_serves_once(served: Served, caller: Caller) -> None:
    request = caller.token_request(caller.grant())
    assert caller.send(request, is_signed=False).status == 200
    at_token_endpoint(served, caller.send(request, is_signed=False), "replayed", 409, "invalid_request")


def test_a_form_that_is_none_is_refused(served: Served, caller: Caller) -> None:
    request = replace(caller.token_request(caller.grant()), body=b"grant_type=client_credentials")
    at_token_endpoint(served, caller.send(request, is_signed=False), "request-malformed", 400, "invalid_request")


def test_introspection_tells_either_party_and_says_no_word_about_what_does_not_count(
    served: Served, caller: Caller
) -> None:
    def ask(token: str) -> dict:
        from urllib.parse import urlencode

        assertion = tokens.client_assertion(caller.client_key, client="naker", audience=caller.issuer, now=caller.now())
        form = urlencode(
            {"token": token, "client_assertion": assertion, "client_assertion_type": tokens.ASSERTION_TYPE}
        )
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = caller.send(Request("POST", f"{caller.issuer}/introspect", headers, form.encode()), is_signed=False)
        assert answer.status == 200, answer.body
        return answer.json()

    token = caller.token()
    assert ask(token)["authorization_details"] == caller.grant().to_details()
    assert ask(token + "x") == {"active": False}


# --- calls -----------------------------------------------------------------------------------------------


def export(caller: Caller, token: str | None, **changed: object) -> Answered:
    more = {"Idempotency-Key": "satu-kunci"}
    return caller.call("POST", f"{caller.base}/exports", caller.export_body(**changed), token=token, more=more)


def test_a_call_without_token_is_refused(served: Served, caller: Caller) -> None:
    refused(served, export(caller, None), "token-missing", 401)


def test_a_token_that_is_none_is_refused(served: Served, caller: Caller) -> None:
    refused(served, export(caller, "tidak.sah.sama"), "token-invalid", 401)


def test_a_token_does_not_serve_for_something_else(served: Served, caller: Caller) -> None:
    refused(served, export(caller, caller.token(fields=["person_id", "nik"])), "token-invalid", 401)
    refused(served, export(caller, caller.token(area="53.17.01")), "token-invalid", 401)
    answer = caller.call("POST", f"{caller.base}/queries", question(), token=caller.token())
    refused(served, answer, "token-invalid", 401)


def test_a_proof_by_another_key_is_refused(served: Served, caller: Caller) -> None:
    token = caller.token()
    url = f"{caller.issuer}{caller.base}/exports"
    proof = dpop.proof(new_key(), method="POST", url=url, now=caller.now(), token=token)
    answer = caller.call("POST", f"{caller.base}/exports", caller.export_body(), token=token, more={"dpop": proof})
    refused(served, answer, "dpop-invalid", 401)


def test_a_proof_serves_once_even_under_a_new_signature(served: Served, caller: Caller) -> None:
    token = caller.token()
    first = caller.request("POST", f"{caller.base}/exports", caller.export_body(), token=token)
    assert caller.send(first).status == 202
    refused(served, caller.send(resigned(caller, first)), "replayed", 409)


def test_a_field_that_slipped_into_the_body_is_refused(served: Served, caller: Caller) -> None:
    answer = export(caller, caller.token(), fields=[*PEOPLE["fields"], "sex"])
    refused(served, answer, "token-invalid", 401)


MALFORMED = {
    "no JSON": b"{",
    "a member twice": b'{"dataset":"a","dataset":"b"}',
    "a list": b"[]",
    "a member missing": b'{"dataset":"sid-warga"}',
    "a number for a name": b'{"dataset":1,"purpose":"x","fields":["y"]}',
    "no field": b'{"dataset":"sid-warga","purpose":"pemadanan","fields":[]}',
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_body_is_refused_that_is(served: Served, caller: Caller, case: str) -> None:
    answer = caller.call("POST", f"{caller.base}/exports", MALFORMED[case], token=caller.token())
    refused(served, answer, "request-malformed", 400)


def test_what_was_typed_is_never_repeated(served: Served, caller: Caller) -> None:
    nik = "5317010101900001"
    body = json.dumps({"dataset": nik, "purpose": nik, "fields": [nik], nik: 1, "area": nik}).encode()
    answer = caller.call("POST", f"{caller.base}/exports", body, token=caller.token())
    assert nik.encode() not in answer.body
    assert nik not in json.dumps(entries_of(served.log, answer.call or ""))
    assert nik not in served.api.log.read_text()


def test_another_content_type_is_refused(served: Served, caller: Caller) -> None:
    answer = caller.call(
        "POST", f"{caller.base}/exports", caller.export_body(), token=caller.token(), content_type="text/xml"
    )
    refused(served, answer, "unsupported-format", 406)


def test_a_body_that_is_too_large_is_refused_unread(served: Served, caller: Caller) -> None:
    answer = caller.call("POST", f"{caller.base}/exports", b" " * 40_000, token=caller.token())
    refused(served, answer, "payload-too-large", 413)


def test_a_format_or_an_area_that_is_none_is_refused(served: Served, caller: Caller) -> None:
    token = caller.token()
    refused(served, export(caller, token, format="xlsx"), "unsupported-format", 406)


def test_a_cursor_that_nobody_gave_is_refused(served: Served, caller: Caller) -> None:
    answer = caller.begin_export(caller.token(operation="delta"), since="2026-01-01T00:00:00.000000Z")
    refused(served, answer, "cursor-unknown", 410)


def test_one_key_for_two_requests_is_refused(served: Served, caller: Caller) -> None:
    token = caller.token()
    first = caller.begin_export(token, key="kunci-yang-sama")
    again = caller.begin_export(token, key="kunci-yang-sama")
    assert first.status == again.status == 202
    assert first.headers["content-location"] == again.headers["content-location"]
    other = caller.begin_export(token, key="kunci-yang-sama", format="ndjson")
    refused(served, other, "idempotency-conflict", 422)


@pytest.mark.parametrize("key", ['""', '"', 'a"b', '"a', "a" * 129])
def test_a_key_that_names_nothing_is_refused(served: Served, caller: Caller, key: str) -> None:
    answer = caller.begin_export(caller.token(), key=key)
    assert (answer.status, answer.problem) == (400, "request-malformed")


def test_an_export_that_is_none_of_the_callers_is_not_found(served: Served, caller: Caller) -> None:
    token = caller.token()
    for path in ("0" * 32, "tidak-ada", f"{'0' * 32}/manifest", f"{'0' * 32}/files/apa.parquet"):
        refused(served, caller.call("GET", f"{caller.base}/exports/{path}", token=token), "not-found", 404)


def test_another_agreement_is_not_found(served: Served, caller: Caller) -> None:
    answer = caller.call("GET", "/v1/agreements/lain/acts")
    refused(served, answer, "not-found", 404)


def test_what_the_framework_refuses_is_a_signed_problem_too(served: Served, caller: Caller) -> None:
    refused(served, caller.call("GET", "/tidak/ada"), "not-found", 404)
    answer = caller.call("PUT", f"{caller.base}/exports")
    refused(served, answer, "method-not-allowed", 405)
    assert "POST" in answer.headers["allow"]


QUESTIONS = {
    "no person": {"subject": {}},
    "two identifiers": {"subject": {"nik": "5317010101900001", "person_id": "a"}},
    "a NIK of fifteen digits": {"subject": {"nik": "531701010190000"}},
    "no ticket": {"ticket": ""},
    "a ticket that is a NIK": {"ticket": "5317010101900001"},
    "a mode that is none": {"mode": "semua"},
}


@pytest.mark.parametrize("case", QUESTIONS)
def test_a_question_is_refused_with(served: Served, caller: Caller, case: str) -> None:
    token = caller.token(operation="subject", area=None, fields=ABOUT_ONE)
    answer = caller.call("POST", f"{caller.base}/queries", question(**QUESTIONS[case]), token=token)
    refused(served, answer, "request-malformed", 400)
    assert b"53170101019000" not in answer.body
