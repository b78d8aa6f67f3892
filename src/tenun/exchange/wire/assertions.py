"""Who asks for a token: `private_key_jwt` (RFC 7523, OpenID Connect Core section 9), by a pinned client key."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tenun.exchange.wire import jws
from tenun.exchange.wire.jws import Compact, NotReadable
from tenun.exchange.wire.keys import Key
from tenun.exchange.wire.refusals import AssertionInvalid, ClientUnknown

LIFETIME_MAX = 60
"""Seconds that `exp` may lie ahead: else the store of used `jti` would have to grow for years."""
CLOCK_AHEAD_MAX = 10
"""Seconds that the client's clock may be ahead of ours."""
IDENTIFIER_LENGTH_MAX = 256

# The type of another kind of token that the same key signs: never taken for an assertion.
_OTHER_TYPES = frozenset({"dpop+jwt", "at+jwt", "application/at+jwt", "application/dpop+jwt"})


@dataclass(frozen=True)
class Assertion:
    """A client that proved who it is. `jti` may be used once: remember it until `expires`."""

    client: str
    kid: str
    jti: str
    expires: datetime


def client_assertion(key: Key, *, client: str, audience: str, now: datetime, lifetime: int = LIFETIME_MAX) -> str:
    """An assertion that `client` is the one who asks `audience`, the issuer URL of the node asked."""
    issued = int(now.timestamp())
    claims = {
        "iss": client,
        "sub": client,
        "aud": audience,
        "iat": issued,
        "exp": issued + lifetime,
        "jti": secrets.token_urlsafe(16),
    }
    return jws.sign({"kid": key.thumbprint(), "typ": "JWT"}, claims, key)


def verify_assertion(
    assertion: str, *, clients: Mapping[str, Mapping[str, Key]], audiences: Collection[str], now: datetime
) -> Assertion:
    """The client, if one of its keys (by thumbprint) signed this for one of `audiences`: issuer or token endpoint.

    Remembering `jti` is the caller's part. Raises `ClientUnknown`, `AssertionInvalid`.
    """
    compact, claims = _read(assertion)
    client = claims.get("iss")
    keys = clients.get(client) if isinstance(client, str) else None
    if not isinstance(client, str) or keys is None:
        raise ClientUnknown()
    kid = _kid(compact, keys)
    if not jws.is_signed_by(compact, keys[kid]):
        raise AssertionInvalid(member="signature")
    if claims.get("sub") != client:
        raise AssertionInvalid(member="sub")
    if not _is_for(claims.get("aud"), audiences):
        raise AssertionInvalid(member="aud")
    expires = _checked_times(claims, now)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= IDENTIFIER_LENGTH_MAX:
        raise AssertionInvalid(member="jti")
    return Assertion(client, kid, jti, expires)


def _read(assertion: str) -> tuple[Compact, Mapping[str, Any]]:
    try:
        compact = jws.read(assertion)
        claims = compact.claims()
    except NotReadable as problem:
        raise AssertionInvalid(member=problem.member) from problem
    if str(compact.header.get("typ", "JWT")).lower() in _OTHER_TYPES:
        raise AssertionInvalid(member="typ")
    return compact, claims


def _kid(compact: Compact, keys: Mapping[str, Key]) -> str:
    """The key that the header names; where it names none, the client's only one."""
    if "kid" not in compact.header and len(keys) == 1:
        return next(iter(keys))
    kid = compact.header.get("kid")
    if not isinstance(kid, str) or kid not in keys:
        raise ClientUnknown()
    return kid


def _is_for(audience: object, audiences: Collection[str]) -> bool:
    """An assertion for us and for someone else could be used by that other: every audience must be ours."""
    given = audience if isinstance(audience, list) else [audience]
    return bool(given) and all(isinstance(one, str) and one in audiences for one in given)


def _checked_times(claims: Mapping[str, Any], now: datetime) -> datetime:
    moment = now.timestamp()
    expires = claims.get("exp")
    if type(expires) is not int or not moment < expires <= moment + LIFETIME_MAX + CLOCK_AHEAD_MAX:
        raise AssertionInvalid(member="exp")
    for name in ("iat", "nbf"):
        given = claims.get(name, 0)
        if type(given) is not int or given > moment + CLOCK_AHEAD_MAX:
            raise AssertionInvalid(member=name)
    if "iat" in claims and expires - claims["iat"] > LIFETIME_MAX:
        raise AssertionInvalid(member="exp")
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=expires)
