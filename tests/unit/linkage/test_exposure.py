"""What leaves of a crosswalk: pseudonyms of one purpose, accepted links, no identifier."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from tenun.agreement.vocabulary import Purpose
from tenun.kernel.keys import MemoryKeys
from tenun.linkage import crosswalk, exposure
from tenun.registry.siapkerja.tables import SEEKER_IDENTIFIERS
from tenun.registry.sid.tables import PERSON_IDENTIFIERS
from tenun.registry.table import Classification

KEYS = MemoryKeys(b"exposure")


def row(seeker: str, person: str, match_class: str = "nik", duplicate_of: str | None = None) -> dict[str, object]:
    return {
        "seeker_id": seeker, "person_id": person, "village_code": "52.08.01.2001", "match_class": match_class,
        "weight": 20.0, "probability": 0.99, "duplicate_of": duplicate_of, "reasons": ["nik_equal"],
        "rule_version": "link/2.2",
    }  # fmt: skip


LINKS = pa.Table.from_pylist(
    [row("s1", "p1"), row("s2", "p1", "probable", "s1"), row("s3", "p2", "review"), row("s4", "p3")],
    schema=crosswalk.SCHEMA,
)


@pytest.mark.pasal("7(1)")
def test_no_pseudonym_of_the_lake_and_no_identifier_leaves() -> None:
    told = exposure.for_purpose(LINKS, Purpose.PLACEMENT_AND_TRAINING, KEYS)
    content = json.dumps(told.to_pylist())
    assert not any(f'"{name}"' in content for name in ("s1", "s2", "s4", "p1", "p3"))
    identifying = {
        column.name
        for table in (PERSON_IDENTIFIERS, SEEKER_IDENTIFIERS)
        for column in table.columns
        if column.classification is Classification.IDENTIFIER
    }
    assert identifying.isdisjoint(told.schema.names)
    assert identifying.isdisjoint(crosswalk.SCHEMA.names)


def test_tables_of_two_purposes_cannot_be_laid_side_by_side() -> None:
    one, other = (
        exposure.for_purpose(LINKS, purpose, KEYS)
        for purpose in (Purpose.PLACEMENT_AND_TRAINING, Purpose.VILLAGE_STATISTICS)
    )
    for column in ("person", "account"):
        assert set(one.column(column).to_pylist()).isdisjoint(other.column(column).to_pylist())


def test_within_a_purpose_one_person_stays_one_person() -> None:
    told = exposure.for_purpose(LINKS, Purpose.PLACEMENT_AND_TRAINING, KEYS)
    assert told.num_rows == 3  # the candidate for review is no link
    assert len(set(told.column("person").to_pylist())) == 2
    assert sorted(told.column("is_second_account").to_pylist()) == [False, False, True]
    assert told.equals(exposure.for_purpose(LINKS, Purpose.PLACEMENT_AND_TRAINING, KEYS))
