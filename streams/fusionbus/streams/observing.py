"""Second hop, last step: what the search for patterns is told of a report. Pure; no word of its text goes there."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.handling import Handling
from fusionbus.contract.incident import Incident, Member, PersonClue
from fusionbus.contract.observation import NATION, Observation, ObservationMoved, Standing, Subject
from fusionbus.contract.report import Person, ThreatReport
from fusionbus.contract.sections import BorderSection, FinanceSection, RecordSection, TipSection
from fusionbus.contract.vocabulary import TLP, Kind
from fusionbus.streams.engine import Output
from fusionbus.streams.values import Change, Enriched

UNSEEN: Final = (Kind.OPERATION, Kind.ASSESSMENT)
"""Others learn of an operation only whom to call, so nothing may rest on it; what was found is no news to find in."""


def observed(enriched: Enriched, change: Change, accepted_at: datetime) -> list[Output]:
    """What the search for patterns is told of a report's newest revision."""
    report, member, incident = enriched.report, change.member, change.incident
    if report.kind in UNSEEN:
        return []
    if member.withdrawn or _is_refused(report):
        return gone(member, incident, accepted_at)
    claim = enriched.claim
    seen = Observation(
        report_id=report.report_id,
        revision=report.revision,
        incident_id=incident.incident_id,
        zone=incident.zone,
        agency=report.agency,
        masked=report.is_masked,
        status=report.status,
        kind=report.kind,
        relation=member.relation,
        origin=member.origin,
        accepted_at=accepted_at,
        reported_at=report.reported_at,
        occurred=claim.occurred,
        place=claim.place,
        category=claim.category,
        weapon=claim.weapon,
        target_sector=claim.target_sector,
        actor=claim.actor,
        severity=report.severity,
        killed=claim.killed,
        derived_from=report.source.derived_from,
        subjects=tuple(map(_subject, report.persons)),
        entities=report.entities,
        section=report.section if isinstance(report.section, FinanceSection | BorderSection | RecordSection) else None,
        handling=report.handling,
        has_tearline=report.tearline is not None,
        granted=_granted(member),
    )
    return [Output(topics.OBSERVATIONS, NATION, encode(seen))]


def gone(member: Member, incident: Incident, at: datetime, *, purged: bool = False) -> list[Output]:
    """Takes a report back from the search for patterns; what is told of it now is what a tombstone holds."""
    if member.kind in UNSEEN:
        return []
    left = Observation(
        report_id=member.report_id,
        revision=member.revision,
        incident_id=incident.incident_id,
        zone=incident.zone,
        agency=member.agency,
        masked=member.masked,
        status=incident.status,
        kind=member.kind,
        relation=member.relation,
        origin=member.origin,
        gone=True,
        purged=purged,
        accepted_at=at,
        reported_at=member.reported_at,
        handling=Handling(tlp=TLP.RED, releasable_to=(member.agency,)),
    )
    return [Output(topics.OBSERVATIONS, NATION, encode(left))]


def moved(incident: Incident, report_ids: Iterable[str]) -> list[Output]:
    """Tells where reports stand now: in this incident, as relays or origins of it, let to whom."""
    named = set(report_ids)
    standing = [
        Standing(report_id=member.report_id, relation=member.relation, origin=member.origin, granted=_granted(member))
        for member in incident.members
        if member.report_id in named and member.kind not in UNSEEN and not member.withdrawn
    ]
    if not standing:
        return []
    told = ObservationMoved(incident_id=incident.incident_id, zone=incident.zone, reports=tuple(standing))
    return [Output(topics.OBSERVATIONS, NATION, encode(told))]


def _is_refused(report: ThreatReport) -> bool:
    """Whether it is a tip that was looked into and found to be nothing."""
    return isinstance(report.section, TipSection) and report.section.triage == "refused"


def _granted(member: Member) -> tuple[str, ...]:
    """Whom the originator let have it in its own words; a tearline or pointer is less than a finding would tell."""
    return tuple(sorted(agency for agency, form in (member.granted or {}).items() if form.is_open))


def _subject(person: Person) -> Subject:
    clue = PersonClue(
        name_tokens=person.name_tokens,
        name_clk=person.name_clk,
        sex=person.sex,
        age_low=person.age_low,
        age_high=person.age_high,
    )
    return Subject(role=person.role, id_tokens=person.id_tokens, clue=clue)
