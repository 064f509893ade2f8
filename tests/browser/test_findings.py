"""A surge in Chromium: the panel beside the list, the mark on the map, and its page with figures and evidence."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from browsing import Looker, axe_faults, looking, sign_up
from findings_told import a_surge
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.store import insert_new, keep_alerts
from fusionbus.consumers.threats.tables_hub import agencies
from fusionbus.consumers.threats.viewer import Role
from web_alone import serving

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

KP = "CTD-KP"


@pytest.fixture(scope="module")
def looker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looker]:
    folder = tmp_path_factory.mktemp("findings")
    with closing(ThreatDatabase(f"sqlite:{folder}/threats.db")) as database:
        at = datetime.now(UTC) - timedelta(minutes=5)
        with database.writing() as db:
            insert_new(
                db,
                agencies,
                [{"agency": KP, "name": KP, "reviews": False, "active": True, "contact": "", "json": "{}"}],
            )
            keep_alerts(db, [sample_alert(KP, 1, published_at=at), a_surge(KP, at)], datetime.now(UTC))
        sign_up(database, KP, Role.ANALYST)
        with serving(folder) as alone, looking(alone) as found:
            yield found


def test_a_surge_is_beside_the_list_on_the_map_and_has_a_page(looker: Looker) -> None:
    page = looker.signed_in(KP, Role.ANALYST)
    expect(page.get_by_text("Findings of the centre: 1 open")).to_be_visible()
    expect(page.locator(".map-legend")).to_contain_text("Surge: Hangu, Kohat")
    assert "Surge in Hangu, Kohat." in (page.locator(".map canvas").first.get_attribute("aria-label") or "")
    way = page.locator("details a", has_text="Surge: 7 attacks").get_attribute("href")
    page.goto(f"{looker.house.url}{way}")
    finding = page.get_by_role("region", name="Finding")
    expect(finding.get_by_role("row", name="scan score")).to_contain_text("8.49")
    assert axe_faults(page) == []
    told = f"/incidents/{sample_alert(KP, 1).incident_id}"
    expect(finding.locator(".evidence a").first).to_have_attribute("href", told)
    page.close()
    assert looker.strangers == []
