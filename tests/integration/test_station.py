"""Stations on a real bus behind a bad line: cut, frozen, killed, two at once; nothing is lost, nothing is doubled."""

import os
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chaos.brokers import ProxiedBroker
from chaos.proxy import Proxy
from fusionbus.contract import topics
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.producers.station.book import ENDS
from fusionbus.producers.station.card import write_card
from running_hub import COMMAND, WITHIN_S, Bus, running, until
from stations import Station, register

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]

POLICE = "POLICE-PB"
AGENCIES: dict[str, dict[str, Any]] = {
    POLICE: {"group": "police", "organisation": "Punjab Police", "provinces": ["PK-PB"], "kinds": ["record"]},
    "CTD-PB": {"group": "ctd", "organisation": "Punjab Police", "provinces": ["PK-PB"], "kinds": ["record"]},
}
ROWS = 40
SYNCS_MAX = 4
"""Two do it; a broker that a busy machine is slow to let answer gets two more."""


@pytest.fixture(scope="module")
def line() -> Iterator[Proxy]:
    """The line between stations and the broker."""
    proxy = Proxy().start()
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def bus(line: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    behind = partial(ProxiedBroker, proxy=line)
    with running(tmp_path_factory.mktemp("bus"), AGENCIES, partitions=1, make_broker=behind) as running_bus:
        running_bus.start()
        yield running_bus


def rows(first: int, count: int, **changes: str) -> list[dict[str, str]]:
    """Rows of one station that have nothing to do with each other: days apart, places apart, words apart."""
    return [
        {
            "FIR No": f"{number}/26",
            "Date": (datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=9 * number)).strftime("%d-%m-%Y"),
            "Place": f"Chak {number}",
            "Narrative": " ".join(f"word{number}x{at}" for at in range(9)),
        }
        | changes
        for number in range(first, first + count)
    ]


def ends_of(bus: Bus) -> Counter[tuple[str | None, int | None]]:
    """Of each revision how often it has ended, an exact repeat apart."""
    told = (one for one in bus.receipts_of(POLICE) if one.outcome in ENDS and one.outcome is not ReceiptOutcome.REPEAT)
    return Counter((one.local_ref, one.revision) for one in told)


def killed_amid_sending(bus: Bus, station: Station) -> None:
    """A sync in a process of its own, killed as a power cut would when the first reports are on the topic."""
    write_card(POLICE, "Police Station Sadar", "en", station.settings)
    env = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
    env |= {"FUSION_HOME": str(station.settings.home), "FUSION_BOOTSTRAP": station.settings.bootstrap}
    env |= {"FUSION_OUTBOX_BATCH": "5"}
    before = bus.written(topics.reports_topic(POLICE))
    with subprocess.Popen([COMMAND, "station", "sync"], env=env, stdout=subprocess.DEVNULL) as process:
        until(lambda: bus.has_more(topics.reports_topic(POLICE), before), "something was sent", every_s=0.01)
        process.send_signal(signal.SIGKILL)
        assert process.wait(WITHIN_S) == -signal.SIGKILL


def acknowledgements_lost(bus: Bus, station: Station, line: Proxy) -> None:
    """The line goes dead one way in the midst of sending: the broker has reports of which the station hears nothing."""
    before = bus.written(topics.reports_topic(POLICE))
    sending = threading.Thread(target=station.sync)
    line.weather.delay_s = 0.05
    sending.start()
    until(lambda: bus.has_more(topics.reports_topic(POLICE), before), "something was sent", every_s=0.01)
    line.weather.down = False
    sending.join(WITHIN_S)
    line.weather.delay_s, line.weather.down = 0.0, True
    line.reset_all()


def test_days_without_a_line_then_a_bad_one_lose_nothing_and_double_nothing(
    bus: Bus, line: Proxy, tmp_path: Path
) -> None:
    station = Station.at(tmp_path, line.address, outbox_batch=10)
    line.weather.up = False
    assert station.enter(register(tmp_path, rows(0, ROWS))) == {"new": ROWS}
    assert station.sync().held_by is not None
    assert set(station.states()) == {"waiting"}
    line.weather.up = True
    line.reset_all()
    acknowledgements_lost(bus, station, line)
    station.enter(register(tmp_path, rows(0, 2 * ROWS)))
    killed_amid_sending(bus, station)
    both = [threading.Thread(target=station.sync, args=(2.0,)) for _ in range(2)]
    for operator in both:
        operator.start()
    line.reset_all()
    for operator in both:
        operator.join(WITHIN_S)
    until(
        lambda: station.sync(2.0).held_by is None and set(station.states()) == {"taken"}, "all is answered", every_s=0
    )
    assert len(station.lines()) == 2 * ROWS
    ends = ends_of(bus)
    assert len(ends) == 2 * ROWS
    assert set(ends.values()) == {1}


def test_a_date_of_a_wrong_clock_is_refused_in_words_and_its_correction_is_taken(
    bus: Bus, line: Proxy, tmp_path: Path
) -> None:
    assert bus.worker.poll() is None
    station = Station.at(tmp_path, line.address)
    tomorrow = (datetime.now(UTC) + timedelta(days=400)).strftime("%d-%m-%Y")
    wrong = rows(1_000, 1, Date=tomorrow, **{"Police Station": "City A"})
    station.enter(register(tmp_path, wrong))
    until(lambda: station.sync(2.0) and station.states() == ["refused"], "the wrong date is refused", every_s=0)
    (refused,) = station.lines()
    assert "future" in (refused.sentence or "")
    station.enter(register(tmp_path, [wrong[0] | {"Date": "14-11-2025"}]))
    until(lambda: station.sync(2.0) and station.states() == ["refused", "taken"], "the correction is taken", every_s=0)
