"""Reads an agreement from its folder and refuses whatever it does not wholly understand.

A document that loads is understood; it is not thereby signed. Whoever acts on one takes it from
`signing.verify`.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import yaml
from open_data_contract_standard.model import OpenDataContractStandard, SchemaProperty
from pydantic import ValidationError

from tenun.agreement import clauses, coherence
from tenun.agreement.agreed import AgreedDataset, AgreedField, Agreement
from tenun.agreement.refusals import (
    ContractAltered,
    DuplicateTerm,
    MissingTerm,
    NotFound,
    TermNotUnderstood,
    TextAltered,
    UnknownTerm,
    pointer_to,
)
from tenun.agreement.terms import DatasetTerms, Document
from tenun.agreement.vocabulary import KeyUse, Operation, Party, Purpose
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError

__all__ = [
    "AgreedDataset",
    "AgreedField",
    "Agreement",
    "ContractAltered",
    "DuplicateTerm",
    "KeyUse",
    "MissingTerm",
    "NotFound",
    "Operation",
    "Party",
    "Purpose",
    "TermNotUnderstood",
    "TextAltered",
    "UnknownTerm",
    "load",
]

DOCUMENT = "agreement.json"
TEXT = "agreement.md"


@implements("13", control="What the closed vocabulary cannot say is refused: it needs an addendum.")
def load(folder: Path) -> Agreement:
    """Read and understand the agreement of a folder: document, contracts, signed text.

    Raises `UnknownTerm`, `MissingTerm`, `TermNotUnderstood`, `DuplicateTerm` (each with the JSON
    pointer), `ContractAltered`, `TextAltered`, `NotFound`, or `canonical_json.NotCanonical`.
    """
    value = canonical_json.loads(_read(folder, DOCUMENT), document=DOCUMENT)
    canonical = canonical_json.dumps(value)
    document = _parse(canonical)
    text = _read(folder, TEXT)
    if _digest(text) != document.text.sha256:
        raise TextAltered(file=TEXT)
    agreement = Agreement(
        document=document,
        canonical=canonical,
        clauses=clauses.index(text.decode("utf-8")),
        datasets=MappingProxyType(
            {
                dataset.id: _dataset(folder, dataset, pointer=f"/datasets/{number}")
                for number, dataset in enumerate(document.datasets)
            }
        ),
        rev=_digest(canonical),
    )
    coherence.check(agreement, value)
    return agreement


def _read(folder: Path, file: str) -> bytes:
    try:
        return (folder / file).read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as problem:
        raise NotFound(file=file) from problem


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _parse(canonical: bytes) -> Document:
    try:
        return Document.model_validate_json(canonical)
    except ValidationError as problem:
        raise _refusal(problem) from None


# Kinds of pydantic's errors that mean: a word from outside the vocabulary.
_UNKNOWN = {"extra_forbidden", "enum", "literal_error"}


def _refusal(problem: ValidationError) -> TenunError:
    """The first fault, unknown words before all others: they may be why the rest does not fit."""
    faults = sorted(problem.errors(include_input=False, include_url=False), key=lambda fault: _rank(fault["type"]))
    fault = faults[0]
    pointer = pointer_to(fault["loc"])
    if fault["type"] in _UNKNOWN:
        return UnknownTerm(pointer=pointer)
    if fault["type"] == "missing":
        return MissingTerm(pointer=pointer)
    return TermNotUnderstood(pointer=pointer, reason=fault["msg"])


def _rank(kind: str) -> int:
    return 0 if kind in _UNKNOWN else 1


def _dataset(folder: Path, terms: DatasetTerms, *, pointer: str) -> AgreedDataset:
    content = _read(folder, terms.contract.file)
    if _digest(content) != terms.contract.sha256:
        raise ContractAltered(dataset=terms.id)
    promised = {
        item.name: item for item in _contract_fields(content, pointer=f"{pointer}/contract", name=terms.id) if item.name
    }
    fields = {}
    for number, field in enumerate(terms.fields_):
        found = promised.get(field.name)
        if found is None:
            raise UnknownTerm(pointer=f"{pointer}/fields/{number}/name")
        if found.classification != field.classification.value:
            raise TermNotUnderstood(
                pointer=f"{pointer}/fields/{number}/classification", reason="the contract classifies it otherwise"
            )
        fields[field.name] = AgreedField(
            name=field.name,
            classification=field.classification,
            business_name=found.businessName or field.name,
            logical_type=found.logicalType or "",
        )
    return AgreedDataset(terms=terms, fields=MappingProxyType(fields))


@lru_cache(maxsize=64)
def _contract_fields(content: bytes, *, pointer: str, name: str) -> tuple[SchemaProperty, ...]:
    try:
        contract = OpenDataContractStandard.model_validate(yaml.safe_load(content))
    except (yaml.YAMLError, ValidationError) as problem:
        raise TermNotUnderstood(pointer=pointer, reason="the file is no ODCS contract") from problem
    if contract.id != name:
        raise TermNotUnderstood(pointer=pointer, reason="the contract is of another dataset")
    return tuple(item for table in contract.schema_ or [] for item in table.properties or [])
