"""The results API in OpenAPI 3.1: paths and parameters come from the routes, rows from the model of a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenun.disclosure.state import ValueState
from tenun.indicators import csvw, export
from tenun.indicators.dcat import CONTENT_TYPE as JSON_LD
from tenun.indicators.dcat import MEDIA_TYPES
from tenun.portal.downloads.api import problems

JSON = "application/json"
_REFUSED = (
    "request-malformed", "results-not-signed-in", "results-role", "results-outside-scope", "agreement-shut-off",
    "not-found", "payload-too-large", "cursor-unknown", "method-not-allowed", "results-none", "internal",
)  # fmt: skip
_TYPES: Mapping[export.Kind, Any] = {
    export.Kind.TEXT: {"type": "string"},
    export.Kind.WHOLE: {"type": "integer"},
    export.Kind.NUMBER: {"type": ["number", "null"]},
    export.Kind.DATE: {"type": ["string", "null"], "format": "date"},
}


def described(text: str, *medias: str, schema: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a route says of its answers."""
    binary = {"type": "string", "format": "binary"}
    content = {media: {"schema": dict(schema or {"type": "object"}) if "json" in media else binary} for media in medias}
    headers = {
        "ETag": {"description": "SHA-256 of the content: strong.", "schema": {"type": "string"}},
        "Cache-Control": {
            "description": "`immutable` for a named snapshot without objections.",
            "schema": {"type": "string"},
        },
    }
    return {
        "responses": {
            "200": {"description": text, "content": content, "headers": headers},
            "304": {"description": "Unchanged since the ETag in `If-None-Match`."},
            **_refusals(),
        },
        "security": [{"key": []}, {"session": []}],
    }


def _refusals() -> dict[str, Any]:
    by_status: dict[str, dict[str, Any]] = {}
    for slug in _REFUSED:
        told = problems.document(slug, language="en")
        by_status.setdefault(str(told["status"]), {})[slug] = {"value": told}
    return {
        status: {
            "description": ", ".join(f"`{slug}`" for slug in examples),
            "content": {
                problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
            },
        }
        for status, examples in sorted(by_status.items())
    }


def row_schema() -> dict[str, Any]:
    """One figure, column by column."""
    properties = {
        key: {**_TYPES[field.kind], "title": field.en, "description": field.id} for key, field in export.FIELDS.items()
    }
    properties["state"]["enum"] = [str(one) for one in ValueState]
    return {"type": "object", "required": list(properties), "properties": properties, "additionalProperties": False}


VALUES = described(
    "Figures: JSON in pages, the other formats whole. A hidden figure is null and its state says why.",
    *MEDIA_TYPES.values(),
    schema={
        "type": "object",
        "required": ["snapshot", "self", "next", "rows", "corrections", "values"],
        "properties": {
            "snapshot": {"type": "string"},
            "self": {"type": "string", "description": "The permanent address of this page."},
            "next": {"type": ["string", "null"], "description": "The next page, of the same snapshot."},
            "rows": {"type": "integer", "description": "Rows of all pages; with `state`, at most."},
            "corrections": {
                "type": "array",
                "description": "Figures of this page that their village objects to.",
                "items": {"$ref": "#/components/schemas/Correction"},
            },
            "values": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
        },
    },
)
CORRECTION: Mapping[str, Any] = {
    "type": "object",
    "description": "One objection; `reason` of its row says the same in words. Its numbers stay as they are.",
    "required": ["correction", "indicator", "area_code", "state", "filed_on", "accepted_on"],
    "properties": {
        "correction": {"type": "integer", "description": "Its number, as on the portal's page."},
        "indicator": {"type": "string"},
        "area_code": {"type": "string"},
        "state": {"type": "string", "enum": ["open", "accepted"]},
        "filed_on": {"type": "string", "format": "date"},
        "accepted_on": {"type": ["string", "null"], "format": "date"},
    },
    "additionalProperties": False,
}
METADATA = described("CSV on the Web: columns, states, Perpres 39/2019 of each indicator.", csvw.CONTENT_TYPE)
CATALOGUE = described("Every snapshot, in DCAT 3 (DCAT-AP 3.0.1).", JSON_LD)
SNAPSHOT = described("The snapshot: dates, agreement, rule, citation, addresses.", JSON)
AREAS = described("Areas of the account's scope, by code.", JSON)
INDICATORS = described("Indicators with the metadata of Perpres 39/2019.", JSON)
PROVENANCE = described("Where a figure comes from, down to the hashes of files (Pasal 8).", JSON)
DOCUMENT = described("This document.", JSON)


def finished(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The whole document, from what the routes say of themselves."""
    problem = {
        "type": "object",
        "description": "RFC 9457, as the exchange's API has it.",
        "required": ["type", "title", "status", "detail", "text", "remedy", "pasal"],
        "properties": {
            "type": {"type": "string", "enum": [problems.exchange.URN + slug for slug in problems.TYPES]},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "text": {"type": "object"},
            "remedy": {"type": "object"},
            "pasal": {"type": "array", "items": {"type": "string"}},
            "code": {"type": "string"},
            "fields": {"type": "array", "items": {"type": "string"}},
        },
    }
    components = dict(schema.get("components", {}))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tenun: results",
            "version": "1",
            "description": "Figures of a snapshot, inside the area of the account. "
            "An address that names the snapshot gives the same bytes for as long as the snapshot is kept, "
            "but for objections of villages, which come and go in `reason` and `corrections`; numbers never change.",
        },
        "paths": schema["paths"],
        "components": {
            **components,
            "schemas": {
                **components.get("schemas", {}),
                "Row": row_schema(),
                "Correction": CORRECTION,
                "Problem": problem,
            },
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "Made on the page Data and API."},
                "session": {"type": "apiKey", "in": "cookie", "name": "tenun", "description": "The portal's session."},
            },
        },
    }
