"""Why an export or a query is not answered. One class for each; nobody's data in any of them."""

from __future__ import annotations

from tenun.exchange.refusals import ExchangeError

ASK_AGAIN_ID = "Mulai ekspor baru."
ASK_AGAIN_EN = "Start a new export."


class FormatUnknown(ExchangeError):
    code = "exchange.format_unknown"
    text_id = "Format itu tidak dikenal; simpul ini mengenal: {known}."
    text_en = "That format is not known; this node knows: {known}."
    remedy_id = "Minta salah satu format itu."
    remedy_en = "Ask for one of these formats."


class IdempotencyConflict(ExchangeError):
    """The same key came with another request: one of the two is a mistake."""

    code = "exchange.idempotency_conflict"
    text_id = "Idempotency-Key itu sudah dipakai untuk permintaan lain."
    text_en = "That Idempotency-Key was used for another request."
    remedy_id = "Pakai kunci baru untuk permintaan baru; ulangi permintaan lama persis seperti semula."
    remedy_en = "Use a new key for a new request; repeat an old request exactly as it was."


class CursorMisplaced(ExchangeError):
    """`since` belongs to a delta, and to nothing else."""

    code = "exchange.cursor_misplaced"
    text_id = "`since` wajib untuk operasi delta dan tidak boleh ada pada operasi bulk."
    text_en = "`since` is needed for the operation delta and has no place in the operation bulk."
    remedy_id = "Sesuaikan operasi dan `since`."
    remedy_en = "Make the operation and `since` agree."


class CursorUnknown(ExchangeError):
    """No manifest of that `transactionTime` went to this consumer for the same thing, or it was made to other rules."""

    code = "exchange.cursor_unknown"
    text_id = "Tidak ada penyerahan dengan transactionTime itu untuk dataset, tujuan, wilayah, dan kolom yang sama."
    text_en = "There is no delivery with that transactionTime for the same dataset, purpose, area and fields."
    remedy_id = "Minta ekspor penuh (bulk), lalu lanjutkan dari transactionTime manifesnya."
    remedy_en = "Ask for a full export (bulk), then go on from its manifest's transactionTime."


class ExportUnknown(ExchangeError):
    code = "exchange.export_unknown"
    text_id = "Ekspor itu tidak ada."
    text_en = "There is no such export."
    remedy_id = ASK_AGAIN_ID
    remedy_en = ASK_AGAIN_EN


class FileUnknown(ExchangeError):
    code = "exchange.file_unknown"
    text_id = "Ekspor {job} tidak mempunyai berkas dengan nama itu."
    text_en = "The export {job} has no file of that name."
    remedy_id = "Pakai alamat yang tertulis dalam manifes."
    remedy_en = "Use the addresses that the manifest gives."


class ExportNotReady(ExchangeError):
    code = "exchange.export_not_ready"
    retryable = True
    text_id = "Ekspor {job} belum selesai ({done} dari {of} wilayah)."
    text_en = "The export {job} is not finished ({done} of {of} places)."
    remedy_id = "Tanyakan lagi nanti."
    remedy_en = "Ask again later."


class ExportGone(ExchangeError):
    """Cancelled or expired: the files are removed."""

    code = "exchange.export_gone"
    text_id = "Ekspor {job} tidak tersedia lagi ({state})."
    text_en = "The export {job} is not there any more ({state})."
    remedy_id = ASK_AGAIN_ID
    remedy_en = ASK_AGAIN_EN


class ExportClosed(ExchangeError):
    """A shut-off ended it. It does not come back with the reinstatement."""

    code = "exchange.export_closed"
    text_id = "Ekspor {job} dihentikan oleh penutupan akses; berkasnya sudah dihapus."
    text_en = "The export {job} was ended by a shut-off; its files are removed."
    remedy_id = "Setelah akses dibuka kembali, mulai ekspor baru."
    remedy_en = "Once access is reinstated, start a new export."


class ExportFailed(ExchangeError):
    """The job ended with an error, whose code and texts it keeps."""

    code = "exchange.export_failed"
    text_id = "Ekspor {job} gagal ({reason}): {message_id}"
    text_en = "The export {job} failed ({reason}): {message_en}"
    remedy_id = "{remedy_id}"
    remedy_en = "{remedy_en}"


class Busy(ExchangeError):
    code = "exchange.busy"
    retryable = True
    text_id = "Sudah ada {waiting} ekspor yang menunggu untuk pihak ini."
    text_en = "{waiting} exports are waiting for this party already."
    remedy_id = "Tunggu sampai ada yang selesai, atau batalkan yang tidak diperlukan."
    remedy_en = "Wait until one is finished, or cancel what is not needed."


class StateRefused(ExchangeError):
    """A job cannot go from the state it is in to that one. A programming fault or a race, made loud."""

    code = "exchange.state_refused"
    text_id = "Ekspor {job} tidak dapat beralih dari {state} ke {to}."
    text_en = "The export {job} cannot go from {state} to {to}."
    remedy_id = ASK_AGAIN_ID
    remedy_en = ASK_AGAIN_EN


class JobDamaged(ExchangeError):
    """What this node noted about an export cannot be read."""

    code = "exchange.job_damaged"
    text_id = "Catatan ekspor exchange/exports/{file} pada simpul ini rusak."
    text_en = "This node's note of an export, exchange/exports/{file}, is damaged."
    remedy_id = "Pulihkan berkas itu dari cadangan, atau hapus foldernya; peminta memulai ekspor baru."
    remedy_en = "Restore that file from a backup, or remove its folder; whoever asked starts a new export."


class TicketMalformed(ExchangeError):
    """A single person is asked for with a ticket, so that someone can be asked why. What was given is not repeated."""

    code = "exchange.ticket_malformed"
    text_id = "Pertanyaan atas satu orang memerlukan nomor tiket: 3 sampai 64 huruf, angka, titik, garis, atau miring."
    text_en = "A question about one person needs a ticket: 3 to 64 letters, digits, dots, hyphens or slashes."
    remedy_id = "Sertakan acuan tiket atau berkas perkara; jangan menulis nomor orang di dalamnya."
    remedy_en = "Give the reference of the ticket or file; write no person's number into it."


class SubjectMalformed(ExchangeError):
    """The person is not named by exactly one usable identifier. What was given is not repeated."""

    code = "exchange.subject_malformed"
    text_id = "Orang harus ditunjuk dengan tepat satu pengenal yang dapat dipakai: {known}."
    text_en = "The person must be named by exactly one usable identifier: {known}."
    remedy_id = "Kirim satu saja; NIK terdiri atas 16 digit."
    remedy_en = "Send one of them; a NIK has 16 digits."


class SubjectModeUnknown(ExchangeError):
    code = "exchange.subject_mode_unknown"
    text_id = "Cara bertanya itu tidak dikenal; simpul ini mengenal: {known}."
    text_en = "That mode of asking is not known; this node knows: {known}."
    remedy_id = "Pakai `value` atau `exists`."
    remedy_en = "Use `value` or `exists`."


class SubjectNotServed(ExchangeError):
    """The dataset has no rows that one person could be asked for by that identifier."""

    code = "exchange.subject_not_served"
    text_id = "Dataset {dataset} tidak dapat ditanyakan per orang menurut {by}."
    text_en = "The dataset {dataset} cannot be asked for one person by {by}."
    remedy_id = "Lihat operasi yang diizinkan dengan `tenun agreement show`."
    remedy_en = "See the permitted operations with `tenun agreement show`."
