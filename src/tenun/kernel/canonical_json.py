"""JSON in the one form that can be hashed and signed: RFC 8785 (JCS)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import rfc8785

from tenun.kernel.errors import TenunError


class NotCanonical(TenunError):
    """A document that two readers could read differently: duplicate member, bad number, bad UTF-8."""

    code = "kernel.not_canonical"
    text_id = "Dokumen {document} bukan JSON yang dapat ditandatangani: {reason}."
    text_en = "{document} is not JSON that can be signed: {reason}."
    remedy_id = "Perbaiki dokumen, lalu ulangi."
    remedy_en = "Correct the document, then try again."


def dumps(value: Any) -> bytes:
    """The canonical bytes of a JSON value. Refuses integers beyond 2^53 and non-finite numbers."""
    try:
        return bytes(rfc8785.dumps(value))
    except rfc8785.CanonicalizationError as problem:
        raise NotCanonical(document="JSON", reason=type(problem).__name__) from problem


def digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(dumps(value)).hexdigest()


def loads(data: bytes, *, document: str) -> Any:
    """Parse, refusing what `json` lets pass: a member named twice, NaN, bytes that are no UTF-8."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise NotCanonical(document=document, reason="duplicate member")
        return members

    def refuse(constant: str) -> Any:
        raise NotCanonical(document=document, reason=constant)

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError) as problem:  # also: not UTF-8, a number of 5,000 digits, brackets without end
        raise NotCanonical(document=document, reason=type(problem).__name__) from problem


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
