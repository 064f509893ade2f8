"""The audit's seals on a real broker with a real worker: kill it, then tamper as somebody with all rights could."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from kafka import KafkaProducer
from typer.testing import CliRunner, Result

from builders import NOW, a_report
from desks import wait_for
from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy.broker import LocalBroker
from fusionbus.deploy.cli import commands

pytestmark = pytest.mark.broker

COMMAND = str(Path(sys.executable).with_name("fusionbus"))
AGENCY = {"group": "ctd", "organisation": "Desk", "kinds": ["incident"], "contact": "Desk", "provinces": ["PK-KP"]}
REPORTS = 120


@dataclass
class Centre:
    """A provisioned bus of one agency, its worker, and its auditor."""

    bootstrap: str
    folder: Path
    worker: "subprocess.Popen[bytes] | None" = None

    @property
    def env(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
        home = {"FUSION_BOOTSTRAP": self.bootstrap, "FUSION_HOME": str(self.folder), "FUSION_SESSION_S": "6"}
        return clean | home | {"COLUMNS": "200"}

    def start(self) -> None:
        with (self.folder / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen((COMMAND, "worker", "--id", "t"), env=self.env, stdout=log, stderr=log)

    def kill(self) -> None:
        assert self.worker is not None
        self.worker.send_signal(signal.SIGKILL)
        self.worker.wait()

    def send(self, first: int, last: int) -> None:
        """Reports of events that have nothing to do with each other."""
        producer = KafkaProducer(bootstrap_servers=self.bootstrap)
        for number in range(first, last):
            report = a_report(local_ref=f"S-{number}", reported_at=NOW - timedelta(days=number))
            producer.send("reports-CTD-KP", encode(report), key=report.report_id.encode())
        producer.flush(timeout=30)
        producer.close(timeout=5)

    def audit(self, *words: str) -> Result:
        """The command in this process: starting one takes longer than what it does."""
        return CliRunner().invoke(commands, ("audit", *words), env=self.env)

    def verdict(self, *words: str) -> Any:
        done = self.audit("verify", "--json", *words)
        told = json.loads(done.stdout)
        assert done.exit_code == bool(told["faults"])
        return told

    def seals(self) -> int:
        """How many there are."""
        looker = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "looker"})
        try:
            return int(looker.get_watermark_offsets(TopicPartition(topics.AUDIT_SEALS, 0), timeout=10)[1])
        finally:
            looker.close()

    def is_sealed(self, records: int) -> bool:
        told = self.verdict()
        assert told["faults"] == []
        return bool(told["records"] >= records and told["waiting"] == 0)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("sealed")
    agencies = {"as_of": "2026-01-01T00:00:00Z", "agencies": [{"agency": "CTD-KP", "name": "CTD"} | AGENCY]}
    (folder / "agencies.yaml").write_text(json.dumps(agencies), encoding="utf-8")
    with LocalBroker(folder / "broker") as broker:
        made = Centre(broker.bootstrap, folder)
        line = (COMMAND, "provision", "--agencies", str(folder / "agencies.yaml"), "--partitions", "2")
        subprocess.run(line, env=made.env, check=True, capture_output=True)
        yield made
        if made.worker is not None:
            made.worker.kill()
            made.worker.wait()


def test_without_the_hubs_public_key_nothing_is_vouched_for(centre: Centre) -> None:
    done = centre.audit("verify")
    assert isinstance(done.exception, Misconfigured)
    assert "--public-key" in str(done.exception)


def test_a_worker_killed_while_it_seals_leaves_a_whole_chain(centre: Centre) -> None:
    centre.start()
    centre.send(0, REPORTS // 2)
    wait_for(lambda: centre.seals() > 0)
    centre.kill()
    centre.start()
    centre.send(REPORTS // 2, REPORTS)
    wait_for(lambda: centre.is_sealed(REPORTS))
    done = centre.audit("verify")
    assert "Nothing was altered, dropped, moved or inserted." in done.stdout


def test_checkpoints_are_added_once_and_the_audit_agrees_with_them(centre: Centre) -> None:
    out = centre.folder / "checkpoints.jsonl"
    first, second = (centre.audit("checkpoints", "--out", str(out)) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0), first.stderr + second.stderr
    assert "2 checkpoints added" in first.stdout
    assert "0 checkpoints added" in second.stdout
    assert centre.verdict("--checkpoints", str(out))["checkpoints"] == 2


def test_what_an_administrator_does_to_the_topics_is_found(centre: Centre) -> None:
    out = centre.folder / "checkpoints.jsonl"
    centre.kill()
    admin = AdminClient({"bootstrap.servers": centre.bootstrap})
    for future in admin.delete_records([TopicPartition(topics.AUDIT, 1, 3)]).values():
        future.result(30)
    producer = KafkaProducer(bootstrap_servers=centre.bootstrap)
    forged = json.loads(out.read_text(encoding="utf-8").splitlines()[0]) | {"end_offset": 1_000_000}
    for body in (
        b"no seal",
        json.dumps({"first_offset": 999_999, "previous": "0" * 64, "records": ["0" * 64], "head": forged}),
    ):
        producer.send(topics.AUDIT_SEALS, body if isinstance(body, bytes) else body.encode()).get(timeout=30)
    producer.close(timeout=5)
    faults = [(one["topic"], one["partition"], one["first"], one["last"]) for one in centre.verdict()["faults"]]
    assert (topics.AUDIT, 1, 0, 2) in faults
    assert len([topic for topic, *_ in faults if topic == topics.AUDIT_SEALS]) == 2

    cut = admin.delete_records([TopicPartition(topics.AUDIT_SEALS, 0, -1)])
    for future in cut.values():
        future.result(30)
    assert any("cut off" in one["sentence"] for one in centre.verdict("--checkpoints", str(out))["faults"])
    again = centre.audit("checkpoints", "--out", str(out))
    assert (again.exit_code, "cut off" in again.stderr) == (1, True)
