"""Tables of the out layer: figures after disclosure control. What is hidden is null in the file itself."""

from __future__ import annotations

import pyarrow as pa

from tenun.agreement.contracts import VILLAGE_FIGURES
from tenun.registry.table import Classification as C
from tenun.registry.table import Column, Table

DATASET = "indicators"
SCOPE = "00"

S, L, D = pa.string(), pa.int64(), pa.date32()

# The table that the parties exchange, so its columns are those of the contract of `hasil-desa`.
VALUES = VILLAGE_FIGURES

COVERAGE = Table(
    name="out_indicators__coverage",
    about_id="Apa yang dikirim tiap desa, dan berapa yang dapat dipadankan. Jumlah kecil kosong juga di sini.",
    about_en="What every village delivered, and how much could be linked. Small numbers are null here too.",
    missing_en="Villages of regencies that no village delivered from.",
    columns=(
        Column("village_code", S, C.NONE, "Kode desa", "Village code, Kemendagri, dotted"),
        Column("persons_state", S, C.NONE, "Keadaan jumlah warga", "State of `persons`"),
        Column("persons", L, C.NONE, "Warga terkirim", "Residents delivered"),
        Column("sid_snapshot", S, C.NONE, "Potret SID", "Snapshot of the village's data"),
        Column("sid_as_of", D, C.NONE, "Tanggal data SID", "Date of the village's data"),
        Column("linked_state", S, C.NONE, "Keadaan padanan", "State of `linked` and `seekers`"),
        Column("linked", L, C.NONE, "Akun terpadan", "Accounts claiming the village that are linked"),
        Column("seekers", L, C.NONE, "Akun", "Accounts claiming the village"),
    ),
)

DEFINITIONS = Table(
    name="out_indicators__definition",
    about_id="Definisi yang dipakai menghitung angka potret ini.",
    about_en="The definitions that the figures of this snapshot were computed with.",
    missing_en="Nothing: every indicator of the values table is here.",
    columns=(
        Column("indicator", S, C.NONE, "Indikator", "Id of the indicator"),
        Column("version", pa.int32(), C.NONE, "Versi", "Version of the definition"),
        Column("definition", S, C.NONE, "Definisi", "The definition and its query, as JSON"),
    ),
)

AREAS = Table(
    name="out_indicators__area",
    about_id="Wilayah yang ada pada tabel angka, dengan namanya.",
    about_en="The areas of the values table, with their names.",
    missing_en="Kelurahan that delivered nothing: SID is for desa.",
    columns=(
        Column("area_code", S, C.NONE, "Kode wilayah", "Kemendagri, dotted; 00 = national"),
        Column("level", S, C.NONE, "Tingkat", "desa, kecamatan, kabupaten, provinsi or nasional"),
        Column("parent", S, C.NONE, "Wilayah di atasnya", "Code of the area above; null for the country"),
        Column("name", S, C.NONE, "Nama", "Name in the edition of codes that was used"),
    ),
)
