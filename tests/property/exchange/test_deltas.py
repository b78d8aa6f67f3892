"""A full export then is a full export before and every delta since: whatever happened to the villages in between."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenun.exchange.manifest import Format
from tenun.exchange.serving.building import NothingToSend
from tenun.exchange.serving.jobs import State
from tenun.lake.snapshot import Layer, Origin, SourceFile
from tenun.registry.sid.tables import DATASET, PERSON_IDENTIFIERS, PERSONS
from tests.lib.exporting import Holding, export, exports_of, permit_for
from tests.lib.two_nodes import AS_OF, VILLAGES, Nodes, copy_of, open_nodes, person

ALTERATIONS: tuple[dict[str, Any], ...] = (
    {},
    {"full_name": "Nama Lain"},
    {"life_status": "dead"},
    {"warnings": ["nik.cleaned"], "in_school": True},
)
# A village: who is in its register (by number), and what is otherwise about them (0 = as invented).
registers = st.dictionaries(st.integers(0, 30), st.integers(0, 3), max_size=12)
steps = st.lists(
    st.tuples(st.sampled_from(VILLAGES), st.none() | registers), min_size=1, max_size=4
)  # none: the lake has the village no more


def publish(nodes: Nodes, village: str, register: dict[int, int], version: int) -> None:
    people = [altered(person(village, number), change) for number, change in register.items()]
    nodes.desa.lake.publish(
        layer=Layer.CORE,
        dataset=DATASET,
        scope=village,
        as_of=AS_OF,
        origin=Origin("residents/1", sources=(SourceFile(f"{version:064}", len(people), "test"),)),
        tables={
            "persons": pa.Table.from_pylist(people, schema=PERSONS.schema()),
            "identifiers": pa.Table.from_pylist(people[::-1], schema=PERSON_IDENTIFIERS.schema()),
        },
        sealed_tables=["identifiers"],
        details={"invented": True},
    )


def altered(row: dict[str, Any], change: int) -> dict[str, Any]:
    return row | ALTERATIONS[change]


@pytest.fixture(scope="module")
def empty_nodes(tmp_path_factory: pytest.TempPathFactory) -> Nodes:
    return open_nodes(tmp_path_factory.mktemp("nodes") / "home")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.dictionaries(st.sampled_from(VILLAGES), registers, min_size=1),
    rounds=st.lists(steps, min_size=1, max_size=3),
    output_format=st.sampled_from(list(Format)),
    area=st.sampled_from([None, "53.17"]),
    rows_max=st.sampled_from([3, 50_000]),
)
def test_the_deltas_since_a_full_export_give_the_full_export_of_today(
    empty_nodes: Nodes,
    tmp_path_factory: pytest.TempPathFactory,
    start: dict[str, dict[int, int]],
    rounds: list[list[tuple[str, dict[int, int] | None]]],
    output_format: Format,
    area: str | None,
    rows_max: int,
) -> None:
    nodes = copy_of(empty_nodes, tmp_path_factory.mktemp("delta") / "nodes")
    exports = exports_of(nodes)
    fields = permit_for(nodes).fields
    versions = iter(range(1, 100))
    asked = {"output_format": output_format, "area": area}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tenun.exchange.parts.ROWS_MAX", rows_max)
        # Someone is always there, so that the first export is not refused for having nothing to send.
        publish(nodes, "53.17.09.2001", {1: 0}, next(versions))
        for village, register in start.items():
            publish(nodes, village, register, next(versions))
        ours = Holding("sid-warga", fields)
        ours.take(nodes, exports, export(nodes, exports, **asked))
        for some in rounds:
            for village, register in some:
                if register is not None:
                    publish(nodes, village, register, next(versions))
                elif village in nodes.desa.lake.scopes(layer=Layer.CORE, dataset=DATASET):
                    (nodes.desa.lake.root / "core" / DATASET / village / "CURRENT").unlink()
            nodes.later(minutes=1)
            made = ours.take(nodes, exports, export(nodes, exports, since=ours.cursor, **asked))
            assert made.is_delta
            afresh = Holding("sid-warga", fields)
            full = afresh.take(nodes, exports, export(nodes, exports, **asked))
            assert ours.as_rows() == afresh.as_rows()
            assert made.online is not None
            assert full.online is not None
            assert made.online.result == full.online.result


def test_an_empty_delta_is_a_delta_and_an_empty_export_is_none(empty_nodes: Nodes, tmp_path: Any) -> None:
    nodes = copy_of(empty_nodes, tmp_path / "nodes")
    exports = exports_of(nodes)
    publish(nodes, VILLAGES[0], {5: 2}, 1)  # nobody who is alive
    nothing = export(nodes, exports)
    assert nothing.state is State.FAILED
    assert nothing.error is not None
    assert nothing.error["code"] == NothingToSend.code
    publish(nodes, VILLAGES[0], {5: 0}, 2)
    ours = Holding("sid-warga", permit_for(nodes).fields)
    ours.take(nodes, exports, export(nodes, exports))
    made = ours.take(nodes, exports, export(nodes, exports, since=ours.cursor))
    assert (made.rows, made.parts, made.sources) == (0, [], [])
    publish(nodes, VILLAGES[0], {5: 2}, 3)
    made = ours.take(nodes, exports, export(nodes, exports, since=ours.cursor))
    assert made.online is not None
    assert (made.rows, [part.rows for part in made.online.deleted]) == (0, [1])
    assert ours.as_rows() == {VILLAGES[0]: []}
