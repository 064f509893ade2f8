"""The one reconciler's decision: whether two incidents of two zones are to be one. A person's word holds. Pure."""

from dataclasses import dataclass
from datetime import datetime

from fusionbus.contract import ids
from fusionbus.contract.control import Verdict
from fusionbus.contract.crossing import Meeting, Offer
from fusionbus.contract.incident import Incident, Reason
from fusionbus.streams.correlate.said import line_of
from fusionbus.streams.route import HUB_AGENCY

_REASON_MAX = 500


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a meeting leads to."""

    known: str | None = None
    """What is to be remembered of the pair."""
    offer: Offer | None = None
    apart: bool = False
    """Whether a person said that two incidents of two zones stay two: then that is told."""


def pair_of(verdict: Verdict) -> str:
    """The pair that a verdict is about, the same from either side."""
    return ids.link_id("decided", *verdict.incidents)


def reconcile(meeting: Meeting, known: str | None) -> Reconciled:
    """What becomes of two incidents that met, by what is known of them. Told again, it leads to the same.

    What the hub finds again is not offered again: whatever became of the first offer, it was refused or undone.
    """
    verdict = meeting.verdict
    if meeting.by_hub and known not in (None, _stamp(verdict)):
        return Reconciled()
    if verdict.decision == "not_same":
        return Reconciled(_stamp(verdict), apart=meeting.zones[0] != meeting.zones[1])
    offer = Offer(
        zone=meeting.zones[0],
        incident_id=verdict.incidents[0],
        into=verdict.incidents[1],
        home=meeting.zones[1],
        verdict=verdict,
        by_hub=meeting.by_hub,
        accepted_at=meeting.accepted_at,
    )
    return Reconciled(_stamp(verdict), offer)


def found_one(
    incidents: tuple[str, str], zones: tuple[str, str], reasons: tuple[Reason, ...], now: datetime
) -> Meeting:
    """The hub's finding that two incidents, kept in these zones, are one event."""
    verdict = Verdict(
        agency=HUB_AGENCY,
        at=now,
        incidents=incidents,
        zone=zones[0],
        other_zone=zones[1] if zones[1] != zones[0] else None,
        decision="same",
        reason=line_of(reasons)[:_REASON_MAX],
    )
    return Meeting(zones=zones, verdict=verdict, by_hub=True, accepted_at=now)


def answer(offer: Offer, mine: Incident) -> Offer | None:
    """The offer turned round, where the incident asked for is the older or does not know; none if it is the younger.

    Every incident goes to an older one, so that none comes back to where it was, in whatever order offers arrive.
    """
    into = None if offer.into_opened_at is None else (offer.into_opened_at, offer.into)
    if into is not None and into < (mine.opened_at, mine.incident_id):
        return None
    return offer.model_copy(
        update={
            "zone": offer.home,
            "incident_id": offer.into,
            "into": mine.incident_id,
            "home": mine.zone,
            "into_opened_at": mine.opened_at,
        }
    )


def _stamp(verdict: Verdict) -> str:
    return f"{verdict.decision} {verdict.agency} {verdict.at.isoformat()}"
