"""Why an agreement does not load. Each error says where; none guesses what was meant."""

from __future__ import annotations

from collections.abc import Iterable

from tenun.kernel.errors import TenunError


class NotFound(TenunError):
    """A file of the agreement is not there."""

    code = "agreement.not_found"
    text_id = "Berkas perjanjian {file} tidak ditemukan."
    text_en = "The agreement's file {file} is not there."
    remedy_id = "Periksa folder perjanjian; salinan simpul ada di agreement/ pada folder simpul itu."
    remedy_en = "Check the folder; a node's copy lies in agreement/ of that node's folder."


class UnknownTerm(TenunError):
    """A member, a word or a reference that this node does not know. Never ignored."""

    code = "agreement.unknown_term"
    text_id = "Perjanjian memuat istilah yang tidak dikenal pada {pointer}."
    text_en = "The agreement has a term that is not known, at {pointer}."
    remedy_id = "Pakai istilah dalam docs/protocols/agreement-document.md, atau perbarui perangkat lunak simpul ini."
    remedy_en = "Use the terms of docs/protocols/agreement-document.md, or bring this node's software up to date."


class MissingTerm(TenunError):
    code = "agreement.missing_term"
    text_id = "Perjanjian tidak memuat {pointer}."
    text_en = "The agreement lacks {pointer}."
    remedy_id = "Lengkapi bagian itu; lihat docs/protocols/agreement-document.md."
    remedy_en = "Add that part; see docs/protocols/agreement-document.md."


class TermNotUnderstood(TenunError):
    """A known term with a value of the wrong form, or two terms that contradict each other."""

    code = "agreement.term_not_understood"
    text_id = "Isi perjanjian pada {pointer} tidak dapat dipakai: {reason}."
    text_en = "What the agreement says at {pointer} cannot be used: {reason}."
    remedy_id = "Perbaiki bagian itu; lihat docs/protocols/agreement-document.md."
    remedy_en = "Correct that part; see docs/protocols/agreement-document.md."


class DuplicateTerm(TenunError):
    code = "agreement.duplicate_term"
    text_id = "Perjanjian memuat {pointer} dua kali."
    text_en = "The agreement has {pointer} twice."
    remedy_id = "Hapus salah satunya."
    remedy_en = "Remove one of the two."


class ContractAltered(TenunError):
    """The contract file of a dataset is not the one whose digest stands in the agreement."""

    code = "agreement.contract_altered"
    text_id = "Kontrak data {dataset} bukan kontrak yang disebut dalam perjanjian."
    text_en = "The data contract of {dataset} is not the one that the agreement names."
    remedy_id = "Kembalikan berkas kontrak yang ditandatangani; perubahan kontrak memerlukan adendum (Pasal 13)."
    remedy_en = "Put back the contract that was signed; a change of contract needs an addendum (Pasal 13)."


class TextAltered(TenunError):
    """The signed words are not those whose digest stands in the agreement."""

    code = "agreement.text_altered"
    text_id = "Naskah {file} bukan naskah yang disebut dalam perjanjian."
    text_en = "The text {file} is not the one that the agreement names."
    remedy_id = "Kembalikan naskah yang ditandatangani."
    remedy_en = "Put back the text that was signed."


def pointer_to(place: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)
