"""An agreement in memory: what its document, its contracts and its signed text say together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import MappingProxyType

from tenun.agreement.clauses import Clause
from tenun.agreement.terms import (
    DatasetTerms,
    Document,
    Duty,
    PartyTerms,
    Permission,
    Prohibition,
    PurposeTerms,
    RowScope,
    Term,
)
from tenun.agreement.vocabulary import Party, Purpose
from tenun.registry.table import Classification

# What may stand on the right of `dateTime`: the term is written once, and rules refer to it.
MOMENTS = ("term.start", "term.end")


@dataclass(frozen=True)
class AgreedField:
    """A field as both the agreement and its contract have it."""

    name: str
    classification: Classification
    business_name: str
    """In Indonesian, from the contract."""
    logical_type: str


@dataclass(frozen=True)
class AgreedDataset:
    terms: DatasetTerms
    fields: Mapping[str, AgreedField]

    @property
    def id(self) -> str:
        return self.terms.id

    @property
    def clause(self) -> str:
        return self.terms.clause

    @property
    def provider(self) -> Party:
        return self.terms.provider

    @property
    def consumer(self) -> Party:
        return self.terms.consumer

    @property
    def contract_sha256(self) -> str:
        return self.terms.contract.sha256

    @property
    def row_scope(self) -> RowScope:
        """Which rows are meant; `.expression()` is the filter for pyarrow."""
        return self.terms.row_scope

    @property
    def is_personal(self) -> bool:
        return any(field.classification is not Classification.NONE for field in self.fields.values())


@dataclass(frozen=True)
class Agreement:
    """An agreement that is wholly understood. Whether it is signed, `signing.verify` alone tells."""

    document: Document
    canonical: bytes
    clauses: Mapping[str, Clause]
    datasets: Mapping[str, AgreedDataset]
    rev: str
    """SHA-256 of the canonical document, in hexadecimal: names this revision among all others."""

    @property
    def id(self) -> str:
        return self.document.id

    @property
    def number(self) -> str:
        """How pages and reports cite the agreement."""
        return self.document.number.label

    @property
    def term(self) -> Term:
        return self.document.term

    @cached_property
    def parties(self) -> Mapping[Party, PartyTerms]:
        return MappingProxyType({party.role: party for party in self.document.parties})

    @cached_property
    def purposes(self) -> Mapping[Purpose, PurposeTerms]:
        return MappingProxyType({purpose.id: purpose for purpose in self.document.purposes})

    @property
    def permissions(self) -> tuple[Permission, ...]:
        return self.document.permissions

    @property
    def prohibitions(self) -> tuple[Prohibition, ...]:
        return self.document.prohibitions

    @cached_property
    def duties(self) -> Mapping[str, Duty]:
        return MappingProxyType({duty.uid: duty for duty in self.document.duties})

    def moment(self, word: str) -> datetime:
        """The moment that the right operand of a `dateTime` constraint names."""
        return {MOMENTS[0]: self.term.start, MOMENTS[1]: self.term.end}[word]

    def is_in_term(self, moment: datetime) -> bool:
        return self.term.start <= moment < self.term.end
