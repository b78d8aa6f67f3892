"""A node with invented people and a crosswalk of known truth, for whoever tests the review of links.

The crosswalk is put together here, not by the linkage: so much of each class, so much of it wrong, and weights all
along the scale. What the linkage itself does is tested elsewhere.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from tenun.lake.snapshot import Origin, Snapshot
from tenun.lake.store import Lake
from tenun.linkage import crosswalk
from tenun.linkage import model as models
from tenun.linkage.review.judgements import Pair
from tenun.registry.siapkerja.tables import SEEKERS_DATASET
from tenun.registry.sid.tables import DATASET
from tests.lib import invented_people, linked_nodes
from tests.lib.invented_people import AS_OF, People

REGENCY = "52.08"
RULES = "link/test"


@dataclass(frozen=True)
class ToReview:
    people: People
    crosswalk: Snapshot
    rows: list[dict[str, Any]]
    is_right: dict[Pair, bool]
    """Every pair of the crosswalk -> whether it is one person."""

    def of_class(self, name: str) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["match_class"] == name]

    def person(self, row: dict[str, Any]) -> dict[str, Any]:
        return next(one for one in self.people.residents if one["person_id"] == row["person_id"])

    def account(self, row: dict[str, Any]) -> dict[str, Any]:
        return next(one for one in self.people.seekers if one["seeker_id"] == row["seeker_id"])


def publish(lake: Lake, *, residents: int = 1_400, seed: int = 3, wrong_share: float = 0.4) -> ToReview:
    """Publish villages, accounts and crosswalk into a lake. `wrong_share`: of the pairs for review, those not right."""
    people = invented_people.invent(residents, seed=seed, regency=REGENCY)
    for village in people.villages():
        linked_nodes.publish(lake, DATASET, village, people.resident_tables(village))
    linked_nodes.publish(lake, SEEKERS_DATASET, "00", people.seeker_tables())
    rows, is_right = _rows(people, random.Random(seed), wrong_share)
    snapshot = crosswalk.publish(
        lake,
        pa.Table.from_pylist(rows, schema=crosswalk.SCHEMA),
        as_of=AS_OF,
        origin=Origin(recipe="links-to-review/1", settings={"seed": seed, "model": models.load().id}),
        details={"invented": True},
    )
    return ToReview(people, snapshot, rows, is_right)


def _rows(people: People, chance: random.Random, wrong_share: float) -> tuple[list[dict[str, Any]], dict[Pair, bool]]:
    kept = [row for row in people.residents if row["is_kept"]]
    by_true = {row["true_person"]: row for row in kept}
    rows, is_right = [], {}
    for account in sorted(people.seekers, key=lambda one: one["seeker_id"]):
        person = by_true.get(account["true_person"])
        if person is None:
            rows.append(_row(account, None, "none", None, ["no_candidate"]))
            continue
        if person["nik"] and person["nik"] == account["nik"]:
            match_class, weight, more = "nik", chance.uniform(12, 30), []
        elif chance.random() < 0.5:
            match_class, weight, more = "probable", chance.uniform(4, 14), []
        else:
            match_class, weight, more = "review", chance.uniform(-2, 6), ["weight_between"]
        if match_class == "review" and chance.random() < wrong_share:
            person = chance.choice([one for one in kept if one["village_code"] == person["village_code"]])
        rows.append(_row(account, person, match_class, round(weight, 4), [*_levels(person, account), *more]))
        is_right[Pair(account["seeker_id"], person["person_id"])] = person["true_person"] == account["true_person"]
    return rows, is_right


def _row(
    account: dict[str, Any], person: dict[str, Any] | None, match_class: str, weight: float | None, reasons: list[str]
) -> dict[str, Any]:
    return {
        "seeker_id": account["seeker_id"],
        "person_id": person["person_id"] if person else None,
        "village_code": person["village_code"] if person else None,
        "match_class": match_class,
        "weight": weight,
        "reasons": reasons,
        "rule_version": RULES,
    }


def _levels(person: dict[str, Any], account: dict[str, Any]) -> list[str]:
    def level(field: str, column: str, otherwise: str) -> str:
        left, right = person[column], account[column]
        if left is None or right is None:
            return f"{field}_missing"
        return f"{field}_equal" if left == right else otherwise

    return [
        level("nik", "nik", "nik_differs"),
        level("name", "full_name", "name_similar"),
        level("birth_date", "birth_date", "birth_date_differs"),
        level("sex", "sex", "sex_differs"),
        level("village", "village_code", "village_differs"),
        level("address", "address", "address_differs"),
    ]


def day(value: date) -> str:
    """A date as the portal writes it in Indonesian."""
    months = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()
    return f"{value.day} {months[value.month - 1]} {value.year}"
