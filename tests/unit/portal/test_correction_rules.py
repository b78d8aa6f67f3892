"""What may be done with an objection: the whole table of states, texts without anybody's number, the deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import chain, combinations
from typing import Any

import pytest

from tenun.indicators.definition import Owner, Source
from tenun.portal.corrections import rules
from tenun.portal.corrections.rules import Action, Actor, PersonalNumber, State, TextUnfit

BOTH, ONE = (Source.SID, Source.SIAPKERJA), (Source.SID,)

# (state, action) -> who, and what comes of it. What is not here is refused to everyone.
ALLOWED = {
    (State.FILED, Action.TAKE_UP): ({Actor.OWNER}, State.TAKEN_UP),
    (State.FILED, Action.FORWARD): ({Actor.OWNER}, State.FILED),
    (State.FILED, Action.WITHDRAW): ({Actor.VILLAGE, Actor.WRITER}, State.WITHDRAWN),
    (State.TAKEN_UP, Action.CORRECT): ({Actor.JUDGE}, State.CORRECTED),
    (State.TAKEN_UP, Action.STAND): ({Actor.JUDGE}, State.STANDS),
    (State.TAKEN_UP, Action.FORWARD): ({Actor.OWNER}, State.FILED),
    (State.TAKEN_UP, Action.WITHDRAW): ({Actor.VILLAGE, Actor.WRITER}, State.WITHDRAWN),
}
EVERY_SET_OF_ACTORS = [set(one) for one in chain.from_iterable(combinations(Actor, n) for n in range(len(Actor) + 1))]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("actors", EVERY_SET_OF_ACTORS, ids=lambda one: "+".join(sorted(one)) or "nobody")
def test_every_step_of_every_state_is_open_to_whom_the_table_names(
    state: State, action: Action, actors: set[Actor]
) -> None:
    who, _to = ALLOWED.get((state, action), (set(), None))
    assert rules.may(action, state, actors, sources=BOTH) is bool(who & actors)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", Action)
def test_every_step_leads_where_the_table_says(state: State, action: Action) -> None:
    step = rules.TABLE[state].get(action)
    assert (step.to if step else None) == ALLOWED.get((state, action), (set(), None))[1]


def test_the_table_has_every_state_and_what_is_answered_or_withdrawn_stays_so() -> None:
    assert set(rules.TABLE) == set(State)
    assert {State.FILED, State.TAKEN_UP} == rules.OPEN


def test_an_answer_and_a_handing_over_need_words_and_the_rest_does_not() -> None:
    needs = {action for steps in rules.TABLE.values() for action, step in steps.items() if step.needs_note}
    assert needs == {Action.CORRECT, Action.STAND, Action.FORWARD}


@pytest.mark.parametrize("state", sorted(rules.OPEN))
def test_a_figure_of_one_source_cannot_be_handed_to_the_other_ministry(state: State) -> None:
    assert rules.may(Action.FORWARD, state, {Actor.OWNER}, sources=BOTH)
    assert not rules.may(Action.FORWARD, state, {Actor.OWNER}, sources=ONE)


@dataclass
class Defined:
    owner: Owner
    sources: tuple[Source, ...]


@pytest.mark.parametrize(
    ("owner", "sources", "first"),
    [
        (Owner.DESA, BOTH, Source.SID),
        (Owner.NAKER, BOTH, Source.SIAPKERJA),
        (Owner.DESA, (Source.SIAPKERJA,), Source.SIAPKERJA),
        (Owner.NAKER, (Source.SID,), Source.SID),
    ],
)
def test_an_objection_goes_first_to_the_owner_of_the_indicator_if_its_source_is_used(
    owner: Owner, sources: tuple[Source, ...], first: Source
) -> None:
    defined: Any = Defined(owner, sources)
    assert rules.first_source(defined) is first


@pytest.mark.parametrize(
    ("filed", "last_day", "is_certain"),
    [
        (date(2026, 11, 2), date(2026, 11, 16), True),
        (date(2026, 12, 14), date(2026, 12, 30), True),  # 24 December is cuti bersama, 25 a holiday
        (date(2026, 3, 13), date(2026, 4, 6), True),  # Nyepi, Idul Fitri with its cuti bersama, Wafat Isa Almasih
        (date(2026, 12, 21), date(2027, 1, 8), False),  # reaches into a year that is not decreed
    ],
)
def test_the_answer_is_due_after_ten_working_days_of_indonesias_calendar(
    filed: date, last_day: date, is_certain: bool
) -> None:
    deadline = rules.due(filed)
    assert (deadline.last_day, deadline.is_certain) == (last_day, is_certain)


REFUSED = {
    "a NIK": "NIK 5208011201010001 salah",
    "a NIK in groups": "NIK 5208 0112 0101 0001",
    "a NIK with dots and dashes": "520801.120101-0001 bukan warga kami",
    "a NIK with two signs between": "52, 08, 01, 12, 01, 01, 00, 01",
    "a NIK in full-width digits": "５２０８０１１２０１０１０００１ salah",
    "a NIK in Arabic digits": "٥٢٠٨٠١١٢٠١٠١٠٠٠١ salah",
    "a NIK with signs nobody sees": "52080112\u200b01010001 salah",
    "a family card": "KK nomor 5208011508070123",
    "a telephone": "hubungi 081234567890 ya",
    "a short telephone": "hubungi 0812345678 ya",
    "a telephone with the country's code": "hubungi +62 812-3456-789",
    "a BPJS number": "kartu 12345678901 salah",
    "a mail address": "tanya ke ketua.rt@contoh.example saja",
}


@pytest.mark.pasal("7(1)")
@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_text_with_what_looks_like_somebodys_number_is_refused_and_not_shown_again(text: str) -> None:
    with pytest.raises(PersonalNumber) as refused:
        rules.check(text, rules.WHY)
    assert refused.value.parts == {"field": rules.WHY.name}
    assert not rules.looks_personal(rules.without_numbers(text))
    for word in ("NIK", "salah", "hubungi", "tanya"):
        assert (word in text) == (word in rules.without_numbers(text))


KEPT = (
    "Usia kerja 1.842 orang, bukan 1.520, menurut musyawarah desa.",
    "Kode desa kami 52.08.01.2002, bukan 52.08.01.2001.",
    "Surat 470/123/Pem-Des/XI/2026 tanggal 12-10-2026 dan 12/11/2026.",
    "Data tahun 2024, 2025 dan 2026 belum masuk.",
    "Luas 1.250.000 m2; dana desa Rp 1.084.316.000 tidak dihitung.",
)


@pytest.mark.parametrize("text", KEPT)
def test_figures_codes_letters_and_dates_are_kept_as_they_are(text: str) -> None:
    assert rules.check(f"  {text.replace(' ', '  ')} ", rules.WHY) == text
    assert rules.without_numbers(text) == text


@pytest.mark.parametrize(
    ("text", "is_fit"), [("a" * 9, False), ("a" * 10, True), ("a" * 500, True), ("a" * 501, False)]
)
def test_a_text_has_its_length(text: str, is_fit: bool) -> None:
    if is_fit:
        assert rules.check(text, rules.WHY) == text
    else:
        with pytest.raises(TextUnfit):
            rules.check(text, rules.WHY)


def test_what_a_database_cannot_keep_is_left_out() -> None:
    assert rules.check("angka\x00nya  terlalu\ttinggi\n", rules.WHY) == "angkanya terlalu tinggi"
