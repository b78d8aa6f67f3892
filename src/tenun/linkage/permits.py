"""Asking the agreement whether a party may link, with the fields that linkage can use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenun.agreement.acts.state import State
from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Operation, Party, Permit, Purpose, Use, allowed_fields
from tenun.agreement.delivered import decide_on_batches
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer
from tenun.lake.store import Lake
from tenun.linkage.inputs import RESIDENTS, SEEKERS_SIDE, Side


class LinkageNotPermitted(TenunError):
    """The agreement does not allow this party to link. Carries the decision with every reason."""

    code = "linkage.not_permitted"
    text_id = "Perjanjian tidak mengizinkan pemadanan {dataset} ({clauses}): {reasons_id}"
    text_en = "The agreement does not allow {dataset} to be linked ({clauses}): {reasons_en}"
    remedy_id = "{remedies_id}"
    remedy_en = "{remedies_en}"

    def __init__(self, denial: Denial) -> None:
        self.denial = denial
        super().__init__(
            dataset=denial.use.dataset,
            clauses=", ".join(f"Pasal {clause}" for clause in denial.clauses),
            reasons_id=" ".join(reason.text_id for reason in denial.reasons),
            reasons_en=" ".join(reason.text_en for reason in denial.reasons),
            remedies_id=" ".join(reason.remedy_id for reason in denial.reasons),
            remedies_en=" ".join(reason.remedy_en for reason in denial.reasons),
        )

    def as_dict(self) -> dict[str, object]:
        return {**super().as_dict(), "decision": self.denial.as_dict()}


@dataclass(frozen=True)
class Permits:
    residents: Permit
    seekers: Permit


def ask(
    agreement: Agreement, *, by: Party, moment: datetime, lake: Lake | None = None, state: State | None = None
) -> Permits:
    """Decisions for both sides, covering what was received into the lake and may still be used for linkage.

    `state` is what the acts have brought about at that moment. Raises `LinkageNotPermitted` for the
    first side that is refused: also where everything received was handed over for another purpose, is held in
    quarantine, is to be deleted, or is past its data life.
    """
    return Permits(
        residents=_ask(agreement, RESIDENTS, lake, by=by, moment=moment, state=state),
        seekers=_ask(agreement, SEEKERS_SIDE, lake, by=by, moment=moment, state=state),
    )


def _ask(
    agreement: Agreement, side: Side, lake: Lake | None, *, by: Party, moment: datetime, state: State | None
) -> Permit:
    granted = allowed_fields(
        agreement, dataset=side.agreed, purpose=Purpose.LINKAGE, operation=Operation.USE, by=by
    )  # fmt: skip
    # A field that is not agreed is done without; where nothing is agreed, the refusal says so for all of them.
    fields = side.fields() & granted or side.fields()
    held = lake.all_current(layer=Layer.CORE, dataset=side.dataset) if lake else []
    decision = decide_on_batches(
        agreement,
        Use(dataset=side.agreed, purpose=Purpose.LINKAGE, operation=Operation.USE, fields=fields, by=by, moment=moment),
        held,
        state=state,
    )
    if isinstance(decision, Denial):
        raise LinkageNotPermitted(decision)
    return decision
