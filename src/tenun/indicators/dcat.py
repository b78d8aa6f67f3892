"""The catalogue of result snapshots, in DCAT 3 (DCAT-AP 3.0.1) as JSON-LD: the terms and the context of the exchange's.

Each snapshot is a dataset of its own, since its figures never change; each format of it is a distribution.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tenun.agreement.agreed import Agreement
from tenun.exchange.serving.catalogue import CONTENT_TYPE, CONTEXT
from tenun.indicators.citation import CONDITIONS, PUBLISHERS
from tenun.indicators.results import DEFINITIONS
from tenun.indicators.tables import DATASET, SCOPE
from tenun.lake.snapshot import Layer, Snapshot
from tenun.lake.store import Lake

__all__ = ["CONTENT_TYPE", "MEDIA_TYPES", "document", "snapshots"]

MEDIA_TYPES: Mapping[str, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
"""Format -> media type, as the API writes and the catalogue tells it."""
_AUTHORITY = "http://publications.europa.eu/resource/authority/"
_IANA = "https://www.iana.org/assignments/media-types/"


def snapshots(lake: Lake) -> tuple[Snapshot, ...]:
    """Every snapshot of figures made at this node, oldest first; what the other party handed over is not among them."""
    return tuple(
        one for one in lake.history(layer=Layer.OUT, dataset=DATASET, scope=SCOPE) if DEFINITIONS in one.tables
    )


def document(base: str, agreement: Agreement, listed: Sequence[Snapshot]) -> dict[str, Any]:
    """The catalogue of those snapshots. `base` is the address of the API, without a slash at its end."""
    contacts = [
        {
            "@id": f"urn:tenun:contact:{party.role}",
            "@type": "vcard:Kind",
            "vcard:fn": party.contact.liaison,
            "vcard:hasEmail": {"@id": f"mailto:{party.contact.email}"},
        }
        for party in agreement.document.parties
    ]
    return {
        "@context": CONTEXT,
        "@id": f"{base}/catalog",
        "@type": "dcat:Catalog",
        "dct:title": _words("Hasil integrasi SID dan SIAPKerja", "Integrated results of SID and SIAPKerja"),
        "dct:description": _words(*CONDITIONS),
        "dct:publisher": _publisher(),
        "dct:language": [
            {"@id": f"{_AUTHORITY}language/{code}", "@type": "dct:LinguisticSystem"} for code in ("IND", "ENG")
        ],
        "dcat:dataset": [_dataset(base, one, contacts) for one in listed],
        "dcat:service": {
            "@id": base,
            "@type": "dcat:DataService",
            "dct:title": _words("API hasil", "Results API"),
            "dcat:endpointURL": _resource(base),
            "dcat:endpointDescription": _resource(f"{base}/openapi.json"),
            "dct:publisher": {"@id": _publisher()["@id"]},
            "dct:accessRights": _restricted(),
            "dcat:servesDataset": [{"@id": _dataset_id(one)} for one in listed],
        },
    }


def _dataset(base: str, snapshot: Snapshot, contacts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    day = snapshot.as_of.isoformat()
    details = snapshot.details
    invented = ("DATA BUATAN. ", "INVENTED DATA. ") if details.get("invented") else ("", "")
    return {
        "@id": _dataset_id(snapshot),
        "@type": "dcat:Dataset",
        "dct:identifier": snapshot.id,
        "dcat:version": snapshot.id,
        "dct:title": _words(f"{invented[0]}Angka per wilayah, {day}", f"{invented[1]}Figures by area, {day}"),
        "dct:description": _words(
            f"Angka indikator setelah pengendalian pengungkapan ({details['rule_version']}), tanggal acuan {day}, "
            f"perjanjian {details['agreement_number']}. Nilai kosong bukan nol; keadaannya menyebut sebabnya.",
            f"Indicator figures after disclosure control ({details['rule_version']}), reference date {day}, "
            f"agreement {details['agreement_number']}. An empty value is not zero; its state says why.",
        ),
        "dct:publisher": {"@id": _publisher()["@id"]},
        "dcat:contactPoint": list(contacts),
        "dct:accessRights": _restricted(),
        "dct:language": [{"@id": f"{_AUTHORITY}language/{code}"} for code in ("IND", "ENG")],
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@value": day, "@type": "xsd:date"},
            "dcat:endDate": {"@value": day, "@type": "xsd:date"},
        },
        "odrl:hasPolicy": {"@id": f"urn:tenun:agreement:revision:{details['agreement_rev']}", "@type": "odrl:Policy"},
        "dcat:distribution": [_distribution(base, snapshot, name, media) for name, media in MEDIA_TYPES.items()],
    }


def _distribution(base: str, snapshot: Snapshot, name: str, media: str) -> dict[str, Any]:
    return {
        "@id": f"{_dataset_id(snapshot)}:{name}",
        "@type": "dcat:Distribution",
        "dct:title": _words(f"Angka ({name})", f"Figures ({name})"),
        "dcat:accessURL": _resource(f"{base}/{snapshot.id}/values?format={name}"),
        "dcat:accessService": {"@id": base},
        "dcat:mediaType": {"@id": f"{_IANA}{media}", "@type": ["dct:MediaType", "dct:MediaTypeOrExtent"]},
        "dct:rights": {"@type": "dct:RightsStatement", "rdfs:label": _words(*CONDITIONS)},
    }


def _dataset_id(snapshot: Snapshot) -> str:
    return f"urn:tenun:results:{snapshot.id}"


def _publisher() -> dict[str, Any]:
    """Both ministries as one: results belong to both (Pasal 8(2)), and DCAT-AP has one publisher."""
    return {"@id": "urn:tenun:party:both", "@type": "foaf:Agent", "foaf:name": _words(*PUBLISHERS)}


def _restricted() -> dict[str, Any]:
    return {"@id": f"{_AUTHORITY}access-right/RESTRICTED", "@type": "dct:RightsStatement"}


def _resource(address: str) -> dict[str, str]:
    return {"@id": address, "@type": "rdfs:Resource"}


def _words(indonesian: str, english: str) -> list[dict[str, str]]:
    return [{"@value": indonesian, "@language": "id"}, {"@value": english, "@language": "en"}]
