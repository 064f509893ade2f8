"""Two incidents, and what an analyst of the hub says of them: for tests of decisions."""

from datetime import timedelta
from typing import Any, Final

from builders import NOW, a_place, a_report, an_interval
from fusionbus.contract import ids
from fusionbus.contract.control import Split, Verdict
from fusionbus.contract.incident import Incident
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import ThreatCategory
from hub import HubOnPaper

FIRST, SECOND = "first", "second"


def the_blast(local_ref: str = FIRST, agency: str = "CTD-KP", **changes: Any) -> ThreatReport:
    """A blast in Peshawar."""
    return a_report(local_ref=local_ref, agency=agency, **changes)


def the_raid(local_ref: str = SECOND, agency: str = "IB", **changes: Any) -> ThreatReport:
    """What the matcher takes for something else."""
    told: dict[str, Any] = {
        "headline": "Shots at a checkpost in Bannu",
        "narrative": "Armed men fired on a checkpost from a hill.",
        "place": a_place(district="Bannu", name="Bannu", lat=32.99, lon=70.6),
        "occurred": an_interval(NOW - timedelta(days=3)),
        "category": ThreatCategory.ARMED_ASSAULT,
        "weapon": None,
        "target_sector": None,
    }
    return a_report(local_ref=local_ref, agency=agency, **told | changes)


def incident_of(report: ThreatReport) -> str:
    return ids.incident_id("PK-KP", report.report_id)


A: Final = incident_of(the_blast())
B: Final = incident_of(the_raid())


OTHER_WORDS: dict[str, Any] = {
    "headline": "Explosion heard near the spice market",
    "narrative": "Constables at the gate saw smoke over the handcarts; three shops burn and traffic is turned away.",
}
"""Another account of the blast, which is no echo of the first."""


def told_of(*reports: ThreatReport) -> HubOnPaper:
    """A hub that was sent these, one a minute, and whose telling is forgotten."""
    hub = HubOnPaper.of()
    for report in reports:
        hub.send(report)
        hub.later(timedelta(minutes=1))
    hub.clear_told()
    return hub


def a_verdict(decision: str = "same", **changes: Any) -> Verdict:
    made: dict[str, Any] = {
        "agency": "NACTA",
        "at": NOW,
        "incidents": (A, B),
        "zone": "PK-KP",
        "decision": decision,
        "reason": "Both officers were there.",
    }
    return Verdict(**made | changes)


def a_split(*reports: ThreatReport, **changes: Any) -> Split:
    made: dict[str, Any] = {
        "agency": "NACTA",
        "at": NOW,
        "incident_id": A,
        "zone": "PK-KP",
        "reports": tuple(report.report_id for report in reports),
        "reason": "Another day.",
    }
    return Split(**made | changes)


def said(incident: Incident) -> dict[str, Any]:
    """What an incident is, without when and how often it was changed."""
    return incident.model_dump(
        exclude={"revision": True, "updated_at": True, "awaited": True, "members": {"__all__": {"told"}}}
    )
