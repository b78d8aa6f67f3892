"""Writing the page that a node's workers read (`tenun.exchange.gate`). Whoever writes a state holds `gate/lock`."""

from __future__ import annotations

import mmap
import os
import secrets
import time
from pathlib import Path

from tenun.exchange import gate as pages
from tenun.exchange.gate import PageMalformed, PageState

_BEAT_AT = slice(pages.HEARTBEAT_AT, pages.HEARTBEAT_AT + 8)


def create(path: Path, state: PageState) -> mmap.mmap:
    """A new page with that state and a heart that does not beat yet, in place of whatever lies there.

    Put there whole, by its name: workers that hold another file find this one once that has gone silent.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.parent / f".draft-{os.getpid()}-{secrets.token_hex(4)}"
    header, content = pages.encode(state, area=0)
    whole = bytearray(pages.PAGE_SIZE)
    whole[: len(header)] = header
    whole[pages.area_at(0) : pages.area_at(0) + len(content)] = content
    try:
        with draft.open("xb") as handle:
            os.fchmod(handle.fileno(), 0o600)
            handle.write(whole)
        page = pages.map_page(draft, is_writable=True)
        if page is None:
            raise OSError("the page that was just written cannot be mapped")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return page


def write(page: mmap.mmap, state: PageState) -> None:
    """Make this the state that every worker sees from now on. The same state again changes nothing.

    The content goes where no reader looks, then the header names it. A writer that dies between leaves the state
    before; one that dies within the header's bytes leaves a checksum that does not fit, which means closed.
    """
    try:
        _, area, _, _ = pages.decode_header(page[: pages.HEARTBEAT_AT])
    except PageMalformed:
        area = 1
    if page[: pages.HEARTBEAT_AT] == pages.encode(state, area=area)[0] and not _is_torn(page):
        return
    header, content = pages.encode(state, area=1 - area)
    start = pages.area_at(1 - area)
    page[start : start + len(content)] = content
    page[: len(header)] = header


def beat(page: mmap.mmap) -> None:
    """The guard is alive, and has looked at the record just now."""
    page[_BEAT_AT] = time.monotonic_ns().to_bytes(8, "little")


def stop_heart(page: mmap.mmap) -> None:
    """Close at once for whoever reads this page, without waiting for the heartbeat to grow old."""
    page[_BEAT_AT] = bytes(8)


def number_in(path: Path) -> int:
    """The highest number that the page at this path has known; 0 where there is no page."""
    page = pages.map_page(path)
    if page is None:
        return 0
    with page:
        try:
            return pages.decode_header(page[: pages.HEARTBEAT_AT])[0].number
        except PageMalformed:
            return 0


def _is_torn(page: mmap.mmap) -> bool:
    try:
        pages.read_page(page)
    except PageMalformed:
        return True
    return False
