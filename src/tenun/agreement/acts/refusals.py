"""Why an act is refused. Each error names what is wrong and what to do; none repeats what was written in an act."""

from __future__ import annotations

from tenun.kernel.errors import TenunError

_FORM = "docs/protocols/agreement-acts.md"


class ActError(TenunError):
    """Base of every refusal of an act."""

    code = "agreement.act.refused"


# --- the document ------------------------------------------------------------------------------------------------


class ActUnknownTerm(ActError):
    code = "agreement.act.unknown_term"
    text_id = "Tindakan memuat istilah yang tidak dikenal pada {pointer}."
    text_en = "The act has a term that is not known, at {pointer}."
    remedy_id = f"Pakai istilah dalam {_FORM}, atau perbarui perangkat lunak simpul ini."
    remedy_en = f"Use the terms of {_FORM}, or bring this node's software up to date."


class ActMissingTerm(ActError):
    code = "agreement.act.missing_term"
    text_id = "Tindakan tidak memuat {pointer}."
    text_en = "The act lacks {pointer}."
    remedy_id = f"Lengkapi bagian itu; lihat {_FORM}."
    remedy_en = f"Add that part; see {_FORM}."


class ActNotUnderstood(ActError):
    code = "agreement.act.not_understood"
    text_id = "Isi tindakan pada {pointer} tidak dapat dipakai: {reason}."
    text_en = "What the act says at {pointer} cannot be used: {reason}."
    remedy_id = f"Perbaiki bagian itu; lihat {_FORM}."
    remedy_en = f"Correct that part; see {_FORM}."


class ActTooLarge(ActError):
    code = "agreement.act.too_large"
    text_id = "Tindakan lebih besar dari {limit} bita."
    text_en = "The act is larger than {limit} bytes."
    remedy_id = "Ringkas isinya; dokumen panjang disebut dengan sidik SHA-256-nya."
    remedy_en = "Shorten it; long documents are named by their SHA-256."


# --- signatures --------------------------------------------------------------------------------------------------


class ActSignatureBroken(ActError):
    code = "agreement.act.signature_broken"
    text_id = "Tanda tangan ke-{number} pada tindakan tidak sah: {reason}."
    text_en = "Signature {number} on the act is not valid: {reason}."
    remedy_id = "Mintalah berkas yang asli dari PIHAK yang membuatnya."
    remedy_en = "Ask the party that made it for the original file."


class ActNotSigned(ActError):
    """A signature that the law of the act demands is not there."""

    code = "agreement.act.not_signed"
    text_id = "Tindakan {kind} belum ditandatangani: {missing}."
    text_en = "The act {kind} lacks a signature: {missing}."
    remedy_id = "PIHAK itu menandatangani dengan `tenun agreement act countersign BERKAS`."
    remedy_en = "That party signs with `tenun agreement act countersign FILE`."


class ActSignatureSurplus(ActError):
    """A signature that the law of the act does not know, or by a key of another use."""

    code = "agreement.act.signature_surplus"
    text_id = "Tindakan {kind} memuat tanda tangan yang tidak diminta untuk tindakan itu."
    text_en = "The act {kind} bears a signature that such an act does not take."
    remedy_id = "Tandatangani dengan kunci yang disebut dalam hukum tindakan itu saja."
    remedy_en = "Sign with the keys that the law of the act names, and no other."


class ActKeyNotOurs(ActError):
    code = "agreement.act.key_not_ours"
    text_id = "Kunci simpul ini bukan kunci {party} yang berlaku menurut perjanjian."
    text_en = "This node's key is not the key of {party} that the agreement has now."
    remedy_id = "Pakai kunci yang berlaku, atau gantilah dengan tindakan key-change."
    remedy_en = "Use the key in force, or change it by the act key-change."


# --- place in the chain ------------------------------------------------------------------------------------------


class ActOfAnotherAgreement(ActError):
    code = "agreement.act.other_agreement"
    text_id = "Tindakan ini milik perjanjian lain."
    text_en = "This act belongs to another agreement."
    remedy_id = "Periksa asal berkas itu."
    remedy_en = "Find out where the file comes from."


class ActPredecessorMissing(ActError):
    """The act follows one that is not here yet. Taken again after that one, it will fit."""

    code = "agreement.act.predecessor_missing"
    retryable = True
    text_id = "Tindakan ini mengikuti tindakan {missing} yang belum ada di simpul ini."
    text_en = "This act follows the act {missing}, which this node does not have yet."
    remedy_id = "Terima tindakan yang mendahuluinya lebih dahulu, lalu ulangi."
    remedy_en = "Take the act that it follows first, then try again."


class ActPredecessorsNotHeads(ActError):
    """Among the predecessors is one that another of them follows already."""

    code = "agreement.act.predecessors_not_heads"
    text_id = "Tindakan menyebut pendahulu yang sudah diikuti pendahulunya yang lain."
    text_en = "The act names a predecessor that another of its predecessors follows already."
    remedy_id = "Buat tindakan itu kembali di atas ujung rantai."
    remedy_en = "Make the act anew on the heads of the chain."


class ActForked(ActError):
    """A party's own act does not follow an earlier act of the same party: its node was put back to an older state."""

    code = "agreement.act.forked"
    text_id = "Tindakan {party} ini tidak mengikuti tindakan {party} sebelumnya."
    text_en = "This act of {party} does not follow an earlier act of {party}."
    remedy_id = "{party} mengambil rantai tindakan dari PIHAK lainnya, lalu membuat tindakan itu kembali."
    remedy_en = "{party} takes the chain of acts from the other party, then makes the act anew."


class ActOutOfOrder(ActError):
    """The act says it was made or signed before something that it follows."""

    code = "agreement.act.out_of_order"
    text_id = "Waktu tindakan ini mendahului tindakan yang diikutinya."
    text_en = "By its time, this act precedes the act that it follows."
    remedy_id = "Periksa jam simpul pembuatnya, lalu buat tindakan itu kembali."
    remedy_en = "Check the clock of the node that made it, then make the act anew."


class ActFromTheFuture(ActError):
    code = "agreement.act.from_the_future"
    retryable = True
    text_id = "Waktu tindakan ini lebih dari {seconds} detik di depan jam simpul ini."
    text_en = "The time of this act is more than {seconds} seconds ahead of this node's clock."
    remedy_id = "Samakan jam kedua simpul, lalu ulangi."
    remedy_en = "Set the clocks of both nodes, then try again."


class ActTakenOtherwise(ActError):
    """The same act is in the chain already, with other signatures."""

    code = "agreement.act.taken_otherwise"
    text_id = "Tindakan yang sama sudah ada dalam rantai dengan tanda tangan lain ({known})."
    text_en = "The same act is in the chain already, with other signatures ({known})."
    remedy_id = "Pakai berkas yang sudah ada dalam rantai."
    remedy_en = "Use the file that is in the chain."


class ChainDamaged(ActError):
    """The folder of acts is not what was written there. Nothing is decided on it."""

    code = "agreement.act.chain_damaged"
    text_id = "Rantai tindakan rusak pada {file}: {reason}."
    text_en = "The chain of acts is damaged at {file}: {reason}."
    remedy_id = "Pulihkan folder acts/ dari cadangan, atau ambil berkas itu dari PIHAK lainnya."
    remedy_en = "Restore the folder acts/ from a backup, or take the file from the other party."


class ChainOfAnotherRevision(ActError):
    """The first acts follow another document than the one in the agreement's folder."""

    code = "agreement.act.chain_of_another_revision"
    text_id = "Rantai tindakan ini tidak berawal dari perjanjian dalam folder agreement/."
    text_en = "This chain of acts does not begin with the agreement in the folder agreement/."
    remedy_id = "Kembalikan perjanjian yang pertama ditandatangani; revisi baru berlaku melalui tindakan addendum."
    remedy_en = "Put back the agreement that was signed first; a new revision comes by the act addendum."


class ActNotReported(ActError):
    """The act is durable and counts; whoever was to be told (the log) could not be told. `Chain.report` tries again.

    Its part `hash` names the act.
    """

    code = "agreement.act.not_reported"
    retryable = True
    text_id = "Tindakan {act} sudah berlaku, tetapi belum tercatat dalam log simpul: {reason}."
    text_en = "The act {act} stands, but is not yet in the node's log: {reason}."
    remedy_id = "Perbaiki log; tindakan dicatat pada tindakan berikutnya atau oleh `tenun agreement history`."
    remedy_en = "Repair the log; the act is entered with the next act, or by `tenun agreement history`."


# --- the law -----------------------------------------------------------------------------------------------------


class ActAfterTheEnd(ActError):
    code = "agreement.act.after_the_end"
    text_id = "Perjanjian sudah berakhir; tindakan {kind} tidak dapat dilakukan lagi."
    text_en = "The agreement has ended; the act {kind} is no longer possible."
    remedy_id = "Kerja sama selanjutnya memerlukan perjanjian baru. Laporan dan pemberitahuan tetap dapat dibuat."
    remedy_en = "Further cooperation needs a new agreement. Reports and notices can still be made."


class EffectNotChosen(ActError):
    code = "agreement.act.effect_not_chosen"
    text_id = "Tindakan {kind} berlaku menurut hukumnya sendiri; waktu berlakunya tidak dapat dipilih."
    text_en = "The act {kind} takes effect by its own law; the moment cannot be chosen."
    remedy_id = "Ulangi tanpa --effective-at."
    remedy_en = "Try again without --effective-at."


class EffectTooEarly(ActError):
    code = "agreement.act.effect_too_early"
    text_id = "Waktu berlaku yang dipilih mendahului pembuatan tindakan itu."
    text_en = "The chosen moment of effect lies before the act was made."
    remedy_id = "Pilih waktu yang belum lewat."
    remedy_en = "Choose a moment that has not passed."


class ReferenceMissing(ActError):
    code = "agreement.act.reference_missing"
    text_id = "Tindakan {kind} memerlukan nomor surat (Pasal {clause})."
    text_en = "The act {kind} needs the number of its letter (Pasal {clause})."
    remedy_id = "Sebutkan nomor surat dengan --number."
    remedy_en = "Give the letter's number with --number."


class NoticeMissing(ActError):
    code = "agreement.act.notice_missing"
    text_id = "Maksud itu belum diberitahukan secara tertulis kepada PIHAK lainnya (Pasal 6(2))."
    text_en = "The wish has not been notified in writing to the other party (Pasal 6(2))."
    remedy_id = "Buat dahulu pemberitahuannya: `tenun agreement act notice --subject {subject}`."
    remedy_en = "Give notice first: `tenun agreement act notice --subject {subject}`."


class RevisionUnknown(ActError):
    code = "agreement.act.revision_unknown"
    text_id = "Tindakan ini berbicara tentang revisi perjanjian yang tidak dikenal rantai ini."
    text_en = "This act speaks of a revision that this chain does not know."
    remedy_id = "Buat tindakan itu kembali pada revisi yang berlaku."
    remedy_en = "Make the act anew on the revision in force."


class RevisionStale(ActError):
    code = "agreement.act.revision_stale"
    text_id = "Adendum ini mengubah revisi yang sudah diganti adendum lain."
    text_en = "This addendum changes a revision that another addendum has replaced."
    remedy_id = "Susun adendum itu kembali di atas revisi terakhir."
    remedy_en = "Draw the addendum up anew on the last revision."


class RevisionMissing(ActError):
    """The document that an addendum names is not here."""

    code = "agreement.act.revision_missing"
    text_id = "Dokumen revisi {rev} belum ada di simpul ini."
    text_en = "The document of revision {rev} is not at this node."
    remedy_id = "Sertakan dokumennya: `tenun agreement act take BERKAS --revision BERKAS-REVISI`."
    remedy_en = "Bring its document: `tenun agreement act take FILE --revision REVISION-FILE`."


class RevisionForbidden(ActError):
    """An addendum's document changes what an addendum may not change."""

    code = "agreement.act.revision_forbidden"
    text_id = "Adendum tidak dapat mengubah {pointer}."
    text_en = "An addendum cannot change {pointer}."
    remedy_id = (
        "Jangka waktu berubah dengan extend atau end, kunci dengan key-change, perjanjian lain dengan naskah baru."
    )
    remedy_en = "The term changes by extend or end, keys by key-change; another agreement needs another text."


class RevisionDamaged(ActError):
    code = "agreement.act.revision_damaged"
    text_id = "Berkas revisi tidak berisi dokumen revisi {rev}."
    text_en = "The revision file does not hold the document of revision {rev}."
    remedy_id = "Mintalah berkas revisi itu kembali dari PIHAK lainnya."
    remedy_en = "Ask the other party for the revision file again."


class AlreadyInForce(ActError):
    code = "agreement.act.already_in_force"
    text_id = "Perjanjian ini sudah dinyatakan berlaku."
    text_en = "This agreement was already taken into force."
    remedy_id = "Perubahan dilakukan dengan adendum, perpanjangan dengan extend."
    remedy_en = "Changes come by addendum, more time by extend."


class TermNotExtended(ActError):
    code = "agreement.act.term_not_extended"
    text_id = "Akhir yang baru tidak lebih lambat dari akhir yang berlaku ({end})."
    text_en = "The new end is not later than the present one ({end})."
    remedy_id = "Pilih akhir yang lebih lambat."
    remedy_en = "Choose a later end."


class EndingStands(ActError):
    code = "agreement.act.ending_stands"
    text_id = "Pengakhiran perjanjian pada {end} sudah ditetapkan dan tidak dapat diperpanjang lagi."
    text_en = "The agreement was already ended as of {end}, and cannot be extended any more."
    remedy_id = "Kerja sama selanjutnya memerlukan perjanjian baru."
    remedy_en = "Further cooperation needs a new agreement."


class TermNotShortened(ActError):
    code = "agreement.act.term_not_shortened"
    text_id = "Pengakhiran itu tidak lebih awal dari akhir yang berlaku ({end})."
    text_en = "That ending is not before the present end ({end})."
    remedy_id = "Pilih waktu yang lebih awal."
    remedy_en = "Choose an earlier moment."


class ClauseUnknown(ActError):
    code = "agreement.act.clause_unknown"
    text_id = "Pasal {clause} tidak ada dalam naskah perjanjian."
    text_en = "There is no Pasal {clause} in the signed text."
    remedy_id = "Periksa nomor pasalnya, misalnya 3(1)b."
    remedy_en = "Check the number, for example 3(1)b."


class DatasetUnknown(ActError):
    code = "agreement.act.dataset_unknown"
    text_id = "Tindakan menyebut data yang tidak tercantum dalam perjanjian, pada {pointer}."
    text_en = "The act names a dataset that the agreement does not have, at {pointer}."
    remedy_id = "Lihat daftar data dengan `tenun agreement show`."
    remedy_en = "See the datasets with `tenun agreement show`."


class FieldUnknown(ActError):
    code = "agreement.act.field_unknown"
    text_id = "Persetujuan menyebut kolom yang tidak ada pada data {dataset}."
    text_en = "The consent names a field that the dataset {dataset} does not have."
    remedy_id = "Periksa nama kolom dalam kontrak data."
    remedy_en = "Check the names in the data contract."


class NoSuchConsent(ActError):
    code = "agreement.act.no_such_consent"
    text_id = "Tindakan {act} bukan persetujuan yang mendahului pemberitahuan ini."
    text_en = "The act {act} is no consent that comes before this notice."
    remedy_id = "Lihat sidik persetujuan dengan `tenun release list`."
    remedy_en = "See the hashes of the consents with `tenun release list`."


class ConsentOnPersons(ActError):
    """A consent would give away what is about persons; two ministries cannot consent to that by themselves."""

    code = "agreement.act.consent_on_persons"
    text_id = "Data {dataset} memuat data orang; persetujuan Pasal 7(2) hanya untuk hasil, bukan data orang."
    text_en = "The dataset {dataset} holds data of persons; consent under Pasal 7(2) is for results only."
    remedy_id = "Pilih data hasil yang tidak memuat data orang, misalnya hasil-desa."
    remedy_en = "Choose results that hold no data of persons, such as hasil-desa."


class DatesReversed(ActError):
    code = "agreement.act.dates_reversed"
    text_id = "Tanggal akhir mendahului tanggal awal."
    text_en = "The last day lies before the first."
    remedy_id = "Betulkan kedua tanggal itu."
    remedy_en = "Correct the two dates."


class EventNotListed(ActError):
    code = "agreement.act.event_not_listed"
    text_id = "Peristiwa itu tidak termasuk daftar perjanjian (Pasal {clause})."
    text_en = "That event is not in the agreement's list (Pasal {clause})."
    remedy_id = "Pilih peristiwa dalam daftar: {known}."
    remedy_en = "Choose an event of the list: {known}."


class DutyUnknown(ActError):
    code = "agreement.act.duty_unknown"
    text_id = "Laporan menyebut kewajiban yang tidak ada dalam perjanjian."
    text_en = "The report names a duty that the agreement does not have."
    remedy_id = "Lihat daftar kewajiban dengan `tenun agreement show --json`."
    remedy_en = "See the duties with `tenun agreement show --json`."


class NoSuchShutOff(ActError):
    """What is named is no shut-off of this chain that is known to the act."""

    code = "agreement.act.no_such_shut_off"
    text_id = "Tidak ada penutupan akses {act} dalam rantai tindakan."
    text_en = "There is no shut-off {act} in the chain of acts."
    remedy_id = "Lihat penutupan yang berlaku dengan `tenun agreement state`."
    remedy_en = "See what is closed with `tenun agreement state`."


class ShutOffOfOther(ActError):
    code = "agreement.act.shut_off_of_other"
    text_id = "Akses itu ditutup {party}; hanya {party} yang membukanya kembali."
    text_en = "That access was shut off by {party}; only {party} opens it again."
    remedy_id = "Minta {party} membukanya dengan tindakan reinstate."
    remedy_en = "Ask {party} to open it by the act reinstate."


class AlreadyOpened(ActError):
    code = "agreement.act.already_opened"
    text_id = "Penutupan {act} sudah dibuka kembali."
    text_en = "The shut-off {act} was opened again already."
    remedy_id = "Lihat penutupan yang berlaku dengan `tenun agreement state`."
    remedy_en = "See what is closed with `tenun agreement state`."


class KeyNotPinned(ActError):
    code = "agreement.act.key_not_pinned"
    text_id = "Kunci yang hendak diganti bukan kunci {party} yang berlaku untuk kegunaan itu."
    text_en = "The key to be changed is no key that {party} has now for that use."
    remedy_id = "Lihat kunci yang berlaku dengan `tenun agreement state --json`."
    remedy_en = "See the keys in force with `tenun agreement state --json`."


class KeyUsedBefore(ActError):
    """A key that was pinned once never comes back, and never serves two uses or two parties."""

    code = "agreement.act.key_used_before"
    text_id = "Kunci baru itu sudah pernah dipakai dalam perjanjian ini."
    text_en = "The new key was already used in this agreement."
    remedy_id = "Buat kunci yang benar-benar baru."
    remedy_en = "Make a key that is really new."


class NoSuchDispute(ActError):
    code = "agreement.act.no_such_dispute"
    text_id = "Tidak ada perselisihan {act} dalam rantai tindakan."
    text_en = "There is no dispute {act} in the chain of acts."
    remedy_id = "Lihat perselisihan yang terbuka dengan `tenun agreement state`."
    remedy_en = "See the open disputes with `tenun agreement state`."


class AlreadySettled(ActError):
    code = "agreement.act.already_settled"
    text_id = "Perselisihan {act} sudah diselesaikan."
    text_en = "The dispute {act} was settled already."
    remedy_id = "Buka perselisihan baru bila perlu."
    remedy_en = "Open a new dispute if need be."
