"""What the hub writes about what it did: receipts for originators, dead letters, audit records. Pure."""

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime

from fusionbus.contract import ids, topics
from fusionbus.contract.codec import encode
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.facts import Facts
from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.records import (
    DEAD_LETTER_BODY_BYTES_MAX,
    AuditEvent,
    AuditRecord,
    DeadLetter,
    Receipt,
    ReceiptOutcome,
)
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import Form
from fusionbus.streams.admit import Arrival
from fusionbus.streams.engine import Event, Output
from fusionbus.streams.keeping import facts_of
from fusionbus.streams.route import by_rule
from fusionbus.streams.values import Change, Rejection, Repeat, Ruling
from fusionbus.streams.written import audit_out, receipt_out


def rejected(event: Event, arrival: Arrival, rejection: Rejection, now: datetime) -> list[Output]:
    """A dead letter, a receipt that says what to mend, and an audit record."""
    letter = _dead_letter(event, arrival, rejection, now)
    letter_id = letter.dead_letter_id
    outputs = [Output(topics.DEAD_LETTERS, letter_id.encode(), encode(letter))]
    if arrival.agency:
        receipt = Receipt(
            receipt_id=ids.receipt_id(letter_id, ReceiptOutcome.REJECTED),
            agency=arrival.agency,
            at=now,
            outcome=ReceiptOutcome.REJECTED,
            report_id=rejection.report_id,
            local_ref=rejection.local_ref,
            revision=rejection.revision,
            request_id=rejection.request_id,
            reason=rejection.reason,
            field=rejection.field,
            sentence=rejection.sentence,
        )
        outputs.append(receipt_out(receipt))
    record = AuditRecord(
        audit_id=ids.audit_id(letter_id, AuditEvent.MESSAGE_REJECTED),
        at=now,
        event=AuditEvent.MESSAGE_REJECTED,
        agency=arrival.agency or None,
        report_id=rejection.report_id,
        note=f"{rejection.reason}: dead letter {letter_id}",
        reason=rejection.reason,
    )
    outputs.append(audit_out(record, letter_id))
    return outputs


def _dead_letter(event: Event, arrival: Arrival, rejection: Rejection, now: datetime) -> DeadLetter:
    value = event.value or b""
    return DeadLetter(
        dead_letter_id=ids.dead_letter_id(event.topic, event.partition, event.offset),
        at=now,
        topic=event.topic,
        partition=event.partition,
        offset=event.offset,
        agency=arrival.agency or None,
        reason=rejection.reason,
        field=rejection.field,
        sentence=rejection.sentence,
        key_base64=base64.b64encode(event.key[:1024]).decode() if event.key is not None else None,
        body_base64=base64.b64encode(value[:DEAD_LETTER_BODY_BYTES_MAX]).decode(),
        body_bytes=len(value),
        body_sha256=hashlib.sha256(value).hexdigest(),
    )


def repeated(event: Event, repeat: Repeat, now: datetime) -> list[Output]:
    """A receipt and an audit record for a revision that was here before."""
    report = repeat.report
    where = f"{event.topic}/{event.partition}/{event.offset}"
    older = report.revision < repeat.revision
    receipt = Receipt(
        receipt_id=ids.receipt_id(report.report_id, ReceiptOutcome.REPEAT, where),
        agency=report.agency,
        at=now,
        outcome=ReceiptOutcome.REPEAT,
        report_id=report.report_id,
        local_ref=report.local_ref,
        revision=report.revision,
        sentence=f"Revision {repeat.revision} is here already, which is newer." if older else "It is here already.",
    )
    record = AuditRecord(
        audit_id=ids.audit_id(report.report_id, AuditEvent.REPORT_REPEATED, where),
        at=now,
        event=AuditEvent.REPORT_REPEATED,
        agency=report.agency,
        report_id=report.report_id,
        revision=report.revision,
    )
    return [receipt_out(receipt), audit_out(record, report.report_id)]


def routed(
    report: ThreatReport,
    change: Change,
    now: datetime,
) -> list[Output]:
    """The receipt of a report that went through, and the audit record with the ruling on every agency."""
    incident, outcome, held = change.incident, change.outcome, change.rulings
    groups = by_rule(held)
    forms = _forms(held)
    receipt = Receipt(
        receipt_id=ids.receipt_id(report.report_id, outcome, str(report.revision)),
        agency=report.agency,
        at=now,
        outcome=outcome,
        report_id=report.report_id,
        local_ref=report.local_ref,
        revision=report.revision,
        incident_id=incident.incident_id,
        independent_origins=incident.independent_origins,
        delivered_to=sum(len(names) for names in forms.values()),
        forms={form: len(names) for form, names in forms.items()},
        withheld={rule: len(names) for rule, names in groups.items() if not rule.delivers},
    )
    cancelled = outcome is ReceiptOutcome.CANCELLED
    event = AuditEvent.REPORT_CANCELLED if cancelled else AuditEvent.REPORT_ROUTED
    record = AuditRecord(
        audit_id=ids.audit_id(report.report_id, event, str(report.revision)),
        at=now,
        event=event,
        agency=report.agency,
        report_id=report.report_id,
        revision=report.revision,
        incident_id=incident.incident_id,
        relation=change.member.relation,
        decisions=dict(groups),
        forms=forms,
        override=Rule.IMMINENT_DANGER in groups,
        facts=facts_of(report, incident),
    )
    return [receipt_out(receipt), audit_out(record, report.report_id)]


def acknowledged(incident: Incident, member: Member, newest: str, now: datetime) -> Output:
    """The receipt that tells an originator how many recipients of its report have acknowledged, used or doubted it."""
    recipients = set(member.forms)
    receipt = Receipt(
        receipt_id=ids.receipt_id(member.report_id, ReceiptOutcome.ACKNOWLEDGED, incident.incident_id, newest),
        agency=member.agency,
        at=now,
        outcome=ReceiptOutcome.ACKNOWLEDGED,
        report_id=member.report_id,
        revision=member.revision,
        incident_id=incident.incident_id,
        delivered_to=len(recipients),
        acknowledged_by=len(recipients & incident.acknowledged.keys()),
        used_by=len(recipients & set(incident.used_by)),
        false_alarm_by=len(recipients & set(incident.false_alarm_by)),
    )
    return receipt_out(receipt)


def answered(message: Acknowledgement, now: datetime) -> Output:
    """The audit record of what one recipient said of one alert: its opinion and note are told nowhere else."""
    said = ", ".join(str(part) for part in (message.action, message.opinion, message.note) if part is not None)
    record = AuditRecord(
        audit_id=ids.audit_id(message.alert_id, AuditEvent.ALERT_ACKNOWLEDGED, message.at.isoformat(), message.action),
        at=now,
        event=AuditEvent.ALERT_ACKNOWLEDGED,
        agency=message.agency,
        incident_id=message.incident_id,
        note=f"alert {message.alert_id}: {said}",
        facts=Facts(action=message.action),
    )
    return audit_out(record, message.incident_id)


def control_done(agency: str, about: str, sentence: str, at: datetime, now: datetime) -> list[Output]:
    """The receipt and audit record of a changed subscription."""
    stamp = at.isoformat()
    receipt = Receipt(
        receipt_id=ids.receipt_id(about, ReceiptOutcome.CONTROL_DONE, stamp),
        agency=agency,
        at=now,
        outcome=ReceiptOutcome.CONTROL_DONE,
        sentence=sentence,
    )
    record = AuditRecord(
        audit_id=ids.audit_id(about, AuditEvent.SUBSCRIPTION_CHANGED, stamp),
        at=now,
        event=AuditEvent.SUBSCRIPTION_CHANGED,
        agency=agency,
        note=sentence,
    )
    return [receipt_out(receipt, about), audit_out(record, about)]


def _forms(rulings: Iterable[Ruling]) -> dict[Form, tuple[str, ...]]:
    found: dict[Form, list[str]] = {}
    for ruling in rulings:
        if ruling.form is not None:
            found.setdefault(ruling.form, []).append(ruling.agency)
    return {form: tuple(names) for form, names in found.items()}
