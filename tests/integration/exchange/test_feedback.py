"""Findings on delivered data: counted right, small counts hidden, handed back to the owner like any dataset."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from tenun.agreement.contracts import QUALITY_FEEDBACK
from tenun.exchange import pack, unpack
from tenun.exchange.refusals import NotPermitted
from tenun.exchange.serving import feedback
from tenun.exchange.serving.feedback import Feedback, NothingHeld
from tenun.exchange.serving.jobs import State
from tenun.lake.snapshot import Layer, Origin, SourceFile
from tenun.registry.sid.tables import DATASET, PERSON_IDENTIFIERS, PERSONS
from tests.lib.exporting import Holding, Standing, export, exports_of, permit_for, plain_tree
from tests.lib.two_nodes import AS_OF, VILLAGES, Nodes, open_nodes, person

LARGE, SMALL, OTHER = VILLAGES[0], VILLAGES[1], VILLAGES[2]


def settle(nodes: Nodes, village: str, people: list[dict[str, Any]]) -> None:
    nodes.desa.lake.publish(
        layer=Layer.CORE,
        dataset=DATASET,
        scope=village,
        as_of=AS_OF,
        origin=Origin("residents/1", sources=(SourceFile("1" * 64, len(people), "test"),)),
        tables={
            "persons": pa.Table.from_pylist(people, schema=PERSONS.schema()),
            "identifiers": pa.Table.from_pylist(people, schema=PERSON_IDENTIFIERS.schema()),
        },
        sealed_tables=["identifiers"],
        details={"invented": True},
    )


def flawless(village: str, number: int) -> dict[str, Any]:
    """An adult of whom nothing is to be said."""
    nik = f"{village.replace('.', '')[:6]}010190{9000 + number + 300 * VILLAGES.index(village):04}"
    plain = {"life_status": "alive", "age_years": 40, "birth_date": date(1986, 1, 1), "warnings": []}
    return person(village, number) | plain | {"nik": nik, "nik_class": "valid"}


@pytest.fixture
def nodes(tmp_path: Any) -> Nodes:
    nodes = open_nodes(tmp_path / "nodes")
    large = [flawless(LARGE, number) for number in range(100)]
    for one in large[:12]:
        one["warnings"] = ["nik.cleaned", "birth_date.year_only"]
    for one in large[12:20]:
        one |= {"nik": None, "nik_class": "zero", "warnings": ["nik.zero"]}
    for one in large[20:26]:
        one["nik"] = large[20]["nik"]
    for one in large[30:33]:
        one["birth_date"] = date(2027, 1, 1)
    for one in large[40:46]:
        one["birth_date"] = date(2026, 12, 1)
    other = [flawless(OTHER, number) for number in range(30)]
    for one, same in zip(other[:7], large[50:57], strict=True):
        one["nik"] = same["nik"]
    small = [flawless(SMALL, number) | {"nik": None, "nik_class": "missing"} for number in range(15)]
    for village, people in ((LARGE, large), (SMALL, small), (OTHER, other)):
        settle(nodes, village, people)
    return nodes


def composed(nodes: Nodes, **more: Any) -> Feedback:
    return feedback.compose(nodes.naker, Standing(nodes.agreement), moment=nodes.clock.now(), **more)


def deliver(nodes: Nodes, purpose: str = "pemadanan") -> None:
    unpack.accept(nodes.naker, pack.build(nodes.desa, dataset="sid-warga", purpose=purpose).file)


def told(found: Feedback) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {
        (row["village_code"], row["rule"]): (row["field"], row["severity"], row["state"], row["rows"], row["share"])
        for row in found.table.to_pylist()
    }


def test_findings_are_counted_by_village_and_rule(nodes: Nodes) -> None:
    deliver(nodes)
    found = composed(nodes)
    assert found.table.schema == QUALITY_FEEDBACK.schema()
    assert told(found) == {
        (LARGE, "nik.cleaned"): ("nik", "info", "ok", 12, 0.12),
        (LARGE, "birth_date.year_only"): ("birth_date", "warning", "ok", 12, 0.12),
        (LARGE, "nik.zero"): ("nik", "warning", "ok", 8, 0.08),  # once, though both class and warning say so
        (LARGE, "delivered.nik_twice"): ("nik", "error", "ok", 6, 0.06),
        (LARGE, "delivered.nik_in_other_village"): ("nik", "warning", "ok", 7, 0.07),
        (LARGE, "delivered.birth_date_after_data"): ("birth_date", "error", "ok", 9, 0.09),
        (OTHER, "delivered.nik_in_other_village"): ("nik", "warning", "ok", 7, 7 / 30),
        (SMALL, "nik.missing"): ("nik", "warning", "lt", None, None),
    }
    for row in found.table.to_pylist():
        current = nodes.desa.lake.current(layer=Layer.CORE, dataset=DATASET, scope=row["village_code"])
        assert (row["snapshot"], row["as_of"]) == (current.reference, AS_OF)


@pytest.mark.pasal("7(2)")
def test_a_small_count_and_a_small_village_are_hidden(nodes: Nodes) -> None:
    deliver(nodes)
    large = nodes.naker.lake.read(nodes.naker.lake.current(layer=Layer.CORE, dataset=DATASET, scope=LARGE), "persons")
    some = large["person_id"].to_pylist()
    for count, expected in ((4, ("lt", None)), (5, ("ok", 5))):
        links = pa.table(
            {
                "person_id": some[:count],
                "village_code": [LARGE] * count,
                "reasons": [["nik_differs", "name_equal"]] * count,
            }
        )
        found = composed(nodes, links=links, link_reference="link/sid__siapkerja/00/x")
        field, severity, *shown = told(found)[LARGE, "linked.nik_differs"]
        assert (field, severity, tuple(shown[:2])) == ("nik", "info", expected)
        assert (LARGE, "linked.name_equal") not in told(found)
        assert "link/sid__siapkerja/00/x" in found.inputs
    assert found.hidden == 1
    limits = nodes.agreement.document.disclosure
    assert (limits.minimum_cell, limits.minimum_denominator) == (5, 20)


def test_the_same_holdings_give_the_same_findings_and_one_snapshot(nodes: Nodes) -> None:
    deliver(nodes)
    first = feedback.publish(nodes.naker, composed(nodes))
    assert feedback.publish(nodes.naker, composed(nodes)).reference == first.reference
    assert first.details["invented"] is True


@pytest.mark.pasal("3(1)a")
def test_the_owner_gets_the_findings_by_an_export_and_nobodys_data_in_them(nodes: Nodes) -> None:
    deliver(nodes)
    found = composed(nodes)
    feedback.publish(nodes.naker, found)
    exports = exports_of(nodes, station=nodes.naker)
    asked = {"dataset": "umpan-balik-mutu", "purpose": "pemadanan"}
    job = export(nodes, exports, **asked, client="desa")
    assert job.state is State.COMPLETED
    holding = Holding("umpan-balik-mutu", permit_for(nodes, **asked).fields)
    holding.take(nodes, exports, job)
    assert holding.as_rows() == {"00": found.table.to_pylist()}
    at_rest = plain_tree(nodes.naker.lake.root / "out")
    one = flawless(LARGE, 60)
    assert not any(str(one[name]).encode() in at_rest for name in ("nik", "full_name", "person_id"))


def test_what_may_not_be_used_is_not_judged(nodes: Nodes) -> None:
    with pytest.raises(NothingHeld):
        composed(nodes)
    deliver(nodes, purpose="statistik-desa")  # given for figures, and not for looking at persons
    with pytest.raises(NotPermitted):
        composed(nodes)
    deliver(nodes)
    assert composed(nodes).left_out == ()
    nodes.later(days=366)
    with pytest.raises(NotPermitted):
        composed(nodes)
