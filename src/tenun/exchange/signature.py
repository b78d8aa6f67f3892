"""Signatures on manifests and receipts: JWS compact (RFC 7515), one algorithm for each kind of key, one `typ`
for each kind of document.

The `typ` keeps a signature on one kind of document from being shown as one on another.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from joserfc import jws
from joserfc.errors import JoseError

from tenun.agreement import party_jwk
from tenun.agreement.party_jwk import Key
from tenun.exchange.refusals import SignatureInvalid

MANIFEST = "tenun-pack+jws"
RECEIPT = "tenun-receipt+jws"
BYTES_MAX = 4096


def sign(payload: bytes, key: Key, *, typ: str) -> str:
    """The payload with its signature: header, payload, signature."""
    header = {"alg": party_jwk.algorithm(key), "kid": key.thumbprint(), "typ": typ}
    return jws.serialize_compact(header, payload, key, algorithms=[header["alg"]])


def sign_detached(payload: bytes, key: Key, *, typ: str) -> str:
    """The signature alone: header, nothing, signature (RFC 7515, appendix F)."""
    header, _, signature = sign(payload, key, typ=typ).split(".")
    return f"{header}..{signature}"


def verify_detached(token: str, payload: bytes, *, keys: Mapping[str, Key], typ: str) -> str:
    """The thumbprint of the key that signed the payload. Raises `SignatureInvalid`."""
    header, middle, signature = _split(token, document=typ)
    if middle:
        raise SignatureInvalid(document=typ)
    return _verify(header, payload, signature, keys=keys, typ=typ)


def verify(token: str, *, keys: Mapping[str, Key], typ: str) -> tuple[bytes, str]:
    """The payload, and the thumbprint of the key that signed it. Raises `SignatureInvalid`."""
    header, payload, signature = _split(token, document=typ)
    content = _decode(payload, document=typ)
    return content, _verify(header, content, signature, keys=keys, typ=typ)


def unverified_payload(token: str) -> bytes:
    """What a token carries, whoever made it."""
    return _decode(_split(token, document="token")[1], document="token")


def _verify(header: str, payload: bytes, signature: str, *, keys: Mapping[str, Key], typ: str) -> str:
    # The algorithm is ours and the key is the agreement's: nothing in the token chooses either.
    try:
        said = json.loads(_decode(header, document=typ))
    except ValueError as problem:
        raise SignatureInvalid(document=typ) from problem
    key = keys.get(said.get("kid", "")) if isinstance(said, dict) and isinstance(said.get("kid", ""), str) else None
    if key is None or said != {"alg": party_jwk.algorithm(key), "kid": key.thumbprint(), "typ": typ}:
        raise SignatureInvalid(document=typ)
    try:
        jws.deserialize_compact(f"{header}..{signature}", key, algorithms=[party_jwk.algorithm(key)], payload=payload)
    except (JoseError, ValueError) as problem:
        raise SignatureInvalid(document=typ) from problem
    return key.thumbprint()


def _split(token: str, *, document: str) -> tuple[str, str, str]:
    pieces = token.split(".")
    if len(pieces) != 3:
        raise SignatureInvalid(document=document)
    _decode(pieces[2], document=document)
    return pieces[0], pieces[1], pieces[2]


def _decode(text: str, *, document: str) -> bytes:
    """Base64url in its one spelling. The library lets bad padding pass, which would make two tokens of one."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as problem:
        raise SignatureInvalid(document=document) from problem
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii") != text:
        raise SignatureInvalid(document=document)
    return data
