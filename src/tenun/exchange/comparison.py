"""Two logs side by side: every call, delivery, event and act that one lacks, or that the two tell differently.

Each node logs its own view of what passed between them. Both views of a call share the digest of its
request's signature, both views of a delivery the digest of its manifest, both views of an event its id, both
views of an act its digest. So neither party can leave something out, or tell it otherwise, without the other's
log showing it; and neither has to be believed, because each log is append-only and witnessed.

Some of what one side has and the other has not is no fault: a request that never arrived, a file that is
still on its way, the last minutes before the peer's log was read. These are counted, and named apart.

Pure: two lists of entries in, findings out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from tenun.agreement.vocabulary import Party
from tenun.exchange import calls, events, journal, outbox
from tenun.exchange.wire.refusals import MessageReplayed
from tenun.kernel.clause import implements
from tenun.kernel.clock import JAKARTA, rfc3339

EXPORTED = "exchange.exported"
ACT_TAKEN = "agreement.act_taken"
TOLERANCE = timedelta(minutes=10)
"""How far the two may lie apart in time: clocks, a request's lifetime, the delay of a mirror."""
UNLOGGED = frozenset({"witness", "checkpoint", "tile"})
"""Calls about the logs themselves: the provider writes none of them down, or each would beget the next."""
_MARGIN = timedelta(days=1)
OPEN_FOR_MAX = timedelta(hours=6)
"""A call that was begun longer ago and never ended is a finding: recovery closes it, so nobody recovered."""


class FindingKind(StrEnum):
    MISSING = "missing"
    """One log has it, the other has not."""
    DIFFERS = "differs"
    """Both have it, and do not say the same."""
    NEVER_CLOSED = "never-closed"
    """Begun, and neither ended nor recovered."""
    TWICE = "twice"
    """One request was answered two times."""
    DESPITE_DENIAL = "despite-denial"
    """Data went out although the provider's own decision was no."""


class Subject(StrEnum):
    CALL = "call"
    DELIVERY = "delivery"
    EVENT = "event"
    ACT = "act"


@dataclass(frozen=True)
class Finding:
    """One thing about which the two logs do not agree."""

    kind: FindingKind
    subject: Subject
    key: str
    """Digest of the request's signature, of the manifest, or the event's id."""
    lacking: Party | None = None
    """Whose log lacks it, or whose side was never closed."""
    members: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """For each member that differs: what the provider's (or sender's) log and the consumer's (or receiver's) say."""
    indices: Mapping[str, int] = field(default_factory=dict)
    """By party: the entry in its log."""
    time: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": str(self.kind),
            "subject": str(self.subject),
            "key": self.key,
            "lacking": str(self.lacking) if self.lacking else None,
            "members": {name: dict(said) for name, said in self.members.items()},
            "indices": dict(self.indices),
            "time": self.time,
            "about": dict(self.about),
        }

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Finding:
        """As `as_dict` wrote it into a report."""
        return cls(
            FindingKind(said["kind"]),
            Subject(said["subject"]),
            said["key"],
            Party(said["lacking"]) if said["lacking"] else None,
            said["members"],
            said["indices"],
            said["time"],
            said["about"],
        )

    def sentence(self, language: str) -> str:
        """For a person: what, which, where."""
        words = _WORDS[self.kind][0 if language == "id" else 1]
        what = _SUBJECTS[self.subject][0 if language == "id" else 1]
        where = ", ".join(f"{party} #{index}" for party, index in sorted(self.indices.items()))
        return words.format(
            what=what, key=self.key[:16], where=where, party=self.lacking or "?", members=", ".join(self.members)
        )


_SUBJECTS: Mapping[Subject, tuple[str, str]] = {
    Subject.CALL: ("panggilan", "call"),
    Subject.DELIVERY: ("penyerahan", "delivery"),
    Subject.EVENT: ("kejadian", "event"),
    Subject.ACT: ("tindakan", "act"),
}
_WORDS: Mapping[FindingKind, tuple[str, str]] = {
    FindingKind.MISSING: (
        "{what} {key} ({where}) tidak ada pada log {party}",
        "the {what} {key} ({where}) is not in the log of {party}",
    ),
    FindingKind.DIFFERS: (
        "{what} {key} ({where}) dicatat berbeda: {members}",
        "the {what} {key} ({where}) is told differently: {members}",
    ),
    FindingKind.NEVER_CLOSED: (
        "{what} {key} ({where}) tidak pernah ditutup oleh {party}",
        "the {what} {key} ({where}) was never closed by {party}",
    ),
    FindingKind.TWICE: (
        "{what} {key} ({where}) dicatat dua kali oleh {party}",
        "the {what} {key} ({where}) is in the log of {party} twice",
    ),
    FindingKind.DESPITE_DENIAL: (
        "{what} {key} ({where}) dijawab dengan data walaupun ditolak",
        "the {what} {key} ({where}) was answered with data although it was denied",
    ),
}


# --- the two logs, read ----------------------------------------------------------------------------------

Entries = Iterable[tuple[int, Mapping[str, Any]]]
"""Index and entry, oldest first."""


@dataclass
class _Side:
    """What one log says of one call: as provider or as consumer."""

    party: Party
    index: int
    moment: datetime
    begun: Mapping[str, Any]
    ended: Mapping[str, Any] | None = None
    ended_at: datetime | None = None
    is_twice: bool = False
    is_kept_back: bool = False
    """Written down whole, and then refused after all: the gate closed before it left."""

    @property
    def is_interrupted(self) -> bool:
        return self.ended is not None and self.ended.get("type") == calls.INTERRUPTED

    @property
    def response(self) -> Mapping[str, Any]:
        """Of the end; of the refusal, which is beginning and end in one."""
        said = (self.ended or {}).get("response") or self.begun.get("response")
        return said if isinstance(said, Mapping) else {}


@dataclass
class _View:
    """One log, as far as a reconciliation looks at it."""

    party: Party
    window: Window
    provider: dict[str, _Side] = field(default_factory=dict)
    consumer: dict[str, _Side] = field(default_factory=dict)
    sent: dict[str, tuple[int, datetime, Mapping[str, Any]]] = field(default_factory=dict)
    accepted: dict[str, tuple[int, datetime, Mapping[str, Any]]] = field(default_factory=dict)
    received: set[str] = field(default_factory=set)
    receipts: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    told: dict[str, tuple[int, datetime, Mapping[str, Any]]] = field(default_factory=dict)
    heard: dict[str, tuple[int, datetime, Mapping[str, Any]]] = field(default_factory=dict)
    acts: dict[str, tuple[int, datetime, Mapping[str, Any]]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    """Calls refused because who asked was not established; the name is what the request claimed."""
    turned_away: list[tuple[datetime, datetime]] = field(default_factory=list)
    """When such refusals came too fast to be listed one by one."""
    unreadable: int = 0

    def read(self, entries: Entries) -> _View:
        for index, entry in entries:
            try:
                self._take(index, entry)
            except (AttributeError, KeyError, TypeError, ValueError):
                # The other party's log may hold anything. What cannot be understood answers nothing and is counted.
                self.unreadable += 1
        return self

    def _take(self, index: int, entry: Mapping[str, Any]) -> None:
        kind = entry.get("type")
        if not isinstance(kind, str):
            self.unreadable += 1
            return
        if kind in (calls.OPENED, calls.ASKED, calls.REFUSED):
            self._begin(kind, index, entry)
        elif kind in (calls.CLOSED, calls.ANSWERED, calls.INTERRUPTED):
            self._end(kind, entry)
        elif kind == ACT_TAKEN:
            self.acts.setdefault(_key(entry["act"]["sha256"]), (index, _moment(entry), entry["act"]))
        elif kind == calls.TURNED_AWAY:
            self.turned_away.append((datetime.fromisoformat(entry["since"]), datetime.fromisoformat(entry["until"])))
        elif kind in (journal.PACKED, EXPORTED):
            self.sent.setdefault(_key(entry["pack"]["manifest_sha256"]), (index, _moment(entry), entry))
        elif kind == journal.ACCEPTED:
            self.accepted.setdefault(_key(entry["pack"]["manifest_sha256"]), (index, _moment(entry), entry))
        elif kind == journal.RECEIVED:
            self.received.add(_key(entry["pack"]["manifest_sha256"]))
        elif kind == journal.RECEIPT_CHECKED:
            self.receipts.setdefault(_key(entry["pack"]["manifest_sha256"]), (index, _moment(entry)))
        elif kind == outbox.DELIVERED:
            self.told.setdefault(_key(entry["event"]["id"]), (index, _moment(entry), entry["event"]))
        elif kind == events.RECEIVED:
            self.heard.setdefault(_key(entry["event"]["id"]), (index, _moment(entry), entry["event"]))

    def _begin(self, kind: str, index: int, entry: Mapping[str, Any]) -> None:
        if entry.get("operation") in UNLOGGED:
            return
        if not self.window.is_near(_moment(entry)):
            return  # a log of years must not be held in memory for the sake of a day
        if entry.get("unauthenticated"):
            self.unknown.add(_key(entry["call"]))  # nobody's call, unless the other log claims it
            return
        sides = self.consumer if kind == calls.ASKED else self.provider
        known = sides.get(_key(entry["call"]))
        if known is not None:
            # A repetition that was refused is the replay protection at work; two answers are not.
            known.is_twice = known.is_twice or kind != calls.REFUSED
            is_repetition = entry.get("code") == MessageReplayed.code
            known.is_kept_back = known.is_kept_back or (known.ended is not None and not is_repetition)
            return
        sides[_key(entry["call"])] = _Side(self.party, index, _moment(entry), entry)

    def _end(self, kind: str, entry: Mapping[str, Any]) -> None:
        began = entry.get("began", kind)
        sides = self.consumer if began in (calls.ASKED, calls.ANSWERED) else self.provider
        side = sides.get(_key(entry["call"]))
        if side is not None and side.ended is None:
            side.ended, side.ended_at = entry, _moment(entry)


def _key(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 128:
        raise ValueError("no name of a call, a manifest or an event")
    return value


def _moment(entry: Mapping[str, Any]) -> datetime:
    moment = datetime.fromisoformat(entry["time"])
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment


# --- comparing -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Window:
    """What is looked at: from a moment on and before another, with how much was known of the peer's log by then."""

    start: datetime
    end: datetime
    seen_until: datetime
    """When the peer's log was read. What happened shortly before may not have been in it yet."""
    tolerance: timedelta = TOLERANCE

    @classmethod
    def of_day(cls, day: date, *, seen_until: datetime) -> Window:
        """A day by Jakarta's clock."""
        start = datetime.combine(day, time(), JAKARTA)
        return cls(start, start + timedelta(days=1), seen_until)

    def has(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def is_near(self, moment: datetime) -> bool:
        """Whether something may concern the window, with clocks that lie apart."""
        return self.start - _MARGIN <= moment < self.end + _MARGIN

    def is_settled(self, moment: datetime) -> bool:
        """Whether the other log must have what happened at that moment."""
        return moment + self.tolerance <= self.seen_until


@dataclass(frozen=True)
class Comparison:
    """What two logs say about a window. True where they agree."""

    own: Party
    window: Window
    counts: Mapping[str, int]
    findings: Sequence[Finding]

    def __bool__(self) -> bool:
        return not self.findings


@implements("3(1)b", "3(2)b", control="Every call is in both logs and told alike; what is not is named, call by call.")
def compare(own: Party, own_entries: Entries, peer_entries: Entries, window: Window) -> Comparison:
    """Every finding within the window, in the order of subject, time and key. Pure.

    What lies at the edges is looked for beyond them: only the side that is known decides whether it is the day's.
    """
    ours, theirs = _View(own, window).read(own_entries), _View(own.other, window).read(peer_entries)
    counts: Counter[str] = Counter()
    findings: list[Finding] = []
    for provider, consumer in ((ours, theirs), (theirs, ours)):
        findings += _calls(provider, consumer, window, counts)
        findings += _deliveries(provider, consumer, window, counts)
        findings += _events(provider, consumer, window, counts)
    findings += _acts(ours, theirs, window, counts)
    counts["unreadable_own"], counts["unreadable_peer"] = ours.unreadable, theirs.unreadable
    findings.sort(key=lambda one: (str(one.subject), one.time or "", one.key, str(one.kind)))
    return Comparison(own, window, dict(counts), findings)


def _calls(provider: _View, consumer: _View, window: Window, counts: Counter[str]) -> Iterator[Finding]:
    for call in sorted(provider.provider.keys() | consumer.consumer.keys()):
        gave, asked = provider.provider.get(call), consumer.consumer.get(call)
        first = min(side.moment for side in (gave, asked) if side is not None)
        if not window.has(first):
            continue
        counts["calls"] += 1
        for side in (gave, asked):
            if side is not None:
                yield from _alone(call, side, window, counts)
        if gave is None and asked is not None:
            yield from _unanswered(call, asked, provider, window, counts)
        elif asked is None and gave is not None:
            if window.is_settled(gave.moment):
                yield _missing(Subject.CALL, call, consumer.party, gave.party, gave.index, gave.moment, gave.begun)
            else:
                counts["pending"] += 1
        elif gave is not None and asked is not None:
            counts["matched"] += 1
            members = _differing(gave, asked)
            if members:
                yield Finding(
                    FindingKind.DIFFERS,
                    Subject.CALL,
                    call,
                    members=members,
                    indices={str(gave.party): gave.index, str(asked.party): asked.index},
                    time=rfc3339(first),
                    about=_about(gave.begun),
                )


def _alone(call: str, side: _Side, window: Window, counts: Counter[str]) -> Iterator[Finding]:
    """What one side's own entries already show."""
    where = {str(side.party): side.index}
    if side.is_twice:
        yield Finding(
            FindingKind.TWICE, Subject.CALL, call, side.party, indices=where, time=rfc3339(side.moment),
            about=_about(side.begun),
        )  # fmt: skip
    if side.is_interrupted:
        counts["interrupted"] += 1
    is_begun_only = side.ended is None and side.begun.get("type") != calls.REFUSED
    if is_begun_only:
        if side.moment + OPEN_FOR_MAX <= window.seen_until:
            yield Finding(
                FindingKind.NEVER_CLOSED, Subject.CALL, call, side.party, indices=where, time=rfc3339(side.moment),
                about=_about(side.begun),
            )  # fmt: skip
        else:
            counts["open"] += 1
    decision = side.begun.get("decision")
    is_denied = isinstance(decision, Mapping) and decision.get("is_permit") is False
    if is_denied and side.begun.get("type") == calls.OPENED and _has_data(side.response):
        yield Finding(
            FindingKind.DESPITE_DENIAL, Subject.CALL, call, indices=where, time=rfc3339(side.moment),
            about=_about(side.begun),
        )  # fmt: skip


def _unanswered(call: str, asked: _Side, provider: _View, window: Window, counts: Counter[str]) -> Iterator[Finding]:
    """A call that only the consumer has. With a signed answer in its hands, the provider must have it too."""
    is_refusal = not _has_data(asked.response)
    if is_refusal and call in provider.unknown:
        counts["refused_unknown"] += 1
    elif is_refusal and any(
        since <= asked.moment + window.tolerance and asked.moment <= until + window.tolerance
        for since, until in provider.turned_away
    ):
        counts["turned_away"] += 1
    elif not asked.response.get("signature_sha256"):
        counts["unarrived"] += 1
    elif window.is_settled(asked.moment):
        yield _missing(Subject.CALL, call, provider.party, asked.party, asked.index, asked.moment, asked.begun)
    else:
        counts["pending"] += 1


_SAME_REQUEST = ("operation", "dataset", "purpose", "fields", "area")
_SAME_SIGNATURE = ("kid", "base_sha256", "content_sha256")
_SAME_ANSWER = ("status", "signature_sha256", "content_sha256", "rows", "bytes")


def _differing(gave: _Side, asked: _Side) -> dict[str, dict[str, Any]]:
    """Members of a call that the two tell differently. A member that only one of them knows is no difference."""
    found: dict[str, dict[str, Any]] = {}
    is_refusal = gave.begun.get("type") == calls.REFUSED
    if not is_refusal:
        # A refused request may have asked for words that the provider's agreement does not know, and left out.
        _note(found, _SAME_REQUEST, gave.begun, asked.begun, prefix="")
        _note(found, ("rev",), _part(gave.begun, "agreement"), _part(asked.begun, "agreement"), prefix="agreement.")
    _note(found, _SAME_SIGNATURE, _part(gave.begun, "request"), _part(asked.begun, "request"), prefix="request.")
    if gave.is_interrupted or asked.is_interrupted:
        return found
    answer, came = gave.response, asked.response
    if not came and asked.ended is not None:
        return found  # nothing came back: the answer was lost on its way, and the consumer says so
    if gave.is_kept_back and not _has_data(came):
        return found  # what came is the refusal that took the answer's place, and both say that nothing else did
    is_broken = answer.get("is_whole") is False or came.get("is_whole") is False
    names = tuple(name for name in _SAME_ANSWER if not (is_broken and name in ("rows", "bytes")))
    _note(found, names, answer, came, prefix="response.")
    if is_broken and _number(came.get("bytes")) > _number(answer.get("bytes")) and "bytes" in answer:
        found["response.bytes"] = {str(gave.party): answer.get("bytes"), str(asked.party): came.get("bytes")}
    return _by_party(found, gave.party, asked.party)


def _note(
    found: dict[str, dict[str, Any]],
    names: Sequence[str],
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    *,
    prefix: str,
) -> None:
    for name in names:
        if name in one and name in other and one[name] != other[name]:
            found[f"{prefix}{name}"] = {"provider": _short(one[name]), "consumer": _short(other[name])}


def _short(value: Any) -> Any:
    """A foreign log may hold texts of any length; two that differ late differ all the same."""
    return f"{value[:100]}…" if isinstance(value, str) and len(value) > 100 else value


def _by_party(found: dict[str, dict[str, Any]], provider: Party, consumer: Party) -> dict[str, dict[str, Any]]:
    names = {"provider": str(provider), "consumer": str(consumer)}
    return {member: {names.get(side, side): value for side, value in said.items()} for member, said in found.items()}


def _deliveries(provider: _View, consumer: _View, window: Window, counts: Counter[str]) -> Iterator[Finding]:
    """What was packed or exported at one end and taken in at the other, by the digest of the signed manifest."""
    for key in sorted(provider.sent.keys() | consumer.accepted.keys()):
        sent, taken = provider.sent.get(key), consumer.accepted.get(key)
        first = min(found[1] for found in (sent, taken) if found is not None)
        last = max(found[1] for found in (sent, taken) if found is not None)
        if not (window.has(first) or window.has(last)):
            continue
        counts["deliveries"] += 1
        if sent is None and taken is not None:
            if window.is_settled(taken[1]):
                yield _missing(
                    Subject.DELIVERY, key, provider.party, consumer.party, taken[0], taken[1], taken[2]["pack"]
                )
            else:
                counts["pending"] += 1
        elif taken is None and sent is not None:
            receipt = provider.receipts.get(key)
            if receipt is not None and window.is_settled(receipt[1]):
                # The provider holds a receipt for it: the consumer has said that it took it in.
                yield _missing(Subject.DELIVERY, key, consumer.party, provider.party, sent[0], sent[1], sent[2]["pack"])
            else:
                counts["under_way"] += 1
        elif sent is not None and taken is not None:
            counts["deliveries_matched"] += 1
            yield from _delivery_of_both(key, provider, consumer, sent, taken, window, counts)


_SAME_PACK = ("id", "sequence", "provider", "consumer", "dataset", "purpose", "fields", "rows", "parts", "places")


def _delivery_of_both(
    key: str,
    provider: _View,
    consumer: _View,
    sent: tuple[int, datetime, Mapping[str, Any]],
    taken: tuple[int, datetime, Mapping[str, Any]],
    window: Window,
    counts: Counter[str],
) -> Iterator[Finding]:
    found: dict[str, dict[str, Any]] = {}
    _note(found, _SAME_PACK, sent[2]["pack"], taken[2]["pack"], prefix="pack.")
    _note(found, ("rev",), _part(sent[2], "agreement"), _part(taken[2], "agreement"), prefix="agreement.")
    if "file_sha256" in sent[2] and "file_sha256" in taken[2]:
        _note(found, ("file_sha256",), sent[2], taken[2], prefix="")
    where = {str(provider.party): sent[0], str(consumer.party): taken[0]}
    about = _about(sent[2]["pack"])
    if found:
        members = _by_party(found, provider.party, consumer.party)
        yield Finding(
            FindingKind.DIFFERS, Subject.DELIVERY, key, members=members, indices=where, time=rfc3339(taken[1]),
            about=about,
        )  # fmt: skip
    if key not in consumer.received:
        if taken[1] + OPEN_FOR_MAX <= window.seen_until:
            yield Finding(
                FindingKind.NEVER_CLOSED, Subject.DELIVERY, key, consumer.party, indices=where,
                time=rfc3339(taken[1]), about=about,
            )  # fmt: skip
        else:
            counts["open"] += 1
    elif key not in provider.receipts:
        counts["receipts_awaited"] += 1


def _events(sender: _View, receiver: _View, window: Window, counts: Counter[str]) -> Iterator[Finding]:
    for key in sorted(sender.told.keys() | receiver.heard.keys()):
        told, heard = sender.told.get(key), receiver.heard.get(key)
        first = min(found[1] for found in (told, heard) if found is not None)
        if not window.has(first):
            continue
        counts["events"] += 1
        if told is not None and heard is not None:
            found: dict[str, dict[str, Any]] = {}
            _note(found, ("type", "source"), told[2], heard[2], prefix="")
            if found:
                yield Finding(
                    FindingKind.DIFFERS,
                    Subject.EVENT,
                    key,
                    members=_by_party(found, sender.party, receiver.party),
                    indices={str(sender.party): told[0], str(receiver.party): heard[0]},
                    time=rfc3339(first),
                )
        elif told is not None:
            if window.is_settled(told[1]):
                yield _missing(Subject.EVENT, key, receiver.party, sender.party, told[0], told[1], told[2])
            else:
                counts["pending"] += 1
        elif heard is not None:
            # The sender notes it after the answer. Until it has, it sends again: it may have died in between.
            counts["events_unconfirmed"] += 1


def _acts(ours: _View, theirs: _View, window: Window, counts: Counter[str]) -> Iterator[Finding]:
    """Every act of the agreement is in both logs, whoever made it."""
    for key in sorted(ours.acts.keys() | theirs.acts.keys()):
        known = {view.party: view.acts[key] for view in (ours, theirs) if key in view.acts}
        first = min(moment for _, moment, _ in known.values())
        if not window.has(first):
            continue
        counts["acts"] += 1
        if len(known) == 1:
            ((party, (index, moment, act)),) = known.items()
            if window.is_settled(moment):
                yield _missing(Subject.ACT, key, party.other, party, index, moment, {"type": act.get("kind")})
            else:
                counts["pending"] += 1
            continue
        found: dict[str, dict[str, Any]] = {}
        _note(found, ("kind", "by"), ours.acts[key][2], theirs.acts[key][2], prefix="")
        if found:
            yield Finding(
                FindingKind.DIFFERS,
                Subject.ACT,
                key,
                members=_by_party(found, ours.party, theirs.party),
                indices={str(party): index for party, (index, _, _) in known.items()},
                time=rfc3339(first),
            )


def _missing(
    subject: Subject, key: str, lacking: Party, known_by: Party, index: int, moment: datetime, about: Mapping[str, Any]
) -> Finding:
    return Finding(
        FindingKind.MISSING,
        subject,
        key,
        lacking,
        indices={str(known_by): index},
        time=rfc3339(moment),
        about=_about(about),
    )


def _about(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Words by which a person recognises it. None of them is anyone's data; a foreign log's are cut short."""
    names = ("type", "operation", "dataset", "purpose", "area", "code")
    return {name: str(entry[name])[:60] for name in names if entry.get(name) is not None}


def _part(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = entry.get(name)
    return part if isinstance(part, Mapping) else {}


def _has_data(response: Mapping[str, Any]) -> bool:
    status = response.get("status")
    return isinstance(status, int) and 200 <= status < 300


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
