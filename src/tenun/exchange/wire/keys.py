"""What a key does on the wire. The key fixes the algorithm: nothing that a message says can choose another."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from tenun.agreement import party_jwk

Key = OKPKey | ECKey

ED25519, P256 = "ed25519", "ecdsa-p256-sha256"
JWS_NAMES = {ED25519: "Ed25519", P256: "ES256"}
"""RFC 9421 name to RFC 9864 / RFC 7518 name: what we write."""
JWS_NAMES_READ = {ED25519: frozenset({"Ed25519", "EdDSA"}), P256: frozenset({"ES256"})}
"""What we read. `EdDSA` is the older name, with an Ed25519 key it means the same (RFC 9864, section 2.2)."""

_SECRET = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_P256 = ec.ECDSA(SHA256())
_HALF = 32


class KeyUnfit(ValueError):
    """Neither Ed25519 nor P-256, or without a private part where one is needed. A fault of whoever configured it."""


def algorithm(key: Key) -> str:
    """`ed25519` or `ecdsa-p256-sha256` (RFC 9421, section 6.2). Raises `KeyUnfit`."""
    public = key.public_key
    if isinstance(public, Ed25519PublicKey):
        return ED25519
    if isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1):
        return P256
    raise KeyUnfit("neither Ed25519 nor P-256")


def public(jwk: object) -> Key:
    """The public key of a JWK (RFC 7517) that someone shows, for checking signatures. Raises `KeyUnfit`.

    A private or secret part in it is a leak, and a key that says it is for something else is taken at its word.
    """
    if not isinstance(jwk, dict) or _SECRET & set(jwk):
        raise KeyUnfit("not a public JWK")
    names = ("kty", "crv", "x", "y") if jwk.get("kty") == "EC" else ("kty", "crv", "x")
    try:
        key = _imported(tuple((name, jwk[name]) for name in names))
    except (KeyError, TypeError, ValueError, JoseError) as problem:
        raise KeyUnfit("neither Ed25519 nor P-256") from problem
    if not _is_for_signatures(jwk, key):
        raise KeyUnfit("for something else")
    return key


@lru_cache(maxsize=256)
def _imported(members: tuple[tuple[str, Any], ...]) -> Key:
    """A caller shows the same key with every call."""
    return party_jwk.public_key(dict(members))


def _is_for_signatures(jwk: dict[str, Any], key: Key) -> bool:
    uses = jwk.get("key_ops", ["verify"])
    is_to_verify = isinstance(uses, list) and "verify" in uses and jwk.get("use", "sig") == "sig"
    return is_to_verify and str(jwk.get("alg", JWS_NAMES[algorithm(key)])) in JWS_NAMES_READ[algorithm(key)]


def sign(key: Key, message: bytes) -> bytes:
    """64 bytes: Ed25519, or P-256 as r and s one after the other. Raises `KeyUnfit`."""
    private = key.private_key
    if isinstance(private, Ed25519PrivateKey):
        return private.sign(message)
    if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1):
        r, s = decode_dss_signature(private.sign(message, _P256))
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")
    raise KeyUnfit("no private Ed25519 or P-256 key")


def has_signed(key: Key, message: bytes, signature: bytes) -> bool:
    """Whether this key made the signature. Raises `KeyUnfit`."""
    if len(signature) != 2 * _HALF:
        return False
    public = key.public_key
    try:
        if isinstance(public, Ed25519PublicKey):
            public.verify(signature, message)
            return True
        if isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1):
            r, s = int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big")
            public.verify(encode_dss_signature(r, s), message, _P256)
            return True
    except InvalidSignature:
        return False
    raise KeyUnfit("neither Ed25519 nor P-256")
