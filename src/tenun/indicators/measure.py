"""Runs an indicator's query: exact numbers per village, for nobody's eyes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tenun.engine import duckdb as engine
from tenun.indicators.areas import Area, Places
from tenun.indicators.definition import CATEGORIES, Definition, DefinitionInvalid
from tenun.indicators.inputs import Inputs
from tenun.indicators.tables import AREAS
from tenun.registry.sid import tables as sid

# An empty cell of a list-valued column says `missing`; a column that was not delivered at all is null.
LISTED = tuple(column.name for column in sid.PERSONS.columns if column.code_list is not None)
# People of working age (PUK), defined once for every query: recorded as alive, aged 15 or over, not a foreigner.
# Age is that of the delivery's date. Unknown citizenship counts as Indonesian: most layouts have no such column.
ADULTS = """
CREATE VIEW adults AS
SELECT
    * EXCLUDE (sex, age_years, life_status, citizenship),
    CASE WHEN sex IN ('male', 'female') THEN sex ELSE 'missing' END AS sex,
    CASE WHEN age_years < 25 THEN '15-24' WHEN age_years < 60 THEN '25-59' ELSE '60+' END AS age_group
FROM persons
WHERE life_status = 'alive' AND age_years >= 15 AND citizenship <> 'foreign'
"""


def open_views(connection: duckdb.DuckDBPyConnection, inputs: Inputs, persons: pa.Table) -> None:
    """Make everything that queries read, but for the areas: `persons` under that name, and the rest of the inputs."""
    for one in fields(inputs):
        table = persons if one.name == "persons" else getattr(inputs, one.name)
        if isinstance(table, pa.Table):
            connection.register("delivered_persons" if one.name == "persons" else one.name, table)
    connection.register("deliveries", _deliveries(inputs))
    listed = [name for name in LISTED if name in persons.column_names]
    replaced = ", ".join(f"coalesce({name}, 'missing') AS {name}" for name in listed)
    connection.execute(f"CREATE VIEW persons AS SELECT * REPLACE ({replaced}) FROM delivered_persons")
    connection.execute(ADULTS)


def _deliveries(inputs: Inputs) -> pa.Table:
    """Day of the data that each village delivered last."""
    codes, dates = list(inputs.deliveries), [one.as_of for one in inputs.deliveries.values()]
    return pa.table({"village_code": pa.array(codes, pa.string()), "as_of": pa.array(dates, pa.date32())})


Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Exact numbers. For counts and supplies only the numerator means anything; a median is a numerator too, and its
    denominator is of how many things it is the middle."""

    numerator: int = 0
    denominator: int = 0
    unknown: int = 0

    @property
    def rest(self) -> int:
        return self.denominator - self.numerator


Slot = tuple[str, str]
"""Breakdown and category; both empty for the total."""
TOTAL: Slot = ("", "")


@dataclass(frozen=True, eq=False)
class Measured(Mapping[str, Mapping[Slot, Counts]]):
    """Numbers of every area and slot: three arrays of one row an area (`places`) and one column a slot."""

    places: Places
    slots: tuple[Slot, ...]
    numerator: Numbers
    denominator: Numbers
    unknown: Numbers

    def counts(self, place: int, column: int) -> Counts:
        return Counts(*(int(one[place, column]) for one in (self.numerator, self.denominator, self.unknown)))

    def __getitem__(self, code: str) -> Mapping[Slot, Counts]:
        place = self.places.at[code]
        return {slot: self.counts(place, column) for column, slot in enumerate(self.slots)}

    def __iter__(self) -> Iterator[str]:
        return iter(self.places.codes)

    def __len__(self) -> int:
        return len(self.places.codes)


class Measurement:
    """The inputs as views of a database of their own, open for one computation."""

    def __init__(self, inputs: Inputs, areas: Iterable[Area], *, reference_date: date) -> None:
        self._reference_date = reference_date
        self._connection = engine.connect()
        listed = list(areas)
        self.places = Places.of(area.code for area in listed)
        self._codes = pa.array(self.places.codes, pa.string())
        rows = [(area.code, str(area.level), area.parent, area.name) for area in listed]
        columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
        self._connection.register("areas", pa.Table.from_arrays([pa.array(one, pa.string()) for one in columns],
                                                                schema=AREAS.schema()))  # fmt: skip
        open_views(self._connection, inputs, inputs.persons)

    def close(self) -> None:
        self._connection.close()

    def run(self, definition: Definition) -> Measured:
        """For every area the total and one way down each breakdown; nothing where the query tells of no one.

        Rows of areas that are not listed are passed over. Raises `DefinitionInvalid` when the query does not give
        what the definition promises.
        """
        dimensions = tuple(str(one) for one in definition.breakdown_dimensions)
        wanted = ["area_code", *dimensions, "numerator", "denominator", "unknown"]
        try:
            statement = self._connection.extract_statements(definition.query)[0]
            given = {"reference_date": self._reference_date, **definition.parameters}
            asked = {name: given[name] for name in statement.named_parameters}
            rows = self._connection.sql(definition.query, params=asked).to_arrow_table()
        except (duckdb.Error, KeyError, IndexError) as problem:
            raise DefinitionInvalid(file=_file(definition), field="-", reason=type(problem).__name__) from problem
        if rows.column_names != wanted:
            raise DefinitionInvalid(file=_file(definition), field="-", reason=f"columns must be {', '.join(wanted)}")
        place = self._places(rows.column("area_code"))
        columns = [np.zeros(rows.num_rows, np.int64)]
        slots = definition.slots()
        for one in definition.breakdown_dimensions:
            first = slots.index((str(one), CATEGORIES[one][0]))
            column = pc.index_in(rows.column(str(one)), value_set=pa.array(CATEGORIES[one], pa.string()))
            if column.null_count:
                raise DefinitionInvalid(file=_file(definition), field=str(one), reason="a category nobody knows")
            columns.append(_whole(column) + first)
        amounts = (_whole(rows.column(name)) for name in wanted[-3:])
        return Measured(self.places, slots, *(self._added(place, columns, one, len(slots)) for one in amounts))

    def filled(self, columns: Iterable[str]) -> npt.NDArray[np.bool_]:
        """For every area, whether it is a village whose delivery fills each of these columns for anyone."""
        tests = " AND ".join(f"bool_or({name} IS NOT NULL AND {name}::VARCHAR <> 'missing')" for name in columns)
        rows = self._connection.sql(
            f"SELECT village_code FROM persons GROUP BY village_code HAVING {tests or 'true'}"
        ).to_arrow_table()
        place = self._places(rows.column("village_code"))
        found = np.zeros(len(self.places.codes), bool)
        found[place[place >= 0]] = True
        return found

    def sizes(self) -> tuple[Numbers, Numbers]:
        """Adults and families of every village (0 for other areas): what the rules on small areas look at."""
        rows = self._connection.sql(
            "SELECT village_code, sum(adults)::BIGINT AS adults, count(family_id) AS families "
            "FROM (SELECT village_code, family_id, count(*) AS adults FROM adults GROUP BY village_code, family_id) "
            "GROUP BY village_code"
        ).to_arrow_table()
        place, only = self._places(rows.column("village_code")), [np.zeros(rows.num_rows, np.int64)]
        adults, families = (
            self._added(place, only, _whole(rows.column(name)), 1)[:, 0] for name in ("adults", "families")
        )
        return adults, families

    def _places(self, codes: pa.ChunkedArray[Any]) -> Numbers:
        """Where each code stands among the areas; -1 for one that is not listed."""
        return _whole(pc.index_in(codes.cast(pa.string()), value_set=self._codes), nothing=-1)

    def _added(self, place: Numbers, columns: list[Numbers], amounts: Numbers, slots: int) -> Numbers:
        """Each row added once to the total and once to its category of every breakdown. Exact: far below 2 ** 53."""
        size = len(self.places.codes) * slots
        is_listed = place >= 0
        added = np.zeros(size, np.int64)
        for column in columns:
            into = (place * slots + column)[is_listed]
            added += np.bincount(into, weights=amounts[is_listed], minlength=size).astype(np.int64)
        return added.reshape(-1, slots)


def _whole(column: pa.ChunkedArray[Any] | pa.Array[Any], nothing: int = 0) -> Numbers:
    """Whole numbers of a column, `nothing` where it is empty."""
    return np.asarray(pc.fill_null(column.cast(pa.int64()), pa.scalar(nothing)), np.int64)


def _file(definition: Definition) -> str:
    return f"{definition.id}/query.sql"
