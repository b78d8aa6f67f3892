"""Asking the agreement whether a party may compute figures from the persons that villages delivered."""

from __future__ import annotations

from datetime import datetime

from tenun.agreement.acts.state import State
from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Operation, Party, Permit, Purpose, Use
from tenun.agreement.delivered import decide_on_batches
from tenun.indicators.inputs import DELIVERED, PERSON_FIELDS
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer
from tenun.lake.store import Lake
from tenun.registry.sid import tables as sid


class FiguresNotPermitted(TenunError):
    """The agreement does not allow this party to compute figures. Carries the decision with every reason."""

    code = "indicators.not_permitted"
    text_id = "Perjanjian tidak mengizinkan penghitungan angka desa ({clauses}): {reasons_id}"
    text_en = "The agreement does not allow figures to be computed ({clauses}): {reasons_en}"
    remedy_id = "{remedies_id}"
    remedy_en = "{remedies_en}"

    def __init__(self, denial: Denial) -> None:
        self.denial = denial
        super().__init__(
            clauses=", ".join(f"Pasal {clause}" for clause in denial.clauses),
            reasons_id=" ".join(reason.text_id for reason in denial.reasons),
            reasons_en=" ".join(reason.text_en for reason in denial.reasons),
            remedies_id=" ".join(reason.remedy_id for reason in denial.reasons),
            remedies_en=" ".join(reason.remedy_en for reason in denial.reasons),
        )

    def as_dict(self) -> dict[str, object]:
        return {**super().as_dict(), "decision": self.denial.as_dict()}


def ask(
    agreement: Agreement, *, by: Party, moment: datetime, lake: Lake | None = None, state: State | None = None
) -> Permit:
    """The decision that `compute` needs, covering what was received into the lake and may still be used for figures.

    `state` is what the acts have brought about at that moment. Raises `FiguresNotPermitted`: also where
    everything received was handed over for another purpose, is held, is to be deleted, or is past its data life.
    """
    held = lake.all_current(layer=Layer.CORE, dataset=sid.DATASET) if lake else []
    decision = decide_on_batches(
        agreement,
        Use(
            dataset=DELIVERED,
            purpose=Purpose.VILLAGE_STATISTICS,
            operation=Operation.USE,
            fields=frozenset(PERSON_FIELDS),
            by=by,
            moment=moment,
        ),
        held,
        state=state,
    )
    if isinstance(decision, Denial):
        raise FiguresNotPermitted(decision)
    return decision
