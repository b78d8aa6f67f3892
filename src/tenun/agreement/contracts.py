"""The data contracts (ODCS 3.1) of the agreement's datasets, written from the tables that the registers promise.

The files in `datasets/` are what officials sign; `render` is how they come about, and a test holds
the two together, so that a column can neither appear nor change unnoticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from tenun.kernel.errors import TenunError
from tenun.registry.reference import values
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid
from tenun.registry.table import Classification as C
from tenun.registry.table import Column, Table

S, D, F = pa.string(), pa.date32(), pa.float64()

# What comes out: figures after disclosure control. A figure that is suppressed has no value in the file either.
VILLAGE_FIGURES = Table(
    name="out_indicators__value",
    about_id="Angka indikator per wilayah setelah pengendalian pengungkapan.",
    about_en="Indicator figures by area, after disclosure control.",
    missing_en="Figures that are suppressed or not computed: their state says why, and they have no value here.",
    columns=(
        Column("indicator", S, C.NONE, "Indikator", "Name of the indicator"),
        Column("version", pa.int32(), C.NONE, "Versi", "Version of the indicator's definition"),
        Column("level", S, C.NONE, "Tingkat wilayah", "desa, kecamatan, kabupaten, provinsi or nasional"),
        Column("area_code", S, C.NONE, "Kode wilayah", "Kemendagri, dotted; 00 = national"),
        Column("breakdown", S, C.NONE, "Rincian", "What the figure is broken down by; empty = total"),
        Column("category", S, C.NONE, "Kategori", "Category of the breakdown"),
        Column("state", S, C.NONE, "Status nilai", "ok, zero, lt, sup, nc, ns, na, stale or cut"),
        Column("value", F, C.NONE, "Nilai", "The figure; null when the state hides it"),
        Column("numerator", F, C.NONE, "Pembilang", "Numerator; null when hidden"),
        Column("denominator", F, C.NONE, "Penyebut", "Denominator; null when hidden"),
        Column("low", F, C.NONE, "Batas bawah", "Lower bound"),
        Column("high", F, C.NONE, "Batas atas", "Upper bound"),
        Column("unit", S, C.NONE, "Satuan", "Unit"),
        Column("reason", S, C.NONE, "Alasan", "Code of the reason for the state"),
        Column("sid_as_of", D, C.NONE, "Tanggal data SID", "Date of the village data"),
        Column("siapkerja_as_of", D, C.NONE, "Tanggal data SIAPKerja", "Date of the SIAPKerja data"),
        Column("rule_version", S, C.NONE, "Versi aturan", "Version of the rules that computed it"),
    ),
)

# What the consumer's intake and linkage found, by village and rule: never a row about a person.
QUALITY_FEEDBACK = Table(
    name="out_feedback__quality",
    about_id="Temuan mutu data per desa dan aturan, bagi pemilik datanya.",
    about_en="Findings on data quality by village and rule, for the owner of the data.",
    missing_en="Villages that delivered nothing; rules without a finding. Small counts are hidden: see state.",
    columns=(
        Column("village_code", S, C.NONE, "Kode desa", "Kemendagri, dotted"),
        Column("rule", S, C.NONE, "Aturan", "Code of the rule that found it"),
        Column("field", S, C.NONE, "Kolom", "Field of the dataset that the rule looks at"),
        Column("severity", S, C.NONE, "Bobot", "info, warning or error"),
        Column("state", S, C.NONE, "Status nilai", "ok, or lt where the count is below the minimum cell"),
        Column("rows", pa.int64(), C.NONE, "Banyaknya baris", "Rows that the rule found; null when hidden"),
        Column("share", F, C.NONE, "Bagian", "Share of the village's delivered rows; null when hidden"),
        Column("as_of", D, C.NONE, "Tanggal data", "Date of the delivered data"),
        Column("snapshot", S, C.NONE, "Acuan penyerahan", "Provider's reference of the delivered snapshot"),
    ),
)


class AlreadySigned(TenunError):
    """A document that bears signatures is not a draft."""

    code = "agreement.already_signed"
    text_id = "Perjanjian ini sudah bertanda tangan, jadi bukan draf."
    text_en = "This agreement bears signatures, so it is no draft."
    remedy_id = "Ubah drafnya; yang sudah ditandatangani hanya berubah dengan adendum (Pasal 13)."
    remedy_en = "Change the draft; what was signed changes by an addendum only (Pasal 13)."


@dataclass(frozen=True)
class Dataset:
    """One dataset of the agreement, as tables by the names they have in the lake."""

    id: str
    name_id: str
    name_en: str
    owner: str
    tables: Mapping[str, Table]


DATASETS = (
    Dataset(
        "sid-warga",
        "Warga desa (SID)",
        "Residents (SID)",
        "desa",
        {"persons": sid.PERSONS, "identifiers": sid.PERSON_IDENTIFIERS},
    ),
    Dataset("sid-indeks-desa", "Indeks Desa (SID)", "Village index (SID)", "desa", {"years": sid.VILLAGE_INDEX}),
    Dataset("sid-sdgs-desa", "SDGs Desa (SID)", "Village SDGs (SID)", "desa", {"scores": sid.VILLAGE_SDGS}),
    Dataset(
        "siapkerja-pencari-kerja",
        "Pencari kerja (SIAPKerja)",
        "Job seekers (SIAPKerja)",
        "naker",
        {"seekers": siapkerja.SEEKERS, "identifiers": siapkerja.SEEKER_IDENTIFIERS},
    ),
    Dataset(
        "siapkerja-lowongan",
        "Lowongan (Karirhub)",
        "Vacancies (Karirhub)",
        "naker",
        {"vacancies": siapkerja.VACANCIES},
    ),
    Dataset(
        "siapkerja-pelatihan",
        "Pelatihan (Skillhub)",
        "Training courses (Skillhub)",
        "naker",
        {"trainings": siapkerja.TRAININGS},
    ),
    Dataset(
        "siapkerja-sertifikat",
        "Sertifikat kompetensi (Sertihub)",
        "Competence certificates (Sertihub)",
        "naker",
        {"certificates": siapkerja.CERTIFICATES},
    ),
    Dataset(
        "siapkerja-penempatan",
        "Penempatan kerja (SIAPKerja)",
        "Placements into work (SIAPKerja)",
        "naker",
        {"placements": siapkerja.PLACEMENTS},
    ),
    Dataset("hasil-desa", "Hasil per desa", "Results by village", "naker", {"values": VILLAGE_FIGURES}),
    Dataset(
        "umpan-balik-mutu",
        "Umpan balik mutu data",
        "Data-quality feedback",
        "naker",
        {"findings": QUALITY_FEEDBACK},
    ),
)


def file_name(dataset: Dataset) -> str:
    return f"datasets/{dataset.id}.odcs.yaml"


def render(dataset: Dataset) -> bytes:
    """The contract file, always the same bytes for the same tables."""
    contract = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": dataset.id,
        "name": dataset.name_id,
        "version": "1.0.0",
        "status": "active",
        "domain": "ketenagakerjaan-desa",
        "tenant": dataset.owner,
        "description": {
            "purpose": dataset.name_en,
            "limitations": " ".join(table.missing_en for table in dataset.tables.values()),
        },
        "schema": [_table(name, table) for name, table in dataset.tables.items()],
    }
    text = yaml.safe_dump(contract, sort_keys=False, allow_unicode=True, width=110)
    return text.encode("utf-8")


def refresh(folder: Path) -> list[str]:
    """Write the contracts anew from the tables, and the digests of contracts and text into a draft.

    Says what changed. For drafts only: in a signed document a new digest breaks the signatures, as it should.
    """
    document = folder / "agreement.json"
    text = document.read_text("utf-8")
    changed = []
    fresh = {"agreement.md": (folder / "agreement.md").read_bytes()}
    for dataset in DATASETS:
        fresh[file_name(dataset)] = render(dataset)
    named = {item["contract"]["file"]: item["contract"]["sha256"] for item in json.loads(text)["datasets"]}
    named["agreement.md"] = json.loads(text)["text"]["sha256"]
    for file, content in fresh.items():
        digest = hashlib.sha256(content).hexdigest()
        if (folder / file).read_bytes() != content or named[file] != digest:
            changed.append(file)
        (folder / file).write_bytes(content)
        text = text.replace(named[file], digest)
    document.write_text(text, "utf-8")
    return changed


def _table(name: str, table: Table) -> dict[str, Any]:
    return {
        "name": name,
        "physicalName": table.name,
        "logicalType": "object",
        "physicalType": "table",
        "businessName": table.about_id,
        "description": table.about_en,
        "properties": [_property(column) for column in table.columns],
    }


def _property(column: Column) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": column.name,
        "businessName": column.text_id,
        "description": column.text_en,
        **_types(column.type),
        "classification": column.classification.value,
    }
    if column.code_list:
        described["logicalTypeOptions"] = {"pattern": _pattern(column.code_list)}
        described["customProperties"] = [{"property": "codeList", "value": column.code_list}]
    return described


def _types(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        return {"logicalType": "array", "physicalType": str(kind), "items": _types(kind.value_type)}
    return {"logicalType": _LOGICAL[kind], "physicalType": str(kind)}


_LOGICAL = {
    pa.string(): "string",
    pa.int32(): "integer",
    pa.int64(): "integer",
    pa.float64(): "number",
    pa.bool_(): "boolean",
    pa.date32(): "date",
}


def _pattern(code_list: str) -> str:
    """The values of a harmonised list as the pattern that a cell must match."""
    members = [str(value.value) for value in getattr(values, code_list)]
    return "^(" + "|".join(members) + ")$"
