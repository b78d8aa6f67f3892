"""The scorer of linkages, on links counted by hand."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks import linkage_score

# account 1: registered twice (10, 11); 2 and 3: two accounts of one person (20); 4: nobody; 5: one record (50)
TRUTH = [
    (1, [10, 11], ["other_regency"], ["nik_missing"]),
    (2, [20], ["nik_family"], []),
    (3, [20], ["duplicate_account"], []),
    (4, [], ["no_resident"], []),
    (5, [50], [], ["date_heaped"]),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    akun, sid, own, residents = zip(*TRUTH, strict=True)
    words = pa.list_(pa.string())
    table = pa.table(
        {
            "akun_id": pa.array(akun, pa.int64()),
            "person": pa.array(akun, pa.int64()),
            "sid_ids": pa.array(sid, pa.list_(pa.int64())),
            "classes": pa.array(own, words),
            "resident_classes": pa.array(residents, words),
        }
    )
    pq.write_table(table, tmp_path / "truth.parquet")
    return tmp_path


def links(folder: Path, *rows: tuple[int | None, int, str | None, float, int | None]) -> Path:
    sid, akun, class_, weight, duplicate_of = zip(*rows, strict=True)
    path = folder / "links.parquet"
    columns = {
        "sid_id": pa.array(sid, pa.int64()),
        "akun_id": pa.array(akun, pa.int64()),
        "class": pa.array(class_, pa.string()),
        "weight": pa.array(weight, pa.float64()),
        "duplicate_of": pa.array(duplicate_of, pa.int64()),
    }
    pq.write_table(pa.table(columns), path)
    return path


def test_an_account_is_right_when_its_link_is_any_record_of_its_person(folder: Path) -> None:
    found = linkage_score.score(
        folder, links(folder, (11, 1, "nik", 9.0, None), (20, 2, "probable", 7.0, None), (50, 5, "review", 3.0, None))
    )
    assert (found.by_account.accepted, found.by_account.right, found.by_account.true) == (2, 2, 4)
    assert (found.by_account.precision, found.by_account.recall) == (1.0, 0.5)
    assert found.by_account.f1 == pytest.approx(2 / 3)


def test_by_pairs_every_record_of_a_person_counts(folder: Path) -> None:
    found = linkage_score.score(
        folder, links(folder, (10, 1, "nik", 9.0, None), (11, 1, "nik", 8.0, None), (10, 2, "nik", 5.0, None))
    )
    assert (found.by_pairs.accepted, found.by_pairs.right, found.by_pairs.true) == (3, 2, 5)
    assert found.by_account.right == 1


def test_the_best_link_of_an_account_is_what_counts_for_it(folder: Path) -> None:
    found = linkage_score.score(folder, links(folder, (99, 1, "nik", 9.0, None), (10, 1, "probable", 8.0, None)))
    assert found.by_account.right == 0


def test_linked_strangers_are_told_apart(folder: Path) -> None:
    found = linkage_score.score(folder, links(folder, (10, 4, "probable", 9.0, None)))
    assert (found.strangers, found.strangers_linked) == (1, 1)
    assert found.by_account.precision == 0.0


def test_a_second_account_follows_the_first_where_it_has_no_link_of_its_own(folder: Path) -> None:
    found = linkage_score.score(folder, links(folder, (20, 2, "nik", 9.0, None), (None, 3, "probable", 9.0, 2)))
    assert found.by_account.right == 2


def test_a_threshold_takes_the_place_of_classes(folder: Path) -> None:
    path = links(folder, (10, 1, None, 9.0, None), (20, 2, None, 5.0, None), (99, 5, None, 1.0, None))
    assert linkage_score.score(folder, path, threshold=6.0).by_account.accepted == 1
    best = linkage_score.score(folder, path, threshold="best")
    assert (best.threshold, best.by_account.accepted, best.by_account.right) == (5.0, 2, 2)
    assert best.recall_at_999 == 0.5


def test_recall_is_told_by_class_of_either_side(folder: Path) -> None:
    found = linkage_score.score(folder, links(folder, (10, 1, "nik", 9.0, None), (50, 5, "nik", 9.0, None)))
    assert found.classes["other_regency"].recall == 1.0
    assert found.classes["nik_family"].recall == 0.0
    assert "no_resident" not in found.classes  # nothing to find
    assert found.groups["NIK unusable"] == linkage_score.Recall(1, 1.0)
    assert found.groups["date heaped"].recall == 1.0
    assert found.groups["no mistake in NIK"] == linkage_score.Recall(2, 0.5)


def test_links_without_their_ids_are_refused(folder: Path) -> None:
    with pytest.raises(linkage_score.Unscored, match="nomor"):
        linkage_score.score(folder, links(folder, (10, 1, "nik", 9.0, None)), left="nomor")


def test_the_text_says_both_definitions(folder: Path) -> None:
    text = linkage_score.text(linkage_score.score(folder, links(folder, (10, 1, "nik", 9.0, None))), all_classes=True)
    assert "by account" in text
    assert "by pairs" in text
    assert "duplicate_account" in text
