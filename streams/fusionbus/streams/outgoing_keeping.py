"""What the hub writes about what is kept and what is not: receipts for originators, audit records. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from fusionbus.contract import ids
from fusionbus.contract.facts import Facts
from fusionbus.contract.incident import Member
from fusionbus.contract.keeping import AnyOrder, Keeping, Purge
from fusionbus.contract.records import AuditEvent, AuditRecord, Receipt, ReceiptOutcome
from fusionbus.contract.vocabulary import Form
from fusionbus.streams.engine import Output
from fusionbus.streams.route import by_rule
from fusionbus.streams.values import Change
from fusionbus.streams.written import audit_out, receipt_out

_HOLDS: Final = {"legal_hold": Facts(hold="held"), "release_hold": Facts(hold="released")}


def purged(change: Change, order: Purge | None, now: datetime) -> Iterator[Output]:
    """The receipt to the originator, one to the hub's desk if that ordered it, and the audit record."""
    member, incident = change.member, change.incident
    told = [ruling.agency for ruling in change.rulings if ruling.form is not None]
    recipients = [agency for agency in told if agency != member.agency]
    why = "its retention has ended" if order is None else f"{order.agency} ordered it"
    sentence = f"The report was purged, because {why}; {len(recipients)} recipients were told to erase it."
    stamp = _stamp(order) if order is not None else "retention"
    for agency in dict.fromkeys((member.agency, order.agency if order is not None else member.agency)):
        receipt = Receipt(
            receipt_id=_receipt_id(member, order, ReceiptOutcome.PURGED, agency),
            agency=agency,
            at=now,
            outcome=ReceiptOutcome.PURGED,
            report_id=member.report_id,
            revision=member.revision,
            incident_id=incident.incident_id if agency == member.agency else None,
            delivered_to=len(recipients),
            sentence=sentence,
        )
        yield receipt_out(receipt, member.report_id)
    record = AuditRecord(
        audit_id=ids.audit_id(member.report_id, AuditEvent.REPORT_PURGED, stamp),
        at=now,
        event=AuditEvent.REPORT_PURGED,
        agency=member.agency,
        report_id=member.report_id,
        revision=member.revision,
        incident_id=incident.incident_id,
        decisions=dict(by_rule(change.rulings)),
        forms={Form.POINTER: tuple(told)} if told else {},
        note=why if order is None else _said(order),
    )
    yield audit_out(record, member.report_id)


def done(order: AnyOrder, member: Member, sentence: str, now: datetime) -> Iterator[Output]:
    """The receipts and the audit record of an order that takes nothing away."""
    for agency in dict.fromkeys((member.agency, order.agency)):
        receipt = Receipt(
            receipt_id=_receipt_id(member, order, ReceiptOutcome.CONTROL_DONE, agency),
            agency=agency,
            at=now,
            outcome=ReceiptOutcome.CONTROL_DONE,
            report_id=member.report_id,
            sentence=sentence if agency == order.agency else f"{order.agency}, {order.type}: {sentence}",
        )
        yield receipt_out(receipt, member.report_id)
    record = AuditRecord(
        audit_id=ids.audit_id(member.report_id, AuditEvent.HOLD_CHANGED, _stamp(order)),
        at=now,
        event=AuditEvent.REPORT_PURGED if isinstance(order, Purge) else AuditEvent.HOLD_CHANGED,
        agency=order.agency,
        report_id=member.report_id,
        note=f"{_said(order)} ({sentence})",
        facts=_HOLDS.get(order.type),
    )
    yield audit_out(record, member.report_id)


def review_due(member: Member, now: datetime) -> Iterator[Output]:
    """The receipt that reminds an originator of a review, and the audit record."""
    keeping = member.keeping or Keeping(review_due=now)
    day, until = (keeping.review_due or now).date().isoformat(), keeping.retention_until
    ends = f" If nothing is done it is purged on {until.date().isoformat()}." if until is not None else ""
    receipt = Receipt(
        receipt_id=ids.receipt_id(member.report_id, ReceiptOutcome.REVIEW_DUE, day),
        agency=member.agency,
        at=now,
        outcome=ReceiptOutcome.REVIEW_DUE,
        report_id=member.report_id,
        revision=member.revision,
        sentence=f"Its review was due on {day}: purge it, or send an update with new dates in `legal`.{ends}",
    )
    record = AuditRecord(
        audit_id=ids.audit_id(member.report_id, AuditEvent.REVIEW_DUE, day),
        at=now,
        event=AuditEvent.REVIEW_DUE,
        agency=member.agency,
        report_id=member.report_id,
        revision=member.revision,
        note=f"due on {day}",
    )
    yield receipt_out(receipt, member.report_id)
    yield audit_out(record, member.report_id)


def _receipt_id(member: Member, order: AnyOrder | None, outcome: ReceiptOutcome, agency: str) -> str:
    """The giver's receipt has the order's id, for it waits for that; the originator's own beside it has another."""
    if order is not None and agency == order.agency:
        return order.receipt_id(outcome)
    return ids.receipt_id(member.report_id, outcome, agency, "retention" if order is None else _stamp(order))


def _stamp(order: AnyOrder) -> str:
    return f"{order.type} {order.agency} {order.at.isoformat()}"


def _said(order: AnyOrder) -> str:
    by = f" ({order.by})" if order.by else ""
    return f"{order.type} by {order.agency}{by}: {order.reason}"
