"""The receipt: the other party's signed word, with the proof of its log, and for nothing but what it answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from tenun.agreement import party_keys
from tenun.agreement.vocabulary import Party
from tenun.exchange import pack, receipt, signature, unpack
from tenun.exchange.refusals import FileUnreadable, ReceiptMalformed, ReceiptOther, SignatureInvalid
from tenun.exchange.register import Register
from tenun.kernel import canonical_json
from tenun.transparency_log.folder import LogFolder
from tests.lib.forger import message_key
from tests.lib.two_nodes import Nodes


@pytest.fixture
def given(nodes: Nodes) -> Path:
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="53.17")
    return unpack.accept(nodes.naker, packed.file).receipt


def _payload(file: Path, nodes: Nodes) -> dict[str, Any]:
    keys = {message_key(nodes, Party.NAKER).thumbprint(): message_key(nodes, Party.NAKER)}
    payload, _ = signature.verify(file.read_text(), keys=keys, typ=signature.RECEIPT)
    value: dict[str, Any] = json.loads(payload)
    return value


def _write(value: Any, key: OKPKey, target: Path) -> Path:
    target.write_text(signature.sign(canonical_json.dumps(value), key, typ=signature.RECEIPT))
    return target


def test_a_receipt_is_checked_logged_and_remembered(nodes: Nodes, given: Path) -> None:
    """Pasal 3(1)a, 3(2)a: giving and receiving, shown."""
    checked = receipt.check(nodes.desa, given)
    assert checked.is_first
    (sent,) = Register(nodes.desa).sent()
    assert sent["receipt"]["log_index"] == checked.log_index
    files = LogFolder(nodes.desa.log)
    entry = json.loads(files.entry(checked.log_index, size=checked.log_index + 1))
    assert entry["type"] == "exchange.receipt_checked"
    assert entry["pack"]["id"] == sent["pack"]
    consumer = json.loads(LogFolder(nodes.naker.log).entry(checked.consumer_log_index, size=2))
    assert consumer["type"] == "exchange.accepted"


def test_the_same_receipt_again_is_valid_and_not_new(nodes: Nodes, given: Path) -> None:
    receipt.check(nodes.desa, given)
    assert not receipt.check(nodes.desa, given).is_first


def test_no_byte_of_a_receipt_can_be_changed(nodes: Nodes, given: Path, tmp_path: Path) -> None:
    token = given.read_text()
    keys = {message_key(nodes, Party.NAKER).thumbprint(): message_key(nodes, Party.NAKER)}
    for at in range(len(token)):
        altered = f"{token[:at]}{chr(ord(token[at]) ^ 1)}{token[at + 1 :]}"
        with pytest.raises(SignatureInvalid):
            signature.verify(altered, keys=keys, typ=signature.RECEIPT)
    changed = tmp_path / "changed.jws"
    changed.write_text(altered)
    with pytest.raises(SignatureInvalid):
        receipt.check(nodes.desa, changed)


def test_only_the_consumers_message_key_signs_a_receipt(nodes: Nodes, given: Path, tmp_path: Path) -> None:
    value = _payload(given, nodes)
    for key in (
        OKPKey.generate_key("Ed25519"),
        message_key(nodes, Party.DESA),
        party_keys.private(nodes.naker.keys, "log"),
    ):
        with pytest.raises(SignatureInvalid):
            receipt.check(nodes.desa, _write(value, key, tmp_path / "r.jws"))


@pytest.mark.parametrize(
    ("member", "value", "error"),
    [
        ("pack", "0" * 32, ReceiptOther),
        ("sequence", 9, ReceiptOther),
        ("manifest_sha256", "0" * 64, ReceiptOther),
        ("rev", "0" * 64, ReceiptOther),
        ("rows", 1, ReceiptOther),
        ("parts", 9, ReceiptOther),
        ("places", 9, ReceiptOther),
        ("purpose", "statistik-desa", ReceiptOther),
        ("type", "tenun-receipt/2", ReceiptMalformed),
        ("rows", "1", ReceiptMalformed),
        ("entry", "{}", ReceiptMalformed),
        ("proof", "c2sp.org/tlog-proof@v1\nindex 0\n\nx", ReceiptMalformed),
        ("more", 1, ReceiptMalformed),
    ],
)
def test_a_signed_receipt_that_says_something_else_does_not_count(
    nodes: Nodes, given: Path, tmp_path: Path, member: str, value: Any, error: type[Exception]
) -> None:
    forged = {**_payload(given, nodes), member: value}
    with pytest.raises(error):
        receipt.check(nodes.desa, _write(forged, message_key(nodes, Party.NAKER), tmp_path / "r.jws"))


def test_a_proof_of_another_pack_in_the_consumers_log_does_not_count(nodes: Nodes, given: Path, tmp_path: Path) -> None:
    other = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="52.01")
    second = _payload(unpack.accept(nodes.naker, other.file).receipt, nodes)
    forged = {**_payload(given, nodes), "entry": second["entry"], "proof": second["proof"]}
    with pytest.raises(ReceiptOther):
        receipt.check(nodes.desa, _write(forged, message_key(nodes, Party.NAKER), tmp_path / "r.jws"))


def test_a_receipt_for_a_pack_that_was_never_made_here_does_not_count(nodes: Nodes, given: Path) -> None:
    for record in (nodes.desa.exchange / "sent").iterdir():
        record.unlink()
    with pytest.raises(ReceiptOther):
        receipt.check(nodes.desa, given)


def test_a_receipt_says_where_it_is_to_be_checked(nodes: Nodes, given: Path, tmp_path: Path) -> None:
    assert receipt.claimed_provider(given) is Party.DESA
    other = tmp_path / "other.jws"
    other.write_text("a.b.c")
    assert receipt.claimed_provider(other) is None


@pytest.mark.parametrize("content", [b"", b"x", b"a.b.c", b"{}", b"\xff\xfe", b"x" * (2 << 20)])
def test_another_kind_of_file_is_no_receipt(nodes: Nodes, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "r.jws"
    file.write_bytes(content)
    with pytest.raises((SignatureInvalid, ReceiptMalformed)):
        receipt.check(nodes.desa, file)
    with pytest.raises(FileUnreadable):
        receipt.check(nodes.desa, tmp_path / "missing.jws")
