"""Ties between the incidents of a near repeat, a coordinated night or a pattern of payments. Pure."""

from datetime import datetime
from typing import Final, Literal

from fusionbus.contract import ids, topics
from fusionbus.contract.codec import encode
from fusionbus.contract.incident import Link, Reason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import FindingKind, MsgType
from fusionbus.streams.engine import Output

INCIDENTS_MAX: Final = 20
"""Incidents in one tie, the newest; of more the tie is shown as capped. As many as a shared token relates at most, and
for the same reason: over-correlation drowned the analysts of MISP (issues 3142, 7366, 9366)."""
_TYPES: Final[dict[FindingKind, Literal["near_repeat", "coordinated", "related"]]] = {
    FindingKind.NEAR_REPEAT: "near_repeat",
    FindingKind.COORDINATION: "coordinated",
    FindingKind.STRUCTURING: "related",
    FindingKind.FAN_IN: "related",
    FindingKind.FAN_OUT: "related",
    FindingKind.PASS_THROUGH: "related",
    FindingKind.SHARED_ACCOUNT: "related",
    FindingKind.UNLICENSED_HAWALA: "related",
    FindingKind.FRONT_CHARITY: "related",
}


def tie_of(report: ThreatReport, at: datetime) -> list[Output]:
    """The tie that a report of the centre makes, each revision in place of the one before; withdrawn, it is gone."""
    section = report.section
    if not isinstance(section, AssessmentSection) or section.finding not in _TYPES:
        return []
    if report.msg_type is MsgType.CANCEL:
        return untied(section.finding, report.report_id)
    named = list(dict.fromkeys(each.incident_id for each in section.evidence))
    if len(named) < 2:  # noqa: PLR2004 - a tie has two ends
        return untied(section.finding, report.report_id)
    type_ = _TYPES[section.finding]
    link = Link(
        link_id=_id(type_, report.report_id),
        incidents=tuple(named[-INCIDENTS_MAX:]),
        type=type_,
        reasons=(Reason(field=type_, bits=0.0, said=report.headline or type_),),
        capped=len(named) > INCIDENTS_MAX or section.evidence_beyond > 0,
        decided_by="search for patterns",
        at=at,
    )
    return [Output(topics.LINKS, link.link_id.encode(), encode(link))]


def untied(finding: FindingKind, report_id: str) -> list[Output]:
    """Takes the tie of a finding away."""
    type_ = _TYPES.get(finding)
    return [] if type_ is None else [Output(topics.LINKS, _id(type_, report_id).encode(), None)]


def _id(type_: str, report_id: str) -> str:
    return ids.link_id(type_, report_id, "finding")
