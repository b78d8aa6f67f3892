"""The standard forms, rule by rule. Every name and number here is invented."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from tenun.engine.duckdb import connect, only_row
from tenun.linkage import standardise


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(threads=1)
    standardise.install(connection)
    yield connection
    connection.close()


STEP_EXAMPLES = [
    ("letters", "Ma'ruf Sjé", "MARUF SJE"),
    ("no_brackets", "BUDI (ALM) SANTOSO", "BUDI   SANTOSO"),
    ("no_brackets", "BUDI (ALM", "BUDI  "),
    ("no_comma_tail", "BUDI SANTOSO, S.PD, M.M", "BUDI SANTOSO"),
    ("no_alias", "SUPARMAN ALIAS MAN", "SUPARMAN"),
    ("no_father", "AHMAD BIN ALI", "AHMAD"),
    ("no_father", "AMINAH BTE. ALI", "AMINAH"),
    ("no_father", "BINTI LESTARI", "BINTI LESTARI"),
    ("only_letters", "M.RIZKI-2  ALI ", "M RIZKI ALI"),
    ("no_titles", "DR H MUHAMMAD", "MUHAMMAD"),
    ("no_titles", "HAJAR", "HAJAR"),
    ("no_titles", "H", "H"),
    ("no_degrees", "BUDI S PD I", "BUDI"),
    ("no_degrees", "BUDI SE MM", "BUDI"),
    ("no_degrees", "BUDI SETIAWAN", "BUDI SETIAWAN"),
    ("muhammad", "MOCH RIZKI", "MUHAMMAD RIZKI"),
    ("muhammad", "NUR MUH ALI", "NUR MUHAMMAD ALI"),
    ("muhammad_initial", "M RIZKI", "MUHAMMAD RIZKI"),
    ("muhammad_initial", "ALI M", "ALI M"),
    ("ahmad", "AKHMAD DANI", "AHMAD DANI"),
    ("ahmad_short", "AH DANI", "AHMAD DANI"),
    ("abdul", "ABD KARIM", "ABDUL KARIM"),
    ("abdur", "ABDURRAHMAN", "ABDUL RAHMAN"),
    ("abdur", "ABDUR ROHMAN", "ABDUL ROHMAN"),
    ("abdur", "ABDULLAH", "ABDULLAH"),
    ("siti", "SITTI AMINAH", "SITI AMINAH"),
    ("siti_short", "ST AMINAH", "SITI AMINAH"),
    ("nur", "NOER AINI", "NUR AINI"),
    ("nur_short", "NOR AINI", "NUR AINI"),
    ("nur_short", "NOR", "NOR"),
    ("sri", "SRY RAHAYU", "SRI RAHAYU"),
]

NAME_EXAMPLES = [
    ("  h. Moh. Rizki, S.Kom ", "MUHAMMAD RIZKI"),
    ("M.RIZKI", "MUHAMMAD RIZKI"),
    ("Hj. St. Aminah binti Ali", "SITI AMINAH"),
    ("Soekarno", "SUKARNO"),
    ("SOERJONO", "SURYONO"),
    ("Soenjoto", "SUNYOTO"),
    ("Djoko Widjaja", "JOKO WIJAYA"),
    ("TJAHJONO", "CAHYONO"),
    ("Njoman Sjahrir", "NYOMAN SYAHRIR"),
    ("JOESOEF", "JUSUF"),
    ("SANJAYA", "SANJAYA"),
    ("JUNAIDI", "JUNAIDI"),
    ("SUDIRMAN", "SUDIRMAN"),
    ("Umbu-Laiya", "UMBU LAIYA"),
    ("Slamet", "SLAMET"),
    ("-", None),
    ("NN", None),
    ("Tidak Ada", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("step", "before", "after"), STEP_EXAMPLES)
def test_a_step_does_what_it_says(engine: duckdb.DuckDBPyConnection, step: str, before: str, after: str) -> None:
    assert only_row(engine, f"SELECT name_{step}(?::VARCHAR)", [before]) == (after,)


def test_every_step_is_named_once_and_has_an_example() -> None:
    names = [step.name for step in standardise.NAME_STEPS]
    shown = {step for step, _, _ in STEP_EXAMPLES}
    assert len(names) == len(set(names))
    # The steps of the old spelling work together, through marks: they are shown on whole names.
    assert set(names) - shown == {"old_tj_dj", "old_oe", "old_j", "old_marks"}


@pytest.mark.parametrize(("written", "standard"), NAME_EXAMPLES)
def test_a_name_gets_its_standard_form(
    engine: duckdb.DuckDBPyConnection, written: str | None, standard: str | None
) -> None:
    assert standardise.standard_name(engine, written) == standard


@pytest.mark.parametrize("name", [name for name, standard in NAME_EXAMPLES if standard])
def test_a_standard_name_stays_what_it_is(engine: duckdb.DuckDBPyConnection, name: str) -> None:
    once = standardise.standard_name(engine, name)
    assert standardise.standard_name(engine, once) == once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("YUSUF", "JUSUP"),
        ("RAHMAT", "RACHMAT"),
        ("KHAIRUL", "HAIRUL"),
        ("FITRI", "PITRY"),
        ("SYAHRUL", "SAHRUL"),
        ("ZAINAB", "JAENAB"),
        ("SUSANTO", "SUSANTHO"),
        ("NURHAYATI", "NURHAYATTI"),
    ],
)
def test_spellings_of_one_word_sound_alike(engine: duckdb.DuckDBPyConnection, one: str, other: str) -> None:
    first, second = only_row(engine, "SELECT sound(?::VARCHAR), sound(?::VARCHAR)", [one, other])
    assert first == second


@pytest.mark.parametrize(("one", "other"), [("SUTRISNO", "SUPARMAN"), ("SITI", "SRI"), ("BUDI", "RUDI")])
def test_other_words_do_not(engine: duckdb.DuckDBPyConnection, one: str, other: str) -> None:
    first, second = only_row(engine, "SELECT sound(?::VARCHAR), sound(?::VARCHAR)", [one, other])
    assert first != second


@pytest.mark.parametrize(
    ("nik", "form"),
    [
        ("5201144505909001", "usable"),
        ("6501010101909001", "usable"),
        ("9501010101909001", "usable"),
        ("0520114200500001", "temporary"),
        ("0000000000000000", "placeholder"),
        ("9999999999999999", "placeholder"),
        ("1234567890123456", "placeholder"),
        ("5201144505900000", "placeholder"),
        ("5201143205909001", "date_impossible"),
        ("5201147205909001", "date_impossible"),
        ("5201144513909001", "date_impossible"),
        ("520114450590900", "malformed"),
        ("52011445059090O1", "malformed"),
        ("", "missing"),
        (None, "missing"),
    ],
)
def test_a_nik_has_a_form(engine: duckdb.DuckDBPyConnection, nik: str | None, form: str) -> None:
    found, usable = only_row(engine, "SELECT nik_form(?::VARCHAR), nik_usable(?::VARCHAR)", [nik, nik])
    assert (found, usable) == (form, nik if form == "usable" else None)


@pytest.mark.parametrize(
    ("nik", "near_year", "birth", "sex"),
    [
        ("5201144505909001", None, date(1990, 5, 5), "female"),
        ("5201140505909001", None, date(1990, 5, 5), "male"),
        ("5201140505109001", None, date(2010, 5, 5), "male"),
        ("5201140505109001", 1911, date(1910, 5, 5), "male"),
        ("5201147112059001", None, date(2005, 12, 31), "female"),
        ("5201143002909001", None, None, "male"),
    ],
)
def test_a_nik_carries_date_and_sex(
    engine: duckdb.DuckDBPyConnection, nik: str, near_year: int | None, birth: date | None, sex: str
) -> None:
    sql = "SELECT nik_birth_date(?::VARCHAR, ?::INTEGER, 2026), nik_sex(?::VARCHAR), nik_district(?::VARCHAR)"
    assert only_row(engine, sql, [nik, near_year, nik, nik]) == (birth, sex, "52.01.14")


@pytest.mark.parametrize(
    ("a", "b", "is_swapped"),
    [
        (date(1990, 3, 4), date(1990, 4, 3), True),
        (date(1990, 4, 4), date(1990, 4, 4), False),
        (date(1990, 3, 4), date(1991, 4, 3), False),
        (date(1990, 3, 14), date(1990, 4, 3), False),
    ],
)
def test_swapped_day_and_month_are_seen(engine: duckdb.DuckDBPyConnection, a: date, b: date, is_swapped: bool) -> None:
    assert only_row(engine, "SELECT is_swapped(?::DATE, ?::DATE)", [a, b]) == (is_swapped,)


def test_first_of_january_and_of_july_are_heaped(engine: duckdb.DuckDBPyConnection) -> None:
    days = [date(1990, 1, 1), date(1990, 7, 1), date(1990, 12, 31), date(1990, 1, 2)]
    found = [only_row(engine, "SELECT is_heaped(?::DATE)", [day])[0] for day in days]
    assert found == [True, True, False, False]


def test_a_date_nobody_living_can_have_is_unknown(engine: duckdb.DuckDBPyConnection) -> None:
    days = [date(1899, 12, 31), date(1900, 1, 1), date(2027, 1, 1)]
    found = [only_row(engine, "SELECT date_known(?::DATE, 2026)", [day])[0] for day in days]
    assert found == [None, date(1900, 1, 1), None]


@pytest.mark.parametrize(
    ("written", "place", "unit"),
    [
        ("Jl. Mawar RT 003 RW 01", "MAWAR", "3/1"),
        ("Jalan Mawar RT.3/1", "MAWAR", "3/1"),
        ("DSN KRAJAN LOR RT 012", "KRAJAN LOR", "12/"),
        ("Dusun Krajan, Desa Sukamaju Kec. Gerung", "KRAJAN", None),
        ("Gg. Melati No. 12 RW 02", "MELATI 12", None),
        ("-", None, None),
    ],
)
def test_an_address_becomes_place_and_unit(
    engine: duckdb.DuckDBPyConnection, written: str, place: str | None, unit: str | None
) -> None:
    sql = "SELECT place_of(t), unit_of(rt_of(t), rw_of(t)) FROM (SELECT address_text(?::VARCHAR) AS t)"
    assert only_row(engine, sql, [written]) == (place, unit)


@pytest.mark.parametrize("code", ["5201142005", "52.01.14", "52.01.14.2005 ", "desa"])
def test_a_village_code_that_is_not_dotted_is_unknown(engine: duckdb.DuckDBPyConnection, code: str) -> None:
    assert only_row(engine, "SELECT village_known(?::VARCHAR)", [code]) == (None,)


def test_a_nik_that_many_share_is_nobodys_key(engine: duckdb.DuckDBPyConnection) -> None:
    engine.execute(
        """
        CREATE OR REPLACE TABLE shared AS
        SELECT 'p' || i AS unique_id, '52.01.14.2005' AS village_code, NULL::VARCHAR AS regency_code, 'male' AS sex,
               30 AS age_years, '5201140505909001' AS nik, 'BUDI' AS full_name, DATE '1990-05-05' AS birth_date,
               NULL::VARCHAR AS address, NULL::VARCHAR AS hamlet, NULL::VARCHAR AS rw, NULL::VARCHAR AS rt
        FROM range(3) t(i)
        """
    )
    for most, expected in ((3, 3), (2, 0)):
        standardise.build(engine, "shared", "shared_standard", as_of=date(2026, 6, 1), nik_shared_max=most)
        assert only_row(engine, "SELECT count(nik), count(name) FROM shared_standard") == (expected, 3)
