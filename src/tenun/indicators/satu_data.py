"""What Perpres 39/2019 (Satu Data Indonesia) asks to be told with every statistic, from the indicator's definition.

Konsep, definisi, klasifikasi, ukuran and satuan (and dasar rujukan, Permenaker 15/2020, Format A) keep their
Indonesian names as keys: they are terms of the regulation, and Satu Data's own metadata forms use them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenun.indicators import wording
from tenun.indicators.definition import Definition, Unit, Words
from tenun.kernel import canonical_json


def metadata(definition: Definition) -> dict[str, Any]:
    """One indicator for machines: names, the five items of Perpres 39/2019, its limits, and the way it is computed."""
    return {
        "indicator": definition.id,
        "version": definition.version,
        "digest": f"sha256:{canonical_json.digest(definition.as_json())}",
        "name": _both(definition.names),
        "konsep": _both(definition.concept),
        "definisi": _both(definition.definition),
        "klasifikasi": _both(definition.classification),
        "ukuran": _both(definition.measure),
        "satuan": dict(zip(("id", "en"), wording.UNITS[Unit(definition.unit)], strict=True)),
        "dasar_rujukan": _both(definition.reference),
        "kind": str(definition.kind),
        "numerator": _both(definition.numerator),
        "denominator": None if definition.denominator is None else _both(definition.denominator),
        "population": _both(definition.population),
        "is_not": _both(definition.is_not),
        "bps_indicator": _both(definition.bps_indicator),
        "caveats": {"id": list(definition.caveats.id), "en": list(definition.caveats.en)},
        "fields": {table: list(columns) for table, columns in definition.fields.items()},
        "sources": [str(one) for one in definition.sources],
        "owner": str(definition.owner),
        "direction": str(definition.direction),
        "disclosure_class": str(definition.disclosure.class_),
        "levels": [str(level) for level in definition.levels],
        "breakdowns": {str(level): [str(one) for one in listed] for level, listed in definition.breakdowns.items()},
        "first_period": definition.first_period,
        "rhythm": _both(definition.rhythm.every),
        "query": definition.query,
    }


def _both(words: Words) -> Mapping[str, str]:
    return {"id": words.id, "en": words.en}
