"""A figure in words: the same on a page, in a file and for a screen reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from babel.dates import format_date
from babel.numbers import format_decimal

from tenun.disclosure.gates import OUTSIDE
from tenun.disclosure.profile import MINISTRIES
from tenun.disclosure.state import ValueState
from tenun.indicators.definition import SCALES, Definition, Unit
from tenun.indicators.inputs import (
    EVENTS,
    OPTIONAL_PERSON_FIELDS,
    PERSON_FIELDS,
    SURVEY_FIELDS,
    on_person,
    was_delivered,
    was_told,
)
from tenun.indicators.results import Value
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid

NO_BREAK = "\u00a0"

STATES: Mapping[ValueState, tuple[str, str]] = MappingProxyType(
    {
        ValueState.OK: ("Angka", "Figure"),
        ValueState.ZERO: ("Nol", "Zero"),
        ValueState.LT: ("Terlalu kecil untuk ditampilkan", "Too small to show"),
        ValueState.SUP: ("Dirahasiakan", "Confidential"),
        ValueState.NC: ("Tidak dikumpulkan", "Not collected"),
        ValueState.NS: ("Belum tersinkron", "Not synced yet"),
        ValueState.NA: ("Tidak dapat dihitung", "Cannot be computed"),
        ValueState.STALE: ("Angka lama", "Old figure"),
        ValueState.CUT: ("Akses diputus", "Access shut off"),
    }
)
"""Name of every state, Indonesian and English: for a legend."""

SIGNS: Mapping[ValueState, str] = MappingProxyType(
    {
        ValueState.OK: "",
        ValueState.ZERO: "0",
        ValueState.LT: "<",
        ValueState.SUP: "▦",
        ValueState.NC: "–",
        ValueState.NS: "⌛",
        ValueState.NA: "∅",
        ValueState.STALE: "◷",
        ValueState.CUT: "⛔",
    }
)
"""A sign of its own for every state, since colour alone tells nothing to many."""

REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "small_count": (
            "Jumlah orangnya terlalu sedikit; menampilkannya dapat mengungkap siapa mereka.",
            "So few people that showing the number could tell who they are.",
        ),
        "small_rest": (
            "Hampir semuanya: yang tidak termasuk terlalu sedikit untuk ditampilkan.",
            "Nearly all: too few are left out for their number to be shown.",
        ),
        "protects_others": (
            "Disembunyikan agar angka kecil tidak dapat dihitung dari angka lain.",
            "Hidden so that a small number cannot be computed from the others.",
        ),
        "population_small": (
            "Penduduk usia kerja di wilayah ini terlalu sedikit.",
            "Too few people of working age in this area.",
        ),
        "denominator_small": (
            "Terlalu sedikit orang untuk dihitung persentasenya; lihat nilai wilayah di atasnya.",
            "Too few people to make a percentage of; see the area above.",
        ),
        "level_too_low": (
            "Hanya tersedia mulai tingkat kecamatan.",
            "Available from the district level up only.",
        ),
        "match_rate_low": (
            "Terlalu sedikit akun SIAPKerja dari desa ini yang dapat dipadankan.",
            "Too few of the SIAPKerja accounts of this village could be linked.",
        ),
        "unknown_high": (
            "Terlalu banyak warga yang isiannya kosong.",
            "Too many residents for whom the field is empty.",
        ),
        "incomplete": (
            "Belum semua desa mengirim data, sehingga nol belum dapat dipastikan.",
            "Not every village has delivered, so that zero is not certain.",
        ),
        "field_not_collected": (
            "Kolom yang diperlukan tidak diserahkan, atau kosong untuk semua warga.",
            "A field that the figure needs was not delivered, or is empty for everyone.",
        ),
        "not_delivered": (
            "Desa belum mengirim data.",
            "The village has not delivered.",
        ),
        "not_linked": (
            "Data desa belum dipadankan dengan SIAPKerja.",
            "The village's data has not been linked with SIAPKerja yet.",
        ),
        "source_missing": (
            "Data SIAPKerja belum diterima.",
            "SIAPKerja's data has not been received yet.",
        ),
        "area_missing": (
            "Data SIAPKerja untuk wilayah ini belum diterima.",
            "SIAPKerja's data for this area has not been received yet.",
        ),
        "nothing_there": (
            "Tidak ada, atau terlalu sedikit yang diketahui, untuk menghitungnya di wilayah ini.",
            "There is nothing in this area to make the figure of, or too little is known of it.",
        ),
        "stale": (
            "Data sumber lebih tua dari jadwal pemutakhirannya.",
            "The source is older than its rhythm of renewal.",
        ),
        "partial": (
            "Baru sebagian desa yang mengirim data.",
            "Only some of the villages have delivered.",
        ),
        "some_stale": (
            "Data sebagian desa lebih tua dari jadwal pemutakhirannya.",
            "The data of some villages is older than its rhythm of renewal.",
        ),
        "perturbed": (
            "Angka ini diberi derau kecil agar orang tidak dikenali; jumlah bagian dapat berbeda dari totalnya.",
            "A little noise was added so that nobody can be recognised; parts may not add up to the total.",
        ),
        "perturbed_partial": (
            "Baru sebagian desa yang mengirim data. Angka ini diberi derau kecil agar orang tidak dikenali; jumlah "
            "bagian dapat berbeda dari totalnya.",
            "Only some of the villages have delivered. A little noise was added so that nobody can be recognised; "
            "parts may not add up to the total.",
        ),
        "group_low": (
            "Bagiannya begitu kecil sehingga hanya batasnya yang ditampilkan; tidak berarti tidak ada.",
            "The share is so small that only its bound is told; it does not mean none.",
        ),
        "group_high": (
            "Bagiannya begitu besar sehingga hanya batasnya yang ditampilkan; tidak berarti semuanya.",
            "The share is so large that only its bound is told; it does not mean all.",
        ),
        "access_cut": (
            "Akses data diputus berdasarkan Pasal 7(4).",
            "Access to the data is shut off under Pasal 7(4).",
        ),
    }
)
"""Why a figure is as it is: a sentence for every reason code, Indonesian and English."""

FIELDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **{
            name: (sid.PERSONS.column(name).text_id, sid.PERSONS.column(name).text_en)
            for name in (*PERSON_FIELDS, *OPTIONAL_PERSON_FIELDS)
        },
        **{
            on_person(name): (sid.SURVEY.column(name).text_id, sid.SURVEY.column(name).text_en)
            for name in SURVEY_FIELDS
        },
        **{
            was_delivered(name): (table.about_id.rstrip("."), table.about_en.rstrip("."))
            for name, (_, table) in EVENTS.items()
        },
        **{
            was_told(name): (siapkerja.SEEKERS.column(name).text_id, siapkerja.SEEKERS.column(name).text_en)
            for name in OPTIONAL_PERSON_FIELDS
        },
    }
)
"""What a column that an indicator may need holds, Indonesian and English."""

UNITS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        Unit.PERSON: ("orang", "people"),
        Unit.PERCENT: ("%", "%"),
        Unit.PER_MILLE: ("per 1.000", "per 1,000"),
        Unit.PLACE: ("tempat kerja", "places"),
        Unit.SEAT: ("kursi", "seats"),
        Unit.PERSONS_PER_PLACE: ("orang per tempat kerja", "people per place"),
        Unit.DAY: ("hari", "days"),
        Unit.RUPIAH: ("rupiah per bulan", "rupiah a month"),
    }
)

# Beside these "<5" would be read as the figure and not as a number of people.
_QUOTIENTS = frozenset({*SCALES, Unit.PERSONS_PER_PLACE})

BREAKDOWNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "": ("Semua", "All"),
        "sex": ("Jenis kelamin", "Sex"),
        "age_group": ("Kelompok umur", "Age group"),
        "education": ("Pendidikan", "Education"),
        "seeker_kind": ("Jenis pencari kerja", "Kind of job seeker"),
    }
)

CATEGORIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "": ("Semua", "All"),
        "male": ("Laki-laki", "Men"),
        "female": ("Perempuan", "Women"),
        "missing": ("Tidak diketahui", "Not known"),
        "15-24": ("15–24 tahun", "15–24 years"),
        "25-59": ("25–59 tahun", "25–59 years"),
        "60+": ("60 tahun ke atas", "60 years and over"),
        "below_primary": ("Tidak tamat SD", "Primary school not completed"),
        "primary": ("SD sederajat", "Primary school"),
        "lower_secondary": ("SMP sederajat", "Lower secondary"),
        "upper_secondary": ("SMA/SMK sederajat", "Upper secondary"),
        "tertiary": ("Diploma ke atas", "Diploma and above"),
        "employed": ("Bekerja, mencari pekerjaan lain", "Employed, looking for other work"),
        "worked_before": ("Pernah ditempatkan atau terkena PHK", "Placed or laid off before"),
        "no_work_recorded": ("Tidak ada catatan pernah bekerja", "No work on record"),
    }
)

LEVELS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "nasional": ("Nasional", "Country"),
        "provinsi": ("Provinsi", "Province"),
        "kabupaten": ("Kabupaten/kota", "Regency or city"),
        "kecamatan": ("Kecamatan", "District"),
        "desa": ("Desa", "Village"),
    }
)

_BANDS: Mapping[str | None, tuple[str, int]] = MappingProxyType(
    {"group_low": ("<", OUTSIDE.band_percent), "group_high": (">", 100 - OUTSIDE.band_percent)}
)
"""Shares that audiences outside are told the bound of, and no more."""


def say(value: Value, language: str, *, minimum_cell: int = MINISTRIES.minimum_cell) -> str:
    """What stands on the screen: `1.842`, `64,1 %`, `<5`, `Dirahasiakan`, `61 (per 12 Jan 2026)`.

    Numbers and dates follow the language (`id` or `en`); the unit is written for percentages alone.
    """
    if value.reason in _BANDS:
        sign, percent = _BANDS[value.reason]
        return f"{sign}{number(percent * SCALES[Unit(value.unit)] / 100, value.unit, language)}"
    if value.state is ValueState.LT:
        small = f"<{minimum_cell}"
        return f"{small}{NO_BREAK}{_pick(UNITS[Unit.PERSON], language)}" if value.unit in _QUOTIENTS else small
    if not value.state.has_value or value.value is None:
        return _pick(STATES[value.state], language)
    shown = number(value.value, value.unit, language)
    if value.state is ValueState.STALE and value.as_of is not None:
        return f"{shown} ({'per' if language == 'id' else 'as of'} {day(value.as_of, language)})"
    return shown


def why(value: Value, language: str, definition: Definition | None = None) -> str:
    """The sentence behind a state or a remark; empty for a figure that needs none.

    With the indicator's definition it names the fields of which one or more was not delivered.
    """
    if not value.reason:
        return ""
    sentence = _pick(REASONS[value.reason], language)
    if value.reason != "field_not_collected" or definition is None:
        return sentence
    needed = ", ".join(f"{_pick(FIELDS[name], language)} [{name}]" for name in definition.needs_filled)
    return f"{sentence} {'Yang diperlukan' if language == 'id' else 'What is needed'}: {needed}."


def band(value: Value, language: str) -> str:
    """The completeness band of a rate, `58,0–71,3 %`; empty where it has none or it is a point."""
    if value.low is None or value.high is None or value.low == value.high:
        return ""
    low = format_decimal(value.low, format="#,##0.0", locale=language)
    return f"{low}–{number(value.high, value.unit, language)}"


def number(amount: float, unit: str, language: str) -> str:
    """`1.842`, `64,1 %` and `7,5 per 1.000` in Indonesian; `1,842`, `64.1%` and `7.5 per 1,000` in English."""
    if unit == Unit.PER_MILLE:
        shown = format_decimal(amount, format="#,##0.0", locale=language)
        return f"{shown}{NO_BREAK}{_pick(UNITS[unit], language)}"
    if unit == Unit.PERSONS_PER_PLACE:
        return format_decimal(amount, format="#,##0.0", locale=language)
    if unit != Unit.PERCENT:
        return format_decimal(round(amount), locale=language)
    return format_decimal(amount, format="#,##0.0", locale=language) + (f"{NO_BREAK}%" if language == "id" else "%")


def day(date_: date, language: str) -> str:
    """`12 Jan 2026`."""
    return format_date(date_, "d MMM y", locale=language)


def named(names: Mapping[str, tuple[str, str]], code: str, language: str) -> str:
    """A word of one of the tables above: `named(CATEGORIES, "female", "id")`."""
    return _pick(names[code], language)


def _pick(pair: tuple[str, str], language: str) -> str:
    return pair[0] if language == "id" else pair[1]
