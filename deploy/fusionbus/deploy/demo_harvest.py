"""Reads what comes out of the hub, every agency's alerts and receipts, and when each alert reached its handler."""

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition

from fusionbus.contract import codec, topics
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.records import Receipt
from fusionbus.deploy.demo_evidence import ENDS
from fusionbus.shell.kafka import client_options, explained
from fusionbus.shell.settings import BrokerSettings

LOOK_S: Final = 0.004
"""Pause between two looks at the handlers' files: the error of the measured latency is of this size."""


class Harvest:
    """Alerts and receipts of all agencies, from the moment this is made.

    Args:
        agencies: whose topics.
        settings: how to reach the broker, as an operator that may read everything.
    """

    def __init__(self, agencies: Iterable[str], settings: BrokerSettings) -> None:
        self.alerts: dict[str, list[Alert]] = {name: [] for name in agencies}
        self.receipts: dict[str, Receipt] = {}
        self.ended: set[str] = set()
        """Receipts that say how a report ended."""
        self.unreadable: list[str] = []
        self.newest_at = time.monotonic()
        self._alert_ids: set[str] = set()
        self._settings = settings
        with explained(settings):
            self._consumer = KafkaConsumer(**client_options(settings, "demo-harvest"), enable_auto_commit=False)
            self._consumer.assign(self._partitions())
            self._consumer.seek_to_end()
            earlier = sum(self._consumer.position(partition) for partition in self._consumer.assignment())
        self.is_fresh = earlier == 0
        """Whether this bus has not carried anything yet."""

    def _partitions(self) -> list[Any]:
        names = [make(agency) for agency in self.alerts for make in (topics.alerts_topic, topics.receipts_topic)]
        return [TopicPartition(name, n) for name in names for n in self._consumer.partitions_for_topic(name) or ()]

    def poll(self, wait_s: float) -> int:
        """How many records came within this time."""
        count = 0
        with explained(self._settings):
            found = self._consumer.poll(timeout_ms=int(wait_s * 1000), max_records=500)
        for partition, records in found.items():
            for record in records:
                count += 1
                self._take(partition.topic, record.value or b"")
        if count:
            self.newest_at = time.monotonic()
        return count

    def _take(self, topic: str, value: bytes) -> None:
        agency = topics.agency_of(topic) or ""
        if topic == topics.receipts_topic(agency):
            receipt = codec.decode(Receipt, value)
            if isinstance(receipt, Undecodable):
                self.unreadable.append(f"a receipt for {agency} cannot be read: {receipt.sentence}")
                return
            if receipt.agency == topics.CENTRE:
                return  # what the hub says to itself of its findings; nobody sent them
            self.receipts[receipt.receipt_id] = receipt
            if receipt.outcome in ENDS:
                self.ended.add(receipt.receipt_id)
            return
        alert = codec.decode(Alert, value)
        if isinstance(alert, Undecodable):
            self.unreadable.append(f"an alert for {agency} cannot be read: {alert.sentence}")
        elif alert.alert_id not in self._alert_ids:  # at least once: the broker may hold one twice, by its id it is one
            self._alert_ids.add(alert.alert_id)
            self.alerts[agency].append(alert)

    def close(self) -> None:
        """Ends the connection."""
        self._consumer.close(timeout_ms=2_000)


class Watch(threading.Thread):
    """Notes when each alert appears in its handler's file.

    Args:
        files: the handler's file of each agency; they need not be there yet.
    """

    def __init__(self, files: dict[str, Path]) -> None:
        super().__init__(name="watch", daemon=True)
        self.handled: dict[str, set[str]] = {agency: set() for agency in files}
        self.latencies_s: list[float] = []
        self.newest: list[tuple[str, Alert]] = []
        self.unreadable: list[str] = []
        self._files = files
        self._offsets: dict[str, int] = {}
        self._over = threading.Event()

    def run(self) -> None:
        """Looks until `stop`."""
        while not self._over.wait(LOOK_S):
            self.look()

    def stop(self) -> None:
        """Looks a last time and ends."""
        self._over.set()
        self.join()
        self.look()

    def look(self) -> None:
        """Takes what the handlers have written since the last look."""
        for agency, path in self._files.items():
            try:
                state = path.stat()
            except FileNotFoundError:
                continue
            if state.st_size > self._offsets.get(agency, 0):
                self._read(agency, path, state.st_mtime_ns / 1e9)

    def _read(self, agency: str, path: Path, written_at: float) -> None:
        start = self._offsets.get(agency, 0)
        with path.open("rb") as file:
            file.seek(start)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._offsets[agency] = start + len(whole)
        for line in whole.splitlines():
            alert = codec.decode(Alert, line)
            if isinstance(alert, Undecodable):
                self.unreadable.append(f"the handler of {agency} wrote no alert: {alert.sentence}")
                continue
            if alert.alert_id in self.handled[agency]:
                self.unreadable.append(f"the handler of {agency} wrote alert {alert.alert_id} twice")
            self.handled[agency].add(alert.alert_id)
            self.latencies_s.append(written_at - alert.published_at.timestamp())
            self.newest.append((agency, alert))


def quantile(values: Iterable[float], share: float) -> float:
    """The value below which this share lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
