"""Bringing a node's tables up to date, whichever of its processes comes first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The portal and the API start side by side on one database: any number, the same for both.
_LOCK = 7_352_012_503


def migrate() -> None:
    """Bring the tables of the installed apps up to date. Cheap when they are: Django is not asked, a stamp is read.

    One process at a time; the others wait and find it done. Needs Django to be set up.
    """
    from django.core.management import call_command

    with _alone():
        stamp = _stamp()
        if stamp not in _stamps():
            call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
            _note(stamp)


def _stamp() -> str:
    """The names of all migrations that there are, as one value."""
    from django.apps import apps

    names = sorted(
        f"{config.label}/{path.stem}"
        for config in apps.get_app_configs()
        for path in Path(config.path).glob("migrations/[0-9]*.py")
    )
    return hashlib.sha256(" ".join(names).encode()).hexdigest()[:16]


def _stamps() -> list[str]:
    """What was brought up to date before: one stamp for each set of apps that share the database."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
        words = (cursor.fetchone()[0] or "").split()
    return words[2:] if words[:2] == ["tenun", "migrations"] else []


def _note(stamp: str) -> None:
    from django.db import connection

    stamps = [*_stamps(), stamp][-4:]
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"COMMENT ON DATABASE {name} IS %s", [f"tenun migrations {' '.join(stamps)}"])


@contextmanager
def _alone() -> Iterator[None]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
