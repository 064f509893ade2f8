"""Looks at the bus for `fusionbus watch`: counts by offsets, and the newest records that this user may read."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self

from kafka import KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors

from fusionbus.consumers.watching.flows import Look, counts, flows
from fusionbus.consumers.watching.news import KEPT_MAX, News, item
from fusionbus.contract import topics
from fusionbus.contract.errors import Misconfigured, NotAllowed, RetryLater
from fusionbus.shell.kafka import client_options, explained
from fusionbus.shell.offsets import Offsets, measure
from fusionbus.shell.settings import BrokerSettings

CLIENT_ID: Final = "fusion-watch"
POLL_MS: Final = 200
FETCH_WAIT_MS: Final = 50
TOLD: Final = (topics.INCIDENTS, topics.DEAD_LETTERS)
"""Topics of the hub whose records are told; of agencies' topics those of alerts."""


class Looking:
    """Connections to one broker. Raises: FusionError, one sentence.

    Args:
        broker: where, and who looks: what this user may not read is left out.
        agency: whose topics alone are looked at; without one all that are seen.
    """

    def __init__(self, broker: BrokerSettings, agency: str | None) -> None:
        self._broker, self._agency = broker, agency
        self._offsets = Offsets(broker, CLIENT_ID)
        with explained(broker):
            self._tail: Any = KafkaConsumer(
                **client_options(broker, CLIENT_ID),
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="latest",
                fetch_max_wait_ms=FETCH_WAIT_MS,
                allow_auto_create_topics=False,
            )
        self._followed: set[TopicPartition] = set()
        self._closed: set[str] = set()
        """Topics whose records this user may not read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tail.close(autocommit=False, timeout_ms=1_000)
        self._offsets.close()

    def look(self) -> Look:
        """How much came of late, and who is behind."""
        seen = self._offsets.topics()
        wanted = [name for name in seen if name.startswith((topics.REPORTS, topics.ALERTS)) and self._is_ours(name)]
        if not wanted:
            whose = f" of {self._agency}" if self._agency else ""
            raise Misconfigured(
                f"No topic{whose} is to be seen at {self._broker.bootstrap}: run `fusionbus provision`, or name the "
                "agency whose user this is."
            )
        letters = [topics.DEAD_LETTERS] if topics.DEAD_LETTERS in seen and self._agency is None else []
        now = datetime.now(UTC)
        spans = self._offsets.spans([*wanted, *letters])
        since = [self._offsets.first_since(spans, now - timedelta(minutes=ago)) for ago in (1, 60)]
        counted = counts(spans, *since)
        shown = Look(flows(counted, self._agency), counted.get(topics.DEAD_LETTERS))
        return self._with_lag(shown)

    def _with_lag(self, look: Look) -> Look:
        try:
            rows, unread = measure(self._offsets)
        except (NotAllowed, Misconfigured):
            return Look(look.flows, look.dead_letters, remark="Who is behind is for `operator` to see.")
        except RetryLater as exc:  # a broker that has just started knows no groups yet
            return Look(look.flows, look.dead_letters, remark=f"Who is behind could not be asked: {exc}")
        ours = tuple(row for row in rows if self._is_ours(row.topic))
        return Look(look.flows, look.dead_letters, ours, {name: n for name, n in unread.items() if self._is_ours(name)})

    def read_on(self, news: News) -> None:
        """Adds what came since the last time; the first time the newest of each topic."""
        with explained(self._broker):
            self._follow()
            ends = self._tail.end_offsets(sorted(self._followed)) if self._followed else {}
            while any(part in self._followed and self._tail.position(part) < end for part, end in ends.items()):
                for topic, value in self._poll():
                    found = item(topic, value)
                    if found is not None:
                        news.add(found)

    def _follow(self) -> None:
        """Takes on topics that are new here, a screenful before their end."""
        seen = self._offsets.topics() - self._closed
        told = {name for name in seen if (name in TOLD and self._agency is None) or name.startswith(topics.ALERTS)}
        parts = {
            TopicPartition(name, number)
            for name in told
            if self._is_ours(name)
            for number in self._tail.partitions_for_topic(name) or ()
        }
        if parts == self._followed:
            return
        where = {part: self._tail.position(part) for part in self._followed if part in parts}
        begins, ends = self._tail.beginning_offsets(sorted(parts)), self._tail.end_offsets(sorted(parts))
        self._tail.assign(sorted(parts))
        for part in parts:
            self._tail.seek(part, where.get(part, max(begins[part], ends[part] - KEPT_MAX)))
        self._followed = parts

    def _poll(self) -> Iterator[tuple[str, bytes]]:
        try:
            polled = self._tail.poll(timeout_ms=POLL_MS)
        except kafka_errors.TopicAuthorizationFailedError as exc:
            refused = exc.args[0] if exc.args else ()
            self._closed |= {str(name) for name in refused} if not isinstance(refused, str) else {refused}
            self._followed = set()
            self._follow()
            return
        for records in polled.values():
            for record in records:
                if record.value is not None:
                    yield record.topic, record.value

    def _is_ours(self, topic: str) -> bool:
        return self._agency in {None, topics.agency_of(topic)}
