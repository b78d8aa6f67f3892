"""Releases at a node: requests on their way, the acts made of them, and what was published under each.

    releases/{id}.json         a request, until its act is in the chain
    releases/{id}.act.json     the act that this party made of it, for the other to sign
    releases/published/{act}.json   which snapshots went out under a release, the last one last

Requests bind nobody and may be lost. What is released says the chain alone (`agreement.release.gate`); the record of
what was published only says which snapshot to show while the gate says yes, and what readers have read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tenun.agreement.acts import act as acts
from tenun.agreement.acts.bodies import Letter, Notice, ReleaseScope
from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind, NoticeSubject
from tenun.agreement.acts.ledger import Entry
from tenun.agreement.acts.refusals import ActNotReported
from tenun.agreement.release import request as requests
from tenun.agreement.release.gate import Release, ReleaseGate, releases
from tenun.agreement.release.request import Request, RequestInvalid
from tenun.agreement.release.states import Action, Actor, ReleaseState, may
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.clock import SystemClock, rfc3339
from tenun.kernel.durable import write_durably
from tenun.kernel.errors import TenunError
from tenun.node.chain import agreement_now, chain_of, standing_of
from tenun.node.home import NodeHome

DATASET = "hasil-desa"
"""The agreement's name for the results."""
_UNSIGNED = {"number": "-", "dated": "2000-01-01", "office": "-"}


class ReleaseNotFound(TenunError):
    code = "release.not_found"
    text_id = "Tidak ada tepat satu permohonan atau rilis dengan sebutan itu di simpul ini."
    text_en = "This node does not have exactly one request or release of that name."
    remedy_id = "Lihat daftarnya dengan `tenun release list`."
    remedy_en = "See which there are with `tenun release list`."


class ReleaseNotInForce(TenunError):
    """The gate says no: not yet, not any more, or never."""

    code = "release.not_in_force"
    text_id = "Rilis ini berkeadaan {state}, jadi tidak ada yang boleh diterbitkan."
    text_en = "This release is in the state {state}, so nothing may be published under it."
    remedy_id = "Lihat keadaannya dengan `tenun release show`; rilis baru memerlukan surat kedua PIHAK."
    remedy_en = "See its state with `tenun release show`; a new release needs the letters of both parties."


@dataclass(frozen=True)
class Publication:
    """A snapshot that went out under a release. `scope` and `snapshot` name it in the lake."""

    scope: str
    snapshot: str
    at: datetime

    def as_dict(self) -> dict[str, str]:
        return {"scope": self.scope, "snapshot": self.snapshot, "at": rfc3339(self.at)}


@dataclass(frozen=True)
class Consented:
    request: Request
    act: Path | None
    """The act, where this was the second letter: signed by this party, for the other to sign."""


# --- requests ------------------------------------------------------------------------------------


def folder(home: NodeHome) -> Path:
    return home.folder / "releases"


def file_of(home: NodeHome, request: Request) -> Path:
    return folder(home) / f"{request.id}.json"


def act_file_of(home: NodeHome, request: Request) -> Path:
    return folder(home) / f"{request.id}.act.json"


def ask(home: NodeHome, value: Mapping[str, Any], *, dataset: str = DATASET) -> Request:
    """A new request of this node's party, kept. `value`: audience, scope, valid_from, valid_until, text.

    Raises `RequestInvalid`.
    """
    agreed = agreement_now(home).datasets.get(dataset)
    if agreed is None:
        raise RequestInvalid(where="/dataset", reason="the agreement has no such dataset")
    made = requests.asked(
        {
            "by": home.role.value,
            "made_at": rfc3339(SystemClock().now()),
            "dataset": dataset,
            "fields": sorted(agreed.fields),
            **value,
        }
    )
    return keep(home, made)


def keep(home: NodeHome, request: Request) -> Request:
    write_durably(file_of(home, request), request.content)
    return request


def take(home: NodeHome, content: bytes) -> Request:
    """A request from the other party, kept. Its letter is in it; this party's own stays as this party gave it.

    Raises `RequestInvalid`.
    """
    taken, own = requests.parsed(content), party_of(home)
    requests.asked({**json.loads(content), "letters": {}})
    known = next((one for one in drafts(home) if one.id == taken.id), None)
    letters = {party: letter for party, letter in taken.letters.items() if party is not own}
    if known is not None and own in known.letters:
        letters[own] = known.letters[own]
    return keep(home, taken.model_copy(update={"letters": letters}))


def drafts(home: NodeHome) -> list[Request]:
    """Requests that are no releases yet, oldest first."""
    made = all_releases(home)
    files = sorted(path for path in folder(home).glob("*.json") if not path.name.endswith(".act.json"))
    found = [requests.parsed(path.read_bytes()) for path in files]
    found = [one for one in found if not (one.is_complete and any(_is_of(one, release) for release in made))]
    return sorted(found, key=lambda one: (one.made_at, one.id))


def draft(home: NodeHome, id: str) -> Request:
    """Raises `ReleaseNotFound`."""
    found = next((one for one in drafts(home) if one.id == id), None)
    if found is None:
        raise ReleaseNotFound
    return found


def scope_of(request: Request) -> ReleaseScope:
    """What it asks for, as a scope: with its letters, or with none to speak of."""
    letters = {party.value: _UNSIGNED for party in Party}
    return requests.parsed_scope({**request.scope, "letters": letters})


def discard(home: NodeHome, request: Request) -> None:
    """Consent is withheld: the request is gone from this node. Raises `StepNotAllowed`."""
    request.require(Action.DISCARD, party=party_of(home))
    act_file_of(home, request).unlink(missing_ok=True)
    file_of(home, request).unlink(missing_ok=True)


# --- consent -------------------------------------------------------------------------------------


def party_of(home: NodeHome) -> Party:
    return Party(home.role.value)


def holds_key(home: NodeHome) -> bool:
    """Whether this node can sign acts. A party may keep that key elsewhere, and sign there."""
    return (home.folder / "keys" / f"{KeyUse.AGREEMENT}.jwk").exists()


def consent(home: NodeHome, request: Request, letter: Letter) -> Consented:
    """With this party's letter. The second letter makes the act, signed by this party alone as yet.

    Raises `StepNotAllowed`, `PreviewForbids`, and what signing raises.
    """
    party = party_of(home)
    agreed = request.consented(letter, party=party)
    proposed = None
    if agreed.is_complete:
        proposed = chain_of(home).propose(
            Kind.THIRD_PARTY_CONSENT,
            by=party,
            keys=home.folder / "keys",
            body=agreed.body(),
            reference={"number": letter.number, "dated": letter.dated.isoformat()},
        )
    keep(home, agreed)
    if proposed is None:
        return Consented(agreed, None)
    write_durably(act_file_of(home, agreed), proposed.content)
    return Consented(agreed, act_file_of(home, agreed))


Warn = Callable[[TenunError], None]
"""Told where an act counts, and the log could not be told of it yet."""


def countersign(home: NodeHome, request: Request, content: bytes, *, warn: Warn) -> Entry:
    """Sign the other party's act, when it is what this party's letter is for. Raises `ActDiffers`, what acts raise."""
    party = party_of(home)
    request.check_act(acts.parse(content).body, party=party)
    chain = chain_of(home)
    entry = _counted(
        chain,
        Kind.THIRD_PARTY_CONSENT,
        lambda: chain.countersign(content, by=party, keys=home.folder / "keys"),
        warn=warn,
    )
    # What it says stands in the chain now; a draft beside it could only say something else.
    file_of(home, request).unlink(missing_ok=True)
    return entry


@implements("7(2)", control="Either party alone ends a release, at once, and leaves the other the act that says so.")
def revoke(home: NodeHome, release: Release, *, reason: str, warn: Warn) -> Entry:
    """Raises `StepNotAllowed`, and what acts raise."""
    if not may(release.state, Action.REVOKE, by=Actor.SIGNER):
        raise requests.StepNotAllowed(action=Action.REVOKE.value, state=release.state.value)
    chain = chain_of(home)
    body = {"subject": NoticeSubject.OTHER.value, "text": reason, "withdraws": release.act}
    return _counted(
        chain,
        Kind.NOTICE,
        lambda: chain.act(Kind.NOTICE, by=party_of(home), keys=home.folder / "keys", body=body),
        warn=warn,
    )


def _counted(chain: Chain, kind: Kind, do: Callable[[], Entry], *, warn: Warn) -> Entry:
    """The act in the chain. Where the log could not be told it counts all the same, and is told later."""
    before = set(chain.ledger().entries)
    try:
        return do()
    except ActNotReported as problem:
        warn(problem)
        return next(one for one in reversed(chain.all()) if one.kind is kind and one.hash not in before)


# --- releases ------------------------------------------------------------------------------------


def all_releases(home: NodeHome) -> tuple[Release, ...]:
    now = SystemClock().now()
    return releases(chain_of(home).state(now), at=now)


def release(home: NodeHome, name: str) -> Release:
    """By the beginning of its act's hash. Raises `ReleaseNotFound`."""
    found = [one for one in all_releases(home) if name and one.act.startswith(name)]
    if len(found) != 1:
        raise ReleaseNotFound
    return found[0]


@implements("7(2)", control="Files and feeds ask the gate before each answer; after a revocation there is none.")
def require_in_force(home: NodeHome, one: Release) -> None:
    """Ask the gate for everything that the release is of. Raises `ReleaseNotInForce`."""
    now, gate = SystemClock().now(), ReleaseGate(standing_of(home))
    asked = ((indicator, area) for indicator in one.scope.indicators for area in one.scope.areas)
    is_open = one.state is ReleaseState.PUBLISHED and all(
        gate.is_released(indicator, area, one.audience, now) for indicator, area in asked
    )
    if not is_open:
        raise ReleaseNotInForce(state=one.state.value)


def publications(home: NodeHome, act: str) -> list[Publication]:
    """What went out under a release, oldest first."""
    try:
        kept = json.loads(_record(home, act).read_bytes())
    except FileNotFoundError:
        return []
    return [Publication(one["scope"], one["snapshot"], datetime.fromisoformat(one["at"])) for one in kept["published"]]


def note(home: NodeHome, act: str, one: Publication) -> None:
    """Note that a snapshot went out; once, however often it is published again."""
    kept = publications(home, act)
    if kept and (kept[-1].scope, kept[-1].snapshot) == (one.scope, one.snapshot):
        return
    content = {"act": act, "published": [each.as_dict() for each in (*kept, one)]}
    write_durably(_record(home, act), canonical_json.dumps(content))


def _record(home: NodeHome, act: str) -> Path:
    return folder(home) / "published" / f"{act}.json"


def _is_of(one: Request, made: Release) -> bool:
    asked = (one.audience, one.release_scope(), one.valid_from, one.valid_until)
    return asked == (made.audience, made.scope, made.valid_from, made.valid_until)


def withdrawal(home: NodeHome, act: str) -> Entry | None:
    """The notice that ended a release; the first, where both parties gave one."""
    return next(
        (
            one
            for one in chain_of(home).all()
            if isinstance(one.signed.body, Notice) and one.signed.body.withdraws == act
        ),
        None,
    )
