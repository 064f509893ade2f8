"""Fourth step: the alert each agency gets, holding no more than its form allows.

The parts that many recipients share, the body of one form and the view of one set of visible reports, are encoded
once and joined as bytes; a test holds every joined alert against the model.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from fusionbus.contract import ids
from fusionbus.contract.base import SCHEMA_VERSION
from fusionbus.contract.codec import encode
from fusionbus.contract.incident import Claim, Incident, Member
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import AssessmentSection, FinanceSection, RecordSection, Section, TipSection
from fusionbus.contract.vocabulary import (
    AlertKind,
    AlertMsgType,
    Form,
    Kind,
)
from fusionbus.streams.deadlines import deadline_of
from fusionbus.streams.erasure import erasure_of
from fusionbus.streams.finding_alerts import alert_kind_of
from fusionbus.streams.incidents import claim_of, credibility_of
from fusionbus.streams.lineage import origins_of, ring_of
from fusionbus.streams.values import Enriched, Ruling

_SUMMARY_SECTIONS: Final = (Kind.INCIDENT, Kind.THREAT, Kind.CYBER, Kind.ASSESSMENT)
"""Sections without a person or an account in them; the others stay behind in a summary."""


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told: the incident after the change, the report behind it, and what kind of news it is."""

    enriched: Enriched
    incident: Incident
    member: Member
    msg_type: AlertMsgType
    published_at: datetime
    now: datetime
    contact: str
    """Whom to ask: the originator's desk, or the hub's where the source is masked or a report is recalled."""
    erases: bool = False
    """Whether the recipients may not hold what they had of the report."""


@dataclass(frozen=True, slots=True)
class ComposedAlert:
    """One alert, ready to send."""

    alert_id: str
    recipient: str
    body: bytes


@dataclass(slots=True)
class Composer:
    """Makes the alerts of one piece of news."""

    news: News
    _head: bytes = field(init=False)
    _bodies: dict[Form, bytes] = field(default_factory=dict)
    _dues: dict[int, str] = field(default_factory=dict)
    _views: dict[tuple[object, ...], tuple[bytes, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        news, incident = self.news, self.news.incident
        # No value here needs escaping: enumerations, ids, times.
        self._head = (
            f'"schema_version":"{SCHEMA_VERSION}","kind":"{kind_of(news)}","status":"{incident.status}",'
            f'"msg_type":"{news.msg_type}","incident_id":"{incident.incident_id}",'
            f'"incident_revision":{incident.revision},"zone":"{incident.zone}","issued_at":"{_iso(news.now)}",'
            f'"published_at":"{_iso(news.published_at)}"'
        ).encode()

    def compose(self, rulings: Iterable[Ruling]) -> list[ComposedAlert]:
        """An alert for every ruling that delivers, in their order."""
        return [self._one(ruling) for ruling in rulings if ruling.form is not None]

    def _one(self, ruling: Ruling) -> ComposedAlert:
        incident, form = self.news.incident, ruling.form
        assert form is not None  # noqa: S101 - for the type checker; compose() lets no other through
        alert_id = ids.alert_id(incident.incident_id, incident.revision, ruling.agency)
        handling, view = self._view(ruling.agency, form)
        whom = f'"recipient":"{ruling.agency}","rule":"{ruling.rule}","why":{_quoted(ruling.why)},"form":"{form}"'
        due = self._due(ruling.agency)
        own = f'{{"alert_id":"{alert_id}",{whom},{due}'
        parts = (
            own.encode(),
            self._head,
            b',"handling":',
            handling,
            b',"incident":',
            view,
            b',"body":',
            self._body(form),
            self._erase(ruling.agency),
        )
        return ComposedAlert(alert_id, ruling.agency, b"".join((*parts, b"}")))

    def _erase(self, agency: str) -> bytes:
        if not self.news.erases:
            return b""
        return b',"erase":' + encode(erasure_of(self.news.member, agency, self.news.incident))

    def _due(self, agency: str) -> str:
        """Until when this agency has to answer; those who were told together share it."""
        awaited = self.news.incident.awaited.get(agency)
        held = self._dues.get(id(awaited))
        if held is None:
            held = f'"acknowledge_by":"{_iso(deadline_of(awaited))}",' if awaited is not None else ""
            self._dues[id(awaited)] = held
        return held

    def _body(self, form: Form) -> bytes:
        held = self._bodies.get(form)
        if held is None:
            held = self._bodies[form] = body_of(self.news.enriched.report, form, self.news.contact)
        return held

    def _view(self, agency: str, form: Form) -> tuple[bytes, bytes]:
        """The markings and the view of the incident for this agency, from the reports it may see and no others."""
        this = self.news.member.report_id
        seen: list[tuple[Member, Form]] = []
        for member in self.news.incident.members:
            if member.report_id == this:
                seen.append((member, form))
            elif not member.withdrawn:
                theirs = Form.FULL if member.agency == agency else member.forms.get(agency)
                if theirs is not None:
                    seen.append((member, theirs))
        if not any(member.report_id == this for member, _ in seen):
            seen.append((self.news.member, form))  # past the limit of members: told, not listed
        ring = self._ring(agency, seen) if self.news.incident.echo_ring else 0
        key = tuple((member.report_id, theirs) for member, theirs in seen), form, ring
        held = self._views.get(key)
        if held is None:
            handling = handling_of(self.news.enriched.report, [member for member, _ in seen], form)
            held = self._views[key] = handling, view_of(self.news, seen, form, ring)
        return held

    def _ring(self, agency: str, seen: list[tuple[Member, Form]]) -> int:
        """How many agencies quote each other in a ring, by the reports this one may read and by no others."""
        readable = [member for member, theirs in seen if theirs.is_open]
        return len(ring_of([*readable, *(m for m in self.news.incident.members if agency in m.spared)]))


def kind_of(news: News) -> AlertKind:
    """What the alert is about."""
    if news.msg_type is AlertMsgType.CANCEL:
        return AlertKind.RECALL
    section = news.enriched.report.section
    if isinstance(section, AssessmentSection):
        return alert_kind_of(section.finding)
    return AlertKind.THREAT if section.kind is Kind.THREAT else AlertKind.INCIDENT


def view_of(news: News, seen: list[tuple[Member, Form]], form: Form, ring: int) -> bytes:
    """An encoded IncidentView, as these members tell it; a tearline or pointer adds nothing to what its body says."""
    incident, this = news.incident, news.member.report_id
    members = [member for member, _ in seen if not member.withdrawn]
    readable = [member for member, theirs in seen if theirs.is_open and not member.withdrawn]
    # The reasons compare this report with any of the others: only who reads them all in full may know them.
    in_full = {member.report_id for member, theirs in seen if theirs is Form.FULL}
    all_read = not incident.members_beyond and in_full >= {this, *(member.report_id for member in incident.members)}
    if readable and all_read and len(readable) == sum(not member.withdrawn for member in incident.members):
        claim = incident.claim
    elif readable:
        claim = claim_of(readable)
    else:
        province = news.member.claim.place.province if news.member.claim.place else None
        told = form is Form.TEARLINE and province is not None
        claim = Claim(place=Place(province=province)) if told else Claim()
    reasons = b",".join(map(encode, news.member.reasons)) if all_read else b""
    counts = (
        f',"reports":{len(members)},"independent_origins":{len(origins_of(members))},'
        f'"credibility":"{credibility_of(members)}","echo_ring":{ring},"reasons":['
    )
    return b'{"claim":' + encode(claim) + counts.encode() + reasons + b"]}"


def handling_of(report: ThreatReport, members: Iterable[Member], form: Form) -> bytes:
    """An encoded AlertHandling: the high-water mark of every report that shows in the alert.

    Caveats are words about the whole text: whoever does not get it does not get them.
    """
    tlp, classification, marks = report.handling.tlp, report.handling.classification, report.handling
    for member in members:
        tlp = max(tlp, member.tlp, key=lambda marking: marking.level)
        classification = max(classification, member.classification, key=lambda marking: marking.level)
    caveats = ",".join(map(_quoted, marks.caveats)) if form.is_open else ""
    return (
        f'{{"tlp":"{tlp}","pap":"{marks.pap}","classification":"{classification}","caveats":[{caveats}],'
        f'"originator_control":{_boolean(marks.originator_control)},'
        f'"third_agency_rule":{_boolean(marks.third_agency_rule)}}}'
    ).encode()


def body_of(report: ThreatReport, form: Form, contact: str) -> bytes:
    """An encoded AlertBody: what a recipient of this form may read of the report; what is not listed stays behind."""
    told = _reduced(report, form)
    shown = _SHOWN[form]
    if form.is_open and not report.is_masked:
        shown = shown | _IDENTITY
    raw = told.__pydantic_serializer__.to_json(told, include=shown, exclude_none=True)
    return raw[:-1] + f',"kind":"{report.kind}","contact":{_quoted(contact)}}}'.encode()


def _reduced(report: ThreatReport, form: Form) -> ThreatReport:
    """The report without what a listed field may still hold too much of, in this form."""
    if not form.is_open:
        return report
    changes: dict[str, object] = {}
    if form is Form.SUMMARY:
        section = report.section
        if any(p.privacy for p in report.persons) or any(e.privacy for e in report.entities):
            # Free text may name whom the fields protect.
            changes["narrative"] = None
            changes["persons"] = tuple(p for p in report.persons if not p.privacy)
            changes["entities"] = tuple(e for e in report.entities if not e.privacy)
        changes["attachments"] = ()
        if isinstance(section, FinanceSection):
            changes["section"] = section.model_copy(update={"transactions": ()})
        elif report.kind not in _SUMMARY_SECTIONS:
            changes["section"] = None
    if report.is_masked:
        section = changes.get("section", report.section)  # type: ignore[assignment]  # a section or none
        changes |= {"attachments": (), "section": _masked(section)}
    return report.model_copy(update=changes) if changes else report


def _masked(section: Section | None) -> Section | None:
    """The section without the desks, stations and registers that say who wrote it."""
    match section:
        case RecordSection():
            return section.model_copy(update={"record_number": None, "police_station": None})
        case FinanceSection():
            return section.model_copy(update={"str_reference": None})
        case TipSection():
            return section.model_copy(update={"triaged_by": None})
        case _:
            return section


_HEAD: Final = {"msg_type": True, "reported_at": True}
_SOURCE: Final = {"reliability": True, "credibility": True, "nature": True}
"""The grading; which source it was and what it was made from stays with the hub, for both lead back to people."""
_IDENTITY: Final = dict.fromkeys(("report_id", "agency", "unit", "local_ref", "revision"), True)
_OPEN: Final = _HEAD | dict.fromkeys(
    (
        "occurred",
        "observed_at",
        "place",
        "category",
        "weapon",
        "target_sector",
        "actor",
        "urgency",
        "severity",
        "certainty",
        "casualties",
        "persons",
        "entities",
        "headline",
        "narrative",
        "language",
        "tearline",
        "attachments",
        "section",
    ),
    True,
)
_SHOWN: Final[dict[Form, dict[str, Any]]] = {
    Form.FULL: _OPEN | {"source": _SOURCE},
    Form.SUMMARY: _OPEN | {"source": _SOURCE},
    Form.TEARLINE: _HEAD | dict.fromkeys(("tearline", "language", "urgency", "severity", "certainty"), True),
    Form.POINTER: _HEAD,
}
"""The fields of a report that show in each form."""


@lru_cache(maxsize=1_024)
def _quoted(text: str) -> str:
    """The text as a JSON string."""
    return json.dumps(text, ensure_ascii=False)


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _iso(at: datetime) -> str:
    """A UTC time as the models write it."""
    return at.isoformat().removesuffix("+00:00") + "Z"
