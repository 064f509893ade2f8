"""Follows the compacted registry topic with a plain consumer and keeps the newest snapshot.

A Faust global table may loop in recovery on several workers (FAUST rules), and every worker needs the whole registry.
"""

import threading
import time
from dataclasses import dataclass, field

import structlog
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from fusionbus.contract import topics
from fusionbus.contract.codec import AnyRegistryEntry, Undecodable, decode_registry
from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.streams.engine.die import die, fault_of
from fusionbus.streams.registry import Registry

log = structlog.get_logger()

POLL_S = 0.2
READ_TIMEOUT_S = 30.0
"""The registry of a federation of 50 agencies is read in well under a second; past this the broker is unwell."""


@dataclass(slots=True)
class RegistryReader:
    """The registry as the topic tells it; `snapshot` is replaced whole, so readers need no lock."""

    options: dict[str, str]
    snapshot: Registry = field(default_factory=Registry)
    _ends: dict[int, int] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Reads the topic to its present end, then follows it in a thread.

        Raises: Misconfigured where the topic is missing, RetryLater where it cannot be read in time.
        """
        consumer = Consumer(
            self.options
            | {
                "group.id": f"{topics.HUB_APP}-registry",
                "enable.auto.commit": "false",
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": "50",
            },
        )
        consumer.assign(self._partitions(consumer))
        deadline = time.monotonic() + READ_TIMEOUT_S
        at = dict.fromkeys(self._ends, 0)
        while any(at[number] < end for number, end in self._ends.items()):
            if time.monotonic() > deadline:
                raise RetryLater(f"The topic {topics.REGISTRY} could not be read in {READ_TIMEOUT_S:.0f} s: try again.")
            self._take(consumer.consume(1000, POLL_S))
            for place in consumer.position(list(map(_place, self._ends))):
                at[place.partition] = max(at[place.partition], place.offset)
        threading.Thread(target=self._follow, args=(consumer,), name="registry", daemon=True).start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stop.set()

    def _partitions(self, consumer: Consumer) -> list[TopicPartition]:
        try:
            told = consumer.list_topics(topics.REGISTRY, timeout=READ_TIMEOUT_S).topics[topics.REGISTRY]
        except KafkaException as exc:
            raise RetryLater(
                f"No broker answers at {self.options['bootstrap.servers']}: start it, then try again."
            ) from exc
        if told.error is not None or not told.partitions:
            raise Misconfigured(f"The topic {topics.REGISTRY} is missing: run `fusionbus provision` first.")
        try:
            for number in told.partitions:
                low, high = consumer.get_watermark_offsets(_place(number), timeout=READ_TIMEOUT_S)
                # An empty log may begin past zero.
                self._ends[number] = high if high > low else 0
        except KafkaException as exc:  # a broker that has just started knows its topics before it leads them
            raise RetryLater(f"The broker does not serve the topic {topics.REGISTRY} yet: try again.") from exc
        return [TopicPartition(topics.REGISTRY, number, 0) for number in told.partitions]

    def _follow(self, consumer: Consumer) -> None:
        try:
            while not self._stop.is_set():
                self._take(consumer.consume(1000, POLL_S))
        except Exception as error:  # noqa: BLE001 - a thread that ends in silence leaves us with an old registry
            die(f"the registry cannot be followed ({fault_of(error)})")
        consumer.close()

    def _take(self, messages: list[Message]) -> None:
        entries: list[AnyRegistryEntry] = []
        for message in messages:
            value = message.value()
            if message.error() is not None or value is None:
                continue
            entry = decode_registry(value)
            if isinstance(entry, Undecodable):
                log.warning("registry_entry_refused", offset=message.offset(), reason=entry.reason)
            else:
                entries.append(entry)
        if entries:
            self.snapshot = self.snapshot.with_entries(entries)
            log.info("registry_changed", entries=len(entries), agencies=len(self.snapshot.agencies))


def _place(number: int) -> TopicPartition:
    return TopicPartition(topics.REGISTRY, number)
