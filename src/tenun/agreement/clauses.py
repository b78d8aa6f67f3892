"""The signed text by Pasal, ayat and huruf: `3(1)b` -> its words.

Reads the Markdown that officials read: `## Pasal 3 – TITLE`, `### Ayat (1)`, huruf as `a. ...` on one
line. Comments (where a fault of the scan was put right) are no part of the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PASAL = re.compile(r"## Pasal (\d+) – (.+)")
_AYAT = re.compile(r"### Ayat (\(\d+\))")
_LETTER = re.compile(r"([a-z])\. (.+)")


@dataclass(frozen=True)
class Clause:
    """One place of the signed text. `number` is the name that rules and refusals give it."""

    number: str
    title: str
    text: str


def index(markdown: str) -> Mapping[str, Clause]:
    """Every Pasal, ayat and huruf of the text, by number. A clause's text holds the clauses below it."""
    texts: dict[str, list[str]] = {}
    titles: dict[str, str] = {}
    pasal = ayat = ""
    for line in map(str.strip, _COMMENT.sub("", markdown).splitlines()):
        if match := _PASAL.fullmatch(line):
            pasal, ayat = match[1], ""
            titles[pasal] = match[2]
            texts[pasal] = []
        elif line.startswith("## "):
            pasal = ayat = ""
        elif pasal and (match := _AYAT.fullmatch(line)):
            ayat = match[1]
            texts[pasal].append(ayat)
            texts[pasal + ayat] = []
        elif pasal and line:
            for upper in {pasal, pasal + ayat}:
                texts[upper].append(line)
            if match := _LETTER.fullmatch(line):
                texts[f"{pasal}{ayat}{match[1]}"] = [match[2]]
    return {
        number: Clause(number, titles[number.split("(")[0].rstrip("abc")], " ".join(lines))
        for number, lines in texts.items()
    }
