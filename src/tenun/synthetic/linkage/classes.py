"""Every mistake that can be made on a record, how often in which profile, and in whose words. One table.

To add a mistake: a row here, and for a name, NIK, date, sex, code or address the edit of the same name in
`name_edits`, `field_edits`. To add a profile: a line in `PROFILES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from tenun.kernel.errors import TenunError
from tenun.synthetic.linkage.people import Kinship


class UnknownProfile(TenunError):
    """No profile of that name."""

    code = "synthetic.unknown_profile"
    text_id = "Profil {profile} tidak ada."
    text_en = "There is no profile {profile}."
    remedy_id = "Pilih salah satu: {profiles}."
    remedy_en = "Choose one of: {profiles}."


class Rates(NamedTuple):
    """Shares of the records on each side that carry a class, of those it can happen to."""

    residents: float
    accounts: float


@dataclass(frozen=True)
class ErrorClass:
    name: str
    field: str
    """nik, nik_form, name, name_text, date, date_form, sex, sex_form, village, village_form, address, address_form, record.

    Of a field's classes at most one happens to a record; a name can carry several, applied in the order of the table.
    """
    open: Rates
    foreign: Rates
    says: str


def _class(name: str, field: str, open_: tuple[float, float], foreign: tuple[float, float], says: str) -> ErrorClass:
    return ErrorClass(name, field, Rates(*open_), Rates(*foreign), says)


_NOT = (0.0, 0.0)

CLASSES: tuple[ErrorClass, ...] = (
    # --- NIK: what it is (one per record)
    _class("nik_missing", "nik", (0.05, 0.04), (0.03, 0.06), "no NIK"),
    _class("nik_placeholder", "nik", (0.01, 0.002), (0.004, 0.012), "0000…, 9999…, 1234…, '-', and in words where foreign"),
    _class("nik_family", "nik", (0.015, 0.010), (0.008, 0.020), "the NIK of the head of the household, or of the head's spouse"),
    _class("nik_typo", "nik", (0.03, 0.025), (0.02, 0.035), "a digit other, lost, doubled, or two exchanged; now and then twice"),
    _class("nik_spreadsheet", "nik", _NOT, (0.006, 0.015), "15 digits and a 0, or 3.27102E+15"),
    _class("nik_truncated", "nik", _NOT, (0.002, 0.004), "the first 6 to 12 digits alone"),
    _class("nik_phone", "nik", _NOT, (0.0, 0.006), "a mobile number"),
    _class("nik_family_card", "nik", _NOT, (0.003, 0.006), "the number of the family card"),
    _class("nik_couple_swapped", "nik", _NOT, (0.004, 0.0), "husband and wife have each other's, in the register"),
    _class("nik_broker", "nik", _NOT, (0.0, 0.006), "whoever signed up a whole batch gave one NIK for all"),
    # --- NIK: how it is written (one per record, of NIKs with 16 digits)
    _class("nik_spaced", "nik_form", _NOT, (0.015, 0.03), "in groups of four or after the district"),
    _class("nik_dotted", "nik_form", _NOT, (0.01, 0.015), "with dots or hyphens between the parts"),
    _class("nik_apostrophe", "nik_form", _NOT, (0.03, 0.02), "a leading apostrophe, against the spreadsheet"),
    _class("nik_letters", "nik_form", _NOT, (0.008, 0.015), "O for 0, l or I for 1"),
    _class("nik_labelled", "nik_form", _NOT, (0.003, 0.008), "'NIK 3271…', '3271… (KTP)'"),
    # --- names, in words
    _class("name_variant", "name", (0.40, 0.45), (0.45, 0.50), "Moh., M., Achmad, Abd., St., Noer, for Muhammad, Ahmad, Abdul, Siti, Nur"),
    _class("name_spelling", "name", (0.05, 0.04), (0.04, 0.05), "f/p, v/f, z/j, sy/s, kh/h, dh/d, th/t, i/y, doubled letters, -a/-ah"),
    _class("name_dialect", "name", _NOT, (0.01, 0.015), "as spoken: Dh/D, Sy/S, Z/J, -o for -a, Ng-, h lost or added"),
    _class("name_arabic", "name", _NOT, (0.10, 0.12), "another transliteration: Khadijah, Kadijah, Chotijah; Yusuf, Jusuf, Yusup"),
    _class("name_old_spelling", "name", (0.03, 0.01), (0.02, 0.01), "oe, dj, tj, j for u, j, c, y"),
    _class("name_nickname", "name", _NOT, (0.004, 0.012), "Yanto for Suryanto, Yati for Sumiyati"),
    _class("name_vowels_lost", "name", _NOT, (0.002, 0.004), "Sprydi for Supriyadi"),
    _class("name_dropped", "name", (0.03, 0.05), (0.03, 0.05), "the last word is left out (twice as often of three)"),
    _class("name_initial", "name", (0.02, 0.03), (0.02, 0.03), "the last word is an initial (twice as often of three)"),
    _class("name_initials_first", "name", _NOT, (0.003, 0.008), "the first word is an initial, or first and last: M. Rizki A."),
    _class("name_family_dropped", "name", _NOT, (0.01, 0.03), "marga, suku or family name left out"),
    _class("name_family_added", "name", _NOT, (0.004, 0.01), "marga or father's name added"),
    _class("name_regional", "name", _NOT, (0.02, 0.03), "I, Ni, Andi, Lalu, Baiq dropped; Wyn., Md., Nym., Kt. shortened"),
    _class("name_joined", "name", (0.03, 0.03), (0.02, 0.03), "two words written as one"),
    _class("name_swapped", "name", (0.005, 0.010), (0.005, 0.010), "first two words exchanged"),
    _class("name_reversed", "name", _NOT, (0.003, 0.008), "all words in reverse, or 'Family, Given'"),
    _class("name_alias", "name", (0.006, 0.010), (0.002, 0.003), "the father's name instead of the own first name"),
    _class("name_mother", "name", _NOT, (0.001, 0.003), "the mother's name behind or in front"),
    _class("name_hyphen", "name", _NOT, (0.002, 0.004), "words joined by hyphens, or cut by one"),
    # --- names, as text
    _class("name_typo", "name_text", (0.03, 0.025), (0.02, 0.03), "a letter other, lost, added, or two exchanged"),
    _class("name_title", "name_text", (0.05, 0.06), (0.05, 0.06), "H., Drs., KH., Ibu in front"),
    _class("name_degree", "name_text", (0.05, 0.06), (0.04, 0.06), ", S.Pd or SH behind"),
    _class("name_comma_title", "name_text", _NOT, (0.006, 0.015), "'SUTRISNO, H.', 'SITI AMINAH,HJ,S.PD.I'"),
    _class("name_patronym", "name_text", (0.01, 0.005), (0.015, 0.01), "bin, binti, b., bt. and the father"),
    _class("name_deceased", "name_text", _NOT, (0.003, 0.0), "(alm), almh."),
    _class("name_also_called", "name_text", _NOT, (0.004, 0.006), "'alias Yanto', 'als. Gepeng', '(Mak Ijah)'"),
    _class("name_called", "name_text", _NOT, (0.003, 0.005), "Pak, Mbah, Bu, Mas, Kang in front"),
    _class("name_unit", "name_text", _NOT, (0.003, 0.002), "the RT behind the name"),
    _class("name_nik_inside", "name_text", _NOT, (0.001, 0.002), "the NIK behind the name"),
    _class("name_occupation", "name_text", _NOT, (0.002, 0.003), "the trade behind the name: TUKANG, GURU, TANI"),
    _class("name_truncated", "name_text", _NOT, (0.004, 0.004), "cut at 18 characters by a form"),
    _class("name_digit", "name_text", _NOT, (0.002, 0.004), "0 for o, 1 for i, 3 for e"),
    _class("name_glued", "name_text", _NOT, (0.003, 0.008), "no blanks at all"),
    _class("name_mojibake", "name_text", _NOT, (0.002, 0.003), "Ã©, â€™, ï¿½, a non-breaking blank"),
    _class("name_spaces", "name_text", _NOT, (0.02, 0.03), "double blanks, tabs, full stops at the ends"),
    _class("name_unknown", "name_text", _NOT, (0.0015, 0.001), "NN, '-', TANPA NAMA"),
    # --- birth dates: what (one per record)
    _class("date_missing", "date", (0.01, 0.005), (0.005, 0.01), "no date"),
    _class("date_swapped", "date", (0.025, 0.0375), (0.03, 0.03), "day and month exchanged, of those days that allow it"),
    _class("date_heaped", "date", (0.04, 0.017), (0.03, 0.03), "1 January or 1 July of the year (31 December too where foreign)"),
    _class("date_village_heaped", "date", (0.0, 0.0), (0.3, 0.0), "in one village of 40, 1 July or 31 December for so many"),
    _class("date_year", "date", (0.015, 0.012), (0.010, 0.012), "another year: 1, 2 or 10 off"),
    _class("date_digit", "date", (0.008, 0.010), (0.006, 0.010), "another day or another month"),
    _class("date_year_only", "date", _NOT, (0.002, 0.004), "the year alone"),
    # --- birth dates: how (one per record)
    _class("date_slashes", "date_form", _NOT, (0.08, 0.14), "12/05/1990"),
    _class("date_dashes", "date_form", _NOT, (0.08, 0.10), "12-05-1990"),
    _class("date_short_year", "date_form", _NOT, (0.01, 0.02), "12-05-90"),
    _class("date_words", "date_form", _NOT, (0.02, 0.05), "12 Mei 1990, 12-Mei-90"),
    _class("date_excel", "date_form", _NOT, (0.01, 0.015), "a spreadsheet's day number"),
    _class("date_compact", "date_form", _NOT, (0.005, 0.01), "19900512"),
    _class("date_time", "date_form", _NOT, (0.01, 0.02), "1990-05-12 00:00:00"),
    # --- sex
    _class("sex_missing", "sex", (0.005, 0.01), (0.01, 0.03), "no sex"),
    _class("sex_wrong", "sex", (0.007, 0.004), (0.006, 0.008), "the other sex"),
    _class("sex_words", "sex_form", _NOT, (0.15, 0.35), "Laki-laki, PEREMPUAN, Pria, wanita, Lk, Pr"),
    _class("sex_digits", "sex_form", _NOT, (0.10, 0.05), "1, 2"),
    # --- village codes: where (one per record)
    _class("other_village", "village", (0.0, 0.08), (0.0, 0.06), "another village of the district"),
    _class("other_district", "village", (0.0, 0.07), (0.0, 0.06), "another district of the regency"),
    _class("other_regency", "village", (0.0, 0.05), (0.0, 0.07), "another regency"),
    _class("moved_family", "village", _NOT, (0.01, 0.0), "the whole household stands in the register of where it lived before"),
    # --- village codes: how (one per record)
    _class("village_missing", "village_form", _NOT, (0.0, 0.03), "no code"),
    _class("village_dotted", "village_form", _NOT, (0.40, 0.30), "53.17.01.2001"),
    _class("village_old", "village_form", _NOT, (0.005, 0.010), "a code of before the split of the district or province"),
    _class("village_bps", "village_form", _NOT, (0.0, 0.02), "ten digits in the manner of BPS: district and village of three each"),
    _class("village_district_only", "village_form", _NOT, (0.0, 0.02), "the code of the district, or padded with 0000"),
    # --- addresses
    _class("address_missing", "address", (0.10, 0.25), (0.12, 0.28), "no address"),
    _class("address_typo", "address", (0.10, 0.12), (0.08, 0.10), "as names"),
    _class("address_form", "address_form", _NOT, (0.40, 0.50), "RT002RW003, RT.02/03, Dsn, Lk., Blok, Perum, other order"),
    # --- whole records
    _class("duplicate_resident", "record", (0.01, 0.0), (0.015, 0.0), "registered twice, most in another village"),
    _class("duplicate_account", "record", (0.0, 0.02), (0.0, 0.03), "two accounts of one person"),
)  # fmt: skip

TRUTHS = MappingProxyType(
    {
        "no_resident": "no record of this person in the register at hand",
        "relative_listed": "… but of others of the household",
        "twin": "a twin of the person may be listed too",
        "namesake": "father and son of one name at one address",
        "cousin": "somebody next door of nearly the same name and age",
    }
)
"""What is so, and no mistake: marks that accounts carry besides."""

BY_NAME: Mapping[str, ErrorClass] = MappingProxyType({each.name: each for each in CLASSES})


@dataclass(frozen=True)
class Profile:
    """How often which mistake is made, and how alike people are."""

    name: str
    rates: Mapping[str, Rates]
    kinship: Kinship
    is_foreign: bool
    """Whether placeholders, heaped dates and their like come in the forms that `open` does not make."""


def _mean(one: Rates, other: Rates) -> Rates:
    return Rates((one.residents + other.residents) / 2, (one.accounts + other.accounts) / 2)


PROFILES: Mapping[str, Profile] = MappingProxyType({
    "open": Profile("open", {each.name: each.open for each in CLASSES}, Kinship(twins=0.02), is_foreign=False),
    "foreign": Profile(
        "foreign", {each.name: each.foreign for each in CLASSES}, Kinship(twins=0.03, namesakes=0.02, cousins=0.03), is_foreign=True,
    ),
    "mixed": Profile(
        "mixed", {each.name: _mean(each.open, each.foreign) for each in CLASSES}, Kinship(twins=0.025, namesakes=0.01, cousins=0.015),
        is_foreign=True,
    ),
})  # fmt: skip


def profile(name: str) -> Profile:
    """The profile of that name. Raises `UnknownProfile`."""
    if name not in PROFILES:
        raise UnknownProfile(profile=name, profiles=", ".join(PROFILES))
    return PROFILES[name]


def markdown() -> str:
    """The table above for a page: class, field, rates of residents/accounts in percent, what it is."""
    lines = ["| class | field | open, % | foreign, % | what |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {c.name} | {c.field} | {_percent(c.open)} | {_percent(c.foreign)} | {c.says} |" for c in CLASSES]
    return "\n".join(lines)


def _percent(rates: Rates) -> str:
    return f"{100 * rates.residents:.3g} / {100 * rates.accounts:.3g}"
