"""The contracts are valid ODCS, and say what the readers read: neither promises what the other does not know."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from tenun.registry.table import Classification
from tenun.sources import headings
from tenun.sources.kemendesa import idm, sdgs
from tenun.sources.siapkerja import certificates, placements, seekers, trainings, vacancies
from tenun.sources.siapkerja.extract import Extract
from tests.lib.employment_files import idm_answer, regions, sdgs_answer, vacancy
from tests.lib.shared_data import shared

FOLDER = Path(__file__).resolve().parents[3] / "contracts"
EXTRACTS = (seekers.EXTRACT, trainings.EXTRACT, certificates.EXTRACT, placements.EXTRACT)
CONTRACTS = sorted(path.name.removesuffix(".odcs.yaml") for path in FOLDER.glob("*.odcs.yaml"))


def contract(name: str) -> OpenDataContractStandard:
    return OpenDataContractStandard.from_file(str(FOLDER / f"{name}.odcs.yaml"))


def properties(name: str) -> list[Any]:
    (schema,) = contract(name).schema_ or []
    return list(schema.properties or [])


def test_every_input_has_its_contract() -> None:
    assert CONTRACTS == ["certificates", "idm", "placements", "sdgs", "seekers", "trainings", "vacancies"]


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_is_valid_under_the_published_schema(name: str) -> None:
    schema = json.loads(shared("vectors/odcs/odcs-json-schema-v3.1.0.json").read_text(encoding="utf-8"))
    document = yaml.safe_load((FOLDER / f"{name}.odcs.yaml").read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_library_reads_and_writes_a_contract_without_loss(name: str) -> None:
    read = contract(name)
    assert read.apiVersion == "v3.1.0"
    assert OpenDataContractStandard.from_string(read.to_yaml()) == read


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_property_has_words_in_both_languages_and_a_class_that_we_know(name: str) -> None:
    for one in every(properties(name)):
        assert one.businessName, one.name
        assert one.description, one.name
        if one.logicalType not in ("object", "array"):
            assert one.classification in set(Classification), one.name


@pytest.mark.parametrize("extract", EXTRACTS, ids=lambda extract: extract.name)
def test_a_reader_reads_the_columns_of_its_contract_and_no_others(extract: Extract) -> None:
    assert [one.name for one in properties(extract.name)] == list(extract.columns)


@pytest.mark.parametrize("extract", EXTRACTS, ids=lambda extract: extract.name)
def test_a_reader_demands_the_headings_that_its_contract_names(extract: Extract) -> None:
    told = {one.property: one.value for one in contract(extract.name).customProperties or []}
    assert str(told["headings_required"]).split(", ") == list(extract.required)
    # A cell may be empty below a heading that must be there, and never the other way round.
    assert {one.name for one in properties(extract.name) if one.required} <= set(extract.required)


@pytest.mark.parametrize("extract", EXTRACTS, ids=lambda extract: extract.name)
def test_no_two_columns_of_an_extract_share_a_heading(extract: Extract) -> None:
    spellings = [headings.key(one) for column, others in extract.columns.items() for one in (column, *others)]
    assert len(spellings) == len(set(spellings))


def test_identifiers_are_classified_as_such() -> None:
    identifying = {one.name for one in properties("seekers") if one.classification == "identifier"}
    assert identifying == {"id_pencaker", "nik", "nama", "tempat_lahir", "tanggal_lahir", "alamat"}
    assert {one.name for one in properties("placements") if one.classification == "identifier"} == {
        "id_penempatan",
        "id_pencaker",
    }


def test_no_certificate_or_placement_carries_a_name_or_a_nik() -> None:
    for name in ("certificates", "placements"):
        assert not {"nik", "nama", "alamat", "tanggal_lahir"} & {one.name for one in properties(name)}


@pytest.mark.parametrize(
    ("name", "answer"),
    [("idm", idm_answer()), ("sdgs", sdgs_answer()), ("vacancies", vacancy())],
)
def test_what_a_contract_requires_of_an_answer_is_what_the_reader_needs(name: str, answer: dict[str, Any]) -> None:
    read = {"idm": idm.read, "sdgs": sdgs.read, "vacancies": lambda body: vacancies.read(body, regions())}[name]
    accepted = type(read(answer))
    for one in properties(name):
        if not one.required:
            continue
        reduced = {key: value for key, value in answer.items() if key != one.name}
        if name == "idm" and one.name == "error":
            continue  # an answer that does not say that it failed, and holds an index, is taken
        assert type(read(reduced)) is not accepted, one.name
    assert documented(answer, properties(name)) == []


def documented(answer: Mapping[str, Any], known: Iterable[Any]) -> list[str]:
    """Required members that an answer of ours lacks: then the contract and the tests speak of two things."""
    return [one.name for one in known if one.required and one.name not in answer]


def every(known: Iterable[Any]) -> Iterable[Any]:
    """Properties at every depth."""
    for one in known:
        yield one
        yield from every(one.properties or [])
        yield from every((one.items.properties or []) if one.items else [])
