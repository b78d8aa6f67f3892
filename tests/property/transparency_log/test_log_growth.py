"""However a log grows, by whoever, settled, reopened or robbed of unsettled files: it is the entries in their order."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenun.transparency_log import checkpoint, merkle, tile
from tenun.transparency_log.audit import verify_folder
from tenun.transparency_log.checkpoint import Checkpoint
from tenun.transparency_log.cosignature import Cosigner
from tenun.transparency_log.edge import Edge
from tenun.transparency_log.errors import NoteInvalid
from tenun.transparency_log.folder import LogFolder
from tenun.transparency_log.follower import Follower
from tenun.transparency_log.log import Log
from tenun.transparency_log.note import Signer
from tenun.transparency_log.witness import Witness

SIGNER = Signer("tenun.test/log", Ed25519PrivateKey.from_private_bytes(b"s" * 32))
COSIGNER = Cosigner("tenun.test/witness", Ed25519PrivateKey.from_private_bytes(b"w" * 32))

STEPS = st.one_of(
    st.tuples(st.just("append"), st.integers(1, 3), st.integers(0, 1)),
    st.tuples(st.just("append"), st.integers(100, 300), st.integers(0, 1)),
    st.tuples(st.sampled_from(["settle", "reopen", "follow"]), st.just(0), st.integers(0, 1)),
    st.tuples(st.just("lose"), st.integers(0, 10_000), st.integers(0, 1)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=1, max_size=12))
def test_a_log_is_its_entries_whatever_happens_to_it(steps: list[tuple[str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "log"
        writers = [Log(folder, SIGNER), Log(folder, SIGNER)]
        follower = Follower(Path(made) / "mirror", fetch=LogFolder(folder).serve, verifiers=[SIGNER.verifier])
        entries: list[bytes] = []
        writers[0].checkpoint()
        for step, number, who in steps:
            if step == "append":
                new = [b"%d" % place for place in range(len(entries), len(entries) + number)]
                assert [each.index for each in writers[who].append_all(new)] == list(
                    range(len(entries), len(entries) + number)
                )
                entries += new
            elif step == "settle":
                writers[who].settle()
            elif step == "reopen":
                writers[who] = Log(folder, SIGNER)
            elif step == "follow":
                assert follower.follow()
            else:
                _power_cut(folder, number)
                writers = [Log(folder, SIGNER), Log(folder, SIGNER)]
                writers[who].checkpoint()
            assert writers[who].size() == len(entries)
            state = checkpoint.verify(LogFolder(folder).checkpoint() or b"", verifiers=[SIGNER.verifier])
            assert state.size == len(entries)
            assert list(LogFolder(folder).entries(size=len(entries))) == entries
        assert verify_folder(folder, verifiers=[SIGNER.verifier])
        assert follower.follow()
        assert verify_folder(Path(made) / "mirror", verifiers=[SIGNER.verifier])


def _power_cut(folder: Path, choice: int) -> None:
    """One file that was not flushed yet is lost or torn: any that came since the write-ahead file's base."""
    log = Log(folder, SIGNER)
    base = log._ahead.base()
    assert base is not None
    size = checkpoint.parse(base.signed.decode().rpartition("\n\n")[0] + "\n").size
    kept = {tile.bundle_path(index, tile.width_of(size, 0, index)) for index in range(-(-size // tile.WIDTH))}
    level = 0
    while size >> (tile.HEIGHT * level):
        count = -(-(size >> (tile.HEIGHT * level)) // tile.WIDTH)
        kept |= {tile.tile_path(level, index, tile.width_of(size, level, index)) for index in range(count)}
        level += 1
    unflushed = sorted(
        path for path in (folder / "tile").rglob("*") if path.is_file() and str(path.relative_to(folder)) not in kept
    )
    if not unflushed:
        return
    lost = unflushed[choice % len(unflushed)]
    if choice % 3:
        lost.write_bytes(lost.read_bytes()[: choice % 50])
    else:
        lost.unlink()


@given(st.integers(0, 700), st.data())
@settings(max_examples=30, deadline=None)
def test_the_edge_gives_the_root_of_rfc_6962_at_every_size(size: int, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, size))
    edge = Edge()
    leaves = [merkle.leaf_hash(b"%d" % number) for number in range(size)]
    for number in range(size):
        edge.push(b"%d" % number)
        if number + 1 == cut:
            assert edge.root() == merkle.root(cut, merkle.nodes_of(leaves[:cut]))
    assert edge.root() == merkle.root(size, merkle.nodes_of(leaves))


GOOD = b"old 0\n\n" + checkpoint.sign(Checkpoint(SIGNER.name, 1, merkle.leaf_hash(b"leaf")), SIGNER)


@given(st.one_of(st.binary(max_size=300), st.data()))
@settings(max_examples=200, deadline=None)
def test_a_witness_answers_whatever_it_is_sent(sent: bytes | st.DataObject) -> None:
    if isinstance(sent, bytes):
        body = sent
    else:
        at = sent.draw(st.integers(0, len(GOOD) - 1))
        body = GOOD[:at] + sent.draw(st.binary(max_size=6)) + GOOD[at + sent.draw(st.integers(0, 3)) :]
    with tempfile.TemporaryDirectory() as made:
        watching = Witness(Path(made), COSIGNER, logs={SIGNER.name: [SIGNER.verifier]})
        answer = watching.add_checkpoint(body)
        assert answer.status in {200, 400, 403, 404, 409, 422}
        assert (answer.status == 200) == ("—".encode() in answer.body)
        assert (watching.latest(SIGNER.name) is not None) == (answer.status == 200)


@given(st.text(max_size=60), st.integers(0, 1 << 70), st.binary(max_size=40))
def test_a_checkpoint_that_parses_is_written_as_it_was_read(origin: str, size: int, root: bytes) -> None:
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    try:
        state = checkpoint.parse(text)
    except NoteInvalid:
        assert not origin or "\n" in origin or size >= 1 << 63 or len(root) != 32
        return
    assert state.text() == text
