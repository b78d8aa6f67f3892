"""Whatever a cell holds, reading it gives a class and keeps the number to itself."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from tenun.registry.identifiers import USABLE, NikClass, check, read_family_card, read_nik
from tenun.registry.reference.values import Sex

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.dates(),
    st.from_regex(r"['’ ]?[0-9. ]{14,20}", fullmatch=True),
)


@given(CELLS)
def test_reading_a_cell_never_raises_and_gives_digits_exactly_when_usable(cell: object) -> None:
    for number in (read_nik(cell), read_family_card(cell)):
        assert (number.digits is not None) == (number.nik_class in USABLE)
        if number.digits is not None:
            assert len(number.digits) == 16
            assert number.digits.isdigit()
            assert number.digits not in repr(number)


@given(st.from_regex(r"[1-9][0-9]{15}", fullmatch=True), st.sampled_from(Sex), st.none() | st.dates())
def test_checking_a_number_never_raises(digits: str, sex: Sex, birth_date: date | None) -> None:
    assert isinstance(check(read_nik(digits), sex=sex, birth_date=birth_date), tuple)


@given(st.from_regex(r"[1-9][0-9]{15}", fullmatch=True), st.sampled_from(["'{}", " {} ", "{}\u00a0", "{}."]))
def test_what_stands_around_a_number_does_not_change_it(digits: str, written: str) -> None:
    plain, wrapped = read_nik(digits), read_nik(written.format(digits))
    assert (plain.digits, plain.nik_class) == (wrapped.digits, wrapped.nik_class)


@given(st.from_regex(r"[1-9][0-9]{15}", fullmatch=True))
def test_a_float_gives_the_number_or_says_that_it_is_damaged(digits: str) -> None:
    number = read_nik(float(digits))
    assert number.digits in (digits, None)
    assert number.nik_class in (NikClass.VALID, NikClass.DAMAGED, NikClass.PLACEHOLDER)
