"""Why a message, a token or a proof is refused. One class for each thing that the other side can put right.

Their parts name headers, components, claims and keys by thumbprint; never a value that someone sent.
"""

from __future__ import annotations

import re

from tenun.exchange.refusals import ExchangeError

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


def shown_kid(kid: object) -> str:
    """A key id when it looks like a thumbprint; else a question mark."""
    return kid if isinstance(kid, str) and _THUMBPRINT.fullmatch(kid) else "?"


class WireError(ExchangeError):
    """Base of what is refused at the level of messages, before anyone asks the agreement."""

    code = "exchange.wire"


# --- messages --------------------------------------------------------------------------------------


class HeaderMalformed(WireError):
    """Twice where it may stand once, or not of the form that its standard gives it."""

    code = "exchange.header_malformed"
    text_id = "Kepala {header} tidak berbentuk sebagaimana mestinya, atau ada dua kali."
    text_en = "The header {header} is not of the form it must have, or is there twice."
    remedy_id = "Kirim kepala itu sekali, menurut docs/protocols/wire-signatures.md."
    remedy_en = "Send that header once, as docs/protocols/wire-signatures.md has it."


class SignatureMissing(WireError):
    code = "exchange.http_signature_missing"
    text_id = "Pesan ini tidak ditandatangani (RFC 9421)."
    text_en = "The message is not signed (RFC 9421)."
    remedy_id = (
        "Tandatangani pesan dengan kunci pesan yang disematkan perjanjian; lihat docs/protocols/wire-signatures.md."
    )
    remedy_en = "Sign the message with the message key that the agreement pins; see docs/protocols/wire-signatures.md."


class SignatureMalformed(WireError):
    """The signature's own description does not fit the profile; `member` says where."""

    code = "exchange.http_signature_malformed"
    text_id = "Tanda tangan pesan tidak memenuhi profil pada {member}."
    text_en = "The message's signature does not fit the profile at {member}."
    remedy_id = "Perbaiki bagian itu menurut docs/protocols/wire-signatures.md."
    remedy_en = "Correct that part as docs/protocols/wire-signatures.md has it."


class ComponentUnsigned(WireError):
    """Something that steers the call is in the message and not under the signature."""

    code = "exchange.component_unsigned"
    text_id = "Tanda tangan pesan tidak mencakup: {components}."
    text_en = "The message's signature does not cover: {components}."
    remedy_id = "Tandatangani ulang dengan mencakup bagian itu."
    remedy_en = "Sign again, covering those components."


class ComponentAbsent(WireError):
    """The signature names a component that the message does not have."""

    code = "exchange.component_absent"
    text_id = "Tanda tangan mencakup {component}, yang tidak ada pada pesan ini."
    text_en = "The signature covers {component}, which this message does not have."
    remedy_id = "Pastikan perantara tidak membuang kepala yang ditandatangani, lalu kirim lagi."
    remedy_en = "Make sure that nothing in between strips signed headers, then send again."


class KeyUnknown(WireError):
    code = "exchange.message_key_unknown"
    text_id = "Kunci {kid} tidak disematkan perjanjian untuk pihak pengirim."
    text_en = "The key {kid} is not pinned by the agreement for the sending party."
    remedy_id = "Tandatangani dengan kunci pesan yang disematkan, atau umumkan penggantian kunci dengan akta."
    remedy_en = "Sign with the pinned message key, or change the key by an act."


class SignatureExpired(WireError):
    """Its time is over by this node's clock."""

    code = "exchange.http_signature_expired"
    retryable = True
    text_id = "Tanda tangan pesan sudah kedaluwarsa {seconds} detik menurut jam simpul ini."
    text_en = "The message's signature expired {seconds} seconds ago by this node's clock."
    remedy_id = "Tandatangani dan kirim lagi; bila berulang, samakan jam kedua simpul."
    remedy_en = "Sign and send again; if it happens again, set the clocks of both nodes."


class SignatureFromFuture(WireError):
    code = "exchange.http_signature_from_future"
    retryable = True
    text_id = "Tanda tangan pesan bertanggal {seconds} detik di depan jam simpul ini."
    text_en = "The message's signature is dated {seconds} seconds ahead of this node's clock."
    remedy_id = "Samakan jam kedua simpul, lalu kirim lagi."
    remedy_en = "Set the clocks of both nodes, then send again."


class HttpSignatureInvalid(WireError):
    """The pinned key did not sign this message."""

    code = "exchange.http_signature_invalid"
    text_id = "Tanda tangan tidak cocok dengan pesan ini menurut kunci {kid}."
    text_en = "The signature does not fit this message under the key {kid}."
    remedy_id = (
        "Tandatangani URL publik dan kepala persis seperti dikirim; periksa apakah perantara mengubahnya. "
        "Bila ini jawaban dari pihak lain, jangan pakai isinya."
    )
    remedy_en = (
        "Sign the public URL and the headers exactly as they are sent; see whether something in between alters them. "
        "If this is the other party's answer, do not use what is in it."
    )


class DigestMissing(WireError):
    code = "exchange.digest_missing"
    text_id = "Pesan berisi, tetapi tidak membawa {header} dengan sha-256 atau sha-512."
    text_en = "The message has content but no {header} with sha-256 or sha-512."
    remedy_id = "Sertakan digest (RFC 9530) dan tandatangani."
    remedy_en = "Add the digest (RFC 9530) and sign it."


class DigestMismatch(WireError):
    code = "exchange.digest_mismatch"
    retryable = True
    text_id = "Isi pesan tidak sama dengan digest {header} yang ditandatangani."
    text_en = "The content is not what the signed {header} says."
    remedy_id = "Kirim lagi; bila berulang, periksa perantara yang mengubah isi (misalnya kompresi)."
    remedy_en = "Send again; if it happens again, see whether something in between alters content."


class MessageReplayed(WireError):
    """A nonce, proof or assertion that was used before."""

    code = "exchange.message_replayed"
    text_id = "Pesan ini sudah pernah diterima."
    text_en = "This message was received before."
    remedy_id = "Buat pesan baru dengan nonce dan jti baru. Pengulangan yang aman memakai Idempotency-Key."
    remedy_en = "Make a new message with a new nonce and jti. To repeat safely, use an Idempotency-Key."


class StoreUnavailable(WireError):
    """It cannot be told whether a message was used before, so it counts as used."""

    code = "exchange.replay_store_unavailable"
    retryable = True
    text_id = "Catatan pesan yang sudah dipakai tidak dapat dibaca, jadi tidak ada panggilan yang dilayani."
    text_en = "The record of used messages cannot be read, so no call is served."
    remedy_id = "Coba lagi sebentar lagi; operator memeriksa basis data simpul."
    remedy_en = "Try again shortly; the operator looks at the node's database."


# --- tokens ----------------------------------------------------------------------------------------


class TokenRequestMalformed(WireError):
    code = "exchange.token_request_malformed"
    text_id = "Permintaan token tidak lengkap atau tidak dikenal pada {member}."
    text_en = "The token request is incomplete or not understood at {member}."
    remedy_id = "Kirim permintaan menurut docs/protocols/tokens.md."
    remedy_en = "Send the request as docs/protocols/tokens.md has it."


class GrantMalformed(WireError):
    """`authorization_details` (RFC 9396) is not exactly one grant of our type."""

    code = "exchange.grant_malformed"
    text_id = "authorization_details tidak dapat dipakai pada {member}."
    text_en = "authorization_details cannot be used at {member}."
    remedy_id = "Minta tepat satu akses menurut docs/protocols/tokens.md."
    remedy_en = "Ask for exactly one access as docs/protocols/tokens.md has it."


class ClientUnknown(WireError):
    """No party of the agreement by that name, or not with that key."""

    code = "exchange.client_unknown"
    text_id = "Klien ini bukan pihak perjanjian, atau kuncinya tidak disematkan."
    text_en = "This client is no party to the agreement, or its key is not pinned."
    remedy_id = "Pakai nama pihak dan kunci klien yang disebut perjanjian."
    remedy_en = "Use the party's name and the client key that the agreement names."


class AssertionInvalid(WireError):
    code = "exchange.assertion_invalid"
    text_id = "Pernyataan klien (private_key_jwt) tidak sah pada {member}."
    text_en = "The client assertion (private_key_jwt) is not valid at {member}."
    remedy_id = "Buat pernyataan baru: aud = penerbit, exp paling lama 60 detik, jti baru, jam yang benar."
    remedy_en = "Make a new assertion: aud = issuer, exp at most 60 seconds ahead, a new jti, a right clock."


class TokenMissing(WireError):
    code = "exchange.token_missing"
    text_id = "Permintaan ini tidak membawa token akses."
    text_en = "The request carries no access token."
    remedy_id = "Minta token di /token, lalu kirim `Authorization: DPoP …` dengan bukti DPoP."
    remedy_en = "Get a token from /token, then send `Authorization: DPoP …` with a DPoP proof."


class TokenInvalid(WireError):
    code = "exchange.token_invalid"
    text_id = "Token akses tidak sah pada {member}."
    text_en = "The access token is not valid at {member}."
    remedy_id = "Minta token baru di /token."
    remedy_en = "Get a new token from /token."


class TokenExpired(WireError):
    code = "exchange.token_expired"
    retryable = True
    text_id = "Token akses sudah kedaluwarsa."
    text_en = "The access token has expired."
    remedy_id = "Minta token baru di /token."
    remedy_en = "Get a new token from /token."


class TokenEpochOld(WireError):
    """Given before a shut-off or a reinstatement: it never comes back to life."""

    code = "exchange.token_epoch_old"
    text_id = "Token akses diberikan sebelum pemutusan atau pemulihan terakhir."
    text_en = "The access token was given before the latest shut-off or reinstatement."
    remedy_id = "Periksa keadaan perjanjian di acts/state, lalu minta token baru."
    remedy_en = "See the agreement's state at acts/state, then get a new token."


class TokenNotForThis(WireError):
    """A good token, for something else than what is asked."""

    code = "exchange.token_not_for_this"
    text_id = "Token akses tidak mencakup permintaan ini pada {member}."
    text_en = "The access token does not cover this request at {member}."
    remedy_id = "Minta token untuk dataset, operasi, tujuan, kolom, dan wilayah yang diperlukan."
    remedy_en = "Get a token for the dataset, operation, purpose, fields and area that are needed."


class DpopInvalid(WireError):
    code = "exchange.dpop_invalid"
    text_id = "Bukti DPoP tidak sah pada {member}."
    text_en = "The DPoP proof is not valid at {member}."
    remedy_id = "Buat bukti baru untuk metode, URL publik, dan token ini, dengan kunci klien dan jam yang benar."
    remedy_en = "Make a new proof for this method, public URL and token, with the client key and a right clock."
