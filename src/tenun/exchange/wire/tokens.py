"""Access tokens (RFC 9068, `at+jwt`): given for one grant, bound to the client's key and to the gate's epoch.

A token is necessary and never sufficient: every request is decided again by the live agreement.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tenun.exchange.wire import jws
from tenun.exchange.wire.assertions import Assertion, client_assertion, verify_assertion
from tenun.exchange.wire.grants import Grant
from tenun.exchange.wire.jws import NotReadable
from tenun.exchange.wire.keys import Key
from tenun.exchange.wire.refusals import (
    GrantMalformed,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    TokenRequestMalformed,
)
from tenun.kernel import canonical_json
from tenun.kernel.canonical_json import NotCanonical

__all__ = [
    "Assertion",
    "Grant",
    "Token",
    "TokenCache",
    "TokenRequest",
    "answer",
    "bearer_of",
    "client_assertion",
    "introspected",
    "issue",
    "verify",
    "verify_assertion",
]

TYPE = "at+jwt"
LIFETIME = 300
CLOCK_AHEAD_MAX = 10
"""Seconds that the issuer's clock may be ahead of the reader's: both are the same node, with several processes."""
GRANT_TYPE = "client_credentials"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_CLAIMS = frozenset({"iss", "sub", "client_id", "aud", "exp", "iat", "jti", "cnf", "authorization_details", "epoch"})


@dataclass(frozen=True, kw_only=True)
class Token:
    """What a token says. Whether it still counts is asked of the gate: `epoch` must be that of now."""

    issuer: str
    client: str
    grant: Grant
    epoch: str
    thumbprint: str
    """`cnf.jkt`: RFC 7638 thumbprint of the key that proofs must be made with."""
    jti: str
    issued: datetime
    expires: datetime
    sha256: str
    """Of the token's text, in hexadecimal."""


class TokenCache:
    """Tokens whose signature and form were checked before, by the hash of their text. Shared by threads.

    Only what cannot change is remembered: time, key and issuer are compared again each time.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self._capacity = capacity
        self._known: OrderedDict[str, tuple[str, Token]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, sha256: str) -> tuple[str, Token] | None:
        with self._lock:
            found = self._known.get(sha256)
            if found is not None:
                self._known.move_to_end(sha256)
            return found

    def keep(self, kid: str, token: Token) -> None:
        with self._lock:
            self._known[token.sha256] = (kid, token)
            if len(self._known) > self._capacity:
                self._known.popitem(last=False)


# --- issuing and verifying ---------------------------------------------------------------------------------------


def issue(grant: Grant, key: Key, *, issuer: str, client: str, thumbprint: str, epoch: str, now: datetime) -> str:
    """A token for 300 s, signed by the issuing node's message key. `thumbprint` is that of the DPoP proof's key."""
    issued = int(now.timestamp())
    claims = {
        "iss": issuer,
        "sub": client,
        "client_id": client,
        "aud": issuer,
        "iat": issued,
        "exp": issued + LIFETIME,
        "jti": secrets.token_urlsafe(16),
        "cnf": {"jkt": thumbprint},
        "authorization_details": grant.to_details(),
        "epoch": epoch,
    }
    return jws.sign({"typ": TYPE, "kid": key.thumbprint()}, claims, key)


def verify(
    token: str, *, keys: Mapping[str, Key], issuer: str, now: datetime, cache: TokenCache | None = None
) -> Token:
    """What the token says, if a key of `keys` (the node's own, by thumbprint) signed it for `issuer` and it is time.

    Proof of possession, epoch and the agreement are the caller's part. Raises `TokenInvalid`, `TokenExpired`.
    """
    sha256 = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
    known = cache.find(sha256) if cache is not None else None
    kid, found = known if known is not None else _verified(token, sha256, keys)
    if kid not in keys:
        raise TokenInvalid(member="kid")
    if found.issuer != issuer:
        raise TokenInvalid(member="iss")
    if found.issued.timestamp() > now.timestamp() + CLOCK_AHEAD_MAX:
        raise TokenInvalid(member="iat")
    if now >= found.expires:
        raise TokenExpired()
    if known is None and cache is not None:
        cache.keep(kid, found)
    return found


def _verified(token: str, sha256: str, keys: Mapping[str, Key]) -> tuple[str, Token]:
    try:
        compact = jws.read(token)
        claims = compact.claims()
    except NotReadable as problem:
        raise TokenInvalid(member=problem.member) from problem
    if str(compact.header.get("typ")).lower().removeprefix("application/") != TYPE:
        raise TokenInvalid(member="typ")
    kid = compact.header.get("kid")
    if not isinstance(kid, str) or kid not in keys:
        raise TokenInvalid(member="kid")
    if not jws.is_signed_by(compact, keys[kid]):
        raise TokenInvalid(member="signature")
    return kid, _token(claims, sha256)


def _token(claims: Mapping[str, Any], sha256: str) -> Token:
    if set(claims) != _CLAIMS:
        raise TokenInvalid(member="claims")
    for name in ("iss", "sub", "client_id", "aud", "jti", "epoch"):
        if not isinstance(claims[name], str) or not claims[name]:
            raise TokenInvalid(member=name)
    issued, expires = claims["iat"], claims["exp"]
    if type(issued) is not int or type(expires) is not int or not 0 < expires - issued <= LIFETIME:
        raise TokenInvalid(member="exp")
    if claims["aud"] != claims["iss"]:
        raise TokenInvalid(member="aud")
    if claims["sub"] != claims["client_id"]:
        raise TokenInvalid(member="sub")
    confirmed = claims["cnf"]
    if not isinstance(confirmed, dict) or set(confirmed) != {"jkt"} or not isinstance(confirmed["jkt"], str):
        raise TokenInvalid(member="cnf")
    try:
        grant = Grant.from_details(claims["authorization_details"])
        start, end = datetime.fromtimestamp(issued, UTC), datetime.fromtimestamp(expires, UTC)
    except (GrantMalformed, ValueError, OverflowError, OSError) as problem:
        raise TokenInvalid(member="claims") from problem
    return Token(
        issuer=claims["iss"],
        client=claims["sub"],
        grant=grant,
        epoch=claims["epoch"],
        thumbprint=confirmed["jkt"],
        jti=claims["jti"],
        issued=start,
        expires=end,
        sha256=sha256,
    )


def bearer_of(headers: Mapping[str, str]) -> str:
    """The token of an `Authorization: DPoP …` header. Raises `TokenMissing`, `TokenInvalid` for another scheme."""
    given = headers.get("authorization")
    if not given:
        raise TokenMissing()
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "dpop" or not token or " " in token or "," in token or not token.isascii():
        raise TokenInvalid(member="authorization")
    return token


# --- the token endpoint's request and answer ---------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TokenRequest:
    """What is posted to `/token` (RFC 6749, section 4.4; RFC 9396), as a form."""

    assertion: str
    grant: Grant
    client: str | None = None
    """`client_id` of the form, where it is given: it must be the assertion's client."""

    def to_form(self) -> bytes:
        """The body, `application/x-www-form-urlencoded`."""
        client = {} if self.client is None else {"client_id": self.client}
        form = {
            "grant_type": GRANT_TYPE,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion,
            "authorization_details": json.dumps(self.grant.to_details(), separators=(",", ":")),
            **client,
        }
        return urlencode(form).encode("ascii")

    @classmethod
    def from_form(cls, body: bytes) -> TokenRequest:
        """Raises `TokenRequestMalformed` for a parameter missing, twice or of another kind, and `GrantMalformed`."""
        form = _form(body)
        for name, wanted in (("grant_type", GRANT_TYPE), ("client_assertion_type", ASSERTION_TYPE)):
            if form.get(name) != wanted:
                raise TokenRequestMalformed(member=name)
        assertion = form.get("client_assertion")
        if not assertion:
            raise TokenRequestMalformed(member="client_assertion")
        try:
            text = form.get("authorization_details", "").encode("utf-8")
            details = canonical_json.loads(text, document="authorization_details")
        except (NotCanonical, UnicodeEncodeError) as problem:
            raise GrantMalformed(member="authorization_details") from problem
        return cls(assertion=assertion, grant=Grant.from_details(details), client=form.get("client_id"))


def answer(token: str, grant: Grant) -> dict[str, Any]:
    """What `/token` answers (RFC 6749, section 5.1; RFC 9396, section 7)."""
    return {
        "access_token": token,
        "token_type": "DPoP",
        "expires_in": LIFETIME,
        "authorization_details": grant.to_details(),
    }


def introspected(token: Token | None) -> dict[str, Any]:
    """What `/introspect` answers (RFC 7662). None = inactive, and nothing more is said: not why, nor whose it was."""
    if token is None:
        return {"active": False}
    return {
        "active": True,
        "iss": token.issuer,
        "sub": token.client,
        "client_id": token.client,
        "aud": token.issuer,
        "iat": int(token.issued.timestamp()),
        "exp": int(token.expires.timestamp()),
        "jti": token.jti,
        "token_type": "DPoP",
        "cnf": {"jkt": token.thumbprint},
        "authorization_details": token.grant.to_details(),
        "epoch": token.epoch,
    }


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=20, errors="strict"
        )
    except ValueError as problem:
        raise TokenRequestMalformed(member="body") from problem
    form = dict(pairs)
    if len(form) != len(pairs):
        raise TokenRequestMalformed(member="body")
    return form
