"""A file of reports walked through the steps of the hub, each decision held against the truth."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fusionbus.contract.incident import Reason, Relation
from fusionbus.contract.report import ThreatReport
from fusionbus.streams.correlate import weights
from fusionbus.streams.correlate.said import reasons_of
from fusionbus.streams.correlate.score import scores
from fusionbus.streams.correlate.told import told_by
from fusionbus.streams.enrich import enrich
from fusionbus.streams.fuse import Fused, Fusion
from fusionbus.streams.values import Joined, Match
from quality.truth import Truth


@dataclass(frozen=True, slots=True)
class Decision:
    """One report, what was decided, and what would have been right."""

    report: ThreatReport
    key: str
    truth: str | None
    """None where the labels do not know the report."""
    incident_id: str
    relation: Relation
    candidate: str | None
    """The incident it joined, or the likeliest it did not."""
    probability: float
    right: bool | None
    """Whether that incident mostly tells of the report's truth; None where nothing is known of it."""
    reasons: tuple[Reason, ...]
    missed: str | None
    """The open incident of its truth that it should have joined and did not."""
    missed_reasons: tuple[Reason, ...] = ()
    """What spoke for and against that; none where it was not even looked at."""

    @property
    def joined(self) -> bool:
        """Whether it joined an incident."""
        return self.relation is not Relation.ORIGINAL


@dataclass(slots=True)
class Replay:
    """Decisions as they fall, and what they cost."""

    truth: Truth
    fusion: Fusion = field(default_factory=Fusion)
    spent_s: float = 0.0
    reports: int = 0
    first_of: dict[str, str] = field(default_factory=dict)
    """The report that opened each incident, by incident, for examples."""
    _tells: dict[str, Counter[str]] = field(default_factory=dict)
    _reports: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def decisions(self, reports: Iterable[ThreatReport]) -> Iterator[Decision]:
        """A decision for each report, not for its revisions."""
        for report in reports:
            begun = time.process_time()
            fused = self.fusion.take(report)
            self.spent_s += time.process_time() - begun
            self.reports += 1
            if not fused.again:
                yield self._judged(fused)

    def _judged(self, fused: Fused) -> Decision:
        key = self.truth.key(fused.report)
        truth = self.truth.incident.get(key)
        match = fused.match
        candidate, probability, reasons = _best(match)
        relation = match.relation if isinstance(match, Joined) else Relation.ORIGINAL
        right = self._right(candidate, truth)
        missed = None if truth is None or (right and isinstance(match, Joined)) else self._standing(truth)
        why = self._why(fused.report, missed) if missed and not isinstance(match, Joined) else ()
        self._note(fused, truth)
        head = (fused.report, key, truth, fused.incident_id, relation)
        return Decision(*head, candidate, probability, right, reasons, missed, why)

    def _right(self, candidate: str | None, truth: str | None) -> bool | None:
        if candidate is None or truth is None or candidate not in self._tells:
            return None
        tells = self._tells[candidate]
        return 2 * tells[truth] >= tells.total()

    def _standing(self, truth: str) -> str | None:
        """The open incident in which a report of this truth lies."""
        found = (self.fusion.open.incident_of(report_id) for report_id in self._reports[truth])
        return next((incident_id for incident_id in found if incident_id), None)

    def _why(self, report: ThreatReport, missed: str) -> tuple[Reason, ...]:
        """What speaks for and against a match that was not made; empty where the index did not find it."""
        enriched = enrich(report)
        found = scores(enriched, told_by(enriched), self.fusion.open, weights.committed())
        right = next((fit for fit in found if fit.incident.incident_id == missed), None)
        return () if right is None else reasons_of(right, 0.0, weights.committed())

    def _note(self, fused: Fused, truth: str | None) -> None:
        self.first_of.setdefault(fused.incident_id, fused.report.report_id)
        if truth is not None:
            self._tells.setdefault(fused.incident_id, Counter())[truth] += 1
            self._reports[truth].append(fused.report.report_id)


def _best(match: Match) -> tuple[str | None, float, tuple[Reason, ...]]:
    """The incident it joined, or the likeliest of those it did not; with how likely that is, and why."""
    if isinstance(match, Joined):
        return match.incident_id, match.probability, match.reasons
    if not match.possible:
        return None, 0.0, ()
    best = match.possible[0]
    return best.incident_id, best.probability, best.reasons
