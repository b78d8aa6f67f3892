"""A time-stamping authority's word that a checkpoint existed at a time (RFC 3161). Optional: a log is whole without.

What is stamped is the checkpoint as the log signed it, so the stamp reaches every entry below it. Sending the
request is the caller's business. The library for it is imported only where a stamp is made or checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from tenun.transparency_log import checkpoint, disk, note
from tenun.transparency_log.errors import NoteInvalid, StampInvalid

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

STAMPS = "stamps"
REQUEST_TYPE = "application/timestamp-query"
RESPONSE_TYPE = "application/timestamp-reply"
RESPONSE_BYTES_MAX = 64 * 1024


@dataclass(frozen=True)
class Request:
    """What is posted to the authority, and the number that its answer must repeat."""

    body: bytes
    nonce: int


@dataclass(frozen=True)
class Stamp:
    """What the authority says: when (UTC), under which policy, with which number of its own."""

    time: datetime
    policy: str
    serial: int


def request(signed: bytes) -> Request:
    """A request for a stamp on a checkpoint: SHA-256, with a nonce, asking for the certificate."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    builder = TimestampRequestBuilder().data(_checkpoint(signed)).hash_algorithm(HashAlgorithm.SHA256)
    made = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    assert made.nonce is not None  # asked for in the line above
    return Request(made.as_bytes(), made.nonce)


def verify(response: bytes, *, signed: bytes, certificates: bytes, nonce: int | None = None) -> Stamp:
    """What the authority says about this checkpoint. Raises `StampInvalid`.

    `certificates`: PEM of those who are trusted. Self-signed ones are roots, others stand between. `nonce` is
    that of our request, where the stamp is fresh; with a stamp from the files there is none to compare.
    """
    return _verify(response, message=_checkpoint(signed), certificates=certificates, nonce=nonce)


def keep(folder: Path, signed: bytes, response: bytes) -> Path:
    """Put a stamp and the checkpoint it is about into the log's folder. Verify it before. Durable on return."""
    size = checkpoint.parse(note.split(signed)[0]).size
    path = folder / STAMPS / f"{size}.tsr"
    path.parent.mkdir(exist_ok=True)
    disk.write_durably(folder / STAMPS / f"{size}.checkpoint", signed)
    disk.write_durably(path, response)
    disk.sync_folder(folder)
    return path


def kept(folder: Path) -> list[tuple[bytes, bytes]]:
    """(checkpoint, response) of every stamp in a log's folder, oldest first. A checkpoint that is gone is empty."""
    responses = [path for path in (folder / STAMPS).glob("*.tsr") if path.stem.isdecimal()]
    responses.sort(key=lambda path: int(path.stem))
    return [(_read_if_there(path.with_suffix(".checkpoint")), path.read_bytes()) for path in responses]


def _read_if_there(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


# --- below the surface -----------------------------------------------------------------------------


def _verify(response: bytes, *, message: bytes, certificates: bytes, nonce: int | None) -> Stamp:
    from rfc3161_client import VerificationError, VerifierBuilder

    told = _decode(response)
    try:
        trusted = x509.load_pem_x509_certificates(certificates)
    except ValueError as problem:
        raise StampInvalid(reason="the trusted certificates are not PEM") from problem
    roots = [each for each in trusted if each.issuer == each.subject]
    if not roots:
        raise StampInvalid(reason="no root among the trusted certificates")
    between = [each for each in trusted if each.issuer != each.subject]
    try:
        verifier = VerifierBuilder(roots=roots, intermediates=between, nonce=nonce).build()
        is_valid = verifier.verify_message(told, message)
    except VerificationError as problem:
        raise StampInvalid(reason=str(problem).rstrip(".")) from problem
    except ValueError as problem:  # what the library cannot read it does not name
        raise StampInvalid(reason="the answer does not hold") from problem
    if not is_valid:
        raise StampInvalid(reason="the answer does not hold")
    info = told.tst_info
    return Stamp(info.gen_time, info.policy.dotted_string, info.serial_number)


def _decode(response: bytes) -> TimeStampResponse:
    from rfc3161_client import decode_timestamp_response

    if len(response) > RESPONSE_BYTES_MAX:
        raise StampInvalid(reason="the answer is too long")
    try:
        told = decode_timestamp_response(response)
    except ValueError as problem:
        raise StampInvalid(reason="the answer is not a time-stamp reply") from problem
    if told.status != 0:
        raise StampInvalid(reason=f"the authority did not grant it (status {told.status})")
    return told


def _checkpoint(signed: bytes) -> bytes:
    """The bytes that are stamped: text and the log's signature, and of cosigned ones nothing else."""
    try:
        text, lines = note.split(signed)
        checkpoint.parse(text)
    except NoteInvalid as problem:
        raise StampInvalid(reason="it is about no checkpoint") from problem
    return f"{text}\n{lines[0]}\n".encode()
