"""Why a pack is not made, not taken in, or a receipt does not count. One class for each check.

Their parts name datasets, fields, revisions and files inside the pack; never a value of a row, and
never a word that someone typed which the agreement does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tenun.kernel.errors import TenunError

if TYPE_CHECKING:  # the gate needs these errors, and a shut-off must not wait for the agreement's machinery to load
    from tenun.agreement.decision import Denial

MAKE_NEW_ID = "Minta pengirim membuat paket baru."
MAKE_NEW_EN = "Ask the sender to make a new pack."


class ExchangeError(TenunError):
    """Base of everything that this package refuses."""

    code = "exchange.error"


# --- on both sides ---------------------------------------------------------------------------------


class NotPermitted(ExchangeError):
    """The agreement does not allow this. Carries the decision with every reason."""

    code = "exchange.not_permitted"
    text_id = "Perjanjian tidak mengizinkan ini ({clauses}): {reasons_id}"
    text_en = "The agreement does not allow this ({clauses}): {reasons_en}"
    remedy_id = "{remedies_id}"
    remedy_en = "{remedies_en}"

    def __init__(self, denial: Denial) -> None:
        self.denial = denial
        super().__init__(
            clauses=", ".join(f"Pasal {clause}" for clause in denial.clauses),
            reasons_id=_sentences(reason.text_id for reason in denial.reasons),
            reasons_en=_sentences(reason.text_en for reason in denial.reasons),
            remedies_id=_sentences(reason.remedy_id for reason in denial.reasons),
            remedies_en=_sentences(reason.remedy_en for reason in denial.reasons),
            decision=denial.decision_id,
        )

    def as_dict(self) -> dict[str, object]:
        return {**super().as_dict(), "decision": self.denial.as_dict()}


class LogUnavailable(ExchangeError):
    """No log, no data."""

    code = "exchange.log_unavailable"
    retryable = True
    text_id = "Log simpul ini tidak dapat ditulis ({reason}), jadi tidak ada data yang keluar atau masuk."
    text_en = "This node's log cannot be written ({reason}), so no data goes out or comes in."
    remedy_id = "Jalankan `tenun log verify`, perbaiki lognya, lalu ulangi."
    remedy_en = "Run `tenun log verify`, repair the log, then try again."


class RegisterDamaged(ExchangeError):
    """What this node noted about a pack cannot be read. Without it, a pack could come in twice."""

    code = "exchange.register_damaged"
    text_id = "Catatan paket exchange/{file} pada simpul ini rusak."
    text_en = "This node's note of a pack, exchange/{file}, is damaged."
    remedy_id = "Pulihkan berkas itu dari cadangan; tanpa catatan itu paket yang sama dapat masuk dua kali."
    remedy_en = "Restore that file from a backup; without it the same pack could come in twice."


class KeyUnavailable(ExchangeError):
    code = "exchange.key_unavailable"
    text_id = "Kunci {key} simpul ini tidak ada atau tidak dapat dibaca."
    text_en = "This node's {key} key is missing or cannot be read."
    remedy_id = "Buat kunci simpul, lalu sematkan kunci publiknya dalam perjanjian."
    remedy_en = "Make the node's keys, then have the public ones pinned in the agreement."


class KeyNotPinned(ExchangeError):
    """Our own key is not the one that the agreement names: the other party would refuse what we sign."""

    code = "exchange.key_not_pinned"
    text_id = "Kunci {key} simpul ini bukan kunci yang disebut perjanjian untuk {party}."
    text_en = "This node's {key} key is not the one that the agreement names for {party}."
    remedy_id = "Pakai kunci yang disematkan, atau gantilah kunci dengan adendum."
    remedy_en = "Use the key that is pinned, or change the key by an addendum."


class DatasetNotBound(ExchangeError):
    """The agreement knows the dataset; this software has no table in the lake for it."""

    code = "exchange.dataset_not_bound"
    text_id = "Dataset {dataset} belum mempunyai tabel di danau data simpul ini."
    text_en = "The dataset {dataset} has no table in this node's lake."
    remedy_id = "Perbarui perangkat lunak simpul ini."
    remedy_en = "Bring this node's software up to date."


class WordMalformed(ExchangeError):
    """What was typed cannot be the name of anything. It is not repeated: it might be a person's number."""

    code = "exchange.word_malformed"
    text_id = "Isian {option} tidak dapat menjadi nama apa pun dalam perjanjian."
    text_en = "What was given for {option} cannot be a name of anything in the agreement."
    remedy_id = "Lihat nama dataset, tujuan, dan kolom dengan `tenun agreement show`."
    remedy_en = "See the names of datasets, purposes and fields with `tenun agreement show`."


class AreaUnclear(ExchangeError):
    """An area that is no dotted Kemendagri code. A bare number fits two systems."""

    code = "exchange.area_unclear"
    text_id = "Wilayah harus kode Kemendagri bertitik, misalnya 53.17 atau 53.17.01.2001."
    text_en = "The area must be a dotted Kemendagri code, such as 53.17 or 53.17.01.2001."
    remedy_id = "Cari kodenya dengan `tenun region find`."
    remedy_en = "Find the code with `tenun region find`."


# --- making a pack ---------------------------------------------------------------------------------


class WrongNode(ExchangeError):
    code = "exchange.wrong_node"
    text_id = "Dataset {dataset} diberikan oleh {provider}; simpul ini milik {party}."
    text_en = "The dataset {dataset} is given by {provider}; this node belongs to {party}."
    remedy_id = "Jalankan perintah ini di simpul {provider}."
    remedy_en = "Run this command at the node {provider}."


class KeyFieldMissing(ExchangeError):
    """Rows without these fields could not be told apart or put in their place by the receiver."""

    code = "exchange.key_field_missing"
    text_id = "Paket {dataset} harus memuat kolom {fields}."
    text_en = "A pack of {dataset} must hold the fields {fields}."
    remedy_id = "Tambahkan kolom itu pada --fields, atau jangan pakai --fields."
    remedy_en = "Add those fields to --fields, or leave --fields out."


class NothingToSend(ExchangeError):
    code = "exchange.nothing_to_send"
    text_id = "Tidak ada baris {dataset} untuk wilayah itu yang boleh dikirim."
    text_en = "There are no rows of {dataset} for that area that may be sent."
    remedy_id = "Masukkan berkasnya lebih dahulu dengan `tenun ingest`, atau pilih wilayah lain."
    remedy_en = "Bring the file in first with `tenun ingest`, or choose another area."


class FieldsNotHeld(ExchangeError):
    """The agreement allows the fields; what lies in the lake does not have them."""

    code = "exchange.fields_not_held"
    text_id = "Potret {snapshot} tidak mempunyai kolom: {fields}."
    text_en = "The snapshot {snapshot} does not have the fields: {fields}."
    remedy_id = "Masukkan ulang berkasnya dengan `tenun ingest`, atau minta kolom lain dengan --fields."
    remedy_en = "Bring the file in again with `tenun ingest`, or ask for other fields with --fields."


class FieldsNotBound(ExchangeError):
    """The agreement has fields that this software's tables do not."""

    code = "exchange.fields_not_bound"
    text_id = "Tabel simpul ini untuk {dataset} tidak mengenal kolom: {fields}."
    text_en = "This node's tables for {dataset} do not know the fields: {fields}."
    remedy_id = "Perbarui perangkat lunak simpul ini."
    remedy_en = "Bring this node's software up to date."


class FileExists(ExchangeError):
    code = "exchange.file_exists"
    text_id = "Berkas tujuan sudah ada dan tidak ditimpa."
    text_en = "The target file exists already and is not written over."
    remedy_id = "Pilih nama lain dengan --out."
    remedy_en = "Choose another name with --out."


class RecipientMissing(ExchangeError):
    code = "exchange.recipient_missing"
    text_id = "Perjanjian tidak menyebut kunci sandi untuk {party}."
    text_en = "The agreement does not name an encryption key for {party}."
    remedy_id = "Sematkan penerima age pihak itu dalam perjanjian."
    remedy_en = "Have that party's age recipient pinned in the agreement."


# --- taking a pack in ------------------------------------------------------------------------------


class FileUnreadable(ExchangeError):
    code = "exchange.file_unreadable"
    text_id = "Berkas itu bukan paket Tenun atau tidak dapat dibaca."
    text_en = "The file is not a Tenun pack or cannot be read."
    remedy_id = "Periksa berkasnya; nama paket berakhiran .age."
    remedy_en = "Check the file; a pack's name ends in .age."


class NotForThisNode(ExchangeError):
    """No key of this node opens it. A pack whose header was altered looks the same."""

    code = "exchange.not_for_this_node"
    text_id = "Paket ini tidak dapat dibuka dengan kunci simpul {party}."
    text_en = "This pack cannot be opened with the key of the node {party}."
    remedy_id = "Pastikan paket ditujukan ke simpul ini; bila ya, minta salinan baru."
    remedy_en = "Make sure that the pack is meant for this node; if it is, ask for a new copy."


class PackDamaged(ExchangeError):
    """The encryption's own check failed: bytes changed or missing."""

    code = "exchange.pack_damaged"
    text_id = "Paket rusak atau terpotong: isinya tidak lolos pemeriksaan sandi."
    text_en = "The pack is damaged or cut short: its content does not pass the check of the encryption."
    remedy_id = "Salin ulang berkasnya dari pengirim."
    remedy_en = "Copy the file again from the sender."


class ContainerMalformed(ExchangeError):
    """The archive inside is not, byte for byte, the one form that we write."""

    code = "exchange.container_malformed"
    text_id = "Isi paket tidak tersusun sebagaimana mestinya: {reason}."
    text_en = "The pack's content is not laid out as it must be: {reason}."
    remedy_id = MAKE_NEW_ID
    remedy_en = MAKE_NEW_EN


class TooLarge(ExchangeError):
    code = "exchange.too_large"
    text_id = "{what} melebihi batas {limit} bita."
    text_en = "{what} is larger than the limit of {limit} bytes."
    remedy_id = "Minta pengirim membagi paket menurut wilayah (--area)."
    remedy_en = "Ask the sender to divide the pack by area (--area)."


class SignatureInvalid(ExchangeError):
    """Not signed by a message key that the agreement pins for the other party."""

    code = "exchange.signature_invalid"
    text_id = "Tanda tangan {document} tidak sah menurut kunci yang disematkan perjanjian."
    text_en = "The signature of the {document} is not valid under the keys that the agreement pins."
    remedy_id = "Jangan pakai isinya. Hubungi pihak lain melalui narahubung perjanjian."
    remedy_en = "Do not use what is in it. Contact the other party through the agreement's liaison."


class ManifestMalformed(ExchangeError):
    code = "exchange.manifest_malformed"
    text_id = "Manifes paket tidak dapat dipakai pada {member}: {reason}."
    text_en = "The pack's manifest cannot be used at {member}: {reason}."
    remedy_id = MAKE_NEW_ID
    remedy_en = MAKE_NEW_EN


class VersionUnknown(ExchangeError):
    code = "exchange.version_unknown"
    text_id = "Paket memakai versi protokol yang tidak dikenal; simpul ini mengenal {known}."
    text_en = "The pack uses a version of the protocol that is not known; this node knows {known}."
    remedy_id = "Perbarui perangkat lunak simpul ini."
    remedy_en = "Bring this node's software up to date."


class AgreementOther(ExchangeError):
    code = "exchange.agreement_other"
    text_id = "Paket dibuat di bawah perjanjian lain, bukan {own}."
    text_en = "The pack was made under another agreement, not {own}."
    remedy_id = MAKE_NEW_ID
    remedy_en = MAKE_NEW_EN


class RevisionStale(ExchangeError):
    """The two nodes do not have the same text in force."""

    code = "exchange.revision_stale"
    text_id = "Paket dibuat di bawah revisi {pack}, sedangkan yang berlaku di sini {own}."
    text_en = "The pack was made under revision {pack}, while {own} is in force here."
    remedy_id = "Samakan revisi perjanjian di kedua simpul, lalu minta paket baru."
    remedy_en = "Bring both nodes to the same revision of the agreement, then ask for a new pack."


class NotAddressedHere(ExchangeError):
    code = "exchange.not_addressed_here"
    text_id = "Paket {dataset} bukan dari {provider} untuk {consumer}, sebagaimana disebut perjanjian."
    text_en = "The pack of {dataset} is not from {provider} to {consumer}, as the agreement has it."
    remedy_id = "Buka paket ini di simpul yang dituju."
    remedy_en = "Open this pack at the node it is meant for."


class ContractOther(ExchangeError):
    code = "exchange.contract_other"
    text_id = "Paket {dataset} dibuat menurut kontrak data lain."
    text_en = "The pack of {dataset} was made to another data contract."
    remedy_id = "Samakan kontrak data di kedua simpul, lalu minta paket baru."
    remedy_en = "Bring both nodes to the same data contract, then ask for a new pack."


class CreatedInFuture(ExchangeError):
    code = "exchange.created_in_future"
    text_id = "Paket bertanggal {created}, yang belum tiba menurut jam simpul ini ({now})."
    text_en = "The pack is dated {created}, which has not come yet by this node's clock ({now})."
    remedy_id = "Periksa jam kedua simpul."
    remedy_en = "Check the clocks of both nodes."


class Replayed(ExchangeError):
    code = "exchange.replayed"
    text_id = "Paket {pack} sudah diterima pada {accepted}."
    text_en = "The pack {pack} was taken in already, on {accepted}."
    remedy_id = "Tidak perlu apa-apa: datanya sudah ada. Tanda terimanya ada di exchange/receipts."
    remedy_en = "Nothing is needed: the data are there. The receipt is in exchange/receipts."


class SequenceOld(ExchangeError):
    """A later pack for the same places was taken in: this one would put older data over newer."""

    code = "exchange.sequence_old"
    text_id = "Paket nomor urut {sequence} lebih lama daripada nomor {latest} yang sudah diterima untuk wilayahnya."
    text_en = "The pack with sequence number {sequence} is older than number {latest}, taken in for the same area."
    remedy_id = "Pakai paket yang terbaru."
    remedy_en = "Use the newest pack."


class PartAltered(ExchangeError):
    code = "exchange.part_altered"
    text_id = "Bagian {part} tidak sama dengan yang disebut manifes: {reason}."
    text_en = "The part {part} is not what the manifest says: {reason}."
    remedy_id = MAKE_NEW_ID
    remedy_en = MAKE_NEW_EN


class SchemaOther(ExchangeError):
    """A part has a column too many, one too few, or of another type."""

    code = "exchange.schema_other"
    text_id = "Bagian {part} tidak mempunyai tepat kolom yang diizinkan; berbeda pada: {fields}."
    text_en = "The part {part} does not have exactly the permitted columns; it differs in: {fields}."
    remedy_id = MAKE_NEW_ID
    remedy_en = MAKE_NEW_EN


class RowsOther(ExchangeError):
    """Counts, places, keys, code lists or the row scope do not hold for the rows themselves."""

    code = "exchange.rows_other"
    text_id = "Baris pada bagian {part} tidak sesuai: {reason}."
    text_en = "The rows of the part {part} do not fit: {reason}."
    remedy_id = "Periksa datanya di simpul pengirim, lalu buat paket baru."
    remedy_en = "Check the data at the sending node, then make a new pack."


# --- receipts --------------------------------------------------------------------------------------


class ReceiptMalformed(ExchangeError):
    code = "exchange.receipt_malformed"
    text_id = "Berkas itu bukan tanda terima Tenun yang utuh: {reason}."
    text_en = "The file is not a whole Tenun receipt: {reason}."
    remedy_id = "Minta salinan baru dari penerima paket."
    remedy_en = "Ask the pack's receiver for a new copy."


class ReceiptOther(ExchangeError):
    """A true receipt, for something else than what we sent."""

    code = "exchange.receipt_other"
    text_id = "Tanda terima tidak cocok dengan paket yang dikirim: {reason}."
    text_en = "The receipt does not answer a pack that was sent: {reason}."
    remedy_id = "Bandingkan dengan `tenun exchange list`; bila tetap berbeda, laporkan kepada pihak lain."
    remedy_en = "Compare with `tenun exchange list`; if it still differs, report it to the other party."


def _sentences(texts: Any) -> str:
    unique: Sequence[str] = tuple(dict.fromkeys(text for text in texts if text))
    return " ".join(unique)
