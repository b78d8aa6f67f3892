"""litewitness's own test scripts (torchwood): every request in them gets the status and body they ask for.

A script is a txtar archive: commands that set the witness up, keys, and Hurl files with requests. What is read
of it here: `witnessctl add-sigsum-log`, `add-log` and `add-key`, the witness's name and keys, and each request
with its assertions. Scripts that reach the witness through a bastion test the bastion and are left out.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

from tenun.transparency_log import note
from tenun.transparency_log.cosignature import Cosigner, decode_verifier
from tenun.transparency_log.note import NoteVerifier, Verifier
from tenun.transparency_log.witness import SIZE, Witness
from tests.lib.shared_data import ROOT, shared

SCRIPTS = sorted((ROOT / "vectors/tlog-witness-torchwood").glob("*.txt"))

EXCHANGE = re.compile(
    r"^POST \S+/add-checkpoint\n```\n((?:(?!```).*\n)*)```\n"
    r"HTTP (\d+)\n(?:\[Asserts\]\n((?:(?!POST ).*\n?)*))?",
    flags=re.MULTILINE,
)

LITEWITNESS_UNKNOWN_LOG = 403
"""The specification says 404. litewitness answers 403, and its scripts say so; ours can be told to."""


@dataclass(frozen=True)
class Exchange:
    body: bytes
    status: int
    asserts: tuple[str, ...]


@dataclass(frozen=True)
class Script:
    commands: str
    files: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> Script:
        parts = re.split(r"^-- (\S+) --\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        return cls(parts[0], dict(zip(parts[1::2], parts[2::2], strict=True)))

    def logs(self) -> dict[str, list[NoteVerifier]]:
        found: dict[str, list[NoteVerifier]] = {}
        for key in re.findall(r"witnessctl add-sigsum-log\b.*?-key[= ](\S+)", self.commands):
            public = bytes.fromhex(key)
            origin = f"sigsum.org/v1/tree/{hashlib.sha256(public).hexdigest()}"
            found.setdefault(origin, []).append(Verifier(origin, public))
        for origin in re.findall(r"witnessctl add-log\b.*?-origin[= ](\S+)", self.commands):
            found.setdefault(origin, [])
        for line in re.findall(r"witnessctl add-key\b(.*)", self.commands):
            origin, key = (re.search(rf"-{name}[= ](\S+)", line) for name in ("origin", "key"))
            assert origin is not None
            assert key is not None
            found[origin[1]].append(decode_verifier(key[1]))
        return found

    def cosigners(self) -> list[Cosigner]:
        started = re.search(r"exec litewitness\b(.*)", self.commands)
        assert started is not None
        name = re.search(r"-name[= ](\S+)", started[1])
        assert name is not None
        wanted = re.findall(r"-key[= ](\S+)", started[1])
        keys = [load_ssh_private_key(text.encode(), None) for file, text in self.files.items() if "key" in file]
        return [
            Cosigner(name[1], key)
            for key in keys
            if isinstance(key, Ed25519PrivateKey) and {*_fingerprints(key)} & {*wanted}
        ]

    def exchanges(self) -> list[Exchange]:
        text = "\n".join(content for file, content in self.files.items() if file.endswith(".hurl"))
        found = EXCHANGE.findall(text)
        return [
            Exchange(body.encode(), int(status), tuple(line for line in asserts.split("\n") if _is_assert(line)))
            for body, status, asserts in found
        ]


def _is_assert(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _fingerprints(key: Ed25519PrivateKey) -> tuple[str, str]:
    """As litewitness's -key names a key: hex of the raw key's digest, or ssh's own fingerprint."""
    public = key.public_key()
    wire = base64.b64decode(public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1])
    ssh = base64.b64encode(hashlib.sha256(wire).digest()).decode().rstrip("=")
    return hashlib.sha256(public.public_bytes_raw()).hexdigest(), f"SHA256:{ssh}"


def check(assertion: str, body: str, content_type: str) -> None:
    found = re.fullmatch(r'(body|header "Content-Type") (==|contains|matches|startsWith) "(.*)"', assertion)
    assert found is not None, f"an assertion that is not understood: {assertion}"
    subject = body if found[1] == "body" else content_type
    value = found[3].encode().decode("unicode_escape").encode("latin-1").decode() if "\\" in found[3] else found[3]
    if found[2] == "==":
        assert subject == value
    elif found[2] == "contains":
        assert value in subject
    elif found[2] == "startsWith":
        assert subject.startswith(value)
    else:
        assert re.search(value, subject)


def test_the_scripts_are_there() -> None:
    shared("vectors/tlog-witness-torchwood")
    assert SCRIPTS
    assert sum(len(Script.read(path).exchanges()) for path in SCRIPTS) >= 9


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_request_of_a_script_is_answered_as_it_asks(path: Path, tmp_path: Path) -> None:
    script = Script.read(path)
    if "bastion" in script.commands:
        pytest.skip("the script tests a bastion, which is not part of this node")
    cosigners = script.cosigners()
    assert cosigners
    exchanges = script.exchanges()
    assert exchanges
    assert len(exchanges) == sum(text.count("POST ") for file, text in script.files.items() if file.endswith(".hurl"))
    for exchange in exchanges:
        # Each request goes to a witness that was started anew: what it knows is on disk.
        witness = Witness(tmp_path, cosigners, logs=script.logs(), unknown_log=LITEWITNESS_UNKNOWN_LOG)
        status, body, content_type = witness.add_checkpoint(exchange.body)
        assert status == exchange.status, body
        for assertion in exchange.asserts:
            check(assertion, body.decode(), content_type)
        assert (content_type == SIZE) == (status == 409)
        if status == 200:
            signed = exchange.body.partition(b"\n\n")[2] + body
            by = note.lines_by(signed, verifiers=[cosigner.verifier for cosigner in cosigners])
            assert len(by) == len(cosigners)
    for origin, size in zip(script.logs(), re.findall(r'"size":(\d+)', script.commands), strict=False):
        latest = Witness(tmp_path, cosigners, logs=script.logs()).latest(origin)
        assert latest is not None
        assert latest.size == int(size)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_an_unknown_log_is_not_found_as_the_specification_has_it(path: Path, tmp_path: Path) -> None:
    script = Script.read(path)
    for exchange in script.exchanges():
        answer = Witness(tmp_path, Cosigner("w.test", Ed25519PrivateKey.generate()), logs={}).add_checkpoint(
            exchange.body
        )
        assert (answer.status, answer.body) == (404, b"unknown log\n")
