"""What an audience gets as files: CSV with its metadata (CSV on the Web), and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tenun.agreement.release.gate import Release
from tenun.indicators import csvw, export
from tenun.indicators.citation import About
from tenun.kernel.durable import write_durably
from tenun.node.release_figures import Published

ENDINGS = ("csv", "csv-metadata.json", "json")
INVENTED = "data-buatan_"
"""Before the name of every file of invented people."""


def write(folder: Path, published: Published) -> list[Path]:
    """The three files of a release, in place of earlier ones. Gives where they are."""
    rows = published.rows()
    name = _stem(published.release, is_invented=published.results.is_invented)
    contents = {
        "csv": export.as_csv(rows),
        "csv-metadata.json": _json(metadata(published, url=f"{name}.csv")),
        "json": as_json(published, rows),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for ending, content in contents.items():
        write_durably(folder / f"{name}.{ending}", content)
    return [folder / f"{name}.{ending}" for ending in contents]


def withdraw(folder: Path, release: Release) -> None:
    """Take the files of a release out of a folder: it is not in force. What is not ours stays."""
    for is_invented in (True, False):
        for ending in ENDINGS:
            (folder / f"{_stem(release, is_invented=is_invented)}.{ending}").unlink(missing_ok=True)


def as_json(published: Published, rows: list[dict[str, Any]]) -> bytes:
    return export.as_json(rows, published.about())


def metadata(published: Published, *, url: str, language: str = "id") -> dict[str, Any]:
    """CSV on the Web; the conditions are those of the release."""
    told = csvw.document(
        About.of(published.results), published.results.definitions.values(), url=url, language=language
    )
    about = published.about()
    return told | {
        "dc:rights": [
            {"@value": said, "@language": language_} for language_, said in conditions(published.release).items()
        ],
        **{f"urn:tenun:term:release:{name}": about[name] for name in _TOLD},
    }


_TOLD = ("act", "state", "audience", "valid_from", "valid_until", "published_at")


def conditions(release: Release) -> Mapping[str, str]:
    """What stands in the place of a licence."""
    parts = {
        "audience": release.audience,
        "desa": release.scope.letters.desa.number,
        "naker": release.scope.letters.naker.number,
        "until": release.valid_until.isoformat(),
    }
    return {
        "id": "Dirilis kepada {audience} dengan persetujuan tertulis kedua PIHAK (Pasal 7 ayat 2): surat {desa} dan "
        "{naker}, berlaku sampai {until} atau sampai dicabut. Tidak untuk diteruskan.".format(**parts),
        "en": "Released to {audience} with the written consent of both parties (Pasal 7(2)): letters {desa} and "
        "{naker}, until {until} or until revoked. Not to be passed on.".format(**parts),
    }


def _stem(release: Release, *, is_invented: bool) -> str:
    return f"{INVENTED if is_invented else ''}rilis-{release.act[:12]}"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
