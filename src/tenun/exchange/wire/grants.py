"""What a token allows: one grant, in the form of RFC 9396 `authorization_details`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tenun.exchange.wire.refusals import GrantMalformed

TYPE = "urn:pks:access:1"
OPERATIONS = ("bulk", "delta", "subject")
FIELDS_MAX = 200

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}[a-z0-9]")
_FORMS = {
    "agreement": re.compile(r"urn:[a-z0-9][a-z0-9-]{0,31}:[a-z0-9:-]{1,100}"),
    "rev": re.compile(r"[0-9a-f]{64}"),
    "dataset": _NAME,
    "operation": re.compile("|".join(OPERATIONS)),
    "purpose": _NAME,
    "area": re.compile(r"[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?"),
}
_REQUIRED = frozenset({"type", "agreement", "rev", "dataset", "operation", "purpose", "fields"})


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One access: these fields of this dataset, for this purpose, by this operation, under this revision."""

    agreement: str
    rev: str
    """SHA-256 of the agreement in force, in hexadecimal."""
    dataset: str
    operation: str
    """`bulk`, `delta` or `subject`."""
    purpose: str
    fields: tuple[str, ...]
    """In order of name, each once."""
    area: str | None = None
    """Dotted Kemendagri code; none = all that the agreement's row scope allows."""

    def to_details(self) -> list[dict[str, Any]]:
        """As `authorization_details`."""
        area = {} if self.area is None else {"area": self.area}
        return [
            {
                "type": TYPE,
                "agreement": self.agreement,
                "rev": self.rev,
                "dataset": self.dataset,
                "operation": self.operation,
                "purpose": self.purpose,
                "fields": list(self.fields),
                **area,
            }
        ]

    @classmethod
    def from_details(cls, details: object) -> Grant:
        """The one grant of `authorization_details`. Raises `GrantMalformed` for anything more, less or other.

        What is not known is refused and never ignored (RFC 9396, section 5): a node that skipped it would give
        more than was meant.
        """
        if not isinstance(details, list) or len(details) != 1 or not isinstance(details[0], dict):
            raise GrantMalformed(member="authorization_details")
        detail: Mapping[str, Any] = details[0]
        for name in sorted(_REQUIRED - set(detail)):
            raise GrantMalformed(member=name)
        if set(detail) - _REQUIRED - {"area"}:
            raise GrantMalformed(member="authorization_details")
        if detail["type"] != TYPE:
            raise GrantMalformed(member="type")
        for name, form in _FORMS.items():
            given = detail.get(name)
            if name in detail and not (isinstance(given, str) and form.fullmatch(given)):
                raise GrantMalformed(member=name)
        return cls(
            agreement=detail["agreement"],
            rev=detail["rev"],
            dataset=detail["dataset"],
            operation=detail["operation"],
            purpose=detail["purpose"],
            fields=_fields(detail["fields"]),
            area=detail.get("area"),
        )

    def is_within(self, other: Grant) -> bool:
        """Whether this asks for nothing beyond the other: the same access, or fewer fields, or a part of the area."""
        same = ("agreement", "rev", "dataset", "operation", "purpose")
        return (
            all(getattr(self, name) == getattr(other, name) for name in same)
            and set(self.fields) <= set(other.fields)
            and (other.area is None or self.area == other.area or (self.area or "").startswith(f"{other.area}."))
        )


def _fields(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not 0 < len(given) <= FIELDS_MAX:
        raise GrantMalformed(member="fields")
    if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in given) or len(set(given)) != len(given):
        raise GrantMalformed(member="fields")
    return tuple(sorted(given))
