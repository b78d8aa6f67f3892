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


class NotWitnessed(LogError):
    """A checkpoint, or a proof under it, that too few of the trusted witnesses have cosigned."""

    code = "log.not_witnessed"
    text_id = "Checkpoint log ini belum ditandatangani cukup saksi: {found} dari {needed}."
    text_en = "This checkpoint of the log has too few witnesses: {found} of {needed}."
    remedy_id = "Minta tanda tangan saksi (pihak lain) atas checkpoint terbaru, lalu minta buktinya lagi."
    remedy_en = "Have the witness (the other party) cosign the newest checkpoint, then ask for the proof again."


class WriterClosed(LogError):
    """Something was to be appended after the writer was closed."""

    code = "log.writer_closed"
    text_id = "Penulis log sudah ditutup; entri ini tidak dicatat."
    text_en = "The log's writer has been closed; this entry was not written."
    remedy_id = "Ulangi setelah layanan berjalan kembali."
    remedy_en = "Try again when the service is up again."


class WitnessDamaged(LogError):
    """The record of what a witness has seen cannot be read. It must not cosign on: it might sign a second history."""

    code = "log.witness_damaged"
    text_id = "Catatan saksi di {file} tidak dapat dibaca: {reason}."
    text_en = "The witness's record at {file} cannot be read: {reason}."
    remedy_id = "Pulihkan berkas itu dari cadangan. Jangan menghapusnya: saksi akan lupa apa yang telah dilihatnya."
    remedy_en = "Restore that file from a backup. Do not delete it: the witness would forget what it has seen."


class WitnessRefused(LogError):
    """A witness that did not cosign: the status it gave, and why as far as that can be said."""

    code = "log.witness_refused"
    text_id = "Saksi tidak menandatangani checkpoint (status {status}): {reason}."
    text_en = "The witness did not cosign the checkpoint (status {status}): {reason}."
    remedy_id = "Bila sebabnya riwayat yang berbeda, hentikan penulisan dan laporkan sebagai insiden."
    remedy_en = "If the cause is a different history, stop writing and report an incident."


class NotServed(LogError):
    """The log that is followed has no such file (HTTP 404), although its checkpoint says it must."""

    code = "log.not_served"
    text_id = "Log pihak lain tidak memberikan {file}."
    text_en = "The other party's log does not serve {file}."
    remedy_id = "Hubungi pihak lain; bila berkas tetap tidak ada, laporkan sebagai insiden."
    remedy_en = "Contact the other party; if the file stays away, report an incident."


class StampInvalid(LogError):
    """A time-stamp (RFC 3161) that is not a trusted authority's word about this checkpoint."""

    code = "log.stamp_invalid"
    text_id = "Stempel waktu tidak sah: {reason}."
    text_en = "The time-stamp is not valid: {reason}."
    remedy_id = "Minta stempel baru dan periksa sertifikat otoritas waktunya."
    remedy_en = "Ask for a new stamp and check the time-stamping authority's certificate."
