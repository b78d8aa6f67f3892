"""The shape of the document `agreement.json`: what each member is called and what may stand in it.

Shape alone. That the parts fit each other, the contracts and the signed text is `document`'s work.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, cast
from urllib.parse import urlsplit

import pyarrow.compute as pc
from joserfc.errors import JoseError
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from tenun.agreement import base64url, party_jwk
from tenun.agreement import vocabulary as words
from tenun.agreement.vocabulary import KeyUse, Operation, Party, Purpose
from tenun.kernel.clause import implements
from tenun.registry.table import Classification

Clause = Annotated[str, Field(pattern=r"^(?:[1-9]|1[0-4])(?:\([1-9]\))?[a-c]?$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=60)]
Words = Annotated[str, Field(min_length=1)]
ML_DSA_44_BYTES = 1312
"""Of a public key (FIPS 204, table 2)."""


def _is_yes(value: bool) -> bool:
    if value is not True:
        raise PydanticCustomError("literal_error", "only true may stand here")
    return value


# Not Literal[True]: that takes the number 1 for a yes.
Yes = Annotated[bool, AfterValidator(_is_yes)]


class _Terms(BaseModel):
    """An object of the document. A member that is not named here is refused, and nothing is coerced."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Text(_Terms):
    id: Words
    en: Words


class _Assumable(_Terms):
    """Something that the signed text may leave open; then it says so, and why this was taken."""

    assumption: Yes | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if (self.assumption is None) != (self.note is None):
            raise PydanticCustomError("assumption", "an assumption and its note go together")
        return self


class Number(_Assumable):
    label: Words
    desa: str | None
    naker: str | None


# 32 bytes in base64url, in their one spelling.
_Coordinate = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]


class PublicJwk(_Terms):
    """A public key, named by its thumbprint (RFC 7638): Ed25519 (RFC 8037), or P-256, which HSMs can hold."""

    kty: Literal["OKP", "EC"]
    crv: Literal["Ed25519", "P-256"]
    x: _Coordinate
    y: _Coordinate | None = None
    kid: Words

    @model_validator(mode="after")
    def _is_named_by_its_thumbprint(self) -> Self:
        try:
            key = party_jwk.public_key(self.members())
        except (JoseError, ValueError) as problem:
            raise PydanticCustomError("key", "not an Ed25519 or P-256 public key") from problem
        if key.thumbprint() != self.kid:
            raise PydanticCustomError("key", "kid is not the thumbprint of the key")
        return self

    def members(self) -> dict[str, str]:
        return self.model_dump(exclude_none=True)


class PartyKey(_Terms):
    use: KeyUse
    jwk: PublicJwk

    @model_validator(mode="after")
    def _fits_its_use(self) -> Self:
        if self.use is KeyUse.LOG and self.jwk.crv != "Ed25519":
            raise PydanticCustomError("key", "a log is signed with Ed25519 (C2SP signed-note)")
        return self


def _ml_dsa_44(value: str) -> str:
    key = base64url.decode(value)
    if key is None or len(key) != ML_DSA_44_BYTES:
        raise PydanticCustomError("key", "the 1,312 bytes of an ML-DSA-44 public key in base64url")
    return value


class PartyNode(_Assumable):
    """Where the party's node is, as the other party and everything signed name it."""

    issuer: Annotated[str, Field(max_length=200)]
    """RFC 8414 issuer: the node's public address, without a slash at the end."""
    mtls: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")], ...]
    """SHA-256 thumbprints (RFC 8705, x5t#S256) of the certificates the node may show; empty: none is asked for."""
    witness_ml_dsa_44: tuple[Annotated[str, AfterValidator(_ml_dsa_44)], ...] = ()
    """Keys with which it may sign as a witness too, beside its log key: ML-DSA-44 (FIPS 204), base64url."""

    @field_validator("issuer")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        is_loopback = parts.hostname in ("127.0.0.1", "localhost")
        is_whole = parts.scheme == "https" or (parts.scheme == "http" and is_loopback)
        if not is_whole or not parts.hostname or parts.query or parts.fragment or "@" in value or value.endswith("/"):
            raise PydanticCustomError("issuer", "an https address (http on this machine only), no slash at its end")
        return value


@implements("10(1)", control="The contacts of both parties stand in the agreement document.")
class Contact(_Terms):
    clause: Clause
    responsible: Words
    liaison: Words
    address: Words
    email: Words


class PartyTerms(_Terms):
    role: Party
    ordinal: Words
    office: Text
    ministry: Text
    signatory: Words
    position: Words
    address: Words
    contact: Contact
    keys: tuple[PartyKey, ...]
    age_recipient: Annotated[str, Field(pattern=r"^age1[02-9ac-hj-np-z]{58}$")] | None
    node: PartyNode

    def keys_for(self, use: KeyUse | str) -> tuple[dict[str, str], ...]:
        """The party's pinned public keys for one use, as JWKs with their `kid`."""
        return tuple(key.jwk.members() for key in self.keys if key.use == use)


class LegalBasis(_Assumable):
    law: words.Law
    article: Words
    text: Text


class SignedText(_Terms):
    """The words that were signed. `agreement.md` has them in Markdown; the PDF's digest joins when it is known."""

    file: Literal["agreement.md"]
    sha256: Sha256
    signed_pdf_sha256: Sha256 | None


class Parent(_Terms):
    title: Text
    desa: Words
    naker: Words


class Term(_Assumable):
    """From `start` on, and before `end`: the second of `end` itself is no longer within the term."""

    clause: Clause
    start: AwareDatetime
    years: Annotated[int, Field(ge=1)]
    end: AwareDatetime
    zone: Literal["Asia/Jakarta"]


class Contract(_Terms):
    file: Annotated[str, Field(pattern=r"^datasets/[a-z0-9-]+\.odcs\.yaml$")]
    sha256: Sha256


class DatasetField(_Terms):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    classification: Classification


class RowCondition(_Terms):
    """One condition on the rows: a column at least a number, or among listed values."""

    column: Words
    operator: words.RowOperator
    value: Any

    @field_validator("value", mode="plain")
    @classmethod
    def _is_number_or_list(cls, value: Any) -> int | tuple[str, ...]:
        return _values(value) if isinstance(value, (list, tuple)) else _integer(value)

    @model_validator(mode="after")
    def _fits_its_operator(self) -> Self:
        if isinstance(self.value, int) != (self.operator is words.RowOperator.GTEQ):
            raise PydanticCustomError("row_condition", "gteq takes a whole number, isAnyOf a list of texts")
        return self

    def is_within(self, agreed: RowCondition) -> bool:
        """Whether rows that meet this condition meet the agreed one too."""
        if (self.column, self.operator) != (agreed.column, agreed.operator):
            return False
        if self.operator is words.RowOperator.GTEQ:
            return bool(self.value >= agreed.value)
        return set(self.value) <= set(agreed.value)

    def admits(self, value: object) -> bool:
        """Whether one cell meets the condition. An empty cell never does."""
        if self.operator is words.RowOperator.GTEQ:
            return isinstance(value, int) and value >= self.value
        return value in self.value

    def expression(self) -> pc.Expression:
        """The condition for pyarrow. An empty cell does not meet it."""
        column = pc.field(self.column)
        if self.operator is words.RowOperator.GTEQ:
            return cast(pc.Expression, column >= self.value)
        return column.isin(list(self.value))


class RowScope(_Assumable):
    id: Identifier
    text: Text
    conditions: tuple[RowCondition, ...]

    def expression(self) -> pc.Expression:
        """All conditions as one filter for pyarrow tables and datasets."""
        whole = pc.scalar(True)
        for condition in self.conditions:
            whole = whole & condition.expression()
        return whole

    def covers(self, asked: tuple[RowCondition, ...]) -> bool:
        """Whether the asked rows all lie within the scope."""
        return all(any(part.is_within(condition) for part in asked) for condition in self.conditions)


class DatasetTerms(_Assumable):
    id: Identifier
    clause: Clause
    name: Text
    provider: Party
    consumer: Party
    contract: Contract
    row_scope: RowScope
    fields_: Annotated[tuple[DatasetField, ...], Field(alias="fields", min_length=1)]


class PurposeTerms(_Assumable):
    id: Purpose
    clause: Clause
    name: Text
    about: Text
    legal_basis: Annotated[tuple[LegalBasis, ...], Field(min_length=1)]


class Constraint(_Terms):
    left: Annotated[words.Operand, Field(alias="leftOperand")]
    operator: words.Operator
    right: Annotated[Any, Field(alias="rightOperand")]

    @field_validator("right", mode="plain")
    @classmethod
    def _is_text_or_list(cls, value: Any) -> str | tuple[str, ...]:
        return _values(value) if isinstance(value, (list, tuple)) else _text(value)

    @property
    def values(self) -> tuple[str, ...]:
        """The right operand as a list, also when it is one word."""
        return self.right if isinstance(self.right, tuple) else (self.right,)


class Permission(_Assumable):
    uid: Identifier
    clause: Clause
    target: Identifier
    action: Annotated[tuple[Operation, ...], Field(min_length=1)]
    assigner: Party
    assignee: Annotated[tuple[Party, ...], Field(min_length=1)]
    constraint: tuple[Constraint, ...]
    duty: tuple[Identifier, ...]


class Prohibition(_Assumable):
    """Wins over every permission. A part that is left out means: any."""

    uid: Identifier
    clause: Clause
    target: tuple[Identifier, ...] | None = None
    action: tuple[Operation, ...] | None = None
    assignee: tuple[Party, ...] | None = None
    constraint: tuple[Constraint, ...]
    text: Text
    remedy: Text


class Duty(_Assumable):
    uid: Identifier
    clause: Clause
    action: words.DutyAction
    assignee: Annotated[tuple[Party, ...], Field(min_length=1)]
    text: Text
    survives_term: bool


class Notice(_Terms):
    clause: Clause
    text: Text


class Monitoring(_Terms):
    clause: Clause
    report_clause: Clause
    at_least_per_year: Annotated[int, Field(ge=1)]


class ShutOff(_Assumable):
    """What the text says (one party, alone, on an incident); how to open again is an assumption."""

    clause: Clause
    alone: Yes
    events: Annotated[tuple[words.SecurityEvent, ...], Field(min_length=1)]
    reopening: Literal["by-party-that-shut-off"]


class Correspondence(_Terms):
    clause: Clause
    address_change_clause: Clause
    address_change_working_days: Annotated[int, Field(ge=1)]


class ForceMajeure(_Terms):
    clause: Clause
    events: Annotated[tuple[words.ForceMajeureEvent, ...], Field(min_length=1)]
    report_clause: Clause
    evidence: Yes


class Disputes(_Terms):
    clause: Clause
    way: Literal["musyawarah"]


class Addendum(_Terms):
    clause: Clause


class Disclosure(_Assumable):
    """Defaults of disclosure control for every figure that comes out."""

    clause: Clause
    minimum_cell: Annotated[int, Field(ge=1)]
    minimum_denominator: Annotated[int, Field(ge=1)]
    complementary_suppression: Yes


class Document(_Terms):
    type: Literal["tenun-agreement/1"]
    id: Annotated[str, Field(pattern=r"^urn:tenun:agreement:[a-z0-9-]+$")]
    number: Number
    title: Text
    signed_on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    signed_at: Words
    parent: Parent
    text: SignedText
    parties: tuple[PartyTerms, ...]
    term: Term
    notice: Notice
    datasets: Annotated[tuple[DatasetTerms, ...], Field(min_length=1)]
    purposes: Annotated[tuple[PurposeTerms, ...], Field(min_length=1)]
    conflict: Literal["prohibit"]
    permissions: tuple[Permission, ...]
    prohibitions: tuple[Prohibition, ...]
    duties: tuple[Duty, ...]
    monitoring: Monitoring
    shut_off: ShutOff
    correspondence: Correspondence
    force_majeure: ForceMajeure
    disputes: Disputes
    addendum: Addendum
    disclosure: Disclosure


def _values(value: list[Any] | tuple[Any, ...]) -> tuple[str, ...]:
    if not value or not all(isinstance(item, str) for item in value):
        raise PydanticCustomError("values", "a list of texts, not empty")
    return tuple(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("values", "a text or a list of texts")
    return value


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise PydanticCustomError("values", "a whole number or a list of texts")
    return value
