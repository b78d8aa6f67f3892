"""Keys as JWKs (RFC 7517): which kinds the agreement knows, and the one algorithm that goes with each.

The header of a signature never chooses the algorithm: it must name the one that belongs to the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joserfc.jwk import ECKey, OKPKey

_KINDS: Mapping[str, type[OKPKey] | type[ECKey]] = {"Ed25519": OKPKey, "P-256": ECKey}
ALGORITHMS: Mapping[str, str] = {"Ed25519": "Ed25519", "P-256": "ES256"}
"""JWS algorithm by curve (RFC 9864, RFC 7518)."""
CURVES = tuple(ALGORITHMS)

Key = OKPKey | ECKey


def public_key(jwk: Mapping[str, Any]) -> Key:
    """The key of a public JWK. Raises `ValueError` or `JoseError` where it is none of the known kinds."""
    curve = jwk.get("crv")
    members = {"Ed25519": {"kty", "crv", "x"}, "P-256": {"kty", "crv", "x", "y"}}.get(str(curve))
    if members is None or set(jwk) - {"kid"} != members or jwk["kty"] != ("OKP" if curve == "Ed25519" else "EC"):
        raise ValueError("not a public key of a known kind")
    return _KINDS[str(curve)].import_key({name: jwk[name] for name in members})


def private_key(jwk: Mapping[str, Any]) -> Key:
    """The key of a private JWK. Raises `ValueError` or `JoseError`."""
    if jwk.get("crv") not in CURVES or "d" not in jwk:
        raise ValueError("not a private key of a known kind")
    return _KINDS[str(jwk["crv"])].import_key(dict(jwk))


def algorithm(key: Key) -> str:
    """The one JWS algorithm of a key."""
    return ALGORITHMS[str(key.as_dict(private=False)["crv"])]


def public_jwk(key: Key) -> dict[str, str]:
    """The public members with the thumbprint as `kid`, as the agreement has them."""
    members = key.as_dict(private=False)
    names = ("kty", "crv", "x", "y") if members["kty"] == "EC" else ("kty", "crv", "x")
    return {**{name: str(members[name]) for name in names}, "kid": key.thumbprint()}


def generate(curve: str = "Ed25519") -> Key:
    """A new private key. `curve` is one of `CURVES`."""
    return ECKey.generate_key("P-256") if curve == "P-256" else OKPKey.generate_key("Ed25519")
