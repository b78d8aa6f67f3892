"""Metadata that goes with a CSV of figures: CSV on the Web (W3C Recommendation of 17 December 2015), as JSON-LD.

The same object stands in the schema of the Parquet file, so that neither format says less than the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tenun.disclosure.state import ValueState
from tenun.indicators import satu_data, wording
from tenun.indicators.citation import CONDITIONS, PUBLISHERS, About, of_snapshot
from tenun.indicators.definition import Definition
from tenun.indicators.export import FIELDS, Field, Kind

CONTENT_TYPE = "application/csvm+json"
"""Section 6.2 of "Model for Tabular Data and Metadata on the Web"."""

_DATATYPES = {Kind.TEXT: "string", Kind.WHOLE: "integer", Kind.NUMBER: "number", Kind.DATE: "date"}
_OURS = "urn:tenun:term:"


def document(
    about: About, definitions: Iterable[Definition], *, url: str, address: str = "", language: str = "id"
) -> dict[str, Any]:
    """Metadata of a CSV at `url` (relative to the metadata) that holds figures of those definitions.

    Depends on the snapshot and on what was asked alone: nothing of the hour or of the reader is in it. `address`
    is the permanent link that is cited.
    """
    citation = of_snapshot(about, address=address)
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": language}],
        "url": url,
        "dialect": {"encoding": "utf-8", "delimiter": ",", "quoteChar": '"', "header": True, "lineTerminators": "\r\n"},
        "dc:title": "Tenun",
        "dc:identifier": about.snapshot,
        "dc:language": language,
        "dc:publisher": _both(PUBLISHERS),
        "dc:rights": _both(CONDITIONS),
        "dc:bibliographicCitation": _both((citation.id, citation.en)),
        "dc:date": {"@value": about.reference_date.isoformat(), "@type": "xsd:date"},
        f"{_OURS}agreement": about.agreement_number,
        f"{_OURS}agreementRevision": about.agreement_rev,
        f"{_OURS}disclosureRule": about.rule_version,
        f"{_OURS}minimumCell": about.minimum_cell,
        f"{_OURS}isInvented": about.is_invented,
        f"{_OURS}states": [
            {
                "@id": f"{_OURS}state:{state}",
                "skos:notation": str(state),
                "skos:prefLabel": _both(wording.STATES[state]),
            }
            for state in ValueState
        ],
        f"{_OURS}indicators": [_indicator(one) for one in definitions],
        "tableSchema": {
            "columns": [_column(key, field) for key, field in FIELDS.items()],
            "primaryKey": [key for key, field in FIELDS.items() if field.is_key],
        },
    }


def _column(key: str, field: Field) -> dict[str, Any]:
    column: dict[str, Any] = {
        "name": key,
        "titles": key,
        "datatype": _DATATYPES[field.kind],
        "propertyUrl": f"{_OURS}{key}",
        "rdfs:label": _both((field.id, field.en)),
    }
    if field.kind is Kind.TEXT:
        column["null"] = []  # an empty text is an empty text: the total has no breakdown, and that is known
    elif field.kind is Kind.WHOLE:
        column["required"] = True
    return column


def _indicator(definition: Definition) -> dict[str, Any]:
    """Perpres 39/2019 with each indicator, as common properties: language maps become values with a language."""
    return {
        "@id": f"{_OURS}indicator:{definition.id}:{definition.version}",
        "skos:notation": definition.id,
        **{
            f"{_OURS}{key}": _both((told["id"], told["en"])) if _is_worded(told) else told
            for key, told in satu_data.metadata(definition).items()
            if key in _TOLD and told is not None
        },
    }


_TOLD = (
    "name", "version", "digest", "konsep", "definisi", "klasifikasi", "ukuran", "satuan", "dasar_rujukan",
    "numerator", "denominator", "population", "is_not", "owner", "sources", "disclosure_class",
)  # fmt: skip


def _is_worded(told: Any) -> bool:
    return isinstance(told, dict) and set(told) == {"id", "en"}


def _both(words: tuple[str, str]) -> list[dict[str, str]]:
    return [{"@value": words[0], "@language": "id"}, {"@value": words[1], "@language": "en"}]
