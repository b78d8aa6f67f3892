"""Proof that whoever shows a token holds the key it was given to (RFC 9449, DPoP)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from tenun.agreement import party_jwk
from tenun.exchange.wire import jws, keys
from tenun.exchange.wire.jws import Compact, NotReadable
from tenun.exchange.wire.keys import Key, KeyUnfit
from tenun.exchange.wire.refusals import DpopInvalid

TYPE = "dpop+jwt"
AGE_MAX = 60
"""Seconds from `iat` until a proof is too old."""
CLOCK_AHEAD_MAX = 10
"""Seconds that the client's clock may be ahead of ours."""
IDENTIFIER_LENGTH_MAX = 256
ALGORITHMS = ("Ed25519", "ES256")

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Proof:
    """A proof that held. `jti` may be used once for that key: remember it until `expires`."""

    thumbprint: str
    jti: str
    expires: datetime


def proof(key: Key, *, method: str, url: str, now: datetime, token: str | None = None) -> str:
    """A proof for one request; with `token`, for a request that shows it. `url` is the public URL."""
    ath = {} if token is None else {"ath": token_hash(token)}
    claims = {
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": url.partition("?")[0].partition("#")[0],
        "iat": int(now.timestamp()),
        **ath,
    }
    public = {name: value for name, value in party_jwk.public_jwk(key).items() if name != "kid"}
    return jws.sign({"typ": TYPE, "jwk": public}, claims, key)


def verify(
    proof: str, *, method: str, url: str, now: datetime, token: str | None = None, thumbprint: str | None = None
) -> Proof:
    """The key that made the proof, if it is one for this method and public URL, now, and for `token` where given.

    `thumbprint`: what the key must be (the token's `cnf.jkt`). Remembering `jti` is the caller's part.
    Raises `DpopInvalid` with the header member or claim at fault.
    """
    compact, claims = _read(proof)
    key = _key(compact.header)
    if not jws.is_signed_by(compact, key):
        raise DpopInvalid(member="signature")
    if claims.get("htm") != method:
        raise DpopInvalid(member="htm")
    if not _is_same_place(claims.get("htu"), url):
        raise DpopInvalid(member="htu")
    issued = _checked_time(claims, now)
    if token is not None and claims.get("ath") != token_hash(token):
        raise DpopInvalid(member="ath")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= IDENTIFIER_LENGTH_MAX:
        raise DpopInvalid(member="jti")
    made_by = key.thumbprint()
    if thumbprint is not None and made_by != thumbprint:
        raise DpopInvalid(member="jwk")
    return Proof(made_by, jti, issued + timedelta(seconds=AGE_MAX))


def token_hash(token: str) -> str:
    """`ath`: base64url of the SHA-256 of the token (RFC 9449, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


def _read(proof: str) -> tuple[Compact, Mapping[str, Any]]:
    try:
        compact = jws.read(proof)
        claims = compact.claims()
    except NotReadable as problem:
        raise DpopInvalid(member=problem.member) from problem
    if compact.header.get("typ") != TYPE:
        raise DpopInvalid(member="typ")
    return compact, claims


def _key(header: Mapping[str, Any]) -> Key:
    try:
        return keys.public(header.get("jwk"))
    except KeyUnfit as problem:
        raise DpopInvalid(member="jwk") from problem


def _is_same_place(given: object, url: str) -> bool:
    """Equal after scheme-based normalisation; query and fragment do not belong in `htu` (RFC 9449, section 4.2)."""
    if not isinstance(given, str) or "?" in given or "#" in given:
        return False
    try:
        return _place(given) == _place(url)
    except ValueError:
        return False


def _place(url: str) -> tuple[str, str, int | None, str]:
    parts = urlsplit(url)
    port = parts.port if parts.port is not None else _DEFAULT_PORTS.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port, parts.path or "/"


def _checked_time(claims: Mapping[str, Any], now: datetime) -> datetime:
    issued, moment = claims.get("iat"), now.timestamp()
    if type(issued) is not int or not moment - AGE_MAX < issued <= moment + CLOCK_AHEAD_MAX:
        raise DpopInvalid(member="iat")
    return datetime.fromtimestamp(issued, UTC)
