"""What is said of an incident that went to another zone reaches it there, or is heard before it goes."""

from datetime import timedelta

from border_towns import A, B, a_verdict, east, reports_in, send
from builders import NOW
from fusionbus.contract import topics
from fusionbus.contract.codec import decode_accepted, encode
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.crossing import Offer
from fusionbus.contract.keeping import Purge
from fusionbus.contract.vocabulary import AckAction, MsgType
from hub import HubOnPaper


def test_revisions_withdrawals_and_orders_reach_a_report_in_the_zone_it_moved_to(joined: HubOnPaper) -> None:
    send(joined, east(revision=2, msg_type=MsgType.UPDATE, headline="Nine dead at Attock bridge"))
    (theirs,) = [member for member in joined.incidents()[A].members if member.agency == "CTD-PB"]
    assert theirs.revision == 2
    order = Purge(agency="CTD-PB", report_id=east().report_id, at=NOW, reason="A court said so.")
    joined.put(topics.reports_topic("CTD-PB"), east().report_id.encode(), order.model_dump_json().encode())
    (theirs,) = [member for member in joined.incidents()[A].members if member.agency == "CTD-PB"]
    assert theirs.withdrawn
    assert not theirs.terms
    assert not joined.dead_letters()


def an_answer(hub: HubOnPaper, incident: str) -> Acknowledgement:
    """NACTA has received the alert about this incident."""
    (alert,) = [alert for alert in hub.alerts_of("NACTA") if alert.incident_id == incident]
    return Acknowledgement(
        agency="NACTA",
        at=hub.now,
        alert_id=alert.alert_id,
        incident_id=alert.incident_id,
        incident_revision=alert.incident_revision,
        zone=alert.zone,
        action=AckAction.RECEIVED,
    )


def assert_heard(hub: HubOnPaper) -> None:
    assert "NACTA" in hub.incidents()[B].acknowledged
    assert "NACTA" not in hub.incidents()[B].awaited
    assert not hub.dead_letters()


def test_an_alert_of_before_the_move_is_acknowledged_where_its_incident_is_now(both: HubOnPaper) -> None:
    answer = an_answer(both, B)
    both.tell(a_verdict())
    both.tell(answer)
    assert_heard(both)


def test_an_answer_that_comes_just_before_its_incident_leaves_is_heard(both: HubOnPaper) -> None:
    answers = both.admit([both.event(topics.control_topic("NACTA"), b"NACTA", encode(an_answer(both, B)))])
    batch = both.admit([both.event(topics.control_topic("NACTA"), b"NACTA", encode(a_verdict()))])
    while batch:
        if any(isinstance(told := decode_accepted(e.value or b""), Offer) and told.incident_id == B for e in batch):
            batch, answers = [*answers, *batch], []
        decision = both.fusion.decide(batch, both.work("fuse"))
        both.keep(decision)
        batch = both.accepted(decision)
    assert not answers, "the incident was never asked for"
    assert_heard(both)


def test_a_missed_deadline_of_before_the_move_is_told_once(both: HubOnPaper) -> None:
    waits = {a for a, awaited in both.incidents()[B].awaited.items() if awaited.acknowledge_by is not None}
    both.tell(a_verdict())
    both.later(timedelta(hours=30))
    for partition in range(both.partitions):
        both.fuse([both.tick_event()._replace(partition=partition)])
    late = [alert.alert_id for alert, _ in both.escalations()]
    assert waits
    assert len(late) == len(set(late))
    assert late


def test_later_reports_of_the_zone_that_gave_its_incident_away_go_there_too(joined: HubOnPaper) -> None:
    send(joined, east("e2", "IB", headline="Attock bridge: lorry blast kills seven at toll plaza", narrative=None))
    assert list(reports_in(joined)) == [A]
    assert len(reports_in(joined)[A]) == 3
