"""For an agency's own tests: a publisher that checks for real and keeps what it got, and a report of each kind."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Final

from fusionbus.contract.base import Interval
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import (
    AssessmentSection,
    BorderSection,
    CyberSection,
    FinanceSection,
    IncidentSection,
    OperationSection,
    RecordSection,
    Section,
    SuspiciousActivitySection,
    ThreatSection,
    TipSection,
)
from fusionbus.contract.topics import reports_topic
from fusionbus.contract.vocabulary import FindingKind, Kind, Province, Status, SuspiciousActivityCode, ThreatCategory
from fusionbus.producers import compose
from fusionbus.producers.outcomes import Delivered, Failed, OnOutcome, Outcome
from fusionbus.producers.publisher import checked

SAMPLE_AT: Final = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


class RecordingPublisher:
    """Stands in for `Publisher`: refuses what the real one refuses, keeps the rest in `reports`, in order.

    Args:
        agency: whose reports it takes.
        fails: called with each good report; a `Failed` it returns becomes the outcome, as if the broker had said so.
    """

    def __init__(self, agency: str, fails: Callable[[ThreatReport], Failed | None] | None = None) -> None:
        self._agency = agency
        self._fails = fails
        self._closed = False
        self.reports: list[ThreatReport] = []
        self.outcomes: list[Outcome] = []

    @property
    def agency(self) -> str:
        """The agency whose reports it takes."""
        return self._agency

    def publish(self, report: ThreatReport, on_outcome: OnOutcome | None = None) -> Future[Outcome]:
        """As `Publisher.publish`, with the outcome at once."""
        if self._closed:
            raise RuntimeError("this publisher is closed")
        outcome = self._outcome(report)
        self.outcomes.append(outcome)
        future: Future[Outcome] = Future()
        if on_outcome is not None:
            future.add_done_callback(lambda done: on_outcome(done.result()))
        future.set_result(outcome)
        return future

    def close(self) -> tuple[str, ...]:
        """Nothing is ever under way."""
        self._closed = True
        return ()

    def _outcome(self, report: ThreatReport) -> Outcome:
        body = checked(report, self._agency)
        if isinstance(body, Failed):
            return body
        failed = self._fails(report) if self._fails is not None else None
        if failed is not None:
            return failed
        self.reports.append(report)
        return Delivered(report.report_id, reports_topic(self._agency), 0, len(self.reports) - 1)


def sample_report(kind: Kind = Kind.INCIDENT, *, agency: str = "CTD-KP", local_ref: str = "sample-1") -> ThreatReport:
    """A made-up report of this kind, always the same for the same arguments; its status is Test."""
    return compose.report(
        agency=agency,
        local_ref=local_ref,
        section=_SECTIONS[kind],
        status=Status.TEST,
        reported_at=SAMPLE_AT,
        occurred=SAMPLE_AT - timedelta(minutes=40),
        place=Place(province=Province.KHYBER_PAKHTUNKHWA, district="Peshawar", name="Sample Chowk"),
        category=ThreatCategory.OTHER,
        headline=f"A sample {kind}",
        narrative="Made up for a test.",
    )


_SECTIONS: Final[dict[Kind, Section]] = {
    Kind.INCIDENT: IncidentSection(),
    Kind.THREAT: ThreatSection(modus_operandi="made up"),
    Kind.SUSPICIOUS_ACTIVITY: SuspiciousActivitySection(activity=SuspiciousActivityCode.TESTSEC),
    Kind.FINANCE: FinanceSection(),
    Kind.CYBER: CyberSection(),
    Kind.TIP: TipSection(channel="web"),
    Kind.BORDER: BorderSection(event="refused"),
    Kind.RECORD: RecordSection(record_type="fir", record_number="1/26"),
    Kind.OPERATION: OperationSection(
        operation="search",
        planned=Interval(start=SAMPLE_AT, end=SAMPLE_AT + timedelta(hours=2)),
        contact="Duty officer",
    ),
    Kind.ASSESSMENT: AssessmentSection(
        finding=FindingKind.SURGE, window=Interval(start=SAMPLE_AT - timedelta(days=1), end=SAMPLE_AT)
    ),
}
