"""Answers of the results API: bytes with their digest, and how long they may be kept."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

JSON = "application/json"
KEPT = "private, max-age=31536000, immutable"
"""What a named snapshot says never changes; `private`, since figures are confidential (Pasal 7)."""
ASKED_AGAIN = "private, no-cache"
"""Of `latest`: may be kept, and is asked about every time."""


def json_answer(request: HttpRequest, content: Any, *, is_pinned: bool, media: str = JSON) -> HttpResponse:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return bytes_answer(request, body, media=media, is_pinned=is_pinned)


def bytes_answer(
    request: HttpRequest, body: bytes, *, media: str, is_pinned: bool, name: str = "", **headers: str
) -> HttpResponse:
    """`ETag` is the SHA-256 of the body: what is unchanged is not sent again (304). `_` in a header stands for `-`."""
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    response = HttpResponse(body, content_type=media)
    response["ETag"] = etag
    response["Cache-Control"] = KEPT if is_pinned else ASKED_AGAIN
    if name:
        response["Content-Disposition"] = f'attachment; filename="{name}"'
    for header, value in headers.items():
        response[header.replace("_", "-")] = value
    answer: HttpResponse = get_conditional_response(request, etag=etag, response=response)
    return answer
