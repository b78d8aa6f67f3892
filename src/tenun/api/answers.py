"""Answers as values, and what the framework sends of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from tenun.api.streams import Stream
from tenun.exchange.admission.refusals import CallRefused
from tenun.exchange.wire import problems, signatures
from tenun.exchange.wire.messages import Request, Response
from tenun.exchange.wire.problems import Problem
from tenun.exchange.wire.refusals import WireError

JSON = "application/json"
NO_STORE = {"cache-control": "no-store"}


def json_answer(document: Any, *, status: int = 200, content_type: str = JSON, **headers: str) -> Response:
    """A JSON answer that nobody may keep. `_` in a header's name stands for `-`."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return bytes_answer(body, status=status, content_type=content_type, **headers)


def bytes_answer(body: bytes, *, status: int = 200, content_type: str, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"content-type": content_type, **NO_STORE, **named}, body)


def empty_answer(status: int = 204, **headers: str) -> Response:
    return Response(status, {**NO_STORE, **{name.replace("_", "-"): value for name, value in headers.items()}})


def problem_answer(problem: Problem) -> Response:
    """A refusal as RFC 9457 has it."""
    body = json.dumps(problem.document, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(problem.status, dict(problem.headers), body)


def of_refusal(refusal: CallRefused, *, to: Request, is_oauth: bool = False) -> Response:
    """What is told about a refusal that is in the log."""
    problem = problems.of(
        refusal.error,
        decision=refusal.decision,
        log_index=refusal.log_index,
        rev=refusal.rev,
        call=call_of(to),
        language=language_of(to),
    )
    return problem_answer(problem.at_token_endpoint() if is_oauth else problem)


def of_type(slug: str, *, to: Request, **headers: str) -> Response:
    """A refusal that no rule of ours stands behind: no such address, no such method."""
    problem = problems.of_type(slug, call=call_of(to), language=language_of(to))
    answer = problem_answer(problem)
    return answer.with_headers(**headers)


def call_of(request: Request) -> str | None:
    """The call's id, where the request has a signature that can be named."""
    try:
        return signatures.call_id(request)
    except WireError:
        return None


def language_of(request: Request) -> str:
    """Indonesian, unless English is asked for first. `text` and `remedy` are in both anyway."""
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "id"


def to_django(answer: Response, *, content: Stream | None = None) -> HttpResponse | StreamingHttpResponse:
    headers: Mapping[str, str] = dict(answer.headers)
    if content is not None:
        return StreamingHttpResponse(content, status=answer.status, headers=headers)
    response = HttpResponse(answer.body, status=answer.status, headers=headers)
    if answer.status == 204:
        del response["Content-Type"]
    elif "content-length" not in headers:
        response["Content-Length"] = str(len(answer.body))
    return response


def of_django(response: HttpResponse) -> Response:
    """What a route or the framework made, as a value to be signed."""
    return Response(response.status_code, {name.lower(): value for name, value in response.items()}, response.content)


def message_of(request: HttpRequest) -> Request:
    return request.message  # type: ignore[attr-defined,no-any-return]  # set by the middleware
