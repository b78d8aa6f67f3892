"""How well the rules link when the NIK is gone, measured on real data without labels.

Accounts that their NIK links and the rest bears out are as good as known. For a sample of them the account's NIK is
hidden, everything is linked again, and what the rules say is compared with what the NIK said. That is the recall and
precision of the second stage on people whose NIK is good; those without one may be recorded worse in everything else,
so that the figures are rather above what such people get.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from tenun.engine.duckdb import only_row
from tenun.kernel.errors import TenunError
from tenun.linkage.assignment import MatchClass
from tenun.linkage.review.estimate import JUDGED_MIN, wilson
from tenun.linkage.review.sample import UNKNOWN
from tenun.linkage.training import Present

SAMPLE = 20_000
DIMENSIONS = ("regency", "sex", "age_band")
HIDDEN = "hidden_niks"


class TooFewToHide(TenunError):
    """The NIK links too few accounts to test anything on them."""

    code = "linkage.too_few_to_hide"
    text_id = "Hanya {accounts} akun yang dipadankan dengan NIK; uji ini memerlukan paling sedikit {least}."
    text_en = "Only {accounts} accounts are linked by NIK; this test needs at least {least}."
    remedy_id = "Ulangi setelah lebih banyak desa atau akun masuk."
    remedy_en = "Run it again once more villages or accounts are in."


@dataclass(frozen=True)
class Found:
    """Of accounts whose NIK was hidden: how many, how many the rules linked, and how many to the same resident."""

    hidden: int
    linked: int
    right: int
    review: int

    @property
    def recall(self) -> tuple[float, float, float] | None:
        """With its 95 % interval (Wilson); none where too few were hidden."""
        return _share(self.right, self.hidden) if self.hidden >= JUDGED_MIN else None

    @property
    def precision(self) -> tuple[float, float, float] | None:
        return _share(self.right, self.linked) if self.linked >= JUDGED_MIN else None

    def as_dict(self) -> dict[str, Any]:
        return {
            "hidden": self.hidden,
            "linked": self.linked,
            "right": self.right,
            "review": self.review,
            "recall": _rounded(self.recall),
            "precision": _rounded(self.precision),
        }


@dataclass(frozen=True)
class SelfTest:
    overall: Found
    by: Mapping[str, Mapping[str, Found]]
    """Dimension -> value -> what was found; only groups of which enough was hidden."""
    linked_by_nik: int
    model: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "overall": self.overall.as_dict(),
            "by": {
                dimension: {value: found.as_dict() for value, found in values.items()}
                for dimension, values in self.by.items()
            },
            "linked_by_nik": self.linked_by_nik,
            "model": self.model,
        }


def run(present: Present, *, size: int = SAMPLE, seed: int = 1) -> SelfTest:
    """Hide and link again. Leaves `seekers` of the connection without the hidden NIKs. Raises `TooFewToHide`.

    Needs `told_accounts`. The sample is drawn by the digest of the account's pseudonym: the same one every time.
    """
    pipeline, connection = present.pipeline, present.connection
    pipeline.link_by_nik()
    (by_nik,) = only_row(connection, "SELECT count(*) FROM nik_decided WHERE held_back IS NULL")
    if by_nik < JUDGED_MIN:
        raise TooFewToHide(accounts=by_nik, least=JUDGED_MIN)
    hide(connection, size=size, seed=seed)
    pipeline.link_by_nik()
    pipeline.leave_residue()
    pipeline.link_by_rules()
    pipeline.decide()
    _compare(connection)
    values = {
        "regency": f"coalesce(regency_code, '{UNKNOWN}')",
        "sex": f"coalesce(sex, '{UNKNOWN}')",
        "age_band": "age_band",
    }
    by = {
        dimension: {name: found for name, found in _count(connection, sql).items() if found.hidden >= JUDGED_MIN}
        for dimension, sql in values.items()
    }
    return SelfTest(_count(connection, "'all'")["all"], by, int(by_nik), pipeline.model.id)


def hide(connection: duckdb.DuckDBPyConnection, *, size: int, seed: int) -> None:
    """Note who is linked by NIK in `hidden_niks` (seeker_id, person_id), at most `size`, and take their NIK away."""
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE {HIDDEN} AS
        SELECT seeker_id, person_id FROM nik_decided WHERE held_back IS NULL
        ORDER BY md5('{int(seed)}' || seeker_id::VARCHAR), seeker_id LIMIT {int(size)}
        """
    )
    connection.execute(
        f"""
        UPDATE seekers SET nik = NULL, nik_odd = NULL, nik_date = NULL, nik_female = NULL
        WHERE unique_id IN (SELECT seeker_id FROM {HIDDEN})
        """
    )


def _compare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `self_tested`: right is the resident whom the NIK gave, or another entry of the same NIK."""
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE self_tested AS
        SELECT d.match_class, d.match_class = '{MatchClass.REVIEW}' AS is_review,
               d.match_class IN ('{MatchClass.NIK}', '{MatchClass.PROBABLE}') AS is_linked,
               d.person_id = h.person_id OR a.nik = b.nik AS is_same,
               t.regency_code, t.sex, t.age_band
        FROM {HIDDEN} h
        JOIN decided d USING (seeker_id)
        JOIN told_accounts t ON t.unique_id = h.seeker_id
        LEFT JOIN housed a ON a.unique_id = h.person_id
        LEFT JOIN housed b ON b.unique_id = d.person_id
        """
    )


def _count(connection: duckdb.DuckDBPyConnection, group: str) -> dict[str, Found]:
    rows = connection.execute(
        f"""
        SELECT {group} AS name, count(*), count(*) FILTER (is_linked), count(*) FILTER (is_linked AND is_same),
               count(*) FILTER (is_review)
        FROM self_tested GROUP BY name ORDER BY name
        """
    ).fetchall()
    return {str(name): Found(*(int(count) for count in counts)) for name, *counts in rows}


def _share(part: int, whole: int) -> tuple[float, float, float]:
    value = part / whole
    return (value, *wilson(value, whole))


def _rounded(share: tuple[float, float, float] | None) -> dict[str, float] | None:
    if share is None:
        return None
    value, low, high = (round(one, 5) for one in share)
    return {"value": value, "low": low, "high": high}
