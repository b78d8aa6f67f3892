"""Find a region by what a person types: typing errors, old spelling, parents, prefixes, codes.

The words of a question are shared out: some are the region's own name, the others name its parents
("sidomuljo klaten"). A region scores by how well its own words and its parents' words fit, each word
weighed by its length. Names are matched by folded form, by beginning, and by edit distance
(optimal string alignment, so that two swapped letters are one slip).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from tenun.registry.reference import names
from tenun.registry.reference.edition import Edition
from tenun.registry.reference.region import LEVELS, Level, Region, dotted, level_of

Scores = npt.NDArray[np.float32]

# Words that say what follows, and are no name themselves.
_HINTS = {
    "desa": Level.VILLAGE, "ds": Level.VILLAGE, "kel": Level.VILLAGE, "kelurahan": Level.VILLAGE,
    "kec": Level.DISTRICT, "kecamatan": Level.DISTRICT, "distrik": Level.DISTRICT,
    "kab": Level.REGENCY, "kabupaten": Level.REGENCY,
    "prov": Level.PROVINCE, "prop": Level.PROVINCE, "provinsi": Level.PROVINCE, "propinsi": Level.PROVINCE,
}  # fmt: skip
# Provinces as people shorten them.
_ABBREVIATED = {
    "sumut": "sumatera utara", "sumbar": "sumatera barat", "sumsel": "sumatera selatan", "kepri": "kepulauan riau",
    "babel": "kepulauan bangka belitung", "jabar": "jawa barat", "jateng": "jawa tengah", "jatim": "jawa timur",
    "ntb": "nusa tenggara barat", "ntt": "nusa tenggara timur", "kalbar": "kalimantan barat",
    "kalteng": "kalimantan tengah", "kalsel": "kalimantan selatan", "kaltim": "kalimantan timur",
    "kaltara": "kalimantan utara", "sulut": "sulawesi utara", "sulteng": "sulawesi tengah",
    "sulsel": "sulawesi selatan", "sultra": "sulawesi tenggara", "sulbar": "sulawesi barat",
    "malut": "maluku utara",
}  # fmt: skip
# Words that names begin with, and that people leave out.
_LEFT_OUT = frozenset(names.tokens("kabupaten kota administrasi adm kampung gampong desa adat nagari pekon kelurahan"))
_WORDS_MAX = 6
_SPAN_MAX = 4
_LEAST_SCORE = np.float32(0.55)
_PARENT = np.float32(0.95)
"""A word that fits a parent counts a little less than one that fits the name itself."""
_CODE = re.compile(r"[0-9][0-9. ]*")


@dataclass(frozen=True, slots=True)
class Hit:
    """A region that fits, always with its parents."""

    region: Region
    path: tuple[Region, ...]
    """The region and those above it, the province first."""
    score: float
    """1 = every word fits exactly."""


class SearchIndex:
    """An index over one edition, built once; asking does not change it."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._codes = list(edition.names)
        at = {code: number for number, code in enumerate(self._codes)}
        self._level = np.array([level_of(code, edition.system).depth for code in self._codes], dtype=np.int8)
        parents = [code.rpartition(".")[0] for code in self._codes]
        none = len(self._codes)
        self._parent = np.array([at.get(parent, none) for parent in parents] + [none], dtype=np.int32)
        words, wholes = self._read_names(edition)
        self._length = np.array([len(each[-1]) for each in wholes], dtype=np.float32)
        self._is_kota = np.array([name.startswith("Kota ") for name in edition.names.values()])
        self._words = _Vocabulary(words)
        self._wholes = _Vocabulary(wholes)

    def _read_names(self, edition: Edition) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
        words: list[tuple[str, ...]] = []
        wholes: list[tuple[str, ...]] = []
        remembered: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        for name in edition.names.values():
            if (known := remembered.get(name)) is None:
                folded = names.tokens(name)
                bare = folded
                while len(bare) > 1 and bare[0] in _LEFT_OUT:
                    bare = bare[1:]
                whole = "".join(folded)
                known = remembered[name] = folded, (whole,) if bare == folded else (whole, "".join(bare))
            words.append(known[0])
            wholes.append(known[1])
        return words, wholes

    def search(self, text: str, limit: int = 10, within: str | None = None) -> list[Hit]:
        """The best regions for a text, best first. `within` keeps to one region, by its code."""
        written = text.strip()
        if _CODE.fullmatch(written):
            return self._by_code(written, limit, within)
        asked, hints = _question(written)
        if not asked:
            return []
        scores = self._score(asked, hints)
        if within is not None:
            scores = np.where(self._inside(within), scores, np.float32(0))
        return self._best(scores, limit)

    def _by_code(self, written: str, limit: int, within: str | None) -> list[Hit]:
        digits = re.sub(r"[^0-9]", "", written)
        start = dotted(digits)
        found = sorted(
            (code for code in self._codes if code.startswith(start) and _is_inside(code, within)),
            key=lambda code: (len(code), code),
        )
        return [self._hit(code, 1.0 if code == start else 0.9) for code in found[:limit]]

    def _score(self, asked: Sequence[str], hints: Sequence[Level | None]) -> Scores:
        count = len(self._codes)
        weights = np.array([len(word) for word in asked], dtype=np.float32)
        weights /= weights.sum()
        own = [self._own(self._words, word, hints[at]) for at, word in enumerate(asked)]
        spans = {
            (start, end): whole
            for start in range(len(asked))
            for end in range(start + 1, min(len(asked), start + _SPAN_MAX) + 1)
            if (whole := self._own(self._wholes, "".join(asked[start:end]), hints[start])).any()
        }
        above = self._above(own, spans)
        # A region's own words in any order and number: Sidomulyo Barat for "barat sidomulyo".
        best = np.zeros(count, dtype=np.float32)
        covered = np.zeros(count, dtype=np.float32)
        for at, word in enumerate(asked):
            is_own = own[at] >= above[at] * _PARENT
            best += weights[at] * np.where(is_own, own[at] * np.float32(0.97), above[at] * _PARENT)
            covered += np.where(is_own & (own[at] > 0), np.float32(len(word)), np.float32(0))
        share = np.minimum(covered / np.maximum(self._length, 1), 1)
        best = np.where(covered > 0, best * (np.float32(0.8) + np.float32(0.2) * share), 0)
        # Neighbouring words that are the whole name, the rest its parents: "sido mulyo klaten".
        for (start, end), whole in spans.items():
            total = whole * weights[start:end].sum()
            for at in (*range(start), *range(end, len(asked))):
                total += weights[at] * above[at] * _PARENT
            best = np.maximum(best, np.where(whole > 0, total, 0))
        return best

    def _own(self, vocabulary: _Vocabulary, word: str, hint: Level | None) -> Scores:
        scores = vocabulary.match(word, len(self._codes))
        if hint is None:
            return scores
        scores = np.where(self._level == hint.depth, scores, np.float32(0))
        # "kab. bandung" means the kabupaten; somebody may still call a kota so.
        return np.where(self._is_kota, scores * np.float32(0.97), scores) if hint is Level.REGENCY else scores

    def _above(self, own: Sequence[Scores], spans: Mapping[tuple[int, int], Scores]) -> list[Scores]:
        """How well each word fits a parent: as one of its words, as its whole name, or as half of that."""
        above = [self._of_parents(scores) for scores in own]
        for (start, end), whole in spans.items():
            if end - start <= 2 and len(own) > end - start:
                fits = self._of_parents(whole)
                above[start:end] = [np.maximum(scores, fits) for scores in above[start:end]]
        return above

    def _of_parents(self, scores: Scores) -> Scores:
        padded = np.append(scores, np.float32(0))
        best = np.zeros_like(padded)
        above = self._parent
        for _ in range(len(LEVELS) - 1):
            best = np.maximum(best, padded[above])
            above = self._parent[above]
        return best[:-1]

    def _inside(self, within: str) -> npt.NDArray[np.bool_]:
        return np.array([_is_inside(code, within) for code in self._codes])

    def _best(self, scores: Scores, limit: int) -> list[Hit]:
        candidates = np.flatnonzero(scores >= _LEAST_SCORE)
        if len(candidates) > limit:
            least = np.partition(scores[candidates], -limit)[-limit]
            candidates = candidates[scores[candidates] >= least]
        # Where scores tie, the larger region and then the code: the same order every time.
        ranked = sorted(candidates, key=lambda at: (-round(float(scores[at]), 4), self._level[at], self._codes[at]))
        return [self._hit(self._codes[at], float(scores[at])) for at in ranked[:limit]]

    def _hit(self, code: str, score: float) -> Hit:
        path = self._edition.path(code)
        return Hit(region=path[-1], path=path, score=round(score, 4))


class _Vocabulary:
    """Distinct spellings, and which regions have each."""

    def __init__(self, spellings: Sequence[Iterable[str]]) -> None:
        numbers: dict[str, int] = {}
        who: list[int] = []
        what: list[int] = []
        for region, each in enumerate(spellings):
            for spelling in each:
                who.append(region)
                what.append(numbers.setdefault(spelling, len(numbers)))
        order = np.argsort(np.array(what, dtype=np.int32), kind="stable")
        self._regions = np.array(who, dtype=np.int32)[order]
        counts = np.bincount(np.array(what, dtype=np.int32), minlength=len(numbers))
        self._starts = np.concatenate(([0], np.cumsum(counts)))
        self._numbers = numbers
        self._by_length: dict[int, tuple[list[str], list[int]]] = {}
        for spelling, number in numbers.items():
            bucket = self._by_length.setdefault(len(spelling), ([], []))
            bucket[0].append(spelling)
            bucket[1].append(number)
        self._sorted = sorted(numbers)

    def match(self, word: str, count: int) -> Scores:
        """How well each region's spelling fits a word: 1 the same, less for a beginning or a slip, 0 not."""
        scores = np.zeros(count, dtype=np.float32)
        for number, score in self._fits(word).items():
            regions = self._regions[self._starts[number] : self._starts[number + 1]]
            scores[regions] = np.maximum(scores[regions], np.float32(score))
        return scores

    def _fits(self, word: str) -> dict[int, float]:
        fits: dict[int, float] = {}
        slips = _slips(word)
        for length in range(len(word) - slips, len(word) + slips + 1) if slips else ():
            spellings, numbers = self._by_length.get(length, ((), ()))
            for _, slip, at in process.extract_iter(word, spellings, scorer=OSA.distance, score_cutoff=slips):
                fits[numbers[at]] = 1 - 1.1 * slip / len(word)
        if len(word) >= 3:
            for spelling in self._beginning(word):
                number = self._numbers[spelling]
                fits[number] = max(fits.get(number, 0.0), 0.6 + 0.35 * len(word) / len(spelling))
        if word in self._numbers:
            fits[self._numbers[word]] = 1.0
        return fits

    def _beginning(self, word: str) -> Iterable[str]:
        at = bisect_left(self._sorted, word)
        while at < len(self._sorted) and self._sorted[at].startswith(word):
            yield self._sorted[at]
            at += 1


def _slips(word: str) -> int:
    """How many slips a word may hold and still be meant."""
    if word.isdigit() or len(word) < 4:
        return 0
    return 1 if len(word) < 7 else 2


def _question(text: str) -> tuple[list[str], list[Level | None]]:
    """The folded words of a question, and for each the level that a word before it named."""
    asked: list[str] = []
    hints: list[Level | None] = []
    for hint, run in _runs(re.split(r"[\s,;/.]+", text.lower())):
        folded = names.tokens(" ".join(run))
        asked += folded
        hints += [hint, *([None] * (len(folded) - 1))] if folded else []
    return asked[:_WORDS_MAX], hints[:_WORDS_MAX]


def _runs(words: Iterable[str]) -> Iterable[tuple[Level | None, list[str]]]:
    """Words between hints, each run with the hint before it. A numeral is read with the words before it."""
    hint: Level | None = None
    run: list[str] = []
    for word in words:
        if word in _HINTS:
            yield hint, run
            hint, run = _HINTS[word], []
        else:
            run.append(_ABBREVIATED.get(word, word))
    yield hint, run


def _is_inside(code: str, within: str | None) -> bool:
    return within is None or code == within or code.startswith(f"{within}.")
