"""Read this one first: what becomes of one report, from an agency's bytes to everyone who hears of it.

CTD Khyber Pakhtunkhwa reports a blast. Who may know and wants to know, does; a second agency confirms it, a third
echoes it, the first corrects it and at last takes it back.
"""

from datetime import timedelta

import pytest

from builders import NOW, a_place, a_report, a_token, an_acknowledgement, an_interval, minutes
from fusionbus.contract.handling import Source
from fusionbus.contract.incident import Relation
from fusionbus.contract.records import AuditEvent, ReceiptOutcome
from fusionbus.contract.report import Casualties, Entity, ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.topics import CENTRE
from fusionbus.contract.vocabulary import (
    AckAction,
    AlertKind,
    AlertMsgType,
    CasualtyGroup,
    Credibility,
    EntityType,
    Form,
    Kind,
    MsgType,
    Outcome,
    Province,
    SubjectRole,
)
from hub import HubOnPaper, with_the_centre

HEARD_OF_IT = {"POLICE-KP", "IB", "NACTA"}


def the_blast(**changes: object) -> ThreatReport:
    """CTD-KP's report: ten killed in a bazaar, and a phone found beside the handcart."""
    told = {
        "casualties": (Casualties(outcome=Outcome.KILLED, group=CasualtyGroup.CIVILIAN, low=10, high=12),),
        "entities": (Entity(type=EntityType.PHONE, token=a_token(), role=SubjectRole.OTHER),),
    }
    return a_report(**told | changes)


def the_same_blast_by_ib(**changes: object) -> ThreatReport:
    """The Intelligence Bureau's own report of it, in other words and a little later."""
    told = {
        "agency": "IB",
        "local_ref": "IB/77",
        "occurred": an_interval(NOW - minutes(38)),
        "reported_at": NOW,
        "headline": "Explosion at Peshawar market",
        "narrative": "Our officer counted eleven dead after the explosion. A mobile set was recovered from the scene.",
        "casualties": (Casualties(outcome=Outcome.KILLED, group=CasualtyGroup.CIVILIAN, low=11, high=11),),
    }
    return the_blast(**told | changes)


@pytest.fixture
def hub() -> HubOnPaper:
    return HubOnPaper.of()


@pytest.fixture
def told(hub: HubOnPaper) -> HubOnPaper:
    """A hub that has the blast, and the confirmation of it; what it wrote about them is read already."""
    hub.send(the_blast(), the_same_blast_by_ib())
    hub.clear()
    return hub


def test_a_first_report_reaches_whom_it_concerns_and_its_originator_learns_so(hub: HubOnPaper) -> None:
    hub.send(the_blast())

    assert {alert.recipient for alert in hub.alerts()} == HEARD_OF_IT
    (nacta,) = hub.alerts_of("NACTA")
    assert (nacta.kind, nacta.msg_type) == (AlertKind.INCIDENT, AlertMsgType.ALERT)
    assert (nacta.rule, nacta.form) == (Rule.SUBSCRIPTION, Form.FULL)
    assert nacta.body.narrative == the_blast().narrative
    assert nacta.body.entities == the_blast().entities
    assert nacta.incident.independent_origins == 1
    (police,) = hub.alerts_of("POLICE-KP")
    assert (police.rule, police.form) == (Rule.JURISDICTION, Form.SUMMARY), "it may not see whose phone it was"
    assert police.body.entities == ()

    (receipt,) = hub.receipts_of("CTD-KP")
    assert (receipt.outcome, receipt.delivered_to) == (ReceiptOutcome.NEW_INCIDENT, 3)
    assert receipt.forms == {Form.FULL: 2, Form.SUMMARY: 1}
    assert receipt.withheld == {Rule.ECHO: 1, Rule.NO_INTEREST: 2, Rule.FOREIGN: 1}

    (record,) = hub.audit()
    assert record.event is AuditEvent.REPORT_ROUTED
    assert sorted(name for names in record.decisions.values() for name in names) == sorted(hub.registry.agencies)
    assert record.decisions[Rule.JURISDICTION] == ("POLICE-KP",)


def test_the_same_report_again_makes_nothing_but_a_receipt(hub: HubOnPaper) -> None:
    hub.send(the_blast())
    hub.clear()
    hub.send(the_blast())
    assert hub.alerts() == []
    (receipt,) = hub.receipts_of("CTD-KP")
    assert (receipt.outcome, receipt.sentence) == (ReceiptOutcome.REPEAT, "It is here already.")


def test_a_second_agency_confirms_it_and_everyone_concerned_gets_an_update(hub: HubOnPaper) -> None:
    hub.send(the_blast())
    first = hub.alerts_of("NACTA")[0]
    hub.send(the_same_blast_by_ib())

    assert len(hub.incidents()) == 1
    update = hub.alerts_of("NACTA")[1]
    assert (update.msg_type, update.incident_id) == (AlertMsgType.UPDATE, first.incident_id)
    assert update.incident_revision == first.incident_revision + 1
    assert update.incident.independent_origins == 2
    assert update.incident.credibility is Credibility.CONFIRMED
    assert (update.incident.claim.killed.low, update.incident.claim.killed.high) == (10, 12)  # type: ignore[union-attr]
    assert update.incident.reasons, "it says why the two were taken for one"
    (back,) = hub.alerts_of("CTD-KP")
    assert back.body.agency == "IB", "the first to tell hears who confirmed it"
    (receipt,) = hub.receipts_of("IB")
    assert (receipt.outcome, receipt.independent_origins) == (ReceiptOutcome.CORROBORATION, 2)


def test_an_echo_confirms_nothing_and_does_not_disturb_those_who_know(told: HubOnPaper) -> None:
    blast = the_blast()
    echo = the_blast(
        agency="POLICE-KP", local_ref="PS-12/3", reported_at=NOW, source=Source(derived_from=(blast.report_id,))
    )
    told.send(echo)

    (receipt,) = told.receipts_of("POLICE-KP")
    assert (receipt.outcome, receipt.independent_origins) == (ReceiptOutcome.RELAY, 2)
    assert told.alerts() == []
    (record,) = told.audit()
    assert record.relation is Relation.RELAY
    assert set(record.decisions[Rule.ECHO]) >= {"CTD-KP", "POLICE-KP", "NACTA"}


def test_a_correction_reaches_everyone_who_had_the_report(told: HubOnPaper) -> None:
    worse = (Casualties(outcome=Outcome.KILLED, group=CasualtyGroup.CIVILIAN, low=14, high=14),)
    told.send(the_blast(msg_type=MsgType.UPDATE, revision=2, casualties=worse, reported_at=NOW))

    assert {alert.recipient for alert in told.alerts()} == HEARD_OF_IT
    (alert,) = told.alerts_of("NACTA")
    assert (alert.msg_type, alert.body.revision) == (AlertMsgType.UPDATE, 2)
    assert (alert.incident.claim.killed.low, alert.incident.claim.killed.high) == (11, 14)  # type: ignore[union-attr]
    (receipt,) = told.receipts_of("CTD-KP")
    assert (receipt.outcome, receipt.delivered_to) == (ReceiptOutcome.UPDATE, 3)


def test_a_withdrawal_is_recalled_from_exactly_those_who_had_it(told: HubOnPaper) -> None:
    told.send(the_blast(msg_type=MsgType.CANCEL, revision=2, reported_at=NOW))

    assert {alert.recipient for alert in told.alerts()} == HEARD_OF_IT
    for alert in told.alerts():
        assert (alert.kind, alert.msg_type, alert.rule) == (AlertKind.RECALL, AlertMsgType.CANCEL, Rule.RECALL)
        assert alert.acknowledge_by == told.now + timedelta(minutes=30)
        assert alert.incident.credibility is not Credibility.CONFIRMED, "one origin is left"
    (receipt,) = told.receipts_of("CTD-KP")
    assert (receipt.outcome, receipt.independent_origins) == (ReceiptOutcome.CANCELLED, 1)
    assert not told.incident().closed, "the Bureau still stands by it"


def test_what_many_reports_tell_together_is_told_by_the_centre_as_a_report_of_its_own() -> None:
    hub = HubOnPaper.of(with_the_centre())
    elsewhere = a_place(province=Province.PUNJAB, district="Lahore", name="Made-up Chowk", lat=31.5, lon=74.3)
    hub.send(the_blast(), the_blast(agency="CTD-PB", local_ref="PB/1", place=elsewhere, headline="A phone is seized"))
    hub.look()

    (finding,) = [alert for alert in hub.alerts_of("NACTA") if alert.body.kind is Kind.ASSESSMENT]
    assert (finding.kind, finding.body.agency) == (AlertKind.RELATED, CENTRE)
    assert finding.body.headline == "The same phone in 2 incidents"
    assert {alert.recipient for alert in hub.alerts() if alert.body.kind is Kind.ASSESSMENT} == {
        *("NACTA", "IB", "CTD-KP", "CTD-PB", "POLICE-KP")
    }, "whoever asks for it and may have both reports: not the partner abroad, and not who may know of payments only"


def test_what_recipients_answer_comes_back_to_the_originator_as_numbers(hub: HubOnPaper) -> None:
    hub.send(the_blast())
    (alert,) = hub.alerts_of("IB")
    hub.clear()
    hub.tell(
        an_acknowledgement(
            agency="IB",
            alert_id=alert.alert_id,
            incident_id=alert.incident_id,
            incident_revision=alert.incident_revision,
            zone=alert.zone,
            action=AckAction.USED,
            at=hub.now,
        )
    )
    (receipt,) = hub.receipts_of("CTD-KP")
    assert receipt.outcome is ReceiptOutcome.ACKNOWLEDGED
    assert (receipt.delivered_to, receipt.acknowledged_by, receipt.used_by) == (3, 1, 1)
    assert "IB" not in receipt.model_dump_json(), "how many, never who"
