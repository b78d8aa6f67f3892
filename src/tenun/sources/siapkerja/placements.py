"""Placements into work by account: the extract that `contracts/placements.odcs.yaml` defines.

It carries no name and no NIK, although the employers' report behind it does (Perpres 57/2023 Pasal 6):
the account's pseudonym is the one of `seekers`, and joins with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tenun.kernel.keys import KeyProvider, pseudonym
from tenun.lake.store import Lake
from tenun.registry.reference.regions import Regions
from tenun.registry.siapkerja.tables import PLACEMENTS, PLACEMENTS_DATASET
from tenun.sources.answers import Progress
from tenun.sources.frame import Frame
from tenun.sources.problems import Problems
from tenun.sources.report import IngestReport
from tenun.sources.siapkerja import delivery, rows
from tenun.sources.siapkerja.delivery import Built, Kind, Request
from tenun.sources.siapkerja.extract import Extract
from tenun.sources.siapkerja.places import Places
from tenun.sources.siapkerja.rows import Row, Warnings

EXTRACT = Extract(
    name="placements",
    columns={
        "id_penempatan": (),
        "id_pencaker": (),
        "id_lowongan": (),
        "tmt": ("tanggal_mulai_bekerja",),
        "jabatan": (),
        "kode_kab_kota": ("kode_kabupaten",),
        "kab_kota": ("kabupaten_kota", "kabupaten"),
        "provinsi": (),
        "jalur": (),
    },
    required=("id_penempatan", "id_pencaker"),
)
RECIPE = "placements/1"


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
    """Bring placements in, in place of the last delivery of that area.

    Raises a `TenunError` when a file as a whole cannot be used; then nothing was published.
    """
    return delivery.bring_in_extract(
        lake,
        EXTRACT,
        Kind(PLACEMENTS_DATASET, RECIPE, EXTRACT.format, regions.editions()),
        Request(paths, area, as_of, report_folder, invented, progress, today),
        build=lambda frames, day, problems: _build(frames, problems, keys, Places.of(regions)),
    )


def _build(frames: Sequence[Frame], problems: Problems, keys: KeyProvider, places: Places) -> Built:
    found = [row for frame in frames for row in _rows(frame, Warnings(frame, problems), places)]
    kept, duplicates = rows.latest(found, field="id_penempatan")
    own, account = keys.secret("placement"), keys.secret("seeker")
    placements = [
        {
            **row.values,
            "placement_id": pseudonym(own, row.values["placement_id"]),
            "seeker_id": pseudonym(account, row.values["seeker_id"]),
        }
        for row in kept
    ]
    return delivery.built(
        frames,
        {"placements": rows.as_table(placements, PLACEMENTS)},
        accepted=len(found),
        duplicates=duplicates,
        counts={
            "placements": len(kept),
            "seekers": len({values["seeker_id"] for values in placements}),
            "without_region": sum(values["regency_code"] is None for values in placements),
        },
    )


def _rows(frame: Frame, warnings: Warnings, places: Places) -> list[Row]:
    columns: dict[str, Sequence[Any]] = {
        "placement_id": rows.texts(frame, "id_penempatan"),
        "seeker_id": rows.texts(frame, "id_pencaker"),
        "vacancy_id": rows.texts(frame, "id_lowongan"),
        # A contract may begin after the day of the extract: the employer reports when the place is filled.
        "started_on": rows.days(frame, "tmt", warnings),
        "occupation": rows.texts(frame, "jabatan"),
        "regency_code": rows.regencies(frame, places, warnings),
        "channel": rows.texts(frame, "jalur"),
    }
    return rows.accepted(
        frame,
        columns,
        warnings,
        required={"placement_id": "id_penempatan", "seeker_id": "id_pencaker"},
        rank="started_on",
    )
