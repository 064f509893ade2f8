"""A missed deadline: who hears of it, and what nobody learns by it."""

from datetime import timedelta

import pytest

from builders import a_report, a_subscription, an_acknowledgement, an_agency
from fusionbus.contract import ids
from fusionbus.contract.agency import Agency
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.handling import Handling
from fusionbus.contract.records import AuditEvent, Receipt, ReceiptOutcome
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import TLP, Attribution, Form, Status
from fusionbus.streams.deadlines import Deadlines
from hub import HubOnPaper, a_federation

TOLD = {"NACTA", "IB", "POLICE-KP"}
SEVERE = Deadlines().severe


@pytest.fixture
def hub() -> HubOnPaper:
    """A hub that has told NACTA, IB and POLICE-KP of one severe report of CTD-KP, and got no answer in time."""
    hub = HubOnPaper.of()
    hub.send(a_report())
    hub.later(SEVERE)
    hub.tick()
    return hub


def overdue_receipts(hub: HubOnPaper) -> list[Receipt]:
    return [receipt for receipt in hub.receipts() if receipt.outcome is ReceiptOutcome.ESCALATED]


def hub_with(changed: Agency) -> HubOnPaper:
    """A federation in which this agency's entry is another."""
    others = [one for one in a_federation() if not isinstance(one, Agency) or one.agency != changed.agency]
    return HubOnPaper.of([*others, changed])


def let_it_pass(hub: HubOnPaper) -> None:
    hub.later(SEVERE)
    hub.tick()


def test_the_silent_agency_and_the_centre_hear_of_it_and_nobody_else(hub: HubOnPaper) -> None:
    own = {(agency, agency) for agency in TOLD}
    heard = {(alert.recipient, told.agency) for alert, told in hub.escalations()}
    assert heard == own | {("NACTA", "IB"), ("NACTA", "POLICE-KP")}


def test_a_notice_tells_whom_to_call_and_nothing_of_the_event(hub: HubOnPaper) -> None:
    for alert, told in hub.escalations():
        assert (alert.rule, alert.form, alert.acknowledge_by) == (Rule.NOTICE, Form.POINTER, None)
        assert told.contact == hub.registry.agencies[told.agency].contact
        assert told.alert_id == ids.alert_id(alert.incident_id, 1, told.agency)
        text = alert.model_dump_json()
        for word in ("Blast", "bazaar", "handcart", "bombing", "CTD-KP", "KP-2026-0001", a_report().report_id):
            assert word not in text


def test_an_agency_may_name_who_calls_and_where() -> None:
    hub = hub_with(
        an_agency(agency="POLICE-KP", personal_data=False, escalates_to="CTD-KP", escalation_contact="Officer, mobile")
    )
    hub.send(a_report(agency="IB"))
    let_it_pass(hub)
    about = [(alert.recipient, told.contact) for alert, told in hub.escalations() if told.agency == "POLICE-KP"]
    assert about == [("CTD-KP", "Officer, mobile"), ("POLICE-KP", "Officer, mobile")]


def test_a_desk_that_may_not_know_of_such_a_report_is_passed_over_for_the_centre() -> None:
    hub = hub_with(an_agency(agency="POLICE-KP", personal_data=False, escalates_to="FMU"))
    hub.send(a_report())
    let_it_pass(hub)
    assert {alert.recipient for alert, told in hub.escalations() if told.agency == "POLICE-KP"} == {
        "POLICE-KP",
        "NACTA",
    }


def test_an_originator_is_not_the_desk_that_learns_which_recipient_is_silent() -> None:
    hub = hub_with(an_agency(agency="POLICE-KP", personal_data=False, escalates_to="CTD-KP"))
    hub.send(a_report())
    let_it_pass(hub)
    assert {alert.recipient for alert, told in hub.escalations() if told.agency == "POLICE-KP"} == {
        "POLICE-KP",
        "NACTA",
    }


def test_an_exercise_rings_at_no_other_desk() -> None:
    hub = HubOnPaper.of([*a_federation(), a_subscription(agency="IB", name="Exercises", statuses=(Status.EXERCISE,))])
    hub.send(a_report(status=Status.EXERCISE))
    let_it_pass(hub)
    assert [(alert.recipient, alert.status) for alert, _ in hub.escalations()] == [("IB", Status.EXERCISE)]


def test_the_originator_learns_how_many_and_no_names() -> None:
    hub = HubOnPaper.of()
    hub.send(a_report())
    hub.tell(answer(hub.alerts_of("IB")[0]))
    let_it_pass(hub)
    (receipt,) = overdue_receipts(hub)
    assert (receipt.agency, receipt.overdue, receipt.report_id) == ("CTD-KP", 2, a_report().report_id)
    for name in TOLD:
        assert name not in receipt.model_dump_json()


def answer(alert: Alert) -> Acknowledgement:
    return an_acknowledgement(
        agency=alert.recipient,
        alert_id=alert.alert_id,
        incident_id=alert.incident_id,
        incident_revision=alert.incident_revision,
        zone=alert.zone,
    )


def test_the_receipts_id_cannot_be_tried_out_for_the_silent_agency() -> None:
    """Ids are made without a secret: two hubs of which one knows other agencies must make the same."""
    found = []
    for silent in ("IB", "POLICE-KP"):
        hub = HubOnPaper.of()
        hub.send(a_report())
        hub.tell(*(answer(alert) for alert in hub.alerts() if alert.recipient != silent))
        let_it_pass(hub)
        found += [receipt.receipt_id for receipt in overdue_receipts(hub)]
    assert found[0] == found[1]


def test_every_late_answer_is_on_record(hub: HubOnPaper) -> None:
    found = [record for record in hub.audit() if record.event is AuditEvent.ALERT_ESCALATED]
    assert {record.agency for record in found} == TOLD
    assert len({record.audit_id for record in found}) == len(found) == 3


def test_a_masked_source_stays_masked() -> None:
    hub = HubOnPaper.of()
    hub.send(a_report(handling=Handling(tlp=TLP.GREEN, mask_source=True, attribution=Attribution.MUST_NOT)))
    let_it_pass(hub)
    assert hub.escalations()
    assert all("CTD-KP" not in alert.model_dump_json() for alert, _ in hub.escalations())


def test_who_left_the_federation_meanwhile_is_not_called(hub: HubOnPaper) -> None:
    gone = hub_with(an_agency(agency="IB", active=False))
    gone.fused.rows = hub.fused.rows
    gone.now = hub.now + timedelta(days=1)
    gone.tick()
    assert gone.sent == []
