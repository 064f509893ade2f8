"""Questions about originator control, their answers, and the report they are about; for tests."""

from typing import Any
from uuid import UUID

from builders import NOW, a_handling, a_report
from fusionbus.contract import topics
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import SharingAnswer, SharingRequest
from fusionbus.contract.records import RejectReason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import (
    AlertKind,
    Urgency,
)
from fusionbus.streams.engine import Output
from hub import HubOnPaper

QUESTION = str(UUID(int=1, version=4))


def controlled(**changes: Any) -> ThreatReport:
    """A report of CTD-KP under its control: only the centre has it, and nobody is in danger."""
    handling = changes.pop("handling", {})
    told = {"urgency": Urgency.PAST, "tearline": "An explosion in Peshawar; keep clear of the old city."}
    return a_report(handling=a_handling(originator_control=True, **handling), **told | changes)


def question(alert: Alert, **changes: Any) -> SharingRequest:
    told: dict[str, Any] = {
        "agency": alert.recipient,
        "at": NOW,
        "request_id": QUESTION,
        "alert_id": alert.alert_id,
        "incident_id": alert.incident_id,
        "zone": alert.zone,
        "to": ("CTD-PB",),
        "reason": "The suspects travel to Lahore.",
    }
    return SharingRequest(**told | changes)


def ask(hub: HubOnPaper, **changes: Any) -> Alert:
    """Puts the centre's question about its newest alert; what its originator reads."""
    hub.tell(question(hub.alerts_of("NACTA")[-1], **{"at": hub.now} | changes))
    return [alert for alert in hub.alerts() if alert.kind is AlertKind.SHARING_REQUEST][-1]


def reply(asked: Alert, answer: str = "grant", **changes: Any) -> SharingAnswer:
    assert asked.sharing is not None
    told: dict[str, Any] = {
        "agency": asked.recipient,
        "at": NOW,
        "request_id": asked.sharing.request_id,
        "report_id": asked.body.report_id,
        "incident_id": asked.incident_id,
        "zone": asked.zone,
        "answer": answer,
    }
    return SharingAnswer(**told | changes)


def told_anew(hub: HubOnPaper) -> list[Output]:
    """What went out to anybody since the last `clear`."""
    return [output for output in hub.sent if output.topic != topics.ACCEPTED]


def refusal(hub: HubOnPaper, agency: str) -> RejectReason | None:
    return hub.receipts_of(agency)[-1].reason
