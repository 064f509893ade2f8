"""Two operations, or an operation and another agency's report or subject, at one place and time: whom to call. Pure.

Either side learns that there is something and whom to call, and nothing else: not what, where, when, nor how much.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fusionbus.contract import ids, topics
from fusionbus.contract.agency import Agency
from fusionbus.contract.alert import Alert, AlertBody, AlertHandling, IncidentView
from fusionbus.contract.codec import encode
from fusionbus.contract.crossing import Coincidence
from fusionbus.contract.incident import Claim, Incident, Member
from fusionbus.contract.records import AuditEvent, AuditRecord
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import (
    PAP,
    TLP,
    AlertKind,
    AlertMsgType,
    Credibility,
    Form,
    MsgType,
    Severity,
)
from fusionbus.streams.correlate import OpenIncidents
from fusionbus.streams.correlate.meetings import meetings
from fusionbus.streams.deadlines import awaiting, deadline_of
from fusionbus.streams.engine import Output
from fusionbus.streams.incidents import member_of
from fusionbus.streams.ingress import Tally
from fusionbus.streams.registry import Registry
from fusionbus.streams.route import HUB_AGENCY
from fusionbus.streams.values import Change, Enriched, Ruling
from fusionbus.streams.written import audit_out

POINTED_MAX: Final = 20
"""Others that one report is pointed to: who meets more has set too wide a circle, and calls the hub's desk."""
PAIRS_KEPT_MAX: Final = 200
"""Pairs that an incident remembers as told, 40 bytes each; past it nothing further is pointed to from it."""
_SEVERITY: Final = Severity.SEVERE
"""How soon a pointer is to be answered: two armed parties may be on their way."""
_WHY: Final = (
    "something of another agency lies at the same place and time as yours, or about the same subject: call them"
)
_TEXT_MAX: Final = 300
_OPEN_TO_ASK: Final = (TLP.CLEAR, TLP.GREEN, TLP.AMBER)


@dataclass(slots=True)
class Pointing:
    """A report's incident, and what pointing it to others makes of it and of theirs."""

    incident: Incident
    """The report's own; it stays what it was where nothing meets it."""
    registry: Registry
    now: datetime
    others: dict[str, Incident] = field(default_factory=dict)
    """Incidents on the other side that changed; to be written before the report's own."""
    outputs: list[Output] = field(default_factory=list)
    tally: Tally = field(default_factory=Counter)

    def tell(self, incident: Incident, own: Member, desks: Iterable[str]) -> Incident:
        """Sends one agency the pointer on its own report; the incident then waits for its answer."""
        agency = self.registry.agencies.get(own.agency)
        if agency is None or not agency.active or agency.foreign:
            return incident
        ruling = Ruling(own.agency, Rule.DECONFLICTION, Form.POINTER, _WHY)
        incident = awaiting(incident, [ruling], _SEVERITY, self.registry.deadlines)
        alert = _alert(incident, own, "; ".join(dict.fromkeys(desks))[:_TEXT_MAX], self.now)
        self.outputs.append(Output(topics.alerts_topic(own.agency), incident.incident_id.encode(), encode(alert)))
        self.outputs.append(_audit(alert, own, self.now))
        self.tally["alert", own.agency, Rule.DECONFLICTION] += 1
        return incident

    def tell_other(self, held: Incident, theirs: Member, desks: Mapping[str, str]) -> None:
        """Tells the other side; its incident has a further revision by it, for alert ids are made from that.

        `desks` by the id of each pair.
        """
        after = held.model_copy(update={"revision": held.revision + 1, "updated_at": self.now})
        self.others[held.incident_id] = self.tell(_remember(after, desks), theirs, desks.values())

    def tell_elsewhere(self, guest: Incident, theirs: Member, desks: Mapping[str, str]) -> None:
        """Leaves it to the other side's zone, which tells each pair once, however many zones find it."""
        found = Coincidence(
            zone=guest.zone,
            incident_id=guest.incident_id,
            report_id=theirs.report_id,
            desks=dict(desks),
            accepted_at=self.now,
        )
        self.outputs.append(Output(topics.ACCEPTED, guest.zone.encode(), encode(found)))
        self.tally["crossed", "coincided"] += 1


def deconflict(
    enriched: Enriched,
    change: Change,
    open_incidents: OpenIncidents,
    look: Callable[[str], Incident | None],
    pointing: Pointing,
) -> Pointing:
    """The pointers that a report leads to, each pair of reports once; `look` also finds what is only shown here."""
    mine = change.member
    desks: list[str] = []
    met = meetings(enriched, open_incidents) if enriched.report.msg_type is not MsgType.CANCEL else []
    for incident_id, report_id in met:
        beside = incident_id == pointing.incident.incident_id
        held = pointing.incident if beside else pointing.others.get(incident_id) or look(incident_id)
        theirs = member_of(held, report_id) if held is not None else None
        pair = ids.link_id("deconfliction", mine.report_id, report_id)
        known = pointing.incident.pointed_to
        if held is None or theirs is None or pair in known:
            continue
        if len(desks) == POINTED_MAX or len(known) >= PAIRS_KEPT_MAX:
            break
        desks.append(desk_of(theirs, mine.agency, pointing.registry))
        pointing.incident = _remember(pointing.incident, [pair])
        desk = desk_of(mine, theirs.agency, pointing.registry)
        if held.zone != pointing.incident.zone:
            pointing.tell_elsewhere(held, theirs, {pair: desk})
        elif not beside and pair not in held.pointed_to:
            pointing.tell_other(held, theirs, {pair: desk})
        elif beside and theirs.agency not in mine.forms:
            # Where the report itself reaches it, that is a pointer too: nobody reads more of an operation.
            pointing.incident = pointing.tell(pointing.incident, theirs, [desk])
    if desks:
        pointing.incident = pointing.tell(pointing.incident, mine, desks)
    return pointing


def _alert(incident: Incident, own: Member, contact: str, now: datetime) -> Alert:
    """The pointer: everything in it but the contact is the recipient's own, or the same in every pointer."""
    return Alert(
        alert_id=ids.alert_id(incident.incident_id, incident.revision, own.agency),
        kind=AlertKind.DECONFLICTION,
        recipient=own.agency,
        status=incident.status,
        msg_type=AlertMsgType.ALERT,
        incident_id=incident.incident_id,
        incident_revision=incident.revision,
        zone=incident.zone,
        issued_at=now,
        published_at=now,
        rule=Rule.DECONFLICTION,
        why=_WHY,
        form=Form.POINTER,
        handling=AlertHandling(tlp=TLP.RED, pap=PAP.RED, classification=own.classification, originator_control=True),
        incident=IncidentView(
            claim=Claim(), reports=1, independent_origins=1, credibility=Credibility.CANNOT_BE_JUDGED
        ),
        body=AlertBody(
            report_id=own.report_id,
            msg_type=MsgType.REPORT,
            kind=own.kind,
            reported_at=own.reported_at,
            contact=contact,
        ),
        acknowledge_by=deadline_of(incident.awaited[own.agency]),
    )


def _audit(alert: Alert, own: Member, now: datetime) -> Output:
    record = AuditRecord(
        audit_id=ids.audit_id(alert.alert_id, AuditEvent.DECONFLICTED),
        at=now,
        event=AuditEvent.DECONFLICTED,
        report_id=own.report_id,
        incident_id=alert.incident_id,
        decisions={Rule.DECONFLICTION: (own.agency,)},
        forms={Form.POINTER: (own.agency,)},
    )
    return audit_out(record, own.report_id)


def desk_of(member: Member, asks: str, registry: Registry) -> str:
    """Whom to call about a report; the hub's desk where its originator may not be known to the one who asks."""
    owner, asking = registry.agencies.get(member.agency), registry.agencies.get(asks)
    if owner is not None and asking is not None and _may_know(member, owner, asking):
        return owner.contact
    return registry.contact_of(HUB_AGENCY)


def _may_know(member: Member, owner: Agency, asking: Agency) -> bool:
    return (
        not (owner.foreign or asking.foreign or member.masked)
        and member.tlp in _OPEN_TO_ASK
        and member.classification.level <= asking.clearance.level
    )


def _remember(incident: Incident, pairs: Iterable[str]) -> Incident:
    return incident.model_copy(update={"pointed_to": (*incident.pointed_to, *pairs)})
