"""The use gate: may this purpose use this batch of the other party's data, now?

Data handed over carries a label: under which agreement, for which purpose, for how long, with which duties.
The label was signed by the provider and lies with the data for as long as they are kept. A decision
(`decide`) says what the agreement allows; the label says what *this batch* was given for; a hold says what was
ordered about it since. All three must agree, at the place where the rows are read.

After the term: Pasal 7(1) and 7(3) go on binding, without end. They restrict and grant nothing, so data may
then be kept, and used only where a permission of the document itself reaches beyond the term (the results that
belong to both parties, Pasal 8(2)); personal data of the other party may not. Nothing is deleted
unless an addendum orders it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from tenun.agreement import decision as decisions
from tenun.agreement import periods, reason_texts
from tenun.agreement.acts.state import State
from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Permit, Use
from tenun.agreement.reason_texts import Reason
from tenun.agreement.vocabulary import Purpose
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.clock import JAKARTA
from tenun.lake.snapshot import Snapshot

HOLD = "hold.json"
"""In a snapshot's folder, beside its tables: what was ordered about it. The snapshot itself never changes."""

SERVES: Mapping[Purpose, frozenset[Purpose]] = {
    # Linking is the means and no end (Pasal 1(2), 2a): the document lets linked residents be used for figures and
    # for placement, and has no handing over of its own for the latter.
    Purpose.LINKAGE: frozenset({Purpose.LINKAGE, Purpose.VILLAGE_STATISTICS, Purpose.PLACEMENT_AND_TRAINING}),
    # What was given for figures must never be turned on a person.
    Purpose.VILLAGE_STATISTICS: frozenset({Purpose.VILLAGE_STATISTICS}),
    Purpose.PLACEMENT_AND_TRAINING: frozenset({Purpose.PLACEMENT_AND_TRAINING}),
    Purpose.OUTREACH: frozenset({Purpose.OUTREACH}),
}
"""By the purpose that personal data was handed over for: the purposes that may use it, where a permission says so."""


class HoldKind(StrEnum):
    QUARANTINE = "quarantine"
    """Kept and not used, until it is lifted."""
    DELETION = "deletion"
    """To be deleted by a date; not used from the order on."""


@dataclass(frozen=True)
class Hold:
    """What was ordered about a batch, by which act of the agreement."""

    kind: HoldKind
    act: str
    """Digest of the act that ordered it."""
    since: datetime
    due: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": str(self.kind),
            "act": self.act,
            "since": self.since.isoformat(),
            "due": self.due.isoformat() if self.due else None,
        }


@dataclass(frozen=True)
class Batch:
    """One delivery to one place, as the receiver keeps it. A node's own data is no batch."""

    reference: str
    scope: str
    received: datetime
    agreement: str | None
    """Of the label; none where there is no label."""
    dataset: str | None
    purpose: str | None
    data_life: str | None
    has_lost_label: bool
    """It came through the exchange, which labels everything, and has no label now."""
    hold: Hold | None

    @property
    def usable_until(self) -> datetime | None:
        """When its data life ends; none = not limited."""
        return self.received + periods.days(self.data_life) if self.data_life else None


def batch_of(snapshot: Snapshot) -> Batch | None:
    """What a snapshot says of itself as a delivery; none for a node's own data."""
    received = snapshot.received
    if received is None:
        return None
    label = snapshot.details.get("label")
    label = label if isinstance(label, Mapping) else {}
    agreement = label.get("agreement")
    return Batch(
        reference=snapshot.reference,
        scope=snapshot.scope,
        received=received,
        agreement=agreement.get("id") if isinstance(agreement, Mapping) else None,
        dataset=label.get("dataset"),
        purpose=label.get("purpose"),
        data_life=label.get("data_life"),
        has_lost_label=not label and "pack" in snapshot.details["received"],
        hold=hold_of(snapshot),
    )


def hold_of(snapshot: Snapshot) -> Hold | None:
    """What was ordered about a snapshot. A note that cannot be read holds it: an order may stand there."""
    try:
        value = json.loads((snapshot.folder / HOLD).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return _UNREADABLE
    try:
        due = value["due"]
        return Hold(
            HoldKind(value["kind"]),
            str(value["act"]),
            datetime.fromisoformat(value["since"]),
            datetime.fromisoformat(due) if due else None,
        )
    except (KeyError, TypeError, ValueError):
        return _UNREADABLE


_UNREADABLE = Hold(HoldKind.QUARANTINE, "", datetime(1970, 1, 1, tzinfo=UTC))


# --- deciding ----------------------------------------------------------------------------------------


@implements(
    "7(1)",
    "7(3)",
    control="A delivered batch is used only for what its label says, for as long as agreed, unless it was held.",
)
def may_use(agreement: Agreement, use: Use, snapshot: Snapshot, *, state: State | None = None) -> Permit | Denial:
    """The decision on one batch: by the agreement, by its label, by what was ordered about it. Every reason is given.

    `state` is what the acts have brought about at that moment. A node's own data has no label.
    """
    batch = batch_of(snapshot)
    if batch is None:
        return decisions.decide(agreement, use, state=state)
    held = replace(use, held_since=batch.received)
    decision = decisions.decide(agreement, held, state=state)
    reasons = against(
        batch,
        agreement=agreement.id,
        dataset=use.dataset,
        purpose=use.purpose,
        moment=use.moment,
        is_personal=_is_personal(agreement, use.dataset),
    )
    known = decision.reasons if isinstance(decision, Denial) else ()
    reasons = [*known, *(one for one in reasons if one.code not in {other.code for other in known})]
    return _denied(decision, held, reasons) if reasons else decision


def decide_on_batches(
    agreement: Agreement, use: Use, held: Sequence[Snapshot], *, state: State | None = None
) -> Permit | Denial:
    """The decision on everything that a node holds of a dataset, for as much of it as may still be used.

    What may not be used does not keep the rest from being used: `is_covered` parts the two, snapshot by
    snapshot. Where there are deliveries and none of them may be used, the Denial has the reasons of all.
    """
    batches = [batch for batch in map(batch_of, held) if batch is not None]
    is_personal = _is_personal(agreement, use.dataset)
    found = {
        batch.reference: against(
            batch,
            agreement=agreement.id,
            dataset=use.dataset,
            purpose=use.purpose,
            moment=use.moment,
            is_personal=is_personal,
        )
        for batch in batches
    }
    fit = [batch.received for batch in batches if not found[batch.reference]]
    decision = decisions.decide(agreement, use, state=state)
    if not decision or not batches:
        return decision
    for moment in sorted(set(fit)):
        decision = decisions.decide(agreement, replace(use, held_since=moment), state=state)
        if decision:
            return decision
    if len(batches) < len(held):
        # Some of it is the node's own, which no label binds: that much may be used.
        return decisions.decide(agreement, use, state=state)
    reasons = {reason.code: reason for batch in batches for reason in found[batch.reference]}
    if isinstance(decision, Denial):
        reasons |= {reason.code: reason for reason in decision.reasons}
    return _denied(decision, use, list(reasons.values()))


def is_covered(permit: Permit, snapshot: Snapshot) -> bool:
    """Whether a decision lets this snapshot be read: what every reader of delivered data asks before it reads."""
    return not refusals(permit, snapshot)


def refusals(permit: Permit, snapshot: Snapshot, *, is_personal: bool = True) -> tuple[Reason, ...]:
    """Why a snapshot may not be read under a decision; empty where it may.

    `is_personal` is left out by readers of persons. Other data may serve every purpose that a permission names.
    """
    batch = batch_of(snapshot)
    if batch is None:
        return ()
    reasons = against(
        batch,
        agreement=permit.agreement_id,
        dataset=permit.dataset,
        purpose=permit.purpose,
        moment=permit.decided_at,
        is_personal=is_personal,
    )
    if not reasons and not permit.covers(batch.received):
        # The decision was made on the batches that fit; older ones than those it covers no more.
        reasons.append(reason_texts.data_life_over(permit.data_life or "P0D"))
    return tuple(reasons)


def against(
    batch: Batch, *, agreement: str, dataset: str, purpose: str, moment: datetime, is_personal: bool
) -> list[Reason]:
    """What speaks against using a batch, by its label and by what was ordered about it."""
    reasons = []
    if batch.has_lost_label:
        reasons.append(_label_lost())
    if batch.agreement not in (None, agreement):
        reasons.append(_other_agreement())
    if batch.dataset not in (None, dataset):
        reasons.append(_other_dataset(dataset))
    if is_personal and batch.purpose is not None and not serves(batch.purpose, purpose):
        reasons.append(_other_purpose(batch.purpose, purpose))
    until = batch.usable_until
    if until is not None and moment >= until:
        reasons.append(reason_texts.data_life_over(str(batch.data_life)))
    if batch.hold is not None and batch.hold.since <= moment:
        reasons.append(_held(batch.hold))
    return reasons


def serves(given_for: str, purpose: str) -> bool:
    """Whether personal data handed over for one purpose may be used for another. What is not known serves nothing."""
    try:
        return Purpose(purpose) in SERVES[Purpose(given_for)]
    except ValueError:
        return False


def _is_personal(agreement: Agreement, dataset: str) -> bool:
    known = agreement.datasets.get(dataset)
    return known is None or known.is_personal


def _denied(decision: Permit | Denial, use: Use, reasons: Sequence[Reason]) -> Denial:
    name = canonical_json.digest({"decision": decision.decision_id, "against": sorted(one.code for one in reasons)})
    return Denial(
        reasons=tuple(reasons),
        use=use,
        agreement_id=decision.agreement_id,
        agreement_rev=decision.agreement_rev,
        decision_id=name,
        decided_at=decision.decided_at,
        heads=decision.heads,
    )


# --- the reasons in words --------------------------------------------------------------------------


def _other_purpose(given_for: str, purpose: str) -> Reason:
    given_for, purpose = reason_texts.shown(given_for), reason_texts.shown(purpose)
    return Reason(
        code="agreement.delivered_for_other_purpose",
        clause="7(1)",
        text_id=f"Data ini diserahkan untuk {given_for}, bukan untuk {purpose}.",
        text_en=f"This data was handed over for {given_for}, not for {purpose}.",
        remedy_id=f"Minta penyerahan untuk tujuan {purpose}; data ini tetap hanya untuk {given_for}.",
        remedy_en=f"Ask for a delivery for the purpose {purpose}; this data stays for {given_for} only.",
        parts={"given_for": given_for, "purpose": purpose},
    )


def _other_agreement() -> Reason:
    return Reason(
        code="agreement.delivered_under_other_agreement",
        clause="7(1)",
        text_id="Data ini diserahkan di bawah perjanjian lain.",
        text_en="This data was handed over under another agreement.",
        remedy_id="Pakai data ini di bawah perjanjiannya sendiri, atau minta penyerahan di bawah perjanjian ini.",
        remedy_en="Use it under its own agreement, or ask for a delivery under this one.",
    )


def _other_dataset(dataset: str) -> Reason:
    return Reason(
        code="agreement.delivered_as_other_dataset",
        clause="7(1)",
        text_id=f"Label data ini bukan label {reason_texts.shown(dataset)}.",
        text_en=f"The label of this data is not that of {reason_texts.shown(dataset)}.",
        remedy_id="Jangan pakai data ini; minta penyerahan baru.",
        remedy_en="Do not use this data; ask for a new delivery.",
    )


def _label_lost() -> Reason:
    return Reason(
        code="agreement.label_lost",
        clause="7(1)",
        text_id="Data ini diterima melalui pertukaran, tetapi labelnya hilang: tujuannya tidak dapat diketahui.",
        text_en="This data came through the exchange and its label is gone: nobody can tell what it was given for.",
        remedy_id="Pulihkan potretnya dari cadangan, atau minta penyerahan baru.",
        remedy_en="Restore its snapshot from a backup, or ask for a new delivery.",
    )


def _held(hold: Hold) -> Reason:
    since = hold.since.astimezone(JAKARTA).strftime("%Y-%m-%d %H:%M WIB")
    if hold.kind is HoldKind.DELETION:
        return Reason(
            code="agreement.deletion_ordered",
            clause="13",
            text_id=f"Adendum memerintahkan penghapusan data ini sejak {since}; data tidak dipakai lagi.",
            text_en=f"An addendum has ordered this data to be deleted since {since}; it is used no more.",
            remedy_id="Hapus dan buat pernyataannya dengan `tenun duties attest`; minta penyerahan baru bila perlu.",
            remedy_en="Delete it and attest to it with `tenun duties attest`; ask for a new delivery where needed.",
            parts={"act": hold.act},
        )
    return Reason(
        code="agreement.quarantined",
        clause="7(4)",
        text_id=f"Data ini dikarantina sejak {since}: disimpan dan tidak dipakai sampai dibuka kembali.",
        text_en=f"This data has been in quarantine since {since}: kept and not used until it is opened again.",
        remedy_id="Tunggu tindakan pembukaan kembali dari pihak yang memerintahkan, atau hubungi narahubungnya.",
        remedy_en="Wait for the act of the party that ordered it to reinstate, or contact its liaison.",
        parts={"act": hold.act},
    )
