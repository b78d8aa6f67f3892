# ruff: noqa: E501 (a table of rules reads best with one rule a line or two)
r"""Names. Three steps: what is no part of a name goes, spellings of one name become one, the old spelling goes.

A standard name is for comparing only: never shown, stored or sent.
"""

from __future__ import annotations

from tenun.linkage.standard.rules import Rule, Step

_TITLES = (
    "H HJ HJH HAJI HAJJI HAJJAH DR DRS DRA DRG DRH IR KH KYAI PROF BPK BAPAK BP IBU NY NYONYA TN TUAN NN NONA SDR SDRI "
    "UST USTADZ USTAD USTADZAH TGK TENGKU TEUKU TGH TUANKU RR RA RM RADEN RD ALM ALMH ALMARHUM ALMARHUMAH GUS NYAI "
    "PDT PENDETA PASTOR ROMO SR BRIPKA KOPDA SERTU PRAKA"
)
_TITLE = "|".join(_TITLES.split())
# Parts are apart because the dots in "S.Pd.I" have become blanks by then.
_DEGREE = (
    r"S ?PD( ?I)?( ?SD)?|S ?E( ?I)?|S ?EI|S ?KOM|S ?HI?|S ?ST|S ?T|S ?SOS|S ?AG|S ?IP|S ?KM|S ?KEP|S ?FARM|S ?PSI|S ?PT|S ?P"
    r"|S ?S|S ?SI|S ?TP|S ?KED|S ?SN|S ?IKOM|S ?AK|S ?AN|S ?TR( ?[A-Z]{1,3})?|S ?KH|S ?HUT|S ?GZ|STTP|M ?PD( ?I)?|M ?SI|M ?M|M ?KOM"
    r"|M ?KES|M ?HI?|M ?T|M ?AP|M ?AG|M ?SC|M ?EI?|M ?A|MBA|A ?MD( ?(KEB|KEP|KOM|AK|FARM|T))?|A ?MA( ?PD)?|A ?P"
    r"|BA|B ?SC|PH ?D|NERS|NS|CPNS|PNS|LC|SP ?[A-Z]{1,2}"
)

# As RE2 writes them: control characters, and what Unicode has for blanks.
_BLANKS = r"\x01-\x1F\x{A0}\x{2000}-\x{200B}\x{2028}\x{2029}\x{202F}\x{3000}\x{FEFF}"

# Dots and hyphens alone are the common case: the rules before the last are not tried for them.
_REMARKS = Step((
    Rule("name.blanks", "Tabs, line ends and the unbreakable blanks of a web page separate as a blank does.",
         rf"regexp_replace({{x}}, '[{_BLANKS}]+', ' ', 'g')", rf"[{_BLANKS}]", (("AMINAH\u00a0BINTI\tUSMAN", "AMINAH BINTI USMAN"),)),
    Rule("name.accents", "Accents carry nothing, and some programs lose or garble them.",
         "strip_accents({x})", "[^ -~]", (("JOSÉ", "JOSE"),)),
    Rule("name.entities", "A web form that wrote &#39; for an apostrophe.",
         "regexp_replace({x}, '&#?[A-Z0-9]+;', '', 'g')", "&#?[A-Z0-9]+;", (("MA&#39;RUF", "MARUF"),)),
    Rule("name.apostrophe", "Ma'ruf, Ma`ruf and Maruf are one name.",
         "regexp_replace({x}, '[''`´‘’ʼ\"]', '', 'g')", "[''`´‘’ʼ\"]", (("MA'RUF", "MARUF"),)),
    Rule("name.brackets", "What stands in brackets is a remark: (ALM), a nickname.",
         r"regexp_replace({x}, '[(\[{][^)\]}]*[)\]}]?', ' ', 'g')", r"[(\[{]",
         (("BUDI (ALM)", "BUDI"), ("SITI [PINDAH", "SITI"))),
    Rule("name.place_tail", "An address or a number that someone wrote behind the name.",
         r"regexp_replace({x}, '[ ,;]+(RT|RW|NIK|HP|TELP|WA|DSN|DUSUN|DESA|KEL|KAMPUNG|KP|JL|JLN)[ .:/]*[0-9:].*$', '')",
         r"(RT|RW|NIK|HP|TELP|WA|DSN|DUSUN|DESA|KEL|KAMPUNG|KP|JL|JLN)[ .:/]*[0-9:]",
         (("BUDI SANTOSO RT 02", "BUDI SANTOSO"), ("ANI NIK: 327", "ANI"))),
    Rule("name.reversed", "One word, a comma and a longer word: family name first, as some forms ask.",
         r"CASE WHEN regexp_full_match({x}, '[A-Z]{3,}, *[A-Z]{5,}( [A-Z]+)*') THEN replace({x}, ',', ' ') ELSE {x} END",
         ",", (("SIREGAR, MANGASI", "SIREGAR MANGASI"),)),
    Rule("name.comma_tail", "Degrees follow a comma.",
         "regexp_replace({x}, ',.*$', '')", ",", (("SITI AMINAH, S.PD", "SITI AMINAH"),)),
    Rule("name.alias", "What follows alias, a slash or a dash between blanks is another name or a remark.",
         r"regexp_replace({x}, '( (ALIAS|ALS|AKA|QQ|D/A)[ .:]|@|/| [-–] ).*$', '')", r"(ALIAS|ALS|AKA|QQ|D/A)|@|/| [-–] ",
         (("SITI ALIAS IDA", "SITI"), ("BUDI @ UDIN", "BUDI"), ("ANI - GURU", "ANI"))),
    Rule("name.father", "bin and binti lead to the father's name, which the other side leaves out.",
         r"regexp_replace({x}, ' (BIN|BINTI|BINTE|BTE|BT|BN)[. ].*$', '')", r" (BIN|BINTI|BINTE|BTE|BT|BN)[. ]",
         (("AMINAH BINTI USMAN", "AMINAH"), ("ALI BN. UMAR", "ALI"))),
    Rule("name.digit_letters", "0 and 1 inside a word were meant as O and I.",
         r"CASE WHEN regexp_matches({x}, '[A-Z][01]+[A-Z]') THEN replace(replace({x}, '0', 'O'), '1', 'I') ELSE {x} END",
         "[01]", (("S1TI N0R", "SITI NOR"),)),
))  # fmt: skip
LETTERS = Step((
    _REMARKS,
    Rule("name.only_letters", "Dots, hyphens and digits separate; blanks at the edges and doubled ones go.",
         "trim(regexp_replace({x}, '[^A-Z]+', ' ', 'g'))", r"[^A-Z ]|^ | $|  ", (("M.RIZKI", "M RIZKI"), (" A  B ", "A B"))),
))  # fmt: skip
# A second look, now that only words and single blanks are left.
EXTRAS = Step((
    Rule("name.titles", "Haji, doktorandus and the like come and go. H. alone may be all there is of a name.",
         rf"regexp_replace({{x}}, '^(({_TITLE}) )+', '')", rf"^({_TITLE}) ", (("H MUHAMMAD", "MUHAMMAD"), ("H", "H"))),
    Rule("name.late", "Almarhum behind the name.",
         "regexp_replace({x}, ' (ALM|ALMH|ALMARHUM|ALMARHUMAH)$', '')", " (ALM|ALMH|ALMARHUM|ALMARHUMAH)$",
         (("BUDI ALM", "BUDI"),)),
    Rule("name.degrees", "Degrees without a comma.",
         rf"regexp_replace({{x}}, '( ({_DEGREE}))+$', '')", rf" ({_DEGREE})$", (("SITI S PD I", "SITI"), ("ALI AMD KEB", "ALI"))),
))  # fmt: skip


def _any_word(code: str, why: str, spellings: str, common: str) -> Rule:
    pattern = rf"\b({'|'.join(spellings.split())})\b"
    example = spellings.split()[0]
    return Rule(code, why, rf"regexp_replace({{x}}, '{pattern}', '{common}', 'g')", pattern,
                ((f"{example} ALI", f"{common} ALI"),))  # fmt: skip


def _first_word(code: str, why: str, spellings: str, common: str) -> Rule:
    # Only before another word: a person may be called "Nor" and nothing else.
    pattern = f"^({'|'.join(spellings.split())}) "
    example = spellings.split()[0]
    return Rule(code, why, f"regexp_replace({{x}}, '{pattern}', '{common} ')", pattern,
                ((f"{example} ALI", f"{common} ALI"), (example, example)))  # fmt: skip


VARIANTS = Step((
    _any_word("name.muhammad", "Moh, Muh, Mochamad ... are one name.",
              "MOHAMMAD MOHAMAD MOHAMED MOHAMMED MOHAMAT MOHAMMAT MUHAMAD MUHAMED MUHAMMED MUHAMAT MUHAMMAT MOCHAMAD MOCHAMMAD "
              "MUCHAMAD MUCHAMMAD MUKHAMAD MUKHAMMAD MUKAMAD MUKAMMAD MOKHAMAD MOKHAMMAD MOHAMD MUHAMD MOH MUH MOCH MUCH MOKH "
              "MUKH MOHD MUHD MHD MHMD MHMMD MCH", "MUHAMMAD"),
    _first_word("name.muhammad_initial", "M. before another name is Muhammad; so is Md.", "M MD", "MUHAMMAD"),
    _any_word("name.ahmad", "Akhmad, Achmad ... are one name.",
              "AKHMAD ACHMAD AHMAT AKHMAT ACHMAT AHMED ACHMED AKMAD AMAD AHAMAD AHMD", "AHMAD"),
    _first_word("name.ahmad_short", "Ah. and Ach. before another name are Ahmad.", "AH ACH AKH", "AHMAD"),
    _any_word("name.abdul", "Abd, Abdoel ... are one name.", "ABD ABDL ABDOL ABDOEL ABDULL ABDUH", "ABDUL"),
    Rule("name.abdur", "Abdurrahman, Abdur Rahman and Abdul Rahman are one name.",
         r"regexp_replace({x}, '\bABDUR ?R', 'ABDUL R', 'g')", "ABDUR", (("ABDURRAHMAN", "ABDUL RAHMAN"),)),
    _any_word("name.siti", "Sitti, Sity are Siti.", "SITTI SITY SITIE SYTI SITHI", "SITI"),
    _first_word("name.siti_short", "St. before another name is Siti; behind it, it was a degree.", "ST STI", "SITI"),
    _any_word("name.nur", "Noor, Noer are Nur.", "NOOR NOER NUUR", "NUR"),
    _first_word("name.nur_short", "Nor before another name is Nur.", "NOR", "NUR"),
    _any_word("name.sri", "Sry, Srie are Sri.", "SRY SRIE", "SRI"),
))  # fmt: skip

_OLD = r"TJ|DJ|SJ|OE|\bNJ"
OLD_SPELLING = Step((
    Rule("name.old_j", "Where a name shows the old spelling, a j inside a word is y: Soerjono is Suryono. Not so in tj, dj, sj.",
         rf"CASE WHEN regexp_matches({{x}}, '{_OLD}') THEN regexp_replace({{x}}, '([^TDS ])J', '\1Y', 'g') ELSE {{x}} END",
         _OLD, (("SOERJONO", "SOERYONO"), ("WIJAYA", "WIJAYA"), ("SANDJAJA", "SANDJAYA"))),
    Rule("name.old_spelling", "Before 1947 oe was u; before 1972 tj was c, dj was j, sj was sy, nj was ny.",
         r"regexp_replace(replace(replace(replace(replace({x}, 'TJ', 'C'), 'DJ', 'J'), 'SJ', 'SY'), 'OE', 'U'), '\bNJ', 'NY', 'g')",
         _OLD, (("SOEKARNO", "SUKARNO"), ("DJOKO", "JOKO"), ("TJIPTO", "CIPTO"), ("SJAHRIR", "SYAHRIR"))),
))  # fmt: skip

COMMON_FIRST = "MUHAMMAD AHMAD ABDUL SITI NUR SRI DEWI I NI".split()
"""First words so common, and so often left out, that names are compared without them."""
_COMMON = "|".join(COMMON_FIRST)

CORE = Step((
    Rule("name.initials", "A first word of one letter says too little, and the other side often leaves it out.",
         "regexp_replace({x}, '^([A-Z] )+', '')", "^[A-Z] ", (("R A KARTINI", "KARTINI"), ("A FAUZI", "FAUZI"))),
    Rule("name.common_first", "Muhammad, Siti ... before another word are left out as often as they are written.",
         f"regexp_replace({{x}}, '^({_COMMON}) ([A-Z] )*', '')", f"^({_COMMON}) ",
         (("SITI AMINAH", "AMINAH"), ("MUHAMMAD A FAUZI", "FAUZI"))),
    Rule("name.joined_first", "Siti, Sri and Nur are written as one word with the next as often as not.",
         r"regexp_replace({x}, '^(SITI|SRI|NUR)([A-Z]{4,})', '\2')", "^(SITI|SRI|NUR)[A-Z]{4}",
         (("NURHAYATI", "HAYATI"), ("NURDIN", "NURDIN"))),
))  # fmt: skip

STEPS = (LETTERS, EXTRAS, VARIANTS, OLD_SPELLING, CORE)
RULES = tuple(rule for step in STEPS for rule in step.rules)

NO_NAME = (
    "NN", "X", "XX", "XXX", "TIDAK ADA", "TANPA NAMA", "TIDAK DIKETAHUI", "BELUM DIKETAHUI", "BELUM ADA NAMA", "N N", "NO NAME", "ANONIM", "NAMA", "TEST",
)  # fmt: skip
"""What people write where they know no name."""

# Letters that clerks and dialects take for one another: f v p, z j, q k, x s, kh ch h, sy s ...
_FOLDED = (
    ("KH", "H"), ("CH", "H"), ("SY", "S"), ("DH", "D"), ("TH", "T"), ("PH", "P"), ("GH", "G"),
    ("F", "P"), ("V", "P"), ("Z", "J"), ("Q", "K"), ("X", "S"), ("C", "K"),
)  # fmt: skip
_DOUBLED = "NTRLSMDBKPGJ"


def macros() -> dict[str, str]:
    """Macros over names in standard form: core, joined, and the sound of one word."""
    folded = "x"
    for letters, letter in _FOLDED:
        folded = f"replace({folded}, '{letters}', '{letter}')"
    single = "x"
    for letter in _DOUBLED:
        single = f"regexp_replace({single}, '{letter}{letter}+', '{letter}', 'g')"
    doubled = "|".join(letter * 2 for letter in _DOUBLED)
    return {
        "name_known(x)": f"CASE WHEN x NOT IN ({', '.join(repr(name) for name in NO_NAME)}) THEN nullif(x, '') END",
        "name_folded(x)": f"CASE WHEN regexp_matches(x, '[FVZQXC]|[KSDTPG]H|SY') THEN {folded} ELSE x END",
        "name_single(x)": f"CASE WHEN regexp_matches(x, '{doubled}') THEN {single} ELSE x END",
        # Of a folded word: its consonants, doubled ones once, and its first letter. Y and J begin the same names.
        "name_sound(f)": "nullif(replace(left(f, 1), 'Y', 'J') "
                         "|| name_single(regexp_replace(substr(f, 2), '[AIUEOHYW]+', '', 'g')), '')",
        # Two words are the common case, and comparing them is cheaper than making a list of them.
        # Asked of most pairs and true of few: first and last word are looked for before any list is made.
        "name_within(a, b)": "contains(a, split_part(b, ' ', 1)) AND contains(a, split_part(b, ' ', -1)) "
                             "AND list_has_all(string_split(a, ' '), string_split(b, ' '))",
        "name_sorted(x, a, b)": "CASE WHEN b = '' THEN x WHEN length(x) = length(a) + length(b) + 1 "
                                "THEN least(a, b) || greatest(a, b) "
                                "ELSE array_to_string(list_sort(string_split(x, ' ')), '') END",
    }  # fmt: skip
