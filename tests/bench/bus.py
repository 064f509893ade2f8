"""A bus for one measurement: broker, topics, reports, processes; everything in one folder and ended by process id."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from fusionbus.contract import codec, topics
from fusionbus.contract.codec import Undecodable
from fusionbus.deploy.broker import LocalBroker

WAIT_S_MAX = 60.0
"""A benchmark that makes no progress for so long has failed."""


@dataclass(frozen=True, slots=True)
class Load:
    """One report as it goes to the broker."""

    topic: str
    key: bytes
    value: bytes


@dataclass
class Bus:
    """A broker with the federation's topics, and the processes started on it."""

    folder: Path
    broker: LocalBroker
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What the bus's processes get."""
        return {**os.environ, "FUSION_BOOTSTRAP": self.broker.bootstrap, "FUSION_HOME": str(self.folder / "home")}

    def run(self, *arguments: str) -> None:
        """Runs a fusionbus command to its end. Raises: CalledProcessError."""
        command = [_beside_python("fusionbus"), *arguments]
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def start(self, command: Sequence[str], **environment: str) -> subprocess.Popen[bytes]:
        """Starts a process that ends with the bus; its output goes to a log in the folder."""
        log = (self.folder / f"{Path(command[0]).name}-{len(self._processes)}.log").open("wb")
        process = subprocess.Popen(command, env=self.environment | environment, stdout=log, stderr=subprocess.STDOUT)
        self._processes.append(process)
        return process

    def start_worker(self, name: str = "bench") -> subprocess.Popen[bytes]:
        """Starts one worker of the hub."""
        return self.start([_beside_python("fusionbus"), "worker", "--id", name])

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Ends a process, hard if it does not go."""
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)

    def close(self) -> None:
        """Ends everything."""
        for process in self._processes:
            self.end(process)

    def reports(self, count: int, seed: int, span: str) -> list[Load]:
        """So many simulated reports of the last while, ready to send."""
        path = self.folder / f"reports-{count}-{seed}.jsonl"
        self.run("simulate", "--reports", str(count), "--seed", str(seed), "--span", span, "--now", "--out", str(path))
        return [_load(line) for line in path.read_bytes().splitlines()]

    def send(self, loads: Sequence[Load], topic: str | None = None) -> None:
        """Sends a backlog, to each agency's topic or all to one."""
        producer = self.producer()
        for load in loads:
            while True:
                try:
                    producer.produce(topic or load.topic, load.value, load.key)
                    break
                except BufferError:
                    producer.poll(0.1)
        if producer.flush(WAIT_S_MAX):
            raise TimeoutError("the broker did not take the backlog in time")

    def producer(self) -> Producer:
        """A producer that partitions as kafka-python does."""
        options = {"bootstrap.servers": self.broker.bootstrap, "partitioner": "murmur2_random", "linger.ms": 2}
        return Producer({**options, "acks": "all", "queue.buffering.max.messages": 200_000})

    def places(self, prefix: str) -> list[TopicPartition]:
        """All partitions of the topics whose names begin so."""
        known = AdminClient({"bootstrap.servers": self.broker.bootstrap}).list_topics(timeout=15).topics
        return [
            TopicPartition(name, number, 0)
            for name, told in known.items()
            if name.startswith(prefix)
            for number in told.partitions
        ]

    def consumer(self, places: Sequence[TopicPartition]) -> Consumer:
        """A consumer of these partitions from their beginning."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.broker.bootstrap,
                "group.id": f"bench-{time.monotonic_ns()}",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 5,
            }
        )
        consumer.assign(list(places))
        return consumer

    def written_at_ms(self, prefix: str, count: int) -> list[int]:
        """The broker's time stamps of the records under this prefix, sorted, once there are so many."""
        consumer, deadline = self.consumer(self.places(prefix)), time.monotonic() + WAIT_S_MAX
        stamps: list[int] = []
        while len(stamps) < count:
            fresh = [m.timestamp()[1] for m in consumer.consume(10_000, 0.5) if m.error() is None]
            stamps.extend(fresh)
            if fresh:
                deadline = time.monotonic() + WAIT_S_MAX
            elif time.monotonic() > deadline:
                told = f"{len(stamps)} of {count} records on {prefix}*, and no more for {WAIT_S_MAX:.0f} s"
                raise TimeoutError(f"{told}\n{self._last_words()}")
        consumer.close()
        return sorted(stamps)

    def _last_words(self) -> str:
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-1500:]}" for log in logs)


@contextmanager
def a_bus(folder: Path) -> Iterator[Bus]:
    """A provisioned bus for the duration of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with LocalBroker(folder / "broker", quick_start=False) as broker:
        bus = Bus(folder, broker)
        try:
            bus.run("provision")
            yield bus
        finally:
            bus.close()


def _load(line: bytes) -> Load:
    report = codec.decode_report(line)
    if isinstance(report, Undecodable):
        raise ValueError(report.sentence)  # noqa: TRY004 - the simulator is wrong, not a type
    return Load(topics.reports_topic(report.agency), report.report_id.encode(), line)


def _beside_python(name: str) -> str:
    return str(Path(sys.executable).parent / name)
