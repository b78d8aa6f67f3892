"""The JSON of requests. Nothing is coerced; members that we do not know are ignored, as the protocol has it."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tenun.agreement.vocabulary import Operation
from tenun.exchange.admission.visit import Ask
from tenun.exchange.wire.refusals import WireError
from tenun.kernel import canonical_json
from tenun.kernel.canonical_json import NotCanonical

_Word = Annotated[str, Field(min_length=1, max_length=100)]
_Fields = Annotated[list[_Word], Field(min_length=1, max_length=200)]


class BodyMalformed(WireError):
    """Says which member, never what stood in it."""

    code = "exchange.body_malformed"
    text_id = "Isi permintaan tidak dapat dipakai pada {member}: {reason}."
    text_en = "The request's content cannot be used at {member}: {reason}."
    remedy_id = "Bandingkan dengan /v1/openapi.json."
    remedy_en = "Compare it with /v1/openapi.json."


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class ExportWanted(Body):
    """An export. `since`, the `transactionTime` of an earlier manifest, makes it a delta."""

    dataset: _Word
    purpose: _Word
    fields: _Fields
    area: Annotated[str, Field(max_length=20)] | None = None
    format: Annotated[str, Field(max_length=20)] = "parquet"
    since: Annotated[str, Field(max_length=40)] | None = None

    def ask(self) -> Ask:
        return Ask(
            operation=Operation.BULK if self.since is None else Operation.DELTA,
            dataset=self.dataset,
            purpose=self.purpose,
            fields=frozenset(self.fields),
            area=self.area,
        )


class Question(Body):
    """A question about one person, for the case that `ticket` names. `exists` is answered with yes or no."""

    dataset: _Word
    purpose: _Word
    fields: _Fields
    subject: Annotated[
        dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=100)]], Field(max_length=4)
    ]
    mode: Annotated[str, Field(max_length=20)] = "exists"
    ticket: Annotated[str, Field(max_length=100)]


Shape = TypeVar("Shape", bound=Body)


def parse(shape: type[Shape], body: bytes) -> Shape:
    """A JSON object of that shape. Raises `BodyMalformed`."""
    try:
        return shape.model_validate(canonical_json.loads(body, document="body"))
    except NotCanonical as problem:
        raise BodyMalformed(member="/", reason=str(problem.parts["reason"])) from None
    except ValidationError as problem:
        fault = problem.errors(include_input=False, include_url=False)[0]
        raise BodyMalformed(member=_pointer(fault["loc"], shape), reason=fault["type"]) from None


def _pointer(place: tuple[int | str, ...], shape: type[Body]) -> str:
    """Where the fault is. Only names of ours are repeated: a member's name can be anything that someone typed."""
    known = set(shape.model_fields)
    return "/" + "/".join(str(step) if isinstance(step, int) or step in known else "?" for step in place)
