"""Acts whose second signature is forged, sent to a node as it runs: refused, and the chain stays as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tenun.agreement import party_jwk, party_keys
from tenun.agreement.acts import act as acts
from tenun.agreement.acts.act import SignedAct
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.vocabulary import KeyUse, Party
from tests.integration.api.conftest import Served
from tests.lib.agreement_acts import BODIES, REFERENCES
from tests.lib.api_calls import Caller, entries_of

pytestmark = pytest.mark.xdist_group("api")
# Valid whenever these tests run within the term.
CONSENT = {**BODIES[Kind.THIRD_PARTY_CONSENT], "valid_from": "2025-07-23", "valid_until": "2028-07-22"}


def drawn(
    served: Served, kind: Kind, body: dict[str, Any], *, by: Party = Party.NAKER, reference: Any = None
) -> SignedAct:
    """An act that *naker* has signed; as its own, or in the name of the other."""
    agreement = served.nodes.agreement
    now = datetime.now(UTC)
    made = acts.compose(
        kind,
        agreement=agreement.id,
        rev=agreement.rev,
        by=by,
        previous=[agreement.rev],
        made_at=now,
        body=body,
        reference=reference,
    )
    return acts.sign(made, party_keys.private(served.nodes.naker.keys, KeyUse.AGREEMENT), at=now)


def with_second(signed: SignedAct, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """The act with a second signature made of the first."""
    value = json.loads(signed.content)
    second = dict(value["signatures"][0])
    change(second)
    value["signatures"].append(second)
    return json.dumps(value, separators=(",", ":")).encode()


def other_bytes(second: dict[str, Any]) -> None:
    second["signature"] = "A" * len(second["signature"])


def the_same_again(second: dict[str, Any]) -> None:
    """One signature twice is not two."""


def by_a_stranger(served: Served, signed: SignedAct) -> bytes:
    return acts.sign(signed, party_jwk.generate(), at=datetime.now(UTC)).content


def by_our_message_key(served: Served, signed: SignedAct) -> bytes:
    """A key of the caller's that the agreement pins for something else."""
    return acts.sign(signed, party_keys.private(served.nodes.naker.keys, KeyUse.MESSAGE), at=datetime.now(UTC)).content


BROKEN, SURPLUS, MISSING = (f"agreement.act.{name}" for name in ("signature_broken", "signature_surplus", "not_signed"))
# How the second signature is made, and under which code the node has the refusal in its log.
FORGED: dict[str, tuple[Callable[[Served, SignedAct], bytes], str]] = {
    "left out": (lambda _, signed: signed.content, MISSING),
    "other bytes": (lambda _, signed: with_second(signed, other_bytes), BROKEN),
    "the first once more": (lambda _, signed: with_second(signed, the_same_again), BROKEN),
    "by a stranger's key": (by_a_stranger, BROKEN),
    "by a key for messages": (by_our_message_key, SURPLUS),
}


def refused(served: Served, caller: Caller, content: bytes) -> str:
    """The code under which the node has it in its log."""
    before = caller.call("GET", f"{caller.base}/acts").json()
    answer = caller.call("POST", f"{caller.base}/acts", content)
    assert (answer.status, answer.problem) == (409, "act-refused"), answer.body
    assert caller.call("GET", f"{caller.base}/acts").json() == before
    (entry,) = entries_of(served.log, answer.call or "")
    assert entry["type"] == "call.refused"
    return str(entry["code"])


@pytest.mark.pasal("7(2)", "13")
@pytest.mark.parametrize("second", FORGED)
def test_an_act_of_both_is_refused_whose_second_signature_is(served: Served, caller: Caller, second: str) -> None:
    forge, code = FORGED[second]
    signed = drawn(served, Kind.THIRD_PARTY_CONSENT, CONSENT, reference=REFERENCES[Kind.THIRD_PARTY_CONSENT])
    assert refused(served, caller, forge(served, signed)) == code


@pytest.mark.pasal("7(4)")
def test_nobody_shuts_off_in_the_name_of_the_other(served: Served, caller: Caller) -> None:
    signed = drawn(served, Kind.SHUT_OFF, BODIES[Kind.SHUT_OFF], by=Party.DESA)
    assert refused(served, caller, signed.content) == "agreement.act.signature_surplus"
    assert caller.call("GET", f"{caller.base}/acts/state").json()["in_force"] is True
    assert caller.ask_token(caller.grant()).status == 200
