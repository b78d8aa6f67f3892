"""The way of a figure for machines of others: PROV-JSON (W3C Member Submission of 24 April 2013).

Nothing of the hour is in it: the same way gives the same document.
"""

from __future__ import annotations

from typing import Any

from tenun.indicators.provenance import LICENCES, OWNERS, Owner, Step, Way

CONTENT_TYPE = "application/json"
PREFIXES = {
    "tenun": "urn:tenun:",
    "sha256": "urn:sha256:",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
}


def document(way: Way) -> dict[str, Any]:
    """Entities: the figure, snapshots, files, definition, recipes, agreement. Activities: what made each snapshot."""
    writer = _Writer()
    value = way.value
    figure = _figure_id(way)
    snapshot = writer.snapshot(way.snapshot)
    definition = writer.add(
        "entity",
        f"tenun:indicator/{way.definition.id}/{way.definition.version}",
        {
            "prov:type": _name("prov:Plan"),
            "prov:label": _both(way.definition.names.id, way.definition.names.en),
            **({"tenun:digest": f"sha256:{way.definition_digest}"} if way.definition_digest else {}),
        },
    )
    agreement = writer.add(
        "entity",
        f"tenun:agreement/{way.agreement_rev}",
        {"prov:label": way.agreement_number, "dct:identifier": way.agreement, "tenun:revision": way.agreement_rev},
    )
    writer.add(
        "entity",
        figure,
        {
            "prov:label": _both(
                f"{way.definition.names.id}, {value.area_name}", f"{way.definition.names.en}, {value.area_name}"
            ),
            "tenun:area": value.area_code,
            "tenun:breakdown": value.breakdown,
            "tenun:category": value.category,
            "tenun:state": str(value.state),
            **({} if value.value is None else {"prov:value": value.value}),
            **({} if not value.reason else {"tenun:reason": value.reason}),
            "tenun:disclosureRule": way.rule_version,
        },
    )
    writer.relate("wasDerivedFrom", {"prov:generatedEntity": figure, "prov:usedEntity": snapshot})
    writer.attribute(figure, Owner.BOTH)
    making = writer.made_by[way.snapshot.reference]
    writer.relate("used", {"prov:activity": making, "prov:entity": definition})
    writer.relate("used", {"prov:activity": making, "prov:entity": agreement})
    for step in way.steps.values():
        writer.snapshot(step)
    for step in (way.snapshot, *way.steps.values()):
        writer.link(step)
    if way.unlisted:
        rest = writer.add(
            "entity",
            f"tenun:unlisted/{way.unlisted_digest}",
            {"prov:type": _name("prov:Collection"), "tenun:members": way.unlisted},
        )
        writer.relate("used", {"prov:activity": making, "prov:entity": rest})
    return {"prefix": PREFIXES, **{kind: records for kind, records in writer.records.items() if records}}


def _figure_id(way: Way) -> str:
    value = way.value
    place = "/".join(part for part in (value.indicator, value.area_code, value.breakdown, value.category) if part)
    return f"tenun:figure/{way.snapshot.reference.rpartition('/')[2]}/{place}"


class _Writer:
    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {
            kind: {}
            for kind in (
                "entity", "activity", "agent", "used", "wasGeneratedBy", "wasDerivedFrom", "wasAttributedTo",
                "wasAssociatedWith",
            )
        }  # fmt: skip
        self.made_by: dict[str, str] = {}
        self.related: set[tuple[str, ...]] = set()

    def add(self, kind: str, name: str, attributes: dict[str, Any]) -> str:
        self.records[kind].setdefault(name, attributes)
        return name

    def relate(self, relation: str, parts: dict[str, str]) -> None:
        key = (relation, *parts.values())
        if key not in self.related:
            self.related.add(key)
            records = self.records[relation]
            records[f"_:{relation}{len(records) + 1}"] = parts

    def attribute(self, entity: str, owner: Owner) -> None:
        parties = (Owner.DESA, Owner.NAKER) if owner is Owner.BOTH else (owner,)
        for party in parties:
            agent = self.add(
                "agent",
                f"tenun:party/{party}",
                {"prov:type": _name("prov:Organization"), "prov:label": _both(*OWNERS[party])},
            )
            self.relate("wasAttributedTo", {"prov:entity": entity, "prov:agent": agent})

    def snapshot(self, step: Step) -> str:
        """A snapshot with the activity that made it and whose it is."""
        entity = self.add("entity", _snapshot_id(step.reference), _told_of(step))
        self.attribute(entity, step.owner)
        if step.recipe:
            recipe = self.add("entity", f"tenun:recipe/{step.recipe}", {"prov:type": _name("prov:Plan")})
            activity = self.add("activity", f"tenun:making/{step.reference}", {"tenun:recipe": step.recipe})
            self.made_by[step.reference] = activity
            self.relate("wasGeneratedBy", {"prov:entity": entity, "prov:activity": activity})
            self.relate("used", {"prov:activity": activity, "prov:entity": recipe})
        return entity

    def link(self, step: Step) -> None:
        """A snapshot with what it was made of."""
        entity, activity = _snapshot_id(step.reference), self.made_by.get(step.reference)
        if activity is None:
            return
        for reference in step.inputs:
            before = _snapshot_id(reference)
            if before not in self.records["entity"]:
                continue
            self.relate("used", {"prov:activity": activity, "prov:entity": before})
            self.relate("wasDerivedFrom", {"prov:generatedEntity": entity, "prov:usedEntity": before})
        for file in step.files:
            source = self.add(
                "entity",
                f"sha256:{file.sha256}",
                {"prov:type": _name("tenun:file"), "dct:format": file.format, "dct:extent": file.bytes},
            )
            self.attribute(source, step.owner)
            self.relate("used", {"prov:activity": activity, "prov:entity": source})
            self.relate("wasDerivedFrom", {"prov:generatedEntity": entity, "prov:usedEntity": source})


def _told_of(step: Step) -> dict[str, Any]:
    told: dict[str, Any] = {
        "prov:label": step.reference,
        "dct:rights": _both(*LICENCES[step.owner]),
        "tenun:standing": str(step.standing),
    }
    if step.as_of is not None:
        told["dct:date"] = step.as_of.isoformat()
    if step.pack:
        told |= {"tenun:pack": step.pack, "tenun:receivedOn": step.received_on}
    if step.is_invented:
        told["tenun:isInvented"] = True
    for name, digest in step.tables.items():
        told[f"tenun:table/{name}"] = f"sha256:{digest}"
    for name, edition in sorted(step.editions.items()):
        told[f"tenun:edition/{name}"] = edition
    return told


def _snapshot_id(reference: str) -> str:
    return f"tenun:snapshot/{reference.replace(':', '/')}"


def _name(qualified: str) -> dict[str, str]:
    return {"$": qualified, "type": "prov:QUALIFIED_NAME"}


def _both(indonesian: str, english: str) -> list[dict[str, str]]:
    return [{"$": indonesian, "lang": "id"}, {"$": english, "lang": "en"}]
