"""For agencies' own tests: a made-up alert, and a handler that remembers what it took."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fusionbus.consumers.handlers import Taken
from fusionbus.contract import ids
from fusionbus.contract.alert import Alert, AlertBody, AlertHandling, IncidentView
from fusionbus.contract.base import SCHEMA_VERSION, Interval, Range
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.incident import Claim
from fusionbus.contract.report import Actor, Place
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import (
    PAP,
    TLP,
    AlertKind,
    AlertMsgType,
    Certainty,
    Classification,
    Credibility,
    Form,
    Kind,
    MsgType,
    Province,
    Severity,
    Status,
    ThreatCategory,
    Urgency,
)

SAMPLE_AT = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


class RecordingHandler:
    """Takes alerts into a list; with `failures` it first raises those, one a try."""

    name = "recording"

    def __init__(self, failures: list[Exception] | None = None) -> None:
        self.alerts: list[Alert] = []
        self.acknowledgements: list[Acknowledgement] = []
        self.tries = 0
        self.closed = False
        self._failures = failures or []

    def take(self, alert: Alert) -> Taken:
        """Whether the alert was new."""
        self.tries += 1
        if self._failures:
            raise self._failures.pop(0)
        if any(known.alert_id == alert.alert_id for known in self.alerts):
            return Taken.REPEAT
        self.alerts.append(alert)
        return Taken.NEW

    def acknowledged(self, acknowledgement: Acknowledgement) -> None:
        """Remembers the acknowledgement."""
        self.acknowledgements.append(acknowledgement)

    def close(self) -> None:
        """Remembers that it was closed."""
        self.closed = True


def sample_alert(
    recipient: str = "CTD-KP",
    number: int = 1,
    *,
    revision: int = 1,
    published_at: datetime | None = None,
    body: dict[str, Any] | None = None,
    **changes: Any,
) -> Alert:
    """A made-up alert of a bombing in Bannu; `number` tells incidents apart, `body` and `changes` replace fields."""
    report = ids.report_id("POLICE-KP", f"DD-{number}")
    incident = ids.incident_id("PK-KP", report)
    at = published_at or SAMPLE_AT
    fields: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "alert_id": ids.alert_id(incident, revision, recipient),
        "kind": AlertKind.INCIDENT,
        "recipient": recipient,
        "status": Status.ACTUAL,
        "msg_type": AlertMsgType.ALERT if revision == 1 else AlertMsgType.UPDATE,
        "incident_id": incident,
        "incident_revision": revision,
        "zone": "PK-KP",
        "issued_at": at,
        "published_at": at,
        "rule": Rule.JURISDICTION,
        "why": "It happened in your territory (Khyber Pakhtunkhwa).",
        "form": Form.FULL,
        "handling": AlertHandling(tlp=TLP.AMBER, pap=PAP.AMBER, classification=Classification.RESTRICTED),
        "incident": _sample_incident(revision),
        "body": _sample_body(report, number, revision, at, body or {}),
        "acknowledge_by": at + timedelta(hours=1),
    }
    return Alert(**(fields | changes))


def _sample_incident(revision: int) -> IncidentView:
    claim = Claim(
        occurred=Interval(start=SAMPLE_AT - timedelta(hours=1), end=SAMPLE_AT - timedelta(minutes=30)),
        place=_sample_place(),
        category=ThreatCategory.IED,
        killed=Range(low=2, high=4),
        injured=Range(low=7, high=7),
        headline="Roadside bomb against a police van near Bannu",
    )
    return IncidentView(
        claim=claim,
        reports=revision,
        independent_origins=revision,
        credibility=Credibility.PROBABLY_TRUE if revision == 1 else Credibility.CONFIRMED,
    )


def _sample_body(report: str, number: int, revision: int, at: datetime, more: dict[str, Any]) -> AlertBody:
    fields: dict[str, Any] = {
        "report_id": report,
        "agency": "POLICE-KP",
        "unit": "Police station Township, Bannu",
        "local_ref": f"DD-{number}",
        "revision": revision,
        "msg_type": MsgType.REPORT if revision == 1 else MsgType.UPDATE,
        "kind": Kind.INCIDENT,
        "reported_at": at,
        "place": _sample_place(),
        "category": ThreatCategory.IED,
        "actor": Actor(name="TTP"),
        "urgency": Urgency.IMMEDIATE,
        "severity": Severity.SEVERE,
        "certainty": Certainty.OBSERVED,
        "headline": "Roadside bomb against a police van near Bannu",
        "narrative": "An improvised device went off beside a patrol. بنوں میں پولیس وین کے قریب دھماکہ ہوا۔",
        "contact": "Duty desk, Police Khyber Pakhtunkhwa",
    }
    return AlertBody(**(fields | more))


def _sample_place() -> Place:
    return Place(
        province=Province.KHYBER_PAKHTUNKHWA,
        district="Bannu",
        name="Township",
        lat=32.99,
        lon=70.60,
        uncertainty_km=5.0,
    )
