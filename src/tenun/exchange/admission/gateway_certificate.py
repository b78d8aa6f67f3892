"""The client's certificate where TLS ends at a gateway before the node: the header `Client-Cert` (RFC 9440).

Anyone can write a header. It is read only from the addresses that `node.json` names (`api.trusted_proxies`), whose
gateway must take away what a client sends under that name (RFC 9440, section 2.4); from anywhere else it is ignored,
and that it came is logged. What counts is then the same as where TLS ends here: the thumbprint that the agreement
pins for the caller (`node.mtls`, x5t#S256 of RFC 8705).
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, cast

import http_sf
import structlog

from tenun.kernel.clause import implements

CERTIFICATE_BYTES_MAX = 16 * 1024
"""Of the DER. Certificates have one to three thousand bytes."""

log = structlog.get_logger("tenun.api")


@dataclass(frozen=True)
class Gateway:
    """The gateways whose word about a client's certificate is taken. With none, no header is read."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, addresses: Iterable[str]) -> Gateway:
        """From addresses or networks such as `10.1.2.3` or `10.1.2.0/24`. Raises `ValueError`."""
        return cls(tuple(ip_network(address) for address in addresses))

    def __bool__(self) -> bool:
        """Whether there is one: certificates are then demanded, and come from it alone."""
        return bool(self.networks)

    def is_trusted(self, address: str | None) -> bool:
        """Whether a connection from there comes from a gateway of ours."""
        try:
            peer = ip_address(address or "")
        except ValueError:
            return False
        mapped = getattr(peer, "ipv4_mapped", None)  # of a socket that listens for both
        return any((mapped or peer) in network for network in self.networks)

    @implements("3(1)b", control="A gateway's word on a client's certificate counts from configured addresses alone.")
    def certificate(self, header: str | None, *, address: str | None, own: str | None) -> str | None:
        """x5t#S256 of the client's certificate; none where there is none that counts.

        `header`: `Client-Cert` as it came; `address`: who is connected to us; `own`: the thumbprint of the
        certificate of that connection itself. Of a gateway, its own certificate never counts as the client's.
        """
        if self.is_trusted(address):
            return thumbprint(header) if header is not None else None
        if header is not None:
            log.warning("client-cert from an address that is no trusted proxy was ignored", address=address)
        return own


def thumbprint(header: str) -> str | None:
    """x5t#S256 of the certificate in a `Client-Cert` field; none where it is no single Byte Sequence (RFC 9440)."""
    found: Any = None
    parameters: Any = {}
    try:
        found, parameters = cast(Any, http_sf.parse(header.strip().encode("ascii"), tltype="item"))
    except ValueError:
        pass  # told below, like everything else that is none
    if not isinstance(found, bytes) or parameters or not 0 < len(found) <= CERTIFICATE_BYTES_MAX:
        log.warning("client-cert of a trusted proxy cannot be read")
        return None
    return urlsafe_b64encode(hashlib.sha256(found).digest()).rstrip(b"=").decode()
