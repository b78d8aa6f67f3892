"""The sheet to take along: HTML, PDF and CSV of one area in a ZIP, with a signed list of what each file must be.

    profil.html  profil.pdf  angka.csv  angka.csv-metadata.json  BACA-SAYA.txt  SHA256SUMS
    manifest.json        canonical JSON: whose figures, of when, under which agreement, and the digest of every file
    manifest.jws         detached signature of the node's message key over manifest.json (RFC 7515, appendix F)

It opens from a disk without a network. The same figures give the same files and the same manifest.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tenun.agreement.party_jwk import Key
from tenun.exchange import signature
from tenun.exchange.refusals import SignatureInvalid
from tenun.indicators import csvw, export
from tenun.indicators.citation import CONDITIONS, About
from tenun.indicators.results import Results
from tenun.indicators.sheet import document, rendering
from tenun.indicators.sheet.document import Pair
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError

FORMAT = "tenun-results-pack/1"
TYP = "tenun-results-pack+jws"
"""Of the signature's header: keeps it from being shown as one on another kind of document."""
MINISTRIES = "ministries"
MANIFEST, SIGNATURE = "manifest.json", "manifest.jws"
BYTES_MAX = 2_000_000
"""A pack travels by telephone and on worn-out sticks (catalogue of pages, P18)."""
_READ_BYTES_MAX = 8_000_000
"""What a reader unpacks at most: a pack that somebody else made may be a bomb."""
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a ZIP knows: nothing of the hour is in it


class PackTooLarge(TenunError):
    code = "results.pack_too_large"
    text_id = "Paket {area} berukuran {bytes} bita, lebih dari {most}."
    text_en = "The pack of {area} has {bytes} bytes, more than {most}."
    remedy_id = "Buatlah paket untuk wilayah yang lebih kecil."
    remedy_en = "Make the pack of a smaller area."


class PackRefused(TenunError):
    """A pack that is not what its maker signed. Says which part, never what stands in it."""

    code = "results.pack_refused"
    text_id = "Paket ini tidak sah: {part}, {reason_id}."
    text_en = "This pack is not valid: {part}, {reason_en}."
    remedy_id = "Jangan pakai angkanya. Minta paket yang baru kepada pembuatnya."
    remedy_en = "Do not use its figures. Ask its maker for a new pack."


@dataclass(frozen=True)
class Cited:
    """The agreement as the manifest names it."""

    id: str
    number: str
    rev: str


@dataclass(frozen=True)
class Audience:
    """For whom a pack is, and what lets them have it."""

    name: str = MINISTRIES
    line: Pair = document.CONFIDENTIAL
    """At the head of each page."""
    release: str = ""
    """Digest of the act in the agreement's chain that both parties signed; empty for the ministries themselves."""


@dataclass(frozen=True)
class Pack:
    content: bytes
    manifest: Mapping[str, Any]

    @property
    def file_name(self) -> str:
        """Says what is inside and, first of all, that it is invented where it is."""
        invented = "data-buatan_" if self.manifest["invented"] else ""
        return f"{invented}tenun_{self.manifest['area_code']}_paket_{self.manifest['snapshot']}.zip"


@implements(
    "7(2)", "8(2)", control="A pack names its audience and act of release, and is signed by the node that made it."
)
def build(
    results: Results,
    area_code: str,
    *,
    language: str,
    agreement: Cited,
    made_by: str,
    key: Key,
    audience: Audience | None = None,
    may_see: Callable[[str], bool] = lambda _code: True,
    has_indicator: Callable[[str], bool] = lambda _indicator: True,
) -> Pack:
    """Pack one area's figures and sign them. `key` is the message key of the party `made_by`.

    Raises `AreaUnknown`, `SheetTooLong`, `PackTooLarge`.
    """
    for_whom = audience or Audience()
    sheet = document.of_area(
        results, area_code, language=language, may_see=may_see, audience=for_whom.line, has_indicator=has_indicator
    )
    rows = [
        row for row in export.rows(results, area=area_code, language=language) if has_indicator(str(row["indicator"]))
    ]
    definitions = [one for one in results.definitions.values() if has_indicator(one.id)]
    about = About.of(results)
    metadata = csvw.document(about, definitions, url="angka.csv", language=language)
    files = {
        "profil.html": rendering.as_html(sheet).encode("utf-8"),
        "profil.pdf": rendering.as_pdf(sheet),
        "angka.csv": export.as_csv(rows),
        "angka.csv-metadata.json": json.dumps(metadata, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8"),
    }
    files["BACA-SAYA.txt"] = _read_me(sheet, for_whom, agreement).encode("utf-8")
    files["SHA256SUMS"] = "".join(f"{_sha256(content)}  {name}\n" for name, content in files.items()).encode("ascii")
    manifest = {
        "format": FORMAT,
        "area_code": area_code,
        "area_name": sheet.area.name,
        "language": language,
        "snapshot": results.snapshot.id,
        "reference_date": results.reference_date.isoformat(),
        "rule_version": results.rule_version,
        "agreement": {"id": agreement.id, "number": agreement.number, "rev": agreement.rev},
        "audience": for_whom.name,
        "release": for_whom.release,
        "made_by": made_by,
        "invented": sheet.is_invented,
        "indicators": [one.id for one in definitions],
        "conditions": {"id": CONDITIONS[0], "en": CONDITIONS[1]},
        "files": [{"path": name, "bytes": len(content), "sha256": _sha256(content)} for name, content in files.items()],
    }
    signed = canonical_json.dumps(manifest)
    token = signature.sign_detached(signed, key, typ=TYP).encode("ascii")
    content = _zipped({**files, MANIFEST: signed, SIGNATURE: token})
    if len(content) > BYTES_MAX:
        raise PackTooLarge(area=area_code, bytes=len(content), most=BYTES_MAX)
    return Pack(content, manifest)


@dataclass(frozen=True)
class Verified:
    """A pack that is what its maker signed."""

    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]
    kid: str
    """Thumbprint of the key that signed it."""


def verify(content: bytes, *, keys: Mapping[str, Mapping[str, Key]]) -> Verified:
    """Check every file of a pack against its manifest, and the manifest against the keys of the party it names.

    `keys`: party -> its message keys by thumbprint, from an agreement that the reader trusts. Raises `PackRefused`.
    """
    parts = _unzipped(content)
    for name in (MANIFEST, SIGNATURE):
        if name not in parts:
            raise PackRefused(part=name, reason_id="tidak ada", reason_en="is missing")
    manifest = _manifest(parts[MANIFEST])
    try:
        kid = signature.verify_detached(
            parts[SIGNATURE].decode("ascii"), parts[MANIFEST], keys=keys.get(str(manifest["made_by"]), {}), typ=TYP
        )
    except (SignatureInvalid, UnicodeDecodeError) as problem:
        raise PackRefused(
            part=SIGNATURE,
            reason_id="bukan tanda tangan kunci yang disematkan perjanjian",
            reason_en="is no signature of a key that the agreement pins",
        ) from problem
    listed = {str(one["path"]): one for one in manifest["files"]}
    files = {name: data for name, data in parts.items() if name not in (MANIFEST, SIGNATURE)}
    for name in sorted(listed.keys() ^ files.keys()):
        raise PackRefused(
            part=name, reason_id="tidak sesuai daftar berkas", reason_en="is not as the list of files has it"
        )
    for name, data in files.items():
        if (listed[name]["bytes"], listed[name]["sha256"]) != (len(data), _sha256(data)):
            raise PackRefused(part=name, reason_id="isinya berubah", reason_en="has been changed")
    return Verified(manifest, files, kid)


def rows_of(verified: Verified) -> list[dict[str, str]]:
    """The figures of a pack, a dict a row, as text."""
    return list(csv.DictReader(io.StringIO(verified.files["angka.csv"].decode("utf-8-sig"), newline="")))


# --- below the surface -------------------------------------------------------------------------------


def _manifest(content: bytes) -> dict[str, Any]:
    malformed = PackRefused(part=MANIFEST, reason_id="bentuknya keliru", reason_en="is malformed")
    try:
        manifest = canonical_json.loads(content, document=MANIFEST)
        is_ours = manifest["format"] == FORMAT and canonical_json.dumps(manifest) == content
        all((one["path"], one["bytes"], one["sha256"]) for one in manifest["files"])
        str(manifest["made_by"]), str(manifest["area_code"])
    except (TenunError, TypeError, KeyError) as problem:
        raise malformed from problem
    if not is_ours:
        raise malformed
    return dict(manifest)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return target.getvalue()


def _unzipped(content: bytes) -> dict[str, bytes]:
    """Every member by name. No folder, no name twice, nothing that grows beyond reason."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = [one.filename for one in entries]
            if len(set(names)) != len(names) or any("/" in name or "\\" in name for name in names):
                raise PackRefused(part="ZIP", reason_id="nama berkas keliru", reason_en="has wrong names of files")
            if sum(one.file_size for one in entries) > _READ_BYTES_MAX:
                raise PackRefused(part="ZIP", reason_id="terlalu besar", reason_en="is too large")
            return {one.filename: archive.read(one) for one in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError) as problem:
        raise PackRefused(part="ZIP", reason_id="tidak terbaca", reason_en="cannot be read") from problem


def _read_me(sheet: document.Sheet, audience: Audience, agreement: Cited) -> str:
    """In both languages whatever the reader's: the pack may be handed on."""
    invented = [" / ".join(document.INVENTED), ""] if sheet.is_invented else []
    lines = [
        *invented,
        f"Tenun: {sheet.area.name} ({sheet.area.code}), {sheet.snapshot}",
        " / ".join(audience.line),
        f"{agreement.number}",
        "",
        "Buka profil.html dengan peramban apa pun, tanpa jaringan. profil.pdf untuk dicetak, angka.csv untuk dihitung.",
        "Open profil.html in any browser, without a network. profil.pdf is for printing, angka.csv for computing.",
        "",
        "Memeriksa keaslian: tenun results verify BERKAS.zip (atau sha256sum -c SHA256SUMS untuk keutuhan saja).",
        "To check it: tenun results verify FILE.zip (or sha256sum -c SHA256SUMS for integrity alone).",
        "",
        CONDITIONS[0],
        CONDITIONS[1],
        "",
    ]
    return "\r\n".join(lines)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
