"""What an officer types, on a real broker: answers, subscriptions, receipts, and faults in one sentence."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from kafka import KafkaConsumer

from desks import WAIT_S_MAX, Desk, open_desk
from fusionbus.contract import codec, ids
from fusionbus.contract.control import Subscribe, Unsubscribe
from fusionbus.contract.records import Receipt, ReceiptOutcome, RejectReason
from fusionbus.contract.topics import control_topic, receipts_topic
from fusionbus.contract.vocabulary import Form

pytestmark = [
    pytest.mark.broker,
    # kafka-python closes a client's last connection on its own thread, after `close` has returned.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def desk(broker: str, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    return open_desk(broker, tmp_path, request.node.nodeid)


def test_missing_topics_a_dead_broker_and_a_wrong_password_are_one_sentence(desk: Desk) -> None:
    done = desk.run("alerts", "--agency", "NOBODY")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "run `fusionbus provision`" in done.stderr
    done = desk.run("receipts", "--agency", desk.agency, FUSION_BOOTSTRAP="127.0.0.1:1", FUSION_CONNECT_TIMEOUT_S="2")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "No broker answers at 127.0.0.1:1" in done.stderr
    sasl = {"FUSION_SECURITY": "SASL_PLAINTEXT", "FUSION_USERNAME": "desk", "FUSION_PASSWORD": "wrong"}
    done = desk.run("alerts", "--agency", desk.agency, **sasl, FUSION_CONNECT_TIMEOUT_S="3")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "check FUSION_USERNAME, FUSION_PASSWORD" in done.stderr


@pytest.mark.parametrize("store", [None, "sqlite:{}/threats.db", "jsonl:{}/alerts.jsonl"])
def test_an_answer_finds_its_alert_on_the_topic_or_in_a_store(desk: Desk, store: str | None) -> None:
    alerts = desk.alerts(range(3))
    desk.send(alerts)
    where = ["--store", store.format(desk.folder)] if store else []
    if store:
        once = ["alerts", "--agency", desk.agency, "--once", "--no-acknowledge", "--handler"]
        assert desk.run(*once, where[1]).returncode == 0
    answer = ["ack", alerts[1].alert_id, "--agency", desk.agency, "--action", "opinion", "--opinion", "agree"]
    done = desk.run(*answer, "--note", "ملزم گرفتار", *where)
    assert done.returncode == 0, done.stderr
    assert "opinion (agree)" in done.stdout
    (said,) = desk.said()
    assert (said.alert_id, said.incident_id, said.zone) == (alerts[1].alert_id, alerts[1].incident_id, alerts[1].zone)
    assert said.note == "ملزم گرفتار"


def hub_that(desk: Desk, answers: Callable[[Any, Any], Receipt]) -> Thread:
    """A stand-in for the hub that answers the first control message."""

    def answer() -> None:
        consumer = KafkaConsumer(
            control_topic(desk.agency),
            bootstrap_servers=desk.bootstrap,
            auto_offset_reset="earliest",
            consumer_timeout_ms=int(WAIT_S_MAX * 1000),
        )
        try:
            record = next(consumer)
            receipt = answers(record, codec.decode_control(record.value))
            desk.send([codec.encode(receipt)], topic=receipts_topic(desk.agency))
        finally:
            consumer.close()

    thread = Thread(target=answer, daemon=True)
    thread.start()
    return thread


def test_a_subscription_is_asked_for_and_the_hubs_answer_told(desk: Desk) -> None:
    asked: list[Any] = []

    def done(_record: Any, message: Subscribe) -> Receipt:
        asked.append(message)
        about = message.subscription.subscription_id
        return Receipt(
            receipt_id=ids.receipt_id(about, ReceiptOutcome.CONTROL_DONE, message.at.isoformat()),
            agency=desk.agency,
            at=datetime.now(UTC),
            outcome=ReceiptOutcome.CONTROL_DONE,
            sentence="Subscription “rail” is in force.",
        )

    hub = hub_that(desk, done)
    words = "--name rail --kind incident --kind threat --province PK-PB --sector TRANS --severity-min Severe"
    ran = desk.run("subscribe", "--agency", desk.agency, *words.split(), "--near", "31.5,74.3,40")
    hub.join(timeout=10)
    assert (ran.returncode, ran.stdout) == (0, "The hub says: Subscription “rail” is in force.\n"), ran.stderr
    wanted = asked[0].subscription
    assert (wanted.name, len(wanted.kinds), wanted.near.radius_km) == ("rail", 2, 40.0)


def test_a_refused_message_and_a_silent_hub_are_told(desk: Desk) -> None:
    def refused(record: Any, _message: Unsubscribe) -> Receipt:
        letter = ids.dead_letter_id(record.topic, record.partition, record.offset)
        return Receipt(
            receipt_id=ids.receipt_id(letter, ReceiptOutcome.REJECTED),
            agency=desk.agency,
            at=datetime.now(UTC),
            outcome=ReceiptOutcome.REJECTED,
            reason=RejectReason.NOT_YOURS,
            sentence="This agency has no such subscription.",
        )

    hub = hub_that(desk, refused)
    ran = desk.run("unsubscribe", "--agency", desk.agency, "--name", "rail")
    hub.join(timeout=10)
    assert (ran.returncode, ran.stderr) == (2, "The hub refused: This agency has no such subscription.\n")
    ran = desk.run("unsubscribe", "--agency", desk.agency, "--name", "rail", FUSION_RECEIPT_WAIT_S="1")
    assert ran.returncode == 2
    assert "the hub sent no receipt in 1 s" in ran.stderr


def test_receipts_are_a_table_and_one_reports_are_found_by_its_local_reference(desk: Desk) -> None:
    def receipt(ref: str, outcome: ReceiptOutcome, **more: Any) -> bytes:
        report_id = ids.report_id(desk.agency, ref)
        return codec.encode(
            Receipt(
                receipt_id=ids.receipt_id(report_id, outcome),
                agency=desk.agency,
                at=datetime.now(UTC),
                outcome=outcome,
                report_id=report_id,
                **more,
            )
        )

    first = receipt("DD-1", ReceiptOutcome.NEW_INCIDENT, local_ref="DD-1", delivered_to=3, forms={Form.SUMMARY: 3})
    acknowledged = receipt("DD-1", ReceiptOutcome.ACKNOWLEDGED, acknowledged_by=2, used_by=1, false_alarm_by=0)
    other = receipt("DD-2", ReceiptOutcome.REPEAT, local_ref="DD-2", sentence="[red]It is[/] here\x1b[2J already.")
    desk.send([first, first, acknowledged, b"?", other], topic=receipts_topic(desk.agency))
    shown = desk.run("receipts", "--agency", desk.agency)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("new incident") == 1
    assert "3 (summary 3)" in shown.stdout
    assert "[red]It is[/]" in shown.stdout
    assert "\x1b" not in shown.stdout
    shown = desk.run("receipts", "--agency", desk.agency, "--report", "DD-1")
    assert "2 acknowledged" in shown.stdout
    assert shown.stdout.count("DD-1") == 2
    assert "DD-2" not in shown.stdout
