"""What can be wrong with a log. The same shape as the errors of the other packages, which are not imported."""

from __future__ import annotations

from typing import ClassVar


class LogError(Exception):
    """Base of the errors of this package: a stable `code`, and texts over the keyword arguments."""

    code: ClassVar[str] = "log.error"
    text_id: ClassVar[str] = "Terjadi kesalahan pada log."
    text_en: ClassVar[str] = "Something went wrong with the log."
    remedy_id: ClassVar[str] = ""
    remedy_en: ClassVar[str] = ""

    def __init__(self, **parts: object) -> None:
        self.parts = parts
        super().__init__(self.message("en"))

    def message(self, language: str) -> str:
        return (self.text_id if language == "id" else self.text_en).format_map(self.parts)

    def remedy(self, language: str) -> str:
        return (self.remedy_id if language == "id" else self.remedy_en).format_map(self.parts)


class EntrySize(LogError):
    """An entry that no bundle can hold: the length prefix has sixteen bits."""

    code = "log.entry_size"
    text_id = "Entri log sepanjang {size} bita tidak dapat dicatat; batasnya 1 sampai {limit}."
    text_en = "A log entry of {size} bytes cannot be written; the bounds are 1 and {limit}."
    remedy_id = "Catat ringkasan (digest) dan bukan isinya."
    remedy_en = "Log a digest in place of the content."


class LogAltered(LogError):
    """What lies in the folder is not what the checkpoint was signed over."""

    code = "log.altered"
    text_id = "Log di {file} tidak lagi sama dengan yang ditandatangani: {reason}."
    text_en = "The log at {file} is no longer what was signed: {reason}."
    remedy_id = "Jangan menulis ke log ini. Amankan foldernya sebagai bukti dan pulihkan dari cadangan."
    remedy_en = "Do not write to this log. Keep its folder as evidence and restore it from a backup."


class NoteInvalid(LogError):
    """A signed note that does not parse or that no trusted key has signed."""

    code = "log.note_invalid"
    text_id = "Catatan bertanda tangan tidak sah: {reason}."
    text_en = "The signed note is not valid: {reason}."
    remedy_id = "Minta salinan baru dari pemilik log dan periksa kuncinya."
    remedy_en = "Ask the log's owner for a new copy and check the key."


class ProofInvalid(LogError):
    """A proof that does not lead to the root it was shown for."""

    code = "log.proof_invalid"
    text_id = "Bukti log tidak sah: {reason}."
    text_en = "The log's proof is not valid: {reason}."
    remedy_id = "Minta bukti baru; bila tetap tidak sah, laporkan sebagai insiden."
    remedy_en = "Ask for a new proof; if that is not valid either, report an incident."
