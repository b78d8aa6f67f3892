"""Change events between the two nodes: CloudEvents 1.0, structured JSON, claim-check style.

An event says *that* something changed, never what: "dataset X changed to cursor N". Whoever hears it
asks for the data by an ordinary, decided and logged call. Acts of the agreement are the exception:
they are no personal data, and one that fits travels inside the event, so that a shut-off is effective
at the peer with the first message that gets through.

Delivery is at least once. A receiver tells an event twice by `source` and `id`; and every effect can be
had twice without harm, because the memory of seen events may be lost and the effect must not be.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from cloudevents.core.exceptions import BaseCloudEventException
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.refusals import ActNotReported, ActPredecessorMissing, RevisionMissing
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange.journal import Journal
from tenun.exchange.refusals import ExchangeError
from tenun.exchange.station import Station
from tenun.exchange.wire.refusals import StoreUnavailable
from tenun.exchange.wire.replay import ReplayStore
from tenun.kernel import canonical_json
from tenun.kernel.canonical_json import NotCanonical
from tenun.kernel.clause import implements
from tenun.kernel.clock import rfc3339
from tenun.kernel.durable import write_durably

CONTENT_TYPE = "application/cloudevents+json"
DATA_CONTENT_TYPE = "application/json"
BYTES_MAX = 64 * 1024
"""What every party on the way must carry (CloudEvents 1.0, "Size Limits"). A larger act is fetched by its digest."""
REMEMBERED = timedelta(days=30)
"""How long an event is known by its id. Longer than any back-off; after it, the effect's own sameness holds."""
RECEIVED = "event.received"


class EventType(StrEnum):
    """Every event there is. One that is not here is refused: a node must not nod at what it does not understand."""

    DATASET_CHANGED = "dataset.changed"
    ACT = "agreement.act"
    SHUT_OFF = "agreement.shutoff"
    REINSTATED = "agreement.reinstated"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_CLOSED = "incident.closed"
    CHECKPOINT = "log.checkpoint"
    KEY_CHANGED = "key.changed"

    @property
    def is_data(self) -> bool:
        """Whether it is about data: these stop with a shut-off and with the term; all others go on."""
        return self is EventType.DATASET_CHANGED


ACTS = frozenset({EventType.ACT, EventType.SHUT_OFF, EventType.REINSTATED, EventType.KEY_CHANGED})
"""Events that carry an act of the agreement, or its digest."""


# --- what each event says ----------------------------------------------------------------------------

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Word = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[-.][a-z0-9]+)*$", max_length=60)]
_Urn = Annotated[str, Field(pattern=r"^urn:tenun:agreement:[a-z0-9-]+$", max_length=120)]
_Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")]


class _Data(BaseModel):
    """Members beyond these are passed over on reading (a later minor version may add some) and never sent."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    agreement: _Urn


class DatasetChanged(_Data):
    dataset: _Word
    cursor: _Moment
    """The provider's clock when the change was seen. A manifest whose `transactionTime` is not before it has it."""


class ActDone(_Data):
    kind: _Word
    """Which act, such as `shut-off`."""
    sha256: _Sha256
    """Digest of the act: names it in the chain of both parties."""
    act: str | None = None
    """The signed act itself; none where it is too large, then it is fetched from the chain."""


class IncidentTold(_Data):
    incident: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    event: Annotated[str, Field(pattern=r"^[a-z ]{3,40}$")]
    """A word of the agreement's closed list (`shut_off.events`), or `rekonsiliasi`."""
    at: _Moment


class CheckpointSigned(_Data):
    size: Annotated[int, Field(ge=0)]
    checkpoint: Annotated[str, Field(max_length=8192)]
    """The signed note."""


class KeyChanged(ActDone):
    party: Party
    use: KeyUse
    kid: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
    """The thumbprint of the new key."""


SHAPES: Mapping[EventType, type[_Data]] = {
    EventType.DATASET_CHANGED: DatasetChanged,
    EventType.ACT: ActDone,
    EventType.SHUT_OFF: ActDone,
    EventType.REINSTATED: ActDone,
    EventType.INCIDENT_OPENED: IncidentTold,
    EventType.INCIDENT_CLOSED: IncidentTold,
    EventType.CHECKPOINT: CheckpointSigned,
    EventType.KEY_CHANGED: KeyChanged,
}


@dataclass(frozen=True)
class Event:
    """An event of ours or of the peer that is wholly understood."""

    id: str
    source: str
    """The sender's issuer URL."""
    type: EventType
    time: datetime
    data: Any
    """One of `SHAPES`."""

    @property
    def key(self) -> str:
        """What tells it from all others: source and id (CloudEvents 1.0, "id")."""
        return canonical_json.digest([self.source, self.id])

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.id, "source": self.source, "type": str(self.type), "time": rfc3339(self.time)}


class EventMalformed(ExchangeError):
    """Not a CloudEvent of ours. Says which member, never what stood in it."""

    code = "exchange.event_malformed"
    text_id = "Kejadian tidak dapat dipakai pada {member}: {reason}."
    text_en = "The event cannot be used at {member}: {reason}."
    remedy_id = "Kirim CloudEvents 1.0 berbentuk JSON terstruktur; lihat docs/protocols/events.md."
    remedy_en = "Send CloudEvents 1.0 in structured JSON; see docs/protocols/events.md."


class EventTypeUnknown(ExchangeError):
    code = "exchange.event_type_unknown"
    text_id = "Jenis kejadian itu tidak dikenal; simpul ini mengenal: {known}."
    text_en = "That type of event is not known; this node knows: {known}."
    remedy_id = "Perbarui perangkat lunak simpul ini, atau jangan kirim jenis itu."
    remedy_en = "Bring this node's software up to date, or do not send that type."


class EventSourceOther(ExchangeError):
    """The event says that it comes from someone else than the peer who signed the message."""

    code = "exchange.event_source_other"
    text_id = "Sumber kejadian bukan penerbit yang disebut perjanjian untuk {party}."
    text_en = "The event's source is not the issuer that the agreement names for {party}."
    remedy_id = "Isi `source` dengan URL penerbit simpul pengirim."
    remedy_en = "Put the sending node's issuer URL into `source`."


class EventOutOfOrder(ExchangeError):
    """An act came before the one that it follows, and the chain could not be fetched. Sent again, it will fit."""

    code = "exchange.event_out_of_order"
    retryable = True
    text_id = "Tindakan ini datang sebelum pendahulunya dalam rantai perjanjian."
    text_en = "This act came before the one it follows in the agreement's chain."
    remedy_id = "Kirim ulang; pendahulunya akan diambil lebih dahulu."
    remedy_en = "Send it again; its predecessor will be fetched first."


# --- writing -----------------------------------------------------------------------------------------


def compose(kind: EventType, *, source: str, data: Mapping[str, Any], now: datetime) -> bytes:
    """An event as it is sent. Its id is the digest of source, type and data: the same change told twice is one event.

    `data` must have exactly the members of the type's shape. An act that makes the event larger than
    `BYTES_MAX` is left out; its digest stays. Raises `EventMalformed`: a programming fault, made loud.
    """
    shape = SHAPES[kind]
    beyond = set(data) - set(shape.model_fields)
    if beyond:
        raise EventMalformed(member=f"/data/{min(beyond)}", reason="no member of this type")
    told = _shaped(shape, data)
    body = told.model_dump(mode="json", exclude_none=True)
    encoded = _encode(kind, source=source, body=body, now=now)
    if len(encoded) > BYTES_MAX and "act" in body:
        encoded = _encode(kind, source=source, body={**body, "act": None}, now=now)
    if len(encoded) > BYTES_MAX:
        raise EventMalformed(member="/data", reason="too large")
    return encoded


def _encode(kind: EventType, *, source: str, body: Mapping[str, Any], now: datetime) -> bytes:
    named = {name: member for name, member in body.items() if name != "act"}
    event = CloudEvent(
        attributes={
            "specversion": "1.0",
            "id": canonical_json.digest({"source": source, "type": str(kind), "data": named})[:32],
            "source": source,
            "type": str(kind),
            "time": now.astimezone(UTC),
            "datacontenttype": DATA_CONTENT_TYPE,
        },
        data=dict(body),
    )
    return JSONFormat().write(event)


# --- reading -----------------------------------------------------------------------------------------


def parse(content: bytes) -> CloudEvent:
    """Any CloudEvent 1.0 in structured JSON, whoever's. Stricter than the library where that hides two readings.

    Raises `EventMalformed`.
    """
    if len(content) > BYTES_MAX:
        raise EventMalformed(member="/", reason="larger than 64 KiB")
    try:
        value = canonical_json.loads(content, document="event")
    except NotCanonical as problem:
        raise EventMalformed(member="/", reason=str(problem.parts["reason"])) from None
    if not isinstance(value, dict):
        raise EventMalformed(member="/", reason="not an object")
    if "data" in value and "data_base64" in value:
        raise EventMalformed(member="/data", reason="both data and data_base64")
    for name in ("id", "source", "type", "specversion"):
        if name not in value:  # the library would make them up
            raise EventMalformed(member=f"/{name}", reason="missing")
    for name in ("time", "id", "source", "type", "subject", "specversion", "datacontenttype", "dataschema"):
        if name in value and not isinstance(value[name], str):
            raise EventMalformed(member=f"/{name}", reason="not a text")
    if "time" in value and not _RFC3339.fullmatch(value["time"]):
        raise EventMalformed(member="/time", reason="not RFC 3339")
    try:
        event = JSONFormat().read(CloudEvent, content)
    except (BaseCloudEventException, ValueError, TypeError) as problem:
        raise EventMalformed(member=_at_fault(problem), reason="not CloudEvents 1.0") from None
    if not isinstance(event, CloudEvent):
        raise EventMalformed(member="/specversion", reason="not CloudEvents 1.0")
    if "time" not in value:
        event.get_attributes().pop("time", None)  # made up by the library, of its own clock
    return event


_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


def read(content: bytes, *, peer: Party, issuer: str, agreement: str) -> Event:
    """The peer's event, when nothing about it is left to guess. The message that carried it was verified already.

    `issuer` is what the agreement names for the peer. Raises `EventMalformed`, `EventTypeUnknown`,
    `EventSourceOther`.
    """
    event = parse(content)
    try:
        kind = EventType(event.get_type())
    except ValueError:
        raise EventTypeUnknown(known=", ".join(EventType)) from None
    if event.get_source() != issuer:
        raise EventSourceOther(party=str(peer))
    if not _ID.fullmatch(event.get_id()):
        raise EventMalformed(member="/id", reason="not 1 to 64 letters, digits, - or _")
    moment = event.get_time()
    if moment is None:
        raise EventMalformed(member="/time", reason="missing")
    if (event.get_datacontenttype() or DATA_CONTENT_TYPE).partition(";")[0].strip().lower() != DATA_CONTENT_TYPE:
        raise EventMalformed(member="/datacontenttype", reason="not application/json")
    data = event.get_data()
    if not isinstance(data, Mapping):
        raise EventMalformed(member="/data", reason="not an object")
    told = _shaped(SHAPES[kind], data)
    if told.agreement != agreement:
        raise EventMalformed(member="/data/agreement", reason="another agreement")
    return Event(id=event.get_id(), source=event.get_source(), type=kind, time=moment.astimezone(UTC), data=told)


def _shaped(shape: type[_Data], data: Mapping[str, Any]) -> _Data:
    try:
        # Through JSON, so that an enum may be given by its spelling and nothing else is coerced.
        return shape.model_validate_json(json.dumps(dict(data)))
    except (ValidationError, TypeError, ValueError) as problem:
        if isinstance(problem, ValidationError):
            fault = problem.errors(include_input=False, include_url=False)[0]
            place = "/".join(str(step) for step in fault["loc"])
            raise EventMalformed(member=f"/data/{place}", reason=fault["type"]) from None
        raise EventMalformed(member="/data", reason="no JSON") from None


def _at_fault(problem: Exception) -> str:
    """The first attribute that the library names. Only names of the specification are repeated."""
    errors = getattr(problem, "errors", None)
    named = sorted(name for name in errors or () if name in ("id", "source", "type", "specversion", "time", "subject"))
    return f"/{named[0]}" if named else "/"


# --- handling ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Effects:
    """What an event makes the receiving node do. Each can be done twice with the same result."""

    take_act: Callable[[bytes | None, str], None]
    """Append a signed act to our copy of the chain (bytes, or none: fetch it), by its digest; known acts change
    nothing. Raises `EventOutOfOrder` where its predecessor is neither here nor to be had."""
    follow_gate: Callable[[], None]
    """Bring the gate into line with the acts: after a peer's shut-off our own outgoing calls refuse."""
    hear_checkpoint: Callable[[bytes], None]
    """Compare a checkpoint of the peer's log with what we saw of it before."""


def chain_taker(chain: Chain, fetch: Callable[[], Iterable[bytes]]) -> Callable[[bytes | None, str], None]:
    """`Effects.take_act` for a node's chain of acts. `fetch` asks the peer for its whole chain (`GET .../acts`).

    The act itself decides: whatever the event says about it, only its signatures and its place in the chain count.
    """

    def take(content: bytes | None, sha256: str) -> None:
        if content is not None and hashlib.sha256(content).hexdigest() != sha256:
            raise EventMalformed(member="/data/sha256", reason="not the digest of the act")
        if sha256 in chain.ledger().entries:
            return
        try:
            if content is not None:
                chain.take(content)
                return
        except ActNotReported:
            return  # it counts; the log is told of it with the next act, or by the worker
        except (ActPredecessorMissing, RevisionMissing):
            pass  # what it rests on comes with the whole chain
        try:
            chain.take_all(fetch())
        except ActNotReported:
            return
        except (ActPredecessorMissing, RevisionMissing) as problem:
            raise EventOutOfOrder() from problem
        if sha256 not in chain.ledger().entries:
            raise EventOutOfOrder()

    return take


@dataclass(frozen=True)
class Handled:
    event: Event
    is_first: bool
    """False where it came before: the answer to the sender is the same."""
    log_index: int | None
    """Of our entry about it; none for a repetition, and for checkpoints: else each would beget the next."""

    def as_dict(self) -> dict[str, Any]:
        return {**self.event.as_dict(), "is_first": self.is_first, "log_index": self.log_index}


@implements("7(4)", control="A peer's shut-off takes effect here when its act arrives: our own calls refuse at once.")
def handle(
    event: Event,
    *,
    station: Station,
    replay: ReplayStore,
    effects: Effects,
    book: Journal,
    content_sha256: str,
    known_only: tuple[type[Exception], ...] = (StoreUnavailable,),
) -> Handled:
    """Have an event's effect, write it into the log, then remember the event. When this returns, all are on disk.

    In this order, because a crash in between then costs a repetition and never an effect or an entry. Where the
    store of seen events cannot be asked (the database is down: one of `known_only`), the effect is had all the same
    and the event counts as new.
    """
    if event.type in ACTS:
        effects.take_act(event.data.act.encode() if event.data.act else None, event.data.sha256)
        effects.follow_gate()
    elif event.type is EventType.DATASET_CHANGED:
        note_change(station, event.data.dataset, event.data.cursor)
    elif event.type is EventType.CHECKPOINT:
        effects.hear_checkpoint(event.data.checkpoint.encode())
    else:
        note_incident(station, event)
    is_first = True
    with suppress(*known_only):
        is_first = not replay.knows("event", event.key)
    log_index = None
    if is_first and event.type is not EventType.CHECKPOINT:
        told = {"id": event.id, "type": str(event.type), "source": event.source, "content_sha256": content_sha256}
        log_index = book.write(RECEIVED, event=told).index
    if is_first:
        with suppress(*known_only):
            replay.remember("event", [event.key], expires=station.clock.now() + REMEMBERED)
    return Handled(event, is_first, log_index)


def note_change(station: Station, dataset: str, cursor: str) -> None:
    """Remember up to where the peer's dataset has changed; an older cursor that comes late changes nothing."""
    path = station.exchange / "changes" / f"{dataset}.json"
    known = changes(station).get(dataset)
    if known is None or _instant(known) < _instant(cursor):
        write_durably(path, canonical_json.dumps({"dataset": dataset, "cursor": cursor}))


def changes(station: Station) -> dict[str, str]:
    """By dataset of the peer: the newest cursor it told us of. What we hold from before it is not the newest."""
    found = {}
    for path in sorted((station.exchange / "changes").glob("[a-z]*.json")):
        value = json.loads(path.read_bytes())
        found[str(value["dataset"])] = str(value["cursor"])
    return found


def note_incident(station: Station, event: Event) -> None:
    """Remember that the peer opened or closed an incident. Closed stays closed, in whichever order they come."""
    told: IncidentTold = event.data
    _note_incident(station, event.type, told, source=event.source)


def _note_incident(station: Station, kind: EventType, told: IncidentTold, *, source: str) -> None:
    path = station.exchange / "incidents" / f"{told.incident}.json"
    known = json.loads(path.read_bytes()) if path.exists() else {"incident": told.incident, "from": source}
    member = "closed" if kind is EventType.INCIDENT_CLOSED else "opened"
    if member not in known:
        write_durably(path, canonical_json.dumps({**known, "event": told.event, member: told.at}))


def note_own_incident(station: Station, kind: EventType, *, source: str, data: Mapping[str, Any]) -> None:
    """Remember an incident that we tell the peer of, in the register that its own are in. `source` is our issuer."""
    told = _shaped(SHAPES[kind], data)
    assert isinstance(told, IncidentTold)
    _note_incident(station, kind, told, source=source)


def incidents(station: Station) -> list[dict[str, Any]]:
    """Every incident that one node has told the other of: `incident`, `from` (issuer), `event`, `opened`, `closed`."""
    return [json.loads(path.read_bytes()) for path in sorted((station.exchange / "incidents").glob("[0-9a-f]*.json"))]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
