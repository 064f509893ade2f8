"""From a finding to a report of the centre: what it says, and what of it matters. Pure."""

import hashlib
import json
from datetime import datetime
from typing import Final

from fusionbus.contract import ids, topics
from fusionbus.contract.codec import encode
from fusionbus.contract.handling import Handling, Source
from fusionbus.contract.observation import Observation
from fusionbus.contract.report import Actor, Entity, ThreatReport
from fusionbus.contract.sections import AssessmentSection, Evidence
from fusionbus.contract.vocabulary import FindingKind, MsgType, NatureOfSource, Status
from fusionbus.streams.patterns.audience import is_private
from fusionbus.streams.patterns.told import COUNTED, Told
from fusionbus.streams.patterns.values import Finding

EVIDENCE_LISTED_MAX: Final = 200
"""Source: the contract's limit; of more the newest are listed, the others counted."""
AREAS_MAX: Final = 300
FIGURES_MAX: Final = 100
ENTITIES_MAX: Final = 200
TEXT_MAX: Final = 300
_SHARE_STEPS: Final = 20
"""Shares are the same within a twentieth: a forecast moves a little with every report, and nobody acts on less."""
_OVER: Final = "Over: "
_WITHDRAWN: Final = "Withdrawn: a report that this finding rests on was withdrawn"


def local_ref_of(kind: FindingKind, key: str, status: Status, opened_at: datetime) -> str:
    """The centre's own reference: what it is about, and since when; at most 120 characters."""
    return f"{kind}/{key}/{opened_at:%y%m%dT%H%M%S}{status[0]}"


def listed_of(finding: Finding) -> tuple[tuple[Observation, str], ...]:
    """The evidence that the report lists, in order of event time."""
    if finding.kind in COUNTED:
        return ()
    return finding.evidence[-EVIDENCE_LISTED_MAX:]


def assessment_of(finding: Finding, handling: Handling, told: Told, at: datetime) -> ThreatReport:
    """The report of the centre that tells of the finding, as the revision that `told` names."""
    listed = listed_of(finding)
    section = AssessmentSection(
        finding=finding.kind,
        phase=finding.phase,
        window=finding.window,
        figures=finding.figures[:FIGURES_MAX],
        evidence=tuple(_evidence(observation, says) for observation, says in listed),
        evidence_beyond=len(finding.evidence) - len(listed),
        areas=finding.areas[:AREAS_MAX],
        privacy=finding.kind not in COUNTED and any(is_private(each) for each, _ in finding.evidence),
    )
    return _report(told, handling, section, at).model_copy(
        update={
            "place": finding.place,
            "category": finding.category,
            "actor": Actor(name=finding.actor) if finding.actor else None,
            "urgency": finding.urgency,
            "severity": finding.severity,
            "entities": tuple(_guarded(entity, finding) for entity in finding.entities[:ENTITIES_MAX]),
            "headline": finding.headline[:TEXT_MAX],
            "narrative": finding.statement or None,
        }
    )


def over_of(report: ThreatReport, told: Told, handling: Handling, at: datetime) -> ThreatReport:
    """The last word on a finding that holds no more: what it was, and that it is over."""
    section = report.section
    assert isinstance(section, AssessmentSection)  # noqa: S101 - for the type checker; the centre writes no other
    headline = report.headline or str(section.finding)
    return report.model_copy(
        update={
            "revision": told.revision,
            "msg_type": _msg_type(told.revision),
            "reported_at": at,
            "handling": handling,
            "section": section.model_copy(update={"phase": "over"}),
            "headline": (headline if headline.startswith(_OVER) else _OVER + headline)[:TEXT_MAX],
        }
    )


def withdrawal_of(told: Told, at: datetime) -> ThreatReport:
    """Takes a finding back; nothing of it, nor of its evidence, stands in the withdrawal."""
    section = AssessmentSection(finding=told.kind, phase="over", window=told.window)
    report = _report(told, told.handling, section, at)
    return report.model_copy(update={"msg_type": MsgType.CANCEL, "headline": _WITHDRAWN})


def digest_of(finding: Finding, handling: Handling | None) -> str:
    """What of a finding matters: its evidence, phase, figures and shares, rounded, what it is about, who may have it.

    Its words and its window do not, for they move with the clock.
    """
    matter = {
        "evidence": sorted(observation.report_id for observation, _ in finding.evidence),
        "phase": finding.phase,
        "figures": [(figure.name, f"{figure.value:.2g}") for figure in finding.figures],
        "areas": [(area.district, round(area.probability * _SHARE_STEPS)) for area in finding.areas],
        "grave": (finding.severity, finding.urgency),
        "about": (finding.place and encode(finding.place).decode(), finding.category, finding.actor),
        "entities": sorted(entity.token for entity in finding.entities),
        "handling": handling and encode(handling).decode(),
    }
    return hashlib.blake2b(json.dumps(matter, sort_keys=True).encode(), digest_size=16).hexdigest()


def _report(told: Told, handling: Handling, section: AssessmentSection, at: datetime) -> ThreatReport:
    return ThreatReport(
        report_id=told.report_id,
        agency=topics.CENTRE,
        local_ref=told.local_ref,
        status=told.status,
        msg_type=_msg_type(told.revision),
        revision=told.revision,
        reported_at=at,
        source=Source(nature=NatureOfSource.INDUCED),
        handling=handling,
        section=section,
    )


def _msg_type(revision: int) -> MsgType:
    return MsgType.REPORT if revision == 1 else MsgType.UPDATE


def report_id_of(local_ref: str) -> str:
    """The id of the centre's report of this reference."""
    return ids.report_id(topics.CENTRE, local_ref)


def _evidence(observation: Observation, says: str) -> Evidence:
    return Evidence(
        report_id=None if observation.masked else observation.report_id,
        incident_id=observation.incident_id,
        agency=None if observation.masked else observation.agency,
        reported_at=observation.reported_at,
        says=says[:TEXT_MAX],
    )


def _guarded(entity: Entity, finding: Finding) -> Entity:
    """The thing, as private as in the report that guards it most; one that stands in none of them is private."""
    said = [each for observation, _ in finding.evidence for each in observation.entities if each.token == entity.token]
    private = not said or any(each.privacy for each in said)
    released = entity.released_value if said and all(each.released_value for each in said) else None
    return entity.model_copy(update={"privacy": private, "released_value": released})
