"""Catching up takes turns, waits for the registry, keeps texts while they may be asked for; no crash repeats it."""

from datetime import timedelta

import pytest

from builders import NOW, a_subscription
from fusionbus.contract.control import CatchUp
from fusionbus.contract.records import ReceiptOutcome, RejectReason
from fusionbus.contract.vocabulary import MsgType, Status
from fusionbus.streams.catching_up import BETWEEN, INCIDENTS_A_TURN, SETTLING
from fusionbus.streams.engine import Decision
from fusionbus.streams.shelf import Shelf
from hub import HubOnPaper
from newcomers import (
    ASKER,
    answer,
    ask,
    calm,
    elsewhere,
    members,
    missing_some,
    put,
    told,
    wants,
)


@pytest.fixture
def hub() -> HubOnPaper:
    """A hub with three events that CTD-PB has missed."""
    return missing_some()


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


def test_a_request_is_read_at_most_thirty_days_back() -> None:
    with pytest.raises(ValueError, match="at most 30 days"):
        CatchUp(agency=ASKER, at=NOW, since=NOW - timedelta(days=31))
    with pytest.raises(ValueError, match="not after it"):
        CatchUp(agency=ASKER, at=NOW, since=NOW + timedelta(days=1))
