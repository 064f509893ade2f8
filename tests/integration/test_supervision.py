"""`fusionbus hub` on a real broker: workers that are killed come back, and say whether they are ready."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient

from builders import a_report
from fusionbus.contract.codec import encode
from fusionbus.contract.report import ThreatReport
from fusionbus.deploy.broker import LocalBroker
from fusionbus.deploy.broker_ports import free_port

pytestmark = pytest.mark.broker

COMMAND = str(Path(sys.executable).parent / "fusionbus")
WITHIN_S = 60.0
"""A worker is ready in 5 s; a busy machine gets the rest."""
MENDED_S_MAX = 20.0
"""A killed worker is back after its start (5 s on a quiet machine) and, at most, the session of the dead one (6 s)."""


def until(true: Callable[[], object], what: str, within_s: float = WITHIN_S) -> float:
    """The seconds until it was true; fails when it does not become so in time."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < within_s, f"not within {within_s} s: {what}"
        time.sleep(0.1)
    return time.monotonic() - began


@dataclass
class Machine:
    """A provisioned broker, and one machine with a supervisor and two workers."""

    bootstrap: str
    folder: Path
    first_port: int
    supervisor: "subprocess.Popen[bytes]"

    def asked(self, path: str, worker: int = 1) -> tuple[int, str]:
        """What a worker answers; 0 where nobody does."""
        connection = HTTPConnection("127.0.0.1", self.first_port + worker - 1, timeout=2)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, HTTPException):
            return 0, ""
        finally:
            connection.close()

    def all_ready(self) -> bool:
        return all(self.asked("/ready", worker) == (200, "ok\n") for worker in (1, 2))

    def pid_of(self, worker: int) -> int:
        """The process of a worker, by what its command line says."""
        children = Path(f"/proc/{self.supervisor.pid}/task/{self.supervisor.pid}/children").read_text().split()
        named = f"hub-{worker}".encode()
        return next(int(pid) for pid in children if named in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))

    def said(self) -> str:
        return (self.folder / "supervisor.log").read_text(encoding="utf-8")

    def send(self, *reports: ThreatReport) -> None:
        producer = KafkaProducer(bootstrap_servers=self.bootstrap)
        for report in reports:
            producer.send("reports-CTD-KP", encode(report), key=report.report_id.encode()).get(timeout=30)
        producer.close(timeout=5)

    def committed(self) -> int:
        """How many records of the agency's topic the hub has done with."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            told = admin.list_group_offsets(["fusion-hub"])["fusion-hub"]
            return sum(max(0, at.offset) for part, at in told.items() if part.topic == "reports-CTD-KP")
        finally:
            admin.close()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    agency = {"agency": "CTD-KP", "name": "CTD", "organisation": "Desk", "kinds": ["incident"], "contact": "Desk"}
    listed = {"as_of": "2026-01-01T00:00:00Z", "agencies": [agency | {"group": "ctd", "provinces": ["PK-KP"]}]}
    (folder / "agencies.yaml").write_text(json.dumps(listed), encoding="utf-8")
    with LocalBroker(folder / "broker") as broker:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
        env = clean | {"FUSION_BOOTSTRAP": broker.bootstrap, "FUSION_HOME": str(folder), "FUSION_SESSION_S": "6"}
        words = ("--agencies", str(folder / "agencies.yaml"), "--partitions", "2")
        subprocess.run([COMMAND, "provision", *words], env=env, check=True, capture_output=True, timeout=WITHIN_S)
        first_port = next(port for port in iter(free_port, 0) if port < 65_000)
        with (folder / "supervisor.log").open("wb") as log:
            line = [COMMAND, "hub", "--workers", "2", "--metrics-port", str(first_port)]
            supervisor = subprocess.Popen(line, env=env, stdout=log, stderr=log)
        yield Machine(broker.bootstrap, folder, first_port, supervisor)
        supervisor.terminate()  # never killed: it ends its workers
        supervisor.wait(WITHIN_S)


def test_a_worker_says_why_it_is_not_ready_until_it_is(machine: Machine) -> None:
    until(lambda: machine.asked("/ready")[0] != 0, "an answer")
    seen = set()

    def ready() -> bool:
        seen.add(machine.asked("/ready"))
        return machine.all_ready()

    until(ready, "both workers are ready")
    waits = {told for told in seen if told[0] == 503}
    assert all(sentence.endswith(".\n") and sentence.count("\n") == 1 for _, sentence in waits)
    assert machine.asked("/live") == (200, "ok\n")
    assert "fusion_ready 1.0" in machine.asked("/metrics")[1]
    machine.send(*(a_report(local_ref=f"A-{number}") for number in range(5)))
    until(lambda: machine.committed() == 5, "five reports are done with")
    for path in ("/seen", "/tables/seen", "/kafka", "/stats"):
        assert machine.asked(path)[0] == 404
    assert "A-1" not in machine.asked("/metrics")[1]


def test_a_killed_worker_is_mended_within_seconds_and_the_reason_is_told(machine: Machine) -> None:
    until(machine.all_ready, "both workers are ready")
    killed = machine.pid_of(1)
    os.kill(killed, signal.SIGKILL)
    until(lambda: machine.asked("/ready")[0] == 0, "the worker is gone")
    machine.send(*(a_report(local_ref=f"B-{number}") for number in range(5)))
    until(machine.all_ready, "the worker is back", MENDED_S_MAX)
    assert machine.pid_of(1) != killed
    until(lambda: machine.committed() == 10, "ten reports are done with")
    (told,) = [line for line in machine.said().splitlines() if "worker-1 ended" in line]
    assert "it was killed (SIGKILL, by hand or by the kernel for want of memory). It is started again in" in told


def test_a_frozen_worker_does_not_answer_and_ends_itself_when_it_comes_back(machine: Machine) -> None:
    until(machine.all_ready, "both workers are ready")
    frozen = machine.pid_of(2)
    os.kill(frozen, signal.SIGSTOP)
    assert machine.asked("/live", 2) == (0, "")
    time.sleep(7.0)  # longer than its session of 6 s: nothing else ends one
    os.kill(frozen, signal.SIGCONT)
    until(lambda: "worker-2 ended" in machine.said(), "it ended")
    assert "rather than lose a record: the process stood still for" in machine.said()
    until(machine.all_ready, "the worker is back", MENDED_S_MAX)


def test_a_second_supervisor_is_refused_and_the_first_ends_with_its_workers(machine: Machine) -> None:
    env = os.environ | {"FUSION_BOOTSTRAP": machine.bootstrap, "FUSION_HOME": str(machine.folder)}
    second = subprocess.run([COMMAND, "hub"], env=env, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert second.returncode == 2
    assert f"already runs here (process {machine.supervisor.pid})" in second.stderr
    workers = [machine.pid_of(1), machine.pid_of(2)]
    machine.supervisor.terminate()
    assert machine.supervisor.wait(WITHIN_S) == 0
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
