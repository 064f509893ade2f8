"""What is ordered about a report: purge and hold, by whom, and what is left of it."""

from datetime import timedelta

import pytest

from builders import NOW, a_handling, a_report, minutes
from fusionbus.contract import ids, topics
from fusionbus.contract.codec import encode
from fusionbus.contract.handling import Legal
from fusionbus.contract.keeping import LegalHold, Purge, ReleaseHold
from fusionbus.contract.records import AuditEvent, ReceiptOutcome, RejectReason
from fusionbus.contract.vocabulary import TLP, AlertKind, MsgType, Severity, Status
from fusionbus.streams import keeping
from fusionbus.streams.keeper import SETTLING
from hub import HubOnPaper
from records_desk import MARK, give, marked, newest, order, plain, purge, state_of, sweep


@pytest.fixture
def hub() -> HubOnPaper:
    return HubOnPaper.of()


def test_a_purge_leaves_who_told_it_and_who_had_it_and_no_word_of_what_it_said(hub: HubOnPaper) -> None:
    hub.send(marked())
    told = {alert.recipient for alert in hub.alerts()}
    assert MARK.encode() in state_of(hub)
    purge(hub, marked())
    assert MARK.encode() not in state_of(hub)
    assert MARK.encode() not in newest(hub)
    (member,) = hub.incident().members
    assert (member.agency, set(member.forms), member.claim.model_dump(exclude_none=True)) == ("CTD-KP", told, {})
    assert keeping.is_purged(member)
    assert hub.incident().closed


def test_everyone_who_was_told_is_told_once_to_erase_just_those_alerts(hub: HubOnPaper) -> None:
    hub.send(marked(), plain(), marked(msg_type=MsgType.UPDATE, revision=2, reported_at=NOW))
    had = {
        agency: {alert.alert_id for alert in hub.alerts_of(agency) if MARK in (alert.body.headline or "")}
        for agency in ("NACTA", "POLICE-KP", "IB")
    }
    assert all(had.values())
    hub.clear()
    purge(hub, marked())
    assert {alert.recipient for alert in hub.alerts()} == {*hub.incident().members[0].forms, "CTD-KP"}
    for agency, alerts in had.items():
        (alert,) = hub.alerts_of(agency)
        assert (alert.kind, alert.status) == (AlertKind.RECALL, Status.ACTUAL)
        assert alert.erase is not None
        assert alerts <= set(alert.erase.alerts)
        assert alert.erase.incidents == (hub.incident().incident_id,)
        assert MARK not in encode(alert).decode()
    assert hub.incident().awaited.keys() >= {"NACTA", "POLICE-KP"}
    (record,) = [record for record in hub.audit() if record.event is AuditEvent.REPORT_PURGED]
    assert "The desk's reason." in (record.note or "")
    assert record.report_id == marked().report_id


def test_what_a_purge_replaced_goes_from_the_disks_of_the_broker_and_of_the_hub(hub: HubOnPaper) -> None:
    hub.send(marked())
    sweep(hub, timedelta(hours=1))
    assert hub.fused.scrubbed == []
    purge(hub, marked())
    name = hub.incidents()[ids.incident_id("PK-KP", marked().report_id)].incident_id.encode()

    def written() -> int:
        return sum(out.topic == topics.INCIDENTS and out.key == name for out in hub.sent)

    before = written()
    for _ in range(3):
        sweep(hub, timedelta(hours=1))
    assert written() > before
    assert hub.fused.scrubbed == [0]
    sweep(hub, SETTLING)
    after = written()
    sweep(hub, timedelta(hours=1))
    assert written() == after


def test_what_others_told_of_the_incident_stands_without_what_was_made_from_the_purged_report(hub: HubOnPaper) -> None:
    hub.send(marked(), plain())
    assert hub.incident().independent_origins == 2
    purge(hub, marked())
    after = hub.incident()
    assert not after.closed
    assert after.independent_origins == 1
    assert after.claim == after.members[1].claim
    assert after.members[1].reasons == ()
    (alert,) = [alert for alert in hub.alerts_of("NACTA") if alert.erase is not None]
    assert alert.incident.claim.headline == plain().headline


def test_whoever_loses_a_report_by_its_new_markings_is_told_to_erase_it_and_others_are_not(hub: HubOnPaper) -> None:
    hub.send(marked(severity=Severity.MINOR))
    had = {alert.recipient: alert.alert_id for alert in hub.alerts()}
    narrow = a_handling(tlp=TLP.RED, releasable_to=("NACTA",))
    hub.send(marked(msg_type=MsgType.UPDATE, revision=2, reported_at=NOW, severity=Severity.MINOR, handling=narrow))
    erased = {alert.recipient: alert.erase.alerts for alert in hub.alerts() if alert.erase is not None}
    assert erased == {agency: (alert_id,) for agency, alert_id in had.items() if agency != "NACTA"}
    hub.clear()
    hub.send(marked(msg_type=MsgType.CANCEL, revision=3, reported_at=NOW, severity=Severity.MINOR, handling=narrow))
    assert [alert.erase for alert in hub.alerts()] == [None]


def test_a_purge_given_twice_tells_nobody_a_second_time(hub: HubOnPaper) -> None:
    hub.send(marked())
    purge(hub, marked())
    alerts = len(hub.alerts())
    hub.later(minutes(1))
    purge(hub, marked())
    assert len(hub.alerts()) == alerts
    outcomes = [receipt.outcome for receipt in hub.receipts_of("CTD-KP")]
    assert outcomes == [ReceiptOutcome.NEW_INCIDENT, ReceiptOutcome.PURGED, ReceiptOutcome.CONTROL_DONE]


def test_a_purge_that_is_read_again_after_a_crash_makes_the_same_alerts(hub: HubOnPaper) -> None:
    hub.send(marked())
    before = {partition: dict(rows) for partition, rows in hub.fused.rows.items()}
    purge(hub, marked())
    first = [alert.alert_id for alert in hub.alerts() if alert.erase]
    hub.fused.rows.clear()
    hub.fused.rows.update(before)
    hub.restart()
    hub.clear()
    purge(hub, marked())
    assert [alert.alert_id for alert in hub.alerts()] == first


def test_a_later_revision_of_a_purged_report_is_refused_and_no_copy_of_it_is_kept(hub: HubOnPaper) -> None:
    hub.send(marked())
    purge(hub, marked())
    hub.clear()
    hub.send(marked(msg_type=MsgType.UPDATE, revision=2, reported_at=NOW))
    (receipt,) = hub.receipts_of("CTD-KP")
    assert (receipt.outcome, receipt.reason) == (ReceiptOutcome.REJECTED, RejectReason.PURGED)
    (letter,) = hub.dead_letters()
    assert letter.body_bytes == 0
    assert hub.alerts() == []


def test_the_same_report_sent_again_after_its_purge_makes_no_alert(hub: HubOnPaper) -> None:
    hub.send(marked())
    purge(hub, marked())
    hub.clear()
    hub.send(marked())
    assert hub.alerts() == []
    assert [receipt.outcome for receipt in hub.receipts_of("CTD-KP")] == [ReceiptOutcome.REPEAT]


@pytest.mark.parametrize("kind", [Purge, LegalHold, ReleaseHold])
def test_only_the_originator_and_the_hubs_desk_order_and_others_do_not_learn_that_it_exists(
    hub: HubOnPaper, kind: type[Purge | LegalHold | ReleaseHold]
) -> None:
    hub.send(marked())
    give(hub, order(kind, marked(), "IB"))
    give(hub, order(kind, a_report(local_ref="never-sent"), "IB"))
    stranger, unknown = hub.receipts_of("IB")
    assert stranger.reason is unknown.reason is RejectReason.UNKNOWN_REPORT
    assert stranger.sentence == unknown.sentence
    assert MARK.encode() in state_of(hub)


def test_an_order_in_anothers_name_or_under_another_key_is_refused(hub: HubOnPaper) -> None:
    hub.send(marked())
    hub.put(topics.reports_topic("IB"), marked().report_id.encode(), encode(order(Purge, marked())))
    hub.put(topics.reports_topic("CTD-KP"), b"another", encode(order(Purge, marked())))
    hub.put(topics.reports_topic("CTD-KP"), marked().report_id.encode(), b'{"type":"purge"}')
    late = order(Purge, marked(), at=NOW + minutes(10))
    give(hub, late)
    reasons = [letter.reason for letter in hub.dead_letters()]
    wanted = [RejectReason.WRONG_AGENCY, RejectReason.WRONG_KEY, RejectReason.SCHEMA, RejectReason.FUTURE_DATED]
    assert reasons == wanted
    assert MARK.encode() in state_of(hub)


def test_a_hold_stops_every_purge_until_all_who_hold_it_release_it(hub: HubOnPaper) -> None:
    report = marked(legal=Legal(retention_until=NOW + timedelta(days=1)))
    hub.send(report)
    give(hub, order(LegalHold, report, "NACTA"))
    give(hub, order(LegalHold, report))
    purge(hub, report)
    assert hub.receipts_of("CTD-KP")[-1].reason is RejectReason.LEGAL_HOLD
    assert "CTD-KP, NACTA" in (hub.receipts_of("CTD-KP")[-1].sentence or "")
    give(hub, order(ReleaseHold, report, at=NOW + minutes(1)))
    sweep(hub, timedelta(days=800))
    purge(hub, report)
    assert MARK.encode() in state_of(hub)
    give(hub, order(ReleaseHold, report, "NACTA", NOW + minutes(2)))
    sweep(hub, timedelta(days=1))
    assert MARK.encode() not in state_of(hub)
    assert [r.event for r in hub.audit()].count(AuditEvent.HOLD_CHANGED) == 4
    assert {r.outcome for r in hub.receipts_of("NACTA") if r.report_id} == {ReceiptOutcome.CONTROL_DONE}


def test_a_hold_stands_through_revisions_and_nobody_releases_anothers(hub: HubOnPaper) -> None:
    report = marked()
    hub.send(report)
    give(hub, order(LegalHold, report, "NACTA"))
    hub.send(marked(msg_type=MsgType.UPDATE, revision=2, reported_at=NOW))
    give(hub, order(ReleaseHold, report))
    assert hub.receipts_of("CTD-KP")[-1].reason is RejectReason.NOT_YOURS
    purge(hub, report)
    assert hub.receipts_of("CTD-KP")[-1].reason is RejectReason.LEGAL_HOLD


def test_a_report_that_says_it_is_held_is_held(hub: HubOnPaper) -> None:
    hub.send(marked(legal=Legal(legal_hold=True)))
    purge(hub, marked())
    assert hub.receipts_of("CTD-KP")[-1].reason is RejectReason.LEGAL_HOLD
