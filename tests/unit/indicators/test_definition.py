"""A definition says all it must and nothing else, and an error says where it does not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tenun.indicators import definition, export, wording
from tenun.indicators.definition import DefinitionInvalid, Unit
from tenun.indicators.inputs import EVENTS, OPTIONAL_PERSON_FIELDS, PERSON_FIELDS, PERSONS
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid

ONE = definition.FOLDER / "b1-recorded-as-working"


def test_the_indicators_load_in_the_order_of_the_catalogue() -> None:
    groups = {"A": 4, "B": 15, "C": 8, "D": 8, "E": 6, "F": 6, "G": 5}
    # Scores of fit, an index over two breakdowns and a list, which the engine does not make.
    later = {"D3", "D4", "D7", "E6"}
    listed = [f"{group}{number}" for group, last in groups.items() for number in range(1, last + 1)]
    assert list(definition.load_all()) == [one for one in listed if one not in later]


def test_no_figure_bears_a_name_of_the_survey() -> None:
    words = [
        text
        for one in definition.load_all().values()
        for text in (one.names.id, one.names.en, one.definition.id, one.definition.en, one.measure.id, one.measure.en)
    ]
    words += [text for pair in (*wording.REASONS.values(), *wording.STATES.values()) for text in pair]
    words += [text for pair in export.COLUMNS.values() for text in pair]
    assert not [text for text in words if definition.NAMES_OF_THE_SURVEY.search(text)]


def test_a_definition_reads_only_what_a_permit_is_asked_for() -> None:
    tables = {
        "seekers": siapkerja.SEEKERS.names(),
        "vacancies": siapkerja.VACANCIES.names(),
        "trainings": siapkerja.TRAININGS.names(),
        "deliveries": ("village_code", "as_of"),
        "placements": siapkerja.PLACEMENTS.names(),
        "persons": (*PERSON_FIELDS, *OPTIONAL_PERSON_FIELDS),
        "survey": sid.SURVEY.names(),
        **{name: table.names() for name, (_, table) in EVENTS.items()},
        "links": ("seeker_id", "person_id"),
    }
    for one in definition.load_all().values():
        for table, fields in one.fields.items():
            assert set(fields) <= set(tables[table]), one.id


def test_what_must_be_filled_is_a_column_that_persons_have_and_that_has_words() -> None:
    needed = {name for one in definition.load_all().values() for name in one.needs_filled}
    assert needed <= set(PERSONS.names)
    assert needed <= wording.FIELDS.keys()


def test_a_query_that_uses_common_tables_carries_them_with_it() -> None:
    for one in definition.load_all().values():
        assert "-- uses:" not in one.query, one.id
    query = definition.load_all()["B3"].query
    assert query.index("active AS (") < query.index("seeking AS (") < query.index("FROM answered")


def test_a_rate_in_a_thousand_is_told_by_its_scale() -> None:
    scales = {one.unit: one.scale for one in definition.load_all().values()}
    assert scales == dict.fromkeys(Unit, 1) | {Unit.PERCENT: 100, Unit.PER_MILLE: 1000}


def test_a_definition_survives_the_snapshot_it_travels_in() -> None:
    for one in definition.load_all().values():
        assert definition.from_json(one.as_json()) == one


def _replacing(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (_replacing("direction: higher_is_better", "direction: upwards"), "direction"),
        (_replacing("owner: desa\n", ""), "owner"),
        (_replacing("kind: rate", "kind: rate\ncolour: red"), "colour"),
        (_replacing("version: 1", "version: 0"), "version"),
        (_replacing("en: Recorded as working", "en: ''"), "names.en"),
        (_replacing("id: Tercatat bekerja", "id: TPT desa"), "-"),
        (_replacing("en: Recorded as working", "en: Village unemployment rate"), "-"),
        (_replacing("class: R2", "class: R1"), "-"),
        (_replacing("class: R2", "class: R9"), "disclosure.class"),
        (_replacing("version: 1\n    date", "version: 2\n    date"), "-"),
        (_replacing("id: B1", "id: B2"), "id"),
        (_replacing("breakdowns: {}", "breakdowns: {desa: [sex]}"), "-"),
        (_replacing("every: {id:", "every: {ms: x, id:"), "rhythm.every.ms"),
        (_replacing("kind: rate", "kind: rate\nkind: count"), "-"),
        (_replacing("class: R2", "class: R3"), "-"),
        (_replacing('unit: "%"', "unit: orang"), "-"),
    ],
)
def test_a_faulty_definition_is_refused_by_file_and_field(
    tmp_path: Path, change: Callable[[str], str], field: str
) -> None:
    folder = shutil.copytree(ONE, tmp_path / ONE.name)
    text = (folder / "definition.yaml").read_text()
    assert change(text) != text
    (folder / "definition.yaml").write_text(change(text))
    with pytest.raises(DefinitionInvalid) as refused:
        definition.load(folder)
    assert refused.value.parts["file"] == f"{ONE.name}/definition.yaml"
    assert refused.value.parts["field"] == field


def test_a_definition_without_its_query_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(ONE, tmp_path / ONE.name)
    (folder / "query.sql").unlink()
    with pytest.raises(DefinitionInvalid, match=r"query\.sql"):
        definition.load(folder)


def test_a_query_that_uses_what_nobody_wrote_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(ONE, tmp_path / ONE.name)
    (folder / "query.sql").write_text("-- uses: everyone\nSELECT 1\n")
    with pytest.raises(DefinitionInvalid, match=r"common\.sql"):
        definition.load(folder)
    (tmp_path / "common.sql").write_text("-- table: someone\nSELECT 1\n")
    with pytest.raises(DefinitionInvalid, match="everyone"):
        definition.load(folder)


def test_a_whole_that_is_not_there_is_refused(tmp_path: Path) -> None:
    shutil.copytree(ONE, tmp_path / ONE.name)
    with pytest.raises(DefinitionInvalid, match=r"disclosure\.whole"):
        definition.load_all(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionInvalid):
        definition.load_all(tmp_path)


def test_the_digest_changes_with_the_formula(tmp_path: Path) -> None:
    folder = shutil.copytree(ONE, tmp_path / ONE.name)
    before = definition.load(folder).digest()
    (folder / "query.sql").write_text((folder / "query.sql").read_text() + "-- another\n")
    assert definition.load(folder).digest() != before


def test_the_digest_does_not_ask_in_which_order_a_definition_is_written(tmp_path: Path) -> None:
    folder = shutil.copytree(ONE, tmp_path / ONE.name)
    before = definition.load(folder).digest()
    file = folder / "definition.yaml"
    members = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump(dict(reversed(members.items())), sort_keys=False, allow_unicode=True))
    assert definition.load(folder).digest() == before
