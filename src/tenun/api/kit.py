"""What all routes have in common: a refusal becomes a signed problem, and nothing leaves that was not concluded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from tenun.api import answers, service, versions
from tenun.api.streams import Stream
from tenun.exchange.admission.refusals import AnswerFailed, CallRefused
from tenun.exchange.admission.visit import Visit
from tenun.exchange.wire.messages import Response
from tenun.kernel.errors import TenunError

log = structlog.get_logger("tenun.api")


@dataclass(frozen=True)
class FileAnswer:
    """A concluded answer whose content follows."""

    head: Response
    content: Stream


Answer = Response | FileAnswer
Route = Callable[..., Answer]


def to_the_other_party(route: Route) -> Callable[..., HttpResponse]:
    """A route for signed calls. Its answer must have been concluded by the pipeline: logged, then signed."""

    def concluded(answer: Answer) -> Answer:
        head = answer.head if isinstance(answer, FileAnswer) else answer
        if "signature" not in head.headers:
            if isinstance(answer, FileAnswer):
                answer.content.close()
            raise AnswerFailed()  # a fault in a route must not let an answer out that the log does not have
        return answer

    return _route(route, concluded)


def to_anyone(route: Route) -> Callable[..., HttpResponse]:
    """A route whose answer holds nothing of the agreement's data; the middleware signs it."""
    return _route(route, lambda answer: answer)


def to_oauth_clients(route: Route) -> Callable[..., HttpResponse]:
    """A route of the authorisation server: problems have `error` too, where OAuth clients look for it."""
    return _route(route, lambda answer: answer, is_oauth=True)


def _route(route: Route, checked: Callable[[Answer], Answer], *, is_oauth: bool = False) -> Callable[..., HttpResponse]:
    @wraps(route)
    def answered(request: HttpRequest, **parts: Any) -> HttpResponse:
        message = answers.message_of(request)
        try:
            answer = checked(route(request, **parts))
        except CallRefused as refusal:
            _note_failure(refusal)
            answer = answers.of_refusal(refusal, to=message, is_oauth=is_oauth)
        except TenunError as problem:
            # Before anyone was recognised, or beside any call: such as a body that is too large to be looked at.
            refusal = service.current().admission.refused(Visit(message, route.__name__), problem)
            answer = answers.of_refusal(refusal, to=message, is_oauth=is_oauth)
        if isinstance(answer, FileAnswer):
            response = answers.to_django(answer.head, content=answer.content)
        else:
            response = answers.to_django(answer)
        versions.mark(response)
        return response

    return answered


def _note_failure(refusal: CallRefused) -> None:
    """What is a fault of ours is told to our operator, with the place and without what was asked."""
    if isinstance(refusal.error, AnswerFailed) and refusal.__cause__ is not None:
        cause = refusal.__cause__
        log.error("failed", exc_info=(type(cause), cause, cause.__traceback__))
