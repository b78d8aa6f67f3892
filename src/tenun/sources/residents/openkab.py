"""Pages of OpenKab ("API Satu Data" of a regency): JSON:API, one resource a person.

`penduduk` pages hold whole residents of several villages; `ketenagakerjaan` pages hold an NIK and what
is known of the work, which mostly is "TIDAK TAHU".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tenun.sources.errors import NoRows, WrongFile
from tenun.sources.frame import Frame
from tenun.sources.reading import BROKEN, Cell, Kind, Source
from tenun.sources.residents.fields import Field

RESIDENTS = "openkab-penduduk"
WORK = "openkab-ketenagakerjaan"
NAMES = (RESIDENTS, WORK)

# A path per field, tried in turn: a code beside its label, or an object `{"id": 3, "nama": ...}`.
_PATHS: dict[str, tuple[tuple[str, ...], ...]] = {
    Field.NAME: (("nama",),),
    Field.NIK: (("nik",),),
    Field.FAMILY_CARD: (("keluarga", "no_kk"), ("no_kk",)),
    Field.FAMILY_REF: (("id_kk",), ("keluarga_id",)),
    Field.HOUSEHOLD_ROLE: (("kk_level",), ("penduduk_hubungan", "id")),
    Field.SEX: (("sex",), ("jenis_kelamin", "id")),
    Field.BIRTH_PLACE: (("tempatlahir",),),
    Field.BIRTH_DATE: (("tanggallahir",),),
    Field.EDUCATION: (("pendidikan_kk_id",), ("pendidikan_k_k", "id")),
    Field.SCHOOLING: (("pendidikan_sedang_id",), ("pendidikan", "id")),
    Field.OCCUPATION: (("pekerjaan_id",), ("pekerjaan", "id"), ("pekerjaan",), ("jenis_pekerjaan",)),
    Field.MARITAL_STATUS: (("status_kawin", "id"), ("status_kawin",), ("statusPerkawinan",)),
    Field.CITIZENSHIP: (("warganegara_id",), ("warga_negara", "id")),
    Field.LIFE_STATUS: (("status_dasar",), ("penduduk_status_dasar", "id")),
    Field.DISABILITY: (("cacat_id",), ("cacat", "id")),
    Field.JOB_SOCIAL_SECURITY: (("bpjs_ketenagakerjaan",),),
    Field.MIGRANT_WORK: (("pekerja_migran",),),
    Field.FATHER_NAME: (("nama_ayah",),),
    Field.MOTHER_NAME: (("nama_ibu",),),
    Field.ADDRESS: (("alamat_sekarang",), ("keluarga", "alamat")),
    Field.HAMLET: (("cluster_desa", "dusun"), ("dusun",)),
    Field.RW: (("cluster_desa", "rw"), ("rw",)),
    Field.RT: (("cluster_desa", "rt"), ("rt",)),
    Field.VILLAGE: (("config", "kode_desa"), ("kode_desa",)),
}
_WORK_FIELDS = (Field.NAME, Field.NIK, Field.FAMILY_CARD, Field.OCCUPATION, Field.VILLAGE)
_OTHER_TYPES = {"keluarga": ("daftar keluarga", "families"), "desa": ("daftar desa", "villages")}


def recognise(source: Source) -> str | None:
    if source.kind is not Kind.JSON:
        return None
    kinds = {str(resource.get("type")) for _, resource in _resources(source)}
    if not kinds and any(_is_empty_page(document) for _, document in source.documents()):
        raise NoRows(file=source.file)
    if kinds == {"penduduk"}:
        return RESIDENTS
    if kinds and all("ketenagakerjaan" in kind for kind in kinds):
        return WORK
    if kinds and kinds <= _OTHER_TYPES.keys():
        found_id, found_en = _OTHER_TYPES[min(kinds)]
        raise WrongFile(
            file=source.file, found_id=found_id, found_en=found_en, wanted_id="daftar warga", wanted_en="residents"
        )
    return None


def read(source: Source) -> list[Frame]:
    format = recognise(source) or RESIDENTS
    resources = list(_resources(source))
    attributes = [_attributes(resource) for _, resource in resources]
    fields: Sequence[str] = tuple(_PATHS) if format == RESIDENTS else _WORK_FIELDS
    columns: dict[str, list[Cell]] = {field: [_value(each, _PATHS[field]) for each in attributes] for field in fields}
    names = dict.fromkeys(
        name for each in attributes for name, value in each.items() if not isinstance(value, list | dict)
    )
    return [
        Frame(
            file=source.file,
            sheet="",
            format=format,
            code_source="opensid",
            rows=[position for position, _ in resources],
            columns={
                field: column
                for field, column in columns.items()
                if (field in (Field.NAME, Field.NIK) and format == RESIDENTS) or any(cell != "" for cell in column)
            },
            headings={field: ".".join(paths[0]) for field, paths in _PATHS.items()},
            raw={name: [_plain(each.get(name)) for each in attributes] for name in names},
        )
    ]


def _resources(source: Source) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Position and resource, over all pages that the file holds."""
    position = 0
    for _, document in source.documents():
        if document is BROKEN:
            continue
        pages = document if isinstance(document, list) else [document]
        for page in pages:
            data = page.get("data", []) if isinstance(page, Mapping) else []
            for resource in data if isinstance(data, list) else []:
                if isinstance(resource, Mapping) and isinstance(resource.get("attributes"), Mapping):
                    position += 1
                    yield position, resource


def _is_empty_page(document: Any) -> bool:
    return isinstance(document, Mapping) and document.get("data") == [] and "meta" in document


def _attributes(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = resource["attributes"]
    return found


def _value(attributes: Mapping[str, Any], paths: tuple[tuple[str, ...], ...]) -> Cell:
    for path in paths:
        value: Any = attributes
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        if not isinstance(value, list | dict) and value not in (None, ""):
            return _plain(value)
    return ""


def _plain(value: Any) -> Cell:
    return value if isinstance(value, str | float | bool) else "" if value is None else str(value)
