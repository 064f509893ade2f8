"""Findings that two incidents are one event, on their way to the reconciler."""

from collections.abc import Iterable
from typing import Final

from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.crossing import RECONCILER
from fusionbus.contract.incident import Incident, Member, Reason
from fusionbus.streams.correlate import correlate_member
from fusionbus.streams.crossing import reconcile
from fusionbus.streams.engine import Event
from fusionbus.streams.ingress import Work
from fusionbus.streams.values import Joined
from fusionbus.streams.zones import Zones

MEET_MIN: Final = 0.75
"""Probability from which two incidents of two zones become one, and a report goes to a neighbour's. Within a zone it
is 0.6: to move what was told already takes more. Measured in docs/decisions/012."""
COMPARED_MAX: Final = 20
"""Reports of an incident that arrives which are compared with what is here; most have two or three."""


def met(work: Work, incidents: tuple[str, str], zones: tuple[str, str], reasons: tuple[Reason, ...]) -> None:
    """Tells the reconciler of two incidents, kept in these zones, that are one event."""
    meeting = reconcile.found_one(incidents, zones, reasons, work.now)
    work.draft.send(topics.ACCEPTED, RECONCILER, encode(meeting))
    work.tally["crossed", "met"] += 1


def compare(work: Work, event: Event, zones: Zones, home: Incident, come: Iterable[Member]) -> None:
    """Sees what tells of the same here as reports that arrived: shown while they were on their way, it met nobody."""
    index = zones.open_in(event.partition, home.zone)
    for member in [member for member in come if not member.withdrawn][:COMPARED_MAX]:
        match = correlate_member(member, home.incident_id, home.status, index)
        if isinstance(match, Joined) and match.probability >= MEET_MIN:
            there = zones.guests.home_of(event.partition, home.zone, match.incident_id) or home.zone
            met(work, (home.incident_id, match.incident_id), (home.zone, there), match.reasons)
