"""From the words and codes of an extract to Kemendagri codes: certain or null, never guessed."""

from __future__ import annotations

import pytest

from tenun.registry.reference import edition
from tenun.registry.reference.region import Level
from tenun.sources.siapkerja import places
from tenun.sources.siapkerja.places import Places
from tests.lib.employment_files import SENGGIGI, SENTELUK, regions

NTB, LOBAR = "Nusa Tenggara Barat", "Kab. Lombok Barat"


@pytest.fixture(scope="module")
def known() -> Places:
    return Places.of(regions())


@pytest.mark.parametrize(
    ("province", "regency", "district", "village", "code"),
    [
        (NTB, LOBAR, "Batu Layar", "Senteluk", SENTELUK),
        ("NUSA TENGGARA BARAT", "KABUPATEN LOMBOK BARAT", "KEC. BATULAYAR", "DESA SENTELUK", SENTELUK),
        ("Prov. NTB", "Lombok Barat", "batu layar", "senteluk", SENTELUK),
        (None, "Kabupaten Lombok Barat", "Batu Layar", "Senteluk", SENTELUK),
        (NTB, LOBAR, None, None, "52.01"),
        (NTB, None, None, None, "52"),
        ("DKI Jakarta", "Kota Adm. Jakarta Selatan", None, None, "31.74"),
        ("DI Yogyakarta", "Kota Yogyakarta", None, None, "34.71"),
        ("Jawa Barat", "Kota Bogor", None, None, "32.71"),
        ("Jawa Barat", "Kab. Bogor", "Ciseeng", "Karihkil", "32.01.33.2006"),
        ("Kalimantan Tengah", "Kota Waringin Barat", None, None, "62.01"),
        ("Kalimantan Selatan", "Kotabaru", None, None, "63.02"),
        (None, None, None, SENTELUK, SENTELUK),
        ("tidak terbaca", "tidak terbaca", None, "kemendagri:5201142005", SENTELUK),
        (None, None, None, "bps:5201142005", SENGGIGI),
        ("52", "52.01", "Batu Layar", "Senteluk", SENTELUK),
        (None, None, None, None, None),
    ],
)
def test_what_is_certain_is_found(
    province: str | None, regency: str | None, district: str | None, village: str | None, code: str | None,
    known: Places,
) -> None:  # fmt: skip
    found = known.find(province=province, regency=regency, district=district, village=village)
    assert (found.code, found.rule) == (code, None)


@pytest.mark.parametrize(
    ("province", "regency", "district", "village", "code", "rule", "level"),
    [
        (NTB, LOBAR, "Batu Layar", "Sentelok Jauh", "52.01.14", places.UNRESOLVED, Level.VILLAGE),
        (NTB, LOBAR, "Batu Layur Jauh", "Senteluk", "52.01", places.UNRESOLVED, Level.DISTRICT),
        (NTB, LOBAR, None, "Senteluk", "52.01", places.UNRESOLVED, Level.VILLAGE),
        (NTB, None, None, "Senteluk", "52", places.UNRESOLVED, Level.VILLAGE),
        (None, None, None, "Senteluk", None, places.UNRESOLVED, Level.VILLAGE),
        ("Jawa Barat", "Bogor", None, None, "32", places.AMBIGUOUS, Level.REGENCY),
        ("Jawa Barat", "Bogor", "Ciseeng", "Karihkil", "32", places.AMBIGUOUS, Level.REGENCY),
        ("Jawa Timur", LOBAR, "Batu Layar", "Senteluk", "35", places.UNRESOLVED, Level.REGENCY),
        (NTB, LOBAR, "Batu Layar", "5201142005", "52.01.14", places.CODE_UNCLEAR, Level.VILLAGE),
        (NTB, LOBAR, "Batu Layar", "52.01.14.9999", "52.01.14", places.CODE_UNKNOWN, Level.VILLAGE),
        (NTB, LOBAR, "Batu Layar", "bps:5201080099", "52.01.14", places.CODE_UNKNOWN, Level.VILLAGE),
        ("3201", None, None, None, None, places.CODE_UNCLEAR, Level.PROVINCE),
    ],
)
def test_what_is_not_certain_stays_null_and_is_told(
    province: str | None, regency: str | None, district: str | None, village: str | None, code: str | None,
    rule: object, level: Level, known: Places,
) -> None:  # fmt: skip
    found = known.find(province=province, regency=regency, district=district, village=village)
    assert (found.code, found.rule, found.level) == (code, rule, level)
    assert found.at(Level.VILLAGE) is None


def test_every_village_of_a_province_is_itself_or_shares_its_name_with_a_neighbour(known: Places) -> None:
    current = edition.current()
    shared_names = 0
    for code in current.below("52", Level.VILLAGE):
        names = [current.names[code[:length]] for length in (2, 5, 8, 13)]
        found = known.find(**dict(zip(("province", "regency", "district", "village"), names, strict=True)))
        if found.code == code:
            continue
        assert found.rule is places.AMBIGUOUS
        shared_names += 1
    assert shared_names <= 4


def test_names_of_one_district_that_differ_only_in_spelling_are_not_mixed_up(known: Places) -> None:
    # As written first, folded second: two villages whose names fold to one are told apart by their spelling.
    batu_layar = known.find(province=NTB, regency=LOBAR, district="Batu Layar", village="Batulayar")
    batu_layar_barat = known.find(province=NTB, regency=LOBAR, district="Batu Layar", village="Batu Layar Barat")
    assert (batu_layar.code, batu_layar_barat.code) == ("52.01.14.2001", "52.01.14.2009")
