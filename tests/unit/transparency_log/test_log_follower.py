"""The follower: it believes nothing that does not continue what it has seen, and says what was done."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tenun.transparency_log import merkle, tile
from tenun.transparency_log.audit import verify_folder
from tenun.transparency_log.errors import LogAltered
from tenun.transparency_log.folder import CHECKPOINT, LogFolder
from tenun.transparency_log.follower import Follower, Wrong
from tenun.transparency_log.log import Log
from tenun.transparency_log.note import Signer
from tests.lib import log_tampering
from tests.lib.log_tampering import Served, fetch_from

SIGNER = Signer("desa.test/log", Ed25519PrivateKey.from_private_bytes(b"s" * 32))
STRANGER = Signer("desa.test/log", Ed25519PrivateKey.from_private_bytes(b"t" * 32))
ENTRIES = [b"entry %d" % number for number in range(900)]
FIRST, SECOND = 600, 900
BUNDLE_0, BUNDLE_2, BUNDLE_3 = "tile/entries/000", "tile/entries/002", "tile/entries/003.p/132"


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Served]:
    """One log, as it is served at several sizes."""
    folder = tmp_path_factory.mktemp("logs")
    return {size: log_tampering.write_log(folder / str(size), SIGNER, ENTRIES[:size]) for size in (0, 1, FIRST, SECOND)}


def follower_of(folder: Path, files: Served) -> Follower:
    return Follower(folder, fetch=fetch_from(files), verifiers=[SIGNER.verifier])


@pytest.fixture
def mirror(tmp_path: Path, logs: dict[int, Served]) -> Path:
    """A mirror that has followed to the first size."""
    assert follower_of(tmp_path / "mirror", logs[FIRST]).follow()
    return tmp_path / "mirror"


# --- a sound log -----------------------------------------------------------------------------------


def test_a_mirror_is_the_log_and_an_auditor_can_verify_it(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", SIGNER)
    folder = tmp_path / "mirror"
    follower = Follower(folder, fetch=LogFolder(tmp_path / "log").serve, verifiers=[SIGNER.verifier])
    assert follower.latest() is None
    assert follower.follow().checkpoint is None, "there is no log yet, and nothing wrong with that"
    done = 0
    for size in (0, 1, 2, 255, 256, 257, 511, 600):
        log.append_all(ENTRIES[done:size]) if size else log.checkpoint()
        looked = follower.follow()
        assert looked
        assert looked.added == size - done
        assert looked.checkpoint == follower.latest() == log.checkpoint()
        audit = verify_folder(folder, verifiers=[SIGNER.verifier])
        assert audit
        assert audit.checkpoint == log.checkpoint()
        assert list(LogFolder(folder).entries(size=size)) == ENTRIES[:size]
        done = size
    again = follower.follow()
    assert (bool(again), again.added) == (True, 0)
    assert again.rechecked == 2 * 2 + 2 + 1  # two full bundles and tiles; the open ones; the tile above
    assert follower.recheck().rechecked == again.rechecked


def test_a_mirror_goes_on_in_another_process(mirror: Path, logs: dict[int, Served]) -> None:
    looked = follower_of(mirror, logs[SECOND]).follow()
    assert looked
    assert looked.added == SECOND - FIRST
    assert verify_folder(mirror, verifiers=[SIGNER.verifier])


def test_what_is_checked_again_is_taken_in_turn(mirror: Path, logs: dict[int, Served]) -> None:
    asked: list[str] = []

    def fetch(path: str) -> bytes:
        asked.append(path)
        return logs[FIRST][path]

    count = len(logs[FIRST]) - 1
    for _ in range(count):  # each time a new process
        assert Follower(mirror, fetch=fetch, verifiers=[SIGNER.verifier]).follow(recheck=1).rechecked == 1
    assert set(asked) == set(logs[FIRST])
    (mirror / "rechecked").write_bytes(b"\xff torn")
    assert Follower(mirror, fetch=fetch, verifiers=[SIGNER.verifier]).follow(recheck=1).rechecked == 1


def test_a_log_that_is_not_reached_is_not_a_log_that_is_wrong(mirror: Path) -> None:
    def fetch(path: str) -> bytes:
        raise ConnectionError("down")

    with pytest.raises(ConnectionError):
        Follower(mirror, fetch=fetch, verifiers=[SIGNER.verifier]).follow()


def test_a_mirror_that_was_altered_itself_is_found_out(mirror: Path, logs: dict[int, Served]) -> None:
    path = mirror / "tile/0/002.p/88"
    content = bytearray(path.read_bytes())
    content[5] ^= 1
    path.write_bytes(content)
    with pytest.raises(LogAltered):
        follower_of(mirror, logs[SECOND]).follow(recheck=0)
    (mirror / CHECKPOINT).write_bytes(b"nonsense")
    with pytest.raises(LogAltered):
        follower_of(mirror, logs[SECOND]).latest()


# --- what is wrong, case by case -------------------------------------------------------------------


def entries_with(change: Callable[[list[bytes]], object], path: str) -> Callable[[Served], Served]:
    def altered(files: Served) -> Served:
        entries = tile.decode_bundle(files[path])
        change(entries)
        return {**files, path: tile.encode_bundle(entries)}

    return altered


def bytes_with(change: Callable[[bytearray], object], path: str) -> Callable[[Served], Served]:
    def altered(files: Served) -> Served:
        content = bytearray(files[path])
        change(content)
        return {**files, path: bytes(content)}

    return altered


def without(path: str) -> Callable[[Served], Served]:
    return lambda files: {each: content for each, content in files.items() if each != path}


def flip_at(place: int) -> Callable[[bytearray], object]:
    def change(content: bytearray) -> None:
        content[place] ^= 1

    return change


def swap(one: int, other: int) -> Callable[[list[bytes]], object]:
    def change(entries: list[bytes]) -> None:
        entries[one], entries[other] = entries[other], entries[one]

    return change


CASES = {
    "an old entry": (bytes_with(flip_at(2 + 3), BUNDLE_0), Wrong.FLIPPED, BUNDLE_0, (0,)),
    "a new entry": (bytes_with(flip_at(2 + 3), BUNDLE_3), Wrong.FLIPPED, BUNDLE_3, (768,)),
    "an old entry in the bundle that grew": (bytes_with(flip_at(5), BUNDLE_2), Wrong.FLIPPED, BUNDLE_2, (512,)),
    "an old hash": (bytes_with(flip_at(32 * 7), "tile/0/001"), Wrong.FLIPPED, "tile/0/001", (263,)),
    "an old hash in the tile that grew": (bytes_with(flip_at(9), "tile/0/002"), Wrong.FLIPPED, "tile/0/002", (512,)),
    "a new hash": (bytes_with(flip_at(32 * 4), "tile/0/003.p/132"), Wrong.FLIPPED, "tile/0/003.p/132", (772,)),
    "a hash above": (bytes_with(flip_at(40), "tile/1/000.p/3"), Wrong.FLIPPED, "tile/1/000.p/3", ()),
    "an old entry dropped": (entries_with(lambda e: e.pop(9), BUNDLE_0), Wrong.DROPPED, BUNDLE_0, (9,)),
    "a new entry dropped": (entries_with(lambda e: e.pop(1), BUNDLE_3), Wrong.DROPPED, BUNDLE_3, (769,)),
    "old entries reordered": (entries_with(swap(3, 4), BUNDLE_0), Wrong.REORDERED, BUNDLE_0, (3, 4)),
    "new entries reordered": (entries_with(swap(0, 2), BUNDLE_3), Wrong.REORDERED, BUNDLE_3, (768, 770)),
    "an old bundle cut at an entry": (entries_with(lambda e: e.pop(), BUNDLE_0), Wrong.TRUNCATED, BUNDLE_0, (255,)),
    "a new bundle cut inside one": (bytes_with(lambda c: c.pop(), BUNDLE_3), Wrong.TRUNCATED, BUNDLE_3, (899,)),
    "an old bundle cut inside one": (bytes_with(lambda c: c.pop(), BUNDLE_0), Wrong.TRUNCATED, BUNDLE_0, (255,)),
    "an old tile cut inside a hash": (bytes_with(lambda c: c.pop(), "tile/0/000"), Wrong.TRUNCATED, "tile/0/000", ()),
    "a new tile cut at a hash": (lambda f: {**f, "tile/0/003.p/132": f["tile/0/003.p/132"][:-32]}, Wrong.TRUNCATED,
                                 "tile/0/003.p/132", (899,)),
    "an old bundle gone": (without(BUNDLE_0), Wrong.DROPPED, BUNDLE_0, ()),
    "a new bundle gone": (without(BUNDLE_3), Wrong.DROPPED, BUNDLE_3, ()),
    "a tile gone": (without("tile/0/002"), Wrong.DROPPED, "tile/0/002", ()),
    "the checkpoint gone": (without(CHECKPOINT), Wrong.DROPPED, CHECKPOINT, ()),
    "the checkpoint flipped": (bytes_with(flip_at(20), CHECKPOINT), Wrong.UNSIGNED, CHECKPOINT, ()),
    "another size without the key": (lambda f: log_tampering.resize(f, 901), Wrong.UNSIGNED, CHECKPOINT, ()),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_was_done_is_said_and_nothing_is_taken_over(mirror: Path, logs: dict[int, Served], case: str) -> None:
    tamper, wrong, file, entries = CASES[case]
    looked = follower_of(mirror, tamper(logs[SECOND])).follow()
    assert not looked
    faults = [(fault.wrong, fault.file, fault.entries) for fault in looked.faults]
    assert faults == [(wrong, file, entries)]
    assert looked.checkpoint is not None
    assert looked.checkpoint.size == FIRST
    assert verify_folder(mirror, verifiers=[SIGNER.verifier])
    assert follower_of(mirror, logs[SECOND]).follow(), "and the log itself is followed as if nothing had been"
    assert verify_folder(mirror, verifiers=[SIGNER.verifier])


@pytest.mark.parametrize("recheck", [None, 0])
@pytest.mark.parametrize(
    ("place", "entries"),
    [
        (0, [b"x", *ENTRIES[1:]]),
        (599, [*ENTRIES[:599], b"x", *ENTRIES[600:]]),
        (300, ENTRIES[:300] + ENTRIES[301:]),
    ],
)
def test_a_fork_is_called_one_whatever_is_checked_again(
    mirror: Path, tmp_path: Path, place: int, entries: list[bytes], recheck: int | None
) -> None:
    """Signed, consistent in itself, and not what was signed before."""
    files = log_tampering.write_log(tmp_path / "fork", SIGNER, entries)
    follower = follower_of(mirror, files)
    looked = follower.follow(recheck=recheck)
    assert looked.faults[0].wrong is Wrong.FORKED
    assert looked.faults[0].entries[0] == place
    (kept,) = follower.evidence()
    assert kept.read_bytes() == files[CHECKPOINT]


def test_a_fork_of_the_same_size_and_a_shorter_one_are_told_from_a_log_that_was_put_back(
    mirror: Path, tmp_path: Path, logs: dict[int, Served]
) -> None:
    same = log_tampering.write_log(tmp_path / "same", SIGNER, [*ENTRIES[: FIRST - 1], b"x"])
    shorter = log_tampering.write_log(tmp_path / "shorter", SIGNER, [*ENTRIES[:300], b"x"])
    back = log_tampering.write_log(tmp_path / "back", SIGNER, ENTRIES[:301])
    for files, wrong in ((same, Wrong.FORKED), (shorter, Wrong.FORKED), (back, Wrong.TRUNCATED)):
        (fault,) = follower_of(mirror, files).follow().faults
        assert fault.wrong is wrong
    assert follower_of(mirror, logs[1]).follow().faults[0].entries == (1, FIRST - 1)


def test_a_checkpoint_over_something_that_is_not_served_is_a_fork(
    mirror: Path, tmp_path: Path, logs: dict[int, Served]
) -> None:
    other = log_tampering.write_log(tmp_path / "other", SIGNER, [*ENTRIES[: SECOND - 1], b"x"])
    looked = follower_of(mirror, {**logs[SECOND], CHECKPOINT: other[CHECKPOINT]}).follow()
    assert [fault.wrong for fault in looked.faults] == [Wrong.FORKED]


def test_another_key_of_the_same_name_is_not_followed(mirror: Path, tmp_path: Path) -> None:
    files = log_tampering.write_log(tmp_path / "other", STRANGER, ENTRIES)
    (fault,) = follower_of(mirror, files).follow().faults
    assert fault.wrong is Wrong.UNSIGNED


def test_a_change_in_an_old_file_is_found_without_a_new_checkpoint(mirror: Path, logs: dict[int, Served]) -> None:
    files = bytes_with(flip_at(2), BUNDLE_0)(logs[FIRST])
    follower = follower_of(mirror, files)
    for looked in (follower.recheck(), follower.follow()):
        assert [(fault.wrong, fault.entries) for fault in looked.faults] == [(Wrong.FLIPPED, (0,))]


# --- many, at random -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", log_tampering.WITHOUT_KEY)
@pytest.mark.parametrize("size", [FIRST, SECOND])
def test_any_byte_that_is_altered_is_found_before_the_next_checkpoint_is_taken(
    mirror: Path, logs: dict[int, Served], kind: str, size: int
) -> None:
    chance = Random(f"{kind} {size}")  # the same trials on every run
    for trial in range(12):
        files = log_tampering.WITHOUT_KEY[kind](logs[size], chance)
        looked = follower_of(mirror, files).follow()
        assert looked.faults, f"{kind}, trial {trial}"
        latest = follower_of(mirror, files).latest()
        assert latest is not None
        assert latest.size == FIRST
    assert follower_of(mirror, logs[size]).follow()


def test_any_fork_is_found(mirror: Path, tmp_path: Path) -> None:
    chance = Random(1)
    for _ in range(8):
        files = log_tampering.fork(tmp_path / "fork", SIGNER, ENTRIES, FIRST, chance)
        shutil.rmtree(tmp_path / "fork")
        looked = follower_of(mirror, files).follow()
        assert looked.faults[0].wrong is Wrong.FORKED


def test_a_log_that_was_wrong_from_the_start_is_never_followed(tmp_path: Path, logs: dict[int, Served]) -> None:
    chance = Random(2)
    for number, tamper in enumerate(log_tampering.WITHOUT_KEY.values()):
        files = tamper(logs[FIRST], chance)
        looked = follower_of(tmp_path / str(number), files).follow()
        if CHECKPOINT in files:
            assert looked.faults
        assert looked.checkpoint is None
        assert looked.as_dict()["size"] == 0


def test_roots_of_mirror_and_log_agree(mirror: Path, logs: dict[int, Served]) -> None:
    latest = follower_of(mirror, logs[FIRST]).latest()
    assert latest is not None
    leaves = [merkle.leaf_hash(entry) for entry in ENTRIES[:FIRST]]
    assert latest.root == merkle.root(FIRST, merkle.nodes_of(leaves))
