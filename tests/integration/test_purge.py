"""A purge on a real bus: a word that only one report holds is looked for everywhere, before and after."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from typer.testing import CliRunner, Result

from builders import a_report, an_interval
from desks import wait_for
from fusionbus.contract import topics
from fusionbus.contract.codec import Undecodable, decode, encode
from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.handling import Legal
from fusionbus.contract.records import AuditEvent, AuditRecord, Receipt, ReceiptOutcome
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import MsgType
from fusionbus.deploy.broker import LocalBroker
from fusionbus.shell.cli import build

pytestmark = [
    pytest.mark.broker,
    # kafka-python closes a client's last connection on its own thread, after `close` has returned.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
COMMAND = str(Path(sys.executable).with_name("fusionbus"))
MARK = "zarghunmarker"
SHARED = {"group": "federal", "organisation": "Made up", "kinds": ["incident"], "contact": "Desk"}
AGENCIES = [
    {"agency": "CTD-KP", "name": "CTD", "provinces": ["PK-KP"]} | SHARED,
    {"agency": "IB", "name": "IB", "subscriptions": [{"name": "Everything"}]} | SHARED,
    {"agency": "NACTA", "name": "The centre", "subscriptions": [{"name": "Everything"}]} | SHARED,
]
SOON = {
    "segment.ms": "200",
    "max.compaction.lag.ms": "200",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "100",
    "file.delete.delay.ms": "100",
}
"""What takes a day in earnest (`contract/topics.py`)."""
COMPACTED = (topics.INCIDENTS, topics.FUSED_CHANGELOG)

EVERYWHERE = {
    *(f"topic {name}" for name in ("reports-CTD-KP", "accepted", "alerts-NACTA", "alerts-IB", *COMPACTED)),
    *(f"files broker/{name}-0" for name in COMPACTED),
    *("files home/worker-t", "files home/outbox", "files NACTA.sqlite", "files IB.jsonl"),
}


@dataclass
class Town:
    """A bus with a worker, the originator's machine and two recipients' desks."""

    bootstrap: str
    folder: Path

    @property
    def env(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
        home = {"FUSION_BOOTSTRAP": self.bootstrap, "FUSION_HOME": str(self.folder / "home"), "COLUMNS": "200"}
        return clean | home | {"FUSION_SESSION_S": "6", "FUSION_TICK_S": "1", "FUSION_SWEEP_REST_S": "1"}

    def run(self, *arguments: str) -> Result:
        """The command in this process."""
        return CliRunner().invoke(build(), arguments, env=self.env)

    def did(self, *arguments: str) -> str:
        """What the command said that did what it was asked."""
        done = self.run(*arguments)
        assert done.exit_code == 0, (arguments, done.output, done.exception)
        return done.stdout

    def publish(self, report: ThreatReport, *options: str) -> None:
        path = self.folder / "report.json"
        path.write_bytes(encode(report))
        self.did("publish", str(path), *options)
        path.unlink()

    def receive(self) -> None:
        """Both recipients read what there is, each with its own handler."""
        for agency, handler in (("NACTA", "sqlite"), ("IB", "jsonl")):
            store = f"{handler}:{self.folder}/{agency}.{handler}"
            self.did("alerts", "--agency", agency, "--once", "--handler", store)

    def records(self, topic: str) -> list[bytes]:
        """Everything that can be read on a topic of one partition."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "looker", "enable.auto.commit": "false"})
        try:
            begin, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)
            consumer.assign([TopicPartition(topic, 0, begin)])
            found: list[bytes] = []
            while begin < end:
                for record in consumer.consume(500, 1.0):
                    found.append(record.value() or b"")
                    begin = (record.offset() or 0) + 1
                if (position := consumer.position([TopicPartition(topic, 0)])[0].offset) > begin:
                    begin = position  # what was compacted away is passed over
            return found
        finally:
            consumer.close()

    def read(self, model: Any, topic: str) -> list[Any]:
        found = [decode(model, value) for value in self.records(topic)]
        assert not any(isinstance(one, Undecodable) for one in found)
        return found

    def places(self) -> set[str]:
        """Everywhere the word is: topics, and the folders of hub, outbox and desks; the broker's where it compacts."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        names = [name for name in admin.list_topics() if not name.startswith("__")]
        admin.close()
        found = {f"topic {name}" for name in names if any(MARK.encode() in value for value in self.records(name))}
        for path in self.folder.rglob("*"):
            below = path.relative_to(self.folder).parts
            if below[0] == "broker":
                if not path.parent.name.startswith(tuple(f"{name}-" for name in COMPACTED)):
                    continue
                below = ("broker", path.parent.name)
            if _file_holds(path):
                found.add(f"files {'/'.join(below[:2])}")
        return found


def _file_holds(path: Path) -> bool:
    try:
        return path.is_file() and MARK.encode() in path.read_bytes()
    except FileNotFoundError:  # a database merged its files meanwhile
        return False


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("purge")
    with LocalBroker(folder / "broker") as broker:
        town = Town(broker.bootstrap, folder)
        agencies = folder / "agencies.yaml"
        agencies.write_text(json.dumps({"as_of": "2026-01-01T00:00:00Z", "agencies": AGENCIES}), encoding="utf-8")
        town.did("provision", "--agencies", str(agencies), "--partitions", "1")
        admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, SOON) for name in COMPACTED])
        admin.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", {"log.cleaner.backoff.ms": "200"})])
        admin.close()
        with (folder / "worker.log").open("w") as log:
            worker = subprocess.Popen([COMMAND, "worker", "--id", "t"], env=town.env, stdout=log, stderr=log)
        try:
            yield town
        finally:
            worker.terminate()
            worker.wait(30)


def marked(**changes: Any) -> ThreatReport:
    now = datetime.now(UTC)
    told = {
        "reported_at": now - timedelta(minutes=1),
        "occurred": an_interval(now - timedelta(hours=1)),
        "headline": f"Blast {MARK} in a bazaar in Peshawar",
        "narrative": f"A device left on a handcart went off near the {MARK} spice sellers.",
    }
    return a_report(**told | changes)


def receipts(town: Town, report: ThreatReport) -> list[ReceiptOutcome]:
    found = town.read(Receipt, topics.receipts_topic(report.agency))
    return [receipt.outcome for receipt in found if receipt.report_id == report.report_id]


def acts(town: Town, report: ThreatReport) -> list[AuditEvent]:
    return sorted(one.event for one in town.read(AuditRecord, topics.AUDIT) if one.report_id == report.report_id)


def test_a_purged_report_is_nowhere_any_more_and_a_hold_kept_it_everywhere(town: Town) -> None:
    report = marked()
    town.publish(report)
    wait_for(lambda: bool(receipts(town, report)))
    town.receive()
    town.publish(report.model_copy(update={"msg_type": MsgType.UPDATE, "revision": 2}), "--outbox")
    assert town.places() == EVERYWHERE

    whose = [report.report_id, "--agency", "NACTA", "--reason", "Evidence in a case."]
    assert "The report is held" in town.did("hold", *whose)
    mine = ["--agency", "CTD-KP", "--local-ref", report.local_ref, "--reason", "No ground to keep it."]
    refused = town.run("purge", *mine)
    assert isinstance(refused.exception, FixTheReport)
    assert "held by NACTA" in str(refused.exception)
    assert town.places() == EVERYWHERE

    assert "Your hold is released." in town.did("release", *whose)
    said = town.did("purge", *mine)
    assert "2 recipients were told to erase it" in said
    assert "1 unsent revisions were deleted from the outbox" in said
    town.receive()

    def gone() -> bool:
        town.did("retention", "cut", "--yes")  # what the receivers have committed meanwhile
        return not town.places()

    wait_for(gone)
    assert acts(town, report) == [
        AuditEvent.HOLD_CHANGED,
        AuditEvent.HOLD_CHANGED,
        AuditEvent.MESSAGE_REJECTED,
        AuditEvent.REPORT_PURGED,
        AuditEvent.REPORT_ROUTED,
    ]
    assert "purged" in town.did("retention", "--all")


def test_on_a_silent_bus_retention_ends_by_itself(town: Town) -> None:
    until = datetime.now(UTC) + timedelta(seconds=2)
    report = marked(local_ref="short", headline=None, narrative=None, place=None, legal=Legal(retention_until=until))
    town.publish(report)
    wait_for(lambda: ReceiptOutcome.PURGED in receipts(town, report))
    assert datetime.now(UTC) >= until
    assert receipts(town, report) == [ReceiptOutcome.NEW_INCIDENT, ReceiptOutcome.PURGED]
