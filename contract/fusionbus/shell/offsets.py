"""Where topics end, how far groups have read, and so how far they are behind: no record is read for it."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

from kafka import KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors
from kafka.admin import KafkaAdminClient

from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.topics import HUB_APP
from fusionbus.shell import lag, moments
from fusionbus.shell.kafka import client_options, explained
from fusionbus.shell.lag import Lag, Standing
from fusionbus.shell.moments import Place
from fusionbus.shell.settings import BrokerSettings

FETCH_WAIT_MS: Final = 50
"""A person waits for the answer."""
POLL_MS: Final = 200
COORDINATOR_S_MAX: Final = 10.0


@dataclass(frozen=True, slots=True)
class Members:
    """A consumer group as its broker sees it."""

    state: str
    count: int


class Offsets:
    """A broker's topics and groups, by kafka-python. All methods raise FusionError, one sentence."""

    def __init__(self, settings: BrokerSettings, client_id: str) -> None:
        self._settings = settings
        self._options = client_options(settings, client_id)
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
        self.close()

    def close(self) -> None:
        """Closes both connections."""
        self._consumer.close(autocommit=False, timeout_ms=1_000)
        self.admin.close()

    def topics(self) -> frozenset[str]:
        """The names of all topics but Kafka's own."""
        with explained(self._settings):
            return frozenset(name for name in self._consumer.topics() if not name.startswith("__"))

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

    def first_since(self, places: Collection[Place], at: datetime) -> dict[Place, int | None]:
        """Of each partition the first offset written at that time or later; None where nothing was."""
        at_ms = max(0, int(at.timestamp() * 1000))
        with explained(self._settings):
            answers = self._first_at(dict.fromkeys(places, at_ms)) if places else {}
        return {place: None if answer is None else answer[0] for place, answer in answers.items()}

    def _first_at(self, times: Mapping[Place, int]) -> dict[Place, moments.Answer | None]:
        asked = {TopicPartition(*place): at_ms for place, at_ms in times.items()}
        return {
            (part.topic, part.partition): None if told is None else (told.offset, told.timestamp)
            for part, told in self._consumer.offsets_for_times(asked).items()
        }

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


def measure(offsets: Offsets) -> tuple[list[Lag], dict[str, int]]:
    """Every group and topic, and the topics of alerts that nobody reads.

    Raises: Misconfigured, NotAllowed where there is nothing to see, which is not the same as no lag.
    """
    names = lag.watched(offsets.topics())
    if not names:
        raise Misconfigured("No topic of a bus is to be seen here: run `fusionbus provision`, or look as `operator`.")
    offsets.members(HUB_APP)  # groups that this user may not see would only be left out
    committed = (
        offsets.committed()
    )  # before the ends: a lag may be told too large by what came between, never too small
    spans = offsets.spans(names)
    standing = list(lag.standings(spans, committed))
    return lag.lags(standing, _oldest(offsets, standing), datetime.now(UTC)), lag.unread(spans, committed)


def _oldest(offsets: Offsets, standing: list[Standing]) -> dict[Place, dict[int, datetime]]:
    """When the first unprocessed records were written: a partition may be read by several groups, one look each."""
    found: dict[Place, dict[int, datetime]] = {}
    wanted = {(one.place, one.position) for one in standing if one.records}
    while wanted:
        look = dict(wanted)  # of each partition one position
        wanted -= set(look.items())
        for place, at in offsets.written_at(look).items():
            found.setdefault(place, {})[look[place]] = at
    return found
