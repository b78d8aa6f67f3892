"""The consumer's side of the online exchange: a client for anyone with keys, and the node's own role on top of it.

    from tenun.exchange.client import Client

    client = Client.connect(issuer="https://desa.example.go.id", client_id="naker", message_key=Path("message.jwk"),
                            client_key=Path("client.jwk"), peer_keys=Path("desa.jwks"),
                            agreement="urn:tenun:agreement:sid-siapkerja", rev="8f1c…")
    job, manifest = client.export(dataset="sid-warga", purpose="pemadanan", fields=["person_id", "village_code"])
    client.download(job, manifest, Path("received"))

docs/how-to/integrate-in-a-day.md has each call, also for other programming languages.
"""

from tenun.exchange.client.downloads import PlainFolder, RemoteFile
from tenun.exchange.client.peer import Credentials, Peer
from tenun.exchange.client.refusals import (
    AnswerMalformed,
    AnswerNotBelieved,
    AnswerUnsigned,
    ClientError,
    ClockAway,
    ExportFailed,
    ExportTakesLong,
    FileAltered,
    PeerUnreachable,
    Refused,
    SettingsUnclear,
)
from tenun.exchange.client.session import Client, Job, Manifest, Token
from tenun.exchange.client.transport import Answer, Call, Retrying
from tenun.exchange.wire.grants import Grant

__all__ = [
    "Answer",
    "AnswerMalformed",
    "AnswerNotBelieved",
    "AnswerUnsigned",
    "Call",
    "Client",
    "ClientError",
    "ClockAway",
    "Credentials",
    "ExportFailed",
    "ExportTakesLong",
    "FileAltered",
    "Grant",
    "Job",
    "Manifest",
    "Peer",
    "PeerUnreachable",
    "PlainFolder",
    "Refused",
    "RemoteFile",
    "Retrying",
    "SettingsUnclear",
    "Token",
]
