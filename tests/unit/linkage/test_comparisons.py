"""Levels, their numbers and their words."""

from __future__ import annotations

from tenun.linkage import assignment, comparisons
from tenun.linkage.assignment import MatchClass
from tenun.linkage.comparisons import COMPARISONS, ELSE
from tenun.linkage.reasons import REASONS

HELD_BACK = {
    assignment.NIK_NOT_BORNE_OUT,
    assignment.TOO_LITTLE_KNOWN,
    assignment.NAME_TOO_FAR,
    assignment.POSSIBLE_TWIN,
    assignment.CLOSE_RIVAL,
    assignment.WEIGHT_BETWEEN,
    assignment.PERSON_TAKEN,
    assignment.NIK_DATE_DIFFERS,
    assignment.SECOND_ACCOUNT,
    assignment.JUDGED_SAME,
    assignment.NO_CANDIDATE,
}


def test_every_reason_has_words_and_every_word_a_reason() -> None:
    codes = {level.code for comparison in COMPARISONS for level in comparison.levels}
    assert set(REASONS) == codes | HELD_BACK
    assert all(words.id and words.en for words in REASONS.values())


def test_a_code_means_one_thing() -> None:
    codes = [level.code for comparison in COMPARISONS for level in comparison.levels]
    assert len(codes) == len(set(codes))


def test_missing_comes_first_and_the_rest_last() -> None:
    for comparison in COMPARISONS:
        assert comparison.levels[0].is_null
        assert comparison.levels[-1].sql == ELSE
        assert [level.is_null for level in comparison.levels].count(True) == 1


def test_levels_are_numbered_as_splink_numbers_them() -> None:
    assert comparisons.gamma("sex", "sex_missing") == -1
    assert comparisons.gamma("sex", "sex_differs") == 0
    assert comparisons.gamma("sex", "sex_equal") == 1


def test_stored_spellings_of_the_classes_stay() -> None:
    assert [str(match_class) for match_class in MatchClass] == ["nik", "probable", "review", "none"]
