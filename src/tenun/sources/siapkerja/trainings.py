"""Training courses of Skillhub: the extract that `contracts/trainings.odcs.yaml` defines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tenun.kernel.keys import KeyProvider
from tenun.lake.store import Lake
from tenun.registry.reference.regions import Regions
from tenun.registry.siapkerja.tables import TRAININGS, TRAININGS_DATASET
from tenun.sources import rules
from tenun.sources.answers import Progress
from tenun.sources.frame import Frame
from tenun.sources.problems import Problems
from tenun.sources.report import IngestReport
from tenun.sources.rules import Severity
from tenun.sources.siapkerja import delivery, rows
from tenun.sources.siapkerja.delivery import Built, Kind, Request
from tenun.sources.siapkerja.extract import Extract
from tenun.sources.siapkerja.places import Places
from tenun.sources.siapkerja.rows import Row, Warnings

EXTRACT = Extract(
    name="trainings",
    columns={
        "id_pelatihan": (),
        "judul": (),
        "kejuruan": (),
        "lembaga": (),
        "kode_kab_kota": ("kode_kabupaten",),
        "kab_kota": ("kabupaten_kota", "kabupaten"),
        "provinsi": (),
        "tanggal_mulai": (),
        "tanggal_selesai": (),
        "kuota": (),
        "sisa_kuota": (),
    },
    required=("id_pelatihan", "judul"),
)
RECIPE = "trainings/1"
SEATS_MAX = 100_000

SEATS_ODD = rules.define(
    "trainings.seats_odd",
    Severity.WARN,
    text_id="Kursi tersisa lebih banyak daripada kursi; kursi tersisa dikosongkan.",
    text_en="More seats are open than there are; the open seats are left empty.",
    remedy_id="Perbaiki kuota pada sumbernya.",
    remedy_en="Correct the number of seats at the source.",
)


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
    """Bring the schedule of courses in, in place of the last one of that area.

    Raises a `TenunError` when a file as a whole cannot be used; then nothing was published.
    """
    return delivery.bring_in_extract(
        lake,
        EXTRACT,
        Kind(TRAININGS_DATASET, RECIPE, EXTRACT.format, regions.editions()),
        Request(paths, area, as_of, report_folder, invented, progress, today),
        build=lambda frames, day, problems: _build(frames, problems, Places.of(regions)),
    )


def _build(frames: Sequence[Frame], problems: Problems, places: Places) -> Built:
    found = [row for frame in frames for row in _rows(frame, Warnings(frame, problems), places)]
    kept, duplicates = rows.latest(found, field="id_pelatihan")
    courses = [row.values for row in kept]
    return delivery.built(
        frames,
        {"trainings": rows.as_table(courses, TRAININGS)},
        accepted=len(found),
        duplicates=duplicates,
        counts={
            "trainings": len(kept),
            "without_region": sum(values["regency_code"] is None for values in courses),
        },
    )


def _rows(frame: Frame, warnings: Warnings, places: Places) -> list[Row]:
    starts = rows.days(frame, "tanggal_mulai", warnings)
    ends = rows.refuse_reversed(
        starts, rows.days(frame, "tanggal_selesai", warnings), warnings, field="tanggal_selesai"
    )
    seats = rows.numbers(frame, "kuota", warnings, low=0, high=SEATS_MAX)
    columns: dict[str, Sequence[Any]] = {
        "training_id": rows.texts(frame, "id_pelatihan"),
        "title": rows.texts(frame, "judul"),
        "field": rows.texts(frame, "kejuruan"),
        "provider": rows.texts(frame, "lembaga"),
        "regency_code": rows.regencies(frame, places, warnings),
        "starts_on": starts,
        "ends_on": ends,
        "seats": seats,
        "seats_open": _seats_open(frame, seats, warnings),
    }
    return rows.accepted(
        frame, columns, warnings, required={"training_id": "id_pelatihan", "title": "judul"}, rank="starts_on"
    )


def _seats_open(frame: Frame, seats: Sequence[int | None], warnings: Warnings) -> list[int | None]:
    found = rows.numbers(frame, "sisa_kuota", warnings, low=0, high=SEATS_MAX)
    for index, (there, left) in enumerate(zip(seats, found, strict=True)):
        if there is not None and left is not None and left > there:
            warnings.add(SEATS_ODD, index=index, field="sisa_kuota")
            found[index] = None
    return found
