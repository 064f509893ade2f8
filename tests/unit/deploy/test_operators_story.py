"""A report's story from its audit records and receipts."""

from datetime import timedelta
from typing import Any

from builders import NOW
from dead_letter import a_letter
from fusionbus.contract import ids
from fusionbus.contract.incident import Relation
from fusionbus.contract.records import AuditEvent, AuditRecord, Receipt, ReceiptOutcome, RejectReason
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import Form
from fusionbus.deploy.operators import story
from fusionbus.deploy.operators.letters import Action, record_of

REPORT = ids.report_id("CTD-KP", "KP-1")
INCIDENT = ids.incident_id("PK-KP", REPORT)


def a_record(number: int = 1, **changes: Any) -> AuditRecord:
    """One act of the hub, so many minutes after noon."""
    made: dict[str, Any] = {
        "audit_id": ids.audit_id(REPORT, str(number)),
        "at": NOW + timedelta(minutes=number),
        "event": AuditEvent.REPORT_ROUTED,
        "agency": "CTD-KP",
        "report_id": REPORT,
        "revision": 1,
        "incident_id": INCIDENT,
    }
    return AuditRecord(**made | changes)


def told(*records: AuditRecord, receipts: tuple[Receipt, ...] = ()) -> list[tuple[str, tuple[str, ...], str, str]]:
    """The lines without times."""
    return [(line.what, line.agencies, line.rule, line.form) for line in story.told(records, receipts)]


def test_a_routed_report_tells_who_got_it_by_which_rule_in_which_form_and_who_did_not() -> None:
    record = a_record(
        relation=Relation.CORROBORATION,
        override=True,
        decisions={Rule.ECHO: ("CTD-KP",), Rule.TLP: ("FMU", "FIA"), Rule.SUBSCRIPTION: ("IB", "NACTA")},
        forms={Form.FULL: ("NACTA",), Form.TEARLINE: ("IB",)},
    )
    assert told(record) == [
        ("accepted revision 1 as corroboration; danger to life overrode", ("CTD-KP",), "", ""),
        ("sent to", ("NACTA",), "subscription", "full"),
        ("sent to", ("IB",), "subscription", "tearline"),
        ("not sent to", ("CTD-KP",), "echo", ""),
        ("not sent to", ("FIA", "FMU"), "tlp", ""),
    ]


def test_a_recall_and_answers_come_in_the_order_of_time_and_each_once() -> None:
    routed = a_record(1, relation=Relation.ORIGINAL)
    cancelled = a_record(
        3,
        event=AuditEvent.REPORT_CANCELLED,
        revision=2,
        decisions={Rule.RECALL: ("IB",)},
        forms={Form.POINTER: ("IB",)},
    )
    answer = a_record(
        2, event=AuditEvent.ALERT_ACKNOWLEDGED, agency="IB", report_id=None, revision=None, note="alert x: used"
    )
    receipt = Receipt(
        receipt_id=ids.receipt_id(REPORT, "r"),
        agency="CTD-KP",
        at=NOW + timedelta(minutes=4),
        outcome=ReceiptOutcome.REJECTED,
        report_id=REPORT,
        reason=RejectReason.WITHDRAWN,
        sentence="It was withdrawn.",
    )
    assert [what for what, *_ in told(cancelled, answer, routed, routed, receipts=(receipt, receipt))] == [
        "accepted revision 1 as original",
        "answered",
        "withdrawn revision 2: recipients are told",
        "recalled from",
        "receipt: rejected",
    ]


def test_each_recipient_is_told_with_what_it_got_last_and_its_newest_answer_since() -> None:
    routed = a_record(
        1,
        decisions={Rule.SUBSCRIPTION: ("IB", "NACTA"), Rule.ECHO: ("CTD-KP",)},
        forms={Form.FULL: ("NACTA",), Form.TEARLINE: ("IB",)},
    )
    early, late = (
        a_record(
            number,
            event=AuditEvent.ALERT_ACKNOWLEDGED,
            agency="IB",
            report_id=None,
            revision=None,
            note=f"alert x: {said}",
        )
        for number, said in ((2, "received"), (3, "used"))
    )
    stranger = a_record(2, event=AuditEvent.ALERT_ACKNOWLEDGED, agency="FIA", report_id=None, note="alert y: received")
    ib, nacta = story.recipients([late, routed, early, stranger])
    assert (ib.agency, ib.form, ib.answered, ib.answered_at) == ("IB", "tearline", "used", late.at)
    assert (nacta.agency, nacta.rule, nacta.answered_at) == ("NACTA", "subscription", None)

    recalled = a_record(4, event=AuditEvent.REPORT_CANCELLED, revision=2, decisions={Rule.RECALL: ("IB",)})
    ib, _ = story.recipients([routed, early, recalled])
    assert (ib.rule, ib.at, ib.answered_at) == ("recall", recalled.at, None)


def test_what_names_no_report_belongs_to_it_by_incident_or_dead_letter() -> None:
    letter = a_letter()
    rejected = a_record(
        event=AuditEvent.MESSAGE_REJECTED, incident_id=None, note=f"schema: dead letter {letter.dead_letter_id}"
    )
    clues = story.clues([a_record(), rejected])
    assert clues == {INCIDENT, letter.dead_letter_id}
    assert story.belongs(record_of(letter, Action.DISCARDED, "desk", "a test", NOW), clues)
    assert story.belongs(a_record(report_id=None, event=AuditEvent.ALERT_ACKNOWLEDGED), clues)
    assert not story.belongs(record_of(a_letter(9), Action.DISCARDED, "desk", "a test", NOW), clues)
    assert not story.belongs(a_record(report_id=ids.report_id("IB", "other")), clues)
    assert not story.belongs(a_record(report_id=None, incident_id=None), clues)
