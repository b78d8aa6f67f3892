"""One row in four formats: the same cells, in all nine states, with metadata by which a stranger can read them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tenun.cli import results as command
from tenun.disclosure.state import ValueState
from tenun.indicators import citation, csvw, export
from tenun.indicators.areas import Level
from tenun.indicators.results import Results
from tenun.kernel.keys import MemoryKeys
from tenun.lake.store import Lake
from tenun.node.home import NodeHome, Role
from tests.lib import published_figures as published

LANGUAGES = ("id", "en")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    lake = Lake(tmp_path_factory.mktemp("lake"), MemoryKeys())
    published.publish(lake)
    return Results.open(lake)


def rows_in_every_state(results: Results, language: str) -> list[dict[str, Any]]:
    """Of a shut-off too: the same snapshot, as it is read then."""
    cut = Results(results_lake(results), results.snapshot, is_cut=True)
    shown = export.rows(results, level=Level.VILLAGE, parent=published.REGENCY, language=language)
    return [*shown, *export.rows(cut, area="52", language=language)]


def results_lake(results: Results) -> Lake:
    return Lake(results.snapshot.folder.parents[3], MemoryKeys())


def read_csv(content: bytes, metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As CSV on the Web says: columns, nulls and datatypes are those of the metadata, and of nothing else."""
    dialect = metadata["dialect"]
    text = content.decode(dialect["encoding"]).removeprefix("\ufeff")
    assert text.endswith(dialect["lineTerminators"])
    columns = metadata["tableSchema"]["columns"]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=dialect["delimiter"], quotechar=dialect["quoteChar"])
    assert next(lines) == [column["titles"] for column in columns]
    reads = {"string": str, "integer": int, "number": float, "date": str}
    return [
        {
            column["name"]: None if cell in [column.get("null", "")] else reads[column["datatype"]](cell)
            for column, cell in zip(columns, line, strict=True)
        }
        for line in lines
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_formats_hold_the_same_cells_in_all_nine_states(results: Results, language: str) -> None:
    rows = rows_in_every_state(results, language)
    assert {row["state"] for row in rows} == {str(state) for state in ValueState}
    about = citation.About.of(results)
    metadata = csvw.document(about, results.definitions.values(), url="angka.csv", language=language)
    assert read_csv(export.as_csv(rows), metadata) == rows
    assert json.loads(export.as_json(rows, {}))["values"] == rows
    book = export.as_xlsx(rows, title="t", made_on=datetime.combine(results.reference_date, time()), language=language)
    cells = list(openpyxl.load_workbook(io.BytesIO(book)).worksheets[0].values)
    assert [dict(zip(export.FIELDS, line, strict=True)) for line in cells[1:]] == rows
    table = pq.read_table(io.BytesIO(export.as_parquet(rows, metadata=metadata, language=language)))
    dates = [key for key, field in export.FIELDS.items() if field.kind is export.Kind.DATE]
    assert [{**row, **{key: row[key] and row[key].isoformat() for key in dates}} for row in table.to_pylist()] == rows


def test_every_row_has_its_state_reason_dates_rule_and_snapshot(results: Results) -> None:
    for row in rows_in_every_state(results, "id"):
        assert all(row[key] for key in ("state", "rule_version", "snapshot", "agreement_rev", "reference_date"))
        hidden = not ValueState(row["state"]).has_value
        numbers = [row[key] for key, field in export.FIELDS.items() if field.kind is export.Kind.NUMBER]
        assert not hidden or numbers == [None] * 5
        assert not hidden or (row["reason"] and row["reason_code"] and row["shown"])


def test_the_parquet_schema_says_what_the_metadata_of_the_csv_says(results: Results) -> None:
    metadata = csvw.document(citation.About.of(results), results.definitions.values(), url="angka.csv")
    made = [export.as_parquet(export.rows(results, area="52"), metadata=metadata) for _ in range(2)]
    assert made[0] == made[1]
    schema = pq.read_schema(io.BytesIO(made[0]))
    assert json.loads(schema.metadata[b"tenun"]) == metadata
    assert schema.field("value").metadata[b"title_id"].decode() == export.FIELDS["value"].id


@pytest.mark.parametrize("item", ["konsep", "definisi", "klasifikasi", "ukuran", "satuan", "dasar_rujukan"])
def test_the_metadata_has_every_item_of_satu_data_for_every_indicator(results: Results, item: str) -> None:
    told = csvw.document(citation.About.of(results), results.definitions.values(), url="x")
    listed = told[f"{csvw._OURS}indicators"]
    assert [one["skos:notation"] for one in listed] == list(results.definitions)
    for one in listed:
        words = {part["@language"]: part["@value"] for part in one[f"{csvw._OURS}{item}"]}
        assert set(words) == {"id", "en"}
        assert all(words.values())


def test_the_primary_key_of_the_metadata_names_each_row_once(results: Results) -> None:
    key = csvw.document(citation.About.of(results), [], url="x")["tableSchema"]["primaryKey"]
    rows = export.rows(results, level=Level.VILLAGE, parent=published.REGENCY)
    assert len({tuple(row[name] for name in key) for row in rows}) == len(rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_citation_names_what_when_under_which_agreement_and_that_it_is_invented(
    results: Results, language: str
) -> None:
    about = citation.About.of(results)
    hidden = next(one for one in results.level(Level.VILLAGE, indicator="A1") if one.state is ValueState.LT)
    said = citation.of_value(about, results.definitions["A1"], hidden, address="https://x/y").said(language)
    for part in (results.snapshot.id, results.agreement_number, "A1", hidden.area_code, "<5", "https://x/y"):
        assert part in said
    assert said.startswith("DATA BUATAN" if language == "id" else "INVENTED DATA")


# --- the command -------------------------------------------------------------------------------------


@pytest.fixture
def at_home(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> NodeHome:
    monkeypatch.setenv("TENUN_HOME", str(tmp_path / "home"))
    home = NodeHome.of(Role.NAKER)
    published.publish(home.lake)
    return home


def test_the_command_writes_a_csv_with_its_metadata_beside_it(at_home: NodeHome, tmp_path: Any) -> None:
    out = tmp_path / "angka.csv"
    asked = ["export", "--out", str(out), "--area", published.REGENCY, "--level", "desa", "--json"]
    answer = CliRunner().invoke(command.app, asked)
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.output)
    metadata = json.loads((tmp_path / "angka.csv-metadata.json").read_text("utf-8"))
    assert metadata["url"] == "angka.csv"
    rows = export.rows(Results.open(at_home.lake), level=Level.VILLAGE, parent=published.REGENCY)
    assert read_csv(out.read_bytes(), metadata) == rows
    assert told["rows"] == len(rows)


@pytest.mark.parametrize("output_format", ["json", "xlsx", "parquet"])
def test_the_command_writes_the_same_bytes_for_the_same_snapshot(
    at_home: NodeHome, tmp_path: Any, output_format: str
) -> None:
    snapshot = Results.open(at_home.lake).snapshot.id
    asked = ["--area", published.REGENCY, "--indicator", "b1", "--format", output_format, "--language", "en"]
    for name in ("first", "later"):
        (tmp_path / name).mkdir()
    first = ["export", "--out", str(tmp_path / "first" / "angka"), *asked]
    assert CliRunner().invoke(command.app, first).exit_code == 0
    published.publish(at_home.lake, as_of=published.AS_OF.replace(year=2027), seed=3)
    later = ["export", "--out", str(tmp_path / "later" / "angka"), *asked, "--snapshot", snapshot]
    assert CliRunner().invoke(command.app, later).exit_code == 0
    assert (tmp_path / "first" / "angka").read_bytes() == (tmp_path / "later" / "angka").read_bytes()


def test_the_command_tells_where_a_figure_comes_from(at_home: NodeHome, tmp_path: Any) -> None:
    asked = ["where-from", "a1", published.REGENCY, "--prov", str(tmp_path / "prov.json")]
    answer = CliRunner().invoke(command.app, asked)
    assert answer.exit_code == 0, answer.output
    assert Results.open(at_home.lake).snapshot.reference in answer.output
    assert "entity" in json.loads((tmp_path / "prov.json").read_text("utf-8"))
