"""What a reviewer is told of a pair, and what of a record everybody may see."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest

from tenun.linkage import model as models
from tenun.linkage.comparisons import COMPARISONS
from tenun.linkage.reasons import REASONS
from tenun.linkage.review import evidence
from tenun.linkage.review.persons import COVERED, Record

RECORD = Record(
    full_name="Siti Aminah, S.Pd",
    birth_date=date(1999, 3, 12),
    nik="9000011203990001",
    address="Jl. Melati 7, Dusun KRAJAN, RT 001, RW 02",
    sex="female",
    village_code="52.08.01.2001",
    regency_code=None,
    as_of=date(2026, 6, 1),
)
EMPTY = Record(None, None, None, None, None, None, None, date(2026, 6, 1))


@pytest.mark.pasal("7(1)")
def test_a_mask_leaves_initials_and_nothing_else() -> None:
    assert {field: RECORD.masked(field) for field in COVERED} == {
        "full_name": "S**** A**** S**** P****",
        "birth_date": "****-**-**",
        "nik": "****",
        "address": "****",
    }


def test_a_mask_hides_how_long_a_word_is() -> None:
    from dataclasses import replace

    assert replace(RECORD, full_name="Su").masked("full_name") == replace(RECORD, full_name="Suparmanto").masked(
        "full_name"
    )


@pytest.mark.parametrize("field", COVERED)
def test_what_is_not_there_is_not_masked(field: str) -> None:
    assert EMPTY.masked(field) is None
    assert EMPTY.shown(field) is None


@pytest.mark.pasal("7(1)")
def test_a_record_does_not_print_itself() -> None:
    assert repr(RECORD) == "<Record>"
    assert "Siti" not in f"{[RECORD]}"


def test_every_column_that_names_someone_is_covered() -> None:
    open_to_reviewers = {"sex", "village_code", "regency_code", "as_of"}
    assert {one.name for one in fields(Record)} == {*COVERED, *open_to_reviewers}


def test_codes_become_words_and_weights_by_field() -> None:
    model = models.load()
    found = evidence.of(["nik_missing", "name_equal", "birth_date_swapped", "close_rival"], model)
    assert found.fields["name"].words == REASONS["name_equal"]
    assert found.fields["name"].weight == model.weight("name", "name_equal")
    assert found.fields["nik"].weight is None, "what is missing says nothing"
    assert [one.code for one in found.held_back] == ["close_rival"]


def test_without_the_model_no_weight_is_told() -> None:
    assert evidence.of(["name_equal"], None).fields["name"].weight is None


@pytest.mark.parametrize("code", [level.code for comparison in COMPARISONS for level in comparison.levels])
def test_every_level_has_its_field_and_words(code: str) -> None:
    (field,) = evidence.of([code], None).fields
    assert field in {comparison.field for comparison in COMPARISONS}
    assert code in REASONS
