import io
from pathlib import Path

import pytest

from tenun.lake import sealed

KEY = bytes(range(64))


def written(tmp_path: Path, plain: bytes, table: str = "core/x/y/z") -> Path:
    cover = io.BytesIO()
    sealed.seal(plain, cover, key=KEY, table=table)
    path = tmp_path / "t.siv"
    path.write_bytes(cover.getvalue())
    return path


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "CHUNK", 8)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 16, 100])
def test_what_was_sealed_comes_out(tmp_path: Path, size: int) -> None:
    plain = bytes(n % 251 for n in range(size))
    assert sealed.unseal(written(tmp_path, plain), key=KEY, table="core/x/y/z").read() == plain


def test_the_same_table_seals_to_the_same_bytes(tmp_path: Path) -> None:
    assert written(tmp_path, b"abc" * 20).read_bytes() == written(tmp_path, b"abc" * 20).read_bytes()


def test_every_flipped_byte_is_found(tmp_path: Path) -> None:
    path = written(tmp_path, b"0123456789" * 3)
    good = path.read_bytes()
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(sealed.SealBroken):
            sealed.unseal(path, key=KEY, table="core/x/y/z")


def test_every_cut_is_found(tmp_path: Path) -> None:
    path = written(tmp_path, b"0123456789" * 3)
    good = path.read_bytes()
    for length in range(len(good)):
        path.write_bytes(good[:length])
        with pytest.raises(sealed.SealBroken):
            sealed.unseal(path, key=KEY, table="core/x/y/z")


def test_chunks_cannot_be_moved_or_taken_from_another_table(tmp_path: Path) -> None:
    path = written(tmp_path, b"A" * 8 + b"B" * 8)
    data = path.read_bytes()
    size = 4 + 8 + 16
    first, second = data[8 : 8 + size], data[8 + size :]
    path.write_bytes(data[:8] + second + first)
    with pytest.raises(sealed.SealBroken):
        sealed.unseal(path, key=KEY, table="core/x/y/z")
    with pytest.raises(sealed.SealBroken):
        sealed.unseal(written(tmp_path, b"A"), key=KEY, table="core/x/y/other")


def test_bytes_after_the_last_chunk_are_found(tmp_path: Path) -> None:
    path = written(tmp_path, b"A" * 5)
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(sealed.SealBroken):
        sealed.unseal(path, key=KEY, table="core/x/y/z")
