from __future__ import annotations

import pytest

from tenun.agreement import base64url


def test_bytes_come_back() -> None:
    for length in range(70):
        raw = bytes(range(length))
        assert base64url.decode(base64url.encode(raw)) == raw


@pytest.mark.parametrize(
    "text", ["QQ==", "QQ=", "Q", "QR", "QQ\n", " QQ", "Q Q", "+/", "Q+", "é", None, 5, b"QQ", ["QQ"]]
)
def test_every_other_spelling_is_refused(text: object) -> None:
    assert base64url.decode(text) is None
