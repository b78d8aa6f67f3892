"""A small invented regency with known truth: residents, accounts, and every error that the linkage is built for.

Independent of `tenun.synthetic` on purpose: what a model is trained on should not be what it is judged by.
Error rates follow the linkage study's generator. Nobody here exists; serials of NIKs begin at 9000.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import pyarrow as pa

from tenun.kernel.keys import KeyProvider, MemoryKeys, pseudonym
from tenun.registry.siapkerja.tables import SEEKER_IDENTIFIERS, SEEKERS
from tenun.registry.sid.tables import PERSON_IDENTIFIERS, PERSONS

AS_OF = date(2026, 6, 1)

MEN = """Sutrisno Suparman Slamet Sugeng Supriyadi Sumarno Bambang Joko Agus Budi Eko Wahyu Hadi Heru Haryanto Suwarno Suroso
Mulyadi Wagiman Tukiman Poniman Kusnadi Purnomo Rahmat Rudi Setiawan Siswanto Sudarman Teguh Untung Yulianto Arif Bayu Dimas
Fajar Galih Hendra Ilham Indra Iwan Andi Anton Dedi Deni Rizal Rizki Adi Angga Candra Dani Kurniawan Lukman Nanang Ridwan Tomi
Asep Cecep Ujang Maman Dadang Deden Jajang Oman Tatang Udin Usep Yayan Hidayat Gunawan Permana Ramdani Taufik Abdullah Ali Amir
Anwar Arifin Azhar Basri Burhanuddin Effendi Fahmi Faisal Firdaus Habib Hamdan Harun Hasanuddin Husni Ibrahim Idris Ikhsan Irfan
Iskandar Ismail Jamaludin Junaidi Khairul Mahmud Mansur Marwan Munir Mustafa Nasir Nurdin Rahman Ramli Saiful Salim Sofyan
Sulaiman Syahrul Syamsuddin Syarif Umar Usman Yahya Yusuf Zainal Zulkifli Yohanes Petrus Paulus Yosef Markus Simon Stefanus
Antonius Fransiskus Gabriel Thomas Wayan Made Nyoman Ketut Sudarma Suarta Sudana Lalu Jumadi Muhtar Sahabuddin""".split()
WOMEN = """Sulastri Sumiati Sunarti Suparti Suryani Sutini Suwarni Sumarni Susanti Sutarmi Tukinem Tuminem Wagiyem Ponirah Ngatini
Sarinah Kartini Lestari Martini Mulyani Murni Nuraini Nurhayati Purwanti Rahayu Ratna Retno Rini Rohmah Rukmini Sundari Titik
Utami Wahyuni Winarti Yuliana Anisa Ayu Citra Desi Dewi Diana Dwi Eka Endang Erna Evi Fatimah Fitri Hartini Ika Indah Intan
Istiqomah Kusuma Laila Lilis Linda Maya Mega Nia Nita Novita Puji Putri Ratih Rika Rosita Septi Tika Tuti Umi Vina Wulandari Yeni
Euis Iis Imas Cucu Eneng Kokom Komala Neng Nining Popon Titin Yayah Aisyah Aminah Azizah Farida Fatmawati Habibah Halimah
Hasanah Jamilah Juliana Khadijah Latifah Mahmudah Maimunah Marlina Maryam Nafisah Rahmawati Ramlah Rosmawati Salmah Sofia
Zainab Zubaidah Maria Margaretha Elisabeth Agnes Katarina Lusia Marta Natalia Theresia Veronika Baiq Hikmah Sahari""".split()
STARTS = "Su Har Wi Mar Kar Sar Par Pur Tuk Was Mul Kus Dar Tar Mus Nur Yul Jum Sam Bud Syam Zain Fah Has Saf Naz Muz Rah".split()
MEN_ENDS = "yono yanto iman wanto sono nadi diyo tono jito wadi yadi taryo wito narso rejo dianto uddin ullah wan ron adi".split()
WOMEN_ENDS = "inem iyem inah wati ningsih iyati tinah yani tini sih astuti utami winarni anti kini iah atun idah imah aroh".split()
SYLLABLES = "ba ka la ma na ra sa ta wa ya di ri mi ti no lo ko ro bu ku lu mu".split()
VARIANTS = {
    "Muhammad": "Moh. M. Muh. Mohammad Mohamad Mochamad Moch. Muhamad Mohd. Mhd. Muchammad M".split(),
    "Ahmad": "Akhmad Achmad Ahmat Akhmat Ah.".split(),
    "Abdul": "Abd. Abdoel Abd".split(),
    "Siti": "St. Sitti Sity".split(),
    "Nur": "Noor Nor Noer".split(),
    "Sri": "Sry Srie".split(),
}
STREETS = "Merdeka Sudirman Mawar Melati Diponegoro Pahlawan Krajan Sukamaju Cempaka Kenanga Masjid Pasar Karya Sawah Mekar Jati".split()


@dataclass
class Rates:
    """Probability of each error in a record."""

    nik_missing: float
    nik_typo: float
    nik_family: float
    name_typo: float
    name_spelling: float
    name_shortened: float
    name_swapped: float
    variant: float
    title: float
    old_spelling: float
    other_name: float
    date_swapped: float
    date_heaped: float
    date_wrong: float
    date_missing: float
    sex_wrong: float
    address_missing: float
    bare: float
    """Neither name nor birth date: the flat AK-1 extract."""


RESIDENT = Rates(.06, .03, .015, .03, .06, .05, .005, .40, .05, .03, .006, .01, .04, .023, .01, .007, .10, .0)  # fmt: skip
ACCOUNT = Rates(.042, .025, .010, .025, .05, .08, .010, .45, .06, .01, .010, .015, .017, .022, .005, .004, .25, .02)  # fmt: skip


@dataclass
class Person:
    number: int
    household: int
    village: str
    is_woman: bool
    born: date
    words: list[str]
    father: str
    street: str
    rt: int
    rw: int
    nik: str = ""
    is_twin: bool = False


@dataclass
class People:
    residents: list[dict[str, Any]] = field(default_factory=list)
    seekers: list[dict[str, Any]] = field(default_factory=list)
    truth: list[tuple[str, str | None, int | None]] = field(default_factory=list)
    twins: list[tuple[str, str]] = field(default_factory=list)
    """True persons (numbers as text) who are twins of one another."""

    def resident_tables(self, village: str) -> dict[str, pa.Table]:
        """`persons` and `identifiers` of one village, as ingest keeps them: one row a person."""
        rows = [row for row in self.residents if row["village_code"] == village and row["is_kept"]]
        return {"persons": _table(PERSONS, rows), "identifiers": _table(PERSON_IDENTIFIERS, rows)}

    def seeker_tables(self) -> dict[str, pa.Table]:
        return {"seekers": _table(SEEKERS, self.seekers), "identifiers": _table(SEEKER_IDENTIFIERS, self.seekers)}

    def villages(self) -> list[str]:
        return sorted({row["village_code"] for row in self.residents})

    def truth_table(self) -> pa.Table:
        ids, villages, rows = zip(*self.truth, strict=True)
        return pa.table(
            {"id_pencaker": pa.array(ids, pa.string()), "village_code": pa.array(villages, pa.string()),
             "source_row": pa.array(rows, pa.int32())}
        )  # fmt: skip


def invent(
    residents: int = 6_000, *, seed: int = 1, account_share: float = 0.4, regency: str = "52.01",
    desa_keys: KeyProvider | None = None, naker_keys: KeyProvider | None = None,
) -> People:  # fmt: skip
    """About `residents` register entries (everybody of 15 and over) and accounts of a share of those of 17 to 60."""
    chance = Random(seed)
    desa, naker = desa_keys or MemoryKeys(b"desa"), naker_keys or MemoryKeys(b"naker")
    villages = [f"{regency}.{district:02d}.{2000 + village}" for district in range(1, 9) for village in range(1, 9)]
    villages = villages[: max(2, min(len(villages), residents // 350))]
    persons = _settle(chance, residents, villages)
    people = People()
    rows: dict[int, list[tuple[str, int]]] = {}
    counters = dict.fromkeys(villages, 1)
    seen: set[str] = set()
    families = _families(persons)
    for person in persons:
        if chance.random() > 0.93:  # not in the register: recent arrivals, never written down
            continue
        copies = [person.village]
        if chance.random() < 0.01:
            copies.append(person.village if chance.random() < 0.7 else chance.choice(villages))
        for village in copies:
            counters[village] += 1
            row = _written(chance, person, RESIDENT, families, village)
            natural = row["nik"] or "|".join(
                str(row[name]) for name in ("full_name", "birth_place", "birth_date", "family_card")
            )
            row |= {
                "person_id": pseudonym(desa.secret("person"), village, natural),
                "family_id": pseudonym(desa.secret("family"), village, str(person.household)),
                "source_row": counters[village],
                "true_person": person.number,
            }
            row["is_kept"] = row["person_id"] not in seen
            seen.add(row["person_id"])
            people.residents.append(row)
            rows.setdefault(person.number, []).append((village, row["source_row"]))
    number = 0
    for person in persons:
        age = (AS_OF - person.born).days / 365.25
        if not 17 <= age <= 60 or chance.random() > account_share:
            continue
        for _ in range(2 if chance.random() < 0.01 else 1):
            number += 1
            id_pencaker = f"PK{number:08d}"
            village = person.village if chance.random() > 0.2 else _elsewhere(chance, person.village, villages)
            row = _written(chance, person, ACCOUNT, families, village)
            row |= {"seeker_id": pseudonym(naker.secret("seeker"), id_pencaker), "source_row": number + 1,
                    "regency_code": village[:5], "id_pencaker": id_pencaker, "true_person": person.number}  # fmt: skip
            people.seekers.append(row)
            people.truth.extend((id_pencaker, *place) for place in rows.get(person.number, [(None, None)]))
    people.twins = [(str(a.number), str(b.number)) for a, b in itertools.pairwise(persons) if b.is_twin]
    return people


def _settle(chance: Random, size: int, villages: list[str]) -> list[Person]:
    persons: list[Person] = []
    men, women = _pool(chance, MEN, MEN_ENDS), _pool(chance, WOMEN, WOMEN_ENDS)
    household = 0
    while len(persons) < size:
        household += 1
        village = villages[int(len(villages) * chance.random() ** 1.2)]
        street, rt, rw = chance.choice(STREETS), chance.randrange(1, 12), chance.randrange(1, 6)
        surname = _pick(chance, men)
        uses_surname = chance.random() < 0.25
        head_age = 24 + 50 * chance.random() ** 1.1
        father = ""
        for position in range(chance.choice((1, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 6))):
            is_woman = position == 1 if position < 2 else chance.random() < 0.49
            age = (
                head_age
                if position == 0
                else head_age - 5 * chance.random()
                if position == 1
                else head_age - 19 - 16 * chance.random()
            )
            if age < 15:
                continue
            born = AS_OF - timedelta(days=int(age * 365.25))
            if age > 48 and chance.random() < 0.12:
                born = date(born.year, *chance.choice(((7, 1), (12, 31), (1, 1))))
            words = _name(
                chance, women if is_woman else men, is_woman, surname if uses_surname and position != 1 else None
            )
            person = Person(len(persons), household, village, is_woman, born, words, father, street, rt, rw)
            persons.append(person)
            if position == 0:
                father = words[-1] if len(words) > 1 else words[0]
            if position >= 2 and chance.random() < 0.02:
                twin_words = [_rhyme(chance, words[0]), *words[1:]] if chance.random() < 0.6 else _name(
                    chance, women if is_woman else men, is_woman, surname if uses_surname else None)  # fmt: skip
                persons.append(Person(len(persons), household, village, is_woman, born, twin_words, father, street, rt, rw,
                                      is_twin=True))  # fmt: skip
    _number(chance, persons)
    return persons


def _pool(chance: Random, tokens: list[str], ends: list[str]) -> list[str]:
    made = [start + end for start in STARTS for end in ends]
    tail = [
        "".join(chance.choice(SYLLABLES) for _ in range(chance.choice((2, 3)))).capitalize() + chance.choice(ends)
        for _ in range(600)
    ]
    chance.shuffle(made)
    return tokens + made + tail


def _pick(chance: Random, pool: list[str]) -> str:
    return pool[int(len(pool) * chance.random() ** 2.2)]


def _name(chance: Random, pool: list[str], is_woman: bool, surname: str | None) -> list[str]:
    words = [_pick(chance, pool) for _ in range(chance.choices((1, 2, 3), (0.18, 0.60, 0.22))[0])]
    if surname and len(words) > 1:
        words[-1] = surname
    draw = chance.random()
    if draw < 0.22:
        first = "Siti Nur Sri Siti".split() if is_woman else "Muhammad Ahmad Abdul Muhammad".split()
        words = [chance.choice(first), *words[:2]]
    return list(dict.fromkeys(words))


def _rhyme(chance: Random, word: str) -> str:
    """Twins: Hasan and Hasin."""
    at = max(1, len(word) - chance.randrange(2, 4))
    return word[:at] + chance.choice("aiueo") + word[at + 1 :]


def _number(chance: Random, persons: list[Person]) -> None:
    taken: dict[str, int] = {}
    for person in persons:
        district = (
            person.village[:8].replace(".", "")
            if chance.random() < 0.82
            else f"{chance.choice((5202, 5271, 3501, 7371))}{chance.randrange(1, 12):02d}"
        )
        day = person.born.day + (40 if person.is_woman else 0)
        start = f"{district}{day:02d}{person.born:%m%y}"
        taken[start] = taken.get(start, 0) + 1
        person.nik = f"{start}{8999 + taken[start]:04d}"


def _families(persons: list[Person]) -> dict[int, list[Person]]:
    families: dict[int, list[Person]] = {}
    for person in persons:
        families.setdefault(person.household, []).append(person)
    return families


def _elsewhere(chance: Random, village: str, villages: list[str]) -> str:
    draw = chance.random()
    if draw < 0.4:
        return chance.choice([other for other in villages if other[:8] == village[:8]])
    return (
        chance.choice(villages) if draw < 0.75 else f"52.71.{chance.randrange(1, 6):02d}.{chance.randrange(1001, 1009)}"
    )


# --- how a person is written down ------------------------------------------------------------------


def _written(
    chance: Random, person: Person, rates: Rates, families: dict[int, list[Person]], village: str
) -> dict[str, Any]:
    relatives = [other.nik for other in families[person.household] if other is not person]
    nik: str | None = person.nik
    if chance.random() < rates.nik_missing:
        nik = None
    elif relatives and chance.random() < rates.nik_family:
        nik = chance.choice(relatives)
    elif chance.random() < rates.nik_typo:
        nik = _digit_typo(chance, person.nik)
    born = _date(chance, person.born, rates)
    sex = "female" if person.is_woman else "male"
    if chance.random() < rates.sex_wrong:
        sex = {"female": "male", "male": "female"}[sex]
    address = (
        None
        if chance.random() < rates.address_missing
        else _address(chance, person, has_moved=village != person.village)
    )
    is_bare = chance.random() < rates.bare
    return {
        "village_code": village,
        "sex": "missing" if chance.random() < 0.006 else sex,
        "age_years": None if born is None else _age(born),
        "nik": nik,
        "nik_class": "valid" if nik else "missing",
        "full_name": None if is_bare else _spelled(chance, person, rates),
        "birth_place": "PRAYA",
        "birth_date": None if is_bare else born,
        "family_card": None,
        "address": address,
        "life_status": "alive",
        "warnings": [],
    }


def _address(chance: Random, person: Person, *, has_moved: bool) -> str:
    draw = chance.random()
    street = chance.choice(STREETS) if has_moved or draw < 0.15 else person.street  # one place has several descriptions
    if draw > 0.88:
        street = _typo(chance, street)
    rt, rw = (chance.randrange(1, 12), chance.randrange(1, 6)) if has_moved else (person.rt, person.rw)
    unit = (
        f"{chance.choice((' RT ', ' RT.'))}{rt:03d}{chance.choice(('/', ' RW '))}{rw:02d}"
        if chance.random() < 0.7
        else ""
    )
    return f"{chance.choice(('Jl. ', 'Jalan ', 'JL ', 'Dusun ', 'Dsn. '))}{street}{unit}"


def _age(born: date) -> int:
    return AS_OF.year - born.year - ((AS_OF.month, AS_OF.day) < (born.month, born.day))


def _digit_typo(chance: Random, nik: str) -> str:
    at = chance.randrange(15)
    if chance.random() < 0.08:
        return f"{nik[:12]}{chance.randrange(9000, 9999)}"
    if chance.random() < 0.25:
        return nik[:at] + nik[at + 1] + nik[at] + nik[at + 2 :]
    return nik[:at] + str((int(nik[at]) + chance.randrange(1, 10)) % 10) + nik[at + 1 :]


def _date(chance: Random, born: date, rates: Rates) -> date | None:
    draw = chance.random()
    if draw < rates.date_missing:
        return None
    if chance.random() < rates.date_swapped * 2.5 and born.day <= 12:
        return date(born.year, born.day, born.month)
    if chance.random() < rates.date_heaped:
        return date(born.year, chance.choice((1, 1, 1, 7)), 1)
    if chance.random() < rates.date_wrong:
        kind = chance.random()
        if kind > 0.85:
            return born + timedelta(days=chance.randrange(-2500, 2500))  # somebody else's date
        if kind < 0.6:
            return born.replace(year=born.year + chance.choice((-1, 1, -10, 10, -2, 2)), day=min(born.day, 28))
        return (
            born.replace(day=chance.randrange(1, 29))
            if kind < 0.72
            else born.replace(month=chance.randrange(1, 13), day=min(born.day, 28))
        )
    return born


def _spelled(chance: Random, person: Person, rates: Rates) -> str:
    words = list(person.words)
    if words[0] in VARIANTS and chance.random() < rates.variant:
        words[0] = chance.choice(VARIANTS[words[0]])
    for at, word in enumerate(words):
        if chance.random() < rates.name_spelling:
            words[at] = _respelled(chance, word)
    if len(words) > 1 and chance.random() < rates.name_shortened:
        words = words[:-1] if chance.random() < 0.6 else [*words[:-1], words[-1][0] + chance.choice(("", "."))]
    if len(words) > 1 and chance.random() < rates.name_swapped:
        words = [*words[1:], words[0]]
    if chance.random() < rates.old_spelling:
        words = [word.replace("j", "dj").replace("y", "j").replace("u", "oe").replace("c", "tj") for word in words]
    if chance.random() < rates.other_name and person.father:
        words = [person.father, *words[1:]]
    if len(words) > 1 and chance.random() < 0.03:
        words = [words[0] + words[1].lower(), *words[2:]]
    name = " ".join(words)
    if chance.random() < rates.name_typo:
        name = _typo(chance, name)
    if person.born.year < 2003 and chance.random() < rates.title:
        name = (
            chance.choice(("Hj. ", "Dra. ", "Ibu ")) if person.is_woman else chance.choice(("H. ", "Drs. ", "Ir. "))
        ) + name
    if person.born.year < 2004 and chance.random() < rates.title:
        name += chance.choice((", S.Pd", ", S.E.", ", S.Kom", " SH", ", A.Md", ", S.T", ", S.Pd.I", " S.Sos"))
    if person.father and chance.random() < 0.008:
        name += (" binti " if person.is_woman else " bin ") + person.father
    return name.upper() if chance.random() < 0.5 else name


def _respelled(chance: Random, word: str) -> str:
    old, new = chance.choice((("f", "p"), ("v", "f"), ("z", "j"), ("sy", "s"), ("kh", "h"), ("i", "y"), ("y", "i"), ("th", "t"),
                              ("ah", "a"), ("nn", "n"), ("n", "nn"), ("r", "rr"), ("dh", "d"), ("k", "q")))  # fmt: skip
    return word.replace(old, new, 1)


def _typo(chance: Random, name: str) -> str:
    at = chance.randrange(1, max(2, len(name) - 1))
    kind, letter = chance.randrange(4), chance.choice("aeiounrstlkm")
    if kind == 0:
        return name[:at] + name[at + 1 :]
    if kind == 1:
        return name[:at] + letter + name[at:]
    if kind == 2:
        return name[:at] + letter + name[at + 1 :]
    return name[:at] + name[at : at + 2][::-1] + name[at + 2 :]


def _table(table: Any, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in table.names()} for row in rows], schema=table.schema()
    )
