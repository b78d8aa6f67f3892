"""The use gate, as a truth table: purpose x label x what was ordered x time."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement import delivered
from tenun.agreement.decision import Denial, Operation, Party, Permit, Use, allowed_fields, decide
from tenun.agreement.delivered import HOLD, SERVES, Hold, HoldKind
from tenun.agreement.document import load
from tenun.agreement.vocabulary import Purpose
from tenun.kernel import canonical_json
from tenun.lake.snapshot import Layer, Origin, Snapshot
from tests.lib.agreement_drafts import SHIPPED

AGREEMENT = load(SHIPPED)
RECEIVED = datetime(2026, 3, 2, 2, tzinfo=UTC)
LIFE = timedelta(days=365)
WITHIN = RECEIVED + timedelta(days=10)
END = AGREEMENT.term.end
PURPOSES = ("pemadanan", "statistik-desa", "penempatan-pelatihan", "sosialisasi")


def a_label(purpose: str = "pemadanan", **changes: Any) -> dict[str, Any]:
    return {
        "agreement": {"id": AGREEMENT.id, "number": AGREEMENT.number, "rev": AGREEMENT.rev},
        "dataset": "sid-warga",
        "provider": "desa",
        "purpose": purpose,
        "data_life": "P365D",
        "duties": [],
        **changes,
    }


def a_snapshot(
    folder: Path,
    label: Mapping[str, Any] | None,
    *,
    received: datetime | None = RECEIVED,
    hold: Hold | bytes | None = None,
    scope: str = "53.17.01.2001",
) -> Snapshot:
    folder.mkdir(parents=True, exist_ok=True)
    if hold is not None:
        (folder / HOLD).write_bytes(hold if isinstance(hold, bytes) else canonical_json.dumps(hold.as_dict()))
    details: dict[str, Any] = {"label": label} if label is not None else {}
    if received is not None:
        details["received"] = {"pack": "p", "sequence": 1, "from": "desa", "on": received.isoformat()}
    return Snapshot(Layer.CORE, "sid__residents", scope, "x", date(2026, 3, 1), Origin("t/1"), {}, details, folder)


def a_use(purpose: str, moment: datetime, dataset: str = "sid-warga") -> Use:
    fields = allowed_fields(AGREEMENT, dataset=dataset, purpose=purpose, operation=Operation.USE, by=Party.NAKER)
    return Use(
        dataset=dataset, purpose=purpose, operation=Operation.USE,
        fields=fields or frozenset({"person_id"}), by=Party.NAKER, moment=moment,
    )  # fmt: skip


def codes(decision: Permit | Denial) -> set[str]:
    return set() if isinstance(decision, Permit) else {one.code.removeprefix("agreement.") for one in decision.reasons}


HOLDS: dict[str, Hold | bytes | None] = {
    "none": None,
    "quarantine": Hold(HoldKind.QUARANTINE, "a" * 64, RECEIVED + timedelta(days=1)),
    "deletion": Hold(HoldKind.DELETION, "b" * 64, RECEIVED + timedelta(days=1), WITHIN + timedelta(days=30)),
    "unreadable": b"{",
}
TIMES = {"within": WITHIN, "last-moment": RECEIVED + LIFE - timedelta(seconds=1), "too-old": RECEIVED + LIFE}


@pytest.mark.pasal("7(1)")
@pytest.mark.pasal("7(3)")
@pytest.mark.parametrize(
    ("given_for", "purpose", "hold", "time"), list(itertools.product(PURPOSES, PURPOSES, HOLDS, TIMES))
)
def test_a_batch_serves_a_purpose_when_permission_label_order_and_time_all_say_so(
    tmp_path: Path, given_for: str, purpose: str, hold: str, time: str
) -> None:
    snapshot = a_snapshot(tmp_path / "s", a_label(given_for), hold=HOLDS[hold])
    decision = delivered.may_use(AGREEMENT, a_use(purpose, TIMES[time]), snapshot)
    is_permitted = purpose != "sosialisasi"  # no permission to use residents for it
    # Written out and not computed: this is the rule that the test holds.
    serves = {
        "pemadanan": {"pemadanan", "statistik-desa", "penempatan-pelatihan"},
        "statistik-desa": {"statistik-desa"},
        "penempatan-pelatihan": {"penempatan-pelatihan"},
        "sosialisasi": {"sosialisasi"},
    }
    expected = {
        "delivered_for_other_purpose": purpose not in serves[given_for],
        "quarantined": hold in ("quarantine", "unreadable"),
        "deletion_ordered": hold == "deletion",
        "data_life_over": time == "too-old",
    }
    wanted = {code for code, is_so in expected.items() if is_so}
    assert bool(decision) == (is_permitted and not wanted)
    assert wanted <= codes(decision)
    if is_permitted:
        assert codes(decision) == wanted


def test_every_purpose_serves_itself_and_linkage_alone_serves_others() -> None:
    assert set(SERVES) == set(Purpose)
    assert all(purpose in SERVES[purpose] for purpose in Purpose)
    assert [purpose for purpose in Purpose if len(SERVES[purpose]) > 1] == [Purpose.LINKAGE]
    assert not delivered.serves("pemadanan", "lain")
    assert not delivered.serves("lain", "pemadanan")


@pytest.mark.pasal("7(3)")
@pytest.mark.parametrize("after", [timedelta(seconds=-1), timedelta(0), timedelta(days=400)])
def test_after_the_term_persons_are_kept_and_not_used(tmp_path: Path, after: timedelta) -> None:
    snapshot = a_snapshot(tmp_path / "s", a_label(), received=END - timedelta(days=1))
    decision = delivered.may_use(AGREEMENT, a_use("statistik-desa", END + after), snapshot)
    assert bool(decision) == (after < timedelta(0))
    assert after < timedelta(0) or "term_over" in codes(decision)


@pytest.mark.pasal("7(3)")
def test_after_the_term_results_are_still_used_for_their_purpose(tmp_path: Path) -> None:
    label = a_label("statistik-desa", dataset="hasil-desa", data_life=None)
    snapshot = a_snapshot(tmp_path / "s", label, received=END - timedelta(days=1))
    for purpose, is_allowed in (("statistik-desa", True), ("pemadanan", False)):
        use = a_use(purpose, END + timedelta(days=800), dataset="hasil-desa")
        if purpose == "pemadanan":
            use = Use(**{**vars(use), "fields": frozenset({"value"})})
        assert bool(delivered.may_use(AGREEMENT, use, snapshot)) is is_allowed


def test_a_node_uses_its_own_data_without_a_label(tmp_path: Path) -> None:
    snapshot = a_snapshot(tmp_path / "s", None, received=None)
    assert delivered.batch_of(snapshot) is None
    assert delivered.may_use(AGREEMENT, a_use("pemadanan", WITHIN), snapshot)


@pytest.mark.parametrize(
    ("label", "code"),
    [
        (None, "label_lost"),
        ({}, "label_lost"),
        (a_label(agreement={"id": "urn:tenun:agreement:other", "rev": "0"}), "delivered_under_other_agreement"),
        (a_label(dataset="sid-indeks-desa"), "delivered_as_other_dataset"),
        (a_label("urusan-lain"), "delivered_for_other_purpose"),
    ],
)
def test_a_label_that_is_lost_or_another_refuses(tmp_path: Path, label: Any, code: str) -> None:
    decision = delivered.may_use(AGREEMENT, a_use("pemadanan", WITHIN), a_snapshot(tmp_path / "s", label))
    assert codes(decision) == {code}
    assert all(one.remedy_id and one.remedy_en and one.clause for one in decision.reasons)  # type: ignore[union-attr]


@pytest.mark.parametrize("life", ["P1D", "P365D", "P9999D"])
def test_the_shorter_of_label_and_permission_counts(tmp_path: Path, life: str) -> None:
    days = min(int(life[1:-1]), 365)
    snapshot = a_snapshot(tmp_path / "s", a_label(data_life=life))
    last, over = (
        delivered.may_use(AGREEMENT, a_use("pemadanan", RECEIVED + timedelta(days=days, seconds=late)), snapshot)
        for late in (-1, 0)
    )
    assert last
    assert codes(over) == {"data_life_over"}


# --- what readers ask ------------------------------------------------------------------------------------


def permit(purpose: str, held: list[Snapshot]) -> Permit | Denial:
    return delivered.decide_on_batches(AGREEMENT, a_use(purpose, WITHIN), held)


@pytest.mark.pasal("7(1)")
def test_of_many_batches_those_that_fit_are_covered_and_no_others(tmp_path: Path) -> None:
    fits = a_snapshot(tmp_path / "1", a_label())
    others = [
        a_snapshot(tmp_path / "2", a_label("statistik-desa")),
        a_snapshot(tmp_path / "3", a_label(), hold=HOLDS["quarantine"]),
        a_snapshot(tmp_path / "4", a_label(), received=WITHIN - LIFE),
        a_snapshot(tmp_path / "5", None),
    ]
    own = a_snapshot(tmp_path / "6", None, received=None)
    decision = permit("pemadanan", [*others, fits, own])
    assert isinstance(decision, Permit)
    assert [delivered.is_covered(decision, one) for one in (fits, own, *others)] == [True, True, *[False] * 4]
    assert all(delivered.refusals(decision, one) for one in others)


def test_where_no_batch_fits_the_refusal_has_the_reasons_of_all(tmp_path: Path) -> None:
    decision = permit(
        "pemadanan",
        [
            a_snapshot(tmp_path / "1", a_label("statistik-desa"), scope="53.17.01.2001"),
            a_snapshot(tmp_path / "2", a_label(), hold=HOLDS["deletion"], scope="53.17.01.2002"),
            a_snapshot(tmp_path / "3", a_label(), received=WITHIN - LIFE, scope="53.17.01.2003"),
        ],
    )
    assert codes(decision) == {"delivered_for_other_purpose", "deletion_ordered", "data_life_over"}


def test_a_permit_of_another_kind_covers_no_batch_that_was_given_for_something_else(tmp_path: Path) -> None:
    # However the permit was come by: asked without the batches, or for another purpose.
    decision = decide(AGREEMENT, a_use("pemadanan", WITHIN))
    assert isinstance(decision, Permit)
    assert not delivered.is_covered(decision, a_snapshot(tmp_path / "1", a_label()))
    assert not delivered.is_covered(decision, a_snapshot(tmp_path / "2", a_label("sosialisasi")))


def test_an_order_counts_from_its_own_moment(tmp_path: Path) -> None:
    hold = Hold(HoldKind.QUARANTINE, "a" * 64, WITHIN)
    snapshot = a_snapshot(tmp_path / "s", a_label(), hold=hold)
    before, after = (
        delivered.may_use(AGREEMENT, a_use("pemadanan", WITHIN + timedelta(seconds=late)), snapshot) for late in (-1, 0)
    )
    assert before
    assert codes(after) == {"quarantined"}
