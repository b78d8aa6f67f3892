"""A mail server for tests (aiosmtpd: not our code, speaks RFC 5321), with the ways in which real ones fail."""

from __future__ import annotations

import asyncio
import datetime as dates
import email
import ipaddress
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tenun.node import ports

logging.getLogger("mail.log").setLevel(logging.ERROR)  # the server's own talk; it is not what is tested
HOST = "127.0.0.1"
USERNAME, PASSWORD = "tenun", "sandi-uji"


class Postbox:
    """What arrived, and how the server is to behave."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refused: dict[str, str] = {}
        """Address -> reply, such as `550 5.1.1 no such box`."""
        self.answers_mails = "250 OK"
        self.holds_at = 0
        """At the mail of this number (from 1) the server says nothing more, before it takes it."""
        self.swallows_at = 0
        """The mail of this number is taken, and its answer never comes."""
        self.is_holding = threading.Event()
        self._seen = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        self._seen += 1
        if self._seen == self.holds_at:
            await self._hold()
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answers_mails.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        if self.swallows_at and len(self.mails) == self.swallows_at:
            self.swallows_at = 0
            await self._hold()
        return self.answers_mails

    async def _hold(self) -> None:
        self.is_holding.set()
        await asyncio.sleep(600)

    @property
    def numbers(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.mails]

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


@contextmanager
def serving(postbox: Postbox, *, tls: ssl.SSLContext | None = None, asks_password: bool = False) -> Iterator[int]:
    """The server on a free port of this machine. With `tls` it offers STARTTLS; without it offers none."""

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and data == LoginPassword(USERNAME.encode(), PASSWORD.encode())
        return AuthResult(success=is_right, handled=is_right)

    options: dict[str, Any] = {"tls_context": tls, "require_starttls": False}
    if asks_password:
        options |= {"authenticator": authenticate, "auth_required": True}
    # The controller knocks at the port that it was told, so that 0 cannot be told.
    port = ports.free(HOST)
    controller = Controller(postbox, hostname=HOST, port=port, server_hostname="surel.example", **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for this machine that signs itself: the file to trust, and the server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server uji")])
    now = dates.datetime.now(dates.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dates.timedelta(days=1))
        .not_valid_after(now + dates.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / "server.pem", folder / "server.key"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return trusted, context


@contextmanager
def breaking_off(port: int, *, after: bytes) -> Iterator[int]:
    """A line to the server that is cut as soon as the client has sent these bytes: a server that dies meanwhile."""
    listener = socket.create_server((HOST, 0))
    is_over = threading.Event()

    def carry(client: socket.socket) -> None:
        with client, socket.create_connection((HOST, port)) as server:
            back = threading.Thread(target=_pass, args=(server, client), daemon=True)
            back.start()
            sent = b""
            while after not in sent:
                chunk = client.recv(4096)
                if not chunk:
                    break
                sent += chunk
                if after not in sent:
                    server.sendall(chunk)
            for one in (client, server):
                _shut(one)
            back.join(5)

    def listen() -> None:
        while not is_over.is_set():
            try:
                client, _address = listener.accept()
            except OSError:
                return
            carry(client)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        is_over.set()
        _shut(listener)
        listener.close()
        thread.join(5)


def _pass(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(4096):
            target.sendall(chunk)
    except OSError:
        pass  # cut, as was asked for


def _shut(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other side was faster
