"""Producers on a real broker: the publisher keeps its laws, and the outbox rides out a broker that is away."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer
from kafka.admin import NewTopic

from fusionbus.contract.codec import decode_report, encode
from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.topics import reports_topic
from fusionbus.deploy.broker import LocalBroker
from fusionbus.producers import compose
from fusionbus.producers.outbox import Outbox
from fusionbus.producers.outcomes import Delivered, Failed, Publishes
from fusionbus.producers.publisher import Publisher
from fusionbus.producers.sender import drain, send_or_keep
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.testing import sample_report
from publishing_laws import LAWS

pytestmark = pytest.mark.broker
WAIT_S = 90.0


def make_topic(bootstrap: str, agency: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        if reports_topic(agency) not in admin.list_topics():
            admin.create_topics([NewTopic(reports_topic(agency), num_partitions=3, replication_factor=1)])
    finally:
        admin.close()


def on_topic(bootstrap: str, agency: str, count: int) -> list[ThreatReport]:
    """What lies on the agency's topic: `count` records, and whatever comes within a second after."""
    consumer = KafkaConsumer(
        reports_topic(agency), bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None
    )
    found: list[ThreatReport] = []
    until = time.monotonic() + WAIT_S
    try:
        while time.monotonic() < until:
            for records in consumer.poll(timeout_ms=1_000).values():
                for record in records:
                    report = decode_report(record.value)
                    assert isinstance(report, ThreatReport)
                    assert record.key == report.report_id.encode()
                    found.append(report)
            if len(found) >= count:
                until = min(until, time.monotonic() + 1)
    finally:
        consumer.close()
    return found


@contextmanager
def publisher_for(agency: str, settings: ProducerSettings) -> Iterator[Publisher]:
    make_topic(settings.bootstrap, agency)
    with Publisher(agency, settings) as publisher:
        yield publisher


@pytest.mark.parametrize("law", LAWS)
def test_the_publisher_keeps_the_laws_on_a_real_broker(broker: str, law: Callable[[Publishes], None]) -> None:
    with publisher_for("LAWS-1", ProducerSettings(bootstrap=broker)) as publisher:
        law(publisher)


def test_reports_arrive_once_each_and_in_order(broker: str) -> None:
    reports = [sample_report(agency="ORDER-1", local_ref=f"r{number}") for number in range(2_000)]
    with publisher_for("ORDER-1", ProducerSettings(bootstrap=broker, in_flight_max=50)) as publisher:
        outcomes = [future.result(timeout=WAIT_S) for future in [publisher.publish(report) for report in reports]]
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)
    found = on_topic(broker, "ORDER-1", len(reports))
    assert sorted(one.local_ref for one in found) == sorted(one.local_ref for one in reports)


def test_an_agency_without_a_topic_is_told_to_provision(broker: str) -> None:
    settings = ProducerSettings(bootstrap=broker, connect_timeout_s=3)
    with pytest.raises(Misconfigured, match="fusionbus provision"):
        Publisher("NOT-PROVISIONED", settings)


def test_a_dead_broker_is_told_within_the_connect_timeout() -> None:
    settings = ProducerSettings(bootstrap="127.0.0.1:1", connect_timeout_s=2)
    began = time.monotonic()
    with pytest.raises(RetryLater, match="No broker answers"):
        Publisher("CTD-KP", settings)
    assert time.monotonic() - began < 2 * settings.connect_timeout_s + 2


def test_what_was_put_while_the_broker_was_down_is_sent_later_in_order_and_once(
    own_broker: Callable[[], LocalBroker], tmp_path: Path
) -> None:
    broker = own_broker()
    make_topic(broker.bootstrap, "CTD-KP")
    settings = ProducerSettings(bootstrap=broker.bootstrap, home=tmp_path / "home", connect_timeout_s=2)
    broker.kill()
    first = sample_report(local_ref="changing")
    changes = [first, compose.revised(first), compose.revised(compose.revised(first), cancel=True)]
    others = [sample_report(local_ref=f"r{number}") for number in range(20)]
    told = [send_or_keep(report, settings) for report in (changes[0], *others[:1])]
    assert all("is kept in the outbox: No broker answers" in sentence for sentence in told)
    with Outbox("CTD-KP", settings) as outbox:
        outbox.put_all([changes[1], *others[1:], changes[2]])
    broker.start()
    with Outbox("CTD-KP", settings) as outbox, Publisher("CTD-KP", settings) as publisher:
        assert drain(outbox, publisher, settings=settings).sent == 23
        assert drain(outbox, publisher, settings=settings).sent == 0
        assert outbox.standing().waiting == 0
    found = on_topic(broker.bootstrap, "CTD-KP", 23)
    assert len(found) == len({(one.report_id, one.revision) for one in found}) == 23
    assert [one.revision for one in found if one.report_id == first.report_id] == [1, 2, 3]


def test_a_publisher_rides_out_a_broker_that_dies_and_returns(own_broker: Callable[[], LocalBroker]) -> None:
    broker = own_broker()
    with publisher_for("CTD-KP", ProducerSettings(bootstrap=broker.bootstrap)) as publisher:
        before = publisher.publish(sample_report(local_ref="before")).result(timeout=WAIT_S)
        broker.kill()
        meanwhile = [publisher.publish(sample_report(local_ref=f"r{number}")) for number in range(50)]
        broker.start()
        after = [future.result(timeout=WAIT_S) for future in meanwhile]
    assert all(isinstance(outcome, Delivered) for outcome in (before, *after)), after
    assert len(on_topic(broker.bootstrap, "CTD-KP", 51)) == 51


def test_closing_without_a_broker_names_what_is_unsent(own_broker: Callable[[], LocalBroker]) -> None:
    broker = own_broker()
    settings = ProducerSettings(bootstrap=broker.bootstrap, close_timeout_s=2)
    make_topic(broker.bootstrap, "CTD-KP")
    publisher = Publisher("CTD-KP", settings)
    publisher.publish(sample_report(local_ref="before")).result(timeout=WAIT_S)
    broker.kill()
    report = sample_report(local_ref="unsent")
    future = publisher.publish(report)
    assert publisher.close() == (report.report_id,)
    outcome = future.result(timeout=1)
    assert isinstance(outcome, Failed)
    assert outcome.retry


def test_a_following_sender_delivers_what_another_process_puts(broker: str, tmp_path: Path) -> None:
    make_topic(broker, "FOLLOW-1")
    environment = os.environ | {"FUSION_BOOTSTRAP": broker, "FUSION_HOME": str(tmp_path)}
    run = [sys.executable, "-c", "from fusionbus.shell.cli import main; main()"]
    reports = [sample_report(agency="FOLLOW-1", local_ref=f"r{number}") for number in range(4)]
    lines = [encode(report) for report in reports]

    def put(some: list[bytes]) -> None:
        subprocess.run(
            [*run, "publish", "-", "--outbox"], input=b"\n".join(some), env=environment, check=True, timeout=WAIT_S
        )

    put(lines[:2])
    with subprocess.Popen([*run, "outbox", "send", "--follow"], env=environment) as sender:
        try:
            assert len(on_topic(broker, "FOLLOW-1", 2)) == 2
            put(lines[2:])
            assert len(on_topic(broker, "FOLLOW-1", 4)) == 4
        finally:
            sender.terminate()
            assert sender.wait(timeout=WAIT_S) == 0
    assert sorted(one.local_ref for one in on_topic(broker, "FOLLOW-1", 4)) == ["r0", "r1", "r2", "r3"]
