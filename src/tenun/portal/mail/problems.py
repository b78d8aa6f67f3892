"""What can stop a mail, each with a code that is kept beside it and words for whoever looks."""

from __future__ import annotations

from tenun.kernel.errors import TenunError


class MailOff(TenunError):
    code = "mail.off"
    text_id = "Surel mati: node.json simpul {node} tidak menyebut server surel."
    text_en = "Mail is off: node.json of the node {node} names no mail server."
    remedy_id = "Isi bagian `mail` dalam node.json; bentuknya ada dalam docs/how-to/run-a-node.md."
    remedy_en = "Fill in `mail` in node.json; its form is in docs/how-to/run-a-node.md."


class AccountHasNoAddress(TenunError):
    code = "mail.no_address"
    text_id = "Akun itu tidak ada, tidak aktif, atau tidak mempunyai alamat surel."
    text_en = "That account is not there, not active, or has no e-mail address."
    remedy_id = "Pengelola akun kementerian mengisi alamat surelnya."
    remedy_en = "Whoever manages accounts in the ministry enters its address."


class TooLate(TenunError):
    code = "mail.too_late"
    text_id = "Surel tidak dapat diserahkan selama masa berlakunya, jadi dibatalkan."
    text_en = "The mail could not be handed over while it was of use, and was given up."
    remedy_id = "Periksa server surel; isi surel itu tetap dapat dilihat di portal."
    remedy_en = "Check the mail server; what the mail told can still be seen in the portal."


class Unreadable(TenunError):
    code = "mail.unreadable"
    text_id = "Isi surel tidak dapat dibuka dengan kunci simpul ini."
    text_en = "The letter cannot be opened with this node's key."
    remedy_id = "Pulihkan folder kunci dari cadangan yang sama dengan basis datanya."
    remedy_en = "Restore the folder of keys from the same backup as the database."


class SendingFailed(TenunError):
    """The server did not take a mail; it is tried again as long as it is of use. What is raised says why."""

    code = "mail.failed"
    retryable = True
    text_id = "Server surel tidak menerima surel."
    text_en = "The mail server did not take a mail."
    remedy_id = "Lihat sebabnya dengan `tenun mail status`."
    remedy_en = "See why with `tenun mail status`."


class ServerUnreachable(SendingFailed):
    code = "mail.server_unreachable"
    text_id = "Server surel tidak dapat dihubungi."
    text_en = "The mail server cannot be reached."
    remedy_id = "Periksa mail.host dan mail.port dalam node.json, dan jaringannya."
    remedy_en = "Check mail.host and mail.port in node.json, and the network."


class TlsMissing(SendingFailed):
    code = "mail.tls_missing"
    text_id = "Server surel tidak menawarkan TLS, dan surel tidak dikirim tanpa TLS."
    text_en = "The mail server offers no TLS, and no mail goes out without it."
    remedy_id = "Mintalah TLS kepada pengelola server surel, atau periksa mail.port dan mail.tls."
    remedy_en = "Ask whoever runs the mail server for TLS, or check mail.port and mail.tls."


class CertificateUntrusted(SendingFailed):
    code = "mail.certificate_untrusted"
    text_id = "Sertifikat server surel tidak dipercaya atau bukan untuk nama itu."
    text_en = "The mail server's certificate is not trusted, or is not for that name."
    remedy_id = "Periksa mail.host, atau sebutkan CA-nya pada mail.ca_file."
    remedy_en = "Check mail.host, or name its CA in mail.ca_file."


class PasswordUnreadable(SendingFailed):
    code = "mail.password_unreadable"
    text_id = "Berkas sandi server surel tidak dapat dibaca."
    text_en = "The file with the mail server's password cannot be read."
    remedy_id = "Periksa mail.password_file dan hak aksesnya."
    remedy_en = "Check mail.password_file and who may read it."


class SignInRefused(SendingFailed):
    code = "mail.sign_in_refused"
    text_id = "Server surel menolak nama pengguna atau sandi simpul ini."
    text_en = "The mail server refused this node's user name or password."
    remedy_id = "Periksa mail.username dan isi berkas sandinya."
    remedy_en = "Check mail.username and what is in the password's file."


class BrokenOff(SendingFailed):
    code = "mail.broken_off"
    text_id = "Sambungan ke server surel terputus sebelum surel diterima."
    text_en = "The connection to the mail server broke before the mail was taken."
    remedy_id = "Tidak perlu apa-apa: dicoba lagi dengan nomor surel yang sama."
    remedy_en = "Nothing to do: it is tried again, under the same number."


class Refused(SendingFailed):
    code = "mail.refused"
    text_id = "Server surel menolak surel ini."
    text_en = "The mail server refused this mail."
    remedy_id = "Periksa alamat akun itu dan mail.sender; surel dicoba lagi sampai masa berlakunya habis."
    remedy_en = "Check the account's address and mail.sender; it is tried again as long as it is of use."


BY_CODE: dict[str, type[TenunError]] = {
    one.code: one
    for one in (
        MailOff, AccountHasNoAddress, TooLate, Unreadable, ServerUnreachable, TlsMissing, CertificateUntrusted,
        PasswordUnreadable, SignInRefused, BrokenOff, Refused,
    )
}  # fmt: skip


def said(code: str, language: str) -> str:
    """What stands beside a mail, in words; empty where nothing does."""
    return BY_CODE[code]().message(language) if code in BY_CODE else code
