"""What is beside data: public documents, events, acts, log, witness; load, strangers, lines in the node's own log."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import http_sf
import pytest

from tenun.agreement.vocabulary import Party
from tenun.api import versions
from tenun.api.versions import Version
from tenun.exchange import events, witnessing
from tenun.exchange.events import EventType
from tenun.exchange.station import pinned_log_keys
from tenun.exchange.wire import metadata
from tenun.exchange.wire.messages import Request
from tenun.transparency_log import checkpoint
from tenun.transparency_log.log import Log
from tests.integration.api.conftest import Served
from tests.lib.api_calls import Caller, entries_of, exchange, log_of

pytestmark = pytest.mark.xdist_group("api")


def get(caller: Caller, path: str) -> object:
    return caller.send(Request("GET", caller.issuer + path), is_signed=False)


def test_anyone_may_read_where_things_are_and_the_answers_are_signed(caller: Caller) -> None:
    assert get(caller, metadata.OAUTH_PATH).json()["issuer"] == caller.issuer
    node = get(caller, metadata.NODE_PATH).json()
    assert node["party"] == "desa"
    assert node["agreements"][0]["endpoint"] == caller.issuer + caller.base
    assert get(caller, "/v1/openapi.json").json()["openapi"].startswith("3.1")


def test_health_is_unsigned_and_says_one_word(caller: Caller) -> None:
    status, headers, body = exchange(caller.address, Request("GET", f"{caller.issuer}/health"))
    assert (status, json.loads(body)) == (200, {"status": "up"})
    assert "signature" not in headers


def test_the_catalogue_is_what_the_caller_may_ask_for(caller: Caller) -> None:
    answer = caller.call("GET", "/v1/catalog")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/ld+json")
    assert "sid-warga" in answer.body.decode()
    assert "siapkerja-pencari-kerja" not in answer.body.decode()


def test_a_question_about_one_person_is_answered_and_the_log_knows_nobody(served: Served, caller: Caller) -> None:
    from tests.lib.two_nodes import person

    # A place whose numbers no other place of these nodes has.
    people = (person("53.17.02.2001", number) for number in range(40))
    someone = next(one for one in people if one["nik"] and one["age_years"] >= 15 and one["life_status"] == "alive")
    fields = ["person_id", "full_name", "birth_date"]
    token = caller.token(operation="subject", area=None, fields=fields)
    body = {
        "dataset": "sid-warga",
        "purpose": "pemadanan",
        "fields": fields,
        "subject": {"nik": someone["nik"]},
        "mode": "value",
        "ticket": "TIKET/2026/7",
    }
    answer = caller.call("POST", f"{caller.base}/queries", body, token=token)
    assert answer.status == 200, answer.body
    assert answer.json()["row"]["full_name"] == someone["full_name"]
    absent = caller.call(
        "POST",
        f"{caller.base}/queries",
        {**body, "mode": "exists", "subject": {"nik": "5317011203900009"}},
        token=token,
    )
    assert absent.json()["answer"] == "no"
    opened, closed = entries_of(served.log, answer.call or "")
    assert (opened["type"], closed["type"]) == ("call.opened", "call.closed")
    assert len(opened["subject"]) == 64
    assert closed["response"]["rows"] == 1
    told = json.dumps([opened, closed]) + served.api.log.read_text()
    assert someone["nik"] not in told
    assert someone["full_name"] not in told


def test_an_event_has_its_effect_once_however_often_it_comes(served: Served, caller: Caller) -> None:
    agreement = served.nodes.agreement.id
    data = {"agreement": agreement, "dataset": "hasil-desa", "cursor": "2026-11-24T03:00:00.000000Z"}
    event = events.compose(
        EventType.DATASET_CHANGED, source=served.nodes.issuer(Party.NAKER), data=data, now=datetime.now(UTC)
    )
    first, second = (caller.call("POST", "/v1/events", event, content_type=events.CONTENT_TYPE) for _ in range(2))
    assert (first.status, first.json()["is_first"]) == (202, True)
    assert (second.status, second.json()["is_first"]) == (202, False)
    assert events.changes(served.nodes.desa)["hasil-desa"] == data["cursor"]
    other = caller.call(
        "POST", "/v1/events", event.replace(b"dataset.changed", b"dataset.erased"), content_type=events.CONTENT_TYPE
    )
    assert (other.status, other.problem) == (422, "event-refused")


def test_acts_that_are_none_are_refused_and_the_chain_is_given(caller: Caller) -> None:
    refused = caller.call("POST", f"{caller.base}/acts", b'{"apa":1}')
    assert (refused.status, refused.problem) == (409, "act-refused")
    chain = caller.call("GET", f"{caller.base}/acts").json()
    assert chain["acts"] == []
    state = caller.call("GET", f"{caller.base}/acts/state?at=2025-01-01T00:00:00Z").json()
    assert state["in_force"] is False
    assert caller.call("GET", f"{caller.base}/acts/state").json()["in_force"] is True
    assert caller.call("GET", f"{caller.base}/acts/state?at=kemarin").problem == "request-malformed"
    assert caller.call("GET", f"{caller.base}/acts/revisions/{'0' * 64}").problem == "not-found"


def test_a_receipt_that_is_none_is_refused(caller: Caller) -> None:
    answer = caller.call("POST", f"{caller.base}/receipts", b"a.b.c", content_type="application/jose")
    assert answer.status in (400, 401), answer.body


def test_the_log_is_served_and_reading_it_does_not_make_it_grow(served: Served, caller: Caller) -> None:
    caller.call("GET", f"{caller.base}/acts")
    before = caller.call("GET", "/v1/log/checkpoint")
    state = checkpoint.verify(before.body, verifiers=pinned_log_keys(served.nodes.agreement, Party.DESA))
    bundle = caller.call("GET", f"/v1/log/tile/entries/000.p/{state.size % 256}" if state.size < 256
                         else "/v1/log/tile/entries/000")  # fmt: skip
    assert bundle.status == 200
    assert b"call.opened" in bundle.body
    assert caller.call("GET", "/v1/log/checkpoint").body == before.body
    for path in ("../keys/message.jwk", "..%2f..%2fkeys%2fmessage.jwk", "9/999", "entries/abc"):
        assert caller.call("GET", f"/v1/log/tile/{path}").status == 404


def test_we_cosign_the_other_partys_log(served: Served, caller: Caller) -> None:
    naker = served.nodes.naker
    log = Log(naker.log, naker.log_signer())
    log.append(b'{"time":"2026-11-24T03:00:00Z","type":"test"}')

    def post(_path: str, body: bytes) -> tuple[int, bytes]:
        request = Request("POST", f"{caller.issuer}/v1/witness/add-checkpoint", {"content-type": "text/plain"}, body)
        answer = caller.send(request, is_signed=False)
        return answer.status, answer.body

    status = witnessing.keep_witnessed(naker, served.nodes.agreement, post)
    assert (status.unwitnessed, status.problem) == (0, None)
    assert post("", b"nothing of the kind")[0] == 400


# --- load and strangers ------------------------------------------------------------------------------------


def test_every_answer_says_how_many_calls_are_taken_on(caller: Caller) -> None:
    answer = get(caller, metadata.NODE_PATH)
    (policy,) = http_sf.parse(answer.headers["ratelimit-policy"].encode(), tltype="list")
    (left,) = http_sf.parse(answer.headers["ratelimit"].encode(), tltype="list")
    assert policy[1]["qu"] == "concurrent-requests"
    assert 0 <= left[1]["r"] <= policy[1]["q"]


def test_strangers_do_not_fill_the_log(served: Served, caller: Caller) -> None:
    """Sixty at once: a dozen are listed, the rest counted in one entry."""
    before = len(log_of(served.log))
    url = f"{caller.issuer}{caller.base}/acts"

    def knock(_: int) -> int:
        return exchange(caller.address, Request("GET", url))[0]

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(knock, range(60))) == {401}
    assert len(log_of(served.log)) - before < 25
    deadline = time.monotonic() + 20
    while not (counted := [e for e in log_of(served.log)[before:] if e["type"] == "calls.turned_away"]):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert counted[0]["counts"]["exchange.http_signature_missing"] >= 40


def test_many_calls_at_once_are_all_answered_and_each_is_in_the_log(served: Served, caller: Caller) -> None:
    requests = [caller.request("GET", f"{caller.base}/acts/state") for _ in range(80)]
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(caller.send, requests))
    statuses = [answer.status for answer in answers]
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 16
    assert all("retry-after" in answer.headers for answer in answers if answer.status == 503)
    noted = {entry.get("call") for entry in log_of(served.log) if entry["type"] == "call.closed"}
    assert {answer.call for answer in answers if answer.status == 200} <= noted


def test_a_version_that_goes_says_since_when_and_until_when() -> None:
    old = Version(
        "1",
        deprecated=datetime(2027, 1, 1, tzinfo=UTC),
        sunset=datetime(2028, 1, 1, tzinfo=UTC),
        successor="https://simpul.example.go.id/v2",
    )
    assert old.headers() == {
        "Deprecation": "@1798761600",
        "Sunset": "Sat, 01 Jan 2028 00:00:00 GMT",
        "Link": '<https://simpul.example.go.id/v2>; rel="deprecation"; type="text/html"',
    }
    assert versions.SERVED["1"].headers() == {}


def test_the_node_writes_one_line_a_request_without_path_query_or_id(served: Served, caller: Caller) -> None:
    call = caller.call("GET", f"{caller.base}/acts/state?at=2026-01-01T00:00:00Z")
    lines = [json.loads(line) for line in served.api.log.read_text().splitlines() if line.startswith("{")]
    line = next(line for line in reversed(lines) if line.get("route") == "state")
    assert {"method", "route", "status", "duration_ms", "request"} <= line.keys()
    text = json.dumps(lines)
    assert "2026-01-01" not in text
    assert (call.call or "?") not in text
    assert "/v1/" not in text
