"""Competence certificates by account: the extract that `contracts/certificates.odcs.yaml` defines.

It carries no name and no NIK: the account's pseudonym is the one of `seekers`, and joins with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tenun.kernel.keys import KeyProvider, pseudonym
from tenun.lake.store import Lake
from tenun.registry.reference.regions import Regions
from tenun.registry.siapkerja.tables import CERTIFICATES, CERTIFICATES_DATASET
from tenun.sources.answers import Progress
from tenun.sources.frame import Frame
from tenun.sources.problems import Problems
from tenun.sources.report import IngestReport
from tenun.sources.siapkerja import delivery, rows
from tenun.sources.siapkerja.delivery import Built, Kind, Request
from tenun.sources.siapkerja.extract import Extract
from tenun.sources.siapkerja.rows import Row, Warnings

EXTRACT = Extract(
    name="certificates",
    columns={
        "id_sertifikat": (),
        "id_pencaker": (),
        "skema": (),
        "jenjang_kkni": (),
        "tanggal_terbit": (),
        "tanggal_kedaluwarsa": ("tanggal_kadaluarsa",),
    },
    required=("id_sertifikat", "id_pencaker"),
)
RECIPE = "certificates/1"
LEVELS = (1, 9)
"""KKNI has nine levels (Perpres 8/2012)."""


def ingest(
    lake: Lake,
    keys: KeyProvider,
    paths: Sequence[Path],
    *,
    area: str | None,
    as_of: date | None,
    regions: Regions,
    invented: bool = False,
    report_folder: Path,
    progress: Progress | None = None,
    today: date | None = None,
) -> IngestReport:
    """Bring certificates in, in place of the last delivery of that area.

    Raises a `TenunError` when a file as a whole cannot be used; then nothing was published.
    """
    return delivery.bring_in_extract(
        lake,
        EXTRACT,
        Kind(CERTIFICATES_DATASET, RECIPE, EXTRACT.format, {}),
        Request(paths, area, as_of, report_folder, invented, progress, today),
        build=lambda frames, day, problems: _build(frames, day, problems, keys),
    )


def _build(frames: Sequence[Frame], day: date, problems: Problems, keys: KeyProvider) -> Built:
    found = [row for frame in frames for row in _rows(frame, Warnings(frame, problems), day)]
    kept, duplicates = rows.latest(found, field="id_sertifikat")
    own, account = keys.secret("certificate"), keys.secret("seeker")
    certificates = [
        {
            **row.values,
            "certificate_id": pseudonym(own, row.values["certificate_id"]),
            "seeker_id": pseudonym(account, row.values["seeker_id"]),
        }
        for row in kept
    ]
    return delivery.built(
        frames,
        {"certificates": rows.as_table(certificates, CERTIFICATES)},
        accepted=len(found),
        duplicates=duplicates,
        counts={
            "certificates": len(kept),
            "seekers": len({values["seeker_id"] for values in certificates}),
        },
    )


def _rows(frame: Frame, warnings: Warnings, day: date) -> list[Row]:
    issued = rows.days(frame, "tanggal_terbit", warnings, until=day)
    expires = rows.days(frame, "tanggal_kedaluwarsa", warnings)
    columns: dict[str, Sequence[Any]] = {
        "certificate_id": rows.texts(frame, "id_sertifikat"),
        "seeker_id": rows.texts(frame, "id_pencaker"),
        "scheme": rows.texts(frame, "skema"),
        "level": rows.numbers(frame, "jenjang_kkni", warnings, low=LEVELS[0], high=LEVELS[1]),
        "issued_on": issued,
        "expires_on": rows.refuse_reversed(issued, expires, warnings, field="tanggal_kedaluwarsa"),
    }
    return rows.accepted(
        frame,
        columns,
        warnings,
        required={"certificate_id": "id_sertifikat", "seeker_id": "id_pencaker"},
        rank="issued_on",
    )
