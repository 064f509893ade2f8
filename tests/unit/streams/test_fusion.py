"""The second hop over crashes, rebalances and its own limits: nothing twice, nothing lost."""

from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, a_report, a_token, an_interval, minutes
from fakes import FakeTable
from fusionbus.contract import ids, topics
from fusionbus.contract.codec import encode
from fusionbus.contract.handling import Source
from fusionbus.contract.incident import MEMBERS_MAX, Incident
from fusionbus.contract.records import AcceptedReport, ReceiptOutcome, RejectReason
from fusionbus.contract.report import Casualties, Entity, ThreatReport
from fusionbus.contract.vocabulary import AlertKind, EntityType, MsgType, Outcome, Status
from fusionbus.streams import shelf
from fusionbus.streams.engine import Decision, Event
from fusionbus.streams.poison import POISON_RUN_MAX
from hub import HubOnPaper


def the_blast(number: int = 0, agency: str = "CTD-KP", **changes: Any) -> ThreatReport:
    """One of many accounts of one blast, each an agency's own."""
    told: dict[str, Any] = {
        "agency": agency,
        "local_ref": f"blast-{number}",
        "occurred": an_interval(NOW - minutes(40 + number % 3)),
        "casualties": (Casualties(outcome=Outcome.KILLED, low=10, high=12),),
        "entities": (Entity(type=EntityType.PHONE, token=a_token()),),
        "source": Source(source_token=a_token("source", number)),
    }
    return a_report(**told | changes)


def a_raid_in_quetta(**changes: Any) -> ThreatReport:
    """Something else, elsewhere in the same zone's time."""
    return a_report(
        local_ref="elsewhere",
        headline="Shots at a checkpost in Bannu",
        narrative="Armed men fired on a checkpost from a hill.",
        place=None,
        occurred=an_interval(NOW - timedelta(days=3)),
        category=None,
        weapon=None,
        target_sector=None,
        **changes,
    )


def story() -> list[ThreatReport]:
    """A blast told, confirmed, corrected, told once more and by all taken back, and something else in between."""
    first, second, third = the_blast(), the_blast(1, "IB"), the_blast(2, "POLICE-KP")
    return [
        first,
        second,
        a_raid_in_quetta(),
        first.model_copy(update={"msg_type": MsgType.UPDATE, "revision": 2, "reported_at": NOW}),
        third,
        first.model_copy(update={"msg_type": MsgType.CANCEL, "revision": 3, "reported_at": NOW}),
        second.model_copy(update={"msg_type": MsgType.CANCEL, "revision": 2}),
        third.model_copy(update={"msg_type": MsgType.CANCEL, "revision": 2}),
    ]


def accepted(hub: HubOnPaper, reports: list[ThreatReport]) -> list[Event]:
    return [event for report in reports for event in hub.admit([hub.event_of(report)])]


def what_came(hub: HubOnPaper) -> set[tuple[str, str]]:
    """Every id that a sink inserts or ignores by, with its topic, and every incident."""
    found = {(alert.recipient, alert.alert_id) for alert in hub.alerts()}
    found |= {(receipt.agency, receipt.receipt_id) for receipt in hub.receipts()}
    return found | {("incident", name) for name in hub.incidents()}


@pytest.fixture
def hub() -> HubOnPaper:
    return HubOnPaper.of()


@pytest.fixture(scope="module")
def untroubled() -> HubOnPaper:
    """A hub that took the whole story in peace, in one batch."""
    hub = HubOnPaper.of()
    hub.fuse(accepted(hub, story()))
    assert [receipt.outcome for receipt in hub.receipts_of("CTD-KP")][-1] is ReceiptOutcome.CANCELLED
    return hub


# -- crashes ----------------------------------------------------------------------------------------------------------
def test_a_crash_between_sending_and_marking_makes_no_second_alert_and_no_second_incident(
    hub: HubOnPaper, untroubled: HubOnPaper
) -> None:
    batch = accepted(hub, story())
    lost = hub.fusion.decide(batch, hub.work("fuse"))
    hub.sent.extend(lost.outputs)
    hub.restart()
    hub.fuse(batch)
    assert what_came(hub) == what_came(untroubled)


def test_a_crash_between_any_two_marks_makes_no_second_alert_and_loses_none(untroubled: HubOnPaper) -> None:
    for written in range(12):
        for before in (0, 1, 5, 7):
            hub = HubOnPaper.of()
            batch = accepted(hub, story())
            hub.fuse(batch[:before])
            half = hub.fusion.decide(batch[before:], hub.work("fuse"))
            hub.sent.extend(half.outputs)
            hub.fused.keep(Decision(marks=half.marks[:written]))
            hub.restart()
            hub.fuse(batch[before:])
            assert what_came(hub) == what_came(untroubled), f"{before} reports before, {written} marks written"


def test_records_may_come_in_any_batches(hub: HubOnPaper, untroubled: HubOnPaper) -> None:
    for event in accepted(hub, story()):
        hub.fuse([event])
    assert what_came(hub) == what_came(untroubled)


def test_what_was_done_already_is_not_told_again(hub: HubOnPaper) -> None:
    batch = accepted(hub, story())
    hub.fuse(batch)
    hub.clear()
    hub.fuse(batch)
    assert hub.sent == []


def test_an_index_made_anew_from_its_table_decides_as_the_old_one(hub: HubOnPaper, untroubled: HubOnPaper) -> None:
    for report in story():
        hub.send(report)
        hub.rebalance()
    assert what_came(hub) == what_came(untroubled)
    assert hub.fusion.open_count() == 1


# -- limits -----------------------------------------------------------------------------------------------------------
def crowd(hub: HubOnPaper, count: int, tokens: int = 0) -> Incident:
    """Puts so many accounts, each with so many tokens, into the one incident there is, as a long day would have."""
    held = hub.incident()
    many = tuple(a_token(number=number) for number in range(tokens))
    alike = tuple(
        held.members[0].model_copy(update={"report_id": name, "origin": name, "tokens": many})
        for name in (ids.report_id("IB", f"crowd-{number}") for number in range(count))
    )
    full = held.model_copy(update={"members": (*held.members, *alike), "revision": held.revision + count})
    hub.fused.rows[0][b"i:" + held.incident_id.encode()] = encode(full)
    hub.restart()
    hub.clear()
    return full


@pytest.mark.parametrize(("count", "tokens"), [(MEMBERS_MAX - 1, 0), (97, 120)], ids=["many", "large"])
def test_past_the_limits_of_an_incident_reports_still_alert_and_can_be_corrected_and_recalled(
    hub: HubOnPaper, count: int, tokens: int
) -> None:
    hub.send(the_blast())
    full = crowd(hub, count, tokens)
    late = the_blast(9, "IB")
    hub.send(
        late,
        late.model_copy(update={"msg_type": MsgType.UPDATE, "revision": 2}),
        late.model_copy(update={"msg_type": MsgType.CANCEL, "revision": 3}),
    )
    after = hub.incident()
    assert (len(after.members), after.members_beyond) == (len(full.members), 1)
    assert [receipt.outcome for receipt in hub.receipts_of("IB")] == [
        ReceiptOutcome.CORROBORATION,
        ReceiptOutcome.UPDATE,
        ReceiptOutcome.CANCELLED,
    ]
    told = hub.alerts_of("NACTA")
    assert [alert.incident_revision - full.revision for alert in told] == [1, 2, 3]
    assert [alert.kind for alert in told] == [AlertKind.INCIDENT, AlertKind.INCIDENT, AlertKind.RECALL]
    assert {alert.incident_id for alert in told} == {full.incident_id}


def test_a_report_that_outgrows_its_incident_by_a_correction_is_counted_and_stays_in_reach(hub: HubOnPaper) -> None:
    hub.send(the_blast(), the_blast(9, "IB"))
    crowd(hub, 83, 119)
    entities = tuple(Entity(type=EntityType.PHONE, token=a_token(number=number)) for number in range(200))
    for revision in (2, 3):
        hub.send(the_blast(9, "IB", msg_type=MsgType.UPDATE, revision=revision, entities=entities))
        assert hub.incident().members_beyond == 1
        assert len(encode(hub.incident())) <= shelf.INCIDENT_BYTES_MAX
    hub.send(the_blast(9, "IB", msg_type=MsgType.CANCEL, revision=4))
    assert [receipt.outcome for receipt in hub.receipts_of("IB")] == [
        ReceiptOutcome.UPDATE,
        ReceiptOutcome.UPDATE,
        ReceiptOutcome.CANCELLED,
    ]
    assert hub.alerts_of("NACTA")[-1].kind is AlertKind.RECALL


# -- time -------------------------------------------------------------------------------------------------------------
def test_what_nobody_speaks_of_for_a_week_is_closed_and_a_later_withdrawal_still_recalls(hub: HubOnPaper) -> None:
    hub.send(the_blast())
    name = hub.incident().incident_id
    hub.later(timedelta(days=8))
    hub.send(a_raid_in_quetta(reported_at=hub.now))
    assert hub.incidents()[name].closed
    hub.clear()
    hub.send(the_blast(msg_type=MsgType.CANCEL, revision=2, reported_at=hub.now))
    assert {alert.recipient for alert in hub.alerts()} == {"POLICE-KP", "IB", "NACTA"}
    assert {alert.kind for alert in hub.alerts()} == {AlertKind.RECALL}
    assert hub.incidents()[name].closed


def test_what_has_ended_is_not_waited_for_and_a_recall_is(hub: HubOnPaper) -> None:
    hub.send(the_blast())
    assert sum(hub.fusion.unacknowledged(hub.now).values()) == 3
    hub.later(timedelta(days=8))
    hub.send(a_raid_in_quetta(reported_at=hub.now, status=Status.TEST))
    assert sum(hub.fusion.unacknowledged(hub.now).values()) == 0
    hub.send(the_blast(msg_type=MsgType.CANCEL, revision=2, reported_at=hub.now))
    assert sum(hub.fusion.unacknowledged(hub.now).values()) == 3


# -- what no step can process -----------------------------------------------------------------------------------------
class TornTable(FakeTable):
    """State that cannot be read for the reports whose reference begins with `bad`."""

    def read(self, partition: int, key: bytes) -> bytes | None:
        if key in self.bad:
            raise OSError("made up")
        return super().read(partition, key)

    bad: frozenset[bytes] = frozenset()


def torn(bad: list[ThreatReport]) -> HubOnPaper:
    table = TornTable(topics.FUSED_TABLE)
    table.bad = frozenset(b"r:" + report.report_id.encode() for report in bad)
    hub = HubOnPaper.of()
    hub.fused = table
    hub.restart()
    return hub


def test_a_report_that_breaks_a_step_is_put_aside_with_a_receipt_and_its_neighbours_pass() -> None:
    bad = the_blast(7)
    hub = torn([bad])
    hub.fuse(accepted(hub, [the_blast(), bad, the_blast(1, "IB")]))
    (letter,) = hub.dead_letters()
    assert (letter.reason, letter.agency) == (RejectReason.UNPROCESSABLE, "CTD-KP")
    refused = next(receipt for receipt in hub.receipts_of("CTD-KP") if receipt.reason is not None)
    assert (refused.report_id, refused.local_ref) == (bad.report_id, bad.local_ref)
    assert hub.incident().independent_origins == 2


def test_a_run_of_such_reports_stops_the_worker_before_a_topic_is_drained() -> None:
    bad = [the_blast(number) for number in range(POISON_RUN_MAX + 1)]
    hub = torn(bad)
    batch = accepted(hub, bad)
    hub.fuse(batch[:POISON_RUN_MAX])
    assert len(hub.dead_letters()) == POISON_RUN_MAX
    with pytest.raises(OSError, match="made up"):
        hub.fuse(batch[POISON_RUN_MAX:])


def test_a_withdrawal_of_what_its_zone_never_knew_is_told_to_its_writer(hub: HubOnPaper) -> None:
    gone = the_blast(msg_type=MsgType.CANCEL, revision=2)
    record = AcceptedReport(zone="PK-KP", accepted_at=NOW, published_at=NOW, report=gone)
    hub.fuse([hub.event(topics.ACCEPTED, b"PK-KP", encode(record))])
    assert hub.receipts_of("CTD-KP")[0].reason is RejectReason.UNKNOWN_REPORT


def test_a_report_in_earnest_never_becomes_an_exercise_nor_the_other_way_round(hub: HubOnPaper) -> None:
    hub.send(the_blast(), the_blast(msg_type=MsgType.UPDATE, revision=2, status=Status.EXERCISE))
    refused = hub.receipts_of("CTD-KP")[-1]
    assert (refused.reason, refused.field) == (RejectReason.CONTENT_CHANGED, "status")
    assert [alert.incident_revision for alert in hub.alerts_of("NACTA")] == [1]
    hub.send(the_blast(msg_type=MsgType.UPDATE, revision=3))
    assert hub.alerts_of("NACTA")[-1].body.revision == 3


def test_bytes_that_are_no_accepted_traffic_become_a_dead_letter(hub: HubOnPaper) -> None:
    hub.fuse([hub.event(topics.ACCEPTED, None, b"\x00"), *accepted(hub, [the_blast()])])
    assert [letter.agency for letter in hub.dead_letters()] == [None]
    assert len(hub.alerts_of("NACTA")) == 1


def test_what_is_over_lies_apart_from_what_is_open_and_every_id_follows_from_its_first_report(hub: HubOnPaper) -> None:
    hub.send(*story())
    first = ids.incident_id("PK-KP", the_blast().report_id)
    rows = dict(hub.fused.rows[0])
    assert rows[b"r:" + the_blast().report_id.encode()] == first.encode()
    assert rows[b"c:" + first.encode()] == encode(hub.incidents()[first])
    assert b"i:" + first.encode() not in rows
