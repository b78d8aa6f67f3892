"""An unknown term in an agreement makes it refuse to load, wherever it stands."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement.document import load
from tenun.agreement.refusals import TermNotUnderstood, UnknownTerm
from tenun.agreement.vocabulary import Party
from tests.lib.agreement_drafts import at, in_force, places, put, value_of

pytestmark = pytest.mark.pasal("13")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return in_force(tmp_path_factory.mktemp("signed")).folder(Party.NAKER)


@pytest.fixture(scope="module")
def value(folder: Path) -> dict[str, Any]:
    return value_of(folder)


def test_an_unknown_member_is_refused_in_every_object(folder: Path, value: dict[str, Any]) -> None:
    objects = [pointer for pointer, inner in places(value) if isinstance(inner, dict)]
    assert len(objects) > 400
    for pointer in objects:
        mutated = copy.deepcopy(value)
        at(mutated, pointer)["unknown_term"] = True
        with pytest.raises(UnknownTerm) as refused:
            load(put(folder, mutated))
        assert refused.value.parts["pointer"] == f"{pointer}/unknown_term"


# Every place where a word of the vocabulary, or the name of something in the document, stands.
WORDS = re.compile(
    r"/type|/conflict|/parties/\d+/(role|keys/\d+/(use|jwk/(kty|crv)))|/term/zone"
    r"|/datasets/\d+/(provider|consumer|fields/\d+/(name|classification)|row_scope/conditions/\d+/(column|operator))"
    r"|/purposes/\d+/(id|legal_basis/\d+/law)"
    r"|/permissions/\d+/(target|assigner|(action|assignee|duty)/\d+)"
    r"|/prohibitions/\d+/(target|action|assignee)/\d+"
    r"|/(permissions|prohibitions)/\d+/constraint/\d+/(leftOperand|operator|rightOperand(/\d+)?)"
    r"|/duties/\d+/(action|assignee/\d+)"
    r"|/shut_off/(events/\d+|reopening)|/force_majeure/events/\d+|/disputes/way"
)


def test_an_unknown_word_is_refused_at_every_place_of_the_vocabulary(folder: Path, value: dict[str, Any]) -> None:
    words = [pointer for pointer, inner in places(value) if isinstance(inner, str) and WORDS.fullmatch(pointer)]
    assert len(words) > 600
    for pointer in words:
        mutated = copy.deepcopy(value)
        upper, _, last = pointer.rpartition("/")
        inner = at(mutated, upper)
        inner[int(last) if isinstance(inner, list) else last] = "unknown"
        with pytest.raises(UnknownTerm) as refused:
            load(put(folder, mutated))
        assert refused.value.parts["pointer"] == pointer


def test_a_clause_that_the_text_does_not_have_is_refused_wherever_it_is_cited(
    folder: Path, value: dict[str, Any]
) -> None:
    cited = [pointer for pointer, _ in places(value) if pointer.endswith("clause")]
    assert len(cited) > 60
    for pointer in cited:
        mutated = copy.deepcopy(value)
        upper, _, last = pointer.rpartition("/")
        at(mutated, upper)[last] = "7(9)"
        with pytest.raises(UnknownTerm) as refused:
            load(put(folder, mutated))
        assert refused.value.parts["pointer"] == pointer


def test_nothing_is_read_as_another_kind_of_value(folder: Path, value: dict[str, Any]) -> None:
    """No text is taken for a number, no number for a yes, no single word for a list."""
    for pointer, inner in places(value):
        if isinstance(inner, bool):
            other: Any = 1
        elif isinstance(inner, int):
            other = str(inner)
        elif isinstance(inner, list):
            other = {"0": inner}
        else:
            continue
        mutated = copy.deepcopy(value)
        upper, _, last = pointer.rpartition("/")
        holder = at(mutated, upper)
        holder[int(last) if isinstance(holder, list) else last] = other
        with pytest.raises((UnknownTerm, TermNotUnderstood)) as refused:
            load(put(folder, mutated))
        assert str(refused.value.parts["pointer"]).startswith(pointer)
