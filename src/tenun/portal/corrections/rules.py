"""A correction's states and who may do what in each, as one table. Nobody edits a figure: its source is put right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from tenun.agreement.acts import working_days
from tenun.agreement.acts.working_days import Deadline
from tenun.agreement.vocabulary import Party
from tenun.indicators.definition import Definition, Owner, Source
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError


class State(StrEnum):
    """Where a correction stands. The stored spelling never changes. That one is overdue is told by its day."""

    FILED = "filed"
    TAKEN_UP = "taken_up"
    CORRECTED = "corrected"
    """Answered: the source was wrong and has been put right; that comes with its next delivery."""
    STANDS = "stands"
    """Answered: the figure stands, with the reason."""
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    TAKE_UP = "take_up"
    FORWARD = "forward"
    """Hand over to the ministry that owns the figure's other source. The deadline stays."""
    CORRECT = "correct"
    STAND = "stand"
    WITHDRAW = "withdraw"


class Actor(StrEnum):
    """What an account is to one correction. It may be several of these, and is none outside its area."""

    VILLAGE = "village"
    """An account of the village itself."""
    WRITER = "writer"
    """An officer of the ministry that wrote the objection down on the village's letter."""
    OWNER = "owner"
    """An officer of the ministry that owns the source."""
    JUDGE = "judge"
    """The same, unless it was this very account that wrote the objection down."""


@dataclass(frozen=True)
class Step:
    """What an action leads to and who may take it."""

    to: State
    by: frozenset[Actor]
    needs_note: bool = True


_BY_VILLAGE = frozenset({Actor.VILLAGE, Actor.WRITER})
_WITHDRAW = Step(State.WITHDRAWN, _BY_VILLAGE, needs_note=False)
_FORWARD = Step(State.FILED, frozenset({Actor.OWNER}))

TABLE: Mapping[State, Mapping[Action, Step]] = MappingProxyType(
    {
        State.FILED: {
            Action.TAKE_UP: Step(State.TAKEN_UP, frozenset({Actor.OWNER}), needs_note=False),
            Action.FORWARD: _FORWARD,
            Action.WITHDRAW: _WITHDRAW,
        },
        State.TAKEN_UP: {
            Action.CORRECT: Step(State.CORRECTED, frozenset({Actor.JUDGE})),
            Action.STAND: Step(State.STANDS, frozenset({Actor.JUDGE})),
            Action.FORWARD: _FORWARD,
            Action.WITHDRAW: _WITHDRAW,
        },
        State.CORRECTED: {},
        State.STANDS: {},
        State.WITHDRAWN: {},
    }
)
OPEN = frozenset(state for state, steps in TABLE.items() if steps)
"""States in which somebody still has to answer."""

OWNERS: Mapping[Source, Party] = MappingProxyType({Source.SID: Party.DESA, Source.SIAPKERJA: Party.NAKER})

WORKING_DAYS = 10
"""For an answer, from the day of filing, which itself does not count (portal study, P19)."""


class Reason(StrEnum):
    """Why the village objects. The stored spelling never changes."""

    TOO_HIGH = "too_high"
    TOO_LOW = "too_low"
    OUT_OF_DATE = "out_of_date"
    OTHER_AREA = "other_area"
    MISSING = "missing"
    OTHER = "other"


@dataclass(frozen=True)
class Entry:
    """One text that a form asks for."""

    name: str
    """In the form."""
    least: int
    most: int


CLAIMED = Entry("seharusnya", 2, 160)
WHY = Entry("uraian", 10, 500)
LETTER = Entry("surat", 3, 80)
NOTE = Entry("jawaban", 10, 500)


class TextUnfit(TenunError):
    """A text of a form is too short or too long."""

    code = "portal.correction_text_unfit"
    text_id = "Isian ini harus {least} sampai {most} huruf."
    text_en = "This entry must have {least} to {most} letters."
    remedy_id = "Tulis singkat apa yang keliru pada angkanya dan mengapa."
    remedy_en = "Write in short what is wrong with the figure and why."


class PersonalNumber(TenunError):
    """A text holds something that looks like the number of a person. What it was is told to nobody."""

    code = "portal.correction_personal_number"
    text_id = "Isian ini memuat nomor yang tampak seperti NIK, nomor KK, nomor telepon, atau alamat surel."
    text_en = "This entry holds what looks like a NIK, a family card number, a telephone number or an e-mail address."
    remedy_id = "Hapus nomor itu. Data orang diperbaiki langsung di SID atau SIAPKerja, bukan lewat halaman ini."
    remedy_en = "Take it out. Data of people is put right in SID or SIAPKerja directly, not through this page."


class StepRefused(TenunError):
    """The table does not give that step to that account in that state."""

    code = "portal.correction_step_refused"
    text_id = "Langkah ini tidak terbuka bagi Anda pada keadaan koreksi sekarang."
    text_en = "This step is not open to you in the present state of the correction."
    remedy_id = "Muat ulang halamannya: mungkin orang lain sudah menanganinya."
    remedy_en = "Load the page again: someone else may have dealt with it."


@implements(
    "3(2)c", "7(1)", control="Who may take which step on a village's objection, in each of its states, is one table."
)
def may(action: Action, state: State, actors: Collection[Actor], *, sources: Collection[Source]) -> bool:
    """Whether whoever is these may do that now. Only what was made of two sources can be handed to the other one."""
    step = TABLE[state].get(action)
    if step is None or (action is Action.FORWARD and len(sources) < 2):
        return False
    return not step.by.isdisjoint(actors)


def first_source(definition: Definition) -> Source:
    """Where an objection to this indicator goes first: to its owner's source, if it is made of that at all."""
    wanted = Source.SID if definition.owner is Owner.DESA else Source.SIAPKERJA
    return wanted if wanted in definition.sources else definition.sources[0]


def other_source(source: Source) -> Source:
    return Source.SIAPKERJA if source is Source.SID else Source.SID


def due(filed: date) -> Deadline:
    """The last day for an answer to what was filed that day."""
    return working_days.after(filed, WORKING_DAYS)


def check(text: str, entry: Entry) -> str:
    """The text without needless space. Raises `TextUnfit`, `PersonalNumber`, both with the entry's name."""
    plain = " ".join(_plain(text).split())
    if looks_personal(plain):
        raise PersonalNumber(field=entry.name)
    if not entry.least <= len(plain) <= entry.most:
        raise TextUnfit(field=entry.name, least=entry.least, most=entry.most)
    return plain


# Digits with at most two signs between each: a NIK and a family card have 16, in a row or in groups.
_DIGITS = re.compile(r"\d(?:[\s.,/_()\-]{0,2}\d)*")
_PHONE = re.compile(r"(?<!\d)(?<!\d[.,])(?:\+?62|0)[\s.\-]{0,2}8\d(?:[\s.\-]{0,2}\d){6,}")
_MAIL = re.compile(r"\S+@\S+")
_IN_GROUPS_MAX, _IN_A_ROW_MAX = 15, 10
"""Digits that are still a figure, a year, an area's code or a letter's number: with signs between, and without."""


def looks_personal(text: str) -> bool:
    """Whether a text holds what looks like the number of a person: NIK, family card, telephone, or a mail address.

    An area's code (ten digits with dots), a letter's number, a date and amounts do not.
    """
    plain = _plain(text)
    if _PHONE.search(plain) or _MAIL.search(plain):
        return True
    return any(_is_personal(found[0]) for found in _DIGITS.finditer(plain))


def without_numbers(text: str) -> str:
    """What may be shown again of a text that was refused: what looks like a person's number is left out."""
    plain = _MAIL.sub("…", _PHONE.sub("…", _plain(text)))
    return _DIGITS.sub(lambda found: "…" if _is_personal(found[0]) else found[0], plain)


def _is_personal(run: str) -> bool:
    digits = sum(one.isdigit() for one in run)
    longest = max(len(part) for part in re.split(r"\D+", run))
    return digits > _IN_GROUPS_MAX or longest > _IN_A_ROW_MAX


def _plain(text: str) -> str:
    """Digits of every script as 0 to 9, and no signs that cannot be seen: neither hides a number."""
    composed = unicodedata.normalize("NFKC", text)
    seen = (one for one in composed if one.isspace() or unicodedata.category(one) not in ("Cf", "Cc"))
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in seen)
