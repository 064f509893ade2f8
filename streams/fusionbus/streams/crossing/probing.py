"""What a zone shows its neighbours of its reports: what matching needs and nothing more. Pure."""

from collections.abc import Iterable
from datetime import datetime

from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.crossing import Probe
from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.vocabulary import Kind
from fusionbus.streams.correlate.meetings import REACH_KM_MAX
from fusionbus.streams.crossing.reach import zones_of
from fusionbus.streams.engine import Output
from fusionbus.streams.incidents import member_of
from fusionbus.streams.keeping import bare
from fusionbus.streams.reading import ZONES
from fusionbus.streams.values import Change


def shown(change: Change, before: Member | None, now: datetime) -> list[Output]:
    """What the neighbours are shown after a report changed its incident; `before` is what it said earlier."""
    incident, member = change.incident, change.member
    if member_of(incident, member.report_id) is None:
        return [] if before is None else hidden(incident, before, now)
    earlier = () if before is None else _shown_in(before)
    if member.withdrawn:
        return _probes(incident, member, earlier, now, gone=True)
    zones = _shown_in(member)
    past = [zone for zone in earlier if zone not in zones]
    return _probes(incident, member, zones, now) + _probes(incident, member, past, now, gone=True)


def moved(incident: Incident, report_ids: Iterable[str], now: datetime) -> list[Output]:
    """What the neighbours are shown of reports that are in this incident from now on."""
    here = set(report_ids)
    found = []
    for member in incident.members:
        if member.report_id in here and not member.withdrawn:
            found += _probes(incident, member, _shown_in(member), now)
    return found


def hidden(incident: Incident, member: Member, now: datetime) -> list[Output]:
    """Takes a report, as it was, back from the neighbours."""
    return _probes(incident, member, _shown_in(member), now, gone=True)


def _shown_in(member: Member) -> tuple[str, ...]:
    """Where its place may lie; an operation also where a circle may lie that meets its own.

    One after a phone, plate, paper or account everywhere: it may meet others of it anywhere.
    """
    if member.kind is not Kind.OPERATION:
        return zones_of(member.claim)
    return ZONES if member.tokens else zones_of(member.claim, beyond_km=REACH_KM_MAX)


def _probes(
    incident: Incident, member: Member, zones: Iterable[str], now: datetime, *, gone: bool = False
) -> list[Output]:
    others = [zone for zone in zones if zone != incident.zone]
    if not others or member.kind is Kind.ASSESSMENT:
        return []
    told = bare(member) if gone else _telling(member)
    return [
        Output(
            topics.ACCEPTED,
            zone.encode(),
            encode(
                Probe(
                    zone=zone,
                    home=incident.zone,
                    incident_id=incident.incident_id,
                    status=incident.status,
                    opened_at=incident.opened_at,
                    accepted_at=now,
                    member=told,
                    gone=gone,
                )
            ),
        )
        for zone in others
    ]


def _telling(member: Member) -> Member:
    return bare(member).model_copy(
        update={
            "claim": member.claim.model_copy(update={"headline": None}),
            "terms": member.terms,
            "tokens": member.tokens,
            "persons": member.persons,
            "source_token": member.source_token,
            "derived_from": member.derived_from,
        }
    )
