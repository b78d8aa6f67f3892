from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models

from tenun.agreement.vocabulary import Party
from tenun.indicators.definition import Source
from tenun.portal.corrections.rules import CLAIMED, LETTER, NOTE, OPEN, OWNERS, WHY, Action, Reason, State


def _choices(words: Any) -> list[tuple[str, str]]:
    return [(word.value, word.value) for word in words]


class Correction(models.Model):
    """A village's objection to one figure of one snapshot: filed by its own account, or written down on its letter.

    It holds no data of people: texts are checked before they come here. The database lets nobody change what was
    filed, nor an answer once given, nor delete any. Trusted: whoever administers the database can take that away.
    """

    indicator = models.CharField(max_length=8)
    area = models.CharField(max_length=13, db_index=True)
    area_name = models.CharField(max_length=120)
    snapshot = models.CharField(max_length=40)
    """Of the ministries' figures, also where the village saw what was released of them."""
    shown = models.CharField(max_length=80)
    """What the filer saw of the figure, in Indonesian. An officer sees more than a village: see `is_shown_to`."""
    source = models.CharField(max_length=10, choices=_choices(Source))
    """Whose data is said to be wrong; an owner may hand it over to the other."""
    sources = models.CharField(max_length=20)
    """All that the figure is made of, in the order of its definition, comma between."""
    reason = models.CharField(max_length=12, choices=_choices(Reason))
    claimed = models.CharField(max_length=CLAIMED.most)
    """What the village says is right."""
    why = models.CharField(max_length=WHY.most)
    letter = models.CharField(max_length=LETTER.most, blank=True)
    """Number of the village's letter; empty where the village filed it itself."""
    state = models.CharField(max_length=10, choices=_choices(State))
    is_by_village = models.BooleanField()
    filed_by = models.BigIntegerField()
    """Number of the account. No foreign key: the record outlives the account."""
    filed_party = models.CharField(max_length=10, choices=_choices(Party))
    """The ministry of the officer who wrote it down; of a village's own account, the one that gave it out."""
    filed_at = models.DateTimeField()
    due = models.DateField(db_index=True)
    """Last day for the answer, as the village was told; a later decree of holidays does not move it."""
    is_due_certain = models.BooleanField()
    """Whether the holidays it was counted through were decreed when it was filed."""
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = (
            # A second objection to a figure waits for the answer to the first.
            models.UniqueConstraint(
                fields=("indicator", "area"), condition=models.Q(state__in=sorted(OPEN)), name="correction_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in State]), name="correction_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=sorted(OPEN), closed_on__isnull=True)
                | (~models.Q(state__in=sorted(OPEN)) & models.Q(closed_on__isnull=False)),
                name="correction_is_closed_on_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(is_by_village=True, letter="")
                | (models.Q(is_by_village=False) & ~models.Q(letter="")),
                name="correction_has_an_author",
            ),
        )
        indexes = (models.Index(fields=("state", "due"), name="correction_by_deadline"),)

    @property
    def owner(self) -> Party:
        """The ministry that is to answer."""
        return OWNERS[Source(self.source)]

    @property
    def made_of(self) -> tuple[Source, ...]:
        return tuple(Source(one) for one in self.sources.split(","))

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def is_overdue(self, today: date) -> bool:
        return self.is_open and today > self.due


class Step(models.Model):
    """What was done with a correction, by whom, when and why. Rows are only added."""

    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, related_name="steps")
    action = models.CharField(max_length=10, choices=_choices(Action), blank=True)
    """Empty for the first step: it was filed."""
    state = models.CharField(max_length=10, choices=_choices(State))
    """After the step; so is the source."""
    source = models.CharField(max_length=10, choices=_choices(Source))
    by = models.BigIntegerField()
    party = models.CharField(max_length=10, choices=_choices(Party))
    is_village = models.BooleanField()
    moment = models.DateTimeField()
    note = models.CharField(max_length=NOTE.most, blank=True)

    class Meta:
        ordering = ("id",)

    @property
    def owner(self) -> Party:
        return OWNERS[Source(self.source)]
