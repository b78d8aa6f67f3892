r"""How names, NIKs, dates, places and addresses are brought to one form before they are compared.

Every rule is one step with a name, a reason and examples (`tests/unit/linkage/test_standardise.py`),
written as a DuckDB macro. The SQL keeps to what a second engine also understands: no back-references,
no difference of years, no engine's own `hash()`.

Standard forms are for comparing only. They are never shown, stored or sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from tenun.engine.duckdb import only_row

# Part of the crosswalk's rule version: raise it when a rule below changes what it gives.
STANDARD_VERSION = 1


@dataclass(frozen=True)
class Step:
    """One step of the standard form of a name. `{x}` stands for what the step before gave."""

    name: str
    why: str
    sql: str


def _any_token(spellings: str, common: str) -> str:
    return rf"regexp_replace({{x}}, '\b({'|'.join(spellings.split())})\b', '{common}', 'g')"


def _first_token(spellings: str, common: str) -> str:
    # Only before another token: a person may be called "Nor" and nothing else.
    return f"regexp_replace({{x}}, '^({'|'.join(spellings.split())}) ', '{common} ')"


TITLES = (
    "H HJ HJH HAJI HAJJAH DR DRS DRA DRG IR KH KYAI PROF BPK BAPAK IBU NY TN SDR SDRI UST USTADZ USTAD TGK TGH "
    "R RA RR RM RADEN ALM ALMH"
).split()  # fmt: skip
# Parts are apart because the dots in "S.Pd.I" have become blanks by then.
DEGREES = (
    "S ?PD( ?I)?|S ?E( ?I)?|S ?KOM|S ?H( ?I)?|S ?ST|S ?T|S ?SOS|S ?AG|S ?IP|S ?KM|S ?KEP|S ?FARM|S ?PSI|S ?PT|S ?P"
    "|S ?S|S ?SI|S ?TP|S ?KED|S ?TR( ?KES)?|M ?PD( ?I)?|M ?SI|M ?M|M ?KOM|M ?KES|M ?H|M ?T|M ?AP|A ?MD( ?KEB| ?KEP)?"
    "|A ?MA( ?PD)?"
    "|BA|B ?SC|PH ?D|NERS|NS|CPNS|LC"
)
NO_NAME = ("NN", "X", "XX", "XXX", "TIDAK ADA", "TANPA NAMA", "TIDAK DIKETAHUI", "BELUM ADA NAMA", "NO NAME", "ANONIM")

NAME_STEPS: tuple[Step, ...] = (
    Step("letters", "Case, accents and apostrophes carry nothing: Ma'ruf is MARUF.",
         "regexp_replace(upper(strip_accents({x})), '[''`´‘’]', '', 'g')"),
    Step("no_brackets", "What stands in brackets is a remark: (ALM), a nickname.",
         r"regexp_replace({x}, '\([^)]*\)?', ' ', 'g')"),
    Step("no_comma_tail", "Degrees follow a comma.", "regexp_replace({x}, ',.*$', '')"),
    Step("no_alias", "What follows ALIAS is another name; the first one is on the card.",
         "regexp_replace({x}, ' (ALIAS|ALS|AKA|@) *.*$', '')"),
    Step("no_father", "bin and binti lead to the father's name, which the other side leaves out.",
         "regexp_replace({x}, ' (BIN|BINTI|BINTE|BTE|BT|BN)[. ].*$', '')"),
    Step("only_letters", "Dots, hyphens and digits separate.",
         "trim(regexp_replace({x}, '[^A-Z]+', ' ', 'g'))"),
    Step("no_titles", "Haji, doktorandus and the like come and go.",
         rf"regexp_replace({{x}}, '^(({'|'.join(TITLES)}) )+', '')"),
    Step("no_degrees", "Degrees without a comma.", rf"regexp_replace({{x}}, '( ({DEGREES}))+$', '')"),
    Step("muhammad", "Moh, Muh, Mochamad ... are one name.", _any_token(
        "MOHAMMAD MOHAMAD MOHAMED MOHAMMED MOHAMAT MUHAMAD MUHAMED MUHAMMED MUHAMAT MUHAMMAT MOCHAMAD MOCHAMMAD "
        "MUCHAMAD MUCHAMMAD MUKHAMAD MUKHAMMAD MUKAMAD MOH MUH MOCH MUCH MOHD MUHD MHD MHMD", "MUHAMMAD")),
    Step("muhammad_initial", "M. before another name is Muhammad.", _first_token("M", "MUHAMMAD")),
    Step("ahmad", "Akhmad, Achmad ... are one name.",
         _any_token("AKHMAD ACHMAD AHMAT AKHMAT ACHMAT AHMED ACHMED AKMAD", "AHMAD")),
    Step("ahmad_short", "Ah. and Ach. before another name are Ahmad.", _first_token("AH ACH AKH", "AHMAD")),
    Step("abdul", "Abd, Abdoel ... are one name.", _any_token("ABD ABDL ABDOL ABDOEL", "ABDUL")),
    Step("abdur", "Abdurrahman, Abdur Rahman and Abdul Rahman are one name.",
         r"regexp_replace({x}, '\bABDUR ?R', 'ABDUL R', 'g')"),
    Step("siti", "Sitti, Sity are Siti.", _any_token("SITTI SITY SITIE", "SITI")),
    Step("siti_short", "St. before another name is Siti; behind it, it was a degree.", _first_token("ST", "SITI")),
    Step("nur", "Noor, Noer are Nur.", _any_token("NOOR NOER NUUR", "NUR")),
    Step("nur_short", "Nor before another name is Nur.", _first_token("NOR", "NUR")),
    Step("sri", "Sry, Srie are Sri.", _any_token("SRY SRIE", "SRI")),
    Step("old_tj_dj", "Spelling before 1972: tj is c, dj is j, sj is sy. 1 keeps that j from the next step but one.",
         r"regexp_replace(replace(replace(replace({x}, 'TJ', 'C2'), 'DJ', '12'), 'SJ', 'SY2'), '\bNJ', 'NY2', 'g')"),
    Step("old_oe", "Spelling before 1947: oe is u.", "replace({x}, 'OE', 'U2')"),
    Step("old_j", "Where a name shows the old spelling (2 marks it), a j inside a word is y: Soerjono is SURYONO.",
         r"CASE WHEN contains({x}, '2') THEN regexp_replace({x}, '\B2*J', 'Y', 'g') ELSE {x} END"),
    Step("old_marks", "The marks go.", "replace(replace({x}, '2', ''), '1', 'J')"),
)  # fmt: skip

# Elements so common, and so often left out, that the name is also compared without them.
COMMON_FIRST = "MUHAMMAD AHMAD ABDUL SITI NUR SRI I NI".split()

# Letters that clerks and dialects take for one another: f v p, z j, q k, x s, y i, kh ch h, sy s ...
FOLDED_PAIRS = (
    ("KH", "H"), ("CH", "H"), ("SY", "S"), ("DH", "D"), ("TH", "T"), ("PH", "P"), ("GH", "G"),
)  # fmt: skip

# Forms of a NIK. `temporary` is the village system's own number (0 + village + 5 digits): no key to another register.
PLACEHOLDER_NIKS = ("1234567890123456", "1234567812345678", "1234567891234567", "9876543210987654", "0123456789012345")

ADDRESS_WORDS = "JALAN JLN JL DUSUN DSN DUKUH KAMPUNG KAMP KP GANG GG LINGKUNGAN LINGK LORONG LRG NOMOR NO".split()
ADDRESS_TAIL = "DESA DS KELURAHAN KEL KECAMATAN KEC KABUPATEN KAB KOTA PROVINSI PROV".split()


def _macros() -> dict[str, str]:
    skeleton = "{x}"
    for pair, letter in FOLDED_PAIRS:
        skeleton = f"replace({skeleton}, '{pair}', '{letter}')"
    skeleton = f"translate({skeleton}, 'FVZQXC', 'PPJKSK')"
    body = "regexp_replace(substr({s}, 2), '[AIUEOHYW]', '', 'g')"
    for letter in "NTRLSMDBKPGJ":
        body = f"regexp_replace({body}, '{letter}+', '{letter}', 'g')"
    digits = "regexp_full_match(nik, '[1-9][0-9]{15}')"
    day = "substr(nik, 7, 2)"
    is_dated = (
        f"({day} BETWEEN '01' AND '31' OR {day} BETWEEN '41' AND '71') AND substr(nik, 9, 2) BETWEEN '01' AND '12'"
    )
    placeholders = ", ".join(f"'{nik}'" for nik in PLACEHOLDER_NIKS)
    return {
        # --- names
        **{f"name_{step.name}(x)": step.sql.format(x="x") for step in NAME_STEPS},
        "name_known(x)": f"CASE WHEN x NOT IN ({', '.join(repr(name) for name in NO_NAME)}) THEN nullif(x, '') END",
        "name_core(x)": f"regexp_replace(x, '^({'|'.join(COMMON_FIRST)}) ', '')",
        "joined(x)": "replace(x, ' ', '')",
        "words(x)": "list_sort(string_split(x, ' '))",
        # --- the sound of one word: folded consonants, without inner vowels and doubled letters
        "folded(x)": skeleton.format(x="x"),
        "sound_of_folded(s)": f"nullif(replace(left(s, 1), 'Y', 'J') || {body.format(s='s')}, '')",
        "sound(x)": "sound_of_folded(folded(x))",
        # --- NIK
        "nik_form(nik)": f"""CASE WHEN nik IS NULL OR nik = '' THEN 'missing'
            WHEN regexp_full_match(nik, '0[0-9]{{15}}') AND ltrim(nik, '0') <> '' THEN 'temporary'
            WHEN nik IN ({placeholders}) OR nik = repeat(left(nik, 1), 16) THEN 'placeholder'
            WHEN NOT {digits} THEN 'malformed'
            WHEN substr(nik, 13, 4) = '0000' THEN 'placeholder'
            WHEN NOT ({is_dated}) THEN 'date_impossible'
            ELSE 'usable' END""",
        "nik_usable(nik)": "CASE WHEN nik_form(nik) = 'usable' THEN nik END",
        "nik_sex(nik)": f"CASE WHEN nik IS NULL THEN NULL WHEN {day} > '40' THEN 'female' ELSE 'male' END",
        "nik_district(nik)": "substr(nik, 1, 2) || '.' || substr(nik, 3, 2) || '.' || substr(nik, 5, 2)",
        "nik_day(nik)": f"lpad((CASE WHEN {day} > '40' THEN try_cast({day} AS INTEGER) - 40 "
                        f"ELSE try_cast({day} AS INTEGER) END)::VARCHAR, 2, '0')",
        # Two digits name no century: the nearer to the birth year that is known, else the latest not in the future.
        "nik_year(nik, near_year, last_year)": """(CASE WHEN near_year IS NOT NULL THEN
                CASE WHEN abs(1900 + try_cast(substr(nik, 11, 2) AS INTEGER) - near_year)
                       <= abs(2000 + try_cast(substr(nik, 11, 2) AS INTEGER) - near_year) THEN '19' ELSE '20' END
            WHEN 2000 + try_cast(substr(nik, 11, 2) AS INTEGER) <= last_year THEN '20' ELSE '19' END)
            || substr(nik, 11, 2)""",
        "nik_birth_date(nik, near_year, last_year)":
            "try_cast(nik_year(nik, near_year, last_year) || '-' || substr(nik, 9, 2) || '-' || nik_day(nik) AS DATE)",
        # --- dates
        "date_known(day, last_year)": "CASE WHEN year(day) BETWEEN 1900 AND last_year THEN day END",
        "is_heaped(day)": "day(day) = 1 AND month(day) IN (1, 7)",
        "is_swapped(a, b)": "year(a) = year(b) AND month(a) = day(b) AND day(a) = month(b) AND a <> b",
        # --- regions: dotted Kemendagri codes, 52.01.14.2005
        "village_known(code)":
            r"CASE WHEN regexp_full_match(code, '[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}') THEN code END",
        "district_of(code)": "left(code, 8)",
        "regency_of(code)": "left(code, 5)",
        # --- addresses
        "address_text(x)": "trim(regexp_replace(upper(x), '[^A-Z0-9]+', ' ', 'g'))",
        "rt_of(text)": r"nullif(regexp_extract(text, '\bRT ?0*([0-9]+)', 1), '')",
        "rw_of(text)": r"nullif(regexp_extract(text, '\bRT ?[0-9]+ (?:RW ?)?0*([0-9]+)', 1), '')",
        "number_of(x)": "nullif(ltrim(regexp_replace(x, '[^0-9]', '', 'g'), '0'), '')",
        "unit_of(rt, rw)": "CASE WHEN rt IS NOT NULL THEN rt || '/' || coalesce(rw, '') END",
        "place_of(text)": rf"""nullif(trim(regexp_replace(regexp_replace(regexp_replace(
            regexp_replace(text, '(^| )({'|'.join(ADDRESS_TAIL)}) .*$', ''),
            '\bRT ?[0-9]+( RW ?[0-9]+| [0-9]+)?|\bRW ?[0-9]+', ' ', 'g'),
            '\b({'|'.join(ADDRESS_WORDS)})\b', ' ', 'g'), ' +', ' ', 'g')), '')""",
        # --- values
        "sex_known(x)": "CASE WHEN x IN ('male', 'female') THEN x END",
    }  # fmt: skip


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the macros of this module known to a connection."""
    for signature, sql in _macros().items():
        connection.execute(f"CREATE OR REPLACE MACRO {signature} AS ({sql})")


def standard_name(connection: duckdb.DuckDBPyConnection, name: str | None) -> str | None:
    """One name in its standard form. For examples and explanations, not for tables."""
    found: str | None = only_row(connection, f"SELECT {_name_sql('?::VARCHAR')}", [name])[0]
    return found


def _name_sql(column: str) -> str:
    sql = column
    for step in NAME_STEPS:
        sql = f"name_{step.name}({sql})"
    return f"name_known({sql})"


def _by_steps(source: str) -> str:
    """The steps as a chain of CTEs, so that a step which uses its input twice does not compute it twice."""
    chain = [
        f"step_0 AS (SELECT DISTINCT full_name AS written, full_name AS x FROM {source} WHERE full_name IS NOT NULL)"
    ]
    for number, step in enumerate(NAME_STEPS, start=1):
        chain.append(f"step_{number} AS (SELECT written, name_{step.name}(x) AS x FROM step_{number - 1})")
    return ",\n".join(chain)


def build(connection: duckdb.DuckDBPyConnection, source: str, target: str, *, as_of: date, nik_shared_max: int) -> None:
    """Make the standard table `target` from `source`, the columns of `linkage.inputs` as they were delivered.

    Columns of `target`: unique_id, nik, nik_date, nik_sex, name, joined, core, sorted, words, sound_1,
    sound_2, birth_date, age, sex, village, district, regency, place, hamlet, unit. A NIK that more than
    `nik_shared_max` records share is no key: they all lose it.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE {target}_names AS
        WITH {_by_steps(source)},
        known AS (SELECT written, name_known(x) AS name FROM step_{len(NAME_STEPS)}),
        cut AS (SELECT written, name, name_core(name) AS core FROM known WHERE name IS NOT NULL)
        SELECT written, name, joined(name) AS joined, joined(core) AS core, words(core) AS words,
               sound(split_part(core, ' ', 1)) AS sound_1, sound(nullif(split_part(core, ' ', 2), '')) AS sound_2
        FROM cut
        """
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE {target} AS
        WITH crowded_niks AS (
            SELECT nik FROM {source} WHERE nik IS NOT NULL GROUP BY nik HAVING count(*) > {int(nik_shared_max)}
        ),
        read AS (
            SELECT s.*, CASE WHEN crowded.nik IS NULL THEN nik_usable(s.nik) END AS key_nik,
                   date_known(s.birth_date, {as_of.year}) AS known_date,
                   address_text(s.address) AS address_words, village_known(s.village_code) AS village
            FROM {source} s LEFT JOIN crowded_niks crowded ON crowded.nik = s.nik
        ),
        dated AS (
            SELECT *, nik_birth_date(key_nik, coalesce(year(known_date), {as_of.year} - age_years), {as_of.year})
                      AS nik_date
            FROM read
        )
        SELECT d.unique_id, key_nik AS nik, nik_date, nik_sex(key_nik) AS nik_sex,
               n.name, n.joined, n.core, array_to_string(n.words, '') AS sorted, n.words, n.sound_1, n.sound_2,
               known_date AS birth_date, age_years AS age, sex_known(sex) AS sex,
               village, district_of(village) AS district, coalesce(regency_of(village), regency_code) AS regency,
               coalesce(place_of(address_words), place_of(address_text(hamlet))) AS place,
               place_of(address_text(hamlet)) AS hamlet,
               coalesce(unit_of(number_of(rt), number_of(rw)),
                        unit_of(rt_of(address_words), rw_of(address_words))) AS unit
        FROM dated d LEFT JOIN {target}_names n ON n.written = d.full_name
        """
    )
    connection.execute(f"DROP TABLE {target}_names")
