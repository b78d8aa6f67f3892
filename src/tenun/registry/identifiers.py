"""The numbers that name a person and a family: NIK and the family card number (KK).

Read by `linkage`, `exchange` and `sources` only; whoever analyses does not import this module. A
number is never refused for what it says: villages type what the card says, a region in it is where
the number was first issued, and a birth date in it stays when the register is corrected. Only
Dukcapil can say whether a NIK is somebody's. Here is told its form, and what is odd about it.

NIK = PPKKCC + DDMMYY (a woman's day + 40) + 4 serial digits (UU 23/2006; Permendagri 102/2019).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from tenun.registry.reference.values import Sex


class NikClass(StrEnum):
    """What form a number has. The stored spelling never changes."""

    VALID = "valid"
    """16 digits in the form of a NIK (or KK number). Says nothing about whose it is."""
    TEMPORARY = "temporary"
    """`0` + village code (10) + 5 digits: given by the village system, unique in that village only."""
    ZERO = "zero"
    """`0`: the village knows that it does not know the number."""
    MISSING = "missing"
    """Nothing was given."""
    PLACEHOLDER = "placeholder"
    """Typed to fill the cell: one digit sixteen times, a counting row, a region and then zeros."""
    DAMAGED = "damaged"
    """A spreadsheet kept 15 digits of it; the last one is lost."""
    MALFORMED = "malformed"
    """Anything else: too short, too long, letters."""


USABLE = frozenset({NikClass.VALID, NikClass.TEMPORARY})
"""Classes that tell one person of a village from another."""


class Warn:
    """Codes of the rules that warn. Stored in the lake's `warnings`; the spelling never changes."""

    CLEANED = "nik.cleaned"
    """Apostrophe, dots, blanks or hyphens were taken out."""
    FROM_NUMBER = "nik.from_number"
    """The cell was a number and not text. It came through whole this time."""
    ZERO_RECOVERED = "nik.leading_zero_recovered"
    LETTER_REPAIRED = "nik.letter_repaired"
    """The letter O or l was typed for the digit 0 or 1."""
    DATE_IMPOSSIBLE = "nik.date_impossible"
    DATE_MISMATCH = "nik.birth_date_mismatch"
    SEX_MISMATCH = "nik.sex_mismatch"
    PREFIX_UNKNOWN = "nik.prefix_unknown"
    PREFIX_RETIRED = "nik.prefix_retired"


@dataclass(frozen=True, slots=True, repr=False)
class IdentityNumber:
    """A number as cleaned, its form and what was odd. Never shows itself whole; `digits` does."""

    digits: str | None
    """16 digits, or null where the class is not one of `USABLE`."""
    nik_class: NikClass
    warnings: tuple[str, ...] = ()

    def mask(self) -> str:
        """First four digits (the regency of issue) and twelve stars; `-` without a number."""
        return f"{self.digits[:4]}{'*' * 12}" if self.digits else "-"

    @property
    def is_usable(self) -> bool:
        return self.nik_class in USABLE

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.mask()}, {self.nik_class})"

    __str__ = mask


class Nik(IdentityNumber):
    """A person's number."""

    __slots__ = ()


class FamilyCard(IdentityNumber):
    """A family card's number. Its six middle digits are the day the card was first made, and no birth date."""

    __slots__ = ()


class PrefixHistory(Protocol):
    """What `check` asks of the region register: `tenun.registry.reference.regions.Regions` answers it."""

    def is_district_prefix(self, digits: str) -> bool:
        """Is `PPKKCC` a district of the current edition?"""

    def is_retired_prefix(self, digits: str) -> bool:
        """Was it one in an older edition only?"""


# What stands for "no number" in a text cell. `-` is what villages type where a system demands something.
_EMPTY = frozenset({"", "-", "--", "null", "none", "nan", "n/a", "\\n", "tidak ada", "tidak tahu", "belum ada"})
_SEPARATORS = re.compile(r"[\s\u200b\u2060\ufeff'`\u00b4\u2018\u2019\"\u201c\u201d.,;:/_-]+")
_FLOAT_TEXT = re.compile(r"(\d+)[.,]0+")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_LETTERS = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1"})
_COUNTING = frozenset({"1234567890123456", "0123456789012345", "1234567812345678", "9876543210987654",
                       "1234567890987654", "0987654321098765", "1234567891234567"})  # fmt: skip
# Above this a float has gaps wider than one, and the last digit is anyone's guess.
_EXACT = 2**53


def read_nik(raw: object, *, village: str | None = None) -> Nik:
    """The NIK in a cell: text or number, as a file holds it. Never raises.

    `village` (a Kemendagri village code, dotted or not) lets a temporary NIK whose leading zero a
    spreadsheet dropped be told from a NIK that lost its last digit.
    """
    if type(raw) is str and len(raw) == 16 and raw.isdigit() and raw.isascii() and raw[0] != "0":
        return Nik(raw, NikClass.VALID) if not _is_placeholder(raw) else Nik(None, NikClass.PLACEHOLDER)
    digits, nik_class, warnings = _read(raw, village)
    return Nik(digits, nik_class, warnings)


def read_family_card(raw: object, *, village: str | None = None) -> FamilyCard:
    """The family card number in a cell. Same forms and classes as a NIK."""
    if type(raw) is str and len(raw) == 16 and raw.isdigit() and raw.isascii() and raw[0] != "0":
        return FamilyCard(raw, NikClass.VALID) if not _is_placeholder(raw) else FamilyCard(None, NikClass.PLACEHOLDER)
    digits, nik_class, warnings = _read(raw, village)
    return FamilyCard(digits, nik_class, warnings)


def check(
    nik: Nik, *, sex: Sex | None = None, birth_date: date | None = None, regions: PrefixHistory | None = None
) -> tuple[str, ...]:
    """What is odd about a NIK beside the rest of its row: codes of `Warn`, never a refusal.

    A village's own demo persons disagree with their NIK in every row, so a mismatch proves nothing.
    """
    digits = nik.digits
    if digits is None or nik.nik_class is not NikClass.VALID:
        return ()
    found: list[str] = []
    if regions is not None and not regions.is_district_prefix(digits[:6]):
        found.append(Warn.PREFIX_RETIRED if regions.is_retired_prefix(digits[:6]) else Warn.PREFIX_UNKNOWN)
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    is_woman = day > 40
    day -= 40 if is_woman else 0
    if not _is_possible(day, month, year):
        found.append(Warn.DATE_IMPOSSIBLE)
        return tuple(found)
    if birth_date is not None and (birth_date.day, birth_date.month, birth_date.year % 100) != (day, month, year):
        found.append(Warn.DATE_MISMATCH)
    if (sex is Sex.MALE and is_woman) or (sex is Sex.FEMALE and not is_woman):
        found.append(Warn.SEX_MISMATCH)
    return tuple(found)


def _read(raw: object, village: str | None) -> tuple[str | None, NikClass, tuple[str, ...]]:
    if raw is None:
        return None, NikClass.MISSING, ()
    if isinstance(raw, (bool, date)):
        return None, NikClass.MALFORMED, ()
    if isinstance(raw, (int, float)):
        return _of_number(raw, village)
    text = str(raw).strip()
    if text.casefold() in _EMPTY:
        return None, NikClass.MISSING, ()
    if scientific := _SCIENTIFIC.fullmatch(text):
        return _of_scientific(scientific, village)
    if (as_float := _FLOAT_TEXT.fullmatch(text)) and len(as_float[1]) in (1, 15, 16):
        return _of_number(float(as_float[1]), village)
    digits = _SEPARATORS.sub("", text)
    warnings: tuple[str, ...] = () if digits == text else (Warn.CLEANED,)
    if not digits:
        return None, NikClass.MISSING, ()
    if not (digits.isdigit() and digits.isascii()):
        repaired = digits.translate(_LETTERS)
        if not (len(repaired) == 16 and repaired.isdigit() and repaired.isascii()) or _letters(digits) > 2:
            return None, NikClass.MALFORMED, ()
        digits, warnings = repaired, (*warnings, Warn.LETTER_REPAIRED)
    return _of_digits(digits, village, warnings)


def _of_digits(
    digits: str, village: str | None, warnings: tuple[str, ...]
) -> tuple[str | None, NikClass, tuple[str, ...]]:
    if not digits.strip("0") and len(digits) < 16:
        return None, NikClass.ZERO, ()
    if len(digits) == 15 and _is_temporary(f"0{digits}", village, is_certain=False):
        return f"0{digits}", NikClass.TEMPORARY, (*warnings, Warn.ZERO_RECOVERED)
    if _is_placeholder(digits):
        return None, NikClass.PLACEHOLDER, ()
    if len(digits) != 16:
        return None, NikClass.MALFORMED, ()
    if digits[0] != "0":
        return digits, NikClass.VALID, warnings
    if _is_temporary(digits, village, is_certain=True):
        return digits, NikClass.TEMPORARY, warnings
    return None, NikClass.MALFORMED, ()


def _of_number(number: float, village: str | None) -> tuple[str | None, NikClass, tuple[str, ...]]:
    if isinstance(number, float) and not number.is_integer():
        return None, (NikClass.MISSING if number != number else NikClass.MALFORMED), ()
    if number < 0:
        return None, NikClass.MALFORMED, ()
    digits = str(int(number))
    # A spreadsheet keeps 15 digits and writes 0 for the sixteenth. A whole number (JSON) is kept as it is.
    is_lossy = isinstance(number, float) and len(digits) == 16 and (digits[-1] == "0" or number > _EXACT)
    if is_lossy and not _is_placeholder(digits):
        return None, NikClass.DAMAGED, ()
    return _of_digits(digits, village, (Warn.FROM_NUMBER,) if len(digits) > 1 else ())


def _of_scientific(match: re.Match[str], village: str | None) -> tuple[str | None, NikClass, tuple[str, ...]]:
    mantissa, exponent = match[1] + (match[2] or ""), int(match[3])
    if exponent + 1 not in (15, 16) or len(mantissa) > exponent + 1:
        return None, NikClass.MALFORMED, ()
    if len(mantissa) < exponent + 1:
        return None, NikClass.DAMAGED, ()
    return _of_digits(mantissa, village, (Warn.FROM_NUMBER,))


def _is_temporary(digits: str, village: str | None, *, is_certain: bool) -> bool:
    """`0` + village code + 5 digits. A number that lacked its zero must prove more than one that has it."""
    code = digits[1:11]
    if village is not None and code == village.replace(".", ""):
        return True
    has_form = "11" <= code[:2] <= "96" and code[2:4] != "00" and code[4:6] != "00" and code[6] in "123"
    return has_form and (is_certain or (village is None and digits[11] == "0"))


def _is_placeholder(digits: str) -> bool:
    # A serial of 0000 is never issued; with the six date digits zero as well, nobody meant a number.
    return len(digits) > 11 and (not digits[6:].strip("0") or digits in _COUNTING or digits == digits[0] * len(digits))


def _is_possible(day: int, month: int, year: int) -> bool:
    for century in (1900, 2000):
        try:
            date(century + year, month, day)
        except ValueError:
            continue
        return True
    return False


def _letters(text: str) -> int:
    return sum(not character.isdigit() for character in text)
