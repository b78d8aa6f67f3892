"""Who is called and who calls: what a client must know beforehand, all of it pinned by the agreement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError

from tenun.agreement import party_jwk
from tenun.agreement.party_jwk import Key
from tenun.exchange.client.refusals import SettingsUnclear


@dataclass(frozen=True)
class Peer:
    """The node that is called.

    `issuer` is its public URL: every signature, token and proof is made for it. `address` is where to connect
    to, when that is another place: behind a gateway or a proxy, or in a test. `message_keys` are the keys that
    the agreement pins for its answers; an answer under any other key is not believed.
    """

    issuer: str
    message_keys: Mapping[str, Key]
    address: str | None = None
    ca_file: Path | None = None
    """Certificates to trust for TLS, PEM; none = those of the system."""

    def __post_init__(self) -> None:
        for setting, url in (("issuer", self.issuer), ("address", self.address)):
            _require_base(setting, url)
        if not self.message_keys:
            raise SettingsUnclear(setting="message_keys", reason="no key is pinned")

    def url(self, path: str) -> str:
        """The public URL of a path: what is signed."""
        return f"{self.issuer}{path}"

    def path(self, url: str) -> str:
        """The path and query of one of the peer's own public URLs, or of a path. Raises for any other place."""
        path = url.removeprefix(self.issuer) if url.startswith(f"{self.issuer}/") else url
        if not path.startswith("/") or path.startswith("//"):
            raise SettingsUnclear(setting="url", reason="it leads away from the peer")
        return path

    def reach(self, path: str) -> str:
        """Where to connect to for a path."""
        return f"{self.address or self.issuer}{path}"


@dataclass(frozen=True)
class Credentials:
    """The caller: its id, its keys, and the revision of the agreement that it goes by."""

    client_id: str
    """The party's name in the agreement."""
    message_key: Key = field(repr=False)
    """Signs every request."""
    client_key: Key = field(repr=False)
    """Authenticates at the token endpoint, and binds the tokens (DPoP)."""
    agreement: str
    """The agreement's URN."""
    rev: str
    """SHA-256 of the agreement's document in force, in hexadecimal."""
    certificate: Path | None = None
    """Client certificate and key for mutual TLS, PEM, where a gateway asks for it."""
    certificate_key: Path | None = None

    @property
    def base(self) -> str:
        """Where the agreement's operations lie."""
        return f"/v1/agreements/{self.agreement.rsplit(':', 1)[-1]}"


def read_private_key(key: Path | Mapping[str, Any] | Key, *, setting: str) -> Key:
    """A private key from a JWK file, a JWK or a key. Raises `SettingsUnclear`; never says what was in it."""
    if not isinstance(key, (Path, Mapping)):
        return key
    try:
        jwk = json.loads(key.read_text("utf-8")) if isinstance(key, Path) else dict(key)
        return party_jwk.private_key(jwk)
    except (OSError, ValueError, TypeError, AttributeError, KeyError, JoseError) as problem:
        raise SettingsUnclear(setting=setting, reason=type(problem).__name__) from None


def read_public_keys(
    keys: Path | Mapping[str, Any] | Sequence[Mapping[str, Any]], *, setting: str = "peer_keys"
) -> dict[str, Key]:
    """Pinned public keys by thumbprint: a JWK, a JWK set, a list of JWKs, or a file with one of these.

    The form in which the agreement has them (`{"use": "message", "jwk": {...}}`) is understood too; then only
    message keys count.
    """
    try:
        value: Any = json.loads(keys.read_text("utf-8")) if isinstance(keys, Path) else keys
        if isinstance(value, Mapping):
            value = value.get("keys", [value])
        found = (party_jwk.public_key(jwk) for jwk in map(_jwk, value) if jwk is not None)
        return {key.thumbprint(): key for key in found}
    except (OSError, ValueError, TypeError, AttributeError, KeyError, JoseError) as problem:
        raise SettingsUnclear(setting=setting, reason=type(problem).__name__) from None


def _jwk(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    if "jwk" in entry:
        return dict(entry["jwk"]) if entry.get("use") == "message" else None
    return {name: value for name, value in entry.items() if name in ("kty", "crv", "x", "y", "kid")}


def _require_base(setting: str, url: str | None) -> None:
    if url is None:
        return
    split = urlsplit(url)
    if split.scheme not in ("http", "https") or not split.netloc or split.query or split.fragment or url.endswith("/"):
        raise SettingsUnclear(
            setting=setting, reason="it must be http(s)://host[:port][/path] without a slash at its end"
        )
