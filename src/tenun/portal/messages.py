"""Texts of the interface: collect them from the source, compile them for use. Needs no GNU gettext.

    python -m tenun.portal.messages            collect new texts into locale/*/LC_MESSAGES/django.po
    python -m tenun.portal.messages --check    fail when a text is missing, unused or not translated

Source texts are English; `locale/id` is the portal's first language and complete, `locale/en` repeats the
source so that a corrected English text needs no change of code. The compiled `.mo` are not kept in git.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polib
from babel.messages.extract import extract_python
from django.utils.translation.template import templatize

PORTAL = Path(__file__).parent
LANGUAGES = ("id", "en")
PLURALS = {"id": "nplurals=1; plural=0;", "en": "nplurals=2; plural=(n != 1);"}
KEYWORDS: dict[str, Any] = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2), "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
# Texts of allauth and Django that their own Indonesian catalogues lack, and that our pages show.
BORROWED = "borrowed"

Key = tuple[str, str]
"""Singular and plural ("" where there is none)."""


def catalogue(language: str) -> Path:
    return PORTAL / "locale" / language / "LC_MESSAGES" / "django.po"


def collect() -> dict[Key, list[str]]:
    """Every text of Python files and templates -> the files that use it."""
    found: dict[Key, list[str]] = {}
    for path in sorted([*PORTAL.rglob("*.py"), *PORTAL.rglob("*.html")]):
        place = path.relative_to(PORTAL).as_posix()
        for key in _texts_of(path):
            places = found.setdefault(key, [])
            if place not in places:
                places.append(place)
    return found


def _texts_of(path: Path) -> Iterator[Key]:
    source = path.read_text("utf-8")
    if path.suffix == ".html":
        source = templatize(source, origin=str(path))
    for _line, _function, messages, _comments in extract_python(
        io.BytesIO(source.encode()), list(KEYWORDS), [], {"encoding": "utf-8"}
    ):
        if isinstance(messages, tuple):
            yield str(messages[0]), str(messages[1])
        elif messages:
            yield str(messages), ""


def update() -> None:
    """Bring both catalogues to the texts there are; what nobody uses any more leaves them."""
    texts = collect()
    for language in LANGUAGES:
        path = catalogue(language)
        old = polib.pofile(str(path)) if path.exists() else polib.POFile()
        kept = {(entry.msgid, entry.msgid_plural): entry for entry in old if not entry.obsolete}
        new = polib.POFile(wrapwidth=110)
        new.metadata = {
            "Project-Id-Version": "tenun",
            "Language": language,
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
            "Plural-Forms": PLURALS[language],
        }
        for key in sorted(texts, key=lambda key: (key[0].casefold(), key)):
            new.append(_entry(language, key, texts[key], kept.get(key)))
        for key, entry in kept.items():
            if entry.comment == BORROWED and key not in texts:
                new.append(_entry(language, key, [], entry))
        path.parent.mkdir(parents=True, exist_ok=True)
        new.save(str(path))


def _entry(language: str, key: Key, places: list[str], kept: polib.POEntry | None) -> polib.POEntry:
    singular, plural = key
    entry = polib.POEntry(msgid=singular, occurrences=[(place, "") for place in places])
    if "%(" in singular:
        entry.flags.append("python-format")
    if kept is not None and kept.comment:
        entry.comment = kept.comment
    if plural:
        entry.msgid_plural = plural
        source = {0: singular, 1: plural} if language == "en" else {0: ""}
        entry.msgstr_plural = dict(kept.msgstr_plural) if kept is not None else source
    else:
        entry.msgstr = kept.msgstr if kept is not None else singular if language == "en" else ""
    return entry


def problems() -> list[str]:
    """What keeps a catalogue from being complete, as `language: text`."""
    texts = set(collect())
    found = []
    for language in LANGUAGES:
        entries = {(entry.msgid, entry.msgid_plural): entry for entry in polib.pofile(str(catalogue(language)))}
        found += [f"{language}: not collected: {key[0]}" for key in sorted(texts - set(entries))]
        for key, entry in sorted(entries.items()):
            if key not in texts and entry.comment != BORROWED:
                found.append(f"{language}: not used any more: {key[0]}")
            said = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
            if entry.fuzzy or not all(said):
                found.append(f"{language}: not translated: {key[0]}")
    return found


def compile_catalogues() -> None:
    """Write the `.mo` beside each `.po` that is newer. polib: Babel's writer drops Indonesian's single plural."""
    for language in LANGUAGES:
        source = catalogue(language)
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            draft = target.with_suffix(f".mo.{os.getpid()}")  # several processes of a node start side by side
            polib.pofile(str(source)).save_as_mofile(str(draft))
            draft.replace(target)


def main(words: list[str]) -> int:
    if words == ["--check"]:
        found = problems()
        for problem in found:
            sys.stderr.write(problem + "\n")
        return 1 if found else 0
    update()
    compile_catalogues()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
