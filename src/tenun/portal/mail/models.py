from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from tenun.portal.mail.kinds import Kind, Rhythm

LANGUAGES = ("id", "en")


class State(models.TextChoices):
    """Of a mail. The stored spelling never changes."""

    WAITING = "waiting", "waiting"
    SENT = "sent", "sent"
    """The mail server has taken it. Whether it was read, nobody asks."""
    GIVEN_UP = "given-up", "given-up"


class Subscription(models.Model):
    """What an account wants to get. One row an account, made when it is first looked at.

    Trusted: whoever alters a row alters what is sent to the account's own address, never what it may see.
    """

    account = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="mail")
    digest = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in Rhythm], default=Rhythm.WEEKLY.value
    )
    wants_alerts = models.BooleanField(default=True)
    language = models.CharField(max_length=2, choices=[(one, one) for one in LANGUAGES], default="id")
    period = models.CharField(max_length=10, blank=True)
    """The day or week whose digest was made, or was found to have nothing to say."""
    snapshot = models.CharField(max_length=40, blank=True)
    """What the last digest told of: the next one says what changed since."""


class Message(models.Model):
    """A mail on its way, and for a while the note that it went. The account says whereto; no address stands here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=200, unique=True)
    """Names what it tells to whom: the same is never written twice."""
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Kind])
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    sealed = models.BinaryField(null=True)
    """The letter under a key of the node, until it is sent or given up: a link to a new password must not be read."""
    made_at = models.DateTimeField()
    next_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=40, blank=True)
    """Code of what stopped the last attempt."""

    class Meta:
        ordering = ("-made_at",)
        indexes = [models.Index(fields=["state", "next_at"], name="mail_by_state_and_time")]  # noqa: RUF012
        constraints = [  # noqa: RUF012 - Django reads it, nobody changes it
            models.CheckConstraint(
                condition=models.Q(state="waiting", sealed__isnull=False)
                | (models.Q(sealed__isnull=True) & ~models.Q(state="waiting")),
                name="mail_letter_is_kept_while_it_waits",
            ),
        ]


class News(models.Model):
    """Something that happened and was told of, so that it is told once. Nothing personal stands here."""

    key = models.CharField(max_length=200, primary_key=True)
    noted_at = models.DateTimeField()
    about = models.JSONField(default=dict)
    """Of a shut-off: what was closed by whom, to tell its end in words."""
    ended_at = models.DateTimeField(null=True)
