"""Spellings of one name fold into one form; other names stay apart."""

from __future__ import annotations

import pytest

from tenun.registry.reference import names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sidomuljo", "Sidomulyo"),
        ("Soerabaja", "Surabaya"),
        ("Djokjakarta", "Jokyakarta"),
        ("Atjeh", "Aceh"),
        ("Tjiandjoer", "Cianjur"),
        ("Batu Layar", "BATULAYAR"),
        ("Toli-Toli", "Tolitoli"),
        ("Boba I", "BOBA SATU"),
        ("Deme II", "Deme Dua"),
        ("Dua-puluh-sembilan Ilir", "29 ILIR"),
        ("Enam-belas Ulu", "16 ULU"),
        ("Modayag IV", "Modayag 4"),
        ("Sei Raya", "Sungai Raya"),
        ("Kp. Baru", "Kampung Baru"),
        ("Ma'rang", "Marang"),
        ("P A P U A", "Papua"),
        ("DKI JAKARTA", "Daerah Khusus Ibukota Jakarta"),
        ("DI YOGYAKARTA", "Daerah Istimewa Yogyakarta"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert names.key(one) == names.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sidomulyo", "Sidomukti"),
        ("Boba I", "Boba II"),
        ("Boba", "Boba I"),
        ("Lamorende", "Lahontohe"),
        ("Jayapura", "Kota Jayapura"),
    ],
)
def test_other_names_have_another_key(one: str, other: str) -> None:
    assert names.key(one) != names.key(other)


def test_a_name_may_be_a_numeral_letter_alone() -> None:
    assert names.tokens("I") == ("i",)
    assert names.tokens("V Koto") == ("v", "koto")


def test_an_empty_name_has_no_words() -> None:
    assert names.tokens(" - ") == ()
