"""Tools of the engine's tests: topics, records, and workers as processes that may be killed by pid."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, cast

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

HERE = Path(__file__).parent
WITHIN_S = 60.0  # a worker is ready in 2 s and takes over in 7 s; a busy machine gets the rest
LOOK_EVERY_S = 0.05
ANSWER_S = 3.0  # a fresh broker may leave the first question for a coordinator unanswered


class Read(NamedTuple):
    """A record read back."""

    key: bytes
    value: bytes
    headers: dict[str, bytes]
    partition: int


def until(true: Callable[[], object], within_s: float = WITHIN_S, what: str = "") -> None:
    """Returns when it is true; fails when it does not become so in time."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, f"not within {within_s} s: {what or true}"
        time.sleep(LOOK_EVERY_S)


@dataclass
class Worker:
    """A program under test."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def ended(self, within_s: float = WITHIN_S) -> int:
        """The exit code."""
        return self.process.wait(within_s)

    def stop(self, within_s: float = WITHIN_S) -> int:
        """SIGTERM, and the exit code."""
        self.send(signal.SIGTERM)
        return self.ended(within_s)

    def kill(self) -> None:
        if self.alive:
            self.process.kill()
        self.process.wait()

    def told(self) -> str:
        """What it wrote to stdout and stderr."""
        return self.log.read_text(errors="replace")


@dataclass
class Bench:
    """One test's topics `in`, `out`, … (with a suffix of their own) and workers."""

    bootstrap: str
    folder: Path
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    workers: list[Worker] = field(default_factory=list)

    def topic(self, name: str) -> str:
        return f"{name}-{self.run}"

    def make_topics(self, *names: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        new = [NewTopic(self.topic(name), partitions, 1, config=dict(config or {})) for name in names]
        for made in admin.create_topics(new).values():
            made.result(WITHIN_S)

    def write(self, name: str, records: Sequence[tuple[str | None, bytes | None]], partition: int = -1) -> None:
        """Returns when the broker has them all."""
        failed: list[object] = []
        producer = Producer({"bootstrap.servers": self.bootstrap, "partitioner": "murmur2_random"})
        for key, value in records:
            producer.produce(
                self.topic(name),
                value,
                key,
                partition=partition,
                on_delivery=lambda error, _message: failed.append(error) if error else None,
            )
        assert producer.flush(WITHIN_S) == 0
        assert not failed

    def write_in_transaction(self, name: str, records: Sequence[tuple[str, bytes]], partition: int) -> None:
        """As a foreign producer may: the broker puts a mark after them, which counts in offsets and is no record."""
        producer = Producer({"bootstrap.servers": self.bootstrap, "transactional.id": self.run})
        producer.init_transactions(WITHIN_S)
        producer.begin_transaction()
        for key, value in records:
            producer.produce(self.topic(name), value, key, partition=partition)
        producer.commit_transaction(WITHIN_S)

    def start(self, program: str, scenario: str, *, state: str = "w1", **env: object) -> Worker:
        """A worker; `state` names its folder, `env` goes to the program in capitals."""
        log = self.folder / f"{program}-{scenario}-{state}-{len(self.workers)}.log"
        given = {name.upper(): str(value) for name, value in env.items()}
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, str(HERE / f"{program}.py"), scenario],
                env={
                    **os.environ,
                    "BROKER": self.bootstrap,
                    "RUN": self.run,
                    "STATE": str(self.folder / program / state),
                    "SIGNS": str(self.folder),
                    **given,
                },
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        worker = Worker(process, log)
        self.workers.append(worker)
        return worker

    def sign(self, name: str) -> bool:
        """Whether a worker has left this sign."""
        return (self.folder / name).exists()

    def read(self, name: str) -> list[Read]:
        """All records of a topic up to its present end."""
        return list(self._read(self.topic(name)))

    def keys(self, name: str) -> Counter[str]:
        """How often each key stands in a topic."""
        return Counter(record.key.decode() for record in self.read(name))

    def changelog(self, table: str) -> Counter[str]:
        """How often each key stands in a table's changelog."""
        return Counter(record.key.decode() for record in self._read(f"{self.topic('app')}-{table}-changelog"))

    def count(self, name: str) -> int:
        """How many records a topic has."""
        return len(self.read(name))

    def _read(self, topic: str) -> Iterator[Read]:
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "reader", "enable.auto.commit": False})
        try:
            parts = consumer.list_topics(topic, WITHIN_S).topics[topic].partitions or {}
            for number in parts:
                end = consumer.get_watermark_offsets(TopicPartition(topic, number), WITHIN_S)[1]
                yield from self._read_partition(consumer, topic, number, end)
        finally:
            consumer.close()

    @staticmethod
    def _read_partition(consumer: Consumer, topic: str, number: int, end: int) -> Iterator[Read]:
        consumer.assign([TopicPartition(topic, number, 0)])
        while consumer.position([TopicPartition(topic, number)])[0].offset < end and end:
            message = consumer.poll(WITHIN_S)
            assert message is not None, f"{topic} does not go on"
            if error := message.error():
                raise KafkaException(error)
            headers = dict(cast("list[tuple[str, bytes]]", message.headers() or []))
            yield Read(message.key() or b"", message.value() or b"", headers, number)

    def committed(self, name: str, partitions: int = 1) -> int:
        """How many records of a topic the worker's group has done with."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": self.topic("app")})
        try:
            wanted = [TopicPartition(self.topic(name), number) for number in range(partitions)]
            return sum(max(0, found.offset) for found in consumer.committed(wanted, ANSWER_S))
        except KafkaException:  # a fresh broker has no coordinator yet
            return -1
        finally:
            consumer.close()

    def close(self) -> None:
        """Ends what still runs."""
        for worker in self.workers:
            worker.kill()


def numbered(count: int, first: int = 0, size: int = 10) -> list[tuple[str | None, bytes | None]]:
    """Records with the keys k0, k1, …"""
    return [(f"k{number}", b"x" * size) for number in range(first, first + count)]
