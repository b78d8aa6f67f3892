"""What people do to NIKs, dates, sexes, village codes and addresses when they write them down. One record a call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from tenun.synthetic.linkage.chance import Dice
from tenun.synthetic.linkage.people import HAMLETS, STREETS

# --- NIK: what ---------------------------------------------------------------------------------------

PLACEHOLDERS = ("0000000000000000", "9999999999999999", "1234567890123456", "-", "0")
FOREIGN_PLACEHOLDERS = (
    *PLACEHOLDERS,
    "1111111111111111",
    "3333333333333333",
    "BELUM ADA",
    "NIHIL",
    "xxxxxxxxxxxxxxxx",
    "TIDAK PUNYA",
    "belum ktp",
    "0000000000000001",
    "123456789",
    "N/A",
    "E-KTP DALAM PROSES",
    "3201000000000000",
    "9999999999999998",
    "00",
)


def nik_typo(nik: str, dice: Dice, twice: bool = False) -> str:
    kind, at = dice.below(10), dice.below(15)
    if kind == 0:
        changed = nik[:at] + nik[at + 1 :]
    elif kind == 1:
        changed = nik[: at + 1] + str(dice.below(10)) + nik[at + 1 :]
    elif kind < 4 and nik[at] != nik[at + 1]:
        changed = nik[:at] + nik[at + 1] + nik[at] + nik[at + 2 :]
    else:
        at = dice.below(16)
        changed = nik[:at] + str((int(nik[at]) + 1 + dice.below(9)) % 10) + nik[at + 1 :]
    return nik_typo(changed, dice) if twice and len(changed) == 16 else changed


def spreadsheet(nik: str, dice: Dice) -> str:
    """A spreadsheet keeps fifteen digits: the last becomes 0, or the number is shown in powers of ten."""
    if dice.below(5) < 3:
        return nik[:15] + "0"
    return f"{nik[0]}{'.,'[dice.below(2)]}{nik[1 : 6 + dice.below(3) * 3]}E+15"


def phone(nik: str, dice: Dice) -> str:
    return f"{('08', '+628', '628')[dice.below(3)]}{dice.below(90) + 10}{dice.below(10**8):08d}"


# --- NIK: how ----------------------------------------------------------------------------------------


def spaced(nik: str, dice: Dice) -> str:
    cuts = ((4, 8, 12), (6, 12), (6,), (12,))[dice.below(4)]
    return " ".join(nik[a:b] for a, b in zip((0, *cuts), (*cuts, 16), strict=True))


def dotted(nik: str, dice: Dice) -> str:
    separator = ".-"[dice.below(2)]
    cuts = ((2, 4, 6, 12), (4, 8, 12), (6, 12))[dice.below(3)]
    return separator.join(nik[a:b] for a, b in zip((0, *cuts), (*cuts, 16), strict=True))


def apostrophe(nik: str, dice: Dice) -> str:
    return ("'", "`", "’", "'")[dice.below(4)] + nik


def letters(nik: str, dice: Dice) -> str:
    letter = "OolI"[dice.below(4)]
    digit = "0" if letter in "Oo" else "1"
    return nik.replace(digit, letter) if dice.below(3) else nik.replace(digit, letter, 1)


def labelled(nik: str, dice: Dice) -> str:
    return ("NIK {}", "{} (KTP)", "NIK: {}", "KTP {}", "{}.")[dice.below(5)].format(nik)


NIK_FORMS: dict[str, Callable[[str, Dice], str]] = {
    "nik_spaced": spaced,
    "nik_dotted": dotted,
    "nik_apostrophe": apostrophe,
    "nik_letters": letters,
    "nik_labelled": labelled,
}

# --- dates -------------------------------------------------------------------------------------------

MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()
MONTHS_SHORT = "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des".split()
_SPREADSHEET_ZERO = date(1899, 12, 30)

Day = tuple[int, int, int]
"""Year, month, day."""


def heaped(day: Day, dice: Dice, is_foreign: bool) -> Day:
    kind = dice.below(20)
    if kind < 12:
        return day[0], 1, 1
    return (day[0], 12, 31) if is_foreign and kind > 16 else (day[0], 7, 1)


def village_heaped(day: Day, village: int) -> Day:
    return (day[0], 7, 1) if village % 2 else (day[0], 12, 31)


def other_year(day: Day, dice: Dice) -> Day:
    return day[0] + (-1, 1, -10, 10, -2, 2, -1, 1)[dice.below(8)], day[1], min(day[2], 28)


def other_digit(day: Day, dice: Dice) -> Day:
    if dice.below(2):
        return day[0], day[1], 1 + dice.below(28)
    return day[0], 1 + dice.below(12), min(day[2], 28)


def iso(day: Day) -> str:
    return f"{day[0]}-{day[1]:02d}-{day[2]:02d}"


def words(day: Day, dice: Dice) -> str:
    year, month, number = day
    kind = dice.below(4)
    if kind == 0:
        return f"{number:02d}-{MONTHS_SHORT[month - 1]}-{year % 100:02d}"
    if kind == 1:
        return f"{number} {MONTHS_SHORT[month - 1]} {year}"
    return f"{number:02d} {MONTHS[month - 1].upper()} {year}" if kind == 2 else f"{number} {MONTHS[month - 1]} {year}"


DATE_FORMS: dict[str, Callable[[Day, Dice], str]] = {
    "date_slashes": lambda day, dice: f"{day[2]:02d}/{day[1]:02d}/{day[0]}",
    "date_dashes": lambda day, dice: f"{day[2]:02d}-{day[1]:02d}-{day[0]}",
    "date_short_year": lambda day, dice: f"{day[2]:02d}-{day[1]:02d}-{day[0] % 100:02d}",
    "date_words": words,
    "date_excel": lambda day, dice: str((date(*day) - _SPREADSHEET_ZERO) // timedelta(days=1)),
    "date_compact": lambda day, dice: f"{day[0]}{day[1]:02d}{day[2]:02d}",
    "date_time": lambda day, dice: f"{iso(day)} 00:00:00" if dice.below(2) else f"{iso(day)}T00:00:00",
}

# --- sex ---------------------------------------------------------------------------------------------

_SEX_WORDS = (
    ("Laki-laki", "LAKI-LAKI", "laki laki", "Pria", "Lk", "LAKI - LAKI", "l"),
    ("Perempuan", "PEREMPUAN", "perempuan", "Wanita", "Pr", "PEREMPUAN ", "p"),
)


def sex_words(is_woman: bool, dice: Dice) -> str:
    return _SEX_WORDS[is_woman][dice.below(7)]


# --- village codes -----------------------------------------------------------------------------------


def bps(code: str) -> str:
    return f"{code[:4]}{int(code[4:6]) * 10:03d}{int(code[6:]) % 1000:03d}"


def dotted_code(code: str) -> str:
    return f"{code[:2]}.{code[2:4]}.{code[4:6]}.{code[6:]}"


def district_only(code: str, dice: Dice) -> str:
    return (code[:6], code[:6] + "0000", f"{code[:2]}.{code[2:4]}.{code[4:6]}")[dice.below(3)]


# --- addresses ---------------------------------------------------------------------------------------

STREET_WORDS = ("Jl. ", "Jalan ", "JL ", "Dusun ", "Dsn. ", "Kp. ", "Kampung ", "Gg. ")


# Most write `Jl. Mawar RT 02/01`: with two or three digits, a slash or RW; one in four leaves the unit out.
PLAIN_ADDRESSES = (
    "{}{} RT {:02d}/{:02d}",
    "{}{} RT {:02d} RW {:02d}",
    "{}{} RT {:02d}/{:02d}",
    "{}{}",
    "{}{} RT {:03d}/{:02d}",
    "{}{} RT {:03d} RW {:02d}",
    "{}{} RT {:03d}/{:02d}",
    "{}{}",
)

Home = tuple[str, str, str, int, int, int]
"""Street with its kind (`Jl. Mawar`), street alone, hamlet, house number, RT, RW."""

_OTHER_ADDRESSES: tuple[Callable[[Home], str], ...] = (
    lambda h: f"RT{h[4]:03d}RW{h[5]:03d} {h[0]}",
    lambda h: f"Dsn {h[2]} RT.{h[4]:02d}/{h[5]:02d}",
    lambda h: f"Lk. {h[2]} {h[0]}",
    lambda h: f"{h[0]} Blok {_block(h[3])}{h[3] % 20 + 1} RT {h[4]}/{h[5]}",
    lambda h: f"Perum {h[2]} Indah Blok {_block(h[3])} No.{h[3]}",
    lambda h: f"{h[2]}, RT {h[4]} RW {h[5]}",
    lambda h: f"{h[0]} No. {h[3]}",
    lambda h: f"{h[0].upper()} NO.{h[3]} RT/RW {h[4]:03d}/{h[5]:03d}",
    lambda h: f"{h[1]}, {h[4]:02d}/{h[5]:02d}",
    lambda h: f"rt {h[4]:02d} rw {h[5]:02d} dusun {h[2].lower()}",
    lambda h: f"Kp.{h[1]} Rt{h[4]:02d}/Rw{h[5]:02d} Ds. {h[2]}",
    lambda h: f"{h[0]} RT:{h[4]:02d} RW:{h[5]:02d} Dusun {h[2]}",
)


def _block(house: int) -> str:
    return "ABCDEFGH"[house % 8]


def other_address(home: Home, dice: Dice) -> str:
    """As others write it."""
    return _OTHER_ADDRESSES[dice.below(len(_OTHER_ADDRESSES))](home)


def elsewhere(dice: Dice) -> str:
    """The address of somebody who lives where the household does not."""
    if dice.below(3):
        return f"Jl. {dice.one_of(STREETS)} No. {1 + dice.below(150)}"
    return f"Dusun {dice.one_of(HAMLETS)} RT {1 + dice.below(9):02d}/{1 + dice.below(5):02d}"
