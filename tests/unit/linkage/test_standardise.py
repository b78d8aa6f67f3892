"""The standard forms, rule by rule. Every name and number here is invented."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from tenun.engine.duckdb import connect, only_row
from tenun.linkage import crosswalk, inputs
from tenun.linkage.standard import names, niks, places
from tenun.linkage.standard.rules import Rule, RuleUnknown, Step
from tenun.linkage.standard.table import COLUMNS, READ_COLUMNS, RULES, STANDARD_VERSION, Standard, read_text

AS_OF = date(2026, 6, 1)
TEXT_COLUMNS = ("nik", "nama", "tgl_lahir", "jk", "kode_desa", "alamat")
CODES = [rule.code for rule in RULES]
STEPS: dict[str, Step] = {
    rule.code: step for step in (*names.STEPS, niks.WRITING, places.ADDRESS) for rule in step.rules
}  # fmt: skip

# What a rule without SQL of its own is seen through: the macros of its field.
UNIT = f"address_unit({places.ADDRESS.sql('upper(x)')})"
THROUGH = {
    "address.unit": UNIT,
    "address.words": f"address_place({places.ADDRESS.sql('upper(x)')})",
    "village.punctuation": "village_digits(x)",
    "nik.rounded": "nik_form(x)",
    "village.retired": "region_now(region_number(village_digits(x)))::VARCHAR",
    "sex.words": "sex_read(upper(trim(x)))",
    "date": "date_read(upper(trim(x)))::VARCHAR",
}
CHANGING = [
    pytest.param(rule, before, after, id=f"{rule.code}: {before}")
    for rule in RULES for before, after in rule.examples
    # Unread stays unread whether the rule is on or off; a year alone has a test of its own.
    if before != after and (after is not None or rule.code == "nik.exponent")
]  # fmt: skip


def seen_through(rule: Rule) -> str:
    return THROUGH.get(rule.code) or THROUGH[rule.field]


def engine_of(standard: Standard) -> duckdb.DuckDBPyConnection:
    """A connection that knows the macros, and brings a typed and a delivered record to standard form."""
    connection = connect(threads=1)
    standard.install(connection)
    connection.execute(f"CREATE TABLE typed ({', '.join(f'{name} VARCHAR' for name in TEXT_COLUMNS)})")
    connection.execute(f"CREATE TABLE delivered ({', '.join(f'{name} {kind}' for name, kind in READ_COLUMNS.items())})")
    read = read_text("(SELECT 1 AS id, * FROM typed)", "id", dict.fromkeys(TEXT_COLUMNS, "TEXT"), as_of=AS_OF)
    # Prepared, because it takes longer to plan than to run.
    connection.execute(f"PREPARE of_typed AS {standard.select(f'({read})')}")
    connection.execute(f"PREPARE of_delivered AS {standard.select('delivered')}")
    return connection


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = engine_of(Standard(AS_OF))
    yield connection
    connection.close()


def of(connection: duckdb.DuckDBPyConnection, expression: str, text: str | None) -> Any:
    """An expression of `x` for one text."""
    return only_row(connection, f"SELECT {expression} FROM (SELECT ?::VARCHAR AS x)", [text])[0]


def typed(connection: duckdb.DuckDBPyConnection, **fields: str | None) -> dict[str, Any]:
    """A record as people typed it, in standard form."""
    return _standard_form(connection, "typed", [fields.get(name) for name in TEXT_COLUMNS])


def delivered(connection: duckdb.DuckDBPyConnection, **fields: object) -> dict[str, Any]:
    """A record as a register delivers it, in standard form."""
    return _standard_form(connection, "delivered", [fields.get(name) for name in READ_COLUMNS])


def _standard_form(connection: duckdb.DuckDBPyConnection, of_kind: str, values: Sequence[object]) -> dict[str, Any]:
    connection.execute(f"DELETE FROM {of_kind}")
    connection.execute(f"INSERT INTO {of_kind} VALUES ({', '.join('?' * len(values))})", list(values))
    return dict(zip(COLUMNS, only_row(connection, f"EXECUTE of_{of_kind}"), strict=True))


# --- the rules, one by one ---------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_says_why_and_shows_what_it_changes(rule: Rule) -> None:
    assert rule.why
    assert re.fullmatch(r"(nik|name|date|address|village|sex)\.[a-z_]+", rule.code)
    assert any(before != after for before, after in rule.examples)


def test_a_rule_is_named_once() -> None:
    assert len(CODES) == len(set(CODES))


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        pytest.param(rule, before, after, id=f"{rule.code}: {before}")
        for rule in RULES for before, after in rule.examples
    ],
)  # fmt: skip
def test_a_rule_alone_does_what_its_examples_say(
    engine: duckdb.DuckDBPyConnection, rule: Rule, before: str, after: str | None
) -> None:
    alone = rule.sql.replace("{x}", "x") if rule.sql else seen_through(rule)
    found = of(engine, alone, before)
    # Blanks at the edges and doubled ones go in the last rule of the step.
    assert (" ".join(found.split()) if rule.field == "name" and found else found) == after


@pytest.mark.parametrize(("rule", "before", "after"), CHANGING)
def test_a_rule_can_be_switched_off_and_then_leaves_its_example(
    engine: duckdb.DuckDBPyConnection, rule: Rule, before: str, after: str | None
) -> None:
    without = Standard.of(AS_OF, [rule.code]).without
    step = STEPS.get(rule.code)
    if step is not None:
        assert of(engine, step.sql("x"), before) != of(engine, step.sql("x", without), before)
        return
    assert of(engine, seen_through(rule), before) == after
    with connect(threads=1) as other:
        Standard(AS_OF, without).install(other)
        assert of(other, seen_through(rule), before) != after


def test_a_year_alone_is_an_age_unless_switched_off(engine: duckdb.DuckDBPyConnection) -> None:
    assert typed(engine, tgl_lahir="1990")["age"] == 36
    assert typed(engine, tgl_lahir="1990.0")["age"] == 36
    assert typed(engine, tgl_lahir="1990")["birth_date"] is None
    assert typed(engine, tgl_lahir="12-05-1990")["age"] is None
    with connect(threads=1) as off:
        Standard.of(AS_OF, ["date.year_only"]).install(off)
        assert of(off, "date_year_only(x)", "1990") is None


def test_a_rule_that_is_not_there_cannot_be_switched_off() -> None:
    with pytest.raises(RuleUnknown) as refused:
        Standard.of(AS_OF, ["name.titles", "name.nothing"])
    assert refused.value.parts["rule"] == "name.nothing"
    assert refused.value.code == "linkage.rule_unknown"


def test_of_every_step_any_rule_can_be_missing(engine: duckdb.DuckDBPyConnection) -> None:
    for code, step in STEPS.items():
        without = Standard.of(AS_OF, [code]).without
        assert of(engine, step.sql("x", without), "ANI 7"[: 3 if code.startswith("name") else 5]) is not None, code
        everything = frozenset(rule.code for rule in step.rules)
        assert step.sql("x", everything) == "x"


def test_the_version_of_the_rules_is_part_of_every_links_rule_version() -> None:
    assert crosswalk.RULE_VERSION.endswith(f".{STANDARD_VERSION}")


# --- signs, and arbitrary text -----------------------------------------------------------------------

# Pieces that rules look for, so that a text is near a rule more often than chance would have it.
PIECES = (
    "SITI NUR SRI M MOH MUHAMMAD AHMAD ABD ABDUR R A I H HJ DR S PD SE ST ALM ALMH BIN BINTI BTE. ALIAS @ / - – , "
    ". ' ` ’ ( ) [ ] "
    "{ } &#39; &AMP; RT RW 02 003 NIK HP KP JL DSN DESA KOTA 0 1 2 9 TJ DJ SJ OE NJ J JOE DJOKO TJIPTO SOERJONO É "
    "Ñ ß ø 你 🙂 "
    "LAKI PEREM L P MEI AGT 12 1990 05 33005 19900512 0000 9999 E+15 12:00 O I L SB"
).split() + [" ", "  ", "\t", "\n", "\u00a0", "\u200b", "\\", "\\1", "%", "{x}", '"', "''", ";--"]
piece = st.sampled_from(PIECES)
anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
digits = st.text("0123456789", min_size=1, max_size=24)
dated = st.tuples(digits, st.sampled_from("-/. "), digits, st.sampled_from("-/. ,"), digits).map("".join)
written = st.one_of(
    st.lists(st.one_of(piece, anything), max_size=8).map("".join),
    st.lists(st.one_of(piece, digits), max_size=6).map(" ".join),
    digits, dated,
)  # fmt: skip
LONG = (
    "X" * 10_000,
    "9" * 10_000,
    "SITI " * 2_000,
    "(" * 10_000,
    "é" * 10_000,
    "RT 1 " * 2_000,
    "1-" * 5_000,
    "S PD " * 2_000,
)


@effort(max_examples=40, deadline=None)
@given(texts=st.lists(written, min_size=20, max_size=60))
def test_no_rule_changes_a_text_that_shows_no_sign_of_it(
    engine: duckdb.DuckDBPyConnection, texts: Sequence[str]
) -> None:
    engine.execute("CREATE OR REPLACE TABLE texts AS SELECT upper(unnest(?::VARCHAR[])) AS x", [list(texts)])
    signed = [rule for rule in RULES if rule.sql and rule.sign]
    assert len(signed) > 30
    changed = " UNION ALL ".join(
        f"SELECT '{rule.code}', x FROM texts "
        f"WHERE NOT regexp_matches(x, '{rule.sign}') AND ({rule.sql.replace('{x}', 'x')}) IS DISTINCT FROM x"
        for rule in signed
    )
    assert engine.execute(changed).fetchall() == []


@effort(max_examples=40, deadline=None)
@given(texts=st.lists(written, min_size=20, max_size=60))
def test_a_step_within_a_step_gives_what_its_rules_give_one_after_the_other(
    engine: duckdb.DuckDBPyConnection, texts: Sequence[str]
) -> None:
    nested = [step for step in names.STEPS if any(isinstance(part, Step) for part in step.parts)]
    assert nested == [names.LETTERS]
    flat = Step(names.LETTERS.rules)
    engine.execute("CREATE OR REPLACE TABLE texts AS SELECT upper(unnest(?::VARCHAR[])) AS x", [list(texts)])
    for without in (frozenset(), frozenset({"name.only_letters"}), frozenset({"name.comma_tail", "name.father"})):
        both = f"SELECT x FROM texts WHERE {names.LETTERS.sql('x', without)} IS DISTINCT FROM {flat.sql('x', without)}"
        assert engine.execute(both).fetchall() == []


INVARIANTS = """
    SELECT count(*),
           count(*) FILTER (nik NOT BETWEEN 1100000000000000 AND 9999999999999999),
           count(*) FILTER (joined = '' OR contains(joined, ' ')),
           count(*) FILTER (birth_date NOT BETWEEN DATE '1900-01-02' AND DATE '2026-12-31'),
           count(*) FILTER (village NOT BETWEEN 1000000000 AND 9999999999),
           count(*) FILTER (district NOT BETWEEN 0 AND 999999 OR regency NOT BETWEEN 0 AND 9999),
           count(*) FILTER (unit NOT LIKE '%/%' OR place = '' OR hamlet = '')
"""
PEOPLE = (*TEXT_COLUMNS, "regency_code", "hamlet", "rw", "rt", "sex")
AS_DELIVERED = (
    "SELECT id AS unique_id, nik, nama AS full_name, NULL::DATE AS birth_date, 30 AS age_years, sex, "
    "kode_desa AS village_code, regency_code, alamat AS address, hamlet, rw, rt FROM people"
)


@pytest.fixture(scope="module", params=[(), tuple(CODES)], ids=["all rules", "no rule"])
def judge(request: pytest.FixtureRequest) -> Iterator[duckdb.DuckDBPyConnection]:
    """What counts the rows of `people` whose standard form cannot be one."""
    standard = Standard.of(AS_OF, request.param)
    connection = connect(threads=1)
    standard.install(connection)
    connection.execute(f"CREATE TABLE people (id INTEGER, {', '.join(f'{name} VARCHAR' for name in PEOPLE)})")
    read = read_text("people", "id", dict.fromkeys(TEXT_COLUMNS, "TEXT"), as_of=AS_OF)
    for number, source in enumerate((read, AS_DELIVERED)):
        connection.execute(f"PREPARE judge_{number} AS {INVARIANTS} FROM ({standard.select(f'({source})')})")
    yield connection
    connection.close()


def judged(judge: duckdb.DuckDBPyConnection, rows: Sequence[Sequence[str | None]]) -> None:
    judge.execute("DELETE FROM people")
    judge.executemany(
        f"INSERT INTO people VALUES ({', '.join('?' * (1 + len(PEOPLE)))})",
        [(number, *row) for number, row in enumerate(rows)],
    )
    for number in (0, 1):
        total, *wrong = only_row(judge, f"EXECUTE judge_{number}")
        assert total == len(rows)
        assert wrong == [0] * len(wrong)


@effort(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(*[st.one_of(st.none(), written) for _ in PEOPLE]), min_size=5, max_size=20))
def test_the_standard_form_takes_any_text(
    judge: duckdb.DuckDBPyConnection, rows: Sequence[Sequence[str | None]]
) -> None:
    judged(judge, rows)


def test_the_standard_form_takes_texts_of_ten_thousand_characters(judge: duckdb.DuckDBPyConnection) -> None:
    judged(judge, [[text] * len(PEOPLE) for text in LONG])


def test_registers_are_standardised_in_slices_as_they_are_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    standard, connection = Standard(AS_OF), connect(threads=1)
    standard.install(connection)
    columns = ", ".join(f"{name} {kind}" for name, kind in READ_COLUMNS.items())
    rows = [
        (f"r{number:02}", f"32710152039900{number:02}", name, date(1990, 1, 1 + number), None, "male", "5201142005",
         None, f"JL MAWAR RT {number} RW 2", None, None, None)
        for number, name in enumerate(("SITI AMINAH", "M. RIZKI", "SOEKARNO", "DJOKO (ALM)", "BUDI", "ANI", "UMAR"), 1)
    ]  # fmt: skip
    for table in ("read_residents", "read_seekers"):
        connection.execute(f"CREATE TABLE {table} ({columns})")
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(READ_COLUMNS))})", rows)
    whole = connection.execute(f"SELECT * FROM ({standard.select('read_residents')}) ORDER BY 1").fetchall()
    assert len(whole) == len(rows)
    monkeypatch.setattr(inputs, "ROWS_A_SLICE", 3)
    inputs.standardise(connection, standard)
    for table in ("residents", "accounts"):
        columns = ", ".join(COLUMNS)
        assert connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1").fetchall() == whole
    connection.close()


# --- names ------------------------------------------------------------------------------------------


def chained(steps: Sequence[Step]) -> str:
    """The steps one after the other, with the names that say "no name" gone where the table drops them."""
    expression = "upper(x)"
    for step in steps:
        expression = f"(SELECT {step.sql('y')} FROM (SELECT {expression} AS y))"
        if step is names.OLD_SPELLING:
            expression = f"name_known({expression})"
    return expression


WHOLE = chained(names.STEPS[:-1])
CORE = chained(names.STEPS)

NAMES = [
    # written, whole name, what is compared
    ("  h. Moh. Rizki, S.Kom ", "MUHAMMAD RIZKI", "RIZKI"),
    ("M.RIZKI", "MUHAMMAD RIZKI", "RIZKI"),
    ("M.RIZKI-2  ALI ", "MUHAMMAD RIZKI ALI", "RIZKI ALI"),
    ("MD RIZKI", "MUHAMMAD RIZKI", "RIZKI"),
    ("Hj. St. Aminah binti Ali", "SITI AMINAH", "AMINAH"),
    ("AMINAH\u00a0BINTI ALI", "AMINAH", "AMINAH"),
    ("SITI\tAMINAH\n", "SITI AMINAH", "AMINAH"),
    ("Soekarno", "SUKARNO", "SUKARNO"),
    ("SOERJONO", "SURYONO", "SURYONO"),
    ("Soenjoto", "SUNYOTO", "SUNYOTO"),
    ("Djoko Widjaja", "JOKO WIJAYA", "JOKO WIJAYA"),
    ("TJAHJONO", "CAHYONO", "CAHYONO"),
    ("Njoman Sjahrir", "NYOMAN SYAHRIR", "NYOMAN SYAHRIR"),
    ("JOESOEF", "JUSUF", "JUSUF"),
    ("SOETEDJO SANDJAJA", "SUTEJO SANJAYA", "SUTEJO SANJAYA"),
    ("SANJAYA", "SANJAYA", "SANJAYA"),
    ("JUNAIDI", "JUNAIDI", "JUNAIDI"),
    ("WIJAYA", "WIJAYA", "WIJAYA"),
    ("SUDIRMAN", "SUDIRMAN", "SUDIRMAN"),
    ("Ma'ruf Sjé", "MARUF SYE", "MARUF SYE"),
    ("ABD. MU`IN", "ABDUL MUIN", "MUIN"),
    ("Abdurrahman", "ABDUL RAHMAN", "RAHMAN"),
    ("ABDUR ROHMAN", "ABDUL ROHMAN", "ROHMAN"),
    ("ABDULLAH", "ABDULLAH", "ABDULLAH"),
    ("Umbu-Laiya", "UMBU LAIYA", "UMBU LAIYA"),
    ("Slamet", "SLAMET", "SLAMET"),
    ("BUDI (ALM) SANTOSO", "BUDI SANTOSO", "BUDI SANTOSO"),
    ("BUDI (ALM", "BUDI", "BUDI"),
    ("ALM. BUDI", "BUDI", "BUDI"),
    ("BUDI SANTOSO, S.PD, M.M", "BUDI SANTOSO", "BUDI SANTOSO"),
    ("SIREGAR, MANGASI", "SIREGAR MANGASI", "SIREGAR MANGASI"),
    ("SUPARMAN ALIAS MAN", "SUPARMAN", "SUPARMAN"),
    ("AHMAD BIN ALI", "AHMAD", "AHMAD"),
    ("AMINAH BTE. ALI", "AMINAH", "AMINAH"),
    ("BINTI LESTARI", "BINTI LESTARI", "BINTI LESTARI"),
    ("DR H MUHAMMAD", "MUHAMMAD", "MUHAMMAD"),
    ("Prof. Dr. Ir. H. Soekarno, M.Sc.", "SUKARNO", "SUKARNO"),
    ("HAJAR", "HAJAR", "HAJAR"),
    ("H", "H", "H"),
    ("BUDI S PD I", "BUDI", "BUDI"),
    ("BUDI SE MM", "BUDI", "BUDI"),
    ("BUDI SETIAWAN", "BUDI SETIAWAN", "BUDI SETIAWAN"),
    ("SE", "SE", "SE"),
    ("NUR MUH ALI", "NUR MUHAMMAD ALI", "MUHAMMAD ALI"),
    ("ALI M", "ALI M", "ALI M"),
    ("Nor", "NOR", "NOR"),
    ("Nor Aini", "NUR AINI", "AINI"),
    # A first word that the other side leaves out goes; joined to the next word or not.
    ("NURHAYATI", "NURHAYATI", "HAYATI"),
    ("NUR HAYATI", "NUR HAYATI", "HAYATI"),
    ("Sriwahyuni", "SRIWAHYUNI", "WAHYUNI"),
    ("SITINURBAYA", "SITINURBAYA", "NURBAYA"),
    ("NURDIN", "NURDIN", "NURDIN"),
    ("SITI", "SITI", "SITI"),
    ("Dewi Lestari", "DEWI LESTARI", "LESTARI"),
    ("I Gede Sudarma", "I GEDE SUDARMA", "GEDE SUDARMA"),
    ("NI MADE ASIH", "NI MADE ASIH", "MADE ASIH"),
    # R. A. is Raden Ajeng, or two names that are written out elsewhere: either way it is not compared.
    ("R. A. Kartini", "R A KARTINI", "KARTINI"),
    ("RA Kartini", "KARTINI", "KARTINI"),
    ("A. Fauzi", "A FAUZI", "FAUZI"),
    ("M. A. Fauzi", "MUHAMMAD A FAUZI", "FAUZI"),
    ("ANI RT 02 RW 03 HP 0812", "ANI", "ANI"),
    ("S1TI N0R", "SITI NOR", "NOR"),
    ("-", None, None),
    ("NN", None, None),
    ("Tn. X", None, None),
    ("Tidak Ada", None, None),
    ("12345", None, None),
    ("🙂", None, None),
    ("", None, None),
    (None, None, None),
]


@pytest.mark.parametrize(("written_name", "whole", "core"), NAMES)
def test_a_name_gets_its_standard_form(
    engine: duckdb.DuckDBPyConnection, written_name: str | None, whole: str | None, core: str | None
) -> None:
    assert of(engine, WHOLE, written_name) == whole
    assert of(engine, CORE, written_name) == core
    row = typed(engine, nama=written_name)
    assert (row["core"], row["joined"]) == (core, core and core.replace(" ", ""))


@pytest.mark.parametrize("name", [name for name, whole, _ in NAMES if whole])
def test_a_standard_name_stays_what_it_is(engine: duckdb.DuckDBPyConnection, name: str) -> None:
    once = of(engine, WHOLE, name)
    assert of(engine, WHOLE, once) == once


@pytest.mark.parametrize(
    ("spellings", "common"),
    [
        ("Moh Muh Moch Mohd Muhd Mhd Mohamad Mohammad Muhamad Muhammed Mochamad Mukhammad Muchamad Mohamed",
        "MUHAMMAD"),
        ("Akhmad Achmad Ahmed Ahmat", "AHMAD"),
        ("Abd Abdoel Abdl", "ABDUL"),
        ("Sitti Sity Siti", "SITI"),
        ("Noer Noor", "NUR"),
        ("Sry Srie", "SRI"),
    ],
)  # fmt: skip
def test_all_spellings_of_a_common_name_are_one(engine: duckdb.DuckDBPyConnection, spellings: str, common: str) -> None:
    for spelling in spellings.split():
        assert of(engine, WHOLE, f"{spelling} Lestari") == f"{common} LESTARI"
        assert of(engine, WHOLE, f"{spelling}. Lestari") == f"{common} LESTARI"


@pytest.mark.parametrize("one_apart", ["MUHAMMADIYAH", "NORMA", "STEVEN", "SRIMULYANI", "AHMADI", "ABDULLAH", "MUHTAR"])
def test_a_name_that_only_begins_like_a_common_one_is_left(engine: duckdb.DuckDBPyConnection, one_apart: str) -> None:
    assert of(engine, WHOLE, f"{one_apart} LESTARI") == f"{one_apart} LESTARI"


SOUND = "name_sound(name_folded(x))"


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
        ("RIDWAN", "RIDHWAN"),
        ("VERA", "FERA"),
        ("TAUFIQ", "TAUPIK"),
        ("ALEX", "ALES"),
        ("GHOFUR", "GOFUR"),
    ],
)
def test_spellings_of_one_word_sound_alike(engine: duckdb.DuckDBPyConnection, one: str, other: str) -> None:
    assert of(engine, SOUND, one) == of(engine, SOUND, other)


@pytest.mark.parametrize(
    ("one", "other"), [("SUTRISNO", "SUPARMAN"), ("SITI", "SRI"), ("BUDI", "RUDI"), ("HASAN", "HASIM"), ("ANI", "INA")]
)
def test_other_words_do_not(engine: duckdb.DuckDBPyConnection, one: str, other: str) -> None:
    assert of(engine, SOUND, one) != of(engine, SOUND, other)


def test_a_word_that_is_not_there_has_no_sound(engine: duckdb.DuckDBPyConnection) -> None:
    row = typed(engine, nama="Suparman")
    assert row["sound_1"] is not None
    assert row["sound_2"] is None


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("BUDI SANTOSO", "SANTOSO BUDI", True),
        ("SITI AMINAH PUTRI", "PUTRI AMINAH", True),
        ("A B C D", "D C B A", False),  # leading initials are not compared
        ("BUDI", "SANTOSO", False),
    ],
)
def test_words_in_another_order_sort_alike(
    engine: duckdb.DuckDBPyConnection, one: str, other: str, is_same: bool
) -> None:
    assert (typed(engine, nama=one)["sorted"] == typed(engine, nama=other)["sorted"]) is is_same


# --- NIK --------------------------------------------------------------------------------------------

NIK = niks.WRITING.sql("upper(trim(x))")


@pytest.mark.parametrize(
    ("nik", "form"),
    [
        ("5201144505909001", "usable"),
        ("6501010101909001", "usable"),
        ("9501010101909001", "usable"),
        (" 5201144505909001 ", "usable"),
        ("\t5201144505909001\r\n", "usable"),
        ("5201144505909001\u00a0", "usable"),
        ("'5201144505909001", "usable"),
        ("5201 1445 0590 9001", "usable"),
        ("52.01.14.450590.9001", "usable"),
        ("5201144505909001.0", "usable"),
        ("NIK. 5201144505909001", "usable"),
        ("No. NIK 5201144505909001", "malformed"),
        ("NO NIK: 5201144505909001", "usable"),
        ("52O114450590900I", "usable"),
        ("0520114200500001", "temporary"),
        ("0000000000000000", "placeholder"),
        ("0", "placeholder"),
        ("9999999999999999", "placeholder"),
        ("111111111111111", "placeholder"),
        ("XXXXXXXXXXXXXXXX", "placeholder"),
        ("1234567890123456", "placeholder"),
        ("123456789012345", "placeholder"),
        ("12345678901234567", "placeholder"),
        ("5201144505900000", "rounded"),
        ("9901144505900000", "placeholder"),
        ("3333333333330001", "placeholder"),
        ("5201143205909001", "impossible"),
        ("5201147205909001", "impossible"),
        ("5201144513909001", "impossible"),
        ("5201144500909001", "impossible"),
        ("5201140005909001", "impossible"),
        ("1001144505909001", "impossible"),
        ("9801144505909001", "impossible"),
        ("081234567890", "phone"),
        ("0812-3456-7890", "phone"),
        ("6281234567890", "phone"),
        ("+6281234567890", "malformed"),
        ("520114450590900", "malformed"),
        ("52011445059090011", "malformed"),
        ("5201144505A09001", "malformed"),
        ("5.20114E+15", "rounded"),
        ("5.20114E+14", "missing"),
        ("5,20114E15", "rounded"),
        ("-", "missing"),
        ("Tidak ada", "missing"),
        ("BELUM MEMILIKI NIK", "missing"),
        ("   ", "missing"),
        ("", "missing"),
        (None, "missing"),
    ],
)
def test_a_nik_has_a_form(engine: duckdb.DuckDBPyConnection, nik: str | None, form: str) -> None:
    found = of(engine, f"nik_form({NIK})", nik)
    assert found == form
    row = typed(engine, nik=nik)
    assert (row["nik"] is not None) is (form == "usable")
    assert row["nik_odd"] is None or form == "malformed"


def test_only_what_could_be_a_nik_with_a_digit_too_many_or_too_few_is_kept(engine: duckdb.DuckDBPyConnection) -> None:
    for nik in ("520114450590900", "52011445059090011", "5201144505A09001"):
        assert typed(engine, nik=nik)["nik_odd"] == nik
    for nik in ("52011445059090", "520114450590900112", "BELUM PUNYA NIK.", "111111111111111", "0520114200500001"):
        assert typed(engine, nik=nik)["nik_odd"] is None


def test_a_rounded_nik_is_nobodys_and_still_tells_date_and_sex(engine: duckdb.DuckDBPyConnection) -> None:
    row = typed(engine, nik="5.20114450591E+15")
    assert (row["nik"], row["nik_odd"], row["nik_date"], row["is_female"]) == (None, None, date(1991, 5, 5), True)
    assert typed(engine, nik="5.20114450591E+15", jk="L")["is_female"] is False
    # Of a whole one the number speaks; its sex is not counted beside it.
    assert typed(engine, nik="5201144505919001")["is_female"] is None


@pytest.mark.parametrize(
    ("nik", "born", "nik_date", "is_female"),
    [
        ("5201144505909001", None, date(1990, 5, 5), True),
        ("5201140505909001", None, date(1990, 5, 5), False),
        ("5201140505109001", None, date(2010, 5, 5), False),
        ("5201140505109001", "1911", date(1910, 5, 5), False),
        ("5201140505109001", "03-03-1911", date(1910, 5, 5), False),
        ("5201140505269001", None, date(2026, 5, 5), False),
        ("5201140505279001", None, date(1927, 5, 5), False),
        ("5201147112059001", None, date(2005, 12, 31), True),
        ("5201142902009001", None, date(2000, 2, 29), False),
        ("5201142902019001", None, None, False),
        ("5201143002909001", None, None, False),
        ("520114450590900", None, None, None),
        ("5201144505910000", None, date(1991, 5, 5), True),
        ("5,20114050591E+15", None, date(1991, 5, 5), False),
        # The year may have been rounded away too.
        ("5201144505900000", None, None, None),
        ("5.20114E+15", None, None, None),
    ],
)
def test_a_nik_carries_date_and_sex(
    engine: duckdb.DuckDBPyConnection, nik: str, born: str | None, nik_date: date | None, is_female: bool | None
) -> None:
    row = typed(engine, nik=nik, tgl_lahir=born)
    assert (row["nik_date"], row["nik_female"]) == (nik_date, is_female)


# --- dates ------------------------------------------------------------------------------------------

TWELFTH_OF_MAY = date(1990, 5, 12)


@pytest.mark.parametrize(
    "written_date",
    [
        "1990-05-12", "1990/05/12", "1990.05.12", "1990 05 12", "1990-5-12", "1990-05-12 00:00:00",
        "1990-05-12T00:00:00Z",
        "1990/05/12 00:00", "12-05-1990", "12/05/1990", "12.05.1990", "12 05 1990", "12-5-1990", "12 - 05 - 1990",
        "12/05/1990 0:00",
        "12-05-90", "12/5/90", "12 Mei 1990", "12 mei 90", "12-Mei-1990", "12 May 1990", "12-MAY-90", "12Mei1990",
        "12 Mei, 1990",
        "19900512", "12051990", "33005", "33005.0", "BANDUNG, 12-05-1990", "Kota Bima, 12 Mei 1990",
        "Sabtu, 12 Mei 1990",
        "Bandung / 12-05-1990", " 12-05-1990 ",
    ],
)  # fmt: skip
def test_a_date_is_read_however_it_is_written(engine: duckdb.DuckDBPyConnection, written_date: str) -> None:
    assert typed(engine, tgl_lahir=written_date)["birth_date"] == TWELFTH_OF_MAY


@pytest.mark.parametrize(
    ("written_date", "read"),
    [
        ("05/25/1990", date(1990, 5, 25)),
        ("13/13/1990", None),
        ("31-02-1990", None),
        ("29-02-1900", None),
        ("29-02-2000", date(2000, 2, 29)),
        ("00-00-1990", None),
        ("12-05-26", date(2026, 5, 12)),
        ("12-05-27", date(1927, 5, 12)),
        ("19051990", date(1990, 5, 19)),
        ("20051990", date(1990, 5, 20)),
        ("20102010", date(2010, 10, 20)),
        ("1051990", date(1990, 5, 1)),
        ("01-01-1900", None),
        ("31-12-1899", None),
        ("01-01-2027", None),
        ("12-05-2990", None),
        ("99999", None),
        ("0", None),
        ("-", None),
        ("tidak tahu", None),
        ("Mei 1990", None),
        ("123456789", None),
        (None, None),
    ],
)
def test_a_date_that_cannot_be_is_unknown(
    engine: duckdb.DuckDBPyConnection, written_date: str | None, read: date | None
) -> None:
    assert typed(engine, tgl_lahir=written_date)["birth_date"] == read


@pytest.mark.parametrize(
    ("month", "spellings"),
    [
        (1, "Januari Jan January"), (2, "Februari Pebruari Feb Peb"), (3, "Maret Mar March"), (4, "April Apr"),
        (5, "Mei May"),
        (6, "Juni Jun June"), (7, "Juli Jul July"), (8, "Agustus Agu Agt Ags Aug August"), (9, "September Sep Sept"),
        (10, "Oktober Okt Oct October"), (11, "November Nopember Nov Nop"), (12, "Desember Des Dec December"),
    ],
)  # fmt: skip
def test_months_have_names(engine: duckdb.DuckDBPyConnection, month: int, spellings: str) -> None:
    for spelling in spellings.split():
        assert typed(engine, tgl_lahir=f"3 {spelling} 1991")["birth_date"] == date(1991, month, 3), spelling


def test_a_column_of_dates_is_taken_as_it_is(engine: duckdb.DuckDBPyConnection) -> None:
    read = read_text("(SELECT 1 AS id, DATE '1990-05-12' AS tgl_lahir)", "id", {"tgl_lahir": "DATE"}, as_of=AS_OF)
    row = dict(zip(COLUMNS, only_row(engine, Standard(AS_OF).select(f"({read})")), strict=True))
    assert (row["birth_date"], row["age"]) == (TWELFTH_OF_MAY, None)


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


def test_the_ends_of_the_year_and_the_first_of_july_are_heaped(engine: duckdb.DuckDBPyConnection) -> None:
    days = [date(1990, 1, 1), date(1990, 7, 1), date(1990, 12, 31), date(1990, 1, 2), date(1990, 12, 1)]
    found = [only_row(engine, "SELECT is_heaped(?::DATE)", [day])[0] for day in days]
    assert found == [True, True, True, False, False]


# --- villages, sexes, addresses ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "village", "district", "regency"),
    [
        ("52.01.14.2005", 5201142005, 520114, 5201),
        ("5201142005", 5201142005, 520114, 5201),
        ("52 01 14 2005", 5201142005, 520114, 5201),
        (" 52.01.14.2005\n", 5201142005, 520114, 5201),
        ("5201142005.0", 5201142005, 520114, 5201),
        ("52.01.14", None, 520114, 5201),
        ("520114", None, 520114, 5201),
        ("52.01", None, None, 5201),
        ("5201", None, None, 5201),
        ("52", None, None, None),
        ("5201140", None, None, None),
        ("52011420051", None, None, None),
        ("0099999999", None, None, None),
        ("9" * 19, None, None, None),
        ("desa", None, None, None),
        ("", None, None, None),
        (None, None, None, None),
    ],
)
def test_a_village_code_says_village_district_or_regency(
    engine: duckdb.DuckDBPyConnection, code: str | None, village: int | None, district: int | None, regency: int | None
) -> None:
    row = typed(engine, kode_desa=code)
    assert (row["village"], row["district"], row["regency"]) == (village, district, regency)


def test_where_the_village_is_unknown_the_regency_may_still_be_known(engine: duckdb.DuckDBPyConnection) -> None:
    assert delivered(engine, regency_code="52.01")["regency"] == 5201
    assert delivered(engine, regency_code="52.71", village_code="52.01.14.2005")["regency"] == 5201
    assert delivered(engine, regency_code="520114")["regency"] == 5201
    assert delivered(engine, regency_code="9" * 19)["regency"] is None


@pytest.mark.parametrize(
    ("is_female", "spellings"),
    [
        (False, ["L", "l", "LK", "Lk", "Laki-laki", "LAKI - LAKI", "Laki2", "laki", "Lelaki", "Pria", "M", "male",
                 "1", "1.0", " L "]),
        (True, ["P", "p", "PR", "Pr", "Perempuan", "PEREMPUAN ", "Wanita", "W", "F", "female", "2", "2.0"]),
        (None, ["", "-", "X", "L/P", "0", "3", "tidak tahu", None]),
    ],
)  # fmt: skip
def test_sexes_are_read(
    engine: duckdb.DuckDBPyConnection, is_female: bool | None, spellings: Sequence[str | None]
) -> None:
    for spelling in spellings:
        assert typed(engine, jk=spelling)["is_female"] is is_female, spelling


@pytest.mark.parametrize(("sex", "is_female"), [("female", True), ("male", False), ("missing", None), (None, None)])
def test_a_sex_that_a_register_calls_missing_is_neither(
    engine: duckdb.DuckDBPyConnection, sex: str | None, is_female: bool | None
) -> None:
    assert delivered(engine, sex=sex)["is_female"] is is_female


@pytest.mark.parametrize(
    "address",
    [
        "RT 002 RW 003", "RT 2 RW 3", "RT.002/RW.003", "RT.02/03", "RT 02/03", "RT 2 / 3", "RT002/003", "RT02RW03",
        "RT/RW 002/003",
        "RT/RW : 02/03", "RTRW 02/03", "RT-02 RW-03", "Rt. 02, Rw. 03", "R.T. 02 R.W. 03", "R.T./R.W. 02/03",
        "RT: 002, RW: 003",
        "RW 03 RT 02", "RW.03/RT.02", "RT 02 NO 5 RW 03", "002/003", "02 / 03", "rt02/rw03",
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["Dsn. Krajan {}", "{} Dusun Krajan", "Krajan {}, Desa Sukamaju"])
def test_rt_and_rw_are_read_in_every_form_before_and_behind_the_place(
    engine: duckdb.DuckDBPyConnection, address: str, form: str
) -> None:
    row = typed(engine, alamat=form.format(address))
    assert row["unit"] == "2/3"
    if "NO 5" not in address or not form.startswith("{}"):  # between number and place stands something else
        assert row["place"] == "KRAJAN"


@pytest.mark.parametrize(
    ("written_address", "place", "unit"),
    [
        ("Jl. Mawar RT 003 RW 01", "MAWAR", "3/1"),
        ("Jalan Mawar RT.3/1", "MAWAR", "3/1"),
        ("JL MAWAR", "MAWAR", None),
        ("DSN KRAJAN LOR RT 012", "KRAJAN LOR", "12/"),
        ("RT 012", None, "12/"),
        ("RT 2 RW 00", None, "2/"),
        ("RT 000 RW 000", None, None),
        ("000/000", None, None),
        ("Dusun Krajan, Desa Sukamaju Kec. Gerung", "KRAJAN", None),
        ("Gg. Melati No. 12 RW 02", "MELATI", None),
        ("Perum Griya Asri Blok C/12 No 4", "GRIYA ASRI BLOK C 12", None),
        ("JL KERT 5", "KERT 5", None),
        ("Jl. Artha 2", "ARTHA 2", None),
        ("Jl. R.T. Monginsidi", "R T MONGINSIDI", None),
        ("DESA SUKAMAJU", None, None),
        ("-", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_an_address_becomes_place_and_unit(
    engine: duckdb.DuckDBPyConnection, written_address: str | None, place: str | None, unit: str | None
) -> None:
    row = typed(engine, alamat=written_address)
    assert (row["place"], row["unit"]) == (place, unit)


@pytest.mark.parametrize(
    ("fields", "place", "hamlet", "unit"),
    [
        ({"address": "Jl. Mawar", "hamlet": "DUSUN KRAJAN", "rt": "003", "rw": "01"}, "MAWAR", "KRAJAN", "3/1"),
        ({"address": None, "hamlet": "Krajan", "rt": "3", "rw": None}, "KRAJAN", "KRAJAN", "3/"),
        ({"address": "Krajan RT 4/2", "rt": "003", "rw": "01"}, "KRAJAN", None, "3/1"),
        ({"address": "Krajan RT 4/2", "rt": "000", "rw": "-"}, "KRAJAN", None, "4/2"),
    ],
)  # fmt: skip
def test_a_registers_own_rt_rw_and_hamlet_come_first(
    engine: duckdb.DuckDBPyConnection, fields: dict[str, object], place: str, hamlet: str | None, unit: str
) -> None:
    row = delivered(engine, **fields)
    assert (row["place"], row["hamlet"], row["unit"]) == (place, hamlet, unit)


def test_a_standard_table_has_the_columns_it_says(engine: duckdb.DuckDBPyConnection) -> None:
    described = engine.execute(f"DESCRIBE {Standard(AS_OF).select(_nothing())}").fetchall()
    assert [row[0] for row in described] == list(COLUMNS)
    kinds = {row[0]: row[1] for row in described}
    assert (kinds["nik"], kinds["village"], kinds["district"], kinds["regency"]) == (
        "BIGINT",
        "BIGINT",
        "INTEGER",
        "INTEGER",
    )


def test_columns_are_carried_along_where_asked(engine: duckdb.DuckDBPyConnection) -> None:
    sql = Standard(AS_OF).select(f"(SELECT *, 7 AS truth FROM {_nothing()})", also="truth")
    assert only_row(engine, sql)[-1] == 7


def _nothing() -> str:
    return "(SELECT " + ", ".join(f"NULL::{kind} AS {name}" for name, kind in READ_COLUMNS.items()) + ")"
