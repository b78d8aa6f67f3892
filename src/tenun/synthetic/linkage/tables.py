"""The files: residents, accounts, and the truth about both, made in batches by several processes."""

from __future__ import annotations

import gc
import hashlib
import json
import multiprocessing
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenun.engine.duckdb import connect
from tenun.synthetic.linkage import classes, country, people, writing
from tenun.synthetic.linkage.chance import Draws
from tenun.synthetic.linkage.country import Country

RESIDENTS_FILE, ACCOUNTS_FILE, TRUTH_FILE, ABOUT_FILE = (
    "residents.parquet",
    "accounts.parquet",
    "truth.parquet",
    "about.json",
)
GROWN_UP_FROM, GROWN_UP_TO = np.datetime64("1961-06-01"), np.datetime64("2009-06-01")
"""Birth dates of those who may have an account: 17 to 65 years."""
_ACCOUNT_SHARE = 0.326
"""Of those, so many have one: a quarter as many accounts as residents."""
HOUSEHOLDS_PER_BATCH = 15_000
"""What a process makes at once, give or take a district: some 55,000 residents and the memory for them."""
_ROWS_PER_GROUP = 120_000
_KEY_BITS = 44

TEXTS: list[tuple[str, pa.DataType]] = [
    (name, pa.string()) for name in ("nik", "nama", "tgl_lahir", "jk", "kode_desa", "alamat")
]
RESIDENTS = pa.schema([("sid_id", pa.int64()), *TEXTS])
ACCOUNTS = pa.schema([("akun_id", pa.int64()), *TEXTS])
TRUTH = pa.schema(
    [
        ("akun_id", pa.int64()),
        ("person", pa.int64()),
        ("sid_ids", pa.list_(pa.int64())),
        ("classes", pa.list_(pa.string())),
        ("resident_classes", pa.list_(pa.string())),
    ]
)
"""`classes` are the account's own and the person's; `resident_classes` those of its records in the register."""


@dataclass(frozen=True)
class Written:
    """What a call made."""

    profile: str
    seed: int
    residents: int
    accounts: int
    accounts_without_resident: int
    true_pairs: int
    seconds: float
    records_per_second: int


def fingerprint() -> str:
    """Of the generator's own text and of numpy's version: while it stays, what `write` makes stays."""
    digest = hashlib.sha256(np.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Plan:
    """All that a batch depends on, besides its villages."""

    residents: int
    profile: str
    seed: int


def write(folder: Path, *, residents: int, profile: str = "open", seed: int = 1, processes: int = 2) -> Written:
    """Make the four files in `folder`, for about so many residents. The same bytes for any number of processes.

    Raises `UnknownProfile`. Memory: a few hundred MB a process, whatever the size; the accounts are sorted on disk.
    """
    classes.profile(profile)
    started = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(residents, profile, seed)
    parts = folder / "parts.unsorted.parquet"
    counted = 0
    with (
        pq.ParquetWriter(folder / RESIDENTS_FILE, RESIDENTS, compression="zstd") as register,
        pq.ParquetWriter(parts, _unsorted_schema(), compression="zstd", use_dictionary=False) as unsorted,
    ):
        for batch in _made(plan, processes):
            register.write_table(_numbered(batch.residents, counted), row_group_size=_ROWS_PER_GROUP)
            unsorted.write_table(_moved_on(batch.accounts, counted), row_group_size=_ROWS_PER_GROUP)
            counted += batch.residents.num_rows
    accounts, strangers, pairs = _sort_accounts(folder, parts)
    parts.unlink()
    seconds = time.monotonic() - started
    done = Written(
        profile, seed, counted, accounts, strangers, pairs, round(seconds, 1), round((counted + accounts) / seconds)
    )
    about = {"invented": "DATA BUATAN", **asdict(done)}
    del about["seconds"], about["records_per_second"]  # what is written depends on the seed alone
    (folder / ABOUT_FILE).write_text(json.dumps(about, indent=2) + "\n")
    return done


@dataclass(frozen=True)
class Batch:
    """Residents without their numbers; accounts with the truth, in which residents are numbered within the batch."""

    residents: pa.Table
    accounts: pa.Table


def _made(plan: Plan, processes: int) -> Iterator[Batch]:
    """Batches in order, at most a few ahead of the one that is being written."""
    land = country.settle(plan.residents, plan.seed)
    runs = land.batches(HOUSEHOLDS_PER_BATCH)
    if processes <= 1:
        yield from (make(plan, land, run) for run in runs)
        return
    # without the search for cycles, of which a batch makes none: it would walk through millions of short lists
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=gc.disable) as pool:
        waiting: list[Future[Batch]] = []
        for run in runs:
            waiting.append(pool.submit(make, plan, land, run))
            if len(waiting) > processes + 1:
                yield waiting.pop(0).result()
        for one in waiting:
            yield one.result()


def make(plan: Plan, land: Country, villages: tuple[int, int]) -> Batch:
    """The records of some villages."""
    profile = classes.profile(plan.profile)
    there = people.invent(land, villages, plan.seed, profile.kinship)
    draws = Draws(plan.seed, there.number)
    is_listed = land.is_handed_in[there.village] & draws.happens("is registered", country.REGISTERED)
    has_account = (
        (there.birth >= GROWN_UP_FROM) & (there.birth < GROWN_UP_TO) & draws.happens("has account", _ACCOUNT_SHARE)
    )
    twice_listed = is_listed & draws.happens("registered twice", profile.rates["duplicate_resident"].residents)
    two_accounts = has_account & draws.happens("two accounts", profile.rates["duplicate_account"].accounts)
    register = _clerk(land, there, profile, plan.seed, writing.RESIDENTS, is_listed, twice_listed)
    accounts = _clerk(land, there, profile, plan.seed, writing.ACCOUNTS, has_account, two_accounts)
    for records, name in ((register, "duplicate_resident"), (accounts, "duplicate_account")):
        for row in np.flatnonzero(records.key & np.uint64(1)).tolist():
            records.marks[row].append(name)
    return Batch(pa.table(register.columns()), _accounts_table(plan, there, register, accounts))


def _clerk(
    land: Country,
    there: people.People,
    profile: classes.Profile,
    seed: int,
    side: int,
    once: people.Flags,
    twice: people.Flags,
) -> writing.Records:
    """Records of those listed once, and again of those listed twice; in an order that the household does not show."""
    person = np.concatenate([np.flatnonzero(once), np.flatnonzero(twice)])
    key = (there.number[person] * 2 + np.repeat([0, 1], [once.sum(), twice.sum()])).astype(np.uint64)
    order = np.lexsort((Draws(seed + side, key).bits("order in the village"), there.village[person]))
    return writing.Clerk(land, there, profile, seed, side, person[order], key[order]).write()


def _accounts_table(plan: Plan, there: people.People, register: writing.Records, accounts: writing.Records) -> pa.Table:
    rows_of: dict[int, list[int]] = {}
    for row, at in enumerate(register.person.tolist()):
        rows_of.setdefault(at, []).append(row)
    listed_households = set(there.household[register.person].tolist())
    sid_rows: list[list[int]] = []
    resident_classes: list[list[str]] = []
    for row, at in enumerate(accounts.person.tolist()):
        rows = rows_of.get(at, [])
        sid_rows.append(rows)
        resident_classes.append(sorted({mark for each in rows for mark in register.marks[each]}))
        marks = accounts.marks[row]
        if not rows:
            marks.append("no_resident")
            if int(there.household[at]) in listed_households:
                marks.append("relative_listed")
        marks += [
            name
            for name, flags in (("twin", there.is_twin), ("namesake", there.is_namesake), ("cousin", there.is_cousin))
            if flags[at]
        ]
    return pa.table(
        {
            "akun_id": pa.array(_scatter(accounts.key, plan.seed).astype(np.int64)),
            **accounts.columns(),
            "person": pa.array(there.number[accounts.person]),
            "sid_ids": pa.array(sid_rows, pa.list_(pa.int64())),
            "classes": pa.array(accounts.marks, pa.list_(pa.string())),
            "resident_classes": pa.array(resident_classes, pa.list_(pa.string())),
        }
    )


def _scatter(keys: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """Account numbers that tell nothing: a bijection of 44 bits, so none occurs twice."""
    mask = np.uint64((1 << _KEY_BITS) - 1)
    mixed = keys + np.uint64(seed * 7919)
    for factor in (0x9E3779B97F5, 0xBF58476D1CF):
        mixed = (mixed * np.uint64(factor)) & mask
        mixed ^= mixed >> np.uint64(_KEY_BITS // 2)
    return mixed & mask


def _unsorted_schema() -> pa.Schema:
    return pa.schema([*ACCOUNTS, *list(TRUTH)[1:]])


def _numbered(residents: pa.Table, counted: int) -> pa.Table:
    return residents.add_column(0, "sid_id", pa.array(np.arange(counted + 1, counted + 1 + residents.num_rows))).cast(
        RESIDENTS
    )


def _moved_on(accounts: pa.Table, counted: int) -> pa.Table:
    """Residents numbered over all batches."""
    within: Any = accounts["sid_ids"].combine_chunks()
    ids = pa.ListArray.from_arrays(within.offsets, pa.array(within.values.to_numpy() + counted + 1))
    return accounts.set_column(accounts.schema.get_field_index("sid_ids"), "sid_ids", ids).cast(_unsorted_schema())


def _sort_accounts(folder: Path, parts: Path) -> tuple[int, int, int]:
    """Accounts and truth in the order of the account numbers, which is that of nothing else."""
    spill = folder / "sorting"
    connection = connect(memory="2GB", spill=spill)
    connection.execute("CREATE VIEW unsorted AS FROM read_parquet('" + str(parts).replace("'", "''") + "')")
    accounts = strangers = pairs = 0
    try:
        reader = connection.sql("FROM unsorted ORDER BY akun_id").to_arrow_reader(_ROWS_PER_GROUP)
        with (
            pq.ParquetWriter(folder / ACCOUNTS_FILE, ACCOUNTS, compression="zstd") as account_file,
            pq.ParquetWriter(folder / TRUTH_FILE, TRUTH, compression="zstd") as truth_file,
        ):
            for batch in reader:
                table = pa.Table.from_batches([batch])
                account_file.write_table(table.select(ACCOUNTS.names).cast(ACCOUNTS), row_group_size=_ROWS_PER_GROUP)
                truth_file.write_table(table.select(TRUTH.names).cast(TRUTH), row_group_size=_ROWS_PER_GROUP)
                lengths = np.diff(batch.column("sid_ids").offsets.to_numpy())
                accounts += len(lengths)
                strangers += int((lengths == 0).sum())
                pairs += int(lengths.sum())
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)
    return accounts, strangers, pairs
