"""May this party use these fields of this dataset for this purpose, now? And why not?

A pure function of agreement, use and state: no file, no clock, no network. What no permission allows is
refused; a prohibition wins over every permission. `Permit` is made here and nowhere else.

The state (`acts.state`) says what acts have made of the agreement: when it begins and ends, what is shut off, what
both parties have consented to. Where none is given, the signed document alone counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import InitVar, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from tenun.agreement import periods, reason_texts
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.law import LAW
from tenun.agreement.acts.state import Consent, State
from tenun.agreement.agreed import AgreedDataset, Agreement
from tenun.agreement.reason_texts import Reason, shown
from tenun.agreement.terms import Constraint, Permission, Prohibition, RowCondition, RowScope
from tenun.agreement.vocabulary import Operand, Operation, Operator, Party, Purpose
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError

__all__ = [
    "Denial",
    "Operation",
    "Party",
    "Permit",
    "Purpose",
    "Reason",
    "Use",
    "allowed_fields",
    "decide",
    "decide_on_held",
]


class MomentWithoutZone(TenunError):
    """A use was given a moment that does not say by which clock. A programming fault, made loud."""

    code = "agreement.moment_without_zone"
    text_id = "Waktu pemakaian tidak menyebut zona waktu."
    text_en = "The moment of the use does not say its time zone."
    remedy_id = "Sertakan zona waktu."
    remedy_en = "Give the time zone."


class PermitForged(TenunError):
    """Something other than `decide` tried to make a permit. A programming fault, made loud."""

    code = "agreement.permit_forged"
    text_id = "Izin hanya dibuat oleh keputusan atas perjanjian."
    text_en = "Only a decision on the agreement makes a permit."
    remedy_id = "Panggil agreement.decision.decide."
    remedy_en = "Call agreement.decision.decide."


@dataclass(frozen=True, kw_only=True)
class Use:
    """What someone wants to do. Words that the agreement does not know are answered with a refusal."""

    dataset: str
    purpose: str
    operation: Operation
    fields: frozenset[str]
    by: str
    """The party that receives the data or works with it, whichever node asks."""
    moment: datetime
    rows: tuple[RowCondition, ...] | None = None
    """Which rows are asked for; none = those of the dataset's agreed row scope."""
    earlier: tuple[datetime, ...] = ()
    """When the same rows were handed over before, for the same purpose."""
    held_since: datetime | None = None
    """When the data to be used was received; none = it is received now, or is the party's own."""
    audience: str | None = None
    """To whom it is given, when that is neither party: the short name that a consent has for it."""

    def __post_init__(self) -> None:
        if any(moment.tzinfo is None for moment in (self.moment, *self.earlier, self.held_since or self.moment)):
            raise MomentWithoutZone()


_SEAL = object()


@dataclass(frozen=True, kw_only=True)
class Permit:
    """A use that the agreement allows. Functions that read or send personal data demand one."""

    seal: InitVar[object]
    dataset: str
    purpose: Purpose
    operation: Operation
    fields: frozenset[str]
    by: Party
    agreement_id: str
    agreement_rev: str
    decision_id: str
    decided_at: datetime
    clauses: tuple[str, ...]
    rule: str
    """The `uid` of the permission that allowed it."""
    row_scope: RowScope
    """Only these rows: `.expression()` is the filter for pyarrow."""
    data_life: str | None
    """How long the data may be used once received (`P365D`); none = not limited by the agreement."""
    held_since: datetime | None
    """Data received earlier is not covered; none = no received data is, where the data life is limited."""
    duties: tuple[str, ...]
    """The `uid` of every duty that goes with the data."""
    heads: tuple[str, ...] = ()
    """The acts on which it rests; empty where the signed document alone counted."""

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise PermitForged()

    def __bool__(self) -> Literal[True]:
        return True

    def covers(self, received: datetime | None) -> bool:
        """Whether data that was received at that moment may be used under it. None: the party's own data."""
        if received is None or self.data_life is None:
            return True
        return self.held_since is not None and received >= self.held_since

    def as_dict(self) -> dict[str, Any]:
        return {
            "permit": True,
            "decision_id": self.decision_id,
            "decided_at": _instant(self.decided_at),
            "agreement": {"id": self.agreement_id, "rev": self.agreement_rev},
            "dataset": self.dataset,
            "purpose": self.purpose.value,
            "operation": self.operation.value,
            "fields": sorted(self.fields),
            "by": self.by.value,
            "clauses": list(self.clauses),
            "rule": self.rule,
            "row_scope": self.row_scope.id,
            "data_life": self.data_life,
            "duties": list(self.duties),
            "acts": list(self.heads),
        }


@dataclass(frozen=True, kw_only=True)
class Denial:
    """A use that the agreement does not allow, with every reason. Falsy."""

    reasons: tuple[Reason, ...]
    use: Use
    agreement_id: str
    agreement_rev: str
    decision_id: str
    decided_at: datetime
    heads: tuple[str, ...] = ()
    """The acts on which it rests; empty where the signed document alone counted."""

    def __bool__(self) -> Literal[False]:
        return False

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses of the reasons, each once, in the order of the reasons."""
        return tuple(dict.fromkeys(reason.clause for reason in self.reasons))

    def as_dict(self) -> dict[str, Any]:
        return {
            "permit": False,
            "decision_id": self.decision_id,
            "decided_at": _instant(self.decided_at),
            "agreement": {"id": self.agreement_id, "rev": self.agreement_rev},
            "dataset": shown(self.use.dataset),
            "purpose": shown(self.use.purpose),
            "operation": self.use.operation.value,
            "fields": sorted({shown(name) for name in self.use.fields}),
            "by": shown(self.use.by),
            "clauses": list(self.clauses),
            "reasons": [reason.as_dict() for reason in self.reasons],
            "acts": list(self.heads),
        }


@implements(
    "1(2)",
    "4(1)",
    "7(1)",
    control="Every use is decided by dataset, fields, purpose, party and time; what is not permitted is refused.",
)
def decide(agreement: Agreement, use: Use, *, state: State | None = None) -> Permit | Denial:
    """Permit or Denial. The same agreement, use and state always give the same answer and the same `decision_id`.

    `agreement` and `state` are those of `standing.Standing.at(use.moment)`.
    """
    reasons, grant = _judge(agreement, use, state)
    heads = state.heads if state is not None else ()
    decision_id = canonical_json.digest(
        {
            "agreement": agreement.id,
            "rev": agreement.rev,
            "use": _as_json(use),
            **({"acts": list(heads)} if heads else {}),
        }
    )
    if reasons or grant is None:
        return Denial(
            reasons=tuple(reasons),
            use=use,
            agreement_id=agreement.id,
            agreement_rev=agreement.rev,
            decision_id=decision_id,
            decided_at=use.moment,
            heads=heads,
        )
    purpose = Purpose(use.purpose)
    return Permit(
        seal=_SEAL,
        dataset=use.dataset,
        purpose=purpose,
        operation=use.operation,
        fields=use.fields,
        by=Party(use.by),
        agreement_id=agreement.id,
        agreement_rev=agreement.rev,
        decision_id=decision_id,
        decided_at=use.moment,
        clauses=tuple(dict.fromkeys((grant.clause, agreement.purposes[purpose].clause, agreement.term.clause))),
        rule=grant.rule,
        row_scope=agreement.datasets[use.dataset].row_scope,
        data_life=grant.data_life,
        held_since=use.held_since,
        duties=grant.duties,
        heads=heads,
    )


@implements("7(1)", control="Data received is used for as long as was agreed; what is older is left out or refused.")
def decide_on_held(
    agreement: Agreement, use: Use, received: Collection[datetime], *, state: State | None = None
) -> Permit | Denial:
    """The decision on data that came at these moments, for as much of it as may still be used.

    What is too old does not keep the rest from being used: the permit's `held_since` parts the two. Where
    all of it is too old, the Denial says so.
    """
    decision = decide(agreement, use, state=state)
    for moment in sorted(set(received)) if decision else ():
        decision = decide(agreement, replace(use, held_since=moment), state=state)
        if decision:
            break
    return decision


def allowed_fields(
    agreement: Agreement, *, dataset: str, purpose: str, operation: Operation, by: str
) -> frozenset[str]:
    """Every field that could be asked for in one use of this kind, within the term. Empty when nothing is granted."""
    found = agreement.datasets.get(dataset)
    if found is None:
        return frozenset()
    use = Use(
        dataset=dataset,
        purpose=purpose,
        operation=operation,
        fields=frozenset(found.fields),
        by=by,
        moment=agreement.term.start,
    )
    taken = {name for _, names in _prohibitions(agreement, use, found, None) for name in names}
    granted = [_granted(one) - taken for one in _funnel(agreement, use, found)[0]]
    return max(granted, key=lambda names: (len(names), sorted(names)), default=frozenset())


# --- judging ---------------------------------------------------------------------------------------------------


CONSENT_CLAUSE = LAW[Kind.THIRD_PARTY_CONSENT].clause
CONSENT = "third-party-consent"
"""The rule of a permit that rests on the written consent of both parties, and on no permission of the document."""

# Working with data that is there, and giving results away, need no access to the other party's system: a shut-off
# leaves them to the surviving duties. Whatever else there is hands data over, operations that come later included.
_NEEDS_NO_ACCESS = frozenset({Operation.USE, Operation.PUBLISH})


@dataclass(frozen=True)
class _Grant:
    """What allows a use."""

    rule: str
    clause: str
    data_life: str | None
    duties: tuple[str, ...]


def _judge(agreement: Agreement, use: Use, state: State | None) -> tuple[list[Reason], _Grant | None]:
    """Every reason against the use, and what comes nearest to allowing it."""
    consent = _consent(use, state)
    reasons, grant = _judge_by_rules(agreement, use, state, consent)
    if state is not None and use.operation not in _NEEDS_NO_ACCESS:
        known = {reason.code for reason in reasons}
        reasons += [one for one in _outside_force(agreement, use, state) if one.code not in known]
        reasons += _shut_off(use, state)
    return reasons, grant


def _judge_by_rules(
    agreement: Agreement, use: Use, state: State | None, consent: Consent | None
) -> tuple[list[Reason], _Grant | None]:
    dataset = agreement.datasets.get(use.dataset)
    prohibited = _prohibitions(agreement, use, dataset, consent)
    reasons = _unknown_words(agreement, use, dataset)
    reasons += [reason_texts.prohibited(prohibition, names) for prohibition, names in prohibited]
    taken = frozenset(name for _, names in prohibited for name in names)
    if consent is not None and dataset is not None:
        if use.rows is not None and not dataset.row_scope.covers(use.rows):
            reasons.append(reason_texts.rows_beyond_scope(dataset=dataset))
        return reasons, _Grant(CONSENT, CONSENT_CLAUSE, None, ())
    permission: Permission | None = None
    if dataset is not None and use.by in agreement.parties and use.purpose in agreement.purposes:
        candidates, gap = _funnel(agreement, use, dataset)
        asked = (use.fields & dataset.fields.keys()) - taken
        permission = min(candidates, key=lambda one: (len(asked - _granted(one)), one.uid), default=None)
        if permission is not None:
            reasons += _bounds(agreement, use, state, dataset, permission, asked)
        elif gap is not None and not any(prohibition.action for prohibition, _ in prohibited):
            reasons.append(gap)
    if permission is None:
        reasons += _time(agreement, use, state, ((Operator.GTEQ, "term.start"), (Operator.LT, "term.end")))
        return reasons, None
    life = _right(permission, Operand.DATA_LIFE)
    return reasons, _Grant(permission.uid, permission.clause, life, permission.duty)


@implements("7(2)", control="A recorded consent of both lifts the ban on giving to others, for what it names alone.")
def _consent(use: Use, state: State | None) -> Consent | None:
    if state is None or use.operation is not Operation.PUBLISH:
        return None
    return state.consent(dataset=use.dataset, audience=use.audience, fields=use.fields, moment=use.moment)


def _shut_off(use: Use, state: State) -> list[Reason]:
    closure = state.closure(dataset=use.dataset, client=str(use.by))
    return [] if closure is None else [reason_texts.shut_off(closure)]


@implements("6(1)", "7(1)", control="Before the beginning and after the end, early ones too, nothing is handed over.")
def _outside_force(agreement: Agreement, use: Use, state: State) -> list[Reason]:
    if use.moment < state.begins:
        return [reason_texts.not_yet_in_force(state.begins, clause=agreement.term.clause)]
    if use.moment >= state.ends:
        return [_over(agreement, state)]
    return []


def _over(agreement: Agreement, state: State | None) -> Reason:
    """The term has run out, or was ended."""
    if state is not None and state.ending is not None:
        return reason_texts.ended(state.ending)
    end = agreement.term.end if state is None else state.ends
    return reason_texts.term_over(end, clause=agreement.term.clause)


def _unknown_words(agreement: Agreement, use: Use, dataset: AgreedDataset | None) -> list[Reason]:
    reasons = []
    if dataset is None:
        reasons.append(reason_texts.unknown_dataset(use.dataset, known=agreement.datasets))
    if use.purpose not in agreement.purposes:
        reasons.append(reason_texts.unknown_purpose(use.purpose, known=agreement.purposes))
    if use.by not in agreement.parties:
        reasons.append(reason_texts.not_a_party(use.by, known=agreement.parties))
    if not use.fields:
        reasons.append(reason_texts.no_fields())
    if dataset is not None and (unknown := use.fields - dataset.fields.keys()):
        reasons.append(reason_texts.unknown_fields(unknown, dataset=use.dataset))
    return reasons


def _prohibitions(
    agreement: Agreement, use: Use, dataset: AgreedDataset | None, consent: Consent | None
) -> list[tuple[Prohibition, frozenset[str]]]:
    """Each prohibition that the use meets, and the fields that it takes away (all of them: the whole use)."""
    met = [
        (prohibition, _prohibited(prohibition, dataset, use))
        for prohibition in agreement.prohibitions
        if consent is None or not _is_lifted_by_consent(prohibition)
    ]
    return [(prohibition, names) for prohibition, names in met if names]


def _is_lifted_by_consent(prohibition: Prohibition) -> bool:
    """Pasal 7(2) forbids giving to others `except with written consent`; it is the only ban that says so."""
    return prohibition.clause == CONSENT_CLAUSE and prohibition.action == (Operation.PUBLISH,)


@implements("7(2)", "7(3)", control="Nothing goes to others: a prohibition wins over every permission, at any time.")
def _prohibited(prohibition: Prohibition, dataset: AgreedDataset | None, use: Use) -> frozenset[str]:
    if prohibition.target is not None and use.dataset not in prohibition.target:
        return frozenset()
    if prohibition.action is not None and use.operation not in prohibition.action:
        return frozenset()
    if prohibition.assignee is not None and use.by not in prohibition.assignee:
        return frozenset()
    names = use.fields
    for constraint in prohibition.constraint:
        names = _caught(constraint, names, dataset, use)
    return names


def _caught(constraint: Constraint, names: frozenset[str], dataset: AgreedDataset | None, use: Use) -> frozenset[str]:
    """Which of the fields a prohibition's constraint leaves prohibited."""
    known = dataset.fields if dataset else {}
    match constraint.left:
        case Operand.PURPOSE:
            return names if use.purpose in constraint.values else frozenset()
        case Operand.FIELD:
            return names & frozenset(constraint.values)
        case Operand.CLASSIFICATION:
            return frozenset(
                name for name in names if name in known and known[name].classification in constraint.values
            )
    # `coherence` lets no other operand into a prohibition; should one come, the use stays prohibited.
    return names


def _funnel(agreement: Agreement, use: Use, dataset: AgreedDataset) -> tuple[list[Permission], Reason | None]:
    """The permissions for this dataset, party, operation and purpose; or at which of these it fails."""
    on_dataset = [one for one in agreement.permissions if one.target == use.dataset]
    for_party = [one for one in on_dataset if use.by in one.assignee]
    if not for_party:
        receivers = sorted({party for one in on_dataset for party in one.assignee})
        return [], reason_texts.wrong_direction(use.by, dataset=dataset, receivers=receivers)
    for_operation = [one for one in for_party if use.operation in one.action]
    if not for_operation:
        operations = sorted({operation for one in for_party for operation in one.action})
        return [], reason_texts.operation_not_permitted(use.operation, dataset=dataset, allowed=operations, by=use.by)
    for_purpose = [one for one in for_operation if use.purpose in _purposes(one)]
    if not for_purpose:
        purposes = sorted({purpose for one in for_operation for purpose in _purposes(one)})
        return [], reason_texts.purpose_not_permitted(use.purpose, dataset=dataset, allowed=purposes)
    return for_purpose, None


def _bounds(
    agreement: Agreement,
    use: Use,
    state: State | None,
    dataset: AgreedDataset,
    permission: Permission,
    asked: frozenset[str],
) -> list[Reason]:
    """Where the use goes beyond the permission: fields, rows, time, frequency, data life."""
    reasons = []
    if beyond := asked - _granted(permission):
        reasons.append(reason_texts.fields_not_permitted(beyond, dataset=dataset, purpose=use.purpose))
    if use.rows is not None and not dataset.row_scope.covers(use.rows):
        reasons.append(reason_texts.rows_beyond_scope(dataset=dataset))
    moments = [(one.operator, str(one.right)) for one in permission.constraint if one.left is Operand.DATE_TIME]
    reasons += _time(agreement, use, state, moments)
    frequency = _right(permission, Operand.FREQUENCY)
    if frequency and periods.is_exhausted(frequency, earlier=use.earlier, moment=use.moment):
        reasons.append(reason_texts.frequency_exceeded(frequency, clause=permission.clause))
    life = _right(permission, Operand.DATA_LIFE)
    if life and use.held_since is not None and use.moment >= use.held_since + periods.days(life):
        reasons.append(reason_texts.data_life_over(life))
    return reasons


@implements("6(1)", control="The term is kept to the second: its start belongs to it, its end does not.")
def _time(agreement: Agreement, use: Use, state: State | None, bounds: Iterable[tuple[Operator, str]]) -> list[Reason]:
    """What the term says, as acts have moved its beginning and its end."""
    reasons = []
    for operator, word in bounds:
        moment = agreement.moment(word)
        if state is not None:
            moment = state.begins if word == "term.start" else state.ends
        if operator is Operator.GTEQ and use.moment < moment:
            reasons.append(reason_texts.not_yet_in_force(moment, clause=agreement.term.clause))
        if operator is Operator.LT and use.moment >= moment:
            reasons.append(_over(agreement, state))
    return reasons


def _purposes(permission: Permission) -> frozenset[str]:
    return frozenset(value for one in permission.constraint if one.left is Operand.PURPOSE for value in one.values)


def _granted(permission: Permission) -> frozenset[str]:
    return frozenset(value for one in permission.constraint if one.left is Operand.FIELD for value in one.values)


def _right(permission: Permission, operand: Operand) -> str | None:
    return next((str(one.right) for one in permission.constraint if one.left is operand), None)


def _as_json(use: Use) -> dict[str, Any]:
    return {
        "dataset": use.dataset,
        "purpose": str(use.purpose),
        "operation": use.operation.value,
        "fields": sorted(use.fields),
        "by": str(use.by),
        "moment": _instant(use.moment),
        "rows": None if use.rows is None else [row.model_dump(mode="json") for row in use.rows],
        "earlier": sorted(_instant(moment) for moment in use.earlier),
        "held_since": None if use.held_since is None else _instant(use.held_since),
        **({} if use.audience is None else {"audience": use.audience}),
    }


def _instant(moment: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond, so that two moments never share one spelling."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
