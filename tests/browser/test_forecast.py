"""The forecast in Chromium: the map coloured by a switch, districts by keyboard, its page; light, dark, Urdu, axe."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from browsing import Looker, axe_faults, looking, sign_up
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.store import insert_new, keep_alerts
from fusionbus.consumers.threats.tables_hub import agencies
from fusionbus.consumers.threats.viewer import Role
from fusionbus.contract.base import Interval
from fusionbus.contract.sections import AreaRisk, AssessmentSection, Figure
from fusionbus.contract.vocabulary import AlertKind, FindingKind, Kind
from web_alone import WebAlone, serving

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
KP, NONE = "CTD-KP", "CTD-PB"
URDU: Final = "ضلع نمونہ"
RISKS: Final = {"Peshawar": 0.62, "Quetta": 0.31, "Lahore": 0.12, "Gwadar": 0.07, "Chitral": 0.004, URDU: 0.02}
COLOURS: Final = """() => { const c = document.querySelector(".map canvas").getContext("2d"), seen = new Set();
  const d = c.getImageData(0, 0, c.canvas.width, c.canvas.height).data, hex = (v) => v.toString(16).padStart(2, "0");
  for (let i = 0; i < d.length; i += 4) seen.add("#" + hex(d[i]) + hex(d[i + 1]) + hex(d[i + 2]));
  return [...seen]; }"""
SCALE: Final = """() => { const style = getComputedStyle(document.documentElement);
  return [0, 1, 2, 3, 4].map((rank) => style.getPropertyValue("--risk-" + rank).trim()); }"""


def keep_forecast(database: ThreatDatabase) -> None:
    now = datetime.now(UTC)
    areas = tuple(
        AreaRisk(district=name, probability=p, low=p / 2, high=min(1.0, p * 1.4), climatology=p * 0.8)
        for name, p in RISKS.items()
    )
    figure = Figure(name="Brier score of this forecast", value=0.0541, threshold=0.0554, source="the long run alone")
    week = Interval(start=now - timedelta(days=2), end=now + timedelta(days=5))
    section = AssessmentSection(finding=FindingKind.FORECAST, window=week, figures=(figure,), areas=areas)
    told = {
        "section": section,
        "kind": Kind.ASSESSMENT,
        "headline": "Forecast",
        "narrative": "No safety in low numbers.",
    }
    alert = sample_alert(KP, 7, published_at=now, body=told).model_copy(update={"kind": AlertKind.FORECAST})
    with database.writing() as db:
        insert_new(db, agencies, [_agency(KP), _agency(NONE)])
        keep_alerts(db, [alert], now)


def _agency(name: str) -> dict[str, Any]:
    return {"agency": name, "name": name, "reviews": False, "active": True, "contact": "Desk", "json": "{}"}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebAlone]:
    folder = tmp_path_factory.mktemp("forecast")
    with closing(ThreatDatabase(f"sqlite:{folder}/threats.db")) as database:
        keep_forecast(database)
        for agency in (KP, NONE):
            sign_up(database, agency, Role.ANALYST)
        with serving(folder) as alone:
            yield alone


@pytest.fixture(scope="module")
def looker(shown: WebAlone) -> Iterator[Looker]:
    with looking(shown) as found:
        yield found


@pytest.fixture(scope="module")
def analyst(looker: Looker) -> Page:
    return looker.signed_in(KP, Role.ANALYST)


def test_the_map_is_coloured_when_it_is_asked_for_and_tells_each_district(analyst: Page, tmp_path: Path) -> None:
    switch = analyst.get_by_role("button", name="Forecast risk")
    expect(switch).to_have_attribute("aria-pressed", "false")
    for theme in ("light", "dark"):
        analyst.emulate_media(color_scheme=theme)
        expect(analyst.locator(f"html[data-theme={theme}]")).to_be_attached()
        scale = analyst.evaluate(SCALE)
        assert not {scale[1], scale[3], scale[4]} & set(analyst.evaluate(COLOURS))
        analyst.locator(".map canvas").first.focus()
        analyst.keyboard.press("r")
        expect(switch).to_have_attribute("aria-pressed", "true")
        expect(analyst.get_by_text("over 50 %: more often than not")).to_be_visible()
        analyst.wait_for_function(f"({COLOURS})().includes('{scale[4]}')")
        assert {scale[1], scale[2], scale[3], scale[4]} <= set(analyst.evaluate(COLOURS))
        analyst.keyboard.press("d")
        expect(analyst.locator(".map-card")).to_contain_text("Peshawar: 62 % (31 % to 87 %), long run 50 %")
        expect(analyst.locator(".map .sr-only")).to_contain_text("Peshawar: 62 %")
        analyst.screenshot(path=tmp_path / f"map-{theme}.png")
        assert axe_faults(analyst) == [], theme
        analyst.keyboard.press("r")
        expect(switch).to_have_attribute("aria-pressed", "false")


def test_the_page_says_what_it_is_not_and_has_every_district(analyst: Page, shown: WebAlone, tmp_path: Path) -> None:
    analyst.goto(f"{shown.url}/forecast")
    expect(analyst.get_by_text("Nobody may be stopped, searched")).to_be_visible()
    rows = analyst.locator(".forecast-rows tbody tr")
    expect(rows).to_have_count(len(RISKS))
    expect(rows.first).to_contain_text("62 %")
    expect(rows.filter(has_text="Chitral")).to_contain_text("under 1 %")
    urdu = analyst.locator("bdi", has_text=URDU)
    expect(urdu).to_have_attribute("dir", "auto")
    expect(analyst.get_by_text("0.0554")).to_be_visible()
    for theme in ("light", "dark"):
        analyst.emulate_media(color_scheme=theme)
        expect(analyst.locator(f"html[data-theme={theme}]")).to_be_attached()
        analyst.screenshot(path=tmp_path / f"page-{theme}.png")
        assert axe_faults(analyst) == [], theme


def test_an_agency_that_was_sent_none_sees_none(looker: Looker, shown: WebAlone) -> None:
    page = looker.signed_in(NONE, Role.ANALYST)
    expect(page.get_by_role("button", name="Forecast risk")).to_have_count(0)
    page.goto(f"{shown.url}/forecast")
    expect(page.get_by_text("has been sent no forecast")).to_be_visible()
    page.close()


def test_nothing_left_this_machine(looker: Looker) -> None:
    assert looker.strangers == []
