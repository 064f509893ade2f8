"""The broker as operators look at it: the only file of this package that talks to Kafka, but for the doctor's looks."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from kafka import KafkaProducer, TopicPartition

from fusionbus.contract.errors import NotAllowed, RetryLater
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.shell.kafka import explained
from fusionbus.shell.moments import Place
from fusionbus.shell.offsets import POLL_MS, Offsets

CLIENT_ID: Final = "fusion-operator"
SEND_S_MAX: Final = 30.0
NEWEST_S_MAX: Final = 3.0


@dataclass(frozen=True, slots=True)
class Written:
    """A record as it lies on a topic."""

    topic: str
    partition: int
    offset: int
    at: datetime
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Appended:
    """Where the broker has a record now, and the time on it: the broker's own where the topic says so."""

    offset: int
    at: datetime


class Bus(Offsets):
    """A broker reached by kafka-python. All methods raise FusionError, one sentence."""

    _settings: OperatorSettings

    def __init__(self, settings: OperatorSettings) -> None:
        super().__init__(settings, CLIENT_ID)
        self._producer: Any = None

    def close(self) -> None:
        """Closes all connections."""
        if self._producer is not None:
            self._producer.close(timeout=1)
        super().close()

    def cluster_id(self) -> str:
        """The id that the cluster was given when it was made."""
        with explained(self._settings):
            return str(self.admin.describe_cluster()["cluster_id"])

    def read(self, topic: str, since: datetime | None = None) -> Iterator[Written]:
        """The topic's records up to where it ends now, in order by partition; one topic is read at a time.

        Raises: Misconfigured where the topic is not there, RetryLater where it is too long to be read.
        """
        with self._needing("READ", topic):
            parts = self._parts(topic)
            ends = self._consumer.end_offsets(parts)
            self._consumer.assign(parts)
            self._consumer.seek_to_beginning(*parts)
            if since is not None:
                at_ms = max(0, int(since.timestamp() * 1000))
                for part, found in self._consumer.offsets_for_times(dict.fromkeys(parts, at_ms)).items():
                    self._consumer.seek(part, ends[part] if found is None else found.offset)
            until = time.monotonic() + self._settings.scan_s_max
            while any(self._consumer.position(part) < end for part, end in ends.items()):
                if time.monotonic() > until:
                    raise RetryLater(
                        f"{topic} was not read to its end in {self._settings.scan_s_max:g} s: narrow it with --since, "
                        "or raise FUSION_SCAN_S_MAX."
                    )
                for records in self._consumer.poll(timeout_ms=POLL_MS).values():
                    yield from (_written(record) for record in records)

    def newest(self, topic: str) -> list[Written]:
        """The last record of each partition, as far as it comes in time: the mark of a transaction never does."""
        with self._needing("READ", topic):
            parts = self._parts(topic)
            ends = self._consumer.end_offsets(parts)
            begins = self._consumer.beginning_offsets(parts)
            waiting = {part for part in parts if ends[part] > begins[part]}
            self._consumer.assign(sorted(waiting))
            for part in waiting:
                self._consumer.seek(part, ends[part] - 1)
            found, until = [], time.monotonic() + NEWEST_S_MAX
            while waiting and time.monotonic() < until:
                for part, records in self._consumer.poll(timeout_ms=POLL_MS).items():
                    found.append(_written(records[-1]))
                    waiting.discard(part)
            return found

    def version(self, node: int) -> tuple[int, ...]:
        """The version of one broker, as far as the requests it takes show it: major and minor."""
        with explained(self._settings):
            return tuple(self.admin.get_broker_version_data(node).broker_version)

    def send(self, topic: str, key: bytes | None, value: bytes, partition: int | None = None) -> Appended:
        """Where the record is, once the broker has it with all its copies."""
        with self._needing("WRITE", topic):
            if self._producer is None:
                self._producer = KafkaProducer(**self._options, acks="all")
            sent = self._producer.send(topic, value, key=key, partition=partition)
            self._producer.flush(timeout=SEND_S_MAX)
            told = sent.get(timeout=SEND_S_MAX)  # flush alone does not prove delivery
            return Appended(told.offset, datetime.fromtimestamp(told.timestamp / 1000, UTC))

    def cut(self, before: Mapping[Place, int]) -> None:
        """Deletes what lies before these offsets. Raises: NotAllowed without the right to DELETE."""
        with explained(self._settings):
            if before:
                self.admin.delete_records({TopicPartition(*place): offset for place, offset in before.items()})

    @contextmanager
    def _needing(self, right: str, topic: str) -> Iterator[None]:
        """Names the right that is lacking: whoever reads it may be the one to give it."""
        try:
            with explained(self._settings):
                yield
        except NotAllowed as exc:
            raise NotAllowed(f"{self._user} lacks the right to {right} the topic {topic}.") from exc


def _written(record: Any) -> Written:
    at = datetime.fromtimestamp(max(0, record.timestamp or 0) / 1000, UTC)
    return Written(record.topic, record.partition, record.offset, at, record.key, record.value)
