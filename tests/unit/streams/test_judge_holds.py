"""A person's decision holds: over replays, crashes and later traffic; and what cannot be done is told."""

from copy import deepcopy
from datetime import timedelta

import pytest

from analysts import A, B, a_split, a_verdict, incident_of, said, the_blast, the_raid, told_of
from builders import NOW
from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.control import Split, Verdict
from fusionbus.contract.records import AuditEvent, ReceiptOutcome, RejectReason
from fusionbus.contract.vocabulary import (
    Status,
)
from fusionbus.streams.engine import Decision, Draft
from hub import HubOnPaper
from records_desk import MARK, purge, state_of


@pytest.fixture
def hub() -> HubOnPaper:
    """Two incidents of the blast and the raid, told on."""
    hub = told_of(the_blast(), the_raid())
    assert set(hub.incidents()) == {A, B}
    return hub


# -- holding ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("restart", [False, True])
def test_a_decision_that_is_read_again_changes_and_tells_nothing(hub: HubOnPaper, *, restart: bool) -> None:
    events = [
        hub.event(topics.control_topic("NACTA"), b"NACTA", encode(message))
        for message in (a_verdict(), a_verdict("not_same"), a_verdict(at=NOW - timedelta(seconds=1)))
    ]
    batch = hub.admit(events)
    hub.fuse(batch)
    after = hub.incidents()
    hub.clear()
    if restart:
        hub.restart()
    hub.fuse(batch)
    assert hub.sent == []
    assert after[B].merged_into == A


def test_a_crash_between_any_two_marks_of_a_decision_ends_as_if_there_was_none(hub: HubOnPaper) -> None:
    wrong = the_blast("wrong", "POLICE-KP")
    hub.send(wrong)
    steps: list[Verdict | Split] = [a_verdict(), a_split(wrong), a_verdict("not_same")]
    calm = deepcopy(hub)
    calm.tell(*steps)
    expected, told = {n: said(i) for n, i in calm.incidents().items()}, {a.alert_id for a in calm.alerts()}
    for done in range(len(steps)):
        for written in range(8):
            crashed = deepcopy(hub)
            crashed.tell(*steps[:done])
            batch = crashed.admit([crashed.event(topics.control_topic("NACTA"), b"NACTA", encode(steps[done]))])
            half = crashed.fusion.decide(batch, crashed.work("fuse"))
            crashed.sent.extend(half.outputs)
            crashed.fused.keep(Decision(marks=half.marks[:written]))
            crashed.restart()
            crashed.fuse(batch)
            crashed.tell(*steps[done + 1 :])
            where = f"step {done}, {written} marks"
            assert {n: said(i) for n, i in crashed.incidents().items()} == expected, where
            assert {a.alert_id for a in crashed.alerts()} == told, where


def test_a_name_that_is_let_go_in_time_takes_no_report_with_it(hub: HubOnPaper) -> None:
    hub.tell(a_verdict())
    draft, event = Draft(), hub.event(topics.ACCEPTED, b"PK-KP", b"")
    hub.fusion.shelf.let_go(draft, event, hub.incidents()[B])
    assert hub.fusion.shelf.incident(draft, event, B) is None
    assert hub.fusion.shelf.report(draft, event, the_raid().report_id) == (A, None)


def test_a_purge_after_a_merge_erases_what_the_merge_told_and_leaves_nothing_under_either_id() -> None:
    raid = the_raid(headline=f"Shots {MARK} at a checkpost in Bannu")
    hub = told_of(the_blast(), raid)
    hub.tell(a_verdict())
    (correction,) = [alert for alert in hub.alerts_of("NACTA") if alert.merged_from]
    assert MARK.encode() in state_of(hub)
    purge(hub, raid)
    erase = hub.alerts_of("NACTA")[-1].erase
    assert erase is not None
    assert correction.alert_id in erase.alerts
    assert {A, B} == set(erase.incidents)
    assert MARK.encode() not in state_of(hub)


def test_two_that_were_told_apart_stay_apart_and_the_verdict_is_on_record(hub: HubOnPaper) -> None:
    hub.tell(a_verdict("not_same"))
    assert hub.alerts() == []
    assert hub.links()[0].type == "split"
    assert hub.audit()[0].event is AuditEvent.PERSON_ACTION
    assert hub.receipts_of("NACTA")[0].sentence == f"{A} and {B} stay two incidents."


# -- refusals ---------------------------------------------------------------------------------------------------------
def test_an_agency_without_the_right_is_refused_in_a_sentence(hub: HubOnPaper) -> None:
    hub.tell(a_verdict(agency="IB"))
    (refused,) = hub.receipts_of("IB")
    assert refused.reason is RejectReason.NOT_YOURS
    assert "reviews" in str(refused.sentence)
    assert not hub.incidents()[B].closed


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (a_verdict(incidents=(A, incident_of(the_blast("nobody")))), "has no incident"),
        (a_verdict(zone="PK-SD"), "Zone PK-SD has no incident"),
        (a_split(the_blast()), "all of its reports"),
        (a_split(the_raid("nobody")), "does not list report"),
    ],
    ids=["unknown", "elsewhere", "all", "not there"],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(
    hub: HubOnPaper, message: Verdict | Split, sentence: str
) -> None:
    before = hub.incidents()
    hub.tell(message)
    (refused,) = hub.receipts_of("NACTA")
    assert refused.outcome is ReceiptOutcome.REJECTED
    assert sentence in str(refused.sentence)
    assert hub.incidents() == before
    assert hub.alerts() == []


def test_an_exercise_is_never_joined_to_the_real_thing() -> None:
    hub = told_of(the_blast(), the_raid(status=Status.EXERCISE))
    hub.tell(a_verdict())
    assert "never meet" in str(hub.receipts_of("NACTA")[-1].sentence)
    assert not any(incident.closed for incident in hub.incidents().values())
