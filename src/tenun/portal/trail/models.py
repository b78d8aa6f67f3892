from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from django.db import models

RETENTION = timedelta(days=1096)
"""How long an access is kept: three years, the term of the agreement. The same number stands in the migration's
trigger, which lets nothing younger be deleted (tests/integration/portal/test_trail.py holds both)."""


class Kind(StrEnum):
    """What an access did. The stored spelling never changes."""

    PAGE = "page"
    FIGURES = "figures"
    DOWNLOAD = "download"
    PROGRAM = "program"
    """Figures read by a program with an account's key."""
    REVEAL = "reveal"
    """Covered fields of two records were shown; the reason goes with it."""
    CHANGE = "change"
    """Something was entered: a judgement, a correction, a decision."""
    REFUSED = "refused"


class Access(models.Model):
    """One access. It says who and where, never what stood there; of an address only the route's name is kept.

    The database refuses to change or delete a row before its time. Trusted: whoever administers the database can
    take that refusal away; the request log, kept elsewhere, has the same reference.
    """

    moment = models.DateTimeField(db_index=True)
    account = models.BigIntegerField(db_index=True)
    """Number of the account. No foreign key: the record outlives the account."""
    role = models.CharField(max_length=20)
    party = models.CharField(max_length=10)
    account_area = models.CharField(max_length=13)
    route = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in Kind])
    area = models.CharField(max_length=13, blank=True)
    """The area that was looked at, where the address names one that has the form of a code."""
    purpose = models.CharField(max_length=200, blank=True)
    """The reason, where one has to be stated."""
    reference = models.CharField(max_length=8)
    """Of the request, as on the page's foot and in the request log."""

    class Meta:
        ordering = ("-moment", "-id")
