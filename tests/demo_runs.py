"""Makes small runs of the demo for tests of its check: what was sent, what came out."""

from typing import Any, Final

from builders import (
    NOW,
    a_report,
    a_subscription,
    an_agency,
    an_alert,
    an_alert_body,
)
from fusionbus.contract import ids
from fusionbus.contract.alert import Alert
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import (
    Classification,
    Kind,
    Province,
    Status,
)
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.demo_check import check
from fusionbus.deploy.demo_evidence import Evidence, Expectation
from fusionbus.deploy.demo_oracle import Told

FEDERATION: Final = Federation(
    agencies=(
        an_agency(serves=("POLICE-KP",)),
        an_agency(agency="POLICE-KP", clearance=Classification.CONFIDENTIAL, personal_data=False),
        an_agency(agency="CTD-PB", organisation="Punjab Police", provinces=(Province.PUNJAB,)),
        an_agency(agency="FMU", organisation="FMU", provinces=(), kinds=(Kind.FINANCE,)),
        an_agency(agency="LIAISON-1", organisation="Abroad", provinces=(), foreign=True, personal_data=False),
    ),
    subscriptions=(
        a_subscription(agency="CTD-PB", name="Exercises", statuses=(Status.EXERCISE,)),
        a_subscription(agency="LIAISON-1", name="Incidents", kinds=(Kind.INCIDENT,)),
    ),
)
INCIDENT: Final = ids.incident_id("PK-KP", a_report().report_id)


def told(report: ThreatReport, **changes: Any) -> Told:
    made: dict[str, Any] = {
        "relation": "original",
        "event": "E1",
        "origin": report.report_id,
        "district": "Peshawar",
    }
    return Told(report, **made | changes)


def alert_of(report: ThreatReport, recipient: str = "POLICE-KP", **changes: Any) -> Alert:
    body = an_alert_body(
        report_id=report.report_id,
        agency=report.agency,
        local_ref=report.local_ref,
        revision=report.revision,
        reported_at=report.reported_at,
        msg_type=report.msg_type,
    )
    made: dict[str, Any] = {"recipient": recipient, "body": body, "status": report.status, "incident_id": INCIDENT}
    return an_alert(**made | changes)


def receipt_of(report: ThreatReport, delivered_to: int | None = 1, **changes: Any) -> Receipt:
    made: dict[str, Any] = {
        "agency": report.agency,
        "at": NOW,
        "outcome": ReceiptOutcome.NEW_INCIDENT,
        "report_id": report.report_id,
        "revision": report.revision,
        "incident_id": INCIDENT,
        "delivered_to": delivered_to,
    }
    made |= changes
    made.setdefault("receipt_id", ids.receipt_id(report.report_id, made["outcome"], str(report.revision)))
    return Receipt(**made)


def evidence(**changes: Any) -> Evidence:
    """One report by CTD-KP, told to the police of the province, with its receipt."""
    report = a_report()
    made: dict[str, Any] = {
        "federation": FEDERATION,
        "sent": (told(report),),
        "bad": (),
        "expectations": (Expectation("E1", must=("POLICE-KP",), never=("FMU",)),),
        "receipts": (receipt_of(report),),
        "alerts": {"POLICE-KP": (alert_of(report),)},
        "handled": {"POLICE-KP": frozenset({alert_of(report).alert_id})},
    }
    return Evidence(**made | changes)


def faults(held: Evidence) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fault in check(held):
        found.setdefault(fault.check, []).append(fault.sentence)
    return found
