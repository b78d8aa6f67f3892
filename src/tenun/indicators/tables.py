"""Tables of the out layer: figures after disclosure control. What is hidden is null in the file itself."""

from __future__ import annotations

import pyarrow as pa


def _schema(*columns: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema(columns)


DATASET = "indicators"
SCOPE = "00"

VALUES = _schema(
    ("indicator", pa.string()),
    ("version", pa.int32()),
    ("level", pa.string()),
    ("area_code", pa.string()),
    ("breakdown", pa.string()),
    ("category", pa.string()),
    ("state", pa.string()),
    ("value", pa.float64()),
    ("numerator", pa.float64()),
    ("denominator", pa.float64()),
    ("low", pa.float64()),
    ("high", pa.float64()),
    ("unit", pa.string()),
    ("reason", pa.string()),
    ("sid_as_of", pa.date32()),
    ("siapkerja_as_of", pa.date32()),
    ("rule_version", pa.string()),
)
"""One row a figure. Missing from it: areas of regencies that no village delivered from."""

COVERAGE = _schema(
    ("village_code", pa.string()),
    ("persons_state", pa.string()),
    ("persons", pa.int64()),
    ("sid_snapshot", pa.string()),
    ("sid_as_of", pa.date32()),
    ("linked_state", pa.string()),
    ("linked", pa.int64()),
    ("seekers", pa.int64()),
)
"""One row a village, also those that never delivered. Small numbers are null here too."""

DEFINITIONS = pa.schema([("indicator", pa.string()), ("version", pa.int32()), ("definition", pa.string())])
AREAS = _schema(
    ("area_code", pa.string()),
    ("level", pa.string()),
    ("parent", pa.string()),
    ("name", pa.string()),
)
