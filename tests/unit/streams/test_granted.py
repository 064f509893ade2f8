"""What an originator's answer does: who gets what, and who stays in the circle afterwards."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import a_handling, a_report, a_token, an_acknowledgement, an_agency
from fusionbus.contract.codec import encode
from fusionbus.contract.incident import Claim
from fusionbus.contract.records import AuditEvent, ReceiptOutcome, RejectReason
from fusionbus.contract.report import Entity, ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import (
    TLP,
    AlertKind,
    Classification,
    EntityType,
    Form,
    MsgType,
    Urgency,
)
from fusionbus.streams.deadlines import Deadlines
from fusionbus.streams.engine import Decision
from fusionbus.streams.registry import Registry, facets_of
from fusionbus.streams.route import form_for, granted_to, route
from hub import HubOnPaper, a_federation
from sharers import QUESTION, ask, controlled, question, refusal, reply
from strategies import reports


@pytest.fixture
def hub() -> HubOnPaper:
    """A hub that has told the centre, and nobody else, of a controlled report of CTD-KP."""
    hub = HubOnPaper.of()
    hub.send(controlled())
    assert {alert.recipient for alert in hub.alerts()} == {"NACTA"}
    return hub


# -- the answer -------------------------------------------------------------------------------------------------------
def test_a_grant_makes_the_hub_send_the_report_in_the_granted_form(hub: HubOnPaper) -> None:
    hub.tell(reply(ask(hub), form=Form.SUMMARY))
    (alert,) = hub.alerts_of("CTD-PB")
    assert (alert.rule, alert.form, alert.kind) == (Rule.GRANTED, Form.SUMMARY, AlertKind.INCIDENT)
    assert alert.body.narrative == controlled().narrative
    assert alert.handling.originator_control
    assert alert.acknowledge_by is not None
    answered = hub.receipts_of("NACTA")[-1]
    assert (answered.outcome, answered.request_id) == (ReceiptOutcome.SHARING_ANSWERED, QUESTION)
    assert "sent it to 1 of 1" in (answered.sentence or "")
    (decided,) = [record for record in hub.audit() if record.event is AuditEvent.SHARING_DECIDED]
    assert decided.decisions == {Rule.GRANTED: ("CTD-PB",)}


def test_a_tearline_is_all_that_goes_where_the_originator_offers_it(hub: HubOnPaper) -> None:
    hub.tell(reply(ask(hub), "tearline"))
    (alert,) = hub.alerts_of("CTD-PB")
    assert (alert.form, alert.body.tearline) == (Form.TEARLINE, controlled().tearline)
    assert alert.body.narrative is None
    assert alert.body.agency is None


def test_a_denial_sends_nothing_and_tells_the_asker_why(hub: HubOnPaper) -> None:
    before = len(hub.alerts())
    hub.tell(reply(ask(hub), "deny", reason="It would show the source."))
    assert len(hub.alerts()) == before + 1
    sentence = hub.receipts_of("NACTA")[-1].sentence or ""
    assert "denied" in sentence
    assert "It would show the source." in sentence


@pytest.mark.parametrize(
    ("handling", "to", "rule"),
    [
        ({"classification": Classification.SECRET}, "CTD-PB", Rule.CLEARANCE),
        ({"tlp": TLP.AMBER}, "CTD-PB", Rule.TLP),
        ({"releasable_to": ("NACTA",)}, "CTD-PB", Rule.RELEASABLE),
        ({}, "LIAISON-1", Rule.FOREIGN),
        ({}, "FMU", Rule.NEED_TO_KNOW),
    ],
)
def test_a_grant_lifts_originator_control_and_no_other_rule(handling: dict[str, Any], to: str, rule: Rule) -> None:
    hub = HubOnPaper.of(
        [
            *a_federation(),
            an_agency(agency="CTD-PB", organisation="Punjab", clearance=Classification.CONFIDENTIAL, provinces=()),
        ]
    )
    hub.send(controlled(handling=handling))
    hub.tell(reply(ask(hub, to=(to,))))
    assert hub.alerts_of(to) == []
    (decided,) = [record for record in hub.audit() if record.event is AuditEvent.SHARING_DECIDED]
    assert decided.decisions == {rule: (to,)}
    sentence = hub.receipts_of("NACTA")[-1].sentence or ""
    assert "0 of 1" in sentence
    assert str(rule) not in sentence, "what holds it back from another is not the asker's to know"


def test_a_full_form_is_granted_to_nobody_who_may_not_see_persons(hub: HubOnPaper) -> None:
    hub.send(controlled(local_ref="two", entities=(Entity(type=EntityType.PHONE, token=a_token(), privacy=True),)))
    hub.tell(reply(ask(hub, to=("POLICE-KP",)), form=Form.FULL))
    assert hub.alerts_of("POLICE-KP")[-1].form is Form.SUMMARY


# -- afterwards -------------------------------------------------------------------------------------------------------
def granted_hub(**changes: Any) -> HubOnPaper:
    hub = HubOnPaper.of()
    hub.send(controlled(**changes))
    hub.tell(reply(ask(hub)))
    return hub


def test_later_revisions_reach_whom_the_originator_let_have_it_in_no_fuller_form() -> None:
    hub = granted_hub()
    hub.send(controlled(msg_type=MsgType.UPDATE, revision=2, headline="Two blasts in a bazaar in Peshawar"))
    hub.send(controlled(msg_type=MsgType.UPDATE, revision=3, headline="Two blasts in a bazaar in Peshawar"))
    *_, second, last = hub.alerts_of("CTD-PB")
    for alert in (second, last):
        assert (alert.rule, alert.form, alert.kind) == (Rule.GRANTED, Form.SUMMARY, AlertKind.INCIDENT)
    assert last.body.headline == "Two blasts in a bazaar in Peshawar"


def test_a_recall_reaches_whom_the_originator_let_have_it() -> None:
    hub = granted_hub()
    hub.send(controlled(msg_type=MsgType.CANCEL, revision=2))
    assert {alert.recipient for alert in hub.alerts() if alert.kind is AlertKind.RECALL} == {"NACTA", "CTD-PB"}


def test_a_grant_can_be_taken_back_by_an_update_that_no_other_rule_lets_through() -> None:
    hub = granted_hub()
    narrowed = controlled(msg_type=MsgType.UPDATE, revision=2, handling={"releasable_to": ("NACTA",)})
    hub.send(narrowed)
    assert hub.alerts_of("CTD-PB")[-1].kind is AlertKind.RECALL


def test_whom_the_originator_let_have_it_is_awaited_and_escalated_like_others() -> None:
    hub = granted_hub()
    hub.tell(
        *(
            an_acknowledgement(
                agency="NACTA",
                alert_id=alert.alert_id,
                incident_id=alert.incident_id,
                incident_revision=alert.incident_revision,
                zone=alert.zone,
            )
            for alert in hub.alerts_of("NACTA")[:1]
        )
    )
    hub.later(Deadlines().severe)
    hub.tick()
    assert {told.agency for _, told in hub.escalations()} == {"CTD-PB"}


def test_a_withdrawn_report_can_be_neither_asked_for_nor_granted(hub: HubOnPaper) -> None:
    first = hub.alerts_of("NACTA")[0]
    asked = ask(hub)
    hub.send(controlled(msg_type=MsgType.CANCEL, revision=2))
    hub.tell(reply(asked), question(first, request_id=str(UUID(int=3, version=4))))
    assert refusal(hub, "CTD-KP") is RejectReason.WITHDRAWN
    assert refusal(hub, "NACTA") is RejectReason.WITHDRAWN


def test_what_was_recalled_from_an_agency_it_may_not_ask_to_pass_on() -> None:
    hub = HubOnPaper.of()
    hub.send(controlled(urgency=Urgency.IMMEDIATE))
    (alert,) = hub.alerts_of("POLICE-KP")
    hub.send(controlled(msg_type=MsgType.UPDATE, revision=2))
    assert hub.alerts_of("POLICE-KP")[-1].kind is AlertKind.RECALL
    hub.tell(question(alert))
    assert refusal(hub, "POLICE-KP") is RejectReason.NOT_YOURS


def test_the_text_is_kept_only_while_its_originator_controls_it() -> None:
    hub = HubOnPaper.of()
    key = b"o:" + controlled().report_id.encode()
    hub.send(controlled())
    assert key in hub.fused.rows[0]
    hub.send(controlled(msg_type=MsgType.UPDATE, revision=2).model_copy(update={"handling": a_handling()}))
    assert key not in hub.fused.rows[0]
    hub.send(controlled(local_ref="two"), a_report(local_ref="three"))
    hub.send(controlled(local_ref="two", msg_type=MsgType.CANCEL, revision=2))
    assert [name for name in hub.fused.rows[0] if name.startswith(b"o:")] == []


def test_a_crash_between_any_two_marks_sends_nothing_twice_and_loses_no_grant() -> None:
    calm = granted_hub()
    for written in range(8):
        hub = HubOnPaper.of()
        hub.send(controlled())
        asked = ask(hub)
        events = [
            accepted
            for message in [reply(asked)]
            for accepted in hub.admit([hub.event("control-CTD-KP", b"CTD-KP", encode(message))])
        ]
        lost = hub.fusion.decide(events, hub.work("fuse"))
        hub.sent.extend(lost.outputs)
        hub.fused.keep(Decision(marks=lost.marks[:written]))
        hub.restart()
        hub.fuse(events)
        assert {alert.alert_id for alert in hub.alerts()} == {alert.alert_id for alert in calm.alerts()}
        assert {receipt.receipt_id for receipt in hub.receipts()} == {receipt.receipt_id for receipt in calm.receipts()}
        assert hub.incident().members[0].granted == {"CTD-PB": Form.SUMMARY}


# -- the law ----------------------------------------------------------------------------------------------------------
REGISTRY = Registry().with_entries(a_federation())
FULLNESS = (Form.POINTER, Form.TEARLINE, Form.SUMMARY, Form.FULL)


@settings(deadline=None, max_examples=60)
@given(reports(), st.sampled_from(sorted(REGISTRY.agencies)), st.sampled_from(Form))
def test_a_grant_gives_nobody_more_than_the_same_report_without_originator_control(
    report: ThreatReport, name: str, most: Form
) -> None:
    facets = facets_of(report, Claim(), REGISTRY)
    let = granted_to(name, most, facets, REGISTRY)
    free = facets._replace(originator_control=False)
    (plain,) = [ruling for ruling in route(free, REGISTRY) if ruling.agency == name]
    if let.form is None:
        return
    assert plain.rule in {Rule.SUBSCRIPTION, Rule.JURISDICTION, Rule.NO_INTEREST}
    assert FULLNESS.index(let.form) <= FULLNESS.index(most)
    assert FULLNESS.index(let.form) <= FULLNESS.index(form_for(REGISTRY.agencies[name], facets))
