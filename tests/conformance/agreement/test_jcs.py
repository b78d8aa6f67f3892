"""Canonical JSON against the vectors of RFC 8785's author."""

from __future__ import annotations

import pytest

from tenun.kernel import canonical_json
from tests.lib.shared_data import ROOT, shared

NAMES = sorted(path.name for path in (ROOT / "vectors" / "jcs-rfc8785" / "input").glob("*.json"))


def test_the_vectors_are_really_run() -> None:
    shared("vectors/jcs-rfc8785")
    assert len(NAMES) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_the_canonical_form_is_that_of_the_vector(name: str) -> None:
    value = canonical_json.loads(shared(f"vectors/jcs-rfc8785/input/{name}").read_bytes(), document=name)
    assert canonical_json.dumps(value) == shared(f"vectors/jcs-rfc8785/output/{name}").read_bytes()


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":2}', '{"a":NaN}', '{"a":9007199254740993}', '{"a":1e999}', '{"a":"\\ud800"}', "[" * 9000, "1" * 9000],
)
def test_what_two_readers_could_read_differently_is_refused(text: str) -> None:
    with pytest.raises(canonical_json.NotCanonical):
        canonical_json.dumps(canonical_json.loads(text.encode(), document="uji"))
