"""What became of a report on its way to the broker."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal, Protocol

from fusionbus.contract.report import ThreatReport

Cause = Literal["report", "not_allowed", "misconfigured", "retry"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """The broker has it, on every replica in sync."""

    report_id: str
    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The broker may not have it; `sentence` says what to do."""

    report_id: str
    sentence: str
    cause: Cause

    @property
    def retry(self) -> bool:
        """Whether the same report may go through later, with nothing about it changed."""
        return self.cause != "report"


Outcome = Delivered | Failed
OnOutcome = Callable[[Outcome], None]


class Publishes(Protocol):
    """Sends the reports of one agency; `Publisher` does it, and `testing.RecordingPublisher` stands in for it."""

    @property
    def agency(self) -> str:
        """The agency whose reports it sends."""
        ...

    def publish(self, report: ThreatReport, on_outcome: OnOutcome | None = None) -> "Future[Outcome]":
        """Hands a report over; the future gives the outcome."""
        ...

    def close(self) -> tuple[str, ...]:
        """Waits for what is under way; the ids of the reports that are not known to have arrived."""
        ...
