"""What a function that touches personal data demands to be shown.

The only maker of such a value is `tenun.agreement.decision`; this module merely names its shape, so
that packages below the agreement can ask for one without knowing what an agreement is.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Protocol, runtime_checkable

from tenun.kernel.errors import TenunError


@runtime_checkable
class Authorisation(Protocol):
    """A decision that allowed something: which dataset, which fields, under which decision."""

    @property
    def dataset(self) -> str: ...

    @property
    def fields(self) -> Set[str]: ...

    @property
    def decision_id(self) -> str: ...


class FieldsNotAuthorised(TenunError):
    """Someone asked the store for more than the decision allowed. A programming fault, made loud."""

    code = "kernel.fields_not_authorised"
    text_id = "Keputusan untuk {dataset} tidak mencakup kolom: {fields}."
    text_en = "The decision for {dataset} does not cover these fields: {fields}."
    remedy_id = "Minta keputusan baru untuk kolom itu."
    remedy_en = "Ask for a decision that names those fields."


def require(permit: Authorisation, *, fields: Set[str]) -> None:
    """Raise unless the decision covers every field."""
    beyond = sorted(set(fields) - set(permit.fields))
    if beyond:
        raise FieldsNotAuthorised(dataset=permit.dataset, fields=", ".join(beyond))
