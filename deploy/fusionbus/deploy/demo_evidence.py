"""What the demo goes by: what was sent, what came out, and what a person expects of the scenario."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import encode
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.vocabulary import AlertKind, Kind
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.demo_oracle import Oracle, Told

ENDS: Final = (
    ReceiptOutcome.NEW_INCIDENT,
    ReceiptOutcome.CORROBORATION,
    ReceiptOutcome.RELAY,
    ReceiptOutcome.UPDATE,
    ReceiptOutcome.CANCELLED,
    ReceiptOutcome.REPEAT,
    ReceiptOutcome.REJECTED,
)
"""The ways a report may end: each sent message has a receipt with exactly one of them."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A message that was sent on purpose to be refused."""

    agency: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """Who must and must never be alerted of a scenario event, as a person wrote it down."""

    event: str
    must: tuple[str, ...]
    never: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it should be."""

    check: str
    sentence: str


@dataclass(frozen=True)
class Evidence:
    """What was sent, and what came out. `alerts` are by the agency whose topic they lay in."""

    federation: Federation
    sent: tuple[Told, ...]
    bad: tuple[Bad, ...]
    expectations: tuple[Expectation, ...]
    receipts: tuple[Receipt, ...]
    alerts: Mapping[str, tuple[Alert, ...]]
    handled: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Alert ids in the handler's file of every agency with a receiver."""
    unreadable: tuple[str, ...] = ()

    @cached_property
    def oracle(self) -> Oracle:
        """The independent reading of the rules."""
        return Oracle(self.federation)

    @cached_property
    def by_report(self) -> dict[tuple[str, int], Told]:
        """What was sent, by report and revision; an exact repeat stands for itself."""
        return {(told.report.report_id, told.report.revision): told for told in self.sent}

    @cached_property
    def by_moment(self) -> dict[tuple[str, str], Told]:
        """What was sent, by the moment and status of reporting: a masked alert names no report."""
        return {(told.report.reported_at.isoformat(), told.report.status): told for told in self.sent}

    @cached_property
    def incident_of(self) -> dict[str, str]:
        """The hub's incident for each report, as its originator was told; of a partner's abroad, as its recipients."""
        heard = {told.report.report_id: alert.incident_id for pairs in self.got.values() for alert, told in pairs}
        ends = (r for r in self.receipts if r.report_id and r.incident_id and r.outcome in ENDS)
        found = heard | {str(r.report_id): str(r.incident_id) for r in ends}
        return {report_id: self.whole(incident_id) for report_id, incident_id in found.items()}

    @cached_property
    def _joined_to(self) -> dict[str, str]:
        """For an incident that the hub found to be part of another's event, that other one."""
        found = {
            part: alert.incident_id
            for alerts in self.alerts.values()
            for alert in alerts
            for part in alert.merged_from or ()
        }
        ended = {r.report_id: r.incident_id for r in self.receipts if r.outcome in ENDS and r.incident_id}
        for receipt in self.receipts:
            before = ended.get(receipt.report_id)
            if receipt.outcome is ReceiptOutcome.MOVED and before and receipt.incident_id:
                found[before] = receipt.incident_id
        return found

    def whole(self, incident_id: str) -> str:
        """The incident that this one is part of by now: zones join theirs where they tell of one event."""
        seen: set[str] = set()
        while incident_id in self._joined_to and incident_id not in seen:
            seen.add(incident_id)
            incident_id = self._joined_to[incident_id]
        return incident_id

    @cached_property
    def tellers_of(self) -> dict[str, set[str]]:
        """The agencies that told of each of the hub's incidents."""
        found: dict[str, set[str]] = defaultdict(set)
        for told in self.sent:
            found[self.incident_of.get(told.report.report_id, "")].add(told.report.agency)
        return found

    @cached_property
    def got(self) -> dict[str, list[tuple[Alert, Told]]]:
        """Each agency's alerts with the reports behind them, in order; pointers to a desk tell of no report."""
        found: dict[str, list[tuple[Alert, Told]]] = defaultdict(list)
        for agency, alerts in self.alerts.items():
            of_reports = (a for a in alerts if a.kind is not AlertKind.DECONFLICTION and not is_joining(a))
            pairs = ((alert, self.behind(alert)) for alert in of_reports)
            found[agency] = [(alert, told) for alert, told in pairs if told is not None]
        return found

    @cached_property
    def got_reports(self) -> dict[str, set[str]]:
        """The reports of which each agency received an alert."""
        return {agency: {told.report.report_id for _, told in pairs} for agency, pairs in self.got.items()}

    def behind(self, alert: Alert) -> Told | None:
        """The report behind an alert."""
        body = alert.body
        if body.report_id is not None and body.revision is not None:
            return self.by_report.get((body.report_id, body.revision))
        return self.by_moment.get((body.reported_at.isoformat(), alert.status))


def is_joining(alert: Alert) -> bool:
    """Whether it tells that two incidents are one, or two again, and of no report."""
    return alert.merged_from is not None or alert.apart_from is not None


def is_finding(alert: Alert) -> bool:
    """Whether it tells of what the centre itself found: no agency sent the report behind it."""
    return alert.body.kind is Kind.ASSESSMENT


def dump(evidence: Evidence, folder: Path) -> None:
    """Writes receipts and alerts as JSON lines, for whoever wants to look closer."""
    (folder / "receipts.jsonl").write_bytes(b"".join(encode(each) + b"\n" for each in evidence.receipts))
    alerts = (alert for held in evidence.alerts.values() for alert in held)
    (folder / "all-alerts.jsonl").write_bytes(b"".join(encode(alert) + b"\n" for alert in alerts))
