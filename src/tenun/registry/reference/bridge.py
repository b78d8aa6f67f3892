"""From a BPS code to the Kemendagri region it means, with how sure that is.

The pairs come from BPS's bridging service, and their Kemendagri side is of an older edition than ours.
So a pair is an assertion about the past, and is carried forward by a rule that never guesses:

*certain*: the pair's Kemendagri code is in the current edition and still bears the pair's name. Name
and number must agree, because numbers are given anew: 79 numbers of 2020 name another village in 2025.
Either side's name will do, a name may have gained or lost words, and a slip is let pass when no
neighbour is nearer.

*changed_code*: the code is gone or bears another name, and exactly one region of the current edition
can be its successor. A candidate must bear the same name (folded, see `names`), its code must be in no
older edition (a code that was there already is another region, or one renamed), and it must not be the
certain counterpart of another pair. It is the successor when it is the only one
  1. in the district of the same name in the regency of the same name (the province may be another:
     Papua was split in 2022, and 26 regencies were numbered anew), or else
  2. in the regency of the same name, where the name was also the only one of its regency before
     (a district was divided or renamed), or else
  3. in that district, spelt a little differently, clearly nearer than any other candidate, and with
     no other lost name nearer to it.

Neither holds where BPS's own name for the code is that of another region of the same regency and not
of this one: then the pair itself is crossed (9410036011 KEDEGE is paired with Kebo I, and KEBO I with
Kedege).

*ambiguous*: candidates are left, and none is clear; or one BPS code has two counterparts; or the pair
is crossed.
*no_counterpart*: nothing is left, or the pairs do not have the code.

Only the first two map. What does not map waits in the queue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from rapidfuzz import fuzz

from tenun.kernel.clause import implements
from tenun.registry.reference import names
from tenun.registry.reference.edition import Edition
from tenun.registry.reference.region import Level, Region, RegionCode, System, level_of, parent_of

# Likeness of two folded names, 0 to 100. At 80 "Lawe Perbunga" is not "Pardamean", "Sei Buah" is "Sungaibuah".
_SAME_NAME_MIN = 80.0
# A successor spelt differently must be nearer than that, and nearer than the next candidate by so much.
_SPELLING_MIN = 85.0
_SPELLING_LEAD_MIN = 15.0
_CANDIDATES_MAX = 5


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
    NAMES_CROSSED = "bps_name_is_another_region"
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


@implements(
    "2b",
    control="BPS and Kemendagri codes are bridged where certain or merely renumbered; the rest waits in a queue.",
)
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
        self._older = sorted(older, key=lambda edition: edition.name, reverse=True)
        self._newcomers_below: dict[tuple[str | None, Level], list[Region]] = {}
        self._names_below: dict[tuple[str | None, Level], Mapping[str, str]] = {}
        self._counts_below: dict[tuple[str | None, Level, str], Counter[str]] = {}
        self._history = (*self._older, Edition(System.KEMENDAGRI, "bridge", own_names))

    def __len__(self) -> int:
        return len(self._pairs)

    def __contains__(self, bps_code: object) -> bool:
        return bps_code in self._pairs

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
        status, reason, candidates = self._carry_forward(pair, pair.kemendagri)
        if status.maps and (rival := self._crossed(pair, candidates[0])) is not None:
            status, reason, candidates = Status.AMBIGUOUS, Reason.NAMES_CROSSED, [candidates[0], rival]
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
        wanted = _key(region.name, region.level)
        for pair in self._lost:
            is_level = level_of(pair.bps, System.BPS) is region.level
            if is_level and _likeness(wanted, pair.kemendagri_name, region.level) >= _SPELLING_MIN:
                answer = self.answer(pair.bps)
                if answer.region == region:
                    found.append(answer)
        return found

    @cached_property
    def _lost(self) -> list[Pair]:
        """Pairs whose Kemendagri code is gone, or bears another name."""
        every = (pair for pairs in self._pairs.values() for pair in pairs)
        return [pair for pair in every if pair.kemendagri is not None and not self._holds(pair, pair.kemendagri)]

    def _carry_forward(self, pair: Pair, code: str) -> tuple[Status, Reason, Sequence[Region]]:
        """The region of the current edition that the code of a pair, of an older one, became."""
        if self._holds(pair, code):
            return Status.CERTAIN, Reason.SAME_CODE, [self._region(code)]
        then = next(edition for edition in self._history if code in edition)
        reason, found, is_clear = self._successors(code, then)
        if is_clear:
            return Status.CHANGED_CODE, reason, found
        if found:
            return Status.AMBIGUOUS, Reason.SEVERAL_CANDIDATES, found
        if code in self._current:
            return Status.AMBIGUOUS, Reason.NAME_DIFFERS, [self._region(code)]
        return Status.NO_COUNTERPART, Reason.CODE_GONE, []

    def _crossed(self, pair: Pair, region: Region) -> Region | None:
        """The other region of the same regency that bears BPS's name for the code, where this one does not."""
        wanted = _key(pair.bps_name, region.level)
        is_alike = _likeness(wanted, region.name, region.level) >= _SAME_NAME_MIN
        if is_alike or _is_shortened(pair.bps_name, region.name) or region.level.depth <= Level.REGENCY.depth:
            return None
        regency = region.parent if region.level is Level.DISTRICT else _grandparent(region.code)
        found = self._named_below(regency, region.level).get(wanted)
        return self._region(found) if found is not None else None

    def _named_below(self, parent: str | None, level: Level) -> Mapping[str, str]:
        """Codes of the current regions below one, by folded name."""
        mark = (parent, level)
        if mark not in self._names_below:
            codes = self._current.below(parent, level)
            self._names_below[mark] = {_key(self._current.names[code], level): code for code in codes}
        return self._names_below[mark]

    def _holds(self, pair: Pair, code: str) -> bool:
        """Is the pair still true? The name of either side may be the one the region bears now."""
        now = self._current.names.get(code)
        if now is None:
            return False
        level = level_of(code)
        return _key(now, level) == _key(pair.bps_name, level) or self._bears(code, pair.kemendagri_name)

    def _bears(self, code: str, name: str) -> bool:
        """Does the current edition have the code, under that name or one so near that no neighbour is nearer?"""
        now = self._current.names.get(code)
        if now is None:
            return False
        level = level_of(code)
        wanted = _key(name, level)
        if _key(now, level) == wanted:
            return True
        likeness = _likeness(wanted, now, level)
        if likeness < _SAME_NAME_MIN and not _is_shortened(name, now):
            return False
        neighbours = self._current.children(parent_of(code))
        return all(_likeness(wanted, other.name, level) < likeness for other in neighbours if other.code != code)

    def _successors(self, code: str, then: Edition) -> tuple[Reason, list[Region], bool]:
        """Candidates for what a code of an older edition became, why, and whether the one candidate is clear."""
        level = level_of(code)
        wanted = _key(then.names[code], level)
        districts, regencies = self._parents_now(code, then)
        near = self._newcomers(districts, level)
        for reason, candidates, parent in (
            (Reason.SAME_DISTRICT, near, parent_of(code) if level.depth > Level.REGENCY.depth else None),
            (Reason.OTHER_DISTRICT, self._newcomers(regencies, level), _grandparent(code)),
        ):
            same = [region for region in candidates if _key(region.name, level) == wanted]
            if same:
                return reason, same, len(same) == 1 and self._counts(parent, level, then)[wanted] <= 1
        found, is_clear = self._spelt_otherwise(code, wanted, near, then)
        return Reason.OTHER_SPELLING, found, is_clear

    def _parents_now(self, code: str, then: Edition) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
        """Current regions that bear the name of the code's parent; for a village also of its regency."""
        level = level_of(code)
        if level.depth <= Level.REGENCY.depth:
            return (None,), ()  # anywhere: a regency's name is its own, and its province may be a new one
        parent, above = parent_of(code), _grandparent(code)
        regency = above if level is Level.VILLAGE else parent
        regencies = self._regencies_named.get(_key(then.names.get(regency or "", ""), Level.REGENCY), ())
        if level is Level.DISTRICT:
            return regencies, ()
        district = _key(then.names.get(parent or "", ""), Level.DISTRICT)
        children = (child for each in regencies for child in self._current.children(each))
        return tuple(child.code for child in children if _key(child.name, Level.DISTRICT) == district), regencies

    @cached_property
    def _regencies_named(self) -> Mapping[str, tuple[str, ...]]:
        named: dict[str, tuple[str, ...]] = {}
        for code in self._current.below(None, Level.REGENCY):
            key = _key(self._current.names[code], Level.REGENCY)
            named[key] = (*named.get(key, ()), code)
        return named

    def _newcomers(self, parents: Iterable[str | None], level: Level) -> list[Region]:
        """Regions below whose code is in no older edition, without those another pair certainly means."""
        found: list[Region] = []
        for parent in parents:
            mark = (parent, level)
            if mark not in self._newcomers_below:
                self._newcomers_below[mark] = [
                    self._region(code)
                    for code in self._current.below(parent, level)
                    if not any(code in edition for edition in self._older) and not self._is_taken(code)
                ]
            found += self._newcomers_below[mark]
        return found

    def _is_taken(self, code: str) -> bool:
        return any(self._holds(pair, code) for pair in self._by_kemendagri.get(code, ()))

    def _counts(self, parent: str | None, level: Level, then: Edition) -> Counter[str]:
        """How often each name was borne below a region of an older edition."""
        mark = (parent, level, then.name)
        if mark not in self._counts_below:
            self._counts_below[mark] = Counter(_key(then.names[code], level) for code in then.below(parent, level))
        return self._counts_below[mark]

    def _spelt_otherwise(
        self, code: str, wanted: str, candidates: Sequence[Region], then: Edition
    ) -> tuple[list[Region], bool]:
        level = level_of(code)
        ranked = sorted(((_likeness(wanted, each.name, level), each) for each in candidates), key=lambda pair: -pair[0])
        if not ranked or ranked[0][0] < _SPELLING_MIN:
            return [], False
        best, successor = ranked[0]
        is_clear = len(ranked) == 1 or best - ranked[1][0] >= _SPELLING_LEAD_MIN
        other_lost = (
            other
            for other in then.below(parent_of(code), level)
            if other != code and not self._bears(other, then.names[other])
        )
        heir = _key(successor.name, level)
        if is_clear and all(_likeness(heir, then.names[other], level) < best for other in other_lost):
            return [successor], True
        return [each for _, each in ranked[:_CANDIDATES_MAX]], False

    def _region(self, code: str) -> Region:
        region = self._current.get(code)
        if region is None:
            raise KeyError(code)
        return region


def _key(name: str, level: Level) -> str:
    """The folded name; of a regency without its kind: `KAB. MERAUKE` and `Kabupaten Merauke` are one.

    A kota keeps its word: Kota Jayapura is another than Kabupaten Jayapura.
    """
    if level is not Level.REGENCY:
        return names.key(name)
    return "".join(word for word in names.tokens(name) if word not in _REGENCY_WORDS)


_REGENCY_WORDS = frozenset(names.tokens("kabupaten kab adm administrasi"))


def _is_shortened(name: str, other: str) -> bool:
    """Are all words of one name in the other, in order: Tumbang Tuwe and Tumbang Tuwe Hantapang?"""
    short, long = sorted((names.tokens(name), names.tokens(other)), key=len)
    rest = iter(long)
    return bool(short) and all(word in rest for word in short)


def _grandparent(code: str) -> str | None:
    parent = parent_of(code)
    return parent_of(parent) if parent is not None else None


def _likeness(wanted: str, name: str, level: Level) -> float:
    return float(fuzz.ratio(wanted, _key(name, level)))
