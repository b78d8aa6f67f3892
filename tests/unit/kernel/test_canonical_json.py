import json

import pytest

from tenun.kernel import canonical_json
from tests.lib.shared_data import shared


def test_published_vectors_come_out_byte_for_byte() -> None:
    folder = shared("vectors/jcs-rfc8785")
    inputs = sorted((folder / "input").glob("*.json"))
    assert len(inputs) >= 3
    for path in inputs:
        value = canonical_json.loads(path.read_bytes(), document=path.name)
        assert canonical_json.dumps(value) == (folder / "output" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    "text",
    [b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":Infinity}', b"\xff\xfe", b"{", b'{"a":{"b":1,"b":1}}'],
    ids=["member twice", "NaN", "infinity", "no UTF-8", "cut short", "inner member twice"],
)
def test_what_two_readers_could_read_differently_is_refused(text: bytes) -> None:
    with pytest.raises(canonical_json.NotCanonical):
        canonical_json.loads(text, document="x.json")


def test_integers_beyond_what_every_reader_holds_are_refused() -> None:
    with pytest.raises(canonical_json.NotCanonical):
        canonical_json.dumps({"n": 2**53 + 1})


def test_order_of_members_does_not_change_the_digest() -> None:
    assert canonical_json.digest({"b": 1, "a": [1, 2]}) == canonical_json.digest(json.loads('{"a":[1,2],"b":1}'))
