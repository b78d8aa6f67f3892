"""The witness: it signs only what provably grew, remembers it first, and keeps what contradicts it."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from tenun.transparency_log import checkpoint, crash, merkle, note, witness
from tenun.transparency_log.checkpoint import Checkpoint
from tenun.transparency_log.cosignature import Cosigner, times
from tenun.transparency_log.errors import NoteInvalid, ProofInvalid, WitnessDamaged, WitnessRefused
from tenun.transparency_log.log import Log
from tenun.transparency_log.note import Signer
from tenun.transparency_log.witness import SIZE, TEXT, Witness

SIGNER = Signer("desa.test/log", Ed25519PrivateKey.from_private_bytes(b"s" * 32))
STRANGER = Signer("desa.test/log", Ed25519PrivateKey.from_private_bytes(b"t" * 32))
COSIGNER = Cosigner("naker.test/witness", Ed25519PrivateKey.from_private_bytes(b"w" * 32), now=lambda: 1_700_000_000)
LOGS = {SIGNER.name: [SIGNER.verifier]}
LEAF = merkle.leaf_hash(b"leaf")
OTHER = merkle.leaf_hash(b"other")


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "log", SIGNER)


@pytest.fixture
def watching(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness", COSIGNER, logs=LOGS)


def post_to(watching: Witness) -> Callable[[bytes], tuple[int, bytes]]:
    return lambda body: watching.add_checkpoint(body)[:2]


def body_of(
    *, old: int, size: int, root: bytes, proof: tuple[bytes, ...] = (), signer: Signer = SIGNER, origin: str = ""
) -> bytes:
    state = Checkpoint(origin or signer.name, size, root)
    lines = "".join(f"{base64.b64encode(value).decode()}\n" for value in proof)
    return f"old {old}\n{lines}\n".encode() + checkpoint.sign(state, signer)


# --- the rules, as a table -------------------------------------------------------------------------

# (known size, old size, new size, root of the new, proof) -> status. The known root is LEAF at size 1.
RULES = [
    ("an empty log", 0, 0, 0, merkle.EMPTY_ROOT, (), 200),
    ("an empty log with another root", 0, 0, 0, LEAF, (), 422),
    ("an empty log with a root of zeroes", 0, 0, 0, bytes(32), (), 422),
    ("an empty log with a proof", 0, 0, 0, merkle.EMPTY_ROOT, (LEAF,), 422),
    ("the first entries", 0, 0, 1, LEAF, (), 200),
    ("the first entries with a proof", 0, 0, 1, LEAF, (LEAF,), 422),
    ("the old size is not ours", 1, 0, 1, LEAF, (), 409),
    ("the old size is not ours, and a proof", 1, 0, 1, LEAF, (LEAF,), 409),
    ("an old size beyond the new", 1, 1, 0, merkle.EMPTY_ROOT, (), 400),
    ("an old size beyond the new and ours", 1, 2, 1, LEAF, (), 400),
    ("the same again", 1, 1, 1, LEAF, (), 200),
    ("the same again with a proof", 1, 1, 1, LEAF, (OTHER,), 422),
    ("the same size with another root", 1, 1, 1, OTHER, (), 409),
    ("growth with its proof", 1, 1, 2, merkle.node_hash(LEAF, OTHER), (OTHER,), 200),
    ("growth without proof", 1, 1, 2, merkle.node_hash(LEAF, OTHER), (), 422),
    ("growth with another's proof", 1, 1, 2, merkle.node_hash(LEAF, OTHER), (LEAF,), 422),
    ("growth of another beginning", 1, 1, 2, merkle.node_hash(OTHER, OTHER), (OTHER,), 422),
    ("growth with too long a proof", 1, 1, 2, merkle.node_hash(LEAF, OTHER), (OTHER, LEAF), 422),
]


@pytest.mark.parametrize(
    ("known", "old", "size", "root", "proof", "status"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES]
)
def test_each_request_gets_the_status_of_the_specification(
    watching: Witness, known: int, old: int, size: int, root: bytes, proof: tuple[bytes, ...], status: int
) -> None:
    if known:
        assert watching.add_checkpoint(body_of(old=0, size=1, root=LEAF)).status == 200
    before = watching.latest(SIGNER.name)
    body = body_of(old=old, size=size, root=root, proof=proof)
    answer = watching.add_checkpoint(body)
    assert answer.status == status
    if status == 200:
        assert answer.content_type == TEXT
        signed = body.partition(b"\n\n")[2] + answer.body
        assert times(signed, witnesses=[COSIGNER.verifier]) == {COSIGNER.verifier: 1_700_000_000}
        assert watching.latest(SIGNER.name) == Checkpoint(SIGNER.name, size, root)
    else:
        assert "—".encode() not in answer.body
        assert watching.latest(SIGNER.name) == before
    if status == 409:
        assert (answer.body, answer.content_type) == (b"%d\n" % known, SIZE)


GOOD = body_of(old=0, size=1, root=LEAF)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"old 0",
        b"old 0\n",
        b"old 0\n\n",
        GOOD.replace(b"old 0", b"old 00"),
        GOOD.replace(b"old 0", b"old -1"),
        GOOD.replace(b"old 0", b"old +0"),
        GOOD.replace(b"old 0", b"old 0 "),
        GOOD.replace(b"old 0", b"old  0"),
        GOOD.replace(b"old 0", b"Old 0"),
        GOOD.replace(b"old 0", b"old \xd9\xa0"),  # a digit, and not an ASCII one
        GOOD.replace(b"old 0", b"old 9223372036854775808"),
        GOOD.replace(b"old 0", b"old " + b"9" * 5000),
        GOOD.replace(b"old 0\n", b"old 0\r\n"),
        GOOD.replace(b"old 0\n", b""),
        GOOD.replace(b"old 0\n", b"old 0\nno hash\n"),
        GOOD.replace(b"old 0\n", b"old 0\nAAAA\n"),
        GOOD.replace(b"old 0\n", b"old 0\n" + base64.b64encode(LEAF).rstrip(b"=") + b"\n"),
        GOOD.replace(b"old 0\n", b"old 0\n" + (base64.b64encode(LEAF) + b"\n") * 64),
        GOOD[:-1],
        GOOD + b"\n",
        GOOD.replace(b"desa.test", b"desa\x00test", 1),
        GOOD[:-40] + b"\xff" + GOOD[-40:],
        b"old 0\n\n" + b"x" * (300 * 1024),
    ],
)  # fmt: skip
def test_a_malformed_request_is_refused_and_changes_nothing(watching: Witness, bad: bytes) -> None:
    answer = watching.add_checkpoint(bad)
    assert (answer.status, answer.content_type) == (400, TEXT)
    assert watching.latest(SIGNER.name) is None


@pytest.mark.parametrize(
    "text",
    [
        "desa.test/log\n01\n{root}\n",
        "desa.test/log\n1\n",
        "desa.test/log\n1\nAAAA\n",
        "desa.test/log\n1\n{root}\n\nmore\n",
    ],
)
def test_what_the_log_signed_and_is_no_checkpoint_is_malformed(watching: Witness, text: str) -> None:
    signed = note.sign(text.format(root=base64.b64encode(LEAF).decode()), SIGNER)
    assert watching.add_checkpoint(b"old 0\n\n" + signed).status == 400


def test_an_unknown_log_is_not_found_and_a_strangers_signature_forbidden(watching: Witness) -> None:
    unknown = Signer("unknown.test/log", SIGNER.private_key)
    assert watching.add_checkpoint(body_of(old=0, size=1, root=LEAF, signer=unknown)).status == 404
    assert watching.add_checkpoint(body_of(old=0, size=1, root=LEAF, signer=STRANGER)).status == 403
    for torn in (GOOD.replace(b"\n1\n", b"\n2\n"), GOOD.replace("—".encode(), b"-"), GOOD[:-5] + b"\n"):
        assert watching.add_checkpoint(torn).status == 403
    assert watching.latest(SIGNER.name) is None


def test_signatures_of_unknown_keys_are_passed_over_and_not_kept(watching: Witness, tmp_path: Path) -> None:
    state = Checkpoint(SIGNER.name, 1, LEAF)
    foreign = [
        line
        for each in (STRANGER, Signer("x.test", STRANGER.private_key))
        for line in note.split(note.sign(state.text(), each))[1]
    ]
    signed = note.add_lines(note.sign(state.text(), SIGNER), foreign)
    answer = watching.add_checkpoint(b"old 0\n\n" + signed)
    assert answer.status == 200
    (kept,) = tmp_path.glob("witness/*/latest")
    assert kept.read_bytes() == note.sign(state.text(), SIGNER)


def test_what_was_signed_is_on_disk_before_it_is_told(tmp_path: Path) -> None:
    """Killed behind the record, it knows; killed before it, nothing was told."""
    for place, size in (("witness.before_record", 0), ("witness.after_record", 1)):
        folder = tmp_path / place
        child = (
            "import sys; from pathlib import Path\n"
            "from tests.unit.transparency_log.test_witness import COSIGNER, GOOD, LOGS\n"
            "from tenun.transparency_log.witness import Witness\n"
            "print(Witness(Path(sys.argv[1]), COSIGNER, logs=LOGS).add_checkpoint(GOOD))"
        )
        done = subprocess.run(
            [sys.executable, "-c", child, str(folder)],
            env=dict(os.environ, **{crash.ENVIRONMENT: place}),
            cwd=Path(__file__).resolve().parents[3],
            capture_output=True,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        assert done.stdout == b""
        latest = Witness(folder, COSIGNER, logs=LOGS).latest(SIGNER.name)
        assert (latest.size if latest else 0) == size


def test_of_two_requests_at_once_the_later_never_takes_the_log_back(tmp_path: Path, log: Log) -> None:
    log.append(b"0")
    watching = Witness(tmp_path / "witness", COSIGNER, logs=LOGS)
    assert watching.add_checkpoint(witness.request(log.files, 0)).status == 200
    bodies = []
    for number in range(1, 9):
        log.append(b"%d" % number)
        bodies.append(witness.request(log.files, 1))
    answers: list[tuple[int, int]] = []

    def send(size: int, body: bytes) -> None:
        answers.append((size, Witness(tmp_path / "witness", COSIGNER, logs=LOGS).add_checkpoint(body).status))

    threads = [threading.Thread(target=send, args=each) for each in enumerate(bodies, start=2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (accepted,) = [size for size, status in answers if status == 200]
    assert [status for _, status in answers].count(409) == 7
    latest = watching.latest(SIGNER.name)
    assert latest is not None
    assert latest.size == accepted


def test_two_histories_are_kept_as_evidence_that_anyone_can_check(watching: Witness) -> None:
    watching.add_checkpoint(body_of(old=0, size=1, root=LEAF))
    assert watching.evidence(SIGNER.name) == ()
    for _ in range(2):
        assert watching.add_checkpoint(body_of(old=1, size=1, root=OTHER)).status == 409
    watching.add_checkpoint(body_of(old=1, size=2, root=OTHER))
    conflicting, unproven = watching.evidence(SIGNER.name)
    assert conflicting.name.startswith("conflicting-")
    assert unproven.name.startswith("unproven-")
    told = checkpoint.verify(conflicting.read_bytes(), verifiers=[SIGNER.verifier])
    latest = watching.latest(SIGNER.name)
    assert latest is not None
    assert (told.size, told.origin) == (latest.size, latest.origin)
    assert told.root != latest.root


def test_evidence_does_not_fill_the_disk(watching: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "EVIDENCE_MAX", 3)
    watching.add_checkpoint(body_of(old=0, size=1, root=LEAF))
    for number in range(5):
        watching.add_checkpoint(body_of(old=1, size=1, root=merkle.leaf_hash(b"%d" % number)))
    assert len(watching.evidence(SIGNER.name)) == 3


@pytest.mark.parametrize("content", [b"", b"torn", b"desa.test/log\n1\n"])
def test_a_damaged_record_stops_the_witness(watching: Witness, tmp_path: Path, content: bytes) -> None:
    watching.add_checkpoint(GOOD)
    (record,) = tmp_path.glob("witness/*/latest")
    record.write_bytes(content)
    with pytest.raises(WitnessDamaged):
        watching.add_checkpoint(GOOD)


def test_a_witness_with_two_keys_signs_with_both(tmp_path: Path, log: Log) -> None:
    modern = Cosigner(COSIGNER.name, MLDSA44PrivateKey.from_seed_bytes(b"m" * 32))
    watching = Witness(tmp_path / "witness", [COSIGNER, modern], logs=LOGS)
    log.append(b"one")
    witnesses = [COSIGNER.verifier, modern.verifier]
    cosigned = witness.ask(log.files, post_to(watching), witnesses=witnesses)
    assert len(times(cosigned, witnesses=witnesses)) == 2


def test_an_extension_line_is_signed_only_by_a_key_that_covers_it(tmp_path: Path) -> None:
    modern = Cosigner(COSIGNER.name, MLDSA44PrivateKey.from_seed_bytes(b"m" * 32))
    signed = note.sign(Checkpoint(SIGNER.name, 1, LEAF).text() + "an extension\n", SIGNER)
    both = Witness(tmp_path / "both", [COSIGNER, modern], logs=LOGS).add_checkpoint(b"old 0\n\n" + signed)
    by = note.lines_by(signed + both.body, verifiers=[COSIGNER.verifier, modern.verifier])
    assert [verifier for verifier, _ in by] == [COSIGNER.verifier]
    assert Witness(tmp_path / "one", modern, logs=LOGS).add_checkpoint(b"old 0\n\n" + signed).status == 400


# --- the log's half --------------------------------------------------------------------------------


def test_a_log_is_witnessed_as_it_grows(log: Log, watching: Witness) -> None:
    for size in (1, 2, 3, 255, 256, 257, 600):
        log.append_all([b"%d" % number for number in range(log.size(), size)])
        cosigned = witness.ask(log.files, post_to(watching), witnesses=[COSIGNER.verifier])
        assert cosigned == log.files.cosigned()
        assert checkpoint.verify(cosigned, verifiers=[SIGNER.verifier]).size == size
        assert COSIGNER.verifier in times(cosigned, witnesses=[COSIGNER.verifier])
    assert log.files.checkpoint() == checkpoint.sign(log.checkpoint(), SIGNER), "the log's own stays as it is"


def test_a_log_that_forgot_how_far_it_was_witnessed_is_told(log: Log, watching: Witness, tmp_path: Path) -> None:
    log.append_all([b"%d" % number for number in range(9)])
    witness.ask(log.files, post_to(watching), witnesses=[COSIGNER.verifier])
    (tmp_path / "log/checkpoint.cosigned").unlink()
    log.append(b"9")
    cosigned = witness.ask(log.files, post_to(watching), witnesses=[COSIGNER.verifier])
    assert checkpoint.verify(cosigned, verifiers=[SIGNER.verifier]).size == 10


def test_a_log_that_was_put_back_learns_it_from_its_witness(tmp_path: Path, watching: Witness) -> None:
    whole, short, fork = (Log(tmp_path / name, SIGNER) for name in ("whole", "short", "fork"))
    whole.append_all([b"a", b"b"])
    witness.ask(whole.files, post_to(watching), witnesses=[COSIGNER.verifier])
    short.append(b"a")
    with pytest.raises(WitnessRefused, match="seen 2 entries"):
        witness.ask(short.files, post_to(watching), witnesses=[COSIGNER.verifier])
    fork.append_all([b"a", b"other"])
    with pytest.raises(WitnessRefused, match="another history"):
        witness.ask(fork.files, post_to(watching), witnesses=[COSIGNER.verifier])
    fork.append(b"more")
    with pytest.raises(WitnessRefused, match="422"):
        witness.ask(fork.files, post_to(watching), witnesses=[COSIGNER.verifier])
    kinds = [path.name.partition("-")[0] for path in watching.evidence(SIGNER.name)]
    assert kinds == ["conflicting", "unproven"]


def test_a_request_for_a_size_that_never_was_is_an_error(log: Log) -> None:
    log.append(b"one")
    with pytest.raises(ProofInvalid):
        witness.request(log.files, 2)


def test_cosignatures_of_several_witnesses_are_merged_and_never_go_back(log: Log, tmp_path: Path) -> None:
    other = Cosigner("auditor.test/witness", Ed25519PrivateKey.from_private_bytes(b"a" * 32))
    known = [COSIGNER.verifier, other.verifier]
    answers = []
    for number in range(2):
        log.append(b"%d" % number)
        signed = log.files.checkpoint() or b""
        text, _ = note.split(signed)
        answers.append((signed, COSIGNER.line(text).encode(), other.line(text).encode()))
    (first, ours, _), (second, ours_then, others_then) = answers
    witness.keep(log.files, first, ours, witnesses=known)
    witness.keep(log.files, second, others_then, witnesses=known)
    witness.keep(log.files, first, ours, witnesses=known)
    witness.keep(log.files, second, ours_then, witnesses=known)
    later = Cosigner(COSIGNER.name, COSIGNER.private_key, now=lambda: 1_700_000_060)
    cosigned = witness.keep(log.files, second, later.line(note.split(second)[0]).encode(), witnesses=known)
    assert cosigned == (tmp_path / "log/checkpoint.cosigned").read_bytes()
    assert checkpoint.verify(cosigned, verifiers=[SIGNER.verifier]).size == 2
    assert set(times(cosigned, witnesses=known)) == set(known)
    assert times(cosigned, witnesses=known)[COSIGNER.verifier] == 1_700_000_060


@pytest.mark.parametrize("answer", [b"", b"nonsense\n"])
def test_an_answer_without_the_witnesss_signature_is_not_kept(log: Log, answer: bytes) -> None:
    log.append(b"one")
    stranger = Cosigner(COSIGNER.name, STRANGER.private_key)
    for given in (answer, stranger.line(note.split(log.files.checkpoint() or b"")[0]).encode()):
        with pytest.raises(NoteInvalid):
            witness.keep(log.files, log.files.checkpoint() or b"", given, witnesses=[COSIGNER.verifier])
    assert log.files.cosigned() is None
