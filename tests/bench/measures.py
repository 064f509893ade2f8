"""The measurements: records a second beside a naive program, latency at a steady rate, memory with much open."""

import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from bench.bus import WAIT_S_MAX, Bus, Load
from fusionbus.contract import codec, topics
from fusionbus.contract.alert import Alert

WARM_SHARE = 0.2
"""Of a backlog this share is not counted: start, first fetches, caches."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Publish to alert, in milliseconds, as a receiver that polls one record at a time sees it."""

    alerts: int
    p50_ms: float
    p99_ms: float
    worst_ms: float


def rate_of(stamps_ms: Sequence[int]) -> float:
    """Records a second after the warm-up."""
    warm = int(len(stamps_ms) * WARM_SHARE)
    return (len(stamps_ms) - warm) / max(0.001, (stamps_ms[-1] - stamps_ms[warm]) / 1000)


def naive_rate(bus: Bus, loads: Sequence[Load]) -> float:
    """Records a second of the naive Faust program on a backlog of these reports."""
    admin = AdminClient({"bootstrap.servers": bus.broker.bootstrap})
    names = "bench-in", "bench-out", "bench-naive-seen-changelog"
    for made in admin.create_topics([NewTopic(name, 4, 1) for name in names]).values():
        made.result(15)
    bus.send(loads, "bench-in")
    worker = bus.start(
        [
            str(Path(sys.executable).parent / "faust"),
            "-A",
            "bench.naive",
            "worker",
            "-l",
            "error",
            "--without-web",
        ],
        BENCH_BOOTSTRAP=bus.broker.bootstrap,
        BENCH_STATE=str(bus.folder / "naive"),
        BENCH_IN="bench-in",
        BENCH_OUT="bench-out",
    )
    stamps = bus.written_at_ms("bench-out", len({load.key for load in loads}))
    bus.end(worker)
    return rate_of(stamps)


def hub_rate(bus: Bus, loads: Sequence[Load]) -> float:
    """Records a second of one worker of the hub: both hops, all state, alerts, receipts and audit."""
    bus.send(loads)
    worker = bus.start_worker()
    stamps = bus.written_at_ms(topics.RECEIPTS, len(loads))
    bus.end(worker)
    return rate_of(stamps)


def latency(bus: Bus, loads: Sequence[Load], rate: float, warm_s: float = 15.0) -> Latency:
    """Publish to alert at this rate over all agencies' topics, after a warm-up under the same load."""
    found: list[Heard] = []
    done = threading.Event()
    places = alerts_from_now(bus)
    reader = threading.Thread(target=read_alerts, args=(bus, places, found, done), daemon=True)
    reader.start()
    begun = publish_steadily(bus, loads, rate)
    time.sleep(2)
    done.set()
    reader.join(30)
    return latency_of([seconds for at, seconds, _ in found if at > begun + warm_s])


def latency_of(seconds: Sequence[float]) -> Latency:
    """The percentiles. Raises: TimeoutError where there is nothing to count."""
    took = sorted(seconds)
    if not took:
        raise TimeoutError("no alert came while the latency was measured")
    p50, p99 = (1000 * took[min(len(took) - 1, int(len(took) * share))] for share in (0.5, 0.99))
    return Latency(len(took), p50, p99, 1000 * took[-1])


def alerts_from_now(bus: Bus) -> list[TopicPartition]:
    """All partitions with alerts, each at its end."""
    places, consumer = bus.places(topics.ALERTS), bus.consumer([])
    for place in places:
        place.offset = consumer.get_watermark_offsets(place, timeout=15)[1]
    consumer.close()
    return places


Heard = tuple[float, float, str | None]
"""When an alert came, how many seconds after its report, and the report's originator where it is told."""


def read_alerts(bus: Bus, places: list[TopicPartition], found: list[Heard], done: threading.Event) -> None:
    """Reads alerts one at a time until it is told to end."""
    consumer = bus.consumer(places)
    while not done.is_set():
        message = consumer.poll(0.1)
        if message is None or message.error() is not None:
            continue
        now = time.time()
        alert = codec.decode(Alert, message.value() or b"")
        if isinstance(alert, Alert):
            found.append((now, now - alert.published_at.timestamp(), alert.body.agency))
    consumer.close()


def publish_steadily(bus: Bus, loads: Sequence[Load], rate: float) -> float:
    """Sends them at this rate; when it began."""
    producer, begun = bus.producer(), time.time()
    for number, load in enumerate(loads):
        due = begun + number / rate
        while (left := due - time.time()) > 0:
            producer.poll(0)
            time.sleep(min(left, 0.002))
        producer.produce(load.topic, load.value, load.key)
        producer.poll(0)
    producer.flush(30)
    return begun


def memory_mb(pid: int) -> float:
    """What a process holds in memory now, in megabytes (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(f"process {pid} is gone")


def open_incidents_memory_mb(bus: Bus, loads: Sequence[Load]) -> float:
    """The memory of one worker that has taken all these reports, their incidents all open."""
    bus.send(loads)
    worker = bus.start_worker()
    bus.written_at_ms(topics.RECEIPTS, len(loads))
    held = memory_mb(worker.pid)
    bus.end(worker)
    return held


__all__ = [
    "WAIT_S_MAX",
    "Heard",
    "Latency",
    "alerts_from_now",
    "hub_rate",
    "latency",
    "latency_of",
    "naive_rate",
    "open_incidents_memory_mb",
    "publish_steadily",
    "read_alerts",
]
