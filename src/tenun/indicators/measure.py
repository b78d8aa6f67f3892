"""Runs an indicator's query: exact numbers per village, for nobody's eyes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from tenun.engine import duckdb as engine
from tenun.indicators.areas import Area
from tenun.indicators.definition import CATEGORIES, Definition, DefinitionInvalid
from tenun.indicators.inputs import Inputs
from tenun.indicators.tables import AREAS

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
# An empty cell of a list-valued column says `missing`; a column that was not delivered at all is null.
PERSONS = """
CREATE VIEW persons AS
SELECT * REPLACE (
    coalesce(sex, 'missing') AS sex,
    coalesce(activity, 'missing') AS activity,
    coalesce(life_status, 'missing') AS life_status,
    coalesce(citizenship, 'missing') AS citizenship,
    coalesce(job_social_security, 'missing') AS job_social_security,
    coalesce(education, 'missing') AS education,
    coalesce(disability, 'missing') AS disability
)
FROM delivered_persons
"""


# Tables of `Inputs` that a query may read under their own names, besides persons and adults.
VIEWS = (
    "links", "seekers", "placements", "vacancies", "profiles", "enrolments", "certificates", "layoffs", "followups",
    "survey",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """Exact numbers. For counts and supplies only the numerator means anything."""

    numerator: int = 0
    denominator: int = 0
    unknown: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.numerator + other.numerator, self.denominator + other.denominator, self.unknown + other.unknown
        )

    @property
    def rest(self) -> int:
        return self.denominator - self.numerator


Slot = tuple[str, str]
"""Breakdown and category; both empty for the total."""
TOTAL: Slot = ("", "")


class Measurement:
    """The inputs as views of a database of their own, open for one computation."""

    def __init__(self, inputs: Inputs, areas: Iterable[Area], *, reference_date: date) -> None:
        self._reference_date = reference_date
        self._connection = engine.connect()
        rows = [(area.code, str(area.level), area.parent, area.name) for area in areas]
        columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
        self._connection.register("areas", pa.Table.from_arrays([pa.array(one, pa.string()) for one in columns],
                                                                schema=AREAS.schema()))  # fmt: skip
        self._connection.register("delivered_persons", inputs.persons)
        for name in VIEWS:
            self._connection.register(name, getattr(inputs, name))
        self._connection.execute(PERSONS)
        self._connection.execute(ADULTS)

    def close(self) -> None:
        self._connection.close()

    def run(self, definition: Definition) -> dict[str, dict[Slot, Counts]]:
        """Per area of the query, the total and one way down each breakdown: every category, also those of none.

        Raises `DefinitionInvalid` when the query does not give what the definition promises.
        """
        dimensions = tuple(str(one) for one in definition.breakdown_dimensions)
        wanted = ("area_code", *dimensions, "numerator", "denominator", "unknown")
        try:
            statement = self._connection.extract_statements(definition.query)[0]
            given = {"reference_date": self._reference_date, **definition.parameters}
            asked = {name: given[name] for name in statement.named_parameters}
            result = self._connection.execute(definition.query, asked)
            found = tuple(column[0] for column in result.description)
            rows = result.fetchall()
        except (duckdb.Error, KeyError, IndexError) as problem:
            raise DefinitionInvalid(file=_file(definition), field="-", reason=type(problem).__name__) from problem
        if found != wanted:
            raise DefinitionInvalid(file=_file(definition), field="-", reason=f"columns must be {', '.join(wanted)}")
        measured: dict[str, dict[Slot, Counts]] = {}
        for area_code, *rest in rows:
            slots = measured.setdefault(area_code, empty(definition))
            counts = Counts(*(int(one or 0) for one in rest[len(dimensions) :]))
            for slot in (TOTAL, *zip(dimensions, rest, strict=False)):
                if slot not in slots:
                    raise DefinitionInvalid(file=_file(definition), field=slot[0], reason="a category nobody knows")
                slots[slot] += counts
        return measured

    def filled(self, fields: Iterable[str]) -> Mapping[str, bool]:
        """For every village with persons, whether its delivery fills each of these columns for anyone."""
        tests = " AND ".join(f"bool_or({name} IS NOT NULL AND {name}::VARCHAR <> 'missing')" for name in fields)
        rows = self._connection.execute(
            f"SELECT village_code, {tests or 'true'} FROM persons GROUP BY village_code"
        ).fetchall()
        return dict(rows)

    def sizes(self) -> Mapping[str, tuple[int, int]]:
        """Adults and families of every village that has any: what the rules on small areas look at."""
        rows = self._connection.execute(
            "SELECT village_code, count(*), count(DISTINCT family_id) FROM adults GROUP BY village_code"
        ).fetchall()
        return {village: (adults, families) for village, adults, families in rows}


def empty(definition: Definition) -> dict[Slot, Counts]:
    """Nothing, in every place the indicator has."""
    slots = [(str(one), category) for one in definition.breakdown_dimensions for category in CATEGORIES[one]]
    return dict.fromkeys((TOTAL, *slots), Counts())


def _file(definition: Definition) -> str:
    return f"{definition.id}/query.sql"
