"""What there is to ask for, and one person: asked for in the body, never in an address; answered with values or yes."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from ninja import Router

from tenun.agreement.vocabulary import Operation
from tenun.api import answers, bodies, openapi, service, shapes
from tenun.api.kit import Answer, to_the_other_party
from tenun.api.service import Service
from tenun.api.shapes import Question
from tenun.exchange.admission.visit import Ask, Caller
from tenun.exchange.serving import catalogue, subject
from tenun.exchange.serving.subject import Person

PREFIX = openapi.base("{agreement}")
router = Router(tags=["queries"])


@dataclass
class _Asked:
    """What the body says, once it is known who sent it."""

    node: Service
    question: Question | None = None
    person: Person | None = None

    def __call__(self, caller: Caller) -> Ask:
        self.question = question = shapes.parse(Question, caller.request.body)
        # A dataset that has no persons is refused by the agreement, with its reasons, before anyone is looked for.
        known = caller.position.agreement.datasets.get(question.dataset)
        if known is not None:
            self.person = subject.named(question.subject, dataset=known.id)
        return Ask(
            operation=Operation.SUBJECT,
            dataset=question.dataset,
            purpose=question.purpose,
            fields=frozenset(question.fields),
            subject=subject.reference(self.node.station, self.person) if self.person is not None else None,
        )


@router.post(PREFIX + "/queries", url_name="query", openapi_extra=openapi.QUERY)
@to_the_other_party
def ask(request: HttpRequest, agreement: str) -> Answer:
    """Ask about one person, for the case that `ticket` names."""
    node = service.current()
    message = bodies.read(request, limit=bodies.SMALL, types=(answers.JSON,))
    asked = _Asked(node)
    with node.admitted(message, "query", asked, agreement=agreement, certificate=bodies.certificate(request)) as call:
        assert call.permit is not None
        assert asked.question is not None
        assert asked.person is not None
        found = subject.answer(
            node.station,
            call.permit,
            position=call.position,
            person=asked.person,
            mode=asked.question.mode,
            ticket=asked.question.ticket,
        )
        return node.admission.conclude(call, answers.json_answer(found.as_dict()), rows=found.rows)


@router.get("/v1/catalog", url_name="catalogue", openapi_extra=openapi.CATALOGUE)
@to_the_other_party
def catalogued(request: HttpRequest) -> Answer:
    """What the agreement lets the caller ask for at this moment (DCAT 3, JSON-LD)."""
    node = service.current()
    message = bodies.read(request, limit=0)
    with node.recognised(message, "catalogue", is_gated=True, certificate=bodies.certificate(request)) as call:
        document = catalogue.document(node.station, call.position, caller=call.caller.party, moment=call.caller.now)
        answer = answers.json_answer(document, content_type=catalogue.CONTENT_TYPE)
        return node.admission.conclude(call, answer)
