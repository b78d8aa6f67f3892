"""Thresholds of a run, from a file that an officer can read and change."""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from tenun.kernel.errors import TenunError
from tenun.linkage.standard.retired import RetiredRegions


class SettingsUnreadable(TenunError):
    """A settings file that is no TOML, or names something this version does not know."""

    code = "linkage.settings_unreadable"
    text_id = "Berkas pengaturan pemadanan {file} tidak dapat dipakai: {reason}."
    text_en = "The linkage settings file {file} cannot be used: {reason}."
    remedy_id = "Mulai dari berkas bawaan src/tenun/linkage/settings.toml dan ubah angkanya saja."
    remedy_en = "Start from the shipped src/tenun/linkage/settings.toml and change only its numbers."


@dataclass(frozen=True)
class LinkSettings:
    """What decides a match class. `settings.toml` says what each number means."""

    nik_others_min: float
    nik_person_min: float
    nik_bare_min: float
    nik_shared_max: int
    probable_weight_min: float
    probable_probability_min: float
    stranger_weight_min: float
    second_account_bits: float
    review_weight_min: float
    prior_expected_share: float
    blocking_shared_max: int
    model: Path | None = None
    """A model file; none = the shipped model."""
    threads: int | None = None
    """Threads of the engine. The result is the same for any number."""
    memory: str = "4GB"
    regions: RetiredRegions = field(default_factory=RetiredRegions)
    """Codes of regions that were given up, and their successors."""

    def as_origin(self) -> dict[str, Any]:
        """What the result depends on."""
        unsaid = ("model", "threads", "memory", "regions")
        said = {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name not in unsaid}
        return {**said, "retired_regions": self.regions.digest}


_KEYS = {
    "nik": ("others_min", "person_min", "bare_min", "shared_max"),
    "probable": ("weight_min", "probability_min"),
    "review": ("weight_min",),
    "prior": ("expected_share",),
    "blocking": ("shared_max",),
    "stranger": ("weight_min",),
    "second": ("account_bits",),
}


def load(
    path: Path | None = None,
    *,
    model: Path | None = None,
    threads: int | None = None,
    memory: str = "4GB",
    regions: RetiredRegions | None = None,
) -> LinkSettings:
    """Read a settings file; without one, the shipped settings. Raises `SettingsUnreadable`."""
    if not re.fullmatch(r"[1-9][0-9]*[KMGT]i?B", memory):
        raise SettingsUnreadable(file="--memory", reason="8GB, 500MB ...")
    shipped = tomllib.loads(files("tenun.linkage").joinpath("settings.toml").read_text(encoding="utf-8"))
    values: dict[str, Any] = {
        f"{section}_{key}": shipped[section][key] for section, keys in _KEYS.items() for key in keys
    }
    for name, value in (_given(path) if path else {}).items():
        if name not in values or not _is_number(value):
            raise SettingsUnreadable(file=path.name if path else "", reason=name)
        values[name] = type(values[name])(value)
    return LinkSettings(**values, model=model, threads=threads, memory=memory, regions=regions or RetiredRegions())


def _given(path: Path) -> dict[str, object]:
    """What a file sets, as `section_key`; an entry outside a section comes through and is refused by its name."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise SettingsUnreadable(file=path.name, reason=type(problem).__name__) from problem
    given: dict[str, object] = {}
    for section, entries in content.items():
        if isinstance(entries, dict) and section in _KEYS:
            given |= {f"{section}_{key}": value for key, value in entries.items()}
        else:
            given[section] = entries
    return given


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
