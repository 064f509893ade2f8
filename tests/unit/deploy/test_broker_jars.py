"""The lock of Kafka's jars, and the cache that is checked against it."""

import hashlib
import re
from pathlib import Path

import pytest

from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.deploy import broker_jars
from fusionbus.deploy.broker_jars import KAFKA_VERSION, LOCK_FILE, Jar, Lock, class_path, is_genuine, read_lock
from fusionbus.deploy.broker_settings import LocalBrokerSettings

CONTENT = b"not really a jar"
JAR = Jar("org.example", "thing", "1.0", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


ONE_JAR = Lock(KAFKA_VERSION, (JAR,))


class Repository:
    """Gives the same bytes for every jar, or cannot be reached."""

    def __init__(self, content: bytes | None) -> None:
        self.content = content
        self.asked: list[tuple[str, str | None]] = []

    def __call__(self, jar: Jar, scratch: Path, mirror: str | None, tick: broker_jars.Tick) -> Path:
        self.asked.append((jar.name, mirror))
        if self.content is None:
            raise ConnectionError("no route to https://repository.example/")
        path = scratch / jar.file_name
        path.write_bytes(self.content)
        tick(len(self.content))
        return path


def settings(tmp_path: Path) -> LocalBrokerSettings:
    return LocalBrokerSettings(cache=tmp_path, home=tmp_path)


def test_the_committed_lock_names_this_kafka_a_log_binding_and_a_sum_for_each_jar() -> None:
    lock = read_lock()
    assert lock.kafka_version == KAFKA_VERSION
    names = {jar.name for jar in lock.jars}
    assert {"kafka_2.13", "kafka-clients", "slf4j-reload4j", "reload4j"} <= names
    assert len(names) == len(lock.jars)
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) and jar.size_bytes > 0 for jar in lock.jars)


def test_the_committed_lock_holds_no_address() -> None:
    assert "://" not in LOCK_FILE.read_text(encoding="utf-8")


def test_a_lock_is_read_back_as_written(tmp_path: Path) -> None:
    broker_jars.write_lock(Lock("1.2.3", (JAR,)), tmp_path / "lock.toml")
    assert read_lock(tmp_path / "lock.toml") == Lock("1.2.3", (JAR,))


@pytest.mark.parametrize("text", ["", "kafka_version = 'x'\n[[jar]]\nname = 'a'\n", "= ="])
def test_a_broken_lock_is_told_in_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "lock.toml").write_text(text)
    with pytest.raises(Misconfigured, match="cannot be used"):
        read_lock(tmp_path / "lock.toml")


def test_a_jar_is_genuine_only_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / JAR.file_name
    assert not is_genuine(path, JAR)
    path.write_bytes(CONTENT)
    assert is_genuine(path, JAR)
    path.write_bytes(CONTENT.upper())
    assert not is_genuine(path, JAR)


def test_a_whole_cache_is_used_without_asking_the_network(tmp_path: Path) -> None:
    folder = tmp_path / f"kafka-{KAFKA_VERSION}"
    folder.mkdir()
    (folder / JAR.file_name).write_bytes(CONTENT)
    repository = Repository(None)
    assert class_path(settings(tmp_path), lock=ONE_JAR, fetch_one=repository) == (folder / JAR.file_name,)
    assert repository.asked == []


def test_a_changed_jar_in_the_cache_is_fetched_again_from_the_mirror_that_is_set(tmp_path: Path) -> None:
    folder = tmp_path / f"kafka-{KAFKA_VERSION}"
    folder.mkdir()
    (folder / JAR.file_name).write_bytes(b"changed")
    repository = Repository(CONTENT)
    given = LocalBrokerSettings(cache=tmp_path, home=tmp_path, maven_mirror="https://mirror.example/maven")
    (path,) = class_path(given, lock=ONE_JAR, fetch_one=repository)
    assert path.read_bytes() == CONTENT
    assert [one.name for one in folder.iterdir()] == [JAR.file_name]
    assert repository.asked == [(JAR.name, "https://mirror.example/maven")]


def test_a_jar_with_another_sum_than_the_locked_one_is_never_kept(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="SHA-256 differs"):
        class_path(settings(tmp_path), lock=ONE_JAR, fetch_one=Repository(b"evil"))
    assert list((tmp_path / f"kafka-{KAFKA_VERSION}").iterdir()) == []


def test_a_network_that_is_down_is_told_with_what_to_do_and_without_an_address(tmp_path: Path) -> None:
    with pytest.raises(RetryLater, match=r"could not be fetched .*FUSION_BOOTSTRAP") as told:
        class_path(settings(tmp_path), lock=ONE_JAR, fetch_one=Repository(None))
    assert "://" not in str(told.value)


def test_an_unpacked_kafka_is_taken_instead_and_must_be_one(tmp_path: Path) -> None:
    given = LocalBrokerSettings(cache=tmp_path, home=tmp_path, kafka_home=tmp_path)
    with pytest.raises(Misconfigured, match="holds no Kafka"):
        class_path(given)
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs" / "kafka-server-4.3.1.jar").write_bytes(b"")
    assert [path.name for path in class_path(given)] == ["kafka-server-4.3.1.jar"]
