"""However a person's number is written, it does not get into an objection."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tenun.portal.corrections import rules

DIGITS = st.sampled_from("0123456789")
BETWEEN = st.sampled_from(["", " ", ".", "-", "/", ", ", "\u200b", "\u00a0", "  "])
WORDS = st.text(alphabet="abcdefghij ", max_size=20)


@given(digits=st.lists(DIGITS, min_size=16, max_size=16), gaps=st.lists(BETWEEN, min_size=15, max_size=15),
       before=WORDS, after=WORDS)  # fmt: skip
def test_sixteen_digits_are_seen_through_any_signs_between_them(
    digits: list[str], gaps: list[str], before: str, after: str
) -> None:
    number = "".join(digit + gap for digit, gap in zip(digits, [*gaps, ""], strict=True))
    text = f"{before}x {number} y{after}"
    assert rules.looks_personal(text)
    assert not rules.looks_personal(rules.without_numbers(text))


@given(amounts=st.lists(st.integers(0, 99_999), min_size=1, max_size=6))
def test_amounts_with_words_between_are_not_taken_for_a_person(amounts: list[int]) -> None:
    text = " orang, lalu ".join(f"{amount:,}".replace(",", ".") for amount in amounts)
    assert not rules.looks_personal(text)
