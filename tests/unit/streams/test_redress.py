"""A person's case: the desk asks, the originator purges, corrects, refuses or lets the time pass; all of it is told."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from builders import NOW, a_report
from fusionbus.contract.handling import Legal, Predicate
from fusionbus.contract.keeping import AnswerRedress, AskRedress, LegalHold
from fusionbus.contract.records import AuditEvent, Receipt, ReceiptOutcome, RejectReason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import MsgType
from hub import HubOnPaper
from records_desk import give, order, purge, sweep

CASE = str(UUID(int=17, version=4))
REPORT = a_report(
    legal=Legal(legal_basis="Anti-Terrorism Act 1997", criminal_predicate=Predicate(basis="Named in FIR 12/26.")),
)


def a_hub() -> HubOnPaper:
    hub = HubOnPaper.of()
    hub.send(REPORT)
    return hub


def ask(hub: HubOnPaper, report: ThreatReport = REPORT, **changes: Any) -> None:
    told: dict[str, Any] = {
        "agency": "NACTA",
        "at": hub.now,
        "report_id": report.report_id,
        "reason": "Complaint 17.",
        "case_id": CASE,
        "wanted": "purge",
        "answer_by": hub.now + timedelta(days=14),
    }
    give(hub, AskRedress(**told | changes))


def reply(hub: HubOnPaper, answer: str, **changes: Any) -> None:
    told: dict[str, Any] = {
        "agency": "CTD-KP",
        "at": hub.now,
        "report_id": REPORT.report_id,
        "reason": "It is evidence in a case.",
        "case_id": CASE,
        "answer": answer,
    }
    give(hub, AnswerRedress(**told | changes))


def receipts(hub: HubOnPaper, agency: str, outcome: ReceiptOutcome) -> list[Receipt]:
    return [one for one in hub.receipts_of(agency) if one.outcome is outcome]


def refusals(hub: HubOnPaper) -> list[RejectReason]:
    return [letter.reason for letter in hub.dead_letters()]


def answers(hub: HubOnPaper) -> list[str | None]:
    found = [one for one in hub.audit() if one.event is AuditEvent.REDRESS_ANSWERED]
    assert all(one.facts is not None and one.facts.request_id == CASE for one in found)
    return [one.facts.answer for one in found if one.facts is not None]


def test_the_incident_notes_why_a_person_may_be_named_for_the_desk_that_is_asked() -> None:
    keeping = a_hub().incident().members[0].keeping
    assert keeping is not None
    assert (keeping.legal_basis, keeping.predicate) == ("Anti-Terrorism Act 1997", "Named in FIR 12/26.")


def test_the_originator_is_asked_with_a_deadline_and_a_purge_answers_by_itself() -> None:
    hub = a_hub()
    ask(hub)
    (asked,) = receipts(hub, "CTD-KP", ReceiptOutcome.REDRESS_ASKED)
    assert asked.request_id == CASE
    assert CASE in (asked.sentence or "")
    assert [one.outcome for one in receipts(hub, "NACTA", ReceiptOutcome.CONTROL_DONE)] == [ReceiptOutcome.CONTROL_DONE]
    purge(hub, REPORT)
    (told,) = receipts(hub, "NACTA", ReceiptOutcome.REDRESS_ANSWERED)
    assert (told.request_id, told.sentence) == (CASE, "The report was purged.")
    assert answers(hub) == ["purged"]
    keeping = hub.incident().members[0].keeping
    assert keeping is not None
    assert keeping.redress is not None
    assert (keeping.redress.answer, keeping.predicate, keeping.redress_due) == ("purged", None, None)


def test_a_refusal_needs_a_reason_which_the_desk_reads_and_the_centre_may_order_the_purge_itself() -> None:
    hub = a_hub()
    ask(hub)
    reply(hub, "refused")
    (told,) = receipts(hub, "NACTA", ReceiptOutcome.REDRESS_ANSWERED)
    assert told.sentence == "CTD-KP says refused: It is evidence in a case."
    hub.later(timedelta(days=1))
    purge(hub, REPORT, "NACTA")
    assert answers(hub) == ["refused", "purged"]


def test_a_correction_is_one_only_with_a_newer_revision() -> None:
    hub = a_hub()
    ask(hub, wanted="correct")
    reply(hub, "corrected")
    assert refusals(hub) == [RejectReason.REVISION_GAP]
    changed = {"revision": 2, "msg_type": MsgType.UPDATE, "headline": "Blast in a bazaar; nobody is suspected"}
    hub.send(REPORT.model_copy(update=changed))
    hub.later(timedelta(hours=1))
    reply(hub, "corrected")
    assert answers(hub) == ["corrected"]
    reply(hub, "refused", at=hub.now + timedelta(minutes=1))
    assert refusals(hub)[1:] == [RejectReason.SETTLED]


def test_silence_is_told_once_and_may_still_be_answered() -> None:
    hub = a_hub()
    ask(hub)
    sweep(hub, timedelta(days=15))
    (told,) = receipts(hub, "NACTA", ReceiptOutcome.REDRESS_ANSWERED)
    assert told.sentence == "CTD-KP has not answered in time: call its desk."
    sweep(hub, timedelta(days=1))
    assert answers(hub) == ["lapsed"]
    reply(hub, "refused")
    assert answers(hub) == ["lapsed", "refused"]


def test_a_legal_hold_is_said_when_it_is_asked_and_blocks_the_purge() -> None:
    hub = a_hub()
    give(hub, order(LegalHold, REPORT))
    ask(hub)
    (asked,) = receipts(hub, "CTD-KP", ReceiptOutcome.REDRESS_ASKED)
    assert "It is held by CTD-KP" in (asked.sentence or "")
    purge(hub, REPORT)
    assert refusals(hub) == [RejectReason.LEGAL_HOLD]
    assert answers(hub) == []


def test_nobody_else_asks_or_answers() -> None:
    hub = a_hub()
    ask(hub, agency="CTD-KP")
    assert refusals(hub) == [RejectReason.NOT_YOURS]
    ask(hub)
    reply(hub, "refused", agency="IB")
    reply(hub, "refused", case_id=str(UUID(int=18, version=4)))
    ask(hub, case_id=str(UUID(int=18, version=4)), at=NOW + timedelta(seconds=1))
    assert refusals(hub)[1:] == [RejectReason.UNKNOWN_REPORT, RejectReason.UNKNOWN_REQUEST, RejectReason.SETTLED]
