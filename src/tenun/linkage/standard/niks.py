# ruff: noqa: E501 (a table of rules reads best with one rule a line or two)
r"""NIKs: sixteen digits, of which twelve tell district of issue, date of birth (women: day + 40) and six ... the serial.

Structure: Permendagri on the population number (2 province, 2 regency, 2 district, ddmmyy, 4 serial). What is
usable as a key is decided here; what it proves is decided by `comparisons`.
"""

from __future__ import annotations

from tenun.linkage.standard.rules import Rule, Step

# Line ends and tabs too: a tab before the number is how people keep a spreadsheet from rounding it.
_MARKS = r"[\x01-\x20\x{A0}\x{200B}\x{FEFF}.,''`\"’‘“”:;/_=()-]"

WRITING = Step((
    Rule("nik.exponent", "A spreadsheet wrote 3.27101E+15: what it left of the digits, and noughts for those gone for good.",
         r"CASE WHEN regexp_full_match({x}, '[0-9]([.,][0-9]*)?E[+]?15') "
         r"THEN rpad(replace(replace(split_part({x}, 'E', 1), '.', ''), ',', ''), 16, '0') "
         r"WHEN regexp_full_match({x}, '[0-9][.,]?[0-9]*E[+]?[0-9]+') THEN NULL ELSE {x} END", "E",
         (("3.27101E+15", "3271010000000000"), ("3,27101520399E+15", "3271015203990000"),
          ("3.271015203990001E15", "3271015203990001"), ("3.27101E+14", None))),
    Rule("nik.decimal", "A spreadsheet wrote 3271015203990001.0.",
         r"regexp_replace({x}, '[.,]0+$', '')", r"[.,]0+$", (("3271015203990001.0", "3271015203990001"),)),
    Rule("nik.marks", "Blanks, dots, quotes and labels around the digits.",
         rf"regexp_replace({{x}}, '^(NO )?NIK|{_MARKS}+', '', 'g')", rf"^(NO )?NIK|{_MARKS}",
         (("'3271 0152 0399 0001", "3271015203990001"), ("NIK: 3271015203990001", "3271015203990001"))),
    Rule("nik.letters", "O for 0, I and l for 1, as read from a card.",
         "translate({x}, 'OQILSB', '001158')", "[OQILSB]", (("32710152O399OOO1", "3271015203990001"),)),
))  # fmt: skip
RULES = (
    *WRITING.rules,
    Rule("nik.rounded", "Noughts for the last four digits are a spreadsheet's, which keeps no more than it shows: nobody's "
         "NIK, but the birth date inside is as good as ever.", "",
         examples=(("3271015203990000", "rounded"), ("3201010000000000", "rounded"))),
)  # fmt: skip

PLACEHOLDERS = (
    "1234567890123456", "1234567812345678", "1234567891234567", "9876543210987654", "1234567890123450", "1234567890000000",
    "9999999999999990",
)  # fmt: skip


def macros(without: frozenset[str] = frozenset()) -> dict[str, str]:
    """Macros over NIKs: the form of a text, and the parts of a usable NIK (BIGINT)."""
    rounded = (
        "'placeholder'"
        if "nik.rounded" in without
        else ("CASE WHEN n // 100000000000000 BETWEEN 11 AND 97 THEN 'rounded' ELSE 'placeholder' END")
    )
    placeholders = ", ".join(PLACEHOLDERS)
    return {
        "nik_day(n)": "((n // 100000000) % 100 - CASE WHEN (n // 100000000) % 100 > 40 THEN 40 ELSE 0 END)",
        "nik_month(n)": "((n // 1000000) % 100)",
        # Sixteen digits, the first no nought, as a number.
        "nik_number(x)": "CASE WHEN length(x) = 16 AND x[1] BETWEEN '1' AND '9' THEN try_cast(x AS BIGINT) END",
        # What a text of digits is, its number beside it, since a macro writes its arguments out and a cast costs more
        # than all the rest. Ordered: the first that fits.
        "nik_form_of(x, n)": f"""CASE WHEN n IS NOT NULL THEN
                -- All digits one, the first twelve digits one; a serial of 0000.
                CASE WHEN n % 1111111111111111 = 0 OR (n // 10000) % 111111111111 = 0 OR n IN ({placeholders})
                          THEN 'placeholder'
                     WHEN n % 10000 = 0 THEN {rounded}
                     WHEN n // 100000000000000 NOT BETWEEN 11 AND 97
                          OR nik_day(n) NOT BETWEEN 1 AND 31 OR nik_month(n) NOT BETWEEN 1 AND 12
                          THEN 'impossible'
                     ELSE 'usable' END
            WHEN x IS NULL OR x = '' THEN 'missing'
            WHEN x = repeat(x[1], length(x)) OR length(x) >= 8 AND starts_with('12345678901234567890', x) THEN 'placeholder'
            -- Words, such as "belum punya NIK": that two records say so makes them no one person.
            WHEN 2 * length(regexp_replace(x, '[^0-9]', '', 'g')) < length(x) THEN 'missing'
            WHEN length(x) = 16 AND x[1] = '0' THEN 'temporary'
            WHEN length(x) BETWEEN 10 AND 14 AND (x[1] = '0' OR x[1:2] = '62') THEN 'phone'
            ELSE 'malformed' END""",
        "nik_form(x)": "nik_form_of(x, nik_number(x))",
        # The number of a family card is built as a NIK is, with the day it was issued.
        "card_number(x)": "CASE WHEN nik_form(x) = 'usable' THEN nik_number(x) END",
        # Of a rounded one the date can be read while the digit before the noughts is no nought itself: that one may be
        # gone too.
        "nik_legible(form, n)": """CASE WHEN form = 'usable' OR form = 'rounded' AND n % 100000 <> 0
            AND nik_day(n) BETWEEN 1 AND 31 AND nik_month(n) BETWEEN 1 AND 12 THEN n END""",
        "nik_is_female(n)": "((n // 100000000) % 100 > 40)",
        "nik_district(n)": "(n // 10000000000)",
        # Two digits name no century: the nearer to the birth year that is known, else the latest not in the future.
        "nik_century(yy, near_year, last_year)": """CASE
            WHEN near_year IS NOT NULL THEN CASE
                WHEN abs(1900 + yy - near_year) <= abs(2000 + yy - near_year) THEN 1900 ELSE 2000 END
            WHEN 2000 + yy <= last_year THEN 2000 ELSE 1900 END""",
    }  # fmt: skip
