from __future__ import annotations

import pytest

from tenun.agreement import clauses
from tests.lib.agreement_drafts import SHIPPED

INDEX = clauses.index((SHIPPED / "agreement.md").read_text("utf-8"))


@pytest.mark.parametrize(
    ("number", "beginning"),
    [
        ("2b", "interoperabilitas antara Sistem Informasi Desa"),
        ("3(1)b", "memberikan akses Application Programming Interface (API)"),
        ("3(2)c", "memberikan akses ke sistem informasi"),
        ("7(4)", "Apabila terjadi suatu kondisi"),
        ("10(2)", "Dalam hal terjadi perubahan alamat"),
        ("13", "Hal-hal yang belum diatur"),
    ],
)
def test_a_clause_has_its_words(number: str, beginning: str) -> None:
    assert INDEX[number].text.startswith(beginning)


def test_every_pasal_is_there() -> None:
    assert {number for number in INDEX if number.isdigit()} == {str(pasal) for pasal in range(1, 15)}


def test_an_upper_clause_holds_its_lower_ones() -> None:
    assert INDEX["3(1)b"].text in INDEX["3(1)"].text
    assert INDEX["3(1)"].text in INDEX["3"].text
    assert INDEX["2a"].text in INDEX["2"].text


def test_remarks_on_the_scan_are_no_part_of_the_text() -> None:
    assert not any("pindai" in clause.text or "<!--" in clause.text for clause in INDEX.values())


def test_the_preamble_is_no_clause() -> None:
    assert not any("tugas mendukung perencanaan tenaga kerja" in clause.text for clause in INDEX.values())
