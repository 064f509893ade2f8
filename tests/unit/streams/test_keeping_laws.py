"""Laws of the purge: whatever was told before it, no alert keeps a word of the report once its recipient has obeyed."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysts import OTHER_WORDS, a_verdict, the_blast, the_raid
from builders import NOW, a_handling, minutes
from fusionbus.consumers.erasing import left_of
from fusionbus.contract.codec import encode
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import TLP, MsgType
from hub import HubOnPaper
from records_desk import MARK, marked, newest, plain, purge, state_of

LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
OPEN, NARROW = a_handling(), a_handling(tlp=TLP.RED, releasable_to=("NACTA", "IB"))
MASKED = a_handling(mask_source=True)


def revision(number: int, handling: int) -> ThreatReport:
    """A revision of the report that will be purged, under changing markings."""
    kind = MsgType.REPORT if number == 1 else MsgType.UPDATE
    return marked(msg_type=kind, revision=number, reported_at=NOW, handling=(OPEN, NARROW, MASKED)[handling])


def obeyed(hub: HubOnPaper) -> None:
    """Every recipient obeys, and then holds no alert with the word."""
    for agency in hub.registry.agencies:
        alerts = hub.alerts_of(agency)
        for order in [alert for alert in alerts if alert.erase is not None]:
            assert order.erase is not None
            assert MARK not in encode(order).decode()
            alerts = [left_of(alert, order.erase, order.alert_id) for alert in alerts]
        assert [alert.alert_id for alert in alerts if MARK in encode(alert).decode()] == []


STEPS = st.lists(st.tuples(st.sampled_from(["again", "other", "other", "withdraw"]), st.integers(0, 2)), max_size=6)


@LAW
@given(STEPS, st.integers(0, 2))
def test_no_recipient_that_obeys_keeps_a_word_of_a_purged_report(steps: list[tuple[str, int]], first: int) -> None:
    hub, number, withdrawn = HubOnPaper.of(), 1, False
    hub.send(revision(1, first))
    for at, (what, how) in enumerate(steps):
        hub.later(minutes(1))
        if what == "other":
            hub.send(plain(("IB", "CTD-PB", "POLICE-KP")[how], number=at))
        elif not withdrawn:
            number += 1
            report = revision(number, how)
            withdrawn = what == "withdraw"
            hub.send(report.model_copy(update={"msg_type": MsgType.CANCEL}) if withdrawn else report)
    purge(hub, marked())
    assert MARK.encode() not in state_of(hub) + newest(hub)
    obeyed(hub)


@LAW
@given(STEPS)
def test_a_purge_takes_no_word_of_another_agency_but_from_summaries(steps: list[tuple[str, int]]) -> None:
    hub = HubOnPaper.of()
    hub.send(marked())
    for at, (_, how) in enumerate(steps):
        hub.send(plain(("IB", "CTD-PB", "POLICE-KP")[how], number=at))
    before = [member for member in hub.incident().members if member.report_id != marked().report_id]
    purge(hub, marked())
    after = [member for member in hub.incident().members if member.report_id != marked().report_id]
    assert [m.model_copy(update={"reasons": ()}) for m in before] == after
    for agency in hub.registry.agencies:
        alerts = hub.alerts_of(agency)
        for order in [alert for alert in alerts if alert.erase is not None]:
            assert order.erase is not None
            for alert in alerts:
                left = left_of(alert, order.erase, order.alert_id)
                assert left.body == alert.body or MARK in encode(alert.body).decode()


@pytest.mark.parametrize("undone", [False, True], ids=["joined", "joined and parted"])
@pytest.mark.parametrize("of_second", [False, True], ids=["the elder's", "the younger's"])
def test_what_was_told_while_two_incidents_were_one_goes_too(undone: bool, of_second: bool) -> None:
    hub = HubOnPaper.of()
    told = {"headline": f"Word {MARK}"}
    one, two = the_blast(headline=None if of_second else told["headline"]), the_raid(**(told if of_second else {}))
    for report in (one, two):
        hub.send(report)
        hub.later(minutes(1))
    hub.tell(a_verdict())
    hub.send(the_blast("third", "IB", **OTHER_WORDS))
    if undone:
        hub.tell(a_verdict("not_same"))
    purge(hub, two if of_second else one)
    assert MARK.encode() not in state_of(hub) + newest(hub)
    obeyed(hub)
