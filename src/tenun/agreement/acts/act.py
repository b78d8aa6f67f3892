"""One act: canonical JSON (RFC 8785) with detached signatures (RFC 7515, JSON general serialisation).

    {"act": {"type": "tenun-act/1", "kind": "shut-off", ...}, "signatures": [{"protected": …, "signature": …}]}

The file is canonical too and is named by the SHA-256 of its bytes; later acts name it by that. The hash covers the
signatures, so that what follows an act also follows the moment at which it was signed. Each protected header holds
`alg`, `kid`, `typ`, `act` (the digest of what is signed) and `signed_at`; the key's type decides the algorithm.

Reading an act checks its form. Whether its signatures count is decided by `judgement`, with the keys of the
agreement as they stood where the act stands.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Generic, Literal, TypeVar

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import FlattenedJSONSerialization, JWSRegistry
from joserfc.registry import HeaderParameter
from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from tenun.agreement import base64url, party_jwk
from tenun.agreement.acts.bodies import BODIES, Body, Closed, Instant, Reference, instant
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.refusals import (
    ActError,
    ActMissingTerm,
    ActNotUnderstood,
    ActSignatureBroken,
    ActTooLarge,
    ActUnknownTerm,
)
from tenun.agreement.party_jwk import Key
from tenun.agreement.refusals import pointer_to
from tenun.agreement.terms import Sha256
from tenun.agreement.vocabulary import Party
from tenun.kernel import canonical_json
from tenun.kernel.canonical_json import NotCanonical
from tenun.kernel.clock import rfc3339

TYPE = "tenun-act/1"
JWS_TYPE = "tenun-act+jws"
BYTES_MAX = 131_072
PREVIOUS_MAX = 64
SIGNATURES_MAX = 6
_HEADER = {"alg", "kid", "typ", "act", "signed_at"}

B = TypeVar("B", bound=Closed)


def _sorted_once(values: tuple[str, ...]) -> tuple[str, ...]:
    if list(values) != sorted(set(values)):
        raise PydanticCustomError("sorted", "in order, none twice")
    return values


class Act(Closed, Generic[B]):
    type: Literal["tenun-act/1"]
    kind: Kind
    agreement: Annotated[str, Field(pattern=r"^urn:tenun:agreement:[a-z0-9-]+$")]
    rev: Sha256
    """The revision it speaks of."""
    by: Party
    """Who makes it; for an act of both parties, who proposed it."""
    previous: Annotated[tuple[Sha256, ...], Field(min_length=1, max_length=PREVIOUS_MAX), AfterValidator(_sorted_once)]
    """Every head of the chain that its maker knew; for the first acts, the agreement's revision."""
    made_at: Instant
    effective_at: Instant | None = None
    reference: Reference | None = None
    body: B


_SHAPES: Mapping[Kind, type[Act[Any]]] = {kind: Act[body] for kind, body in BODIES.items()}  # type: ignore[valid-type]


@dataclass(frozen=True)
class Signature:
    kid: str
    signed_at: datetime
    protected: str
    signature: str

    def as_dict(self) -> dict[str, str]:
        return {"protected": self.protected, "signature": self.signature}


@dataclass(frozen=True)
class SignedAct:
    """An act whose form is right. Its signatures are those that came with it: enough of them or not, true or not."""

    act: Act[Any]
    payload: bytes
    """What is signed: the canonical act."""
    signatures: tuple[Signature, ...]
    """In the order of their key ids."""

    @property
    def kind(self) -> Kind:
        return self.act.kind

    @property
    def body(self) -> Body:
        return self.act.body  # type: ignore[no-any-return]

    @cached_property
    def content(self) -> bytes:
        """The bytes of its file."""
        signatures = canonical_json.dumps([one.as_dict() for one in self.signatures])
        return b'{"act":' + self.payload + b',"signatures":' + signatures + b"}"

    @cached_property
    def hash(self) -> str:
        """The name of its file."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def digest(self) -> str:
        """Of what is signed, whoever signed it."""
        return hashlib.sha256(self.payload).hexdigest()

    @cached_property
    def completed_at(self) -> datetime:
        """When the last signature was put under it."""
        return max((self.act.made_at, *(one.signed_at for one in self.signatures)))


# --- writing -----------------------------------------------------------------------------------------------------


def compose(
    kind: Kind,
    *,
    agreement: str,
    rev: str,
    by: Party,
    previous: Sequence[str],
    made_at: datetime,
    body: Mapping[str, Any],
    effective_at: datetime | None = None,
    reference: Mapping[str, Any] | None = None,
) -> SignedAct:
    """An act that nobody has signed yet. Raises what `parse` raises for a wrong form."""
    value: dict[str, Any] = {
        "type": TYPE,
        "kind": kind.value,
        "agreement": agreement,
        "rev": rev,
        "by": by.value,
        "previous": sorted(previous),
        "made_at": rfc3339(made_at),
        "body": dict(body),
    }
    if effective_at is not None:
        value["effective_at"] = rfc3339(effective_at)
    if reference is not None:
        value["reference"] = dict(reference)
    payload = canonical_json.dumps(value)
    return SignedAct(_shaped(value, payload), payload, ())


def sign(signed: SignedAct, key: Key, *, at: datetime) -> SignedAct:
    """The act with one more signature; the same act, when that key has signed it already."""
    kid = key.thumbprint()
    if any(one.kid == kid for one in signed.signatures):
        return signed
    moment = max(at, signed.act.made_at)
    header = {
        "alg": party_jwk.algorithm(key),
        "kid": kid,
        "typ": JWS_TYPE,
        "act": signed.digest,
        "signed_at": rfc3339(moment),
    }
    made = jws.serialize_json([{"protected": header}], signed.payload, key, registry=_registry(header["alg"]))
    entry = made["signatures"][0]
    one = Signature(kid, instant(header["signed_at"]), entry["protected"], entry["signature"])
    signatures = sorted((*signed.signatures, one), key=lambda item: item.kid)
    return SignedAct(signed.act, signed.payload, tuple(signatures))


# --- reading -----------------------------------------------------------------------------------------------------


def parse(content: bytes) -> SignedAct:
    """Read an act, without asking whether its signatures are true.

    Raises `ActUnknownTerm`, `ActMissingTerm`, `ActNotUnderstood`, `ActTooLarge`, `ActSignatureBroken`.
    """
    if len(content) > BYTES_MAX:
        raise ActTooLarge(limit=BYTES_MAX)
    try:
        value = canonical_json.loads(content, document="act")
        is_canonical = canonical_json.dumps(value) == content
    except (NotCanonical, RecursionError) as problem:
        raise ActNotUnderstood(pointer="/", reason="not canonical JSON") from problem
    if not is_canonical:
        raise ActNotUnderstood(pointer="/", reason="not canonical JSON")
    if not isinstance(value, dict):
        raise ActNotUnderstood(pointer="/", reason="not an object")
    for name in ("act", "signatures"):
        if name not in value:
            raise ActMissingTerm(pointer=f"/{name}")
    for name in value:
        if name not in ("act", "signatures"):
            raise ActUnknownTerm(pointer=pointer_to([name]))
    payload = canonical_json.dumps(value["act"])
    return SignedAct(_shaped(value["act"], payload), payload, _signatures(value["signatures"], payload))


def verify(signed: SignedAct, kid: str, jwk: Mapping[str, str]) -> None:
    """That the signature of this key id was made by that key. Raises `ActSignatureBroken`."""
    number, one = next((place, one) for place, one in enumerate(signed.signatures, start=1) if one.kid == kid)
    header = _header(one.protected, number=number)
    try:
        key = party_jwk.public_key(jwk)
        wanted = party_jwk.algorithm(key)
    except (JoseError, ValueError, KeyError) as problem:
        raise ActSignatureBroken(number=number, reason="the key is of no agreed type") from problem
    if header["alg"] != wanted or key.thumbprint() != kid:
        raise ActSignatureBroken(number=number, reason="another algorithm or key than agreed")
    flat: FlattenedJSONSerialization = {
        "payload": base64url.encode(signed.payload),
        "protected": one.protected,
        "signature": one.signature,
    }
    try:
        jws.deserialize_json(flat, key, registry=_registry(wanted))
    except (JoseError, ValueError) as problem:
        raise ActSignatureBroken(number=number, reason="it does not verify") from problem


def _shaped(value: Any, payload: bytes) -> Act[Any]:
    if not isinstance(value, dict):
        raise ActNotUnderstood(pointer="/act", reason="not an object")
    if "kind" not in value:
        raise ActMissingTerm(pointer="/act/kind")
    try:
        kind = Kind(value["kind"])
    except ValueError as problem:
        raise ActUnknownTerm(pointer="/act/kind") from problem
    try:
        return _SHAPES[kind].model_validate_json(payload)
    except ValidationError as problem:
        raise _refusal(problem) from None


_UNKNOWN = {"extra_forbidden", "enum", "literal_error"}


def _refusal(problem: ValidationError) -> ActError:
    """The first fault, unknown words before all others: they may be why the rest does not fit."""
    faults = problem.errors(include_input=False, include_url=False)
    fault = min(faults, key=lambda one: one["type"] not in _UNKNOWN)
    pointer = "/act" + pointer_to(fault["loc"])
    if fault["type"] in _UNKNOWN:
        return ActUnknownTerm(pointer=pointer)
    if fault["type"] == "missing":
        return ActMissingTerm(pointer=pointer)
    return ActNotUnderstood(pointer=pointer, reason=fault["msg"])


def _signatures(value: Any, payload: bytes) -> tuple[Signature, ...]:
    if not isinstance(value, list) or len(value) > SIGNATURES_MAX:
        raise ActNotUnderstood(pointer="/signatures", reason="not a list of signatures")
    digest = hashlib.sha256(payload).hexdigest()
    found = [_signature(entry, digest, number=number) for number, entry in enumerate(value, start=1)]
    kids = [one.kid for one in found]
    if kids != sorted(set(kids)):
        raise ActSignatureBroken(number=len(kids), reason="not in the order of the keys, or one key twice")
    return tuple(found)


def _signature(entry: Any, digest: str, *, number: int) -> Signature:
    if not isinstance(entry, dict) or set(entry) != {"protected", "signature"}:
        raise ActSignatureBroken(number=number, reason="not a JWS of the agreed form")
    header = _header(entry["protected"], number=number)
    if base64url.decode(entry["signature"]) is None:
        raise ActSignatureBroken(number=number, reason="not base64url")
    if header["typ"] != JWS_TYPE or header["alg"] not in party_jwk.ALGORITHMS.values():
        raise ActSignatureBroken(number=number, reason="another algorithm or type than agreed")
    if header["act"] != digest:
        raise ActSignatureBroken(number=number, reason="it belongs to another act")
    try:
        signed_at = instant(header["signed_at"])
    except PydanticCustomError as problem:
        raise ActSignatureBroken(number=number, reason="the moment of signing is unclear") from problem
    return Signature(header["kid"], signed_at, entry["protected"], entry["signature"])


def _header(protected: Any, *, number: int) -> dict[str, str]:
    raw = base64url.decode(protected)
    try:
        header = json.loads(raw or b"")
    except (ValueError, RecursionError) as problem:
        raise ActSignatureBroken(number=number, reason="the header is no JSON") from problem
    if (
        not isinstance(header, dict)
        or set(header) != _HEADER
        or not all(isinstance(member, str) for member in header.values())
    ):
        raise ActSignatureBroken(number=number, reason="the header is not of the agreed form")
    return header


def _registry(name: str) -> JWSRegistry:
    return JWSRegistry(
        header_registry={
            "act": HeaderParameter("SHA-256 of the act", "str", required=True),
            "signed_at": HeaderParameter("when it was signed", "str", required=True),
        },
        algorithms=[name],
    )
