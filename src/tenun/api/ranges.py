"""Which part of a file is asked for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tenun.exchange.wire.refusals import WireError

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class RangeUnsatisfiable(WireError):
    """Nothing of the file lies in the range."""

    code = "exchange.range_unsatisfiable"
    text_id = "Rentang itu berada di luar berkas, yang panjangnya {size} bita."
    text_en = "The range lies outside the file, which has {size} bytes."
    remedy_id = "Lihat ukuran berkas dalam manifes."
    remedy_en = "See the file's size in the manifest."


@dataclass(frozen=True)
class Part:
    """What is to be sent of a file."""

    first: int
    length: int
    size: int
    is_partial: bool

    @property
    def content_range(self) -> str:
        return f"bytes {self.first}-{self.first + self.length - 1}/{self.size}"


def asked(headers: Mapping[str, str], *, size: int, etag: str) -> Part:
    """The part that a request asks for; the whole where it asks for none that we serve.

    Only one range at a time is served (a server may ignore the field: section 14.2). With `If-Range`, only for the
    very same file. Raises `RangeUnsatisfiable`.
    """
    whole = Part(0, size, size, is_partial=False)
    match = _RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    if match is None or headers.get("if-range", etag).strip() != etag:
        return whole
    first, last = match.groups()
    if not first and not last:
        return whole
    if not first:
        length = min(int(last), size)
        return _part(size - length, size - 1, size)
    if last and int(last) < int(first):
        return whole
    return _part(int(first), min(int(last), size - 1) if last else size - 1, size)


def _part(first: int, last: int, size: int) -> Part:
    if first > last or first >= size:
        raise RangeUnsatisfiable(size=size)
    return Part(first, last - first + 1, size, is_partial=True)
