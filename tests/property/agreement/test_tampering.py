"""Whatever is altered in a signed agreement, it does not verify any more."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenun.agreement.signing import verify
from tenun.agreement.vocabulary import Party
from tenun.kernel.errors import TenunError
from tests.lib.agreement_drafts import in_force

pytestmark = pytest.mark.pasal("14")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A signed agreement without a node's keys beside it: the signatures alone must do."""
    signed = in_force(tmp_path_factory.mktemp("signed"))
    alone = tmp_path_factory.mktemp("alone") / "agreement"
    shutil.copytree(signed.folder(Party.DESA), alone)
    yield alone
    assert verify(alone), "the test left it as it was"


def _is_refused(folder: Path, file: str, content: bytes) -> bool:
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(content)
    try:
        verify(folder)
    except TenunError:
        return True
    finally:
        (folder / file).write_bytes(whole)
    return False


def test_every_byte_of_the_signatures_counts(folder: Path) -> None:
    whole = (folder / "signatures.json").read_bytes()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1
        assert _is_refused(folder, "signatures.json", bytes(flipped)), place


FILES = ["agreement.json", "agreement.md", "signatures.json", "datasets/sid-warga.odcs.yaml"]


@settings(max_examples=250, deadline=None)
@given(file=st.sampled_from(FILES), where=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_no_byte_can_be_flipped(folder: Path, file: str, where: float, mask: int) -> None:
    content = bytearray((folder / file).read_bytes())
    content[int(where * len(content))] ^= mask
    assert _is_refused(folder, file, bytes(content))


@settings(max_examples=120, deadline=None)
@given(file=st.sampled_from(FILES), where=st.floats(0, 1, exclude_max=True), added=st.binary(max_size=3))
def test_nothing_can_be_cut_out_or_put_in(folder: Path, file: str, where: float, added: bytes) -> None:
    whole = (folder / file).read_bytes()
    place = int(where * len(whole))
    changed = whole[:place] + added + whole[place + (not added) :]
    assert _is_refused(folder, file, changed)


@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=300), file=st.sampled_from(["agreement.json", "signatures.json"]))
def test_no_other_content_stands_in_for_it(folder: Path, content: bytes, file: str) -> None:
    assert _is_refused(folder, file, content)
