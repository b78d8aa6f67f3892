"""`tenun link files`: any two person tables in Parquet, as a user gives them."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenun.cli import main
from tenun.linkage import files, settings
from tenun.linkage.engine import OneDatabase
from tenun.linkage.files import FilesReport, PersonTable, PersonTableUnreadable
from tenun.linkage.judged import JudgementsUnreadable
from tenun.linkage.standard.rules import RuleUnknown
from tenun.linkage.standard.table import RULES, STANDARD_VERSION
from tenun.synthetic import linkage as people

AS_OF = date(2026, 6, 1)
COLUMNS = ["sid_id", "akun_id", "class", "weight", "probability", "duplicate_of", "why"]
CLASSES = ["nik", "probable", "review", "none"]
ROWS_A_PART = 700

Tables = Mapping[str, Path]

pytestmark = pytest.mark.xdist_group("link files")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("people")
    people.write(folder, residents=4_000, profile="open", seed=17, processes=1)
    return {
        "left": folder / "residents.parquet",
        "right": folder / "accounts.parquet",
        "truth": folder / "truth.parquet",
    }


@pytest.fixture(scope="module")
def linked(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FilesReport]:
    out = tmp_path_factory.mktemp("linked") / "links.parquet"
    return out, link(tables["left"], tables["right"], out)


def link(left: Path, right: Path, out: Path, *, threads: int = 2, **options: Any) -> FilesReport:
    ids = {
        "left_id": "sid_id",
        "right_id": "akun_id",
        **{name: options.pop(name) for name in ("left_id", "right_id") if name in options},
    }
    return files.link_files(
        PersonTable(left, ids["left_id"]), PersonTable(right, ids["right_id"]), out,
        settings=settings.load(threads=threads), as_of=AS_OF, **options,
    )  # fmt: skip


def changed(path: Path, folder: Path, change: Callable[[pa.Table], pa.Table]) -> Path:
    """A copy of a table, changed."""
    target = folder / path.name
    pq.write_table(change(pq.read_table(path)), target)
    return target


# --- what comes out ---------------------------------------------------------------------------------


def test_every_account_has_one_row_and_the_columns_are_those_promised(
    tables: Tables, linked: tuple[Path, FilesReport]
) -> None:
    out, report = linked
    links, accounts = pq.read_table(out), pq.read_table(tables["right"])
    assert links.column_names == COLUMNS
    assert links.column("akun_id").to_pylist() == sorted(accounts.column("akun_id").to_pylist())
    assert report.seekers == accounts.num_rows
    assert report.persons == pq.read_metadata(tables["left"]).num_rows
    counts = {name: links.column("class").to_pylist().count(name) for name in CLASSES}
    assert report.linked == counts
    assert report.accepted == counts["nik"] + counts["probable"] > 0
    assert report.second_accounts == links.num_rows - links.column("duplicate_of").null_count


def test_a_link_names_a_row_of_the_left_table_and_no_candidate_names_none(
    tables: Tables, linked: tuple[Path, FilesReport]
) -> None:
    rows = pq.read_table(linked[0]).to_pylist()
    known = set(pq.read_table(tables["left"]).column("sid_id").to_pylist())
    for row in rows:
        if row["class"] == "none":
            assert [row[name] for name in ("sid_id", "weight", "probability", "duplicate_of")] == [None] * 4
        else:
            assert row["sid_id"] in known
            assert 0 <= row["probability"] <= 1
        assert (row["why"] is not None) or row["class"] in ("nik", "probable")
    first = [row["sid_id"] for row in rows if row["class"] in ("nik", "probable") and row["duplicate_of"] is None]
    assert len(first) == len(set(first))
    holder = {row["akun_id"]: row["sid_id"] for row in rows}
    assert all(holder[row["duplicate_of"]] == row["sid_id"] for row in rows if row["duplicate_of"] is not None)


def test_most_accounts_find_their_person(tables: Tables, linked: tuple[Path, FilesReport]) -> None:
    right = {row["akun_id"]: set(row["sid_ids"]) for row in pq.read_table(tables["truth"]).to_pylist()}
    accepted = [row for row in pq.read_table(linked[0]).to_pylist() if row["class"] in ("nik", "probable")]
    good = sum(row["sid_id"] in right[row["akun_id"]] for row in accepted)
    findable = sum(bool(persons) for persons in right.values())
    assert good / len(accepted) >= 0.99
    assert good / findable >= 0.94


def test_the_same_bytes_on_one_thread_and_on_two(
    tables: Tables, linked: tuple[Path, FilesReport], tmp_path: Path
) -> None:
    out = tmp_path / "links.parquet"
    report = link(tables["left"], tables["right"], out, threads=1)
    assert out.read_bytes() == linked[0].read_bytes()
    assert {**report.as_dict(), "seconds": 0} == {**linked[1].as_dict(), "seconds": 0}


def test_rows_in_another_order_are_the_same_links(
    tables: Tables, linked: tuple[Path, FilesReport], tmp_path: Path
) -> None:
    def reversed_rows(table: pa.Table) -> pa.Table:
        return table.take(pa.array(range(table.num_rows - 1, -1, -1)))

    left, right = (changed(tables[side], tmp_path, reversed_rows) for side in ("left", "right"))
    link(left, right, tmp_path / "links.parquet")
    assert pq.read_table(tmp_path / "links.parquet").equals(pq.read_table(linked[0]))


def test_ids_may_be_texts_as_well_as_numbers_and_are_given_back_as_they_are(
    tables: Tables, linked: tuple[Path, FilesReport], tmp_path: Path
) -> None:
    def as_text(column: str) -> Callable[[pa.Table], pa.Table]:
        return lambda table: table.set_column(
            table.column_names.index(column),
            column,
            pa.array([f"{value:020}" for value in table.column(column).to_pylist()]),
        )

    left, right = (
        changed(tables[side], tmp_path, as_text(column)) for side, column in (("left", "sid_id"), ("right", "akun_id"))
    )
    link(left, right, tmp_path / "links.parquet")
    texts, numbers = pq.read_table(tmp_path / "links.parquet"), pq.read_table(linked[0])
    for column in ("sid_id", "akun_id", "duplicate_of"):
        assert (texts.schema.field(column).type, numbers.schema.field(column).type) == (pa.string(), pa.int64())
        # Of the same length, texts sort as the numbers do: the links must be the same.
        assert [value and int(value) for value in texts.column(column).to_pylist()] == numbers.column(
            column
        ).to_pylist()
    assert texts.select(["class", "weight", "probability", "why"]).equals(
        numbers.select(["class", "weight", "probability", "why"])
    )


def test_two_tables_with_one_name_for_their_ids_get_two_columns(tables: Tables, tmp_path: Path) -> None:
    names = {"sid_id": "id", "akun_id": "id"}

    def renamed(table: pa.Table) -> pa.Table:
        return table.rename_columns([names.get(name, name) for name in table.column_names]).slice(0, 500)

    left, right = (changed(tables[side], tmp_path, renamed) for side in ("left", "right"))
    link(left, right, tmp_path / "links.parquet", left_id="id", right_id="id")
    assert pq.read_schema(tmp_path / "links.parquet").names == ["left_id", "right_id", *COLUMNS[2:]]


# --- what may be missing ----------------------------------------------------------------------------


@pytest.mark.parametrize("column", files.TEXT_COLUMNS)
def test_a_column_that_a_table_lacks_is_done_without(tables: Tables, tmp_path: Path, column: str) -> None:
    right = changed(tables["right"], tmp_path, lambda table: table.drop_columns([column]).slice(0, 600))
    report = link(tables["left"], right, tmp_path / "links.parquet")
    assert sum(report.linked.values()) == pq.read_metadata(right).num_rows
    assert (report.linked["nik"] > 0) is (column != "nik")
    # Without a NIK few are sure in a small place; without any other, most.
    assert report.accepted >= (0.3 if column in ("nik", "nama") else 0.5) * report.seekers


def test_names_and_dates_alone_still_link(tables: Tables, tmp_path: Path) -> None:
    few = {"left": ["sid_id", "nama", "tgl_lahir"], "right": ["akun_id", "nama", "tgl_lahir"]}
    left, right = (
        changed(tables[side], tmp_path, lambda table, side=side: table.select(few[side])) for side in few
    )  # fmt: skip
    report = link(left, right, tmp_path / "links.parquet")
    assert report.linked["nik"] == 0
    assert report.linked["probable"] > 0


def test_a_column_of_nothing_is_as_a_column_that_is_not_there(tables: Tables, tmp_path: Path) -> None:
    def emptied(table: pa.Table) -> pa.Table:
        return table.set_column(table.column_names.index("alamat"), "alamat", pa.nulls(table.num_rows, pa.string()))

    (tmp_path / "empty").mkdir()
    (tmp_path / "none").mkdir()
    link(tables["left"], changed(tables["right"], tmp_path / "empty", emptied), tmp_path / "empty.parquet")
    link(
        tables["left"], changed(tables["right"], tmp_path / "none", lambda table: table.drop_columns(["alamat"])),
        tmp_path / "none.parquet",
    )  # fmt: skip
    assert (tmp_path / "empty.parquet").read_bytes() == (tmp_path / "none.parquet").read_bytes()


def test_dates_and_numbers_may_come_in_types_of_their_own(tables: Tables, tmp_path: Path) -> None:
    rows = {
        "akun_id": ["a", "b"], "nama": ["Suparman", None], "tgl_lahir": [date(1990, 5, 12), None],
        "nik": [5201141205909001, None], "kode_desa": [5201142005, None], "jk": [1, 2],
    }  # fmt: skip
    pq.write_table(pa.table(rows), tmp_path / "accounts.parquet")
    pq.write_table(
        pa.table({"sid_id": ["x"], "nama": ["SUPARMAN"], "tgl_lahir": ["12 Mei 1990"], "nik": ["5201141205909001"],
                  "kode_desa": ["52.01.14.2005"], "jk": ["Laki-laki"], "alamat": ["-"]}),
        tmp_path / "residents.parquet",
    )  # fmt: skip
    link(tmp_path / "residents.parquet", tmp_path / "accounts.parquet", tmp_path / "links.parquet")
    rows_out = pq.read_table(tmp_path / "links.parquet").to_pylist()
    assert [(row["akun_id"], row["sid_id"], row["class"]) for row in rows_out] == [
        ("a", "x", "nik"),
        ("b", None, "none"),
    ]


@pytest.mark.parametrize("empty", [("left",), ("right",), ("left", "right")])
def test_an_empty_table_on_either_side_is_no_fault(tables: Tables, tmp_path: Path, empty: tuple[str, ...]) -> None:
    left, right = (
        changed(tables[side], tmp_path, lambda table: table.slice(0, 0)) if side in empty else tables[side]
        for side in ("left", "right")
    )
    report = link(left, right, tmp_path / "links.parquet")
    assert report.linked == {"nik": 0, "probable": 0, "review": 0, "none": report.seekers}
    links = pq.read_table(tmp_path / "links.parquet")
    assert (links.num_rows, links.column_names) == (report.seekers, COLUMNS)


# --- what is refused --------------------------------------------------------------------------------


def refused(left: Path, right: Path, out: Path, **options: Any) -> PersonTableUnreadable:
    with pytest.raises(PersonTableUnreadable) as refusal:
        link(left, right, out, **options)
    assert not out.exists()
    return refusal.value


def test_an_id_column_that_is_not_there_is_named(tables: Tables, tmp_path: Path) -> None:
    problem = refused(tables["left"], tables["right"], tmp_path / "links.parquet", right_id="nomor_akun")
    assert problem.parts["file"] == "accounts.parquet"
    assert "nomor_akun" in problem.message("id")


def test_a_repeated_id_is_refused_without_saying_which(tables: Tables, tmp_path: Path) -> None:
    def repeated(table: pa.Table) -> pa.Table:
        return pa.concat_tables([table, table.slice(0, 1)])

    left = changed(tables["left"], tmp_path, repeated)
    problem = refused(left, tables["right"], tmp_path / "links.parquet")
    said = problem.message("id") + problem.message("en") + json.dumps(problem.as_dict())
    assert "residents.parquet" in said
    assert "sid_id" in said
    values = {str(value) for value in pq.read_table(left).slice(0, 1).to_pylist()[0].values() if value}
    assert not [value for value in values if value in said]


def test_an_id_that_is_missing_is_refused(tables: Tables, tmp_path: Path) -> None:
    def without_one(table: pa.Table) -> pa.Table:
        ids = pa.array([None, *table.column("akun_id").to_pylist()[1:]], pa.int64())
        return table.set_column(table.column_names.index("akun_id"), "akun_id", ids)

    problem = refused(
        tables["left"], changed(tables["right"], tmp_path, without_one), tmp_path / "links.parquet"
    )  # fmt: skip
    assert "akun_id" in problem.message("en")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"sid_id,nik\n1,2\n"])
def test_a_file_that_is_no_parquet_is_refused(tables: Tables, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "people.parquet"
    path.write_bytes(content)
    assert refused(path, tables["right"], tmp_path / "links.parquet").parts["file"] == "people.parquet"


def test_a_table_without_any_of_the_columns_is_refused(tables: Tables, tmp_path: Path) -> None:
    right = changed(tables["right"], tmp_path, lambda table: table.select(["akun_id"]))
    problem = refused(tables["left"], right, tmp_path / "links.parquet")
    assert "nama" in problem.message("id")


def test_a_rule_that_is_not_there_cannot_be_switched_off(tables: Tables, tmp_path: Path) -> None:
    with pytest.raises(RuleUnknown):
        link(tables["left"], tables["right"], tmp_path / "links.parquet", without=["name.nothing"])
    assert list(tmp_path.iterdir()) == []


def test_a_rule_switched_off_is_said_so_and_changes_the_links(
    tables: Tables, linked: tuple[Path, FilesReport], tmp_path: Path
) -> None:
    codes = [rule.code for rule in RULES if rule.field in ("name", "date")]
    report = link(tables["left"], tables["right"], tmp_path / "links.parquet", without=codes)
    assert report.as_dict()["without"] == sorted(codes)
    assert report.accepted < linked[1].accepted


# --- the work folder, and being killed --------------------------------------------------------------


def test_the_work_folder_is_the_owners_alone_and_gone_at_the_end(tables: Tables, tmp_path: Path) -> None:
    work = tmp_path / "work"
    modes: list[int] = []

    def look(stage: str, done: int, of: int) -> None:
        modes.extend(
            stat.S_IMODE(folder.stat().st_mode) for folder in (work, work / "left", work / "right") if folder.exists()
        )

    before = os.umask(0o022)
    try:
        link(tables["left"], tables["right"], tmp_path / "links.parquet", work=work, progress=look)
    finally:
        os.umask(before)
    assert set(modes) == {0o700}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["links.parquet"]


# Run as a process of its own that can be killed; it says each part that it makes.
KILLED = """
import sys
from datetime import date
from pathlib import Path
from tenun.linkage import files, settings
from tenun.linkage.engine import OneDatabase
left, right, out = map(Path, sys.argv[1:4])
def tell(stage, done, of):
    print(stage, done, of, flush=True)
files.link_files(files.PersonTable(left, "sid_id"), files.PersonTable(right, "akun_id"), out,
    settings=settings.load(threads=1), as_of=date(2026, 6, 1), rows_a_part=700, progress=tell)
"""


def test_a_run_that_was_killed_takes_up_its_finished_parts(
    tables: Tables, linked: tuple[Path, FilesReport], tmp_path: Path
) -> None:
    out = tmp_path / "links.parquet"
    command = [sys.executable, "-c", KILLED, *map(str, (tables["left"], tables["right"], out))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            stage, done, of = line.split()
            if stage == "standardise" and int(of) > 1 and int(done) >= 2:
                process.send_signal(signal.SIGKILL)
                break
        assert process.wait() == -signal.SIGKILL
    work = tmp_path / f".{out.name}.work"
    assert not out.exists()
    made = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in work.glob("*/part-*.parquet")}
    assert len(made) >= 2
    kept: list[bool] = []

    def look(stage: str, done: int, of: int) -> None:
        if stage == "nik":
            kept.extend((path.stat().st_ino, path.stat().st_mtime_ns) == mark for path, mark in made.items())

    link(tables["left"], tables["right"], out, rows_a_part=ROWS_A_PART, progress=look)
    assert kept == [True] * len(made)
    assert out.read_bytes() == linked[0].read_bytes()
    assert not work.exists()


# The same, killed by itself when everything is scored and only deciding is left.
KILLED_LINKING = KILLED.replace(
    "    print(stage, done, of, flush=True)", "    if stage == 'decide':\n        os.kill(os.getpid(), signal.SIGKILL)"
).replace("import sys", "import os, signal, sys")


def test_a_run_that_was_killed_while_linking_takes_up_what_it_had_scored(
    tables: Tables, linked: tuple[Path, FilesReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "links.parquet"
    command = [sys.executable, "-c", KILLED_LINKING, *map(str, (tables["left"], tables["right"], out))]
    assert subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == -signal.SIGKILL
    kept = tmp_path / f".{out.name}.work" / "linked"
    assert {path.name for path in kept.iterdir()} == {
        "stamp.json", "nik_pairs.parquet", "rule_pairs.parquet", "rule_pairs.json",
    }  # fmt: skip
    assert not out.exists()

    def nothing_is_scored(*_: object, **__: object) -> None:
        raise AssertionError("scored again")

    monkeypatch.setattr(OneDatabase, "score", nothing_is_scored)
    report = link(tables["left"], tables["right"], out, rows_a_part=ROWS_A_PART)
    assert out.read_bytes() == linked[0].read_bytes()
    assert (report.pairs, report.crowded, report.share) == (linked[1].pairs, linked[1].crowded, linked[1].share)


def test_what_was_scored_with_other_thresholds_is_not_taken_up(tables: Tables, tmp_path: Path) -> None:
    out, other = tmp_path / "links.parquet", tmp_path / "other.parquet"
    command = [sys.executable, "-c", KILLED_LINKING, *map(str, (tables["left"], tables["right"], out))]
    subprocess.run(command, stderr=subprocess.DEVNULL, check=False)
    strict = tmp_path / "strict.toml"
    strict.write_text("[blocking]\nshared_max = 1\n")
    sides = PersonTable(tables["left"], "sid_id"), PersonTable(tables["right"], "akun_id")
    with_strict = settings.load(strict, threads=2)
    files.link_files(*sides, out, settings=with_strict, as_of=AS_OF, rows_a_part=ROWS_A_PART)
    files.link_files(*sides, other, settings=with_strict, as_of=AS_OF)
    assert out.read_bytes() == other.read_bytes()


# --- judgements -------------------------------------------------------------------------------------


def judgements(folder: Path, rows: Sequence[tuple[int, int, str]]) -> Path:
    path = folder / "judgements.parquet"
    columns = zip(*rows, strict=True)
    pq.write_table(pa.table(dict(zip(("sid_id", "akun_id", "verdict"), map(list, columns), strict=True))), path)
    return path


@pytest.mark.pasal("1(2)")
def test_what_people_judged_stands_in_a_linkage_of_files(
    tables: Tables, linked: tuple[Path, FilesReport], tmp_path: Path
) -> None:
    before = {row["akun_id"]: row for row in pq.read_table(linked[0]).to_pylist()}
    apart = [next(row for row in before.values() if row["class"] == name) for name in ("nik", "probable")]
    alone = next(row for row in before.values() if row["class"] == "none")
    taken = {row["sid_id"] for row in before.values()}
    free = next(one for one in pq.read_table(tables["left"]).column("sid_id").to_pylist() if one not in taken)
    judged = judgements(
        tmp_path,
        [(row["sid_id"], row["akun_id"], "different") for row in apart] + [(free, alone["akun_id"], "same")],
    )
    out = tmp_path / "links.parquet"
    link(tables["left"], tables["right"], out, judgements=judged)
    now = {row["akun_id"]: row for row in pq.read_table(out).to_pylist()}
    assert all(now[row["akun_id"]]["sid_id"] != row["sid_id"] for row in apart)
    assert (now[alone["akun_id"]]["sid_id"], now[alone["akun_id"]]["why"]) == (free, "judged_same")


@pytest.mark.parametrize(
    ("content", "reason"),
    [({"sid_id": [1], "akun_id": [2], "verdict": ["perhaps"]}, "verdict: 1"), ({"sid_id": [1]}, "akun_id? verdict?")],
)
def test_judgements_that_cannot_be_read_stop_a_linkage(
    tables: Tables, tmp_path: Path, content: dict[str, list[Any]], reason: str
) -> None:
    path = tmp_path / "judgements.parquet"
    pq.write_table(pa.table(content), path)
    with pytest.raises(JudgementsUnreadable) as refused:
        link(tables["left"], tables["right"], tmp_path / "links.parquet", judgements=path)
    assert refused.value.parts["reason"] == reason


# --- households -------------------------------------------------------------------------------------


def test_cards_that_one_side_alone_has_change_no_link(
    tables: Tables, linked: tuple[Path, FilesReport], tmp_path: Path
) -> None:
    def with_cards(table: pa.Table) -> pa.Table:
        return table.append_column("no_kk", pa.array([f"3271011203{n % 900_000:06}" for n in range(table.num_rows)]))

    left = changed(tables["left"], tmp_path, with_cards)
    out = tmp_path / "links.parquet"
    link(left, tables["right"], out)
    assert out.read_bytes() == linked[0].read_bytes()


def test_a_household_is_known_by_its_card_where_both_sides_have_it(tables: Tables, tmp_path: Path) -> None:
    """A person who moved, without a usable NIK, and whose birth date is wrong, is found in her household."""
    person = {"nik": "", "nama": "NGADIYEM PRATIWI", "jk": "P", "alamat": "DUSUN KRAJAN RT 2 RW 1"}
    one = {**person, "sid_id": 10**9, "tgl_lahir": "1990-05-12", "kode_desa": "5201142005"}
    other = {**person, "akun_id": 10**9, "tgl_lahir": "1986-11-23", "kode_desa": "3273011001", "alamat": "JL MAWAR"}

    def found(folder: Path, cards: tuple[str, str]) -> dict[str, Any]:
        folder.mkdir()
        sides = []
        for name, row, card in (("left", one, cards[0]), ("right", other, cards[1])):
            table = pq.read_table(tables[name])
            added = pa.Table.from_pylist([{**dict.fromkeys(table.schema.names), **row}], schema=table.schema)
            whole = pa.concat_tables([table, added])
            sides.append(folder / f"{name}.parquet")
            numbers = pa.array([None] * table.num_rows + [card], pa.string())
            pq.write_table(whole.append_column("no_kk", numbers), sides[-1])
        link(*sides, folder / "links.parquet")
        rows = pq.read_table(folder / "links.parquet").to_pylist()
        return next(row for row in rows if row["akun_id"] == other["akun_id"])

    same = found(tmp_path / "same", ("52.01.14.120301.0007", "5201141203010007"))
    assert (same["sid_id"], same["class"]) == (one["sid_id"], "probable")
    apart = found(tmp_path / "apart", ("5201141203010007", "5201141203010019"))
    assert apart["sid_id"] != one["sid_id"]


def test_parts_of_other_input_or_other_rules_are_not_taken_up(
    tables: Tables, linked: tuple[Path, FilesReport], tmp_path: Path
) -> None:
    out = tmp_path / "links.parquet"
    work = tmp_path / "work"

    class Interrupted(Exception):
        pass

    def stop(stage: str, done: int, of: int) -> None:
        if stage == "nik":
            raise Interrupted

    with pytest.raises(Interrupted):
        link(
            tables["left"], tables["right"], out, work=work, progress=stop,
            without=[rule.code for rule in RULES if rule.field == "name"],
        )  # fmt: skip
    assert list(work.glob("left/part-*.parquet"))
    link(tables["left"], tables["right"], out, work=work)
    assert out.read_bytes() == linked[0].read_bytes()


# --- the commands -----------------------------------------------------------------------------------


@pytest.fixture
def tenun(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["tenun", "link", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def words_for(tables: Tables, out: Path) -> list[str]:
    return [
        "files", str(tables["left"]), str(tables["right"]), "--left-id", "sid_id", "--right-id", "akun_id",
        "--out", str(out), "--as-of", AS_OF.isoformat(),
    ]  # fmt: skip


def test_the_command_writes_the_same_links_and_one_json_object(
    tenun: Any, tables: Tables, linked: tuple[Path, FilesReport], tmp_path: Path
) -> None:
    status, out, err = tenun(*words_for(tables, tmp_path / "links.parquet"), "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert {"linked", "accepted", "second_accounts", "persons", "seekers", "seconds", "model", "crowded"} <= set(answer)
    assert answer["standard_version"] == STANDARD_VERSION
    assert (tmp_path / "links.parquet").read_bytes() == linked[0].read_bytes()


def test_the_command_tells_a_person_what_it_did(tenun: Any, tables: Tables, tmp_path: Path) -> None:
    status, out, _ = tenun(*words_for(tables, tmp_path / "links.parquet"))
    assert status == 0
    assert "probable" in out
    assert "links.parquet" in out


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--without", "name.nothing"], "linkage.rule_unknown"),
        (["--right-id", "nomor"], "linkage.person_table_unreadable"),
    ],
)
def test_a_refusal_is_json_too_and_status_one(
    tenun: Any, tables: Tables, tmp_path: Path, more: list[str], code: str
) -> None:
    status, out, _ = tenun(*words_for(tables, tmp_path / "links.parquet"), *more, "--json")
    assert status == 1
    assert json.loads(out)["error"]["code"] == code


def test_a_table_that_is_not_there_is_wrong_usage(tenun: Any, tables: Tables, tmp_path: Path) -> None:
    words = words_for({**tables, "left": tmp_path / "none.parquet"}, tmp_path / "links.parquet")
    status, _, err = tenun(*words)
    assert status == 2
    assert "none.parquet" in err


def test_the_rules_are_listed_with_reasons_and_examples(tenun: Any) -> None:
    status, out, err = tenun("rules", "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert answer["standard_version"] == STANDARD_VERSION
    assert [rule["code"] for rule in answer["rules"]] == [rule.code for rule in RULES]
    assert all(rule["why"] for rule in answer["rules"])
    assert ["AMINAH BINTI USMAN", "AMINAH"] in next(
        rule["examples"] for rule in answer["rules"] if rule["code"] == "name.father"
    )
    status, out, _ = tenun("rules")
    assert status == 0
    assert "name.father" in out
