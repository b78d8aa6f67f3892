"""TLS ending at the node: only a certificate that the agreement pins gets further than the handshake's end."""

from __future__ import annotations

import base64
import hashlib
import http.client
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tenun.agreement.vocabulary import Party
from tenun.node import config
from tests.integration.api.conftest import serve_desa
from tests.lib.api_calls import Caller
from tests.lib.online_nodes import open_online_nodes

pytestmark = pytest.mark.xdist_group("api")


def certificate(folder: Path, name: str) -> tuple[Path, Path, str]:
    """A certificate of its own making, its key, and its x5t#S256."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    digest = hashlib.sha256(made.public_bytes(serialization.Encoding.DER)).digest()
    return *paths, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def ask(caller: Caller, server: Path, shown: tuple[Path, Path] | None) -> tuple[int, bytes]:
    """One signed call over TLS."""
    context = ssl.create_default_context(cafile=str(server))
    if shown is not None:
        context.load_cert_chain(*shown)
    request = caller.request("GET", f"{caller.base}/acts/state")
    port = caller.nodes.port(caller.party.other)
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
    try:
        connection.request("GET", f"{caller.base}/acts/state", headers=dict(request.headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_only_the_certificate_that_the_agreement_pins_is_let_in(own_folder: Path) -> None:
    server = certificate(own_folder, "server")
    pinned, other = certificate(own_folder, "naker"), certificate(own_folder, "lain")
    trusted = own_folder / "clients.pem"
    trusted.write_bytes(pinned[0].read_bytes() + other[0].read_bytes())

    def change(document: dict) -> None:
        for party in document["parties"]:
            party["node"]["issuer"] = party["node"]["issuer"].replace("http://", "https://")
            if party["role"] == "naker":
                party["node"]["mtls"] = [pinned[2]]

    nodes = open_online_nodes(own_folder, change=change)
    home = nodes.home(Party.DESA)
    changes = {
        "api.tls_certificate": str(server[0]),
        "api.tls_key": str(server[1]),
        "api.client_ca": str(trusted),
    }
    config.write(home, config.changed(config.default(home.role), changes))
    with serve_desa(own_folder, nodes) as served:
        assert ask(served.caller, server[0], pinned[:2])[0] == 200
        status, body = ask(served.caller, server[0], other[:2])
        assert (status, b"client-unknown" in body) == (401, True)
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
            ask(served.caller, server[0], None)
