"""Vacancies of Karirhub, as its catalogue serves them: pages, lists of pages, or one vacancy.

The form is `contracts/vacancies.odcs.yaml`. A delivery is the catalogue as it stood: it becomes a new
snapshot in place of the last one. An error answer among the files refuses the whole delivery, because a
catalogue with a page missing would look like vacancies that closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tenun.kernel.clock import JAKARTA
from tenun.kernel.keys import KeyProvider
from tenun.lake.store import Lake
from tenun.registry.reference import code_lists
from tenun.registry.reference.region import dotted
from tenun.registry.reference.regions import Regions
from tenun.registry.reference.values import Education
from tenun.registry.siapkerja.tables import VACANCIES, VACANCIES_DATASET
from tenun.sources import answers, reading, rules
from tenun.sources.answers import Answer, Progress, decimal_number, whole_number
from tenun.sources.errors import FormatUnknown
from tenun.sources.problems import Problems
from tenun.sources.reading import BROKEN, Source
from tenun.sources.report import IngestReport
from tenun.sources.rules import Rule, Severity
from tenun.sources.siapkerja import delivery, rows
from tenun.sources.siapkerja.delivery import Built, Kind, Request
from tenun.sources.siapkerja.extract import ErrorAnswer

FORMAT = "karirhub"
RECIPE = "vacancies/1"

# Work may not begin before 18 in general (UU 13/2003 Pasal 68), so asking for 18 asks for nothing more.
MIN_AGE_OF_LAW = 18
# The box around Indonesia, degrees. Outside of it a point is a mistake, most often 0,0 or the two swapped.
LATITUDES, LONGITUDES = (-12.0, 7.0), (94.0, 142.0)

NOT_A_VACANCY = rules.define(
    "vacancies.not_a_vacancy",
    Severity.REJECT,
    text_id="Lowongan tanpa nomor (id) atau judul.",
    text_en="A vacancy without an identifier (id) or a title.",
    remedy_id="Ambil ulang halaman katalog itu.",
    remedy_en="Fetch that page of the catalogue again.",
)
TWICE = rules.define(
    "vacancies.twice",
    Severity.DUPLICATE,
    text_id="Lowongan ini ada lagi pada halaman lain; yang terakhir diubah berlaku.",
    text_en="This vacancy is on another page as well; the one changed last counts.",
    remedy_id="Tidak perlu tindakan.",
    remedy_en="Nothing to do.",
)
REGION_UNKNOWN = rules.define(
    "vacancies.region_unknown",
    Severity.WARN,
    text_id="Wilayah kerja tidak disebut, atau kodenya tidak ada dalam edisi Kemendagri yang berlaku.",
    text_en="The region of work is not given, or its code is not in the current Kemendagri edition.",
    remedy_id="Minta pemberi kerja melengkapi wilayah lowongan.",
    remedy_en="Ask the employer to complete the vacancy's region.",
)
POSITION_ODD = rules.define(
    "vacancies.position_odd",
    Severity.WARN,
    text_id="Titik koordinat berada di luar Indonesia; dikosongkan.",
    text_en="The coordinates lie outside Indonesia; left empty.",
    remedy_id="Periksa lintang dan bujur; keduanya mudah tertukar.",
    remedy_en="Check latitude and longitude; they are easily swapped.",
)
SALARY_ODD = rules.define(
    "vacancies.salary_odd",
    Severity.WARN,
    text_id="Upah terendah lebih besar daripada upah tertinggi; keduanya dikosongkan.",
    text_en="The lowest pay is above the highest; both are left empty.",
    remedy_id="Minta pemberi kerja memperbaiki kisaran upah.",
    remedy_en="Ask the employer to correct the range of pay.",
)
DATE_UNREADABLE = rules.define(
    "vacancies.date_unreadable",
    Severity.WARN,
    text_id="Tanggal terbit atau berakhir tidak dapat dibaca; dikosongkan.",
    text_en="The date published or the date of expiry cannot be read; left empty.",
    remedy_id="Bandingkan dengan laman Karirhub.",
    remedy_en="Compare with the Karirhub site.",
)
PAGES_MISSING = rules.define(
    "vacancies.pages_missing",
    Severity.WARN,
    text_id="Katalog menyebut lebih banyak lowongan daripada yang ada pada berkas; mungkin ada halaman tertinggal.",
    text_en="The catalogue announces more vacancies than the files hold; pages may have been left out.",
    remedy_id="Ambil semua halaman, lalu masukkan bersama-sama.",
    remedy_en="Fetch every page and bring them in together.",
)
EDUCATION_UNMAPPED = rules.define(
    "vacancies.education_unmapped",
    Severity.WARN,
    text_id="Pendidikan minimal tidak ada dalam daftar kode.",
    text_en="The least education asked is not in the code list.",
    remedy_id="Laporkan agar daftar kode dilengkapi.",
    remedy_en="Report it so that the code list can be completed.",
)


@dataclass(frozen=True)
class Vacancy:
    """A vacancy as the core holds it, and what is odd about it: rule and field."""

    values: Mapping[str, Any]
    warnings: tuple[tuple[Rule, str], ...]


def read(served: Mapping[str, Any], regions: Regions) -> Vacancy | Rule:
    """What one vacancy says, or the rule that rejects it."""
    identifier, title = _text(served.get("id")), _text(served.get("title"))
    if identifier is None or title is None:
        return NOT_A_VACANCY
    warnings: list[tuple[Rule, str]] = []
    village, regency = _place(served.get("region"), regions)
    if regency is None:
        warnings.append((REGION_UNKNOWN, "region"))
    latitude, longitude = _position(served.get("region"), warnings)
    salary_min, salary_max = _salary(served, warnings)
    values = {
        "vacancy_id": identifier,
        "title": title,
        "status": (_text(served.get("status")) or "").lower() or None,
        "village_code": village,
        "regency_code": regency,
        "latitude": latitude,
        "longitude": longitude,
        "quota": _count(served.get("quota")),
        "available_quota": _count(served.get("available_quota")),
        "published_on": _day(served.get("published_at"), "published_at", warnings),
        "expires_on": _day(served.get("expires_at"), "expires_at", warnings),
        "min_education": _education(served.get("min_education"), warnings),
        "min_experience_years": _count(served.get("min_year_experience")),
        "salary_min": salary_min,
        "salary_max": salary_max,
        "job_function": _name(served.get("job_function")) or _text(served.get("job_function_name")),
        "job_type": _name(served.get("job_type")),
        "industry": _industry(served),
        "skills": _skills(served.get("skills")),
        "restrictive_terms": restrictive_terms(served),
    }
    return Vacancy(values, tuple(warnings))


def restrictive_terms(served: Mapping[str, Any]) -> list[str]:
    """Terms that keep people out for what they are and not for what they can do.

    They are flagged and never used to choose (SE Menaker M/6/HK.04/V/2025). `disabled` as physical
    condition opens a vacancy to people with a disability and is no restriction.
    """
    max_age, min_age = whole_number(served.get("max_age")), whole_number(served.get("min_age"))
    is_restricted = {
        "gender": (_text(served.get("gender")) or "").lower() in ("male", "female"),
        "max_age": bool(max_age),
        "min_age": (min_age or 0) > MIN_AGE_OF_LAW,
        "marital_status": _text(served.get("marital_status")) is not None,
        "physical_condition": (_text(served.get("physical_condition")) or "").lower() == "normal",
    }
    return [term for term, applies in is_restricted.items() if applies]


def pages(source: Source) -> Iterator[tuple[list[Any], Mapping[str, Any]]]:
    """Vacancies and `meta` of every page of a file; a single vacancy is a page of one.

    Raises `ErrorAnswer` for an error envelope, and `FormatUnknown` for anything else.
    """
    if source.kind is not reading.Kind.JSON:
        raise FormatUnknown(file=source.file, kind="Karirhub", formats="JSON")
    for _, document in source.documents():
        for page in document if isinstance(document, list) and _are_pages(document) else [document]:
            yield _page(source, page)


def _are_pages(documents: list[Any]) -> bool:
    return all(isinstance(document, dict) and "id" not in document for document in documents)


def _page(source: Source, page: Any) -> tuple[list[Any], Mapping[str, Any]]:
    if isinstance(page, list):
        return page, {}
    if page is BROKEN or not isinstance(page, dict):
        raise FormatUnknown(file=source.file, kind="Karirhub", formats="JSON")
    if _is_error(page):
        raise ErrorAnswer(file=source.file)
    data = page.get("data")
    meta = page.get("meta")
    if isinstance(data, list):
        return data, meta if isinstance(meta, dict) else {}
    if isinstance(data, dict):
        return _page(source, data)
    if "id" in page and "title" in page:
        return [page], {}
    raise FormatUnknown(file=source.file, kind="Karirhub", formats="JSON")


def _is_error(page: Mapping[str, Any]) -> bool:
    """`{code, message}`. A good answer may name its code as well, and then it has data."""
    code = whole_number(page.get("code"))
    if code is not None and not 200 <= code < 300:
        return True
    return "data" not in page and "id" not in page and bool(page.keys() & {"code", "message", "error"})


# --- parts of a vacancy ------------------------------------------------------------------------


def _place(region: Any, regions: Regions) -> tuple[str | None, str | None]:
    """Village and regency. The codes here are Kemendagri's, written without dots, as text or as a number."""
    regionable = region.get("regionable") if isinstance(region, dict) else None
    if not isinstance(regionable, dict):
        return None, None
    code = _code(regionable.get("code"))
    if code.count(".") == 3 and regions.is_of_another_system(code):
        code = ""  # not even its first digits are to be trusted: BPS numbers regencies otherwise
    village = code if region.get("regionable_type") == "village" and code.count(".") == 3 else None
    if village is not None and village in regions:
        return village, village[:5]
    for candidate in (code, _regency_above(regionable)):
        if candidate.count(".") >= 1 and candidate[:5] in regions:
            return None, candidate[:5]
    return None, None


def _regency_above(regionable: Mapping[str, Any]) -> str:
    """Code of the city around a village, where the answer nests it."""
    district = regionable.get("sub_district")
    city = district.get("city") if isinstance(district, dict) else regionable.get("city")
    return _code(city.get("code")) if isinstance(city, dict) else ""


def _code(value: Any) -> str:
    digits = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return dotted(digits) if re.fullmatch(r"\d{2}|\d{4}|\d{6}|\d{10}", digits, re.ASCII) else ""


def _position(region: Any, warnings: list[tuple[Rule, str]]) -> tuple[float | None, float | None]:
    regionable = region.get("regionable") if isinstance(region, dict) else None
    if not isinstance(regionable, dict):
        return None, None
    latitude, longitude = decimal_number(regionable.get("latitude")), decimal_number(regionable.get("longitude"))
    if latitude is None or longitude is None:
        return None, None
    if LATITUDES[0] <= latitude <= LATITUDES[1] and LONGITUDES[0] <= longitude <= LONGITUDES[1]:
        return latitude, longitude
    warnings.append((POSITION_ODD, "region"))
    return None, None


def _salary(served: Mapping[str, Any], warnings: list[tuple[Rule, str]]) -> tuple[int | None, int | None]:
    """Lowest and highest pay; null when the employer hides it, which some answers write as 0."""
    if served.get("show_salary") is False:
        return None, None
    lowest = whole_number(served.get("min_salary_amount")) or None
    highest = whole_number(served.get("max_salary_amount")) or None
    if lowest is not None and highest is not None and lowest > highest:
        warnings.append((SALARY_ODD, "min_salary_amount"))
        return None, None
    return lowest, highest


def _day(value: Any, field: str, warnings: list[tuple[Rule, str]]) -> date | None:
    """The day in Jakarta. Karirhub writes local time without a zone; a zone that is written is honoured."""
    text = _text(value)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        warnings.append((DATE_UNREADABLE, field))
        return None
    return (moment.astimezone(JAKARTA) if moment.tzinfo is not None else moment).date()


def _education(value: Any, warnings: list[tuple[Rule, str]]) -> str:
    """By its name, and by its level where the name is not known."""
    read_one = code_lists.harmoniser("karirhub", "education")
    asked = [value.get("name"), value.get("level")] if isinstance(value, dict) else [value]
    known = [read_one(each) for each in asked]
    found = next((each for each in known if each not in (Education.UNMAPPED, Education.MISSING)), None)
    if found is None and Education.UNMAPPED in known:
        warnings.append((EDUCATION_UNMAPPED, "min_education"))
        return str(Education.UNMAPPED)
    return str(found or Education.MISSING)


def _industry(served: Mapping[str, Any]) -> str | None:
    employer = served.get("employer")
    owner = employer.get("employerable") if isinstance(employer, dict) else None
    told = served.get("vacancyable")
    return next(
        (name for part in (told, owner) if isinstance(part, dict) and (name := _name(part.get("industry")))),
        _text(served.get("industry_name")),
    )


def _skills(value: Any) -> list[str]:
    if not isinstance(value, list):
        return []
    keys = [_text(skill.get("key")) or _name(skill) if isinstance(skill, dict) else _text(skill) for skill in value]
    return list(dict.fromkeys(key for key in keys if key))


def _name(value: Any) -> str | None:
    return _text(value.get("name")) if isinstance(value, dict) else _text(value)


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return " ".join(str(value).split()) or None


def _count(value: Any) -> int | None:
    number = whole_number(value)
    return number if number is not None and 0 <= number < 2**31 else None


# --- ingest ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Served:
    """One vacancy as it came, and where it stood."""

    source: Source
    row: int
    body: Any

    @property
    def changed_at(self) -> str:
        """The moment of its last change, as text that sorts."""
        return str(self.body.get("updated_at") or "") if isinstance(self.body, dict) else ""


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
    """Bring a catalogue of vacancies in, in place of the last one of that area.

    Raises `ErrorAnswer` when any file holds an error of the service, and what `delivery.bring_in`
    raises; then nothing was published.
    """
    served: list[_Served] = []
    announced: list[int] = []

    def read_file(source: Source) -> int:
        before = len(served)
        for vacancies, meta in pages(source):
            served.extend(_Served(source, len(served) - before + 1 + n, body) for n, body in enumerate(vacancies))
            announced.append(whole_number(meta.get("total")) or 0)
        return len(served) - before

    return delivery.bring_in(
        lake,
        Kind(VACANCIES_DATASET, RECIPE, FORMAT, {**regions.editions(), **code_lists.editions("karirhub", "education")}),
        Request(paths, area, as_of, report_folder, invented, progress, today),
        read=read_file,
        build=lambda day, problems: _build(served, max(announced, default=0), day, problems, regions),
    )


def _build(served: Sequence[_Served], announced: int, day: date, problems: Problems, regions: Regions) -> Built:
    latest: dict[str, tuple[_Served, Vacancy]] = {}
    rejected = duplicates = 0
    for each in served:
        found = read(each.body, regions) if isinstance(each.body, dict) else NOT_A_VACANCY
        if isinstance(found, Rule):
            rejected += 1
            problems.add(found, file=each.source.file, sheet="", row=each.row, field="id")
            continue
        identifier = found.values["vacancy_id"]
        held = latest.get(identifier)
        dropped = each if held is not None and each.changed_at < held[0].changed_at else held and held[0]
        if dropped is not None:
            duplicates += 1
            problems.add(TWICE, file=dropped.source.file, sheet="", row=dropped.row, field="id")
        if dropped is not each:
            latest[identifier] = (each, found)
    if announced > len(served):
        problems.add(PAGES_MISSING, file=served[0].source.file, sheet="", row=1, field="meta.total")
    for each, found in latest.values():
        for rule, field in found.warnings:
            problems.add(rule, file=each.source.file, sheet="", row=each.row, field=field)
    kept = [found.values for _, found in latest.values()]
    return Built(
        tables={"vacancies": rows.as_table(kept, VACANCIES)},
        raw=lambda: answers.raw_table(
            (each.source.sha256, each.row, Answer(each.source, each.row, each.body).packed()) for each in served
        ),
        rows=len(served),
        rejected=rejected,
        duplicates=duplicates,
        counts={
            "vacancies": len(kept),
            "open": sum(_is_open(values, day) for values in kept),
            "with_village": sum(values["village_code"] is not None for values in kept),
            "with_regency_only": sum(
                values["village_code"] is None and values["regency_code"] is not None for values in kept
            ),
            "without_region": sum(values["regency_code"] is None for values in kept),
            "salary_hidden": sum(values["salary_min"] is None and values["salary_max"] is None for values in kept),
        },
        details={
            "announced": announced,
            "by_status": rows.counted(values["status"] for values in kept),
            "restrictive_terms": rows.counted(term for values in kept for term in values["restrictive_terms"]),
        },
    )


def _is_open(values: Mapping[str, Any], day: date) -> bool:
    """Open as served, and not expired on the day of the snapshot. Both are kept; only this count leaves some out."""
    return values["status"] == "open" and (values["expires_on"] is None or values["expires_on"] >= day)
