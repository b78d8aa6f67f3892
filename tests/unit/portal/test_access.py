"""Who may do what: the truth table of roles and permissions, and of areas."""

import pytest

from tenun.portal import access
from tenun.portal.access import Permission, Role, Scope

READ, TAKE = Permission.FIGURES_READ, Permission.FIGURES_DOWNLOAD
EXCHANGE = Permission.EXCHANGE_READ
LINKS = Permission.LINK_READ
REVIEW, ARBITRATE = Permission.LINK_REVIEW, Permission.LINK_ARBITRATE
QUALITY = Permission.QUALITY_READ
TRAIL, SUMS, TRAILS = Permission.TRAIL_READ, Permission.TRAIL_SUMS, Permission.TRAIL_ALL
RELEASES, PREPARE, DECIDE = Permission.RELEASE_READ, Permission.RELEASE_PREPARE, Permission.RELEASE_DECIDE
CORRECTIONS, FILE = Permission.CORRECTIONS_READ, Permission.CORRECTIONS_FILE
CORRECT = {CORRECTIONS, Permission.CORRECTIONS_RECORD, Permission.CORRECTIONS_ANSWER}
RIGHTS = {
    Role.DATA_DESA: {READ, TAKE, EXCHANGE, LINKS, QUALITY, TRAIL, RELEASES, PREPARE} | CORRECT,
    Role.DATA_NAKER: {READ, TAKE, EXCHANGE, LINKS, REVIEW, ARBITRATE, QUALITY, TRAIL, RELEASES, PREPARE} | CORRECT,
    Role.MONITORING: {READ, TAKE, EXCHANGE, LINKS, TRAIL, CORRECTIONS},
    Role.LEADERSHIP: {READ, EXCHANGE, LINKS, TRAIL, SUMS, RELEASES, DECIDE, CORRECTIONS},
    Role.SECURITY: {EXCHANGE, TRAIL, SUMS, TRAILS},
    Role.VILLAGE: {CORRECTIONS, FILE, TRAIL},
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_a_role_has_exactly_its_rights(role: Role, permission: Permission) -> None:
    assert access.may(role, permission) is (permission in RIGHTS[role])


@pytest.mark.parametrize("role", ["", "root", "village", "public", "DATA_DESA"])
@pytest.mark.parametrize("permission", Permission)
def test_a_role_nobody_defined_may_nothing(role: str, permission: Permission) -> None:
    assert not access.may(role, permission)


AREAS = ("00", "52", "52.08", "52.08.01", "52.08.01.2001", "52.07", "52.080", "5", "51", "")
COVERED = {
    "00": set(AREAS),
    "52": {"52", "52.08", "52.08.01", "52.08.01.2001", "52.07", "52.080"},
    "52.08": {"52.08", "52.08.01", "52.08.01.2001"},
    "52.08.01": {"52.08.01", "52.08.01.2001"},
    "52.08.01.2001": {"52.08.01.2001"},
}


@pytest.mark.parametrize("scope", COVERED)
@pytest.mark.parametrize("area", AREAS)
def test_a_scope_covers_what_lies_inside_and_nothing_above_or_beside(scope: str, area: str) -> None:
    assert Scope(scope).covers(area) is (area in COVERED[scope])


def test_every_route_that_shows_figures_asks_for_a_permission() -> None:
    for route in ("overview", "area", "map", "search", "indicators", "indicator"):
        assert access.ROUTES[route] is READ
    for route in ("downloads", "download_csv", "download_xlsx"):
        assert access.ROUTES[route] is TAKE
    assert access.ROUTES["exchange"] is EXCHANGE
    assert access.ROUTES["link_review"] is REVIEW
    assert access.ROUTES["link_arbitration"] is ARBITRATE


@pytest.mark.pasal("7(2)")
def test_a_village_government_has_no_right_to_figures_and_begins_at_its_corrections() -> None:
    assert access.ROLES[Role.VILLAGE].isdisjoint(access.FIGURES)
    homes = {role: access.home_of(role) for role in Role}
    assert homes.pop(Role.VILLAGE) == "corrections"
    assert homes.pop(Role.SECURITY) == "exchange"
    assert set(homes.values()) == {"overview"}
    assert access.home_of("nobody") == "account"
