"""One attack on the bridge between two provinces, told from both banks: for tests of zones that see each other."""

from datetime import timedelta
from typing import Any, Final

from builders import NOW, a_place, a_report, an_interval
from fusionbus.contract import ids
from fusionbus.contract.control import Verdict
from fusionbus.contract.report import Casualties, ThreatReport
from fusionbus.contract.vocabulary import CasualtyGroup, Outcome, Province, ThreatCategory, Weapon
from hub import HubOnPaper

WEST, EAST, NOWHERE = "PK-KP", "PK-PB", "PK"
PARTITIONS: Final = (1, 5)
"""All zones in one partition; and these three, and the reconciler, each in its own."""
_SAID: Final[dict[str, Any]] = {
    "category": ThreatCategory.VEHICLE_BOMBING,
    "weapon": Weapon.VEHICLE_BOMB,
    "target_sector": None,
    "casualties": (Casualties(group=CasualtyGroup.CIVILIAN, outcome=Outcome.KILLED, low=7, high=7),),
    "occurred": an_interval(NOW - timedelta(minutes=30)),
}


def west(local_ref: str = "w1", agency: str = "CTD-KP", uncertainty_km: float = 15.0, **changes: Any) -> ThreatReport:
    """Told in Khyber Pakhtunkhwa."""
    told: dict[str, Any] = _SAID | {
        "headline": "Lorry bomb on the bridge at Khairabad kills seven",
        "narrative": "A lorry laden with fertiliser blew up at the toll plaza of the old Attock bridge.",
        "place": a_place(district="Nowshera", name="Khairabad", lat=33.90, lon=72.23, uncertainty_km=uncertainty_km),
    }
    return a_report(local_ref=local_ref, agency=agency, **told | changes)


def east(local_ref: str = "e1", agency: str = "CTD-PB", uncertainty_km: float = 15.0, **changes: Any) -> ThreatReport:
    """Told in Punjab, in other words."""
    told: dict[str, Any] = _SAID | {
        "headline": "Fertiliser lorry explodes at Attock bridge toll plaza, seven dead",
        "narrative": "Rescue teams work at the bridge over the Indus after a laden lorry exploded at the toll plaza.",
        "place": a_place(
            province=Province.PUNJAB,
            district="Attock",
            name="Attock Khurd",
            lat=33.88,
            lon=72.25,
            uncertainty_km=uncertainty_km,
        ),
    }
    return a_report(local_ref=local_ref, agency=agency, **told | changes)


def no_place(local_ref: str = "n1", agency: str = "IB", **changes: Any) -> ThreatReport:
    """Told without a place."""
    told: dict[str, Any] = _SAID | {
        "headline": "Seven dead as fertiliser lorry explodes at toll plaza of a bridge",
        "narrative": "A laden lorry exploded at a toll plaza.",
        "place": None,
    }
    return a_report(local_ref=local_ref, agency=agency, **told | changes)


def incident_of(zone: str, report: ThreatReport) -> str:
    """The id of the incident that this report opens in this zone."""
    return ids.incident_id(zone, report.report_id)


def send(hub: HubOnPaper, *reports: ThreatReport) -> None:
    """Sends them a minute apart."""
    for report in reports:
        hub.send(report)
        hub.later(timedelta(minutes=1))


def reports_in(hub: HubOnPaper) -> dict[str, set[str]]:
    """By standing incident, its reports."""
    return {
        name: {member.report_id for member in incident.members}
        for name, incident in hub.incidents().items()
        if incident.merged_into is None
    }


A, B = incident_of(WEST, west()), incident_of(EAST, east())
"""What they open, each in its zone."""


def a_verdict(decision: str = "same", zones: tuple[str, str | None] = (WEST, EAST), after_s: int = 0) -> Verdict:
    """What a person of NACTA says of the two incidents."""
    return Verdict.model_validate(
        {
            "agency": "NACTA",
            "at": NOW + timedelta(seconds=after_s),
            "incidents": (A, B),
            "zone": zones[0],
            "other_zone": zones[1],
            "decision": decision,
            "reason": "One bridge.",
        }
    )
