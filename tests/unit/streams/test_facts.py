"""What the audit notes for oversight: enough to count and to recognise, nothing to read a person from."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, a_report, a_token
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.facts import Facts, mark_of
from fusionbus.contract.handling import Legal
from fusionbus.contract.records import AuditEvent, AuditRecord, RejectReason
from fusionbus.contract.report import Entity, Person
from fusionbus.contract.vocabulary import AckAction, EntityType, SubjectRole
from hub import HubOnPaper

CNIC, PHONE = a_token("cnic", 7), a_token("phone", 8)
PERSON = Person(role=SubjectRole.WITNESS, id_tokens=(CNIC,), name_tokens=(a_token("name", 9),))


def audited(hub: HubOnPaper, event: AuditEvent) -> list[AuditRecord]:
    return [record for record in hub.audit() if record.event is event]


def test_a_routed_report_leaves_its_dates_its_origins_and_a_mark_for_each_paper_and_thing() -> None:
    hub, review_due, until = HubOnPaper.of(), NOW + timedelta(days=90), NOW + timedelta(days=900)
    legal = Legal(review_due=review_due, retention_until=until)
    report = a_report(persons=(PERSON, PERSON), entities=(Entity(type=EntityType.PHONE, token=PHONE),), legal=legal)
    hub.send(report)
    (record,) = audited(hub, AuditEvent.REPORT_ROUTED)
    assert record.facts is not None
    assert (record.facts.origins, record.facts.review_due) == (1, review_due)
    assert record.facts.retention_until == until
    assert record.facts.marks == (mark_of(report.report_id, CNIC), mark_of(report.report_id, PHONE))
    assert CNIC not in record.model_dump_json()


def test_a_criminal_subject_without_predicate_is_refused_by_a_reason_of_its_own() -> None:
    hub, good = HubOnPaper.of(), a_report()
    subject = Person(role=SubjectRole.CRIMINAL_SUBJECT, id_tokens=(CNIC,))
    bad = good.model_copy(update={"persons": (subject,)})
    hub.send(bad)
    (record,) = audited(hub, AuditEvent.MESSAGE_REJECTED)
    assert (record.reason, record.agency) == (RejectReason.NO_PREDICATE, good.agency)
    assert [letter.reason for letter in hub.dead_letters()] == [RejectReason.NO_PREDICATE]


def test_an_answer_leaves_what_was_done_with_the_alert() -> None:
    hub = HubOnPaper.of()
    hub.send(a_report())
    alert = next(one for one in hub.alerts() if one.recipient == "NACTA")
    hub.tell(
        Acknowledgement(
            agency="NACTA",
            at=NOW,
            alert_id=alert.alert_id,
            incident_id=alert.incident_id,
            incident_revision=alert.incident_revision,
            zone=alert.zone,
            action=AckAction.FALSE_ALARM,
        )
    )
    (record,) = audited(hub, AuditEvent.ALERT_ACKNOWLEDGED)
    assert record.facts == Facts(action=AckAction.FALSE_ALARM)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_mark_ties_no_two_reports_and_no_two_tokens_together(one: int, two: int, number: int) -> None:
    reports = {a_report(local_ref=f"KP-{each}").report_id for each in (one, two)}
    tokens = {a_token("cnic", each) for each in (one, number)}
    marks = {mark_of(report, token) for report in reports for token in tokens}
    assert len(marks) == len(reports) * len(tokens)
