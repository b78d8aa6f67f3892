"""RFC 3161: the replies of a Sigstore time-stamping authority, as rfc3161-client's authors judge them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tenun.transparency_log import checkpoint, merkle, stamp
from tenun.transparency_log.checkpoint import Checkpoint
from tenun.transparency_log.errors import StampInvalid
from tenun.transparency_log.note import Signer
from tests.lib.shared_data import shared
from tests.lib.time_authority import open_authority, reply

SIGNER = Signer("tenun.test/log", Ed25519PrivateKey.from_private_bytes(b"s" * 32))
SIGNED = checkpoint.sign(Checkpoint(SIGNER.name, 3, merkle.leaf_hash(b"leaf")), SIGNER)
MESSAGE = b"hello"
"""What the authority's stamps of the fixtures are about."""


@pytest.fixture
def given() -> Path:
    return shared("vectors/rfc3161/test_tsa")


def test_a_stamp_holds_for_its_message_under_its_root(given: Path) -> None:
    found = stamp._verify(
        (given / "response.tsr").read_bytes(),
        message=MESSAGE,
        certificates=(given / "ts_chain.pem").read_bytes(),
        nonce=0x36A44F9F4A391FD3,
    )
    assert found.time.isoformat() == "2024-10-08T15:40:32+00:00"
    assert found.policy == "1.3.6.1.4.1.57264.2"


@pytest.mark.parametrize(
    ("message", "nonce", "file"),
    [
        (b"hello!", None, "response.tsr"),
        (MESSAGE, 1, "response.tsr"),
        (MESSAGE, 0x36A44F9F4A391FD3, "other_response.tsr"),
    ],
)
def test_a_stamp_of_another_message_or_request_is_refused(
    given: Path, message: bytes, nonce: int | None, file: str
) -> None:
    with pytest.raises(StampInvalid):
        stamp._verify(
            (given / file).read_bytes(),
            message=message,
            certificates=(given / "ts_chain.pem").read_bytes(),
            nonce=nonce,
        )


def test_injected_certificates_change_nothing_that_is_said(given: Path) -> None:
    """Certificates in a reply are not signed: they may lead nowhere but to the trusted root."""
    trusted = (given / "ts_chain.pem").read_bytes()
    injected = (given / "response-injected-certs.tsr").read_bytes()
    try:
        found = stamp._verify(injected, message=MESSAGE, certificates=trusted, nonce=None)
    except StampInvalid:
        return
    own = stamp._verify((given / "response.tsr").read_bytes(), message=MESSAGE, certificates=trusted, nonce=None)
    assert found == own


def test_no_altered_reply_is_accepted_or_breaks_the_verifier(given: Path) -> None:
    whole = (given / "response.tsr").read_bytes()
    trusted = (given / "ts_chain.pem").read_bytes()
    own = stamp._verify(whole, message=MESSAGE, certificates=trusted, nonce=None)
    chance = Random(3)
    for _ in range(400):
        altered = bytearray(whole)
        altered[chance.randrange(len(altered))] ^= 1 << chance.randrange(8)
        try:
            found = stamp._verify(bytes(altered), message=MESSAGE, certificates=trusted, nonce=None)
        except StampInvalid:
            continue
        assert found == own, "only what says nothing, such as a spelling, may differ"


@pytest.mark.parametrize("cut", [0, 1, 10, 500, 1200])
def test_a_reply_that_was_cut_short_is_refused(given: Path, cut: int) -> None:
    with pytest.raises(StampInvalid):
        stamp._verify(
            (given / "response.tsr").read_bytes()[:cut],
            message=MESSAGE,
            certificates=(given / "ts_chain.pem").read_bytes(),
            nonce=None,
        )


# --- an authority of our own: openssl ts -----------------------------------------------------------


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    return open_authority(tmp_path)


def test_a_checkpoint_is_stamped_kept_and_checked(authority: Path, tmp_path: Path) -> None:
    asked = stamp.request(SIGNED)
    response = reply(authority, asked.body)
    certificates = (authority / "root.pem").read_bytes()
    found = stamp.verify(response, signed=SIGNED, certificates=certificates, nonce=asked.nonce)
    assert found.policy == "1.2.3.4.1"
    stamp.keep(tmp_path, SIGNED, response)
    ((signed, stamped),) = stamp.kept(tmp_path)
    assert stamp.verify(stamped, signed=signed, certificates=certificates) == found
    assert (tmp_path / "stamps/3.tsr").read_bytes() == response


def test_a_stamp_says_nothing_of_another_checkpoint_authority_or_request(authority: Path) -> None:
    asked = stamp.request(SIGNED)
    response = reply(authority, asked.body)
    certificates = (authority / "root.pem").read_bytes()
    other = checkpoint.sign(Checkpoint(SIGNER.name, 4, merkle.leaf_hash(b"leaf")), SIGNER)
    stranger = shared("vectors/rfc3161/test_tsa/ts_chain.pem").read_bytes()
    for signed, trusted, nonce in (
        (other, certificates, asked.nonce),
        (SIGNED, stranger, asked.nonce),
        (SIGNED, certificates, asked.nonce + 1),
        (b"no checkpoint", certificates, asked.nonce),
        (SIGNED, b"no certificates", asked.nonce),
        (SIGNED, (authority / "tsa.pem").read_bytes(), asked.nonce),
    ):
        with pytest.raises(StampInvalid):
            stamp.verify(response, signed=signed, certificates=trusted, nonce=nonce)


def test_a_certificate_that_is_not_for_time_stamping_is_refused(authority: Path) -> None:
    """openssl itself will not sign with one; so the leaf is taken for the root it is not."""
    response = reply(authority, stamp.request(SIGNED).body)
    with pytest.raises(StampInvalid, match="no root"):
        stamp.verify(response, signed=SIGNED, certificates=(authority / "tsa.pem").read_bytes())


def test_what_was_not_granted_is_refused(authority: Path) -> None:
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    builder = TimestampRequestBuilder().data(SIGNED).hash_algorithm(HashAlgorithm.SHA512)  # it takes SHA-256 only
    with pytest.raises(StampInvalid, match=r"did not grant|not a time-stamp reply"):
        stamp.verify(
            reply(authority, builder.build().as_bytes()),
            signed=SIGNED,
            certificates=(authority / "root.pem").read_bytes(),
        )
