"""What a handler sees (events, tables) and what it decides (outputs, marks): values only, no I/O."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol

from fusionbus.contract.errors import FusionError

Headers = list[tuple[str, bytes]]
Cursor = bytes | int | None
"""Where a page of a table ended: opaque; none at the beginning and at the end."""

# Record batch header (61 bytes), record framing and room for a later version of the format: librdkafka counts as much.
ENVELOPE_BYTES = 512
# Two variable-length numbers around a header.
HEADER_FRAME_BYTES = 10


class TooLarge(FusionError):  # noqa: N818 - named after what is wrong, for the caller to cut
    """An output or a mark exceeds the limit of a message: the broker would refuse it for ever."""


class Event(NamedTuple):
    """One record of a source topic. A tuple, because one is made for every record."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    epoch: int = 0

    @property
    def written_at(self) -> datetime:
        """When the producer wrote it, by its clock or the broker's, as the topic is set."""
        return datetime.fromtimestamp(self.timestamp_ms / 1000, UTC)


class Table(Protocol):
    """State of this worker, split like the source topics: what stands in one partition is unseen in another."""

    @property
    def name(self) -> str:
        """The table's name."""

    def read(self, partition: int, key: bytes) -> bytes | None:
        """The value in that partition, or none."""


class Paged(Table, Protocol):
    """A table that can be walked through bit by bit."""

    def page_of(self, partition: int, after: Cursor, count: int) -> tuple[list[tuple[bytes, bytes]], Cursor]:
        """The next so many keys and values of one partition, and where the page ended; none at the end."""

    def scrub(self, partition: int) -> None:
        """Has the store write anew what it keeps, so that nothing replaced or deleted stays on the disk; by itself."""


PAGE_ROWS: Final = 200
"""Rows of one page where a whole partition is read: decoding one takes 0.1 to 0.3 ms, a page less than a tenth of a
second."""


def pages_of(table: Paged, partition: int) -> Iterator[list[tuple[bytes, bytes]]]:
    """All keys and values of one partition, a page at a time; nobody may write to it before the last."""
    after: Cursor = None
    while True:
        rows, after = table.page_of(partition, after, PAGE_ROWS)
        yield rows
        if after is None:
            return


class Output(NamedTuple):
    """One record to send. The key decides the partition, as Java's and kafka-python's clients do (murmur2)."""

    topic: str
    key: bytes
    value: bytes | None  # none deletes the key of a compacted topic
    headers: Headers | None = None


class Mark(NamedTuple):
    """One change of state, in the partition of the event that caused it; a value of none deletes."""

    table: Table
    event: Event
    key: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a batch leads to: outputs in the order to send, marks in the order to write."""

    outputs: Sequence[Output] = ()
    marks: Sequence[Mark] = ()


@dataclass(slots=True)
class Draft:
    """A decision in the making that reads its own marks, so that a batch may build on itself."""

    outputs: list[Output] = field(default_factory=list)
    _marks: dict[tuple[str, int, bytes], Mark] = field(default_factory=dict)
    _done: dict[tuple[str, int, bytes], Mark] = field(default_factory=dict)

    def read(self, table: Table, event: Event, key: bytes) -> bytes | None:
        """The value after what this draft marked so far, in the partition of the event."""
        name = table.name, event.partition, key
        mark = self._marks.get(name) or self._done.get(name)
        return table.read(event.partition, key) if mark is None else mark.value

    def mark(self, table: Table, event: Event, key: bytes, value: bytes | None) -> None:
        """Sets or, with none, deletes; the last mark of a key wins: only it is written, in its own place."""
        name = table.name, event.partition, key
        self._marks.pop(name, None)
        self._marks[name] = Mark(table, event, key, value)

    def mark_done(self, table: Table, event: Event, key: bytes, value: bytes) -> None:
        """Sets what says that an event was dealt with; written after all other marks of the batch.

        A mark that is set again later in the batch moves behind; what says "done" must not be left before it.
        """
        self._done[table.name, event.partition, key] = Mark(table, event, key, value)

    def send(self, topic: str, key: bytes, value: bytes | None, headers: Headers | None = None) -> None:
        """Adds an output."""
        self.outputs.append(Output(topic, key, value, headers))

    def decision(self) -> Decision:
        """What was decided."""
        return Decision(self.outputs, [*self._marks.values(), *self._done.values()])


def size_of(key: bytes, value: bytes | None, headers: Iterable[tuple[str, bytes]] | None = None) -> int:
    """Bytes of a record as the broker will count it, rounded up."""
    framed = sum(len(name.encode()) + len(held) + HEADER_FRAME_BYTES for name, held in headers or ())
    return ENVELOPE_BYTES + len(key) + len(value or b"") + framed


def fits(record: Output | Mark, message_bytes_max: int) -> bool:
    """Whether the broker will take it. Ask before deciding: the engine stops the worker if one does not fit."""
    headers = record.headers if isinstance(record, Output) else None
    return size_of(record.key, record.value, headers) <= message_bytes_max


def refuse_too_large(decision: Decision, message_bytes_max: int) -> None:
    """Checks everything before anything is sent.

    A changelog record above the limit is a crash loop: the state is written here, its record is refused, the worker
    stops, starts and does the same again (measured).

    Raises:
        TooLarge: an output or a mark does not fit.
    """
    records: list[Output | Mark] = [*decision.outputs, *decision.marks]
    for record in records:
        if not fits(record, message_bytes_max):
            what = f"topic {record.topic}" if isinstance(record, Output) else f"table {record.table.name}"
            raise TooLarge(
                f"A record for {what} is too large (key {len(record.key)}, value {len(record.value or b'')} bytes, "
                f"limit {message_bytes_max} with headers and framing): cut it before deciding; `fits` tells."
            )
