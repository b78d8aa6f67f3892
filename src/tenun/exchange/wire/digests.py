"""Digest fields (RFC 9530): `sha-256` is what we write; `sha-512` is read too."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from tenun.exchange.wire import structured_fields
from tenun.exchange.wire.refusals import DigestMismatch, DigestMissing, HeaderMalformed

CONTENT, REPRESENTATION = "content-digest", "repr-digest"
_LENGTHS = {"sha-256": 32, "sha-512": 64}
_PREFIX, _SUFFIX = "sha-256=:", ":"


def sha256_field(content: bytes) -> str:
    """`sha-256=:…:` of these bytes, for `Content-Digest` or `Repr-Digest`."""
    return field_of(hashlib.sha256(content).digest())


def field_of(digest: bytes | str) -> str:
    """`sha-256=:…:` of a digest that is known already, as 32 bytes or in hexadecimal."""
    raw = bytes.fromhex(digest) if isinstance(digest, str) else digest
    return f"{_PREFIX}{base64.b64encode(raw).decode('ascii')}{_SUFFIX}"


def read(field: str, *, header: str) -> Mapping[str, bytes]:
    """The digests of a field that we can check, by algorithm. Raises `HeaderMalformed`, `DigestMissing`."""
    quick = _read_sha256(field)
    if quick is not None:
        return {"sha-256": quick}
    try:
        members = structured_fields.dictionary(field)
    except ValueError as problem:
        raise HeaderMalformed(header=header) from problem
    found: dict[str, bytes] = {}
    for name, (value, _) in members.items():
        if name in _LENGTHS:
            if not isinstance(value, bytes) or len(value) != _LENGTHS[name]:
                raise HeaderMalformed(header=header)
            found[name] = value
    if not found:
        raise DigestMissing(header=header)
    return found


def check(field: str, content: bytes, *, header: str = CONTENT) -> str:
    """SHA-256 of the content in hexadecimal, once every digest we can compute holds. Raises `DigestMismatch` too."""
    computed = hashlib.sha256(content)
    for name, expected in read(field, header=header).items():
        actual = computed.digest() if name == "sha-256" else hashlib.sha512(content).digest()
        if not hmac.compare_digest(actual, expected):
            raise DigestMismatch(header=header)
    return computed.hexdigest()


def _read_sha256(field: str) -> bytes | None:
    """The one form that our own nodes write, without the general parser; None for every other."""
    if len(field) != len(_PREFIX) + 44 + len(_SUFFIX) or not field.startswith(_PREFIX) or not field.endswith(_SUFFIX):
        return None
    text = field[len(_PREFIX) : -len(_SUFFIX)]
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == _LENGTHS["sha-256"] and base64.b64encode(raw).decode("ascii") == text else None
