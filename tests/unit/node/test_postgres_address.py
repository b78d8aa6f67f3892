"""Where a node's database is, as the environment tells it."""

import pytest

from tenun.node import postgres
from tenun.node.home import Role
from tenun.node.postgres import Database, DatabaseUrlInvalid, from_url

ADDRESSES = {
    "postgresql://ani:s%40ndi@db.example:6432/tenun": Database("tenun", "ani", "db.example", 6432, "s@ndi"),
    "postgres://ani@db.example/tenun": Database("tenun", "ani", "db.example"),
    "postgresql://ani@/tenun?host=%2Frun%2Fpg": Database("tenun", "ani", "/run/pg"),
    "postgresql://ani@db.example/tenun?sslmode=verify-full": Database(
        "tenun", "ani", "db.example", options=(("sslmode", "verify-full"),)
    ),
    "postgresql://ani@db.example/": Database("tenun_desa", "ani", "db.example"),
}


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_says_where_the_database_is(url: str) -> None:
    assert from_url(url, name="tenun_desa") == ADDRESSES[url]


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_written_again_reads_the_same(url: str) -> None:
    database = from_url(url, name="tenun_desa")
    assert from_url(database.url()) == database


def test_a_folder_with_a_space_is_written_as_libpq_reads_it() -> None:
    there = Database("tenun", "ani", "/home/ani/folder saya/socket")
    assert "folder%20saya" in there.url()
    assert from_url(there.url()) == there


@pytest.mark.parametrize(
    "url", ["mysql://ani@db.example/tenun", "tenun", "postgresql://ani@db.example:x/tenun", "postgresql://ani@/tenun"]
)
def test_what_is_no_postgresql_address_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(DatabaseUrlInvalid) as refusal:
        from_url(url)
    assert "ani" not in str(refusal.value.as_dict())


def test_the_environment_wins_and_the_nodes_own_variable_wins_over_the_common_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("DATABASE_URL_DESA", raising=False)
    assert postgres.told(Role.DESA) is None
    monkeypatch.setenv("DATABASE_URL", "postgresql://ani@common.example")
    monkeypatch.setenv("DATABASE_URL_DESA", "postgresql://ani@own.example/satu")
    assert postgres.told(Role.DESA) == Database("satu", "ani", "own.example")
    assert postgres.told(Role.NAKER) == Database("tenun_naker", "ani", "common.example")
