"""Two logs of one truth agree; whatever is altered in one of them is found, and nothing else is."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenun.agreement.vocabulary import Party
from tenun.exchange.reconcile import TOLERANCE, Comparison, Finding, FindingKind, Subject, Window, compare
from tenun.kernel.clock import JAKARTA, rfc3339

DAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 12, tzinfo=JAKARTA).astimezone(UTC)
LATER = NOON + timedelta(days=2)
Log = list[dict[str, Any]]
Logs = dict[Party, Log]


def sha(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


# --- a truth, and the two logs that tell it -----------------------------------------------------------------


def call(
    logs: Logs, number: int, *, by: Party = Party.NAKER, moment: datetime = NOON, outcome: str = "answered",
    skew: float = 0.5,
) -> str:  # fmt: skip
    """One call, told by both as `CallBook` tells it. `skew`: seconds by which the provider's clock is ahead."""
    name = sha("signature", number)
    about = {
        "call": name,
        "agreement": {"id": "urn:tenun:agreement:sid-siapkerja", "rev": sha("rev")},
        "operation": "bulk",
        "dataset": "sid-warga",
        "purpose": "pemadanan",
        "fields": ["nik", "person_id"],
        "area": "53.17",
        "request": {"kid": "k", "signature_sha256": name, "base_sha256": sha("base", number)},
    }
    response = {
        "status": 200,
        "signature_sha256": sha("answer", number),
        "content_sha256": sha("content", number),
        "rows": number,
        "bytes": 100 * number,
    }
    permit = {"id": sha("decision", number), "is_permit": True, "clauses": ["3(1)b"]}
    consumer, provider = logs[by], logs[by.other]
    there, here = moment + timedelta(seconds=skew), moment
    end = {"call": name, "agreement": about["agreement"]}

    def write(log: Log, kind: str, at: datetime, **members: Any) -> None:
        log.append(copy.deepcopy({"type": kind, "time": rfc3339(at), **members}))

    write(consumer, "call.asked", here, **about, decision=permit, worker="w")
    match outcome:
        case "answered":
            write(provider, "call.opened", there, **about, decision=permit, worker="w", subject="h")
            write(provider, "call.closed", there, **end, response=response)
            write(consumer, "call.answered", here, **end, response=response)
        case "refused":
            denial = {**permit, "is_permit": False, "reasons": ["agreement.frequency_exceeded"]}
            refusal = {"status": 403}
            write(provider, "call.refused", there, **about, decision=denial, code="x", response=refusal)
            came = {"status": 403, "signature_sha256": sha("refusal", number)}
            write(consumer, "call.answered", here, **end, response=came, code="x")
        case "unarrived":
            write(consumer, "call.answered", here, **end, code="exchange.unreachable")
        case "broken":
            sent, came = {**response, "bytes": 90, "is_whole": False}, {**response, "bytes": 60, "is_whole": False}
            write(provider, "call.opened", there, **about, decision=permit, worker="w")
            write(provider, "call.closed", there, **end, response=sent, code="exchange.shut_off")
            write(consumer, "call.answered", here, **end, response=came, code="client.cut_short")
        case "provider-crashed":
            write(provider, "call.opened", there, **about, decision=permit, worker="w")
            write(provider, "call.interrupted", there, call=name, opened=0, began="call.opened")
            write(consumer, "call.answered", here, **end, response={**response, "is_whole": False, "bytes": 5})
        case "consumer-crashed":
            write(provider, "call.opened", there, **about, decision=permit, worker="w")
            write(provider, "call.closed", there, **end, response=response)
            write(consumer, "call.interrupted", here, call=name, opened=0, began="call.asked")
        case "not-established":
            refusal = {"status": 401}
            write(provider, "call.refused", there, **about, code="x", response=refusal, unauthenticated=True)
            write(consumer, "call.answered", here, **end, response={"status": 401, "signature_sha256": sha("no")})
    return name


OUTCOMES = (
    "answered", "refused", "unarrived", "broken", "provider-crashed", "consumer-crashed", "not-established",
)  # fmt: skip


def delivery(logs: Logs, number: int, *, to: Party = Party.NAKER, moment: datetime = NOON, far: str = "receipt") -> str:
    """One pack, as far as it has come."""
    key = sha("manifest", number)
    pack = {
        "id": key[:32], "sequence": number, "manifest_sha256": key, "provider": str(to.other), "consumer": str(to),
        "dataset": "sid-warga", "purpose": "pemadanan", "fields": ["nik"], "rows": number, "parts": 1, "places": 1,
    }  # fmt: skip
    agreement = {"id": "urn:tenun:agreement:sid-siapkerja", "rev": sha("rev")}
    common = {"time": rfc3339(moment), "agreement": agreement, "pack": pack}
    at_provider, at_consumer = logs[to.other], logs[to]
    at_provider.append(copy.deepcopy({"type": "exchange.packed", **common, "file_sha256": sha("file", number)}))
    if far == "packed":
        return key
    at_consumer.append(copy.deepcopy({"type": "exchange.accepted", **common, "file_sha256": sha("file", number)}))
    if far == "accepted":
        return key
    at_consumer.append(copy.deepcopy({"type": "exchange.received", **common, "tables": {"persons": number}}))
    if far == "receipt":
        at_provider.append(copy.deepcopy({"type": "exchange.receipt_checked", **common}))
    return key


def event(logs: Logs, number: int, *, by: Party = Party.DESA, moment: datetime = NOON) -> str:
    told = {"id": sha("event", number)[:32], "type": "dataset.changed", "source": "http://127.0.0.1:8527"}
    logs[by].append({"type": "event.delivered", "time": rfc3339(moment), "event": dict(told)})
    logs[by.other].append({"type": "event.received", "time": rfc3339(moment), "event": dict(told)})
    return told["id"]


def reconciled(logs: Logs, *, seen_until: datetime = LATER, own: Party = Party.NAKER) -> Comparison:
    window = Window.of_day(DAY, seen_until=seen_until)
    return compare(own, enumerate(logs[own]), enumerate(logs[own.other]), window)


def some_logs() -> Logs:
    logs: Logs = {Party.DESA: [], Party.NAKER: []}
    for number, outcome in enumerate(OUTCOMES, start=1):
        call(logs, number, outcome=outcome, by=(Party.NAKER, Party.DESA)[number % 2])
    call(logs, 50)
    for number, far in enumerate(("packed", "received", "receipt"), start=1):
        delivery(logs, number, far=far)
    event(logs, 1)
    return logs


# --- nothing is found where nothing is wrong -------------------------------------------------------------------


@given(
    told=st.lists(
        st.tuples(st.sampled_from(OUTCOMES), st.sampled_from(Party), st.integers(-90_000, 90_000), st.floats(-60, 60)),
        max_size=12,
    ),
    packs=st.lists(st.tuples(st.sampled_from(("packed", "received", "receipt")), st.sampled_from(Party)), max_size=4),
    own=st.sampled_from(Party),
)
def test_two_logs_of_one_truth_agree_at_both_nodes(
    told: list[tuple[str, Party, int, float]], packs: list[tuple[str, Party]], own: Party
) -> None:
    logs: Logs = {Party.DESA: [], Party.NAKER: []}
    for number, (outcome, by, seconds, skew) in enumerate(told):
        call(logs, number, outcome=outcome, by=by, moment=NOON + timedelta(seconds=seconds), skew=skew)
    for number, (far, to) in enumerate(packs):
        delivery(logs, number, far=far, to=to)
    found = reconciled(logs, own=own)
    assert list(found.findings) == []
    assert found.counts.get("pending", 0) == 0


def test_what_is_no_fault_is_counted() -> None:
    found = reconciled(some_logs())
    assert found
    expected = {
        "calls": 8, "matched": 6, "unarrived": 1, "interrupted": 2, "refused_unknown": 1,
        "deliveries": 3, "deliveries_matched": 2, "under_way": 1, "receipts_awaited": 1, "events": 1,
    }  # fmt: skip
    assert {name: found.counts.get(name, 0) for name in expected} == expected


# --- whatever is altered is found --------------------------------------------------------------------------


def planted(alter: Callable[[Logs], tuple[Subject, FindingKind, str, Party | None]]) -> tuple[Comparison, Any]:
    logs = some_logs()
    wanted = alter(logs)
    return reconciled(logs), wanted


def entries_of(logs: Logs, party: Party, key: str) -> list[dict[str, Any]]:
    return [entry for entry in logs[party] if key in json.dumps(entry)]


def drop(logs: Logs, party: Party, key: str) -> None:
    logs[party] = [entry for entry in logs[party] if key not in json.dumps(entry)]


@pytest.mark.pasal("3(1)b")
@pytest.mark.parametrize("lacking", [Party.DESA, Party.NAKER])
@pytest.mark.parametrize("number", [2, 50])
def test_a_call_that_one_side_left_out_is_named(lacking: Party, number: int) -> None:
    logs = some_logs()
    drop(logs, lacking, sha("signature", number))
    (finding,) = reconciled(logs).findings
    assert (finding.kind, finding.subject, finding.key) == (
        FindingKind.MISSING, Subject.CALL, sha("signature", number)
    )  # fmt: skip
    assert finding.lacking is lacking
    (index,) = finding.indices.values()
    assert logs[lacking.other][index]["call"] == finding.key


def test_an_extra_call_is_one_that_the_other_side_lacks() -> None:
    logs = some_logs()
    extra: Logs = {Party.DESA: [], Party.NAKER: []}
    name = call(extra, 77)
    logs[Party.DESA] += extra[Party.DESA]
    (finding,) = reconciled(logs).findings
    assert (finding.kind, finding.key, finding.lacking) == (FindingKind.MISSING, name, Party.NAKER)


MEMBERS = (
    "operation", "dataset", "purpose", "fields", "area", "agreement.rev", "request.kid", "request.base_sha256",
    "response.status", "response.signature_sha256", "response.content_sha256", "response.rows", "response.bytes",
)  # fmt: skip


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("liar", [Party.DESA, Party.NAKER])
def test_a_member_that_one_side_tells_otherwise_is_named(member: str, liar: Party) -> None:
    logs = some_logs()
    top, _, inner = member.partition(".")
    for entry in entries_of(logs, liar, sha("signature", 50)):
        if inner and inner in entry.get(top, {}):
            entry[top][inner] = 999 if isinstance(entry[top][inner], int) else "other"
        elif not inner and top in entry:
            entry[top] = ["other"] if isinstance(entry[top], list) else "other"
    (finding,) = reconciled(logs).findings
    assert (finding.kind, finding.key) == (FindingKind.DIFFERS, sha("signature", 50))
    assert list(finding.members) == [member]
    assert set(finding.members[member]) == {"desa", "naker"}
    assert finding.members[member][str(liar)] in (999, "other", ["other"])


def test_a_refusal_that_the_consumer_tells_as_an_answer_is_named() -> None:
    logs = some_logs()
    name = sha("signature", 2)
    answered = entries_of(logs, Party.NAKER, name)[-1]
    answered["response"]["status"] = 200
    (finding,) = reconciled(logs).findings
    assert finding.members["response.status"] == {"desa": 403, "naker": 200}


def test_more_bytes_than_were_sent_are_named_also_in_a_broken_answer() -> None:
    logs = some_logs()
    entries_of(logs, Party.NAKER, sha("signature", 4))[-1]["response"]["bytes"] = 91
    (finding,) = reconciled(logs).findings
    assert finding.members == {"response.bytes": {"desa": 90, "naker": 91}}


@pytest.mark.parametrize("party", [Party.DESA, Party.NAKER])
def test_a_call_that_was_never_closed_is_named_after_some_hours(party: Party) -> None:
    logs = some_logs()
    last = entries_of(logs, party, sha("signature", 50))[-1]
    logs[party].remove(last)
    (finding,) = reconciled(logs).findings
    assert (finding.kind, finding.lacking) == (FindingKind.NEVER_CLOSED, party)
    early = reconciled(logs, seen_until=NOON + timedelta(hours=1))
    assert early
    assert early.counts["open"] == 1


def test_one_request_answered_twice_is_named() -> None:
    logs = some_logs()
    logs[Party.DESA] += copy.deepcopy(entries_of(logs, Party.DESA, sha("signature", 50)))
    (finding,) = reconciled(logs).findings
    assert (finding.kind, finding.lacking) == (FindingKind.TWICE, Party.DESA)


def test_a_repetition_that_was_refused_is_the_protection_at_work() -> None:
    logs = some_logs()
    again = copy.deepcopy(entries_of(logs, Party.DESA, sha("signature", 50))[0])
    logs[Party.DESA].append({**again, "type": "call.refused", "code": "exchange.replayed", "response": {"status": 409}})
    assert reconciled(logs)


def test_data_that_went_out_despite_the_providers_own_no_is_named() -> None:
    logs = some_logs()
    entries_of(logs, Party.DESA, sha("signature", 50))[0]["decision"]["is_permit"] = False
    (finding,) = reconciled(logs).findings
    assert finding.kind is FindingKind.DESPITE_DENIAL


@pytest.mark.parametrize(
    ("party", "kind", "far"),
    [(Party.DESA, "exchange.packed", Party.DESA), (Party.NAKER, "exchange.accepted", Party.NAKER)],
)
def test_a_delivery_that_one_side_left_out_is_named(party: Party, kind: str, far: Party) -> None:
    logs = some_logs()
    key = sha("manifest", 3)
    logs[party] = [entry for entry in logs[party] if entry["type"] != kind or entry["pack"]["manifest_sha256"] != key]
    (finding,) = reconciled(logs).findings
    assert (finding.kind, finding.subject, finding.key, finding.lacking) == (
        FindingKind.MISSING, Subject.DELIVERY, key, far
    )  # fmt: skip


@pytest.mark.parametrize("member", ["rows", "sequence", "fields", "purpose", "places"])
def test_a_delivery_told_otherwise_is_named(member: str) -> None:
    logs = some_logs()
    (entry,) = [one for one in entries_of(logs, Party.NAKER, sha("manifest", 3)) if one["type"] == "exchange.accepted"]
    entry["pack"][member] = 999
    (finding,) = reconciled(logs).findings
    assert list(finding.members) == [f"pack.{member}"]


def test_a_delivery_taken_in_by_half_is_named() -> None:
    logs = some_logs()
    key = delivery(logs, 9, far="accepted")
    (finding,) = reconciled(logs).findings
    assert (finding.kind, finding.subject, finding.key) == (FindingKind.NEVER_CLOSED, Subject.DELIVERY, key)


def test_an_event_that_the_receiver_left_out_is_named() -> None:
    logs = some_logs()
    drop(logs, Party.NAKER, sha("event", 1)[:32])
    (finding,) = reconciled(logs).findings
    assert (finding.kind, finding.subject, finding.lacking) == (FindingKind.MISSING, Subject.EVENT, Party.NAKER)


@given(data=st.data(), own=st.sampled_from(Party))
def test_any_one_entry_taken_out_is_found_or_was_an_end_that_nobody_waits_for(data: st.DataObject, own: Party) -> None:
    """Every entry of a settled log matters: without it, there is a finding or another count."""
    logs = some_logs()
    before = reconciled(logs, own=own)
    party = data.draw(st.sampled_from(Party))
    at = data.draw(st.integers(0, len(logs[party]) - 1))
    removed = logs[party].pop(at)
    after = reconciled(logs, own=own)
    assert after.findings or after.counts != before.counts, removed


@pytest.mark.pasal("13")
@pytest.mark.parametrize("lacking", list(Party))
def test_an_act_that_one_log_lacks_or_tells_otherwise_is_named(lacking: Party) -> None:
    logs = some_logs()
    for party in Party:
        taken = {"sha256": sha("act"), "kind": "shut-off", "by": "desa", "signers": ["k"]}
        logs[party].append({"type": "agreement.act_taken", "time": rfc3339(NOON), "act": taken})
    assert reconciled(logs)
    assert reconciled(logs).counts["acts"] == 1
    taken = logs[lacking][-1]["act"]
    taken["kind"] = "notice"
    (finding,) = reconciled(logs).findings
    assert (finding.kind, finding.subject, list(finding.members)) == (FindingKind.DIFFERS, Subject.ACT, ["kind"])
    logs[lacking].pop()
    (finding,) = reconciled(logs).findings
    assert (finding.kind, finding.subject, finding.key, finding.lacking) == (
        FindingKind.MISSING, Subject.ACT, sha("act"), lacking,
    )  # fmt: skip


@pytest.mark.parametrize("step", ["witness", "checkpoint", "tile"])
def test_calls_about_the_logs_themselves_are_nobodys_finding(step: str) -> None:
    logs = some_logs()
    call(logs, 60)
    for entry in entries_of(logs, Party.NAKER, sha("signature", 60)):
        if "operation" in entry:
            entry["operation"] = step
    drop(logs, Party.DESA, sha("signature", 60))
    assert reconciled(logs)


# --- edges -----------------------------------------------------------------------------------------------


def findings_of(day: date, logs: Logs) -> list[Finding]:
    window = Window.of_day(day, seen_until=LATER)
    return list(compare(Party.NAKER, enumerate(logs[Party.NAKER]), enumerate(logs[Party.DESA]), window).findings)


@pytest.mark.parametrize("skew", [-120.0, -1.0, 1.0, 120.0])
@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_call_across_midnight_belongs_to_one_day_and_is_whole(skew: float, seconds: int) -> None:
    midnight = datetime(2026, 11, 24, tzinfo=JAKARTA).astimezone(UTC)
    logs: Logs = {Party.DESA: [], Party.NAKER: []}
    call(logs, 1, moment=midnight + timedelta(seconds=seconds), skew=skew)
    days = [DAY - timedelta(days=1), DAY]
    counted = [
        compare(
            Party.NAKER, enumerate(logs[Party.NAKER]), enumerate(logs[Party.DESA]), Window.of_day(day, seen_until=LATER)
        ).counts.get("calls", 0)
        for day in days
    ]
    assert sorted(counted) == [0, 1]
    assert [findings_of(day, logs) for day in days] == [[], []]


@pytest.mark.parametrize("late", [timedelta(seconds=-1), timedelta(0)])
def test_what_happened_just_before_the_peers_log_was_read_is_waited_for(late: timedelta) -> None:
    logs: Logs = {Party.DESA: [], Party.NAKER: []}
    call(logs, 1)
    logs[Party.DESA].clear()
    found = reconciled(logs, seen_until=NOON + TOLERANCE + late)
    assert bool(found) == (late < timedelta(0))
    assert found.counts.get("pending", 0) == (1 if found else 0)


STRANGE = st.one_of(st.none(), st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=2), st.booleans())


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "type": st.sampled_from(
                    [
                        "call.asked",
                        "call.opened",
                        "call.closed",
                        "call.refused",
                        "call.answered",
                        "call.interrupted",
                        "exchange.packed",
                        "exchange.accepted",
                        "exchange.received",
                        "event.received",
                        "event.delivered",
                        "calls.turned_away",
                    ]
                )
                | STRANGE,
                "time": st.just("2026-11-24T05:00:00Z") | st.just("2026-11-24T05:00:00") | STRANGE,
            },
            optional={
                "call": st.just("c" * 64) | STRANGE,
                "pack": st.fixed_dictionaries({"manifest_sha256": STRANGE}) | STRANGE,
                "event": st.fixed_dictionaries({"id": STRANGE}) | STRANGE,
                "response": st.dictionaries(st.sampled_from(["status", "bytes", "is_whole"]), STRANGE) | STRANGE,
                "request": STRANGE,
                "decision": st.fixed_dictionaries({"is_permit": STRANGE}) | STRANGE,
                "since": STRANGE,
                "until": STRANGE,
                "began": STRANGE,
            },
        ),
        max_size=8,
    )
)
def test_whatever_the_other_log_holds_is_compared_or_counted(strange: list[dict[str, Any]]) -> None:
    logs = some_logs()
    logs[Party.DESA] = strange + logs[Party.DESA]
    found = reconciled(logs)
    assert found.counts["unreadable_own"] == 0
    assert json.dumps([one.as_dict() for one in found.findings])
