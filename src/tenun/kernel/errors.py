"""Errors that say what happened and what to do, in Indonesian and English, and never a person's data."""

from __future__ import annotations

from typing import ClassVar


class TenunError(Exception):
    """Base of every error we raise on purpose.

    A subclass sets `code` (stable for ever), `retryable`, and its texts as format strings over the
    keyword arguments it is raised with. Those arguments name datasets, files, rows, fields and
    rules; they never carry the value that was found there.
    """

    code: ClassVar[str] = "tenun.error"
    retryable: ClassVar[bool] = False
    text_id: ClassVar[str] = "Terjadi kesalahan."
    text_en: ClassVar[str] = "Something went wrong."
    remedy_id: ClassVar[str] = ""
    remedy_en: ClassVar[str] = ""

    def __init__(self, **parts: object) -> None:
        self.parts = parts
        super().__init__(self.message("en"))

    def message(self, language: str) -> str:
        return (self.text_id if language == "id" else self.text_en).format_map(_Parts(self.parts))

    def remedy(self, language: str) -> str:
        return (self.remedy_id if language == "id" else self.remedy_en).format_map(_Parts(self.parts))

    def as_dict(self) -> dict[str, object]:
        """The error as the JSON object that commands and the API print."""
        return {
            "code": self.code,
            "retryable": self.retryable,
            "message": {"id": self.message("id"), "en": self.message("en")},
            "remedy": {"id": self.remedy("id"), "en": self.remedy("en")},
            "parts": {name: _plain(value) for name, value in self.parts.items()},
        }


class _Parts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


def _plain(value: object) -> object:
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return str(value)
