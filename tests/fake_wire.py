"""Stands in for kafka-python's producer: acknowledges, holds back or refuses, as the test says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kafka import errors as kafka_errors


class Record(NamedTuple):
    topic: str
    partition: int
    offset: int


class FakeSending:
    """One record's future, with kafka-python's two ways to be told."""

    def __init__(self) -> None:
        self._on_success: list[Callable[[Any], None]] = []
        self._on_failure: list[Callable[[BaseException], None]] = []
        self._done: Record | BaseException | None = None

    def add_callback(self, f: Callable[[Any], None]) -> None:
        self._on_success.append(f)
        if isinstance(self._done, Record):
            f(self._done)

    def add_errback(self, f: Callable[[BaseException], None]) -> None:
        self._on_failure.append(f)
        if isinstance(self._done, BaseException):
            f(self._done)

    def settle(self, outcome: Record | BaseException) -> None:
        self._done = outcome
        if isinstance(outcome, Record):
            for tell in self._on_success:
                tell(outcome)
        else:
            for tell_failure in self._on_failure:
                tell_failure(outcome)


@dataclass
class FakeWire:
    """`hold` keeps records under way, `error` fails them, `topics` are the ones there are (None: all)."""

    hold: bool = False
    error: kafka_errors.KafkaError | None = None
    topics: set[str] | None = None
    sent: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    held: list[FakeSending] = field(default_factory=list)
    closed: bool = False

    def send(self, topic: str, value: bytes, key: bytes) -> FakeSending:
        sending = FakeSending()
        self.sent.append((topic, key, value))
        if self.error is not None:
            sending.settle(self.error)
        elif self.hold:
            self.held.append(sending)
        else:
            sending.settle(Record(topic, 0, len(self.sent) - 1))
        return sending

    def partitions_for(self, topic: str) -> set[int]:
        if self.topics is not None and topic not in self.topics:
            raise kafka_errors.UnknownTopicOrPartitionError
        return {0}

    def flush(self, timeout: float | None = None) -> None:
        if self.held:
            raise kafka_errors.KafkaTimeoutError(f"not flushed in {timeout} s")

    def close(self, timeout: float | None = None) -> None:
        self.flush(timeout)
        self.closed = True
