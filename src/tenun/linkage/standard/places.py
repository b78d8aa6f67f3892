# ruff: noqa: E501 (a table of rules reads best with one rule a line or two)
r"""Villages by code, sexes by letter or number, and addresses: street or hamlet, and RT/RW."""

from __future__ import annotations

from tenun.linkage.standard.rules import Rule, Step

_PLACE_WORDS = (
    "JALAN|JLN|JL|DUSUN|DSN|DUKUH|DK|KAMPUNG|KAMP|KAMPONG|KP|GANG|GG|LINGKUNGAN|LINGK|LK|LORONG|LRG|BANJAR|BR|JORONG|"
    "PERUMAHAN|PERUM|PRM|KOMPLEK|KOMP|BLOK|BLK"
)
_TAIL = "RT|RW|RTRW|R [TW] [0-9]+|R T R W|NO|NOMOR|NOMER|DESA|DS|KELURAHAN|KEL|KECAMATAN|KEC|KABUPATEN|KAB|KOTA|PROVINSI|PROV"

# 002/003 behind a place: nothing but RT and RW is written with noughts in front.
_PADDED = "0[0-9]{1,2} 0[0-9]{1,2}"

ADDRESS = Step((
    Rule("address.letters", "Dots, slashes and commas separate.",
         "trim(regexp_replace({x}, '[^A-Z0-9]+', ' ', 'g'))", "", (("JL. MAWAR, RT.02/03", "JL MAWAR RT 02 03"),)),
))  # fmt: skip
RULES = (
    *ADDRESS.rules,
    Rule("address.unit", "RT and RW as numbers, however many noughts: RT 002/RW 03, RT02RW03, RT/RW 2/3, or 002/003 alone.", "",
         examples=(("RT 002 RW 03", "2/3"), ("RT02RW03", "2/3"), ("RT/RW 02/03", "2/3"), ("RW 03 RT 02", "2/3"), ("KRAJAN 002/003", "2/3"),
                   ("JL MAWAR", None), ("RT 000 RW 000", None))),
    Rule("address.words", "Jalan, Jl, Dusun, Dsn say what it is, not which.", "",
         examples=(("DSN KRAJAN RT 1", "KRAJAN"),)),
    Rule("village.punctuation", "52.01.14.2005 and 5201142005 are one code; so is 5201142005.0 of a spreadsheet.", "",
         examples=(("52.01.14.2005", "5201142005"), ("5201142005.0", "5201142005"))),
    Rule("village.retired", "A code of before a split is the region that it became, as the register's history tells; "
         "where that is not clear, the district or regency that is.", "",
         examples=(("91.01", "9301"), ("91.01.02.2003", "9301"))),
    Rule("sex.words", "L, LK, Laki-laki, PRIA, 1; P, PR, Perempuan, WANITA, 2.", "",
         examples=(("LAKI-LAKI", "male"), ("2", "female"))),
)  # fmt: skip


def macros(without: frozenset[str]) -> dict[str, str]:
    """Macros over villages, sexes and addresses."""
    # RT and RW may stand before the place as well as behind it.
    rest = f"regexp_replace(text, '^(((R ?[TW] ?)+[0-9]+ *([0-9]+ )?)+|{_PADDED}( |$))', '')"
    words = rest if "address.words" in without else rf"regexp_replace({rest}, '^(({_PLACE_WORDS}) )+', '')"
    digits = (
        "x"
        if "village.punctuation" in without
        else "regexp_replace(regexp_replace(x, '[.,]0$', ''), '[^0-9]', '', 'g')"
    )
    sex = (
        "CASE x WHEN 'L' THEN 'male' WHEN 'P' THEN 'female' WHEN 'MALE' THEN 'male' WHEN 'FEMALE' THEN 'female' END"
        if "sex.words" in without
        else "CASE WHEN x IN ('L', 'LK', '1', '1.0', 'M', 'MALE', 'PRIA', 'COWOK', 'LELAKI') OR starts_with(x, 'LAKI') THEN 'male' "
        "WHEN x IN ('P', 'PR', '2', '2.0', 'F', 'FEMALE', 'WANITA', 'W', 'CEWEK') OR starts_with(x, 'PEREM') THEN 'female' END"
    )
    # Mostly RW stands next to RT; else anywhere. RT 000 says that there is none.
    rt = "(?:^|[^A-Z])R ?T ?(?:R ?W ?)?0*([1-9][0-9]*)"
    unit = (
        f"CASE WHEN regexp_matches(text, '{rt}(?: ?R ?W ?| )[0-9]') "
        rf"THEN regexp_replace(text, '^.*?{rt}(?: ?R ?W ?| )0*([0-9]*).*$', '\1/\2') "
        f"WHEN regexp_matches(text, '{rt}') "
        f"THEN regexp_extract(text, '{rt}', 1) || '/' || regexp_extract(text, '(?:^|[^A-Z])R ?W ?0*([1-9][0-9]*)', 1) "
        f"WHEN regexp_matches(text, '(^| ){_PADDED}( |$)') "
        r"THEN nullif(regexp_replace(text, '^(?:.* )?0+([0-9]+) 0+([0-9]+)(?: .*)?$', '\1/\2'), '0/0') END"
    )
    return {
        "village_digits(x)": f"CASE WHEN regexp_matches(x, '[^0-9]') THEN {digits} ELSE x END",
        # Of any other length it is no code of a region.
        "region_number(x)": "CASE WHEN regexp_full_match(x, '[1-9]([0-9]{3}|[0-9]{5}|[0-9]{9})') THEN x::BIGINT END",
        "region_regency(n)": "CASE WHEN n > 999999999 THEN n // 1000000 WHEN n > 99999 THEN n // 100 ELSE n END",
        "sex_read(x)": sex,
        "address_unit(text)": "NULL::VARCHAR" if "address.unit" in without else unit,
        "address_place(text)": f"nullif(trim(regexp_replace({words}, '(^| )(({_TAIL})( ?[0-9]|$| )|{_PADDED}( |$)).*', '')), '')",
        "number_of(x)": "nullif(ltrim(regexp_replace(x, '[^0-9]', '', 'g'), '0'), '')",
        "unit_of(rt, rw)": "CASE WHEN rt IS NOT NULL THEN rt || '/' || coalesce(rw, '') END",
    }  # fmt: skip
