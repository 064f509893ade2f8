"""The picture in Chromium, over a filled threat database and with no broker: news, filters, keys, rights, axe."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from browsing import Looker, axe_faults, looking, sign_up
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.store import insert_new, keep_alerts
from fusionbus.consumers.threats.tables_hub import agencies
from fusionbus.consumers.threats.viewer import Role
from fusionbus.contract.alert import Alert
from fusionbus.contract.vocabulary import Severity
from running_hub import until
from web_alone import serving

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

KP, DESK, EMPTY = "CTD-KP", "NACTA", "CTD-PB"
NEWS_S_MAX: Final = 1.0
URDU: Final = "پشاور کے بازار میں دھماکا"
FORGE: Final = """(fields) => {
  for (const each of document.querySelectorAll("[id^=c]")) {
    const part = window.getElement(Number(each.id.slice(1)));
    if (part && part.$options && part.$options.methods && part.$options.methods.tell) part.$emit("form", fields);
  }
}"""
"""What somebody sends who presses a button that is not there."""


@dataclass
class Shown:
    """A web server over a database, with the broker out of reach."""

    url: str
    database: ThreatDatabase

    def keep(self, *told: Alert) -> None:
        with self.database.writing() as db:
            keep_alerts(db, list(told), datetime.now(UTC))

    def log(self, outcome: str) -> list[str]:
        with self.database.reading() as db:
            asked = text("SELECT who || ' ' || what FROM access_log WHERE act = 'action' AND outcome = :outcome")
            return list(db.scalars(asked, {"outcome": outcome}))


def news(recipient: str, number: int, headline: str, severity: Severity = Severity.SEVERE, **changes: Any) -> Alert:
    """An alert of now; the higher the number, the later and the farther west the event."""
    now = datetime.now(UTC)
    happened = now - timedelta(hours=9 - number)
    alert = sample_alert(
        recipient,
        number,
        published_at=now,
        body={"severity": severity, "headline": headline, "reported_at": happened, "occurred": None},
    )
    place = alert.incident.claim.place
    assert place is not None and place.lon is not None  # noqa: PT018 - the sample has one
    there = place.model_copy(update={"lon": place.lon - number * 1.5})
    claim = alert.incident.claim.model_copy(update={"headline": headline, "place": there, "occurred": None})
    view = alert.incident.model_copy(update={"claim": claim})
    return alert.model_copy(update={"incident": view, "acknowledge_by": now + timedelta(hours=1)} | changes)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("picture")
    with closing(ThreatDatabase(f"sqlite:{folder}/threats.db")) as database:
        with database.writing() as db:
            rows = [_agency(name) for name in (KP, DESK, EMPTY)]
            insert_new(db, agencies, rows)
        for agency, role in ((KP, Role.ANALYST), (KP, Role.READER), (DESK, Role.SUPERVISOR), (EMPTY, Role.ANALYST)):
            sign_up(database, agency, role)
        with serving(folder) as alone:
            here = Shown(alone.url, database)
            here.keep(news(KP, 1, "Blast near a market"), news(KP, 2, URDU, Severity.MINOR))
            yield here


def _agency(name: str) -> dict[str, Any]:
    return {
        "agency": name,
        "name": name,
        "reviews": name == DESK,
        "active": True,
        "contact": "Desk",
        "json": "{}",
    }


@pytest.fixture(scope="module")
def looker(shown: Shown) -> Iterator[Looker]:
    with looking(shown) as found:
        yield found


@pytest.fixture(scope="module")
def analyst(looker: Looker) -> Page:
    return looker.signed_in(KP, Role.ANALYST)


def test_the_list_and_the_map_show_the_same_incidents(analyst: Page) -> None:
    expect(analyst.locator(".incident")).to_have_count(2)
    expect(analyst.locator(".map output")).to_contain_text("2 of 2")
    expect(analyst.locator(".incident", has_text=URDU).locator("bdi")).to_have_attribute("dir", "auto")


def test_a_filter_is_kept_in_the_address_and_survives_a_reload(analyst: Page, shown: Shown) -> None:
    analyst.goto(shown.url)
    analyst.get_by_label("Severity").select_option("Severe")
    expect(analyst.locator(".incident")).to_have_count(1)
    expect(analyst.locator(".map output")).to_contain_text("1 of 1")
    analyst.wait_for_url("**/?severity=Severe")
    analyst.reload()
    expect(analyst.get_by_label("Severity")).to_have_value("Severe")
    expect(analyst.locator(".incident")).to_have_count(1)


def test_an_address_that_means_nothing_is_told_of(analyst: Page, shown: Shown) -> None:
    analyst.goto(f"{shown.url}/?category=zzz&since=24h")
    expect(analyst.get_by_text("no category that the picture knows")).to_be_visible()
    expect(analyst.locator(".incident")).to_have_count(2)


def test_an_alert_shows_in_list_and_map_within_a_second(analyst: Page, shown: Shown) -> None:
    analyst.goto(shown.url)
    expect(analyst.locator(".map output")).to_contain_text("2 of 2")
    began = time.monotonic()
    shown.keep(news(KP, 3, "Shots at a checkpost", Severity.EXTREME))
    expect(analyst.locator(".incident").first).to_contain_text("Shots at a checkpost", timeout=10_000)
    expect(analyst.locator(".map output")).to_contain_text("3 of 3", timeout=10_000)
    assert time.monotonic() - began < NEWS_S_MAX + 1.0, "a second, and one for a busy machine"


def test_the_map_is_used_by_the_keyboard_alone(analyst: Page, shown: Shown) -> None:
    analyst.goto(shown.url)
    expect(analyst.locator(".map output")).to_contain_text("of 3")
    analyst.locator(".map canvas").first.focus()
    for key in ("+", "ArrowLeft", "-", "0", "n"):
        analyst.keyboard.press(key)
    expect(analyst.locator(".map-card a").first).to_be_visible()
    analyst.keyboard.press("Enter")
    analyst.wait_for_url("**/incidents/*")


def test_the_slider_narrows_the_list_too(analyst: Page, shown: Shown) -> None:
    analyst.goto(shown.url)
    expect(analyst.locator(".map output")).to_contain_text("of 3")
    analyst.get_by_role("slider", name="From").focus()
    analyst.keyboard.press("End")
    analyst.wait_for_url("**/?start=*")
    expect(analyst.locator(".incident")).to_have_count(1)


def test_nobody_is_told_of_an_incident_that_is_anothers(looker: Looker, shown: Shown) -> None:
    page = looker.signed_in(EMPTY, Role.ANALYST)
    expect(page.get_by_text("No incident is open.")).to_be_visible()
    page.goto(f"{shown.url}/incidents/{news(KP, 1, 'x').incident_id}")
    expect(page.get_by_text("was told of no incident of this id")).to_be_visible()
    page.close()


def test_an_answer_that_cannot_be_sent_says_so_and_is_logged_as_failed(analyst: Page, shown: Shown) -> None:
    analyst.goto(f"{shown.url}/incidents/{news(KP, 1, 'x').incident_id}")
    analyst.get_by_role("button", name="Mark as used").click()
    analyst.get_by_role("button", name="Send to the hub").locator("visible=true").click()
    expect(analyst.get_by_text("No broker answers")).to_be_visible()
    assert any(line.startswith("analyst (analyst) used") for line in shown.log("failed"))


def test_forged_requests_of_a_person_without_the_right_are_refused(looker: Looker, shown: Shown) -> None:
    page, alert = looker.signed_in(KP, Role.READER), news(KP, 1, "x")
    page.goto(f"{shown.url}/incidents/{alert.incident_id}")
    expect(page.get_by_role("heading", name="Known")).to_be_visible()
    assert page.get_by_role("button", name="Acknowledge").count() == 0
    for act in ({"act": "answer", "action": "read"}, {"act": "merge"}, {"act": "split"}):
        told = act | {"alert": alert.alert_id, "incident": alert.incident_id, "other": alert.alert_id, "reason": "x"}
        before = len(shown.log("refused"))
        page.evaluate(FORGE, [[name, value] for name, value in told.items()])
        until(lambda before=before: len(shown.log("refused")) > before, "the refusal is in the log")  # type: ignore[misc]
        expect(page.locator(".act-said.bad")).to_contain_text("may not")
    page.close()


def test_axe_finds_nothing_serious_in_light_and_dark(looker: Looker, shown: Shown) -> None:
    told = news(DESK, 1, URDU)
    shown.keep(told)
    page = looker.signed_in(DESK, Role.SUPERVISOR)
    for path in ("/", "/review", f"/incidents/{told.incident_id}"):
        page.goto(shown.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(".map output, .nothing, .acts").first).to_be_visible()
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            expect(page.locator(f"html[data-theme={theme}]")).to_be_attached()
            assert axe_faults(page) == [], f"{path} {theme}"
    page.close()


def test_nothing_left_this_machine(looker: Looker) -> None:
    assert looker.strangers == []
