"""What a node says of itself at `/.well-known/`: to OAuth clients (RFC 8414) and to other nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tenun.exchange.wire import dpop, grants, signatures, tokens

OAUTH_PATH, NODE_PATH = "/.well-known/oauth-authorization-server", "/.well-known/pks-node"
VERSIONS = ("1",)


def document(issuer: str) -> dict[str, Any]:
    """The authorisation server's metadata (RFC 8414; RFC 9449, section 5.1; RFC 9396, section 10).

    `issuer` is the node's public URL without a slash at the end, as the agreement has it.
    """
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/token",
        "introspection_endpoint": f"{issuer}/introspect",
        "grant_types_supported": [tokens.GRANT_TYPE],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": ["private_key_jwt"],
        "introspection_endpoint_auth_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "authorization_details_types_supported": [grants.TYPE],
    }


def node_document(
    issuer: str, *, party: str, agreements: Sequence[str] = (), versions: Sequence[str] = VERSIONS
) -> dict[str, Any]:
    """Where a node's parts are, and which versions of the protocol it speaks. Public: it names no key and no data."""
    return {
        "issuer": issuer,
        "party": party,
        "versions": list(versions),
        "agreements": [
            {"id": urn, "endpoint": f"{issuer}/v1/agreements/{urn.rpartition(':')[2]}"} for urn in agreements
        ],
        "oauth": f"{issuer}{OAUTH_PATH}",
        "catalog": f"{issuer}/v1/catalog",
        "events": f"{issuer}/v1/events",
        "log": f"{issuer}/v1/log/",
        "witness": f"{issuer}/v1/witness/",
        "openapi": f"{issuer}/v1/openapi.json",
        "health": f"{issuer}/health",
        "signatures": {
            "request_tag": signatures.REQUEST_TAG,
            "response_tag": signatures.RESPONSE_TAG,
            "algorithms": ["ed25519", "ecdsa-p256-sha256"],
            "lifetime_seconds_max": signatures.LIFETIME_MAX,
            "clock_ahead_seconds_max": signatures.CLOCK_AHEAD_MAX,
        },
    }
