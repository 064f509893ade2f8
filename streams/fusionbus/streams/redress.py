"""A person asks what is held on him to be corrected or purged: the desk asks, the originator answers. Pure.

Source: 28 CFR 23.20(h) (what is misleading or unreliable is destroyed, and recipients are told), Constitution of
Pakistan, Article 14(1).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from fusionbus.contract import ids
from fusionbus.contract.facts import Facts
from fusionbus.contract.incident import Member
from fusionbus.contract.keeping import AnswerRedress, AnyOrder, AskRedress, Keeping, Redress
from fusionbus.contract.records import AuditEvent, AuditRecord, Receipt, ReceiptOutcome, RejectReason
from fusionbus.streams.engine import Output
from fusionbus.streams.route import HUB_AGENCY
from fusionbus.streams.values import Rejection
from fusionbus.streams.written import audit_out, receipt_out

WORDS_CHARS_MAX: Final = 120
"""Of a reason so much fits into the one sentence of a receipt; the audit keeps more."""


def asked(member: Member, order: AskRedress) -> Member | Rejection:
    """The member of which redress is asked, or why it cannot be."""
    keeping = member.keeping or Keeping()
    if order.agency != HUB_AGENCY:
        why = f"Only {HUB_AGENCY}, the hub's desk, asks for redress: a person turns to it."
        return Rejection(RejectReason.NOT_YOURS, why, "agency", order.report_id)
    if keeping.purged_at is not None:
        return Rejection(
            RejectReason.PURGED, "The report was purged: nothing of it is left.", "report_id", order.report_id
        )
    open_one = keeping.redress
    if open_one is not None and open_one.answer is None and open_one.case_id != order.case_id:
        why = f"Case {open_one.case_id} asks for this report already: wait for its answer."
        return Rejection(RejectReason.SETTLED, why, "case_id", order.report_id)
    request = Redress(
        case_id=order.case_id,
        wanted=order.wanted,
        asked_by=order.agency,
        asked_at=order.at,
        answer_by=order.answer_by,
        revision=member.revision,
    )
    return _with(member, request, order.answer_by)


def answered(member: Member, order: AnswerRedress) -> Member | Rejection:
    """The member whose request for redress its originator has answered, or why that is no answer."""
    request = member.keeping.redress if member.keeping is not None else None
    if order.agency != member.agency:
        why = "Only the originator of the report answers for it."
        return Rejection(RejectReason.NOT_YOURS, why, "agency", order.report_id)
    if request is None or request.case_id != order.case_id:
        why = "No such case asks for this report: copy the case from the receipt."
        return Rejection(RejectReason.UNKNOWN_REQUEST, why, "case_id", order.report_id)
    if request.answer not in (None, "lapsed"):
        why = f"This request was answered already ({request.answer})."
        return Rejection(RejectReason.SETTLED, why, "answer", order.report_id)
    if order.answer == "corrected" and member.revision <= request.revision:
        why = "The report is as it was when the correction was asked for: send the update first."
        return Rejection(RejectReason.REVISION_GAP, why, "answer", order.report_id)
    return _with(member, request.model_copy(update={"answer": order.answer, "answered_at": order.at}), None)


def is_overdue(member: Member, now: datetime) -> bool:
    """Whether its originator has let the deadline pass, and nobody was told so yet."""
    due = member.keeping.redress_due if member.keeping is not None else None
    return due is not None and due <= now


def lapsed(member: Member, now: datetime) -> Member:
    """The member whose originator has not answered in time; it still may."""
    request = _request(member)
    return _with(member, request.model_copy(update={"answer": "lapsed", "answered_at": now}), None)


def after_purge(member: Member, tombstone: Member, now: datetime) -> Member:
    """The tombstone, with the request that the purge answers."""
    request = member.keeping.redress if member.keeping is not None else None
    if request is None:
        return tombstone
    return _with(tombstone, request.model_copy(update={"answer": "purged", "answered_at": now}), None)


def tell_asked(member: Member, order: AskRedress, now: datetime) -> Iterator[Output]:
    """The receipts of both sides and the audit record."""
    until = f"{order.answer_by:%Y-%m-%d %H:%M} UTC"
    held = member.keeping.holds if member.keeping is not None else ()
    hold = f" It is held by {', '.join(held)}: no purge before that is released." if held else ""
    yield _receipt(order.agency, member, order, f"{member.agency} is asked to {order.wanted} it by {until}.{hold}", now)
    do = "purge it" if order.wanted == "purge" else "send an update and answer `corrected`"
    told = (
        f"Redress, case {order.case_id}: {do} by {until}, or refuse with a reason (`fusionbus redress answer`).{hold}"
    )
    receipt = Receipt(
        receipt_id=ids.receipt_id(member.report_id, ReceiptOutcome.REDRESS_ASKED, order.case_id, order.at.isoformat()),
        agency=member.agency,
        at=now,
        outcome=ReceiptOutcome.REDRESS_ASKED,
        report_id=member.report_id,
        revision=member.revision,
        request_id=order.case_id,
        sentence=told,
    )
    yield receipt_out(receipt, member.report_id)
    yield _audit(member, AuditEvent.REDRESS_ASKED, order.agency, f"{order.wanted}: {order.reason}", now)


def tell_answered(member: Member, order: AnswerRedress, now: datetime) -> Iterator[Output]:
    """The receipts of both sides and the audit record."""
    yield _receipt(order.agency, member, order, "The answer is with the hub's desk.", now)
    yield from _outcome(member, f"{member.agency} says {order.answer}: {order.reason[:WORDS_CHARS_MAX]}", now)
    yield _audit(member, AuditEvent.REDRESS_ANSWERED, order.agency, f"{order.answer}: {order.reason}", now)


def tell_settled(member: Member, now: datetime) -> Iterator[Output]:
    """What a purge or a missed deadline answers, to the desk that asked; nothing where nothing was asked."""
    request = member.keeping.redress if member.keeping is not None else None
    if request is None or request.answered_at != now:
        return
    silent = f"{member.agency} has not answered in time: call its desk."
    yield from _outcome(member, silent if request.answer == "lapsed" else "The report was purged.", now)
    yield _audit(member, AuditEvent.REDRESS_ANSWERED, member.agency, str(request.answer), now)


def _outcome(member: Member, sentence: str, now: datetime) -> Iterator[Output]:
    request = _request(member)
    receipt = Receipt(
        receipt_id=ids.receipt_id(
            member.report_id, ReceiptOutcome.REDRESS_ANSWERED, request.case_id, str(request.answer)
        ),
        agency=request.asked_by,
        at=now,
        outcome=ReceiptOutcome.REDRESS_ANSWERED,
        report_id=member.report_id,
        revision=member.revision,
        request_id=request.case_id,
        sentence=sentence,
    )
    yield receipt_out(receipt, member.report_id)


def _receipt(agency: str, member: Member, order: AnyOrder, sentence: str, now: datetime) -> Output:
    receipt = Receipt(
        receipt_id=order.receipt_id(ReceiptOutcome.CONTROL_DONE),
        agency=agency,
        at=now,
        outcome=ReceiptOutcome.CONTROL_DONE,
        report_id=member.report_id,
        sentence=sentence[:300],
    )
    return receipt_out(receipt, member.report_id)


def _audit(member: Member, event: AuditEvent, agency: str, note: str, now: datetime) -> Output:
    request = _request(member)
    record = AuditRecord(
        audit_id=ids.audit_id(member.report_id, event, request.case_id, str(request.answer)),
        at=now,
        event=event,
        agency=agency,
        report_id=member.report_id,
        note=f"case {request.case_id}, {note}",
        facts=Facts(request_id=request.case_id, answer=request.answer),
    )
    return audit_out(record, member.report_id)


def _request(member: Member) -> Redress:
    request = member.keeping.redress if member.keeping is not None else None
    assert request is not None  # noqa: S101 - for the type checker: only called where one is
    return request


def _with(member: Member, request: Redress, due: datetime | None) -> Member:
    before = member.keeping or Keeping()
    return member.model_copy(update={"keeping": before.model_copy(update={"redress": request, "redress_due": due})})
