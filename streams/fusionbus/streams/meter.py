"""From what the steps tallied to the metrics of this process."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fusionbus.contract.records import ReceiptOutcome
from fusionbus.shell import metrics
from fusionbus.streams.engine import Counters, Event
from fusionbus.streams.fusion import Fusion
from fusionbus.streams.ingress import Work
from fusionbus.streams.lag_ages import LagAges

_OUTCOMES = {
    ReceiptOutcome.NEW_INCIDENT: metrics.NEW_INCIDENTS,
    ReceiptOutcome.CORROBORATION: metrics.CORROBORATIONS,
    ReceiptOutcome.RELAY: metrics.RELAYS,
    ReceiptOutcome.UPDATE: metrics.UPDATES,
    ReceiptOutcome.CANCELLED: metrics.CANCELLATIONS,
}
_COUNTED = {
    "duplicate": metrics.DUPLICATES,
    "alert": metrics.ALERTS_OUT,
    "withheld": metrics.WITHHELD,
    "acknowledged": metrics.ACKNOWLEDGED,
    "sharing": metrics.SHARING,
    "escalated": metrics.ESCALATED,
    "finding": metrics.FINDINGS,
    "finding_withheld": metrics.FINDINGS_WITHHELD,
    "search_failed": metrics.SEARCH_FAILED,
    "purged": metrics.PURGED,
    "hold": metrics.HOLDS,
    "review_due": metrics.REVIEWS_DUE,
    "let_go": metrics.LET_GO,
    "sweep_failed": metrics.SWEEP_FAILED,
    "crossed": metrics.CROSSED,
}
"""What is only counted, by the tally's word."""


AGES_EVERY_S = 15.0
"""Every awaited acknowledgement is looked at for its age: with 50,000 open incidents too long for each second."""


@dataclass(slots=True)
class Meter:
    """Counts for Prometheus; label children are kept, looking them up costs more than counting."""

    _ages: set[tuple[str, str]] = field(default_factory=set)
    _ages_at: float = -AGES_EVERY_S
    _lag_ages: LagAges = field(default_factory=LagAges)
    _topics: set[str] = field(default_factory=set)

    def count(self, step: str, batch: Sequence[Event], work: Work) -> None:
        """Adds what one batch did."""
        metrics.BATCH.labels(step).observe(len(batch))
        self._note(batch)
        now = datetime.now(UTC)
        for published_at in work.published:
            metrics.HUB_LATENCY.observe(max(0.0, (now - published_at).total_seconds()))
        for (what, *labels), number in work.tally.items():
            self._add(what, labels, number, now)

    def sealed(self, batch: Sequence[Event]) -> None:
        """Adds what one batch of the audit sealed."""
        metrics.BATCH.labels("seal").observe(len(batch))
        metrics.SEALED.inc(len(batch))
        self._note(batch)

    def _note(self, batch: Sequence[Event]) -> None:
        self._lag_ages.processed(((event.topic, event.partition), event.timestamp_ms / 1000) for event in batch)

    @staticmethod
    def _add(what: str, labels: list[str], number: int, now: datetime) -> None:
        match what:
            case "in":
                metrics.REPORTS_IN.labels(*labels).inc(number)
                metrics.LAST_SEEN.labels(*labels).set(now.timestamp())
            case "rejected":
                metrics.REJECTED.labels(*labels).inc(number)
                metrics.DEAD_LETTERS.labels(labels[1]).inc(number)
            case "outcome":
                _OUTCOMES[ReceiptOutcome(labels[0])].labels(labels[1]).inc(number)
            case _:
                counter = _COUNTED[what]
                (counter.labels(*labels) if labels else counter).inc(number)

    @staticmethod
    def look_at_patterns(reports: int, findings: int) -> None:
        """Sets how much is searched, and how much was found."""
        metrics.OBSERVATIONS.set(reports)
        metrics.FINDINGS_OPEN.set(findings)

    def look(self, fusion: Fusion, counters: Counters) -> None:
        """Sets what is a level and not a count; called every second or so."""
        metrics.INCIDENTS_OPEN.set(fusion.open_count())
        metrics.EPOCHS.set(counters.epochs)
        behind: Counter[str] = Counter()
        for (topic, _), records in counters.lag().items():
            behind[topic] += records
        ages = self._lag_ages.look(counters.end, counters.committed, time.time())
        for topic in self._topics - ages.keys():  # another worker's now
            metrics.LAG.remove(topic)
            metrics.LAG_AGE.remove(topic)
        for topic, seconds in ages.items():
            metrics.LAG.labels(topic).set(behind[topic])
            metrics.LAG_AGE.labels(topic).set(seconds)
        self._topics = set(ages)
        now = time.monotonic()
        if now - self._ages_at >= AGES_EVERY_S:
            self._ages_at = now
            self._look_at_ages(fusion)

    def _look_at_ages(self, fusion: Fusion) -> None:
        waiting = fusion.unacknowledged(datetime.now(UTC))
        for gone in self._ages - waiting.keys():
            metrics.UNACKNOWLEDGED.labels(*gone).set(0)
        for labels, number in waiting.items():
            metrics.UNACKNOWLEDGED.labels(*labels).set(number)
        self._ages = set(waiting)
