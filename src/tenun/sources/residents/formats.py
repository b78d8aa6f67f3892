"""Which reader a file belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tenun.sources import headings
from tenun.sources.errors import ColumnMissing, FormatUnknown, NotThatFormat, WrongFile
from tenun.sources.frame import Frame
from tenun.sources.reading import Kind, Source
from tenun.sources.residents import bip, flat, openkab, regsosek


@dataclass(frozen=True)
class Reader:
    """One family of formats: tells its own files, and reads them."""

    names: tuple[str, ...]
    recognise: Callable[[Source], str | None]
    read: Callable[[Source], list[Frame]]


def _flat_name(source: Source) -> str | None:
    found = flat.recognise(source)
    return found.name if found else None


# Books first: their heading rows look like a flat file's to a careless eye.
READERS = (
    Reader(regsosek.NAMES, regsosek.recognise, regsosek.read),
    Reader(bip.NAMES, bip.recognise, bip.read),
    Reader(flat.NAMES, _flat_name, flat.read),
    Reader(openkab.NAMES, openkab.recognise, openkab.read),
)

NAMES = tuple(name for reader in READERS for name in reader.names)

# Headings of other files from the same menus, and what they are.
_OTHERS = (
    (frozenset({"nomorrumahtangga"}), ("daftar rumah tangga (RTM)", "households (RTM)")),
    (frozenset({"idprogram"}), ("program bantuan", "an aid programme")),
    (frozenset({"namaprogram"}), ("program bantuan", "an aid programme")),
    (frozenset({"nopeserta"}), ("peserta program bantuan", "participants of an aid programme")),
    (frozenset({"peserta"}), ("peserta program bantuan atau suplemen", "participants of a programme or supplement")),
    (frozenset({"idpencaker"}), ("pencari kerja SIAPKerja", "job seekers of SIAPKerja")),
)


def choose(source: Source, wanted: str | None) -> tuple[Reader, str]:
    """The reader of a file and the name of its format. Raises when none, or another than the wanted one, fits."""
    known = ", ".join(NAMES)
    for reader in READERS:
        if wanted is not None and not _is_meant(wanted, reader):
            continue
        name = reader.recognise(source)
        if name is not None and (wanted is None or name == wanted or name.startswith(f"{wanted}-")):
            return reader, name
    if wanted is not None:
        raise NotThatFormat(file=source.file, format=wanted, formats=known)
    _refuse_other_files(source)
    if source.kind in (Kind.WORKBOOK, Kind.TEXT_TABLE) and (columns := flat.lacking(source)):
        raise ColumnMissing(file=source.file, columns=", ".join(columns))
    raise FormatUnknown(
        file=source.file,
        kind="warga desa / residents",
        formats="OpenSID 2016-2026, OpenDK, OpenKab, BIP, SIAK, Regsosek",
    )


def _is_meant(wanted: str, reader: Reader) -> bool:
    return any(name == wanted or name.startswith(f"{wanted}-") for name in reader.names)


def _refuse_other_files(source: Source) -> None:
    if source.kind is Kind.JSON:
        return
    for sheet in source.sheets():
        for row in sheet.rows[:10]:
            words = set(headings.keys(row))
            for signs, (found_id, found_en) in _OTHERS:
                if signs <= words:
                    raise WrongFile(
                        file=source.file, found_id=found_id, found_en=found_en,
                        wanted_id="daftar warga", wanted_en="residents",
                    )  # fmt: skip
