"""How a person becomes a record: what one side's clerks and job seekers wrote down, and with which mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenun.synthetic.linkage import field_edits, name_edits, names
from tenun.synthetic.linkage.chance import Dice, Draws
from tenun.synthetic.linkage.classes import CLASSES, Profile
from tenun.synthetic.linkage.country import Country
from tenun.synthetic.linkage.people import HAMLETS, STREETS, Flags, Ints, People, parts

RESIDENTS, ACCOUNTS = 0, 1
_CASES = ((0.55, 0.97), (0.35, 0.97))
"""Up to where names are written in capitals, and up to where with capital initials; the rest all small."""
_HEAPED_VILLAGES, _BROKER_VILLAGES = 40, 6


@dataclass(frozen=True)
class Records:
    """Records of one side, as written. `person` are positions in the people; `marks` are class names by record."""

    person: Ints
    key: NDArray[np.uint64]
    nik: list[str | None]
    name: list[str | None]
    birth: list[str | None]
    sex: list[str | None]
    village: list[str | None]
    address: list[str | None]
    marks: list[list[str]]

    def columns(self) -> dict[str, pa.Array[Any]]:
        """The six columns that a linkage reads, all text."""
        return {
            "nik": pa.array(self.nik, pa.string()),
            "nama": pa.array(self.name, pa.string()),
            "tgl_lahir": pa.array(self.birth, pa.string()),
            "jk": pa.array(self.sex, pa.string()),
            "kode_desa": pa.array(self.village, pa.string()),
            "alamat": pa.array(self.address, pa.string()),
        }


class Clerk:
    """Writes down records of one side for one batch of people."""

    def __init__(
        self,
        country: Country,
        people: People,
        profile: Profile,
        seed: int,
        side: int,
        person: Ints,
        key: NDArray[np.uint64],
    ) -> None:
        self.country, self.people, self.profile, self.side = country, people, profile, side
        self.person, self.key = person, key
        self.marks: list[list[str]] = [[] for _ in range(len(person))]
        self.draws = Draws(seed * 2 + side + 1_000_003, key)
        self.household_draws = Draws(seed * 2 + side + 2_000_003, people.household[person])
        self.place = people.village[person]
        """Where the record says the person lives; changed by `villages`."""

    def write(self) -> Records:
        is_away, village = self.villages()
        birth = self.births()
        return Records(
            self.person,
            self.key,
            nik=self.niks(),
            name=self.names(),
            birth=birth,
            sex=self.sexes(),
            village=village,
            address=self.addresses(is_away),
            marks=self.marks,
        )

    # --- which mistake -------------------------------------------------------------------------------

    def rate(self, name: str) -> float:
        return self.profile.rates[name][self.side]

    def choices(self, field: str, **only: Flags) -> list[tuple[int, str]]:
        """(record, class) of a field, at most one a record; `only` says to which records a class can happen."""
        unit = self.draws.unit(field)
        found: list[tuple[int, str]] = []
        before = 0.0
        for each in CLASSES:
            if each.field != field or not (rate := self.rate(each.name)):
                continue
            hit = (unit >= before) & (unit < before + rate)
            before += rate
            if each.name in only:
                hit &= only[each.name]
            found += [(row, each.name) for row in np.flatnonzero(hit).tolist()]
        return found

    def dice(self, question: str) -> list[int]:
        return self.draws.bits(question).tolist()  # type: ignore[no-any-return]

    # --- NIK -----------------------------------------------------------------------------------------

    def niks(self) -> list[str | None]:
        people, person = self.people, self.person
        true = people.nik[person]
        head, spouse = people.head[person], people.spouse[person]
        relative = np.where(people.place[person] == 0, spouse, head)
        is_couple = (people.place[person] <= 1) & (spouse >= 0)
        is_brokered = self.draws_of_place().below("broker", _BROKER_VILLAGES) == 0
        written: list[str | None] = true.tolist()
        bits = self.dice("nik dice")
        placeholders = field_edits.FOREIGN_PLACEHOLDERS if self.profile.is_foreign else field_edits.PLACEHOLDERS
        elsewhere = np.zeros(len(person), np.bool_)  # these two are drawn by household and by village, below
        chosen = self.choices("nik", nik_family=relative >= 0, nik_couple_swapped=elsewhere, nik_broker=elsewhere)
        # a couple's exchange is one event: drawn by household, and before all else
        swapped = is_couple & self.household_draws.happens("couple swapped", self.rate("nik_couple_swapped"))
        for row, name in chosen:
            if swapped[row]:
                continue
            dice = Dice(bits[row])
            if name == "nik_missing":
                written[row] = None
            elif name == "nik_placeholder":
                written[row] = dice.one_of(placeholders)
            elif name == "nik_family":
                written[row] = people.nik[relative[row]]
            elif name == "nik_typo":
                written[row] = field_edits.nik_typo(
                    true[row], dice, twice=self.profile.is_foreign and dice.below(6) == 0
                )
            elif name == "nik_spreadsheet":
                written[row] = field_edits.spreadsheet(true[row], dice)
            elif name == "nik_truncated":
                written[row] = true[row][: (6, 8, 10, 12)[dice.below(4)]]
            elif name == "nik_phone":
                written[row] = field_edits.phone(true[row], dice)
            elif name == "nik_family_card":
                written[row] = people.family_card[person[row]]
            self.marks[row].append(name)
        for row in np.flatnonzero(swapped).tolist():
            written[row] = people.nik[spouse[row] if people.place[person[row]] == 0 else head[row]]
            self.marks[row].append("nik_couple_swapped")
        # whoever signs up a batch does so where that is done: six times as often in one village of six
        brokered = np.flatnonzero(
            is_brokered & self.draws.happens("nik broker", self.rate("nik_broker") * _BROKER_VILLAGES)
        )
        first_of_village = self.first_of_village()
        for row in brokered.tolist():
            if not any(mark.startswith("nik_") for mark in self.marks[row]):
                written[row] = people.nik[first_of_village[people.village[person[row]]]]
                self.marks[row].append("nik_broker")
        self.nik_forms(written)
        return written

    def nik_forms(self, written: list[str | None]) -> None:
        bits = self.dice("nik form dice")
        for row, name in self.choices("nik_form"):
            before = written[row]
            if before is None or len(before) != 16 or not before.isdigit():
                continue
            after = field_edits.NIK_FORMS[name](before, Dice(bits[row]))
            if after != before:
                written[row] = after
                self.marks[row].append(name)

    def draws_of_place(self) -> Draws:
        return Draws(self.draws.seed, self.people.village[self.person])

    def first_of_village(self) -> dict[int, int]:
        """The first person of each village: whose NIK a broker there hands in."""
        villages, first = np.unique(self.people.village, return_index=True)
        return dict(zip(villages.tolist(), first.tolist(), strict=True))

    # --- names ---------------------------------------------------------------------------------------

    def names(self) -> list[str | None]:
        edits = self.name_classes()
        people, person = self.people, self.person
        prefix, first, second, third = (
            column[person].tolist() for column in (people.prefix, people.first, people.second, people.third)
        )
        written: list[str | None] = [
            " ".join([word for word in words if word]) for words in zip(prefix, first, second, third, strict=True)
        ]
        bits = self.dice("name dice")
        for row, classes in edits.items():
            text = written[row]
            assert text is not None
            words, made = name_edits.rewrite(text.split(), classes, Dice(bits[row]), self.whose(row))
            written[row] = words
            self.marks[row] += made
        return self.cased(written)

    def name_classes(self) -> dict[int, list[str]]:
        """By record, the classes that are drawn for its name, in the order of the table."""
        people, person = self.people, self.person
        has_prefix = people.prefix[person] != ""
        has_third = people.third[person] != ""
        found: dict[int, list[str]] = {}
        for each in CLASSES:
            if not each.field.startswith("name") or not (rate := self.rate(each.name)):
                continue
            unit = self.draws.unit(each.name)
            if each.name in ("name_dropped", "name_initial"):
                hit = unit < np.where(has_third, 2 * rate, rate)
            elif each.name == "name_variant":
                hit = has_prefix & (unit < rate)
            else:
                hit = unit < rate
            for row in np.flatnonzero(hit).tolist():
                found.setdefault(row, []).append(each.name)
        return found

    def whose(self, row: int) -> name_edits.Whose:
        kin, at = self.people.kin, int(self.person[row])
        father, mother = kin.father[at], kin.mother[at]
        return name_edits.Whose(
            kin.people[at],
            kin.is_woman[at],
            kin.is_grown[at],
            kin.people[at] in names.CLANS,
            kin.first[father] if father >= 0 else "",
            kin.first[mother] if mother >= 0 else "",
            kin.second[kin.head[at]],
            kin.nik[at],
            kin.rt[at],
        )

    def cased(self, written: list[str | None]) -> list[str | None]:
        capitals, initials = _CASES[self.side]
        unit = self.draws.unit("name case")
        for row in np.flatnonzero(unit < capitals).tolist():
            written[row] = (written[row] or "").upper()
        for row in np.flatnonzero(unit >= initials).tolist():
            written[row] = "  " + (written[row] or "").lower()
        return written

    # --- births and sexes ----------------------------------------------------------------------------

    def births(self) -> list[str | None]:
        birth = self.people.birth[self.person]
        written: list[str | None] = np.datetime_as_string(birth, unit="D").tolist()
        year, month, day = (part.tolist() for part in parts(birth))
        bits = self.dice("date dice")
        can_swap = np.array([d <= 12 and d != m for d, m in zip(day, month, strict=True)])
        in_heaped_village = (
            (self.draws_of_place().below("heaped", _HEAPED_VILLAGES) == 0)
            if self.profile.is_foreign
            else np.zeros(len(birth), np.bool_)
        )
        changed: dict[int, field_edits.Day | None] = {}
        year_only: set[int] = set()
        for row, name in self.choices("date", date_swapped=can_swap, date_village_heaped=in_heaped_village):
            dice, true = Dice(bits[row]), (year[row], month[row], day[row])
            new: field_edits.Day | None = None
            if name == "date_swapped":
                new = (true[0], true[2], true[1])
            elif name == "date_heaped":
                new = field_edits.heaped(true, dice, self.profile.is_foreign)
            elif name == "date_village_heaped":
                new = field_edits.village_heaped(true, int(self.people.village[self.person[row]]))
            elif name == "date_year":
                new = field_edits.other_year(true, dice)
            elif name == "date_digit":
                new = field_edits.other_digit(true, dice)
            elif name == "date_year_only":
                new = true
                year_only.add(row)
            if new == true and name != "date_year_only":
                continue
            changed[row] = new
            written[row] = str(true[0]) if name == "date_year_only" else field_edits.iso(new) if new else None
            self.marks[row].append(name)
        for row, name in self.choices("date_form"):
            now = changed.get(row, (year[row], month[row], day[row]))
            if now is not None and row not in year_only:
                written[row] = field_edits.DATE_FORMS[name](now, Dice(bits[row] ^ 0x5DEECE66D))
                self.marks[row].append(name)
        return written

    def sexes(self) -> list[str | None]:
        is_woman = self.people.is_woman[self.person].copy()
        bits = self.dice("sex dice")
        missing: list[int] = []
        for row, name in self.choices("sex"):
            if name == "sex_missing":
                missing.append(row)
            else:
                is_woman[row] = not is_woman[row]
            self.marks[row].append(name)
        written: list[str | None] = np.where(is_woman, "P", "L").tolist()
        for row, name in self.choices("sex_form"):
            woman = bool(is_woman[row])
            written[row] = field_edits.sex_words(woman, Dice(bits[row])) if name == "sex_words" else "12"[woman]
            self.marks[row].append(name)
        for row in missing:
            written[row] = None
        return written

    # --- where they live -----------------------------------------------------------------------------

    def villages(self) -> tuple[Flags, list[str | None]]:
        """Whether each record is of somewhere else, and its village code."""
        country, draws = self.country, self.draws
        lives = self.people.village[self.person]
        moved_family = self.household_draws.happens("moved family", self.rate("moved_family"))
        is_moving_duplicate = (self.key & np.uint64(1)).astype(np.bool_) & (
            draws.unit("duplicate moved") < (0.7 if self.side == RESIDENTS else 0.0)
        )
        place = lives.copy()
        unit = self.draws.unit("move to")
        moves = [(row, name, unit[row]) for row, name in self.choices("village") if name != "moved_family"]
        moves += [
            (row, "other_district" if unit[row] < 0.6 else "other_regency", unit[row])
            for row in np.flatnonzero(is_moving_duplicate).tolist()
        ]
        family_unit = self.household_draws.unit("moved family to")
        families = np.flatnonzero(moved_family).tolist()
        moves += [
            (row, "other_regency" if family_unit[row] < 0.4 else "other_district", family_unit[row]) for row in families
        ]
        for row, how, share in moves:
            place[row] = self.other_place(int(lives[row]), how, share)
        for row in np.flatnonzero(place != lives).tolist():
            self.marks[row].append(
                "moved_family" if moved_family[row] else self.kind_of_move(int(lives[row]), int(place[row]))
            )
        self.place = place
        written: list[str | None] = country.codes[place].tolist()
        bits = self.dice("village dice")
        for row, name in self.choices("village_form"):
            written[row] = self.village_form(name, int(place[row]), Dice(bits[row]))
            self.marks[row].append(name)
        return place != lives, written

    def other_place(self, village: int, how: str, unit: float) -> int:
        country = self.country
        if how == "other_village":
            first, size = country.district[village], country.district_size[village]
        elif how == "other_district":
            first, size = country.regency[village], country.regency_size[village]
        else:
            first, size = 0, len(country)
        return int(first + int(unit * size))

    def kind_of_move(self, before: int, after: int) -> str:
        """By where the record ends up, not by where it was meant to."""
        country = self.country
        if country.regency[before] != country.regency[after]:
            return "other_regency"
        return "other_district" if country.district[before] != country.district[after] else "other_village"

    def village_form(self, name: str, place: int, dice: Dice) -> str | None:
        code = self.country.codes[place]
        if name == "village_missing":
            return None
        if name == "village_dotted":
            return field_edits.dotted_code(code)
        if name == "village_old":
            return str(self.country.old_codes[place])
        return field_edits.bps(code) if name == "village_bps" else field_edits.district_only(code, dice)

    def addresses(self, is_away: Flags) -> list[str | None]:
        people, person = self.people, self.person
        kind, street, hamlet, house, rt, rw = (
            column[person].tolist()
            for column in (people.street_kind, people.street, people.hamlet, people.house_number, people.rt, people.rw)
        )
        # half of the records write the household's kind of street in the household's way, half in another
        other_kind = np.where(
            self.draws.unit("street kind") < 0.5,
            people.street_kind[person],
            people.street_kind[person] // 2 * 2 + self.draws.below("street word", 2),
        )
        forms = self.draws.below("address form", 8).tolist()
        plain, words = field_edits.PLAIN_ADDRESSES, field_edits.STREET_WORDS
        written: list[str | None] = [
            plain[form].format(words[k], STREETS[s], t, w)
            for k, s, t, w, form in zip(other_kind.tolist(), street, rt, rw, forms, strict=True)
        ]
        bits = self.dice("address dice")
        # a family that moved as one writes one address, its old one
        family_bits = self.household_draws.bits("old address").tolist()
        for row in np.flatnonzero(is_away).tolist():
            written[row] = field_edits.elsewhere(
                Dice(family_bits[row] if "moved_family" in self.marks[row] else bits[row])
            )
        for row, name in self.choices("address_form"):
            if not is_away[row]:
                at = STREETS[street[row]]
                home = (words[kind[row]] + at, at, HAMLETS[hamlet[row]], house[row], rt[row], rw[row])
                written[row] = field_edits.other_address(home, Dice(bits[row]))
                self.marks[row].append(name)
        for row, name in self.choices("address"):
            written[row] = (
                None
                if name == "address_missing"
                else name_edits.typo(written[row] or "", Dice(bits[row] ^ 0x2545F4914F6CDD1D))
            )
            self.marks[row].append(name)
        return written
