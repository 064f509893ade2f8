"""Deadlines: who is late is told once, answers in time stop it, and a crash or an idle bus changes nothing."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW, a_report, an_acknowledgement, minutes
from fusionbus.contract import ids, topics
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import encode
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.handling import Handling
from fusionbus.contract.incident import Incident
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.vocabulary import TLP, AlertKind, MsgType, Severity, Urgency
from fusionbus.streams.deadlines import Deadlines
from fusionbus.streams.engine import Decision
from fusionbus.streams.waiting import Waiting
from hub import HubOnPaper

TOLD = {"NACTA", "IB", "POLICE-KP"}
SEVERE = Deadlines().severe
FOR_THE_CENTRE = Handling(tlp=TLP.GREEN, releasable_to=("NACTA",))


@pytest.fixture
def hub() -> HubOnPaper:
    """A hub that has told NACTA, IB and POLICE-KP of one severe report of CTD-KP."""
    hub = HubOnPaper.of()
    hub.send(a_report())
    return hub


def answer(alert: Alert) -> Acknowledgement:
    return an_acknowledgement(
        agency=alert.recipient,
        alert_id=alert.alert_id,
        incident_id=alert.incident_id,
        incident_revision=alert.incident_revision,
        zone=alert.zone,
    )


def answer_all(hub: HubOnPaper) -> None:
    hub.tell(*(answer(alert) for alert in hub.alerts() if not alert.kind.is_notice))


def notices(hub: HubOnPaper) -> list[Alert]:
    """Every escalation, in the order it was sent."""
    return [alert for alert in hub.alerts() if alert.kind is AlertKind.ESCALATION]


def late(hub: HubOnPaper) -> set[str]:
    """Whose lateness was told."""
    return {alert.escalation.agency for alert in notices(hub) if alert.escalation is not None}


def overdue_receipts(hub: HubOnPaper) -> list[Receipt]:
    return [receipt for receipt in hub.receipts() if receipt.outcome is ReceiptOutcome.ESCALATED]


# -- once, and only when it is late -----------------------------------------------------------------------------------
def test_nothing_is_late_before_its_deadline(hub: HubOnPaper) -> None:
    hub.later(SEVERE - timedelta(seconds=1))
    hub.tick()
    assert notices(hub) == []
    hub.later(timedelta(seconds=1))
    hub.tick()
    assert late(hub) == TOLD


def test_what_is_late_is_told_once_however_often_the_clock_ticks(hub: HubOnPaper) -> None:
    hub.later(SEVERE)
    hub.tick()
    told = [alert.alert_id for alert in notices(hub)]
    assert len(told) == len(set(told)) == 5, "three agencies, and the centre for the two that are not it"
    hub.clear()
    for _ in range(3):
        hub.later(timedelta(hours=8))
        hub.tick()
    assert hub.sent == []


def test_who_was_told_already_is_not_told_again_when_another_becomes_late(hub: HubOnPaper) -> None:
    hub.later(SEVERE)
    hub.tick()
    hub.clear()
    other = {"headline": "Explosion near the spice market", "narrative": None, "urgency": Urgency.PAST}
    hub.send(a_report(agency="IB", local_ref="I-1", handling=FOR_THE_CENTRE, **other))
    assert [alert.recipient for alert in hub.alerts()] == ["NACTA"]
    hub.later(SEVERE)
    hub.tick()
    assert {alert.recipient for alert in notices(hub)} == {"NACTA"}


def test_an_answer_in_time_stops_it_for_its_agency_alone(hub: HubOnPaper) -> None:
    hub.tell(answer(hub.alerts_of("IB")[0]))
    hub.later(SEVERE)
    hub.tick()
    assert late(hub) == TOLD - {"IB"}


def test_an_answer_that_lies_before_the_tick_in_one_batch_counts(hub: HubOnPaper) -> None:
    message = answer(hub.alerts_of("IB")[0])
    hub.later(SEVERE)
    (accepted,) = hub.admit([hub.event(topics.control_topic("IB"), b"IB", encode(message))])
    hub.fuse([accepted, hub.tick_event()])
    assert late(hub) == TOLD - {"IB"}


def test_an_answer_after_the_deadline_ends_the_matter_and_is_counted(hub: HubOnPaper) -> None:
    hub.later(SEVERE)
    hub.tick()
    hub.tell(answer(hub.alerts_of("IB")[0]))
    assert "IB" not in hub.incident().awaited
    assert hub.receipts_of("CTD-KP")[-1].acknowledged_by == 1


def test_exactly_what_became_late_is_counted_by_agency(hub: HubOnPaper) -> None:
    hub.later(SEVERE)
    hub.tick()
    assert {key[1]: count for key, count in hub.tally.items() if key[0] == "escalated"} == dict.fromkeys(TOLD, 1)


# -- updates and recalls ----------------------------------------------------------------------------------------------
def test_an_update_does_not_buy_time(hub: HubOnPaper) -> None:
    hub.later(SEVERE - minutes(1))
    hub.send(a_report(msg_type=MsgType.UPDATE, revision=2, reported_at=hub.now))
    assert {alert.acknowledge_by for alert in hub.alerts_of("IB")} == {NOW + SEVERE}
    hub.later(minutes(1))
    hub.tick()
    assert late(hub) == TOLD
    assert {alert.incident_revision for alert in notices(hub)} == {2}
    hub.clear()
    hub.later(SEVERE)
    hub.tick()
    assert notices(hub) == [], "this revision was told already"


def test_a_later_revision_that_stays_unanswered_is_late_again(hub: HubOnPaper) -> None:
    hub.later(SEVERE)
    hub.tick()
    hub.clear()
    hub.send(a_report(msg_type=MsgType.UPDATE, revision=2, reported_at=hub.now))
    hub.later(SEVERE)
    hub.tick()
    assert late(hub) == TOLD
    assert {alert.incident_revision for alert in notices(hub)} == {2}


def test_a_recall_takes_the_place_of_what_it_recalls_and_has_a_deadline_of_its_own() -> None:
    hub = HubOnPaper.of()
    hub.send(a_report(severity=Severity.MINOR))
    hub.later(timedelta(hours=3, minutes=30))
    hub.send(a_report(msg_type=MsgType.CANCEL, revision=2, severity=Severity.MINOR, reported_at=hub.now))
    recalls = [alert for alert in hub.alerts() if alert.kind is AlertKind.RECALL]
    assert {alert.acknowledge_by for alert in recalls} == {hub.now + Deadlines().recall}
    hub.later(minutes(30))
    hub.tick()
    assert notices(hub) == [], "what was withdrawn need not be answered any more"
    hub.later(minutes(30))
    hub.tick()
    assert late(hub) == {alert.recipient for alert in recalls}
    assert all(alert.escalation is not None and alert.escalation.recall for alert in notices(hub))


def test_an_unread_recall_is_late_also_when_other_news_of_the_incident_came_after_it(hub: HubOnPaper) -> None:
    hub.tell(*(answer(alert) for alert in hub.alerts()))
    narrowed = Handling(tlp=TLP.GREEN, releasable_to=("NACTA", "POLICE-KP"))
    hub.send(a_report(msg_type=MsgType.UPDATE, revision=2, handling=narrowed, reported_at=hub.now))
    recall = hub.alerts_of("IB")[-1]
    assert recall.kind is AlertKind.RECALL
    hub.send(a_report(agency="POLICE-KP", local_ref="other"))
    assert hub.incident().awaited["IB"].revision == 3
    hub.later(SEVERE)
    hub.tick()
    told = [alert.escalation for alert in notices(hub) if alert.recipient == "IB"]
    assert [one.recall for one in told if one is not None] == [True]


def test_the_originator_of_a_withdrawn_report_hears_that_its_recall_was_not_read(hub: HubOnPaper) -> None:
    answer_all(hub)
    hub.send(a_report(msg_type=MsgType.CANCEL, revision=2, reported_at=hub.now))
    hub.later(SEVERE)
    hub.tick()
    (receipt,) = overdue_receipts(hub)
    assert (receipt.agency, receipt.overdue) == ("CTD-KP", 3)


# -- time that survives -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("closed", [False, True], ids=["alert", "recall of the last report"])
def test_a_worker_that_has_just_started_finds_what_is_late_with_no_traffic_at_all(
    hub: HubOnPaper, closed: bool
) -> None:
    if closed:
        hub.send(a_report(msg_type=MsgType.CANCEL, revision=2, reported_at=hub.now))
        assert hub.incident().closed
    hub.later(SEVERE)
    hub.restart()
    assert hub.fusion.is_due(0, hub.now)
    hub.tick()
    assert late(hub) == TOLD
    assert not hub.fusion.is_due(0, hub.now), "no tick is wanted where nothing is late"


def test_a_tick_is_wanted_only_when_something_may_be_late(hub: HubOnPaper) -> None:
    hub.tick()
    assert not hub.fusion.is_due(0, hub.now)
    assert hub.fusion.is_due(0, hub.now + SEVERE)
    hub.rebalance()
    assert hub.fusion.is_due(0, hub.now), "after a rebalance nobody knows yet"


def test_a_crash_between_sending_and_marking_makes_no_second_escalation(hub: HubOnPaper) -> None:
    hub.later(SEVERE)
    event = hub.tick_event()
    lost = hub.fusion.decide([event], hub.work("fuse"))
    hub.sent.extend(lost.outputs)
    first = {(alert.recipient, alert.alert_id) for alert in notices(hub)}
    receipts = {receipt.receipt_id for receipt in overdue_receipts(hub)}
    for written in range(len(lost.marks)):
        hub.fused.keep(Decision(marks=lost.marks[:written]))
        hub.restart()
        hub.later(minutes(5))
        again = hub.fusion.decide([event], hub.work("fuse"))
        hub.sent.extend(again.outputs)
        assert {(alert.recipient, alert.alert_id) for alert in notices(hub)} == first
        assert {receipt.receipt_id for receipt in overdue_receipts(hub)} == receipts


def test_an_old_tick_read_late_judges_by_its_own_time(hub: HubOnPaper) -> None:
    event = hub.tick_event()
    hub.later(timedelta(days=1))
    hub.fuse([event])
    assert notices(hub) == []


def test_after_an_outage_no_tick_takes_more_than_its_share() -> None:
    waiting, incident = Waiting(), an_incident()
    for number in range(5):
        waiting.note(0, incident.model_copy(update={"incident_id": ids.incident_id("PK-KP", str(number))}))
    taken = [len(waiting.take_due(0, NOW + SEVERE, 2)) for _ in range(4)]
    assert taken == [2, 2, 1, 0]


def an_incident() -> Incident:
    hub = HubOnPaper.of()
    hub.send(a_report())
    return hub.incident()


# -- the rule for every history ---------------------------------------------------------------------------------------
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 50)),
        st.tuples(st.just("answer"), st.sampled_from(sorted(TOLD))),
        st.tuples(st.just("update"), st.just(0)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_in_every_history_each_late_revision_is_told_once_and_no_answered_one(steps: list[tuple[str, object]]) -> None:
    hub, revision = HubOnPaper.of(), 1
    hub.send(a_report())
    answered: set[str] = set()
    for what, detail in [*steps, ("wait", 30), ("wait", 30)]:
        match what:
            case "wait":
                assert isinstance(detail, int)
                hub.later(minutes(detail))
                hub.tick()
            case "answer":
                newest = [alert for alert in hub.alerts_of(str(detail)) if not alert.kind.is_notice][-1]
                hub.tell(answer(newest))
                answered.add(newest.alert_id)
            case "update":
                revision += 1
                hub.send(a_report(msg_type=MsgType.UPDATE, revision=revision, reported_at=hub.now))
            case _:
                hub.restart()
    told = [alert.escalation.alert_id for alert in notices(hub) if alert.escalation and alert.recipient != "NACTA"]
    assert len(told) == len(set(told))
    for agency in TOLD - {"NACTA"}:
        newest = [alert for alert in hub.alerts_of(agency) if not alert.kind.is_notice][-1]
        assert (newest.alert_id in told) or (newest.alert_id in answered)
