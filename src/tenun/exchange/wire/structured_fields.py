"""Dictionaries of HTTP structured fields (RFC 9651), parsed by `http-sf`, with what the RFC lets pass refused."""

from __future__ import annotations

from typing import Any, cast

import http_sf

Member = tuple[Any, dict[str, Any]]
"""A value, or a list of items for an inner list, with its parameters."""


def dictionary(field: str, *, once: bool = True) -> dict[str, Member]:
    """The members of a dictionary field. Raises `ValueError` for all that is none.

    `once`: also for a key or parameter that is there twice, of which the RFC would take the last.
    """
    parsed = http_sf.parse(field.encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse if once else None)
    return cast(dict[str, Member], parsed)


def serialised_member(member: Member) -> str:
    """A member's value with its parameters (RFC 9651, section 4.1.2)."""
    text = http_sf.ser({"a": cast(Any, member)})[1:]
    return text[1:] if text.startswith("=") else f"?1{text}"


def serialised(field: str, *, name: str) -> str:
    """A whole field in its one spelling; a field of unknown type is read as a dictionary. Raises `ValueError`."""
    return http_sf.ser(http_sf.parse(field.encode("ascii"), name=name, tltype="dictionary"))


def _refuse(key: str, context: str) -> None:
    raise ValueError(f"duplicate {context}")
