"""That the parts of a document fit each other, its contracts and the signed text.

Every refusal names the place. What is forgotten is refused as well: a permission without a purpose,
fields, rows or a time would otherwise be a permission without bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tenun.agreement import periods
from tenun.agreement.agreed import MOMENTS, AgreedDataset, Agreement
from tenun.agreement.refusals import DuplicateTerm, MissingTerm, TermNotUnderstood, UnknownTerm, pointer_to
from tenun.agreement.terms import Constraint, DatasetTerms, Document, Permission, Prohibition, Term
from tenun.agreement.vocabulary import OPERATORS, Operand, Operation, Operator, Party
from tenun.kernel.clock import JAKARTA
from tenun.registry.table import Classification

# A prohibition holds at any time, for any rows, however often: what it looks at is what the use is.
_PROHIBITION_OPERANDS = frozenset({Operand.PURPOSE, Operand.FIELD, Operand.CLASSIFICATION})


# Who hands over many rows at once needs a time bound and a frequency.
_HANDING_OVER = frozenset({Operation.FILE, Operation.BULK, Operation.DELTA})


def check(agreement: Agreement, value: Mapping[str, Any]) -> None:
    document = agreement.document
    _unique("/parties", [party.role for party in document.parties])
    _unique("/datasets", [dataset.id for dataset in document.datasets])
    _unique("/purposes", [purpose.id for purpose in document.purposes])
    for part in ("permissions", "prohibitions", "duties"):
        _unique(f"/{part}", [rule.uid for rule in getattr(document, part)])
    _check_clauses(agreement, value)
    _check_parties(document)
    _check_term(document.term)
    for number, dataset in enumerate(document.datasets):
        _check_dataset(agreement, dataset, f"/datasets/{number}")
    for number, permission in enumerate(document.permissions):
        _check_permission(agreement, permission, f"/permissions/{number}")
    for number, prohibition in enumerate(document.prohibitions):
        _check_prohibition(agreement, prohibition, f"/prohibitions/{number}")
    for number, duty in enumerate(document.duties):
        _unique(f"/duties/{number}/assignee", duty.assignee)
    _unique("/force_majeure/events", document.force_majeure.events)
    _unique("/shut_off/events", document.shut_off.events)


def _unique(pointer: str, values: Sequence[object]) -> None:
    for number, value in enumerate(values):
        if value in values[:number]:
            raise DuplicateTerm(pointer=f"{pointer}/{number}")


def _check_clauses(agreement: Agreement, value: Mapping[str, Any]) -> None:
    """Every clause that the document cites must stand in the signed text."""
    for pointer, cited in _cited("", value):
        if cited not in agreement.clauses:
            raise UnknownTerm(pointer=pointer)


def _cited(pointer: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            below = pointer + pointer_to([name])
            if isinstance(inner, str) and (name == "clause" or name.endswith("_clause")):
                yield below, inner
            else:
                yield from _cited(below, inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _cited(f"{pointer}/{number}", inner)


def _check_parties(document: Document) -> None:
    present = {party.role for party in document.parties}
    if present != set(Party):
        raise MissingTerm(pointer="/parties")
    # One key under two names would let one party sign for both, so a key stands in the document once.
    thumbprints = [
        (f"/parties/{number}/keys/{place}", key.jwk.kid)
        for number, party in enumerate(document.parties)
        for place, key in enumerate(party.keys)
    ]
    seen: set[str] = set()
    for pointer, thumbprint in thumbprints:
        if thumbprint in seen:
            raise DuplicateTerm(pointer=pointer)
        seen.add(thumbprint)


def _check_term(term: Term) -> None:
    start, end = term.start.astimezone(JAKARTA), term.end.astimezone(JAKARTA)
    if start.replace(year=start.year + term.years) != end:
        raise TermNotUnderstood(pointer="/term/end", reason="not start plus years, by the clock of Jakarta")


def _check_dataset(agreement: Agreement, dataset: DatasetTerms, pointer: str) -> None:
    _unique(f"{pointer}/fields", [field.name for field in dataset.fields_])
    for number, condition in enumerate(dataset.row_scope.conditions):
        if condition.column not in agreement.datasets[dataset.id].fields:
            raise UnknownTerm(pointer=f"{pointer}/row_scope/conditions/{number}/column")


def _check_permission(agreement: Agreement, permission: Permission, pointer: str) -> None:
    dataset = agreement.datasets.get(permission.target)
    if dataset is None:
        raise UnknownTerm(pointer=f"{pointer}/target")
    for part in ("action", "assignee", "duty"):
        _unique(f"{pointer}/{part}", getattr(permission, part))
    for number, duty in enumerate(permission.duty):
        if duty not in agreement.duties:
            raise UnknownTerm(pointer=f"{pointer}/duty/{number}")
    if permission.assigner is not dataset.provider:
        raise TermNotUnderstood(pointer=f"{pointer}/assigner", reason="only the provider of a dataset may grant it")
    for number, constraint in enumerate(permission.constraint):
        _check_constraint(agreement, constraint, f"{pointer}/constraint/{number}", dataset=dataset)
    _check_is_bounded(permission, dataset, pointer)


def _check_is_bounded(permission: Permission, dataset: AgreedDataset, pointer: str) -> None:
    """A permission must say for what, which fields, which rows and from when. A forgotten bound is not freedom."""
    bounds = [(constraint.left, constraint.operator) for constraint in permission.constraint]
    _unique(f"{pointer}/constraint", bounds)
    needed = [
        (Operand.FIELD, Operator.IS_ANY_OF),
        (Operand.ROW_SCOPE, Operator.IS_PART_OF),
        (Operand.DATE_TIME, Operator.GTEQ),
    ]
    if dataset.is_personal:
        needed.append((Operand.DATE_TIME, Operator.LT))
    if _HANDING_OVER & set(permission.action):
        needed += [(Operand.DATE_TIME, Operator.LT), (Operand.FREQUENCY, Operator.LTEQ)]
    if not all(bound in bounds for bound in needed) or Operand.PURPOSE not in {operand for operand, _ in bounds}:
        raise MissingTerm(pointer=f"{pointer}/constraint")


def _check_prohibition(agreement: Agreement, prohibition: Prohibition, pointer: str) -> None:
    for number, dataset in enumerate(prohibition.target or ()):
        if dataset not in agreement.datasets:
            raise UnknownTerm(pointer=f"{pointer}/target/{number}")
    for part in ("target", "action", "assignee"):
        _unique(f"{pointer}/{part}", getattr(prohibition, part) or ())
    for number, constraint in enumerate(prohibition.constraint):
        if constraint.left not in _PROHIBITION_OPERANDS:
            raise UnknownTerm(pointer=f"{pointer}/constraint/{number}/leftOperand")
        _check_constraint(agreement, constraint, f"{pointer}/constraint/{number}", dataset=None)


def _check_constraint(
    agreement: Agreement, constraint: Constraint, pointer: str, *, dataset: AgreedDataset | None
) -> None:
    if constraint.operator not in OPERATORS[constraint.left]:
        raise UnknownTerm(pointer=f"{pointer}/operator")
    if (constraint.operator is Operator.IS_ANY_OF) != isinstance(constraint.right, tuple):
        raise TermNotUnderstood(pointer=f"{pointer}/rightOperand", reason="isAnyOf takes a list, the others one value")
    _unique(f"{pointer}/rightOperand", constraint.values)
    known = _known_values(agreement, constraint.left, dataset)
    for number, word in enumerate(constraint.values):
        if not known(word):
            place = f"/{number}" if isinstance(constraint.right, tuple) else ""
            raise UnknownTerm(pointer=f"{pointer}/rightOperand{place}")


def _known_values(agreement: Agreement, operand: Operand, dataset: AgreedDataset | None) -> Callable[[str], bool]:
    """Which words may stand on the right of an operand. In a prohibition, `dataset` is none: any of the agreement."""
    datasets = [dataset] if dataset else list(agreement.datasets.values())
    known: dict[Operand, Callable[[str], object]] = {
        Operand.PURPOSE: lambda word: word in agreement.purposes,
        Operand.FIELD: lambda word: any(word in one.fields for one in datasets),
        Operand.CLASSIFICATION: lambda word: word in set(Classification),
        Operand.DATE_TIME: lambda word: word in MOMENTS,
        Operand.FREQUENCY: lambda word: periods.FREQUENCY.fullmatch(word),
        Operand.ROW_SCOPE: lambda word: any(word == one.row_scope.id for one in datasets),
        Operand.DATA_LIFE: lambda word: periods.DAYS.fullmatch(word),
    }
    test = known[operand]
    return lambda word: bool(test(word))
