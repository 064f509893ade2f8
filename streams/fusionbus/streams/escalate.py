"""A deadline has passed: who is told, once a revision and agency. Pure.

The silent agency is told again, on the same topic, for whoever looks there next; the desk that can call it is told
where to call; the originator learns how many of its recipients are late, and no names.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from fusionbus.contract import ids, topics
from fusionbus.contract.agency import Agency
from fusionbus.contract.alert import Alert, AlertBody, AlertHandling, Escalation, IncidentView
from fusionbus.contract.codec import encode
from fusionbus.contract.incident import Awaited, Claim, Incident, Member
from fusionbus.contract.records import AuditEvent, AuditRecord, Receipt, ReceiptOutcome
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import (
    PAP,
    AlertKind,
    AlertMsgType,
    Credibility,
    Form,
    MsgType,
    Status,
)
from fusionbus.streams.deadlines import deadline_of, overdue
from fusionbus.streams.engine import Output
from fusionbus.streams.registry import Registry
from fusionbus.streams.route import HUB_AGENCY
from fusionbus.streams.written import audit_out, receipt_out

NOTHING_TOLD: Final = IncidentView(
    claim=Claim(), reports=0, independent_origins=0, credibility=Credibility.CANNOT_BE_JUDGED
)
"""A notice tells nothing of the event: whoever may know it has been told."""


def escalate(incident: Incident, registry: Registry, at: datetime) -> tuple[Incident, list[Output], tuple[str, ...]]:
    """The incident with its late answers noted, what is sent, and whose answers are late; as of this moment.

    Sending all of it again makes the same ids: the moment is that of a tick, and a replay of the tick brings it back.
    """
    late = overdue(incident, at)
    if not late:
        return incident, [], ()
    noted = {agency: awaited.model_copy(update={"escalated_at": at}) for agency, awaited in late.items()}
    after = incident.model_copy(update={"awaited": incident.awaited | noted})
    outputs: list[Output] = []
    for agency, awaited in late.items():
        outputs.extend(_notices(incident, agency, awaited, registry, at))
        outputs.append(_audit(incident, agency, awaited, at))
    outputs.extend(_receipts(after, late, at))
    return after, outputs, tuple(late)


def _notices(incident: Incident, agency: str, awaited: Awaited, registry: Registry, at: datetime) -> Iterator[Output]:
    silent = registry.agencies.get(agency)
    about = _told_by(incident, silent, awaited) if silent is not None else None
    if silent is None or about is None:
        return
    desks = {agency}
    if incident.status is Status.ACTUAL:
        desks.add(_desk_of(silent, about, incident, registry))
    for desk in sorted(desks):
        if registry.knows(desk):
            alert = _notice(incident, silent, awaited, about, desk, at)
            yield Output(topics.alerts_topic(desk), incident.incident_id.encode(), encode(alert))


def _told_by(incident: Incident, silent: Agency, awaited: Awaited) -> Member | None:
    """The report that the awaited revision told the silent agency of, or one that it knows: never another's.

    Of a recall it may know nothing any more. A report that is counted and not listed stands behind the newest, which
    is no partner's abroad to know of.
    """
    told = [member for member in incident.members if awaited.revision in member.told.get(incident.incident_id, ())]
    known = [member for member in incident.members if silent.agency in (member.agency, *member.forms)]
    best = [member for member in told if awaited.recall or member in known] or known
    if best:
        return best[0]
    return incident.members[-1] if incident.members and not silent.foreign else None


def _desk_of(silent: Agency, about: Member, incident: Incident, registry: Registry) -> str:
    """The agency that calls: the one its entry names, if that may know of the kind and marking; else the centre.

    Who told a report that the silent agency has would learn a recipient's name by it.
    """
    told = {about.agency, *(member.agency for member in incident.members if silent.agency in member.forms)}
    named = registry.agencies.get(silent.escalates_to or HUB_AGENCY)
    if (
        named is not None
        and named.active
        and not named.foreign
        and named.agency not in told
        and about.kind in named.kinds
        and named.clearance.level >= about.classification.level
    ):
        return named.agency
    return HUB_AGENCY


def _notice(  # noqa: PLR0917 - the six things that a notice is made of
    incident: Incident, silent: Agency, awaited: Awaited, about: Member, desk: str, at: datetime
) -> Alert:
    alert_id = ids.alert_id(incident.incident_id, awaited.revision, silent.agency)
    what = "a recall" if awaited.recall else "an alert"
    own = desk == silent.agency
    return Alert(
        alert_id=ids.escalation_id(alert_id, desk),
        kind=AlertKind.ESCALATION,
        recipient=desk,
        status=incident.status,
        msg_type=AlertMsgType.ALERT,
        incident_id=incident.incident_id,
        incident_revision=awaited.revision,
        zone=incident.zone,
        issued_at=at,
        published_at=at,
        rule=Rule.NOTICE,
        why=f"you have not acknowledged {what} in time"
        if own
        else f"{silent.agency} has not acknowledged {what} in time",
        form=Form.POINTER,
        handling=AlertHandling(tlp=about.tlp, pap=PAP.AMBER, classification=about.classification),
        incident=NOTHING_TOLD,
        body=AlertBody(
            msg_type=MsgType.CANCEL if awaited.recall else MsgType.REPORT,
            kind=about.kind,
            reported_at=about.reported_at,
            urgency=about.urgency,
            severity=about.severity,
            contact=silent.escalation_contact or silent.contact,
        ),
        escalation=Escalation(
            agency=silent.agency,
            alert_id=alert_id,
            recall=bool(awaited.recall),
            sent_at=awaited.sent_at,
            acknowledge_by=deadline_of(awaited),
            contact=silent.escalation_contact or silent.contact,
        ),
    )


def _audit(incident: Incident, agency: str, awaited: Awaited, at: datetime) -> Output:
    alert_id = ids.alert_id(incident.incident_id, awaited.revision, agency)
    what = "recall" if awaited.recall else "alert"
    record = AuditRecord(
        audit_id=ids.audit_id(alert_id, AuditEvent.ALERT_ESCALATED),
        at=at,
        event=AuditEvent.ALERT_ESCALATED,
        agency=agency,
        incident_id=incident.incident_id,
        note=f"{what} {alert_id} was not acknowledged by {deadline_of(awaited).isoformat()}",
    )
    return audit_out(record, incident.incident_id)


def _receipts(after: Incident, late: Mapping[str, Awaited], at: datetime) -> Iterator[Output]:
    """One receipt for each report that someone late was told of; its id names no agency, for ids can be tried out."""
    for member in after.members:
        if not any(_had(after, member, agency, awaited) for agency, awaited in late.items()):
            continue
        missing = sum(
            awaited.escalated_at is not None and _had(after, member, agency, awaited)
            for agency, awaited in after.awaited.items()
        )
        receipt = Receipt(
            receipt_id=ids.receipt_id(
                member.report_id, ReceiptOutcome.ESCALATED, after.incident_id, at.isoformat(), str(missing)
            ),
            agency=member.agency,
            at=at,
            outcome=ReceiptOutcome.ESCALATED,
            report_id=member.report_id,
            revision=member.revision,
            incident_id=after.incident_id,
            overdue=missing,
            sentence=f"{_counted(missing)} not acknowledged in time; the desk that calls them is told.",
        )
        yield receipt_out(receipt, member.report_id)


def _had(incident: Incident, member: Member, agency: str, awaited: Awaited) -> bool:
    return agency in member.forms or awaited.revision in member.told.get(incident.incident_id, ())


def _counted(missing: int) -> str:
    return "One recipient has" if missing == 1 else f"{missing} recipients have"
