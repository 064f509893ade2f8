"""A running bus with keeper and web server, and people who look at it in Chromium."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, Playwright, Request, sync_playwright

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.accounts import Accounts
from fusionbus.contract.report import ThreatReport
from running_hub import COMMAND, Bus, running, until

PASSWORD: Final = "river stone eleven lamps"
QUICK: Final = 4
"""log2 of scrypt's N: a hash in a millisecond."""
LAPTOP: Final = (1366, 768)
WALL: Final = (1920, 1080)


def chromium() -> str:
    """The system's Chromium; without it the tests fail."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found is not None, "Chromium is missing: apt-get install chromium."
    return found


def a_free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class House:
    """A bus, its threat database, and the web server over it."""

    bus: Bus
    folder: Path
    port: int = field(default_factory=a_free_port)
    worker_port: int = field(default_factory=a_free_port)
    keeper_port: int = field(default_factory=a_free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        return f"sqlite:{self.folder}/threats.db"

    @property
    def env(self) -> Mapping[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
        metrics = ",".join(f"http://127.0.0.1:{port}/metrics" for port in (self.worker_port, self.keeper_port))
        return clean | {
            "FUSION_BOOTSTRAP": self.bus.bootstrap,
            "FUSION_HOME": str(self.folder / "home"),
            "FUSION_METRICS_URLS": metrics,
            "FUSION_DATABASE_URL": self.database,
            "FUSION_WEB_SCRYPT_LOG2_N": str(QUICK),
        }

    def start(self) -> None:
        """Worker, keeper and web server, ready."""
        self.bus.start(FUSION_METRICS_PORT=str(self.worker_port))
        self.keep()
        until(self._has_accounts, "the threat database is made")
        self._run("web", "web", "--port", str(self.port))
        until(lambda: answers(f"http://127.0.0.1:{self.worker_port}/ready"), "the worker is ready")
        until(lambda: answers(f"{self.url}/health"), "the web server answers")

    def keep(self) -> None:
        """Starts the keeper."""
        self._run("keeper", "keep", "--all", "--metrics-port", str(self.keeper_port))

    def stop(self, name: str) -> None:
        """Ends one of the processes."""
        self.bus.started[name].terminate()
        self.bus.started[name].wait(30)

    def sign_up(self, agency: str, role: Role) -> None:
        """An account named like its role, with a password of its own."""
        with closing(ThreatDatabase(self.database)) as database:
            sign_up(database, agency, role)

    def incident_of(self, report: ThreatReport) -> str:
        """The incident that the hub has taken the report for, once its receipt tells."""
        found: list[str] = []

        def told() -> list[str]:
            mine = (one for one in self.bus.receipts_of(report.agency) if one.report_id == report.report_id)
            found.extend(one.incident_id for one in mine if one.incident_id)
            return found

        until(told, f"the receipt of {report.local_ref}")
        return found[0]

    def _has_accounts(self) -> bool:
        return Path(f"{self.folder}/threats.db").exists()

    def _run(self, name: str, *words: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.bus.started[name] = subprocess.Popen(
                (COMMAND, *words), env=self.env, stdout=log, stderr=log, text=True
            )


@contextmanager
def a_house(folder: Path, agencies: Mapping[str, Mapping[str, Any]]) -> Iterator[House]:
    """A running house; its processes end with the bus."""
    with running(folder, agencies) as bus:
        house = House(bus, folder)
        house.start()
        yield house


def sign_up(database: ThreatDatabase, agency: str, role: Role) -> None:
    """An account named like its role, with a password of its own."""
    accounts = Accounts(database, QUICK)
    once = accounts.add(agency, role.value, role)
    account = accounts.known(agency, role.value, once)
    assert account is not None
    accounts.choose(account, PASSWORD)


def answers(url: str) -> bool:
    """Whether 200 comes from there."""
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310 - our own processes
            return bool(answer.status == 200)
    except OSError:
        return False


class Served(Protocol):
    """What is looked at."""

    @property
    def url(self) -> str: ...


@dataclass
class Looker:
    """Somebody at a browser."""

    browser: Browser
    house: Served
    strangers: list[str] = field(default_factory=list)
    """Requests that left this machine."""

    def page(self, size: tuple[int, int] = LAPTOP, *, dark: bool = False) -> Page:
        """A new browser window with nobody signed in."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
        )
        context.on("request", self._note)
        page = context.new_page()
        page.set_default_timeout(30_000)
        return page

    def signed_in(self, agency: str, role: Role, size: tuple[int, int] = LAPTOP, *, dark: bool = False) -> Page:
        """A window of this person, at the first page."""
        page = self.page(size, dark=dark)
        page.goto(f"{self.house.url}/sign-in")
        page.get_by_label("Agency").fill(agency)
        page.get_by_label("Name").fill(role.value)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    def _note(self, request: Request) -> None:
        where = urlsplit(request.url)
        if where.scheme in {"http", "https", "ws", "wss"} and where.hostname != "127.0.0.1":
            self.strangers.append(request.url)


@contextmanager
def looking(house: Served) -> Iterator[Looker]:
    """A browser; the sandbox is off where root runs it, for Chromium refuses to start otherwise."""
    with sync_playwright() as playwright:
        browser = _launched(playwright)
        try:
            yield Looker(browser, house)
        finally:
            browser.close()


def _launched(playwright: Playwright) -> Browser:
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=chromium(), args=[*flags, "--disable-background-networking"])


def axe_faults(page: Page) -> list[str]:
    """What axe finds serious or critical on the page."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - loads half a megabyte of script

    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['help']}: {json.dumps([node['html'][:120] for node in each['nodes'][:3]])}"
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]
