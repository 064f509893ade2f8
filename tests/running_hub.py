"""A broker with a hub that runs: what integration tests start, and how they look at what came of it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from confluent_kafka import Consumer, Producer, TopicPartition

from fusionbus.contract import topics
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import Message
from fusionbus.contract.codec import Undecodable, decode, encode
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.report import ThreatReport
from fusionbus.deploy.broker import LocalBroker

M = TypeVar("M", bound=Message)
COMMAND = str(Path(sys.executable).parent / "fusionbus")
WITHIN_S = 60.0
"""A worker is ready in 5 s and starts again after a kill in 15 s; a busy machine gets the rest."""
PARTITIONS = 2


def agencies_file(folder: Path, agencies: Mapping[str, Mapping[str, Any]]) -> Path:
    """A federation of these; JSON is YAML."""
    shared = {"kinds": ["incident"], "contact": "Desk"}
    listed = [{"agency": name, "name": name} | shared | dict(fields) for name, fields in agencies.items()]
    path = folder / "agencies.yaml"
    path.write_text(json.dumps({"as_of": "2026-01-01T00:00:00Z", "agencies": listed}), encoding="utf-8")
    return path


@dataclass
class Bus:
    """A broker of its own, and what is started on it."""

    bootstrap: str
    folder: Path
    started: dict[str, "subprocess.Popen[str]"] = field(default_factory=dict)
    producer: Any = None
    looker: Any = None

    @property
    def worker(self) -> "subprocess.Popen[str]":
        """The worker that runs, or ran last."""
        return self.started["home"]

    def start(self, bootstrap: str | None = None, home: str = "home", **env: str) -> "subprocess.Popen[str]":
        """A worker with a home of its own."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
        line = [COMMAND, "worker", "--id", "t", "--bootstrap", bootstrap or self.bootstrap]
        with (self.folder / f"{home}.log").open("a", encoding="utf-8") as log:
            self.started[home] = subprocess.Popen(
                line,
                env=clean | {"FUSION_HOME": str(self.folder / home), "FUSION_SESSION_S": "6"} | env,
                stdout=log,
                stderr=subprocess.PIPE if home != "home" else log,
                text=True,
            )
        return self.started[home]

    def send(self, *reports: ThreatReport) -> None:
        """Each report, acknowledged by the broker."""
        for report in reports:
            self.put(topics.reports_topic(report.agency), report.report_id, encode(report))
        assert self.producer.flush(WITHIN_S) == 0

    def put(self, topic: str, key: str | None, value: bytes) -> None:
        """Any bytes."""
        self.producer.produce(topic, value, key)

    def read(self, model: type[M], topic: str) -> list[M]:
        """Everything on a topic by now."""
        found = []
        for raw in self._raw(topic):
            message = decode(model, raw)
            assert not isinstance(message, Undecodable), message
            found.append(message)
        return found

    def written(self, topic: str) -> int:
        """How many records a topic of one partition has had."""
        if self.looker is None:
            self.looker = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "looker"})
        return int(self.looker.get_watermark_offsets(TopicPartition(topic, 0), timeout=WITHIN_S)[1])

    def has_more(self, topic: str, than: int) -> bool:
        """Whether something came since there were so many."""
        return self.written(topic) > than

    def _raw(self, topic: str) -> list[bytes]:
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "test", "enable.auto.commit": "false"})
        found: list[bytes] = []
        try:
            for number in range(len(consumer.list_topics(topic, timeout=WITHIN_S).topics[topic].partitions)):
                place = TopicPartition(topic, number, 0)
                first, end = consumer.get_watermark_offsets(place, timeout=WITHIN_S)
                consumer.assign([place])
                # The position of an empty partition stays undefined.
                while first < end and consumer.position([place])[0].offset < end:
                    for record in consumer.consume(1_000, 0.2):
                        assert record.error() is None
                        found.append(record.value() or b"")
        finally:
            consumer.close()
        return found

    def receipts_of(self, agency: str) -> list[Receipt]:
        """Each receipt once, as a sink keeps them that inserts or ignores by id."""
        return list({r.receipt_id: r for r in self.read(Receipt, topics.receipts_topic(agency))}.values())

    def alerts_of(self, agency: str) -> list[Alert]:
        """Each alert once, as above."""
        return list({a.alert_id: a for a in self.read(Alert, topics.alerts_topic(agency))}.values())

    def outcomes(self, agency: str, prefix: str) -> dict[str, list[ReceiptOutcome]]:
        """What became of the reports of this agency whose reference begins so."""
        found: dict[str, list[ReceiptOutcome]] = {}
        for receipt in self.receipts_of(agency):
            if receipt.local_ref is not None and receipt.local_ref.startswith(prefix):
                found.setdefault(receipt.local_ref, []).append(receipt.outcome)
        return found


def until(true: Callable[[], object], what: str, every_s: float = 0.2) -> None:
    """Returns when it is true; fails when it does not become so in time."""
    end = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < end, f"not within {WITHIN_S} s: {what}"
        time.sleep(every_s)


@contextmanager
def running(
    folder: Path,
    agencies: Mapping[str, Mapping[str, Any]],
    *,
    early: bool = False,
    partitions: int = PARTITIONS,
    make_broker: Callable[[Path], LocalBroker] = LocalBroker,
) -> Iterator[Bus]:
    """A bus with these agencies provisioned; whoever takes it starts the worker. `early`: one is started before."""
    with make_broker(folder / "broker") as broker:
        bus = Bus(broker.bootstrap, folder)
        if early:
            bus.start(home="early").wait(WITHIN_S)
        words = ["--agencies", str(agencies_file(folder, agencies)), "--partitions", str(partitions)]
        done = subprocess.run(
            [COMMAND, "provision", "--bootstrap", bus.bootstrap, *words],
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        bus.producer = Producer({"bootstrap.servers": bus.bootstrap, "partitioner": "murmur2_random", "acks": "all"})
        try:
            yield bus
        finally:
            if bus.looker is not None:
                bus.looker.close()
            for process in bus.started.values():
                process.kill()
                process.wait(WITHIN_S)
                if process.stderr is not None:
                    process.stderr.close()
