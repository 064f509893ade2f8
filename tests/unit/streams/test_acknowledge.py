"""What recipients answer: folded into the incident, told to originators as numbers, kept in the audit log in full."""

from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, a_report, an_acknowledgement, minutes
from fusionbus.contract import ids, topics
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import encode
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.handling import Handling
from fusionbus.contract.records import AuditEvent, ReceiptOutcome, RejectReason
from fusionbus.contract.vocabulary import TLP, AckAction, MsgType, Opinion
from hub import HubOnPaper


@pytest.fixture
def hub() -> HubOnPaper:
    """A hub that has told NACTA, IB and POLICE-KP of one report of CTD-KP."""
    hub = HubOnPaper.of()
    hub.send(a_report())
    return hub


def answer(hub: HubOnPaper, agency: str, **changes: Any) -> Acknowledgement:
    """This agency's answer to its newest alert."""
    alert = hub.alerts_of(agency)[-1]
    return answer_to(alert, **{"at": hub.now} | changes)


def answer_to(alert: Alert, **changes: Any) -> Acknowledgement:
    told: dict[str, Any] = {
        "agency": alert.recipient,
        "alert_id": alert.alert_id,
        "incident_id": alert.incident_id,
        "incident_revision": alert.incident_revision,
        "zone": alert.zone,
    }
    return an_acknowledgement(**told | changes)


def test_an_alert_waits_for_its_answer_until_it_comes(hub: HubOnPaper) -> None:
    assert set(hub.incident().awaited) == {"NACTA", "IB", "POLICE-KP"}
    hub.tell(answer(hub, "IB"))
    assert set(hub.incident().awaited) == {"NACTA", "POLICE-KP"}
    assert hub.incident().acknowledged == {"IB": 1}
    hub.later(timedelta(hours=2))
    assert hub.fusion.unacknowledged(hub.now) == {("NACTA", "up to 24 h"): 1, ("POLICE-KP", "up to 24 h"): 1}


def test_an_answer_to_an_old_alert_does_not_answer_the_new_one(hub: HubOnPaper) -> None:
    old = answer(hub, "IB")
    hub.send(a_report(msg_type=MsgType.UPDATE, revision=2))
    hub.tell(old)
    assert "IB" in hub.incident().awaited
    hub.tell(answer(hub, "IB"))
    assert "IB" not in hub.incident().awaited
    hub.tell(old)
    assert hub.incident().acknowledged == {"IB": 2}, "an answer that comes late takes nothing back"


def test_the_originator_learns_numbers_and_no_names(hub: HubOnPaper) -> None:
    answers = [
        answer(hub, "IB", action=AckAction.USED),
        answer(hub, "NACTA", action=AckAction.FALSE_ALARM),
        answer(hub, "POLICE-KP"),
    ]
    hub.clear()
    hub.tell(*answers)
    last = hub.receipts_of("CTD-KP")[-1]
    assert last.outcome is ReceiptOutcome.ACKNOWLEDGED
    assert (last.delivered_to, last.acknowledged_by, last.used_by, last.false_alarm_by) == (3, 3, 1, 1)
    for name in ("IB", "NACTA", "POLICE-KP"):
        assert name not in last.model_dump_json()


def test_answers_in_one_batch_make_one_receipt(hub: HubOnPaper) -> None:
    answers = [answer(hub, "IB"), answer(hub, "NACTA")]
    hub.clear()
    events = [
        accepted
        for message in answers
        for accepted in hub.admit([hub.event(topics.control_topic(message.agency), None, encode(message))])
    ]
    hub.fuse(events)
    assert [receipt.acknowledged_by for receipt in hub.receipts_of("CTD-KP")] == [2]


def test_an_opinion_is_on_record_even_where_it_changes_no_number(hub: HubOnPaper) -> None:
    hub.tell(answer(hub, "IB"))
    opinion = answer(hub, "IB", action=AckAction.OPINION, opinion=Opinion.DISAGREE, note="We were there: no blast.")
    hub.clear()
    hub.tell(opinion)
    (record,) = hub.audit()
    assert (record.event, record.agency) == (AuditEvent.ALERT_ACKNOWLEDGED, "IB")
    assert record.note is not None
    assert "disagree, We were there: no blast." in record.note
    assert hub.receipts() == []


def test_an_answer_from_whom_nothing_was_sent_is_refused_and_others_are_heard(hub: HubOnPaper) -> None:
    forged = answer_to(hub.alerts_of("IB")[0], agency="CTD-PB", alert_id=hub.alerts_of("IB")[0].alert_id)
    forged = forged.model_copy(
        update={"alert_id": ids.alert_id(forged.incident_id, forged.incident_revision, "CTD-PB")}
    )
    good = answer(hub, "IB")
    hub.clear()
    hub.tell(forged, good)
    assert hub.receipts_of("CTD-PB")[0].reason is RejectReason.NOT_YOURS
    assert hub.tally["acknowledged", "CTD-PB", AckAction.RECEIVED] == 0
    assert hub.receipts_of("CTD-KP")[0].acknowledged_by == 1


def test_an_answer_to_a_revision_that_is_not_yet_is_refused(hub: HubOnPaper) -> None:
    early = answer(hub, "IB", incident_revision=9).model_copy(
        update={"alert_id": ids.alert_id(hub.incident().incident_id, 9, "IB")}
    )
    hub.tell(early)
    assert hub.receipts_of("IB")[0].reason is RejectReason.NOT_YOURS
    assert hub.incident().acknowledged == {}


def test_who_was_recalled_may_answer_the_recall(hub: HubOnPaper) -> None:
    narrowed = Handling(tlp=TLP.RED, releasable_to=("NACTA",))
    hub.send(a_report(msg_type=MsgType.UPDATE, revision=2, handling=narrowed, certainty=a_report().certainty))
    hub.tell(answer(hub, "IB", at=NOW + minutes(1)))
    assert hub.incident().acknowledged == {"IB": 2}
    assert "IB" not in hub.incident().awaited


def test_an_answer_sent_to_a_wrong_zone_spoils_no_other_in_its_batch(hub: HubOnPaper) -> None:
    good, astray = answer(hub, "IB"), answer(hub, "IB", zone="PK-SD")
    topic = topics.control_topic("IB")
    (wrong,) = hub.admit([hub.event(topic, None, encode(astray))])
    (right,) = hub.admit([hub.event(topic, None, encode(good))])
    hub.fuse([wrong._replace(partition=1), right])
    assert hub.incident().acknowledged == {"IB": 1}
    assert [receipt.reason for receipt in hub.receipts_of("IB")] == [RejectReason.NOT_YOURS]
