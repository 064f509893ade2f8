"""Receivers on a real broker: kills, poison, failing handlers, members that come and go."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from fusionbus.consumers.handlers import Handler
from fusionbus.consumers.receiver import AlertReceiver
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop
from fusionbus.consumers.testing import RecordingHandler, sample_alert
from fusionbus.contract import codec, ids
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import Acknowledgement, Subscribe, Unsubscribe
from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.contract.records import Receipt, ReceiptOutcome, RejectReason
from fusionbus.contract.topics import agency_topics, alerts_topic, control_topic, receipts_topic
from fusionbus.contract.vocabulary import AckAction, Form
from fusionbus.shell.settings import BrokerSettings

pytestmark = [
    pytest.mark.broker,
    # kafka-python closes a client's last connection on its own thread, after `close` has returned.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

WAIT_S_MAX = 60.0
DIES_AFTER = """
import os, signal, sys
from pathlib import Path
from fusionbus.consumers.handlers.sqlite import SqliteHandler
from fusionbus.consumers.receiver import AlertReceiver
from fusionbus.shell.settings import BrokerSettings

class DiesAfterTaking(SqliteHandler):
    left = int(sys.argv[3])

    def take(self, alert):
        taken = super().take(alert)
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        return taken

AlertReceiver(sys.argv[1], [DiesAfterTaking(Path(sys.argv[2]))], BrokerSettings()).run(follow=False)
"""


@dataclass
class Desk:
    """One agency on the broker, with its own topics and its own folder."""

    agency: str
    bootstrap: str
    folder: Path

    def alerts(self, numbers: Sequence[int]) -> list[Alert]:
        return [sample_alert(self.agency, number, published_at=datetime.now(UTC)) for number in numbers]

    def send(self, alerts: Sequence[Alert | bytes], topic: str | None = None, partition: int | None = None) -> None:
        """Returns when the broker has them all."""
        producer = KafkaProducer(bootstrap_servers=self.bootstrap)
        try:
            futures = []
            for alert in alerts:
                body = alert if isinstance(alert, bytes) else codec.encode(alert)
                key = None if isinstance(alert, bytes) else alert.incident_id.encode()
                futures.append(producer.send(topic or alerts_topic(self.agency), body, key=key, partition=partition))
            for future in futures:
                future.get(timeout=30)
        finally:
            producer.close(timeout=5)

    def receiver(self, *handlers: Handler, stop: Stop | None = None, **changes: Any) -> AlertReceiver:
        return AlertReceiver(
            self.agency,
            handlers,
            BrokerSettings(bootstrap=self.bootstrap),
            dead_letters=self.folder / "dead.jsonl",
            settings=ConsumerSettings(**({"handler_retry_delay_s": 0.01} | changes)),
            stop=stop,
        )

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", "from fusionbus.shell.cli import main; main()", *arguments]

    @property
    def env(self) -> dict[str, str]:
        return os.environ | {"FUSION_BOOTSTRAP": self.bootstrap, "XDG_DATA_HOME": str(self.folder), "COLUMNS": "200"}

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.env | env,
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_S_MAX,
        )

    @contextmanager
    def following(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        with (self.folder / "log").open("ab") as log:
            child = subprocess.Popen(
                self.command("alerts", "--agency", self.agency, *arguments), env=self.env, stderr=log
            )
        try:
            yield child
        finally:
            child.kill()
            child.wait()

    def stored(self) -> list[str]:
        with closing(sqlite3.connect(self.folder / "threats.db")) as database:
            exists = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'alerts'").fetchall()
            return [row[0] for row in database.execute("SELECT alert_id FROM alerts")] if exists else []

    def said(self) -> list[Acknowledgement]:
        """What lies on the agency's control topic."""
        messages = (codec.decode_control(body) for body in self._bodies(control_topic(self.agency)))
        return [message for message in messages if isinstance(message, Acknowledgement)]

    def committed(self) -> int:
        """How many records the default group has committed."""
        topic = alerts_topic(self.agency)
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, group_id=f"{self.agency}.alerts")
        try:
            partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
            return sum(consumer.committed(partition) or 0 for partition in partitions)
        finally:
            consumer.close(autocommit=False)

    def _bodies(self, topic: str) -> list[bytes]:
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        try:
            partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
            consumer.assign(partitions)
            ends = consumer.end_offsets(partitions)
            bodies: list[bytes] = []
            until = time.monotonic() + WAIT_S_MAX
            while any(consumer.position(part) < end for part, end in ends.items()) and time.monotonic() < until:
                for records in consumer.poll(timeout_ms=200).values():
                    bodies += [record.value for record in records]
            return bodies
        finally:
            consumer.close(autocommit=False)


@pytest.fixture
def desk(broker: str, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    agency = f"T-{ids.report_id('TEST', request.node.nodeid)[:8].upper()}"
    admin = KafkaAdminClient(bootstrap_servers=broker)
    try:
        admin.create_topics([NewTopic(topic.name, num_partitions=2) for topic in agency_topics(agency)])
    finally:
        admin.close()
    return Desk(agency, broker, tmp_path)


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_S_MAX
    while not what():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.05)


def alert_ids(alerts: Sequence[Alert]) -> list[str]:
    return sorted(alert.alert_id for alert in alerts)


def test_alerts_are_stored_acknowledged_and_committed_once_and_poison_stops_nobody(desk: Desk) -> None:
    alerts = desk.alerts(range(20))
    desk.send([*alerts[:10], b"\xff poison", sample_alert("CTD-SD"), *alerts[10:]], partition=1)
    store, lines = f"sqlite:{desk.folder}/threats.db", f"jsonl:{desk.folder}/alerts.jsonl"
    letters = desk.folder / "dead.jsonl"
    arguments = ["alerts", "--agency", desk.agency, "--once", "--dead-letters", str(letters)]
    for _ in range(2):
        done = desk.run(*arguments, "--handler", store, "--handler", lines, "--handler", "terminal")
        assert done.returncode == 0, done.stderr
    assert sorted(desk.stored()) == alert_ids(alerts)
    assert len((desk.folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines()) == 20
    reasons = [json.loads(line)["reason"] for line in letters.read_text(encoding="utf-8").splitlines()]
    assert reasons == [RejectReason.NOT_JSON, RejectReason.WRONG_AGENCY]
    said = desk.said()
    assert sorted(one.alert_id for one in said) == alert_ids(alerts)
    assert {one.action for one in said} == {AckAction.RECEIVED}
    assert desk.committed() == 22
    with closing(sqlite3.connect(desk.folder / "threats.db")) as database:
        assert database.execute("SELECT count(*) FROM acknowledgements WHERE action = 'received'").fetchone() == (20,)


@pytest.mark.parametrize("taken", [1, 7])
def test_a_kill_between_handler_and_commit_doubles_nothing_and_loses_nothing(desk: Desk, taken: int) -> None:
    alerts = desk.alerts(range(12))
    desk.send(alerts)
    path = desk.folder / "threats.db"
    command = [sys.executable, "-c", DIES_AFTER, desk.agency, str(path), str(taken)]
    killed = subprocess.run(command, env=desk.env, check=False, timeout=WAIT_S_MAX)
    assert killed.returncode == -signal.SIGKILL
    assert len(desk.stored()) == taken
    assert desk.committed() == 0
    done = desk.run("alerts", "--agency", desk.agency, "--once", "--handler", f"sqlite:{path}")
    assert done.returncode == 0, done.stderr
    assert sorted(desk.stored()) == alert_ids(alerts)
    assert {one.alert_id for one in desk.said()} == set(alert_ids(alerts))
    assert desk.committed() == 12


def test_a_handler_that_fails_for_a_while_gets_every_alert(desk: Desk) -> None:
    alerts = desk.alerts(range(5))
    desk.send(alerts)
    handler = RecordingHandler([RetryLater("The made-up target is out.")] * 4)
    tally = desk.receiver(handler).run(follow=False)
    assert alert_ids(handler.alerts) == alert_ids(alerts)
    assert (tally.new, tally.retries, tally.acknowledged, tally.set_aside) == (5, 4, 5, 0)


def test_an_alert_no_handler_can_take_is_not_acknowledged(desk: Desk) -> None:
    alerts = desk.alerts(range(3))
    desk.send(alerts, partition=0)
    handler = RecordingHandler([ValueError("a bug")] * 6)
    tally = desk.receiver(handler).run(follow=False)
    assert (tally.set_aside, tally.acknowledged) == (1, 2)
    assert alert_ids(handler.alerts) == alert_ids(alerts[1:])
    assert sorted(one.alert_id for one in desk.said()) == alert_ids(alerts[1:])


def test_a_slow_batch_is_cut_and_read_on_from_there(desk: Desk) -> None:
    alerts = desk.alerts(range(6))
    desk.send(alerts)
    handler = RecordingHandler([RetryLater("Slow.")] * 3)
    tally = desk.receiver(handler, receiver_batch_s_max=0.001).run(follow=False)
    assert alert_ids(handler.alerts) == alert_ids(alerts)
    assert (tally.new, tally.repeated) == (6, 0)
    assert tally.commits > 1


def test_a_handler_set_up_wrongly_stops_it_and_what_was_taken_before_is_committed(desk: Desk) -> None:
    desk.send(desk.alerts(range(3)), partition=0)

    class BreaksAtTheThird(RecordingHandler):
        def take(self, alert: Alert) -> Any:
            if len(self.alerts) == 2:
                raise Misconfigured("The made-up password is wrong.")
            return super().take(alert)

    with pytest.raises(Misconfigured, match="made-up password"):
        desk.receiver(BreaksAtTheThird()).run(follow=False)
    assert desk.committed() == 2
    assert len(desk.said()) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_receiver_with_0_and_nothing_is_read_again(desk: Desk, number: signal.Signals) -> None:
    store = f"sqlite:{desk.folder}/threats.db"
    with desk.following("--handler", store) as child:
        desk.send(desk.alerts(range(5)))
        wait_for(lambda: len(desk.stored()) == 5)
        child.send_signal(number)
        assert child.wait(timeout=20) == 0
    assert desk.committed() == 5
    handler = RecordingHandler()
    assert desk.receiver(handler).run(follow=False).received == 0


def test_members_that_come_and_go_share_the_alerts_and_double_none(desk: Desk) -> None:
    store = f"sqlite:{desk.folder}/threats.db"
    alerts = desk.alerts(range(60))
    with desk.following("--handler", store) as first:
        desk.send(alerts[:20])
        wait_for(lambda: len(desk.stored()) == 20)
        with desk.following("--handler", store) as second:
            desk.send(alerts[20:40])
            wait_for(lambda: (desk.folder / "log").read_text(encoding="utf-8").count("receiver_started") == 2)
            wait_for(lambda: len(desk.stored()) == 40)
            first.send_signal(signal.SIGTERM)
            assert first.wait(timeout=20) == 0
            desk.send(alerts[40:])
            wait_for(lambda: len(desk.stored()) == 60)
            second.send_signal(signal.SIGTERM)
            assert second.wait(timeout=20) == 0
    assert sorted(desk.stored()) == alert_ids(alerts)
    assert {one.alert_id for one in desk.said()} == set(alert_ids(alerts))


def test_a_receiver_waits_for_a_broker_that_comes_back(own_broker: Callable[[], Any], tmp_path: Path) -> None:
    one = own_broker()
    admin = KafkaAdminClient(bootstrap_servers=one.bootstrap)
    admin.create_topics([NewTopic(topic.name, num_partitions=2) for topic in agency_topics("CTD-KP")])
    admin.close()
    desk, stop, handler = Desk("CTD-KP", one.bootstrap, tmp_path), Stop(), RecordingHandler()
    receiver = desk.receiver(handler, stop=stop)
    thread = Thread(target=receiver.run, daemon=True)
    thread.start()
    desk.send(desk.alerts(range(3)))
    wait_for(lambda: len(handler.alerts) == 3)
    one.kill()
    time.sleep(2)  # long enough for fetches, heartbeats and commits to fail
    one.start()
    desk.send(desk.alerts(range(3, 6)))
    wait_for(lambda: len(handler.alerts) == 6)
    stop.request()
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert desk.committed() == 6
    assert {said.alert_id for said in desk.said()} == {alert.alert_id for alert in handler.alerts}


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
