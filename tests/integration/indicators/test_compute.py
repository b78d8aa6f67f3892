"""From a lake with delivered and linked records to published figures, and out again for a page and a file."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from tenun.agreement import document
from tenun.agreement.decision import Operation, Party, Permit, Purpose, Use, decide
from tenun.cli.indicators import app
from tenun.disclosure.profile import MINISTRIES, RULE_VERSION
from tenun.disclosure.state import ValueState
from tenun.indicators import definition, export, permits, releases, wording
from tenun.indicators.areas import Level
from tenun.indicators.compute import AreaNotListed, Settings, compute
from tenun.indicators.definition import IndicatorUnknown
from tenun.indicators.inputs import CROSSWALK_DATASET, PERSON_FIELDS, Inputs, PermitUnfit
from tenun.indicators.results import AreaUnknown, FigureUnknown, Results
from tenun.kernel.authorisation import FieldsNotAuthorised
from tenun.kernel.clock import rfc3339
from tenun.kernel.keys import MemoryKeys
from tenun.lake.snapshot import Layer, Origin, Snapshot
from tenun.lake.store import Lake, SnapshotAltered, SnapshotMissing
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid
from tests.property.indicators import invented

AGREEMENT = document.load(Path(__file__).parents[3] / "agreements" / "sid-siapkerja")
MOMENT = datetime(2026, 11, 24, 3, tzinfo=UTC)
PLACES = invented.areas(districts=2, villages=5)


@dataclass
class Node:
    lake: Lake
    inputs: Inputs

    def compute(self, *, at: date = invented.DATE, permit: Permit | None = None) -> Snapshot:
        return compute(
            self.lake, areas=PLACES, reference_date=at, permit=permit or _permit(), settings=Settings.under(AGREEMENT)
        )


def _permit(**other) -> Permit:
    if not other:
        return permits.ask(AGREEMENT, by=Party.NAKER, moment=MOMENT)
    use = {
        "dataset": "sid-warga", "purpose": Purpose.VILLAGE_STATISTICS, "operation": Operation.USE,
        "fields": frozenset(PERSON_FIELDS), "by": Party.NAKER, "moment": MOMENT,
    }  # fmt: skip
    decision = decide(AGREEMENT, Use(**(use | other)))
    assert isinstance(decision, Permit), decision.as_dict()
    return decision


def _fill(root: Path, *, seed: int = 5, real: str = "", siapkerja_area: str = "00") -> Node:
    lake, inputs = Lake(root, MemoryKeys()), invented.inputs(seed, PLACES)
    for village, delivery in inputs.deliveries.items():
        persons = inputs.persons.filter(pa.compute.equal(inputs.persons.column("village_code"), village))
        lake.publish(
            layer=Layer.CORE, dataset=sid.DATASET, scope=village, as_of=delivery.as_of, origin=Origin("test/1"),
            tables={"persons": persons, "identifiers": sid.PERSON_IDENTIFIERS.schema().empty_table()},
            sealed_tables=["identifiers"], details={"invented": village != real},
        )  # fmt: skip
    for dataset, table, content in (
        (siapkerja.SEEKERS_DATASET, "seekers", inputs.seekers),
        (siapkerja.VACANCIES_DATASET, "vacancies", inputs.vacancies),
    ):
        lake.publish(
            layer=Layer.CORE, dataset=dataset, scope=siapkerja_area, as_of=invented.DATE, origin=Origin("test/1"),
            tables={table: content},
        )  # fmt: skip
    accepted = inputs.links.append_column("match_class", pa.array(["nik"] * inputs.links.num_rows))
    # A pair under review is no link.
    review = accepted.slice(0, 3).set_column(3, "match_class", pa.array(["review"] * 3))
    lake.publish(
        layer=Layer.LINK, dataset=CROSSWALK_DATASET, scope="00", as_of=invented.DATE,
        origin=Origin("test/1", inputs=[f"core/{sid.DATASET}/{code}/x" for code in inputs.deliveries]),
        tables={"crosswalk": pa.concat_tables([accepted.slice(3), review])},
    )  # fmt: skip
    return Node(lake, inputs)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    made = _fill(tmp_path_factory.mktemp("lake"))
    made.compute()
    return made


@pytest.fixture(scope="module")
def results(node: Node) -> Results:
    return Results.open(node.lake)


def test_the_same_lake_gives_the_same_bytes(tmp_path: Path, node: Node) -> None:
    again = _fill(tmp_path).compute()
    first = node.lake.current(layer=Layer.OUT, dataset="indicators", scope="00")
    assert again.id == first.id
    for file in sorted(path.name for path in first.folder.iterdir()):
        assert (again.folder / file).read_bytes() == (first.folder / file).read_bytes(), file


def test_computing_again_changes_nothing(node: Node) -> None:
    assert node.compute().folder == node.lake.current(layer=Layer.OUT, dataset="indicators", scope="00").folder


def test_every_village_is_listed_whether_it_delivered_or_not(node: Node, results: Results) -> None:
    villages = {area.code for area in PLACES if area.level is Level.VILLAGE}
    assert {value.area_code for value in results.level(Level.VILLAGE, indicator="A1")} == villages
    silent = villages - node.inputs.deliveries.keys()
    assert silent, "this seed has no silent village and so tests nothing"
    for village in silent:
        assert results.value("A1", village).state is ValueState.NS
        assert results.value("A1", village, "sex", "female").state is ValueState.NS
        assert not results.coverage[village].has_delivered


def test_a_hidden_figure_has_no_number_in_the_file_itself(node: Node, results: Results) -> None:
    table = node.lake.read(results.snapshot, "values").to_pylist()
    hidden = [row for row in table if not ValueState(row["state"]).has_value]
    assert hidden
    for row in hidden:
        assert [row[name] for name in ("value", "numerator", "denominator", "low", "high")] == [None] * 5


def test_small_numbers_stand_nowhere(node: Node, results: Results) -> None:
    for row in node.lake.read(results.snapshot, "values").to_pylist():
        one = results.definitions[row["indicator"]]
        if not one.is_of_things and row["value"] is not None:
            counts = [row["numerator"], *([row["denominator"] - row["numerator"]] if one.is_share else [])]
            assert all(count == 0 or count >= 5 for count in counts), row
    for one in results.coverage.values():
        for count in (one.persons, one.linked, one.seekers):
            assert count is None or count >= 5
        if one.linked is not None and one.seekers is not None:
            assert one.seekers - one.linked >= 5
        adults = results.value("A1", one.village_code)
        if one.persons is not None and adults.value is not None:
            assert one.persons == adults.value or abs(one.persons - adults.value) >= 5


def test_shown_categories_add_up_to_their_total_and_shown_children_to_their_parent(results: Results) -> None:
    sums = 0
    for indicator in ("A1", "C1"):
        for area in results.areas.values():
            total = results.value(indicator, area.code)
            for dimension in ("sex", "age_group"):
                parts = [
                    one for one in results.area(area.code) if (one.indicator, one.breakdown) == (indicator, dimension)
                ]
                if total.value is not None and all(part.value is not None for part in parts):
                    assert sum(part.value or 0 for part in parts) == total.value
                    sums += 1
            within = [results.value(indicator, child.code) for child in results.children(area.code)]
            within = [one for one in within if one.state is not ValueState.NS]
            if within and total.value is not None and all(one.value is not None for one in within):
                assert sum(one.value or 0 for one in within) == total.value
                sums += 1
    assert sums > 10


def test_pairs_under_review_are_no_links(node: Node, results: Results) -> None:
    linked = node.inputs.links.num_rows - 3
    table = results.value("G1", "00")
    claimed = node.inputs.seekers.num_rows
    assert (table.numerator, table.denominator) == (linked, claimed)


def test_a_page_reads_what_it_needs_quickly(node: Node, results: Results) -> None:
    assert Results.open(node.lake) is results
    village = next(iter(node.inputs.deliveries))
    assert [value.indicator for value in results.area(village)][:2] == ["A1", "A1"]
    assert [area.code for area in results.parents(village)] == ["00", "99", "99.01", village[:8]]
    assert {child.code for child in results.children("99.01")} == {"99.01.01", "99.01.02"}
    assert results.is_invented
    assert results.agreement_number == AGREEMENT.number
    assert results.rule_version == RULE_VERSION


def test_results_follow_the_pointer_to_a_newer_snapshot(tmp_path: Path) -> None:
    mine = _fill(tmp_path)
    mine.compute(at=date(2026, 11, 24))
    first = Results.open(mine.lake)
    mine.compute(at=date(2026, 11, 25))
    assert Results.open(mine.lake).reference_date == date(2026, 11, 25)
    assert Results.of(mine.lake, first.snapshot.id).reference_date == date(2026, 11, 24)


def test_without_figures_there_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(SnapshotMissing):
        Results.open(Lake(tmp_path, MemoryKeys()))


def test_what_does_not_exist_is_an_error_and_what_is_missing_a_state(results: Results) -> None:
    with pytest.raises(AreaUnknown):
        results.value("A1", "11.01.01.2001")
    with pytest.raises(IndicatorUnknown):
        results.value("A9", "00")
    with pytest.raises(FigureUnknown):
        results.value("B1", "00", "sex", "male")


@pytest.mark.pasal("7(4)")
def test_a_shut_off_covers_every_figure(node: Node) -> None:
    shut = Results.open(node.lake, is_cut=True)
    assert Counter(value.state for area in shut.areas for value in shut.area(area)).keys() == {ValueState.CUT}
    assert all(value.value is None for area in shut.areas for value in shut.area(area))


def test_old_deliveries_make_stale_figures(node: Node) -> None:
    later = node.compute(at=date(2028, 1, 1))
    found = Results.of(node.lake, later.id)
    states = {value.state for value in found.level(Level.REGENCY, indicator="A1")}
    assert states == {ValueState.STALE}
    assert wording.say(found.value("A1", "99.01"), "id").endswith("(per 24 Nov 2026)")


def test_one_snapshot_tells_nothing_with_itself_and_two_rules_over_the_same_data_are_found_out(tmp_path: Path) -> None:
    mine = _fill(tmp_path)
    first = mine.compute()
    assert releases.told_together(mine.lake, first) == []
    stricter = replace(Settings.under(AGREEMENT), profile=replace(MINISTRIES, minimum_cell=10))
    second = compute(mine.lake, areas=PLACES, reference_date=invented.DATE, permit=_permit(), settings=stricter)
    found = releases.told_together(mine.lake, second)
    assert {finding.kind for finding in found} >= {"shown_elsewhere"}


# --- the permit --------------------------------------------------------------------------------


@pytest.mark.pasal("7(1)")
def test_a_permit_for_linking_computes_no_figures(node: Node) -> None:
    with pytest.raises(PermitUnfit):
        node.compute(permit=_permit(purpose=Purpose.LINKAGE))


@pytest.mark.pasal("7(1)")
def test_a_permit_for_fewer_fields_computes_no_figures(node: Node) -> None:
    with pytest.raises(FieldsNotAuthorised, match="job_social_security"):
        node.compute(permit=_permit(fields=frozenset(PERSON_FIELDS) - {"job_social_security"}))


@pytest.mark.pasal("6(1)")
def test_after_the_term_there_is_no_permit() -> None:
    with pytest.raises(permits.FiguresNotPermitted):
        permits.ask(AGREEMENT, by=Party.NAKER, moment=datetime(2030, 1, 1, tzinfo=UTC))


@pytest.mark.pasal("7(1)")
def test_a_village_whose_data_is_held_longer_than_agreed_is_as_if_it_had_not_delivered(tmp_path: Path) -> None:
    mine = _fill(tmp_path)
    old, young = sorted(mine.inputs.deliveries)[:2]
    for village, days in ((old, 366), (young, 10)):
        held = mine.lake.current(layer=Layer.CORE, dataset=sid.DATASET, scope=village)
        mine.lake.publish(
            layer=Layer.CORE, dataset=sid.DATASET, scope=village, as_of=held.as_of, origin=Origin("test/received"),
            tables={"persons": mine.lake.read(held, "persons")},
            details={"invented": True, "received": {"on": rfc3339(MOMENT - timedelta(days=days))}},
        )  # fmt: skip
    permit = permits.ask(AGREEMENT, by=Party.NAKER, moment=MOMENT, lake=mine.lake)
    snapshot = mine.compute(permit=permit)
    results = Results.of(mine.lake, snapshot.id)
    assert snapshot.details["left_out"] == [old]
    assert not results.coverage[old].has_delivered
    assert results.value("A1", old).state is ValueState.NS
    assert results.coverage[young].has_delivered


@pytest.mark.pasal("7(1)")
def test_where_all_data_is_held_longer_than_agreed_no_figures_are_computed(tmp_path: Path) -> None:
    lake = Lake(tmp_path, MemoryKeys())
    lake.publish(
        layer=Layer.CORE, dataset=sid.DATASET, scope="99.01.01.2001", as_of=invented.DATE, origin=Origin("test/1"),
        tables={"persons": sid.PERSONS.schema().empty_table()},
        details={"received": {"on": rfc3339(MOMENT - timedelta(days=365))}},
    )  # fmt: skip
    with pytest.raises(permits.FiguresNotPermitted) as refused:
        permits.ask(AGREEMENT, by=Party.NAKER, moment=MOMENT, lake=lake)
    assert [reason.code for reason in refused.value.denial.reasons] == ["agreement.data_life_over"]


def test_identifiers_stay_sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = _fill(tmp_path)

    def opened(*_, **__) -> None:
        raise AssertionError("a sealed table was opened")

    monkeypatch.setattr(Lake, "_open_sealed", opened)
    assert mine.compute().rows > 0


def test_rows_beyond_the_agreed_scope_are_not_counted(tmp_path: Path) -> None:
    mine = _fill(tmp_path)
    village = "99.01.01.2001"
    child = pa.Table.from_pylist(
        [{"person_id": f"c{n}", "village_code": village, "life_status": "alive", "age_years": age} for n, age in
         enumerate([14] * 60 + [15] * 60)], schema=sid.PERSONS.schema(),
    )  # fmt: skip
    mine.lake.publish(
        layer=Layer.CORE, dataset=sid.DATASET, scope=village, as_of=date(2026, 11, 25), origin=Origin("test/2"),
        tables={"persons": child},
    )  # fmt: skip
    mine.compute(at=date(2026, 11, 26))
    assert Results.open(mine.lake).value("A1", village).value == 60


def test_an_altered_input_is_refused(tmp_path: Path) -> None:
    mine = _fill(tmp_path)
    snapshot = mine.lake.all_current(layer=Layer.CORE, dataset=siapkerja.SEEKERS_DATASET)[0]
    path = mine.lake.path(snapshot, "seekers")
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(SnapshotAltered):
        mine.compute()


def test_a_village_outside_the_list_of_areas_is_loud(node: Node) -> None:
    with pytest.raises(AreaNotListed):
        compute(node.lake, areas=PLACES[:-5], reference_date=invented.DATE, permit=_permit())


# --- files -------------------------------------------------------------------------------------


def test_a_village_with_real_residents_is_told_apart_from_invented_ones(tmp_path: Path, node: Node) -> None:
    assert Results.open(node.lake).not_invented == frozenset()
    real = next(iter(node.inputs.deliveries))
    mixed = _fill(tmp_path, real=real)
    mixed.compute()
    results = Results.open(mixed.lake)
    assert results.is_invented
    assert results.not_invented == {real}
    said = {row["area_code"]: row["invented"] for row in export.rows(results, level=Level.VILLAGE, parent=real[:8])}
    assert said.pop(real) == ""
    assert set(said.values()) == {"ya"}


def test_none_is_not_told_where_the_source_did_not_cover_the_area(tmp_path: Path) -> None:
    """An extract of one regency says nothing of another: not synced yet, and never zero."""
    elsewhere = _fill(tmp_path, siapkerja_area="98.01")
    elsewhere.compute()
    results = Results.open(elsewhere.lake)
    village = next(iter(elsewhere.inputs.deliveries))
    for indicator in ("C1", "G1", "D1"):
        value = results.value(indicator, village)
        assert (value.state, value.reason) == (ValueState.NS, "area_missing"), indicator
    assert results.value("A1", village).state is ValueState.OK


def test_files_carry_the_states_of_the_screen(results: Results) -> None:
    rows = export.rows(results, level=Level.VILLAGE, parent="99.01.01")
    assert {row["state"] for row in rows} >= {"ok", "ns"}
    read = list(csv.DictReader(io.StringIO(export.as_csv(rows).decode("utf-8-sig"))))
    assert list(read[0]) == list(export.COLUMNS)
    for row in read:
        value = results.value(row["indicator"], row["area_code"], row["breakdown"], row["category"])
        assert row["state"] == value.state
        assert row["value"] == ("" if value.value is None else f"{value.value:g}")
        assert row["shown"] == wording.say(value, "id")
        assert (row["agreement"], row["snapshot"], row["invented"]) == (AGREEMENT.number, results.snapshot.id, "ya")


def test_a_workbook_says_what_the_csv_says_and_can_be_made_again(results: Results) -> None:
    rows = export.rows(results, area="99.01", language="en")
    made = [export.as_xlsx(rows, title="Tenun", made_on=MOMENT, language="en") for _ in range(2)]
    assert made[0] == made[1]
    sheet = openpyxl.load_workbook(io.BytesIO(made[0])).active
    cells = list(sheet.iter_rows(values_only=True))
    assert cells[0] == tuple(english for _, english in export.COLUMNS.values())
    assert [dict(zip(export.COLUMNS, line, strict=True)) for line in cells[1:]] == rows


def test_one_indicator_of_one_level_is_that_and_no_more(results: Results) -> None:
    rows = export.rows(results, level="kecamatan", indicator="G1")
    assert {(row["indicator"], row["level"]) for row in rows} == {("G1", "kecamatan")}
    with pytest.raises(ValueError, match="area or a level"):
        export.rows(results)


# --- the command -------------------------------------------------------------------------------


def test_the_command_lists_and_shows_indicators_as_one_json_object() -> None:
    listed = json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)
    assert [one["id"] for one in listed["indicators"]] == list(definition.load_all())
    shown = json.loads(CliRunner().invoke(app, ["show", "c1", "--json"]).stdout)
    assert shown["names"]["id"] == "Pencari kerja aktif"
    assert "SELECT" in shown["query"]
    assert "Pencari kerja aktif" in CliRunner().invoke(app, ["show", "C1"]).stdout
