"""`make flood`: one agency sends at fifty times its quota; what the others notice. Secured broker, one worker.

The others' latency is measured first without the flood and then with it, in one run: figures are ratios.
"""

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from confluent_kafka import Producer
from rich.console import Console
from rich.table import Table

from bench.bus import Bus, Load, a_bus
from bench.measures import Heard, Latency, alerts_from_now, latency_of, publish_steadily, read_alerts
from fusionbus.contract import ids, topics
from fusionbus.deploy.quotas import DEFAULT_BYTES_S

FLOODER = "RAILWAYS-POLICE"
TIMES = 50
WARM_S = 15.0
ROUNDS = 3
"""Quiet and flood by turns, so that what else the machine does falls on both."""
SETTLE_S = 3.0
"""After a flood, not counted: what the broker took of it is worked off."""
FACTOR_MAX = 2.0

Span = tuple[float, float]


@dataclass
class Flood:
    """One agency that offers fifty times what it may send, under its own name and password."""

    bus: Bus
    bodies: Sequence[Load]
    offered: int = 0
    taken: int = 0
    _next: int = 0

    def run(self, spans: Sequence[Span]) -> None:
        """Floods in each of these spans of time."""
        before = self._on_topic()
        producer = self.bus.producer(FLOODER, waiting_max=1_000)
        for begin, end in spans:
            time.sleep(max(0.0, begin - time.time()))
            self._offer(producer, end)
            producer.purge()
        producer.flush(10)
        self.taken = self._on_topic() - before

    def _offer(self, producer: Producer, end: float) -> None:
        """What does not fit into the client's queue any more, the broker holds back."""
        rate = TIMES * DEFAULT_BYTES_S / (sum(len(one.value) for one in self.bodies) / len(self.bodies))
        begun = time.time()
        for number in count():
            if (now := time.time()) >= end:
                return
            due = begun + number / rate
            if due > now:
                time.sleep(min(due - now, 0.005))
            producer.poll(0)
            body = self.bodies[self._next % len(self.bodies)]
            self.offered += 1
            try:
                producer.produce(body.topic, body.value, body.key)
                self._next += 1
            except BufferError:
                continue

    def _on_topic(self) -> int:
        consumer = self.bus.consumer([])
        places = self.bus.places(topics.reports_topic(FLOODER))
        total = sum(consumer.get_watermark_offsets(place, timeout=15)[1] for place in places)
        consumer.close()
        return int(total)


def flooded(loads: Sequence[Load]) -> list[Load]:
    """These reports as the flooding agency's own."""
    made = []
    for number, load in enumerate(loads):
        reference = f"flood-{number}"
        report_id = ids.report_id(FLOODER, reference)
        told = json.loads(load.value) | {"agency": FLOODER, "local_ref": reference, "report_id": report_id}
        told |= {"revision": 1, "msg_type": "report", "references": []}
        made.append(Load(topics.reports_topic(FLOODER), report_id.encode(), json.dumps(told).encode()))
    return made


def spans(begin: float, length_s: float) -> tuple[list[Span], list[Span]]:
    """The quiet spans and those of the flood, by turns."""
    part = length_s / ROUNDS
    starts = [begin + number * (2 * part + SETTLE_S) for number in range(ROUNDS)]
    return [(at, at + part) for at in starts], [(at + part, at + 2 * part) for at in starts]


def measure(bus: Bus, rate: float, length_s: float) -> tuple[Latency, Latency, Flood]:
    """The others' latency without and with the flood, and the flood."""
    bus.start_worker()
    whole_s = WARM_S + 2 * length_s + ROUNDS * SETTLE_S
    loads = bus.reports(int(rate * whole_s), seed=5, span="30d")
    others = [load for load in loads if load.topic != topics.reports_topic(FLOODER)]
    flood = Flood(bus, flooded(bus.reports(5_000, seed=6, span="30d")))
    found: list[Heard] = []
    done, places = threading.Event(), alerts_from_now(bus)
    quiet, loud = spans(time.time() + WARM_S, length_s)
    reader = threading.Thread(target=read_alerts, args=(bus, places, found, done), daemon=True)
    flooding = threading.Thread(target=flood.run, args=(loud,), daemon=True)
    reader.start()
    flooding.start()
    publish_steadily(bus, others, rate)
    time.sleep(2)
    done.set()
    reader.join(30)
    flooding.join(30)
    return heard_in(quiet, found), heard_in(loud, found), flood


def heard_in(wanted: Sequence[Span], found: Sequence[Heard]) -> Latency:
    """How late the others' alerts were whose reports were written in these spans."""
    return latency_of(
        [
            late_s
            for at, late_s, agency in found
            if agency not in {None, FLOODER} and any(begin <= at - late_s < end for begin, end in wanted)
        ]
    )


def main() -> None:
    """Measures and prints; exit code 1 where the others notice too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="of quiet, and as many of flood")
    parser.add_argument("--rate", type=float, default=100, help="reports a second of all others together")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fusionbus-flood-") as scratch, a_bus(Path(scratch), secured=True) as bus:
        quiet, under, flood = measure(bus, wish.rate, wish.seconds)
    table = Table("the others", "alerts", "p50", "p99", "worst", title=f"{FLOODER} at {TIMES} times its quota")
    for name, one in (("quiet", quiet), ("under the flood", under)):
        table.add_row(name, f"{one.alerts:,}", *(f"{ms:.1f} ms" for ms in (one.p50_ms, one.p99_ms, one.worst_ms)))
    console, factor = Console(), under.p99_ms / quiet.p99_ms
    console.print(table)
    rates = flood.offered / wish.seconds, flood.taken / wish.seconds
    console.print(f"The flood offered {rates[0]:,.0f} reports/s, the broker took {rates[1]:,.0f}/s.")
    console.print(f"p99 under the flood / quiet: {factor:.2f} (bar: under {FACTOR_MAX:g})")
    raise SystemExit(factor >= FACTOR_MAX)


if __name__ == "__main__":
    main()
