"""Households, residents and job seekers of an invented regency, and who is who.

Error rates follow those of the linkage study's generator: real rates are unknown, so figures made
with this population compare methods and promise nothing about the country.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from tenun.synthetic import names

# Codes are Dukcapil's, as OpenSID files carry them.
EDUCATION = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
FARMER, FISHER, LABOURER, TRADER, PRIVATE, SELF_EMPLOYED, TEACHER, CIVIL_SERVANT, OFFICIAL, CASUAL = (
    9, 11, 20, 84, 15, 88, 65, 5, 85, 19,
)  # fmt: skip
NOT_WORKING, HOUSEKEEPING, STUDENT, RETIRED = 1, 2, 3, 4


@dataclass(frozen=True)
class Village:
    code: str
    name: str
    district: str
    regency: str
    province: str


@dataclass
class Person:
    """One true person."""

    village: Village
    family_card: str
    role: int
    name: str
    is_woman: bool
    birth: date
    birth_place: str
    nik: str
    education: int
    occupation: int
    in_school: bool
    marital: int
    father: str
    mother: str
    hamlet: str
    rw: str
    rt: str
    disability: int = 7
    life_status: int = 1
    has_job_insurance: bool | None = None


@dataclass
class ResidentRow:
    """A person as the village wrote him or her down."""

    person: Person
    nik: str
    name: str
    birth: date | None
    is_woman: bool


@dataclass
class Account:
    """A SIAPKerja account, and the person behind it if that person is in a village file."""

    id: str
    person: Person
    is_resident: bool
    nik: str
    name: str
    birth: date
    is_woman: bool
    village: Village
    village_is_given: bool
    registered_on: date
    reported_on: date
    is_working: bool
    is_active: bool
    placed_on: date | None = None


@dataclass
class Population:
    villages: Sequence[Village]
    rows: dict[str, list[ResidentRow]] = field(default_factory=dict)
    accounts: list[Account] = field(default_factory=list)


def invent(
    villages: Sequence[Village], *, residents: int, seed: int, as_of: date, outside: Sequence[Village] = ()
) -> Population:
    """About `residents` register entries over the villages, and a job-seeker account for one adult in nine."""
    chance = Random(seed)
    population = Population(villages)
    weights = [math.exp(chance.gauss(0, 0.45)) for _ in villages]
    for village, weight in zip(villages, weights, strict=True):
        size = max(60, round(residents * weight / sum(weights)))
        persons = _settle(chance, village, size, as_of)
        _mix_up_niks(chance, persons)
        population.rows[village.code] = [_write_down(chance, person) for person in persons]
    _open_accounts(chance, population, as_of, list(outside) or list(villages))
    return population


# --- people ------------------------------------------------------------------------------------


def _settle(chance: Random, village: Village, size: int, as_of: date) -> list[Person]:
    persons: list[Person] = []
    hamlets = [
        f"{word}" for word in chance.sample(["PRAIBAKUL", "WAIRASA", "KABELA", "LENANG", "MANUA", "TANAMODU"], 3)
    ]
    number = 0
    while len(persons) < size:
        number += 1
        hamlet = chance.choice(hamlets)
        unit = f"{chance.randrange(1, 5):03d}", f"{chance.randrange(1, 9):03d}"
        persons.extend(_household(chance, village, number, hamlet, unit, as_of))
    return persons[:size]


def _household(
    chance: Random, village: Village, number: int, hamlet: str, unit: tuple[str, str], as_of: date
) -> list[Person]:
    district = village.code[:8].replace(".", "")
    family_name = chance.choice(names.SECOND)
    issued = f"{chance.randrange(1, 29):02d}{chance.randrange(1, 13):02d}{chance.randrange(8, 25):02d}"
    card = f"{district}{issued}{9000 + number % 1000}"
    head_age = min(84, max(20, int(chance.gauss(45, 14))))
    head_is_woman = chance.random() < 0.14
    has_spouse = not head_is_woman and chance.random() < 0.86
    people: list[Person] = []

    def add(role: int, age: int, is_woman: bool, marital: int, father: str, mother: str) -> Person:
        birth = as_of - timedelta(days=int(age * 365.2425) + chance.randrange(365))
        if chance.random() < 0.02:
            birth = date(birth.year, chance.choice((1, 7)), 1)  # people who do not know their birthday
        in_school = 6 <= age <= 24 and chance.random() < _school_share(age)
        person = Person(
            village=village,
            family_card=card,
            role=role,
            name=names.invent(chance, is_woman=is_woman, family_name=family_name if chance.random() < 0.6 else None),
            is_woman=is_woman,
            birth=birth,
            birth_place=village.regency.removeprefix("Kabupaten ").upper() if chance.random() < 0.85 else "WAIKABUBAK",
            nik="",
            education=_education(chance, age, in_school),
            occupation=NOT_WORKING,
            in_school=in_school,
            marital=marital,
            father=father,
            mother=mother,
            hamlet=hamlet,
            rw=unit[0],
            rt=unit[1],
        )
        person.occupation = _occupation(chance, person, age)
        person.nik = _nik(chance, person, district)
        person.disability = chance.choice((1, 2, 3, 4, 6)) if chance.random() < 0.012 else 7
        person.life_status = chance.choices((1, 2, 3, 6), (0.962, 0.018, 0.015, 0.005))[0]
        if person.occupation > RETIRED and age >= 15:
            person.has_job_insurance = chance.random() < (0.75 if person.occupation in (5, 15, 65, 85) else 0.16)
        people.append(person)
        return person

    parents = (
        names.invent(chance, is_woman=False, family_name=family_name),
        names.invent(chance, is_woman=True, family_name=None),
    )
    head = add(1, head_age, head_is_woman, 2 if has_spouse else chance.choice((1, 3, 4)), *parents)
    spouse = add(3, max(18, head_age - chance.randrange(0, 7)), True, 2, *parents) if has_spouse else None
    father, mother = (head.name, spouse.name if spouse else "-") if not head_is_woman else ("-", head.name)
    child_age = head_age - 21
    for _ in range(chance.choices((0, 1, 2, 3, 4, 5), (10, 16, 26, 24, 15, 9))[0]):
        if child_age < 0:
            break
        is_woman = chance.random() < 0.49
        marital = 1 if child_age < 21 or chance.random() < 0.6 else 2
        add(4, child_age, is_woman, marital, father, mother)
        if chance.random() < 0.012:
            add(4, child_age, is_woman, marital, father, mother).birth = people[-2].birth  # twins
            people[-1].nik = _nik(chance, people[-1], district)
        child_age -= chance.randrange(1, 5)
    if chance.random() < 0.15:
        add(7, min(92, head_age + chance.randrange(19, 30)), chance.random() < 0.6, 4, "-", "-")
    return people


def _school_share(age: int) -> float:
    return 0.97 if age <= 12 else 0.90 if age <= 15 else 0.72 if age <= 18 else 0.16


def _education(chance: Random, age: int, in_school: bool) -> int:
    if age < 6:
        return 1
    if age < 12:
        return 2
    if in_school:
        return 3 if age < 15 else 4 if age < 18 else 5
    if age < 15:
        return 3
    if age > 50:
        return chance.choices((1, 2, 3, 4, 5, 8), (14, 24, 36, 12, 11, 3))[0]
    return chance.choices((2, 3, 4, 5, 6, 7, 8, 9), (7, 24, 22, 33, 2, 3, 8, 1))[0]


def _occupation(chance: Random, person: Person, age: int) -> int:
    if age < 6 or (age < 15 and not person.in_school):
        return NOT_WORKING
    if person.in_school:
        return STUDENT
    if age >= 66 and chance.random() < 0.45:
        return RETIRED if chance.random() < 0.2 else NOT_WORKING
    if person.is_woman and chance.random() < 0.42:
        return HOUSEKEEPING
    if age < 26 and chance.random() < 0.38:
        return NOT_WORKING
    if person.education >= 7:
        return chance.choices((CIVIL_SERVANT, TEACHER, PRIVATE, OFFICIAL, 18, NOT_WORKING), (20, 22, 20, 10, 16, 12))[0]
    return chance.choices(
        (FARMER, FISHER, LABOURER, TRADER, PRIVATE, SELF_EMPLOYED, 10, 26, 81, OFFICIAL, CASUAL, NOT_WORKING, 89),
        (44, 4, 8, 5, 7, 10, 4, 3, 2, 2, 4, 6, 1),
    )[0]


def _nik(chance: Random, person: Person, district: str) -> str:
    """District of first registration, birth date (women: day + 40), a serial no office reaches."""
    prefix = district if chance.random() < 0.82 else chance.choice(("531201", "531204", "531801", "531101", "537101"))
    day = person.birth.day + (40 if person.is_woman else 0)
    return f"{prefix}{day:02d}{person.birth.month:02d}{person.birth.year % 100:02d}{chance.randrange(9000, 10000)}"


# --- how the village writes them down ----------------------------------------------------------


def _mix_up_niks(chance: Random, persons: list[Person]) -> None:
    """Two persons never share a true NIK: a serial is drawn again until it is free."""
    taken: set[str] = set()
    for person in persons:
        while person.nik in taken:
            person.nik = person.nik[:12] + str(chance.randrange(9000, 10000))
        taken.add(person.nik)


def _write_down(chance: Random, person: Person) -> ResidentRow:
    return ResidentRow(
        person=person,
        nik=_written_nik(chance, person.nik, missing=0.05, placeholder=0.01, typo=0.03),
        name=names.rewrite(chance, person.name, rate=0.12),
        birth=_written_date(chance, person.birth, rate=0.05),
        is_woman=person.is_woman if chance.random() > 0.003 else not person.is_woman,
    )


def _written_nik(chance: Random, nik: str, *, missing: float, placeholder: float, typo: float) -> str:
    draw = chance.random()
    if draw < missing:
        return "0"
    if draw < missing + placeholder:
        return chance.choice(("9999999999999999", "0000000000000000", "1234567890123456"))
    if draw < missing + placeholder + typo:
        at = chance.randrange(6, 16)
        return nik[:at] + str((int(nik[at]) + chance.randrange(1, 10)) % 10) + nik[at + 1 :]
    return nik


def _written_date(chance: Random, birth: date, *, rate: float) -> date:
    if chance.random() >= rate:
        return birth
    kind = chance.random()
    if kind < 0.4 and birth.day <= 12:
        return date(birth.year, birth.day, birth.month)
    if kind < 0.7:
        return date(birth.year, 1, 1)
    if kind < 0.85:
        return birth.replace(year=birth.year + chance.choice((-1, 1)), day=min(birth.day, 28))
    return birth + timedelta(days=chance.choice((-10, -1, 1, 10)))


# --- accounts ----------------------------------------------------------------------------------


def _open_accounts(chance: Random, population: Population, as_of: date, outside: list[Village]) -> None:
    number = 0
    for code in population.rows:
        rows = population.rows[code]
        by_family: dict[str, list[str]] = {}
        for row in rows:
            by_family.setdefault(row.person.family_card, []).append(row.person.nik)
        for row in rows:
            age = (as_of - row.person.birth).days / 365.2425
            if not 17 <= age <= 56 or row.person.life_status != 1 or chance.random() > _account_share(row.person, age):
                continue
            number += 1
            account = _account(chance, number, row.person, True, as_of, outside)
            relatives = [nik for nik in by_family[row.person.family_card] if nik != row.person.nik]
            if relatives and chance.random() < 0.01:
                account.nik = chance.choice(relatives)  # signed up with a relative's card
            population.accounts.append(account)
    strangers = round(len(population.accounts) * 0.11)
    for _ in range(strangers):  # people who claim a village here and are in none of its files
        number += 1
        village = chance.choice(list(population.villages))
        person = _settle(chance, village, 1, as_of)[0]
        person.birth = as_of - timedelta(days=chance.randrange(18 * 365, 50 * 365))
        person.nik = _nik(chance, person, village.code[:8].replace(".", ""))
        population.accounts.append(_account(chance, number, person, False, as_of, outside))
    chance.shuffle(population.accounts)


def _account_share(person: Person, age: float) -> float:
    share = 0.24 if person.occupation == NOT_WORKING else 0.10 if person.occupation > RETIRED else 0.05
    return share * (1.5 if age < 30 else 0.8) * (1.3 if person.education >= 5 else 0.6)


def _account(
    chance: Random, number: int, person: Person, is_resident: bool, as_of: date, outside: list[Village]
) -> Account:
    registered = as_of - timedelta(days=chance.randrange(5, 900))
    reported = min(as_of, registered + timedelta(days=chance.randrange(0, max(1, (as_of - registered).days))))
    if chance.random() < 0.6:
        reported = as_of - timedelta(days=chance.randrange(0, 170))
    moved = chance.random() < 0.12
    is_working = person.occupation > RETIRED and chance.random() < 0.7
    placed = reported if chance.random() < 0.06 else None
    return Account(
        id=f"PK{number:08d}",
        person=person,
        is_resident=is_resident,
        nik=_written_nik(chance, person.nik, missing=0.04, placeholder=0.002, typo=0.025),
        name=names.rewrite(chance, person.name, rate=0.38),
        birth=_written_date(chance, person.birth, rate=0.04),
        is_woman=person.is_woman if chance.random() > 0.002 else not person.is_woman,
        village=chance.choice(outside) if moved else person.village,
        village_is_given=chance.random() > 0.05,
        registered_on=registered,
        reported_on=max(registered, reported),
        is_working=is_working,
        is_active=chance.random() < 0.9,
        placed_on=placed,
    )
