# ruff: noqa: E501 (a table of rules reads best with one rule a line or two)
r"""Birth dates as people write them: year first, day first, month names, a spreadsheet's day number."""

from __future__ import annotations

from tenun.linkage.standard.rules import Rule

_MONTHS = {
    1: "JAN[A-Z]*", 2: "[FP]EB[A-Z]*", 3: "MAR[A-Z]*", 4: "APR[A-Z]*", 5: "MEI|MAY|MAI", 6: "JUN[A-Z]*", 7: "JUL[A-Z]*",
    8: "AGU?S?[A-Z]*|AUG[A-Z]*", 9: "SEP[A-Z]*", 10: "O[KC]T[A-Z]*", 11: "NO[VP][A-Z]*", 12: "DE[SC][A-Z]*",
}  # fmt: skip

RULES = (
    Rule("date.day_first", "12-05-1990, 12/05/1990, 12.05.1990: the day first, as everywhere in Indonesia.", "",
         examples=(("12/05/1990", "1990-05-12"), ("1.7.1985", "1985-07-01"))),
    Rule("date.month_first", "05/25/1990 can only be the month first, as a spreadsheet in English writes it.", "",
         examples=(("05/25/1990", "1990-05-25"),)),
    Rule("date.short_year", "12-05-90: the latest year that is not in the future.", "",
         examples=(("12-05-90", "1990-05-12"),)),
    Rule("date.month_names", "12 Mei 1990, 12-Agt-1990.", "",
         examples=(("12 Mei 1990", "1990-05-12"), ("3 Agustus 2001", "2001-08-03"), ("26-Okt-04", "2004-10-26"))),
    Rule("date.serial", "33005: the number a spreadsheet gives to a day, counted from 30 December 1899.", "",
         examples=(("33005", "1990-05-12"),)),
    Rule("date.compact", "19900512 and 12051990; a spreadsheet makes 1051990 of 01051990.", "",
         examples=(("19900512", "1990-05-12"), ("12051990", "1990-05-12"), ("20051990", "1990-05-20"), ("1051990", "1990-05-01"))),
    Rule("date.year_only", "1990, or 1990.0: no birth date, but an age.", "", examples=(("1990", None),)),
    Rule("date.place_before", "BANDUNG, 12-05-1990: place, or day of the week, and date in one field.", "",
         examples=(("BANDUNG, 12-05-1990", "1990-05-12"), ("KOTA BIMA 12 MEI 1990", "1990-05-12"))),
)  # fmt: skip


def macros(without: frozenset[str], last_year: int) -> dict[str, str]:
    """Macros over dates: `date_read(x)` of a text, `date_known(d)` within the years that a living person has."""
    month = "CASE " + " ".join(f"WHEN regexp_full_match(m, '{pattern}') THEN {at}" for at, pattern in _MONTHS.items()) + " END"  # fmt: skip
    cases = [r"WHEN regexp_matches(x, '^[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN try_cast(left(x, 10) AS DATE)",
             r"WHEN regexp_matches(x, '^[0-9]{4}[-/. ]+[0-9]{1,2}[-/. ]+[0-9]{1,2}( .*)?$') "
             "THEN date_of(date_part_at(x, 1), date_part_at(x, 2), date_part_at(x, 3))"]  # fmt: skip
    day_first = r"^[0-9]{1,2}[-/. ]+[0-9]{1,2}[-/. ]+[0-9]{4}( .*)?$"
    parts = "date_part_at(x, 3), date_part_at(x, 2), date_part_at(x, 1)"
    swapped = "date_part_at(x, 3), date_part_at(x, 1), date_part_at(x, 2)"
    if "date.day_first" not in without:
        second = "NULL::DATE" if "date.month_first" in without else f"date_of({swapped})"
        cases.append(f"WHEN regexp_matches(x, '{day_first}') THEN coalesce(date_of({parts}), {second})")
    if "date.short_year" not in without:
        short = r"^[0-9]{1,2}[-/. ]+[0-9]{1,2}[-/. ]+[0-9]{2}$"
        cases.append(
            f"WHEN regexp_matches(x, '{short}') "
            "THEN date_of(date_full_year(date_part_at(x, 3)), date_part_at(x, 2), date_part_at(x, 1))"
        )
    if "date.month_names" not in without:
        named = r"^[0-9]{1,2}[-/. ]*[A-Z]{3,}[-/. ,]*([0-9]{4}|[0-9]{2})$"
        cases.append(
            f"WHEN regexp_matches(x, '{named}') THEN date_of(date_full_year(try_cast(regexp_extract(x, '[0-9]+$') AS INTEGER)), "
            "date_month(regexp_extract(x, '[A-Z]{3,}')), try_cast(regexp_extract(x, '^[0-9]{1,2}') AS INTEGER))"
        )
    if "date.compact" not in without:
        # 20051990 can only be the day first; a spreadsheet takes the nought from 01051990.
        cases += [
            "WHEN regexp_matches(x, '^[0-9]{8}$') THEN coalesce("
            "CASE WHEN x[1:2] IN ('19', '20') THEN date_digits(x[1:4], x[5:6], x[7:8]) END, date_digits(x[5:8], x[3:4], x[1:2]))",
            "WHEN regexp_matches(x, '^[0-9]{7}$') THEN date_digits(x[4:7], x[2:3], x[1:1])",
        ]
    if "date.serial" not in without:
        cases.append(r"WHEN regexp_matches(x, '^[0-9]{5}([.]0)?$') THEN DATE '1899-12-30' + try_cast(left(split_part(x, '.', 1), 5) AS INTEGER)")  # fmt: skip
    tail = "date_written(x)"
    if "date.place_before" not in without:
        tail = "date_written(regexp_replace(x, '^[^0-9]+', ''))"
    return {
        "date_part_at(x, n)": r"try_cast(list_filter(string_split_regex(x, '[-/. ]'), lambda part: part <> '')[n] AS INTEGER)",
        # The engine knows the calendar; each part is used once, since a macro writes its arguments out every time.
        "date_of(y, m, d)": "try_cast(y || '-' || m || '-' || d AS DATE)",
        "date_digits(y, m, d)": "date_of(try_cast(y AS INTEGER), try_cast(m AS INTEGER), try_cast(d AS INTEGER))",
        "date_full_year(y)": f"CASE WHEN y >= 100 THEN y WHEN 2000 + y <= {last_year} THEN 2000 + y ELSE 1900 + y END",
        "date_month(m)": month,
        "date_written(x)": f"CASE {' '.join(cases)} END",
        "date_read(x)": f"CASE WHEN x[1] BETWEEN '0' AND '9' THEN date_written(x) ELSE {tail} END",
        "date_year_only(x)": "NULL::INTEGER" if "date.year_only" in without
                             else "CASE WHEN regexp_full_match(x, '(19|20)[0-9]{2}([.]0)?') THEN left(x, 4)::INTEGER END",
        "date_known(d)": f"CASE WHEN d BETWEEN DATE '1900-01-02' AND make_date({last_year}, 12, 31) THEN d END",
        "is_heaped(d)": "(day(d) = 1 AND month(d) IN (1, 7) OR day(d) = 31 AND month(d) = 12)",
        "is_swapped(a, b)": "year(a) = year(b) AND month(a) = day(b) AND day(a) = month(b) AND a <> b",
    }  # fmt: skip
