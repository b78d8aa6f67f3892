"""Words of the page Data and API that also stand in its examples' answers, Indonesian and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "period": ("Potret", "Snapshot"),
        "latest": ("terbaru", "latest"),
        "preview_button": ("Pratinjau", "Preview"),
        "preview": ("Pratinjau: 20 baris pertama", "Preview: the first 20 rows"),
        "rows": ("baris pada pilihan ini", "rows in this choice"),
        "none": (
            "Pilihan ini tidak mempunyai baris. Pilih tingkat yang ada di dalam wilayah itu.",
            "This choice has no rows. Choose a level that lies inside the area.",
        ),
        "too_many": (
            "Terlalu besar untuk CSV dan XLSX. Ambil sebagai Parquet, atau pilih wilayah atau satu indikator.",
            "Too large for CSV and XLSX. Take it as Parquet, or choose a smaller area or one indicator.",
        ),
        "area": ("Wilayah", "Area"),
        "indicator": ("Indikator", "Indicator"),
        "breakdown": ("Rincian", "Breakdown"),
        "shown": ("Nilai", "Value"),
        "state": ("Keadaan", "State"),
        "dates": ("Tanggal data SID / SIAPKerja", "Date of SID / SIAPKerja data"),
        "formats": ("Format lain dan alamat tetap", "Other formats and the permanent address"),
        "metadata": ("Metadata CSV (CSVW)", "CSV metadata (CSVW)"),
        "permanent": (
            "Alamat ini menyebut potretnya: isinya sama tahun depan.",
            "This address names its snapshot: it gives the same next year.",
        ),
        "cite": ("Kutip", "Cite"),
        "examples": ("Dari program: curl, Python, Excel", "From a program: curl, Python, Excel"),
        "key_title": ("Kunci untuk program", "A key for a program"),
        "key_help": (
            "Kunci membaca hasil sebatas wilayah dan peran Anda, berlaku 90 hari, dan berakhir bila kata sandi Anda "
            "diganti. Simpan seperti kata sandi; jangan kirimkan kepada siapa pun.",
            "A key reads results within your area and role, for 90 days, and ends when your password is changed. Keep "
            "it like a password; send it to nobody.",
        ),
        "key_button": ("Buat kunci", "Make a key"),
        "key_shown": ("Kunci Anda. Hanya ditampilkan sekali.", "Your key. It is shown once only."),
        "openapi": ("Uraian API (OpenAPI 3.1)", "Description of the API (OpenAPI 3.1)"),
        "catalogue": ("Katalog potret (DCAT)", "Catalogue of snapshots (DCAT)"),
    }
)


def said(language: str) -> dict[str, str]:
    """All of them in one language, by key."""
    return {key: pair[0] if language == "id" else pair[1] for key, pair in WORDS.items()}
