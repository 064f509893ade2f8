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

from rich.console import Console
from rich.table import Table

from bench.bus import Bus, Load, a_bus
from bench.measures import Heard, Latency, alerts_from_now, latency_of, publish_steadily, read_alerts
from fusionbus.contract import ids, topics
from fusionbus.deploy.quotas import DEFAULT_BYTES_S

FLOODER = "RAILWAYS-POLICE"
TIMES = 50
WARM_S = 15.0
FACTOR_MAX = 2.0


@dataclass
class Flood:
    """One agency that offers fifty times what it may send, under its own name and password."""

    bus: Bus
    bodies: Sequence[Load]
    offered: int = 0
    taken: int = 0

    def run(self, begin_s: float, length_s: float) -> None:
        """Offers reports for so long; what does not fit into the client's queue any more, the broker holds back."""
        time.sleep(begin_s)
        before = self._on_topic()
        producer = self.bus.producer(FLOODER, waiting_max=1_000)
        rate = TIMES * DEFAULT_BYTES_S / (sum(len(one.value) for one in self.bodies) / len(self.bodies))
        begun, sent = time.monotonic(), 0
        for number in count():
            if (now := time.monotonic()) - begun >= length_s:
                break
            due = begun + number / rate
            if due > now:
                time.sleep(min(due - now, 0.005))
            producer.poll(0)
            body = self.bodies[sent % len(self.bodies)]
            self.offered += 1
            try:
                producer.produce(body.topic, body.value, body.key)
                sent += 1
            except BufferError:
                continue
        self.taken = self._on_topic() - before

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


def measure(bus: Bus, rate: float, length_s: float) -> tuple[Latency, Latency, Flood]:
    """The others' latency without and with the flood, and the flood."""
    bus.start_worker()
    loads = bus.reports(int(rate * (WARM_S + 2 * length_s)), seed=5, span="30d")
    others = [load for load in loads if load.topic != topics.reports_topic(FLOODER)]
    flood = Flood(bus, flooded(bus.reports(5_000, seed=6, span="30d")))
    found: list[Heard] = []
    done, places = threading.Event(), alerts_from_now(bus)
    reader = threading.Thread(target=read_alerts, args=(bus, places, found, done), daemon=True)
    flooding = threading.Thread(target=flood.run, args=(WARM_S + length_s, length_s), daemon=True)
    reader.start()
    flooding.start()
    begun = publish_steadily(bus, others, rate)
    time.sleep(2)
    done.set()
    reader.join(30)
    flooding.join(30)
    turn = begun + WARM_S + length_s
    theirs = [(at, seconds) for at, seconds, agency in found if agency not in (None, FLOODER)]
    quiet = latency_of([seconds for at, seconds in theirs if begun + WARM_S < at <= turn])
    return quiet, latency_of([seconds for at, seconds in theirs if at > turn]), flood


def main() -> None:
    """Measures and prints; exit code 1 where the others notice too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="length of each of the two phases")
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
