"""The reasons for which a use is refused, in the words of an official, each with its clause and its remedy."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tenun.agreement.acts.kinds import ScopeKind
from tenun.agreement.acts.state import Closure, Ending
from tenun.agreement.agreed import AgreedDataset
from tenun.agreement.terms import Prohibition
from tenun.kernel.clock import JAKARTA


@dataclass(frozen=True)
class Reason:
    """One reason of a refusal, in words for people, with the clause and what would make it allowed."""

    code: str
    clause: str
    text_id: str
    text_en: str
    remedy_id: str
    remedy_en: str
    parts: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "clause": self.clause,
            "message": {"id": self.text_id, "en": self.text_en},
            "remedy": {"id": self.remedy_id, "en": self.remedy_en},
            "parts": self.parts,
        }


_ADDENDUM_ID = "Yang belum diatur memerlukan adendum kedua PIHAK (Pasal 13)."
_ADDENDUM_EN = "What is not yet arranged needs an addendum by both parties (Pasal 13)."

_OUR_NAMES = re.compile(r"[a-z][a-z_-]{0,38}[a-z]")

_OPERATIONS = {
    "file": ("diserahkan lewat berkas", "handed over by file"),
    "bulk": ("diserahkan lewat API", "handed over by API"),
    "delta": ("diserahkan perubahannya lewat API", "handed over by API as changes"),
    "subject": ("ditanyakan per orang", "asked about one person"),
    "event": ("diberitahukan perubahannya", "announced when it changes"),
    "use": ("dipakai", "used"),
    "publish": ("diberikan kepada pihak lain", "given to others"),
}


def shown(word: str) -> str:
    """A word that someone typed, when it looks like a name of ours; else a question mark.

    A person's NIK in the place of a field's name must not come back in a message or a log.
    """
    return str(word) if _OUR_NAMES.fullmatch(word) else "?"


def unknown_dataset(dataset: str, *, known: Iterable[str]) -> Reason:
    dataset = shown(dataset)
    names = _list(known)
    return Reason(
        code="agreement.dataset_not_covered",
        clause="13",
        text_id=f"Data {dataset} tidak tercantum dalam perjanjian.",
        text_en=f"The agreement does not cover the dataset {dataset}.",
        remedy_id=f"Yang tercantum: {names}. {_ADDENDUM_ID}",
        remedy_en=f"Covered are: {names}. {_ADDENDUM_EN}",
        parts={"dataset": dataset},
    )


def unknown_purpose(purpose: str, *, known: Iterable[str]) -> Reason:
    names, purpose = _list(known), shown(purpose)
    return Reason(
        code="agreement.purpose_unknown",
        clause="7(1)",
        text_id=f"Tujuan {purpose} bukan tujuan perjanjian; data hanya dipakai untuk tujuan perjanjian.",
        text_en=f"{purpose} is no purpose of the agreement; data serves its purposes only.",
        remedy_id=f"Tujuan yang disepakati: {names}. {_ADDENDUM_ID}",
        remedy_en=f"Agreed purposes: {names}. {_ADDENDUM_EN}",
        parts={"purpose": purpose},
    )


def not_a_party(by: str, *, known: Iterable[str]) -> Reason:
    names, by = _list(known), shown(by)
    return Reason(
        code="agreement.not_a_party",
        clause="7(2)",
        text_id=f"{by} bukan PIHAK perjanjian ini.",
        text_en=f"{by} is no party to this agreement.",
        remedy_id=f"PIHAK perjanjian: {names}. Bagi yang lain, kedua PIHAK harus menyetujuinya secara tertulis.",
        remedy_en=f"The parties are: {names}. For anyone else both parties must consent in writing.",
        parts={"by": str(by)},
    )


def no_fields() -> Reason:
    return Reason(
        code="agreement.no_fields",
        clause="7(1)",
        text_id="Tidak ada kolom yang disebut; setiap pemakaian menyebut kolomnya.",
        text_en="No field is named; every use names its fields.",
        remedy_id="Sebutkan kolom yang diperlukan untuk tujuan itu.",
        remedy_en="Name the fields that the purpose needs.",
    )


def unknown_fields(fields: Collection[str], *, dataset: str) -> Reason:
    fields = sorted({shown(name) for name in fields})
    names = _list(fields)
    return Reason(
        code="agreement.field_unknown",
        clause="13",
        text_id=f"Data {dataset} tidak mempunyai kolom: {names}.",
        text_en=f"The dataset {dataset} has no field: {names}.",
        remedy_id=f"Periksa ejaan kolom dalam kontrak data. {_ADDENDUM_ID}",
        remedy_en=f"Check the spelling in the data contract. {_ADDENDUM_EN}",
        parts={"fields": sorted(fields)},
    )


def prohibited(prohibition: Prohibition, fields: Collection[str]) -> Reason:
    return Reason(
        code=f"agreement.prohibited.{prohibition.uid}",
        clause=prohibition.clause,
        text_id=f"{prohibition.text.id} Kolom: {_list(fields)}.",
        text_en=f"{prohibition.text.en} Fields: {_list(fields)}.",
        remedy_id=prohibition.remedy.id,
        remedy_en=prohibition.remedy.en,
        parts={"fields": sorted(fields), "rule": prohibition.uid},
    )


def wrong_direction(by: str, *, dataset: AgreedDataset, receivers: Collection[str]) -> Reason:
    names = _list(receivers) or "-"
    return Reason(
        code="agreement.wrong_direction",
        clause=dataset.clause,
        text_id=f"{by} bukan penerima data {dataset.id}; pemberinya {dataset.provider}.",
        text_en=f"{by} does not receive the dataset {dataset.id}; its provider is {dataset.provider}.",
        remedy_id=(
            f"Penerimanya menurut perjanjian: {names}. Pemakaian data sendiri oleh pemiliknya tidak diatur di sini. "
            f"{_ADDENDUM_ID}"
        ),
        remedy_en=(
            f"Under the agreement it is received by: {names}. What an owner does with its own data is not arranged "
            f"here. {_ADDENDUM_EN}"
        ),
        parts={"by": str(by), "provider": dataset.provider.value},
    )


def operation_not_permitted(operation: str, *, dataset: AgreedDataset, allowed: Collection[str], by: str) -> Reason:
    words_id, words_en = _OPERATIONS[operation]
    allowed_id = _list(_OPERATIONS[one][0] for one in allowed)
    allowed_en = _list(_OPERATIONS[one][1] for one in allowed)
    return Reason(
        code="agreement.operation_not_permitted",
        clause="13",
        text_id=f"Perjanjian tidak mengatur bahwa data {dataset.id} {words_id} untuk {by}.",
        text_en=f"The agreement does not provide for the dataset {dataset.id} being {words_en} for {by}.",
        remedy_id=f"Yang diatur: {allowed_id}. {_ADDENDUM_ID}",
        remedy_en=f"Provided for: {allowed_en}. {_ADDENDUM_EN}",
        parts={"operation": str(operation), "by": str(by)},
    )


def purpose_not_permitted(purpose: str, *, dataset: AgreedDataset, allowed: Collection[str]) -> Reason:
    names = _list(allowed)
    return Reason(
        code="agreement.purpose_not_permitted",
        clause="7(1)",
        text_id=f"Data {dataset.id} tidak diberikan untuk tujuan {purpose}.",
        text_en=f"The dataset {dataset.id} is not given for the purpose {purpose}.",
        remedy_id=f"Tujuan yang diizinkan untuk data ini: {names}. {_ADDENDUM_ID}",
        remedy_en=f"Purposes allowed for this dataset: {names}. {_ADDENDUM_EN}",
        parts={"purpose": str(purpose), "allowed": sorted(allowed)},
    )


def fields_not_permitted(fields: Collection[str], *, dataset: AgreedDataset, purpose: str) -> Reason:
    names = _list(fields)
    return Reason(
        code="agreement.field_not_permitted",
        clause="7(1)",
        text_id=f"Kolom berikut dari {dataset.id} tidak diperlukan dan tidak diizinkan untuk {purpose}: {names}.",
        text_en=f"These fields of {dataset.id} are not needed and not allowed for {purpose}: {names}.",
        remedy_id=f"Ulangi tanpa kolom itu. {_ADDENDUM_ID}",
        remedy_en=f"Ask again without these fields. {_ADDENDUM_EN}",
        parts={"fields": sorted(fields), "purpose": str(purpose)},
    )


def rows_beyond_scope(*, dataset: AgreedDataset) -> Reason:
    scope = dataset.row_scope
    return Reason(
        code="agreement.rows_beyond_scope",
        clause="7(1)",
        text_id=f"Baris yang diminta melampaui cakupan data {dataset.id}: {scope.text.id}",
        text_en=f"The rows asked for go beyond the scope of {dataset.id}: {scope.text.en}",
        remedy_id=f"Minta hanya baris dalam cakupan itu. {_ADDENDUM_ID}",
        remedy_en=f"Ask for rows within that scope only. {_ADDENDUM_EN}",
        parts={"row_scope": scope.id},
    )


def not_yet_in_force(start: datetime, *, clause: str) -> Reason:
    return Reason(
        code="agreement.not_yet_in_force",
        clause=clause,
        text_id=f"Perjanjian baru berlaku sejak {_jakarta(start)}.",
        text_en=f"The agreement is in force only from {_jakarta(start)}.",
        remedy_id="Ajukan untuk waktu di dalam jangka waktu perjanjian.",
        remedy_en="Ask for a time within the term.",
        parts={"start": start.isoformat()},
    )


def term_over(end: datetime, *, clause: str) -> Reason:
    return Reason(
        code="agreement.term_over",
        clause=clause,
        text_id=f"Jangka waktu perjanjian berakhir pada {_jakarta(end)}. Kewajiban menjaga kerahasiaan tetap berlaku.",
        text_en=f"The term of the agreement ended at {_jakarta(end)}. The duty of confidentiality goes on.",
        remedy_id="Perpanjang dengan persetujuan kedua PIHAK dan pemberitahuan tertulis (Pasal 6(1) dan 6(2)).",
        remedy_en="Extend it by consent of both parties, with written notice (Pasal 6(1) and 6(2)).",
        parts={"end": end.isoformat()},
    )


def ended(ending: Ending) -> Reason:
    since = _jakarta(ending.at)
    return Reason(
        code="agreement.ended",
        clause=ending.clause,
        text_id=f"Perjanjian diakhiri pada {since}. Kewajiban menjaga kerahasiaan tetap berlaku.",
        text_en=f"The agreement was ended at {since}. The duty of confidentiality goes on.",
        remedy_id="Penyerahan data selanjutnya memerlukan perjanjian baru. Lihat `tenun agreement history`.",
        remedy_en="Handing over data again needs a new agreement. See `tenun agreement history`.",
        parts={"end": ending.at.isoformat(), "act": ending.act, "kind": ending.kind.value},
    )


def shut_off(closure: Closure) -> Reason:
    since, party = _jakarta(closure.since), closure.party.value
    scope_id, scope_en = {
        ScopeKind.AGREEMENT: ("seluruh akses", "all access"),
        ScopeKind.DATASET: (f"akses data {closure.name}", f"access to the dataset {closure.name}"),
        ScopeKind.CLIENT: (f"akses klien {closure.name}", f"access by the client {closure.name}"),
    }[closure.scope]
    return Reason(
        code="agreement.shut_off",
        clause="7(4)",
        text_id=f"PIHAK {party} menutup {scope_id} sejak {since} karena insiden keamanan.",
        text_en=f"The party {party} has shut off {scope_en} since {since}, on a security incident.",
        remedy_id=f"Tunggu sampai {party} membukanya dengan tindakan reinstate; hubungi penghubungnya (Pasal 10).",
        remedy_en=f"Wait until {party} opens it by the act reinstate; write to its liaison (Pasal 10).",
        parts={
            "scope": closure.scope.value,
            "name": closure.name,
            "party": party,
            "since": closure.since.isoformat(),
            "act": closure.act,
        },
    )


def frequency_exceeded(frequency: str, *, clause: str) -> Reason:
    times, days = frequency[1:-1].split("/P")
    return Reason(
        code="agreement.frequency_exceeded",
        clause=clause,
        text_id=f"Baris yang sama sudah diserahkan {times} kali dalam {days} hari terakhir.",
        text_en=f"The same rows have been handed over {times} times within the last {days} days.",
        remedy_id=f"Tunggu sampai {days} hari lewat, atau ubah frekuensinya dengan adendum (Pasal 13).",
        remedy_en=f"Wait until {days} days have passed, or change the frequency by an addendum (Pasal 13).",
        parts={"frequency": frequency},
    )


def data_life_over(life: str) -> Reason:
    days = life[1:-1]
    return Reason(
        code="agreement.data_life_over",
        clause="7(1)",
        text_id=f"Data yang diterima hanya dipakai selama {days} hari, dan masa itu sudah lewat.",
        text_en=f"Data received may be used for {days} days, and these have passed.",
        remedy_id="Minta penyerahan yang baru, atau ubah masa pakai data dengan adendum (Pasal 13).",
        remedy_en="Ask for a new delivery, or change the data life by an addendum (Pasal 13).",
        parts={"data_life": life},
    )


def _list(values: Iterable[str]) -> str:
    return ", ".join(sorted(str(value) for value in values))


def _jakarta(moment: datetime) -> str:
    return moment.astimezone(JAKARTA).strftime("%Y-%m-%d %H:%M:%S WIB")
