"""What the consumer found wrong with what it was given, for the owner of the data: counts by village and rule.

The villages cannot be told which row by this: no person is in it, and a count that is smaller than the agreement's
minimum cell is hidden, as is everything of a village with fewer rows than its minimum denominator. It says how many
rows a rule found and of which delivery, so that the owner knows where looking is worth its while.

What can honestly be said: what the rules of ingest had to say already, as it stands in the rows' `warnings` and
classes; and what only shows when villages lie beside each other, or beside accounts. A linked account that disagrees
does not show which of the two is wrong, and its rule is marked `info`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from tenun.agreement import delivered
from tenun.agreement.agreed import Agreement
from tenun.agreement.contracts import QUALITY_FEEDBACK
from tenun.agreement.decision import Denial, Operation, Permit, Purpose, Use, allowed_fields
from tenun.engine.duckdb import connect
from tenun.exchange.binding import NATIONAL, Binding, binding_of
from tenun.exchange.refusals import ExchangeError, NotPermitted
from tenun.exchange.station import Station
from tenun.kernel.clause import implements
from tenun.lake.snapshot import Origin, Snapshot

DATASET = "umpan-balik-mutu"
ABOUT = "sid-warga"
"""The dataset that the feedback is about."""
RECIPE = "feedback/1"
TABLE = "findings"

# What cleaning could put right by itself is told for information.
_REPAIRED = ("cleaned", "from_number", "leading_zero_recovered", "letter_repaired", "two_digit_year")
LINKED = (
    "nik_one_digit",
    "nik_differs",
    "birth_date_swapped",
    "birth_date_one_digit",
    "birth_date_differs",
    "sex_differs",
)
"""Reasons of an accepted link that say that the two sides disagree."""


class NothingHeld(ExchangeError):
    code = "exchange.feedback_nothing_held"
    text_id = "Belum ada data {dataset} dari pihak lain, jadi tidak ada yang dapat dinilai."
    text_en = "There is no {dataset} of the other party here, so there is nothing to judge."
    remedy_id = "Ambil datanya lebih dahulu, dengan ekspor atau berkas."
    remedy_en = "Get the data first, by an export or a file."


class Position(Protocol):
    """The agreement as it stands at a moment; `agreement.standing.Position` is one."""

    @property
    def agreement(self) -> Agreement: ...

    @property
    def state(self) -> Any: ...


@dataclass(frozen=True)
class Feedback:
    """Findings, ready to be published."""

    table: pa.Table
    """Columns of `contracts.QUALITY_FEEDBACK`, by village, rule and field."""
    as_of: date
    inputs: tuple[str, ...]
    """References of what it was made from."""
    is_invented: bool
    left_out: tuple[str, ...]
    """Villages whose data may not be used any more."""

    @property
    def hidden(self) -> int:
        """Findings whose count is too small to be told."""
        return self.table["state"].to_pylist().count("lt")


@implements(
    "3(1)a",
    "7(2)",
    control="What is found wrong with data goes back to their owner as counts that show no person.",
)
def compose(
    station: Station,
    position: Position,
    *,
    moment: datetime,
    links: pa.Table | None = None,
    link_reference: str | None = None,
) -> Feedback:
    """The findings on the residents that this node holds.

    `links` are accepted links (columns `person_id`, `village_code`, `reasons`), `link_reference` the snapshot they
    are from. Raises `NothingHeld`, and `NotPermitted` where none of what is held may be used.
    """
    binding = binding_of(ABOUT)
    held = station.lake.all_current(layer=binding.layer, dataset=binding.lake_dataset)
    if not held:
        raise NothingHeld(dataset=ABOUT)
    permit = _permit(station, position, held, moment)
    covered = [snapshot for snapshot in held if delivered.is_covered(permit, snapshot)]
    if not covered:
        raise NothingHeld(dataset=ABOUT)
    limits = position.agreement.document.disclosure
    table = _findings(
        pa.concat_tables([_rows(station, binding, snapshot, permit) for snapshot in covered]),
        _no_links() if links is None else links.select(_LINKS.names).cast(_LINKS),
        minimum_cell=limits.minimum_cell,
        minimum_denominator=limits.minimum_denominator,
    )
    return Feedback(
        table=table,
        as_of=max(snapshot.as_of for snapshot in covered),
        inputs=tuple(sorted([*(one.reference for one in covered), *([link_reference] if link_reference else [])])),
        is_invented=any(snapshot.details.get("invented") is True for snapshot in covered),
        left_out=tuple(snapshot.scope for snapshot in held if snapshot not in covered),
    )


def publish(station: Station, feedback: Feedback) -> Snapshot:
    """Put the findings into the lake, from where they are handed over like any dataset."""
    binding = binding_of(DATASET)
    return station.lake.publish(
        layer=binding.layer,
        dataset=binding.lake_dataset,
        scope=NATIONAL,
        as_of=feedback.as_of,
        origin=Origin(recipe=RECIPE, inputs=feedback.inputs),
        tables={TABLE: feedback.table},
        details={
            "rows": feedback.table.num_rows,
            "hidden": feedback.hidden,
            "left_out": list(feedback.left_out),
            "invented": feedback.is_invented,
        },
    )


# --- reading -------------------------------------------------------------------------------------------

_ROWS = pa.schema(
    [
        ("person_id", pa.string()),
        ("village_code", pa.string()),
        ("warnings", pa.list_(pa.string())),
        ("nik", pa.string()),
        ("nik_class", pa.string()),
        ("birth_date", pa.date32()),
        ("as_of", pa.date32()),
        ("snapshot", pa.string()),
    ]
)
_LINKS = pa.schema([("person_id", pa.string()), ("village_code", pa.string()), ("reasons", pa.list_(pa.string()))])


def _permit(station: Station, position: Position, held: Sequence[Snapshot], moment: datetime) -> Permit:
    """Judging is part of linking: by the same purpose, and with its fields."""
    granted = allowed_fields(
        position.agreement, dataset=ABOUT, purpose=Purpose.LINKAGE, operation=Operation.USE, by=station.party
    )
    use = Use(
        dataset=ABOUT,
        purpose=Purpose.LINKAGE,
        operation=Operation.USE,
        # Where nothing is granted, the refusal names what is needed.
        fields=frozenset(_ROWS.names) & granted or frozenset({"person_id", "village_code"}),
        by=station.party,
        moment=moment,
    )
    decision = delivered.decide_on_batches(position.agreement, use, held, state=position.state)
    if isinstance(decision, Denial):
        raise NotPermitted(decision)
    return decision


def _rows(station: Station, binding: Binding, snapshot: Snapshot, permit: Permit) -> pa.Table:
    """The rows of a village as far as they were delivered and may be used; what is not there is empty."""
    lake = station.lake
    lake.verify(snapshot)
    found: dict[str, pa.Table] = {}
    for name, file in snapshot.tables.items():
        there = {column["name"] for column in file.columns}
        columns = [one for one in _ROWS.names if one in there and one in permit.fields]
        if file.is_sealed:
            found[name] = lake.unseal(snapshot, name, columns=columns, permit=permit)
        else:
            found[name] = lake.read(snapshot, name, columns=columns)
    joined = binding.join(found)
    count = joined.num_rows
    given = {
        **{name: joined[name] for name in joined.column_names},
        "as_of": pa.array([snapshot.as_of] * count, pa.date32()),
        "snapshot": pa.array([_reference(snapshot)] * count, pa.string()),
    }
    columns = [given.get(field.name, pa.nulls(count, field.type)) for field in _ROWS]
    return pa.table(columns, schema=_ROWS)


def _reference(snapshot: Snapshot) -> str:
    """How the provider names what it delivered: `core/…/id`, as the delivery cites it behind the provider's name."""
    cited = [one.split(":", 1)[1] for one in snapshot.origin.inputs if ":" in one]
    return cited[0] if cited else snapshot.reference


def _no_links() -> pa.Table:
    return _LINKS.empty_table()


# --- judging -------------------------------------------------------------------------------------------


def _findings(rows: pa.Table, links: pa.Table, *, minimum_cell: int, minimum_denominator: int) -> pa.Table:
    """Every finding, counted by village and rule; small counts without their number."""
    connection = connect()
    try:
        connection.register("held", rows)
        connection.register("links", links)
        _find(connection)
        table: pa.Table = connection.sql(
            """
            WITH totals AS (
                SELECT village_code, count(*) AS total, max(as_of) AS as_of, max(snapshot) AS snapshot
                FROM held GROUP BY village_code
            ), counted AS (
                SELECT village_code, rule, field, severity, count(DISTINCT person_id) AS n
                FROM found GROUP BY ALL
            )
            SELECT c.village_code, c.rule, c.field, c.severity,
                   CASE WHEN is_shown THEN 'ok' ELSE 'lt' END AS state,
                   CASE WHEN is_shown THEN n END AS rows,
                   CASE WHEN is_shown THEN n / total END AS share,
                   t.as_of, t.snapshot
            FROM counted c JOIN totals t USING (village_code),
                 LATERAL (SELECT n >= $cell AND total >= $denominator AS is_shown)
            ORDER BY c.village_code, c.rule, c.field
            """,
            params={"cell": minimum_cell, "denominator": minimum_denominator},
        ).to_arrow_table()
        return table.cast(QUALITY_FEEDBACK.schema())
    finally:
        connection.close()


def _find(connection: duckdb.DuckDBPyConnection) -> None:
    """The table `found`: village, person, rule, field and severity, each once."""
    connection.execute(
        """
        CREATE TABLE found AS
        -- what the rules of ingest said, in words or as a class
        SELECT village_code, person_id, rule,
               CASE split_part(rule, '.', 1)
                    WHEN 'family' THEN 'household_role' ELSE split_part(rule, '.', 1) END AS field,
               CASE WHEN list_contains($repaired, split_part(rule, '.', 2)) THEN 'info' ELSE 'warning' END AS severity
        FROM (
            SELECT village_code, person_id, unnest(warnings) AS rule FROM held
            UNION
            SELECT village_code, person_id, 'nik.' || nik_class FROM held WHERE nik_class <> 'valid'
        )
        UNION
        -- what shows only among all the rows of a village, or of all villages
        SELECT village_code, person_id, 'delivered.nik_twice', 'nik', 'error' FROM held WHERE nik IS NOT NULL
        QUALIFY count(*) OVER (PARTITION BY village_code, nik) > 1
        UNION
        SELECT h.village_code, h.person_id, 'delivered.nik_in_other_village', 'nik', 'warning'
        FROM held h JOIN (
            SELECT nik FROM held WHERE nik_class = 'valid' GROUP BY nik HAVING count(DISTINCT village_code) > 1
        ) USING (nik)
        UNION
        SELECT village_code, person_id, 'delivered.birth_date_after_data', 'birth_date', 'error'
        FROM held WHERE birth_date > as_of
        UNION
        -- where an account that was linked disagrees
        SELECT village_code, person_id, 'linked.' || reason,
               regexp_extract(reason, '^(nik|birth_date|sex)'), 'info'
        FROM (SELECT village_code, person_id, unnest(reasons) AS reason FROM links)
        WHERE list_contains($linked, reason)
        """,
        {"repaired": list(_REPAIRED), "linked": list(LINKED)},
    )
