"""What a call to the other party's node can end with, other than an answer.

`Refused` is what the other node said, under its signature; everything else is what we found ourselves.
Texts come from a signed answer or from here, and never repeat what an unverified answer said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenun.exchange.refusals import ExchangeError


class ClientError(ExchangeError):
    """Base of everything that ends a call."""

    code = "exchange.client"


class Refused(ClientError):
    """The other node refused, in a signed problem document (RFC 9457), and says what to do next."""

    code = "exchange.refused"
    text_id = "Simpul pihak lain menolak ({type}): {said_id}"
    text_en = "The other party's node refuses ({type}): {said_en}"
    remedy_id = "{remedy_said_id}"
    remedy_en = "{remedy_said_en}"

    def __init__(self, *, status: int, document: Mapping[str, Any], retry_after: int | None = None) -> None:
        self.status = status
        self.document = document
        self.type = str(document.get("type", "about:blank")).rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        """The last segment of the problem's type, such as `field-not-permitted`."""
        self.decision = document.get("decision")
        self.log_index = document.get("log_index")
        self.rev = document.get("rev")
        """The revision in force at the other node, where the problem says it."""
        self.clauses = tuple(document.get("pasal") or ())
        self.fields = tuple(document.get("fields") or ())
        """The fields that are the reason, where it is fields."""
        self.retry_after = retry_after
        super().__init__(
            type=self.type,
            status=status,
            said_id=_in(document, "text", "id") or _in(document, "title", "id"),
            said_en=_in(document, "text", "en") or _in(document, "title", "en"),
            remedy_said_id=_in(document, "remedy", "id"),
            remedy_said_en=_in(document, "remedy", "en"),
            decision=self.decision,
            log_index=self.log_index,
            rev=self.rev,
            pasal=self.clauses,
            fields=self.fields,
        )

    @property
    def is_gone(self) -> bool:
        """Whether what was asked for was taken away: by a shut-off, a cancellation or its age."""
        return self.status == 410


def _in(document: Mapping[str, Any], member: str, language: str) -> str:
    """A text of a problem in one language: `{"id": …, "en": …}`, or one text for both."""
    said = document.get(member, "")
    if isinstance(said, Mapping):
        said = said.get(language, "")
    return str(said) if said else ""


class AnswerNotBelieved(ClientError):
    """Not validly signed by the other party over this answer and our request: anyone could have sent it."""

    code = "exchange.answer_not_believed"
    text_id = "Jawaban berstatus {status} tidak ditandatangani simpul pihak lain untuk permintaan ini ({reason})."
    text_en = "An answer with status {status} is not signed by the other party's node for this request ({reason})."
    remedy_id = (
        "Jawaban itu tidak dipakai. Bila datang dari gerbang atau proksi, periksa alamatnya (address); bila berulang, "
        "hubungi narahubung pihak lain."
    )
    remedy_en = (
        "The answer was not used. If it comes from a gateway or proxy, check the address; if it happens again, "
        "contact the other party's liaison."
    )

    def __init__(self, *, status: int, reason: str, **parts: object) -> None:
        self.status = status
        super().__init__(status=status, reason=reason, **parts)


class AnswerUnsigned(AnswerNotBelieved):
    """No signature at all: an error page of a gateway, or someone in between."""

    code = "exchange.answer_unsigned"


class ClockAway(ClientError):
    """Signatures are good for seconds, and the two clocks are further apart than that."""

    code = "exchange.clock_away"
    text_id = "Jam simpul ini dan jam pihak lain berselisih {seconds} detik (di sini lebih {direction_id})."
    text_en = "This node's clock and the other party's differ by {seconds} seconds (here it is {direction_en})."
    remedy_id = "Setel jam simpul ini dengan NTP, lalu ulangi; bila jam ini benar, beri tahu pihak lain."
    remedy_en = "Set this node's clock by NTP and try again; if this clock is right, tell the other party."

    def __init__(self, *, seconds: int) -> None:
        """`seconds` is how far our clock is ahead; below zero, behind."""
        self.seconds = seconds
        ahead = seconds > 0
        super().__init__(
            seconds=abs(seconds),
            direction_id="cepat" if ahead else "lambat",
            direction_en="ahead" if ahead else "behind",
        )


class PeerUnreachable(ClientError):
    """No answer: not there, broken off, or too slow."""

    code = "exchange.peer_unreachable"
    retryable = True
    text_id = "Simpul pihak lain tidak menjawab ({reason}) setelah {attempts} kali dicoba."
    text_en = "The other party's node does not answer ({reason}) after {attempts} attempts."
    remedy_id = "Periksa jaringan dan alamat simpul itu, lalu ulangi; yang sudah diunduh tidak diulang."
    remedy_en = "Check the network and the node's address, then try again; what was fetched is not fetched again."


class AnswerMalformed(ClientError):
    """A truly signed answer that is not what the protocol gives at this place."""

    code = "exchange.answer_malformed"
    text_id = "Jawaban pihak lain bertanda tangan sah, tetapi bukan jawaban yang semestinya: {reason}."
    text_en = "The other party's answer is validly signed but is not what it must be: {reason}."
    remedy_id = "Bandingkan versi protokol kedua simpul di /.well-known/pks-node."
    remedy_en = "Compare both nodes' protocol versions at /.well-known/pks-node."


class FileAltered(ClientError):
    """A file that was fetched whole is not the file that the manifest names. It was removed."""

    code = "exchange.file_altered"
    text_id = "Berkas {file} yang diunduh tidak sama dengan yang disebut manifes: {reason}."
    text_en = "The file {file} that was fetched is not what the manifest says: {reason}."
    remedy_id = "Berkas itu sudah dihapus. Ulangi; bila tetap berbeda, laporkan kepada pihak lain."
    remedy_en = "The file was removed. Try again; if it still differs, report it to the other party."


class ExportFailed(ClientError):
    """The other node ended the export without a result."""

    code = "exchange.export_ended_there"
    text_id = "Ekspor di simpul pihak lain berakhir tanpa hasil ({state})."
    text_en = "The export at the other party's node ended without a result ({state})."
    remedy_id = "Minta ekspor baru."
    remedy_en = "Ask for a new export."


class ExportTakesLong(ClientError):
    """Waiting ended here; the export goes on there, and the same call goes on waiting for it."""

    code = "exchange.export_takes_long"
    retryable = True
    text_id = "Ekspor belum selesai setelah {seconds} detik menunggu."
    text_en = "The export is not ready after {seconds} seconds of waiting."
    remedy_id = "Ulangi perintah yang sama: ekspor itu dilanjutkan, bukan dimulai lagi."
    remedy_en = "Give the same command again: it goes on with that export and does not start another."


class AnswerLate(ClientError):
    """The gate was closed while the answer was on its way. It was thrown away, and the log says so."""

    code = "exchange.answer_late"
    text_id = "Pertukaran diputus saat jawaban masih di jalan; jawaban itu dibuang."
    text_en = "The exchange was shut off while the answer was on its way; the answer was thrown away."
    remedy_id = "Tunggu tindakan pemulihan (reinstate), lalu minta lagi."
    remedy_en = "Wait for the act of reinstatement, then ask again."


class SettingsUnclear(ClientError):
    """What the client was given cannot be used: a key file, an address, an agreement."""

    code = "exchange.settings_unclear"
    text_id = "Pengaturan klien {setting} tidak dapat dipakai: {reason}."
    text_en = "The client's setting {setting} cannot be used: {reason}."
    remedy_id = "Lihat docs/how-to/integrate-in-a-day.id.md."
    remedy_en = "See docs/how-to/integrate-in-a-day.md."
