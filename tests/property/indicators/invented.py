"""Inputs of an invented regency made to hide much: tiny villages, empty columns, villages that send nothing."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pyarrow as pa

from tenun.indicators.areas import NATIONAL, Area
from tenun.indicators.inputs import LINKS, Delivery, Inputs
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid

DATE = date(2026, 11, 24)


def areas(districts: int, villages: int) -> list[Area]:
    found = [Area(NATIONAL, "Indonesia"), Area("99", "Provinsi Buatan"), Area("99.01", "Kabupaten Buatan")]
    for district in range(1, districts + 1):
        found.append(Area(f"99.01.{district:02}", f"Kecamatan {district}"))
        found += [Area(f"99.01.{district:02}.{2000 + one}", f"Desa {district}.{one}") for one in range(1, villages + 1)]
    return found


def inputs(seed: int, places: list[Area]) -> Inputs:
    chance, more = Random(seed), Random(f"more of {seed}")
    layoffs: list[dict[str, Any]] = []
    persons: list[dict[str, Any]] = []
    seekers: list[dict[str, Any]] = []
    links: list[dict[str, Any]] = []
    deliveries = {}
    for area in places:
        if area.code.count(".") != 3:
            continue
        size = chance.choice((0, 1, 4, 30, 41, 60, 90, 150))
        working, seeking = chance.choice((0.02, 0.5, 0.97)), chance.choice((0.0, 0.03, 0.1, 0.3))
        covered = chance.choice((None, None, 0.02, 0.1, 0.5, 0.98))
        has_activity = chance.random() < 0.85
        disabled = more.choice((None, 0.01, 0.05, 0.3, 0.97))
        if chance.random() < 0.9:
            deliveries[area.code] = Delivery(area.code, DATE, "2026-11-24-invented", size)
        else:
            size = 0
        for number in range(size):
            person = f"{area.code}/{number}"
            is_working = chance.random() < working
            persons.append(
                {
                    "person_id": person,
                    "village_code": area.code,
                    "family_id": f"{area.code}/{number // 3}",
                    "sex": chance.choices(("male", "female", "missing"), (50, 50, chance.choice((0, 2))))[0],
                    "age_years": chance.choice((16, 19, 23, 30, 40, 50, 61)),
                    "life_status": "alive",
                    "citizenship": chance.choices(("indonesian", "foreign"), (99, 1))[0],
                    "activity": ("missing" if chance.random() < 0.03 else "working" if is_working else "retired")
                    if has_activity
                    else "missing",
                    "job_social_security": "missing"
                    if covered is None
                    else "participant"
                    if chance.random() < covered
                    else chance.choice(("missing", "not_participant", "unmapped")),
                    "disability": "missing" if disabled is None else _disability(more, disabled),
                }
            )
            if chance.random() < seeking:
                seekers.append(
                    {
                        "seeker_id": person, "village_code": area.code, "reported_on": DATE,
                        "registered_on": DATE - timedelta(days=more.choice((20, 200, 400, 800))),
                        "disability": _disability(more, 0.1),
                    }
                )  # fmt: skip
                if more.random() < 0.3:
                    laid_off = DATE - timedelta(days=more.choice((10, 300)))
                    layoffs.append({"layoff_id": person, "seeker_id": person, "laid_off_on": laid_off})
                if chance.random() < 0.85:
                    links.append({"seeker_id": person, "person_id": person, "village_code": area.code})
    return Inputs(
        persons=pa.Table.from_pylist(persons, schema=sid.PERSONS.schema()),
        links=pa.Table.from_pylist(links, schema=LINKS),
        seekers=pa.Table.from_pylist(seekers, schema=siapkerja.SEEKERS.schema()),
        placements=siapkerja.PLACEMENTS.schema().empty_table(),
        vacancies=pa.Table.from_pylist(
            [
                {"vacancy_id": "1", "status": "open", "regency_code": "99.01", "quota": 9, "available_quota": 7},
                {"vacancy_id": "2", "status": "open", "regency_code": "99.01", "quota": 2, "salary_min": 3_000_000},
            ],
            schema=siapkerja.VACANCIES.schema(),
        ),
        layoffs=pa.Table.from_pylist(layoffs, schema=siapkerja.LAYOFFS.schema()),
        events_areas={"layoffs": (NATIONAL,)},
        deliveries=deliveries,
        seekers_as_of=DATE,
        vacancies_as_of=DATE,
    )


def _disability(chance: Random, share: float) -> str:
    return "missing" if chance.random() < 0.05 else "physical" if chance.random() < share else "none"
