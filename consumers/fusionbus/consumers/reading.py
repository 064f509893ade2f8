"""Reads a topic without a consumer group: from its beginning to where it ends now, or on from there."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors

from fusionbus.consumers.stopping import Stop
from fusionbus.contract.errors import RetryLater
from fusionbus.shell.kafka import client_options, explain
from fusionbus.shell.settings import BrokerSettings

POLL_MS = 200
FETCH_WAIT_MS = 50  # a person waits for the answer


class TopicReader:
    """Reads all partitions of one topic. Raises: Misconfigured where it is not there; kafka-python's errors."""

    def __init__(self, broker: BrokerSettings, topic: str, client_id: str) -> None:
        self._consumer = KafkaConsumer(
            **client_options(broker, client_id),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            allow_auto_create_topics=False,
        )
        self.topic = topic
        if topic not in self._consumer.topics():
            self.close()
            raise explain(kafka_errors.UnknownTopicOrPartitionError(), broker)
        numbers = self._consumer.partitions_for_topic(topic)
        self._partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        self._consumer.assign(self._partitions)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._consumer.close(autocommit=False, timeout_ms=1_000)

    def skip_to_end(self) -> None:
        """Makes the next read begin with what is written from now on."""
        for partition, end in self._consumer.end_offsets(self._partitions).items():
            self._consumer.seek(partition, end)

    def begin_at(self, offsets: Mapping[int, int]) -> None:
        """Makes the next read begin there, by partition; where it was deleted already, and of others, at the first."""
        begins = self._consumer.beginning_offsets(self._partitions)
        for partition in self._partitions:
            self._consumer.seek(partition, max(begins[partition], offsets.get(partition.partition, 0)))

    def there_now(self, seconds_max: float) -> Iterator[Any]:
        """The records up to where the topic ends now. Raises: RetryLater where that takes too long."""
        until = time.monotonic() + seconds_max
        ends = self._consumer.end_offsets(self._partitions)
        while any(self._consumer.position(partition) < end for partition, end in ends.items()):
            if time.monotonic() > until:
                raise RetryLater(f"{self.topic} was not read to its end in {seconds_max:g} s: try again.")
            yield from self._poll()

    def coming(self, stop: Stop, seconds_max: float | None = None) -> Iterator[Any]:
        """Records as they come, until a stop is asked for or the time is over."""
        until = None if seconds_max is None else time.monotonic() + seconds_max
        while not stop.requested and (until is None or time.monotonic() < until):
            yield from self._poll()

    def _poll(self) -> Iterator[Any]:
        for records in self._consumer.poll(timeout_ms=POLL_MS).values():
            yield from records
