"""`Client-Cert` (RFC 9440): read from configured gateways alone, and then in one form only."""

from __future__ import annotations

import hashlib
from base64 import b64encode, urlsafe_b64encode

import pytest
from structlog.testing import capture_logs

from tenun.exchange.admission.gateway_certificate import CERTIFICATE_BYTES_MAX, Gateway, thumbprint

DER = b"0\x82 no certificate, and any bytes will do"
HEADER = f":{b64encode(DER).decode()}:"
PRINT = urlsafe_b64encode(hashlib.sha256(DER).digest()).rstrip(b"=").decode()
GATEWAY = Gateway.of(["10.1.2.3", "fd00::/8"])


@pytest.mark.parametrize("address", ["10.1.2.3", "fd00::17", "::ffff:10.1.2.3"])
def test_a_trusted_gateway_tells_the_clients_certificate(address: str) -> None:
    assert GATEWAY.certificate(HEADER, address=address, own=None) == PRINT


@pytest.mark.parametrize("address", ["10.1.2.4", "127.0.0.1", "::1", "", None, "10.1.2.3:80", "unix:"])
def test_from_anywhere_else_the_header_is_ignored_and_that_it_came_is_logged(address: str | None) -> None:
    with capture_logs() as logs:
        assert GATEWAY.certificate(HEADER, address=address, own=None) is None
        assert GATEWAY.certificate(HEADER, address=address, own="of-the-connection") == "of-the-connection"
    assert len(logs) == 2
    assert HEADER not in str(logs)


def test_a_gateways_own_certificate_is_never_taken_for_the_clients() -> None:
    assert GATEWAY.certificate(None, address="10.1.2.3", own="of-the-gateway") is None


def test_without_a_gateway_no_header_is_read() -> None:
    assert not Gateway()
    assert Gateway().certificate(HEADER, address="127.0.0.1", own=None) is None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "::",
        ":",
        "-----BEGIN CERTIFICATE-----",
        b64encode(DER).decode(),
        f'"{b64encode(DER).decode()}"',
        f"{HEADER}, {HEADER}",
        f"{HEADER};a=1",
        f":{b64encode(bytes(CERTIFICATE_BYTES_MAX + 1)).decode()}:",
        ":é:",
    ],
)
def test_what_is_no_single_byte_sequence_is_no_certificate(header: str) -> None:
    assert thumbprint(header) is None
