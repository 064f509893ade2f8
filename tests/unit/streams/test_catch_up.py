"""Who asks for what is open gets what the rules would have sent it, had its wishes always been so: no more, no less."""

from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, a_handling, a_place, a_report, a_subscription, an_interval, minutes
from fusionbus.contract.agency import Agency, Subscription
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import decode, encode
from fusionbus.contract.control import CatchUp
from fusionbus.contract.handling import Source
from fusionbus.contract.incident import Member
from fusionbus.contract.keeping import Purge
from fusionbus.contract.records import AcceptedReport, AuditEvent, Receipt, ReceiptOutcome, RejectReason
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import TLP, Form, MsgType, Province, Severity, Status, ThreatCategory, Urgency
from fusionbus.streams.catching_up import BETWEEN, INCIDENTS_A_TURN, SETTLING
from fusionbus.streams.engine import Decision
from fusionbus.streams.enrich import enrich
from fusionbus.streams.reading.gazetteer import DISTRICTS
from fusionbus.streams.registry import facets_of
from fusionbus.streams.route import route
from fusionbus.streams.shelf import Shelf
from hub import HubOnPaper, a_federation
from unit.streams.test_laws import LAW, NAMES, admissible, federations, traffic

ASKER: Final = "CTD-PB"
EVERYTHING: Final = a_subscription(agency=ASKER)
HANDLING: Final = {
    Rule.STATUS,
    Rule.FOREIGN,
    Rule.CLEARANCE,
    Rule.TLP,
    Rule.RELEASABLE,
    Rule.ORIGINATOR_CONTROL,
    Rule.INACTIVE,
}


def calm(**changes: Any) -> ThreatReport:
    """A report that puts nobody in danger, so that no override shows."""
    return a_report(**{"urgency": Urgency.PAST} | changes)


def confirmation() -> ThreatReport:
    """The first event in the words of the police."""
    words = {"headline": "Explosion reported, Purana Chashma", "narrative": "Constables on patrol heard a loud bang."}
    return calm(agency="POLICE-KP", local_ref="P-1", **words)


def elsewhere(number: int, **changes: Any) -> ThreatReport:
    """A report of an event of its own: another district, another hour, another kind of attack."""
    district = [each for each in DISTRICTS.values() if each.province != Province.PUNJAB][number]
    told: dict[str, Any] = {
        "local_ref": f"KP-{number}",
        "headline": None,
        "narrative": None,
        "category": tuple(ThreatCategory)[number % len(ThreatCategory)],
        "occurred": an_interval(NOW - minutes(60 * (number % 40))),
        "place": Place(province=Province(district.province), district=district.name),
    }
    return calm(**told | changes)


def wants(hub: HubOnPaper, *wishes: Subscription) -> None:
    """From now on these are in force."""
    hub.registry = hub.registry.with_entries(wishes or (EVERYTHING,))


def ask(hub: HubOnPaper, agency: str = ASKER, **changes: Any) -> list[Alert]:
    """What the agency is sent when it asks for what is open."""
    hub.clear_told()
    put(hub, agency, **changes)
    hub.later(SETTLING)
    hub.tick()
    return hub.alerts_of(agency)


def put(hub: HubOnPaper, agency: str = ASKER, days: float = 3, **changes: Any) -> CatchUp:
    message = CatchUp(agency=agency, at=hub.now, since=hub.now - timedelta(days=days), **changes)
    hub.tell(message)
    return message


def answer(hub: HubOnPaper, agency: str = ASKER) -> Receipt:
    return hub.receipts_of(agency)[-1]


def members(hub: HubOnPaper) -> dict[str, Member]:
    return {member.report_id: member for incident in hub.incidents().values() for member in incident.members}


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
    """A hub that was told of three events, one twice, before CTD-PB wished to hear of anything."""
    hub = HubOnPaper.of()
    hub.send(calm(), confirmation(), elsewhere(2), elsewhere(5))
    assert not hub.alerts_of(ASKER)
    return hub


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
    """The last of these alerts about each report."""
    subjects = {
        (name, revision): member.report_id
        for member in members(hub).values()
        for name, revisions in member.told.items()
        for revision in revisions
    }
    return {subjects[alert.incident_id, alert.incident_revision]: alert for alert in alerts}


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
    assert len(told) == len(got), "one alert a report"
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


# -- the text is kept as long as it may be asked for -------------------------------------------------------------------
def test_a_text_is_let_go_when_its_incident_closes_or_it_is_withdrawn(hub: HubOnPaper) -> None:
    def texts() -> set[str]:
        return {key.decode()[2:] for key in hub.fused.rows[0] if key.startswith(b"x:")}

    assert texts() == members(hub).keys()
    hub.send(calm(msg_type=MsgType.CANCEL, revision=2))
    assert texts() == members(hub).keys() - {calm().report_id}
    hub.later(timedelta(days=8))
    hub.send(elsewhere(8, reported_at=hub.now))
    assert texts() == {elsewhere(8).report_id}


# -- turns ------------------------------------------------------------------------------------------------------------
def test_a_request_waits_until_a_subscription_just_made_is_known_everywhere(hub: HubOnPaper) -> None:
    put(hub)
    hub.tick()
    assert not hub.receipts_of(ASKER)
    assert hub.fusion.is_due(0, hub.now), "a tick is wanted until it has begun"
    wants(hub)
    hub.later(SETTLING)
    hub.tick()
    assert len(hub.alerts_of(ASKER)) == 4
    hub.tick()
    assert not hub.fusion.is_due(0, hub.now)


def test_a_waiting_request_is_found_again_after_a_rebalance_though_a_report_comes_first(hub: HubOnPaper) -> None:
    wants(hub)
    hub.tick()
    put(hub)
    hub.rebalance()
    hub.send(elsewhere(8))
    assert hub.fusion.is_due(0, hub.now)
    hub.later(SETTLING)
    hub.tick()
    assert answer(hub).outcome is ReceiptOutcome.CONTROL_DONE


def test_a_second_request_within_the_minute_is_refused_and_one_after_it_is_not(hub: HubOnPaper) -> None:
    wants(hub)
    ask(hub)
    put(hub)
    assert answer(hub).reason is RejectReason.SETTLED
    hub.later(BETWEEN)
    assert not ask(hub)
    assert answer(hub).outcome is ReceiptOutcome.CONTROL_DONE


def test_many_incidents_take_many_turns_and_what_comes_meanwhile_is_not_kept_waiting() -> None:
    hub = HubOnPaper.of()
    many = INCIDENTS_A_TURN + 20
    hub.send(*(elsewhere(number, status=Status.TEST) for number in range(many)))
    assert len(hub.incidents()) > 60
    wants(
        hub, a_subscription(agency=ASKER, statuses=(Status.TEST,)), a_subscription(agency="IB", statuses=(Status.TEST,))
    )
    hub.clear_told()
    requests = [put(hub), put(hub, "IB")]
    hub.later(SETTLING)
    batch = [hub.tick_event()]
    per_batch, batches = [], 0
    while batch:
        decision = hub.fusion.decide(batch, hub.work("fuse"))
        hub.keep(decision)
        per_batch.append(sum(output.topic.startswith("alerts-") for output in decision.outputs))
        batch = [hub.event(o.topic, o.key, o.value) for o in decision.outputs if o.topic == "accepted"]
        batches += 1
    assert max(per_batch) < 50, "a turn is short"
    assert len(hub.alerts_of(ASKER)) == len(hub.alerts_of("IB")) == many
    assert batches > 2 * len(requests)
    halves = [alert.recipient for alert in hub.alerts()][:many]
    assert {halves.count(ASKER), halves.count("IB")} <= set(range(many // 3, many)), "they take turns"


def test_a_crash_between_sending_and_marking_makes_no_second_alert(hub: HubOnPaper) -> None:
    wants(hub)
    put(hub)
    hub.later(SETTLING)
    batch = [hub.tick_event()]
    ids: set[str] = set()
    while batch:
        decision = hub.fusion.decide(batch, hub.work("fuse"))
        ids |= {alert.alert_id for alert in told(decision)}
        for written in range(len(decision.marks)):
            hub.fused.keep(Decision(marks=decision.marks[:written]))
            hub.fusion = type(hub.fusion)(Shelf(hub.fused), lambda: hub.epoch)
            again = hub.fusion.decide(batch, hub.work("fuse"))
            assert {alert.alert_id for alert in told(again)} <= ids
        hub.keep(decision)
        hub.restart()
        batch = [hub.event(o.topic, o.key, o.value) for o in decision.outputs if o.topic == "accepted"]
        assert not told(hub.fusion.decide([], hub.work("fuse")))
    assert len(ids) == 4


def test_a_turn_that_is_read_again_leads_to_nothing(hub: HubOnPaper) -> None:
    wants(hub)
    put(hub)
    hub.later(SETTLING)
    batch = [hub.tick_event()]
    while batch:
        decision = hub.fusion.decide(batch, hub.work("fuse"))
        hub.keep(decision)
        assert not hub.fusion.decide(batch, hub.work("fuse")).outputs
        batch = [hub.event(o.topic, o.key, o.value) for o in decision.outputs if o.topic == "accepted"]
    assert answer(hub).outcome is ReceiptOutcome.CONTROL_DONE


def told(decision: Decision) -> list[Alert]:
    (paper := HubOnPaper.of()).sent.extend(decision.outputs)
    return paper.alerts()


def test_a_request_is_read_at_most_thirty_days_back() -> None:
    with pytest.raises(ValueError, match="at most 30 days"):
        CatchUp(agency=ASKER, at=NOW, since=NOW - timedelta(days=31))
    with pytest.raises(ValueError, match="not after it"):
        CatchUp(agency=ASKER, at=NOW, since=NOW + timedelta(days=1))
