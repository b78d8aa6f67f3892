"""What people do to names when they write them down. One function per class of `classes`.

Edits of words take the words of the name (capitalised, prefix included) and give new ones; edits of text take and give the
text. Null, or what was given, means that this mistake cannot be made on this name: the class is then not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tenun.synthetic.linkage import names
from tenun.synthetic.linkage.chance import Dice

Words = list[str]


class Whose(NamedTuple):
    """What the edits may know of the person."""

    people: int
    is_woman: bool
    is_grown: bool
    has_clan: bool
    father: str
    mother: str
    clan: str
    """The family name of the household, whether or not the person bears it."""
    nik: str
    rt: int


WordEdit = Callable[[Words, Dice, Whose], Words | None]
TextEdit = Callable[[str, Dice, Whose], str | None]

SHORT_FORMS = {
    "Muhammad": "Moh. M. Muh. Mohammad Mohamad Mochamad Moch. Muhamad Mohd. Mhd. Muchammad M Md. Mochammad".split(),
    "Ahmad": "Akhmad Achmad Ahmat A. Akhmat Achmat".split(),
    "Abdul": "Abd. Abdoel Abd A. Abdl".split(),
    "Siti": "St. Sitti Sity S. St".split(),
    "Nur": "Noor Nor Noer N.".split(),
    "Sri": "Sry Srie S. Seri".split(),
    "Dewi": "Dwi Dewy D.".split(),
}
ORDER_SHORT = {
    "Wayan": "Wy.",
    "Made": "Md.",
    "Nyoman": "Nym.",
    "Ketut": "Kt.",
    "Putu": "Pt.",
    "Gede": "Gd.",
    "Kadek": "Kdk.",
    "Komang": "Kmg.",
}

_ARABIC_FAMILIES = """
Khadijah Kadijah Chotijah Hadijah Khodijah Kotijah | Fatimah Patimah Fathimah Fatima Patimah | Yusuf Jusuf Yusup Yusup Yoesoef
Aisyah Aisah Aisyiah Asiyah Aysah Aisya | Syarif Sarif Syarief Sarip Syarip | Zainal Jainal Zaenal Jaenal Zainul
Zainuddin Jainudin Zaenudin Zainudin Jaenudin | Hasanuddin Hasanudin Chasanudin Hasanoedin | Hasan Hassan Chasan Khasan | Husein Husain Husen Hoesein Kusen
Khairul Choirul Khoirul Hairul Chairul | Ibrahim Ibrohim Ebrahim Brahim | Ismail Ismael Smail | Usman Utsman Oesman Ustman
Umar Omar Oemar Umaar | Ali Alie Aly | Rahman Rohman Rachman Rakhman | Rahmat Rachmat Rokhmat Rohmat Rakhmad | Hidayat Hidajat Hidayad
Abdullah Abdulloh Abdulah Abdoellah Abdulloh | Sulaiman Soleman Sulaeman Soelaiman Suleman | Sholeh Soleh Saleh Shaleh Sholih | Solehah Sholihah Solihah Salehah
Nurhayati Noerhajati Nurhayatie Nurkhayati | Nurjannah Nurjanah Noerdjanah Nurzanah | Zubaidah Jubaedah Zubaedah Jubaidah | Zulaikha Zulaeha Julaiha Zulaiha Suleha
Maryam Mariam Mariyam Meryam | Halimah Khalimah Chalimah Halima | Hasanah Khasanah Chasanah Hasana | Rukiah Rukayah Ruqayyah Rokayah
Taufik Taufiq Topik Taupik Tofik | Fauzi Fauji Pauzi Pauji Fawzi | Faisal Faizal Paisal Feisal | Fahmi Pahmi Fachmi Fahmy
Syamsuddin Samsudin Syamsudin Sjamsudin Samsuddin | Burhanuddin Burhanudin Boerhanoedin | Jamaludin Jamaluddin Djamaludin Zamaludin
Ridwan Ridhwan Rizwan Riduan | Rizky Riski Rizki Rizqi Risky Rezky | Mustafa Mustofa Mustopa Musthofa Mustapa | Mukhtar Muhtar Muchtar Mochtar
Mahmud Machmud Makhmud Mahmoed | Hamzah Hamsah Hamza Hamjah | Zakaria Jakaria Zakariya Sakaria | Syafii Sapii Syafi'i Safii Sjafei
Shaleh Soleh Sholeh Saleh | Khalid Halid Kholid Chalid | Latifah Latipah Lathifah Latiffah | Syarifah Saripah Sarifah Syaripah | Munawaroh Munawarah Moenawaroh
Maimunah Maemunah Mamunah Maimuna | Nafisah Napisah Nafisa Nafissah | Laila Lailah Laela Lela | Lailatul Laelatul Lailatil | Nuraini Nuraeni Noeraini Nur'aini
Idris Edris Idries | Yunus Junus Yoenoes | Yahya Yahja Jahja Yahyah | Ilyas Elyas Iljas | Arifin Aripin Arifien | Firdaus Pirdaus Firdos
Yohanes Johanes Yohannes Yohanis Johannes | Fransiskus Fransiscus Frans Fransiskus | Fransiska Fransisca Siska | Elisabeth Elisabet Elizabeth Elisabet
Stefanus Stevanus Stepanus Steven | Margaretha Margareta Margaret Margarita | Theresia Teresia Theresa Teresia | Kristina Christina Kristin Cristina
Matius Mateus Matheus Matias | Yosef Yusuf Joseph Yoseph Josef | Paulus Paul Paulos | Antonius Anton Antonio | Agustinus Agus Augustinus Agustin
Gusti Goesti Gst. | Wahyu Wahju Wahyoe | Wahyuni Wahjuni Wahyunie | Joko Djoko Jaka Djaka | Sutrisno Soetrisno Sutrisna Trisno | Sugeng Soegeng
Sukarno Soekarno Sukarna | Wijaya Widjaja Wijaja Wijaya | Mulyadi Moeljadi Muliadi Muljadi | Mulyono Moeljono Muliono | Widodo Widada  | Yulianti Julianti Yuliyanti
Yuliana Juliana Yulianah | Sulastri Soelastri Lastri | Sumiati Sumiyati Soemiati Sumiyatie | Suryani Suriani Soerjani | Supriyadi Supriadi Soepriadi Supriyadie
Haryanto Hariyanto Harijanto Hariantho | Sugiyanto Sugianto Soegianto Sugiarto | Setiawan Setyawan Stiawan | Kurniawan Kurnyawan Kurniyawan | Prasetyo Prasetio Prasetya Prastyo
Nugroho Nugraha Nugroha Noegroho | Ratnawati Ratnawaty Rahnawati | Rahmawati Rachmawati Rohmawati Rakhmawati | Fitriani Fitriyani Pitriani Fitriany | Lestari Lestary Lestarie
"""
OTHER_SPELLINGS: dict[str, list[str]] = {}
for _line in re.split(r"[|\n]", _ARABIC_FAMILIES):
    _family = list(dict.fromkeys(_line.split()))
    for _one in _family:
        if _one.isalpha() and _one.isascii():
            OTHER_SPELLINGS.setdefault(_one, [other for other in _family if other != _one])

_PAIRS: tuple[tuple[str, str], ...] = (
    ("f", "p"), ("v", "f"), ("z", "j"), ("sy", "s"), ("kh", "h"), ("dh", "d"), ("nn", "n"), ("tt", "t"), ("i", "y"), ("th", "t"), ("y", "i"), ("z", "s"),
)  # fmt: skip
_DIALECT: tuple[tuple[str, str], ...] = (
    (r"^Dh", "D"), (r"^D(?=[aiu])", "Dh"), (r"^Sy", "S"), (r"^S(?=[ay])", "Sy"), (r"^Z", "J"), (r"^J(?=[au])", "Z"), (r"a$", "o"), (r"o$", "a"),
    (r"^H(?=[aeiou])", ""), (r"ai", "ae"), (r"ae", "ai"), (r"ia", "iya"), (r"iya", "ia"), (r"au", "o"), (r"^Kh", "K"), (r"uy", "ui"), (r"^Ng", "G"),
    (r"ut", "oet"), (r"^W(?=[a])", "Oe"), (r"k$", "q"), (r"d$", "t"), (r"^F", "P"), (r"^P(?=[aeiu])", "F"), (r"^V", "F"), (r"l(?=[aiu])", "ll"),
)  # fmt: skip
_DIALECT_RULES = tuple((re.compile(pattern, re.I), new) for pattern, new in _DIALECT)
_TITLES_MEN = "H. H Drs. dr. Ir. KH. Bpk R. Ust. Tgk. HM. Drs Haji R.M. Prof.".split()
_TITLES_WOMEN = "Hj. Hj Dra. dr. Ibu R.A. Rr. Ny. Hjh Hajah Dra".split()
_DEGREES = (
    ", S.Pd",
    ", S.E.",
    ", S.Kom",
    " SH",
    ", A.Md",
    ", M.Pd",
    ", S.T",
    ", S.Pd.I",
    " S.Sos",
    ", Amd.Keb",
    ", SE",
    " S.Ag",
    ", S.H., M.H.",
    " SKM",
)
_CALLED_MEN, _CALLED_WOMEN = "Pak Mbah Mas Kang Bang Abah Wak".split(), "Bu Mbah Mbak Mak Nek Teh Neng".split()
_NICKNAMES = "Gepeng Kribo Genduk Ucok Butet Tole Acil Iteng Endut Boy Cenot Togog Upin Mamat Ateng".split()
_TRADES = ("TANI", "GURU", "TUKANG KAYU", "BURUH", "(PNS)", "- SOPIR", "WARUNG", "OJEK", "PETANI")
_UNKNOWN = ("NN", "-", "TANPA NAMA", "N.N.", "TIDAK ADA", "XXX", "BELUM DIKETAHUI", ".")
_JUNK = ("Ã©", "â€™", "ï¿½", "\u00a0", "Â ", "&#39;", "�")


# --- words -----------------------------------------------------------------------------------------


def variant(words: Words, dice: Dice, whose: Whose) -> Words | None:
    options = SHORT_FORMS.get(words[0])
    return [dice.one_of(options), *words[1:]] if options else None


def _at_word(words: Words, dice: Dice) -> int:
    """Where to change: never the prefix alone if there is more."""
    start = 1 if len(words) > 1 and (words[0] in SHORT_FORMS or len(words[0]) < 3) else 0
    return start + dice.below(len(words) - start)


def spelling(words: Words, dice: Dice, whose: Whose) -> Words | None:
    at = _at_word(words, dice)
    word, kind = words[at], dice.below(15)
    lower = word.lower()
    if kind < 12:
        old, new = _PAIRS[kind]
        changed = lower.replace(old, new)
    elif kind == 12:
        changed = re.sub(r"([nrlst])([aiu])", r"\1\1\2", lower, count=1)
    elif kind == 13:
        changed = re.sub(r"a$", "ah", lower)
    else:
        changed = re.sub(r"ah$", "a", lower)
    return None if changed == lower else [*words[:at], changed.capitalize(), *words[at + 1 :]]


def dialect(words: Words, dice: Dice, whose: Whose) -> Words | None:
    at = _at_word(words, dice)
    word, start = words[at], dice.below(len(_DIALECT_RULES))
    for pattern, new in _DIALECT_RULES[start:] + _DIALECT_RULES[:start]:
        changed = pattern.sub(new, word, count=1)
        if changed != word and len(changed) > 2:
            return [*words[:at], changed.capitalize(), *words[at + 1 :]]
    return None


def arabic(words: Words, dice: Dice, whose: Whose) -> Words | None:
    changed = [dice.one_of(OTHER_SPELLINGS[word]) if word in OTHER_SPELLINGS else word for word in words]
    return None if changed == words else changed


def old_spelling(words: Words, dice: Dice, whose: Whose) -> Words | None:
    changed = [_older(word) for word in words]
    return None if changed == words else changed


def _older(word: str) -> str:
    return word.lower().replace("j", "dj").replace("y", "j").replace("u", "oe").replace("c", "tj").capitalize()


def nickname(words: Words, dice: Dice, whose: Whose) -> Words | None:
    at = 0 if len(words) == 1 or dice.below(3) else _at_word(words, dice)
    short = _short(words[at], dice)
    if short is None:
        return None
    return [short] if dice.below(2) and len(words) <= 2 else [*words[:at], short, *words[at + 1 :]]


def _short(word: str, dice: Dice) -> str | None:
    """The last two syllables, or the first: Suryanto, Yanto; Rohmat, Mat; Fitriani, Fitri."""
    syllables = re.findall(r"[^aiueo]*[aiueo]+(?:[^aiueo]+$)?", word.lower())
    if len(syllables) < 3:
        return None
    kept = "".join(syllables[-2:] if dice.below(3) else syllables[:2])
    return re.sub(r"^[^aiueo]+(?=[^aiueo][aiueo])", "", kept).capitalize()


def vowels_lost(words: Words, dice: Dice, whose: Whose) -> Words | None:
    at = _at_word(words, dice)
    word = words[at]
    changed = word[0] + re.sub("[aiueo]", "", word[1:-1]) + word[-1]
    return [*words[:at], changed, *words[at + 1 :]] if len(word) > 5 and len(changed) > 3 else None


def dropped(words: Words, dice: Dice, whose: Whose) -> Words | None:
    return words[:-1] if len(words) > 1 and not (len(words) == 2 and len(words[0]) < 3) else None


def initial(words: Words, dice: Dice, whose: Whose) -> Words | None:
    return [*words[:-1], words[-1][0] + (".", "")[dice.below(2)]] if len(words) > 1 and len(words[-1]) > 2 else None


def initials_first(words: Words, dice: Dice, whose: Whose) -> Words | None:
    if len(words) < 2 or len(words[0]) < 3:
        return None
    changed = [words[0][0] + ".", *words[1:]]
    if len(words) > 2 and dice.below(2):
        changed[-1] = changed[-1][0] + "."
    return changed


def family_dropped(words: Words, dice: Dice, whose: Whose) -> Words | None:
    return words[:-1] if whose.has_clan and len(words) > 1 else None


def family_added(words: Words, dice: Dice, whose: Whose) -> Words | None:
    added = whose.clan if whose.has_clan else whose.father
    return [*words, added] if added and added not in words else None


def regional(words: Words, dice: Dice, whose: Whose) -> Words | None:
    if len(words) < 2:
        return None
    if whose.people == names.BALI:
        if dice.below(2) and words[0] in ("I", "Ni"):
            return words[1:]
        changed = [ORDER_SHORT.get(word, word) for word in words]
        return changed if changed != words else None
    return words[1:] if words[0] in ("Andi", "Lalu", "Baiq", "Cut", "Daeng", "Neng", "Ujang") else None


def joined(words: Words, dice: Dice, whose: Whose) -> Words | None:
    if len(words) < 2 or words[0].endswith("."):
        return None
    return [words[0] + words[1].lower(), *words[2:]]


def swapped(words: Words, dice: Dice, whose: Whose) -> Words | None:
    return [words[1], words[0], *words[2:]] if len(words) > 1 else None


def reversed_(words: Words, dice: Dice, whose: Whose) -> Words | None:
    if len(words) < 2:
        return None
    return words[::-1] if dice.below(2) else [words[-1] + ",", *words[:-1]]


def alias(words: Words, dice: Dice, whose: Whose) -> Words | None:
    return [whose.father, *words[1:]] if whose.father and whose.father != words[0] else None


def mother(words: Words, dice: Dice, whose: Whose) -> Words | None:
    if not whose.mother or whose.mother in words:
        return None
    return [*words, whose.mother] if dice.below(2) else [whose.mother, *words]


def hyphen(words: Words, dice: Dice, whose: Whose) -> Words | None:
    if len(words) > 1:
        return ["-".join(words)]
    word = words[0]
    return [f"{word[: len(word) // 2]}-{word[len(word) // 2 :]}"] if len(word) > 5 else None


WORD_EDITS: dict[str, WordEdit] = {
    "name_variant": variant, "name_spelling": spelling, "name_dialect": dialect, "name_arabic": arabic, "name_old_spelling": old_spelling,
    "name_nickname": nickname, "name_vowels_lost": vowels_lost, "name_dropped": dropped, "name_initial": initial,
    "name_initials_first": initials_first, "name_family_dropped": family_dropped, "name_family_added": family_added,
    "name_regional": regional, "name_joined": joined, "name_swapped": swapped, "name_reversed": reversed_, "name_alias": alias,
    "name_mother": mother, "name_hyphen": hyphen,
}  # fmt: skip


# --- text ------------------------------------------------------------------------------------------


def typo(text: str, dice: Dice, whose: Whose | None = None) -> str | None:
    if len(text) < 4:
        return None
    kind, at = dice.below(4), dice.below(len(text) - 1)
    letter = "aiueonrstlkm"[dice.below(12)]
    if kind == 0:
        return text[: at + 1] + letter + text[at + 2 :]
    if kind == 1:
        return text[: at + 1] + text[at + 2 :]
    if kind == 2:
        return text[: at + 1] + letter + text[at + 1 :]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def title(text: str, dice: Dice, whose: Whose) -> str | None:
    return f"{dice.one_of(_TITLES_WOMEN if whose.is_woman else _TITLES_MEN)} {text}" if whose.is_grown else None


def degree(text: str, dice: Dice, whose: Whose) -> str | None:
    return text + dice.one_of(_DEGREES) if whose.is_grown else None


def comma_title(text: str, dice: Dice, whose: Whose) -> str | None:
    if not whose.is_grown:
        return None
    ahead = dice.one_of(_TITLES_WOMEN if whose.is_woman else _TITLES_MEN)
    return text + (f", {ahead}", f",{ahead}{dice.one_of(_DEGREES).replace(' ', '')}", f" ({ahead})")[dice.below(3)]


def patronym(text: str, dice: Dice, whose: Whose) -> str | None:
    if not whose.father:
        return None
    return f"{text} {dice.one_of(('binti', 'bt.', 'Bte', 'Bt') if whose.is_woman else ('bin', 'b.', 'Bn', 'B'))} {whose.father}"


def deceased(text: str, dice: Dice, whose: Whose) -> str | None:
    return text + dice.one_of(
        (" (almh)", " almh.", " (Almarhumah)") if whose.is_woman else (" (alm)", " alm.", " (Alm.)", " Almarhum")
    )


def also_called(text: str, dice: Dice, whose: Whose) -> str | None:
    other = _short(text.split()[0].strip(".,"), dice) if dice.below(2) else None
    return text + dice.one_of((" alias {}", " als. {}", " ({})", " als {}", " / {}", ' "{}"')).format(
        other or dice.one_of(_NICKNAMES)
    )


def called(text: str, dice: Dice, whose: Whose) -> str | None:
    return f"{dice.one_of(_CALLED_WOMEN if whose.is_woman else _CALLED_MEN)} {text}"


def unit(text: str, dice: Dice, whose: Whose) -> str | None:
    return text + dice.one_of((" RT {:02d}", " RT.{:03d}", " (RT {})", " Rt{:02d}")).format(whose.rt)


def nik_inside(text: str, dice: Dice, whose: Whose) -> str | None:
    return text + dice.one_of((" {}", " NIK {}", " ({})", "/{}")).format(whose.nik)


def occupation(text: str, dice: Dice, whose: Whose) -> str | None:
    return f"{text} {dice.one_of(_TRADES)}"


def truncated(text: str, dice: Dice, whose: Whose) -> str | None:
    return text[:18] if len(text) > 18 else None


def digit(text: str, dice: Dice, whose: Whose) -> str | None:
    old, new = dice.one_of((("o", "0"), ("i", "1"), ("e", "3"), ("l", "1")))
    at = text.rfind(old)
    return text[:at] + new + text[at + 1 :] if at >= 0 else None


def glued(text: str, dice: Dice, whose: Whose) -> str | None:
    return text.replace(" ", "").replace(".", "") if " " in text else None


def mojibake(text: str, dice: Dice, whose: Whose) -> str | None:
    at = 1 + dice.below(max(1, len(text) - 1))
    junk = dice.one_of(_JUNK)
    return text.replace(" ", junk) if junk in ("\u00a0", "Â ") and " " in text else text[:at] + junk + text[at:]


def spaces(text: str, dice: Dice, whose: Whose) -> str | None:
    return (text.replace(" ", "  "), f" {text} ", text.replace(" ", "\t", 1), f"{text}.", f"  {text}", f"{text} -")[
        dice.below(6)
    ]


def unknown(text: str, dice: Dice, whose: Whose) -> str | None:
    return str(dice.one_of(_UNKNOWN))


TEXT_EDITS: dict[str, TextEdit] = {
    "name_typo": typo, "name_title": title, "name_degree": degree, "name_comma_title": comma_title, "name_patronym": patronym,
    "name_deceased": deceased, "name_also_called": also_called, "name_called": called, "name_unit": unit, "name_nik_inside": nik_inside,
    "name_occupation": occupation, "name_truncated": truncated, "name_digit": digit, "name_glued": glued, "name_mojibake": mojibake,
    "name_spaces": spaces, "name_unknown": unknown,
}  # fmt: skip


def rewrite(words: Words, edits: Sequence[str], dice: Dice, whose: Whose) -> tuple[str, list[str]]:
    """The name after these classes' edits, and those that had something to change."""
    made: list[str] = []
    rest: list[str] = []
    for each in edits:
        if each in TEXT_EDITS:
            rest.append(each)
        elif (changed := WORD_EDITS[each](words, dice, whose)) and changed != words:
            words = changed
            made.append(each)
    text = " ".join(words)
    for each in rest:
        new = TEXT_EDITS[each](text, dice, whose)
        if new is not None and new != text:
            text = new
            made.append(each)
    return text, made
