"""Makes valid messages for tests: every default is made up, every field can be overridden by keyword."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fusionbus.contract import ids
from fusionbus.contract.agency import Agency, Subscription
from fusionbus.contract.alert import Alert, AlertBody, AlertHandling, IncidentView
from fusionbus.contract.base import SCHEMA_VERSION, Interval
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.handling import Handling
from fusionbus.contract.incident import Claim
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.sections import IncidentSection
from fusionbus.contract.vocabulary import (
    PAP,
    TLP,
    AckAction,
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
    TargetSectorCode,
    ThreatCategory,
    Urgency,
    Weapon,
)

NOW: Final = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
"""The moment at which tests happen."""
ZONE: Final = "PK-KP"


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)


def a_token(type_: str = "phone", number: int = 1, key: str = "k1") -> str:
    """A well-formed token, made up from a number; equal numbers make equal tokens."""
    return f"{type_}:{key}:{number:032x}"


def an_interval(start: datetime = NOW, length: timedelta = timedelta(0)) -> Interval:
    """A stretch of time."""
    return Interval(start=start, end=start + length)


def a_place(**changes: Any) -> Place:
    """A bazaar in Peshawar that does not exist."""
    made: dict[str, Any] = {
        "province": Province.KHYBER_PAKHTUNKHWA,
        "district": "Peshawar",
        "name": "Purana Chashma bazaar",
        "lat": 34.01,
        "lon": 71.57,
        "uncertainty_km": 1.0,
    }
    return Place(**made | changes)


def a_handling(**changes: Any) -> Handling:
    """Handling that lets a report go to the whole community."""
    made: dict[str, Any] = {"tlp": TLP.GREEN}
    return Handling(**made | changes)


def a_report(**changes: Any) -> ThreatReport:
    """A report by CTD-KP of a bombing in Peshawar; its id follows from `agency` and `local_ref`."""
    made: dict[str, Any] = {
        "agency": "CTD-KP",
        "local_ref": "KP-2026-0001",
        "status": Status.ACTUAL,
        "occurred": an_interval(NOW - minutes(40)),
        "reported_at": NOW - minutes(5),
        "place": a_place(),
        "category": ThreatCategory.BOMBING,
        "weapon": Weapon.EXPLOSIVE,
        "target_sector": TargetSectorCode.RETL,
        "urgency": Urgency.IMMEDIATE,
        "severity": Severity.SEVERE,
        "certainty": Certainty.OBSERVED,
        "headline": "Blast in a bazaar in Peshawar",
        "narrative": "A device left on a handcart went off near the spice sellers. The area is closed.",
        "handling": a_handling(),
        "section": IncidentSection(),
    }
    made |= changes
    made.setdefault("report_id", ids.report_id(made["agency"], made["local_ref"]))
    return ThreatReport(**made)


def an_agency(**changes: Any) -> Agency:
    """A provincial department that may see everything in Khyber Pakhtunkhwa."""
    made: dict[str, Any] = {
        "agency": "CTD-KP",
        "name": "Counter Terrorism Department Khyber Pakhtunkhwa",
        "group": "ctd",
        "organisation": "Khyber Pakhtunkhwa Police",
        "provinces": (Province.KHYBER_PAKHTUNKHWA,),
        "clearance": Classification.SECRET,
        "serves": (),
        "kinds": tuple(Kind),
        "personal_data": True,
        "contact": "Duty desk, CTD Peshawar, internal 0000",
    }
    return Agency(**made | changes)


def a_subscription(**changes: Any) -> Subscription:
    """CTD-PB's wish for all actual traffic; its id follows from `agency` and `name`."""
    made: dict[str, Any] = {"agency": "CTD-PB", "name": "Everything", "created_at": NOW - timedelta(days=1)}
    made |= changes
    made.setdefault("subscription_id", ids.subscription_id(made["agency"], made["name"]))
    return Subscription(**made)


def an_alert_body(**changes: Any) -> AlertBody:
    """What may be read of the report that `a_report()` makes."""
    report = a_report()
    made: dict[str, Any] = {
        "report_id": report.report_id,
        "agency": report.agency,
        "local_ref": report.local_ref,
        "revision": 1,
        "msg_type": MsgType.REPORT,
        "kind": Kind.INCIDENT,
        "reported_at": report.reported_at,
        "occurred": report.occurred,
        "place": report.place,
        "category": report.category,
        "severity": report.severity,
        "headline": report.headline,
        "narrative": report.narrative,
        "section": report.section,
    }
    return AlertBody(**made | changes)


def an_alert(**changes: Any) -> Alert:
    """CTD-PB's alert about the report that `a_report()` makes; its id follows from incident, revision and recipient."""
    made: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "kind": AlertKind.INCIDENT,
        "recipient": "CTD-PB",
        "status": Status.ACTUAL,
        "msg_type": AlertMsgType.ALERT,
        "incident_id": ids.incident_id(ZONE, a_report().report_id),
        "incident_revision": 1,
        "zone": ZONE,
        "issued_at": NOW,
        "published_at": NOW - minutes(1),
        "rule": Rule.SUBSCRIPTION,
        "why": "Subscription 'Everything'.",
        "form": Form.FULL,
        "handling": AlertHandling(tlp=TLP.GREEN, pap=PAP.AMBER, classification=Classification.RESTRICTED),
        "incident": IncidentView(
            claim=Claim(headline="Blast in a bazaar in Peshawar", category=ThreatCategory.BOMBING),
            reports=1,
            independent_origins=1,
            credibility=Credibility.CANNOT_BE_JUDGED,
        ),
        "body": an_alert_body(),
        "acknowledge_by": NOW + minutes(60),
    }
    made |= changes
    made.setdefault("alert_id", ids.alert_id(made["incident_id"], made["incident_revision"], made["recipient"]))
    return Alert(**made)


def an_acknowledgement(**changes: Any) -> Acknowledgement:
    """CTD-PB's acknowledgement of the alert that `an_alert()` makes."""
    alert = an_alert()
    made: dict[str, Any] = {
        "agency": alert.recipient,
        "at": NOW + minutes(1),
        "alert_id": alert.alert_id,
        "incident_id": alert.incident_id,
        "incident_revision": alert.incident_revision,
        "zone": alert.zone,
        "action": AckAction.RECEIVED,
    }
    return Acknowledgement(**made | changes)
