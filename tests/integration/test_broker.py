"""The local broker: a real Kafka that keeps what it acknowledged."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy.broker import LocalBroker, LocalCluster
from fusionbus.deploy.broker_ports import free_port

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


Command = Callable[..., subprocess.CompletedProcess[str]]
COMMAND = shutil.which("fusionbus", path=str(Path(sys.executable).parent)) or "fusionbus"
# A proxy on a port where nobody listens: whoever asks the network fails at once.
OFFLINE = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:1")


@pytest.fixture
def fusionbus(tmp_path: Path, broker: str) -> Iterator[Command]:
    """Runs `fusionbus broker …` with a folder and port of its own and no network; the jars are cached by then."""
    assert broker
    env = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_") or "CACHE" in name}
    env |= {"FUSION_HOME": str(tmp_path / "home"), "FUSION_BROKER_PORT": str(free_port())} | OFFLINE

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        line = [COMMAND, "broker", *words]
        return subprocess.run(line, env=env | more, capture_output=True, text=True, timeout=150, check=False)

    yield run
    run("down", "--force")


def process(fusionbus: Command) -> int:
    return int(json.loads(fusionbus("status", "--json").stdout)["pid"])


def test_up_status_down_without_a_network(fusionbus: Command) -> None:
    assert fusionbus("status").returncode == 3
    first = fusionbus("up")
    assert (first.returncode, first.stderr) == (0, "")
    assert "is ready on 127.0.0.1:" in first.stdout
    again = fusionbus("up")
    assert "already runs" in again.stdout
    shown = fusionbus("status", "--json")
    assert shown.returncode == 0
    assert json.loads(shown.stdout)["state"] == "ready"
    ended = fusionbus("down")
    assert "has stopped" in ended.stdout
    assert fusionbus("status").returncode == 3
    assert "was not running" in fusionbus("down").stdout


def test_a_killed_broker_is_seen_as_down_and_started_again_with_its_records(fusionbus: Command) -> None:
    fusionbus("up")
    bootstrap = json.loads(fusionbus("status", "--json").stdout)["bootstrap"]
    make_topic(bootstrap, "kept")
    write(bootstrap, "kept", range(50))
    os.kill(process(fusionbus), signal.SIGKILL)
    assert fusionbus("status").returncode == 3
    assert "ended without being stopped" in fusionbus("up").stdout
    assert read(bootstrap, "kept", 50) == list(range(50))


def test_without_network_and_without_a_cache_the_user_is_told_what_to_do(fusionbus: Command, tmp_path: Path) -> None:
    told = fusionbus("up", FUSION_CACHE=str(tmp_path / "empty"))
    assert told.returncode == 2
    assert "connect this machine to the internet once" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_port_that_another_program_has_is_told_in_one_sentence(fusionbus: Command, broker: str) -> None:
    told = fusionbus("up", "--port", broker.rpartition(":")[2])
    assert told.returncode == 2
    assert "is taken by another program" in told.stderr
    assert len(told.stderr.splitlines()) == 1


def test_a_cluster_that_the_user_names_is_used_and_nothing_is_started(fusionbus: Command, broker: str) -> None:
    told = fusionbus("up", FUSION_BOOTSTRAP=broker)
    assert told.returncode == 0
    assert f"names the cluster {broker}" in told.stdout
    assert fusionbus("status", FUSION_BOOTSTRAP=broker).returncode == 0
    assert fusionbus("status").returncode == 3


def test_a_supervisor_gets_the_broker_itself_as_its_child_and_sees_143(fusionbus: Command, tmp_path: Path) -> None:
    port = free_port()
    env = dict(os.environ) | {"FUSION_HOME": str(tmp_path / "home"), "FUSION_BROKER_PORT": str(port)} | OFFLINE
    env.pop("FUSION_BOOTSTRAP", None)
    with subprocess.Popen([COMMAND, "broker", "up", "--foreground"], env=env) as child:
        assert fusionbus("status", "--wait", "90").returncode == 0
        assert process(fusionbus) == child.pid
        child.terminate()
        assert child.wait(60) == 143
