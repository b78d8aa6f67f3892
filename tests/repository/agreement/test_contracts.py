"""The data contracts and the tables of the registers say the same; when one changes, the other must too."""

from __future__ import annotations

import pytest

from tenun.agreement import contracts
from tenun.agreement.document import load
from tests.lib.agreement_drafts import SHIPPED

HOW = "the tables changed: run `./run tenun agreement refresh`, and say in CHANGELOG.md what an addendum must cover"


@pytest.mark.parametrize("dataset", contracts.DATASETS, ids=lambda dataset: dataset.id)
def test_a_contract_is_what_the_tables_promise(dataset: contracts.Dataset) -> None:
    assert (SHIPPED / contracts.file_name(dataset)).read_bytes() == contracts.render(dataset), HOW


def test_the_agreement_has_a_contract_for_every_dataset_and_no_other() -> None:
    agreed = load(SHIPPED).datasets
    assert set(agreed) == {dataset.id for dataset in contracts.DATASETS}
    assert {path.name for path in (SHIPPED / "datasets").iterdir()} == {
        f"{dataset.id}.odcs.yaml" for dataset in contracts.DATASETS
    }


@pytest.mark.parametrize("dataset", contracts.DATASETS, ids=lambda dataset: dataset.id)
def test_the_agreement_lists_every_column_with_its_classification(dataset: contracts.Dataset) -> None:
    columns = {column.name: column.classification for table in dataset.tables.values() for column in table.columns}
    listed = {name: field.classification for name, field in load(SHIPPED).datasets[dataset.id].fields.items()}
    assert listed == columns


def test_a_column_has_one_classification_in_all_tables_of_a_dataset() -> None:
    for dataset in contracts.DATASETS:
        found: dict[str, object] = {}
        for table in dataset.tables.values():
            for column in table.columns:
                assert found.setdefault(column.name, column.classification) == column.classification
