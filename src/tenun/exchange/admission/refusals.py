"""What is refused on the way in, beyond what messages, gate and agreement refuse by themselves."""

from __future__ import annotations

from tenun.exchange.refusals import ExchangeError
from tenun.exchange.wire.refusals import WireError
from tenun.kernel.errors import TenunError


class ShutOff(ExchangeError):
    """What strangers are told while the gate is closed: that, and neither since when nor why."""

    code = "exchange.access_shut_off"
    text_id = "Pertukaran data sedang ditutup."
    text_en = "The exchange of data is shut off."
    remedy_id = "Hubungi narahubung perjanjian."
    remedy_en = "Contact the agreement's liaison."


class RevisionSuperseded(ExchangeError):
    """Asked under a revision that is not in force at this moment."""

    code = "exchange.agreement_revision_stale"
    text_id = "Permintaan menyebut revisi perjanjian yang tidak berlaku; yang berlaku {rev}."
    text_en = "The request goes by a revision of the agreement that is not in force; in force is {rev}."
    remedy_id = "Ambil tindakan terbaru dari acts, lalu minta token dengan revisi yang berlaku."
    remedy_en = "Get the newest acts from acts, then ask for a token under the revision in force."


class AgreementUnknown(ExchangeError):
    """An address of an agreement that this node has none of."""

    code = "exchange.agreement_unknown"
    text_id = "Simpul ini tidak mempunyai perjanjian di alamat itu."
    text_en = "This node has no agreement at that address."
    remedy_id = "Lihat alamatnya di /.well-known/pks-node."
    remedy_en = "See /.well-known/pks-node for the address."


class AddressUnknown(ExchangeError):
    """Nothing of ours lies there; said to the other party alone, like everything else."""

    code = "exchange.address_unknown"
    text_id = "Tidak ada apa-apa di alamat itu."
    text_en = "There is nothing at that address."
    remedy_id = "Lihat alamat yang ada di /v1/openapi.json."
    remedy_en = "See /v1/openapi.json for the addresses that there are."


class CertificateUnknown(WireError):
    """The connection's client certificate is none that the agreement names."""

    code = "exchange.certificate_unknown"
    text_id = "Sertifikat klien pada sambungan ini bukan yang disebut perjanjian."
    text_en = "The client certificate of this connection is none that the agreement names."
    remedy_id = "Pakai sertifikat yang sidiknya (x5t#S256) tercantum dalam perjanjian."
    remedy_en = "Use the certificate whose thumbprint (x5t#S256) stands in the agreement."


class AnswerFailed(ExchangeError):
    """Something in this node went wrong while it answered. What, its operator finds in the node's own log."""

    code = "exchange.internal"
    retryable = True
    text_id = "Terjadi kesalahan pada simpul ini."
    text_en = "Something went wrong at this node."
    remedy_id = "Ulangi; bila berulang, sampaikan nomor log ini kepada narahubung."
    remedy_en = "Try again; if it happens again, give this log index to the liaison."


class CallRefused(ExchangeError):
    """A refusal that is in the log, or was counted there: the error, and what the problem document cites."""

    code = "exchange.call_refused"
    text_id = "Panggilan ditolak ({code})."
    text_en = "The call was refused ({code})."
    remedy_id = "Ikuti langkah yang disebut penolakannya."
    remedy_en = "Do what the refusal itself says."

    def __init__(
        self,
        error: TenunError,
        *,
        decision: str | None = None,
        log_index: int | None = None,
        rev: str | None = None,
    ) -> None:
        self.error = error
        self.decision = decision
        self.log_index = log_index
        """None where it was only counted, or where the log cannot be written."""
        self.rev = rev
        """The revision in force: told to the other party alone."""
        super().__init__(code=error.code)
