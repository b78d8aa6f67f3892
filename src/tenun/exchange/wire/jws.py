"""JWS in compact form (RFC 7515), read strictly: one spelling, no member twice, the key fixes the algorithm.

Not joserfc's reader: it lets bad base64url padding and duplicate members pass, so that one token would have two texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tenun.agreement import base64url
from tenun.exchange.wire import keys
from tenun.exchange.wire.keys import Key
from tenun.kernel import canonical_json
from tenun.kernel.canonical_json import NotCanonical

BYTES_MAX = 8190
"""What fits in one header line of the usual servers."""


class NotReadable(ValueError):
    """Not a compact JWS that we read; `member` says where: `token`, `header`, `payload` or a member of the header."""

    def __init__(self, member: str) -> None:
        super().__init__(member)
        self.member = member


@dataclass(frozen=True)
class Compact:
    """A token taken apart. Nothing in it is true until `is_signed_by` says so."""

    header: Mapping[str, Any]
    payload: bytes
    signed: bytes
    signature: bytes

    def claims(self) -> dict[str, Any]:
        """The payload as a JSON object. Raises `NotReadable`."""
        return _object(self.payload, "payload")


def sign(header: Mapping[str, Any], claims: Mapping[str, Any], key: Key) -> str:
    """A token with these claims; `alg` is added to the header."""
    full = {"alg": keys.JWS_NAMES[keys.algorithm(key)], **header}
    text = f"{_part(full)}.{_part(claims)}"
    return f"{text}.{base64url.encode(keys.sign(key, text.encode('ascii')))}"


def read(token: str) -> Compact:
    """The parts of a token. Raises `NotReadable`; `crit` and `b64` mean more than we know, so they do not pass."""
    parts = token.split(".") if len(token) <= BYTES_MAX else []
    if len(parts) != 3:
        raise NotReadable("token")
    header, payload, signature = (base64url.decode(part) for part in parts)
    if header is None or payload is None or signature is None:
        raise NotReadable("token")
    members = _object(header, "header")
    for name in ("crit", "b64"):
        if name in members:
            raise NotReadable(name)
    return Compact(members, payload, f"{parts[0]}.{parts[1]}".encode("ascii"), signature)


def is_signed_by(compact: Compact, key: Key) -> bool:
    """Whether this key signed it, by its own algorithm, and the header says no other."""
    if compact.header.get("alg") not in keys.JWS_NAMES_READ[keys.algorithm(key)]:
        return False
    return keys.has_signed(key, compact.signed, compact.signature)


def _part(value: Mapping[str, Any]) -> str:
    return base64url.encode(json.dumps(value, separators=(",", ":")).encode("ascii"))


def _object(data: bytes, member: str) -> dict[str, Any]:
    try:
        value = canonical_json.loads(data, document=member)
    except NotCanonical as problem:
        raise NotReadable(member) from problem
    if not isinstance(value, dict):
        raise NotReadable(member)
    return value
