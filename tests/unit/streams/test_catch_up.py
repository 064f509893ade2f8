"""Who asks for what is open gets what the rules would have sent it, had its wishes always been so: no more, no less."""

from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_handling, a_place, a_report, a_subscription, minutes
from federations import LAW, NAMES, admissible, federations, traffic
from fusionbus.contract.agency import Agency, Subscription
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import decode, encode
from fusionbus.contract.handling import Source
from fusionbus.contract.keeping import Purge
from fusionbus.contract.records import AcceptedReport, AuditEvent, ReceiptOutcome, RejectReason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import TLP, Form, MsgType, Province, Severity, Status
from fusionbus.streams.catching_up import BETWEEN
from fusionbus.streams.enrich import enrich
from fusionbus.streams.registry import facets_of
from fusionbus.streams.route import route
from hub import HubOnPaper, a_federation
from newcomers import (
    ASKER,
    EVERYTHING,
    answer,
    ask,
    calm,
    confirmation,
    elsewhere,
    members,
    missing_some,
    wants,
)

HANDLING: Final = {
    Rule.STATUS,
    Rule.FOREIGN,
    Rule.CLEARANCE,
    Rule.TLP,
    Rule.RELEASABLE,
    Rule.ORIGINATOR_CONTROL,
    Rule.INACTIVE,
}


def text_of(hub: HubOnPaper, report_id: str) -> ThreatReport:
    """The report as it was taken last."""
    (kept,) = (
        hub.fused.rows[0][key]
        for key in (b"x:" + report_id.encode(), b"o:" + report_id.encode())
        if key in hub.fused.rows[0]
    )
    accepted = decode(AcceptedReport, kept)
    assert isinstance(accepted, AcceptedReport)
    return accepted.report


@pytest.fixture
def hub() -> HubOnPaper:
    """A hub with three events that CTD-PB has missed."""
    return missing_some()


# -- exactly what the rules would have sent ---------------------------------------------------------------------------
@st.composite
def newcomers(draw: st.DrawFn) -> tuple[list[Agency | Subscription], list[Agency | Subscription], str]:
    """A federation in which an agency has its wishes, the same without them, and the agency."""
    federation = draw(federations())
    agency = draw(
        st.sampled_from([each.agency for each in federation if isinstance(each, Agency) and each.active] or NAMES)
    )
    if not any(isinstance(each, Subscription) and each.agency == agency for each in federation):
        federation = [*federation, a_subscription(agency=agency, statuses=tuple(Status))]
    before = [each for each in federation if isinstance(each, Agency) or each.agency != agency]
    return federation, before, agency


def newest(hub: HubOnPaper, alerts: list[Alert]) -> dict[str, Alert]:
    """The last of these alerts about each report; that two incidents were found to be one is news of no report."""
    subjects = {
        (name, revision): member.report_id
        for member in members(hub).values()
        for name, revisions in member.told.items()
        for revision in revisions
    }
    of_reports = [alert for alert in alerts if alert.merged_from is None and alert.apart_from is None]
    return {subjects[alert.incident_id, alert.incident_revision]: alert for alert in of_reports}


@LAW
@given(newcomers(), st.lists(admissible(), min_size=1, max_size=7))
def test_catching_up_leads_to_what_the_wish_would_have_led_to_from_the_start(
    parties: tuple[list[Agency | Subscription], list[Agency | Subscription], str], sent: list[ThreatReport]
) -> None:
    federation, before, agency = parties
    (always := HubOnPaper.of(federation)).send(*sent)
    (late := HubOnPaper.of(before)).send(*sent)
    had = late.alerts_of(agency)
    late.registry = HubOnPaper.of(federation).registry
    got = ask(late, agency)
    if not late.registry.knows(agency):
        assert not got
        return
    theirs = {name: member.forms.get(agency) for name, member in members(late).items()}
    assert theirs == {name: member.forms.get(agency) for name, member in members(always).items()}
    told, owed = newest(late, [*had, *got]), newest(always, always.alerts_of(agency))
    assert {name: alert.body for name, alert in told.items()} == {name: alert.body for name, alert in owed.items()}
    assert len({alert.alert_id for alert in [*had, *got]}) == len(had) + len(got)


@LAW
@given(newcomers(), traffic())
def test_nothing_withdrawn_and_nothing_beyond_its_newest_markings_is_sent_and_nothing_twice(
    parties: tuple[list[Agency | Subscription], list[Agency | Subscription], str], sent: list[ThreatReport]
) -> None:
    federation, before, agency = parties
    (hub := HubOnPaper.of(before)).send(*sent)
    hub.registry = HubOnPaper.of(federation).registry
    got = ask(hub, agency)
    told = newest(hub, got)
    assert len(told) == len([alert for alert in got if alert.merged_from is None]), "one alert a report"
    for name in told:
        member = members(hub)[name]
        report = text_of(hub, name)
        facets = facets_of(report, enrich(report).claim, hub.registry)
        ruling = route(facets, hub.registry)[hub.registry.position_of(agency)]
        assert not member.withdrawn
        assert ruling.rule not in HANDLING or ruling.form is not None
    hub.later(BETWEEN)
    assert not ask(hub, agency)


def test_a_newcomer_gets_every_report_with_the_rule_and_reason_of_today(hub: HubOnPaper) -> None:
    wants(hub)
    got = ask(hub)
    assert {alert.body.local_ref for alert in got} == {"KP-2026-0001", "P-1", "KP-2", "KP-5"}
    assert {(alert.rule, alert.why) for alert in got} == {(Rule.SUBSCRIPTION, "your subscription “Everything”")}
    assert all(alert.acknowledge_by and alert.acknowledge_by >= hub.now + timedelta(hours=3) for alert in got)
    assert answer(hub).outcome is ReceiptOutcome.CONTROL_DONE
    assert (answer(hub).sentence or "").startswith(
        "Alerts sent to you: 4, on 3 open incidents heard of since 2026-03-02"
    )


def test_who_has_no_wish_gets_nothing_and_is_told_so(hub: HubOnPaper) -> None:
    assert not ask(hub)
    assert "nothing was missing" in (answer(hub).sentence or "")


def test_what_is_sent_is_on_record_and_its_withdrawal_reaches_the_newcomer(hub: HubOnPaper) -> None:
    wants(hub)
    sent = {alert.alert_id for alert in ask(hub)}
    records = [record for record in hub.audit() if record.event is AuditEvent.CAUGHT_UP]
    assert sorted(record.report_id for record in records if record.report_id) == sorted(members(hub))
    assert all(record.decisions == {Rule.SUBSCRIPTION: (ASKER,)} for record in records if record.report_id)
    hub.clear_told()
    hub.send(calm(msg_type=MsgType.CANCEL, revision=2))
    (recall,) = hub.alerts_of(ASKER)
    assert recall.alert_id not in sent
    assert recall.rule is Rule.RECALL


def test_no_other_agency_hears_of_it_and_no_incident_stays_open_longer(hub: HubOnPaper) -> None:
    heard = {name: incident.updated_at for name, incident in hub.incidents().items()}
    hub.later(minutes(20))
    wants(hub)
    ask(hub)
    assert {alert.recipient for alert in hub.alerts()} == {ASKER}
    assert {name: incident.updated_at for name, incident in hub.incidents().items()} == heard


def test_only_what_one_subscription_asks_for(hub: HubOnPaper) -> None:
    grave = a_subscription(agency=ASKER, name="Grave", severity_min=Severity.EXTREME)
    wants(hub, EVERYTHING, grave)
    assert not ask(hub, subscription_id=grave.subscription_id)
    hub.later(BETWEEN)
    assert len(ask(hub, subscription_id=EVERYTHING.subscription_id)) == 4


def test_another_agencys_subscription_is_refused(hub: HubOnPaper) -> None:
    wants(hub)
    theirs = next(each for each in hub.registry.subscriptions.values() if each.agency == "NACTA")
    assert not ask(hub, subscription_id=theirs.subscription_id)
    assert answer(hub).reason is RejectReason.NOT_YOURS
    assert answer(hub).request_id


def test_what_was_heard_of_before_is_not_sent(hub: HubOnPaper) -> None:
    hub.later(timedelta(days=2))
    hub.send(elsewhere(8, reported_at=hub.now))
    wants(hub)
    assert [alert.body.local_ref for alert in ask(hub, days=1)] == ["KP-8"]


def test_an_update_is_what_is_sent_of_a_report_that_has_one(hub: HubOnPaper) -> None:
    hub.send(elsewhere(2, msg_type=MsgType.UPDATE, revision=2, headline="It was a gas cylinder"))
    wants(hub)
    (alert,) = [alert for alert in ask(hub) if alert.body.local_ref == "KP-2"]
    assert (alert.body.revision, alert.body.headline) == (2, "It was a gas cylinder")


def test_who_had_only_the_tearline_gets_the_report_once_it_wishes_for_it() -> None:
    hub = HubOnPaper.of([a for a in a_federation() if a.agency != "CTD-PB"] + [punjab()])
    hub.send(
        a_report(place=a_place(province=Province.PUNJAB, district="Lahore", lat=31.5, lon=74.3), tearline="A blast.")
    )
    (first,) = hub.alerts_of(ASKER)
    assert first.form is Form.TEARLINE
    hub.registry = hub.registry.with_entries([punjab(kinds=tuple(type(calm().kind)))])
    (second,) = ask(hub)
    assert (second.form, second.rule) == (Form.FULL, Rule.JURISDICTION)


def punjab(**changes: Any) -> Agency:
    (found,) = [each for each in a_federation() if isinstance(each, Agency) and each.agency == ASKER]
    return found.model_copy(update={"kinds": tuple(kind for kind in found.kinds if kind != "incident")} | changes)


@pytest.mark.parametrize(
    "handling",
    [
        a_handling(tlp=TLP.AMBER),
        a_handling(originator_control=True),
        a_handling(releasable_to=("IB",)),
    ],
)
def test_a_report_that_its_markings_hold_back_stays_behind(handling: Any) -> None:
    hub = HubOnPaper.of()
    hub.send(calm(handling=handling))
    wants(hub)
    assert not ask(hub)


def test_nothing_is_sent_of_a_purged_report_and_no_text_of_it_is_kept(hub: HubOnPaper) -> None:
    words = b"A device left on a handcart"
    assert any(words in value for value in hub.fused.rows[0].values())
    for report in (calm(), confirmation()):
        order = Purge(report_id=report.report_id, agency=report.agency, at=hub.now, reason="No ground to keep it.")
        hub.put(f"reports-{report.agency}", report.report_id.encode(), encode(order))
    wants(hub)
    assert {alert.body.local_ref for alert in ask(hub)} == {"KP-2", "KP-5"}
    assert not any(words in value for value in hub.fused.rows[0].values())


def test_an_echo_is_not_sent_to_who_gets_its_origin(hub: HubOnPaper) -> None:
    echo = calm(agency="IB", local_ref="IB-1", source=Source(derived_from=(calm().report_id,)))
    hub.send(echo)
    wants(hub)
    assert "IB-1" not in {alert.body.local_ref for alert in ask(hub)}
    assert ASKER in members(hub)[echo.report_id].spared
