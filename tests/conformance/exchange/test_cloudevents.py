"""CloudEvents 1.0: the project's own schema and conformance events, against what we read and write."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
import yaml
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from tenun.agreement.vocabulary import Party
from tenun.exchange import events
from tenun.exchange.events import EventMalformed, EventType, EventTypeUnknown
from tests.lib.shared_data import shared

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
ISSUER = "http://127.0.0.1:8527"
AGREEMENT = "urn:tenun:agreement:sid-siapkerja"
ACT = {"agreement": AGREEMENT, "kind": "shut-off", "sha256": "a" * 64, "act": '{"act":{}}'}
INCIDENT = {"agreement": AGREEMENT, "incident": "b" * 32, "event": "malware", "at": "2026-11-24T02:00:00Z"}
TOLD: dict[EventType, dict[str, Any]] = {
    EventType.DATASET_CHANGED: {"agreement": AGREEMENT, "dataset": "sid-warga", "cursor": "2026-11-24T03:00:00Z"},
    EventType.ACT: {**ACT, "kind": "notice"},
    EventType.SHUT_OFF: ACT,
    EventType.REINSTATED: {**ACT, "kind": "reinstate"},
    EventType.INCIDENT_OPENED: INCIDENT,
    EventType.INCIDENT_CLOSED: INCIDENT,
    EventType.CHECKPOINT: {"agreement": AGREEMENT, "size": 3, "checkpoint": "desa.tenun/log\n3\nAAAA\n"},
    EventType.KEY_CHANGED: {
        **ACT,
        "kind": "key-change",
        "party": "desa",
        "use": "message",
        "kid": "k" * 43,
    },
}


def shared_schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared("vectors/cloudevents/cloudevents.schema.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("kind", list(EventType))
def test_every_event_we_send_meets_the_schema_of_cloudevents(kind: EventType) -> None:
    content = events.compose(kind, source=ISSUER, data=TOLD[kind], now=NOW)
    jsonschema.Draft7Validator(shared_schema(), format_checker=jsonschema.FormatChecker()).validate(json.loads(content))


@pytest.mark.parametrize("kind", list(EventType))
def test_every_event_we_send_is_read_again_as_it_was_meant(kind: EventType) -> None:
    content = events.compose(kind, source=ISSUER, data=TOLD[kind], now=NOW)
    read = events.read(content, peer=Party.DESA, issuer=ISSUER, agreement=AGREEMENT)
    assert (read.type, read.source, read.time) == (kind, ISSUER, NOW)
    assert read.data.model_dump(mode="json", exclude_none=True) == TOLD[kind]


def test_the_conformance_events_are_events_and_none_of_ours() -> None:
    text = shared("vectors/cloudevents/conformance-yaml/v1_minimum.yaml").read_text("utf-8")
    wanted = [one for one in yaml.safe_load_all(text) if one]
    assert wanted
    for one in wanted:
        attributes = {**one["ContextAttributes"], "specversion": str(one["ContextAttributes"]["specversion"])}
        content = json.dumps({**attributes, "data": one["Data"]}).encode()
        read = events.parse(content)
        assert {name: read.get_attributes()[name] for name in attributes} == attributes
        assert read.get_data() == one["Data"]
        with pytest.raises(EventTypeUnknown):
            events.read(content, peer=Party.DESA, issuer=attributes["source"], agreement=AGREEMENT)


def test_an_event_of_another_library_reads_like_ours() -> None:
    attributes = {
        "id": "A234-1234",
        "source": ISSUER,
        "type": "dataset.changed",
        "time": NOW,
        "datacontenttype": "application/json; charset=utf-8",
        "comexampleextension": "x",
    }
    content = JSONFormat().write(CloudEvent(attributes, TOLD[EventType.DATASET_CHANGED]))
    read = events.read(content, peer=Party.DESA, issuer=ISSUER, agreement=AGREEMENT)
    assert (read.id, read.data.dataset) == ("A234-1234", "sid-warga")


@pytest.mark.parametrize("missing", ["id", "source", "type", "specversion", "time"])
def test_an_event_without_an_attribute_that_we_need_is_refused(missing: str) -> None:
    value = json.loads(events.compose(EventType.SHUT_OFF, source=ISSUER, data=ACT, now=NOW))
    del value[missing]
    with pytest.raises(EventMalformed) as refused:
        events.read(json.dumps(value).encode(), peer=Party.DESA, issuer=ISSUER, agreement=AGREEMENT)
    assert refused.value.parts == {"member": f"/{missing}", "reason": "missing"}
