"""Bad input at the first hop: a dead letter and a receipt that says what to mend; its neighbours pass untouched."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import (
    NOW,
    a_report,
    a_subscription,
    an_acknowledgement,
    an_alert,
    an_interval,
    minutes,
)
from fusionbus.contract import ids, topics
from fusionbus.contract.codec import encode
from fusionbus.contract.control import CatchUp, Subscribe, Unsubscribe
from fusionbus.contract.records import DEAD_LETTER_BODY_BYTES_MAX, AuditEvent, Receipt, ReceiptOutcome, RejectReason
from fusionbus.contract.report import REPORT_BYTES_MAX, ThreatReport
from fusionbus.contract.vocabulary import MsgType
from fusionbus.streams.engine import Event
from fusionbus.streams.ingress import decide_reports
from fusionbus.streams.poison import POISON_RUN_MAX, Poison
from hub import HubOnPaper

TOPIC = topics.reports_topic("CTD-KP")
KEY = a_report().report_id.encode()


def changed(report: ThreatReport | None = None, **fields: Any) -> bytes:
    """The bytes of a report with fields that no model would let through."""
    told = json.loads(encode(report or a_report())) | fields
    return json.dumps(told).encode()


def of_other_agency() -> bytes:
    return encode(a_report(agency="IB"))


@pytest.fixture
def hub() -> HubOnPaper:
    return HubOnPaper.of()


Bad = tuple[str, bytes | None, bytes | None, RejectReason, str]
BAD: list[Bad] = [
    ("nothing at all", KEY, None, RejectReason.NOT_JSON, "not UTF-8 JSON"),
    ("broken JSON", KEY, encode(a_report())[:-9], RejectReason.NOT_JSON, "not UTF-8 JSON"),
    ("bytes of a picture", KEY, bytes(range(256)), RejectReason.NOT_JSON, "not UTF-8 JSON"),
    ("a list", KEY, b"[]", RejectReason.SCHEMA, "object"),
    ("a megabyte", KEY, b" " * (REPORT_BYTES_MAX + 1), RejectReason.TOO_LARGE, "the limit is 262,144"),
    ("an unknown major version", KEY, changed(schema_version="2.0"), RejectReason.UNKNOWN_VERSION, "reads 1.x"),
    ("an unknown field", KEY, changed(extra=1), RejectReason.SCHEMA, "extra:"),
    ("a missing field", KEY, changed(handling=None), RejectReason.SCHEMA, "handling:"),
    ("a time without a zone", KEY, changed(reported_at="2026-03-05T12:00:00"), RejectReason.SCHEMA, "reported_at"),
    ("a time before the year 1", KEY, changed(reported_at="0001-01-01T00:00:00+05:00"), RejectReason.SCHEMA, "year 1"),
    ("half a character", KEY, b'{"local_ref":"\\ud800"}', RejectReason.NOT_JSON, "not UTF-8 JSON"),
    ("brackets without end", KEY, b"[" * 100_000, RejectReason.NOT_JSON, "not UTF-8 JSON"),
    ("an id of another report", KEY, changed(report_id=ids.report_id("IB", "1")), RejectReason.SCHEMA, "report_id"),
    ("another agency's name", KEY, of_other_agency(), RejectReason.WRONG_AGENCY, "says it is from IB"),
    ("no key", None, encode(a_report()), RejectReason.WRONG_KEY, "set the key"),
    ("a wrong key", b"1", encode(a_report()), RejectReason.WRONG_KEY, "set the key"),
    (
        "a report from tomorrow",
        KEY,
        encode(a_report(reported_at=NOW + timedelta(days=1))),
        RejectReason.FUTURE_DATED,
        "set the clock",
    ),
    (
        "an event of tomorrow",
        KEY,
        encode(a_report(occurred=an_interval(NOW + timedelta(days=1)))),
        RejectReason.FUTURE_DATED,
        "kind `threat`",
    ),
    (
        "a withdrawal of nothing",
        KEY,
        changed(msg_type="cancel", revision=2),
        RejectReason.UNKNOWN_REPORT,
        "no report with this local_ref",
    ),
]


@pytest.mark.parametrize("bad", BAD, ids=[row[0] for row in BAD])
def test_a_bad_message_is_put_aside_with_a_sentence_and_its_neighbours_pass(hub: HubOnPaper, bad: Bad) -> None:
    name, key, value, reason, says = bad
    before, after = a_report(local_ref="before"), a_report(local_ref="after", occurred=an_interval(NOW - minutes(400)))
    batch = [hub.event_of(before), hub.event(TOPIC, key, value), hub.event_of(after)]
    accepted = hub.admit(batch)

    assert len(accepted) == 2, name
    (letter,) = hub.dead_letters()
    assert (letter.reason, letter.agency, letter.topic, letter.offset) == (reason, "CTD-KP", TOPIC, 1)
    assert letter.body_bytes == len(value or b"")
    assert base64.b64decode(letter.body_base64) == (value or b"")[:DEAD_LETTER_BODY_BYTES_MAX]
    (receipt,) = hub.receipts_of("CTD-KP")
    assert (receipt.outcome, receipt.reason) == (ReceiptOutcome.REJECTED, reason)
    assert receipt.sentence is not None
    assert says in receipt.sentence
    (record,) = hub.audit()
    assert record.event is AuditEvent.MESSAGE_REJECTED
    assert {r.sentence for r in (receipt, letter)} == {receipt.sentence}


def test_a_broken_report_is_named_by_its_reference_as_far_as_that_can_be_read(hub: HubOnPaper) -> None:
    hub.put(TOPIC, KEY, changed(severity="Dreadful"))
    (receipt,) = hub.receipts_of("CTD-KP")
    assert (receipt.local_ref, receipt.report_id, receipt.field) == (
        a_report().local_ref,
        a_report().report_id,
        "severity",
    )


def test_a_newer_minor_version_is_read_and_what_is_unknown_of_it_left(hub: HubOnPaper) -> None:
    hub.put(TOPIC, KEY, changed(schema_version="1.7", invented_later={"deep": [1]}))
    assert hub.dead_letters() == []
    assert hub.receipts_of("CTD-KP")[0].outcome is ReceiptOutcome.NEW_INCIDENT


@pytest.mark.parametrize("topic", [topics.reports_topic("NOBODY"), topics.control_topic("NOBODY")])
def test_an_agency_that_nobody_registered_is_told_so_where_it_would_read(hub: HubOnPaper, topic: str) -> None:
    hub.put(topic, KEY, encode(a_report(agency="NOBODY")))
    (receipt,) = hub.receipts_of("NOBODY")
    assert receipt.reason is RejectReason.UNKNOWN_AGENCY


def test_the_clock_of_an_agency_may_run_a_few_minutes_ahead(hub: HubOnPaper) -> None:
    hub.send(a_report(reported_at=NOW + minutes(4)))
    assert hub.dead_letters() == []


def test_a_record_that_is_read_again_after_a_crash_is_no_repeat_of_its_writers(hub: HubOnPaper) -> None:
    first, update = hub.event_of(a_report()), hub.event_of(a_report(msg_type=MsgType.UPDATE, revision=2))
    assert len(hub.admit([first, update])) == 2
    assert hub.admit([first, update]) == []
    assert hub.sent[2:] == [], "it was told in full before it was marked"
    hub.admit([hub.event_of(a_report())])
    assert [receipt.outcome for receipt in hub.receipts()] == [ReceiptOutcome.REPEAT]


def test_a_receipt_of_one_record_has_one_id_however_often_it_is_read(hub: HubOnPaper) -> None:
    event = hub.event(TOPIC, KEY, b"no")
    hub.admit([event])
    hub.admit([event])
    assert len({receipt.receipt_id for receipt in hub.receipts()}) == 1
    assert len({letter.dead_letter_id for letter in hub.dead_letters()}) == 1


# -- control ----------------------------------------------------------------------------------------------------------
def subscribe(**changes: Any) -> Subscribe:
    wish = a_subscription(agency="CTD-PB", name="Sindh")
    made: dict[str, Any] = {"agency": "CTD-PB", "at": NOW, "subscription": wish}
    return Subscribe(**made | changes)


def of_the_centre() -> str:
    return a_subscription(agency="NACTA").subscription_id


def refused(hub: HubOnPaper, agency: str) -> Receipt:
    (receipt,) = hub.receipts_of(agency)
    assert receipt.outcome is ReceiptOutcome.REJECTED
    assert hub.registry == HubOnPaper.of().registry, "nothing has changed"
    return receipt


def test_a_subscription_is_in_force_with_the_next_report_and_ends_as_fast(hub: HubOnPaper) -> None:
    message = subscribe()
    hub.tell(message)
    assert hub.receipts_of("CTD-PB")[0].outcome is ReceiptOutcome.CONTROL_DONE
    hub.send(a_report())
    assert len(hub.alerts_of("CTD-PB")) == 1
    ended = Unsubscribe(agency="CTD-PB", at=NOW, subscription_id=message.subscription.subscription_id)
    hub.tell(ended)
    hub.send(a_report(local_ref="later", occurred=an_interval(NOW - minutes(3 * 24 * 60))))
    assert len(hub.alerts_of("CTD-PB")) == 1
    assert [record.event for record in hub.audit()].count(AuditEvent.SUBSCRIPTION_CHANGED) == 2


FORGED: dict[str, Callable[[], bytes]] = {
    "a subscription for another agency": lambda: encode(
        subscribe().model_copy(update={"subscription": a_subscription(agency="NACTA")})
    ),
    "a message in another agency's name": lambda: encode(
        subscribe(agency="IB", subscription=a_subscription(agency="IB"))
    ),
    "a subscription under another agency's id": lambda: encode(
        subscribe(subscription=a_subscription(agency="CTD-PB", subscription_id=of_the_centre()))
    ),
    "the end of another agency's subscription": lambda: encode(
        Unsubscribe(agency="CTD-PB", at=NOW, subscription_id=of_the_centre())
    ),
    "a message from tomorrow": lambda: encode(subscribe(at=NOW + timedelta(days=1))),
    "an answer to another agency's alert": lambda: encode(
        an_acknowledgement(agency="CTD-PB", alert_id=an_alert(recipient="NACTA").alert_id)
    ),
    "an answer to an alert that never was": lambda: encode(an_acknowledgement(agency="CTD-PB")),
    "a wish for what was open long ago": lambda: encode(
        CatchUp.model_construct(agency="CTD-PB", at=NOW, since=datetime(2026, 1, 1, tzinfo=UTC))
    ),
    "no JSON": lambda: b"\xff",
    "half a character": lambda: b'{"local_ref":"\\ud800"}',
}  # fmt: skip


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_control_message_changes_nothing_and_its_writer_is_told(
    hub: HubOnPaper, forge: Callable[[], bytes]
) -> None:
    hub.put(topics.control_topic("CTD-PB"), b"CTD-PB", forge())
    assert refused(hub, "CTD-PB").sentence
    assert len(hub.dead_letters()) == 1


# -- what no step can process -----------------------------------------------------------------------------------------
def test_a_run_of_records_that_break_a_step_stops_the_worker_and_a_good_one_ends_the_run() -> None:
    poison = Poison()
    error = ValueError("a bug")
    for _ in range(POISON_RUN_MAX):
        assert poison.failed(error).reason is RejectReason.UNPROCESSABLE
    with pytest.raises(ValueError, match="a bug"):
        poison.failed(error)


class BrokenTable:
    """State that cannot be read for one report."""

    name = topics.SEEN_TABLE

    def __init__(self, but: bytes) -> None:
        self.but = but

    def read(self, partition: int, key: bytes) -> bytes | None:
        if key == self.but:
            return f"not what was written in {partition}".encode()
        return None


def test_a_record_that_breaks_a_step_is_put_aside_and_its_neighbours_pass(hub: HubOnPaper) -> None:
    good: Event = hub.event_of(a_report(local_ref="good"))
    batch = [hub.event_of(a_report()), good, hub.event_of(a_report())]
    decision = decide_reports(batch, BrokenTable(KEY), hub.work("admit"))
    hub.sent.extend(decision.outputs)
    assert [letter.reason for letter in hub.dead_letters()] == [RejectReason.UNPROCESSABLE] * 2
    assert sum(output.topic == topics.ACCEPTED for output in decision.outputs) == 1
    assert hub.poison["admit"].run == 1
