"""Invented tables for linkage: the truth holds, a mistake is what it says, and nothing depends on the machine."""

from __future__ import annotations

import itertools
from dataclasses import fields
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tenun.synthetic import linkage
from tenun.synthetic.linkage import classes, country, field_edits, name_edits, people, tables
from tenun.synthetic.linkage.chance import Dice, Draws, mix

RESIDENTS, SEED, HOUSEHOLDS_PER_BATCH = 24_000, 5, 3_000


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("foreign")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "HOUSEHOLDS_PER_BATCH", HOUSEHOLDS_PER_BATCH)
        linkage.write(folder, residents=RESIDENTS, profile="foreign", seed=SEED, processes=1)
    return folder


@pytest.fixture(scope="module")
def open_(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("open")
    linkage.write(folder, residents=12_000, profile="open", seed=SEED, processes=1)
    return folder


def ask(folder: Path, sql: str) -> list[tuple]:
    """Over the tables resident, account, truth, and written: an account with its truth."""
    connection = duckdb.connect()
    for name, file in (("resident", "residents"), ("account", "accounts"), ("truth", "truth")):
        connection.execute(f"CREATE VIEW {name} AS FROM '{folder / file}.parquet'")
    connection.execute("CREATE VIEW written AS FROM account JOIN truth USING (akun_id)")
    found = connection.execute(sql).fetchall()
    connection.close()
    return found


# --- chance ------------------------------------------------------------------------------------------


def test_draws_are_splitmix64() -> None:
    steps = np.uint64(1234567) + np.arange(1, 4, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    # the reference implementation's first three numbers from the state 1234567
    assert mix(steps).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_a_question_is_answered_alike_whoever_else_is_asked() -> None:
    alone, among = Draws(1, np.array([7])), Draws(1, np.arange(20))
    assert alone.unit("size")[0] == among.unit("size")[7]
    assert Draws(2, np.array([7])).unit("size")[0] != alone.unit("size")[0] != alone.unit("sex")[0]


def test_dice_stay_within_their_limit() -> None:
    dice = Dice(2**64 - 1)
    assert {dice.below(3) for _ in range(60)} == {0, 1, 2}


# --- people ------------------------------------------------------------------------------------------


def test_people_are_the_same_in_one_batch_and_in_several() -> None:
    land = country.settle(8_000, SEED)
    kinship = classes.profile("foreign").kinship
    edges = [0, *np.unique(land.district)[[2, 5]].tolist(), len(land)]
    whole = people.invent(land, (0, len(land)), SEED, kinship)
    parts = [people.invent(land, (a, b), SEED, kinship) for a, b in itertools.pairwise(edges)]
    for each in fields(people.People):
        if each.name in ("head", "spouse"):  # positions, which start again in each batch
            continue
        together = np.concatenate([getattr(part, each.name) for part in parts])
        assert (getattr(whole, each.name) == together).all(), each.name


def test_batches_are_whole_districts_and_cover_the_country() -> None:
    land = country.settle(300_000, SEED)
    runs = land.batches(15_000)
    assert len(runs) > 1
    assert [start for start, _ in runs] == [0, *(stop for _, stop in runs[:-1])]
    assert runs[-1][1] == len(land)
    assert all(land.district[start] == start for start, _ in runs)


def test_a_nik_says_birth_date_and_sex_and_none_could_be_issued() -> None:
    land = country.settle(6_000, SEED)
    there = people.invent(land, (0, len(land)), SEED, people.Kinship())
    year, month, day = people.parts(there.birth)
    stated = [(int(nik[6:8]), int(nik[8:10]), int(nik[10:12])) for nik in there.nik]
    true = list(zip(day + 40 * there.is_woman, month, year % 100, strict=True))
    assert (
        0.98 < np.mean([one == other for one, other in zip(stated, true, strict=True)]) < 1.0
    )  # a few are off in life too
    assert all(len(nik) == 16 and int(nik[12:]) > 9_000 for nik in there.nik)
    assert len(set(there.nik)) > 0.9995 * len(there)


def test_twins_share_a_birth_date_and_not_a_nik() -> None:
    land = country.settle(30_000, SEED)
    there = people.invent(land, (0, len(land)), SEED, people.Kinship(twins=0.5))
    second = np.flatnonzero(there.is_twin[1:] & there.is_twin[:-1] & (there.household[1:] == there.household[:-1])) + 1
    same = there.birth[second] == there.birth[second - 1]
    assert len(second) > 100
    assert same.mean() > 0.5  # the rest are neighbours of which each has a twin on the other side
    assert (there.nik[second] != there.nik[second - 1]).all()


# --- the truth ---------------------------------------------------------------------------------------


def test_the_tables_have_the_size_that_was_asked_for(foreign: Path) -> None:
    ((residents, accounts, strangers),) = ask(
        foreign,
        """SELECT (SELECT count(*) FROM resident), count(*), avg((len(sid_ids) = 0)::INT) FROM truth""",
    )
    assert abs(residents / RESIDENTS - 1) < 0.05
    assert abs(accounts / residents - 0.25) < 0.02
    assert abs(strangers - 0.10) < 0.025


def test_the_truth_names_records_that_exist_and_each_of_one_person(foreign: Path) -> None:
    ((pairs, found, persons),) = ask(
        foreign,
        """WITH pair AS (SELECT person, unnest(sid_ids) AS sid_id FROM truth)
        SELECT count(*), count(r.sid_id),
               (SELECT max(n) FROM (SELECT count(DISTINCT person) AS n FROM pair GROUP BY sid_id))
        FROM pair LEFT JOIN resident r USING (sid_id)""",
    )
    assert pairs == found > 4_000
    assert persons == 1


def test_accounts_without_a_resident_are_marked_and_no_others(foreign: Path) -> None:
    ((wrong,),) = ask(
        foreign, "SELECT count(*) FROM truth WHERE (len(sid_ids) = 0) <> list_contains(classes, 'no_resident')"
    )
    assert wrong == 0


def test_account_numbers_are_unique_and_in_no_order_of_people(foreign: Path) -> None:
    ((accounts, distinct, correlation),) = ask(
        foreign, "SELECT count(*), count(DISTINCT akun_id), abs(corr(akun_id, person)) FROM truth"
    )
    assert accounts == distinct
    assert correlation < 0.05


def test_records_of_one_person_are_alike(foreign: Path) -> None:
    """A pair is the same person's: without mistakes on either side, all six fields say so."""
    ((pairs, equal),) = ask(
        foreign,
        """WITH pair AS (SELECT *, unnest(sid_ids) AS sid_id FROM written)
        SELECT count(*), avg((p.nik = r.nik AND upper(trim(p.nama)) = upper(trim(r.nama))
            AND p.tgl_lahir = r.tgl_lahir AND p.jk = r.jk AND p.kode_desa = r.kode_desa)::INT)
        FROM pair p JOIN resident r USING (sid_id)
        WHERE len(list_filter(p.classes || p.resident_classes,
            lambda c: NOT starts_with(c, 'address') AND c <> 'duplicate_account')) = 0""",
    )
    assert pairs > 50
    assert equal == 1.0


# --- mistakes ----------------------------------------------------------------------------------------


def test_every_mistake_of_a_profile_is_made_and_no_other(foreign: Path, open_: Path) -> None:
    # in so small a country, some villages, neighbours and peoples may be wanting
    of_few = {"date_village_heaped", "nik_broker", "name_truncated", "name_regional", "other_district"}
    for folder, name in ((foreign, "foreign"), (open_, "open")):
        rates = classes.profile(name).rates
        for column, side in (("classes", 1), ("resident_classes", 0)):
            made = {mark for (mark,) in ask(folder, f"SELECT DISTINCT unnest({column}) FROM truth")} - set(
                classes.TRUTHS
            )
            expected = {each for each, rate in rates.items() if rate[side] > 0}
            # moves of a second registration are marked by where they end
            assert made - expected <= {"other_village", "other_district", "other_regency"}, (name, column)
            if name == "foreign":
                rare = {each for each in expected if rates[each][side] < 0.003}
                assert expected - made <= rare | of_few, column


WHAT_A_CLASS_LOOKS_LIKE = {
    "nik_missing": "nik IS NULL",
    "nik_typo": "nik IS NOT NULL",
    "nik_spreadsheet": "regexp_matches(nik, '[0Oo][^0-9]*$|^[0-9][.,][0-9]+E[+]15$')",
    "nik_truncated": "length(nik) BETWEEN 6 AND 12",
    "nik_phone": "regexp_full_match(nik, '(08|[+]?628)[0-9]{10}')",
    "nik_spaced": "regexp_matches(nik, '^[0-9 ]+$') AND contains(nik, ' ')",
    "nik_apostrophe": "NOT regexp_matches(nik, '^[0-9]')",
    "nik_letters": "regexp_matches(nik, '[OolI]')",
    "name_deceased": "regexp_matches(lower(nama), 'alm')",
    "name_also_called": "regexp_matches(lower(nama), 'als|alias|[(]|/|\"')",
    "name_patronym": "regexp_matches(lower(nama), ' (bin|binti|b|bt|bte|bn)[.]? ')",
    "date_missing": "tgl_lahir IS NULL",
    "date_year_only": "length(tgl_lahir) = 4",
    "date_slashes": "regexp_full_match(tgl_lahir, '[0-9]{2}/[0-9]{2}/[0-9]{4}')",
    "date_excel": "regexp_full_match(tgl_lahir, '[0-9]{5}')",
    "date_words": "regexp_matches(tgl_lahir, '[A-Za-z]{3}')",
    "sex_missing": "jk IS NULL",
    "village_missing": "kode_desa IS NULL",
    "village_bps": "regexp_full_match(kode_desa, '[0-9]{4}[0-9]{2}0[0-9]{3}')",
    "village_dotted": "length(kode_desa) = 13",
    "address_missing": "alamat IS NULL",
}


@pytest.mark.parametrize("name", WHAT_A_CLASS_LOOKS_LIKE)
def test_a_class_is_what_it_says(foreign: Path, name: str) -> None:
    # what hides one mistake behind another: digits of a name, a name that is not given, marks that cut or garble
    others = ["name_glued", "name_digit", "name_mojibake", "name_unknown", "name_truncated", "name_typo", "name_spaces"]
    ((count, wrong),) = ask(
        foreign,
        f"""SELECT count(*), count(*) FILTER (NOT coalesce({WHAT_A_CLASS_LOOKS_LIKE[name]}, false)) FROM written
        WHERE list_contains(classes, '{name}') AND NOT list_has_any(classes, {others})""",
    )
    assert wrong == 0
    assert count > 0 or name == "name_deceased"  # which is of the register alone


def test_a_relatives_nik_is_that_of_somebody_else(foreign: Path) -> None:
    ((count, own),) = ask(
        foreign,
        """WITH pair AS (SELECT *, unnest(sid_ids) AS sid_id FROM written WHERE list_contains(classes, 'nik_family'))
        SELECT count(*), count(*) FILTER (p.nik = r.nik) FROM pair p JOIN resident r USING (sid_id)
        WHERE NOT list_has_any(resident_classes, ['nik_family', 'nik_couple_swapped'])""",
    )
    assert count > 20
    assert own == 0


def test_dates_of_a_heaped_class_are_heaped(foreign: Path) -> None:
    ((count, wrong),) = ask(
        foreign,
        """SELECT count(*), count(*) FILTER (NOT regexp_matches(tgl_lahir, '-(01-01|07-01|12-31)$')) FROM written
        WHERE list_contains(classes, 'date_heaped') AND NOT list_has_any(classes,
            ['date_slashes', 'date_dashes', 'date_short_year', 'date_words', 'date_excel', 'date_compact',
             'date_time'])""",
    )
    assert count > 50
    assert wrong == 0


def test_every_class_of_a_name_has_its_edit() -> None:
    words = {each.name for each in classes.CLASSES if each.field == "name"}
    texts = {each.name for each in classes.CLASSES if each.field == "name_text"}
    assert words == set(name_edits.WORD_EDITS)
    assert texts == set(name_edits.TEXT_EDITS)
    assert {each.name for each in classes.CLASSES if each.field == "nik_form"} == set(field_edits.NIK_FORMS)
    assert {each.name for each in classes.CLASSES if each.field == "date_form"} == set(field_edits.DATE_FORMS)


SON = name_edits.Whose(
    people=0,
    is_woman=False,
    is_grown=True,
    has_clan=False,
    father="Slamet",
    mother="Rukiah",
    clan="",
    nik="9" * 16,
    rt=2,
)


@pytest.mark.parametrize(
    ("edit", "before", "after"),
    [
        ("name_variant", "Muhammad Ilham", {f"{short} Ilham" for short in name_edits.SHORT_FORMS["Muhammad"]}),
        ("name_arabic", "Khadijah", {"Kadijah", "Chotijah", "Hadijah", "Khodijah", "Kotijah"}),
        ("name_old_spelling", "Joko Sucipto", {"Djoko Soetjipto"}),
        ("name_nickname", "Suryanto", {"Yanto", "Surya", "Surjan", "Suryan"}),
        ("name_vowels_lost", "Supriyadi", {"Sprydi"}),
        ("name_dropped", "Budi Santoso", {"Budi"}),
        ("name_initial", "Budi Santoso", {"Budi S", "Budi S."}),
        ("name_initials_first", "Muhammad Rizki Akbar", {"M. Rizki A.", "M. Rizki Akbar"}),
        ("name_joined", "Budi Santoso", {"Budisantoso"}),
        ("name_reversed", "Budi Santoso", {"Santoso Budi", "Santoso, Budi"}),
        ("name_mother", "Budi", {"Budi Rukiah", "Rukiah Budi"}),
        ("name_alias", "Budi Santoso", {"Slamet Santoso"}),
        ("name_patronym", "Budi", {"Budi bin Slamet", "Budi b. Slamet", "Budi Bn Slamet", "Budi B Slamet"}),
        ("name_glued", "Budi Santoso", {"BudiSantoso"}),
        ("name_truncated", "Budi Santoso Wijaya Kusuma", {"Budi Santoso Wijay"}),
    ],
)  # fmt: skip
def test_an_edit_writes_a_name_as_people_do(edit: str, before: str, after: set[str]) -> None:
    seen = set()
    for number in range(200):
        text, made = name_edits.rewrite(before.split(), [edit], Dice(number * 0x9E3779B97F4A7C15 % 2**64), SON)
        if made:
            seen.add(text)
    assert seen
    assert seen <= after


def test_an_edit_that_changes_nothing_is_not_recorded() -> None:
    assert name_edits.rewrite(["Budi"], ["name_dropped", "name_arabic", "name_glued"], Dice(1), SON) == ("Budi", [])


# --- files -------------------------------------------------------------------------------------------


def test_the_same_bytes_come_out_of_one_process_and_of_two(
    foreign: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(country.settle(RESIDENTS, SEED).batches(HOUSEHOLDS_PER_BATCH)) > 1
    monkeypatch.setattr(tables, "HOUSEHOLDS_PER_BATCH", HOUSEHOLDS_PER_BATCH)
    linkage.write(tmp_path, residents=RESIDENTS, profile="foreign", seed=SEED, processes=2)
    for name in ("residents.parquet", "accounts.parquet", "truth.parquet", "about.json"):
        assert (tmp_path / name).read_bytes() == (foreign / name).read_bytes(), name
    assert {path.name for path in tmp_path.iterdir()} == {
        "residents.parquet",
        "accounts.parquet",
        "truth.parquet",
        "about.json",
    }


def test_another_seed_makes_other_people(foreign: Path, tmp_path: Path) -> None:
    linkage.write(tmp_path, residents=3_000, profile="open", seed=SEED + 1, processes=1)
    others = f"SELECT nik FROM '{foreign}/accounts.parquet' WHERE length(nik) = 16"
    shared = ask(tmp_path, f"SELECT count(*) FROM account WHERE nik IN ({others})")
    assert shared[0][0] < 20


def test_a_profile_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(linkage.UnknownProfile) as refused:
        linkage.write(tmp_path / "none", residents=1_000, profile="national")
    assert refused.value.code == "synthetic.unknown_profile"
    assert not (tmp_path / "none").exists()
