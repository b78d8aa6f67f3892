"""Refusals as documents (RFC 9457), in the shape that the exchange's API has them: `tenun.exchange.wire.problems`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from tenun.exchange.wire import problems as exchange
from tenun.exchange.wire.problem_types import ProblemType
from tenun.indicators.definition import IndicatorUnknown
from tenun.indicators.results import AreaUnknown, FigureUnknown
from tenun.kernel.errors import TenunError
from tenun.lake.store import SnapshotAltered, SnapshotMissing
from tenun.portal.downloads.selection import CursorUnknown, TooManyRows
from tenun.portal.figures import OutsideScope

log = structlog.get_logger("tenun.portal")
CONTENT_TYPE = exchange.CONTENT_TYPE

OWN: tuple[ProblemType, ...] = (
    ProblemType(
        slug="results-not-signed-in",
        status=401,
        title_id="Belum masuk",
        title_en="Not signed in",
        cause_id="Permintaan tidak membawa kunci yang berlaku dan tidak berasal dari sesi yang sudah masuk.",
        cause_en="The request bears no key that holds, and comes from no session that is signed in.",
        remedy_id="Buat kunci di halaman Data dan API, lalu kirim sebagai `Authorization: Bearer …`.",
        remedy_en="Make a key on the page Data and API and send it as `Authorization: Bearer …`.",
    ),
    ProblemType(
        slug="results-role",
        status=403,
        pasal="7(2)",
        title_id="Peran ini tidak membaca hasil",
        title_en="This role does not read results",
        cause_id="Peran akun ini tidak mencakup pengambilan hasil.",
        cause_en="The role of this account does not include taking results along.",
        remedy_id="Hubungi pengelola akun di kementerian Anda.",
        remedy_en="Ask whoever manages accounts in your ministry.",
    ),
    ProblemType(
        slug="results-outside-scope",
        status=403,
        pasal="7(2)",
        title_id="Wilayah di luar peran",
        title_en="Outside the area of the role",
        cause_id="Wilayah itu di luar wilayah akun ini.",
        cause_en="That area is outside the area of this account.",
        remedy_id="Mintalah perluasan wilayah kepada pengelola akun kementerian Anda.",
        remedy_en="Ask whoever manages accounts in your ministry for a wider area.",
    ),
    ProblemType(
        slug="results-none",
        status=503,
        retry_after=3600,
        title_id="Belum ada angka",
        title_en="There are no figures yet",
        cause_id="Simpul ini belum menghitung angka apa pun.",
        cause_en="This node has not computed any figures.",
        remedy_id="Ulangi setelah petugas data menghitungnya.",
        remedy_en="Try again once the data officers have computed them.",
    ),
)
TYPES: Mapping[str, ProblemType] = {
    **{slug: exchange.REGISTRY[slug] for slug in (
        "request-malformed", "not-found", "method-not-allowed", "cursor-unknown", "payload-too-large",
        "agreement-shut-off", "internal",
    )},
    **{one.slug: one for one in OWN},
}  # fmt: skip
"""Every problem this API answers with."""

_SLUGS: Mapping[type[TenunError], str] = {
    OutsideScope: "results-outside-scope",
    AreaUnknown: "not-found",
    IndicatorUnknown: "not-found",
    FigureUnknown: "not-found",
    SnapshotMissing: "not-found",
    CursorUnknown: "cursor-unknown",
    TooManyRows: "payload-too-large",
    SnapshotAltered: "internal",
}
_STATUSES = {
    400: "request-malformed",
    403: "results-role",
    404: "not-found",
    405: "method-not-allowed",
    503: "results-none",
}


def of(error: TenunError, request: HttpRequest) -> HttpResponse:
    """The answer to an error. One that is a fault of ours tells nothing of itself."""
    slug = _SLUGS.get(type(error), "internal")
    if slug == "internal":
        log.error("results failed", code=error.code)
    return of_type(slug, request, error=None if slug == "internal" else error)


def of_status(status: int, request: HttpRequest) -> HttpResponse:
    """What the framework says in HTML, in ours."""
    return of_type(_STATUSES.get(status, "request-malformed" if status < 500 else "internal"), request)


def of_type(slug: str, request: HttpRequest, *, error: TenunError | None = None, **members: Any) -> HttpResponse:
    """A problem by its name; `members` are added to the document, such as `fields`."""
    content = document(slug, language=language_of(request), error=error, **members)
    response = HttpResponse(
        json.dumps(content, ensure_ascii=False), status=content["status"], content_type=CONTENT_TYPE
    )
    response["Cache-Control"] = "no-store"
    if TYPES[slug].retry_after is not None:
        response["Retry-After"] = str(TYPES[slug].retry_after)
    if content["status"] == 401:
        response["WWW-Authenticate"] = 'Bearer realm="tenun-results"'
    return response


def document(slug: str, *, language: str = "id", error: TenunError | None = None, **members: Any) -> dict[str, Any]:
    """`title` and `detail` in one language, `text` and `remedy` in both."""
    kind = TYPES[slug]
    text = {"id": kind.cause_id, "en": kind.cause_en}
    remedy = {"id": kind.remedy_id, "en": kind.remedy_en}
    if error is not None:
        text = {one: error.message(one) for one in text}
        remedy = {one: error.remedy(one) for one in remedy}
    return {
        "type": exchange.URN + slug,
        "title": kind.title_en if language == "en" else kind.title_id,
        "status": kind.status,
        "detail": text["en" if language == "en" else "id"],
        "text": text,
        "remedy": remedy,
        "pasal": [kind.pasal] if kind.pasal else [],
        **({"code": error.code} if error is not None else {}),
        **members,
    }


def language_of(request: HttpRequest) -> str:
    return "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "id"
