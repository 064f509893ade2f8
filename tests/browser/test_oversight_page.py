"""The auditor's page in Chromium, and the monthly report on paper: every page as every role, and no body for two."""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from browsing import Looker, axe_faults, chromium, looking, sign_up
from fusionbus.consumers.oversight.book import Book
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.rows import Row
from fusionbus.consumers.threats.store import insert_new, keep_alerts
from fusionbus.consumers.threats.tables_hub import agencies
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.pages.frame import TABS
from overseen import CNIC, a_book, a_month
from running_hub import COMMAND
from web_alone import serving

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

DESK: Final = "NACTA"
HUB: Final = a_month()
MONTH: Final = "2026-03"
OVERRIDDEN: Final = next(one for one in HUB.audit() if one.override)
WORDS: Final = ("handcart", "Anarkali", "Blast", "Matter 2", "bazaar")
"""What reports of the month say."""


@dataclass
class Shown:
    """A web server over a threat database and an oversight database of one month."""

    url: str
    folder: Path


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("oversight")
    a_book(folder, HUB.audit()).close()
    with closing(ThreatDatabase(f"sqlite:{folder}/threats.db")) as database:
        now = datetime.now(UTC)
        with database.writing() as db:
            keep_alerts(db, HUB.alerts_of(DESK), now)
            row: Row = {"agency": DESK, "name": DESK, "contact": "Desk", "active": True, "reviews": True, "json": "{}"}
            insert_new(db, agencies, [row])
        for role in Role:
            sign_up(database, DESK, role)
        sign_up(database, "CTD-KP", Role.AUDITOR)
    with serving(folder) as alone:
        yield Shown(alone.url, folder)


@pytest.fixture(scope="module")
def looker(shown: Shown) -> Iterator[Looker]:
    with looking(shown) as made:
        yield made


@pytest.mark.parametrize("role", Role)
def test_no_page_shows_a_word_of_a_report_to_an_operator_or_an_auditor(
    looker: Looker, shown: Shown, role: Role
) -> None:
    page = looker.signed_in(DESK, role)
    told = ""
    paths = [tab.path for tab in TABS]
    for path in (*paths, f"/incidents/{OVERRIDDEN.incident_id}", f"/journey?report={OVERRIDDEN.report_id}"):
        page.goto(f"{shown.url}{path}")
        expect(page.locator("h1").first).to_be_visible()
        told += page.locator("body").inner_text()
        if role in {Role.AUDITOR, Role.OPERATOR, Role.READER}:
            assert page.get_by_role("button", name="Acknowledge").count() == 0
    seen = [word for word in WORDS if word in told]
    assert bool(seen) is (role not in {Role.AUDITOR, Role.OPERATOR}), seen
    page.context.close()


def test_the_auditor_reads_the_figures_goes_to_the_records_and_to_who_received_them(
    looker: Looker, shown: Shown
) -> None:
    page = looker.signed_in(DESK, Role.AUDITOR)
    page.wait_for_url("**/oversight")
    page.goto(f"{shown.url}/oversight?month={MONTH}")
    panel = page.locator("section.panel", has=page.get_by_role("heading", name="Need to know overridden"))
    expect(panel.get_by_role("link", name="1")).to_be_visible()
    assert axe_faults(page) == []
    panel.get_by_role("link", name="1").click()
    page.get_by_role("link", name=str(OVERRIDDEN.report_id)).click()
    expect(page.get_by_text("imminent_danger")).to_be_visible()
    expect(page.get_by_text("danger to life overrode")).to_be_visible()
    assert axe_faults(page) == []
    assert looker.strangers == []
    page.context.close()


def test_on_whom_is_asked_with_a_reason_that_is_kept(looker: Looker, shown: Shown) -> None:
    page = looker.signed_in(DESK, Role.AUDITOR, dark=True)
    page.goto(f"{shown.url}/oversight?month={MONTH}")
    page.get_by_label("Token").fill(CNIC)
    page.get_by_label("Why you ask").fill("Complaint 17")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("1 reports carried it")).to_be_visible()
    expect(page.get_by_text("imminent_danger")).to_be_visible()
    assert CNIC not in page.url
    assert axe_faults(page) == []
    with closing(Book(f"sqlite:{shown.folder}/oversight.db")) as book:
        (kept,) = book.questions()
    assert (kept["by"], kept["reason"]) == (f"{DESK} auditor (auditor)", "Complaint 17")
    page.context.close()


def test_an_auditor_of_one_agency_does_not_oversee_the_others(looker: Looker, shown: Shown) -> None:
    page = looker.signed_in("CTD-KP", Role.AUDITOR)
    page.goto(f"{shown.url}/oversight")
    expect(page.get_by_text("does not work for the hub's desk")).to_be_visible()
    assert page.get_by_role("link", name="Oversight").count() == 0
    page.context.close()


def test_the_monthly_report_prints_on_a4(shown: Shown, tmp_path: Path) -> None:
    html, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    book = f"sqlite:{shown.folder}/oversight.db"
    words = ("oversight", "report", "--month", MONTH, "--out", str(html), "--book", book, "--as-kept")
    subprocess.run((COMMAND, *words), check=True, capture_output=True, timeout=60)
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer")
    line = (chromium(), *flags, f"--user-data-dir={tmp_path}/profile", f"--print-to-pdf={paper}", html.as_uri())
    subprocess.run(line, check=True, capture_output=True, timeout=60)
    made = paper.read_bytes()
    assert made.startswith(b"%PDF-")
    sizes = {one.split(b"]")[0].strip() for one in made.split(b"/MediaBox [")[1:]}
    assert len(sizes) == 1, "every page has one size"
    width, height = (float(part) for part in sizes.pop().split()[2:4])
    assert (round(width), round(height)) in {(595, 842), (596, 842), (594, 842)}, "A4 is 595 by 842 points"
    assert made.count(b"/Type /Page\n") + made.count(b"/Type /Page ") >= 2
