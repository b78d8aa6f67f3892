"""What is said of a whole area, in both languages: its title, and the sentence that answers a page's question.

The same on a page, on paper and in a pack. What is hidden is said in words.
"""

from __future__ import annotations

from collections.abc import Mapping

from tenun.disclosure.state import ValueState
from tenun.indicators import wording
from tenun.indicators.areas import NATIONAL, Area
from tenun.indicators.definition import Unit
from tenun.indicators.results import Value
from tenun.registry.reference.edition import CURRENT_EDITION, kind_of
from tenun.registry.reference.region import Region, System, level_of

_TITLES: Mapping[str, tuple[str, str]] = {
    "Provinsi": ("Provinsi {name}", "{name} Province"),
    "Kabupaten": ("Kabupaten {name}", "{name} Regency"),
    "Kota": ("{name}", "{name}"),
    "Kecamatan": ("Kec. {name}", "{name} District"),
    "Distrik": ("Distrik {name}", "{name} Papuan District"),
    "Kelurahan": ("Kelurahan {name}", "{name} Urban Village"),
    "Desa adat": ("Desa adat {name}", "{name} Customary Village"),
    "Desa": ("Desa {name}", "{name} Village"),
}
_NOT_DELIVERED = (
    "{area} belum mengirim register desanya, jadi keadaan kerja di sana belum dapat dikatakan.",
    "{area} has not sent its village register yet, so there is nothing to say about work there.",
)
_NOT_KNOWN = (
    "Keadaan kerja di {area} belum dapat dikatakan. {why}",
    "How work is in {area} cannot be said. {why}",
)
_SEEKERS_UNKNOWN = (
    "{area} mempunyai {adults} penduduk usia kerja; berapa yang mencari kerja belum dapat dikatakan.",
    "{area} has {adults} people of working age; how many are looking for work cannot be said.",
)
_NO_SEEKERS = (
    "Dari {adults} penduduk usia kerja di {area}, tidak seorang pun terdaftar sedang mencari kerja.",
    "Of {adults} people of working age in {area} nobody is registered as looking for work.",
)
_SEEKERS = (
    "Dari {adults} penduduk usia kerja di {area}, {seekers} orang sedang mencari kerja.",
    "Of {adults} people of working age in {area}, {seekers} are looking for work.",
)
_FEWER = ("kurang dari {number}", "fewer than {number}")
_WORKING = ("{share} tercatat bekerja.", "{share} are recorded as working.")
_NO_PLACES = ("Tidak ada lowongan terbuka yang terjangkau.", "No open vacancy lies within reach.")
_PLACES = (
    "Lowongan terbuka yang terjangkau menawarkan {places} tempat kerja.",
    "Open vacancies within reach offer {places} places.",
)


def area_title(code: str, name: str, language: str) -> str:
    """`Desa Rempek`, `Kec. Gangga`, `Kabupaten Lombok Utara`: the name with what it is, unless the name says it."""
    if code == NATIONAL:
        return "Indonesia"
    kind = kind_of(Region(System.KEMENDAGRI, CURRENT_EDITION, code, name, level_of(code), None))
    if kind == "Kabupaten" and "kab" in name[:4].casefold():
        return name
    return _said(_TITLES[kind], language).format(name=name)


def of_area(area: Area, values: Mapping[str, Value], language: str, *, minimum_cell: int) -> str:
    """About work in an area: adults, seekers, who is recorded as working, places within reach.

    `values` are the area's totals by indicator.
    """
    adults, seekers = values.get("A1"), values.get("C1")
    title = area_title(area.code, area.name, language)
    if adults is None or adults.state is ValueState.NS:
        return _said(_NOT_DELIVERED, language).format(area=title)
    if not adults.state.has_value:
        return _said(_NOT_KNOWN, language).format(area=title, why=wording.why(adults, language))
    first = _SEEKERS
    if seekers is None or not (seekers.state.has_value or seekers.state is ValueState.LT):
        first = _SEEKERS_UNKNOWN
    elif seekers.state is ValueState.ZERO:
        first = _NO_SEEKERS
    sentence = _said(first, language).format(
        area=title,
        adults=_number(adults.value or 0, language),
        seekers=_people(seekers, language, minimum_cell) if seekers is not None else "",
    )
    return " ".join(part for part in (sentence, _working(values, language), _reach(values, language)) if part)


def _people(value: Value, language: str, minimum_cell: int) -> str:
    if value.state is ValueState.LT:
        return _said(_FEWER, language).format(number=minimum_cell)
    return _number(value.value or 0, language)


def _working(values: Mapping[str, Value], language: str) -> str:
    working = values.get("B1")
    if working is None or working.value is None:
        return ""
    return _said(_WORKING, language).format(share=wording.number(working.value, Unit.PERCENT, language))


def _reach(values: Mapping[str, Value], language: str) -> str:
    places = values.get("D1")
    if places is None or places.value is None:
        return ""
    if places.state is ValueState.ZERO:
        return _said(_NO_PLACES, language)
    return _said(_PLACES, language).format(places=_number(places.value, language))


def _number(amount: float, language: str) -> str:
    return wording.number(amount, Unit.PERSON, language)


def _said(pair: tuple[str, str], language: str) -> str:
    return pair[0] if language == "id" else pair[1]
