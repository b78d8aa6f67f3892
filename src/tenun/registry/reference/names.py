"""Region names in a form that two spellings of one name share.

Names are no keys: 91 villages are called Sidomulyo. Folding only brings spellings together (old and
new spelling, numerals in words, in Roman and in Arabic, one word or two); who compares names must
also compare the parents.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_APART = re.compile(r"[^a-z0-9]+")
_INNER = re.compile(r"['’‘`´]")
_SHORT = {
    "sei": "sungai", "sungei": "sungai", "kp": "kampung", "kpg": "kampung", "kampong": "kampung", "tjg": "tanjung",
    "tg": "tanjung", "tanjong": "tanjung", "gunong": "gunung", "ujong": "ujung", "kep": "kepulauan",
    "peg": "pegunungan",
}  # fmt: skip
_TITLES = {
    "dki": ("daerah", "khusus", "ibukota"), "di": ("daerah", "istimewa"), "diy": ("daerah", "istimewa", "yogyakarta"),
}  # fmt: skip
_ONES = {
    "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8, "sembilan": 9,
    "sepuluh": 10, "sebelas": 11,
}  # fmt: skip
_ROMAN = re.compile(r"x{0,3}(?:ix|iv|v?i{0,3})")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}
# Old spelling into one form with the new: dj and j, tj and c, j and y, oe and u (Ejaan Republik to EYD, 1972).
_SPELLING = (("oe", "u"), ("dj", "j"), ("tj", "c"), ("ch", "h"), ("kh", "h"), ("y", "j"))
_DOUBLED = re.compile(r"(.)\1+")


@lru_cache(maxsize=200_000)
def tokens(name: str) -> tuple[str, ...]:
    """The folded words of a name: `Bobo Satoe` and `Bobo I` are both `("bobo", "1")`."""
    plain = _INNER.sub("", _ascii(name).lower())
    words = _expanded([word for word in _APART.split(plain) if word])
    return tuple(word if word.isdigit() else _fold(word) for word in _numerals(words))


@lru_cache(maxsize=200_000)
def key(name: str) -> str:
    """The folded name without blanks: equal for spellings of one name."""
    return "".join(tokens(name))


@lru_cache(maxsize=100_000)
def _fold(word: str) -> str:
    word = _SHORT.get(word, word)
    for old, new in _SPELLING:
        word = word.replace(old, new)
    return _DOUBLED.sub(r"\1", word)


def _expanded(words: list[str]) -> list[str]:
    """`DKI Jakarta` and `DI Yogyakarta` as their full names."""
    if not words or words[0] not in _TITLES:
        return words
    is_title = words[0] != "di" or (len(words) > 1 and words[1].startswith(("yog", "jog", "djog", "aceh", "atjeh")))
    return [*_TITLES[words[0]], *words[1:]] if is_title else words


def _ascii(name: str) -> str:
    if name.isascii():
        return name
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


def _numerals(words: list[str]) -> list[str]:
    """Numerals in words and in Roman as digits. A name that begins with one letter (`I`, `V`) keeps it."""
    if not any(word in _ONES or _is_roman(word) for word in words):
        return words
    found: list[str] = []
    at = 0
    while at < len(words):
        number, used = _number(words, at)
        if used:
            found.append(str(number))
            at += used
        elif at and _is_roman(words[at]):
            found.append(str(_roman(words[at])))
            at += 1
        else:
            found.append(words[at])
            at += 1
    return found


def _number(words: list[str], at: int) -> tuple[int, int]:
    """A numeral in words: its value and how many words it takes; (0, 0) where there is none."""
    one = _ONES.get(_old_u(words[at]))
    if one is None:
        return 0, 0
    after = words[at + 1] if at + 1 < len(words) else ""
    if after == "belas" and one < 10:
        return 10 + one, 2
    if after == "puluh" and one < 10:
        more = _ONES.get(_old_u(words[at + 2])) if at + 2 < len(words) else None
        return (10 * one + more, 3) if more is not None and more < 10 else (10 * one, 2)
    return one, 1


def _old_u(word: str) -> str:
    return word.replace("oe", "u")


def _is_roman(word: str) -> bool:
    return bool(word) and word[0] in "ivx" and _ROMAN.fullmatch(word) is not None


def _roman(word: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in word]
    return sum(-value if any(later > value for later in values[at + 1 :]) else value for at, value in enumerate(values))
