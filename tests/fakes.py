"""Hand-written stand-ins for what a unit test cannot start."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fusionbus.contract import topics
from fusionbus.streams.engine import Cursor, Decision, Event


@dataclass
class FakeTable:
    """A table in memory with the engine's interface; `keep` does what the engine does with a decision's marks."""

    name: str
    rows: dict[int, dict[bytes, bytes]] = field(default_factory=lambda: defaultdict(dict))
    scrubbed: list[int] = field(default_factory=list)

    def read(self, partition: int, key: bytes) -> bytes | None:
        return self.rows[partition].get(key)

    def items_of(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        yield from list(self.rows[partition].items())

    def page_of(self, partition: int, after: Cursor, count: int) -> tuple[list[tuple[bytes, bytes]], Cursor]:
        keys = sorted(key for key in self.rows[partition] if not isinstance(after, bytes) or key > after)[:count]
        rows = [(key, self.rows[partition][key]) for key in keys]
        return rows, keys[-1] if len(keys) == count else None

    def scrub(self, partition: int) -> None:
        self.scrubbed.append(partition)

    def keep(self, decision: Decision) -> None:
        for mark in decision.marks:
            if mark.table is not self:
                continue
            if mark.value is None:
                self.rows[mark.event.partition].pop(mark.key, None)
            else:
                self.rows[mark.event.partition][mark.key] = mark.value


@dataclass
class FakeTopic:
    """Hands out events with rising offsets, as one partition of a topic would."""

    name: str
    partition: int = 0
    next_offset: int = 0

    def event(self, key: bytes | None, value: bytes | None, at: datetime | None = None) -> Event:
        offset, self.next_offset = self.next_offset, self.next_offset + 1
        moment = at or datetime.now(UTC)
        return Event(self.name, self.partition, offset, int(moment.timestamp() * 1000), key, value)


def accepted_events(decisions: Iterable[Decision], to: FakeTopic) -> list[Event]:
    """What the first hop sent to `accepted`, as the second hop reads it: one partition, in order."""
    return [
        to.event(output.key, output.value)
        for decision in decisions
        for output in decision.outputs
        if output.topic == topics.ACCEPTED
    ]
