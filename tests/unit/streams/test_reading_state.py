"""State is read in slices before it is needed, and none of it is used before all of it is there."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from builders import NOW, a_report, an_interval
from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.records import Tick
from fusionbus.contract.report import ThreatReport
from fusionbus.streams.engine import PAGE_ROWS, Event
from hub import HubOnPaper, with_the_centre

REPORTS = 210


def a_matter(number: int) -> ThreatReport:
    """One of its own, in words and in time."""
    words = " ".join(f"m{number}w{word}" for word in range(5))
    at = an_interval(NOW - timedelta(hours=12 * number))
    return a_report(local_ref=f"r{number}", headline=f"Matter {number}", narrative=words, occurred=at)


@pytest.fixture
def hub() -> HubOnPaper:
    """A hub that holds some pages of rows, taken over by another process."""
    hub = HubOnPaper.of(with_the_centre())
    hub.send(*map(a_matter, range(REPORTS)))
    hub.look()
    assert len(hub.fused.rows[0]) > 2 * PAGE_ROWS
    hub.restart()
    return hub


def a_batch(hub: HubOnPaper, topic: str) -> list[Event]:
    return [hub.event(topic, None, encode(Tick(at=hub.now)))]


def accepted(hub: HubOnPaper) -> Iterator[None]:
    return hub.fusion.ready(a_batch(hub, topics.ACCEPTED))


def test_incidents_are_seen_once_all_are_read(hub: HubOnPaper) -> None:
    before = [hub.fusion.open_count() for _ in accepted(hub)]
    assert len(before) > 2
    assert set(before) == {0}
    assert hub.fusion.open_count() > 0
    assert list(accepted(hub)) == []


def test_what_was_half_read_when_partitions_went_is_thrown_away(hub: HubOnPaper) -> None:
    calm = HubOnPaper.of(with_the_centre())
    calm.fused = hub.fused
    calm.restart()
    list(accepted(calm))
    half = accepted(hub)
    next(half)
    hub.rebalance()
    list(accepted(hub))
    assert hub.fusion.open_count() == calm.fusion.open_count()
    assert hub.fusion.unacknowledged(hub.now) == calm.fusion.unacknowledged(hub.now)


def test_what_is_searched_is_read_in_slices_too(hub: HubOnPaper) -> None:
    slices = [hub.patterns.count() for _ in hub.patterns.ready(a_batch(hub, topics.OBSERVATIONS))]
    assert set(slices) == {(0, 0)}
    reports, _ = hub.patterns.count()
    assert reports == REPORTS
    assert list(hub.patterns.ready(a_batch(hub, topics.OBSERVATIONS))) == []
