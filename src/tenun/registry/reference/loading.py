"""Bring a reference file onto the shelf: check every row first, refuse the whole file for one bad one.

A wrong row here would put a village's people elsewhere, so nothing is skipped and nothing is mended.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from tenun.kernel import canonical_json
from tenun.kernel.errors import TenunError
from tenun.registry.reference.region import LEVELS, Level, System, dotted, is_form, level_of, parent_of
from tenun.registry.reference.shelf import Holding, Kind, Shelf
from tenun.registry.reference.survey import RATES, ROUND

# Enough to see what is wrong with a file without reading all of it.
_PROBLEMS_SHOWN_MAX = 20
# Indonesia with some sea around it, degrees: swapped or projected coordinates fall outside.
_LONGITUDES, _LATITUDES = (90.0, 145.0), (-15.0, 10.0)
_PERCENT = re.compile(r"\d{1,3}(\.\d{1,2})?")
_LEVEL_WORDS = {
    "provinsi": Level.PROVINCE, "propinsi": Level.PROVINCE, "province": Level.PROVINCE,
    "kabupaten": Level.REGENCY, "kota": Level.REGENCY, "kabkota": Level.REGENCY, "kabupaten/kota": Level.REGENCY,
    "regency": Level.REGENCY, "kecamatan": Level.DISTRICT, "distrik": Level.DISTRICT, "district": Level.DISTRICT,
    "desa": Level.VILLAGE, "kelurahan": Level.VILLAGE, "desa/kelurahan": Level.VILLAGE, "village": Level.VILLAGE,
}  # fmt: skip


class ReferenceFileRefused(TenunError):
    """A file that is not what it was said to be. Says where and which rule; nothing of it was loaded."""

    code = "reference.file_refused"
    text_id = "Berkas {file} ditolak seluruhnya: {count} kesalahan. Pertama: baris {row}, kolom {column}, {rule_id}."
    text_en = "The file {file} was refused whole: {count} errors. The first: row {row}, column {column}, {rule_en}."
    remedy_id = "Perbaiki baris itu pada berkas sumber, lalu muat lagi. Tidak ada yang berubah."
    remedy_en = "Correct that row in the source file and load it again. Nothing was changed."


class ReferenceFileUnreadable(TenunError):
    code = "reference.file_unreadable"
    text_id = "Berkas {file} tidak terbaca: {reason_id}."
    text_en = "The file {file} cannot be read: {reason_en}."
    remedy_id = "Berikan CSV UTF-8 (boleh .gz) dengan baris judul, atau GeoJSON untuk batas wilayah."
    remedy_en = "Give a CSV in UTF-8 (.gz allowed) with a heading row, or GeoJSON for boundaries."


@dataclass(frozen=True)
class Problem:
    row: int
    """As a spreadsheet numbers it: the heading is row 1. For GeoJSON the number of the feature."""
    column: str
    rule: str


_RULES: Mapping[str, tuple[str, str]] = {
    "code_form": ("bentuk kode tidak sesuai sistem", "the code has not the form of its system"),
    "code_twice": ("kode muncul dua kali", "the code appears twice"),
    "name_empty": ("nama kosong", "the name is empty"),
    "parent_missing": ("induknya tidak ada dalam berkas", "its parent is not in the file"),
    "parent_differs": ("induk tidak sesuai kode", "the parent does not fit the code"),
    "level_differs": ("tingkat tidak sesuai kode", "the level does not fit the code"),
    "levels_mixed": ("kedua kode berbeda tingkat", "the two codes are of different levels"),
    "geometry_kind": ("bukan Polygon atau MultiPolygon", "neither a Polygon nor a MultiPolygon"),
    "level_too_low": ("Sakernas tidak dibuat di bawah kabupaten", "the survey is not made below the regency"),
    "no_counterpart": ("kode tidak punya padanan pasti", "the code has no certain counterpart"),
    "rate_unknown": ("bukan TPT atau TPAK", "neither TPT nor TPAK"),
    "not_percent": ("bukan persentase 0 sampai 100", "not a percentage from 0 to 100"),
    "not_wgs84": ("koordinat di luar Indonesia (harus bujur, lintang WGS84)",
                  "coordinates outside Indonesia (longitude, latitude in WGS84 expected)"),
}  # fmt: skip


def load_region(
    folder: Path,
    file: Path,
    *,
    system: System,
    edition: str,
    source: str,
    licence: str,
    on: date,
    level: Level | None = None,
) -> tuple[Holding, bool]:
    """Load an edition of one system's regions: columns `kode`, `nama`, and `tingkat`, `induk` where given.

    Without `level` the file must hold every parent of what is in it. Gives the holding, and false
    where it was there already. Raises `ReferenceFileRefused`, `ReferenceFileUnreadable`.
    """
    codes: dict[str, str] = {}
    rows: dict[str, int] = {}
    problems: list[Problem] = []
    for row, cells in _rows(file, required=(("kode",), ("nama",))):
        code = _plain(cells["kode"], system)
        if not is_form(code, system):
            problems.append(Problem(row, "kode", "code_form"))
            continue
        problems += _row_problems(row, cells, code, system, codes, level)
        codes[code] = " ".join(cells["nama"].split())
        rows[code] = row
    if level is None:
        problems += [
            Problem(row, "kode", "parent_missing")
            for code, row in rows.items()
            if (parent := parent_of(code, system)) is not None and parent not in codes
        ]
    _refuse(file, problems)
    table = pa.table({"code": sorted(codes), "name": [codes[code] for code in sorted(codes)]})
    counts = {str(each): sum(level_of(code, system) is each for code in codes) for each in LEVELS}
    return Shelf(folder).put(
        Holding(
            kind=Kind.REGION, system=str(system), edition=edition, source=source, licence=licence, rows=len(codes),
            sha256=canonical_json.sha256_file(file), loaded_on=on.isoformat(), level=str(level or "semua"),
            details={"rows_by_level": {name: count for name, count in counts.items() if count}},
        ),
        table,
    )  # fmt: skip


def load_bridge(
    folder: Path, file: Path, *, edition: str, source: str, licence: str, on: date, level: Level | None = None
) -> tuple[Holding, bool]:
    """Load pairs of one level: columns `kode_bps`, `nama_bps`, `kode_kemendagri`, `nama_kemendagri`.

    An empty `kode_kemendagri` (or `-`) says that BPS knows no counterpart. The same BPS code may stand twice,
    with two Kemendagri codes: then it is ambiguous, and stays so.
    """
    rows: list[tuple[str, str, str | None, str]] = []
    problems: list[Problem] = []
    seen: set[tuple[str, str | None]] = set()
    for row, cells in _rows(
        file, required=(("kode_bps",), ("nama_bps",), ("kode_kemendagri", "kode_dagri"),
                        ("nama_kemendagri", "nama_dagri")),
    ):  # fmt: skip
        bps = _plain(cells["kode_bps"], System.BPS)
        kemendagri = _plain(cells["kode_kemendagri"].strip("- "), System.KEMENDAGRI) or None
        wrong = _pair_problem(bps, kemendagri, level)
        if wrong is None and (bps, kemendagri) in seen:
            wrong = "kode_bps", "code_twice"
        if wrong is not None:
            problems.append(Problem(row, *wrong))
            continue
        seen.add((bps, kemendagri))
        rows.append((bps, cells["nama_bps"].strip(), kemendagri, cells["nama_kemendagri"].strip()))
    levels = {level_of(bps, System.BPS) for bps, *_ in rows}
    if not problems and len(levels) > 1:
        problems.append(Problem(2, "kode_bps", "levels_mixed"))
    _refuse(file, problems)
    rows.sort(key=lambda each: (each[0], each[2] or ""))
    columns = zip(*rows, strict=True)
    table = pa.table(dict(zip(("bps", "bps_name", "kemendagri", "kemendagri_name"), columns, strict=True)))
    return Shelf(folder).put(
        Holding(
            kind=Kind.BRIDGE, system="bps-kemendagri", edition=edition, source=source, licence=licence,
            rows=len(rows), sha256=canonical_json.sha256_file(file), loaded_on=on.isoformat(),
            level=str(level or levels.pop()),
        ),
        table,
    )  # fmt: skip


def load_boundary(
    folder: Path,
    file: Path,
    *,
    edition: str,
    source: str,
    licence: str,
    on: date,
    level: Level | None = None,
    is_known: Callable[[str], bool] = lambda code: True,
) -> tuple[Holding, bool]:
    """Load polygons of one level from GeoJSON, each with its dotted Kemendagri code in `kode` or as its id.

    `is_known` tells codes of the current edition; how many are not is counted, not refused: an older
    set of lines is still a set of lines.
    """
    features = _features(file)
    codes: list[str] = []
    problems: list[Problem] = []
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") or {}
        code = _plain(str(properties.get("kode") or properties.get("code") or feature.get("id") or ""),
                      System.KEMENDAGRI)  # fmt: skip
        wrong = _feature_problem(code, feature.get("geometry") or {}, level or _level_or_none(codes))
        if wrong is None and code in codes:
            wrong = "kode", "code_twice"
        if wrong is not None:
            problems.append(Problem(number, *wrong))
            continue
        codes.append(code)
    _refuse(file, problems)
    by_code = dict(zip(codes, features, strict=True))
    ordered = sorted(codes)
    table = pa.table(
        {
            "code": ordered,
            "parent": [parent_of(code) for code in ordered],
            "name": [_feature_name(by_code[code]) for code in ordered],
            "geometry": [json.dumps(by_code[code]["geometry"], separators=(",", ":")) for code in ordered],
        },
        schema=pa.schema([(name, pa.string()) for name in ("code", "parent", "name", "geometry")]),
    )
    return Shelf(folder).put(
        Holding(
            kind=Kind.BOUNDARY, system=str(System.KEMENDAGRI), edition=edition, source=source, licence=licence,
            rows=len(codes), sha256=canonical_json.sha256_file(file), loaded_on=on.isoformat(),
            level=str(level or level_of(codes[0])), scope=_common_parent(ordered),
            details={"not_in_current_edition": sum(not is_known(code) for code in codes)},
        ),
        table,
    )  # fmt: skip


def load_survey(
    folder: Path,
    file: Path,
    *,
    system: System,
    edition: str,
    source: str,
    licence: str,
    on: date,
    counterpart: Callable[[str], str | None],
) -> tuple[Holding, bool]:
    """Load official rates of one round of Sakernas: columns `kode`, `indikator` (TPT, TPAK), `nilai` (percent).

    `edition` is the round, `2025-08`. `counterpart` gives the dotted Kemendagri code that a code of `system` means
    today, or none: then the file is refused, for a rate under another regency's name is worse than none. Nothing
    below the regency is taken, since the survey is not made for it.
    """
    if not ROUND.fullmatch(edition):
        raise ReferenceFileUnreadable(
            file=file.name, reason_id="putaran harus TTTT-02 atau TTTT-08", reason_en="the round is YYYY-02 or YYYY-08"
        )
    found: dict[tuple[str, str], tuple[str, float]] = {}
    problems: list[Problem] = []
    for row, cells in _rows(file, required=(("kode",), ("indikator",), ("nilai",))):
        written = _plain(cells["kode"], system)
        indicator = cells["indikator"].strip().upper()
        value = _percent(cells["nilai"])
        code = counterpart(written) if is_form(written, system) else None
        wrong = _rate_problem(written, system, indicator, value, code)
        if wrong is None and (code, indicator) in found:
            wrong = "kode", "code_twice"
        if wrong is not None:
            problems.append(Problem(row, *wrong))
        elif code is not None and value is not None:
            found[code, indicator] = (written, value)
    _refuse(file, problems)
    ordered = sorted(found)
    table = pa.table(
        {
            "code": [code for code, _ in ordered],
            "indicator": [indicator for _, indicator in ordered],
            "value": [found[key][1] for key in ordered],
            "code_given": [found[key][0] for key in ordered],
        }
    )
    return Shelf(folder).put(
        Holding(
            kind=Kind.SURVEY, system=str(system), edition=edition, source=source, licence=licence, rows=len(found),
            sha256=canonical_json.sha256_file(file), loaded_on=on.isoformat(),
        ),
        table,
    )  # fmt: skip


def _rate_problem(
    written: str, system: System, indicator: str, value: float | None, code: str | None
) -> tuple[str, str] | None:
    if not is_form(written, system):
        return "kode", "code_form"
    if level_of(written, system) not in (Level.PROVINCE, Level.REGENCY):
        return "kode", "level_too_low"
    if code is None:
        return "kode", "no_counterpart"
    if indicator not in RATES:
        return "indikator", "rate_unknown"
    return ("nilai", "not_percent") if value is None else None


def _percent(text: str) -> float | None:
    """`4,32` and `4.32`; nothing else, so that no separator of thousands is misread."""
    written = text.strip().replace(",", ".")
    if not _PERCENT.fullmatch(written):
        return None
    value = float(written)
    return value if value <= 100 else None


def _row_problems(
    row: int, cells: Mapping[str, str], code: str, system: System, before: Mapping[str, str], level: Level | None
) -> Iterator[Problem]:
    at = level_of(code, system)
    if code in before:
        yield Problem(row, "kode", "code_twice")
    if not cells["nama"].strip():
        yield Problem(row, "nama", "name_empty")
    told = cells.get("tingkat", "").strip().lower()
    if (told and _LEVEL_WORDS.get(told) is not at) or (level is not None and level is not at):
        yield Problem(row, "tingkat", "level_differs")
    parent = _plain(cells.get("induk", ""), system)
    if parent and parent != parent_of(code, system):
        yield Problem(row, "induk", "parent_differs")


def _pair_problem(bps: str, kemendagri: str | None, level: Level | None) -> tuple[str, str] | None:
    if not is_form(bps, System.BPS):
        return "kode_bps", "code_form"
    if level is not None and level_of(bps, System.BPS) is not level:
        return "kode_bps", "level_differs"
    if kemendagri is None:
        return None
    if not is_form(kemendagri, System.KEMENDAGRI):
        return "kode_kemendagri", "code_form"
    if level_of(kemendagri) is not level_of(bps, System.BPS):
        return "kode_kemendagri", "levels_mixed"
    return None


def _feature_problem(code: str, geometry: Mapping[str, Any], level: Level | None) -> tuple[str, str] | None:
    if not is_form(code, System.KEMENDAGRI):
        return "kode", "code_form"
    if level is not None and level_of(code) is not level:
        return "kode", "level_differs"
    if geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return "geometry", "geometry_kind"
    if not _is_in_indonesia(geometry.get("coordinates")):
        return "geometry", "not_wgs84"
    return None


def _is_in_indonesia(coordinates: Any) -> bool:
    """Is every position a longitude and latitude around Indonesia? False for no position at all."""
    if not isinstance(coordinates, list) or not coordinates:
        return False
    if isinstance(coordinates[0], (int, float)):
        longitude, latitude = coordinates[0], coordinates[1]
        return _LONGITUDES[0] <= longitude <= _LONGITUDES[1] and _LATITUDES[0] <= latitude <= _LATITUDES[1]
    return all(_is_in_indonesia(each) for each in coordinates)


def _level_or_none(codes: Sequence[str]) -> Level | None:
    return level_of(codes[0]) if codes else None


def _common_parent(codes: Sequence[str]) -> str:
    """The smallest region that holds all codes, `00` for the country."""
    parts = [code.split(".")[:-1] for code in codes]
    common: list[str] = []
    for column in zip(*parts, strict=False):
        if len(set(column)) > 1:
            break
        common.append(column[0])
    return ".".join(common) or "00"


def _feature_name(feature: Mapping[str, Any]) -> str:
    properties = feature.get("properties") or {}
    return str(properties.get("nama") or properties.get("name") or "")


def _plain(text: str, system: System) -> str:
    """A code as we store it. The system is known, so a Kemendagri code may come without its dots."""
    written = text.strip().strip("'")
    if system is System.KEMENDAGRI and written.isdigit() and len(written) in (4, 6, 10):
        return dotted(written)
    return written


def _rows(file: Path, *, required: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows by heading, under the first of each required column's names; numbered as a spreadsheet does."""
    reader = csv.reader(io.StringIO(text := _text(file)), delimiter=_delimiter(text))
    headings = [heading.strip().lower() for heading in next(reader, [])]
    names = {other: choice[0] for choice in required for other in choice}
    plain = [names.get(heading, heading) for heading in headings]
    missing = [choice[0] for choice in required if choice[0] not in plain]
    if missing:
        listed = ", ".join(missing)
        raise ReferenceFileUnreadable(
            file=file.name, reason_id=f"kolom tidak ada: {listed}", reason_en=f"columns missing: {listed}"
        )
    has_rows = False
    for row, cells in enumerate(reader, start=2):
        if any(cell.strip() for cell in cells):
            has_rows = True
            yield row, dict(zip(plain, [*cells, *([""] * (len(plain) - len(cells)))], strict=False))
    if not has_rows:
        raise ReferenceFileUnreadable(file=file.name, reason_id="tidak ada baris", reason_en="it has no rows")


def _features(file: Path) -> list[dict[str, Any]]:
    try:
        document = json.loads(_text(file))
    except json.JSONDecodeError as problem:
        raise ReferenceFileUnreadable(file=file.name, reason_id="bukan JSON", reason_en="not JSON") from problem
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features or not all(isinstance(each, dict) for each in features):
        raise ReferenceFileUnreadable(
            file=file.name, reason_id="bukan FeatureCollection berisi", reason_en="no FeatureCollection with features"
        )
    return features


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        return data.decode("utf-8-sig")
    except FileNotFoundError as problem:
        raise ReferenceFileUnreadable(file=file.name, reason_id="tidak ada", reason_en="it is not there") from problem
    except IsADirectoryError as problem:
        raise ReferenceFileUnreadable(file=file.name, reason_id="folder", reason_en="it is a folder") from problem
    except (gzip.BadGzipFile, EOFError) as problem:
        raise ReferenceFileUnreadable(file=file.name, reason_id="gzip rusak", reason_en="broken gzip") from problem
    except UnicodeDecodeError as problem:
        raise ReferenceFileUnreadable(file=file.name, reason_id="bukan UTF-8", reason_en="not UTF-8") from problem


def _delimiter(text: str) -> str:
    heading = text.partition("\n")[0]
    return max(",;\t", key=heading.count)


def _refuse(file: Path, problems: Sequence[Problem]) -> None:
    if not problems:
        return
    first = problems[0]
    rule_id, rule_en = _RULES[first.rule]
    raise ReferenceFileRefused(
        file=file.name,
        count=len(problems),
        row=first.row,
        column=first.column,
        rule=first.rule,
        rule_id=rule_id,
        rule_en=rule_en,
        problems=[f"{each.row}:{each.column}:{each.rule}" for each in problems[:_PROBLEMS_SHOWN_MAX]],
    )
