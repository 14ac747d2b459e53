"""Chromium for the walks, and what every page must hold: no console errors, nothing refused, no sideways scrolling."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

PASSWORD = "kan-jia-hu-yuan-23"

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("DOUDI_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
# The browser's event loop lives in the thread of the tests until the session ends. The walks use no database of this
# process; tests that run after them must not be taken for asynchronous ones.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.fail("no Chromium found: install it, or name it in DOUDI_CHROMIUM (tools/system_packages.py does this)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def served(folder: Path, *options: str) -> Iterator[str]:
    """Serve a site with a worker beside it until the session ends; gives its address."""
    port = free_port()
    environment = dict(
        os.environ,
        DJANGO_SETTINGS_MODULE="doudi.web.settings.base",
        DOUDI_DATA_DIR=str(folder),
        DOUDI_SECRET_KEY="walks-walks-walks-walks-walks-walks",
    )
    environment.pop("DOUDI_DATABASE_URL", None)
    commands = [
        [sys.executable, "-m", "tests.web.pages.site", str(port), *options],
        [sys.executable, "-m", "doudi.web", "worker"],
    ]
    log = (folder / "log.txt").open("w")
    with contextlib.ExitStack() as stack:
        stack.callback(log.close)
        for command in commands:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            if command is commands[0]:
                wait_for(port, process, folder / "log.txt")
        yield f"http://127.0.0.1:{port}"


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the site did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with a small county in it."""
    yield from served(tmp_path_factory.mktemp("county"))


@pytest.fixture
def own_county(tmp_path: Path) -> Iterator[str]:
    """A small county for one walk alone, which mends what others look for."""
    yield from served(tmp_path)


@pytest.fixture(scope="session")
def empty_county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with people but no households yet."""
    yield from served(tmp_path_factory.mktemp("empty"), "empty")


@pytest.fixture
def new_county(tmp_path: Path) -> Iterator[str]:
    """The address of a site of one's own with people and the county's name, and nothing else yet."""
    yield from served(tmp_path, "new")


class Visitor:
    """A person at a browser. Complaints of the browser are collected and fail the test at its end."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        # An answer of 4xx is told in the console too; the tests look at those pages on purpose.
        if "the server responded with a status of 4" not in message.text:
            self.complaints.append(f"{message.type}: {message.text} ({self.page.url})")

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        self.page.goto(f"{self.address}/sign-in/")
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码").fill(password)
        with self.page.expect_navigation():  # else the next address could be opened before the answer came
            self.page.get_by_role("button", name="登录").click()

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def check_fits(self) -> None:
        """No sideways scrolling of the page."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"

    def check_accessible(self) -> None:
        """No serious or critical finding of axe."""
        if not self.page.evaluate("typeof axe !== 'undefined'"):
            # Evaluated by the browser's debugger, so that the content security policy stays in force for the page.
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            f"{rule['id']}: {rule['help']} at {[node['target'] for node in rule['nodes']][:4]}"
            for rule in found["violations"]
            if rule["impact"] in {"serious", "critical"}
        ]
        assert not serious, f"{self.page.url}\n" + "\n".join(serious)

    def check_page(self) -> None:
        self.check_fits()
        self.check_accessible()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Open a browser window of a size: `visit(county, PHONE)`."""
    opened: list[tuple[BrowserContext, Visitor]] = []

    def start(address: str, size: dict[str, int] = DESKTOP, *, script: bool = True, language: str = "zh-CN") -> Visitor:
        context = browser.new_context(
            viewport=size, locale=language, java_script_enabled=script, accept_downloads=True, reduced_motion="reduce"
        )
        visitor = Visitor(context.new_page(), address)
        opened.append((context, visitor))
        return visitor

    yield start
    complaints = [complaint for _, visitor in opened for complaint in visitor.complaints]
    for context, _ in opened:
        context.close()
    assert not complaints, "\n".join(complaints)
