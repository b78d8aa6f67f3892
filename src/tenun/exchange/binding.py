"""Which tables of the lake a dataset of the agreement stands for. The same at both ends: what the
provider reads from is what the consumer writes to.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from tenun.agreement import contracts
from tenun.exchange.refusals import AreaUnclear, DatasetNotBound, FieldsNotBound
from tenun.lake.snapshot import Layer
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid
from tenun.registry.table import Classification, Column, Table

NATIONAL = "00"
_AREA = re.compile(r"\d\d(\.\d\d(\.\d\d(\.\d{4})?)?)?")


@dataclass(frozen=True)
class Binding:
    dataset: str
    layer: Layer
    lake_dataset: str
    key: str | None
    """The column that joins the dataset's tables and tells its rows apart; none = rows stand for themselves."""
    area_columns: tuple[str, ...] = ()
    """Columns that place a row of a national snapshot; the first that is not empty counts."""
    has_village_scopes: bool = False
    """One snapshot a village: then a pack's rows must carry the village's code."""

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """The dataset's tables by their names in the lake, as its contract has them."""
        return next(known.tables for known in contracts.DATASETS if known.id == self.dataset)

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """Every column once, in the order of the tables."""
        found: dict[str, Column] = {}
        for table in self.tables.values():
            for column in table.columns:
                found.setdefault(column.name, column)
        return found

    @property
    def required(self) -> tuple[str, ...]:
        """Fields without which the receiver could not put the rows in their place."""
        return tuple(name for name in (self.key, "village_code" if self.has_village_scopes else None) if name)

    @property
    def sealed_tables(self) -> tuple[str, ...]:
        return tuple(name for name, table in self.tables.items() if _identifies(table))

    @property
    def open_table(self) -> str:
        """The table that has one line for each row of the dataset and identifies nobody."""
        return next(name for name, table in self.tables.items() if not _identifies(table))

    def require_known(self, fields: Collection[str]) -> None:
        unknown = sorted(set(fields) - set(self.columns))
        if unknown:
            raise FieldsNotBound(dataset=self.dataset, fields=", ".join(unknown))

    def ordered(self, fields: Collection[str]) -> list[str]:
        """The fields in the order of the tables: the same fields always give the same bytes."""
        return [name for name in self.columns if name in fields]

    def schema(self, fields: Collection[str]) -> pa.Schema:
        return pa.schema([(name, self.columns[name].type) for name in self.ordered(fields)])

    def split(self, rows: pa.Table) -> dict[str, pa.Table]:
        """The lake's tables out of the rows of a pack: identifiers apart from what they would identify.

        A column of two tables goes to the first, but the key goes to each; a table of which nothing
        but the key was given is left out.
        """
        taken: set[str] = set()
        tables = {}
        for name, table in self.tables.items():
            own = [column for column in table.names() if column in rows.column_names and column not in taken]
            taken.update(own)
            if own:
                keys = [self.key] if self.key in rows.column_names and self.key not in own else []
                tables[name] = rows.select([*keys, *own])
        return tables

    def join(self, tables: Mapping[str, pa.Table]) -> pa.Table:
        """The rows out of the lake's tables of one place: the other way of `split`, in the order of the key.

        A row that another table than the first lacks has nothing in that table's columns.
        """
        first, *others = [tables[name] for name in self.tables if name in tables]
        if self.key is None:
            return first
        columns = {name: first[name] for name in first.column_names}
        for other in others:
            at = pc.index_in(first[self.key], value_set=other[self.key].combine_chunks())
            joined = other.take(at)
            columns |= {name: joined[name] for name in other.column_names if name not in columns}
        names = self.ordered(columns)
        return pa.table({name: columns[name] for name in names}, schema=self.schema(names)).sort_by(self.key)

    def is_scope(self, scope: str) -> bool:
        """Whether this can be a scope of the dataset. Scopes become folders: nothing else may."""
        if self.has_village_scopes:
            return _AREA.fullmatch(scope) is not None and len(scope) == len("00.00.00.0000")
        return _AREA.fullmatch(scope) is not None


BINDINGS = {
    binding.dataset: binding
    for binding in (
        Binding("sid-warga", Layer.CORE, sid.DATASET, key="person_id", has_village_scopes=True),
        Binding("sid-indeks-desa", Layer.CORE, "sid__village_index", key=None, area_columns=("village_code",)),
        Binding("sid-sdgs-desa", Layer.CORE, "sid__village_sdgs", key=None, area_columns=("village_code",)),
        Binding(
            "siapkerja-lowongan",
            Layer.CORE,
            siapkerja.VACANCIES_DATASET,
            key="vacancy_id",
            area_columns=("village_code", "regency_code"),
        ),
        Binding(
            "siapkerja-pelatihan",
            Layer.CORE,
            siapkerja.TRAININGS_DATASET,
            key="training_id",
            area_columns=("regency_code",),
        ),
        Binding("hasil-desa", Layer.OUT, "indicators", key=None, area_columns=("area_code",)),
        Binding("umpan-balik-mutu", Layer.OUT, "feedback__quality", key=None, area_columns=("village_code",)),
    )
}


def binding_of(dataset: str) -> Binding:
    try:
        return BINDINGS[dataset]
    except KeyError as problem:
        raise DatasetNotBound(dataset=dataset) from problem


# --- areas -------------------------------------------------------------------------------------------


def parse_area(text: str | None) -> str | None:
    """A dotted Kemendagri code, whole segments. Raises `AreaUnclear` and does not repeat what it got."""
    if text is None or _AREA.fullmatch(text):
        return text
    raise AreaUnclear()


def is_within(code: str | None, area: str) -> bool:
    """Whether a place lies in the area, which may be the place itself."""
    return code is not None and (code == area or code.startswith(f"{area}."))


def overlaps(one: str | None, other: str | None) -> bool:
    """Whether two areas share a place. None is the whole country."""
    return one is None or other is None or is_within(one, other) or is_within(other, one)


def _identifies(table: Table) -> bool:
    return any(column.classification is Classification.IDENTIFIER for column in table.columns)
