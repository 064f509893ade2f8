"""Originator control as messages: who may ask, who may answer, and what neither learns by it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from builders import NOW, a_report
from fusionbus.contract.alert import Alert
from fusionbus.contract.records import AuditEvent, ReceiptOutcome, RejectReason
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import (
    Attribution,
    Urgency,
)
from fusionbus.streams.deadlines import Deadlines
from hub import HubOnPaper
from sharers import QUESTION, ask, controlled, question, refusal, reply, told_anew


@pytest.fixture
def hub() -> HubOnPaper:
    """A hub that has told the centre, and nobody else, of a controlled report of CTD-KP."""
    hub = HubOnPaper.of()
    hub.send(controlled())
    assert {alert.recipient for alert in hub.alerts()} == {"NACTA"}
    return hub


# -- the question -----------------------------------------------------------------------------------------------------
def test_the_question_goes_to_the_originator_alone_and_the_asker_has_a_receipt(hub: HubOnPaper) -> None:
    before = len(hub.alerts())
    asked = ask(hub)
    assert len(hub.alerts()) == before + 1
    assert (asked.recipient, asked.rule, asked.acknowledge_by) == ("CTD-KP", Rule.NOTICE, None)
    assert asked.sharing is not None
    assert (asked.sharing.to, asked.sharing.reason) == (("CTD-PB",), "The suspects travel to Lahore.")
    assert asked.body.local_ref == "KP-2026-0001"
    (receipt,) = hub.receipts_of("NACTA")
    assert (receipt.outcome, receipt.request_id) == (ReceiptOutcome.CONTROL_DONE, QUESTION)
    assert [record.agency for record in hub.audit() if record.event is AuditEvent.SHARING_ASKED] == ["NACTA"]


def test_the_asker_does_not_learn_whose_masked_report_it_is() -> None:
    hub = HubOnPaper.of()
    masked = {"mask_source": True, "attribution": Attribution.MUST_NOT}
    hub.send(controlled(handling=masked))
    hub.tell(reply(ask(hub), reason="Go ahead."))
    told = [*hub.receipts_of("NACTA"), *hub.alerts_of("CTD-PB")]
    assert len(told) == 3
    for message in told:
        assert not {"CTD-KP", "KP-2026-0001", a_report().report_id} & set(message.model_dump_json().split('"'))


def test_asking_for_the_masked_originator_itself_gives_nothing_away() -> None:
    hub = HubOnPaper.of()
    hub.send(controlled(handling={"mask_source": True, "attribution": Attribution.MUST_NOT}))
    before = len(hub.alerts())
    hub.tell(reply(ask(hub, to=("CTD-KP",))))
    assert len(hub.alerts()) == before + 1, "the question, and no alert"
    assert "other rules hold it back" in (hub.receipts_of("NACTA")[-1].sentence or "")


def test_an_asker_whom_the_originator_did_not_name_stays_unnamed(hub: HubOnPaper) -> None:
    urgent = HubOnPaper.of()
    urgent.send(controlled(urgency=Urgency.IMMEDIATE))
    (alert,) = urgent.alerts_of("POLICE-KP")
    assert alert.rule is Rule.IMMINENT_DANGER
    urgent.tell(question(alert))
    asked = urgent.alerts_of("CTD-KP")[-1]
    assert asked.sharing is not None
    assert asked.sharing.asked_by is None
    assert "POLICE-KP" not in asked.model_dump_json()
    named = ask(hub).sharing
    assert named is not None
    assert named.asked_by == "NACTA", "every originator knows that the centre has its reports"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"agency": "IB"}, RejectReason.NOT_YOURS),
        ({"alert_id": str(UUID(int=7, version=4))}, RejectReason.NOT_YOURS),
        ({"incident_id": str(UUID(int=7, version=4))}, RejectReason.NOT_YOURS),
        ({"to": ("NOBODY",)}, RejectReason.UNKNOWN_AGENCY),
        ({"to": ("NACTA",)}, RejectReason.SCHEMA),
    ],
)
def test_a_question_that_cannot_be_is_refused(hub: HubOnPaper, changes: dict[str, Any], reason: RejectReason) -> None:
    message = question(hub.alerts_of("NACTA")[0], **changes)
    hub.clear()
    hub.tell(message)
    assert refusal(hub, message.agency) is reason
    assert hub.receipts_of(message.agency)[-1].request_id == QUESTION, "the asker waits for word on this question"
    assert hub.alerts() == []


def test_a_report_that_is_not_controlled_needs_no_question() -> None:
    hub = HubOnPaper.of()
    hub.send(a_report())
    hub.tell(question(hub.alerts_of("NACTA")[0]))
    assert refusal(hub, "NACTA") is RejectReason.NOT_OFFERED


def test_a_question_is_put_once(hub: HubOnPaper) -> None:
    ask(hub)
    hub.clear()
    first = question(the_alert(), at=NOW)
    hub.tell(first)
    assert told_anew(hub) == [], "the same record again: a replay"
    hub.tell(question(the_alert(), request_id=str(UUID(int=2, version=4))))
    assert refusal(hub, "NACTA") is RejectReason.SETTLED


def the_alert() -> Alert:
    """The centre's alert, as any hub makes it."""
    again = HubOnPaper.of()
    again.send(controlled())
    return again.alerts_of("NACTA")[0]


# -- who may answer ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"agency": "NACTA"}, RejectReason.NOT_YOURS),
        ({"agency": "IB"}, RejectReason.NOT_YOURS),
        ({"request_id": str(UUID(int=9, version=4))}, RejectReason.UNKNOWN_REQUEST),
        ({"report_id": str(UUID(int=9, version=4))}, RejectReason.UNKNOWN_REQUEST),
        ({"incident_id": str(UUID(int=9, version=4))}, RejectReason.UNKNOWN_REQUEST),
        ({"zone": None}, RejectReason.UNKNOWN_REQUEST),
        ({"incident_id": None}, RejectReason.UNKNOWN_REQUEST),
    ],
)
def test_a_forged_or_misdirected_answer_does_nothing(
    hub: HubOnPaper, changes: dict[str, Any], reason: RejectReason
) -> None:
    message = reply(ask(hub), **changes)
    hub.clear()
    hub.tell(message)
    assert refusal(hub, message.agency) is reason
    assert hub.alerts() == []


def test_a_second_answer_is_refused_and_the_first_one_read_again_is_not(hub: HubOnPaper) -> None:
    asked = ask(hub)
    hub.tell(reply(asked, "deny"))
    hub.clear()
    hub.tell(reply(asked, "deny"))
    assert told_anew(hub) == []
    hub.tell(reply(asked, "grant", at=NOW + timedelta(minutes=1)))
    assert refusal(hub, "CTD-KP") is RejectReason.SETTLED
    assert hub.alerts() == []


def test_a_question_lapses_without_any_traffic_and_cannot_be_answered_then(hub: HubOnPaper) -> None:
    asked = ask(hub)
    hub.later(Deadlines().sharing)
    hub.restart()
    assert hub.fusion.is_due(0, hub.now)
    hub.tick()
    last = hub.receipts_of("NACTA")[-1]
    assert (last.outcome, last.request_id) == (ReceiptOutcome.SHARING_ANSWERED, QUESTION)
    hub.tell(reply(asked))
    assert refusal(hub, "CTD-KP") is RejectReason.EXPIRED
    assert hub.alerts_of("CTD-PB") == []


def test_an_answer_past_its_time_is_refused_though_no_tick_came(hub: HubOnPaper) -> None:
    asked = ask(hub)
    hub.later(Deadlines().sharing + timedelta(seconds=1))
    hub.tell(reply(asked))
    assert refusal(hub, "CTD-KP") is RejectReason.EXPIRED


def test_a_tearline_that_is_not_there_cannot_be_offered() -> None:
    hub = HubOnPaper.of()
    hub.send(controlled(tearline=None))
    hub.tell(reply(ask(hub), "tearline"))
    assert refusal(hub, "CTD-KP") is RejectReason.NOT_OFFERED
