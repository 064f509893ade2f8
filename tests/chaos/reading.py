"""Reads topics and groups to their ends, by a client of its own."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from fusionbus.contract import topics

ANSWER_S = 15.0
TRY_S = 2.0
"""For one answer: a dead leader never gives it, and who waits for it longer misses the new one's."""
AGAIN_S = 0.3
QUIET = {"enable.auto.commit": False, "log_level": 2}
HUB_READS = (topics.REPORTS, topics.CONTROL, topics.ACCEPTED)


class Reader:
    """Sees everything on the broker.

    Args:
        bootstrap: the broker's own address, not a proxy's.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._groups: dict[str, Consumer] = {}
        self._consumer = self._of_group("chaos-oracle")
        self._known: list[tuple[str, int]] = []

    def close(self) -> None:
        """Disconnects."""
        for consumer in self._groups.values():
            consumer.close()

    def _of_group(self, group: str) -> Consumer:
        """A client that may ask what a group has committed, and never joins it."""
        if group not in self._groups:
            self._groups[group] = Consumer({"bootstrap.servers": self._bootstrap, "group.id": group} | QUIET)
        return self._groups[group]

    def places(self, *prefixes: str) -> list[TopicPartition]:
        """All partitions of the topics whose names begin so; a run makes its topics before it reads any."""
        if not self._known:
            told = self._consumer.list_topics(timeout=ANSWER_S).topics
            self._known = [(name, number) for name, topic in told.items() for number in topic.partitions]
        return [TopicPartition(name, number) for name, number in self._known if name.startswith(prefixes)]

    def end_of(self, place: TopicPartition) -> int:
        """Where the next record of a partition will stand; after the death of a broker it is asked again."""
        until = time.monotonic() + ANSWER_S
        while True:
            try:
                return int(self._consumer.get_watermark_offsets(place, timeout=TRY_S)[1])
            except KafkaException:
                if time.monotonic() > until:
                    raise
                self._consumer.list_topics(timeout=ANSWER_S)
                time.sleep(AGAIN_S)

    def records(self, topic: str) -> int:
        """How many records a topic has had."""
        return sum(self.end_of(place) for place in self.places(topic) if place.topic == topic)

    def bodies(self, topic: str) -> list[dict[str, Any]]:
        """Every record of a topic as JSON, up to its present end."""
        return [
            json.loads(value) for place in self.places(topic) if place.topic == topic for value in self._values(place)
        ]

    def _values(self, place: TopicPartition) -> Iterator[bytes]:
        end = self.end_of(place)
        self._consumer.assign([TopicPartition(place.topic, place.partition, 0)])
        at = 0
        while at < end:
            for message in self._consumer.consume(min(2_000, end - at), 0.5):
                if (error := message.error()) is not None:
                    raise KafkaException(error)
                at = (message.offset() or 0) + 1
                yield message.value() or b""

    def behind(self, group: str = topics.HUB_APP, prefixes: tuple[str, ...] = HUB_READS) -> Mapping[str, int]:
        """By topic, how many records the group has not committed yet.

        The ends are asked first: to ask a hundred takes a while, and the hub writes itself a tick in every ten seconds.
        """
        left: dict[str, int] = {}
        places = self.places(*prefixes)
        ends = {(place.topic, place.partition): self.end_of(place) for place in places}
        for found in self._of_group(group).committed(places, ANSWER_S):
            behind = ends[found.topic, found.partition] - max(0, found.offset)
            left[found.topic] = left.get(found.topic, 0) + max(0, behind)
        return left
