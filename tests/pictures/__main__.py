"""Takes the pictures of the dashboard for docs/: each page, light and dark, on a laptop and on a wall."""

import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, expect

from browser_cast import federation, of, story
from browsing import LAPTOP, WALL, House, Looker, a_house, looking
from fusionbus.consumers.threats.viewer import Role
from fusionbus.contract import ids
from fusionbus.contract.report import ThreatReport
from running_hub import until

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "pictures"
BYTES_MAX: Final = 300_000
SETTLE_MS: Final = 2_000
LATE: Final = "police_lines_mosque"
"""The attack that is told while somebody looks."""


def main() -> None:
    """Starts a bus, tells it the scenario, and takes all pictures."""
    told = story()
    with tempfile.TemporaryDirectory() as folder, a_house(Path(folder), federation()) as house:
        house.sign_up("NACTA", Role.SUPERVISOR)
        house.sign_up("POLICE-KP", Role.ANALYST)
        late = of(told, LATE)
        house.bus.send(*(report for report in told if report not in late))
        until(lambda: house.bus.alerts_of("NACTA"), "the hub tells of the scenario")
        with looking(house) as looker:
            measure(house, looker, late)
            until(lambda: len(house.bus.receipts_of("POLICE-KP")) >= len(told_by(told, "POLICE-KP")), "all is fused")
            shown = tuple(pages(house, told))
            for size in (LAPTOP, WALL):
                for dark in (False, True):
                    centre = looker.signed_in("NACTA", Role.SUPERVISOR, size, dark=dark)
                    origin = looker.signed_in("POLICE-KP", Role.ANALYST, size, dark=dark)
                    for name, path, own in shown:
                        take(house, origin if own else centre, path, f"{name}-{'dark' if dark else 'light'}-{size[0]}")
                    centre.context.close()
                    origin.context.close()


def measure(house: House, looker: Looker, late: list[ThreatReport]) -> None:
    """Prints how long each page takes to its first paint, and an alert from the hub to the eye."""
    page = looker.signed_in("NACTA", Role.SUPERVISOR)
    for path in ("/", "/operations", "/journey"):
        page.goto(house.url + path)
        page.wait_for_timeout(SETTLE_MS)
        painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        print(f"first contentful paint of {path.split('/')[1] or 'picture'}: {painted:.0f} ms")  # noqa: T201
    page.goto(house.url)
    page.wait_for_timeout(SETTLE_MS)
    house.bus.send(late[0])
    incident = ids.incident_id("PK-KP", late[0].report_id)
    page.locator(f'a[href="/incidents/{incident}"]').first.wait_for()
    seen_at = datetime.now(UTC)
    (alert, *_) = [told for told in house.bus.alerts_of("NACTA") if told.incident_id == incident]
    after = (seen_at - alert.issued_at).total_seconds()
    since = (seen_at - alert.published_at).total_seconds()
    print(f"from the hub's alert to the eye: {after:.2f} s; from the report: {since:.2f} s")  # noqa: T201
    house.bus.send(*late[1:])
    page.context.close()


def told_by(told: list[ThreatReport], agency: str) -> list[ThreatReport]:
    """Those of this agency."""
    return [report for report in told if report.agency == agency]


def pages(house: House, told: list[ThreatReport]) -> Iterator[tuple[str, str, bool]]:
    """Each page: its name, its path, and whether the originator looks at it instead of the centre."""
    bannu = of(told, "bannu_cantonment")
    yield "picture", "/", False
    yield "incident", f"/incidents/{house.incident_of(bannu[0])}", False
    yield "operations", "/operations", False
    yield "review", "/review", False
    yield "journey", f"/journey?report={bannu[0].report_id}", True


def take(house: House, page: Page, path: str, name: str) -> None:
    """Writes one picture."""
    page.goto(house.url + path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_timeout(SETTLE_MS)
    FOLDER.mkdir(parents=True, exist_ok=True)
    at = FOLDER / f"{name}.png"
    page.screenshot(path=at)
    if at.stat().st_size > BYTES_MAX:
        sys.exit(f"{at} has {at.stat().st_size:,} bytes: {BYTES_MAX:,} are allowed.")


if __name__ == "__main__":
    main()
