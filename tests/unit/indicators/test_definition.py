"""A definition says all it must and nothing else, and an error says where it does not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tenun.indicators import definition, export, wording
from tenun.indicators.definition import DefinitionInvalid
from tenun.indicators.inputs import PERSON_FIELDS
from tenun.registry.siapkerja import tables as siapkerja

ONE = definition.FOLDER / "b1-recorded-as-working"


def test_the_six_indicators_load_in_the_order_of_the_catalogue() -> None:
    assert list(definition.load_all()) == ["A1", "B1", "B13", "C1", "D1", "G1"]


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
        "placements": siapkerja.PLACEMENTS.names(),
        "persons": PERSON_FIELDS,
        "links": ("seeker_id", "person_id"),
    }
    for one in definition.load_all().values():
        for table, fields in one.fields.items():
            assert set(fields) <= set(tables[table]), one.id


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
