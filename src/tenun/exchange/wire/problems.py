"""Refusals as documents that a program can act on and a person can read (RFC 9457, `application/problem+json`).

Each says what happened, by which clause, what to do next, and where it stands in the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tenun.exchange.refusals import NotPermitted
from tenun.exchange.wire import dpop, problem_types
from tenun.exchange.wire.problem_types import REGISTRY, ProblemType
from tenun.kernel.errors import TenunError

__all__ = ["CONTENT_TYPE", "REGISTRY", "Problem", "markdown", "of", "of_reason", "of_type", "slug_of"]

CONTENT_TYPE = "application/problem+json"
URN, CALL_URN = "urn:tenun:problem:", "urn:tenun:call:"
INTERNAL = "internal"


@dataclass(frozen=True)
class Problem:
    """What to answer: status, document, and headers, `content-type` among them."""

    kind: ProblemType
    status: int
    document: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    def at_token_endpoint(self) -> Problem:
        """The same for `/token`, where OAuth clients look for `error` in plain JSON (RFC 6749, section 5.2)."""
        oauth = {"error": self.kind.oauth, "error_description": self.kind.title_en}
        headers = {**self.headers, "content-type": "application/json", "cache-control": "no-store"}
        headers.pop("www-authenticate", None)
        is_challenge = self.status == 401 and self.kind.oauth != "invalid_client"
        status = 400 if is_challenge else self.status
        document = {**self.document, "status": status, **oauth}
        return replace(self, status=status, document=document, headers=headers)


def of(
    error: TenunError,
    *,
    decision: str | None = None,
    log_index: int | None = None,
    rev: str | None = None,
    call: str | None = None,
    language: str = "id",
) -> Problem:
    """The problem of an error.

    `decision`: its id; a refusal by the agreement brings its own. `rev`: the revision in force. `call`: the call's
    id (SHA-256 of the request's signature). `language` is that of `title` and `detail`; `text` and `remedy` are
    in both. An error that is not the other party's matter becomes `internal` and tells nothing of itself.
    """
    denial = error.denial if isinstance(error, NotPermitted) else None
    kind = REGISTRY[slug_of(error)]
    own = kind.slug != INTERNAL
    members: dict[str, Any] = {
        "code": error.code if own else None,
        "decision": decision or (denial.decision_id if denial is not None else None),
        "log_index": log_index,
        "rev": rev,
        "instance": CALL_URN + call if call else None,
    }
    if denial is not None:
        members["pasal"] = list(denial.clauses)
        members["reasons"] = [reason.as_dict() for reason in denial.reasons]
        members["fields"] = _names(name for reason in denial.reasons for name in reason.parts.get("fields", ()))
    elif own:
        members["fields"] = _names(error.parts.get("fields"))
    return _problem(
        kind,
        text={one: (error.message(one) if own else "") for one in ("id", "en")},
        remedy={one: (error.remedy(one) if own else "") for one in ("id", "en")},
        members=members,
        language=language,
    )


def of_type(slug: str, *, call: str | None = None, log_index: int | None = None, language: str = "id") -> Problem:
    """A problem that no error of ours stands behind: `not-found`, `method-not-allowed`, `internal` …"""
    members = {"log_index": log_index, "instance": CALL_URN + call if call else None}
    return _problem(REGISTRY[slug], text={}, remedy={}, members=members, language=language)


def slug_of(error: TenunError) -> str:
    """The name of an error's problem; `internal` for what is not the other party's matter."""
    if isinstance(error, NotPermitted):
        slugs = {of_reason(reason.code) for reason in error.denial.reasons}
        return next((one.slug for one in problem_types.TYPES if one.slug in slugs), INTERNAL)
    return problem_types.CODES.get(error.code) or _family(error.code, problem_types.FAMILIES) or INTERNAL


def of_reason(code: str) -> str:
    """The name of the problem of a decision's reason. A reason that nobody entered is still a refusal."""
    known = problem_types.REASONS.get(code) or _family(code, problem_types.REASON_FAMILIES)
    return known or "operation-not-permitted"


def markdown() -> str:
    """The registry as a page, for docs/reference."""
    lines = [
        "# Problems",
        "",
        f"What a node answers when it refuses (RFC 9457). `type` is `{URN}` and the name. Generated.",
        "",
        "| name | status | Pasal | artinya / meaning | sebab / cause | yang harus dilakukan / what to do |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{one.slug}` | {one.status} | {one.pasal or ''} | {one.title_id}. *{one.title_en}.* "
        f"| {one.cause_id} *{one.cause_en}* | {one.remedy_id} *{one.remedy_en}* |"
        for one in problem_types.TYPES
    ]
    return "\n".join(lines) + "\n"


def _problem(
    kind: ProblemType,
    *,
    text: Mapping[str, str],
    remedy: Mapping[str, str],
    members: Mapping[str, Any],
    language: str,
) -> Problem:
    both = {"id": text.get("id") or kind.cause_id, "en": text.get("en") or kind.cause_en}
    document: dict[str, Any] = {
        "type": URN + kind.slug,
        "title": kind.title_en if language == "en" else kind.title_id,
        "status": kind.status,
        "detail": both["en" if language == "en" else "id"],
        "text": both,
        "remedy": {"id": remedy.get("id") or kind.remedy_id, "en": remedy.get("en") or kind.remedy_en},
        "pasal": [kind.pasal] if kind.pasal else [],
    }
    document.update({name: value for name, value in members.items() if value not in (None, [])})
    return Problem(kind, kind.status, document, _headers(kind, language))


def _headers(kind: ProblemType, language: str) -> dict[str, str]:
    headers = {
        "content-type": CONTENT_TYPE,
        "content-language": "en" if language == "en" else "id",
        "cache-control": "no-store",
    }
    if kind.retry_after is not None:
        headers["retry-after"] = str(kind.retry_after)
    if kind.status == 401:
        headers["www-authenticate"] = _challenge(kind)
    return headers


def _challenge(kind: ProblemType) -> str:
    """RFC 9110 asks for one with every 401; RFC 9449 (section 7.1) says how it looks."""
    error = f'error="{kind.oauth}", ' if kind.oauth in ("invalid_token", "invalid_dpop_proof") else ""
    return f'DPoP {error}algs="{" ".join(dpop.ALGORITHMS)}"'


def _names(given: object) -> list[str]:
    """Names of fields, sorted, each once: from a list, or from the text that an error has of one."""
    if isinstance(given, str):
        given = [name.strip() for name in given.split(",")]
    if not isinstance(given, Iterable):
        return []
    return sorted({str(name) for name in given if name})


def _family(code: str, families: Mapping[str, str]) -> str | None:
    return next((slug for prefix, slug in families.items() if code.startswith(prefix)), None)
