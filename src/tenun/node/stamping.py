"""A time-stamping authority's word on our log, once a day (RFC 3161). Optional: `log.tsa` in node.json.

A checkpoint says what is in the log and not when. The peer's signature as a witness says when, by the peer's clock;
the authority's says so by the clock of someone who is neither party. What is stamped is the newest checkpoint after
a day's end: it covers all of that day. The authority gets a digest of it and nothing else.

    log/stamps/{size}.tsr, {size}.checkpoint      the stamp, and what it is about
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import urllib3
from urllib3.exceptions import HTTPError

from tenun.exchange.station import Station
from tenun.kernel.clock import JAKARTA, rfc3339
from tenun.kernel.errors import TenunError
from tenun.node.config import Authority
from tenun.transparency_log import checkpoint, note, stamp
from tenun.transparency_log.errors import LogError
from tenun.transparency_log.folder import LogFolder
from tenun.transparency_log.stamp import Stamp

SECONDS_MAX = 20.0

Post = Callable[[bytes], bytes]
"""Sends a request to the authority and gives its answer. Raises `AuthorityUnreachable`."""


class AuthorityUnreachable(TenunError):
    """No usable answer from the authority. The log is whole without its stamp; the worker asks again."""

    code = "node.authority_unreachable"
    retryable = True
    text_id = "Otoritas stempel waktu tidak menjawab sebagaimana mestinya: {reason}."
    text_en = "The time-stamping authority does not answer as it should: {reason}."
    remedy_id = "Periksa `log.tsa.url` dalam node.json dan jaringan; pekerja mencoba lagi."
    remedy_en = "Check `log.tsa.url` in node.json and the network; the worker tries again."


class AuthorityCertificateMissing(TenunError):
    code = "node.authority_certificate_missing"
    text_id = "Sertifikat otoritas stempel waktu tidak dapat dibaca: {reason}."
    text_en = "The certificate of the time-stamping authority cannot be read: {reason}."
    remedy_id = "Perbaiki `log.tsa.certificate` dalam node.json: berkas PEM dengan akarnya."
    remedy_en = "Correct `log.tsa.certificate` in node.json: a PEM file with its root."


@dataclass(frozen=True)
class Shown:
    """A stamp of the log's folder, checked again."""

    size: int
    """How many entries it reaches; 0 where its checkpoint cannot be read."""
    stamp: Stamp | None
    problem: str | None
    """Why it does not hold; none where it does."""

    def as_dict(self) -> dict[str, object]:
        return {
            "size": self.size,
            "is_valid": self.problem is None,
            "time": rfc3339(self.stamp.time) if self.stamp else None,
            "policy": self.stamp.policy if self.stamp else None,
            "serial": str(self.stamp.serial) if self.stamp else None,
            "problem": self.problem,
        }


def stamp_if_due(station: Station, authority: Authority, *, post: Post | None = None) -> Stamp | None:
    """Have the newest checkpoint stamped where a day has ended since the last stamp and the log has grown.

    Verified before it is kept, and durable on return. None where nothing was due. Raises `AuthorityUnreachable`,
    `AuthorityCertificateMissing`, and `StampInvalid` where the answer does not hold.
    """
    signed = LogFolder(station.log).checkpoint()
    if signed is None or not _is_due(station, authority, signed):
        return None
    asked = stamp.request(signed)
    response = (post or _poster(authority))(asked.body)
    found = stamp.verify(response, signed=signed, certificates=_certificates(authority), nonce=asked.nonce)
    stamp.keep(station.log, signed, response)
    return found


def shown(log: Path, authority: Authority | None) -> list[Shown]:
    """Every stamp that a log's folder keeps, oldest first. Without an authority none of them can be checked."""
    found = []
    for signed, response in stamp.kept(log):
        told, problem, size = None, None, 0
        try:
            if authority is None:
                problem = "node.authority_certificate_missing"
            else:
                told = stamp.verify(response, signed=signed, certificates=_certificates(authority))
            size = _size(signed)
        except (TenunError, LogError) as fault:
            problem = fault.code
        found.append(Shown(size, told, problem))
    return found


def _is_due(station: Station, authority: Authority, signed: bytes) -> bool:
    """One a day, and none for a log that says nothing new. A stamp that does not hold is none."""
    good = [one for one in shown(station.log, authority) if one.stamp is not None]
    if not good:
        return _size(signed) > 0
    last = good[-1]
    assert last.stamp is not None
    return _size(signed) > last.size and _day(station.clock.now()) > _day(last.stamp.time)


def _poster(authority: Authority) -> Post:
    def post(body: bytes) -> bytes:
        pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(SECONDS_MAX))
        headers = {"content-type": stamp.REQUEST_TYPE, "accept": stamp.RESPONSE_TYPE}
        try:
            answer = pool.request("POST", authority.url, body=body, headers=headers, preload_content=False)
            try:
                content = bytes(answer.read(stamp.RESPONSE_BYTES_MAX + 1))
            finally:
                answer.release_conn()
        except HTTPError as problem:
            raise AuthorityUnreachable(reason=type(problem).__name__) from problem
        if answer.status != 200:
            raise AuthorityUnreachable(reason=f"HTTP {answer.status}")
        return content

    return post


def _certificates(authority: Authority) -> bytes:
    try:
        return Path(authority.certificate).read_bytes()
    except OSError as problem:
        raise AuthorityCertificateMissing(reason=type(problem).__name__) from problem


def _size(signed: bytes) -> int:
    return checkpoint.parse(note.split(signed)[0]).size


def _day(moment: datetime) -> str:
    return moment.astimezone(JAKARTA).date().isoformat()
