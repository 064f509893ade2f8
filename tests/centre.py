"""A zone's open incidents, taken through the steps of the second hop without a bus."""

from datetime import datetime

from builders import NOW
from fusionbus.contract.incident import Incident
from fusionbus.contract.report import Casualties, ThreatReport
from fusionbus.contract.vocabulary import Outcome
from fusionbus.streams import incidents
from fusionbus.streams.correlate import Limits, OpenIncidents, correlate
from fusionbus.streams.enrich import enrich
from fusionbus.streams.values import Joined, Match


class Centre:
    """A zone's incidents, as the hub keeps them."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.open = OpenIncidents(limits)
        self.incidents: dict[str, Incident] = {}

    def take(self, report: ThreatReport, now: datetime = NOW) -> Match:
        enriched = enrich(report)
        match = correlate(enriched, self.open, now)
        if isinstance(match, Joined):
            incident = incidents.joined(self.incidents[match.incident_id], enriched, match, now)
        else:
            incident = incidents.opened(enriched, now)
        self.incidents[incident.incident_id] = incident
        self.open.put(incident)
        return match


def killed(low: int, high: int | None = None) -> tuple[Casualties, ...]:
    return (Casualties(outcome=Outcome.KILLED, low=low, high=high if high is not None else low),)
