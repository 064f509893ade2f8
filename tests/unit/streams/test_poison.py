"""When the hub refuses almost everyone it stops; one agency's rubbish never stops it, nor holds its neighbours."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, a_report, an_interval, minutes
from fusionbus.contract import topics
from fusionbus.contract.errors import Misconfigured
from fusionbus.streams.engine import Event
from fusionbus.streams.ingress import decide_reports
from fusionbus.streams.poison import AGENCIES_MIN, HEARD_WITHIN, POISON_RUN_MAX, REFUSED_RUN_MAX, Poison
from hub import HubOnPaper

WRONG = ("CTD-KP", "CTD-PB", "IB")


def hears(poison: Poison, agency: str, taken: bool, times: int = REFUSED_RUN_MAX) -> None:
    for _ in range(times):
        poison.heard(agency, taken=taken, now=NOW)


def refuses(poison: Poison, *agencies: str) -> None:
    for agency in agencies:
        hears(poison, agency, taken=False)


def test_a_hub_that_refuses_three_agencies_and_takes_nothing_stops_and_says_where_to_look() -> None:
    poison = Poison()
    refuses(poison, *WRONG)
    with pytest.raises(Misconfigured, match=r"CTD-KP, CTD-PB, IB.*clock.*FUSION_REFUSED_RUN_MAX=0"):
        poison.check(NOW)


def test_it_goes_on_when_switched_off_by_hand() -> None:
    poison = Poison(refused_run_max=0)
    refuses(poison, *WRONG)
    poison.check(NOW)


def test_one_report_taken_ends_an_agencys_run() -> None:
    poison = Poison()
    refuses(poison, *WRONG)
    hears(poison, "IB", taken=True, times=1)
    hears(poison, "IB", taken=False, times=REFUSED_RUN_MAX - 1)
    poison.check(NOW)


def test_what_was_heard_long_ago_counts_no_more() -> None:
    poison = Poison()
    refuses(poison, *WRONG)
    poison.check(NOW + HEARD_WITHIN + timedelta(seconds=1))


@given(st.integers(0, 8), st.integers(0, 8), st.integers(0, 8), st.permutations(range(24)))
def test_it_stops_only_if_three_agencies_and_the_majority_of_those_judged_are_refused(
    refused: int, taken: int, unsure: int, order: list[int]
) -> None:
    poison = Poison()
    runs = [*[REFUSED_RUN_MAX] * refused, *[0] * taken, *[1] * unsure]
    for number in order:
        if number < len(runs):
            hears(poison, f"A{number}", taken=not runs[number], times=max(1, runs[number]))
    if refused >= AGENCIES_MIN and refused > taken:
        with pytest.raises(Misconfigured):
            poison.check(NOW)
    else:
        poison.check(NOW)


# -- at the door ------------------------------------------------------------------------------------------------------
def rubbish(hub: HubOnPaper, *agencies: str) -> list[Event]:
    return [hub.event(topics.reports_topic(name), b"key", b"\xff") for name in agencies for _ in range(REFUSED_RUN_MAX)]


def test_a_batch_of_nothing_but_rubbish_leads_to_nothing_at_all() -> None:
    hub = HubOnPaper.of()
    with pytest.raises(Misconfigured):
        decide_reports(rubbish(hub, *WRONG), hub.seen, hub.work("admit"))
    assert hub.sent == []


def test_a_hub_whose_clock_is_a_day_behind_stops_before_it_refuses_the_nation() -> None:
    hub = HubOnPaper.of()
    batch = [
        hub.event_of(a_report(agency=name, local_ref=f"{name}{number}", reported_at=NOW - minutes(number)))
        for name in WRONG
        for number in range(REFUSED_RUN_MAX)
    ]
    hub.now = NOW - timedelta(days=1)
    with pytest.raises(Misconfigured, match="clock"):
        decide_reports(batch, hub.seen, hub.work("admit"))


def test_the_warning_behind_one_agencys_rubbish_comes_through() -> None:
    hub = HubOnPaper.of()
    for _ in range(3):
        hub.admit(rubbish(hub, "CTD-KP"))
    hub.send(a_report(occurred=an_interval()))
    assert len(hub.dead_letters()) == 3 * REFUSED_RUN_MAX
    assert len(hub.alerts_of("NACTA")) == 1


def test_agencies_that_were_put_out_cannot_stop_the_hub() -> None:
    hub = HubOnPaper.of()
    decide_reports(rubbish(hub, "GONE-1", "GONE-2", "GONE-3"), hub.seen, hub.work("admit"))


def test_records_of_the_hub_itself_that_it_cannot_read_stop_it() -> None:
    hub = HubOnPaper.of()
    records = [hub.event(topics.ACCEPTED, b"PK-KP", b"of another version") for _ in range(POISON_RUN_MAX + 1)]
    with pytest.raises(Misconfigured, match="cannot be read here"):
        hub.fuse(records)


def test_a_report_that_is_taken_twice_is_no_refusal() -> None:
    hub = HubOnPaper.of()
    for name in WRONG:
        told = a_report(agency=name)
        for _ in range(REFUSED_RUN_MAX + 2):
            hub.send(told)
    assert hub.dead_letters() == []
