"""Objections of villages for tests that share a portal: filed through the desk, and taken out again afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from tenun.kernel.clock import SystemClock

VILLAGE = "52.08.01.2001"
"""The village of the demo account `pemerintah.desa`."""
TABLES = ("portal_corrections_step", "portal_corrections_correction")
FORM = {
    "indikator": "C1",
    "alasan": "too_high",
    "seharusnya": "12 orang",
    "uraian": "Musyawarah desa mendata ulang pencari kerja pada bulan lalu.",
    "surat": "470/12/Pem-Des/2026",
}


@contextmanager
def none_left() -> Iterator[None]:
    """Afterwards there is no objection: the database refuses that, so its refusal is taken away for the moment."""
    from django.db import connection

    yield
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"DELETE FROM {table}")
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def account(username: str) -> Any:
    from tenun.portal.accounts.models import User

    return User.objects.get(username=username)


def file(
    node: Any, *, by: str = "petugas.desa", area: str = VILLAGE, indicator: str = "C1", days_ago: int = 0, **said: str
) -> Any:
    """An objection to a ministries' figure, filed so many days ago by an account; of a village's too."""
    from tenun.portal.access import Scope
    from tenun.portal.corrections import desk, offered
    from tenun.portal.corrections.desk import Objection
    from tenun.portal.corrections.rules import Reason
    from tenun.portal.figures import Figures

    figures = Figures.of_node(node, scope=Scope("00"))
    figure = next(one for one in offered.to_officer(figures, area) if one.indicator == indicator)
    objection = Objection(
        Reason(said.get("reason", "too_high")),
        claimed=said.get("claimed", FORM["seharusnya"]),
        why=said.get("why", FORM["uraian"]),
        letter=FORM["surat"],
    )
    return desk.file(objection, figure, by=account(by), now=now() - timedelta(days=days_ago))


def take(one: Any, *steps: tuple[str, str]) -> Any:
    """Steps as (account, action), each with words where it needs them."""
    from tenun.portal.corrections import desk
    from tenun.portal.corrections.rules import Action

    for username, action in steps:
        one = desk.take(one.pk, Action(action), note="Sudah kami periksa.", by=account(username), now=now())
    return one


def now() -> datetime:
    return SystemClock().now()
