"""The catalogue: what one caller may have under the agreement as it stands, in DCAT 3 (DCAT-AP 3.0.1), as JSON-LD.

Nothing is in it that the caller may not ask for now: not a dataset's name, not a purpose, not a field. After the
term and during a shut-off it is there and has no datasets. Its context is written out, so that nobody must fetch one.

Beside the terms of DCAT-AP, DPV names purposes, and `grants` (ours) says which operations and fields each purpose has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tenun.agreement.agreed import AgreedDataset, Agreement
from tenun.agreement.decision import Operation, Permit, Use, allowed_fields, decide
from tenun.agreement.terms import PartyTerms, Text
from tenun.agreement.vocabulary import Party, Purpose
from tenun.exchange.binding import BINDINGS
from tenun.exchange.manifest import Format
from tenun.exchange.serving.formats import CONTENT_TYPES
from tenun.exchange.station import Station
from tenun.kernel.clause import implements
from tenun.kernel.clock import JAKARTA
from tenun.lake.store import CURRENT

CONTENT_TYPE = "application/ld+json"
OPERATIONS = (Operation.BULK, Operation.DELTA, Operation.SUBJECT, Operation.EVENT)
"""What can be asked for over the API."""
_EXPORTS = frozenset({Operation.BULK, Operation.DELTA})
_IANA = "https://www.iana.org/assignments/media-types/"
_AUTHORITY = "http://publications.europa.eu/resource/authority/"
_LANGUAGES = (f"{_AUTHORITY}language/IND", f"{_AUTHORITY}language/ENG")
_RESTRICTED = f"{_AUTHORITY}access-right/RESTRICTED"

CONTEXT: dict[str, Any] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "grants": {"@id": "urn:tenun:term:grants"},
    "purpose": {"@id": "urn:tenun:term:purpose"},
    "operations": {"@id": "urn:tenun:term:operations", "@container": "@set"},
    "fields": {"@id": "urn:tenun:term:fields", "@container": "@set"},
}


class Position(Protocol):
    """The agreement as it stands at a moment; `agreement.standing.Position` is one."""

    @property
    def agreement(self) -> Agreement: ...

    @property
    def state(self) -> Any: ...


@dataclass(frozen=True)
class _Grant:
    """What a purpose allows of a dataset, in one operation."""

    purpose: Purpose
    operation: Operation
    fields: frozenset[str]


@implements("2a", "7(1)", control="The catalogue shows a caller what the agreement lets it have now, and nothing else.")
def document(station: Station, position: Position, *, caller: Party, moment: datetime) -> dict[str, Any]:
    """The catalogue for one caller at a moment, as a JSON-LD document."""
    agreement = position.agreement
    about = _About(agreement, station.party)
    offered = [
        (dataset, grants)
        for dataset in agreement.datasets.values()
        if dataset.provider is station.party
        and dataset.id in BINDINGS
        and (grants := list(_grants(position, dataset, caller=caller, moment=moment)))
    ]
    described = [_dataset(station, about, dataset, grants) for dataset, grants in offered]
    return {
        "@context": CONTEXT,
        "@id": f"{about.issuer}/v1/catalog",
        "@type": "dcat:Catalog",
        "dct:title": _both(agreement.document.title),
        "dct:description": _words(
            f"Data yang boleh diminta menurut perjanjian {agreement.number}.",
            f"The data that may be asked for under the agreement {agreement.number}.",
        ),
        "dct:identifier": agreement.id,
        "dct:publisher": about.publisher(),
        "dct:language": [{"@id": name, "@type": "dct:LinguisticSystem"} for name in _LANGUAGES],
        "dct:modified": _moment(moment),
        "dcat:dataset": described,
        "dcat:service": about.service([dataset.id for dataset, _ in offered]),
    }


def _grants(position: Position, dataset: AgreedDataset, *, caller: Party, moment: datetime) -> Iterator[_Grant]:
    """What the caller may ask for of a dataset now. Frequency is left aside: it ends today, not the permission."""
    agreement = position.agreement
    for purpose in agreement.purposes:
        for operation in OPERATIONS:
            fields = allowed_fields(agreement, dataset=dataset.id, purpose=purpose, operation=operation, by=caller)
            use = Use(dataset=dataset.id, purpose=purpose, operation=operation, fields=fields, by=caller, moment=moment)
            if fields and isinstance(decide(agreement, use, state=position.state), Permit):
                yield _Grant(purpose, operation, fields)


# --- describing ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _About:
    """What is the same in every description."""

    agreement: Agreement
    provider: Party

    @property
    def party(self) -> PartyTerms:
        return self.agreement.parties[self.provider]

    @property
    def issuer(self) -> str:
        return self.party.node.issuer

    @property
    def base(self) -> str:
        """The address of the agreement's operations."""
        return f"{self.issuer}/v1/agreements/{self.agreement.id.rsplit(':', 1)[-1]}"

    def publisher(self) -> dict[str, Any]:
        return {
            "@id": f"urn:tenun:party:{self.provider}",
            "@type": "foaf:Agent",
            "foaf:name": _words(
                f"{self.party.office.id}, {self.party.ministry.id}", f"{self.party.office.en}, {self.party.ministry.en}"
            ),
        }

    def contact(self) -> dict[str, Any]:
        contact = self.party.contact
        return {
            "@id": f"urn:tenun:contact:{self.provider}",
            "@type": "vcard:Kind",
            "vcard:fn": contact.liaison,
            "vcard:hasEmail": {"@id": f"mailto:{contact.email}"},
        }

    def policy(self) -> dict[str, Any]:
        return {"@id": self.agreement.id, "@type": "odrl:Policy"}

    def rights(self) -> dict[str, Any]:
        return {"@id": _RESTRICTED, "@type": "dct:RightsStatement"}

    def service(self, datasets: list[str]) -> dict[str, Any]:
        return {
            "@id": self.base,
            "@type": "dcat:DataService",
            "dct:title": _words("API pertukaran data", "Data exchange API"),
            "dcat:endpointURL": _resource(self.base),
            "dcat:endpointDescription": _resource(f"{self.issuer}/v1/openapi.json"),
            "dct:publisher": {"@id": f"urn:tenun:party:{self.provider}"},
            "dct:accessRights": self.rights(),
            "dcat:servesDataset": [{"@id": _id_of(self, dataset)} for dataset in datasets],
        }


def _dataset(station: Station, about: _About, dataset: AgreedDataset, grants: list[_Grant]) -> dict[str, Any]:
    purposes = list(dict.fromkeys(grant.purpose for grant in grants))
    description: dict[str, Any] = {
        "@id": _id_of(about, dataset.id),
        "@type": "dcat:Dataset",
        "dct:identifier": dataset.id,
        "dct:title": _both(dataset.terms.name),
        "dct:description": _words(
            f"{dataset.terms.name.id}. {dataset.row_scope.text.id} Pasal {dataset.clause}.",
            f"{dataset.terms.name.en}. {dataset.row_scope.text.en} Pasal {dataset.clause}.",
        ),
        "dct:publisher": {"@id": f"urn:tenun:party:{about.provider}"},
        "dcat:contactPoint": about.contact(),
        "dct:accessRights": about.rights(),
        "dct:conformsTo": _contract(dataset),
        "dcatap:applicableLegislation": _legislation(about.agreement, purposes),
        "dpv:hasPurpose": [_purpose(about.agreement, purpose) for purpose in purposes],
        "odrl:hasPolicy": about.policy(),
        "grants": [told for purpose in purposes for told in _told(purpose, grants)],
    }
    if (dates := _dates(station, dataset.id)) is not None:
        description["dct:temporal"] = {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@value": dates[0], "@type": "xsd:date"},
            "dcat:endDate": {"@value": dates[1], "@type": "xsd:date"},
        }
    if any(grant.operation in _EXPORTS for grant in grants):
        description["dcat:distribution"] = [_distribution(about, dataset, one) for one in Format]
    return description


def _distribution(about: _About, dataset: AgreedDataset, output_format: Format) -> dict[str, Any]:
    media_type = {"@id": f"{_IANA}{CONTENT_TYPES[output_format]}"}
    return {
        "@id": f"{_id_of(about, dataset.id)}:{output_format}",
        "@type": "dcat:Distribution",
        "dct:title": _words(f"{dataset.terms.name.id} ({output_format})", f"{dataset.terms.name.en} ({output_format})"),
        "dcat:accessURL": _resource(f"{about.base}/exports"),
        "dcat:accessService": {"@id": about.base},
        "dcat:mediaType": {**media_type, "@type": ["dct:MediaType", "dct:MediaTypeOrExtent"]},
        "dct:conformsTo": {"@id": _contract_id(dataset)},
        "odrl:hasPolicy": about.policy(),
    }


def _contract(dataset: AgreedDataset) -> dict[str, Any]:
    return {
        "@id": _contract_id(dataset),
        "@type": "dct:Standard",
        "dct:title": f"ODCS {dataset.terms.contract.file}",
        "dct:identifier": f"sha256:{dataset.contract_sha256}",
    }


def _contract_id(dataset: AgreedDataset) -> str:
    return f"urn:tenun:contract:{dataset.contract_sha256}"


def _legislation(agreement: Agreement, purposes: list[Purpose]) -> list[dict[str, Any]]:
    """Every law that a purpose rests on, once, with its articles."""
    found: dict[str, dict[str, Any]] = {}
    for purpose in purposes:
        for basis in agreement.purposes[purpose].legal_basis:
            name = str(basis.law).replace("/", "-").replace(" ", "-")
            law = found.setdefault(
                name,
                {
                    "@id": f"urn:tenun:law:{name}",
                    "@type": "eli:LegalResource",
                    "dct:title": str(basis.law),
                    "dct:description": [],
                },
            )
            words = _words(f"{basis.article}: {basis.text.id}", f"{basis.article}: {basis.text.en}")
            law["dct:description"] += [one for one in words if one not in law["dct:description"]]
    return list(found.values())


def _purpose(agreement: Agreement, purpose: Purpose) -> dict[str, Any]:
    return {
        "@id": f"urn:tenun:purpose:{purpose}",
        "@type": ["skos:Concept", "dpv:Purpose"],
        "skos:notation": str(purpose),
        "skos:prefLabel": _both(agreement.purposes[purpose].name),
    }


def _told(purpose: Purpose, grants: list[_Grant]) -> list[dict[str, Any]]:
    """The grants of one purpose. Operations that have the same fields stand together."""
    by_fields: dict[frozenset[str], list[str]] = {}
    for grant in (one for one in grants if one.purpose is purpose):
        by_fields.setdefault(grant.fields, []).append(str(grant.operation))
    return [
        {"purpose": str(purpose), "operations": operations, "fields": sorted(fields)}
        for fields, operations in by_fields.items()
    ]


def _dates(station: Station, dataset: str) -> tuple[str, str] | None:
    """The earliest and the latest date of what is current. A snapshot's id begins with its date."""
    binding = BINDINGS[dataset]
    folder = station.lake.root / str(binding.layer) / binding.lake_dataset
    dates = [
        (folder / scope / CURRENT).read_text().split()[-1][: len("2026-01-31")]
        for scope in station.lake.scopes(layer=binding.layer, dataset=binding.lake_dataset)
    ]
    return (min(dates), max(dates)) if dates else None


def _id_of(about: _About, dataset: str) -> str:
    return f"{about.agreement.id}:dataset:{dataset}"


def _resource(address: str) -> dict[str, str]:
    """An address. The shapes ask for the type that everything has."""
    return {"@id": address, "@type": "rdfs:Resource"}


def _both(text: Text) -> list[dict[str, str]]:
    return _words(text.id, text.en)


def _words(indonesian: str, english: str) -> list[dict[str, str]]:
    return [{"@value": indonesian, "@language": "id"}, {"@value": english, "@language": "en"}]


def _moment(moment: datetime) -> dict[str, str]:
    return {"@value": moment.astimezone(JAKARTA).isoformat(timespec="seconds"), "@type": "xsd:dateTime"}
