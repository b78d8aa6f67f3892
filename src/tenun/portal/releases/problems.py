"""Refusals of the feed as documents (RFC 9457), in the shape that the exchange's API has them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from tenun.exchange.wire import problems as exchange
from tenun.exchange.wire.problem_types import ProblemType
from tenun.kernel.errors import TenunError

_OWN = (
    ProblemType(
        slug="release-key",
        status=401,
        pasal="7(2)",
        title_id="Kunci rilis diperlukan",
        title_en="The key of a release is needed",
        cause_id="Permintaan tidak membawa kunci rilis ini, atau rilis ini bukan untuk umum.",
        cause_en="The request does not bear the key of this release, or the release is not for the public.",
        remedy_id="Kirim kunci yang Anda terima bersama rilis sebagai `Authorization: Bearer …`.",
        remedy_en="Send the key that you were given with the release as `Authorization: Bearer …`.",
    ),
    ProblemType(
        slug="release-ended",
        status=410,
        pasal="7(2)",
        title_id="Rilis sudah berakhir",
        title_en="The release has ended",
        cause_id="Persetujuan dicabut atau habis masanya. Angka yang pernah diambil tidak boleh dipakai lagi.",
        cause_en="The consent was revoked or has run out. Figures that were taken may not be used any more.",
        remedy_id="Hapus berkas dari rilis ini; untuk angka baru diperlukan persetujuan baru kedua PIHAK.",
        remedy_en="Delete the files of this release; new figures need a new consent of both parties.",
    ),
    ProblemType(
        slug="release-not-begun",
        status=403,
        pasal="7(2)",
        title_id="Rilis belum mulai berlaku",
        title_en="The release has not begun",
        cause_id="Hari pertamanya belum tiba.",
        cause_en="Its first day has not come.",
        remedy_id="Kembali pada hari itu.",
        remedy_en="Come back on that day.",
    ),
    ProblemType(
        slug="release-nothing-published",
        status=404,
        title_id="Belum ada angka yang diterbitkan",
        title_en="No figures are published yet",
        cause_id="Rilis berlaku, tetapi angkanya belum diterbitkan.",
        cause_en="The release is in force; its figures have not been published yet.",
        remedy_id="Coba lagi nanti, atau hubungi pemberi rilis.",
        remedy_en="Try again later, or ask whoever gave the release.",
    ),
)
TYPES: Mapping[str, ProblemType] = {
    **{slug: exchange.REGISTRY[slug] for slug in (
        "request-malformed", "not-found", "method-not-allowed", "payload-too-large", "agreement-shut-off", "internal",
    )},
    **{one.slug: one for one in _OWN},
}  # fmt: skip
"""Every problem the feed answers with."""


def of_type(slug: str, request: HttpRequest, *, error: TenunError | None = None) -> HttpResponse:
    """A problem by its name; an error's code goes with it."""
    kind = TYPES[slug]
    language = "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "id"
    content = {
        "type": exchange.URN + slug,
        "title": kind.title_en if language == "en" else kind.title_id,
        "status": kind.status,
        "detail": kind.cause_en if language == "en" else kind.cause_id,
        "text": {"id": kind.cause_id, "en": kind.cause_en},
        "remedy": {"id": kind.remedy_id, "en": kind.remedy_en},
        "pasal": [kind.pasal] if kind.pasal else [],
        **({"code": error.code} if error is not None else {}),
    }
    response = HttpResponse(
        json.dumps(content, ensure_ascii=False), status=kind.status, content_type=exchange.CONTENT_TYPE
    )
    response["Cache-Control"] = "no-store"
    if kind.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="tenun-releases"'
    return response
