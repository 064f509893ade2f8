"""What time does to a report: reviews, the end of its retention, and what the hub lets go."""

from datetime import timedelta

import pytest

from builders import NOW, a_handling
from fusionbus.contract import ids, topics
from fusionbus.contract.codec import encode
from fusionbus.contract.handling import Legal
from fusionbus.contract.incident import Incident
from fusionbus.contract.keeping import LegalHold
from fusionbus.contract.records import AuditEvent, ReceiptOutcome
from fusionbus.contract.vocabulary import AlertKind, MsgType, Status
from fusionbus.streams import keeping
from hub import HubOnPaper
from records_desk import MARK, give, marked, order, purge, state_of, sweep


@pytest.fixture
def hub() -> HubOnPaper:
    return HubOnPaper.of()


def test_a_report_past_its_retention_is_purged_by_itself_and_not_before(hub: HubOnPaper) -> None:
    hub.send(marked(legal=Legal(retention_until=NOW + timedelta(days=10))))
    sweep(hub, timedelta(days=9))
    assert MARK.encode() in state_of(hub)
    sweep(hub, timedelta(days=2))
    assert MARK.encode() not in state_of(hub)
    assert [alert.erase is not None for alert in hub.alerts_of("NACTA") if alert.status is Status.ACTUAL] == [
        False,
        True,
    ]
    outcomes = [receipt.outcome for receipt in hub.receipts_of("CTD-KP")]
    assert outcomes == [ReceiptOutcome.NEW_INCIDENT, ReceiptOutcome.PURGED]
    sweep(hub, timedelta(days=1))
    assert len(hub.receipts_of("CTD-KP")) == 2


def test_a_review_that_is_due_is_told_once_and_again_only_for_a_new_date(hub: HubOnPaper) -> None:
    def due(days: int) -> Legal:
        return Legal(review_due=NOW + timedelta(days=days))

    hub.send(marked(legal=due(1)))
    for _ in range(3):
        sweep(hub, timedelta(days=2))
    told = [receipt for receipt in hub.receipts_of("CTD-KP") if receipt.outcome is ReceiptOutcome.REVIEW_DUE]
    assert len(told) == 1
    hub.send(marked(legal=due(1), msg_type=MsgType.UPDATE, revision=2, reported_at=NOW))
    sweep(hub, timedelta(days=1))
    hub.send(marked(legal=due(8), msg_type=MsgType.UPDATE, revision=3, reported_at=NOW))
    for _ in range(2):
        sweep(hub, timedelta(days=3))
    told = [receipt for receipt in hub.receipts_of("CTD-KP") if receipt.outcome is ReceiptOutcome.REVIEW_DUE]
    assert len(told) == 2
    assert [r.event for r in hub.audit()].count(AuditEvent.REVIEW_DUE) == 2


def the_closed_one(hub: HubOnPaper) -> Incident:
    return hub.incidents()[ids.incident_id("PK-KP", marked().report_id)]


def test_what_a_closed_incident_was_told_is_let_go_and_a_late_withdrawal_still_reaches_all(hub: HubOnPaper) -> None:
    hub.send(marked())
    told = {alert.recipient for alert in hub.alerts()}
    sweep(hub, timedelta(days=8))
    assert the_closed_one(hub).closed
    assert MARK.encode() in state_of(hub)
    sweep(hub, keeping.WHOLE + timedelta(days=1))
    assert the_closed_one(hub).reduced
    assert MARK.encode() not in state_of(hub)
    hub.clear()
    hub.send(marked())
    assert hub.alerts() == []
    hub.send(marked(msg_type=MsgType.CANCEL, revision=2, reported_at=NOW))
    assert {alert.recipient for alert in hub.alerts() if alert.kind is AlertKind.RECALL} == told


def test_the_text_that_is_kept_for_originator_control_goes_with_the_rest(hub: HubOnPaper) -> None:
    asked_first = marked(handling=a_handling(originator_control=True), tearline=None)
    hub.send(asked_first)
    assert encode(asked_first)[-300:-1] in state_of(hub)
    sweep(hub, timedelta(days=8))
    sweep(hub, keeping.WHOLE + timedelta(days=1))
    assert MARK.encode() not in state_of(hub)
    hub.send(asked_first.model_copy(update={"msg_type": MsgType.UPDATE, "revision": 2}))
    assert MARK.encode() in state_of(hub)
    purge(hub, asked_first)
    assert MARK.encode() not in state_of(hub)


def test_a_late_correction_of_what_was_let_go_is_an_update_for_those_who_had_it(hub: HubOnPaper) -> None:
    hub.send(marked())
    sweep(hub, timedelta(days=8))
    sweep(hub, keeping.WHOLE + timedelta(days=1))
    hub.clear()
    hub.send(marked(msg_type=MsgType.UPDATE, revision=2, reported_at=NOW))
    (receipt,) = hub.receipts_of("CTD-KP")
    assert receipt.outcome is ReceiptOutcome.UPDATE
    assert receipt.incident_id == ids.incident_id("PK-KP", marked().report_id)
    assert not the_closed_one(hub).reduced


def test_after_years_nothing_is_left_of_an_incident_and_the_door_forgets_before_the_room(hub: HubOnPaper) -> None:
    hub.send(marked())
    sweep(hub, timedelta(days=8))
    sweep(hub, keeping.SEEN - timedelta(days=30))
    name = marked().report_id.encode()
    assert name in state_of(hub)
    assert hub.seen.read(0, name) is not None
    sweep(hub, keeping.AT_ALL)
    assert name not in state_of(hub)
    assert hub.seen.read(0, name) is None
    gone = [out for out in hub.sent if out.topic == topics.INCIDENTS and out.value is None]
    assert next(out.key.decode() for out in gone) == ids.incident_id("PK-KP", marked().report_id)
    assert keeping.SEEN < keeping.AT_ALL


def test_a_held_report_is_let_go_by_no_date(hub: HubOnPaper) -> None:
    hub.send(marked())
    give(hub, order(LegalHold, marked()))
    sweep(hub, timedelta(days=8))
    sweep(hub, keeping.AT_ALL * 2)
    assert MARK.encode() in state_of(hub)


def test_an_exercise_is_purged_as_one_and_leaves_what_is_actual(hub: HubOnPaper) -> None:
    drill = marked(local_ref="drill", status=Status.EXERCISE)
    hub.send(marked(), drill)
    purge(hub, drill)
    assert MARK.encode() in state_of(hub)
    assert [alert.status for alert in hub.alerts() if alert.erase] == [Status.EXERCISE] * sum(
        alert.status is Status.EXERCISE and alert.erase is None for alert in hub.alerts()
    )
