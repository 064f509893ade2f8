"""Alerts that tell of what the centre found, for tests of the pages."""

from datetime import datetime, timedelta
from typing import Any

from fusionbus.consumers.testing import sample_alert
from fusionbus.contract import ids, topics
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import Interval
from fusionbus.contract.report import Place
from fusionbus.contract.sections import DISTRICT_FIGURE, AssessmentSection, Evidence, Figure
from fusionbus.contract.vocabulary import AlertKind, FindingKind, Kind, Province


def a_surge(recipient: str, at: datetime, number: int = 50, **section: Any) -> Alert:
    """Six attacks in Hangu and one in Kohat within four days, told of at this time."""
    figures = (
        Figure(name="attacks counted", value=7, unit="in 4 days", threshold=3),
        Figure(name="scan score", value=23.4567, threshold=8.49, source="Neill <2009>"),
        Figure(name=f"{DISTRICT_FIGURE}Hangu", value=6, unit="attacks"),
        Figure(name=f"{DISTRICT_FIGURE}Kohat", value=1, unit="attacks"),
        Figure(name=f"{DISTRICT_FIGURE}Kurram", value=0, unit="attacks"),
    )
    evidence = tuple(
        Evidence(
            report_id=None if each else ids.report_id("POLICE-KP", "DD-1"),
            incident_id=sample_alert(recipient, 1 + each).incident_id,
            agency=None if each else "POLICE-KP",
            reported_at=at - timedelta(days=1 + each),
            says=f"ied in Hangu, number {each}",
        )
        for each in range(2)
    )
    window = Interval(start=at - timedelta(days=4), end=at)
    made: dict[str, Any] = {"finding": FindingKind.SURGE, "window": window, "figures": figures, "evidence": evidence}
    told = sample_alert(recipient, number, published_at=at, kind=AlertKind.SURGE)
    place = Place(province=Province.KHYBER_PAKHTUNKHWA, district="Hangu", lat=33.5, lon=71.1, uncertainty_km=20)
    headline = "Surge: 7 attacks within 4 days in Hangu and 1 districts around it"
    changes = {
        "kind": Kind.ASSESSMENT,
        "agency": topics.CENTRE,
        "section": AssessmentSection(**made | section),
        "headline": headline,
        "narrative": "More reporting looks like more attacks.",
        "place": place,
        "occurred": None,
        "reported_at": at,
    }
    claim = told.incident.claim.model_copy(update={"headline": headline, "place": place, "occurred": None})
    view = told.incident.model_copy(update={"claim": claim})
    return told.model_copy(update={"body": told.body.model_copy(update=changes), "incident": view})
