import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tenun.kernel.keys import FileKeys, KeyLost, MemoryKeys, pseudonym


def test_a_key_is_made_once_and_stays(tmp_path: Path) -> None:
    first = FileKeys(tmp_path / "keys").secret("lake")
    assert len(first) == 64
    assert FileKeys(tmp_path / "keys").secret("lake") == first
    assert FileKeys(tmp_path / "keys").secret("person") != first


def test_key_files_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    FileKeys(tmp_path / "keys").secret("lake")
    for path in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_that_ask_at_once_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: FileKeys(tmp_path).secret("lake"), range(32)))
    assert len(keys) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"lake.key", "lake.key.sha256"}


def test_a_pseudonym_depends_on_key_and_parts_and_their_borders() -> None:
    key = MemoryKeys().secret("person")
    assert pseudonym(key, "a", "b") == pseudonym(key, "a", "b")
    assert len(pseudonym(key, "a")) == 32
    assert pseudonym(key, "ab", "c") != pseudonym(key, "a", "bc")
    assert pseudonym(key, "a") != pseudonym(MemoryKeys(b"other").secret("person"), "a")


def test_a_lost_key_is_told_and_not_made_anew(tmp_path: Path) -> None:
    keys = FileKeys(tmp_path)
    first = keys.secret("lake")
    (tmp_path / "lake.key").unlink()
    with pytest.raises(KeyLost):
        keys.secret("lake")
    assert not (tmp_path / "lake.key").exists()
    (tmp_path / "lake.key").write_bytes(first)
    assert keys.secret("lake") == first


def test_another_key_in_its_place_is_told(tmp_path: Path) -> None:
    keys = FileKeys(tmp_path)
    keys.secret("lake")
    (tmp_path / "lake.key").write_bytes(bytes(64))
    with pytest.raises(KeyLost):
        keys.secret("lake")


def test_a_key_from_before_digests_were_kept_stays_the_key(tmp_path: Path) -> None:
    (tmp_path / "lake.key").write_bytes(bytes(64))
    assert FileKeys(tmp_path).secret("lake") == bytes(64)
    assert (tmp_path / "lake.key.sha256").exists()
