"""The return of a hundred stations, the small form of `make stations`: every report ends once, and the others pass."""

from pathlib import Path

import pytest

from bench.bus import a_bus
from bench.stations import measure

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

STATIONS, REPORTS = 100, 3


def test_a_hundred_stations_that_come_back_at_once_lose_and_double_nothing_and_others_pass(tmp_path: Path) -> None:
    with a_bus(tmp_path) as bus:
        told = measure(bus, STATIONS, REPORTS, quiet_s=3)
    assert told.stations == STATIONS
    assert len(told.ends) == told.reports == STATIONS * REPORTS
    assert set(told.ends.values()) == {1}
    assert told.others_ended == told.others_sent > 0
    assert told.during is not None
    assert told.during.alerts > 0
