"""From a BPS code to the Kemendagri region it means, with how sure that is.

The pairs come from BPS's bridging service, and their Kemendagri side is of an older edition than ours.
So a pair is an assertion about the past, and is carried forward by a rule that never guesses:

*certain*: the pair's Kemendagri code is in the current edition and still bears the pair's name. Name
and number must agree, because numbers are given anew: in 74.03.27 the number of one village became
that of its neighbour, and 79 numbers of 2020 name another village in 2025.

*changed_code*: the code is gone or bears another name, and exactly one region of the current edition
can be its successor. A candidate must bear the same name (folded, see `names`), must not itself have
existed in the older edition under that name, and must not be the certain counterpart of another
pair. It is the successor when it is the only one
  1. in the district of the same name in the regency of the same name (the province may be another:
     Papua was split in 2022, and 26 regencies were numbered anew), or else
  2. in the regency of the same name, where the name was also the only one of its regency before
     (a district was divided or renamed), or else
  3. in that district, spelt a little differently, clearly nearer than any other candidate, and with
     no other lost name nearer to it.

*ambiguous*: candidates are left, and none is clear; or one BPS code has two counterparts.
*no_counterpart*: nothing is left, or the pairs do not have the code.

Only the first two map. What does not map waits in the queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from rapidfuzz import fuzz

from tenun.registry.reference import names
from tenun.registry.reference.edition import Edition
from tenun.registry.reference.region import Level, Region, RegionCode, System, level_of, parent_of

# Likeness of two folded names, 0 to 100. At 80 "Lawe Perbunga" is not "Pardamean", "Sei Buah" is "Sungaibuah".
_SAME_NAME_MIN = 80.0
# A successor spelt differently must be nearer than that, and nearer than the next candidate by so much.
_SPELLING_MIN = 85.0
_SPELLING_LEAD_MIN = 15.0


class Status(StrEnum):
    """How sure a counterpart is. The stored spelling never changes."""

    CERTAIN = "certain"
    CHANGED_CODE = "changed_code"
    AMBIGUOUS = "ambiguous"
    NO_COUNTERPART = "no_counterpart"

    @property
    def maps(self) -> bool:
        return self in (Status.CERTAIN, Status.CHANGED_CODE)


class Reason(StrEnum):
    """Why the answer is what it is."""

    SAME_CODE = "same_code"
    SAME_DISTRICT = "same_name_in_same_district"
    OTHER_DISTRICT = "same_name_in_other_district"
    OTHER_SPELLING = "other_spelling_in_same_district"
    NAME_DIFFERS = "code_bears_another_name"
    SEVERAL_CANDIDATES = "several_candidates"
    SEVERAL_PAIRS = "several_pairs"
    CODE_GONE = "code_gone_without_successor"
    NO_PAIR = "not_in_bridge"
    NO_CODE = "bridge_names_no_code"


@dataclass(frozen=True, slots=True)
class Pair:
    bps: str
    bps_name: str
    kemendagri: str | None
    kemendagri_name: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a BPS code means in the current Kemendagri edition."""

    asked: RegionCode
    status: Status
    reason: Reason
    region: Region | None
    """The counterpart. Null unless the status maps."""
    name: str = ""
    """The region's name in BPS's list."""
    before: str | None = None
    """The pair's Kemendagri code, of the older edition."""
    candidates: tuple[Region, ...] = ()
    """For an official to choose from; never chosen from here."""

    def as_dict(self) -> dict[str, object]:
        return {
            "system": str(self.asked.system),
            "code": self.asked.code,
            "name": self.name,
            "status": str(self.status),
            "reason": str(self.reason),
            "region": self.region.code if self.region else None,
            "before": self.before,
            "candidates": [candidate.code for candidate in self.candidates],
        }


class Bridge:
    """Pairs of BPS and Kemendagri codes at every level, read against the current edition."""

    def __init__(self, pairs: Iterable[Pair], *, current: Edition, older: Sequence[Edition] = ()) -> None:
        self._current = current
        self._pairs: dict[str, list[Pair]] = {}
        self._by_kemendagri: dict[str, list[Pair]] = {}
        own_names: dict[str, str] = {}
        for pair in pairs:
            self._pairs.setdefault(pair.bps, []).append(pair)
            if pair.kemendagri is not None:
                self._by_kemendagri.setdefault(pair.kemendagri, []).append(pair)
                own_names[pair.kemendagri] = pair.kemendagri_name
        # Newest first; last the names that the pairs themselves give their Kemendagri side.
        newest_first = sorted(older, key=lambda edition: edition.name, reverse=True)
        self._history = (*newest_first, Edition(System.KEMENDAGRI, "bridge", own_names))

    def __len__(self) -> int:
        return len(self._pairs)

    def codes(self) -> Iterator[RegionCode]:
        """Every BPS code that the pairs have."""
        return (RegionCode(System.BPS, code) for code in self._pairs)

    def name(self, bps_code: str) -> str:
        """The region's name in BPS's list, empty for an unknown code."""
        pairs = self._pairs.get(bps_code)
        return pairs[0].bps_name if pairs else ""

    def answer(self, bps_code: str) -> Answer:
        """What a BPS code (digits, any level) means, and how sure that is."""
        asked = RegionCode(System.BPS, bps_code)
        pairs = self._pairs.get(bps_code, [])
        if not pairs:
            return Answer(asked, Status.NO_COUNTERPART, Reason.NO_PAIR, None)
        if len(pairs) > 1:
            known = (self._current.get(pair.kemendagri) for pair in pairs if pair.kemendagri)
            return Answer(
                asked, Status.AMBIGUOUS, Reason.SEVERAL_PAIRS, None, pairs[0].bps_name,
                candidates=tuple(region for region in known if region is not None),
            )  # fmt: skip
        pair = pairs[0]
        if pair.kemendagri is None:
            return Answer(asked, Status.NO_COUNTERPART, Reason.NO_CODE, None, pair.bps_name)
        status, reason, candidates = self._carry_forward(pair.kemendagri, pair.kemendagri_name)
        return Answer(
            asked, status, reason, candidates[0] if status.maps else None, pair.bps_name, pair.kemendagri,
            () if status.maps else tuple(candidates),
        )  # fmt: skip

    def bps_of(self, kemendagri_code: str) -> list[Answer]:
        """BPS codes that map to a region of the current edition, or whose pair names it without mapping."""
        found = [self.answer(pair.bps) for pair in self._by_kemendagri.get(kemendagri_code, ())]
        region = self._current.get(kemendagri_code)
        if region is None or any(answer.region == region for answer in found):
            return found
        wanted = names.key(region.name)
        for pair in self._lost:
            if level_of(pair.bps, System.BPS) is region.level and _likeness(wanted, pair.kemendagri_name) >= (
                _SPELLING_MIN
            ):
                answer = self.answer(pair.bps)
                if answer.region == region:
                    found.append(answer)
        return found

    @cached_property
    def _lost(self) -> list[Pair]:
        """Pairs whose Kemendagri code is gone, or bears another name."""
        return [
            pair
            for pairs in self._pairs.values()
            for pair in pairs
            if pair.kemendagri is not None and not self._bears(pair.kemendagri, pair.kemendagri_name)
        ]

    def _carry_forward(self, code: str, name: str) -> tuple[Status, Reason, Sequence[Region]]:
        """The region of the current edition that a code of an older one became."""
        if self._bears(code, name):
            return Status.CERTAIN, Reason.SAME_CODE, [self._region(code)]
        is_gone = code not in self._current
        then = next(edition for edition in self._history if code in edition)
        reason, successors = self._successors(code, then)
        if len(successors) == 1:
            return Status.CHANGED_CODE, reason, successors
        if successors:
            return Status.AMBIGUOUS, Reason.SEVERAL_CANDIDATES, successors
        if is_gone:
            return Status.NO_COUNTERPART, Reason.CODE_GONE, []
        return Status.AMBIGUOUS, Reason.NAME_DIFFERS, [self._region(code)]

    def _bears(self, code: str, name: str) -> bool:
        """Does the current edition have the code, under that name or one so near that no neighbour is nearer?"""
        now = self._current.names.get(code)
        if now is None:
            return False
        wanted = names.key(name)
        if names.key(now) == wanted:
            return True
        likeness = _likeness(wanted, now)
        if likeness < _SAME_NAME_MIN:
            return False
        neighbours = self._current.children(parent_of(code))
        return all(_likeness(wanted, other.name) < likeness for other in neighbours if other.code != code)

    def _successors(self, code: str, then: Edition) -> tuple[Reason, list[Region]]:
        level = level_of(code)
        wanted = names.key(then.names[code])
        parents = self._parents_now(code, then)
        if level is Level.VILLAGE:
            in_district = self._newcomers(parents[0], level, then)
            in_regency = self._newcomers(parents[1], level, then)
        else:
            in_district = self._newcomers(parents[0], level, then)
            in_regency = []
        same = [region for region in in_district if names.key(region.name) == wanted]
        if len(same) == 1 and self._is_only_one(wanted, parent_of(code), level, then):
            return Reason.SAME_DISTRICT, same
        if same:
            return Reason.SEVERAL_CANDIDATES, same
        same = [region for region in in_regency if names.key(region.name) == wanted]
        if len(same) == 1 and self._is_only_one(wanted, _grandparent(code), level, then):
            return Reason.OTHER_DISTRICT, same
        if same:
            return Reason.SEVERAL_CANDIDATES, same
        return Reason.OTHER_SPELLING, self._spelt_otherwise(code, wanted, in_district, then)

    def _parents_now(self, code: str, then: Edition) -> tuple[list[str | None], list[str | None]]:
        """Codes of the current regions that bear the names of the code's parent, and of its grandparent."""
        chain = [part for part in (parent_of(code), _grandparent(code)) if part is not None]
        level = level_of(code)
        if level in (Level.PROVINCE, Level.REGENCY):
            return [None], []  # anywhere: a regency's name is its own, and its province may be a new one
        regency = chain[-1] if level is Level.VILLAGE else chain[0]
        regencies = self._regencies_named.get(_regency_key(then.names.get(regency, "")), [])
        if level is Level.DISTRICT:
            return list(regencies), []
        district = names.key(then.names.get(chain[0], ""))
        districts: list[str | None] = [
            child.code
            for each in regencies
            for child in self._current.children(each)
            if names.key(child.name) == district
        ]
        return districts, list(regencies)

    @cached_property
    def _regencies_named(self) -> Mapping[str, list[str]]:
        named: dict[str, list[str]] = {}
        for code in self._current.below(None, Level.REGENCY):
            named.setdefault(_regency_key(self._current.names[code]), []).append(code)
        return named

    def _newcomers(self, parents: Iterable[str | None], level: Level, then: Edition) -> list[Region]:
        """Regions below, without those that were there before, and those another pair certainly means."""
        return [
            self._region(code)
            for parent in parents
            for code in self._current.below(parent, level)
            if not self._was_there(code, then) and not self._is_taken(code)
        ]

    def _was_there(self, code: str, then: Edition) -> bool:
        name = then.names.get(code)
        return name is not None and self._bears(code, name)

    def _is_taken(self, code: str) -> bool:
        return any(self._bears(code, pair.kemendagri_name) for pair in self._by_kemendagri.get(code, ()))

    def _is_only_one(self, wanted: str, parent: str | None, level: Level, then: Edition) -> bool:
        return sum(names.key(then.names[code]) == wanted for code in then.below(parent, level)) <= 1

    def _spelt_otherwise(self, code: str, wanted: str, candidates: Sequence[Region], then: Edition) -> list[Region]:
        ranked = sorted(((_likeness(wanted, each.name), each) for each in candidates), key=lambda pair: -pair[0])
        near = [(likeness, each) for likeness, each in ranked if likeness >= _SPELLING_MIN]
        if not near:
            return []
        best, successor = near[0]
        is_clear = len(ranked) == 1 or best - ranked[1][0] >= _SPELLING_LEAD_MIN
        others = (other for other in then.below(parent_of(code), level_of(code)) if other != code)
        is_wanted_more = any(
            _likeness(names.key(successor.name), then.names[other]) >= best
            for other in others
            if not self._was_there(other, then)
        )
        return [successor] if is_clear and not is_wanted_more else [each for _, each in ranked[:5]]

    def _region(self, code: str) -> Region:
        region = self._current.get(code)
        if region is None:
            raise KeyError(code)
        return region


def _regency_key(name: str) -> str:
    """`KAB. MERAUKE`, `Kabupaten Merauke` and `Merauke` are one; `Kota Jayapura` is another than Jayapura."""
    words = [word for word in names.tokens(name) if word not in _REGENCY_WORDS]
    return "".join(words)


_REGENCY_WORDS = frozenset(names.tokens("kabupaten kab adm administrasi"))


def _grandparent(code: str) -> str | None:
    parent = parent_of(code)
    return parent_of(parent) if parent is not None else None


def _likeness(wanted: str, name: str) -> float:
    return float(fuzz.ratio(wanted, names.key(name)))
