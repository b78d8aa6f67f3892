"""Who may judge what in which state: the whole truth table, and every way a pair can be judged."""

import itertools

import pytest

from tenun.linkage.review import rules
from tenun.linkage.review.rules import JudgeRole, Stage, Standing, Verdict

REVIEWER, ARBITER = JudgeRole.REVIEWER, JudgeRole.ARBITER
SAME, DIFFERENT, UNSURE = Verdict.SAME, Verdict.DIFFERENT, Verdict.UNSURE
NEW, JUDGED = Standing.NEW, Standing.JUDGED

# (stage, standing) -> as what an account may judge that holds: no role, reviewer, arbiter, both.
MAY = {
    (Stage.OPEN, NEW): (None, REVIEWER, None, REVIEWER),
    (Stage.OPEN, JUDGED): (None, None, None, None),
    (Stage.SECOND, NEW): (None, REVIEWER, None, REVIEWER),
    (Stage.SECOND, JUDGED): (None, None, None, None),
    (Stage.DISPUTED, NEW): (None, None, ARBITER, ARBITER),
    (Stage.DISPUTED, JUDGED): (None, None, None, None),
    (Stage.SETTLED, NEW): (None, None, None, None),
    (Stage.SETTLED, JUDGED): (None, None, None, None),
    (Stage.UNDECIDED, NEW): (None, None, None, None),
    (Stage.UNDECIDED, JUDGED): (None, None, None, None),
}
ROLES = (frozenset(), frozenset({REVIEWER}), frozenset({ARBITER}), frozenset({REVIEWER, ARBITER}))


@pytest.mark.pasal("7(1)")
@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("standing", Standing)
def test_an_account_judges_only_as_the_table_says(stage: Stage, standing: Standing) -> None:
    found = tuple(rules.may_judge(stage, standing, roles=roles) for roles in ROLES)
    assert found == MAY[stage, standing]


# Two reviewers' words -> what then stands, and what each arbiter's word makes of it.
TWO = {
    (SAME, SAME): (Stage.SETTLED, SAME),
    (DIFFERENT, DIFFERENT): (Stage.SETTLED, DIFFERENT),
    (UNSURE, UNSURE): (Stage.DISPUTED, None),
    (SAME, DIFFERENT): (Stage.DISPUTED, None),
    (DIFFERENT, SAME): (Stage.DISPUTED, None),
    (SAME, UNSURE): (Stage.DISPUTED, None),
    (UNSURE, SAME): (Stage.DISPUTED, None),
    (DIFFERENT, UNSURE): (Stage.DISPUTED, None),
    (UNSURE, DIFFERENT): (Stage.DISPUTED, None),
}


@pytest.mark.parametrize("words", itertools.product(Verdict, repeat=2))
def test_two_settle_where_they_agree_and_are_sure(words: tuple[Verdict, Verdict]) -> None:
    said = [(REVIEWER, word) for word in words]
    assert (rules.stage(said), rules.outcome(said)) == TWO[words]


@pytest.mark.parametrize("words", [words for words, (stage, _) in TWO.items() if stage is Stage.DISPUTED])
@pytest.mark.parametrize("last", Verdict)
def test_an_arbiters_word_stands_whatever_the_two_said(words: tuple[Verdict, Verdict], last: Verdict) -> None:
    said = [*((REVIEWER, word) for word in words), (ARBITER, last)]
    assert rules.stage(said) is (Stage.UNDECIDED if last is UNSURE else Stage.SETTLED)
    assert rules.outcome(said) is last


def test_a_pair_is_open_and_then_half_judged() -> None:
    assert rules.stage([]) is Stage.OPEN
    assert rules.outcome([]) is None
    for word in Verdict:
        assert rules.stage([(REVIEWER, word)]) is Stage.SECOND
        assert rules.outcome([(REVIEWER, word)]) is None
