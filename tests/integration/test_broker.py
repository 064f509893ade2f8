"""The local broker: a real Kafka that keeps what it acknowledged."""

from collections.abc import Callable
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy.broker import LocalBroker, LocalCluster

pytestmark = pytest.mark.broker


def make_topic(bootstrap: str, name: str, copies: int = 1) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics([NewTopic(name, num_partitions=2, replication_factor=copies)])
    finally:
        admin.close()


def write(bootstrap: str, topic: str, numbers: range) -> None:
    """Returns when each record was acknowledged by every replica in sync."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    try:
        sent = [producer.send(topic, str(number).encode()) for number in numbers]
        for one in sent:
            one.get(timeout=60)
    finally:
        producer.close(timeout=5)


def read(bootstrap: str, topic: str, count: int) -> list[int]:
    """As many records as are expected, or fewer after 20 quiet seconds."""
    consumer = KafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None, consumer_timeout_ms=20_000
    )
    try:
        return sorted(int(record.value) for _, record in zip(range(count), consumer, strict=False))
    finally:
        consumer.close()


def test_a_shared_broker_takes_records_and_gives_them_back(broker: str) -> None:
    make_topic(broker, "test-broker-shared")
    write(broker, "test-broker-shared", range(10))
    assert read(broker, "test-broker-shared", 10) == list(range(10))


def test_everything_acknowledged_is_there_after_a_kill_and_a_restart(own_broker: Callable[[], LocalBroker]) -> None:
    one = own_broker()
    make_topic(one.bootstrap, "kept")
    write(one.bootstrap, "kept", range(2_000))
    port = one.port
    one.kill()
    assert one.pid is None
    one.start()
    assert one.port == port
    assert read(one.bootstrap, "kept", 2_000) == list(range(2_000))
    one.restart()
    write(one.bootstrap, "kept", range(2_000, 2_010))
    assert read(one.bootstrap, "kept", 2_010) == list(range(2_010))


def test_a_topic_nobody_made_is_not_made_by_writing_to_it(broker: str) -> None:
    producer = KafkaProducer(bootstrap_servers=broker, max_block_ms=1_000)
    try:
        with pytest.raises(Exception, match=r"[Mm]etadata|Unknown|Timeout|topic"):
            producer.send("test-broker-misspelt", b"x").get(timeout=5)
    finally:
        producer.close(timeout=1)


def test_a_taken_port_is_told_in_one_sentence(broker: str, tmp_path: Path) -> None:
    taken = int(broker.rpartition(":")[2])
    with pytest.raises(Misconfigured, match=rf"Port {taken} on 127\.0\.0\.1 is taken"):
        LocalBroker(tmp_path, port=taken).start()


def test_a_second_broker_on_the_same_folder_is_refused(own_broker: Callable[[], LocalBroker]) -> None:
    one = own_broker()
    with pytest.raises(Misconfigured, match="another broker already runs on this folder"):
        LocalBroker(one.folder.root).start()


@pytest.mark.timeout(300)
def test_three_brokers_lose_nothing_and_keep_writing_when_one_is_killed(tmp_path: Path) -> None:
    with LocalCluster(tmp_path, n=3) as cluster:
        make_topic(cluster.bootstrap, "kept", copies=3)
        write(cluster.bootstrap, "kept", range(200))
        cluster.nodes[0].kill()
        write(cluster.bootstrap, "kept", range(200, 400))
        assert read(cluster.bootstrap, "kept", 400) == list(range(400))
        cluster.nodes[0].start()
        cluster.nodes[1].kill()
        write(cluster.bootstrap, "kept", range(400, 410))
        assert read(cluster.bootstrap, "kept", 410) == list(range(410))
