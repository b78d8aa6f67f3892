import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = (("accounts", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL))

    operations = (
        migrations.CreateModel(
            name="News",
            fields=[
                ("key", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("noted_at", models.DateTimeField()),
                ("about", models.JSONField(default=dict)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="mail",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "digest",
                    models.CharField(
                        choices=[("off", "off"), ("daily", "daily"), ("weekly", "weekly")],
                        default="weekly",
                        max_length=10,
                    ),
                ),
                ("wants_alerts", models.BooleanField(default=True)),
                ("language", models.CharField(choices=[("id", "id"), ("en", "en")], default="id", max_length=2)),
                ("period", models.CharField(blank=True, max_length=10)),
                ("snapshot", models.CharField(blank=True, max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=200, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("digest", "digest"),
                            ("shut-off", "shut-off"),
                            ("incident", "incident"),
                            ("release", "release"),
                            ("password", "password"),
                            ("test", "test"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("sent", "sent"), ("given-up", "given-up")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("sealed", models.BinaryField(null=True)),
                ("made_at", models.DateTimeField()),
                ("next_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=40)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ("-made_at",),
                "indexes": [models.Index(fields=["state", "next_at"], name="mail_by_state_and_time")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sealed__isnull", False), ("state", "waiting")),
                            models.Q(("sealed__isnull", True), models.Q(("state", "waiting"), _negated=True)),
                            _connector="OR",
                        ),
                        name="mail_letter_is_kept_while_it_waits",
                    )
                ],
            },
        ),
    )
