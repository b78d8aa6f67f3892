"""The API in OpenAPI 3.1: what each operation takes, gives and refuses, with examples. Served and published.

A route names its description here; paths and parameters come from the routes themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tenun.api import bodies
from tenun.api.shapes import ExportWanted, Question
from tenun.exchange.wire import problems

BASE = "/v1/agreements/"
JSON, PROBLEM = "application/json", problems.CONTENT_TYPE
Description = dict[str, Any]


def base(agreement: str) -> str:
    """Where an agreement's operations lie; `agreement` is the last segment of its URN."""
    return BASE + agreement


# --- parts -------------------------------------------------------------------------------------------

_SIGNED: Sequence[Mapping[str, Sequence[str]]] = [{"messageSignature": []}]
_WITH_TOKEN: Sequence[Mapping[str, Sequence[str]]] = [{"messageSignature": [], "dpopToken": [], "dpopProof": []}]
_BY_ANYONE: Sequence[Mapping[str, Sequence[str]]] = []

# What can go wrong with every signed call, and with every one that takes a token.
_SIGNED_PROBLEMS = (
    "signature-missing",
    "signature-invalid",
    "digest-mismatch",
    "replayed",
    "request-malformed",
    "busy",
    "log-unavailable",
    "replay-store-unavailable",
    "internal",
)
_TOKEN_PROBLEMS = (
    *_SIGNED_PROBLEMS,
    "agreement-shut-off",
    "agreement-not-in-force",
    "agreement-revision-stale",
    "token-missing",
    "token-invalid",
    "token-epoch",
    "dpop-invalid",
    "not-found",
)
_DECIDED_PROBLEMS = (
    *_TOKEN_PROBLEMS,
    "dataset-not-covered",
    "operation-not-permitted",
    "purpose-not-permitted",
    "field-not-permitted",
    "party-not-permitted",
    "frequency-exceeded",
    "payload-too-large",
    "unsupported-format",
)


def _answer(
    text: str,
    *,
    media: str | None = JSON,
    schema: Mapping[str, Any] | None = None,
    example: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Description:
    told: Description = {"description": text}
    if media is not None:
        content: Description = {"schema": dict(schema or {"type": "object"})}
        if example is not None:
            content["example"] = example
        told["content"] = {media: content}
    named = {**(headers or {}), "Signature-Input": "RFC 9421: what is signed.", "Signature": "RFC 9421, label sig1."}
    told["headers"] = {name: {"description": words, "schema": {"type": "string"}} for name, words in named.items()}
    return told


def _refusals(slugs: Sequence[str]) -> dict[str, Description]:
    """The problems of an operation, by status."""
    by_status: dict[int, list[str]] = {}
    for slug in dict.fromkeys(slugs):
        by_status.setdefault(problems.REGISTRY[slug].status, []).append(slug)
    found = {}
    for status, names in sorted(by_status.items()):
        examples = {slug: {"summary": problems.REGISTRY[slug].title_en, "value": _example(slug)} for slug in names}
        found[str(status)] = {
            "description": ", ".join(f"`{slug}`" for slug in names),
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
        }
    return found


def _example(slug: str) -> dict[str, Any]:
    return {
        **problems.of_type(slug, call="9f" * 32, log_index=4711, language="en").document,
    }


def _operation(
    *,
    security: Sequence[Mapping[str, Sequence[str]]],
    answers: Mapping[int, Description],
    refusals: Sequence[str] = (),
    body: Description | None = None,
    headers: Sequence[tuple[str, str, bool]] = (),
) -> Description:
    told: Description = {
        "security": list(security),
        "responses": {**{str(status): answer for status, answer in answers.items()}, **_refusals(refusals)},
    }
    if body is not None:
        told["requestBody"] = body
    if headers:
        told["x-headers"] = [
            {"name": name, "in": "header", "required": needed, "description": words, "schema": {"type": "string"}}
            for name, words, needed in headers
        ]
    return told


def _body(media: str, schema: Mapping[str, Any], *, limit: int, example: Any) -> Description:
    return {
        "required": True,
        "description": f"At most {limit} bytes.",
        "content": {media: {"schema": dict(schema), "example": example}},
    }


# --- examples ----------------------------------------------------------------------------------------

_WANTED = {
    "dataset": "sid-warga",
    "purpose": "pemadanan",
    "fields": ["nik", "full_name", "birth_date"],
    "area": "53.17",
    "format": "parquet",
}
_ASKED = {
    "dataset": "sid-warga",
    "purpose": "pemadanan",
    "fields": ["village_code"],
    "subject": {"nik": "(16 digits)"},
    "mode": "exists",
    "ticket": "TIKET/2026/0017",
}
_JOB = {"job": "0" * 32, "state": "queued", "done": 0, "of": 0, "format": "parquet"}
_GRANT = {
    "type": "urn:pks:access:1",
    "agreement": "urn:tenun:agreement:sid-siapkerja",
    "rev": "ab" * 32,
    "dataset": "sid-warga",
    "operation": "bulk",
    "purpose": "pemadanan",
    "fields": ["birth_date", "full_name", "nik"],
    "area": "53.17",
}
_KEY = ("Idempotency-Key", "The same key asks for the same export again.", False)

# --- the operations ----------------------------------------------------------------------------------

HEALTH = _operation(
    security=_BY_ANYONE,
    answers={
        200: {
            "description": "Whether data may pass.",
            "content": {
                JSON: {
                    "schema": {
                        "type": "object",
                        "required": ["status"],
                        "properties": {"status": {"enum": ["up", "closed"]}},
                    }
                }
            },
        }
    },
)
METADATA = _operation(security=_BY_ANYONE, answers={200: _answer("RFC 8414 metadata.")}, refusals=("busy", "internal"))
NODE_METADATA = _operation(
    security=_BY_ANYONE, answers={200: _answer("Addresses and versions.")}, refusals=("busy", "internal")
)
OPENAPI = _operation(security=_BY_ANYONE, answers={200: _answer("This document.")}, refusals=("busy", "internal"))


def _oauth_refusals(slugs: Sequence[str]) -> dict[str, Description]:
    """At the token endpoint a problem is plain JSON with `error` in it (RFC 6749, section 5.2)."""
    by_status: dict[int, dict[str, Any]] = {}
    for slug in dict.fromkeys(slugs):
        problem = problems.of_type(slug, log_index=4711, language="en").at_token_endpoint()
        by_status.setdefault(problem.status, {})[slug] = {"value": problem.document}
    return {
        str(status): {
            "description": ", ".join(f"`{slug}`" for slug in examples),
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/OAuthProblem"}, "examples": examples}},
        }
        for status, examples in sorted(by_status.items())
    }


_FORM = "application/x-www-form-urlencoded"
_ASSERTED = {
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": "(JWT by the pinned client key, aud = issuer, exp at most 60 s ahead)",
}
_OAUTH_PROBLEMS = (
    "request-malformed", "client-unknown", "replayed", "payload-too-large", "unsupported-format",
    "busy", "log-unavailable", "replay-store-unavailable", "internal",
)  # fmt: skip
TOKEN = _operation(
    security=[{"clientAssertion": [], "dpopProof": []}],
    answers={
        200: _answer(
            "A token for 300 s.",
            example={
                "access_token": "eyJ…",
                "token_type": "DPoP",
                "expires_in": 300,
                "authorization_details": [_GRANT],
            },
        )
    },
    body=_body(
        _FORM,
        {
            "type": "object",
            "required": ["grant_type", *_ASSERTED, "authorization_details"],
            "properties": {
                "grant_type": {"const": "client_credentials"},
                **{name: {"type": "string"} for name in _ASSERTED},
                "authorization_details": {"type": "string", "description": "JSON: exactly one access (RFC 9396)."},
                "client_id": {"type": "string"},
            },
        },
        limit=bodies.SMALL,
        example={"grant_type": "client_credentials", **_ASSERTED, "authorization_details": "[{…}]"},
    ),
    headers=[("DPoP", "Proof of the key that the token is for (RFC 9449).", True)],
)
TOKEN["responses"].update(
    _oauth_refusals(
        (
            *_OAUTH_PROBLEMS,
            "grant-malformed",
            "dpop-invalid",
            "agreement-shut-off",
            "agreement-not-in-force",
            "agreement-revision-stale",
            "not-found",
            "dataset-not-covered",
            "operation-not-permitted",
            "purpose-not-permitted",
            "field-not-permitted",
            "party-not-permitted",
        )
    )
)
INTROSPECT = _operation(
    security=[{"clientAssertion": []}],
    answers={200: _answer("What counts now (RFC 7662).", example={"active": False})},
    body=_body(
        _FORM,
        {
            "type": "object",
            "required": ["token", *_ASSERTED],
            "properties": {"token": {"type": "string"}, **{name: {"type": "string"} for name in _ASSERTED}},
        },
        limit=bodies.SMALL,
        example={"token": "eyJ…", **_ASSERTED},
    ),
)
INTROSPECT["responses"].update(_oauth_refusals(_OAUTH_PROBLEMS))

EXPORT = _operation(
    security=_WITH_TOKEN,
    answers={
        202: _answer(
            "Taken in. Follow it at `Content-Location`.",
            example=_JOB,
            headers={"Content-Location": "Address of the export.", "Retry-After": "Seconds."},
        )
    },
    refusals=(*_DECIDED_PROBLEMS, "subject-scope", "idempotency-conflict", "cursor-unknown"),
    body=_body(JSON, ExportWanted.model_json_schema(), limit=bodies.SMALL, example=_WANTED),
    headers=[_KEY, ("Prefer", "`respond-async`: there is no other way.", False)],
)
_GONE = (*_DECIDED_PROBLEMS, "gone")
EXPORT_STATUS = _operation(
    security=_WITH_TOKEN,
    answers={
        200: _answer("Finished: the manifest."),
        202: _answer("Not finished.", example=_JOB, headers={"X-Progress": "Per cent.", "Retry-After": "Seconds."}),
    },
    refusals=_GONE,
)
EXPORT_MANIFEST = _operation(
    security=_WITH_TOKEN, answers={200: _answer("The manifest.")}, refusals=(*_GONE, "export-not-ready")
)
EXPORT_CANCEL = _operation(
    security=_WITH_TOKEN, answers={202: _answer("Ended, and its files removed.", example=_JOB)}, refusals=_GONE
)
_FILE_HEADERS = {
    "ETag": "The file's SHA-256 in quotes: strong.",
    "Repr-Digest": "RFC 9530, of the whole file, also where a part is sent.",
    "Accept-Ranges": "`bytes`",
}
_BYTES = {"type": "string", "format": "binary"}
EXPORT_FILE = _operation(
    security=_WITH_TOKEN,
    answers={
        200: _answer("The whole file.", media="application/octet-stream", schema=_BYTES, headers=_FILE_HEADERS),
        206: _answer(
            "A part of it.",
            media="application/octet-stream",
            schema=_BYTES,
            headers={**_FILE_HEADERS, "Content-Range": "Which part."},
        ),
    },
    refusals=(*_GONE, "export-not-ready", "range-not-satisfiable"),
    headers=[("Range", "One range of bytes.", False), ("If-Range", "The ETag that the beginning had.", False)],
)
QUERY = _operation(
    security=_WITH_TOKEN,
    answers={200: _answer("The answer about one person.")},
    refusals=(*_DECIDED_PROBLEMS, "subject-scope"),
    body=_body(JSON, Question.model_json_schema(), limit=bodies.SMALL, example=_ASKED),
)
CATALOGUE = _operation(
    security=_SIGNED,
    answers={200: _answer("What the agreement lets the caller ask for (DCAT 3).", media="application/ld+json")},
    refusals=(*_SIGNED_PROBLEMS, "agreement-shut-off"),
)
EVENT = _operation(
    security=_SIGNED,
    answers={202: _answer("Taken, and its effect had. The same event twice has the effect of one.")},
    refusals=(
        *_SIGNED_PROBLEMS,
        "event-refused",
        "event-out-of-order",
        "act-refused",
        "payload-too-large",
        "unsupported-format",
    ),
    body=_body(
        "application/cloudevents+json",
        {"type": "object"},
        limit=bodies.EVENT,
        example={
            "specversion": "1.0",
            "id": "5d" * 16,
            "source": "https://simpul.example.go.id",
            "type": "dataset.changed",
            "time": "2026-11-24T03:00:00Z",
            "datacontenttype": JSON,
            "data": {
                "agreement": "urn:tenun:agreement:sid-siapkerja",
                "dataset": "sid-warga",
                "cursor": "2026-11-24T03:00:00.000000Z",
            },
        },
    ),
)
ACT = _operation(
    security=_SIGNED,
    answers={200: _answer("In our chain.", example={"act": "ab" * 32, "is_new": True})},
    refusals=(*_SIGNED_PROBLEMS, "act-refused", "not-found", "payload-too-large", "unsupported-format"),
    body=_body(JSON, {"type": "object"}, limit=bodies.ACT, example={"payload": "…", "signatures": ["…"]}),
)
ACTS = _operation(
    security=_SIGNED,
    answers={200: _answer("Every act, each after those that it follows.", example={"heads": [], "acts": []})},
    refusals=(*_SIGNED_PROBLEMS, "not-found"),
)
REVISION = _operation(
    security=_SIGNED,
    answers={200: _answer("The document with its text and contracts.", example={"type": "tenun-revision/1"})},
    refusals=(*_SIGNED_PROBLEMS, "not-found"),
)
STATE = _operation(
    security=_SIGNED,
    answers={200: _answer("The state of the agreement.")},
    refusals=(*_SIGNED_PROBLEMS, "not-found"),
)
CHECKPOINT = _operation(
    security=_SIGNED,
    answers={200: _answer("The newest checkpoint (C2SP).", media="text/plain", schema={"type": "string"})},
    refusals=(*_SIGNED_PROBLEMS, "not-found"),
)
TILE = _operation(
    security=_SIGNED,
    answers={200: _answer("A tile or entry bundle (C2SP).", media="application/octet-stream", schema=_BYTES)},
    refusals=(*_SIGNED_PROBLEMS, "not-found"),
)
_PLAIN = {"text/plain": {"schema": {"type": "string"}}}
WITNESS = _operation(
    security=_BY_ANYONE,
    answers={
        200: _answer("Our cosignatures (C2SP tlog-witness).", media="text/plain", schema={"type": "string"}),
        **{
            status: {"description": text, "content": _PLAIN}
            for status, text in (
                (400, "Malformed."),
                (403, "Not signed by the log."),
                (404, "A log that is not watched."),
                (409, "The size that we have seen: ask again from there."),
                (422, "Not shown to begin with what we have seen."),
            )
        },
    },
    refusals=("payload-too-large", "busy", "internal"),
    body=_body("text/plain", {"type": "string"}, limit=bodies.EVENT, example="old 0\n\n(checkpoint)\n"),
)
RECEIPT = _operation(
    security=_SIGNED,
    answers={200: _answer("Checked and kept.")},
    refusals=(*_SIGNED_PROBLEMS, "not-found", "payload-too-large", "unsupported-format"),
    body=_body("application/jose", {"type": "string"}, limit=bodies.ACT, example="eyJ…"),
)


# --- the document ------------------------------------------------------------------------------------

_BOTH = {
    "type": "object",
    "required": ["id", "en"],
    "properties": {"id": {"type": "string"}, "en": {"type": "string"}},
}
_PROBLEM: Description = {
    "type": "object",
    "description": "RFC 9457, with the clause, the decision and the place in the log.",
    "required": ["type", "title", "status", "detail", "text", "remedy", "pasal"],
    "properties": {
        "type": {"type": "string", "enum": [problems.URN + slug for slug in problems.REGISTRY]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The call, by the SHA-256 of its signature."},
        "text": _BOTH,
        "remedy": _BOTH,
        "pasal": {"type": "array", "items": {"type": "string"}},
        "code": {"type": "string"},
        "fields": {"type": "array", "items": {"type": "string"}},
        "reasons": {"type": "array", "items": {"type": "object"}},
        "decision": {"type": "string", "description": "The decision's id, in both parties' logs."},
        "log_index": {"type": "integer", "description": "Where the refusal stands in our log."},
        "rev": {"type": "string", "description": "The revision in force."},
    },
}
_SECURITY: Description = {
    "messageSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "RFC 9421 by the message key that the agreement pins; docs/protocols/wire-signatures.md.",
    },
    "dpopToken": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`DPoP` and a token from /token; docs/protocols/tokens.md.",
    },
    "dpopProof": {"type": "apiKey", "in": "header", "name": "DPoP", "description": "RFC 9449."},
    "clientAssertion": {
        "type": "apiKey",
        "in": "header",
        "name": "DPoP",
        "description": "RFC 7523: `client_assertion` in the form, with a DPoP proof.",
    },
}


def document(schema: Mapping[str, Any], *, issuer: str) -> dict[str, Any]:
    """The whole document, from what the routes say of themselves."""
    paths = {path: {method: _finished(one) for method, one in item.items()} for path, item in schema["paths"].items()}
    oauth = {
        **_PROBLEM,
        "required": [*_PROBLEM["required"], "error"],
        "properties": {**_PROBLEM["properties"], "error": {"type": "string"}, "error_description": {"type": "string"}},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tenun: exchange between the two nodes",
            "version": "1",
            "description": "Every request is signed (RFC 9421), decided by the agreement, and in both parties' logs.",
        },
        "servers": [{"url": issuer}],
        "paths": paths,
        "components": {"schemas": {"Problem": _PROBLEM, "OAuthProblem": oauth}, "securitySchemes": _SECURITY},
    }


def _finished(operation: Mapping[str, Any]) -> dict[str, Any]:
    """An operation as its description has it, without what the framework assumed."""
    told = dict(operation)
    told["parameters"] = [*told.get("parameters", ()), *told.pop("x-headers", ())]
    described = {status: answer for status, answer in told["responses"].items() if answer.get("description") != "OK"}
    told["responses"] = described
    if not told["parameters"]:
        del told["parameters"]
    return told
