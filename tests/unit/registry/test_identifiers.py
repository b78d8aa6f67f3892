"""NIK and family card numbers: their forms, what is odd about them, and that they never show themselves."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from tenun.registry.identifiers import Nik, NikClass, Warn, check, read_family_card, read_nik
from tenun.registry.reference.values import Sex

WOMAN = "5201144211800001"  # born 2 November 1980; the district of the demo village
MAN = "5201140211800001"


class History:
    """52.01.14 is a district now, 91.01.01 was one."""

    def is_district_prefix(self, digits: str) -> bool:
        return digits == "520114"

    def is_retired_prefix(self, digits: str) -> bool:
        return digits == "910101"


FORMS = [
    # what the cell holds, class, digits, warnings
    ("5201144211800001", NikClass.VALID, WOMAN, ()),
    ("'5201144211800001", NikClass.VALID, WOMAN, (Warn.CLEANED,)),
    ("’5201144211800001", NikClass.VALID, WOMAN, (Warn.CLEANED,)),
    (" 5201 1442 1180 0001 ", NikClass.VALID, WOMAN, (Warn.CLEANED,)),
    ("5201144211800001\u00a0", NikClass.VALID, WOMAN, ()),
    ("52.0114.421180.0001", NikClass.VALID, WOMAN, (Warn.CLEANED,)),
    ("52\u200b01144211800001", NikClass.VALID, WOMAN, (Warn.CLEANED,)),
    ("52O1144211800O01", NikClass.VALID, WOMAN, (Warn.LETTER_REPAIRED,)),
    (5201144211800001, NikClass.VALID, WOMAN, (Warn.FROM_NUMBER,)),
    (5201144211800001.0, NikClass.VALID, WOMAN, (Warn.FROM_NUMBER,)),
    ("5201144211800001.0", NikClass.VALID, WOMAN, (Warn.FROM_NUMBER,)),
    ("5.201144211800001E+15", NikClass.VALID, WOMAN, (Warn.FROM_NUMBER,)),
    # JSON keeps a whole number whole; text keeps its last zero
    (5201144211800010, NikClass.VALID, "5201144211800010", (Warn.FROM_NUMBER,)),
    ("5201144211800010", NikClass.VALID, "5201144211800010", ()),
    # what a spreadsheet's number cell does to sixteen digits
    (5201144211800010.0, NikClass.DAMAGED, None, ()),
    ("5201144211800010.0", NikClass.DAMAGED, None, ()),
    ("5.20114421180001E+15", NikClass.DAMAGED, None, ()),
    ("5,20114E+15", NikClass.DAMAGED, None, ()),
    ("1.2E15", NikClass.DAMAGED, None, ()),
    (9201144211800001.0, NikClass.DAMAGED, None, ()),  # above 2^53 a float skips numbers
    # temporary numbers
    ("0520114200500001", NikClass.TEMPORARY, "0520114200500001", ()),
    ("'0520114200500001", NikClass.TEMPORARY, "0520114200500001", (Warn.CLEANED,)),
    ("520114200500001", NikClass.TEMPORARY, "0520114200500001", (Warn.ZERO_RECOVERED,)),
    (520114200500001, NikClass.TEMPORARY, "0520114200500001", (Warn.FROM_NUMBER, Warn.ZERO_RECOVERED)),
    (520114200500001.0, NikClass.TEMPORARY, "0520114200500001", (Warn.FROM_NUMBER, Warn.ZERO_RECOVERED)),
    # no number
    ("0", NikClass.ZERO, None, ()),
    (0, NikClass.ZERO, None, ()),
    (0.0, NikClass.ZERO, None, ()),
    ("'0", NikClass.ZERO, None, ()),
    ("0.0", NikClass.ZERO, None, ()),
    (None, NikClass.MISSING, None, ()),
    ("", NikClass.MISSING, None, ()),
    ("  ", NikClass.MISSING, None, ()),
    ("-", NikClass.MISSING, None, ()),
    ("NULL", NikClass.MISSING, None, ()),
    (float("nan"), NikClass.MISSING, None, ()),
    # typed to fill the cell
    ("1111111111111111", NikClass.PLACEHOLDER, None, ()),
    ("0000000000000000", NikClass.PLACEHOLDER, None, ()),
    ("1234567890123456", NikClass.PLACEHOLDER, None, ()),
    ("5201140000000000", NikClass.PLACEHOLDER, None, ()),
    (5201140000000000.0, NikClass.PLACEHOLDER, None, ()),
    ("35.2318.00000000000", NikClass.PLACEHOLDER, None, ()),  # as SIAK exports print it
    # anything else
    ("520114421180000", NikClass.MALFORMED, None, ()),
    ("52011442118000011", NikClass.MALFORMED, None, ()),
    ("0012345678901234", NikClass.MALFORMED, None, ()),
    ("520114421180000X", NikClass.MALFORMED, None, ()),
    ("tidak jelas", NikClass.MALFORMED, None, ()),
    (-5201144211800001, NikClass.MALFORMED, None, ()),
    (12.5, NikClass.MALFORMED, None, ()),
    (True, NikClass.MALFORMED, None, ()),
    (date(1980, 11, 2), NikClass.MALFORMED, None, ()),
    ("٥٢٠١١٤٤٢١١٨٠٠٠٠١", NikClass.MALFORMED, None, ()),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "nik_class", "digits", "warnings"), FORMS)
def test_every_form_of_a_number_has_its_class(cell: object, nik_class: str, digits: str, warnings: tuple) -> None:
    nik = read_nik(cell)
    assert (nik.nik_class, nik.digits, nik.warnings) == (nik_class, digits, warnings)


@pytest.mark.parametrize(("cell", "nik_class", "digits", "warnings"), FORMS)
def test_a_family_card_number_is_read_as_a_nik_is(cell: object, nik_class: str, digits: str, warnings: tuple) -> None:
    card = read_family_card(cell)
    assert (card.nik_class, card.digits, card.warnings) == (nik_class, digits, warnings)


def test_fifteen_digits_are_a_temporary_number_of_this_village_and_of_no_other() -> None:
    assert read_nik("520114200590001", village="52.01.14.2005").nik_class is NikClass.TEMPORARY
    assert read_nik("520114200590001", village="5201142005").nik_class is NikClass.TEMPORARY
    assert read_nik("520114200500001", village="52.01.14.2006").nik_class is NikClass.MALFORMED


def test_only_numbers_that_tell_people_apart_are_usable() -> None:
    usable = {form for form in NikClass if read_nik(_example(form)).is_usable}
    assert usable == {NikClass.VALID, NikClass.TEMPORARY}


def _example(form: NikClass) -> object:
    return next(cell for cell, nik_class, *_ in FORMS if nik_class is form)


CHECKS = [
    (WOMAN, Sex.FEMALE, date(1980, 11, 2), ()),
    (MAN, Sex.MALE, date(1980, 11, 2), ()),
    (WOMAN, Sex.MALE, date(1980, 11, 2), (Warn.SEX_MISMATCH,)),
    (MAN, Sex.FEMALE, None, (Warn.SEX_MISMATCH,)),
    (WOMAN, Sex.MISSING, None, ()),
    (WOMAN, Sex.UNMAPPED, None, ()),
    (WOMAN, Sex.FEMALE, date(1980, 11, 3), (Warn.DATE_MISMATCH,)),
    (WOMAN, Sex.FEMALE, date(2080, 11, 2), ()),  # the number has two digits of a year, and no century
    ("5201140013800001", Sex.MALE, date(1980, 1, 1), (Warn.DATE_IMPOSSIBLE,)),
    ("5201143102800001", Sex.MALE, None, (Warn.DATE_IMPOSSIBLE,)),
    ("5201142902000001", Sex.MALE, date(2000, 2, 29), ()),
    ("5201142902010001", Sex.MALE, None, (Warn.DATE_IMPOSSIBLE,)),
    ("5201147211800001", Sex.FEMALE, None, (Warn.DATE_IMPOSSIBLE,)),
    ("9101010211800001", Sex.MALE, None, (Warn.PREFIX_RETIRED,)),
    ("9901010211800001", Sex.MALE, None, (Warn.PREFIX_UNKNOWN,)),
    ("9901014211800001", Sex.MALE, date(1980, 1, 1), (Warn.PREFIX_UNKNOWN, Warn.DATE_MISMATCH, Warn.SEX_MISMATCH)),
    ("0520114200500001", Sex.MALE, date(1980, 1, 1), ()),  # a temporary number says nothing of its bearer
    ("0", Sex.MALE, date(1980, 1, 1), ()),
]


@pytest.mark.parametrize(("cell", "sex", "birth_date", "expected"), CHECKS)
def test_what_disagrees_with_the_row_is_a_warning_and_never_a_refusal(
    cell: str, sex: Sex, birth_date: date | None, expected: tuple
) -> None:
    nik = read_nik(cell)
    before = nik.nik_class
    assert check(nik, sex=sex, birth_date=birth_date, regions=History()) == expected
    assert nik.nik_class is before


def test_a_prefix_is_not_judged_without_a_region_register() -> None:
    assert check(read_nik("9901010211800001")) == ()


@pytest.mark.parametrize("number", [read_nik(WOMAN), read_family_card(MAN), read_nik("0520114200500001")])
def test_a_number_never_shows_itself_whole(number: Nik) -> None:
    for shown in (repr(number), str(number), f"{number}", f"{number!r}", number.mask(), f"{[number]}"):
        assert number.digits not in shown
        assert number.digits[4:] not in shown
    assert number.mask() == number.digits[:4] + "*" * 12


def test_a_number_that_is_not_there_has_a_mask_too() -> None:
    assert read_nik("0").mask() == "-"


def test_a_number_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read_nik(WOMAN).digits = MAN  # type: ignore[misc]
