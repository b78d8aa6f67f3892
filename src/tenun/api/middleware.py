"""What happens to every request: it is counted in, answered under signature, and noted in one line."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from tenun.api import answers, bodies, limits, service
from tenun.exchange.wire import problems
from tenun.exchange.wire.messages import Response
from tenun.kernel.errors import TenunError

GetResponse = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger("tenun.api")
# Straight to the stream: the way through the logging package costs a tenth of a call.
lines = structlog.wrap_logger(
    structlog.WriteLogger(sys.stderr),
    processors=[
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(sort_keys=True),
    ],
    wrapper_class=structlog.BoundLogger,
    cache_logger_on_first_use=True,
)
UNSIGNED = frozenset({"/health"})


class RequestLog:
    """One line a request: the route's name and what came of it. No path, query, body or id of anything."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reference = secrets.token_hex(4)
        started = time.monotonic()
        response = self.get_response(request)
        match = request.resolver_match
        lines.info(
            "request",
            level="info",
            logger="tenun.api",
            request=reference,
            method=request.method if match else "",
            route=match.url_name if match else "",
            status=response.status_code,
            duration_ms=round((time.monotonic() - started) * 1000, 1),
        )
        response["X-Request-Id"] = reference
        # Else Django writes a line of its own for an answer from 500 on, such as "busy", and that line has the path.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response


class Signed:
    """Every answer is signed, whatever became of the request; and no more are taken on than can be answered.

    A route that answers the other party about an admitted call has its answer signed and logged by the pipeline
    already. Everything else is signed here: problems of the framework, documents for anyone.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in UNSIGNED and request.method == "GET":
            return self.get_response(request)
        node = service.current()
        try:
            request.message = bodies.arrived(request, node.issuer())  # type: ignore[attr-defined]
        except TenunError as problem:  # no agreement, or one that cannot be read: then nobody's key is known either
            log.error("agreement", problem=problem.code)
            return answers.to_django(answers.problem_answer(problems.of_type("internal")))
        try:
            with limits.calls.one():
                response = self.get_response(request)
        except limits.Busy as problem:
            node.admission.doorstep.count(problem.code)
            response = answers.to_django(answers.problem_answer(problems.of(problem)))
        response = self._signed(request, response)
        response["RateLimit-Policy"] = limits.POLICY
        response["RateLimit"] = f'"calls";r={limits.calls.left}'
        return response

    @staticmethod
    def _signed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.has_header("Signature"):
            return response
        message = answers.message_of(request)
        if isinstance(response, StreamingHttpResponse):
            # Only a stream that the pipeline has begun may leave; it is signed then.
            response.close()
            answer = answers.of_type("internal", to=message)
        else:
            answer = _as_problem(answers.of_django(response), request)
        try:
            return answers.to_django(service.current().admission.sign(answer, to=message))
        except TenunError as problem:
            log.error("unsigned", problem=problem.code)
            return answers.to_django(answers.problem_answer(problems.of_type("internal")))


def _as_problem(answer: Response, request: HttpRequest) -> Response:
    """What the framework says in its own words (always HTML), in ours."""
    if answer.status < 400 or not answer.headers.get("content-type", "").startswith("text/html"):
        return answer
    slug = _SLUGS.get(answer.status, "request-malformed" if answer.status < 500 else "internal")
    allow = answer.headers.get("allow")
    return answers.of_type(slug, to=answers.message_of(request), **({"allow": allow} if allow else {}))


_SLUGS = {404: "not-found", 405: "method-not-allowed", 413: "payload-too-large"}
