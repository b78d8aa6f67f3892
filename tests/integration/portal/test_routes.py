"""Every address, asked by everyone: who gets in, who is sent to sign in, who is refused."""

from types import ModuleType
from typing import Any

import pytest

from tenun.portal import access
from tenun.portal.access import Permission, Route

pytestmark = pytest.mark.xdist_group("portal")

# Reports and pairs that this node does not have: whoever may ask for them is told so.
NOT_THERE: dict[str, dict[str, str]] = {
    "link_report_of": {"id": "2026-06-01-abc"},
    "link_report_file": {"id": "2026-06-01-abc", "name": "report.id.pdf"},
    "link_chart": {"id": "2026-06-01-abc", "name": "m_u"},
    "link_pair": {"seeker_id": "a1", "person_id": "b2"},
    "correction": {"number": "999999999"},
    "release": {"name": "0123456789ab"},
    "release_file": {"name": "0123456789ab"},
    "compare_file": {"ending": "csv"},  # without an area there is nothing to compare
    "quality_rows": {"dataset": "sid__residents", "place": "52.08.01.2002"},
    "quality_rows_file": {"dataset": "sid__residents", "place": "52.08.01.2002", "ending": "csv"},
}
OF_A_SNAPSHOT = ("results_snapshot", "results_areas", "results_indicators", "results_values", "results_metadata")
ARGUMENTS: dict[str, dict[str, str]] = {
    "area": {"code": "52.08.01.2002"},
    "area_sheet": {"code": "52.08.01.2002"},
    "where_from": {"indicator": "b1", "code": "52.08.01.2002"},
    "village_room": {"code": "52.08.01.2002"},
    "village_pack": {"code": "52.08.01.2002"},
    **{name: {"snapshot": "latest"} for name in OF_A_SNAPSHOT},
    "results_provenance": {"snapshot": "latest", "indicator": "A1", "area": "52.08.01.2002"},
    "indicator": {"indicator": "b1"},
    "attention_list": {"rule": "data-lama"},
    "attention_file": {"rule": "data-lama", "ending": "csv"},
    "quality_villages_file": {"ending": "csv"},
    "trail_file": {"ending": "csv"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "abc-123"},
    "corrections_file": {"ending": "csv"},
    "release_feed": {"act": "f" * 64},
    "release_metadata": {"act": "f" * 64},
    "quality_findings_file": {"ending": "xlsx"},
    **NOT_THERE,
}
OFFICER = {Permission.FIGURES_READ, Permission.FIGURES_DOWNLOAD, Permission.EXCHANGE_READ, Permission.LINK_READ}
OFFICER |= {Permission.QUALITY_READ, Permission.TRAIL_READ}
OFFICER |= {Permission.RELEASE_READ, Permission.RELEASE_PREPARE}
OFFICER |= {Permission.CORRECTIONS_READ, Permission.CORRECTIONS_RECORD, Permission.CORRECTIONS_ANSWER}
LEADER = {Permission.FIGURES_READ, Permission.EXCHANGE_READ, Permission.LINK_READ}
LEADER |= {Permission.TRAIL_READ, Permission.TRAIL_SUMS}
LEADER |= {Permission.RELEASE_READ, Permission.RELEASE_DECIDE, Permission.CORRECTIONS_READ}
REVIEWER = OFFICER | {Permission.LINK_REVIEW, Permission.LINK_ARBITRATE}
USERS = {
    "petugas.desa": OFFICER,
    "petugas.naker": REVIEWER,
    "penengah.naker": REVIEWER,
    "kabupaten.desa": OFFICER,
    "provinsi.naker": REVIEWER,
    "pimpinan.desa": LEADER,
    "pimpinan.naker": LEADER,
    "keamanan.naker": {Permission.EXCHANGE_READ, Permission.TRAIL_READ, Permission.TRAIL_SUMS, Permission.TRAIL_ALL},
    "pemerintah.desa": {Permission.CORRECTIONS_READ, Permission.CORRECTIONS_FILE, Permission.TRAIL_READ},
}


def address(route: str) -> str:
    from django.urls import reverse

    return reverse(route, kwargs=ARGUMENTS.get(route))


def test_the_table_of_routes_names_every_route_and_no_other(node: Any) -> None:
    from django.urls import get_resolver

    named = {pattern.name for pattern in get_resolver().url_patterns}
    assert None not in named, "an address without a name cannot be in the table"
    assert named == set(access.ROUTES)
    assert all(hasattr(pattern, "callback") for pattern in get_resolver().url_patterns), (
        "an included list is not walked"
    )


@pytest.mark.parametrize("route", access.ROUTES)
def test_a_stranger_comes_no_further_than_what_is_open(sign_in: Any, route: str) -> None:
    answer = sign_in().get(address(route))
    if access.ROUTES[route] is Route.OPEN:
        assert answer.status_code != 403
        assert not answer.headers.get("Location", "").startswith(f"{address('account_login')}?next={address(route)}")
    elif route.startswith("results_") or access.ROUTES[route] is Route.AUDIENCE:
        # A program is told, not sent to a form.
        assert answer.status_code == 401
    else:
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, address("account_login"))
    assert b"Sokong" not in answer.content


@pytest.mark.parametrize("username", USERS)
@pytest.mark.parametrize("route", access.ROUTES)
def test_an_account_opens_what_its_role_is_given(sign_in: Any, username: str, route: str) -> None:
    rule = access.ROUTES[route]
    answer = sign_in(username).get(address(route))
    if isinstance(rule, Permission):
        # A pack is signed under an agreement, and this node has none in force: the page says so, and gives no file.
        found = 404 if route in NOT_THERE else 503 if route == "village_pack" else 200
        assert answer.status_code == (found if rule in USERS[username] else 403)
    else:
        assert answer.status_code != 403


INSIDE = {"kabupaten.desa": "52.08", "provinsi.naker": "52", "petugas.naker": ""}
SHOW_AN_AREA = {
    "area": "/wilayah/{code}/",
    "map": "/peta/?wilayah={code}&tingkat=desa",
    "compare": "/banding/?wilayah={code}",
    "indicator": "/indikator/a1/?wilayah={code}",
    "csv": "/unduh/angka.csv?wilayah={code}&tingkat=desa",
    "xlsx": "/unduh/angka.xlsx?wilayah={code}&tingkat=desa",
}


@pytest.mark.parametrize("username", INSIDE)
@pytest.mark.parametrize("page", SHOW_AN_AREA)
@pytest.mark.parametrize("code", ["52.08", "52.08.01", "52.07", "52.07.01", "52", "00"])
def test_figures_are_shown_inside_the_accounts_area_only(sign_in: Any, username: str, page: str, code: str) -> None:
    answer = sign_in(username).get(SHOW_AN_AREA[page].format(code=code))
    is_inside = not INSIDE[username] or code == INSIDE[username] or code.startswith(f"{INSIDE[username]}.")
    assert answer.status_code == (200 if is_inside else 403)


def test_a_view_that_nobody_entered_in_the_table_answers_to_nobody(sign_in: Any, settings_urls: Any) -> None:
    for username in (None, "petugas.naker"):
        answer = sign_in(username).get("/lupa/")
        assert answer.status_code in (302, 403)
        assert b"secret" not in answer.content


@pytest.fixture
def settings_urls(node: Any) -> Any:
    from django.http import HttpResponse
    from django.test import override_settings
    from django.urls import clear_url_caches, path

    from tenun.portal.config import urls

    forgotten = path("lupa/", lambda _request: HttpResponse("secret"), name="forgotten")
    with_it = ModuleType("with_it")
    with_it.urlpatterns = [*urls.urlpatterns, forgotten]  # type: ignore[attr-defined]
    with_it.handler403, with_it.handler404 = urls.handler403, urls.handler404  # type: ignore[attr-defined]
    with override_settings(ROOT_URLCONF=with_it):
        clear_url_caches()
        yield
    clear_url_caches()


def test_a_piece_of_a_page_is_refused_plainly_to_a_stranger(sign_in: Any) -> None:
    answer = sign_in().get("/cari/?q=sokong", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/masuk/"


def test_sign_in_returns_to_the_page_that_was_asked_for_and_to_no_other_host(
    sign_in: Any, accounts: dict[str, dict[str, str]]
) -> None:
    credentials = {"login": "petugas.naker", "password": accounts["petugas.naker"]["password"]}
    for wanted, reached in (("/peta/", "/peta/"), ("https://elsewhere.example/", "/"), ("//elsewhere.example", "/")):
        answer = sign_in().post("/masuk/", {**credentials, "next": wanted})
        assert (answer.status_code, answer.headers["Location"]) == (302, reached)
