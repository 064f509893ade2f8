"""Who hears that incidents were joined or parted, and no more than they may know of it. Pure.

A person's decision widens no audience: nobody gets a report by it. Who was told of a report that moved hears the id it
has now; who was told of reports on either side hears that they are one event, or two.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from fusionbus.contract import ids, topics
from fusionbus.contract.agency import Agency
from fusionbus.contract.alert import Alert, AlertBody, AlertHandling, IncidentView
from fusionbus.contract.codec import encode
from fusionbus.contract.control import Judgement, judgement_id
from fusionbus.contract.incident import Claim, Incident, Link, Member, Reason
from fusionbus.contract.records import AuditEvent, AuditRecord, Receipt, ReceiptOutcome
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import PAP, AlertKind, AlertMsgType, Form, Kind, MsgType
from fusionbus.streams.deadlines import deadline_of
from fusionbus.streams.engine import Output
from fusionbus.streams.incidents import claim_of, credibility_of
from fusionbus.streams.judge import Judged, Move
from fusionbus.streams.lineage import origins_of, ring_of
from fusionbus.streams.registry import Registry
from fusionbus.streams.route import HUB_AGENCY, by_rule
from fusionbus.streams.values import Rejection, Ruling
from fusionbus.streams.written import audit_out, receipt_out

_NOW_ONE: Final = "the hub's analysts found that incidents you were told of are one event"
_NOW_TWO: Final = "the hub's analysts found that what you were told was one event is two"
_FOUND_ONE: Final = "the hub found that incidents you were told of are one event"
_MOVED: Final = "The hub's analysts found that it belongs to another incident: the one named here."
_MOVED_BY_HUB: Final = "The hub found that two incidents are one event: it belongs to the one named here."
_UNTOLD: Final = (
    "It was held back as an echo, and is none: send it again as an `update`, so that it reaches whom it should."
)
Seen = Sequence[tuple[Member, Form]]


def rulings_on(same: bool, move: Move, registry: Registry, *, by_hub: bool = False) -> tuple[Ruling, ...]:
    """Who hears of the incident that the moved reports are in now; on every agency one ruling."""
    stay = move.home if same else move.left
    why = _FOUND_ONE if by_hub else _NOW_ONE if same else _NOW_TWO
    gone = {member.report_id for member in move.reports}
    rest = [member for member in stay.members if member.report_id not in gone]
    found = []
    for agency in registry.agencies.values():
        name = agency.agency
        seen = seen_by(agency, move.reports)
        holds = any(name in member.forms for member, _ in seen)
        if not agency.active:
            found.append(Ruling(name, Rule.INACTIVE))
        elif holds or (seen and seen_by(agency, rest)):
            found.append(Ruling(name, Rule.MEMBER, Form.POINTER, why))
        else:
            found.append(Ruling(name, Rule.NO_INTEREST))
    return tuple(found)


def rulings_on_left(move: Move, registry: Registry) -> tuple[Ruling, ...]:
    """Who hears of the incident that reports were taken out of: who was told of reports on either side."""
    agencies = [agency for agency in registry.agencies.values() if agency.active]
    return tuple(
        Ruling(agency.agency, Rule.MEMBER, Form.POINTER, _NOW_TWO)
        for agency in agencies
        if seen_by(agency, move.reports) and seen_by(agency, move.left.members)
    )


def seen_by(agency: Agency, members: Iterable[Member]) -> list[tuple[Member, Form]]:
    """The standing reports that this agency told or was told of, each in its form; none above its clearance."""
    found = []
    for member in members:
        own = member.agency == agency.agency
        form = Form.FULL if own else member.forms.get(agency.agency)
        cleared = own or member.classification.level <= agency.clearance.level
        if form is not None and cleared and not member.withdrawn:
            found.append((member, form))
    return found


def alerts(
    incident: Incident,
    rulings: Iterable[Ruling],
    registry: Registry,
    now: datetime,
    *,
    merged_from: tuple[str, ...] | None = None,
    apart_from: tuple[str, ...] | None = None,
) -> list[Output]:
    """An update of the incident for each ruling that delivers, made from the reports its recipient may see."""
    contact = registry.contact_of(HUB_AGENCY)
    found = []
    for ruling in rulings:
        if ruling.form is None:
            continue
        seen = seen_by(registry.agencies[ruling.agency], incident.members)
        alert = _alert(incident, ruling, seen, contact, now).model_copy(
            update={"merged_from": merged_from, "apart_from": apart_from}
        )
        found.append(Output(topics.alerts_topic(ruling.agency), incident.incident_id.encode(), encode(alert)))
    return found


def _alert(incident: Incident, ruling: Ruling, seen: Seen, contact: str, now: datetime) -> Alert:
    members = [member for member, _ in seen]
    kind = members[0].kind
    return Alert(
        alert_id=ids.alert_id(incident.incident_id, incident.revision, ruling.agency),
        kind=AlertKind.THREAT if kind is Kind.THREAT else AlertKind.INCIDENT,
        recipient=ruling.agency,
        status=incident.status,
        msg_type=AlertMsgType.UPDATE,
        incident_id=incident.incident_id,
        incident_revision=incident.revision,
        zone=incident.zone,
        issued_at=now,
        published_at=now,
        rule=ruling.rule,
        why=ruling.why,
        form=Form.POINTER,
        handling=_handling(members),
        incident=view_for(seen),
        body=AlertBody(
            msg_type=MsgType.UPDATE,
            kind=kind,
            reported_at=max(member.reported_at for member in members),
            contact=contact,
        ),
        acknowledge_by=deadline_of(incident.awaited[ruling.agency]),
    )


def view_for(seen: Seen) -> IncidentView:
    """The incident as these reports tell it, and no others."""
    members = [member for member, _ in seen]
    readable = [member for member, form in seen if form.is_open]
    return IncidentView(
        claim=claim_of(readable) if readable else Claim(),
        reports=len(members),
        independent_origins=len(origins_of(members)),
        echo_ring=len(ring_of(readable)),
        credibility=credibility_of(members),
    )


def _handling(members: Sequence[Member]) -> AlertHandling:
    """The high-water mark of the reports; of markings that an incident does not keep the strictest."""
    return AlertHandling(
        tlp=max((member.tlp for member in members), key=lambda marking: marking.level),
        pap=PAP.RED,
        classification=max((member.classification for member in members), key=lambda marking: marking.level),
        originator_control=True,
    )


def link_of(judged: Judged, message: Judgement, now: datetime, *, by_hub: bool = False) -> Output:
    """The record of the decision between the two incidents; of several on one pair the newest stays."""
    said_by = message.agency if message.by is None else f"{message.agency}, {message.by}"[:300]
    name = ids.link_id("decided", *judged.incidents)
    link = Link(
        link_id=name,
        incidents=judged.incidents,
        type="same" if judged.same else "split",
        reasons=(Reason(field="hub" if by_hub else "person", bits=0.0, said=message.reason),),
        decided_by="correlate" if by_hub else said_by,
        at=now,
    )
    return Output(topics.LINKS, name.encode(), encode(link))


def receipts(judged: Judged, message: Judgement, now: datetime, *, by_hub: bool = False) -> list[Output]:
    """A receipt for each originator whose report moved, and one for the desk that decided, if one did."""
    name = judgement_id(message)
    found = [] if by_hub else [_done(message, name, judged.sentence, now)]
    if judged.move is not None:
        home = judged.move.home
        found += [
            _moved(member, home, name, now, by_hub=by_hub) for member in judged.move.reports if not member.withdrawn
        ]
    return [receipt_out(each) for each in found]


def _done(message: Judgement, name: str, sentence: str, now: datetime) -> Receipt:
    return Receipt(
        receipt_id=ids.receipt_id(name, ReceiptOutcome.CONTROL_DONE),
        agency=message.agency,
        at=now,
        outcome=ReceiptOutcome.CONTROL_DONE,
        sentence=sentence,
    )


def _moved(member: Member, home: Incident, name: str, now: datetime, *, by_hub: bool) -> Receipt:
    told = _MOVED_BY_HUB if by_hub else _MOVED
    return Receipt(
        receipt_id=ids.receipt_id(member.report_id, ReceiptOutcome.MOVED, name),
        agency=member.agency,
        at=now,
        outcome=ReceiptOutcome.MOVED,
        report_id=member.report_id,
        revision=member.revision,
        incident_id=home.incident_id,
        independent_origins=home.independent_origins,
        delivered_to=len(member.forms),
        sentence=told if member.forms else f"{told} {_UNTOLD}",
    )


def audit_of(judged: Judged, message: Judgement, rulings: Sequence[Ruling], now: datetime) -> list[Output]:
    """The audit records: who decided what and why, and who was told; and of each report that moved, where to."""
    told = tuple(ruling.agency for ruling in rulings if ruling.form is not None)
    home = judged.move.home.incident_id if judged.move is not None else judged.incidents[0]
    record = AuditRecord(
        audit_id=ids.audit_id(judgement_id(message), judged.event),
        at=now,
        event=judged.event,
        agency=message.agency,
        incident_id=home,
        decisions=dict(by_rule(rulings)),
        forms={Form.POINTER: told} if told else {},
        note=f"{judged.sentence} Why: {message.reason}" + (f" By: {message.by}" if message.by else ""),
    )
    name = judgement_id(message)
    moved = [
        AuditRecord(
            audit_id=ids.audit_id(name, judged.event, member.report_id),
            at=now,
            event=judged.event,
            agency=message.agency,
            report_id=member.report_id,
            incident_id=home,
        )
        for member in (judged.move.reports if judged.move is not None else ())
    ]
    return [audit_out(each, each.report_id or home) for each in (record, *moved)]


def refusal(message: Judgement, rejection: Rejection, now: datetime) -> list[Output]:
    """The receipt and the audit record of a decision that could not be carried out."""
    name = judgement_id(message)
    receipt = Receipt(
        receipt_id=ids.receipt_id(name, ReceiptOutcome.REJECTED),
        agency=message.agency,
        at=now,
        outcome=ReceiptOutcome.REJECTED,
        reason=rejection.reason,
        field=rejection.field,
        sentence=rejection.sentence,
    )
    record = AuditRecord(
        audit_id=ids.audit_id(name, AuditEvent.MESSAGE_REJECTED),
        at=now,
        event=AuditEvent.MESSAGE_REJECTED,
        agency=message.agency,
        note=f"{rejection.reason}: {message.type}",
    )
    return [receipt_out(receipt), audit_out(record, name)]
