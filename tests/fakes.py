"""Hand-written stand-ins for what a unit test cannot start."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
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
    _order: dict[int, list[bytes]] = field(default_factory=dict)
    """The keys of a partition in order, until one comes or goes."""

    def read(self, partition: int, key: bytes) -> bytes | None:
        return self.rows[partition].get(key)

    def page_of(self, partition: int, after: Cursor, count: int) -> tuple[list[tuple[bytes, bytes]], Cursor]:
        held = self.rows[partition]
        order = self._order.get(partition, [])
        if len(order) != len(held):
            order = self._order[partition] = sorted(held)
        start = bisect_right(order, after) if isinstance(after, bytes) else 0
        keys = order[start : start + count]
        return [(key, held[key]) for key in keys], keys[-1] if len(keys) == count else None

    def scrub(self, partition: int) -> None:
        self.scrubbed.append(partition)

    def keep(self, decision: Decision) -> None:
        for mark in decision.marks:
            if mark.table is not self:
                continue
            held = self.rows[mark.event.partition]
            if (mark.key in held) is (mark.value is None):
                self._order.pop(mark.event.partition, None)
            if mark.value is None:
                held.pop(mark.key, None)
            else:
                held[mark.key] = mark.value


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
