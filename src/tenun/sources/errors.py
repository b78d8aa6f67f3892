"""Why a file is refused as a whole. Single rows are told by `rules` and `problems` instead."""

from __future__ import annotations

from tenun.kernel.errors import TenunError


class FileUnreadable(TenunError):
    """The file cannot be opened as what it claims to be: damaged, cut short, locked, another kind."""

    code = "sources.file_unreadable"
    text_id = "Berkas {file} tidak dapat dibaca: {reason_id}."
    text_en = "The file {file} cannot be read: {reason_en}."
    remedy_id = "Ekspor atau unduh ulang berkas itu, buka sekali di komputer Anda, lalu ulangi."
    remedy_en = "Export or download the file again, open it once on your computer, then try again."


class FileTooLarge(TenunError):
    """The file would take more memory than a village's file ever needs: a stray cell far away, or a trap."""

    code = "sources.file_too_large"
    text_id = "Berkas {file} terlalu besar untuk dibuka: {reason_id}."
    text_en = "The file {file} is too large to open: {reason_en}."
    remedy_id = "Hapus baris dan kolom kosong di bawah dan di kanan data, simpan, lalu ulangi."
    remedy_en = "Delete the empty rows and columns below and to the right of the data, save, then try again."


class FormatUnknown(TenunError):
    """The file opens, and no reader knows its headings."""

    code = "sources.format_unknown"
    text_id = "Susunan berkas {file} tidak dikenal: judul kolomnya bukan judul format mana pun untuk {kind}."
    text_en = "The layout of {file} is not known: its headings are not those of any format for {kind}."
    remedy_id = "Pakai berkas asli tanpa mengubah baris judul. Format yang dikenal: {formats}."
    remedy_en = "Use the original file with its heading row unchanged. Formats known: {formats}."


class NotThatFormat(TenunError):
    """`--format` names another format than the file has."""

    code = "sources.not_that_format"
    text_id = "Berkas {file} tidak berformat {format}."
    text_en = "The file {file} is not of the format {format}."
    remedy_id = "Jalankan tanpa --format, atau pilih salah satu: {formats}."
    remedy_en = "Run without --format, or choose one of: {formats}."


class WrongFile(TenunError):
    """The file is known, and it is not what was asked for (an aid programme instead of residents)."""

    code = "sources.wrong_file"
    text_id = "Berkas {file} berisi {found_id}, bukan {wanted_id}."
    text_en = "The file {file} holds {found_en}, not {wanted_en}."
    remedy_id = "Pilih berkas yang benar."
    remedy_en = "Choose the right file."


class NoRows(TenunError):
    """The layout is right and there is nothing in it: most often the form as it was downloaded."""

    code = "sources.no_rows"
    text_id = "Berkas {file} tidak berisi satu baris data pun."
    text_en = "The file {file} holds no data row at all."
    remedy_id = "Isi formulirnya, atau ekspor data dari aplikasi desa, lalu ulangi."
    remedy_en = "Fill in the form, or export the data from the village's system, then try again."


class NothingAccepted(TenunError):
    """There are rows, and not one can be used. What the lake holds stays, and is not replaced by nothing."""

    code = "sources.nothing_accepted"
    text_id = "Tidak satu pun dari {rows} baris pada {file} dapat dipakai; data yang ada tidak diganti."
    text_en = "Not one of the {rows} rows of {file} can be used; the data at hand is not replaced."
    remedy_id = "Perbaiki baris-baris yang disebut di {rejects_file}, lalu ulangi."
    remedy_en = "Correct the rows named in {rejects_file}, then try again."


class ColumnMissing(TenunError):
    """A column without which no row can be used is not there."""

    code = "sources.column_missing"
    text_id = "Berkas {file} tidak memiliki kolom wajib: {columns}."
    text_en = "The file {file} lacks required columns: {columns}."
    remedy_id = "Kembalikan baris judul seperti semula; judul dikenali dari tulisannya, bukan letaknya."
    remedy_en = "Restore the heading row; headings are known by their words, not by their place."


class ColumnTwice(TenunError):
    """Two columns carry the same meaning: which one holds the value would be a guess."""

    code = "sources.column_twice"
    text_id = "Berkas {file} memiliki lebih dari satu kolom untuk: {columns}."
    text_en = "The file {file} has more than one column for: {columns}."
    remedy_id = "Hapus kolom yang salah, lalu ulangi."
    remedy_en = "Delete the wrong column, then try again."


class OtherVillage(TenunError):
    """The file says itself that it belongs to another village than the one it was brought for."""

    code = "sources.other_village"
    text_id = "Berkas {file} menyebut desa lain daripada {village}."
    text_en = "The file {file} names another village than {village}."
    remedy_id = "Periksa kode desa pada perintah dan kode desa di dalam berkas."
    remedy_en = "Check the village code in the command and the village code inside the file."


class FilesDisagree(TenunError):
    """Files of one delivery are of different kinds or hold the same thing twice."""

    code = "sources.files_disagree"
    text_id = "Berkas {file} sama persis dengan berkas lain pada perintah ini."
    text_en = "The file {file} is the very same as another one in this command."
    remedy_id = "Sebut tiap berkas satu kali."
    remedy_en = "Name every file once."
