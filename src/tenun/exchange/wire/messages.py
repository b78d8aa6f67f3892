"""An HTTP request and its response as values: what was said, without how it travelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from tenun.exchange.wire.refusals import HeaderMalformed

# One line each, or the message is refused: two readers would take different ones of two.
ONCE = frozenset(
    {
        "authorization",
        "content-digest",
        "content-encoding",
        "content-length",
        "content-location",
        "content-range",
        "content-type",
        "dpop",
        "etag",
        "host",
        "idempotency-key",
        "if-range",
        "location",
        "range",
        "repr-digest",
        "signature",
        "signature-input",
    }
)
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Request:
    """What was asked. `url` is the absolute *public* URL, percent-encoded, without fragment.

    Public: the one under which the agreement knows the node, whatever address it listens on. Header names are
    in lower case, with one value each: make them with `headers`.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=lambda: _NONE)
    body: bytes = b""

    def with_headers(self, **more: str) -> Request:
        """The same with these headers on top; `_` in a name stands for `-`."""
        return replace(self, headers={**self.headers, **_named(more)})


@dataclass(frozen=True)
class Response:
    """What was answered. A file is signed by its `repr-digest`, so its `body` may stay empty here."""

    status: int
    headers: Mapping[str, str] = field(default_factory=lambda: _NONE)
    body: bytes = b""

    def with_headers(self, **more: str) -> Response:
        """The same with these headers on top; `_` in a name stands for `-`."""
        return replace(self, headers={**self.headers, **_named(more)})


def headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Header lines as they came, as one mapping. Raises `HeaderMalformed` for two lines where one must be.

    Other repeated lines are joined as RFC 9110 (section 5.3) joins them.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        name, value = name.lower(), value.strip(" \t")
        if name in found:
            if name in ONCE:
                raise HeaderMalformed(header=name)
            value = f"{found[name]}, {value}"
        found[name] = value
    return found


def _named(more: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in more.items()}
