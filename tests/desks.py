"""An agency's desk on a real broker, for tests of consumers."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from fusionbus.consumers.handlers import Handler
from fusionbus.consumers.receiver import AlertReceiver
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop
from fusionbus.consumers.testing import sample_alert
from fusionbus.contract import codec, ids
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.topics import agency_topics, alerts_topic, control_topic
from fusionbus.shell.settings import BrokerSettings

WAIT_S_MAX = 60.0


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


def open_desk(broker: str, folder: Path, test: str) -> Desk:
    """A desk with topics of its own, named after the test."""
    agency = f"T-{ids.report_id('TEST', test)[:8].upper()}"
    make_topics(broker, agency)
    return Desk(agency, broker, folder)


def make_topics(broker: str, agency: str) -> None:
    """Makes the four topics of the agency."""
    admin = KafkaAdminClient(bootstrap_servers=broker)
    try:
        admin.create_topics([NewTopic(topic.name, num_partitions=2) for topic in agency_topics(agency)])
    finally:
        admin.close()


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_S_MAX
    while not what():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.05)


def alert_ids(alerts: Sequence[Alert]) -> list[str]:
    return sorted(alert.alert_id for alert in alerts)
