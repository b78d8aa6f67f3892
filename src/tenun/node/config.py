"""How a node is set up: `node.json` in its folder. What the agreement says (keys, issuers, terms) is not repeated here.

Trusted: whoever alters it can send the node's own calls elsewhere. They would be refused there: what is signed names
the peer's public URL, and answers count only under the keys that the agreement pins.
"""

from __future__ import annotations

import json
from enum import StrEnum
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from tenun.kernel.durable import write_durably
from tenun.kernel.errors import TenunError
from tenun.node.home import NodeHome, Role

FILE = "node.json"
LOOPBACK = "127.0.0.1"
WEB_PORTS = {Role.NAKER: 8517, Role.DESA: 8518}
API_PORTS = {Role.DESA: 8527, Role.NAKER: 8528}


class ConfigMissing(TenunError):
    code = "node.config_missing"
    text_id = "Simpul {node} belum disiapkan: node.json tidak ada."
    text_en = "The node {node} has not been set up: there is no node.json."
    remedy_id = "Jalankan `tenun node init --node {node}`."
    remedy_en = "Run `tenun node init --node {node}`."


class ConfigMalformed(TenunError):
    """Says which member of node.json, never what stood in it."""

    code = "node.config_malformed"
    text_id = "node.json tidak dapat dipakai pada {member}: {reason}."
    text_en = "node.json cannot be used at {member}: {reason}."
    remedy_id = "Perbaiki berkas itu; bentuknya ada dalam docs/how-to/run-a-node.md."
    remedy_en = "Correct that file; its form is in docs/how-to/run-a-node.md."


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise PydanticCustomError("url", "a URL such as https://simpul.example.go.id")
    if value.endswith("/"):
        raise PydanticCustomError("url", "a URL without a slash at its end")
    return value


Url = Annotated[str, AfterValidator(_base_url)]


def _network(value: str) -> str:
    try:
        ip_network(value)
    except ValueError:
        raise PydanticCustomError("network", "an address or network such as 10.1.2.0/24") from None
    return value


Network = Annotated[str, AfterValidator(_network)]
Port = Annotated[int, Field(ge=0, le=65_535)]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Web(_Closed):
    """The portal."""

    host: str = LOOPBACK
    port: Port


class Api(_Closed):
    """The exchange API. Without certificate, TLS ends at a gateway before it (deploy/nginx.conf.example)."""

    host: str = LOOPBACK
    port: Port
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    threads: Annotated[int, Field(ge=1, le=256)] = 16
    """For each worker: as many calls at once."""
    stream_bytes_per_second: Annotated[int, Field(ge=65_536)] | None = None
    """For each file that is being sent, where a line is to be shared; none = as fast as the reader takes it."""
    tls_certificate: str | None = None
    tls_key: str | None = None
    client_ca: str | None = None
    """Certificates of callers that TLS accepts; with it, mutual TLS is demanded."""
    trusted_proxies: list[Network] = []
    """Gateways that end TLS and tell the client's certificate (RFC 9440); with any, mutual TLS is demanded."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise PydanticCustomError("tls", "a certificate with its key, or neither")
        if self.client_ca is not None and self.tls_certificate is None:
            raise PydanticCustomError("tls", "client certificates need a certificate of our own")
        return self


class Witness(_Closed):
    """What happens while the peer does not cosign our log: go on, say so, and stop after a stated time."""

    warn_after_seconds: Annotated[int, Field(ge=1)] = 900
    stop_after_seconds: Annotated[int, Field(ge=1)] | None = None
    """No data after so long without a witness; none = never stop, since the signed text sets no such time."""

    @model_validator(mode="after")
    def _warns_first(self) -> Self:
        if self.stop_after_seconds is not None and self.stop_after_seconds <= self.warn_after_seconds:
            raise PydanticCustomError("witness", "the warning comes before the stop")
        return self


class Authority(_Closed):
    """A time-stamping authority (RFC 3161)."""

    url: Url
    certificate: str
    """PEM file of the certificates that are trusted: its root, and those between."""


class LogTerms(_Closed):
    """This node's log."""

    tsa: Authority | None = None
    """Who stamps the newest checkpoint once a day; none = nobody."""


class Tls(StrEnum):
    """How the way to the mail server is closed to readers."""

    STARTTLS = "starttls"
    """Begun in the clear, then TLS or nothing (RFC 3207): port 587."""
    IMPLICIT = "implicit"
    """TLS from the first byte (RFC 8314): port 465."""
    NONE = "none"
    """Only to a relay on this machine."""


def _address(value: str) -> str:
    local, _, host = value.partition("@")
    if not local or not host or not value.isascii() or not value.isprintable() or set(value) & set(' ,;<>"()'):
        raise PydanticCustomError("address", "one e-mail address such as tenun@example.go.id")
    return value


Address = Annotated[str, AfterValidator(_address)]


class Mail(_Closed):
    """The server that takes this node's mails (SMTP). The password stands in a file of its own, never here."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    tls: Tls = Tls.STARTTLS
    ca_file: str | None = None
    """Certificates to trust for its TLS, PEM; none = those of the system."""
    username: str | None = None
    password_file: str | None = None
    sender: Address
    """The address that mails come from."""
    portal: Url
    """The portal's address as officers open it: where the links in mails lead."""

    @model_validator(mode="after")
    def _is_closed_to_readers(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise PydanticCustomError("mail", "a user name with the file of its password, or neither")
        if self.tls is Tls.NONE and not _is_loopback(self.host):
            raise PydanticCustomError("mail", "without TLS only to a relay on this machine")
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class NodeConfig(_Closed):
    version: Annotated[int, Field(ge=1, le=1)] = 1
    issuer: Url
    """Our public URL: everything signed names it, wherever the server listens. The agreement names it too."""
    peer_address: Url | None = None
    """Where to connect to for the peer; none = its issuer URL, as the agreement has it."""
    peer_ca: str | None = None
    """Certificates to trust for the peer's TLS, PEM; none = those of the system."""
    web: Web
    api: Api
    witness: Witness = Witness()
    log: LogTerms = LogTerms()
    mail: Mail | None = None
    """Where mails are handed over; none = no mail leaves this node."""

    def as_dict(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


def default(role: Role) -> NodeConfig:
    """A node of the demo: both on one machine."""
    port = API_PORTS[role]
    return NodeConfig(
        issuer=f"http://{LOOPBACK}:{port}", web=Web(port=WEB_PORTS[role]), api=Api(port=port)
    )  # fmt: skip


def path_of(home: NodeHome) -> Path:
    return home.folder / FILE


def read(home: NodeHome) -> NodeConfig:
    """Raises `ConfigMissing`, `ConfigMalformed`."""
    try:
        content = path_of(home).read_bytes()
    except FileNotFoundError as problem:
        raise ConfigMissing(node=str(home.role)) from problem
    return _checked(content)


def read_or_default(home: NodeHome) -> NodeConfig:
    """For what must work at a node that was never set up, such as its status."""
    try:
        return read(home)
    except ConfigMissing:
        return default(home.role)


def write(home: NodeHome, config: NodeConfig) -> None:
    content = json.dumps(config.as_dict(), ensure_ascii=False, indent=1).encode() + b"\n"
    write_durably(path_of(home), content)


def changed(config: NodeConfig, changes: dict[str, Any]) -> NodeConfig:
    """The same with other members, given by their path: `{"api.port": 0}`. Raises `ConfigMalformed`."""
    document = config.as_dict()
    for path, value in changes.items():
        *outer, last = path.split(".")
        place = document
        for name in outer:
            place = place[name]
        place[last] = value
    return _checked(json.dumps(document).encode())


def _checked(content: bytes) -> NodeConfig:
    try:
        return NodeConfig.model_validate_json(content)
    except ValidationError as problem:
        fault = problem.errors(include_input=False, include_url=False)[0]
        member = "/" + "/".join(str(step) for step in fault["loc"])
        raise ConfigMalformed(member=member, reason=fault["msg"]) from None
