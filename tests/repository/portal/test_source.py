"""The portal's own files: texts complete, nothing inline, nothing from elsewhere, everything vendored is named."""

import hashlib
import json
import re
from pathlib import Path

import pytest

import tenun.portal
from tenun.portal import messages

PORTAL = Path(tenun.portal.__file__).parent
TEMPLATES = sorted(PORTAL.rglob("*.html"))


def test_both_catalogues_hold_every_text_translated_and_no_other() -> None:
    assert messages.problems() == []


def test_the_indonesian_catalogue_keeps_every_placeholder() -> None:
    import polib

    wrong = [
        entry.msgid
        for entry in polib.pofile(str(messages.catalogue("id")))
        if set(re.findall(r"%\(\w+\)s", entry.msgid + entry.msgid_plural))
        != set(re.findall(r"%\(\w+\)s", entry.msgstr + "".join(entry.msgstr_plural.values())))
    ]
    assert wrong == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(PORTAL).as_posix())
def test_a_template_has_no_inline_style_or_script_and_loads_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"""(src|href|action)=["']?(https?:)?//""", text)


def test_the_style_sheet_loads_nothing_from_elsewhere_and_stays_small() -> None:
    text = (PORTAL / "static/css/tenun.css").read_text()
    assert not re.search(r"@import|https?:|url\((?!\"\.\./fonts/)", text)
    assert len(text.encode()) < 30_000


def test_every_file_of_others_is_in_the_manifest_unchanged() -> None:
    manifest = json.loads((PORTAL / "static/vendor/manifest.json").read_text())
    named = {}
    for entry in manifest:
        assert all(entry[name] for name in ("licence", "version", "source"))
        for file, digest in entry["files"].items():
            named[file] = digest
            assert hashlib.sha256((PORTAL / file).read_bytes()).hexdigest() == digest, file
    of_others = [
        *(PORTAL / "static/vendor").glob("*.js"),
        *(PORTAL / "static/fonts").iterdir(),
        *(PORTAL / "design/icons").iterdir(),
    ]
    assert {path.relative_to(PORTAL).as_posix() for path in of_others} == set(named)


def test_every_icon_is_used() -> None:
    sources = "".join(path.read_text() for path in [*TEMPLATES, *PORTAL.rglob("*.py")])
    unused = [path.stem for path in (PORTAL / "design/icons").glob("*.svg") if f'"{path.stem}"' not in sources]
    assert unused == []
