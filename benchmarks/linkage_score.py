"""How right a linkage is: links beside the truth.

python benchmarks/linkage_score.py FOLDER LINKS.parquet [--left sid_id] [--right akun_id] [--threshold W|best]
    [--classes all] [--json]

FOLDER is what `benchmarks/linkage_data.py` wrote. LINKS has one row a pair: left id, right id, and either `class` (nik
and probable are links) or, with --threshold, `weight`. `best` takes the threshold that the truth itself likes most,
which flatters whoever is scored by it. A row without a left id whose `duplicate_of` names another account follows it.

Two definitions of right. By account: an account is right when its best link is a record of its person. By pairs: every
true pair of a record and an account counts, those of persons registered twice too; one link an account cannot reach 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

ACCEPTED = ("nik", "probable")
GROUPS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "NIK unusable": (
        ("nik_missing", "nik_placeholder", "nik_spreadsheet", "nik_truncated", "nik_phone", "nik_family_card"),
        ("nik_missing", "nik_placeholder", "nik_spreadsheet", "nik_truncated", "nik_phone", "nik_family_card"),
    ),
    "NIK mistyped": (("nik_typo",), ("nik_typo",)),
    "NIK of a relative": (("nik_family",), ("nik_family", "nik_couple_swapped")),
    "NIK of a broker": (("nik_broker",), ()),
    "other district": (("other_district",), ()),
    "other regency": (("other_regency",), ()),
    "moved family": ((), ("moved_family",)),
    "date heaped": (("date_heaped",), ("date_heaped", "date_village_heaped")),
    "twin": (("twin",), ()),
    "no mistake in NIK": ((), ()),
}
"""Classes of the account, and of its records in the register: in the group is who has one of either."""


@dataclass(frozen=True)
class Rightness:
    """Accepted, right among them, and what could have been right."""

    accepted: int
    right: int
    true: int

    @property
    def precision(self) -> float:
        return self.right / self.accepted if self.accepted else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.accepted + self.true) if self.accepted + self.true else 0.0

    def as_dict(self) -> dict[str, float]:
        return {
            **asdict(self),
            "precision": round(self.precision, 5),
            "recall": round(self.recall, 5),
            "f1": round(self.f1, 5),
        }


@dataclass(frozen=True)
class Recall:
    accounts: int
    recall: float


@dataclass(frozen=True)
class Score:
    by_account: Rightness
    by_pairs: Rightness
    strangers: int
    """Accounts whose person is in no register at hand."""
    strangers_linked: int
    recall_at_999: float
    """The largest share of accounts linked rightly by any threshold at which 999 of 1,000 links are right."""
    best_threshold: float | None
    best_f1: float
    """By account, at the threshold that the truth likes most."""
    threshold: float | None
    groups: dict[str, Recall]
    classes: dict[str, Recall]
    """By the account's own class."""
    resident_classes: dict[str, Recall]

    def as_dict(self) -> dict[str, object]:
        return {
            **asdict(self),
            "by_account": self.by_account.as_dict(),
            "by_pairs": self.by_pairs.as_dict(),
            "strangers_linked_share": round(self.strangers_linked / self.strangers, 5) if self.strangers else 0.0,
        }


class Unscored(SystemExit):
    """The links cannot be read: says what is missing."""


def score(
    folder: Path,
    links: Path,
    *,
    left: str = "sid_id",
    right: str = "akun_id",
    threshold: float | str | None = None,
    memory: str = "4GB",
) -> Score:
    """The score of one file of links. `threshold` is a weight, "best", or null for the classes in the file."""
    connection = duckdb.connect()
    connection.execute(
        f"SET memory_limit='{memory}'; SET enable_progress_bar=false; SET preserve_insertion_order=false"
    )
    _load(connection, folder, links, left, right)
    best_threshold, best_f1, recall_at_999 = _curve(connection)
    chosen = best_threshold if threshold == "best" else float(threshold) if threshold is not None else None
    accepted = (
        f"score >= {chosen!r}" if chosen is not None else f"class IN {ACCEPTED}" if threshold is None else "false"
    )
    connection.execute(f"CREATE TABLE accepted AS FROM candidate WHERE {accepted}")
    connection.execute("""CREATE TABLE told AS
        SELECT t.*, a.akun IS NOT NULL AS is_linked, coalesce(list_contains(sid_ids, a.sid), false) AS is_right
        FROM truth t
        LEFT JOIN (FROM accepted QUALIFY row_number() OVER (PARTITION BY akun ORDER BY score DESC, sid) = 1) a
        USING (akun)""")
    linked, is_right, true, strangers, strangers_linked, pairs = _row(
        connection,
        """SELECT count(*) FILTER (is_linked), count(*) FILTER (is_right),
        count(*) FILTER (len(sid_ids) > 0), count(*) FILTER (len(sid_ids) = 0),
        count(*) FILTER (len(sid_ids) = 0 AND is_linked), sum(len(sid_ids))::BIGINT FROM told""",
    )
    pairs_accepted, pairs_right = _row(
        connection,
        """SELECT count(*), count(*) FILTER (list_contains(sid_ids, sid))
        FROM (SELECT DISTINCT akun, sid FROM accepted) JOIN truth USING (akun)""",
    )
    found = Score(
        Rightness(linked, is_right, true),
        Rightness(pairs_accepted, pairs_right, pairs),
        strangers,
        strangers_linked,
        recall_at_999,
        best_threshold,
        best_f1,
        chosen,
        _groups(connection),
        _by_class(connection, "classes"),
        _by_class(connection, "resident_classes"),
    )
    connection.close()
    return found


def _row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    (row,) = connection.execute(sql).fetchall()
    return tuple(each or 0 for each in row)


def _load(connection: duckdb.DuckDBPyConnection, folder: Path, links: Path, left: str, right: str) -> None:
    for path in (folder / "truth.parquet", links):
        if not path.exists():
            raise Unscored(f"{path} is not there")
    columns = {name for (name, *_) in connection.execute("DESCRIBE FROM read_parquet(?)", [str(links)]).fetchall()}
    if missing := {left, right} - columns:
        raise Unscored(f"{links} has no column {', '.join(sorted(missing))}")
    connection.execute(
        "CREATE TABLE truth AS SELECT akun_id AS akun, sid_ids, classes, resident_classes FROM read_parquet(?)",
        [str(folder / "truth.parquet")],
    )
    score_column = "weight" if "weight" in columns else "0.0"
    if "probability" in columns and "weight" in columns:
        # ranked by what the linkage itself believes; the weight where that is the same
        score_column = (
            "coalesce(probability, 0) * 1e6 + greatest(-400, least(400, weight)) * 1e-3"
            if _has_values(connection, links)
            else "weight"
        )
    class_column = '"class"' if "class" in columns else "NULL"
    duplicate_column = "duplicate_of::BIGINT" if "duplicate_of" in columns else "NULL::BIGINT"
    connection.execute(
        f"""CREATE TABLE candidate AS
        WITH read AS (SELECT "{left}"::BIGINT AS sid, "{right}"::BIGINT AS akun, {class_column} AS class,
                      {score_column} AS score, {duplicate_column} AS duplicate_of FROM read_parquet(?))
        SELECT coalesce(r.sid, first.sid) AS sid, r.akun, r.class, r.score FROM read r
        LEFT JOIN (SELECT akun, sid FROM read WHERE sid IS NOT NULL
                   QUALIFY row_number() OVER (PARTITION BY akun ORDER BY score DESC, sid) = 1) first
            ON r.sid IS NULL AND r.duplicate_of = first.akun
        WHERE coalesce(r.sid, first.sid) IS NOT NULL""",
        [str(links)],
    )


def _has_values(connection: duckdb.DuckDBPyConnection, links: Path) -> bool:
    return bool(_row(connection, f"SELECT count(probability) FROM read_parquet('{links}')")[0])


def _curve(connection: duckdb.DuckDBPyConnection) -> tuple[float | None, float, float]:
    """Best threshold and its F1, and recall at precision .999; by account, over the best candidate of each."""
    (row,) = connection.execute("""
        WITH best AS (SELECT akun, score, list_contains(sid_ids, sid) AS is_right FROM candidate JOIN truth USING (akun)
                      QUALIFY row_number() OVER (PARTITION BY akun ORDER BY score DESC, sid) = 1),
        equal AS (SELECT score, count(*) AS accepted, count(*) FILTER (is_right) AS right_ FROM best GROUP BY score),
        running AS (SELECT score, sum(accepted) OVER w AS accepted, sum(right_) OVER w AS right_ FROM equal
                    WINDOW w AS (ORDER BY score DESC ROWS UNBOUNDED PRECEDING)),
        rated AS (SELECT score, right_ / accepted AS precision_, right_ / t AS recall_,
                         2 * right_ / (accepted + t) AS f1
                  FROM running, (SELECT count(*) FILTER (len(sid_ids) > 0) AS t FROM truth))
        SELECT arg_max(score, f1), max(f1), max(recall_) FILTER (precision_ >= 0.999) FROM rated""").fetchall()
    return row[0], round(row[1] or 0.0, 5), round(row[2] or 0.0, 5)


def _groups(connection: duckdb.DuckDBPyConnection) -> dict[str, Recall]:
    found = {}
    for name, (own, residents) in GROUPS.items():
        if own or residents:
            where = (
                f"list_has_any(classes, {list(own)}::VARCHAR[]) "
                f"OR list_has_any(resident_classes, {list(residents)}::VARCHAR[])"
            )
        else:
            has_mark = "list_transform(classes || resident_classes, lambda c: starts_with(c, 'nik_'))"
            where = f"NOT list_contains({has_mark}, true)"
        count, share = _row(
            connection, f"SELECT count(*), avg(is_right::INT) FROM told WHERE len(sid_ids) > 0 AND ({where})"
        )
        if count:
            found[name] = Recall(count, round(share, 5))
    return found


def _by_class(connection: duckdb.DuckDBPyConnection, column: str) -> dict[str, Recall]:
    rows = connection.execute(f"""
        SELECT mark, count(*), avg(is_right::INT)
        FROM (SELECT unnest({column}) AS mark, is_right FROM told WHERE len(sid_ids) > 0)
        GROUP BY ALL ORDER BY mark""").fetchall()
    return {mark: Recall(count, round(share, 5)) for mark, count, share in rows}


def text(found: Score, *, all_classes: bool = False) -> str:
    """For people."""
    lines = [f"{'':<26}{'precision':>10}{'recall':>10}{'F1':>10}{'accepted':>12}{'right':>12}{'true':>12}"]
    for name, each in (("by account", found.by_account), ("by pairs", found.by_pairs)):
        lines.append(
            f"{name:<26}{each.precision:>10.4f}{each.recall:>10.4f}{each.f1:>10.4f}{each.accepted:>12,}{each.right:>12,}{each.true:>12,}"
        )
    share = found.strangers_linked / found.strangers if found.strangers else 0.0
    lines += [
        f"accounts without a resident: {found.strangers_linked:,} of {found.strangers:,} linked ({100 * share:.2f} %)",
        f"recall at precision .999: {found.recall_at_999:.4f}; "
        f"best F1 by the truth's own threshold: {found.best_f1:.4f}",
        "",
        f"{'recall by group':<32}{'accounts':>10}{'recall':>10}",
    ]
    lines += [f"{name:<32}{each.accounts:>10,}{each.recall:>10.4f}" for name, each in found.groups.items()]
    if all_classes:
        for title, table in (
            ("by class of the account", found.classes),
            ("by class of its register records", found.resident_classes),
        ):
            lines += ["", f"{title:<32}{'accounts':>10}{'recall':>10}"]
            lines += [f"{name:<32}{each.accounts:>10,}{each.recall:>10.4f}" for name, each in table.items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("links", type=Path)
    parser.add_argument("--left", default="sid_id")
    parser.add_argument("--right", default="akun_id")
    parser.add_argument("--threshold", help="a weight, or best; without it, the classes in the file decide")
    parser.add_argument("--classes", choices=("groups", "all"), default="groups")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = score(
        arguments.folder, arguments.links, left=arguments.left, right=arguments.right, threshold=arguments.threshold
    )
    print(
        json.dumps(found.as_dict()) if arguments.json else text(found, all_classes=arguments.classes == "all"),
        file=sys.stdout,
    )


if __name__ == "__main__":
    main()
