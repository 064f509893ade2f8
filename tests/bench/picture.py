"""How fluid the picture is with 5,000 open incidents, in Chromium: frames, paints, first paint, news.

usage: PYTHONPATH=tests python -m bench.picture
"""

# ruff: noqa: T201 - it speaks on standard output

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Page, expect

from browsing import looking, sign_up
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.store import keep_alerts
from fusionbus.consumers.threats.viewer import Role
from fusionbus.contract.alert import Alert
from fusionbus.contract.vocabulary import Severity
from web_alone import serving

COUNT: Final = 5_000
NEWS: Final = 10
WATCH: Final = """() => {
  window.frames_ms = []; window.watching = true;
  let last = performance.now();
  const next = (now) => {
    window.frames_ms.push(now - last); last = now;
    if (window.watching) requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}"""
STOP: Final = "() => { window.watching = false; return window.frames_ms.slice(1); }"
PAINTS: Final = """() => {
  const map = window.getElement(Number(document.querySelector(".map").id.slice(1)));
  return map.frames.splice(0);
}"""


def incident(number: int, dice: Random, now: datetime) -> Alert:
    """One of many, anywhere in the country, in the last six days."""
    at = now - timedelta(minutes=dice.uniform(1, 8_600))
    body = {"severity": dice.choice(list(Severity)), "reported_at": at, "occurred": None}
    alert = sample_alert("NACTA", number, published_at=at, body=body)
    place = alert.incident.claim.place
    assert place is not None
    there = place.model_copy(update={"lat": dice.uniform(25, 36), "lon": dice.uniform(63, 75)})
    claim = alert.incident.claim.model_copy(update={"place": there, "occurred": None})
    return alert.model_copy(update={"incident": alert.incident.model_copy(update={"claim": claim})})


def told(name: str, times_ms: list[float]) -> None:
    """A line of figures."""
    some = sorted(times_ms)
    middle, late = some[len(some) // 2], some[int(len(some) * 0.95)]
    print(f"{name:24} n={len(some):4}  p50 {middle:7.1f} ms  p95 {late:7.1f} ms  most {some[-1]:7.1f} ms")


def pan(page: Page, x: float, y: float) -> None:
    """Drags the map about."""
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(90):
        page.mouse.move(x + (step % 45 - 22) * 6, y + (step % 30 - 15) * 4)
    page.mouse.up()


def zoom(page: Page, x: float, y: float) -> None:
    """Goes near and far again."""
    page.mouse.move(x, y)
    for turn in (-60,) * 30 + (60,) * 30:
        page.mouse.wheel(0, turn)
        page.wait_for_timeout(16)


def slide(page: Page, _x: float, _y: float) -> None:
    """Moves the slider through all its steps of ten."""
    page.get_by_role("slider", name="From").focus()
    for key in ("PageUp",) * 10 + ("ArrowRight",) * 60 + ("Home",):
        page.keyboard.press(key)


def measure(page: Page, database: ThreatDatabase) -> None:
    """Prints what each movement takes, then how soon news shows."""
    paints = page.evaluate("() => performance.getEntriesByType('paint').map((each) => each.startTime)")
    print(f"first paint {paints[0]:.0f} ms, with content {paints[-1]:.0f} ms after the request")
    box = page.locator(".map canvas").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for name, act in (("pan", pan), ("zoom", zoom), ("slider", slide)):
        page.evaluate(PAINTS)
        page.evaluate(WATCH)
        act(page, x, y)
        told(f"{name}: frames", page.evaluate(STOP))
        told(f"{name}: drawing", page.evaluate(PAINTS) or [0.0])
    waits = []
    for number in range(NEWS):
        now = datetime.now(UTC)
        headline = f"News {number}"
        alert = incident(COUNT + 1 + number, Random(number), now).model_copy(update={"issued_at": now})  # noqa: S311 - no secret
        claim = alert.incident.claim.model_copy(update={"headline": headline})
        view = alert.incident.model_copy(update={"claim": claim})
        with database.writing() as db:
            keep_alerts(db, [alert.model_copy(update={"incident": view})], now)
        began = time.monotonic()
        expect(page.locator(".incident").first).to_contain_text(headline, timeout=20_000)
        waits.append(1_000 * (time.monotonic() - began))
    told("news after the commit", waits)


def main() -> None:
    """Fills a database, serves it, looks at it."""
    now, dice = datetime.now(UTC), Random(5)  # noqa: S311 - no secret
    with TemporaryDirectory() as name, closing(ThreatDatabase(f"sqlite:{name}/threats.db")) as database:
        for start in range(0, COUNT, 500):
            with database.writing() as db:
                keep_alerts(db, [incident(start + number, dice, now) for number in range(500)], now)
        sign_up(database, "NACTA", Role.ANALYST)
        with serving(Path(name)) as served, looking(served) as looker:
            page = looker.signed_in("NACTA", Role.ANALYST)
            expect(page.locator(".map output")).to_contain_text(f"{COUNT} of {COUNT}", timeout=60_000)
            page.wait_for_timeout(2_000)
            measure(page, database)


if __name__ == "__main__":
    main()
