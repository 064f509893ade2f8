"""A bus for one measurement: broker, topics, reports, processes; everything in one folder and ended by process id."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from fusionbus.contract import codec, topics
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.topics import HUB
from fusionbus.deploy.broker import LocalBroker
from fusionbus.deploy.broker_secured import ADMIN, environment, signed_in
from fusionbus.deploy.secret_files import Secrets

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
    secrets: Secrets | None = None
    """Of a secured bus; its commands run as `admin`, its workers as `hub`."""
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What the bus's processes get."""
        return {**os.environ, **self.sign_in(ADMIN), "FUSION_HOME": str(self.folder / "home")}

    def sign_in(self, principal: str) -> dict[str, str]:
        """The environment with which this principal's commands reach the broker."""
        if self.secrets is None:
            return {"FUSION_BOOTSTRAP": self.broker.bootstrap}
        return environment(self.broker.bootstrap, principal, self.secrets)

    def options(self, principal: str = ADMIN) -> dict[str, Any]:
        """How librdkafka reaches the broker as this principal."""
        told = {"bootstrap.servers": self.broker.bootstrap}
        if self.secrets is None:
            return told
        signed = signed_in(self.broker.bootstrap, principal, self.secrets)
        return told | {
            "security.protocol": signed.security,
            "sasl.mechanism": signed.sasl_mechanism,
            "sasl.username": principal,
            "sasl.password": signed.secret(),
            "ssl.ca.location": str(signed.ca_file),
        }

    def run(self, *arguments: str) -> None:
        """Runs a fusionbus command to its end. Raises: CalledProcessError."""
        command = [_beside_python("fusionbus"), *arguments]
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def start(self, command: Sequence[str], **environment: str) -> subprocess.Popen[bytes]:
        """Starts a process that ends with the bus; its output goes to a log in the folder."""
        with (self.folder / f"{Path(command[0]).name}-{len(self._processes)}.log").open("wb") as log:
            told = self.environment | environment
            process = subprocess.Popen(command, env=told, stdout=log, stderr=subprocess.STDOUT)
        self._processes.append(process)
        return process

    def start_worker(self, name: str = "bench") -> subprocess.Popen[bytes]:
        """Starts one worker of the hub."""
        return self.start([_beside_python("fusionbus"), "worker", "--id", name], **self.sign_in(HUB))

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

    def producer(self, principal: str = ADMIN, waiting_max: int = 200_000) -> Producer:
        """A producer that partitions as kafka-python does."""
        options = self.options(principal) | {"partitioner": "murmur2_random", "linger.ms": 2, "acks": "all"}
        return Producer({**options, "queue.buffering.max.messages": waiting_max})

    def places(self, prefix: str) -> list[TopicPartition]:
        """All partitions of the topics whose names begin so."""
        known = AdminClient(self.options()).list_topics(timeout=15).topics
        return [
            TopicPartition(name, number, 0)
            for name, told in known.items()
            if name.startswith(prefix)
            for number in told.partitions
        ]

    def consumer(self, places: Sequence[TopicPartition]) -> Consumer:
        """A consumer of these partitions from their beginning."""
        consumer = Consumer(
            self.options()
            | {
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
def a_bus(folder: Path, *, secured: bool = False) -> Iterator[Bus]:
    """A provisioned bus for the duration of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    secrets = Secrets(folder / "home" / "secrets") if secured else None
    with LocalBroker(folder / "broker", quick_start=False, secrets=secrets) as broker:
        bus = Bus(folder, broker, secrets)
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
