"""The broker as operators look at it: the only file of this package that talks to Kafka, but for the doctor's looks."""

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors as kafka_errors
from kafka.admin import KafkaAdminClient

from fusionbus.contract.errors import Misconfigured, NotAllowed, RetryLater
from fusionbus.deploy.operators import moments
from fusionbus.deploy.operators.moments import Place
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.shell.kafka import client_options, explained

CLIENT_ID: Final = "fusion-operator"
POLL_MS: Final = 200
FETCH_WAIT_MS: Final = 50
"""A person waits for the answer."""
SEND_S_MAX: Final = 30.0
NEWEST_S_MAX: Final = 3.0
COORDINATOR_S_MAX: Final = 10.0


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
class Members:
    """A consumer group as its broker sees it."""

    state: str
    count: int


@dataclass(frozen=True, slots=True)
class Appended:
    """Where the broker has a record now, and the time on it: the broker's own where the topic says so."""

    offset: int
    at: datetime


class Bus:
    """A broker reached by kafka-python. All methods raise FusionError, one sentence."""

    def __init__(self, settings: OperatorSettings) -> None:
        self._settings = settings
        self._options = client_options(settings, CLIENT_ID)
        self._producer: Any = None
        with explained(settings):
            self.admin: Any = KafkaAdminClient(**self._options)
            self._consumer: Any = KafkaConsumer(
                **self._options,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=FETCH_WAIT_MS,
                allow_auto_create_topics=False,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._producer is not None:
            self._producer.close(timeout=1)
        self._consumer.close(autocommit=False, timeout_ms=1_000)
        self.admin.close()

    def cluster_id(self) -> str:
        """The id that the cluster was given when it was made."""
        with explained(self._settings):
            return str(self.admin.describe_cluster()["cluster_id"])

    def topics(self) -> frozenset[str]:
        """The names of all topics but Kafka's own."""
        with explained(self._settings):
            return frozenset(name for name in self._consumer.topics() if not name.startswith("__"))

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

    def spans(self, topics: Collection[str]) -> dict[Place, tuple[int, int]]:
        """Of each partition: where it begins and where it ends."""
        with explained(self._settings):
            parts = [part for topic in sorted(topics) for part in self._parts(topic)]
            if not parts:
                return {}
            begins, ends = self._consumer.beginning_offsets(parts), self._consumer.end_offsets(parts)
            return {(part.topic, part.partition): (begins[part], ends[part]) for part in parts}

    def committed(self) -> dict[str, dict[Place, int]]:
        """By consumer group: how far each partition is committed."""
        with explained(self._settings):
            groups = [group["group_id"] for group in self.admin.list_groups()]
            if not groups:
                return {}
            told: Mapping[str, Mapping[Any, Any]] = self.admin.list_group_offsets(groups)
            return {
                group: {(part.topic, part.partition): at.offset for part, at in offsets.items() if at.offset >= 0}
                for group, offsets in told.items()
            }

    def members(self, group: str) -> Members:
        """The group's state and members; a group that does not exist is dead."""
        until = time.monotonic() + COORDINATOR_S_MAX
        with explained(self._settings):
            while True:
                try:
                    told = self.admin.describe_groups([group])[group]
                except kafka_errors.GroupIdNotFoundError:
                    return Members("Dead", 0)
                except kafka_errors.CoordinatorNotAvailableError:
                    # A new broker makes the topic of the groups when it is first asked for one.
                    if time.monotonic() > until:
                        raise
                    time.sleep(POLL_MS / 1000)
                else:
                    return Members(str(told["group_state"]), len(told["members"]))

    def written_at(self, places: Mapping[Place, int]) -> dict[Place, datetime]:
        """When the record at each offset was written; the records themselves are not read."""
        with explained(self._settings):
            return moments.written_at(places, self._first_at, datetime.now(UTC))

    def _first_at(self, times: Mapping[Place, int]) -> dict[Place, moments.Answer | None]:
        asked = {TopicPartition(*place): at_ms for place, at_ms in times.items()}
        return {
            (part.topic, part.partition): None if told is None else (told.offset, told.timestamp)
            for part, told in self._consumer.offsets_for_times(asked).items()
        }

    @contextmanager
    def _needing(self, right: str, topic: str) -> Iterator[None]:
        """Names the right that is lacking: whoever reads it may be the one to give it."""
        try:
            with explained(self._settings):
                yield
        except NotAllowed as exc:
            raise NotAllowed(f"{self._user} lacks the right to {right} the topic {topic}.") from exc

    @property
    def _user(self) -> str:
        return self._settings.username or "This user"

    def _parts(self, topic: str) -> list[Any]:
        numbers = self._consumer.partitions_for_topic(topic)
        if not numbers:
            # To a user without DESCRIBE a topic looks like one that is not there.
            raise Misconfigured(
                f"The broker at {self._settings.bootstrap} has no topic {topic}, or {self._user} may not see it: "
                "run `fusionbus provision`, or use a user with the right to."
            )
        return [TopicPartition(topic, number) for number in sorted(numbers)]


def _written(record: Any) -> Written:
    at = datetime.fromtimestamp(max(0, record.timestamp or 0) / 1000, UTC)
    return Written(record.topic, record.partition, record.offset, at, record.key, record.value)
