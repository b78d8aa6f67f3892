"""Recorded answers of a web service: in files of one, in lists, one a line, or packed into an archive."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from tenun.sources import reading
from tenun.sources.errors import FileUnreadable, NoRows
from tenun.sources.reading import BROKEN, Kind, Source

Progress = Callable[[str, int, int], None]
"""Stage (Indonesian / English), done, total."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer and where it stood."""

    source: Source
    row: int
    """Line of the file, or place in its list, from 1."""
    body: Any
    """The JSON value; `BROKEN` for a line that is no JSON."""

    def packed(self) -> bytes:
        """The answer as JSON text for the raw layer, packed: it has twenty thousand letters and few words."""
        text = "" if self.body is BROKEN else json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        return zlib.compress(text.encode(), level=1)


def open_files(paths: Sequence[Path], *, progress: Progress | None = None) -> Iterator[Source]:
    """Every file in the order given; an archive as the files in it. Raises what `reading.open_file` raises."""
    for number, path in enumerate(paths, start=1):
        source = reading.open_file(path)
        members = source.members() if source.kind is Kind.ARCHIVE else [source]
        if not members:
            raise NoRows(file=source.file)
        yield from members
        if progress is not None:
            progress("Membaca berkas / reading", number, len(paths))


def answers(sources: Iterable[Source]) -> Iterator[Answer]:
    """Every answer of JSON files. Raises `FileUnreadable` for a file that is no JSON."""
    for source in sources:
        if source.kind is not Kind.JSON:
            raise FileUnreadable(file=source.file, reason_id="ini bukan JSON", reason_en="it is not JSON")
        for line, value in source.documents():
            if isinstance(value, list):
                yield from (Answer(source, place, entry) for place, entry in enumerate(value, start=1))
            else:
                yield Answer(source, line, value)


def raw_table(kept: Iterable[tuple[str, int, bytes]]) -> pa.Table:
    """Answers for the raw layer: digest of the file, row in it, the packed answer unpacked."""
    rows = list(kept)
    return pa.table(
        {
            "source": pa.array([sha256 for sha256, _, _ in rows], pa.string()),
            "row": pa.array([row for _, row, _ in rows], pa.int32()),
            "answer": pa.array([zlib.decompress(packed).decode() for _, _, packed in rows], pa.string()),
        }
    )


def unwrap(body: Any) -> tuple[Mapping[str, Any] | None, Any]:
    """What a recorder wrote around an answer (`{"kode_desa": …, "respons": {…}}`), and the answer."""
    if isinstance(body, dict) and "respons" in body:
        return body, body["respons"]
    return None, body


def whole_number(value: Any) -> int | None:
    """An integer that came as a number or as text; null for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return int(value) if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() else None


def decimal_number(value: Any) -> float | None:
    """A finite number that came as a number or as text with a decimal point; null for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if number - number == 0 else None
