"""What the hub writes about questions to originators: the question, receipts for both sides, audit records. Pure."""

from collections.abc import Iterator
from datetime import datetime

from fusionbus.contract import ids, topics
from fusionbus.contract.alert import Alert, AlertBody, AlertHandling, SharingQuestion
from fusionbus.contract.codec import encode
from fusionbus.contract.control import SharingAnswer, SharingRequest
from fusionbus.contract.facts import Facts
from fusionbus.contract.incident import Incident, Sharing
from fusionbus.contract.records import AuditEvent, AuditRecord, Receipt, ReceiptOutcome
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import AlertKind, AlertMsgType, Form
from fusionbus.streams.engine import Output
from fusionbus.streams.escalate import NOTHING_TOLD
from fusionbus.streams.registry import Registry
from fusionbus.streams.route import HUB_AGENCY, by_rule
from fusionbus.streams.sharing import Answered, Asked
from fusionbus.streams.written import audit_out, receipt_out

REASON_CHARS_MAX = 160
"""Of the originator's words so much fits into the one sentence of a receipt."""
REASON_ABROAD = "The reason is not told abroad: ask the centre's watch floor."
"""Who asks may not know whose report it is, and so not write for a partner's eyes."""


def asked(
    told: Asked, request: SharingRequest, report: ThreatReport, registry: Registry, now: datetime
) -> Iterator[Output]:
    """The question to the originator, a receipt for the asker, and the audit record."""
    question = told.question
    originator = registry.agencies.get(told.member.agency)
    shown = request.model_copy(update={"reason": REASON_ABROAD}) if originator and originator.foreign else request
    alert = _question(told, shown, report, registry.contact_of(HUB_AGENCY), now)
    yield Output(topics.alerts_topic(alert.recipient), alert.incident_id.encode(), encode(alert))
    until = f"{question.answer_by:%Y-%m-%d %H:%M} UTC"
    sentence = f"The originator is asked; the answer comes as a receipt, or the question lapses at {until}."
    done = ReceiptOutcome.CONTROL_DONE
    yield _receipt(request.agency, told.incident, question, done, request.at.isoformat(), sentence, now)
    yield _audit(
        AuditRecord(
            audit_id=ids.audit_id(question.request_id, AuditEvent.SHARING_ASKED),
            at=now,
            event=AuditEvent.SHARING_ASKED,
            agency=request.agency,
            report_id=question.report_id,
            incident_id=told.incident.incident_id,
            note=f"for {', '.join(question.to)}: {request.reason}",
            facts=Facts(request_id=question.request_id),
        )
    )


def _question(told: Asked, request: SharingRequest, report: ThreatReport, contact: str, now: datetime) -> Alert:
    question = told.question
    return Alert(
        alert_id=ids.sharing_alert_id(question.request_id),
        kind=AlertKind.SHARING_REQUEST,
        recipient=told.member.agency,
        status=told.incident.status,
        msg_type=AlertMsgType.ALERT,
        incident_id=request.incident_id,
        incident_revision=told.revision,
        zone=told.incident.zone,
        issued_at=now,
        published_at=now,
        rule=Rule.NOTICE,
        why="a recipient asks to pass your report on",
        form=Form.POINTER,
        handling=_marks(report),
        incident=NOTHING_TOLD,
        body=_body(report, contact),
        sharing=SharingQuestion(
            request_id=question.request_id,
            to=question.to,
            asked_by=request.agency if told.names_asker else None,
            reason=request.reason,
            answer_by=question.answer_by,
        ),
    )


def _marks(report: ThreatReport) -> AlertHandling:
    handling = report.handling
    return AlertHandling(
        tlp=handling.tlp,
        pap=handling.pap,
        classification=handling.classification,
        caveats=handling.caveats,
        originator_control=handling.originator_control,
        third_agency_rule=handling.third_agency_rule,
    )


def _body(report: ThreatReport, contact: str) -> AlertBody:
    """As much as tells its originator which report it is."""
    return AlertBody(
        report_id=report.report_id,
        agency=report.agency,
        local_ref=report.local_ref,
        revision=report.revision,
        msg_type=report.msg_type,
        kind=report.kind,
        reported_at=report.reported_at,
        urgency=report.urgency,
        severity=report.severity,
        headline=report.headline,
        language=report.language,
        contact=contact,
    )


def answered(done: Answered, message: SharingAnswer, now: datetime) -> Iterator[Output]:
    """A receipt for the asker and one for the originator, and the audit record with the ruling on every agency."""
    question, incident = done.question, done.incident
    sentence = _outcome(done, message)
    if message.reason:
        words = message.reason if len(message.reason) <= REASON_CHARS_MAX else message.reason[:REASON_CHARS_MAX] + "…"
        sentence = f"{sentence} It says: {words}"[:300]
    yield _receipt(question.asked_by, incident, question, ReceiptOutcome.SHARING_ANSWERED, "", sentence, now)
    stamp, own = message.at.isoformat(), _outcome(done, message)
    yield _receipt(message.agency, incident, question, ReceiptOutcome.CONTROL_DONE, stamp, own, now)
    forms: dict[Form, tuple[str, ...]] = {}
    for ruling in done.rulings:
        if ruling.form is not None:
            forms[ruling.form] = (*forms.get(ruling.form, ()), ruling.agency)
    yield _audit(
        AuditRecord(
            audit_id=ids.audit_id(question.request_id, AuditEvent.SHARING_DECIDED),
            at=now,
            event=AuditEvent.SHARING_DECIDED,
            agency=message.agency,
            report_id=question.report_id,
            incident_id=incident.incident_id,
            decisions=dict(by_rule(done.rulings)),
            forms=forms,
            note=f"{message.answer}, asked by {question.asked_by}" + (f": {message.reason}" if message.reason else ""),
            facts=Facts(request_id=question.request_id, answer=message.answer),
        )
    )


def _outcome(done: Answered, message: SharingAnswer) -> str:
    """What became of the question. Which rule holds a report back from another agency is told to neither side."""
    if message.answer == "deny":
        return "The originator denied it: pass nothing on."
    sent = sum(ruling.form is not None for ruling in done.rulings)
    what = "its tearline" if message.answer == "tearline" else f"the report, as {message.form} at most"
    told = f"The originator grants {what}: the hub has sent it to {sent} of {len(done.rulings)}."
    return told if sent == len(done.rulings) else told + " The others have it already, or other rules hold it back."


def lapsed(incident: Incident, question: Sharing, at: datetime) -> Iterator[Output]:
    """A receipt for the asker and the audit record of a question that nobody answered."""
    sentence = "The originator did not answer in time: pass nothing on, or ask again."
    yield _receipt(question.asked_by, incident, question, ReceiptOutcome.SHARING_ANSWERED, "", sentence, at)
    yield _audit(
        AuditRecord(
            audit_id=ids.audit_id(question.request_id, AuditEvent.SHARING_DECIDED),
            at=at,
            event=AuditEvent.SHARING_DECIDED,
            report_id=question.report_id,
            incident_id=incident.incident_id,
            note=f"lapsed, asked by {question.asked_by}",
            facts=Facts(request_id=question.request_id, answer="lapsed"),
        )
    )


def _receipt(  # noqa: PLR0917 - the parts of a receipt about a question
    agency: str,
    incident: Incident,
    question: Sharing,
    outcome: ReceiptOutcome,
    stamp: str,
    sentence: str,
    now: datetime,
) -> Output:
    """A receipt that names the question and not the report: the asker may not know whose it is."""
    receipt = Receipt(
        receipt_id=ids.receipt_id(question.request_id, outcome, *([stamp] if stamp else [])),
        agency=agency,
        at=now,
        outcome=outcome,
        incident_id=incident.incident_id,
        request_id=question.request_id,
        sentence=sentence,
    )
    return receipt_out(receipt, question.request_id)


def _audit(record: AuditRecord) -> Output:
    return audit_out(record, record.report_id or record.audit_id)
