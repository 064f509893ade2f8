"""`make stations`: 2,000 police stations that were offline for days come back at one time; what the bus makes of it.

Each station has an outbox of its own, on disk. Stations of one province share their agency's name, password and quota,
as on a real bus, and here a connection too: 2,000 clients' own work would take the two cores that broker and hub need.
Meanwhile the other agencies' traffic goes on; it is measured before and during the return, in one run.
"""

import argparse
import multiprocessing
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.bus import WAIT_S_MAX, Bus, a_bus
from bench.measures import Heard, Latency, alerts_from_now, latency_of, publish_steadily, read_alerts
from fusionbus.contract import codec, topics
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import RecordSection
from fusionbus.contract.vocabulary import Province
from fusionbus.deploy.broker_secured import signed_in
from fusionbus.deploy.quotas import DEFAULT_BYTES_S
from fusionbus.producers import compose
from fusionbus.producers.outbox import Outbox
from fusionbus.producers.publisher import Publisher
from fusionbus.producers.sender import drain
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.station.book import ENDS
from fusionbus.producers.wire import open_wire

SHARES: Final = {
    "POLICE-PB": (Province.PUNJAB, 36),
    "POLICE-SD": (Province.SINDH, 29),
    "POLICE-KP": (Province.KHYBER_PAKHTUNKHWA, 16),
    "POLICE-BA": (Province.BALOCHISTAN, 10),
    "POLICE-JK": (Province.AZAD_KASHMIR, 4),
    "POLICE-GB": (Province.GILGIT_BALTISTAN, 3),
    "POLICE-IS": (Province.ISLAMABAD, 2),
}
"""Stations of each hundred. Our own estimate from the provinces' size; only the sum of about 2,000 is from DESIGN."""
PROCESSES: Final = 2
THREADS: Final = 8
"""Stations that send at once in each process; the others wait as they would for a line."""
OTHERS_RATE: Final = 20.0
QUIET_S: Final = 15.0
SETTLE_S: Final = 5.0
WARM: Final = 100
"""Reports before the clock starts: a worker's first seconds are not what is measured."""


@dataclass(frozen=True, slots=True)
class Station:
    """One station: whose it is, and the folder of its outbox."""

    agency: str
    folder: Path


@dataclass
class Return:
    """What was measured."""

    stations: int
    reports: int
    sent_s: float = 0.0
    """From the line's return until the last station has sent all."""
    answered_s: float = 0.0
    """Until the last receipt was written."""
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    repeats: int = 0
    rates: dict[str, float] = field(default_factory=dict)
    quiet: Latency | None = None
    during: Latency | None = None
    others_sent: int = 0
    others_ended: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether every report of every station, and of the others, has exactly one end."""
        return (
            len(self.ends) == self.reports and set(self.ends.values()) == {1} and self.others_ended == self.others_sent
        )


def report_of(agency: str, station: int, number: int) -> ThreatReport:
    """A first information report that has nothing to do with any other: its own day, place and words."""
    name = f"Station {station:04}"
    words = " ".join(f"w{station}x{number}x{at}" for at in range(9))
    happened = datetime.now(UTC) - timedelta(hours=3 + (station * 7 + number * 29) % (6 * 24))
    return compose.report(
        agency=agency,
        unit=name,
        local_ref=f"{name}/{number}/26",
        section=RecordSection(record_type="fir", record_number=f"{number}/26", police_station=name),
        occurred=happened,
        place=Place(province=SHARES[agency][0], name=f"Chak {station}-{number}"),
        headline=f"FIR {number}/26, {name}",
        narrative=f"{words}. Entered by hand while the line was down.",
    )


def stations_in(folder: Path, count: int) -> list[Station]:
    """So many stations, by the provinces' shares; at least one of each."""
    found: list[Station] = []
    for agency, (_, share) in SHARES.items():
        some = max(1, round(count * share / 100))
        found += [Station(agency, folder / f"{agency}-{one:04}") for one in range(some)]
    return found[:count]


def settle(stations: Sequence[tuple[int, Station]], reports: int) -> None:
    """Enters each station's reports into its outbox, as it did in the days without a line."""
    for number, station in stations:
        settings = ProducerSettings(home=station.folder)
        with Outbox(station.agency, settings) as outbox:
            outbox.put_all([report_of(station.agency, number, one) for one in range(reports)])


def come_back(stations: Sequence[Station], sign_in: dict[str, dict[str, Any]], begin_at: float) -> int:
    """How many reports these stations have sent; each drains its own outbox, over its agency's connection."""
    wires = {name: open_wire(ProducerSettings(**told), f"stations-{name}") for name, told in sign_in.items()}

    def one(station: Station) -> int:
        settings = ProducerSettings(home=station.folder, **sign_in[station.agency])
        with Outbox(station.agency, settings) as outbox:
            publisher = Publisher(station.agency, settings, wire=wires[station.agency])
            sent = 0
            while outbox.standing().waiting:
                sent += drain(outbox, publisher, settings=settings).sent
            return sent

    time.sleep(max(0.0, begin_at - time.time()))
    with ThreadPoolExecutor(THREADS) as pool:
        sent = sum(pool.map(one, stations))
    for wire in wires.values():
        wire.close(timeout=5)
    return sent


def measure(bus: Bus, count: int, reports: int, quiet_s: float = QUIET_S) -> Return:
    """The return of so many stations with so many reports each, on this bus."""
    stations = stations_in(bus.folder / "stations", count)
    told = Return(len(stations), len(stations) * reports)
    halves = [list(enumerate(stations))[one::PROCESSES] for one in range(PROCESSES)]
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        pool.starmap(settle, [(half, reports) for half in halves])
        bus.start_worker()
        _with_others(bus, told, quiet_s, lambda: _storm(bus, pool, halves, told))
    return told


def _storm(bus: Bus, pool: Any, halves: Sequence[Sequence[tuple[int, Station]]], told: Return) -> None:
    sign_in = {agency: _sign_in(bus, agency) for agency in SHARES}
    begun = time.time() + 2
    work = [([station for _, station in half], sign_in, begun) for half in halves]
    sent = sum(pool.starmap(come_back, work))
    told.sent_s = time.time() - begun
    if sent != told.reports:
        raise AssertionError(f"{sent} of {told.reports} reports were sent")
    told.answered_s = _last_receipt(bus, told) - begun
    for agency in SHARES:
        stamps, size = _written(bus, topics.reports_topic(agency))
        told.rates[agency] = size / max(1.0, (stamps[-1] - stamps[0]) / 1000) if stamps else 0.0


def _with_others(bus: Bus, told: Return, quiet_s: float, storm: Callable[[], None]) -> None:
    """Does it while the other agencies go on reporting; their latency before it and during it."""
    loads = [one for one in bus.reports(6_000, seed=8, span="30d") if "-POLICE-" not in one.topic]
    warm, loads = loads[:WARM], loads[WARM:]
    bus.send(warm)
    bus.written_at_ms(topics.RECEIPTS, len(warm))  # the worker is at it
    quiet = loads[: int((quiet_s + SETTLE_S) * OTHERS_RATE)]
    found: list[Heard] = []
    done, enough = threading.Event(), threading.Event()
    reader = threading.Thread(target=read_alerts, args=(bus, alerts_from_now(bus), found, done), daemon=True)
    reader.start()
    begun = publish_steadily(bus, quiet, OTHERS_RATE)
    told.others_sent = len(quiet)

    def go_on() -> None:
        for at in range(len(quiet), len(loads), int(OTHERS_RATE)):
            if enough.is_set():
                break
            some = loads[at : at + int(OTHERS_RATE)]
            publish_steadily(bus, some, OTHERS_RATE)
            told.others_sent += len(some)

    others = threading.Thread(target=go_on, daemon=True)
    others.start()
    from_s = time.time()
    storm()
    enough.set()
    others.join(60)
    until_s = from_s + 2 + told.answered_s
    time.sleep(SETTLE_S)
    done.set()
    reader.join(30)
    mine = [one for one in found if not (one[2] or "POLICE-").startswith("POLICE-")]
    told.quiet = latency_of([late for at, late, _ in mine if begun + SETTLE_S < at - late < from_s])
    told.during = latency_of([late for at, late, _ in mine if from_s + 2 <= at - late <= until_s])
    told.others_ended = _ended_others(bus, loads[: told.others_sent])


def _last_receipt(bus: Bus, told: Return) -> float:
    """When the last receipt of the stations' reports was written (Unix time), once each has one."""
    places = [place for agency in SHARES for place in bus.places(topics.receipts_topic(agency))]
    consumer, last, deadline = bus.consumer(places), 0.0, time.monotonic() + WAIT_S_MAX
    while len(told.ends) < told.reports and time.monotonic() < deadline:
        for message in consumer.consume(5_000, 0.5):
            receipt = codec.decode(Receipt, message.value() or b"") if message.error() is None else None
            if isinstance(receipt, Receipt) and receipt.outcome in ENDS:
                told.repeats += receipt.outcome is ReceiptOutcome.REPEAT
                if receipt.outcome is not ReceiptOutcome.REPEAT:
                    told.ends[receipt.agency, receipt.local_ref or ""] += 1
                last, deadline = message.timestamp()[1] / 1000, time.monotonic() + WAIT_S_MAX
    consumer.close()
    return last


def _ended_others(bus: Bus, loads: Sequence[Any]) -> int:
    """How many of the others' reports have an end, once all have or nothing more comes."""
    wanted = {(one.topic.removeprefix(topics.REPORTS), one.key.decode()) for one in loads}
    consumer, deadline = bus.consumer(bus.places(topics.RECEIPTS)), time.monotonic() + WAIT_S_MAX
    total, ended = len(wanted), set[tuple[str, str]]()
    while len(ended) < total and time.monotonic() < deadline:
        for message in consumer.consume(5_000, 0.5):
            receipt = codec.decode(Receipt, message.value() or b"") if message.error() is None else None
            if isinstance(receipt, Receipt) and receipt.outcome in ENDS:
                name = (receipt.agency, receipt.report_id or "")
                ended |= {name} & wanted
    consumer.close()
    return len(loads) if len(ended) == total else len(ended)


def _written(bus: Bus, topic: str) -> tuple[list[int], int]:
    consumer, stamps, size = bus.consumer(bus.places(topic)), list[int](), 0
    while messages := consumer.consume(5_000, 1.0):
        for message in messages:
            if message.error() is None:
                stamps.append(message.timestamp()[1])
                size += len(message.value() or b"")
    consumer.close()
    return sorted(stamps), size


def _sign_in(bus: Bus, agency: str) -> dict[str, Any]:
    if bus.secrets is None:
        return {"bootstrap": bus.broker.bootstrap}
    told = signed_in(bus.broker.bootstrap, agency, bus.secrets)
    return told.model_dump(exclude_none=True, exclude={"connect_timeout_s"})


def shown(told: Return) -> Table:
    """The table of a run."""
    table = Table("measured", "value", title=f"{told.stations:,} stations come back with {told.reports:,} reports")
    wrong = told.reports - sum(count == 1 for count in told.ends.values())
    table.add_row("reports with exactly one end", f"{told.reports - wrong:,} of {told.reports:,}")
    table.add_row("exact repeats (sent again, left out)", f"{told.repeats:,}")
    table.add_row("until the last station had sent all", f"{told.sent_s:.1f} s")
    table.add_row("until the last receipt", f"{told.answered_s:.1f} s")
    for agency, rate in told.rates.items():
        table.add_row(f"{agency}: bytes/s (quota {DEFAULT_BYTES_S:,})", f"{rate:,.0f}")
    for name, one in (("before", told.quiet), ("during", told.during)):
        if one is not None:
            table.add_row(
                f"the others' alerts {name}: p50 / p99", f"{one.p50_ms:.0f} / {one.p99_ms:.0f} ms of {one.alerts:,}"
            )
    table.add_row("the others' reports with an end", f"{told.others_ended:,} of {told.others_sent:,}")
    return table


def main() -> None:
    """Measures and prints; exit code 1 where a report has no end or two, or an agency is beyond its quota."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=2_000)
    parser.add_argument("--reports", type=int, default=5, help="of each station")
    wish = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="fusionbus-stations-") as scratch,
        a_bus(Path(scratch), secured=True) as bus,
    ):
        told = measure(bus, wish.stations, wish.reports)
    Console().print(shown(told))
    raise SystemExit(not told.is_whole)


if __name__ == "__main__":
    main()
