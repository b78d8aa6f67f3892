"""The true people of some villages: households, kinship, names, births, NIKs, addresses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenun.synthetic.linkage import names
from tenun.synthetic.linkage.chance import Draws
from tenun.synthetic.linkage.country import Country

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]

AS_OF = np.datetime64("2026-06-01")
MEMBERS_MAX = 8
"""A person's number is the household's times this, plus the place in the household."""
_SIZES = np.array([1, 1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 6, 7])
ISSUED_ELSEWHERE = 500
"""Serials from 9001 on are those of the own district; so many further on begin the others."""
_GROWN_UP = np.datetime64("2003-01-01")

STREETS = tuple(
    "Merdeka Sudirman Mawar Melati Diponegoro Pahlawan Krajan Sukamaju Cempaka Kenanga Masjid Pasar Karya Sawah "
    "Lestari Mekar Jati Randu Anggrek Flamboyan Kartini Pemuda Veteran Gajahmada Cendana Beringin Bahagia Makmur "
    "Sejahtera Tengah Lor Kidul Wetan Kulon Pelita Teratai Dahlia Nusa Bukit Pantai".split()
)
HAMLETS = tuple(
    "Krajan Sukamaju Karanganyar Sidomulyo Tegalsari Sumberejo Wonosari Mekarjaya Cikadu Babakan Pasirhuni "
    "Kampung-Baru Lebaksari Rawa Tanjung Padang Simpang Muara Bonto Tanete Lamba Oelbubu Kotabaru Margomulyo "
    "Sidorejo Purwodadi Gununganyar Sukasari".split()
)


@dataclass(frozen=True)
class People:
    """Persons of consecutive villages, household by household. All arrays run over persons; kin are positions here."""

    number: Ints
    household: Ints
    village: Ints
    place: Ints
    """In the household: 0 its head, 1 the spouse, then children and others."""
    is_woman: Flags
    birth: NDArray[np.datetime64]
    people: Ints
    prefix: Texts
    """Muhammad, Siti, I Wayan's `I` and their like; empty without one."""
    first: Texts
    second: Texts
    third: Texts
    head: Ints
    spouse: Ints
    """Of the head; -1 without one."""
    nik: Texts
    family_card: Texts
    is_twin: Flags
    """Of somebody else in the household, either of the two."""
    is_namesake: Flags
    """Bears the father's name at the father's address; so is the father himself marked."""
    is_cousin: Flags
    """A child next door has the same name and nearly the same age."""
    street_kind: Ints
    street: Ints
    hamlet: Ints
    house_number: Ints
    rt: Ints
    rw: Ints

    def __len__(self) -> int:
        return len(self.number)

    @cached_property
    def kin(self) -> Kin:
        """The same as plain lists, for what is asked person by person."""
        is_child = self.place >= 2
        head_is_woman = self.is_woman[self.head]
        return Kin(
            people=self.people.tolist(),
            is_woman=self.is_woman.tolist(),
            is_grown=(self.birth < _GROWN_UP).tolist(),
            first=self.first.tolist(),
            second=self.second.tolist(),
            head=self.head.tolist(),
            father=np.where(is_child & ~head_is_woman, self.head, -1).tolist(),
            mother=np.where(is_child, np.where(head_is_woman, self.head, self.spouse), -1).tolist(),
            nik=self.nik.tolist(),
            rt=self.rt.tolist(),
        )


@dataclass(frozen=True)
class Kin:
    """Who is whose child; father and mother are positions, -1 where the household has none."""

    people: list[int]
    is_woman: list[bool]
    is_grown: list[bool]
    first: list[str]
    second: list[str]
    head: list[int]
    father: list[int]
    mother: list[int]
    nik: list[str]
    rt: list[int]


@dataclass(frozen=True)
class Kinship:
    """How often people are alike who are not the same, as shares of those it can happen to."""

    twins: float = 0.02
    namesakes: float = 0.0
    cousins: float = 0.0


def invent(country: Country, villages: tuple[int, int], seed: int, kinship: Kinship) -> People:
    """The people of villages `start` to `stop` (exclusive); they are the same whichever batch they are made in."""
    start, stop = villages
    households = np.arange(country.first_household[start], country.first_household[stop])
    home = np.searchsorted(country.first_household, households, side="right") - 1
    of_home = Draws(seed, households)
    sizes = _SIZES[of_home.below("size", len(_SIZES))]
    row = np.repeat(np.arange(len(households)), sizes)
    head = (np.cumsum(sizes) - sizes)[row]
    place = np.arange(len(row)) - head
    number = households[row] * MEMBERS_MAX + place
    draws = Draws(seed, number)
    # twins: a later child born with the one before
    is_second_twin = (place >= 3) & draws.happens("twin", kinship.twins)
    elder = number - is_second_twin.astype(np.int64)
    is_woman = _sexes(draws, of_home, row, place)
    birth = _births(Draws(seed, elder), of_home, row, place, is_second_twin, draws)
    people = _peoples(country, of_home, home)[row]
    prefix, first, second, third = _names(seed, number, households[row], people, is_woman, place, birth, is_second_twin)
    is_namesake = _namesakes(
        draws, kinship.namesakes, place, is_woman, is_woman[head], is_second_twin, head, (prefix, first, second, third)
    )
    is_cousin = _cousins(
        of_home, kinship.cousins, home, row, head, place, is_woman, birth, (prefix, first, second, third)
    )
    is_twin = is_second_twin.copy()
    is_twin[:-1] |= is_second_twin[1:]
    village = home[row]
    spouse = np.where(sizes[row] > 1, head + 1, -1)
    return People(
        number=number,
        household=households[row],
        village=village,
        place=place,
        is_woman=is_woman,
        birth=birth,
        people=people,
        prefix=prefix,
        first=first,
        second=second,
        third=third,
        head=head,
        spouse=spouse,
        nik=_niks(country, draws, village, birth, is_woman),
        family_card=_family_cards(country, of_home, home)[row],
        is_twin=is_twin,
        is_namesake=is_namesake,
        is_cousin=is_cousin,
        street_kind=of_home.below("street kind", 8)[row],
        street=of_home.below("street", len(STREETS))[row],
        hamlet=Draws(seed, home * 8 + of_home.below("hamlet", 4)).below("hamlet name", len(HAMLETS))[row],
        house_number=(1 + of_home.below("house", 150))[row],
        rt=(1 + of_home.below("rt", 12))[row],
        rw=(1 + of_home.below("rw", 6))[row],
    )


def _sexes(draws: Draws, of_home: Draws, row: Ints, place: Ints) -> Flags:
    is_headed_by_man = (of_home.unit("head is a man") < 0.86)[row]
    by_place = np.where(place == 0, ~is_headed_by_man, is_headed_by_man)
    return np.where(place <= 1, by_place, draws.unit("sex") < 0.49)


def _births(
    elder: Draws, of_home: Draws, row: Ints, place: Ints, is_second_twin: Flags, draws: Draws
) -> NDArray[np.datetime64]:
    """Days; the old were often given 1 July or 31 December, by whoever issued their first card."""
    head_age = ((25 + 52 * of_home.unit("head age") ** 1.15) * 365.25)[row]
    spouse_age = np.maximum(19 * 365, head_age - 365 * (-3 + 11 * elder.unit("spouse age")))
    later = place - is_second_twin
    child_age = np.maximum(30, head_age - 365 * (20 + 16 * elder.unit("child age")) - 700 * (later - 2))
    parent_age = np.minimum(96 * 365, head_age + 365 * (18 + 17 * elder.unit("parent age")))
    age = np.select(
        [place == 0, place == 1, elder.unit("is parent") < 0.05], [head_age, spouse_age, parent_age], child_age
    )
    birth = AS_OF - age.astype(np.int64).astype("timedelta64[D]")
    year = birth.astype("datetime64[Y]")
    is_given = (year < np.datetime64("1978")) & (draws.unit("date is given") < 0.13) & ~is_second_twin
    which = draws.unit("date given")
    first, july = year.astype("datetime64[D]"), year.astype("datetime64[M]") + 6
    given = np.where(which < 0.5, july.astype("datetime64[D]"), np.where(which < 0.8, first + 364, first))
    return np.where(is_given, given, birth)


def _peoples(country: Country, of_home: Draws, home: Ints) -> Ints:
    others = np.array(
        [
            names.JAWA,
            names.JAWA,
            names.JAWA,
            names.SUNDA,
            names.MELAYU,
            names.MELAYU,
            names.BATAK,
            names.BUGIS,
            names.MINANG,
        ]
    )
    native = country.people[home]
    return np.where(of_home.unit("is native") < 0.78, native, others[of_home.below("people", len(others))])


def _names(
    seed: int,
    number: Ints,
    household: Ints,
    people: Ints,
    is_woman: Flags,
    place: Ints,
    birth: NDArray[np.datetime64],
    is_twin: Flags,
) -> tuple[Texts, Texts, Texts, Texts]:
    own, home = Draws(seed, number), Draws(seed, household)
    has_clan = np.isin(people, list(names.CLANS))
    is_shared = has_clan | (home.unit("family name") < 0.15) | is_twin
    units = [
        # twins are named alike: neighbours on the wheel
        np.where(
            is_twin,
            (Draws(seed, number - 1).unit("first name") + own.unit("twin name") * 0.03) % 1.0,
            own.unit("first name"),
        ),
        np.where(is_shared, home.unit("second name"), own.unit("second name")),
        own.unit("third name"),
    ]
    tokens = [np.empty(len(number), dtype=object) for _ in range(3)]
    for group in range(len(names.PEOPLES)):
        for woman in (False, True):
            rows = np.flatnonzero((people == group) & (is_woman == woman))
            for at in range(3):
                tokens[at][rows] = names.wheel(group, is_woman=woman, place=at).turn(units[at][rows])
    count = _word_counts(own.unit("words"), people, birth)
    tokens[1][count < 2] = ""
    tokens[2][(count < 3) | (tokens[2] == tokens[1])] = ""
    return _prefixes(own, people, is_woman), tokens[0], tokens[1], tokens[2]


def _word_counts(unit: NDArray[np.float64], people: Ints, birth: NDArray[np.datetime64]) -> Ints:
    """One word alone is common in Java, above all among the old; clans have at least two."""
    is_old = birth < np.datetime64("1975-01-01")
    one = np.select(
        [
            (people == names.JAWA) & is_old,
            np.isin(people, [names.JAWA, names.SUNDA]),
            np.isin(people, [names.BATAK, names.FLORES, names.TIMUR]),
        ],
        [0.50, 0.15, 0.0],
        0.22,
    )
    two = np.where(
        np.isin(people, [names.BATAK, names.FLORES, names.TIMUR]),
        0.78,
        np.where((people == names.JAWA) & is_old, 0.94, 0.76),
    )
    return np.where(unit < one, 1, np.where(unit < two, 2, 3))


def _prefixes(own: Draws, people: Ints, is_woman: Flags) -> Texts:
    unit = own.unit("prefix")
    found = np.full(len(people), "", dtype=object)
    muslim = ~np.isin(people, [names.BATAK, names.BALI, names.FLORES, names.TIMUR])
    limits = {
        False: {"Muhammad": 0.13, "Ahmad": 0.18, "Abdul": 0.225},
        True: {"Siti": 0.11, "Nur": 0.155, "Sri": 0.19, "Dewi": 0.21},
    }
    for woman, steps in limits.items():
        before = 0.0
        for word, until in steps.items():
            found[muslim & (is_woman == woman) & (unit >= before) & (unit < until)] = word
            before = until
    order = np.array(names.BIRTH_ORDER, dtype=object)[own.below("birth order", len(names.BIRTH_ORDER))]
    is_bali = people == names.BALI
    found[is_bali] = np.where(is_woman[is_bali], "Ni ", "I ") + order[is_bali]
    is_bugis = (people == names.BUGIS) & (unit > 0.9)
    found[is_bugis] = "Andi"
    return found


def _namesakes(
    draws: Draws,
    rate: float,
    place: Ints,
    is_woman: Flags,
    head_is_woman: Flags,
    is_twin: Flags,
    head: Ints,
    tokens: tuple[Texts, ...],
) -> Flags:
    """One son in so many is called what his father is called."""
    rows = np.flatnonzero((place == 2) & ~is_woman & ~head_is_woman & ~is_twin & draws.happens("namesake", rate))
    marked = np.zeros(len(place), np.bool_)
    for token in tokens:
        token[rows] = token[head[rows]]
    marked[rows] = marked[head[rows]] = True
    return marked


def _cousins(
    of_home: Draws,
    rate: float,
    home: Ints,
    row: Ints,
    head: Ints,
    place: Ints,
    is_woman: Flags,
    birth: NDArray[np.datetime64],
    tokens: tuple[Texts, ...],
) -> Flags:
    """The first child next door is given a name and an age that are nearly those of the first child here."""
    marked = np.zeros(len(place), np.bool_)
    heads = np.flatnonzero(place == 0)
    child = heads + 2
    has_child = np.append(np.diff(heads), len(place) - heads[-1]) > 2
    pairs = np.flatnonzero(
        of_home.happens("cousins", rate)[:-1] & has_child[:-1] & has_child[1:] & (home[:-1] == home[1:])
    )
    here, there = child[pairs], child[pairs + 1]
    same_sex = is_woman[here] == is_woman[there]
    here, there = here[same_sex], there[same_sex]
    for token in tokens[:3]:
        token[there] = token[here]
    shift = (of_home.below("cousin age", 700)[pairs][same_sex] - 350).astype("timedelta64[D]")
    birth[there] = np.minimum(birth[here] + shift, AS_OF - np.timedelta64(30, "D"))
    marked[here] = marked[there] = True
    return marked


def _niks(country: Country, draws: Draws, village: Ints, birth: NDArray[np.datetime64], is_woman: Flags) -> Texts:
    """District of issue, day (women: + 40), month, year, serial. Serials start at 9001, in the order of the book.

    Those issued elsewhere have serials from 9501 on, drawn: among 40 million a few hundred numbers occur twice.
    """
    own = np.array([int(code[:6]) for code in country.codes])
    where = draws.unit("nik issued")
    regency, size = country.regency[village], country.regency_size[village]
    neighbour = own[regency + draws.below("nik neighbour", size)]
    far = own[draws.below("nik far", len(own))]
    district = np.where(where < 0.80, own[village], np.where(where < 0.92, neighbour, far))
    is_off = draws.unit("nik date is off") < 0.008
    dated = birth + np.where(is_off, 1 + draws.below("nik days off", 20), 0).astype("timedelta64[D]")
    year, month, day = parts(dated)
    stem = district * 1_000_000 + (day + 40 * is_woman) * 10_000 + month * 100 + year % 100
    is_local = where < 0.80
    serial = np.where(is_local, 0, 9_001 + ISSUED_ELSEWHERE + draws.below("nik serial", 499))
    serial[is_local] = 9_001 + _rank_within(stem[is_local])
    return texts(pa.array(stem * 10_000 + serial).cast(pa.string()))


def _rank_within(groups: Ints) -> Ints:
    """0, 1, 2 … within each group, in the order of the rows."""
    order = np.argsort(groups, kind="stable")
    sorted_groups = groups[order]
    is_start = np.append(True, sorted_groups[1:] != sorted_groups[:-1])
    starts = np.maximum.accumulate(np.where(is_start, np.arange(len(groups)), 0))
    rank = np.empty(len(groups), np.int64)
    rank[order] = np.arange(len(groups)) - starts
    return rank


def _family_cards(country: Country, of_home: Draws, home: Ints) -> Texts:
    own = np.array([int(code[:6]) for code in country.codes])[home]
    issued = (
        (1 + of_home.below("card day", 28)) * 10_000
        + (1 + of_home.below("card month", 12)) * 100
        + 8
        + of_home.below("card year", 18)
    )
    return texts(
        pa.array((own * 1_000_000 + issued) * 10_000 + 9_000 + of_home.below("card serial", 1_000)).cast(pa.string())
    )


def parts(days: NDArray[np.datetime64]) -> tuple[Ints, Ints, Ints]:
    """Year, month and day of dates."""
    months = days.astype("datetime64[M]")
    year = months.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    return year, month, (days - months.astype("datetime64[D]")).astype(np.int64) + 1


def texts(values: pa.Array[Any]) -> Texts:
    return values.to_numpy(zero_copy_only=False)
