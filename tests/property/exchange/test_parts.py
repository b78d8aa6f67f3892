"""What goes into parts and comes out of them is an independent selection of the rows, whatever the rows are."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenun.agreement import document
from tenun.agreement.decision import Operation, Permit, Use, allowed_fields, decide
from tenun.agreement.vocabulary import Party
from tenun.exchange import container, parts
from tenun.exchange.binding import BINDINGS, is_within, overlaps
from tenun.exchange.refusals import ContainerMalformed
from tenun.exchange.spool import Spool
from tenun.kernel.keys import MemoryKeys
from tenun.lake.snapshot import Layer, Origin, SourceFile
from tenun.lake.store import Lake
from tenun.registry.reference.values import LifeStatus
from tenun.registry.sid.tables import PERSON_IDENTIFIERS, PERSONS
from tests.lib.two_nodes import AS_OF, DRAFT, NOW, VILLAGES, person

AGREEMENT = document.load(DRAFT)
BINDING = BINDINGS["sid-warga"]
ALLOWED = allowed_fields(AGREEMENT, dataset="sid-warga", purpose="pemadanan", operation=Operation.FILE, by=Party.NAKER)


def permit_for(fields: frozenset[str]) -> Permit:
    use = Use(
        dataset="sid-warga",
        purpose="pemadanan",
        operation=Operation.FILE,
        fields=fields,
        by=Party.NAKER,
        moment=NOW,
    )
    decision = decide(AGREEMENT, use)
    assert isinstance(decision, Permit)
    return decision


people = st.lists(
    st.fixed_dictionaries(
        {
            "number": st.integers(0, 5000),
            "age_years": st.none() | st.integers(0, 110),
            "life_status": st.none() | st.sampled_from([member.value for member in LifeStatus]),
            "nik": st.none() | st.text("0123456789", min_size=16, max_size=16),
            "full_name": st.none() | st.text(max_size=12),
            "has_identifiers": st.booleans(),
        }
    ),
    max_size=25,
    unique_by=lambda one: one["number"],
)
fields_asked = st.sets(st.sampled_from(sorted(ALLOWED))).map(lambda some: frozenset({*some, *BINDING.required}))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people, fields_asked, st.integers(1, 40))
def test_parts_hold_the_independent_selection_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, some: list[dict[str, Any]], fields: frozenset[str], rows_max: int
) -> None:
    rows = [{**person(VILLAGES[0], one["number"]), **one} for one in some]
    lake = Lake(tmp_path_factory.mktemp("lake"), MemoryKeys())
    identified = [row for row in rows if row["has_identifiers"]][::-1]
    snapshot = lake.publish(
        layer=Layer.CORE,
        dataset="sid__residents",
        scope=VILLAGES[0],
        as_of=AS_OF,
        origin=Origin("residents/1", sources=(SourceFile("0" * 64, 1, "test"),)),
        tables={
            "persons": pa.Table.from_pylist(rows, schema=PERSONS.schema()),
            "identifiers": pa.Table.from_pylist(identified, schema=PERSON_IDENTIFIERS.schema()),
        },
        sealed_tables=["identifiers"],
    )
    permit = permit_for(fields)
    table = parts.select(lake, BINDING, snapshot, permit=permit, area=None)
    own = set(PERSONS.names())
    expected = [
        {name: row[name] if row["has_identifiers"] or name in own else None for name in BINDING.ordered(fields)}
        for row in sorted(rows, key=lambda row: row["person_id"])
        if row["life_status"] == "alive" and row["age_years"] is not None and row["age_years"] >= 15
    ]
    assert table.to_pylist() == expected
    found: list[dict[str, Any]] = []
    for part, places in parts.cut(iter([parts.Rows(VILLAGES[0], snapshot, table)]), rows_max=rows_max):
        counts = {place.scope: place.table.num_rows for place in places}
        read = parts.decode(part.data, part="p", schema=BINDING.schema(fields), rows=part.rows)
        by_place = parts.check_rows(
            read, part="p", binding=BINDING, counts=counts, scope=permit.row_scope, area="53.17"
        )
        tables = BINDING.split(by_place[VILLAGES[0]])
        assert set(tables) <= {"persons", "identifiers"}
        joined: dict[str, dict[str, Any]] = {}
        for split in tables.values():
            for row in split.to_pylist():
                joined.setdefault(row["person_id"], {}).update(row)
        found += joined.values()
    assert found == expected


@given(
    st.lists(st.tuples(st.text("abc/.", min_size=1, max_size=20), st.binary(max_size=2000)), max_size=6),
    st.integers(1, 900),
)
def test_an_archive_gives_back_its_members_however_it_is_cut_into_pieces(
    members: list[tuple[str, bytes]], piece: int
) -> None:
    whole = b"".join(container.archive((name, io.BytesIO(content)) for name, content in members))
    found: list[tuple[str, bytes]] = []
    reader = container.MemberReader(
        admit=lambda name, size: None, take=lambda name, content: found.append((name, content))
    )
    for start in range(0, len(whole), piece):
        reader.write(whole[start : start + piece])
    reader.finish()
    assert found == members


@given(st.binary(max_size=1500))
def test_arbitrary_bytes_are_never_a_whole_archive_unless_they_are_its_end(content: bytes) -> None:
    reader = container.MemberReader(admit=lambda name, size: None, take=lambda name, data: None)

    def read() -> None:
        reader.write(content)
        reader.finish()

    if content == container.END:
        read()
        return
    with pytest.raises(ContainerMalformed):
        read()


codes = st.sampled_from(["53", "53.17", "53.17.01", "53.17.01.2001", "53.1", "52", "52.01.14.2005", "53.170"])


@given(codes, codes)
def test_an_area_holds_what_begins_with_its_segments(one: str, other: str) -> None:
    segments_one, segments_other = one.split("."), other.split(".")
    assert is_within(one, other) == (segments_one[: len(segments_other)] == segments_other)
    assert overlaps(one, other) == (is_within(one, other) or is_within(other, one))
    assert overlaps(None, one)
    assert not is_within(None, one)


@given(st.binary(min_size=16, max_size=5000))
def test_a_spool_gives_back_what_it_was_given_and_keeps_nothing(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as parent:
        with Spool(Path(parent)) as spool:
            spool.put("parts/1", content)
            on_disk = b"".join(path.read_bytes() for path in Path(parent).rglob("*") if path.is_file())
            assert content not in on_disk
            assert spool.get("parts/1").read() == content
        assert list(Path(parent).iterdir()) == []
