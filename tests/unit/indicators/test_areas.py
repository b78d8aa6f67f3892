from __future__ import annotations

from tenun.indicators.areas import Level, level_of, of_regencies, parent_of, upwards
from tenun.registry.reference import edition


def test_parents_stand_in_the_code() -> None:
    assert list(upwards("53.17.01.2001")) == ["53.17.01.2001", "53.17.01", "53.17", "53", "00"]
    assert parent_of("00") is None
    assert [level_of(code) for code in upwards("53.17.01.2001")] == [
        Level.VILLAGE, Level.DISTRICT, Level.REGENCY, Level.PROVINCE, Level.NATIONAL,
    ]  # fmt: skip


def test_one_delivery_lists_every_desa_of_its_regency_and_no_silent_kelurahan() -> None:
    names = edition.current().names
    kelurahan = next(code for code in names if code.startswith("53.02.") and code.count(".") == 3 and code[9] == "1")
    desa = next(code for code in names if code.startswith("53.02.") and code.count(".") == 3 and code[9] == "2")
    listed = {area.code for area in of_regencies(edition.current(), [desa])}
    assert {code for code in names if code.startswith("53.02.") and code.count(".") == 3 and code[9] == "2"} <= listed
    assert kelurahan not in listed
    assert {"00", "53", "53.02", desa[:8]} <= listed
    assert kelurahan in {area.code for area in of_regencies(edition.current(), [desa, kelurahan])}
