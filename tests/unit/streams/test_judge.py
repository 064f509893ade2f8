"""A person's decision moves what it says, tells who was told of it, and can be undone."""

import pytest

from analysts import OTHER_WORDS, A, B, a_split, a_verdict, incident_of, said, the_blast, the_raid, told_of
from builders import a_handling
from fusionbus.contract.handling import Source
from fusionbus.contract.incident import Relation
from fusionbus.contract.records import AuditEvent, ReceiptOutcome
from fusionbus.contract.vocabulary import (
    TLP,
    AlertMsgType,
    Classification,
    Credibility,
    Form,
    MsgType,
    Severity,
)
from hub import HubOnPaper


@pytest.fixture
def hub() -> HubOnPaper:
    """Two incidents of the blast and the raid, told on."""
    hub = told_of(the_blast(), the_raid())
    assert set(hub.incidents()) == {A, B}
    return hub


# -- joining ----------------------------------------------------------------------------------------------------------
def test_the_older_id_survives_a_merge_whichever_is_named_first(hub: HubOnPaper) -> None:
    hub.tell(a_verdict(incidents=(B, A)))
    kept, gone = hub.incidents()[A], hub.incidents()[B]
    assert [member.report_id for member in kept.members] == [the_blast().report_id, the_raid().report_id]
    assert (kept.closed, kept.merged_into, kept.independent_origins) == (False, None, 2)
    assert (kept.credibility, kept.revision) == (Credibility.CONFIRMED, 2)
    assert (gone.closed, gone.merged_into, gone.claim.headline) == (True, A, None)
    assert all(not member.terms and member.claim.place is None for member in gone.members)
    assert hub.fusion.open_count() == 1


def test_whoever_was_told_of_the_one_that_goes_hears_of_it_once_and_sees_no_more_than_before(hub: HubOnPaper) -> None:
    held_b = set(hub.incidents()[B].members[0].forms)
    hub.tell(a_verdict())
    told = {alert.recipient: alert for alert in hub.alerts()}
    assert held_b < set(told) | {"IB"}
    assert "CTD-PB" not in told
    assert all(alert.incident_id == A and alert.merged_from == (B,) for alert in told.values())
    assert {alert.msg_type for alert in told.values()} == {AlertMsgType.UPDATE}
    assert {alert.form for alert in told.values()} == {Form.POINTER}
    assert told["NACTA"].incident.independent_origins == 2
    assert all(alert.body.headline is None and alert.body.agency is None for alert in told.values())
    assert all("officers" not in raw.decode() for name in told for raw in hub.raw_alerts_of(name))


def test_a_merge_shows_nobody_a_report_that_was_kept_from_it() -> None:
    secret = the_raid(handling=a_handling(tlp=TLP.RED, releasable_to=("NACTA",)), severity=Severity.MINOR)
    hub = told_of(the_blast(), secret)
    hub.tell(a_verdict())
    told = {alert.recipient: alert for alert in hub.alerts()}
    assert set(told) == {"NACTA", "IB"}
    assert told["NACTA"].handling.tlp is TLP.RED
    hub.clear_told()
    hub.send(the_blast(msg_type=MsgType.UPDATE, revision=2, reported_at=hub.now))
    for alert in hub.alerts_of("POLICE-KP"):
        assert (alert.incident.reports, alert.incident.independent_origins) == (1, 1)
        assert alert.incident.credibility is not Credibility.CONFIRMED


def test_whose_clearance_was_lowered_hears_nothing_of_what_lies_above_it_now() -> None:
    secret = the_raid(handling=a_handling(classification=Classification.SECRET))
    hub = told_of(the_blast(), secret)
    assert "NACTA" in hub.incidents()[B].members[0].forms
    lowered = hub.registry.agencies["NACTA"].model_copy(update={"clearance": Classification.RESTRICTED})
    hub.registry = hub.registry.with_entries([lowered])
    hub.tell(a_verdict())
    assert hub.incidents()[B].merged_into == A
    assert "NACTA" not in {alert.recipient for alert in hub.alerts()}


def test_two_reports_of_one_agency_are_no_confirmation_after_a_merge_either() -> None:
    hub = told_of(the_blast(agency="IB"), the_raid())
    one = incident_of(the_blast(agency="IB"))
    hub.tell(a_verdict(incidents=(one, B)))
    kept = hub.incidents()[one]
    assert [member.relation for member in kept.members] == [Relation.ORIGINAL, Relation.RELAY]
    assert (kept.independent_origins, kept.credibility) == (1, Credibility.CANNOT_BE_JUDGED)


def test_the_originator_of_what_moved_and_the_desk_that_decided_get_a_receipt_and_the_audit_a_record(
    hub: HubOnPaper,
) -> None:
    hub.tell(a_verdict())
    (moved,) = hub.receipts_of("IB")
    assert (moved.outcome, moved.incident_id, moved.report_id) == (ReceiptOutcome.MOVED, A, the_raid().report_id)
    (done,) = hub.receipts_of("NACTA")
    assert (done.outcome, done.sentence) == (ReceiptOutcome.CONTROL_DONE, f"{B} is part of {A} now.")
    record, about = hub.audit()
    assert (about.report_id, about.incident_id) == (the_raid().report_id, A)
    assert (record.event, record.agency, record.incident_id) == (AuditEvent.INCIDENT_MERGED, "NACTA", A)
    assert "Both officers were there." in str(record.note)
    assert sorted(name for names in record.decisions.values() for name in names) == sorted(hub.registry.agencies)
    (link,) = hub.links()
    assert (link.type, link.incidents, link.decided_by) == ("same", (A, B), "NACTA")


def test_later_reports_and_revisions_find_what_was_merged(hub: HubOnPaper) -> None:
    hub.tell(a_verdict())
    hub.send(the_raid(msg_type=MsgType.UPDATE, revision=2, reported_at=hub.now))
    hub.send(the_raid("third", "POLICE-KP", source=Source(derived_from=(the_raid().report_id,))))
    hub.rebalance()
    hub.send(the_raid(msg_type=MsgType.CANCEL, revision=3, reported_at=hub.now))
    held = hub.incidents()[A]
    reports = (the_blast(), the_raid(), the_raid("third", "POLICE-KP"))
    assert [member.report_id for member in held.members] == [report.report_id for report in reports]
    assert [member.revision for member in held.members] == [1, 3, 1]
    assert hub.incidents()[B].merged_into == A


# -- taking apart -----------------------------------------------------------------------------------------------------
def test_a_merge_taken_back_leaves_both_as_they_would_have_been(hub: HubOnPaper) -> None:
    before = {name: said(incident) for name, incident in hub.incidents().items()}
    hub.tell(a_verdict(), a_verdict("not_same"))
    after = hub.incidents()
    assert {name: said(incident) for name, incident in after.items()} == before
    assert {name: incident.revision for name, incident in after.items()} == {A: 3, B: 2}
    told = [(alert.recipient, alert.incident_id, alert.apart_from) for alert in hub.alerts() if alert.apart_from]
    assert ("NACTA", A, (B,)) in told
    assert ("NACTA", B, (A,)) in told
    assert len({alert.alert_id for alert in hub.alerts()}) == len(hub.alerts())
    assert hub.fusion.open_count() == 2


def test_a_report_taken_out_has_the_id_it_would_have_had_and_the_rest_keeps_its_own() -> None:
    wrong = the_blast("wrong", "IB", **OTHER_WORDS)
    hub = told_of(the_blast(), wrong)
    hub.tell(a_split(wrong))
    assert set(hub.incidents()) == {A, incident_of(wrong)}
    rest, out = hub.incidents()[A], hub.incidents()[incident_of(wrong)]
    assert [member.report_id for member in rest.members] == [the_blast().report_id]
    assert (rest.credibility, rest.independent_origins) == (Credibility.CANNOT_BE_JUDGED, 1)
    assert [(member.relation, member.origin) for member in out.members] == [(Relation.ORIGINAL, wrong.report_id)]
    told = {(alert.recipient, alert.incident_id): alert for alert in hub.alerts()}
    corrected = told["NACTA", A]
    assert (corrected.incident.reports, corrected.incident.credibility) == (1, Credibility.CANNOT_BE_JUDGED)
    assert corrected.apart_from == (out.incident_id,)
    assert told["NACTA", out.incident_id].apart_from == (A,)
    (moved,) = [each for each in hub.receipts_of("IB") if each.outcome is ReceiptOutcome.MOVED]
    assert moved.incident_id == out.incident_id
    hub.send(the_blast("wrong", "IB", msg_type=MsgType.UPDATE, revision=2, reported_at=hub.now))
    assert hub.incidents()[out.incident_id].members[0].revision == 2


def test_taking_out_the_report_an_incident_is_named_after_moves_the_others() -> None:
    other = the_blast("other", "IB")
    hub = told_of(the_blast(), other)
    hub.tell(a_split(the_blast()))
    assert [member.report_id for member in hub.incidents()[A].members] == [the_blast().report_id]
    assert [member.report_id for member in hub.incidents()[incident_of(other)].members] == [other.report_id]


def test_a_report_that_was_held_back_as_an_echo_is_asked_for_again_and_then_reaches_whom_it_should() -> None:
    echo = the_blast("echo", "IB", source=Source(derived_from=(the_blast().report_id,)))
    hub = told_of(the_blast(), echo)
    hub.tell(a_split(echo))
    assert {alert.recipient for alert in hub.alerts()} == {"IB"}
    (moved,) = [each for each in hub.receipts_of("IB") if each.outcome is ReceiptOutcome.MOVED]
    assert (moved.delivered_to, "send it again" in str(moved.sentence)) == (0, True)
    assert "reached nobody" in str(hub.receipts_of("NACTA")[-1].sentence)
    hub.send(the_blast("echo", "IB", msg_type=MsgType.UPDATE, revision=2, reported_at=hub.now))
    assert {alert.recipient for alert in hub.alerts()} == {"IB", "CTD-KP", "POLICE-KP", "NACTA"}


def test_an_echo_of_what_was_taken_out_is_an_origin_of_its_own() -> None:
    echo = the_blast("echo", "IB", source=Source(derived_from=(the_blast().report_id,)))
    third = the_blast("third", "POLICE-KP", source=Source(derived_from=(the_blast().report_id,)))
    hub = told_of(the_blast(), echo, third)
    hub.tell(a_split(the_blast()))
    left = hub.incidents()[incident_of(echo)]
    assert [member.relation for member in left.members] == [Relation.ORIGINAL, Relation.RELAY]
    assert left.independent_origins == 1
