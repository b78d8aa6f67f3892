from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from tenun.synthetic import files
from tenun.synthetic.population import Population, Village, invent

DAY = date(2026, 10, 31)
VILLAGES = [
    Village(
        f"53.17.0{district}.200{number}",
        f"Desa {district}{number}",
        f"Kecamatan {district}",
        "Kabupaten X",
        "Provinsi Y",
    )
    for district in (1, 2)
    for number in (1, 2, 3)
]


@pytest.fixture(scope="module")
def population() -> Population:
    return invent(VILLAGES, residents=1200, seed=3, as_of=DAY)


@pytest.fixture(scope="module")
def written(population: Population, tmp_path_factory: pytest.TempPathFactory) -> files.RegencyFiles:
    return files.write(population, tmp_path_factory.mktemp("files"), as_of=DAY, seed=3, silent_villages=1)


def test_true_niks_are_unique_in_a_village_and_end_in_a_serial_that_no_office_reaches(population: Population) -> None:
    for rows in population.rows.values():
        niks = [row.person.nik for row in rows]
        assert len(niks) == len(set(niks))
        assert all(len(nik) == 16 and nik.isdigit() and int(nik[12:]) >= 9000 for nik in niks)


def test_a_true_nik_holds_birth_date_and_sex(population: Population) -> None:
    for rows in population.rows.values():
        for row in rows:
            day = int(row.person.nik[6:8])
            assert (day > 40) == row.person.is_woman


def test_every_file_says_that_the_data_are_invented(written: files.RegencyFiles) -> None:
    for path in written.residents.values():
        assert path.name.startswith("data_buatan_")
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
        assert any(files.NOTICE in [str(cell) for cell in row] for row in rows[-3:])
    for path in (written.seekers, written.trainings, written.certificates, written.placements):
        assert "DATA BUATAN" in path.read_text()
    assert files.NOTICE in written.vacancies.read_text()


def test_truth_points_at_the_row_that_holds_the_person(population: Population, written: files.RegencyFiles) -> None:
    truth = pq.read_table(written.truth).to_pylist()
    accounts = {account.id: account for account in population.accounts}
    assert {row["id_pencaker"] for row in truth} == set(accounts)
    checked = 0
    for row in truth:
        if row["village_code"] is None:
            continue
        sheet = (
            CalamineWorkbook.from_path(str(written.residents[row["village_code"]])).get_sheet_by_index(0).to_python()
        )
        cells = [str(cell) for cell in sheet[row["source_row"] - 1]]
        assert accounts[row["id_pencaker"]].person.family_card in cells
        checked += 1
        if checked == 25:
            break
    assert checked == 25


def test_a_village_that_delivers_nothing_has_no_true_links(written: files.RegencyFiles) -> None:
    silent = {village.code for village in VILLAGES} - set(written.residents)
    assert len(silent) == 1
    assert not silent & {row["village_code"] for row in pq.read_table(written.truth).to_pylist()}


def test_one_seed_gives_the_same_files_byte_for_byte(written: files.RegencyFiles, tmp_path: Path) -> None:
    again = files.write(
        invent(VILLAGES, residents=1200, seed=3, as_of=DAY), tmp_path, as_of=DAY, seed=3, silent_villages=1
    )
    for code, path in written.residents.items():
        assert path.read_bytes() == again.residents[code].read_bytes()
    for name in ("seekers", "vacancies", "trainings", "certificates", "placements", "truth"):
        assert getattr(written, name).read_bytes() == getattr(again, name).read_bytes(), name
