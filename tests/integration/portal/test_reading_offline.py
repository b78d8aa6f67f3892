"""Profiles are kept by a browser only when asked, and are taken away when nobody is signed in or access is shut off."""

from typing import Any

import pytest

from tenun.node.gate import Gatekeeper
from tenun.node.home import NodeHome

pytestmark = pytest.mark.xdist_group("portal")

VILLAGE = "/wilayah/52.08.01.2002/"
SCRIPT = "js/offline"


@pytest.mark.pasal("7(1)")
def test_nothing_is_kept_unless_it_was_asked_for_in_this_browser(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    page = client.get(VILLAGE)
    assert SCRIPT not in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert "Clear-Site-Data" not in page.headers
    client.get("/akun/luring/", {"keep": "1"})
    assert SCRIPT not in client.get(VILLAGE).content.decode(), "a link must not be able to switch it on"
    client.post("/akun/luring/", {"keep": "1"})
    assert client.cookies["tenun_offline"]["max-age"] == ""
    assert client.cookies["tenun_offline"]["httponly"]
    assert SCRIPT in client.get(VILLAGE).content.decode()
    assert "Clear-Site-Data" not in client.get(VILLAGE).headers
    # Another browser of the same account keeps nothing.
    assert SCRIPT not in sign_in("kabupaten.desa").get(VILLAGE).content.decode()


@pytest.mark.parametrize("end", ["off", "sign out", "session"])
def test_what_was_kept_is_taken_away(sign_in: Any, end: str) -> None:
    client = sign_in("kabupaten.desa")
    client.post("/akun/luring/", {"keep": "1"})
    if end == "off":
        answer = client.post("/akun/luring/", {"keep": "0"})
    elif end == "sign out":
        answer = client.post("/keluar/")
    else:
        client.session.flush()
        answer = client.get(VILLAGE)
        assert answer.status_code == 302
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.cookies["tenun_offline"].value == ""
    assert SCRIPT not in client.get("/akun/" if end == "off" else "/masuk/").content.decode()


@pytest.mark.pasal("7(4)")
def test_a_shut_off_takes_what_was_kept(sign_in: Any, node: NodeHome) -> None:
    client = sign_in("kabupaten.desa")
    client.post("/akun/luring/", {"keep": "1"})
    keeper = Gatekeeper(node.station.gate, node.station.party)
    keeper.sentinel.parent.mkdir(parents=True, exist_ok=True)
    keeper.sentinel.touch()
    try:
        answer = client.get(VILLAGE)
        assert "Clear-Site-Data" in answer.headers
        assert SCRIPT not in answer.content.decode()
    finally:
        keeper.sentinel.unlink()


def test_the_worker_is_a_script_that_holds_nobodys_data(sign_in: Any) -> None:
    answer = sign_in().get("/luring.js")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert b"52.08" not in answer.content
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]
