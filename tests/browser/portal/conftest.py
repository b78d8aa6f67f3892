"""A real browser before a portal with figures in every state. Skipped, and said so, where no Chromium is."""

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tenun.node.home import NodeHome, Role
from tenun.portal import serving
from tests.lib import published_figures as published

SCREENSHOTS = Path(__file__).parent / "screenshots"
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
QUIET = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"]


@pytest.fixture(scope="session")
def portal() -> Iterator[serving.Portal]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    home = Path(tempfile.mkdtemp(prefix="tenun-browser-"))
    home.chmod(0o755)  # the embedded server's account must be able to pass through
    before = dict(os.environ)
    for name in ("DATABASE_URL", "DATABASE_URL_NAKER", "DJANGO_SETTINGS_MODULE", "TENUN_ROLE"):
        os.environ.pop(name, None)
    serving.use_home(home)
    try:
        published.publish(NodeHome.of(Role.NAKER).lake)
        serving.mark_as_demo(Role.NAKER)
        with serving.start(Role.NAKER, 0, demo_regency=published.REGENCY) as started:
            os.environ.clear()
            os.environ.update(before)
            yield started
    finally:
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def browser(portal: serving.Portal) -> Iterator[Browser]:
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *as_root])
        yield started
        started.close()


class Watched:
    """A browser window that remembers what it should never see: other hosts, broken policy, errors of ours."""

    def __init__(self, context: BrowserContext, portal: serving.Portal) -> None:
        self.context = context
        self.portal = portal
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        self.status = 0
        """Of the page that was opened last."""
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("request", self._request)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda problem: self.complaints.append(str(problem)))

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.portal.address).netloc:
            self.elsewhere.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        # The browser reports a page of status 404 or 403 as an error too; those pages are meant to be seen.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def open(self, path: str) -> Page:
        answer = self.page.goto(self.portal.address.rstrip("/") + path)
        self.status = answer.status if answer is not None else 0
        return self.page

    def sign_in(self, username: str) -> Page:
        account = next(one for one in self.portal.accounts if one["username"] == username)
        page = self.open("/masuk/")
        page.get_by_label("Nama pengguna").fill(username)
        page.get_by_label("Sandi").fill(account["password"])
        page.get_by_role("button", name="Masuk").click()
        page.get_by_role("heading", level=1).wait_for()
        return page

    def assert_clean(self) -> None:
        assert self.elsewhere == []
        assert self.complaints == []


OpenWindow = Callable[..., Watched]


def faults(page: Page) -> list[str]:
    """What is wrong with a page that every page must have right: the rules of accessibility, the width, its heading."""
    found = Axe().run(page, options=RULES).response["violations"]
    said = [f"{fault['id']}: {node['target']} {node['failureSummary']}" for fault in found for node in fault["nodes"]]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        said.append("wider than the screen")
    if page.get_by_role("heading", level=1).count() != 1:
        said.append("not one heading of the first level")
    return said


def look_at(
    seen: Watched, pages: Mapping[str, str], *, width: int, scheme: str, refused: Collection[str] = ()
) -> dict[str, list[str]]:
    """The faults of each page that has any, by its name; a screenshot of each is kept. Those of `refused`, and no
    others, are pages that say why there is nothing."""
    SCREENSHOTS.mkdir(exist_ok=True)
    found: dict[str, list[str]] = {}
    for name, path in pages.items():
        page = seen.open(path)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
        found[name] = faults(page)
        if (seen.status >= 400) != (name in refused):
            found[name].append(f"answered {seen.status}")
    return {name: wrong for name, wrong in found.items() if wrong}


@pytest.fixture
def window(browser: Browser, portal: serving.Portal) -> Iterator[OpenWindow]:
    """Opens a window: `window(width=360)`, `window(java_script_enabled=False)`, signed in with `user=`."""
    contexts = []

    def opened(*, width: int = 1280, user: str | None = None, **options: object) -> Watched:
        height = 780 if width < 600 else 900
        context = browser.new_context(viewport={"width": width, "height": height}, locale="id-ID", **options)  # type: ignore[arg-type]
        contexts.append(context)
        watched = Watched(context, portal)
        if user is not None:
            watched.sign_in(user)
        return watched

    yield opened
    for context in contexts:
        context.close()
